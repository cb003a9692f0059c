/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NtNotifyChangeDirectoryFile.  A handle's first call says what is watched and how much is kept between the calls; from
 * then on a thread of ours reads what inotify tells (notify_watch.c) and completes what is pending.
 *
 * Each watched directory takes an inotify instance, of which a user has a limited number
 * (fs.inotify.max_user_instances).
 */
#include "dlls/ntdll/notify.h"

#include <ntstatus.h>

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "dlls/ntdll/apc.h"
#include "dlls/ntdll/helper_thread.h"
#include "dlls/ntdll/object.h"
#include "dlls/ntdll/suspend.h"
#include "libs/arena/wait.h"
#include "libs/host/guard.h"

#define SIZE_MAX_KEPT 65536u
#define FILTER_VALID 0xfffu

struct notify_request {
    struct notify_request *next;
    struct file_io io;
    uint32_t thread;
    _Atomic bool *done; /* of a thread that waits for it; else NULL */
};

struct notify {
    struct notify *next;
    struct file *file;
    struct notify_tree tree;
    struct notify_request *first, **end;
};

static pthread_mutex_t notify_lock = PTHREAD_MUTEX_INITIALIZER; /* over all of it */
static struct notify *notifies;
static int notify_epoll = -1;

/* ---- completing ---- */

/* What there is for a buffer of @size bytes.  Return: STATUS_SUCCESS, or STATUS_NOTIFY_ENUM_DIR where it does not fit.
 */
static NTSTATUS notify_give(struct notify *notify, void *buffer, ULONG size, ULONG_PTR *information) {
    struct notify_tree *tree = &notify->tree;
    const ULONG n = tree->n_records;
    const bool fits = !tree->overflow && n && n <= size && !guard_copy_to(buffer, tree->records, n);

    tree->overflow = false;
    tree->n_records = 0;
    *information = fits ? n : 0;
    return fits ? STATUS_SUCCESS : STATUS_NOTIFY_ENUM_DIR;
}

static bool notify_has_news(const struct notify *notify) {
    return notify->tree.overflow || notify->tree.n_records;
}

static void request_complete(
    struct notify *notify, struct notify_request *request, NTSTATUS status, ULONG_PTR information) {
    file_complete(notify->file, &request->io, status, information, request->thread, false);
    if (request->done) {
        atomic_store(request->done, true);
        wait_look_again(&winipc_arena->thread[request->thread]);
    }
    free(request);
}

static void notify_drive(struct notify *notify) {
    ULONG_PTR information;

    while (notify->first && notify_has_news(notify)) {
        struct notify_request *request = notify->first;
        const NTSTATUS status = notify_give(notify, request->io.buffer, request->io.length, &information);

        notify->first = request->next;
        if (!notify->first)
            notify->end = &notify->first;
        request_complete(notify, request, status, information);
    }
}

/* ---- the thread ---- */

static struct notify *notify_find(const void *which) {
    struct notify *notify = notifies;

    while (notify && notify != which)
        notify = notify->next;
    return notify;
}

static void notify_main(void) {
    struct epoll_event event;

    for (;;) {
        struct notify *notify;

        if (epoll_wait(notify_epoll, &event, 1, -1) != 1)
            continue;
        pthread_mutex_lock(&notify_lock);
        notify = notify_find(event.data.ptr); /* it may have gone meanwhile */
        if (notify) {
            notify_tree_read(&notify->tree);
            notify_drive(notify);
        }
        pthread_mutex_unlock(&notify_lock);
    }
}

/* Under the lock. */
static bool notify_start_thread(void) {
    if (notify_epoll >= 0)
        return true;
    notify_epoll = epoll_create1(EPOLL_CLOEXEC);
    if (notify_epoll >= 0 && !helper_thread_start(notify_main)) {
        close(notify_epoll);
        notify_epoll = -1;
    }
    return notify_epoll >= 0;
}

/* ---- requests ---- */

static NTSTATUS notify_open(struct file *file, ULONG filter, bool subtree, ULONG size, struct notify **result) {
    struct notify *notify = file->private;
    struct epoll_event event = {.events = EPOLLIN};
    int error;

    *result = notify;
    if (notify)
        return STATUS_SUCCESS;
    notify = notify_start_thread() ? calloc(1, sizeof *notify) : NULL;
    if (!notify)
        return STATUS_INSUFFICIENT_RESOURCES;
    error = notify_tree_open(&notify->tree, file->fd, filter, subtree, size < SIZE_MAX_KEPT ? size : SIZE_MAX_KEPT);
    event.data.ptr = notify;
    if (!error && epoll_ctl(notify_epoll, EPOLL_CTL_ADD, notify->tree.inotify_fd, &event)) {
        error = -errno;
        notify_tree_close(&notify->tree);
    }
    if (error) {
        free(notify);
        return error == -EMFILE || error == -ENOSPC ? STATUS_INSUFFICIENT_RESOURCES : status_from_errno(-error);
    }
    notify->file = file;
    notify->end = &notify->first;
    notify->next = notifies;
    notifies = notify;
    *result = file->private = notify;
    return STATUS_SUCCESS;
}

static NTSTATUS notify_enqueue(struct notify *notify, const struct file_io *io, _Atomic bool *done) {
    struct notify_request *request = malloc(sizeof *request);

    if (!request)
        return STATUS_NO_MEMORY;
    *request = (struct notify_request){.io = *io, .thread = arena_self.index, .done = done};
    *notify->end = request;
    notify->end = &request->next;
    return STATUS_PENDING;
}

