/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dll.h"

BOOL WINAPI DllMain(HINSTANCE module, DWORD reason, void *reserved) {
    (void)module;
    (void)reserved;
    put(reason == DLL_PROCESS_ATTACH ? "sour attach\n" : "sour detach\n");
    return FALSE;
}
