/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a hostile client can write into the arena must neither crash the server nor keep it busy: each test garbles one
 * structure in the way that is worst for whoever walks it, lets the process die, and sweeps as the server does.  No
 * single go of the sweep may take long.  LONG=1: more of what is random.
 */
#include <check.h>
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "libs/arena/arena.h"
#include "libs/arena/lock.h"
#include "libs/arena/object.h"
#include "libs/arena/pipe_state.h"
#include "libs/arena/wait.h"
#include "tests/fuzz/scribble.h"

#define GO_S 5 /* far above what a go takes, even with a sanitizer on a busy machine; a hang is for ever */
#define GOES 200

static uint32_t victim;

static void session_make(void) {
    arena_is_server = true;
    arena_process = ARENA_MAX_PROCESSES;
    ck_assert_int_eq(arena_create(), 0);
    arena_thread_enter(ARENA_MAX_THREADS);
    victim = process_slot_claim();
    ck_assert_uint_lt(victim, ARENA_MAX_PROCESSES);
}

/* Goes until all is done, or as many as show that each ends. */
static void sweep_some(void) {
    for (int i = 0; i < GOES; i++) {
        alarm(GO_S);
        if (process_sweep(victim, 1) != -EAGAIN)
            break;
    }
    alarm(0);
}

static uint32_t cells_up_to(uint32_t n, enum cell_type type) {
    uint32_t index = 0;

    while (index + 1 < n)
        index = cell_make(type);
    return index;
}

/* Space for all records of a kind, as a client may have it allocated. */
static void grow_fully(_Atomic uint32_t *count, uint32_t maximum, size_t array, size_t size) {
    while (!arena_grow(count, maximum, 4096, array, size))
        ;
    ck_assert_uint_eq(atomic_load(count), maximum);
}

/* A thread that lives, but can never have taken a lock: it would hold it for ever. */
START_TEST(a_lock_that_a_stranger_holds) {
    const uint32_t index = cell_make(CELL_EVENT);
    const pid_t stranger = fork();

    if (!stranger) {
        pause();
        _exit(0);
    }
    ck_assert_int_gt(stranger, 0);
    atomic_store(&cell_at(index)->lock, (uint32_t)stranger | FUTEX_WAITERS);
    alarm(GO_S);
    ck_assert_int_eq(lock_take(&cell_at(index)->lock), LOCK_TAKEN_FROM_DEAD);
    lock_give(&cell_at(index)->lock);
    alarm(0);
    kill(stranger, SIGKILL);
    waitpid(stranger, NULL, 0);
}
END_TEST

START_TEST(tickets_that_go_in_a_circle) {
    static const uint32_t tickets[] = {0, 0x60000000, 0xc0000000, 0x20000000, 0x90000000};
    const uint32_t index = cell_make(CELL_EVENT), thread = thread_slot_claim(victim);
    struct thread_slot *slot = &winipc_arena->thread[thread];

    cell_live(index);
    for (uint32_t b = 0; b < 5; b++) {
        atomic_store(&slot->block[b].ticket, tickets[b]);
        atomic_store(&slot->block[b].cell, index + 1);
    }
    atomic_store(&slot->n_blocks, 5);
    atomic_store(&cell_at(index)->lock, FUTEX_OWNER_DIED);
    sweep_some();
}
END_TEST

START_TEST(a_million_waiters_of_one_object) {
    const uint32_t index = cell_make(CELL_EVENT);

    cell_live(index);
    grow_fully(&winipc_arena->header.n_threads, ARENA_MAX_THREADS, offsetof(struct arena, thread), sizeof(struct thread_slot));
    for (uint32_t t = 0; t < ARENA_MAX_THREADS; t++) {
        struct thread_slot *slot = &winipc_arena->thread[t];

        atomic_store(&slot->state, SLOT_STATE(SLOT_RUNNING, 1, victim));
        atomic_store(&slot->n_blocks, WAIT_BLOCKS);
        atomic_store(&slot->intent, index + 1);
        for (uint32_t b = 0; b < WAIT_BLOCKS; b++) {
            atomic_store(&slot->block[b].ticket, (t * WAIT_BLOCKS + b) * 2654435761u);
            atomic_store(&slot->block[b].cell, index + 1);
        }
    }
    atomic_store(&cell_at(index)->lock, FUTEX_OWNER_DIED);
    sweep_some();
}
END_TEST

