/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Nonsense in the arena, for tests of those who must live with it. */
#ifndef WINIPC_TESTS_SCRIBBLE_H
#define WINIPC_TESTS_SCRIBBLE_H

#include "libs/arena/arena.h"

#include <string.h>

static uint64_t random_state = 1;

static uint32_t random_next(void) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)(random_state >> 16);
}

static uint32_t random_below(uint32_t limit) {
    return random_next() % limit;
}

static bool one_in(uint32_t n) {
    return random_below(n) == 0;
}

/* A number that may be an index where one is read, or anything. */
static uint64_t word_make(void) {
    switch (random_below(6)) {
    case 0: return 0;
    case 1: return random_below(64);
    case 2: return random_next();
    case 3: return ~0ull;
    case 4: return CELL_STATE(random_below(CELL_TYPE_MAX), random_below(4), random_below(4), random_below(4));
    default: return (uint64_t)random_next() << 32 | random_below(1000);
    }
}

static void scribble_range(void *place, size_t size) {
    uint8_t *bytes = place;
    const uint64_t word = word_make();

    if (one_in(2))
        memcpy(bytes + random_below((uint32_t)(size / 8)) * 8, &word, 8);
    else
        memcpy(bytes + random_below((uint32_t)(size / 4)) * 4, &word, 4);
}

static void scribble(void) {
    struct arena *arena = winipc_arena;

    switch (random_below(8)) {
    case 0: scribble_range(&arena->header, 160); return;
    case 1: scribble_range(arena->page_owner, 256); return;
    case 2: scribble_range(&arena->process[random_below(8)], 128); return;
    case 3: scribble_range(&arena->thread[random_below(16)], 512); return;
    case 4: scribble_range(&arena->page[random_below(8)], one_in(2) ? 64 : ARENA_PAGE); return;
    default: scribble_range(&arena->cell[random_below(600)], sizeof(struct cell)); return;
    }
}

/* Space for all records there can be, full of what looks like records: what is worst for whoever walks through them. */
static void devastate(void) {
    struct arena *arena = winipc_arena;
    const uint32_t n = one_in(2) ? ARENA_MAX_CELLS : 1u << random_below(20), type = random_below(CELL_TYPE_MAX),
                   life = random_below(4);

    while (one_in(2) && !arena_grow(&arena->header.n_threads, ARENA_MAX_THREADS, 4096, offsetof(struct arena, thread),
                            sizeof arena->thread[0]))
        ;
    while (!arena_grow(
        &arena->header.n_pages, 1u << random_below(16), 4096, offsetof(struct arena, page), sizeof arena->page[0]))
        ;
    while (atomic_load(&arena->header.n_cells) < n && !arena_grow(&arena->header.n_cells, ARENA_MAX_CELLS, 4096,
                                                          offsetof(struct arena, cell), sizeof arena->cell[0]))
        ;
    for (uint32_t i = one_in(2) ? 60 : 0, owner = one_in(2) ? ARENA_MAX_PROCESSES : random_below(8); i < n; i++) {
        struct cell *cell = &arena->cell[i];

        for (uint32_t k = 0; k < sizeof cell->bytes / 4; k++)
            ((uint32_t *)(void *)cell->bytes)[k] = one_in(2) ? random_below(64) : i + random_below(3);
        atomic_store(&cell->lock, one_in(2) ? 0 : random_next());
        atomic_store(&cell->name, random_below(4000));
        atomic_store(&cell->refs, random_below(3));
        atomic_store(&cell->word, WORD_OF(type) | random_below(4));
        atomic_store(&cell->state,
            CELL_STATE(one_in(8) ? random_below(CELL_TYPE_MAX) : type, one_in(8) ? random_below(4) : life, 1, owner));
    }
}

#endif
