/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Waitable timers (NT).  The object is a cell like an event; a thread of the process that set it last signals it when
 * it is due.  When that process ends the server does so in its place (server/timer.c).
 */
#include <windows.h>
#include <winternl.h>
#include <ntstatus.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dlls/ntdll/apc.h"
#include "dlls/ntdll/helper_thread.h"
#include "dlls/ntdll/query.h"
#include "dlls/ntdll/session.h"
#include "dlls/ntdll/timer.h"
#include "dlls/ntdll/wait.h"
#include "libs/arena/object.h"
#include "libs/arena/wait.h"

struct timer {
    struct timer *next;
    uint32_t cell, setting;
    uint64_t state; /* of the cell: another one means that the timer is gone */
    uint64_t due_ns, period_ns;
    PTIMER_APC_ROUTINE routine;
    void *context;
    uint32_t thread;
    bool listed; /* is still to come */
    bool queued; /* its APC waits in the thread's queue: another one is not queued */
    bool over;   /* set anew or cancelled since: that APC does nothing */
};

static pthread_mutex_t timer_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t timer_changed;
static pthread_once_t timer_once = PTHREAD_ONCE_INIT;
static struct timer *timers; /* those that are set or whose APC is queued, the next one first */

static void timer_insert(struct timer *timer) {
    struct timer **place = &timers;

    while (*place && (*place)->due_ns <= timer->due_ns)
        place = &(*place)->next;
    timer->next = *place;
    *place = timer;
}

static void timer_remove(struct timer *timer) {
    struct timer **place = &timers;

    while (*place && *place != timer)
        place = &(*place)->next;
    if (*place)
        *place = timer->next;
}

/* It does not come any more: what is left of it goes, now or with its APC. */
static void timer_end(struct timer *timer) {
    timer_remove(timer);
    timer->listed = false;
    timer->over = true;
    if (!timer->queued)
        free(timer);
}

/* Ends what this process has set of a timer. */
static void timer_end_cell(uint32_t cell) {
    struct timer *next;

    for (struct timer *timer = timers; timer; timer = next) {
        next = timer->next;
        if (timer->cell == cell)
            timer_end(timer);
    }
}

void timer_thread_gone(void) {
    struct timer *next;

    pthread_mutex_lock(&timer_lock);
    for (struct timer *timer = timers; timer; timer = next) {
        next = timer->next;
        if (timer->routine && timer->thread == arena_self.index) {
            timer->queued = false; /* its APC has gone with the thread's queue */
            timer_end(timer);
        }
    }
    pthread_mutex_unlock(&timer_lock);
}

static void CALLBACK timer_apc(ULONG_PTR argument, ULONG_PTR unused, ULONG_PTR due) {
    struct timer *timer = (struct timer *)argument;
    const PTIMER_APC_ROUTINE routine = timer->routine;
    void *const context = timer->context;
    bool over;

    (void)unused;
    pthread_mutex_lock(&timer_lock);
    over = timer->over;
    timer->queued = false;
    if (!timer->listed) {
        timer_remove(timer);
        free(timer);
    }
    pthread_mutex_unlock(&timer_lock);
    if (!over)
        routine(context, (ULONG)due, (LONG)(due >> 32));
}

/* A timer is due, which is out of the list. */
static void timer_fire(struct timer *timer) {
    struct cell *cell = cell_at(timer->cell);

    timer->listed = false;
    if (atomic_load(&cell->state) != timer->state || atomic_load(&cell->timer.setting) != timer->setting) {
        timer_end(timer); /* it is gone, or another process has set it */
        return;
    }
    object_signal(cell);
    if (timer->routine && !timer->queued)
        timer->queued = apc_queue(timer->thread, timer_apc, (ULONG_PTR)timer, 0, session_filetime());
    if (timer->period_ns) {
        timer->due_ns += timer->period_ns;
        timer->listed = true;
        atomic_store(&cell->timer.due_ns, timer->due_ns);
    } else {
        atomic_store(&cell->timer.due_ns, 0);
        timer->due_ns = UINT64_MAX;
    }
    if (timer->listed || timer->queued) {
        timer_insert(timer);
        pthread_cond_signal(&timer_changed);
    } else {
        free(timer);
    }
}

/* The cell tells the server what there is to do when this process ends. */
static void timer_publish(struct cell *cell, struct timer *timer, uint32_t period_ms) {
    const uint32_t generation = SLOT_GENERATION(atomic_load(&winipc_arena->process[arena_process].state));

    cell_lock(cell);
    timer->setting = atomic_fetch_add(&cell->timer.setting, 1) + 1;
    atomic_store(&cell->timer.setter, PROCESS_ID(arena_process, generation));
    atomic_store(&cell->timer.period_ms, period_ms);
    atomic_store(&cell->timer.has_apc, timer->routine != NULL);
    atomic_store(&cell->timer.due_ns, timer->due_ns);
    cell_unlock(cell);
}

static void timer_main(void) {
    pthread_mutex_lock(&timer_lock);
    for (;;) {
        struct timer *first = timers;

        if (first && first->due_ns == UINT64_MAX)
            first = NULL; /* only APCs are left, or times that never come */
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
}

static void timer_start_thread(void) {
    pthread_condattr_t clock;

    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&timer_changed, &clock);
    helper_thread_start(timer_main);
}

