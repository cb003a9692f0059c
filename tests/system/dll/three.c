/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dll.h"

int three_number(void) {
    return 7;
}
TELLING_MAIN("three")
