/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SIDs; see sid.h. */
#include "libs/security/sid.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define UNKNOWN_MACHINE 0x77696E69

bool sid_within(const void *at, size_t room) {
    const struct sid *sid = at;

    return room >= offsetof(struct sid, sub) && sid->revision == SID_REVISION &&
           sid->n_sub <= SID_MAX_SUB_AUTHORITIES && sid_size(sid) <= room;
}

bool sid_same(const struct sid *a, const struct sid *b) {
    return a->n_sub == b->n_sub && !memcmp(a, b, sid_size(a));
}

void sid_copy(struct sid *to, const struct sid *from) {
    memset(to, 0, sizeof *to);
    memcpy(to, from, sid_size(from));
}

struct sid sid_make(uint8_t authority, unsigned n, uint32_t a, uint32_t b) {
    return (struct sid){SID_REVISION, (uint8_t)n, {0, 0, 0, 0, 0, authority}, {a, b}};
}

static uint32_t machine[3];

static void machine_read(void) {
    char text[33] = "";
    const int fd = open("/etc/machine-id", O_RDONLY | O_CLOEXEC);

    if (fd >= 0) {
        if (read(fd, text, 32) != 32)
            text[0] = 0;
        close(fd);
    }
    if (sscanf(text, "%8x%8x%8x", &machine[0], &machine[1], &machine[2]) != 3)
        machine[0] = machine[1] = machine[2] = UNKNOWN_MACHINE;
}

struct sid sid_account(uint32_t rid) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, machine_read);
    return (struct sid){
        SID_REVISION, 5, {0, 0, 0, 0, 0, 5}, {SECURITY_NT_NON_UNIQUE, machine[0], machine[1], machine[2], rid}};
}

struct sid sid_of_user(uint32_t uid) {
    return sid_account(uid ? 1000 + uid : DOMAIN_USER_RID_ADMIN);
}

/* The Linux groups stand apart from the users, whose numbers are often the same. */
struct sid sid_of_group(uint32_t gid) {
    return sid_account(0x40000000u | gid);
}
