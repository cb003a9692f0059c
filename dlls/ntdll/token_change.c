/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Changes of a token.  Each makes a new body of the present one and has it kept, unless another change came between:
 * then it is done again.
 */
#include "dlls/ntdll/token.h"

#include <ntstatus.h>

#include <stdlib.h>
#include <string.h>

static struct token_body *body_same(const struct token_body *body) {
    return token_copy(body, body->n_groups, body->n_restricting, body->dacl_size);
}

/* ---- privileges ---- */

#define PREVIOUS_SIZE(n) (ULONG)(offsetof(TOKEN_PRIVILEGES, Privileges) + (n) * sizeof(LUID_AND_ATTRIBUTES))

/* Changes one privilege of @body.  Return: whether the token has it. */
static bool privilege_change(struct token_body *body, LUID luid, DWORD attributes) {
    const uint64_t bit = luid.LowPart < 64 && !luid.HighPart ? PRIVILEGE_BIT(luid.LowPart) : 0;

    if (!(body->present & bit))
        return false;
    if (attributes & SE_PRIVILEGE_REMOVED) {
        body->present &= ~bit;
        body->enabled &= ~bit;
        body->by_default &= ~bit;
    } else if (attributes & SE_PRIVILEGE_ENABLED) {
        body->enabled |= bit;
    } else {
        body->enabled &= ~bit;
    }
    return true;
}

/* All changes at once.  Return: STATUS_SUCCESS or STATUS_NOT_ALL_ASSIGNED. */
static NTSTATUS privileges_change(struct token_body *body, BOOLEAN disable_all, const TOKEN_PRIVILEGES *wanted) {
    NTSTATUS status = STATUS_SUCCESS;

    if (disable_all) {
        body->enabled = 0;
        return status;
    }
    for (DWORD i = 0; i < wanted->PrivilegeCount; i++) {
        if (!privilege_change(body, wanted->Privileges[i].Luid, wanted->Privileges[i].Attributes))
            status = STATUS_NOT_ALL_ASSIGNED;
    }
    return status;
}

/* Those whose state differs, as they were. */
static DWORD privileges_previous(
    const struct token_body *before, const struct token_body *after, TOKEN_PRIVILEGES *previous) {
    const uint64_t changed = (before->enabled ^ after->enabled) | (before->present ^ after->present);
    DWORD n = 0;

    for (DWORD luid = 0; luid < 64; luid++) {
        const DWORD on = before->enabled & PRIVILEGE_BIT(luid) ? SE_PRIVILEGE_ENABLED : 0;

        if (changed & PRIVILEGE_BIT(luid) && previous)
            previous->Privileges[n] = (LUID_AND_ATTRIBUTES){{luid, 0}, on};
        n += (changed & PRIVILEGE_BIT(luid)) != 0;
    }
    if (previous)
        previous->PrivilegeCount = n;
    return n;
}

static NTSTATUS privileges_adjust(HANDLE handle, BOOLEAN disable_all, const TOKEN_PRIVILEGES *wanted, DWORD size,
    TOKEN_PRIVILEGES *previous, DWORD *return_size) {
    struct token token;
    struct token_body *body;
    DWORD need;
    NTSTATUS result, status = token_get(handle, TOKEN_ADJUST_PRIVILEGES | (previous ? TOKEN_QUERY : 0), &token);

    if (status)
        return status;
    body = body_same(token.body);
    if (!body) {
        token_put(&token);
        return STATUS_NO_MEMORY;
    }
    result = privileges_change(body, disable_all, wanted);
    need = PREVIOUS_SIZE(privileges_previous(token.body, body, NULL));
    if (return_size)
        *return_size = previous ? need : 0;
    if (previous && size < need)
        status = STATUS_BUFFER_TOO_SMALL;
    else if (body->enabled != token.body->enabled || body->present != token.body->present)
        status = token_store(handle, &token, body);
    if (!status && previous)
        privileges_previous(token.body, body, previous);
    free(body);
    token_put(&token);
    return status ? status : result;
}

/**
 * NtAdjustPrivilegesToken() - switches privileges on and off, or takes them away for good.
 * @disable_all: all off; @wanted is not looked at.
 * @previous: receives those that changed, as they were; @size is its room.
 * Return: STATUS_SUCCESS, STATUS_NOT_ALL_ASSIGNED (a success: the token lacks some), STATUS_BUFFER_TOO_SMALL (nothing
 * changed), STATUS_INVALID_PARAMETER, those of a wrong handle.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/securitybaseapi/nf-securitybaseapi-adjusttokenprivileges
 */
