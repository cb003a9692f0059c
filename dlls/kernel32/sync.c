/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Events, mutexes, semaphores, waits (MSDN: synchapi.h).  Names, flags and errors are converted here; the rules are in ntdll.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/synchapi/
 */
#include <windows.h>
#include <winternl.h>
#include <ntstatus.h>

#include <stdint.h>

#include "dlls/kernel32/error.h"
#include "dlls/ntdll/apc.h"
#include "dlls/kernel32/object_name.h"

/* ---- events ---- */

/**
 * CreateEventExW() - makes an event, or opens the one of that name.
 * @name: NULL, or up to MAX_PATH characters, with or without Local\ or Global\.
 * @flags: CREATE_EVENT_INITIAL_SET, CREATE_EVENT_MANUAL_RESET.
 * Return: a handle, with ERROR_ALREADY_EXISTS if the event was there; NULL with ERROR_INVALID_HANDLE (the name is another type's),
 * ERROR_FILENAME_EXCED_RANGE, ERROR_ACCESS_DENIED, ERROR_INVALID_PARAMETER.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/synchapi/nf-synchapi-createeventexw
 */
HANDLE WINAPI CreateEventExW(SECURITY_ATTRIBUTES *security, const WCHAR *name, DWORD flags, DWORD access) {
    struct object_name object;
    NTSTATUS status = object_name_fill(&object, name, security, OBJ_OPENIF);
    HANDLE handle = NULL;

    if (flags & ~(DWORD)(CREATE_EVENT_INITIAL_SET | CREATE_EVENT_MANUAL_RESET))
        status = STATUS_INVALID_PARAMETER;
    if (!status)
        status = NtCreateEvent(&handle, access, &object.attributes,
            flags & CREATE_EVENT_MANUAL_RESET ? NotificationEvent : SynchronizationEvent, (flags & CREATE_EVENT_INITIAL_SET) != 0);
    return object_result(handle, status);
}

HANDLE WINAPI CreateEventExA(SECURITY_ATTRIBUTES *security, const char *name, DWORD flags, DWORD access) {
    WCHAR wide[MAX_PATH + 1];

    return CreateEventExW(security, object_name_wide(name, wide), flags, access);
}

HANDLE WINAPI CreateEventW(SECURITY_ATTRIBUTES *security, BOOL manual_reset, BOOL initial_state, const WCHAR *name) {
    return CreateEventExW(security, name,
        (manual_reset ? CREATE_EVENT_MANUAL_RESET : 0) | (initial_state ? CREATE_EVENT_INITIAL_SET : 0), EVENT_ALL_ACCESS);
}

HANDLE WINAPI CreateEventA(SECURITY_ATTRIBUTES *security, BOOL manual_reset, BOOL initial_state, const char *name) {
    WCHAR wide[MAX_PATH + 1];

    return CreateEventW(security, manual_reset, initial_state, object_name_wide(name, wide));
}

/**
 * OpenEventW() - opens an event by its name.
 * Return: a handle; NULL with ERROR_FILE_NOT_FOUND, ERROR_INVALID_HANDLE (another type), ERROR_ACCESS_DENIED.
 */
HANDLE WINAPI OpenEventW(DWORD access, BOOL inherit, const WCHAR *name) {
    return object_name_open(access, inherit, name, NtOpenEvent);
}

HANDLE WINAPI OpenEventA(DWORD access, BOOL inherit, const char *name) {
    WCHAR wide[MAX_PATH + 1];

    return OpenEventW(access, inherit, object_name_wide(name, wide));
}

BOOL WINAPI SetEvent(HANDLE event) {
    return set_nt_error(NtSetEvent(event, NULL));
}

BOOL WINAPI ResetEvent(HANDLE event) {
    return set_nt_error(NtResetEvent(event, NULL));
}

BOOL WINAPI PulseEvent(HANDLE event) {
    return set_nt_error(NtPulseEvent(event, NULL));
}

