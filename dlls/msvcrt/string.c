/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Strings of bytes (MSDN: string manipulation).  Comparisons give -1, 0 or 1, as msvcrt.dll's do.  Case is ASCII's in
 * the "C" locale and in UTF-8 alike.
 */
#include <stdlib.h>

#include "dlls/msvcrt/crt_functions.h"
#include "dlls/msvcrt/msvcrt.h"

static inline int sign(int order) {
    return (order > 0) - (order < 0);
}

static inline unsigned char lower(unsigned char c) {
    return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

static inline unsigned char upper(unsigned char c) {
    return c >= 'a' && c <= 'z' ? c - 32 : c;
}

/* Compares n bytes without regard to case; a string ends at its terminator. */
int crt_memicmp(const void *a, const void *b, size_t n, bool is_string) {
    const unsigned char *x = a, *y = b;
    for (size_t i = 0; i < n; i++) {
        const int order = lower(x[i]) - lower(y[i]);
        if (order)
            return sign(order);
        if (is_string && !x[i])
            return 0;
    }
    return 0;
}

size_t CDECL msvcrt_strlen(const char *text) {
    return strlen(text);
}
size_t CDECL msvcrt_strnlen(const char *text, size_t n) {
    return strnlen(text, n);
}
char *CDECL msvcrt_strcpy(char *to, const char *from) {
    return strcpy(to, from);
}
char *CDECL msvcrt_strncpy(char *to, const char *from, size_t n) {
    return strncpy(to, from, n);
}
char *CDECL msvcrt_strcat(char *to, const char *from) {
    return strcat(to, from);
}
char *CDECL msvcrt_strncat(char *to, const char *from, size_t n) {
    return strncat(to, from, n);
}
int CDECL msvcrt_strcmp(const char *a, const char *b) {
    return sign(strcmp(a, b));
}
int CDECL msvcrt_strncmp(const char *a, const char *b, size_t n) {
    return sign(strncmp(a, b, n));
}
int CDECL msvcrt_strcoll(const char *a, const char *b) {
    return sign(strcmp(a, b));
}
int CDECL _strncoll(const char *a, const char *b, size_t n) {
    return sign(strncmp(a, b, n));
}
int CDECL _stricmp(const char *a, const char *b) {
    return crt_memicmp(a, b, (size_t)-1, true);
}
int CDECL _strnicmp(const char *a, const char *b, size_t n) {
    return crt_memicmp(a, b, n, true);
}
int CDECL _stricoll(const char *a, const char *b) {
    return _stricmp(a, b);
}
int CDECL _strnicoll(const char *a, const char *b, size_t n) {
    return _strnicmp(a, b, n);
}
char *CDECL msvcrt_strchr(const char *text, int c) {
    return (char *)strchr(text, c);
}
char *CDECL msvcrt_strrchr(const char *text, int c) {
    return (char *)strrchr(text, c);
}
char *CDECL msvcrt_strstr(const char *text, const char *part) {
    return (char *)strstr(text, part);
}
char *CDECL msvcrt_strpbrk(const char *text, const char *set) {
    return (char *)strpbrk(text, set);
}
size_t CDECL msvcrt_strspn(const char *text, const char *set) {
    return strspn(text, set);
}
size_t CDECL msvcrt_strcspn(const char *text, const char *set) {
    return strcspn(text, set);
}

size_t CDECL msvcrt_strxfrm(char *to, const char *from, size_t n) {
    const size_t length = strlen(from);
    if (n && length < n)
        memcpy(to, from, length + 1);
    return length;
}

char *CDECL _strdup(const char *text) {
    if (!text)
        return NULL;
    char *copy = strdup(text);
    if (!copy)
        crt_errno_set(ENOMEM);
    return copy;
}

char *CDECL _strlwr(char *text) {
    for (char *c = text; *c; c++)
        *c = lower(*c);
    return text;
}

char *CDECL _strupr(char *text) {
    for (char *c = text; *c; c++)
        *c = upper(*c);
    return text;
}

char *CDECL _strrev(char *text) {
    char *first = text, *last = text + strlen(text);
    while (first + 1 < last) {
        const char c = *first;
        *first++ = *--last;
        *last = c;
    }
    return text;
}

char *CDECL _strset(char *text, int c) {
    return memset(text, c, strlen(text));
}

char *CDECL _strnset(char *text, int c, size_t n) {
    return memset(text, c, strnlen(text, n));
}

char *CDECL strtok_s(char *text, const char *set, char **rest) {
    if (!rest || !set || (!text && !*rest))
        return crt_invalid_parameter(EINVAL), NULL;
    return strtok_r(text, set, rest);
}

char *CDECL msvcrt_strtok(char *text, const char *set) {
    if (!text && !crt_thread.strtok_rest)
        return NULL;
    return strtok_r(text, set, &crt_thread.strtok_rest);
}

/* The common part of the secure copies: appends at most n bytes of from at text[used]; text has size bytes. */
static int copy_bounded(char *text, size_t size, size_t used, const char *from, size_t n) {
    const bool cut = n == CRT_TRUNCATE;
    const size_t length = strnlen(from, n);
    if (used + length < size) {
        memcpy(text + used, from, length);
        text[used + length] = 0;
        return 0;
    }
    if (cut) {
        memcpy(text + used, from, size - 1 - used);
        text[size - 1] = 0;
        return CRT_STRUNCATE;
    }
    *text = 0;
    crt_invalid_parameter(ERANGE);
    return ERANGE;
}

static int copy_check(char *text, size_t size, const char *from, size_t n) {
    if (!text || !size)
        return crt_invalid_parameter(EINVAL), EINVAL;
    if (from || !n)
        return 0;
    *text = 0;
    crt_invalid_parameter(EINVAL);
    return EINVAL;
}

int CDECL strncpy_s(char *to, size_t size, const char *from, size_t n) {
    if (!to && !size && !n)
        return 0;
    const int error = copy_check(to, size, from, n);
    return error ? error : copy_bounded(to, size, 0, n ? from : "", n);
}

int CDECL strcpy_s(char *to, size_t size, const char *from) {
    const int error = copy_check(to, size, from, 1);
    return error ? error : copy_bounded(to, size, 0, from, PTRDIFF_MAX);
}

int CDECL strncat_s(char *to, size_t size, const char *from, size_t n) {
    if (!to && !size && !n)
        return 0;
    const int error = copy_check(to, size, from, n);
    if (error)
        return error;
    const size_t used = strnlen(to, size);
    if (used == size)
        return *to = 0, crt_invalid_parameter(EINVAL), EINVAL;
    return copy_bounded(to, size, used, n ? from : "", n);
}

int CDECL strcat_s(char *to, size_t size, const char *from) {
    const int error = copy_check(to, size, from, 1);
    if (error)
        return error;
    const size_t used = strnlen(to, size);
    if (used == size)
        return *to = 0, crt_invalid_parameter(EINVAL), EINVAL;
    return copy_bounded(to, size, used, from, PTRDIFF_MAX);
}

static int in_place_check(char *text, size_t size) {
    if (!text)
        return crt_invalid_parameter(EINVAL), EINVAL;
    if (strnlen(text, size) < size)
        return 0;
    if (size)
        *text = 0;
    crt_invalid_parameter(EINVAL);
    return EINVAL;
}

int CDECL _strlwr_s(char *text, size_t size) {
    const int error = in_place_check(text, size);
    return error ? error : (_strlwr(text), 0);
}

int CDECL _strupr_s(char *text, size_t size) {
    const int error = in_place_check(text, size);
    return error ? error : (_strupr(text), 0);
}

int CDECL _strset_s(char *text, size_t size, int c) {
    const int error = in_place_check(text, size);
    return error ? error : (_strset(text, c), 0);
}
