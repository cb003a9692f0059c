/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The console's screen as far as a terminal shows one: size, cursor, colours, title (MSDN: consoleapi2.h, consoleapi3.h).  Nothing can be read
 * back from a terminal: the position of the cursor is where this process last put it.
 */
#include "dlls/kernel32/console.h"

#include <winternl.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "dlls/kernel32/path_text.h"
#include "libs/base/utf.h"

#define DEFAULT_ATTRIBUTES (FOREGROUND_RED | FOREGROUND_GREEN | FOREGROUND_BLUE)

static _Atomic WORD screen_attributes = DEFAULT_ATTRIBUTES;
static COORD screen_cursor;
static CONSOLE_CURSOR_INFO screen_cursor_info = {25, TRUE};

static COORD screen_size(int fd) {
    struct winsize size;

    if (ioctl(fd, TIOCGWINSZ, &size) || !size.ws_col || !size.ws_row)
        return (COORD){80, 25};
    return (COORD){(SHORT)(size.ws_col < 0x7fff ? size.ws_col : 0x7fff), (SHORT)(size.ws_row < 0x7fff ? size.ws_row : 0x7fff)};
}

/**
 * GetConsoleScreenBufferInfo() - the size of the terminal and the colours in use.
 * Return: FALSE with ERROR_INVALID_HANDLE when the handle is not that of a console's output.
 * Source: https://learn.microsoft.com/en-us/windows/console/getconsolescreenbufferinfo
 */
BOOL WINAPI GetConsoleScreenBufferInfo(HANDLE handle, CONSOLE_SCREEN_BUFFER_INFO *info) {
    const int fd = console_fd(handle, FALSE);
    COORD size;

    if (fd < 0)
        return FALSE;
    size = screen_size(fd);
    info->dwSize = size;
    info->dwCursorPosition = screen_cursor;
    info->wAttributes = screen_attributes;
    info->srWindow = (SMALL_RECT){0, 0, (SHORT)(size.X - 1), (SHORT)(size.Y - 1)};
    info->dwMaximumWindowSize = size;
    return TRUE;
}

BOOL WINAPI GetConsoleScreenBufferInfoEx(HANDLE handle, CONSOLE_SCREEN_BUFFER_INFOEX *info) {
    static const COLORREF colours[16] = {0x0c0c0c, 0xda3700, 0x0ea113, 0xdd963a, 0x1f0fc5, 0x981788, 0x009cc1, 0xcccccc, 0x767676, 0xff783b,
        0x0cc616, 0xd6d661, 0x5648e7, 0x9e00b4, 0xa5f1f9, 0xf2f2f2};
    CONSOLE_SCREEN_BUFFER_INFO plain;

    if (info->cbSize != sizeof *info) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    if (!GetConsoleScreenBufferInfo(handle, &plain))
        return FALSE;
    info->dwSize = plain.dwSize;
    info->dwCursorPosition = plain.dwCursorPosition;
    info->wAttributes = plain.wAttributes;
    info->srWindow = plain.srWindow;
    info->dwMaximumWindowSize = plain.dwMaximumWindowSize;
    info->wPopupAttributes = 0xf5;
    info->bFullscreenSupported = FALSE;
    memcpy(info->ColorTable, colours, sizeof colours);
    return TRUE;
}

COORD WINAPI GetLargestConsoleWindowSize(HANDLE handle) {
    const int fd = console_fd(handle, FALSE);

    return fd < 0 ? (COORD){0, 0} : screen_size(fd);
}

/* Windows' colours are blue 1, green 2, red 4; a terminal's red 1, green 2, blue 4. */
static int colour_of(int bits) {
    return (bits & 1) << 2 | (bits & 2) | (bits & 4) >> 2;
}

/**
 * SetConsoleTextAttribute() - the colours of what is written from now on.
 * Source: https://learn.microsoft.com/en-us/windows/console/setconsoletextattribute
 */
BOOL WINAPI SetConsoleTextAttribute(HANDLE handle, WORD attributes) {
    const int fd = console_fd(handle, FALSE);
    char text[48];
    int n;

    if (fd < 0)
        return FALSE;
    if ((attributes & 0xff) == DEFAULT_ATTRIBUTES)
        n = snprintf(text, sizeof text, "\033[0m");
    else
        n = snprintf(text, sizeof text, "\033[0;%d;%d%sm", (attributes & FOREGROUND_INTENSITY ? 90 : 30) + colour_of(attributes & 7),
            (attributes & BACKGROUND_INTENSITY ? 100 : 40) + colour_of(attributes >> 4 & 7),
            attributes & COMMON_LVB_REVERSE_VIDEO ? ";7" : "");
    if (attributes >> 4 == 0 && n > 4) /* black is the terminal's own background */
        n = snprintf(text, sizeof text, "\033[0;%dm", (attributes & FOREGROUND_INTENSITY ? 90 : 30) + colour_of(attributes & 7));
    screen_attributes = attributes;
    return console_put(fd, text, (size_t)n);
}

static BOOL cursor_move(int fd, COORD to) {
    char text[32];

    return console_put(fd, text, (size_t)snprintf(text, sizeof text, "\033[%d;%dH", to.Y + 1, to.X + 1));
}

/** SetConsoleCursorPosition() - moves the cursor; ERROR_INVALID_PARAMETER outside the screen. */
BOOL WINAPI SetConsoleCursorPosition(HANDLE handle, COORD to) {
    const int fd = console_fd(handle, FALSE);
    COORD size;

    if (fd < 0)
        return FALSE;
    size = screen_size(fd);
    if (to.X < 0 || to.Y < 0 || to.X >= size.X || to.Y >= size.Y) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    screen_cursor = to;
    return cursor_move(fd, to);
}

