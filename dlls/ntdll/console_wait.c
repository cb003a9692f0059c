/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Waiting for console input: the handle is signalled while the terminal has something to read (in line mode: a whole
 * line).
 *
 * The file object's cell learns that when somebody begins to wait: it is reset, and a thread of ours that listens to
 * the terminal signals it; is there something already, it is signalled at once.  So who waits is told, and nobody
 * polls.
 */
#include "dlls/ntdll/console_wait.h"

#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "dlls/ntdll/helper_thread.h"
#include "libs/arena/object.h"

static pthread_once_t listener_once = PTHREAD_ONCE_INIT;
static int listener_epoll = -1;

static void listener_main(void) {
    struct epoll_event event;

    for (;;) {
        struct cell *cell;

        if (epoll_wait(listener_epoll, &event, 1, -1) != 1)
            continue;
        cell = cell_at((uint32_t)event.data.u64);
        /* a terminal's events come as long as anybody has it open, its file object may be gone */
        if (cell && cell_type(cell) == CELL_FILE && STATE_GENERATION(atomic_load(&cell->state)) == event.data.u64 >> 32)
            object_signal(cell);
    }
}

static void listener_start(void) {
    listener_epoll = epoll_create1(EPOLL_CLOEXEC);
    if (listener_epoll >= 0 && !helper_thread_start(listener_main)) {
        close(listener_epoll);
        listener_epoll = -1;
    }
}

void console_wait_begin(HANDLE handle, struct cell *cell) {
    struct epoll_event event = {.events = EPOLLIN | EPOLLONESHOT};
    struct pollfd input = {.events = POLLIN};
    NTSTATUS status;
    struct file *file = file_from_handle(handle, 0, NULL, &status);

    if (!file)
        return;
    pthread_once(&listener_once, listener_start);
    event.data.u64 = cell_index(cell) | (uint64_t)file->generation << 32;
    object_reset(cell);
    if (epoll_ctl(listener_epoll, EPOLL_CTL_MOD, file->fd, &event) &&
        epoll_ctl(listener_epoll, EPOLL_CTL_ADD, file->fd, &event))
        object_signal(cell); /* nobody would tell */
    input.fd = file->fd;
    if (poll(&input, 1, 0) == 1)
        object_signal(cell);
    file_put(file);
}
