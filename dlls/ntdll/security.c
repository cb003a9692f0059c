/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks and descriptors of objects; see security.h. */
#include "dlls/ntdll/security.h"

#include <ntstatus.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dlls/ntdll/object.h"
#include "libs/host/guard.h"
#include "libs/protocol/client.h"

struct access_scratch *security_scratch(void) {
    return malloc(sizeof(struct access_scratch));
}

uint32_t security_token(void) {
    return access_token(arena_process, arena_self.index);
}

NTSTATUS security_status(int error) {
    switch (error) {
    case 0: return STATUS_SUCCESS;
    case -EPERM: return STATUS_PRIVILEGE_NOT_HELD;
    case -ENOTSUP: return STATUS_BAD_IMPERSONATION_LEVEL;
    default: return STATUS_ACCESS_DENIED;
    }
}

NTSTATUS security_check(uint32_t cell, ACCESS_MASK access, ACCESS_MASK *granted) {
    const uint32_t token = security_token();
    const ACCESS_MASK asked = object_access_asked(cell_type(cell_at(cell)), access);
    struct access_scratch *scratch;
    uint32_t rights = 0;
    NTSTATUS status;

    *granted = asked;
    if (object_allows_at_once(cell, token, asked))
        return STATUS_SUCCESS;
    scratch = security_scratch();
    if (!scratch)
        return STATUS_NO_MEMORY;
    status = security_status(object_allows(cell, token, getuid(), asked, scratch, &rights));
    *granted = rights;
    free(scratch);
    return status;
}

NTSTATUS security_may_open(void) {
    const uint32_t token = security_token();
    struct access_scratch *scratch;
    const struct token_body *body;
    NTSTATUS status;

    if (token_is_plain(token))
        return STATUS_SUCCESS;
    scratch = security_scratch();
    if (!scratch)
        return STATUS_NO_MEMORY;
    body = access_token_body(token, getuid(), scratch);
    status = body && body->type == TokenImpersonation && body->level < SecurityImpersonation ? STATUS_BAD_IMPERSONATION_LEVEL : STATUS_SUCCESS;
    free(scratch);
    return status;
}

/* ---- descriptors ---- */

NTSTATUS security_copy(PSECURITY_DESCRIPTOR descriptor, void **copy, ULONG *size) {
    struct descriptor is;
    NTSTATUS status;

    *copy = NULL;
    *size = 0;
    if (guard_probe_read(descriptor, sizeof(SECURITY_DESCRIPTOR_RELATIVE)))
        return STATUS_ACCESS_VIOLATION;
    if (!RtlValidSecurityDescriptor(descriptor))
        return STATUS_INVALID_SECURITY_DESCR;
    RtlMakeSelfRelativeSD(descriptor, NULL, size);
    *copy = malloc(*size);
    if (!*copy)
        return STATUS_NO_MEMORY;
    status = RtlMakeSelfRelativeSD(descriptor, *copy, size);
    if (!status && (*size > DESCRIPTOR_MAX || descriptor_open(&is, *copy, *size)))
        status = STATUS_INVALID_SECURITY_DESCR;
    if (!status)
        return STATUS_SUCCESS;
    free(*copy);
    *copy = NULL;
    return status;
}

/* Whether the token's owner may make @sid the owner of something. */
static bool owner_is_allowed(const struct token_body *token, const struct sid *sid) {
    if (token->enabled & PRIVILEGE_BIT(SE_RESTORE_PRIVILEGE) || sid_same(sid, &token->entry[0].sid))
        return true;
    for (uint32_t i = 1; i <= token->n_groups; i++) {
        if (token->entry[i].attributes & SE_GROUP_OWNER && !(token->entry[i].attributes & SE_GROUP_USE_FOR_DENY_ONLY) &&
            sid_same(sid, &token->entry[i].sid))
            return true;
    }
    return false;
}

/* A list of audits needs a privilege; a label above one's own another. */
static NTSTATUS sacl_allowed(const struct token_body *token, const ACL *sacl) {
    struct ace ace;

    for (uint32_t at = 0; acl_next(sacl, &at, &ace);) {
        if (ace.type != SYSTEM_MANDATORY_LABEL_ACE_TYPE && !(token->enabled & PRIVILEGE_BIT(SE_SECURITY_PRIVILEGE)))
            return STATUS_PRIVILEGE_NOT_HELD;
        if (ace.type == SYSTEM_MANDATORY_LABEL_ACE_TYPE && ace.sid->n_sub && ace.sid->sub[0] > token->integrity &&
            !(token->enabled & PRIVILEGE_BIT(SE_RELABEL_PRIVILEGE)))
            return STATUS_PRIVILEGE_NOT_HELD;
    }
    return STATUS_SUCCESS;
}