/* ---- mutexes ---- */

/**
 * CreateMutexExW() - makes a mutex, or opens the one of that name.
 * @flags: CREATE_MUTEX_INITIAL_OWNER; without effect when the mutex was there.
 * Return: as CreateEventExW.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/synchapi/nf-synchapi-createmutexexw
 */
HANDLE WINAPI CreateMutexExW(SECURITY_ATTRIBUTES *security, const WCHAR *name, DWORD flags, DWORD access) {
    struct object_name object;
    NTSTATUS status = object_name_fill(&object, name, security, OBJ_OPENIF);
    HANDLE handle = NULL;

    if (flags & ~(DWORD)CREATE_MUTEX_INITIAL_OWNER)
        status = STATUS_INVALID_PARAMETER;
    if (!status)
        status = NtCreateMutant(&handle, access, &object.attributes, (flags & CREATE_MUTEX_INITIAL_OWNER) != 0);
    return object_result(handle, status);
}

HANDLE WINAPI CreateMutexExA(SECURITY_ATTRIBUTES *security, const char *name, DWORD flags, DWORD access) {
    WCHAR wide[MAX_PATH + 1];

    return CreateMutexExW(security, object_name_wide(name, wide), flags, access);
}

HANDLE WINAPI CreateMutexW(SECURITY_ATTRIBUTES *security, BOOL owned, const WCHAR *name) {
    return CreateMutexExW(security, name, owned ? CREATE_MUTEX_INITIAL_OWNER : 0, MUTEX_ALL_ACCESS);
}

HANDLE WINAPI CreateMutexA(SECURITY_ATTRIBUTES *security, BOOL owned, const char *name) {
    WCHAR wide[MAX_PATH + 1];

    return CreateMutexW(security, owned, object_name_wide(name, wide));
}

HANDLE WINAPI OpenMutexW(DWORD access, BOOL inherit, const WCHAR *name) {
    return object_name_open(access, inherit, name, NtOpenMutant);
}

HANDLE WINAPI OpenMutexA(DWORD access, BOOL inherit, const char *name) {
    WCHAR wide[MAX_PATH + 1];

    return OpenMutexW(access, inherit, object_name_wide(name, wide));
}

/**
 * ReleaseMutex() - gives up one level of ownership.
 * Return: TRUE; FALSE with ERROR_NOT_OWNER, ERROR_INVALID_HANDLE.
 */
BOOL WINAPI ReleaseMutex(HANDLE mutex) {
    return set_nt_error(NtReleaseMutant(mutex, NULL));
}

/* ---- semaphores ---- */

/**
 * CreateSemaphoreExW() - makes a semaphore, or opens the one of that name.
 * @initial: 0 to @maximum.  @flags: 0.
 * Return: as CreateEventExW.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winbase/nf-winbase-createsemaphoreexa
 */
HANDLE WINAPI CreateSemaphoreExW(
    SECURITY_ATTRIBUTES *security, LONG initial, LONG maximum, const WCHAR *name, DWORD flags, DWORD access) {
    struct object_name object;
    NTSTATUS status = object_name_fill(&object, name, security, OBJ_OPENIF);
    HANDLE handle = NULL;

    if (flags)
        status = STATUS_INVALID_PARAMETER;
    if (!status)
        status = NtCreateSemaphore(&handle, access, &object.attributes, initial, maximum);
    return object_result(handle, status);
}

HANDLE WINAPI CreateSemaphoreExA(
    SECURITY_ATTRIBUTES *security, LONG initial, LONG maximum, const char *name, DWORD flags, DWORD access) {
    WCHAR wide[MAX_PATH + 1];

    return CreateSemaphoreExW(security, initial, maximum, object_name_wide(name, wide), flags, access);
}

HANDLE WINAPI CreateSemaphoreW(SECURITY_ATTRIBUTES *security, LONG initial, LONG maximum, const WCHAR *name) {
    return CreateSemaphoreExW(security, initial, maximum, name, 0, SEMAPHORE_ALL_ACCESS);
}

