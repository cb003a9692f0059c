/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files: opening, reading, writing, positions, sizes, locks (MSDN: fileapi.h, ioapiset.h). */
#include <windows.h>
#include <winternl.h>
#include <fileapi.h>
#include <winioctl.h>
#include <ntstatus.h>

#include "dlls/kernel32/error.h"
#include "dlls/kernel32/path_text.h"

#ifndef FILE_DEVICE_FILE_SYSTEM
#define FILE_DEVICE_FILE_SYSTEM 9
#endif

/* ---- opening ---- */

static ULONG file_disposition(DWORD creation) {
    switch (creation) {
    case CREATE_NEW: return FILE_CREATE;
    case CREATE_ALWAYS: return FILE_OVERWRITE_IF;
    case OPEN_EXISTING: return FILE_OPEN;
    case OPEN_ALWAYS: return FILE_OPEN_IF;
    default: return FILE_OVERWRITE;
    }
}

static ULONG file_options(DWORD flags, DWORD *access) {
    ULONG options = 0;

    if (flags & FILE_FLAG_BACKUP_SEMANTICS)
        options |= FILE_OPEN_FOR_BACKUP_INTENT;
    else
        options |= FILE_NON_DIRECTORY_FILE;
    if (flags & FILE_FLAG_DELETE_ON_CLOSE) {
        options |= FILE_DELETE_ON_CLOSE;
        *access |= DELETE;
    }
    if (!(flags & FILE_FLAG_OVERLAPPED))
        options |= FILE_SYNCHRONOUS_IO_NONALERT;
    if (flags & FILE_FLAG_WRITE_THROUGH)
        options |= FILE_WRITE_THROUGH;
    if (flags & FILE_FLAG_NO_BUFFERING)
        options |= FILE_NO_INTERMEDIATE_BUFFERING;
    if (flags & FILE_FLAG_RANDOM_ACCESS)
        options |= FILE_RANDOM_ACCESS;
    if (flags & FILE_FLAG_SEQUENTIAL_SCAN)
        options |= FILE_SEQUENTIAL_ONLY;
    if (flags & FILE_FLAG_OPEN_REPARSE_POINT)
        options |= FILE_OPEN_REPARSE_POINT;
    return options;
}

static BOOL path_ends_in_backslash(const UNICODE_STRING *nt) {
    return nt->Length && nt->Buffer[nt->Length / sizeof(WCHAR) - 1] == '\\';
}

static void file_open_error(NTSTATUS status, DWORD creation, const UNICODE_STRING *nt) {
    if (status == STATUS_OBJECT_NAME_COLLISION && creation == CREATE_NEW)
        SetLastError(ERROR_FILE_EXISTS);
    else if (status == STATUS_OBJECT_NAME_COLLISION)
        SetLastError(ERROR_ACCESS_DENIED); /* a directory of that name */
    else if (status == STATUS_FILE_IS_A_DIRECTORY)
        SetLastError(path_ends_in_backslash(nt) ? ERROR_PATH_NOT_FOUND : ERROR_ACCESS_DENIED);
    else
        set_nt_error(status);
}

/* What SECURITY_SQOS_PRESENT says about the client of a pipe. */
static void file_quality(DWORD flags, SECURITY_QUALITY_OF_SERVICE *quality) {
    quality->Length = sizeof *quality;
    quality->ImpersonationLevel = SecurityImpersonation;
    quality->ContextTrackingMode = SECURITY_DYNAMIC_TRACKING;
    quality->EffectiveOnly = TRUE; /* measured, where nothing is said */
    if (!(flags & SECURITY_SQOS_PRESENT))
        return;
    quality->ImpersonationLevel = (SECURITY_IMPERSONATION_LEVEL)(flags >> 16 & 3);
    quality->ContextTrackingMode =
        flags & SECURITY_CONTEXT_TRACKING ? SECURITY_DYNAMIC_TRACKING : SECURITY_STATIC_TRACKING;
    quality->EffectiveOnly = (flags & SECURITY_EFFECTIVE_ONLY) != 0;
}

