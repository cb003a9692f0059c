/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Strings of 16-bit WCHARs (MSDN: string manipulation).  None of this can be glibc's, whose wchar_t has 32 bits.
 * Case is ASCII's, as in msvcrt.dll's "C" locale.
 */
#include <stdlib.h>

#include "dlls/msvcrt/crt_functions.h"
#include "dlls/msvcrt/msvcrt.h"

static inline WCHAR lower(WCHAR c) {
    return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

static inline WCHAR upper(WCHAR c) {
    return c >= 'a' && c <= 'z' ? c - 32 : c;
}

size_t crt_wcslen(const WCHAR *text) {
    const WCHAR *end = text;
    while (*end)
        end++;
    return end - text;
}

WCHAR *crt_wcschr(const WCHAR *text, WCHAR wanted) {
    for (; *text != wanted; text++)
        if (!*text)
            return NULL;
    return (WCHAR *)text;
}

WCHAR *crt_wcsdup(const WCHAR *text) {
    const size_t size = (crt_wcslen(text) + 1) * sizeof(WCHAR);
    WCHAR *copy = malloc(size);
    if (!copy)
        return crt_errno_set(ENOMEM), NULL;
    return memcpy(copy, text, size);
}

static inline size_t wide_nlen(const WCHAR *text, size_t n) {
    size_t length = 0;
    while (length < n && text[length])
        length++;
    return length;
}

static int wide_compare(const WCHAR *a, const WCHAR *b, size_t n, bool fold) {
    for (size_t i = 0; i < n; i++) {
        const WCHAR x = fold ? lower(a[i]) : a[i], y = fold ? lower(b[i]) : b[i];
        if (x != y)
            return x < y ? -1 : 1;
        if (!x)
            return 0;
    }
    return 0;
}

size_t CDECL msvcrt_wcslen(const WCHAR *text) {
    return crt_wcslen(text);
}
size_t CDECL msvcrt_wcsnlen(const WCHAR *text, size_t n) {
    return wide_nlen(text, n);
}
int CDECL msvcrt_wcscmp(const WCHAR *a, const WCHAR *b) {
    return wide_compare(a, b, (size_t)-1, false);
}
int CDECL msvcrt_wcsncmp(const WCHAR *a, const WCHAR *b, size_t n) {
    return wide_compare(a, b, n, false);
}
int CDECL msvcrt_wcscoll(const WCHAR *a, const WCHAR *b) {
    return wide_compare(a, b, (size_t)-1, false);
}
int CDECL _wcsncoll(const WCHAR *a, const WCHAR *b, size_t n) {
    return wide_compare(a, b, n, false);
}
int CDECL _wcsicmp(const WCHAR *a, const WCHAR *b) {
    return wide_compare(a, b, (size_t)-1, true);
}
int CDECL _wcsnicmp(const WCHAR *a, const WCHAR *b, size_t n) {
    return wide_compare(a, b, n, true);
}
int CDECL _wcsicoll(const WCHAR *a, const WCHAR *b) {
    return wide_compare(a, b, (size_t)-1, true);
}
int CDECL _wcsnicoll(const WCHAR *a, const WCHAR *b, size_t n) {
    return wide_compare(a, b, n, true);
}
WCHAR *CDECL _wcsdup(const WCHAR *text) {
    return text ? crt_wcsdup(text) : NULL;
}
WCHAR *CDECL msvcrt_wcschr(const WCHAR *text, WCHAR wanted) {
    return crt_wcschr(text, wanted);
}

WCHAR *CDECL msvcrt_wcscpy(WCHAR *to, const WCHAR *from) {
    return memmove(to, from, (crt_wcslen(from) + 1) * sizeof(WCHAR));
}

WCHAR *CDECL msvcrt_wcsncpy(WCHAR *to, const WCHAR *from, size_t n) {
    const size_t length = wide_nlen(from, n);
    memmove(to, from, length * sizeof(WCHAR));
    memset(to + length, 0, (n - length) * sizeof(WCHAR));
    return to;
}

WCHAR *CDECL msvcrt_wcscat(WCHAR *to, const WCHAR *from) {
    msvcrt_wcscpy(to + crt_wcslen(to), from);
    return to;
}

WCHAR *CDECL msvcrt_wcsncat(WCHAR *to, const WCHAR *from, size_t n) {
    WCHAR *end = to + crt_wcslen(to);
    const size_t length = wide_nlen(from, n);
    memmove(end, from, length * sizeof(WCHAR));
    end[length] = 0;
    return to;
}

WCHAR *CDECL msvcrt_wcsrchr(const WCHAR *text, WCHAR wanted) {
    const WCHAR *found = NULL;
    do {
        if (*text == wanted)
            found = text;
    } while (*text++);
    return (WCHAR *)found;
}

WCHAR *CDECL msvcrt_wcsstr(const WCHAR *text, const WCHAR *part) {
    const size_t length = crt_wcslen(part);
    for (;; text++) {
        if (!wide_compare(text, part, length, false))
            return (WCHAR *)text;
        if (!*text)
            return NULL;
    }
}

size_t CDECL msvcrt_wcsspn(const WCHAR *text, const WCHAR *set) {
    size_t n = 0;
    while (text[n] && crt_wcschr(set, text[n]))
        n++;
    return n;
}

size_t CDECL msvcrt_wcscspn(const WCHAR *text, const WCHAR *set) {
    size_t n = 0;
    while (text[n] && !crt_wcschr(set, text[n]))
        n++;
    return n;
}

WCHAR *CDECL msvcrt_wcspbrk(const WCHAR *text, const WCHAR *set) {
    text += msvcrt_wcscspn(text, set);
    return *text ? (WCHAR *)text : NULL;
}

size_t CDECL msvcrt_wcsxfrm(WCHAR *to, const WCHAR *from, size_t n) {
    const size_t length = crt_wcslen(from);
    if (length < n)
        memcpy(to, from, (length + 1) * sizeof(WCHAR));
    return length;
}

WCHAR *CDECL wcstok_s(WCHAR *text, const WCHAR *set, WCHAR **rest) {
    if (!rest || !set || (!text && !*rest))
        return crt_invalid_parameter(EINVAL), NULL;
    if (!text)
        text = *rest;
    text += msvcrt_wcsspn(text, set);
    if (!*text)
        return *rest = text, NULL;
    WCHAR *end = text + msvcrt_wcscspn(text, set);
    *rest = end;
    if (*end) {
        *end = 0;
        *rest = end + 1;
    }
    return text;
}

WCHAR *CDECL msvcrt_wcstok(WCHAR *text, const WCHAR *set) {
    if (!text && !crt_thread.wcstok_rest)
        return NULL;
    return wcstok_s(text, set, &crt_thread.wcstok_rest);
}

WCHAR *CDECL _wcslwr(WCHAR *text) {
    for (WCHAR *c = text; *c; c++)
        *c = lower(*c);
    return text;
}

WCHAR *CDECL _wcsupr(WCHAR *text) {
    for (WCHAR *c = text; *c; c++)
        *c = upper(*c);
    return text;
}

WCHAR *CDECL _wcsrev(WCHAR *text) {
    WCHAR *first = text, *last = text + crt_wcslen(text);
    while (first + 1 < last) {
        const WCHAR c = *first;
        *first++ = *--last;
        *last = c;
    }
    return text;
}

WCHAR *CDECL _wcsset(WCHAR *text, WCHAR c) {
    for (WCHAR *at = text; *at; at++)
        *at = c;
    return text;
}

WCHAR *CDECL _wcsnset(WCHAR *text, WCHAR c, size_t n) {
    for (size_t i = 0; i < n && text[i]; i++)
        text[i] = c;
    return text;
}

/* The common part of the secure copies: appends at most n units of from at text[used]; text has size units. */
static int copy_bounded(WCHAR *text, size_t size, size_t used, const WCHAR *from, size_t n) {
    const bool cut = n == CRT_TRUNCATE;
    const size_t length = wide_nlen(from, n);
    if (used + length < size) {
        memcpy(text + used, from, length * sizeof(WCHAR));
        text[used + length] = 0;
        return 0;
    }
    if (cut) {
        memcpy(text + used, from, (size - 1 - used) * sizeof(WCHAR));
        text[size - 1] = 0;
        return CRT_STRUNCATE;
    }
    *text = 0;
    crt_invalid_parameter(ERANGE);
    return ERANGE;
}

static int copy_check(WCHAR *text, size_t size, const WCHAR *from, size_t n) {
    if (!text || !size)
        return crt_invalid_parameter(EINVAL), EINVAL;
    if (from || !n)
        return 0;
    *text = 0;
    crt_invalid_parameter(EINVAL);
    return EINVAL;
}

int CDECL wcsncpy_s(WCHAR *to, size_t size, const WCHAR *from, size_t n) {
    if (!to && !size && !n)
        return 0;
    const int error = copy_check(to, size, from, n);
    return error ? error : copy_bounded(to, size, 0, n ? from : L"", n);
}

int CDECL wcscpy_s(WCHAR *to, size_t size, const WCHAR *from) {
    const int error = copy_check(to, size, from, 1);
    return error ? error : copy_bounded(to, size, 0, from, PTRDIFF_MAX);
}

int CDECL wcsncat_s(WCHAR *to, size_t size, const WCHAR *from, size_t n) {
    if (!to && !size && !n)
        return 0;
    const int error = copy_check(to, size, from, n);
    if (error)
        return error;
    const size_t used = wide_nlen(to, size);
    if (used == size)
        return *to = 0, crt_invalid_parameter(EINVAL), EINVAL;
    return copy_bounded(to, size, used, n ? from : L"", n);
}

int CDECL wcscat_s(WCHAR *to, size_t size, const WCHAR *from) {
    const int error = copy_check(to, size, from, 1);
    if (error)
        return error;
    const size_t used = wide_nlen(to, size);
    if (used == size)
        return *to = 0, crt_invalid_parameter(EINVAL), EINVAL;
    return copy_bounded(to, size, used, from, PTRDIFF_MAX);
}

static int in_place_check(WCHAR *text, size_t size) {
    if (!text)
        return crt_invalid_parameter(EINVAL), EINVAL;
    if (wide_nlen(text, size) < size)
        return 0;
    if (size)
        *text = 0;
    crt_invalid_parameter(EINVAL);
    return EINVAL;
}

int CDECL _wcslwr_s(WCHAR *text, size_t size) {
    const int error = in_place_check(text, size);
    return error ? error : (_wcslwr(text), 0);
}

int CDECL _wcsupr_s(WCHAR *text, size_t size) {
    const int error = in_place_check(text, size);
    return error ? error : (_wcsupr(text), 0);
}
