/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Linguistic order: a string's weights on four levels, as Windows' sort keys have them: letters, then accents, then case and width, then the hyphens and
 * apostrophes that word sort passes over. The weights are ours (from Unicode's decompositions), so keys cannot be mixed with those of a Windows machine;
 * one order holds for all locales.
 */
#ifndef WINIPC_KERNEL32_SORT_H
#define WINIPC_KERNEL32_SORT_H

#include <stddef.h>
#include <windows.h>

#define SORT_FLAGS \
    (NORM_IGNORECASE | NORM_IGNOREKANATYPE | NORM_IGNORENONSPACE | NORM_IGNORESYMBOLS | NORM_IGNOREWIDTH | NORM_LINGUISTIC_CASING | \
        SORT_STRINGSORT | SORT_DIGITSASNUMBERS | LINGUISTIC_IGNORECASE | LINGUISTIC_IGNOREDIACRITIC)

/* The sort key: its size, whether it fits or not (then a part is written). (size_t)-1: no memory. */
size_t sort_key(DWORD flags, const WCHAR *text, size_t len, BYTE *key, size_t room);

/* <0, 0, >0; *failed: no memory. */
int sort_compare(DWORD flags, const WCHAR *a, size_t a_len, const WCHAR *b, size_t b_len, BOOL *failed);

#endif
