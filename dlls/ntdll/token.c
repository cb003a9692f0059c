/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Access tokens as objects.  A process's slot names its token; until somebody asks for it, or it is another one than
 * the user's account gives, there is none.  What a token says is libs/security/token.h.
 */
#include "dlls/ntdll/token.h"

#include <ntstatus.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libs/arena/step.h"

#define PSEUDO_PROCESS ((HANDLE)-4)
#define PSEUDO_THREAD ((HANDLE)-5)
#define PSEUDO_EFFECTIVE ((HANDLE)-6)
#define PSEUDO_ACCESS (TOKEN_QUERY | TOKEN_QUERY_SOURCE)

uint64_t token_luid_new(void) {
    static _Atomic uint32_t last;

    return (uint64_t)getpid() << 32 | (atomic_fetch_add(&last, 1) + 1);
}

/* ---- reading ---- */

NTSTATUS token_get_cell(uint32_t cell, struct token *token) {
    token->cell = cell;
    token->data = cell == NO_CELL ? 0 : atomic_load(&cell_at(cell)->token.body);
    token->scratch = security_scratch();
    if (!token->scratch)
        return STATUS_NO_MEMORY;
    token->body = access_token_body(cell, getuid(), token->scratch);
    if (token->body)
        return STATUS_SUCCESS;
    token_put(token);
    return STATUS_INVALID_HANDLE;
}

void token_put(struct token *token) {
    free(token->scratch);
    token->scratch = NULL;
}

NTSTATUS token_get(HANDLE handle, ACCESS_MASK access, struct token *token) {
    struct wait_object object;
    NTSTATUS status;

    *token = (struct token){.access = PSEUDO_ACCESS};
    if (handle == PSEUDO_PROCESS || handle == PSEUDO_THREAD || handle == PSEUDO_EFFECTIVE) {
        if (handle == PSEUDO_THREAD && !atomic_load(&arena_self.slot->token))
            return STATUS_NO_TOKEN;
        if (access & ~(ACCESS_MASK)PSEUDO_ACCESS)
            return STATUS_ACCESS_DENIED;
        return token_get_cell(
            access_token(arena_process, handle == PSEUDO_PROCESS ? ARENA_MAX_THREADS : arena_self.index), token);
    }
    status = object_lookup(handle, CELL_TOKEN, access, &object);
    if (status)
        return status;
    token->access = ENTRY_ACCESS(object_entry(handle));
    return token_get_cell(object.cell, token);
}

/* ---- writing ---- */

struct token_body *token_copy(
    const struct token_body *from, uint32_t n_groups, uint32_t n_restricting, uint32_t dacl_size) {
    const size_t size = sizeof *from + (1 + n_groups + n_restricting) * sizeof from->entry[0] + dacl_size;
    struct token_body *body = size > TOKEN_BODY_MAX ? NULL : calloc(1, size);

    if (!body)
        return NULL;
    *body = *from;
    body->size = (uint32_t)size;
    body->n_groups = n_groups;
    body->n_restricting = n_restricting;
    body->dacl_size = dacl_size;
    memcpy(body->entry, from->entry,
        (1 + (n_groups < from->n_groups ? n_groups : from->n_groups)) * sizeof from->entry[0]);
    if (n_restricting == from->n_restricting)
        memcpy(body->entry + 1 + n_groups, token_restricting(from), n_restricting * sizeof from->entry[0]);
    if (from->has_dacl && dacl_size == from->dacl_size)
        memcpy(token_dacl(body), token_dacl(from), dacl_size);
    return body;
}

NTSTATUS token_store(HANDLE handle, const struct token *token, struct token_body *body) {
    body->modified = token_luid_new();
    return security_set(handle, DATA_TOKEN, token->data, body, body->size);
}

NTSTATUS token_make(struct token_body *body, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes, HANDLE *handle) {
    const uint32_t cell = cell_make(CELL_TOKEN);
    NTSTATUS status;

    *handle = NULL;
    if (cell == NO_CELL)
        return STATUS_INSUFFICIENT_RESOURCES;
    body->id = body->modified = token_luid_new();
    status = object_insert(cell, access, attributes, handle);
    if (status)
        return status;
    status = security_set_cell(cell, DATA_TOKEN, 0, body, body->size);
    if (!status)
        status = security_keep_new(cell, attributes);
    if (!status)
        return STATUS_SUCCESS;
    NtClose(*handle);
    *handle = NULL;
    return status;
}

