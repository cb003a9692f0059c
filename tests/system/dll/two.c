/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dll.h"

static int number = 41;
int *two_pointer = &number; /* to be relocated: all these DLLs want the same address */
__declspec(dllexport) int two_number(void) {
    return *two_pointer;
}
TELLING_MAIN("two")
