/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writing, reading and printing of messages; see protocol.h. */
#include "libs/protocol/protocol.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

static size_t align8(size_t size) {
    return (size + 7) & ~(size_t)7;
}

void message_begin(struct message_writer *writer, void *buffer, size_t size, uint16_t number, uint16_t kind) {
    const struct message_header header = {.magic = MESSAGE_MAGIC, .number = number, .kind = kind};

    *writer = (struct message_writer){.buffer = buffer, .size = size};
    message_put(writer, &header, sizeof header);
}

void message_put(struct message_writer *writer, const void *data, size_t length) {
    const size_t room = align8(length);

    if (writer->at > writer->size || room > writer->size - writer->at) {
        writer->at = writer->size + 1;
        return;
    }
    if (length)
        memcpy(writer->buffer + writer->at, data, length);
    memset(writer->buffer + writer->at + length, 0, room - length);
    writer->at += room;
}

int message_end(struct message_writer *writer) {
    const uint32_t length = (uint32_t)writer->at;

    if (writer->at > writer->size)
        return -EMSGSIZE;
    memcpy(writer->buffer + offsetof(struct message_header, length), &length, sizeof length);
    return (int)length;
}

bool message_check(const void *buffer, size_t size, uint16_t kind) {
    struct message_header header;

    if (size < sizeof header || size > MESSAGE_MAX)
        return false;
    memcpy(&header, buffer, sizeof header);
    return header.magic == MESSAGE_MAGIC && header.length == size && header.kind == kind;
}

void message_open(struct message_reader *reader, const void *buffer, size_t size) {
    *reader = (struct message_reader){.buffer = buffer, .size = size, .at = sizeof(struct message_header)};
}

bool message_get(struct message_reader *reader, void *data, size_t length) {
    const void *part = message_part(reader, length);

    if (!part)
        return false;
    memcpy(data, part, length);
    return true;
}

const void *message_part(struct message_reader *reader, size_t length) {
    const size_t at = reader->at, room = align8(length);

    if (at > reader->size || length > MESSAGE_MAX || room > reader->size - at)
        return NULL;
    reader->at += room;
    return reader->buffer + at;
}

int message_close(const struct message_reader *reader) {
    return reader->at == reader->size ? 0 : -EPROTO;
}

const struct message_shape *message_shape(uint16_t number) {
    for (unsigned i = 0; i < n_message_shapes; i++) {
        if (message_shapes[i].number == number)
            return &message_shapes[i];
    }
    return NULL;
}

/* ---- printing ---- */

struct printer {
    char *text;
    size_t size, at;
};

static void __attribute__((format(printf, 2, 3))) print(struct printer *printer, const char *format, ...) {
    va_list args;
    int length;

    va_start(args, format);
    length = vsnprintf(printer->text + printer->at, printer->size - printer->at, format, args);
    va_end(args);
    if (length > 0)
        printer->at += (size_t)length < printer->size - printer->at ? (size_t)length : printer->size - printer->at - 1;
}

static void print_unit(struct printer *printer, uint16_t unit) {
    if (unit >= 0x20 && unit < 0x7f && unit != '"')
        print(printer, "%c", unit);
    else
        print(printer, "\\x%04x", unit);
}

static void print_variable(struct printer *printer, const struct message_field *field, const void *data, uint32_t count) {
    enum { SHOWN = 300 };

    print(printer, "\"");
    for (uint32_t i = 0; i < count && i < SHOWN; i++) {
        if (field->kind == FIELD_UTF16)
            print_unit(printer, ((const uint16_t *)data)[i]);
        else
            print(printer, "%02x", ((const uint8_t *)data)[i]);
    }
    print(printer, count > SHOWN ? "…\"" : "\"");
}

/* A field of at most 8 bytes, or a variable field's count. */
static uint64_t field_value(const struct message_field *field, const uint8_t *fixed) {
    uint64_t value = 0;

    memcpy(&value, fixed + field->offset, field->size);
    return value;
}

static void print_fields(
    struct printer *printer, const struct message_field *fields, uint32_t fixed_size, const void *message, size_t length) {
    struct message_reader reader;
    const uint8_t *fixed;

    message_open(&reader, message, length);
    fixed = message_part(&reader, fixed_size);
    for (const struct message_field *field = fields; fixed && field && field->name; field++) {
        uint64_t value;
        const void *part;

        if (field->kind == FIELD_PAD)
            continue;
        value = field_value(field, fixed);
        print(printer, " %s=", field->name);
        if (field->kind != FIELD_UTF16 && field->kind != FIELD_BYTES) {
            print(printer, value < 10 ? "%" PRIu64 : "%#" PRIx64, value);
            continue;
        }
        part = message_part(&reader, value * (field->kind == FIELD_UTF16 ? 2 : 1));
        if (!part) {
            print(printer, "?");
            return;
        }
        print_variable(printer, field, part, (uint32_t)value);
    }
}

size_t message_print(char *text, size_t size, const void *message, size_t length) {
    struct printer printer = {.text = text, .size = size};
    const struct message_shape *shape;
    struct message_header header;

    memcpy(&header, message, sizeof header);
    shape = message_shape(header.number);
    if (!shape) {
        print(&printer, "request %u?", header.number);
        return printer.at;
    }
    print(&printer, "%s", shape->name);
    if (header.kind == MESSAGE_REPLY) {
        print(&printer, " status=%#x", (unsigned)header.status);
        print_fields(&printer, shape->reply_fields, shape->reply_fixed, message, length);
    } else {
        print_fields(&printer, shape->fields, shape->fixed, message, length);
    }
    return printer.at;
}
