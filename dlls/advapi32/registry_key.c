/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opening, making, deleting and renaming keys. */
#include <ntstatus.h>
#define WIN32_NO_STATUS
#include <stdlib.h>
#include <string.h>

#include "dlls/advapi32/registry.h"

#define ALL_OPTIONS (REG_OPTION_VOLATILE | REG_OPTION_CREATE_LINK | REG_OPTION_BACKUP_RESTORE | REG_OPTION_OPEN_LINK)
#define WOW64_FLAGS (KEY_WOW64_32KEY | KEY_WOW64_64KEY)

size_t reg_text_len(const WCHAR *text) {
    size_t len = 0;

    while (text && text[len])
        len++;
    return len;
}

BOOL reg_name_fits(const WCHAR *text) {
    return reg_text_len(text) <= 0x7ffe;
}

UNICODE_STRING reg_string(const WCHAR *text) {
    const USHORT size = (USHORT)(reg_text_len(text) * sizeof(WCHAR));

    return (UNICODE_STRING){size, size, (WCHAR *)(ULONG_PTR)text};
}

static HKEY key_handle(HANDLE handle, BOOL is_classes) {
    return (HKEY)((ULONG_PTR)handle | (is_classes ? CLASSES_TAG : 0));
}

void reg_close(HKEY key) {
    NtClose((HANDLE)((ULONG_PTR)key & ~(ULONG_PTR)3));
}

LSTATUS reg_open(HKEY parent, const WCHAR *path, DWORD options, REGSAM access, HKEY *key) {
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING name = reg_string(path);
    struct reg_key of;
    HANDLE handle;
    NTSTATUS status;
    const LSTATUS error = reg_key_of(parent, &of);

    if (error)
        return error;
    if (!reg_name_fits(path))
        return ERROR_INVALID_PARAMETER;
    if (of.is_classes) {
        status = classes_open(of.handle, path, options, access, &handle);
    } else {
        InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE, of.handle, NULL);
        status = NtOpenKeyEx(&handle, access, &attributes, options);
    }
    if (!status)
        *key = key_handle(handle, of.is_classes);
    return reg_error(status);
}

/**
 * RegOpenKeyExW() - opens a key.
 * @path: below @parent; NULL or "" opens @parent once more, and gives a predefined key back as it is.
 * @options: REG_OPTION_OPEN_LINK or 0.
 * Return: ERROR_SUCCESS, ERROR_FILE_NOT_FOUND, ERROR_BAD_PATHNAME (begins with a backslash), ERROR_INVALID_HANDLE, ERROR_INVALID_PARAMETER,
 * ERROR_KEY_DELETED.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winreg/nf-winreg-regopenkeyexw
 */
LSTATUS WINAPI RegOpenKeyExW(HKEY parent, const WCHAR *path, DWORD options, REGSAM access, HKEY *key) {
    if (!key)
        return ERROR_INVALID_PARAMETER;
    if (reg_is_predefined(parent) && (!path || !*path) && !(access & WOW64_FLAGS)) {
        *key = parent;
        return ERROR_SUCCESS;
    }
    *key = NULL;
    return reg_open(parent, path, options, access, key);
}

/** RegOpenKeyW() - opens a key with all rights that can be had; NULL or "" is @parent itself. */
LSTATUS WINAPI RegOpenKeyW(HKEY parent, const WCHAR *path, HKEY *key) {
    if (!key)
        return ERROR_INVALID_PARAMETER;
    if (!path || !*path) {
        *key = parent;
        return ERROR_SUCCESS;
    }
    return RegOpenKeyExW(parent, path, 0, MAXIMUM_ALLOWED, key);
}

/* ---- making ---- */

struct new_key {
    const WCHAR *class;
    PSECURITY_DESCRIPTOR descriptor;
};

static NTSTATUS create_one(HANDLE parent, UNICODE_STRING *name, const struct new_key *new, DWORD options, REGSAM access, HANDLE *handle,
    ULONG *disposition) {
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING class_name = reg_string(new->class);

    InitializeObjectAttributes(&attributes, name, OBJ_CASE_INSENSITIVE, parent, new->descriptor);
    if (options & REG_OPTION_OPEN_LINK)
        attributes.Attributes |= OBJ_OPENLINK;
    return NtCreateKey(handle, access, &attributes, 0, &class_name, options, disposition);
}

