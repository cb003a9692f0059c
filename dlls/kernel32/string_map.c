/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* LCMapString, CompareString and what goes with them (MSDN: stringapiset.h, winnls.h). */
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "libs/base/unicode.h"
#include "libs/base/utf.h"
#include "dlls/kernel32/locale.h"
#include "dlls/kernel32/sort.h"

#define MAP_FLAGS \
    (LCMAP_LOWERCASE | LCMAP_UPPERCASE | LCMAP_BYTEREV | LCMAP_HIRAGANA | LCMAP_KATAKANA | LCMAP_HALFWIDTH | LCMAP_FULLWIDTH | \
        LCMAP_LINGUISTIC_CASING)

static int string_fail(DWORD error) {
    SetLastError(error);
    return 0;
}

static size_t string_len(const WCHAR *text, int len) {
    return len < 0 ? utf16_len(text) + 1 : (size_t)len;
}

static BOOL map_flags_ok(DWORD flags) {
    if (flags & LCMAP_SORTKEY)
        return !(flags & ~(LCMAP_SORTKEY | LCMAP_BYTEREV | SORT_FLAGS));
    const DWORD ignore = NORM_IGNORENONSPACE | NORM_IGNORESYMBOLS;
    if (flags & ignore)
        return !(flags & ~ignore);
    const DWORD kana = LCMAP_HIRAGANA | LCMAP_KATAKANA, width = LCMAP_HALFWIDTH | LCMAP_FULLWIDTH;
    if (!flags || flags & ~MAP_FLAGS || (flags & kana) == kana || (flags & width) == width)
        return FALSE;
    return flags & LCMAP_LINGUISTIC_CASING ? (flags & (LCMAP_LOWERCASE | LCMAP_UPPERCASE)) != 0 : TRUE;
}

/* Half-width forms are found by what they are variants of. */
static WCHAR map_to_half_width(WCHAR c) {
    if (c >= 0xFF01 && c <= 0xFF5E)
        return c - 0xFF01 + '!';
    if (c == 0x3000)
        return ' ';
    for (WCHAR half = 0xFF61; (c >= 0x3001 && c <= 0x30FC) && half <= 0xFF9F; half++)
        if (unicode_best_fit(half) == c)
            return half;
    return c;
}

static WCHAR map_to_full_width(WCHAR c) {
    if (c >= '!' && c <= '~')
        return c - '!' + 0xFF01;
    if (c == ' ')
        return 0x3000;
    return c >= 0xFF61 && c <= 0xFF9F && unicode_best_fit(c) ? unicode_best_fit(c) : c;
}

static WCHAR map_char(DWORD flags, WCHAR c, BOOL word_start) {
    if ((flags & LCMAP_UPPERCASE && !(flags & LCMAP_LOWERCASE)) || (word_start && flags & LCMAP_UPPERCASE))
        c = unicode_upper(c);
    else if (flags & LCMAP_LOWERCASE)
        c = unicode_lower(c);
    if (flags & LCMAP_FULLWIDTH)
        c = map_to_full_width(c);
    if (flags & LCMAP_HIRAGANA && ((c >= 0x30A1 && c <= 0x30F6) || c == 0x30FD || c == 0x30FE))
        c -= 0x60;
    if (flags & LCMAP_KATAKANA && ((c >= 0x3041 && c <= 0x3096) || c == 0x309D || c == 0x309E))
        c += 0x60;
    if (flags & LCMAP_HALFWIDTH)
        c = map_to_half_width(c);
    return flags & LCMAP_BYTEREV ? (WCHAR)(c << 8 | c >> 8) : c;
}

static int map_run(DWORD flags, const WCHAR *src, size_t len, WCHAR *dst, size_t room) {
    size_t out = 0;
    BOOL word_start = TRUE;
    for (size_t i = 0; i < len; i++) {
        const unsigned type1 = unicode_ctype1(src[i]), type3 = unicode_ctype3(src[i]);
        if ((flags & NORM_IGNORENONSPACE && type3 & C3_NONSPACING) || (flags & NORM_IGNORESYMBOLS && type1 & C1_PUNCT))
            continue;
        if (room) {
            if (out == room)
                return string_fail(ERROR_INSUFFICIENT_BUFFER);
            dst[out] = map_char(flags, src[i], word_start);
        }
        word_start = !(type1 & (C1_ALPHA | C1_DIGIT)) && src[i] != '\'';
        out++;
    }
    return out;
}

