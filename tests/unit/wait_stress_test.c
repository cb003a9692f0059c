/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Looks for lost wake-ups: 8 processes of 8 threads take tokens from random objects, by waits for any and for all,
 * alertable ones among them, and give back what they took.  The tokens must neither get lost nor become more, no wait
 * may time out (there are always tokens for everybody in the end), and no object may be taken twice.
 *
 *     wait_stress_test [SECONDS [SEED [PROCESSES [THREADS]]]]
 *
 * With one process (the form for the thread sanitizer) all threads are in this one.
 */
#include "libs/arena/object.h"
#include "libs/arena/wait.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { N_OBJECTS = 12, TOKENS = 3 };
#define PATIENCE_NS 30000000000ull /* a thread that waits that long has lost its wake-up */

static struct shared {
    _Atomic uint64_t waits, alls, apcs;
    _Atomic uint32_t bad, stop;
    _Atomic int32_t holders[N_OBJECTS];
    uint32_t object[N_OBJECTS];
    _Atomic uint32_t slots[4096]; /* thread slots + 1, for those who send APCs */
    _Atomic uint32_t n_slots;
} * shared;

static uint32_t seed;

static uint32_t random_next(uint32_t *state) {
    *state = *state * 1664525 + 1013904223;
    return *state >> 8;
}

/* What each object is: a third semaphores, a third mutants, a third auto-reset events. */
static enum cell_type object_type(uint32_t i) {
    return i % 3 == 0 ? CELL_SEMAPHORE : i % 3 == 1 ? CELL_MUTANT : CELL_EVENT;
}

static void fault(const char *what, uint32_t object, int result) {
    const struct cell *cell = cell_at(shared->object[object]);

    atomic_fetch_add(&shared->bad, 1);
    fprintf(stderr, "thread %x: %s, object %u (%d): word %llx head %u grant %u lock %x\n", arena_self.id, what, object,
        result, (unsigned long long)atomic_load(&cell->word), atomic_load(&cell->head), atomic_load(&cell->grant),
        atomic_load(&cell->lock));
}

static void take(uint32_t i) {
    const int32_t limit = object_type(i) == CELL_SEMAPHORE ? TOKENS : 1;

    if (atomic_fetch_add(&shared->holders[i], 1) >= limit)
        fault("too many holders", i, 0);
}

static void give(uint32_t i) {
    struct cell *cell = cell_at(shared->object[i]);
    int64_t result;

    atomic_fetch_sub(&shared->holders[i], 1);
    switch (object_type(i)) {
    case CELL_SEMAPHORE: result = semaphore_release(cell, 1); break;
    case CELL_MUTANT: result = mutant_release(cell); break;
    default: result = object_signal(cell); break;
    }
    if (result < 0 || (object_type(i) == CELL_EVENT && result))
        fault("could not be given back", i, (int)result);
}

static void send_apc(uint32_t *state) {
    const uint32_t n = atomic_load(&shared->n_slots),
                   slot = n ? atomic_load(&shared->slots[random_next(state) % n]) : 0;

    if (slot)
        wait_interrupt(&winipc_arena->thread[slot - 1]);
}

/* One wait for @n distinct objects. */
static void wait_once(uint32_t *state) {
    struct wait_object objects[4];
    uint32_t chosen[4], n = 1 + random_next(state) % 4;
    const uint32_t first = random_next(state) % N_OBJECTS,
                   step = random_next(state) % 2 ? 1 : 5; /* both prime to N_OBJECTS */
    const struct wait_request request = {.objects = objects,
        .n = n,
        .all = random_next(state) % 2,
        .alertable = random_next(state) % 4 == 0,
        .deadline_ns = clock_ns() + PATIENCE_NS};
    const uint32_t taken = request.all ? n : 1;
    int result;

    for (uint32_t i = 0; i < n; i++) {
        chosen[i] = (first + i * step) % N_OBJECTS;
        objects[i] = (struct wait_object){.cell = shared->object[chosen[i]]};
    }
    result = wait_for(&request);
    if (result == WAIT_RESULT_APC && request.alertable) {
        atomic_fetch_add(&shared->apcs, 1);
        return;
    }
    if (result < 0 || (uint32_t)result >= n || (request.all && result)) {
        fault("lost wake-up", chosen[0], result);
        return;
    }
    for (uint32_t i = 0; i < taken; i++)
        take(chosen[request.all ? i : (uint32_t)result]);
    if (random_next(state) % 8 == 0)
        send_apc(state);
    for (uint32_t i = taken; i--;)
        give(chosen[request.all ? i : (uint32_t)result]);
    atomic_fetch_add(request.all ? &shared->alls : &shared->waits, 1);
}

