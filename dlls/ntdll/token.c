/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Access tokens: who a process is, told from its Linux user. A token object (a cell) says whose process it is of; the user's SID has the machine's
 * identifier and a RID from the uid (0 is Administrator, 500). root is elevated and an administrator, all others are ordinary users. Which privileges a process
 * has switched on is its own memory: nothing here depends on them.
 *
 * TODO: restricted and duplicated tokens and impersonation: NtDuplicateToken, NtSetInformationToken, NtImpersonateThread.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ntstatus.h>
#define WIN32_NO_STATUS
#include "dlls/ntdll/object.h"

/* Wine's headers lack these */
#define SE_INC_WORKING_SET_PRIVILEGE 33
#define SE_TIME_ZONE_PRIVILEGE 34
#define SE_CREATE_SYMBOLIC_LINK_PRIVILEGE 35

#define BIT(luid) (1ull << (luid))
#define USER_PRIVILEGES \
    (BIT(SE_SHUTDOWN_PRIVILEGE) | BIT(SE_CHANGE_NOTIFY_PRIVILEGE) | BIT(SE_UNDOCK_PRIVILEGE) | BIT(SE_INC_WORKING_SET_PRIVILEGE) | \
        BIT(SE_TIME_ZONE_PRIVILEGE))
#define ADMINISTRATOR_PRIVILEGES \
    (USER_PRIVILEGES | BIT(SE_INCREASE_QUOTA_PRIVILEGE) | BIT(SE_SECURITY_PRIVILEGE) | BIT(SE_TAKE_OWNERSHIP_PRIVILEGE) | \
        BIT(SE_LOAD_DRIVER_PRIVILEGE) | BIT(SE_SYSTEM_PROFILE_PRIVILEGE) | BIT(SE_SYSTEMTIME_PRIVILEGE) | \
        BIT(SE_PROF_SINGLE_PROCESS_PRIVILEGE) | BIT(SE_INC_BASE_PRIORITY_PRIVILEGE) | BIT(SE_CREATE_PAGEFILE_PRIVILEGE) | \
        BIT(SE_BACKUP_PRIVILEGE) | BIT(SE_RESTORE_PRIVILEGE) | BIT(SE_DEBUG_PRIVILEGE) | BIT(SE_SYSTEM_ENVIRONMENT_PRIVILEGE) | \
        BIT(SE_REMOTE_SHUTDOWN_PRIVILEGE) | BIT(SE_MANAGE_VOLUME_PRIVILEGE) | BIT(SE_IMPERSONATE_PRIVILEGE) | \
        BIT(SE_CREATE_GLOBAL_PRIVILEGE) | BIT(SE_CREATE_SYMBOLIC_LINK_PRIVILEGE))
#define ALWAYS_ENABLED (BIT(SE_CHANGE_NOTIFY_PRIVILEGE) | BIT(SE_IMPERSONATE_PRIVILEGE) | BIT(SE_CREATE_GLOBAL_PRIVILEGE))

/* What a CELL_TOKEN holds; written by its maker before it lives. */
struct token_payload {
    uint32_t pid; /* Linux id of the process */
    uint32_t uid;
};

struct token {
    BOOL own;
    uid_t uid;
    BOOL is_administrator;
};

static struct {
    pthread_mutex_t mutex;
    BOOL known;
    ULONGLONG present, enabled;
} token_own = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static ULONGLONG token_privileges(const struct token *token) {
    return token->is_administrator ? ADMINISTRATOR_PRIVILEGES : USER_PRIVILEGES;
}

static BOOL token_is_pseudo(HANDLE handle) {
    return handle == (HANDLE)-4 || handle == (HANDLE)-6; /* the process's own; the thread's or else the process's */
}

static NTSTATUS token_find(HANDLE handle, ACCESS_MASK access, struct token *token) {
    struct wait_object object;
    struct token_payload payload = {getpid(), getuid()};
    if (!token_is_pseudo(handle)) {
        const NTSTATUS status = object_lookup(handle, CELL_TOKEN, access, &object);
        if (status)
            return status;
        memcpy(&payload, cell_at(object.cell)->bytes, sizeof payload);
    } else if (access & ~(TOKEN_QUERY | TOKEN_QUERY_SOURCE)) {
        return STATUS_ACCESS_DENIED;
    }
    *token = (struct token){payload.pid == (uint32_t)getpid(), payload.uid, payload.uid == 0};
    return STATUS_SUCCESS;
}

