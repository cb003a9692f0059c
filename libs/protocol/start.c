/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Starting the server.  Any number of processes may do so at once: the servers settle it among themselves by the session's lock, and
 * all but one go away when that one can be reached (server/session.c).
 *
 * Between us and winipcd stands a process that shares our memory, executes nothing, and waits for it: so the program gets no SIGCHLD, and
 * its own wait() finds nothing.  winipcd keeps none of our descriptors, signal mask or dispositions.
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
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define STACK_SIZE (128u * 1024) /* of the two children together */

struct start {
    char path[4096];
    const char *folder;
    sigset_t mask;
    char *stack;
    int error; /* -errno */
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

/*
 * The next three run on a stack of ours that nobody returns on.  The address sanitizer would look for the thread's own stack in them, and
 * its marks of their variables would outlive the stack and hit what is mapped there next.
 */
#define BORROWED_STACK __attribute__((no_sanitize("address")))

static void BORROWED_STACK __attribute__((noreturn)) start_leave(int status) {
    for (;;)
        syscall(SYS_exit_group, status);
}

/* Becomes winipcd. */
static int BORROWED_STACK start_execute(void *argument) {
    struct start *start = argument;
    char *const args[] = {start->path, (char *)(uintptr_t)start->folder, NULL};
    int null;

    sigprocmask(SIG_SETMASK, &start->mask, NULL);
    setsid();
    null = open("/dev/null", O_RDWR);
    for (int fd = 0; fd < 3 && null >= 0; fd++)
        dup2(null, fd);
    close_range(3, ~0u, 0);
    if (chdir("/") == 0)
        execv(start->path, args);
    start->error = -errno;
    start_leave(127);
}

/* In between: the exit status of winipcd's first process, 0 once a server listens and else an errno, becomes start.error. */
static int BORROWED_STACK start_between(void *argument) {
    struct start *start = argument;
    const struct sigaction standard = {.sa_handler = SIG_DFL};
    pid_t child;
    int status;

    for (int signal = 1; signal < NSIG; signal++)
        sigaction(signal, &standard, NULL);
    child = clone(start_execute, start->stack + STACK_SIZE / 2, CLONE_VM | CLONE_VFORK | SIGCHLD, start);
    if (child < 0) {
        start->error = -errno;
        start_leave(0);
    }
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    if (!start->error)
        start->error = WIFEXITED(status) ? -WEXITSTATUS(status) : -ECHILD;
    start_leave(0);
}

int server_start(const char *folder) {
    struct start start = {.folder = folder};
    sigset_t all, old;
    pid_t child;
    int error = server_path(start.path, sizeof start.path);

    if (error)
        return error;
    start.stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (start.stack == MAP_FAILED)
        return -errno;
    sigfillset(&all);
    sigemptyset(&start.mask);
    pthread_sigmask(SIG_SETMASK, &all, &old); /* no handler of the program's may run in there */
    child = clone(start_between, start.stack + STACK_SIZE, CLONE_VM | CLONE_VFORK, &start);
    error = child < 0 ? -errno : 0;
    while (child > 0 && waitpid(child, NULL, __WCLONE) < 0 && errno == EINTR)
        ;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    munmap(start.stack, STACK_SIZE);
    return error ? error : start.error;
}
