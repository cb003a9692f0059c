/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Waiting for all objects is atomic: taken at the instant at which all are signalled, never a part of them. */
#include "libs/arena/object.h"
#include "libs/arena/wait.h"

#include <check.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#define PATIENCE_NS 20000000000ull

static uint32_t process;

struct waiter {
    pthread_t thread;
    struct wait_object objects[4];
    uint32_t n;
    bool all;
    int result;
    _Atomic uint32_t slot; /* + 1 */
};

static uint32_t object_make(enum cell_type type, uint64_t word, uint32_t maximum) {
    const uint32_t index = cell_make(type);

    ck_assert_uint_ne(index, NO_CELL);
    handle_set(process, handle_reserve(process), index, 0x1fffff, 0);
    cell_at(index)->semaphore.maximum = maximum;
    atomic_store(&cell_at(index)->word, WORD_OF(type) | word);
    cell_live(index);
    return index;
}

static void set_up(void) {
    ck_assert_int_eq(arena_create(), 0);
    arena_thread_enter(ARENA_MAX_THREADS);
    process = process_slot_claim();
    arena_process = process;
    arena_thread_enter(thread_slot_claim(process));
}

static void *waiter_run(void *data) {
    struct waiter *waiter = data;
    const struct wait_request request = {
        .objects = waiter->objects, .n = waiter->n, .all = waiter->all, .deadline_ns = clock_ns() + PATIENCE_NS};

    arena_thread_enter(thread_slot_claim(process));
    atomic_store(&waiter->slot, arena_self.index + 1);
    waiter->result = wait_for(&request);
    for (uint32_t i = 0; waiter->result >= 0 && i < waiter->n; i++) {
        struct cell *cell = cell_at(waiter->objects[i].cell);

        if (cell_type(cell) == CELL_MUTANT)
            mutant_release(cell);
    }
    thread_sweep(arena_self.index, 0);
    return NULL;
}

/* Starts a thread that waits, and returns when it sleeps. */
static void waiter_start(struct waiter *waiter, bool all, uint32_t n, const uint32_t *cells) {
    uint32_t slot;

    waiter->n = n;
    waiter->all = all;
    for (uint32_t i = 0; i < n; i++)
        waiter->objects[i] = (struct wait_object){.cell = cells[i]};
    ck_assert_int_eq(pthread_create(&waiter->thread, NULL, waiter_run, waiter), 0);
    while (!(slot = atomic_load(&waiter->slot)) || !(atomic_load(&winipc_arena->thread[slot - 1].wait) & WAIT_ASLEEP))
        sched_yield();
}

static int waiter_end(struct waiter *waiter) {
    pthread_join(waiter->thread, NULL);
    return waiter->result;
}

static bool sleeps(const struct waiter *waiter) {
    return atomic_load(&winipc_arena->thread[waiter->slot - 1].wait) & WAIT_ASLEEP;
}

static int wait_now(uint32_t cell) {
    const struct wait_object object = {.cell = cell};
    const struct wait_request request = {.objects = &object, .n = 1};

    return wait_for(&request);
}

START_TEST(granted_while_signalled) {
    const uint32_t cells[2] = {object_make(CELL_EVENT, 0, 0), object_make(CELL_EVENT, 0, 0)};
    struct waiter waiter = {0};

    /* signalled and reset at once: the wait was satisfied at the instant between */
    waiter_start(&waiter, true, 2, cells);
    object_signal(cell_at(cells[0]));
    ck_assert(sleeps(&waiter));
    object_signal(cell_at(cells[1]));
    ck_assert_int_eq(object_reset(cell_at(cells[0])), 0);
    ck_assert_int_eq(object_reset(cell_at(cells[1])), 0);
    ck_assert_int_eq(waiter_end(&waiter), 0);
}
END_TEST

