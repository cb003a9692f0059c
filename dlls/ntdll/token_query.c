/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What can be asked about a token. */
#include "dlls/ntdll/token.h"

#include <ntstatus.h>

#include <string.h>

/* Classes that Wine's headers name otherwise or not at all. */
#define ORIGIN_SYSTEM 0x3e7 /* the logon session of the system, which logged the user on */

/* What is written to the caller: a structure, then what it points to. */
struct answer {
    BYTE *out;
    ULONG room, size;
};

static void *answer_take(struct answer *answer, ULONG size) {
    const ULONG at = (answer->size + 7) & ~7u;

    answer->size = at + size;
    return answer->size <= answer->room ? answer->out + at : NULL;
}

static void *answer_copy(struct answer *answer, const void *bytes, ULONG size) {
    void *to = answer_take(answer, size);

    return to ? memcpy(to, bytes, size) : NULL;
}

static SID *answer_sid(struct answer *answer, const struct sid *sid) {
    return answer_copy(answer, sid, (ULONG)sid_size(sid));
}

/* TokenUser and TokenIntegrityLevel. */
static void give_sid(struct answer *answer, const struct sid *sid, DWORD attributes) {
    SID_AND_ATTRIBUTES *to = answer_take(answer, sizeof *to);
    SID *copy = answer_sid(answer, sid);

    if (to && copy)
        *to = (SID_AND_ATTRIBUTES){copy, attributes};
}

/* TokenOwner and TokenPrimaryGroup. */
static void give_sid_alone(struct answer *answer, const struct sid *sid) {
    SID **to = answer_take(answer, sizeof *to);
    SID *copy = answer_sid(answer, sid);

    if (to && copy)
        *to = copy;
}

/* SIDs with their attributes.  @mask: only entries that have one of these attributes; 0: all.  @label: also the level.
 */
static void give_groups(
    struct answer *answer, const struct token_entry *entries, DWORD n, DWORD mask, const struct sid *label) {
    TOKEN_GROUPS *groups;
    DWORD count = label ? 1 : 0, at = 0;

    for (DWORD i = 0; i < n; i++)
        count += !mask || entries[i].attributes & mask;
    groups = answer_take(answer, (ULONG)(offsetof(TOKEN_GROUPS, Groups) + count * sizeof(SID_AND_ATTRIBUTES)));
    for (DWORD i = 0; i < n; i++) {
        SID *copy = !mask || entries[i].attributes & mask ? answer_sid(answer, &entries[i].sid) : NULL;

        if (groups && copy)
            groups->Groups[at++] = (SID_AND_ATTRIBUTES){copy, entries[i].attributes};
    }
    if (label) {
        SID *copy = answer_sid(answer, label);

        if (groups && copy)
            groups->Groups[at] = (SID_AND_ATTRIBUTES){copy, SE_GROUP_INTEGRITY | SE_GROUP_INTEGRITY_ENABLED};
    }
    if (groups)
        groups->GroupCount = count;
}

static void give_privileges(struct answer *answer, const struct token_body *token) {
    const int n = __builtin_popcountll(token->present);
    TOKEN_PRIVILEGES *to =
        answer_take(answer, (ULONG)(offsetof(TOKEN_PRIVILEGES, Privileges) + n * sizeof(LUID_AND_ATTRIBUTES)));

    if (!to)
        return;
    to->PrivilegeCount = 0;
    for (DWORD luid = 0; luid < 64; luid++) {
        const DWORD on = token->enabled & PRIVILEGE_BIT(luid) ? SE_PRIVILEGE_ENABLED : 0;
        const DWORD by_default = token->by_default & PRIVILEGE_BIT(luid) ? SE_PRIVILEGE_ENABLED_BY_DEFAULT : 0;

        if (token->present & PRIVILEGE_BIT(luid))
            to->Privileges[to->PrivilegeCount++] = (LUID_AND_ATTRIBUTES){{luid, 0}, on | by_default};
    }
}

static void give_dacl(struct answer *answer, const struct token_body *token) {
    TOKEN_DEFAULT_DACL *to = answer_take(answer, sizeof *to);
    ACL *copy = token->has_dacl ? answer_copy(answer, token_dacl(token), token->dacl_size) : NULL;

    if (to)
        to->DefaultDacl = copy;
}

static LUID luid_of(uint64_t id) {
    return (LUID){(DWORD)id, (LONG)(id >> 32)};
}

static void give_source(struct answer *answer, const struct token_body *token) {
    TOKEN_SOURCE source = {.SourceIdentifier = luid_of(token->source_id)};

    memcpy(source.SourceName, token->source, sizeof source.SourceName);
    answer_copy(answer, &source, sizeof source);
}

static void give_statistics(struct answer *answer, const struct token_body *token) {
    const TOKEN_STATISTICS statistics = {.TokenId = luid_of(token->id),
        .AuthenticationId = luid_of(token->logon),
        .ExpirationTime.QuadPart = INT64_MAX,
        .TokenType = token->type,
        .ImpersonationLevel = token->level,
        .DynamicCharged = 4096,
        .DynamicAvailable = 4096 - token->dacl_size % 4096,
        .GroupCount = token->n_groups + 1, /* with the level */
        .PrivilegeCount = (DWORD)__builtin_popcountll(token->present),
        .ModifiedId = luid_of(token->modified)};

    answer_copy(answer, &statistics, sizeof statistics);
}

