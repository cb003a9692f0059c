/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Unix stream sockets, and pairs of pipes, for traffic.c, with the buffers that Linux gives them; the second process is
 * a fork. */
#include "traffic.h"
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_THREADS 64

struct thread {
    pthread_t thread;
    void (*routine)(void *);
    void *context;
};

void fail(const char *what) {
    perror(what);
    exit(1);
}

double now(void) {
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void *thread_main(void *argument) {
    const struct thread *thread = argument;

    thread->routine(thread->context);
    return NULL;
}

void threads_run(int count, void (*routine)(void *), void *const contexts[]) {
    struct thread threads[MAX_THREADS];

    for (int i = 0; i < count; i++) {
        threads[i].routine = routine;
        threads[i].context = contexts[i];
        if (pthread_create(&threads[i].thread, NULL, thread_main, &threads[i]))
            fail("pthread_create");
    }
    for (int i = 0; i < count; i++)
        pthread_join(threads[i].thread, NULL);
}

static void channel_make(const char *kind, struct channel *here, struct channel *there) {
    int to[2], from[2];

    if (!strcmp(kind, "socket")) {
        if (socketpair(AF_UNIX, SOCK_STREAM, 0, to))
            fail("socketpair");
        *here = (struct channel){to[0], to[0]};
        *there = (struct channel){to[1], to[1]};
        return;
    }
    if (strcmp(kind, "pipe"))
        fail("kinds are socket and pipe");
    if (pipe(to) || pipe(from))
        fail("pipe");
    *here = (struct channel){from[0], to[1]};
    *there = (struct channel){to[0], from[1]};
}

static void channels_close(const struct channel *ends, int count) {
    for (int i = 0; i < count; i++) {
        close((int)ends[i].in);
        if (ends[i].out != ends[i].in)
            close((int)ends[i].out);
    }
}

void channels_make(const struct traffic *traffic, struct channel *ends) {
    struct channel others[MAX_THREADS];
    pid_t pid;

    signal(SIGPIPE, SIG_IGN);
    for (int i = 0; i < traffic->pairs; i++)
        channel_make(traffic->kind, &ends[i], &others[i]);
    pid = fork();
    if (pid < 0)
        fail("fork");
    channels_close(pid ? others : ends, traffic->pairs);
    if (pid)
        return;
    traffic_serve(traffic, others);
    _exit(0);
}

int channels_served(const struct traffic *traffic, const char *tag) {
    (void)traffic;
    (void)tag;
    return 0;
}

void channel_write(const struct channel *end, const char *buffer, size_t size) {
    for (size_t total = 0; total < size;) {
        const ssize_t put = write((int)end->out, buffer + total, size - total);

        if (put <= 0)
            fail("write");
        total += (size_t)put;
    }
}

int channel_read(const struct channel *end, char *buffer, size_t size) {
    for (size_t total = 0; total < size;) {
        const ssize_t got = read((int)end->in, buffer + total, size - total);

        if (got <= 0)
            return 0;
        total += (size_t)got;
    }
    return 1;
}

void channel_peek(const struct channel *end) {
    int there;

    if (ioctl((int)end->in, FIONREAD, &there))
        fail("FIONREAD");
}
