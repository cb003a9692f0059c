/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is known of files, by handle and by name: attributes, times, ids, names (MSDN: fileapi.h). */
#include <windows.h>
#include <winternl.h>
#include <ntstatus.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dlls/kernel32/error.h"
#include "dlls/kernel32/path_text.h"
#include "dlls/ntdll/file_native.h"
#include "dlls/ntdll/unix_path.h"
#include "libs/base/utf.h"

/* ---- by handle ---- */

static FILETIME filetime_of(LARGE_INTEGER time) {
    return (FILETIME){time.u.LowPart, (DWORD)time.u.HighPart};
}

static LARGE_INTEGER time_of(const FILETIME *time) {
    LARGE_INTEGER result = {.QuadPart = 0};

    if (time) {
        result.u.LowPart = time->dwLowDateTime;
        result.u.HighPart = (LONG)time->dwHighDateTime;
    }
    return result;
}

/* FILE_FS_VOLUME_INFORMATION; the label is not wanted. */
struct volume_head {
    LARGE_INTEGER created;
    ULONG serial, label_length;
    BOOLEAN supports_objects;
    WCHAR label[34];
};

/**
 * GetFileInformationByHandle() - attributes, times, size, links and identity of an open file.
 * Return: FALSE with ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED, ERROR_INVALID_FUNCTION (a device).
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/fileapi/nf-fileapi-getfileinformationbyhandle
 */
BOOL WINAPI GetFileInformationByHandle(HANDLE file, BY_HANDLE_FILE_INFORMATION *info) {
    char buffer[sizeof(FILE_ALL_INFORMATION) + 64];
    const FILE_ALL_INFORMATION *all = (void *)buffer;
    struct volume_head volume;
    IO_STATUS_BLOCK iosb;
    NTSTATUS status = NtQueryVolumeInformationFile(file, &iosb, &volume, sizeof volume, FileFsVolumeInformation);

    if (!NT_ERROR(status))
        status = NtQueryInformationFile(file, &iosb, buffer, sizeof buffer, FileAllInformation);
    if (NT_ERROR(status))
        return set_nt_error(status);
    info->dwFileAttributes = all->BasicInformation.FileAttributes;
    info->ftCreationTime = filetime_of(all->BasicInformation.CreationTime);
    info->ftLastAccessTime = filetime_of(all->BasicInformation.LastAccessTime);
    info->ftLastWriteTime = filetime_of(all->BasicInformation.LastWriteTime);
    info->dwVolumeSerialNumber = volume.serial;
    info->nFileSizeHigh = (DWORD)all->StandardInformation.EndOfFile.u.HighPart;
    info->nFileSizeLow = all->StandardInformation.EndOfFile.u.LowPart;
    info->nNumberOfLinks = all->StandardInformation.NumberOfLinks;
    info->nFileIndexHigh = (DWORD)all->InternalInformation.IndexNumber.u.HighPart;
    info->nFileIndexLow = all->InternalInformation.IndexNumber.u.LowPart;
    return TRUE;
}

