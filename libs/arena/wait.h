/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NT's dispatcher in shared memory.
 *
 * A thread that must block links a wait block to each object and sleeps on one futex word of its own.  Who signals an
 * object decides whose wait is satisfied, takes the state on the waiter's behalf, and wakes that thread alone.  Nobody
 * waits: one compare-and-swap.
 */
#ifndef WINIPC_ARENA_WAIT_H
#define WINIPC_ARENA_WAIT_H

#include "libs/arena/arena.h"

/* An object to wait for: the cell, and the state that it had when the caller looked its handle up (an object that was
 * closed and replaced in between is not waited for). */
struct wait_object {
    uint32_t cell;
    uint32_t key; /* pipe instances: PIPE_CAN_*; completion ports: PORT_REMOVE.  With a key the word does not end the wait. */
    uint64_t state;
};

struct wait_request {
    const struct wait_object *objects;
    uint32_t n; /* at most WAIT_BLOCKS; 0: until the deadline or an APC */
    bool all;
    bool alertable;
    uint64_t deadline_ns; /* CLOCK_MONOTONIC; 0: do not wait; WAIT_FOREVER */
    /* Pipe conditions are looked at by the waiter itself, after its blocks are linked: true ends the wait with
     * WAIT_CONDITION. */
    bool (*condition)(void *context);
    void *context;
};
#define WAIT_FOREVER UINT64_MAX

/* Results: the index of the object that ended the wait (| WAIT_GRANT_ABANDONED), or one of these. */
enum { WAIT_RESULT_TIMEOUT = -1, WAIT_RESULT_APC = -2, WAIT_RESULT_GONE = -3, WAIT_RESULT_CONDITION = -4 };

/* wait_for() - see above. */
int wait_for(const struct wait_request *request);

/* wait_try() - takes the object if that needs no wait, as the calling thread.  Return: 0, WAIT_GRANT_ABANDONED, or -1.
 */
int wait_try(struct cell *cell);

/* wait_interrupt() - ends thread @slot's alertable wait with WAIT_RESULT_APC, if it is in one. */
void wait_interrupt(struct thread_slot *slot);

/* wait_look_again() - has thread @slot look at its request's condition, if it waits. */
void wait_look_again(struct thread_slot *slot);

/* Operations of this process that are pending in the arena (wait blocks of notifier slots): while there are any,
 * threads that sleep also listen to the process's doorbell, and call wait_drive when it rang. */
extern _Atomic uint32_t wait_pending;
extern void (*wait_drive)(void);
/* CPU + 1 of the peer that the latest pending operation waits for: a waiting thread spins if that is another one than
 * its own. */
extern _Atomic uint32_t wait_peer_cpu;

/* wait_help() - the helper thread's loop: calls wait_drive each time the doorbell rings and no thread listens. */
void wait_help(void) __attribute__((noreturn));

/* wait_break() - in a signal handler: if the interrupted code waits, it begins anew, or finds that it is to end. */
void wait_break(void);
/* Called before a wait for objects while the thread's suspend word is not 0; may not return. */
extern void (*wait_suspended)(void);

/* Called by one of those that sleep when the server has died: starts the next one.  NULL: nobody cares. */
extern void (*wait_server_died)(unsigned missing_ms);
/* Before and after each sleep: the word to watch over it, 0 if there is no server. */
uint32_t life_watch(void);

/* ---- for the objects (under the cell's lock) ---- */

/* cell_lock() - takes the cell's lock and mends what a dead owner left.  Return: false in the server when it would have
 * to wait. */
bool cell_lock(struct cell *cell);
void cell_unlock(struct cell *cell);
/* cell_lock_to_signal(), cell_unlock_signalled() - the same for an operation that may end waits: where somebody waits
 * for this object and others together, those others are claimed as well, so that the object can be given together with
 * them or not at all. */
bool cell_lock_to_signal(struct cell *cell);
void cell_unlock_signalled(struct cell *cell);

/* claims_free() - the calling thread ends. */
void claims_free(void);

enum cell_satisfy {
    SATISFY_ONE,       /* the object was signalled before: only waits for it alone can end */
    SATISFY_SIGNAL,    /* it is signalled now (cell_lock_to_signal) */
    SATISFY_PULSE,     /* as if it were signalled, for those who wait now (cell_lock_to_signal) */
    SATISFY_UNCLAIMED, /* it may have been signalled: who waits for it and others is told to look himself */
};
/* cell_satisfy() - grants the object to whom its word allows, in order. */
void cell_satisfy(struct cell *cell, enum cell_satisfy how);
/* cell_wake_key() - ends the waits of all blocks whose key meets @key. */
void cell_wake_key(struct cell *cell, uint32_t key);
/* wait_block_link() - queues block @number (whose record is written here) on @cell. */
void wait_block_link(struct cell *cell, uint32_t number, uint32_t key);
/* wait_block_leave() - takes block @number from the queue of its cell, if it is still in it.  Takes the lock itself.
 * Return: 0, or -EAGAIN in the server. */
int wait_block_leave(uint32_t number);

static inline struct wait_block *wait_block_at(uint32_t number) {
    if (number / WAIT_BLOCKS >= arena_count(&winipc_arena->header.n_threads, ARENA_MAX_THREADS))
        return NULL;
    return &winipc_arena->thread[number / WAIT_BLOCKS].block[number % WAIT_BLOCKS];
}

/* The CPU that this thread runs on, + 1; 0 when unknown. */
uint32_t cpu_number(void);
uint64_t clock_ns(void);

#endif
