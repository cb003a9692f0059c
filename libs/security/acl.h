/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Access control lists and self-relative security descriptors as bytes ([MS-DTYP] 2.4.4 to 2.4.6): reading what was
 * checked, and writing.  dlls/ntdll has the program's own functions for these; what is here serves the server as well.
 */
#ifndef WINIPC_SECURITY_ACL_H
#define WINIPC_SECURITY_ACL_H

#include "libs/security/sid.h"

#define DESCRIPTOR_MAX 65535u /* bytes that are kept of a descriptor */

/* One entry, of any type that names a right and a SID. */
struct ace {
    uint8_t type, flags;
    uint32_t mask;
    const struct sid *sid; /* NULL: a type that is not known here */
    const GUID *object;    /* NULL: none */
};

/* acl_check() - whether the list and its entries lie within @room bytes. */
bool acl_check(const void *acl, size_t room);
/* acl_next() - the entries of a checked list, one after the other.  *at: 0 at first.  Return: false at the end. */
bool acl_next(const ACL *acl, uint32_t *at, struct ace *ace);
/* acl_begin(), acl_add() - write a list into memory of which @room bytes are left.  Return: false when it does not fit.
 */
bool acl_begin(void *acl, size_t room);
bool acl_add(void *acl, size_t room, uint8_t type, uint8_t flags, uint32_t mask, const struct sid *sid);

/* A descriptor's parts; dacl: NULL, present or not: everybody everything. */
struct descriptor {
    uint16_t control;
    const struct sid *owner, *group;
    const ACL *sacl, *dacl;
};

/* descriptor_open() - checks a self-relative descriptor of @size bytes.  Return: 0 or -EINVAL. */
int descriptor_open(struct descriptor *descriptor, const void *bytes, size_t size);
/* descriptor_size() - bytes that it takes. */
size_t descriptor_size(const struct descriptor *descriptor);
/* descriptor_write() - Return: its size, 0 when it does not fit into @room bytes. */
size_t descriptor_write(const struct descriptor *descriptor, void *bytes, size_t room);

#endif
