/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading .reg text; see regtext.h. */
#include "libs/base/regtext.h"

#include "libs/base/utf.h"

#include <stdlib.h>
#include <string.h>

enum { TYPE_SZ = 1, TYPE_BINARY = 3, TYPE_DWORD = 4 };

/* ---- what grows ---- */

static bool unit_add(struct regtext_reader *reader, struct regtext_units *to, uint16_t unit) {
    if (to->n == to->room) {
        const size_t room = to->room ? 2 * to->room : 256;
        uint16_t *more = realloc(to->at, room * sizeof *more);

        if (!more) {
            reader->error = "no memory";
            return false;
        }
        to->at = more;
        to->room = room;
    }
    to->at[to->n++] = unit;
    return true;
}

static bool byte_add(struct regtext_reader *reader, uint8_t byte) {
    struct regtext_bytes *to = &reader->data;

    if (to->n == to->room) {
        const size_t room = to->room ? 2 * to->room : 256;
        uint8_t *more = realloc(to->at, room);

        if (!more) {
            reader->error = "no memory";
            return false;
        }
        to->at = more;
        to->room = room;
    }
    to->at[to->n++] = byte;
    return true;
}

/* ---- characters ---- */

static int hex_digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* uXXXX at @at.  Return: the unit, or -1. */
static int escape_read(const char *at, const char *end) {
    int unit = 0;

    if (end - at < 5 || *at != 'u')
        return -1;
    for (int i = 1; i < 5; i++) {
        const int digit = hex_digit(at[i]);

        if (digit < 0)
            return -1;
        unit = unit * 16 + digit;
    }
    return unit;
}

/* One character of the text, as one or two units.  Return: its length, 0 for an error. */
static size_t character_read(struct regtext_reader *reader, const char *at, const char *end, struct regtext_units *to) {
    size_t used;
    const uint32_t c = utf8_decode(at, (size_t)(end - at), &used);
    bool good;

    if (c == UTF_BAD) {
        reader->error = "the text is no UTF-8; save the file as UTF-8 or as UTF-16 with a byte order mark";
        return 0;
    }
    if (c >= 0x10000)
        good = unit_add(reader, to, (uint16_t)(0xd7c0 + (c >> 10))) && unit_add(reader, to, (uint16_t)(0xdc00 | (c & 0x3ff)));
    else
        good = unit_add(reader, to, (uint16_t)c);
    return good ? used : 0;
}

/* ---- lines ---- */

static void skip_blanks(struct regtext_reader *reader) {
    while (reader->at < reader->end && (*reader->at == ' ' || *reader->at == '\t'))
        reader->at++;
}

static const char *line_end(const struct regtext_reader *reader) {
    const char *end = memchr(reader->at, '\n', (size_t)(reader->end - reader->at));

    return end ? end : reader->end;
}

/* The rest of a line that is read: nothing, or a comment. */
static bool line_finish(struct regtext_reader *reader) {
    skip_blanks(reader);
    if (reader->at < reader->end && *reader->at == '\r')
        reader->at++;
    if (reader->at < reader->end && *reader->at == ';')
        reader->at = line_end(reader);
    if (reader->at < reader->end && *reader->at != '\n') {
        reader->error = "something follows that does not belong to the value";
        return false;
    }
    if (reader->at < reader->end) {
        reader->at++;
        reader->line++;
    }
    return true;
}

/* Leaves a line that is wrong, for whoever wants to go on. */
static enum regtext_kind line_bad(struct regtext_reader *reader) {
    reader->at = line_end(reader);
    if (!reader->error)
        reader->error = "this is neither a key in brackets nor a value, \"name\"=data";
    return REGTEXT_BAD;
}

/* ---- items ---- */

