/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Waits for objects or input (MSDN: winuser.h).  No thread has a message queue yet: input is one more object, which is never signalled.
 */
#include <string.h>
#include <windows.h>

#define NO_HANDLE ((HANDLE)NULL)

/* Stands for the calling thread's input.  Return: NULL with the last error. */
static HANDLE input_event(void) {
    static HANDLE event;
    HANDLE made;

    if (__atomic_load_n(&event, __ATOMIC_ACQUIRE))
        return event;
    made = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (made && InterlockedCompareExchangePointer(&event, made, NO_HANDLE) != NO_HANDLE)
        CloseHandle(made);
    return event;
}

/**
 * MsgWaitForMultipleObjectsEx() - waits for one of up to MAXIMUM_WAIT_OBJECTS - 1 objects or for input.
 * @flags: MWMO_WAITALL: for all of them and for input, at once; MWMO_ALERTABLE: or for an APC; MWMO_INPUTAVAILABLE: or for input that is
 * there already.
 * Return: WAIT_OBJECT_0 + index, WAIT_OBJECT_0 + count (input), WAIT_ABANDONED_0 + index, WAIT_TIMEOUT, WAIT_IO_COMPLETION; WAIT_FAILED
 * with ERROR_INVALID_PARAMETER (count), ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winuser/nf-winuser-msgwaitformultipleobjectsex
 */
DWORD WINAPI MsgWaitForMultipleObjectsEx(DWORD count, const HANDLE *handles, DWORD milliseconds, DWORD wake_mask, DWORD flags) {
    HANDLE all[MAXIMUM_WAIT_OBJECTS];

    (void)wake_mask;
    if (count >= MAXIMUM_WAIT_OBJECTS || (count && !handles)) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return WAIT_FAILED;
    }
    if (count)
        memcpy(all, handles, count * sizeof *all);
    all[count] = input_event();
    if (!all[count])
        return WAIT_FAILED;
    return WaitForMultipleObjectsEx(count + 1, all, (flags & MWMO_WAITALL) != 0, milliseconds, (flags & MWMO_ALERTABLE) != 0);
}

/**
 * MsgWaitForMultipleObjects() - waits for one of, or all of, up to MAXIMUM_WAIT_OBJECTS - 1 objects, or for (and) input.
 * Return: as MsgWaitForMultipleObjectsEx.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winuser/nf-winuser-msgwaitformultipleobjects
 */
DWORD WINAPI MsgWaitForMultipleObjects(DWORD count, const HANDLE *handles, BOOL wait_all, DWORD milliseconds, DWORD wake_mask) {
    return MsgWaitForMultipleObjectsEx(count, handles, milliseconds, wake_mask, wait_all ? MWMO_WAITALL : 0);
}
