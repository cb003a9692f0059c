/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * User APCs: from and to any process of the session (libs/arena/apc.h).
 *
 * A routine is an address in the target's process.  One of ours lies elsewhere in each process: it travels as its place
 * in our library.  How a special APC gets at a thread that does not wait is in suspend.c.
 */
#include "dlls/ntdll/apc.h"

#include <ntstatus.h>

#include <errno.h>

#include "dlls/ntdll/object.h"
#include "dlls/ntdll/own_place.h"
#include "dlls/ntdll/suspend.h"
#include "libs/arena/apc.h"
#include "libs/base/trace.h"

#define APC_OURS 1u  /* the function is a place in our library */
#define APC_WIN32 2u /* it has one argument */
#define APC_DATA 4u  /* which is to be the address of an APC_CALLBACK_DATA */

/* Not in winternl.h. */
struct apc_callback_data {
    ULONG_PTR parameter;
    CONTEXT *context;
    ULONG_PTR reserved[2];
};

static void function_encode(struct apc_call *call) {
    if (own_place_encode(&call->function))
        call->flags |= APC_OURS;
}

/* @context: what the thread goes on with afterwards; NULL: to be found. */
static void apc_call_with_data(PAPCFUNC function, ULONG_PTR argument, CONTEXT *context) {
    struct apc_callback_data data = {.parameter = argument, .context = context};
    CONTEXT program;

    if (!context) {
        suspend_program_context(&program);
        data.context = &program;
    }
    function((ULONG_PTR)&data);
}

static void apc_call(const struct apc_call *call, CONTEXT *context) {
    void *const function = (void *)(call->flags & APC_OURS ? own_place_decode(call->function) : call->function);

    TRACE(TRACE_WAIT, "%s APC %p(0x%llx)", call->kind == APC_SPECIAL ? "special" : "user", function, (unsigned long long)call->argument[0]);
    if (call->flags & APC_DATA)
        apc_call_with_data((PAPCFUNC)function, call->argument[0], context);
    else if (call->flags & APC_WIN32)
        ((PAPCFUNC)function)(call->argument[0]);
    else
        ((PNTAPCFUNC)function)(call->argument[0], call->argument[1], call->argument[2]);
}

/* The object of the thread in a slot.  Return: whether there is one. */
static bool thread_in_slot(uint32_t thread, struct wait_object *object) {
    const struct cell *cell = cell_at(object->cell = atomic_load(&winipc_arena->thread[thread].cell) - 1);

    object->state = cell ? atomic_load(&cell->state) : 0;
    return cell && STATE_TYPE(object->state) == CELL_THREAD;
}

bool apc_queue(uint32_t thread, PNTAPCFUNC function, ULONG_PTR first, ULONG_PTR second, ULONG_PTR third) {
    const struct apc_call call = {.function = (uintptr_t)function, .argument = {first, second, third}};
    struct wait_object object;

    return thread_in_slot(thread, &object) && !apc_post(&object, &call);
}

bool apc_unqueue(uint32_t thread, PNTAPCFUNC function, ULONG_PTR first) {
    const struct apc_call call = {.function = (uintptr_t)function, .argument = {first}};
    struct wait_object object;

    return thread_in_slot(thread, &object) && apc_withdraw(&object, &call);
}

bool apc_run_special(CONTEXT *context) {
    struct apc_call call;
    bool any = false;

    suspend_apcs_begin();
    while (apc_take(APC_SPECIAL, &call)) {
        suspend_point();
        apc_call(&call, context);
        any = true;
    }
    return any;
}

bool apc_run(void) {
    struct apc_call call;
    bool any = apc_run_special(NULL);

    while (apc_take(APC_REGULAR, &call)) {
        suspend_before_program();
        apc_call(&call, NULL);
        any = true;
    }
    return any;
}

static NTSTATUS apc_status(int error) {
    return !error ? STATUS_SUCCESS : error == -ENOSPC ? STATUS_NO_MEMORY : STATUS_UNSUCCESSFUL;
}

static NTSTATUS apc_send(HANDLE thread, struct apc_call *call) {
    struct wait_object object;
    NTSTATUS status = object_lookup(thread, CELL_THREAD, THREAD_SET_CONTEXT, &object);
    struct cell *cell;

    if (status)
        return status;
    function_encode(call);
    status = apc_status(apc_post(&object, call));
    if (status || call->kind != APC_SPECIAL)
        return status;
    cell = cell_at(object.cell);
    if (object.cell + 1 == atomic_load(&arena_self.slot->cell))
        apc_run_special(NULL);
    else
        suspend_request_apc(&winipc_arena->thread[cell->thread.slot], cell);
    return STATUS_SUCCESS;
}

NTSTATUS apc_send_win32(HANDLE thread, ULONG flags, PAPCFUNC function, ULONG_PTR argument) {
    struct apc_call call = {.function = (uintptr_t)function,
        .argument = {argument},
        .flags = APC_WIN32 | (flags & APC_FLAG_CALLBACK_DATA ? APC_DATA : 0),
        .kind = flags & APC_FLAG_SPECIAL ? APC_SPECIAL : APC_REGULAR};

    if (flags & ~(APC_FLAG_SPECIAL | APC_FLAG_CALLBACK_DATA))
        return STATUS_INVALID_PARAMETER;
    return apc_send(thread, &call);
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

    return apc_send(thread, &call);
}

/**
 * NtQueueApcThreadEx() - the same; @flags 1 (QUEUE_USER_APC_FLAGS_SPECIAL_USER_APC): a special APC, which runs as soon as
 * the thread is in the program's code, also in that of a special APC, or waits alertably.
 * Return: as NtQueueApcThread; STATUS_NOT_SUPPORTED (a reserve object).
 */
NTSTATUS WINAPI NtQueueApcThreadEx(
    HANDLE thread, HANDLE flags, PNTAPCFUNC function, ULONG_PTR first, ULONG_PTR second, ULONG_PTR third) {
    struct apc_call call = {.function = (uintptr_t)function,
        .argument = {first, second, third},
        .kind = flags ? APC_SPECIAL : APC_REGULAR};

    return (ULONG_PTR)flags > APC_FLAG_SPECIAL ? STATUS_NOT_SUPPORTED : apc_send(thread, &call);
}

/**
 * NtQueueApcThreadEx2() - the same, with the reserve object (which must be NULL here) beside the flags.
 * Return: as NtQueueApcThreadEx; STATUS_INVALID_PARAMETER (other flags than 1).
 */
NTSTATUS WINAPI NtQueueApcThreadEx2(HANDLE thread, HANDLE reserve, ULONG flags, PNTAPCFUNC function, ULONG_PTR first,
    ULONG_PTR second, ULONG_PTR third) {
    if (flags > APC_FLAG_SPECIAL)
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
