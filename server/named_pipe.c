/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Named pipes: who meets whom.  The server makes instances and pairs a client with one that listens; states, waits and
 * bytes are the clients' business, in the arena and in the instance's memfd, of which we keep a descriptor for whoever
 * opens the instance.
 *
 * A pipe is there as long as one of its instances has its server end open.  How many those are is counted anew from the
 * instances.
 */
#include "server/named.h"

#include "libs/arena/file_kind.h"
#include "libs/arena/pipe_state.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define WAKES_MS 20 /* at one go, before others are served */

/* An instance whose cell is live; its pipe's list is in the order of their making. */
struct pipe_instance {
    struct pipe_instance *next, *prev;
    uint64_t state; /* of the cell, when it was made */
    uint32_t cell;
    uint32_t pipe; /* cell, NO_CELL once the pipe's name is gone */
    int ring_fd;   /* -1: not found again after a take-over, so far */
};

static struct pipe_instance *by_cell[ARENA_MAX_CELLS];
static struct pipe_instance *instances[ARENA_MAX_CELLS]; /* of the pipe in that cell, in the order of their making */
static struct pipe_instance *latest[ARENA_MAX_CELLS];    /* the last one of each such list */
static bool wakes_missed; /* somebody who waits for a listening instance could not be woken: his lock was busy */

/* ---- instances ---- */

static bool instance_serves(const struct pipe_instance *instance) {
    return cell_same(instance->cell, instance->state) &&
           atomic_load(&winipc_arena->cell[instance->cell].instance.ends) & 1;
}

static uint32_t pipe_count(uint32_t pipe) {
    uint32_t n = 0;

    for (const struct pipe_instance *instance = instances[pipe]; instance; instance = instance->next)
        n += instance_serves(instance);
    return n;
}

bool pipe_alive(uint32_t pipe) {
    return pipe_count(pipe) != 0;
}

/* The name is free again; instances that a client end still reads from live on. */
void pipe_forget(uint32_t pipe) {
    for (struct pipe_instance *instance = instances[pipe]; instance; instance = instance->next)
        instance->pipe = NO_CELL;
    instances[pipe] = latest[pipe] = NULL;
}

static void pipe_wake_waiters(uint32_t pipe) {
    if (pipe_wake(pipe, PIPE_HAS_LISTENER) == -EAGAIN) {
        wakes_missed = true;
        server_later();
    }
}

static void instance_free(struct pipe_instance *instance) {
    if (instance->pipe != NO_CELL) {
        *(instance->prev ? &instance->prev->next : &instances[instance->pipe]) = instance->next;
        *(instance->next ? &instance->next->prev : &latest[instance->pipe]) = instance->prev;
    }
    by_cell[instance->cell] = NULL;
    if (instance->ring_fd >= 0)
        close(instance->ring_fd);
    free(instance);
}

/* The instance in @cell, one of @pipe.  @ring_fd is taken over.  Return: NULL when memory ran out. */
static struct pipe_instance *instance_add(uint32_t cell, uint32_t pipe, int ring_fd) {
    struct pipe_instance *instance = calloc(1, sizeof *instance);

    if (!instance)
        return NULL;
    *instance = (struct pipe_instance){.prev = latest[pipe],
        .state = atomic_load(&winipc_arena->cell[cell].state),
        .cell = cell,
        .pipe = pipe,
        .ring_fd = ring_fd};
    by_cell[cell] = instance;
    *(latest[pipe] ? &latest[pipe]->next : &instances[pipe]) = instance;
    latest[pipe] = instance;
    return instance;
}

void pipe_instance_gone(uint32_t cell) {
    struct pipe_instance *instance = cell < ARENA_MAX_CELLS ? by_cell[cell] : NULL;
    uint32_t pipe;

    if (!instance || cell_same(cell, instance->state))
        return;
    pipe = instance->pipe;
    instance_free(instance);
    if (pipe != NO_CELL)
        pipe_wake_waiters(pipe); /* was it the last one, they learn that the name is gone */
}

void pipes_collect(void) {
    const uint32_t n = arena_count(&winipc_arena->header.n_cells, ARENA_MAX_CELLS);

    for (uint32_t i = 0; i < n; i++) {
        const struct cell *cell = &winipc_arena->cell[i];
        const struct cell *pipe = cell_type(cell) == CELL_PIPE_INSTANCE ? cell_at(cell->instance.pipe - 1) : NULL;

        if (pipe && cell_type(pipe) == CELL_PIPE && STATE_LIFE(atomic_load(&cell->state)) == LIFE_LIVE)
            instance_add(i, cell_index(pipe), -1);
    }
    wakes_missed = true; /* of who listens since our predecessor died, perhaps */
    server_later();
}

