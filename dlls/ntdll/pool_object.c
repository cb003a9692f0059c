/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a pool can call back, callback instances and cleanup groups (Tp…).  kernel32's functions of the same purpose
 * lead here. Source: https://learn.microsoft.com/en-us/windows/win32/procthread/thread-pool-api
 */
#include "dlls/ntdll/pool.h"

#include <ntstatus.h>

#include <stdlib.h>

#include "dlls/ntdll/wait.h"
#include "libs/arena/wait.h"
#include "libs/host/futex.h"

/* ---- life ---- */

static void group_join(struct pool_object *object, TP_CLEANUP_GROUP *group) {
    object->group = group;
    object->group_next = group->members;
    object->group_place = &group->members;
    if (group->members)
        group->members->group_place = &object->group_next;
    group->members = object;
}

static void group_leave(struct pool_object *object) {
    if (!object->group)
        return;
    *object->group_place = object->group_next;
    if (object->group_next)
        object->group_next->group_place = object->group_place;
    object->group = NULL;
}

static void object_environment(struct pool_object *object, const TP_CALLBACK_ENVIRON *environment) {
    const TP_CALLBACK_ENVIRON_V3 *third = (const TP_CALLBACK_ENVIRON_V3 *)environment;

    object->priority = TP_CALLBACK_PRIORITY_NORMAL;
    if (!environment)
        return;
    if (environment->CleanupGroup)
        group_join(object, environment->CleanupGroup);
    object->group_cancel = environment->CleanupGroupCancelCallback;
    object->finalization = environment->FinalizationCallback;
    object->race_dll = environment->RaceDll;
    object->long_function = environment->u.s.LongFunction;
    if (environment->Version >= 3 && third->CallbackPriority < POOL_PRIORITIES)
        object->priority = third->CallbackPriority;
}

struct pool_object *pool_object_new(
    enum pool_kind kind, void *callback, void *context, const TP_CALLBACK_ENVIRON *environment) {
    struct pool_object *object = calloc(1, sizeof *object);

    if (!object)
        return NULL;
    pthread_mutex_lock(&pool_lock);
    object->pool = pool_of(environment);
    if (object->pool) {
        object->kind = kind;
        object->callback = callback;
        object->context = context;
        object->refs = 1;
        object_environment(object, environment);
    }
    pthread_mutex_unlock(&pool_lock);
    if (object->pool && !object->race_dll)
        return object;
    if (object->pool) { /* the DLL stays while it may be called */
        LdrAddRefDll(0, object->race_dll);
        return object;
    }
    free(object);
    return NULL;
}

void pool_object_ref(struct pool_object *object) {
    object->refs++;
}

void pool_object_put(struct pool_object *object) {
    if (--object->refs)
        return;
    group_leave(object);
    if (object->done_event && object->done_event != INVALID_HANDLE_VALUE)
        NtSetEvent(object->done_event, NULL);
    if (object->gone)
        object->gone(object);
    pool_put(object->pool);
    free(object);
}

void pool_object_release(struct pool_object *object) {
    if (object->released)
        return;
    object->released = true;
    pool_timer_unset(object);
    pool_wait_unset(object);
    group_leave(object);
    pool_object_put(object);
}

/* Waits for an object's calls. */
static void object_wait(struct pool_object *object, BOOL cancel) {
    pthread_mutex_lock(&pool_lock);
    if (cancel)
        pool_cancel_pending(object);
    pool_object_quiet(object);
    pthread_mutex_unlock(&pool_lock);
}

static void object_release(struct pool_object *object) {
    pthread_mutex_lock(&pool_lock);
    pool_object_release(object);
    pthread_mutex_unlock(&pool_lock);
}

static NTSTATUS object_alloc(
    void **result, enum pool_kind kind, void *callback, void *context, const TP_CALLBACK_ENVIRON *environment) {
    *result = callback ? pool_object_new(kind, callback, context, environment) : NULL;
    return *result ? STATUS_SUCCESS : callback ? STATUS_NO_MEMORY : STATUS_INVALID_PARAMETER;
}

