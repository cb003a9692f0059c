/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copies stdin to stdout by ReadFile and WriteFile, and says on stderr what types of file they are. */
#include <windows.h>
#include <stdio.h>

int main(void) {
    static char buffer[65536];
    HANDLE in = GetStdHandle(STD_INPUT_HANDLE), out = GetStdHandle(STD_OUTPUT_HANDLE);
    DWORD n, written;

    fprintf(stderr, "stdin %u stdout %u\n", (unsigned)GetFileType(in), (unsigned)GetFileType(out));
    while (ReadFile(in, buffer, sizeof(buffer), &n, NULL) && n)
        for (DWORD done = 0; done < n; done += written)
            if (!WriteFile(out, buffer + done, n - done, &written, NULL))
                return 1;
    return 0;
}
