/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The names of privileges, and whether a client has some (MSDN: winbase.h, securitybaseapi.h). */
#define UNICODE /* the names of privileges */
#include "dlls/advapi32/security.h"

#include <stdlib.h>
#include <string.h>

static const WCHAR *const privilege_names[] = {[2] = SE_CREATE_TOKEN_NAME,
    SE_ASSIGNPRIMARYTOKEN_NAME,
    SE_LOCK_MEMORY_NAME,
    SE_INCREASE_QUOTA_NAME,
    SE_MACHINE_ACCOUNT_NAME,
    SE_TCB_NAME,
    SE_SECURITY_NAME,
    SE_TAKE_OWNERSHIP_NAME,
    SE_LOAD_DRIVER_NAME,
    SE_SYSTEM_PROFILE_NAME,
    SE_SYSTEMTIME_NAME,
    SE_PROF_SINGLE_PROCESS_NAME,
    SE_INC_BASE_PRIORITY_NAME,
    SE_CREATE_PAGEFILE_NAME,
    SE_CREATE_PERMANENT_NAME,
    SE_BACKUP_NAME,
    SE_RESTORE_NAME,
    SE_SHUTDOWN_NAME,
    SE_DEBUG_NAME,
    SE_AUDIT_NAME,
    SE_SYSTEM_ENVIRONMENT_NAME,
    SE_CHANGE_NOTIFY_NAME,
    SE_REMOTE_SHUTDOWN_NAME,
    SE_UNDOCK_NAME,
    L"SeSyncAgentPrivilege",
    SE_ENABLE_DELEGATION_NAME,
    SE_MANAGE_VOLUME_NAME,
    SE_IMPERSONATE_NAME,
    SE_CREATE_GLOBAL_NAME,
    [31] = L"SeTrustedCredManAccessPrivilege",
    L"SeRelabelPrivilege",
    L"SeIncreaseWorkingSetPrivilege",
    L"SeTimeZonePrivilege",
    L"SeCreateSymbolicLinkPrivilege",
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

/* A name for the caller.  @len: room; receives the length, with the NUL when the room is too small. */
static BOOL privilege_give(const WCHAR *found, WCHAR *name, DWORD *len) {
    DWORD need = 0;

    if (!found)
        return fail_with(ERROR_NO_SUCH_PRIVILEGE);
    while (found[need])
        need++;
    if (*len <= need) {
        *len = need + 1;
        return fail_with(ERROR_INSUFFICIENT_BUFFER);
    }
    memcpy(name, found, (need + 1) * sizeof(WCHAR));
    *len = need;
    return TRUE;
}

/** LookupPrivilegeNameW() - a privilege's name. @len: room; receives the length, with the NUL when the room is too
 * small. */
BOOL WINAPI LookupPrivilegeNameW(const WCHAR *system, LUID *luid, WCHAR *name, DWORD *len) {
    (void)system;
    return privilege_give(!luid->HighPart && luid->LowPart < sizeof privilege_names / sizeof *privilege_names
                              ? privilege_names[luid->LowPart]
                              : NULL,
        name, len);
}

/* The same in bytes. */
static BOOL narrow_give(const WCHAR *wide, char *name, DWORD *len) {
    const DWORD need = (DWORD)WideCharToMultiByte(CP_ACP, 0, wide, -1, NULL, 0, NULL, NULL);

    if (*len < need) {
        *len = need;
        return fail_with(ERROR_INSUFFICIENT_BUFFER);
    }
    WideCharToMultiByte(CP_ACP, 0, wide, -1, name, (int)need, NULL, NULL);
    *len = need - 1;
    return TRUE;
}

/** LookupPrivilegeNameA() - see LookupPrivilegeNameW(). */
BOOL WINAPI LookupPrivilegeNameA(const char *system, LUID *luid, char *name, DWORD *len) {
    WCHAR wide[128];
    DWORD n = 128;

    (void)system;
    return LookupPrivilegeNameW(NULL, luid, wide, &n) && narrow_give(wide, name, len);
}

/* In words of ours: what a privilege is good for. */
static const WCHAR *const privilege_purposes[] = {[2] = L"Make tokens",
    L"Give a process another token",
    L"Lock pages in memory",
    L"Change the quotas of a process",
    L"Add machines to a domain",
    L"Act as part of the system",
    L"Manage audits",
    L"Take ownership of objects",
    L"Load device drivers",
    L"Measure the system",
    L"Set the clock",
    L"Measure a process",
    L"Raise priorities",
    L"Make a paging file",
    L"Make permanent objects",
    L"Read everything, for backups",
    L"Write everything, to restore backups",
    L"Shut the system down",
    L"Debug programs",
    L"Write to the audit log",
    L"Change the firmware's environment",
    L"Pass through directories",
    L"Shut the system down from afar",
    L"Undock the computer",
    L"Synchronize a directory service",
    L"Let accounts be trusted for delegation",
    L"Maintain volumes",
    L"Act as a client after authentication",
    L"Make global objects",
    [31] = L"Reach the credential manager as a trusted caller",
    L"Change the label of objects",
    L"Enlarge the working set",
    L"Change the time zone",
    L"Make symbolic links",
    L"Act for another user of the session"};

/**
 * LookupPrivilegeDisplayNameW() - what a privilege is good for, in English.
 * Return: FALSE with ERROR_NO_SUCH_PRIVILEGE, ERROR_INSUFFICIENT_BUFFER.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winbase/nf-winbase-lookupprivilegedisplaynamew
 */
BOOL WINAPI LookupPrivilegeDisplayNameW(
    const WCHAR *system, const WCHAR *name, WCHAR *text, DWORD *len, DWORD *language) {
    LUID luid;

    if (!LookupPrivilegeValueW(system, name, &luid))
        return FALSE;
    *language = MAKELANGID(LANG_ENGLISH, SUBLANG_ENGLISH_US);
    return privilege_give(privilege_purposes[luid.LowPart], text, len);
}

/** LookupPrivilegeDisplayNameA() - see LookupPrivilegeDisplayNameW(). */
BOOL WINAPI LookupPrivilegeDisplayNameA(const char *system, const char *name, char *text, DWORD *len, DWORD *language) {
    WCHAR wide[128], wide_name[128];
    DWORD n = 128;

    if (!name || !MultiByteToWideChar(CP_ACP, 0, name, -1, wide_name, 128))
        return fail_with(ERROR_NO_SUCH_PRIVILEGE);
    return LookupPrivilegeDisplayNameW(system && *system ? L"?" : NULL, wide_name, wide, &n, language) &&
           narrow_give(wide, text, len);
}

/** PrivilegeCheck() - whether a client has privileges switched on.  Return: FALSE with ERROR_BAD_IMPERSONATION_LEVEL…
 */
BOOL WINAPI PrivilegeCheck(HANDLE token, PRIVILEGE_SET *set, BOOL *result) {
    BOOLEAN is = FALSE;
    const NTSTATUS status = NtPrivilegeCheck(token, set, &is);

    if (!status)
        *result = is;
    return nt_result(status);
}
