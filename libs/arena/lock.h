/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The robust lock of one object: a futex word that holds its owner's Linux thread id.  The owner announces it in
 * list_op_pending of its robust list before it takes it and until it has given it back, so that the kernel marks the
 * word (FUTEX_OWNER_DIED) if the owner is killed at any instruction between.  One lock a thread at a time: that
 * announcement is a single word.  Nothing but arena code runs under it, and nothing under it waits.
 */
#ifndef WINIPC_ARENA_LOCK_H
#define WINIPC_ARENA_LOCK_H

#include "libs/arena/arena.h"

enum lock_result { LOCK_TAKEN = 0, LOCK_TAKEN_FROM_DEAD = 1, LOCK_BUSY = 2 };

/* lock_take() - takes @lock; in the server only if that needs no wait (LOCK_BUSY otherwise).  After
 * LOCK_TAKEN_FROM_DEAD the caller must mend what the lock guards. */
enum lock_result lock_take(_Atomic uint32_t *lock);
void lock_give(_Atomic uint32_t *lock);

/* A claim is the same lock, taken besides another one: its word names the claimer's thread slot, since the kernel knows
 * of one lock a thread only.  If the claimer is killed, the sweep frees it (lock_sweep). */
#define LOCK_CLAIMED (1u << 29) /* Linux ids end below */
/* lock_claim_word() - what the calling thread's claims look like: slot, and generation of the slot. */
uint32_t lock_claim_word(void);
/* lock_claim() - takes @lock if it is free and whole.  Return: whether it did.  Never waits. */
bool lock_claim(_Atomic uint32_t *lock);
void lock_unclaim(_Atomic uint32_t *lock);
/* lock_sweep() - if @lock is claimed by a thread of process slot @process (ARENA_MAX_PROCESSES: a former server), which
 * is dead: marks it as the kernel would. */
void lock_sweep(_Atomic uint32_t *lock, uint32_t process);

/* lock_announce(), lock_retract() - around the time in which @lock may bear our thread id. */
void lock_announce(_Atomic uint32_t *lock);
void lock_retract(void);

/* arena_life_hold() - makes the calling thread (the server's only one) the robust owner of header.life for the rest of
 * its life. */
void arena_life_hold(void);

#endif
