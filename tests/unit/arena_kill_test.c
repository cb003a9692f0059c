/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Kills processes inside the arena's operations.  Workers do random operations on shared objects; each is ended by SIGKILL, at a random
 * labelled step (libs/arena/step.h) or at a random moment.  After each death the "server" (this process) sweeps, and the others must go
 * on: no lock stays held, no mutant is lost, nobody is inside the mutant twice, no cell leaks.
 *
 *     arena_kill_test [ROUNDS [SEED]]
 */
#define ARENA_STEPS
#include "libs/arena/arena.c"
#include "libs/arena/cell.c"
#include "libs/arena/fcb.c"
#include "libs/arena/file_lock.c"
#undef CACHE
#include "libs/arena/handle.c"
#include "libs/arena/lock.c"
#undef SPINS
#include "libs/arena/object.c"
#include "libs/arena/pipe_state.c"
#include "libs/arena/port.c"
#include "libs/arena/sweep.c"
#include "libs/arena/wait.c"
#undef SPIN_MIN
#include "libs/arena/dispatch.c"
#include "libs/arena/wait_all.c"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { WORKERS = 4, MUTANT, SEMAPHORE, EVENT, MANUAL, PORT, OBJECTS };
#define N_OBJECTS (OBJECTS - MUTANT)
#define MAX_PACKETS (1u << 24)
#define PATIENCE_NS 5000000000ull

static struct shared {
    _Atomic uint64_t progress[WORKERS], bad, steps;
    _Atomic int inside;
    char last_step[WORKERS][40];
    uint32_t object[N_OBJECTS];
    _Atomic uint64_t posted, taken[MAX_PACKETS / 64];
} *shared;

static uint32_t random_state, steps_left, worker, holder;
static pid_t worker_pid[WORKERS];
static uint32_t worker_slot[WORKERS];

static uint32_t random_next(void) {
    random_state = random_state * 1664525 + 1013904223;
    return random_state >> 8;
}

static void die_at_step(const char *label) {
    if (--steps_left)
        return;
    strncpy(shared->last_step[worker], label, sizeof shared->last_step[worker] - 1);
    atomic_fetch_add(&shared->steps, 1);
    kill(getpid(), SIGKILL);
}

static int wait_one(uint32_t cell, uint64_t span_ns) {
    const struct wait_object object = {.cell = cell};
    const struct wait_request request = {.objects = &object, .n = 1, .deadline_ns = clock_ns() + span_ns};

    return wait_for(&request);
}

static void do_mutant(uint32_t cell) {
    const int result = wait_one(cell, PATIENCE_NS);

    if (result < 0) {
        atomic_fetch_add(&shared->bad, 1);
        fprintf(stderr, "worker %u (thread %x, result %d): the mutant never came (word %llx head %u grant %u lock %x)\n", worker, arena_self.id, result,
            (unsigned long long)atomic_load(&cell_at(cell)->word), atomic_load(&cell_at(cell)->head),
            atomic_load(&cell_at(cell)->grant), atomic_load(&cell_at(cell)->lock));
        return;
    }
    if (result & WAIT_GRANT_ABANDONED)
        atomic_store(&shared->inside, 0);
    if (atomic_fetch_add(&shared->inside, 1) != 0) {
        atomic_fetch_add(&shared->bad, 1);
        fprintf(stderr, "worker %u: not alone in the mutant (result %x)\n", worker, result);
    }
    for (volatile uint32_t i = 0; i < random_next() % 200; i++)
        ;
    atomic_fetch_sub(&shared->inside, 1);
    if (mutant_release(cell_at(cell)) != 0)
        atomic_fetch_add(&shared->bad, 1);
}

/* No packet comes twice, or was never posted. */
static void do_port(uint32_t cell) {
    const struct wait_object port = {.cell = cell, .state = atomic_load(&cell_at(cell)->state)};
    struct port_packet packets[3] = {{.key = PORT}};
    int taken;

    if (random_next() & 1) {
        packets[0].value = atomic_fetch_add(&shared->posted, 1);
        if (port_post(port.cell, port.state, &packets[0]))
            atomic_fetch_add(&shared->bad, 1);
        return;
    }
    taken = port_remove(&port, packets, 1 + random_next() % 3, false, clock_ns() + random_next() % 2 * 100000);
    for (int i = 0; i < taken; i++) {
        const uint64_t n = packets[i].value;

        if (packets[i].key != PORT || n >= atomic_load(&shared->posted) ||
            atomic_fetch_or(&shared->taken[n % MAX_PACKETS / 64], 1ull << n % 64) & 1ull << n % 64) {
            atomic_fetch_add(&shared->bad, 1);
            fprintf(stderr, "worker %u: packet %llu was taken before, or never posted\n", worker, (unsigned long long)n);
        }
    }
    if (taken == WAIT_RESULT_GONE)
        atomic_fetch_add(&shared->bad, 1);
}