/* ---- whose it is ---- */

bool token_give(_Atomic uint32_t *place, uint32_t cell) {
    uint32_t none = 0;
    bool given = false;

    intent_begin(cell);
    if (cell_ref(cell)) {
        STEP("token_give: counted");
        given = atomic_compare_exchange_strong(place, &none, cell + 1);
        if (!given)
            cell_unref(cell);
    }
    intent_end();
    return given;
}

NTSTATUS token_of_record(_Atomic uint32_t *place, HANDLE *handle) {
    uint32_t record = atomic_load(place), before;

    do {
        const struct cell *cell = record ? cell_at(record - 1) : NULL;
        const NTSTATUS status = cell && cell_type(cell) == CELL_TOKEN ? object_share(record - 1, TOKEN_ALL_ACCESS, NULL, handle)
                                                                      : STATUS_INVALID_HANDLE;

        before = record;
        record = atomic_load(place);
        if (status && status != STATUS_INVALID_HANDLE)
            return status;
        if (!status && record == before)
            return STATUS_SUCCESS;
        if (!status)
            NtClose(*handle); /* it has gone meanwhile, and the cell may be another one's */
    } while (record != before);
    return STATUS_NO_TOKEN;
}

void token_impersonate(uint32_t thread, uint32_t cell) {
    _Atomic uint32_t *place = &winipc_arena->thread[thread].token;

    record_drop(place);
    if (cell != NO_CELL)
        token_give(place, cell);
}

NTSTATUS token_for_child(uint32_t child, uint32_t parent, HANDLE handle) {
    struct token token;
    struct token_body *body;
    HANDLE made;
    const uint32_t own = access_token(parent, ARENA_MAX_THREADS);
    NTSTATUS status;

    if (!handle && token_is_plain(own))
        return STATUS_SUCCESS;
    status = handle ? token_get(handle, TOKEN_QUERY, &token) : token_get_cell(own, &token);
    if (status)
        return status;
    if (!token.data) {
        token_put(&token);
        return STATUS_SUCCESS;
    }
    body = token_copy(token.body, token.body->n_groups, token.body->n_restricting, token.body->dacl_size);
    token_put(&token);
    if (!body)
        return STATUS_NO_MEMORY;
    body->type = TokenPrimary;
    status = token_make(body, TOKEN_ALL_ACCESS, NULL, &made);
    free(body);
    if (status)
        return status;
    token_give(&winipc_arena->process[child].token, ENTRY_CELL(object_entry(made)));
    NtClose(made);
    return STATUS_SUCCESS;
}

/* ---- opening ---- */

/* One more handle to the token in @cell, if the caller may have it. */
static NTSTATUS token_open_cell(
    uint32_t cell, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes, HANDLE *handle) {
    ACCESS_MASK granted;
    const NTSTATUS status = security_check(cell, access, &granted);

    return status ? status : object_share(cell, granted, attributes, handle);
}

/* The first handle to the token of a process that had no object yet. */
static NTSTATUS token_open_first(
    _Atomic uint32_t *place, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes, HANDLE *handle) {
    const uint32_t cell = cell_make(CELL_TOKEN);
    HANDLE made;
    NTSTATUS status;

    if (cell == NO_CELL)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = object_insert(cell, TOKEN_ALL_ACCESS, NULL, &made);
    if (status)
        return status;
    token_give(place, cell); /* or another thread was first */
    status = token_open_cell(atomic_load(place) - 1, access, attributes, handle);
    NtClose(made);
    return status;
}

/**
 * NtOpenProcessTokenEx() - the token of a process.
 * @attributes: OBJ_INHERIT.
 * Return: STATUS_SUCCESS, those of a wrong handle, STATUS_ACCESS_DENIED, STATUS_PROCESS_IS_TERMINATING.
 * Source: https://learn.microsoft.com/en-us/windows-hardware/drivers/ddi/ntifs/nf-ntifs-ntopenprocesstokenex
 */
