/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Threads (MSDN: processthreadsapi.h).
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/processthreadsapi/
 */
#include <windows.h>
#include <winternl.h>
#include <ntstatus.h>

#include <string.h>

#include "dlls/kernel32/error.h"

HANDLE WINAPI GetCurrentThread(void) {
    return NtCurrentThread();
}

DWORD WINAPI GetCurrentThreadId(void) {
    return HandleToULong(NtCurrentTeb()->ClientId.UniqueThread);
}

/**
 * CreateRemoteThreadEx() - starts a thread, also in another process that runs an .exe.
 * @stack_size: bytes that are committed, while it may grow to what the image asks for; with STACK_SIZE_PARAM_IS_A_RESERVATION all that
 * there are; 0: as the image says.  @flags: CREATE_SUSPENDED, STACK_SIZE_PARAM_IS_A_RESERVATION.
 * Return: a handle; NULL with ERROR_INVALID_PARAMETER, ERROR_INVALID_HANDLE, ERROR_NOT_ENOUGH_MEMORY, ERROR_NOT_SUPPORTED.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/processthreadsapi/nf-processthreadsapi-createremotethreadex
 */
HANDLE WINAPI CreateRemoteThreadEx(HANDLE process, SECURITY_ATTRIBUTES *security, SIZE_T stack_size, LPTHREAD_START_ROUTINE start,
    void *argument, DWORD flags, LPPROC_THREAD_ATTRIBUTE_LIST list, DWORD *id) {
    OBJECT_ATTRIBUTES attributes;
    PS_ATTRIBUTE_LIST outputs = {.TotalLength = sizeof outputs};
    CLIENT_ID client;
    HANDLE handle = NULL;

    (void)list;
    if (flags & ~(DWORD)(CREATE_SUSPENDED | STACK_SIZE_PARAM_IS_A_RESERVATION)) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    outputs.Attributes[0].Attribute = PS_ATTRIBUTE_CLIENT_ID;
    outputs.Attributes[0].Size = sizeof client;
    outputs.Attributes[0].ValuePtr = &client;
    InitializeObjectAttributes(&attributes, NULL, security && security->bInheritHandle ? OBJ_INHERIT : 0, NULL,
        security ? security->lpSecurityDescriptor : NULL);
    if (!set_nt_error(NtCreateThreadEx(&handle, THREAD_ALL_ACCESS, &attributes, process, (PRTL_THREAD_START_ROUTINE)(void *)start, argument,
            flags & CREATE_SUSPENDED ? 1 : 0, 0, flags & STACK_SIZE_PARAM_IS_A_RESERVATION ? 0 : stack_size,
            flags & STACK_SIZE_PARAM_IS_A_RESERVATION ? stack_size : 0, &outputs)))
        return NULL;
    if (id)
        *id = HandleToULong(client.UniqueThread);
    return handle;
}

HANDLE WINAPI CreateRemoteThread(HANDLE process, SECURITY_ATTRIBUTES *security, SIZE_T stack_size, LPTHREAD_START_ROUTINE start,
    void *argument, DWORD flags, DWORD *id) {
    return CreateRemoteThreadEx(process, security, stack_size, start, argument, flags, NULL, id);
}

HANDLE WINAPI CreateThread(
    SECURITY_ATTRIBUTES *security, SIZE_T stack_size, LPTHREAD_START_ROUTINE start, void *argument, DWORD flags, DWORD *id) {
    return CreateRemoteThreadEx(GetCurrentProcess(), security, stack_size, start, argument, flags, NULL, id);
}

BOOL WINAPI TerminateThread(HANDLE thread, DWORD exit_code) {
    return set_nt_error(NtTerminateThread(thread, (LONG)exit_code));
}

/**
 * SuspendThread() - raises a thread's suspend count.
 * Return: the count before, or (DWORD)-1.
 */
DWORD WINAPI SuspendThread(HANDLE thread) {
    ULONG previous;

    return set_nt_error(NtSuspendThread(thread, &previous)) ? previous : (DWORD)-1;
}

/**
 * ResumeThread() - lowers a thread's suspend count; at 0 it runs.
 * Return: the count before, or (DWORD)-1.
 */
DWORD WINAPI ResumeThread(HANDLE thread) {
    ULONG previous;

    return set_nt_error(NtResumeThread(thread, &previous)) ? previous : (DWORD)-1;
}

/**
 * GetThreadContext() - the parts of a suspended thread's registers that context->ContextFlags names.
 * Return: TRUE; FALSE with ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED, ERROR_GEN_FAILURE (it is ending), ERROR_NOT_SUPPORTED (a thread of
 * a native program's process).
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/processthreadsapi/nf-processthreadsapi-getthreadcontext
 */
BOOL WINAPI GetThreadContext(HANDLE thread, CONTEXT *context) {
    return set_nt_error(NtGetContextThread(thread, context));
}

/** SetThreadContext() - Return: as GetThreadContext. */
BOOL WINAPI SetThreadContext(HANDLE thread, const CONTEXT *context) {
    return set_nt_error(NtSetContextThread(thread, context));
}

HANDLE WINAPI OpenThread(DWORD access, BOOL inherit, DWORD id) {
    CLIENT_ID client = {.UniqueThread = ULongToHandle(id)};
    OBJECT_ATTRIBUTES attributes;
    NTSTATUS status;
    HANDLE handle;

    InitializeObjectAttributes(&attributes, NULL, inherit ? OBJ_INHERIT : 0, NULL, NULL);
    status = NtOpenThread(&handle, access, &attributes, &client);
    return set_nt_error(status == STATUS_INVALID_CID ? STATUS_INVALID_PARAMETER : status) ? handle : NULL;
}

static BOOL thread_basic(HANDLE thread, THREAD_BASIC_INFORMATION *info) {
    return set_nt_error(NtQueryInformationThread(thread, ThreadBasicInformation, info, sizeof *info, NULL));
}

/**
 * GetExitCodeThread() - the exit code, STILL_ACTIVE while it runs.
 * Return: TRUE; FALSE with ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED.
 */
BOOL WINAPI GetExitCodeThread(HANDLE thread, DWORD *exit_code) {
    THREAD_BASIC_INFORMATION info;

    if (!thread_basic(thread, &info))
        return FALSE;
    *exit_code = (DWORD)info.ExitStatus;
    return TRUE;
}

DWORD WINAPI GetThreadId(HANDLE thread) {
    THREAD_BASIC_INFORMATION info;

    return thread_basic(thread, &info) ? HandleToULong(info.ClientId.UniqueThread) : 0;
}

DWORD WINAPI GetProcessIdOfThread(HANDLE thread) {
    THREAD_BASIC_INFORMATION info;

    return thread_basic(thread, &info) ? HandleToULong(info.ClientId.UniqueProcess) : 0;
}

BOOL WINAPI GetThreadTimes(HANDLE thread, FILETIME *created, FILETIME *exited, FILETIME *kernel, FILETIME *user) {
    KERNEL_USER_TIMES times;

    if (!set_nt_error(NtQueryInformationThread(thread, ThreadTimes, &times, sizeof times, NULL)))
        return FALSE;
    memcpy(created, &times.CreateTime, sizeof *created);
    memcpy(exited, &times.ExitTime, sizeof *exited);
    memcpy(kernel, &times.KernelTime, sizeof *kernel);
    memcpy(user, &times.UserTime, sizeof *user);
    return TRUE;
}
