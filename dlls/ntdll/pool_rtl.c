/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The older calls of the thread pool: work items, registered waits, timer queues, I/O routines; all on the default
 * pool. Source: https://learn.microsoft.com/en-us/windows/win32/procthread/thread-pooling
 */
#include "dlls/ntdll/pool.h"

#include <ntstatus.h>

#include <stdlib.h>

#include "dlls/ntdll/wait.h"
#include "libs/arena/wait.h"

struct timer_queue {
    struct pool_object *timers;
    unsigned n; /* timers that have not gone, and one until the queue is deleted */
    HANDLE done_event;
    bool deleted;
};

static struct timer_queue default_queue = {.n = 1};

static struct pool_object *object_new(enum pool_kind kind, void *callback, void *context, ULONG flags) {
    struct pool_object *object = pool_object_new(kind, callback, context, NULL);

    if (!object)
        return NULL;
    object->long_function = flags & WT_EXECUTELONGFUNCTION;
    object->once = flags & WT_EXECUTEONLYONCE;
    object->in_wait_thread = flags & (WT_EXECUTEINWAITTHREAD | WT_EXECUTEINTIMERTHREAD);
    return object;
}

/**
 * RtlQueueWorkItem() - one call in a thread of the pool (QueueUserWorkItem).
 * @flags: WT_EXECUTELONGFUNCTION: a thread of its own if none is free; WT_EXECUTEINIOTHREAD,
 * WT_EXECUTEINPERSISTENTTHREAD: any thread here keeps its pending I/O. Return: STATUS_SUCCESS, STATUS_NO_MEMORY.
 * Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/threadpoollegacyapiset/nf-threadpoollegacyapiset-queueuserworkitem
 */
NTSTATUS WINAPI RtlQueueWorkItem(PRTL_WORK_ITEM_ROUTINE function, void *context, ULONG flags) {
    struct pool_object *object = object_new(POOL_OLD_WORK, (void *)function, context, flags);

    if (!object)
        return STATUS_NO_MEMORY;
    pthread_mutex_lock(&pool_lock);
    pool_submit(object);
    pool_object_put(object);
    pthread_mutex_unlock(&pool_lock);
    return STATUS_SUCCESS;
}

/**
 * RtlSetIoCompletionCallback() - has a routine called for each overlapped operation of a file
 * (BindIoCompletionCallback). Return: STATUS_SUCCESS, STATUS_NO_MEMORY, STATUS_INVALID_PARAMETER (the file has a port),
 * STATUS_INVALID_HANDLE.
 */
NTSTATUS WINAPI RtlSetIoCompletionCallback(HANDLE file, PRTL_OVERLAPPED_COMPLETION_ROUTINE routine, ULONG flags) {
    struct pool_object *object = object_new(POOL_OLD_IO, (void *)routine, NULL, flags);
    FILE_COMPLETION_INFORMATION info;
    IO_STATUS_BLOCK iosb;
    NTSTATUS status;

    if (!object)
        return STATUS_NO_MEMORY;
    info = (FILE_COMPLETION_INFORMATION){.CompletionPort = object->pool->port, .CompletionKey = (ULONG_PTR)object};
    status = NtSetInformationFile(file, &iosb, &info, sizeof info, FileCompletionInformation);
    pthread_mutex_lock(&pool_lock);
    if (status)
        pool_object_put(object); /* else it lives on: packets may come as long as the file is open */
    else if (!object->pool->n_threads)
        pool_grow(object->pool);
    pthread_mutex_unlock(&pool_lock);
    return status;
}

/* ---- ends ---- */

/*
 * What Unregister… and Delete… have in common.  @event: NULL: do not wait; INVALID_HANDLE_VALUE: wait for the calls
 * under way; else an event that is set when they are over. Return: STATUS_SUCCESS, or STATUS_PENDING when a call is
 * still under way.
 */
