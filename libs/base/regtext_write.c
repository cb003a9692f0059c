/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writing .reg text; see regtext.h. */
#include "libs/base/regtext.h"

#include "libs/base/utf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TYPE_SZ = 1, TYPE_BINARY = 3, TYPE_DWORD = 4 };

#define BYTES_A_LINE 25

/* Room for @len more.  Return: where they go, or NULL. */
static char *text_extend(struct regtext *to, size_t len) {
    if (to->failed)
        return NULL;
    if (to->room - to->len < len) {
        const size_t room = 2 * to->room + len + 256;
        char *more = realloc(to->text, room);

        if (!more) {
            to->failed = true;
            return NULL;
        }
        to->text = more;
        to->room = room;
    }
    to->len += len;
    return to->text + to->len - len;
}

void regtext_put(struct regtext *to, const char *text, size_t len) {
    char *place = text_extend(to, len);

    if (place)
        memcpy(place, text, len);
}

static void put_text(struct regtext *to, const char *text) {
    regtext_put(to, text, strlen(text));
}

void regtext_print(struct regtext *to, const char *format, ...) {
    char text[256];
    va_list arguments;
    int n;

    va_start(arguments, format);
    n = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    regtext_put(to, text, n < (int)sizeof text ? (size_t)n : sizeof text - 1);
}

static bool is_pair(const uint16_t *units, size_t n) {
    return n > 1 && (units[0] & 0xfc00) == 0xd800 && (units[1] & 0xfc00) == 0xdc00;
}

/* Whether a unit cannot stand as it is. */
static bool is_odd(uint16_t unit) {
    return unit < ' ' || unit == 0x7f || (unit & 0xf800) == 0xd800;
}

/* One character.  @escape: what precedes u and four digits.  Return: how many units it takes. */
static size_t put_character(struct regtext *to, const uint16_t *units, size_t n, const char *escape) {
    const size_t used = is_pair(units, n) ? 2 : 1;
    char text[4];

    if (used == 1 && is_odd(*units))
        regtext_print(to, "%su%04x", escape, *units);
    else
        regtext_put(to, text, utf16_to_utf8(units, used, text, sizeof text, NULL));
    return used;
}

void regtext_key(struct regtext *to, const uint16_t *path, size_t n, bool gone) {
    put_text(to, gone ? "[-" : "[");
    for (size_t i = 0; i < n;)
        i += put_character(to, path + i, n - i, "\\\\");
    put_text(to, "]\n");
}

static void put_quoted(struct regtext *to, const uint16_t *units, size_t n) {
    put_text(to, "\"");
    for (size_t i = 0; i < n;) {
        if (units[i] == '\\' || units[i] == '"')
            put_text(to, "\\");
        i += put_character(to, units + i, n - i, "\\");
    }
    put_text(to, "\"");
}

static void put_name(struct regtext *to, const uint16_t *name, size_t n) {
    if (n)
        put_quoted(to, name, n);
    else
        put_text(to, "@");
    put_text(to, "=");
}

static void put_hex(struct regtext *to, const uint8_t *bytes, size_t size) {
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < size; i++) {
        char *place = text_extend(to, i + 1 < size ? 3 : 2);

        if (!place)
            return;
        place[0] = digits[bytes[i] >> 4];
        place[1] = digits[bytes[i] & 15];
        if (i + 1 < size)
            place[2] = ',';
        if (i % BYTES_A_LINE == BYTES_A_LINE - 1 && i + 1 < size)
            put_text(to, "\\\n  ");
    }
}

/* Whether bytes are a text of which nothing is lost between quotation marks: one NUL, at its end, nothing that .reg cannot say.  *n: its
 * units without the NUL; for free(): *units. */
static bool is_plain_text(const void *data, size_t size, uint16_t **units, size_t *n) {
    bool plain = size && size % 2 == 0;

    *units = plain ? malloc(size) : NULL;
    plain = *units != NULL;
    if (!plain)
        return false;
    memcpy(*units, data, size);
    *n = size / 2 - 1;
    for (size_t i = 0; plain && i < *n;) {
        const size_t used = is_pair(*units + i, *n - i) ? 2 : 1;

        plain = used == 2 || !is_odd((*units)[i]);
        i += used;
    }
    return plain && !(*units)[*n];
}

void regtext_value(struct regtext *to, const uint16_t *name, size_t n, uint32_t type, const void *data, size_t size) {
    uint16_t *text = NULL;
    size_t text_n = 0;
    uint32_t number;

    put_name(to, name, n);
    if (type == TYPE_DWORD && size == sizeof number) {
        memcpy(&number, data, sizeof number);
        regtext_print(to, "dword:%08x", number);
    } else if (type == TYPE_SZ && is_plain_text(data, size, &text, &text_n)) {
        put_quoted(to, text, text_n);
    } else {
        if (type == TYPE_BINARY)
            put_text(to, "hex:");
        else
            regtext_print(to, "hex(%x):", type);
        put_hex(to, data, size);
    }
    free(text);
    put_text(to, "\n");
}

void regtext_value_gone(struct regtext *to, const uint16_t *name, size_t n) {
    put_name(to, name, n);
    put_text(to, "-\n");
}