/**
 * CreateFileW() - opens or makes a file, directory, pipe's client end, console or device.
 * @creation: CREATE_NEW, CREATE_ALWAYS, OPEN_EXISTING, OPEN_ALWAYS, TRUNCATE_EXISTING.
 * @flags: FILE_ATTRIBUTE_* for a new file, FILE_FLAG_*, SECURITY_*.
 * @template: not used.
 * Return: a handle, or INVALID_HANDLE_VALUE with ERROR_FILE_NOT_FOUND, ERROR_PATH_NOT_FOUND, ERROR_FILE_EXISTS,
 * ERROR_ACCESS_DENIED, ERROR_INVALID_NAME, ERROR_INVALID_PARAMETER, ERROR_PIPE_BUSY….  CREATE_ALWAYS and OPEN_ALWAYS
 * set the last error on success too: ERROR_ALREADY_EXISTS if the file was there, else 0. Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/fileapi/nf-fileapi-createfilew
 */
HANDLE WINAPI CreateFileW(const WCHAR *name, DWORD access, DWORD sharing, SECURITY_ATTRIBUTES *security, DWORD creation,
    DWORD flags, HANDLE template) {
    OBJECT_ATTRIBUTES attributes = {.Length = sizeof attributes, .Attributes = OBJ_CASE_INSENSITIVE};
    SECURITY_QUALITY_OF_SERVICE quality;
    IO_STATUS_BLOCK iosb;
    UNICODE_STRING nt;
    HANDLE handle;
    NTSTATUS status;
    ULONG options;

    (void)template;
    if (creation < CREATE_NEW || creation > TRUNCATE_EXISTING ||
        (creation == TRUNCATE_EXISTING && !(access & GENERIC_WRITE))) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return INVALID_HANDLE_VALUE;
    }
    if (!path_to_nt(name, &nt))
        return INVALID_HANDLE_VALUE;
    file_quality(flags, &quality);
    attributes.ObjectName = &nt;
    attributes.SecurityQualityOfService = &quality;
    if (security) {
        attributes.SecurityDescriptor = security->lpSecurityDescriptor;
        attributes.Attributes |= security->bInheritHandle ? OBJ_INHERIT : 0;
    }
    options = file_options(flags, &access);
    status = NtCreateFile(&handle, access | SYNCHRONIZE | FILE_READ_ATTRIBUTES, &attributes, &iosb, NULL,
        flags & FILE_ATTRIBUTE_VALID_FLAGS & ~FILE_ATTRIBUTE_DIRECTORY, sharing, file_disposition(creation), options,
        NULL, 0);
    if (status)
        file_open_error(status, creation, &nt);
    else if (creation == CREATE_ALWAYS || creation == OPEN_ALWAYS)
        SetLastError(
            iosb.Information == FILE_OPENED || iosb.Information == FILE_OVERWRITTEN ? ERROR_ALREADY_EXISTS : 0);
    path_nt_free(&nt);
    return status ? INVALID_HANDLE_VALUE : handle;
}

/**
 * ReOpenFile() - opens what is open behind a handle once more, with other rights, sharing and flags.
 * @file: of a file, directory, device, or the server's end of a pipe, to which a client's end is opened.
 * @flags: FILE_FLAG_*; with FILE_FLAG_BACKUP_SEMANTICS also of a directory.
 * Return: a handle with a position of its own, or INVALID_HANDLE_VALUE with ERROR_INVALID_PARAMETER (@flags has FILE_ATTRIBUTE_*),
 * ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED (also a directory without that flag, or a file that is to be deleted),
 * ERROR_SHARING_VIOLATION, ERROR_PIPE_BUSY.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winbase/nf-winbase-reopenfile
 */
