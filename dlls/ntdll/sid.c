/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Security identifiers (Rtl…Sid): built, compared, copied, written. */
#include <stdio.h>
#include <string.h>

#include <ntstatus.h>
#define WIN32_NO_STATUS
#include <windows.h>
#include <winternl.h>

#include "libs/base/utf.h"

static DWORD sid_size(unsigned n_sub) {
    return offsetof(SID, SubAuthority) + n_sub * sizeof(DWORD);
}

BOOLEAN WINAPI RtlValidSid(PSID sid) {
    const SID *is = sid;
    return is && is->Revision == SID_REVISION && is->SubAuthorityCount <= SID_MAX_SUB_AUTHORITIES;
}

DWORD WINAPI RtlLengthSid(PSID sid) {
    return sid_size(((SID *)sid)->SubAuthorityCount);
}

DWORD WINAPI RtlLengthRequiredSid(DWORD n_sub) {
    return sid_size(n_sub);
}

BOOL WINAPI RtlEqualSid(PSID a, PSID b) {
    return RtlValidSid(a) && RtlValidSid(b) && RtlLengthSid(a) == RtlLengthSid(b) && !memcmp(a, b, RtlLengthSid(a));
}

/** RtlCopySid() - copies a SID. Return: TRUE; FALSE when the room is too small (Win32 calls it CopySid). */
BOOLEAN WINAPI RtlCopySid(DWORD room, PSID to, PSID from) {
    if (!RtlValidSid(from) || RtlLengthSid(from) > room)
        return FALSE;
    memmove(to, from, RtlLengthSid(from));
    return TRUE;
}

BOOL WINAPI RtlInitializeSid(PSID sid, PSID_IDENTIFIER_AUTHORITY authority, BYTE n_sub) {
    SID *is = sid;
    if (n_sub > SID_MAX_SUB_AUTHORITIES)
        return FALSE;
    is->Revision = SID_REVISION;
    is->SubAuthorityCount = n_sub;
    is->IdentifierAuthority = *authority;
    memset(is->SubAuthority, 0, n_sub * sizeof(DWORD));
    return TRUE;
}

PSID_IDENTIFIER_AUTHORITY WINAPI RtlIdentifierAuthoritySid(PSID sid) {
    return &((SID *)sid)->IdentifierAuthority;
}

DWORD *WINAPI RtlSubAuthoritySid(PSID sid, DWORD index) {
    return &((SID *)sid)->SubAuthority[index];
}

BYTE *WINAPI RtlSubAuthorityCountSid(PSID sid) {
    return &((SID *)sid)->SubAuthorityCount;
}

/**
 * RtlAllocateAndInitializeSid() - a new SID for RtlFreeSid().
 * @n_sub: how many of the eight count.
 * Return: STATUS_SUCCESS, STATUS_INVALID_SID (more than eight), STATUS_NO_MEMORY.
 */
NTSTATUS WINAPI RtlAllocateAndInitializeSid(PSID_IDENTIFIER_AUTHORITY authority, BYTE n_sub, DWORD a, DWORD b, DWORD c, DWORD d, DWORD e,
    DWORD f, DWORD g, DWORD h, PSID *sid) {
    const DWORD sub[8] = {a, b, c, d, e, f, g, h};
    if (n_sub > 8)
        return STATUS_INVALID_SID;
    SID *made = RtlAllocateHeap(NtCurrentTeb()->Peb->ProcessHeap, 0, sid_size(n_sub));
    if (!made)
        return STATUS_NO_MEMORY;
    RtlInitializeSid(made, authority, n_sub);
    memcpy(made->SubAuthority, sub, n_sub * sizeof(DWORD));
    *sid = made;
    return STATUS_SUCCESS;
}

DWORD WINAPI RtlFreeSid(PSID sid) {
    RtlFreeHeap(NtCurrentTeb()->Peb->ProcessHeap, 0, sid);
    return STATUS_SUCCESS;
}

/**
 * RtlConvertSidToUnicodeString() - writes S-1-…
 * @allocate: memory for RtlFreeUnicodeString() instead of @text's own.
 * Return: STATUS_SUCCESS, STATUS_INVALID_SID, STATUS_BUFFER_OVERFLOW, STATUS_NO_MEMORY.
 */
NTSTATUS WINAPI RtlConvertSidToUnicodeString(PUNICODE_STRING text, PSID sid, BOOLEAN allocate) {
    const SID *is = sid;
    char line[200];
    if (!RtlValidSid(sid))
        return STATUS_INVALID_SID;
    const BYTE *value = is->IdentifierAuthority.Value;
    const ULONGLONG authority = (ULONGLONG)value[0] << 40 | (ULONGLONG)value[1] << 32 | (ULONGLONG)value[2] << 24 | value[3] << 16 |
                                value[4] << 8 | value[5];
    int len = snprintf(line, sizeof line, authority >> 32 ? "S-%u-0x%llx" : "S-%u-%llu", is->Revision, (unsigned long long)authority);
    for (int i = 0; i < is->SubAuthorityCount; i++)
        len += snprintf(line + len, sizeof line - len, "-%u", (unsigned)is->SubAuthority[i]);
    const USHORT size = (len + 1) * sizeof(WCHAR);
    if (allocate) {
        text->Buffer = RtlAllocateHeap(NtCurrentTeb()->Peb->ProcessHeap, 0, size);
        text->MaximumLength = size;
        if (!text->Buffer)
            return STATUS_NO_MEMORY;
    }
    if (text->MaximumLength < size - sizeof(WCHAR))
        return STATUS_BUFFER_OVERFLOW;
    text->Length = size - sizeof(WCHAR);
    utf8_to_utf16(line, len + 1, text->Buffer, text->MaximumLength / sizeof(WCHAR), NULL);
    return STATUS_SUCCESS;
}
