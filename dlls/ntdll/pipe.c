/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pipe ends as file objects, and their synchronous operations; see pipe.h. */
#include "dlls/ntdll/pipe.h"
#include "dlls/ntdll/suspend.h"

#include <ntstatus.h>
#include <winioctl.h>

#include <stdlib.h>
#include <unistd.h>

#include "libs/arena/lock.h"
#include "libs/arena/wait.h"
#include "libs/host/guard.h"


/* ---- life of an end ---- */

static void pipe_end_free(struct pipe_end *end) {
    if (end->rings.memory)
        ring_unmap(&end->rings);
    pthread_mutex_destroy(&end->serial);
    io_end_free(&end->pending);
    free(end);
}

/* @rings: NULL: those in @ring_fd are mapped. */
static struct pipe_end *pipe_end_new(uint32_t index, int ring_fd, const struct ring_pair *rings) {
    const struct cell *cell = cell_at(index);
    struct pipe_end *end = calloc(1, sizeof *end);
    struct cell *instance;

    if (!end)
        return NULL;
    pthread_mutex_init(&end->serial, NULL);
    end->cell = index;
    end->instance = cell->file.instance - 1;
    io_end_init(&end->pending, &pipe_end_ops, end->instance);
    end->end = cell->file.end & 1;
    instance = cell_at(end->instance);
    if (rings)
        end->rings = *rings;
    if (!instance || cell_type(instance) != CELL_PIPE_INSTANCE || (!rings && ring_map(ring_fd, &end->rings))) {
        pipe_end_free(end);
        return NULL;
    }
    end->instance_state = atomic_load(&instance->state);
    end->messages = instance->instance.type == FILE_PIPE_TYPE_MESSAGE;
    end->in = &end->rings.ring[end->end];
    end->out = &end->rings.ring[!end->end];
    end->quota_out = instance->instance.quota[!end->end];
    end->read_spin = end->write_spin = SPIN_MAX / 2;
    end->listen_spin = SPIN_MAX / 2;
    return end;
}

static struct file *attach(uint32_t cell, int ring_fd, const struct ring_pair *rings) {
    struct pipe_end *end = pipe_end_new(cell, ring_fd, rings);
    struct file *file = end ? file_new(FILE_KIND_PIPE_END, &pipe_ops, ring_fd, cell_at(cell)->file.options) : NULL;

    if (!file) {
        if (end)
            pipe_end_free(end);
        close(ring_fd);
        return NULL;
    }
    end->pending.file = file;
    file->private = end;
    if (file_install(file, cell))
        return file;
    file_put(file);
    return NULL;
}

struct file *pipe_attach(uint32_t cell, int ring_fd) {
    return attach(cell, ring_fd, NULL);
}

struct file *pipe_attach_rings(uint32_t cell, const struct pipe_rings *rings) {
    return attach(cell, rings->fd, &rings->pair);
}

/* A client of a named pipe may come again: its rings are kept. */
static void pipe_rings_keep(struct file *file, struct pipe_end *end) {
    struct pipe_rings rings = {end->rings, file->fd, end->instance, end->instance_state};

    if (!end->end || file->fd <= 2 || !pipe_instance(end)->instance.pipe)
        return;
    end->rings.memory = NULL;
    file->fd = -1;
    known_rings_keep(&rings);
}

static void pipe_close(struct file *file) {
    if (file->private) {
        pipe_rings_keep(file, file->private);
        pipe_end_free(file->private);
    }
    file->private = NULL;
}

/* ---- synchronous operations ---- */

/* Whether the ring has room for the next part of a write: for a message that can be in it as a whole, the whole. */
static bool write_has_room(const struct pipe_end *end, const struct ring_write *write) {
    const uint64_t left = write->length - write->done;

    if (write->message && !write->begun)
        return ring_room(end->out, true, left < end->out->size - 8 ? left : 0);
    return ring_room(end->out, false, left < RING_CHUNK ? left : RING_CHUNK);
}

static bool op_may_go_on(struct pipe_end *end, const struct pipe_op *op) {
    if (pipe_state(end) != PIPE_CONNECTED)
        return op->operation != PIPE_LISTEN || pipe_state(end) != PIPE_LISTENING;
    switch (pipe_op_condition(end, op)) {
    case PIPE_CAN_READ(0):
    case PIPE_CAN_READ(1): return ring_readable(end->in);
    case PIPE_CAN_WRITE(0):
    case PIPE_CAN_WRITE(1):
        return op->written ? pipe_write_fits(end, op) : write_has_room(end, &op->write);
    case PIPE_IS_FLUSHED(0):
    case PIPE_IS_FLUSHED(1): return !ring_readable(end->out);
    default: return true;
    }
}

struct op_context {
    struct pipe_end *end;
    struct pipe_op *op;
};

