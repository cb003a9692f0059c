/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A key object of the registry: which key it stands for, and the events that are to be signalled when that changes.  The server writes and
 * clears the entries; whoever ends the object signals what is left.
 */
#ifndef WINIPC_ARENA_KEY_H
#define WINIPC_ARENA_KEY_H

#include "libs/arena/arena.h"

#define KEY_WATCHES 4u
#define KEY_SUBTREE (1u << 31)
#define KEY_WATCHED (1u << 30) /* set once somebody has asked */

/* key_signal() - signals one entry's event, if it is still there, and clears the entry.  Return: 0, or -EAGAIN in the server. */
int key_signal(struct key_watch *watch);
/* key_signal_all() - Return: 0, or -EAGAIN in the server: what is done is done. */
int key_signal_all(struct cell *cell);

#endif
