/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists by their entries' meaning (MSDN: aclapi.h): who gets, loses or is denied what. */
#include "dlls/advapi32/security.h"

#include <accctrl.h>
#include <aclapi.h>
#include <lmcons.h>
#include <stdlib.h>
#include <string.h>

#include <ntstatus.h>

/* ---- trustees ---- */

/* The layouts of the A and W forms are the same: only their text differs. */
void WINAPI BuildTrusteeWithSidW(TRUSTEE_W *trustee, PSID sid) {
    *trustee = (TRUSTEE_W){.TrusteeForm = TRUSTEE_IS_SID, .TrusteeType = TRUSTEE_IS_UNKNOWN, .ptstrName = sid};
}

void WINAPI BuildTrusteeWithSidA(TRUSTEE_A *trustee, PSID sid) {
    *trustee = (TRUSTEE_A){.TrusteeForm = TRUSTEE_IS_SID, .TrusteeType = TRUSTEE_IS_UNKNOWN, .ptstrName = sid};
}

void WINAPI BuildTrusteeWithNameW(TRUSTEE_W *trustee, WCHAR *name) {
    *trustee = (TRUSTEE_W){.TrusteeForm = TRUSTEE_IS_NAME, .TrusteeType = TRUSTEE_IS_UNKNOWN, .ptstrName = name};
}

void WINAPI BuildTrusteeWithNameA(TRUSTEE_A *trustee, char *name) {
    *trustee = (TRUSTEE_A){.TrusteeForm = TRUSTEE_IS_NAME, .TrusteeType = TRUSTEE_IS_UNKNOWN, .ptstrName = name};
}

/** BuildExplicitAccessWithNameW() - fills an entry for SetEntriesInAcl. */
void WINAPI BuildExplicitAccessWithNameW(
    EXPLICIT_ACCESS_W *access, WCHAR *name, DWORD rights, ACCESS_MODE mode, DWORD inheritance) {
    *access = (EXPLICIT_ACCESS_W){.grfAccessPermissions = rights, .grfAccessMode = mode, .grfInheritance = inheritance};
    BuildTrusteeWithNameW(&access->Trustee, name);
}

void WINAPI BuildExplicitAccessWithNameA(
    EXPLICIT_ACCESS_A *access, char *name, DWORD rights, ACCESS_MODE mode, DWORD inheritance) {
    *access = (EXPLICIT_ACCESS_A){.grfAccessPermissions = rights, .grfAccessMode = mode, .grfInheritance = inheritance};
    BuildTrusteeWithNameA(&access->Trustee, name);
}

/* The SID that a trustee is.  @narrow: its name is one of bytes.  Return: an error. */
static DWORD trustee_sid(const TRUSTEE_W *trustee, BOOL narrow, PSID sid) {
    DWORD size = SECURITY_MAX_SID_SIZE, n = DNLEN + 16;
    WCHAR domain[DNLEN + 16], wide[UNLEN + DNLEN + 2];
    SID_NAME_USE use;

    if (trustee->pMultipleTrustee)
        return ERROR_INVALID_PARAMETER;
    if (trustee->TrusteeForm == TRUSTEE_IS_SID)
        return RtlCopySid(size, sid, (PSID)trustee->ptstrName) ? ERROR_SUCCESS : ERROR_INVALID_PARAMETER;
    if (trustee->TrusteeForm != TRUSTEE_IS_NAME || !trustee->ptstrName)
        return ERROR_INVALID_PARAMETER;
    if (narrow && !MultiByteToWideChar(CP_ACP, 0, (const char *)trustee->ptstrName, -1, wide, UNLEN + DNLEN + 2))
        return ERROR_NONE_MAPPED;
    return LookupAccountNameW(NULL, narrow ? wide : trustee->ptstrName, sid, &size, domain, &n, &use) ? ERROR_SUCCESS
                                                                                                      : GetLastError();
}

/* ---- changing a list ---- */

struct sid_ace {
    ACE_HEADER header;
    DWORD mask;
    BYTE sid[SECURITY_MAX_SID_SIZE];
};

static BOOL ace_is_for(const struct sid_ace *ace, PSID sid) {
    return (ace->header.AceType == ACCESS_ALLOWED_ACE_TYPE || ace->header.AceType == ACCESS_DENIED_ACE_TYPE) &&
           !(ace->header.AceFlags & INHERITED_ACE) && RtlEqualSid((PSID)ace->sid, sid);
}

/* Takes out what a new entry for @sid replaces; *mask: receives rights that the new entry gives as well. */
static void entries_remove(ACL *acl, PSID sid, ACCESS_MODE mode, DWORD inheritance, DWORD *mask) {
    struct sid_ace *ace;

    for (DWORD i = acl->AceCount; i--;) {
        BOOL same;

        if (RtlGetAce(acl, i, (void **)&ace) || !ace_is_for(ace, sid))
            continue;
        same = (mode == GRANT_ACCESS) == (ace->header.AceType == ACCESS_ALLOWED_ACE_TYPE) &&
               (ace->header.AceFlags & VALID_INHERIT_FLAGS) == inheritance;
        if (mode == GRANT_ACCESS || mode == DENY_ACCESS) {
            if (!same)
                continue;
            *mask |= ace->mask;
        }
        RtlDeleteAce(acl, i);
    }
}

