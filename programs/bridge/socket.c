/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The bridge's side of Unix sockets.  A bridge that serves one holds a lock on PATH.lock as long as it lives: so
 * another one knows without connecting, and without a race, whether the socket's file is a left-over.
 */
#include "programs/bridge/bridge.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

#define PACKET_ROOM (4 << 20) /* what is asked of the kernel, which gives less where its wmem_max is smaller */

static int socket_type(const struct bridge *bridge) {
    return (bridge->packets ? SOCK_SEQPACKET : SOCK_STREAM) | SOCK_CLOEXEC;
}

/* Each packet comes with its sender's credentials, the end of the conversation without: so a packet of no bytes is told
 * from it. */
static void socket_prepare(int fd) {
    setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &(int){1}, sizeof(int));
    if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &(int){PACKET_ROOM}, sizeof(int)))
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &(int){PACKET_ROOM}, sizeof(int));
}

size_t socket_packet_max(int fd) {
    int size = 0;
    socklen_t length = sizeof size;

    getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, &length);
    return size > 32 ? (size_t)size - 32 : 0;
}

/* ---- serving ---- */

static void lock_path(const struct bridge *bridge, char path[sizeof bridge->socket.sun_path + 8]) {
    snprintf(path, sizeof bridge->socket.sun_path + 8, "%s.lock", bridge->socket.sun_path);
}

/* Return: the lock's descriptor, -1 with errno: EWOULDBLOCK if another bridge has it. */
static int lock_take(const struct bridge *bridge) {
    char path[sizeof bridge->socket.sun_path + 8];
    struct stat locked, there;

    lock_path(bridge, path);
    for (;;) {
        const int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

        if (fd < 0)
            return -1;
        if (flock(fd, LOCK_EX | LOCK_NB)) {
            const int error = errno;

            close(fd);
            errno = error;
            return -1;
        }
        /* its last owner may have taken it away in between */
        if (!fstat(fd, &locked) && !stat(path, &there) && locked.st_ino == there.st_ino &&
            locked.st_dev == there.st_dev)
            return fd;
        close(fd);
    }
}

/* Whether a program that is no bridge listens there. */
static bool socket_is_served(const struct bridge *bridge) {
    const int fd = socket(AF_UNIX, socket_type(bridge) | SOCK_NONBLOCK, 0);
    const bool served = fd >= 0 && (!connect(fd, (const struct sockaddr *)&bridge->socket, sizeof bridge->socket) ||
                                       (errno != ECONNREFUSED && errno != ENOENT));

    if (fd >= 0)
        close(fd);
    return served;
}

/* Makes room for the socket's file.  Return: NULL, or why there is none. */
static const char *socket_take_over(const struct bridge *bridge) {
    struct stat there;

    if (lstat(bridge->socket.sun_path, &there))
        return errno == ENOENT ? NULL : strerror(errno);
    if (!S_ISSOCK(there.st_mode))
        return "there is a file of that name that is no socket";
    if (socket_is_served(bridge))
        return "another program serves it";
    return unlink(bridge->socket.sun_path) && errno != ENOENT ? strerror(errno) : NULL;
}

static const char *socket_make(struct bridge *bridge) {
    const mode_t mask = umask(0777 & ~bridge->mode);
    const char *wrong = NULL;

    bridge->listener = socket(AF_UNIX, socket_type(bridge), 0);
    if (bridge->listener < 0 || bind(bridge->listener, (const struct sockaddr *)&bridge->socket, sizeof bridge->socket))
        wrong = strerror(errno);
    umask(mask);
    if (wrong)
        return wrong;
    lstat(bridge->socket.sun_path, &bridge->made);
    socket_prepare(bridge->listener);
    return listen(bridge->listener, SOMAXCONN) ? strerror(errno) : NULL;
}

bool socket_listen(struct bridge *bridge) {
    const char *wrong = NULL;

    bridge->lock = lock_take(bridge);
    if (bridge->lock < 0)
        wrong = errno == EWOULDBLOCK ? "another bridge serves it" : strerror(errno);
    if (!wrong)
        wrong = socket_take_over(bridge);
    if (!wrong)
        wrong = socket_make(bridge);
    if (wrong)
        bridge_say("%s: %s", bridge->socket.sun_path, wrong);
    return !wrong;
}

