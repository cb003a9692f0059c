/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The dispatcher: wait blocks, grants, sleeping.  See wait.h and docs/architecture.md.
 *
 * A grant is the one step that touches three records: the object's word, the waiter's wait word, and the wait block.  In order, all
 * under the object's lock:
 *   1. grant_word and then grant (block + 1) are written: the intention, with the object's word as it will be;
 *   2. the waiter's wait word goes from waiting to ended, by compare-and-swap: this decides;
 *   3. word = grant_word; the block leaves the queue and its record is cleared; the waiter is woken;
 *   4. grant = 0.
 * Who is killed between two of these leaves `grant` set; the next owner of the lock looks whether step 2 happened and does 3 and 4 again
 * or drops the intention.  A waiter whose wait ended through this object does not go on before grant is 0, so that the answer cannot be
 * overtaken by its next wait.
 */
#include "libs/arena/wait.h"
#include "libs/arena/lock.h"
#include "libs/arena/object.h"
#include "libs/arena/step.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sched.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define SPIN_MIN 64u
#define SPIN_MAX 2000u

_Atomic uint32_t wait_pending;
void (*wait_drive)(void);
_Atomic uint32_t wait_peer_cpu;
void (*wait_server_died)(void);

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

static void futex_wake(_Atomic uint32_t *word, int n) {
    syscall(SYS_futex, word, FUTEX_WAKE, n, NULL, NULL, 0);
}

static _Atomic uint32_t *wait_futex(struct thread_slot *slot) {
    return (_Atomic uint32_t *)&slot->wait; /* little-endian: the low half */
}

/* ---- the queue: a doubly linked list of block numbers + 1, a cache of the blocks' records ---- */

static void queue_append(struct cell *cell, uint32_t number, struct wait_block *block) {
    const uint32_t tail = atomic_load_explicit(&cell->tail, memory_order_relaxed);
    struct wait_block *last = tail ? wait_block_at(tail - 1) : NULL;

    atomic_store_explicit(&block->prev, tail, memory_order_relaxed);
    atomic_store_explicit(&block->next, 0, memory_order_relaxed);
    if (last)
        atomic_store_explicit(&last->next, number + 1, memory_order_relaxed);
    else
        atomic_store_explicit(&cell->head, number + 1, memory_order_relaxed);
    STEP("queue_append");
    atomic_store_explicit(&cell->tail, number + 1, memory_order_relaxed);
}

static void queue_remove(struct cell *cell, struct wait_block *block) {
    const uint32_t next = atomic_load_explicit(&block->next, memory_order_relaxed);
    const uint32_t prev = atomic_load_explicit(&block->prev, memory_order_relaxed);
    struct wait_block *after = next ? wait_block_at(next - 1) : NULL;
    struct wait_block *before = prev ? wait_block_at(prev - 1) : NULL;

    atomic_store_explicit(before ? &before->next : &cell->head, next, memory_order_relaxed);
    STEP("queue_remove");
    atomic_store_explicit(after ? &after->prev : &cell->tail, prev, memory_order_relaxed);
}

/* Makes the queue again out of the records, in the order of their tickets: the lock's owner was killed, perhaps between two links. */
static void queue_rebuild(struct cell *cell) {
    const uint32_t n_threads = arena_count(&winipc_arena->header.n_threads, ARENA_MAX_THREADS), want = cell_index(cell) + 1;
    uint32_t done = 0;
    bool first = true;

    atomic_store(&cell->head, 0);
    atomic_store(&cell->tail, 0);
    for (;;) { /* the smallest ticket beyond the last one; queues are short and this is rare */
        uint32_t best = 0, best_ticket = 0;

        for (uint32_t t = 0; t < n_threads; t++) {
            struct thread_slot *slot = &winipc_arena->thread[t];
            const uint32_t n = atomic_load(&slot->n_blocks);

            for (uint32_t b = 0; b < n && b < WAIT_BLOCKS; b++) {
                const uint32_t ticket = atomic_load(&slot->block[b].ticket);

                if (atomic_load(&slot->block[b].cell) != want || (!first && (int32_t)(ticket - done) <= 0))
                    continue;
                if (!best || (int32_t)(ticket - best_ticket) < 0) {
                    best = t * WAIT_BLOCKS + b + 1;
                    best_ticket = ticket;
                }
            }
        }
        if (!best)
            return;
        queue_append(cell, best - 1, wait_block_at(best - 1));
        done = best_ticket;
        first = false;
    }
}

