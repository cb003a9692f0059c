/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Garbage on the server's socket.  Streams of requests are made from the table of the protocol, with values that often
 * make sense, then damaged: bits, lengths, numbers, cuts, descriptors.  The server may end that connection and nothing
 * else: a witness, another process, must be served all the while, the server must keep no descriptor of a connection
 * that has ended, and at the end it must go in order.
 *
 * With "scribble" the streams come from processes that also write nonsense into the arena: they may come to harm
 * themselves, the server may not, and must answer pings all the while.  With "takeover" the server is killed after
 * that, time and again: another one must take over what is left, and answer the next process within seconds.
 *
 *     server_fuzz [STREAMS [SEED [scribble|takeover]]]     (without: 2,000, or 100,000 when $LONG is set, then a
 * take-over for each 100)
 */
#include "libs/arena/arena.h"
#include "libs/arena/object.h"
#include "libs/protocol/client.h"
#include "libs/protocol/session.h"
#include "tests/fuzz/scribble.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_S 60
#define TAKEOVER_S 20 /* far above what it takes, even on a busy machine */
#define CHECK_EVERY 100

static struct sockaddr_un address;
static socklen_t address_length;
static uint32_t my_slot;
static uint64_t my_handle;
static bool scribbles;

static void fail(const char *what) {
    fprintf(stderr, "server_fuzz: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* ---- values ---- */

static uint64_t value_of(const struct message_field *field) {
    static const uint64_t edges[] = {0, 1, 2, 3, 4, 0x7fffffff, 0x80000000, 0xffffffff, 0xffff, 0x7fffffffffffffff, ~0ull};
    const char *name = field->name;

    if (!strcmp(name, "version") && !one_in(20))
        return PROTOCOL_LAYOUT;
    if (!strcmp(name, "slot") && !one_in(4))
        return one_in(8) ? my_slot : UINT32_MAX;
    if (!strcmp(name, "handle") && !one_in(8))
        return my_handle;
    if (!strcmp(name, "root") && !one_in(4))
        return 0;
    if (!strcmp(name, "disposition") || !strcmp(name, "maximum"))
        return 1 + random_below(3);
    if (!strcmp(name, "cell") || !strcmp(name, "instance"))
        return random_below(600);
    if (!strcmp(name, "pid") && one_in(2))
        return (uint64_t)getpid();
    if (one_in(3))
        return edges[random_below(sizeof edges / sizeof edges[0])];
    return one_in(4) ? random_next() : random_below(12);
}

static uint32_t name_make(uint16_t *name, uint32_t room) {
    static const char *const parts[] = {"\\BaseNamedObjects\\", "\\Sessions\\1\\BaseNamedObjects\\", "\\??\\pipe\\", "\\Device\\NamedPipe\\",
        "Local\\", "Global\\", "Session\\", "\\", "a", "b", "1\\", "A", "Session\\1\\", "\\Sessions", ""};
    uint32_t n = 0;

    for (uint32_t part = one_in(3) ? random_next() : random_below(4), left = 1 + random_below(4); left; left--, part = random_next()) {
        for (const char *text = parts[part % (sizeof parts / sizeof parts[0])]; *text && n < room; text++)
            name[n++] = (uint8_t)*text;
    }
    while (one_in(3) && n < room)
        name[n++] = (uint16_t)random_next();
    while (one_in(200) && n + 4000 < room) {
        for (int i = 0; i < 4000; i++)
            name[n++] = 'x';
    }
    return n;
}

/* One request that is well formed, of any value.  Return: its length. */
static size_t request_make(uint8_t *buffer, const struct message_shape *shape) {
    static uint16_t name[32768];
    uint8_t *fixed = buffer + sizeof(struct message_header);
    struct message_writer writer;
    uint32_t n_name = 0;

    message_begin(&writer, buffer, MESSAGE_MAX, shape->number, MESSAGE_REQUEST);
    memset(fixed, 0, shape->fixed);
    writer.at += shape->fixed;
    for (const struct message_field *field = shape->fields; field->name; field++) {
        uint64_t value;

        if (field->kind == FIELD_PAD)
            continue;
        if (field->kind == FIELD_UTF16)
            value = n_name = name_make(name, 32767);
        else
            value = field->kind == FIELD_BYTES ? 0 : value_of(field);
        memcpy(fixed + field->offset, &value, field->size);
        if (field->kind == FIELD_UTF16)
            message_put(&writer, name, n_name * sizeof *name);
    }
    return (size_t)message_end(&writer);
}

/* Return: the length afterwards. */
static size_t damage(uint8_t *buffer, size_t size) {
    uint32_t value = random_next();

    switch (random_below(6)) {
    case 0: buffer[random_below((uint32_t)size)] ^= (uint8_t)(1 << random_below(8)); return size;
    case 1: return random_below((uint32_t)size + 1);
    case 2: memcpy(buffer + 4, &value, 4); return size;
    case 3: memcpy(buffer + 8, &value, 2); return size;
    case 4:
        memcpy(buffer + random_below((uint32_t)size - 3), &value, 4);
        return size;
    default: /* a cut or an addition that the header knows of */
        size = one_in(2) ? random_below((uint32_t)size + 1) : size + 8 * random_below(20);
        if (size > MESSAGE_MAX)
            size = MESSAGE_MAX;
        value = (uint32_t)size;
        if (size >= 8)
            memcpy(buffer + 4, &value, 4);
        return size;
    }
}

/* ---- streams ---- */

static int descriptor_make(void) {
    int fd;

    switch (random_below(6)) {
    case 0: return open("/dev/null", O_RDWR | O_CLOEXEC);
    case 1: return (int)syscall(SYS_pidfd_open, getpid(), 0);
    case 2: return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    default:
        fd = memfd_create("fuzz", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        (void)!ftruncate(fd, 4096 * (off_t)random_below(4));
        fcntl(fd, F_ADD_SEALS, one_in(8) ? (int)random_below(32) : F_SEAL_SHRINK | F_SEAL_GROW);
        return fd;
    }
}

static void packet_send(int socket, const void *data, size_t size, int n_fds) {
    union {
        char bytes[CMSG_SPACE(8 * sizeof(int))];
        struct cmsghdr align;
    } control = {0};
    struct iovec part = {.iov_base = (void *)(uintptr_t)data, .iov_len = size};
    struct msghdr packet = {.msg_iov = &part, .msg_iovlen = 1};
    int fds[8];

    for (int i = 0; i < n_fds; i++)
        fds[i] = descriptor_make();
    if (n_fds) {
        packet.msg_control = &control;
        packet.msg_controllen = CMSG_SPACE((size_t)n_fds * sizeof(int));
        control.align.cmsg_level = SOL_SOCKET;
        control.align.cmsg_type = SCM_RIGHTS;
        control.align.cmsg_len = CMSG_LEN((size_t)n_fds * sizeof(int));
        memcpy(CMSG_DATA(&control.align), fds, (size_t)n_fds * sizeof(int));
    }
    sendmsg(socket, &packet, MSG_NOSIGNAL);
    for (int i = 0; i < n_fds; i++)
        close(fds[i]);
}

/* Reads one reply.  Return: its length; 0 or less at the end.  Its descriptor is closed, or goes to *fd. */
static ssize_t reply_read(int socket, void *buffer, int flags, int *fd) {
    union {
        char bytes[CMSG_SPACE(4 * sizeof(int))];
        struct cmsghdr align;
    } control;
    struct iovec part = {.iov_base = buffer, .iov_len = MESSAGE_MAX};
    struct msghdr packet = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    const ssize_t size = recvmsg(socket, &packet, flags | MSG_CMSG_CLOEXEC);
    struct cmsghdr *head = size > 0 ? CMSG_FIRSTHDR(&packet) : NULL;
    int got = -1;

    if (head)
        memcpy(&got, CMSG_DATA(head), sizeof got);
    if (fd)
        *fd = got;
    else if (got >= 0)
        close(got);
    return size;
}

/* Says hello, so that the requests after it get further; learns the slot and the arena. */
static void stream_hello(int socket) {
    static _Alignas(8) uint8_t buffer[MESSAGE_MAX];
    const struct request_hello hello = {.version = PROTOCOL_LAYOUT, .slot = UINT32_MAX};
    struct reply_hello reply;
    ssize_t size;
    int fd;

    packet_send(socket, buffer, (size_t)request_hello_encode(buffer, sizeof buffer, &hello), 0);
    size = reply_read(socket, buffer, 0, &fd);
    if (size <= 0 || reply_hello_decode(buffer, (size_t)size, &reply) || fd < 0)
        fail("no answer to hello");
    if (winipc_arena || arena_attach(fd))
        close(fd);
    my_slot = arena_process = reply.slot;
}

static void stream_run(void) {
    static _Alignas(8) uint8_t buffer[MESSAGE_MAX];
    const int socket_fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    const bool hello = !one_in(8);

    if (socket_fd < 0 || connect(socket_fd, (struct sockaddr *)&address, address_length))
        fail("cannot connect");
    if (hello)
        stream_hello(socket_fd);
    for (uint32_t left = 1 + random_below(12); left; left--) {
        const struct message_shape *shape = &message_shapes[random_below(n_message_shapes)];
        size_t size;
        int n_fds = shape->fd != MESSAGE_NO_FD;

        if (hello && shape->number == REQUEST_HELLO && !one_in(10))
            continue;
        if (hello && winipc_arena)
            my_handle = handle_reserve(my_slot);
        for (uint32_t n = scribbles && winipc_arena ? random_below(6) : 0; n; n--)
            scribble();
        memset(buffer, 0, 256);
        size = request_make(buffer, shape);
        if (one_in(5))
            size = damage(buffer, size);
        if (one_in(20))
            n_fds = (int)random_below(8);
        packet_send(socket_fd, buffer, size, n_fds);
        if (one_in(2))
            reply_read(socket_fd, buffer, MSG_DONTWAIT, NULL);
    }
    if (!one_in(8)) { /* else it goes without a word */
        shutdown(socket_fd, SHUT_WR);
        while (reply_read(socket_fd, buffer, 0, NULL) > 0)
            ;
    }
    close(socket_fd);
}

/* ---- the witness ---- */

static bool witness_look(void) {
    const struct request_ping ping = {.cookie = random_next()};
    struct request_object_create create = {.type = CELL_EVENT, .name = u"\\BaseNamedObjects\\witness", .n_name = 25};
    struct request_object_open open = {.type = CELL_EVENT, .name = create.name, .n_name = create.n_name};
    struct reply_ping pong;
    struct reply_object_create made;
    struct reply_object_open opened;

    create.handle = handle_reserve(arena_process);
    open.handle = handle_reserve(arena_process);
    if (server_ping(&ping, &pong) || pong.cookie != ping.cookie)
        return false;
    if (server_object_create(&create, &made) || server_object_open(&open, &opened) || made.cell != opened.cell)
        return false;
    return !handle_close(arena_process, create.handle) && !handle_close(arena_process, open.handle);
}

static void witness_run(int commands, int answers) {
    const struct request_ping ping = {.cookie = 1};
    struct reply_ping pong;
    char byte;

    if (server_enter(ARENA_MAX_PROCESSES))
        _exit(1);
    arena_thread_enter(thread_slot_claim(arena_process));
    object_gone = server_cell_gone;
    while (read(commands, &byte, 1) == 1) {
        if (scribbles ? server_ping(&ping, &pong) != 0 : !witness_look())
            _exit(1);
        (void)!write(answers, &byte, 1);
    }
    _exit(0);
}

/* ---- start and end ---- */

static void server_path(char *path, size_t size) {
    const char *build = getenv("BUILD");

    snprintf(path, size, "%s/winipcd", build ? build : "build");
}

static void session_make(struct session_folder *session) {
    char folder[256];

    snprintf(folder, sizeof folder, "%.200s/fuzz-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    if (!mkdtemp(folder))
        fail("no folder");
    setenv("XDG_RUNTIME_DIR", folder, 1);
    if (session_folder_open(session, NULL))
        fail("no session");
    address_length = session_address(session, &address);
}

static pid_t server_run(const struct session_folder *session) {
    char path[4096];
    pid_t pid;

    server_path(path, sizeof path);
    setenv("WINIPC_SERVER", "/nowhere", 1); /* should it die, nobody starts another */
    pid = fork();
    if (!pid) {
        execl(path, path, "-f", session->path, NULL);
        _exit(127);
    }
    for (;;) {
        const int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
        const int result = connect(fd, (struct sockaddr *)&address, address_length);

        close(fd);
        if (result == 0)
            return pid;
        if (waitpid(pid, NULL, WNOHANG))
            fail("the server did not start");
        usleep(1000);
    }
}

static unsigned descriptors_of(pid_t pid) {
    char path[64];
    unsigned n = 0;
    DIR *folder;

    snprintf(path, sizeof path, "/proc/%d/fd", pid);
    folder = opendir(path);
    if (!folder)
        fail(path);
    while (readdir(folder))
        n++;
    closedir(folder);
    return n;
}

#define REGISTRY_FDS 6 /* once a stream has asked the registry for something, its folder, lock, files and the latest large value are open */

/* The server may learn late that connections and their processes have ended, but it must.  Until then there is the alarm. */
static void descriptors_await(pid_t server, unsigned limit) {
    while (descriptors_of(server) > limit)
        usleep(1000);
}

/* Streams from a process of their own: the server watches a process as long as it lives.  One that scribbles may crash or hang by that. */
static void batch_run(int streams) {
    const uint64_t seed = random_state = random_state * 6364136223846793005ull + 1442695040888963407ull;
    const pid_t pid = fork();
    int status;

    if (!pid) {
        random_state = seed | 1;
        alarm(!scribbles ? PATIENCE_S : streams < CHECK_EVERY ? 1 : 5);
        if (scribbles)
            (void)!freopen("/dev/null", "w", stderr);
        for (int i = 0; i < streams; i++)
            stream_run();
        _exit(0);
    }
    if (waitpid(pid, &status, 0) != pid || (status && !scribbles))
        fail("the streams' process failed");
}

/* ---- take-overs ---- */

/* Kills the server, whose pid stands beside the socket. */
static void server_kill(const struct session_folder *session) {
    uint32_t record[4] = {0};
    const int fd = openat(session->fd, "arena", O_RDONLY | O_CLOEXEC);
    pid_t server;
    int status;

    if (fd < 0 || read(fd, record, sizeof record) != sizeof record)
        fail("no record of the session");
    close(fd);
    server = (pid_t)record[3];
    kill(server, SIGKILL);
    if (waitpid(server, &status, 0) != server || !WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
        fail("the server was not there to be killed");
}

/* Return: a process of the session that does nothing: it keeps the arena. */
static pid_t keeper_start(void) {
    int gate[2];
    char byte;
    pid_t pid;

    if (pipe2(gate, O_CLOEXEC))
        fail("no pipe");
    pid = fork();
    if (!pid) {
        if (server_enter(ARENA_MAX_PROCESSES))
            _exit(1);
        if (one_in(2))
            devastate();
        (void)!write(gate[1], "k", 1);
        for (;;)
            pause();
    }
    close(gate[1]);
    if (read(gate[0], &byte, 1) != 1)
        fail("no keeper");
    close(gate[0]);
    return pid;
}

/* A newcomer is served, or refused because the arena is as it is; he need not wait for long. */
static void newcomer_run(unsigned long number) {
    const pid_t pid = fork();
    int status;

    if (!pid) {
        alarm(TAKEOVER_S);
        _exit(server_enter(ARENA_MAX_PROCESSES) == (int32_t)0xc0000080 /* STATUS_SERVER_DISABLED */);
    }
    if (waitpid(pid, &status, 0) == pid && !status)
        return;
    fprintf(stderr, "server_fuzz: take-over %lu: a newcomer is not served, status %#x\n", number, status);
    exit(1);
}

/* @n times: a session whose arena is garbage, in which nobody but its keeper is left when the server is killed. */
static void takeovers_run(unsigned long n, unsigned long long seed) {
    char path[4096];
    struct session_folder session;

    session_make(&session);
    server_path(path, sizeof path);
    setenv("WINIPC_SERVER", path, 1);
    prctl(PR_SET_CHILD_SUBREAPER, 1); /* the servers are ours to wait for: one that crashes is noticed */
    for (unsigned long number = 0; number < n; number++) {
        pid_t keeper;

        alarm(PATIENCE_S);
        random_next();
        keeper = keeper_start();
        batch_run(5);
        server_kill(&session);
        newcomer_run(number);
        kill(keeper, SIGKILL);
        waitpid(keeper, NULL, 0);
        server_kill(&session);
    }
    printf("%lu take-overs of seed %llu\n", n, seed);
}

/* ---- the whole ---- */

static pid_t witness_start(int *commands, int *answers) {
    int question[2], answer[2];
    pid_t pid;

    if (pipe2(question, O_CLOEXEC) || pipe2(answer, O_CLOEXEC))
        fail("no pipe");
    pid = fork();
    if (!pid) {
        close(question[1]);
        close(answer[0]);
        witness_run(question[0], answer[1]);
    }
    close(question[0]);
    close(answer[1]);
    *commands = question[1];
    *answers = answer[0];
    return pid;
}

/* One server serves them all, and its witness. */
static void streams_run(unsigned long streams, unsigned long long seed) {
    struct session_folder session;
    int commands, answers, status;
    pid_t server, witness;
    unsigned descriptors = 0;
    char byte = 0;

    session_make(&session);
    server = server_run(&session);
    witness = witness_start(&commands, &answers);
    for (unsigned long stream = 0; stream <= streams; stream += CHECK_EVERY) {
        alarm(PATIENCE_S);
        if (write(commands, "?", 1) != 1 || read(answers, &byte, 1) != 1) {
            fprintf(stderr, "server_fuzz: after stream %lu of seed %llu the witness is not served\n", stream, seed);
            exit(1);
        }
        if (stream == 0)
            descriptors = descriptors_of(server);
        else if (!scribbles)
            descriptors_await(server, descriptors + REGISTRY_FDS);
        batch_run(CHECK_EVERY);
    }
    close(commands);
    waitpid(witness, NULL, 0);
    kill(server, SIGTERM);
    waitpid(server, &status, 0);
    if (!WIFEXITED(status) || WEXITSTATUS(status)) {
        fprintf(stderr, "server_fuzz: the server ended with status %#x\n", status);
        exit(1);
    }
    printf("%lu streams of seed %llu\n", streams, seed);
    fflush(stdout); /* the processes to come would write it once more */
}

int main(int argc, char **argv) {
    const unsigned long streams = argc > 1 ? strtoul(argv[1], NULL, 10) : getenv("LONG") ? 100000 : 2000;
    const unsigned long long seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;

    random_state = seed * 0x9e3779b97f4a7c15ull + 1;
    scribbles = argc > 3;
    if (argc < 4 || !strcmp(argv[3], "scribble"))
        streams_run(streams, seed);
    scribbles = true;
    if (argc < 4 || !strcmp(argv[3], "takeover"))
        takeovers_run(streams / CHECK_EVERY, seed);
    return 0;
}
