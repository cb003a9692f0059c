/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Standard descriptors that are closed.  A program may be started without them, and then the next ones that we open would get their
 * numbers: what is written to "stderr" would go into the session's memory.  So their places are taken, by /dev/null, for this process
 * alone (close-on-exec, by which they are known again): to the program, and to its children, they are closed.
 */
#ifndef WINIPC_HOST_STD_FDS_H
#define WINIPC_HOST_STD_FDS_H

#include <stdbool.h>

/* std_fds_occupy() - before this process opens anything. */
void std_fds_occupy(void);
/* std_fd_is_open() - whether the process was started with descriptor @fd (0, 1 or 2). */
bool std_fd_is_open(int fd);

#endif
