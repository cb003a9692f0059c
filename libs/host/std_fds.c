/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Standard descriptors that are closed; see std_fds.h. */
#include "libs/host/std_fds.h"

#include <fcntl.h>
#include <unistd.h>

void std_fds_occupy(void) {
    for (int fd = 0; fd < 3; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR | O_CLOEXEC) < 0)
            return; /* no /dev/null: nothing better is to be had */
    }
}

bool std_fd_is_open(int fd) {
    const int flags = fcntl(fd, F_GETFD);

    return flags >= 0 && !(flags & FD_CLOEXEC);
}
