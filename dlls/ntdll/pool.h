/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The thread pool.  A pool is a completion port and the threads that take from it; an object (work, timer, wait, I/O)
 * is something that can be called back.  What becomes ready stands in the pool's queues by priority, and a packet
 * without a key goes to the port for each; packets of I/O carry their object as key.
 *
 *  pool.c         pools, their threads, calling back
 *  pool_object.c  objects, callback instances, cleanup groups
 *  pool_wait.c    the threads that wait for timers and handles
 *  pool_rtl.c     the older calls: work items, registered waits, timer queues
 *
 * Everything here is under pool_lock; callbacks run without it.
 */
#ifndef WINIPC_NTDLL_POOL_H
#define WINIPC_NTDLL_POOL_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN /* winsock.h and Linux' headers exclude each other */
#endif
#include <windows.h>
#include <winternl.h>

#include "libs/base/due_queue.h"

enum pool_kind {
    POOL_WORK,
    POOL_SIMPLE,
    POOL_TIMER,
    POOL_WAIT,
    POOL_IO,
    POOL_OLD_WORK,
    POOL_OLD_TIMER,
    POOL_OLD_WAIT,
    POOL_OLD_IO
};

#define POOL_PRIORITIES 3

struct pool_object;

struct _TP_POOL {
    HANDLE port;
    unsigned n_threads, n_idle, min, max;
    unsigned refs; /* the owner's, and one an object */
    bool released;
    uint64_t taken_ns; /* when a thread took something last */
    struct pool_object *ready[POOL_PRIORITIES], **ready_end[POOL_PRIORITIES];
    TP_POOL_STACK_INFORMATION stack;
    struct _TP_POOL *next; /* of all pools */
};

struct _TP_CLEANUP_GROUP {
    struct pool_object *members;
};

/* Where a thread that waits for handles has an object. */
struct pool_waiter;

struct pool_object {
    enum pool_kind kind;
    TP_POOL *pool;
    void *callback, *context;
    bool released; /* by its owner: goes when nothing is under way */
    bool win32;    /* I/O: the callback takes a Win32 error and a byte count */
    bool in_wait_thread, once;
    unsigned refs;             /* the owner's, and one each for: queued, running, being waited for */
    unsigned pending, running; /* calls that have not begun; that run and are associated */
    uint32_t changed;          /* futex word: rises when one of these falls */
    /* the ready queue */
    struct pool_object *next;
    bool queued;
    /* the environment */
    TP_CLEANUP_GROUP *group;
    struct pool_object *group_next, **group_place;
    PTP_CLEANUP_GROUP_CANCEL_CALLBACK group_cancel;
    PTP_SIMPLE_CALLBACK finalization;
    HMODULE race_dll;
    bool long_function;
    unsigned priority;
    HANDLE done_event;                        /* older calls: set when the object goes */
    void (*gone)(struct pool_object *object); /* the same, for who keeps a list of them; NULL: nobody */
    /* timers */
    struct due_node due; /* queued while it is to come */
    uint64_t period_ns;
    bool set; /* and not unset: also when it has come, once */
    HANDLE queue;
    struct pool_object *queue_next;
    /* waits */
    HANDLE handle;
    uint64_t due_ns; /* the time-out */
    struct pool_waiter *waiter;
    bool leaving;        /* the next wait is without it */
    unsigned n_timeouts; /* of the pending calls: those for a time-out */
    ULONG timeout_ms;
    /* I/O */
    unsigned skip; /* packets that will come for calls that were cancelled */
};

struct _TP_CALLBACK_INSTANCE {
    struct pool_object *object;
    bool associated, long_running;
    HANDLE event, mutex, semaphore;
    DWORD semaphore_count;
    RTL_CRITICAL_SECTION *section;
    HMODULE dll;
};

/* One call: what the packet or the firing said. */
struct pool_call {
    bool timeout; /* wait */
    void *overlapped;
    IO_STATUS_BLOCK iosb;
};

extern pthread_mutex_t pool_lock;

/* ---- pool.c ---- */

/* pool_of() - the pool of an environment (the default one if it names none), with a reference for an object; NULL: out
 * of memory. */
TP_POOL *pool_of(const TP_CALLBACK_ENVIRON *environment);
void pool_put(TP_POOL *pool);
/* pool_submit() - one more call of @object. */
void pool_submit(struct pool_object *object);
/* pool_cancel_pending() - drops the calls that have not begun.  Return: how many. */
unsigned pool_cancel_pending(struct pool_object *object);
/* pool_call_back() - runs a call of @object, which is counted as running, and lets go of it.  Unlocked. */
void pool_call_back(struct pool_object *object, const struct pool_call *call);
/* pool_grow() - one more thread, if the pool may have one.  Return: whether it came. */
bool pool_grow(TP_POOL *pool);
/* pool_look() - gives each pool that does not get on a thread.  Return: when to look again (CLOCK_MONOTONIC), or
 * UINT64_MAX. */
uint64_t pool_look(uint64_t now_ns);
/* pool_object_quiet() - waits until no call of @object is pending or running. */
void pool_object_quiet(struct pool_object *object);

/* ---- pool_object.c ---- */

/* object_new() - with the owner's reference, in the environment's pool and group.  Return: NULL when out of memory. */
struct pool_object *pool_object_new(
    enum pool_kind kind, void *callback, void *context, const TP_CALLBACK_ENVIRON *environment);
void pool_object_ref(struct pool_object *object);
void pool_object_put(struct pool_object *object);
/* pool_object_release() - the owner lets go: what is set is unset; calls under way still come. */
void pool_object_release(struct pool_object *object);
/* tp_set_timer() - TpSetTimer.  Return: whether the timer was still to come, which it does not any more at that time. */
bool tp_set_timer(TP_TIMER *timer, const LARGE_INTEGER *due, LONG period);
/* tp_alloc_io() - TpAllocIoCompletion, for both forms of callback. */
NTSTATUS tp_alloc_io(
    TP_IO **io, HANDLE file, void *callback, void *context, const TP_CALLBACK_ENVIRON *environment, bool win32);

/* ---- pool_wait.c ---- */

/* pool_timer_set(), pool_timer_unset() - an object's time.  Return: whether it was still to come, and now does not at the time
 * that it had. */
bool pool_timer_set(struct pool_object *object, uint64_t due_ns, uint64_t period_ns);
bool pool_timer_unset(struct pool_object *object);
/* pool_timer_is_listed() - whether it is still to come. */
bool pool_timer_is_listed(const struct pool_object *object);
/* pool_wait_set() - waits for @handle until @due_ns, then submits a call.  Return: STATUS_SUCCESS, or an error of the
 * thread's creation. */
NTSTATUS pool_wait_set(struct pool_object *object, HANDLE handle, uint64_t due_ns);
/* pool_wait_unset() - does not wait for it any more; returns when that is certain.  Return: whether it was waited for.
 */
bool pool_wait_unset(struct pool_object *object);
/* pool_wait_again() - a registered wait goes on after its callback. */
void pool_wait_again(struct pool_object *object);
/* pool_manager_wake() - the managing thread looks at its times again. */
void pool_manager_wake(void);

#endif