/** NtOpenProcessTokenEx() - the token of a process. Return: STATUS_SUCCESS, those of a wrong handle, STATUS_PROCESS_IS_TERMINATING. */
NTSTATUS WINAPI NtOpenProcessTokenEx(HANDLE process, DWORD access, DWORD attributes, HANDLE *token) {
    struct wait_object object;
    OBJECT_ATTRIBUTES inherit = {.Attributes = attributes};
    struct token_payload payload = {getpid(), getuid()};
    const NTSTATUS status = object_lookup(process, CELL_PROCESS, PROCESS_QUERY_LIMITED_INFORMATION, &object);
    *token = NULL;
    if (status && process != NtCurrentProcess())
        return status;
    if (process != NtCurrentProcess()) {
        char path[32];
        struct stat is;
        payload.pid = atomic_load(&cell_at(object.cell)->process.pid);
        snprintf(path, sizeof path, "/proc/%u", payload.pid);
        if (stat(path, &is))
            return STATUS_PROCESS_IS_TERMINATING;
        payload.uid = is.st_uid;
    }
    const uint32_t cell = cell_make(CELL_TOKEN);
    if (cell == NO_CELL)
        return STATUS_INSUFFICIENT_RESOURCES;
    memcpy(cell_at(cell)->bytes, &payload, sizeof payload);
    return object_insert(cell, access, &inherit, token);
}

NTSTATUS WINAPI NtOpenProcessToken(HANDLE process, DWORD access, HANDLE *token) {
    return NtOpenProcessTokenEx(process, access, 0, token);
}

/** NtOpenThreadTokenEx() - the token that a thread impersonates: none does. Return: STATUS_NO_TOKEN, those of a wrong handle. */
NTSTATUS WINAPI NtOpenThreadTokenEx(HANDLE thread, DWORD access, BOOLEAN as_self, DWORD attributes, HANDLE *token) {
    struct wait_object object;
    (void)access, (void)as_self, (void)attributes;
    *token = NULL;
    const NTSTATUS status = thread == NtCurrentThread() ? 0 : object_lookup(thread, CELL_THREAD, THREAD_QUERY_LIMITED_INFORMATION, &object);
    return status ? status : STATUS_NO_TOKEN;
}

NTSTATUS WINAPI NtOpenThreadToken(HANDLE thread, DWORD access, BOOLEAN as_self, HANDLE *token) {
    return NtOpenThreadTokenEx(thread, access, as_self, 0, token);
}

/* A SID with room for all that are used here. */
struct token_sid {
    BYTE revision, n_sub;
    SID_IDENTIFIER_AUTHORITY authority;
    DWORD sub[5];
};

static struct token_sid token_sid_make(BYTE authority, BYTE n_sub, const DWORD *sub) {
    struct token_sid sid = {SID_REVISION, n_sub, {{0, 0, 0, 0, 0, authority}}, {0}};
    memcpy(sid.sub, sub, n_sub * sizeof *sub);
    return sid;
}

/* The machine's three numbers: from its machine-id, the same for all users and programs. */
static void token_machine(DWORD machine[3]) {
    char text[33] = "";
    const int fd = open("/etc/machine-id", O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        if (read(fd, text, 32) != 32)
            text[0] = 0;
        close(fd);
    }
    if (sscanf(text, "%8x%8x%8x", &machine[0], &machine[1], &machine[2]) != 3)
        machine[0] = machine[1] = machine[2] = 0x77696E69;
}

static struct token_sid token_account_sid(DWORD rid) {
    DWORD sub[5] = {SECURITY_NT_NON_UNIQUE, 0, 0, 0, rid};
    token_machine(sub + 1);
    return token_sid_make(5, 5, sub);
}

static struct token_sid token_user_sid(const struct token *token) {
    return token_account_sid(token->uid ? 1000 + token->uid : DOMAIN_USER_RID_ADMIN);
}

