/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The thread's last error (MSDN: errhandlingapi.h). */
#include <windows.h>
#include <winternl.h>

/**
 * GetLastError() - the calling thread's last-error code.
 * Return: the code that the last failing call of this thread set.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/errhandlingapi/nf-errhandlingapi-getlasterror
 */
DWORD WINAPI GetLastError(void) {
    return NtCurrentTeb()->LastErrorValue;
}

/**
 * SetLastError() - sets the calling thread's last-error code.
 * @error: any value.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/errhandlingapi/nf-errhandlingapi-setlasterror
 */
void WINAPI SetLastError(DWORD error) {
    NtCurrentTeb()->LastErrorValue = error;
}
