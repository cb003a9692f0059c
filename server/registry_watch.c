/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who waits for changes of a key: key objects with a filter, whose events stand in the arena (libs/arena/key.h), so that they outlive us and that
 * whoever closes such an object can signal them.  Here are the lists by key, made again when a registry is read.
 *
 * Once asked about, a key object goes on noting changes: one that comes while no event waits ends the next wait at once.
 */
#include "server/named.h"
#include "server/registry.h"

#include "libs/arena/key.h"

#include <stdlib.h>

struct watcher {
    struct watcher *next;
    uint32_t cell;
    uint64_t state;
};

static bool unsignalled; /* some event's lock was busy */

/* The watcher's cell, with a reference that watcher_leave gives back; NULL: the object is gone. */
static struct cell *watcher_enter(const struct watcher *watcher) {
    if (!cell_same(watcher->cell, watcher->state))
        return NULL;
    intent_begin(watcher->cell);
    if (cell_ref(watcher->cell)) {
        if (cell_same(watcher->cell, watcher->state))
            return cell_at(watcher->cell);
        cell_unref(watcher->cell);
    }
    intent_end();
    return NULL;
}

static void watcher_leave(const struct watcher *watcher) {
    cell_unref(watcher->cell);
    intent_end();
}

/* What could not be signalled because a lock was busy is noted in the entry's thread: KEY_DUE. */
#define KEY_DUE UINT32_MAX

static void watch_signal(struct key_watch *watch) {
    if (!key_signal(watch))
        return;
    watch->thread = KEY_DUE;
    unsignalled = true;
    server_later();
}

static void cell_changed(struct cell *cell) {
    bool any = false;

    for (uint32_t i = 0; i < KEY_WATCHES; i++) {
        if (!atomic_load(&cell->key.watch[i].event))
            continue;
        any = true;
        watch_signal(&cell->key.watch[i]);
    }
    if (!any)
        atomic_store(&cell->key.pending, 1);
}

/* Goes through the watchers of one key; those that are gone leave the list. */
static void watchers_each(struct key *key, void (*act)(struct cell *cell, uint32_t argument), uint32_t argument) {
    for (struct watcher **place = &key->watchers; *place;) {
        struct watcher *watcher = *place;
        struct cell *cell = watcher_enter(watcher);

        if (!cell) {
            *place = watcher->next;
            free(watcher);
            continue;
        }
        act(cell, argument);
        watcher_leave(watcher);
        place = &watcher->next;
    }
}

static void change_tell(struct cell *cell, uint32_t changes) {
    const uint32_t filter = atomic_load(&cell->key.filter);

    if (filter & changes & ~KEY_SUBTREE && (!(changes & KEY_SUBTREE) || filter & KEY_SUBTREE))
        cell_changed(cell);
}

void key_changed(struct key *key, uint32_t changes) {
    watchers_each(key, change_tell, changes);
    for (key = key->parent; key; key = key->parent)
        watchers_each(key, change_tell, changes | KEY_SUBTREE);
}

static void gone_tell(struct cell *cell, uint32_t unused) {
    (void)unused;
    cell_changed(cell);
}

void watchers_gone(struct key *key) {
    watchers_each(key, gone_tell, 0);
    while (key->watchers) {
        struct watcher *watcher = key->watchers;

        key->watchers = watcher->next;
        free(watcher);
    }
}

void watchers_drop(struct key *key) {
    while (key->watchers) {
        struct watcher *watcher = key->watchers;

        key->watchers = watcher->next;
        free(watcher);
    }
}

static bool watcher_add(struct key *key, uint32_t index) {
    const uint64_t state = atomic_load(&cell_at(index)->state);
    struct watcher *watcher;

    for (watcher = key->watchers; watcher; watcher = watcher->next) {
        if (watcher->cell == index && watcher->state == state)
            return true;
    }
    watcher = malloc(sizeof *watcher);
    if (!watcher)
        return false;
    *watcher = (struct watcher){key->watchers, index, state};
    key->watchers = watcher;
    return true;
}

/* All key objects that somebody watches with. */
static void cells_each(void (*act)(uint32_t index, uint32_t argument), uint32_t argument) {
    const uint32_t n = arena_count(&winipc_arena->header.n_cells, ARENA_MAX_CELLS);

    for (uint32_t i = 0; i < n; i++) {
        const uint64_t state = atomic_load(&winipc_arena->cell[i].state);

        if (STATE_TYPE(state) == CELL_KEY && STATE_LIFE(state) == LIFE_LIVE && atomic_load(&winipc_arena->cell[i].key.filter))
            act(i, argument);
    }
}

