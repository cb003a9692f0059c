/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Values: reading, setting, deleting. */
#include <ntstatus.h>
#define WIN32_NO_STATUS
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "dlls/advapi32/registry.h"

#define VALUE_NAME_MAX 16383

BOOL reg_type_is_text(DWORD type) {
    return type == REG_SZ || type == REG_EXPAND_SZ || type == REG_MULTI_SZ;
}

void reg_data_free(struct reg_data *value) {
    free(value->memory);
}

/* ---- reading ---- */

/* What finds a value: by its name, or by its place. */
struct search {
    struct reg_key key;
    UNICODE_STRING *name; /* NULL: by index */
    ULONG index;
};

static NTSTATUS search_once(const struct search *search, HANDLE handle, void *info, ULONG size, ULONG *used) {
    if (search->name)
        return NtQueryValueKey(handle, search->name, KeyValueFullInformation, info, size, used);
    if (search->key.is_classes)
        return classes_enumerate_value(handle, search->index, KeyValueFullInformation, info, size, used);
    return NtEnumerateValueKey(handle, search->index, KeyValueFullInformation, info, size, used);
}

/* The value's whole KEY_VALUE_FULL_INFORMATION, for free(), and room for two NULs behind it; it may grow while it is read. */
static NTSTATUS search_read(const struct search *search, HANDLE handle, KEY_VALUE_FULL_INFORMATION **info) {
    ULONG size = 512, used = 0;
    NTSTATUS status;

    for (;;) {
        *info = malloc(size + 2 * sizeof(WCHAR));
        if (!*info)
            return STATUS_NO_MEMORY;
        status = search_once(search, handle, *info, size, &used);
        if (!status)
            return status;
        free(*info);
        if (status != STATUS_BUFFER_OVERFLOW && status != STATUS_BUFFER_TOO_SMALL)
            return status;
        size = used;
    }
}

static LSTATUS search_answer(const struct search *search, struct reg_data *value) {
    KEY_VALUE_FULL_INFORMATION *info;
    HANDLE other;
    NTSTATUS status = search_read(search, search->key.handle, &info);

    if (status == STATUS_OBJECT_NAME_NOT_FOUND && search->key.is_classes && classes_other(search->key.handle, KEY_QUERY_VALUE, &other)) {
        status = search_read(search, other, &info);
        NtClose(other);
    }
    if (status)
        return reg_error(status);
    *value = (struct reg_data){info->Type, info->DataLength, (BYTE *)info + info->DataOffset, info, info->Name, info->NameLength / sizeof(WCHAR)};
    memset(value->data + value->size, 0, 2 * sizeof(WCHAR));
    return ERROR_SUCCESS;
}

LSTATUS reg_data_read(HKEY key, const WCHAR *name, struct reg_data *value) {
    UNICODE_STRING string = reg_string(name);
    struct search search = {.name = &string};
    const LSTATUS error = reg_text_len(name) > VALUE_NAME_MAX ? ERROR_FILE_NOT_FOUND : reg_key_of(key, &search.key);

    return error ? error : search_answer(&search, value);
}

LSTATUS reg_data_enumerate(HKEY key, DWORD index, struct reg_data *value) {
    struct search search = {.index = index};
    const LSTATUS error = reg_key_of(key, &search.key);

    return error ? error : search_answer(&search, value);
}

LSTATUS reg_data_ansi(struct reg_data *value) {
    const int units = (int)(value->size / sizeof(WCHAR));
    const WCHAR *text = (const WCHAR *)value->data;
    char *data;
    int size;

    if (!reg_type_is_text(value->type) || !units)
        return ERROR_SUCCESS;
    size = WideCharToMultiByte(CP_ACP, 0, text, units, NULL, 0, NULL, NULL);
    data = calloc(1, (size_t)size + 2 * sizeof(WCHAR));
    if (!data)
        return ERROR_NOT_ENOUGH_MEMORY;
    WideCharToMultiByte(CP_ACP, 0, text, units, data, size, NULL, NULL);
    if (value->name_len) { /* lies in the same memory */
        WCHAR *name = malloc((size_t)size + 8 + (value->name_len + 1) * sizeof *name);

        if (!name) {
            free(data);
            return ERROR_NOT_ENOUGH_MEMORY;
        }
        memcpy(name, value->name, value->name_len * sizeof *name);
        memcpy(name + value->name_len, data, (size_t)size + 4);
        free(data);
        data = (char *)(name + value->name_len);
        free(value->memory);
        value->memory = value->name = name;
    } else {
        free(value->memory);
        value->memory = data;
    }
    value->data = (BYTE *)data;
    value->size = (DWORD)size;
    return ERROR_SUCCESS;
}

