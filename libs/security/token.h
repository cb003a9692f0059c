/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What an access token says: one piece of bytes, never changed once it is kept (a change is a new piece).  A token
 * object (CELL_TOKEN) whose body is 0 says what the user's Linux account says, which is computed: so are nearly all.
 *
 * Layout: the structure, its entries (the user, the groups, the restricting SIDs), the default DACL.
 */
#ifndef WINIPC_SECURITY_TOKEN_H
#define WINIPC_SECURITY_TOKEN_H

#include "libs/security/acl.h"

#include <winternl.h> /* SE_*_PRIVILEGE */

#define TOKEN_GROUPS_MAX 256u
#define TOKEN_BODY_MAX 65535u

#define TOKEN_WRITE_RESTRICTED 1u /* the restricting SIDs count for writing alone */
#define TOKEN_FILTERED 2u         /* made by CreateRestrictedToken */
#define TOKEN_SANDBOX_INERT 4u
#define TOKEN_ANONYMOUS 8u
#define TOKEN_UI_ACCESS 16u

/* Wine's headers lack these. */
#define SE_SYNC_AGENT_PRIVILEGE 26
#define SE_RELABEL_PRIVILEGE 32
#define SE_INC_WORKING_SET_PRIVILEGE 33
#define SE_TIME_ZONE_PRIVILEGE 34
#define SE_CREATE_SYMBOLIC_LINK_PRIVILEGE 35
#define SE_MAX_PRIVILEGE 36
#define PRIVILEGE_BIT(luid) (1ull << (luid))

struct token_entry {
    uint32_t attributes; /* SE_GROUP_*; of the user: SE_GROUP_USE_FOR_DENY_ONLY or 0 */
    struct sid sid;
};

struct token_body {
    uint32_t size;
    uint32_t type;                         /* TokenPrimary, TokenImpersonation */
    uint32_t level;                        /* SECURITY_IMPERSONATION_LEVEL */
    uint32_t flags;                        /* TOKEN_* above */
    uint64_t id, modified, logon;          /* LUIDs */
    uint64_t present, enabled, by_default; /* privileges, PRIVILEGE_BIT each */
    uint8_t source[8];
    uint64_t source_id;
    uint32_t session;
    uint32_t policy;       /* TOKEN_MANDATORY_POLICY_* */
    uint32_t integrity;    /* RID of S-1-16-… */
    uint32_t owner, group; /* entry numbers: 0 the user, 1… the groups */
    uint32_t n_groups, n_restricting;
    uint32_t has_dacl;  /* 0: none, which lets everybody do everything */
    uint32_t dacl_size; /* bytes, at the end */
    uint32_t pad;
    struct token_entry entry[];
};

static inline uint32_t token_entries(const struct token_body *token) {
    return 1 + token->n_groups + token->n_restricting;
}

static inline const struct token_entry *token_restricting(const struct token_body *token) {
    return token->entry + 1 + token->n_groups;
}

static inline ACL *token_dacl(const struct token_body *token) {
    return token->has_dacl ? (ACL *)(token->entry + token_entries(token)) : NULL;
}

/* token_check() - whether @bytes are a whole body of @size bytes. */
bool token_check(const void *bytes, size_t size);

/* Enough for token_of_user(). */
union token_room {
    struct token_body body;
    uint8_t bytes[2048];
};
/* token_of_user() - what the token of a Linux user's first process says.  @id: of the token object. */
const struct token_body *token_of_user(union token_room *room, uint32_t uid, uint64_t id);

#endif
