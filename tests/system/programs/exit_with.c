/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ends with the exit code that it is given; 'crash' reads from address 0, 'raise' raises an exception, 'fail' fails fast. */
#include <windows.h>
#include <stdlib.h>

int main(int argc, char **argv) {
    const char *what = argc > 1 ? argv[1] : "0";

    if (!strcmp(what, "crash"))
        return *(volatile int *)0;
    if (!strcmp(what, "raise"))
        RaiseException(0xE0000001, 0, 0, NULL);
    if (!strcmp(what, "fail"))
        __asm__ volatile("int $0x29" : : "c"(7));
    ExitProcess((UINT)strtoul(what, NULL, 0));
}
