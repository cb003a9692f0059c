/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keys with all that is below them; several values at once; being told of changes. */
#include <ntstatus.h>
#define WIN32_NO_STATUS
#include <stdlib.h>
#include <string.h>

#include "dlls/advapi32/registry.h"

#define NAME_ROOM 256

static HANDLE handle_of(HKEY key) {
    return (HANDLE)((ULONG_PTR)key & ~(ULONG_PTR)3);
}

/* ---- deleting ---- */

static LSTATUS delete_below(HKEY key);

/* A key with all that is below it. */
static LSTATUS delete_whole(HKEY parent, const WCHAR *name) {
    HKEY key;
    LSTATUS error =
        reg_open(parent, name, REG_OPTION_OPEN_LINK, DELETE | KEY_ENUMERATE_SUB_KEYS | KEY_QUERY_VALUE | KEY_SET_VALUE, &key);

    if (error)
        return error;
    error = delete_below(key);
    if (!error)
        error = reg_error(NtDeleteKey(handle_of(key)));
    reg_close(key);
    return error;
}

/* Always the first one: the others move up.  What others make meanwhile goes as well. */
static LSTATUS delete_below(HKEY key) {
    WCHAR name[NAME_ROOM];
    LSTATUS error;

    for (;;) {
        DWORD len = NAME_ROOM;

        error = RegEnumKeyExW(key, 0, name, &len, NULL, NULL, NULL, NULL);
        if (error)
            return error == ERROR_NO_MORE_ITEMS ? ERROR_SUCCESS : error;
        error = delete_whole(key, name);
        if (error && error != ERROR_FILE_NOT_FOUND && error != ERROR_KEY_DELETED)
            return error;
    }
}

static LSTATUS delete_values(HKEY key) {
    for (;;) {
        struct reg_data value;
        UNICODE_STRING name;
        LSTATUS error = reg_data_enumerate(key, 0, &value);

        if (error)
            return error == ERROR_NO_MORE_ITEMS ? ERROR_SUCCESS : error;
        name = (UNICODE_STRING){(USHORT)(value.name_len * sizeof(WCHAR)), (USHORT)(value.name_len * sizeof(WCHAR)), value.name};
        error = reg_error(NtDeleteValueKey(handle_of(key), &name));
        reg_data_free(&value);
        if (error && error != ERROR_FILE_NOT_FOUND)
            return error;
    }
}

/**
 * RegDeleteTreeW() - deletes a subkey with all that is below it.
 * @path: NULL or "": all that is in @parent and below it, but not @parent itself.
 * Return: ERROR_SUCCESS, ERROR_FILE_NOT_FOUND, ERROR_ACCESS_DENIED, ERROR_INVALID_HANDLE.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winreg/nf-winreg-regdeletetreew
 */
LSTATUS WINAPI RegDeleteTreeW(HKEY parent, const WCHAR *path) {
    HKEY key;
    LSTATUS error;

    if (path && *path)
        return delete_whole(parent, path);
    error = reg_open(parent, NULL, 0, DELETE | KEY_ENUMERATE_SUB_KEYS | KEY_QUERY_VALUE | KEY_SET_VALUE, &key);
    if (error)
        return error;
    error = delete_below(key);
    if (!error)
        error = delete_values(key);
    reg_close(key);
    return error;
}

/* ---- copying ---- */

static LSTATUS copy_values(HKEY from, HKEY to) {
    for (DWORD i = 0;; i++) {
        struct reg_data value;
        struct reg_key of;
        UNICODE_STRING name;
        LSTATUS error = reg_data_enumerate(from, i, &value);

        if (error)
            return error == ERROR_NO_MORE_ITEMS ? ERROR_SUCCESS : error;
        name = (UNICODE_STRING){(USHORT)(value.name_len * sizeof(WCHAR)), (USHORT)(value.name_len * sizeof(WCHAR)), value.name};
        error = reg_key_of(to, &of);
        if (!error)
            error = reg_error(NtSetValueKey(of.handle, &name, 0, value.type, value.data, value.size));
        reg_data_free(&value);
        if (error)
            return error;
    }
}

static LSTATUS copy_key(HKEY from, HKEY to);

static LSTATUS copy_subkey(HKEY from, HKEY to, const WCHAR *name, WCHAR *class) {
    HKEY source, target;
    LSTATUS error = reg_open(from, name, 0, KEY_READ, &source);

    if (error)
        return error;
    error = RegCreateKeyExW(to, name, 0, class, 0, KEY_WRITE, NULL, &target, NULL);
    if (!error) {
        error = copy_key(source, target);
        reg_close(target);
    }
    reg_close(source);
    return error;
}

