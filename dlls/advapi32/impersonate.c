/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Threads that act as another token (MSDN: securitybaseapi.h, winbase.h): ntdll's in Win32's words. */
#include "dlls/advapi32/security.h"

#include <ntstatus.h>
#include <winioctl.h>

#include <stdlib.h>

/** RevertToSelf() - the thread acts as its process again. */
BOOL WINAPI RevertToSelf(void) {
    return SetThreadToken(NULL, NULL);
}

/** ImpersonateSelf() - the thread gets a token of its own.  Return: FALSE with ERROR_BAD_IMPERSONATION_LEVEL. */
BOOL WINAPI ImpersonateSelf(SECURITY_IMPERSONATION_LEVEL level) {
    return nt_result(RtlImpersonateSelf(level));
}

/**
 * ImpersonateLoggedOnUser() - the thread acts as a token, of either type.
 * @token: a primary one opened for TOKEN_QUERY and TOKEN_DUPLICATE, an impersonation one for TOKEN_QUERY and
 * TOKEN_IMPERSONATE. Return: FALSE with ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED. Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/securitybaseapi/nf-securitybaseapi-impersonateloggedonuser
 */
BOOL WINAPI ImpersonateLoggedOnUser(HANDLE token) {
    HANDLE own = NULL;
    TOKEN_TYPE type;
    DWORD size;
    BOOL done;

    if (!GetTokenInformation(token, TokenType, &type, sizeof type, &size))
        return FALSE;
    if (type == TokenImpersonation)
        return SetThreadToken(NULL, token);
    if (!DuplicateTokenEx(
            token, TOKEN_QUERY | TOKEN_IMPERSONATE, NULL, SecurityImpersonation, TokenImpersonation, &own))
        return FALSE;
    done = SetThreadToken(NULL, own);
    CloseHandle(own);
    return done;
}

/** ImpersonateAnonymousToken() - the thread acts as nobody.  Return: FALSE with ERROR_ACCESS_DENIED (a restricted
 * process). */
BOOL WINAPI ImpersonateAnonymousToken(HANDLE thread) {
    return nt_result(NtImpersonateAnonymousToken(thread));
}

/**
 * ImpersonateNamedPipeClient() - the thread acts as the client of a pipe, as far as that said with SECURITY_* when it opened the pipe.
 * @pipe: the server's end.
 * Return: TRUE; FALSE with ERROR_CANNOT_IMPERSONATE (no client yet, or one that cannot be), ERROR_PIPE_NOT_CONNECTED,
 * ERROR_INVALID_FUNCTION (a client's end), ERROR_INVALID_HANDLE.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/namedpipeapi/nf-namedpipeapi-impersonatenamedpipeclient
 */
BOOL WINAPI ImpersonateNamedPipeClient(HANDLE pipe) {
    IO_STATUS_BLOCK iosb;

    return nt_result(NtFsControlFile(pipe, NULL, NULL, NULL, &iosb, FSCTL_PIPE_IMPERSONATE, NULL, 0, NULL, 0));
}
