/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Becoming the one server of a session.  The lock on the file "lock" is the session: who holds it, and holds it to the
 * end, is its server, and may take away a socket that a dead one left.  Who finds it taken looks whether its holder can
 * be connected to; a holder that is about to end, or to begin, is waited for.
 */
#include "server/server.h"

#include "libs/arena/memfd.h"
#include "libs/protocol/layout.h"
#include "libs/protocol/session.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_MS 5000

static struct session_folder session = {.fd = -1};
static int lock_fd = -1, listen_fd = -1;
static bool named;

static struct arena_record *record;

/* Return: a path below the folder that needs no look-up of the folder itself. */
static const char *session_path(const char *name) {
    static char path[64];

    snprintf(path, sizeof path, "/proc/self/fd/%d/%s", session.fd, name);
    return path;
}

static bool session_answers(void) {
    struct sockaddr_un address;
    const socklen_t length = session_address(&session, &address);
    const int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool answers;

    if (fd < 0)
        return false;
    answers = connect(fd, (struct sockaddr *)&address, length) == 0 || errno == EAGAIN;
    close(fd);
    return answers;
}

/* Return: 1: the lock is ours; 0: somebody else's, who answers; -errno. */
static int session_lock(void) {
    const struct timespec pause = {.tv_nsec = 1000000};

    lock_fd = openat(session.fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (lock_fd < 0)
        return -errno;
    for (int ms = 0; ms < PATIENCE_MS; ms++) {
        if (flock(lock_fd, LOCK_EX | LOCK_NB) == 0)
            return 1;
        if (errno != EWOULDBLOCK && errno != EINTR)
            return -errno;
        if (session_answers())
            return 0;
        nanosleep(&pause, NULL);
    }
    return -EBUSY;
}

static int session_bind(void) {
    struct sockaddr_un address;
    const socklen_t length = session_address(&session, &address);

    listen_fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listen_fd < 0)
        return -errno;
    if (unlinkat(session.fd, "server", 0) && errno != ENOENT)
        return -errno;
    STEP("session_bind: no socket");
    if (bind(listen_fd, (struct sockaddr *)&address, length) || listen(listen_fd, 4096))
        return -errno;
    named = true;
    return 1;
}

int session_open(const char *folder) {
    int result = session_folder_open(&session, folder);

    if (result)
        return result;
    result = session_lock();
    return result == 1 ? session_bind() : result;
}

/* Return: 0 or -errno. */
static int record_open(void) {
    const int fd = openat(session.fd, "arena", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    void *memory;
    int error;

    if (fd < 0)
        return -errno;
    error = posix_fallocate(fd, 0, sizeof *record);
    memory = error ? MAP_FAILED : mmap(NULL, sizeof *record, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (!error && memory == MAP_FAILED)
        error = errno;
    close(fd);
    if (!error)
        record = memory;
    return -error;
}

int session_arena(void) {
    return record_open() ? -1 : arena_record_find(record, O_RDWR);
}

int session_record(uint64_t inode) {
    int error = record ? 0 : record_open();

    if (error)
        return error;
    if (record->inode != inode)
        memset(record->pid, 0, sizeof record->pid);
    record->version = PROTOCOL_LAYOUT;
    STEP("session_record: version");
    record->inode = inode;
    return 0;
}

void session_record_server(void) {
    record->server = (uint32_t)getpid();
}

void session_record_pid(uint32_t slot, uint32_t pid) {
    record->pid[slot] = pid;
}

int session_listener(void) {
    return listen_fd;
}

/* Where this process's environment has it. */
static bool data_folder(char *path, size_t room) {
    const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
    int n = -1;

    if (data && *data == '/')
        n = snprintf(path, room, "%s/winipc", data);
    else if (home && *home == '/')
        n = snprintf(path, room, "%s/.local/share/winipc", home);
    return n > 0 && (size_t)n < room;
}

bool session_data_folder(char *path, size_t room) {
    const ssize_t n = arena_taken_over ? readlinkat(session.fd, "data", path, room - 1) : -1;

    if (n > 0) {
        path[n] = 0;
        return true;
    }
    if (!data_folder(path, room))
        return false;
    if ((unlinkat(session.fd, "data", 0) && errno != ENOENT) || symlinkat(path, session.fd, "data"))
        TRACE(TRACE_SERVER, "data folder not noted: %s", strerror(errno));
    return true;
}

void session_trace_open(void) {
    int fd;

    if (!(trace_enabled & TRACE_SERVER))
        return;
    fd = open(session_path("trace.log"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return;
    dup2(fd, STDERR_FILENO);
    close(fd);
}

/* There is nothing to take over: what the next server would read goes, while our lock still keeps it waiting.  The two files that are
 * locked stay: who opened one just now, and who makes it anew, would hold two locks. */
void session_end(void) {
    if (!named)
        return;
    unlinkat(session.fd, "server", 0);
    if (record)
        record->inode = 0;
    STEP("session_end: nothing to take over");
    unlinkat(session.fd, "arena", 0);
    unlinkat(session.fd, "data", 0);
    named = false;
}
