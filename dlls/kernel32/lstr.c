/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The lstr functions (MSDN: winbase.h): strings whose pointers may be bad. A string that cannot be read has length 0; copying from or to one gives NULL.
 */
#include <limits.h>
#include <string.h>
#include <windows.h>

#include "libs/host/guard.h"

int WINAPI lstrlenA(const char *text) {
    const ssize_t len = text ? guard_strlen(text, INT_MAX) : 0;
    return len < 0 ? 0 : len;
}

int WINAPI lstrlenW(const WCHAR *text) {
    const ssize_t len = text ? guard_wcslen(text, INT_MAX) : 0;
    return len < 0 ? 0 : len;
}

/* Copies so many bytes and a NUL of a size; FALSE: one of the two is bad. */
static BOOL lstr_copy(void *to, const void *from, size_t size, size_t nul_size) {
    static const WCHAR nul;
    return !guard_probe_read(from, size) && !guard_probe_write(to, size + nul_size) && memmove(to, from, size) &&
           !guard_copy_to((char *)to + size, &nul, nul_size);
}

/** lstrcpyA() - copies a string. Return: @to; NULL when one of the two is bad. */
char *WINAPI lstrcpyA(char *to, const char *from) {
    const ssize_t len = guard_strlen(from, INT_MAX);
    return len >= 0 && lstr_copy(to, from, len, 1) ? to : NULL;
}

WCHAR *WINAPI lstrcpyW(WCHAR *to, const WCHAR *from) {
    const ssize_t len = guard_wcslen(from, INT_MAX);
    return len >= 0 && lstr_copy(to, from, len * sizeof(WCHAR), sizeof(WCHAR)) ? to : NULL;
}

/** lstrcpynA() - copies at most @room - 1 characters and a NUL. Return: @to; NULL when one of the two is bad. */
char *WINAPI lstrcpynA(char *to, const char *from, int room) {
    if (room <= 0)
        return to;
    const ssize_t len = guard_strlen(from, room - 1);
    return len >= 0 && lstr_copy(to, from, len, 1) ? to : NULL;
}

WCHAR *WINAPI lstrcpynW(WCHAR *to, const WCHAR *from, int room) {
    if (room <= 0)
        return to;
    const ssize_t len = guard_wcslen(from, room - 1);
    return len >= 0 && lstr_copy(to, from, len * sizeof(WCHAR), sizeof(WCHAR)) ? to : NULL;
}

/** lstrcatA() - appends a string. Return: @to; NULL when one of the two is bad. */
char *WINAPI lstrcatA(char *to, const char *from) {
    const ssize_t len = guard_strlen(to, INT_MAX);
    return len >= 0 && lstrcpyA(to + len, from) ? to : NULL;
}

WCHAR *WINAPI lstrcatW(WCHAR *to, const WCHAR *from) {
    const ssize_t len = guard_wcslen(to, INT_MAX);
    return len >= 0 && lstrcpyW(to + len, from) ? to : NULL;
}

/* NULL sorts first, as documented for none but kept by all. */
static int lstr_compare_null(const void *a, const void *b) {
    return a ? 1 : b ? -1 : 0;
}

/** lstrcmpW() - compares in the order of the thread's locale. Return: <0, 0, >0. */
int WINAPI lstrcmpW(const WCHAR *a, const WCHAR *b) {
    return a && b ? CompareStringW(GetThreadLocale(), 0, a, -1, b, -1) - CSTR_EQUAL : lstr_compare_null(a, b);
}

int WINAPI lstrcmpiW(const WCHAR *a, const WCHAR *b) {
    return a && b ? CompareStringW(GetThreadLocale(), NORM_IGNORECASE, a, -1, b, -1) - CSTR_EQUAL : lstr_compare_null(a, b);
}

int WINAPI lstrcmpA(const char *a, const char *b) {
    return a && b ? CompareStringA(GetThreadLocale(), 0, a, -1, b, -1) - CSTR_EQUAL : lstr_compare_null(a, b);
}

int WINAPI lstrcmpiA(const char *a, const char *b) {
    return a && b ? CompareStringA(GetThreadLocale(), NORM_IGNORECASE, a, -1, b, -1) - CSTR_EQUAL : lstr_compare_null(a, b);
}
