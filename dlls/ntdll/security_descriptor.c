/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Security descriptors (Rtl…SecurityDescriptor, Rtl…SD) as data.  An absolute one points at owner, group and lists; a
 * self-relative one holds them behind its header, by offset ([MS-DTYP] 2.4.6).
 */
#include <string.h>

#include <ntstatus.h>
#define WIN32_NO_STATUS
#include <windows.h>
#include <winternl.h>

/* What a descriptor says, wherever it lies. */
struct parts {
    void *owner, *group;
    ACL *sacl, *dacl;
};

static BOOL is_relative(const SECURITY_DESCRIPTOR *descriptor) {
    return descriptor->Control & SE_SELF_RELATIVE;
}

static void *at_offset(const void *descriptor, DWORD offset) {
    return offset ? (BYTE *)descriptor + offset : NULL;
}

static struct parts parts_of(PSECURITY_DESCRIPTOR descriptor) {
    const SECURITY_DESCRIPTOR *absolute = descriptor;
    const SECURITY_DESCRIPTOR_RELATIVE *relative = descriptor;
    const BOOL dacl = absolute->Control & SE_DACL_PRESENT, sacl = absolute->Control & SE_SACL_PRESENT;

    if (!is_relative(absolute))
        return (struct parts){
            absolute->Owner, absolute->Group, sacl ? absolute->Sacl : NULL, dacl ? absolute->Dacl : NULL};
    return (struct parts){at_offset(descriptor, relative->Owner), at_offset(descriptor, relative->Group),
        sacl ? at_offset(descriptor, relative->Sacl) : NULL, dacl ? at_offset(descriptor, relative->Dacl) : NULL};
}

static DWORD padded(DWORD size) {
    return (size + 3) & ~3u;
}

static DWORD sid_bytes(PSID sid) {
    return sid ? padded(RtlLengthSid(sid)) : 0;
}

static DWORD acl_bytes(const ACL *acl) {
    return acl ? padded(acl->AclSize) : 0;
}

/** RtlCreateSecurityDescriptor() - an absolute descriptor that holds nothing.  Return: STATUS_SUCCESS,
 * STATUS_UNKNOWN_REVISION. */
NTSTATUS WINAPI RtlCreateSecurityDescriptor(PSECURITY_DESCRIPTOR descriptor, DWORD revision) {
    if (revision != SECURITY_DESCRIPTOR_REVISION)
        return STATUS_UNKNOWN_REVISION;
    memset(descriptor, 0, sizeof(SECURITY_DESCRIPTOR));
    ((SECURITY_DESCRIPTOR *)descriptor)->Revision = (BYTE)revision;
    return STATUS_SUCCESS;
}

/* RtlValidSecurityDescriptor() - a BOOLEAN; Wine's header declares an NTSTATUS. */
NTSTATUS WINAPI RtlValidSecurityDescriptor(PSECURITY_DESCRIPTOR descriptor) {
    const SECURITY_DESCRIPTOR *is = descriptor;
    struct parts parts;

    if (!is || is->Revision != SECURITY_DESCRIPTOR_REVISION)
        return FALSE;
    parts = parts_of(descriptor);
    return (!parts.owner || RtlValidSid(parts.owner)) && (!parts.group || RtlValidSid(parts.group)) &&
           (!parts.dacl || RtlValidAcl(parts.dacl)) && (!parts.sacl || RtlValidAcl(parts.sacl));
}

/* Whether a part that begins at @offset and says itself how long it is lies in the descriptor's @size bytes. */
static BOOL sid_within(const void *descriptor, DWORD offset, DWORD size) {
    const SID *sid = at_offset(descriptor, offset);

    return offset >= sizeof(SECURITY_DESCRIPTOR_RELATIVE) && offset <= size &&
           size - offset >= offsetof(SID, SubAuthority) && RtlValidSid((PSID)sid) &&
           RtlLengthSid((PSID)sid) <= size - offset;
}

static BOOL acl_within(const void *descriptor, DWORD offset, DWORD size) {
    ACL *acl = at_offset(descriptor, offset);

    return offset >= sizeof(SECURITY_DESCRIPTOR_RELATIVE) && offset <= size && size - offset >= sizeof *acl &&
           acl->AclSize <= size - offset && RtlValidAcl(acl);
}

/**
 * RtlValidRelativeSecurityDescriptor() - whether a self-relative descriptor is whole within its memory.
 * @required: OWNER_, GROUP_, DACL_, SACL_SECURITY_INFORMATION: what must be there.
 */
