/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The connection to the server; see client.h.
 *
 * Requests go one at a time, under a lock.  The connection is lost when the server dies.  Its next use starts a server
 * again, which takes the session over; a request that was not answered is sent once more, marked so: what the dead one
 * has done is not done twice.
 */
#include "libs/protocol/client.h"

#include "libs/arena/arena.h"
#include "libs/base/trace.h"
#include "libs/protocol/exchange.h"
#include "libs/protocol/layout.h"
#include "libs/protocol/session.h"
#include "libs/protocol/start.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define STATUS_OK 0
#define STATUS_SERVER_DISABLED ((int32_t)0xc0000080)
#define STATUS_REVISION_MISMATCH ((int32_t)0xc0000059)
#define STATUS_INSUFFICIENT_RESOURCES ((int32_t)0xc000009a)
#define STATUS_INVALID_PARAMETER ((int32_t)0xc000000d)

#define PATIENCE_US 10000000 /* for a server to come up, and for a request that servers die over */
#define TURN_US 200000       /* how long another one is left to start it alone: he may have been stopped */
#define QUICK_ATTEMPTS 4     /* then a pause between them: a server that is killed takes a moment to be gone */
#define PAUSE_MS 1
#define SERVER_MS 20 /* the same for who is woken when a server is there */

static struct {
    pthread_mutex_t lock;
    _Atomic int fd; /* -1: not connected */
    uint32_t serial;
    bool told; /* the failure is on stderr */
    _Alignas(8) uint8_t buffer[MESSAGE_MAX];
} connection = {.lock = PTHREAD_MUTEX_INITIALIZER, .fd = -1};