/* Win32's classes and NT's.  Their structures are the same. */
static const struct info_class {
    int win32;
    FILE_INFORMATION_CLASS nt;
    enum { INFO_QUERY = 1, INFO_SET = 2, INFO_LIST = 4, INFO_RESTART = 8 } use;
} info_classes[] = {
    {FileBasicInfo, FileBasicInformation, INFO_QUERY | INFO_SET},
    {FileStandardInfo, FileStandardInformation, INFO_QUERY},
    {FileNameInfo, FileNameInformation, INFO_QUERY},
    {FileRenameInfo, FileRenameInformation, INFO_SET},
    {FileDispositionInfo, FileDispositionInformation, INFO_SET},
    {FileAllocationInfo, FileAllocationInformation, INFO_SET},
    {FileEndOfFileInfo, FileEndOfFileInformation, INFO_SET},
    {FileStreamInfo, FileStreamInformation, INFO_QUERY},
    {FileCompressionInfo, FileCompressionInformation, INFO_QUERY},
    {FileAttributeTagInfo, FileAttributeTagInformation, INFO_QUERY},
    {FileIdBothDirectoryInfo, FileIdBothDirectoryInformation, INFO_LIST},
    {FileIdBothDirectoryRestartInfo, FileIdBothDirectoryInformation, INFO_LIST | INFO_RESTART},
    {FileIoPriorityHintInfo, FileIoPriorityHintInformation, INFO_SET},
    {FileRemoteProtocolInfo, FileRemoteProtocolInformation, INFO_QUERY},
    {FileFullDirectoryInfo, FileFullDirectoryInformation, INFO_LIST},
    {FileFullDirectoryRestartInfo, FileFullDirectoryInformation, INFO_LIST | INFO_RESTART},
    {FileAlignmentInfo, FileAlignmentInformation, INFO_QUERY},
    {FileIdInfo, FileIdInformation, INFO_QUERY},
    {FileIdExtdDirectoryInfo, FileIdExtdDirectoryInformation, INFO_LIST},
    {FileIdExtdDirectoryRestartInfo, FileIdExtdDirectoryInformation, INFO_LIST | INFO_RESTART},
    {FileDispositionInfoEx, (FILE_INFORMATION_CLASS)64, INFO_SET},
    {FileRenameInfoEx, (FILE_INFORMATION_CLASS)65, INFO_SET},
    {FileCaseSensitiveInfo, (FILE_INFORMATION_CLASS)71, INFO_QUERY},
    {FileNormalizedNameInfo, FileNormalizedNameInformation, INFO_QUERY},
};

static const struct info_class *info_class_find(FILE_INFO_BY_HANDLE_CLASS class, int use) {
    for (size_t i = 0; i < sizeof info_classes / sizeof *info_classes; i++)
        if (info_classes[i].win32 == (int)class && info_classes[i].use & use)
            return &info_classes[i];
    SetLastError(ERROR_INVALID_PARAMETER);
    return NULL;
}

/**
 * GetFileInformationByHandleEx() - one class of what is known of an open file, or the next entries of a directory.
 * Return: FALSE with ERROR_INVALID_PARAMETER (class), ERROR_BAD_LENGTH, ERROR_MORE_DATA, ERROR_NO_MORE_FILES, ERROR_INVALID_HANDLE.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winbase/nf-winbase-getfileinformationbyhandleex
 */
BOOL WINAPI GetFileInformationByHandleEx(HANDLE file, FILE_INFO_BY_HANDLE_CLASS class, void *data, DWORD size) {
    const struct info_class *found = info_class_find(class, INFO_QUERY | INFO_LIST);
    IO_STATUS_BLOCK iosb;

    if (!found)
        return FALSE;
    if (found->use & INFO_LIST)
        return set_nt_error(NtQueryDirectoryFile(
            file, NULL, NULL, NULL, &iosb, data, size, found->nt, FALSE, NULL, (found->use & INFO_RESTART) != 0));
    return set_nt_error(NtQueryInformationFile(file, &iosb, data, size, found->nt));
}

/* A rename takes a DOS path here and an NT path there. */
static BOOL set_rename_info(HANDLE file, const FILE_RENAME_INFO *info, DWORD size, FILE_INFORMATION_CLASS class) {
    const size_t head = offsetof(FILE_RENAME_INFO, FileName);
    FILE_RENAME_INFORMATION *rename;
    IO_STATUS_BLOCK iosb;
    UNICODE_STRING nt;
    WCHAR *name;
    BOOL done;

    if (size < head || info->FileNameLength > size - head) {
        SetLastError(ERROR_BAD_LENGTH);
        return FALSE;
    }
    name = calloc(1, info->FileNameLength + sizeof(WCHAR));
    if (!name) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return FALSE;
    }
    memcpy(name, info->FileName, info->FileNameLength);
    done = path_to_nt(name, &nt);
    free(name);
    if (!done)
        return FALSE;
    rename = calloc(1, sizeof *rename + nt.Length);
    if (rename) {
        memcpy(rename, info, offsetof(FILE_RENAME_INFO, RootDirectory)); /* BOOLEAN or flags */
        rename->FileNameLength = nt.Length;
        memcpy(rename->FileName, nt.Buffer, nt.Length);
        done = set_nt_error(NtSetInformationFile(file, &iosb, rename, (ULONG)sizeof *rename + nt.Length, class));
    } else {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        done = FALSE;
    }
    free(rename);
    path_nt_free(&nt);
    return done;
}