HANDLE WINAPI ReOpenFile(HANDLE file, DWORD access, DWORD sharing, DWORD flags) {
    UNICODE_STRING itself = {0};
    SECURITY_QUALITY_OF_SERVICE quality;
    OBJECT_ATTRIBUTES attributes = {
        .Length = sizeof attributes, .RootDirectory = file, .ObjectName = &itself, .SecurityQualityOfService = &quality};
    IO_STATUS_BLOCK iosb;
    HANDLE handle;
    ULONG options;

    if (flags & FILE_ATTRIBUTE_VALID_FLAGS) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return INVALID_HANDLE_VALUE;
    }
    file_quality(flags, &quality);
    options = file_options(flags, &access);
    return set_nt_error(NtCreateFile(&handle, access | SYNCHRONIZE | FILE_READ_ATTRIBUTES, &attributes, &iosb, NULL, 0, sharing,
               FILE_OPEN, options, NULL, 0))
               ? handle
               : INVALID_HANDLE_VALUE;
}

HANDLE WINAPI CreateFileA(const char *name, DWORD access, DWORD sharing, SECURITY_ATTRIBUTES *security, DWORD creation,
    DWORD flags, HANDLE template) {
    struct path_text text;
    HANDLE handle;

    if (!path_text_from(&text, name))
        return INVALID_HANDLE_VALUE;
    handle = CreateFileW(text.wide, access, sharing, security, creation, flags, template);
    path_text_free(&text);
    return handle;
}

/**
 * CreateFile2() - CreateFileW with its rarer parameters in a structure.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/fileapi/nf-fileapi-createfile2
 */
HANDLE WINAPI CreateFile2(
    const WCHAR *name, DWORD access, DWORD sharing, DWORD creation, CREATEFILE2_EXTENDED_PARAMETERS *extended) {
    if (!extended)
        return CreateFileW(name, access, sharing, NULL, creation, FILE_ATTRIBUTE_NORMAL, NULL);
    if (extended->dwSize < sizeof *extended) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return INVALID_HANDLE_VALUE;
    }
    return CreateFileW(name, access, sharing, extended->lpSecurityAttributes, creation,
        extended->dwFileAttributes | extended->dwFileFlags | extended->dwSecurityQosFlags, extended->hTemplateFile);
}

/* ---- reading and writing ---- */

/* The end of a call without OVERLAPPED; an asynchronous handle may still be busy. */
static NTSTATUS file_wait(HANDLE file, NTSTATUS status, IO_STATUS_BLOCK *iosb) {
    if (status != STATUS_PENDING)
        return status;
    status = NtWaitForSingleObject(file, FALSE, NULL);
    return NT_ERROR(status) ? status : iosb->Status;
}

static void *overlapped_context(OVERLAPPED *overlapped) {
    return (ULONG_PTR)overlapped->hEvent & 1 ? NULL : overlapped; /* a set low bit: no packet to the completion port */
}

/* NtReadFile or NtWriteFile. */
typedef NTSTATUS(WINAPI *file_transfer)(
    HANDLE, HANDLE, PIO_APC_ROUTINE, void *, IO_STATUS_BLOCK *, void *, ULONG, LARGE_INTEGER *, ULONG *);

/* @ending: a status without @overlapped that is a success of no bytes. */
static BOOL file_move(file_transfer transfer, HANDLE file, void *buffer, DWORD length, DWORD *done,
    OVERLAPPED *overlapped, NTSTATUS ending) {
    IO_STATUS_BLOCK local = {.Status = STATUS_PENDING}, *iosb = &local;
    LARGE_INTEGER offset;
    NTSTATUS status;

    if (done)
        *done = 0;
    if (overlapped) {
        offset.u.LowPart = overlapped->Offset;
        offset.u.HighPart = (LONG)overlapped->OffsetHigh;
        iosb = (IO_STATUS_BLOCK *)overlapped;
        iosb->Status = STATUS_PENDING;
        iosb->Information = 0;
        status = transfer(
            file, overlapped->hEvent, NULL, overlapped_context(overlapped), iosb, buffer, length, &offset, NULL);
        if (status == STATUS_PENDING) {
            SetLastError(ERROR_IO_PENDING);
            return FALSE;
        }
    } else {
        status = file_wait(file, transfer(file, NULL, NULL, NULL, iosb, buffer, length, NULL, NULL), iosb);
        if (status && status == ending)
            return TRUE;
    }
    if (done && !NT_ERROR(status))
        *done = (DWORD)iosb->Information;
    return set_nt_error(status);
}

