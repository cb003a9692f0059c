/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Finding files by a pattern (MSDN: fileapi.h).  A search handle is no handle of NT: it names an entry of a table here, so that a stale one is
 * an error.
 */
#include <windows.h>
#include <winternl.h>
#include <ntstatus.h>

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dlls/kernel32/error.h"
#include "dlls/kernel32/path_text.h"
#include "libs/base/utf.h"

#define FIND_BUFFER 16384u
#define FIND_HANDLE_TAG 0x46000003u /* handles of NT are multiples of 4 */

struct find {
    struct find *next;
    uint32_t number;
    pthread_mutex_t lock;
    HANDLE directory;
    ULONG at, end; /* of the entry that comes next; end 0: ask */
    char buffer[FIND_BUFFER];
};

static pthread_mutex_t find_lock = PTHREAD_MUTEX_INITIALIZER;
static struct find *find_list;
static uint32_t find_number;

/* ---- search handles ---- */

static HANDLE find_register(struct find *find) {
    pthread_mutex_lock(&find_lock);
    find->number = ++find_number & 0x3ffff;
    find->next = find_list;
    find_list = find;
    pthread_mutex_unlock(&find_lock);
    return (HANDLE)(ULONG_PTR)(FIND_HANDLE_TAG + find->number * 4);
}

/* The search of a handle; @remove takes it out. */
static struct find *find_from_handle(HANDLE handle, BOOL remove) {
    const ULONG_PTR value = (ULONG_PTR)handle;
    struct find **place, *found;

    pthread_mutex_lock(&find_lock);
    for (place = &find_list; *place && FIND_HANDLE_TAG + (*place)->number * 4 != value; place = &(*place)->next)
        ;
    found = *place;
    if (found && remove)
        *place = found->next;
    pthread_mutex_unlock(&find_lock);
    if (!found)
        SetLastError(ERROR_INVALID_HANDLE);
    return found;
}

static void find_free(struct find *find) {
    NtClose(find->directory);
    pthread_mutex_destroy(&find->lock);
    free(find);
}

/* ---- patterns ---- */

/* DOS' meaning of a pattern in NT's wildcards, in place: *.* is all; ? matches nothing too, at the end of a part; a dot before a wildcard
 * may be missing.  @ends_in_dot: the caller's pattern did, which the full path has lost. */
static size_t find_translate(WCHAR *mask, size_t n, BOOL ends_in_dot) {
    if (n == 3 && mask[0] == '*' && mask[1] == '.' && mask[2] == '*') {
        mask[1] = 0;
        return 1;
    }
    for (size_t i = 0; i < n; i++) {
        if (mask[i] == '.' && i + 1 < n && (mask[i + 1] == '?' || mask[i + 1] == '*'))
            mask[i] = '"';
        else if (mask[i] == '?')
            mask[i] = '>';
        else if (mask[i] == '*' && i + 1 < n && mask[i + 1] == '.')
            mask[i] = '<';
    }
    if (ends_in_dot && n && mask[n - 1] == '*')
        mask[n - 1] = '<';
    return n;
}

