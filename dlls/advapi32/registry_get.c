/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* RegGetValue: a value of the types that are wanted, its text whole and expanded. */
#include <ntstatus.h>
#define WIN32_NO_STATUS
#include <stdlib.h>
#include <string.h>

#include "dlls/advapi32/registry.h"

static BOOL type_is_wanted(DWORD flags, DWORD type) {
    static const DWORD bits[] = {RRF_RT_REG_NONE, RRF_RT_REG_SZ, RRF_RT_REG_EXPAND_SZ, RRF_RT_REG_BINARY, RRF_RT_REG_DWORD, 0, 0,
        RRF_RT_REG_MULTI_SZ, 0, 0, 0, RRF_RT_REG_QWORD};

    if ((flags & RRF_RT_ANY) == RRF_RT_ANY)
        return TRUE;
    return type < sizeof bits / sizeof *bits && flags & bits[type];
}

/* REG_EXPAND_SZ becomes REG_SZ. */
static LSTATUS expand(struct reg_data *value) {
    const WCHAR *text = (const WCHAR *)value->data;
    const DWORD units = ExpandEnvironmentStringsW(text, NULL, 0);
    WCHAR *expanded = malloc((units + 2) * sizeof *expanded);

    if (!expanded)
        return ERROR_NOT_ENOUGH_MEMORY;
    value->size = ExpandEnvironmentStringsW(text, expanded, units) * sizeof *expanded;
    expanded[units] = expanded[units + 1] = 0;
    free(value->memory);
    value->memory = expanded;
    value->data = (BYTE *)expanded;
    value->type = REG_SZ;
    return ERROR_SUCCESS;
}

/* Texts get the NULs that they lack; there is room for two. */
static void terminate(struct reg_data *value) {
    const DWORD wanted = value->type == REG_MULTI_SZ ? 2 : 1;
    const WCHAR *text = (const WCHAR *)value->data;
    DWORD there = 0;

    value->size &= ~1u;
    while (there < wanted && value->size / sizeof *text > there && !text[value->size / sizeof *text - 1 - there])
        there++;
    memset(value->data + value->size, 0, (wanted - there) * sizeof *text);
    value->size += (wanted - there) * (DWORD)sizeof *text;
}

static LSTATUS check_size(DWORD flags, const struct reg_data *value) {
    const DWORD types = flags & RRF_RT_ANY;

    if (value->type == REG_DWORD || (value->type == REG_BINARY && types == RRF_RT_DWORD))
        return value->size == sizeof(DWORD) ? ERROR_SUCCESS : ERROR_INVALID_DATA;
    if (value->type == REG_QWORD || (value->type == REG_BINARY && types == RRF_RT_QWORD))
        return value->size == sizeof(ULONGLONG) ? ERROR_SUCCESS : ERROR_INVALID_DATA;
    return ERROR_SUCCESS;
}

static LSTATUS prepare(DWORD flags, struct reg_data *value) {
    LSTATUS error = ERROR_SUCCESS;

    if (value->type == REG_EXPAND_SZ && !(flags & RRF_NOEXPAND))
        error = expand(value);
    if (error)
        return error;
    if (!type_is_wanted(flags, value->type))
        return ERROR_UNSUPPORTED_TYPE;
    if (reg_type_is_text(value->type))
        terminate(value);
    return check_size(flags, value);
}

static LSTATUS read_value(HKEY parent, const WCHAR *path, const WCHAR *name, DWORD flags, struct reg_data *value) {
    const REGSAM view = (flags & RRF_SUBKEY_WOW6464KEY ? KEY_WOW64_64KEY : 0) | (flags & RRF_SUBKEY_WOW6432KEY ? KEY_WOW64_32KEY : 0);
    HKEY key = parent;
    LSTATUS error = path && *path ? reg_open(parent, path, 0, KEY_QUERY_VALUE | view, &key) : ERROR_SUCCESS;

    if (error)
        return error;
    error = reg_data_read(key, name, value);
    if (key != parent)
        reg_close(key);
    return error;
}

static BOOL flags_are_good(DWORD flags) {
    const DWORD types = flags & RRF_RT_ANY;

    if (!types || (flags & RRF_WOW64_MASK) == RRF_WOW64_MASK)
        return FALSE;
    return types == RRF_RT_ANY || !(types & RRF_RT_REG_EXPAND_SZ) || flags & RRF_NOEXPAND;
}

static LSTATUS get(HKEY key, const WCHAR *path, const WCHAR *name, DWORD flags, BOOL ansi, DWORD *type, void *data, DWORD *size) {
    const DWORD room = size ? *size : 0;
    struct reg_data value;
    LSTATUS error;

    if ((data && !size) || !flags_are_good(flags))
        return ERROR_INVALID_PARAMETER;
    error = read_value(key, path, name, flags, &value);
    if (!error) {
        error = prepare(flags, &value);
        if (!error && ansi)
            error = reg_data_ansi(&value);
        if (!error)
            error = reg_data_give(&value, type, data, size);
        else if (type)
            *type = value.type;
        reg_data_free(&value);
    }
    if (error && data && flags & RRF_ZEROONFAILURE)
        memset(data, 0, room);
    return error;
}

/**
 * RegGetValueW() - a value of a key, of the types that are wanted; a text has its NUL, a REG_EXPAND_SZ is expanded.
 * @flags: RRF_RT_*, RRF_NOEXPAND, RRF_ZEROONFAILURE, RRF_SUBKEY_WOW6432KEY, RRF_SUBKEY_WOW6464KEY.
 * Return: as RegOpenKeyExW() and RegQueryValueExW(); ERROR_UNSUPPORTED_TYPE; ERROR_INVALID_DATA (a number of a wrong size);
 * ERROR_INVALID_PARAMETER (no type; RRF_RT_REG_EXPAND_SZ without RRF_NOEXPAND; both views).
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winreg/nf-winreg-reggetvaluew
 */
LSTATUS WINAPI RegGetValueW(HKEY key, const WCHAR *path, const WCHAR *name, DWORD flags, DWORD *type, void *data, DWORD *size) {
    return get(key, path, name, flags, FALSE, type, data, size);
}

LSTATUS WINAPI RegGetValueA(HKEY key, const char *path, const char *name, DWORD flags, DWORD *type, void *data, DWORD *size) {
    WCHAR *wide_path = NULL, *wide_name = NULL;
    const LSTATUS error = reg_wide(path, &wide_path) && reg_wide(name, &wide_name)
                              ? get(key, wide_path, wide_name, flags, TRUE, type, data, size)
                              : ERROR_NOT_ENOUGH_MEMORY;

    free(wide_path);
    free(wide_name);
    return error;
}
