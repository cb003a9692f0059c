/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NT's object manager as a client sees it: handles to cells of the arena, access masks, names.
 */
#ifndef WINIPC_NTDLL_OBJECT_H
#define WINIPC_NTDLL_OBJECT_H

#include <windows.h>
#include <winternl.h>

#include "libs/arena/arena.h"
#include "libs/arena/wait.h"

/* object_lookup() - what @handle stands for, pseudo handles included.
 * @type: the type that it must have, or CELL_FREE for any.
 * @access: rights that the handle must have.
 * @object: receives the cell and the state by which a later look can tell that it is still the same.
 * Return: STATUS_SUCCESS, STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH, STATUS_ACCESS_DENIED. */
NTSTATUS object_lookup(HANDLE handle, enum cell_type type, ACCESS_MASK access, struct wait_object *object);

/* object_entry() - the table's entry of a handle of this process, as if pseudo handles had one.  Return: 0 if there is none. */
uint64_t object_entry(HANDLE handle);

/* object_copy() - one more handle to @cell, in process slot @target.
 * Return: STATUS_SUCCESS, STATUS_INSUFFICIENT_RESOURCES, STATUS_INVALID_HANDLE (the object is gone), STATUS_PROCESS_IS_TERMINATING. */
NTSTATUS object_copy(uint32_t target, uint32_t cell, ACCESS_MASK access, ULONG flags, HANDLE *handle);

/* object_access() - maps generic rights and MAXIMUM_ALLOWED to those of @type; bits that the type does not have are dropped. */
ACCESS_MASK object_access(enum cell_type type, ACCESS_MASK access);
/* object_access_asked() - the same but for MAXIMUM_ALLOWED, which stays: what it is the access check tells. */
ACCESS_MASK object_access_asked(enum cell_type type, ACCESS_MASK access);

/* object_insert() - gives the caller a handle to a cell that it has just made, and makes the cell live.  The one reference that
 * cell_make gave passes to the handle; on failure the cell is freed.  @attributes: OBJ_INHERIT counts, may be NULL. */
NTSTATUS object_insert(uint32_t cell, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes, HANDLE *handle);

/* object_share() - gives the caller a handle to a cell that lives already (one reference more).
 * Return: STATUS_SUCCESS, STATUS_INSUFFICIENT_RESOURCES, STATUS_INVALID_HANDLE (it is gone). */
NTSTATUS object_share(uint32_t cell, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes, HANDLE *handle);

/* object_share_dead() - the same by the Linux id of a process or thread that has ended, and whose object somebody still holds: so long the
 * id is its.  It goes through all cells; who lives is found in its slot before.  Return: also STATUS_INVALID_CID, and as security_check(). */
NTSTATUS object_share_dead(enum cell_type type, uint32_t id, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes, HANDLE *handle);

/* object_create() - the whole of an Nt…Create call for a type with a word and a payload: unnamed without a request, named by the
 * server.  Return: STATUS_SUCCESS, STATUS_OBJECT_NAME_EXISTS (the object was there and OBJ_OPENIF given), or an error. */
struct object_plan {
    enum cell_type type;
    uint64_t word;        /* without the type */
    uint32_t parameter;   /* semaphore: maximum */
    bool owned;           /* mutant: the caller owns it at once */
};
NTSTATUS object_create(HANDLE *handle, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes, const struct object_plan *plan);
/* object_open() - the same for Nt…Open. */
NTSTATUS object_open(HANDLE *handle, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes, enum cell_type type);

/* object_type_name() - as NtQueryObject tells it. */
const WCHAR *object_type_name(enum cell_type type);

/* object_file_name() - FileNameInformation of a file object of the device in which the object @cell lies: \NAME.
 * Return: STATUS_SUCCESS, STATUS_BUFFER_OVERFLOW (the name was cut off), STATUS_INFO_LENGTH_MISMATCH. */
NTSTATUS object_file_name(uint32_t cell, FILE_NAME_INFORMATION *info, ULONG size, ULONG_PTR *information);

static inline HANDLE object_handle(uint64_t handle) {
    return (HANDLE)(ULONG_PTR)handle;
}

#endif
