/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tracing: WINIPC_TRACE=server,pipe,… prints what these parts do on stderr, a line each with the time since the program's start and the
 * Linux thread id.  A name that is no category is told, with those that are.  Switched off it costs one test of a word.  It changes no errno.
 */
#ifndef WINIPC_TRACE_H
#define WINIPC_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum trace_category {
    TRACE_SERVER = 1u << 0,   /* requests and their replies */
    TRACE_PIPE = 1u << 1,
    TRACE_WAIT = 1u << 2,
    TRACE_LOADER = 1u << 3,
    TRACE_FILE = 1u << 4,
    TRACE_PROCESS = 1u << 5,
    TRACE_EXCEPTION = 1u << 6,
    TRACE_MEMORY = 1u << 7,
    TRACE_DEBUG = 1u << 8,    /* what the program says to a debugger */
    TRACE_ALL = 0xffffffffu
};

extern uint32_t trace_enabled; /* bits of trace_category; read from the environment before main */

#define TRACE(category, ...)                                                                                                     \
    do {                                                                                                                         \
        if (__builtin_expect(trace_enabled & (category), 0))                                                                     \
            trace_print(category, __VA_ARGS__);                                                                                  \
    } while (0)

/* trace_print() - writes one line; use TRACE. */
void trace_print(enum trace_category category, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* trace_parse() - the categories that a list names ("all" is each of them).
 * @unknown: receives the first name that is none of them and its length, or NULL. */
uint32_t trace_parse(const char *list, const char **unknown, size_t *unknown_len);

#endif