/* ---- work ---- */

/**
 * TpAllocWork() - makes something that can be posted any number of times.
 * Return: STATUS_SUCCESS, STATUS_NO_MEMORY, STATUS_INVALID_PARAMETER (no callback).
 */
NTSTATUS WINAPI TpAllocWork(
    TP_WORK **work, PTP_WORK_CALLBACK callback, void *context, TP_CALLBACK_ENVIRON *environment) {
    return object_alloc((void **)work, POOL_WORK, (void *)callback, context, environment);
}

void WINAPI TpPostWork(TP_WORK *work) {
    pthread_mutex_lock(&pool_lock);
    pool_submit((struct pool_object *)work);
    pthread_mutex_unlock(&pool_lock);
}

void WINAPI TpWaitForWork(TP_WORK *work, BOOL cancel) {
    object_wait((struct pool_object *)work, cancel);
}

void WINAPI TpReleaseWork(TP_WORK *work) {
    object_release((struct pool_object *)work);
}

/**
 * TpSimpleTryPost() - one call, without an object.
 * Return: STATUS_SUCCESS, STATUS_NO_MEMORY, STATUS_INVALID_PARAMETER.
 */
NTSTATUS WINAPI TpSimpleTryPost(PTP_SIMPLE_CALLBACK callback, void *context, TP_CALLBACK_ENVIRON *environment) {
    struct pool_object *object;
    void *made;
    const NTSTATUS status = object_alloc(&made, POOL_SIMPLE, (void *)callback, context, environment);

    if (status)
        return status;
    object = made;
    pthread_mutex_lock(&pool_lock);
    pool_submit(object);
    pool_object_put(object); /* its call alone keeps it; it stays in its group until then */
    pthread_mutex_unlock(&pool_lock);
    return STATUS_SUCCESS;
}

/* ---- timers ---- */

NTSTATUS WINAPI TpAllocTimer(
    TP_TIMER **timer, PTP_TIMER_CALLBACK callback, void *context, TP_CALLBACK_ENVIRON *environment) {
    return object_alloc((void **)timer, POOL_TIMER, (void *)callback, context, environment);
}

/* A due time of the pool's functions: zero is now. */
static uint64_t due_time(const LARGE_INTEGER *due) {
    const uint64_t deadline = wait_deadline(due);

    return deadline ? deadline : clock_ns();
}

bool tp_set_timer(TP_TIMER *timer, const LARGE_INTEGER *due, LONG period) {
    struct pool_object *object = (struct pool_object *)timer;
    bool was;

    pthread_mutex_lock(&pool_lock);
    was = due ? pool_timer_set(object, due_time(due), (uint64_t)period * 1000000) : pool_timer_unset(object);
    pthread_mutex_unlock(&pool_lock);
    return was;
}

/** TpSetTimer() - @due: NULL unsets it; @period: milliseconds, 0: once; @window: how much later it may come (never
 * later here). */
void WINAPI TpSetTimer(TP_TIMER *timer, LARGE_INTEGER *due, LONG period, LONG window) {
    (void)window;
    tp_set_timer(timer, due, period);
}

/** TpIsTimerSet() - whether it was set, and not unset; a timer that came once counts as set. */
BOOL WINAPI TpIsTimerSet(TP_TIMER *timer) {
    return ((struct pool_object *)timer)->set;
}

void WINAPI TpWaitForTimer(TP_TIMER *timer, BOOL cancel) {
    object_wait((struct pool_object *)timer, cancel);
}

void WINAPI TpReleaseTimer(TP_TIMER *timer) {
    object_release((struct pool_object *)timer);
}

/* ---- waits ---- */

