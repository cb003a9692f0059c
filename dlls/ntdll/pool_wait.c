/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The threads that wait on behalf of the pools: for handles, up to 63 each, and the first of them also for timers and
 * for pools that do not get on.  What has come about is submitted to the object's pool, or called here where its owner
 * wants that.  Each has an event of its own to be called away from its wait; its round counts the waits, so that who
 * takes an object out can wait until no wait has it any more.
 */
#include "dlls/ntdll/pool.h"

#include <ntstatus.h>

#include <stddef.h>
#include <stdlib.h>

#include "dlls/ntdll/object.h"
#include "libs/arena/wait.h"
#include "libs/host/futex.h"

#define WAITER_HANDLES (WAIT_BLOCKS - 1)

struct pool_waiter {
    struct pool_waiter *next;
    HANDLE control;
    uint32_t thread; /* slot */
    uint32_t round;  /* futex word */
    unsigned n;
    struct pool_object *objects[WAITER_HANDLES];
};

static struct pool_waiter *first_waiter;
static struct due_queue timers;

/* ---- what has come about ---- */

/* A call of an object of this thread: submitted, or made here. */
static void object_fire(struct pool_object *object, bool timeout) {
    const struct pool_call call = {.timeout = timeout};

    if (!object->in_wait_thread) {
        object->n_timeouts += timeout && object->kind != POOL_TIMER && object->kind != POOL_OLD_TIMER;
        pool_submit(object);
        return;
    }
    object->running++;
    pool_object_ref(object);
    pthread_mutex_unlock(&pool_lock);
    pool_call_back(object, &call);
    pthread_mutex_lock(&pool_lock);
}

/* ---- timers ---- */

static struct pool_object *timer_of(struct due_node *node) {
    return (struct pool_object *)((char *)node - offsetof(struct pool_object, due));
}

/* Those that are due by now; one that comes again does so later, whatever it has missed. */
static void timers_fire(uint64_t now_ns) {
    while (timers.first && timers.first->due_ns <= now_ns) {
        struct pool_object *object = timer_of(timers.first);

        due_remove(&timers, &object->due);
        if (object->period_ns) {
            due_add(&timers, &object->due, due_again(object->due.due_ns, object->period_ns, now_ns));
            object_fire(object, true);
        } else {
            object_fire(object, true);
            pool_object_put(object);
        }
    }
}

/* ---- waits ---- */

static void waiter_remove(struct pool_waiter *waiter, struct pool_object *object) {
    for (unsigned i = 0; i < waiter->n; i++) {
        if (waiter->objects[i] != object)
            continue;
        for (unsigned k = i + 1; k < waiter->n; k++)
            waiter->objects[k - 1] = waiter->objects[k];
        waiter->n--;
        object->waiter = NULL;
        return;
    }
}

/* The object's wait has ended: it leaves the thread, and its call comes. */
static void waiter_end(struct pool_waiter *waiter, struct pool_object *object, bool timeout) {
    waiter_remove(waiter, object);
    object_fire(object, timeout);
    pool_object_put(object);
}

static void waiter_timeouts(struct pool_waiter *waiter, uint64_t now_ns) {
    for (unsigned i = 0; i < waiter->n;) {
        if (waiter->objects[i]->due_ns <= now_ns) {
            waiter_end(waiter, waiter->objects[i], true);
            i = 0; /* the callback may have changed the list */
        } else {
            i++;
        }
    }
}

static uint64_t waiter_deadline(struct pool_waiter *waiter) {
    uint64_t deadline = UINT64_MAX;

    if (waiter == first_waiter) {
        deadline = pool_look(clock_ns());
        if (timers.first && timers.first->due_ns < deadline)
            deadline = timers.first->due_ns;
    }
    for (unsigned i = 0; i < waiter->n; i++) {
        if (waiter->objects[i]->due_ns < deadline)
            deadline = waiter->objects[i]->due_ns;
    }
    return deadline;
}

/* A handle that is no object any more ends the whole wait: find it, and give it up. */
static void waiter_drop_bad(struct pool_waiter *waiter) {
    for (unsigned i = 0; i < waiter->n; i++) {
        struct pool_object *object = waiter->objects[i];
        struct wait_object found;

        if (!object_lookup(object->handle, CELL_FREE, SYNCHRONIZE, &found))
            continue;
        waiter_remove(waiter, object);
        pool_object_put(object);
        return;
    }
}

/* One wait, unlocked.  Return: its status; @waited receives what was waited for, with references. */
static NTSTATUS waiter_wait(struct pool_waiter *waiter, struct pool_object **waited, unsigned *n) {
    const uint64_t deadline = waiter_deadline(waiter), now = clock_ns();
    LARGE_INTEGER timeout = {.QuadPart = deadline <= now ? 0 : -(LONGLONG)((deadline - now + 99) / 100)};
    HANDLE handles[WAIT_BLOCKS] = {waiter->control};
    NTSTATUS status;

    *n = 0;
    for (unsigned i = 0; i < waiter->n; i++) {
        struct pool_object *object = waiter->objects[i];

        if (object->leaving)
            continue;
        pool_object_ref(object);
        waited[(*n)++] = object;
        handles[*n] = object->handle;
    }
    pthread_mutex_unlock(&pool_lock);
    status = NtWaitForMultipleObjects(*n + 1, handles, TRUE, TRUE, deadline == UINT64_MAX ? NULL : &timeout);
    pthread_mutex_lock(&pool_lock);
    return status;
}

