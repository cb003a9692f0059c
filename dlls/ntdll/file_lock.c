/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Byte-range locks (NT).  What is locked stands in the arena (libs/arena/fcb.h), by NT's rules, and reads and writes are held to it.  What a
 * process has locked through a file object is shown to Linux programs as locks of an open file description that no child shares and that ends
 * with the process; theirs are respected when one is taken.  What Linux cannot express (ranges beyond 2^63, of no bytes; a shared lock on what
 * may only be written) only our own programs see.
 *
 * Who waits for a lock is told when one of ours is given back; for a Linux program's it looks again every few milliseconds.  Requests on
 * asynchronous files wait in a thread of ours.
 */
#include "dlls/ntdll/file_lock.h"

#include <ntstatus.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dlls/ntdll/file_share.h"
#include "dlls/ntdll/helper_thread.h"
#include "dlls/ntdll/suspend.h"
#include "libs/arena/wait.h"
#include "libs/host/guard.h"

#define LOOK_AGAIN_NS 5000000ull

/* ---- as Linux sees them ---- */

static int outside_fd(struct file *file) {
    char path[32];
    int fd = atomic_load(&file->lock_fd), none = -1;

    if (fd >= 0)
        return fd;
    snprintf(path, sizeof path, "/proc/self/fd/%d", file->fd);
    fd = open(path, (fcntl(file->fd, F_GETFL) & O_ACCMODE) | O_CLOEXEC | O_NOCTTY);
    if (fd >= 0 && atomic_compare_exchange_strong(&file->lock_fd, &none, fd))
        return fd;
    if (fd >= 0)
        close(fd);
    return none >= 0 ? none : file->fd; /* what was allowed once may be forbidden now */
}

static int outside_set(int fd, short type, uint64_t start, uint64_t last) {
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = (off_t)start};
    int result;

    if (start > INT64_MAX)
        return 0;
    lock.l_len = last >= INT64_MAX ? 0 : (off_t)(last - start + 1);
    do
        result = fcntl(fd, F_OFD_SETLK, &lock);
    while (result < 0 && errno == EINTR);
    if (result < 0 && errno == EBADF && type == F_WRLCK) /* not open for writing: the strongest that it may have */
        return outside_set(fd, F_RDLCK, start, last);
    return result < 0 && errno != EBADF ? -errno : 0;
}

/* What covers byte @at of a file object's locks, and how far that is so. */
static short outside_piece(const struct file_range *locks, uint32_t n, uint64_t at, uint64_t *last) {
    short type = F_UNLCK;

    for (uint32_t i = 0; i < n; i++) {
        const uint64_t first = locks[i].start, end = first + locks[i].length - 1;

        if (!locks[i].length || end < at)
            continue;
        if (first > at) {
            *last = first - 1 < *last ? first - 1 : *last;
            continue;
        }
        *last = end < *last ? end : *last;
        if (type != F_WRLCK)
            type = locks[i].exclusive ? F_WRLCK : F_RDLCK;
    }
    return type;
}

/* Makes Linux' locks on @range what the file object's are.  Return: 0, -EAGAIN (a Linux program's is there), -ENOMEM or another -errno. */
static int outside_refresh(struct file *file, const struct file_range *range) {
    const uint64_t end = range->start + range->length - 1;
    const uint32_t room = file_locks_list(file->cell, range, NULL, 0) + 8;
    struct file_range *locks = malloc(room * sizeof *locks);
    int error = locks ? 0 : -ENOMEM, fd;
    uint32_t n;

    if (!error && range->length) {
        fd = outside_fd(file);
        n = file_locks_list(file->cell, range, locks, room);
        for (uint64_t at = range->start, last = 0; !error && at <= end && last != end; at = last + 1) {
            last = end;
            error = outside_set(fd, outside_piece(locks, n < room ? n : room, at, &last), at, last);
        }
    }
    free(locks);
    return error == -EACCES ? -EAGAIN : error;
}

/* ---- taking ---- */

