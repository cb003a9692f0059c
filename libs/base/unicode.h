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
uint16_t unicode_digit(uint16_t c);    /* the digit's value + 1; 0: none */

/* Normalization (normalize.c): arrays sorted by code, and for pairs by both. */
struct unicode_decomposition {
    uint32_t code;
    uint16_t canonical, compatible; /* where in unicode_decomposition_text */
    uint8_t n_canonical, n_compatible;
};
struct unicode_composition {
    uint32_t first, second, composed;
};
struct unicode_class {
    uint32_t first, last;
    uint8_t value;
};
extern const uint32_t unicode_decomposition_text[];
extern const struct unicode_decomposition unicode_decompositions[];
extern const struct unicode_composition unicode_compositions[];
extern const struct unicode_class unicode_classes[];
extern const unsigned unicode_n_decompositions, unicode_n_compositions, unicode_n_classes;

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
