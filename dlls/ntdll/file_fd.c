/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files on Linux descriptors: disk files, directories, Linux pipes and sockets, terminals, character devices.
 *
 * The position of a synchronous file is the descriptor's own, so that it is shared with whoever shares the descriptor: duplicates, child
 * processes, the shell that redirected us.
 */
#include "dlls/ntdll/file.h"

#include <ntstatus.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "dlls/ntdll/file_control.h"
#include "dlls/ntdll/file_lock.h"
#include "dlls/ntdll/notify.h"
#include "dlls/ntdll/unix_path.h"
#include "libs/host/std_fds.h"
#include "libs/arena/object.h"
#include "libs/arena/port.h"
#include "libs/host/guard.h"

#define OFFSET_IS_POSITION(offset) (!(offset) || ((offset)->u.HighPart == -1 && (offset)->u.LowPart == 0xfffffffe))
#define OFFSET_IS_END(offset) ((offset) && (offset)->u.HighPart == -1 && (offset)->u.LowPart == 0xffffffff)

#ifndef FSCTL_PIPE_PEEK
#define FSCTL_PIPE_PEEK 0x11400c
#endif

NTSTATUS status_from_errno(int error) {
    switch (error) {
    case 0: return STATUS_SUCCESS;
    case EPERM:
    case EACCES:
    case EBADF: return STATUS_ACCESS_DENIED;
    case ENOENT: return STATUS_OBJECT_NAME_NOT_FOUND;
    case ENOTDIR: return STATUS_OBJECT_PATH_NOT_FOUND;
    case EEXIST: return STATUS_OBJECT_NAME_COLLISION;
    case EISDIR: return STATUS_FILE_IS_A_DIRECTORY;
    case ENOTEMPTY: return STATUS_DIRECTORY_NOT_EMPTY;
    case ENOSPC:
    case EDQUOT: return STATUS_DISK_FULL;
    case EFBIG: return STATUS_DISK_FULL;
    case EROFS: return STATUS_MEDIA_WRITE_PROTECTED;
    case EFAULT: return STATUS_ACCESS_VIOLATION;
    case EMFILE:
    case ENFILE: return STATUS_TOO_MANY_OPENED_FILES;
    case ENOMEM: return STATUS_NO_MEMORY;
    case ENAMETOOLONG: return STATUS_NAME_TOO_LONG;
    case ELOOP: return STATUS_REPARSE_POINT_NOT_RESOLVED;
    case EBUSY:
    case ETXTBSY: return STATUS_SHARING_VIOLATION;
    case EXDEV: return STATUS_NOT_SAME_DEVICE;
    case EMLINK: return STATUS_TOO_MANY_LINKS;
    case EPIPE: return STATUS_PIPE_CLOSING;
    case ECONNRESET: return STATUS_PIPE_BROKEN;
    case EINVAL: return STATUS_INVALID_PARAMETER;
    case ENXIO:
    case ENODEV: return STATUS_NO_SUCH_DEVICE;
    case EIO: return STATUS_UNEXPECTED_IO_ERROR;
    case ENOSYS:
    case EOPNOTSUPP: return STATUS_NOT_SUPPORTED;
    default: return STATUS_UNSUCCESSFUL;
    }
}

enum file_kind file_kind_of_fd(int fd) {
    struct stat st;

    if (fstat(fd, &st))
        return FILE_KIND_NONE;
    if (S_ISDIR(st.st_mode))
        return FILE_KIND_DIRECTORY;
    if (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode))
        return FILE_KIND_FIFO;
    if (S_ISCHR(st.st_mode))
        return isatty(fd) ? FILE_KIND_CONSOLE_OUT : FILE_KIND_NULL;
    return FILE_KIND_DISK;
}

/* ---- disk ---- */

/* Reads or writes all of it, as far as there is room or data.  @offset -1: at the descriptor's position. */
static ssize_t disk_transfer(int fd, char *buffer, size_t length, off_t offset, bool write_it) {
    size_t done = 0;

    while (done < length) {
        const size_t n = length - done;
        ssize_t got;

        if (offset < 0)
            got = write_it ? write(fd, buffer + done, n) : read(fd, buffer + done, n);
        else
            got = write_it ? pwrite(fd, buffer + done, n, offset + (off_t)done) : pread(fd, buffer + done, n, offset + (off_t)done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && !done)
            return -errno;
        if (got <= 0)
            break;
        done += (size_t)got;
    }
    return (ssize_t)done;
}

