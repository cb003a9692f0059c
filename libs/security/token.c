/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tokens' bodies; see token.h.  root is elevated and an administrator, all others are ordinary users. */
#include "libs/security/token.h"

#include <string.h>

#define BIT PRIVILEGE_BIT
#define USER_PRIVILEGES                                                                                                \
    (BIT(SE_SHUTDOWN_PRIVILEGE) | BIT(SE_CHANGE_NOTIFY_PRIVILEGE) | BIT(SE_UNDOCK_PRIVILEGE) |                         \
        BIT(SE_INC_WORKING_SET_PRIVILEGE) | BIT(SE_TIME_ZONE_PRIVILEGE))
#define ADMINISTRATOR_PRIVILEGES                                                                                       \
    (USER_PRIVILEGES | BIT(SE_INCREASE_QUOTA_PRIVILEGE) | BIT(SE_SECURITY_PRIVILEGE) |                                 \
        BIT(SE_TAKE_OWNERSHIP_PRIVILEGE) | BIT(SE_LOAD_DRIVER_PRIVILEGE) | BIT(SE_SYSTEM_PROFILE_PRIVILEGE) |          \
        BIT(SE_SYSTEMTIME_PRIVILEGE) | BIT(SE_PROF_SINGLE_PROCESS_PRIVILEGE) | BIT(SE_INC_BASE_PRIORITY_PRIVILEGE) |   \
        BIT(SE_CREATE_PAGEFILE_PRIVILEGE) | BIT(SE_BACKUP_PRIVILEGE) | BIT(SE_RESTORE_PRIVILEGE) |                     \
        BIT(SE_DEBUG_PRIVILEGE) | BIT(SE_SYSTEM_ENVIRONMENT_PRIVILEGE) | BIT(SE_REMOTE_SHUTDOWN_PRIVILEGE) |           \
        BIT(SE_MANAGE_VOLUME_PRIVILEGE) | BIT(SE_IMPERSONATE_PRIVILEGE) | BIT(SE_CREATE_GLOBAL_PRIVILEGE) |            \
        BIT(SE_CREATE_SYMBOLIC_LINK_PRIVILEGE))
#define ENABLED_BY_DEFAULT                                                                                             \
    (BIT(SE_CHANGE_NOTIFY_PRIVILEGE) | BIT(SE_IMPERSONATE_PRIVILEGE) | BIT(SE_CREATE_GLOBAL_PRIVILEGE))

#define GROUP_STANDARD (SE_GROUP_MANDATORY | SE_GROUP_ENABLED_BY_DEFAULT | SE_GROUP_ENABLED)

bool token_check(const void *bytes, size_t size) {
    const struct token_body *token = bytes;
    uint32_t n;

    if (size < sizeof *token || size > TOKEN_BODY_MAX || token->size != size || token->n_groups > TOKEN_GROUPS_MAX ||
        token->n_restricting > TOKEN_GROUPS_MAX || token->has_dacl > 1)
        return false;
    n = token_entries(token);
    if (size - sizeof *token < n * sizeof token->entry[0] + token->dacl_size || token->owner > token->n_groups ||
        token->group > token->n_groups)
        return false;
    for (uint32_t i = 0; i < n; i++) {
        if (!sid_within(&token->entry[i].sid, sizeof token->entry[i].sid))
            return false;
    }
    return !token->has_dacl || acl_check(token_dacl(token), size - sizeof *token - n * sizeof token->entry[0]);
}

static void group_add(struct token_body *token, struct sid sid, uint32_t attributes) {
    token->entry[1 + token->n_groups++] = (struct token_entry){attributes, sid};
}

/* The user's logon session: one for each user. */
static struct sid logon_sid(uint32_t uid) {
    return (struct sid){SID_REVISION, 3, {0, 0, 0, 0, 0, 5}, {SECURITY_LOGON_IDS_RID, 0, 0x10000 + uid}};
}

static void groups_fill(struct token_body *token, uint32_t uid) {
    group_add(token, sid_account(DOMAIN_GROUP_RID_USERS), GROUP_STANDARD);
    group_add(token, sid_make(1, 1, SECURITY_WORLD_RID, 0), GROUP_STANDARD);
    if (!uid)
        group_add(token, sid_make(5, 2, SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_ADMINS),
            GROUP_STANDARD | SE_GROUP_OWNER);
    group_add(token, sid_make(5, 2, SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_USERS), GROUP_STANDARD);
    group_add(token, sid_make(5, 1, SECURITY_INTERACTIVE_RID, 0), GROUP_STANDARD);
    group_add(token, sid_make(2, 1, SECURITY_LOCAL_LOGON_RID, 0), GROUP_STANDARD);
    group_add(token, sid_make(5, 1, SECURITY_AUTHENTICATED_USER_RID, 0), GROUP_STANDARD);
    group_add(token, sid_make(5, 1, SECURITY_THIS_ORGANIZATION_RID, 0), GROUP_STANDARD);
    group_add(token, logon_sid(uid), GROUP_STANDARD | SE_GROUP_LOGON_ID);
    group_add(token, sid_make(2, 1, SECURITY_LOCAL_RID, 0), GROUP_STANDARD);
}

/* Source: https://learn.microsoft.com/en-us/windows/win32/secauthz/access-tokens (the user, the system; the logon
 * session may read) */
static void dacl_fill(struct token_body *token, uint32_t uid, size_t room) {
    const struct sid system = sid_make(5, 1, SECURITY_LOCAL_SYSTEM_RID, 0), logon = logon_sid(uid);

    token->has_dacl = 1;
    acl_begin(token_dacl(token), room);
    acl_add(token_dacl(token), room, ACCESS_ALLOWED_ACE_TYPE, 0, GENERIC_ALL, &token->entry[0].sid);
    acl_add(token_dacl(token), room, ACCESS_ALLOWED_ACE_TYPE, 0, GENERIC_ALL, &system);
    acl_add(token_dacl(token), room, ACCESS_ALLOWED_ACE_TYPE, 0, GENERIC_READ | GENERIC_EXECUTE, &logon);
    token->dacl_size = token_dacl(token)->AclSize;
}

const struct token_body *token_of_user(union token_room *room, uint32_t uid, uint64_t id) {
    struct token_body *token = &room->body;

    memset(token, 0, sizeof *token);
    token->type = TokenPrimary;
    token->id = token->modified = id;
    token->logon = 0x3e800 + uid;
    token->present = uid ? USER_PRIVILEGES : ADMINISTRATOR_PRIVILEGES;
    token->enabled = token->by_default = token->present & ENABLED_BY_DEFAULT;
    memcpy(token->source, "User32 ", 8);
    token->source_id = token->logon;
    token->session = 1;
    token->policy = TOKEN_MANDATORY_POLICY_NO_WRITEUP | TOKEN_MANDATORY_POLICY_NEW_PROCESS_MIN;
    token->integrity = uid ? SECURITY_MANDATORY_MEDIUM_RID : SECURITY_MANDATORY_HIGH_RID;
    token->entry[0] = (struct token_entry){0, sid_of_user(uid)};
    groups_fill(token, uid);
    token->group = 1;
    token->size = (uint32_t)(sizeof *token + token_entries(token) * sizeof token->entry[0]);
    dacl_fill(token, uid, sizeof room->bytes - token->size);
    token->size += token->dacl_size;
    return token;
}
