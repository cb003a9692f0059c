/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dll.h"

__declspec(dllexport) int subsub_number(void) {
    return 55;
}
TELLING_MAIN("subsub")
