/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Security descriptors and access control lists as data (MSDN: securitybaseapi.h): built and read in the caller's memory. */
#include <string.h>
#include <windows.h>
#include <winternl.h>

static BOOL descriptor_fail(DWORD error) {
    SetLastError(error);
    return FALSE;
}

/** InitializeSecurityDescriptor() - an absolute descriptor that holds nothing. Return: FALSE with ERROR_UNKNOWN_REVISION. */
BOOL WINAPI InitializeSecurityDescriptor(PSECURITY_DESCRIPTOR descriptor, DWORD revision) {
    if (revision != SECURITY_DESCRIPTOR_REVISION)
        return descriptor_fail(ERROR_UNKNOWN_REVISION);
    memset(descriptor, 0, sizeof(SECURITY_DESCRIPTOR));
    ((SECURITY_DESCRIPTOR *)descriptor)->Revision = revision;
    return TRUE;
}

BOOL WINAPI IsValidSecurityDescriptor(PSECURITY_DESCRIPTOR descriptor) {
    const SECURITY_DESCRIPTOR *is = descriptor;
    return is && is->Revision == SECURITY_DESCRIPTOR_REVISION ? TRUE : descriptor_fail(ERROR_INVALID_SECURITY_DESCR);
}

/* An absolute descriptor that can be changed; NULL with the last error set. */
static SECURITY_DESCRIPTOR *descriptor_absolute(PSECURITY_DESCRIPTOR descriptor) {
    SECURITY_DESCRIPTOR *is = descriptor;
    if (is->Revision != SECURITY_DESCRIPTOR_REVISION)
        SetLastError(ERROR_UNKNOWN_REVISION);
    else if (is->Control & SE_SELF_RELATIVE)
        SetLastError(ERROR_INVALID_SECURITY_DESCR);
    else
        return is;
    return NULL;
}

/** SetSecurityDescriptorDacl() - who may do what. @dacl: NULL with @present: everybody everything. It is not copied. */
BOOL WINAPI SetSecurityDescriptorDacl(PSECURITY_DESCRIPTOR descriptor, BOOL present, ACL *dacl, BOOL defaulted) {
    SECURITY_DESCRIPTOR *is = descriptor_absolute(descriptor);
    if (!is)
        return FALSE;
    is->Control &= ~(SE_DACL_PRESENT | SE_DACL_DEFAULTED);
    is->Control |= (present ? SE_DACL_PRESENT : 0) | (present && defaulted ? SE_DACL_DEFAULTED : 0);
    is->Dacl = present ? dacl : NULL;
    return TRUE;
}

BOOL WINAPI SetSecurityDescriptorOwner(PSECURITY_DESCRIPTOR descriptor, PSID owner, BOOL defaulted) {
    SECURITY_DESCRIPTOR *is = descriptor_absolute(descriptor);
    if (!is)
        return FALSE;
    is->Owner = owner;
    is->Control = (is->Control & ~SE_OWNER_DEFAULTED) | (defaulted ? SE_OWNER_DEFAULTED : 0);
    return TRUE;
}

BOOL WINAPI SetSecurityDescriptorGroup(PSECURITY_DESCRIPTOR descriptor, PSID group, BOOL defaulted) {
    SECURITY_DESCRIPTOR *is = descriptor_absolute(descriptor);
    if (!is)
        return FALSE;
    is->Group = group;
    is->Control = (is->Control & ~SE_GROUP_DEFAULTED) | (defaulted ? SE_GROUP_DEFAULTED : 0);
    return TRUE;
}

/** InitializeAcl() - an empty list. @size: of its memory. Return: FALSE with ERROR_INSUFFICIENT_BUFFER, ERROR_INVALID_PARAMETER. */
BOOL WINAPI InitializeAcl(ACL *acl, DWORD size, DWORD revision) {
    if (size < sizeof *acl)
        return descriptor_fail(ERROR_INSUFFICIENT_BUFFER);
    if (revision < MIN_ACL_REVISION || revision > MAX_ACL_REVISION || size > MAXWORD)
        return descriptor_fail(ERROR_INVALID_PARAMETER);
    *acl = (ACL){.AclRevision = revision, .AclSize = size & ~3u};
    return TRUE;
}

/* The entry at an index, or the place behind the last one; NULL: the list is damaged. */
static ACE_HEADER *acl_at(ACL *acl, DWORD index) {
    DWORD at = sizeof *acl;
    for (DWORD i = 0; i < index && i < acl->AceCount; i++) {
        const ACE_HEADER *ace = (ACE_HEADER *)((BYTE *)acl + at);
        if (at + sizeof *ace > acl->AclSize || ace->AceSize < sizeof *ace || at + ace->AceSize > acl->AclSize)
            return NULL;
        at += ace->AceSize;
    }
    return (ACE_HEADER *)((BYTE *)acl + at);
}