START_TEST(a_queue_that_is_a_ring) {
    const uint32_t index = cell_make(CELL_PIPE_INSTANCE), thread = thread_slot_claim(victim);
    struct thread_slot *slot = &winipc_arena->thread[thread];
    struct cell *cell = cell_at(index);

    cell_live(index);
    for (uint32_t b = 0; b < 2; b++) {
        const uint32_t other = thread * WAIT_BLOCKS + !b + 1;

        atomic_store(&slot->block[b].cell, index + 1);
        atomic_store(&slot->block[b].key, 0);
        atomic_store(&slot->block[b].next, other);
        atomic_store(&slot->block[b].prev, other);
    }
    atomic_store(&cell->head, thread * WAIT_BLOCKS + 1);
    atomic_store(&cell->word, WORD_OF(CELL_PIPE_INSTANCE) | WORD_WAITERS | WORD_ALL_WAITERS | 0xff);
    alarm(GO_S);
    pipe_wake(index, PIPE_ALL);
    object_signal(cell);
    atomic_store(&slot->flags, THREAD_WAIT_ALL);
    object_signal(cell);
    sweep_some();
}
END_TEST

/* Files whose instances are files, and so on: the end of the first is not the end of our stack. */
START_TEST(objects_that_end_objects) {
    const uint32_t n = cells_up_to(400000, CELL_FILE);
    const uint64_t handle = 4;
    uint32_t page;

    for (uint32_t i = 0; i <= n; i++) {
        cell_at(i)->file.instance = i < n ? i + 2 : 0;
        cell_live(i);
    }
    ck_assert(handle_reserve_at(victim, handle));
    page = atomic_load(&winipc_arena->process[victim].directory[0]) - 1;
    atomic_store(&winipc_arena->page[page].entry[1], ENTRY(0, 0, 0));
    sweep_some();
    ck_assert_uint_eq(atomic_load(&winipc_arena->page[page].entry[1]), 0);
}
END_TEST

/* Each process's directory names the same page again and again. */
START_TEST(handle_tables_of_one_page) {
    const uint32_t index = cell_make(CELL_EVENT), thread = thread_slot_claim(victim);

    cell_live(index);
    grow_fully(&winipc_arena->header.n_processes, ARENA_MAX_PROCESSES, offsetof(struct arena, process), sizeof(struct process_slot));
    ck_assert(handle_reserve_at(victim, 4));
    for (uint32_t p = 0; p < ARENA_MAX_PROCESSES; p++) {
        struct process_slot *slot = &winipc_arena->process[p];

        atomic_store(&slot->state, SLOT_STATE(SLOT_RUNNING, 1, victim));
        atomic_store(&slot->n_pages, 0xffffffff);
        for (uint32_t d = 0; d < DIRECTORY_PAGES; d++)
            atomic_store(&slot->directory[d], d % 2 ? 1 : 0xfffffff0);
    }
    atomic_store(&winipc_arena->thread[thread].intent, index + 1);
    sweep_some();
}
END_TEST

/* Counts that somebody sets back, all the time. */
static void *set_back(void *unused) {
    for (;;) {
        atomic_store(&winipc_arena->header.n_cells, 0);
        atomic_store(&winipc_arena->header.n_processes, 0);
        atomic_store(&winipc_arena->header.n_threads, 0);
        pthread_testcancel();
    }
    return unused;
}

START_TEST(counts_that_go_back) {
    pthread_t thread;

    for (uint32_t i = 0; i < 4096; i++)
        cell_make(CELL_EVENT);
    ck_assert_int_eq(pthread_create(&thread, NULL, set_back, NULL), 0);
    for (int i = 0; i < 50; i++) {
        alarm(GO_S);
        cell_make(CELL_EVENT);
        ck_assert_uint_le(process_slot_claim(), ARENA_MAX_PROCESSES);
        ck_assert_uint_le(thread_slot_claim(victim), ARENA_MAX_THREADS);
    }
    pthread_cancel(thread);
    pthread_join(thread, NULL);
}
END_TEST

static void sweep_all(void) {
    alarm(GO_S);
    for (int i = 0; process_sweep(victim, 1) == -EAGAIN; i++)
        ck_assert_int_lt(i, GOES);
    ck_assert_uint_eq(SLOT_LIFE(atomic_load(&winipc_arena->process[victim].state)), SLOT_FREE);
    alarm(0);
}

/* The thread that started this test, as one of the session's. */
static uint32_t other_thread(void) {
    const uint32_t slot = process_slot_claim();

    ck_assert_uint_lt(slot, ARENA_MAX_PROCESSES);
    atomic_store(&winipc_arena->process[slot].pid, (uint32_t)getppid());
    return (uint32_t)getppid();
}

