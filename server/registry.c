/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The requests that open, make, name and delete keys of the registry.  Its values: registry_value.c. */
#include "server/registry.h"
#include "server/named.h"

#include "libs/arena/key.h"
#include "libs/arena/name.h"

#include <stdlib.h>

NTSTATUS key_of(const struct client *client, uint64_t handle, uint32_t access, bool write, struct key **key) {
    const uint64_t entry = client_entry(client, handle);
    const struct cell *cell = entry ? cell_at(ENTRY_CELL(entry)) : NULL;
    NTSTATUS status;

    if (!cell)
        return STATUS_INVALID_HANDLE;
    if (cell_type(cell) != CELL_KEY)
        return STATUS_OBJECT_TYPE_MISMATCH;
    if ((ENTRY_ACCESS(entry) & access) != access)
        return STATUS_ACCESS_DENIED;
    status = registry_ready(write);
    if (status)
        return status;
    *key = key_find_id(cell->key.id);
    return *key ? STATUS_SUCCESS : STATUS_KEY_DELETED;
}

/* ---- opening ---- */

/* Gives the key object its path as a name, for whoever looks into the session; without one when there is no room. */
static void cell_name(uint32_t cell, const struct key *key) {
    static uint16_t units[NAME_MAX_UNITS + 1];
    const uint32_t n = key_path(key, units, NAME_MAX_UNITS + 1);
    const struct path path = {NO_CELL, n - 1, units + 1};

    if (n)
        named_add(&path, cell);
}