static bool path_read(struct regtext_reader *reader, const char *at, const char *end) {
    while (at < end) {
        const int escaped = end - at > 2 && at[0] == '\\' && at[1] == '\\' ? escape_read(at + 2, end) : -1;
        const size_t used = escaped < 0 ? character_read(reader, at, end, &reader->name) : 7;

        if (!used || (escaped >= 0 && !unit_add(reader, &reader->name, (uint16_t)escaped)))
            return false;
        at += used;
    }
    return true;
}

/* A name may hold brackets: the last one of the line ends it. */
static enum regtext_kind key_read(struct regtext_reader *reader) {
    const char *start = reader->at + 1, *end = line_end(reader);
    const bool gone = start < end && *start == '-';

    while (end > start && end[-1] != ']')
        end--;
    if (--end <= start) { /* the bracket itself */
        reader->error = "the key's closing bracket is missing";
        return line_bad(reader);
    }
    if (!path_read(reader, start + gone, end))
        return line_bad(reader);
    reader->at = end + 1;
    if (!line_finish(reader))
        return line_bad(reader);
    return gone ? REGTEXT_KEY_GONE : REGTEXT_KEY;
}

/* "text", behind its first quotation mark; line breaks belong to it. */
static bool quoted_read(struct regtext_reader *reader, struct regtext_units *to) {
    while (reader->at < reader->end && *reader->at != '"') {
        const bool escape = *reader->at == '\\' && reader->at + 1 < reader->end;
        const int unit = escape ? escape_read(reader->at + 1, reader->end) : -1;
        size_t used = 6;

        if (unit >= 0) {
            if (!unit_add(reader, to, (uint16_t)unit))
                return false;
        } else {
            reader->line += reader->at[escape] == '\n';
            used = character_read(reader, reader->at + escape, reader->end, to) + escape;
            if (used == escape)
                return false;
        }
        reader->at += used;
    }
    if (reader->at == reader->end) {
        reader->error = "the closing quotation mark is missing";
        return false;
    }
    reader->at++;
    return true;
}

static bool string_read(struct regtext_reader *reader) {
    struct regtext_units text = {0};
    bool good = quoted_read(reader, &text) && unit_add(reader, &text, 0);

    for (size_t i = 0; good && i < text.n; i++)
        good = byte_add(reader, (uint8_t)text.at[i]) && byte_add(reader, (uint8_t)(text.at[i] >> 8));
    free(text.at);
    reader->type = TYPE_SZ;
    return good;
}

static bool dword_read(struct regtext_reader *reader) {
    uint32_t number = 0;
    int n = 0;

    for (; n < 8 && reader->at < reader->end && hex_digit(*reader->at) >= 0; n++)
        number = number * 16 + (uint32_t)hex_digit(*reader->at++);
    if (!n) {
        reader->error = "dword: wants up to eight hexadecimal digits";
        return false;
    }
    reader->type = TYPE_DWORD;
    for (int i = 0; i < 4; i++) {
        if (!byte_add(reader, (uint8_t)(number >> 8 * i)))
            return false;
    }
    return true;
}

/* A backslash at a line's end: the bytes go on in the next one. */
static bool continuation(struct regtext_reader *reader) {
    const char *at = reader->at + 1;

    while (at < reader->end && (*at == ' ' || *at == '\t' || *at == '\r'))
        at++;
    if (at < reader->end && *at != '\n')
        return false;
    reader->at = at < reader->end ? at + 1 : at;
    reader->line++;
    return true;
}

static bool hex_bytes(struct regtext_reader *reader) {
    for (;;) {
        int high, low;

        skip_blanks(reader);
        if (reader->at < reader->end && *reader->at == '\\' && continuation(reader))
            continue;
        high = reader->at < reader->end ? hex_digit(*reader->at) : -1;
        if (high < 0)
            return true; /* line_finish sees what it is instead */
        low = reader->at + 1 < reader->end ? hex_digit(reader->at[1]) : -1;
        if (!byte_add(reader, (uint8_t)(low < 0 ? high : high * 16 + low)))
            return false;
        reader->at += low < 0 ? 1 : 2;
        skip_blanks(reader);
        if (reader->at < reader->end && *reader->at == ',')
            reader->at++;
    }
}