BOOL WINAPI GetConsoleCursorInfo(HANDLE handle, CONSOLE_CURSOR_INFO *info) {
    if (console_fd(handle, FALSE) < 0)
        return FALSE;
    *info = screen_cursor_info;
    return TRUE;
}

/** SetConsoleCursorInfo() - shows or hides the cursor; its size is the terminal's. */
BOOL WINAPI SetConsoleCursorInfo(HANDLE handle, CONSOLE_CURSOR_INFO *info) {
    const int fd = console_fd(handle, FALSE);

    if (fd < 0)
        return FALSE;
    if (info->dwSize < 1 || info->dwSize > 100) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    screen_cursor_info = *info;
    return console_put(fd, info->bVisible ? "\033[?25h" : "\033[?25l", 6);
}

/**
 * FillConsoleOutputCharacterW() - writes a character many times, from a place on; the cursor stays where it is.
 * @written: receives how often; the screen's end ends it.
 */
BOOL WINAPI FillConsoleOutputCharacterW(HANDLE handle, WCHAR c, DWORD n, COORD from, DWORD *written) {
    const int fd = console_fd(handle, FALSE);
    WCHAR line[256];
    COORD size;
    BOOL done;

    *written = 0;
    if (fd < 0)
        return FALSE;
    size = screen_size(fd);
    if (from.X < 0 || from.Y < 0 || from.X >= size.X || from.Y >= size.Y)
        return TRUE;
    if (n > (DWORD)(size.Y - from.Y) * (DWORD)size.X - (DWORD)from.X)
        n = (DWORD)(size.Y - from.Y) * (DWORD)size.X - (DWORD)from.X;
    for (size_t i = 0; i < 256; i++)
        line[i] = c;
    done = console_put(fd, "\0337", 2);
    for (DWORD left = n; left && done; from.X = 0, from.Y++) {
        DWORD part = (DWORD)(size.X - from.X) < left ? (DWORD)(size.X - from.X) : left;

        left -= part;
        done = cursor_move(fd, from);
        for (; part && done; part -= part < 256 ? part : 256)
            done = console_write_wide(fd, line, part < 256 ? part : 256);
    }
    done = console_put(fd, "\0338", 2) && done;
    if (done)
        *written = n;
    return done;
}

BOOL WINAPI FillConsoleOutputCharacterA(HANDLE handle, char c, DWORD n, COORD from, DWORD *written) {
    WCHAR wide = ' ';

    MultiByteToWideChar(GetConsoleOutputCP(), 0, &c, 1, &wide, 1);
    return FillConsoleOutputCharacterW(handle, wide, n, from, written);
}

/* ---- title ---- */

static pthread_mutex_t title_lock = PTHREAD_MUTEX_INITIALIZER;
static WCHAR title_text[1024];
static BOOL title_is_set;

/** SetConsoleTitleW() - the title of the terminal's window. */
BOOL WINAPI SetConsoleTitleW(const WCHAR *title) {
    size_t n = utf16_len((const uint16_t *)title);
    char bytes[3 * 1024 + 8] = "\033]0;";
    const int fd = open("/dev/tty", O_WRONLY | O_NOCTTY | O_CLOEXEC);
    BOOL done = TRUE;

    n = n < 1023 ? n : 1023;
    pthread_mutex_lock(&title_lock);
    memcpy(title_text, title, n * sizeof(WCHAR));
    title_text[n] = 0;
    title_is_set = TRUE;
    pthread_mutex_unlock(&title_lock);
    if (fd < 0)
        return TRUE; /* a console without a window */
    n = 4 + utf16_to_utf8((const uint16_t *)title_text, n, bytes + 4, sizeof bytes - 8, NULL);
    bytes[n++] = '\a';
    done = console_put(fd, bytes, n);
    close(fd);
    return done;
}

BOOL WINAPI SetConsoleTitleA(const char *title) {
    struct path_text text;
    BOOL done;

    if (!path_text_from(&text, title))
        return FALSE;
    done = SetConsoleTitleW(text.wide);
    path_text_free(&text);
    return done;
}

DWORD WINAPI GetConsoleTitleW(WCHAR *buffer, DWORD size) {
    const UNICODE_STRING *start = &NtCurrentTeb()->Peb->ProcessParameters->WindowTitle;
    size_t n;

    pthread_mutex_lock(&title_lock);
    if (!title_is_set) {
        n = start->Length / sizeof(WCHAR) < 1023 ? start->Length / sizeof(WCHAR) : 1023;
        memcpy(title_text, start->Buffer, n * sizeof(WCHAR));
        title_text[n] = 0;
        title_is_set = TRUE;
    }
    n = utf16_len((const uint16_t *)title_text);
    if (size) {
        const size_t kept = n < size - 1 ? n : size - 1;

        memcpy(buffer, title_text, kept * sizeof(WCHAR));
        buffer[kept] = 0;
    }
    pthread_mutex_unlock(&title_lock);
    return (DWORD)n;
}

DWORD WINAPI GetConsoleTitleA(char *buffer, DWORD size) {
    WCHAR wide[1024];
    const DWORD n = GetConsoleTitleW(wide, 1024);
    const DWORD length = path_text_to(wide, n, buffer, size);

    if (length > size && size)
        buffer[0] = 0;
    return n;
}
