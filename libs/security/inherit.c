/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a new object inherits of the list of the one that it lies in ([MS-DTYP] 2.5.3.4). */
#include "libs/security/access.h"

/* Whom an entry is for: CREATOR OWNER and CREATOR GROUP stand for the new object's own.  Return: whether @sid was one
 * of these. */
static bool creator_replace(const struct inherit *how, const struct sid **sid) {
    const struct sid owner = sid_make(3, 1, SECURITY_CREATOR_OWNER_RID, 0),
                     group = sid_make(3, 1, SECURITY_CREATOR_GROUP_RID, 0);

    if (sid_same(*sid, &owner) && how->owner)
        *sid = how->owner;
    else if (sid_same(*sid, &group) && how->group)
        *sid = how->group;
    else
        return false;
    return true;
}

static bool entry_inherit(const struct inherit *how, const struct ace *ace, void *to, size_t room) {
    const uint8_t both = CONTAINER_INHERIT_ACE | OBJECT_INHERIT_ACE, mark = how->marks ? INHERITED_ACE : 0;
    const uint8_t audit = ace->flags & (SUCCESSFUL_ACCESS_ACE_FLAG | FAILED_ACCESS_ACE_FLAG);
    const uint8_t on = how->is_container && !(ace->flags & NO_PROPAGATE_INHERIT_ACE) ? ace->flags & both : 0;
    const bool holds = ace->flags & (how->is_container ? CONTAINER_INHERIT_ACE : OBJECT_INHERIT_ACE);
    const uint32_t mask = access_map(how->mapping, ace->mask);
    const struct sid *sid = ace->sid;

    if (!sid || ace->object)
        return true; /* entries for one type of object are not handed down here */
    if (!holds)
        return !on || acl_add(to, room, ace->type, on | audit | mark | INHERIT_ONLY_ACE, ace->mask, sid);
    if (!creator_replace(how, &sid) && (!on || mask == ace->mask))
        return acl_add(to, room, ace->type, on | audit | mark, mask, sid);
    /* here it says something else than it is to say below */
    return acl_add(to, room, ace->type, audit | mark, mask, sid) &&
           (!on || acl_add(to, room, ace->type, on | audit | mark | INHERIT_ONLY_ACE, ace->mask, ace->sid));
}

bool acl_inherit(const ACL *from, const struct inherit *how, void *to, size_t room) {
    struct ace ace;
    uint32_t at = 0;

    while (from && acl_next(from, &at, &ace)) {
        if (!entry_inherit(how, &ace, to, room))
            return false;
    }
    return true;
}