/* A lock that somebody else may hold, and does not give back: the server does not wait for it. */
START_TEST(locks_that_are_never_given_back) {
    const uint32_t index = cell_make(CELL_EVENT);

    cell_live(index);
    ck_assert(handle_reserve_at(victim, 4));
    handle_set(victim, 4, index, 0x1fffff, 0);
    atomic_store(&cell_at(index)->lock, other_thread());
    sweep_some();
    ck_assert_uint_eq(SLOT_LIFE(atomic_load(&winipc_arena->process[victim].state)), SLOT_DEAD);
    atomic_store(&cell_at(index)->lock, 0);
    sweep_all();
}
END_TEST

/* Lock words behind which nobody stands: no such thread, the looker himself, claims of slots that are free or do not
 * exist. */
START_TEST(locks_of_nobody) {
    const uint32_t words[] = {FUTEX_TID_MASK & ~LOCK_CLAIMED, 0x3ffffffe & ~LOCK_CLAIMED, (uint32_t)gettid(),
        LOCK_CLAIMED | 3, LOCK_CLAIMED | 0x7fff, LOCK_CLAIMED | ARENA_MAX_THREADS, FUTEX_WAITERS | LOCK_CLAIMED | 5};

    for (uint32_t i = 0; i < sizeof words / sizeof *words; i++) {
        const uint32_t index = cell_make(CELL_EVENT);

        cell_live(index);
        ck_assert(handle_reserve_at(victim, 4 + 4 * i));
        handle_set(victim, 4 + 4 * i, index, 0x1fffff, 0);
        atomic_store(&cell_at(index)->lock, words[i]);
    }
    sweep_all();
}
END_TEST

/* The same for one who may wait: he sleeps a while, then has the lock. */
START_TEST(locks_of_nobody_are_taken_by_clients) {
    const uint32_t index = cell_make(CELL_EVENT);
    struct rusage usage;

    cell_live(index);
    arena_process = victim;
    arena_thread_enter(thread_slot_claim(victim));
    arena_is_server = false;
    atomic_store(&cell_at(index)->lock, FUTEX_TID_MASK & ~LOCK_CLAIMED);
    alarm(GO_S);
    ck_assert(cell_lock(cell_at(index)));
    cell_unlock(cell_at(index));
    alarm(0);
    ck_assert_uint_eq(atomic_load(&cell_at(index)->lock), 0);
    getrusage(RUSAGE_SELF, &usage);
    ck_assert_int_lt(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec, 1);
}
END_TEST

/* Anything anywhere, more and more of it.  Each go of a sweep, and of a take-over's, comes to an end. */
START_TEST(nonsense_everywhere) {
    const int rounds = getenv("LONG") ? 20000 : 300;

    random_state = 88172645463325252ull;
    for (int round = 0; round < rounds; round++) {
        for (uint32_t n = random_below(300); n; n--)
            scribble();
        alarm(2 * GO_S);
        process_sweep(random_below(8), 1);
        server_sweep();
        cell_unref(cell_make(1 + random_below(CELL_TYPE_MAX - 1)));
        process_slot_claim();
    }
    alarm(0);
}
END_TEST

/* Space for all there can be, full of what looks like one kind of object. */
START_TEST(a_million_of_a_kind) {
    random_state = 88172645463325252ull + (uint64_t)_i;
    devastate();
    for (int i = 0; i < 10; i++) {
        alarm(2 * GO_S);
        process_sweep(victim, 1);
        server_sweep();
    }
    alarm(0);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("arena_hostile");
    TCase *tcase = tcase_create("arena_hostile");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_set_timeout(tcase, getenv("LONG") ? 1200 : 60);
    tcase_add_checked_fixture(tcase, session_make, NULL);
    tcase_add_test(tcase, a_lock_that_a_stranger_holds);
    tcase_add_test(tcase, tickets_that_go_in_a_circle);
    tcase_add_test(tcase, a_million_waiters_of_one_object);
    tcase_add_test(tcase, a_queue_that_is_a_ring);
    tcase_add_test(tcase, objects_that_end_objects);
    tcase_add_test(tcase, handle_tables_of_one_page);
    tcase_add_test(tcase, counts_that_go_back);
    tcase_add_test(tcase, locks_that_are_never_given_back);
    tcase_add_test(tcase, locks_of_nobody);
    tcase_add_test(tcase, locks_of_nobody_are_taken_by_clients);
    tcase_add_test(tcase, nonsense_everywhere);
    tcase_add_loop_test(tcase, a_million_of_a_kind, 0, getenv("LONG") ? 200 : 6);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
