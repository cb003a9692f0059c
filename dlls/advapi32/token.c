/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tokens (MSDN: securitybaseapi.h, processthreadsapi.h, winbase.h): ntdll's in Win32's words. */
#include <stdlib.h>
#include <string.h>

#include <ntstatus.h>
#define WIN32_NO_STATUS
#include <windows.h>
#include <winternl.h>
#include <lmcons.h>

#include "dlls/advapi32/security.h"
#include "dlls/ntdll/user.h"
#include "dlls/ntdll/user_name.h"

/**
 * GetTokenInformation() - something about a token.
 * @need: receives the size needed.
 * Return: TRUE; FALSE with ERROR_INSUFFICIENT_BUFFER, ERROR_INVALID_PARAMETER, ERROR_INVALID_HANDLE.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/securitybaseapi/nf-securitybaseapi-gettokeninformation
 */
BOOL WINAPI GetTokenInformation(HANDLE token, TOKEN_INFORMATION_CLASS class, void *out, DWORD size, DWORD *need) {
    return nt_result(NtQueryInformationToken(token, class, out, size, need));
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

/** AdjustTokenGroups() - switches groups on and off.  Return: as AdjustTokenPrivileges; FALSE with
 * ERROR_CANT_DISABLE_MANDATORY, ERROR_CANT_ENABLE_DENY_ONLY. */
BOOL WINAPI AdjustTokenGroups(
    HANDLE token, BOOL reset, TOKEN_GROUPS *wanted, DWORD size, TOKEN_GROUPS *previous, DWORD *need) {
    const NTSTATUS status = NtAdjustGroupsToken(token, reset != 0, wanted, size, previous, need);

    SetLastError(RtlNtStatusToDosError(status));
    return status >= 0;
}

/**
 * SetTokenInformation() - owner, primary group, default DACL and level of a token.
 * Return: FALSE with ERROR_INVALID_PARAMETER, ERROR_BAD_LENGTH, ERROR_INVALID_OWNER, ERROR_INVALID_PRIMARY_GROUP,
 * ERROR_PRIVILEGE_NOT_HELD, ERROR_ACCESS_DENIED, ERROR_INVALID_HANDLE.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/securitybaseapi/nf-securitybaseapi-settokeninformation
 */
BOOL WINAPI SetTokenInformation(HANDLE token, TOKEN_INFORMATION_CLASS class, void *data, DWORD size) {
    return nt_result(NtSetInformationToken(token, class, data, size));
}

/**
 * DuplicateTokenEx() - a new token that says the same.
 * @access: 0: what @token may; MAXIMUM_ALLOWED: all.
 * Return: FALSE with ERROR_BAD_IMPERSONATION_LEVEL, ERROR_ACCESS_DENIED (no TOKEN_DUPLICATE), ERROR_INVALID_HANDLE,
 * ERROR_INVALID_PARAMETER.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/securitybaseapi/nf-securitybaseapi-duplicatetokenex
 */
BOOL WINAPI DuplicateTokenEx(HANDLE token, DWORD access, SECURITY_ATTRIBUTES *security, SECURITY_IMPERSONATION_LEVEL level,
    TOKEN_TYPE type, HANDLE *made) {
    SECURITY_QUALITY_OF_SERVICE quality = {.Length = sizeof quality, .ImpersonationLevel = level};
    OBJECT_ATTRIBUTES attributes;

    InitializeObjectAttributes(&attributes, NULL, security && security->bInheritHandle ? OBJ_INHERIT : 0, NULL,
        security ? security->lpSecurityDescriptor : NULL);
    attributes.SecurityQualityOfService = &quality;
    return nt_result(NtDuplicateToken(token, access, &attributes, FALSE, type, made));
}

/** DuplicateToken() - an impersonation token for TOKEN_IMPERSONATE and TOKEN_QUERY.  Return: as DuplicateTokenEx. */
BOOL WINAPI DuplicateToken(HANDLE token, SECURITY_IMPERSONATION_LEVEL level, HANDLE *made) {
    return DuplicateTokenEx(token, TOKEN_IMPERSONATE | TOKEN_QUERY, NULL, level, TokenImpersonation, made);
}

/* A list of SIDs as one of groups.  Return: memory for LocalFree; NULL for none, or with *status. */
static TOKEN_GROUPS *groups_of(DWORD n, const SID_AND_ATTRIBUTES *list, NTSTATUS *status) {
    TOKEN_GROUPS *groups;

    if (!n)
        return NULL;
    if (!list) {
        *status = STATUS_INVALID_PARAMETER;
        return NULL;
    }
    groups = LocalAlloc(LMEM_FIXED, offsetof(TOKEN_GROUPS, Groups) + n * sizeof *list);
    if (!groups) {
        *status = STATUS_NO_MEMORY;
        return NULL;
    }
    groups->GroupCount = n;
    memcpy(groups->Groups, list, n * sizeof *list);
    return groups;
}

static TOKEN_PRIVILEGES *privileges_of(DWORD n, const LUID_AND_ATTRIBUTES *list, NTSTATUS *status) {
    TOKEN_PRIVILEGES *privileges;

    if (!n)
        return NULL;
    if (!list) {
        *status = STATUS_INVALID_PARAMETER;
        return NULL;
    }
    privileges = LocalAlloc(LMEM_FIXED, offsetof(TOKEN_PRIVILEGES, Privileges) + n * sizeof *list);
    if (!privileges) {
        *status = STATUS_NO_MEMORY;
        return NULL;
    }
    privileges->PrivilegeCount = n;
    memcpy(privileges->Privileges, list, n * sizeof *list);
    return privileges;
}

/**
 * CreateRestrictedToken() - a token that may less than @token.
 * @flags: DISABLE_MAX_PRIVILEGE, SANDBOX_INERT, LUA_TOKEN, WRITE_RESTRICTED.
 * @disable: groups that count for denials alone.  @remove: privileges that it lacks.
 * @restricting: SIDs that must be granted an access as well; their attributes must be 0.
 * Return: FALSE with ERROR_INVALID_PARAMETER, ERROR_ACCESS_DENIED (no TOKEN_DUPLICATE), ERROR_INVALID_HANDLE.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/securitybaseapi/nf-securitybaseapi-createrestrictedtoken
 */
BOOL WINAPI CreateRestrictedToken(HANDLE token, DWORD flags, DWORD n_disable, SID_AND_ATTRIBUTES *disable, DWORD n_remove,
    LUID_AND_ATTRIBUTES *remove, DWORD n_restricting, SID_AND_ATTRIBUTES *restricting, HANDLE *made) {
    NTSTATUS status = STATUS_SUCCESS;
    TOKEN_GROUPS *groups = groups_of(n_disable, disable, &status), *sids = groups_of(n_restricting, restricting, &status);
    TOKEN_PRIVILEGES *privileges = privileges_of(n_remove, remove, &status);

    if (!status)
        status = NtFilterToken(token, flags, groups, privileges, sids, made);
    LocalFree(groups);
    LocalFree(sids);
    LocalFree(privileges);
    return nt_result(status);
}

/** IsTokenRestricted() - whether a token has a list of restricting SIDs.  Return: also FALSE with ERROR_INVALID_HANDLE… */
BOOL WINAPI IsTokenRestricted(HANDLE token) {
    BYTE info[256 * 16 + 256 * SECURITY_MAX_SID_SIZE];
    ULONG size;
    const NTSTATUS status = NtQueryInformationToken(token, TokenRestrictedSids, info, sizeof info, &size);

    if (status)
        return nt_result(status);
    SetLastError(ERROR_SUCCESS);
    return ((TOKEN_GROUPS *)info)->GroupCount > 0;
}

/**
 * CheckTokenMembershipEx() - whether a SID is among a token's user and enabled groups; of a restricted token, among the
 * restricting SIDs as well.
 * @token: an impersonation token; NULL: the calling thread's, or what its process's says.
 * @flags: 0, or CTMF_INCLUDE_APPCONTAINER, which changes nothing here.
 * Return: FALSE with ERROR_INVALID_PARAMETER, ERROR_INVALID_HANDLE, ERROR_NO_IMPERSONATION_TOKEN, ERROR_ACCESS_DENIED.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/securitybaseapi/nf-securitybaseapi-checktokenmembership
 */
BOOL WINAPI CheckTokenMembershipEx(HANDLE token, PSID sid, DWORD flags, BOOL *is_member) {
    enum { RIGHT = 1 };
    GENERIC_MAPPING mapping = {RIGHT, RIGHT, RIGHT, RIGHT};
    SECURITY_DESCRIPTOR descriptor;
    HANDLE own = NULL, process;
    PRIVILEGE_SET set;
    BYTE dacl[256];
    DWORD size = sizeof set, granted = 0;
    BOOL done = FALSE, is = FALSE;

    if (!RtlValidSid(sid) || !is_member || flags & ~1u)
        return fail_with(ERROR_INVALID_PARAMETER);
    *is_member = FALSE;
    if (!token && !OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &own)) {
        if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY | TOKEN_DUPLICATE, &process))
            return FALSE;
        done = DuplicateToken(process, SecurityIdentification, &own);
        CloseHandle(process);
        if (!done)
            return FALSE;
    }
    InitializeAcl((ACL *)dacl, sizeof dacl, ACL_REVISION);
    AddAccessAllowedAce((ACL *)dacl, ACL_REVISION, RIGHT, sid);
    InitializeSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION);
    SetSecurityDescriptorOwner(&descriptor, sid, FALSE);
    SetSecurityDescriptorGroup(&descriptor, sid, FALSE);
    SetSecurityDescriptorDacl(&descriptor, TRUE, (ACL *)dacl, FALSE);
    done = AccessCheck(&descriptor, token ? token : own, RIGHT, &mapping, &set, &size, &granted, &is);
    if (done)
        *is_member = is;
    if (own)
        CloseHandle(own);
    return done;
}

