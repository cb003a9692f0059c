/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * I/O completion ports (MSDN: ioapiset.h).
 * Source: https://learn.microsoft.com/en-us/windows/win32/fileio/i-o-completion-ports
 */
#include <windows.h>
#include <winternl.h>
#include <ntstatus.h>

#include <stddef.h>

#include "dlls/kernel32/error.h"

_Static_assert(
    sizeof(OVERLAPPED_ENTRY) == sizeof(FILE_IO_COMPLETION_INFORMATION) &&
        offsetof(OVERLAPPED_ENTRY, lpOverlapped) == offsetof(FILE_IO_COMPLETION_INFORMATION, CompletionValue) &&
        offsetof(OVERLAPPED_ENTRY, Internal) == offsetof(FILE_IO_COMPLETION_INFORMATION, IoStatusBlock) &&
        offsetof(OVERLAPPED_ENTRY, dwNumberOfBytesTransferred) ==
            offsetof(FILE_IO_COMPLETION_INFORMATION, IoStatusBlock.Information),
    "one structure under two names");

/* The time of a wait as NT takes it.  Return: @time, or NULL for ever. */
static LARGE_INTEGER *timeout_of(DWORD milliseconds, LARGE_INTEGER *time) {
    time->QuadPart = -(LONGLONG)milliseconds * 10000;
    return milliseconds == INFINITE ? NULL : time;
}

/**
 * CreateIoCompletionPort() - makes a completion port, ties a file to one, or both.
 * @file: opened for overlapped operations; INVALID_HANDLE_VALUE: make a port only.
 * @port: an existing port, or NULL for a new one.  @key: comes with each packet of this file.
 * @threads: of a new port: how many threads may work at once; 0: as many as there are processors.
 * Return: the port's handle; NULL with ERROR_INVALID_PARAMETER (the file has a port, or is synchronous; a port without
 * a file), ERROR_INVALID_HANDLE. Source: https://learn.microsoft.com/en-us/windows/win32/fileio/createiocompletionport
 */
HANDLE WINAPI CreateIoCompletionPort(HANDLE file, HANDLE port, ULONG_PTR key, DWORD threads) {
    const HANDLE existing = port;
    IO_STATUS_BLOCK iosb;
    NTSTATUS status = STATUS_SUCCESS;

    if (existing && file == INVALID_HANDLE_VALUE)
        status = STATUS_INVALID_PARAMETER;
    else if (!existing)
        status = NtCreateIoCompletion(&port, IO_COMPLETION_ALL_ACCESS, NULL, threads);
    if (!status && file != INVALID_HANDLE_VALUE) {
        FILE_COMPLETION_INFORMATION info = {.CompletionPort = port, .CompletionKey = key};

        status = NtSetInformationFile(file, &iosb, &info, sizeof info, FileCompletionInformation);
        if (status && !existing)
            NtClose(port);
    }
    return set_nt_error(status) ? port : NULL;
}

/**
 * PostQueuedCompletionStatus() - appends a packet with these three values.
 * Return: TRUE; FALSE with ERROR_INVALID_HANDLE, ERROR_NO_SYSTEM_RESOURCES.
 * Source: https://learn.microsoft.com/en-us/windows/win32/fileio/postqueuedcompletionstatus
 */
BOOL WINAPI PostQueuedCompletionStatus(HANDLE port, DWORD bytes, ULONG_PTR key, OVERLAPPED *overlapped) {
    return set_nt_error(NtSetIoCompletion(port, key, (ULONG_PTR)overlapped, STATUS_SUCCESS, bytes));
}

/**
 * GetQueuedCompletionStatus() - takes a packet, waiting for one.
 * Return: TRUE.  FALSE with *@overlapped set: the packet of an operation that failed, whose error it is.  FALSE with
 * *@overlapped NULL: no packet was taken, and @bytes and @key are untouched: WAIT_TIMEOUT, ERROR_ABANDONED_WAIT_0 (the
 * port was closed meanwhile), ERROR_INVALID_HANDLE. Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/ioapiset/nf-ioapiset-getqueuedcompletionstatus
 */
BOOL WINAPI GetQueuedCompletionStatus(
    HANDLE port, DWORD *bytes, ULONG_PTR *key, OVERLAPPED **overlapped, DWORD milliseconds) {
    LARGE_INTEGER time;
    IO_STATUS_BLOCK iosb;
    ULONG_PTR taken_key, value;
    NTSTATUS status;

    *overlapped = NULL;
    status = NtRemoveIoCompletion(port, &taken_key, &value, &iosb, timeout_of(milliseconds, &time));
    if (status == STATUS_TIMEOUT || status == STATUS_ABANDONED_WAIT_0) {
        SetLastError(status == STATUS_TIMEOUT ? WAIT_TIMEOUT : ERROR_ABANDONED_WAIT_0);
        return FALSE;
    }
    if (status)
        return set_nt_error(status);
    *bytes = (DWORD)iosb.Information;
    *key = taken_key;
    *overlapped = (OVERLAPPED *)value;
    return set_nt_error(iosb.Status);
}

/**
 * GetQueuedCompletionStatusEx() - takes up to @n packets, waiting for the first one; a packet's own error is in its
 * Internal. Return: TRUE; FALSE with WAIT_TIMEOUT, WAIT_IO_COMPLETION (@alertable), ERROR_ABANDONED_WAIT_0,
 * ERROR_INVALID_HANDLE, ERROR_INVALID_PARAMETER (@n is 0). Source:
 * https://learn.microsoft.com/en-us/windows/win32/fileio/getqueuedcompletionstatusex-func
 */
BOOL WINAPI GetQueuedCompletionStatusEx(
    HANDLE port, OVERLAPPED_ENTRY *entries, ULONG n, ULONG *taken, DWORD milliseconds, BOOL alertable) {
    LARGE_INTEGER time;
    const NTSTATUS status = NtRemoveIoCompletionEx(
        port, (FILE_IO_COMPLETION_INFORMATION *)entries, n, taken, timeout_of(milliseconds, &time), alertable != 0);

    switch (status) {
    case STATUS_TIMEOUT: SetLastError(WAIT_TIMEOUT); return FALSE;
    case STATUS_USER_APC: SetLastError(WAIT_IO_COMPLETION); return FALSE;
    case STATUS_ABANDONED_WAIT_0: SetLastError(ERROR_ABANDONED_WAIT_0); return FALSE;
    default: return set_nt_error(status);
    }
}