START_TEST(granted_by_a_pulse) {
    const uint32_t cells[2] = {object_make(CELL_EVENT, WORD_MANUAL, 0), object_make(CELL_SEMAPHORE, 2, 9)};
    struct waiter waiter = {0};

    waiter_start(&waiter, true, 2, cells);
    event_pulse(cell_at(cells[0]));
    ck_assert_int_eq(waiter_end(&waiter), 0);
    ck_assert_int_eq(wait_now(cells[0]), WAIT_RESULT_TIMEOUT);
    ck_assert_uint_eq(WORD_COUNT(atomic_load(&cell_at(cells[1])->word)), 1);
}
END_TEST

START_TEST(leaves_what_is_signalled_to_others) {
    const uint32_t cells[2] = {object_make(CELL_EVENT, WORD_SIGNALED, 0), object_make(CELL_EVENT, 0, 0)};
    struct waiter all = {0}, one = {0};

    waiter_start(&all, true, 2, cells);
    ck_assert_int_eq(wait_now(cells[0]), 0);
    waiter_start(&one, false, 1, cells);
    object_signal(cell_at(cells[1]));
    ck_assert(sleeps(&all));
    object_signal(cell_at(cells[0])); /* who waits for all came first, and can have all */
    ck_assert_int_eq(waiter_end(&all), 0);
    ck_assert(sleeps(&one));
    object_signal(cell_at(cells[0]));
    ck_assert_int_eq(waiter_end(&one), 0);
}
END_TEST

START_TEST(abandoned_mutants) {
    const uint32_t cells[2] = {object_make(CELL_MUTANT, WORD_ABANDONED, 0), object_make(CELL_EVENT, 0, 0)};
    struct waiter waiter = {0};

    waiter_start(&waiter, true, 2, cells);
    object_signal(cell_at(cells[1]));
    ck_assert_int_eq(waiter_end(&waiter), WAIT_GRANT_ABANDONED);
    ck_assert_int_eq(wait_now(cells[0]), 0);
    ck_assert_int_eq(mutant_release(cell_at(cells[0])), 0);
}
END_TEST

START_TEST(two_waits_that_overlap) {
    uint32_t cells[3] = {object_make(CELL_EVENT, 0, 0), object_make(CELL_EVENT, 0, 0), object_make(CELL_EVENT, 0, 0)};
    struct waiter first = {0}, second = {0};

    waiter_start(&first, true, 2, cells);
    waiter_start(&second, true, 2, cells + 1);
    object_signal(cell_at(cells[1]));
    object_signal(cell_at(cells[2])); /* the second can have both */
    ck_assert_int_eq(waiter_end(&second), 0);
    ck_assert(sleeps(&first));
    object_signal(cell_at(cells[0]));
    ck_assert(sleeps(&first));
    object_signal(cell_at(cells[1]));
    ck_assert_int_eq(waiter_end(&first), 0);
}
END_TEST

START_TEST(nothing_stays_locked) {
    const uint32_t cells[2] = {object_make(CELL_EVENT, 0, 0), object_make(CELL_SEMAPHORE, 0, 9)};
    struct waiter waiter = {0};

    waiter_start(&waiter, true, 2, cells);
    object_signal(cell_at(cells[0]));
    semaphore_release(cell_at(cells[1]), 1);
    ck_assert_int_eq(waiter_end(&waiter), 0);
    for (int i = 0; i < 2; i++) {
        ck_assert_uint_eq(atomic_load(&cell_at(cells[i])->lock), 0);
        ck_assert_uint_eq(atomic_load(&cell_at(cells[i])->head), 0);
        ck_assert(!(atomic_load(&cell_at(cells[i])->word) & (WORD_WAITERS | WORD_ALL_WAITERS)));
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("wait_all");
    TCase *tcase = tcase_create("wait_all");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tcase, set_up, NULL);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, granted_while_signalled);
    tcase_add_test(tcase, granted_by_a_pulse);
    tcase_add_test(tcase, leaves_what_is_signalled_to_others);
    tcase_add_test(tcase, abandoned_mutants);
    tcase_add_test(tcase, two_waits_that_overlap);
    tcase_add_test(tcase, nothing_stays_locked);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
