/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Cells: taking, counting, giving back.  See arena.h for the life of a cell. */
#include "libs/arena/arena.h"
#include "libs/arena/object.h"
#include "libs/arena/step.h"

#include <string.h>

#define CACHE 8
#define CELL_TRIES 100
#define GROW_MIN 512
#define FAIR_STEPS 4
#define DEPTH_MAX                                                                                                      \
    8 /* objects end objects: a file its pipe instance, that its pipe; what is deeper is garbage, and stays */

/* Cells that this thread freed lately: where a program that makes and closes objects in a loop finds its next one. */
static _Thread_local struct {
    uint32_t n;
    uint32_t index[CACHE];
} free_cells __attribute__((tls_model("initial-exec")));

/* FREE -> MAKING.  Return: whether the cell is ours now. */
static bool cell_claim(uint32_t index, enum cell_type type) {
    struct cell *cell = &winipc_arena->cell[index];
    uint64_t state = atomic_load_explicit(&cell->state, memory_order_relaxed);

    if (STATE_LIFE(state) != LIFE_FREE)
        return false;
    return atomic_compare_exchange_strong(
        &cell->state, &state, CELL_STATE(type, LIFE_MAKING, STATE_GENERATION(state) + 1, arena_process));
}

/* By an eighth, so that a search's price, which the growth pays for, stays the same at any size. */
static int cells_grow(uint32_t n) {
    const uint32_t step = n / 8 < GROW_MIN ? GROW_MIN : n / 8;

    return arena_grow(
        &winipc_arena->header.n_cells, ARENA_MAX_CELLS, step, offsetof(struct arena, cell), sizeof(struct cell));
}

static uint32_t cell_try(enum cell_type type, uint32_t index) {
    if (!cell_claim(index, type))
        return NO_CELL;
    atomic_store_explicit(&winipc_arena->header.free_cell, index + 1, memory_order_relaxed);
    return index;
}

/*
 * Takes the next free cell from the hint on, and leaves the hint behind it: what is freed meanwhile is found on the
 * next round.  A search over full cells is dear: what it looks at beyond FAIR_STEPS goes into a debt that all share,
 * and when that exceeds the cells there are, more are made.  So a search costs a few steps on the average however full
 * the arena is, and an arena with room to spare does not grow.  *full: there is no room for more.
 */
static uint32_t cell_search(enum cell_type type, bool *full) {
    struct arena_header *header = &winipc_arena->header;
    const uint32_t n = arena_count(&header->n_cells, ARENA_MAX_CELLS);
    const uint32_t start = atomic_load_explicit(&header->free_cell, memory_order_relaxed);
    uint64_t debt = atomic_load_explicit(&header->search_debt, memory_order_relaxed);
    uint32_t index = NO_CELL;
    bool grown = false;

    for (uint32_t i = 0; i < n && index == NO_CELL && !grown; i++, debt++) {
        index = cell_try(type, (uint32_t)(((uint64_t)start + i) % n));
        if (debt > n) {
            grown = index == NO_CELL && !cells_grow(n);
            debt = 0;
        }
    }
    debt = debt > FAIR_STEPS ? debt - FAIR_STEPS : 0;
    atomic_store_explicit(&header->search_debt, (uint32_t)debt, memory_order_relaxed);
    *full = index == NO_CELL && !grown && cells_grow(n);
    for (uint32_t i = n; index == NO_CELL && i < arena_count(&header->n_cells, ARENA_MAX_CELLS); i++)
        index = cell_try(type, i);
    return index;
}

/* Others may take what was made, again and again; and a count that somebody garbles must not keep us for ever. */
static uint32_t cell_find(enum cell_type type) {
    bool full = false;
    uint32_t index = NO_CELL;

    for (unsigned tries = 0; index == NO_CELL && !full && tries < CELL_TRIES; tries++)
        index = cell_search(type, &full);
    return index;
}

