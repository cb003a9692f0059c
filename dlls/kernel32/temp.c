/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Temporary files (MSDN: fileapi.h). */
#include <windows.h>
#include <winternl.h>

#include <string.h>
#include <time.h>

#include "dlls/kernel32/path_text.h"
#include "libs/base/utf.h"

/**
 * GetTempPathW() - the folder for temporary files, with a backslash at its end: TMP, TEMP, USERPROFILE, or Windows'.
 * Return: the length; the size needed with the terminator when it does not fit.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/fileapi/nf-fileapi-gettemppathw
 */
DWORD WINAPI GetTempPathW(DWORD size, WCHAR *buffer) {
    static const WCHAR *const variables[] = {L"TMP", L"TEMP", L"USERPROFILE"};
    WCHAR value[MAX_PATH + 2], path[MAX_PATH + 2];
    DWORD n = 0;

    for (size_t i = 0; i < sizeof variables / sizeof *variables && !n; i++) {
        n = GetEnvironmentVariableW(variables[i], value, MAX_PATH);
        n = n < MAX_PATH ? n : 0;
    }
    if (!n)
        memcpy(value, L"C:\\windows\\Temp", sizeof L"C:\\windows\\Temp");
    n = GetFullPathNameW(value, MAX_PATH, path, NULL);
    if (n >= MAX_PATH)
        return 0;
    if (path[n - 1] != '\\')
        path[n++] = '\\';
    if (n + 1 > size)
        return n + 1;
    memcpy(buffer, path, n * sizeof(WCHAR));
    buffer[n] = 0;
    return n;
}

DWORD WINAPI GetTempPathA(DWORD size, char *buffer) {
    WCHAR wide[MAX_PATH + 2];

    return path_text_to(wide, GetTempPathW(MAX_PATH + 2, wide), buffer, size);
}

/** GetTempPath2W() - the same, for who is not the SYSTEM account. */
DWORD WINAPI GetTempPath2W(DWORD size, WCHAR *buffer) {
    return GetTempPathW(size, buffer);
}

DWORD WINAPI GetTempPath2A(DWORD size, char *buffer) {
    return GetTempPathA(size, buffer);
}

static size_t temp_number(WCHAR *at, UINT number) {
    size_t n = 0;

    for (int shift = 12; shift >= 0; shift -= 4)
        if (number >> shift & 15 || n || !shift)
            at[n++] = (WCHAR)"0123456789ABCDEF"[number >> shift & 15];
    return n;
}

/* Makes the file.  Return: whether its name was free; otherwise the last error tells why not. */
static BOOL temp_make(const WCHAR *name) {
    const HANDLE file = CreateFileW(name, GENERIC_READ, 0, NULL, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, NULL);

    if (file == INVALID_HANDLE_VALUE)
        return FALSE;
    CloseHandle(file);
    return TRUE;
}

/**
 * GetTempFileNameW() - a name PATH\PREnnnn.TMP: @unique's low 16 bits, or, if that is 0, a number that is free; then the file is made.
 * @name: receives it, MAX_PATH characters.
 * Return: the number; 0 with ERROR_DIRECTORY (no such folder), ERROR_BUFFER_OVERFLOW, ERROR_ACCESS_DENIED….
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/fileapi/nf-fileapi-gettempfilenamew
 */
UINT WINAPI GetTempFileNameW(const WCHAR *path, const WCHAR *prefix, UINT unique, WCHAR *name) {
    size_t n = utf16_len((const uint16_t *)path);
    UINT number = unique & 0xffff, tries = 0;
    struct timespec now;
    const DWORD attributes = GetFileAttributesW(n ? path : L".");

    if (attributes == INVALID_FILE_ATTRIBUTES || !(attributes & FILE_ATTRIBUTE_DIRECTORY)) {
        SetLastError(ERROR_DIRECTORY);
        return 0;
    }
    if (n > MAX_PATH - 14) {
        SetLastError(ERROR_BUFFER_OVERFLOW);
        return 0;
    }
    memcpy(name, path, n * sizeof(WCHAR));
    if (n && name[n - 1] != '\\')
        name[n++] = '\\';
    for (int i = 0; prefix && i < 3 && prefix[i]; i++)
        name[n++] = prefix[i];
    if (!number) {
        clock_gettime(CLOCK_MONOTONIC, &now);
        number = (UINT)(now.tv_nsec >> 10) & 0xffff; /* where to begin to look */
    }
    for (; tries < 0x10000; tries++, number = (number + 1) & 0xffff) {
        size_t end;

        if (!number)
            continue;
        end = n + temp_number(name + n, number);
        memcpy(name + end, L".tmp", sizeof L".tmp");
        if (unique & 0xffff || temp_make(name))
            return number;
        if (GetLastError() != ERROR_FILE_EXISTS)
            return 0;
    }
    return 0;
}

UINT WINAPI GetTempFileNameA(const char *path, const char *prefix, UINT unique, char *name) {
    struct path_text folder, start = {.wide = NULL};
    WCHAR wide[MAX_PATH];
    UINT number = 0;

    if (!path_text_from(&folder, path))
        return 0;
    if (path_text_from(&start, prefix))
        number = GetTempFileNameW(folder.wide, start.wide, unique, wide);
    if (number)
        path_text_to(wide, utf16_len((const uint16_t *)wide), name, MAX_PATH);
    path_text_free(&folder);
    path_text_free(&start);
    return number;
}
