/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pending operations; see io_queue.h.  Each end has a queue for reads, one for writes and one for controls; the first of a queue is the one in
 * progress.  While there is one, a wait block of a notifier slot stands in the object's queue with all conditions that the end waits for;
 * when it is granted the process's doorbell rings, and whoever listens (a waiting thread, else the helper) drives the end on.
 */
#include "dlls/ntdll/io_queue.h"

#include <ntstatus.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "dlls/ntdll/helper_thread.h"
#include "libs/arena/wait.h"

#define NOTIFIERS 256 /* slots of 64 ends each */

static pthread_mutex_t notifier_lock = PTHREAD_MUTEX_INITIALIZER;
static uint32_t notifier_slot[NOTIFIERS], n_notifiers;
static struct io_end *notifier_end[NOTIFIERS][WAIT_BLOCKS];
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
static bool notifier_assign(struct io_end *end) {
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

static bool end_has_block(struct io_end *end) {
    bool has;

    pthread_mutex_lock(&notifier_lock);
    has = end->block || notifier_assign(end);
    pthread_mutex_unlock(&notifier_lock);
    return has;
}

static void end_drop_block(struct io_end *end) {
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

static uint32_t end_conditions(const struct io_end *end) {
    uint32_t conditions = 0;

    for (unsigned q = 0; q < IO_QUEUES; q++) {
        if (end->queue[q])
            conditions |= end->ops->condition(end, end->queue[q]);
    }
    return conditions;
}

/* Puts the end's block into the object's queue, for all that it waits for now. */
static void end_arm(struct io_end *end) {
    struct cell *cell = cell_at(end->object);
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

/* Takes the operation that stands in *place out of its queue. */
static void op_take_out(struct io_end *end, enum io_queue q, struct io_op **place) {
    struct io_op *op = *place;

    *place = op->next;
    if (!op->next)
        end->queue_tail[q] = place;
    atomic_fetch_sub(&wait_pending, 1);
    io_deadline_drop(op);
    end->ops->waits(end, op, false);
}

static void op_complete(struct io_end *end, enum io_queue q, struct io_op **place, NTSTATUS status, ULONG_PTR information) {
    struct io_op *op = *place;

    op_take_out(end, q, place);
    file_complete(end->file, &op->io, status, information, op->thread, false);
    file_put(end->file);
    free(op);
}

static bool end_is_open(const struct io_end *end) {
    const uint64_t state = atomic_load(&cell_at(end->file->cell)->state);

    return STATE_LIFE(state) == LIFE_LIVE && STATE_GENERATION(state) == end->file->generation;
}

/* Does what can be done of all queues, under end->lock.  Of an end whose last handle is closed nothing can: io_end_unlink() cancels it. */
static void end_step(struct io_end *end) {
    for (unsigned q = 0; q < IO_QUEUES; q++) {
        while (end->queue[q] && end_is_open(end)) {
            ULONG_PTR information = 0;
            const NTSTATUS status = end->ops->step(end, end->queue[q], &information);

            if (status == STATUS_PENDING)
                break;
            /* who closes the last handle cancels what is pending; the object's new state may be seen before that */
            op_complete(end, q, &end->queue[q], NT_ERROR(status) && !end_is_open(end) ? STATUS_CANCELLED : status, information);
        }
    }
}

/* First the block, then the look: what happens between the two is seen by one of them. */
static void end_drive(struct io_end *end) {
    end_step(end);
    if (!end_conditions(end))
        return;
    end_arm(end);
    end_step(end);
}

/* The end behind a notifier block, locked, with a reference to its file. */
static struct io_end *end_take(uint32_t n, uint32_t b) {
    struct io_end *end;

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
            struct io_end *end = end_take(n, b);

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

void io_end_init(struct io_end *end, const struct io_end_ops *ops, uint32_t object) {
    pthread_mutex_init(&end->lock, NULL);
    end->ops = ops;
    end->object = object;
    for (unsigned q = 0; q < IO_QUEUES; q++)
        end->queue_tail[q] = &end->queue[q];
}

void io_end_free(struct io_end *end) {
    pthread_mutex_destroy(&end->lock);
}

static NTSTATUS op_enqueue(struct io_end *end, enum io_queue q, const struct io_op *op, const struct file_io *io) {
    struct io_op *pending = malloc(end->ops->op_size);

    if (!pending)
        return STATUS_INSUFFICIENT_RESOURCES;
    memcpy(pending, op, end->ops->op_size);
    pending->end = end;
    pending->io = *io;
    pending->thread = arena_self.index;
    pending->next = NULL;
    *end->queue_tail[q] = pending;
    end->queue_tail[q] = &pending->next;
    file_ref(end->file);
    end->ops->waits(end, pending, true);
    io_deadline_set(pending);
    atomic_fetch_add(&wait_pending, 1);
    atomic_store_explicit(&wait_peer_cpu, end->ops->peer_cpu(end, q), memory_order_relaxed);
    return STATUS_PENDING;
}

NTSTATUS io_start(
    struct io_end *end, enum io_queue q, struct io_op *op, const struct file_io *io, ULONG_PTR *information) {
    NTSTATUS status = STATUS_PENDING;

    pthread_mutex_lock(&end->lock);
    if (end->closed)
        status = STATUS_CANCELLED;
    else if (!end->queue[q])
        status = end->ops->step(end, op, information);
    if (status == STATUS_PENDING && op->deadline_ns == IO_AT_ONCE)
        status = STATUS_IO_TIMEOUT;
    if (status == STATUS_PENDING) {
        pthread_once(&helper_once, helper_start);
        status = end_has_block(end) ? op_enqueue(end, q, op, io) : STATUS_INSUFFICIENT_RESOURCES;
        if (status == STATUS_PENDING)
            end_drive(end);
    }
    pthread_mutex_unlock(&end->lock);
    return status;
}

void io_expire(struct io_end *end, uint64_t serial) {
    pthread_mutex_lock(&end->lock);
    end_step(end);
    for (unsigned q = 0; q < IO_QUEUES; q++) {
        for (struct io_op **place = &end->queue[q], *op; (op = *place); place = &op->next) {
            if (!op->deadline_ns || op->due.serial != serial)
                continue;
            op_complete(end, q, place, STATUS_IO_TIMEOUT, 0);
            break;
        }
    }
    pthread_mutex_unlock(&end->lock);
}

/* Ends the pending operations that @iosb and @thread name.  Return: how many. */
static unsigned queue_cancel(struct io_end *end, enum io_queue q, const IO_STATUS_BLOCK *iosb, uint32_t thread) {
    struct io_op **place = &end->queue[q];
    unsigned n = 0;

    while (*place) {
        struct io_op *op = *place;
        ULONG_PTR information = 0;
        NTSTATUS status;

        if ((iosb && op->io.iosb != iosb) || (thread != ARENA_MAX_THREADS && op->thread != thread)) {
            place = &op->next;
            continue;
        }
        status = end->ops->cancel(end, op, &information);
        if (status == STATUS_PENDING && !end->closed) {
            place = &op->next;
            continue;
        }
        op_complete(end, q, place, status == STATUS_PENDING ? STATUS_CANCELLED : status, information);
        n++;
    }
    return n;
}

NTSTATUS io_end_cancel(struct file *file, IO_STATUS_BLOCK *iosb, uint32_t thread) {
    struct io_end *end = file->private;
    unsigned n = 0;

    pthread_mutex_lock(&end->lock);
    for (unsigned q = 0; q < IO_QUEUES; q++)
        n += queue_cancel(end, q, iosb, thread);
    if (n && !end->closed)
        end_drive(end); /* what stood behind it may go on */
    pthread_mutex_unlock(&end->lock);
    return n ? STATUS_SUCCESS : STATUS_NOT_FOUND;
}

static bool end_has_port(const struct io_end *end) {
    return atomic_load(&cell_at(end->file->cell)->file.port);
}

void io_cancel_thread(void) {
    for (uint32_t n = 0; atomic_load(&wait_pending) && n < n_notifiers; n++) {
        for (uint32_t b = 0; b < WAIT_BLOCKS; b++) {
            struct io_end *end = end_take(n, b);

            if (!end)
                continue;
            for (unsigned q = 0; q < IO_QUEUES && !end_has_port(end); q++)
                queue_cancel(end, q, NULL, arena_self.index);
            end_drive(end); /* what stood behind it may go on */
            pthread_mutex_unlock(&end->lock);
            file_put(end->file);
        }
    }
}

void io_end_unlink(struct file *file) {
    struct io_end *end = file->private;

    pthread_mutex_lock(&end->lock);
    end->closed = true;
    pthread_mutex_unlock(&end->lock);
    io_end_cancel(file, NULL, ARENA_MAX_THREADS);
    end_drop_block(end);
}
