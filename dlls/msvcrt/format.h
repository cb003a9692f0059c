/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The one printf engine.  It reads a format of bytes or WCHARs and writes units of the same width to a sink; what
 * msvcrt.dll and ucrtbase.dll do differently is a flag.
 */
#ifndef WINIPC_MSVCRT_FORMAT_H
#define WINIPC_MSVCRT_FORMAT_H

#include "dlls/msvcrt/msvcrt.h"

enum format_flag {
    FORMAT_WIDE = 1,               /* format and sink are WCHARs */
    FORMAT_C99 = 2,                /* ucrtbase: z, j, t, hh, F; "inf" and "nan"; all digits exact, halves to even */
    FORMAT_TWO_DIGIT_EXPONENT = 4, /* 1e+05 instead of 1e+005 */
    FORMAT_SWAP_WIDE_S = 8,        /* wide printf: %s is a narrow string, as C99 has it */
    FORMAT_COUNT_OUTPUT = 16,      /* %n works; otherwise it is an invalid parameter */
};

struct format_sink {
    /* Takes n units (bytes or WCHARs, by the format's width); false stops the output with -1. */
    bool (*put)(struct format_sink *sink, const void *units, size_t n);
    int64_t count; /* units put so far, whether or not they fitted */
};

/* A sink that fills a buffer of size units and counts the rest. */
struct format_buffer {
    struct format_sink sink;
    void *units;
    size_t size, used;
    bool wide;
};
void format_buffer_init(struct format_buffer *buffer, void *units, size_t size, bool wide);

/* Formats; returns the number of units, or -1 with errno set. */
int format_write(struct format_sink *sink, unsigned flags, const void *format, __builtin_ms_va_list args);

#endif