/* A port that goes with packets in it, and with a thread that works for it. */
static void do_own_port(void) {
    const uint64_t handle = handle_reserve(arena_process);
    const uint32_t cell = cell_make(CELL_COMPLETION);
    struct port_packet packet = {.key = 1};
    struct wait_object port;

    cell_at(cell)->port.concurrency = 1;
    atomic_store(&cell_at(cell)->word, WORD_OF(CELL_COMPLETION) | WORD_MANUAL);
    handle_set(arena_process, handle, cell, 0x1fffff, 0);
    cell_live(cell);
    port = (struct wait_object){.cell = cell, .state = atomic_load(&cell_at(cell)->state)};
    for (uint32_t i = random_next() % 4; i--;)
        port_post(port.cell, port.state, &packet);
    port_remove(&port, &packet, 1, false, 0);
    handle_close(arena_process, handle);
}

static void do_handle(uint32_t cell) {
    const uint64_t handle = handle_reserve(arena_process);
    uint32_t made;

    if (random_next() & 1) {
        intent_begin(cell);
        if (cell_ref(cell))
            handle_set(arena_process, handle, cell, 0x1fffff, 0);
        else
            handle_drop(arena_process, handle);
        intent_end();
    } else {
        made = cell_make(CELL_EVENT);
        handle_set(arena_process, handle, made, 0x1fffff, 0);
        cell_live(made);
    }
    handle_close(arena_process, handle);
}

/* Opens one of three files, locks a range of it, has it deleted, and closes it.  Nobody is beside who opened it for himself. */
static void do_file(void) {
    const struct file_range range = {.start = random_next() % 4, .length = 2, .exclusive = random_next() & 1};
    const uint32_t inode = 1 + random_next() % 3, use = random_next() & 3 ? FCB_READ | FCB_LET_ALL : FCB_WRITE;
    const uint64_t handle = handle_reserve(arena_process);
    const uint32_t cell = cell_make(CELL_FILE);

    if (fcb_join(cell, 7, inode, use, 0)) {
        cell_unref(cell);
        handle_drop(arena_process, handle);
        return;
    }
    handle_set(arena_process, handle, cell, 0x1fffff, 0);
    cell_live(cell);
    if (!file_lock(cell, &range) && random_next() & 1 && file_unlock(cell, &range)) {
        atomic_fetch_add(&shared->bad, 1);
        fprintf(stderr, "worker %u: a lock is lost\n", worker);
    }
    if (!(random_next() & 3))
        fcb_delete(cell, FCB_DELETE_ALONE + random_next() % 4, "/nowhere/in/the/world/there/is/a/file/with/such/a/long/and/foolish/name");
    if (!(random_next() & 3))
        fcb_renamed(cell, "/nor/here");
    if (use == FCB_WRITE && cell_at(atomic_load(&cell_at(cell)->file.fcb) - 1)->fcb.sharers != 1) {
        atomic_fetch_add(&shared->bad, 1);
        fprintf(stderr, "worker %u: not alone with the file\n", worker);
    }
    handle_close(arena_process, handle);
}

static void do_any(void) {
    struct wait_object objects[3] = {
        {.cell = shared->object[1]}, {.cell = shared->object[2]}, {.cell = shared->object[3]}};
    const struct wait_request request = {.objects = objects, .n = 3, .deadline_ns = clock_ns() + 200000};

    wait_for(&request);
}

/* All or nothing: whoever got the mutant has the semaphore's unit and the event's signal as well. */
static void do_all(void) {
    struct wait_object objects[3] = {
        {.cell = shared->object[1]}, {.cell = shared->object[2]}, {.cell = shared->object[0]}};
    const struct wait_request request = {
        .objects = objects, .n = 3, .all = true, .deadline_ns = clock_ns() + random_next() % 400000};
    const int result = wait_for(&request);

    if (result < 0)
        return;
    if (result & WAIT_GRANT_ABANDONED)
        atomic_store(&shared->inside, 0);
    if (atomic_fetch_add(&shared->inside, 1) != 0) {
        atomic_fetch_add(&shared->bad, 1);
        fprintf(stderr, "worker %u: not alone in the mutant, all (result %x)\n", worker, result);
    }
    atomic_fetch_sub(&shared->inside, 1);
    mutant_release(cell_at(shared->object[0]));
}

