/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* CommandLineToArgvW (MSDN: shellapi.h). */
#include <string.h>
#include <windows.h>
#include <shellapi.h>
#include <winternl.h>

static BOOL argv_is_blank(WCHAR c) {
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

static WCHAR **argv_of_this_program(int *argc) {
    const UNICODE_STRING *path = &NtCurrentTeb()->Peb->ProcessParameters->ImagePathName;
    WCHAR **argv = LocalAlloc(LMEM_FIXED, 2 * sizeof *argv + path->Length + sizeof(WCHAR));
    if (!argv)
        return NULL;
    argv[0] = memcpy(argv + 2, path->Buffer, path->Length);
    argv[0][path->Length / sizeof(WCHAR)] = 0;
    argv[1] = NULL;
    *argc = 1;
    return argv;
}

/**
 * CommandLineToArgvW() - splits a command line.
 * @line: an empty one gives the path of this program.
 * @argc: receives the number of arguments; the array ends with a NULL beyond it.
 * Return: one block for LocalFree(); NULL with ERROR_INVALID_PARAMETER (no @line or @argc), ERROR_NOT_ENOUGH_MEMORY.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/shellapi/nf-shellapi-commandlinetoargvw
 */
WCHAR **WINAPI CommandLineToArgvW(const WCHAR *line, int *argc) {
    if (!line || !argc) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    if (!*line)
        return argv_of_this_program(argc);
    size_t len = 0, n_most = 2;
    for (; line[len]; len++)
        n_most += argv_is_blank(line[len]);
    /* no argument is longer than its source; each needs one NUL, for which its blank makes room (and the program's its own) */
    WCHAR **argv = LocalAlloc(LMEM_FIXED, (n_most + 1) * sizeof *argv + (len + n_most + 1) * sizeof(WCHAR));
    if (!argv) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    WCHAR *out = (WCHAR *)(argv + n_most + 1);
    int n = 0;
    argv[n++] = out;
    const WCHAR *at = argv_program(line, &out);
    for (;;) {
        while (argv_is_blank(*at))
            at++;
        if (!*at)
            break;
        argv[n++] = out;
        at = argv_argument(at, &out);
    }
    argv[n] = NULL;
    *argc = n;
    return argv;
}
