/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lies in a folder of its own, beside the DLL that it needs. */
#include "dll.h"

__declspec(dllimport) int subsub_number(void);
__declspec(dllexport) int sub_number(void) {
    return subsub_number();
}
TELLING_MAIN("sub")
