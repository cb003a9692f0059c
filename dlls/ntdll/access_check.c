/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The access check for programs that guard objects of their own (Nt…AccessCheck…), and the question for privileges. */
#include "dlls/ntdll/access_check.h"
#include "dlls/ntdll/token.h"

#include <ntstatus.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "libs/host/guard.h"

#define GENERIC_RIGHTS (GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | GENERIC_ALL)
#define LEVELS_MAX (ACCESS_MAX_LEVEL + 1)

#ifndef ACCESS_MAX_LEVEL /* Wine's headers lack it */
#define ACCESS_MAX_LEVEL 4
#endif

/* What a call is about, read from the program. */
struct check {
    struct token token;
    void *bytes; /* the descriptor */
    struct descriptor descriptor;
    struct access_question question;
};

static void check_end(struct check *check) {
    free(check->bytes);
    token_put(&check->token);
}

static NTSTATUS check_begin(struct check *check, PSECURITY_DESCRIPTOR descriptor, PSID self, HANDLE token,
    ACCESS_MASK access, const GENERIC_MAPPING *mapping) {
    ULONG size;
    NTSTATUS status;

    memset(check, 0, sizeof *check);
    if (access & GENERIC_RIGHTS)
        return STATUS_GENERIC_NOT_MAPPED;
    status = token_get(token, TOKEN_QUERY, &check->token);
    if (status)
        return status;
    if (check->token.body->type != TokenImpersonation)
        status = STATUS_NO_IMPERSONATION_TOKEN;
    else if (check->token.body->level < SecurityIdentification)
        status = STATUS_BAD_IMPERSONATION_LEVEL;
    else
        status = security_copy(descriptor, &check->bytes, &size);
    if (!status && (descriptor_open(&check->descriptor, check->bytes, size) || !check->descriptor.owner ||
                       !check->descriptor.group))
        status = STATUS_INVALID_SECURITY_DESCR;
    if (status) {
        check_end(check);
        return status;
    }
    check->question = (struct access_question){.descriptor = &check->descriptor,
        .token = check->token.body,
        .mapping = mapping,
        .desired = access,
        .self = self};
    return STATUS_SUCCESS;
}

/* Tells which privileges were needed.  Return: STATUS_BUFFER_TOO_SMALL with *size set. */
static NTSTATUS privileges_tell(uint64_t used, PRIVILEGE_SET *set, ULONG *size) {
    const int n = __builtin_popcountll(used);
    const ULONG need = (ULONG)(offsetof(PRIVILEGE_SET, Privilege) + (n ? n : 1) * sizeof(LUID_AND_ATTRIBUTES));

    if (!set || !size)
        return STATUS_ACCESS_VIOLATION;
    if (*size < need) {
        *size = need;
        return STATUS_BUFFER_TOO_SMALL;
    }
    memset(set, 0, need);
    for (DWORD luid = 0; luid < 64; luid++) {
        if (used & PRIVILEGE_BIT(luid))
            set->Privilege[set->PrivilegeCount++] = (LUID_AND_ATTRIBUTES){{luid, 0}, SE_PRIVILEGE_USED_FOR_ACCESS};
    }
    return STATUS_SUCCESS;
}

/**
 * NtAccessCheck() - whether a descriptor lets a client do something.
 * @token: an impersonation token, for at least identification.
 * @access: no generic rights; or MAXIMUM_ALLOWED.
 * @set: receives the privileges that were needed; @size its bytes.
 * @granted, @result: the answer: what is granted, and STATUS_SUCCESS, STATUS_ACCESS_DENIED or
 * STATUS_PRIVILEGE_NOT_HELD. Return: STATUS_SUCCESS (there is an answer), STATUS_GENERIC_NOT_MAPPED,
 * STATUS_NO_IMPERSONATION_TOKEN, STATUS_BAD_IMPERSONATION_LEVEL, STATUS_INVALID_SECURITY_DESCR (no owner or group),
 * STATUS_BUFFER_TOO_SMALL, STATUS_ACCESS_VIOLATION, those of a wrong handle. Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/securitybaseapi/nf-securitybaseapi-accesscheck
 */