/* hex: or hex(N):, behind the word. */
static bool hex_read(struct regtext_reader *reader) {
    reader->type = TYPE_BINARY;
    if (reader->at < reader->end && *reader->at == '(') {
        int n = 0;

        reader->type = 0;
        for (reader->at++; n < 8 && reader->at < reader->end && hex_digit(*reader->at) >= 0; n++)
            reader->type = reader->type * 16 + (uint32_t)hex_digit(*reader->at++);
        if (!n || reader->at == reader->end || *reader->at++ != ')') {
            reader->error = "hex(N): wants the type's number, in hexadecimal digits";
            return false;
        }
    }
    if (reader->at == reader->end || *reader->at++ != ':') {
        reader->error = "hex wants a colon before the bytes";
        return false;
    }
    return hex_bytes(reader);
}

static bool word_is(struct regtext_reader *reader, const char *word) {
    const size_t len = strlen(word);

    if ((size_t)(reader->end - reader->at) < len || strncmp(reader->at, word, len))
        return false;
    reader->at += len;
    return true;
}

static enum regtext_kind value_read(struct regtext_reader *reader) {
    enum regtext_kind kind = REGTEXT_VALUE;
    bool good;

    if (*reader->at++ == '"' && !quoted_read(reader, &reader->name))
        return line_bad(reader);
    skip_blanks(reader);
    if (!word_is(reader, "=")) {
        reader->error = "an equals sign is missing after the value's name";
        return line_bad(reader);
    }
    skip_blanks(reader);
    if (word_is(reader, "-")) {
        kind = REGTEXT_VALUE_GONE;
        good = true;
    } else if (word_is(reader, "\"")) {
        good = string_read(reader);
    } else if (word_is(reader, "dword:")) {
        good = dword_read(reader);
    } else if (word_is(reader, "hex")) {
        good = hex_read(reader);
    } else {
        reader->error = "the data is none of \"text\", dword:, hex:, hex(N): and -";
        good = false;
    }
    return good && line_finish(reader) ? kind : line_bad(reader);
}

static enum regtext_kind note_read(struct regtext_reader *reader) {
    const char *end = line_end(reader);

    reader->note = reader->at + 1;
    reader->note_len = (size_t)(end - reader->note);
    if (reader->note_len && reader->note[reader->note_len - 1] == '\r')
        reader->note_len--;
    reader->at = end;
    line_finish(reader);
    return REGTEXT_NOTE;
}

/* ---- the interface ---- */

void regtext_open(struct regtext_reader *reader, const char *text, size_t len) {
    *reader = (struct regtext_reader){.at = text, .end = text + len, .line = 1};
}

void regtext_close(struct regtext_reader *reader) {
    free(reader->name.at);
    free(reader->data.at);
}

static void skip_empty_lines(struct regtext_reader *reader) {
    for (; reader->at < reader->end && strchr(" \t\r\n", *reader->at); reader->at++)
        reader->line += *reader->at == '\n';
}

bool regtext_header(struct regtext_reader *reader) {
    skip_empty_lines(reader);
    if (word_is(reader, "REGEDIT4")) {
        reader->error = "this is the format of Windows 95; export the file again as version 5.00";
        return false;
    }
    if (!word_is(reader, REGTEXT_HEADER) || !line_finish(reader)) {
        reader->error = "the first line is not \"" REGTEXT_HEADER "\"";
        return false;
    }
    return true;
}

enum regtext_kind regtext_next(struct regtext_reader *reader) {
    reader->name.n = reader->data.n = 0;
    reader->error = NULL;
    skip_empty_lines(reader);
    if (reader->at == reader->end)
        return REGTEXT_END;
    switch (*reader->at) {
    case ';': return note_read(reader);
    case '[': return key_read(reader);
    case '"':
    case '@': return value_read(reader);
    default: return line_bad(reader);
    }
}