static uint64_t now_us(void) {
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void trace_message(const char *arrow, const void *message, size_t size, uint64_t started_us) {
    char text[1600];

    if (!(trace_enabled & TRACE_SERVER) || size < sizeof(struct message_header))
        return;
    message_print(text, sizeof text, message, size);
    if (started_us)
        TRACE(TRACE_SERVER, "%s %s (%llu us)", arrow, text, (unsigned long long)(now_us() - started_us));
    else
        TRACE(TRACE_SERVER, "%s %s", arrow, text);
}

/* ---- packets ---- */

static int packet_send(int socket, const void *message, size_t size, int fd) {
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control = {0};
    struct iovec part = {.iov_base = (void *)(uintptr_t)message, .iov_len = size};
    struct msghdr packet = {.msg_iov = &part, .msg_iovlen = 1};

    if (fd >= 0) {
        struct cmsghdr *head = &control.align;

        packet.msg_control = &control;
        packet.msg_controllen = sizeof control.bytes;
        head->cmsg_level = SOL_SOCKET;
        head->cmsg_type = SCM_RIGHTS;
        head->cmsg_len = CMSG_LEN(sizeof fd);
        memcpy(CMSG_DATA(head), &fd, sizeof fd);
    }
    while (sendmsg(socket, &packet, MSG_NOSIGNAL) < 0) {
        if (errno != EINTR)
            return -errno;
    }
    return 0;
}

/* Return: the packet's size, 0 when the other side is gone, or -errno.  *fd: what came with it, or -1. */
static int packet_receive(int socket, void *message, size_t size, int *fd) {
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control;
    struct iovec part = {.iov_base = message, .iov_len = size};
    struct msghdr packet;
    ssize_t length;

    *fd = -1;
    do {
        packet = (struct msghdr){
            .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
        length = recvmsg(socket, &packet, MSG_CMSG_CLOEXEC);
    } while (length < 0 && errno == EINTR);
    if (length < 0)
        return -errno;
    for (struct cmsghdr *head = CMSG_FIRSTHDR(&packet); head; head = CMSG_NXTHDR(&packet, head)) {
        if (head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS)
            memcpy(fd, CMSG_DATA(head), sizeof *fd);
    }
    if (packet.msg_flags & MSG_CTRUNC) /* its descriptor found no place in this process */
        return -EMFILE;
    return packet.msg_flags & MSG_TRUNC ? -EPROTO : (int)length;
}

static void connection_drop(void) {
    const int fd = atomic_exchange(&connection.fd, -1);

    if (fd >= 0)
        close(fd);
}

/* One request and its reply over the connection as it is.  Return: the reply's size, or -errno. */
static int connection_exchange(void *request, size_t size, int fd, void *reply, size_t room, int *reply_fd) {
    const struct message_header *header = request;
    const uint64_t started_us = trace_enabled & TRACE_SERVER ? now_us() : 0;
    struct message_header answer;
    int length;

    trace_message("->", request, size, 0);
    length = packet_send(connection.fd, request, size, fd);
    if (length)
        return length;
    do {
        length = packet_receive(connection.fd, reply, room, reply_fd);
        if (length <= 0)
            return length ? length : -ECONNRESET;
        if (!message_check(reply, (size_t)length, MESSAGE_REPLY))
            return -EPROTO;
        memcpy(&answer, reply, sizeof answer);
    } while (answer.serial != header->serial);
    trace_message("<-", reply, (size_t)length, started_us);
    return length;
}

/* ---- connecting ---- */

static int32_t connection_failed(const char *what, int error) {
    connection_drop();
    if (!connection.told)
        fprintf(stderr, "winipc: %s: %s\n", what, strerror(error));
    connection.told = true;
    return STATUS_SERVER_DISABLED;
}

/* Return: a socket that is connected to the server, or -errno. */
static int connection_open(const struct session_folder *folder) {
    struct sockaddr_un address;
    const socklen_t length = session_address(folder, &address);
    const int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    int error;

    if (fd < 0)
        return -errno;
    while (connect(fd, (struct sockaddr *)&address, length)) {
        if (errno == EINTR)
            continue;
        error = errno;
        close(fd);
        return -error;
    }
    return fd;
}

/* Connects and says hello.  Return: an NTSTATUS; *error tells a lost connection (try again) from an answer. */
static int32_t connection_hello(int fd, uint32_t slot, struct reply_hello *hello, int *error) {
    const struct request_hello request = {
        .version = PROTOCOL_LAYOUT, .slot = slot < ARENA_MAX_PROCESSES ? slot : UINT32_MAX};
    _Alignas(8) uint8_t message[64], answer[64];
    struct message_header header;
    const int size = request_hello_encode(message, sizeof message, &request);
    int reply_fd = -1;

    memcpy(&header, message, sizeof header);
    header.serial = ++connection.serial;
    memcpy(message, &header, sizeof header);
    atomic_store(&connection.fd, fd);
    *error = connection_exchange(message, (size_t)size, -1, answer, sizeof answer, &reply_fd);
    if (*error < 0)
        return STATUS_SERVER_DISABLED;
    memcpy(&header, answer, sizeof header);
    *error = header.number == REQUEST_HELLO ? reply_hello_decode(answer, (size_t)*error, hello) : -EPROTO;
    hello->fd = reply_fd;
    return *error ? STATUS_SERVER_DISABLED : header.status;
}

/* Starts the server, unless another process is at that: of twenty that miss it, one does the work.  @missing_us: how
 * long there has been none; beyond TURN_US nobody is waited for.  Return: 0 or -errno. */
static int connection_start_server(const struct session_folder *folder, uint64_t missing_us) {
    const int turn = openat(folder->fd, "start", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    const bool is_ours = turn < 0 || flock(turn, LOCK_EX | LOCK_NB) == 0;
    int error = 0;

    if (is_ours || missing_us > TURN_US)
        error = server_start(folder->path);
    if (turn >= 0)
        close(turn);
    return error;
}

/* Sleeps until another server than the @known ones has taken the session over, or for a while. */
static void server_await(uint32_t known) {
    const struct timespec pause = {.tv_nsec = (winipc_arena ? SERVER_MS : PAUSE_MS) * 1000000};

    if (winipc_arena)
        syscall(SYS_futex, &winipc_arena->header.servers, FUTEX_WAIT, known, &pause, NULL, 0);
    else
        nanosleep(&pause, NULL);
}

/* A connection that has said hello; the server is started if there is none. */
static int32_t connection_make(uint32_t slot, struct reply_hello *hello) {
    struct session_folder folder;
    const uint64_t end_us = now_us() + PATIENCE_US;
    uint64_t seen_us = now_us(); /* when there was one last */
    int error = session_folder_open(&folder, NULL);
    int32_t status = STATUS_SERVER_DISABLED;
    bool ready = false;

    if (error)
        return connection_failed("cannot use the session's folder", -error);
    for (unsigned attempt = 0; !attempt || now_us() < end_us; attempt++) {
        const uint32_t known = winipc_arena ? atomic_load(&winipc_arena->header.servers) : 0;
        const int fd = connection_open(&folder);

        error = fd < 0 ? fd : 0;
        if (fd >= 0)
            status = connection_hello(fd, slot, hello, &error);
        ready = fd >= 0 && !error;
        if (ready)
            break;
        connection_drop();
        if (fd >= 0)
            seen_us = now_us();
        if (error != -ENOENT && error != -ECONNREFUSED && error != -ECONNRESET && error != -EPIPE)
            break;
        if (fd < 0)
            error = connection_start_server(&folder, now_us() - seen_us);
        if (error && error != -ECHILD && fd < 0) /* that one was killed before it served: the next will */
            break;
        if (attempt >= QUICK_ATTEMPTS)
            server_await(known);
    }
    session_folder_close(&folder);
    if (!ready) /* a server that starts and ends again leaves no error of its own */
        return connection_failed("cannot reach the session's server", error ? -error : ECONNRESET);
    return status;
}

static int32_t hello_refused(int32_t status, const struct reply_hello *hello) {
    if (hello->fd >= 0)
        close(hello->fd);
    connection_drop();
    if (status == STATUS_REVISION_MISMATCH)
        fprintf(stderr, "winipc: the session's server is of another build (protocol %08x, this program's %08x)\n",
            hello->version, PROTOCOL_LAYOUT);
    return status;
}

static bool is_same_file(int a, int b) {
    struct stat first, second;

    return !fstat(a, &first) && !fstat(b, &second) && first.st_ino == second.st_ino && first.st_dev == second.st_dev;
}

/* Maps the arena that came with the first hello; with a later one it must be the same. */
static int32_t hello_accept(struct reply_hello *hello) {
    int error;

    if (winipc_arena) {
        const bool same = hello->fd >= 0 && is_same_file(hello->fd, winipc_arena_fd);

        if (hello->fd >= 0)
            close(hello->fd);
        return same ? STATUS_OK : connection_failed("the session of this program was lost", ECONNRESET);
    }
    if (hello->fd < 0 || hello->slot >= ARENA_MAX_PROCESSES)
        return connection_failed("the session's server gave no arena", EPROTO);
    error = arena_attach(hello->fd);
    if (error) {
        close(hello->fd);
        return connection_failed("cannot map the session's arena", -error);
    }
    arena_process = hello->slot;
    return STATUS_OK;
}

/* Under the lock: makes the connection stand.  Return: an NTSTATUS. */
static int32_t connection_ready(uint32_t slot) {
    struct reply_hello hello = {.fd = -1};
    int32_t status;

    if (atomic_load(&connection.fd) >= 0)
        return STATUS_OK;
    if (winipc_arena)
        slot = arena_process; /* a parent gave us the arena, or this is not our first connection */
    status = connection_make(slot, &hello);
    if (status)
        return status == STATUS_SERVER_DISABLED ? status : hello_refused(status, &hello);
    return hello_accept(&hello);
}

static void connection_once(void) {
    pthread_atfork(NULL, NULL, server_forked);
}

int32_t server_enter(uint32_t slot) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    int32_t status;

    pthread_once(&once, connection_once);
    pthread_mutex_lock(&connection.lock);
    status = connection_ready(slot);
    pthread_mutex_unlock(&connection.lock);
    return status;
}

void server_forked(void) {
    pthread_mutex_init(&connection.lock, NULL);
    connection_drop();
}

/* ---- exchanges ---- */

void exchange_begin(struct exchange *exchange) {
    pthread_mutex_lock(&connection.lock);
    *exchange = (struct exchange){.buffer = connection.buffer, .fd = -1};
}

void exchange_end(struct exchange *exchange) {
    (void)exchange;
    pthread_mutex_unlock(&connection.lock);
}

int32_t exchange_run(struct exchange *exchange, int fd, void *reply, size_t size) {
    const uint64_t end_us = now_us() + PATIENCE_US;
    const uint32_t serial = ++connection.serial;
    struct message_header header;
    int32_t status;

    exchange->reply_size = exchange->size;
    if (exchange->size <= 0)
        return STATUS_INVALID_PARAMETER;
    for (unsigned attempt = 0; !attempt || now_us() < end_us; attempt++) {
        memcpy(&header, exchange->buffer, sizeof header);
        header.serial = serial;
        header.again = attempt > 0;
        memcpy(exchange->buffer, &header, sizeof header);
        exchange->reply_size = -ECONNRESET;
        status = connection_ready(ARENA_MAX_PROCESSES);
        if (status)
            return status;
        exchange->reply_size =
            connection_exchange(exchange->buffer, (size_t)exchange->size, fd, reply, size, &exchange->fd);
        if (exchange->reply_size >= 0) {
            memcpy(&header, reply, sizeof header);
            return header.status;
        }
        connection_drop();
        exchange_close_fd(exchange);
    }
    return connection_failed("the session's server does not answer", -exchange->reply_size);
}

int32_t exchange_bad(struct exchange *exchange, int32_t status) {
    exchange_close_fd(exchange);
    return status < 0 ? status : STATUS_INSUFFICIENT_RESOURCES;
}

void exchange_close_fd(struct exchange *exchange) {
    if (exchange->fd >= 0)
        close(exchange->fd);
    exchange->fd = -1;
}

void server_send(const void *message, size_t size, int fd) {
    const uint64_t end_us = now_us() + PATIENCE_US;

    pthread_mutex_lock(&connection.lock);
    do {
        if (connection_ready(ARENA_MAX_PROCESSES))
            break;
        trace_message("->", message, size, 0);
        if (!packet_send(connection.fd, message, size, fd))
            break;
        connection_drop(); /* what it did receive, its successor reads in the arena */
    } while (now_us() < end_us);
    pthread_mutex_unlock(&connection.lock);
}

void server_revive(unsigned missing_ms) {
    struct session_folder folder;
    int fd;

    if (session_folder_open(&folder, NULL))
        return;
    fd = connection_open(&folder); /* does one listen, it is on its way already */
    if (fd >= 0)
        close(fd);
    else
        connection_start_server(&folder, missing_ms * 1000ull);
    session_folder_close(&folder);
}

void server_cell_gone(uint32_t cell) {
    const int saved = errno;
    const struct request_object_gone request = {.cell = cell};

    server_object_gone(&request);
    errno = saved;
}
