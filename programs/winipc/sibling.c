/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Commands that are Windows programs: winipc becomes winipc-bridge, winipc-reg, winipc-section or winipc-service, in the same folder. */
#include "programs/winipc/look.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int become(const char *name, char **argv) {
    char path[4096];
    const ssize_t n = readlink("/proc/self/exe", path, sizeof path - 32);
    char *slash;

    path[n > 0 ? n : 0] = 0;
    slash = strrchr(path, '/');
    if (slash) {
        strcpy(slash + 1, name);
        execv(path, argv);
    }
    fprintf(stderr, "winipc: cannot run %s: %s\n", slash ? path : name, strerror(errno));
    return LOOK_FAILED;
}

int bridge_main(int argc, char **argv) {
    (void)argc;
    return become("winipc-bridge", argv);
}

int reg_main(int argc, char **argv) {
    (void)argc;
    return become("winipc-reg", argv);
}

int section_main(int argc, char **argv) {
    (void)argc;
    return become("winipc-section", argv);
}

int service_main(int argc, char **argv) {
    (void)argc;
    return become("winipc-service", argv);
}
