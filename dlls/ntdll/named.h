/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Objects with names: one request to the server, which fills an entry of the caller's handle table. */
#ifndef WINIPC_NTDLL_NAMED_H
#define WINIPC_NTDLL_NAMED_H

#include "dlls/ntdll/object.h"
#include "libs/protocol/client.h"

NTSTATUS named_create(HANDLE *handle, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes, const struct object_plan *plan);
NTSTATUS named_open(HANDLE *handle, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes, enum cell_type type);

/* named_note() - the server has led a path to the object in @cell.
 * named_open_known() - opens such an object without the server.  Return: false: the server is to be asked. */
void named_note(const OBJECT_ATTRIBUTES *attributes, uint32_t cell);
bool named_open_known(
    HANDLE *handle, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes, enum cell_type type, uint32_t *cell);

/* The same in steps, for types whose request or answer has more in it.  After named_request_fill() comes named_request_send(), once. */
struct named_request {
    struct request_object_create request;
    void *descriptor; /* security's */
};
NTSTATUS named_request_fill(
    struct named_request *named, enum cell_type type, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes);
NTSTATUS named_request_send(
    struct named_request *named, const OBJECT_ATTRIBUTES *attributes, struct reply_object_create *reply, HANDLE *handle);
/* named_open_fd() - named_open() that tells the cell, and the descriptor that came along (or -1), which is the caller's then. */
NTSTATUS named_open_fd(
    HANDLE *handle, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes, enum cell_type type, uint32_t *cell, int *fd);

#endif
