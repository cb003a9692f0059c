/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Upper case of UTF-16 units as NT's names know it: one unit to one unit, the same in every language. */
#ifndef WINIPC_BASE_UPCASE_H
#define WINIPC_BASE_UPCASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

uint16_t utf16_upcase(uint16_t unit);
/* utf16_equal() - whether two texts of @n units are the same; @fold: letter case does not count. */
bool utf16_equal(const uint16_t *a, const uint16_t *b, size_t n, bool fold);

#endif
