/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Objects with names: one request to the server, which fills an entry of the caller's handle table. */
#ifndef WINIPC_NTDLL_NAMED_H
#define WINIPC_NTDLL_NAMED_H

#include "dlls/ntdll/object.h"

NTSTATUS named_create(HANDLE *handle, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes, const struct object_plan *plan);
NTSTATUS named_open(HANDLE *handle, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes, enum cell_type type);

#endif