/**
 * SetFileInformationByHandle() - changes an open file: times, size, name, deletion.
 * Return: FALSE with ERROR_INVALID_PARAMETER (class), ERROR_BAD_LENGTH, ERROR_ACCESS_DENIED, ERROR_INVALID_HANDLE….
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/fileapi/nf-fileapi-setfileinformationbyhandle
 */
BOOL WINAPI SetFileInformationByHandle(HANDLE file, FILE_INFO_BY_HANDLE_CLASS class, void *data, DWORD size) {
    const struct info_class *found = info_class_find(class, INFO_SET);
    IO_STATUS_BLOCK iosb;

    if (!found)
        return FALSE;
    if (class == FileRenameInfo || class == FileRenameInfoEx)
        return set_rename_info(file, data, size, found->nt);
    return set_nt_error(NtSetInformationFile(file, &iosb, data, size, found->nt));
}

BOOL WINAPI SetFileCompletionNotificationModes(HANDLE file, UCHAR flags) {
    FILE_IO_COMPLETION_NOTIFICATION_INFORMATION info = {flags};
    IO_STATUS_BLOCK iosb;

    return set_nt_error(NtSetInformationFile(file, &iosb, &info, sizeof info, FileIoCompletionNotificationInformation));
}

BOOL WINAPI GetFileTime(HANDLE file, FILETIME *created, FILETIME *accessed, FILETIME *written) {
    FILE_BASIC_INFORMATION basic;
    IO_STATUS_BLOCK iosb;
    const NTSTATUS status = NtQueryInformationFile(file, &iosb, &basic, sizeof basic, FileBasicInformation);

    if (status)
        return set_nt_error(status);
    if (created)
        *created = filetime_of(basic.CreationTime);
    if (accessed)
        *accessed = filetime_of(basic.LastAccessTime);
    if (written)
        *written = filetime_of(basic.LastWriteTime);
    return TRUE;
}

/** SetFileTime() - changes times of an open file; NULL leaves one alone. */
BOOL WINAPI SetFileTime(HANDLE file, const FILETIME *created, const FILETIME *accessed, const FILETIME *written) {
    FILE_BASIC_INFORMATION basic = {.CreationTime = time_of(created), .LastAccessTime = time_of(accessed), .LastWriteTime = time_of(written)};
    IO_STATUS_BLOCK iosb;

    return set_nt_error(NtSetInformationFile(file, &iosb, &basic, sizeof basic, FileBasicInformation));
}

/* The device behind a drive.  Return: its length. */
static size_t volume_device(WCHAR letter, WCHAR device[32]) {
    char text[32];
    const int n = snprintf(text, sizeof text, "\\Device\\" VOLUME_NAME "%u", VOLUME_NUMBER(letter));

    for (int i = 0; i <= n; i++)
        device[i] = (WCHAR)text[i];
    return (size_t)n;
}

/* What has no path on a drive, as a pipe, has its object's name. */
static DWORD final_object_name(HANDLE file, WCHAR *buffer, DWORD size) {
    union {
        OBJECT_NAME_INFORMATION info;
        WCHAR room[512];
    } name;
    const NTSTATUS status = NtQueryObject(file, ObjectNameInformation, &name, sizeof name, NULL);
    const DWORD n = status ? 0 : name.info.Name.Length / (DWORD)sizeof(WCHAR);

    if (!set_nt_error(status))
        return 0;
    if (n + 1 > size) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return n + 1;
    }
    memcpy(buffer, name.info.Name.Buffer, n * sizeof(WCHAR));
    buffer[n] = 0;
    return n;
}

