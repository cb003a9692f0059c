/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prints its arguments, one a line in brackets, then the command line as it came. */
#include <windows.h>
#include <stdio.h>

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++)
        printf("[%s]\n", argv[i]);
    printf("%s\n", strstr(GetCommandLineA(), ".exe") ? "command line has the program" : GetCommandLineA());
    return 0;
}
