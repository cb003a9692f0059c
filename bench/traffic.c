/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Traffic between two processes, through 1 to 64 channels at once, each with a thread at each end: bench/pipes draws a
 * figure of it.
 *
 *     traffic KIND LOAD SIZE PAIRS MS      prints the number of steps of all pairs, and the seconds that they took
 *
 * A step is a message of SIZE bytes.  stream: one end writes, the other reads.  peek: the reader asks how much there is
 * before each read.  answer: the message comes back.  Both ends compute a little between their operations.  The first
 * byte of a message is its number, which the reader looks at: a channel that loses or mixes bytes is found out.  The
 * loop is the same for all kinds of channel.
 */
#include "traffic.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_PAIRS 64
#define NUMBERS 255 /* of messages; the next value is the last one's, which the reader confirms */
#define COMPUTED 50
#define WARM_UP_SHARE 10

struct pair {
    const struct traffic *traffic;
    const struct channel *end;
    char *buffer;
    unsigned char number; /* of the next message */
    double until;
    unsigned long steps;
};

/* Some 50 ns, of which the compiler can leave out nothing. */
static void compute(void) {
    uint32_t value = 1;

    for (int i = 0; i < COMPUTED; i++)
        __asm__ volatile("imul $1664525, %0, %0" : "+r"(value));
}

static int is_answered(const struct traffic *traffic) {
    return !strcmp(traffic->load, "answer");
}

static void message_send(struct pair *pair, unsigned char number) {
    pair->buffer[0] = (char)number;
    channel_write(pair->end, pair->buffer, pair->traffic->size);
    pair->steps++;
    compute();
}

/* Sends until the time is over.  A small message takes less than a look at the clock: there are several between two. */
static void stream_run(void *context) {
    struct pair *pair = context;
    const int batch = pair->traffic->size <= 4096 ? 32 : 1;

    do {
        for (int i = 0; i < batch; i++) {
            message_send(pair, pair->number);
            pair->number = (unsigned char)((pair->number + 1) % NUMBERS);
        }
    } while (now() < pair->until);
    message_send(pair, NUMBERS);
    if (!channel_read(pair->end, pair->buffer, 1))
        fail("the reader is gone");
}

static void answer_run(void *context) {
    struct pair *pair = context;

    do {
        message_send(pair, 0);
        if (!channel_read(pair->end, pair->buffer, pair->traffic->size))
            fail("the answer");
    } while (now() < pair->until);
}

/* ---- the second process ---- */

static void number_check(struct pair *pair) {
    const unsigned char number = (unsigned char)pair->buffer[0];

    if (number == NUMBERS) {
        channel_write(pair->end, pair->buffer, 1);
        return;
    }
    if (number != pair->number)
        fail("a message is not the next one");
    pair->number = (unsigned char)((number + 1) % NUMBERS);
}

static void stream_serve(void *context) {
    struct pair *pair = context;
    const int peeks = !strcmp(pair->traffic->load, "peek");

    for (;;) {
        if (peeks)
            channel_peek(pair->end);
        if (!channel_read(pair->end, pair->buffer, pair->traffic->size))
            return;
        compute();
        number_check(pair);
    }
}

static void answer_serve(void *context) {
    struct pair *pair = context;

    while (channel_read(pair->end, pair->buffer, pair->traffic->size)) {
        compute();
        channel_write(pair->end, pair->buffer, pair->traffic->size);
    }
}

/* ---- both ---- */

static struct pair *pairs_make(const struct traffic *traffic, const struct channel *ends, void **contexts) {
    struct pair *pairs = calloc((size_t)traffic->pairs, sizeof *pairs);

    for (int i = 0; i < traffic->pairs; i++) {
        pairs[i] = (struct pair){.traffic = traffic, .end = &ends[i], .buffer = malloc(traffic->size)};
        memset(pairs[i].buffer, 'x', traffic->size);
        contexts[i] = &pairs[i];
    }
    return pairs;
}

void traffic_serve(const struct traffic *traffic, const struct channel *ends) {
    void *contexts[MAX_PAIRS];

    pairs_make(traffic, ends, contexts);
    threads_run(traffic->pairs, is_answered(traffic) ? answer_serve : stream_serve, contexts);
}

/* Return: the seconds that all pairs together took. */
static double traffic_run(const struct traffic *traffic, struct pair *pairs, void *const *contexts, double seconds) {
    const double begin = now();

    for (int i = 0; i < traffic->pairs; i++) {
        pairs[i].steps = 0;
        pairs[i].until = begin + seconds;
    }
    threads_run(traffic->pairs, is_answered(traffic) ? answer_run : stream_run, contexts);
    return now() - begin;
}

int main(int argc, char **argv) {
    struct channel ends[MAX_PAIRS];
    void *contexts[MAX_PAIRS];
    struct traffic traffic;
    struct pair *pairs;
    unsigned long steps = 0;
    double seconds;

    if (argc < 6) {
        fprintf(stderr, "usage: traffic KIND LOAD SIZE PAIRS MS\n");
        return 2;
    }
    traffic = (struct traffic){argv[1], argv[2], strtoul(argv[3], NULL, 10), atoi(argv[4]), atoi(argv[5]) / 1000.0};
    if (!traffic.size || traffic.pairs < 1 || traffic.pairs > MAX_PAIRS) {
        fprintf(stderr, "a size from 1, pairs from 1 to %d\n", MAX_PAIRS);
        return 2;
    }
    if (channels_served(&traffic, argc > 6 ? argv[6] : NULL))
        return 0;
    channels_make(&traffic, ends);
    pairs = pairs_make(&traffic, ends, contexts);
    traffic_run(&traffic, pairs, contexts, traffic.seconds / WARM_UP_SHARE);
    seconds = traffic_run(&traffic, pairs, contexts, traffic.seconds);
    for (int i = 0; i < traffic.pairs; i++)
        steps += pairs[i].steps;
    printf("%lu\t%.6f\n", steps, seconds);
    return 0;
}