/* The conditions that the queue's blocks wait for. */
static uint32_t queue_keys(struct cell *cell) {
    uint32_t keys = 0, left = ARENA_MAX_THREADS;

    for (uint32_t at = atomic_load(&cell->head); at && left--;) {
        struct wait_block *block = wait_block_at(at - 1);

        if (!block)
            break;
        keys |= atomic_load(&block->key);
        at = atomic_load(&block->next);
    }
    return keys & 0xff;
}

/* ---- words ---- */

static bool word_satisfies(uint64_t word, uint32_t id) {
    switch (WORD_TYPE(word)) {
    case CELL_SEMAPHORE: return WORD_COUNT(word) > 0;
    case CELL_MUTANT: return WORD_OWNER(word) == 0 || WORD_OWNER(word) == id;
    case CELL_PIPE_INSTANCE:
    case CELL_PIPE: return false; /* their waiters look themselves */
    default: return word & WORD_SIGNALED;
    }
}

/* The word after @id's wait was satisfied. */
static uint64_t word_taken(uint64_t word, uint32_t id) {
    switch (WORD_TYPE(word)) {
    case CELL_SEMAPHORE: return word - 1;
    case CELL_MUTANT: return (word & ~(WORD_ABANDONED | 0xffffffffull)) | id;
    default: return word & WORD_MANUAL ? word : word & ~WORD_SIGNALED;
    }
}

static uint32_t word_result(uint64_t word) {
    return WORD_TYPE(word) == CELL_MUTANT && word & WORD_ABANDONED ? WAIT_GRANT_ABANDONED : 0;
}

static void word_clear(struct cell *cell, uint64_t bits) {
    atomic_fetch_and_explicit(&cell->word, ~bits, memory_order_seq_cst);
}

/* ---- grants ---- */

/* Ends a thread's wait with @result if it still waits (alertably, where @alertable).  Return: the state that it was in, 0 if it does
 * not wait. */
static uint32_t wait_end(struct thread_slot *slot, uint32_t result, bool alertable) {
    uint64_t wait = atomic_load(&slot->wait);

    do {
        if ((uint32_t)wait & WAIT_ENDED || (uint32_t)wait == WAIT_IDLE || (alertable && !(wait & WAIT_ALERTABLE)))
            return 0;
    } while (!atomic_compare_exchange_weak(&slot->wait, &wait, (wait & ~0xffffffffull) | result));
    return (uint32_t)wait;
}

/* The same for another thread, which is woken if it sleeps. */
static bool wait_end_other(struct thread_slot *slot, uint32_t result, bool alertable) {
    const uint32_t before = wait_end(slot, result, alertable);

    if (before & WAIT_ASLEEP)
        futex_wake(wait_futex(slot), 1);
    return before;
}

static void notifier_ring(struct thread_slot *slot, uint32_t number) {
    const uint32_t process = SLOT_OWNER(atomic_load(&slot->state));
    struct process_slot *owner;

    atomic_fetch_or(&slot->fired, 1ull << number % WAIT_BLOCKS);
    if (process >= ARENA_MAX_PROCESSES)
        return;
    owner = &winipc_arena->process[process];
    atomic_fetch_add(&owner->doorbell, 1);
    if (!atomic_load(&owner->listeners)) {
        atomic_fetch_add(&owner->helper_bell, 1);
        futex_wake(&owner->helper_bell, 1);
    } else if (atomic_load(&owner->sleepers)) {
        futex_wake(&owner->doorbell, 1);
    }
}

