/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The list of code pages and their tables. What a code page leaves undefined, Windows maps all the same: in the range of the C1 controls to these
 * controls, elsewhere to a few private-use characters that the published mapping tables list.
 */
#include <iconv.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "dlls/kernel32/codepage.h"

#define NO_CHARACTER 0xFFFF

static const struct codepage codepages[] = {
    {37, CODEPAGE_TABLE, "IBM037", {0}, "(IBM EBCDIC - U.S./Canada)"},
    {437, CODEPAGE_TABLE, "CP437", {0}, "(OEM - United States)"},
    {500, CODEPAGE_TABLE, "IBM500", {0}, "(IBM EBCDIC - International)"},
    {737, CODEPAGE_TABLE, "CP737", {0}, "(OEM - Greek 437G)"},
    {775, CODEPAGE_TABLE, "CP775", {0}, "(OEM - Baltic)"},
    {850, CODEPAGE_TABLE, "CP850", {0}, "(OEM - Multilingual Latin I)"},
    {852, CODEPAGE_TABLE, "CP852", {0}, "(OEM - Latin II)"},
    {855, CODEPAGE_TABLE, "CP855", {0}, "(OEM - Cyrillic)"},
    {857, CODEPAGE_TABLE, "CP857", {0}, "(OEM - Turkish)"},
    {858, CODEPAGE_TABLE, "CP858", {0}, "(OEM - Multilingual Latin I + Euro)"},
    {860, CODEPAGE_TABLE, "CP860", {0}, "(OEM - Portuguese)"},
    {861, CODEPAGE_TABLE, "CP861", {0}, "(OEM - Icelandic)"},
    {862, CODEPAGE_TABLE, "CP862", {0}, "(OEM - Hebrew)"},
    {863, CODEPAGE_TABLE, "CP863", {0}, "(OEM - Canadian French)"},
    {864, CODEPAGE_TABLE, "CP864", {0}, "(OEM - Arabic)"},
    {865, CODEPAGE_TABLE, "CP865", {0}, "(OEM - Nordic)"},
    {866, CODEPAGE_TABLE, "CP866", {0}, "(OEM - Russian)"},
    {869, CODEPAGE_TABLE, "CP869", {0}, "(OEM - Modern Greek)"},
    {874, CODEPAGE_TABLE, "CP874", {0}, "(ANSI/OEM - Thai)"},
    {932, CODEPAGE_TABLE, "CP932", {0x81, 0x9F, 0xE0, 0xFC}, "(ANSI/OEM - Japanese Shift-JIS)"},
    {936, CODEPAGE_TABLE, "CP936", {0x81, 0xFE}, "(ANSI/OEM - Simplified Chinese GBK)"},
    {949, CODEPAGE_TABLE, "CP949", {0x81, 0xFE}, "(ANSI/OEM - Korean)"},
    {950, CODEPAGE_TABLE, "CP950", {0x81, 0xFE}, "(ANSI/OEM - Traditional Chinese Big5)"},
    {1026, CODEPAGE_TABLE, "CP1026", {0}, "(IBM EBCDIC - Turkish (Latin-5))"},
    {1250, CODEPAGE_TABLE, "CP1250", {0}, "(ANSI - Central Europe)"},
    {1251, CODEPAGE_TABLE, "CP1251", {0}, "(ANSI - Cyrillic)"},
    {1252, CODEPAGE_TABLE, "CP1252", {0}, "(ANSI - Latin I)"},
    {1253, CODEPAGE_TABLE, "CP1253", {0}, "(ANSI - Greek)"},
    {1254, CODEPAGE_TABLE, "CP1254", {0}, "(ANSI - Turkish)"},
    {1255, CODEPAGE_TABLE, "CP1255", {0}, "(ANSI - Hebrew)"},
    {1256, CODEPAGE_TABLE, "CP1256", {0}, "(ANSI - Arabic)"},
    {1257, CODEPAGE_TABLE, "CP1257", {0}, "(ANSI - Baltic)"},
    {1258, CODEPAGE_TABLE, "CP1258", {0}, "(ANSI/OEM - Viet Nam)"},
    {1361, CODEPAGE_TABLE, "CP1361", {0x84, 0xD3, 0xD8, 0xDE, 0xE0, 0xF9}, "(Korean - Johab)"},
    {10000, CODEPAGE_TABLE, "MACINTOSH", {0}, "(MAC - Roman)"},
    {20127, CODEPAGE_TABLE, "US-ASCII", {0}, "(US-ASCII)"},
    {20866, CODEPAGE_TABLE, "KOI8-R", {0}, "(Russian - KOI8)"},
    {21866, CODEPAGE_TABLE, "KOI8-U", {0}, "(Ukrainian - KOI8-U)"},
    {28591, CODEPAGE_TABLE, "ISO-8859-1", {0}, "(ISO 8859-1 Latin I)"},
    {28592, CODEPAGE_TABLE, "ISO-8859-2", {0}, "(ISO 8859-2 Central Europe)"},
    {28593, CODEPAGE_TABLE, "ISO-8859-3", {0}, "(ISO 8859-3 Latin 3)"},
    {28594, CODEPAGE_TABLE, "ISO-8859-4", {0}, "(ISO 8859-4 Baltic)"},
    {28595, CODEPAGE_TABLE, "ISO-8859-5", {0}, "(ISO 8859-5 Cyrillic)"},
    {28596, CODEPAGE_TABLE, "ISO-8859-6", {0}, "(ISO 8859-6 Arabic)"},
    {28597, CODEPAGE_TABLE, "ISO-8859-7", {0}, "(ISO 8859-7 Greek)"},
    {28598, CODEPAGE_TABLE, "ISO-8859-8", {0}, "(ISO 8859-8 Hebrew: Visual Ordering)"},
    {28599, CODEPAGE_TABLE, "ISO-8859-9", {0}, "(ISO 8859-9 Latin 5)"},
    {28603, CODEPAGE_TABLE, "ISO-8859-13", {0}, "(ISO 8859-13 Latin 7)"},
    {28605, CODEPAGE_TABLE, "ISO-8859-15", {0}, "(ISO 8859-15 Latin 9)"},
    {CP_SYMBOL, CODEPAGE_SYMBOL, NULL, {0}, "(Symbol)"},
    {CP_UTF7, CODEPAGE_UTF7, NULL, {0}, "(UTF-7)"},
    {CP_UTF8, CODEPAGE_UTF8, NULL, {0}, "(UTF-8)"},
};
#define N_CODEPAGES (sizeof codepages / sizeof *codepages)

