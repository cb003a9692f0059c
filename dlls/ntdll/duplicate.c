/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Handles that are made from handles, in this process and in others.  The entry is copied in the arena, without the
 * other process's help. What a descriptor belongs to needs it (descriptor.c): out of another process it is fetched,
 * into another one it is left with the server; between two others it passes through the caller.
 */
#include "dlls/ntdll/object.h"

#include <ntstatus.h>

#include "dlls/ntdll/descriptor.h"
#include "dlls/ntdll/file.h"
#include "dlls/ntdll/security.h"

#ifndef DUPLICATE_SAME_ATTRIBUTES
#define DUPLICATE_SAME_ATTRIBUTES 4 /* NtDuplicateObject; not in the headers */
#endif

/* One side of a duplication. */
struct side {
    uint32_t slot;
    uint32_t cell; /* of the process object: another one there means that the process is gone */
};

static bool side_is_there(const struct side *side) {
    const struct process_slot *slot = &winipc_arena->process[side->slot];

    return atomic_load(&slot->cell) == side->cell + 1 && SLOT_LIFE(atomic_load(&slot->state)) != SLOT_DEAD &&
           !(atomic_load(&cell_at(side->cell)->word) & WORD_SIGNALED);
}

static NTSTATUS side_find(HANDLE process, struct side *side) {
    struct wait_object object;
    const NTSTATUS status = object_lookup(process, CELL_PROCESS, PROCESS_DUP_HANDLE, &object);

    if (status)
        return status;
    *side = (struct side){cell_at(object.cell)->process.slot, object.cell};
    return side->slot < ARENA_MAX_PROCESSES && side_is_there(side) ? STATUS_SUCCESS : STATUS_PROCESS_IS_TERMINATING;
}

/* The entry of a handle of @side; pseudo handles are those of that process. */
static uint64_t side_entry(const struct side *side, HANDLE handle) {
    const _Atomic uint64_t *place;
    uint64_t entry;

    if (side->slot == arena_process)
        return object_entry(handle);
    if (handle == NtCurrentProcess())
        return ENTRY(side->cell, PROCESS_ALL_ACCESS, 0);
    place = handle_entry(side->slot, (ULONG_PTR)handle);
    entry = place ? atomic_load(place) : 0;
    return ENTRY_IN_USE(entry) ? entry : 0;
}

NTSTATUS object_copy(uint32_t target, uint32_t cell, ACCESS_MASK access, ULONG flags, HANDLE *handle) {
    const uint64_t value = handle_reserve(target);
    NTSTATUS status = STATUS_SUCCESS;

    if (!value)
        return STATUS_INSUFFICIENT_RESOURCES;
    intent_begin(cell);
    if (!cell_ref(cell)) {
        handle_drop(target, value);
        status = STATUS_INVALID_HANDLE;
    } else if (!handle_fill(target, value, cell, access, flags)) {
        cell_unref(cell);
        status = STATUS_PROCESS_IS_TERMINATING;
    }
    intent_end();
    if (!status && handle)
        *handle = object_handle(value);
    return status;
}

/* object_copy() to a process that may end meanwhile: then nothing stays in its table. */
static NTSTATUS side_copy(const struct side *side, uint32_t cell, ACCESS_MASK access, ULONG flags, HANDLE *handle) {
    const NTSTATUS status = object_copy(side->slot, cell, access, flags, handle);
    _Atomic uint64_t *place;
    uint64_t entry = ENTRY(cell, access, flags);

    if (status || side->slot == arena_process || side_is_there(side))
        return status;
    place = handle_entry(side->slot, (ULONG_PTR)*handle);
    intent_begin(cell);
    if (place && atomic_compare_exchange_strong(place, &entry, 0))
        cell_unref(cell);
    intent_end();
    *handle = NULL;
    return STATUS_PROCESS_IS_TERMINATING;
}

/* ---- descriptors ---- */

/* The file or section behind a handle of this process, with its descriptor. */
static struct file *file_with_descriptor(HANDLE handle, uint32_t cell) {
    struct file *file = file_of_cell(cell, atomic_load(&cell_at(cell)->state));

    return file ? file : file_materialise(handle, cell);
}

static NTSTATUS descriptor_give(HANDLE handle, uint32_t cell) {
    struct file *file = file_with_descriptor(handle, cell);
    NTSTATUS status = STATUS_INVALID_HANDLE;

    if (!file)
        return status;
    status = file->fd < 0 ? STATUS_SUCCESS : descriptor_leave((ULONG_PTR)handle, file->fd);
    file_put(file);
    return status;
}

