/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Conversions between code pages and UTF-16 (MSDN: stringapiset.h, winnls.h). The ANSI and the OEM code page are UTF-8, as on a Windows 10 whose "Beta: Use
 * Unicode UTF-8 for worldwide language support" is on: so the A functions reach every Linux file name.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "libs/base/unicode.h"
#include "libs/base/utf.h"
#include "dlls/kernel32/codepage.h"

/** GetACP() - the ANSI code page: 65001, UTF-8. */
UINT WINAPI GetACP(void) {
    return CP_UTF8;
}

/** GetOEMCP() - the OEM code page: 65001, UTF-8. */
UINT WINAPI GetOEMCP(void) {
    return CP_UTF8;
}

static BOOL codepage_usable(const struct codepage *page) {
    return page && (page->kind != CODEPAGE_TABLE || codepage_table_get(page));
}

/**
 * IsValidCodePage() - whether a code page can be converted from and to.
 * @id: a number; the CP_ names of 0..3 are none.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winnls/nf-winnls-isvalidcodepage
 */
BOOL WINAPI IsValidCodePage(UINT id) {
    if (id <= CP_THREAD_ACP)
        return FALSE;
    const DWORD error = GetLastError();
    const BOOL valid = codepage_usable(codepage_find(id));
    SetLastError(error);
    return valid;
}

/**
 * GetCPInfo() - the shape of a code page.
 * Return: TRUE; FALSE with ERROR_INVALID_PARAMETER.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winnls/nf-winnls-getcpinfo
 */
BOOL WINAPI GetCPInfo(UINT id, CPINFO *info) {
    const struct codepage *page = codepage_find(id);
    if (!info || !codepage_usable(page)) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    memset(info, 0, sizeof *info);
    info->MaxCharSize = page->kind == CODEPAGE_UTF8 ? 4 : page->kind == CODEPAGE_UTF7 ? 5 : page->lead[0] ? 2 : 1;
    info->DefaultChar[0] = page->id == 37 || page->id == 500 || page->id == 1026 ? 0x6F : '?';
    memcpy(info->LeadByte, page->lead, sizeof page->lead);
    return TRUE;
}

/**
 * GetCPInfoExW() - the shape and the name of a code page.
 * @flags: 0.
 * Return: TRUE; FALSE with ERROR_INVALID_PARAMETER, ERROR_INVALID_FLAGS.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winnls/nf-winnls-getcpinfoexw
 */
BOOL WINAPI GetCPInfoExW(UINT id, DWORD flags, CPINFOEXW *info) {
    CPINFO shape;
    if (!GetCPInfo(id, info ? &shape : NULL))
        return FALSE;
    const struct codepage *page = codepage_find(id);
    memset(info, 0, sizeof *info);
    (void)flags; /* reserved; Windows does not look at it */
    info->MaxCharSize = shape.MaxCharSize;
    memcpy(info->DefaultChar, shape.DefaultChar, sizeof shape.DefaultChar);
    memcpy(info->LeadByte, shape.LeadByte, sizeof shape.LeadByte);
    info->UnicodeDefaultChar = page->kind == CODEPAGE_UTF8 || page->kind == CODEPAGE_UTF7 ? 0xFFFD : '?';
    info->CodePage = page->id;
    char name[MAX_PATH];
    const int len = snprintf(name, sizeof name, "%-5u %s", page->id, page->name);
    utf8_to_utf16(name, len + 1, info->CodePageName, MAX_PATH, NULL);
    return TRUE;
}

/** GetCPInfoExA() - see GetCPInfoExW(). */
BOOL WINAPI GetCPInfoExA(UINT id, DWORD flags, CPINFOEXA *info) {
    CPINFOEXW wide;
    if (!GetCPInfoExW(id, flags, info ? &wide : NULL))
        return FALSE;
    memcpy(info, &wide, offsetof(CPINFOEXA, CodePageName));
    utf16_to_utf8(wide.CodePageName, utf16_len(wide.CodePageName) + 1, info->CodePageName, MAX_PATH, NULL);
    return TRUE;
}

