/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A file system's controls: sparse files, their holes and zeros, symbolic links as reparse points.  Linux' files are all as sparse as they can be; that
 * one was made so by a program is an attribute, on which it depends what zeroing it does and what it tells of its ranges.
 */
#include "dlls/ntdll/file_control.h"

#include <ntstatus.h>
#include <winioctl.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dlls/ntdll/file_attributes.h"
#include "dlls/ntdll/file_lock.h"
#include "dlls/ntdll/file_stat.h"
#include "dlls/ntdll/unix_path.h"
#include "libs/host/guard.h"

#ifndef FSCTL_DELETE_REPARSE_POINT
#define FSCTL_DELETE_REPARSE_POINT 0x900ac
#endif
#define ZEROS 65536u
#define SYMLINK_RELATIVE 1u

/* ntifs.h, winioctl.h */
struct zero_range {
    LARGE_INTEGER start, end;
};
struct allocated_range {
    LARGE_INTEGER start, length;
};
struct symlink_data {
    ULONG tag;
    USHORT length, reserved;
    USHORT substitute_offset, substitute_length, print_offset, print_length;
    ULONG flags;
    WCHAR text[];
};

/* ---- sparse files ---- */

static bool is_sparse(const struct file *file, const struct stat *st) {
    struct kept_attributes kept;

    attributes_read(file->fd, "", st->st_dev, &kept);
    return kept.there && kept.attributes & FILE_ATTRIBUTE_SPARSE_FILE;
}

static NTSTATUS set_sparse(struct file *file, const struct file_io *io) {
    struct kept_attributes kept;
    char path[UNIX_PATH_MAX_LEN] = "";
    BOOLEAN sparse = TRUE;
    struct stat st;
    ULONG standard;

    if (!(io->access & (FILE_WRITE_DATA | FILE_WRITE_ATTRIBUTES)))
        return STATUS_ACCESS_DENIED;
    if (io->input_length && guard_copy_from(&sparse, io->input, sizeof sparse))
        return STATUS_ACCESS_VIOLATION;
    if (fstat(file->fd, &st))
        return status_from_errno(errno);
    if (!sparse && st.st_size && fallocate(file->fd, 0, 0, st.st_size) && errno != EOPNOTSUPP) /* its holes are filled */
        return status_from_errno(errno);
    unix_path_of_fd(file->fd, path, sizeof path);
    standard = attributes_default(path, false);
    attributes_read(file->fd, "", st.st_dev, &kept);
    if (!kept.there)
        kept.attributes = standard;
    kept.attributes = (kept.attributes & ~(ULONG)FILE_ATTRIBUTE_SPARSE_FILE) | (sparse ? FILE_ATTRIBUTE_SPARSE_FILE : 0);
    return status_from_errno(-attributes_write(file->fd, &kept, standard));
}

/* Where the file system cannot do it itself. */
static int write_zeros(int fd, off_t start, off_t length) {
    static const char zeros[ZEROS];

    while (length > 0) {
        const ssize_t put = pwrite(fd, zeros, length < (off_t)ZEROS ? (size_t)length : ZEROS, start);

        if (put < 0 && errno != EINTR)
            return -errno;
        start += put > 0 ? put : 0;
        length -= put > 0 ? put : 0;
    }
    return 0;
}

