/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Deleting, moving, copying, linking files by name (MSDN: winbase.h, fileapi.h). */
#include <windows.h>
#include <winternl.h>
#include <ntstatus.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dlls/kernel32/error.h"
#include "dlls/kernel32/path_text.h"
#include "dlls/ntdll/unix_path.h"

#define COPY_CHUNK (256u * 1024)

/* ---- deleting ---- */

/**
 * DeleteFileW() - deletes a file, or a link instead of what it leads to.
 * Return: FALSE with ERROR_FILE_NOT_FOUND, ERROR_PATH_NOT_FOUND, ERROR_ACCESS_DENIED (read-only, or a directory), ERROR_INVALID_NAME.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/fileapi/nf-fileapi-deletefilew
 */
BOOL WINAPI DeleteFileW(const WCHAR *name) {
    FILE_DISPOSITION_INFORMATION disposition = {TRUE};
    IO_STATUS_BLOCK iosb;
    HANDLE file;
    NTSTATUS status = path_open(name, DELETE, FILE_NON_DIRECTORY_FILE | FILE_OPEN_REPARSE_POINT, &file);

    if (status)
        return set_nt_error(status);
    status = NtSetInformationFile(file, &iosb, &disposition, sizeof disposition, FileDispositionInformation);
    NtClose(file);
    return set_nt_error(status);
}

BOOL WINAPI DeleteFileA(const char *name) {
    struct path_text text;
    BOOL done;

    if (!path_text_from(&text, name))
        return FALSE;
    done = DeleteFileW(text.wide);
    path_text_free(&text);
    return done;
}

/* ---- moving ---- */

/* Renames or links an open file. */
static NTSTATUS file_set_name(HANDLE file, const WCHAR *target, BOOL replace, FILE_INFORMATION_CLASS class) {
    FILE_RENAME_INFORMATION *info;
    IO_STATUS_BLOCK iosb;
    UNICODE_STRING nt;
    NTSTATUS status = RtlDosPathNameToNtPathName_U_WithStatus(target, &nt, NULL, NULL);

    if (status)
        return status == STATUS_OBJECT_NAME_INVALID ? STATUS_OBJECT_PATH_NOT_FOUND : status;
    info = calloc(1, sizeof *info + nt.Length);
    if (info) {
        info->ReplaceIfExists = (BOOLEAN)replace;
        info->FileNameLength = nt.Length;
        memcpy(info->FileName, nt.Buffer, nt.Length);
        status = NtSetInformationFile(file, &iosb, info, (ULONG)sizeof *info + nt.Length, class);
    } else {
        status = STATUS_NO_MEMORY;
    }
    free(info);
    path_nt_free(&nt);
    return status;
}

static BOOL move_by_copy(const WCHAR *source, const WCHAR *target, DWORD flags) {
    if (GetFileAttributesW(source) & FILE_ATTRIBUTE_DIRECTORY) {
        SetLastError(ERROR_ACCESS_DENIED);
        return FALSE;
    }
    return CopyFileW(source, target, !(flags & MOVEFILE_REPLACE_EXISTING)) && DeleteFileW(source);
}

/**
 * MoveFileExW() - renames or moves a file or directory.
 * @target: NULL only with MOVEFILE_DELAY_UNTIL_REBOOT, which there is not: ERROR_NOT_SUPPORTED.
 * @flags: MOVEFILE_REPLACE_EXISTING, MOVEFILE_COPY_ALLOWED, MOVEFILE_WRITE_THROUGH.
 * Return: FALSE with ERROR_FILE_NOT_FOUND, ERROR_ALREADY_EXISTS, ERROR_ACCESS_DENIED, ERROR_NOT_SAME_DEVICE, ERROR_PATH_NOT_FOUND.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winbase/nf-winbase-movefileexw
 */
BOOL WINAPI MoveFileExW(const WCHAR *source, const WCHAR *target, DWORD flags) {
    HANDLE file;
    NTSTATUS status;

    if (flags & MOVEFILE_DELAY_UNTIL_REBOOT) {
        SetLastError(ERROR_NOT_SUPPORTED);
        return FALSE;
    }
    status = path_open(source, DELETE | SYNCHRONIZE, FILE_OPEN_FOR_BACKUP_INTENT | FILE_OPEN_REPARSE_POINT, &file);
    if (status)
        return set_nt_error(status);
    status = file_set_name(file, target, (flags & MOVEFILE_REPLACE_EXISTING) != 0, FileRenameInformation);
    NtClose(file);
    if (status == STATUS_NOT_SAME_DEVICE && flags & MOVEFILE_COPY_ALLOWED)
        return move_by_copy(source, target, flags);
    return set_nt_error(status);
}

