/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Named dispatcher objects: events, mutants, semaphores, timers; and how a client gets a handle.  The client reserves the entry, we fill
 * it by one compare-and-swap: whatever the client does to its table meanwhile harms only itself, and whenever it is killed, its sweep
 * finds either nothing or a whole handle.
 */
#include "server/named.h"

#include <errno.h>

/* ---- handles ---- */

bool cell_same(uint32_t index, uint64_t state) {
    const struct cell *cell = cell_at(index);
    const uint64_t now = cell ? atomic_load(&cell->state) : 0;

    return STATE_LIFE(now) == LIFE_LIVE && STATE_TYPE(now) == STATE_TYPE(state) &&
           STATE_GENERATION(now) == STATE_GENERATION(state);
}

/* Return: where the entry lies, or NULL when that handle is not reserved. */
static _Atomic uint64_t *grant_place(const struct client *client, uint64_t handle) {
    _Atomic uint64_t *place = handle_entry(client->process->slot, handle);

    return place && !(handle & 3) && atomic_load(place) == ENTRY_BUSY ? place : NULL;
}

bool grant_check(const struct client *client, uint64_t handle) {
    return grant_place(client, handle) != NULL;
}

bool grant_new(const struct client *client, uint64_t handle, uint32_t cell, uint32_t access, uint32_t attributes) {
    _Atomic uint64_t *place = grant_place(client, handle);
    uint64_t busy = ENTRY_BUSY;

    return place &&
           atomic_compare_exchange_strong(place, &busy, ENTRY(cell, access, attributes & OBJ_INHERIT ? HANDLE_INHERIT : 0));
}

NTSTATUS grant_existing(
    const struct client *client, uint64_t handle, uint32_t cell, uint64_t state, uint32_t access, uint32_t attributes) {
    NTSTATUS status = STATUS_SUCCESS;

    if (!grant_check(client, handle))
        return STATUS_INVALID_HANDLE;
    if (!cell_same(cell, state))
        return STATUS_OBJECT_NAME_NOT_FOUND;
    intent_begin(cell);
    if (!cell_ref(cell)) {
        status = STATUS_OBJECT_NAME_NOT_FOUND;
    } else if (!cell_same(cell, state)) {
        cell_unref(cell);
        status = STATUS_OBJECT_NAME_NOT_FOUND;
    } else if (!grant_new(client, handle, cell, access, attributes)) {
        cell_unref(cell);
        status = STATUS_INVALID_HANDLE;
    }
    intent_end();
    return status;
}

/* ---- first states ---- */

/* A mutant's first owner must be a thread of the caller. */
static bool owner_fits(const struct client *client, uint32_t owner) {
    const uint32_t index = THREAD_ID_SLOT(owner);
    const struct thread_slot *thread;

    if (!owner)
        return true;
    if (index >= arena_count(&winipc_arena->header.n_threads, ARENA_MAX_THREADS))
        return false;
    thread = &winipc_arena->thread[index];
    return SLOT_OWNER(atomic_load(&thread->state)) == client->process->slot &&
           THREAD_ID(index, SLOT_GENERATION(atomic_load(&thread->state)) & 0xffff) == owner;
}

/* Fills a new cell from the request.  Return: an NTSTATUS. */
static NTSTATUS object_init(struct cell *cell, const struct client *client, const struct request_object_create *request) {
    uint64_t allowed = 0;

    switch (request->type) {
    case CELL_EVENT:
    case CELL_TIMER: allowed = WORD_SIGNALED | WORD_MANUAL; break;
    case CELL_SEMAPHORE:
        if (!request->maximum || request->maximum > INT32_MAX || request->word > request->maximum)
            return STATUS_INVALID_PARAMETER;
        allowed = UINT32_MAX;
        cell->semaphore.maximum = request->maximum;
        break;
    case CELL_COMPLETION:
        if (!request->maximum || request->word != WORD_MANUAL)
            return STATUS_INVALID_PARAMETER;
        allowed = WORD_MANUAL;
        cell->port.concurrency = request->maximum;
        break;
    case CELL_MUTANT:
        if (!owner_fits(client, (uint32_t)request->word))
            return STATUS_INVALID_PARAMETER;
        allowed = UINT32_MAX;
        atomic_store(&cell->mutant.recursion, request->word ? 1 : 0);
        break;
    case CELL_DIRECTORY: break;
    default: return STATUS_NOT_SUPPORTED;
    }
    if (request->word & ~allowed)
        return STATUS_INVALID_PARAMETER;
    atomic_store(&cell->word, WORD_OF(request->type) | request->word);
    return STATUS_SUCCESS;
}

