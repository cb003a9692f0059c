/* Made from requests.list by tools/protogen.py; do not edit. */
#include "requests.h"
#include "libs/protocol/exchange.h"

int32_t server_first(const struct request_first *request, struct reply_first *reply, struct reply_room *room) {
    struct exchange exchange;
    int32_t status;

    exchange_begin(&exchange);
    exchange.size = request_first_encode(exchange.buffer, MESSAGE_MAX, request);
    status = exchange_run(&exchange, request->fd, room->bytes, sizeof room->bytes);
    exchange_end(&exchange);
    if (exchange.reply_size <= 0 || reply_first_decode(room->bytes, (size_t)exchange.reply_size, reply))
        return exchange_bad(&exchange, status);
    reply->fd = exchange.fd;
    return status;
}

void server_second(const struct request_second *request) {
    _Alignas(8) uint8_t message[32];

    if (request_second_encode(message, sizeof message, request) > 0)
        server_send(message, sizeof message, request->fd);
}

int32_t server_empty(const struct request_empty *request, struct reply_empty *reply) {
    _Alignas(8) uint8_t answer[24];
    struct exchange exchange;
    int32_t status;

    exchange_begin(&exchange);
    exchange.size = request_empty_encode(exchange.buffer, MESSAGE_MAX, request);
    status = exchange_run(&exchange, -1, answer, sizeof answer);
    exchange_end(&exchange);
    if (exchange.reply_size <= 0 || reply_empty_decode(answer, (size_t)exchange.reply_size, reply))
        return exchange_bad(&exchange, status);
    exchange_close_fd(&exchange);
    return status;
}

