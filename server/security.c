/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Security descriptors and tokens' bodies, which the server writes into the arena (libs/arena/data.h), and the check
 * when something is opened by name.  What lies in the arena is copied and checked before it is believed; how long a
 * record is that is to be freed, the server knows itself.
 */
#include "server/named.h"
#include "server/registry.h"

#include "libs/arena/data.h"
#include "libs/security/access.h"

#include <errno.h>
#include <unistd.h>

static struct kept {
    uint32_t data; /* 0: none */
    uint16_t length, generation;
} kept[DATA_KINDS][ARENA_MAX_CELLS];

static struct access_scratch scratch;

/* ---- keeping ---- */

static void kept_free(uint32_t cell, enum data_kind kind) {
    struct kept *is = &kept[kind][cell];

    data_free(is->data, is->length);
    is->data = 0;
}

static bool data_keep(uint32_t index, enum data_kind kind, const void *bytes, uint32_t size) {
    _Atomic uint32_t *place = data_place(index, kind);
    struct cell *cell = cell_at(index);
    const uint32_t data = data_write(index, bytes, size);

    if (!data)
        return false;
    atomic_fetch_or(&cell->flags, CELL_KEPT);
    STEP("data_keep: written");
    atomic_store_explicit(place, data, memory_order_release);
    STEP("data_keep: kept");
    kept_free(index, kind); /* the one before, or of an object that went without a word */
    kept[kind][index] = (struct kept){data, (uint16_t)size, STATE_GENERATION(atomic_load(&cell->state))};
    return true;
}

bool security_keep(uint32_t cell, const void *descriptor, uint32_t size) {
    return !size || data_keep(cell, DATA_DESCRIPTOR, descriptor, size);
}

bool security_is_valid(const void *descriptor, uint32_t size) {
    struct descriptor is;

    return !size || !descriptor_open(&is, descriptor, size);
}

void security_gone(uint32_t index) {
    const struct cell *cell = index < ARENA_MAX_CELLS ? cell_at(index) : NULL;
    const uint64_t state = cell ? atomic_load(&cell->state) : 0;

    for (unsigned kind = 0; cell && kind < DATA_KINDS; kind++) {
        const bool lives = (STATE_LIFE(state) == LIFE_LIVE || STATE_LIFE(state) == LIFE_MAKING) &&
                           STATE_GENERATION(state) == kept[kind][index].generation;

        if (kept[kind][index].data && !lives)
            kept_free(index, (enum data_kind)kind);
    }
}

void security_collect(void) {
    const uint32_t end = arena_count(&winipc_arena->header.n_cells, ARENA_MAX_CELLS);

    for (uint32_t i = 0; i < end; i++) {
        const uint64_t state = atomic_load(&winipc_arena->cell[i].state);

        if (STATE_LIFE(state) != LIFE_LIVE || !(winipc_arena->cell[i].flags & CELL_KEPT))
            continue;
        for (unsigned kind = 0; kind < DATA_KINDS; kind++) {
            const _Atomic uint32_t *place = data_place(i, (enum data_kind)kind);
            const uint32_t data = place ? atomic_load(place) : 0;
            uint32_t length;
            const struct data_record *record = data_record_at(data, &length);

            if (record && record->cell == i)
                kept[kind][i] = (struct kept){data, (uint16_t)length, STATE_GENERATION(state)};
        }
    }
}

/* ---- the check ---- */

static NTSTATUS access_status(int error) {
    switch (error) {
    case 0: return STATUS_SUCCESS;
    case -EPERM: return STATUS_PRIVILEGE_NOT_HELD;
    case -ENOTSUP: return STATUS_BAD_IMPERSONATION_LEVEL;
    default: return STATUS_ACCESS_DENIED;
    }
}

NTSTATUS security_allows(
    const struct client *client, uint32_t thread, uint32_t cell, uint32_t desired, uint32_t *granted) {
    const uint32_t token = access_token(client->process->slot, thread);

    *granted = desired;
    if (object_allows_at_once(cell, token, desired))
        return STATUS_SUCCESS;
    return access_status(object_allows(cell, token, getuid(), desired, &scratch, granted));
}

