/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See key.h. */
#include "libs/arena/key.h"

#include "libs/arena/object.h"

#include <errno.h>

int key_signal(struct key_watch *watch) {
    const uint32_t index = atomic_load(&watch->event) - 1;
    struct cell *event = index == NO_CELL ? NULL : cell_at(index);
    const uint64_t state = event ? atomic_load(&event->state) : 0;

    if (event && STATE_TYPE(state) == CELL_EVENT && STATE_LIFE(state) == LIFE_LIVE && STATE_GENERATION(state) == watch->generation &&
        object_signal(event) < 0)
        return -EAGAIN;
    atomic_store(&watch->event, 0);
    return 0;
}

int key_signal_all(struct cell *cell) {
    int error = 0;

    for (uint32_t i = 0; i < KEY_WATCHES; i++)
        error |= key_signal(&cell->key.watch[i]);
    return error;
}
