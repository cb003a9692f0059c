/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The server's side of a request: what the generated dispatcher gets and gives. */
#ifndef WINIPC_DISPATCH_H
#define WINIPC_DISPATCH_H

#include "libs/protocol/protocol.h"

/* A handler's answer when a lock was busy: nothing was done; the server calls it again with the same request a little later. */
#define HANDLER_AGAIN ((int32_t)0x7fffffff)

struct dispatch {
    const void *request;
    size_t size;
    int fd;        /* came with the request; a handler that keeps it leaves -1 */
    void *reply;   /* room for MESSAGE_MAX bytes */
    int reply_size; /* 0: no reply */
    int reply_fd;  /* goes with the reply; stays the handler's */
};

struct client;

/* dispatch_request() - decodes, calls the handler, encodes its reply.  Return: 0, -EPROTO for a malformed request, or -EAGAIN. */
int dispatch_request(struct client *client, unsigned number, struct dispatch *dispatch);
/* dispatch_answer() - completes the header of an encoded reply.  Return: 0. */
int dispatch_answer(struct dispatch *dispatch, int32_t status);

#endif