/* @outside: receives whether a Linux program is in the way. */
static NTSTATUS lock_try(struct file *file, const struct file_range *range, bool *outside) {
    int error = file_lock(file->cell, range);

    *outside = false;
    if (!error) {
        error = outside_refresh(file, range);
        if (!error)
            return STATUS_SUCCESS;
        *outside = error == -EAGAIN;
        file_unlock(file->cell, range);
        outside_refresh(file, range);
    }
    return error == -EBUSY || *outside ? STATUS_LOCK_NOT_GRANTED : error == -ENOMEM ? STATUS_INSUFFICIENT_RESOURCES : status_from_errno(-error);
}

struct lock_wait {
    struct file *file;
    struct file_io io;
    struct file_range range;
    uint32_t thread;
    bool outside;
    struct lock_wait *next;
};

static bool lock_may_go_on(void *context) {
    const struct lock_wait *wait = context;

    return io_is_cancelled() || suspend_ending() || (!wait->outside && file_lock_is_free(wait->file->cell, &wait->range));
}

static NTSTATUS lock_wait_here(struct lock_wait *wait) {
    const struct wait_object object = {.cell = atomic_load(&cell_at(wait->file->cell)->file.fcb) - 1, .key = FCB_UNLOCKED};
    struct wait_request request = {.objects = &object, .n = 1, .condition = lock_may_go_on, .context = wait};
    NTSTATUS status;

    io_begin_synchronous(wait->file);
    while ((status = lock_try(wait->file, &wait->range, &wait->outside)) == STATUS_LOCK_NOT_GRANTED) {
        if (io_is_cancelled() || suspend_ending()) {
            status = STATUS_CANCELLED;
            break;
        }
        request.deadline_ns = wait->outside ? clock_ns() + LOOK_AGAIN_NS : WAIT_FOREVER;
        wait_for(&request);
    }
    io_end_synchronous(wait->file);
    suspend_point();
    return status;
}

/* ---- waiting for an asynchronous file's ---- */

static pthread_mutex_t waits_lock = PTHREAD_MUTEX_INITIALIZER;
static struct lock_wait *waits;
static struct lock_wait **waits_end = &waits; /* those who came first go first */
static struct thread_slot *_Atomic waiter;
static _Atomic bool waits_changed;

static void waits_tell(void) {
    struct thread_slot *slot = atomic_load(&waiter);

    atomic_store(&waits_changed, true);
    if (slot)
        wait_look_again(slot);
}

/* Takes *place out of the list and completes it, under waits_lock. */
static void wait_end(struct lock_wait **place, NTSTATUS status) {
    struct lock_wait *wait = *place;

    *place = wait->next;
    if (!*place)
        waits_end = place;
    file_complete(wait->file, &wait->io, status, 0, wait->thread, false);
    file_put(wait->file);
    free(wait);
}

static void waits_drive(void) {
    struct lock_wait **place = &waits;

    while (*place) {
        const NTSTATUS status = lock_try((*place)->file, &(*place)->range, &(*place)->outside);

        if (status == STATUS_LOCK_NOT_GRANTED)
            place = &(*place)->next;
        else
            wait_end(place, status);
    }
}

static bool waits_may_go_on(void *context) {
    bool found = atomic_load(&waits_changed);

    (void)context;
    pthread_mutex_lock(&waits_lock);
    for (const struct lock_wait *wait = waits; wait && !found; wait = wait->next)
        found = !wait->outside && file_lock_is_free(wait->file->cell, &wait->range);
    pthread_mutex_unlock(&waits_lock);
    return found;
}

/* The files of which locks are waited for; when they are too many, or Linux programs are in the way, *look_again. */
static uint32_t waits_objects(struct wait_object *objects, bool *look_again) {
    uint32_t n = 0;

    for (const struct lock_wait *wait = waits; wait; wait = wait->next) {
        const uint32_t fcb = atomic_load(&cell_at(wait->file->cell)->file.fcb) - 1;
        uint32_t i = 0;

        while (i < n && objects[i].cell != fcb)
            i++;
        *look_again |= wait->outside || (i == n && n == WAIT_BLOCKS);
        if (i == n && n < WAIT_BLOCKS)
            objects[n++] = (struct wait_object){.cell = fcb, .key = FCB_UNLOCKED};
    }
    return n;
}

