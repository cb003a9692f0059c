/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Paths as text: full, long and short forms, searching (MSDN: fileapi.h, processenv.h). */
#include <windows.h>
#include <winternl.h>
#include <ntstatus.h>

#include <stdlib.h>
#include <string.h>

#include "dlls/kernel32/error.h"
#include "dlls/kernel32/path_text.h"
#include "libs/base/utf.h"

static size_t wide_len(const WCHAR *text) {
    return utf16_len((const uint16_t *)text);
}

/**
 * GetFullPathNameW() - the full form of a path; nothing needs to be there.
 * @size: of @buffer, in characters.  @file_part: receives where the last name begins, or NULL; may be NULL.
 * Return: the length; the size needed with the terminator when it does not fit; 0 with ERROR_INVALID_NAME.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/fileapi/nf-fileapi-getfullpathnamew
 */
DWORD WINAPI GetFullPathNameW(const WCHAR *name, DWORD size, WCHAR *buffer, WCHAR **file_part) {
    const ULONG n = RtlGetFullPathName_U(name, size > 0x7ffffffe ? 0xfffffffc : size * (ULONG)sizeof(WCHAR), buffer, file_part);

    if (!n)
        SetLastError(ERROR_INVALID_NAME);
    return n / sizeof(WCHAR);
}

DWORD WINAPI GetFullPathNameA(const char *name, DWORD size, char *buffer, char **file_part) {
    struct path_text text;
    WCHAR *wide, *part = NULL;
    DWORD room, n = 0;

    if (!path_text_from(&text, name))
        return 0;
    room = GetFullPathNameW(text.wide, 0, NULL, NULL);
    wide = room ? malloc(room * sizeof(WCHAR)) : NULL;
    if (wide) {
        const DWORD length = GetFullPathNameW(text.wide, room, wide, &part);

        n = path_text_to(wide, length, buffer, size);
        if (file_part) /* as many bytes before it as before it in the wide form */
            *file_part = part && n < size ? buffer + path_text_to(wide, (size_t)(part - wide), NULL, 0) - 1 : NULL;
    }
    free(wide);
    path_text_free(&text);
    return n;
}

/* Copies a path that is known to be there, for the two functions below. */
static DWORD path_give(const WCHAR *path, size_t n, WCHAR *buffer, DWORD size) {
    if (n + 1 > size)
        return (DWORD)n + 1;
    memmove(buffer, path, n * sizeof(WCHAR));
    buffer[n] = 0;
    return (DWORD)n;
}

/* The spelling that the disk has for the name that ends at @end. */
static void path_respell(WCHAR *path, WCHAR *name, WCHAR *end) {
    const WCHAR behind = *end;
    WIN32_FIND_DATAW data;
    HANDLE find;

    *end = 0;
    find = FindFirstFileW(path, &data);
    *end = behind;
    if (find == INVALID_HANDLE_VALUE)
        return;
    FindClose(find);
    if (wide_len(data.cFileName) == (size_t)(end - name))
        memcpy(name, data.cFileName, (size_t)(end - name) * sizeof(WCHAR));
}

/**
 * GetLongPathNameW() - the path with each name as it is on the disk.
 * Return: the length; the size needed; 0 with ERROR_FILE_NOT_FOUND, ERROR_PATH_NOT_FOUND, ERROR_INVALID_PARAMETER.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/fileapi/nf-fileapi-getlongpathnamew
 */
DWORD WINAPI GetLongPathNameW(const WCHAR *name, WCHAR *buffer, DWORD size) {
    const size_t n = name ? wide_len(name) : 0;
    WCHAR *copy, *at;
    DWORD result;

    if (!name) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return 0;
    }
    if (GetFileAttributesW(name) == INVALID_FILE_ATTRIBUTES)
        return 0;
    copy = malloc((n + 1) * sizeof(WCHAR));
    if (!copy) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return 0;
    }
    memcpy(copy, name, (n + 1) * sizeof(WCHAR));
    for (at = copy; *at;) {
        WCHAR *end = at;

        while (*end && *end != '\\' && *end != '/')
            end++;
        if (end > at && end[-1] != ':' && !(at[0] == '.' && (end == at + 1 || (end == at + 2 && at[1] == '.'))) &&
            !(at[0] == '?' && end == at + 1))
            path_respell(copy, at, end);
        at = *end ? end + 1 : end;
    }
    result = path_give(copy, n, buffer, size);
    free(copy);
    return result;
}

