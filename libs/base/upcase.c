/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Upper case; see upcase.h.  The table is made by tools/upcasegen.py. */
#include "libs/base/upcase.h"

#include "libs/base/upcase_table.h"

uint16_t utf16_upcase(uint16_t unit) {
    return (uint16_t)(unit + upcase_page[upcase_index[unit >> 8]][unit & 0xff]);
}

bool utf16_equal(const uint16_t *a, const uint16_t *b, size_t n, bool fold) {
    for (size_t i = 0; i < n; i++) {
        if (a[i] != b[i] && (!fold || utf16_upcase(a[i]) != utf16_upcase(b[i])))
            return false;
    }
    return true;
}
