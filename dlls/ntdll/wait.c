/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Waiting (NT): handles and time-outs to wait_for() of the arena, its results to NTSTATUS. */
#include <windows.h>
#include <winternl.h>
#include <ntstatus.h>

#include <sched.h>
#include <time.h>

#include "dlls/ntdll/apc.h"
#include "dlls/ntdll/console_wait.h"
#include "dlls/ntdll/object.h"
#include "dlls/ntdll/suspend.h"
#include "dlls/ntdll/wait.h"
#include "libs/arena/object.h"
#include "libs/base/trace.h"

#define FILETIME_OF_1970 116444736000000000ll

uint64_t wait_deadline(const LARGE_INTEGER *timeout) {
    struct timespec now;
    LONGLONG span;

    if (!timeout)
        return WAIT_FOREVER;
    if (timeout->QuadPart == 0)
        return 0;
    if (timeout->QuadPart < 0) /* INT64_MIN, which means for ever, has no negative */
        return timeout->QuadPart < -INT64_MAX / 200 ? WAIT_FOREVER : clock_ns() + (uint64_t)-timeout->QuadPart * 100;
    clock_gettime(CLOCK_REALTIME, &now);
    span = timeout->QuadPart - (FILETIME_OF_1970 + (LONGLONG)now.tv_sec * 10000000 + now.tv_nsec / 100);
    if (span <= 0)
        return 0;
    return span > INT64_MAX / 200 ? WAIT_FOREVER : clock_ns() + (uint64_t)span * 100;
}

static NTSTATUS wait_status(int result) {
    switch (result) {
    case WAIT_RESULT_TIMEOUT: return STATUS_TIMEOUT;
    case WAIT_RESULT_GONE: return STATUS_INVALID_HANDLE;
    case WAIT_RESULT_APC:
        apc_run();
        return STATUS_USER_APC;
    }
    if (result & WAIT_GRANT_ABANDONED)
        return STATUS_ABANDONED_WAIT_0 + (result & 0xffff);
    return STATUS_WAIT_0 + result;
}

/* Return: @status. */
static NTSTATUS wait_told(NTSTATUS status, ULONG count, HANDLE first) {
    TRACE(TRACE_WAIT, "wait for %u handles, the first %p, ended: status 0x%08x", (unsigned)count, first, (unsigned)status);
    return status;
}

static bool is_waitable(enum cell_type type) {
    return type != CELL_SECTION && type != CELL_KEY && type != CELL_TOKEN && type != CELL_DIRECTORY && type != CELL_LINK &&
           type != CELL_PIPE_INSTANCE;
}

NTSTATUS wait_lookup(HANDLE handle, struct wait_object *object) {
    const NTSTATUS status = object_lookup(handle, CELL_FREE, SYNCHRONIZE, object);

    if (status)
        return status;
    if (STATE_TYPE(object->state) == CELL_FILE && cell_at(object->cell)->file.kind == FILE_KIND_CONSOLE_IN)
        console_wait_begin(handle, cell_at(object->cell));
    return is_waitable(STATE_TYPE(object->state)) ? STATUS_SUCCESS : STATUS_OBJECT_TYPE_MISMATCH;
}

/**
 * NtWaitForSingleObject() - waits for one object.
 * @timeout: in 100 ns; negative: from now; NULL: for ever.
 * Return: STATUS_WAIT_0, STATUS_ABANDONED_WAIT_0, STATUS_TIMEOUT, STATUS_USER_APC (alertable; the APCs have run),
 * STATUS_INVALID_HANDLE, STATUS_ACCESS_DENIED (no SYNCHRONIZE), STATUS_OBJECT_TYPE_MISMATCH.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winternl/nf-winternl-ntwaitforsingleobject
 */
NTSTATUS WINAPI NtWaitForSingleObject(HANDLE handle, BOOLEAN alertable, const LARGE_INTEGER *timeout) {
    struct wait_object object;
    struct wait_request request = {.objects = &object, .n = 1, .alertable = alertable};
    const NTSTATUS status = wait_lookup(handle, &object);
    int taken;

    if (status)
        return status;
    if (atomic_load_explicit(&arena_self.slot->suspend, memory_order_relaxed))
        suspend_point();
    taken = wait_try(cell_at(object.cell));
    if (taken >= 0)
        return wait_told(wait_status(taken), 1, handle);
    request.deadline_ns = wait_deadline(timeout);
    TRACE(TRACE_WAIT, "wait for handle %p", handle);
    return wait_told(wait_status(wait_for(&request)), 1, handle);
}