/** GetShortPathNameW() - the short form; files have no short names here, as on a volume without them: the path itself. */
DWORD WINAPI GetShortPathNameW(const WCHAR *name, WCHAR *buffer, DWORD size) {
    if (!name) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return 0;
    }
    if (GetFileAttributesW(name) == INVALID_FILE_ATTRIBUTES)
        return 0;
    return path_give(name, wide_len(name), buffer, size);
}

typedef DWORD WINAPI path_function(const WCHAR *name, WCHAR *buffer, DWORD size);

static DWORD path_bytes(path_function *function, const char *name, char *buffer, DWORD size) {
    struct path_text text;
    WCHAR *wide;
    DWORD room, n = 0;

    if (!path_text_from(&text, name))
        return 0;
    room = function(text.wide, NULL, 0);
    wide = room ? malloc(room * sizeof(WCHAR)) : NULL;
    if (wide)
        n = path_text_to(wide, function(text.wide, wide, room), buffer, size);
    free(wide);
    path_text_free(&text);
    return n;
}

DWORD WINAPI GetLongPathNameA(const char *name, char *buffer, DWORD size) {
    return path_bytes(GetLongPathNameW, name, buffer, size);
}

DWORD WINAPI GetShortPathNameA(const char *name, char *buffer, DWORD size) {
    return path_bytes(GetShortPathNameW, name, buffer, size);
}

/* ---- searching ---- */

/* The folders that are searched when none are given: the program's, the current one, Windows', PATH.  Malloced. */
static WCHAR *search_default(void) {
    static const WCHAR windows[] = L";.;C:\\windows\\system32;C:\\windows;";
    const DWORD n_path = GetEnvironmentVariableW(L"PATH", NULL, 0);
    const size_t n_windows = sizeof windows / sizeof *windows - 1;
    WCHAR *folders = malloc((32768 + n_windows + n_path + 1) * sizeof(WCHAR));
    size_t n;

    if (!folders)
        return NULL;
    n = GetModuleFileNameW(NULL, folders, 32767);
    while (n && folders[n - 1] != '\\')
        n--;
    memcpy(folders + n, windows, sizeof windows);
    if (n_path)
        GetEnvironmentVariableW(L"PATH", folders + n + n_windows, n_path);
    return folders;
}

static BOOL search_try(const WCHAR *path) {
    return GetFileAttributesW(path) != INVALID_FILE_ATTRIBUTES;
}

/* Whether the last name has a dot. */
static BOOL name_has_extension(const WCHAR *name) {
    BOOL dot = FALSE;

    for (; *name; name++)
        dot = *name == '.' ? TRUE : *name == '\\' || *name == '/' ? FALSE : dot;
    return dot;
}

/* Looks for @name and @name + @extension in each of the folders.  @found has room for any. */
static BOOL search_folders(const WCHAR *folders, const WCHAR *name, const WCHAR *extension, WCHAR *found) {
    const size_t n_name = wide_len(name), n_extension = extension ? wide_len(extension) : 0;

    while (*folders) {
        size_t n = 0;

        while (folders[n] && folders[n] != ';')
            n++;
        if (n && n + n_name + n_extension < 32765) {
            size_t start = folders[0] == '"' && n > 1 && folders[n - 1] == '"', end = n - 2 * start;

            memcpy(found, folders + start, end * sizeof(WCHAR));
            if (found[end - 1] != '\\' && found[end - 1] != '/')
                found[end++] = '\\';
            memcpy(found + end, name, (n_name + 1) * sizeof(WCHAR));
            if (n_extension && !name_has_extension(name))
                memcpy(found + end + n_name, extension, (n_extension + 1) * sizeof(WCHAR));
            if (search_try(found))
                return TRUE;
        }
        folders += n + (folders[n] == ';');
    }
    return FALSE;
}

