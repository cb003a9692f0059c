/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How the Linux descriptors of files and sections follow their handles into other processes.
 *
 * Who gives a handle away leaves the descriptor with the server (server/descriptor.c), and who got it takes it from there on first use.
 * Who takes a handle out of another process asks that one: a signal, which bears the number of the cell and the asker's thread slot, and a
 * datagram socket in the session's folder, to which the handler sends the descriptor.  (pidfd_getfd would do without the other's help, but
 * containers forbid it.)  The handler takes no lock: it duplicates the descriptor and then looks whether it still was the right one.
 *
 * Who closes a handle of another process tells it by the same signal: it closes the descriptor when it next opens or closes a file.
 */
#include "dlls/ntdll/descriptor.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "dlls/ntdll/file.h"
#include "libs/protocol/client.h"
#include "libs/protocol/session.h"

#define NO_ASKER UINT32_MAX /* nothing is asked: a file handle of this process was closed from without */
#define LOOK_AGAIN_MS 20
#define LOOKS_MAX 250 /* an asked process that is stopped is not waited for longer */

struct answer {
    uint64_t state; /* of the cell for which the descriptor is */
    uint32_t cell;
    uint32_t given; /* 0: there is none */
};

union control {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr align;
};

bool descriptor_goes_with(uint32_t cell) {
    const enum cell_type type = cell_at(cell) ? cell_type(cell_at(cell)) : CELL_FREE;

    return type == CELL_FILE || type == CELL_SECTION;
}

int32_t descriptor_leave(uint64_t handle, int fd) {
    const struct request_descriptor_leave request = {.handle = handle, .fd = fd};
    struct reply_descriptor_leave reply;

    return server_descriptor_leave(&request, &reply);
}

/* ---- giving ---- */

static socklen_t answer_address(const struct session_folder *folder, uint32_t thread, struct sockaddr_un *address) {
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    snprintf(address->sun_path, sizeof address->sun_path, "/proc/self/fd/%d/take-%u", folder->fd, thread);
    return sizeof *address;
}