#define MAX_GROUPS 12
/* Return: how many. */
static int token_groups(const struct token *token, struct token_sid *sids, DWORD *attributes) {
    const DWORD standard = SE_GROUP_MANDATORY | SE_GROUP_ENABLED_BY_DEFAULT | SE_GROUP_ENABLED;
    static const struct {
        BYTE authority, n_sub;
        DWORD sub[2];
        BOOL administrators;
    } well_known[] = {
        {1, 1, {SECURITY_WORLD_RID}, FALSE},
        {5, 2, {SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_ADMINS}, TRUE},
        {5, 2, {SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_USERS}, FALSE},
        {5, 1, {SECURITY_INTERACTIVE_RID}, FALSE},
        {2, 1, {SECURITY_LOCAL_LOGON_RID}, FALSE},
        {5, 1, {SECURITY_AUTHENTICATED_USER_RID}, FALSE},
        {5, 1, {SECURITY_THIS_ORGANIZATION_RID}, FALSE},
        {2, 1, {SECURITY_LOCAL_RID}, FALSE},
    };
    int n = 0;
    sids[n] = token_account_sid(DOMAIN_GROUP_RID_USERS);
    attributes[n++] = standard;
    for (size_t i = 0; i < sizeof well_known / sizeof *well_known; i++) {
        if (well_known[i].administrators && !token->is_administrator)
            continue;
        sids[n] = token_sid_make(well_known[i].authority, well_known[i].n_sub, well_known[i].sub);
        attributes[n++] = standard | (well_known[i].administrators ? SE_GROUP_OWNER : 0);
    }
    return n;
}

static struct token_sid token_integrity(const struct token *token) {
    const DWORD level = token->is_administrator ? SECURITY_MANDATORY_HIGH_RID : SECURITY_MANDATORY_MEDIUM_RID;
    return token_sid_make(16, 1, &level);
}

/* What is written to the caller: a structure, then the SIDs that it points to. */
struct token_answer {
    BYTE *out;
    ULONG room, size;
};

static void *token_answer_take(struct token_answer *answer, ULONG size) {
    const ULONG at = (answer->size + 7) & ~7u;
    answer->size = at + size;
    return answer->size <= answer->room ? answer->out + at : NULL;
}

static SID *token_answer_sid(struct token_answer *answer, const struct token_sid *sid) {
    const ULONG size = offsetof(struct token_sid, sub) + sid->n_sub * sizeof(DWORD);
    SID *copy = token_answer_take(answer, size);
    return copy ? memcpy(copy, sid, size) : NULL;
}

/* A SID and its attributes: TokenUser, TokenOwner, TokenPrimaryGroup and TokenIntegrityLevel. */
static void token_give_sid(struct token_answer *answer, const struct token_sid *sid, BOOL with_attributes, DWORD attributes) {
    SID_AND_ATTRIBUTES *to = token_answer_take(answer, with_attributes ? sizeof *to : sizeof(SID *));
    SID *copy = token_answer_sid(answer, sid);
    if (!to || !copy)
        return;
    to->Sid = copy;
    if (with_attributes)
        to->Attributes = attributes;
}

static void token_give_groups(struct token_answer *answer, const struct token *token) {
    struct token_sid sids[MAX_GROUPS];
    DWORD attributes[MAX_GROUPS];
    int n = token_groups(token, sids, attributes);
    sids[n] = token_integrity(token);
    attributes[n++] = SE_GROUP_INTEGRITY | SE_GROUP_INTEGRITY_ENABLED;
    TOKEN_GROUPS *groups = token_answer_take(answer, offsetof(TOKEN_GROUPS, Groups) + n * sizeof(SID_AND_ATTRIBUTES));
    for (int i = 0; i < n; i++) {
        SID *copy = token_answer_sid(answer, &sids[i]);
        if (groups && copy)
            groups->Groups[i] = (SID_AND_ATTRIBUTES){copy, attributes[i]};
    }
    if (groups)
        groups->GroupCount = n;
}

/* The privileges that a token has and those that are on; for another process's token as that process began. */
static void token_state(const struct token *token, ULONGLONG *present, ULONGLONG *enabled) {
    if (!token->own || !token_own.known) {
        *present = token_privileges(token);
        *enabled = *present & ALWAYS_ENABLED;
        return;
    }
    *present = token_own.present;
    *enabled = token_own.enabled;
}

static void token_give_privileges(struct token_answer *answer, const struct token *token) {
    ULONGLONG present, enabled;
    pthread_mutex_lock(&token_own.mutex);
    token_state(token, &present, &enabled);
    pthread_mutex_unlock(&token_own.mutex);
    const int n = __builtin_popcountll(present);
    TOKEN_PRIVILEGES *to = token_answer_take(answer, offsetof(TOKEN_PRIVILEGES, Privileges) + n * sizeof(LUID_AND_ATTRIBUTES));
    if (!to)
        return;
    to->PrivilegeCount = 0;
    for (DWORD luid = 0; luid < 64; luid++) {
        if (!(present & BIT(luid)))
            continue;
        const DWORD on = enabled & BIT(luid) ? SE_PRIVILEGE_ENABLED : 0;
        to->Privileges[to->PrivilegeCount++] =
            (LUID_AND_ATTRIBUTES){{luid, 0}, on | (BIT(luid) & ALWAYS_ENABLED ? SE_PRIVILEGE_ENABLED_BY_DEFAULT : 0)};
    }
}

