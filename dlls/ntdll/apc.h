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
/* apc_unqueue() - takes back one that has not begun, known by its first argument too.  Return: false when it is not in
 * the queue (any more), or the thread runs it just now. */
bool apc_unqueue(uint32_t thread, PNTAPCFUNC function, ULONG_PTR first);
/* apc_run() - calls the calling thread's APCs in order, the special ones first, those included that they queue.  Return: whether there was
 * one. */
bool apc_run(void);
/* apc_run_special() - the special ones alone.  @context: what the thread goes on with afterwards, which they may change; NULL: it returns
 * from here. */
bool apc_run_special(CONTEXT *context);

/* QUEUE_USER_APC_FLAGS, which libwine-dev's headers lack. */
#define APC_FLAG_SPECIAL 1u
#define APC_FLAG_CALLBACK_DATA 0x10000u

/* apc_send_win32() - for any thread, a routine of one argument.  @flags: APC_FLAG_*.  Return: as NtQueueApcThreadEx2. */
NTSTATUS apc_send_win32(HANDLE thread, ULONG flags, PAPCFUNC function, ULONG_PTR argument);

/* Not in winternl.h. */
NTSTATUS WINAPI NtQueueApcThreadEx(
    HANDLE thread, HANDLE flags, PNTAPCFUNC function, ULONG_PTR first, ULONG_PTR second, ULONG_PTR third);
NTSTATUS WINAPI NtQueueApcThreadEx2(HANDLE thread, HANDLE reserve, ULONG flags, PNTAPCFUNC function, ULONG_PTR first,
    ULONG_PTR second, ULONG_PTR third);

#endif
