/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Messages between a process and winipcd: what is common to all.  Each travels as one packet of a SOCK_SEQPACKET socket, so that a
 * descriptor belongs to its message and a message is there whole or not at all.  Behind the header comes the message's fixed part, then
 * its fields of variable length, each at a multiple of 8.  The messages themselves are made from requests.list.
 */
#ifndef WINIPC_PROTOCOL_H
#define WINIPC_PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define MESSAGE_MAX (136u * 1024) /* a name and a security descriptor of 64 KiB each */
#define MESSAGE_MAGIC 0x43504957u /* "WIPC" */

#define MESSAGE_REQUEST 0u
#define MESSAGE_REPLY 1u

struct message_header {
    uint32_t magic;
    uint32_t length; /* of the whole message, this header included */
    uint16_t number;
    uint16_t kind;  /* MESSAGE_REQUEST or MESSAGE_REPLY */
    int32_t status; /* of a reply: an NTSTATUS */
    uint32_t serial; /* of a request, repeated in its reply */
    uint32_t again;  /* of a request: 1: it was sent to a server that is no more, and may have been done by that one */
};
_Static_assert(sizeof(struct message_header) == 24, "the wire");
_Static_assert(offsetof(struct message_header, number) == 8 && offsetof(struct message_header, status) == 12, "the wire");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the wire is little-endian");

/* ---- writing and reading, for the generated code ---- */

struct message_writer {
    uint8_t *buffer;
    size_t size, at; /* at > size: it did not fit */
};

void message_begin(struct message_writer *writer, void *buffer, size_t size, uint16_t number, uint16_t kind);
/* message_put() - appends a part and pads it to a multiple of 8. */
void message_put(struct message_writer *writer, const void *data, size_t length);
/* message_end() - Return: the message's length, or -EMSGSIZE. */
int message_end(struct message_writer *writer);

struct message_reader {
    const uint8_t *buffer;
    size_t size, at;
};

/* message_check() - whether @buffer holds one whole message of @kind. */
bool message_check(const void *buffer, size_t size, uint16_t kind);
void message_open(struct message_reader *reader, const void *buffer, size_t size);
/* message_get() - copies the fixed part.  Return: false if there is less. */
bool message_get(struct message_reader *reader, void *data, size_t length);
/* message_part() - the next part of @length bytes.  Return: where it lies in the buffer, or NULL if there is less. */
const void *message_part(struct message_reader *reader, size_t length);
/* message_close() - Return: 0, or -EPROTO if something is left over. */
int message_close(const struct message_reader *reader);

/* ---- the tables, for what handles messages without knowing them: tracing, fuzzing ---- */

enum field_kind { FIELD_PAD, FIELD_U8, FIELD_U16, FIELD_U32, FIELD_U64, FIELD_I32, FIELD_UTF16, FIELD_BYTES };
enum message_fd { MESSAGE_NO_FD, MESSAGE_ONE_FD, MESSAGE_MAYBE_FD };

struct message_field {
    const char *name; /* NULL ends the table */
    enum field_kind kind;
    uint32_t size, offset; /* in the fixed part: the field, or its count */
    uint32_t maximum;      /* units of a variable field */
};

struct message_shape {
    const char *name;
    uint16_t number;
    enum message_fd fd;
    bool has_reply;
    uint32_t fixed;
    const struct message_field *fields;
    enum message_fd reply_fd;
    uint32_t reply_fixed;
    const struct message_field *reply_fields;
};

extern const struct message_shape message_shapes[];
extern const unsigned n_message_shapes;

/* message_shape() - Return: the table's entry of a request's number, or NULL. */
const struct message_shape *message_shape(uint16_t number);
/* message_print() - writes a checked message as text: NAME field=value….  Return: the text's length, cut to @size - 1. */
size_t message_print(char *text, size_t size, const void *message, size_t length);

/* A variable-length reply lies here while its caller reads it. */
struct reply_room {
    _Alignas(8) uint8_t bytes[MESSAGE_MAX];
};

#endif
