/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The standard handles (MSDN: processenv.h). */
#include <windows.h>
#include <winternl.h>

static HANDLE *std_handle_place(DWORD which) {
    RTL_USER_PROCESS_PARAMETERS *params = NtCurrentTeb()->Peb->ProcessParameters;

    switch (which) {
    case STD_INPUT_HANDLE: return &params->hStdInput;
    case STD_OUTPUT_HANDLE: return &params->hStdOutput;
    case STD_ERROR_HANDLE: return &params->hStdError;
    default: SetLastError(ERROR_INVALID_HANDLE); return NULL;
    }
}

/**
 * GetStdHandle() - standard input, output or error.
 * Return: the handle; NULL when there is none; INVALID_HANDLE_VALUE with ERROR_INVALID_HANDLE for another number.
 * Source: https://learn.microsoft.com/en-us/windows/console/getstdhandle
 */
HANDLE WINAPI GetStdHandle(DWORD which) {
    const HANDLE *place = std_handle_place(which);

    return place ? *place : INVALID_HANDLE_VALUE;
}

BOOL WINAPI SetStdHandle(DWORD which, HANDLE handle) {
    HANDLE *place = std_handle_place(which);

    if (!place)
        return FALSE;
    *place = handle;
    return TRUE;
}

/** SetStdHandleEx() - the same; gives the handle that was there. */
BOOL WINAPI SetStdHandleEx(DWORD which, HANDLE handle, HANDLE *previous) {
    HANDLE *place = std_handle_place(which);

    if (!place)
        return FALSE;
    if (previous)
        *previous = *place;
    *place = handle;
    return TRUE;
}
