/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pending operations of pipe ends.  Each end has a queue for reads, one for writes and one for controls; the first of a queue is the one in
 * progress.  While there is one, a wait block of a notifier slot stands in the instance's queue with all conditions that the end waits for;
 * when it is granted the process's doorbell rings, and whoever listens (a waiting thread, else the helper) drives the end on.
 */
#include "dlls/ntdll/pipe.h"

#include <ntstatus.h>

#include <signal.h>
#include <stdlib.h>

#include "dlls/ntdll/helper_thread.h"
#include "libs/arena/wait.h"

#define NOTIFIERS 256 /* slots of 64 ends each */

static pthread_mutex_t notifier_lock = PTHREAD_MUTEX_INITIALIZER;
static uint32_t notifier_slot[NOTIFIERS], n_notifiers;
static struct pipe_end *notifier_end[NOTIFIERS][WAIT_BLOCKS];
static pthread_once_t helper_once = PTHREAD_ONCE_INIT;

/* ---- notifier blocks ---- */

static bool notifier_add(void) {
    const uint32_t slot = n_notifiers < NOTIFIERS ? thread_slot_claim(arena_process) : ARENA_MAX_THREADS;

    if (slot == ARENA_MAX_THREADS)
        return false;
    atomic_store(&winipc_arena->thread[slot].flags, THREAD_NOTIFIER);
    atomic_store(&winipc_arena->thread[slot].n_blocks, WAIT_BLOCKS);
    atomic_store(&winipc_arena->thread[slot].state, SLOT_MOVED(atomic_load(&winipc_arena->thread[slot].state), SLOT_RUNNING));
    notifier_slot[n_notifiers++] = slot;
    return true;
}

/* Gives @end a block, under notifier_lock. */
static bool notifier_assign(struct pipe_end *end) {
    for (uint32_t n = 0; n < n_notifiers || notifier_add(); n++) {
        for (uint32_t b = 0; b < WAIT_BLOCKS; b++) {
            if (notifier_end[n][b])
                continue;
            notifier_end[n][b] = end;
            end->block = notifier_slot[n] * WAIT_BLOCKS + b + 1;
            return true;
        }
    }
    return false;
}

static bool end_has_block(struct pipe_end *end) {
    bool has;

    pthread_mutex_lock(&notifier_lock);
    has = end->block || notifier_assign(end);
    pthread_mutex_unlock(&notifier_lock);
    return has;
}

static void end_drop_block(struct pipe_end *end) {
    if (!end->block)
        return;
    wait_block_leave(end->block - 1);
    pthread_mutex_lock(&notifier_lock);
    for (uint32_t n = 0; n < n_notifiers; n++) {
        if (notifier_slot[n] == (end->block - 1) / WAIT_BLOCKS)
            notifier_end[n][(end->block - 1) % WAIT_BLOCKS] = NULL;
    }
    end->block = 0;
    pthread_mutex_unlock(&notifier_lock);
}

static uint32_t end_conditions(const struct pipe_end *end) {
    uint32_t conditions = 0;

    for (unsigned q = 0; q < PIPE_QUEUES; q++) {
        if (end->queue[q])
            conditions |= pipe_op_condition(end, end->queue[q]);
    }
    return conditions;
}

/* Puts the end's block into the instance's queue, for all that it waits for now. */
static void end_arm(struct pipe_end *end) {
    struct cell *cell = pipe_instance(end);
    struct wait_block *block = wait_block_at(end->block - 1);
    const uint32_t conditions = end_conditions(end);

    if (!conditions)
        return;
    cell_lock(cell);
    if (atomic_load(&block->cell)) {
        atomic_store(&block->key, conditions);
        atomic_fetch_or(&cell->word, conditions);
    } else {
        wait_block_link(cell, end->block - 1, conditions);
    }
    cell_unlock(cell);
}

/* ---- driving ---- */

static void op_complete(struct pipe_end *end, enum pipe_queue q, NTSTATUS status) {
    struct pipe_op *op = end->queue[q];

    end->queue[q] = op->next;
    if (!op->next)
        end->queue_tail[q] = &end->queue[q];
    atomic_fetch_sub(&wait_pending, 1);
    pipe_op_wants(end, op, false);
    file_complete(end->file, &op->io, status, op->information, op->thread, false);
    file_put(end->file);
    free(op);
}

static bool end_is_open(const struct pipe_end *end) {
    const uint64_t state = atomic_load(&cell_at(end->cell)->state);

    return STATE_LIFE(state) == LIFE_LIVE && STATE_GENERATION(state) == end->file->generation;
}

/* Does what can be done of all queues, under end->lock.  Of an end whose last handle is closed nothing can: pipe_queue_end() cancels it. */
static void end_step(struct pipe_end *end) {
    for (unsigned q = 0; q < PIPE_QUEUES; q++) {
        while (end->queue[q] && end_is_open(end)) {
            const NTSTATUS status = pipe_step(end, end->queue[q]);

            if (status == STATUS_PENDING)
                break;
            /* who closes the last handle cancels what is pending; the pipe's new state may be seen before that */
            op_complete(end, q, NT_ERROR(status) && !end_is_open(end) ? STATUS_CANCELLED : status);
        }
    }
}

/* First the block, then the look: what happens between the two is seen by one of them. */
static void end_drive(struct pipe_end *end) {
    end_step(end);
    if (!end_conditions(end))
        return;
    end_arm(end);
    end_step(end);
}

/* The end behind a notifier block, locked, with a reference to its file. */
static struct pipe_end *end_take(uint32_t n, uint32_t b) {
    struct pipe_end *end;

