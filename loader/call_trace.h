/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tracing of a program's calls (winipc trace): what it imports from our DLLs, or looks up in them, leads to a thunk
 * that records the call, makes it, and records what came back.  Without a log there are no thunks, and nothing is paid.
 */
#ifndef WINIPC_LOADER_CALL_TRACE_H
#define WINIPC_LOADER_CALL_TRACE_H

#include "libs/base/export_table.h"

#include <sys/types.h>

/* The function behind a thunk; call_trace_x64.S knows the offsets of the first two. */
struct traced_function {
    const void *target;
    uint64_t n_stack; /* arguments on the stack, behind the four in registers */
    const char *signature;
    uint32_t number;
};

/* call_trace_begin() - joins the log that the environment names, if it names one. */
void call_trace_begin(void);

/* call_trace_attach() - joins the log behind descriptor @fd of process @tracer: what the program's modules import leads
 * to thunks from now on. For a thread that may wait for the loader's lock.  What cannot be done, the tracer does not
 * see. */
void call_trace_attach(pid_t tracer, int fd);

/* call_trace_thunk() - what a program gets as the address of @entry of @table, whose code is at @address: a thunk, or
 * @address itself when the function is not traced. */
void *call_trace_thunk(const struct export_table *table, const struct export_entry *entry, void *address);

#endif