/**
 * GetFinalPathNameByHandleW() - the path of an open file, links followed.
 * @flags: VOLUME_NAME_DOS (\\?\X:\…), VOLUME_NAME_NT (\Device\HarddiskVolumeN\…), VOLUME_NAME_NONE (\…); volumes have no GUIDs.
 * A pipe has only the form VOLUME_NAME_NT (\Device\NamedPipe\…).
 * Return: the length, or the size needed; 0 with ERROR_INVALID_PARAMETER, ERROR_INVALID_HANDLE, ERROR_PATH_NOT_FOUND (form).
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/fileapi/nf-fileapi-getfinalpathnamebyhandlew
 */
DWORD WINAPI GetFinalPathNameByHandleW(HANDLE file, WCHAR *buffer, DWORD size, DWORD flags) {
    WCHAR prefix[32] = L"\\\\?\\";
    const DWORD form = flags & 7;
    const size_t skip = form == VOLUME_NAME_DOS ? 0 : 2;
    size_t n, n_prefix = form == VOLUME_NAME_DOS ? 4 : 0;
    NTSTATUS status;
    WCHAR *path;

    if (flags & ~15u || form == VOLUME_NAME_GUID) {
        SetLastError(flags & ~15u ? ERROR_INVALID_PARAMETER : ERROR_PATH_NOT_FOUND);
        return 0;
    }
    path = winipc_dos_path_of_handle(file, &n, &status);
    if (!path && form == VOLUME_NAME_NT && GetFileType(file) == FILE_TYPE_PIPE)
        return final_object_name(file, buffer, size);
    if (!path) {
        set_nt_error(status == STATUS_OBJECT_TYPE_MISMATCH ? STATUS_INVALID_HANDLE : status);
        return 0;
    }
    n -= skip;
    if (form == VOLUME_NAME_NT)
        n_prefix = volume_device(path[0], prefix);
    if (n_prefix + n + 1 > size) {
        free(path);
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return (DWORD)(n_prefix + n + 1);
    }
    memcpy(buffer, prefix, n_prefix * sizeof(WCHAR));
    memcpy(buffer + n_prefix, path + skip, (n + 1) * sizeof(WCHAR));
    free(path);
    return (DWORD)(n_prefix + n);
}

DWORD WINAPI GetFinalPathNameByHandleA(HANDLE file, char *buffer, DWORD size, DWORD flags) {
    const DWORD room = GetFinalPathNameByHandleW(file, NULL, 0, flags);
    WCHAR *wide = room ? malloc(room * sizeof(WCHAR)) : NULL;
    DWORD n = 0;

    if (wide) {
        n = GetFinalPathNameByHandleW(file, wide, room, flags);
        n = n && n < room ? path_text_to(wide, n, buffer, size) : 0;
    }
    free(wide);
    return n;
}

/* ---- by name ---- */

static NTSTATUS attributes_query(const WCHAR *name, FILE_NETWORK_OPEN_INFORMATION *info) {
    OBJECT_ATTRIBUTES attributes = {.Length = sizeof attributes, .Attributes = OBJ_CASE_INSENSITIVE};
    UNICODE_STRING nt;
    NTSTATUS status = RtlDosPathNameToNtPathName_U_WithStatus(name, &nt, NULL, NULL);

    if (status)
        return status == STATUS_OBJECT_NAME_INVALID ? STATUS_OBJECT_PATH_NOT_FOUND : status;
    attributes.ObjectName = &nt;
    status = NtQueryFullAttributesFile(&attributes, info);
    path_nt_free(&nt);
    return status;
}

/**
 * GetFileAttributesW() - the attributes of a file or directory.
 * Return: INVALID_FILE_ATTRIBUTES with ERROR_FILE_NOT_FOUND, ERROR_PATH_NOT_FOUND, ERROR_INVALID_NAME, ERROR_ACCESS_DENIED.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/fileapi/nf-fileapi-getfileattributesw
 */