BOOL WINAPI MoveFileExA(const char *source, const char *target, DWORD flags) {
    struct path_text from, to = {.wide = NULL};
    BOOL done;

    if (!path_text_from(&from, source))
        return FALSE;
    done = path_text_from(&to, target) && MoveFileExW(from.wide, to.wide, flags);
    path_text_free(&from);
    path_text_free(&to);
    return done;
}

BOOL WINAPI MoveFileW(const WCHAR *source, const WCHAR *target) {
    return MoveFileExW(source, target, MOVEFILE_COPY_ALLOWED);
}

BOOL WINAPI MoveFileA(const char *source, const char *target) {
    return MoveFileExA(source, target, MOVEFILE_COPY_ALLOWED);
}

/* What a file passes on to the one that replaces it. */
static void replace_inherit(HANDLE replaced, HANDLE replacement) {
    FILE_BASIC_INFORMATION old, new = {.FileAttributes = 0};
    IO_STATUS_BLOCK iosb;

    if (NtQueryInformationFile(replaced, &iosb, &old, sizeof old, FileBasicInformation))
        return;
    new.CreationTime = old.CreationTime;
    new.FileAttributes = old.FileAttributes;
    NtSetInformationFile(replacement, &iosb, &new, sizeof new, FileBasicInformation);
}

/* Both are open, so nobody comes between; the one that goes is closed before the other takes its name. */
static DWORD replace_names(HANDLE *old, HANDLE new, const WCHAR *replaced, const WCHAR *backup) {
    if (backup && file_set_name(*old, backup, true, FileRenameInformation))
        return ERROR_UNABLE_TO_REMOVE_REPLACED;
    if (!backup) {
        NtClose(*old);
        *old = NULL;
    }
    if (!file_set_name(new, replaced, true, FileRenameInformation))
        return ERROR_SUCCESS;
    if (!backup || !file_set_name(*old, replaced, false, FileRenameInformation))
        return ERROR_UNABLE_TO_MOVE_REPLACEMENT; /* all is as it was */
    return ERROR_UNABLE_TO_MOVE_REPLACEMENT_2;
}

/**
 * ReplaceFileW() - puts @replacement in the place of @replaced, whose creation time and attributes it takes, and which becomes @backup (NULL:
 * goes).  Nothing is done if one of the two cannot be opened.
 * @flags: REPLACEFILE_*, without effect.
 * Return: FALSE with ERROR_FILE_NOT_FOUND, ERROR_SHARING_VIOLATION, ERROR_ACCESS_DENIED, ERROR_UNABLE_TO_REMOVE_REPLACED,
 * ERROR_UNABLE_TO_MOVE_REPLACEMENT (all is as it was), ERROR_UNABLE_TO_MOVE_REPLACEMENT_2 (the replaced file is the backup).
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winbase/nf-winbase-replacefilew
 */
BOOL WINAPI ReplaceFileW(const WCHAR *replaced, const WCHAR *replacement, const WCHAR *backup, DWORD flags, void *exclude, void *reserved) {
    const ACCESS_MASK access = GENERIC_READ | DELETE | SYNCHRONIZE;
    HANDLE old, new;
    DWORD error;

    (void)flags;
    if (!replaced || !replacement || exclude || reserved) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    old = CreateFileW(replaced, access, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING, 0, NULL);
    if (old == INVALID_HANDLE_VALUE)
        return FALSE;
    new = CreateFileW(replacement, access | FILE_WRITE_ATTRIBUTES, 0, NULL, OPEN_EXISTING, 0, NULL);
    if (new == INVALID_HANDLE_VALUE) {
        NtClose(old);
        return FALSE;
    }
    replace_inherit(old, new);
    error = replace_names(&old, new, replaced, backup);
    if (old)
        NtClose(old);
    NtClose(new);
    if (error)
        SetLastError(error);
    return !error;
}

BOOL WINAPI ReplaceFileA(const char *replaced, const char *replacement, const char *backup, DWORD flags, void *exclude, void *reserved) {
    struct path_text first, second = {.wide = NULL}, third = {.wide = NULL};
    BOOL done;

    if (!path_text_from(&first, replaced))
        return FALSE;
    done = path_text_from(&second, replacement) && path_text_from(&third, backup) &&
           ReplaceFileW(first.wide, second.wide, third.wide, flags, exclude, reserved);
    path_text_free(&first);
    path_text_free(&second);
    path_text_free(&third);
    return done;
}

/* ---- copying ---- */

struct copy {
    HANDLE source, target;
    LARGE_INTEGER size, done;
    LPPROGRESS_ROUTINE progress;
    void *context;
    BOOL *cancel;
};

