/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Robust locks in the arena; see lock.h. */
#include "libs/arena/lock.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define SPINS 200
#define SERVER_SPINS 20 /* it comes back a millisecond later */
#define PATIENCE_S 1    /* then a sleeper looks whether the owner is there at all */
/* a claim's word: LOCK_CLAIMED, the slot's number (ARENA_MAX_THREADS: the server), as much as fits of its generation */
#define CLAIM_SHIFT 15
#define CLAIM_GENERATION 0x3fffu
_Static_assert(ARENA_MAX_THREADS < 1 << CLAIM_SHIFT, "a claim names any slot");

void lock_announce(_Atomic uint32_t *lock) {
    struct robust_list_head *robust = arena_self.robust;

    robust->list_op_pending = (struct robust_list *)((char *)lock - robust->futex_offset);
    atomic_signal_fence(memory_order_seq_cst);
}

void lock_retract(void) {
    atomic_signal_fence(memory_order_seq_cst);
    arena_self.robust->list_op_pending = NULL;
}

/* One attempt.  Return: true if taken, with the word that was there in *before. */
static bool lock_try(_Atomic uint32_t *lock, uint32_t waiters, uint32_t *before) {
    *before = atomic_load_explicit(lock, memory_order_relaxed);
    if (*before & FUTEX_TID_MASK)
        return false;
    return atomic_compare_exchange_strong(lock, before, arena_self.tid | (*before & FUTEX_WAITERS) | waiters);
}

/* Whether the slot in a claim's word is not the one that claimed: it is another thread's by now, or no thread's. */
static bool claim_is_nobodys(uint32_t word) {
    const uint32_t index = word & ((1u << CLAIM_SHIFT) - 1), generation = word >> CLAIM_SHIFT & CLAIM_GENERATION;
    uint32_t state;

    if (index == ARENA_MAX_THREADS)
        return arena_is_server; /* which claims nothing while it looks for a lock */
    if (index >= arena_count(&winipc_arena->header.n_threads, ARENA_MAX_THREADS))
        return true;
    state = atomic_load(&winipc_arena->thread[index].state);
    return SLOT_LIFE(state) == SLOT_FREE || (SLOT_GENERATION(state) & CLAIM_GENERATION) != generation;
}

/* Whether a Linux thread is one of the session's: with a slot, or of a process that has one, or the server's. */
static bool thread_is_of_session(uint32_t tid) {
    const uint32_t n_threads = arena_count(&winipc_arena->header.n_threads, ARENA_MAX_THREADS);
    const uint32_t n_processes = arena_count(&winipc_arena->header.n_processes, ARENA_MAX_PROCESSES);
    const uint32_t server = atomic_load(&winipc_arena->header.server_pid);

    for (uint32_t i = 0; i < n_threads; i++)
        if (atomic_load_explicit(&winipc_arena->thread[i].tid, memory_order_relaxed) == tid &&
            SLOT_LIFE(atomic_load(&winipc_arena->thread[i].state)) != SLOT_FREE)
            return true;
    if (!syscall(SYS_tgkill, getpid(), tid, 0) || (server && !syscall(SYS_tgkill, server, tid, 0)))
        return true;
    for (uint32_t i = 0; i < n_processes; i++) {
        const uint32_t pid = atomic_load_explicit(&winipc_arena->process[i].pid, memory_order_relaxed);

        if (pid && SLOT_LIFE(atomic_load(&winipc_arena->process[i].state)) != SLOT_FREE && !syscall(SYS_tgkill, pid, tid, 0))
            return true;
    }
    return false;
}

/* Whether nobody can give the lock back: the kernel marks the words of those who die, so an owner who is not there, who
 * is ourselves, or no thread of the session, was written by somebody else. */
static bool owner_is_nobody(uint32_t word) {
    const uint32_t tid = word & FUTEX_TID_MASK;

    if (word & LOCK_CLAIMED)
        return claim_is_nobodys(word);
    return tid && (tid == arena_self.tid || (syscall(SYS_tkill, tid, 0) < 0 && errno != EAGAIN) || !thread_is_of_session(tid));
}

