/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where new cells come from: the arena grows by what is needed, whatever the order of taking and freeing. */
#include <check.h>
#include <stdlib.h>

#include "libs/arena/arena.h"

#define ROUNDS 256000
#define BATCH 64

static uint32_t live[20000];

static void session_make(void) {
    arena_is_server = true;
    arena_process = ARENA_MAX_PROCESSES;
    ck_assert_int_eq(arena_create(), 0);
    arena_thread_enter(ARENA_MAX_THREADS);
}

static uint32_t cell_count(void) {
    return atomic_load(&winipc_arena->header.n_cells);
}

static void cells_take(uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        live[i] = cell_make(CELL_EVENT);
        ck_assert_uint_ne(live[i], NO_CELL);
    }
}

/* Frees what stands at @places and makes as many anew: more than a thread keeps for itself. */
static void batch_renew(const uint32_t places[BATCH]) {
    for (uint32_t i = 0; i < BATCH; i++) {
        if (live[places[i]] != NO_CELL)
            cell_free(live[places[i]]);
        live[places[i]] = NO_CELL;
    }
    for (uint32_t i = 0; i < BATCH; i++) {
        if (live[places[i]] == NO_CELL)
            live[places[i]] = cell_make(CELL_EVENT);
        ck_assert_uint_ne(live[places[i]], NO_CELL);
    }
}

/* A queue, as of a port whose packets others take: the oldest go, new ones come. */
START_TEST(a_queue_needs_no_more_than_it_holds) {
    const uint32_t n = 3200;
    uint32_t places[BATCH], before;

    cells_take(n);
    before = cell_count();
    for (uint32_t i = 0; i < ROUNDS; i += BATCH) {
        for (uint32_t k = 0; k < BATCH; k++)
            places[k] = (i + k) % n;
        batch_renew(places);
    }
    ck_assert_uint_le(cell_count(), before + before / 8 + 512);
}
END_TEST

/* Free cells far apart: it may grow so that a search stays short, and no further. */
START_TEST(scattered_cells_are_found_again) {
    const uint32_t n = sizeof live / sizeof *live;
    uint32_t places[BATCH];
    unsigned seed = 1;

    cells_take(n);
    for (uint32_t i = 0; i < ROUNDS; i += BATCH) {
        for (uint32_t k = 0; k < BATCH; k++)
            places[k] = (uint32_t)rand_r(&seed) % n;
        batch_renew(places);
    }
    ck_assert_uint_le(cell_count(), 2 * n);
}
END_TEST

/* What others write into the hint and the debt costs time at most. */
START_TEST(garbage_in_the_hints) {
    const uint32_t before = cell_count();

    for (uint32_t i = 0; i < 100; i++) {
        uint32_t index;

        atomic_store(&winipc_arena->header.free_cell, UINT32_MAX - i);
        atomic_store(&winipc_arena->header.search_debt, UINT32_MAX);
        index = cell_make(CELL_EVENT);
        ck_assert_uint_ne(index, NO_CELL);
        ck_assert_ptr_nonnull(cell_at(index));
    }
    ck_assert_uint_le(cell_count(), before + 512);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("cell");
    TCase *tcase = tcase_create("cell");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, session_make, NULL);
    tcase_add_test(tcase, a_queue_needs_no_more_than_it_holds);
    tcase_add_test(tcase, scattered_cells_are_found_again);
    tcase_add_test(tcase, garbage_in_the_hints);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