/* A handle of this process's own to what lies in another one, and the descriptor. */
static NTSTATUS descriptor_fetch(uint32_t cell, ACCESS_MASK access, ULONG flags, HANDLE *handle) {
    const NTSTATUS status = object_copy(arena_process, cell, access, flags, handle);
    struct file *file = status ? NULL : file_with_descriptor(*handle, cell);

    if (status)
        return status;
    if (file) {
        file_put(file);
        return STATUS_SUCCESS;
    }
    NtClose(*handle);
    *handle = NULL;
    return STATUS_INVALID_HANDLE;
}

/* ---- all together ---- */

static NTSTATUS duplicate(const struct side *from, HANDLE source, const struct side *to, uint32_t cell,
    ACCESS_MASK access, ULONG flags, HANDLE *target) {
    HANDLE passing = source;
    NTSTATUS status = STATUS_SUCCESS;

    if (from->slot == to->slot || !descriptor_goes_with(cell))
        return side_copy(to, cell, access, flags, target);
    if (to->slot == arena_process)
        return descriptor_fetch(cell, access, flags, target);
    if (from->slot != arena_process)
        status = descriptor_fetch(cell, 0, 0, &passing);
    if (status)
        return status;
    status = descriptor_give(passing, cell);
    if (!status)
        status = side_copy(to, cell, access, flags, target);
    if (passing != source)
        NtClose(passing);
    return status;
}

/* What the new handle may do: more than the old one if the object's security descriptor lets the caller; not with files. */
static NTSTATUS duplicate_access(uint64_t entry, ULONG options, ACCESS_MASK *access) {
    const enum cell_type type = cell_type(cell_at(ENTRY_CELL(entry)));

    *access = options & DUPLICATE_SAME_ACCESS ? ENTRY_ACCESS(entry) : object_access(type, *access);
    if (!(*access & ~ENTRY_ACCESS(entry)))
        return STATUS_SUCCESS;
    return type == CELL_FILE ? STATUS_ACCESS_DENIED : security_check(ENTRY_CELL(entry), *access, access);
}

static void source_close(const struct side *from, HANDLE source, uint32_t cell) {
    const bool has_descriptor = descriptor_goes_with(cell);

    if (from->slot == arena_process)
        NtClose(source);
    else if (!handle_close(from->slot, (ULONG_PTR)source) && has_descriptor)
        descriptor_tell_closed(from->slot, cell);
}

/**
 * NtDuplicateObject() - another handle to the same object, in this or another process.
 * @target_process: NULL with DUPLICATE_CLOSE_SOURCE: the source is closed, nothing else.
 * @options: DUPLICATE_SAME_ACCESS, DUPLICATE_SAME_ATTRIBUTES, DUPLICATE_CLOSE_SOURCE (also when the call fails).
 * Return: STATUS_SUCCESS, STATUS_INVALID_HANDLE, STATUS_ACCESS_DENIED (a process handle without PROCESS_DUP_HANDLE;
 * more access to a file than the source has), STATUS_OBJECT_TYPE_MISMATCH (a process handle is none),
 * STATUS_PROCESS_IS_TERMINATING, STATUS_INSUFFICIENT_RESOURCES. Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/handleapi/nf-handleapi-duplicatehandle
 */
NTSTATUS WINAPI NtDuplicateObject(HANDLE source_process, HANDLE source, HANDLE target_process, HANDLE *target,
    ACCESS_MASK access, ULONG attributes, ULONG options) {
    struct side from, to = {0};
    HANDLE result = NULL;
    uint64_t entry;
    NTSTATUS status = side_find(source_process, &from);

    if (target)
        *target = NULL;
    if (status)
        return status;
    entry = side_entry(&from, source);
    if (!entry || !cell_at(ENTRY_CELL(entry)))
        return STATUS_INVALID_HANDLE;
    if (target_process || !(options & DUPLICATE_CLOSE_SOURCE)) {
        const ULONG flags = options & DUPLICATE_SAME_ATTRIBUTES ? ENTRY_FLAGS(entry)
                            : attributes & OBJ_INHERIT          ? HANDLE_INHERIT
                                                                : 0;

        status = side_find(target_process, &to);
        if (!status)
            status = duplicate_access(entry, options, &access);
        if (!status)
            status = duplicate(&from, source, &to, ENTRY_CELL(entry), access, flags, &result);
    }
    if (target)
        *target = result;
    if (options & DUPLICATE_CLOSE_SOURCE)
        source_close(&from, source, ENTRY_CELL(entry));
    return status;
}
