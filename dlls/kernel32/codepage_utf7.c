/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * UTF-7 (RFC 2152). Written as Windows writes it: letters, digits, white space and "'(),-./:?" stand for themselves, '+' is "+-", all else is base64
 * between '+' and '-', the '-' only left out where what follows cannot be mistaken.
 */
#include "dlls/kernel32/codepage.h"

static const char utf7_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int utf7_digit(BYTE c) {
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

size_t utf7_to_utf16(const char *src, size_t len, WCHAR *dst, size_t room) {
    size_t out = 0;
    BOOL shifted = FALSE;
    uint32_t bits = 0;
    int n_bits = 0;
    for (size_t i = 0; i < len; i++) {
        WCHAR c = (BYTE)src[i];
        const int digit = shifted ? utf7_digit(c) : -1;
        if (digit >= 0) {
            bits = bits << 6 | digit;
            n_bits += 6;
            if (n_bits < 16)
                continue;
            n_bits -= 16;
            c = bits >> n_bits;
        } else if (shifted && c == '-') {
            shifted = FALSE;
            continue;
        } else if (c == '+' && i + 1 < len && src[i + 1] == '-') {
            shifted = FALSE;
            i++;
        } else if (c == '+') {
            shifted = TRUE;
            bits = n_bits = 0;
            continue;
        } else {
            shifted = FALSE;
        }
        if (out < room)
            dst[out] = c;
        out++;
    }
    return out;
}

/* Whether a character stands for itself. */
static BOOL utf7_is_direct(WCHAR c) {
    if (c == 0 || c == '\t' || c == '\n' || c == '\r' || c == ' ')
        return TRUE;
    if (c >= 0x80)
        return FALSE;
    for (const char *at = "'(),-./:?"; *at; at++)
        if (c == *at)
            return TRUE;
    return utf7_digit(c) >= 0 && c != '+' && c != '/';
}

struct utf7_output {
    char *dst;
    size_t room, len;
};

static void utf7_put(struct utf7_output *out, char c) {
    if (out->len < out->room)
        out->dst[out->len] = c;
    out->len++;
}

size_t utf16_to_utf7(const WCHAR *src, size_t len, char *dst, size_t room) {
    struct utf7_output out = {dst, room, 0};
    for (size_t i = 0; i < len;) {
        if (utf7_is_direct(src[i])) {
            utf7_put(&out, src[i++]);
            continue;
        }
        utf7_put(&out, '+');
        if (src[i] == '+') {
            utf7_put(&out, '-');
            i++;
            continue;
        }
        uint32_t bits = 0;
        int n_bits = 0;
        for (; i < len && !utf7_is_direct(src[i]); i++) {
            bits = bits << 16 | src[i];
            for (n_bits += 16; n_bits >= 6; n_bits -= 6)
                utf7_put(&out, utf7_digits[bits >> (n_bits - 6) & 63]);
        }
        if (n_bits)
            utf7_put(&out, utf7_digits[bits << (6 - n_bits) & 63]);
        utf7_put(&out, '-');
    }
    return out.len;
}
