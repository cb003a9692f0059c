/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Thread pools: their threads, and the calling back.  A pool has threads for all processors at once; beyond that it
 * gets another only when something has been ready for a while and no thread took it, for then all of them are blocked
 * or busy. Source: https://learn.microsoft.com/en-us/windows/win32/procthread/thread-pool-api
 */
#include "dlls/ntdll/pool.h"

#include <ntstatus.h>

#include <stdlib.h>
#include <unistd.h>

#include "dlls/ntdll/suspend.h"
#include "libs/arena/wait.h"
#include "libs/host/futex.h"

#define POOL_MAX_THREADS 500
#define POOL_STALL_NS 10000000ull      /* nobody took what is ready for so long: one thread more */
#define POOL_IDLE_100NS (-200000000ll) /* a thread without work ends after 20 s */
#define PACKET_READY 0
#define PACKET_QUIT 1

pthread_mutex_t pool_lock = PTHREAD_MUTEX_INITIALIZER;
static TP_POOL *default_pool, *pools;

/* ---- calling back ---- */

static void call_io(struct pool_object *object, TP_CALLBACK_INSTANCE *instance, const struct pool_call *call) {
    IO_STATUS_BLOCK iosb = call->iosb;

    if (object->kind == POOL_OLD_IO)
        ((PRTL_OVERLAPPED_COMPLETION_ROUTINE)object->callback)(
            RtlNtStatusToDosError(iosb.Status), (DWORD)iosb.Information, call->overlapped);
    else if (object->win32)
        ((void(WINAPI *)(TP_CALLBACK_INSTANCE *, void *, void *, ULONG, ULONG_PTR, TP_IO *))object->callback)(instance,
            object->context, call->overlapped, RtlNtStatusToDosError(iosb.Status), iosb.Information, (TP_IO *)object);
    else
        ((void(WINAPI *)(TP_CALLBACK_INSTANCE *, void *, void *, IO_STATUS_BLOCK *, TP_IO *))object->callback)(
            instance, object->context, call->overlapped, &iosb, (TP_IO *)object);
}

static void call_function(struct pool_object *object, TP_CALLBACK_INSTANCE *instance, const struct pool_call *call) {
    switch (object->kind) {
    case POOL_WORK: ((PTP_WORK_CALLBACK)object->callback)(instance, object->context, (TP_WORK *)object); break;
    case POOL_TIMER: ((PTP_TIMER_CALLBACK)object->callback)(instance, object->context, (TP_TIMER *)object); break;
    case POOL_SIMPLE: ((PTP_SIMPLE_CALLBACK)object->callback)(instance, object->context); break;
    case POOL_WAIT:
        ((PTP_WAIT_CALLBACK)object->callback)(
            instance, object->context, (TP_WAIT *)object, call->timeout ? WAIT_TIMEOUT : WAIT_OBJECT_0);
        break;
    case POOL_OLD_WORK: ((PRTL_WORK_ITEM_ROUTINE)object->callback)(object->context); break;
    case POOL_OLD_TIMER: ((RTL_WAITORTIMERCALLBACKFUNC)object->callback)(object->context, TRUE); break;
    case POOL_OLD_WAIT: ((RTL_WAITORTIMERCALLBACKFUNC)object->callback)(object->context, call->timeout); break;
    case POOL_IO:
    case POOL_OLD_IO: call_io(object, instance, call); break;
    }
}

/* What a callback has asked for its end; in the order that is documented for the functions: section, mutex, semaphore,
 * event, DLL. */
static void instance_end(TP_CALLBACK_INSTANCE *instance) {
    if (instance->section)
        RtlLeaveCriticalSection(instance->section);
    if (instance->mutex)
        NtReleaseMutant(instance->mutex, NULL);
    if (instance->semaphore)
        NtReleaseSemaphore(instance->semaphore, instance->semaphore_count, NULL);
    if (instance->event)
        NtSetEvent(instance->event, NULL);
    if (instance->dll)
        LdrUnloadDll(instance->dll);
}

static void object_ran(struct pool_object *object, bool associated) {
    if (associated) {
        object->running--;
        object->changed++;
        futex_wake(&object->changed, INT32_MAX, FUTEX_ANY);
    }
    if (object->kind == POOL_OLD_WAIT && !object->once && !object->released)
        pool_wait_again(object);
    pool_object_put(object);
}

void pool_call_back(struct pool_object *object, const struct pool_call *call) {
    TP_CALLBACK_INSTANCE instance = {.object = object, .associated = true};

    suspend_before_program();
    call_function(object, &instance, call);
    if (object->finalization)
        object->finalization(&instance, object->context);
    instance_end(&instance);
    pthread_mutex_lock(&pool_lock);
    object_ran(object, instance.associated);
    pthread_mutex_unlock(&pool_lock);
}

/* ---- threads ---- */