LSTATUS reg_data_give(const struct reg_data *value, DWORD *type, void *data, DWORD *size) {
    const DWORD room = size ? *size : 0;

    if (type)
        *type = value->type;
    if (size)
        *size = value->size;
    if (!data)
        return ERROR_SUCCESS;
    if (room < value->size)
        return ERROR_MORE_DATA;
    memcpy(data, value->data, value->size);
    return ERROR_SUCCESS;
}

/**
 * RegQueryValueExW() - a value of a key.
 * @name: NULL or "": the default value.  @data: may be NULL.  @size: room in bytes; receives the value's size.
 * Return: ERROR_SUCCESS, ERROR_FILE_NOT_FOUND, ERROR_MORE_DATA, ERROR_ACCESS_DENIED, ERROR_KEY_DELETED, ERROR_INVALID_HANDLE,
 * ERROR_INVALID_PARAMETER.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winreg/nf-winreg-regqueryvalueexw
 */
LSTATUS WINAPI RegQueryValueExW(HKEY key, const WCHAR *name, DWORD *reserved, DWORD *type, BYTE *data, DWORD *size) {
    struct reg_data value;
    LSTATUS error;

    if (reserved || (data && !size))
        return ERROR_INVALID_PARAMETER;
    error = reg_data_read(key, name, &value);
    if (error)
        return error;
    error = reg_data_give(&value, type, data, size);
    reg_data_free(&value);
    return error;
}

LSTATUS WINAPI RegQueryValueExA(HKEY key, const char *name, DWORD *reserved, DWORD *type, BYTE *data, DWORD *size) {
    struct reg_data value;
    WCHAR *wide;
    LSTATUS error;

    if (reserved || (data && !size))
        return ERROR_INVALID_PARAMETER;
    if (!reg_wide(name, &wide))
        return ERROR_NOT_ENOUGH_MEMORY;
    error = reg_data_read(key, wide, &value);
    free(wide);
    if (error)
        return error;
    error = reg_data_ansi(&value);
    if (!error)
        error = reg_data_give(&value, type, data, size);
    reg_data_free(&value);
    return error;
}

/* ---- setting ---- */

/* A text that lacks its NUL gets it, if it lies behind. */
static DWORD text_size(const BYTE *data, DWORD size, DWORD unit) {
    static const BYTE zero[2];

    if (size < unit || !memcmp(data + size - unit, zero, unit))
        return size;
    return memcmp(data + size, zero, unit) ? size : size + unit;
}

/**
 * RegSetValueExW() - sets a value of a key.
 * @data, @size: a text with its NUL; if that is left out, and lies behind, it counts all the same.
 * Return: ERROR_SUCCESS, ERROR_ACCESS_DENIED, ERROR_KEY_DELETED, ERROR_INVALID_HANDLE, ERROR_INVALID_PARAMETER, ERROR_NOACCESS,
 * ERROR_NO_SYSTEM_RESOURCES (more than 8 MiB), ERROR_DISK_FULL, ERROR_REGISTRY_IO_FAILED.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winreg/nf-winreg-regsetvalueexw
 */
LSTATUS WINAPI RegSetValueExW(HKEY key, const WCHAR *name, DWORD reserved, DWORD type, const BYTE *data, DWORD size) {
    UNICODE_STRING string = reg_string(name);
    struct reg_key of;
    LSTATUS error;

    if (reserved || reg_text_len(name) > VALUE_NAME_MAX || (size && !data))
        return reserved || (size && !data) ? ERROR_INVALID_PARAMETER : ERROR_INVALID_PARAMETER;
    error = reg_key_of(key, &of);
    if (error)
        return error;
    if ((type == REG_SZ || type == REG_EXPAND_SZ) && size && (ULONG_PTR)data >> 16)
        size = text_size(data, size, sizeof(WCHAR));
    return reg_error(NtSetValueKey(of.handle, &string, 0, type, data, size));
}

