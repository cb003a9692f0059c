/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Access control lists (Rtl…Acl, Rtl…Ace) as data: built and read in the caller's memory.  A list is its header and
 * AceCount entries, one behind the other, within AclSize bytes; whatever an entry's size says is checked against these
 * first.
 */
#include <string.h>

#include <ntstatus.h>
#define WIN32_NO_STATUS
#include <windows.h>
#include <winternl.h>

#include "dlls/ntdll/ace.h"

/* An entry that names one SID: all but the object entries have this form. */
struct sid_ace {
    ACE_HEADER header;
    DWORD mask;
    BYTE sid[SECURITY_MAX_SID_SIZE];
};

/* The entry at @index, or the place behind the last one.  Return: NULL if the list is damaged. */
static ACE_HEADER *acl_at(const ACL *acl, DWORD index) {
    DWORD at = sizeof *acl;

    for (DWORD i = 0; i < index && i < acl->AceCount; i++) {
        const ACE_HEADER *ace = (const ACE_HEADER *)((const BYTE *)acl + at);

        if (at + sizeof *ace > acl->AclSize || ace->AceSize < sizeof *ace || at + ace->AceSize > acl->AclSize)
            return NULL;
        at += ace->AceSize;
    }
    return (ACE_HEADER *)((BYTE *)acl + at);
}

static BOOL revision_valid(DWORD revision) {
    return revision >= MIN_ACL_REVISION && revision <= MAX_ACL_REVISION;
}

/**
 * RtlCreateAcl() - an empty list.
 * @size: bytes of its memory.
 * Return: STATUS_SUCCESS, STATUS_BUFFER_TOO_SMALL, STATUS_INVALID_PARAMETER (revision, more than 65535 bytes).
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/securitybaseapi/nf-securitybaseapi-initializeacl
 */
NTSTATUS WINAPI RtlCreateAcl(ACL *acl, DWORD size, DWORD revision) {
    if (size < sizeof *acl)
        return STATUS_BUFFER_TOO_SMALL;
    if (!revision_valid(revision) || size > MAXWORD)
        return STATUS_INVALID_PARAMETER;
    *acl = (ACL){.AclRevision = (BYTE)revision, .AclSize = (WORD)(size & ~3u)};
    return STATUS_SUCCESS;
}

/* Whether all entries lie in the list, and their SIDs in them. */
BOOLEAN WINAPI RtlValidAcl(ACL *acl) {
    if (!acl || !revision_valid(acl->AclRevision) || acl->AclSize < sizeof *acl || !acl_at(acl, acl->AceCount))
        return FALSE;
    for (DWORD i = 0; i < acl->AceCount; i++) {
        const struct sid_ace *ace = (const struct sid_ace *)acl_at(acl, i);
        const DWORD room = ace->header.AceSize - (DWORD)offsetof(struct sid_ace, sid);

        if (ace->header.AceType > SYSTEM_ALARM_ACE_TYPE && ace->header.AceType != SYSTEM_MANDATORY_LABEL_ACE_TYPE)
            continue;
        if (ace->header.AceSize < offsetof(struct sid_ace, sid) + offsetof(SID, SubAuthority) ||
            !RtlValidSid((PSID)ace->sid) || RtlLengthSid((PSID)ace->sid) > room)
            return FALSE;
    }
    return TRUE;
}

/**
 * RtlFirstFreeAce() - the place behind the last entry: in a full list the byte behind the list.
 * Return: FALSE, and NULL there, if the list is damaged.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/securitybaseapi/nf-securitybaseapi-findfirstfreeace
 */
BOOLEAN WINAPI RtlFirstFreeAce(ACL *acl, ACE_HEADER **ace) {
    *ace = acl_at(acl, acl->AceCount);
    return *ace != NULL;
}