static _Atomic(struct codepage_table *) codepage_tables[N_CODEPAGES];
static pthread_mutex_t codepage_mutex = PTHREAD_MUTEX_INITIALIZER;

static const struct {
    UINT id;
    BYTE first, last;
    WCHAR to;
} codepage_extras[] = {
    {874, 0xDB, 0xDE, 0xF8C1}, {874, 0xFC, 0xFF, 0xF8C5}, {932, 0x80, 0x80, 0x80}, {932, 0xA0, 0xA0, 0xA0}, {932, 0xFD, 0xFF, 0xF8F1},
    {1253, 0xAA, 0xAA, 0xF8F9}, {1253, 0xD2, 0xD2, 0xF8FA}, {1253, 0xFF, 0xFF, 0xF8FB}, {1255, 0xD9, 0xDF, 0xF88D},
    {1255, 0xFB, 0xFC, 0xF894}, {1255, 0xFF, 0xFF, 0xF896}, {1257, 0xA1, 0xA1, 0xF8FC}, {1257, 0xA5, 0xA5, 0xF8FD},
};

static const struct codepage *codepage_lookup(UINT id) {
    for (size_t i = 0; i < N_CODEPAGES; i++)
        if (codepages[i].id == id)
            return &codepages[i];
    return NULL;
}

const struct codepage *codepage_find(UINT id) {
    static const struct codepage *utf8 = &codepages[N_CODEPAGES - 1];
    if (id == CP_UTF8 || id == CP_ACP || id == CP_OEMCP || id == CP_THREAD_ACP)
        return utf8;
    const struct codepage *page = codepage_lookup(id == CP_MACCP ? 10000 : id);
    if (!page)
        SetLastError(ERROR_INVALID_PARAMETER);
    return page;
}

