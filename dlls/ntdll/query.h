/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the NtQuery… calls of the dispatcher objects share. */
#ifndef WINIPC_NTDLL_QUERY_H
#define WINIPC_NTDLL_QUERY_H

#include <ntstatus.h>

#include "dlls/ntdll/object.h"
#include "libs/host/guard.h"

/* query_object() - checks a query for the one size that its class has, then the handle.  @known: the class is there. */
static inline NTSTATUS query_object(HANDLE handle, enum cell_type type, ACCESS_MASK access, bool known, ULONG size,
    ULONG need, struct wait_object *object) {
    if (!known)
        return STATUS_INVALID_INFO_CLASS;
    if (size != need)
        return STATUS_INFO_LENGTH_MISMATCH;
    return object_lookup(handle, type, access, object);
}

/* query_answer() - hands the answer out.  @used: may be NULL.  Return: STATUS_SUCCESS or STATUS_ACCESS_VIOLATION. */
static inline NTSTATUS query_answer(void *data, const void *info, ULONG size, ULONG *used) {
    if (guard_copy_to(data, info, size) || (used && guard_copy_to(used, &size, sizeof size)))
        return STATUS_ACCESS_VIOLATION;
    return STATUS_SUCCESS;
}

#endif