void socket_remove(const struct bridge *bridge) {
    char path[sizeof bridge->socket.sun_path + 8];
    struct stat there;

    if (bridge->lock < 0)
        return;
    if (bridge->made.st_ino && !lstat(bridge->socket.sun_path, &there) && there.st_ino == bridge->made.st_ino &&
        there.st_dev == bridge->made.st_dev)
        unlink(bridge->socket.sun_path);
    lock_path(bridge, path);
    unlink(path);
}

int socket_accept(const struct bridge *bridge) {
    const int fd = accept4(bridge->listener, NULL, NULL, SOCK_CLOEXEC);

    if (fd >= 0 && bridge->packets)
        socket_prepare(fd);
    return fd;
}

/* ---- being a client ---- */

int socket_connect(const struct bridge *bridge) {
    const ULONGLONG deadline = GetTickCount64() + bridge->wait_ms;
    int error;

    do {
        const int fd = socket(AF_UNIX, socket_type(bridge), 0);

        if (fd >= 0 && bridge->packets)
            socket_prepare(fd);
        if (fd >= 0 && !connect(fd, (const struct sockaddr *)&bridge->socket, sizeof bridge->socket))
            return fd;
        error = errno;
        if (fd >= 0)
            close(fd);
        if (error == ENOENT || error == ECONNREFUSED)
            Sleep(BRIDGE_RETRY_MS);
        else if (error != EINTR)
            break;
    } while (GetTickCount64() < deadline);
    bridge_say("%s: %s: a client of %s is refused", bridge->socket.sun_path,
        error == ENOENT || error == ECONNREFUSED ? "nobody serves it"
        : error == EPROTOTYPE                    ? "it is of the other type, stream or packets"
                                                 : strerror(error),
        bridge->pipe);
    return -1;
}

/* ---- the conversation ---- */

static ssize_t packet_receive(int fd, void *bytes, size_t room, int flags, bool *is_packet) {
    char control[CMSG_SPACE(sizeof(struct ucred))];
    struct iovec part = {bytes, room};
    struct msghdr message;
    ssize_t n;

    do {
        message = (struct msghdr){
            .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
        n = recvmsg(fd, &message, flags | MSG_CMSG_CLOEXEC);
    } while (n < 0 && errno == EINTR);
    *is_packet = n > 0 || (!n && message.msg_controllen);
    return n;
}

ssize_t socket_receive(const struct link *link, char **buffer, size_t *room) {
    bool is_packet;
    ssize_t n;

    if (!link->bridge->packets) {
        do
            n = recv(link->socket, *buffer, *room, 0);
        while (n < 0 && errno == EINTR);
        return n > 0 ? n : -1;
    }
    n = packet_receive(link->socket, *buffer, 0, MSG_PEEK | MSG_TRUNC, &is_packet);
    if (n > 0 && (size_t)n > *room) {
        char *more = realloc(*buffer, (size_t)n);

        if (!more) {
            bridge_say("%s: a packet of %zd bytes: out of memory", link->bridge->socket.sun_path, n);
            return -1;
        }
        *buffer = more;
        *room = (size_t)n;
    }
    n = packet_receive(link->socket, *buffer, *room, 0, &is_packet);
    return is_packet ? n : -1;
}

bool socket_send(const struct link *link, const char *bytes, size_t n) {
    size_t done = 0;

    do {
        const ssize_t sent = send(link->socket, bytes + done, n - done, MSG_NOSIGNAL);

        if (sent < 0 && errno != EINTR)
            return false;
        if (sent > 0)
            done += (size_t)sent;
        else if (!sent)
            return true; /* a packet of no bytes */
    } while (done < n);
    return true;
}

bool socket_has_gone(int fd, bool wait) {
    struct pollfd socket = {fd, 0, 0}; /* POLLHUP and POLLERR come unasked */

    while (poll(&socket, 1, wait ? -1 : 0) < 0 && errno == EINTR)
        ;
    return socket.revents & (POLLHUP | POLLERR);
}
