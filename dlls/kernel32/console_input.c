/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Console input as events (MSDN: consoleapi.h).  A terminal gives characters; each becomes a key that goes down and up.  Keys without a
 * character and the mouse come as the terminal's escape sequences, character by character.
 */
#include "dlls/kernel32/console.h"

#include <winternl.h>

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "libs/base/utf.h"

#define INPUT_ROOM 512

static pthread_mutex_t input_lock = PTHREAD_MUTEX_INITIALIZER;
static INPUT_RECORD input_records[INPUT_ROOM];
static DWORD input_n;
static char input_tail[4];
static size_t input_n_tail;

static WORD key_of(WCHAR c) {
    if (c >= 'a' && c <= 'z')
        return (WORD)(c - 0x20);
    if ((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ' ')
        return c;
    switch (c) {
    case '\r':
    case '\n': return VK_RETURN;
    case '\t': return VK_TAB;
    case 0x1b: return VK_ESCAPE;
    case 0x7f:
    case '\b': return VK_BACK;
    default: return c && c < 0x1b ? (WORD)(c + 0x40) : 0;
    }
}

static void input_add(WCHAR c) {
    INPUT_RECORD record = {.EventType = KEY_EVENT};
    KEY_EVENT_RECORD *key = &record.Event.KeyEvent;

    key->wRepeatCount = 1;
    key->uChar.UnicodeChar = c == '\n' ? '\r' : c == 0x7f ? '\b' : c;
    key->wVirtualKeyCode = key_of(c);
    if (c >= 'A' && c <= 'Z')
        key->dwControlKeyState |= SHIFT_PRESSED;
    if (c && c < 0x1b && c != '\r' && c != '\n' && c != '\t' && c != '\b')
        key->dwControlKeyState |= LEFT_CTRL_PRESSED;
    for (int down = 1; down >= 0; down--) {
        key->bKeyDown = down;
        if (input_n < INPUT_ROOM)
            input_records[input_n++] = record;
    }
}

/* Takes what the terminal has.  @wait: until there is something. */
static BOOL input_fill(int fd, BOOL wait) {
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    char bytes[128];
    WCHAR units[128];
    size_t len = input_n_tail, used, n;
    ssize_t got;

    if (input_n > INPUT_ROOM - 2 * 128 || poll(&poll_fd, 1, wait ? -1 : 0) <= 0)
        return TRUE;
    memcpy(bytes, input_tail, len);
    got = read(fd, bytes + len, sizeof bytes - len);
    if (got < 0)
        return errno == EINTR || errno == EAGAIN;
    len += (size_t)got;
    for (used = 0; used < len;) { /* whole characters only */
        const unsigned char lead = (unsigned char)bytes[used];
        const size_t whole = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;

        if (used + whole > len)
            break;
        used += whole;
    }
    input_n_tail = len - used;
    memcpy(input_tail, bytes + used, input_n_tail);
    n = utf8_to_utf16(bytes, used, (uint16_t *)units, 128, NULL);
    for (size_t i = 0; i < n && i < 128; i++)
        input_add(units[i]);
    return got > 0;
}

static void input_take(INPUT_RECORD *records, DWORD n, BOOL keep) {
    memcpy(records, input_records, n * sizeof *records);
    if (keep)
        return;
    input_n -= n;
    memmove(input_records, input_records + n, input_n * sizeof *input_records);
}

static BOOL input_get(HANDLE handle, INPUT_RECORD *records, DWORD n, DWORD *done, BOOL peek) {
    const int fd = console_fd(handle, TRUE);
    BOOL open = TRUE;

    *done = 0;
    if (fd < 0)
        return FALSE;
    pthread_mutex_lock(&input_lock);
    input_fill(fd, FALSE);
    while (!peek && n && !input_n && open)
        open = input_fill(fd, TRUE);
    *done = n < input_n ? n : input_n;
    input_take(records, *done, peek);
    pthread_mutex_unlock(&input_lock);
    return TRUE;
}

/**
 * ReadConsoleInputW() - takes events; waits until there is one.
 * Return: FALSE with ERROR_INVALID_HANDLE when the handle is not that of a console's input.
 * Source: https://learn.microsoft.com/en-us/windows/console/readconsoleinput
 */
BOOL WINAPI ReadConsoleInputW(HANDLE handle, INPUT_RECORD *records, DWORD n, DWORD *done) {
    return input_get(handle, records, n, done, FALSE);
}

/** PeekConsoleInputW() - the same without taking or waiting. */
BOOL WINAPI PeekConsoleInputW(HANDLE handle, INPUT_RECORD *records, DWORD n, DWORD *done) {
    return input_get(handle, records, n, done, TRUE);
}

static void input_to_bytes(INPUT_RECORD *records, DWORD n) {
    for (DWORD i = 0; i < n; i++) {
        char c = 0;

        WideCharToMultiByte(GetConsoleCP(), 0, &records[i].Event.KeyEvent.uChar.UnicodeChar, 1, &c, 1, NULL, NULL);
        records[i].Event.KeyEvent.uChar.UnicodeChar = 0;
        records[i].Event.KeyEvent.uChar.AsciiChar = c;
    }
}

BOOL WINAPI ReadConsoleInputA(HANDLE handle, INPUT_RECORD *records, DWORD n, DWORD *done) {
    if (!ReadConsoleInputW(handle, records, n, done))
        return FALSE;
    input_to_bytes(records, *done);
    return TRUE;
}

BOOL WINAPI PeekConsoleInputA(HANDLE handle, INPUT_RECORD *records, DWORD n, DWORD *done) {
    if (!PeekConsoleInputW(handle, records, n, done))
        return FALSE;
    input_to_bytes(records, *done);
    return TRUE;
}

BOOL WINAPI GetNumberOfConsoleInputEvents(HANDLE handle, DWORD *n) {
    const int fd = console_fd(handle, TRUE);

    if (fd < 0)
        return FALSE;
    pthread_mutex_lock(&input_lock);
    input_fill(fd, FALSE);
    *n = input_n;
    pthread_mutex_unlock(&input_lock);
    return TRUE;
}

/** FlushConsoleInputBuffer() - throws away what was typed and not read. */
BOOL WINAPI FlushConsoleInputBuffer(HANDLE handle) {
    const int fd = console_fd(handle, TRUE);

    if (fd < 0)
        return FALSE;
    pthread_mutex_lock(&input_lock);
    input_n = 0;
    input_n_tail = 0;
    ioctl(fd, TCFLSH, 0 /* TCIFLUSH */);
    pthread_mutex_unlock(&input_lock);
    return TRUE;
}

/** WriteConsoleInputW() - puts events before who reads them, as if they were typed. */
BOOL WINAPI WriteConsoleInputW(HANDLE handle, const INPUT_RECORD *records, DWORD n, DWORD *done) {
    const int fd = console_fd(handle, TRUE);

    *done = 0;
    if (fd < 0)
        return FALSE;
    pthread_mutex_lock(&input_lock);
    while (*done < n && input_n < INPUT_ROOM)
        input_records[input_n++] = records[(*done)++];
    pthread_mutex_unlock(&input_lock);
    return TRUE;
}

BOOL WINAPI GetNumberOfConsoleMouseButtons(DWORD *n) {
    *n = 0;
    return TRUE;
}
