/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The dispatcher objects' operations; see object.h.  Each has two ways: one compare-and-swap when nobody waits, else
 * the lock. */
#include "libs/arena/object.h"
#include "libs/arena/fcb.h"
#include "libs/arena/key.h"
#include "libs/arena/mailslot.h"
#include "libs/arena/pipe_state.h"
#include "libs/arena/port.h"
#include "libs/arena/step.h"
#include "libs/arena/wait.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

void (*object_gone)(uint32_t index);

static void cpu_note(struct cell *cell) {
    atomic_store_explicit(&cell->cpu, (uint16_t)cpu_number(), memory_order_relaxed);
}

int object_signal(struct cell *cell) {
    uint64_t word = atomic_load_explicit(&cell->word, memory_order_relaxed);

    cpu_note(cell);
    while (!(word & WORD_WAITERS)) {
        if (word & WORD_SIGNALED)
            return 1;
        if (atomic_compare_exchange_weak_explicit(
                &cell->word, &word, word | WORD_SIGNALED, memory_order_acq_rel, memory_order_relaxed))
            return 0;
    }
    if (!cell_lock_to_signal(cell))
        return -EAGAIN;
    word = atomic_fetch_or(&cell->word, WORD_SIGNALED);
    STEP("object_signal: set");
    if (!(word & WORD_SIGNALED))
        cell_satisfy(cell, SATISFY_SIGNAL);
    cell_unlock_signalled(cell);
    return word & WORD_SIGNALED;
}

int object_reset(struct cell *cell) {
    uint64_t word = atomic_load_explicit(&cell->word, memory_order_relaxed);

    while (!(word & WORD_WAITERS)) {
        if (!(word & WORD_SIGNALED))
            return 0;
        if (atomic_compare_exchange_weak_explicit(
                &cell->word, &word, word & ~WORD_SIGNALED, memory_order_acq_rel, memory_order_relaxed))
            return 1;
    }
    if (!cell_lock(cell))
        return -EAGAIN;
    word = atomic_fetch_and(&cell->word, ~WORD_SIGNALED);
    cell_unlock(cell);
    return word & WORD_SIGNALED;
}

int event_pulse(struct cell *cell) {
    uint64_t word;

    cpu_note(cell);
    if (!cell_lock_to_signal(cell))
        return -EAGAIN;
    word = atomic_fetch_and(&cell->word, ~WORD_SIGNALED);
    if (!(word & WORD_SIGNALED))
        cell_satisfy(cell, SATISFY_PULSE);
    cell_unlock_signalled(cell);
    return word & WORD_SIGNALED;
}

int64_t semaphore_release(struct cell *cell, uint32_t count) {
    uint64_t word = atomic_load_explicit(&cell->word, memory_order_relaxed);
    const uint32_t maximum = cell->semaphore.maximum;

    cpu_note(cell);
    while (!(word & WORD_WAITERS)) {
        if (count > maximum || WORD_COUNT(word) > maximum - count)
            return -EOVERFLOW;
        if (atomic_compare_exchange_weak_explicit(
                &cell->word, &word, word + count, memory_order_acq_rel, memory_order_relaxed))
            return WORD_COUNT(word);
    }
    if (!cell_lock_to_signal(cell))
        return -EAGAIN;
    word = atomic_load(&cell->word);
    if (count > maximum || WORD_COUNT(word) > maximum - count) {
        cell_unlock_signalled(cell);
        return -EOVERFLOW;
    }
    /* without WORD_WAITERS others may change the count at the same time */
    word = atomic_fetch_add(&cell->word, count);
    STEP("semaphore_release: counted");
    cell_satisfy(cell, SATISFY_SIGNAL);
    cell_unlock_signalled(cell);
    return WORD_COUNT(word);
}

/* ---- mutants: the thread remembers which ones it owns, so that its end can abandon them ---- */

static _Thread_local bool unsure __attribute__((tls_model("initial-exec")));

void mutants_unsure(void) {
    unsure = true;
}

bool mutants_are_known(void) {
    return !unsure && !arena_self.n_owned;
}

void mutant_taken(struct cell *cell) {
    const uint32_t recursion = atomic_load_explicit(&cell->mutant.recursion, memory_order_relaxed);
    const uint32_t index = cell_index(cell);

    for (uint32_t i = arena_self.n_owned; i--;) {
        if (arena_self.owned[i] != index)
            continue;
        atomic_store_explicit(&cell->mutant.recursion, recursion + 1, memory_order_relaxed);
        return;
    }
    if (arena_self.n_owned == arena_self.max_owned) {
        const uint32_t want = arena_self.max_owned ? 2 * arena_self.max_owned : 16;
        uint32_t *more = realloc(arena_self.owned, want * sizeof *more);

        if (more) {
            arena_self.owned = more;
            arena_self.max_owned = want;
        }
    }
    if (arena_self.n_owned < arena_self.max_owned)
        arena_self.owned[arena_self.n_owned++] = index;
    else
        mutants_unsure();
    atomic_store_explicit(&cell->mutant.recursion, 1, memory_order_relaxed);
}

