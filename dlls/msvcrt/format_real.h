/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The layout of reals for the printf engine (format_real.c). */
#ifndef WINIPC_MSVCRT_FORMAT_REAL_H
#define WINIPC_MSVCRT_FORMAT_REAL_H

#include "dlls/msvcrt/format.h"

/* Bytes that format_real may need for this value. */
size_t format_real_room(char type, double value, int precision);

/* Writes the magnitude as %e, %f, %g or %a (type, in either case) would; point: the '#' flag. Returns: it is negative.
 */
bool format_real(char *out, size_t size, double value, char type, int precision, bool point, unsigned flags);

#endif