static bool op_spin_holds(const void *context) {
    const struct op_context *wait = context;

    return op_may_go_on(wait->end, wait->op);
}

static bool op_spin(struct pipe_end *end, struct pipe_op *op) {
    const bool reads = pipe_op_condition(end, op) & (PIPE_CAN_READ(0) | PIPE_CAN_READ(1));
    const bool listens = op->operation == PIPE_LISTEN; /* for one who comes again, as the last client */
    const _Atomic uint32_t *peer = reads || listens ? &end->in->shared->writer_cpu : &end->out->shared->reader_cpu;
    uint32_t *budget = reads ? &end->read_spin : listens ? &end->listen_spin : &end->write_spin;
    const struct op_context context = {end, op};

    return op->operation != PIPE_FLUSH && io_spin(budget, &end->yield, peer, op_spin_holds, &context);
}

static bool op_condition_holds(void *context) {
    const struct op_context *wait = context;

    return op_may_go_on(wait->end, wait->op) || io_is_cancelled();
}

/* Return: whether an APC is waiting. */
static bool op_sleep(struct pipe_end *end, struct pipe_op *op, bool alertable) {
    struct op_context context = {end, op};
    const struct wait_object object = {.cell = end->instance, .key = pipe_op_condition(end, op)};
    const struct wait_request request = {.objects = &object, .n = 1, .alertable = alertable, .deadline_ns = WAIT_FOREVER,
        .condition = op_condition_holds, .context = &context};
    int result;

    pipe_op_wants(end, op, true);
    result = wait_for(&request);
    pipe_op_wants(end, op, false);
    return result == WAIT_RESULT_APC;
}

/* To its end.  NtCancelSynchronousIoFile and NtCancelIoFileEx end it sooner, and an APC on a file that was opened so; that runs when the call
 * returns (io_run). */
static NTSTATUS op_run(struct pipe_end *end, struct pipe_op *op) {
    bool alertable = end->pending.file->options & FILE_SYNCHRONOUS_IO_ALERT, alerted = false;
    NTSTATUS status;

    io_begin_synchronous(end->pending.file);
    while ((status = pipe_step(end, op)) == STATUS_PENDING) {
        if (!op_spin(end, op))
            alerted = op_sleep(end, op, alertable);
        alertable &= !alerted; /* if it cannot be cancelled, it goes on */
        if ((alerted || io_is_cancelled() || suspend_ending()) && (status = pipe_step_cancel(end, op)) != STATUS_PENDING)
            break;
    }
    io_end_synchronous(end->pending.file);
    return status;
}

static NTSTATUS pipe_run_synchronous(struct pipe_end *end, struct pipe_op *op, ULONG_PTR *information) {
    NTSTATUS status;

    pthread_mutex_lock(&end->serial);
    status = op_run(end, op);
    pthread_mutex_unlock(&end->serial);
    *information = op->information;
    return status;
}

static NTSTATUS pipe_run(struct file *file, struct pipe_op *op, const struct file_io *io, ULONG_PTR *information) {
    struct pipe_end *end = file->private;

    if (file_is_synchronous(file))
        return pipe_run_synchronous(end, op, information);
    return pipe_start(end, op, io, information);
}

static NTSTATUS pipe_read(struct file *file, const struct file_io *io, ULONG_PTR *information) {
    struct pipe_op op = {.operation = PIPE_READ, .buffer = io->buffer, .length = io->length};

    if (guard_probe_write(io->buffer, io->length))
        return STATUS_ACCESS_VIOLATION;
    return pipe_run(file, &op, io, information);
}

static NTSTATUS pipe_write(struct file *file, const struct file_io *io, ULONG_PTR *information) {
    const struct pipe_end *end = file->private;
    struct pipe_op op = {.operation = PIPE_WRITE, .write = {.data = io->buffer, .length = io->length, .message = end->messages}};

    if (guard_probe_read(io->buffer, io->length))
        return STATUS_ACCESS_VIOLATION;
    if (end->end)
        pipe_client_writes(end);
    return pipe_run(file, &op, io, information);
}

/* Both of a client and of a server; always waits, whatever the handle is. */
static NTSTATUS pipe_flush(struct file *file, const struct file_io *io, ULONG_PTR *information) {
    struct pipe_op op = {.operation = PIPE_FLUSH};

    (void)io;
    *information = 0;
    return file_is_synchronous(file) ? pipe_run_synchronous(file->private, &op, information) : op_run(file->private, &op);
}

/* ---- controls ---- */

/*
 * FSCTL_PIPE_LISTEN (ConnectNamedPipe).
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/namedpipeapi/nf-namedpipeapi-connectnamedpipe
 */