static NTSTATUS object_end(struct pool_object *object, HANDLE event) {
    NTSTATUS status = STATUS_SUCCESS;

    pool_object_ref(object);
    pool_object_release(object);
    object->done_event = event;
    if (event == INVALID_HANDLE_VALUE)
        pool_object_quiet(object);
    else if (object->running || object->pending)
        status = STATUS_PENDING;
    pool_object_put(object);
    return status;
}

/* ---- registered waits ---- */

/**
 * RtlRegisterWait() - has a routine called each time that an object is signalled, or @milliseconds are over.
 * @flags: WT_EXECUTEONLYONCE, WT_EXECUTEINWAITTHREAD, WT_EXECUTELONGFUNCTION and the others of RtlQueueWorkItem.
 * Return: STATUS_SUCCESS, STATUS_NO_MEMORY; of @handle, as a wait would fail: STATUS_INVALID_HANDLE, STATUS_ACCESS_DENIED (no SYNCHRONIZE),
 * STATUS_OBJECT_TYPE_MISMATCH.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winbase/nf-winbase-registerwaitforsingleobject
 */
NTSTATUS WINAPI RtlRegisterWait(HANDLE *result, HANDLE handle, RTL_WAITORTIMERCALLBACKFUNC callback, void *context,
    ULONG milliseconds, ULONG flags) {
    struct wait_object waited;
    NTSTATUS status = wait_lookup(handle, &waited);
    struct pool_object *object;

    *result = NULL;
    if (status)
        return status;
    object = object_new(POOL_OLD_WAIT, (void *)callback, context, flags);
    if (!object)
        return STATUS_NO_MEMORY;
    pthread_mutex_lock(&pool_lock);
    object->timeout_ms = milliseconds;
    status =
        pool_wait_set(object, handle, milliseconds == INFINITE ? UINT64_MAX : clock_ns() + milliseconds * 1000000ull);
    if (status)
        pool_object_put(object);
    else
        *result = (HANDLE)object;
    pthread_mutex_unlock(&pool_lock);
    return status;
}

/** RtlDeregisterWaitEx() - see object_end. */
NTSTATUS WINAPI RtlDeregisterWaitEx(HANDLE wait, HANDLE event) {
    NTSTATUS status;

    if (!wait)
        return STATUS_INVALID_HANDLE;
    pthread_mutex_lock(&pool_lock);
    status = object_end((struct pool_object *)wait, event);
    pthread_mutex_unlock(&pool_lock);
    return status;
}

NTSTATUS WINAPI RtlDeregisterWait(HANDLE wait) {
    return RtlDeregisterWaitEx(wait, NULL);
}

/* ---- timer queues ---- */

NTSTATUS WINAPI RtlCreateTimerQueue(HANDLE *queue) {
    struct timer_queue *made = calloc(1, sizeof *made);

    *queue = (HANDLE)made;
    if (!made)
        return STATUS_NO_MEMORY;
    made->n = 1;
    return STATUS_SUCCESS;
}

static struct timer_queue *queue_of(HANDLE queue) {
    return queue ? (struct timer_queue *)queue : &default_queue;
}

static void queue_remove(struct timer_queue *queue, struct pool_object *timer) {
    struct pool_object **place = &queue->timers;

    while (*place && *place != timer)
        place = &(*place)->queue_next;
    if (*place)
        *place = timer->queue_next;
}

static void queue_put(struct timer_queue *queue) {
    if (--queue->n)
        return;
    if (queue->done_event)
        NtSetEvent(queue->done_event, NULL);
    free(queue);
}

static void timer_gone(struct pool_object *timer) {
    queue_put((struct timer_queue *)timer->queue);
}

static uint64_t timer_due(DWORD milliseconds) {
    return milliseconds == INFINITE ? UINT64_MAX : clock_ns() + milliseconds * 1000000ull;
}

