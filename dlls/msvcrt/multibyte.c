/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Multibyte characters and strings (MSDN: mbstowcs and its family).  In the "C" locale a byte is the WCHAR of that
 * value, and a WCHAR above 255 has no bytes.  Other locales convert by their code page; UTF-8 may give two units for
 * one character.
 */
#include <stdlib.h>

#include "dlls/msvcrt/crt_functions.h"
#include "dlls/msvcrt/multibyte.h"

static int utf8_length(unsigned char lead) {
    return lead < 0x80 ? 1 : lead < 0xc2 ? -1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : -1;
}

static int utf8_from_wide(char *bytes, const WCHAR *text, size_t length, size_t *used) {
    uint32_t c = text[0];
    *used = 1;
    if (c >= 0xd800 && c < 0xe000) {
        if (c >= 0xdc00 || length < 2 || text[1] < 0xdc00 || text[1] >= 0xe000)
            return -1;
        c = 0x10000 + ((c & 0x3ff) << 10) + (text[1] & 0x3ff);
        *used = 2;
    }
    if (c < 0x80)
        return bytes[0] = c, 1;
    const int n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned char lead[5] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (int i = n - 1; i > 0; i--, c >>= 6)
        bytes[i] = 0x80 | (c & 63);
    bytes[0] = lead[n] | c;
    return n;
}

static int utf8_to_wide(WCHAR *units, int *n_units, const char *text, size_t length) {
    const unsigned char *bytes = (const unsigned char *)text;
    const int n = utf8_length(bytes[0]);
    if (n < 0)
        return -1;
    uint32_t c = n == 1 ? bytes[0] : bytes[0] & (0x7f >> n);
    for (int i = 1; i < n; i++) {
        if ((size_t)i >= length)
            return 0;
        if ((bytes[i] & 0xc0) != 0x80)
            return -1;
        c = c << 6 | (bytes[i] & 63);
    }
    if ((n == 3 && (c < 0x800 || (c >= 0xd800 && c < 0xe000))) || (n == 4 && (c < 0x10000 || c > 0x10ffff)))
        return -1;
    *n_units = c < 0x10000 ? 1 : 2;
    units[0] = c < 0x10000 ? c : 0xd7c0 + (c >> 10);
    units[1] = 0xdc00 | (c & 0x3ff);
    return n;
}

int multibyte_from_wide(char *bytes, const WCHAR *text, size_t length, size_t *used) {
    const unsigned codepage = crt_locale_codepage();
    if (codepage == CP_UTF8)
        return utf8_from_wide(bytes, text, length, used);
    *used = 1;
    if (!codepage || text[0] < 128) {
        bytes[0] = text[0];
        return text[0] < 256 ? 1 : -1;
    }
    BOOL replaced = FALSE;
    const int n = WideCharToMultiByte(codepage, 0, text, 1, bytes, MULTIBYTE_MAX, NULL, &replaced);
    return n <= 0 || replaced ? -1 : n;
}

int multibyte_to_wide(WCHAR *units, int *n_units, const char *text, size_t length) {
    const unsigned codepage = crt_locale_codepage();
    if (codepage == CP_UTF8)
        return utf8_to_wide(units, n_units, text, length);
    *n_units = 1;
    units[0] = (unsigned char)text[0];
    if (!codepage || units[0] < 128)
        return 1;
    const int n = IsDBCSLeadByteEx(codepage, text[0]) ? 2 : 1;
    if ((size_t)n > length)
        return 0;
    return MultiByteToWideChar(codepage, MB_ERR_INVALID_CHARS, text, n, units, 1) == 1 ? n : -1;
}

int CDECL msvcrt_mbtowc(WCHAR *out, const char *text, size_t n) {
    if (!text || !n)
        return 0;
    if (!*text)
        return out ? (void)(*out = 0) : (void)0, 0;
    WCHAR units[2];
    int n_units;
    const int used = multibyte_to_wide(units, &n_units, text, n);
    if (used <= 0 || n_units != 1)
        return crt_errno_set(CRT_EILSEQ), -1;
    if (out)
        *out = units[0];
    return used;
}

int CDECL msvcrt_mblen(const char *text, size_t n) {
    return msvcrt_mbtowc(NULL, text, n);
}

int CDECL msvcrt_wctomb(char *out, WCHAR c) {
    if (!out)
        return 0;
    size_t used;
    const int n = multibyte_from_wide(out, &c, 1, &used);
    return n < 0 ? crt_errno_set(CRT_EILSEQ), -1 : n;
}

int CDECL wctomb_s(int *length, char *out, size_t size, WCHAR c) {
    if (!out)
        return length ? (void)(*length = 0) : (void)0, 0;
    char bytes[MULTIBYTE_MAX];
    size_t used;
    const int n = multibyte_from_wide(bytes, &c, 1, &used);
    if (length)
        *length = n;
    if (n < 0)
        return crt_fail(CRT_EILSEQ);
    if ((size_t)n > size)
        return crt_invalid_parameter(ERANGE), ERANGE;
    memcpy(out, bytes, n);
    return 0;
}

/* mbstowcs() - returns the units of the whole text when out is NULL; no terminator is stored when n units are not
 * enough. */