/* ---- requests ---- */

static NTSTATUS object_make(struct client *client, const struct request_object_create *request, const struct path *path,
    struct reply_object_create *reply) {
    const uint32_t index = cell_make((enum cell_type)request->type);
    struct cell *cell = cell_at(index);
    struct named *named;
    NTSTATUS status;

    if (!cell)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = object_init(cell, client, request);
    if (status) {
        cell_free(index);
        return status;
    }
    named = named_add(path, index);
    if (!named || !grant_new(client, request->handle, index, request->access, request->attributes)) {
        status = named ? STATUS_INVALID_HANDLE : STATUS_INSUFFICIENT_RESOURCES;
        cell_unref(index); /* the last one: the name goes too */
        return status;
    }
    cell_live(index);
    reply->cell = index;
    return STATUS_SUCCESS;
}

int32_t handle_object_create(struct client *client, struct request_object_create *request, struct reply_object_create *reply) {
    static struct path path;
    const bool fold = request->attributes & OBJ_CASE_INSENSITIVE;
    NTSTATUS status = path_parse(&path, client, request->root, request->name, request->n_name, fold);
    struct named *named;

    if (status)
        return status;
    if (!grant_check(client, request->handle))
        return STATUS_INVALID_HANDLE;
    if (request->type >= CELL_TYPE_MAX)
        return STATUS_INVALID_PARAMETER;
    named = named_find(&path, fold);
    if (!named && path_is_fixed(&path, fold))
        return STATUS_OBJECT_NAME_COLLISION;
    if (!named)
        return object_make(client, request, &path, reply);
    if (!(request->attributes & OBJ_OPENIF))
        return STATUS_OBJECT_NAME_COLLISION;
    if (STATE_TYPE(named->state) != request->type)
        return STATUS_OBJECT_TYPE_MISMATCH;
    reply->cell = named->cell;
    status = grant_existing(client, request->handle, named->cell, named->state, request->access, request->attributes);
    if (status == STATUS_OBJECT_NAME_NOT_FOUND) { /* it went away this instant */
        named_remove(named);
        return object_make(client, request, &path, reply);
    }
    return status ? status : STATUS_OBJECT_NAME_EXISTS;
}

/* The directories that are always there get their objects when somebody opens them. */
static NTSTATUS directory_open(
    struct client *client, const struct request_object_open *request, const struct path *path, struct reply_object_open *reply) {
    const struct request_object_create create = {
        .handle = request->handle, .type = CELL_DIRECTORY, .attributes = request->attributes, .access = request->access};
    struct reply_object_create made = {0};
    NTSTATUS status;

    if (request->type != CELL_DIRECTORY)
        return STATUS_OBJECT_TYPE_MISMATCH;
    status = grant_check(client, request->handle) ? object_make(client, &create, path, &made) : STATUS_INVALID_HANDLE;
    reply->cell = made.cell;
    return status;
}

int32_t handle_object_open(struct client *client, struct request_object_open *request, struct reply_object_open *reply) {
    static struct path path;
    const bool fold = request->attributes & OBJ_CASE_INSENSITIVE;
    NTSTATUS status = path_parse(&path, client, request->root, request->name, request->n_name, fold);
    struct named *named;

    if (status)
        return status;
    named = named_find(&path, fold);
    if (!named && path_is_fixed(&path, fold))
        return directory_open(client, request, &path, reply);
    if (!named)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (STATE_TYPE(named->state) != request->type)
        return STATUS_OBJECT_TYPE_MISMATCH;
    reply->cell = named->cell;
    return grant_existing(client, request->handle, named->cell, named->state, request->access, request->attributes);
}

void handle_object_gone(struct client *client, struct request_object_gone *request) {
    (void)client;
    named_gone(request->cell); /* which believes the arena alone */
}
