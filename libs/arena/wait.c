/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The dispatcher's upper half: a thread links its wait blocks, sleeps, and finds out how its wait ended.  See wait.h
 * and dispatch.c.
 */
#include "libs/arena/wait.h"
#include "libs/arena/lock.h"
#include "libs/arena/dispatch.h"
#include "libs/arena/object.h"
#include "libs/arena/port.h"
#include "libs/arena/step.h"

#include <errno.h>
#include <sched.h>
#include <sys/rseq.h>
#include <time.h>

#define SPIN_MIN 64u
#define SPIN_MAX 2000u

_Atomic uint32_t wait_pending;
void (*wait_drive)(void);
_Atomic uint32_t wait_peer_cpu;
void (*wait_suspended)(void);

#ifdef ARENA_STEPS
void (*arena_step)(const char *label);
#endif

uint64_t clock_ns(void) {
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint32_t cpu_number(void) {
    const volatile struct rseq *area = (const struct rseq *)((char *)__builtin_thread_pointer() + __rseq_offset);

    if (__rseq_size)
        return area->cpu_id + 1;
    return (uint32_t)sched_getcpu() + 1;
}

int wait_try(struct cell *cell) {
    uint64_t word = atomic_load_explicit(&cell->word, memory_order_acquire);

    for (;;) {
        if (WORD_TYPE(word) == CELL_MUTANT && WORD_OWNER(word) == arena_self.id) {
            mutant_taken(cell);
            return 0;
        }
        /* with waiters in the queue a newcomer goes to its end; a manual-reset object is there for all */
        if (!word_satisfies(word, arena_self.id) ||
            (word & WORD_WAITERS &&
                !(word & WORD_MANUAL && WORD_TYPE(word) != CELL_SEMAPHORE && WORD_TYPE(word) != CELL_MUTANT)))
            return -1;
        if (word_taken(word, arena_self.id) == word)
            return 0;
        if (atomic_compare_exchange_weak_explicit(
                &cell->word, &word, word_taken(word, arena_self.id), memory_order_acq_rel, memory_order_acquire)) {
            if (WORD_TYPE(word) == CELL_MUTANT)
                mutant_taken(cell);
            return (int)word_result(word);
        }
    }
}

/* Links block @i, or takes the object at once.  Return: false when there is nothing more to link. */
static bool wait_link(const struct wait_request *request, uint32_t i, int *result) {
    const struct wait_object *object = &request->objects[i];
    struct cell *cell = cell_at(object->cell);
    uint64_t word;

    cell_lock(cell);
    if (object->state && atomic_load(&cell->state) != object->state) {
        cell_unlock(cell);
        *result = WAIT_RESULT_GONE;
        wait_end(arena_self.slot, WAIT_ENDED_TIMEOUT, false);
        return false;
    }
    /* first the queue, then the look: who signals without the lock sees WORD_WAITERS, or we see its signal */
    wait_block_link(cell, arena_self.index * WAIT_BLOCKS + i, object->key);
    word = request->all ? atomic_fetch_or(&cell->word, WORD_ALL_WAITERS) : atomic_load(&cell->word);
    if (object->key == PORT_REMOVE || (!request->all && word_satisfies(word & ~WORD_WAITERS, arena_self.id)))
        cell_satisfy(cell, SATISFY_ONE);
    cell_unlock(cell);
    return !(atomic_load(&arena_self.slot->wait) & WAIT_ENDED);
}

/* With all blocks linked: whether all objects are signalled already. */
static void wait_look_at_all(const struct wait_request *request) {
    struct cell *cell = cell_at(request->objects[0].cell);
    bool unclaimed = false;

    cell_lock_to_signal(cell);
    grant_all(cell, arena_self.index * WAIT_BLOCKS, atomic_load(&cell->word), false, &unclaimed);
    queue_settle(cell);
    cell_unlock_signalled(cell);
    if (unclaimed) /* no memory: once more, later */
        wait_end(arena_self.slot, WAIT_ENDED_AGAIN, false);
}

/* Whether a spinning wait can pay: the last one who signalled ran on another CPU. */
static bool wait_may_spin(const struct wait_request *request, bool listen) {
    const uint32_t here = cpu_number(), peer = atomic_load_explicit(&wait_peer_cpu, memory_order_relaxed);

    if (listen && peer && peer != here)
        return true;
    for (uint32_t i = 0; i < request->n; i++) {
        const uint32_t cpu =
            atomic_load_explicit(&winipc_arena->cell[request->objects[i].cell].cpu, memory_order_relaxed);

        if (cpu && cpu != here)
            return true;
    }
    return false;
}

/* Looks at the doorbell on behalf of the process.  Return: its value before the look. */
static uint32_t wait_run_pending(uint32_t seen) {
    struct process_slot *process = &winipc_arena->process[arena_process];
    const uint32_t bell = atomic_load(&process->doorbell);

    if (bell != seen && wait_drive)
        wait_drive();
    return bell;
}

static void wait_spin(bool listen, uint32_t *bell) {
    struct thread_slot *slot = arena_self.slot;
    uint32_t spins = 0;

    while (spins < arena_self.spin && !(atomic_load_explicit(&slot->wait, memory_order_acquire) & WAIT_ENDED)) {
        __builtin_ia32_pause();
        spins++;
        if (listen)
            *bell = wait_run_pending(*bell);
    }
    if (spins < arena_self.spin)
        arena_self.spin = arena_self.spin + 64 > SPIN_MAX ? SPIN_MAX : arena_self.spin + 64;
    else
        arena_self.spin =
            arena_self.spin - arena_self.spin / 8 < SPIN_MIN ? SPIN_MIN : arena_self.spin - arena_self.spin / 8;
}

/*
 * A sleep that watches the server's life.  The kernel wakes one of all who do; is that one killed before it has taken
 * the word, the kernel wakes the next, if the word is announced as it would be by somebody who wants a lock
 * (Linux 6.1.2, 5.15.86).
 */
static long sleep_watching(const struct futex_waitv *words, unsigned n, const struct timespec *deadline) {
    long error;

    lock_announce(&winipc_arena->header.life);
    error = syscall(SYS_futex_waitv, words, n, 0, deadline, CLOCK_MONOTONIC);
    error = error < 0 ? -errno : 0;
    life_watch();
    lock_retract();
    return error;
}

/* Sleeps once.  The own word, the server's life and, while operations are pending, the doorbell end it.  Return: -errno
 * of the futex. */
static int wait_sleep(uint64_t deadline_ns, uint32_t own, bool listen, uint32_t bell) {
    struct process_slot *process = &winipc_arena->process[arena_process];
    const uint32_t life = life_watch();
    struct futex_waitv words[3] = {{.val = own, .uaddr = (uintptr_t)wait_futex(arena_self.slot), .flags = FUTEX_32}};
    const struct timespec deadline = {(time_t)(deadline_ns / 1000000000), (long)(deadline_ns % 1000000000)};
    unsigned n = 1;

    if (life & FUTEX_TID_MASK)
        words[n++] =
            (struct futex_waitv){.val = life, .uaddr = (uintptr_t)&winipc_arena->header.life, .flags = FUTEX_32};
    if (listen)
        words[n++] = (struct futex_waitv){.val = bell, .uaddr = (uintptr_t)&process->doorbell, .flags = FUTEX_32};
    return (int)sleep_watching(words, n, deadline_ns == WAIT_FOREVER ? NULL : &deadline);
}

/*
 * Until the wait has ended.  While operations of this process are pending the thread listens: it completes them itself,
 * so that the common case, a thread that waits for what it has asked for, needs no second wake-up.  Who rang may have
 * counted on us up to the moment that we cease to listen, so the last look comes after that.
 */
static void wait_until_ended(const struct wait_request *request) {
    struct process_slot *process = &winipc_arena->process[arena_process];
    struct thread_slot *slot = arena_self.slot;
    const uint32_t asleep = WAIT_ASLEEP | (request->alertable ? WAIT_ALERTABLE : 0);
    const bool listen = atomic_load(&wait_pending) != 0;
    uint32_t bell = 0;
    uint64_t wait;

    if (listen) {
        atomic_fetch_add(&process->listeners, 1);
        bell = wait_run_pending(atomic_load(&process->doorbell) - 1);
    }
    if (!request->deadline_ns)
        wait_end(slot, WAIT_ENDED_TIMEOUT, false);
    else if (wait_may_spin(request, listen))
        wait_spin(listen, &bell);
    wait = atomic_load(&slot->wait);
    if (!(wait & WAIT_ENDED))
        atomic_compare_exchange_strong(&slot->wait, &wait, (wait & ~0xffffffffull) | asleep);
    while (!(atomic_load(&slot->wait) & WAIT_ENDED)) {
        int error;

        atomic_fetch_add(&process->sleepers, listen);
        error = wait_sleep(request->deadline_ns, asleep, listen, bell);
        atomic_fetch_sub(&process->sleepers, listen);
        if (listen)
            bell = wait_run_pending(bell);
        if (error == -ETIMEDOUT)
            wait_end(slot, WAIT_ENDED_TIMEOUT, false);
    }
    if (listen) {
        atomic_fetch_sub(&process->listeners, 1);
        wait_run_pending(bell);
    }
}

/* The blocks leave their queues; who granted one of them has finished before we go on. */
static void wait_clean_up(uint32_t n, uint32_t ended) {
    struct thread_slot *slot = arena_self.slot;
    struct wait_block *granted = WAIT_INDEX(ended) < WAIT_BLOCKS ? &slot->block[WAIT_INDEX(ended)] : NULL;

    for (uint32_t i = 0; i < n; i++) {
        if (&slot->block[i] != granted)
            wait_block_leave(arena_self.index * WAIT_BLOCKS + i);
    }
    atomic_store(&slot->n_blocks, 0);
}

/* Waits until the grant of block @b is settled (its grantor may be in step 3, or dead in it). */
static void wait_settle(const struct wait_request *request, uint32_t b) {
    const uint32_t mine = arena_self.index * WAIT_BLOCKS + b + 1;
    struct cell *cell = cell_at(request->objects[b].cell);

    for (unsigned spins = 0; atomic_load_explicit(&cell->grant, memory_order_acquire) == mine; spins++) {
        if (spins < 100) {
            __builtin_ia32_pause();
            continue;
        }
        cell_lock(cell);
        cell_unlock(cell);
    }
}

/* The objects @first to @last were granted. */
static void wait_granted(const struct wait_request *request, uint32_t first, uint32_t last) {
    for (uint32_t b = first; b <= last; b++)
        wait_settle(request, b);
    for (uint32_t b = first; b <= last; b++) {
        struct cell *cell = cell_at(request->objects[b].cell);

        if (WORD_TYPE(atomic_load(&cell->word)) == CELL_MUTANT)
            mutant_taken(cell);
    }
}

static int wait_result(uint32_t ended) {
    switch (ended) {
    case WAIT_ENDED_TIMEOUT: return WAIT_RESULT_TIMEOUT;
    case WAIT_ENDED_APC: return WAIT_RESULT_APC;
    case WAIT_ENDED_AGAIN: return WAIT_RESULT_CONDITION;
    case WAIT_ENDED_GONE: return WAIT_RESULT_GONE;
    }
    if (WAIT_INDEX(ended) != WAIT_INDEX_ALL)
        return (int)(ended & ~WAIT_ENDED);
    return (int)(ended & WAIT_GRANT_ABANDONED);
}

/* A suspended thread waits for no objects (so that it takes none); one that is to end waits for nothing. */
static bool wait_is_broken(const struct wait_request *request) {
    return atomic_load(&arena_self.slot->suspend) & (request->condition ? SUSPEND_END : SUSPEND_COUNT | SUSPEND_END);
}

/* Blocks on all objects until one is granted, the condition holds, the deadline passes or an APC comes. */
static int wait_block_on(const struct wait_request *request) {
    struct thread_slot *slot = arena_self.slot;
    uint32_t linked = 0, ended;
    int gone = 0;

    atomic_store(&slot->flags, request->all ? THREAD_WAIT_ALL : 0);
    atomic_store(&slot->n_blocks, request->n);
    atomic_store(
        &slot->wait, (uint64_t)++arena_self.wait_number << 32 | WAIT_AWAKE | (request->alertable ? WAIT_ALERTABLE : 0));
    if (wait_is_broken(request)) /* whoever asks for it from now on, wait_break ends the wait */
        wait_end(slot, WAIT_ENDED_AGAIN, false);
    while (linked < request->n && wait_link(request, linked, &gone))
        linked++;
    if (request->all && linked == request->n)
        wait_look_at_all(request);
    if (request->alertable && atomic_load(&slot->apcs))
        wait_end(slot, WAIT_ENDED_APC, true);
    if (request->condition && request->condition(request->context))
        wait_end(slot, WAIT_ENDED_AGAIN, false);
    wait_until_ended(request);
    ended = (uint32_t)atomic_load(&slot->wait);
    if (WAIT_INDEX(ended) < WAIT_BLOCKS)
        wait_granted(request, WAIT_INDEX(ended), WAIT_INDEX(ended));
    else if (WAIT_INDEX(ended) == WAIT_INDEX_ALL)
        wait_granted(request, 0, request->n - 1);
    wait_clean_up(request->n, ended);
    atomic_store(&slot->flags, 0);
    atomic_store(&slot->wait, (uint64_t)arena_self.wait_number << 32 | WAIT_IDLE);
    return gone ? gone : wait_result(ended);
}

/* Takes the first object that needs no wait.  Return: as wait_for, or WAIT_RESULT_TIMEOUT. */
static int wait_try_any(const struct wait_request *request) {
    for (uint32_t i = 0; i < request->n; i++) {
        struct cell *cell = cell_at(request->objects[i].cell);
        const int result = cell && !request->objects[i].key ? wait_try(cell) : -1;

        if (!cell)
            return WAIT_RESULT_GONE;
        if (result >= 0)
            return (int)i | result;
    }
    return WAIT_RESULT_TIMEOUT;
}

/* Whether a wait that may not last can end well: what it needs is signalled, though others stand in the queue. */
static bool wait_may_end(const struct wait_request *request) {
    uint32_t satisfied = 0;

    for (uint32_t i = 0; i < request->n; i++)
        satisfied += !request->objects[i].key &&
                     word_satisfies(atomic_load(&cell_at(request->objects[i].cell)->word), arena_self.id);
    return request->all ? satisfied == request->n : satisfied;
}

int wait_for(const struct wait_request *request) {
    for (;;) {
        uint64_t port;
        int result;

        if (!request->condition && wait_is_broken(request) && wait_suspended)
            wait_suspended();
        result = request->all ? WAIT_RESULT_TIMEOUT : wait_try_any(request);
        if (result != WAIT_RESULT_TIMEOUT)
            return result;
        if (request->condition && request->condition(request->context))
            return WAIT_RESULT_CONDITION;
        if (request->alertable && atomic_load(&arena_self.slot->apcs) && !(request->all && wait_may_end(request)))
            return WAIT_RESULT_APC;
        if (!request->deadline_ns && !wait_may_end(request))
            return WAIT_RESULT_TIMEOUT;
        port = port_pause();
        result = wait_block_on(request);
        port_resume(port);
        if (result != WAIT_RESULT_CONDITION || request->condition)
            return result;
    }
}

void wait_look_again(struct thread_slot *slot) {
    wait_end_other(slot, WAIT_ENDED_AGAIN, false);
}

void wait_break(void) {
    wait_end(arena_self.slot, WAIT_ENDED_AGAIN, false);
}

void wait_interrupt(struct thread_slot *slot) {
    wait_end_other(slot, WAIT_ENDED_APC, true);
}

void wait_help(void) {
    struct process_slot *process = &winipc_arena->process[arena_process];

    for (;;) {
        const uint32_t seen = atomic_load(&process->helper_bell), life = life_watch();
        const struct futex_waitv words[2] = {
            {.val = seen, .uaddr = (uintptr_t)&process->helper_bell, .flags = FUTEX_32},
            {.val = life, .uaddr = (uintptr_t)&winipc_arena->header.life, .flags = FUTEX_32}};

        wait_drive();
        sleep_watching(words, life ? 2 : 1, NULL);
    }
}
