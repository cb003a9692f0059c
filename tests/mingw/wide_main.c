/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A program with wmain (-municode): its arguments and its environment in UTF-16. */
#define __USE_MINGW_ANSI_STDIO 0 /* %s in wprintf is wide, as msvcrt.dll has it */
#include <stdio.h>
#include <wchar.h>
#include <windows.h>

int wmain(int argc, wchar_t **argv) {
    for (int i = 1; i < argc; i++) {
        wprintf(L"%d:", i);
        for (const wchar_t *c = argv[i]; *c; c++)
            wprintf(L" %04x", *c);
        wprintf(L"\n");
    }
    wprintf(L"%s %d %d\n", L"wide text", (int)wcslen(L"four"), (int)sizeof(wchar_t));
    return argc == 3 && !wcscmp(argv[1], L"gr\u00fc\u00dfe") ? 3 : 1;
}