static void token_give_statistics(struct token_answer *answer, const struct token *token) {
    TOKEN_STATISTICS *to = token_answer_take(answer, sizeof *to);
    if (!to)
        return;
    memset(to, 0, sizeof *to);
    to->TokenId.LowPart = 0x10000 + getpid();
    to->AuthenticationId.LowPart = 0x3E800 + token->uid;
    to->ExpirationTime.QuadPart = INT64_MAX;
    to->TokenType = TokenPrimary;
    to->GroupCount = MAX_GROUPS;
    to->PrivilegeCount = __builtin_popcountll(token_privileges(token));
}

static NTSTATUS token_give_number(struct token_answer *answer, DWORD value) {
    DWORD *to = token_answer_take(answer, sizeof *to);
    if (to)
        *to = value;
    return STATUS_SUCCESS;
}

static NTSTATUS token_give(struct token_answer *answer, const struct token *token, TOKEN_INFORMATION_CLASS class) {
    const struct token_sid user = token_user_sid(token), group = token_account_sid(DOMAIN_GROUP_RID_USERS);
    const struct token_sid integrity = token_integrity(token);
    switch (class) {
    case TokenUser: token_give_sid(answer, &user, TRUE, 0); return STATUS_SUCCESS;
    case TokenGroups: token_give_groups(answer, token); return STATUS_SUCCESS;
    case TokenPrivileges: token_give_privileges(answer, token); return STATUS_SUCCESS;
    case TokenOwner: token_give_sid(answer, &user, FALSE, 0); return STATUS_SUCCESS;
    case TokenPrimaryGroup: token_give_sid(answer, &group, FALSE, 0); return STATUS_SUCCESS;
    case TokenStatistics: token_give_statistics(answer, token); return STATUS_SUCCESS;
    case TokenIntegrityLevel:
        token_give_sid(answer, &integrity, TRUE, SE_GROUP_INTEGRITY | SE_GROUP_INTEGRITY_ENABLED);
        return STATUS_SUCCESS;
    case TokenType: return token_give_number(answer, TokenPrimary);
    case TokenSessionId: return token_give_number(answer, 1);
    case TokenElevationType: return token_give_number(answer, TokenElevationTypeDefault); /* there is no second, linked token */
    case TokenElevation: return token_give_number(answer, token->is_administrator);
    case TokenHasRestrictions:
    case TokenUIAccess:
    case TokenVirtualizationAllowed:
    case TokenVirtualizationEnabled:
    case TokenIsAppContainer: return token_give_number(answer, 0);
    case TokenMandatoryPolicy: return token_give_number(answer, TOKEN_MANDATORY_POLICY_NO_WRITEUP);
    case TokenLinkedToken: return STATUS_NO_SUCH_LOGON_SESSION;
    case TokenImpersonationLevel: return STATUS_INVALID_INFO_CLASS; /* of a primary token */
    default: return class < MaxTokenInfoClass && class > 0 ? STATUS_NOT_IMPLEMENTED : STATUS_INVALID_INFO_CLASS;
    }
}

/**
 * NtQueryInformationToken() - something about a token.
 * @return_size: receives the size needed, in any case.
 * Return: STATUS_SUCCESS, STATUS_BUFFER_TOO_SMALL, STATUS_INVALID_INFO_CLASS, STATUS_NOT_IMPLEMENTED, those of a wrong handle.
 * Source: https://learn.microsoft.com/en-us/windows-hardware/drivers/ddi/ntifs/nf-ntifs-ntqueryinformationtoken
 */
NTSTATUS WINAPI NtQueryInformationToken(HANDLE handle, TOKEN_INFORMATION_CLASS class, void *out, ULONG size, ULONG *return_size) {
    struct token token;
    const NTSTATUS found = token_find(handle, class == TokenSource ? TOKEN_QUERY_SOURCE : TOKEN_QUERY, &token);
    if (found)
        return found;
    struct token_answer answer = {out, out ? size : 0, 0};
    const NTSTATUS status = token_give(&answer, &token, class);
    if (status)
        return status;
    if (return_size)
        *return_size = answer.size;
    return answer.size <= answer.room ? STATUS_SUCCESS : STATUS_BUFFER_TOO_SMALL;
}