static DWORD CALLBACK waiter_main(void *argument) {
    struct pool_waiter *waiter = argument;

    pthread_mutex_lock(&pool_lock);
    waiter->thread = arena_self.index;
    for (;;) {
        struct pool_object *waited[WAITER_HANDLES];
        unsigned n;
        const NTSTATUS status = waiter_wait(waiter, waited, &n);
        const unsigned index = (unsigned)status & 0x7f; /* of WAIT_0 and of ABANDONED_WAIT_0 */

        if (status >= 0 && (status & ~0x3f) != 0x100 && status != STATUS_USER_APC && index > 0 && index <= n &&
            waited[index - 1]->waiter == waiter)
            waiter_end(waiter, waited[index - 1], false);
        else if (NT_ERROR(status))
            waiter_drop_bad(waiter);
        for (unsigned i = 0; i < n; i++)
            pool_object_put(waited[i]);
        waiter->round++;
        futex_wake(&waiter->round, INT32_MAX, FUTEX_ANY);
        waiter_timeouts(waiter, clock_ns());
        if (waiter == first_waiter)
            timers_fire(clock_ns());
    }
    return 0;
}

static NTSTATUS waiter_new(struct pool_waiter **place) {
    struct pool_waiter *waiter = calloc(1, sizeof *waiter);
    NTSTATUS status;
    HANDLE thread;

    if (!waiter)
        return STATUS_NO_MEMORY;
    status = NtCreateEvent(&waiter->control, EVENT_ALL_ACCESS, NULL, SynchronizationEvent, FALSE);
    waiter->thread = ARENA_MAX_THREADS;
    if (!status) {
        *place = waiter;
        pthread_mutex_unlock(&pool_lock); /* as in pool_grow */
        status = NtCreateThreadEx(&thread, THREAD_ALL_ACCESS, NULL, NtCurrentProcess(),
            (PRTL_THREAD_START_ROUTINE)(void *)waiter_main, waiter, 0, 0, 0, 0, NULL);
        pthread_mutex_lock(&pool_lock);
    }
    if (!status)
        NtClose(thread);
    else
        *place = NULL;
    return status;
}

void pool_manager_wake(void) {
    if (!first_waiter)
        waiter_new(&first_waiter);
    if (first_waiter)
        NtSetEvent(first_waiter->control, NULL);
}

bool pool_timer_set(struct pool_object *object, uint64_t due_ns, uint64_t period_ns) {
    const bool was = due_remove(&timers, &object->due);

    if (!was)
        pool_object_ref(object);
    object->set = true;
    object->period_ns = period_ns;
    due_add(&timers, &object->due, due_ns);
    if (timers.first == &object->due || !first_waiter)
        pool_manager_wake();
    return was;
}

bool pool_timer_is_listed(const struct pool_object *object) {
    return due_is_queued(&object->due);
}

bool pool_timer_unset(struct pool_object *object) {
    const bool was = due_remove(&timers, &object->due);

    object->set = false;
    if (was)
        pool_object_put(object);
    return was;
}

NTSTATUS pool_wait_set(struct pool_object *object, HANDLE handle, uint64_t due_ns) {
    struct pool_waiter **place = &first_waiter;
    NTSTATUS status = STATUS_SUCCESS;

    while (*place && (*place)->n == WAITER_HANDLES)
        place = &(*place)->next;
    if (!*place)
        status = waiter_new(place);
    if (status)
        return status;
    object->handle = handle;
    object->due_ns = due_ns;
    object->waiter = *place;
    (*place)->objects[(*place)->n++] = object;
    pool_object_ref(object);
    NtSetEvent((*place)->control, NULL);
    return STATUS_SUCCESS;
}

bool pool_wait_unset(struct pool_object *object) {
    struct pool_waiter *waiter = object->waiter;
    uint32_t round;

    if (!waiter)
        return false;
    if (waiter->thread !=
        arena_self.index) { /* else we are in a callback of that thread, and it waits for nothing now */
        object->leaving = true;
        round = waiter->round;
        NtSetEvent(waiter->control, NULL);
        while (object->waiter == waiter && waiter->round == round) {
            pthread_mutex_unlock(&pool_lock);
            futex_wait(&waiter->round, round, FUTEX_FOREVER, FUTEX_ANY);
            pthread_mutex_lock(&pool_lock);
        }
        object->leaving = false;
    }
    if (object->waiter != waiter)
        return false; /* it was signalled at the last moment: its call comes */
    waiter_remove(waiter, object);
    pool_object_put(object);
    return true;
}

void pool_wait_again(struct pool_object *object) {
    const uint64_t due_ns = object->timeout_ms == INFINITE ? UINT64_MAX : clock_ns() + object->timeout_ms * 1000000ull;

    if (!object->waiter)
        pool_wait_set(object, object->handle, due_ns);
}
