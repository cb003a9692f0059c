/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is seldom asked of processes: WinExec, versions, the order of the shutdown, data execution prevention (MSDN: winbase.h). */
#include <windows.h>
#include <winternl.h>
#include <ntstatus.h>

#include "dlls/kernel32/error.h"
#include "dlls/ntdll/process.h"

#define WINEXEC_DONE 33 /* more than 31 */

/**
 * WinExec() - starts a program.
 * Return: more than 31; 0 (out of resources), ERROR_FILE_NOT_FOUND, ERROR_PATH_NOT_FOUND, ERROR_BAD_FORMAT.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winbase/nf-winbase-winexec
 */
UINT WINAPI WinExec(const char *command, UINT show) {
    STARTUPINFOA info = {.cb = sizeof info, .dwFlags = STARTF_USESHOWWINDOW, .wShowWindow = (WORD)show};
    PROCESS_INFORMATION made;
    DWORD error;

    if (CreateProcessA(NULL, (char *)(ULONG_PTR)command, NULL, NULL, FALSE, 0, NULL, NULL, &info, &made)) {
        CloseHandle(made.hThread);
        CloseHandle(made.hProcess);
        return WINEXEC_DONE;
    }
    error = GetLastError();
    if (error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND)
        return error;
    return error == ERROR_BAD_EXE_FORMAT ? ERROR_BAD_FORMAT : 0;
}

/* Out of the head of a process's program. */
static BOOL image_version(HANDLE process, DWORD *version) {
    struct process_basic_information info;
    IMAGE_DOS_HEADER dos;
    IMAGE_NT_HEADERS nt;
    char *base;

    if (!set_nt_error(NtQueryInformationProcess(process, ProcessBasicInformation, &info, sizeof info, NULL)))
        return FALSE;
    if (!ReadProcessMemory(process, &info.peb->ImageBaseAddress, &base, sizeof base, NULL) ||
        !ReadProcessMemory(process, base, &dos, sizeof dos, NULL) || !ReadProcessMemory(process, base + dos.e_lfanew, &nt, sizeof nt, NULL))
        return FALSE;
    *version = (DWORD)MAKELONG(nt.OptionalHeader.MinorSubsystemVersion, nt.OptionalHeader.MajorSubsystemVersion);
    return TRUE;
}

/**
 * GetProcessVersion() - the version of the system for which a process's program was made.
 * @id: 0: the caller.
 * Return: major number above, minor below; 0 with ERROR_INVALID_PARAMETER, ERROR_ACCESS_DENIED, ERROR_PARTIAL_COPY.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/processthreadsapi/nf-processthreadsapi-getprocessversion
 */
DWORD WINAPI GetProcessVersion(DWORD id) {
    const HANDLE process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION | PROCESS_VM_READ, FALSE, id ? id : GetCurrentProcessId());
    DWORD version = 0;

    if (!process)
        return 0;
    image_version(process, &version);
    NtClose(process);
    return version;
}

/* ---- the order of the shutdown, which nobody carries out here ---- */

static _Atomic DWORD shutdown_level = 0x280, shutdown_flags;

/** SetProcessShutdownParameters() - Return: TRUE; FALSE with ERROR_INVALID_PARAMETER (a level of the system's, from 0x500 on). */
BOOL WINAPI SetProcessShutdownParameters(DWORD level, DWORD flags) {
    if (level > 0x4ff || flags & ~(DWORD)SHUTDOWN_NORETRY) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    shutdown_level = level;
    shutdown_flags = flags;
    return TRUE;
}

BOOL WINAPI GetProcessShutdownParameters(DWORD *level, DWORD *flags) {
    *level = shutdown_level;
    *flags = shutdown_flags;
    return TRUE;
}

/* ---- data execution prevention: always on for 64-bit programs, which cannot ask for another thing ---- */

BOOL WINAPI GetProcessDEPPolicy(HANDLE process, DWORD *flags, BOOL *permanent) {
    (void)process, (void)flags, (void)permanent;
    SetLastError(ERROR_NOT_SUPPORTED);
    return FALSE;
}

BOOL WINAPI SetProcessDEPPolicy(DWORD flags) {
    (void)flags;
    SetLastError(ERROR_NOT_SUPPORTED);
    return FALSE;
}

/** GetSystemDEPPolicy() - 2: OptIn, a client's default. */
DWORD WINAPI GetSystemDEPPolicy(void) {
    return 2;
}

/** IsProcessCritical() - no process here takes the system with it.  Return: FALSE with ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED. */
BOOL WINAPI IsProcessCritical(HANDLE process, BOOL *critical) {
    if (!GetProcessId(process))
        return FALSE;
    *critical = FALSE;
    return TRUE;
}
