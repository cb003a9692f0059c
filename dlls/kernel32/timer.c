/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Waitable timers (MSDN: synchapi.h).
 * Source: https://learn.microsoft.com/en-us/windows/win32/sync/waitable-timer-objects
 */
#include <windows.h>
#include <winternl.h>
#include <ntstatus.h>

#include "dlls/kernel32/error.h"
#include "dlls/kernel32/object_name.h"

#define TIMER_HIGH_RESOLUTION 2 /* CREATE_WAITABLE_TIMER_HIGH_RESOLUTION: every timer here is */

/**
 * CreateWaitableTimerExW() - makes a timer, or opens the one of that name.
 * @flags: CREATE_WAITABLE_TIMER_MANUAL_RESET, CREATE_WAITABLE_TIMER_HIGH_RESOLUTION.
 * Return: as CreateEventExW.
 */
HANDLE WINAPI CreateWaitableTimerExW(SECURITY_ATTRIBUTES *security, const WCHAR *name, DWORD flags, DWORD access) {
    struct object_name object;
    NTSTATUS status = object_name_fill(&object, name, security, OBJ_OPENIF);
    HANDLE handle = NULL;

    if (flags & ~(DWORD)(CREATE_WAITABLE_TIMER_MANUAL_RESET | TIMER_HIGH_RESOLUTION))
        status = STATUS_INVALID_PARAMETER;
    if (!status)
        status = NtCreateTimer(&handle, access, &object.attributes,
            flags & CREATE_WAITABLE_TIMER_MANUAL_RESET ? NotificationTimer : SynchronizationTimer);
    return object_result(handle, status);
}

HANDLE WINAPI CreateWaitableTimerExA(SECURITY_ATTRIBUTES *security, const char *name, DWORD flags, DWORD access) {
    WCHAR wide[MAX_PATH + 1];

    return CreateWaitableTimerExW(security, object_name_wide(name, wide), flags, access);
}

HANDLE WINAPI CreateWaitableTimerW(SECURITY_ATTRIBUTES *security, BOOL manual_reset, const WCHAR *name) {
    return CreateWaitableTimerExW(security, name, manual_reset ? CREATE_WAITABLE_TIMER_MANUAL_RESET : 0, TIMER_ALL_ACCESS);
}

HANDLE WINAPI CreateWaitableTimerA(SECURITY_ATTRIBUTES *security, BOOL manual_reset, const char *name) {
    WCHAR wide[MAX_PATH + 1];

    return CreateWaitableTimerW(security, manual_reset, object_name_wide(name, wide));
}

/**
 * SetWaitableTimer() - sets a timer.
 * @due: in 100 ns; negative: from now.  @period: milliseconds; 0: once.  @routine: an APC for the calling thread, or NULL.
 * @resume: wakes a machine that sleeps, which nothing here can.
 * Return: TRUE, with ERROR_NOT_SUPPORTED as last error where @resume was given; FALSE with ERROR_INVALID_HANDLE, ERROR_INVALID_PARAMETER, ERROR_ACCESS_DENIED.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/synchapi/nf-synchapi-setwaitabletimer
 */
BOOL WINAPI SetWaitableTimer(
    HANDLE timer, const LARGE_INTEGER *due, LONG period, PTIMERAPCROUTINE routine, void *argument, BOOL resume) {
    NTSTATUS status;

    if (!due || period < 0) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    status = NtSetTimer(timer, due, (PTIMER_APC_ROUTINE)(void *)routine, argument, resume != 0, (ULONG)period, NULL);
    if (status == STATUS_TIMER_RESUME_IGNORED)
        SetLastError(ERROR_NOT_SUPPORTED);
    return set_nt_error(status);
}

/**
 * SetWaitableTimerEx() - the same; @reason and @tolerable_delay are for saving power, which nothing here does.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/synchapi/nf-synchapi-setwaitabletimerex
 */
BOOL WINAPI SetWaitableTimerEx(HANDLE timer, const LARGE_INTEGER *due, LONG period, PTIMERAPCROUTINE routine, void *argument,
    REASON_CONTEXT *reason, ULONG tolerable_delay) {
    (void)reason, (void)tolerable_delay;
    return SetWaitableTimer(timer, due, period, routine, argument, FALSE);
}

/**
 * OpenWaitableTimerW() - opens a timer by its name.
 * Return: a handle; NULL with ERROR_FILE_NOT_FOUND, ERROR_INVALID_HANDLE (another type), ERROR_ACCESS_DENIED.
 */
HANDLE WINAPI OpenWaitableTimerW(DWORD access, BOOL inherit, const WCHAR *name) {
    return object_name_open(access, inherit, name, NtOpenTimer);
}

HANDLE WINAPI OpenWaitableTimerA(DWORD access, BOOL inherit, const char *name) {
    WCHAR wide[MAX_PATH + 1];

    return OpenWaitableTimerW(access, inherit, object_name_wide(name, wide));
}

BOOL WINAPI CancelWaitableTimer(HANDLE timer) {
    return set_nt_error(NtCancelTimer(timer, NULL));
}