/**
 * NtWaitForMultipleObjects() - waits for one of, or all of, up to MAXIMUM_WAIT_OBJECTS objects.
 * Return: STATUS_WAIT_0 + index, STATUS_ABANDONED_WAIT_0 + index, otherwise as NtWaitForSingleObject; STATUS_INVALID_PARAMETER_1 for a
 * count of 0 or above the limit; STATUS_INVALID_PARAMETER_MIX for duplicates in a wait for all.
 */
NTSTATUS WINAPI NtWaitForMultipleObjects(
    ULONG count, const HANDLE *handles, BOOLEAN any, BOOLEAN alertable, const LARGE_INTEGER *timeout) {
    struct wait_object objects[WAIT_BLOCKS];
    struct wait_request request = {.objects = objects, .n = count, .all = !any, .alertable = alertable};

    if (count == 0 || count > WAIT_BLOCKS)
        return STATUS_INVALID_PARAMETER_1;
    for (ULONG i = 0; i < count; i++) {
        const NTSTATUS status = wait_lookup(handles[i], &objects[i]);

        if (status)
            return status;
        for (ULONG j = 0; !any && j < i; j++) {
            if (objects[j].cell == objects[i].cell)
                return STATUS_INVALID_PARAMETER_MIX;
        }
    }
    request.deadline_ns = wait_deadline(timeout);
    TRACE(TRACE_WAIT, "wait for %s of %u handles, the first %p", any ? "any" : "all", (unsigned)count, handles[0]);
    return wait_told(wait_status(wait_for(&request)), count, handles[0]);
}

/* The signal half of NtSignalAndWaitForSingleObject. */
static NTSTATUS wait_signal(HANDLE handle) {
    struct wait_object object;
    const NTSTATUS status = object_lookup(handle, CELL_FREE, 0, &object);

    if (status)
        return status;
    switch (STATE_TYPE(object.state)) {
    case CELL_EVENT: return NtSetEvent(handle, NULL);
    case CELL_MUTANT: return NtReleaseMutant(handle, NULL);
    case CELL_SEMAPHORE: return NtReleaseSemaphore(handle, 1, NULL);
    default: return STATUS_OBJECT_TYPE_MISMATCH;
    }
}

/**
 * NtSignalAndWaitForSingleObject() - signals one object, then waits for another; not atomic, as documented.
 * Return: as the signal operation fails, else as NtWaitForSingleObject.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/synchapi/nf-synchapi-signalobjectandwait
 */
NTSTATUS WINAPI NtSignalAndWaitForSingleObject(HANDLE signal, HANDLE handle, BOOLEAN alertable, const LARGE_INTEGER *timeout) {
    struct wait_object object;
    NTSTATUS status = wait_lookup(handle, &object);

    if (!status)
        status = wait_signal(signal);
    return status ? status : NtWaitForSingleObject(handle, alertable, timeout);
}

/**
 * NtYieldExecution() - lets another thread run.
 * Return: STATUS_SUCCESS.
 */
NTSTATUS WINAPI NtYieldExecution(void) {
    sched_yield();
    return STATUS_SUCCESS;
}

/**
 * NtDelayExecution() - sleeps.
 * Return: STATUS_SUCCESS, or STATUS_USER_APC when an APC ended an alertable sleep.
 */
NTSTATUS WINAPI NtDelayExecution(BOOLEAN alertable, const LARGE_INTEGER *timeout) {
    const struct wait_request request = {.alertable = alertable, .deadline_ns = wait_deadline(timeout)};
    NTSTATUS status;

    status = wait_status(wait_for(&request));
    if (!request.deadline_ns && status == STATUS_TIMEOUT)
        NtYieldExecution();
    return status == STATUS_TIMEOUT ? STATUS_SUCCESS : status;
}
