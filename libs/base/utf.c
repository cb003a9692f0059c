/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* UTF-8 and UTF-16 (see utf.h). */
#include <stdlib.h>
#include <string.h>

#include "libs/base/utf.h"

/* How long a sequence is by its first byte, and what its second byte may be: this excludes overlong forms, surrogates and > U+10FFFF. */
static int utf8_shape(uint8_t lead, uint8_t *low, uint8_t *high) {
    *low = 0x80;
    *high = 0xBF;
    if (lead < 0xC2)
        return 0;
    if (lead < 0xE0)
        return 2;
    if (lead < 0xF0) {
        if (lead == 0xE0)
            *low = 0xA0;
        if (lead == 0xED)
            *high = 0x9F;
        return 3;
    }
    if (lead > 0xF4)
        return 0;
    if (lead == 0xF0)
        *low = 0x90;
    if (lead == 0xF4)
        *high = 0x8F;
    return 4;
}

uint32_t utf8_decode(const char *src, size_t len, size_t *used) {
    const uint8_t *bytes = (const uint8_t *)src;
    *used = 1;
    if (bytes[0] < 0x80)
        return bytes[0];
    uint8_t low, high;
    const int need = utf8_shape(bytes[0], &low, &high);
    if (!need)
        return UTF_BAD;
    uint32_t code = bytes[0] & (0x7F >> need);
    for (int i = 1; i < need; i++) {
        if ((size_t)i == len || bytes[i] < low || bytes[i] > high)
            return UTF_BAD;
        code = code << 6 | (bytes[i] & 0x3F);
        *used = i + 1;
        low = 0x80;
        high = 0xBF;
    }
    return code;
}

size_t utf8_to_utf16(const char *src, size_t len, uint16_t *dst, size_t room, size_t *n_bad) {
    size_t out = 0, bad = 0;
    for (size_t i = 0; i < len;) {
        size_t used;
        uint32_t code = utf8_decode(src + i, len - i, &used);
        i += used;
        if (code == UTF_BAD) {
            code = 0xFFFD;
            bad++;
        }
        if (code < 0x10000) {
            if (out < room)
                dst[out] = code;
            out++;
            continue;
        }
        if (out + 2 <= room) {
            dst[out] = 0xD800 + ((code - 0x10000) >> 10);
            dst[out + 1] = 0xDC00 + (code & 0x3FF);
        } else {
            room = out < room ? out : room;
        }
        out += 2;
    }
    if (n_bad)
        *n_bad = bad;
    return out;
}

static size_t utf8_encode(uint32_t code, uint8_t bytes[4]) {
    if (code < 0x80) {
        bytes[0] = code;
        return 1;
    }
    if (code < 0x800) {
        bytes[0] = 0xC0 | code >> 6;
        bytes[1] = 0x80 | (code & 0x3F);
        return 2;
    }
    if (code < 0x10000) {
        bytes[0] = 0xE0 | code >> 12;
        bytes[1] = 0x80 | (code >> 6 & 0x3F);
        bytes[2] = 0x80 | (code & 0x3F);
        return 3;
    }
    bytes[0] = 0xF0 | code >> 18;
    bytes[1] = 0x80 | (code >> 12 & 0x3F);
    bytes[2] = 0x80 | (code >> 6 & 0x3F);
    bytes[3] = 0x80 | (code & 0x3F);
    return 4;
}

size_t utf16_to_utf8(const uint16_t *src, size_t len, char *dst, size_t room, size_t *n_bad) {
    size_t out = 0, bad = 0;
    for (size_t i = 0; i < len; i++) {
        uint32_t code = src[i];
        if ((code & 0xFC00) == 0xD800 && i + 1 < len && (src[i + 1] & 0xFC00) == 0xDC00) {
            code = 0x10000 + ((code & 0x3FF) << 10) + (src[++i] & 0x3FF);
        } else if ((code & 0xF800) == 0xD800) {
            code = 0xFFFD;
            bad++;
        }
        uint8_t bytes[4];
        const size_t n = utf8_encode(code, bytes);
        if (out + n <= room)
            memcpy(dst + out, bytes, n);
        else
            room = out < room ? out : room;
        out += n;
    }
    if (n_bad)
        *n_bad = bad;
    return out;
}

size_t utf16_len(const uint16_t *text) {
    size_t len = 0;
    while (text[len])
        len++;
    return len;
}

uint16_t *utf16_dup_from_utf8(const char *text) {
    const size_t len = strlen(text) + 1;
    const size_t need = utf8_to_utf16(text, len, NULL, 0, NULL);
    uint16_t *copy = malloc(need * sizeof *copy);
    if (copy)
        utf8_to_utf16(text, len, copy, need, NULL);
    return copy;
}

char *utf8_dup_from_utf16(const uint16_t *text) {
    const size_t len = utf16_len(text) + 1;
    const size_t need = utf16_to_utf8(text, len, NULL, 0, NULL);
    char *copy = malloc(need);
    if (copy)
        utf16_to_utf8(text, len, copy, need, NULL);
    return copy;
}
