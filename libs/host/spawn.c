/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Starting a Linux process; see spawn.h.  The child runs on a small stack in our memory until it executes the program, and so can
 * say why it could not.
 */
#include "libs/host/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILD_STACK 65536

/*
 * Only system calls from here on: the other threads' locks may be held.  Without the address sanitizer, whose marks of the variables would
 * outlive this stack, which is never returned on, and hit what is mapped there next.
 */
static int __attribute__((no_sanitize("address"))) child_main(void *argument) {
    struct spawn *spawn = argument;

    if (spawn->new_group)
        setpgid(0, 0);
    if (spawn->tied)
        prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (int i = 0; i < 3; i++) {
        if (spawn->std_fds[i] >= 0)
            dup2(spawn->std_fds[i], i);
    }
    for (size_t i = 0; i < spawn->n_keep; i++)
        fcntl(spawn->keep[i], F_SETFD, 0);
    if (spawn->default_signals) {
        sigaction(SIGPIPE, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
        sigaction(SIGXFSZ, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
    }
    if (spawn->ignores_interrupt)
        sigaction(SIGINT, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
    if (!spawn->directory || !chdir(spawn->directory)) {
        sigprocmask(SIG_SETMASK, &spawn->mask, NULL);
        execve(spawn->path, spawn->argv, spawn->environment);
    }
    spawn->error = errno;
    _exit(127);
}

int spawn_start(struct spawn *spawn, int *pidfd) {
    char *stack = mmap(NULL, CHILD_STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    sigset_t all, before;
    int pid;

    if (stack == MAP_FAILED)
        return -errno;
    spawn->error = 0;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    pid = clone(child_main, stack + CHILD_STACK, CLONE_VM | CLONE_VFORK | CLONE_PIDFD, spawn, pidfd);
    if (pid < 0)
        pid = -errno;
    sigprocmask(SIG_SETMASK, &before, NULL);
    munmap(stack, CHILD_STACK);
    if (pid > 0 && spawn->error) {
        waitpid(pid, NULL, __WALL);
        close(*pidfd);
        *pidfd = -1;
        return -spawn->error;
    }
    return pid;
}

int spawn_raise_fd(int fd) {
    const int raised = fcntl(fd, F_DUPFD_CLOEXEC, 3);

    return raised < 0 ? -errno : raised;
}
