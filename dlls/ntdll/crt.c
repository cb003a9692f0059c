/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The C functions that ntdll exports, for programs and DLLs without a run-time library. Bytes are glibc's business; characters of 16 bits are
 * ours. Case is that of the C locale: ASCII only.
 */
#include <windows.h>
#include <winternl.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#undef RtlMoveMemory
#undef RtlCopyMemory
#undef RtlFillMemory
#undef RtlZeroMemory

void *CDECL ntdll_memcpy(void *to, const void *from, size_t n) {
    return memmove(to, from, n); /* as on Windows: overlapping is allowed */
}

void *CDECL ntdll_memmove(void *to, const void *from, size_t n) {
    return memmove(to, from, n);
}

void *CDECL ntdll_memset(void *to, int value, size_t n) {
    return memset(to, value, n);
}

int CDECL ntdll_memcmp(const void *left, const void *right, size_t n) {
    return memcmp(left, right, n);
}

void *CDECL ntdll_memchr(const void *in, int value, size_t n) {
    return memchr(in, value, n);
}

void WINAPI RtlMoveMemory(void *to, const void *from, SIZE_T n) {
    memmove(to, from, n);
}

void WINAPI RtlFillMemory(void *to, SIZE_T n, BYTE value) {
    memset(to, value, n);
}

void WINAPI RtlFillMemoryUlong(ULONG *to, SIZE_T bytes, ULONG value) {
    for (SIZE_T i = 0; i < bytes / sizeof value; i++)
        to[i] = value;
}

void WINAPI RtlZeroMemory(void *to, SIZE_T n) {
    memset(to, 0, n);
}

/* RtlCompareMemory() - Return: how many bytes are equal from the start. */
SIZE_T WINAPI RtlCompareMemory(const void *left, const void *right, SIZE_T n) {
    const unsigned char *const a = left, *const b = right;
    SIZE_T i = 0;

    while (i < n && a[i] == b[i])
        i++;
    return i;
}

SIZE_T WINAPI RtlCompareMemoryUlong(void *in, SIZE_T bytes, ULONG value) {
    const ULONG *const words = in;
    SIZE_T i = 0;

    while (i < bytes / sizeof value && words[i] == value)
        i++;
    return i * sizeof value;
}

size_t CDECL ntdll_strlen(const char *text) {
    return strlen(text);
}

size_t CDECL ntdll_strnlen(const char *text, size_t max) {
    return strnlen(text, max);
}

char *CDECL ntdll_strcpy(char *to, const char *from) {
    return strcpy(to, from);
}

char *CDECL ntdll_strncpy(char *to, const char *from, size_t n) {
    return strncpy(to, from, n);
}

char *CDECL ntdll_strcat(char *to, const char *from) {
    return strcat(to, from);
}

char *CDECL ntdll_strncat(char *to, const char *from, size_t n) {
    return strncat(to, from, n);
}

int CDECL ntdll_strcmp(const char *left, const char *right) {
    const int order = strcmp(left, right);

    return order < 0 ? -1 : order > 0;
}

int CDECL ntdll_strncmp(const char *left, const char *right, size_t n) {
    const int order = strncmp(left, right, n);

    return order < 0 ? -1 : order > 0;
}

char *CDECL ntdll_strchr(const char *text, int c) {
    return strchr(text, c);
}

char *CDECL ntdll_strrchr(const char *text, int c) {
    return strrchr(text, c);
}

char *CDECL ntdll_strstr(const char *text, const char *part) {
    return strstr(text, part);
}

char *CDECL ntdll_strpbrk(const char *text, const char *set) {
    return strpbrk(text, set);
}

size_t CDECL ntdll_strspn(const char *text, const char *set) {
    return strspn(text, set);
}

size_t CDECL ntdll_strcspn(const char *text, const char *set) {
    return strcspn(text, set);
}

static int crt_lower(int c) {
    return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

int CDECL ntdll__strnicmp(const char *left, const char *right, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const int a = crt_lower((unsigned char)left[i]), b = crt_lower((unsigned char)right[i]);

        if (a != b || !a)
            return a - b;
    }
    return 0;
}

int CDECL ntdll__stricmp(const char *left, const char *right) {
    return ntdll__strnicmp(left, right, SIZE_MAX);
}

