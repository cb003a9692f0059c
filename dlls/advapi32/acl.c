/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Access control lists (MSDN: securitybaseapi.h): ntdll's in Win32's words. */
#include "dlls/advapi32/security.h"

/** InitializeAcl() - an empty list.  Return: FALSE with ERROR_INSUFFICIENT_BUFFER, ERROR_INVALID_PARAMETER. */
BOOL WINAPI InitializeAcl(ACL *acl, DWORD size, DWORD revision) {
    return nt_result(RtlCreateAcl(acl, size, revision));
}

/* The page names no error; ERROR_INVALID_ACL is not confirmed. */
BOOL WINAPI IsValidAcl(ACL *acl) {
    return RtlValidAcl(acl) ? TRUE : fail_with(ERROR_INVALID_ACL);
}

/** GetAce() - the entry at an index.  Return: FALSE with ERROR_INVALID_PARAMETER. */
BOOL WINAPI GetAce(ACL *acl, DWORD index, void **ace) {
    return nt_result(RtlGetAce(acl, index, ace));
}

/**
 * AddAce() - puts entries into a list.  @index: before which entry; MAXDWORD: at the end.
 * Return: FALSE with ERROR_INSUFFICIENT_BUFFER, ERROR_INVALID_PARAMETER, ERROR_REVISION_MISMATCH.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/securitybaseapi/nf-securitybaseapi-addace
 */
BOOL WINAPI AddAce(ACL *acl, DWORD revision, DWORD index, void *entries, DWORD size) {
    return nt_result(RtlAddAce(acl, revision, index, entries, size));
}

BOOL WINAPI DeleteAce(ACL *acl, DWORD index) {
    return nt_result(RtlDeleteAce(acl, index));
}

/** FindFirstFreeAce() - the place behind the last entry, in a full list the byte behind it.  Return: FALSE with
 * ERROR_INVALID_ACL. */
BOOL WINAPI FindFirstFreeAce(ACL *acl, void **ace) {
    return RtlFirstFreeAce(acl, (ACE_HEADER **)ace) ? TRUE : fail_with(ERROR_INVALID_ACL);
}

/**
 * AddAccessAllowedAce() - allows a SID some rights.
 * Return: FALSE with ERROR_ALLOTTED_SPACE_EXCEEDED, ERROR_INVALID_ACL, ERROR_INVALID_SID, ERROR_REVISION_MISMATCH.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/securitybaseapi/nf-securitybaseapi-addaccessallowedace
 */
BOOL WINAPI AddAccessAllowedAce(ACL *acl, DWORD revision, DWORD mask, PSID sid) {
    return nt_result(RtlAddAccessAllowedAce(acl, revision, mask, sid));
}

BOOL WINAPI AddAccessAllowedAceEx(ACL *acl, DWORD revision, DWORD flags, DWORD mask, PSID sid) {
    return nt_result(RtlAddAccessAllowedAceEx(acl, revision, flags, mask, sid));
}

BOOL WINAPI AddAccessDeniedAce(ACL *acl, DWORD revision, DWORD mask, PSID sid) {
    return nt_result(RtlAddAccessDeniedAce(acl, revision, mask, sid));
}

BOOL WINAPI AddAccessDeniedAceEx(ACL *acl, DWORD revision, DWORD flags, DWORD mask, PSID sid) {
    return nt_result(RtlAddAccessDeniedAceEx(acl, revision, flags, mask, sid));
}

BOOL WINAPI AddAccessAllowedObjectAce(
    ACL *acl, DWORD revision, DWORD flags, DWORD mask, GUID *object, GUID *inherited, PSID sid) {
    return nt_result(RtlAddAccessAllowedObjectAce(acl, revision, flags, mask, object, inherited, sid));
}

BOOL WINAPI AddAccessDeniedObjectAce(
    ACL *acl, DWORD revision, DWORD flags, DWORD mask, GUID *object, GUID *inherited, PSID sid) {
    return nt_result(RtlAddAccessDeniedObjectAce(acl, revision, flags, mask, object, inherited, sid));
}

BOOL WINAPI AddAuditAccessAce(ACL *acl, DWORD revision, DWORD mask, PSID sid, BOOL success, BOOL failure) {
    return nt_result(RtlAddAuditAccessAce(acl, revision, mask, sid, success, failure));
}

BOOL WINAPI AddAuditAccessAceEx(
    ACL *acl, DWORD revision, DWORD flags, DWORD mask, PSID sid, BOOL success, BOOL failure) {
    return nt_result(RtlAddAuditAccessAceEx(acl, revision, flags, mask, sid, success, failure));
}

BOOL WINAPI AddMandatoryAce(ACL *acl, DWORD revision, DWORD flags, DWORD policy, PSID sid) {
    return nt_result(RtlAddMandatoryAce(acl, revision, flags, policy, SYSTEM_MANDATORY_LABEL_ACE_TYPE, sid));
}

/** GetAclInformation() - sizes or revision of a list.  Return: FALSE with ERROR_INVALID_PARAMETER,
 * ERROR_INSUFFICIENT_BUFFER. */
BOOL WINAPI GetAclInformation(ACL *acl, void *out, DWORD size, ACL_INFORMATION_CLASS class) {
    return nt_result(RtlQueryInformationAcl(acl, out, size, class));
}
