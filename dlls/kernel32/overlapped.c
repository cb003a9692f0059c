/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Overlapped operations: results and cancelling (MSDN: ioapiset.h).
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/ioapiset/
 */
#include <windows.h>
#include <winternl.h>
#include <ntstatus.h>

#include <stdatomic.h>

#include "dlls/kernel32/error.h"

static NTSTATUS overlapped_status(const OVERLAPPED *overlapped) {
    return (NTSTATUS)atomic_load_explicit((const _Atomic ULONG_PTR *)&overlapped->Internal, memory_order_acquire);
}

/* Waits on the OVERLAPPED's event, or, when it has none, on the file itself. */
static DWORD overlapped_wait(HANDLE file, const OVERLAPPED *overlapped, DWORD milliseconds, BOOL alertable) {
    const HANDLE event = (HANDLE)((ULONG_PTR)overlapped->hEvent & ~(ULONG_PTR)1);

    return WaitForSingleObjectEx(event ? event : file, milliseconds, alertable);
}

/**
 * GetOverlappedResultEx() - the result of an overlapped operation.
 * @milliseconds: 0: do not wait.
 * Return: TRUE; FALSE with ERROR_IO_INCOMPLETE (0 and still pending), WAIT_TIMEOUT, WAIT_IO_COMPLETION, or the operation's own error.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/ioapiset/nf-ioapiset-getoverlappedresultex
 */
BOOL WINAPI GetOverlappedResultEx(HANDLE file, OVERLAPPED *overlapped, DWORD *transferred, DWORD milliseconds, BOOL alertable) {
    NTSTATUS status = overlapped_status(overlapped);

    while (status == STATUS_PENDING) {
        DWORD result;

        if (!milliseconds) {
            SetLastError(ERROR_IO_INCOMPLETE);
            return FALSE;
        }
        result = overlapped_wait(file, overlapped, milliseconds, alertable);
        if (result == WAIT_FAILED)
            return FALSE;
        if (result != WAIT_OBJECT_0) {
            SetLastError(result);
            return FALSE;
        }
        status = overlapped_status(overlapped);
        if (status == STATUS_PENDING && (ULONG_PTR)overlapped->hEvent > 1) {
            SetLastError(ERROR_IO_INCOMPLETE); /* somebody else set the event */
            return FALSE;
        }
    }
    *transferred = (DWORD)overlapped->InternalHigh;
    return set_nt_error(status);
}

/**
 * GetOverlappedResult() - the same, waiting for ever or not at all.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/ioapiset/nf-ioapiset-getoverlappedresult
 */
BOOL WINAPI GetOverlappedResult(HANDLE file, OVERLAPPED *overlapped, DWORD *transferred, BOOL wait) {
    return GetOverlappedResultEx(file, overlapped, transferred, wait ? INFINITE : 0, FALSE);
}

/**
 * CancelIoEx() - cancels this process's pending operations on a file, or the one of @overlapped.
 * Return: TRUE; FALSE with ERROR_NOT_FOUND when nothing is pending, ERROR_INVALID_HANDLE.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/ioapiset/nf-ioapiset-cancelioex
 */
BOOL WINAPI CancelIoEx(HANDLE file, OVERLAPPED *overlapped) {
    IO_STATUS_BLOCK iosb;

    return set_nt_error(NtCancelIoFileEx(file, (IO_STATUS_BLOCK *)overlapped, &iosb));
}

/**
 * CancelIo() - cancels the calling thread's pending operations on a file.
 * Return: TRUE (also when there was none); FALSE with ERROR_INVALID_HANDLE.
 */
BOOL WINAPI CancelIo(HANDLE file) {
    IO_STATUS_BLOCK iosb;

    return set_nt_error(NtCancelIoFile(file, &iosb));
}

/**
 * CancelSynchronousIo() - cancels the synchronous operation in which a thread waits.
 * Return: TRUE; FALSE with ERROR_NOT_FOUND (it is in none), ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED, ERROR_NOT_SUPPORTED (a thread of
 * another process).
 * Source: https://learn.microsoft.com/en-us/windows/win32/fileio/cancelsynchronousio-func
 */
BOOL WINAPI CancelSynchronousIo(HANDLE thread) {
    IO_STATUS_BLOCK iosb;

    return set_nt_error(NtCancelSynchronousIoFile(thread, NULL, &iosb));
}

/* ---- with a completion routine ---- */

/* NT's APC has the status block; Win32's routine wants error, bytes and OVERLAPPED. */
static void WINAPI routine_call(void *routine, IO_STATUS_BLOCK *iosb, ULONG reserved) {
    const LPOVERLAPPED_COMPLETION_ROUTINE call = (LPOVERLAPPED_COMPLETION_ROUTINE)routine;

    (void)reserved;
    call(RtlNtStatusToDosError(iosb->Status), (DWORD)iosb->Information, (OVERLAPPED *)iosb);
}

static LARGE_INTEGER overlapped_offset(const OVERLAPPED *overlapped) {
    LARGE_INTEGER offset;

    offset.LowPart = overlapped->Offset;
    offset.HighPart = (LONG)overlapped->OffsetHigh;
    return offset;
}

/**
 * ReadFileEx() - starts a read; @routine runs when it has ended and the thread waits alertably.
 * Return: TRUE; FALSE with what ReadFile gives, and then the routine does not run.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/fileapi/nf-fileapi-readfileex
 */
BOOL WINAPI ReadFileEx(HANDLE file, void *buffer, DWORD length, OVERLAPPED *overlapped, LPOVERLAPPED_COMPLETION_ROUTINE routine) {
    LARGE_INTEGER offset = overlapped_offset(overlapped);
    NTSTATUS status;

    overlapped->Internal = STATUS_PENDING;
    overlapped->InternalHigh = 0;
    status = NtReadFile(
        file, NULL, routine_call, (void *)routine, (IO_STATUS_BLOCK *)overlapped, buffer, length, &offset, NULL);
    /* a message longer than the buffer is a result of the operation, which the routine gets */
    return status == STATUS_BUFFER_OVERFLOW || set_nt_error(status);
}

/** WriteFileEx() - the same for a write. */
BOOL WINAPI WriteFileEx(
    HANDLE file, const void *buffer, DWORD length, OVERLAPPED *overlapped, LPOVERLAPPED_COMPLETION_ROUTINE routine) {
    LARGE_INTEGER offset = overlapped_offset(overlapped);

    overlapped->Internal = STATUS_PENDING;
    overlapped->InternalHigh = 0;
    return set_nt_error(NtWriteFile(
        file, NULL, routine_call, (void *)routine, (IO_STATUS_BLOCK *)overlapped, (void *)buffer, length, &offset, NULL));
}
