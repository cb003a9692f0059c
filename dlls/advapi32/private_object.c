/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The security of programs' own objects (MSDN: securitybaseapi.h): ntdll's in Win32's words. */
#include "dlls/advapi32/security.h"

#include "dlls/ntdll/security_private.h"

/**
 * CreatePrivateObjectSecurityEx() - the descriptor of a new object of the program's own, from that of what it lies in
 * and what its maker says.
 * @type: entries for one type of object are not handed down.  @flags: SEF_*.
 * Return: TRUE; FALSE with ERROR_INVALID_OWNER, ERROR_PRIVILEGE_NOT_HELD, ERROR_INVALID_SECURITY_DESCR,
 * ERROR_BAD_INHERITANCE_ACL, ERROR_NOT_ENOUGH_MEMORY, ERROR_INVALID_HANDLE (the token). Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/securitybaseapi/nf-securitybaseapi-createprivateobjectsecurityex
 */
BOOL WINAPI CreatePrivateObjectSecurityEx(PSECURITY_DESCRIPTOR parent, PSECURITY_DESCRIPTOR creator,
    PSECURITY_DESCRIPTOR *object, GUID *type, BOOL is_container, ULONG flags, HANDLE token, GENERIC_MAPPING *mapping) {
    return nt_result(RtlNewSecurityObjectEx(parent, creator, object, type, is_container != 0, flags, token, mapping));
}

BOOL WINAPI CreatePrivateObjectSecurity(PSECURITY_DESCRIPTOR parent, PSECURITY_DESCRIPTOR creator,
    PSECURITY_DESCRIPTOR *object, BOOL is_container, HANDLE token, GENERIC_MAPPING *mapping) {
    return nt_result(RtlNewSecurityObject(parent, creator, object, is_container != 0, token, mapping));
}

/** DestroyPrivateObjectSecurity() - gives it back.  Return: TRUE. */
BOOL WINAPI DestroyPrivateObjectSecurity(PSECURITY_DESCRIPTOR *object) {
    return nt_result(RtlDeleteSecurityObject(object));
}

/** GetPrivateObjectSecurity() - parts of it, self-relative.  Return: TRUE; FALSE with ERROR_INSUFFICIENT_BUFFER
 * (*need), ERROR_INVALID_SECURITY_DESCR. */
BOOL WINAPI GetPrivateObjectSecurity(
    PSECURITY_DESCRIPTOR object, SECURITY_INFORMATION what, PSECURITY_DESCRIPTOR to, DWORD size, DWORD *need) {
    return nt_result(RtlQuerySecurityObject(object, what, to, size, need));
}

/** SetPrivateObjectSecurityEx() - changes parts of it.  Return: as CreatePrivateObjectSecurityEx, and FALSE with
 * ERROR_INVALID_PRIMARY_GROUP. */
BOOL WINAPI SetPrivateObjectSecurityEx(SECURITY_INFORMATION what, PSECURITY_DESCRIPTOR given,
    PSECURITY_DESCRIPTOR *object, ULONG flags, GENERIC_MAPPING *mapping, HANDLE token) {
    return nt_result(RtlSetSecurityObjectEx(what, given, object, flags, mapping, token));
}

BOOL WINAPI SetPrivateObjectSecurity(SECURITY_INFORMATION what, PSECURITY_DESCRIPTOR given,
    PSECURITY_DESCRIPTOR *object, GENERIC_MAPPING *mapping, HANDLE token) {
    return nt_result(RtlSetSecurityObject(what, given, object, mapping, token));
}
