/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See account.h. */
#include "libs/host/account.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define RID_ADMINISTRATOR 500u
#define RID_FIRST 1000u

void account_machine(uint32_t machine[3]) {
    char text[33] = "";
    const int fd = open("/etc/machine-id", O_RDONLY | O_CLOEXEC);

    if (fd >= 0) {
        if (read(fd, text, 32) != 32)
            text[0] = 0;
        close(fd);
    }
    if (sscanf(text, "%8x%8x%8x", &machine[0], &machine[1], &machine[2]) != 3)
        machine[0] = machine[1] = machine[2] = 0x77696e69;
}

uint32_t account_rid(uid_t uid) {
    return uid ? RID_FIRST + uid : RID_ADMINISTRATOR;
}
