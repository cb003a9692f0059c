/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Linked into a server whose labelled steps do something (tests/local.mk): it kills itself at one of its first
 * $STEPS_WITHIN steps, and writes the step's label to the file $STEPS_LOG.
 */
#include "libs/arena/step.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static unsigned long left;

static void step_die(const char *label) {
    char line[100];
    int fd;

    if (--left)
        return;
    fd = open(getenv("STEPS_LOG"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    (void)!write(fd, line, (size_t)snprintf(line, sizeof line, "%s\n", label));
    kill(getpid(), SIGKILL);
}

static void __attribute__((constructor)) steps_begin(void) {
    const char *within = getenv("STEPS_WITHIN");
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    srandom((unsigned)now.tv_nsec ^ (unsigned)getpid());
    left = 1 + (unsigned long)random() % (within ? strtoul(within, NULL, 10) : 1000);
    arena_step = step_die;
}
