/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Access checks and other events that are to be audited (MSDN: securitybaseapi.h, winbase.h).  Nothing is recorded
 * here, as on a Windows whose policy audits nothing; who asks needs SeAuditPrivilege all the same, and by its process's
 * token.
 */
#include "dlls/advapi32/security.h"

#include <stdlib.h>

/* Wine's headers lack these. */
typedef enum { AuditEventObjectAccess, AuditEventDirectoryServiceAccess } AUDIT_EVENT_TYPE;
#ifndef AUDIT_ALLOW_NO_PRIVILEGE
#define AUDIT_ALLOW_NO_PRIVILEGE 1
#endif

/* Return: FALSE with ERROR_PRIVILEGE_NOT_HELD. */
static BOOL audit_allowed(void) {
    PRIVILEGE_SET needed = {1, PRIVILEGE_SET_ALL_NECESSARY, {{{SE_AUDIT_PRIVILEGE, 0}, 0}}};
    BOOL held = FALSE;
    HANDLE token;

    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
        return FALSE;
    if (!PrivilegeCheck(token, &needed, &held))
        held = FALSE;
    CloseHandle(token);
    return held || fail_with(ERROR_PRIVILEGE_NOT_HELD);
}

/**
 * AccessCheckAndAuditAlarmW() - AccessCheck by the token that the thread impersonates.
 * @subsystem, @handle, @type, @name, @creation: what a record would say.
 * @granted, @allowed: the answer.  @generate: receives FALSE.
 * Return: TRUE, when there is an answer; FALSE with ERROR_PRIVILEGE_NOT_HELD, ERROR_NO_TOKEN (the thread does not
 * impersonate), those of AccessCheck. Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/securitybaseapi/nf-securitybaseapi-accesscheckandauditalarmw
 */
BOOL WINAPI AccessCheckAndAuditAlarmW(const WCHAR *subsystem, void *handle, WCHAR *type, WCHAR *name,
    PSECURITY_DESCRIPTOR descriptor, DWORD access, GENERIC_MAPPING *mapping, BOOL creation, DWORD *granted,
    BOOL *allowed, BOOL *generate) {
    PRIVILEGE_SET *used;
    DWORD size = sizeof *used + 64 * sizeof(LUID_AND_ATTRIBUTES);
    HANDLE token;
    BOOL answered;

    (void)subsystem, (void)handle, (void)type, (void)name, (void)creation;
    if (!OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token))
        return FALSE;
    used = audit_allowed() ? malloc(size) : NULL;
    answered = used && AccessCheck(descriptor, token, access, mapping, used, &size, granted, allowed);
    if (answered)
        *generate = FALSE;
    free(used);
    CloseHandle(token);
    return answered;
}

/** AccessCheckAndAuditAlarmA() - see AccessCheckAndAuditAlarmW(): none of its texts is looked at. */
BOOL WINAPI AccessCheckAndAuditAlarmA(const char *subsystem, void *handle, char *type, char *name,
    PSECURITY_DESCRIPTOR descriptor, DWORD access, GENERIC_MAPPING *mapping, BOOL creation, DWORD *granted,
    BOOL *allowed, BOOL *generate) {
    (void)subsystem, (void)type, (void)name;
    return AccessCheckAndAuditAlarmW(
        NULL, handle, NULL, NULL, descriptor, access, mapping, creation, granted, allowed, generate);
}

/**
 * AccessCheckByTypeAndAuditAlarmW() - AccessCheckByType by the token that the thread impersonates.
 * @event, @flags: AUDIT_EVENT_TYPE and AUDIT_ALLOW_NO_PRIVILEGE: with this the privilege is not needed, and nothing
 * would be recorded without it. Return: as AccessCheckAndAuditAlarmW. Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/securitybaseapi/nf-securitybaseapi-accesscheckbytypeandauditalarmw
 */
BOOL WINAPI AccessCheckByTypeAndAuditAlarmW(const WCHAR *subsystem, void *handle, const WCHAR *type, const WCHAR *name,
    PSECURITY_DESCRIPTOR descriptor, PSID self, DWORD access, AUDIT_EVENT_TYPE event, DWORD flags,
    OBJECT_TYPE_LIST *types, DWORD n, GENERIC_MAPPING *mapping, BOOL creation, DWORD *granted, BOOL *allowed,
    BOOL *generate) {
    PRIVILEGE_SET *used;
    DWORD size = sizeof *used + 64 * sizeof(LUID_AND_ATTRIBUTES);
    HANDLE token;
    BOOL answered;

    (void)subsystem, (void)handle, (void)type, (void)name, (void)creation, (void)event;
    if (!OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token))
        return FALSE;
    used = flags & AUDIT_ALLOW_NO_PRIVILEGE || audit_allowed() ? malloc(size) : NULL;
    answered =
        used && AccessCheckByType(descriptor, self, token, access, types, n, mapping, used, &size, granted, allowed);
    if (answered)
        *generate = FALSE;
    free(used);
    CloseHandle(token);
    return answered;
}

