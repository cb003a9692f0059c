/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tokens of processes and threads (MSDN: processthreadsapi.h); advapi32 forwards here. */
#include <windows.h>
#include <winternl.h>

#include "dlls/kernel32/error.h"

/**
 * OpenProcessToken() - a handle to a process's token.
 * Return: TRUE; FALSE with ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/processthreadsapi/nf-processthreadsapi-openprocesstoken
 */
BOOL WINAPI OpenProcessToken(HANDLE process, DWORD access, HANDLE *token) {
    return set_nt_error(NtOpenProcessToken(process, access, token));
}

/** OpenThreadToken() - a handle to the token that a thread impersonates. Return: FALSE with ERROR_NO_TOKEN when it does
 * not. */
BOOL WINAPI OpenThreadToken(HANDLE thread, DWORD access, BOOL as_self, HANDLE *token) {
    return set_nt_error(NtOpenThreadToken(thread, access, as_self, token));
}

/**
 * SetThreadToken() - the token that a thread acts as from now on.
 * @thread: NULL: the calling one.  @token: an impersonation token, opened for TOKEN_IMPERSONATE; NULL: none any more.
 * Return: FALSE with ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED, ERROR_BAD_TOKEN_TYPE.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/processthreadsapi/nf-processthreadsapi-setthreadtoken
 */
BOOL WINAPI SetThreadToken(HANDLE *thread, HANDLE token) {
    return set_nt_error(
        NtSetInformationThread(thread ? *thread : GetCurrentThread(), ThreadImpersonationToken, &token, sizeof token));
}
