/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The console's modes, code pages, reading and writing (MSDN: consoleapi.h).  Text on the terminal is UTF-8.  What Linux keeps (lines, echo,
 * signals) is read from and set on the terminal; the rest of a mode is kept for this process.
 */
#include "dlls/kernel32/console.h"

#include <winternl.h>
#include <ntstatus.h>

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "dlls/kernel32/error.h"
#include "dlls/ntdll/file_native.h"
#include "libs/base/utf.h"

#ifndef ENABLE_VIRTUAL_TERMINAL_INPUT
#define ENABLE_VIRTUAL_TERMINAL_INPUT 0x200
#endif
#define INPUT_MODES 0x3ffu
#define OUTPUT_MODES 0x1fu
#define TERMINAL_MODES (ENABLE_PROCESSED_INPUT | ENABLE_LINE_INPUT | ENABLE_ECHO_INPUT)

static _Atomic DWORD console_input_mode = ENABLE_INSERT_MODE | ENABLE_QUICK_EDIT_MODE | ENABLE_EXTENDED_FLAGS | ENABLE_MOUSE_INPUT;
static _Atomic DWORD console_output_mode = ENABLE_PROCESSED_OUTPUT | ENABLE_WRAP_AT_EOL_OUTPUT;
static _Atomic UINT console_input_page = CP_UTF8, console_output_page = CP_UTF8;

int console_fd(HANDLE handle, BOOL input) {
    BOOL is_input;
    const int fd = winipc_console_of_handle(handle, input ? FILE_READ_DATA : FILE_WRITE_DATA, &is_input);

    if (fd >= 0 && is_input == input)
        return fd;
    SetLastError(ERROR_INVALID_HANDLE);
    return -1;
}

/* ---- modes ---- */

/**
 * GetConsoleMode() - the mode of the console's input or output side.
 * Return: FALSE with ERROR_INVALID_HANDLE when the handle is no console's.
 * Source: https://learn.microsoft.com/en-us/windows/console/getconsolemode
 */
BOOL WINAPI GetConsoleMode(HANDLE handle, DWORD *mode) {
    struct termios modes;
    BOOL input;
    const int fd = winipc_console_of_handle(handle, 0, &input);

    if (fd < 0) {
        SetLastError(ERROR_INVALID_HANDLE);
        return FALSE;
    }
    if (!input) {
        *mode = console_output_mode;
        return TRUE;
    }
    *mode = console_input_mode;
    if (!tcgetattr(fd, &modes)) {
        *mode |= modes.c_lflag & ISIG ? ENABLE_PROCESSED_INPUT : 0;
        *mode |= modes.c_lflag & ICANON ? ENABLE_LINE_INPUT : 0;
        *mode |= modes.c_lflag & ECHO && modes.c_lflag & ICANON ? ENABLE_ECHO_INPUT : 0;
    }
    return TRUE;
}

static BOOL console_set_terminal(int fd, DWORD mode) {
    struct termios modes;

    if (tcgetattr(fd, &modes)) {
        SetLastError(ERROR_INVALID_HANDLE);
        return FALSE;
    }
    modes.c_lflag &= ~(tcflag_t)(ISIG | ICANON | ECHO | IEXTEN);
    modes.c_iflag |= ICRNL;
    if (mode & ENABLE_PROCESSED_INPUT)
        modes.c_lflag |= ISIG;
    if (mode & ENABLE_LINE_INPUT) {
        modes.c_lflag |= ICANON | IEXTEN;
    } else { /* keys as they come: Enter is \r */
        modes.c_iflag &= ~(tcflag_t)(ICRNL | IXON);
        modes.c_cc[VMIN] = 1;
        modes.c_cc[VTIME] = 0;
    }
    if (mode & ENABLE_ECHO_INPUT)
        modes.c_lflag |= ECHO;
    if (!tcsetattr(fd, TCSADRAIN, &modes))
        return TRUE;
    SetLastError(ERROR_ACCESS_DENIED);
    return FALSE;
}

/**
 * SetConsoleMode() - changes the mode.
 * Return: FALSE with ERROR_INVALID_HANDLE, ERROR_INVALID_PARAMETER (unknown modes; echo without lines).
 * Source: https://learn.microsoft.com/en-us/windows/console/setconsolemode
 */