/**
 * RtlCreateTimer() - has a routine called after @due milliseconds, then each @period (0: once).
 * @flags: as RtlRegisterWait, and WT_EXECUTEINTIMERTHREAD.
 * Return: STATUS_SUCCESS, STATUS_NO_MEMORY, STATUS_INVALID_HANDLE (the queue is being deleted).
 * Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/threadpoollegacyapiset/nf-threadpoollegacyapiset-createtimerqueuetimer
 */
NTSTATUS WINAPI RtlCreateTimer(HANDLE handle, HANDLE *result, RTL_WAITORTIMERCALLBACKFUNC callback, void *context,
    DWORD due, DWORD period, ULONG flags) {
    struct timer_queue *queue = queue_of(handle);
    struct pool_object *timer = object_new(POOL_OLD_TIMER, (void *)callback, context, flags);

    *result = NULL;
    if (!timer)
        return STATUS_NO_MEMORY;
    pthread_mutex_lock(&pool_lock);
    if (queue->deleted) {
        pool_object_put(timer);
        pthread_mutex_unlock(&pool_lock);
        return STATUS_INVALID_HANDLE;
    }
    timer->queue = (HANDLE)queue;
    timer->queue_next = queue->timers;
    queue->timers = timer;
    queue->n++;
    timer->gone = timer_gone;
    *result = (HANDLE)timer; /* before the first call, which may look at it */
    pool_timer_set(timer, timer_due(due), timer->once ? 0 : (uint64_t)period * 1000000);
    pthread_mutex_unlock(&pool_lock);
    return STATUS_SUCCESS;
}

/** RtlUpdateTimer() - a new due time and period; a timer that has come once and has no period stays as it is. */
NTSTATUS WINAPI RtlUpdateTimer(HANDLE queue, HANDLE handle, DWORD due, DWORD period) {
    struct pool_object *timer = (struct pool_object *)handle;

    (void)queue;
    if (!timer)
        return STATUS_INVALID_HANDLE;
    pthread_mutex_lock(&pool_lock);
    if (!timer->released && pool_timer_is_listed(timer))
        pool_timer_set(timer, timer_due(due), timer->once ? 0 : (uint64_t)period * 1000000);
    pthread_mutex_unlock(&pool_lock);
    return STATUS_SUCCESS;
}

/**
 * RtlDeleteTimer() - see object_end.
 * Return: STATUS_SUCCESS, STATUS_PENDING (a call is under way), STATUS_INVALID_HANDLE (no timer).
 */
NTSTATUS WINAPI RtlDeleteTimer(HANDLE queue, HANDLE handle, HANDLE event) {
    struct pool_object *timer = (struct pool_object *)handle;
    NTSTATUS status;

    (void)queue;
    if (!timer)
        return STATUS_INVALID_PARAMETER_1;
    pthread_mutex_lock(&pool_lock);
    queue_remove((struct timer_queue *)timer->queue, timer);
    status = object_end(timer, event);
    pthread_mutex_unlock(&pool_lock);
    return status;
}

/**
 * RtlDeleteTimerQueueEx() - deletes a queue and its timers; @event as in object_end.
 * Return: STATUS_SUCCESS, STATUS_PENDING, STATUS_INVALID_HANDLE.
 */
NTSTATUS WINAPI RtlDeleteTimerQueueEx(HANDLE handle, HANDLE event) {
    struct timer_queue *queue = (struct timer_queue *)handle;
    NTSTATUS status = STATUS_SUCCESS;

    if (!queue)
        return STATUS_INVALID_HANDLE;
    pthread_mutex_lock(&pool_lock);
    queue->deleted = true;
    queue->n++; /* ours, while we are here */
    while (queue->timers) {
        struct pool_object *timer = queue->timers;

        queue->timers = timer->queue_next;
        object_end(timer, event == INVALID_HANDLE_VALUE ? INVALID_HANDLE_VALUE : NULL);
    }
    queue->n--;
    queue->done_event = event == INVALID_HANDLE_VALUE ? NULL : event;
    if (queue->n > 1)
        status = STATUS_PENDING;
    queue_put(queue);
    pthread_mutex_unlock(&pool_lock);
    return status;
}
