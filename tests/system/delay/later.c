/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The DLL of the delay import test: it tells when it is loaded. */
#include "../dll/dll.h"

int later_number(int n) {
    return n + 1;
}
int later_ordinal(void) {
    return 7;
}
TELLING_MAIN("later")
