/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The access check; see access.h. */
#include "libs/security/access.h"

#include <errno.h>
#include <string.h>

uint32_t access_map(const GENERIC_MAPPING *mapping, uint32_t access) {
    if (access & GENERIC_READ)
        access |= mapping->GenericRead;
    if (access & GENERIC_WRITE)
        access |= mapping->GenericWrite;
    if (access & GENERIC_EXECUTE)
        access |= mapping->GenericExecute;
    if (access & GENERIC_ALL)
        access |= mapping->GenericAll;
    return access & ~(GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | GENERIC_ALL);
}

void acl_map(ACL *acl, const GENERIC_MAPPING *mapping) {
    uint8_t *at = (uint8_t *)(acl + 1);

    for (unsigned i = 0; i < acl->AceCount; i++) {
        ACE_HEADER *header = (ACE_HEADER *)at;
        uint32_t mask;

        if (header->AceSize >= sizeof *header + sizeof mask && header->AceType != SYSTEM_MANDATORY_LABEL_ACE_TYPE) {
            memcpy(&mask, header + 1, sizeof mask);
            mask = access_map(mapping, mask);
            memcpy(header + 1, &mask, sizeof mask);
        }
        at += header->AceSize;
    }
}

/* ---- who the token is ---- */

enum side { SIDE_TOKEN, SIDE_RESTRICTING };

/* Whether the token is @sid.  @deny: to be denied something, for which a group that is off counts if it is marked so.
 */
static bool token_is(const struct token_body *token, enum side side, const struct sid *sid, bool deny) {
    const uint32_t wanted = SE_GROUP_ENABLED | (deny ? SE_GROUP_USE_FOR_DENY_ONLY : 0);

    for (uint32_t i = 0; side == SIDE_RESTRICTING && i < token->n_restricting; i++) {
        if (sid_same(&token_restricting(token)[i].sid, sid))
            return true;
    }
    if (side == SIDE_RESTRICTING)
        return false;
    if (sid_same(&token->entry[0].sid, sid))
        return deny || !(token->entry[0].attributes & SE_GROUP_USE_FOR_DENY_ONLY);
    for (uint32_t i = 1; i <= token->n_groups; i++) {
        if (token->entry[i].attributes & wanted && sid_same(&token->entry[i].sid, sid))
            return true;
    }
    return false;
}

static const struct sid *substituted(const struct access_question *question, const struct sid *sid) {
    static const struct sid self = {SID_REVISION, 1, {0, 0, 0, 0, 0, 5}, {SECURITY_PRINCIPAL_SELF_RID}};

    return question->self && sid_same(sid, &self) ? question->self : sid;
}

/* ---- what the list says ---- */

static bool type_applies(const struct access_question *question, const GUID *type) {
    for (unsigned i = 0; type && i < question->n_types; i++) {
        if (!memcmp(type, &question->types[i], sizeof *type))
            return true;
    }
    return !type || !question->n_types;
}

static bool ace_allows(uint8_t type) {
    return type == ACCESS_ALLOWED_ACE_TYPE || type == ACCESS_ALLOWED_OBJECT_ACE_TYPE;
}

static bool ace_denies(uint8_t type) {
    return type == ACCESS_DENIED_ACE_TYPE || type == ACCESS_DENIED_OBJECT_ACE_TYPE;
}

static bool has_owner_rights(const ACL *acl) {
    const struct sid rights = sid_make(3, 1, SECURITY_CREATOR_OWNER_RIGHTS_RID, 0);
    struct ace ace;

    for (uint32_t at = 0; acl && acl_next(acl, &at, &ace);) {
        if (!(ace.flags & INHERIT_ONLY_ACE) && ace.sid && (ace_allows(ace.type) || ace_denies(ace.type)) &&
            sid_same(ace.sid, &rights))
            return true;
    }
    return false;
}

static bool ace_is_for(const struct access_question *question, enum side side, const struct ace *ace, bool is_owner) {
    const struct sid rights = sid_make(3, 1, SECURITY_CREATOR_OWNER_RIGHTS_RID, 0);
    const struct sid *sid = substituted(question, ace->sid);

    if (sid_same(sid, &rights))
        return is_owner;
    return token_is(question->token, side, sid, ace_denies(ace->type));
}

/* Each bit is decided by the first entry that names it. */
static uint32_t list_grants(const struct access_question *question, enum side side) {
    const struct descriptor *descriptor = question->descriptor;
    const bool is_owner =
        descriptor->owner && token_is(question->token, side, substituted(question, descriptor->owner), false);
    uint32_t granted = 0, denied = 0;
    struct ace ace;

    if (!descriptor->dacl)
        return question->mapping->GenericAll | STANDARD_RIGHTS_ALL | SPECIFIC_RIGHTS_ALL;
    if (is_owner && !has_owner_rights(descriptor->dacl))
        granted = READ_CONTROL | WRITE_DAC;
    for (uint32_t at = 0; acl_next(descriptor->dacl, &at, &ace);) {
        const uint32_t mask = access_map(question->mapping, ace.mask);

        if (ace.flags & INHERIT_ONLY_ACE || !ace.sid || !type_applies(question, ace.object) ||
            !ace_is_for(question, side, &ace, is_owner))
            continue;
        if (ace_allows(ace.type))
            granted |= mask & ~denied;
        else if (ace_denies(ace.type))
            denied |= mask & ~granted;
    }
    return granted;
}