/** IsDBCSLeadByteEx() - whether a byte is the first of two in a code page. */
BOOL WINAPI IsDBCSLeadByteEx(UINT id, BYTE byte) {
    const struct codepage *page = codepage_find(id);
    for (int i = 0; page && i < 12 && page->lead[i]; i += 2)
        if (byte >= page->lead[i] && byte <= page->lead[i + 1])
            return TRUE;
    return FALSE;
}

/** IsDBCSLeadByte() - the same for the ANSI code page, UTF-8: never. */
BOOL WINAPI IsDBCSLeadByte(BYTE byte) {
    return IsDBCSLeadByteEx(CP_ACP, byte);
}

BOOL WINAPI EnumSystemCodePagesW(CODEPAGE_ENUMPROCW callback, DWORD flags) {
    (void)flags; /* CP_INSTALLED and CP_SUPPORTED are the same here */
    if (!callback) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    unsigned at = 0;
    for (const struct codepage *page; (page = codepage_next(&at));) {
        char number[12];
        WCHAR wide[12];
        utf8_to_utf16(number, snprintf(number, sizeof number, "%u", page->id) + 1, wide, 12, NULL);
        if (codepage_usable(page) && !callback(wide))
            break;
    }
    return TRUE;
}

BOOL WINAPI EnumSystemCodePagesA(CODEPAGE_ENUMPROCA callback, DWORD flags) {
    (void)flags;
    if (!callback) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    unsigned at = 0;
    for (const struct codepage *page; (page = codepage_next(&at));) {
        char number[12];
        snprintf(number, sizeof number, "%u", page->id);
        if (codepage_usable(page) && !callback(number))
            break;
    }
    return TRUE;
}

static size_t codepage_to_wide(const struct codepage_table *table, const char *src, size_t len, WCHAR *dst, size_t room, size_t *n_bad) {
    const BYTE *bytes = (const BYTE *)src;
    size_t out = 0;
    for (size_t i = 0; i < len; i++, out++) {
        WCHAR c = table->to_wide[bytes[i]];
        if (table->is_lead[bytes[i]] && i + 1 < len) {
            /* a NUL is never a second byte: the lead byte stands alone, and the text ends where it did */
            c = table->to_wide[bytes[i] << 8 | bytes[i + 1]];
            i += bytes[i + 1] != 0;
        }
        if (c == 0xFFFF) {
            ++*n_bad;
            c = table->is_double ? 0x30FB : '?';
        }
        if (out < room)
            dst[out] = c;
    }
    return out;
}

static size_t codepage_symbol_to_wide(const char *src, size_t len, WCHAR *dst, size_t room) {
    for (size_t i = 0; i < len && i < room; i++)
        dst[i] = (BYTE)src[i] < 0x20 ? (BYTE)src[i] : 0xF000 + (BYTE)src[i];
    return len;
}

static int codepage_fail(DWORD error) {
    SetLastError(error);
    return 0;
}

static BOOL codepage_flags_ok_to_wide(const struct codepage *page, DWORD flags) {
    if (page->kind == CODEPAGE_UTF8)
        return !(flags & ~MB_ERR_INVALID_CHARS);
    if (page->kind != CODEPAGE_TABLE)
        return !flags;
    const DWORD known = MB_PRECOMPOSED | MB_COMPOSITE | MB_USEGLYPHCHARS | MB_ERR_INVALID_CHARS;
    return !(flags & ~known) && (flags & (MB_PRECOMPOSED | MB_COMPOSITE)) != (MB_PRECOMPOSED | MB_COMPOSITE);
}

/**
 * MultiByteToWideChar() - text of a code page to UTF-16.
 * @flags: MB_ERR_INVALID_CHARS: fail on what is malformed instead of replacing it. UTF-8 takes no other, UTF-7 and CP_SYMBOL none.
 * @src_len: in bytes; negative: up to and with the NUL.
 * @dst_len: in characters; 0 measures.
 * Return: characters written, or needed when @dst_len is 0; 0 with ERROR_INVALID_PARAMETER, ERROR_INVALID_FLAGS,
 *     ERROR_INSUFFICIENT_BUFFER (what fits has been written), ERROR_NO_UNICODE_TRANSLATION.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/stringapiset/nf-stringapiset-multibytetowidechar
 */
