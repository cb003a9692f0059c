/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* File names compared and matched as NT does: without regard to case, with the DOS wildcards. */
#ifndef WINIPC_NTDLL_WILDCARD_H
#define WINIPC_NTDLL_WILDCARD_H

#include <stdbool.h>
#include <stddef.h>
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN /* winsock.h and Linux' socket.h exclude each other */
#endif
#include <windows.h>

/* wildcard_upcase() - a unit without regard to case. */
WCHAR wildcard_upcase(WCHAR c);
/* Two names of @n units, without regard to case. */
bool wildcard_name_equal(const WCHAR *a, const WCHAR *b, size_t n);
/* Less than, equal to or greater than 0, as directories are ordered. */
int wildcard_name_compare(const WCHAR *a, size_t n_a, const WCHAR *b, size_t n_b);

/* wildcard_match() - * and ? and, as FindFirstFile makes them of a DOS pattern: < (any run that ends before the last dot, or the
 * rest), > (one character, or none before a dot or at the end), " (a dot, or nothing at the end). */
bool wildcard_match(const WCHAR *pattern, size_t n_pattern, const WCHAR *name, size_t n_name);

#endif
