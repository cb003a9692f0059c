/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What one process does in another: memory, threads, registers (remote.c). */
#ifndef WINIPC_NTDLL_REMOTE_H
#define WINIPC_NTDLL_REMOTE_H

#include <stdbool.h>
#include <stdint.h>

#include <windows.h>
#include <winternl.h>

#define CALL_SIGNAL                                                                                                    \
    (SIGRTMAX - 5) /* blocked in all threads: the initial one takes it where it stays behind (loader/run.c) */
#define REMOTE_ARGUMENTS 6

/* What the six arguments are, before and after. */
enum remote_operation {
    REMOTE_ALLOCATE,      /* base, size, zero bits, type, protection; base, size */
    REMOTE_FREE,          /* base, size, type; base, size */
    REMOTE_PROTECT,       /* base, size, protection; base, size, -, old protection */
    REMOTE_QUERY,         /* address; a MEMORY_BASIC_INFORMATION */
    REMOTE_MAP,           /* section handle, base, offset, size, protection; -, base, -, size */
    REMOTE_UNMAP,         /* address */
    REMOTE_CREATE_THREAD, /* start, argument, suspend count, stack to commit, to reserve, whether start is ours; slot,
                             id */
    REMOTE_GET_CONTEXT,   /* thread_context_serve */
    REMOTE_SET_CONTEXT,
    REMOTE_OPERATIONS
};

/* remote_call() - has the process in slot @process do it.
 * Return: what it returned; STATUS_NOT_SUPPORTED (it runs no .exe), STATUS_PROCESS_IS_TERMINATING, STATUS_NO_MEMORY,
 * STATUS_UNSUCCESSFUL (it did not answer: it is stopped). */
NTSTATUS remote_call(uint32_t process, enum remote_operation operation, uint64_t argument[REMOTE_ARGUMENTS]);

/* remote_init() - from now on this process is asked; CALL_SIGNAL is blocked. */
void remote_init(void);
/* remote_serve() - does what a signal's value asks for. */
void remote_serve(uint64_t value);

/* process_slot_of() - the slot of a process handle whose process still runs (process.c). */
NTSTATUS process_slot_of(HANDLE handle, ACCESS_MASK access, uint32_t *slot);

NTSTATUS thread_context_serve(uint64_t *argument, bool sets);

#endif
