/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The security descriptors of objects: reading and changing them through a handle. */
#include "dlls/ntdll/security.h"

#include <ntstatus.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dlls/ntdll/object.h"
#include "dlls/ntdll/security_file.h"
#include "dlls/ntdll/token.h"

#ifndef LABEL_SECURITY_INFORMATION
#define LABEL_SECURITY_INFORMATION 0x10
#endif

#define DACL_BITS (SE_DACL_PRESENT | SE_DACL_DEFAULTED | SE_DACL_AUTO_INHERITED | SE_DACL_PROTECTED)
#define SACL_BITS (SE_SACL_PRESENT | SE_SACL_DEFAULTED | SE_SACL_AUTO_INHERITED | SE_SACL_PROTECTED)

/* Source: https://learn.microsoft.com/en-us/windows/win32/secauthz/security-information */
static ACCESS_MASK rights_to_read(SECURITY_INFORMATION what) {
    return (what & (OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION |
                       LABEL_SECURITY_INFORMATION)
                   ? READ_CONTROL
                   : 0) |
           (what & SACL_SECURITY_INFORMATION ? ACCESS_SYSTEM_SECURITY : 0);
}

static ACCESS_MASK rights_to_write(SECURITY_INFORMATION what) {
    return (what & (OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | LABEL_SECURITY_INFORMATION) ? WRITE_OWNER
                                                                                                          : 0) |
           (what & DACL_SECURITY_INFORMATION ? WRITE_DAC : 0) |
           (what & SACL_SECURITY_INFORMATION ? ACCESS_SYSTEM_SECURITY : 0);
}

/* ---- lists of labels and of audits, which are one in the descriptor ---- */

/* Copies the entries of @from that are labels, or those that are not, behind what @to holds. */
static void acl_append(ACL *to, const ACL *from, bool labels) {
    const BYTE *at = (const BYTE *)(from + 1);

    for (unsigned i = 0; i < from->AceCount; i++) {
        const ACE_HEADER *ace = (const ACE_HEADER *)at;

        if ((ace->AceType == SYSTEM_MANDATORY_LABEL_ACE_TYPE) == labels) {
            memcpy((BYTE *)to + to->AclSize, ace, ace->AceSize);
            to->AclSize = (WORD)(to->AclSize + ace->AceSize);
            to->AceCount++;
        }
        at += ace->AceSize;
    }
    if (from->AclRevision > to->AclRevision)
        to->AclRevision = from->AclRevision;
}

/* Labels from one list, the rest from another; each may be NULL.  Return: memory for free(), NULL when out of it. */
static ACL *sacl_join(const ACL *labels, const ACL *audits) {
    const size_t size = sizeof(ACL) + (labels ? labels->AclSize : 0) + (audits ? audits->AclSize : 0);
    ACL *acl = size > MAXWORD ? NULL : malloc(size);

    if (!acl)
        return NULL;
    *acl = (ACL){.AclRevision = ACL_REVISION, .AclSize = sizeof(ACL)};
    if (labels)
        acl_append(acl, labels, true);
    if (audits)
        acl_append(acl, audits, false);
    return acl;
}

/* ---- reading ---- */

NTSTATUS security_choose(struct descriptor *is, SECURITY_INFORMATION what, ACL **sacl) {
    const bool labels = what & LABEL_SECURITY_INFORMATION, audits = what & SACL_SECURITY_INFORMATION;

    *sacl = NULL;
    if (!(what & OWNER_SECURITY_INFORMATION))
        is->owner = NULL;
    if (!(what & GROUP_SECURITY_INFORMATION))
        is->group = NULL;
    if (!(what & DACL_SECURITY_INFORMATION)) {
        is->control &= (uint16_t)~DACL_BITS;
        is->dacl = NULL;
    }
    if (is->sacl && (labels || audits)) {
        *sacl = sacl_join(labels ? is->sacl : NULL, audits ? is->sacl : NULL);
        if (!*sacl)
            return STATUS_NO_MEMORY;
    }
    is->sacl = *sacl && (*sacl)->AceCount ? *sacl : NULL;
    if (!is->sacl)
        is->control &= (uint16_t)~SACL_BITS;
    return STATUS_SUCCESS;
}

