/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One step of a pipe operation.  This is where the answers of each state stand (pipe_answer), and the only place that
 * touches the rings' contents.
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

/* clang-format off */
/* By state; sources: ConnectNamedPipe's, DisconnectNamedPipe's and PeekNamedPipe's pages, [MS-FSCC] 2.3.46 and 2.3.48. */
static const NTSTATUS answers[PIPE_CALLS][5] = {
    /*                            disconnected               listening                  connected              closing */
    [PIPE_CALL_READ] =        {0, STATUS_PIPE_DISCONNECTED,  STATUS_PIPE_LISTENING,     STATUS_SUCCESS,        STATUS_SUCCESS},
    [PIPE_CALL_WRITE] =       {0, STATUS_PIPE_DISCONNECTED,  STATUS_PIPE_LISTENING,     STATUS_SUCCESS,        STATUS_PIPE_CLOSING},
    [PIPE_CALL_PEEK] =        {0, STATUS_INVALID_PIPE_STATE, STATUS_INVALID_PIPE_STATE, STATUS_SUCCESS,        STATUS_SUCCESS},
    [PIPE_CALL_TRANSCEIVE] =  {0, STATUS_PIPE_DISCONNECTED,  STATUS_INVALID_PIPE_STATE, STATUS_SUCCESS,        STATUS_INVALID_PIPE_STATE},
    [PIPE_CALL_FLUSH] =       {0, STATUS_SUCCESS,            STATUS_SUCCESS,            STATUS_SUCCESS,        STATUS_SUCCESS},
    [PIPE_CALL_LISTEN] =      {0, STATUS_SUCCESS,            STATUS_PIPE_LISTENING,     STATUS_PIPE_CONNECTED, STATUS_PIPE_CLOSING},
    [PIPE_CALL_DISCONNECT] =  {0, STATUS_PIPE_DISCONNECTED,  STATUS_SUCCESS,            STATUS_SUCCESS,        STATUS_SUCCESS},
    [PIPE_CALL_IMPERSONATE] = {0, STATUS_PIPE_DISCONNECTED,  STATUS_CANNOT_IMPERSONATE, STATUS_SUCCESS,        STATUS_SUCCESS},
    [PIPE_CALL_MODES] =       {0, STATUS_SUCCESS,            STATUS_SUCCESS,            STATUS_SUCCESS,        STATUS_SUCCESS},
};
/* clang-format on */

NTSTATUS pipe_answer(const struct pipe_end *end, enum pipe_state state, enum pipe_call call) {
    const bool servers = call == PIPE_CALL_LISTEN || call == PIPE_CALL_DISCONNECT || call == PIPE_CALL_IMPERSONATE;

    /* a client's end that the server has disconnected is good for nothing; what is no state comes from somebody hostile
     */
    if ((end->end && state == PIPE_DISCONNECTED) || state < PIPE_DISCONNECTED || state > PIPE_CLOSING)
        return STATUS_PIPE_DISCONNECTED;
    return end->end && servers ? STATUS_ILLEGAL_FUNCTION : answers[call][state];
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
    /* the wait mode is not of a transaction */
    return pipe_modes(end) & PIPE_MODE_NOWAIT && op->operation == PIPE_READ && !op->done ? STATUS_PIPE_EMPTY : STATUS_PENDING;
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
    status = pipe_answer(end, state, PIPE_CALL_READ);
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

    /* an empty message never waits; a PIPE_NOWAIT write that began does not either */
    return (int64_t)(op->end - read) <= (int64_t)(end->quota_out + op->credit) || !op->write.length ||
           pipe_modes(end) & PIPE_MODE_NOWAIT;
}

/* What waiting reads of the other end have asked for, as far as there are any. */
static uint64_t write_credit(const struct pipe_end *end) {
    const uint32_t waits = atomic_load_explicit(&pipe_instance(end)->word, memory_order_relaxed);

    return waits & PIPE_CAN_READ(!end->end) ? ring_credit(end->out, pipe_epoch(end)) : 0;
}

