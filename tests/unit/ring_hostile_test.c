/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The other side of a pipe may write anything into its rings at any moment.  A thread garbles positions, lengths and bytes while this one
 * reads, peeks and writes: what comes out may be garbage, but nothing outside of the buffers and the mapping is touched, nothing that was
 * reported is more than was asked for, and no call takes for ever.  Then a memfd that is garbled before it is mapped.  LONG=1: more of it.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "libs/arena/ring.h"

#define ROUND_S 20 /* a round takes milliseconds */
#define FENCE 64   /* bytes around each buffer */
#define BUFFER 70000

struct random {
    uint64_t state;
};

static _Atomic bool stop;
static struct ring_pair pair;
static int fd;

static uint32_t random_next(struct random *random) {
    random->state ^= random->state << 13;
    random->state ^= random->state >> 7;
    random->state ^= random->state << 17;
    return (uint32_t)(random->state >> 16);
}

static uint64_t word_make(struct random *random) {
    switch (random_next(random) % 6) {
    case 0: return 0;
    case 1: return ~0ull;
    case 2: return random_next(random) % 200000;
    case 3: return (uint64_t)random_next(random) << 40 | random_next(random);
    case 4: return 1ull << random_next(random) % 64;
    default: return random_next(random);
    }
}

static void scribble(struct random *random) {
    struct ring_direction *shared = pair.ring[0].shared;
    _Atomic uint64_t *const words[] = {&shared->head, &shared->written, &shared->allocated, &shared->tail, &shared->read};
    const uint64_t word = word_make(random);

    if (random_next(random) % 3)
        atomic_store(words[random_next(random) % 5], word);
    else if (random_next(random) % 2) /* near one another, as they are in use */
        atomic_store(&shared->head, atomic_load(&shared->tail) + random_next(random) % 100000);
    else
        memset(pair.ring[0].data + random_next(random) % (pair.ring[0].size - 16), (int)word, 16); /* lengths, too */
}

static void *scribbler_main(void *seed) {
    struct random random = {(uintptr_t)seed};

    while (!atomic_load(&stop))
        scribble(&random);
    return NULL;
}

static void rings_make(void) {
    static const uint32_t quota[2] = {4096, 4096};

    fd = ring_create(quota);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(ring_map(fd, &pair), 0);
}

static void rings_end(void) {
    ring_unmap(&pair);
    close(fd);
}

/* One operation on a buffer whose surroundings must stay as they are. */
static void operate(struct random *random, uint8_t *buffer) {
    struct ring *ring = &pair.ring[0];
    const uint32_t length = random_next(random) % (random_next(random) % 2 ? 64 : BUFFER);
    const bool messages = random_next(random) % 2, boundaries = random_next(random) % 2;
    uint8_t *at = buffer + FENCE + BUFFER - length; /* its end at the fence */
    struct ring_write write = {.data = at, .length = length, .message = messages};
    uint64_t taken = 0, left = 0;

    switch (random_next(random) % 5) {
    case 0: ring_put(ring, &write); break;
    case 1: ring_peek(ring, at, length, messages, &taken, &left); break;
    case 2: ring_discard(ring); break;
    case 3: ring_room(ring, messages, length); break;
    default: ring_take(ring, at, length, messages, boundaries, &taken);
    }
    ck_assert_uint_le(taken, length);
    ck_assert_uint_le(write.done, length);
}

START_TEST(the_other_side_scribbles) {
    const uint32_t rounds = getenv("LONG") ? 2000000 : 60000;
    uint8_t *buffer = malloc(BUFFER + 2 * FENCE);
    struct random random = {0x9e3779b97f4a7c15};
    pthread_t thread;

    rings_make();
    memset(buffer, 0xa5, BUFFER + 2 * FENCE);
    ck_assert_int_eq(pthread_create(&thread, NULL, scribbler_main, (void *)(uintptr_t)12345), 0);
    for (uint32_t i = 0; i < rounds; i++) {
        if (i % 100 == 0)
            alarm(ROUND_S);
        operate(&random, buffer);
        for (uint32_t n = random_next(&random) % 3; n; n--)
            scribble(&random); /* also where threads take turns */
    }
    alarm(0);
    atomic_store(&stop, true);
    pthread_join(thread, NULL);
    for (uint32_t i = 0; i < FENCE; i++) {
        ck_assert_uint_eq(buffer[i], 0xa5);
        ck_assert_uint_eq(buffer[FENCE + BUFFER + i], 0xa5);
    }
    free(buffer);
    rings_end();
}
END_TEST

START_TEST(rings_that_are_none) {
    struct random random = {0x123456789abcdef};
    struct ring_pair other;

    for (int i = 0; i < 2000; i++) {
        const int none = memfd_create("none", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        struct ring_memory header = {.magic = RING_MAGIC, .size = {65536, 65536}};
        off_t length = (off_t)RING_HEADER + 131072;

        switch (random_next(&random) % 5) {
        case 0: header.magic = word_make(&random); break;
        case 1: header.size[random_next(&random) % 2] = (uint32_t)word_make(&random); break;
        case 2: length = random_next(&random) % 300000; break;
        case 3: header.size[0] = header.size[1] = 1u << random_next(&random) % 32; break;
        default: header.size[0] = 0;
        }
        ck_assert_int_eq(ftruncate(none, length), 0);
        if (length >= (off_t)sizeof header)
            ck_assert_int_eq(pwrite(none, &header, sizeof header, 0), (ssize_t)sizeof header);
        if (random_next(&random) % 4)
            fcntl(none, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW);
        if (!ring_map(none, &other)) {
            ck_assert_uint_eq(other.length, (size_t)length);
            ck_assert_uint_eq(RING_HEADER + (size_t)other.ring[0].size + other.ring[1].size, (size_t)length);
            ring_unmap(&other);
        }
        close(none);
    }
}
END_TEST

START_TEST(descriptors_that_are_no_memory) {
    struct ring_pair other;
    int ends[2];

    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(ring_map(ends[0], &other), -EPROTO);
    ck_assert_int_eq(ring_map(-1, &other), -EBADF);
    close(ends[0]);
    close(ends[1]);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("ring_hostile");
    TCase *tcase = tcase_create("ring_hostile");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_set_timeout(tcase, 900);
    tcase_add_test(tcase, the_other_side_scribbles);
    tcase_add_test(tcase, rings_that_are_none);
    tcase_add_test(tcase, descriptors_that_are_no_memory);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
