/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The formatting of messages: escapes (%n, %t, %%…), inserts (%1 to %99, with printf formats between exclamation marks) and lines of a
 * greatest width.
 */
#include "dlls/kernel32/message.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGE_NO_WRAP FORMAT_MESSAGE_MAX_WIDTH_MASK /* line breaks of the source become spaces, and that is all */
#define MESSAGE_MAX_FIELD 0x8000

static bool message_reserve(struct message_text *text, size_t more) {
    size_t room = text->room ? text->room : 256;
    WCHAR *grown;

    if (text->failed)
        return false;
    while (room < text->length + more + 1)
        room *= 2;
    if (room == text->room)
        return true;
    grown = realloc(text->chars, room * sizeof *grown);
    text->failed = !grown;
    if (!grown)
        return false;
    text->chars = grown;
    text->room = room;
    return true;
}

void message_add(struct message_text *text, WCHAR c) {
    message_add_wide(text, &c, 1);
}

void message_add_wide(struct message_text *text, const WCHAR *chars, size_t length) {
    if (!message_reserve(text, length))
        return;
    memcpy(text->chars + text->length, chars, length * sizeof *chars);
    text->length += length;
    text->chars[text->length] = 0;
}

void message_add_ascii(struct message_text *text, const char *chars) {
    for (; *chars; chars++)
        message_add(text, (unsigned char)*chars);
}

void message_add_ansi(struct message_text *text, const char *chars, int length) {
    int wide;

    if (length < 0)
        length = (int)strlen(chars);
    wide = MultiByteToWideChar(CP_ACP, 0, chars, length, NULL, 0);
    if (wide <= 0 || !message_reserve(text, (size_t)wide))
        return;
    MultiByteToWideChar(CP_ACP, 0, chars, length, text->chars + text->length, wide);
    text->length += (size_t)wide;
    text->chars[text->length] = 0;
}

/* One insert's format, between the exclamation marks. */
struct message_spec {
    bool left, plus, space, zero, alternate;
    long width, precision; /* precision -1: none */
    enum { SIZE_NONE, SIZE_SHORT, SIZE_LONG, SIZE_WIDE, SIZE_64 } size;
    WCHAR conversion;
};

size_t message_wide_length(const WCHAR *string, long limit) {
    size_t length = 0;

    while ((limit < 0 || length < (size_t)limit) && string[length])
        length++;
    return length;
}

static void message_pad(struct message_text *text, long n, WCHAR with) {
    for (; n > 0 && !text->failed; n--)
        message_add(text, with);
}

static void message_add_field(struct message_text *text, const struct message_spec *spec, const struct message_text *field) {
    const long missing = spec->width - (long)field->length;

    if (!spec->left)
        message_pad(text, missing, ' ');
    message_add_wide(text, field->chars, field->length);
    if (spec->left)
        message_pad(text, missing, ' ');
}

static bool message_is_wide(const struct message_spec *spec, bool ansi) {
    const bool capital = spec->conversion == 'S' || spec->conversion == 'C';

    if (spec->size == SIZE_SHORT)
        return false;
    if (spec->size == SIZE_LONG || spec->size == SIZE_WIDE)
        return true;
    return ansi == capital;
}

static void message_string(struct message_text *text, const struct message_spec *spec, DWORD_PTR value, bool ansi) {
    struct message_text field = {0};

    if (!value)
        message_add_wide(&field, L"(null)", 6);
    else if (message_is_wide(spec, ansi))
        message_add_wide(&field, (const WCHAR *)value, message_wide_length((const WCHAR *)value, spec->precision));
    else
        message_add_ansi(&field, (const char *)value,
            (int)(spec->precision < 0 ? strlen((const char *)value) : strnlen((const char *)value, (size_t)spec->precision)));
    if (field.chars || !field.failed)
        message_add_field(text, spec, &field);
    text->failed |= field.failed;
    free(field.chars);
}

static void message_char(struct message_text *text, const struct message_spec *spec, DWORD_PTR value, bool ansi) {
    struct message_text field = {0};
    const char narrow = (char)value;

    if (message_is_wide(spec, ansi))
        message_add(&field, (WCHAR)value);
    else
        message_add_ansi(&field, &narrow, 1);
    message_add_field(text, spec, &field);
    free(field.chars);
}

static uint64_t message_truncate(const struct message_spec *spec, DWORD_PTR value, bool is_signed) {
    if (spec->size == SIZE_64 || spec->conversion == 'p')
        return value;
    if (spec->size == SIZE_SHORT)
        return is_signed ? (uint64_t)(int64_t)(int16_t)value : (uint16_t)value;
    return is_signed ? (uint64_t)(int64_t)(int32_t)value : (uint32_t)value;
}

