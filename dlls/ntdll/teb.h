/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The process's PEB, the threads' TEBs, and how a thread of ours begins and ends.  A thread that runs Windows code has
 * its TEB at GS; glibc leaves GS alone, but a new pthread inherits its creator's, so nothing of Windows may run in a
 * pthread before teb_enter().
 */
#ifndef WINIPC_NTDLL_TEB_H
#define WINIPC_NTDLL_TEB_H

#include <stddef.h>

#include <windows.h>
#include <winternl.h>

/* The process's one PEB. */
PEB *winipc_peb(void);

/* A TEB for a thread whose stack is [stack_low, stack_low + stack_size), or NULL.  The thread itself enters it. */
TEB *teb_create(void *stack_low, size_t stack_size);
/* Makes it the calling thread's own: GS, thread id, the list of all threads. */
void teb_enter(TEB *teb);
/* Takes the calling thread's TEB off the list and frees it; nothing of Windows may run in the thread any more. */
void teb_leave(void);

/* Calls visit for each thread's TEB, under the list's lock: visit may not create or end a thread. */
void teb_for_each(void (*visit)(TEB *teb, void *context), void *context);

/*
 * A thread to start.  begin, hold and end run in the new thread, outside any DLL's code: begin before its creator goes on
 * (so that what counts threads counts it), hold before the DLLs hear of the thread (it may wait there: a suspended start),
 * end after they heard of its end, as its last act with a TEB.
 */
struct thread_plan {
    DWORD(WINAPI *start)(void *argument);
    void *argument;
    size_t stack_reserve; /* bytes; 0: what the program's image asks for */
    void (*begin)(void *context);
    void (*hold)(void *context);
    void (*end)(void *context, DWORD exit_code);
    void *context;
    void *entry;       /* is_first: what start calls in the end, by thread_run; it is shown as the thread's start */
    void *entry_argument;
    BOOL is_first;     /* the program's own: its DLLs hear of the process instead of the thread */
    BOOL no_dll_calls; /* a thread of ours: DLLs hear neither of its begin nor of its end */
};

/* A TEB with the calling thread's stack, not entered yet; NULL: no memory. */
TEB *thread_make_teb(void);

/* Starts it; *id (may be NULL) is its Windows thread id.  Returns when the thread runs, or an error. */
NTSTATUS thread_create(const struct thread_plan *plan, CLIENT_ID *id);

/* The program's code begins: start(argument), or what the thread's registers were set to before it began.  Return: start's. */
DWORD thread_run(DWORD(WINAPI *start)(void *argument), void *argument);

/* Ends the calling thread, from any depth of its stack, without unwinding: DLLs are told, then plan.end runs. */
void thread_exit(DWORD exit_code) __attribute__((noreturn));

/* Windows' ids are 4 times Linux's. */
static inline HANDLE teb_id(long linux_id) {
    return (HANDLE)(ULONG_PTR)(4 * linux_id);
}

#endif
