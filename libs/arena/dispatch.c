/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The dispatcher's lower half, under an object's lock: who waits for it, in which order, and who gets it.  See wait.h.
 *
 * A grant is the one step that touches three records: the object's word, the waiter's wait word, and the wait block. In
 * order, all under the object's lock:
 *   1. grant_word and then grant (block + 1) are written: the intention, with the object's word as it will be;
 *   2. the waiter's wait word goes from waiting to ended, by compare-and-swap: this decides;
 *   3. word = grant_word; the block leaves the queue and its record is cleared; the waiter is woken;
 *   4. grant = 0.
 * Who is killed between two of these leaves `grant` set; the next owner of the lock looks whether step 2 happened and
 * does 3 and 4 again or drops the intention.  A waiter whose wait ended through this object does not go on before grant
 * is 0, so that the answer cannot be overtaken by its next wait.  A wait for all objects is granted in the same four
 * steps, each done on all of them (wait_all.c).
 */
#include "libs/arena/dispatch.h"
#include "libs/arena/lock.h"
#include "libs/arena/object.h"
#include "libs/arena/port.h"
#include "libs/arena/step.h"

#include <errno.h>

/* A bound for garbage: it puts thousands of waiters in order; should there be more on one object, the rest comes as it
 * is found. */
#define REBUILD_STEPS (1u << 22)

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

/* Puts a block behind those with smaller tickets.  *left: the steps that may still be taken to look for its place. */
static void queue_insert(struct cell *cell, uint32_t number, uint32_t *left) {
    struct wait_block *block = wait_block_at(number), *after = NULL, *before = NULL;
    const uint32_t ticket = atomic_load(&block->ticket);
    uint32_t prev = atomic_load(&cell->tail), next = 0;

    for (; prev && *left; --*left) {
        before = wait_block_at(prev - 1);
        if (!before || (int32_t)(ticket - atomic_load(&before->ticket)) >= 0)
            break;
        next = prev;
        prev = atomic_load(&before->prev);
    }
    before = prev ? wait_block_at(prev - 1) : NULL;
    after = next ? wait_block_at(next - 1) : NULL;
    atomic_store(&block->prev, before ? prev : 0);
    atomic_store(&block->next, after ? next : 0);
    atomic_store(before ? &before->next : &cell->head, number + 1);
    atomic_store(after ? &after->prev : &cell->tail, number + 1);
}

/* Makes the queue again out of the records, in the order of their tickets: the lock's owner was killed, perhaps between
 * two links. */
