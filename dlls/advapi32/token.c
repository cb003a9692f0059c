/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tokens and privileges (MSDN: securitybaseapi.h, processthreadsapi.h, winbase.h): ntdll's in Win32's words. */
#define UNICODE /* the names of privileges */
#include <stdlib.h>
#include <string.h>

#include <ntstatus.h>
#define WIN32_NO_STATUS
#include <windows.h>
#include <winternl.h>
#include <lmcons.h>

#include "dlls/ntdll/user.h"
#include "dlls/ntdll/user_name.h"

static BOOL token_result(NTSTATUS status) {
    if (status >= 0)
        return TRUE;
    SetLastError(RtlNtStatusToDosError(status));
    return FALSE;
}

/**
 * OpenProcessToken() - a handle to a process's token.
 * Return: TRUE; FALSE with ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/processthreadsapi/nf-processthreadsapi-openprocesstoken
 */
BOOL WINAPI OpenProcessToken(HANDLE process, DWORD access, HANDLE *token) {
    return token_result(NtOpenProcessToken(process, access, token));
}

/** OpenThreadToken() - a handle to the token that a thread impersonates. Return: FALSE with ERROR_NO_TOKEN when it does not. */
BOOL WINAPI OpenThreadToken(HANDLE thread, DWORD access, BOOL as_self, HANDLE *token) {
    return token_result(NtOpenThreadToken(thread, access, as_self, token));
}

/**
 * GetTokenInformation() - something about a token.
 * @need: receives the size needed.
 * Return: TRUE; FALSE with ERROR_INSUFFICIENT_BUFFER, ERROR_INVALID_PARAMETER, ERROR_INVALID_HANDLE.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/securitybaseapi/nf-securitybaseapi-gettokeninformation
 */
BOOL WINAPI GetTokenInformation(HANDLE token, TOKEN_INFORMATION_CLASS class, void *out, DWORD size, DWORD *need) {
    return token_result(NtQueryInformationToken(token, class, out, size, need));
}

/**
 * AdjustTokenPrivileges() - switches privileges on and off.
 * Return: TRUE with ERROR_SUCCESS, or with ERROR_NOT_ALL_ASSIGNED when the token lacks some; FALSE with the error.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/securitybaseapi/nf-securitybaseapi-adjusttokenprivileges
 */
BOOL WINAPI AdjustTokenPrivileges(
    HANDLE token, BOOL disable_all, TOKEN_PRIVILEGES *wanted, DWORD size, TOKEN_PRIVILEGES *previous, DWORD *need) {
    const NTSTATUS status = NtAdjustPrivilegesToken(token, disable_all, wanted, size, previous, need);
    SetLastError(RtlNtStatusToDosError(status));
    return status >= 0;
}

static const WCHAR *const privilege_names[] = {
    [2] = SE_CREATE_TOKEN_NAME, SE_ASSIGNPRIMARYTOKEN_NAME, SE_LOCK_MEMORY_NAME, SE_INCREASE_QUOTA_NAME, SE_MACHINE_ACCOUNT_NAME,
    SE_TCB_NAME, SE_SECURITY_NAME, SE_TAKE_OWNERSHIP_NAME, SE_LOAD_DRIVER_NAME, SE_SYSTEM_PROFILE_NAME, SE_SYSTEMTIME_NAME,
    SE_PROF_SINGLE_PROCESS_NAME, SE_INC_BASE_PRIORITY_NAME, SE_CREATE_PAGEFILE_NAME, SE_CREATE_PERMANENT_NAME, SE_BACKUP_NAME,
    SE_RESTORE_NAME, SE_SHUTDOWN_NAME, SE_DEBUG_NAME, SE_AUDIT_NAME, SE_SYSTEM_ENVIRONMENT_NAME, SE_CHANGE_NOTIFY_NAME,
    SE_REMOTE_SHUTDOWN_NAME, SE_UNDOCK_NAME, L"SeSyncAgentPrivilege", SE_ENABLE_DELEGATION_NAME, SE_MANAGE_VOLUME_NAME,
    SE_IMPERSONATE_NAME, SE_CREATE_GLOBAL_NAME, [31] = L"SeTrustedCredManAccessPrivilege", L"SeRelabelPrivilege",
    L"SeIncreaseWorkingSetPrivilege", L"SeTimeZonePrivilege", L"SeCreateSymbolicLinkPrivilege",
    L"SeDelegateSessionUserImpersonatePrivilege"};

static BOOL privilege_same(const WCHAR *a, const WCHAR *b) {
    return CompareStringOrdinal(a, -1, b, -1, TRUE) == CSTR_EQUAL;
}

/**
 * LookupPrivilegeValueW() - the number of a privilege.
 * @system: NULL: this machine.
 * Return: TRUE; FALSE with ERROR_NO_SUCH_PRIVILEGE, RPC_S_SERVER_UNAVAILABLE (another machine).
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winbase/nf-winbase-lookupprivilegevaluew
 */
