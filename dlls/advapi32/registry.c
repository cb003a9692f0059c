/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The registry's functions (MSDN: winreg.h), as far as a registry that is read answers them. A key's handle is its number, so handles need no memory and
 * closing one changes nothing. Functions that would write are not here.
 */
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "dlls/advapi32/registry.h"

#define HANDLE_FIRST 0x52454700u
#define WRITE_ACCESS (KEY_SET_VALUE | KEY_CREATE_SUB_KEY | KEY_CREATE_LINK | DELETE | WRITE_DAC | WRITE_OWNER | GENERIC_WRITE | GENERIC_ALL)

/* The key of a handle; REGISTRY_NONE. */
static int key_of(HKEY handle) {
    const ULONG_PTR number = ((ULONG_PTR)handle - HANDLE_FIRST) / 4;
    if ((ULONG_PTR)handle >= HANDLE_FIRST && !((ULONG_PTR)handle & 3) && number < (ULONG_PTR)registry_count())
        return (int)number;
    return registry_root(handle);
}

/**
 * RegOpenKeyExW() - opens a key.
 * @path: below @parent; NULL or "" is @parent itself.
 * Return: ERROR_SUCCESS, ERROR_FILE_NOT_FOUND, ERROR_INVALID_HANDLE, ERROR_INVALID_PARAMETER, ERROR_ACCESS_DENIED (to write).
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winreg/nf-winreg-regopenkeyexw
 */
LSTATUS WINAPI RegOpenKeyExW(HKEY parent, const WCHAR *path, DWORD options, REGSAM access, HKEY *key) {
    (void)options;
    if (!key)
        return ERROR_INVALID_PARAMETER;
    *key = NULL;
    int found = key_of(parent);
    if (found == REGISTRY_NONE)
        return ERROR_INVALID_HANDLE;
    found = path ? registry_find(found, path) : found;
    if (found == REGISTRY_NONE)
        return ERROR_FILE_NOT_FOUND;
    if (access & WRITE_ACCESS && !(access & MAXIMUM_ALLOWED))
        return ERROR_ACCESS_DENIED;
    *key = (HKEY)(ULONG_PTR)(HANDLE_FIRST + 4 * (unsigned)found);
    return ERROR_SUCCESS;
}

LSTATUS WINAPI RegOpenKeyW(HKEY parent, const WCHAR *path, HKEY *key) {
    return RegOpenKeyExW(parent, path, 0, MAXIMUM_ALLOWED, key);
}

/* A W copy for free(); the empty text for NULL. */
static WCHAR *registry_wide(const char *text) {
    const int len = MultiByteToWideChar(CP_ACP, 0, text ? text : "", -1, NULL, 0);
    WCHAR *wide = malloc(len * sizeof *wide);
    if (wide)
        MultiByteToWideChar(CP_ACP, 0, text ? text : "", -1, wide, len);
    return wide;
}

LSTATUS WINAPI RegOpenKeyExA(HKEY parent, const char *path, DWORD options, REGSAM access, HKEY *key) {
    WCHAR *wide = registry_wide(path);
    const LSTATUS status = wide ? RegOpenKeyExW(parent, wide, options, access, key) : ERROR_NOT_ENOUGH_MEMORY;
    free(wide);
    return status;
}

LSTATUS WINAPI RegOpenKeyA(HKEY parent, const char *path, HKEY *key) {
    return RegOpenKeyExA(parent, path, 0, MAXIMUM_ALLOWED, key);
}

/** RegOpenCurrentUser() - this user's root key. */
LSTATUS WINAPI RegOpenCurrentUser(REGSAM access, HKEY *key) {
    return RegOpenKeyExW(HKEY_CURRENT_USER, NULL, 0, access, key);
}

/** RegCloseKey() - closes a key. Return: ERROR_SUCCESS, ERROR_INVALID_HANDLE. */
LSTATUS WINAPI RegCloseKey(HKEY key) {
    return key_of(key) == REGISTRY_NONE ? ERROR_INVALID_HANDLE : ERROR_SUCCESS;
}

static DWORD registry_text_len(const WCHAR *text) {
    DWORD len = 0;
    while (text[len])
        len++;
    return len;
}

/* A value's bytes, in UTF-16 or in the ANSI code page: the size, which may be more than the room. */
static DWORD registry_bytes(const struct registry_value *value, BOOL ansi, BYTE *data, DWORD room) {
    if (value->type == REG_DWORD) {
        if (data && room >= sizeof(DWORD))
            memcpy(data, &value->number, sizeof(DWORD));
        return sizeof(DWORD);
    }
    const DWORD len = registry_text_len(value->text) + 1;
    const DWORD size = ansi ? (DWORD)WideCharToMultiByte(CP_ACP, 0, value->text, len, NULL, 0, NULL, NULL) : len * sizeof(WCHAR);
    if (!data || room < size)
        return size;
    if (ansi)
        WideCharToMultiByte(CP_ACP, 0, value->text, len, (char *)data, size, NULL, NULL);
    else
        memcpy(data, value->text, size);
    return size;
}