static void message_number(struct message_text *text, const struct message_spec *spec, DWORD_PTR argument) {
    const bool is_signed = spec->conversion == 'd' || spec->conversion == 'i', upper = spec->conversion != 'x';
    const unsigned base = is_signed || spec->conversion == 'u' ? 10 : spec->conversion == 'o' ? 8 : 16;
    uint64_t value = message_truncate(spec, argument, is_signed);
    const bool negative = is_signed && (int64_t)value < 0;
    struct message_text field = {0};
    char digits[24];
    long n = 0, least = spec->precision < 0 ? 1 : spec->precision;
    const char *prefix = negative ? "-" : is_signed && spec->plus ? "+" : is_signed && spec->space ? " " : "";

    if (spec->conversion == 'p')
        least = 16;
    if (spec->alternate && value && base == 16 && spec->conversion != 'p')
        prefix = upper ? "0X" : "0x";
    if (negative)
        value = 0 - value;
    for (; value; value /= base)
        digits[n++] = (upper ? "0123456789ABCDEF" : "0123456789abcdef")[value % base];
    if (spec->alternate && base == 8 && least <= n)
        least = n + 1;
    if (spec->zero && !spec->left && spec->precision < 0 && spec->width - (long)strlen(prefix) > least)
        least = spec->width - (long)strlen(prefix);
    message_add_ascii(&field, prefix);
    message_pad(&field, least - n, '0');
    while (n > 0)
        message_add(&field, (unsigned char)digits[--n]);
    message_add_field(text, spec, &field);
    text->failed |= field.failed;
    free(field.chars);
}

struct message_reader {
    const WCHAR *at, *end;
    const struct message_inserts *inserts;
    struct message_text *text;
    unsigned width;
    size_t line_start; /* index of the output line's first character */
    size_t last_space; /* and of the last space in it at which it may break, or SIZE_MAX */
};

static WCHAR message_peek(const struct message_reader *reader) {
    return reader->at < reader->end ? *reader->at : 0;
}

static bool message_take(struct message_reader *reader, WCHAR c) {
    if (message_peek(reader) != c)
        return false;
    reader->at++;
    return true;
}

/* A number, or "*": the next insert. */
static long message_field_number(struct message_reader *reader, unsigned *insert) {
    long value = 0;

    if (message_take(reader, '*'))
        return (int32_t)reader->inserts->values[(*insert)++ - 1];
    while (message_peek(reader) >= '0' && message_peek(reader) <= '9' && value < MESSAGE_MAX_FIELD)
        value = value * 10 + (*reader->at++ - '0');
    return value;
}

static void message_read_size(struct message_reader *reader, struct message_spec *spec) {
    for (;;) {
        if (message_take(reader, 'h'))
            spec->size = SIZE_SHORT;
        else if (message_take(reader, 'l'))
            spec->size = spec->size == SIZE_LONG ? SIZE_64 : SIZE_LONG;
        else if (message_take(reader, 'w'))
            spec->size = SIZE_WIDE;
        else if (message_take(reader, 'I'))
            spec->size = message_take(reader, '6') && message_take(reader, '4') ? SIZE_64
                         : message_take(reader, '3') && message_take(reader, '2') ? SIZE_NONE
                                                                                  : SIZE_64;
        else
            return;
    }
}

/* The format after "!", with its closing "!"; false: it is not one. */
static bool message_read_spec(struct message_reader *reader, unsigned *insert, struct message_spec *spec) {
    *spec = (struct message_spec){.precision = -1};
    for (;; reader->at++) {
        switch (message_peek(reader)) {
        case '-': spec->left = true; continue;
        case '+': spec->plus = true; continue;
        case ' ': spec->space = true; continue;
        case '0': spec->zero = true; continue;
        case '#': spec->alternate = true; continue;
        }
        break;
    }
    spec->width = message_field_number(reader, insert);
    if (spec->width < 0) {
        spec->left = true;
        spec->width = -spec->width;
    }
    if (message_take(reader, '.'))
        spec->precision = message_field_number(reader, insert);
    if (spec->width > MESSAGE_MAX_FIELD)
        spec->width = MESSAGE_MAX_FIELD;
    if (spec->precision > MESSAGE_MAX_FIELD)
        spec->precision = MESSAGE_MAX_FIELD;
    message_read_size(reader, spec);
    spec->conversion = message_peek(reader);
    reader->at += spec->conversion != 0;
    return spec->conversion && message_take(reader, '!');
}