uint32_t pipe_write_quota(const struct pipe_end *end) {
    const uint64_t unread = ring_unread(end->out), credit = write_credit(end), used = unread > credit ? unread : credit;

    return used > end->quota_out ? 0 : end->quota_out - (uint32_t)used;
}

/*
 * PIPE_NOWAIT: a write that does not fit what waiting reads ask for and the quota does not begin; of one of bytes,
 * waiting reads get what they ask for (measured so; the documentation says that a byte pipe takes what fits).
 */
static bool write_refused(const struct pipe_end *end, struct pipe_op *op) {
    const uint64_t unread = ring_unread(end->out);

    if (op->write.begun || op->write.done || unread + op->write.length <= end->quota_out || !op->write.length)
        return false;
    op->credit = write_credit(end);
    if (!(pipe_modes(end) & PIPE_MODE_NOWAIT) || op->operation != PIPE_WRITE ||
        unread + op->write.length <= end->quota_out + op->credit)
        return false;
    if (end->messages || unread || !op->credit)
        return true;
    op->write.length = op->credit;
    return false;
}

/* What a write ends with in a state in which nobody will read it: one that had begun to wait is broken off. */
static NTSTATUS write_ended(const struct pipe_end *end, struct pipe_op *op, enum pipe_state state) {
    const NTSTATUS status = pipe_answer(end, state, PIPE_CALL_WRITE);

    if (status)
        op->information = 0;
    return status == STATUS_PIPE_CLOSING && op->waited ? STATUS_PIPE_BROKEN : status;
}

/* Of a write that is in the ring as a whole: it is done when so much has been read, whatever became of the connection since.
 * A reader that has what it wants may go before the writer looks; so the state is looked at before the ring. */
static NTSTATUS step_written(const struct pipe_end *end, struct pipe_op *op) {
    const uint32_t status = atomic_load_explicit(&pipe_instance(end)->instance.status, memory_order_acquire);
    const bool again = PIPE_STATE(status) == PIPE_CONNECTED || PIPE_STATE(status) == PIPE_CLOSING;
    const enum pipe_state state = pipe_state(end);

    if ((PIPE_EPOCH(status) == op->epoch || !again) && pipe_write_fits(end, op)) /* else what was read is another connection's */
        return STATUS_SUCCESS;
    if (state == PIPE_CONNECTED && op->epoch == pipe_epoch(end))
        return STATUS_PENDING;
    return write_ended(end, op, op->epoch == pipe_epoch(end) ? state : PIPE_DISCONNECTED);
}

static NTSTATUS step_write(struct pipe_end *end, struct pipe_op *op) {
    struct ring *ring = end->out;
    uint64_t before = op->write.done;
    bool refused = false, begun = op->write.begun;
    int error = -EAGAIN;
    NTSTATUS status;

    if (op->written)
        return step_written(end, op);
    lock_take(&ring->shared->write_lock);
    status = write_ended(end, op, pipe_state(end));
    if (!status) {
        op->epoch = pipe_epoch(end);
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
    op->waited = !(op->written && pipe_write_fits(end, op));
    return op->waited ? STATUS_PENDING : STATUS_SUCCESS;
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
    const NTSTATUS status = pipe_answer(end, state, PIPE_CALL_FLUSH);

    if (status || !ring_readable(end->out))
        return status;
    return state == PIPE_CONNECTED ? STATUS_PENDING : STATUS_PIPE_BROKEN;
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
    lock_give(&ring->shared->write_lock); /* one lock a thread: writers of this end are held off by pending.lock or end->serial */
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
    if ((op->write.begun || op->write.done) && pipe_state(end) == PIPE_CONNECTED && op->epoch == pipe_epoch(end) &&
        !write_retract(end, op) && op->write.message && !op->written)
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
