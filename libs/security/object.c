/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The access check for objects of the arena.  Most objects have no descriptor of their own and most tokens are what the
 * user's account says: of these nothing is kept, and the answer is a look at two words.
 *
 * What this is for: that programs meet the answers that Windows would give.  It is no wall between the programs of one
 * Linux user, who can all write the arena; that wall is the uid.
 */
#include "libs/security/access.h"

#include "libs/arena/data.h"
#include "libs/arena/file_kind.h"
#include "libs/arena/mailslot.h"

#include <errno.h>
#include <string.h>

/* ---- tokens ---- */

static uint32_t token_cell(uint32_t word) {
    const struct cell *cell = word ? cell_at(word - 1) : NULL;

    return cell && cell_type(cell) == CELL_TOKEN ? word - 1 : NO_CELL;
}

static uint32_t process_token(uint32_t process) {
    return process < ARENA_MAX_PROCESSES ? token_cell(atomic_load(&winipc_arena->process[process].token)) : NO_CELL;
}

uint32_t access_token(uint32_t process, uint32_t thread) {
    const struct thread_slot *slot;
    uint32_t token;

    if (thread >= arena_count(&winipc_arena->header.n_threads, ARENA_MAX_THREADS))
        return process_token(process);
    slot = &winipc_arena->thread[thread];
    token = atomic_load_explicit(&slot->token, memory_order_relaxed);
    if (!token || SLOT_OWNER(atomic_load(&slot->state)) != process)
        return process_token(process);
    return token_cell(token);
}

const struct token_body *access_token_body(uint32_t cell, uint32_t uid, struct access_scratch *scratch) {
    const _Atomic uint32_t *place = cell == NO_CELL ? NULL : data_place(cell, DATA_TOKEN);
    uint32_t size;

    if (!place || !atomic_load(place)) {
        const uint64_t state = place ? atomic_load(&cell_at(cell)->state) : 0;

        return token_of_user(
            &scratch->user, uid, 0x10000 + (place ? cell : 0) + ((uint64_t)STATE_GENERATION(state) << 24));
    }
    size = data_read(cell, DATA_TOKEN, scratch->token, TOKEN_BODY_MAX);
    return token_check(scratch->token, size) ? (const struct token_body *)scratch->token : NULL;
}

/* ---- descriptors ---- */

/* By the documentation of CreateNamedPipe: all for the system, the administrators and the owner, reading for everyone.
 * Source: https://learn.microsoft.com/en-us/windows/win32/ipc/named-pipe-security-and-access-rights */
static size_t pipe_default(const struct token_body *token, void *bytes, size_t room) {
    const struct sid system = sid_make(5, 1, SECURITY_LOCAL_SYSTEM_RID, 0),
                     world = sid_make(1, 1, SECURITY_WORLD_RID, 0);
    const struct sid administrators = sid_make(5, 2, SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_ADMINS);
    const struct sid anonymous = sid_make(5, 1, SECURITY_ANONYMOUS_LOGON_RID, 0);
    const struct sid *owner = &token->entry[token->owner].sid;
    _Alignas(4) uint8_t dacl[512];

    acl_begin(dacl, sizeof dacl);
    acl_add(dacl, sizeof dacl, ACCESS_ALLOWED_ACE_TYPE, 0, FILE_ALL_ACCESS, &system);
    acl_add(dacl, sizeof dacl, ACCESS_ALLOWED_ACE_TYPE, 0, FILE_ALL_ACCESS, &administrators);
    acl_add(dacl, sizeof dacl, ACCESS_ALLOWED_ACE_TYPE, 0, FILE_ALL_ACCESS, owner);
    acl_add(dacl, sizeof dacl, ACCESS_ALLOWED_ACE_TYPE, 0, FILE_GENERIC_READ, &world);
    acl_add(dacl, sizeof dacl, ACCESS_ALLOWED_ACE_TYPE, 0, FILE_GENERIC_READ, &anonymous);
    return descriptor_write(
        &(struct descriptor){SE_DACL_PRESENT, owner, &token->entry[token->group].sid, NULL, (ACL *)dacl}, bytes, room);
}