static NTSTATUS give_number(struct answer *answer, DWORD value) {
    answer_copy(answer, &value, sizeof value);
    return STATUS_SUCCESS;
}

static NTSTATUS give_nothing(struct answer *answer, ULONG size) {
    void *to = answer_take(answer, size);

    if (to)
        memset(to, 0, size);
    return STATUS_SUCCESS;
}

/* The classes whose answer is a number. */
static NTSTATUS give_flag(struct answer *answer, const struct token_body *token, TOKEN_INFORMATION_CLASS class) {
    switch (class) {
    case TokenType: return give_number(answer, token->type);
    case TokenImpersonationLevel:
        return token->type == TokenImpersonation ? give_number(answer, token->level) : STATUS_INVALID_PARAMETER;
    case TokenSessionId: return give_number(answer, token->session);
    case TokenSandBoxInert: return give_number(answer, (token->flags & TOKEN_SANDBOX_INERT) != 0);
    case TokenElevationType:
        return give_number(answer, TokenElevationTypeDefault); /* there is no second, linked token */
    case TokenElevation: return give_number(answer, token->integrity >= SECURITY_MANDATORY_HIGH_RID);
    case TokenHasRestrictions: return give_number(answer, (token->flags & TOKEN_FILTERED) != 0);
    case TokenUIAccess: return give_number(answer, (token->flags & TOKEN_UI_ACCESS) != 0);
    case TokenMandatoryPolicy: return give_number(answer, token->policy);
    case TokenVirtualizationAllowed:
    case TokenVirtualizationEnabled:
    case TokenIsAppContainer:
    case TokenAppContainerNumber: return give_number(answer, 0);
    default: return class<MaxTokenInfoClass &&class> 0 ? STATUS_NOT_IMPLEMENTED : STATUS_INVALID_INFO_CLASS;
    }
}

static NTSTATUS give(struct answer *answer, const struct token_body *token, TOKEN_INFORMATION_CLASS class) {
    const struct sid level = sid_make(16, 1, token->integrity, 0);
    const TOKEN_ORIGIN origin = {luid_of(ORIGIN_SYSTEM)};

    switch (class) {
    case TokenUser: give_sid(answer, &token->entry[0].sid, token->entry[0].attributes); return STATUS_SUCCESS;
    case TokenGroups: give_groups(answer, token->entry + 1, token->n_groups, 0, &level); return STATUS_SUCCESS;
    case TokenRestrictedSids:
        give_groups(answer, token_restricting(token), token->n_restricting, 0, NULL);
        return STATUS_SUCCESS;
    case TokenLogonSid:
        give_groups(answer, token->entry + 1, token->n_groups, SE_GROUP_LOGON_ID, NULL);
        return STATUS_SUCCESS;
    case TokenCapabilities: give_groups(answer, NULL, 0, 0, NULL); return STATUS_SUCCESS;
    case TokenPrivileges: give_privileges(answer, token); return STATUS_SUCCESS;
    case TokenOwner: give_sid_alone(answer, &token->entry[token->owner].sid); return STATUS_SUCCESS;
    case TokenPrimaryGroup: give_sid_alone(answer, &token->entry[token->group].sid); return STATUS_SUCCESS;
    case TokenDefaultDacl: give_dacl(answer, token); return STATUS_SUCCESS;
    case TokenSource: give_source(answer, token); return STATUS_SUCCESS;
    case TokenStatistics: give_statistics(answer, token); return STATUS_SUCCESS;
    case TokenOrigin: answer_copy(answer, &origin, sizeof origin); return STATUS_SUCCESS;
    case TokenAppContainerSid: return give_nothing(answer, sizeof(SID *));
    case TokenIntegrityLevel:
        give_sid(answer, &level, SE_GROUP_INTEGRITY | SE_GROUP_INTEGRITY_ENABLED);
        return STATUS_SUCCESS;
    case TokenLinkedToken: return STATUS_NO_SUCH_LOGON_SESSION;
    default: return give_flag(answer, token, class);
    }
}

/**
 * NtQueryInformationToken() - something about a token.
 * @return_size: receives the size needed, in any case.
 * Return: STATUS_SUCCESS, STATUS_BUFFER_TOO_SMALL, STATUS_INVALID_INFO_CLASS, STATUS_NOT_IMPLEMENTED,
 * STATUS_INVALID_PARAMETER (the level of a primary token), STATUS_NO_SUCH_LOGON_SESSION (a linked token: there is
 * none), those of a wrong handle. Source:
 * https://learn.microsoft.com/en-us/windows-hardware/drivers/ddi/ntifs/nf-ntifs-ntqueryinformationtoken
 */
NTSTATUS WINAPI NtQueryInformationToken(
    HANDLE handle, TOKEN_INFORMATION_CLASS class, void *out, ULONG size, ULONG *return_size) {
    struct answer answer = {out, out ? size : 0, 0};
    struct token token;
    NTSTATUS status = token_get(handle, class == TokenSource ? TOKEN_QUERY_SOURCE : TOKEN_QUERY, &token);

    if (status)
        return status;
    status = give(&answer, token.body, class);
    token_put(&token);
    if (status)
        return status;
    if (return_size)
        *return_size = answer.size;
    return answer.size <= answer.room ? STATUS_SUCCESS : STATUS_BUFFER_TOO_SMALL;
}
