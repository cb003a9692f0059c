/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Security descriptors of files.  Linux keeps owner, group and mode: a descriptor is made of these, and one that is set
 * becomes these.  Who reads and writes a file is decided by Linux alone.  Entries for the system and the administrators
 * say nothing to Linux and are passed over, as are those that only new files in a folder would inherit; an entry for
 * anybody else cannot be kept, and is refused.
 */
#include "dlls/ntdll/security_file.h"

#include <ntstatus.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dlls/ntdll/file.h"
#include "dlls/ntdll/object.h"

#define OWNER_ALWAYS                                                                                                   \
    (READ_CONTROL | WRITE_DAC | WRITE_OWNER | FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES | SYNCHRONIZE)

bool security_file_has(uint32_t cell) {
    return !file_kind_is_shared(cell_at(cell)->file.kind) && cell_at(cell)->file.kind != FILE_KIND_SOCKET;
}

/* ---- reading ---- */

static uint32_t rights_of_mode(unsigned bits) {
    return (bits & 4 ? FILE_GENERIC_READ : 0) | (bits & 2 ? FILE_GENERIC_WRITE | DELETE | FILE_DELETE_CHILD : 0) |
           (bits & 1 ? FILE_GENERIC_EXECUTE : 0) | (bits == 7 ? FILE_ALL_ACCESS & ~(WRITE_DAC | WRITE_OWNER) : 0);
}

static NTSTATUS file_about(HANDLE handle, struct stat *about) {
    NTSTATUS status;
    struct file *file = file_from_handle(handle, 0, NULL, &status);

    if (!file)
        return status;
    status = file->fd >= 0 && !fstat(file->fd, about) ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
    file_put(file);
    return status;
}

size_t security_file_read(HANDLE handle, void *bytes, size_t room) {
    const struct sid world = sid_make(1, 1, SECURITY_WORLD_RID, 0),
                     system = sid_make(5, 1, SECURITY_LOCAL_SYSTEM_RID, 0);
    _Alignas(4) uint8_t dacl[512];
    struct sid owner, group;
    struct stat about;
    uint32_t rights[3];

    if (file_about(handle, &about))
        return 0;
    owner = sid_of_user(about.st_uid);
    group = sid_of_group(about.st_gid);
    for (unsigned i = 0; i < 3; i++)
        rights[i] = rights_of_mode(about.st_mode >> (6 - 3 * i) & 7);
    acl_begin(dacl, sizeof dacl);
    acl_add(dacl, sizeof dacl, ACCESS_ALLOWED_ACE_TYPE, 0, rights[0] | OWNER_ALWAYS, &owner);
    acl_add(dacl, sizeof dacl, ACCESS_ALLOWED_ACE_TYPE, 0, FILE_ALL_ACCESS, &system);
    /* Linux looks at one of the three alone: what a group may less than others is denied */
    if (rights[2] & ~rights[1])
        acl_add(dacl, sizeof dacl, ACCESS_DENIED_ACE_TYPE, 0, rights[2] & ~rights[1], &group);
    if (rights[1])
        acl_add(dacl, sizeof dacl, ACCESS_ALLOWED_ACE_TYPE, 0, rights[1], &group);
    if (rights[2])
        acl_add(dacl, sizeof dacl, ACCESS_ALLOWED_ACE_TYPE, 0, rights[2], &world);
    return descriptor_write(&(struct descriptor){SE_DACL_PRESENT, &owner, &group, NULL, (ACL *)dacl}, bytes, room);
}

/* ---- changing ---- */

/* Return: whether @sid is an account here, and whose. */
static bool sid_is_user(const struct sid *sid, uid_t *uid) {
    const struct sid first = sid_account(0);
    const uint32_t rid = sid->sub[4];

    if (sid->n_sub != 5 || memcmp(sid, &first, offsetof(struct sid, sub) + 4 * sizeof(uint32_t)))
        return false;
    *uid = rid == DOMAIN_USER_RID_ADMIN ? 0 : rid - 1000;
    return rid == DOMAIN_USER_RID_ADMIN || (rid > 1000 && rid < 0x40000000u);
}

static bool sid_is_group(const struct sid *sid, gid_t *gid) {
    const struct sid first = sid_account(0);

    if (sid->n_sub != 5 || memcmp(sid, &first, offsetof(struct sid, sub) + 4 * sizeof(uint32_t)))
        return false;
    *gid = sid->sub[4] & ~0x40000000u;
    return sid->sub[4] >= 0x40000000u && sid->sub[4] < 0x80000000u;
}

/* Everybody, under each of his names. */
static const struct {
    uint8_t authority, n;
    uint32_t sub[2];
} everybody[] = {
    {1, 1, {SECURITY_WORLD_RID}},
    {5, 1, {SECURITY_AUTHENTICATED_USER_RID}},
    {5, 1, {SECURITY_INTERACTIVE_RID}},
    {5, 2, {SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_USERS}},
};
#define EVERYBODY (sizeof everybody / sizeof everybody[0])

