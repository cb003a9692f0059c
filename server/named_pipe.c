/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Named pipes: who meets whom.  The server makes instances and pairs a client with one that listens; states, waits and bytes are the
 * clients' business, in the arena and in the instance's memfd, of which we keep a descriptor for whoever opens the instance.
 *
 * A pipe is there as long as one of its instances has its server end open.  How many those are is counted anew from the instances.
 */
#include "server/named.h"

#include "libs/arena/file_kind.h"
#include "libs/arena/pipe_state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define RING_MIN 4096
#define RING_MAX (256 << 20)

static struct pipe_instance *by_cell[ARENA_MAX_CELLS];
static bool wakes_missed; /* somebody who waits for a listening instance could not be woken: his lock was busy */

/* ---- instances ---- */

static bool instance_serves(const struct pipe_instance *instance) {
    return cell_same(instance->cell, instance->state) && atomic_load(&winipc_arena->cell[instance->cell].instance.ends) & 1;
}

static uint32_t pipe_count(const struct named *named) {
    uint32_t n = 0;

    for (const struct pipe_instance *instance = named->instances; instance; instance = instance->next)
        n += instance_serves(instance);
    return n;
}

bool pipe_alive(struct named *named) {
    return pipe_count(named) != 0;
}

/* The name is free again; instances that a client end still reads from live on. */
void pipe_forget(struct named *named) {
    for (struct pipe_instance *instance = named->instances; instance; instance = instance->next)
        instance->pipe = NULL;
    named->instances = NULL;
}

static void pipe_wake_waiters(uint32_t pipe) {
    if (pipe_wake(pipe, PIPE_HAS_LISTENER) == -EAGAIN) {
        wakes_missed = true;
        server_later();
    }
}

static void instance_free(struct pipe_instance *instance) {
    if (instance->pipe) {
        struct pipe_instance **link = &instance->pipe->instances;

        while (*link != instance)
            link = &(*link)->next;
        *link = instance->next;
    }
    by_cell[instance->cell] = NULL;
    close(instance->ring_fd);
    free(instance);
}

void pipe_instance_gone(uint32_t cell) {
    struct pipe_instance *instance = cell < ARENA_MAX_CELLS ? by_cell[cell] : NULL;
    struct named *pipe;

    if (!instance || cell_same(cell, instance->state))
        return;
    pipe = instance->pipe;
    instance_free(instance);
    if (pipe)
        pipe_wake_waiters(pipe->cell); /* was it the last one, they learn that the name is gone */
}

void pipes_retry(void) {
    const uint32_t n = arena_count(&winipc_arena->header.n_cells, ARENA_MAX_CELLS);

    if (!wakes_missed)
        return;
    wakes_missed = false;
    for (uint32_t i = 0; i < n; i++) {
        if (cell_type(&winipc_arena->cell[i]) == CELL_PIPE)
            pipe_wake_waiters(i);
    }
}

/* The rings: a memfd that can neither shrink nor grow, and that both ends can write. */
static bool ring_check(int fd) {
    const int seals = fcntl(fd, F_GET_SEALS);
    struct stat status;

    if (seals < 0 || (seals & (F_SEAL_SHRINK | F_SEAL_GROW)) != (F_SEAL_SHRINK | F_SEAL_GROW))
        return false;
    if (seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE) || fstat(fd, &status))
        return false;
    return S_ISREG(status.st_mode) && status.st_size >= RING_MIN && status.st_size <= RING_MAX;
}

/* ---- create ---- */

/* Whether the request may make one more instance of an existing pipe. */
static NTSTATUS pipe_admit(const struct named *named, const struct request_pipe_create *request) {
    const struct cell *pipe = &winipc_arena->cell[named->cell];

    if (request->disposition == FILE_CREATE)
        return STATUS_ACCESS_DENIED;
    if (pipe_count(named) >= pipe->pipe.maximum)
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
    if (!ring_check(request->fd))
        return STATUS_INVALID_PARAMETER;
    return grant_check(client, request->handle) ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
}