BOOLEAN WINAPI RtlValidRelativeSecurityDescriptor(
    PSECURITY_DESCRIPTOR descriptor, ULONG size, SECURITY_INFORMATION required) {
    const SECURITY_DESCRIPTOR_RELATIVE *is = descriptor;

    if (!is || size < sizeof *is || is->Revision != SECURITY_DESCRIPTOR_REVISION || !(is->Control & SE_SELF_RELATIVE))
        return FALSE;
    if (is->Owner ? !sid_within(is, is->Owner, size) : required & OWNER_SECURITY_INFORMATION)
        return FALSE;
    if (is->Group ? !sid_within(is, is->Group, size) : required & GROUP_SECURITY_INFORMATION)
        return FALSE;
    if (!(is->Control & SE_DACL_PRESENT) ? required & DACL_SECURITY_INFORMATION
                                         : is->Dacl && !acl_within(is, is->Dacl, size))
        return FALSE;
    return !(is->Control & SE_SACL_PRESENT) ? !(required & SACL_SECURITY_INFORMATION)
                                            : !is->Sacl || acl_within(is, is->Sacl, size);
}

/* RtlLengthSecurityDescriptor() - the bytes that it takes as a self-relative one. */
ULONG WINAPI RtlLengthSecurityDescriptor(PSECURITY_DESCRIPTOR descriptor) {
    const struct parts parts = parts_of(descriptor);
    const DWORD header = is_relative(descriptor) ? sizeof(SECURITY_DESCRIPTOR_RELATIVE) : sizeof(SECURITY_DESCRIPTOR);

    return header + sid_bytes(parts.owner) + sid_bytes(parts.group) + acl_bytes(parts.sacl) + acl_bytes(parts.dacl);
}

/* ---- parts ---- */

/* Return: STATUS_UNKNOWN_REVISION, or STATUS_INVALID_SECURITY_DESCR for one that cannot be changed. */
static NTSTATUS absolute_check(const SECURITY_DESCRIPTOR *descriptor) {
    if (descriptor->Revision != SECURITY_DESCRIPTOR_REVISION)
        return STATUS_UNKNOWN_REVISION;
    return is_relative(descriptor) ? STATUS_INVALID_SECURITY_DESCR : STATUS_SUCCESS;
}

static void control_set(
    SECURITY_DESCRIPTOR *descriptor, SECURITY_DESCRIPTOR_CONTROL mask, SECURITY_DESCRIPTOR_CONTROL bits) {
    descriptor->Control = (SECURITY_DESCRIPTOR_CONTROL)((descriptor->Control & ~mask) | (bits & mask));
}

/**
 * RtlSetDaclSecurityDescriptor() - who may do what.
 * @dacl: not copied; NULL with @present: everybody everything.
 * Return: STATUS_SUCCESS, STATUS_UNKNOWN_REVISION, STATUS_INVALID_SECURITY_DESCR (a self-relative one).
 * Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/securitybaseapi/nf-securitybaseapi-setsecuritydescriptordacl
 */
