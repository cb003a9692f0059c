/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The client's side of a request, for the generated calls: one exchange at a time over the process's one connection. */
#ifndef WINIPC_EXCHANGE_H
#define WINIPC_EXCHANGE_H

#include "libs/protocol/protocol.h"

struct exchange {
    uint8_t *buffer; /* room for MESSAGE_MAX bytes of request */
    int size;        /* of the request, or -errno */
    int reply_size;  /* or -errno */
    int fd;          /* came with the reply; -1: none */
};

/* exchange_begin(), exchange_end() - around the use of the buffer. */
void exchange_begin(struct exchange *exchange);
void exchange_end(struct exchange *exchange);
/* exchange_run() - sends the request with @fd (-1: none), connecting first where need be, and waits for its reply.  Return: the
 * reply's NTSTATUS, or STATUS_SERVER_DISABLED when no server can be reached. */
int32_t exchange_run(struct exchange *exchange, int fd, void *reply, size_t size);
/* exchange_bad() - no reply, or one that cannot be decoded.  Return: the NTSTATUS to give. */
int32_t exchange_bad(struct exchange *exchange, int32_t status);
void exchange_close_fd(struct exchange *exchange);
/* server_send() - sends a request without an answer; lost if no server can be reached. */
void server_send(const void *message, size_t size, int fd);

#endif
