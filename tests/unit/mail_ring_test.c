/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rings of whole messages: what goes in comes out, memory grows with what waits and not with what passes, the limit, and
 * what somebody hostile writes into one. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libs/arena/mail_ring.h"

static struct mail_ring ring;
static int fd;

static void ring_open(void) {
    fd = mail_ring_create();
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(mail_ring_map(fd, &ring), 0);
}

static void ring_close(void) {
    mail_ring_unmap(&ring);
    close(fd);
}

static uint64_t memory_used(void) {
    struct stat status;

    ck_assert_int_eq(fstat(fd, &status), 0);
    return (uint64_t)status.st_blocks * 512;
}

static uint32_t count(void) {
    uint64_t bytes;

    return mail_ring_count(&ring, &bytes);
}

/* The message number @n: of a length and with bytes that follow from the number. */
static uint32_t message_make(uint32_t n, uint8_t *data, uint32_t maximum) {
    const uint32_t length = n * 2654435761u % (maximum + 1);

    memset(data, (int)(n & 0xff), length);
    if (length >= sizeof n)
        memcpy(data, &n, sizeof n);
    return length;
}

static void put(uint32_t n, uint32_t maximum) {
    static uint8_t data[200000];
    const uint32_t length = message_make(n, data, maximum);

    ck_assert_int_eq(mail_ring_put(&ring, data, length), 0);
}

static void take(uint32_t n, uint32_t maximum) {
    static uint8_t wanted[200000], data[200000];
    const uint32_t length = message_make(n, wanted, maximum);
    uint32_t got = ~0u;

    ck_assert(mail_ring_next(&ring, &got));
    ck_assert_uint_eq(got, length);
    memset(data, 0xee, length);
    mail_ring_peek(&ring, data, length);
    ck_assert_int_eq(memcmp(data, wanted, length), 0);
    mail_ring_drop(&ring, length);
}

START_TEST(test_order) {
    uint32_t length;

    ck_assert(!mail_ring_readable(&ring) && !mail_ring_next(&ring, &length));
    ck_assert_uint_eq(count(), 0);
    for (uint32_t maximum = 0; maximum < 200000; maximum = maximum * 3 + 1) {
        for (uint32_t n = 0; n < 60; n++) {
            put(n, maximum);
            ck_assert_uint_eq(count(), n + 1);
        }
        for (uint32_t n = 0; n < 60; n++) {
            ck_assert_uint_eq(count(), 60 - n);
            take(n, maximum);
        }
        ck_assert(!mail_ring_readable(&ring));
    }
}
END_TEST

/* 60 MB pass through little memory as long as little waits. */
START_TEST(test_memory) {
    for (uint32_t n = 0; n < 30000; n++) {
        put(n, 4000);
        if (n >= 10)
            take(n - 10, 4000);
    }
    ck_assert_uint_eq(count(), 10);
    ck_assert_uint_le(memory_used(), MAIL_HEADER + 3 * MAIL_PIECE);
}
END_TEST

/* A burst takes what it needs, and what comes after it uses that again. */
START_TEST(test_burst) {
    uint64_t used;

    for (unsigned round = 0; round < 3; round++) {
        for (uint32_t n = 0; n < 100000; n++)
            put(n, 64);
        ck_assert_uint_eq(count(), 100000);
        if (!round)
            used = memory_used();
        for (uint32_t n = 0; n < 100000; n++)
            take(n, 64);
    }
    ck_assert_uint_le(memory_used(), used + MAIL_PIECE);
}
END_TEST

START_TEST(test_limit) {
    uint32_t n = 0, length;
    static uint8_t data[1 << 20];
    int error;

    while (!(error = mail_ring_put(&ring, data, sizeof data)))
        n++;
    ck_assert_int_eq(error, -ENOBUFS);
    ck_assert_uint_eq(n, MAIL_LIMIT / (sizeof data + 8));
    ck_assert_uint_eq(count(), n);
    ck_assert(mail_ring_next(&ring, &length));
    mail_ring_drop(&ring, length);
    ck_assert_int_eq(mail_ring_put(&ring, data, sizeof data), 0);
    ck_assert_int_eq(mail_ring_put(&ring, data, sizeof data), -ENOBUFS);
}
END_TEST

/* Whatever stands in it: nothing outside is touched, no call takes for ever. */
START_TEST(test_garbage) {
    static uint8_t buffer[4096 + 64];
    uint64_t bytes;

    srand(1);
    for (unsigned i = 0; i < 20000; i++) {
        const uint64_t word = (uint64_t)rand() << 42 ^ (uint64_t)rand() << (rand() % 40) ^ (uint64_t)rand();
        uint32_t length = 0;

        switch (rand() % 8) {
        case 0: atomic_store(&ring.shared->head, word); break;
        case 1: atomic_store(&ring.shared->tail, word); break;
        case 2: atomic_store(&ring.shared->span, word); break;
        case 3: atomic_store(&ring.shared->piece[rand() % MAIL_PIECES], (uint32_t)word); break;
        case 4: atomic_store(&ring.shared->head, atomic_load(&ring.shared->tail) + (uint64_t)(rand() % 9000)); break;
        default: mail_ring_put(&ring, buffer, (uint32_t)(rand() % 4096)); break;
        }
        memset(buffer + 4096, 0x5a, 64);
        if (mail_ring_next(&ring, &length)) {
            ck_assert_uint_le(length, MAIL_LIMIT);
            mail_ring_peek(&ring, buffer, length < 4096 ? length : 4096);
            mail_ring_drop(&ring, length);
        }
        mail_ring_count(&ring, &bytes);
        ck_assert_uint_le(bytes, MAIL_LIMIT);
        for (unsigned k = 0; k < 64; k++)
            ck_assert_uint_eq(buffer[4096 + k], 0x5a);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("mail_ring");
    TCase *tcase = tcase_create("mail_ring");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, ring_open, ring_close);
    tcase_add_test(tcase, test_order);
    tcase_add_test(tcase, test_memory);
    tcase_add_test(tcase, test_burst);
    tcase_add_test(tcase, test_limit);
    tcase_add_test(tcase, test_garbage);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
