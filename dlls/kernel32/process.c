/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Processes: opening, ending, asking (MSDN: processthreadsapi.h).  CreateProcess is in create_process.c.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/processthreadsapi/
 */
#include <windows.h>
#include <winternl.h>
#include <ntstatus.h>

#include <string.h>

#include "dlls/kernel32/error.h"
#include "dlls/ntdll/process.h"

HANDLE WINAPI GetCurrentProcess(void) {
    return NtCurrentProcess();
}

DWORD WINAPI GetCurrentProcessId(void) {
    return HandleToULong(NtCurrentTeb()->ClientId.UniqueProcess);
}

/**
 * ExitProcess() - ends the calling process: DLLs are told, then all goes back.
 */
void WINAPI ExitProcess(UINT exit_code) {
    RtlExitUserProcess(exit_code);
}

BOOL WINAPI TerminateProcess(HANDLE process, UINT exit_code) {
    if (!process) {
        SetLastError(ERROR_INVALID_HANDLE);
        return FALSE;
    }
    return set_nt_error(NtTerminateProcess(process, (LONG)exit_code));
}

HANDLE WINAPI OpenProcess(DWORD access, BOOL inherit, DWORD id) {
    CLIENT_ID client = {.UniqueProcess = ULongToHandle(id)};
    OBJECT_ATTRIBUTES attributes;
    NTSTATUS status;
    HANDLE handle;

    InitializeObjectAttributes(&attributes, NULL, inherit ? OBJ_INHERIT : 0, NULL, NULL);
    status = NtOpenProcess(&handle, access, &attributes, &client);
    return set_nt_error(status == STATUS_INVALID_CID ? STATUS_INVALID_PARAMETER : status) ? handle : NULL;
}

static BOOL process_basic(HANDLE process, struct process_basic_information *info) {
    return set_nt_error(NtQueryInformationProcess(process, ProcessBasicInformation, info, sizeof *info, NULL));
}

/**
 * GetExitCodeProcess() - the exit code, STILL_ACTIVE while it runs.
 * Return: TRUE; FALSE with ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED.
 */
BOOL WINAPI GetExitCodeProcess(HANDLE process, DWORD *exit_code) {
    struct process_basic_information info;

    if (!process_basic(process, &info))
        return FALSE;
    *exit_code = (DWORD)info.exit_status;
    return TRUE;
}

DWORD WINAPI GetProcessId(HANDLE process) {
    struct process_basic_information info;

    return process_basic(process, &info) ? (DWORD)info.process_id : 0;
}

BOOL WINAPI GetProcessTimes(HANDLE process, FILETIME *created, FILETIME *exited, FILETIME *kernel, FILETIME *user) {
    KERNEL_USER_TIMES times;

    if (!set_nt_error(NtQueryInformationProcess(process, ProcessTimes, &times, sizeof times, NULL)))
        return FALSE;
    memcpy(created, &times.CreateTime, sizeof *created);
    memcpy(exited, &times.ExitTime, sizeof *exited);
    memcpy(kernel, &times.KernelTime, sizeof *kernel);
    memcpy(user, &times.UserTime, sizeof *user);
    return TRUE;
}

BOOL WINAPI GetProcessHandleCount(HANDLE process, DWORD *count) {
    return set_nt_error(NtQueryInformationProcess(process, ProcessHandleCount, count, sizeof *count, NULL));
}

/**
 * ProcessIdToSessionId() - the session of a process: there is one, number 1, as for a user who has logged on.
 * Return: TRUE; FALSE with ERROR_INVALID_PARAMETER when there is no such process.
 */
BOOL WINAPI ProcessIdToSessionId(DWORD id, DWORD *session) {
    HANDLE process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, id);

    if (!process)
        return FALSE;
    NtClose(process);
    *session = 1;
    return TRUE;
}
