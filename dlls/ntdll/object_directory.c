/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Directories and symbolic links of the object manager.  Making and opening them is the server's; what is in them is read in the arena. */
#include <ntstatus.h>
#define WIN32_NO_STATUS
#include <string.h>

#include "dlls/ntdll/attributes.h"
#include "dlls/ntdll/named.h"
#include "libs/arena/name.h"
#include "libs/protocol/client.h"

#define QUERY 1u /* DIRECTORY_QUERY, SYMBOLIC_LINK_QUERY */

/**
 * NtCreateDirectoryObject() - makes (or, with OBJ_OPENIF, opens) a directory for named objects.
 * Return: STATUS_SUCCESS, STATUS_OBJECT_NAME_EXISTS, STATUS_OBJECT_NAME_COLLISION, STATUS_OBJECT_TYPE_MISMATCH, STATUS_OBJECT_PATH_NOT_FOUND,
 * STATUS_OBJECT_NAME_INVALID, STATUS_PRIVILEGE_NOT_HELD (OBJ_PERMANENT), STATUS_INSUFFICIENT_RESOURCES.
 * Source: https://learn.microsoft.com/en-us/windows-hardware/drivers/ddi/wdm/nf-wdm-zwcreatedirectoryobject
 */
NTSTATUS WINAPI NtCreateDirectoryObject(HANDLE *handle, ACCESS_MASK access, OBJECT_ATTRIBUTES *attributes) {
    const struct object_plan plan = {.type = CELL_DIRECTORY};

    return object_create(handle, access, attributes, &plan);
}

/**
 * NtOpenDirectoryObject() - opens a directory of named objects.
 * Return: STATUS_SUCCESS, STATUS_OBJECT_NAME_NOT_FOUND, STATUS_OBJECT_PATH_NOT_FOUND, STATUS_OBJECT_TYPE_MISMATCH,
 * STATUS_OBJECT_PATH_SYNTAX_BAD, STATUS_INSUFFICIENT_RESOURCES.
 * Source: https://learn.microsoft.com/en-us/windows/win32/devnotes/ntopendirectoryobject
 */
NTSTATUS WINAPI NtOpenDirectoryObject(HANDLE *handle, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes) {
    return object_open(handle, access, attributes, CELL_DIRECTORY);
}

NTSTATUS WINAPI NtDeletePrivateNamespace(HANDLE handle); /* not in the headers */

/**
 * NtDeletePrivateNamespace() - takes the name of a directory away, so that nobody can open it any more.
 * Return: STATUS_SUCCESS, STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/namespaceapi/nf-namespaceapi-closeprivatenamespace
 */
NTSTATUS WINAPI NtDeletePrivateNamespace(HANDLE handle) {
    const struct request_directory_unname request = {.handle = (ULONG_PTR)handle};
    struct reply_directory_unname reply;

    return server_directory_unname(&request, &reply);
}

/* ---- what is in a directory ---- */

/* The entries grow from the buffer's beginning, their text from its end on; a zero entry ends them. */
struct listing {
    DIRECTORY_BASIC_INFORMATION *entries;
    ULONG size, n, text; /* text: bytes at the end in use */
    ULONG need;          /* for the entry that did not fit */
};

static void listing_text(struct listing *listing, UNICODE_STRING *to, const void *units, ULONG bytes) {
    WCHAR *text;

    listing->text += bytes + sizeof(WCHAR);
    text = (WCHAR *)((char *)listing->entries + listing->size - listing->text);
    memcpy(text, units, bytes);
    text[bytes / sizeof(WCHAR)] = 0;
    *to = (UNICODE_STRING){(USHORT)bytes, (USHORT)(bytes + sizeof(WCHAR)), text};
}

/* Return: false when the entry of @cell does not fit. */
static BOOLEAN listing_add(struct listing *listing, uint32_t cell) {
    DIRECTORY_BASIC_INFORMATION *entry = &listing->entries[listing->n];
    const WCHAR *type = object_type_name(cell_type(cell_at(cell)));
    uint32_t n = 0;
    const uint16_t *name = name_units(atomic_load(&cell_at(cell)->name), &n);
    ULONG type_bytes = 0;

    if (!name || n > (0xffff / sizeof(WCHAR)) - 1)
        return TRUE; /* it went this instant */
    while (type[type_bytes / sizeof(WCHAR)])
        type_bytes += sizeof(WCHAR);
    listing->need = (listing->n + 2) * (ULONG)sizeof *entry + listing->text + (n + 2) * (ULONG)sizeof(WCHAR) + type_bytes;
    if (listing->need > listing->size)
        return FALSE;
    listing_text(listing, &entry->ObjectTypeName, type, type_bytes);
    listing_text(listing, &entry->ObjectName, name, n * (ULONG)sizeof(WCHAR));
    memset(&listing->entries[++listing->n], 0, sizeof *entry);
    return TRUE;
}

/**
 * NtQueryDirectoryObject() - lists what is in a directory.
 * @data: receives DIRECTORY_BASIC_INFORMATION entries, the last one zero, and their text.  @single: one entry only.
 * @restart: from the beginning.  @context: where the listing stands; @used may be NULL.
 * Return: STATUS_SUCCESS, STATUS_MORE_ENTRIES (the next one does not fit), STATUS_NO_MORE_ENTRIES, STATUS_BUFFER_TOO_SMALL (a single
 * one does not fit; *used says what it needs), STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH, STATUS_ACCESS_DENIED.
 * Source: https://learn.microsoft.com/en-us/windows/win32/devnotes/ntquerydirectoryobject
 */
