/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Handles: looking up, closing, comparing, their flags; and the making of objects.  The tables are in the arena (libs/arena/handle.c). */
#include "dlls/ntdll/object.h"

#include <ntstatus.h>
#include <errno.h>

#include "dlls/ntdll/file.h"
#include "dlls/ntdll/named.h"
#include "dlls/ntdll/wait_packet.h"
#include "libs/arena/object.h"

static const struct object_type {
    GENERIC_MAPPING mapping;
    const WCHAR *name;
} object_types[CELL_TYPE_MAX] = {
    [CELL_EVENT] = {{STANDARD_RIGHTS_READ | EVENT_QUERY_STATE, STANDARD_RIGHTS_WRITE | EVENT_MODIFY_STATE,
                        STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE, EVENT_ALL_ACCESS},
        L"Event"},
    [CELL_MUTANT] = {{STANDARD_RIGHTS_READ | MUTANT_QUERY_STATE, STANDARD_RIGHTS_WRITE, STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE,
                         MUTANT_ALL_ACCESS},
        L"Mutant"},
    [CELL_SEMAPHORE] = {{STANDARD_RIGHTS_READ | 1, STANDARD_RIGHTS_WRITE | SEMAPHORE_MODIFY_STATE,
                            STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE, SEMAPHORE_ALL_ACCESS},
        L"Semaphore"},
    [CELL_TIMER] = {{STANDARD_RIGHTS_READ | TIMER_QUERY_STATE, STANDARD_RIGHTS_WRITE | TIMER_MODIFY_STATE,
                        STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE, TIMER_ALL_ACCESS},
        L"Timer"},
    [CELL_PROCESS] = {{STANDARD_RIGHTS_READ | PROCESS_VM_READ | PROCESS_QUERY_INFORMATION,
                          STANDARD_RIGHTS_WRITE | PROCESS_SET_QUOTA | PROCESS_SET_INFORMATION | PROCESS_SUSPEND_RESUME |
                              PROCESS_VM_WRITE | PROCESS_DUP_HANDLE | PROCESS_CREATE_PROCESS | PROCESS_CREATE_THREAD |
                              PROCESS_VM_OPERATION,
                          STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE | PROCESS_TERMINATE | PROCESS_QUERY_LIMITED_INFORMATION,
                          PROCESS_ALL_ACCESS},
        L"Process"},
    [CELL_THREAD] = {{STANDARD_RIGHTS_READ | THREAD_GET_CONTEXT | THREAD_QUERY_INFORMATION,
                         STANDARD_RIGHTS_WRITE | THREAD_TERMINATE | THREAD_SUSPEND_RESUME | THREAD_SET_CONTEXT |
                             THREAD_SET_INFORMATION,
                         STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE | THREAD_QUERY_LIMITED_INFORMATION, THREAD_ALL_ACCESS},
        L"Thread"},
    [CELL_FILE] = {{FILE_GENERIC_READ, FILE_GENERIC_WRITE, FILE_GENERIC_EXECUTE, FILE_ALL_ACCESS}, L"File"},
    [CELL_SECTION] = {{STANDARD_RIGHTS_READ | SECTION_QUERY | SECTION_MAP_READ, STANDARD_RIGHTS_WRITE | SECTION_MAP_WRITE,
                          STANDARD_RIGHTS_EXECUTE | SECTION_MAP_EXECUTE, SECTION_ALL_ACCESS},
        L"Section"},
    [CELL_COMPLETION] = {{STANDARD_RIGHTS_READ | IO_COMPLETION_QUERY_STATE, STANDARD_RIGHTS_WRITE | IO_COMPLETION_MODIFY_STATE,
                             STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE, IO_COMPLETION_ALL_ACCESS},
        L"IoCompletion"},
    [CELL_TOKEN] = {{TOKEN_READ, TOKEN_WRITE, TOKEN_EXECUTE, TOKEN_ALL_ACCESS}, L"Token"},
    [CELL_DIRECTORY] = {{STANDARD_RIGHTS_READ | 3, STANDARD_RIGHTS_WRITE | 12, STANDARD_RIGHTS_EXECUTE | 3, STANDARD_RIGHTS_REQUIRED | 15},
        L"Directory"},
    [CELL_LINK] = {{STANDARD_RIGHTS_READ | 1, STANDARD_RIGHTS_WRITE, STANDARD_RIGHTS_EXECUTE | 1, STANDARD_RIGHTS_REQUIRED | 1},
        L"SymbolicLink"},
    [CELL_KEYED_EVENT] = {{STANDARD_RIGHTS_READ | 1, STANDARD_RIGHTS_WRITE | 2, STANDARD_RIGHTS_EXECUTE, STANDARD_RIGHTS_REQUIRED | 3},
        L"KeyedEvent"},
    [CELL_JOB] = {{STANDARD_RIGHTS_READ | JOB_OBJECT_QUERY,
                      STANDARD_RIGHTS_WRITE | JOB_OBJECT_ASSIGN_PROCESS | JOB_OBJECT_SET_ATTRIBUTES | JOB_OBJECT_TERMINATE,
                      STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE, JOB_OBJECT_ALL_ACCESS},
        L"Job"},
    [CELL_WAIT_PACKET] = {{STANDARD_RIGHTS_READ, STANDARD_RIGHTS_WRITE | 1, STANDARD_RIGHTS_EXECUTE, STANDARD_RIGHTS_REQUIRED | 1},
        L"WaitCompletionPacket"},
    [CELL_PIPE] = {{0, 0, 0, SYNCHRONIZE}, NULL},
};

