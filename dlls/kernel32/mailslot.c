/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Mailslots (MSDN: winbase.h): names, times and errors to NT's calls.  They are opened, written and read as files are.
 * Source: https://learn.microsoft.com/en-us/windows/win32/ipc/mailslots
 */
#include <windows.h>
#include <winternl.h>
#include <ntstatus.h>

#include "dlls/kernel32/error.h"

/* NT's form of a time-out: -1 is for ever there, too. */
static LARGE_INTEGER timeout_to_nt(DWORD timeout_ms) {
    return (LARGE_INTEGER){.QuadPart = timeout_ms == MAILSLOT_WAIT_FOREVER ? -1 : -(LONGLONG)timeout_ms * 10000};
}

static DWORD timeout_from_nt(LARGE_INTEGER timeout) {
    return timeout.QuadPart == -1 ? MAILSLOT_WAIT_FOREVER : (DWORD)(-timeout.QuadPart / 10000);
}

/**
 * CreateMailslotW() - makes a mailslot; the handle reads from it, and is asynchronous.
 * @name: \\.\mailslot\NAME, which may contain backslashes.
 * @maximum: bytes of a message; 0: any size.
 * @timeout_ms: how long a read waits for a message; 0: not at all; MAILSLOT_WAIT_FOREVER.
 * Return: a handle; INVALID_HANDLE_VALUE with ERROR_ALREADY_EXISTS, ERROR_INVALID_NAME (no mailslot's, or another
 * machine's), ERROR_PATH_NOT_FOUND (no name), ERROR_ACCESS_DENIED, ERROR_NO_SYSTEM_RESOURCES.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winbase/nf-winbase-createmailslotw
 */
HANDLE WINAPI CreateMailslotW(const WCHAR *name, DWORD maximum, DWORD timeout_ms, SECURITY_ATTRIBUTES *security) {
    LARGE_INTEGER timeout = timeout_to_nt(timeout_ms);
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING nt_name;
    IO_STATUS_BLOCK iosb;
    HANDLE handle;
    NTSTATUS status;

    if (!name || !RtlDosPathNameToNtPathName_U(name, &nt_name, NULL, NULL)) {
        SetLastError(ERROR_PATH_NOT_FOUND);
        return INVALID_HANDLE_VALUE;
    }
    InitializeObjectAttributes(&attributes, &nt_name,
        OBJ_CASE_INSENSITIVE | (security && security->bInheritHandle ? OBJ_INHERIT : 0), NULL,
        security ? security->lpSecurityDescriptor : NULL);
    status = NtCreateMailslotFile(
        &handle, GENERIC_READ | SYNCHRONIZE | WRITE_DAC, &attributes, &iosb, FILE_WRITE_THROUGH, 0, maximum, &timeout);
    RtlFreeUnicodeString(&nt_name);
    return set_nt_error(status) ? handle : INVALID_HANDLE_VALUE;
}

HANDLE WINAPI CreateMailslotA(const char *name, DWORD maximum, DWORD timeout_ms, SECURITY_ATTRIBUTES *security) {
    UNICODE_STRING wide = {.Buffer = NULL};
    HANDLE handle;

    if (name && !RtlCreateUnicodeStringFromAsciiz(&wide, name)) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return INVALID_HANDLE_VALUE;
    }
    handle = CreateMailslotW(wide.Buffer, maximum, timeout_ms, security);
    RtlFreeUnicodeString(&wide);
    return handle;
}

/**
 * GetMailslotInfo() - limits, and what waits; of the reader's handle or a writer's.
 * @next: receives the bytes of the next message, MAILSLOT_NO_MESSAGE if there is none.  All may be NULL.
 * Return: TRUE; FALSE with ERROR_INVALID_HANDLE, ERROR_INVALID_PARAMETER (no mailslot's).
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winbase/nf-winbase-getmailslotinfo
 */
BOOL WINAPI GetMailslotInfo(HANDLE mailslot, DWORD *maximum, DWORD *next, DWORD *count, DWORD *timeout_ms) {
    FILE_MAILSLOT_QUERY_INFORMATION info;
    IO_STATUS_BLOCK iosb;

    if (!set_nt_error(NtQueryInformationFile(mailslot, &iosb, &info, sizeof info, FileMailslotQueryInformation)))
        return FALSE;
    if (maximum)
        *maximum = info.MaximumMessageSize;
    if (next)
        *next = info.NextMessageSize;
    if (count)
        *count = info.MessagesAvailable;
    if (timeout_ms)
        *timeout_ms = timeout_from_nt(info.ReadTimeout);
    return TRUE;
}

/**
 * SetMailslotInfo() - how long reads that begin from now on wait, by whatever handle.
 * Return: TRUE; FALSE with ERROR_INVALID_HANDLE, ERROR_INVALID_PARAMETER (a writer's handle, or no mailslot's).
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winbase/nf-winbase-setmailslotinfo
 */
BOOL WINAPI SetMailslotInfo(HANDLE mailslot, DWORD timeout_ms) {
    FILE_MAILSLOT_SET_INFORMATION info = {timeout_to_nt(timeout_ms)};
    IO_STATUS_BLOCK iosb;

    return set_nt_error(NtSetInformationFile(mailslot, &iosb, &info, sizeof info, FileMailslotSetInformation));
}