/* One call makes the last name alone: where more is not there, the names before it are made one after the other. */
static NTSTATUS create_path(HANDLE parent, const WCHAR *path, const struct new_key *new, DWORD options, REGSAM access, HANDLE *handle,
    ULONG *disposition) {
    const struct new_key between_these = {0};
    UNICODE_STRING whole = reg_string(path), part = whole;
    NTSTATUS status = create_one(parent, &whole, new, options, access, handle, disposition);

    part.Length = 0;
    while (status == STATUS_OBJECT_NAME_NOT_FOUND && part.Length < whole.Length) {
        HANDLE between;

        do
            part.Length += sizeof(WCHAR);
        while (part.Length < whole.Length && part.Buffer[part.Length / sizeof(WCHAR)] != '\\');
        if (part.Length == whole.Length)
            return create_one(parent, &whole, new, options, access, handle, disposition);
        status = create_one(
            parent, &part, &between_these, options & REG_OPTION_VOLATILE, KEY_CREATE_SUB_KEY | (access & WOW64_FLAGS), &between, NULL);
        if (status)
            return status;
        NtClose(between);
        status = STATUS_OBJECT_NAME_NOT_FOUND;
    }
    return status;
}

/**
 * RegCreateKeyExW() - opens a key, or makes it, with those above it where they are not there.
 * @security: of a new key; NULL: it inherits.  @disposition: may be NULL.
 * Return: ERROR_SUCCESS, ERROR_BADKEY (no path), ERROR_BAD_PATHNAME (begins with a backslash), ERROR_INVALID_PARAMETER,
 * ERROR_INVALID_HANDLE, ERROR_CHILD_MUST_BE_VOLATILE, ERROR_KEY_DELETED, ERROR_ALREADY_EXISTS (a link), ERROR_DISK_FULL,
 * ERROR_REGISTRY_IO_FAILED.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winreg/nf-winreg-regcreatekeyexw
 */
LSTATUS WINAPI RegCreateKeyExW(HKEY parent, const WCHAR *path, DWORD reserved, WCHAR *class, DWORD options, REGSAM access,
    SECURITY_ATTRIBUTES *security, HKEY *key, DWORD *disposition) {
    const struct new_key new = {class, security ? security->lpSecurityDescriptor : NULL};
    struct reg_key of;
    HANDLE handle;
    ULONG made = REG_OPENED_EXISTING_KEY;
    NTSTATUS status = STATUS_OBJECT_NAME_NOT_FOUND;
    LSTATUS error;

    if (!path)
        return ERROR_BADKEY;
    if (!key || reserved || options & ~ALL_OPTIONS || !reg_name_fits(path) || reg_text_len(class) > 1023)
        return ERROR_INVALID_PARAMETER;
    error = reg_key_of(parent, &of);
    if (error)
        return error;
    if (of.is_classes) /* a key that the user has is taken, a new one is the machine's */
        status = classes_open(of.handle, path, 0, access, &handle);
    if (status == STATUS_OBJECT_NAME_NOT_FOUND)
        status = create_path(of.handle, path, &new, options, access, &handle, &made);
    if (status)
        return reg_error(status);
    if (security && security->bInheritHandle)
        SetHandleInformation(handle, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT);
    *key = key_handle(handle, of.is_classes);
    if (disposition)
        *disposition = made;
    return ERROR_SUCCESS;
}

/** RegCreateKeyW() - the same with all rights; NULL or "" is @parent itself. */
LSTATUS WINAPI RegCreateKeyW(HKEY parent, const WCHAR *path, HKEY *key) {
    if (!key)
        return ERROR_INVALID_PARAMETER;
    if (!path || !*path) {
        *key = parent;
        return ERROR_SUCCESS;
    }
    return RegCreateKeyExW(parent, path, 0, NULL, 0, MAXIMUM_ALLOWED, NULL, key, NULL);
}

/* ---- deleting, naming, flushing ---- */

/**
 * RegDeleteKeyExW() - deletes a key without subkeys.
 * @access: KEY_WOW64_32KEY, KEY_WOW64_64KEY or 0.
 * Return: ERROR_SUCCESS, ERROR_FILE_NOT_FOUND, ERROR_ACCESS_DENIED (it has subkeys), ERROR_INVALID_PARAMETER, ERROR_INVALID_HANDLE.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winreg/nf-winreg-regdeletekeyexw
 */