/* The place of a new entry: denials stand first, grants behind those, both before what was inherited or was there. */
static NTSTATUS entry_insert(ACL *acl, BOOL deny, DWORD flags, DWORD mask, PSID sid) {
    struct sid_ace ace = {{deny ? ACCESS_DENIED_ACE_TYPE : ACCESS_ALLOWED_ACE_TYPE, (BYTE)flags, 0}, mask, {0}};
    struct sid_ace *other;
    DWORD at = 0;

    RtlCopySid(sizeof ace.sid, ace.sid, sid);
    ace.header.AceSize = (WORD)(offsetof(struct sid_ace, sid) + RtlLengthSid(sid));
    while (!deny && at < acl->AceCount && !RtlGetAce(acl, at, (void **)&other) &&
           other->header.AceType == ACCESS_DENIED_ACE_TYPE && !(other->header.AceFlags & INHERITED_ACE))
        at++;
    return RtlAddAce(acl, acl->AclRevision, at, &ace.header, ace.header.AceSize);
}

/* What becomes of one EXPLICIT_ACCESS. */
struct change {
    ACCESS_MODE mode;
    DWORD inheritance, mask;
    BYTE sid[SECURITY_MAX_SID_SIZE];
};

/* Reads one, and takes out of the list what it replaces. */
static DWORD change_begin(ACL *acl, const EXPLICIT_ACCESS_W *entry, BOOL narrow, struct change *change) {
    const DWORD error = trustee_sid(&entry->Trustee, narrow, change->sid);

    if (error)
        return error;
    if (entry->grfAccessMode < GRANT_ACCESS || entry->grfAccessMode > REVOKE_ACCESS)
        return ERROR_INVALID_PARAMETER;
    change->mode = entry->grfAccessMode;
    change->inheritance = entry->grfInheritance & VALID_INHERIT_FLAGS & ~INHERITED_ACE;
    change->mask = entry->grfAccessPermissions;
    entries_remove(acl, change->sid, change->mode, change->inheritance, &change->mask);
    return ERROR_SUCCESS;
}

/* All take out first, then all put in, the last one first: so they stand in their order, before what was there. */
static DWORD changes_apply(ACL *acl, ULONG n, const EXPLICIT_ACCESS_W *entries, BOOL narrow) {
    struct change *changes = calloc(n ? n : 1, sizeof *changes);
    DWORD error = changes ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;

    for (ULONG i = 0; i < n && !error; i++)
        error = change_begin(acl, &entries[i], narrow, &changes[i]);
    for (ULONG i = n; i-- && !error;) {
        if (changes[i].mode != REVOKE_ACCESS)
            error = RtlNtStatusToDosError(entry_insert(
                acl, changes[i].mode == DENY_ACCESS, changes[i].inheritance, changes[i].mask, changes[i].sid));
    }
    free(changes);
    return error;
}

static DWORD entries_set(ULONG n, const EXPLICIT_ACCESS_W *entries, BOOL narrow, const ACL *old, ACL **made) {
    const DWORD most = sizeof(struct sid_ace), size = (old ? old->AclSize : sizeof(ACL)) + n * most;
    DWORD error;
    ACL *acl;

    if (!made || size > MAXWORD)
        return ERROR_INVALID_PARAMETER;
    *made = NULL;
    if (old && !RtlValidAcl((ACL *)old))
        return ERROR_INVALID_ACL;
    if (!n && !old)
        return ERROR_SUCCESS;
    acl = LocalAlloc(LMEM_FIXED | LMEM_ZEROINIT, size);
    if (!acl)
        return ERROR_NOT_ENOUGH_MEMORY;
    RtlCreateAcl(acl, size, ACL_REVISION);
    if (old) {
        memcpy(acl, old, old->AclSize);
        acl->AclSize = (WORD)(size & ~3u);
    }
    error = changes_apply(acl, n, entries, narrow);
    if (error)
        LocalFree(acl);
    else
        *made = acl;
    return error;
}

/**
 * SetEntriesInAclW() - a new list of an old one and of entries that grant, set, deny or revoke rights.
 * @old: NULL: none.  @made: receives memory for LocalFree.
 * Return: ERROR_SUCCESS, ERROR_INVALID_PARAMETER, ERROR_INVALID_ACL, ERROR_NONE_MAPPED, ERROR_NOT_ENOUGH_MEMORY.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/aclapi/nf-aclapi-setentriesinaclw
 */
DWORD WINAPI SetEntriesInAclW(ULONG n, EXPLICIT_ACCESS_W *entries, ACL *old, ACL **made) {
    return entries_set(n, entries, FALSE, old, made);
}

/** SetEntriesInAclA() - see SetEntriesInAclW(). */
DWORD WINAPI SetEntriesInAclA(ULONG n, EXPLICIT_ACCESS_A *entries, ACL *old, ACL **made) {
    return entries_set(n, (EXPLICIT_ACCESS_W *)entries, TRUE, old, made);
}