NTSTATUS WINAPI TpAllocWait(
    TP_WAIT **wait, PTP_WAIT_CALLBACK callback, void *context, TP_CALLBACK_ENVIRON *environment) {
    return object_alloc((void **)wait, POOL_WAIT, (void *)callback, context, environment);
}

/** TpSetWait() - one call when @handle is signalled or @timeout (NULL: never) is over; @handle NULL: no more. */
void WINAPI TpSetWait(TP_WAIT *wait, HANDLE handle, LARGE_INTEGER *timeout) {
    struct pool_object *object = (struct pool_object *)wait;

    pthread_mutex_lock(&pool_lock);
    pool_wait_unset(object);
    if (handle)
        pool_wait_set(object, handle, timeout ? due_time(timeout) : UINT64_MAX);
    pthread_mutex_unlock(&pool_lock);
}

void WINAPI TpWaitForWait(TP_WAIT *wait, BOOL cancel) {
    object_wait((struct pool_object *)wait, cancel);
}

void WINAPI TpReleaseWait(TP_WAIT *wait) {
    object_release((struct pool_object *)wait);
}

/* ---- I/O ---- */

NTSTATUS tp_alloc_io(
    TP_IO **io, HANDLE file, void *callback, void *context, const TP_CALLBACK_ENVIRON *environment, bool win32) {
    FILE_COMPLETION_INFORMATION info;
    struct pool_object *object;
    IO_STATUS_BLOCK iosb;
    void *made;
    NTSTATUS status = object_alloc(&made, POOL_IO, callback, context, environment);

    *io = NULL;
    if (status)
        return status;
    object = made;
    object->win32 = win32;
    info = (FILE_COMPLETION_INFORMATION){.CompletionPort = object->pool->port, .CompletionKey = (ULONG_PTR)object};
    status = NtSetInformationFile(file, &iosb, &info, sizeof info, FileCompletionInformation);
    if (status) {
        object_release(object);
        return status;
    }
    pthread_mutex_lock(&pool_lock);
    pool_object_ref(object); /* for ever: its packets may come at any time, as long as the file is open */
    if (!object->pool->n_threads)
        pool_grow(object->pool);
    pthread_mutex_unlock(&pool_lock);
    *io = (TP_IO *)object;
    return STATUS_SUCCESS;
}

/**
 * TpAllocIoCompletion() - ties a file to the pool.
 * Return: STATUS_SUCCESS, STATUS_NO_MEMORY, STATUS_INVALID_PARAMETER (it has a port already), STATUS_INVALID_HANDLE.
 */
NTSTATUS WINAPI TpAllocIoCompletion(
    TP_IO **io, HANDLE file, PTP_IO_CALLBACK callback, void *context, TP_CALLBACK_ENVIRON *environment) {
    return tp_alloc_io(io, file, (void *)callback, context, environment, false);
}

/** TpStartAsyncIoOperation() - before each operation: a call is to come. */
void WINAPI TpStartAsyncIoOperation(TP_IO *io) {
    pthread_mutex_lock(&pool_lock);
    ((struct pool_object *)io)->pending++;
    pthread_mutex_unlock(&pool_lock);
}

/** TpCancelAsyncIoOperation() - after an operation that will give no packet. */
void WINAPI TpCancelAsyncIoOperation(TP_IO *io) {
    struct pool_object *object = (struct pool_object *)io;

    pthread_mutex_lock(&pool_lock);
    if (object->pending)
        object->pending--;
    object->changed++;
    futex_wake(&object->changed, INT32_MAX, FUTEX_ANY);
    pthread_mutex_unlock(&pool_lock);
}

void WINAPI TpWaitForIoCompletion(TP_IO *io, BOOL cancel) {
    object_wait((struct pool_object *)io, cancel);
}

void WINAPI TpReleaseIoCompletion(TP_IO *io) {
    object_release((struct pool_object *)io);
}

/* ---- cleanup groups ---- */

