/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The user's root key. */
#include <windows.h>
#include <winternl.h>
#include <ntstatus.h>

#include <string.h>

#include "dlls/ntdll/key.h"

#define USERS L"\\Registry\\User\\"

/**
 * RtlFormatCurrentUserKeyPath() - the path of the user's root key, for RtlFreeUnicodeString().
 * Return: STATUS_SUCCESS, STATUS_NO_MEMORY, those of opening the token.
 * Source: https://learn.microsoft.com/en-us/windows-hardware/drivers/ddi/ntifs/nf-ntifs-rtlformatcurrentuserkeypath
 */
NTSTATUS WINAPI RtlFormatCurrentUserKeyPath(UNICODE_STRING *path) {
    const ULONG prefix = sizeof USERS - sizeof(WCHAR);
    union {
        TOKEN_USER user;
        BYTE bytes[128];
    } info;
    UNICODE_STRING sid;
    HANDLE token;
    ULONG used;
    NTSTATUS status = NtOpenProcessToken(NtCurrentProcess(), TOKEN_QUERY, &token);

    if (status)
        return status;
    status = NtQueryInformationToken(token, TokenUser, &info, sizeof info, &used);
    NtClose(token);
    if (!status)
        status = RtlConvertSidToUnicodeString(&sid, info.user.User.Sid, TRUE);
    if (status)
        return status;
    path->Length = (USHORT)(prefix + sid.Length);
    path->MaximumLength = path->Length + sizeof(WCHAR);
    path->Buffer = RtlAllocateHeap(NtCurrentTeb()->Peb->ProcessHeap, 0, path->MaximumLength);
    if (path->Buffer) {
        memcpy(path->Buffer, USERS, prefix);
        memcpy((BYTE *)path->Buffer + prefix, sid.Buffer, sid.Length);
        path->Buffer[path->Length / sizeof(WCHAR)] = 0;
    }
    RtlFreeUnicodeString(&sid);
    return path->Buffer ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

/**
 * RtlOpenCurrentUser() - opens the user's root key.
 * Return: those of RtlFormatCurrentUserKeyPath() and NtOpenKey().
 */
NTSTATUS WINAPI RtlOpenCurrentUser(ACCESS_MASK access, HANDLE *key) {
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING path;
    NTSTATUS status = RtlFormatCurrentUserKeyPath(&path);

    if (status)
        return status;
    InitializeObjectAttributes(&attributes, &path, OBJ_CASE_INSENSITIVE, NULL, NULL);
    status = NtOpenKey(key, access, &attributes);
    RtlFreeUnicodeString(&path);
    return status;
}
