/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Impersonation: a thread that acts as another token than its process's. */
#include "dlls/ntdll/token.h"

#include "dlls/ntdll/scheduling.h"
#include "dlls/ntdll/user_name.h"

#include <ntstatus.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static NTSTATUS thread_find(HANDLE thread, ACCESS_MASK access, uint32_t *slot) {
    struct wait_object object;
    const NTSTATUS status = object_lookup(thread, CELL_THREAD, access, &object);

    if (status)
        return status;
    *slot = cell_at(object.cell)->thread.slot;
    return *slot < arena_count(&winipc_arena->header.n_threads, ARENA_MAX_THREADS) &&
                   atomic_load(&winipc_arena->thread[*slot].cell) == object.cell + 1
               ? STATUS_SUCCESS
               : STATUS_THREAD_IS_TERMINATING;
}

/* @token: NULL: as itself again. */
static NTSTATUS thread_set_token(HANDLE thread, HANDLE handle) {
    struct token token;
    uint32_t slot;
    NTSTATUS status = thread_find(thread, THREAD_SET_THREAD_TOKEN, &slot);

    if (status)
        return status;
    if (!handle) {
        token_impersonate(slot, NO_CELL);
        return STATUS_SUCCESS;
    }
    status = token_get(handle, TOKEN_IMPERSONATE, &token);
    if (status)
        return status;
    if (token.body->type != TokenImpersonation)
        status = STATUS_BAD_TOKEN_TYPE;
    else
        token_impersonate(slot, token.cell);
    token_put(&token);
    return status;
}

/**
 * NtSetInformationThread() - ThreadImpersonationToken: the token that a thread acts as; a NULL handle: its process's.  ThreadBasePriority,
 * ThreadAffinityMask, ThreadPriorityBoost, ThreadIdealProcessor (which returns the one before).
 * Return: STATUS_SUCCESS, STATUS_INVALID_INFO_CLASS (another class: not there yet), STATUS_INFO_LENGTH_MISMATCH, STATUS_INVALID_PARAMETER,
 * STATUS_ACCESS_VIOLATION, STATUS_BAD_TOKEN_TYPE (a primary token), those of a wrong handle.
 */
NTSTATUS WINAPI NtSetInformationThread(HANDLE thread, THREADINFOCLASS class, const void *data, ULONG size) {
    HANDLE token;

    if (class != ThreadImpersonationToken)
        return scheduling_set_thread(thread, class, data, size);
    if (size != sizeof token)
        return STATUS_INFO_LENGTH_MISMATCH;
    memcpy(&token, data, sizeof token);
    return thread_set_token(thread, token);
}

/**
 * RtlImpersonateSelf() - the thread gets a token of its own that says what its process's does.
 * Return: STATUS_SUCCESS, STATUS_BAD_IMPERSONATION_LEVEL, STATUS_NO_MEMORY.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/securitybaseapi/nf-securitybaseapi-impersonateself
 */
NTSTATUS WINAPI RtlImpersonateSelf(SECURITY_IMPERSONATION_LEVEL level) {
    SECURITY_QUALITY_OF_SERVICE quality = {.Length = sizeof quality, .ImpersonationLevel = level};
    OBJECT_ATTRIBUTES attributes = {.Length = sizeof attributes, .SecurityQualityOfService = &quality};
    HANDLE process, token;
    NTSTATUS status = NtOpenProcessToken(NtCurrentProcess(), TOKEN_DUPLICATE, &process);

    if (status)
        return status;
    status = NtDuplicateToken(process, TOKEN_IMPERSONATE, &attributes, FALSE, TokenImpersonation, &token);
    NtClose(process);
    if (status)
        return status;
    status = thread_set_token(NtCurrentThread(), token);
    NtClose(token);
    return status;
}

/* Nobody: a logon of its own, everyone's group, no privileges. */
static NTSTATUS anonymous_make(HANDLE *token) {
    static const struct {
        uint8_t authority;
        uint32_t rid;
    } groups[] = {{1, SECURITY_WORLD_RID}, {5, SECURITY_NETWORK_RID}};
    union token_room room;
    const struct token_body *user = token_of_user(&room, getuid(), 0);
    struct token_body *body = token_copy(user, 2, 0, user->dacl_size);
    NTSTATUS status;

    if (!body)
        return STATUS_NO_MEMORY;
    body->entry[0].sid = sid_make(5, 1, SECURITY_ANONYMOUS_LOGON_RID, 0);
    for (unsigned i = 0; i < 2; i++)
        body->entry[1 + i] = (struct token_entry){SE_GROUP_MANDATORY | SE_GROUP_ENABLED_BY_DEFAULT | SE_GROUP_ENABLED,
            sid_make(groups[i].authority, 1, groups[i].rid, 0)};
    body->type = TokenImpersonation;
    body->level = SecurityImpersonation;
    body->flags = TOKEN_ANONYMOUS;
    body->present = body->enabled = body->by_default = 0;
    body->integrity = SECURITY_MANDATORY_UNTRUSTED_RID;
    body->owner = body->group = 0;
    body->logon = 0x3e6; /* the anonymous logon session */
    body->has_dacl = 0;
    status = token_make(body, TOKEN_ALL_ACCESS, NULL, token);
    free(body);
    return status;
}

/**
 * NtImpersonateAnonymousToken() - the thread acts as nobody.
 * Return: STATUS_SUCCESS, STATUS_ACCESS_DENIED (this process's token is a restricted one), those of a wrong handle.
 * Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/securitybaseapi/nf-securitybaseapi-impersonateanonymoustoken
 */
NTSTATUS WINAPI NtImpersonateAnonymousToken(HANDLE thread) {
    struct token own;
    uint32_t slot;
    HANDLE token;
    NTSTATUS status = thread_find(thread, THREAD_IMPERSONATE, &slot);

    if (!status)
        status = token_get_cell(access_token(arena_process, ARENA_MAX_THREADS), &own);
    if (status)
        return status;
    status = own.body->n_restricting ? STATUS_ACCESS_DENIED : anonymous_make(&token);
    token_put(&own);
    if (status)
        return status;
    token_impersonate(slot, ENTRY_CELL(object_entry(token)));
    NtClose(token);
    return STATUS_SUCCESS;
}

bool winipc_acts_as_nobody(void) {
    const uint32_t record = atomic_load(&arena_self.slot->token);
    struct token token;
    bool is;

    if (!record || token_get_cell(record - 1, &token))
        return false;
    is = token.body->flags & TOKEN_ANONYMOUS || token.body->level == SecurityAnonymous;
    token_put(&token);
    return is;
}
