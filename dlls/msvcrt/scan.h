/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The one scanf engine: reads bytes or WCHARs from a source, one unit at a time, by a format of the same width. */
#ifndef WINIPC_MSVCRT_SCAN_H
#define WINIPC_MSVCRT_SCAN_H

#include "dlls/msvcrt/msvcrt.h"

enum scan_flag {
    SCAN_WIDE = 1,
    SCAN_SECURE = 2, /* %c %s %[ are followed by their buffer's size in units */
    SCAN_C99 = 4,    /* ucrtbase: z, j, t, hh */
};

struct scan_source {
    int (*get)(struct scan_source *source); /* the next unit, or -1 at the end */
    void (*unget)(struct scan_source *source, int unit);
};

/* Returns the number of values stored, or -1 when the input ended before the first. */
int scan_read(struct scan_source *source, unsigned flags, const void *format, __builtin_ms_va_list args);

#endif
