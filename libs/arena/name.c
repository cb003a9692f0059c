/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading the names of objects; see name.h. */
#include "libs/arena/name.h"

#define DEPTH_MAX 64

struct name_record *name_record_at(uint32_t name, uint32_t *n) {
    const uint32_t end = arena_count(&winipc_arena->header.n_grains, ARENA_MAX_GRAINS);
    struct name_record *record;

    if (!name || name > end || end - (name - 1) < name_grains(0))
        return NULL;
    record = (struct name_record *)&winipc_arena->grain[name - 1];
    *n = *(volatile uint16_t *)&record->n; /* once: it may change under us */
    return *n <= NAME_MAX_UNITS && name_grains(*n) <= end - (name - 1) ? record : NULL;
}

const uint16_t *name_units(uint32_t name, uint32_t *n) {
    const struct name_record *record = name_record_at(name, n);

    return record ? record->units : NULL;
}

uint32_t name_directory(uint32_t index) {
    uint32_t n;
    const struct cell *cell = cell_at(index);
    const struct name_record *record = cell ? name_record_at(atomic_load(&cell->name), &n) : NULL;
    const uint32_t directory = record && record->cell == index ? record->directory : NO_CELL;
    const uint64_t state = cell_at(directory) ? atomic_load(&cell_at(directory)->state) : 0;

    return STATE_TYPE(state) == CELL_DIRECTORY && STATE_GENERATION(state) == record->generation ? directory : NO_CELL;
}

static uint32_t unit_put(uint16_t *to, uint32_t room, uint32_t at, uint16_t unit) {
    if (at < room)
        to[at] = unit;
    return at + 1;
}

uint32_t name_path(uint32_t cell, uint16_t *to, uint32_t room) {
    uint32_t chain[DEPTH_MAX], depth = 0, at = 0;

    for (; cell != NO_CELL && cell != winipc_arena->header.root && depth < DEPTH_MAX; cell = name_directory(cell))
        chain[depth++] = cell;
    if (!depth)
        return unit_put(to, room, 0, '\\');
    while (depth--) {
        const struct cell *object = cell_at(chain[depth]);
        uint32_t n = 0;
        const uint16_t *units = object ? name_units(atomic_load(&object->name), &n) : NULL;

        if (!units)
            return 0;
        at = unit_put(to, room, at, '\\');
        for (uint32_t i = 0; i < n; i++)
            at = unit_put(to, room, at, units[i]);
    }
    return at;
}

uint32_t name_next(uint32_t directory, uint32_t from) {
    const uint32_t n = arena_count(&winipc_arena->header.n_cells, ARENA_MAX_CELLS);

    for (uint32_t i = from; i < n; i++) {
        if (atomic_load_explicit(&winipc_arena->cell[i].name, memory_order_relaxed) && name_directory(i) == directory &&
            STATE_LIFE(atomic_load(&winipc_arena->cell[i].state)) == LIFE_LIVE)
            return i;
    }
    return NO_CELL;
}