static void waits_run(void) {
    struct wait_object objects[WAIT_BLOCKS];

    atomic_store(&waiter, arena_self.slot);
    for (;;) {
        struct wait_request request = {.objects = objects, .deadline_ns = WAIT_FOREVER, .condition = waits_may_go_on};
        bool look_again = false;

        atomic_store(&waits_changed, false);
        pthread_mutex_lock(&waits_lock);
        waits_drive();
        request.n = waits_objects(objects, &look_again);
        pthread_mutex_unlock(&waits_lock);
        if (look_again)
            request.deadline_ns = clock_ns() + LOOK_AGAIN_NS;
        wait_for(&request);
    }
}

static void waits_start(void) {
    helper_thread_start(waits_run);
}

static NTSTATUS lock_wait_there(const struct lock_wait *wanted) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct lock_wait *wait = malloc(sizeof *wait);

    if (!wait)
        return STATUS_INSUFFICIENT_RESOURCES;
    pthread_once(&once, waits_start);
    *wait = *wanted;
    file_ref(wait->file);
    pthread_mutex_lock(&waits_lock);
    *waits_end = wait;
    waits_end = &wait->next;
    pthread_mutex_unlock(&waits_lock);
    waits_tell();
    return STATUS_PENDING;
}

/* Ends those that file, status block and thread name. */
static unsigned waits_cancel(const struct file *file, const IO_STATUS_BLOCK *iosb, uint32_t thread) {
    struct lock_wait **place = &waits;
    unsigned n = 0;

    pthread_mutex_lock(&waits_lock);
    while (*place) {
        const struct lock_wait *wait = *place;

        if ((file ? wait->file == file : !atomic_load(&cell_at(wait->file->cell)->file.port)) && (!iosb || wait->io.iosb == iosb) &&
            (thread == ARENA_MAX_THREADS || wait->thread == thread)) {
            wait_end(place, STATUS_CANCELLED);
            n++;
        } else {
            place = &(*place)->next;
        }
    }
    pthread_mutex_unlock(&waits_lock);
    if (n)
        waits_tell();
    return n;
}

NTSTATUS file_lock_cancel(struct file *file, IO_STATUS_BLOCK *iosb, uint32_t thread) {
    return waits_cancel(file, iosb, thread) ? STATUS_SUCCESS : STATUS_NOT_FOUND;
}

void file_lock_cancel_thread(void) {
    if (atomic_load(&waiter))
        waits_cancel(NULL, NULL, arena_self.index);
}

void file_lock_unlink(struct file *file) {
    int fd;

    if (file->kind != FILE_KIND_DISK || !atomic_load_explicit(&winipc_arena->header.locks_files, memory_order_relaxed))
        return;
    waits_cancel(file, NULL, ARENA_MAX_THREADS);
    if (file_cell(file))
        file_locks_drop(file->cell, arena_process); /* another process may have the file object still */
    fd = atomic_exchange(&file->lock_fd, -1);
    if (fd >= 0)
        close(fd);
}

/* ---- reading and writing ---- */

bool file_lock_allows(struct file *file, int64_t offset, uint64_t length, bool write_it) {
    const struct cell *cell = file_cell(file);
    struct file_range range = {.length = length, .exclusive = write_it};
    struct stat st;

    if (!cell || !fcb_has_locks(cell))
        return true;
    if (offset == -1)
        offset = lseek(file->fd, 0, SEEK_CUR);
    else if (offset == -2)
        offset = fstat(file->fd, &st) ? 0 : st.st_size;
    range.start = offset < 0 ? 0 : (uint64_t)offset;
    return !file_range_is_locked(file->cell, &range);
}

/* ---- NT's calls ---- */

static struct file *lock_file(HANDLE handle, NTSTATUS *status) {
    struct file *file = file_from_handle(handle, FILE_READ_DATA | FILE_WRITE_DATA | FILE_APPEND_DATA, NULL, status);

    if (!file)
        return NULL;
    if (file->kind == FILE_KIND_DISK)
        *status = file_share_any(file);
    else
        *status = file->kind == FILE_KIND_DIRECTORY ? STATUS_INVALID_PARAMETER : STATUS_INVALID_DEVICE_REQUEST;
    if (!*status)
        return file;
    file_put(file);
    return NULL;
}