static LSTATUS registry_give(const struct registry_value *value, BOOL ansi, DWORD *type, BYTE *data, DWORD *size) {
    if (data && !size)
        return ERROR_INVALID_PARAMETER;
    if (type)
        *type = value->type;
    const DWORD room = size ? *size : 0, need = registry_bytes(value, ansi, data, room);
    if (size)
        *size = need;
    return data && need > room ? ERROR_MORE_DATA : ERROR_SUCCESS;
}

static LSTATUS registry_query(HKEY handle, const WCHAR *name, BOOL ansi, DWORD *type, BYTE *data, DWORD *size) {
    struct registry_value value;
    const int key = key_of(handle);
    if (key == REGISTRY_NONE)
        return ERROR_INVALID_HANDLE;
    if (!registry_value_named(key, name ? name : L"", &value))
        return ERROR_FILE_NOT_FOUND;
    return registry_give(&value, ansi, type, data, size);
}

/**
 * RegQueryValueExW() - a value of a key.
 * @name: NULL or "": the default value.
 * @size: room in bytes; receives the value's size, its NUL included.
 * Return: ERROR_SUCCESS, ERROR_FILE_NOT_FOUND, ERROR_MORE_DATA, ERROR_INVALID_HANDLE, ERROR_INVALID_PARAMETER.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winreg/nf-winreg-regqueryvalueexw
 */
LSTATUS WINAPI RegQueryValueExW(HKEY key, const WCHAR *name, DWORD *reserved, DWORD *type, BYTE *data, DWORD *size) {
    return reserved ? ERROR_INVALID_PARAMETER : registry_query(key, name, FALSE, type, data, size);
}

LSTATUS WINAPI RegQueryValueExA(HKEY key, const char *name, DWORD *reserved, DWORD *type, BYTE *data, DWORD *size) {
    if (reserved)
        return ERROR_INVALID_PARAMETER;
    WCHAR *wide = registry_wide(name);
    const LSTATUS status = wide ? registry_query(key, wide, TRUE, type, data, size) : ERROR_NOT_ENOUGH_MEMORY;
    free(wide);
    return status;
}

/* Whether RRF_RT_* allow a type. */
static BOOL registry_type_allowed(DWORD flags, DWORD type) {
    const DWORD bit = type == REG_DWORD ? RRF_RT_REG_DWORD : type == REG_EXPAND_SZ ? RRF_RT_REG_EXPAND_SZ : RRF_RT_REG_SZ;
    return (flags & bit) || (type == REG_EXPAND_SZ && flags & RRF_RT_REG_SZ && !(flags & RRF_NOEXPAND));
}

static LSTATUS registry_get(HKEY parent, const WCHAR *path, const WCHAR *name, DWORD flags, BOOL ansi, DWORD *type, void *data, DWORD *size) {
    struct registry_value value;
    WCHAR expanded[1024];
    HKEY handle;
    const LSTATUS status = RegOpenKeyExW(parent, path, 0, KEY_QUERY_VALUE, &handle);
    if (status)
        return status;
    if (!registry_value_named(key_of(handle), name ? name : L"", &value))
        return ERROR_FILE_NOT_FOUND;
    if (!registry_type_allowed(flags, value.type))
        return ERROR_UNSUPPORTED_TYPE;
    if (value.type == REG_EXPAND_SZ && !(flags & RRF_NOEXPAND)) {
        if (ExpandEnvironmentStringsW(value.text, expanded, 1024) > 1024)
            return ERROR_MORE_DATA;
        value.text = expanded;
        value.type = REG_SZ;
    }
    if (data && size && flags & RRF_ZEROONFAILURE && registry_bytes(&value, ansi, NULL, 0) > *size)
        memset(data, 0, *size);
    return registry_give(&value, ansi, type, data, size);
}

/**
 * RegGetValueW() - a value of a key, of the types that are wanted; REG_EXPAND_SZ is expanded.
 * @flags: RRF_RT_*, RRF_NOEXPAND, RRF_ZEROONFAILURE.
 * Return: as RegOpenKeyExW() and RegQueryValueExW(), and ERROR_UNSUPPORTED_TYPE.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winreg/nf-winreg-reggetvaluew
 */
LSTATUS WINAPI RegGetValueW(HKEY parent, const WCHAR *path, const WCHAR *name, DWORD flags, DWORD *type, void *data, DWORD *size) {
    return registry_get(parent, path, name, flags, FALSE, type, data, size);
}

LSTATUS WINAPI RegGetValueA(HKEY parent, const char *path, const char *name, DWORD flags, DWORD *type, void *data, DWORD *size) {
    WCHAR *wide_path = registry_wide(path), *wide_name = registry_wide(name);
    const LSTATUS status =
        wide_path && wide_name ? registry_get(parent, wide_path, wide_name, flags, TRUE, type, data, size) : ERROR_NOT_ENOUGH_MEMORY;
    free(wide_path);
    free(wide_name);
    return status;
}

