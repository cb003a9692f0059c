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
#include "libs/base/due_queue.h"

#define BUCKETS 4096u /* by cell */
#define BATCH 64      /* as many are fired before somebody else has the lock */

struct timer {
    struct due_node due; /* first, see timer_of(); queued while it is to come */
    struct timer *next;  /* in its bucket */
    uint32_t cell, setting;
    uint64_t state; /* of the cell: another one means that the timer is gone */
    uint64_t period_ns;
    PTIMER_APC_ROUTINE routine;
    void *context;
    uint32_t thread;
    bool queued; /* its APC waits in the thread's queue: another one is not queued */
    bool over;   /* set anew or cancelled while its APC began: that does nothing */
};

static pthread_mutex_t timer_lock = PTHREAD_MUTEX_INITIALIZER, timer_turn = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t timer_changed;
static pthread_once_t timer_once = PTHREAD_ONCE_INIT;
static struct due_queue timers;
static struct timer *buckets[BUCKETS]; /* all that are to come or whose APC is queued */
static unsigned n_routines;            /* of these: those with a routine */

/* Who comes next holds the turn until the lock is free: the thread that fires, which wants it again at once, cannot
 * overtake. */
static void timers_lock(void) {
    pthread_mutex_lock(&timer_turn);
    pthread_mutex_lock(&timer_lock);
    pthread_mutex_unlock(&timer_turn);
}

static void timers_unlock(void) {
    pthread_mutex_unlock(&timer_lock);
}

static struct timer *timer_of(struct due_node *node) {
    return (struct timer *)node;
}

static void timer_add(struct timer *timer) {
    struct timer **bucket = &buckets[timer->cell % BUCKETS];

    timer->next = *bucket;
    *bucket = timer;
    n_routines += timer->routine != NULL;
}

static void timer_free(struct timer *timer) {
    struct timer **place = &buckets[timer->cell % BUCKETS];

    while (*place != timer)
        place = &(*place)->next;
    *place = timer->next;
    n_routines -= timer->routine != NULL;
    free(timer);
}

static void CALLBACK timer_apc(ULONG_PTR argument, ULONG_PTR unused, ULONG_PTR due);

/* It does not come any more, and its APC does not either: what is left of it goes, now or with that APC if it is just
 * about to run. */
static void timer_end(struct timer *timer) {
    due_remove(&timers, &timer->due);
    timer->over = true;
    if (!timer->queued || apc_unqueue(timer->thread, timer_apc, (ULONG_PTR)timer))
        timer_free(timer);
}

/* Ends what this process has set of a timer.  @state: of the cell; what was set of one with that is kept. */
static void timer_end_cell(uint32_t cell, uint64_t state) {
    struct timer *next;

    for (struct timer *timer = buckets[cell % BUCKETS]; timer; timer = next) {
        next = timer->next;
        if (timer->cell == cell && timer->state != state && !timer->over)
            timer_end(timer);
    }
}

void timer_handle_closed(uint32_t cell, uint64_t state) {
    if (atomic_load(&cell_at(cell)->state) == state)
        return; /* there are other handles */
    timers_lock();
    timer_end_cell(cell, atomic_load(&cell_at(cell)->state));
    timers_unlock();
}

/* Those in a bucket whose APCs are for the calling thread. */
static void timer_end_own(struct timer *timer) {
    struct timer *next;

    for (; timer; timer = next) {
        next = timer->next;
        if (timer->routine && timer->thread == arena_self.index) {
            timer->queued = false; /* its APC has gone with the thread's queue */
            timer_end(timer);
        }
    }
}

void timer_thread_gone(void) {
    timers_lock();
    for (unsigned i = 0; n_routines && i < BUCKETS; i++)
        timer_end_own(buckets[i]);
    timers_unlock();
}

static void CALLBACK timer_apc(ULONG_PTR argument, ULONG_PTR unused, ULONG_PTR due) {
    struct timer *timer = (struct timer *)argument;
    const PTIMER_APC_ROUTINE routine = timer->routine;
    void *const context = timer->context;
    bool over;

    (void)unused;
    timers_lock();
    over = timer->over;
    timer->queued = false;
    if (!due_is_queued(&timer->due))
        timer_free(timer);
    timers_unlock();
    if (!over)
        routine(context, (ULONG)due, (LONG)(due >> 32));
}

