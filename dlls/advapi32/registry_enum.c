/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is in a key. */
#include <ntstatus.h>
#define WIN32_NO_STATUS
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "dlls/advapi32/registry.h"

#define NODE_ROOM (2 * (255 + 1023) + 64)

/* The n-th subkey's name and class, in @info, which has NODE_ROOM bytes. */
static LSTATUS subkey(HKEY key, DWORD index, KEY_NODE_INFORMATION *info) {
    struct reg_key of;
    ULONG used;
    const LSTATUS error = reg_key_of(key, &of);

    if (error)
        return error;
    if (of.is_classes)
        return reg_error(classes_enumerate(of.handle, index, KeyNodeInformation, info, NODE_ROOM, &used));
    return reg_error(NtEnumerateKey(of.handle, index, KeyNodeInformation, info, NODE_ROOM, &used));
}

/* A text with a NUL, its length without that in *len. */
static LSTATUS give_text(const WCHAR *text, DWORD n, WCHAR *to, DWORD *len) {
    if (*len <= n)
        return ERROR_MORE_DATA;
    memcpy(to, text, n * sizeof *to);
    to[n] = 0;
    *len = n;
    return ERROR_SUCCESS;
}

static LSTATUS give_text_ansi(const WCHAR *text, DWORD n, char *to, DWORD *len) {
    const int size = n ? WideCharToMultiByte(CP_ACP, 0, text, (int)n, NULL, 0, NULL, NULL) : 0;

    if (*len <= (DWORD)size)
        return ERROR_MORE_DATA;
    if (n)
        WideCharToMultiByte(CP_ACP, 0, text, (int)n, to, size, NULL, NULL);
    to[size] = 0;
    *len = (DWORD)size;
    return ERROR_SUCCESS;
}

static FILETIME file_time(LARGE_INTEGER time) {
    return (FILETIME){time.LowPart, (DWORD)time.HighPart};
}

static const WCHAR *node_class(const KEY_NODE_INFORMATION *info) {
    return info->ClassLength ? (const WCHAR *)(const void *)((const BYTE *)info + info->ClassOffset) : L"";
}

/**
 * RegEnumKeyExW() - the n-th subkey of a key, in the order of their names.
 * @len: room in characters; receives the length without the NUL.  @class, @class_len, @written: may be NULL.
 * Return: ERROR_SUCCESS, ERROR_NO_MORE_ITEMS, ERROR_MORE_DATA, ERROR_ACCESS_DENIED, ERROR_KEY_DELETED, ERROR_INVALID_HANDLE,
 * ERROR_INVALID_PARAMETER.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winreg/nf-winreg-regenumkeyexw
 */
LSTATUS WINAPI RegEnumKeyExW(
    HKEY key, DWORD index, WCHAR *name, DWORD *len, DWORD *reserved, WCHAR *class, DWORD *class_len, FILETIME *written) {
    union {
        KEY_NODE_INFORMATION node;
        BYTE room[NODE_ROOM];
    } info;
    LSTATUS error;

    if (reserved || !name || !len || (class && !class_len))
        return ERROR_INVALID_PARAMETER;
    error = subkey(key, index, &info.node);
    if (!error)
        error = give_text(info.node.Name, info.node.NameLength / sizeof(WCHAR), name, len);
    if (!error && class)
        error = give_text(node_class(&info.node), info.node.ClassLength / sizeof(WCHAR), class, class_len);
    else if (!error && class_len)
        *class_len = info.node.ClassLength / sizeof(WCHAR);
    if (!error && written)
        *written = file_time(info.node.LastWriteTime);
    return error;
}

LSTATUS WINAPI RegEnumKeyExA(
    HKEY key, DWORD index, char *name, DWORD *len, DWORD *reserved, char *class, DWORD *class_len, FILETIME *written) {
    union {
        KEY_NODE_INFORMATION node;
        BYTE room[NODE_ROOM];
    } info;
    LSTATUS error;

    if (reserved || !name || !len || (class && !class_len))
        return ERROR_INVALID_PARAMETER;
    error = subkey(key, index, &info.node);
    if (!error)
        error = give_text_ansi(info.node.Name, info.node.NameLength / sizeof(WCHAR), name, len);
    if (!error && class)
        error = give_text_ansi(node_class(&info.node), info.node.ClassLength / sizeof(WCHAR), class, class_len);
    else if (!error && class_len)
        *class_len = info.node.ClassLength / sizeof(WCHAR);
    if (!error && written)
        *written = file_time(info.node.LastWriteTime);
    return error;
}

/** RegEnumKeyW() - of Windows 3.1: the n-th subkey's name. @len: room in characters. */
LSTATUS WINAPI RegEnumKeyW(HKEY key, DWORD index, WCHAR *name, DWORD len) {
    return RegEnumKeyExW(key, index, name, &len, NULL, NULL, NULL, NULL);
}

LSTATUS WINAPI RegEnumKeyA(HKEY key, DWORD index, char *name, DWORD len) {
    return RegEnumKeyExA(key, index, name, &len, NULL, NULL, NULL, NULL);
}

/**
 * RegEnumValueW() - the n-th value of a key.
 * @len: room for the name in characters; receives its length.  @data, @size: as of RegQueryValueExW().
 * Return: those of RegEnumKeyExW().
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winreg/nf-winreg-regenumvaluew
 */