/* Tells the caller.  Return: FALSE to end the copy, with the last error. */
static BOOL copy_report(struct copy *copy, DWORD reason) {
    DWORD answer = PROGRESS_CONTINUE;

    if (copy->cancel && *copy->cancel)
        answer = PROGRESS_CANCEL;
    else if (copy->progress)
        answer = copy->progress(copy->size, copy->done, copy->size, copy->done, 1, reason, copy->source, copy->target, copy->context);
    if (answer == PROGRESS_QUIET)
        copy->progress = NULL;
    if (answer != PROGRESS_CANCEL && answer != PROGRESS_STOP)
        return TRUE;
    SetLastError(ERROR_REQUEST_ABORTED);
    return FALSE;
}

static BOOL copy_data(struct copy *copy) {
    char *buffer = malloc(COPY_CHUNK);
    DWORD got = 0, put;
    BOOL done = buffer != NULL;

    if (!buffer)
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    done = done && copy_report(copy, CALLBACK_STREAM_SWITCH);
    while (done && (done = ReadFile(copy->source, buffer, COPY_CHUNK, &got, NULL)) && got) {
        done = WriteFile(copy->target, buffer, got, &put, NULL);
        copy->done.QuadPart += got;
        done = done && copy_report(copy, CALLBACK_CHUNK_FINISHED);
    }
    free(buffer);
    return done;
}

/* Times and the read-only attribute go along. */
static void copy_attributes(struct copy *copy) {
    FILE_BASIC_INFORMATION basic;
    IO_STATUS_BLOCK iosb;

    if (NtQueryInformationFile(copy->source, &iosb, &basic, sizeof basic, FileBasicInformation))
        return;
    basic.CreationTime.QuadPart = basic.LastAccessTime.QuadPart = basic.ChangeTime.QuadPart = 0;
    NtSetInformationFile(copy->target, &iosb, &basic, sizeof basic, FileBasicInformation);
}

/**
 * CopyFileExW() - copies a file with its times and attributes.
 * @progress: called before the first and after each part; may cancel.  @cancel: a flag that ends the copy when it is set.
 * Return: FALSE with ERROR_FILE_NOT_FOUND, ERROR_FILE_EXISTS, ERROR_ACCESS_DENIED, ERROR_REQUEST_ABORTED, ERROR_DISK_FULL….
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winbase/nf-winbase-copyfileexw
 */
BOOL WINAPI CopyFileExW(
    const WCHAR *source, const WCHAR *target, LPPROGRESS_ROUTINE progress, void *context, BOOL *cancel, DWORD flags) {
    struct copy copy = {.progress = progress, .context = context, .cancel = cancel};
    BY_HANDLE_FILE_INFORMATION from, to;
    BOOL done = FALSE;
    DWORD error;

    copy.source = CreateFileW(source, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING, 0, NULL);
    if (copy.source == INVALID_HANDLE_VALUE)
        return FALSE;
    GetFileSizeEx(copy.source, &copy.size);
    copy.target = CreateFileW(target, 0, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL);
    if (copy.target != INVALID_HANDLE_VALUE) { /* onto itself? */
        const BOOL same = GetFileInformationByHandle(copy.source, &from) && GetFileInformationByHandle(copy.target, &to) &&
                          from.nFileIndexLow == to.nFileIndexLow && from.nFileIndexHigh == to.nFileIndexHigh &&
                          from.dwVolumeSerialNumber == to.dwVolumeSerialNumber;

        CloseHandle(copy.target);
        if (same) {
            CloseHandle(copy.source);
            SetLastError(flags & COPY_FILE_FAIL_IF_EXISTS ? ERROR_FILE_EXISTS : ERROR_SHARING_VIOLATION);
            return FALSE;
        }
    }
    copy.target = CreateFileW(target, GENERIC_READ | GENERIC_WRITE | DELETE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
        flags & COPY_FILE_FAIL_IF_EXISTS ? CREATE_NEW : CREATE_ALWAYS, 0, NULL);
    if (copy.target != INVALID_HANDLE_VALUE) {
        FILE_DISPOSITION_INFORMATION disposition = {TRUE};
        IO_STATUS_BLOCK iosb;

        done = copy_data(&copy);
        error = GetLastError();
        if (done)
            copy_attributes(&copy);
        else
            NtSetInformationFile(copy.target, &iosb, &disposition, sizeof disposition, FileDispositionInformation);
        CloseHandle(copy.target);
        if (!done)
            SetLastError(error);
    }
    CloseHandle(copy.source);
    return done;
}

BOOL WINAPI CopyFileExA(
    const char *source, const char *target, LPPROGRESS_ROUTINE progress, void *context, BOOL *cancel, DWORD flags) {
    struct path_text from, to = {.wide = NULL};
    BOOL done;

    if (!path_text_from(&from, source))
        return FALSE;
    done = path_text_from(&to, target) && CopyFileExW(from.wide, to.wide, progress, context, cancel, flags);
    path_text_free(&from);
    path_text_free(&to);
    return done;
}

