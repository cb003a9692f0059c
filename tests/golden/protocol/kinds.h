/* Made from requests.list by tools/protogen.py; do not edit. */
#ifndef WINIPC_REQUESTS_H
#define WINIPC_REQUESTS_H

#include "libs/protocol/protocol.h"

#define PROTOCOL_VERSION 3u
#define PROTOCOL_REQUESTS 3

enum request_number {
    REQUEST_FIRST = 1,
    REQUEST_SECOND = 7,
    REQUEST_EMPTY = 3,
};

struct wire_request_first {
    uint64_t a;
    uint32_t b;
    uint16_t c;
    uint8_t d;
    uint8_t e;
    int32_t f;
    uint32_t n_name; /* units of name, behind this structure */
    uint32_t data_len; /* bytes of data, behind this structure */
    uint8_t pad0[4];
};
_Static_assert(sizeof(struct wire_request_first) == 32, "FIRST");
_Static_assert(offsetof(struct wire_request_first, a) == 0, "FIRST");
_Static_assert(offsetof(struct wire_request_first, b) == 8, "FIRST");
_Static_assert(offsetof(struct wire_request_first, c) == 12, "FIRST");
_Static_assert(offsetof(struct wire_request_first, d) == 14, "FIRST");
_Static_assert(offsetof(struct wire_request_first, e) == 15, "FIRST");
_Static_assert(offsetof(struct wire_request_first, f) == 16, "FIRST");
_Static_assert(offsetof(struct wire_request_first, n_name) == 20, "FIRST");
_Static_assert(offsetof(struct wire_request_first, data_len) == 24, "FIRST");
_Static_assert(offsetof(struct wire_request_first, pad0) == 28, "FIRST");
/* Comes with a descriptor. */
struct request_first {
    uint64_t a; /* eight bytes */
    uint32_t b; /* four */
    uint16_t c; /* two */
    uint8_t d; /* one */
    uint8_t e; /* one more */
    int32_t f; /* signed */
    const uint16_t *name; /* text */
    uint32_t n_name; /* at most 100 */
    const uint8_t *data; /* octets */
    uint32_t data_len; /* at most 7 */
    int fd; /* -1: none */
};

struct wire_reply_first {
    uint32_t n_answer; /* units of answer, behind this structure */
    uint8_t pad0[4];
};
_Static_assert(sizeof(struct wire_reply_first) == 8, "FIRST");
_Static_assert(offsetof(struct wire_reply_first, n_answer) == 0, "FIRST");
_Static_assert(offsetof(struct wire_reply_first, pad0) == 4, "FIRST");
struct reply_first {
    const uint16_t *answer; /* of variable length */
    uint32_t n_answer; /* at most 10 */
    int fd; /* -1: none */
};

struct wire_request_second {
    uint32_t x;
    uint8_t pad0[4];
};
_Static_assert(sizeof(struct wire_request_second) == 8, "SECOND");
_Static_assert(offsetof(struct wire_request_second, x) == 0, "SECOND");
_Static_assert(offsetof(struct wire_request_second, pad0) == 4, "SECOND");
struct request_second {
    uint32_t x; /* the only one */
    int fd; /* -1: none */
};

struct request_empty {
    int fd; /* -1: none */
};

struct reply_empty {
    int fd; /* -1: none */
};

int request_first_encode(void *buffer, size_t size, const struct request_first *message);
int request_first_decode(const void *buffer, size_t size, struct request_first *message);
int reply_first_encode(void *buffer, size_t size, const struct reply_first *message);
int reply_first_decode(const void *buffer, size_t size, struct reply_first *message);
int request_second_encode(void *buffer, size_t size, const struct request_second *message);
int request_second_decode(const void *buffer, size_t size, struct request_second *message);
int request_empty_encode(void *buffer, size_t size, const struct request_empty *message);
int request_empty_decode(const void *buffer, size_t size, struct request_empty *message);
int reply_empty_encode(void *buffer, size_t size, const struct reply_empty *message);
int reply_empty_decode(const void *buffer, size_t size, struct reply_empty *message);

/* The client's calls (client.h): an NTSTATUS. */
int32_t server_first(const struct request_first *request, struct reply_first *reply, struct reply_room *room);
void server_second(const struct request_second *request);
int32_t server_empty(const struct request_empty *request, struct reply_empty *reply);

/* The server's handlers: an NTSTATUS, or HANDLER_AGAIN.  One that keeps request->fd sets it to -1. */
struct client;
int32_t handle_first(struct client *client, struct request_first *request, struct reply_first *reply);
void handle_second(struct client *client, struct request_second *request);
int32_t handle_empty(struct client *client, struct request_empty *request, struct reply_empty *reply);

#endif