BOOL WINAPI AccessCheckByTypeAndAuditAlarmA(const char *subsystem, void *handle, const char *type, const char *name,
    PSECURITY_DESCRIPTOR descriptor, PSID self, DWORD access, AUDIT_EVENT_TYPE event, DWORD flags,
    OBJECT_TYPE_LIST *types, DWORD n, GENERIC_MAPPING *mapping, BOOL creation, DWORD *granted, BOOL *allowed,
    BOOL *generate) {
    (void)subsystem, (void)type, (void)name;
    return AccessCheckByTypeAndAuditAlarmW(NULL, handle, NULL, NULL, descriptor, self, access, event, flags, types, n,
        mapping, creation, granted, allowed, generate);
}

/** ObjectOpenAuditAlarmW() - a record of an object's opening.  Return: TRUE: nothing is recorded; FALSE with
 * ERROR_PRIVILEGE_NOT_HELD. Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/securitybaseapi/nf-securitybaseapi-objectopenauditalarmw */
BOOL WINAPI ObjectOpenAuditAlarmW(const WCHAR *subsystem, void *handle, WCHAR *type, WCHAR *name,
    PSECURITY_DESCRIPTOR descriptor, HANDLE token, DWORD desired, DWORD granted, PRIVILEGE_SET *used, BOOL creation,
    BOOL access, BOOL *generate) {
    (void)subsystem, (void)handle, (void)type, (void)name, (void)descriptor, (void)token;
    (void)desired, (void)granted, (void)used, (void)creation, (void)access;
    if (!audit_allowed())
        return FALSE;
    *generate = FALSE;
    return TRUE;
}

BOOL WINAPI ObjectOpenAuditAlarmA(const char *subsystem, void *handle, char *type, char *name,
    PSECURITY_DESCRIPTOR descriptor, HANDLE token, DWORD desired, DWORD granted, PRIVILEGE_SET *used, BOOL creation,
    BOOL access, BOOL *generate) {
    (void)subsystem, (void)type, (void)name;
    return ObjectOpenAuditAlarmW(
        NULL, handle, NULL, NULL, descriptor, token, desired, granted, used, creation, access, generate);
}

/** ObjectCloseAuditAlarmW() - a record of its closing.  Return: as ObjectOpenAuditAlarmW. */
BOOL WINAPI ObjectCloseAuditAlarmW(const WCHAR *subsystem, void *handle, BOOL generate) {
    (void)subsystem, (void)handle, (void)generate;
    return audit_allowed();
}

BOOL WINAPI ObjectCloseAuditAlarmA(const char *subsystem, void *handle, BOOL generate) {
    (void)subsystem;
    return ObjectCloseAuditAlarmW(NULL, handle, generate);
}

/** ObjectDeleteAuditAlarmW() - a record of its end.  Return: as ObjectOpenAuditAlarmW. */
BOOL WINAPI ObjectDeleteAuditAlarmW(const WCHAR *subsystem, void *handle, BOOL generate) {
    (void)subsystem, (void)handle, (void)generate;
    return audit_allowed();
}

BOOL WINAPI ObjectDeleteAuditAlarmA(const char *subsystem, void *handle, BOOL generate) {
    (void)subsystem;
    return ObjectDeleteAuditAlarmW(NULL, handle, generate);
}

/** PrivilegedServiceAuditAlarmW() - a record of a privilege's use.  Return: as ObjectOpenAuditAlarmW. */
BOOL WINAPI PrivilegedServiceAuditAlarmW(
    const WCHAR *subsystem, const WCHAR *service, HANDLE token, PRIVILEGE_SET *privileges, BOOL granted) {
    (void)subsystem, (void)service, (void)token, (void)privileges, (void)granted;
    return audit_allowed();
}

BOOL WINAPI PrivilegedServiceAuditAlarmA(
    const char *subsystem, const char *service, HANDLE token, PRIVILEGE_SET *privileges, BOOL granted) {
    (void)subsystem, (void)service;
    return PrivilegedServiceAuditAlarmW(NULL, NULL, token, privileges, granted);
}
