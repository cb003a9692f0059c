/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Objects with names; see named.h. */
#include "dlls/ntdll/named.h"

#include <ntstatus.h>

#include <stdlib.h>

#include "dlls/ntdll/security.h"
#include "libs/arena/object.h"
#include "libs/protocol/client.h"

NTSTATUS named_create(HANDLE *handle, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes, const struct object_plan *plan) {
    struct request_object_create request = {.word = plan->word | (plan->owned ? arena_self.id : 0), .type = plan->type,
        .attributes = attributes->Attributes, .access = object_access_asked(plan->type, access), .maximum = plan->parameter,
        .thread = arena_self.index, .root = (ULONG_PTR)attributes->RootDirectory, .name = (const uint16_t *)attributes->ObjectName->Buffer,
        .n_name = attributes->ObjectName->Length / sizeof(WCHAR), .handle = handle_reserve(arena_process)};
    struct reply_object_create reply;
    void *descriptor = NULL;
    NTSTATUS status;

    if (!request.handle)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = security_new(plan->type, attributes, &descriptor, &request.descriptor_len);
    request.descriptor = descriptor;
    if (!status)
        status = server_object_create(&request, &reply);
    free(descriptor);
    if (NT_ERROR(status)) {
        handle_drop(arena_process, request.handle);
        return status;
    }
    if (plan->owned && status == STATUS_SUCCESS)
        mutant_taken(cell_at(reply.cell));
    *handle = object_handle(request.handle);
    return status;
}

NTSTATUS named_open(HANDLE *handle, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes, enum cell_type type) {
    struct request_object_open request = {.type = type, .attributes = attributes->Attributes, .access = object_access_asked(type, access),
        .thread = arena_self.index, .root = (ULONG_PTR)attributes->RootDirectory, .name = (const uint16_t *)attributes->ObjectName->Buffer,
        .n_name = attributes->ObjectName->Length / sizeof(WCHAR), .handle = handle_reserve(arena_process)};
    struct reply_object_open reply;
    NTSTATUS status;

    if (!request.handle)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = server_object_open(&request, &reply);
    if (NT_ERROR(status))
        handle_drop(arena_process, request.handle);
    else
        *handle = object_handle(request.handle);
    return status;
}