NTSTATUS WINAPI NtAccessCheck(PSECURITY_DESCRIPTOR descriptor, HANDLE token, ACCESS_MASK access,
    PGENERIC_MAPPING mapping, PPRIVILEGE_SET set, PULONG size, PULONG granted, NTSTATUS *result) {
    return NtAccessCheckByType(descriptor, NULL, token, access, NULL, 0, mapping, set, size, granted, result);
}

/* ---- objects with properties ---- */

/* The types from the root to @node, which decide which entries count for it.  Return: how many. */
static unsigned path_to(const OBJECT_TYPE_LIST *types, ULONG node, GUID path[LEVELS_MAX]) {
    const unsigned n = types[node].Level + 1u;
    unsigned level = n;

    for (ULONG i = node + 1; i-- && level;) {
        if (types[i].Level == level - 1)
            path[--level] = *types[i].ObjectType;
    }
    return n;
}

static bool types_are_valid(const OBJECT_TYPE_LIST *types, ULONG n) {
    for (ULONG i = 0; i < n; i++) {
        if (types[i].Level > ACCESS_MAX_LEVEL || !types[i].ObjectType || (!i && types[i].Level) ||
            (i && (!types[i].Level || types[i].Level > types[i - 1].Level + 1)))
            return false;
    }
    return true;
}

/* What is granted for each node: for the whole object what is granted for all its properties, too. */
static void rights_of_types(
    const struct check *check, const OBJECT_TYPE_LIST *types, ULONG n, uint32_t *rights, uint64_t *used) {
    for (ULONG i = n; i--;) {
        GUID path[LEVELS_MAX];
        struct access_question question = check->question;
        uint32_t common = ~0u;
        bool has_children = false;

        question.types = path;
        question.n_types = path_to(types, i, path);
        rights[i] = access_rights(&question, used);
        for (ULONG child = i + 1; child < n && types[child].Level > types[i].Level; child++) {
            if (types[child].Level == types[i].Level + 1) {
                common &= rights[child];
                has_children = true;
            }
        }
        rights[i] |= has_children ? common : 0;
    }
}

static NTSTATUS rights_answer(uint32_t rights, ACCESS_MASK access, const GENERIC_MAPPING *mapping, ULONG *granted) {
    const uint32_t asked = access & ~(ACCESS_MASK)MAXIMUM_ALLOWED;

    *granted = 0;
    if (asked & ~rights || !(rights & mapping->GenericAll))
        return STATUS_ACCESS_DENIED;
    *granted = access & MAXIMUM_ALLOWED ? rights & (mapping->GenericAll | asked) : asked;
    return STATUS_SUCCESS;
}

/* The answer for each of @n types; for one of them, or none, in the first. */
static NTSTATUS check_types(const struct check *check, const OBJECT_TYPE_LIST *types, ULONG n, ULONG *granted,
    NTSTATUS *results, uint64_t *used) {
    uint32_t *rights;

    if (!n) {
        results[0] = security_status(access_check(&check->question, (uint32_t *)granted, used));
        return STATUS_SUCCESS;
    }
    rights = calloc(n, sizeof *rights);
    if (!rights)
        return STATUS_NO_MEMORY;
    rights_of_types(check, types, n, rights, used);
    for (ULONG i = 0; i < n; i++)
        results[i] = rights_answer(rights[i], check->question.desired, check->question.mapping, &granted[i]);
    free(rights);
    return STATUS_SUCCESS;
}

/**
 * NtAccessCheckByTypeResultList() - as NtAccessCheck(), for each of an object's properties by itself.
 * @self: what SELF in the descriptor stands for; may be NULL.
 * @types: the object, its property sets, their properties, with their levels.
 * @granted, @results: one for each.
 * Return: as NtAccessCheck; STATUS_INVALID_PARAMETER (levels, a type without GUID).
 * Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/securitybaseapi/nf-securitybaseapi-accesscheckbytyperesultlist
 */