static LSTATUS copy_key(HKEY from, HKEY to) {
    WCHAR name[NAME_ROOM], class[1024];
    LSTATUS error = copy_values(from, to);

    for (DWORD i = 0; !error; i++) {
        DWORD len = NAME_ROOM, class_len = 1024;

        error = RegEnumKeyExW(from, i, name, &len, NULL, class, &class_len, NULL);
        if (!error)
            error = copy_subkey(from, to, name, class_len ? class : NULL);
    }
    return error == ERROR_NO_MORE_ITEMS ? ERROR_SUCCESS : error;
}

/**
 * RegCopyTreeW() - copies values and subkeys of a key into another one.
 * @path: of the source below @parent; NULL: @parent itself.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winreg/nf-winreg-regcopytreew
 */
LSTATUS WINAPI RegCopyTreeW(HKEY parent, const WCHAR *path, HKEY to) {
    HKEY from = parent;
    LSTATUS error = path && *path ? reg_open(parent, path, 0, KEY_READ, &from) : ERROR_SUCCESS;

    if (error)
        return error;
    error = copy_key(from, to);
    if (from != parent)
        reg_close(from);
    return error;
}

/* ---- several values ---- */

/* Adds a value's data to a buffer that may be too small: then its length alone counts. */
static void multiple_add(struct reg_data *value, VALENTW *entry, BYTE *buffer, DWORD room, DWORD *used) {
    entry->ve_valuelen = value->size;
    entry->ve_type = value->type;
    entry->ve_valueptr = (DWORD_PTR)(buffer + *used);
    if (buffer && *used <= room && value->size <= room - *used)
        memcpy(buffer + *used, value->data, value->size);
    *used += value->size;
}

static LSTATUS multiple(HKEY key, VALENTW *values, DWORD n, BOOL ansi, BYTE *buffer, DWORD *size) {
    const DWORD room = size ? *size : 0;
    DWORD used = 0;

    if (!size || (n && !values))
        return ERROR_INVALID_PARAMETER;
    for (DWORD i = 0; i < n; i++) {
        WCHAR *name = values[i].ve_valuename;
        struct reg_data value;
        LSTATUS error = ansi && !reg_wide((const char *)values[i].ve_valuename, &name) ? ERROR_NOT_ENOUGH_MEMORY
                                                                                       : reg_data_read(key, name, &value);

        if (ansi)
            free(name);
        if (!error && ansi)
            error = reg_data_ansi(&value);
        if (error)
            return error;
        multiple_add(&value, &values[i], buffer, room, &used);
        reg_data_free(&value);
    }
    *size = used;
    return buffer && used <= room ? ERROR_SUCCESS : ERROR_MORE_DATA;
}

/**
 * RegQueryMultipleValuesW() - the data of several values of a key.
 * @values: their names come in, where their data lie in @buffer comes out.  @size: of @buffer; receives what is needed.
 * Return: ERROR_SUCCESS, ERROR_MORE_DATA, ERROR_FILE_NOT_FOUND, ERROR_INVALID_PARAMETER, ERROR_INVALID_HANDLE.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winreg/nf-winreg-regquerymultiplevaluesw
 */
LSTATUS WINAPI RegQueryMultipleValuesW(HKEY key, VALENTW *values, DWORD n, WCHAR *buffer, DWORD *size) {
    return multiple(key, values, n, FALSE, (BYTE *)buffer, size);
}

LSTATUS WINAPI RegQueryMultipleValuesA(HKEY key, VALENTA *values, DWORD n, char *buffer, DWORD *size) {
    return multiple(key, (VALENTW *)values, n, TRUE, (BYTE *)buffer, size);
}

/* ---- changes ---- */

/**
 * RegNotifyChangeKeyValue() - tells of the next change of a key.
 * @subtree: below it, too.  @filter: REG_NOTIFY_CHANGE_*, REG_NOTIFY_THREAD_AGNOSTIC.
 * @event: with @asynchronous; is signalled by a change, when @key is closed, and without REG_NOTIFY_THREAD_AGNOSTIC when the calling thread ends.
 * Return: ERROR_SUCCESS, ERROR_INVALID_PARAMETER, ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED (KEY_NOTIFY), ERROR_KEY_DELETED.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winreg/nf-winreg-regnotifychangekeyvalue
 */
LSTATUS WINAPI RegNotifyChangeKeyValue(HKEY key, BOOL subtree, DWORD filter, HANDLE event, BOOL asynchronous) {
    IO_STATUS_BLOCK iosb;
    struct reg_key of;
    NTSTATUS status;
    const LSTATUS error = asynchronous && !event ? ERROR_INVALID_PARAMETER : reg_key_of(key, &of);

    if (error)
        return error;
    status = NtNotifyChangeKey(
        of.handle, asynchronous ? event : NULL, NULL, NULL, &iosb, filter, subtree != 0, NULL, 0, asynchronous != 0);
    return NT_ERROR(status) ? reg_error(status) : ERROR_SUCCESS;
}