HANDLE WINAPI CreateSemaphoreA(SECURITY_ATTRIBUTES *security, LONG initial, LONG maximum, const char *name) {
    WCHAR wide[MAX_PATH + 1];

    return CreateSemaphoreW(security, initial, maximum, object_name_wide(name, wide));
}

HANDLE WINAPI OpenSemaphoreW(DWORD access, BOOL inherit, const WCHAR *name) {
    return object_name_open(access, inherit, name, NtOpenSemaphore);
}

HANDLE WINAPI OpenSemaphoreA(DWORD access, BOOL inherit, const char *name) {
    WCHAR wide[MAX_PATH + 1];

    return OpenSemaphoreW(access, inherit, object_name_wide(name, wide));
}

/**
 * ReleaseSemaphore() - raises the count.
 * @previous: receives the count before; may be NULL.
 * Return: TRUE; FALSE with ERROR_TOO_MANY_POSTS (nothing changes), ERROR_INVALID_PARAMETER, ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED.
 */
BOOL WINAPI ReleaseSemaphore(HANDLE semaphore, LONG count, LONG *previous) {
    return set_nt_error(NtReleaseSemaphore(semaphore, (ULONG)count, (ULONG *)previous));
}

/* ---- waits ---- */

/* Milliseconds as NT's relative time.  Return: NULL for INFINITE. */
static LARGE_INTEGER *nt_timeout(LARGE_INTEGER *timeout, DWORD milliseconds) {
    if (milliseconds == INFINITE)
        return NULL;
    timeout->QuadPart = -(LONGLONG)milliseconds * 10000;
    return timeout;
}

/* A standard handle's number (STD_INPUT_HANDLE…) stands for that handle in waits. */
static HANDLE wait_handle(HANDLE handle) {
    switch ((DWORD)(ULONG_PTR)handle) {
    case STD_INPUT_HANDLE:
    case STD_OUTPUT_HANDLE:
    case STD_ERROR_HANDLE: return GetStdHandle((DWORD)(ULONG_PTR)handle);
    default: return handle;
    }
}

static DWORD wait_return(NTSTATUS status) {
    if (NT_SUCCESS(status)) /* WAIT_OBJECT_0…, WAIT_ABANDONED_0…, WAIT_TIMEOUT, WAIT_IO_COMPLETION are these */
        return (DWORD)status;
    set_nt_error(status);
    return WAIT_FAILED;
}

/**
 * WaitForSingleObjectEx() - waits for an object.
 * Return: WAIT_OBJECT_0, WAIT_ABANDONED, WAIT_TIMEOUT, WAIT_IO_COMPLETION (alertable); WAIT_FAILED with ERROR_INVALID_HANDLE,
 * ERROR_ACCESS_DENIED (no SYNCHRONIZE right).
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/synchapi/nf-synchapi-waitforsingleobjectex
 */
DWORD WINAPI WaitForSingleObjectEx(HANDLE handle, DWORD milliseconds, BOOL alertable) {
    LARGE_INTEGER timeout;

    return wait_return(NtWaitForSingleObject(wait_handle(handle), alertable != 0, nt_timeout(&timeout, milliseconds)));
}

DWORD WINAPI WaitForSingleObject(HANDLE handle, DWORD milliseconds) {
    return WaitForSingleObjectEx(handle, milliseconds, FALSE);
}

/**
 * WaitForMultipleObjectsEx() - waits for one of, or all of, up to MAXIMUM_WAIT_OBJECTS objects.
 * Return: WAIT_OBJECT_0 + index, WAIT_ABANDONED_0 + index, WAIT_TIMEOUT, WAIT_IO_COMPLETION; WAIT_FAILED with
 * ERROR_INVALID_PARAMETER (count; duplicates when waiting for all), ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/synchapi/nf-synchapi-waitformultipleobjectsex
 */
