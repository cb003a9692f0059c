/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading the data of objects; see data.h. */
#include "libs/arena/data.h"

#include <string.h>

#define TRIES 100

_Atomic uint32_t *data_place(uint32_t index, enum data_kind kind) {
    struct cell *cell = cell_at(index);

    if (!cell)
        return NULL;
    if (kind == DATA_DESCRIPTOR)
        return &cell->security;
    return cell_type(cell) == CELL_TOKEN ? &cell->token.body : NULL;
}

struct data_record *data_record_at(uint32_t data, uint32_t *length) {
    const uint32_t end = arena_count(&winipc_arena->header.n_grains, ARENA_MAX_GRAINS);
    struct data_record *record;

    if (!data || data > end || end - (data - 1) < data_grains(0))
        return NULL;
    record = (struct data_record *)&winipc_arena->grain[data - 1];
    *length = *(volatile uint32_t *)&record->length; /* once: it may change under us */
    return *length <= DATA_MAX && data_grains(*length) <= end - (data - 1) ? record : NULL;
}

uint32_t data_read(uint32_t cell, enum data_kind kind, void *to, uint32_t room) {
    const _Atomic uint32_t *place = data_place(cell, kind);

    for (unsigned tries = 0; place && tries < TRIES; tries++) {
        const uint32_t data = atomic_load_explicit(place, memory_order_acquire);
        const struct data_record *record;
        uint32_t length = 0;

        if (!data)
            return 0;
        record = data_record_at(data, &length);
        if (record && length <= room)
            memcpy(to, record->bytes, length);
        atomic_thread_fence(memory_order_acquire);
        if (atomic_load_explicit(place, memory_order_relaxed) == data)
            return record && length <= room && record->cell == cell ? length : 0;
    }
    return 0;
}