/* As HKEY_CURRENT_USER of a Windows is: all for the user, the system and the administrators, reading for restricted code and users. */
static size_t key_default(const struct token_body *token, void *bytes, size_t room) {
    const struct sid system = sid_make(5, 1, SECURITY_LOCAL_SYSTEM_RID, 0), restricted = sid_make(5, 1, SECURITY_RESTRICTED_CODE_RID, 0);
    const struct sid administrators = sid_make(5, 2, SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_ADMINS),
                     users = sid_make(5, 2, SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_USERS);
    const struct sid *owner = &token->entry[token->owner].sid;
    _Alignas(4) uint8_t dacl[512];

    acl_begin(dacl, sizeof dacl);
    acl_add(dacl, sizeof dacl, ACCESS_ALLOWED_ACE_TYPE, CONTAINER_INHERIT_ACE, KEY_ALL_ACCESS, owner);
    acl_add(dacl, sizeof dacl, ACCESS_ALLOWED_ACE_TYPE, CONTAINER_INHERIT_ACE, KEY_ALL_ACCESS, &system);
    acl_add(dacl, sizeof dacl, ACCESS_ALLOWED_ACE_TYPE, CONTAINER_INHERIT_ACE, KEY_ALL_ACCESS, &administrators);
    acl_add(dacl, sizeof dacl, ACCESS_ALLOWED_ACE_TYPE, CONTAINER_INHERIT_ACE, KEY_READ, &restricted);
    acl_add(dacl, sizeof dacl, ACCESS_ALLOWED_ACE_TYPE, CONTAINER_INHERIT_ACE, KEY_READ, &users);
    return descriptor_write(
        &(struct descriptor){SE_DACL_PRESENT, owner, &token->entry[token->group].sid, NULL, (ACL *)dacl}, bytes, room);
}

/* Processes, threads and tokens have their token's level; what else a token below medium makes has it too. */
static bool is_labelled(const struct token_body *token, enum cell_type type) {
    return token->integrity < SECURITY_MANDATORY_MEDIUM_RID || type == CELL_PROCESS || type == CELL_THREAD ||
           type == CELL_TOKEN;
}

size_t descriptor_default(const struct token_body *token, enum cell_type type, void *bytes, size_t room) {
    const struct sid level = sid_make(16, 1, token->integrity, 0);
    _Alignas(4) uint8_t sacl[64];
    struct descriptor made = {
        0, &token->entry[token->owner].sid, &token->entry[token->group].sid, NULL, token_dacl(token)};
    size_t size;

    if (type == CELL_PIPE)
        return pipe_default(token, bytes, room);
    if (type == CELL_KEY)
        return key_default(token, bytes, room);
    if (made.dacl)
        made.control |= SE_DACL_PRESENT;
    if (is_labelled(token, type)) {
        acl_begin(sacl, sizeof sacl);
        acl_add(sacl, sizeof sacl, SYSTEM_MANDATORY_LABEL_ACE_TYPE, 0, SYSTEM_MANDATORY_LABEL_NO_WRITE_UP, &level);
        made.sacl = (ACL *)sacl;
        made.control |= SE_SACL_PRESENT;
    }
    size = descriptor_write(&made, bytes, room);
    if (size && made.dacl)
        acl_map((ACL *)((uint8_t *)bytes + ((SECURITY_DESCRIPTOR_RELATIVE *)bytes)->Dacl), access_mapping(type));
    return size;
}