/* The whole descriptor of the object behind a handle, in scratch->descriptor.  Return: its size, or 0. */
static size_t descriptor_of(HANDLE handle, uint32_t cell, struct access_scratch *scratch) {
    if (cell_type(cell_at(cell)) == CELL_FILE && security_file_has(cell))
        return security_file_read(handle, scratch->descriptor, DESCRIPTOR_MAX);
    return object_descriptor(security_cell(cell), getuid(), scratch);
}

/**
 * NtQuerySecurityObject() - parts of an object's security descriptor, self-relative.
 * @what: OWNER_, GROUP_, DACL_, SACL_, LABEL_SECURITY_INFORMATION.
 * @need: receives the bytes needed.
 * Return: STATUS_SUCCESS, STATUS_BUFFER_TOO_SMALL, STATUS_ACCESS_DENIED (a handle without READ_CONTROL; of the SACL
 * without ACCESS_SYSTEM_SECURITY), STATUS_INVALID_HANDLE, STATUS_NO_MEMORY.
 * Source: https://learn.microsoft.com/en-us/windows-hardware/drivers/ddi/ntifs/nf-ntifs-ntquerysecurityobject
 */
NTSTATUS WINAPI NtQuerySecurityObject(
    HANDLE handle, SECURITY_INFORMATION what, PSECURITY_DESCRIPTOR to, ULONG size, PULONG need) {
    struct access_scratch *scratch;
    struct wait_object object;
    struct descriptor is;
    ACL *sacl = NULL;
    NTSTATUS status = object_lookup(handle, CELL_FREE, rights_to_read(what), &object);

    if (status)
        return status;
    scratch = security_scratch();
    if (!scratch)
        return STATUS_NO_MEMORY;
    status = descriptor_open(&is, scratch->descriptor, descriptor_of(handle, object.cell, scratch))
                 ? STATUS_INVALID_HANDLE
                 : STATUS_SUCCESS;
    if (!status)
        status = security_choose(&is, what, &sacl);
    if (!status) {
        *need = (ULONG)descriptor_size(&is);
        status = to && descriptor_write(&is, to, size) ? STATUS_SUCCESS : STATUS_BUFFER_TOO_SMALL;
    }
    free(sacl);
    free(scratch);
    return status;
}

/* ---- changing ---- */

NTSTATUS security_merge(
    struct descriptor *is, const struct descriptor *given, SECURITY_INFORMATION what, ACL **sacl) {
    const bool labels = what & LABEL_SECURITY_INFORMATION, audits = what & SACL_SECURITY_INFORMATION;

    *sacl = NULL;
    if ((what & OWNER_SECURITY_INFORMATION && !given->owner))
        return STATUS_INVALID_OWNER;
    if (what & GROUP_SECURITY_INFORMATION && !given->group)
        return STATUS_INVALID_PRIMARY_GROUP;
    if (what & OWNER_SECURITY_INFORMATION)
        is->owner = given->owner;
    if (what & GROUP_SECURITY_INFORMATION)
        is->group = given->group;
    if (what & DACL_SECURITY_INFORMATION) {
        is->dacl = given->dacl;
        is->control = (uint16_t)((is->control & ~DACL_BITS) | (given->control & DACL_BITS) | SE_DACL_PRESENT);
    }
    if (!labels && !audits)
        return STATUS_SUCCESS;
    *sacl = sacl_join(labels ? given->sacl : is->sacl, audits ? given->sacl : is->sacl);
    if (!*sacl)
        return STATUS_NO_MEMORY;
    is->sacl = *sacl;
    is->control = (uint16_t)((is->control & ~SACL_BITS) | (given->control & SACL_BITS) | SE_SACL_PRESENT);
    return STATUS_SUCCESS;
}