NTSTATUS WINAPI NtQueryDirectoryObject(HANDLE handle, DIRECTORY_BASIC_INFORMATION *data, ULONG size, BOOLEAN single, BOOLEAN restart,
    ULONG *context, ULONG *used) {
    struct listing listing = {.entries = data, .size = size & ~1u};
    struct wait_object object;
    NTSTATUS status = object_lookup(handle, CELL_DIRECTORY, QUERY, &object);
    uint32_t at = restart ? 0 : *context, cell;

    if (status)
        return status;
    for (status = STATUS_NO_MORE_ENTRIES; (cell = name_next(object.cell, at)) != NO_CELL; at = cell + 1) {
        if (!listing_add(&listing, cell)) {
            status = single ? STATUS_BUFFER_TOO_SMALL : STATUS_MORE_ENTRIES;
            break;
        }
        if (listing.n)
            status = STATUS_SUCCESS;
        if (single && listing.n) {
            at = cell + 1;
            break;
        }
    }
    if (used)
        *used = status == STATUS_BUFFER_TOO_SMALL ? listing.need
                : listing.n                       ? (listing.n + 1) * (ULONG)sizeof *data + listing.text
                                                  : 0;
    *context = at;
    return status;
}

/* ---- symbolic links ---- */

/**
 * NtCreateSymbolicLinkObject() - makes a symbolic link of the object directory.
 * @target: NT path that stands in its place.
 * Return: STATUS_SUCCESS, STATUS_OBJECT_NAME_COLLISION, STATUS_OBJECT_PATH_NOT_FOUND, STATUS_OBJECT_NAME_INVALID, STATUS_INVALID_PARAMETER (an empty
 * target), STATUS_PRIVILEGE_NOT_HELD (OBJ_PERMANENT), STATUS_INSUFFICIENT_RESOURCES.
 * Source: https://learn.microsoft.com/en-us/windows-hardware/drivers/ddi/wdm/nf-wdm-zwopensymboliclinkobject (the object as such)
 */
NTSTATUS WINAPI NtCreateSymbolicLinkObject(
    HANDLE *handle, ACCESS_MASK access, OBJECT_ATTRIBUTES *attributes, UNICODE_STRING *target) {
    struct request_link_create request = {.access = object_access(CELL_LINK, access)};
    struct reply_link_create reply;
    const OBJECT_ATTRIBUTES *is = attributes;
    struct attributes copy;
    NTSTATUS status = attributes_capture_for(handle, &copy, &is);

    if (status)
        return status;
    if (!is || !is->ObjectName || !target || target->Length % sizeof(WCHAR))
        return STATUS_INVALID_PARAMETER;
    request.attributes = is->Attributes;
    request.root = (ULONG_PTR)is->RootDirectory;
    request.name = (const uint16_t *)is->ObjectName->Buffer;
    request.n_name = is->ObjectName->Length / sizeof(WCHAR);
    request.target = (const uint16_t *)target->Buffer;
    request.n_target = target->Length / sizeof(WCHAR);
    request.handle = handle_reserve(arena_process);
    if (!request.handle)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = server_link_create(&request, &reply);
    if (status)
        handle_drop(arena_process, request.handle);
    else
        *handle = object_handle(request.handle);
    return status;
}

/**
 * NtOpenSymbolicLinkObject() - opens a symbolic link itself.
 * Return: as NtOpenDirectoryObject.
 * Source: https://learn.microsoft.com/en-us/windows/win32/devnotes/ntopensymboliclinkobject
 */
NTSTATUS WINAPI NtOpenSymbolicLinkObject(HANDLE *handle, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes) {
    return object_open(handle, access, attributes, CELL_LINK);
}

/**
 * NtQuerySymbolicLinkObject() - where a symbolic link leads.
 * @target: its buffer receives the path.  @used: may be NULL; receives the bytes that it takes.
 * Return: STATUS_SUCCESS, STATUS_BUFFER_TOO_SMALL, STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH, STATUS_ACCESS_DENIED.
 * Source: https://learn.microsoft.com/en-us/windows/win32/devnotes/ntquerysymboliclinkobject
 */
NTSTATUS WINAPI NtQuerySymbolicLinkObject(HANDLE handle, UNICODE_STRING *target, ULONG *used) {
    struct wait_object object;
    const NTSTATUS status = object_lookup(handle, CELL_LINK, QUERY, &object);
    uint32_t n = 0;
    const uint16_t *units = status ? NULL : name_units(cell_at(object.cell)->link.target, &n);
    const ULONG bytes = n * (ULONG)sizeof(WCHAR);

    if (status)
        return status;
    if (used)
        *used = bytes;
    if (!units || bytes > target->MaximumLength)
        return STATUS_BUFFER_TOO_SMALL;
    memcpy(target->Buffer, units, bytes);
    target->Length = (USHORT)bytes;
    return STATUS_SUCCESS;
}
