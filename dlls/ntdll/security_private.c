/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The security descriptors of programs' own objects (RtlNewSecurityObject and its like): made from a parent's and the
 * maker's, kept in the process's heap. */
#include <stdlib.h>
#include <string.h>

#include <ntstatus.h>

#include "dlls/ntdll/security_private.h"
#include "dlls/ntdll/token.h"

#define LIST_MAX 65532u

/* What a new descriptor is made of. */
struct private_new {
    struct descriptor parent, creator;
    void *parent_copy, *creator_copy;
    ULONG flags;
    struct inherit how;
    const struct token_body *token;
    struct descriptor made;
    uint8_t *dacl, *sacl; /* LIST_MAX bytes each */
};

static NTSTATUS part_open(PSECURITY_DESCRIPTOR given, struct descriptor *part, void **copy) {
    ULONG size;
    NTSTATUS status;

    if (!given)
        return STATUS_SUCCESS;
    status = security_copy(given, copy, &size);
    if (!status)
        descriptor_open(part, *copy, size);
    return status;
}

/* The entries that the maker's list says itself: those that were inherited are left out where the parent's are added.
 */
static bool list_own(const ACL *from, const GENERIC_MAPPING *mapping, bool all, void *to) {
    struct ace ace;
    uint32_t at = 0;

    while (from && acl_next(from, &at, &ace)) {
        if (ace.sid && (all || !(ace.flags & INHERITED_ACE)) &&
            !acl_add(to, LIST_MAX, ace.type, ace.flags, access_map(mapping, ace.mask), ace.sid))
            return false;
    }
    return true;
}

struct list_rules {
    uint16_t present, is_protected, defaulted, inherited; /* SE_* of this list */
    bool automatic;
};

/* One list of the new object.  Return: false: no room.  *is_there: whether it has one. */
static bool list_make(const struct private_new *new, const struct list_rules *rules, const ACL *creator,
    const ACL *parent, uint8_t *list, bool *is_there) {
    const bool given = new->creator.control & rules->present && !(new->creator.control & rules->defaulted);
    const bool alone = !rules->automatic || new->creator.control & rules->is_protected;

    acl_begin(list, LIST_MAX);
    *is_there = given;
    if (given && (!list_own(creator, new->how.mapping, alone, list) || alone))
        return alone;
    if (!acl_inherit(parent, &new->how, list, LIST_MAX))
        return false;
    *is_there |= ((const ACL *)list)->AceCount != 0;
    return true;
}

static bool dacl_make(struct private_new *new) {
    const struct list_rules rules = {SE_DACL_PRESENT, SE_DACL_PROTECTED, SE_DACL_DEFAULTED, SE_DACL_AUTO_INHERITED,
        new->flags &SEF_DACL_AUTO_INHERIT};
    const bool everybody =
        new->creator.control &SE_DACL_PRESENT && !(new->creator.control &SE_DACL_DEFAULTED) && !new->creator.dacl;
    const ACL *fallback = new->creator.dacl ? new->creator.dacl : token_dacl(new->token);
    bool is_there;

    if (!list_make(new, &rules, new->creator.dacl, new->parent.dacl, new->dacl, &is_there))
        return false;
    if (!is_there && fallback && !list_own(fallback, new->how.mapping, true, new->dacl))
        return false;
    if (!is_there && !fallback)
        return true;
    new->made.dacl = everybody ? NULL : (const ACL *)new->dacl;
    new->made.control |=
        SE_DACL_PRESENT | (new->creator.control &SE_DACL_PROTECTED) | (rules.automatic ? SE_DACL_AUTO_INHERITED : 0);
    return true;
}

static bool sacl_make(struct private_new *new) {
    const struct list_rules rules = {SE_SACL_PRESENT, SE_SACL_PROTECTED, SE_SACL_DEFAULTED, SE_SACL_AUTO_INHERITED,
        new->flags &SEF_SACL_AUTO_INHERIT};
    bool is_there;

    if (!list_make(new, &rules, new->creator.sacl, new->parent.sacl, new->sacl, &is_there))
        return false;
    if (!is_there)
        return true;
    new->made.sacl = (const ACL *)new->sacl;
    new->made.control |=
        SE_SACL_PRESENT | (new->creator.control &SE_SACL_PROTECTED) | (rules.automatic ? SE_SACL_AUTO_INHERITED : 0);
    return true;
}

