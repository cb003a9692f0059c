/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Properties of UTF-16 units, from tables that tools/unicodegen.py makes. Case is one unit to one unit, as NT's names have it: only pairs that lead
 * back to each other, so that "ı" and "i", "µ" and "μ", "ſ" and "s" stay apart.
 */
#ifndef WINIPC_BASE_UNICODE_H
#define WINIPC_BASE_UNICODE_H

#include <stdint.h>

uint16_t unicode_upper_delta(uint16_t c);
uint16_t unicode_lower_delta(uint16_t c);
uint16_t unicode_ctype1(uint16_t c);
uint16_t unicode_ctype2(uint16_t c);
uint16_t unicode_ctype3(uint16_t c);
uint16_t unicode_best_fit(uint16_t c); /* 0: none */

static inline uint16_t unicode_upper(uint16_t c) {
    if (c < 0x80)
        return c >= 'a' && c <= 'z' ? c - 32 : c;
    return c + unicode_upper_delta(c);
}

static inline uint16_t unicode_lower(uint16_t c) {
    if (c < 0x80)
        return c >= 'A' && c <= 'Z' ? c + 32 : c;
    return c + unicode_lower_delta(c);
}

#endif