BOOL WINAPI CopyFileW(const WCHAR *source, const WCHAR *target, BOOL fail_if_exists) {
    return CopyFileExW(source, target, NULL, NULL, NULL, fail_if_exists ? COPY_FILE_FAIL_IF_EXISTS : 0);
}

BOOL WINAPI CopyFileA(const char *source, const char *target, BOOL fail_if_exists) {
    return CopyFileExA(source, target, NULL, NULL, NULL, fail_if_exists ? COPY_FILE_FAIL_IF_EXISTS : 0);
}

/* ---- links ---- */

/**
 * CreateHardLinkW() - another name for a file.
 * Return: FALSE with ERROR_FILE_NOT_FOUND, ERROR_ALREADY_EXISTS, ERROR_ACCESS_DENIED, ERROR_NOT_SAME_DEVICE.
 */
BOOL WINAPI CreateHardLinkW(const WCHAR *link, const WCHAR *existing, SECURITY_ATTRIBUTES *security) {
    HANDLE file;
    NTSTATUS status;

    if (security) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    status = path_open(existing, FILE_WRITE_ATTRIBUTES | SYNCHRONIZE, FILE_NON_DIRECTORY_FILE | FILE_OPEN_REPARSE_POINT, &file);
    if (status)
        return set_nt_error(status);
    status = file_set_name(file, link, FALSE, FileLinkInformation);
    NtClose(file);
    return set_nt_error(status);
}

BOOL WINAPI CreateHardLinkA(const char *link, const char *existing, SECURITY_ATTRIBUTES *security) {
    struct path_text from, to = {.wide = NULL};
    BOOL done;

    if (!path_text_from(&from, link))
        return FALSE;
    done = path_text_from(&to, existing) && CreateHardLinkW(from.wide, to.wide, security);
    path_text_free(&from);
    path_text_free(&to);
    return done;
}

/* What a symbolic link says in Linux: a full path for a full one, the same names for a relative one. */
static BOOL symlink_text(const WCHAR *target, char *text, size_t size) {
    const DOS_PATHNAME_TYPE type = RtlDetermineDosPathNameType_U(target);
    struct unix_path path;
    UNICODE_STRING nt;
    NTSTATUS status;
    size_t n;

    if (type == RELATIVE_PATH) {
        for (n = 0; target[n]; n++)
            ;
        n = name_to_unix(target, n, text, size - 1);
        if (n >= size)
            return FALSE;
        text[n] = 0;
        for (char *c = text; *c; c++)
            *c = *c == '\\' ? '/' : *c;
        return TRUE;
    }
    if (!path_to_nt(target, &nt))
        return FALSE;
    status = nt_name_to_unix(&nt, &path);
    path_nt_free(&nt);
    if ((status && status != STATUS_OBJECT_NAME_NOT_FOUND) || path.target != NT_FILE || strlen(path.path) >= size)
        return FALSE;
    strcpy(text, path.path);
    return TRUE;
}

/**
 * CreateSymbolicLinkW() - a link to a path, which need not be there.
 * Return: FALSE with ERROR_ALREADY_EXISTS, ERROR_PATH_NOT_FOUND, ERROR_ACCESS_DENIED.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winbase/nf-winbase-createsymboliclinkw
 */
BOOLEAN WINAPI CreateSymbolicLinkW(const WCHAR *link, const WCHAR *target, DWORD flags) {
    char text[UNIX_PATH_MAX_LEN];
    struct unix_path path;
    UNICODE_STRING nt;
    NTSTATUS status;

    (void)flags; /* directory or file: Linux finds out when the link is followed */
    if (!target || !symlink_text(target, text, sizeof text)) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    if (!path_to_nt(link, &nt))
        return FALSE;
    status = nt_name_to_unix(&nt, &path);
    path_nt_free(&nt);
    if (!status)
        status = STATUS_OBJECT_NAME_COLLISION;
    if (status != STATUS_OBJECT_NAME_NOT_FOUND)
        return (BOOLEAN)set_nt_error(status);
    if (!symlink(text, path.path))
        return TRUE;
    SetLastError(ERROR_ACCESS_DENIED);
    return FALSE;
}

BOOLEAN WINAPI CreateSymbolicLinkA(const char *link, const char *target, DWORD flags) {
    struct path_text from, to = {.wide = NULL};
    BOOLEAN done;

    if (!path_text_from(&from, link))
        return FALSE;
    done = path_text_from(&to, target) && CreateSymbolicLinkW(from.wide, to.wide, flags);
    path_text_free(&from);
    path_text_free(&to);
    return done;
}
