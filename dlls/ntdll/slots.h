/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Thread-local and fiber-local slots, for the code that begins and ends threads and fibers. */
#ifndef WINIPC_NTDLL_SLOTS_H
#define WINIPC_NTDLL_SLOTS_H

#include <stdint.h>
#include <windows.h>
#include <winternl.h>

/* TlsAlloc and its kin, for kernel32. An index, or TLS_OUT_OF_INDEXES. */
ULONG tls_alloc(void);
BOOL tls_free(ULONG index);
BOOL tls_get(ULONG index, void **value);
NTSTATUS tls_set(ULONG index, void *value);

/*
 * The calling thread ends. fls_run_callbacks() calls the program, and comes before the DLLs hear of the thread's end; the
 * others free what is left, and come last.
 */
void fls_run_callbacks(void);
void fls_thread_exit(void);
void tls_thread_exit(void);

/* A fiber that is not running goes: its callbacks run in the calling thread, then data (TEB.FlsSlots) is freed. */
void fls_delete(void *data);

#endif
