/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The A forms whose W forms do all the work. */
#include <windows.h>
#include <winternl.h>

#include <stdlib.h>

#include "dlls/advapi32/registry.h"

BOOL reg_wide(const char *text, WCHAR **wide) {
    const int len = text ? MultiByteToWideChar(CP_ACP, 0, text, -1, NULL, 0) : 0;

    *wide = NULL;
    if (!text)
        return TRUE;
    *wide = malloc((size_t)len * sizeof **wide);
    if (!*wide)
        return FALSE;
    MultiByteToWideChar(CP_ACP, 0, text, -1, *wide, len);
    return TRUE;
}

/* Calls a W form with up to three texts. */
#define WITH_WIDE(a, b, c, call)                                                                                       \
    WCHAR *wa = NULL, *wb = NULL, *wc = NULL;                                                                          \
    const LSTATUS error = reg_wide(a, &wa) && reg_wide(b, &wb) && reg_wide(c, &wc) ? (call) : ERROR_NOT_ENOUGH_MEMORY; \
    free(wa);                                                                                                          \
    free(wb);                                                                                                          \
    free(wc);                                                                                                          \
    return error

LSTATUS WINAPI RegOpenKeyExA(HKEY parent, const char *path, DWORD options, REGSAM access, HKEY *key) {
    WITH_WIDE(path, NULL, NULL, RegOpenKeyExW(parent, wa, options, access, key));
}

LSTATUS WINAPI RegOpenKeyA(HKEY parent, const char *path, HKEY *key) {
    WITH_WIDE(path, NULL, NULL, RegOpenKeyW(parent, wa, key));
}

LSTATUS WINAPI RegCreateKeyExA(HKEY parent, const char *path, DWORD reserved, char *class, DWORD options, REGSAM access,
    SECURITY_ATTRIBUTES *security, HKEY *key, DWORD *disposition) {
    WITH_WIDE(path, class, NULL, RegCreateKeyExW(parent, wa, reserved, wb, options, access, security, key, disposition));
}

LSTATUS WINAPI RegCreateKeyA(HKEY parent, const char *path, HKEY *key) {
    WITH_WIDE(path, NULL, NULL, RegCreateKeyW(parent, wa, key));
}

LSTATUS WINAPI RegDeleteKeyExA(HKEY parent, const char *path, REGSAM access, DWORD reserved) {
    WITH_WIDE(path, NULL, NULL, RegDeleteKeyExW(parent, wa, access, reserved));
}

LSTATUS WINAPI RegDeleteKeyA(HKEY parent, const char *path) {
    WITH_WIDE(path, NULL, NULL, RegDeleteKeyW(parent, wa));
}

LSTATUS WINAPI RegDeleteTreeA(HKEY parent, const char *path) {
    WITH_WIDE(path, NULL, NULL, RegDeleteTreeW(parent, wa));
}

LSTATUS WINAPI RegCopyTreeA(HKEY parent, const char *path, HKEY to) {
    WITH_WIDE(path, NULL, NULL, RegCopyTreeW(parent, wa, to));
}

LSTATUS WINAPI RegDeleteValueA(HKEY key, const char *name) {
    WITH_WIDE(name, NULL, NULL, RegDeleteValueW(key, wa));
}

LSTATUS WINAPI RegDeleteKeyValueA(HKEY parent, const char *path, const char *name) {
    WITH_WIDE(path, name, NULL, RegDeleteKeyValueW(parent, wa, wb));
}

LSTATUS WINAPI RegConnectRegistryA(const char *machine, HKEY key, HKEY *result) {
    WITH_WIDE(machine, NULL, NULL, RegConnectRegistryW(wa, key, result));
}

LSTATUS WINAPI RegSetKeyValueA(HKEY parent, const char *path, const char *name, DWORD type, const void *data, DWORD size) {
    HKEY key = parent;
    LSTATUS error = path && *path ? RegCreateKeyExA(parent, path, 0, NULL, 0, KEY_SET_VALUE, NULL, &key, NULL) : ERROR_SUCCESS;

    if (error)
        return error;
    error = RegSetValueExA(key, name, 0, type, data, size);
    if (key != parent)
        reg_close(key);
    return error;
}

LSTATUS WINAPI RegSetValueA(HKEY parent, const char *path, DWORD type, const char *text, DWORD size) {
    WITH_WIDE(path, text, NULL, RegSetValueW(parent, wa, type, wb, size));
}

LSTATUS WINAPI RegQueryValueA(HKEY parent, const char *path, char *text, LONG *size) {
    HKEY key = parent;
    LSTATUS error = path && *path ? RegOpenKeyExA(parent, path, 0, KEY_QUERY_VALUE, &key) : ERROR_SUCCESS;

    if (error)
        return error;
    error = RegQueryValueExA(key, NULL, NULL, NULL, (BYTE *)text, (DWORD *)size);
    if (key != parent)
        reg_close(key);
    if (error != ERROR_FILE_NOT_FOUND)
        return error;
    if (text && size && *size)
        *text = 0;
    if (size)
        *size = 1;
    return ERROR_SUCCESS;
}
