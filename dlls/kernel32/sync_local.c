/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Critical sections, condition variables, InitOnce, WaitOnAddress and barriers (MSDN: synchapi.h): what is not a plain
 * forward to ntdll.
 */
#include "dlls/kernel32/error.h"

#include <ntstatus.h>
#include <stdbool.h>
#include <stddef.h>

struct barrier;
NTSTATUS WINAPI RtlInitBarrier(struct barrier *barrier, LONG threads, LONG spin_count);
NTSTATUS WINAPI RtlDeleteBarrier(struct barrier *barrier);
BOOLEAN WINAPI RtlBarrier(struct barrier *barrier, ULONG flags);

BOOL WINAPI InitializeCriticalSectionEx(CRITICAL_SECTION *section, DWORD spin_count, DWORD flags) {
    return set_nt_error(RtlInitializeCriticalSectionEx(section, spin_count, flags));
}

BOOL WINAPI InitializeCriticalSectionAndSpinCount(CRITICAL_SECTION *section, DWORD spin_count) {
    return set_nt_error(RtlInitializeCriticalSectionAndSpinCount(section, spin_count));
}

void WINAPI InitializeCriticalSection(CRITICAL_SECTION *section) {
    RtlInitializeCriticalSection(section);
}

/* A time-out in milliseconds as Rtl functions take it; NULL for INFINITE. */
static const LARGE_INTEGER *sync_timeout(LARGE_INTEGER *timeout, DWORD timeout_ms) {
    if (timeout_ms == INFINITE)
        return NULL;
    timeout->QuadPart = -10000 * (LONGLONG)timeout_ms;
    return timeout;
}

/* STATUS_TIMEOUT is no success to these functions. */
static BOOL sync_result(NTSTATUS status) {
    if (status != STATUS_TIMEOUT)
        return set_nt_error(status);
    SetLastError(ERROR_TIMEOUT);
    return FALSE;
}

/**
 * SleepConditionVariableCS() - leaves the section, sleeps until a wake, enters it again.
 * Return: FALSE and ERROR_TIMEOUT; the section is owned again then too.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/synchapi/nf-synchapi-sleepconditionvariablecs
 */
BOOL WINAPI SleepConditionVariableCS(CONDITION_VARIABLE *variable, CRITICAL_SECTION *section, DWORD timeout_ms) {
    LARGE_INTEGER timeout;

    return sync_result(RtlSleepConditionVariableCS(variable, section, sync_timeout(&timeout, timeout_ms)));
}

BOOL WINAPI SleepConditionVariableSRW(CONDITION_VARIABLE *variable, SRWLOCK *lock, DWORD timeout_ms, ULONG flags) {
    LARGE_INTEGER timeout;

    return sync_result(RtlSleepConditionVariableSRW(variable, lock, sync_timeout(&timeout, timeout_ms), flags));
}

/**
 * WaitOnAddress() - sleeps while the value at address equals the one at compare.
 * Return: FALSE and ERROR_TIMEOUT, or ERROR_INVALID_PARAMETER for a size that is not 1, 2, 4 or 8.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/synchapi/nf-synchapi-waitonaddress
 */
BOOL WINAPI WaitOnAddress(volatile void *address, void *compare, SIZE_T size, DWORD timeout_ms) {
    LARGE_INTEGER timeout;

    return sync_result(RtlWaitOnAddress((const void *)address, compare, size, sync_timeout(&timeout, timeout_ms)));
}

/**
 * InitOnceBeginInitialize() - asks whether the caller is to initialise.
 * @pending: TRUE: it is, and calls InitOnceComplete.
 * Return: FALSE and ERROR_GEN_FAILURE when INIT_ONCE_CHECK_ONLY finds it not done; ERROR_INVALID_PARAMETER.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/synchapi/nf-synchapi-initoncebegininitialize
 */
BOOL WINAPI InitOnceBeginInitialize(INIT_ONCE *once, DWORD flags, BOOL *pending, void **context) {
    const NTSTATUS status = (NTSTATUS)RtlRunOnceBeginInitialize(once, flags, context);

    if (status >= 0)
        *pending = status == STATUS_PENDING;
    return set_nt_error(status);
}

BOOL WINAPI InitOnceComplete(INIT_ONCE *once, DWORD flags, void *context) {
    return set_nt_error((NTSTATUS)RtlRunOnceComplete(once, flags, context));
}

/**
 * InitOnceExecuteOnce() - runs function once.
 * Return: FALSE when function answered FALSE; the last error is as function left it.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/synchapi/nf-synchapi-initonceexecuteonce
 */
BOOL WINAPI InitOnceExecuteOnce(INIT_ONCE *once, PINIT_ONCE_FN function, void *parameter, void **context) {
    return RtlRunOnceExecuteOnce(once, (PRTL_RUN_ONCE_INIT_FN)function, parameter, context) == STATUS_SUCCESS;
}

BOOL WINAPI InitializeSynchronizationBarrier(struct barrier *barrier, LONG threads, LONG spin_count) {
    return set_nt_error(RtlInitBarrier(barrier, threads, spin_count));
}

BOOL WINAPI EnterSynchronizationBarrier(struct barrier *barrier, DWORD flags) {
    return RtlBarrier(barrier, flags);
}

BOOL WINAPI DeleteSynchronizationBarrier(struct barrier *barrier) {
    return set_nt_error(RtlDeleteBarrier(barrier));
}
