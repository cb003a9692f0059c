/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The file objects of one file, of whatever process: who may open it beside whom, and when it is deleted.  The rules are in libs/arena/fcb.h. */
#include "dlls/ntdll/file_share.h"

#include <ntstatus.h>

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dlls/ntdll/unix_path.h"

static uint32_t use_of(ACCESS_MASK access, ULONG sharing) {
    uint32_t use = 0;

    if (access & (FILE_READ_DATA | FILE_EXECUTE))
        use |= FCB_READ;
    if (access & (FILE_WRITE_DATA | FILE_APPEND_DATA))
        use |= FCB_WRITE;
    if (access & DELETE)
        use |= FCB_DELETE;
    if (sharing & FILE_SHARE_READ)
        use |= FCB_LET(FCB_READ);
    if (sharing & FILE_SHARE_WRITE)
        use |= FCB_LET(FCB_WRITE);
    if (sharing & FILE_SHARE_DELETE)
        use |= FCB_LET(FCB_DELETE);
    return use;
}

static NTSTATUS share_status(int error) {
    switch (error) {
    case 0: return STATUS_SUCCESS;
    case -EBUSY: return STATUS_SHARING_VIOLATION;
    case -EIDRM: return STATUS_DELETE_PENDING;
    default: return STATUS_INSUFFICIENT_RESOURCES;
    }
}

static bool file_is_shared(const struct file *file) {
    return file->kind == FILE_KIND_DISK || file->kind == FILE_KIND_DIRECTORY;
}

NTSTATUS file_share_open(struct file *file, ACCESS_MASK access, ULONG sharing, bool empties) {
    struct stat st;
    NTSTATUS status;

    if (!file_is_shared(file) || fstat(file->fd, &st))
        return STATUS_SUCCESS;
    status = share_status(fcb_join(file->cell, st.st_dev, st.st_ino, use_of(access, sharing), empties ? FCB_WRITE : 0));
    if (status)
        return status;
    /* who closed it meanwhile may have removed its name before we were counted; nobody does from now on */
    return fstat(file->fd, &st) || st.st_nlink ? STATUS_SUCCESS : STATUS_RETRY;
}

NTSTATUS file_share_any(struct file *file) {
    struct stat st;

    if (!file_is_shared(file) || fstat(file->fd, &st))
        return STATUS_INVALID_DEVICE_REQUEST;
    if (atomic_load(&cell_at(file->cell)->file.fcb))
        return STATUS_SUCCESS;
    return share_status(fcb_join(file->cell, st.st_dev, st.st_ino, FCB_LET_ALL, 0));
}

NTSTATUS file_share_empty(struct file *file) {
    char path[32];

    snprintf(path, sizeof path, "/proc/self/fd/%d", file->fd); /* it need not be open for writing */
    return truncate(path, 0) ? status_from_errno(errno) : STATUS_SUCCESS;
}

NTSTATUS file_share_delete_on_close(struct file *file) {
    char path[UNIX_PATH_MAX_LEN];
    struct stat st;

    if (fstat(file->fd, &st) || unix_path_of_fd(file->fd, path, sizeof path))
        return STATUS_CANNOT_DELETE;
    return file_share_delete(file, S_ISREG(st.st_mode) && st.st_nlink > 1 ? FCB_DELETE_NAME : FCB_DELETE_ON_CLOSE, path);
}

NTSTATUS file_share_delete(struct file *file, enum fcb_deletion how, const char *path) {
    const NTSTATUS status = file_share_any(file);

    return status ? status : share_status(fcb_delete(file->cell, how, path));
}
