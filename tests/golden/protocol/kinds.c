/* Made from requests.list by tools/protogen.py; do not edit. */
#include "requests.h"

#include <errno.h>
#include <string.h>

int request_first_encode(void *buffer, size_t size, const struct request_first *message) {
    struct message_writer writer;
    struct wire_request_first wire = {0};

    if (message->n_name > 100u)
        return -EMSGSIZE;
    if (message->data_len > 7u)
        return -EMSGSIZE;
    wire.a = message->a;
    wire.b = message->b;
    wire.c = message->c;
    wire.d = message->d;
    wire.e = message->e;
    wire.f = message->f;
    wire.n_name = message->n_name;
    wire.data_len = message->data_len;
    message_begin(&writer, buffer, size, 1, MESSAGE_REQUEST);
    message_put(&writer, &wire, sizeof wire);
    message_put(&writer, message->name, (size_t)message->n_name * 2);
    message_put(&writer, message->data, (size_t)message->data_len * 1);
    return message_end(&writer);
}

int request_first_decode(const void *buffer, size_t size, struct request_first *message) {
    struct message_reader reader;
    struct wire_request_first wire;

    memset(message, 0, sizeof *message);
    message->fd = -1;
    message_open(&reader, buffer, size);
    if (!message_get(&reader, &wire, sizeof wire))
        return -EPROTO;
    message->a = wire.a;
    message->b = wire.b;
    message->c = wire.c;
    message->d = wire.d;
    message->e = wire.e;
    message->f = wire.f;
    if (wire.n_name > 100u)
        return -EPROTO;
    message->n_name = wire.n_name;
    message->name = message_part(&reader, (size_t)wire.n_name * 2);
    if (!message->name)
        return -EPROTO;
    if (wire.data_len > 7u)
        return -EPROTO;
    message->data_len = wire.data_len;
    message->data = message_part(&reader, (size_t)wire.data_len * 1);
    if (!message->data)
        return -EPROTO;
    return message_close(&reader);
}

int reply_first_encode(void *buffer, size_t size, const struct reply_first *message) {
    struct message_writer writer;
    struct wire_reply_first wire = {0};

    if (message->n_answer > 10u)
        return -EMSGSIZE;
    wire.n_answer = message->n_answer;
    message_begin(&writer, buffer, size, 1, MESSAGE_REPLY);
    message_put(&writer, &wire, sizeof wire);
    message_put(&writer, message->answer, (size_t)message->n_answer * 2);
    return message_end(&writer);
}

int reply_first_decode(const void *buffer, size_t size, struct reply_first *message) {
    struct message_reader reader;
    struct wire_reply_first wire;

    memset(message, 0, sizeof *message);
    message->fd = -1;
    message_open(&reader, buffer, size);
    if (!message_get(&reader, &wire, sizeof wire))
        return -EPROTO;
    if (wire.n_answer > 10u)
        return -EPROTO;
    message->n_answer = wire.n_answer;
    message->answer = message_part(&reader, (size_t)wire.n_answer * 2);
    if (!message->answer)
        return -EPROTO;
    return message_close(&reader);
}

int request_second_encode(void *buffer, size_t size, const struct request_second *message) {
    struct message_writer writer;
    struct wire_request_second wire = {0};

    wire.x = message->x;
    message_begin(&writer, buffer, size, 7, MESSAGE_REQUEST);
    message_put(&writer, &wire, sizeof wire);
    return message_end(&writer);
}

int request_second_decode(const void *buffer, size_t size, struct request_second *message) {
    struct message_reader reader;
    struct wire_request_second wire;

    memset(message, 0, sizeof *message);
    message->fd = -1;
    message_open(&reader, buffer, size);
    if (!message_get(&reader, &wire, sizeof wire))
        return -EPROTO;
    message->x = wire.x;
    return message_close(&reader);
}

int request_empty_encode(void *buffer, size_t size, const struct request_empty *message) {
    struct message_writer writer;

    (void)message;
    message_begin(&writer, buffer, size, 3, MESSAGE_REQUEST);
    return message_end(&writer);
}

int request_empty_decode(const void *buffer, size_t size, struct request_empty *message) {
    struct message_reader reader;

    memset(message, 0, sizeof *message);
    message->fd = -1;
    message_open(&reader, buffer, size);
    return message_close(&reader);
}

int reply_empty_encode(void *buffer, size_t size, const struct reply_empty *message) {
    struct message_writer writer;

    (void)message;
    message_begin(&writer, buffer, size, 3, MESSAGE_REPLY);
    return message_end(&writer);
}

int reply_empty_decode(const void *buffer, size_t size, struct reply_empty *message) {
    struct message_reader reader;

    memset(message, 0, sizeof *message);
    message->fd = -1;
    message_open(&reader, buffer, size);
    return message_close(&reader);
}

static const struct message_field request_first_fields[] = {
    {"a", FIELD_U64, 8, 0, 0},
    {"b", FIELD_U32, 4, 8, 0},
    {"c", FIELD_U16, 2, 12, 0},
    {"d", FIELD_U8, 1, 14, 0},
    {"e", FIELD_U8, 1, 15, 0},
    {"f", FIELD_I32, 4, 16, 0},
    {"name", FIELD_UTF16, 4, 20, 100},
    {"data", FIELD_BYTES, 4, 24, 7},
    {"", FIELD_PAD, 4, 28, 0},
    {NULL, FIELD_PAD, 0, 0, 0},
};
static const struct message_field reply_first_fields[] = {
    {"answer", FIELD_UTF16, 4, 0, 10},
    {"", FIELD_PAD, 4, 4, 0},
    {NULL, FIELD_PAD, 0, 0, 0},
};
static const struct message_field request_second_fields[] = {
    {"x", FIELD_U32, 4, 0, 0},
    {"", FIELD_PAD, 4, 4, 0},
    {NULL, FIELD_PAD, 0, 0, 0},
};
static const struct message_field request_empty_fields[] = {
    {NULL, FIELD_PAD, 0, 0, 0},
};
static const struct message_field reply_empty_fields[] = {
    {NULL, FIELD_PAD, 0, 0, 0},
};

const struct message_shape message_shapes[] = {
    {"FIRST", 1, MESSAGE_ONE_FD, true, 32, request_first_fields, MESSAGE_MAYBE_FD, 8, reply_first_fields},
    {"SECOND", 7, MESSAGE_MAYBE_FD, false, 8, request_second_fields, MESSAGE_NO_FD, 0, NULL},
    {"EMPTY", 3, MESSAGE_NO_FD, true, 0, request_empty_fields, MESSAGE_NO_FD, 0, reply_empty_fields},
};
const unsigned n_message_shapes = sizeof message_shapes / sizeof message_shapes[0];
