/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* winipc trace: trace.c reads the records, trace_print.c prints them, in order of time. */
#ifndef WINIPC_TRACE_COMMAND_H
#define WINIPC_TRACE_COMMAND_H

#include <stdio.h>

#include "libs/base/call_log.h"

/* A record as it was read, copied out of the shared memory; @lane says whose it is. */
struct trace_record {
    uint32_t lane, pid, tid;
    uint32_t at; /* a number that rises with each record read: of two that have the same time, the first is first */
    const struct call_record *record;
};

void trace_print_begin(FILE *out, uint64_t began_ns);
/* trace_define() - remembers a CALL_DEFINE.  Return: false if there is no memory. */
bool trace_define(uint32_t pid, const struct call_record *record);
bool trace_is_defined(uint32_t pid, uint32_t function);
/* trace_show() - prints one record. */
void trace_show(const struct trace_record *record);
/* trace_settle() - prints the call that has been shown by half only: nothing has come for a while. */
void trace_settle(void);
/* trace_thread_gone() - the lane will be another thread's. */
void trace_thread_gone(uint32_t lane);

#endif
