/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The session's folder; see session.h. */
#include "libs/protocol/session.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SOCKET_NAME "server"

/* What is looked at is what was opened: nobody can put another folder in its place afterwards. */
static int folder_check(int fd, bool private) {
    struct stat status;

    if (fstat(fd, &status))
        return -errno;
    if (!S_ISDIR(status.st_mode))
        return -ENOTDIR;
    if (status.st_uid != geteuid() || (private && (status.st_mode & 0777) != 0700))
        return -EPERM;
    return 0;
}

static int folder_enter(const char *path, bool private) {
    const int fd = open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int error;

    if (fd < 0)
        return -errno;
    error = folder_check(fd, private);
    if (!error)
        return fd;
    close(fd);
    return error;
}

/* Whether $XDG_RUNTIME_DIR can hold our folder. */
static bool runtime_folder_usable(const char *path) {
    const int fd = path && path[0] == '/' ? open(path, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
    bool usable;

    if (fd < 0)
        return false;
    usable = folder_check(fd, false) == 0;
    close(fd);
    return usable;
}

int session_folder_open(struct session_folder *folder, const char *path) {
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    int length;

    if (path)
        length = snprintf(folder->path, sizeof folder->path, "%s", path);
    else if (runtime_folder_usable(runtime))
        length = snprintf(folder->path, sizeof folder->path, "%s/winipc-" SESSION_BUILD, runtime, SESSION_BUILD_VALUES);
    else
        length = snprintf(
            folder->path, sizeof folder->path, "/tmp/winipc-%u-" SESSION_BUILD, geteuid(), SESSION_BUILD_VALUES);
    if (length < 0 || (size_t)length >= sizeof folder->path)
        return -ENAMETOOLONG;
    if (mkdir(folder->path, 0700) && errno != EEXIST)
        return -errno;
    folder->fd = folder_enter(folder->path, true);
    return folder->fd < 0 ? folder->fd : 0;
}

void session_folder_close(struct session_folder *folder) {
    if (folder->fd >= 0)
        close(folder->fd);
    folder->fd = -1;
}

socklen_t session_address(const struct session_folder *folder, struct sockaddr_un *address) {
    int length;

    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    length = snprintf(address->sun_path, sizeof address->sun_path, "/proc/self/fd/%d/" SOCKET_NAME, folder->fd);
    if (strlen(folder->path) + sizeof "/" SOCKET_NAME <= sizeof address->sun_path)
        length = snprintf(address->sun_path, sizeof address->sun_path, "%.*s/" SOCKET_NAME,
            (int)(sizeof address->sun_path - sizeof "/" SOCKET_NAME), folder->path);
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)length + 1);
}