const struct codepage *codepage_next(unsigned *at) {
    return *at < N_CODEPAGES ? &codepages[(*at)++] : NULL;
}

/* One character of the code page by iconv; NO_CHARACTER when it is none, or not one UTF-16 unit. */
static WCHAR codepage_ask(iconv_t converter, const BYTE *bytes, size_t len) {
    WCHAR wide[4];
    char *in = (char *)bytes, *out = (char *)wide;
    size_t in_left = len, out_left = sizeof wide;
    iconv(converter, NULL, NULL, NULL, NULL);
    if (iconv(converter, &in, &in_left, &out, &out_left) == (size_t)-1 || in_left)
        return NO_CHARACTER;
    /* some converters hold a letter back, since an accent could follow */
    iconv(converter, NULL, NULL, &out, &out_left);
    return sizeof wide - out_left == sizeof(WCHAR) ? wide[0] : NO_CHARACTER;
}

static WCHAR codepage_extra(UINT id, BYTE byte) {
    for (size_t i = 0; i < sizeof codepage_extras / sizeof *codepage_extras; i++)
        if (codepage_extras[i].id == id && byte >= codepage_extras[i].first && byte <= codepage_extras[i].last)
            return codepage_extras[i].to + (byte - codepage_extras[i].first);
    return id != 20127 && byte >= 0x80 && byte < 0xA0 ? byte : NO_CHARACTER;
}

/* The first way to write a character wins, so plain bytes come before pairs. */
static void codepage_table_set(struct codepage_table *table, unsigned code, WCHAR c) {
    table->to_wide[code] = c;
    if (c != NO_CHARACTER && c && !table->to_bytes[c])
        table->to_bytes[c] = code;
}

static void codepage_table_fill(struct codepage_table *table, const struct codepage *page, iconv_t converter) {
    for (int i = 0; i < 12 && page->lead[i]; i += 2)
        memset(table->is_lead + page->lead[i], 1, page->lead[i + 1] - page->lead[i] + 1);
    for (unsigned code = 0; code < 256; code++) {
        const BYTE byte = code;
        WCHAR c = table->is_lead[code] ? NO_CHARACTER : codepage_ask(converter, &byte, 1);
        if (c == NO_CHARACTER && !table->is_lead[code])
            c = codepage_extra(page->id, byte);
        codepage_table_set(table, code, c);
    }
    for (unsigned code = 0x100; table->is_double && code < 0x10000; code++) {
        const BYTE bytes[2] = {code >> 8, code & 0xFF};
        const BOOL can_be = table->is_lead[bytes[0]] && bytes[1] >= 0x30;
        codepage_table_set(table, code, can_be ? codepage_ask(converter, bytes, 2) : NO_CHARACTER);
    }
}

static struct codepage_table *codepage_table_make(const struct codepage *page) {
    const iconv_t converter = iconv_open("UTF-16LE", page->iconv_name);
    if (converter == (iconv_t)-1)
        return NULL;
    const size_t n_codes = page->lead[0] ? 0x10000 : 256;
    struct codepage_table *table = calloc(1, sizeof *table);
    if (table) {
        table->is_double = page->lead[0] != 0;
        table->to_wide = malloc(n_codes * sizeof(WCHAR));
        table->to_bytes = calloc(0x10000, sizeof(uint16_t));
    }
    if (table && table->to_wide && table->to_bytes) {
        codepage_table_fill(table, page, converter);
    } else if (table) {
        free(table->to_wide);
        free(table->to_bytes);
        free(table);
        table = NULL;
    }
    iconv_close(converter);
    return table;
}

const struct codepage_table *codepage_table_get(const struct codepage *page) {
    _Atomic(struct codepage_table *) *slot = &codepage_tables[page - codepages];
    /* pairs with the release below: whoever sees the pointer sees the table */
    struct codepage_table *table = atomic_load_explicit(slot, memory_order_acquire);
    if (table)
        return table;
    pthread_mutex_lock(&codepage_mutex);
    table = atomic_load_explicit(slot, memory_order_relaxed);
    if (!table) {
        table = codepage_table_make(page);
        atomic_store_explicit(slot, table, memory_order_release);
    }
    pthread_mutex_unlock(&codepage_mutex);
    return table;
}