/* Opens the directory that the pattern names and splits the mask off.  @mask: malloced. */
static NTSTATUS find_open(const WCHAR *name, HANDLE *directory, WCHAR **mask, size_t *n_mask) {
    const size_t n_name = name ? utf16_len((const uint16_t *)name) : 0;
    OBJECT_ATTRIBUTES attributes = {.Length = sizeof attributes, .Attributes = OBJ_CASE_INSENSITIVE};
    IO_STATUS_BLOCK iosb;
    UNICODE_STRING nt;
    WCHAR *last;
    size_t n;
    NTSTATUS status = RtlDosPathNameToNtPathName_U_WithStatus(name, &nt, NULL, NULL);

    if (status)
        return status == STATUS_OBJECT_NAME_INVALID ? STATUS_OBJECT_PATH_NOT_FOUND : status;
    n = nt.Length / sizeof(WCHAR);
    for (last = nt.Buffer + n; last > nt.Buffer && last[-1] != '\\'; last--)
        ;
    *n_mask = n - (size_t)(last - nt.Buffer);
    if (*n_mask == 0) { /* a directory with its backslash: nothing is asked for */
        path_nt_free(&nt);
        return STATUS_OBJECT_NAME_NOT_FOUND;
    }
    *mask = malloc((*n_mask + 1) * sizeof(WCHAR));
    if (!*mask) {
        path_nt_free(&nt);
        return STATUS_NO_MEMORY;
    }
    memcpy(*mask, last, (*n_mask + 1) * sizeof(WCHAR));
    *n_mask = find_translate(*mask, *n_mask, name[n_name - 1] == '.');
    nt.Length = (USHORT)((last - nt.Buffer) * (ptrdiff_t)sizeof(WCHAR));
    attributes.ObjectName = &nt;
    status = NtOpenFile(directory, FILE_LIST_DIRECTORY | SYNCHRONIZE, &attributes, &iosb,
        FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
        FILE_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_NONALERT | FILE_OPEN_FOR_BACKUP_INTENT);
    path_nt_free(&nt);
    if (status)
        free(*mask);
    return status == STATUS_OBJECT_NAME_NOT_FOUND ? STATUS_OBJECT_PATH_NOT_FOUND : status;
}

/* ---- entries ---- */

static void find_fill(const FILE_BOTH_DIRECTORY_INFORMATION *entry, WIN32_FIND_DATAW *data) {
    size_t n = entry->FileNameLength / sizeof(WCHAR);

    memset(data, 0, sizeof *data);
    data->dwFileAttributes = entry->FileAttributes;
    data->ftCreationTime = (FILETIME){entry->CreationTime.u.LowPart, (DWORD)entry->CreationTime.u.HighPart};
    data->ftLastAccessTime = (FILETIME){entry->LastAccessTime.u.LowPart, (DWORD)entry->LastAccessTime.u.HighPart};
    data->ftLastWriteTime = (FILETIME){entry->LastWriteTime.u.LowPart, (DWORD)entry->LastWriteTime.u.HighPart};
    data->nFileSizeHigh = (DWORD)entry->EndOfFile.u.HighPart;
    data->nFileSizeLow = entry->EndOfFile.u.LowPart;
    data->dwReserved0 = entry->FileAttributes & FILE_ATTRIBUTE_REPARSE_POINT ? entry->EaSize : 0;
    n = n < MAX_PATH - 1 ? n : MAX_PATH - 1;
    memcpy(data->cFileName, entry->FileName, n * sizeof(WCHAR));
}

/* The next entry.  @mask: for the first. */
static NTSTATUS find_take(struct find *find, UNICODE_STRING *mask, WIN32_FIND_DATAW *data) {
    const FILE_BOTH_DIRECTORY_INFORMATION *entry;
    IO_STATUS_BLOCK iosb;

    if (!find->end) {
        const NTSTATUS status = NtQueryDirectoryFile(find->directory, NULL, NULL, NULL, &iosb, find->buffer, FIND_BUFFER,
            FileBothDirectoryInformation, FALSE, mask, mask != NULL);

        if (status)
            return status;
        find->at = 0;
        find->end = (ULONG)iosb.Information;
    }
    entry = (void *)(find->buffer + find->at);
    find_fill(entry, data);
    if (entry->NextEntryOffset)
        find->at += entry->NextEntryOffset;
    else
        find->end = 0;
    return STATUS_SUCCESS;
}

/**
 * FindFirstFileExW() - begins a search.
 * @name: a path whose last name may have wildcards.  @level: FindExInfoStandard or FindExInfoBasic (files have no short names here).
 * @search: FindExSearchNameMatch or, as advice only, FindExSearchLimitToDirectories.
 * Return: a search handle, or INVALID_HANDLE_VALUE with ERROR_FILE_NOT_FOUND (no match), ERROR_PATH_NOT_FOUND, ERROR_DIRECTORY,
 * ERROR_INVALID_PARAMETER, ERROR_NOT_SUPPORTED.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/fileapi/nf-fileapi-findfirstfileexw
 */
