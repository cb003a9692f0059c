/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a kernel32 function answers once an Nt* function has given its NTSTATUS. */
#ifndef WINIPC_KERNEL32_ERROR_H
#define WINIPC_KERNEL32_ERROR_H

#include <windows.h>
#include <winternl.h>

/*
 * TRUE when the status is a success or an information; else sets the last error and gives FALSE. Warnings are failures
 * too: STATUS_BUFFER_OVERFLOW is ERROR_MORE_DATA. STATUS_PENDING counts as a success here: whoever can get it (ReadFile
 * with an OVERLAPPED: FALSE, ERROR_IO_PENDING) looks for it first. A success leaves the last error alone.
 */
static inline BOOL set_nt_error(NTSTATUS status) {
    if (status >= 0)
        return TRUE;
    RtlSetLastWin32ErrorAndNtStatusFromNtStatus(status);
    return FALSE;
}

#endif