LSTATUS WINAPI RegSetValueExA(HKEY key, const char *name, DWORD reserved, DWORD type, const BYTE *data, DWORD size) {
    WCHAR *wide, *text = NULL;
    LSTATUS error;

    if (size && !data)
        return ERROR_INVALID_PARAMETER;
    if (!reg_wide(name, &wide))
        return ERROR_NOT_ENOUGH_MEMORY;
    if (reg_type_is_text(type) && size) {
        const DWORD bytes = type == REG_MULTI_SZ ? size : text_size(data, size, 1);
        const int units = MultiByteToWideChar(CP_ACP, 0, (const char *)data, (int)bytes, NULL, 0);

        text = malloc(((size_t)units + 1) * sizeof *text);
        if (text) {
            MultiByteToWideChar(CP_ACP, 0, (const char *)data, (int)bytes, text, units);
            text[units] = 1; /* no NUL behind it */
        }
        error = text ? RegSetValueExW(key, wide, reserved, type, (const BYTE *)text, (DWORD)units * sizeof *text) : ERROR_NOT_ENOUGH_MEMORY;
    } else {
        error = RegSetValueExW(key, wide, reserved, type, data, size);
    }
    free(text);
    free(wide);
    return error;
}

/**
 * RegDeleteValueW() - deletes a value of a key.
 * Return: ERROR_SUCCESS, ERROR_FILE_NOT_FOUND, ERROR_ACCESS_DENIED, ERROR_KEY_DELETED, ERROR_INVALID_HANDLE.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winreg/nf-winreg-regdeletevaluew
 */
LSTATUS WINAPI RegDeleteValueW(HKEY key, const WCHAR *name) {
    UNICODE_STRING string = reg_string(name);
    struct reg_key of;
    const LSTATUS error = reg_text_len(name) > VALUE_NAME_MAX ? ERROR_FILE_NOT_FOUND : reg_key_of(key, &of);

    return error ? error : reg_error(NtDeleteValueKey(of.handle, &string));
}

/**
 * RegSetKeyValueW() - sets a value of a key's subkey, which is made if it is not there.
 * @path: may be NULL.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winreg/nf-winreg-regsetkeyvaluew
 */
LSTATUS WINAPI RegSetKeyValueW(HKEY parent, const WCHAR *path, const WCHAR *name, DWORD type, const void *data, DWORD size) {
    HKEY key;
    LSTATUS error;

    if (!path || !*path)
        return RegSetValueExW(parent, name, 0, type, data, size);
    error = RegCreateKeyExW(parent, path, 0, NULL, 0, KEY_SET_VALUE, NULL, &key, NULL);
    if (error)
        return error;
    error = RegSetValueExW(key, name, 0, type, data, size);
    reg_close(key);
    return error;
}

/**
 * RegDeleteKeyValueW() - deletes a value of a key's subkey.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winreg/nf-winreg-regdeletekeyvaluew
 */
LSTATUS WINAPI RegDeleteKeyValueW(HKEY parent, const WCHAR *path, const WCHAR *name) {
    HKEY key;
    LSTATUS error;

    if (!path || !*path)
        return RegDeleteValueW(parent, name);
    error = reg_open(parent, path, 0, KEY_SET_VALUE, &key);
    if (error)
        return error;
    error = RegDeleteValueW(key, name);
    reg_close(key);
    return error;
}

/** RegSetValueW() - of Windows 3.1: the default value of a key's subkey, a text; it is made if it is not there. */
LSTATUS WINAPI RegSetValueW(HKEY parent, const WCHAR *path, DWORD type, const WCHAR *text, DWORD size) {
    (void)size;
    if (type != REG_SZ || !text)
        return ERROR_INVALID_PARAMETER;
    return RegSetKeyValueW(parent, path, NULL, REG_SZ, text, (DWORD)((reg_text_len(text) + 1) * sizeof *text));
}

/** RegQueryValueW() - of Windows 3.1: the default value of a key's subkey; the empty text if it has none. */
LSTATUS WINAPI RegQueryValueW(HKEY parent, const WCHAR *path, WCHAR *text, LONG *size) {
    HKEY key = parent;
    LSTATUS error = path && *path ? reg_open(parent, path, 0, KEY_QUERY_VALUE, &key) : ERROR_SUCCESS;

    if (error)
        return error;
    error = RegQueryValueExW(key, NULL, NULL, NULL, (BYTE *)text, (DWORD *)size);
    if (key != parent)
        reg_close(key);
    if (error != ERROR_FILE_NOT_FOUND)
        return error;
    if (text && size && *size >= (LONG)sizeof *text)
        *text = 0;
    if (size)
        *size = sizeof *text;
    return ERROR_SUCCESS;
}
