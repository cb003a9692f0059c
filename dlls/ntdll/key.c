/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opening, making, naming, deleting and flushing keys of the registry.  The tree is the server's (server/registry.h). */
#include "dlls/ntdll/key.h"

#include <ntstatus.h>

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "dlls/ntdll/attributes.h"
#include "dlls/ntdll/object.h"
#include "dlls/ntdll/security.h"
#include "libs/host/guard.h"
#include "libs/protocol/client.h"

#define WOW64_FLAGS (KEY_WOW64_32KEY | KEY_WOW64_64KEY)

/* A name, as a request takes it. */
static NTSTATUS name_of(const UNICODE_STRING *string, const uint16_t **name, uint32_t *n) {
    UNICODE_STRING copy = {0};

    if (string && guard_copy_from(&copy, string, sizeof copy))
        return STATUS_ACCESS_VIOLATION;
    if (copy.Length % sizeof(WCHAR))
        return STATUS_INVALID_PARAMETER;
    if (copy.Length && guard_probe_read(copy.Buffer, copy.Length))
        return STATUS_ACCESS_VIOLATION;
    *name = (const uint16_t *)(copy.Length ? copy.Buffer : L"");
    *n = copy.Length / sizeof(WCHAR);
    return STATUS_SUCCESS;
}

/* @attributes: captured. */
static NTSTATUS key_request(struct request_key_open *request, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes) {
    if (!attributes)
        return STATUS_INVALID_PARAMETER;
    if (!attributes->ObjectName)
        return STATUS_OBJECT_PATH_SYNTAX_BAD;
    if ((access & WOW64_FLAGS) == WOW64_FLAGS)
        return STATUS_INVALID_PARAMETER;
    request->access = object_access_asked(CELL_KEY, access) | (access & WOW64_FLAGS);
    request->thread = arena_self.index;
    request->attributes = attributes->Attributes;
    request->root = (ULONG_PTR)attributes->RootDirectory;
    return name_of(attributes->ObjectName, &request->name, &request->n_name);
}

static NTSTATUS key_open(HANDLE *handle, struct request_key_open *request, ULONG *disposition) {
    struct reply_key_open reply;
    NTSTATUS status;

    request->handle = handle_reserve(arena_process);
    if (!request->handle)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = server_key_open(request, &reply);
    if (status) {
        handle_drop(arena_process, request->handle);
        return status;
    }
    *handle = object_handle(request->handle);
    if (disposition)
        *disposition = reply.disposition;
    return STATUS_SUCCESS;
}

/* The descriptor that a new key is given; without one it inherits. */
static NTSTATUS key_security(const OBJECT_ATTRIBUTES *attributes, struct request_key_open *request, void **descriptor) {
    ULONG size = 0;
    NTSTATUS status;

    if (!attributes->SecurityDescriptor)
        return STATUS_SUCCESS;
    status = security_new(CELL_KEY, attributes, descriptor, &size);
    request->descriptor = *descriptor;
    request->descriptor_len = size;
    return status;
}

/**
 * NtCreateKey() - opens a key, or makes it where it is not there.
 * @class: of a new key, may be NULL.  @options: REG_OPTION_VOLATILE, REG_OPTION_CREATE_LINK, REG_OPTION_OPEN_LINK.
 * @disposition: may be NULL; receives REG_CREATED_NEW_KEY or REG_OPENED_EXISTING_KEY.
 * Return: STATUS_SUCCESS, STATUS_OBJECT_NAME_NOT_FOUND (more than the last name is not there), STATUS_OBJECT_NAME_COLLISION (a link is to be made),
 * STATUS_OBJECT_PATH_SYNTAX_BAD, STATUS_INVALID_PARAMETER (a name of more than 255 characters; directly in \Registry, Machine or User),
 * STATUS_CHILD_MUST_BE_VOLATILE, STATUS_KEY_DELETED, STATUS_INVALID_HANDLE, STATUS_DISK_FULL, STATUS_REGISTRY_IO_FAILED,
 * STATUS_INSUFFICIENT_RESOURCES, STATUS_ACCESS_VIOLATION, STATUS_ACCESS_DENIED (by the key's descriptor, or that of the one above a new key),
 * STATUS_PRIVILEGE_NOT_HELD, STATUS_INVALID_SECURITY_DESCR, STATUS_INVALID_OWNER.
 * Source: https://learn.microsoft.com/en-us/windows-hardware/drivers/ddi/wdm/nf-wdm-zwcreatekey
 */
