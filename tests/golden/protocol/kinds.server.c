/* Made from requests.list by tools/protogen.py; do not edit. */
#include "requests.h"
#include "libs/protocol/dispatch.h"

#include <errno.h>
#include <string.h>

static int dispatch_first(struct client *client, struct dispatch *dispatch) {
    struct request_first request;
    struct reply_first reply;
    int32_t status;

    if (request_first_decode(dispatch->request, dispatch->size, &request))
        return -EPROTO;
    request.fd = dispatch->fd;
    memset(&reply, 0, sizeof reply);
    reply.fd = -1;
    status = handle_first(client, &request, &reply);
    dispatch->fd = request.fd;
    if (status == HANDLER_AGAIN)
        return -EAGAIN;
    dispatch->reply_size = reply_first_encode(dispatch->reply, MESSAGE_MAX, &reply);
    dispatch->reply_fd = reply.fd;
    return dispatch_answer(dispatch, status);
}

static int dispatch_second(struct client *client, struct dispatch *dispatch) {
    struct request_second request;

    if (request_second_decode(dispatch->request, dispatch->size, &request))
        return -EPROTO;
    request.fd = dispatch->fd;
    handle_second(client, &request);
    dispatch->fd = request.fd;
    return 0;
}

static int dispatch_empty(struct client *client, struct dispatch *dispatch) {
    struct request_empty request;
    struct reply_empty reply;
    int32_t status;

    if (request_empty_decode(dispatch->request, dispatch->size, &request))
        return -EPROTO;
    memset(&reply, 0, sizeof reply);
    status = handle_empty(client, &request, &reply);
    if (status == HANDLER_AGAIN)
        return -EAGAIN;
    dispatch->reply_size = reply_empty_encode(dispatch->reply, MESSAGE_MAX, &reply);
    return dispatch_answer(dispatch, status);
}

int dispatch_request(struct client *client, unsigned number, struct dispatch *dispatch) {
    switch (number) {
    case REQUEST_FIRST: return dispatch_first(client, dispatch);
    case REQUEST_SECOND: return dispatch_second(client, dispatch);
    case REQUEST_EMPTY: return dispatch_empty(client, dispatch);
    default: return -EPROTO;
    }
}
