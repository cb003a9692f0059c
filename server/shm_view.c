/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "server/shm_view.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "libs/base/shm_view.h"

#define YOUNG_S 10

void shm_view_gone(int fd) {
    char link[32], path[4096];
    struct stat ours, there;
    ssize_t n;

    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    n = readlink(link, path, sizeof path - 1);
    path[n > 0 ? n : 0] = 0;
    if (strncmp(path, SHM_VIEW_PREFIX, sizeof SHM_VIEW_PREFIX - 1))
        return;
    if (!fstat(fd, &ours) && !stat(path, &there) && ours.st_ino == there.st_ino && ours.st_dev == there.st_dev)
        unlink(path);
}

/* A file of ours whose lock is free; not one that somebody has just made, and is about to lock. */
static void shm_view_sweep_one(int folder, const char *name) {
    const int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    struct stat about;

    if (fd < 0)
        return;
    if (!fstat(fd, &about) && S_ISREG(about.st_mode) && about.st_uid == geteuid() &&
        time(NULL) - about.st_mtime >= YOUNG_S && !flock(fd, LOCK_EX | LOCK_NB))
        unlinkat(folder, name, 0);
    close(fd);
}

void shm_view_sweep(void) {
    static const char prefix[] = SHM_VIEW_PREFIX;
    const char *begin = strrchr(prefix, '/') + 1;
    DIR *folder = opendir(SHM_VIEW_FOLDER);
    const struct dirent *entry;

    while (folder && (entry = readdir(folder)))
        if (!strncmp(entry->d_name, begin, strlen(begin)))
            shm_view_sweep_one(dirfd(folder), entry->d_name);
    if (folder)
        closedir(folder);
}