static void cell_collect(uint32_t index, uint32_t unused) {
    struct key *key = key_find_id(winipc_arena->cell[index].key.id);

    (void)unused;
    if (key)
        watcher_add(key, index);
}

void watchers_collect(void) {
    cells_each(cell_collect, 0);
    unsignalled = true; /* as far as we know */
    server_later();
}

/* Signals the entries that a thread has left, or that are due. */
static void cell_signal_thread(uint32_t index, uint32_t thread) {
    const struct watcher watcher = {NULL, index, atomic_load(&winipc_arena->cell[index].state)};
    struct cell *cell = watcher_enter(&watcher);

    if (!cell)
        return;
    for (uint32_t i = 0; i < KEY_WATCHES; i++) {
        if (atomic_load(&cell->key.watch[i].event) && cell->key.watch[i].thread == thread)
            watch_signal(&cell->key.watch[i]);
    }
    watcher_leave(&watcher);
}

void watchers_retry(void) {
    if (!unsignalled)
        return;
    unsignalled = false;
    cells_each(cell_signal_thread, KEY_DUE);
}

void handle_key_thread_ends(struct client *client, struct request_key_thread_ends *request) {
    const uint32_t slot = THREAD_ID_SLOT(request->thread);

    if (slot < ARENA_MAX_THREADS && SLOT_OWNER(atomic_load(&winipc_arena->thread[slot].state)) == client->process->slot)
        cells_each(cell_signal_thread, request->thread);
}

/* ---- the request ---- */

static struct key_watch *watch_free(struct cell *cell) {
    for (uint32_t i = 0; i < KEY_WATCHES; i++) {
        if (!atomic_load(&cell->key.watch[i].event))
            return &cell->key.watch[i];
    }
    return NULL;
}

/* Whether the event stands there already: a request that came to a server that died. */
static bool watch_is_there(const struct cell *cell, uint32_t event) {
    for (uint32_t i = 0; i < KEY_WATCHES; i++) {
        if (atomic_load(&cell->key.watch[i].event) == event + 1)
            return true;
    }
    return false;
}

static NTSTATUS watch_set(struct cell *cell, const struct request_key_notify *request, uint32_t event) {
    const uint32_t filter = (request->filter & ~KEY_SUBTREE) | (request->subtree ? KEY_SUBTREE : 0) | KEY_WATCHED;
    struct key_watch *watch = watch_free(cell);
    bool any = false;

    if (!watch)
        return STATUS_INSUFFICIENT_RESOURCES;
    for (uint32_t i = 0; i < KEY_WATCHES; i++)
        any |= atomic_load(&cell->key.watch[i].event) != 0;
    atomic_store(&cell->key.filter, any ? filter | atomic_load(&cell->key.filter) : filter);
    watch->generation = STATE_GENERATION(atomic_load(&cell_at(event)->state));
    watch->thread = request->thread;
    STEP("watch_set: before the event");
    atomic_store(&watch->event, event + 1);
    if (atomic_exchange(&cell->key.pending, 0))
        watch_signal(watch);
    return STATUS_SUCCESS;
}

int32_t handle_key_notify(struct client *client, struct request_key_notify *request, struct reply_key_notify *reply) {
    const uint32_t all = REG_NOTIFY_CHANGE_NAME | REG_NOTIFY_CHANGE_ATTRIBUTES | REG_NOTIFY_CHANGE_LAST_SET | REG_NOTIFY_CHANGE_SECURITY;
    const uint64_t event = client_entry(client, request->event);
    struct watcher watcher;
    struct cell *cell;
    struct key *key;
    NTSTATUS status = key_of(client, request->key, KEY_NOTIFY, false, &key);

    (void)reply;
    if (status)
        return status;
    if (!event || cell_type(cell_at(ENTRY_CELL(event))) != CELL_EVENT)
        return event ? STATUS_OBJECT_TYPE_MISMATCH : STATUS_INVALID_HANDLE;
    if (!(ENTRY_ACCESS(event) & EVENT_MODIFY_STATE))
        return STATUS_ACCESS_DENIED;
    if (request->filter & ~all)
        return STATUS_INVALID_PARAMETER;
    watcher = (struct watcher){.cell = ENTRY_CELL(client_entry(client, request->key))};
    watcher.state = cell_at(watcher.cell) ? atomic_load(&cell_at(watcher.cell)->state) : 0;
    cell = watcher_enter(&watcher);
    if (!cell)
        return STATUS_INVALID_HANDLE;
    if (!client->again || !watch_is_there(cell, ENTRY_CELL(event)))
        status = watcher_add(key, watcher.cell) ? watch_set(cell, request, ENTRY_CELL(event)) : STATUS_NO_MEMORY;
    watcher_leave(&watcher);
    return status;
}
