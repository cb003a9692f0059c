/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Creating and opening mailslots.  Names and who may open which end are the server's: one request each, which fills the
 * caller's handle entry.
 */
#include "dlls/ntdll/mailslot.h"

#include <ntstatus.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dlls/ntdll/attributes.h"
#include "dlls/ntdll/object.h"
#include "dlls/ntdll/security.h"
#include "dlls/ntdll/unix_path.h"
#include "libs/base/trace.h"
#include "libs/base/utf.h"
#include "libs/host/guard.h"
#include "libs/protocol/client.h"

#ifndef ERROR_REMOTE_MAILSLOTS_DEPRECATED
#define ERROR_REMOTE_MAILSLOTS_DEPRECATED 3025 /* not in the headers */
#endif
#define STATUS_OF_WIN32(error) ((NTSTATUS)(0xC0070000u | (error)))

static void mailslot_trace(const char *what, const uint16_t *name, uint32_t n_name, HANDLE handle, NTSTATUS status) {
    char text[512];
    size_t length;

    if (!(trace_enabled & TRACE_PIPE))
        return;
    length = utf16_to_utf8(name, n_name, text, sizeof text, NULL);
    TRACE(TRACE_PIPE, "%s mailslot %.*s: status 0x%08x, handle %p", what,
        (int)(length < sizeof text ? length : sizeof text), text, (unsigned)status, handle);
}

/* The end that the server has made, with its handle. */
static NTSTATUS handle_attach(uint64_t value, uint32_t file_cell, int fd, HANDLE *handle) {
    struct file *file = mailslot_attach(file_cell, fd);

    if (!file) {
        handle_close(arena_process, value);
        return STATUS_NO_MEMORY;
    }
    file_put(file);
    *handle = object_handle(value);
    return STATUS_SUCCESS;
}

/* ---- creating ---- */

/* What a new mailslot may be called: a path that leads to the device of this machine, and a name there. */
static NTSTATUS create_name(const OBJECT_ATTRIBUTES *attributes, struct request_mailslot_create *request) {
    struct unix_path path;
    NTSTATUS status;

    if (!attributes || !attributes->ObjectName || !attributes->ObjectName->Length)
        return STATUS_OBJECT_PATH_SYNTAX_BAD;
    status = path_to_unix(attributes, &path);
    if (!NT_ERROR(status) && path.target == NT_MAILSLOT && path.rest.Length == sizeof(WCHAR))
        return STATUS_OBJECT_NAME_COLLISION; /* the root directory */
    if (NT_ERROR(status) || path.target != NT_MAILSLOT || !path.rest.Length)
        return STATUS_OBJECT_NAME_INVALID;
    request->name = (const uint16_t *)attributes->ObjectName->Buffer;
    request->n_name = attributes->ObjectName->Length / sizeof(WCHAR);
    return STATUS_SUCCESS;
}

