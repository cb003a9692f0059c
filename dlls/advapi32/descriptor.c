/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Security descriptors (MSDN: securitybaseapi.h): ntdll's in Win32's words. */
#include "dlls/advapi32/security.h"

/** InitializeSecurityDescriptor() - an absolute descriptor that holds nothing.  Return: FALSE with
 * ERROR_UNKNOWN_REVISION. */
BOOL WINAPI InitializeSecurityDescriptor(PSECURITY_DESCRIPTOR descriptor, DWORD revision) {
    return nt_result(RtlCreateSecurityDescriptor(descriptor, revision));
}

/* The page names no error; ERROR_INVALID_SECURITY_DESCR is not confirmed. */
BOOL WINAPI IsValidSecurityDescriptor(PSECURITY_DESCRIPTOR descriptor) {
    return RtlValidSecurityDescriptor(descriptor) ? TRUE : fail_with(ERROR_INVALID_SECURITY_DESCR);
}

DWORD WINAPI GetSecurityDescriptorLength(PSECURITY_DESCRIPTOR descriptor) {
    return RtlLengthSecurityDescriptor(descriptor);
}

/**
 * SetSecurityDescriptorDacl() - who may do what.  @dacl: not copied; NULL with @present: everybody everything.
 * Return: FALSE with ERROR_UNKNOWN_REVISION, ERROR_INVALID_SECURITY_DESCR (a self-relative one).
 * Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/securitybaseapi/nf-securitybaseapi-setsecuritydescriptordacl
 */
BOOL WINAPI SetSecurityDescriptorDacl(PSECURITY_DESCRIPTOR descriptor, BOOL present, ACL *dacl, BOOL defaulted) {
    return nt_result(RtlSetDaclSecurityDescriptor(descriptor, present != 0, dacl, defaulted != 0));
}

BOOL WINAPI SetSecurityDescriptorSacl(PSECURITY_DESCRIPTOR descriptor, BOOL present, ACL *sacl, BOOL defaulted) {
    return nt_result(RtlSetSaclSecurityDescriptor(descriptor, present != 0, sacl, defaulted != 0));
}

BOOL WINAPI SetSecurityDescriptorOwner(PSECURITY_DESCRIPTOR descriptor, PSID owner, BOOL defaulted) {
    return nt_result(RtlSetOwnerSecurityDescriptor(descriptor, owner, defaulted != 0));
}

BOOL WINAPI SetSecurityDescriptorGroup(PSECURITY_DESCRIPTOR descriptor, PSID group, BOOL defaulted) {
    return nt_result(RtlSetGroupSecurityDescriptor(descriptor, group, defaulted != 0));
}

/* A list's three answers, which are BOOLEANs below and BOOLs above; without a list only *present is written. */
static BOOL list_result(NTSTATUS status, BOOLEAN is_present, BOOLEAN is_defaulted, BOOL *present, BOOL *defaulted) {
    if (status)
        return nt_result(status);
    *present = is_present;
    if (is_present)
        *defaulted = is_defaulted;
    return TRUE;
}

/** GetSecurityDescriptorDacl() - *dacl and *defaulted are set only if there is one.  Return: FALSE with
 * ERROR_UNKNOWN_REVISION. */
BOOL WINAPI GetSecurityDescriptorDacl(PSECURITY_DESCRIPTOR descriptor, BOOL *present, ACL **dacl, BOOL *defaulted) {
    BOOLEAN is_present = FALSE, is_defaulted = FALSE;
    const NTSTATUS status = RtlGetDaclSecurityDescriptor(descriptor, &is_present, dacl, &is_defaulted);

    return list_result(status, is_present, is_defaulted, present, defaulted);
}

BOOL WINAPI GetSecurityDescriptorSacl(PSECURITY_DESCRIPTOR descriptor, BOOL *present, ACL **sacl, BOOL *defaulted) {
    BOOLEAN is_present = FALSE, is_defaulted = FALSE;
    const NTSTATUS status = RtlGetSaclSecurityDescriptor(descriptor, &is_present, sacl, &is_defaulted);

    return list_result(status, is_present, is_defaulted, present, defaulted);
}

BOOL WINAPI GetSecurityDescriptorOwner(PSECURITY_DESCRIPTOR descriptor, PSID *owner, BOOL *defaulted) {
    BOOLEAN is_defaulted = FALSE;
    const NTSTATUS status = RtlGetOwnerSecurityDescriptor(descriptor, owner, &is_defaulted);

    if (!status)
        *defaulted = is_defaulted;
    return nt_result(status);
}

BOOL WINAPI GetSecurityDescriptorGroup(PSECURITY_DESCRIPTOR descriptor, PSID *group, BOOL *defaulted) {
    BOOLEAN is_defaulted = FALSE;
    const NTSTATUS status = RtlGetGroupSecurityDescriptor(descriptor, group, &is_defaulted);

    if (!status)
        *defaulted = is_defaulted;
    return nt_result(status);
}

BOOL WINAPI GetSecurityDescriptorControl(
    PSECURITY_DESCRIPTOR descriptor, SECURITY_DESCRIPTOR_CONTROL *control, DWORD *revision) {
    return nt_result(RtlGetControlSecurityDescriptor(descriptor, control, revision));
}

/** SetSecurityDescriptorControl() - changes the bits that are about inheritance.  Return: FALSE with
 * ERROR_INVALID_PARAMETER. */
BOOL WINAPI SetSecurityDescriptorControl(
    PSECURITY_DESCRIPTOR descriptor, SECURITY_DESCRIPTOR_CONTROL mask, SECURITY_DESCRIPTOR_CONTROL bits) {
    return nt_result(RtlSetControlSecurityDescriptor(descriptor, mask, bits));
}

/** MakeSelfRelativeSD() - a copy in one piece.  Return: FALSE with ERROR_INSUFFICIENT_BUFFER (*size: what is needed),
 * ERROR_BAD_DESCRIPTOR_FORMAT. */
BOOL WINAPI MakeSelfRelativeSD(PSECURITY_DESCRIPTOR descriptor, PSECURITY_DESCRIPTOR to, DWORD *size) {
    return nt_result(RtlAbsoluteToSelfRelativeSD(descriptor, to, size));
}

/** MakeAbsoluteSD() - a copy in parts.  Return: as MakeSelfRelativeSD. */
BOOL WINAPI MakeAbsoluteSD(PSECURITY_DESCRIPTOR descriptor, PSECURITY_DESCRIPTOR to, DWORD *size, ACL *dacl,
    DWORD *dacl_size, ACL *sacl, DWORD *sacl_size, PSID owner, DWORD *owner_size, PSID group, DWORD *group_size) {
    return nt_result(RtlSelfRelativeToAbsoluteSD(
        descriptor, to, size, dacl, dacl_size, sacl, sacl_size, owner, owner_size, group, group_size));
}