NTSTATUS WINAPI NtCreateTimer(
    HANDLE *handle, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes, TIMER_TYPE type) {
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
 * NtSetTimer() - sets a timer; one that was set is cancelled with its APC, and the timer is not signalled until it is
 * due.
 * @due: in 100 ns; negative: from now.  @routine: an APC for the calling thread, or NULL; the timer ends with that
 * thread then.
 * @period: milliseconds; 0: once.
 * @resume: wakes a machine that sleeps, which nothing here can.
 * Return: STATUS_SUCCESS, STATUS_TIMER_RESUME_IGNORED (the same, where @resume was given), STATUS_INVALID_HANDLE, STATUS_ACCESS_DENIED, STATUS_INVALID_PARAMETER, STATUS_NO_MEMORY.
 */
NTSTATUS WINAPI NtSetTimer(HANDLE handle, const LARGE_INTEGER *due, PTIMER_APC_ROUTINE routine, void *context,
    BOOLEAN resume, ULONG period, BOOLEAN *previous) {
    struct wait_object object;
    const NTSTATUS status = object_lookup(handle, CELL_TIMER, TIMER_MODIFY_STATE, &object);
    struct timer *timer;
    struct cell *cell;
    uint64_t deadline;

    if (status)
        return status;
    if (period > 0x7fffffff)
        return STATUS_INVALID_PARAMETER;
    timer = calloc(1, sizeof *timer);
    if (!timer)
        return STATUS_NO_MEMORY;
    pthread_once(&timer_once, timer_start_thread);
    deadline = wait_deadline(due);
    cell = cell_at(object.cell);
    pthread_mutex_lock(&timer_lock);
    timer_end_cell(object.cell);
    *timer = (struct timer){.cell = object.cell,
        .state = object.state,
        .due_ns = deadline ? deadline : clock_ns(),
        .period_ns = (uint64_t)period * 1000000,
        .routine = routine,
        .context = context,
        .thread = arena_self.index,
        .listed = true};
    if (previous)
        *previous = (BOOLEAN)(atomic_load(&cell->word) & WORD_SIGNALED);
    object_reset(cell);
    timer_publish(cell, timer, period);
    if (deadline) {
        timer_insert(timer);
        pthread_cond_signal(&timer_changed);
    } else {
        timer_fire(timer); /* it is signalled before we return */
    }
    pthread_mutex_unlock(&timer_lock);
    return resume ? STATUS_TIMER_RESUME_IGNORED : STATUS_SUCCESS;
}

/**
 * NtCancelTimer() - the timer will not be signalled any more, and an APC that waits does not run; its state stays.
 * Return: STATUS_SUCCESS, STATUS_INVALID_HANDLE, STATUS_ACCESS_DENIED.
 */
NTSTATUS WINAPI NtCancelTimer(HANDLE handle, BOOLEAN *previous) {
    struct wait_object object;
    const NTSTATUS status = object_lookup(handle, CELL_TIMER, TIMER_MODIFY_STATE, &object);
    struct cell *cell;

    if (status)
        return status;
    cell = cell_at(object.cell);
    pthread_mutex_lock(&timer_lock);
    timer_end_cell(object.cell);
    cell_lock(cell);
    atomic_fetch_add(&cell->timer.setting, 1);
    atomic_store(&cell->timer.due_ns, 0);
    cell_unlock(cell);
    pthread_mutex_unlock(&timer_lock);
    if (previous)
        *previous = (BOOLEAN)(atomic_load(&cell->word) & WORD_SIGNALED);
    return STATUS_SUCCESS;
}

/**
 * NtQueryTimer() - the time that is left, in 100 ns (0 when it is not set), and whether the timer is signalled
 * (TimerBasicInformation).
 * Return: STATUS_SUCCESS, STATUS_INVALID_INFO_CLASS, STATUS_INFO_LENGTH_MISMATCH, STATUS_INVALID_HANDLE,
 * STATUS_OBJECT_TYPE_MISMATCH, STATUS_ACCESS_DENIED, STATUS_ACCESS_VIOLATION.
 */
NTSTATUS WINAPI NtQueryTimer(HANDLE handle, TIMER_INFORMATION_CLASS class, void *data, ULONG size, ULONG *used) {
    TIMER_BASIC_INFORMATION info;
    struct wait_object object;
    const NTSTATUS status =
        query_object(handle, CELL_TIMER, TIMER_QUERY_STATE, class == TimerBasicInformation, size, sizeof info, &object);
    uint64_t due_ns, now_ns;

    if (status)
        return status;
    due_ns = atomic_load(&cell_at(object.cell)->timer.due_ns);
    now_ns = clock_ns();
    memset(&info, 0, sizeof info);
    info.RemainingTime.QuadPart = due_ns > now_ns ? (LONGLONG)((due_ns - now_ns) / 100) : 0;
    info.TimerState = atomic_load(&cell_at(object.cell)->word) & WORD_SIGNALED;
    return query_answer(data, &info, sizeof info, used);
}