/**
 * NtLockFile() - locks a byte range, shared or exclusive, against other file objects, processes and keys.
 * @key: of the lock's owner, beside file object and process; NULL is 0.  @fail_immediately: else a synchronous file waits, an asynchronous one has
 * the request pending.
 * Return: STATUS_SUCCESS, STATUS_PENDING, STATUS_LOCK_NOT_GRANTED, STATUS_INVALID_LOCK_RANGE (beyond 2^64), STATUS_CANCELLED, STATUS_INVALID_HANDLE,
 * STATUS_ACCESS_DENIED, STATUS_INVALID_PARAMETER (a directory), STATUS_INVALID_DEVICE_REQUEST, STATUS_ACCESS_VIOLATION.
 * Source: https://learn.microsoft.com/en-us/windows-hardware/drivers/ddi/ntifs/nf-ntifs-ntlockfile
 */
NTSTATUS WINAPI NtLockFile(HANDLE handle, HANDLE event, PIO_APC_ROUTINE apc, void *apc_context, IO_STATUS_BLOCK *iosb,
    LARGE_INTEGER *offset, LARGE_INTEGER *length, ULONG *key, BOOLEAN fail_immediately, BOOLEAN exclusive) {
    struct lock_wait wait = {.io = {.handle = handle, .event = event, .apc = apc, .apc_context = apc_context, .iosb = iosb},
        .thread = arena_self.index};
    NTSTATUS status;

    if (guard_probe_write(iosb, sizeof *iosb) || guard_probe_read(offset, sizeof *offset) || guard_probe_read(length, sizeof *length))
        return STATUS_ACCESS_VIOLATION;
    wait.range = (struct file_range){(uint64_t)offset->QuadPart, (uint64_t)length->QuadPart, key ? *key : 0, exclusive};
    if (wait.range.length && wait.range.start + wait.range.length - 1 < wait.range.start)
        return STATUS_INVALID_LOCK_RANGE;
    wait.file = lock_file(handle, &status);
    if (!wait.file)
        return status;
    status = file_begin(wait.file, &wait.io);
    if (!status)
        status = lock_try(wait.file, &wait.range, &wait.outside);
    if (status == STATUS_LOCK_NOT_GRANTED && !fail_immediately)
        status = file_is_synchronous(wait.file) ? lock_wait_here(&wait) : lock_wait_there(&wait);
    if (!status)
        file_complete(wait.file, &wait.io, status, 0, arena_self.index, true);
    file_put(wait.file);
    return status;
}

/**
 * NtUnlockFile() - gives a byte range free that was locked exactly so; of an exclusive and a shared lock on it, the exclusive one.
 * Return: STATUS_SUCCESS, STATUS_RANGE_NOT_LOCKED, STATUS_INVALID_HANDLE, STATUS_ACCESS_DENIED, STATUS_INVALID_PARAMETER,
 * STATUS_INVALID_DEVICE_REQUEST, STATUS_ACCESS_VIOLATION.
 * Source: https://learn.microsoft.com/en-us/windows-hardware/drivers/ddi/ntifs/nf-ntifs-ntunlockfile
 */
NTSTATUS WINAPI NtUnlockFile(HANDLE handle, IO_STATUS_BLOCK *iosb, LARGE_INTEGER *offset, LARGE_INTEGER *length, ULONG *key) {
    struct file_range range;
    NTSTATUS status;
    struct file *file;

    if (guard_probe_write(iosb, sizeof *iosb) || guard_probe_read(offset, sizeof *offset) || guard_probe_read(length, sizeof *length))
        return STATUS_ACCESS_VIOLATION;
    range = (struct file_range){(uint64_t)offset->QuadPart, (uint64_t)length->QuadPart, key ? *key : 0, false};
    file = lock_file(handle, &status);
    if (!file)
        return status;
    status = file_unlock(file->cell, &range) ? STATUS_RANGE_NOT_LOCKED : STATUS_SUCCESS;
    if (!status) {
        outside_refresh(file, &range);
        iosb->Information = 0;
        iosb->Status = status;
    }
    file_put(file);
    return status;
}