/* A timer is due, which is out of the queue. */
static void timer_fire(struct timer *timer, uint64_t now_ns) {
    struct cell *cell = cell_at(timer->cell);
    uint64_t next_ns = 0;

    if (atomic_load(&cell->state) != timer->state || atomic_load(&cell->timer.setting) != timer->setting) {
        timer_end(timer); /* it is gone, or another process has set it */
        return;
    }
    object_signal(cell);
    if (timer->routine && !timer->queued)
        timer->queued = apc_queue(timer->thread, timer_apc, (ULONG_PTR)timer, 0, session_filetime());
    if (timer->period_ns)
        due_add(&timers, &timer->due, next_ns = due_again(timer->due.due_ns, timer->period_ns, now_ns));
    atomic_store(&cell->timer.due_ns, next_ns);
    if (!next_ns && !timer->queued)
        timer_free(timer);
}

/* Those that are due, the earliest first; one that comes again does so after now, behind all of them. */
static void timers_fire(uint64_t now_ns) {
    for (unsigned i = 0; i < BATCH && timers.first && timers.first->due_ns <= now_ns; i++) {
        struct timer *timer = timer_of(timers.first);

        due_remove(&timers, &timer->due);
        timer_fire(timer, now_ns);
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
    atomic_store(&cell->timer.due_ns, timer->due.due_ns);
    cell_unlock(cell);
}

static void timer_main(void) {
    timers_lock();
    for (;;) {
        const uint64_t now_ns = clock_ns(), due_ns = timers.first ? timers.first->due_ns : UINT64_MAX;

        if (due_ns <= now_ns) {
            timers_fire(now_ns);
            timers_unlock();
            timers_lock();
        } else if (due_ns != UINT64_MAX) { /* which never comes */
            const struct timespec due = {(time_t)(due_ns / 1000000000), (long)(due_ns % 1000000000)};

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

    if (type != NotificationTimer && type != SynchronizationTimer)
        return STATUS_INVALID_PARAMETER;
    return object_create(handle, access, attributes, &plan);
}

NTSTATUS WINAPI NtOpenTimer(HANDLE *handle, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes) {
    return object_open(handle, access, attributes, CELL_TIMER);
}

/**
 * NtSetTimer() - sets a timer; one that was set is cancelled with its APC, and the timer is not signalled until it is
 * due.
 * @due: in 100 ns; negative: from now.  @routine: an APC for the calling thread, or NULL; the timer ends with that
 * thread then.
 * @period: milliseconds; 0: once.
 * @resume: wakes a machine that sleeps, which nothing here can.
 * Return: STATUS_SUCCESS, STATUS_TIMER_RESUME_IGNORED (the same, where @resume was given), STATUS_INVALID_HANDLE,
 * STATUS_ACCESS_DENIED, STATUS_INVALID_PARAMETER, STATUS_NO_MEMORY.
 */
NTSTATUS WINAPI NtSetTimer(HANDLE handle, const LARGE_INTEGER *due, PTIMER_APC_ROUTINE routine, void *context,
    BOOLEAN resume, ULONG period, BOOLEAN *previous) {
    struct wait_object object;
    const NTSTATUS status = object_lookup(handle, CELL_TIMER, TIMER_MODIFY_STATE, &object);
    const struct due_node *first;
    struct timer *timer;
    struct cell *cell;
    uint64_t now_ns, deadline;

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
    timers_lock();
    timer_end_cell(object.cell, 0);
    now_ns = clock_ns();
    *timer = (struct timer){.cell = object.cell,
        .due = {.due_ns = deadline ? deadline : now_ns},
        .state = object.state,
        .period_ns = (uint64_t)period * 1000000,
        .routine = routine,
        .context = context,
        .thread = arena_self.index};
    timer_add(timer);
    first = timers.first;
    if (previous)
        *previous = (BOOLEAN)(atomic_load(&cell->word) & WORD_SIGNALED);
    object_reset(cell);
    timer_publish(cell, timer, period);
    if (deadline)
        due_add(&timers, &timer->due, deadline);
    else
        timer_fire(timer, now_ns); /* it is signalled before we return */
    if (timers.first != first)
        pthread_cond_signal(&timer_changed);
    timers_unlock();
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
    timers_lock();
    timer_end_cell(object.cell, 0);
    cell_lock(cell);
    atomic_fetch_add(&cell->timer.setting, 1);
    atomic_store(&cell->timer.due_ns, 0);
    cell_unlock(cell);
    timers_unlock();
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
