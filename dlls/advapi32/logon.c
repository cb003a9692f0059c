/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Logons, and processes that begin with a token (MSDN: winbase.h).  One user is known here: oneself. */
#include "dlls/advapi32/security.h"

#ifndef LOGON32_LOGON_INTERACTIVE
#define LOGON32_LOGON_INTERACTIVE 2 /* Wine's headers lack it */
#endif

/**
 * LogonUserW() - a token for a user, by name and password: passwords are none of ours, so nobody is let in; whoever
 * wants a token of his own opens his process's. Return: FALSE with ERROR_LOGON_FAILURE, ERROR_INVALID_PARAMETER.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winbase/nf-winbase-logonuserw
 */
BOOL WINAPI LogonUserW(
    const WCHAR *user, const WCHAR *domain, const WCHAR *password, DWORD type, DWORD provider, HANDLE *token) {
    (void)domain, (void)password;
    if (!token || !user || type < LOGON32_LOGON_INTERACTIVE || provider > 4)
        return fail_with(ERROR_INVALID_PARAMETER);
    *token = NULL;
    return fail_with(ERROR_LOGON_FAILURE);
}

/** LogonUserA() - see LogonUserW(). */
BOOL WINAPI LogonUserA(
    const char *user, const char *domain, const char *password, DWORD type, DWORD provider, HANDLE *token) {
    (void)domain, (void)password;
    return LogonUserW(user ? L"?" : NULL, NULL, NULL, type, provider, token);
}

/**
 * CreateProcessWithTokenW() - CreateProcess, with a token that the child begins with; nothing is inherited.
 * @logon: LOGON_WITH_PROFILE, LOGON_NETCREDENTIALS_ONLY or 0: there is one profile.
 * Return: as CreateProcessAsUser.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winbase/nf-winbase-createprocesswithtokenw
 */
BOOL WINAPI CreateProcessWithTokenW(HANDLE token, DWORD logon, const WCHAR *application, WCHAR *command, DWORD flags,
    void *environment, const WCHAR *directory, STARTUPINFOW *info, PROCESS_INFORMATION *result) {
    if (logon & ~3u)
        return fail_with(ERROR_INVALID_PARAMETER);
    if (!token)
        return fail_with(ERROR_INVALID_HANDLE);
    return CreateProcessAsUserW(
        token, application, command, NULL, NULL, FALSE, flags, environment, directory, info, result);
}
