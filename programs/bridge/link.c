/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One connection.  "In" is from the socket into the pipe, "out" the other way.  How it ends:
 *
 *   the socket's side ends what it says   a message pipe gets a message of no bytes; "out" goes on until the socket's
 * side has gone it has gone                           all that it said goes into the pipe, which is closed then; what
 * comes out meanwhile is dropped a message of no bytes from the pipe   the socket gets the end of what is said; "in"
 * goes on the pipe's side has gone              all that it said goes into the socket, which is closed then
 *
 * With packets, messages of no bytes are packets of no bytes.
 */
#include "programs/bridge/bridge.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- in ---- */

static bool error_is_end(DWORD error) {
    return error == ERROR_BROKEN_PIPE || error == ERROR_NO_DATA || error == ERROR_PIPE_NOT_CONNECTED;
}

/* What the socket's side has said is over. */
static DWORD in_end(struct link *link) {
    const bool has_gone = socket_has_gone(link->socket, false) && !link->out_is_over;
    const DWORD error = link->messages && !has_gone ? pipe_write(link, "", 0) : 0;

    if (!error)
        socket_has_gone(link->socket, true);
    return error;
}

static DWORD WINAPI in_run(void *argument) {
    struct link *link = argument;
    size_t room = BRIDGE_BUFFER;
    char *buffer = malloc(room);
    DWORD error = 0;
    ssize_t n = -1;

    while (buffer && !error && (n = socket_receive(link, &buffer, &room)) >= 0)
        error = pipe_write(link, buffer, (size_t)n);
    if (buffer && !error)
        error = in_end(link);
    /* the pipe's side has gone: no more is taken, and "out" carries what is left in the pipe */
    if (error_is_end(error))
        shutdown(link->socket, SHUT_RD);
    else
        SetEvent(link->over);
    free(buffer);
    return 0;
}

/* ---- out ---- */

/* Reads what a message has more than the buffer holds.  Return: 0 when it is whole, else the error. */
static DWORD out_gather(struct link *link, char **buffer, size_t *room, size_t *n) {
    const size_t max = socket_packet_max(link->socket);
    DWORD error = ERROR_MORE_DATA;

    while (error == ERROR_MORE_DATA) {
        const size_t larger = *room * 2 < max ? *room * 2 : max;
        char *more = larger > *n ? realloc(*buffer, larger) : NULL;
        size_t part;

        if (!more) {
            bridge_say(
                "%s: a message is longer than a packet can be, %zu bytes (net.core.wmem_max): its connection is ended",
                link->bridge->pipe, max);
            return error;
        }
        *buffer = more;
        *room = larger;
        error = pipe_read(link, *buffer + *n, *room - *n, &part);
        *n += part;
    }
    return error;
}

/* Gives the socket what came out of the pipe.  Return: false if nobody takes it any more. */
static bool out_give(struct link *link, const char *bytes, size_t n) {
    if (n || link->bridge->packets)
        return socket_send(link, bytes, n);
    if (link->messages) {
        link->out_is_over = true;
        shutdown(link->socket, SHUT_WR);
    }
    return true;
}

static void out_run(struct link *link) {
    const bool packets = link->bridge->packets;
    size_t room = BRIDGE_BUFFER, n;
    char *buffer = malloc(room);
    bool taken = true;

    while (buffer) {
        DWORD error = pipe_read(link, buffer, room, &n);

        if (error == ERROR_MORE_DATA)
            error = packets && taken ? out_gather(link, &buffer, &room, &n) : 0;
        if (error)
            break;
        if (taken)
            taken = out_give(link, buffer, n);
        else if (!WaitForSingleObject(link->over, 0))
            break;
    }
    free(buffer);
    shutdown(link->socket, SHUT_RDWR);
}

/* ---- the connection ---- */

static bool link_open(struct link *link) {
    if (!link->over)
        return false;
    if (link->pipe) {
        link->messages = link->bridge->messages;
        link->socket = socket_connect(link->bridge);
        return link->socket >= 0;
    }
    return pipe_open(link);
}

static DWORD WINAPI link_run(void *argument) {
    struct link *link = argument;
    const HANDLE in = link_open(link) ? thread_start(in_run, link) : NULL;

    if (in) {
        out_run(link);
        WaitForSingleObject(in, INFINITE);
        CloseHandle(in);
    }
    if (link->socket >= 0)
        close(link->socket);
    if (link->pipe)
        CloseHandle(link->pipe);
    if (link->over)
        CloseHandle(link->over);
    free(link);
    return 0;
}

HANDLE thread_start(LPTHREAD_START_ROUTINE start, void *argument) {
    const HANDLE thread = CreateThread(NULL, 256 * 1024, start, argument, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);

    if (!thread)
        bridge_say("no thread can be started: error %u: a client is refused", (unsigned)GetLastError());
    return thread;
}

void link_start(const struct bridge *bridge, HANDLE pipe, int socket) {
    struct link *link = malloc(sizeof *link);
    HANDLE thread = NULL;

    if (link) {
        *link = (struct link){bridge, pipe, socket, .over = CreateEventA(NULL, TRUE, FALSE, NULL)};
        thread = thread_start(link_run, link);
    }
    if (thread) {
        CloseHandle(thread);
        return;
    }
    if (link && link->over)
        CloseHandle(link->over);
    free(link);
    if (socket >= 0)
        close(socket);
    if (pipe)
        CloseHandle(pipe);
}
