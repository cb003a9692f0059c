/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The robust lock of one object: a futex word that holds its owner's Linux thread id.  The owner announces it in list_op_pending of its
 * robust list before it takes it and until it has given it back, so that the kernel marks the word (FUTEX_OWNER_DIED) if the owner is
 * killed at any instruction between.  One lock a thread at a time: that announcement is a single word.  Nothing but arena code runs
 * under it, and nothing under it waits.
 */
#ifndef WINIPC_ARENA_LOCK_H
#define WINIPC_ARENA_LOCK_H

#include "libs/arena/arena.h"

enum lock_result { LOCK_TAKEN = 0, LOCK_TAKEN_FROM_DEAD = 1, LOCK_BUSY = 2 };

/* lock_take() - takes @lock; in the server only if that needs no wait (LOCK_BUSY otherwise).  After LOCK_TAKEN_FROM_DEAD the caller
 * must mend what the lock guards. */
enum lock_result lock_take(_Atomic uint32_t *lock);
void lock_give(_Atomic uint32_t *lock);

/* arena_life_hold() - makes the calling thread (the server's only one) the robust owner of header.life for the rest of its life. */
void arena_life_hold(void);

#endif