static ssize_t disk_append(struct file *file, const struct file_io *io) {
    const struct iovec part = {io->buffer, io->length};
    ssize_t got;

    do
        got = pwritev2(file->fd, &part, 1, file_is_synchronous(file) ? -1 : 0, RWF_APPEND);
    while (got < 0 && errno == EINTR);
    return got < 0 ? -errno : got;
}

static NTSTATUS disk_io(struct file *file, const struct file_io *io, bool write_it, ULONG_PTR *information) {
    const LARGE_INTEGER *offset = io->offset;
    const bool synchronous = file_is_synchronous(file), position = OFFSET_IS_POSITION(offset);
    ssize_t got;

    if (position && !synchronous)
        return STATUS_INVALID_PARAMETER;
    if (!position && offset->QuadPart < 0 && !(write_it && OFFSET_IS_END(offset)))
        return STATUS_INVALID_PARAMETER;
    if (io->length == 0)
        return STATUS_SUCCESS;
    if (synchronous)
        pthread_mutex_lock(&file->lock);
    if (!file_lock_allows(file, position ? -1 : OFFSET_IS_END(offset) ? -2 : offset->QuadPart, io->length, write_it)) {
        if (synchronous)
            pthread_mutex_unlock(&file->lock);
        return STATUS_FILE_LOCK_CONFLICT;
    }
    if (write_it && (!position && offset->QuadPart < 0)) {
        got = disk_append(file, io);
    } else {
        got = disk_transfer(file->fd, io->buffer, io->length, position ? -1 : (off_t)offset->QuadPart, write_it);
        if (got >= 0 && synchronous && !position)
            lseek(file->fd, (off_t)offset->QuadPart + got, SEEK_SET);
    }
    if (synchronous)
        pthread_mutex_unlock(&file->lock);
    if (got < 0)
        return status_from_errno((int)-got);
    *information = (ULONG_PTR)got;
    if (!write_it && got == 0)
        return STATUS_END_OF_FILE;
    return write_it && (size_t)got < io->length ? STATUS_DISK_FULL : STATUS_SUCCESS;
}

/* ---- streams ---- */

/* The descriptor may be non-blocking: that is a property it shares with other processes, which we leave alone. */
static void stream_wait(int fd, short events) {
    struct pollfd poll_fd = {.fd = fd, .events = events};

    poll(&poll_fd, 1, -1);
}

static NTSTATUS stream_read(struct file *file, const struct file_io *io, ULONG_PTR *information) {
    ssize_t got;

    if (io->length == 0)
        return STATUS_SUCCESS;
    if (file->kind == FILE_KIND_CONSOLE_OUT)
        return STATUS_INVALID_HANDLE;
    do {
        got = file->kind == FILE_KIND_CONSOLE_IN ? file_console_read(file->fd, io->buffer, io->length)
                                                 : read(file->fd, io->buffer, io->length);
        if (got < 0 && errno == EAGAIN)
            stream_wait(file->fd, POLLIN);
    } while (got < 0 && (errno == EINTR || errno == EAGAIN));
    if (got < 0)
        return status_from_errno(errno);
    *information = (ULONG_PTR)got;
    if (got > 0 || file->kind == FILE_KIND_CONSOLE_IN)
        return STATUS_SUCCESS;
    return file->kind == FILE_KIND_FIFO ? STATUS_PIPE_BROKEN : STATUS_END_OF_FILE;
}

static NTSTATUS stream_write(struct file *file, const struct file_io *io, ULONG_PTR *information) {
    const char *at = io->buffer;
    ULONG left = io->length;

    if (file->kind == FILE_KIND_CONSOLE_IN)
        return STATUS_INVALID_HANDLE;
    while (left > 0) {
        const ssize_t got = write(file->fd, at, left);

        if (got < 0 && errno == EAGAIN)
            stream_wait(file->fd, POLLOUT);
        if (got < 0 && (errno == EAGAIN || errno == EINTR))
            continue;
        if (got < 0)
            return status_from_errno(errno);
        at += got;
        left -= (ULONG)got;
    }
    *information = io->length;
    return STATUS_SUCCESS;
}