/* Owner and group: the maker's word, the parent's where that is asked for, or the token's. */
static void owners_choose(struct private_new *new) {
    const struct token_body *token = new->token;

    new->made.owner = new->creator.owner                                              ? new->creator.owner
                      : new->flags &SEF_DEFAULT_OWNER_FROM_PARENT &&new->parent.owner ? new->parent.owner
                                                                                      : &token->entry[token->owner].sid;
    new->made.group = new->creator.group                                              ? new->creator.group
                      : new->flags &SEF_DEFAULT_GROUP_FROM_PARENT &&new->parent.group ? new->parent.group
                                                                                      : &token->entry[token->group].sid;
    new->how.owner = new->made.owner;
    new->how.group = new->made.group;
}

static NTSTATUS rights_check(const struct private_new *new) {
    struct descriptor given = new->creator;

    if (new->flags & SEF_AVOID_OWNER_CHECK)
        given.owner = NULL;
    if (new->flags & SEF_AVOID_PRIVILEGE_CHECK)
        given.sacl = NULL;
    return security_allowed(&given, new->token);
}

/* A descriptor in the process's heap. */
static NTSTATUS private_keep(const struct descriptor *made, PSECURITY_DESCRIPTOR *object) {
    const size_t size = descriptor_size(made);
    void *bytes = RtlAllocateHeap(GetProcessHeap(), 0, size);

    if (!bytes)
        return STATUS_NO_MEMORY;
    descriptor_write(made, bytes, size);
    *object = bytes;
    return STATUS_SUCCESS;
}

static NTSTATUS private_make(struct private_new *new, PSECURITY_DESCRIPTOR *object) {
    NTSTATUS status = rights_check(new);

    if (status)
        return status;
    owners_choose(new);
    new->dacl = malloc(2 * LIST_MAX);
    if (!new->dacl)
        return STATUS_NO_MEMORY;
    new->sacl = new->dacl + LIST_MAX;
    status = dacl_make(new) && sacl_make(new) ? private_keep(&new->made, object) : STATUS_BAD_INHERITANCE_ACL;
    free(new->dacl);
    return status;
}

/**
 * RtlNewSecurityObjectEx() - the descriptor of a new object of the program's own.
 * @parent: of what it lies in, @creator: what its maker says; each may be NULL.  @type: not looked at.
 * @flags: SEF_*.  @token: whose owner, group and list hold where nothing else does; NULL: the caller's.
 * @object: receives memory for RtlDeleteSecurityObject.
 * Return: STATUS_SUCCESS, STATUS_INVALID_OWNER, STATUS_PRIVILEGE_NOT_HELD, STATUS_INVALID_SECURITY_DESCR,
 * STATUS_BAD_INHERITANCE_ACL (the lists are too long), STATUS_NO_MEMORY, those of reading the token. Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/securitybaseapi/nf-securitybaseapi-createprivateobjectsecurityex
 */
NTSTATUS WINAPI RtlNewSecurityObjectEx(PSECURITY_DESCRIPTOR parent, PSECURITY_DESCRIPTOR creator,
    PSECURITY_DESCRIPTOR *object, GUID *type, BOOLEAN is_container, ULONG flags, HANDLE token,
    GENERIC_MAPPING *mapping) {
    struct private_new new = {.flags = flags,
        .how = {.mapping = mapping, .is_container = is_container, .marks = flags & SEF_DACL_AUTO_INHERIT}};
    struct token is;
    NTSTATUS status = token ? token_get(token, TOKEN_QUERY, &is) : token_get_cell(security_token(), &is);

    (void)type;
    if (status)
        return status;
    new.token = is.body;
    status = part_open(parent, &new.parent, &new.parent_copy);
    if (!status)
        status = part_open(creator, &new.creator, &new.creator_copy);
    if (!status)
        status = private_make(&new, object);
    free(new.parent_copy);
    free(new.creator_copy);
    token_put(&is);
    return status;
}

NTSTATUS WINAPI RtlNewSecurityObject(PSECURITY_DESCRIPTOR parent, PSECURITY_DESCRIPTOR creator,
    PSECURITY_DESCRIPTOR *object, BOOLEAN is_container, HANDLE token, GENERIC_MAPPING *mapping) {
    return RtlNewSecurityObjectEx(parent, creator, object, NULL, is_container, 0, token, mapping);
}