static struct named *pipe_make(const struct path *path, const struct request_pipe_create *request) {
    const uint32_t index = cell_make(CELL_PIPE);
    struct cell *cell = cell_at(index);
    struct named *named;

    if (!cell)
        return NULL;
    cell->pipe.maximum = request->maximum;
    cell->pipe.type = request->type;
    cell->pipe.configuration = request->configuration;
    cell->pipe.timeout_100ns = request->timeout_100ns;
    named = named_add(path, index);
    if (!named)
        cell_free(index);
    return named;
}

static void instance_init(struct cell *cell, const struct client *client, const struct request_pipe_create *request, uint32_t pipe) {
    cell->instance.pipe = pipe + 1;
    atomic_store(&cell->instance.status, PIPE_STATUS(PIPE_LISTENING, 1));
    cell->instance.type = request->type;
    cell->instance.configuration = request->configuration;
    cell->instance.quota[0] = request->quota_in;
    cell->instance.quota[1] = request->quota_out;
    atomic_store(&cell->instance.pid[0], client->pid);
    atomic_store(&cell->instance.ends, 1);
    cell->instance.ring = atomic_fetch_add(&winipc_arena->header.next_ring, 1);
}

static void file_init(struct cell *cell, const struct client *client, uint32_t options, uint32_t modes) {
    atomic_store(&cell->word, WORD_OF(CELL_FILE) | WORD_MANUAL);
    cell->file.kind = FILE_KIND_PIPE_END;
    cell->file.options = options;
    cell->file.pid = client->pid;
    atomic_store(&cell->file.modes, modes);
}

/* Makes instance and server end; @named: the pipe, of which the instance takes one reference over.  Return: an NTSTATUS, after a
 * failure of which that reference is gone. */