static NTSTATUS pipe_control_listen(struct file *file, const struct file_io *io, ULONG_PTR *information) {
    struct pipe_end *end = file->private;
    struct pipe_op op = {.operation = PIPE_LISTEN};
    const bool no_wait = pipe_modes(end) & PIPE_MODE_NOWAIT;
    const NTSTATUS status = pipe_answer(end, pipe_state(end), PIPE_CALL_LISTEN);

    if (status && (status != STATUS_PIPE_LISTENING || no_wait))
        return status;
    if (!status)
        pipe_listen(end->instance);
    if (no_wait)
        return STATUS_SUCCESS;
    return pipe_run(file, &op, io, information);
}

/* Whoever still uses the rings of the old connection sees the new state under the ring's lock. */
static void pipe_discard(struct ring *ring) {
    lock_take(&ring->shared->write_lock);
    lock_give(&ring->shared->write_lock);
    lock_take(&ring->shared->read_lock);
    ring_discard(ring);
    lock_give(&ring->shared->read_lock);
}

/*
 * FSCTL_PIPE_DISCONNECT (DisconnectNamedPipe): what the client has not read is lost.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/namedpipeapi/nf-namedpipeapi-disconnectnamedpipe
 */
static NTSTATUS pipe_control_disconnect(struct pipe_end *end) {
    const NTSTATUS status = pipe_answer(end, pipe_state(end), PIPE_CALL_DISCONNECT);

    if (status)
        return status;
    if (pipe_disconnect(end->instance)) /* somebody else has, meanwhile */
        return STATUS_PIPE_DISCONNECTED;
    pipe_discard(end->in);
    pipe_discard(end->out);
    return STATUS_SUCCESS;
}

/*
 * FSCTL_PIPE_TRANSCEIVE (TransactNamedPipe): writes one message, then reads one.
 * Source: https://learn.microsoft.com/en-us/windows/win32/ipc/transactions-on-named-pipes
 */
static NTSTATUS pipe_control_transceive(struct file *file, const struct file_io *io, ULONG_PTR *information) {
    struct pipe_end *end = file->private;
    struct pipe_op op = {.operation = PIPE_TRANSCEIVE, .buffer = io->buffer, .length = io->length,
        .write = {.data = io->input, .length = io->input_length, .message = end->messages}};
    const NTSTATUS status = pipe_answer(end, pipe_state(end), PIPE_CALL_TRANSCEIVE);

    if ((io->access & (FILE_READ_DATA | FILE_WRITE_DATA)) != (FILE_READ_DATA | FILE_WRITE_DATA))
        return STATUS_ACCESS_DENIED;
    if (status)
        return status;
    if (pipe_instance(end)->instance.configuration != FILE_PIPE_FULL_DUPLEX || !(pipe_modes(end) & PIPE_MODE_MESSAGE))
        return STATUS_INVALID_PIPE_STATE;
    if (ring_readable(end->in))
        return STATUS_PIPE_BUSY;
    if (guard_probe_read(io->input, io->input_length) || guard_probe_write(io->buffer, io->length))
        return STATUS_ACCESS_VIOLATION;
    if (end->end)
        pipe_client_writes(end);
    return pipe_run(file, &op, io, information);
}

/*
 * Not there are the controls of ntifs.h that no page describes and no program known to us uses: events of a pipe (FSCTL_PIPE_ASSIGN_EVENT,
 * FSCTL_PIPE_QUERY_EVENT), the client's process as a redirector sets it, and attributes of one's own (FSCTL_PIPE_SET_…_ATTRIBUTE).
 */
static NTSTATUS pipe_fsctl(struct file *file, const struct file_io *io, ULONG_PTR *information) {
    struct pipe_end *end = file->private;

    switch (io->code) {
    case FSCTL_PIPE_LISTEN: return pipe_control_listen(file, io, information);
    case FSCTL_PIPE_DISCONNECT: return pipe_control_disconnect(end);
    case FSCTL_PIPE_PEEK: return pipe_peek(end, io, information);
    case FSCTL_PIPE_TRANSCEIVE: return pipe_control_transceive(file, io, information);
    case FSCTL_PIPE_IMPERSONATE: return pipe_impersonate(end);
    case FSCTL_PIPE_GET_PIPE_ATTRIBUTE:
    case FSCTL_PIPE_GET_CONNECTION_ATTRIBUTE:
    case FSCTL_PIPE_GET_HANDLE_ATTRIBUTE: return pipe_attribute(end, io, information);
    default: return STATUS_NOT_SUPPORTED;
    }
}

const struct file_ops pipe_ops = {
    .read = pipe_read,
    .write = pipe_write,
    .flush = pipe_flush,
    .fsctl = pipe_fsctl,
    .ioctl = file_no_io,
    .query = pipe_query,
    .set = pipe_set,
    .query_volume = pipe_query_volume,
    .query_directory = file_no_query_directory,
    .cancel = io_end_cancel,
    .unlink = io_end_unlink,
    .close = pipe_close,
};