static void work(uint32_t number, uint32_t slot) {
    worker = number;
    arena_is_server = false;
    arena_process = slot;
    arena_thread_enter(thread_slot_claim(slot));
    atomic_store(&winipc_arena->process[slot].state, SLOT_MOVED(atomic_load(&winipc_arena->process[slot].state), SLOT_RUNNING));
    arena_step = die_at_step;
    for (;;) {
        switch (random_next() % 16) {
        case 0: case 1: case 2: do_mutant(shared->object[0]); break;
        case 3: semaphore_release(cell_at(shared->object[1]), 1); break;
        case 4: object_signal(cell_at(shared->object[2])); break;
        case 5: random_next() & 1 ? object_signal(cell_at(shared->object[3])) : object_reset(cell_at(shared->object[3])); break;
        case 6: do_any(); break;
        case 7: event_pulse(cell_at(shared->object[2])); break;
        case 8: do_handle(shared->object[2]); break;
        case 9: case 10: do_all(); break;
        case 11: case 12: do_port(shared->object[4]); break;
        case 13: do_own_port(); break;
        case 14: case 15: do_file(); break;
        }
        atomic_fetch_add(&shared->progress[number], 1);
    }
}

static pid_t start(uint32_t number, uint32_t *slot) {
    pid_t pid;

    *slot = process_slot_claim();
    random_state = random_state * 22695477 + 1;
    steps_left = 1 + random_next() % 500;
    pid = fork();
    if (!pid)
        work(number, *slot);
    return pid;
}

static void sweep(uint32_t slot) {
    const uint64_t end = clock_ns() + PATIENCE_NS;

    while (slot < ARENA_MAX_PROCESSES && process_sweep(slot, 9) == -EAGAIN) {
        if (clock_ns() > end) {
            atomic_fetch_add(&shared->bad, 1);
            fprintf(stderr, "the sweep of slot %u does not end\n", slot);
            return;
        }
        /* a second one may have died meanwhile, with its intention still written: as in the server, all deaths are seen to */
        for (uint32_t i = 0; i < WORKERS; i++) {
            siginfo_t info = {0};

            if (worker_pid[i] && !waitid(P_PID, (id_t)worker_pid[i], &info, WEXITED | WNOHANG | WNOWAIT) && info.si_pid &&
                worker_slot[i] != slot && worker_slot[i] < ARENA_MAX_PROCESSES && !process_sweep(worker_slot[i], 9))
                worker_slot[i] = ARENA_MAX_PROCESSES; /* done: another may have the slot from now on */
        }
        sched_yield();
    }
}

static uint32_t shared_object(enum cell_type type, uint64_t word, uint32_t maximum) {
    const uint32_t index = cell_make(type);

    /* a reference needs a record: without one a recount would take it for a leak */
    handle_set(holder, handle_reserve(holder), index, 0x1fffff, 0);
    cell_at(index)->semaphore.maximum = maximum;
    atomic_store(&cell_at(index)->word, WORD_OF(type) | word);
    cell_live(index);
    return index;
}

/* The port after all deaths: as many packets as its chain is long, nobody works for it; of those that were posted only what the dead held
 * may be missing.  Return: its packets. */
static uint32_t check_port(const struct cell *cell, uint32_t deaths) {
    const uint64_t posted = atomic_load(&shared->posted);
    uint32_t length = 0;
    uint64_t taken = 0;

    for (uint32_t at = atomic_load(&cell->port.first); at && length < MAX_PACKETS; at = atomic_load(&cell_at(at - 1)->packet.next))
        length++;
    for (uint32_t i = 0; i < MAX_PACKETS / 64; i++)
        taken += (uint32_t)__builtin_popcountll(atomic_load(&shared->taken[i]));
    if (length != port_depth(cell) || atomic_load(&cell->port.active) || taken + length > posted ||
        taken + length + 4 * deaths < posted) {
        atomic_fetch_add(&shared->bad, 1);
        fprintf(stderr, "port: %u packets in the chain, depth %u, %u at work, %llu posted, %llu taken\n", length, port_depth(cell),
            atomic_load(&cell->port.active), (unsigned long long)posted, (unsigned long long)taken);
    }
    return length;
}

