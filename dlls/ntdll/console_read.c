/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading from the console: Windows ends a line with \r\n, Linux with \n.  What a line has more than the reader took is kept for the next
 * reader, as the console does.
 */
#include "dlls/ntdll/file.h"

#include <errno.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static pthread_mutex_t console_lock = PTHREAD_MUTEX_INITIALIZER;
static char console_rest[8192];
static size_t console_n, console_at;

/* Whether the terminal hands out lines, so that a \n is a line's end and not a key. */
static bool console_gives_lines(int fd) {
    struct termios modes;

    return !tcgetattr(fd, &modes) && modes.c_lflag & ICANON;
}

/* Doubles line ends in place of the rest. */
static void console_keep(const char *line, size_t n) {
    console_n = console_at = 0;
    for (size_t i = 0; i < n; i++) {
        if (line[i] == '\n')
            console_rest[console_n++] = '\r';
        console_rest[console_n++] = line[i];
    }
}

ssize_t file_console_read(int fd, char *buffer, size_t size) {
    char line[sizeof console_rest / 2];
    ssize_t got;

    pthread_mutex_lock(&console_lock);
    if (console_at == console_n && !console_gives_lines(fd)) {
        pthread_mutex_unlock(&console_lock);
        return read(fd, buffer, size);
    }
    if (console_at == console_n) {
        got = read(fd, line, sizeof line);
        if (got <= 0) {
            pthread_mutex_unlock(&console_lock);
            return got;
        }
        console_keep(line, (size_t)got);
    }
    got = (ssize_t)(console_n - console_at < size ? console_n - console_at : size);
    memcpy(buffer, console_rest + console_at, (size_t)got);
    console_at += (size_t)got;
    pthread_mutex_unlock(&console_lock);
    return got;
}