/* Step 3 of a grant, and 4. */
static void grant_finish(struct cell *cell, uint32_t number, struct thread_slot *slot, bool in_queue, bool wake) {
    struct wait_block *block = &slot->block[number % WAIT_BLOCKS];

    atomic_store(&cell->word, atomic_load_explicit(&cell->grant_word, memory_order_relaxed) | WORD_WAITERS);
    STEP("grant: word");
    if (in_queue)
        queue_remove(cell, block);
    atomic_store(&block->cell, 0);
    STEP("grant: block");
    if (atomic_load(&slot->flags) & THREAD_NOTIFIER)
        notifier_ring(slot, number);
    else if (wake)
        futex_wake(wait_futex(slot), 1);
    STEP("grant: woken");
    atomic_store(&cell->grant, 0);
}

/* The four steps.  Return: whether the waiter took it. */
static bool grant(struct cell *cell, uint32_t number, uint64_t word, uint32_t flags) {
    struct thread_slot *slot = &winipc_arena->thread[number / WAIT_BLOCKS];
    const bool notifier = atomic_load(&slot->flags) & THREAD_NOTIFIER;
    uint32_t before = 0;

    atomic_store_explicit(&cell->grant_word, word, memory_order_relaxed);
    atomic_store_explicit(&cell->grant, number + 1, memory_order_release);
    STEP("grant: intended");
    if (!notifier)
        before = wait_end(slot, WAIT_ENDED | number % WAIT_BLOCKS | flags, false);
    if (!notifier && !before) {
        atomic_store(&cell->grant, 0);
        return false;
    }
    STEP("grant: decided");
    grant_finish(cell, number, slot, true, before & WAIT_ASLEEP);
    return true;
}

/* After the death of the lock's owner: finishes or drops its grant, and makes the queue again. */
static void cell_recover(struct cell *cell) {
    const uint32_t number = atomic_load(&cell->grant) - 1;
    struct wait_block *block = atomic_load(&cell->grant) ? wait_block_at(number) : NULL;

    if (block) {
        struct thread_slot *slot = &winipc_arena->thread[number / WAIT_BLOCKS];
        const uint32_t ended = (uint32_t)atomic_load(&slot->wait);
        const bool notifier = atomic_load(&slot->flags) & THREAD_NOTIFIER;

        /* the pair (this cell, this block) names one wait: the waiter stays in it until grant is 0 */
        if (notifier || (ended & WAIT_ENDED && (ended & 0xffff) == number % WAIT_BLOCKS))
            grant_finish(cell, number, slot, false, true);
    }
    atomic_store(&cell->grant, 0);
    queue_rebuild(cell);
    /* a block may have been recorded and its announcement not; until it is, others change the word without the lock */
    if (atomic_load(&cell->head))
        atomic_fetch_or(&cell->word, WORD_WAITERS | queue_keys(cell));
    if (STATE_LIFE(atomic_load(&cell->state)) == LIFE_LIVE)
        cell_satisfy(cell, false);
}

bool cell_lock(struct cell *cell) {
    const enum lock_result result = lock_take(&cell->lock);

    if (result == LOCK_BUSY)
        return false;
    if (result == LOCK_TAKEN_FROM_DEAD)
        cell_recover(cell);
    STEP("cell_lock");
    return true;
}

void cell_unlock(struct cell *cell) {
    STEP("cell_unlock");
    lock_give(&cell->lock);
}

static uint32_t block_thread_id(uint32_t number) {
    const struct thread_slot *slot = &winipc_arena->thread[number / WAIT_BLOCKS];

    return THREAD_ID(number / WAIT_BLOCKS, SLOT_GENERATION(atomic_load(&slot->state)));
}

/* Clears WORD_WAITERS (and a pipe's conditions) when nobody is left. */
static void queue_settle(struct cell *cell) {
    if (!atomic_load(&cell->head))
        word_clear(cell, WORD_WAITERS | (WORD_TYPE(atomic_load(&cell->word)) == CELL_PIPE_INSTANCE ||
                                                    WORD_TYPE(atomic_load(&cell->word)) == CELL_PIPE
                                                ? 0xff
                                                : 0));
}

