/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Security descriptors of the registry's keys.  One that was given, or inherited from a key that has one, belongs to
 * the key, stands in the file as a note
 * ";security=" with its bytes in hexadecimal, and is copied to each of the key's handles' cells, where ntdll reads it.
 * Keys without one, which are nearly all, have what descriptor_default() says.
 */
#include "server/named.h"
#include "server/registry.h"

#include "libs/arena/key.h"
#include "libs/security/access.h"

#include <ctype.h>
#include <stdlib.h>
#include <unistd.h>

#define NOTE "security="

/* The key's descriptor becomes @bytes, which are checked.  Return: false: no memory. */
static bool security_put(struct key *key, const void *bytes, uint32_t size) {
    void *copy = malloc(size);

    if (!copy)
        return false;
    memcpy(copy, bytes, size);
    registry_bytes += size - (uint64_t)key->security_size;
    free(key->security);
    key->security = copy;
    key->security_size = size;
    return true;
}

/* ---- the file ---- */

void store_security(struct regtext *text, const struct key *key) {
    const uint8_t *bytes = key->security;

    if (!key->security_size)
        return;
    regtext_print(text, ";" NOTE);
    for (uint32_t i = 0; i < key->security_size; i++)
        regtext_print(text, "%02x", bytes[i]);
    regtext_put(text, "\n", 1);
}

static int hex_digit(char c) {
    return isdigit((unsigned char)c) ? c - '0' : isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10 : -1;
}

bool key_security_note(struct key *key, const char *note, size_t len) {
    const size_t skip = strlen(NOTE), size = len > skip ? (len - skip) / 2 : 0;
    uint8_t *bytes;

    if (len <= skip || strncmp(note, NOTE, skip))
        return false;
    bytes = size <= DESCRIPTOR_MAX ? malloc(size + 1) : NULL;
    for (size_t i = 0; bytes && i < size; i++)
        bytes[i] = (uint8_t)(hex_digit(note[skip + 2 * i]) << 4 | (hex_digit(note[skip + 2 * i + 1]) & 15));
    if (bytes && size && security_is_valid(bytes, (uint32_t)size)) /* one that was damaged is none */
        security_put(key, bytes, (uint32_t)size);
    free(bytes);
    return true;
}

/* ---- opening ---- */

NTSTATUS key_allows(
    const struct client *client, uint32_t thread, const struct key *key, uint32_t desired, uint32_t *granted) {
    return security_allows_bytes(client, thread, CELL_KEY, key->security, key->security_size, desired, granted);
}

bool key_security_keep(const struct key *key, uint32_t cell) {
    return security_keep(cell, key->security, key->security_size);
}

/* ---- inheriting ---- */

NTSTATUS key_security_new(const struct client *client, uint32_t thread, const struct key *parent, struct key *key,
    const void *given, uint32_t size) {
    static uint8_t dacl[DESCRIPTOR_MAX] __attribute__((aligned(8))), bytes[DESCRIPTOR_MAX] __attribute__((aligned(8)));
    struct inherit how = {.mapping = access_mapping(CELL_KEY), .is_container = true, .marks = true};
    const struct token_body *token;
    struct descriptor above, made = {SE_DACL_PRESENT | SE_DACL_AUTO_INHERITED, NULL, NULL, NULL, (const ACL *)dacl};

    if (size)
        return security_put(key, given, size) ? STATUS_SUCCESS : STATUS_NO_MEMORY;
    if (!parent->security_size || descriptor_open(&above, parent->security, parent->security_size))
        return STATUS_SUCCESS;
    token = security_token_of(client, thread);
    if (!token)
        return STATUS_ACCESS_DENIED;
    made.owner = &token->entry[token->owner].sid;
    made.group = &token->entry[token->group].sid;
    how.owner = made.owner;
    how.group = made.group;
    acl_begin(dacl, sizeof dacl);
    if (!acl_inherit(above.dacl, &how, dacl, sizeof dacl))
        return STATUS_NO_MEMORY;
    if (!made.dacl->AceCount)
        return STATUS_SUCCESS;
    size = (uint32_t)descriptor_write(&made, bytes, sizeof bytes);
    return size && security_put(key, bytes, size) ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

/* ---- changing ---- */

/* Copies the key's descriptor to all its handles. */
static bool cells_keep(const struct key *key) {
    const uint32_t n = arena_count(&winipc_arena->header.n_cells, ARENA_MAX_CELLS);
    bool good = true;

    for (uint32_t i = 0; i < n && good; i++) {
        const struct cell *cell = &winipc_arena->cell[i];
        const uint64_t state = atomic_load(&cell->state);

        if (STATE_TYPE(state) == CELL_KEY && STATE_LIFE(state) == LIFE_LIVE && cell->key.id == key->id)
            good = key_security_keep(key, i);
    }
    return good;
}

NTSTATUS key_security_set(const struct client *client, uint32_t cell, const void *bytes, uint32_t size) {
    NTSTATUS status = registry_ready(true);
    struct key *key = status ? NULL : key_find_id(cell_at(cell)->key.id);
    struct regtext *text;

    if (status)
        return status;
    if (!key || !key->hive)
        return key ? STATUS_ACCESS_DENIED : STATUS_KEY_DELETED;
    if (!security_put(key, bytes, size))
        return STATUS_NO_MEMORY;
    key->flags &= ~KEY_DEFAULT;
    text = store_begin();
    store_key(text, key);
    store_security(text, key);
    status = store_commit(key->hive, client);
    if (status)
        return status;
    key_changed(key, REG_NOTIFY_CHANGE_SECURITY);
    return cells_keep(key) ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}