BOOL WINAPI IsValidAcl(ACL *acl) {
    return acl && acl->AclRevision >= MIN_ACL_REVISION && acl->AclRevision <= MAX_ACL_REVISION && acl_at(acl, acl->AceCount)
               ? TRUE
               : descriptor_fail(ERROR_INVALID_ACL);
}

/** GetAce() - the entry at an index. Return: FALSE with ERROR_INVALID_PARAMETER. */
BOOL WINAPI GetAce(ACL *acl, DWORD index, void **ace) {
    if (!IsValidAcl(acl) || index >= acl->AceCount)
        return descriptor_fail(ERROR_INVALID_PARAMETER);
    *ace = acl_at(acl, index);
    return TRUE;
}

/** AddAce() - puts entries into a list. @index: where; MAXDWORD: at the end. Return: FALSE with ERROR_ALLOTTED_SPACE_EXCEEDED, … */
BOOL WINAPI AddAce(ACL *acl, DWORD revision, DWORD index, void *entries, DWORD size) {
    if (!IsValidAcl(acl))
        return descriptor_fail(ERROR_INVALID_PARAMETER);
    if (revision < MIN_ACL_REVISION || revision > MAX_ACL_REVISION)
        return descriptor_fail(ERROR_REVISION_MISMATCH);
    DWORD n = 0, at = 0;
    for (; at + sizeof(ACE_HEADER) <= size && ((ACE_HEADER *)((BYTE *)entries + at))->AceSize >= sizeof(ACE_HEADER); n++)
        at += ((ACE_HEADER *)((BYTE *)entries + at))->AceSize;
    if (at != size)
        return descriptor_fail(ERROR_INVALID_PARAMETER);
    BYTE *place = (BYTE *)acl_at(acl, index), *end = (BYTE *)acl_at(acl, acl->AceCount);
    if (end + size > (BYTE *)acl + acl->AclSize)
        return descriptor_fail(ERROR_ALLOTTED_SPACE_EXCEEDED);
    memmove(place + size, place, end - place);
    memcpy(place, entries, size);
    acl->AceCount += n;
    if (revision > acl->AclRevision)
        acl->AclRevision = revision;
    return TRUE;
}

static BOOL acl_add_access(ACL *acl, DWORD revision, BYTE type, DWORD flags, DWORD mask, PSID sid) {
    struct {
        ACE_HEADER header;
        DWORD mask;
        BYTE sid[SECURITY_MAX_SID_SIZE];
    } ace = {{type, flags, 0}, mask, {0}};
    if (!RtlValidSid(sid))
        return descriptor_fail(ERROR_INVALID_SID);
    memcpy(ace.sid, sid, RtlLengthSid(sid));
    ace.header.AceSize = offsetof(typeof(ace), sid) + RtlLengthSid(sid);
    return AddAce(acl, revision, MAXDWORD, &ace, ace.header.AceSize);
}

/** AddAccessAllowedAce() - allows a SID some rights. */
BOOL WINAPI AddAccessAllowedAce(ACL *acl, DWORD revision, DWORD mask, PSID sid) {
    return acl_add_access(acl, revision, ACCESS_ALLOWED_ACE_TYPE, 0, mask, sid);
}

BOOL WINAPI AddAccessAllowedAceEx(ACL *acl, DWORD revision, DWORD flags, DWORD mask, PSID sid) {
    return acl_add_access(acl, revision, ACCESS_ALLOWED_ACE_TYPE, flags, mask, sid);
}

BOOL WINAPI AddAccessDeniedAce(ACL *acl, DWORD revision, DWORD mask, PSID sid) {
    return acl_add_access(acl, revision, ACCESS_DENIED_ACE_TYPE, 0, mask, sid);
}

/** GetAclInformation() - sizes or revision of a list. */
BOOL WINAPI GetAclInformation(ACL *acl, void *out, DWORD size, ACL_INFORMATION_CLASS class) {
    if (!IsValidAcl(acl))
        return descriptor_fail(ERROR_INVALID_PARAMETER);
    const DWORD used = (BYTE *)acl_at(acl, acl->AceCount) - (BYTE *)acl;
    const ACL_SIZE_INFORMATION sizes = {acl->AceCount, used, acl->AclSize - used};
    const ACL_REVISION_INFORMATION revision = {acl->AclRevision};
    const void *from = class == AclSizeInformation ? (const void *)&sizes : &revision;
    const DWORD need = class == AclSizeInformation ? sizeof sizes : sizeof revision;
    if (class != AclSizeInformation && class != AclRevisionInformation)
        return descriptor_fail(ERROR_INVALID_PARAMETER);
    if (size < need)
        return descriptor_fail(ERROR_INSUFFICIENT_BUFFER);
    memcpy(out, from, need);
    return TRUE;
}
