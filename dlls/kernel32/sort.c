/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Weights of characters and sort keys (see sort.h). */
#include <stdlib.h>
#include <string.h>

#include "libs/base/normalize.h"
#include "libs/base/unicode.h"
#include "dlls/kernel32/sort.h"

/* Levels end with 1 and the key with 0, so weights begin at 2. */
enum { LEVEL_END = 1, WEIGHT_MIN = 2 };
enum sort_class { CLASS_PUNCTUATION = 6, CLASS_SYMBOL = 8, CLASS_DIGIT = 12, CLASS_LETTER = 14, CLASS_OTHER = 200 };
enum { CASE_UPPER = 0x10, CASE_FULL_WIDTH = 1, CASE_KATAKANA = 4 };

struct sort_level {
    BYTE *bytes;
    size_t len, room;
    size_t significant; /* without the smallest weights at its end, which make no difference */
};

struct sort_levels {
    struct sort_level primary, accent, kase, special;
    BOOL failed;
    size_t n; /* characters so far, for positions of the special ones */
};

static void sort_put(struct sort_levels *levels, struct sort_level *level, unsigned weight) {
    if (level->len == level->room) {
        const size_t room = level->room ? level->room * 2 : 64;
        BYTE *bytes = realloc(level->bytes, room);
        if (!bytes) {
            levels->failed = TRUE;
            return;
        }
        level->bytes = bytes;
        level->room = room;
    }
    level->bytes[level->len++] = weight;
    if (weight > WEIGHT_MIN)
        level->significant = level->len;
}

/* 16 bits as three weights. */
static void sort_put_code(struct sort_levels *levels, struct sort_level *level, unsigned code) {
    sort_put(levels, level, WEIGHT_MIN + (code >> 14));
    sort_put(levels, level, WEIGHT_MIN + (code >> 7 & 127));
    sort_put(levels, level, WEIGHT_MIN + (code & 127));
    level->significant = level->len; /* all of it counts */
}

/* Letters that Unicode does not take apart, but that sort as one or two others. */
static const struct {
    WCHAR letter, as[2];
} sort_expansions[] = {
    {0xDF, {'s', 's'}}, {0xE6, {'a', 'e'}}, {0xF0, {'d'}}, {0xF8, {'o'}}, {0xFE, {'t', 'h'}}, {0x111, {'d'}}, {0x127, {'h'}}, {0x131, {'i'}},
    {0x142, {'l'}}, {0x153, {'o', 'e'}}, {0x167, {'t'}}, {0x180, {'b'}},
};

static enum sort_class sort_class_of(WCHAR c) {
    const unsigned type = unicode_ctype1(c);
    if (type & C1_DIGIT && !(type & C1_PUNCT))
        return CLASS_DIGIT;
    if (type & C1_ALPHA)
        return CLASS_LETTER;
    if (type & (C1_SPACE | C1_PUNCT))
        return unicode_ctype3(c) & C3_SYMBOL && c > 0x7F ? CLASS_SYMBOL : CLASS_PUNCTUATION;
    return CLASS_OTHER;
}

/* One letter with what distinguishes it. */
static void sort_put_char(struct sort_levels *levels, DWORD flags, WCHAR base, unsigned accent, unsigned kase) {
    sort_put(levels, &levels->primary, sort_class_of(base));
    sort_put_code(levels, &levels->primary, base);
    if (accent && !(flags & (NORM_IGNORENONSPACE | LINGUISTIC_IGNOREDIACRITIC))) {
        sort_put(levels, &levels->accent, WEIGHT_MIN + 1);
        sort_put_code(levels, &levels->accent, accent);
    } else {
        sort_put(levels, &levels->accent, WEIGHT_MIN);
    }
    sort_put(levels, &levels->kase, WEIGHT_MIN + kase);
    levels->n++;
}

static unsigned sort_case_of(DWORD flags, WCHAR c, WCHAR lower) {
    const unsigned type = unicode_ctype3(c);
    unsigned kase = 0;
    if (c != lower && !(flags & (NORM_IGNORECASE | LINGUISTIC_IGNORECASE)))
        kase |= CASE_UPPER;
    if (c >= 0xFF01 && type & C3_FULLWIDTH && !(flags & NORM_IGNOREWIDTH))
        kase |= CASE_FULL_WIDTH;
    if (type & C3_KATAKANA && !(flags & NORM_IGNOREKANATYPE))
        kase |= CASE_KATAKANA;
    return kase;
}

/* What word sort passes over until all else is equal. */
static BOOL sort_is_special(WCHAR c) {
    return c == '-' || c == '\'' || c == 0xAD || (c >= 0x2010 && c <= 0x2011);
}

static BOOL sort_is_ignorable(WCHAR c) {
    const unsigned type = unicode_ctype1(c);
    return !type || (type & (C1_CNTRL | C1_SPACE)) == C1_CNTRL;
}