static void check_end(uint32_t deaths) {
    const uint32_t expected = N_OBJECTS + check_port(cell_at(shared->object[4]), deaths);
    uint32_t live = 0;

    for (uint32_t i = 0; i < atomic_load(&winipc_arena->header.n_cells); i++)
        live += STATE_LIFE(atomic_load(&winipc_arena->cell[i].state)) != LIFE_FREE;
    for (uint32_t i = 0; i < N_OBJECTS; i++) {
        const struct cell *cell = cell_at(shared->object[i]);

        if (atomic_load(&cell->head) || (uint32_t)atomic_load(&cell->refs) != 1 || atomic_load(&cell->word) & WORD_WAITERS) {
            atomic_fetch_add(&shared->bad, 1);
            fprintf(stderr, "object %u: head %u refs %u word %llx\n", i, atomic_load(&cell->head),
                (uint32_t)atomic_load(&cell->refs), (unsigned long long)atomic_load(&cell->word));
        }
    }
    for (uint32_t i = 0; live != expected && i < atomic_load(&winipc_arena->header.n_cells); i++) {
        const struct cell *cell = cell_at(i);

        if (STATE_LIFE(atomic_load(&cell->state)) != LIFE_FREE)
            fprintf(stderr, "cell %u: state %llx word %llx refs %u port %u\n", i, (unsigned long long)atomic_load(&cell->state),
                (unsigned long long)atomic_load(&cell->word), (uint32_t)atomic_load(&cell->refs), cell->packet.port);
    }
    if (live != expected) {
        atomic_fetch_add(&shared->bad, 1);
        fprintf(stderr, "%u cells are not free, %u expected\n", live, expected);
    }
}

int main(int argc, char **argv) {
    const int rounds = argc > 1 ? atoi(argv[1]) : 1000;
    pid_t *const pid = worker_pid;
    uint32_t *const slot = worker_slot;

    random_state = argc > 2 ? (uint32_t)atoi(argv[2]) : 1;
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED || arena_create())
        return 99;
    arena_is_server = true;
    arena_thread_enter(ARENA_MAX_THREADS);
    holder = process_slot_claim();
    shared->object[0] = shared_object(CELL_MUTANT, 0, 0);
    shared->object[1] = shared_object(CELL_SEMAPHORE, 0, 100);
    shared->object[2] = shared_object(CELL_EVENT, 0, 0);
    shared->object[3] = shared_object(CELL_EVENT, WORD_MANUAL, 0);
    shared->object[4] = shared_object(CELL_COMPLETION, WORD_MANUAL, 2);
    for (uint32_t i = 0; i < WORKERS; i++)
        pid[i] = start(i, &slot[i]);
    for (int round = 0; round < rounds && !atomic_load(&shared->bad); round++) {
        uint32_t i = 0;
        int status = SIGKILL;
        pid_t dead = waitpid(-1, &status, round % 8 ? 0 : WNOHANG); /* three of four die at a step, the others whenever it comes */

        if (dead && (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)) {
            atomic_fetch_add(&shared->bad, 1);
            fprintf(stderr, "a worker crashed: status %x\n", (unsigned)status);
        }
        if (!dead) {
            i = random_next() % WORKERS;
            kill(pid[i], SIGKILL);
            dead = waitpid(pid[i], NULL, 0);
        }
        for (i = 0; i < WORKERS && pid[i] != dead; i++)
            ;
        sweep(slot[i]);
        pid[i] = start(i, &slot[i]);
    }
    for (uint32_t i = 0; i < WORKERS; i++) {
        kill(pid[i], SIGKILL);
        waitpid(pid[i], NULL, 0);
    }
    for (uint32_t i = 0; i < WORKERS; i++)
        if (!process_sweep(slot[i], 9)) /* all are known to be dead before one of them must be swept to the end */
            slot[i] = ARENA_MAX_PROCESSES;
    for (uint32_t i = 0; i < WORKERS; i++)
        sweep(slot[i]);
    check_end((uint32_t)rounds + WORKERS);
    printf("%d kills, %llu of them at a labelled step; %llu faults\n", rounds, (unsigned long long)shared->steps,
        (unsigned long long)shared->bad);
    return shared->bad != 0;
}