NTSTATUS WINAPI NtOpenProcessTokenEx(HANDLE process, DWORD access, DWORD attributes, HANDLE *token) {
    const OBJECT_ATTRIBUTES inherit = {.Attributes = attributes};
    struct wait_object object;
    struct process_slot *slot;
    NTSTATUS status;

    *token = NULL;
    status = object_lookup(process, CELL_PROCESS, PROCESS_QUERY_LIMITED_INFORMATION, &object);
    if (status)
        return status;
    if (cell_at(object.cell)->process.slot >= ARENA_MAX_PROCESSES)
        return STATUS_PROCESS_IS_TERMINATING;
    slot = &winipc_arena->process[cell_at(object.cell)->process.slot];
    if (atomic_load(&slot->cell) != object.cell + 1 || SLOT_LIFE(atomic_load(&slot->state)) == SLOT_DEAD)
        return STATUS_PROCESS_IS_TERMINATING;
    if (!atomic_load(&slot->token))
        return token_open_first(&slot->token, access, &inherit, token);
    return token_open_cell(atomic_load(&slot->token) - 1, access, &inherit, token);
}

NTSTATUS WINAPI NtOpenProcessToken(HANDLE process, DWORD access, HANDLE *token) {
    return NtOpenProcessTokenEx(process, access, 0, token);
}

/* The thread whose token is meant.  Return: its slot, or ARENA_MAX_THREADS when it is gone. */
static uint32_t thread_slot_of(uint32_t cell) {
    const uint32_t slot = cell_at(cell)->thread.slot;

    return slot < arena_count(&winipc_arena->header.n_threads, ARENA_MAX_THREADS) &&
                   atomic_load(&winipc_arena->thread[slot].cell) == cell + 1
               ? slot
               : ARENA_MAX_THREADS;
}

/**
 * NtOpenThreadTokenEx() - the token that a thread impersonates.
 * @as_self: whether the process's token decides if the caller may, not the one that the calling thread impersonates.
 * Return: STATUS_SUCCESS, STATUS_NO_TOKEN, STATUS_CANT_OPEN_ANONYMOUS (no one may look at a token of that level),
 * STATUS_ACCESS_DENIED, those of a wrong handle.
 * Source: https://learn.microsoft.com/en-us/windows-hardware/drivers/ddi/ntifs/nf-ntifs-ntopenthreadtokenex
 */
NTSTATUS WINAPI NtOpenThreadTokenEx(HANDLE thread, DWORD access, BOOLEAN as_self, DWORD attributes, HANDLE *handle) {
    const OBJECT_ATTRIBUTES inherit = {.Attributes = attributes};
    struct wait_object object;
    uint32_t slot, place, mine;
    struct token token;
    HANDLE kept;
    NTSTATUS status;

    *handle = NULL;
    status = object_lookup(thread, CELL_THREAD, THREAD_QUERY_LIMITED_INFORMATION, &object);
    if (status)
        return status;
    slot = thread_slot_of(object.cell);
    place = slot == ARENA_MAX_THREADS ? 0 : atomic_load(&winipc_arena->thread[slot].token);
    if (!place || token_get_cell(place - 1, &token))
        return STATUS_NO_TOKEN;
    status = token.body->level == SecurityAnonymous ? STATUS_CANT_OPEN_ANONYMOUS : STATUS_SUCCESS;
    token_put(&token);
    if (status)
        return status;
    mine = atomic_load(&arena_self.slot->token);
    if (!as_self || !mine)
        return token_open_cell(place - 1, access, &inherit, handle);
    status = object_copy(arena_process, mine - 1, TOKEN_QUERY, 0, &kept);
    if (status)
        return status;
    token_impersonate(arena_self.index, NO_CELL);
    status = token_open_cell(place - 1, access, &inherit, handle);
    token_impersonate(arena_self.index, mine - 1);
    NtClose(kept);
    return status;
}

NTSTATUS WINAPI NtOpenThreadToken(HANDLE thread, DWORD access, BOOLEAN as_self, HANDLE *token) {
    return NtOpenThreadTokenEx(thread, access, as_self, 0, token);
}

/** NtAllocateLocallyUniqueId() - a number that this session has not given before. */
NTSTATUS WINAPI NtAllocateLocallyUniqueId(LUID *luid) {
    const uint64_t id = token_luid_new();

    *luid = (LUID){(DWORD)id, (LONG)(id >> 32)};
    return STATUS_SUCCESS;
}
