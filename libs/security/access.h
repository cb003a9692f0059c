/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The access check ([MS-DTYP] 2.5.3): what a token may do with an object that has a descriptor.  The server asks it
 * when a name is opened, ntdll for the rest.
 */
#ifndef WINIPC_SECURITY_ACCESS_H
#define WINIPC_SECURITY_ACCESS_H

#include "libs/arena/arena.h"
#include "libs/security/token.h"

struct access_question {
    const struct descriptor *descriptor;
    const struct token_body *token;
    const GENERIC_MAPPING *mapping;
    uint32_t desired;       /* generic rights are mapped here; MAXIMUM_ALLOWED, ACCESS_SYSTEM_SECURITY */
    const struct sid *self; /* in the place of SELF (S-1-5-10); may be NULL */
    const GUID *types;      /* the path to a property: entries for one of these count too, others for a type do not */
    unsigned n_types;
};

/* access_check() - @granted: what was asked for, or with MAXIMUM_ALLOWED all that is allowed.
 * @used: privileges that it took, PRIVILEGE_BIT each; may be NULL.
 * Return: 0, -EACCES, -EPERM (ACCESS_SYSTEM_SECURITY without the privilege). */
int access_check(const struct access_question *question, uint32_t *granted, uint64_t *used);

/* access_rights() - all bits that the descriptor allows, for AccessCheckByTypeResultList. */
uint32_t access_rights(const struct access_question *question, uint64_t *used);

/* access_map() - generic rights become those of a type. */
uint32_t access_map(const GENERIC_MAPPING *mapping, uint32_t access);

/* acl_map() - the same for all entries of a checked list. */
void acl_map(ACL *acl, const GENERIC_MAPPING *mapping);

/* acl_inherit() - adds to a list what a new object inherits of the list of what it lies in.  Return: false: no room. */
struct inherit {
    const struct sid *owner, *group; /* of the new object: in the place of CREATOR OWNER and CREATOR GROUP */
    const GENERIC_MAPPING *mapping;
    bool is_container;
    bool marks; /* entries are INHERITED_ACE */
};
bool acl_inherit(const ACL *from, const struct inherit *how, void *to, size_t room);

/* access_mapping() - what generic rights are for a type; all that it has are GenericAll. */
const GENERIC_MAPPING *access_mapping(enum cell_type type);

/* ---- objects of the arena ---- */

/* Where object_allows() puts what it reads. */
struct access_scratch {
    _Alignas(8) uint8_t descriptor[DESCRIPTOR_MAX + 1];
    _Alignas(8) uint8_t token[TOKEN_BODY_MAX + 1];
    union token_room user;
};

/* access_token() - the token that decides for a thread (@thread: its slot) of process slot @process: what it
 * impersonates, or its process's.  Return: its cell, or NO_CELL for one that says what the user's account says. */
uint32_t access_token(uint32_t process, uint32_t thread);
/* token_is_plain() - whether the token in @cell says what the user's account says. */
bool token_is_plain(uint32_t cell);
/* access_token_body() - what the token in @cell (NO_CELL: as above) says; NULL if it is no token. */
const struct token_body *access_token_body(uint32_t cell, uint32_t uid, struct access_scratch *scratch);
/* security_cell() - the object whose descriptor decides over the one in @cell: of a named pipe's end that is the pipe.
 */
uint32_t security_cell(uint32_t cell);
/* object_descriptor() - the descriptor of the object in @cell: what is kept, or what such an object has by default.
 * Return: its size, 0 if what stands in the arena is garbage. */
size_t object_descriptor(uint32_t cell, uint32_t uid, struct access_scratch *scratch);
/* descriptor_default() - that of an object of @type which a token's owner makes without giving one. */
size_t descriptor_default(const struct token_body *token, enum cell_type type, void *bytes, size_t room);
/* object_allows() - access_check() with the object's own descriptor.
 * Return: as that, -ENOTSUP: the token is good for being looked at only; -EINVAL: garbage. */
int object_allows(
    uint32_t cell, uint32_t token, uint32_t uid, uint32_t desired, struct access_scratch *scratch, uint32_t *granted);
/* object_allows_at_once() - whether nothing stands against @desired, told by a look at two words. */
bool object_allows_at_once(uint32_t cell, uint32_t token, uint32_t desired);

#endif
