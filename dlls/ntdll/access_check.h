/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Exports of ntdll about the access check that Wine's headers lack. */
#ifndef WINIPC_NTDLL_ACCESS_CHECK_H
#define WINIPC_NTDLL_ACCESS_CHECK_H

#include <windows.h>

NTSTATUS WINAPI NtAccessCheckByType(PSECURITY_DESCRIPTOR descriptor, PSID self, HANDLE token, ACCESS_MASK access,
    OBJECT_TYPE_LIST *types, ULONG n, GENERIC_MAPPING *mapping, PRIVILEGE_SET *set, ULONG *size, ULONG *granted,
    NTSTATUS *result);
NTSTATUS WINAPI NtAccessCheckByTypeResultList(PSECURITY_DESCRIPTOR descriptor, PSID self, HANDLE token,
    ACCESS_MASK access, OBJECT_TYPE_LIST *types, ULONG n, GENERIC_MAPPING *mapping, PRIVILEGE_SET *set, ULONG *size,
    ULONG *granted, NTSTATUS *results);

#endif