static void *thread_run(void *number) {
    uint32_t state = seed * 2654435761u + (uint32_t)(uintptr_t)number;

    arena_thread_enter(thread_slot_claim(arena_process));
    atomic_store(&shared->slots[atomic_fetch_add(&shared->n_slots, 1)], arena_self.index + 1);
    while (!atomic_load(&shared->stop) && !atomic_load(&shared->bad))
        wait_once(&state);
    return NULL;
}

static void threads_run(uint32_t process, uint32_t first, uint32_t n) {
    pthread_t thread[64];

    arena_is_server = false;
    arena_process = process;
    for (uint32_t i = 0; i < n && i < 64; i++) {
        if (pthread_create(&thread[i], NULL, thread_run, (void *)(uintptr_t)(first + i)))
            exit(99);
    }
    for (uint32_t i = 0; i < n && i < 64; i++)
        pthread_join(thread[i], NULL);
}

static void objects_make(uint32_t holder) {
    for (uint32_t i = 0; i < N_OBJECTS; i++) {
        const enum cell_type type = object_type(i);
        const uint32_t index = cell_make(type);

        handle_set(holder, handle_reserve(holder), index, 0x1fffff, 0);
        cell_at(index)->semaphore.maximum = TOKENS;
        atomic_store(&cell_at(index)->word, WORD_OF(type) | (type == CELL_SEMAPHORE  ? (uint64_t)TOKENS
                                                                : type == CELL_EVENT ? WORD_SIGNALED
                                                                                     : 0));
        cell_live(index);
        shared->object[i] = index;
    }
}

static void check_end(void) {
    for (uint32_t i = 0; i < N_OBJECTS; i++) {
        const struct cell *cell = cell_at(shared->object[i]);
        const uint64_t word = atomic_load(&cell->word);
        const bool whole = object_type(i) == CELL_SEMAPHORE ? WORD_COUNT(word) == TOKENS
                           : object_type(i) == CELL_MUTANT  ? WORD_OWNER(word) == 0
                                                            : word & WORD_SIGNALED;

        if (!whole || atomic_load(&cell->head) || atomic_load(&cell->lock) || word & WORD_WAITERS)
            fault("not as it was", i, 0);
    }
}

static void *stop_later(void *seconds) {
    sleep((unsigned)(uintptr_t)seconds); /* how long the load lasts */
    atomic_store(&shared->stop, 1);
    return NULL;
}

int main(int argc, char **argv) {
    const unsigned seconds = argc > 1 ? (unsigned)atoi(argv[1]) : 5;
    const uint32_t processes = argc > 3 ? (uint32_t)atoi(argv[3]) : 8, threads = argc > 4 ? (uint32_t)atoi(argv[4]) : 8;
    uint32_t holder;
    pthread_t timer;

    seed = argc > 2 ? (uint32_t)atoi(argv[2]) : 1;
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED || arena_create())
        return 99;
    arena_is_server = true;
    arena_thread_enter(ARENA_MAX_THREADS);
    holder = process_slot_claim();
    objects_make(holder);
    for (uint32_t p = 1; p < processes; p++) {
        const uint32_t slot = process_slot_claim();

        if (!fork()) {
            threads_run(slot, p * threads, threads);
            _exit(0);
        }
    }
    pthread_create(&timer, NULL, stop_later, (void *)(uintptr_t)seconds);
    threads_run(holder, 0, threads);
    pthread_join(timer, NULL);
    for (int status; wait(&status) > 0;) {
        if (status)
            atomic_fetch_add(&shared->bad, 1);
    }
    check_end();
    printf("%u processes of %u threads, %u s, seed %u: %llu waits for any, %llu for all, %llu ended by an APC; %u "
           "faults\n",
        processes, threads, seconds, seed, (unsigned long long)shared->waits, (unsigned long long)shared->alls,
        (unsigned long long)shared->apcs, shared->bad);
    return shared->bad != 0;
}