/**
 * ReadFile() - reads from a file, pipe or device.
 * @done: receives the number of bytes; 0 at the end of a file; may be NULL with @overlapped.
 * @overlapped: NULL, or offset and event; on a handle with FILE_FLAG_OVERLAPPED the call may go on after its return.
 * Return: FALSE with ERROR_IO_PENDING, ERROR_MORE_DATA (part of a message; *done is set), ERROR_HANDLE_EOF (with
 * @overlapped only), ERROR_BROKEN_PIPE, ERROR_ACCESS_DENIED, ERROR_INVALID_HANDLE, ERROR_INVALID_PARAMETER,
 * ERROR_NOACCESS, ERROR_NO_DATA. Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/fileapi/nf-fileapi-readfile
 */
BOOL WINAPI ReadFile(HANDLE file, void *buffer, DWORD length, DWORD *done, OVERLAPPED *overlapped) {
    return file_move(NtReadFile, file, buffer, length, done, overlapped, STATUS_END_OF_FILE);
}

/**
 * WriteFile() - writes to a file, pipe or device.
 * @overlapped: as for ReadFile; an offset of all ones appends.
 * Return: FALSE with ERROR_IO_PENDING, ERROR_NO_DATA (the pipe's reader has gone), ERROR_DISK_FULL, and as ReadFile.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/fileapi/nf-fileapi-writefile
 */
BOOL WINAPI WriteFile(HANDLE file, const void *buffer, DWORD length, DWORD *done, OVERLAPPED *overlapped) {
    return file_move(
        (file_transfer)(void *)NtWriteFile, file, (void *)buffer, length, done, overlapped, STATUS_SUCCESS);
}

BOOL WINAPI FlushFileBuffers(HANDLE file) {
    IO_STATUS_BLOCK iosb;

    return set_nt_error(NtFlushBuffersFile(file, &iosb));
}

/* ---- positions and sizes ---- */

/**
 * SetFilePointerEx() - moves the position of a synchronous file.
 * @result: receives the new position; may be NULL.
 * Return: FALSE with ERROR_NEGATIVE_SEEK, ERROR_INVALID_PARAMETER (unknown method), ERROR_INVALID_HANDLE.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/fileapi/nf-fileapi-setfilepointerex
 */
BOOL WINAPI SetFilePointerEx(HANDLE file, LARGE_INTEGER distance, LARGE_INTEGER *result, DWORD method) {
    FILE_POSITION_INFORMATION position = {{.QuadPart = 0}};
    FILE_STANDARD_INFORMATION standard = {.EndOfFile = {.QuadPart = 0}};
    IO_STATUS_BLOCK iosb;
    NTSTATUS status = STATUS_SUCCESS;

    if (method == FILE_CURRENT) {
        status = NtQueryInformationFile(file, &iosb, &position, sizeof position, FilePositionInformation);
    } else if (method == FILE_END) {
        status = NtQueryInformationFile(file, &iosb, &standard, sizeof standard, FileStandardInformation);
        position.CurrentByteOffset = standard.EndOfFile;
    } else if (method != FILE_BEGIN) {
        status = STATUS_INVALID_PARAMETER;
    }
    if (status)
        return set_nt_error(status);
    position.CurrentByteOffset.QuadPart += distance.QuadPart;
    if (position.CurrentByteOffset.QuadPart < 0) {
        SetLastError(ERROR_NEGATIVE_SEEK);
        return FALSE;
    }
    status = NtSetInformationFile(file, &iosb, &position, sizeof position, FilePositionInformation);
    if (!status && result)
        *result = position.CurrentByteOffset;
    return set_nt_error(status);
}