uint32_t cell_make(enum cell_type type) {
    uint32_t index = NO_CELL;
    struct cell *cell;

    while (free_cells.n && index == NO_CELL) {
        index = free_cells.index[--free_cells.n];
        if (!cell_claim(index, type))
            index = NO_CELL;
    }
    if (index == NO_CELL)
        index = cell_find(type);
    if (index == NO_CELL)
        return NO_CELL;
    STEP("cell_make: claimed");
    cell = &winipc_arena->cell[index];
    memset(cell->bytes, 0, sizeof cell->bytes);
    cell->flags = 0;
    atomic_store_explicit(&cell->head, 0, memory_order_relaxed);
    atomic_store_explicit(&cell->tail, 0, memory_order_relaxed);
    atomic_store_explicit(&cell->grant, 0, memory_order_relaxed);
    atomic_store_explicit(&cell->name, 0, memory_order_relaxed);
    atomic_store_explicit(&cell->cpu, 0, memory_order_relaxed);
    atomic_store_explicit(&cell->security, 0, memory_order_relaxed);
    atomic_store_explicit(&cell->refs, 1, memory_order_relaxed);
    atomic_store_explicit(&cell->word, WORD_OF(type), memory_order_release);
    return index;
}

void cell_live(uint32_t index) {
    struct cell *cell = &winipc_arena->cell[index];
    const uint64_t state = atomic_load_explicit(&cell->state, memory_order_relaxed);

    STEP("cell_live");
    atomic_store_explicit(
        &cell->state, CELL_STATE(STATE_TYPE(state), LIFE_LIVE, STATE_GENERATION(state), 0), memory_order_release);
}

void cell_free(uint32_t index) {
    struct cell *cell = &winipc_arena->cell[index];
    const uint64_t state = atomic_load_explicit(&cell->state, memory_order_relaxed);

    atomic_store_explicit(&cell->word, 0, memory_order_relaxed);
    atomic_store_explicit(&cell->refs, 0, memory_order_relaxed);
    STEP("cell_free");
    atomic_store_explicit(
        &cell->state, CELL_STATE(CELL_FREE, LIFE_FREE, STATE_GENERATION(state), 0), memory_order_release);
    if (free_cells.n < CACHE)
        free_cells.index[free_cells.n++] = index;
}

bool cell_ref(uint32_t index) {
    struct cell *cell = cell_at(index);
    uint64_t refs;

    if (!cell)
        return false;
    refs = atomic_load_explicit(&cell->refs, memory_order_relaxed);
    do {
        if (!(uint32_t)refs)
            return false;
    } while (!atomic_compare_exchange_weak(&cell->refs, &refs, refs + (1ull << 32) + 1));
    return true;
}

void cell_unref(uint32_t index) {
    static _Thread_local unsigned depth __attribute__((tls_model("initial-exec")));
    struct cell *cell = cell_at(index);
    uint64_t state;

    if (!cell)
        return;
    STEP("cell_unref");
    /* adds one to the high half and takes one from the low half */
    if ((uint32_t)atomic_fetch_add(&cell->refs, (1ull << 32) - 1) != 1) {
        if (cell_type(cell) == CELL_JOB &&
            object_gone) /* was it the last handle, the job's processes may have to end */
            object_gone(index);
        return;
    }
    STEP("cell_unref: last");
    state = atomic_load(&cell->state);
    while (STATE_LIFE(state) == LIFE_LIVE || STATE_LIFE(state) == LIFE_MAKING) {
        if (atomic_compare_exchange_weak(&cell->state, &state,
                CELL_STATE(STATE_TYPE(state), LIFE_DYING, STATE_GENERATION(state), arena_process))) {
            if (depth < DEPTH_MAX) {
                depth++;
                object_destroy(index);
                depth--;
            }
            return;
        }
    }
}

void record_drop(_Atomic uint32_t *place) {
    uint32_t record = atomic_load(place);

    if (!record)
        return;
    intent_begin(record - 1);
    if (atomic_compare_exchange_strong(place, &record, 0)) {
        STEP("record_drop");
        cell_unref(record - 1);
    }
    intent_end();
}