NTSTATUS WINAPI NtAdjustPrivilegesToken(HANDLE handle, BOOLEAN disable_all, PTOKEN_PRIVILEGES wanted, DWORD size,
    PTOKEN_PRIVILEGES previous, DWORD *return_size) {
    NTSTATUS status;

    if (!disable_all && !wanted)
        return STATUS_INVALID_PARAMETER;
    do
        status = privileges_adjust(handle, disable_all, wanted, size, previous, return_size);
    while (status == STATUS_RETRY);
    return status;
}

/** RtlAdjustPrivilege() - switches one privilege of this process, or of what the thread impersonates. @was: whether it
 * was on. */
NTSTATUS WINAPI RtlAdjustPrivilege(ULONG privilege, BOOLEAN enable, BOOLEAN of_thread, BOOLEAN *was) {
    const ACCESS_MASK access = TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY;
    TOKEN_PRIVILEGES wanted = {1, {{{privilege, 0}, enable ? SE_PRIVILEGE_ENABLED : 0}}}, previous = {0};
    HANDLE token;
    DWORD size;
    NTSTATUS status = of_thread ? NtOpenThreadToken(NtCurrentThread(), access, FALSE, &token)
                                : NtOpenProcessToken(NtCurrentProcess(), access, &token);

    if (status)
        return status;
    status = NtAdjustPrivilegesToken(token, FALSE, &wanted, sizeof previous, &previous, &size);
    NtClose(token);
    if (status == STATUS_NOT_ALL_ASSIGNED)
        return STATUS_PRIVILEGE_NOT_HELD;
    if (!status)
        *was = previous.PrivilegeCount ? (previous.Privileges[0].Attributes & SE_PRIVILEGE_ENABLED) != 0 : enable;
    return status;
}

/* ---- groups ---- */

static struct token_entry *group_find(struct token_body *body, PSID sid) {
    for (uint32_t i = 1; i <= body->n_groups; i++) {
        if (RtlEqualSid(&body->entry[i].sid, sid))
            return &body->entry[i];
    }
    return NULL;
}

static NTSTATUS group_change(struct token_entry *group, bool enable) {
    if (enable && group->attributes & SE_GROUP_USE_FOR_DENY_ONLY)
        return STATUS_CANT_ENABLE_DENY_ONLY;
    if (!enable && group->attributes & SE_GROUP_MANDATORY)
        return STATUS_CANT_DISABLE_MANDATORY;
    group->attributes = enable ? group->attributes | SE_GROUP_ENABLED : group->attributes & ~(uint32_t)SE_GROUP_ENABLED;
    return STATUS_SUCCESS;
}

static NTSTATUS groups_change(struct token_body *body, BOOLEAN reset, const TOKEN_GROUPS *wanted) {
    NTSTATUS status = STATUS_SUCCESS;

    for (uint32_t i = 1; reset && i <= body->n_groups; i++) {
        if (!(body->entry[i].attributes & (SE_GROUP_USE_FOR_DENY_ONLY | SE_GROUP_MANDATORY)))
            group_change(&body->entry[i], body->entry[i].attributes & SE_GROUP_ENABLED_BY_DEFAULT);
    }
    for (DWORD i = 0; !reset && i < wanted->GroupCount; i++) {
        struct token_entry *group = group_find(body, wanted->Groups[i].Sid);
        const NTSTATUS changed =
            group ? group_change(group, wanted->Groups[i].Attributes & SE_GROUP_ENABLED) : STATUS_NOT_ALL_ASSIGNED;

        if (NT_ERROR(changed))
            return changed;
        if (changed)
            status = changed;
    }
    return status;
}

