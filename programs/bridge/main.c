/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* winipc bridge: see bridge.h. */
#include "programs/bridge/bridge.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define LISTENERS                                                                                                      \
    4 /* instances of a pipe that wait for clients at once: many of these do not wait for one that is busy */
#define SHORTAGE_MS 100

static const char usage[] = "usage: winipc bridge FROM TO [mode=OCTAL] [wait=SECONDS] [messages] [packets]\n"
                            "       winipc bridge -c FILE\n"
                            "Whoever comes to FROM is connected with TO.  One is a pipe, //./pipe/NAME or "
                            "'\\\\.\\pipe\\NAME', the other a Unix socket's path.\n";

void bridge_say(const char *format, ...) {
    char line[1024];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    dprintf(2, "winipc bridge: %s\n", line); /* one write: lines of several threads stay apart */
}

/* ---- clients ---- */

static DWORD WINAPI socket_serve(void *argument) {
    const struct bridge *bridge = argument;

    for (;;) {
        const int client = socket_accept(bridge);

        if (client >= 0) {
            link_start(bridge, NULL, client);
        } else if (errno != EINTR && errno != ECONNABORTED) {
            bridge_say("%s: no client can be taken: %s", bridge->socket.sun_path, strerror(errno));
            Sleep(SHORTAGE_MS);
        }
    }
    return 0;
}

/* @instance: the first, or NULL */
static void pipe_serve(const struct bridge *bridge, HANDLE instance) {
    for (;; instance = NULL) {
        if (!instance)
            instance = pipe_listen(bridge, false);
        if (instance && pipe_accept(instance)) {
            link_start(bridge, instance, -1);
            continue;
        }
        bridge_say("%s: no client can be taken: error %u", bridge->pipe, (unsigned)GetLastError());
        if (instance)
            CloseHandle(instance);
        Sleep(SHORTAGE_MS);
    }
}

static DWORD WINAPI pipe_serve_first(void *argument) {
    const struct bridge *bridge = argument;

    pipe_serve(bridge, bridge->first_instance);
    return 0;
}

static DWORD WINAPI pipe_serve_more(void *argument) {
    pipe_serve(argument, NULL);
    return 0;
}

/* ---- begin and end ---- */

/* Takes the names, serves nobody yet. */
static bool bridge_open(struct bridge *bridge) {
    DWORD error;

    if (!bridge->from_pipe)
        return socket_listen(bridge);
    bridge->first_instance = pipe_listen(bridge, true);
    if (bridge->first_instance)
        return true;
    error = GetLastError();
    if (error == ERROR_ACCESS_DENIED || error == ERROR_PIPE_BUSY)
        bridge_say("%s: another program serves it", bridge->pipe);
    else
        bridge_say("%s: error %u", bridge->pipe, (unsigned)error);
    return false;
}

static bool bridge_begin(struct bridge *bridge) {
    const unsigned n = bridge->from_pipe ? LISTENERS : 1;

    for (unsigned i = 0; i < n; i++) {
        const HANDLE thread = thread_start(!bridge->from_pipe ? socket_serve
                                           : i                ? pipe_serve_more
                                                              : pipe_serve_first,
            bridge);

        if (!thread)
            return false;
        CloseHandle(thread);
    }
    if (bridge->from_pipe)
        printf("%s -> %s\n", bridge->pipe, bridge->socket.sun_path);
    else
        printf("%s -> %s\n", bridge->socket.sun_path, bridge->pipe);
    return true;
}

/* Each client takes a few descriptors. */
static void raise_limit(void) {
    struct rlimit limit;

    if (!getrlimit(RLIMIT_NOFILE, &limit)) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/* Tells a service manager that all is served (sd_notify(3)'s protocol). */
static void tell_ready(void) {
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const int fd = path ? socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0) : -1;

    if (fd < 0)
        return;
    if (strlen(path) < sizeof address.sun_path) {
        strcpy(address.sun_path, path);
        if (*path == '@')
            address.sun_path[0] = 0;
        sendto(fd, "READY=1", 7, MSG_NOSIGNAL, (const struct sockaddr *)&address,
            (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path)));
    }
    close(fd);
}

/* Serves until a signal says to end. */
static int serve(struct bridge *list, const sigset_t *ends) {
    bool open = true;
    int number;

    for (struct bridge *bridge = list; bridge && open; bridge = bridge->next)
        open = bridge_open(bridge);
    for (struct bridge *bridge = list; bridge && open; bridge = bridge->next)
        open = bridge_begin(bridge);
    if (open) {
        fflush(stdout);
        tell_ready();
        while (sigwait(ends, &number))
            ;
    }
    for (struct bridge *bridge = list; bridge; bridge = bridge->next)
        socket_remove(bridge);
    return open ? BRIDGE_OK : BRIDGE_FAILED;
}

int main(int argc, char **argv) {
    const bool has_config = argc == 3 && (!strcmp(argv[1], "-c") || !strcmp(argv[1], "--config"));
    struct bridge one, *list = NULL;
    const char *wrong;
    sigset_t ends;

    /* before there are threads, all of which are to leave them to sigwait */
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &ends, NULL);
    raise_limit();
    if (has_config) {
        if (!bridge_read_config(argv[2], &list))
            return BRIDGE_FAILED;
        if (!list)
            bridge_say("%s: there is no bridge in it", argv[2]);
        return list ? serve(list, &ends) : BRIDGE_FAILED;
    }
    if (argc < 3 || argv[1][0] == '-') {
        fputs(usage, stderr);
        return BRIDGE_WRONG_USE;
    }
    wrong = bridge_parse(&one, argv + 1, argc - 1);
    if (wrong) {
        bridge_say("%s", wrong);
        return BRIDGE_WRONG_USE;
    }
    return serve(&one, &ends);
}
