/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Making and removing directories, and the current one (MSDN: fileapi.h, winbase.h). */
#include <windows.h>
#include <winternl.h>
#include <ntstatus.h>

#include <stdlib.h>

#include "dlls/kernel32/error.h"
#include "dlls/kernel32/path_text.h"
#include "libs/base/utf.h"

/**
 * CreateDirectoryW() - makes a directory.
 * Return: FALSE with ERROR_ALREADY_EXISTS (also when it is a file), ERROR_PATH_NOT_FOUND, ERROR_ACCESS_DENIED, ERROR_INVALID_NAME.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/fileapi/nf-fileapi-createdirectoryw
 */
BOOL WINAPI CreateDirectoryW(const WCHAR *name, SECURITY_ATTRIBUTES *security) {
    OBJECT_ATTRIBUTES attributes = {.Length = sizeof attributes, .Attributes = OBJ_CASE_INSENSITIVE};
    IO_STATUS_BLOCK iosb;
    UNICODE_STRING nt;
    HANDLE handle;
    NTSTATUS status;

    if (!path_to_nt(name, &nt))
        return FALSE;
    attributes.ObjectName = &nt;
    if (security)
        attributes.SecurityDescriptor = security->lpSecurityDescriptor;
    status = NtCreateFile(&handle, FILE_LIST_DIRECTORY | SYNCHRONIZE, &attributes, &iosb, NULL, FILE_ATTRIBUTE_NORMAL,
        FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_CREATE, FILE_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0);
    path_nt_free(&nt);
    if (!status)
        NtClose(handle);
    return set_nt_error(status);
}

BOOL WINAPI CreateDirectoryA(const char *name, SECURITY_ATTRIBUTES *security) {
    struct path_text text;
    BOOL done;

    if (!path_text_from(&text, name))
        return FALSE;
    done = CreateDirectoryW(text.wide, security);
    path_text_free(&text);
    return done;
}

/** CreateDirectoryExW() - makes a directory after the model of @template, which must be one; nothing else of it carries over. */
BOOL WINAPI CreateDirectoryExW(const WCHAR *template, const WCHAR *name, SECURITY_ATTRIBUTES *security) {
    const DWORD attributes = GetFileAttributesW(template);

    if (attributes == INVALID_FILE_ATTRIBUTES)
        return FALSE;
    if (!(attributes & FILE_ATTRIBUTE_DIRECTORY)) {
        SetLastError(ERROR_DIRECTORY);
        return FALSE;
    }
    return CreateDirectoryW(name, security);
}

BOOL WINAPI CreateDirectoryExA(const char *template, const char *name, SECURITY_ATTRIBUTES *security) {
    struct path_text model, text = {.wide = NULL};
    BOOL done;

    if (!path_text_from(&model, template))
        return FALSE;
    done = path_text_from(&text, name) && CreateDirectoryExW(model.wide, text.wide, security);
    path_text_free(&model);
    path_text_free(&text);
    return done;
}

/**
 * RemoveDirectoryW() - removes an empty directory, or a link instead of the directory that it leads to.
 * Return: FALSE with ERROR_DIR_NOT_EMPTY, ERROR_DIRECTORY (a file), ERROR_FILE_NOT_FOUND, ERROR_PATH_NOT_FOUND, ERROR_ACCESS_DENIED.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/fileapi/nf-fileapi-removedirectoryw
 */
BOOL WINAPI RemoveDirectoryW(const WCHAR *name) {
    FILE_DISPOSITION_INFORMATION disposition = {TRUE};
    IO_STATUS_BLOCK iosb;
    HANDLE directory;
    NTSTATUS status = path_open(name, DELETE | SYNCHRONIZE, FILE_DIRECTORY_FILE | FILE_OPEN_FOR_BACKUP_INTENT | FILE_OPEN_REPARSE_POINT, &directory);

    if (status)
        return set_nt_error(status);
    status = NtSetInformationFile(directory, &iosb, &disposition, sizeof disposition, FileDispositionInformation);
    NtClose(directory);
    return set_nt_error(status);
}

BOOL WINAPI RemoveDirectoryA(const char *name) {
    struct path_text text;
    BOOL done;

    if (!path_text_from(&text, name))
        return FALSE;
    done = RemoveDirectoryW(text.wide);
    path_text_free(&text);
    return done;
}

/* ---- the current directory ---- */

/**
 * GetCurrentDirectoryW() - the current directory.
 * @size: of @buffer, in characters.
 * Return: the length; the size needed with the terminator when it does not fit.
 */
DWORD WINAPI GetCurrentDirectoryW(DWORD size, WCHAR *buffer) {
    return RtlGetCurrentDirectory_U(size > 0x7fffffff ? 0xfffffffe : size * sizeof(WCHAR), buffer) / sizeof(WCHAR);
}

DWORD WINAPI GetCurrentDirectoryA(DWORD size, char *buffer) {
    const DWORD room = GetCurrentDirectoryW(0, NULL);
    WCHAR *wide = malloc(room * sizeof(WCHAR));
    DWORD n;

    if (!wide) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return 0;
    }
    n = path_text_to(wide, GetCurrentDirectoryW(room, wide), buffer, size);
    free(wide);
    return n;
}

/**
 * SetCurrentDirectoryW() - changes the current directory.
 * Return: FALSE with ERROR_FILE_NOT_FOUND, ERROR_PATH_NOT_FOUND, ERROR_DIRECTORY, ERROR_INVALID_NAME, ERROR_ACCESS_DENIED.
 */
BOOL WINAPI SetCurrentDirectoryW(const WCHAR *name) {
    UNICODE_STRING path = {.Buffer = (WCHAR *)name};
    size_t n = name ? utf16_len((const uint16_t *)name) : 0;

    if (n == 0 || n > 32766) {
        SetLastError(n ? ERROR_FILENAME_EXCED_RANGE : ERROR_INVALID_NAME);
        return FALSE;
    }
    path.Length = path.MaximumLength = (USHORT)(n * sizeof(WCHAR));
    return set_nt_error(RtlSetCurrentDirectory_U(&path));
}

BOOL WINAPI SetCurrentDirectoryA(const char *name) {
    struct path_text text;
    BOOL done;

    if (!path_text_from(&text, name))
        return FALSE;
    done = SetCurrentDirectoryW(text.wide);
    path_text_free(&text);
    return done;
}
