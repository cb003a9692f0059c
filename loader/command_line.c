/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A command line's words, by the rules that Microsoft's C run-time and CommandLineToArgvW share. */
#include "loader/command_line.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "libs/base/utf.h"

static bool argv_is_blank(WCHAR c) {
    return c == ' ' || c == '\t';
}

/* The program's name: up to the closing quote when it begins with one, else up to a blank or control character. Backslashes mean nothing. */
static const WCHAR *argv_program(const WCHAR *at, WCHAR **out) {
    WCHAR *to = *out;
    if (*at == '"') {
        for (at++; *at && *at != '"'; at++)
            *to++ = *at;
        at += *at == '"';
    } else {
        while (*at > ' ')
            *to++ = *at++;
        at += *at != 0;
    }
    *to++ = 0;
    *out = to;
    return at;
}

/*
 * One argument. 2n backslashes and a quote are n backslashes and a quote that opens or closes; 2n+1 and a quote are n and a literal quote; other
 * backslashes are themselves. The third of three quotes in a row (the first may be an older one that is open) is literal and closes.
 */
static const WCHAR *argv_argument(const WCHAR *at, WCHAR **out) {
    WCHAR *to = *out;
    int n_quotes = 0;
    for (;;) {
        size_t n_backslashes = 0;
        while (at[n_backslashes] == '\\')
            n_backslashes++;
        at += n_backslashes;
        if (*at != '"') {
            while (n_backslashes--)
                *to++ = '\\';
            if (!*at || (argv_is_blank(*at) && n_quotes != 1))
                break;
            *to++ = *at++;
            continue;
        }
        for (size_t i = 0; i < n_backslashes / 2; i++)
            *to++ = '\\';
        at++;
        if (n_backslashes % 2) {
            *to++ = '"';
            continue;
        }
        n_quotes++;
        for (; *at == '"'; at++) {
            if (++n_quotes == 3) {
                *to++ = '"';
                n_quotes = 0;
            }
        }
        if (n_quotes == 2)
            n_quotes = 0;
    }
    *to++ = 0;
    *out = to;
    return at;
}

static size_t argv_most(const WCHAR *line, size_t *len) {
    size_t n_most = 2;

    for (*len = 0; line[*len]; ++*len)
        n_most += argv_is_blank(line[*len]);
    return n_most;
}

/* No argument is longer than its source; each needs one NUL, for which its blank makes room (and the program's its own). */
size_t winipc_command_line_room(const WCHAR *line) {
    size_t len;
    const size_t n_most = argv_most(line, &len);

    return (n_most + 1) * sizeof(WCHAR *) + (len + n_most + 1) * sizeof(WCHAR);
}

int winipc_command_line_split(const WCHAR *line, WCHAR **argv) {
    size_t len;
    WCHAR *out = (WCHAR *)(argv + argv_most(line, &len) + 1);
    const WCHAR *at;
    int n = 0;

    argv[n++] = out;
    at = argv_program(line, &out);
    for (;;) {
        while (argv_is_blank(*at))
            at++;
        if (!*at)
            break;
        argv[n++] = out;
        at = argv_argument(at, &out);
    }
    argv[n] = NULL;
    return n;
}

char **command_line_to_unix(const WCHAR *line) {
    WCHAR **words = malloc(winipc_command_line_room(line));
    const int n = words ? winipc_command_line_split(line, words) : 0;
    size_t room = ((size_t)n + 1) * sizeof(char *);
    char **argv, *at;

    for (int i = 0; i < n; i++)
        room += utf16_to_utf8(words[i], utf16_len(words[i]), NULL, 0, NULL) + 1;
    argv = words ? malloc(room) : NULL;
    at = (char *)(argv + n + 1);
    for (int i = 0; argv && i < n; i++) {
        const size_t left = room - (size_t)(at - (char *)argv), used = utf16_to_utf8(words[i], utf16_len(words[i]), at, left, NULL);

        argv[i] = at;
        at[used] = 0;
        at += used + 1;
    }
    if (argv)
        argv[n] = NULL;
    free(words);
    return argv;
}
