/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What Linux knows of a file, in NT's terms; see file_stat.h. */
#include "dlls/ntdll/file_stat.h"

#include "dlls/ntdll/file_attributes.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

LONGLONG filetime_from_unix(int64_t seconds, uint32_t nanoseconds) {
    return (seconds + 11644473600ll) * 10000000 + nanoseconds / 100;
}

static LONGLONG filetime_from_statx(const struct statx_timestamp *time) {
    return filetime_from_unix(time->tv_sec, time->tv_nsec);
}

ULONG volume_serial(uint64_t device) {
    return (ULONG)(device ^ device >> 32) | 0x10000000;
}

bool link_leads_to_directory(int directory_fd, const char *name) {
    char own[32], path[PATH_MAX];
    struct stat st;
    ssize_t n;

    if (*name)
        return !fstatat(directory_fd, name, &st, 0) && S_ISDIR(st.st_mode);
    snprintf(own, sizeof own, "/proc/self/fd/%d", directory_fd); /* a link itself, opened by O_PATH */
    n = readlink(own, path, sizeof path - 1);
    path[n > 0 ? n : 0] = 0;
    return n > 0 && !stat(path, &st) && S_ISDIR(st.st_mode);
}

static ULONG attributes_of(const struct statx *st, bool directory, ULONG kept) {
    ULONG attributes = kept | (directory ? FILE_ATTRIBUTE_DIRECTORY : 0);

    if (S_ISLNK(st->stx_mode))
        attributes |= FILE_ATTRIBUTE_REPARSE_POINT;
    else if (!(st->stx_mode & 0222) && !S_ISDIR(st->stx_mode))
        attributes |= FILE_ATTRIBUTE_READONLY;
    return attributes ? attributes : FILE_ATTRIBUTE_NORMAL;
}

int file_stat_at(int directory_fd, const char *name, struct file_stat *result) {
    struct kept_attributes kept = {.there = false};
    struct statx st;

    if (statx(directory_fd, name, AT_SYMLINK_NOFOLLOW | (*name ? 0 : AT_EMPTY_PATH) | AT_STATX_DONT_SYNC,
            STATX_BASIC_STATS | STATX_BTIME, &st))
        return -errno;
    memset(result, 0, sizeof *result);
    result->basic.LastAccessTime.QuadPart = filetime_from_statx(&st.stx_atime);
    result->basic.LastWriteTime.QuadPart = filetime_from_statx(&st.stx_mtime);
    result->basic.ChangeTime.QuadPart = filetime_from_statx(&st.stx_ctime);
    result->basic.CreationTime = result->basic.LastWriteTime;
    if (st.stx_mask & STATX_BTIME && st.stx_btime.tv_sec)
        result->basic.CreationTime.QuadPart = filetime_from_statx(&st.stx_btime);
    result->symlink = S_ISLNK(st.stx_mode);
    result->directory = result->symlink ? link_leads_to_directory(directory_fd, name) : S_ISDIR(st.stx_mode);
    result->device = makedev(st.stx_dev_major, st.stx_dev_minor);
    if (S_ISDIR(st.stx_mode) || S_ISREG(st.stx_mode))
        attributes_read(directory_fd, name, result->device, &kept);
    result->basic.FileAttributes = attributes_of(
        &st, result->directory, kept.there ? kept.attributes : attributes_default(name, result->directory));
    if (kept.created)
        result->basic.CreationTime.QuadPart = kept.created;
    if (!result->directory && !result->symlink) {
        result->size = (LONGLONG)st.stx_size;
        result->allocated = (LONGLONG)st.stx_blocks * 512;
    }
    result->inode = st.stx_ino;
    result->links = st.stx_nlink;
    return 0;
}
