/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Handles: looking up, closing, comparing, their flags; and the making of objects.  The tables are in the arena (libs/arena/handle.c). */
#include "dlls/ntdll/object.h"

#include <ntstatus.h>
#include <errno.h>

#include "dlls/ntdll/attributes.h"
#include "dlls/ntdll/file.h"
#include "dlls/ntdll/named.h"
#include "dlls/ntdll/security.h"
#include "dlls/ntdll/timer.h"
#include "dlls/ntdll/wait_packet.h"
#include "libs/arena/object.h"
#include "libs/security/access.h"

static const WCHAR *const type_names[CELL_TYPE_MAX] = {[CELL_EVENT] = L"Event",
    [CELL_MUTANT] = L"Mutant",
    [CELL_SEMAPHORE] = L"Semaphore",
    [CELL_TIMER] = L"Timer",
    [CELL_PROCESS] = L"Process",
    [CELL_THREAD] = L"Thread",
    [CELL_FILE] = L"File",
    [CELL_SECTION] = L"Section",
    [CELL_COMPLETION] = L"IoCompletion",
    [CELL_TOKEN] = L"Token",
    [CELL_DIRECTORY] = L"Directory",
    [CELL_KEY] = L"Key",
    [CELL_LINK] = L"SymbolicLink",
    [CELL_KEYED_EVENT] = L"KeyedEvent",
    [CELL_JOB] = L"Job",
    [CELL_WAIT_PACKET] = L"WaitCompletionPacket"};

ACCESS_MASK object_access_asked(enum cell_type type, ACCESS_MASK access) {
    const GENERIC_MAPPING *mapping = access_mapping(type);

    return access_map(mapping, access) &
           (mapping->GenericAll | STANDARD_RIGHTS_ALL | ACCESS_SYSTEM_SECURITY | MAXIMUM_ALLOWED);
}

/* Rights that come with others. */
static ACCESS_MASK access_implied(enum cell_type type, ACCESS_MASK access) {
    if (type == CELL_PROCESS && access & PROCESS_QUERY_INFORMATION)
        return PROCESS_QUERY_LIMITED_INFORMATION;
    if (type != CELL_THREAD)
        return 0;
    return (access & THREAD_QUERY_INFORMATION ? THREAD_QUERY_LIMITED_INFORMATION : 0) |
           (access & THREAD_SET_INFORMATION ? THREAD_SET_LIMITED_INFORMATION : 0);
}

ACCESS_MASK object_access(enum cell_type type, ACCESS_MASK access) {
    access = object_access_asked(type, access & MAXIMUM_ALLOWED ? access | GENERIC_ALL : access) & ~MAXIMUM_ALLOWED;
    return access | access_implied(type, access);
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
        cell_unref(cell); /* the maker's */
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    handle_set(arena_process, value, cell, object_access(cell_type(cell_at(cell)), access), flags);
    cell_live(cell);
    *handle = object_handle(value);
    return STATUS_SUCCESS;
}

NTSTATUS object_create(HANDLE *handle, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes, const struct object_plan *plan) {
    struct attributes copy;
    uint32_t index;
    struct cell *cell;
    NTSTATUS status = attributes_capture_for(handle, &copy, &attributes);

    if (status)
        return status;
    if (attributes && attributes->ObjectName && attributes->ObjectName->Length)
        return named_create(handle, access, attributes, plan);
    index = cell_make(plan->type);
    if (index == NO_CELL)
        return STATUS_INSUFFICIENT_RESOURCES;
    cell = cell_at(index);
    cell->semaphore.maximum = plan->parameter;
    atomic_store_explicit(&cell->word, WORD_OF(plan->type) | plan->word | (plan->owned ? arena_self.id : 0), memory_order_release);
    status = object_insert(index, access, attributes, handle);
    if (!status && attributes && attributes->SecurityDescriptor) {
        status = security_keep_new(index, attributes);
        if (status)
            NtClose(*handle);
    }
    if (!status && plan->owned) {
        cell->mutant.recursion = 0;
        mutant_taken(cell);
    }
    return status;
}

NTSTATUS object_open(HANDLE *handle, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes, enum cell_type type) {
    struct attributes copy;
    const NTSTATUS status = attributes_capture_for(handle, &copy, &attributes);

    if (status)
        return status;
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
    else if (!error && STATE_TYPE(state) == CELL_TIMER)
        timer_handle_closed(ENTRY_CELL(entry), state);
    return error == 0 ? STATUS_SUCCESS : error == -EPERM ? STATUS_HANDLE_NOT_CLOSABLE : STATUS_INVALID_HANDLE;
}

NTSTATUS object_share(uint32_t cell, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes, HANDLE *handle) {
    const uint32_t flags = attributes && attributes->Attributes & OBJ_INHERIT ? HANDLE_INHERIT : 0;

    return object_copy(arena_process, cell, object_access(cell_type(cell_at(cell)), access), flags, handle);
}

static bool cell_has_id(const struct cell *cell, enum cell_type type, uint32_t id) {
    const uint64_t state = atomic_load_explicit(&cell->state, memory_order_acquire);

    return STATE_TYPE(state) == type && STATE_LIFE(state) == LIFE_LIVE &&
           atomic_load(type == CELL_PROCESS ? &cell->process.pid : &cell->thread.tid) == id;
}

NTSTATUS object_share_dead(enum cell_type type, uint32_t id, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes, HANDLE *handle) {
    const uint32_t n = arena_count(&winipc_arena->header.n_cells, ARENA_MAX_CELLS);
    uint32_t i = 0;
    NTSTATUS status;

    while (i < n && !cell_has_id(&winipc_arena->cell[i], type, id))
        i++;
    if (i == n)
        return STATUS_INVALID_CID;
    status = security_check(i, access, &access);
    if (!status)
        status = object_share(i, access, attributes, handle);
    if (status)
        return status == STATUS_INVALID_HANDLE ? STATUS_INVALID_CID : status;
    if (cell_has_id(cell_at(i), type, id))
        return STATUS_SUCCESS;
    NtClose(*handle); /* it was gone, and another one is in its place */
    *handle = NULL;
    return STATUS_INVALID_CID;
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
    status = object_set_flag(handle, HANDLE_INHERIT, flags->InheritHandle);
    return status ? status : object_set_flag(handle, HANDLE_PROTECT, flags->ProtectFromClose);
}

const WCHAR *object_type_name(enum cell_type type) {
    return type < CELL_TYPE_MAX && type_names[type] ? type_names[type] : L"";
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