static void answer_send(
    int to, const struct sockaddr_un *address, socklen_t length, const struct answer *answer, int fd) {
    union control control = {
        .align = {.cmsg_len = CMSG_LEN(sizeof fd), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS}};
    struct iovec part = {(void *)(uintptr_t)answer, sizeof *answer};
    struct msghdr message = {
        .msg_name = (void *)(uintptr_t)address, .msg_namelen = length, .msg_iov = &part, .msg_iovlen = 1};

    if (fd >= 0) {
        memcpy(CMSG_DATA(&control.align), &fd, sizeof fd);
        message.msg_control = &control;
        message.msg_controllen = sizeof control.bytes;
    }
    sendmsg(to, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void give(uint32_t cell, uint32_t thread) {
    struct answer answer = {.cell = cell};
    struct session_folder folder;
    struct sockaddr_un address;
    int to, fd;

    if (session_folder_open(&folder, NULL))
        return;
    fd = file_duplicate_descriptor(cell, &answer.state);
    answer.given = fd >= 0;
    to = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (to >= 0) {
        const socklen_t length = answer_address(&folder, thread, &address);

        answer_send(to, &address, length, &answer, fd);
        close(to);
    }
    if (fd >= 0)
        close(fd);
    session_folder_close(&folder);
}

static void asked(int number, siginfo_t *info, void *context) {
    const uint64_t value = (uintptr_t)info->si_value.sival_ptr;
    const int error = errno;

    (void)number, (void)context;
    if (info->si_code == SI_QUEUE && value >> 32 == NO_ASKER)
        file_closed_from_without();
    else if (info->si_code == SI_QUEUE && winipc_arena)
        give((uint32_t)value, (uint32_t)(value >> 32));
    errno = error;
}

void descriptor_init(void) {
    struct sigaction action = {.sa_sigaction = asked, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART};
    sigset_t set;

    sigfillset(&action.sa_mask);
    sigaction(GIVE_SIGNAL, &action, NULL);
    sigemptyset(&set);
    sigaddset(&set, GIVE_SIGNAL);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    atomic_store(&winipc_arena->process[arena_process].gives, (uint32_t)getpid());
}

/* ---- asking ---- */

/* Reads one answer.  Return: the descriptor; -ENOENT: there is none; -EAGAIN: that was an answer to something else. */
static int answer_read(int from, uint32_t cell, uint64_t state) {
    struct answer answer = {0};
    union control control;
    struct iovec part = {&answer, sizeof answer};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control.bytes};
    const ssize_t length = recvmsg(from, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    const struct cmsghdr *head = length < 0 ? NULL : CMSG_FIRSTHDR(&message);
    int fd = -1;

    if (head && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS)
        memcpy(&fd, CMSG_DATA(head), sizeof fd);
    if (length == sizeof answer && answer.cell == cell) {
        if (!answer.given)
            return -ENOENT;
        if (fd >= 0 && STATE_GENERATION(answer.state) == STATE_GENERATION(state))
            return fd;
    }
    if (fd >= 0)
        close(fd);
    return -EAGAIN;
}

static bool process_is_up(const struct process_slot *slot, uint32_t pid) {
    return SLOT_LIFE(atomic_load(&slot->state)) == SLOT_RUNNING && atomic_load(&slot->pid) == pid &&
           atomic_load(&slot->gives) == pid;
}

/* Return: whether the process in slot @process is there to be told. */
static bool tell(uint32_t process, uint32_t cell, uint32_t asker) {
    const struct process_slot *slot = &winipc_arena->process[process];
    const uint32_t pid = atomic_load(&slot->pid);
    const union sigval value = {.sival_ptr = (void *)(uintptr_t)((uint64_t)asker << 32 | cell)};

    return pid && process_is_up(slot, pid) && !sigqueue((pid_t)pid, GIVE_SIGNAL, value);
}

void descriptor_tell_closed(uint32_t process, uint32_t cell) {
    tell(process, cell, NO_ASKER);
}

static int ask(uint32_t process, uint32_t cell, int from) {
    const struct process_slot *slot = &winipc_arena->process[process];
    const uint32_t pid = atomic_load(&slot->pid);
    const uint64_t state = atomic_load(&cell_at(cell)->state);
    struct pollfd poll_fd = {.fd = from, .events = POLLIN};
    int fd = -EAGAIN;

    if (!tell(process, cell, arena_self.index))
        return -ENOENT;
    for (int looks = 0; fd == -EAGAIN && looks < LOOKS_MAX && process_is_up(slot, pid) && !kill((pid_t)pid, 0);
         looks++) {
        if (poll(&poll_fd, 1, LOOK_AGAIN_MS) > 0)
            fd = answer_read(from, cell, state);
    }
    return fd;
}

/* The socket to which answers to this thread go; *folder stays open. */
static int answer_socket(const struct session_folder *folder, struct sockaddr_un *address) {
    const socklen_t length = answer_address(folder, arena_self.index, address);
    const int from = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    unlink(address->sun_path); /* of who had this slot before, and was killed */
    if (from < 0 || !bind(from, (struct sockaddr *)address, length))
        return from;
    close(from);
    return -1;
}

/* The processes that have a handle to @cell, but for this one, are asked in turn. */
static int ask_all(uint32_t cell, int from) {
    const uint32_t n = arena_count(&winipc_arena->header.n_processes, ARENA_MAX_PROCESSES);
    int fd = -ENOENT;

    for (uint32_t process = 0; process < n && fd < 0; process++) {
        if (process != arena_process && handle_find(process, cell))
            fd = ask(process, cell, from);
    }
    return fd;
}

int descriptor_obtain(uint64_t handle, uint32_t cell) {
    const struct request_descriptor_take request = {.handle = handle};
    struct reply_descriptor_take reply = {.fd = -1};
    struct session_folder folder;
    struct sockaddr_un address;
    int from, fd = -1;

    if (atomic_load(&cell_at(cell)->flags) & CELL_LEFT && !server_descriptor_take(&request, &reply) && reply.fd >= 0)
        return reply.fd;
    if (session_folder_open(&folder, NULL))
        return -1;
    from = answer_socket(&folder, &address);
    if (from >= 0) {
        fd = ask_all(cell, from);
        unlink(address.sun_path);
        close(from);
    }
    session_folder_close(&folder);
    return fd < 0 ? -1 : fd;
}