/* A name out, its length without the NUL in *len. */
static LSTATUS registry_give_name(const WCHAR *name, WCHAR *out, DWORD *len) {
    const DWORD n = registry_text_len(name);
    if (*len <= n)
        return ERROR_MORE_DATA;
    memcpy(out, name, (n + 1) * sizeof(WCHAR));
    *len = n;
    return ERROR_SUCCESS;
}

static LSTATUS registry_give_name_ansi(const WCHAR *name, char *out, DWORD *len) {
    const DWORD size = WideCharToMultiByte(CP_ACP, 0, name, -1, NULL, 0, NULL, NULL);
    if (*len < size)
        return ERROR_MORE_DATA;
    WideCharToMultiByte(CP_ACP, 0, name, -1, out, size, NULL, NULL);
    *len = size - 1;
    return ERROR_SUCCESS;
}

/* The n-th key's name below a handle. */
static LSTATUS registry_enum(HKEY handle, DWORD index, const WCHAR **name) {
    const int key = key_of(handle);
    if (key == REGISTRY_NONE)
        return ERROR_INVALID_HANDLE;
    return registry_child(key, index, name) == REGISTRY_NONE ? ERROR_NO_MORE_ITEMS : ERROR_SUCCESS;
}

/**
 * RegEnumKeyExW() - the name of the n-th key below a key.
 * @len: room in characters; receives the length without the NUL.
 * Return: ERROR_SUCCESS, ERROR_NO_MORE_ITEMS, ERROR_MORE_DATA, ERROR_INVALID_HANDLE.
 */
LSTATUS WINAPI RegEnumKeyExW(
    HKEY key, DWORD index, WCHAR *name, DWORD *len, DWORD *reserved, WCHAR *class, DWORD *class_len, FILETIME *written) {
    const WCHAR *found;
    const LSTATUS status = reserved || !name || !len ? ERROR_INVALID_PARAMETER : registry_enum(key, index, &found);
    if (status)
        return status;
    if (class && class_len && *class_len)
        *class = 0;
    if (class_len)
        *class_len = 0;
    if (written)
        *written = (FILETIME){0};
    return registry_give_name(found, name, len);
}

LSTATUS WINAPI RegEnumKeyExA(
    HKEY key, DWORD index, char *name, DWORD *len, DWORD *reserved, char *class, DWORD *class_len, FILETIME *written) {
    const WCHAR *found;
    const LSTATUS status = reserved || !name || !len ? ERROR_INVALID_PARAMETER : registry_enum(key, index, &found);
    if (status)
        return status;
    if (class && class_len && *class_len)
        *class = 0;
    if (class_len)
        *class_len = 0;
    if (written)
        *written = (FILETIME){0};
    return registry_give_name_ansi(found, name, len);
}

/** RegEnumValueW() - the n-th value of a key: see RegEnumKeyExW() and RegQueryValueExW(). */
LSTATUS WINAPI RegEnumValueW(
    HKEY handle, DWORD index, WCHAR *name, DWORD *len, DWORD *reserved, DWORD *type, BYTE *data, DWORD *size) {
    struct registry_value value;
    const int key = key_of(handle);
    if (reserved || !name || !len)
        return ERROR_INVALID_PARAMETER;
    if (key == REGISTRY_NONE)
        return ERROR_INVALID_HANDLE;
    if (!registry_value_at(key, index, &value))
        return ERROR_NO_MORE_ITEMS;
    const LSTATUS status = registry_give_name(value.name, name, len);
    return status ? status : registry_give(&value, FALSE, type, data, size);
}

/**
 * RegQueryInfoKeyW() - how much a key holds.
 * Return: ERROR_SUCCESS, ERROR_INVALID_HANDLE.
 */
LSTATUS WINAPI RegQueryInfoKeyW(HKEY handle, WCHAR *class, DWORD *class_len, DWORD *reserved, DWORD *n_keys, DWORD *longest_key,
    DWORD *longest_class, DWORD *n_values, DWORD *longest_name, DWORD *largest_value, DWORD *descriptor_size, FILETIME *written) {
    DWORD counts[5] = {0};
    const WCHAR *name;
    struct registry_value value;
    const int key = key_of(handle);
    if (key == REGISTRY_NONE)
        return ERROR_INVALID_HANDLE;
    if (reserved)
        return ERROR_INVALID_PARAMETER;
    for (; registry_child(key, counts[0], &name) != REGISTRY_NONE; counts[0]++)
        counts[1] = max(counts[1], registry_text_len(name));
    for (; registry_value_at(key, counts[2], &value); counts[2]++) {
        counts[3] = max(counts[3], registry_text_len(value.name));
        counts[4] = max(counts[4], registry_bytes(&value, FALSE, NULL, 0));
    }
    DWORD *const outs[] = {n_keys, longest_key, n_values, longest_name, largest_value};
    for (int i = 0; i < 5; i++)
        if (outs[i])
            *outs[i] = counts[i];
    if (class && class_len && *class_len)
        *class = 0;
    DWORD *const zeros[] = {class_len, longest_class, descriptor_size};
    for (int i = 0; i < 3; i++)
        if (zeros[i])
            *zeros[i] = 0;
    if (written)
        *written = (FILETIME){0};
    return ERROR_SUCCESS;
}