ACCESS_MASK object_access(enum cell_type type, ACCESS_MASK access) {
    const GENERIC_MAPPING *mapping = &object_types[type < CELL_TYPE_MAX ? type : CELL_FREE].mapping;

    if (access & GENERIC_READ)
        access |= mapping->GenericRead;
    if (access & GENERIC_WRITE)
        access |= mapping->GenericWrite;
    if (access & GENERIC_EXECUTE)
        access |= mapping->GenericExecute;
    if (access & (GENERIC_ALL | MAXIMUM_ALLOWED))
        access |= mapping->GenericAll;
    return access & (mapping->GenericAll | STANDARD_RIGHTS_ALL | ACCESS_SYSTEM_SECURITY);
}

/* The cell behind a pseudo handle, + 1; 0 if it is none. */
static uint32_t pseudo_cell(HANDLE handle) {
    if (handle == NtCurrentProcess())
        return atomic_load_explicit(&winipc_arena->process[arena_process].cell, memory_order_relaxed);
    if (handle == NtCurrentThread())
        return atomic_load_explicit(&arena_self.slot->cell, memory_order_relaxed);
    return 0;
}

uint64_t object_entry(HANDLE handle) {
    const uint32_t pseudo = pseudo_cell(handle);

    return pseudo ? ENTRY(pseudo - 1, 0x1fffff, 0) : handle_get((ULONG_PTR)handle);
}

NTSTATUS object_lookup(HANDLE handle, enum cell_type type, ACCESS_MASK access, struct wait_object *object) {
    const uint64_t entry = object_entry(handle);
    struct cell *cell = entry ? cell_at(ENTRY_CELL(entry)) : NULL;

    if (!cell)
        return STATUS_INVALID_HANDLE;
    object->cell = ENTRY_CELL(entry);
    object->key = 0;
    object->state = atomic_load_explicit(&cell->state, memory_order_acquire);
    if (object_entry(handle) != entry) /* closed meanwhile: the state may be another object's */
        return STATUS_INVALID_HANDLE;
    if (type != CELL_FREE && STATE_TYPE(object->state) != type)
        return STATUS_OBJECT_TYPE_MISMATCH;
    if ((ENTRY_ACCESS(entry) & access) != access)
        return STATUS_ACCESS_DENIED;
    return STATUS_SUCCESS;
}