LSTATUS WINAPI RegDeleteKeyExW(HKEY parent, const WCHAR *path, REGSAM access, DWORD reserved) {
    HKEY key;
    LSTATUS error;

    if (!path || reserved)
        return ERROR_INVALID_PARAMETER;
    error = reg_open(parent, path, REG_OPTION_OPEN_LINK, DELETE | (access & WOW64_FLAGS), &key);
    if (error)
        return error;
    error = reg_error(NtDeleteKey((HANDLE)((ULONG_PTR)key & ~(ULONG_PTR)3)));
    reg_close(key);
    return error;
}

/** RegDeleteKeyW() - the same for the 64-bit view. */
LSTATUS WINAPI RegDeleteKeyW(HKEY parent, const WCHAR *path) {
    return RegDeleteKeyExW(parent, path, 0, 0);
}

/**
 * RegRenameKey() - gives a key another name in the same place.
 * @path: the key, below @parent; NULL: @parent itself.  @name: without a path.
 * Return: ERROR_SUCCESS, ERROR_FILE_NOT_FOUND, ERROR_ACCESS_DENIED (the name is taken; no right), ERROR_INVALID_PARAMETER.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winreg/nf-winreg-regrenamekey
 */
LSTATUS WINAPI RegRenameKey(HKEY parent, const WCHAR *path, const WCHAR *name) {
    UNICODE_STRING string = reg_string(name);
    struct reg_key of;
    HKEY key = NULL;
    LSTATUS error = name && reg_name_fits(name) ? reg_key_of(parent, &of) : ERROR_INVALID_PARAMETER;

    if (!error && path && *path) {
        error = reg_open(parent, path, 0, KEY_WRITE, &key);
        of.handle = (HANDLE)((ULONG_PTR)key & ~(ULONG_PTR)3);
    }
    if (!error)
        error = reg_error(NtRenameKey(of.handle, &string));
    if (key)
        reg_close(key);
    return error;
}

/**
 * RegFlushKey() - returns when what was written to the key's file is on the disk.
 * Return: ERROR_SUCCESS, ERROR_INVALID_HANDLE, ERROR_KEY_DELETED, ERROR_REGISTRY_IO_FAILED.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winreg/nf-winreg-regflushkey
 */
LSTATUS WINAPI RegFlushKey(HKEY key) {
    struct reg_key of;
    const LSTATUS error = reg_key_of(key, &of);

    return error ? error : reg_error(NtFlushKey(of.handle));
}

/* ---- security ---- */

/**
 * RegGetKeySecurity() - parts of a key's descriptor, self-relative.
 * @size: room; receives what is needed.
 * Return: ERROR_SUCCESS, ERROR_INSUFFICIENT_BUFFER, ERROR_ACCESS_DENIED, ERROR_INVALID_HANDLE, ERROR_NOT_ENOUGH_MEMORY.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winreg/nf-winreg-reggetkeysecurity
 */
LSTATUS WINAPI RegGetKeySecurity(HKEY key, SECURITY_INFORMATION what, PSECURITY_DESCRIPTOR descriptor, DWORD *size) {
    struct reg_key of;
    LSTATUS error = reg_key_of(key, &of);

    if (error)
        return error;
    return (LSTATUS)RtlNtStatusToDosError(NtQuerySecurityObject(of.handle, what, descriptor, *size, size));
}

/**
 * RegSetKeySecurity() - changes parts of it; keys below keep theirs.
 * Return: ERROR_SUCCESS, ERROR_ACCESS_DENIED, ERROR_INVALID_HANDLE, ERROR_INVALID_OWNER, ERROR_PRIVILEGE_NOT_HELD, ERROR_INVALID_SECURITY_DESCR,
 * ERROR_KEY_DELETED, ERROR_REGISTRY_IO_FAILED.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winreg/nf-winreg-regsetkeysecurity
 */
LSTATUS WINAPI RegSetKeySecurity(HKEY key, SECURITY_INFORMATION what, PSECURITY_DESCRIPTOR descriptor) {
    struct reg_key of;
    LSTATUS error = reg_key_of(key, &of);

    return error ? error : (LSTATUS)RtlNtStatusToDosError(NtSetSecurityObject(of.handle, what, descriptor));
}
