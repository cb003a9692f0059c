/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Normalization, folding and finding (MSDN: winnls.h). */
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "libs/base/normalize.h"
#include "libs/base/unicode.h"
#include "libs/base/utf.h"
#include "dlls/kernel32/locale.h"
#include "dlls/kernel32/sort.h"

static BOOL normal_form_valid(NORM_FORM form) {
    return form == NormalizationC || form == NormalizationD || form == NormalizationKC || form == NormalizationKD;
}

/* The text in a form for free(); NULL with the last error set and *bad_at as unicode_normalize() has it. */
static WCHAR *normal_make(NORM_FORM form, const WCHAR *text, size_t len, size_t *out_len, size_t *bad_at) {
    const BOOL compose = form == NormalizationC || form == NormalizationKC, compatible = form == NormalizationKC || form == NormalizationKD;
    WCHAR *made = unicode_normalize(text, len, compose, compatible, out_len, bad_at);
    if (!made)
        SetLastError(*bad_at == SIZE_MAX ? ERROR_NOT_ENOUGH_MEMORY : ERROR_NO_UNICODE_TRANSLATION);
    return made;
}

/**
 * NormalizeString() - a text in one of Unicode's normalization forms.
 * @room: characters; 0 asks how much is needed.
 * Return: the length, with a NUL that was counted, and ERROR_SUCCESS; <= 0 with ERROR_INSUFFICIENT_BUFFER (minus the room needed),
 *     ERROR_NO_UNICODE_TRANSLATION (minus the index of the unpaired surrogate), ERROR_INVALID_PARAMETER, ERROR_NOT_ENOUGH_MEMORY.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winnls/nf-winnls-normalizestring
 */
int WINAPI NormalizeString(NORM_FORM form, const WCHAR *text, int len, WCHAR *out, int room) {
    if (!normal_form_valid(form) || !text || len < -1 || room < 0 || (room && !out)) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return 0;
    }
    size_t made_len, bad_at;
    WCHAR *made = normal_make(form, text, len < 0 ? utf16_len(text) + 1 : (size_t)len, &made_len, &bad_at);
    if (!made)
        return bad_at == SIZE_MAX ? 0 : -(int)bad_at;
    int result = made_len;
    if (room && made_len > (size_t)room) {
        SetLastError(ERROR_INSUFFICIENT_BUFFER);
        result = -result;
    } else {
        if (room)
            memcpy(out, made, made_len * sizeof *out);
        SetLastError(ERROR_SUCCESS);
    }
    free(made);
    return result;
}

/**
 * IsNormalizedString() - whether a text is in a form already.
 * Return: TRUE; FALSE with ERROR_SUCCESS, ERROR_NO_UNICODE_TRANSLATION, ERROR_INVALID_PARAMETER, ERROR_NOT_ENOUGH_MEMORY.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winnls/nf-winnls-isnormalizedstring
 */
BOOL WINAPI IsNormalizedString(NORM_FORM form, const WCHAR *text, int len) {
    if (!normal_form_valid(form) || !text || len < -1) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    const size_t n = len < 0 ? utf16_len(text) : (size_t)len;
    size_t made_len, bad_at;
    WCHAR *made = normal_make(form, text, n, &made_len, &bad_at);
    if (!made)
        return FALSE;
    const BOOL same = made_len == n && !memcmp(made, text, n * sizeof *text);
    free(made);
    SetLastError(ERROR_SUCCESS);
    return same;
}

/**
 * FoldStringW() - a text with variants made one.
 * @flags: MAP_PRECOMPOSED or MAP_COMPOSITE, MAP_FOLDCZONE (compatibility characters), MAP_FOLDDIGITS, MAP_EXPAND_LIGATURES.
 * Return: characters, with a NUL that was counted; 0 with ERROR_INVALID_PARAMETER, ERROR_INVALID_FLAGS, ERROR_INSUFFICIENT_BUFFER,
 *     ERROR_NO_UNICODE_TRANSLATION.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winnls/nf-winnls-foldstringw
 */