/* Those whose state differs, as they were.  Return: bytes. */
static ULONG groups_previous(const struct token_body *before, const struct token_body *after, TOKEN_GROUPS *previous) {
    ULONG n = 0, size = 0;
    BYTE *at;

    for (uint32_t i = 1; i <= before->n_groups; i++) {
        if (before->entry[i].attributes != after->entry[i].attributes) {
            n++;
            size += (ULONG)sid_size(&before->entry[i].sid);
        }
    }
    size += (ULONG)(offsetof(TOKEN_GROUPS, Groups) + n * sizeof(SID_AND_ATTRIBUTES));
    if (!previous)
        return size;
    at = (BYTE *)previous + offsetof(TOKEN_GROUPS, Groups) + n * sizeof(SID_AND_ATTRIBUTES);
    previous->GroupCount = 0;
    for (uint32_t i = 1; i <= before->n_groups; i++) {
        if (before->entry[i].attributes == after->entry[i].attributes)
            continue;
        memcpy(at, &before->entry[i].sid, sid_size(&before->entry[i].sid));
        previous->Groups[previous->GroupCount++] = (SID_AND_ATTRIBUTES){(PSID)at, before->entry[i].attributes};
        at += sid_size(&before->entry[i].sid);
    }
    return size;
}

static NTSTATUS groups_adjust(
    HANDLE handle, BOOLEAN reset, const TOKEN_GROUPS *wanted, ULONG size, TOKEN_GROUPS *previous, ULONG *return_size) {
    struct token token;
    struct token_body *body;
    ULONG need;
    NTSTATUS result, status = token_get(handle, TOKEN_ADJUST_GROUPS | (previous ? TOKEN_QUERY : 0), &token);

    if (status)
        return status;
    body = body_same(token.body);
    result = body ? groups_change(body, reset, wanted) : STATUS_NO_MEMORY;
    if (!NT_ERROR(result)) {
        need = groups_previous(token.body, body, NULL);
        if (return_size)
            *return_size = previous ? need : 0;
        status = previous && size < need ? STATUS_BUFFER_TOO_SMALL : token_store(handle, &token, body);
        if (!status && previous)
            groups_previous(token.body, body, previous);
    }
    free(body);
    token_put(&token);
    return status ? status : result;
}

/**
 * NtAdjustGroupsToken() - switches groups on and off.
 * @reset: to what they were at first; @wanted is not looked at.
 * Return: STATUS_SUCCESS, STATUS_NOT_ALL_ASSIGNED (a success), STATUS_CANT_DISABLE_MANDATORY,
 * STATUS_CANT_ENABLE_DENY_ONLY, STATUS_BUFFER_TOO_SMALL, STATUS_INVALID_PARAMETER, those of a wrong handle.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/securitybaseapi/nf-securitybaseapi-adjusttokengroups
 */
NTSTATUS WINAPI NtAdjustGroupsToken(
    HANDLE handle, BOOLEAN reset, TOKEN_GROUPS *wanted, ULONG size, TOKEN_GROUPS *previous, ULONG *return_size) {
    NTSTATUS status;

    if (!reset && !wanted)
        return STATUS_INVALID_PARAMETER;
    do
        status = groups_adjust(handle, reset, wanted, size, previous, return_size);
    while (status == STATUS_RETRY);
    return status;
}

/* ---- the rest ---- */

/* The number of @sid among user and groups.  Return: -1 if it is none of them. */
static int entry_of(const struct token_body *body, PSID sid) {
    for (uint32_t i = 0; i <= body->n_groups; i++) {
        if (RtlEqualSid((PSID)&body->entry[i].sid, sid))
            return (int)i;
    }
    return -1;
}

static NTSTATUS set_owner(struct token_body *body, const TOKEN_OWNER *owner) {
    const int entry = RtlValidSid(owner->Owner) ? entry_of(body, owner->Owner) : -1;

    if (entry < 0 || body->entry[entry].attributes & SE_GROUP_USE_FOR_DENY_ONLY ||
        (entry && !(body->entry[entry].attributes & SE_GROUP_OWNER)))
        return STATUS_INVALID_OWNER;
    body->owner = (uint32_t)entry;
    return STATUS_SUCCESS;
}

static NTSTATUS set_group(struct token_body *body, const TOKEN_PRIMARY_GROUP *group) {
    const int entry = RtlValidSid(group->PrimaryGroup) ? entry_of(body, group->PrimaryGroup) : -1;

    if (entry < 0)
        return STATUS_INVALID_PRIMARY_GROUP;
    body->group = (uint32_t)entry;
    return STATUS_SUCCESS;
}