static void queue_rebuild(struct cell *cell) {
    const uint32_t n_threads = arena_count(&winipc_arena->header.n_threads, ARENA_MAX_THREADS),
                   want = cell_index(cell) + 1;
    uint32_t left = REBUILD_STEPS;

    atomic_store(&cell->head, 0);
    atomic_store(&cell->tail, 0);
    for (uint32_t t = 0; t < n_threads; t++) {
        struct thread_slot *slot = &winipc_arena->thread[t];
        const uint32_t n = arena_count(&slot->n_blocks, WAIT_BLOCKS);

        for (uint32_t b = 0; b < n; b++) {
            if (atomic_load(&slot->block[b].cell) == want)
                queue_insert(cell, t * WAIT_BLOCKS + b, &left);
        }
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

/* ---- grants ---- */

uint32_t wait_end(struct thread_slot *slot, uint32_t result, bool alertable) {
    uint64_t wait = atomic_load(&slot->wait);

    do {
        if ((uint32_t)wait & WAIT_ENDED || (uint32_t)wait == WAIT_IDLE || (alertable && !(wait & WAIT_ALERTABLE)))
            return 0;
    } while (!atomic_compare_exchange_weak(&slot->wait, &wait, (wait & ~0xffffffffull) | result));
    return (uint32_t)wait;
}

bool wait_end_other(struct thread_slot *slot, uint32_t result, bool alertable) {
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

void grant_intend(struct cell *cell, uint32_t number, uint64_t word) {
    atomic_store_explicit(&cell->grant_word, word, memory_order_relaxed);
    atomic_store_explicit(&cell->grant, number + 1, memory_order_release);
    STEP("grant: intended");
}

void grant_drop(struct cell *cell) {
    atomic_store(&cell->grant, 0);
}

void grant_finish(struct cell *cell, uint32_t number, struct thread_slot *slot, bool in_queue, bool wake) {
    struct wait_block *block = &slot->block[number % WAIT_BLOCKS];

    atomic_store(&cell->word, atomic_load_explicit(&cell->grant_word, memory_order_relaxed) | WORD_WAITERS);
    STEP("grant: word");
    if (in_queue)
        queue_remove(cell, block);
    if (atomic_load(&block->key) == PORT_REMOVE)
        port_granted(cell, number);
    atomic_store(&block->cell, 0);
    STEP("grant: block");
    if (atomic_load(&slot->flags) & THREAD_NOTIFIER)
        notifier_ring(slot, number);
    else if (wake)
        futex_wake(wait_futex(slot), 1);
    STEP("grant: woken");
    atomic_store(&cell->grant, 0);
}

bool wait_grant(struct cell *cell, uint32_t number, uint64_t word, uint32_t flags) {
    struct thread_slot *slot = &winipc_arena->thread[number / WAIT_BLOCKS];
    const bool notifier = atomic_load(&slot->flags) & THREAD_NOTIFIER;
    uint32_t before = 0;

    grant_intend(cell, number, word);
    if (!notifier)
        before = wait_end(slot, WAIT_ENDED | number % WAIT_BLOCKS | flags, false);
    if (!notifier && !before) {
        grant_drop(cell);
        return false;
    }
    STEP("grant: decided");
    grant_finish(cell, number, slot, true, before & WAIT_ASLEEP);
    return true;
}

static void block_wake(struct thread_slot *slot, uint32_t number) {
    if (atomic_load(&slot->flags) & THREAD_NOTIFIER)
        notifier_ring(slot, number);
    else
        futex_wake(wait_futex(slot), 1);
}

/* A grant that was begun and not finished: finishes it if it was decided. */
static void grant_recover(struct cell *cell, uint32_t number) {
    struct wait_block *block = wait_block_at(number);
    struct thread_slot *slot;
    uint32_t ended;

    if (!block)
        return;
    slot = &winipc_arena->thread[number / WAIT_BLOCKS];
    if (atomic_load(&block->cell) != cell_index(cell) + 1) {
        /* the record went last but for the wake-up; the block, and the slot, may be in another wait by now */
        block_wake(slot, number);
        return;
    }
    ended = (uint32_t)atomic_load(&slot->wait);
    /* the pair (this cell, this block) names one wait: the waiter stays in it until grant is 0 */
    if (atomic_load(&slot->flags) & THREAD_NOTIFIER ||
        (ended & WAIT_ENDED && (WAIT_INDEX(ended) == number % WAIT_BLOCKS || WAIT_INDEX(ended) == WAIT_INDEX_ALL)))
        grant_finish(cell, number, slot, false, true);
}

/* After the death of the lock's owner: finishes or drops its grant, and makes the queue again. */
static void cell_recover(struct cell *cell) {
    const uint32_t grant = atomic_load(&cell->grant);

    if (grant)
        grant_recover(cell, grant - 1);
    grant_drop(cell);
    queue_rebuild(cell);
    if (WORD_TYPE(atomic_load(&cell->word)) == CELL_COMPLETION)
        port_recover(cell);
    /* a block may have been recorded and its announcement not; until it is, others change the word without the lock */
    if (atomic_load(&cell->head))
        atomic_fetch_or(&cell->word, WORD_WAITERS | WORD_ALL_WAITERS | queue_keys(cell));
    if (STATE_LIFE(atomic_load(&cell->state)) == LIFE_LIVE)
        cell_satisfy(cell, SATISFY_UNCLAIMED);
    /* a pipe's state or a file's locks may have changed and nobody been told: those who wait look themselves */
    if (word_has_conditions(atomic_load(&cell->word)))
        cell_wake_key(cell, WORD_CONDITIONS);
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

uint32_t block_thread_id(uint32_t number) {
    const struct thread_slot *slot = &winipc_arena->thread[number / WAIT_BLOCKS];

    return THREAD_ID(number / WAIT_BLOCKS, SLOT_GENERATION(atomic_load(&slot->state)));
}

void queue_settle(struct cell *cell) {
    const uint64_t conditions = word_has_conditions(atomic_load(&cell->word)) ? WORD_CONDITIONS : 0;

    if (!atomic_load(&cell->head))
        atomic_fetch_and(&cell->word, ~(WORD_WAITERS | WORD_ALL_WAITERS | conditions));
}

/* A block of a wait for all objects, in the queue of an object that is signalled.  Return: whether it got its objects.
 */
static bool satisfy_all(struct cell *cell, uint32_t number, uint64_t seen, enum cell_satisfy how) {
    bool unclaimed = false;

    if (how == SATISFY_ONE)
        return false;
    if (grant_all(cell, number, seen, how == SATISFY_PULSE, &unclaimed))
        return true;
    if (unclaimed)
        wait_end_other(&winipc_arena->thread[number / WAIT_BLOCKS], WAIT_ENDED_AGAIN, false);
    return false;
}

void cell_satisfy(struct cell *cell, enum cell_satisfy how) {
    const bool pulse = how == SATISFY_PULSE;
    uint32_t next, left = ARENA_MAX_THREADS; /* a garbled queue may be a ring */

    if (WORD_TYPE(atomic_load(&cell->word)) == CELL_COMPLETION)
        port_deliver(cell);
    for (uint32_t at = atomic_load(&cell->head); at && left--; at = next) {
        struct wait_block *block = wait_block_at(at - 1);
        const uint64_t word = atomic_load(&cell->word) & ~WORD_WAITERS;
        const uint64_t seen = pulse ? word | WORD_SIGNALED : word;
        const uint32_t id = block ? block_thread_id(at - 1) : 0;
        bool granted;

        if (!block || !word_satisfies(seen, id))
            break;
        next = atomic_load(&block->next);
        if (atomic_load(&block->key))
            continue;
        if (atomic_load(&winipc_arena->thread[(at - 1) / WAIT_BLOCKS].flags) & THREAD_WAIT_ALL)
            granted = satisfy_all(cell, at - 1, seen, how);
        else
            granted = wait_grant(cell, at - 1, pulse ? word & ~WORD_SIGNALED : word_taken(word, id), word_result(word));
        if (granted && pulse && !(word & WORD_MANUAL))
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
        if (!(wanted & key) || !wait_grant(cell, at - 1, atomic_load(&cell->word) & ~WORD_WAITERS, 0))
            keys |= wanted;
    }
    word = atomic_load(&cell->word);
    while (!atomic_compare_exchange_weak(&cell->word, &word, (word & ~0xffull) | (keys & 0xff)))
        ;
    queue_settle(cell);
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