NTSTATUS WINAPI TpAllocCleanupGroup(TP_CLEANUP_GROUP **group) {
    *group = calloc(1, sizeof **group);
    return *group ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

/* Releases a member; the reference that the caller has taken is given back. */
static void group_end_member(struct pool_object *object, BOOL cancel, void *context) {
    const PTP_CLEANUP_GROUP_CANCEL_CALLBACK cancelled = object->group_cancel;
    void *const object_context = object->context;
    const bool simple = object->kind == POOL_SIMPLE;
    unsigned dropped = 0;

    group_leave(object);
    pool_timer_unset(object);
    pool_wait_unset(object);
    if (cancel)
        dropped = pool_cancel_pending(object);
    pool_object_quiet(object);
    if (!simple)
        pool_object_release(object);
    pool_object_put(object);
    if (cancel && cancelled && (!simple || dropped)) {
        pthread_mutex_unlock(&pool_lock);
        cancelled(object_context, context);
        pthread_mutex_lock(&pool_lock);
    }
}

/**
 * TpReleaseCleanupGroupMembers() - waits for the calls of all members and releases them.
 * @cancel: calls that have not begun do not come, and each member's cancel callback is told with @context.
 */
void WINAPI TpReleaseCleanupGroupMembers(TP_CLEANUP_GROUP *group, BOOL cancel, void *context) {
    pthread_mutex_lock(&pool_lock);
    while (group->members) {
        struct pool_object *object = group->members;

        pool_object_ref(object);
        group_end_member(object, cancel, context);
    }
    pthread_mutex_unlock(&pool_lock);
}

void WINAPI TpReleaseCleanupGroup(TP_CLEANUP_GROUP *group) {
    free(group);
}

/* ---- inside a callback ---- */

void WINAPI TpCallbackSetEventOnCompletion(TP_CALLBACK_INSTANCE *instance, HANDLE event) {
    instance->event = event;
}

void WINAPI TpCallbackReleaseMutexOnCompletion(TP_CALLBACK_INSTANCE *instance, HANDLE mutex) {
    instance->mutex = mutex;
}

void WINAPI TpCallbackReleaseSemaphoreOnCompletion(TP_CALLBACK_INSTANCE *instance, HANDLE semaphore, DWORD count) {
    instance->semaphore = semaphore;
    instance->semaphore_count = count;
}

void WINAPI TpCallbackLeaveCriticalSectionOnCompletion(TP_CALLBACK_INSTANCE *instance, RTL_CRITICAL_SECTION *section) {
    instance->section = section;
}

void WINAPI TpCallbackUnloadDllOnCompletion(TP_CALLBACK_INSTANCE *instance, HMODULE dll) {
    instance->dll = dll;
}

/**
 * TpCallbackMayRunLong() - the callback will take its time.
 * Return: STATUS_SUCCESS when another thread is there for the other calls, STATUS_TOO_MANY_THREADS when the pool can
 * have no more.
 */
NTSTATUS WINAPI TpCallbackMayRunLong(TP_CALLBACK_INSTANCE *instance) {
    TP_POOL *pool = instance->object->pool;
    bool ok = true;

    pthread_mutex_lock(&pool_lock);
    if (!instance->long_running && !pool->n_idle)
        ok = pool_grow(pool);
    instance->long_running = true;
    pthread_mutex_unlock(&pool_lock);
    return ok ? STATUS_SUCCESS : STATUS_TOO_MANY_THREADS;
}

/** TpDisassociateCallback() - who waits for the object's calls does not wait for this one any more. */
void WINAPI TpDisassociateCallback(TP_CALLBACK_INSTANCE *instance) {
    pthread_mutex_lock(&pool_lock);
    if (instance->associated) {
        instance->associated = false;
        instance->object->running--;
        instance->object->changed++;
        futex_wake(&instance->object->changed, INT32_MAX, FUTEX_ANY);
    }
    pthread_mutex_unlock(&pool_lock);
}