DWORD WINAPI GetFileAttributesW(const WCHAR *name) {
    FILE_NETWORK_OPEN_INFORMATION info;

    return set_nt_error(attributes_query(name, &info)) ? info.FileAttributes : INVALID_FILE_ATTRIBUTES;
}

DWORD WINAPI GetFileAttributesA(const char *name) {
    struct path_text text;
    DWORD attributes;

    if (!path_text_from(&text, name))
        return INVALID_FILE_ATTRIBUTES;
    attributes = GetFileAttributesW(text.wide);
    path_text_free(&text);
    return attributes;
}

BOOL WINAPI GetFileAttributesExW(const WCHAR *name, GET_FILEEX_INFO_LEVELS level, void *data) {
    WIN32_FILE_ATTRIBUTE_DATA *result = data;
    FILE_NETWORK_OPEN_INFORMATION info;

    if (level != GetFileExInfoStandard) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    if (!set_nt_error(attributes_query(name, &info)))
        return FALSE;
    result->dwFileAttributes = info.FileAttributes;
    result->ftCreationTime = filetime_of(info.CreationTime);
    result->ftLastAccessTime = filetime_of(info.LastAccessTime);
    result->ftLastWriteTime = filetime_of(info.LastWriteTime);
    result->nFileSizeHigh = (DWORD)info.EndOfFile.u.HighPart;
    result->nFileSizeLow = info.EndOfFile.u.LowPart;
    return TRUE;
}

BOOL WINAPI GetFileAttributesExA(const char *name, GET_FILEEX_INFO_LEVELS level, void *data) {
    struct path_text text;
    BOOL done;

    if (!path_text_from(&text, name))
        return FALSE;
    done = GetFileAttributesExW(text.wide, level, data);
    path_text_free(&text);
    return done;
}

/**
 * SetFileAttributesW() - changes attributes.
 * Return: FALSE with ERROR_FILE_NOT_FOUND, ERROR_ACCESS_DENIED, ERROR_INVALID_PARAMETER….
 */
BOOL WINAPI SetFileAttributesW(const WCHAR *name, DWORD attributes) {
    FILE_BASIC_INFORMATION basic = {.FileAttributes = (attributes & FILE_ATTRIBUTE_VALID_SET_FLAGS) | FILE_ATTRIBUTE_NORMAL};
    IO_STATUS_BLOCK iosb;
    HANDLE file;
    NTSTATUS status = path_open(name, FILE_WRITE_ATTRIBUTES | SYNCHRONIZE, FILE_OPEN_FOR_BACKUP_INTENT, &file);

    if (status)
        return set_nt_error(status);
    status = NtSetInformationFile(file, &iosb, &basic, sizeof basic, FileBasicInformation);
    NtClose(file);
    return set_nt_error(status);
}

BOOL WINAPI SetFileAttributesA(const char *name, DWORD attributes) {
    struct path_text text;
    BOOL done;

    if (!path_text_from(&text, name))
        return FALSE;
    done = SetFileAttributesW(text.wide, attributes);
    path_text_free(&text);
    return done;
}

/** GetCompressedFileSizeW() - the space that a file takes on the disk. */
DWORD WINAPI GetCompressedFileSizeW(const WCHAR *name, DWORD *high) {
    FILE_NETWORK_OPEN_INFORMATION info;

    if (!set_nt_error(attributes_query(name, &info)))
        return INVALID_FILE_SIZE;
    if (high)
        *high = (DWORD)info.AllocationSize.u.HighPart;
    if (info.AllocationSize.u.LowPart == INVALID_FILE_SIZE)
        SetLastError(NO_ERROR);
    return info.AllocationSize.u.LowPart;
}

DWORD WINAPI GetCompressedFileSizeA(const char *name, DWORD *high) {
    struct path_text text;
    DWORD low;

    if (!path_text_from(&text, name))
        return INVALID_FILE_SIZE;
    low = GetCompressedFileSizeW(text.wide, high);
    path_text_free(&text);
    return low;
}
