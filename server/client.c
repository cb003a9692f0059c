/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Connections.  A packet is a request; its reply goes out before the next request is read, so that a connection never
 * holds more than one message in the server.  Whatever is not a well-formed request ends the connection and nothing
 * else.
 */
#include "server/server.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif

#define MAX_FDS 4    /* more than any request has: those that are too many are seen and closed */
#define MAX_BURST 16 /* requests of one connection before the others get their turn */

static struct client *clients;
static unsigned n_clients;

unsigned clients_count(void) {
    return n_clients;
}

void client_drop(struct client *client) {
    if (client->dropped)
        return;
    client->dropped = true;
    source_close(&client->source);
    if (client->pidfd >= 0)
        close(client->pidfd);
    if (client->pending_fd >= 0)
        close(client->pending_fd);
    free(client->pending);
    client->pending = NULL;
    if (client->process)
        client->process->client = NULL;
    if (client->next)
        client->next->prev = client->prev;
    if (client->prev)
        client->prev->next = client->next;
    else
        clients = client->next;
    n_clients--;
    server_free_later(client);
}

/* ---- what did not go at once ---- */

/* Keeps a message, and a duplicate of @fd, for later.  Return: whether there was memory for it. */
static bool client_keep(struct client *client, const void *message, int size, int fd, bool reply) {
    client->pending = malloc((size_t)size);
    client->pending_fd = fd < 0 ? -1 : dup(fd);
    if (!client->pending || (fd >= 0 && client->pending_fd < 0))
        return false;
    memcpy(client->pending, message, (size_t)size);
    client->pending_size = size;
    client->pending_reply = reply;
    source_change(&client->source, reply ? EPOLLOUT : 0);
    return true;
}

static void client_unkeep(struct client *client) {
    free(client->pending);
    if (client->pending_fd >= 0)
        close(client->pending_fd);
    client->pending = NULL;
    client->pending_fd = -1;
    source_change(&client->source, EPOLLIN);
}

/* Return: 0 or -errno. */
static int client_send(struct client *client, const void *message, int size, int fd) {
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control = {0};
    struct iovec part = {.iov_base = (void *)(uintptr_t)message, .iov_len = (size_t)size};
    struct msghdr packet = {.msg_iov = &part, .msg_iovlen = 1};

    if (fd >= 0) {
        packet.msg_control = &control;
        packet.msg_controllen = sizeof control.bytes;
        control.align.cmsg_level = SOL_SOCKET;
        control.align.cmsg_type = SCM_RIGHTS;
        control.align.cmsg_len = CMSG_LEN(sizeof fd);
        memcpy(CMSG_DATA(&control.align), &fd, sizeof fd);
    }
    return sendmsg(client->source.fd, &packet, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -errno : 0;
}

static void client_reply(struct client *client, const void *message, int size, int fd) {
    const int error = client_send(client, message, size, fd);

    if (error == -EAGAIN || error == -EINTR) {
        if (client_keep(client, message, size, fd, true))
            return;
    }
    if (error)
        client_drop(client);
}

/* ---- requests ---- */

static void request_trace(const struct client *client, const void *message, size_t size) {
    char text[1600];

    if (!(trace_enabled & TRACE_SERVER))
        return;
    message_print(text, sizeof text, message, size);
    TRACE(TRACE_SERVER, "%u: %s", client->pid, text);
}

static bool request_allowed(const struct client *client, const struct message_header *header, int fd) {
    const struct message_shape *shape = message_shape(header->number);

    if (!shape || (shape->fd == MESSAGE_NO_FD && fd >= 0) || (shape->fd == MESSAGE_ONE_FD && fd < 0))
        return false;
    return header->number == REQUEST_HELLO ? !client->process : client->process != NULL;
}

/* Handles one request.  Return: false when it has to wait; its descriptor is the caller's in either case. */
static bool request_handle(struct client *client, const void *message, size_t size, int *fd) {
    static _Alignas(8) uint8_t reply[MESSAGE_MAX];
    struct dispatch dispatch = {.request = message, .size = size, .fd = *fd, .reply = reply, .reply_fd = -1};
    struct message_header header;
    int error;

    if (!message_check(message, size, MESSAGE_REQUEST)) {
        client_drop(client);
        return true;
    }
    memcpy(&header, message, sizeof header);
    request_trace(client, message, size);
    if (!request_allowed(client, &header, *fd)) {
        client_drop(client);
        return true;
    }
    STEP("request");
    client->serial = header.serial;
    client->again = header.again != 0;
    error = dispatch_request(client, header.number, &dispatch);
    *fd = dispatch.fd;
    if (error == -EAGAIN)
        return false;
    if (error) {
        client_drop(client);
        return true;
    }
    STEP("request: before its reply");
    if (dispatch.reply_size > 0 && !client->dropped) {
        request_trace(client, reply, (size_t)dispatch.reply_size);
        client_reply(client, reply, dispatch.reply_size, dispatch.reply_fd);
    }
    STEP("request: replied");
    return true;
}

/* ---- reading ---- */

/* Takes the descriptors out of a packet.  Return: how many there were; all but the first are closed. */
static int packet_fds(struct msghdr *packet, int *fd) {
    int n = 0;

    for (struct cmsghdr *head = CMSG_FIRSTHDR(packet); head; head = CMSG_NXTHDR(packet, head)) {
        const size_t count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);

        for (size_t i = 0; head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS && i < count; i++, n++) {
            int one;

            memcpy(&one, CMSG_DATA(head) + i * sizeof one, sizeof one);
            if (n)
                close(one);
            else
                *fd = one;
        }
    }
    return n;
}

