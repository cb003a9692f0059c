/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Starting a Linux process: vfork's way, with the child's descriptors, folder, group and signals settled (spawn.c). */
#ifndef WINIPC_HOST_SPAWN_H
#define WINIPC_HOST_SPAWN_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

struct spawn {
    const char *path;
    char **argv, **environment;
    const char *directory; /* NULL: ours */
    int std_fds[3];        /* become 0, 1 and 2, and lie above them; -1: as ours */
    const int *keep;       /* descriptors that stay open under their numbers */
    size_t n_keep;
    bool new_group;
    bool ignores_interrupt; /* SIGINT */
    bool tied;             /* killed when the calling thread ends */
    sigset_t mask;         /* blocked signals */
    bool default_signals;   /* SIGPIPE and SIGXFSZ, which we ignore */
    int error;             /* written by the child, in our memory, when it could not start */
};

/* spawn_start() - starts the program; no SIGCHLD tells of its end, and only waits with __WCLONE or __WALL find it.
 * Return: its pid, *pidfd being its pidfd; or -errno, also for what execve said. */
int spawn_start(struct spawn *spawn, int *pidfd);

/* spawn_raise_fd() - a close-on-exec copy of @fd above the standard three.  Return: -errno. */
int spawn_raise_fd(int fd);

#endif