/**
 * SetFilePointer() - the same with the distance in two halves.
 * @high: upper half in and out; NULL: @low is a signed 32-bit distance, and the result must fit in 32 bits.
 * Return: the low half of the new position; INVALID_SET_FILE_POINTER with the last error, which success sets to 0 when
 * the result looks like a failure. Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/fileapi/nf-fileapi-setfilepointer
 */
DWORD WINAPI SetFilePointer(HANDLE file, LONG low, LONG *high, DWORD method) {
    LARGE_INTEGER distance, before, result;

    if (high) {
        distance.u.LowPart = (DWORD)low;
        distance.u.HighPart = *high;
    } else {
        distance.QuadPart = low;
    }
    before.QuadPart = 0;
    if (!high && !SetFilePointerEx(file, before, &before, FILE_CURRENT))
        return INVALID_SET_FILE_POINTER;
    if (!SetFilePointerEx(file, distance, &result, method))
        return INVALID_SET_FILE_POINTER;
    if (!high && result.u.HighPart) {
        SetFilePointerEx(file, before, NULL, FILE_BEGIN);
        SetLastError(ERROR_INVALID_PARAMETER);
        return INVALID_SET_FILE_POINTER;
    }
    if (high)
        *high = result.u.HighPart;
    if (result.u.LowPart == INVALID_SET_FILE_POINTER)
        SetLastError(ERROR_SUCCESS);
    return result.u.LowPart;
}

/** SetEndOfFile() - cuts or extends the file at its position. */
BOOL WINAPI SetEndOfFile(HANDLE file) {
    FILE_POSITION_INFORMATION position;
    FILE_END_OF_FILE_INFORMATION end;
    IO_STATUS_BLOCK iosb;
    NTSTATUS status = NtQueryInformationFile(file, &iosb, &position, sizeof position, FilePositionInformation);

    if (status)
        return set_nt_error(status);
    end.EndOfFile = position.CurrentByteOffset;
    return set_nt_error(NtSetInformationFile(file, &iosb, &end, sizeof end, FileEndOfFileInformation));
}

BOOL WINAPI SetFileValidData(HANDLE file, LONGLONG length) {
    IO_STATUS_BLOCK iosb;

    return set_nt_error(NtSetInformationFile(file, &iosb, &length, sizeof length, FileValidDataLengthInformation));
}

BOOL WINAPI GetFileSizeEx(HANDLE file, LARGE_INTEGER *size) {
    FILE_STANDARD_INFORMATION standard;
    IO_STATUS_BLOCK iosb;
    const NTSTATUS status = NtQueryInformationFile(file, &iosb, &standard, sizeof standard, FileStandardInformation);

    if (!status)
        *size = standard.EndOfFile;
    return set_nt_error(status);
}

/**
 * GetFileSize() - the size in two halves.
 * Return: the low half; INVALID_FILE_SIZE with the last error, which success sets to 0 when the result looks like a
 * failure.
 */
DWORD WINAPI GetFileSize(HANDLE file, DWORD *high) {
    LARGE_INTEGER size = {.QuadPart = 0};

    if (!GetFileSizeEx(file, &size))
        return INVALID_FILE_SIZE;
    if (high)
        *high = (DWORD)size.u.HighPart;
    if (size.u.LowPart == INVALID_FILE_SIZE)
        SetLastError(ERROR_SUCCESS);
    return size.u.LowPart;
}

/**
 * GetFileType() - disk file, character device (console, NUL) or pipe.
 * Return: FILE_TYPE_*; FILE_TYPE_UNKNOWN with ERROR_INVALID_HANDLE, or with NO_ERROR for a device of no known type.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/fileapi/nf-fileapi-getfiletype
 */