NTSTATUS WINAPI NtCreateKey(HANDLE *handle, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes, ULONG title,
    const UNICODE_STRING *class, ULONG options, ULONG *disposition) {
    struct request_key_open request = {.options = options, .create = 1};
    void *descriptor = NULL;
    struct attributes copy;
    NTSTATUS status = attributes_capture_for(handle, &copy, &attributes);

    (void)title;
    if (!status)
        status = key_request(&request, access, attributes);
    if (!status)
        status = name_of(class, &request.class, &request.n_class);
    if (!status)
        status = key_security(attributes, &request, &descriptor);
    if (!status)
        status = key_open(handle, &request, disposition);
    free(descriptor);
    return status;
}

/**
 * NtOpenKeyEx() - opens a key.
 * @options: REG_OPTION_OPEN_LINK: a link itself.
 * Return: STATUS_SUCCESS, STATUS_OBJECT_NAME_NOT_FOUND, STATUS_OBJECT_PATH_SYNTAX_BAD, STATUS_INVALID_PARAMETER, STATUS_KEY_DELETED,
 * STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH, STATUS_INSUFFICIENT_RESOURCES, STATUS_ACCESS_VIOLATION, STATUS_ACCESS_DENIED,
 * STATUS_PRIVILEGE_NOT_HELD.
 * Source: https://learn.microsoft.com/en-us/windows-hardware/drivers/ddi/wdm/nf-wdm-zwopenkeyex
 */
NTSTATUS WINAPI NtOpenKeyEx(HANDLE *handle, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes, ULONG options) {
    struct request_key_open request = {.options = options, .class = (const uint16_t *)L""};
    struct attributes copy;
    NTSTATUS status = attributes_capture_for(handle, &copy, &attributes);

    if (!status)
        status = key_request(&request, access, attributes);
    return status ? status : key_open(handle, &request, NULL);
}

NTSTATUS WINAPI NtOpenKey(HANDLE *handle, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes) {
    return NtOpenKeyEx(handle, access, attributes, 0);
}

/**
 * NtDeleteKey() - deletes a key without subkeys; handles to it are good for closing alone.
 * Return: STATUS_SUCCESS, STATUS_CANNOT_DELETE (it has subkeys, or is always there), STATUS_ACCESS_DENIED, STATUS_KEY_DELETED,
 * STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH, STATUS_DISK_FULL, STATUS_REGISTRY_IO_FAILED.
 * Source: https://learn.microsoft.com/en-us/windows-hardware/drivers/ddi/wdm/nf-wdm-zwdeletekey
 */
NTSTATUS WINAPI NtDeleteKey(HANDLE handle) {
    const struct request_key_delete request = {.key = (ULONG_PTR)handle};
    struct reply_key_delete reply;

    return server_key_delete(&request, &reply);
}

/**
 * NtRenameKey() - gives a key another name in the same place.
 * Return: STATUS_SUCCESS, STATUS_INVALID_PARAMETER (a path, no name, more than 255 characters), STATUS_CANNOT_DELETE (the name is taken),
 * STATUS_ACCESS_DENIED, STATUS_KEY_DELETED, STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH, STATUS_DISK_FULL, STATUS_REGISTRY_IO_FAILED.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winternl/nf-winternl-ntrenamekey
 */
NTSTATUS WINAPI NtRenameKey(HANDLE handle, UNICODE_STRING *name) {
    struct request_key_rename request = {.key = (ULONG_PTR)handle};
    struct reply_key_rename reply;
    const NTSTATUS status = name_of(name, &request.name, &request.n_name);

    return status ? status : server_key_rename(&request, &reply);
}

/**
 * NtFlushKey() - returns when all that was written to the key's file is on the disk.
 * Return: STATUS_SUCCESS, STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH, STATUS_KEY_DELETED, STATUS_REGISTRY_IO_FAILED.
 * Source: https://learn.microsoft.com/en-us/windows-hardware/drivers/ddi/wdm/nf-wdm-zwflushkey
 */