BOOL WINAPI SetConsoleMode(HANDLE handle, DWORD mode) {
    BOOL input;
    const int fd = winipc_console_of_handle(handle, 0, &input);

    if (fd < 0) {
        SetLastError(ERROR_INVALID_HANDLE);
        return FALSE;
    }
    if (mode & ~(input ? INPUT_MODES : OUTPUT_MODES) || (input && mode & ENABLE_ECHO_INPUT && !(mode & ENABLE_LINE_INPUT))) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    if (!input) {
        console_output_mode = mode;
        return TRUE;
    }
    if (!console_set_terminal(fd, mode))
        return FALSE;
    console_input_mode = mode & ~(DWORD)TERMINAL_MODES;
    return TRUE;
}

/* ---- code pages ---- */

UINT WINAPI GetConsoleCP(void) {
    return console_input_page;
}

UINT WINAPI GetConsoleOutputCP(void) {
    return console_output_page;
}

/** SetConsoleCP() - the code page in which ReadConsoleA gives text. */
BOOL WINAPI SetConsoleCP(UINT page) {
    if (!IsValidCodePage(page)) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    console_input_page = page;
    return TRUE;
}

/** SetConsoleOutputCP() - the code page in which WriteConsoleA takes text.  What WriteFile writes goes to the terminal as it is. */
BOOL WINAPI SetConsoleOutputCP(UINT page) {
    if (!IsValidCodePage(page)) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    console_output_page = page;
    return TRUE;
}

/* ---- writing ---- */

BOOL console_put(int fd, const char *text, size_t len) {
    while (len > 0) {
        const ssize_t n = write(fd, text, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            SetLastError(errno == EFAULT ? ERROR_NOACCESS : ERROR_WRITE_FAULT);
            return FALSE;
        }
        text += n;
        len -= (size_t)n;
    }
    return TRUE;
}

BOOL console_write_wide(int fd, const WCHAR *text, size_t n) {
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static WCHAR half; /* a high surrogate whose other half comes with the next call */
    WCHAR part[512];
    char bytes[sizeof part / sizeof *part * 3];
    BOOL done = TRUE;

    pthread_mutex_lock(&lock);
    while (n > 0 && done) {
        size_t n_part = 0, taken;

        if (half)
            part[n_part++] = half;
        half = 0;
        taken = sizeof part / sizeof *part - n_part;
        taken = n < taken ? n : taken;
        memcpy(part + n_part, text, taken * sizeof(WCHAR));
        n_part += taken;
        text += taken;
        n -= taken;
        if (part[n_part - 1] >= 0xd800 && part[n_part - 1] < 0xdc00)
            half = part[--n_part];
        done = console_put(fd, bytes, utf16_to_utf8((const uint16_t *)part, n_part, bytes, sizeof bytes, NULL));
    }
    pthread_mutex_unlock(&lock);
    return done;
}

/**
 * WriteConsoleW() - writes text to the console.
 * @written: receives the number of characters; may be NULL.
 * Return: FALSE with ERROR_INVALID_HANDLE when the handle is not that of a console's output.
 * Source: https://learn.microsoft.com/en-us/windows/console/writeconsole
 */
BOOL WINAPI WriteConsoleW(HANDLE handle, const void *text, DWORD n, DWORD *written, void *reserved) {
    const int fd = console_fd(handle, FALSE);

    (void)reserved;
    if (written)
        *written = 0;
    if (fd < 0 || !console_write_wide(fd, text, n))
        return FALSE;
    if (written)
        *written = n;
    return TRUE;
}

BOOL WINAPI WriteConsoleA(HANDLE handle, const void *text, DWORD n, DWORD *written, void *reserved) {
    const int fd = console_fd(handle, FALSE);
    WCHAR *wide;
    BOOL done;
    int n_wide;

    (void)reserved;
    if (written)
        *written = 0;
    if (fd < 0)
        return FALSE;
    if (console_output_page == CP_UTF8 || n == 0) {
        done = console_put(fd, text, n);
    } else {
        n_wide = MultiByteToWideChar(console_output_page, 0, text, (int)n, NULL, 0);
        wide = malloc((size_t)n_wide * sizeof(WCHAR) + 1);
        if (!wide) {
            SetLastError(ERROR_NOT_ENOUGH_MEMORY);
            return FALSE;
        }
        MultiByteToWideChar(console_output_page, 0, text, (int)n, wide, n_wide);
        done = console_write_wide(fd, wide, (size_t)n_wide);
        free(wide);
    }
    if (done && written)
        *written = n;
    return done;
}

