/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The memory of names in the arena, which the server alone gives out: free pieces of one size in a list each, the rest
 * of the space behind the last name.  Nothing of this is needed to read names: which pieces are free can be told from
 * the live cells at any time, which is done after a take-over, and when the space runs out in pieces of the wrong
 * sizes.
 */
#include "server/named.h"

#include "libs/arena/name.h"

#include <errno.h>
#include <stdlib.h>

#define STEP_GRAINS 8192u
#define CLASSES (NAME_MAX_UNITS * 2 / NAME_GRAIN + 4)

/* A free piece: its first word is the next one of the list (as cell.name), and nobody's cell. */
static uint32_t free_list[CLASSES];
static uint32_t used; /* grains up to the end of the last name */

static void piece_free(uint32_t at, uint32_t grains) {
    while (grains) { /* a gap may be longer than any name */
        const uint32_t part = grains < CLASSES ? grains : CLASSES - 1;

        winipc_arena->grain[at] = free_list[part];
        free_list[part] = at + 1;
        at += part;
        grains -= part;
    }
}

static uint32_t piece_take(uint32_t grains) {
    const uint32_t name = free_list[grains];
    struct arena_header *header = &winipc_arena->header;

    if (name) {
        const uint64_t next = winipc_arena->grain[name - 1];

        /* whatever a client has written there */
        free_list[grains] = next && next <= used && grains <= used - (next - 1) ? (uint32_t)next : 0;
        return name;
    }
    while (arena_count(&header->n_grains, ARENA_MAX_GRAINS) < used + grains) {
        if (arena_grow(&header->n_grains, ARENA_MAX_GRAINS, STEP_GRAINS, offsetof(struct arena, grain), NAME_GRAIN))
            return 0;
    }
    used += grains;
    return used - grains + 1;
}

uint32_t name_write(uint32_t cell, uint32_t directory, const uint16_t *units, uint32_t n) {
    uint32_t name = piece_take(name_grains(n)), bound;
    struct name_record *record;

    if (!name && !name_store_collect())
        name = piece_take(name_grains(n));
    if (!name)
        return 0;
    record = (struct name_record *)&winipc_arena->grain[name - 1];
    record->n = (uint16_t)n;
    record->directory = directory;
    record->generation = cell_at(directory) ? STATE_GENERATION(atomic_load(&cell_at(directory)->state)) : 0;
    STEP("name_write: head");
    memcpy(record->units, units, n * sizeof *units);
    STEP("name_write: units");
    atomic_store_explicit(&record->cell, cell, memory_order_release);
    return name_record_at(name, &bound) ? name : 0;
}

void name_free(uint32_t name, uint32_t n) {
    if (name && name <= used && name_grains(n) <= used - (name - 1))
        piece_free(name - 1, name_grains(n));
}

/* Marks the grains of a record of @cell that a live cell refers to.  *left: what is not marked yet; records that lie in
 * each other are garbage. */
static void collect_mark(uint8_t *marks, uint32_t end, uint32_t cell, uint32_t name, uint32_t *left) {
    uint32_t n;
    const struct name_record *record = name_record_at(name, &n);

    if (!record || record->cell != cell || name_grains(n) > *left)
        return;
    *left -= name_grains(n);
    for (uint32_t at = name - 1; at < name - 1 + name_grains(n) && at < end; at++)
        marks[at / 8] |= (uint8_t)(1u << at % 8);
}

int name_store_collect(void) {
    const uint32_t end = arena_count(&winipc_arena->header.n_grains, ARENA_MAX_GRAINS);
    const uint32_t n_cells = arena_count(&winipc_arena->header.n_cells, ARENA_MAX_CELLS);
    uint8_t *marks = calloc(end / 8 + 1, 1);
    uint32_t gap = 0, left = end;

    if (!marks)
        return -ENOMEM;
    memset(free_list, 0, sizeof free_list);
    for (uint32_t i = 0; i < n_cells; i++) {
        const struct cell *cell = &winipc_arena->cell[i];

        if (cell_type(cell) == CELL_FREE)
            continue;
        collect_mark(marks, end, i, atomic_load(&cell->name), &left);
        if (cell_type(cell) == CELL_LINK)
            collect_mark(marks, end, i, cell->link.target, &left);
    }
    used = 0;
    for (uint32_t at = 0; at < end; at++) {
        if (!(marks[at / 8] & 1u << at % 8))
            continue;
        piece_free(gap, at - gap);
        gap = used = at + 1;
    }
    free(marks);
    return 0;
}