/* Lower is always possible. */
static NTSTATUS set_level(struct token_body *body, const TOKEN_MANDATORY_LABEL *label) {
    static const SID_IDENTIFIER_AUTHORITY authority = {SECURITY_MANDATORY_LABEL_AUTHORITY};
    const SID *sid = label->Label.Sid;

    if (!RtlValidSid((PSID)sid) || memcmp(&sid->IdentifierAuthority, &authority, sizeof authority) ||
        sid->SubAuthorityCount != 1)
        return STATUS_INVALID_SID;
    if (sid->SubAuthority[0] > body->integrity && !(body->enabled & PRIVILEGE_BIT(SE_RELABEL_PRIVILEGE)))
        return STATUS_PRIVILEGE_NOT_HELD;
    body->integrity = sid->SubAuthority[0];
    return STATUS_SUCCESS;
}

static NTSTATUS set_dacl(struct token_body **body, const TOKEN_DEFAULT_DACL *dacl) {
    struct token_body *made;

    if (dacl->DefaultDacl && !acl_check(dacl->DefaultDacl, dacl->DefaultDacl->AclSize))
        return STATUS_INVALID_ACL;
    made = token_copy(
        *body, (*body)->n_groups, (*body)->n_restricting, dacl->DefaultDacl ? dacl->DefaultDacl->AclSize : 0);
    if (!made)
        return STATUS_NO_MEMORY;
    made->has_dacl = dacl->DefaultDacl != NULL;
    if (made->has_dacl)
        memcpy(token_dacl(made), dacl->DefaultDacl, made->dacl_size);
    free(*body);
    *body = made;
    return STATUS_SUCCESS;
}

static NTSTATUS body_set(struct token_body **body, TOKEN_INFORMATION_CLASS class, const void *data) {
    switch (class) {
    case TokenOwner: return set_owner(*body, data);
    case TokenPrimaryGroup: return set_group(*body, data);
    case TokenIntegrityLevel: return set_level(*body, data);
    case TokenDefaultDacl: return set_dacl(body, data);
    default: return STATUS_PRIVILEGE_NOT_HELD; /* to act as part of the system */
    }
}

/* Return: the least size of what a class sets; 0 for those that cannot be set. */
static ULONG set_size(TOKEN_INFORMATION_CLASS class) {
    switch (class) {
    case TokenOwner: return sizeof(TOKEN_OWNER);
    case TokenPrimaryGroup: return sizeof(TOKEN_PRIMARY_GROUP);
    case TokenIntegrityLevel: return sizeof(TOKEN_MANDATORY_LABEL);
    case TokenDefaultDacl: return sizeof(TOKEN_DEFAULT_DACL);
    case TokenSessionId:
    case TokenUIAccess:
    case TokenMandatoryPolicy: return sizeof(DWORD);
    case TokenOrigin: return sizeof(TOKEN_ORIGIN);
    default: return 0;
    }
}

static NTSTATUS set_once(HANDLE handle, TOKEN_INFORMATION_CLASS class, const void *data) {
    struct token token;
    struct token_body *body;
    NTSTATUS status =
        token_get(handle, TOKEN_ADJUST_DEFAULT | (class == TokenSessionId ? TOKEN_ADJUST_SESSIONID : 0), &token);

    if (status)
        return status;
    body = body_same(token.body);
    status = body ? body_set(&body, class, data) : STATUS_NO_MEMORY;
    if (!status)
        status = token_store(handle, &token, body);
    free(body);
    token_put(&token);
    return status;
}

/**
 * NtSetInformationToken() - the owner, primary group or default DACL of what is made with a token from now on; its
 * level. Return: STATUS_SUCCESS, STATUS_INVALID_INFO_CLASS, STATUS_INFO_LENGTH_MISMATCH, STATUS_INVALID_OWNER,
 * STATUS_INVALID_PRIMARY_GROUP, STATUS_INVALID_ACL, STATUS_INVALID_SID, STATUS_PRIVILEGE_NOT_HELD (a higher level;
 * TokenSessionId, TokenUIAccess, TokenMandatoryPolicy, TokenOrigin), those of a wrong handle.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/securitybaseapi/nf-securitybaseapi-settokeninformation
 */
NTSTATUS WINAPI NtSetInformationToken(HANDLE handle, TOKEN_INFORMATION_CLASS class, void *data, ULONG size) {
    NTSTATUS status;

    if (!set_size(class))
        return STATUS_INVALID_INFO_CLASS;
    if (size < set_size(class))
        return STATUS_INFO_LENGTH_MISMATCH;
    if (!data)
        return STATUS_ACCESS_VIOLATION;
    do
        status = set_once(handle, class, data);
    while (status == STATUS_RETRY);
    return status;
}
