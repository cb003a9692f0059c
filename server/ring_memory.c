/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The memory in which the bytes of a pipe's instance or of a mailslot lie.  Its maker sends it, we keep a descriptor
 * for whoever opens it; after a take-over it is among the descriptors of those who have it open.
 */
#include "server/named.h"

#include "libs/arena/memfd.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define MEMORY_MIN 4096
#define MEMORY_MAX (256 << 20)

bool ring_memory_check(int fd) {
    const int seals = fcntl(fd, F_GET_SEALS);
    struct stat status;

    if (seals < 0 || (seals & (F_SEAL_SHRINK | F_SEAL_GROW)) != (F_SEAL_SHRINK | F_SEAL_GROW))
        return false;
    if (seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE) || fstat(fd, &status))
        return false;
    return S_ISREG(status.st_mode) && status.st_size >= MEMORY_MIN && status.st_size <= MEMORY_MAX;
}

uint64_t ring_memory_inode(int fd) {
    struct stat status;

    return fstat(fd, &status) ? 0 : status.st_ino;
}

int ring_memory_find(uint64_t inode, const uint32_t first[2]) {
    int fd = -1;

    for (unsigned i = 0; i < 2 && fd < 0; i++)
        fd = memfd_find(first[i], inode, O_RDWR);
    for (uint32_t slot = 0; fd < 0 && slot < ARENA_MAX_PROCESSES; slot++)
        fd = process_memfd_find(slot, inode);
    if (fd >= 0 && !ring_memory_check(fd)) {
        close(fd);
        fd = -1;
    }
    return fd;
}
