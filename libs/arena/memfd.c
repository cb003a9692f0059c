/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libs/arena/memfd.h"

#include "libs/arena/arena.h"
#include "libs/protocol/layout.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW)

static bool is_memfd(int folder, const char *name, uint64_t inode) {
    struct stat status, arena;

    if (fstatat(folder, name, &status, 0) || !S_ISREG(status.st_mode) || status.st_ino != inode ||
        status.st_uid != geteuid())
        return false;
    /* all memfds lie in one file system, to which the arena's belongs: once we have that one it tells a file apart that
     * only has the number */
    return winipc_arena_fd < 0 || (fstat(winipc_arena_fd, &arena) == 0 && arena.st_dev == status.st_dev);
}

int memfd_find(uint32_t pid, uint64_t inode, int mode) {
    char path[64];
    int fd = -1;
    DIR *folder;

    if (!pid || !inode)
        return -1;
    snprintf(path, sizeof path, "/proc/%u/fd", pid);
    folder = opendir(path);
    if (!folder)
        return -1;
    for (const struct dirent *entry; fd < 0 && (entry = readdir(folder));) {
        if (!is_memfd(dirfd(folder), entry->d_name, inode))
            continue;
        fd = openat(dirfd(folder), entry->d_name, mode | O_CLOEXEC);
        if (fd >= 0 && (fcntl(fd, F_GET_SEALS) < 0 ||
                           !(fcntl(fd, F_GET_SEALS) & F_SEAL_SHRINK))) { /* another one by now, or none of ours */
            close(fd);
            fd = -1;
        }
    }
    closedir(folder);
    return fd;
}

int memfd_sealed(const char *name, size_t size, const void *header, size_t n) {
    const int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    int error;

    if (fd < 0)
        return -errno;
    if (!fchmod(fd, 0600) && !ftruncate(fd, (off_t)size) && !fcntl(fd, F_ADD_SEALS, SEALS) &&
        pwrite(fd, header, n, 0) == (ssize_t)n)
        return fd;
    error = -errno;
    close(fd);
    return error;
}

int memfd_map(int fd, size_t least, void **memory, size_t *length) {
    struct stat status;

    if (fstat(fd, &status))
        return -errno;
    if (status.st_size < (off_t)least || (fcntl(fd, F_GET_SEALS) & SEALS) != SEALS)
        return -EPROTO;
    *length = (size_t)status.st_size;
    *memory = mmap(NULL, *length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    return *memory == MAP_FAILED ? -errno : 0;
}

int arena_record_find(const struct arena_record *record, int mode) {
    int fd = record->version == PROTOCOL_LAYOUT ? memfd_find(record->server, record->inode, mode) : -1;

    for (uint32_t slot = 0; record->version == PROTOCOL_LAYOUT && record->inode && slot < ARENA_MAX_PROCESSES && fd < 0;
         slot++)
        fd = memfd_find(record->pid[slot], record->inode, mode);
    return fd;
}