int WINAPI MultiByteToWideChar(UINT id, DWORD flags, const char *src, int src_len, WCHAR *dst, int dst_len) {
    if (!src || !src_len || dst_len < 0 || (!dst && dst_len) || (dst_len && (const void *)src == (const void *)dst))
        return codepage_fail(ERROR_INVALID_PARAMETER);
    const struct codepage *page = codepage_find(id);
    if (!page)
        return 0;
    if (!codepage_flags_ok_to_wide(page, flags))
        return codepage_fail(ERROR_INVALID_FLAGS);
    const size_t len = src_len < 0 ? strlen(src) + 1 : (size_t)src_len;
    size_t n_bad = 0, out = 0;
    if (page->kind == CODEPAGE_UTF8) {
        out = utf8_to_utf16(src, len, dst, dst_len, &n_bad);
    } else if (page->kind == CODEPAGE_UTF7) {
        out = utf7_to_utf16(src, len, dst, dst_len);
    } else if (page->kind == CODEPAGE_SYMBOL) {
        out = codepage_symbol_to_wide(src, len, dst, dst_len);
    } else {
        const struct codepage_table *table = codepage_table_get(page);
        if (!table)
            return codepage_fail(ERROR_INVALID_PARAMETER);
        out = codepage_to_wide(table, src, len, dst, dst_len, &n_bad);
    }
    if (n_bad && (flags & MB_ERR_INVALID_CHARS))
        return codepage_fail(ERROR_NO_UNICODE_TRANSLATION);
    if (out > INT_MAX)
        return codepage_fail(ERROR_INVALID_PARAMETER);
    if (dst_len && out > (size_t)dst_len)
        return codepage_fail(ERROR_INSUFFICIENT_BUFFER);
    return out;
}

/* What a character that the code page lacks turns into, and whether that happened. */
struct codepage_default {
    uint16_t code;
    BOOL no_best_fit, used;
};

static uint16_t codepage_from_char(const struct codepage_table *table, WCHAR c, struct codepage_default *fallback) {
    if (!c || table->to_bytes[c])
        return table->to_bytes[c];
    const WCHAR fit = fallback->no_best_fit ? 0 : unicode_best_fit(c);
    if (fit && table->to_bytes[fit])
        return table->to_bytes[fit];
    fallback->used = TRUE;
    return fallback->code;
}

static size_t codepage_from_wide(
    const struct codepage_table *table, const WCHAR *src, size_t len, char *dst, size_t room, struct codepage_default *fallback) {
    size_t out = 0;
    for (size_t i = 0; i < len; i++) {
        const uint16_t code = codepage_from_char(table, src[i], fallback);
        /* a surrogate pair is one character, and one default character */
        if ((src[i] & 0xFC00) == 0xD800 && i + 1 < len && (src[i + 1] & 0xFC00) == 0xDC00)
            i++;
        const size_t n = code > 0xFF ? 2 : 1;
        if (out + n <= room) {
            if (n == 2)
                dst[out] = code >> 8;
            dst[out + n - 1] = code;
        } else {
            room = out < room ? out : room;
        }
        out += n;
    }
    return out;
}

static size_t codepage_symbol_from_wide(const WCHAR *src, size_t len, char *dst, size_t room, size_t *n_bad) {
    for (size_t i = 0; i < len; i++) {
        const BOOL fits = src[i] < 0x20 || (src[i] >= 0xF020 && src[i] <= 0xF0FF);
        *n_bad += !fits;
        if (i < room)
            dst[i] = fits ? (char)src[i] : '?';
    }
    return len;
}

static BOOL codepage_flags_ok_from_wide(const struct codepage *page, DWORD flags) {
    if (page->kind == CODEPAGE_UTF8)
        return !(flags & ~WC_ERR_INVALID_CHARS);
    if (page->kind != CODEPAGE_TABLE)
        return !flags;
    return !(flags & ~(WC_COMPOSITECHECK | WC_DISCARDNS | WC_SEPCHARS | WC_DEFAULTCHAR | WC_NO_BEST_FIT_CHARS));
}

