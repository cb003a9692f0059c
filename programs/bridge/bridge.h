/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * winipc bridge: whoever comes to one side, a pipe or a Unix socket, is connected with the other.  A Windows program
 * (it uses the functions that all have) and a Linux one at once.  Two threads carry each connection, one a direction, a
 * buffer each, and block when the side that they write to does: so what a slow reader costs is bounded.
 */
#ifndef WINIPC_BRIDGE_H
#define WINIPC_BRIDGE_H

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/un.h>

enum { BRIDGE_OK = 0, BRIDGE_FAILED = 1, BRIDGE_WRONG_USE = 109 };

#define BRIDGE_BUFFER 65536u
#define BRIDGE_RETRY_MS 20u /* how often a side that is not there is looked for */

/* One line of the configuration; the main thread's until the first client comes, read-only from then on. */
struct bridge {
    char pipe[MAX_PATH + 16];
    struct sockaddr_un socket;
    bool from_pipe; /* clients come to the pipe; else to the socket */
    bool messages;  /* the pipe that is made is of the message type */
    bool packets;   /* the socket is SOCK_SEQPACKET: a packet is a message */
    mode_t mode;    /* of the socket that is made */
    unsigned wait_ms;

    HANDLE first_instance;
    int listener, lock; /* -1: none */
    struct stat made;   /* the socket's file */
    struct bridge *next;
};

/* One connection: both sides, and what the two threads tell each other. */
struct link {
    const struct bridge *bridge;
    HANDLE pipe; /* NULL: not yet open */
    int socket;  /* -1: not yet open */
    bool messages;
    HANDLE over;              /* event: the socket's side has gone, and all that it said is in the pipe */
    _Atomic bool out_is_over; /* the pipe's side has said that it has no more to say */
};

/* bridge_say() - a line on stderr, with the command's name. */
void bridge_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* bridge_parse() - FROM TO [OPTION]...  Return: NULL, or what is wrong. */
const char *bridge_parse(struct bridge *bridge, char **words, int n);
/* bridge_read_config() - the bridges of a file, in order.  Return: false after a line for each that is wrong. */
bool bridge_read_config(const char *path, struct bridge **list);

/* socket_listen() - makes the socket; one that a bridge left which was killed is taken over.  Return: false after a
 * line that says why. */
bool socket_listen(struct bridge *bridge);
/* socket_remove() - takes away what socket_listen() made. */
void socket_remove(const struct bridge *bridge);
int socket_accept(const struct bridge *bridge);
/* socket_connect() - waits shortly for one who listens.  Return: -1 after a line that says why not. */
int socket_connect(const struct bridge *bridge);
/* socket_receive() - waits for bytes, or for a packet, for which the buffer grows.  Return: their number, 0 being a
 * packet of no bytes; -1 at the end. */
ssize_t socket_receive(const struct link *link, char **buffer, size_t *room);
bool socket_send(const struct link *link, const char *bytes, size_t n);
/* socket_packet_max() - the longest packet that can be sent. */
size_t socket_packet_max(int socket);
/* socket_has_gone() - whether the other side has closed, or both have ended what they say; waits for it if @wait. */
bool socket_has_gone(int socket, bool wait);

/* pipe_listen() - makes an instance.  Return: NULL, with the last error. */
HANDLE pipe_listen(const struct bridge *bridge, bool is_first);
/* pipe_accept() - waits for the instance's client. */
bool pipe_accept(HANDLE instance);
/* pipe_open() - connects a link to the pipe: waits shortly for one that is not there, and as long as the link's client
 * does for an instance that is free.  Return: false after a line that says why not. */
bool pipe_open(struct link *link);
/* pipe_read() - Return: 0, ERROR_MORE_DATA if the message goes on, or the error that ended it: ERROR_OPERATION_ABORTED
 * when the link is over. */
DWORD pipe_read(const struct link *link, char *buffer, size_t room, size_t *n);
/* pipe_write() - Return: 0 or the error. */
DWORD pipe_write(const struct link *link, const char *bytes, size_t n);

/* link_start() - carries a connection whose one side is open, in threads of its own; both sides are the link's. */
void link_start(const struct bridge *bridge, HANDLE pipe, int socket);
/* thread_start() - Return: the thread, NULL after a line that says why not. */
HANDLE thread_start(LPTHREAD_START_ROUTINE start, void *argument);

#endif