void cell_satisfy(struct cell *cell, bool pulse) {
    uint32_t next, left = ARENA_MAX_THREADS; /* a garbled queue may be a ring */

    for (uint32_t at = atomic_load(&cell->head); at && left--; at = next) {
        struct wait_block *block = wait_block_at(at - 1);
        const uint64_t word = atomic_load(&cell->word) & ~WORD_WAITERS;
        const uint64_t seen = pulse ? word | WORD_SIGNALED : word;
        const uint32_t id = block ? block_thread_id(at - 1) : 0;

        if (!block || !word_satisfies(seen, id))
            break;
        next = atomic_load(&block->next);
        if (atomic_load(&winipc_arena->thread[(at - 1) / WAIT_BLOCKS].flags) & THREAD_WAIT_ALL) {
            wait_end_other(&winipc_arena->thread[(at - 1) / WAIT_BLOCKS], WAIT_ENDED_AGAIN, false);
            continue;
        }
        if (grant(cell, at - 1, pulse ? word & ~WORD_SIGNALED : word_taken(word, id), word_result(word)) && pulse &&
            !(word & WORD_MANUAL))
            break;
    }
    queue_settle(cell);
}

void cell_wake_key(struct cell *cell, uint32_t key) {
    uint32_t next, left = ARENA_MAX_THREADS, keys = 0;
    uint64_t word;

    for (uint32_t at = atomic_load(&cell->head); at && left--; at = next) {
        struct wait_block *block = wait_block_at(at - 1);
        uint32_t wanted;

        if (!block)
            break;
        next = atomic_load(&block->next);
        wanted = atomic_load(&block->key);
        if (!(wanted & key) || !grant(cell, at - 1, atomic_load(&cell->word) & ~WORD_WAITERS, 0))
            keys |= wanted;
    }
    word = atomic_load(&cell->word);
    while (!atomic_compare_exchange_weak(&cell->word, &word, (word & ~0xffull) | (keys & 0xff)))
        ;
    queue_settle(cell);
}

/* ---- waiting ---- */

