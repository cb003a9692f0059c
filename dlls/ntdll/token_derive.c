/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tokens made from tokens: duplicates, and restricted ones. */
#include "dlls/ntdll/token.h"

#include "dlls/ntdll/attributes.h"

#include <ntstatus.h>

#include <stdlib.h>
#include <string.h>

#define FLAGS_KNOWN (DISABLE_MAX_PRIVILEGE | SANDBOX_INERT | LUA_TOKEN | WRITE_RESTRICTED)

/* What is left of the privileges to a LUA_TOKEN: those of an ordinary user. */
#define LUA_PRIVILEGES                                                                                                 \
    (PRIVILEGE_BIT(SE_SHUTDOWN_PRIVILEGE) | PRIVILEGE_BIT(SE_CHANGE_NOTIFY_PRIVILEGE) |                                \
        PRIVILEGE_BIT(SE_UNDOCK_PRIVILEGE) | PRIVILEGE_BIT(SE_INC_WORKING_SET_PRIVILEGE) |                             \
        PRIVILEGE_BIT(SE_TIME_ZONE_PRIVILEGE))

static void privileges_keep(struct token_body *body, uint64_t kept) {
    body->present &= kept;
    body->enabled &= kept;
    body->by_default &= kept;
}

/* An entry that is to count for denials alone.  What it was to own falls to the user. */
static void entry_disable(struct token_body *body, uint32_t entry) {
    body->entry[entry].attributes = SE_GROUP_USE_FOR_DENY_ONLY | (body->entry[entry].attributes & SE_GROUP_LOGON_ID);
    if (body->owner == entry)
        body->owner = 0;
}

/* ---- duplicates ---- */

/* Whether a token of that level may be made of this one. */
static NTSTATUS level_allowed(const struct token_body *from, TOKEN_TYPE type, SECURITY_IMPERSONATION_LEVEL level) {
    if (from->type != TokenImpersonation)
        return STATUS_SUCCESS;
    if (type == TokenPrimary)
        return from->level >= SecurityImpersonation ? STATUS_SUCCESS : STATUS_BAD_IMPERSONATION_LEVEL;
    return level <= (SECURITY_IMPERSONATION_LEVEL)from->level ? STATUS_SUCCESS : STATUS_BAD_IMPERSONATION_LEVEL;
}

/* Only what is switched on: the rest cannot be switched on any more. */
static void body_make_effective(struct token_body *body) {
    privileges_keep(body, body->enabled);
    for (uint32_t i = 1; i <= body->n_groups; i++) {
        if (!(body->entry[i].attributes & SE_GROUP_ENABLED))
            entry_disable(body, i);
    }
}

/**
 * NtDuplicateToken() - a new token that says the same.
 * @access: 0: what @handle may; MAXIMUM_ALLOWED: all.
 * @attributes: OBJ_INHERIT, a security descriptor; its quality of service holds the level.
 * @effective: privileges and groups that are off are left out.
 * Return: STATUS_SUCCESS, STATUS_BAD_IMPERSONATION_LEVEL, STATUS_INVALID_PARAMETER, those of a wrong handle.
 * Source: https://learn.microsoft.com/en-us/windows-hardware/drivers/ddi/ntifs/nf-ntifs-ntduplicatetoken
 */