static NTSTATUS create_request(struct request_mailslot_create *request, HANDLE *handle) {
    struct reply_mailslot_create reply;
    NTSTATUS status;
    const int fd = mail_ring_create();

    if (fd < 0)
        return STATUS_INSUFFICIENT_RESOURCES;
    request->handle = handle_reserve(arena_process);
    if (!request->handle) {
        close(fd);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    request->fd = fd;
    status = server_mailslot_create(request, &reply);
    if (!status)
        return handle_attach(request->handle, reply.file, fd, handle);
    handle_drop(arena_process, request->handle);
    close(fd);
    return status;
}

/**
 * NtCreateMailslotFile() - makes a mailslot, and a handle to its reader's end.
 * @options: FILE_SYNCHRONOUS_IO_*…  @quota: is told by queries, nothing more: what waits has a limit of its own.
 * @maximum: bytes of a message; 0: no limit.
 * @timeout: how long reads wait, in 100 ns, negative; 0: not at all; -1, or NULL: for ever.
 * Return: STATUS_SUCCESS, STATUS_OBJECT_NAME_COLLISION (it is there), STATUS_OBJECT_NAME_INVALID,
 * STATUS_OBJECT_PATH_SYNTAX_BAD, STATUS_ACCESS_DENIED, STATUS_ACCESS_VIOLATION, STATUS_INSUFFICIENT_RESOURCES.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winbase/nf-winbase-createmailslotw
 */
NTSTATUS WINAPI NtCreateMailslotFile(HANDLE *handle, ACCESS_MASK access, OBJECT_ATTRIBUTES *attributes,
    IO_STATUS_BLOCK *iosb, ULONG options, ULONG quota, ULONG maximum, LARGE_INTEGER *timeout) {
    struct request_mailslot_create request = {.timeout_100ns = UINT64_MAX,
        .maximum = maximum,
        .quota = quota,
        .options = options,
        .access = object_access_asked(CELL_FILE, access),
        .thread = arena_self.index};
    const OBJECT_ATTRIBUTES *is = attributes;
    struct attributes copy;
    void *descriptor = NULL;
    NTSTATUS status = attributes_capture_for(handle, &copy, &is);

    if (status || guard_probe_write(iosb, sizeof *iosb) ||
        (timeout && guard_copy_from(&request.timeout_100ns, timeout, sizeof *timeout)))
        return STATUS_ACCESS_VIOLATION;
    status = create_name(is, &request);
    if (status)
        return status;
    request.attributes = is->Attributes;
    status = security_new(CELL_MAILSLOT, is, &descriptor, &request.descriptor_len);
    request.descriptor = descriptor;
    if (!status)
        status = create_request(&request, handle);
    free(descriptor);
    mailslot_trace("create", request.name, request.n_name, *handle, status);
    if (!status) {
        iosb->Information = FILE_CREATED;
        iosb->Status = status;
    }
    return status;
}

/* ---- opening ---- */

#define PATH_ROOM 512u /* units */

/* \Device\Mailslot and what follows it.  Return: its length in units, 0 when it is too long. */
static uint32_t device_path(const UNICODE_STRING *name, WCHAR path[PATH_ROOM]) {
    static const WCHAR device[] = L"\\Device\\Mailslot";
    const size_t prefix = sizeof device / sizeof(WCHAR) - 1, n = name->Length / sizeof(WCHAR);

    if (prefix + n > PATH_ROOM)
        return 0;
    memcpy(path, device, prefix * sizeof(WCHAR));
    memcpy(path + prefix, name->Buffer, n * sizeof(WCHAR));
    return (uint32_t)(prefix + n);
}

/* A mailslot is opened, whatever the disposition says: nothing else can be done with it. */
NTSTATUS mailslot_open(HANDLE *handle, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes, IO_STATUS_BLOCK *iosb,
    const UNICODE_STRING *name, ULONG sharing, ULONG disposition, ULONG options) {
    WCHAR path[PATH_ROOM];
    struct request_mailslot_open request = {.access = access,
        .share = sharing,
        .options = options,
        .attributes = attributes->Attributes,
        .thread = arena_self.index,
        .name = (const uint16_t *)path};
    struct reply_mailslot_open reply = {.fd = -1};
    const bool root = name->Length == sizeof(WCHAR) && name->Buffer[0] == '\\';
    NTSTATUS status;

    if (!name->Length || root)
        return mailslot_open_root(handle, access, attributes, iosb, root, disposition, options);
    request.n_name = device_path(name, path);
    if (!request.n_name)
        return STATUS_OBJECT_NAME_INVALID;
    request.handle = handle_reserve(arena_process);
    if (!request.handle)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = server_mailslot_open(&request, &reply);
    mailslot_trace("open", request.name, request.n_name, object_handle(request.handle), status);
    if (status) {
        handle_drop(arena_process, request.handle);
        return status;
    }
    status = handle_attach(request.handle, reply.file, reply.fd, handle);
    if (!status) {
        iosb->Information = FILE_OPENED;
        iosb->Status = status;
    }
    return status;
}

/*
 * \\MACHINE\mailslot\NAME, \\DOMAIN\mailslot\NAME, \\*\mailslot\NAME: Windows sends what is written there as datagrams.
 * Its later versions do not any more unless they are told to, and answer so.
 * Source:
 * https://techcommunity.microsoft.com/t5/storage-at-microsoft/the-beginning-of-the-end-of-remote-mailslots/ba-p/3762048
 */
NTSTATUS mailslot_open_remote(void) {
    return STATUS_OF_WIN32(ERROR_REMOTE_MAILSLOTS_DEPRECATED);
}