/** RtlDeleteSecurityObject() - gives it back.  Return: STATUS_SUCCESS. */
NTSTATUS WINAPI RtlDeleteSecurityObject(PSECURITY_DESCRIPTOR *object) {
    RtlFreeHeap(GetProcessHeap(), 0, *object);
    *object = NULL;
    return STATUS_SUCCESS;
}

/** RtlQuerySecurityObject() - parts of it, self-relative.  Return: STATUS_SUCCESS, STATUS_BUFFER_TOO_SMALL (*need),
 * STATUS_INVALID_SECURITY_DESCR. */
NTSTATUS WINAPI RtlQuerySecurityObject(
    PSECURITY_DESCRIPTOR object, SECURITY_INFORMATION what, PSECURITY_DESCRIPTOR to, ULONG size, ULONG *need) {
    struct descriptor is;
    void *copy = NULL;
    ACL *sacl = NULL;
    NTSTATUS status = part_open(object, &is, &copy);

    if (!status)
        status = security_choose(&is, what, &sacl);
    if (!status) {
        *need = (ULONG)descriptor_size(&is);
        status = to && descriptor_write(&is, to, size) ? STATUS_SUCCESS : STATUS_BUFFER_TOO_SMALL;
    }
    free(sacl);
    free(copy);
    return status;
}

/* Whether the token may give these parts. */
static NTSTATUS change_check(const struct descriptor *given, SECURITY_INFORMATION what, ULONG flags, HANDLE token) {
    struct descriptor part = *given;
    struct token is;
    NTSTATUS status = token ? token_get(token, TOKEN_QUERY, &is) : token_get_cell(security_token(), &is);

    if (status)
        return status;
    if (!(what & OWNER_SECURITY_INFORMATION) || flags & SEF_AVOID_OWNER_CHECK)
        part.owner = NULL;
    if (!(what & SACL_SECURITY_INFORMATION) || flags & SEF_AVOID_PRIVILEGE_CHECK)
        part.sacl = NULL;
    status = security_allowed(&part, is.body);
    token_put(&is);
    return status;
}

/**
 * RtlSetSecurityObjectEx() - changes parts of it; *object moves.
 * @flags: SEF_AVOID_OWNER_CHECK, SEF_AVOID_PRIVILEGE_CHECK; SEF_*_AUTO_INHERIT keep nothing of the list that was there.
 * Return: STATUS_SUCCESS, STATUS_INVALID_OWNER, STATUS_INVALID_PRIMARY_GROUP, STATUS_PRIVILEGE_NOT_HELD,
 * STATUS_INVALID_SECURITY_DESCR, STATUS_NO_MEMORY. Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/securitybaseapi/nf-securitybaseapi-setprivateobjectsecurityex
 */
NTSTATUS WINAPI RtlSetSecurityObjectEx(SECURITY_INFORMATION what, PSECURITY_DESCRIPTOR given,
    PSECURITY_DESCRIPTOR *object, ULONG flags, GENERIC_MAPPING *mapping, HANDLE token) {
    struct descriptor is = {0}, change = {0};
    void *copy = NULL, *change_copy = NULL;
    PSECURITY_DESCRIPTOR old = *object;
    ACL *sacl = NULL;
    NTSTATUS status = part_open(*object, &is, &copy);

    if (!status)
        status = part_open(given, &change, &change_copy);
    if (!status)
        status = change_check(&change, what, flags, token);
    if (!status)
        status = security_merge(&is, &change, what, &sacl);
    if (!status)
        status = private_keep(&is, object);
    if (!status) {
        const DWORD dacl = ((SECURITY_DESCRIPTOR_RELATIVE *)*object)->Dacl;

        if (what & DACL_SECURITY_INFORMATION && is.dacl)
            acl_map((ACL *)((BYTE *)*object + dacl), mapping);
        RtlFreeHeap(GetProcessHeap(), 0, old);
    }
    free(sacl);
    free(change_copy);
    free(copy);
    return status;
}

NTSTATUS WINAPI RtlSetSecurityObject(SECURITY_INFORMATION what, PSECURITY_DESCRIPTOR given,
    PSECURITY_DESCRIPTOR *object, GENERIC_MAPPING *mapping, HANDLE token) {
    return RtlSetSecurityObjectEx(what, given, object, 0, mapping, token);
}