NTSTATUS WINAPI NtAccessCheckByTypeResultList(PSECURITY_DESCRIPTOR descriptor, PSID self, HANDLE token,
    ACCESS_MASK access, OBJECT_TYPE_LIST *types, ULONG n, GENERIC_MAPPING *mapping, PRIVILEGE_SET *set, ULONG *size,
    ULONG *granted, NTSTATUS *results) {
    struct check check;
    uint64_t used = 0;
    NTSTATUS status;

    if (guard_probe_write(granted, (n ? n : 1) * sizeof *granted) ||
        guard_probe_write(results, (n ? n : 1) * sizeof *results) || guard_probe_read(mapping, sizeof *mapping))
        return STATUS_ACCESS_VIOLATION;
    if ((n && !types) || !types_are_valid(types, n))
        return STATUS_INVALID_PARAMETER;
    status = check_begin(&check, descriptor, self, token, access, mapping);
    if (status)
        return status;
    status = privileges_tell(0, set, size);
    if (!status)
        status = check_types(&check, types, n, granted, results, &used);
    check_end(&check);
    return status ? status : used ? privileges_tell(used, set, size) : STATUS_SUCCESS;
}

/** NtAccessCheckByType() - the same for the object as a whole: the answer for the first type. */
NTSTATUS WINAPI NtAccessCheckByType(PSECURITY_DESCRIPTOR descriptor, PSID self, HANDLE token, ACCESS_MASK access,
    OBJECT_TYPE_LIST *types, ULONG n, GENERIC_MAPPING *mapping, PRIVILEGE_SET *set, ULONG *size, ULONG *granted,
    NTSTATUS *result) {
    ULONG *rights = calloc(n ? n : 1, sizeof *rights);
    NTSTATUS *results = calloc(n ? n : 1, sizeof *results), status = STATUS_NO_MEMORY;

    if (guard_probe_write(granted, sizeof *granted) || guard_probe_write(result, sizeof *result))
        status = STATUS_ACCESS_VIOLATION;
    else if (rights && results)
        status = NtAccessCheckByTypeResultList(
            descriptor, self, token, access, types, n, mapping, set, size, rights, results);
    if (!status) {
        *granted = rights[0];
        *result = results[0];
    }
    free(rights);
    free(results);
    return status;
}

/**
 * NtPrivilegeCheck() - whether a client has privileges switched on: all of a set (PRIVILEGE_SET_ALL_NECESSARY), or one.
 * @set: those that are on are marked SE_PRIVILEGE_USED_FOR_ACCESS.
 * Return: STATUS_SUCCESS, STATUS_BAD_IMPERSONATION_LEVEL, those of a wrong handle.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/securitybaseapi/nf-securitybaseapi-privilegecheck
 */
NTSTATUS WINAPI NtPrivilegeCheck(HANDLE handle, PPRIVILEGE_SET set, PBOOLEAN result) {
    struct token token;
    DWORD n = 0;
    NTSTATUS status = token_get(handle, TOKEN_QUERY, &token);

    if (status)
        return status;
    if (token.body->type == TokenImpersonation && token.body->level < SecurityIdentification) {
        token_put(&token);
        return STATUS_BAD_IMPERSONATION_LEVEL;
    }
    for (DWORD i = 0; i < set->PrivilegeCount; i++) {
        const LUID luid = set->Privilege[i].Luid;

        if (luid.HighPart || luid.LowPart >= 64 || !(token.body->enabled & PRIVILEGE_BIT(luid.LowPart)))
            continue;
        set->Privilege[i].Attributes |= SE_PRIVILEGE_USED_FOR_ACCESS;
        n++;
    }
    *result = set->Control & PRIVILEGE_SET_ALL_NECESSARY ? n == set->PrivilegeCount : n > 0;
    token_put(&token);
    return STATUS_SUCCESS;
}

/** RtlMapGenericMask() - generic rights become those of a type. */
void WINAPI RtlMapGenericMask(PACCESS_MASK mask, const GENERIC_MAPPING *mapping) {
    *mask = access_map(mapping, *mask);
}

/** RtlAreAllAccessesGranted(), RtlAreAnyAccessesGranted() - whether @granted has all, or some, of @desired. */
BOOLEAN WINAPI RtlAreAllAccessesGranted(ACCESS_MASK granted, ACCESS_MASK desired) {
    return (granted & desired) == desired;
}

BOOLEAN WINAPI RtlAreAnyAccessesGranted(ACCESS_MASK granted, ACCESS_MASK desired) {
    return (granted & desired) != 0;
}