static NTSTATUS set_zero_data(struct file *file, const struct file_io *io) {
    struct zero_range range;
    struct stat st;
    off_t length;
    int mode;

    if (!(io->access & FILE_WRITE_DATA))
        return STATUS_ACCESS_DENIED;
    if (io->input_length < sizeof range)
        return STATUS_INVALID_PARAMETER;
    if (guard_copy_from(&range, io->input, sizeof range))
        return STATUS_ACCESS_VIOLATION;
    if (range.start.QuadPart < 0 || range.end.QuadPart < range.start.QuadPart)
        return STATUS_INVALID_PARAMETER;
    if (fstat(file->fd, &st))
        return status_from_errno(errno);
    length = (range.end.QuadPart < st.st_size ? range.end.QuadPart : st.st_size) - range.start.QuadPart;
    if (length <= 0)
        return STATUS_SUCCESS; /* the file does not grow */
    if (!file_lock_allows(file, range.start.QuadPart, (uint64_t)length, true))
        return STATUS_FILE_LOCK_CONFLICT;
    mode = is_sparse(file, &st) ? FALLOC_FL_PUNCH_HOLE : FALLOC_FL_ZERO_RANGE;
    if (!fallocate(file->fd, mode | FALLOC_FL_KEEP_SIZE, range.start.QuadPart, length))
        return STATUS_SUCCESS;
    return errno == EOPNOTSUPP ? status_from_errno(-write_zeros(file->fd, range.start.QuadPart, length)) : status_from_errno(errno);
}

/* Hands out the ranges from @at to @end that hold data; @fd's position is nobody else's. */
static NTSTATUS list_ranges(int fd, off_t at, off_t end, bool whole, const struct file_io *io, ULONG_PTR *information) {
    struct allocated_range *out = io->buffer;
    const ULONG room = io->length / (ULONG)sizeof *out;

    for (ULONG n = 0; at < end; n++) {
        const off_t start = whole ? at : lseek(fd, at, SEEK_DATA);
        off_t stop = whole || start < 0 ? end : lseek(fd, start, SEEK_HOLE);
        struct allocated_range range;

        if (start < 0 || start >= end)
            return STATUS_SUCCESS;
        stop = stop < 0 || stop > end ? end : stop;
        if (n == room)
            return n ? STATUS_BUFFER_OVERFLOW : STATUS_BUFFER_TOO_SMALL;
        range.start.QuadPart = start;
        range.length.QuadPart = stop - start;
        if (guard_copy_to(&out[n], &range, sizeof range))
            return STATUS_ACCESS_VIOLATION;
        *information = (n + 1) * sizeof *out;
        at = stop;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS query_ranges(struct file *file, const struct file_io *io, ULONG_PTR *information) {
    struct allocated_range range;
    char path[32];
    struct stat st;
    NTSTATUS status;
    off_t end;
    int fd;

    if (!(io->access & FILE_READ_DATA))
        return STATUS_ACCESS_DENIED;
    if (io->input_length < sizeof range)
        return STATUS_INVALID_PARAMETER;
    if (guard_copy_from(&range, io->input, sizeof range))
        return STATUS_ACCESS_VIOLATION;
    if (range.start.QuadPart < 0 || range.length.QuadPart < 0 || range.length.QuadPart > INT64_MAX - range.start.QuadPart)
        return STATUS_INVALID_PARAMETER;
    snprintf(path, sizeof path, "/proc/self/fd/%d", file->fd);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st)) {
        status = status_from_errno(errno);
    } else {
        end = range.start.QuadPart + range.length.QuadPart;
        status = list_ranges(fd, range.start.QuadPart, end < st.st_size ? end : st.st_size, !is_sparse(file, &st), io, information);
    }
    if (fd >= 0)
        close(fd);
    return status;
}

/* ---- symbolic links ---- */

/* @target as a Windows path: a full one, or names relative to the link's folder. */
static size_t link_text(const char *target, WCHAR *text, size_t room, bool *relative) {
    size_t n;

    *relative = target[0] != '/';
    if (!*relative)
        return path_from_unix(target, text, room);
    n = name_from_unix(target, strlen(target), text, room);
    for (size_t i = 0; i < n && i < room; i++)
        text[i] = text[i] == '/' ? '\\' : text[i];
    return n;
}

