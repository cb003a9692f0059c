/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists and descriptors as bytes; see acl.h. */
#include "libs/security/acl.h"

#include <errno.h>
#include <string.h>

#include "dlls/ntdll/ace.h"

struct mask_ace {
    ACE_HEADER header;
    uint32_t mask;
};

static bool type_is_object(uint8_t type) {
    return type == ACCESS_ALLOWED_OBJECT_ACE_TYPE || type == ACCESS_DENIED_OBJECT_ACE_TYPE ||
           type == SYSTEM_AUDIT_OBJECT_ACE_TYPE || type == SYSTEM_ALARM_OBJECT_ACE_TYPE;
}

static bool type_is_plain(uint8_t type) {
    return type <= SYSTEM_AUDIT_ACE_TYPE || type == SYSTEM_MANDATORY_LABEL_ACE_TYPE;
}

/* Reads the entry at @header, which lies within the list.  Return: false if its own size belies its form. */
static bool ace_read(const ACE_HEADER *header, struct ace *ace) {
    const struct mask_ace *from = (const struct mask_ace *)header;
    size_t at = sizeof *from;
    uint32_t objects = 0;

    *ace = (struct ace){.type = header->AceType, .flags = header->AceFlags};
    if (!type_is_plain(header->AceType) && !type_is_object(header->AceType))
        return true;
    if (header->AceSize < sizeof *from)
        return false;
    ace->mask = from->mask;
    if (type_is_object(header->AceType)) {
        if (header->AceSize < at + sizeof objects)
            return false;
        memcpy(&objects, (const uint8_t *)header + at, sizeof objects);
        at += sizeof objects;
        if (objects & ACE_OBJECT_TYPE_PRESENT)
            ace->object = (const GUID *)((const uint8_t *)header + at);
        at += (objects & ACE_OBJECT_TYPE_PRESENT ? sizeof(GUID) : 0) +
              (objects & ACE_INHERITED_OBJECT_TYPE_PRESENT ? sizeof(GUID) : 0);
    }
    ace->sid = (const struct sid *)((const uint8_t *)header + at);
    return at <= header->AceSize && sid_within(ace->sid, header->AceSize - at);
}

bool acl_check(const void *bytes, size_t room) {
    const ACL *acl = bytes;
    uint32_t at = sizeof *acl;
    struct ace ace;

    if (room < sizeof *acl || acl->AclSize > room || acl->AclSize < sizeof *acl ||
        acl->AclRevision < MIN_ACL_REVISION || acl->AclRevision > MAX_ACL_REVISION)
        return false;
    for (unsigned i = 0; i < acl->AceCount; i++) {
        const ACE_HEADER *header = (const ACE_HEADER *)((const uint8_t *)bytes + at);

        if (at + sizeof *header > acl->AclSize || header->AceSize < sizeof *header || header->AceSize & 3 ||
            at + header->AceSize > acl->AclSize || !ace_read(header, &ace))
            return false;
        at += header->AceSize;
    }
    return true;
}

bool acl_next(const ACL *acl, uint32_t *at, struct ace *ace) {
    const uint32_t first = sizeof *acl;
    const uint32_t here = *at ? *at & 0xffff : first, seen = *at >> 16;
    const ACE_HEADER *header = (const ACE_HEADER *)((const uint8_t *)acl + here);

    if (seen >= acl->AceCount)
        return false;
    ace_read(header, ace);
    *at = (here + header->AceSize) | (seen + 1) << 16;
    return true;
}

bool acl_begin(void *bytes, size_t room) {
    if (room < sizeof(ACL))
        return false;
    *(ACL *)bytes = (ACL){.AclRevision = ACL_REVISION, .AclSize = sizeof(ACL)};
    return true;
}

bool acl_add(void *bytes, size_t room, uint8_t type, uint8_t flags, uint32_t mask, const struct sid *sid) {
    ACL *acl = bytes;
    const size_t size = sizeof(struct mask_ace) + sid_size(sid);
    struct mask_ace *ace = (struct mask_ace *)((uint8_t *)bytes + acl->AclSize);

    if (acl->AclSize + size > room || acl->AclSize + size > MAXWORD)
        return false;
    *ace = (struct mask_ace){{type, flags, (WORD)size}, mask};
    memcpy(ace + 1, sid, sid_size(sid));
    acl->AclSize = (WORD)(acl->AclSize + size);
    acl->AceCount++;
    return true;
}

