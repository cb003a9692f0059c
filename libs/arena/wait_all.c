/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Waiting for all of several objects: they are taken at one instant, all or none.
 *
 * Whoever signals one of the objects must look at the others and take them too, so it holds all their locks.  Its own
 * object's lock is the robust one (lock.h); the others are claimed: their lock word names the claimer's thread slot,
 * and the server's sweep frees it after the claimer's death.  Claims are never waited for while another lock is held:
 * if one is busy, everything is given back before the object was changed, and the operation begins again.  So there is
 * no order of locks to keep and no lock that the whole session shares; a stopped process delays those who use the same
 * objects, nobody else.
 *
 * The grant itself is that of dispatch.c, each step done on all objects: every cell has its own intention, the waiter's
 * wait word decides for all of them at once, and each cell is finished, or mended after a death, by itself.
 */
#include "libs/arena/dispatch.h"
#include "libs/arena/lock.h"
#include "libs/arena/step.h"

#include <stdlib.h>

static struct thread_slot *block_thread(uint32_t number) {
    return &winipc_arena->thread[number / WAIT_BLOCKS];
}

/* ---- claims ---- */

static bool claims_reserve(void) {
    const uint32_t want = arena_self.max_claims ? 2 * arena_self.max_claims : WAIT_BLOCKS;
    uint32_t *more;

    if (arena_self.n_claims < arena_self.max_claims)
        return true;
    more = realloc(arena_self.claims, want * sizeof *more);
    if (!more)
        return false;
    arena_self.claims = more;
    arena_self.max_claims = want;
    return true;
}

/* Return: whether this thread may look at and change @cell now. */
static bool is_held(const struct cell *cell, const struct cell *locked) {
    return cell == locked || atomic_load(&cell->lock) << 2 == lock_claim_word()
                                                                  << 2; /* but for the two bits of the futex */
}

/* Claims @cell.  Return: false when it is busy.  Without memory nothing is claimed: the waiter will be told to look
 * himself. */
static bool claim(struct cell *cell, const struct cell *locked) {
    if (is_held(cell, locked) || !claims_reserve())
        return true;
    if (!lock_claim(&cell->lock))
        return false;
    arena_self.claims[arena_self.n_claims++] = cell_index(cell);
    STEP("claim");
    return true;
}

static void claims_release(void) {
    while (arena_self.n_claims) {
        lock_unclaim(&winipc_arena->cell[arena_self.claims[--arena_self.n_claims]].lock);
        STEP("claims_release");
    }
}

/* Claims the other objects of the wait that @slot is in.  Return: the one that is busy, or NULL. */
static struct cell *claim_wait(struct thread_slot *slot, struct cell *locked) {
    const uint32_t n = arena_count(&slot->n_blocks, WAIT_BLOCKS);

    for (uint32_t b = 0; b < n; b++) {
        struct cell *cell = cell_at(atomic_load(&slot->block[b].cell) - 1);

        if (cell && !claim(cell, locked))
            return cell;
    }
    return NULL;
}

/* Claims the other objects of all waits for all in the queue of @locked.  Return: as above. */
static struct cell *claim_waits(struct cell *locked) {
    uint32_t left = ARENA_MAX_THREADS;

    for (uint32_t at = atomic_load(&locked->head); at && left--;) {
        const struct wait_block *block = wait_block_at(at - 1);
        struct cell *busy = NULL;

        if (!block)
            break;
        if (atomic_load(&block_thread(at - 1)->flags) & THREAD_WAIT_ALL)
            busy = claim_wait(block_thread(at - 1), locked);
        if (busy)
            return busy;
        at = atomic_load(&block->next);
    }
    return NULL;
}

bool cell_lock_to_signal(struct cell *cell) {
    for (;;) {
        struct cell *busy;

        if (!cell_lock(cell))
            return false;
        if (!(atomic_load(&cell->word) & WORD_ALL_WAITERS))
            return true;
        busy = claim_waits(cell);
        if (!busy)
            return true;
        cell_unlock_signalled(cell);
        if (!cell_lock(busy)) /* waits, and mends it if its owner is dead */
            return false;
        cell_unlock(busy);
        if (arena_is_server) /* which comes back later, rather than try for as long as somebody plays with that lock */
            return false;
    }
}

void cell_unlock_signalled(struct cell *cell) {
    claims_release();
    cell_unlock(cell);
}

void claims_free(void) {
    free(arena_self.claims);
    arena_self.claims = NULL;
    arena_self.max_claims = 0;
}

/* ---- the grant ---- */

/* Return: whether all objects of the wait are held and signalled. */
static bool all_satisfied(
    struct thread_slot *slot, uint32_t id, const struct cell *locked, uint64_t seen, bool *unclaimed) {
    const uint32_t n = arena_count(&slot->n_blocks, WAIT_BLOCKS);

    for (uint32_t b = 0; b < n; b++) {
        const struct cell *cell = cell_at(atomic_load(&slot->block[b].cell) - 1);

        if (!cell) /* not yet linked: the waiter looks when it is; or leaving */
            return false;
        if (!is_held(cell, locked)) {
            *unclaimed = true;
            return false;
        }
        /* looked at again under the lock */
        if (atomic_load(&slot->block[b].cell) != cell_index(cell) + 1 ||
            !word_satisfies(cell == locked ? seen : atomic_load(&cell->word), id))
            return false;
    }
    return n > 0;
}

bool grant_all(struct cell *locked, uint32_t number, uint64_t seen, bool pulse, bool *unclaimed) {
    struct thread_slot *slot = block_thread(number);
    const uint32_t first = number / WAIT_BLOCKS * WAIT_BLOCKS, id = block_thread_id(number);
    const uint32_t n = arena_count(&slot->n_blocks, WAIT_BLOCKS);
    struct cell *cells[WAIT_BLOCKS];
    uint32_t result = WAIT_ENDED | WAIT_INDEX_ALL, before;

    if (!all_satisfied(slot, id, locked, seen, unclaimed))
        return false;
    for (uint32_t b = 0; b < n; b++) {
        uint64_t word;

        cells[b] = &winipc_arena->cell[atomic_load(&slot->block[b].cell) - 1];
        word = atomic_load(&cells[b]->word) & ~WORD_WAITERS;
        result |= word_result(word);
        grant_intend(cells[b], first + b, pulse && cells[b] == locked ? word & ~WORD_SIGNALED : word_taken(word, id));
    }
    before = wait_end(slot, result, false);
    STEP("grant_all: decided");
    for (uint32_t b = 0; b < n; b++) {
        if (!before)
            grant_drop(cells[b]);
        else
            grant_finish(cells[b], first + b, slot, true, false);
        if (cells[b] != locked)
            queue_settle(cells[b]);
    }
    if (before & WAIT_ASLEEP)
        futex_wake(wait_futex(slot), 1);
    return before;
}
