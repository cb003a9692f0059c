/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * winipcd [-f] [FOLDER]: the server of a session: start, loop, end.  See server.h.
 *
 * It is started by the first process that needs it.  The process that was started ends with status 0 when the socket
 * listens, or with an errno; the server itself is its child.  -f stays in the foreground.  It ends WINIPC_LINGER_MS (10
 * s) after its last process; the first one has 10 s to come, whatever that says.
 */
#include "server/shm_view.h"
#include "server/server.h"

#include "server/job.h"
#include "server/named.h"
#include "server/registry.h"

#include "libs/base/linger.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MAX_EVENTS 64
#define RETRY_MS 1
#define RETRY_SHARE 16 /* then a pause lasts this part of the time since the first: somebody was stopped, for long */
#define RETRY_MAX_MS 5000

static struct {
    int epoll_fd;
    bool later, ending, was_used;
    bool retrying; /* since retry_began_ms */
    uint64_t retry_began_ms, retried_ms;
    void **garbage;
    size_t n_garbage, max_garbage;
    uint64_t idle_since_ms; /* 0: not idle */
    uint64_t linger_ms;
    struct source listener, signals;
} server = {.epoll_fd = -1};

/* ---- sources ---- */

int source_watch(struct source *source, uint32_t events) {
    struct epoll_event event = {.events = events, .data.ptr = source};

    return epoll_ctl(server.epoll_fd, EPOLL_CTL_ADD, source->fd, &event) ? -errno : 0;
}

void source_change(struct source *source, uint32_t events) {
    struct epoll_event event = {.events = events, .data.ptr = source};

    epoll_ctl(server.epoll_fd, EPOLL_CTL_MOD, source->fd, &event);
}

void source_close(struct source *source) {
    if (source->fd < 0)
        return;
    epoll_ctl(server.epoll_fd, EPOLL_CTL_DEL, source->fd, NULL);
    close(source->fd);
    source->fd = -1;
}

void server_later(void) {
    server.later = true;
}

void server_free_later(void *memory) {
    if (server.n_garbage == server.max_garbage) {
        const size_t want = server.max_garbage + 64;
        void **more = realloc(server.garbage, want * sizeof *more);

        if (!more)
            return; /* lost, but nothing that is still in use is freed */
        server.garbage = more;
        server.max_garbage = want;
    }
    server.garbage[server.n_garbage++] = memory;
}