/* Reads one packet and handles it.  Return: whether there may be more. */
static bool client_read(struct client *client) {
    static _Alignas(8) uint8_t message[MESSAGE_MAX];
    union {
        char bytes[CMSG_SPACE(MAX_FDS * sizeof(int))];
        struct cmsghdr align;
    } control;
    struct iovec part = {.iov_base = message, .iov_len = sizeof message};
    struct msghdr packet = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    const ssize_t size = recvmsg(client->source.fd, &packet, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    int fd = -1;

    if (size < 0) {
        if (errno != EAGAIN && errno != EINTR)
            client_drop(client);
        return false;
    }
    if (packet_fds(&packet, &fd) > 1 || packet.msg_flags & (MSG_TRUNC | MSG_CTRUNC) || size == 0)
        client_drop(client);
    else if (!request_handle(client, message, (size_t)size, &fd)) {
        if (!client_keep(client, message, (int)size, fd, false))
            client_drop(client);
        server_later();
    }
    if (fd >= 0)
        close(fd);
    return !client->dropped && !client->pending;
}

static void client_ready(struct source *source, uint32_t events) {
    struct client *client = (struct client *)((char *)source - offsetof(struct client, source));

    if (client->pending && client->pending_reply && events & EPOLLOUT) {
        const int error = client_send(client, client->pending, client->pending_size, client->pending_fd);

        if (!error)
            client_unkeep(client);
        else if (error != -EAGAIN && error != -EINTR)
            client_drop(client);
        return;
    }
    if (client->pending) {
        if (events & (EPOLLHUP | EPOLLERR))
            client_drop(client);
        return;
    }
    for (int i = 0; i < MAX_BURST && client_read(client); i++)
        ;
}

void clients_retry(void) {
    struct client *next;

    for (struct client *client = clients; client; client = next) {
        next = client->next;
        if (!client->pending || client->pending_reply)
            continue;
        void *message = client->pending;
        int fd = client->pending_fd;

        client->pending = NULL;
        client->pending_fd = -1;
        if (request_handle(client, message, (size_t)client->pending_size, &fd)) {
            if (!client->dropped && !client->pending)
                source_change(&client->source, EPOLLIN);
            free(message);
            if (fd >= 0)
                close(fd);
            continue;
        }
        client->pending = message;
        client->pending_fd = fd;
        server_later();
    }
}

/* ---- a new connection ---- */

/* A descriptor of the peer itself, which cannot become another process's. */
static int peer_pidfd(int fd, pid_t pid) {
    int pidfd;
    socklen_t length = sizeof pidfd;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERPIDFD, &pidfd, &length) == 0)
        return pidfd;
    return (int)syscall(SYS_pidfd_open, pid, 0);
}

void client_accept(int fd) {
    struct client *client = calloc(1, sizeof *client);
    struct ucred peer;
    socklen_t length = sizeof peer;

    if (!client || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) || peer.uid != geteuid()) {
        close(fd);
        free(client);
        return;
    }
    client->source = (struct source){.fd = fd, .ready = client_ready};
    client->pid = (uint32_t)peer.pid;
    client->pidfd = peer_pidfd(fd, peer.pid);
    client->pending_fd = -1;
    if (client->pidfd < 0 || source_watch(&client->source, EPOLLIN)) {
        if (client->pidfd >= 0)
            close(client->pidfd);
        close(fd);
        free(client);
        return;
    }
    client->next = clients;
    if (clients)
        clients->prev = client;
    clients = client;
    n_clients++;
}