/* Whose token the default descriptor of the object in @cell comes from: a process's and a thread's own one. */
static uint32_t default_token(const struct cell *cell) {
    const uint32_t threads = arena_count(&winipc_arena->header.n_threads, ARENA_MAX_THREADS);

    switch (cell_type(cell)) {
    case CELL_PROCESS:
        return cell->process.slot < ARENA_MAX_PROCESSES &&
                       atomic_load(&winipc_arena->process[cell->process.slot].cell) == cell_index(cell) + 1
                   ? process_token(cell->process.slot)
                   : NO_CELL;
    case CELL_THREAD:
        return cell->thread.slot < threads &&
                       atomic_load(&winipc_arena->thread[cell->thread.slot].cell) == cell_index(cell) + 1
                   ? process_token(SLOT_OWNER(atomic_load(&winipc_arena->thread[cell->thread.slot].state)))
                   : NO_CELL;
    case CELL_TOKEN: return cell_index(cell);
    default: return NO_CELL;
    }
}

uint32_t security_cell(uint32_t index) {
    const struct cell *cell = cell_at(index), *instance;

    if (!cell || cell_type(cell) != CELL_FILE)
        return index;
    if (cell->file.kind == FILE_KIND_MAILSLOT)
        return mailslot_of(cell) ? cell->file.instance - 1 : index;
    if (cell->file.kind != FILE_KIND_PIPE_END)
        return index;
    instance = cell->file.instance ? cell_at(cell->file.instance - 1) : NULL;
    return instance && cell_type(instance) == CELL_PIPE_INSTANCE && instance->instance.pipe &&
                   cell_at(instance->instance.pipe - 1)
               ? instance->instance.pipe - 1
               : index;
}

size_t object_descriptor(uint32_t index, uint32_t uid, struct access_scratch *scratch) {
    const struct cell *cell = cell_at(index);
    const struct token_body *token;

    if (!cell)
        return 0;
    if (atomic_load(&cell->security))
        return data_read(index, DATA_DESCRIPTOR, scratch->descriptor, DESCRIPTOR_MAX);
    token = access_token_body(default_token(cell), uid, scratch);
    return token ? descriptor_default(token, cell_type(cell), scratch->descriptor, DESCRIPTOR_MAX) : 0;
}

/* ---- the check ---- */

bool token_is_plain(uint32_t token) {
    const _Atomic uint32_t *place = token == NO_CELL ? NULL : data_place(token, DATA_TOKEN);

    return !place || !atomic_load_explicit(place, memory_order_relaxed);
}

bool object_allows_at_once(uint32_t index, uint32_t token, uint32_t desired) {
    const struct cell *cell = cell_at(index);

    return cell && !(desired & (MAXIMUM_ALLOWED | ACCESS_SYSTEM_SECURITY)) &&
           !atomic_load_explicit(&cell->security, memory_order_acquire) && token_is_plain(token) &&
           token_is_plain(default_token(cell));
}

int object_allows(
    uint32_t index, uint32_t token, uint32_t uid, uint32_t desired, struct access_scratch *scratch, uint32_t *granted) {
    const struct cell *cell = cell_at(index);
    const size_t size = object_descriptor(index, uid, scratch);
    struct descriptor descriptor;
    struct access_question question = {.descriptor = &descriptor, .desired = desired};
    int error;

    if (!cell || descriptor_open(&descriptor, scratch->descriptor, size))
        return -EINVAL;
    question.mapping = access_mapping(cell_type(cell));
    question.token = access_token_body(token, uid, scratch);
    if (!question.token)
        return -EINVAL;
    if (question.token->type == TokenImpersonation && question.token->level < SecurityImpersonation)
        return -ENOTSUP;
    error = access_check(&question, granted, NULL);
    /* the privilege to debug opens every process and thread */
    if (error == -EACCES && (cell_type(cell) == CELL_PROCESS || cell_type(cell) == CELL_THREAD) &&
        question.token->enabled & PRIVILEGE_BIT(SE_DEBUG_PRIVILEGE) && !(desired & MAXIMUM_ALLOWED)) {
        *granted = access_map(question.mapping, desired);
        return 0;
    }
    return error;
}
