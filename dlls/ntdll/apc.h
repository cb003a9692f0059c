/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* User APCs. */
#ifndef WINIPC_NTDLL_APC_H
#define WINIPC_NTDLL_APC_H

#include <windows.h>
#include <winternl.h>

#include "libs/arena/arena.h"

/* apc_queue() - for the thread in slot @thread, which must be of this process.  Return: false when out of memory, or when the
 * thread ends. */
bool apc_queue(uint32_t thread, PNTAPCFUNC function, ULONG_PTR first, ULONG_PTR second, ULONG_PTR third);
/* apc_run() - calls the calling thread's APCs in order, those included that they queue.  Return: whether there was one. */
bool apc_run(void);
/* apc_send_win32() - the same for any thread, and a routine of one argument.  @special: it does not wait for an
 * alertable wait. Return: as NtQueueApcThreadEx. */
NTSTATUS apc_send_win32(HANDLE thread, bool special, PAPCFUNC function, ULONG_PTR argument);

/* Not in winternl.h. */
NTSTATUS WINAPI NtQueueApcThreadEx(
    HANDLE thread, HANDLE flags, PNTAPCFUNC function, ULONG_PTR first, ULONG_PTR second, ULONG_PTR third);
NTSTATUS WINAPI NtQueueApcThreadEx2(HANDLE thread, HANDLE reserve, ULONG flags, PNTAPCFUNC function, ULONG_PTR first,
    ULONG_PTR second, ULONG_PTR third);

#endif
