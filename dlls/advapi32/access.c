/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The access check, and the descriptors of objects and files (MSDN: securitybaseapi.h, winbase.h): ntdll's in Win32's
 * words. */
#include "dlls/advapi32/security.h"

#include <ntstatus.h>

#include <stdlib.h>

#include "dlls/ntdll/access_check.h"

/* The answer to a check: *allowed, and the last error that says why not. */
static BOOL check_result(NTSTATUS status, NTSTATUS result, BOOL *allowed) {
    if (status)
        return nt_result(status);
    *allowed = !result;
    if (result)
        SetLastError(RtlNtStatusToDosError(result));
    return TRUE;
}

/**
 * AccessCheck() - whether a descriptor lets a client do something.
 * @token: an impersonation token.  @access: no generic rights; or MAXIMUM_ALLOWED.
 * @granted, @allowed: the answer.
 * Return: TRUE, when there is an answer (a refusal sets ERROR_ACCESS_DENIED or ERROR_PRIVILEGE_NOT_HELD); FALSE with
 * ERROR_GENERIC_NOT_MAPPED, ERROR_NO_IMPERSONATION_TOKEN, ERROR_BAD_IMPERSONATION_LEVEL, ERROR_INVALID_SECURITY_DESCR,
 * ERROR_INSUFFICIENT_BUFFER (@set), ERROR_NOACCESS, ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/securitybaseapi/nf-securitybaseapi-accesscheck
 */
BOOL WINAPI AccessCheck(PSECURITY_DESCRIPTOR descriptor, HANDLE token, DWORD access, GENERIC_MAPPING *mapping,
    PRIVILEGE_SET *set, DWORD *size, DWORD *granted, BOOL *allowed) {
    NTSTATUS result = STATUS_SUCCESS;
    const NTSTATUS status = NtAccessCheck(descriptor, token, access, mapping, set, size, granted, &result);

    return check_result(status, result, allowed);
}

/** AccessCheckByType() - the same for an object with properties.  Return: also ERROR_INVALID_PARAMETER. */
BOOL WINAPI AccessCheckByType(PSECURITY_DESCRIPTOR descriptor, PSID self, HANDLE token, DWORD access,
    OBJECT_TYPE_LIST *types, DWORD n, GENERIC_MAPPING *mapping, PRIVILEGE_SET *set, DWORD *size, DWORD *granted,
    BOOL *allowed) {
    NTSTATUS result = STATUS_SUCCESS;
    const NTSTATUS status =
        NtAccessCheckByType(descriptor, self, token, access, types, n, mapping, set, size, granted, &result);

    return check_result(status, result, allowed);
}

/** AccessCheckByTypeResultList() - the same with an answer for each type.  @results: 0, or the error. */
BOOL WINAPI AccessCheckByTypeResultList(PSECURITY_DESCRIPTOR descriptor, PSID self, HANDLE token, DWORD access,
    OBJECT_TYPE_LIST *types, DWORD n, GENERIC_MAPPING *mapping, PRIVILEGE_SET *set, DWORD *size, DWORD *granted,
    DWORD *results) {
    const NTSTATUS status = NtAccessCheckByTypeResultList(
        descriptor, self, token, access, types, n, mapping, set, size, granted, (NTSTATUS *)results);

    for (DWORD i = 0; !status && i < n; i++)
        results[i] = results[i] ? RtlNtStatusToDosError((NTSTATUS)results[i]) : ERROR_SUCCESS;
    return nt_result(status);
}

/**
 * GetKernelObjectSecurity() - parts of an object's descriptor, self-relative.
 * Return: FALSE with ERROR_INSUFFICIENT_BUFFER (*need), ERROR_ACCESS_DENIED, ERROR_INVALID_HANDLE.
 * Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/securitybaseapi/nf-securitybaseapi-getkernelobjectsecurity
 */
BOOL WINAPI GetKernelObjectSecurity(
    HANDLE handle, SECURITY_INFORMATION what, PSECURITY_DESCRIPTOR descriptor, DWORD size, DWORD *need) {
    return nt_result(NtQuerySecurityObject(handle, what, descriptor, size, need));
}

/**
 * SetKernelObjectSecurity() - changes parts of it.
 * Return: FALSE with ERROR_ACCESS_DENIED, ERROR_INVALID_OWNER, ERROR_PRIVILEGE_NOT_HELD, ERROR_INVALID_SECURITY_DESCR…
 * Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/securitybaseapi/nf-securitybaseapi-setkernelobjectsecurity
 */
BOOL WINAPI SetKernelObjectSecurity(HANDLE handle, SECURITY_INFORMATION what, PSECURITY_DESCRIPTOR descriptor) {
    return nt_result(NtSetSecurityObject(handle, what, descriptor));
}