/** RtlGetAce() - the entry at an index.  Return: STATUS_SUCCESS, STATUS_INVALID_PARAMETER. */
NTSTATUS WINAPI RtlGetAce(ACL *acl, DWORD index, void **ace) {
    if (!acl || !revision_valid(acl->AclRevision) || index >= acl->AceCount)
        return STATUS_INVALID_PARAMETER;
    *ace = acl_at(acl, index);
    return *ace ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

/* How many entries @size bytes hold.  Return: 0 if they are damaged. */
static DWORD entries_count(const void *entries, DWORD size) {
    DWORD n = 0, at = 0;

    for (; at + sizeof(ACE_HEADER) <= size; n++) {
        const ACE_HEADER *ace = (const ACE_HEADER *)((const BYTE *)entries + at);

        if (ace->AceSize < sizeof *ace || ace->AceSize > size - at)
            return 0;
        at += ace->AceSize;
    }
    return at == size ? n : 0;
}

/**
 * RtlAddAce() - puts entries into a list.
 * @index: before which entry; MAXDWORD: at the end.
 * Return: STATUS_SUCCESS, STATUS_INVALID_PARAMETER (list or entries damaged), STATUS_REVISION_MISMATCH,
 * STATUS_BUFFER_TOO_SMALL. Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/securitybaseapi/nf-securitybaseapi-addace
 */
NTSTATUS WINAPI RtlAddAce(ACL *acl, DWORD revision, DWORD index, ACE_HEADER *entries, DWORD size) {
    const DWORD n = entries_count(entries, size);
    BYTE *place, *end;

    if (!RtlValidAcl(acl) || !n)
        return STATUS_INVALID_PARAMETER;
    if (!revision_valid(revision))
        return STATUS_REVISION_MISMATCH;
    place = (BYTE *)acl_at(acl, index);
    end = (BYTE *)acl_at(acl, acl->AceCount);
    if (size > (DWORD)((BYTE *)acl + acl->AclSize - end))
        return STATUS_BUFFER_TOO_SMALL;
    memmove(place + size, place, (size_t)(end - place));
    memcpy(place, entries, size);
    acl->AceCount = (WORD)(acl->AceCount + n);
    if (revision > acl->AclRevision)
        acl->AclRevision = (BYTE)revision;
    return STATUS_SUCCESS;
}

/** RtlDeleteAce() - takes the entry at an index out.  Return: STATUS_SUCCESS, STATUS_INVALID_PARAMETER. */
NTSTATUS WINAPI RtlDeleteAce(ACL *acl, DWORD index) {
    BYTE *ace, *end;
    WORD size;

    if (!RtlValidAcl(acl) || index >= acl->AceCount)
        return STATUS_INVALID_PARAMETER;
    ace = (BYTE *)acl_at(acl, index);
    end = (BYTE *)acl_at(acl, acl->AceCount);
    size = ((ACE_HEADER *)ace)->AceSize;
    memmove(ace, ace + size, (size_t)(end - ace - size));
    acl->AceCount--;
    return STATUS_SUCCESS;
}

/* Adds an entry of that form at the end.  Return: also STATUS_INVALID_SID, STATUS_INVALID_ACL,
 * STATUS_ALLOTTED_SPACE_EXCEEDED. */
static NTSTATUS add_sid_ace(ACL *acl, DWORD revision, DWORD type, DWORD flags, DWORD mask, PSID sid) {
    struct sid_ace ace = {{(BYTE)type, (BYTE)flags, 0}, mask, {0}};
    NTSTATUS status;

    if (!RtlValidSid(sid))
        return STATUS_INVALID_SID;
    if (!RtlValidAcl(acl))
        return STATUS_INVALID_ACL;
    if (!revision_valid(revision) || acl->AclRevision > MAX_ACL_REVISION)
        return STATUS_REVISION_MISMATCH;
    if (flags & ~(DWORD)(VALID_INHERIT_FLAGS | SUCCESSFUL_ACCESS_ACE_FLAG | FAILED_ACCESS_ACE_FLAG))
        return STATUS_INVALID_PARAMETER;
    memcpy(ace.sid, sid, RtlLengthSid(sid));
    ace.header.AceSize = (WORD)(offsetof(struct sid_ace, sid) + RtlLengthSid(sid));
    status = RtlAddAce(acl, revision, MAXDWORD, &ace.header, ace.header.AceSize);
    return status == STATUS_BUFFER_TOO_SMALL ? STATUS_ALLOTTED_SPACE_EXCEEDED : status;
}

/**
 * RtlAddAccessAllowedAce() - allows a SID some rights.
 * Return: STATUS_SUCCESS, STATUS_INVALID_SID, STATUS_INVALID_ACL, STATUS_REVISION_MISMATCH,
 * STATUS_ALLOTTED_SPACE_EXCEEDED. Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/securitybaseapi/nf-securitybaseapi-addaccessallowedace
 */
NTSTATUS WINAPI RtlAddAccessAllowedAce(ACL *acl, DWORD revision, DWORD mask, PSID sid) {
    return add_sid_ace(acl, revision, ACCESS_ALLOWED_ACE_TYPE, 0, mask, sid);
}

NTSTATUS WINAPI RtlAddAccessAllowedAceEx(ACL *acl, DWORD revision, DWORD flags, DWORD mask, PSID sid) {
    return add_sid_ace(acl, revision, ACCESS_ALLOWED_ACE_TYPE, flags, mask, sid);
}

NTSTATUS WINAPI RtlAddAccessDeniedAce(ACL *acl, DWORD revision, DWORD mask, PSID sid) {
    return add_sid_ace(acl, revision, ACCESS_DENIED_ACE_TYPE, 0, mask, sid);
}

NTSTATUS WINAPI RtlAddAccessDeniedAceEx(ACL *acl, DWORD revision, DWORD flags, DWORD mask, PSID sid) {
    return add_sid_ace(acl, revision, ACCESS_DENIED_ACE_TYPE, flags, mask, sid);
}

static DWORD audit_flags(BOOL success, BOOL failure) {
    return (success ? SUCCESSFUL_ACCESS_ACE_FLAG : 0) | (failure ? FAILED_ACCESS_ACE_FLAG : 0);
}

NTSTATUS WINAPI RtlAddAuditAccessAce(ACL *acl, DWORD revision, DWORD mask, PSID sid, BOOL success, BOOL failure) {
    return add_sid_ace(acl, revision, SYSTEM_AUDIT_ACE_TYPE, audit_flags(success, failure), mask, sid);
}

NTSTATUS WINAPI RtlAddAuditAccessAceEx(
    ACL *acl, DWORD revision, DWORD flags, DWORD mask, PSID sid, BOOL success, BOOL failure) {
    return add_sid_ace(acl, revision, SYSTEM_AUDIT_ACE_TYPE, flags | audit_flags(success, failure), mask, sid);
}

/** RtlAddMandatoryAce() - the integrity level of what the list protects.  @policy: SYSTEM_MANDATORY_LABEL_NO_…. Return:
 * as RtlAddAccessAllowedAce. */
NTSTATUS WINAPI RtlAddMandatoryAce(ACL *acl, DWORD revision, DWORD flags, DWORD policy, DWORD type, PSID sid) {
    if (type != SYSTEM_MANDATORY_LABEL_ACE_TYPE || policy & ~(DWORD)SYSTEM_MANDATORY_LABEL_VALID_MASK)
        return STATUS_INVALID_PARAMETER;
    return add_sid_ace(acl, revision, type, flags, policy, sid);
}

/* Object entries: two GUIDs, each there if its flag says so, stand before the SID. */
static NTSTATUS add_object_ace(ACL *acl, DWORD revision, DWORD type, DWORD flags, DWORD mask, const GUID *object,
    const GUID *inherited, PSID sid) {
    struct {
        ACCESS_ALLOWED_OBJECT_ACE ace;
        BYTE sid[SECURITY_MAX_SID_SIZE];
    } entry = {.ace = {.Header = {(BYTE)type, (BYTE)flags, 0}, .Mask = mask}};
    BYTE *at = (BYTE *)&entry.ace.ObjectType;
    NTSTATUS status;

    if (!RtlValidSid(sid))
        return STATUS_INVALID_SID;
    if (!RtlValidAcl(acl))
        return STATUS_INVALID_ACL;
    if (revision != ACL_REVISION_DS || acl->AclRevision > ACL_REVISION_DS)
        return STATUS_REVISION_MISMATCH;
    entry.ace.Flags = (object ? ACE_OBJECT_TYPE_PRESENT : 0) | (inherited ? ACE_INHERITED_OBJECT_TYPE_PRESENT : 0);
    for (int i = 0; i < 2; i++) {
        const GUID *guid = i ? inherited : object;

        if (guid) {
            memcpy(at, guid, sizeof *guid);
            at += sizeof *guid;
        }
    }
    memcpy(at, sid, RtlLengthSid(sid));
    entry.ace.Header.AceSize = (WORD)(at + RtlLengthSid(sid) - (BYTE *)&entry);
    status = RtlAddAce(acl, revision, MAXDWORD, &entry.ace.Header, entry.ace.Header.AceSize);
    return status == STATUS_BUFFER_TOO_SMALL ? STATUS_ALLOTTED_SPACE_EXCEEDED : status;
}

/**
 * RtlAddAccessAllowedObjectAce() - allows a SID some rights on one kind of child or property.
 * @object, @inherited: may be NULL.  @revision: ACL_REVISION_DS.
 * Return: as RtlAddAccessAllowedAce.
 */
NTSTATUS WINAPI RtlAddAccessAllowedObjectAce(
    ACL *acl, DWORD revision, DWORD flags, DWORD mask, GUID *object, GUID *inherited, PSID sid) {
    return add_object_ace(acl, revision, ACCESS_ALLOWED_OBJECT_ACE_TYPE, flags, mask, object, inherited, sid);
}

NTSTATUS WINAPI RtlAddAccessDeniedObjectAce(
    ACL *acl, DWORD revision, DWORD flags, DWORD mask, GUID *object, GUID *inherited, PSID sid) {
    return add_object_ace(acl, revision, ACCESS_DENIED_OBJECT_ACE_TYPE, flags, mask, object, inherited, sid);
}

NTSTATUS WINAPI RtlAddAuditAccessObjectAce(ACL *acl, DWORD revision, DWORD flags, DWORD mask, GUID *object,
    GUID *inherited, PSID sid, BOOL success, BOOL failure) {
    return add_object_ace(acl, revision, SYSTEM_AUDIT_OBJECT_ACE_TYPE, flags | audit_flags(success, failure), mask,
        object, inherited, sid);
}

/** RtlQueryInformationAcl() - sizes or revision of a list.  Return: STATUS_SUCCESS, STATUS_INVALID_PARAMETER,
 * STATUS_BUFFER_TOO_SMALL. */
NTSTATUS WINAPI RtlQueryInformationAcl(ACL *acl, void *out, DWORD size, ACL_INFORMATION_CLASS class) {
    const BOOL valid = RtlValidAcl(acl);
    const DWORD used = valid ? (DWORD)((BYTE *)acl_at(acl, acl->AceCount) - (BYTE *)acl) : 0;
    const ACL_SIZE_INFORMATION sizes = {valid ? acl->AceCount : 0, used, valid ? acl->AclSize - used : 0};
    const ACL_REVISION_INFORMATION revision = {valid ? acl->AclRevision : 0};
    const DWORD need = class == AclSizeInformation ? sizeof sizes : sizeof revision;

    if (!valid || (class != AclSizeInformation && class != AclRevisionInformation))
        return STATUS_INVALID_PARAMETER;
    if (size < need)
        return STATUS_BUFFER_TOO_SMALL;
    memcpy(out, class == AclSizeInformation ? (const void *)&sizes : &revision, need);
    return STATUS_SUCCESS;
}