/* "%1" to "%99", the percent sign read already. Return: a Win32 error. */
static DWORD message_insert(struct message_reader *reader) {
    const WCHAR *const start = reader->at - 1;
    struct message_spec spec = {.precision = -1, .conversion = 's'};
    unsigned insert = *reader->at++ - '0';

    if (message_peek(reader) >= '0' && message_peek(reader) <= '9')
        insert = insert * 10 + (*reader->at++ - '0');
    if (reader->inserts->ignored) {
        message_add_wide(reader->text, start, (size_t)(reader->at - start));
        return ERROR_SUCCESS;
    }
    if (!reader->inserts->values)
        return ERROR_INVALID_PARAMETER;
    if (message_take(reader, '!') && !message_read_spec(reader, &insert, &spec))
        return ERROR_INVALID_PARAMETER;
    switch (spec.conversion) {
    case 's':
    case 'S': message_string(reader->text, &spec, reader->inserts->values[insert - 1], reader->inserts->ansi); break;
    case 'c':
    case 'C': message_char(reader->text, &spec, reader->inserts->values[insert - 1], reader->inserts->ansi); break;
    case 'd':
    case 'i':
    case 'u':
    case 'o':
    case 'x':
    case 'X':
    case 'p': message_number(reader->text, &spec, reader->inserts->values[insert - 1]); break;
    default: return ERROR_INVALID_PARAMETER;
    }
    return ERROR_SUCCESS;
}

static void message_break_line(struct message_reader *reader) {
    message_add_ascii(reader->text, "\r\n");
    reader->line_start = reader->text->length;
    reader->last_space = SIZE_MAX;
}

/* The line has become too long: breaks it at its last space, which goes. */
static void message_wrap(struct message_reader *reader) {
    struct message_text *const text = reader->text;
    const size_t at = reader->last_space;

    if (reader->width == 0 || reader->width == MESSAGE_NO_WRAP || at == SIZE_MAX || text->length - reader->line_start <= reader->width)
        return;
    message_add(text, 0); /* one character more: a space becomes a line break */
    if (text->failed)
        return;
    memmove(text->chars + at + 2, text->chars + at + 1, (text->length - at - 2) * sizeof *text->chars);
    text->chars[at] = '\r';
    text->chars[at + 1] = '\n';
    reader->line_start = at + 2;
    reader->last_space = SIZE_MAX;
}

static void message_space(struct message_reader *reader) {
    message_wrap(reader);
    reader->last_space = reader->text->length;
    message_add(reader->text, ' ');
}

/* What follows a percent sign. *end: the message ends here. Return: a Win32 error. */
static DWORD message_escape(struct message_reader *reader, bool *end) {
    const WCHAR c = message_peek(reader);

    if (c >= '1' && c <= '9')
        return message_insert(reader);
    reader->at += reader->at < reader->end;
    switch (c) {
    case 0:
        if (!reader->inserts->ignored)
            return ERROR_INVALID_PARAMETER;
        message_add(reader->text, '%');
        return ERROR_SUCCESS;
    case '0': *end = true; return ERROR_SUCCESS;
    case 'n': message_break_line(reader); return ERROR_SUCCESS;
    case 'r': message_add(reader->text, '\r'); return ERROR_SUCCESS;
    case 't': message_add(reader->text, '\t'); return ERROR_SUCCESS;
    case 'b': message_add(reader->text, ' '); return ERROR_SUCCESS;
    default:
        if (reader->inserts->ignored)
            message_add(reader->text, '%');
        message_add(reader->text, c);
        return ERROR_SUCCESS;
    }
}

/* A line break of the source: CR LF, CR or LF, its first character read already. */
static void message_source_break(struct message_reader *reader, WCHAR c) {
    if (c == '\r')
        message_take(reader, '\n');
    if (reader->width)
        message_space(reader);
    else
        message_break_line(reader);
}

DWORD message_format(
    const WCHAR *source, size_t length, const struct message_inserts *inserts, unsigned width, struct message_text *text) {
    struct message_reader reader = {
        .at = source, .end = source + length, .inserts = inserts, .text = text, .width = width, .last_space = SIZE_MAX};
    bool end = false;

    while (reader.at < reader.end && !end && !text->failed) {
        const WCHAR c = *reader.at++;
        DWORD error = ERROR_SUCCESS;

        if (c == '%')
            error = message_escape(&reader, &end);
        else if (c == '\r' || c == '\n')
            message_source_break(&reader, c);
        else if (c == ' ' && width)
            message_space(&reader);
        else
            message_add(text, c);
        if (error)
            return error;
    }
    message_wrap(&reader);
    return text->failed ? ERROR_NOT_ENOUGH_MEMORY : ERROR_SUCCESS;
}