/* ---- reading ---- */

static pthread_mutex_t console_read_lock = PTHREAD_MUTEX_INITIALIZER;
static char console_tail[4]; /* the begin of a character whose end was not there yet */
static size_t console_n_tail;

/* How many bytes at the end of @text are the begin of a character only. */
static size_t console_partial(const char *text, size_t len) {
    size_t back = 0;

    while (back < 3 && back < len && ((unsigned char)text[len - 1 - back] & 0xc0) == 0x80)
        back++;
    if (back < len) {
        const unsigned char lead = (unsigned char)text[len - 1 - back];
        const size_t whole = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;

        if (whole > back + 1)
            return back + 1;
    }
    return 0;
}

/* Reads bytes that make at most @n characters.  @bytes has room for @n + 3. */
static NTSTATUS console_read_bytes(HANDLE handle, char *bytes, DWORD n, size_t *len) {
    IO_STATUS_BLOCK iosb;
    NTSTATUS status;
    size_t partial;

    memcpy(bytes, console_tail, console_n_tail);
    *len = console_n_tail;
    console_n_tail = 0;
    do {
        status = NtReadFile(handle, NULL, NULL, NULL, &iosb, bytes + *len, n > *len ? n - (DWORD)*len : 1, NULL, NULL);
        if (status)
            return status;
        *len += iosb.Information;
        partial = iosb.Information ? console_partial(bytes, *len) : 0;
    } while (partial && partial == *len && *len < n + 3);
    memcpy(console_tail, bytes + *len - partial, partial);
    console_n_tail = partial;
    *len -= partial;
    return STATUS_SUCCESS;
}

/**
 * ReadConsoleW() - reads text from the console: a line that ends in \r\n, or keys as they come without ENABLE_LINE_INPUT.
 * @n: room in characters.  @done: receives how many there are; 0: the end of the input.
 * @control: not used (no wake-up by control keys).
 * Return: FALSE with ERROR_INVALID_HANDLE when the handle is not that of a console's input.
 * Source: https://learn.microsoft.com/en-us/windows/console/readconsole
 */
BOOL WINAPI ReadConsoleW(HANDLE handle, void *text, DWORD n, DWORD *done, void *control) {
    const DWORD room = n < 16384 ? n : 16384;
    char *bytes;
    NTSTATUS status;
    size_t len = 0;

    (void)control;
    *done = 0;
    if (console_fd(handle, TRUE) < 0)
        return FALSE;
    if (!n)
        return TRUE;
    bytes = malloc(room + 8);
    if (!bytes) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return FALSE;
    }
    pthread_mutex_lock(&console_read_lock);
    status = console_read_bytes(handle, bytes, room, &len);
    pthread_mutex_unlock(&console_read_lock);
    if (!status) {
        const size_t units = utf8_to_utf16(bytes, len, text, n, NULL);

        *done = (DWORD)(units < n ? units : n);
    }
    free(bytes);
    return set_nt_error(status);
}

BOOL WINAPI ReadConsoleA(HANDLE handle, void *text, DWORD n, DWORD *done, void *control) {
    WCHAR *wide;
    DWORD units;
    BOOL ok;

    *done = 0;
    if (console_input_page == CP_UTF8) {
        IO_STATUS_BLOCK iosb = {.Information = 0};

        if (console_fd(handle, TRUE) < 0)
            return FALSE;
        ok = set_nt_error(NtReadFile(handle, NULL, NULL, NULL, &iosb, text, n, NULL, NULL));
        *done = ok ? (DWORD)iosb.Information : 0;
        return ok;
    }
    wide = malloc((size_t)n * sizeof(WCHAR) + 1);
    if (!wide) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return FALSE;
    }
    ok = ReadConsoleW(handle, wide, n, &units, control);
    if (ok && units)
        *done = (DWORD)WideCharToMultiByte(console_input_page, 0, wide, (int)units, text, (int)n, NULL, NULL);
    free(wide);
    return ok;
}