/* A stream may keep its thread waiting: meanwhile that thread does not work for its completion port. */
static NTSTATUS stream_io(struct file *file, const struct file_io *io, bool write_it, ULONG_PTR *information) {
    const uint64_t port = port_pause();
    const NTSTATUS status = write_it ? stream_write(file, io, information) : stream_read(file, io, information);

    port_resume(port);
    return status;
}

static NTSTATUS fd_read(struct file *file, const struct file_io *io, ULONG_PTR *information) {
    switch (file->kind) {
    case FILE_KIND_DISK: return disk_io(file, io, false, information);
    case FILE_KIND_DIRECTORY: return STATUS_INVALID_DEVICE_REQUEST;
    default: return stream_io(file, io, false, information);
    }
}

static NTSTATUS fd_write(struct file *file, const struct file_io *io, ULONG_PTR *information) {
    switch (file->kind) {
    case FILE_KIND_DISK: return disk_io(file, io, true, information);
    case FILE_KIND_DIRECTORY: return STATUS_INVALID_DEVICE_REQUEST;
    default: return stream_io(file, io, true, information);
    }
}

static NTSTATUS fd_flush(struct file *file, const struct file_io *io, ULONG_PTR *information) {
    (void)io, (void)information;
    if (file->kind == FILE_KIND_DISK && fdatasync(file->fd) && errno != EINVAL && errno != EROFS)
        return status_from_errno(errno);
    return STATUS_SUCCESS;
}

/* ---- peeking into Linux pipes and sockets ---- */

/* A pipe's bytes can be doubled into another pipe (tee) and read there. */
static ssize_t fifo_copy(int fd, void *data, size_t size) {
    int copy[2];
    ssize_t got;

    got = recv(fd, data, size, MSG_PEEK | MSG_DONTWAIT);
    if (got >= 0 || errno != ENOTSOCK)
        return got < 0 ? 0 : got;
    if (pipe2(copy, O_CLOEXEC | O_NONBLOCK))
        return -errno;
    got = tee(fd, copy[1], size, SPLICE_F_NONBLOCK);
    if (got > 0)
        got = read(copy[0], data, (size_t)got);
    close(copy[0]);
    close(copy[1]);
    return got < 0 ? 0 : got;
}

NTSTATUS file_fd_peek(struct file *file, void *data, ULONG size, ULONG *copied, ULONG *available) {
    struct pollfd poll_fd = {.fd = file->fd, .events = POLLIN};
    int n = 0;
    ssize_t got = 0;

    if (file->kind != FILE_KIND_FIFO)
        return STATUS_INVALID_DEVICE_REQUEST;
    if (ioctl(file->fd, FIONREAD, &n))
        return status_from_errno(errno);
    if (n == 0 && poll(&poll_fd, 1, 0) == 1 && poll_fd.revents & (POLLHUP | POLLERR))
        return STATUS_PIPE_BROKEN;
    if (n > 0 && size)
        got = fifo_copy(file->fd, data, size < (ULONG)n ? size : (ULONG)n);
    if (got < 0)
        return status_from_errno((int)-got);
    *copied = (ULONG)got;
    *available = (ULONG)n;
    return STATUS_SUCCESS;
}

