/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the dispatcher objects do: events, mutants, semaphores, and the one-way signals of threads, processes and files.
 * All return 0 or a value; in the server, which never waits for a lock, also -EAGAIN.
 */
#ifndef WINIPC_ARENA_OBJECT_H
#define WINIPC_ARENA_OBJECT_H

#include "libs/arena/arena.h"

/* object_signal() - sets the signalled bit (event, timer, process, thread, file).  Return: whether it was set before,
 * or -EAGAIN. */
int object_signal(struct cell *cell);
/* object_reset() - clears it.  Return: whether it was set. */
int object_reset(struct cell *cell);
/* event_pulse() - ends the waits of those who wait at this instant (one, for an auto-reset event).  Return: whether it
 * was signalled. */
int event_pulse(struct cell *cell);
/* semaphore_release() - Return: the count before, or -EOVERFLOW when it would exceed the maximum (nothing changes). */
int64_t semaphore_release(struct cell *cell, uint32_t count);
/* mutant_release() - by the calling thread.  Return: the recursion count that is left, or -EPERM if it is not the
 * owner. */
int64_t mutant_release(struct cell *cell);
/* mutant_taken() - bookkeeping of the calling thread after a wait gave it mutant @cell. */
void mutant_taken(struct cell *cell);
/* mutant_abandon() - its owner, thread @id, has ended.  Return: 0 or -EAGAIN. */
int mutant_abandon(struct cell *cell, uint32_t id);
/* mutants_unsure() - the calling thread may own mutants that it does not remember: it was ended in a wait, perhaps. */
void mutants_unsure(void);
/* mutants_are_known() - whether it owns none but those that mutant_taken was told of, and these are given up. */
bool mutants_are_known(void);
/* arena_thread_leave() - the calling thread ends: abandons its mutants, frees what it has in private memory. */
void arena_thread_leave(void);

/* object_destroy() - the end of an object whose last reference is gone (DYING): the type's own end, its name, then
 * FREE.  Waits for waiters to leave: the last of them calls it again.  Return: 0, or -EAGAIN in the server, whose sweep
 * finds the cell again. */
int object_destroy(uint32_t index);
/* object_destroy_finish() - the part of it that the sweep repeats if who did it was killed.  Return: 0, or -EAGAIN in
 * the server. */
int object_destroy_finish(uint32_t index);
/* Set by the client: tells the server that a named object, or a pipe instance, is gone, or that a job has one reference less. */
extern void (*object_gone)(uint32_t index);

#endif