/* Changes one privilege. Return: whether the token has it; *changed: whether that made a difference. */
static BOOL token_change(DWORD luid, DWORD attributes, BOOL *changed) {
    const ULONGLONG bit = luid < 64 ? BIT(luid) : 0;
    *changed = FALSE;
    if (!(token_own.present & bit))
        return FALSE;
    const ULONGLONG before = token_own.enabled;
    if (attributes & SE_PRIVILEGE_REMOVED) {
        token_own.present &= ~bit;
        token_own.enabled &= ~bit;
    } else if (attributes & SE_PRIVILEGE_ENABLED) {
        token_own.enabled |= bit;
    } else {
        token_own.enabled &= ~bit;
    }
    *changed = token_own.enabled != before;
    return TRUE;
}

/**
 * NtAdjustPrivilegesToken() - switches privileges of this process on and off.
 * @disable_all: all off; @wanted is not looked at.
 * @previous: receives those that changed, as they were; @size is its room.
 * Return: STATUS_SUCCESS, STATUS_NOT_ALL_ASSIGNED (a success: the token lacks some), STATUS_BUFFER_TOO_SMALL (nothing changed),
 *     STATUS_ACCESS_DENIED, those of a wrong handle.
 */
NTSTATUS WINAPI NtAdjustPrivilegesToken(
    HANDLE handle, BOOLEAN disable_all, PTOKEN_PRIVILEGES wanted, DWORD size, PTOKEN_PRIVILEGES previous, DWORD *return_size) {
    struct token token;
    NTSTATUS status = token_find(handle, TOKEN_ADJUST_PRIVILEGES | (previous ? TOKEN_QUERY : 0), &token);
    if (status)
        return status;
    if (!disable_all && !wanted)
        return STATUS_INVALID_PARAMETER;
    if (!token.own)
        return STATUS_ACCESS_DENIED;
    const DWORD n = disable_all ? 64 : wanted->PrivilegeCount;
    const DWORD need = offsetof(TOKEN_PRIVILEGES, Privileges) + (disable_all ? 36 : n) * sizeof(LUID_AND_ATTRIBUTES);
    if (previous && size < need) {
        if (return_size)
            *return_size = need;
        return STATUS_BUFFER_TOO_SMALL;
    }
    pthread_mutex_lock(&token_own.mutex);
    token_state(&token, &token_own.present, &token_own.enabled);
    token_own.known = TRUE;
    DWORD n_changed = 0;
    for (DWORD i = 0; i < n; i++) {
        const DWORD luid = disable_all ? i : wanted->Privileges[i].Luid.HighPart ? 64 : wanted->Privileges[i].Luid.LowPart;
        const DWORD before = luid < 64 && token_own.enabled & BIT(luid) ? SE_PRIVILEGE_ENABLED : 0;
        BOOL changed;
        if (!token_change(luid, disable_all ? 0 : wanted->Privileges[i].Attributes, &changed) && !disable_all)
            status = STATUS_NOT_ALL_ASSIGNED;
        if (changed && previous)
            previous->Privileges[n_changed++] = (LUID_AND_ATTRIBUTES){{luid, 0}, before};
    }
    pthread_mutex_unlock(&token_own.mutex);
    if (previous)
        previous->PrivilegeCount = n_changed;
    if (return_size)
        *return_size = previous ? offsetof(TOKEN_PRIVILEGES, Privileges) + n_changed * sizeof(LUID_AND_ATTRIBUTES) : 0;
    return status;
}

/** RtlAdjustPrivilege() - switches one privilege of this process. @was: whether it was on. */
NTSTATUS WINAPI RtlAdjustPrivilege(ULONG privilege, BOOLEAN enable, BOOLEAN of_thread, BOOLEAN *was) {
    HANDLE token;
    TOKEN_PRIVILEGES wanted = {1, {{{privilege, 0}, enable ? SE_PRIVILEGE_ENABLED : 0}}}, previous = {0};
    DWORD size;
    if (of_thread)
        return STATUS_NO_TOKEN;
    NTSTATUS status = NtOpenProcessToken(NtCurrentProcess(), TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY, &token);
    if (status)
        return status;
    status = NtAdjustPrivilegesToken(token, FALSE, &wanted, sizeof previous, &previous, &size);
    NtClose(token);
    if (status == STATUS_NOT_ALL_ASSIGNED)
        return STATUS_PRIVILEGE_NOT_HELD;
    *was = previous.PrivilegeCount ? (previous.Privileges[0].Attributes & SE_PRIVILEGE_ENABLED) != 0 : enable;
    return status;
}