/* FILE_PIPE_PEEK_BUFFER: state, bytes available, messages, length of the first message; then the data. */
static NTSTATUS fifo_fsctl_peek(struct file *file, const struct file_io *io, ULONG_PTR *information) {
    ULONG head[4] = {FILE_PIPE_CONNECTED_STATE, 0, 0, 0}, copied = 0;
    NTSTATUS status;

    if (io->length < sizeof head)
        return STATUS_BUFFER_TOO_SMALL;
    status = file_fd_peek(file, (char *)io->buffer + sizeof head, io->length - sizeof head, &copied, &head[1]);
    if (status)
        return status;
    if (guard_copy_to(io->buffer, head, sizeof head))
        return STATUS_ACCESS_VIOLATION;
    *information = sizeof head + copied;
    return copied < head[1] ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

static NTSTATUS fd_fsctl(struct file *file, const struct file_io *io, ULONG_PTR *information) {
    if (io->code == FSCTL_PIPE_PEEK)
        return fifo_fsctl_peek(file, io, information);
    return file_control(file, io, information);
}

static NTSTATUS fd_cancel(struct file *file, IO_STATUS_BLOCK *iosb, uint32_t thread) {
    return file->kind == FILE_KIND_DIRECTORY ? notify_cancel(file, iosb, thread) : file_lock_cancel(file, iosb, thread);
}

static void fd_unlink(struct file *file) {
    notify_unlink(file);
    file_lock_unlink(file);
}

const struct file_ops file_fd_ops = {
    .read = fd_read,
    .write = fd_write,
    .flush = fd_flush,
    .fsctl = fd_fsctl,
    .ioctl = file_no_io,
    .query = file_fd_query,
    .set = file_fd_set,
    .query_volume = file_fd_query_volume,
    .query_directory = file_fd_query_directory,
    .cancel = fd_cancel,
    .unlink = fd_unlink,
    .close = notify_unlink, /* of a request that was made while the last handle was closed */
};

/* ---- handles for descriptors ---- */

NTSTATUS file_from_fd(int fd, enum file_kind kind, ACCESS_MASK access, ULONG options, ULONG attributes, HANDLE *handle) {
    struct file *file = file_new(kind ? kind : file_kind_of_fd(fd), &file_fd_ops, fd, options);

    if (file)
        return file_create_handle(file, access, attributes, handle);
    close(fd);
    *handle = NULL;
    return STATUS_NO_MEMORY;
}

int winipc_fd_of_handle(HANDLE handle, NTSTATUS *status) {
    struct file *file = file_from_handle(handle, 0, NULL, status);
    int fd;

    if (!file)
        return -1;
    fd = file->fd;
    file_put(file);
    if (fd < 0)
        *status = STATUS_OBJECT_TYPE_MISMATCH;
    return fd;
}

int winipc_console_of_handle(HANDLE handle, ACCESS_MASK access, BOOL *input) {
    NTSTATUS status;
    struct file *file = file_from_handle(handle, access, NULL, &status);
    int fd = -1;

    if (!file)
        return -1;
    if (file->kind == FILE_KIND_CONSOLE_IN || file->kind == FILE_KIND_CONSOLE_OUT) {
        *input = file->kind == FILE_KIND_CONSOLE_IN;
        fd = file->fd;
    }
    file_put(file);
    return fd;
}

WCHAR *winipc_dos_path_of_handle(HANDLE handle, size_t *n, NTSTATUS *status) {
    const int fd = winipc_fd_of_handle(handle, status);
    char path[UNIX_PATH_MAX_LEN];
    WCHAR *result;
    size_t length;
    int error;

    if (fd < 0)
        return NULL;
    error = unix_path_of_fd(fd, path, sizeof path);
    if (error) {
        *status = error == -ENOENT ? STATUS_INVALID_PARAMETER : status_from_errno(-error);
        return NULL;
    }
    length = path_from_unix(path, NULL, 0);
    result = malloc((length + 1) * sizeof(WCHAR));
    if (!result) {
        *status = STATUS_NO_MEMORY;
        return NULL;
    }
    path_from_unix(path, result, length + 1);
    if (n)
        *n = length;
    return result;
}

/* What the descriptor's own mode allows. */
static ACCESS_MASK std_access(int fd) {
    const int mode = fcntl(fd, F_GETFL) & O_ACCMODE;
    ACCESS_MASK access = SYNCHRONIZE | READ_CONTROL | FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES;

    if (mode != O_WRONLY)
        access |= FILE_GENERIC_READ;
    if (mode != O_RDONLY)
        access |= FILE_GENERIC_WRITE;
    return access;
}

static enum file_kind std_kind(int fd) {
    const enum file_kind kind = file_kind_of_fd(fd);

    return fd == 0 && kind == FILE_KIND_CONSOLE_OUT ? FILE_KIND_CONSOLE_IN : kind;
}

void std_handles_init(HANDLE handles[3]) {
    for (int i = 0; i < 3; i++) {
        handles[i] = NULL;
        if (std_fd_is_open(i))
            file_from_fd(i, std_kind(i), std_access(i), FILE_SYNCHRONOUS_IO_NONALERT, OBJ_INHERIT, &handles[i]);
    }
}

void file_ignore_signals(void) {
    static const int errors[] = {SIGPIPE, SIGXFSZ};
    struct sigaction action;

    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        if (!sigaction(errors[i], NULL, &action) && action.sa_handler == SIG_DFL) {
            action.sa_handler = SIG_IGN;
            sigaction(errors[i], &action, NULL);
        }
    }
}
