/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Objects with names; see named.h. */
#include "dlls/ntdll/named.h"

#include <ntstatus.h>

NTSTATUS named_create(HANDLE *handle, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes, const struct object_plan *plan) {
    (void)handle, (void)access, (void)attributes, (void)plan;
    return STATUS_NOT_IMPLEMENTED;
}

NTSTATUS named_open(HANDLE *handle, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes, enum cell_type type) {
    (void)handle, (void)access, (void)attributes, (void)type;
    return STATUS_NOT_IMPLEMENTED;
}
