/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* winipc reg: becomes winipc-reg, which is a Windows program, in the same folder. */
#include "programs/winipc/look.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int reg_main(int argc, char **argv) {
    char path[4096];
    const ssize_t n = readlink("/proc/self/exe", path, sizeof path - 8);
    char *slash;

    (void)argc;
    path[n > 0 ? n : 0] = 0;
    slash = strrchr(path, '/');
    if (slash) {
        strcpy(slash, "/winipc-reg");
        execv(path, argv);
    }
    fprintf(stderr, "winipc: cannot run %s: %s\n", slash ? path : "winipc-reg", strerror(errno));
    return LOOK_FAILED;
}
