/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* File names between UTF-16 and the bytes on disk, so that each name comes back as it was; the rules are in unix_path.h. */
#include "dlls/ntdll/unix_path.h"

#include <string.h>

#include "libs/base/utf.h"

#define BYTE_UNIT 0xdc00u    /* + a byte that is not UTF-8 */
#define FORBIDDEN_UNIT 0xf000u /* + a character that Windows does not allow in names */

static bool char_is_forbidden(uint32_t c) {
    return c < 0x20 || (c < 0x80 && strchr("\\:*?\"<>|", (int)c));
}

/* A surrogate in three bytes, as we write an unpaired one; those that stand for bytes are never written so. */
static uint32_t surrogate_decode(const unsigned char *s, size_t len) {
    uint32_t unit;

    if (len < 3 || s[0] != 0xed || (s[1] & 0xe0) != 0xa0 || (s[2] & 0xc0) != 0x80)
        return 0;
    unit = 0xd000u | (uint32_t)(s[1] & 0x3f) << 6 | (s[2] & 0x3f);
    return unit >= BYTE_UNIT + 0x80 && unit <= BYTE_UNIT + 0xff ? 0 : unit;
}

size_t name_from_unix(const char *name, size_t len, WCHAR *result, size_t room) {
    size_t n = 0, used;

    for (size_t i = 0; i < len; i += used) {
        uint32_t c = utf8_decode(name + i, len - i, &used);
        WCHAR units[2] = {0, 0};

        if (c == UTF_BAD) {
            c = surrogate_decode((const unsigned char *)name + i, len - i);
            used = c ? 3 : 1;
            units[0] = (WCHAR)(c ? c : BYTE_UNIT + (unsigned char)name[i]);
        } else if (c > 0xffff) {
            units[0] = (WCHAR)(0xd7c0 + (c >> 10));
            units[1] = (WCHAR)(0xdc00 + (c & 0x3ff));
        } else {
            units[0] = (WCHAR)(char_is_forbidden(c) ? FORBIDDEN_UNIT + c : c);
        }
        for (int u = 0; u < 1 + (units[1] != 0); u++, n++)
            if (n < room)
                result[n] = units[u];
    }
    return n;
}

/* The bytes of one character, and how many units it took. */
static size_t unit_encode(const WCHAR *at, size_t len, char bytes[4], size_t *taken) {
    const uint32_t c = at[0];

    *taken = 1;
    if (c < 0x80) {
        bytes[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        bytes[0] = (char)(0xc0 | c >> 6);
        bytes[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c >= 0xd800 && c < 0xdc00 && len > 1 && at[1] >= 0xdc00 && at[1] < 0xe000) {
        const uint32_t code = 0x10000 + ((c - 0xd800) << 10) + (at[1] - 0xdc00u);

        *taken = 2;
        bytes[0] = (char)(0xf0 | code >> 18);
        bytes[1] = (char)(0x80 | (code >> 12 & 0x3f));
        bytes[2] = (char)(0x80 | (code >> 6 & 0x3f));
        bytes[3] = (char)(0x80 | (code & 0x3f));
        return 4;
    }
    if (c >= BYTE_UNIT + 0x80 && c <= BYTE_UNIT + 0xff) {
        bytes[0] = (char)(c - BYTE_UNIT);
        return 1;
    }
    if (c > FORBIDDEN_UNIT && c < FORBIDDEN_UNIT + 0x80 && char_is_forbidden(c - FORBIDDEN_UNIT)) {
        bytes[0] = (char)(c - FORBIDDEN_UNIT);
        return 1;
    }
    bytes[0] = (char)(0xe0 | c >> 12);
    bytes[1] = (char)(0x80 | (c >> 6 & 0x3f));
    bytes[2] = (char)(0x80 | (c & 0x3f));
    return 3;
}

size_t name_to_unix(const WCHAR *name, size_t len, char *result, size_t room) {
    size_t n = 0, taken;

    for (size_t i = 0; i < len; i += taken) {
        char bytes[4];
        const size_t count = unit_encode(name + i, len - i, bytes, &taken);

        if (n + count <= room)
            memcpy(result + n, bytes, count);
        n += count;
    }
    return n;
}