int wait_try(struct cell *cell) {
    uint64_t word = atomic_load_explicit(&cell->word, memory_order_acquire);

    for (;;) {
        if (WORD_TYPE(word) == CELL_MUTANT && WORD_OWNER(word) == arena_self.id) {
            mutant_taken(cell);
            return 0;
        }
        /* with waiters in the queue a newcomer goes to its end; a manual-reset object is there for all */
        if (!word_satisfies(word, arena_self.id) ||
            (word & WORD_WAITERS && !(word & WORD_MANUAL && WORD_TYPE(word) != CELL_SEMAPHORE && WORD_TYPE(word) != CELL_MUTANT)))
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

void wait_block_link(struct cell *cell, uint32_t number, uint32_t key) {
    struct wait_block *block = wait_block_at(number);
    const uint32_t ticket = atomic_load_explicit(&cell->ticket, memory_order_relaxed);

    atomic_store(&block->ticket, ticket);
    atomic_store(&block->key, key);
    atomic_store(&cell->ticket, ticket + 1);
    STEP("block_link: ticket");
    atomic_store(&block->cell, cell_index(cell) + 1);
    STEP("block_link: record");
    queue_append(cell, number, block);
    atomic_fetch_or(&cell->word, WORD_WAITERS | (key & 0xff));
}

int wait_block_leave(uint32_t number) {
    struct wait_block *block = wait_block_at(number);
    const uint32_t index = atomic_load(&block->cell) - 1;
    struct cell *cell = cell_at(index);
    bool last;

    if (!cell)
        return 0;
    if (!cell_lock(cell))
        return -EAGAIN;
    if (atomic_load(&block->cell) == index + 1) {
        queue_remove(cell, block);
        STEP("block_leave: unlinked");
        atomic_store(&block->cell, 0);
        queue_settle(cell);
    }
    last = !atomic_load(&cell->head) && STATE_LIFE(atomic_load(&cell->state)) == LIFE_DYING;
    cell_unlock(cell);
    if (last)
        object_destroy(index);
    return 0;
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
    word = atomic_load(&cell->word);
    if (!request->all && word_satisfies(word & ~WORD_WAITERS, arena_self.id))
        cell_satisfy(cell, false);
    cell_unlock(cell);
    return !(atomic_load(&arena_self.slot->wait) & WAIT_ENDED);
}

/* Whether a spinning wait can pay: the last one who signalled ran on another CPU. */
static bool wait_may_spin(const struct wait_request *request, bool listen) {
    const uint32_t here = cpu_number(), peer = atomic_load_explicit(&wait_peer_cpu, memory_order_relaxed);

    if (listen && peer && peer != here)
        return true;
    for (uint32_t i = 0; i < request->n; i++) {
        const uint32_t cpu = atomic_load_explicit(&winipc_arena->cell[request->objects[i].cell].cpu, memory_order_relaxed);

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
        arena_self.spin = arena_self.spin - arena_self.spin / 8 < SPIN_MIN ? SPIN_MIN : arena_self.spin - arena_self.spin / 8;
}

/* Sleeps once.  The own word, the server's life and, while operations are pending, the doorbell end it.  Return: -errno of the futex. */
static int wait_sleep(uint64_t deadline_ns, uint32_t own, bool listen, uint32_t bell) {
    struct process_slot *process = &winipc_arena->process[arena_process];
    const uint32_t life = atomic_load(&winipc_arena->header.life);
    struct futex_waitv words[3] = {{.val = own, .uaddr = (uintptr_t)wait_futex(arena_self.slot), .flags = FUTEX_32}};
    const struct timespec deadline = {(time_t)(deadline_ns / 1000000000), (long)(deadline_ns % 1000000000)};
    unsigned n = 1;
    long error;

    if (life & FUTEX_TID_MASK)
        words[n++] = (struct futex_waitv){.val = life, .uaddr = (uintptr_t)&winipc_arena->header.life, .flags = FUTEX_32};
    if (listen)
        words[n++] = (struct futex_waitv){.val = bell, .uaddr = (uintptr_t)&process->doorbell, .flags = FUTEX_32};
    error = syscall(SYS_futex_waitv, words, n, 0, deadline_ns == WAIT_FOREVER ? NULL : &deadline, CLOCK_MONOTONIC);
    if (atomic_load(&winipc_arena->header.life) & FUTEX_OWNER_DIED && wait_server_died)
        wait_server_died();
    return error < 0 ? -errno : 0;
}

/*
 * Until the wait has ended.  While operations of this process are pending the thread listens: it completes them itself, so that the common
 * case, a thread that waits for what it has asked for, needs no second wake-up.  Who rang may have counted on us up to the moment that we
 * cease to listen, so the last look comes after that.
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
    if (wait_may_spin(request, listen))
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
    struct wait_block *granted = (ended & 0xffff) < WAIT_BLOCKS ? &slot->block[ended & 0xffff] : NULL;

    for (uint32_t i = 0; i < n; i++) {
        if (&slot->block[i] != granted)
            wait_block_leave(arena_self.index * WAIT_BLOCKS + i);
    }
    atomic_store(&slot->n_blocks, 0);
}

/* Waits until the grant of block @b on @cell is settled (its grantor may be in step 3, or dead in it). */
static void wait_settle(struct cell *cell, uint32_t b) {
    const uint32_t mine = arena_self.index * WAIT_BLOCKS + b + 1;

    for (unsigned spins = 0; atomic_load_explicit(&cell->grant, memory_order_acquire) == mine; spins++) {
        if (spins < 100) {
            __builtin_ia32_pause();
            continue;
        }
        cell_lock(cell);
        cell_unlock(cell);
    }
}

static int wait_result(const struct wait_request *request, uint32_t ended) {
    struct cell *cell;

    switch (ended) {
    case WAIT_ENDED_TIMEOUT: return WAIT_RESULT_TIMEOUT;
    case WAIT_ENDED_APC: return WAIT_RESULT_APC;
    case WAIT_ENDED_AGAIN: return WAIT_RESULT_CONDITION;
    }
    cell = cell_at(request->objects[ended & 0xffff].cell);
    if (WORD_TYPE(atomic_load(&cell->word)) == CELL_MUTANT)
        mutant_taken(cell);
    return (int)(ended & ~WAIT_ENDED);
}

/* Blocks on all objects until one is granted, the condition holds, the deadline passes or an APC comes. */
static int wait_block_on(const struct wait_request *request) {
    struct thread_slot *slot = arena_self.slot;
    uint32_t linked = 0, ended;
    int gone = 0;

    atomic_store(&slot->flags, request->all ? THREAD_WAIT_ALL : 0);
    atomic_store(&slot->n_blocks, request->n);
    atomic_store(&slot->wait,
        (uint64_t)++arena_self.wait_number << 32 | WAIT_AWAKE | (request->alertable ? WAIT_ALERTABLE : 0));
    while (linked < request->n && wait_link(request, linked, &gone))
        linked++;
    if (request->alertable && atomic_load(&slot->apcs))
        wait_end(slot, WAIT_ENDED_APC, true);
    if (request->condition && request->condition(request->context))
        wait_end(slot, WAIT_ENDED_AGAIN, false);
    wait_until_ended(request);
    ended = (uint32_t)atomic_load(&slot->wait);
    if ((ended & 0xffff) < WAIT_BLOCKS)
        wait_settle(cell_at(request->objects[ended & 0xffff].cell), ended & 0xffff);
    wait_clean_up(request->n, ended);
    atomic_store(&slot->flags, 0);
    atomic_store(&slot->wait, (uint64_t)arena_self.wait_number << 32 | WAIT_IDLE);
    return gone ? gone : wait_result(request, ended);
}

/* Wait-all: looks whether all are signalled, then takes them.  (Not yet atomic: see docs/architecture.md.)  Return: 0 or -1. */
static int wait_try_all(const struct wait_request *request) {
    int result = 0;

    for (uint32_t i = 0; i < request->n; i++) {
        if (!word_satisfies(atomic_load(&cell_at(request->objects[i].cell)->word), arena_self.id))
            return -1;
    }
    for (uint32_t i = 0; i < request->n; i++) {
        struct cell *cell = cell_at(request->objects[i].cell);
        const int taken = wait_try(cell);

        if (taken < 0) { /* somebody was faster: give back what we took */
            while (i--) {
                struct cell *back = cell_at(request->objects[i].cell);

                if (WORD_TYPE(atomic_load(&back->word)) == CELL_MUTANT)
                    mutant_release(back);
                else if (WORD_TYPE(atomic_load(&back->word)) == CELL_SEMAPHORE)
                    semaphore_release(back, 1);
                else
                    object_signal(back);
            }
            return -1;
        }
        result |= taken;
    }
    return result;
}

int wait_for(const struct wait_request *request) {
    for (;;) {
        int result = -1;

        if (request->all) {
            result = wait_try_all(request);
            if (result >= 0)
                return result;
        }
        for (uint32_t i = 0; !request->all && i < request->n; i++) {
            struct cell *cell = cell_at(request->objects[i].cell);

            if (!cell)
                return WAIT_RESULT_GONE;
            result = wait_try(cell);
            if (result >= 0)
                return (int)i | result;
        }
        if (request->condition && request->condition(request->context))
            return WAIT_RESULT_CONDITION;
        if (request->alertable && atomic_load(&arena_self.slot->apcs))
            return WAIT_RESULT_APC;
        if (!request->deadline_ns)
            return WAIT_RESULT_TIMEOUT;
        result = wait_block_on(request);
        if (result != WAIT_RESULT_CONDITION || request->condition)
            return result;
    }
}

void wait_interrupt(struct thread_slot *slot) {
    wait_end_other(slot, WAIT_ENDED_APC, true);
}

void wait_help(void) {
    struct process_slot *process = &winipc_arena->process[arena_process];

    for (;;) {
        const uint32_t seen = atomic_load(&process->helper_bell);

        wait_drive();
        syscall(SYS_futex, &process->helper_bell, FUTEX_WAIT, seen, NULL, NULL, 0);
    }
}