/* The next call of what is ready, by priority.  The queue's reference becomes the call's. */
static struct pool_object *ready_take(TP_POOL *pool, struct pool_call *call) {
    for (unsigned p = 0; p < POOL_PRIORITIES; p++) {
        struct pool_object *object = pool->ready[p];

        if (!object)
            continue;
        pool->ready[p] = object->next;
        if (!object->next)
            pool->ready_end[p] = &pool->ready[p];
        object->queued = false;
        object->pending--;
        object->running++;
        call->timeout = object->n_timeouts > object->pending;
        if (call->timeout)
            object->n_timeouts--;
        if (object->pending) { /* behind the others again */
            pool_object_ref(object);
            object->queued = true;
            object->next = NULL;
            *pool->ready_end[p] = object;
            pool->ready_end[p] = &object->next;
        }
        return object;
    }
    return NULL;
}

static struct pool_object *io_take(struct pool_object *object) {
    if (object->skip) {
        object->skip--;
        return NULL;
    }
    if (object->kind == POOL_IO && object->pending) /* else a packet for which nobody called TpStartAsyncIoOperation */
        object->pending--;
    object->running++;
    pool_object_ref(object);
    return object;
}

/* Waits for a packet.  Return: STATUS_SUCCESS, or why the thread shall end. */
static NTSTATUS thread_take(TP_POOL *pool, ULONG_PTR *key, struct pool_call *call, ULONG_PTR *value) {
    LARGE_INTEGER idle = {.QuadPart = POOL_IDLE_100NS};
    NTSTATUS status;

    pthread_mutex_lock(&pool_lock);
    if (pool->n_threads > pool->max) {
        pthread_mutex_unlock(&pool_lock);
        return STATUS_TIMEOUT;
    }
    pool->n_idle++;
    pthread_mutex_unlock(&pool_lock);
    status = NtRemoveIoCompletion(pool->port, key, value, &call->iosb, &idle);
    pthread_mutex_lock(&pool_lock);
    pool->n_idle--;
    pool->taken_ns = clock_ns();
    if (status == STATUS_TIMEOUT &&
        (pool->n_threads <= pool->min || pool->ready[0] || pool->ready[1] || pool->ready[2]))
        status = STATUS_ALERTED; /* once more */
    pthread_mutex_unlock(&pool_lock);
    call->overlapped = (void *)*value;
    return status;
}

static DWORD CALLBACK thread_main(void *argument) {
    TP_POOL *pool = argument;
    NTSTATUS status;
    ULONG_PTR key = 0, value = 0;

    do {
        struct pool_object *object = NULL;
        struct pool_call call = {0};

        status = thread_take(pool, &key, &call, &value);
        if (status == STATUS_SUCCESS && !key && value == PACKET_QUIT)
            break;
        if (status != STATUS_SUCCESS)
            continue;
        pthread_mutex_lock(&pool_lock);
        object = key ? io_take((struct pool_object *)key) : ready_take(pool, &call);
        pthread_mutex_unlock(&pool_lock);
        if (object)
            pool_call_back(object, &call);
    } while (status == STATUS_SUCCESS || status == STATUS_ALERTED);
    pthread_mutex_lock(&pool_lock);
    pool->n_threads--;
    if (!pool->n_threads && pool->released && !pool->refs) {
        NtClose(pool->port);
        free(pool);
    }
    pthread_mutex_unlock(&pool_lock);
    return 0;
}

bool pool_grow(TP_POOL *pool) {
    HANDLE thread;
    NTSTATUS status;

    if (pool->n_threads >= pool->max)
        return false;
    pool->n_threads++;
    pthread_mutex_unlock(&pool_lock); /* the new thread's DLLs are told of it before its creator goes on */
    status = NtCreateThreadEx(&thread, THREAD_ALL_ACCESS, NULL, NtCurrentProcess(),
        (PRTL_THREAD_START_ROUTINE)(void *)thread_main, pool, 0, 0, pool->stack.StackCommit, pool->stack.StackReserve,
        NULL);
    if (!status)
        NtClose(thread);
    pthread_mutex_lock(&pool_lock);
    if (status)
        pool->n_threads--;
    return !status;
}

static bool pool_is_ready(const TP_POOL *pool) {
    return pool->ready[0] || pool->ready[1] || pool->ready[2];
}

uint64_t pool_look(uint64_t now_ns) {
    uint64_t again = UINT64_MAX;

    for (TP_POOL *pool = pools; pool; pool = pool->next) {
        if (!pool_is_ready(pool) || pool->n_threads >= pool->max)
            continue;
        if (pool->taken_ns + POOL_STALL_NS <= now_ns) {
            pool->taken_ns = now_ns;
            pool_grow(pool);
            return now_ns + POOL_STALL_NS; /* the list may have changed meanwhile */
        }
        if (pool->taken_ns + POOL_STALL_NS < again)
            again = pool->taken_ns + POOL_STALL_NS;
    }
    return again;
}

/* ---- submitting ---- */

void pool_submit(struct pool_object *object) {
    TP_POOL *pool = object->pool;
    const unsigned p = object->priority;

    object->pending++;
    if (!object->queued) {
        pool_object_ref(object);
        object->queued = true;
        object->next = NULL;
        *pool->ready_end[p] = object;
        pool->ready_end[p] = &object->next;
    }
    NtSetIoCompletion(pool->port, 0, PACKET_READY, 0, 0);
    if (pool->n_idle)
        return;
    if (pool->n_threads < (unsigned)sysconf(_SC_NPROCESSORS_ONLN) || object->long_function)
        pool_grow(pool);
    else
        pool_manager_wake();
}