BOOL WINAPI LookupPrivilegeValueW(const WCHAR *system, const WCHAR *name, LUID *luid) {
    if (system && *system) {
        SetLastError(RPC_S_SERVER_UNAVAILABLE);
        return FALSE;
    }
    for (DWORD i = 0; name && i < sizeof privilege_names / sizeof *privilege_names; i++) {
        if (privilege_names[i] && privilege_same(privilege_names[i], name)) {
            *luid = (LUID){i, 0};
            return TRUE;
        }
    }
    SetLastError(ERROR_NO_SUCH_PRIVILEGE);
    return FALSE;
}

/** LookupPrivilegeValueA() - see LookupPrivilegeValueW(). */
BOOL WINAPI LookupPrivilegeValueA(const char *system, const char *name, LUID *luid) {
    WCHAR wide[128];
    if (!name || !MultiByteToWideChar(CP_ACP, 0, name, -1, wide, 128)) {
        SetLastError(ERROR_NO_SUCH_PRIVILEGE);
        return FALSE;
    }
    return LookupPrivilegeValueW(system && *system ? L"?" : NULL, wide, luid);
}

/** LookupPrivilegeNameW() - a privilege's name. @len: room; receives the length, with the NUL when the room is too small. */
BOOL WINAPI LookupPrivilegeNameW(const WCHAR *system, LUID *luid, WCHAR *name, DWORD *len) {
    const WCHAR *found = !luid->HighPart && luid->LowPart < sizeof privilege_names / sizeof *privilege_names
                             ? privilege_names[luid->LowPart]
                             : NULL;
    DWORD need = 0;
    (void)system;
    if (!found) {
        SetLastError(ERROR_NO_SUCH_PRIVILEGE);
        return FALSE;
    }
    while (found[need])
        need++;
    if (*len <= need) {
        *len = need + 1;
        SetLastError(ERROR_INSUFFICIENT_BUFFER);
        return FALSE;
    }
    memcpy(name, found, (need + 1) * sizeof(WCHAR));
    *len = need;
    return TRUE;
}

/* Whether a token has an enabled group (or is the user). */
static NTSTATUS token_has_sid(HANDLE token, PSID sid, BOOL *has) {
    union {
        TOKEN_GROUPS groups;
        TOKEN_USER user;
        BYTE bytes[2048];
    } info;
    ULONG size;
    NTSTATUS status = NtQueryInformationToken(token, TokenUser, &info, sizeof info, &size);
    *has = !status && RtlEqualSid(info.user.User.Sid, sid);
    if (status || *has)
        return status;
    status = NtQueryInformationToken(token, TokenGroups, &info, sizeof info, &size);
    for (DWORD i = 0; !status && i < info.groups.GroupCount; i++)
        if (info.groups.Groups[i].Attributes & SE_GROUP_ENABLED && RtlEqualSid(info.groups.Groups[i].Sid, sid))
            *has = TRUE;
    return status;
}

/**
 * CheckTokenMembership() - whether a SID is among a token's user and enabled groups.
 * @token: NULL: the calling thread's.
 * Return: TRUE; FALSE with ERROR_INVALID_PARAMETER, ERROR_INVALID_HANDLE.
 */
BOOL WINAPI CheckTokenMembership(HANDLE token, PSID sid, BOOL *is_member) {
    if (!RtlValidSid(sid) || !is_member) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    *is_member = FALSE;
    return token_result(token_has_sid(token ? token : (HANDLE)-4, sid, is_member));
}

/**
 * GetUserNameW() - the login name.
 * @size: room in characters; receives the size with the NUL.
 * Return: TRUE; FALSE with ERROR_INSUFFICIENT_BUFFER.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winbase/nf-winbase-getusernamew
 */
BOOL WINAPI GetUserNameW(WCHAR *name, DWORD *size) {
    WCHAR text[UNLEN + 1];
    const int need = MultiByteToWideChar(CP_UTF8, 0, winipc_user_name(), -1, text, UNLEN + 1);
    const DWORD room = *size;
    *size = need;
    if (!name || room < (DWORD)need) {
        SetLastError(ERROR_INSUFFICIENT_BUFFER);
        return FALSE;
    }
    memcpy(name, text, need * sizeof(WCHAR));
    return TRUE;
}

/** GetUserNameA() - see GetUserNameW(). */
BOOL WINAPI GetUserNameA(char *name, DWORD *size) {
    const char *text = winipc_user_name();
    const DWORD room = *size, need = strlen(text) + 1;
    *size = need;
    if (!name || room < need) {
        SetLastError(ERROR_INSUFFICIENT_BUFFER);
        return FALSE;
    }
    memcpy(name, text, need);
    return TRUE;
}