static BOOL search_has_folder(const WCHAR *name) {
    for (const WCHAR *c = name; *c; c++)
        if (*c == '\\' || *c == '/' || *c == ':')
            return TRUE;
    return FALSE;
}

/**
 * SearchPathW() - finds a file in a list of folders.
 * @path: the list, or NULL for the program's search order.  @extension: added (with its dot) to a name without one; may be NULL.
 * Return: as GetFullPathNameW; 0 with ERROR_FILE_NOT_FOUND, ERROR_INVALID_PARAMETER.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/processenv/nf-processenv-searchpathw
 */
DWORD WINAPI SearchPathW(const WCHAR *path, const WCHAR *name, const WCHAR *extension, DWORD size, WCHAR *buffer, WCHAR **file_part) {
    static const WCHAR nowhere[] = L".";
    WCHAR *folders = NULL, *found;
    DWORD n = 0;

    if (!name || !*name) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return 0;
    }
    found = malloc(32768 * sizeof(WCHAR));
    if (!path && !search_has_folder(name))
        path = folders = search_default();
    if (!found || (!path && !search_has_folder(name))) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    } else if (search_has_folder(name)) {
        const size_t n_name = wide_len(name), n_extension = extension ? wide_len(extension) : 0;

        if (n_name + n_extension < 32767) {
            memcpy(found, name, (n_name + 1) * sizeof(WCHAR));
            if (!search_try(found) && n_extension && !name_has_extension(name))
                memcpy(found + n_name, extension, (n_extension + 1) * sizeof(WCHAR));
            if (search_try(found))
                n = GetFullPathNameW(found, size, buffer, file_part);
        }
    } else if (search_folders(*path ? path : nowhere, name, extension, found)) {
        n = GetFullPathNameW(found, size, buffer, file_part);
    }
    if (!n && GetLastError() != ERROR_NOT_ENOUGH_MEMORY)
        SetLastError(ERROR_FILE_NOT_FOUND);
    free(folders);
    free(found);
    return n;
}

DWORD WINAPI SearchPathA(const char *path, const char *name, const char *extension, DWORD size, char *buffer, char **file_part) {
    struct path_text folders, file = {.wide = NULL}, ending = {.wide = NULL};
    WCHAR *wide = malloc(32768 * sizeof(WCHAR)), *part = NULL;
    DWORD n = 0;

    if (!path_text_from(&folders, path)) {
        free(wide);
        return 0;
    }
    if (wide && path_text_from(&file, name) && path_text_from(&ending, extension))
        n = SearchPathW(folders.wide, file.wide, ending.wide, 32768, wide, &part);
    if (n)
        n = path_text_to(wide, n, buffer, size);
    if (file_part)
        *file_part = n && n < size && part ? buffer + path_text_to(wide, (size_t)(part - wide), NULL, 0) - 1 : NULL;
    free(wide);
    path_text_free(&folders);
    path_text_free(&file);
    path_text_free(&ending);
    return n;
}

/** NeedCurrentDirectoryForExePathW() - whether a program is looked for in the current directory too. */
BOOL WINAPI NeedCurrentDirectoryForExePathW(const WCHAR *name) {
    return search_has_folder(name) || !GetEnvironmentVariableW(L"NoDefaultCurrentDirectoryInExePath", NULL, 0);
}

BOOL WINAPI NeedCurrentDirectoryForExePathA(const char *name) {
    return strpbrk(name, "\\/:") || !GetEnvironmentVariableW(L"NoDefaultCurrentDirectoryInExePath", NULL, 0);
}