/* ---- integrity ---- */

/* What the object's label leaves to the token ([MS-DTYP] 2.5.3.3). */
static uint32_t label_leaves(const struct access_question *question) {
    const struct token_body *token = question->token;
    uint32_t level = SECURITY_MANDATORY_MEDIUM_RID, policy = SYSTEM_MANDATORY_LABEL_NO_WRITE_UP, left = 0;
    struct ace ace;

    for (uint32_t at = 0; question->descriptor->sacl && acl_next(question->descriptor->sacl, &at, &ace);) {
        if (ace.type != SYSTEM_MANDATORY_LABEL_ACE_TYPE || ace.flags & INHERIT_ONLY_ACE || ace.sid->n_sub != 1)
            continue;
        level = ace.sid->sub[0];
        policy = ace.mask;
        break;
    }
    if (token->integrity >= level || !(token->policy & TOKEN_MANDATORY_POLICY_NO_WRITEUP))
        return ~0u;
    if (!(policy & SYSTEM_MANDATORY_LABEL_NO_READ_UP))
        left |= question->mapping->GenericRead;
    if (!(policy & SYSTEM_MANDATORY_LABEL_NO_EXECUTE_UP))
        left |= question->mapping->GenericExecute;
    if (!(policy & SYSTEM_MANDATORY_LABEL_NO_WRITE_UP))
        left |= question->mapping->GenericWrite | ~(question->mapping->GenericRead | question->mapping->GenericExecute);
    if (token->enabled & PRIVILEGE_BIT(SE_RELABEL_PRIVILEGE))
        left |= WRITE_OWNER;
    /* what reading and writing have in common, as SYNCHRONIZE, is no writing */
    return left | SYNCHRONIZE;
}

/* ---- all together ---- */

/* Rights to write, for tokens that are restricted in these alone. */
static uint32_t write_rights(const GENERIC_MAPPING *mapping) {
    return (mapping->GenericWrite & ~(mapping->GenericRead | mapping->GenericExecute)) | DELETE | WRITE_DAC |
           WRITE_OWNER;
}

uint32_t access_rights(const struct access_question *question, uint64_t *used) {
    const struct token_body *token = question->token;
    uint32_t granted = list_grants(question, SIDE_TOKEN);

    if (token->n_restricting) {
        uint32_t second = list_grants(question, SIDE_RESTRICTING);

        if (token->flags & TOKEN_WRITE_RESTRICTED)
            second |= ~write_rights(question->mapping);
        granted &= second;
    }
    granted &= label_leaves(question);
    if (!(granted & WRITE_OWNER) && token->enabled & PRIVILEGE_BIT(SE_TAKE_OWNERSHIP_PRIVILEGE)) {
        granted |= WRITE_OWNER;
        *used |= PRIVILEGE_BIT(SE_TAKE_OWNERSHIP_PRIVILEGE);
    }
    return granted;
}

int access_check(const struct access_question *question, uint32_t *granted, uint64_t *used) {
    const uint32_t desired = access_map(question->mapping, question->desired);
    const uint32_t asked = desired & ~(MAXIMUM_ALLOWED | ACCESS_SYSTEM_SECURITY);
    const bool can_audit = question->token->enabled & PRIVILEGE_BIT(SE_SECURITY_PRIVILEGE);
    uint64_t took = 0;
    uint32_t rights = access_rights(question, &took);

    *granted = 0;
    if (desired & ACCESS_SYSTEM_SECURITY && !can_audit)
        return -EPERM;
    if (desired & ACCESS_SYSTEM_SECURITY) {
        rights |= ACCESS_SYSTEM_SECURITY;
        took |= PRIVILEGE_BIT(SE_SECURITY_PRIVILEGE);
    }
    if (asked & ~rights)
        return -EACCES;
    if (desired & MAXIMUM_ALLOWED)
        rights &= question->mapping->GenericAll | ACCESS_SYSTEM_SECURITY | asked;
    else
        rights &= desired;
    if (!rights)
        return desired ? -EACCES : 0;
    if (!(desired & (MAXIMUM_ALLOWED | WRITE_OWNER)))
        took &= ~PRIVILEGE_BIT(SE_TAKE_OWNERSHIP_PRIVILEGE);
    *granted = rights;
    if (used)
        *used = took;
    return 0;
}
