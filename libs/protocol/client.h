/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A process's connection to its session's server: made on first need, one exchange at a time.  The typed calls (server_ping,
 * server_object_create…) are made from requests.list and declared in requests.h.
 */
#ifndef WINIPC_CLIENT_H
#define WINIPC_CLIENT_H

#include "libs/protocol/requests.h"

/*
 * server_enter() - connects this process to its session, starting the server if there is none, and maps the arena: sets
 * winipc_arena and arena_process.
 * @slot: the process slot that the parent claimed for us, or ARENA_MAX_PROCESSES: the server claims one, which stays STARTING until
 * this process sets it to RUNNING.
 *
 * Return: an NTSTATUS; why it failed is then on stderr.
 */
int32_t server_enter(uint32_t slot);

/* server_forked() - forgets the connection that a child shares with its parent; called by itself after fork(). */
void server_forked(void);

/* server_revive() - starts a server if there is none, and has not been for @missing_ms: for wait_server_died
 * (libs/arena/wait.h).  Takes no lock. */
void server_revive(unsigned missing_ms);

/* Tells the server that the object in a cell is gone: for object_gone (libs/arena/object.h). */
void server_cell_gone(uint32_t cell);

#endif