/* ---- reading one ---- */

/* Whether an entry for @sid is one for @who: himself, everybody, and of this process's user his groups. */
static BOOL sid_counts(PSID sid, PSID who) {
    SID world = {SID_REVISION, 1, {SECURITY_WORLD_SID_AUTHORITY}, {SECURITY_WORLD_RID}};
    BYTE user[200];
    ULONG size;
    BOOL is_member = FALSE;

    if (RtlEqualSid(sid, who) || RtlEqualSid(sid, &world))
        return TRUE;
    if (NtQueryInformationToken((HANDLE)-4, TokenUser, user, sizeof user, &size) ||
        !RtlEqualSid(((TOKEN_USER *)user)->User.Sid, who))
        return FALSE;
    return CheckTokenMembership(NULL, sid, &is_member) && is_member;
}

static DWORD effective_rights(ACL *acl, const TRUSTEE_W *trustee, BOOL narrow, ACCESS_MASK *rights) {
    BYTE who[SECURITY_MAX_SID_SIZE];
    struct sid_ace *ace;
    DWORD denied = 0, error = trustee_sid(trustee, narrow, who);

    if (error)
        return error;
    *rights = 0;
    if (!RtlValidAcl(acl))
        return ERROR_INVALID_ACL;
    for (DWORD i = 0; i < acl->AceCount && !RtlGetAce(acl, i, (void **)&ace); i++) {
        if (ace->header.AceType > ACCESS_DENIED_ACE_TYPE || ace->header.AceFlags & INHERIT_ONLY_ACE ||
            !sid_counts(ace->sid, who))
            continue;
        if (ace->header.AceType == ACCESS_ALLOWED_ACE_TYPE)
            *rights |= ace->mask & ~denied;
        else
            denied |= ace->mask & ~*rights;
    }
    return ERROR_SUCCESS;
}

/**
 * GetEffectiveRightsFromAclW() - what a list lets somebody do.  The groups of others than this process's user are not
 * known here.
 * Return: ERROR_SUCCESS, ERROR_INVALID_PARAMETER, ERROR_INVALID_ACL, ERROR_NONE_MAPPED.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/aclapi/nf-aclapi-geteffectiverightsfromaclw
 */
DWORD WINAPI GetEffectiveRightsFromAclW(ACL *acl, TRUSTEE_W *trustee, ACCESS_MASK *rights) {
    return effective_rights(acl, trustee, FALSE, rights);
}

DWORD WINAPI GetEffectiveRightsFromAclA(ACL *acl, TRUSTEE_A *trustee, ACCESS_MASK *rights) {
    return effective_rights(acl, (TRUSTEE_W *)trustee, TRUE, rights);
}

/**
 * GetExplicitEntriesFromAclW() - a list's entries as those of SetEntriesInAcl.
 * @entries: receives memory for LocalFree.
 * Return: ERROR_SUCCESS, ERROR_INVALID_ACL, ERROR_NOT_ENOUGH_MEMORY.
 */
DWORD WINAPI GetExplicitEntriesFromAclW(ACL *acl, ULONG *n, EXPLICIT_ACCESS_W **entries) {
    struct sid_ace *ace;
    BYTE *sids;

    *n = 0;
    *entries = NULL;
    if (!RtlValidAcl(acl))
        return ERROR_INVALID_ACL;
    if (!acl->AceCount)
        return ERROR_SUCCESS;
    *entries = LocalAlloc(LMEM_FIXED | LMEM_ZEROINIT, acl->AceCount * (sizeof **entries + SECURITY_MAX_SID_SIZE));
    if (!*entries)
        return ERROR_NOT_ENOUGH_MEMORY;
    sids = (BYTE *)(*entries + acl->AceCount);
    for (DWORD i = 0; i < acl->AceCount && !RtlGetAce(acl, i, (void **)&ace); i++) {
        EXPLICIT_ACCESS_W *entry = &(*entries)[*n];

        if (ace->header.AceType > ACCESS_DENIED_ACE_TYPE || ace->header.AceFlags & INHERITED_ACE)
            continue;
        RtlCopySid(SECURITY_MAX_SID_SIZE, sids, ace->sid);
        entry->grfAccessPermissions = ace->mask;
        entry->grfAccessMode = ace->header.AceType == ACCESS_ALLOWED_ACE_TYPE ? GRANT_ACCESS : DENY_ACCESS;
        entry->grfInheritance = ace->header.AceFlags & VALID_INHERIT_FLAGS;
        BuildTrusteeWithSidW(&entry->Trustee, sids);
        sids += SECURITY_MAX_SID_SIZE;
        (*n)++;
    }
    return ERROR_SUCCESS;
}

DWORD WINAPI GetExplicitEntriesFromAclA(ACL *acl, ULONG *n, EXPLICIT_ACCESS_A **entries) {
    return GetExplicitEntriesFromAclW(acl, n, (EXPLICIT_ACCESS_W **)entries); /* all of them are SIDs */
}
