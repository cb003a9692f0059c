/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Waitable timers (NT).  The object is a cell like an event; a thread of the process that set it last signals it when it is due, so a timer
 * ends with that process.
 */
#include <windows.h>
#include <winternl.h>
#include <ntstatus.h>

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "dlls/ntdll/apc.h"
#include "dlls/ntdll/object.h"
#include "dlls/ntdll/session.h"
#include "dlls/ntdll/wait.h"
#include "libs/arena/object.h"

struct timer {
    struct timer *next;
    uint32_t cell;
    uint64_t state; /* of the cell: another one means that the timer is gone */
    uint64_t due_ns, period_ns;
    PTIMER_APC_ROUTINE routine;
    void *context;
    uint32_t thread;
};

static pthread_mutex_t timer_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t timer_changed;
static pthread_once_t timer_once = PTHREAD_ONCE_INIT;
static struct timer *timers; /* those that are set, the next one first */

static void timer_insert(struct timer *timer) {
    struct timer **place = &timers;

    while (*place && (*place)->due_ns <= timer->due_ns)
        place = &(*place)->next;
    timer->next = *place;
    *place = timer;
}

/* Takes the timer of a cell out of the list.  Return: it, or NULL if it is not set. */
static struct timer *timer_take(uint32_t cell) {
    for (struct timer **place = &timers; *place; place = &(*place)->next) {
        struct timer *timer = *place;

        if (timer->cell != cell)
            continue;
        *place = timer->next;
        return timer;
    }
    return NULL;
}

static void CALLBACK timer_apc(ULONG_PTR routine, ULONG_PTR context, ULONG_PTR due) {
    const PTIMER_APC_ROUTINE call = (PTIMER_APC_ROUTINE)(void *)routine;

    call((void *)context, (ULONG)due, (LONG)(due >> 32));
}

static void timer_fire(struct timer *timer) {
    if (atomic_load(&winipc_arena->cell[timer->cell].state) != timer->state) {
        free(timer);
        return;
    }
    object_signal(cell_at(timer->cell));
    if (timer->routine)
        apc_queue(timer->thread, timer_apc, (ULONG_PTR)(void *)timer->routine, (ULONG_PTR)timer->context, session_filetime());
    if (!timer->period_ns) {
        free(timer);
        return;
    }
    timer->due_ns += timer->period_ns;
    timer_insert(timer);
}

static void *timer_main(void *slot) {
    arena_thread_enter((uint32_t)(uintptr_t)slot);
    pthread_mutex_lock(&timer_lock);
    for (;;) {
        struct timer *first = timers;

        if (first && first->due_ns <= clock_ns()) {
            timers = first->next;
            timer_fire(first);
        } else if (first) {
            const struct timespec due = {(time_t)(first->due_ns / 1000000000), (long)(first->due_ns % 1000000000)};

            pthread_cond_timedwait(&timer_changed, &timer_lock, &due);
        } else {
            pthread_cond_wait(&timer_changed, &timer_lock);
        }
    }
    return NULL;
}

static void timer_start_thread(void) {
    const uint32_t slot = thread_slot_claim(arena_process);
    pthread_condattr_t clock;
    pthread_attr_t attributes;
    sigset_t all, before;
    pthread_t thread;

    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&timer_changed, &clock);
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, 128 * 1024);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    if (slot < ARENA_MAX_THREADS)
        pthread_create(&thread, &attributes, timer_main, (void *)(uintptr_t)slot);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
}

NTSTATUS WINAPI NtCreateTimer(HANDLE *handle, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes, TIMER_TYPE type) {
    const struct object_plan plan = {.type = CELL_TIMER, .word = type == NotificationTimer ? WORD_MANUAL : 0};

    *handle = NULL;
    if (type != NotificationTimer && type != SynchronizationTimer)
        return STATUS_INVALID_PARAMETER;
    return object_create(handle, access, attributes, &plan);
}

NTSTATUS WINAPI NtOpenTimer(HANDLE *handle, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes) {
    *handle = NULL;
    return object_open(handle, access, attributes, CELL_TIMER);
}

/**
 * NtSetTimer() - sets a timer; one that was set is cancelled, and the timer is not signalled until it is due.
 * @due: in 100 ns; negative: from now.  @period: milliseconds; 0: once.
 * Return: STATUS_SUCCESS, STATUS_INVALID_HANDLE, STATUS_ACCESS_DENIED, STATUS_INVALID_PARAMETER, STATUS_NO_MEMORY.
 */
NTSTATUS WINAPI NtSetTimer(HANDLE handle, const LARGE_INTEGER *due, PTIMER_APC_ROUTINE routine, void *context, BOOLEAN resume,
    ULONG period, BOOLEAN *previous) {
    struct wait_object object;
    const NTSTATUS status = object_lookup(handle, CELL_TIMER, TIMER_MODIFY_STATE, &object);
    struct timer *timer, *old;
    uint64_t deadline;

    (void)resume;
    if (status)
        return status;
    if (period > 0x7fffffff)
        return STATUS_INVALID_PARAMETER;
    timer = calloc(1, sizeof *timer);
    if (!timer)
        return STATUS_NO_MEMORY;
    pthread_once(&timer_once, timer_start_thread);
    deadline = wait_deadline(due);
    *timer = (struct timer){.cell = object.cell, .state = object.state, .due_ns = deadline ? deadline : clock_ns(),
        .period_ns = (uint64_t)period * 1000000, .routine = routine, .context = context, .thread = arena_self.index};
    pthread_mutex_lock(&timer_lock);
    old = timer_take(object.cell);
    if (previous)
        *previous = (BOOLEAN)(atomic_load(&cell_at(object.cell)->word) & WORD_SIGNALED);
    object_reset(cell_at(object.cell));
    timer_insert(timer);
    pthread_cond_signal(&timer_changed);
    pthread_mutex_unlock(&timer_lock);
    free(old);
    return STATUS_SUCCESS;
}

/**
 * NtCancelTimer() - the timer will not be signalled any more; its state stays.
 * Return: STATUS_SUCCESS, STATUS_INVALID_HANDLE, STATUS_ACCESS_DENIED.
 */
NTSTATUS WINAPI NtCancelTimer(HANDLE handle, BOOLEAN *previous) {
    struct wait_object object;
    const NTSTATUS status = object_lookup(handle, CELL_TIMER, TIMER_MODIFY_STATE, &object);
    struct timer *old;

    if (status)
        return status;
    pthread_mutex_lock(&timer_lock);
    old = timer_take(object.cell);
    pthread_mutex_unlock(&timer_lock);
    if (previous)
        *previous = (BOOLEAN)(atomic_load(&cell_at(object.cell)->word) & WORD_SIGNALED);
    free(old);
    return STATUS_SUCCESS;
}