NTSTATUS security_allowed(const struct descriptor *given, const struct token_body *token) {
    if (given->owner && !owner_is_allowed(token, given->owner))
        return STATUS_INVALID_OWNER;
    return given->sacl ? sacl_allowed(token, given->sacl) : STATUS_SUCCESS;
}

NTSTATUS security_make(const void *given, ULONG given_size, const struct token_body *token, enum cell_type type,
    const GENERIC_MAPPING *mapping, void **made, ULONG *size) {
    const uint16_t kept = SE_DACL_PRESENT | SE_SACL_PRESENT | SE_DACL_PROTECTED | SE_SACL_PROTECTED |
                          SE_DACL_AUTO_INHERITED | SE_SACL_AUTO_INHERITED;
    const size_t room = given_size + token->dacl_size + 2 * sizeof(struct sid) + 256;
    uint8_t *base = malloc(2 * room), *bytes = base ? base + room : NULL;
    struct descriptor part, is = {0};
    NTSTATUS status;

    *made = NULL;
    if (!base)
        return STATUS_NO_MEMORY;
    descriptor_open(&part, base, descriptor_default(token, type, base, room));
    if (given && !descriptor_open(&is, given, given_size)) {
        part.control = (is.control & kept) | (is.control & SE_DACL_PRESENT ? 0 : part.control & SE_DACL_PRESENT) |
                       (is.control & SE_SACL_PRESENT ? 0 : part.control & SE_SACL_PRESENT);
        part.owner = is.owner ? is.owner : part.owner;
        part.group = is.group ? is.group : part.group;
        part.dacl = is.control & SE_DACL_PRESENT ? is.dacl : part.dacl;
        part.sacl = is.sacl ? is.sacl : part.sacl;
    }
    status = security_allowed(&is, token);
    *size = status ? 0 : (ULONG)descriptor_write(&part, bytes, room);
    if (!status && part.dacl)
        acl_map((ACL *)(bytes + ((SECURITY_DESCRIPTOR_RELATIVE *)bytes)->Dacl), mapping);
    if (!status) {
        memmove(base, bytes, *size);
        *made = base;
        return STATUS_SUCCESS;
    }
    free(base);
    return status;
}

NTSTATUS security_new(enum cell_type type, const OBJECT_ATTRIBUTES *attributes, void **made, ULONG *size) {
    const uint32_t token = security_token();
    const PSECURITY_DESCRIPTOR descriptor = attributes ? attributes->SecurityDescriptor : NULL;
    struct access_scratch *scratch;
    const struct token_body *body;
    void *given = NULL;
    ULONG given_size = 0;
    NTSTATUS status;

    *made = NULL;
    *size = 0;
    if (!descriptor && token_is_plain(token))
        return STATUS_SUCCESS;
    status = descriptor ? security_copy(descriptor, &given, &given_size) : STATUS_SUCCESS;
    if (status)
        return status;
    scratch = security_scratch();
    body = scratch ? access_token_body(token, getuid(), scratch) : NULL;
    status = body      ? security_make(given, given_size, body, type, access_mapping(type), made, size)
             : scratch ? STATUS_ACCESS_DENIED
                       : STATUS_NO_MEMORY;
    free(scratch);
    free(given);
    return status;
}

NTSTATUS security_set(HANDLE handle, enum data_kind kind, uint32_t expected, const void *bytes, ULONG size) {
    const struct request_security_set request = {
        .handle = (ULONG_PTR)handle, .kind = kind, .expected = expected, .bytes = bytes, .bytes_len = size};
    struct reply_security_set reply;

    return server_security_set(&request, &reply);
}

NTSTATUS security_set_cell(uint32_t cell, enum data_kind kind, uint32_t expected, const void *bytes, ULONG size) {
    const ACCESS_MASK rights = kind == DATA_DESCRIPTOR ? WRITE_DAC : TOKEN_ADJUST_DEFAULT;
    HANDLE handle = NULL;
    NTSTATUS status = object_copy(arena_process, cell, rights, 0, &handle);

    if (status)
        return status;
    status = security_set(handle, kind, expected, bytes, size);
    NtClose(handle);
    return status;
}

/* The objects without a name that nobody gives a descriptor keep none, whoever makes them: they can be reached only
 * through handles. */
NTSTATUS security_keep_new(uint32_t cell, const OBJECT_ATTRIBUTES *attributes) {
    void *made;
    ULONG size;
    NTSTATUS status;

    if (!attributes || !attributes->SecurityDescriptor)
        return STATUS_SUCCESS;
    status = security_new(cell_type(cell_at(cell)), attributes, &made, &size);
    if (!status && made)
        status = security_set_cell(cell, DATA_DESCRIPTOR, 0, made, size);
    free(made);
    return status;
}
