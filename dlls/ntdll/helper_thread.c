/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Threads of ours: for timers, pending pipe operations, change notifications and the like.  Each is started on first
 * need and stays. */
#include "dlls/ntdll/helper_thread.h"

#include <pthread.h>
#include <semaphore.h>
#include <signal.h>

#include "libs/arena/arena.h"

#define HELPER_STACK (256 * 1024) /* touched as far as it is needed */

/* Lives on the creator's stack until ready is posted: some are started in a signal handler, where malloc may not be
 * called. */
struct helper_launch {
    void (*run)(void);
    uint32_t slot;
    sem_t ready;
};

static void *helper_main(void *argument) {
    struct helper_launch *launch = argument;
    void (*const run)(void) = launch->run;

    if (launch->slot < ARENA_MAX_THREADS)
        arena_thread_enter(launch->slot);
    sem_post(&launch->ready);
    run();
    return NULL;
}

/* With all signals blocked from its first instruction on. */
static bool helper_create(struct helper_launch *launch) {
    pthread_attr_t attributes;
    sigset_t all, before;
    pthread_t thread;
    int error;

    if (pthread_attr_init(&attributes))
        return false;
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, HELPER_STACK);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(&thread, &attributes, helper_main, launch);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return !error;
}

static bool helper_start(void (*run)(void), uint32_t slot) {
    struct helper_launch launch = {.run = run, .slot = slot};
    bool started;

    sem_init(&launch.ready, 0, 0);
    started = helper_create(&launch);
    while (started && sem_wait(&launch.ready))
        ;
    sem_destroy(&launch.ready);
    return started;
}

bool helper_thread_start(void (*run)(void)) {
    const uint32_t slot = thread_slot_claim(arena_process);

    if (slot == ARENA_MAX_THREADS)
        return false;
    if (helper_start(run, slot))
        return true;
    thread_slot_release(slot);
    return false;
}

bool helper_thread_start_outside(void (*run)(void)) {
    return helper_start(run, ARENA_MAX_THREADS);
}
