/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the dispatcher's files share: what a cell's word means to a waiter, how a wait ends, the parts of a grant.
 * Nobody else needs it; wait.h is the interface.
 */
#ifndef WINIPC_ARENA_DISPATCH_H
#define WINIPC_ARENA_DISPATCH_H

#include "libs/arena/wait.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- words ---- */

static inline bool word_satisfies(uint64_t word, uint32_t id) {
    switch (WORD_TYPE(word)) {
    case CELL_SEMAPHORE: return WORD_COUNT(word) > 0;
    case CELL_MUTANT: return WORD_OWNER(word) == 0 || WORD_OWNER(word) == id;
    case CELL_PIPE_INSTANCE:
    case CELL_PIPE:
    case CELL_MAILSLOT: return false; /* their waiters look themselves */
    default: return word & WORD_SIGNALED;
    }
}

/* Whether those who wait for such an object wait for conditions of its. */
static inline bool word_has_conditions(uint64_t word) {
    const enum cell_type type = WORD_TYPE(word);

    return type == CELL_PIPE_INSTANCE || type == CELL_PIPE || type == CELL_MAILSLOT || type == CELL_FCB;
}

/* The word after @id's wait was satisfied. */
static inline uint64_t word_taken(uint64_t word, uint32_t id) {
    switch (WORD_TYPE(word)) {
    case CELL_SEMAPHORE: return word - 1;
    case CELL_MUTANT: return (word & ~(WORD_ABANDONED | 0xffffffffull)) | id;
    default: return word & WORD_MANUAL ? word : word & ~WORD_SIGNALED;
    }
}

static inline uint32_t word_result(uint64_t word) {
    return WORD_TYPE(word) == CELL_MUTANT && word & WORD_ABANDONED ? WAIT_GRANT_ABANDONED : 0;
}

/* ---- the end of a wait ---- */

static inline void futex_wake(_Atomic uint32_t *word, int n) {
    syscall(SYS_futex, word, FUTEX_WAKE, n, NULL, NULL, 0);
}

static inline _Atomic uint32_t *wait_futex(struct thread_slot *slot) {
    return (_Atomic uint32_t *)&slot->wait; /* little-endian: the low half */
}

/* wait_end() - ends a thread's wait with @result if it still waits (alertably, where @alertable).  Return: the state
 * that it was in, 0 if it does not wait. */
uint32_t wait_end(struct thread_slot *slot, uint32_t result, bool alertable);
/* wait_end_other() - the same for another thread, which is woken if it sleeps. */
bool wait_end_other(struct thread_slot *slot, uint32_t result, bool alertable);

/* ---- grants, under the cell's lock ---- */

/* grant_intend(), grant_drop() - the first step of a grant, and what undoes it. */
void grant_intend(struct cell *cell, uint32_t number, uint64_t word);
void grant_drop(struct cell *cell);
/* grant_finish() - the last two steps.  @in_queue: the queue is whole, so take the block out of it.  @wake: the waiter
 * may sleep. */
void grant_finish(struct cell *cell, uint32_t number, struct thread_slot *slot, bool in_queue, bool wake);
/* wait_grant() - the whole: ends the wait of block @number, the object's word becomes @word.  Return: whether it still waited. */
bool wait_grant(struct cell *cell, uint32_t number, uint64_t word, uint32_t flags);
/* block_thread_id() - the THREAD_ID of the thread whose block @number is. */
uint32_t block_thread_id(uint32_t number);
/* queue_settle() - clears WORD_WAITERS, and what goes with it, when nobody is left. */
void queue_settle(struct cell *cell);

/* ---- wait-all (wait_all.c) ---- */

/* grant_all() - ends the wait-all of which block @number is a part, if all its objects are signalled: @cell as @seen
 * says.  The caller holds @cell's lock and claims on the others (cell_lock_to_signal).  Return: whether the waiter took
 * them; *unclaimed is set where that could not be known for want of a claim. */
bool grant_all(struct cell *cell, uint32_t number, uint64_t seen, bool pulse, bool *unclaimed);

#endif