DWORD WINAPI WaitForMultipleObjectsEx(DWORD count, const HANDLE *handles, BOOL wait_all, DWORD milliseconds, BOOL alertable) {
    HANDLE converted[MAXIMUM_WAIT_OBJECTS];
    LARGE_INTEGER timeout;

    if (count == 0 || count > MAXIMUM_WAIT_OBJECTS) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return WAIT_FAILED;
    }
    for (DWORD i = 0; i < count; i++)
        converted[i] = wait_handle(handles[i]);
    return wait_return(
        NtWaitForMultipleObjects(count, converted, !wait_all, alertable != 0, nt_timeout(&timeout, milliseconds)));
}

DWORD WINAPI WaitForMultipleObjects(DWORD count, const HANDLE *handles, BOOL wait_all, DWORD milliseconds) {
    return WaitForMultipleObjectsEx(count, handles, wait_all, milliseconds, FALSE);
}

/**
 * SignalObjectAndWait() - signals an event, mutex or semaphore, then waits; not atomic.
 * Return: as WaitForSingleObjectEx; WAIT_FAILED with ERROR_NOT_OWNER, ERROR_TOO_MANY_POSTS, ERROR_INVALID_HANDLE.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/synchapi/nf-synchapi-signalobjectandwait
 */
DWORD WINAPI SignalObjectAndWait(HANDLE signal, HANDLE handle, DWORD milliseconds, BOOL alertable) {
    LARGE_INTEGER timeout;

    return wait_return(NtSignalAndWaitForSingleObject(signal, handle, alertable != 0, nt_timeout(&timeout, milliseconds)));
}

/**
 * SleepEx() - sleeps.
 * Return: 0, or WAIT_IO_COMPLETION when an APC ended an alertable sleep.
 */
DWORD WINAPI SleepEx(DWORD milliseconds, BOOL alertable) {
    LARGE_INTEGER timeout, *span = nt_timeout(&timeout, milliseconds);
    NTSTATUS status;

    timeout.QuadPart = span ? timeout.QuadPart : INT64_MIN;
    status = NtDelayExecution(alertable != 0, &timeout);
    return status == STATUS_USER_APC ? WAIT_IO_COMPLETION : 0;
}

void WINAPI Sleep(DWORD milliseconds) {
    SleepEx(milliseconds, FALSE);
}

BOOL WINAPI SwitchToThread(void) {
    return NtYieldExecution() == STATUS_SUCCESS;
}

/**
 * QueueUserAPC() - queues a user APC to a thread, of any process; it runs when the thread waits alertably, or before it
 * begins.
 * @function: an address in the thread's process.
 * Return: nonzero; 0 with ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED, ERROR_GEN_FAILURE (the thread has ended).
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/processthreadsapi/nf-processthreadsapi-queueuserapc
 */
DWORD WINAPI QueueUserAPC(PAPCFUNC function, HANDLE thread, ULONG_PTR argument) {
    return (DWORD)set_nt_error(apc_send_win32(thread, 0, function, argument));
}

/**
 * QueueUserAPC2() - the same.
 * @flags: QUEUE_USER_APC_FLAGS_SPECIAL_USER_APC (1): it does not wait for an alertable wait: it interrupts the program's code, and comes first when a
 * system call or a wait returns to that; QUEUE_USER_APC_CALLBACK_DATA_CONTEXT (0x10000): @function is given the address of an APC_CALLBACK_DATA
 * with @argument and the registers of the code that it interrupts, which it may change where that is the program's.
 * Return: TRUE; FALSE as QueueUserAPC, ERROR_INVALID_PARAMETER (other flags).
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/processthreadsapi/nf-processthreadsapi-queueuserapc2
 */
BOOL WINAPI QueueUserAPC2(PAPCFUNC function, HANDLE thread, ULONG_PTR argument, DWORD flags) {
    return set_nt_error(apc_send_win32(thread, flags, function, argument));
}
