/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The state of a mailslot: whether its reader's end is open.  Its messages are in the ring (mail_ring.h); the ends are
 * file objects (file.end 0: the reader's, 1: a writer's) that refer to it.
 */
#ifndef WINIPC_MAILSLOT_H
#define WINIPC_MAILSLOT_H

#include "libs/arena/arena.h"

/* The condition that a wait block's key names: a message is there, or the reader's end is closed. */
#define MAILSLOT_HAS_MAIL 1u

/* file.modes of an end: how it was opened, for those who open it next; bits FILE_SHARE_* of access and of sharing */
#define MAILSLOT_OPENED(access, sharing) (((access)&7u) | ((sharing)&7u) << 3)
#define MAILSLOT_ACCESS(modes) ((modes)&7u)
#define MAILSLOT_SHARING(modes) ((modes) >> 3 & 7u)

static inline bool mailslot_is_open(const struct cell *cell) {
    return atomic_load_explicit(&cell->mailslot.ends, memory_order_acquire) & 1;
}

/* mailslot_of() - the mailslot of which file object @file is an end.  Return: NULL if it is none. */
static inline struct cell *mailslot_of(const struct cell *file) {
    struct cell *cell = cell_type(file) == CELL_FILE && file->file.instance ? cell_at(file->file.instance - 1) : NULL;

    return cell && cell_type(cell) == CELL_MAILSLOT ? cell : NULL;
}

/* mailslot_end_close() - the last reference of a file object is gone (object_destroy).  Return: 0, or -EAGAIN in the
 * server. */
int mailslot_end_close(uint32_t file);

#endif