/* Makes a word that nobody stands behind look like one whose owner died. */
static bool lock_free_nobodys(_Atomic uint32_t *lock, uint32_t word) {
    return owner_is_nobody(word) &&
           atomic_compare_exchange_strong(lock, &word, (word & FUTEX_WAITERS) | FUTEX_OWNER_DIED);
}

/* Sleeps while somebody else holds the lock, whose word was @word. */
static void lock_sleep(_Atomic uint32_t *lock, uint32_t word) {
    const struct timespec patience = {.tv_sec = PATIENCE_S};

    if (!(word & FUTEX_WAITERS) && !atomic_compare_exchange_strong(lock, &word, word | FUTEX_WAITERS))
        return;
    if (syscall(SYS_futex, lock, FUTEX_WAIT, word | FUTEX_WAITERS, &patience, NULL, 0) < 0 && errno == ETIMEDOUT)
        lock_free_nobodys(lock, word | FUTEX_WAITERS);
}

enum lock_result lock_take(_Atomic uint32_t *lock) {
    const unsigned limit = arena_is_server ? SERVER_SPINS : SPINS;
    uint32_t waiters = 0, word;

    lock_announce(lock);
    for (unsigned spins = 0; !lock_try(lock, waiters, &word); spins++) {
        if (spins < limit) {
            __builtin_ia32_pause();
            continue;
        }
        if (arena_is_server && !lock_free_nobodys(lock, word)) {
            lock_retract();
            return LOCK_BUSY;
        }
        if (!arena_is_server && word & FUTEX_TID_MASK)
            lock_sleep(lock, word);
        waiters = FUTEX_WAITERS; /* others may sleep behind us: our release must wake one */
    }
    return word & FUTEX_OWNER_DIED ? LOCK_TAKEN_FROM_DEAD : LOCK_TAKEN;
}

void lock_give(_Atomic uint32_t *lock) {
    if (atomic_exchange(lock, 0) & FUTEX_WAITERS)
        syscall(SYS_futex, lock, FUTEX_WAKE, 1, NULL, NULL, 0);
    lock_retract();
}

uint32_t lock_claim_word(void) {
    const uint32_t index = arena_self.slot ? arena_self.index : ARENA_MAX_THREADS;
    const uint32_t generation = arena_self.slot ? SLOT_GENERATION(atomic_load(&arena_self.slot->state)) : 0;

    return LOCK_CLAIMED | index | (generation & CLAIM_GENERATION) << CLAIM_SHIFT;
}

bool lock_claim(_Atomic uint32_t *lock) {
    uint32_t word = atomic_load_explicit(lock, memory_order_relaxed);

    if (word & (FUTEX_TID_MASK | FUTEX_OWNER_DIED))
        return false;
    return atomic_compare_exchange_strong(lock, &word, lock_claim_word() | word);
}

void lock_unclaim(_Atomic uint32_t *lock) {
    if (atomic_exchange(lock, 0) & FUTEX_WAITERS)
        syscall(SYS_futex, lock, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static bool claim_is_of(uint32_t word, uint32_t process) {
    const uint32_t index = word & ((1u << CLAIM_SHIFT) - 1), generation = word >> CLAIM_SHIFT & CLAIM_GENERATION;
    uint32_t state;

    if (index == ARENA_MAX_THREADS)
        return process == ARENA_MAX_PROCESSES;
    if (index >= arena_count(&winipc_arena->header.n_threads, ARENA_MAX_THREADS))
        return true; /* garbage: nobody's */
    state = atomic_load(&winipc_arena->thread[index].state);
    return SLOT_OWNER(state) == process && (SLOT_GENERATION(state) & CLAIM_GENERATION) == generation;
}

void lock_sweep(_Atomic uint32_t *lock, uint32_t process) {
    uint32_t word = atomic_load_explicit(lock, memory_order_relaxed);

    while (word & LOCK_CLAIMED && claim_is_of(word, process)) {
        if (!atomic_compare_exchange_weak(lock, &word, (word & FUTEX_WAITERS) | FUTEX_OWNER_DIED))
            continue;
        syscall(SYS_futex, lock, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
        return;
    }
}