static void mutant_forget(uint32_t index) {
    for (uint32_t i = arena_self.n_owned; i--;) {
        if (arena_self.owned[i] != index)
            continue;
        arena_self.owned[i] = arena_self.owned[--arena_self.n_owned];
        return;
    }
}

/* Takes the owner off and lets the next one in.  @bits: 0 or WORD_ABANDONED.  Return: 0 or -EAGAIN. */
static int mutant_free(struct cell *cell, uint32_t owner, uint64_t bits) {
    uint64_t word = atomic_load_explicit(&cell->word, memory_order_relaxed);

    cpu_note(cell);
    while (!(word & WORD_WAITERS) && WORD_OWNER(word) == owner) {
        if (atomic_compare_exchange_weak_explicit(
                &cell->word, &word, (word & ~0xffffffffull) | bits, memory_order_acq_rel, memory_order_relaxed))
            return 0;
    }
    if (WORD_OWNER(word) != owner)
        return 0;
    if (!cell_lock_to_signal(cell))
        return -EAGAIN;
    word = atomic_load(&cell->word);
    while (
        WORD_OWNER(word) == owner && !atomic_compare_exchange_weak(&cell->word, &word, (word & ~0xffffffffull) | bits))
        ;
    STEP("mutant_free: free");
    cell_satisfy(cell, SATISFY_SIGNAL);
    cell_unlock_signalled(cell);
    return 0;
}

int64_t mutant_release(struct cell *cell) {
    const uint32_t recursion = atomic_load_explicit(&cell->mutant.recursion, memory_order_relaxed);

    if (WORD_OWNER(atomic_load_explicit(&cell->word, memory_order_relaxed)) != arena_self.id)
        return -EPERM;
    if (recursion > 1) {
        atomic_store_explicit(&cell->mutant.recursion, recursion - 1, memory_order_relaxed);
        return recursion - 1;
    }
    mutant_forget(cell_index(cell));
    mutant_free(cell, arena_self.id, 0);
    return 0;
}

int mutant_abandon(struct cell *cell, uint32_t id) {
    return mutant_free(cell, id, WORD_ABANDONED);
}

void arena_thread_leave(void) {
    while (arena_self.n_owned)
        mutant_abandon(&winipc_arena->cell[arena_self.owned[--arena_self.n_owned]], arena_self.id);
    free(arena_self.owned);
    arena_self.owned = NULL;
    arena_self.max_owned = 0;
    claims_free();
}

/* ---- the end of an object ---- */

/* What can be done again by the sweep, should we be killed in it. */
int object_destroy_finish(uint32_t index) {
    struct cell *cell = &winipc_arena->cell[index];
    const enum cell_type type = cell_type(cell);
    uint32_t inner = 0;

    if (type == CELL_PIPE_INSTANCE)
        record_drop(&cell->instance.token);
    if (type == CELL_FILE && cell->file.instance) {
        if (pipe_end_close(index) || mailslot_end_close(index))
            return -EAGAIN;
        inner = cell->file.instance;
        intent_begin(inner - 1);
        cell->file.instance = 0;
    } else if (type == CELL_PIPE_INSTANCE && cell->instance.pipe) {
        inner = cell->instance.pipe;
        intent_begin(inner - 1);
        cell->instance.pipe = 0;
    } else if (type == CELL_JOB && atomic_load(&cell->job.parent)) {
        inner = atomic_load(&cell->job.parent);
        intent_begin(inner - 1);
        atomic_store(&cell->job.parent, 0);
    }
    if (type == CELL_FILE && fcb_leave(index))
        return -EAGAIN;
    if (type == CELL_KEY && key_signal_all(cell))
        return -EAGAIN;
    if (type == CELL_COMPLETION)
        port_end(index);
    if ((cell->flags & (CELL_NAMED | CELL_LEFT | CELL_KEPT) || (type == CELL_PIPE_INSTANCE && inner)) && object_gone)
        object_gone(index);
    if (type == CELL_PIPE_INSTANCE && inner && cell_at(inner - 1))
        pipe_wake(inner - 1, PIPE_HAS_LISTENER); /* who waits for an instance learns that the pipe is gone */
    STEP("object_destroy: before free");
    cell_free(index);
    if (inner)
        cell_unref(inner - 1);
    return 0;
}

int object_destroy(uint32_t index) {
    struct cell *cell = &winipc_arena->cell[index];
    bool mine = false;

    if (!cell_lock(cell))
        return -EAGAIN;
    if (WORD_TYPE(atomic_load(&cell->word)) == CELL_COMPLETION && STATE_LIFE(atomic_load(&cell->state)) == LIFE_DYING)
        port_abandon(cell);
    if (!atomic_load(&cell->head) && STATE_LIFE(atomic_load(&cell->state)) == LIFE_DYING &&
        WORD_TYPE(atomic_load(&cell->word)) != CELL_FREE) {
        const uint64_t state = atomic_load(&cell->state);

        atomic_store(&cell->state, CELL_STATE(STATE_TYPE(state), LIFE_DYING, STATE_GENERATION(state), arena_process));
        atomic_store(&cell->word, 0); /* whoever comes second leaves it to us */
        mine = true;
    }
    cell_unlock(cell);
    STEP("object_destroy: claimed");
    return mine ? object_destroy_finish(index) : 0;
}
