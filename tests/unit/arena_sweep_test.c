/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Deaths that come in the order that is worst for the sweep, each made by hand; the kill test (arena_kill_test.c) finds
 * such by chance. */
#include <check.h>
#include <errno.h>
#include <linux/futex.h>
#include <stdlib.h>
#include <unistd.h>

#include "libs/arena/apc.h"
#include "libs/arena/arena.h"
#include "libs/arena/port.h"
#include "libs/arena/wait.h"

#define PACKETS 5

static uint32_t victim, port;

static void session_make(void) {
    arena_is_server = true;
    arena_process = ARENA_MAX_PROCESSES;
    ck_assert_int_eq(arena_create(), 0);
    arena_thread_enter(ARENA_MAX_THREADS);
    victim = process_slot_claim();
    port = cell_make(CELL_COMPLETION);
    cell_at(port)->port.concurrency = 2;
    cell_live(port);
    for (uint64_t i = 0; i < PACKETS; i++)
        ck_assert_int_eq(port_post(port, atomic_load(&cell_at(port)->state), &(struct port_packet){.value = i}), 0);
}

static void ck_chain(void) {
    uint32_t at = atomic_load(&cell_at(port)->port.first);

    for (uint64_t i = 0; i < PACKETS; i++) {
        ck_assert_uint_ne(at, 0);
        ck_assert_int_eq(STATE_LIFE(atomic_load(&cell_at(at - 1)->state)), LIFE_LIVE);
        ck_assert_uint_eq(cell_at(at - 1)->packet.value, i);
        at = atomic_load(&cell_at(at - 1)->packet.next);
    }
    ck_assert_uint_eq(at, 0);
    ck_assert_uint_eq(port_depth(cell_at(port)), PACKETS);
}

/* The thread that started this test, as one of the session's. */
static uint32_t other_thread(void) {
    const uint32_t slot = process_slot_claim();

    ck_assert_uint_lt(slot, ARENA_MAX_PROCESSES);
    atomic_store(&winipc_arena->process[slot].pid, (uint32_t)getppid());
    return (uint32_t)getppid();
}

/* One gives the first packet to another, who is dead; before it has left the queue the giver dies, too. */
START_TEST(a_packet_whose_giver_dies_after_its_taker) {
    struct cell *cell = cell_at(port), *first = cell_at(atomic_load(&cell->port.first) - 1);

    atomic_store(
        &first->state, CELL_STATE(CELL_PACKET, LIFE_DYING, STATE_GENERATION(atomic_load(&first->state)), victim));
    atomic_store(&cell->lock, other_thread()); /* the giver lives still */
    ck_assert_int_eq(process_sweep(victim, 1), -EAGAIN);
    atomic_store(&cell->lock, FUTEX_OWNER_DIED);
    ck_assert_int_eq(process_sweep(victim, 1), 0);
    ck_chain();
}
END_TEST

/* A packet that a dead one took from the queue, and one that it had not put there yet: both go. */
START_TEST(packets_of_the_dead) {
    const uint32_t made = cell_make(CELL_PACKET), taken = cell_make(CELL_PACKET);

    cell_at(made)->packet.port = cell_at(taken)->packet.port = port + 1;
    atomic_store(&cell_at(made)->state, CELL_STATE(CELL_PACKET, LIFE_MAKING, 1, victim));
    atomic_store(&cell_at(taken)->state, CELL_STATE(CELL_PACKET, LIFE_DYING, 1, victim));
    ck_assert_int_eq(process_sweep(victim, 1), 0);
    ck_assert_int_eq(STATE_LIFE(atomic_load(&cell_at(made)->state)), LIFE_FREE);
    ck_assert_int_eq(STATE_LIFE(atomic_load(&cell_at(taken)->state)), LIFE_FREE);
    ck_chain();
}
END_TEST

static uint32_t cells_in_use(void) {
    uint32_t n = 0;

    for (uint32_t i = 0; i < atomic_load(&winipc_arena->header.n_cells); i++)
        n += STATE_LIFE(atomic_load(&cell_at(i)->state)) != LIFE_FREE;
    return n;
}

/* APCs that a killed thread did not run any more. */
START_TEST(apcs_of_the_dead) {
    const uint32_t before = cells_in_use(), slot = thread_slot_claim(victim), thread = cell_make(CELL_THREAD),
                   process = cell_make(CELL_PROCESS);
    struct wait_object object = {.cell = thread};

    cell_at(thread)->thread.slot = slot;
    atomic_store(&winipc_arena->thread[slot].cell, thread + 1);
    atomic_store(&winipc_arena->process[victim].cell, process + 1);
    cell_live(thread);
    cell_live(process);
    object.state = atomic_load(&cell_at(thread)->state);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(apc_post(&object, &(struct apc_call){.function = 1}), 0);
    ck_assert_uint_eq(cells_in_use(), before + 5);
    ck_assert(cell_ref(thread));
    ck_assert_int_eq(process_sweep(victim, 1), 0);
    ck_assert_uint_eq(cells_in_use(), before + 1);
    ck_assert_int_eq(apc_post(&object, &(struct apc_call){.function = 1}), -ESRCH);
    cell_unref(thread);
    ck_assert_uint_eq(cells_in_use(), before);
}
END_TEST

/* Killed between the count and the record, or the other way: what an instance names counts, and goes with it. */
START_TEST(the_token_of_an_instance) {
    const uint32_t before = cells_in_use(), instance = cell_make(CELL_PIPE_INSTANCE), token = cell_make(CELL_TOKEN),
                   slot = thread_slot_claim(victim);

    atomic_store(&cell_at(instance)->instance.token, token + 1);
    cell_live(instance);
    cell_live(token);
    ck_assert(cell_ref(token) && cell_ref(token));
    atomic_store(&winipc_arena->thread[slot].intent, token + 1);
    ck_assert_int_eq(process_sweep(victim, 1), 0);
    ck_assert_uint_eq((uint32_t)atomic_load(&cell_at(token)->refs), 1);
    cell_unref(instance);
    ck_assert_uint_eq(cells_in_use(), before);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("arena_sweep");
    TCase *tcase = tcase_create("arena_sweep");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tcase, session_make, NULL);
    tcase_add_test(tcase, a_packet_whose_giver_dies_after_its_taker);
    tcase_add_test(tcase, packets_of_the_dead);
    tcase_add_test(tcase, apcs_of_the_dead);
    tcase_add_test(tcase, the_token_of_an_instance);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