unsigned pool_cancel_pending(struct pool_object *object) {
    const unsigned n = object->pending;
    struct pool_object **place = &object->pool->ready[object->priority];

    if (object->kind == POOL_IO)
        object->skip += n;
    object->pending = object->n_timeouts = 0;
    while (object->queued && *place && *place != object)
        place = &(*place)->next;
    if (object->queued && *place) {
        *place = object->next;
        if (!object->next)
            object->pool->ready_end[object->priority] = place;
        object->queued = false;
        pool_object_put(object);
    }
    return n;
}

void pool_object_quiet(struct pool_object *object) {
    pool_object_ref(object);
    while (object->pending || object->running) {
        const uint32_t seen = object->changed;

        pthread_mutex_unlock(&pool_lock);
        futex_wait(&object->changed, seen, FUTEX_FOREVER, FUTEX_ANY);
        pthread_mutex_lock(&pool_lock);
    }
    pool_object_put(object);
}

/* ---- pools ---- */

static TP_POOL *pool_new(void) {
    TP_POOL *pool = calloc(1, sizeof *pool);

    if (!pool || NtCreateIoCompletion(&pool->port, IO_COMPLETION_ALL_ACCESS, NULL, POOL_MAX_THREADS)) {
        free(pool);
        return NULL;
    }
    for (unsigned p = 0; p < POOL_PRIORITIES; p++)
        pool->ready_end[p] = &pool->ready[p];
    pool->max = POOL_MAX_THREADS;
    pool->next = pools;
    pools = pool;
    return pool;
}

TP_POOL *pool_of(const TP_CALLBACK_ENVIRON *environment) {
    TP_POOL *pool = environment ? environment->Pool : NULL;

    if (!pool && !default_pool)
        default_pool = pool_new();
    if (!pool)
        pool = default_pool;
    if (pool)
        pool->refs++;
    return pool;
}

/* Nobody can give the pool anything any more: its threads end, the last of them frees it. */
static void pool_end(TP_POOL *pool) {
    TP_POOL **place = &pools;

    while (*place != pool)
        place = &(*place)->next;
    *place = pool->next;
    for (unsigned i = pool->n_threads; i--;)
        NtSetIoCompletion(pool->port, 0, PACKET_QUIT, 0, 0);
    if (!pool->n_threads) {
        NtClose(pool->port);
        free(pool);
    }
}

void pool_put(TP_POOL *pool) {
    if (!--pool->refs && pool->released)
        pool_end(pool);
}

/**
 * TpAllocPool() - makes a thread pool.
 * Return: STATUS_SUCCESS, STATUS_NO_MEMORY.
 */
NTSTATUS WINAPI TpAllocPool(TP_POOL **pool, void *reserved) {
    (void)reserved;
    pthread_mutex_lock(&pool_lock);
    *pool = pool_new();
    pthread_mutex_unlock(&pool_lock);
    return *pool ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

/** TpReleasePool() - the pool goes when its last object has gone. */
void WINAPI TpReleasePool(TP_POOL *pool) {
    pthread_mutex_lock(&pool_lock);
    pool->released = true;
    pool->min = 0;
    if (!pool->refs)
        pool_end(pool);
    pthread_mutex_unlock(&pool_lock);
}

/** TpSetPoolMaxThreads() - how many threads the pool may have; at least one. */
void WINAPI TpSetPoolMaxThreads(TP_POOL *pool, DWORD max) {
    pthread_mutex_lock(&pool_lock);
    pool->max = max ? max : 1;
    if (pool->min > pool->max)
        pool->min = pool->max;
    pthread_mutex_unlock(&pool_lock);
}

/**
 * TpSetPoolMinThreads() - how many threads the pool keeps; they are started now.
 * Return: whether they could be.
 */
BOOL WINAPI TpSetPoolMinThreads(TP_POOL *pool, DWORD min) {
    bool ok = true;

    pthread_mutex_lock(&pool_lock);
    pool->min = min;
    if (pool->max < min)
        pool->max = min;
    while (ok && pool->n_threads < pool->min)
        ok = pool_grow(pool);
    pthread_mutex_unlock(&pool_lock);
    return ok;
}

NTSTATUS WINAPI TpSetPoolStackInformation(TP_POOL *pool, TP_POOL_STACK_INFORMATION *stack) {
    if (!stack)
        return STATUS_INVALID_PARAMETER;
    pthread_mutex_lock(&pool_lock);
    pool->stack = *stack;
    pthread_mutex_unlock(&pool_lock);
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI TpQueryPoolStackInformation(TP_POOL *pool, TP_POOL_STACK_INFORMATION *stack) {
    if (!stack)
        return STATUS_INVALID_PARAMETER;
    pthread_mutex_lock(&pool_lock);
    *stack = pool->stack;
    pthread_mutex_unlock(&pool_lock);
    return STATUS_SUCCESS;
}
