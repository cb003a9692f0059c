/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Security identifiers as bytes, and which one a Linux user is: here and nowhere else.  The machine's accounts have the
 * machine's identifier, from its machine-id, and a RID: of user 0 that of the Administrator, of user n 1000 + n.
 */
#ifndef WINIPC_SECURITY_SID_H
#define WINIPC_SECURITY_SID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WIN32_NO_STATUS
#include <windef.h>
#include <winbase.h>
#undef WIN32_NO_STATUS

struct sid {
    uint8_t revision, n_sub;
    uint8_t authority[6]; /* big-endian */
    uint32_t sub[SID_MAX_SUB_AUTHORITIES];
};
_Static_assert(sizeof(struct sid) == SECURITY_MAX_SID_SIZE, "a SID's layout is Windows'");

static inline size_t sid_size(const struct sid *sid) {
    return offsetof(struct sid, sub) + sid->n_sub * sizeof(uint32_t);
}

/* sid_within() - whether a SID begins at @at and ends within @room bytes. */
bool sid_within(const void *at, size_t room);
bool sid_same(const struct sid *a, const struct sid *b);
/* sid_make() - S-1-@authority-@a[-@b]; @n: 1 or 2. */
struct sid sid_make(uint8_t authority, unsigned n, uint32_t a, uint32_t b);
/* sid_account() - an account of this machine. */
struct sid sid_account(uint32_t rid);
struct sid sid_of_user(uint32_t uid);
struct sid sid_of_group(uint32_t gid);
/* sid_copy() - copies what @from takes, which was checked. */
void sid_copy(struct sid *to, const struct sid *from);

#endif
