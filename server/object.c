/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Named dispatcher objects: events, mutants, semaphores, timers; and how a client gets a handle.  The client reserves
 * the entry, we fill it by one compare-and-swap: whatever the client does to its table meanwhile harms only itself, and
 * whenever it is killed, its sweep finds either nothing or a whole handle.
 */
#include "server/job.h"
#include "server/named.h"

#include <errno.h>

/* ---- handles ---- */

bool cell_same(uint32_t index, uint64_t state) {
    const struct cell *cell = cell_at(index);
    const uint64_t now = cell ? atomic_load(&cell->state) : 0;

    return STATE_LIFE(now) == LIFE_LIVE && STATE_TYPE(now) == STATE_TYPE(state) &&
           STATE_GENERATION(now) == STATE_GENERATION(state);
}

uint64_t client_entry(const struct client *client, uint64_t handle) {
    const _Atomic uint64_t *place = handle_entry(client->process->slot, handle);
    const uint64_t entry = place ? atomic_load(place) : 0;

    return ENTRY_IN_USE(entry) && cell_at(ENTRY_CELL(entry)) ? entry : 0;
}

/* Return: where the entry lies, or NULL when that handle is not reserved. */
static _Atomic uint64_t *grant_place(const struct client *client, uint64_t handle) {
    _Atomic uint64_t *place = handle_entry(client->process->slot, handle);

    return place && !(handle & 3) && atomic_load(place) == ENTRY_BUSY ? place : NULL;
}

bool grant_check(const struct client *client, uint64_t handle) {
    return grant_place(client, handle) != NULL;
}

static uint64_t grant_entry(const struct grant *grant, uint32_t cell) {
    return ENTRY(cell, grant->access, grant->attributes & OBJ_INHERIT ? HANDLE_INHERIT : 0);
}

void grant_note(const struct grant *grant, uint32_t cell) {
    const uint32_t slot = grant->client->process->slot;
    struct process_answer *answer = &winipc_arena->process[slot].answer;

    atomic_store(&answer->serial, 0);
    answer->status = grant->status;
    answer->entry = grant_entry(grant, cell);
    STEP("grant: half an answer");
    answer->handle = (uint32_t)(grant->handle >> 2);
    memcpy(answer->reply, grant->reply, grant->n_reply < sizeof answer->reply ? grant->n_reply : sizeof answer->reply);
    atomic_store(&winipc_arena->header.server_client, slot + 1);
    STEP("grant: answer without its serial");
    atomic_store(&answer->serial, grant->client->serial);
    STEP("grant: noted");
}

bool grant_noted(const struct grant *grant, uint32_t cell) {
    _Atomic uint64_t *place = grant_place(grant->client, grant->handle);
    uint64_t busy = ENTRY_BUSY;
    const bool filled = place && atomic_compare_exchange_strong(place, &busy, grant_entry(grant, cell));

    STEP("grant: handle filled");
    return filled;
}

bool grant_new(const struct grant *grant, uint32_t cell) {
    grant_note(grant, cell);
    return grant_noted(grant, cell);
}

NTSTATUS grant_existing(const struct grant *grant, uint32_t cell, uint64_t state) {
    NTSTATUS status = grant->status;

    if (!grant_check(grant->client, grant->handle))
        return STATUS_INVALID_HANDLE;
    if (!cell_same(cell, state))
        return STATUS_OBJECT_NAME_NOT_FOUND;
    intent_begin(cell);
    STEP("grant_existing: intended");
    if (!cell_ref(cell)) {
        status = STATUS_OBJECT_NAME_NOT_FOUND;
    } else if (!cell_same(cell, state)) {
        cell_unref(cell);
        status = STATUS_OBJECT_NAME_NOT_FOUND;
    } else if (!grant_new(grant, cell)) {
        cell_unref(cell);
        status = STATUS_INVALID_HANDLE;
    }
    STEP("grant_existing: before the end");
    intent_end();
    return status;
}