static int map_any(DWORD flags, const WCHAR *src, int src_len, WCHAR *dst, int dst_len) {
    if (!src || !src_len || dst_len < 0 || (dst_len && !dst))
        return string_fail(ERROR_INVALID_PARAMETER);
    flags &= ~(DWORD)LOCALE_USE_CP_ACP;
    if (!map_flags_ok(flags))
        return string_fail(ERROR_INVALID_FLAGS);
    if (dst_len && src == dst && flags & ~(LCMAP_LOWERCASE | LCMAP_UPPERCASE | LCMAP_LINGUISTIC_CASING))
        return string_fail(flags & LCMAP_SORTKEY ? ERROR_INVALID_FLAGS : ERROR_INVALID_PARAMETER);
    const size_t len = string_len(src, src_len);
    if (!(flags & LCMAP_SORTKEY))
        return map_run(flags, src, len, dst, dst_len);
    /* the NUL that ends a text has no weight */
    const size_t need = sort_key(flags & SORT_FLAGS, src, len, (BYTE *)dst, dst_len);
    if (need == (size_t)-1)
        return string_fail(ERROR_NOT_ENOUGH_MEMORY);
    return dst_len && need > (size_t)dst_len ? string_fail(ERROR_INSUFFICIENT_BUFFER) : (int)need;
}

/**
 * LCMapStringEx() - another form of a string, or its sort key.
 * @name: a locale's name, LOCALE_NAME_USER_DEFAULT, LOCALE_NAME_INVARIANT. One casing and one order hold for all.
 * @flags: LCMAP_UPPERCASE, LCMAP_LOWERCASE (both: title case), LCMAP_BYTEREV, kana and width; or LCMAP_SORTKEY with NORM_* and SORT_*; or
 *     NORM_IGNORENONSPACE, NORM_IGNORESYMBOLS, which drop such characters.
 * @dst_len: characters, bytes of a sort key; 0 measures.
 * Return: characters or bytes, with those of a NUL at the end of the source; 0 with ERROR_INVALID_PARAMETER, ERROR_INVALID_FLAGS,
 *     ERROR_INSUFFICIENT_BUFFER, ERROR_NOT_ENOUGH_MEMORY.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winnls/nf-winnls-lcmapstringex
 */
int WINAPI LCMapStringEx(const WCHAR *name, DWORD flags, const WCHAR *src, int src_len, WCHAR *dst, int dst_len, NLSVERSIONINFO *version,
    void *reserved, LPARAM sort_handle) {
    (void)version;
    if (reserved || sort_handle || !locale_by_name(name))
        return string_fail(ERROR_INVALID_PARAMETER);
    return map_any(flags, src, src_len, dst, dst_len);
}

/** LCMapStringW() - see LCMapStringEx(). */
int WINAPI LCMapStringW(LCID locale, DWORD flags, const WCHAR *src, int src_len, WCHAR *dst, int dst_len) {
    if (!locale_by_id(locale))
        return string_fail(ERROR_INVALID_PARAMETER);
    return map_any(flags, src, src_len, dst, dst_len);
}

/* A W copy of ANSI text; NULL with the last error set. */
static WCHAR *string_wide(const char *text, int len, size_t *n) {
    const size_t size = len < 0 ? strlen(text) + 1 : (size_t)len;
    *n = utf8_to_utf16(text, size, NULL, 0, NULL);
    WCHAR *wide = malloc((*n + 1) * sizeof *wide);
    if (wide)
        utf8_to_utf16(text, size, wide, *n, NULL);
    else
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    return wide;
}

/** LCMapStringA() - see LCMapStringEx(); lengths in bytes. */
int WINAPI LCMapStringA(LCID locale, DWORD flags, const char *src, int src_len, char *dst, int dst_len) {
    if (!src || !src_len || dst_len < 0 || (dst_len && !dst))
        return string_fail(ERROR_INVALID_PARAMETER);
    size_t n;
    WCHAR *wide = string_wide(src, src_len, &n);
    if (!wide)
        return 0;
    int result;
    if (flags & LCMAP_SORTKEY) {
        result = LCMapStringW(locale, flags, wide, n, (WCHAR *)dst, dst_len);
        free(wide);
        return result;
    }
    WCHAR *mapped = malloc((n + 1) * sizeof *mapped);
    result = mapped ? LCMapStringW(locale, flags, wide, n, mapped, n) : string_fail(ERROR_NOT_ENOUGH_MEMORY);
    if (result) {
        const size_t need = utf16_to_utf8(mapped, result, dst, dst_len, NULL);
        result = dst_len && need > (size_t)dst_len ? string_fail(ERROR_INSUFFICIENT_BUFFER) : (int)need;
    }
    free(mapped);
    free(wide);
    return result;
}