/* A pass over the pipes, some at a time: locks of an arena full of garbage take their time. */
void pipes_retry(void) {
    static uint32_t next;
    const uint32_t n = arena_count(&winipc_arena->header.n_cells, ARENA_MAX_CELLS);
    const uint64_t end_ms = server_now_ms() + WAKES_MS;

    if (!wakes_missed && !next)
        return;
    if (!next)
        wakes_missed = false;
    for (; next < n && (next % 64 || server_now_ms() < end_ms); next++) {
        if (cell_type(&winipc_arena->cell[next]) == CELL_PIPE)
            pipe_wake_waiters(next);
    }
    if (next >= n)
        next = 0;
    else
        server_later();
}

/* The memfd of an instance. */
static int instance_ring(struct pipe_instance *instance) {
    const struct cell *cell = &winipc_arena->cell[instance->cell];
    const uint32_t first[2] = {atomic_load(&cell->instance.pid[0]), atomic_load(&cell->instance.pid[1])};

    if (instance->ring_fd < 0)
        instance->ring_fd = ring_memory_find(cell->instance.ring, first);
    return instance->ring_fd;
}

/* ---- create ---- */

/* Whether the request may make one more instance of an existing pipe. */
static NTSTATUS pipe_admit(uint32_t index, const struct request_pipe_create *request) {
    const struct cell *pipe = &winipc_arena->cell[index];

    if (request->disposition == FILE_CREATE)
        return STATUS_ACCESS_DENIED;
    if (pipe_count(index) >= pipe->pipe.maximum)
        return STATUS_INSTANCE_NOT_AVAILABLE;
    if (request->type != pipe->pipe.type || request->configuration != pipe->pipe.configuration ||
        request->maximum != pipe->pipe.maximum)
        return STATUS_ACCESS_DENIED;
    return STATUS_SUCCESS;
}

static NTSTATUS pipe_create_check(const struct client *client, const struct request_pipe_create *request) {
    if (request->type > 1 || request->configuration > FILE_PIPE_FULL_DUPLEX || !request->maximum || request->modes > 3)
        return STATUS_INVALID_PARAMETER;
    if (request->disposition < FILE_OPEN || request->disposition > FILE_OPEN_IF)
        return STATUS_INVALID_PARAMETER;
    if (request->modes & FILE_PIPE_MESSAGE_MODE && !request->type)
        return STATUS_INVALID_PARAMETER;
    if (!ring_memory_check(request->fd) || !security_is_valid(request->descriptor, request->descriptor_len))
        return STATUS_INVALID_PARAMETER;
    return grant_check(client, request->handle) ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
}

/* @path: NULL: it has no name, and is opened by a handle of its.  Return: the new pipe's cell, or NO_CELL. */
static uint32_t pipe_make(const struct path *path, const struct request_pipe_create *request) {
    const uint32_t index = cell_make(CELL_PIPE);
    struct cell *cell = cell_at(index);

    if (!cell)
        return NO_CELL;
    cell->pipe.maximum = request->maximum;
    cell->pipe.type = request->type;
    cell->pipe.configuration = request->configuration;
    cell->pipe.timeout_100ns = request->timeout_100ns;
    STEP("pipe_make: before the name");
    if (security_keep(index, request->descriptor, request->descriptor_len) && (!path || named_add(path, index)))
        return index;
    cell_free(index);
    return NO_CELL;
}

static void instance_init(
    struct cell *cell, const struct client *client, const struct request_pipe_create *request, uint32_t pipe) {
    cell->instance.pipe = pipe + 1;
    STEP("instance_init: pipe");
    atomic_store(&cell->instance.status, PIPE_STATUS(PIPE_LISTENING, 1));
    cell->instance.type = request->type;
    cell->instance.configuration = request->configuration;
    cell->instance.quota[0] = request->quota_in;
    cell->instance.quota[1] = request->quota_out;
    atomic_store(&cell->instance.pid[0], client->pid);
    atomic_store(&cell->instance.ends, 1);
    cell->instance.ring = ring_memory_inode(request->fd);
}

static void file_init(struct cell *cell, const struct client *client, uint32_t options, uint32_t modes) {
    atomic_store(&cell->word, WORD_OF(CELL_FILE) | WORD_MANUAL);
    cell->file.kind = FILE_KIND_PIPE_END;
    cell->file.options = options;
    cell->file.pid = client->pid;
    atomic_store(&cell->file.modes, modes);
}