const struct token_body *security_token_of(const struct client *client, uint32_t thread) {
    return access_token_body(access_token(client->process->slot, thread), getuid(), &scratch);
}

NTSTATUS security_allows_bytes(const struct client *client, uint32_t thread, enum cell_type type, const void *descriptor, uint32_t size,
    uint32_t desired, uint32_t *granted) {
    struct descriptor is;
    struct access_question question = {.descriptor = &is, .mapping = access_mapping(type), .desired = desired};
    static union token_room user;

    if (!size && token_is_plain(access_token(client->process->slot, thread)))
        return security_of_maker(client, thread, type, desired, granted);
    if (!size) {
        size = (uint32_t)descriptor_default(token_of_user(&user, getuid(), 0), type, scratch.descriptor, DESCRIPTOR_MAX);
        descriptor = scratch.descriptor;
    }
    question.token = security_token_of(client, thread);
    if (!question.token || descriptor_open(&is, descriptor, size))
        return STATUS_ACCESS_DENIED;
    if (question.token->type == TokenImpersonation && question.token->level < SecurityImpersonation)
        return STATUS_BAD_IMPERSONATION_LEVEL;
    return access_status(access_check(&question, granted, NULL));
}

NTSTATUS security_of_maker(
    const struct client *client, uint32_t thread, uint32_t type, uint32_t desired, uint32_t *granted) {
    const struct token_body *token;

    *granted = desired & MAXIMUM_ALLOWED ? desired | access_mapping((enum cell_type)type)->GenericAll : desired;
    *granted &= ~MAXIMUM_ALLOWED;
    if (!(desired & ACCESS_SYSTEM_SECURITY))
        return STATUS_SUCCESS;
    token = access_token_body(access_token(client->process->slot, thread), getuid(), &scratch);
    return token && token->enabled & PRIVILEGE_BIT(SE_SECURITY_PRIVILEGE) ? STATUS_SUCCESS : STATUS_PRIVILEGE_NOT_HELD;
}

/* ---- the request ---- */

/* What a handle must have for the bytes to be changed; which of these for what, ntdll knows. */
static uint32_t rights_to_set(enum data_kind kind) {
    return kind == DATA_DESCRIPTOR
               ? WRITE_DAC | WRITE_OWNER | ACCESS_SYSTEM_SECURITY
               : TOKEN_ADJUST_PRIVILEGES | TOKEN_ADJUST_GROUPS | TOKEN_ADJUST_DEFAULT | TOKEN_ADJUST_SESSIONID;
}

int32_t handle_security_set(
    struct client *client, struct request_security_set *request, struct reply_security_set *reply) {
    const uint64_t entry = client_entry(client, request->handle);
    const enum data_kind kind = (enum data_kind)request->kind;
    const _Atomic uint32_t *place;
    uint32_t cell;

    if (!entry)
        return STATUS_INVALID_HANDLE;
    if (request->kind >= DATA_KINDS || !request->bytes_len)
        return STATUS_INVALID_PARAMETER;
    cell = kind == DATA_DESCRIPTOR ? security_cell(ENTRY_CELL(entry)) : ENTRY_CELL(entry);
    place = data_place(cell, kind);
    if (!place)
        return STATUS_OBJECT_TYPE_MISMATCH;
    if (!(ENTRY_ACCESS(entry) & rights_to_set(kind)))
        return STATUS_ACCESS_DENIED;
    if (kind == DATA_DESCRIPTOR ? !security_is_valid(request->bytes, request->bytes_len)
                                : !token_check(request->bytes, request->bytes_len))
        return STATUS_INVALID_PARAMETER;
    reply->data = atomic_load(place);
    if (reply->data != request->expected)
        return STATUS_RETRY;
    if (kind == DATA_DESCRIPTOR && cell_type(cell_at(cell)) == CELL_KEY)
        return key_security_set(client, cell, request->bytes, request->bytes_len);
    return data_keep(cell, kind, request->bytes, request->bytes_len) ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}
