/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Objects with names; see named.h. */
#include "dlls/ntdll/named.h"

#include <ntstatus.h>

#include <stdlib.h>

#include "dlls/ntdll/security.h"
#include "libs/arena/object.h"
#include "libs/protocol/client.h"

NTSTATUS named_request_fill(
    struct named_request *named, enum cell_type type, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes) {
    struct request_object_create *request = &named->request;
    NTSTATUS status;

    *named = (struct named_request){.request = {.type = type, .attributes = attributes->Attributes,
        .access = object_access_asked(type, access), .thread = arena_self.index, .root = (ULONG_PTR)attributes->RootDirectory,
        .name = (const uint16_t *)attributes->ObjectName->Buffer, .n_name = attributes->ObjectName->Length / sizeof(WCHAR),
        .handle = handle_reserve(arena_process), .fd = -1}};
    if (!request->handle)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = security_new(type, attributes, &named->descriptor, &request->descriptor_len);
    request->descriptor = named->descriptor;
    if (status)
        handle_drop(arena_process, request->handle);
    return status;
}

NTSTATUS named_request_send(
    struct named_request *named, const OBJECT_ATTRIBUTES *attributes, struct reply_object_create *reply, HANDLE *handle) {
    const NTSTATUS status = server_object_create(&named->request, reply);

    free(named->descriptor);
    if (NT_ERROR(status)) {
        handle_drop(arena_process, named->request.handle);
        return status;
    }
    named_note(attributes, reply->cell);
    *handle = object_handle(named->request.handle);
    return status;
}

NTSTATUS named_create(HANDLE *handle, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes, const struct object_plan *plan) {
    struct named_request named;
    struct reply_object_create reply;
    NTSTATUS status = named_request_fill(&named, plan->type, access, attributes);

    if (status)
        return status;
    named.request.word = plan->word | (plan->owned ? arena_self.id : 0);
    named.request.maximum = plan->parameter;
    status = named_request_send(&named, attributes, &reply, handle);
    if (plan->owned && status == STATUS_SUCCESS)
        mutant_taken(cell_at(reply.cell));
    return status;
}

NTSTATUS named_open_fd(
    HANDLE *handle, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes, enum cell_type type, uint32_t *cell, int *fd) {
    struct request_object_open request = {.type = type, .attributes = attributes->Attributes, .access = object_access_asked(type, access),
        .thread = arena_self.index, .root = (ULONG_PTR)attributes->RootDirectory, .name = (const uint16_t *)attributes->ObjectName->Buffer,
        .n_name = attributes->ObjectName->Length / sizeof(WCHAR)};
    struct reply_object_open reply = {.fd = -1};
    NTSTATUS status;

    *fd = -1;
    if (named_open_known(handle, access, attributes, type, cell))
        return STATUS_SUCCESS;
    request.handle = handle_reserve(arena_process);
    if (!request.handle)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = server_object_open(&request, &reply);
    if (NT_ERROR(status)) {
        handle_drop(arena_process, request.handle);
        return status;
    }
    named_note(attributes, reply.cell);
    *handle = object_handle(request.handle);
    *cell = reply.cell;
    *fd = reply.fd;
    return status;
}

NTSTATUS named_open(HANDLE *handle, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes, enum cell_type type) {
    uint32_t cell;
    int fd;

    return named_open_fd(handle, access, attributes, type, &cell, &fd); /* of these types no descriptor comes along */
}
