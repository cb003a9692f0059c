/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The thread pool (MSDN: threadpoolapiset.h, threadpoollegacyapiset.h).  What has the same form in ntdll is a forward
 * in kernel32.spec. Source: https://learn.microsoft.com/en-us/windows/win32/procthread/thread-pool-api
 */
#include <windows.h>
#include <winternl.h>
#include <ntstatus.h>

#include "dlls/kernel32/error.h"
#include "dlls/ntdll/pool.h"

/* ---- pools and objects ---- */

/**
 * CreateThreadpool() - makes a pool of its own.
 * @reserved: must be NULL.
 * Return: the pool; NULL with ERROR_NOT_ENOUGH_MEMORY.
 */
TP_POOL *WINAPI CreateThreadpool(void *reserved) {
    TP_POOL *pool = NULL;

    return set_nt_error(TpAllocPool(&pool, reserved)) ? pool : NULL;
}

BOOL WINAPI SetThreadpoolThreadMinimum(TP_POOL *pool, DWORD minimum) {
    return TpSetPoolMinThreads(pool, minimum) || set_nt_error(STATUS_NO_MEMORY);
}

BOOL WINAPI SetThreadpoolStackInformation(TP_POOL *pool, TP_POOL_STACK_INFORMATION *stack) {
    return set_nt_error(TpSetPoolStackInformation(pool, stack));
}

BOOL WINAPI QueryThreadpoolStackInformation(TP_POOL *pool, TP_POOL_STACK_INFORMATION *stack) {
    return set_nt_error(TpQueryPoolStackInformation(pool, stack));
}

TP_CLEANUP_GROUP *WINAPI CreateThreadpoolCleanupGroup(void) {
    TP_CLEANUP_GROUP *group = NULL;

    return set_nt_error(TpAllocCleanupGroup(&group)) ? group : NULL;
}

/**
 * CreateThreadpoolWork() - something that SubmitThreadpoolWork has called, any number of times.
 * @environment: pool, cleanup group and the like; NULL: the process's own pool.
 * Return: it; NULL with ERROR_NOT_ENOUGH_MEMORY, ERROR_INVALID_PARAMETER.
 */
TP_WORK *WINAPI CreateThreadpoolWork(PTP_WORK_CALLBACK callback, void *context, TP_CALLBACK_ENVIRON *environment) {
    TP_WORK *work = NULL;

    return set_nt_error(TpAllocWork(&work, callback, context, environment)) ? work : NULL;
}

TP_TIMER *WINAPI CreateThreadpoolTimer(PTP_TIMER_CALLBACK callback, void *context, TP_CALLBACK_ENVIRON *environment) {
    TP_TIMER *timer = NULL;

    return set_nt_error(TpAllocTimer(&timer, callback, context, environment)) ? timer : NULL;
}

TP_WAIT *WINAPI CreateThreadpoolWait(PTP_WAIT_CALLBACK callback, void *context, TP_CALLBACK_ENVIRON *environment) {
    TP_WAIT *wait = NULL;

    return set_nt_error(TpAllocWait(&wait, callback, context, environment)) ? wait : NULL;
}

/**
 * CreateThreadpoolIo() - ties a file to a pool.
 * Return: the object; NULL with ERROR_INVALID_PARAMETER (the file has a completion port already), ERROR_INVALID_HANDLE,
 * ERROR_NOT_ENOUGH_MEMORY.
 */
TP_IO *WINAPI CreateThreadpoolIo(
    HANDLE file, PTP_WIN32_IO_CALLBACK callback, void *context, TP_CALLBACK_ENVIRON *environment) {
    TP_IO *io = NULL;

    return set_nt_error(tp_alloc_io(&io, file, (void *)callback, context, environment, true)) ? io : NULL;
}

BOOL WINAPI TrySubmitThreadpoolCallback(PTP_SIMPLE_CALLBACK callback, void *context, TP_CALLBACK_ENVIRON *environment) {
    return set_nt_error(TpSimpleTryPost(callback, context, environment));
}

BOOL WINAPI CallbackMayRunLong(TP_CALLBACK_INSTANCE *instance) {
    return TpCallbackMayRunLong(instance) == STATUS_SUCCESS;
}