uint64_t server_now_ms(void) {
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* ---- the loop ---- */

static void listener_ready(struct source *source, uint32_t events) {
    (void)events;
    for (;;) {
        const int fd = accept4(source->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

        if (fd >= 0) {
            client_accept(fd);
            continue;
        }
        if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
            source_change(source, 0); /* until the next retry: some connection will have ended */
            server_later();
        }
        if (errno != EINTR && errno != ECONNABORTED)
            return;
    }
}

static void signals_ready(struct source *source, uint32_t events) {
    struct signalfd_siginfo info;

    (void)events;
    if (read(source->fd, &info, sizeof info) == sizeof info)
        server.ending = true;
}

static bool server_idle(void) {
    return clients_count() == 0 && processes_count() == 0;
}

static int retry_span_ms(void) {
    const uint64_t span = server.retrying ? (server.retried_ms - server.retry_began_ms) / RETRY_SHARE : 0;

    return span < RETRY_MS ? RETRY_MS : span < RETRY_MAX_MS ? (int)span : RETRY_MAX_MS;
}

/* Of two spans, of which -1 is for ever. */
static int sooner_ms(int a, int b) {
    return b < 0 || (a >= 0 && a < b) ? a : b;
}

/* Return: how long epoll may sleep, in ms; -1: for ever. */
static int server_timeout(void) {
    uint64_t now, linger_ms;

    if (processes_count()) /* a connection alone may be another server's, which only looks whether we answer */
        server.was_used = true;
    if (!server_idle()) {
        server.idle_since_ms = 0;
        return sooner_ms(server.later ? retry_span_ms() : -1, sooner_ms(registry_ms(), sooner_ms(job_time_ms(), timers_ms())));
    }
    now = server_now_ms();
    if (!server.idle_since_ms)
        server.idle_since_ms = now;
    linger_ms = server.was_used || server.linger_ms > LINGER_MS ? server.linger_ms : LINGER_MS;
    if (now - server.idle_since_ms < linger_ms)
        return sooner_ms(registry_ms(), (int)(linger_ms - (now - server.idle_since_ms)));
    /* Who connects now, before the name goes, is reset and starts another server, which waits until our lock is free.
     */
    session_end();
    server.ending = true;
    return 0;
}

static void server_retry(void) {
    server.later = false;
    server.retried_ms = server_now_ms();
    if (server.listener.fd >= 0)
        source_change(&server.listener, EPOLLIN);
    takeover_retry();
    processes_retry();
    job_ports_retry();
    named_retry();
    watchers_retry();
    clients_retry();
    if (!server.retrying)
        server.retry_began_ms = server.retried_ms;
    server.retrying = server.later;
}

static void server_turn(void) {
    struct epoll_event events[MAX_EVENTS];
    const int n = epoll_wait(server.epoll_fd, events, MAX_EVENTS, server_timeout());

    for (int i = 0; i < n; i++) {
        struct source *source = events[i].data.ptr;

        if (source->fd >= 0) /* not closed by an earlier event of this turn */
            source->ready(source, events[i].events);
    }
    if (server.later && server_now_ms() - server.retried_ms >= (uint64_t)retry_span_ms())
        server_retry();
    job_time_turn();
    timers_turn();
    registry_turn();
    while (server.n_garbage)
        free(server.garbage[--server.n_garbage]);
}

/* ---- start and end ---- */

/* The server is the whole session's: its starter's soft limits are not its own. */
static void server_limits(void) {
    static const __rlimit_resource_t resources[] = {RLIMIT_NOFILE, RLIMIT_FSIZE, RLIMIT_AS};
    struct rlimit limit;

    umask(077);
    for (size_t i = 0; i < sizeof resources / sizeof *resources; i++) {
        if (getrlimit(resources[i], &limit) == 0) {
            limit.rlim_cur = limit.rlim_max;
            setrlimit(resources[i], &limit);
        }
    }
}

static int signals_open(void) {
    sigset_t mask;

    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a limit of the starter's is an error, not our end */
    signal(SIGHUP, SIG_IGN);
    signal(SIGCHLD, SIG_DFL);
    sigemptyset(&mask);
    sigaddset(&mask, SIGTERM);
    sigaddset(&mask, SIGINT);
    sigprocmask(SIG_SETMASK, &mask, NULL);
    return signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int server_open(void) {
    const int64_t linger_ms = linger_read();
    int error;

    server.linger_ms = linger_ms < 0 ? LINGER_MS : (uint64_t)linger_ms; /* the command has told it */
    server.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    server.signals = (struct source){.fd = signals_open(), .ready = signals_ready};
    server.listener = (struct source){.fd = session_listener(), .ready = listener_ready};
    if (server.epoll_fd < 0 || server.signals.fd < 0)
        return -errno;
    error = arena_open();
    if (!error)
        error = source_watch(&server.signals, EPOLLIN);
    return error ? error : source_watch(&server.listener, EPOLLIN);
}

static int server_fail(int error) {
    fprintf(stderr, "winipcd: %s\n", strerror(-error));
    return -error & 0x7f;
}

/* The parent ends; the child goes on as the server.  Nobody can connect before the socket listens, which it does
 * already. */
static void server_detach(void) {
    const pid_t child = fork();

    if (child < 0)
        exit(server_fail(-errno));
    if (child > 0)
        _exit(0);
    setsid();
}

int main(int argc, char **argv) {
    const bool foreground = argc > 1 && !strcmp(argv[1], "-f");
    const char *folder = argv[foreground ? 2 : 1];
    int error;

    (void)argc;
    server_limits();
    error = session_open(folder);
    if (error <= 0)
        return error ? server_fail(error) : 0;
    if (!foreground) {
        server_detach();
        session_trace_open();
    }
    error = server_open();
    if (error)
        return server_fail(error);
    session_record_server();
    STEP("main: serving");
    TRACE(TRACE_SERVER, "serving, pid %d", (int)getpid());
    shm_view_sweep();
    while (!server.ending)
        server_turn();
    registry_close();
    session_end();
    processes_dump();
    named_dump();
    TRACE(TRACE_SERVER, "end");
    return 0;
}
