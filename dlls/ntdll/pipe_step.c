/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One step of a pipe operation.  This is where the answers of each state stand (for read, write, listen, flush, transceive), and the only
 * place that touches the rings' contents.
 *
 * Whoever publishes something looks afterwards, behind a full fence, whether the other end waits for it: the conditions that somebody waits
 * for stand in the instance's word.  Who waits writes its condition there first and looks at the ring again afterwards.
 * Sources: https://learn.microsoft.com/en-us/windows/win32/ipc/named-pipe-operations,
 * https://learn.microsoft.com/en-us/windows/win32/ipc/named-pipe-type-read-and-wait-modes
 */
#include "dlls/ntdll/pipe.h"

#include <ntstatus.h>

#include <errno.h>

#include "libs/arena/lock.h"
#include "libs/arena/wait.h"

enum pipe_state pipe_state(const struct pipe_end *end) {
    const uint32_t status = atomic_load_explicit(&pipe_instance(end)->instance.status, memory_order_acquire);

    if (end->end == 1 && atomic_load_explicit(&cell_at(end->cell)->file.epoch, memory_order_relaxed) != PIPE_EPOCH(status))
        return PIPE_DISCONNECTED;
    return PIPE_STATE(status);
}

/* Wakes who waits for one of @conditions, if anybody does. */
static void pipe_tell(const struct pipe_end *end, uint32_t conditions) {
    atomic_thread_fence(memory_order_seq_cst);
    if (atomic_load_explicit(&pipe_instance(end)->word, memory_order_relaxed) & conditions)
        pipe_wake(end->instance, conditions);
}

static void cpu_publish(_Atomic uint32_t *place) {
    const uint32_t cpu = cpu_number();

    if (atomic_load_explicit(place, memory_order_relaxed) != cpu)
        atomic_store_explicit(place, cpu, memory_order_relaxed);
}

static NTSTATUS status_of_state(enum pipe_state state, NTSTATUS closing) {
    switch (state) {
    case PIPE_LISTENING: return STATUS_PIPE_LISTENING;
    case PIPE_CONNECTED: return STATUS_SUCCESS;
    case PIPE_CLOSING: return closing;
    default: return STATUS_PIPE_DISCONNECTED;
    }
}

/* ---- reading ---- */

static NTSTATUS read_result(struct pipe_end *end, struct pipe_op *op, enum ring_taken taken, enum pipe_state state) {
    switch (taken) {
    case RING_TAKEN: return STATUS_SUCCESS;
    case RING_MORE: return STATUS_BUFFER_OVERFLOW;
    case RING_PART: /* of a message whose writer has died, the begun part is no message */
        return state == PIPE_CLOSING ? STATUS_PIPE_BROKEN : STATUS_PENDING;
    case RING_EMPTY: break;
    }
    if (state == PIPE_CLOSING)
        return STATUS_PIPE_BROKEN;
    return pipe_modes(end) & PIPE_MODE_NOWAIT && !op->done ? STATUS_PIPE_EMPTY : STATUS_PENDING;
}

static NTSTATUS step_read(struct pipe_end *end, struct pipe_op *op) {
    struct ring *ring = end->in;
    enum ring_taken taken = RING_EMPTY;
    enum pipe_state state;
    uint64_t n = 0;
    NTSTATUS status;

    lock_take(&ring->shared->read_lock);
    /* the state before the ring: a peer writes first and closes then */
    state = pipe_state(end);
    status = status_of_state(state, STATUS_SUCCESS);
    if (!status)
        taken = ring_take(ring, (uint8_t *)op->buffer + op->done, op->length - op->done, end->messages,
            pipe_modes(end) & PIPE_MODE_MESSAGE, &n);
    cpu_publish(&ring->shared->reader_cpu);
    lock_give(&ring->shared->read_lock);
    if (status)
        return status;
    op->done += n;
    op->information = op->done;
    if (taken != RING_EMPTY)
        pipe_tell(end, PIPE_CAN_WRITE(!end->end) | PIPE_IS_FLUSHED(!end->end));
    return read_result(end, op, taken, state);
}

/* ---- writing ---- */

bool pipe_write_fits(const struct pipe_end *end, const struct pipe_op *op) {
    const uint64_t read = atomic_load_explicit(&end->out->shared->read, memory_order_acquire);

    return (int64_t)(op->end - read) <= (int64_t)end->quota_out;
}

/* PIPE_NOWAIT: the write does not begin unless it fits (measured: 0 bytes for both types when nobody reads). */
static bool write_refused(const struct pipe_end *end, const struct pipe_op *op) {
    return pipe_modes(end) & PIPE_MODE_NOWAIT && op->operation == PIPE_WRITE && !op->write.begun && !op->write.done &&
           ring_unread(end->out) + op->write.length > end->quota_out;
}