bool grant_recall(const struct client *client, uint64_t handle, void *reply, size_t n_reply, NTSTATUS *status) {
    const struct process_answer *answer = &winipc_arena->process[client->process->slot].answer;
    const _Atomic uint64_t *place = client->again ? handle_entry(client->process->slot, handle) : NULL;

    if (!place || atomic_load(&answer->serial) != client->serial || answer->handle != handle >> 2 ||
        atomic_load(place) != answer->entry)
        return false;
    memcpy(reply, answer->reply, n_reply < sizeof answer->reply ? n_reply : sizeof answer->reply);
    *status = answer->status;
    return true;
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
static NTSTATUS object_init(
    struct cell *cell, const struct client *client, const struct request_object_create *request) {
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
    case CELL_KEYED_EVENT:
        if (request->word != (WORD_MANUAL | WORD_SIGNALED))
            return STATUS_INVALID_PARAMETER;
        allowed = request->word;
        break;
    case CELL_JOB:
        allowed = WORD_MANUAL;
        break;
    case CELL_SECTION:
        if (!request->word || request->word > INT64_MAX || request->fd < 0)
            return STATUS_INVALID_PARAMETER;
        cell->section.size = request->word;
        cell->section.protect = request->maximum & 0xfff;
        cell->section.flags = request->maximum & ~0xfffu;
        atomic_store(&cell->word, WORD_OF(request->type));
        return STATUS_SUCCESS;
    case CELL_WAIT_PACKET:
    case CELL_DIRECTORY: break;
    default: return STATUS_NOT_SUPPORTED;
    }
    if (request->word & ~allowed)
        return STATUS_INVALID_PARAMETER;
    atomic_store(&cell->word, WORD_OF(request->type) | request->word);
    return STATUS_SUCCESS;
}

/* ---- requests ---- */

void object_released(uint32_t cell) {
    named_gone(cell);
    security_gone(cell);
    job_released(cell);
}

static NTSTATUS object_make(const struct grant *grant, struct request_object_create *request,
    const struct path *path, struct reply_object_create *reply) {
    const uint32_t index = cell_make((enum cell_type)request->type);
    struct cell *cell = cell_at(index);
    NTSTATUS status;
    bool is_named;

    if (!cell)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = object_init(cell, grant->client, request);
    if (status) {
        cell_free(index);
        return status;
    }
    reply->cell = index;
    STEP("object_make: before the name");
    is_named = security_keep(index, request->descriptor, request->descriptor_len) && named_add(path, index);
    STEP("object_make: named");
    if (!is_named || !grant_new(grant, index)) {
        cell_unref(index); /* the last one: the name goes too */
        return is_named ? STATUS_INVALID_HANDLE : STATUS_INSUFFICIENT_RESOURCES;
    }
    cell_live(index);
    if (request->type == CELL_SECTION)
        descriptor_keep(index, &request->fd);
    return STATUS_SUCCESS;
}

static NTSTATUS object_make_granted(struct grant *grant, struct request_object_create *request,
    const struct path *path, struct reply_object_create *reply) {
    const NTSTATUS status =
        security_of_maker(grant->client, request->thread, request->type, request->access, &grant->access);

    return status ? status : object_make(grant, request, path, reply);
}

int32_t handle_object_create(
    struct client *client, struct request_object_create *request, struct reply_object_create *reply) {
    struct grant grant = {
        client, request->handle, request->access, request->attributes, STATUS_SUCCESS, reply, sizeof reply->cell};
    const bool fold = request->attributes & OBJ_CASE_INSENSITIVE;
    struct path path;
    uint32_t found;
    uint64_t state;
    NTSTATUS status;

    if (grant_recall(client, request->handle, reply, sizeof reply->cell, &status)) {
        if (status == STATUS_SUCCESS && request->type == CELL_SECTION && request->fd >= 0)
            descriptor_keep(reply->cell, &request->fd); /* the server before kept it until it was killed */
        return status;
    }
    if (request->attributes & OBJ_PERMANENT)
        return STATUS_PRIVILEGE_NOT_HELD;
    status = path_parse(&path, client, request->root, request->name, request->n_name, fold, request->type == CELL_LINK);
    if (status)
        return status;
    if (!grant_check(client, request->handle))
        return STATUS_INVALID_HANDLE;
    if (request->type >= CELL_TYPE_MAX || !security_is_valid(request->descriptor, request->descriptor_len))
        return STATUS_INVALID_PARAMETER;
    found = named_find(&path, fold);
    if (found == NO_CELL)
        return object_make_granted(&grant, request, &path, reply);
    if (!(request->attributes & OBJ_OPENIF))
        return STATUS_OBJECT_NAME_COLLISION;
    state = atomic_load(&cell_at(found)->state);
    if (STATE_TYPE(state) != request->type)
        return STATUS_OBJECT_TYPE_MISMATCH;
    reply->cell = found;
    grant.status = STATUS_OBJECT_NAME_EXISTS;
    status = security_allows(client, request->thread, found, request->access, &grant.access);
    if (!status || !cell_same(found, state))
        status = grant_existing(&grant, found, state);
    reply->fd = NT_ERROR(status) ? -1 : descriptor_kept(found);
    if (status != STATUS_OBJECT_NAME_NOT_FOUND)
        return status;
    named_remove(found); /* it went away this instant */
    STEP("object_create: name of the dead removed");
    grant.status = STATUS_SUCCESS;
    return object_make_granted(&grant, request, &path, reply);
}

