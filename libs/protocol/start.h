/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef WINIPC_START_H
#define WINIPC_START_H

/* server_start() - starts winipcd, which lies beside this library ($WINIPC_SERVER: elsewhere), for the session in @folder, and waits
 * until it, or one that was started at the same time, can be connected to.  Return: 0 or -errno. */
int server_start(const char *folder);

#endif
