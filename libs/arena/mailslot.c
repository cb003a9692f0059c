/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The state of a mailslot; see mailslot.h. */
#include "libs/arena/mailslot.h"
#include "libs/arena/wait.h"

#include <errno.h>

int mailslot_end_close(uint32_t file) {
    const struct cell *end = cell_at(file);
    struct cell *cell = end ? mailslot_of(end) : NULL;

    if (!cell || end->file.end)
        return 0;
    if (!cell_lock(cell))
        return -EAGAIN;
    atomic_fetch_and(&cell->mailslot.ends, ~1u);
    cell_wake_key(cell, MAILSLOT_HAS_MAIL);
    cell_unlock(cell);
    return 0;
}
