/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Classes of characters (MSDN: stringapiset.h), from Unicode's database (libs/base/unicode.h). */
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "libs/base/unicode.h"
#include "libs/base/utf.h"

static BOOL string_type_fail(DWORD error) {
    SetLastError(error);
    return FALSE;
}

/**
 * GetStringTypeW() - classes of each character of a string.
 * @type: CT_CTYPE1 (C1_*), CT_CTYPE2 (C2_*: how it goes in bidirectional text) or CT_CTYPE3 (C3_*).
 * @len: in characters; -1: up to and with the NUL.
 * @types: a word for each character.
 * Return: TRUE; FALSE with ERROR_INVALID_PARAMETER.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/stringapiset/nf-stringapiset-getstringtypew
 */
BOOL WINAPI GetStringTypeW(DWORD type, const WCHAR *text, int len, WORD *types) {
    if (!text || !types || !len || text == types || (type != CT_CTYPE1 && type != CT_CTYPE2 && type != CT_CTYPE3))
        return string_type_fail(ERROR_INVALID_PARAMETER);
    const size_t n = len < 0 ? utf16_len(text) + 1 : (size_t)len;
    uint16_t (*const look)(uint16_t) = type == CT_CTYPE1 ? unicode_ctype1 : type == CT_CTYPE2 ? unicode_ctype2 : unicode_ctype3;
    for (size_t i = 0; i < n; i++)
        types[i] = look(text[i]);
    return TRUE;
}

/** GetStringTypeExW() - see GetStringTypeW(): the locale makes no difference. */
BOOL WINAPI GetStringTypeExW(LCID locale, DWORD type, const WCHAR *text, int len, WORD *types) {
    (void)locale;
    return GetStringTypeW(type, text, len, types);
}

/** GetStringTypeA() - the classes of each character (not byte) of ANSI text, as GetStringTypeW() gives them. */
BOOL WINAPI GetStringTypeA(LCID locale, DWORD type, const char *text, int len, WORD *types) {
    (void)locale;
    if (!text || !types || !len)
        return string_type_fail(ERROR_INVALID_PARAMETER);
    const size_t size = len < 0 ? strlen(text) + 1 : (size_t)len, n = utf8_to_utf16(text, size, NULL, 0, NULL);
    WCHAR *wide = malloc(n * sizeof *wide);
    if (!wide)
        return string_type_fail(ERROR_NOT_ENOUGH_MEMORY);
    utf8_to_utf16(text, size, wide, n, NULL);
    const BOOL ok = GetStringTypeW(type, wide, n, types);
    free(wide);
    return ok;
}

BOOL WINAPI GetStringTypeExA(LCID locale, DWORD type, const char *text, int len, WORD *types) {
    return GetStringTypeA(locale, type, text, len, types);
}