size_t CDECL msvcrt_mbstowcs(WCHAR *out, const char *text, size_t n) {
    size_t done = 0;
    for (size_t left = strlen(text) + 1; !out || done < n;) {
        WCHAR units[2];
        int n_units;
        const int used = multibyte_to_wide(units, &n_units, text, left);
        if (used <= 0)
            return crt_errno_set(CRT_EILSEQ), (size_t)-1;
        if (out && done + n_units > n)
            break;
        if (out)
            memcpy(out + done, units, n_units * sizeof(WCHAR));
        if (!units[0])
            break;
        done += n_units;
        text += used;
        left -= used;
    }
    return done;
}

size_t CDECL msvcrt_wcstombs(char *out, const WCHAR *text, size_t n) {
    size_t done = 0;
    for (size_t left = crt_wcslen(text) + 1; !out || done < n;) {
        char bytes[MULTIBYTE_MAX];
        size_t used;
        const int width = multibyte_from_wide(bytes, text, left, &used);
        if (width < 0)
            return crt_errno_set(CRT_EILSEQ), (size_t)-1;
        if (out && done + width > n)
            break;
        if (out)
            memcpy(out + done, bytes, width);
        if (!*text)
            break;
        done += width;
        text += used;
        left -= used;
    }
    return done;
}

int CDECL mbstowcs_s(size_t *converted, WCHAR *out, size_t size, const char *text, size_t n) {
    if (converted)
        *converted = 0;
    if ((!out) != (!size) || !text)
        return crt_invalid_parameter(EINVAL), EINVAL;
    const size_t whole = msvcrt_mbstowcs(NULL, text, 0);
    if (whole == (size_t)-1)
        return out ? (void)(*out = 0) : (void)0, CRT_EILSEQ;
    size_t wanted = n == CRT_TRUNCATE || n > whole ? whole : n;
    const bool cut = out && wanted >= size;
    if (cut && n != CRT_TRUNCATE) {
        *out = 0;
        return crt_invalid_parameter(ERANGE), ERANGE;
    }
    wanted = cut ? size - 1 : wanted;
    if (out) {
        wanted = msvcrt_mbstowcs(out, text, wanted);
        out[wanted] = 0;
    }
    if (converted)
        *converted = wanted + 1;
    return cut ? CRT_STRUNCATE : 0;
}

int CDECL wcstombs_s(size_t *converted, char *out, size_t size, const WCHAR *text, size_t n) {
    if (converted)
        *converted = 0;
    if ((!out) != (!size) || !text)
        return crt_invalid_parameter(EINVAL), EINVAL;
    const size_t whole = msvcrt_wcstombs(NULL, text, 0);
    if (whole == (size_t)-1)
        return out ? (void)(*out = 0) : (void)0, CRT_EILSEQ;
    size_t wanted = n == CRT_TRUNCATE || n > whole ? whole : n;
    const bool cut = out && wanted >= size;
    if (cut && n != CRT_TRUNCATE) {
        *out = 0;
        return crt_invalid_parameter(ERANGE), ERANGE;
    }
    wanted = cut ? size - 1 : wanted;
    if (out) {
        wanted = msvcrt_wcstombs(out, text, wanted);
        out[wanted] = 0;
    }
    if (converted)
        *converted = wanted + 1;
    return cut ? CRT_STRUNCATE : 0;
}

uint16_t CDECL msvcrt_btowc(int c) {
    WCHAR units[2];
    int n_units;
    const char byte = c;
    return c != -1 && multibyte_to_wide(units, &n_units, &byte, 1) == 1 ? units[0] : 0xffff;
}

WCHAR *crt_wide_from_ansi(const char *text) {
    const int n = MultiByteToWideChar(CP_ACP, 0, text, -1, NULL, 0);
    WCHAR *wide = malloc((n + 1) * sizeof(WCHAR));
    if (!wide)
        return crt_errno_set(ENOMEM), NULL;
    wide[0] = 0;
    MultiByteToWideChar(CP_ACP, 0, text, -1, wide, n);
    return wide;
}

char *crt_ansi_from_wide(const WCHAR *text) {
    const int n = WideCharToMultiByte(CP_ACP, 0, text, -1, NULL, 0, NULL, NULL);
    char *narrow = malloc(n + 1);
    if (!narrow)
        return crt_errno_set(ENOMEM), NULL;
    narrow[0] = 0;
    WideCharToMultiByte(CP_ACP, 0, text, -1, narrow, n, NULL, NULL);
    return narrow;
}

/* Strings in the multibyte code page (_mbs*): single bytes here, or UTF-8, where a search for ASCII is a search for
 * bytes. */
unsigned char *CDECL _mbschr(const unsigned char *text, unsigned c) {
    return (unsigned char *)strchr((const char *)text, c);
}
unsigned char *CDECL _mbsrchr(const unsigned char *text, unsigned c) {
    return (unsigned char *)strrchr((const char *)text, c);
}
unsigned char *CDECL _mbsstr(const unsigned char *text, const unsigned char *part) {
    return (unsigned char *)strstr((const char *)text, (const char *)part);
}
int CDECL _mbscmp(const unsigned char *a, const unsigned char *b) {
    return msvcrt_strcmp((const char *)a, (const char *)b);
}
int CDECL _mbsicmp(const unsigned char *a, const unsigned char *b) {
    return _stricmp((const char *)a, (const char *)b);
}
int CDECL _mbsnbcmp(const unsigned char *a, const unsigned char *b, size_t n) {
    return msvcrt_strncmp((const char *)a, (const char *)b, n);
}
int CDECL _ismbblead(unsigned c) {
    return IsDBCSLeadByteEx(CP_ACP, c);
}