BOOL WINAPI CheckTokenMembership(HANDLE token, PSID sid, BOOL *is_member) {
    return CheckTokenMembershipEx(token, sid, 0, is_member);
}

static const char *user_name(void) {
    return winipc_acts_as_nobody() ? "ANONYMOUS LOGON" : winipc_user_name();
}

/**
 * GetUserNameW() - the login name; of a thread that impersonates anonymously that of the account S-1-5-7.
 * @size: room in characters; receives the size with the NUL.
 * Return: TRUE; FALSE with ERROR_INSUFFICIENT_BUFFER.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winbase/nf-winbase-getusernamew
 */
BOOL WINAPI GetUserNameW(WCHAR *name, DWORD *size) {
    WCHAR text[UNLEN + 1];
    const int need = MultiByteToWideChar(CP_UTF8, 0, user_name(), -1, text, UNLEN + 1);
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
    const char *text = user_name();
    const DWORD room = *size, need = strlen(text) + 1;
    *size = need;
    if (!name || room < need) {
        SetLastError(ERROR_INSUFFICIENT_BUFFER);
        return FALSE;
    }
    memcpy(name, text, need);
    return TRUE;
}

/** AllocateLocallyUniqueId() - a number that this session has not given before. */
BOOL WINAPI AllocateLocallyUniqueId(LUID *luid) {
    return nt_result(NtAllocateLocallyUniqueId(luid));
}