/**
 * SetThreadpoolTimerEx() - SetThreadpoolTimer, which tells what became of the time before.
 * Return: TRUE when the timer was set and this has been cancelled; FALSE when it was not set, or has come: then its callback is
 * to come, runs or has run.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/threadpoolapiset/nf-threadpoolapiset-setthreadpooltimerex
 */
BOOL WINAPI SetThreadpoolTimerEx(TP_TIMER *timer, FILETIME *due, DWORD period, DWORD window) {
    (void)window;
    return tp_set_timer(timer, (const LARGE_INTEGER *)due, (LONG)period);
}

/* ---- the older calls ---- */

/**
 * QueueUserWorkItem() - one call in a thread of the pool.
 * Return: TRUE; FALSE with ERROR_NOT_ENOUGH_MEMORY.
 */
BOOL WINAPI QueueUserWorkItem(LPTHREAD_START_ROUTINE function, void *context, ULONG flags) {
    return set_nt_error(RtlQueueWorkItem((PRTL_WORK_ITEM_ROUTINE)function, context, flags));
}

/**
 * BindIoCompletionCallback() - has a routine called for each overlapped operation of a file.
 * Return: TRUE; FALSE with ERROR_INVALID_PARAMETER (it has a completion port already), ERROR_INVALID_HANDLE.
 */
BOOL WINAPI BindIoCompletionCallback(HANDLE file, LPOVERLAPPED_COMPLETION_ROUTINE routine, ULONG flags) {
    return set_nt_error(RtlSetIoCompletionCallback(file, (PRTL_OVERLAPPED_COMPLETION_ROUTINE)(void *)routine, flags));
}

/**
 * RegisterWaitForSingleObject() - has a routine called each time that an object is signalled or the time is over.
 * Return: TRUE; FALSE with ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED (no SYNCHRONIZE), ERROR_NOT_ENOUGH_MEMORY.
 */
BOOL WINAPI RegisterWaitForSingleObject(
    HANDLE *wait, HANDLE object, WAITORTIMERCALLBACK callback, void *context, ULONG milliseconds, ULONG flags) {
    return set_nt_error(RtlRegisterWait(wait, object, callback, context, milliseconds, flags));
}

/* These succeed with ERROR_IO_PENDING as a failure: a call is still under way. */
static BOOL end_result(NTSTATUS status) {
    if (status != STATUS_PENDING)
        return set_nt_error(status);
    SetLastError(ERROR_IO_PENDING);
    return FALSE;
}

BOOL WINAPI UnregisterWaitEx(HANDLE wait, HANDLE event) {
    return end_result(RtlDeregisterWaitEx(wait, event));
}

BOOL WINAPI UnregisterWait(HANDLE wait) {
    return UnregisterWaitEx(wait, NULL);
}

HANDLE WINAPI CreateTimerQueue(void) {
    HANDLE queue = NULL;

    return set_nt_error(RtlCreateTimerQueue(&queue)) ? queue : NULL;
}

BOOL WINAPI CreateTimerQueueTimer(
    HANDLE *timer, HANDLE queue, WAITORTIMERCALLBACK callback, void *context, DWORD due, DWORD period, ULONG flags) {
    return set_nt_error(RtlCreateTimer(queue, timer, callback, context, due, period, flags));
}

BOOL WINAPI ChangeTimerQueueTimer(HANDLE queue, HANDLE timer, ULONG due, ULONG period) {
    return set_nt_error(RtlUpdateTimer(queue, timer, due, period));
}

BOOL WINAPI DeleteTimerQueueTimer(HANDLE queue, HANDLE timer, HANDLE event) {
    return end_result(RtlDeleteTimer(queue, timer, event));
}

BOOL WINAPI DeleteTimerQueueEx(HANDLE queue, HANDLE event) {
    return end_result(RtlDeleteTimerQueueEx(queue, event));
}

BOOL WINAPI DeleteTimerQueue(HANDLE queue) {
    return set_nt_error(RtlDeleteTimerQueueEx(queue, NULL));
}