/* ---- descriptors ---- */

/* Return: whether @offset is 0, or that of a part behind the header. */
static bool part_begins(uint32_t offset, size_t size) {
    return !offset || (offset >= sizeof(SECURITY_DESCRIPTOR_RELATIVE) && offset < size && !(offset & 3));
}

int descriptor_open(struct descriptor *descriptor, const void *bytes, size_t size) {
    const SECURITY_DESCRIPTOR_RELATIVE *header = bytes;
    const uint8_t *base = bytes;

    if (size < sizeof *header || header->Revision != SECURITY_DESCRIPTOR_REVISION ||
        !(header->Control & SE_SELF_RELATIVE) || !part_begins(header->Owner, size) ||
        !part_begins(header->Group, size) || !part_begins(header->Sacl, size) || !part_begins(header->Dacl, size))
        return -EINVAL;
    *descriptor = (struct descriptor){.control = header->Control};
    if (header->Owner)
        descriptor->owner = (const struct sid *)(base + header->Owner);
    if (header->Group)
        descriptor->group = (const struct sid *)(base + header->Group);
    if (header->Control & SE_SACL_PRESENT && header->Sacl)
        descriptor->sacl = (const ACL *)(base + header->Sacl);
    if (header->Control & SE_DACL_PRESENT && header->Dacl)
        descriptor->dacl = (const ACL *)(base + header->Dacl);
    if ((descriptor->owner && !sid_within(descriptor->owner, size - header->Owner)) ||
        (descriptor->group && !sid_within(descriptor->group, size - header->Group)) ||
        (descriptor->sacl && !acl_check(descriptor->sacl, size - header->Sacl)) ||
        (descriptor->dacl && !acl_check(descriptor->dacl, size - header->Dacl)))
        return -EINVAL;
    return 0;
}

static size_t padded(size_t size) {
    return (size + 3) & ~(size_t)3;
}

size_t descriptor_size(const struct descriptor *descriptor) {
    return sizeof(SECURITY_DESCRIPTOR_RELATIVE) + (descriptor->owner ? sid_size(descriptor->owner) : 0) +
           (descriptor->group ? sid_size(descriptor->group) : 0) +
           (descriptor->sacl ? padded(descriptor->sacl->AclSize) : 0) +
           (descriptor->dacl ? padded(descriptor->dacl->AclSize) : 0);
}

/* Return: where the part was put, 0 for none. */
static uint32_t part_put(void *bytes, size_t *at, const void *part, size_t size) {
    const uint32_t offset = (uint32_t)*at;

    if (!part)
        return 0;
    memset((uint8_t *)bytes + offset, 0, padded(size));
    memcpy((uint8_t *)bytes + offset, part, size);
    *at += padded(size);
    return offset;
}

size_t descriptor_write(const struct descriptor *descriptor, void *bytes, size_t room) {
    const size_t size = descriptor_size(descriptor);
    SECURITY_DESCRIPTOR_RELATIVE header = {
        .Revision = SECURITY_DESCRIPTOR_REVISION, .Control = descriptor->control | SE_SELF_RELATIVE};
    size_t at = sizeof header;

    if (size > room)
        return 0;
    header.Sacl = part_put(bytes, &at, descriptor->sacl, descriptor->sacl ? descriptor->sacl->AclSize : 0);
    header.Dacl = part_put(bytes, &at, descriptor->dacl, descriptor->dacl ? descriptor->dacl->AclSize : 0);
    header.Owner = part_put(bytes, &at, descriptor->owner, descriptor->owner ? sid_size(descriptor->owner) : 0);
    header.Group = part_put(bytes, &at, descriptor->group, descriptor->group ? sid_size(descriptor->group) : 0);
    memcpy(bytes, &header, sizeof header);
    return size;
}
