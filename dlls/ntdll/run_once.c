/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One-time initialisation (InitOnce…). The word's two low bits are the state; above them lies the context of a finished
 * one, or, while one thread initialises, the count of those who wait for it.
 */
#include "libs/host/futex.h"

#include <ntstatus.h>
#define WIN32_NO_STATUS
#include <windows.h>
#include <winternl.h>

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

enum once_state { ONCE_FRESH = 0, ONCE_RUNNING = 1, ONCE_DONE = 2, ONCE_RUNNING_ASYNC = 3 };

#define ONCE_STATE 3u
#define ONCE_WAITER 4u

static uintptr_t once_load(const RTL_RUN_ONCE *once) {
    return (uintptr_t)__atomic_load_n(&once->Ptr, __ATOMIC_ACQUIRE);
}

/* Acquire sees what the initialiser wrote; release publishes it. */
static bool once_swap(RTL_RUN_ONCE *once, uintptr_t *seen, uintptr_t wanted) {
    void *expected = (void *)*seen;
    const bool done = __atomic_compare_exchange_n(
        &once->Ptr, &expected, (void *)wanted, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);

    *seen = (uintptr_t)expected;
    return done;
}

void WINAPI RtlRunOnceInitialize(RTL_RUN_ONCE *once) {
    once->Ptr = NULL;
}

static NTSTATUS once_finished(uintptr_t word, void **context) {
    if (context)
        *context = (void *)(word & ~(uintptr_t)ONCE_STATE);
    return STATUS_SUCCESS;
}

/**
 * RtlRunOnceBeginInitialize() - InitOnceBeginInitialize's core.
 * @flags: RTL_RUN_ONCE_CHECK_ONLY, RTL_RUN_ONCE_ASYNC.
 * Return: STATUS_SUCCESS and the context when it is done; STATUS_PENDING when the caller is to do it; STATUS_UNSUCCESSFUL
 *         when it is not done and was only checked; STATUS_INVALID_PARAMETER for other flags, or when the other mode began.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/synchapi/nf-synchapi-initoncebegininitialize
 */
DWORD WINAPI RtlRunOnceBeginInitialize(RTL_RUN_ONCE *once, ULONG flags, void **context) {
    const bool async = flags & RTL_RUN_ONCE_ASYNC;
    uintptr_t seen = once_load(once);

    if ((flags & RTL_RUN_ONCE_CHECK_ONLY) && (flags & ~(ULONG)RTL_RUN_ONCE_CHECK_ONLY))
        return STATUS_INVALID_PARAMETER;
    if (flags & RTL_RUN_ONCE_CHECK_ONLY)
        return (seen & ONCE_STATE) == ONCE_DONE ? once_finished(seen, context) : STATUS_UNSUCCESSFUL;
    for (;;) {
        switch ((enum once_state)(seen & ONCE_STATE)) {
        case ONCE_FRESH:
            if (once_swap(once, &seen, async ? ONCE_RUNNING_ASYNC : ONCE_RUNNING))
                return STATUS_PENDING;
            break;
        case ONCE_RUNNING:
            if (async)
                return STATUS_INVALID_PARAMETER;
            if (!once_swap(once, &seen, seen + ONCE_WAITER))
                break;
            futex_wait(&once->Ptr, (uint32_t)(seen + ONCE_WAITER), FUTEX_FOREVER, FUTEX_ANY);
            seen = once_load(once);
            break;
        case ONCE_RUNNING_ASYNC: return async ? STATUS_PENDING : STATUS_INVALID_PARAMETER;
        case ONCE_DONE: return once_finished(seen, context);
        }
    }
}

static NTSTATUS once_complete_async(RTL_RUN_ONCE *once, uintptr_t result) {
    uintptr_t seen = once_load(once);

    if (seen == ONCE_RUNNING_ASYNC && once_swap(once, &seen, result))
        return STATUS_SUCCESS;
    return (seen & ONCE_STATE) == ONCE_DONE ? STATUS_OBJECT_NAME_COLLISION : STATUS_UNSUCCESSFUL;
}

/**
 * RtlRunOnceComplete() - InitOnceComplete's core.
 * @flags: RTL_RUN_ONCE_INIT_FAILED: the next one may try; RTL_RUN_ONCE_ASYNC: as begun.
 * @context: kept for those who ask; its two low bits are 0.
 * Return: STATUS_OBJECT_NAME_COLLISION when another thread's asynchronous initialisation was first; STATUS_UNSUCCESSFUL
 *         when nothing was begun; STATUS_INVALID_PARAMETER.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/synchapi/nf-synchapi-initoncecomplete
 */
DWORD WINAPI RtlRunOnceComplete(RTL_RUN_ONCE *once, ULONG flags, void *context) {
    const bool failed = flags & RTL_RUN_ONCE_INIT_FAILED;
    uintptr_t seen = once_load(once);

    if (((uintptr_t)context & ONCE_STATE) || (flags & ~(ULONG)(RTL_RUN_ONCE_INIT_FAILED | RTL_RUN_ONCE_ASYNC)))
        return STATUS_INVALID_PARAMETER;
    if (failed && (context || (flags & RTL_RUN_ONCE_ASYNC)))
        return STATUS_INVALID_PARAMETER;
    if (flags & RTL_RUN_ONCE_ASYNC)
        return once_complete_async(once, (uintptr_t)context | ONCE_DONE);
    do {
        if ((seen & ONCE_STATE) != ONCE_RUNNING)
            return STATUS_UNSUCCESSFUL;
    } while (!once_swap(once, &seen, failed ? ONCE_FRESH : (uintptr_t)context | ONCE_DONE));
    if (seen != ONCE_RUNNING)
        futex_wake(&once->Ptr, INT_MAX, FUTEX_ANY);
    return STATUS_SUCCESS;
}

/**
 * RtlRunOnceExecuteOnce() - InitOnceExecuteOnce's core: runs function once, all others wait for it.
 * Return: STATUS_UNSUCCESSFUL when function answered FALSE.
 */
DWORD WINAPI RtlRunOnceExecuteOnce(
    RTL_RUN_ONCE *once, PRTL_RUN_ONCE_INIT_FN function, void *parameter, void **context) {
    void *result = NULL;
    DWORD status = RtlRunOnceBeginInitialize(once, 0, context);

    if (status != STATUS_PENDING)
        return status;
    if (!function(once, parameter, context ? context : &result)) {
        RtlRunOnceComplete(once, RTL_RUN_ONCE_INIT_FAILED, NULL);
        return STATUS_UNSUCCESSFUL;
    }
    return RtlRunOnceComplete(once, 0, context ? *context : result);
}
