/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The console without streams (MSDN: console and port I/O): one key at a time, neither echoed nor edited. */
#include <pthread.h>

#include "dlls/msvcrt/crt_functions.h"
#include "dlls/msvcrt/msvcrt.h"

static int pushed_back = -1; /* by _ungetch */
static int second_part = -1; /* of a key without a character: 0 or 224 was its first */

static HANDLE console_input(void) {
    static HANDLE handle;
    if (!handle)
        handle = CreateFileW(
            L"CONIN$", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL);
    return handle;
}

/* The byte of a key press, or -1 for events that are none. */
static int key_of(const INPUT_RECORD *record) {
    if (record->EventType != KEY_EVENT || !record->Event.KeyEvent.bKeyDown)
        return -1;
    const int c = (unsigned char)record->Event.KeyEvent.uChar.AsciiChar;
    if (c)
        return c;
    const int scan = record->Event.KeyEvent.wVirtualScanCode;
    if (scan < 0x3b || scan > 0x58)
        return -1;
    second_part = scan;
    return scan >= 0x47 && scan <= 0x53 ? 224 : 0;
}

static int take(int *kept) {
    const int c = *kept;
    *kept = -1;
    return c;
}

int CDECL _getch(void) {
    if (pushed_back >= 0)
        return take(&pushed_back);
    if (second_part >= 0)
        return take(&second_part);
    const HANDLE input = console_input();
    DWORD mode, n;
    if (input == INVALID_HANDLE_VALUE || !GetConsoleMode(input, &mode))
        return -1;
    SetConsoleMode(input, mode & ~(ENABLE_LINE_INPUT | ENABLE_ECHO_INPUT | ENABLE_PROCESSED_INPUT));
    int key = -1;
    INPUT_RECORD record;
    while (key < 0 && ReadConsoleInputA(input, &record, 1, &n) && n)
        key = key_of(&record);
    SetConsoleMode(input, mode);
    return key;
}

int CDECL _kbhit(void) {
    if (pushed_back >= 0 || second_part >= 0)
        return 1;
    INPUT_RECORD records[64];
    DWORD n = 0;
    const HANDLE input = console_input();
    if (input == INVALID_HANDLE_VALUE || !PeekConsoleInputA(input, records, 64, &n))
        return 0;
    int found = 0;
    for (DWORD i = 0; i < n; i++)
        found |= records[i].EventType == KEY_EVENT && records[i].Event.KeyEvent.bKeyDown &&
                 records[i].Event.KeyEvent.uChar.AsciiChar;
    return found;
}

int CDECL _ungetch(int c) {
    if (pushed_back >= 0 || c < 0)
        return -1;
    return pushed_back = c;
}

int CDECL _putch(int c) {
    static HANDLE output;
    if (!output)
        output =
            CreateFileW(L"CONOUT$", GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL);
    const char byte = c;
    DWORD written;
    return output != INVALID_HANDLE_VALUE && WriteFile(output, &byte, 1, &written, NULL) ? (unsigned char)byte : -1;
}

int CDECL _getche(void) {
    const int c = _getch();
    if (c > 0)
        _putch(c);
    return c;
}
