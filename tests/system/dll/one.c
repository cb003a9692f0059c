/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dll.h"

__declspec(dllimport) int two_number(void);
__declspec(dllexport) int one_number(void) {
    return two_number() + 1;
}
TELLING_MAIN("one")
