/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A DLL with TLS and a callback of its own. */
#include "dll.h"

unsigned _tls_index = 99;
static int tls_template[1] = {21};
static void NTAPI tls_callback(void *module, DWORD reason, void *reserved) {
    (void)module;
    put_number(reserved ? "quiet callback, static" : "quiet callback", reason);
}
static PIMAGE_TLS_CALLBACK tls_callbacks[] = {tls_callback, NULL};
const IMAGE_TLS_DIRECTORY64 _tls_used = {
    (ULONG_PTR)tls_template, (ULONG_PTR)(tls_template + 1), (ULONG_PTR)&_tls_index, (ULONG_PTR)tls_callbacks, 0, {0}};

__declspec(dllexport) int quiet_number(void) {
    int **array;

    __asm__("movq %%gs:0x58, %0" : "=r"(array));
    return *array[_tls_index];
}
TELLING_MAIN("quiet")