/* Ends the requests that @iosb and @thread name, under the lock.  Return: how many. */
static unsigned requests_end(struct notify *notify, const IO_STATUS_BLOCK *iosb, uint32_t thread, NTSTATUS status) {
    struct notify_request **place = &notify->first;
    unsigned n = 0;

    while (*place) {
        struct notify_request *request = *place;

        if ((iosb && request->io.iosb != iosb) || (thread != ARENA_MAX_THREADS && request->thread != thread)) {
            place = &request->next;
            continue;
        }
        *place = request->next;
        request_complete(notify, request, status, 0);
        n++;
    }
    notify->end = place;
    return n;
}

NTSTATUS notify_cancel(struct file *file, IO_STATUS_BLOCK *iosb, uint32_t thread) {
    unsigned n = 0;

    pthread_mutex_lock(&notify_lock);
    if (file->private)
        n = requests_end(file->private, iosb, thread, STATUS_CANCELLED);
    pthread_mutex_unlock(&notify_lock);
    return n ? STATUS_SUCCESS : STATUS_NOT_FOUND;
}

void notify_cancel_thread(void) {
    pthread_mutex_lock(&notify_lock);
    for (struct notify *notify = notifies; notify; notify = notify->next) {
        if (!atomic_load(&cell_at(notify->file->cell)->file.port))
            requests_end(notify, NULL, arena_self.index, STATUS_CANCELLED);
    }
    pthread_mutex_unlock(&notify_lock);
}

void notify_unlink(struct file *file) {
    struct notify **place = &notifies, *notify;

    pthread_mutex_lock(&notify_lock);
    notify = file->private;
    file->private = NULL;
    if (notify) {
        requests_end(notify, NULL, ARENA_MAX_THREADS, STATUS_NOTIFY_CLEANUP);
        while (*place != notify)
            place = &(*place)->next;
        *place = notify->next;
        notify_tree_close(&notify->tree); /* which ends its place in the epoll set, too */
        free(notify);
    }
    pthread_mutex_unlock(&notify_lock);
}

static bool request_is_done(void *done) {
    return atomic_load((_Atomic bool *)done) || io_is_cancelled();
}

/* A handle that was opened for synchronous use: the calling thread waits. */
static NTSTATUS notify_wait(struct file *file, const struct file_io *io, _Atomic bool *done) {
    const struct wait_request request = {.deadline_ns = WAIT_FOREVER, .condition = request_is_done, .context = done};

    io_begin_synchronous(file);
    while (!atomic_load(done)) {
        wait_for(&request);
        if (!atomic_load(done) && (io_is_cancelled() || suspend_ending()))
            notify_cancel(file, io->iosb, arena_self.index); /* or it has ended at this instant */
    }
    io_end_synchronous(file);
    suspend_point();
    return io->iosb->Status;
}

/**
 * NtNotifyChangeDirectoryFile() - waits for changes in a directory.  The first call of a handle decides about @filter,
 * @subtree and how much is kept between calls; later ones only ask.
 * @buffer: receives FILE_NOTIFY_INFORMATION records.
 * Return: STATUS_PENDING, STATUS_SUCCESS (something had happened already), STATUS_NOTIFY_ENUM_DIR (more than the buffer
 * holds: no records), STATUS_INVALID_PARAMETER (no directory; @filter), STATUS_INVALID_HANDLE, STATUS_ACCESS_DENIED,
 * STATUS_ACCESS_VIOLATION, STATUS_INSUFFICIENT_RESOURCES; a request ends with STATUS_CANCELLED, or
 * STATUS_NOTIFY_CLEANUP when the handle is closed. Source:
 * https://learn.microsoft.com/en-us/windows-hardware/drivers/ddi/ntifs/nf-ntifs-zwnotifychangedirectoryfile
 */
NTSTATUS WINAPI NtNotifyChangeDirectoryFile(HANDLE handle, HANDLE event, PIO_APC_ROUTINE apc, void *apc_context,
    IO_STATUS_BLOCK *iosb, void *buffer, ULONG size, ULONG filter, BOOLEAN subtree) {
    const struct file_io io = {.handle = handle,
        .event = event,
        .apc = apc,
        .apc_context = apc_context,
        .iosb = iosb,
        .buffer = buffer,
        .length = size};
    _Atomic bool done = false;
    ULONG_PTR information = 0;
    struct notify *notify;
    struct file *file;
    NTSTATUS status;

    if (guard_probe_write(iosb, sizeof *iosb) || (size && guard_probe_write(buffer, size)))
        return STATUS_ACCESS_VIOLATION;
    if (!filter || filter & ~FILTER_VALID)
        return STATUS_INVALID_PARAMETER;
    file = file_from_handle(handle, FILE_LIST_DIRECTORY, NULL, &status);
    if (!file)
        return status;
    status = file->kind == FILE_KIND_DIRECTORY ? file_begin(file, &io) : STATUS_INVALID_PARAMETER;
    pthread_mutex_lock(&notify_lock);
    if (!status)
        status = notify_open(file, filter, subtree, size, &notify);
    if (!status && !notify->first)
        notify_tree_read(&notify->tree); /* what has happened before this call belongs to it */
    if (!status && !notify->first && notify_has_news(notify))
        status = notify_give(notify, buffer, size, &information);
    else if (!status)
        status = notify_enqueue(notify, &io, file_is_synchronous(file) ? &done : NULL);
    pthread_mutex_unlock(&notify_lock);
    if (status == STATUS_PENDING && file_is_synchronous(file))
        status = notify_wait(file, &io, &done);
    else if (status != STATUS_PENDING && !NT_ERROR(status))
        file_complete(file, &io, status, information, arena_self.index, true);
    file_put(file);
    return status;
}