static NTSTATUS step_write(struct pipe_end *end, struct pipe_op *op) {
    struct ring *ring = end->out;
    uint64_t before = op->write.done;
    bool refused = false, begun = op->write.begun;
    int error = -EAGAIN;
    NTSTATUS status;

    if (op->written && pipe_state(end) == PIPE_CONNECTED)
        return pipe_write_fits(end, op) ? STATUS_SUCCESS : STATUS_PENDING;
    lock_take(&ring->shared->write_lock);
    status = status_of_state(pipe_state(end), STATUS_PIPE_CLOSING);
    if (!status && !op->written) {
        refused = write_refused(end, op);
        if (!refused)
            error = ring_put(ring, &op->write);
        op->end = atomic_load_explicit(&ring->shared->written, memory_order_relaxed);
    }
    cpu_publish(&ring->shared->writer_cpu);
    lock_give(&ring->shared->write_lock);
    if (status)
        return status;
    op->information = refused ? 0 : op->write.length;
    if (op->write.done != before || op->write.begun != begun)
        pipe_tell(end, PIPE_CAN_READ(!end->end));
    if (refused)
        return STATUS_SUCCESS;
    if (error && error != -EAGAIN)
        return STATUS_INSUFFICIENT_RESOURCES;
    op->written = !error;
    return op->written && pipe_write_fits(end, op) ? STATUS_SUCCESS : STATUS_PENDING;
}

/* ---- the others ---- */

/* FSCTL_PIPE_LISTEN: the instance has been made listening when the operation started. */
static NTSTATUS step_listen(struct pipe_end *end) {
    switch (pipe_state(end)) {
    case PIPE_CONNECTED: return STATUS_SUCCESS;
    case PIPE_LISTENING: return STATUS_PENDING;
    case PIPE_CLOSING: return STATUS_SUCCESS; /* a client came, and went again before we looked */
    default: return STATUS_PIPE_DISCONNECTED;
    }
}

static NTSTATUS step_flush(struct pipe_end *end) {
    const enum pipe_state state = pipe_state(end);

    if (!ring_readable(end->out))
        return state == PIPE_DISCONNECTED ? STATUS_PIPE_DISCONNECTED : STATUS_SUCCESS;
    return state == PIPE_CONNECTED ? STATUS_PENDING : status_of_state(state, STATUS_PIPE_BROKEN);
}

/* The write part never waits for quota; then it is a read. */
static NTSTATUS step_transceive(struct pipe_end *end, struct pipe_op *op) {
    NTSTATUS status;

    if (!op->written) {
        status = step_write(end, op);
        if (status == STATUS_PIPE_CLOSING)
            status = STATUS_PIPE_BROKEN;
        if (!op->written)
            return status;
        op->information = 0;
    }
    return step_read(end, op);
}

NTSTATUS pipe_step(struct pipe_end *end, struct pipe_op *op) {
    switch (op->operation) {
    case PIPE_READ: return step_read(end, op);
    case PIPE_WRITE: return step_write(end, op);
    case PIPE_LISTEN: return step_listen(end);
    case PIPE_FLUSH: return step_flush(end);
    default: return step_transceive(end, op);
    }
}

/* Both locks: nobody reads of it meanwhile. */
static bool write_retract(struct pipe_end *end, struct pipe_op *op) {
    struct ring *ring = end->out;
    bool done;

    lock_take(&ring->shared->write_lock);
    lock_give(&ring->shared->write_lock); /* one lock a thread: writers of this end are held off by end->lock or end->serial */
    lock_take(&ring->shared->read_lock);
    done = ring_retract(ring, &op->write);
    lock_give(&ring->shared->read_lock);
    if (done)
        op->write.done = 0;
    return done;
}

NTSTATUS pipe_step_cancel(struct pipe_end *end, struct pipe_op *op) {
    const bool writes = op->operation == PIPE_WRITE || (op->operation == PIPE_TRANSCEIVE && !op->written);

    if (!writes)
        return op->done ? STATUS_BUFFER_OVERFLOW : STATUS_CANCELLED;
    if ((op->write.begun || op->write.done) && pipe_state(end) == PIPE_CONNECTED && !write_retract(end, op) && op->write.message &&
        !op->written)
        return STATUS_PENDING;
    op->information = op->write.done;
    return STATUS_CANCELLED;
}

uint32_t pipe_op_condition(const struct pipe_end *end, const struct pipe_op *op) {
    switch (op->operation) {
    case PIPE_READ: return PIPE_CAN_READ(end->end);
    case PIPE_WRITE: return PIPE_CAN_WRITE(end->end);
    case PIPE_LISTEN: return PIPE_HAS_CLIENT;
    case PIPE_FLUSH: return PIPE_IS_FLUSHED(end->end);
    default: return op->written ? PIPE_CAN_READ(end->end) : PIPE_CAN_WRITE(end->end);
    }
}
