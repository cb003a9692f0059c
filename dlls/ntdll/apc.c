/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * User APCs: from and to any process of the session (libs/arena/apc.h).
 *
 * A routine is an address in the target's process.  One of ours lies elsewhere in each process: it travels as its place
 * in our library.
 */
#include "dlls/ntdll/apc.h"

#include <ntstatus.h>

#include <errno.h>

#include "dlls/ntdll/object.h"
#include "dlls/ntdll/suspend.h"
#include "libs/arena/apc.h"

#define APC_OURS 1u  /* the function is a place in our library */
#define APC_WIN32 2u /* it has one argument */

extern const char __ehdr_start[] __attribute__((visibility("hidden"))), _end[] __attribute__((visibility("hidden")));

static void function_encode(struct apc_call *call) {
    if (call->function < (uintptr_t)__ehdr_start || call->function >= (uintptr_t)_end)
        return;
    call->function -= (uintptr_t)__ehdr_start;
    call->flags |= APC_OURS;
}

static void apc_call(const struct apc_call *call) {
    void *const function = (void *)(call->function + (call->flags & APC_OURS ? (uintptr_t)__ehdr_start : 0));

    if (call->flags & APC_WIN32)
        ((PAPCFUNC)function)(call->argument[0]);
    else
        ((PNTAPCFUNC)function)(call->argument[0], call->argument[1], call->argument[2]);
}

bool apc_queue(uint32_t thread, PNTAPCFUNC function, ULONG_PTR first, ULONG_PTR second, ULONG_PTR third) {
    struct wait_object object = {.cell = atomic_load(&winipc_arena->thread[thread].cell) - 1};
    const struct apc_call call = {.function = (uintptr_t)function, .argument = {first, second, third}};
    const struct cell *cell = cell_at(object.cell);

    if (!cell)
        return false;
    object.state = atomic_load(&cell->state);
    return STATE_TYPE(object.state) == CELL_THREAD && !apc_post(&object, &call);
}

bool apc_run(void) {
    struct apc_call call;
    bool any = false;

    while (apc_take(&call)) {
        suspend_point();
        apc_call(&call);
        any = true;
    }
    return any;
}

static NTSTATUS apc_status(int error) {
    return !error ? STATUS_SUCCESS : error == -ENOSPC ? STATUS_NO_MEMORY : STATUS_UNSUCCESSFUL;
}

/* Queues @call, or, if it is special and the calling thread's own, makes it. */
static NTSTATUS apc_send(HANDLE thread, bool special, struct apc_call *call) {
    struct wait_object object;
    const NTSTATUS status = object_lookup(thread, CELL_THREAD, THREAD_SET_CONTEXT, &object);

    if (status)
        return status;
    if (special && object.cell + 1 != atomic_load(&arena_self.slot->cell))
        return STATUS_NOT_SUPPORTED;
    if (special) {
        apc_call(call);
        return STATUS_SUCCESS;
    }
    function_encode(call);
    return apc_status(apc_post(&object, call));
}

NTSTATUS apc_send_win32(HANDLE thread, bool special, PAPCFUNC function, ULONG_PTR argument) {
    struct apc_call call = {.function = (uintptr_t)function, .argument = {argument}, .flags = APC_WIN32};

    return apc_send(thread, special, &call);
}

/**
 * NtQueueApcThread() - queues a user APC; it runs when the thread waits alertably, or before it begins.
 * @function: an address in the thread's process.
 * Return: STATUS_SUCCESS, STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH, STATUS_ACCESS_DENIED, STATUS_NO_MEMORY,
 * STATUS_UNSUCCESSFUL (the thread has ended).
 */
NTSTATUS WINAPI NtQueueApcThread(
    HANDLE thread, PNTAPCFUNC function, ULONG_PTR first, ULONG_PTR second, ULONG_PTR third) {
    struct apc_call call = {.function = (uintptr_t)function, .argument = {first, second, third}};

    return apc_send(thread, false, &call);
}

/**
 * NtQueueApcThreadEx() - the same; @flags 1 (QUEUE_USER_APC_FLAGS_SPECIAL_USER_APC) asks for an APC that does not wait
 * for an alertable wait, which is there for the calling thread only: it runs at once. Return: as NtQueueApcThread;
 * STATUS_NOT_SUPPORTED (special, and another thread; or a reserve object).
 */
NTSTATUS WINAPI NtQueueApcThreadEx(
    HANDLE thread, HANDLE flags, PNTAPCFUNC function, ULONG_PTR first, ULONG_PTR second, ULONG_PTR third) {
    struct apc_call call = {.function = (uintptr_t)function, .argument = {first, second, third}};

    return (ULONG_PTR)flags > 1 ? STATUS_NOT_SUPPORTED : apc_send(thread, flags != NULL, &call);
}

/**
 * NtQueueApcThreadEx2() - the same, with the reserve object (which must be NULL here) beside the flags.
 * Return: as NtQueueApcThreadEx; STATUS_INVALID_PARAMETER (other flags than 1).
 */
NTSTATUS WINAPI NtQueueApcThreadEx2(HANDLE thread, HANDLE reserve, ULONG flags, PNTAPCFUNC function, ULONG_PTR first,
    ULONG_PTR second, ULONG_PTR third) {
    if (flags > 1)
        return STATUS_INVALID_PARAMETER;
    return reserve ? STATUS_NOT_SUPPORTED
                   : NtQueueApcThreadEx(thread, (HANDLE)(ULONG_PTR)flags, function, first, second, third);
}

/**
 * NtTestAlert() - runs the calling thread's APCs now.
 * Return: STATUS_SUCCESS.
 */
NTSTATUS WINAPI NtTestAlert(void) {
    apc_run();
    return STATUS_SUCCESS;
}
