/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who is woken: a pulse ends the waits of all who wait at that instant and of nobody else, in two processes; an
 * auto-reset event serves its waiters in the order in which they came.
 *
 *     wait_order_test [PULSES]
 */
#include "libs/arena/object.h"
#include "libs/arena/wait.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PULSE_WAITERS = 4, QUEUE_WAITERS = 8 };
#define PATIENCE_NS 30000000000ull

static struct shared {
    _Atomic uint32_t slot[QUEUE_WAITERS]; /* + 1 */
    _Atomic uint32_t woken[QUEUE_WAITERS];
    _Atomic uint32_t served[QUEUE_WAITERS]; /* who was served first, second…; + 1 */
    _Atomic uint32_t order, stop, bad;
} * shared;

static uint32_t event, process;

static void fault(const char *what, uint32_t number) {
    atomic_fetch_add(&shared->bad, 1);
    fprintf(stderr, "%s (%u)\n", what, number);
}

static int wait_once(void) {
    const struct wait_object object = {.cell = event};
    const struct wait_request request = {.objects = &object, .n = 1, .deadline_ns = clock_ns() + PATIENCE_NS};

    return wait_for(&request);
}

static void enter(uint32_t number) {
    arena_thread_enter(thread_slot_claim(arena_process));
    atomic_store(&shared->slot[number], arena_self.index + 1);
}

static bool waits(uint32_t number) {
    const uint32_t slot = atomic_load(&shared->slot[number]);

    return slot && atomic_load(&winipc_arena->thread[slot - 1].wait) & WAIT_ASLEEP;
}

static void until_waits(uint32_t number) {
    while (!waits(number) && !atomic_load(&shared->bad))
        sched_yield();
}

static void *pulse_waiter(void *number) {
    const uint32_t i = (uint32_t)(uintptr_t)number;

    enter(i);
    while (!atomic_load(&shared->stop)) {
        if (wait_once())
            fault("a pulse was lost", i);
        atomic_fetch_add(&shared->woken[i], 1);
    }
    return NULL;
}

static void event_make(uint64_t bits) {
    event = cell_make(CELL_EVENT);
    handle_set(process, handle_reserve(process), event, 0x1fffff, 0);
    atomic_store(&cell_at(event)->word, WORD_OF(CELL_EVENT) | bits);
    cell_live(event);
}

static void waiters_start(uint32_t first, uint32_t n, pthread_t *thread) {
    for (uint32_t i = 0; i < n; i++) {
        if (pthread_create(&thread[i], NULL, pulse_waiter, (void *)(uintptr_t)(first + i)))
            exit(99);
    }
}

static void pulse_all(uint32_t pulses) {
    for (uint32_t pulse = 0; pulse < pulses && !atomic_load(&shared->bad); pulse++) {
        for (uint32_t i = 0; i < PULSE_WAITERS; i++)
            until_waits(i);
        if (pulse + 1 == pulses)
            atomic_store(&shared->stop, 1);
        event_pulse(cell_at(event));
        for (uint32_t i = 0; i < PULSE_WAITERS; i++) {
            while (atomic_load(&shared->woken[i]) == pulse && !atomic_load(&shared->bad))
                sched_yield();
            if (atomic_load(&shared->woken[i]) != pulse + 1)
                fault("woken without a pulse", i);
        }
    }
}

static void test_pulses(uint32_t pulses) {
    const uint32_t other = process_slot_claim();
    pthread_t thread[PULSE_WAITERS / 2];
    int status = 0;
    pid_t pid;

    event_make(WORD_MANUAL);
    pid = fork();
    if (!pid) {
        arena_process = other;
        waiters_start(PULSE_WAITERS / 2, PULSE_WAITERS / 2, thread);
        for (uint32_t i = 0; i < PULSE_WAITERS / 2; i++)
            pthread_join(thread[i], NULL);
        _exit(0);
    }
    waiters_start(0, PULSE_WAITERS / 2, thread);
    pulse_all(pulses);
    for (uint32_t i = 0; i < PULSE_WAITERS / 2; i++)
        pthread_join(thread[i], NULL);
    waitpid(pid, &status, 0);
    if (status)
        fault("the other process", (uint32_t)status);
}

static void *queue_waiter(void *number) {
    const uint32_t i = (uint32_t)(uintptr_t)number;

    enter(i);
    if (wait_once())
        fault("never served", i);
    atomic_store(&shared->served[atomic_fetch_add(&shared->order, 1) % QUEUE_WAITERS], i + 1);
    return NULL;
}

static void test_order(void) {
    pthread_t thread[QUEUE_WAITERS];

    event_make(0);
    for (uint32_t i = 0; i < QUEUE_WAITERS; i++) {
        atomic_store(&shared->slot[i], 0);
        if (pthread_create(&thread[i], NULL, queue_waiter, (void *)(uintptr_t)i))
            exit(99);
        until_waits(i);
    }
    for (uint32_t i = 0; i < QUEUE_WAITERS; i++) {
        object_signal(cell_at(event));
        while (!atomic_load(&shared->served[i]) && !atomic_load(&shared->bad))
            sched_yield();
        if (atomic_load(&shared->served[i]) != i + 1)
            fault("served out of order", i);
    }
    for (uint32_t i = 0; i < QUEUE_WAITERS; i++)
        pthread_join(thread[i], NULL);
}

int main(int argc, char **argv) {
    const uint32_t pulses = argc > 1 ? (uint32_t)atoi(argv[1]) : getenv("LONG") ? 100000 : 3000;

    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED || arena_create())
        return 99;
    arena_thread_enter(ARENA_MAX_THREADS);
    process = process_slot_claim();
    arena_process = process;
    arena_thread_enter(thread_slot_claim(process));
    test_pulses(pulses);
    test_order();
    printf("%u pulses for %u waiters, %u waiters served in order; %u faults\n", pulses, (uint32_t)PULSE_WAITERS,
        (uint32_t)QUEUE_WAITERS, shared->bad);
    return shared->bad != 0;
}
