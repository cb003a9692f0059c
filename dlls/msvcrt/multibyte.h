/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Characters between bytes and WCHARs by the C locale's code page (multibyte.c). */
#ifndef WINIPC_MSVCRT_MULTIBYTE_H
#define WINIPC_MSVCRT_MULTIBYTE_H

#include "dlls/msvcrt/msvcrt.h"

#define MULTIBYTE_MAX 8

/* One character of at most length units; *used: its units.  Returns its bytes, or -1 where the locale has none for it.
 */
int multibyte_from_wide(char *bytes, const WCHAR *text, size_t length, size_t *used);

/* One character of at most length bytes; its units (1 or 2) in *n_units.  Returns its bytes; 0: incomplete; -1:
 * invalid. */
int multibyte_to_wide(WCHAR *units, int *n_units, const char *text, size_t length);

#endif