HANDLE WINAPI FindFirstFileExW(
    const WCHAR *name, FINDEX_INFO_LEVELS level, void *data, FINDEX_SEARCH_OPS search, void *filter, DWORD flags) {
    UNICODE_STRING string;
    struct find *find;
    HANDLE directory;
    WCHAR *mask;
    size_t n;
    NTSTATUS status;

    if (search == FindExSearchLimitToDevices || search > FindExSearchMaxSearchOp || level >= FindExInfoMaxInfoLevel || filter || flags & ~7u) {
        SetLastError(search == FindExSearchLimitToDevices ? ERROR_NOT_SUPPORTED : ERROR_INVALID_PARAMETER);
        return INVALID_HANDLE_VALUE;
    }
    status = find_open(name, &directory, &mask, &n);
    if (status) {
        set_nt_error(status);
        return INVALID_HANDLE_VALUE;
    }
    find = malloc(sizeof *find);
    if (!find) {
        NtClose(directory);
        free(mask);
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return INVALID_HANDLE_VALUE;
    }
    find->directory = directory;
    find->end = 0;
    pthread_mutex_init(&find->lock, NULL);
    string = (UNICODE_STRING){(USHORT)(n * sizeof(WCHAR)), (USHORT)(n * sizeof(WCHAR)), mask};
    status = find_take(find, &string, data);
    free(mask);
    if (!status)
        return find_register(find);
    find_free(find);
    set_nt_error(status == STATUS_NO_MORE_FILES ? STATUS_NO_SUCH_FILE : status);
    return INVALID_HANDLE_VALUE;
}

HANDLE WINAPI FindFirstFileW(const WCHAR *name, WIN32_FIND_DATAW *data) {
    return FindFirstFileExW(name, FindExInfoStandard, data, FindExSearchNameMatch, NULL, 0);
}

/**
 * FindNextFileW() - the next match.
 * Return: FALSE with ERROR_NO_MORE_FILES, ERROR_INVALID_HANDLE.
 */
BOOL WINAPI FindNextFileW(HANDLE handle, WIN32_FIND_DATAW *data) {
    struct find *find = find_from_handle(handle, FALSE);
    NTSTATUS status;

    if (!find)
        return FALSE;
    pthread_mutex_lock(&find->lock);
    status = find_take(find, NULL, data);
    pthread_mutex_unlock(&find->lock);
    return set_nt_error(status);
}

BOOL WINAPI FindClose(HANDLE handle) {
    struct find *find = find_from_handle(handle, TRUE);

    if (!find)
        return FALSE;
    find_free(find);
    return TRUE;
}

/* ---- A ---- */

static void find_data_to_bytes(const WIN32_FIND_DATAW *wide, WIN32_FIND_DATAA *data) {
    memcpy(data, wide, offsetof(WIN32_FIND_DATAA, cFileName));
    memset(data->cAlternateFileName, 0, sizeof data->cAlternateFileName);
    if (path_text_to(wide->cFileName, utf16_len((const uint16_t *)wide->cFileName), data->cFileName, sizeof data->cFileName) >=
        sizeof data->cFileName)
        data->cFileName[0] = 0;
}

HANDLE WINAPI FindFirstFileExA(
    const char *name, FINDEX_INFO_LEVELS level, void *data, FINDEX_SEARCH_OPS search, void *filter, DWORD flags) {
    WIN32_FIND_DATAW wide;
    struct path_text text;
    HANDLE handle;

    if (!path_text_from(&text, name))
        return INVALID_HANDLE_VALUE;
    handle = FindFirstFileExW(text.wide, level, &wide, search, filter, flags);
    path_text_free(&text);
    if (handle != INVALID_HANDLE_VALUE)
        find_data_to_bytes(&wide, data);
    return handle;
}

HANDLE WINAPI FindFirstFileA(const char *name, WIN32_FIND_DATAA *data) {
    return FindFirstFileExA(name, FindExInfoStandard, data, FindExSearchNameMatch, NULL, 0);
}

BOOL WINAPI FindNextFileA(HANDLE handle, WIN32_FIND_DATAA *data) {
    WIN32_FIND_DATAW wide;

    if (!FindNextFileW(handle, &wide))
        return FALSE;
    find_data_to_bytes(&wide, data);
    return TRUE;
}