static NTSTATUS instance_make(
    struct client *client, struct request_pipe_create *request, struct named *named, struct reply_pipe_create *reply) {
    const uint32_t pipe = named->cell, index = cell_make(CELL_PIPE_INSTANCE), file = cell_make(CELL_FILE);
    struct pipe_instance *instance = calloc(1, sizeof *instance), **link = &named->instances;
    struct cell *cell = cell_at(index), *end = cell_at(file);

    if (!instance || !cell || !end) {
        free(instance);
        if (cell)
            cell_free(index);
        if (end)
            cell_free(file);
        cell_unref(pipe);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    pipe_instance_gone(index); /* one that went without a word */
    instance_init(cell, client, request, pipe);
    *instance = (struct pipe_instance){.pipe = named, .state = atomic_load(&cell->state), .cell = index, .ring_fd = request->fd};
    request->fd = -1;
    by_cell[index] = instance;
    while (*link)
        link = &(*link)->next;
    *link = instance;
    atomic_fetch_add(&winipc_arena->cell[pipe].pipe.instances, 1);
    file_init(end, client, request->options, request->modes);
    end->file.instance = index + 1;
    if (!grant_new(client, request->handle, file, request->access, request->attributes)) {
        cell_unref(file); /* and with it the instance, and the pipe if it was the first */
        return STATUS_INVALID_HANDLE;
    }
    cell_live(file);
    cell_live(index);
    reply->instance = index;
    reply->file = file;
    return STATUS_SUCCESS;
}

int32_t handle_pipe_create(struct client *client, struct request_pipe_create *request, struct reply_pipe_create *reply) {
    static struct path path;
    NTSTATUS status = pipe_create_check(client, request);
    struct named *named;

    if (!status)
        status = path_parse_pipe(&path, request->name, request->n_name);
    if (status)
        return status;
    named = named_find(&path, true);
    if (!named) {
        if (request->disposition == FILE_OPEN)
            return STATUS_OBJECT_NAME_NOT_FOUND;
        named = pipe_make(&path, request);
        if (!named)
            return STATUS_INSUFFICIENT_RESOURCES;
        reply->information = FILE_CREATED;
        status = instance_make(client, request, named, reply);
        if (!status)
            cell_live(named->cell);
        return status;
    }
    status = pipe_admit(named, request);
    if (status)
        return status;
    intent_begin(named->cell);
    if (!cell_ref(named->cell)) {
        intent_end();
        return HANDLER_AGAIN; /* its last instance is ending this instant */
    }
    reply->information = FILE_OPENED;
    status = instance_make(client, request, named, reply);
    intent_end();
    if (!status)
        pipe_wake_waiters(named->cell);
    return status;
}

/* ---- open ---- */

static struct named *pipe_find(const uint16_t *name, uint32_t n, NTSTATUS *status) {
    static struct path path;
    struct named *named;

    *status = path_parse_pipe(&path, name, n);
    named = *status ? NULL : named_find(&path, true);
    if (!named && !*status)
        *status = STATUS_OBJECT_NAME_NOT_FOUND;
    return named;
}

/* Connects @file to the first instance that listens.  Return: the instance, or NULL with the reason in *status. */
static struct pipe_instance *pipe_pair(const struct named *named, uint32_t file, uint32_t pid, NTSTATUS *status) {
    *status = STATUS_PIPE_NOT_AVAILABLE;
    for (struct pipe_instance *instance = named->instances; instance; instance = instance->next) {
        int error;

        if (!instance_serves(instance))
            continue;
        error = pipe_connect(instance->cell, file, pid);
        if (!error)
            return instance;
        if (error == -EAGAIN)
            *status = HANDLER_AGAIN;
    }
    return NULL;
}

/* What the pipe's configuration lets a client ask for. */
static bool pipe_allows(uint32_t configuration, uint32_t access) {
    if (configuration == FILE_PIPE_INBOUND)
        return !(access & FILE_READ_DATA);
    if (configuration == FILE_PIPE_OUTBOUND)
        return !(access & FILE_WRITE_DATA);
    return true;
}

int32_t handle_pipe_open(struct client *client, struct request_pipe_open *request, struct reply_pipe_open *reply) {
    NTSTATUS status;
    const struct named *named = pipe_find(request->name, request->n_name, &status);
    const struct pipe_instance *instance;
    uint32_t file;

    if (!named)
        return status;
    if (!grant_check(client, request->handle))
        return STATUS_INVALID_HANDLE;
    if (!pipe_allows(winipc_arena->cell[named->cell].pipe.configuration, request->access))
        return STATUS_ACCESS_DENIED;
    file = cell_make(CELL_FILE);
    if (file == NO_CELL)
        return STATUS_INSUFFICIENT_RESOURCES;
    file_init(&winipc_arena->cell[file], client, request->options, 0);
    instance = pipe_pair(named, file, client->pid, &status);
    if (!instance) {
        cell_free(file);
        return status;
    }
    if (!grant_new(client, request->handle, file, request->access, request->attributes)) {
        cell_unref(file); /* closes its end */
        return STATUS_INVALID_HANDLE;
    }
    cell_live(file);
    reply->instance = instance->cell;
    reply->file = file;
    reply->fd = instance->ring_fd;
    return STATUS_SUCCESS;
}

int32_t handle_pipe_wait_handle(
    struct client *client, struct request_pipe_wait_handle *request, struct reply_pipe_wait_handle *reply) {
    NTSTATUS status;
    const struct named *named = pipe_find(request->name, request->n_name, &status);

    if (!named)
        return status;
    reply->pipe = named->cell;
    reply->timeout_100ns = winipc_arena->cell[named->cell].pipe.timeout_100ns;
    return grant_existing(client, request->handle, named->cell, named->state, SYNCHRONIZE, 0);
}

int32_t handle_pipe_ring(struct client *client, struct request_pipe_ring *request, struct reply_pipe_ring *reply) {
    const struct pipe_instance *instance = request->instance < ARENA_MAX_CELLS ? by_cell[request->instance] : NULL;

    (void)client;
    if (!instance || !cell_same(instance->cell, instance->state))
        return STATUS_INVALID_PARAMETER;
    reply->instance = instance->cell;
    reply->fd = instance->ring_fd;
    return STATUS_SUCCESS;
}