/* Makes instance and server end; of @pipe the instance takes one reference over.  Return: an NTSTATUS, after a failure
 * of which that reference is gone. */
static NTSTATUS instance_make(
    const struct grant *grant, struct request_pipe_create *request, uint32_t pipe, struct reply_pipe_create *reply) {
    const uint32_t index = cell_make(CELL_PIPE_INSTANCE), file = cell_make(CELL_FILE);
    struct cell *cell = cell_at(index), *end = cell_at(file);

    if (cell && end) {
        pipe_instance_gone(index); /* one that went without a word */
        instance_init(cell, grant->client, request, pipe);
    }
    if (!cell || !end || !instance_add(index, pipe, request->fd)) {
        if (cell)
            cell_free(index);
        if (end)
            cell_free(file);
        cell_unref(pipe);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    request->fd = -1;
    file_init(end, grant->client, request->options, request->modes);
    STEP("instance_make: before the end's instance");
    end->file.instance = index + 1;
    STEP("instance_make: both");
    reply->instance = index;
    reply->file = file;
    if (!grant_new(grant, file)) {
        cell_unref(file); /* and with it the instance, and the pipe if it was the first */
        return STATUS_INVALID_HANDLE;
    }
    cell_live(file);
    STEP("instance_make: one live");
    cell_live(index);
    STEP("instance_make: live");
    return STATUS_SUCCESS;
}

/* The first instance of a pipe. */
static NTSTATUS pipe_begin(struct grant *grant, const struct path *path, struct request_pipe_create *request, struct reply_pipe_create *reply) {
    NTSTATUS status = security_of_maker(grant->client, request->thread, CELL_PIPE, request->access, &grant->access);
    uint32_t pipe;

    if (status)
        return status;
    pipe = pipe_make(path, request);
    if (pipe == NO_CELL)
        return STATUS_INSUFFICIENT_RESOURCES;
    reply->information = FILE_CREATED;
    status = instance_make(grant, request, pipe, reply);
    if (!status)
        cell_live(pipe);
    return status;
}

int32_t handle_pipe_create(
    struct client *client, struct request_pipe_create *request, struct reply_pipe_create *reply) {
    struct grant grant = {
        client, request->handle, request->access, request->attributes, STATUS_SUCCESS, reply, sizeof *reply};
    struct path path;
    uint32_t pipe;
    NTSTATUS status;

    if (grant_recall(client, request->handle, reply, sizeof *reply, &status))
        return status;
    status = pipe_create_check(client, request);
    if (!status && !request->n_name)
        return request->disposition == FILE_OPEN ? STATUS_OBJECT_NAME_NOT_FOUND : pipe_begin(&grant, NULL, request, reply);
    if (!status)
        status = path_parse_pipe(&path, request->name, request->n_name);
    if (status)
        return status;
    pipe = named_find(&path, true);
    if (pipe == NO_CELL)
        return request->disposition == FILE_OPEN ? STATUS_OBJECT_NAME_NOT_FOUND : pipe_begin(&grant, &path, request, reply);
    status = pipe_admit(pipe, request);
    if (!status)
        status = security_allows(client, request->thread, pipe, FILE_CREATE_PIPE_INSTANCE, &grant.access);
    if (!status)
        status = security_allows(client, request->thread, pipe, request->access, &grant.access);
    if (status)
        return status;
    intent_begin(pipe);
    if (!cell_ref(pipe)) {
        intent_end();
        return HANDLER_AGAIN; /* its last instance is ending this instant */
    }
    reply->information = FILE_OPENED;
    status = instance_make(&grant, request, pipe, reply);
    STEP("pipe_create: before the end");
    intent_end();
    if (!status)
        pipe_wake_waiters(pipe);
    return status;
}

/* ---- open ---- */

static NTSTATUS pipe_find(const uint16_t *name, uint32_t n, uint32_t *pipe) {
    struct path path;
    const NTSTATUS status = path_parse_pipe(&path, name, n);

    if (status)
        return status;
    *pipe = named_find(&path, true);
    return *pipe == NO_CELL ? STATUS_OBJECT_NAME_NOT_FOUND : STATUS_SUCCESS;
}

/* The pipe of which a client's handle is an end. */
static NTSTATUS pipe_of_end(const struct client *client, uint64_t handle, uint32_t *pipe) {
    const uint64_t entry = client_entry(client, handle);
    const struct cell *end = entry ? cell_at(ENTRY_CELL(entry)) : NULL;
    const struct cell *instance = end && cell_type(end) == CELL_FILE ? cell_at(end->file.instance - 1) : NULL;

    if (!instance || cell_type(instance) != CELL_PIPE_INSTANCE)
        return STATUS_INVALID_HANDLE;
    *pipe = instance->instance.pipe - 1;
    return cell_at(*pipe) && cell_type(cell_at(*pipe)) == CELL_PIPE ? STATUS_SUCCESS : STATUS_OBJECT_NAME_INVALID;
}

/* Connects @file to the first instance that listens.  Return: its memfd, or -1 with the reason in *status. */
static int pipe_pair(
    const struct grant *grant, uint32_t pipe, uint32_t file, struct reply_pipe_open *reply, NTSTATUS *status) {
    *status = STATUS_PIPE_NOT_AVAILABLE;
    for (struct pipe_instance *instance = instances[pipe]; instance; instance = instance->next) {
        int error, fd;

        if (!instance_serves(instance))
            continue;
        fd = instance_ring(instance);
        if (fd < 0)
            continue; /* a take-over has lost it */
        reply->instance = instance->cell;
        reply->file = file;
        intent_begin(instance->cell);
        grant_note(grant, file);
        error = pipe_connect(instance->cell, file, grant->client->pid);
        STEP("pipe_pair: connected");
        intent_end();
        if (!error)
            return fd;
        if (error == -EAGAIN)
            *status = HANDLER_AGAIN;
    }
    return -1;
}

static int ring_of(uint32_t index) {
    struct pipe_instance *instance = index < ARENA_MAX_CELLS ? by_cell[index] : NULL;

    return instance && cell_same(index, instance->state) ? instance_ring(instance) : -1;
}

int32_t handle_pipe_open(struct client *client, struct request_pipe_open *request, struct reply_pipe_open *reply) {
    struct grant grant = {client, request->handle, request->access, request->attributes, STATUS_SUCCESS, reply, 8};
    NTSTATUS status;
    uint32_t pipe, file;

    if (grant_recall(client, request->handle, reply, 8, &status)) {
        reply->fd = ring_of(reply->instance);
        return status;
    }
    status = request->n_name ? pipe_find(request->name, request->n_name, &pipe) : pipe_of_end(client, request->root, &pipe);
    if (status)
        return status;
    if (!grant_check(client, request->handle))
        return STATUS_INVALID_HANDLE;
    status = security_allows(client, request->thread, pipe, request->access, &grant.access);
    if (status)
        return status;
    if (request->access & pipe_withholds(winipc_arena->cell[pipe].pipe.configuration))
        return STATUS_ACCESS_DENIED;
    grant.access &= ~pipe_withholds(winipc_arena->cell[pipe].pipe.configuration); /* of MAXIMUM_ALLOWED */
    file = cell_make(CELL_FILE);
    if (file == NO_CELL)
        return STATUS_INSUFFICIENT_RESOURCES;
    file_init(&winipc_arena->cell[file], client, request->options, 0);
    reply->fd = pipe_pair(&grant, pipe, file, reply, &status);
    if (reply->fd < 0) {
        cell_free(file);
        return status;
    }
    if (!grant_noted(&grant, file)) {
        cell_unref(file); /* closes its end */
        return STATUS_INVALID_HANDLE;
    }
    cell_live(file);
    return STATUS_SUCCESS;
}

int32_t handle_pipe_wait_handle(
    struct client *client, struct request_pipe_wait_handle *request, struct reply_pipe_wait_handle *reply) {
    const struct grant grant = {client, request->handle, SYNCHRONIZE, 0, STATUS_SUCCESS, reply, sizeof *reply};
    uint32_t pipe;
    NTSTATUS status;

    if (grant_recall(client, request->handle, reply, sizeof *reply, &status))
        return status;
    status = pipe_find(request->name, request->n_name, &pipe);
    if (status)
        return status;
    reply->pipe = pipe;
    reply->timeout_100ns = winipc_arena->cell[pipe].pipe.timeout_100ns;
    return grant_existing(&grant, pipe, atomic_load(&winipc_arena->cell[pipe].state));
}

int32_t handle_pipe_ring(struct client *client, struct request_pipe_ring *request, struct reply_pipe_ring *reply) {
    (void)client;
    reply->fd = ring_of(request->instance);
    if (reply->fd < 0)
        reply->fd = mailslot_memory(request->instance);
    reply->instance = request->instance;
    return reply->fd < 0 ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
}
