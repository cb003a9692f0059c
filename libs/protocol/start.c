/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Starting the server.  Any number of processes may do so at once: the servers settle it among themselves by the session's lock, and
 * all but one go away when that one can be reached (server/session.c).
 *
 * The child shares our memory until it executes, sends no SIGCHLD and is not found by the program's own wait(): only by ours, with
 * __WCLONE.  It keeps none of our descriptors, signal mask or dispositions.
 */
#include "libs/protocol/start.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define STACK_SIZE (64u * 1024)

struct start {
    char path[4096];
    const char *folder;
    sigset_t mask;
    int error; /* the child's errno */
};

static int server_path(char *path, size_t size) {
    const char *given = getenv("WINIPC_SERVER");
    Dl_info self;
    const char *slash;
    int length;

    if (given)
        length = snprintf(path, size, "%s", given);
    else if (!dladdr((void *)(uintptr_t)server_start, &self) || !self.dli_fname || !(slash = strrchr(self.dli_fname, '/')))
        return -ENOENT;
    else
        length = snprintf(path, size, "%.*s/winipcd", (int)(slash - self.dli_fname), self.dli_fname);
    return length > 0 && (size_t)length < size ? 0 : -ENAMETOOLONG;
}

static int start_child(void *argument) {
    struct start *start = argument;
    char *const args[] = {start->path, (char *)(uintptr_t)start->folder, NULL};
    const struct sigaction standard = {.sa_handler = SIG_DFL};
    int null;

    for (int signal = 1; signal < NSIG; signal++)
        sigaction(signal, &standard, NULL);
    sigprocmask(SIG_SETMASK, &start->mask, NULL);
    setsid();
    null = open("/dev/null", O_RDWR);
    for (int fd = 0; fd < 3 && null >= 0; fd++)
        dup2(null, fd);
    close_range(3, ~0u, 0);
    if (chdir("/") == 0)
        execv(start->path, args);
    start->error = errno;
    _exit(127);
}

/* Return: the exit status of winipcd, which is 0 once a server listens, or an errno, negated. */
static int start_wait(pid_t child) {
    int status;

    while (waitpid(child, &status, __WCLONE) < 0) {
        if (errno != EINTR)
            return -errno;
    }
    if (!WIFEXITED(status))
        return -ECHILD;
    return -WEXITSTATUS(status);
}

int server_start(const char *folder) {
    struct start start = {.folder = folder};
    sigset_t all, old;
    char *stack;
    pid_t child;
    int error = server_path(start.path, sizeof start.path);

    if (error)
        return error;
    stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (stack == MAP_FAILED)
        return -errno;
    sigfillset(&all);
    sigemptyset(&start.mask);
    pthread_sigmask(SIG_SETMASK, &all, &old); /* no handler of the program's may run in the child */
    child = clone(start_child, stack + STACK_SIZE, CLONE_VM | CLONE_VFORK, &start);
    error = child < 0 ? -errno : 0;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    munmap(stack, STACK_SIZE);
    if (error)
        return error;
    error = start_wait(child);
    return start.error ? -start.error : error;
}