int CDECL ntdll_tolower(int c) {
    return crt_lower(c);
}

int CDECL ntdll_toupper(int c) {
    return c >= 'a' && c <= 'z' ? c - 32 : c;
}

int CDECL ntdll_atoi(const char *text) {
    return (int)strtol(text, NULL, 10);
}

size_t CDECL ntdll_wcslen(const WCHAR *text) {
    size_t n = 0;

    while (text[n])
        n++;
    return n;
}

size_t CDECL ntdll_wcsnlen(const WCHAR *text, size_t max) {
    size_t n = 0;

    while (n < max && text[n])
        n++;
    return n;
}

WCHAR *CDECL ntdll_wcscpy(WCHAR *to, const WCHAR *from) {
    return memcpy(to, from, (ntdll_wcslen(from) + 1) * sizeof *to);
}

WCHAR *CDECL ntdll_wcsncpy(WCHAR *to, const WCHAR *from, size_t n) {
    const size_t length = ntdll_wcsnlen(from, n);

    memcpy(to, from, length * sizeof *to);
    memset(to + length, 0, (n - length) * sizeof *to);
    return to;
}

WCHAR *CDECL ntdll_wcscat(WCHAR *to, const WCHAR *from) {
    ntdll_wcscpy(to + ntdll_wcslen(to), from);
    return to;
}

WCHAR *CDECL ntdll_wcsncat(WCHAR *to, const WCHAR *from, size_t n) {
    WCHAR *const end = to + ntdll_wcslen(to);
    const size_t length = ntdll_wcsnlen(from, n);

    memcpy(end, from, length * sizeof *to);
    end[length] = 0;
    return to;
}

int CDECL ntdll_wcsncmp(const WCHAR *left, const WCHAR *right, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (left[i] != right[i] || !left[i])
            return left[i] < right[i] ? -1 : left[i] > right[i];
    return 0;
}

int CDECL ntdll_wcscmp(const WCHAR *left, const WCHAR *right) {
    return ntdll_wcsncmp(left, right, SIZE_MAX);
}

int CDECL ntdll__wcsnicmp(const WCHAR *left, const WCHAR *right, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const int a = crt_lower(left[i]), b = crt_lower(right[i]);

        if (a != b || !a)
            return a - b;
    }
    return 0;
}

int CDECL ntdll__wcsicmp(const WCHAR *left, const WCHAR *right) {
    return ntdll__wcsnicmp(left, right, SIZE_MAX);
}

WCHAR *CDECL ntdll_wcschr(const WCHAR *text, WCHAR c) {
    for (;; text++) {
        if (*text == c)
            return (WCHAR *)text;
        if (!*text)
            return NULL;
    }
}

WCHAR *CDECL ntdll_wcsrchr(const WCHAR *text, WCHAR c) {
    const WCHAR *found = NULL;

    for (;; text++) {
        if (*text == c)
            found = text;
        if (!*text)
            return (WCHAR *)found;
    }
}

WCHAR *CDECL ntdll_wcsstr(const WCHAR *text, const WCHAR *part) {
    const size_t length = ntdll_wcslen(part);

    for (;; text++) {
        if (!ntdll_wcsncmp(text, part, length))
            return (WCHAR *)text;
        if (!*text)
            return NULL;
    }
}

size_t CDECL ntdll_wcscspn(const WCHAR *text, const WCHAR *set) {
    size_t n = 0;

    while (text[n] && !ntdll_wcschr(set, text[n]))
        n++;
    return n;
}

size_t CDECL ntdll_wcsspn(const WCHAR *text, const WCHAR *set) {
    size_t n = 0;

    while (text[n] && ntdll_wcschr(set, text[n]))
        n++;
    return n;
}

WCHAR *CDECL ntdll_wcspbrk(const WCHAR *text, const WCHAR *set) {
    const WCHAR *const found = text + ntdll_wcscspn(text, set);

    return *found ? (WCHAR *)found : NULL;
}

WCHAR CDECL ntdll_towlower(WCHAR c) {
    return (WCHAR)crt_lower(c);
}

WCHAR CDECL ntdll_towupper(WCHAR c) {
    return c >= 'a' && c <= 'z' ? (WCHAR)(c - 32) : c;
}