int WINAPI FoldStringW(DWORD flags, const WCHAR *text, int len, WCHAR *out, int room) {
    const DWORD known = MAP_PRECOMPOSED | MAP_COMPOSITE | MAP_FOLDCZONE | MAP_FOLDDIGITS | MAP_EXPAND_LIGATURES;
    if (!text || !len || room < 0 || (room && (!out || out == text))) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return 0;
    }
    if (!flags || flags & ~known || (flags & MAP_PRECOMPOSED && flags & (MAP_COMPOSITE | MAP_EXPAND_LIGATURES)) ||
        (flags & MAP_COMPOSITE && flags & MAP_EXPAND_LIGATURES)) {
        SetLastError(ERROR_INVALID_FLAGS);
        return 0;
    }
    const BOOL compatible = (flags & (MAP_FOLDCZONE | MAP_EXPAND_LIGATURES)) != 0;
    const BOOL composite = (flags & MAP_COMPOSITE) != 0;
    const NORM_FORM form = composite ? (compatible ? NormalizationKD : NormalizationD) : compatible ? NormalizationKC : NormalizationC;
    size_t n = len < 0 ? utf16_len(text) + 1 : (size_t)len, bad_at;
    WCHAR *made = NULL;
    if (flags == MAP_FOLDDIGITS) {
        made = malloc(n * sizeof *made);
        if (made)
            memcpy(made, text, n * sizeof *made);
        else
            SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    } else {
        made = normal_make(form, text, n, &n, &bad_at);
    }
    if (!made)
        return 0;
    for (size_t i = 0; flags & MAP_FOLDDIGITS && i < n; i++)
        if (unicode_digit(made[i]))
            made[i] = '0' + unicode_digit(made[i]) - 1;
    int result = n;
    if (room && n > (size_t)room) {
        SetLastError(ERROR_INSUFFICIENT_BUFFER);
        result = 0;
    } else if (room) {
        memcpy(out, made, n * sizeof *out);
    }
    free(made);
    return result;
}

/* The shortest part of the text from a place on that is equal to the value; -1: none. A character of either can be several of the other. */
static int find_at(DWORD flags, const WCHAR *text, int len, const WCHAR *value, int value_len, BOOL whole) {
    const int longest = len < 3 * value_len + 8 ? len : 3 * value_len + 8;
    for (int n = whole ? len : 1; n <= (whole ? len : longest); n++) {
        BOOL failed;
        if (!sort_compare(flags, text, n, value, value_len, &failed) && !failed)
            return n;
    }
    return -1;
}

static int find_any(DWORD flags, const WCHAR *text, int len, const WCHAR *value, int value_len, int *found_len) {
    const DWORD how = flags & (FIND_STARTSWITH | FIND_ENDSWITH | FIND_FROMSTART | FIND_FROMEND);
    if (!text || !value || len < -1 || value_len < -1 || !len || !value_len) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return -1;
    }
    if (how & (how - 1) || flags & ~(how | SORT_FLAGS)) {
        SetLastError(ERROR_INVALID_FLAGS);
        return -1;
    }
    len = len < 0 ? (int)utf16_len(text) : len;
    value_len = value_len < 0 ? (int)utf16_len(value) : value_len;
    const BOOL backwards = how == FIND_FROMEND;
    const int first = backwards ? len - 1 : 0, last = how == FIND_STARTSWITH ? 0 : len - 1;
    for (int i = first; backwards ? i >= 0 : i <= last; i += backwards ? -1 : 1) {
        const int n = find_at(flags & SORT_FLAGS, text + i, len - i, value, value_len, how == FIND_ENDSWITH);
        if (n < 0)
            continue;
        if (found_len)
            *found_len = n;
        return i;
    }
    SetLastError(ERROR_SUCCESS);
    return -1;
}

/**
 * FindNLSStringEx() - where a text holds another, by linguistic comparison.
 * @flags: FIND_FROMSTART (or 0), FIND_FROMEND, FIND_STARTSWITH, FIND_ENDSWITH, with NORM_*.
 * @found_len: receives how many characters of @text match; may be NULL.
 * Return: the index; -1 with ERROR_SUCCESS (it does not), ERROR_INVALID_PARAMETER, ERROR_INVALID_FLAGS.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winnls/nf-winnls-findnlsstringex
 */
int WINAPI FindNLSStringEx(const WCHAR *name, DWORD flags, const WCHAR *text, int len, const WCHAR *value, int value_len, int *found_len,
    NLSVERSIONINFO *version, void *reserved, LPARAM handle) {
    (void)version;
    if (reserved || handle || !locale_by_name(name)) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return -1;
    }
    return find_any(flags, text, len, value, value_len, found_len);
}

/** FindNLSString() - see FindNLSStringEx(). */
int WINAPI FindNLSString(LCID id, DWORD flags, const WCHAR *text, int len, const WCHAR *value, int value_len, int *found_len) {
    if (!locale_by_id(id)) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return -1;
    }
    return find_any(flags, text, len, value, value_len, found_len);
}