NTSTATUS WINAPI RtlSetDaclSecurityDescriptor(
    PSECURITY_DESCRIPTOR descriptor, BOOLEAN present, ACL *dacl, BOOLEAN defaulted) {
    SECURITY_DESCRIPTOR *is = descriptor;
    const NTSTATUS status = absolute_check(is);

    if (status)
        return status;
    control_set(is, SE_DACL_PRESENT | SE_DACL_DEFAULTED,
        (present ? SE_DACL_PRESENT : 0) | (present && defaulted ? SE_DACL_DEFAULTED : 0));
    is->Dacl = present ? dacl : NULL;
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI RtlSetSaclSecurityDescriptor(
    PSECURITY_DESCRIPTOR descriptor, BOOLEAN present, ACL *sacl, BOOLEAN defaulted) {
    SECURITY_DESCRIPTOR *is = descriptor;
    const NTSTATUS status = absolute_check(is);

    if (status)
        return status;
    control_set(is, SE_SACL_PRESENT | SE_SACL_DEFAULTED,
        (present ? SE_SACL_PRESENT : 0) | (present && defaulted ? SE_SACL_DEFAULTED : 0));
    is->Sacl = present ? sacl : NULL;
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI RtlSetOwnerSecurityDescriptor(PSECURITY_DESCRIPTOR descriptor, PSID owner, BOOLEAN defaulted) {
    SECURITY_DESCRIPTOR *is = descriptor;
    const NTSTATUS status = absolute_check(is);

    if (status)
        return status;
    is->Owner = owner;
    control_set(is, SE_OWNER_DEFAULTED, defaulted ? SE_OWNER_DEFAULTED : 0);
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI RtlSetGroupSecurityDescriptor(PSECURITY_DESCRIPTOR descriptor, PSID group, BOOLEAN defaulted) {
    SECURITY_DESCRIPTOR *is = descriptor;
    const NTSTATUS status = absolute_check(is);

    if (status)
        return status;
    is->Group = group;
    control_set(is, SE_GROUP_DEFAULTED, defaulted ? SE_GROUP_DEFAULTED : 0);
    return STATUS_SUCCESS;
}

/** RtlGetDaclSecurityDescriptor() - *dacl and *defaulted are set only if there is one.  Return: STATUS_SUCCESS,
 * STATUS_UNKNOWN_REVISION. */
NTSTATUS WINAPI RtlGetDaclSecurityDescriptor(
    PSECURITY_DESCRIPTOR descriptor, BOOLEAN *present, ACL **dacl, BOOLEAN *defaulted) {
    const SECURITY_DESCRIPTOR *is = descriptor;

    if (is->Revision != SECURITY_DESCRIPTOR_REVISION)
        return STATUS_UNKNOWN_REVISION;
    *present = (is->Control & SE_DACL_PRESENT) != 0;
    if (*present) {
        *dacl = parts_of(descriptor).dacl;
        *defaulted = (is->Control & SE_DACL_DEFAULTED) != 0;
    }
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI RtlGetSaclSecurityDescriptor(
    PSECURITY_DESCRIPTOR descriptor, BOOLEAN *present, ACL **sacl, BOOLEAN *defaulted) {
    const SECURITY_DESCRIPTOR *is = descriptor;

    if (is->Revision != SECURITY_DESCRIPTOR_REVISION)
        return STATUS_UNKNOWN_REVISION;
    *present = (is->Control & SE_SACL_PRESENT) != 0;
    if (*present) {
        *sacl = parts_of(descriptor).sacl;
        *defaulted = (is->Control & SE_SACL_DEFAULTED) != 0;
    }
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI RtlGetOwnerSecurityDescriptor(PSECURITY_DESCRIPTOR descriptor, PSID *owner, BOOLEAN *defaulted) {
    const SECURITY_DESCRIPTOR *is = descriptor;

    if (is->Revision != SECURITY_DESCRIPTOR_REVISION)
        return STATUS_UNKNOWN_REVISION;
    *owner = parts_of(descriptor).owner;
    *defaulted = (is->Control & SE_OWNER_DEFAULTED) != 0;
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI RtlGetGroupSecurityDescriptor(PSECURITY_DESCRIPTOR descriptor, PSID *group, BOOLEAN *defaulted) {
    const SECURITY_DESCRIPTOR *is = descriptor;

    if (is->Revision != SECURITY_DESCRIPTOR_REVISION)
        return STATUS_UNKNOWN_REVISION;
    *group = parts_of(descriptor).group;
    *defaulted = (is->Control & SE_GROUP_DEFAULTED) != 0;
    return STATUS_SUCCESS;
}

/** RtlGetControlSecurityDescriptor() - control bits and revision.  Return: STATUS_SUCCESS, STATUS_UNKNOWN_REVISION
 * (*revision is set). */
NTSTATUS WINAPI RtlGetControlSecurityDescriptor(
    PSECURITY_DESCRIPTOR descriptor, SECURITY_DESCRIPTOR_CONTROL *control, DWORD *revision) {
    const SECURITY_DESCRIPTOR *is = descriptor;

    *revision = is->Revision;
    if (is->Revision != SECURITY_DESCRIPTOR_REVISION)
        return STATUS_UNKNOWN_REVISION;
    *control = is->Control;
    return STATUS_SUCCESS;
}

/** RtlSetControlSecurityDescriptor() - changes the bits that are about inheritance.  Return: STATUS_SUCCESS,
 * STATUS_INVALID_PARAMETER (others). */
NTSTATUS WINAPI RtlSetControlSecurityDescriptor(
    PSECURITY_DESCRIPTOR descriptor, SECURITY_DESCRIPTOR_CONTROL mask, SECURITY_DESCRIPTOR_CONTROL bits) {
    const SECURITY_DESCRIPTOR_CONTROL changeable = SE_DACL_AUTO_INHERIT_REQ | SE_SACL_AUTO_INHERIT_REQ |
                                                   SE_DACL_AUTO_INHERITED | SE_SACL_AUTO_INHERITED | SE_DACL_PROTECTED |
                                                   SE_SACL_PROTECTED;

    if ((mask | bits) & ~changeable || bits & ~mask)
        return STATUS_INVALID_PARAMETER;
    control_set(descriptor, mask, bits);
    return STATUS_SUCCESS;
}

/* ---- from one form to the other ---- */

/* Puts a part behind what is there already.  Return: its offset, 0 if there is none. */
static DWORD relative_put(void *to, DWORD *at, const void *part, DWORD length, DWORD bytes) {
    const DWORD offset = *at;

    if (!part)
        return 0;
    memset((BYTE *)to + offset, 0, bytes);
    memcpy((BYTE *)to + offset, part, length);
    *at += bytes;
    return offset;
}

/**
 * RtlMakeSelfRelativeSD() - copies a descriptor of either form into one piece of memory.
 * @size: its bytes; receives what is needed if these are too few.
 * Return: STATUS_SUCCESS, STATUS_BUFFER_TOO_SMALL.
 */
NTSTATUS WINAPI RtlMakeSelfRelativeSD(PSECURITY_DESCRIPTOR descriptor, PSECURITY_DESCRIPTOR to, DWORD *size) {
    const SECURITY_DESCRIPTOR *from = descriptor;
    const struct parts parts = parts_of(descriptor);
    DWORD at = sizeof(SECURITY_DESCRIPTOR_RELATIVE);
    const DWORD need =
        at + sid_bytes(parts.owner) + sid_bytes(parts.group) + acl_bytes(parts.sacl) + acl_bytes(parts.dacl);
    SECURITY_DESCRIPTOR_RELATIVE *made = to;

    if (*size < need || !to) {
        *size = need;
        return STATUS_BUFFER_TOO_SMALL;
    }
    *made = (SECURITY_DESCRIPTOR_RELATIVE){
        .Revision = from->Revision, .Sbz1 = from->Sbz1, .Control = from->Control | SE_SELF_RELATIVE};
    made->Sacl = relative_put(to, &at, parts.sacl, parts.sacl ? parts.sacl->AclSize : 0, acl_bytes(parts.sacl));
    made->Dacl = relative_put(to, &at, parts.dacl, parts.dacl ? parts.dacl->AclSize : 0, acl_bytes(parts.dacl));
    made->Owner =
        relative_put(to, &at, parts.owner, parts.owner ? RtlLengthSid(parts.owner) : 0, sid_bytes(parts.owner));
    made->Group =
        relative_put(to, &at, parts.group, parts.group ? RtlLengthSid(parts.group) : 0, sid_bytes(parts.group));
    *size = need;
    return STATUS_SUCCESS;
}

/** RtlAbsoluteToSelfRelativeSD() - the same for absolute ones.  Return: also STATUS_BAD_DESCRIPTOR_FORMAT. */
NTSTATUS WINAPI RtlAbsoluteToSelfRelativeSD(PSECURITY_DESCRIPTOR descriptor, PSECURITY_DESCRIPTOR to, ULONG *size) {
    if (is_relative(descriptor))
        return STATUS_BAD_DESCRIPTOR_FORMAT;
    return RtlMakeSelfRelativeSD(descriptor, to, size);
}

/* Compares a buffer's size with what a part needs, which it receives.  Return: whether it fits. */
static BOOL part_fits(DWORD *size, DWORD need) {
    const BOOL fits = *size >= need;

    *size = need;
    return fits;
}

/**
 * RtlSelfRelativeToAbsoluteSD() - copies header and parts into memory of their own.
 * Each size receives what its part needs.
 * Return: STATUS_SUCCESS, STATUS_BAD_DESCRIPTOR_FORMAT (not self-relative), STATUS_BUFFER_TOO_SMALL.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/securitybaseapi/nf-securitybaseapi-makeabsolutesd
 */
NTSTATUS WINAPI RtlSelfRelativeToAbsoluteSD(PSECURITY_DESCRIPTOR descriptor, PSECURITY_DESCRIPTOR to, DWORD *size,
    ACL *dacl, DWORD *dacl_size, ACL *sacl, DWORD *sacl_size, PSID owner, DWORD *owner_size, PSID group,
    DWORD *group_size) {
    const SECURITY_DESCRIPTOR_RELATIVE *from = descriptor;
    const struct parts parts = parts_of(descriptor);
    SECURITY_DESCRIPTOR *made = to;
    BOOL fits = TRUE;

    if (!is_relative(descriptor))
        return STATUS_BAD_DESCRIPTOR_FORMAT;
    fits &= part_fits(size, sizeof *made);
    fits &= part_fits(dacl_size, parts.dacl ? parts.dacl->AclSize : 0);
    fits &= part_fits(sacl_size, parts.sacl ? parts.sacl->AclSize : 0);
    fits &= part_fits(owner_size, parts.owner ? RtlLengthSid(parts.owner) : 0);
    fits &= part_fits(group_size, parts.group ? RtlLengthSid(parts.group) : 0);
    if (!fits || !made)
        return STATUS_BUFFER_TOO_SMALL;
    *made = (SECURITY_DESCRIPTOR){
        .Revision = from->Revision, .Sbz1 = from->Sbz1, .Control = from->Control & ~SE_SELF_RELATIVE};
    made->Dacl = parts.dacl ? memcpy(dacl, parts.dacl, *dacl_size) : NULL;
    made->Sacl = parts.sacl ? memcpy(sacl, parts.sacl, *sacl_size) : NULL;
    made->Owner = parts.owner ? memcpy(owner, parts.owner, *owner_size) : NULL;
    made->Group = parts.group ? memcpy(group, parts.group, *group_size) : NULL;
    return STATUS_SUCCESS;
}