DWORD WINAPI GetFileType(HANDLE file) {
    FILE_FS_DEVICE_INFORMATION device;
    IO_STATUS_BLOCK iosb;
    NTSTATUS status;

    if (file == (HANDLE)(ULONG_PTR)STD_INPUT_HANDLE || file == (HANDLE)(ULONG_PTR)STD_OUTPUT_HANDLE ||
        file == (HANDLE)(ULONG_PTR)STD_ERROR_HANDLE)
        file = GetStdHandle((DWORD)(ULONG_PTR)file);
    status = NtQueryVolumeInformationFile(file, &iosb, &device, sizeof device, FileFsDeviceInformation);
    if (status) {
        set_nt_error(status == STATUS_OBJECT_TYPE_MISMATCH ? STATUS_INVALID_HANDLE : status);
        return FILE_TYPE_UNKNOWN;
    }
    SetLastError(NO_ERROR);
    switch (device.DeviceType) {
    case FILE_DEVICE_NAMED_PIPE:
    case FILE_DEVICE_MAILSLOT: return FILE_TYPE_PIPE;
    case FILE_DEVICE_CONSOLE:
    case FILE_DEVICE_NULL:
    case FILE_DEVICE_SERIAL_PORT: return FILE_TYPE_CHAR;
    case FILE_DEVICE_DISK: return FILE_TYPE_DISK;
    default: return FILE_TYPE_UNKNOWN;
    }
}

/* ---- locks ---- */

/**
 * LockFileEx() - locks a byte range.
 * @flags: LOCKFILE_EXCLUSIVE_LOCK, LOCKFILE_FAIL_IMMEDIATELY.
 * Return: FALSE with ERROR_LOCK_VIOLATION, ERROR_INVALID_HANDLE, ERROR_INVALID_PARAMETER.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/fileapi/nf-fileapi-lockfileex
 */
BOOL WINAPI LockFileEx(HANDLE file, DWORD flags, DWORD reserved, DWORD low, DWORD high, OVERLAPPED *overlapped) {
    LARGE_INTEGER offset, length;
    NTSTATUS status;

    if (reserved || !overlapped) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    offset.u.LowPart = overlapped->Offset;
    offset.u.HighPart = (LONG)overlapped->OffsetHigh;
    length.u.LowPart = low;
    length.u.HighPart = (LONG)high;
    overlapped->Internal = (ULONG_PTR)STATUS_PENDING;
    status = NtLockFile(file, overlapped->hEvent, NULL, overlapped_context(overlapped), (IO_STATUS_BLOCK *)overlapped,
        &offset, &length, NULL, flags & LOCKFILE_FAIL_IMMEDIATELY, (flags & LOCKFILE_EXCLUSIVE_LOCK) != 0);
    if (status == STATUS_PENDING) {
        SetLastError(ERROR_IO_PENDING);
        return FALSE;
    }
    return set_nt_error(status);
}

/** LockFile() - an exclusive lock, at once or not at all. */
BOOL WINAPI LockFile(HANDLE file, DWORD offset_low, DWORD offset_high, DWORD low, DWORD high) {
    OVERLAPPED overlapped = {.Offset = offset_low, .OffsetHigh = offset_high};

    return LockFileEx(file, LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY, 0, low, high, &overlapped);
}

BOOL WINAPI UnlockFile(HANDLE file, DWORD offset_low, DWORD offset_high, DWORD low, DWORD high) {
    LARGE_INTEGER offset, length;
    IO_STATUS_BLOCK iosb;

    offset.u.LowPart = offset_low;
    offset.u.HighPart = (LONG)offset_high;
    length.u.LowPart = low;
    length.u.HighPart = (LONG)high;
    return set_nt_error(NtUnlockFile(file, &iosb, &offset, &length, NULL));
}

BOOL WINAPI UnlockFileEx(HANDLE file, DWORD reserved, DWORD low, DWORD high, OVERLAPPED *overlapped) {
    if (reserved || !overlapped) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    return UnlockFile(file, overlapped->Offset, overlapped->OffsetHigh, low, high);
}
