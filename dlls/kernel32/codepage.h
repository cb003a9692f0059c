/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Code pages. Those of one and two bytes a character become tables, made on first use from what the C library's iconv says of each character;
 * UTF-8 is libs/base/utf.h, UTF-7 is codepage_utf7.c.
 */
#ifndef WINIPC_KERNEL32_CODEPAGE_H
#define WINIPC_KERNEL32_CODEPAGE_H

#include <stdint.h>
#include <windows.h>

enum codepage_kind { CODEPAGE_UTF8, CODEPAGE_UTF7, CODEPAGE_SYMBOL, CODEPAGE_TABLE };

struct codepage {
    UINT id;
    enum codepage_kind kind;
    const char *iconv_name; /* of CODEPAGE_TABLE */
    BYTE lead[12];          /* pairs of first and last lead byte; zeros end them */
    const char *name;       /* what GetCPInfoEx says after the number */
};

/* What a table holds; it lives until the process ends. */
struct codepage_table {
    WCHAR *to_wide;     /* 256 characters, or 65536 (lead << 8 | trail) when there are lead bytes; 0xFFFF: none */
    uint16_t *to_bytes; /* by character; 0: none, but for U+0000 */
    BOOL is_double;
    BYTE is_lead[256];
};

/* The code page of a number (CP_ACP and its like included); NULL with ERROR_INVALID_PARAMETER. */
const struct codepage *codepage_find(UINT id);

/* The next code page after index *at, for enumeration; NULL at the end. */
const struct codepage *codepage_next(unsigned *at);

/* NULL when there is no memory, or this machine's iconv does not know the code page. */
const struct codepage_table *codepage_table_get(const struct codepage *page);

/* Lengths as in utf.h. */
size_t utf7_to_utf16(const char *src, size_t len, WCHAR *dst, size_t room);
size_t utf16_to_utf7(const WCHAR *src, size_t len, char *dst, size_t room);

#endif