/* Whether the caller may give these parts.  A part that is not set is not looked at. */
static NTSTATUS given_check(const struct descriptor *given, SECURITY_INFORMATION what) {
    struct descriptor part = *given;
    struct token token;
    NTSTATUS status = token_get_cell(security_token(), &token);

    if (status)
        return status;
    if (!(what & OWNER_SECURITY_INFORMATION))
        part.owner = NULL;
    if (!(what & (LABEL_SECURITY_INFORMATION | SACL_SECURITY_INFORMATION)))
        part.sacl = NULL;
    status = security_allowed(&part, token.body);
    token_put(&token);
    return status;
}

/* One attempt.  Return: STATUS_RETRY when somebody else has changed it. */
static NTSTATUS security_change(
    HANDLE handle, uint32_t cell, const struct descriptor *given, SECURITY_INFORMATION what) {
    const uint32_t expected = atomic_load(&cell_at(security_cell(cell))->security);
    const enum cell_type type = cell_type(cell_at(security_cell(cell)));
    struct access_scratch *scratch = security_scratch();
    struct descriptor is;
    BYTE *made = malloc(DESCRIPTOR_MAX);
    ACL *sacl = NULL;
    size_t size = 0;
    NTSTATUS status = scratch && made ? STATUS_SUCCESS : STATUS_NO_MEMORY;

    if (!status && descriptor_open(&is, scratch->descriptor, descriptor_of(handle, cell, scratch)))
        status = STATUS_INVALID_HANDLE;
    if (!status)
        status = security_merge(&is, given, what, &sacl);
    if (!status) {
        size = descriptor_write(&is, made, DESCRIPTOR_MAX);
        status = size ? STATUS_SUCCESS : STATUS_INVALID_SECURITY_DESCR;
    }
    if (!status && is.dacl)
        acl_map((ACL *)(made + ((SECURITY_DESCRIPTOR_RELATIVE *)made)->Dacl), access_mapping(type));
    if (!status && type == CELL_FILE && security_file_has(cell))
        status = security_file_write(handle, made, size, what);
    else if (!status)
        status = security_set_cell(cell, DATA_DESCRIPTOR, expected, made, (ULONG)size);
    free(sacl);
    free(made);
    free(scratch);
    return status;
}

/**
 * NtSetSecurityObject() - changes parts of an object's security descriptor.
 * Return: STATUS_SUCCESS, STATUS_ACCESS_DENIED (a handle without WRITE_DAC for the DACL, WRITE_OWNER for owner, group
 * and label, ACCESS_SYSTEM_SECURITY for the SACL), STATUS_INVALID_OWNER, STATUS_INVALID_PRIMARY_GROUP,
 * STATUS_PRIVILEGE_NOT_HELD, STATUS_INVALID_SECURITY_DESCR, STATUS_ACCESS_VIOLATION, STATUS_INVALID_HANDLE; of a file
 * also STATUS_NOT_SUPPORTED (Linux cannot keep it). Source:
 * https://learn.microsoft.com/en-us/windows-hardware/drivers/ddi/ntifs/nf-ntifs-ntsetsecurityobject
 */
NTSTATUS WINAPI NtSetSecurityObject(HANDLE handle, SECURITY_INFORMATION what, PSECURITY_DESCRIPTOR descriptor) {
    struct wait_object object;
    struct descriptor given;
    void *copy = NULL;
    ULONG size;
    NTSTATUS status = object_lookup(handle, CELL_FREE, rights_to_write(what), &object);

    if (!status)
        status = security_copy(descriptor, &copy, &size);
    if (status)
        return status;
    descriptor_open(&given, copy, size);
    status = given_check(&given, what);
    while (!status) {
        status = security_change(handle, object.cell, &given, what);
        if (status != STATUS_RETRY)
            break;
        status = STATUS_SUCCESS;
    }
    free(copy);
    return status;
}
