/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What traffic.c, the same on both systems, wants of the system: traffic_windows.c has named pipes, traffic_linux.c
 * sockets and pipes. Each function ends the program with a message when it fails.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

/* One end of a way to talk; both directions. */
struct channel {
    intptr_t in, out; /* handles or descriptors; the same where one serves both directions */
};

struct traffic {
    const char *kind; /* of channel: "byte", "message"; "socket", "pipe" */
    const char *load; /* "stream", "peek", "answer" */
    size_t size;      /* bytes of a message */
    int pairs;
    double seconds;
};

void __attribute__((noreturn)) fail(const char *what);
double now(void);

/* Runs routine(contexts[0]), … each in a thread of its own; returns when all have. */
void threads_run(int count, void (*routine)(void *), void *const contexts[]);

/* Makes the channels and a process that calls traffic_serve() with their other ends; returns when all are connected. */
void channels_make(const struct traffic *traffic, struct channel *ends);
void channel_write(const struct channel *end, const char *buffer, size_t size);
/* Return: 0 when the other end is gone, else 1 after `size` bytes, in as many reads as it takes. */
int channel_read(const struct channel *end, char *buffer, size_t size);
/* Asks how many bytes there are to read. */
void channel_peek(const struct channel *end);

/* The second process's part, in traffic.c: returns when the other ends are closed. */
void traffic_serve(const struct traffic *traffic, const struct channel *ends);
/* The second process's start where it is not a fork: returns whether this is one, after its work is done. */
int channels_served(const struct traffic *traffic, const char *tag);
