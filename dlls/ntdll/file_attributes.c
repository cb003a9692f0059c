/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Attributes and a creation time of one's own are an extended attribute, "user.winipc.dos": two hexadecimal numbers, FILE_ATTRIBUTE_* and a FILETIME
 * (0: the file's own).  It is there only if they are not what the file shows without.  FILE_ATTRIBUTE_READONLY is the file's mode.
 */
#include "dlls/ntdll/file_attributes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#define NAME "user.winipc.dos"

ULONG attributes_default(const char *name, bool directory) {
    const char *last = strrchr(name, '/') ? strrchr(name, '/') + 1 : name;
    const bool hidden = last[0] == '.' && strcmp(last, ".") != 0 && strcmp(last, "..") != 0;

    /* names that begin with a dot are hidden, as their owners mean them to be */
    return (directory ? 0 : FILE_ATTRIBUTE_ARCHIVE) | (hidden ? FILE_ATTRIBUTE_HIDDEN : 0);
}

static ssize_t value_read(int directory_fd, const char *name, char *value, size_t size) {
    char path[64 + 256];

    if (directory_fd == AT_FDCWD || name[0] == '/')
        return getxattr(name, NAME, value, size);
    if (snprintf(path, sizeof path, "/proc/self/fd/%d%s%s", directory_fd, *name ? "/" : "", name) >= (int)sizeof path)
        return -1;
    return getxattr(path, NAME, value, size);
}

void attributes_read(int directory_fd, const char *name, uint64_t device, struct kept_attributes *kept) {
    static _Atomic uint64_t without; /* a device + 1 that keeps no such things */
    char value[64], *end;
    ssize_t n;

    *kept = (struct kept_attributes){.there = false};
    if (atomic_load_explicit(&without, memory_order_relaxed) == device + 1)
        return;
    n = value_read(directory_fd, name, value, sizeof value - 1);
    if (n < 0 && errno == EOPNOTSUPP)
        atomic_store_explicit(&without, device + 1, memory_order_relaxed);
    if (n <= 0)
        return;
    value[n] = 0;
    kept->attributes = (ULONG)strtoul(value, &end, 16) & KEPT_ATTRIBUTES;
    kept->created = (LONGLONG)strtoull(end, NULL, 16);
    kept->there = end != value;
}

int attributes_write(int fd, const struct kept_attributes *kept, ULONG standard) {
    const ULONG attributes = kept->attributes & KEPT_ATTRIBUTES;
    char path[32], value[64];
    struct stat st;
    int n, error;

    snprintf(path, sizeof path, "/proc/self/fd/%d", fd); /* which may have been opened with O_PATH */
    n = snprintf(value, sizeof value, "0x%x 0x%llx", (unsigned)attributes, (unsigned long long)kept->created);
    if (fstat(fd, &st))
        return -errno;
    if (!(st.st_mode & 0200)) /* Linux keeps such things from who may not write; Windows does not */
        chmod(path, (st.st_mode & 07777) | 0200);
    error = attributes == standard && !kept->created ? removexattr(path, NAME) : setxattr(path, NAME, value, (size_t)n, 0);
    error = error ? errno : 0;
    if (!(st.st_mode & 0200))
        chmod(path, st.st_mode & 07777);
    return error == ENODATA || error == EOPNOTSUPP ? 0 : -error;
}