NTSTATUS WINAPI NtDuplicateToken(HANDLE handle, ACCESS_MASK access, OBJECT_ATTRIBUTES *attributes,
    SECURITY_IMPERSONATION_LEVEL effective, TOKEN_TYPE type, HANDLE *made) {
    const OBJECT_ATTRIBUTES *is = attributes;
    const SECURITY_QUALITY_OF_SERVICE *quality;
    struct attributes copy;
    SECURITY_IMPERSONATION_LEVEL level;
    struct token token;
    struct token_body *body;
    NTSTATUS status;

    status = attributes_capture_for(made, &copy, &is);
    if (status)
        return status;
    quality = is ? is->SecurityQualityOfService : NULL;
    if (type != TokenPrimary && type != TokenImpersonation)
        return STATUS_INVALID_PARAMETER;
    status = token_get(handle, TOKEN_DUPLICATE, &token);
    if (status)
        return status;
    level = quality                                  ? quality->ImpersonationLevel
            : token.body->type == TokenImpersonation ? token.body->level
                                                     : SecurityAnonymous;
    status = level > SecurityDelegation ? STATUS_BAD_IMPERSONATION_LEVEL : level_allowed(token.body, type, level);
    body =
        status ? NULL : token_copy(token.body, token.body->n_groups, token.body->n_restricting, token.body->dacl_size);
    if (!status && !body)
        status = STATUS_NO_MEMORY;
    if (!status) {
        body->type = type;
        body->level = type == TokenImpersonation ? level : SecurityAnonymous;
        if (effective & 1 || (quality && quality->EffectiveOnly))
            body_make_effective(body);
        status = token_make(body, access ? access : token.access, is, made);
    }
    free(body);
    token_put(&token);
    return status;
}

NTSTATUS token_duplicate_cell(uint32_t cell, HANDLE *made) {
    struct token token;
    struct token_body *body;
    NTSTATUS status = token_get_cell(cell, &token);

    if (status)
        return status;
    body = token_copy(token.body, token.body->n_groups, token.body->n_restricting, token.body->dacl_size);
    status = body ? token_make(body, TOKEN_ALL_ACCESS, NULL, made) : STATUS_NO_MEMORY;
    free(body);
    token_put(&token);
    return status;
}

NTSTATUS token_act_as(uint32_t cell, SECURITY_IMPERSONATION_LEVEL level, bool effective) {
    struct token token;
    struct token_body *body = NULL;
    HANDLE made;
    NTSTATUS status = token_get_cell(cell, &token);

    if (status)
        return status;
    status = level_allowed(token.body, TokenImpersonation, level);
    if (!status) {
        body = token_copy(token.body, token.body->n_groups, token.body->n_restricting, token.body->dacl_size);
        status = STATUS_NO_MEMORY;
    }
    token_put(&token);
    if (!body)
        return status;
    body->type = TokenImpersonation;
    body->level = level;
    if (effective)
        body_make_effective(body);
    status = token_make(body, TOKEN_ALL_ACCESS, NULL, &made);
    free(body);
    if (status)
        return status;
    token_impersonate(arena_self.index, ENTRY_CELL(object_entry(made)));
    NtClose(made);
    return STATUS_SUCCESS;
}

/* ---- restricted ones ---- */

static bool list_has(const TOKEN_GROUPS *list, const struct sid *sid) {
    for (DWORD i = 0; list && i < list->GroupCount; i++) {
        if (RtlEqualSid(list->Groups[i].Sid, (PSID)sid))
            return true;
    }
    return false;
}

static NTSTATUS list_check(const TOKEN_GROUPS *list, bool restricting) {
    if (list && list->GroupCount > TOKEN_GROUPS_MAX)
        return STATUS_INVALID_PARAMETER;
    for (DWORD i = 0; list && i < list->GroupCount; i++) {
        if (!RtlValidSid(list->Groups[i].Sid) || (restricting && list->Groups[i].Attributes))
            return STATUS_INVALID_PARAMETER;
    }
    return STATUS_SUCCESS;
}

/* The restricting SIDs: those of the list; of a token that has some already, those that are in both. */
static void restricting_fill(struct token_body *body, const struct token_body *from, const TOKEN_GROUPS *list) {
    struct token_entry *to = body->entry + 1 + body->n_groups;
    uint32_t n = 0;

    for (DWORD i = 0; i < list->GroupCount; i++) {
        const struct sid *sid = (const struct sid *)list->Groups[i].Sid;
        bool kept = !from->n_restricting;

        for (uint32_t k = 0; k < from->n_restricting; k++)
            kept |= sid_same(&token_restricting(from)[k].sid, sid);
        if (!kept)
            continue;
        to[n].attributes = SE_GROUP_MANDATORY | SE_GROUP_ENABLED_BY_DEFAULT | SE_GROUP_ENABLED;
        sid_copy(&to[n++].sid, sid);
    }
}