static void sort_add(struct sort_levels *levels, DWORD flags, WCHAR c) {
    const unsigned type3 = unicode_ctype3(c);
    if (sort_is_ignorable(c))
        return;
    if (sort_is_special(c) && !(flags & SORT_STRINGSORT)) {
        if (flags & NORM_IGNORESYMBOLS)
            return;
        sort_put_code(levels, &levels->special, levels->n > 0xFFFF ? 0xFFFF : levels->n);
        sort_put_code(levels, &levels->special, c);
        return;
    }
    if (type3 & C3_NONSPACING) { /* an accent for the letter before */
        if (!(flags & (NORM_IGNORENONSPACE | LINGUISTIC_IGNOREDIACRITIC))) {
            sort_put(levels, &levels->accent, WEIGHT_MIN + 1);
            sort_put_code(levels, &levels->accent, c);
        }
        return;
    }
    const WCHAR lower = unicode_lower(c), fit = unicode_best_fit(lower);
    WCHAR base = fit ? unicode_lower(fit) : lower;
    const enum sort_class class = sort_class_of(base);
    if (flags & NORM_IGNORESYMBOLS && (class == CLASS_PUNCTUATION || class == CLASS_SYMBOL))
        return;
    if (base >= 0x30A1 && base <= 0x30F6)
        base -= 0x60; /* katakana as hiragana */
    const unsigned kase = sort_case_of(flags, c, lower);
    for (size_t i = 0; i < sizeof sort_expansions / sizeof *sort_expansions; i++) {
        if (sort_expansions[i].letter != lower)
            continue;
        sort_put_char(levels, flags, sort_expansions[i].as[0], lower, kase);
        if (sort_expansions[i].as[1])
            sort_put_char(levels, flags, sort_expansions[i].as[1], 0, kase);
        return;
    }
    sort_put_char(levels, flags, base, fit && c < 0xFF00 && class == CLASS_LETTER ? lower : 0, kase);
}

/* A number: how many digits, then the digits, leading zeros left out. Return: how many characters it took. */
static size_t sort_add_number(struct sort_levels *levels, const WCHAR *text, size_t len) {
    size_t end = 0, first = 0;
    while (end < len && text[end] >= '0' && text[end] <= '9')
        end++;
    while (first + 1 < end && text[first] == '0')
        first++;
    sort_put(levels, &levels->primary, CLASS_DIGIT);
    sort_put_code(levels, &levels->primary, end - first > 0xFFFF ? 0xFFFF : end - first);
    for (size_t i = first; i < end; i++)
        sort_put(levels, &levels->primary, WEIGHT_MIN + text[i] - '0' + 1);
    sort_put(levels, &levels->accent, WEIGHT_MIN);
    sort_put(levels, &levels->kase, WEIGHT_MIN);
    levels->n++;
    return end;
}

static void sort_make(struct sort_levels *levels, DWORD flags, const WCHAR *text, size_t len) {
    memset(levels, 0, sizeof *levels);
    /* a letter and its accent weigh as the one character that they make */
    size_t first_mark = 0, bad_at;
    while (first_mark < len && !(unicode_ctype3(text[first_mark]) & C3_NONSPACING))
        first_mark++;
    WCHAR *composed = first_mark < len ? unicode_normalize(text, len, TRUE, FALSE, &len, &bad_at) : NULL;
    if (composed)
        text = composed;
    for (size_t i = 0; i < len;) {
        if (flags & SORT_DIGITSASNUMBERS && text[i] >= '0' && text[i] <= '9')
            i += sort_add_number(levels, text + i, len - i);
        else
            sort_add(levels, flags, text[i++]);
    }
    free(composed);
}

static void sort_free(struct sort_levels *levels) {
    free(levels->primary.bytes);
    free(levels->accent.bytes);
    free(levels->kase.bytes);
    free(levels->special.bytes);
}

static size_t sort_write(const struct sort_level *level, size_t at, BYTE end, BYTE *key, size_t room) {
    for (size_t i = 0; i < level->significant; i++, at++)
        if (at < room)
            key[at] = level->bytes[i];
    if (at < room)
        key[at] = end;
    return at + 1;
}

size_t sort_key(DWORD flags, const WCHAR *text, size_t len, BYTE *key, size_t room) {
    struct sort_levels levels;
    sort_make(&levels, flags, text, len);
    size_t at = sort_write(&levels.primary, 0, LEVEL_END, key, room);
    at = sort_write(&levels.accent, at, LEVEL_END, key, room);
    at = sort_write(&levels.kase, at, LEVEL_END, key, room);
    const struct sort_level none = {0};
    at = sort_write(&none, at, LEVEL_END, key, room); /* Windows' fourth level, for Japanese */
    at = sort_write(&levels.special, at, 0, key, room);
    sort_free(&levels);
    return levels.failed ? (size_t)-1 : at;
}

static int sort_compare_level(const struct sort_level *a, const struct sort_level *b) {
    const size_t len = a->significant < b->significant ? a->significant : b->significant;
    const int order = len ? memcmp(a->bytes, b->bytes, len) : 0;
    return order ? order : (a->significant > b->significant) - (a->significant < b->significant);
}

int sort_compare(DWORD flags, const WCHAR *a, size_t a_len, const WCHAR *b, size_t b_len, BOOL *failed) {
    *failed = FALSE;
    if (a_len == b_len && !memcmp(a, b, a_len * sizeof *a))
        return 0;
    struct sort_levels left, right;
    sort_make(&left, flags, a, a_len);
    sort_make(&right, flags, b, b_len);
    int order = sort_compare_level(&left.primary, &right.primary);
    if (!order)
        order = sort_compare_level(&left.accent, &right.accent);
    if (!order)
        order = sort_compare_level(&left.kase, &right.kase);
    if (!order)
        order = sort_compare_level(&left.special, &right.special);
    *failed = left.failed || right.failed;
    sort_free(&left);
    sort_free(&right);
    return order;
}
