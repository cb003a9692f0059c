/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * User APCs: a queue a thread, in the process's own memory; the count that a waiter looks at is in the arena.  Only threads of this
 * process are served so far.
 */
#include "dlls/ntdll/apc.h"

#include <ntstatus.h>
#include <pthread.h>
#include <stdlib.h>

#include "dlls/ntdll/object.h"
#include "dlls/ntdll/suspend.h"

struct apc {
    struct apc *next;
    PNTAPCFUNC function;
    ULONG_PTR argument[3];
};

struct apc_list {
    struct apc *first, **end;
    bool closed; /* its thread has ended */
};

static pthread_mutex_t apc_lock = PTHREAD_MUTEX_INITIALIZER;
static struct apc_list apc_lists[ARENA_MAX_THREADS]; /* by thread slot; touched only where an APC is queued */

bool apc_queue(uint32_t thread, PNTAPCFUNC function, ULONG_PTR first, ULONG_PTR second, ULONG_PTR third) {
    struct apc *apc = malloc(sizeof *apc);
    struct apc_list *list = &apc_lists[thread];

    if (!apc)
        return false;
    *apc = (struct apc){.function = function, .argument = {first, second, third}};
    pthread_mutex_lock(&apc_lock);
    if (list->closed) {
        pthread_mutex_unlock(&apc_lock);
        free(apc);
        return false;
    }
    if (!list->first)
        list->end = &list->first;
    *list->end = apc;
    list->end = &apc->next;
    atomic_fetch_add(&winipc_arena->thread[thread].apcs, 1);
    pthread_mutex_unlock(&apc_lock);
    wait_interrupt(&winipc_arena->thread[thread]);
    return true;
}

static struct apc *apc_take(void) {
    struct apc_list *list = &apc_lists[arena_self.index];
    struct apc *apc;

    pthread_mutex_lock(&apc_lock);
    apc = list->first;
    if (apc) {
        list->first = apc->next;
        if (!apc->next)
            list->end = &list->first;
        atomic_fetch_sub(&arena_self.slot->apcs, 1);
    }
    pthread_mutex_unlock(&apc_lock);
    return apc;
}

bool apc_run(void) {
    bool any = false;

    for (struct apc *apc = apc_take(); apc; apc = apc_take()) {
        const struct apc call = *apc;

        free(apc); /* the routine may not come back */
        suspend_point();
        call.function(call.argument[0], call.argument[1], call.argument[2]);
        any = true;
    }
    return any;
}

void apc_open(uint32_t thread) {
    pthread_mutex_lock(&apc_lock);
    apc_lists[thread].closed = false;
    pthread_mutex_unlock(&apc_lock);
}

void apc_discard(void) {
    pthread_mutex_lock(&apc_lock);
    apc_lists[arena_self.index].closed = true;
    pthread_mutex_unlock(&apc_lock);
    for (struct apc *apc = apc_take(); apc; apc = apc_take())
        free(apc);
}

/**
 * NtQueueApcThread() - queues a user APC; it runs when the thread waits alertably.
 * Return: STATUS_SUCCESS, STATUS_INVALID_HANDLE, STATUS_ACCESS_DENIED, STATUS_NO_MEMORY, STATUS_UNSUCCESSFUL (the thread has ended),
 * STATUS_NOT_SUPPORTED (a thread of another process: not there yet).
 */
NTSTATUS WINAPI NtQueueApcThread(HANDLE thread, PNTAPCFUNC function, ULONG_PTR first, ULONG_PTR second, ULONG_PTR third) {
    struct wait_object object;
    const NTSTATUS status = object_lookup(thread, CELL_THREAD, THREAD_SET_CONTEXT, &object);
    struct cell *cell;
    uint32_t slot;

    if (status)
        return status;
    cell = cell_at(object.cell);
    slot = cell->thread.slot;
    if (atomic_load(&cell->word) & WORD_SIGNALED || slot >= ARENA_MAX_THREADS ||
        atomic_load(&winipc_arena->thread[slot].cell) != object.cell + 1)
        return STATUS_UNSUCCESSFUL;
    if (SLOT_OWNER(atomic_load(&winipc_arena->thread[slot].state)) != arena_process)
        return STATUS_NOT_SUPPORTED;
    return apc_queue(slot, function, first, second, third) ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}

/**
 * NtQueueApcThreadEx() - the same; @flags 1 (QUEUE_USER_APC_FLAGS_SPECIAL_USER_APC) asks for an APC that does not wait for an alertable
 * wait, which is there for the calling thread only: it runs at once.
 * Return: as NtQueueApcThread; STATUS_NOT_SUPPORTED (special, and another thread; or a reserve object), STATUS_INVALID_PARAMETER.
 */
NTSTATUS WINAPI NtQueueApcThreadEx(
    HANDLE thread, HANDLE flags, PNTAPCFUNC function, ULONG_PTR first, ULONG_PTR second, ULONG_PTR third) {
    struct wait_object object;
    NTSTATUS status;

    if (!flags)
        return NtQueueApcThread(thread, function, first, second, third);
    if ((ULONG_PTR)flags != 1)
        return STATUS_NOT_SUPPORTED;
    status = object_lookup(thread, CELL_THREAD, THREAD_SET_CONTEXT, &object);
    if (status)
        return status;
    if (object.cell + 1 != atomic_load(&arena_self.slot->cell))
        return STATUS_NOT_SUPPORTED;
    function(first, second, third);
    return STATUS_SUCCESS;
}


/**
 * NtTestAlert() - runs the calling thread's APCs now.
 * Return: STATUS_SUCCESS.
 */
NTSTATUS WINAPI NtTestAlert(void) {
    apc_run();
    return STATUS_SUCCESS;
}