LSTATUS WINAPI RegEnumValueW(
    HKEY key, DWORD index, WCHAR *name, DWORD *len, DWORD *reserved, DWORD *type, BYTE *data, DWORD *size) {
    struct reg_data value;
    LSTATUS error;

    if (reserved || !name || !len || (data && !size))
        return ERROR_INVALID_PARAMETER;
    error = reg_data_enumerate(key, index, &value);
    if (error)
        return error;
    error = give_text(value.name, value.name_len, name, len);
    if (!error)
        error = reg_data_give(&value, type, data, size);
    reg_data_free(&value);
    return error;
}

LSTATUS WINAPI RegEnumValueA(
    HKEY key, DWORD index, char *name, DWORD *len, DWORD *reserved, DWORD *type, BYTE *data, DWORD *size) {
    struct reg_data value;
    LSTATUS error;

    if (reserved || !name || !len || (data && !size))
        return ERROR_INVALID_PARAMETER;
    error = reg_data_enumerate(key, index, &value);
    if (error)
        return error;
    error = reg_data_ansi(&value);
    if (!error)
        error = give_text_ansi(value.name, value.name_len, name, len);
    if (!error)
        error = reg_data_give(&value, type, data, size);
    reg_data_free(&value);
    return error;
}

/* ---- how much there is ---- */

static LSTATUS query_full(HKEY key, KEY_FULL_INFORMATION *info, ULONG size) {
    struct reg_key of;
    ULONG used;
    LSTATUS error = reg_key_of(key, &of);

    if (!error)
        error = reg_error(NtQueryKey(of.handle, KeyFullInformation, info, size, &used));
    if (!error && of.is_classes)
        classes_count(of.handle, info);
    return error;
}

static void give_counts(const KEY_FULL_INFORMATION *info, DWORD *n_keys, DWORD *longest_key, DWORD *longest_class, DWORD *n_values,
    DWORD *longest_name, DWORD *largest_value, DWORD *descriptor_size, FILETIME *written) {
    const DWORD units = sizeof(WCHAR);
    DWORD *const to[] = {n_keys, longest_key, longest_class, n_values, longest_name, largest_value, descriptor_size};
    const DWORD from[] = {info->SubKeys, info->MaxNameLen / units, info->MaxClassLen / units, info->Values,
        info->MaxValueNameLen / units, info->MaxValueDataLen, 0};

    for (size_t i = 0; i < sizeof to / sizeof *to; i++) {
        if (to[i])
            *to[i] = from[i];
    }
    if (written)
        *written = file_time(info->LastWriteTime);
}

static const WCHAR *full_class(const KEY_FULL_INFORMATION *info) {
    return info->ClassLength ? (const WCHAR *)(const void *)((const BYTE *)info + info->ClassOffset) : L"";
}

/**
 * RegQueryInfoKeyW() - how much a key holds; lengths in characters, without NUL.
 * @class: may be NULL.  @descriptor_size: receives 0, for keys' descriptors are not kept yet.
 * Return: ERROR_SUCCESS, ERROR_MORE_DATA (the class), ERROR_ACCESS_DENIED, ERROR_KEY_DELETED, ERROR_INVALID_HANDLE, ERROR_INVALID_PARAMETER.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winreg/nf-winreg-regqueryinfokeyw
 */
LSTATUS WINAPI RegQueryInfoKeyW(HKEY key, WCHAR *class, DWORD *class_len, DWORD *reserved, DWORD *n_keys, DWORD *longest_key,
    DWORD *longest_class, DWORD *n_values, DWORD *longest_name, DWORD *largest_value, DWORD *descriptor_size, FILETIME *written) {
    union {
        KEY_FULL_INFORMATION full;
        BYTE room[NODE_ROOM];
    } info;
    LSTATUS error;

    if (reserved || (class && !class_len))
        return ERROR_INVALID_PARAMETER;
    error = query_full(key, &info.full, sizeof info);
    if (error)
        return error;
    give_counts(&info.full, n_keys, longest_key, longest_class, n_values, longest_name, largest_value, descriptor_size, written);
    if (class)
        return give_text(full_class(&info.full), info.full.ClassLength / sizeof(WCHAR), class, class_len);
    if (class_len)
        *class_len = info.full.ClassLength / sizeof(WCHAR);
    return ERROR_SUCCESS;
}

LSTATUS WINAPI RegQueryInfoKeyA(HKEY key, char *class, DWORD *class_len, DWORD *reserved, DWORD *n_keys, DWORD *longest_key,
    DWORD *longest_class, DWORD *n_values, DWORD *longest_name, DWORD *largest_value, DWORD *descriptor_size, FILETIME *written) {
    union {
        KEY_FULL_INFORMATION full;
        BYTE room[NODE_ROOM];
    } info;
    LSTATUS error;

    if (reserved || (class && !class_len))
        return ERROR_INVALID_PARAMETER;
    error = query_full(key, &info.full, sizeof info);
    if (error)
        return error;
    give_counts(&info.full, n_keys, longest_key, longest_class, n_values, longest_name, largest_value, descriptor_size, written);
    if (class)
        return give_text_ansi(full_class(&info.full), info.full.ClassLength / sizeof(WCHAR), class, class_len);
    if (class_len)
        *class_len = info.full.ClassLength / sizeof(WCHAR);
    return ERROR_SUCCESS;
}