int32_t handle_object_open(
    struct client *client, struct request_object_open *request, struct reply_object_open *reply) {
    struct grant grant = {
        client, request->handle, request->access, request->attributes, STATUS_SUCCESS, reply, sizeof reply->cell};
    const bool fold = request->attributes & OBJ_CASE_INSENSITIVE;
    struct path path;
    uint64_t state;
    NTSTATUS status;

    if (grant_recall(client, request->handle, reply, sizeof reply->cell, &status))
        return status;
    status = path_parse(&path, client, request->root, request->name, request->n_name, fold, request->type == CELL_LINK);
    if (status)
        return status;
    reply->cell = named_find(&path, fold);
    if (reply->cell == NO_CELL)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    state = atomic_load(&cell_at(reply->cell)->state);
    if (STATE_TYPE(state) != request->type)
        return STATUS_OBJECT_TYPE_MISMATCH;
    status = security_allows(client, request->thread, reply->cell, request->access, &grant.access);
    if (!status)
        status = grant_existing(&grant, reply->cell, state);
    reply->fd = status ? -1 : descriptor_kept(reply->cell);
    return status;
}

int32_t handle_link_create(struct client *client, struct request_link_create *request, struct reply_link_create *reply) {
    const struct grant grant = {client, request->handle, request->access, request->attributes, STATUS_SUCCESS, reply, sizeof *reply};
    const bool fold = request->attributes & OBJ_CASE_INSENSITIVE;
    struct cell *cell;
    struct path path;
    NTSTATUS status;

    if (grant_recall(client, request->handle, reply, sizeof *reply, &status))
        return status;
    if (request->attributes & OBJ_PERMANENT)
        return STATUS_PRIVILEGE_NOT_HELD;
    status = path_parse(&path, client, request->root, request->name, request->n_name, fold, true);
    if (status)
        return status;
    if (!request->n_target)
        return STATUS_INVALID_PARAMETER;
    if (!grant_check(client, request->handle))
        return STATUS_INVALID_HANDLE;
    if (named_find(&path, fold) != NO_CELL)
        return STATUS_OBJECT_NAME_COLLISION;
    reply->cell = cell_make(CELL_LINK);
    cell = cell_at(reply->cell);
    if (!cell)
        return STATUS_INSUFFICIENT_RESOURCES;
    cell->link.target = name_write(reply->cell, NO_CELL, request->target, request->n_target);
    if (!cell->link.target || !named_add(&path, reply->cell) || !grant_new(&grant, reply->cell)) {
        cell_unref(reply->cell);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    cell_live(reply->cell);
    return STATUS_SUCCESS;
}

int32_t handle_directory_unname(
    struct client *client, struct request_directory_unname *request, struct reply_directory_unname *reply) {
    const uint64_t entry = client_entry(client, request->handle);
    struct cell *cell = entry ? cell_at(ENTRY_CELL(entry)) : NULL;

    (void)reply;
    if (!cell)
        return STATUS_INVALID_HANDLE;
    if (cell_type(cell) != CELL_DIRECTORY || cell->flags & CELL_PERMANENT)
        return STATUS_OBJECT_TYPE_MISMATCH;
    atomic_store(&cell->name, 0);
    STEP("directory_unname");
    named_remove(ENTRY_CELL(entry));
    return STATUS_SUCCESS;
}

void handle_object_gone(struct client *client, struct request_object_gone *request) {
    (void)client;
    object_released(request->cell); /* which believes the arena alone */
}