static uint32_t restricting_count(const struct token_body *from, const TOKEN_GROUPS *list) {
    uint32_t n = 0;

    if (!list || !list->GroupCount)
        return from->n_restricting;
    if (!from->n_restricting)
        return list->GroupCount;
    for (DWORD i = 0; i < list->GroupCount; i++) {
        for (uint32_t k = 0; k < from->n_restricting; k++) {
            if (sid_same(&token_restricting(from)[k].sid, (const struct sid *)list->Groups[i].Sid)) {
                n++;
                break;
            }
        }
    }
    return n;
}

static uint64_t privileges_listed(const TOKEN_PRIVILEGES *list) {
    uint64_t bits = 0;

    for (DWORD i = 0; list && i < list->PrivilegeCount; i++) {
        if (list->Privileges[i].Luid.LowPart < 64 && !list->Privileges[i].Luid.HighPart)
            bits |= PRIVILEGE_BIT(list->Privileges[i].Luid.LowPart);
    }
    return bits;
}

static void body_filter(
    struct token_body *body, ULONG flags, const TOKEN_GROUPS *disable, const TOKEN_PRIVILEGES *remove) {
    const struct sid administrators = sid_make(5, 2, SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_ADMINS);

    for (uint32_t i = 0; i <= body->n_groups; i++) {
        if (list_has(disable, &body->entry[i].sid) ||
            (flags & LUA_TOKEN && sid_same(&body->entry[i].sid, &administrators)))
            entry_disable(body, i);
    }
    privileges_keep(body, ~privileges_listed(remove));
    if (flags & DISABLE_MAX_PRIVILEGE)
        privileges_keep(body, PRIVILEGE_BIT(SE_CHANGE_NOTIFY_PRIVILEGE));
    if (flags & LUA_TOKEN)
        privileges_keep(body, LUA_PRIVILEGES);
    body->flags |= TOKEN_FILTERED | (flags & SANDBOX_INERT ? TOKEN_SANDBOX_INERT : 0) |
                   (flags & WRITE_RESTRICTED ? TOKEN_WRITE_RESTRICTED : 0);
}

/**
 * NtFilterToken() - a token that may less: groups that count for denials alone, without some privileges, restricted to
 * a list of SIDs that must be granted an access as well.
 * @flags: DISABLE_MAX_PRIVILEGE (all but to be told of changes), SANDBOX_INERT, LUA_TOKEN, WRITE_RESTRICTED.
 * @disable, @remove, @restricting: may be NULL.
 * Return: STATUS_SUCCESS, STATUS_INVALID_PARAMETER, STATUS_NO_MEMORY, those of a wrong handle.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/securitybaseapi/nf-securitybaseapi-createrestrictedtoken
 */
NTSTATUS WINAPI NtFilterToken(HANDLE handle, ULONG flags, TOKEN_GROUPS *disable, TOKEN_PRIVILEGES *remove,
    TOKEN_GROUPS *restricting, HANDLE *made) {
    struct token token;
    struct token_body *body;
    NTSTATUS status = list_check(disable, false);

    *made = NULL;
    if (!status)
        status = flags & ~(ULONG)FLAGS_KNOWN ? STATUS_INVALID_PARAMETER : list_check(restricting, true);
    if (!status)
        status = token_get(handle, TOKEN_DUPLICATE, &token);
    if (status)
        return status;
    body =
        token_copy(token.body, token.body->n_groups, restricting_count(token.body, restricting), token.body->dacl_size);
    if (body && restricting && restricting->GroupCount)
        restricting_fill(body, token.body, restricting);
    if (body)
        body_filter(body, flags, disable, remove);
    status = body ? token_make(body, token.access, NULL, made) : STATUS_NO_MEMORY;
    free(body);
    token_put(&token);
    return status;
}