/* Programs that ask for CP_ACP pass a default character, whatever page that turns out to be: 7-Zip ends if the call fails then.
 * Observed of programs that run with a UTF-8 ANSI code page; not confirmed by documentation, which speaks of CP_UTF8 only. */
static BOOL codepage_is_of_process(UINT id) {
    return id == CP_ACP || id == CP_OEMCP || id == CP_MACCP || id == CP_THREAD_ACP;
}

/**
 * WideCharToMultiByte() - UTF-16 to text of a code page.
 * @flags: WC_NO_BEST_FIT_CHARS: no look-alikes, but the default character; UTF-8 takes WC_ERR_INVALID_CHARS alone, UTF-7 and CP_SYMBOL none.
 * @src_len: in characters; negative: up to and with the NUL.
 * @dst_len: in bytes; 0 measures.
 * @default_char: NULL: the code page's ('?'); NULL for UTF-7, UTF-8 and CP_SYMBOL, as @used_default is.
 * Return: bytes written, or needed when @dst_len is 0; 0 with ERROR_INVALID_PARAMETER, ERROR_INVALID_FLAGS,
 *     ERROR_INSUFFICIENT_BUFFER (what fits has been written), ERROR_NO_UNICODE_TRANSLATION.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/stringapiset/nf-stringapiset-widechartomultibyte
 */
int WINAPI WideCharToMultiByte(
    UINT id, DWORD flags, const WCHAR *src, int src_len, char *dst, int dst_len, const char *default_char, BOOL *used_default) {
    if (!src || !src_len || dst_len < 0 || (!dst && dst_len) || (dst_len && (const void *)src == (const void *)dst))
        return codepage_fail(ERROR_INVALID_PARAMETER);
    const struct codepage *page = codepage_find(id);
    if (!page)
        return 0;
    if (page->kind != CODEPAGE_TABLE && (default_char || used_default) && !codepage_is_of_process(id))
        return codepage_fail(ERROR_INVALID_PARAMETER);
    if (page->kind != CODEPAGE_TABLE && used_default)
        *used_default = FALSE;
    if (page->kind == CODEPAGE_UTF8 && codepage_is_of_process(id))
        flags &= WC_ERR_INVALID_CHARS; /* Perl asks for WC_NO_BEST_FIT_CHARS, and checks no result */
    if (!codepage_flags_ok_from_wide(page, flags))
        return codepage_fail(ERROR_INVALID_FLAGS);
    const size_t len = src_len < 0 ? utf16_len(src) + 1 : (size_t)src_len;
    size_t n_bad = 0, out = 0;
    if (page->kind == CODEPAGE_UTF8) {
        out = utf16_to_utf8(src, len, dst, dst_len, &n_bad);
        if (n_bad && (flags & WC_ERR_INVALID_CHARS))
            return codepage_fail(ERROR_NO_UNICODE_TRANSLATION);
    } else if (page->kind == CODEPAGE_UTF7) {
        out = utf16_to_utf7(src, len, dst, dst_len);
    } else if (page->kind == CODEPAGE_SYMBOL) {
        out = codepage_symbol_from_wide(src, len, dst, dst_len, &n_bad);
        if (n_bad)
            return codepage_fail(ERROR_NO_UNICODE_TRANSLATION);
    } else {
        const struct codepage_table *table = codepage_table_get(page);
        if (!table)
            return codepage_fail(ERROR_INVALID_PARAMETER);
        struct codepage_default fallback = {.code = table->to_bytes['?'], .no_best_fit = (flags & WC_NO_BEST_FIT_CHARS) != 0};
        if (default_char)
            fallback.code = table->is_lead[(BYTE)default_char[0]] ? (BYTE)default_char[0] << 8 | (BYTE)default_char[1] : (BYTE)default_char[0];
        out = codepage_from_wide(table, src, len, dst, dst_len, &fallback);
        if (used_default)
            *used_default = fallback.used;
    }
    if (out > INT_MAX)
        return codepage_fail(ERROR_INVALID_PARAMETER);
    if (dst_len && out > (size_t)dst_len)
        return codepage_fail(ERROR_INSUFFICIENT_BUFFER);
    return out;
}