    pthread_mutex_lock(&notifier_lock);
    end = notifier_end[n][b];
    if (end)
        file_ref(end->file);
    pthread_mutex_unlock(&notifier_lock);
    if (end)
        pthread_mutex_lock(&end->lock);
    return end;
}

static void queue_drive(void) {
    for (uint32_t n = 0; n < n_notifiers; n++) {
        uint64_t fired = atomic_exchange(&winipc_arena->thread[notifier_slot[n]].fired, 0);

        while (fired) {
            const uint32_t b = (uint32_t)__builtin_ctzll(fired);
            struct pipe_end *end = end_take(n, b);

            fired &= fired - 1;
            if (!end)
                continue;
            end_drive(end);
            pthread_mutex_unlock(&end->lock);
            file_put(end->file);
        }
    }
}

/* The helper completes what is pending while no thread of the program waits.  It runs no code of the program. */
static void helper_start(void) {
    wait_drive = queue_drive;
    helper_thread_start(wait_help);
}

/* ---- starting and ending ---- */

static enum pipe_queue queue_of(enum pipe_operation operation) {
    switch (operation) {
    case PIPE_WRITE: return PIPE_QUEUE_WRITE;
    case PIPE_READ:
    case PIPE_TRANSCEIVE: return PIPE_QUEUE_READ;
    default: return PIPE_QUEUE_CONTROL;
    }
}

static NTSTATUS op_enqueue(struct pipe_end *end, const struct pipe_op *op, const struct file_io *io) {
    const enum pipe_queue q = queue_of(op->operation);
    struct pipe_op *pending = malloc(sizeof *pending);

    if (!pending)
        return STATUS_INSUFFICIENT_RESOURCES;
    *pending = *op;
    pending->io = *io;
    pending->thread = arena_self.index;
    pending->next = NULL;
    *end->queue_tail[q] = pending;
    end->queue_tail[q] = &pending->next;
    file_ref(end->file);
    pipe_op_wants(end, pending, true);
    atomic_fetch_add(&wait_pending, 1);
    atomic_store_explicit(&wait_peer_cpu,
        atomic_load_explicit(q == PIPE_QUEUE_WRITE ? &end->out->shared->reader_cpu : &end->in->shared->writer_cpu, memory_order_relaxed),
        memory_order_relaxed);
    return STATUS_PENDING;
}

NTSTATUS pipe_start(struct pipe_end *end, const struct pipe_op *wanted, const struct file_io *io, ULONG_PTR *information) {
    struct pipe_op op = *wanted;
    NTSTATUS status = STATUS_PENDING;

    pthread_mutex_lock(&end->lock);
    if (end->closed)
        status = STATUS_CANCELLED;
    else if (!end->queue[queue_of(op.operation)])
        status = pipe_step(end, &op);
    *information = op.information;
    if (status == STATUS_PENDING) {
        pthread_once(&helper_once, helper_start);
        status = end_has_block(end) ? op_enqueue(end, &op, io) : STATUS_INSUFFICIENT_RESOURCES;
        if (status == STATUS_PENDING)
            end_drive(end);
    }
    pthread_mutex_unlock(&end->lock);
    return status;
}

/* Ends the pending operations that @iosb and @thread name.  Return: how many. */
static unsigned queue_cancel(struct pipe_end *end, enum pipe_queue q, const IO_STATUS_BLOCK *iosb, uint32_t thread) {
    struct pipe_op **place = &end->queue[q];
    unsigned n = 0;

    while (*place) {
        struct pipe_op *op = *place;
        NTSTATUS status;

        if ((iosb && op->io.iosb != iosb) || (thread != ARENA_MAX_THREADS && op->thread != thread)) {
            place = &op->next;
            continue;
        }
        status = pipe_step_cancel(end, op);
        if (status == STATUS_PENDING && !end->closed) {
            place = &op->next;
            continue;
        }
        *place = op->next;
        atomic_fetch_sub(&wait_pending, 1);
        pipe_op_wants(end, op, false);
        file_complete(
            end->file, &op->io, status == STATUS_PENDING ? STATUS_CANCELLED : status, op->information, op->thread, false);
        file_put(end->file);
        free(op);
        n++;
    }
    end->queue_tail[q] = place;
    return n;
}

NTSTATUS pipe_cancel(struct file *file, IO_STATUS_BLOCK *iosb, uint32_t thread) {
    struct pipe_end *end = file->private;
    unsigned n = 0;

    pthread_mutex_lock(&end->lock);
    for (unsigned q = 0; q < PIPE_QUEUES; q++)
        n += queue_cancel(end, q, iosb, thread);
    if (n && !end->closed)
        end_drive(end); /* what stood behind it may go on */
    pthread_mutex_unlock(&end->lock);
    return n ? STATUS_SUCCESS : STATUS_NOT_FOUND;
}

static bool end_has_port(const struct pipe_end *end) {
    return atomic_load(&cell_at(end->cell)->file.port);
}

void pipe_cancel_thread(void) {
    for (uint32_t n = 0; atomic_load(&wait_pending) && n < n_notifiers; n++) {
        for (uint32_t b = 0; b < WAIT_BLOCKS; b++) {
            struct pipe_end *end = end_take(n, b);

            if (!end)
                continue;
            for (unsigned q = 0; q < PIPE_QUEUES && !end_has_port(end); q++)
                queue_cancel(end, q, NULL, arena_self.index);
            end_drive(end); /* what stood behind it may go on */
            pthread_mutex_unlock(&end->lock);
            file_put(end->file);
        }
    }
}

void pipe_queue_end(struct pipe_end *end) {
    pthread_mutex_lock(&end->lock);
    end->closed = true;
    pthread_mutex_unlock(&end->lock);
    pipe_cancel(end->file, NULL, ARENA_MAX_THREADS);
    end_drop_block(end);
}