/* A new key object, as every opening makes one.  Who has made the key may what he asks for. */
static NTSTATUS key_grant(struct grant *grant, uint32_t thread, const struct key *key, struct reply_key_open *reply) {
    const NTSTATUS allowed = reply->disposition == REG_CREATED_NEW_KEY
                                 ? security_of_maker(grant->client, thread, CELL_KEY, grant->access, &grant->access)
                                 : key_allows(grant->client, thread, key, grant->access, &grant->access);
    const uint32_t index = allowed ? NO_CELL : cell_make(CELL_KEY);
    struct cell *cell = index == NO_CELL ? NULL : cell_at(index);

    if (allowed)
        return allowed;
    if (!cell)
        return STATUS_INSUFFICIENT_RESOURCES;
    cell->key.id = key->id;
    cell_name(index, key);
    reply->cell = index;
    if (!key_security_keep(key, index)) {
        cell_unref(index);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    STEP("key_grant: named");
    if (!grant_new(grant, index)) {
        cell_unref(index);
        return STATUS_INVALID_HANDLE;
    }
    cell_live(index);
    return STATUS_SUCCESS;
}

static uint32_t name_end(const struct key_walk *walk) {
    uint32_t n = 0;

    while (n < walk->n_rest && walk->rest[n] != '\\')
        n++;
    return n;
}

static NTSTATUS make_check(const struct request_key_open *request, const struct key_walk *walk, uint32_t n) {
    const struct key *parent = walk->found;

    if (!parent || !n)
        return STATUS_OBJECT_NAME_NOT_FOUND; /* a path, or what a link stands for, that leads out of the registry */
    for (uint32_t i = n; i < walk->n_rest; i++) {
        if (walk->rest[i] != '\\')
            return STATUS_OBJECT_NAME_NOT_FOUND; /* of the path, more than the last name is not there */
    }
    for (uint32_t i = 0; i < n; i++) {
        if (!walk->rest[i])
            return STATUS_INVALID_PARAMETER;
    }
    if (!parent->hive || key_depth(parent) >= KEY_DEPTH_MAX)
        return STATUS_INVALID_PARAMETER;
    if (hive_is_volatile(parent->hive) && !(request->options & REG_OPTION_VOLATILE))
        return STATUS_CHILD_MUST_BE_VOLATILE;
    return registry_bytes > REGISTRY_BYTES_MAX ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS;
}

/* Makes the key that a walk did not find. */
static NTSTATUS key_create(
    const struct client *client, const struct request_key_open *request, const struct key_walk *walk, struct key **made) {
    const uint32_t n = name_end(walk);
    struct key *parent = walk->found, *key;
    struct regtext *text;
    uint32_t granted;
    NTSTATUS status = make_check(request, walk, n);

    if (!status)
        status = key_allows(client, request->thread, parent, KEY_CREATE_SUB_KEY, &granted);
    if (status)
        return status;
    key = key_make(parent, walk->rest, n, registry_new_id());
    if (!key)
        return STATUS_NO_MEMORY;
    key->hive = hive_for(parent, request->options & REG_OPTION_VOLATILE);
    key->flags = request->options & REG_OPTION_CREATE_LINK ? KEY_IS_LINK : 0;
    key->written_100ns = parent->written_100ns = registry_now();
    text = store_begin();
    if (key->hive == parent->hive) {
        parent->flags &= ~KEY_DEFAULT;
        store_key(text, parent);
    }
    if (!key_set_class(key, request->class, request->n_class))
        status = STATUS_NO_MEMORY;
    if (!status)
        status = key_security_new(client, request->thread, parent, key, request->descriptor, request->descriptor_len);
    store_key(text, key);
    store_security(text, key);
    if (!status)
        status = store_commit(key->hive, client);
    if (status) {
        key_free(key);
        return status;
    }
    key_changed(parent, REG_NOTIFY_CHANGE_NAME);
    *made = key;
    return STATUS_SUCCESS;
}

static NTSTATUS open_walk(const struct client *client, const struct request_key_open *request, struct key_walk *walk) {
    const bool open_link = request->options & (REG_OPTION_OPEN_LINK | REG_OPTION_CREATE_LINK) || request->attributes & OBJ_OPENLINK;
    struct key *root = NULL;
    NTSTATUS status = registry_ready(false);

    if (!status && request->root)
        status = key_of(client, request->root, 0, false, &root);
    if (status)
        return status;
    return key_walk(walk, root, request->name, request->n_name, open_link, request->access & KEY_WOW64_32KEY);
}

int32_t handle_key_open(struct client *client, struct request_key_open *request, struct reply_key_open *reply) {
    struct grant grant = {client, request->handle, request->access, request->attributes, STATUS_SUCCESS, reply, sizeof *reply};
    struct key_walk walk;
    NTSTATUS status;

    if (grant_recall(client, request->handle, reply, sizeof *reply, &status))
        return status;
    if (!grant_check(client, request->handle))
        return STATUS_INVALID_HANDLE;
    if (!security_is_valid(request->descriptor, request->descriptor_len))
        return STATUS_INVALID_SECURITY_DESCR;
    grant.access &= ~(uint32_t)(KEY_WOW64_32KEY | KEY_WOW64_64KEY);
    status = open_walk(client, request, &walk);
    reply->disposition = REG_OPENED_EXISTING_KEY;
    if (!status && request->create && request->options & REG_OPTION_CREATE_LINK && !store_was_last(client))
        return STATUS_OBJECT_NAME_COLLISION;
    if (!status && request->create && store_was_last(client))
        reply->disposition = REG_CREATED_NEW_KEY;
    if (status == STATUS_OBJECT_NAME_NOT_FOUND && request->create) {
        status = registry_ready(true);
        if (!status) /* which may have read it all again */
            status = open_walk(client, request, &walk);
        if (status == STATUS_OBJECT_NAME_NOT_FOUND)
            status = key_create(client, request, &walk, &walk.found);
        reply->disposition = REG_CREATED_NEW_KEY;
    }
    return status ? status : key_grant(&grant, request->thread, walk.found, reply);
}

/* ---- deleting and naming ---- */

int32_t handle_key_delete(struct client *client, struct request_key_delete *request, struct reply_key_delete *reply) {
    struct key *key, *parent;
    struct regtext *text;
    NTSTATUS status = key_of(client, request->key, DELETE, true, &key);

    (void)reply;
    if (status)
        return status == STATUS_KEY_DELETED && store_was_last(client) ? STATUS_SUCCESS : status;
    if (key->flags & KEY_FIXED || key->n_children)
        return STATUS_CANNOT_DELETE;
    parent = key->parent;
    text = store_begin();
    store_key_gone(text, key);
    status = store_commit(key->hive, client);
    if (status)
        return status;
    watchers_gone(key);
    key_free(key);
    parent->written_100ns = registry_now();
    key_changed(parent, REG_NOTIFY_CHANGE_NAME);
    return STATUS_SUCCESS;
}

static void own_tree(struct key *key) {
    key->flags &= ~KEY_DEFAULT;
    for (uint32_t i = 0; i < key->n_values; i++)
        key->value[i]->is_default = false;
    for (uint32_t i = 0; i < key->n_children; i++)
        own_tree(key->child[i]);
}

static bool tree_has(const struct key *key, const struct hive *hive) {
    bool has = key->hive == hive;

    for (uint32_t i = 0; i < key->n_children && !has; i++)
        has = tree_has(key->child[i], hive);
    return has;
}

/* Writes a key that has another name now, with all below it, to one file.  @gone: the text that takes the old one away. */
static NTSTATUS rename_store(
    const struct client *client, struct key *key, struct hive *hive, const uint16_t *old, uint32_t n_old, const uint16_t *name, uint32_t n) {
    struct regtext *text = store_begin();

    if (!key_set_name(key, old, n_old))
        return STATUS_NO_MEMORY;
    store_key_gone(text, key);
    if (!key_set_name(key, name, n))
        return STATUS_NO_MEMORY;
    store_tree(text, hive, key);
    return store_commit(hive, client);
}

static void rename_cells(const struct key *key) {
    const uint32_t n = arena_count(&winipc_arena->header.n_cells, ARENA_MAX_CELLS);

    for (uint32_t i = 0; i < n; i++) {
        const struct cell *cell = &winipc_arena->cell[i];
        const uint64_t state = atomic_load(&cell->state);
        const struct key *at;

        if (STATE_TYPE(state) != CELL_KEY || STATE_LIFE(state) != LIFE_LIVE)
            continue;
        for (at = key_find_id(cell->key.id); at && at != key; at = at->parent)
            ;
        if (at) {
            intent_begin(i);
            if (cell_ref(i)) {
                if (cell_same(i, state))
                    cell_name(i, key_find_id(cell->key.id));
                cell_unref(i);
            }
            intent_end();
        }
    }
}

static NTSTATUS rename_check(const struct key *key, const uint16_t *name, uint32_t n) {
    if (!n || n > KEY_NAME_MAX)
        return STATUS_INVALID_PARAMETER;
    for (uint32_t i = 0; i < n; i++) {
        if (name[i] == '\\' || !name[i])
            return STATUS_INVALID_PARAMETER;
    }
    if (key->flags & KEY_FIXED)
        return STATUS_ACCESS_DENIED;
    if (key_find(key->parent, name, n) && key_find(key->parent, name, n) != key)
        return STATUS_CANNOT_DELETE;
    return STATUS_SUCCESS;
}

int32_t handle_key_rename(struct client *client, struct request_key_rename *request, struct reply_key_rename *reply) {
    uint16_t old[KEY_NAME_MAX];
    uint32_t n_old;
    struct key *key;
    NTSTATUS status = key_of(client, request->key, KEY_WRITE & ~STANDARD_RIGHTS_WRITE, true, &key);

    (void)reply;
    if (!status)
        status = rename_check(key, request->name, request->n_name);
    if (status)
        return status;
    n_old = key->n_name;
    memcpy(old, key->name, n_old * sizeof *old);
    own_tree(key);
    key->written_100ns = registry_now();
    if (!hive_is_volatile(key->hive) && tree_has(key, hive_for(key, true)))
        status = rename_store(client, key, hive_for(key, true), old, n_old, request->name, request->n_name);
    if (!status)
        status = rename_store(client, key, key->hive, old, n_old, request->name, request->n_name);
    if (status) {
        key_set_name(key, old, n_old);
        return status;
    }
    rename_cells(key);
    key_changed(key->parent, REG_NOTIFY_CHANGE_NAME);
    return STATUS_SUCCESS;
}

/* ---- what is known of a key ---- */

static uint32_t larger(uint32_t a, uint32_t b) {
    return a > b ? a : b;
}

static void key_describe(const struct key *key, struct reply_key_query *reply) {
    reply->written_100ns = key->written_100ns;
    reply->subkeys = key->n_children;
    reply->values = key->n_values;
    reply->options = (key->hive && hive_is_volatile(key->hive) ? REG_OPTION_VOLATILE : 0) |
                     (key->flags & KEY_IS_LINK ? REG_OPTION_CREATE_LINK : 0);
    for (uint32_t i = 0; i < key->n_children; i++) {
        reply->max_name = larger(reply->max_name, key->child[i]->n_name);
        reply->max_class = larger(reply->max_class, key->child[i]->n_class);
    }
    for (uint32_t i = 0; i < key->n_values; i++) {
        reply->max_value_name = larger(reply->max_value_name, key->value[i]->n_name);
        reply->max_data = larger(reply->max_data, key->value[i]->size);
    }
    reply->class = key->class ? key->class : key->name;
    reply->n_class = key->n_class;
}

int32_t handle_key_query(struct client *client, struct request_key_query *request, struct reply_key_query *reply) {
    static uint16_t path[32767];
    const bool itself = request->index == UINT32_MAX;
    struct key *key;
    NTSTATUS status = key_of(client, request->key, itself ? 0 : KEY_ENUMERATE_SUB_KEYS, false, &key);

    reply->name = reply->class = path;
    if (status)
        return status;
    if (itself) {
        reply->n_name = key_path(key, path, sizeof path / sizeof *path);
        key_describe(key, reply);
        return STATUS_SUCCESS;
    }
    if (request->index >= key->n_children)
        return STATUS_NO_MORE_ENTRIES;
    key = key->child[request->index];
    reply->name = key->name;
    reply->n_name = key->n_name;
    key_describe(key, reply);
    return STATUS_SUCCESS;
}

int32_t handle_key_flush(struct client *client, struct request_key_flush *request, struct reply_key_flush *reply) {
    struct key *key;
    NTSTATUS status = key_of(client, request->key, 0, true, &key);

    if (!status)
        status = store_flush_ready(key);
    if (!status)
        reply->fd = store_flush_fd(key);
    return status;
}
