/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Change notifications (MSDN: fileapi.h) and ReadDirectoryChanges; the watching is ntdll's.
 * Source: https://learn.microsoft.com/en-us/windows/win32/fileio/obtaining-directory-change-notifications
 */
#include <windows.h>
#include <winternl.h>
#include <ntstatus.h>

#include "dlls/kernel32/error.h"

/* Where the results of waits for a handle go: nobody reads them. */
static IO_STATUS_BLOCK change_iosb;

/**
 * FindFirstChangeNotificationW() - a handle that is signalled when something changes in a directory.
 * @filter: FILE_NOTIFY_CHANGE_*.
 * Return: a handle; INVALID_HANDLE_VALUE with ERROR_FILE_NOT_FOUND, ERROR_PATH_NOT_FOUND, ERROR_DIRECTORY,
 * ERROR_INVALID_PARAMETER, ERROR_NO_SYSTEM_RESOURCES (too many directories are watched). Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/fileapi/nf-fileapi-findfirstchangenotificationw
 */
HANDLE WINAPI FindFirstChangeNotificationW(const WCHAR *path, BOOL subtree, DWORD filter) {
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK iosb;
    UNICODE_STRING name;
    HANDLE handle = NULL;
    NTSTATUS status = RtlDosPathNameToNtPathName_U_WithStatus(path, &name, NULL, NULL);

    if (!status) {
        InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE, NULL, NULL);
        status = NtOpenFile(&handle, FILE_LIST_DIRECTORY | SYNCHRONIZE, &attributes, &iosb,
            FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, FILE_DIRECTORY_FILE | FILE_OPEN_FOR_BACKUP_INTENT);
        RtlFreeHeap(GetProcessHeap(), 0, name.Buffer);
    }
    if (!status)
        status = NtNotifyChangeDirectoryFile(handle, NULL, NULL, NULL, &change_iosb, NULL, 0, filter, subtree != 0);
    if (set_nt_error(status))
        return handle;
    if (handle)
        NtClose(handle);
    return INVALID_HANDLE_VALUE;
}

HANDLE WINAPI FindFirstChangeNotificationA(const char *path, BOOL subtree, DWORD filter) {
    UNICODE_STRING wide;
    HANDLE handle;

    if (!path || !RtlCreateUnicodeStringFromAsciiz(&wide, path)) {
        SetLastError(path ? ERROR_NOT_ENOUGH_MEMORY : ERROR_PATH_NOT_FOUND);
        return INVALID_HANDLE_VALUE;
    }
    handle = FindFirstChangeNotificationW(wide.Buffer, subtree, filter);
    RtlFreeUnicodeString(&wide);
    return handle;
}

/**
 * FindNextChangeNotification() - the handle is signalled by the next change; by one since the last signal, at once.
 * Return: TRUE; FALSE with ERROR_INVALID_HANDLE, ERROR_INVALID_PARAMETER (no directory's).
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/fileapi/nf-fileapi-findnextchangenotification
 */
BOOL WINAPI FindNextChangeNotification(HANDLE handle) {
    /* the filter stays that of the first call */
    return set_nt_error(
        NtNotifyChangeDirectoryFile(handle, NULL, NULL, NULL, &change_iosb, NULL, 0, FILE_NOTIFY_CHANGE_SIZE, FALSE));
}

BOOL WINAPI FindCloseChangeNotification(HANDLE handle) {
    return set_nt_error(NtClose(handle));
}

/* NT's APC has the status block; Win32's routine wants error, bytes and OVERLAPPED. */
static void WINAPI change_routine(void *routine, IO_STATUS_BLOCK *iosb, ULONG reserved) {
    const LPOVERLAPPED_COMPLETION_ROUTINE call = (LPOVERLAPPED_COMPLETION_ROUTINE)routine;

    (void)reserved;
    call(RtlNtStatusToDosError(iosb->Status), (DWORD)iosb->Information, (OVERLAPPED *)iosb);
}

/**
 * ReadDirectoryChangesW() - what changes in a directory, by name.
 * @directory: opened with FILE_LIST_DIRECTORY and FILE_FLAG_BACKUP_SEMANTICS.
 * @buffer: receives FILE_NOTIFY_INFORMATION records, aligned to 4 bytes; none, and 0 bytes, where they do not fit.
 * @filter, @subtree: as the first call of the handle had them.
 * @overlapped: of a handle with FILE_FLAG_OVERLAPPED; @routine: an APC, NULL for its event, port or the handle itself.
 * Return: TRUE (with @overlapped: it was begun); FALSE with ERROR_INVALID_PARAMETER, ERROR_NOACCESS,
 * ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED, ERROR_NO_SYSTEM_RESOURCES. Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/winbase/nf-winbase-readdirectorychangesw
 */
BOOL WINAPI ReadDirectoryChangesW(HANDLE directory, void *buffer, DWORD size, BOOL subtree, DWORD filter,
    DWORD *returned, OVERLAPPED *overlapped, LPOVERLAPPED_COMPLETION_ROUTINE routine) {
    IO_STATUS_BLOCK own = {.Status = STATUS_PENDING}, *iosb = overlapped ? (IO_STATUS_BLOCK *)overlapped : &own;
    HANDLE event = overlapped && !routine ? overlapped->hEvent : NULL;
    void *context = NULL;
    NTSTATUS status;

    if (overlapped) {
        overlapped->Internal = STATUS_PENDING;
        /* the lowest bit of the event: no packet */
        context = routine ? (void *)routine : (ULONG_PTR)event & 1 ? NULL : overlapped;
    }
    event = (HANDLE)((ULONG_PTR)event & ~(ULONG_PTR)1);
    status = NtNotifyChangeDirectoryFile(
        directory, event, routine ? change_routine : NULL, context, iosb, buffer, size, filter, subtree != 0);
    if (status == STATUS_PENDING && overlapped)
        return TRUE;
    if (status == STATUS_PENDING) { /* an asynchronous handle, and nobody but us to wait */
        NtWaitForSingleObject(directory, FALSE, NULL);
        status = own.Status;
    }
    if (returned && !NT_ERROR(status))
        *returned = (DWORD)iosb->Information;
    return set_nt_error(status);
}
