/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Decompose, order the marks, compose: see normalize.h. Hangul syllables are computed. */
#include <stdlib.h>

#include "libs/base/normalize.h"
#include "libs/base/unicode.h"

enum { HANGUL_S = 0xAC00, HANGUL_L = 0x1100, HANGUL_V = 0x1161, HANGUL_T = 0x11A7, HANGUL_NV = 21, HANGUL_NT = 28, HANGUL_NS = 11172 };

/* Code points, growing. */
struct normal_text {
    uint32_t *codes;
    size_t n, room;
    bool failed;
};

static void normal_add(struct normal_text *text, uint32_t code) {
    if (text->n == text->room && !text->failed) {
        const size_t room = text->room ? text->room * 2 : 64;
        uint32_t *codes = realloc(text->codes, room * sizeof *codes);
        text->failed = !codes;
        if (codes) {
            text->codes = codes;
            text->room = room;
        }
    }
    if (!text->failed)
        text->codes[text->n++] = code;
}

static const struct unicode_decomposition *normal_decomposition(uint32_t code) {
    unsigned low = 0, high = unicode_n_decompositions;
    while (low < high) {
        const unsigned middle = (low + high) / 2;
        if (unicode_decompositions[middle].code < code)
            low = middle + 1;
        else
            high = middle;
    }
    return low < unicode_n_decompositions && unicode_decompositions[low].code == code ? &unicode_decompositions[low] : NULL;
}

static void normal_decompose(struct normal_text *text, uint32_t code, bool compatible) {
    if (code - HANGUL_S < HANGUL_NS) {
        const uint32_t index = code - HANGUL_S;
        normal_add(text, HANGUL_L + index / (HANGUL_NV * HANGUL_NT));
        normal_add(text, HANGUL_V + index % (HANGUL_NV * HANGUL_NT) / HANGUL_NT);
        if (index % HANGUL_NT)
            normal_add(text, HANGUL_T + index % HANGUL_NT);
        return;
    }
    const struct unicode_decomposition *entry = code < 0xA0 ? NULL : normal_decomposition(code);
    if (!entry || (!compatible && entry->n_canonical == 1 && unicode_decomposition_text[entry->canonical] == code)) {
        normal_add(text, code);
        return;
    }
    const uint32_t *parts = &unicode_decomposition_text[compatible ? entry->compatible : entry->canonical];
    for (int i = 0; i < (compatible ? entry->n_compatible : entry->n_canonical); i++)
        normal_add(text, parts[i]);
}

static uint8_t normal_class(uint32_t code) {
    unsigned low = 0, high = code < 0x300 ? 0 : unicode_n_classes;
    while (low < high) {
        const unsigned middle = (low + high) / 2;
        if (unicode_classes[middle].last < code)
            low = middle + 1;
        else if (unicode_classes[middle].first > code)
            high = middle;
        else
            return unicode_classes[middle].value;
    }
    return 0;
}

/* Marks after a letter in the order of their classes, those of one class as they came. */
static void normal_order(struct normal_text *text) {
    for (size_t i = 1; i < text->n; i++) {
        const uint32_t code = text->codes[i];
        const uint8_t class = normal_class(code);
        size_t at = i;
        for (; class && at && normal_class(text->codes[at - 1]) > class; at--)
            text->codes[at] = text->codes[at - 1];
        text->codes[at] = code;
    }
}

/* What two make; 0: nothing. */
static uint32_t normal_pair(uint32_t first, uint32_t second) {
    if (first - HANGUL_L < 19 && second - HANGUL_V < HANGUL_NV)
        return HANGUL_S + ((first - HANGUL_L) * HANGUL_NV + second - HANGUL_V) * HANGUL_NT;
    if (first - HANGUL_S < HANGUL_NS && (first - HANGUL_S) % HANGUL_NT == 0 && second - HANGUL_T - 1 < HANGUL_NT - 1)
        return first + second - HANGUL_T;
    unsigned low = 0, high = unicode_n_compositions;
    while (low < high) {
        const unsigned middle = (low + high) / 2;
        const struct unicode_composition *pair = &unicode_compositions[middle];
        if (pair->first < first || (pair->first == first && pair->second < second))
            low = middle + 1;
        else
            high = middle;
    }
    const struct unicode_composition *pair = &unicode_compositions[low];
    return low < unicode_n_compositions && pair->first == first && pair->second == second ? pair->composed : 0;
}

static void normal_compose(struct normal_text *text) {
    size_t starter = SIZE_MAX, out = 0;
    uint8_t last_class = 0;
    for (size_t i = 0; i < text->n; i++) {
        const uint32_t code = text->codes[i];
        const uint8_t class = normal_class(code);
        /* a mark is blocked by one of its class or higher that stands between; a letter by anything that does */
        const bool adjacent = starter != SIZE_MAX && starter + 1 == out;
        const bool open = starter != SIZE_MAX && (adjacent || (last_class && last_class < class));
        const uint32_t composed = open ? normal_pair(text->codes[starter], code) : 0;
        if (composed) {
            text->codes[starter] = composed;
            continue;
        }
        if (!class)
            starter = out;
        last_class = class;
        text->codes[out++] = code;
    }
    text->n = out;
}

static uint16_t *normal_finish(struct normal_text *text, size_t *out_len) {
    uint16_t *out = text->failed ? NULL : malloc((text->n * 2 + 1) * sizeof *out);
    size_t len = 0;
    for (size_t i = 0; out && i < text->n; i++) {
        if (text->codes[i] < 0x10000) {
            out[len++] = text->codes[i];
            continue;
        }
        out[len++] = 0xD800 + ((text->codes[i] - 0x10000) >> 10);
        out[len++] = 0xDC00 + (text->codes[i] & 0x3FF);
    }
    free(text->codes);
    *out_len = len;
    return out;
}

uint16_t *unicode_normalize(const uint16_t *text, size_t len, bool compose, bool compatible, size_t *out_len, size_t *bad_at) {
    struct normal_text work = {0};
    *bad_at = SIZE_MAX;
    for (size_t i = 0; i < len; i++) {
        uint32_t code = text[i];
        if ((code & 0xFC00) == 0xD800 && i + 1 < len && (text[i + 1] & 0xFC00) == 0xDC00) {
            code = 0x10000 + ((code & 0x3FF) << 10) + (text[++i] & 0x3FF);
        } else if ((code & 0xF800) == 0xD800) {
            *bad_at = i;
            free(work.codes);
            return NULL;
        }
        normal_decompose(&work, code, compatible);
    }
    normal_order(&work);
    if (compose)
        normal_compose(&work);
    return normal_finish(&work, out_len);
}
