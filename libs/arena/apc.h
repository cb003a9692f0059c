/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * User APCs of any thread of the session.  Each is a cell; those that its thread has not looked at are a chain from its
 * object, the latest first, to which one store adds.  The cell is the target process's from the moment before it is in
 * the chain, so that it goes with it at the latest.
 */
#ifndef WINIPC_ARENA_APC_H
#define WINIPC_ARENA_APC_H

#include "libs/arena/wait.h"

enum apc_kind {
    APC_REGULAR, /* runs when its thread waits alertably */
    APC_SPECIAL, /* runs as soon as its thread is in the program's code, or in an alertable wait */
    APC_KINDS
};

struct apc_call {
    uint64_t function; /* an address in the target's process, or as flags say */
    uint64_t argument[3];
    uint32_t flags; /* the caller's */
    enum apc_kind kind;
};

/* apc_post() - queues an APC to the thread that cell @thread->cell was when its state was @thread->state, and ends its
 * alertable wait; a special one's thread is still to be told where that does not reach it. Return: 0, -ESRCH (the thread has ended), -ENOSPC (the arena is full). */
int apc_post(const struct wait_object *thread, const struct apc_call *call);
/* apc_withdraw() - takes back an APC of this process, known by @call's function, first argument and kind, that has not begun.
 * Return: whether it was there; not when its thread is another one, which is running APCs that were queued with it. */
bool apc_withdraw(const struct wait_object *thread, const struct apc_call *call);
/* apc_take() - takes the calling thread's next APC of a kind.  Return: whether there was one. */
bool apc_take(enum apc_kind kind, struct apc_call *call);
/* apc_close() - the calling thread ends: from now on it has no APCs. */
void apc_close(void);

#endif