static bool sid_is_everybody(const struct sid *sid) {
    for (unsigned i = 0; i < EVERYBODY; i++) {
        const struct sid one =
            sid_make(everybody[i].authority, everybody[i].n, everybody[i].sub[0], everybody[i].sub[1]);

        if (sid_same(sid, &one))
            return true;
    }
    return false;
}

/* Whether an entry for @sid is kept, or needs not be. */
static bool sid_is_kept(const struct sid *sid, const struct sid *owner, const struct sid *group) {
    const struct sid system = sid_make(5, 1, SECURITY_LOCAL_SYSTEM_RID, 0);
    const struct sid administrators = sid_make(5, 2, SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_ADMINS);
    const struct sid rights = sid_make(3, 1, SECURITY_CREATOR_OWNER_RIGHTS_RID, 0);

    return sid_same(sid, owner) || sid_same(sid, group) || sid_same(sid, &system) || sid_same(sid, &administrators) ||
           sid_same(sid, &rights) || sid_is_everybody(sid);
}

/* What the list lets somebody do who is @first, perhaps @second, and everybody; as mode bits. */
static unsigned mode_of(const struct descriptor *is, const struct sid *first, const struct sid *second) {
    union token_room room = {0};
    struct token_body *token = &room.body;
    const struct access_question question = {.descriptor = is, .token = token, .mapping = access_mapping(CELL_FILE)};
    uint64_t used = 0;
    uint32_t rights;

    token->integrity = SECURITY_MANDATORY_SYSTEM_RID;
    token->entry[0] = (struct token_entry){0, *first};
    for (unsigned i = 0; i < EVERYBODY; i++)
        token->entry[++token->n_groups] = (struct token_entry){SE_GROUP_ENABLED,
            sid_make(everybody[i].authority, everybody[i].n, everybody[i].sub[0], everybody[i].sub[1])};
    if (second)
        token->entry[++token->n_groups] = (struct token_entry){SE_GROUP_ENABLED, *second};
    rights = access_rights(&question, &used);
    return (rights & FILE_READ_DATA ? 4u : 0) | (rights & FILE_WRITE_DATA ? 2u : 0) | (rights & FILE_EXECUTE ? 1u : 0);
}

static NTSTATUS mode_of_list(const struct descriptor *is, mode_t *mode) {
    const struct sid nobody = sid_make(0, 1, 0, 0);
    struct ace ace;

    for (uint32_t at = 0; is->dacl && acl_next(is->dacl, &at, &ace);) {
        if (!(ace.flags & INHERIT_ONLY_ACE) && (!ace.sid || !sid_is_kept(ace.sid, is->owner, is->group)))
            return STATUS_NOT_SUPPORTED;
    }
    *mode = (mode_t)(mode_of(is, is->owner, is->group) << 6 | mode_of(is, is->group, NULL) << 3 |
                     mode_of(is, &nobody, NULL));
    return STATUS_SUCCESS;
}

static NTSTATUS status_of_errno(void) {
    return errno == EPERM || errno == EACCES || errno == EROFS ? STATUS_ACCESS_DENIED : STATUS_NOT_SUPPORTED;
}

/* A descriptor that was opened for neither reading nor writing is good for no fchmod(). */
static int mode_set(int fd, mode_t mode) {
    char path[32];

    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return chmod(path, mode);
}

NTSTATUS security_file_write(HANDLE handle, const void *bytes, size_t size, SECURITY_INFORMATION what) {
    uid_t uid = (uid_t)-1;
    gid_t gid = (gid_t)-1;
    struct descriptor is;
    struct stat about;
    struct file *file;
    mode_t mode = 0;
    NTSTATUS status = descriptor_open(&is, bytes, size) ? STATUS_INVALID_SECURITY_DESCR : STATUS_SUCCESS;

    if (!status && is.control & SE_SACL_PRESENT && is.sacl && is.sacl->AceCount)
        return STATUS_NOT_SUPPORTED;
    if ((what & OWNER_SECURITY_INFORMATION && !sid_is_user(is.owner, &uid)) ||
        (what & GROUP_SECURITY_INFORMATION && !sid_is_group(is.group, &gid)))
        return STATUS_NOT_SUPPORTED;
    if (!status && what & DACL_SECURITY_INFORMATION)
        status = mode_of_list(&is, &mode);
    if (status)
        return status;
    file = file_from_handle(handle, 0, NULL, &status);
    if (!file)
        return status;
    if (file->fd < 0 || fstat(file->fd, &about))
        status = STATUS_INVALID_HANDLE;
    else if (what & (OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION) &&
             fchownat(file->fd, "", uid, gid, AT_EMPTY_PATH))
        status = status_of_errno();
    else if (what & DACL_SECURITY_INFORMATION && mode_set(file->fd, (about.st_mode & 07000) | mode))
        status = status_of_errno();
    file_put(file);
    return status;
}