static int compare_any(DWORD flags, const WCHAR *a, int a_len, const WCHAR *b, int b_len) {
    if (!a || !b || a_len < -1 || b_len < -1)
        return string_fail(ERROR_INVALID_PARAMETER);
    if (flags & ~(SORT_FLAGS | LOCALE_USE_CP_ACP))
        return string_fail(ERROR_INVALID_FLAGS);
    BOOL failed;
    const size_t left = a_len < 0 ? utf16_len(a) : (size_t)a_len, right = b_len < 0 ? utf16_len(b) : (size_t)b_len;
    const int order = sort_compare(flags, a, left, b, right, &failed);
    if (failed)
        return string_fail(ERROR_NOT_ENOUGH_MEMORY);
    return order < 0 ? CSTR_LESS_THAN : order > 0 ? CSTR_GREATER_THAN : CSTR_EQUAL;
}

/**
 * CompareStringEx() - compares two strings linguistically.
 * @flags: NORM_*, SORT_STRINGSORT (hyphens and apostrophes count as symbols), SORT_DIGITSASNUMBERS.
 * Return: CSTR_LESS_THAN (1), CSTR_EQUAL (2), CSTR_GREATER_THAN (3); 0 with ERROR_INVALID_PARAMETER, ERROR_INVALID_FLAGS.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/stringapiset/nf-stringapiset-comparestringex
 */
int WINAPI CompareStringEx(const WCHAR *name, DWORD flags, const WCHAR *a, int a_len, const WCHAR *b, int b_len, NLSVERSIONINFO *version,
    void *reserved, LPARAM handle) {
    (void)version, (void)reserved, (void)handle;
    return locale_by_name(name) ? compare_any(flags, a, a_len, b, b_len) : string_fail(ERROR_INVALID_PARAMETER);
}

/** CompareStringW() - see CompareStringEx(). */
int WINAPI CompareStringW(LCID locale, DWORD flags, const WCHAR *a, int a_len, const WCHAR *b, int b_len) {
    return locale_by_id(locale) ? compare_any(flags, a, a_len, b, b_len) : string_fail(ERROR_INVALID_PARAMETER);
}

/** CompareStringA() - see CompareStringEx(). */
int WINAPI CompareStringA(LCID locale, DWORD flags, const char *a, int a_len, const char *b, int b_len) {
    if (!a || !b)
        return string_fail(ERROR_INVALID_PARAMETER);
    size_t left_len, right_len;
    WCHAR *left = string_wide(a, a_len < 0 ? (int)strlen(a) : a_len, &left_len);
    WCHAR *right = left ? string_wide(b, b_len < 0 ? (int)strlen(b) : b_len, &right_len) : NULL;
    const int result = right ? CompareStringW(locale, flags, left, left_len, right, right_len) : 0;
    free(left);
    free(right);
    return result;
}

/**
 * CompareStringOrdinal() - compares two strings unit by unit.
 * @ignore_case: by NT's upper case table.
 * Return: CSTR_LESS_THAN, CSTR_EQUAL, CSTR_GREATER_THAN; 0 with ERROR_INVALID_PARAMETER.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/stringapiset/nf-stringapiset-comparestringordinal
 */
int WINAPI CompareStringOrdinal(const WCHAR *a, int a_len, const WCHAR *b, int b_len, BOOL ignore_case) {
    if (!a || !b || a_len < -1 || b_len < -1)
        return string_fail(ERROR_INVALID_PARAMETER);
    const size_t left = a_len < 0 ? utf16_len(a) : (size_t)a_len, right = b_len < 0 ? utf16_len(b) : (size_t)b_len;
    for (size_t i = 0; i < left && i < right; i++) {
        const WCHAR x = ignore_case ? unicode_upper(a[i]) : a[i], y = ignore_case ? unicode_upper(b[i]) : b[i];
        if (x != y)
            return x < y ? CSTR_LESS_THAN : CSTR_GREATER_THAN;
    }
    return left < right ? CSTR_LESS_THAN : left > right ? CSTR_GREATER_THAN : CSTR_EQUAL;
}