static NTSTATUS get_reparse_point(struct file *file, const struct file_io *io, ULONG_PTR *information) {
    static const WCHAR prefix[] = {'\\', '?', '?', '\\'};
    char target[UNIX_PATH_MAX_LEN];
    const ssize_t len = readlinkat(file->fd, "", target, sizeof target - 1);
    WCHAR text[UNIX_PATH_MAX_LEN];
    struct symlink_data *data;
    bool relative;
    size_t n, n_prefix, size;
    NTSTATUS status = STATUS_SUCCESS;

    if (len < 0)
        return STATUS_NOT_A_REPARSE_POINT;
    target[len] = 0;
    n = link_text(target, text, UNIX_PATH_MAX_LEN, &relative);
    n_prefix = relative ? 0 : sizeof prefix / sizeof *prefix;
    size = sizeof *data + (2 * n + n_prefix) * sizeof(WCHAR);
    if (n > UNIX_PATH_MAX_LEN || size > io->length)
        return STATUS_BUFFER_TOO_SMALL;
    data = calloc(1, size);
    if (!data)
        return STATUS_NO_MEMORY;
    data->tag = IO_REPARSE_TAG_SYMLINK;
    data->length = (USHORT)(size - offsetof(struct symlink_data, substitute_offset));
    data->print_length = (USHORT)(n * sizeof(WCHAR)); /* first the one that is shown, then the other */
    data->substitute_offset = data->print_length;
    data->substitute_length = (USHORT)((n + n_prefix) * sizeof(WCHAR));
    data->flags = relative ? SYMLINK_RELATIVE : 0;
    memcpy(data->text, text, n * sizeof(WCHAR));
    memcpy(data->text + n, prefix, n_prefix * sizeof(WCHAR));
    memcpy(data->text + n + n_prefix, text, n * sizeof(WCHAR));
    if (guard_copy_to(io->buffer, data, size))
        status = STATUS_ACCESS_VIOLATION;
    free(data);
    *information = size;
    return status;
}

/* ---- compression: there is none ---- */

static NTSTATUS get_compression(const struct file_io *io, ULONG_PTR *information) {
    const USHORT format = COMPRESSION_FORMAT_NONE;

    if (io->length < sizeof format)
        return STATUS_BUFFER_TOO_SMALL;
    *information = sizeof format;
    return guard_copy_to(io->buffer, &format, sizeof format) ? STATUS_ACCESS_VIOLATION : STATUS_SUCCESS;
}

static NTSTATUS set_compression(const struct file_io *io) {
    USHORT format;

    if (io->input_length < sizeof format)
        return STATUS_INVALID_PARAMETER;
    if (guard_copy_from(&format, io->input, sizeof format))
        return STATUS_ACCESS_VIOLATION;
    return format == COMPRESSION_FORMAT_NONE ? STATUS_SUCCESS : STATUS_INVALID_DEVICE_REQUEST;
}

NTSTATUS file_control(struct file *file, const struct file_io *io, ULONG_PTR *information) {
    const bool disk = file->kind == FILE_KIND_DISK;

    if (!disk && file->kind != FILE_KIND_DIRECTORY)
        return STATUS_INVALID_DEVICE_REQUEST;
    switch (io->code) {
    case FSCTL_SET_SPARSE: return disk ? set_sparse(file, io) : STATUS_INVALID_PARAMETER;
    case FSCTL_SET_ZERO_DATA: return disk ? set_zero_data(file, io) : STATUS_INVALID_PARAMETER;
    case FSCTL_QUERY_ALLOCATED_RANGES: return disk ? query_ranges(file, io, information) : STATUS_INVALID_PARAMETER;
    case FSCTL_GET_REPARSE_POINT: return get_reparse_point(file, io, information);
    case FSCTL_SET_REPARSE_POINT:
    case FSCTL_DELETE_REPARSE_POINT: return STATUS_NOT_SUPPORTED; /* links are made by CreateSymbolicLink */
    case FSCTL_GET_COMPRESSION: return get_compression(io, information);
    case FSCTL_SET_COMPRESSION: return set_compression(io);
    default: return STATUS_INVALID_DEVICE_REQUEST;
    }
}
