/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Processes: opening, ending, asking (MSDN: processthreadsapi.h).  CreateProcess is in create_process.c.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/processthreadsapi/
 */
#include <windows.h>
#include <winternl.h>
#include <ntstatus.h>

#include <stdlib.h>
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

/* The Win32 path of a process's program, to be freed; NULL with an error. */
static UNICODE_STRING *process_image_name(HANDLE process) {
    ULONG size = 0;
    NTSTATUS status = NtQueryInformationProcess(process, ProcessImageFileNameWin32, NULL, 0, &size);
    UNICODE_STRING *path = status == STATUS_INFO_LENGTH_MISMATCH ? malloc(size) : NULL;

    if (path)
        status = NtQueryInformationProcess(process, ProcessImageFileNameWin32, path, size, &size);
    else if (status == STATUS_INFO_LENGTH_MISMATCH)
        status = STATUS_NO_MEMORY;
    if (set_nt_error(status))
        return path;
    free(path);
    return NULL;
}

/* Return: whether the flags and the buffer are right for a name of @length characters. */
static BOOL image_name_fits(DWORD flags, DWORD length, DWORD *size) {
    if (flags & PROCESS_NAME_NATIVE) {
        SetLastError(ERROR_NOT_SUPPORTED);
        return FALSE;
    }
    if (flags || length >= *size) {
        SetLastError(flags ? ERROR_INVALID_PARAMETER : ERROR_INSUFFICIENT_BUFFER);
        return FALSE;
    }
    *size = length;
    return TRUE;
}

/**
 * QueryFullProcessImageNameW() - the path of a process's program.
 * @process: with PROCESS_QUERY_LIMITED_INFORMATION.  @flags: 0; PROCESS_NAME_NATIVE cannot be had.
 * @size: in: room in characters; out: the length without the terminating 0.
 * Return: TRUE; FALSE with ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED, ERROR_INVALID_PARAMETER, ERROR_INSUFFICIENT_BUFFER, ERROR_NOT_SUPPORTED,
 * ERROR_GEN_FAILURE (the process has not begun).
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winbase/nf-winbase-queryfullprocessimagenamew
 */
BOOL WINAPI QueryFullProcessImageNameW(HANDLE process, DWORD flags, LPWSTR name, DWORD *size) {
    UNICODE_STRING *path = process_image_name(process);
    BOOL fits;

    if (!path)
        return FALSE;
    fits = image_name_fits(flags, path->Length / sizeof *name, size);
    if (fits)
        memcpy(name, path->Buffer, path->Length + sizeof *name);
    free(path);
    return fits;
}

BOOL WINAPI QueryFullProcessImageNameA(HANDLE process, DWORD flags, LPSTR name, DWORD *size) {
    UNICODE_STRING *path = process_image_name(process);
    int length;
    BOOL fits;

    if (!path)
        return FALSE;
    length = WideCharToMultiByte(CP_ACP, 0, path->Buffer, path->Length / sizeof(WCHAR), NULL, 0, NULL, NULL);
    fits = image_name_fits(flags, (DWORD)length, size);
    if (fits)
        name[WideCharToMultiByte(CP_ACP, 0, path->Buffer, path->Length / sizeof(WCHAR), name, length, NULL, NULL)] = 0;
    free(path);
    return fits;
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