NTSTATUS object_insert(uint32_t cell, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes, HANDLE *handle) {
    const uint32_t flags = attributes && attributes->Attributes & OBJ_INHERIT ? HANDLE_INHERIT : 0;
    const uint64_t value = handle_reserve(arena_process);

    if (!value) {
        cell_free(cell);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    handle_set(arena_process, value, cell, object_access(cell_type(cell_at(cell)), access), flags);
    cell_live(cell);
    *handle = object_handle(value);
    return STATUS_SUCCESS;
}

NTSTATUS object_create(HANDLE *handle, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes, const struct object_plan *plan) {
    uint32_t index;
    struct cell *cell;
    NTSTATUS status;

    if (attributes && attributes->ObjectName && attributes->ObjectName->Length)
        return named_create(handle, access, attributes, plan);
    index = cell_make(plan->type);
    if (index == NO_CELL)
        return STATUS_INSUFFICIENT_RESOURCES;
    cell = cell_at(index);
    cell->semaphore.maximum = plan->parameter;
    atomic_store_explicit(&cell->word, WORD_OF(plan->type) | plan->word | (plan->owned ? arena_self.id : 0), memory_order_release);
    status = object_insert(index, access, attributes, handle);
    if (!status && plan->owned) {
        cell->mutant.recursion = 0;
        mutant_taken(cell);
    }
    return status;
}

NTSTATUS object_open(HANDLE *handle, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes, enum cell_type type) {
    if (!attributes || !attributes->ObjectName)
        return STATUS_OBJECT_PATH_SYNTAX_BAD;
    return named_open(handle, access, attributes, type);
}

/**
 * NtClose() - closes a handle.
 * Return: STATUS_SUCCESS, STATUS_INVALID_HANDLE, STATUS_HANDLE_NOT_CLOSABLE.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winternl/nf-winternl-ntclose
 */
NTSTATUS WINAPI NtClose(HANDLE handle) {
    const uint64_t entry = handle_get((ULONG_PTR)handle);
    struct cell *cell;
    uint64_t state;
    int error;

    if (pseudo_cell(handle))
        return STATUS_SUCCESS;
    if (!entry)
        return STATUS_INVALID_HANDLE;
    cell = cell_at(ENTRY_CELL(entry));
    state = cell ? atomic_load(&cell->state) : 0;
    error = handle_close(arena_process, (ULONG_PTR)handle);
    if (!error && (STATE_TYPE(state) == CELL_FILE || STATE_TYPE(state) == CELL_SECTION))
        file_handle_closed(ENTRY_CELL(entry), STATE_GENERATION(state));
    else if (!error && STATE_TYPE(state) == CELL_WAIT_PACKET)
        wait_packet_handle_closed(ENTRY_CELL(entry), state);
    return error == 0 ? STATUS_SUCCESS : error == -EPERM ? STATUS_HANDLE_NOT_CLOSABLE : STATUS_INVALID_HANDLE;
}

NTSTATUS object_share(uint32_t cell, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes, HANDLE *handle) {
    const uint32_t flags = attributes && attributes->Attributes & OBJ_INHERIT ? HANDLE_INHERIT : 0;

    return object_copy(arena_process, cell, object_access(cell_type(cell_at(cell)), access), flags, handle);
}

static NTSTATUS object_set_flag(HANDLE handle, uint32_t flag, BOOLEAN on) {
    _Atomic uint64_t *place = handle_entry(arena_process, (ULONG_PTR)handle);
    uint64_t entry = place ? atomic_load(place) : 0, wanted;

    do {
        if (!ENTRY_IN_USE(entry))
            return STATUS_INVALID_HANDLE;
        wanted = on ? entry | (uint64_t)flag << 50 : entry & ~((uint64_t)flag << 50);
    } while (!atomic_compare_exchange_weak(place, &entry, wanted));
    return STATUS_SUCCESS;
}

/**
 * NtSetInformationObject() - the handle's flags (ObjectDataInformation).
 * Return: STATUS_SUCCESS, STATUS_INVALID_HANDLE, STATUS_INFO_LENGTH_MISMATCH, STATUS_INVALID_INFO_CLASS.
 */
NTSTATUS WINAPI NtSetInformationObject(HANDLE handle, OBJECT_INFORMATION_CLASS class, void *data, ULONG size) {
    const OBJECT_DATA_INFORMATION *flags = data;
    NTSTATUS status;

    if (class != ObjectDataInformation)
        return STATUS_INVALID_INFO_CLASS;
    if (size < sizeof *flags)
        return STATUS_INFO_LENGTH_MISMATCH;
    if (pseudo_cell(handle))
        return STATUS_SUCCESS;
    status = object_set_flag(handle, HANDLE_INHERIT, flags->InheritHandle);
    return status ? status : object_set_flag(handle, HANDLE_PROTECT, flags->ProtectFromClose);
}

const GENERIC_MAPPING *object_mapping(enum cell_type type) {
    return &object_types[type < CELL_TYPE_MAX ? type : CELL_FREE].mapping;
}

const WCHAR *object_type_name(enum cell_type type) {
    return type < CELL_TYPE_MAX && object_types[type].name ? object_types[type].name : L"";
}

/**
 * NtCompareObjects() - whether two handles stand for one object.
 * Return: STATUS_SUCCESS, STATUS_NOT_SAME_OBJECT, STATUS_INVALID_HANDLE.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/handleapi/nf-handleapi-compareobjecthandles
 */
NTSTATUS WINAPI NtCompareObjects(HANDLE first, HANDLE second) {
    const uint64_t a = object_entry(first), b = object_entry(second);

    if (!a || !b)
        return STATUS_INVALID_HANDLE;
    return ENTRY_CELL(a) == ENTRY_CELL(b) ? STATUS_SUCCESS : STATUS_NOT_SAME_OBJECT;
}
