/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The memory of names and of objects' data in the arena, which the server alone gives out: free pieces of one size in a list each, the rest
 * of the space behind the last name.  Nothing of this is needed to read names: which pieces are free can be told from
 * the live cells at any time, which is done after a take-over, and when the space runs out in pieces of the wrong
 * sizes.
 */
#include "server/named.h"

#include "libs/arena/data.h"
#include "libs/arena/name.h"

#include <errno.h>
#include <stdlib.h>

#define STEP_GRAINS 8192u
#define CLASSES (DATA_MAX / NAME_GRAIN + 4)
_Static_assert(NAME_MAX_UNITS * 2 <= DATA_MAX, "a list for each size");

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

/* Return: as cell.name, 0 when there is no room. */
static uint32_t piece_find(uint32_t grains) {
    const uint32_t piece = piece_take(grains);

    return piece || name_store_collect() ? piece : piece_take(grains);
}

uint32_t name_write(uint32_t cell, uint32_t directory, const uint16_t *units, uint32_t n) {
    const uint32_t name = piece_find(name_grains(n));
    uint32_t bound;
    struct name_record *record;

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

uint32_t data_write(uint32_t cell, const void *bytes, uint32_t length) {
    const uint32_t data = piece_find(data_grains(length));
    struct data_record *record;
    uint32_t bound;

    if (!data)
        return 0;
    record = (struct data_record *)&winipc_arena->grain[data - 1];
    record->length = length;
    memcpy(record->bytes, bytes, length);
    STEP("data_write: bytes");
    atomic_store_explicit(&record->cell, cell, memory_order_release);
    return data_record_at(data, &bound) ? data : 0;
}

void data_free(uint32_t data, uint32_t length) {
    if (data && data <= used && data_grains(length) <= used - (data - 1))
        piece_free(data - 1, data_grains(length));
}

/* Marks the grains of a record of @cell that a live cell refers to.  *left: what is not marked yet; records that lie in
 * each other are garbage. */
static void collect_mark(uint8_t *marks, uint32_t end, uint32_t at, uint32_t grains, uint32_t *left) {
    if (grains > *left)
        return;
    *left -= grains;
    for (uint32_t i = at; i < at + grains && i < end; i++)
        marks[i / 8] |= (uint8_t)(1u << i % 8);
}

static void collect_name(uint8_t *marks, uint32_t end, uint32_t cell, uint32_t name, uint32_t *left) {
    uint32_t n;
    const struct name_record *record = name_record_at(name, &n);

    if (record && record->cell == cell)
        collect_mark(marks, end, name - 1, name_grains(n), left);
}

static void collect_data(uint8_t *marks, uint32_t end, uint32_t cell, uint32_t *left) {
    for (unsigned kind = 0; kind < DATA_KINDS; kind++) {
        const _Atomic uint32_t *place = data_place(cell, (enum data_kind)kind);
        const uint32_t data = place ? atomic_load(place) : 0;
        uint32_t length;
        const struct data_record *record = data_record_at(data, &length);

        if (record && record->cell == cell)
            collect_mark(marks, end, data - 1, data_grains(length), left);
    }
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
        collect_name(marks, end, i, atomic_load(&cell->name), &left);
        collect_data(marks, end, i, &left);
        if (cell_type(cell) == CELL_LINK)
            collect_name(marks, end, i, cell->link.target, &left);
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