NTSTATUS WINAPI NtFlushKey(HANDLE handle) {
    const struct request_key_flush request = {.key = (ULONG_PTR)handle};
    struct reply_key_flush reply = {.fd = -1};
    NTSTATUS status = server_key_flush(&request, &reply);
    const int fd = status ? -1 : reply.fd;

    if (fd < 0)
        return status;
    if (fdatasync(fd))
        status = STATUS_REGISTRY_IO_FAILED;
    close(fd);
    return status;
}

/* ---- notifications ---- */

static _Atomic bool is_bound; /* whether some thread's end is to be told */

static NTSTATUS notify(HANDLE key, HANDLE event, ULONG filter, BOOLEAN subtree, bool is_agnostic) {
    const struct request_key_notify request = {.key = (ULONG_PTR)key,
        .event = (ULONG_PTR)event,
        .filter = filter & ~REG_NOTIFY_THREAD_AGNOSTIC,
        .subtree = subtree != 0,
        .thread = is_agnostic ? 0 : arena_self.id};
    struct reply_key_notify reply;
    const NTSTATUS status = server_key_notify(&request, &reply);

    if (!status && !is_agnostic)
        atomic_store(&is_bound, true);
    return status;
}

void key_thread_gone(void) {
    const struct request_key_thread_ends request = {.thread = arena_self.id};

    if (atomic_load(&is_bound))
        server_key_thread_ends(&request);
}

static NTSTATUS notify_wait(HANDLE key, IO_STATUS_BLOCK *iosb, ULONG filter, BOOLEAN subtree) {
    HANDLE event;
    NTSTATUS status = NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);

    if (status)
        return status;
    status = notify(key, event, filter, subtree, true);
    if (!status)
        status = NtWaitForSingleObject(event, FALSE, NULL);
    NtClose(event);
    if (status)
        return status;
    if (iosb)
        *iosb = (IO_STATUS_BLOCK){.Status = STATUS_NOTIFY_ENUM_DIR};
    return STATUS_NOTIFY_ENUM_DIR;
}

/**
 * NtNotifyChangeKey() - tells of the next change of a key.
 * @event: signalled by it, and when the key object goes or, without REG_NOTIFY_THREAD_AGNOSTIC in @filter, the calling thread ends.
 * @filter: REG_NOTIFY_CHANGE_*.  @subtree: below the key, too.  @buffer, @size: nothing comes into it.
 * @asynchronous: FALSE: the call returns after the change, whatever @event is.
 * Return: STATUS_PENDING, STATUS_NOTIFY_ENUM_DIR (synchronous), STATUS_INVALID_PARAMETER (filter), STATUS_NOT_SUPPORTED (an APC, or no event),
 * STATUS_ACCESS_DENIED, STATUS_KEY_DELETED, STATUS_INVALID_HANDLE, STATUS_INSUFFICIENT_RESOURCES (four events wait on the handle already).
 * Source: https://learn.microsoft.com/en-us/windows/win32/devnotes/ntnotifychangemultiplekeys
 */
NTSTATUS WINAPI NtNotifyChangeKey(HANDLE key, HANDLE event, PIO_APC_ROUTINE apc, void *context, IO_STATUS_BLOCK *iosb, ULONG filter,
    BOOLEAN subtree, void *buffer, ULONG size, BOOLEAN asynchronous) {
    NTSTATUS status;

    (void)context, (void)buffer, (void)size;
    if (!asynchronous)
        return notify_wait(key, iosb, filter, subtree);
    if (apc || !event)
        return STATUS_NOT_SUPPORTED;
    NtResetEvent(event, NULL);
    if (iosb)
        *iosb = (IO_STATUS_BLOCK){.Status = STATUS_PENDING};
    status = notify(key, event, filter, subtree, filter & REG_NOTIFY_THREAD_AGNOSTIC);
    return status ? status : STATUS_PENDING;
}

/** NtNotifyChangeMultipleKeys() - the same, for one key: STATUS_NOT_SUPPORTED if there are more. */
NTSTATUS WINAPI NtNotifyChangeMultipleKeys(HANDLE key, ULONG count, OBJECT_ATTRIBUTES *others, HANDLE event, PIO_APC_ROUTINE apc, void *context,
    IO_STATUS_BLOCK *iosb, ULONG filter, BOOLEAN subtree, void *buffer, ULONG size, BOOLEAN asynchronous) {
    (void)others;
    if (count)
        return STATUS_NOT_SUPPORTED;
    return NtNotifyChangeKey(key, event, apc, context, iosb, filter, subtree, buffer, size, asynchronous);
}
