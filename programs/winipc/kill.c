/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* winipc kill: ends programs of the session at once, as TerminateProcess does; those who wait for them see exit code 1.
 */
#include "programs/winipc/look.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Kills through a descriptor, so that it is the process that was looked at and no later one with its number. */
static int process_end(uint32_t pid) {
    const int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    int error = fd < 0 ? errno : 0;

    if (fd >= 0 &&
        (look_process_slot(pid) == ARENA_MAX_PROCESSES || syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0)))
        error = errno ? errno : ESRCH;
    if (fd >= 0)
        close(fd);
    return error;
}

int kill_main(int argc, char **argv) {
    int status = 0;

    if (argc < 2)
        return look_usage("kill PID...");
    for (int i = 1; i < argc; i++) {
        if (!look_pid(argv[i]))
            return look_usage("kill PID...");
    }
    if (!look_open())
        return LOOK_NO_SESSION;
    for (int i = 1; i < argc; i++) {
        const uint32_t pid = look_pid(argv[i]);
        const int error = look_process_slot(pid) == ARENA_MAX_PROCESSES ? ESRCH : process_end(pid);

        if (!error)
            continue;
        fprintf(stderr, "winipc: process %u: %s\n", pid,
            error == ESRCH ? "no Windows program of this session; see winipc ps" : strerror(error));
        status = LOOK_NO_SESSION;
    }
    return status;
}
