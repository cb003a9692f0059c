/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Security as ntdll sees it: the check of what is opened without the server, the descriptors that objects are given,
 * and the bytes that are kept for them (libs/security has the rules).
 */
#ifndef WINIPC_NTDLL_SECURITY_H
#define WINIPC_NTDLL_SECURITY_H

#include <windows.h>
#include <winternl.h>

#include "libs/arena/data.h"
#include "libs/security/access.h"

/* security_scratch() - memory for one check; free() it.  Return: NULL when out of memory. */
struct access_scratch *security_scratch(void);

/* security_token() - the token that decides for the calling thread.  Return: its cell, or NO_CELL. */
uint32_t security_token(void);

/* security_status() - what an error of libs/security is for the program. */
NTSTATUS security_status(int error);

/* security_check() - what the calling thread may do with the object in @cell.
 * @access: generic rights are mapped; may hold MAXIMUM_ALLOWED.  @granted: receives the rights of the handle.
 * Return: STATUS_SUCCESS, STATUS_ACCESS_DENIED, STATUS_PRIVILEGE_NOT_HELD, STATUS_NO_MEMORY. */
NTSTATUS security_check(uint32_t cell, ACCESS_MASK access, ACCESS_MASK *granted);

/* security_may_open() - whether the calling thread may open anything at all; for what has no cell, whose rights Linux decides.  Costs a look
 * where no thread impersonates.
 * Return: STATUS_SUCCESS, STATUS_BAD_IMPERSONATION_LEVEL (it acts as a token that may only be looked at), STATUS_NO_MEMORY. */
NTSTATUS security_may_open(void);

/* security_copy() - a program's descriptor in one piece, checked.
 * @size: receives its bytes.  Return: STATUS_SUCCESS, STATUS_INVALID_SECURITY_DESCR, STATUS_ACCESS_VIOLATION,
 * STATUS_NO_MEMORY. */
NTSTATUS security_copy(PSECURITY_DESCRIPTOR descriptor, void **copy, ULONG *size);

/* security_allowed() - whether the token's owner may give an object these parts.
 * Return: STATUS_SUCCESS, STATUS_INVALID_OWNER, STATUS_PRIVILEGE_NOT_HELD (a list for audits, a higher label). */
NTSTATUS security_allowed(const struct descriptor *given, const struct token_body *token);

/* security_make() - the descriptor of a new object: what its maker gave, and the rest from his token.
 * @given: self-relative, checked; NULL: nothing.
 * @made: receives memory for free().
 * Return: also STATUS_NO_MEMORY. */
NTSTATUS security_make(const void *given, ULONG given_size, const struct token_body *token, enum cell_type type,
    const GENERIC_MAPPING *mapping, void **made, ULONG *size);

/* security_new() - the same for an object that is made with @attributes.  *made is NULL, *size 0 where nothing is to be
 * kept: nothing was given, and the token says what the user's account says. */
NTSTATUS security_new(enum cell_type type, const OBJECT_ATTRIBUTES *attributes, void **made, ULONG *size);

/* security_keep_new() - for objects that are made without a request: security_new(), kept for the new object in @cell
 * to which the caller has a handle.  Return: also those of security_set. */
NTSTATUS security_keep_new(uint32_t cell, const OBJECT_ATTRIBUTES *attributes);

/* security_choose() - leaves the parts of a descriptor that are asked for; security_merge() - puts the parts of @given that @what names into one.
 * *sacl: receives memory for free(), into which the descriptor may point.  Return: STATUS_NO_MEMORY; also STATUS_INVALID_OWNER, STATUS_INVALID_PRIMARY_GROUP. */
NTSTATUS security_choose(struct descriptor *is, SECURITY_INFORMATION what, ACL **sacl);
NTSTATUS security_merge(struct descriptor *is, const struct descriptor *given, SECURITY_INFORMATION what, ACL **sacl);

/* security_set() - has the server keep bytes for the object behind a handle.
 * @expected: what its word was when they were made.
 * Return: STATUS_SUCCESS, STATUS_RETRY (it has changed meanwhile), those of SECURITY_SET. */
NTSTATUS security_set(HANDLE handle, enum data_kind kind, uint32_t expected, const void *bytes, ULONG size);

/* security_set_cell() - the same for an object that the caller has made. */
NTSTATUS security_set_cell(uint32_t cell, enum data_kind kind, uint32_t expected, const void *bytes, ULONG size);

#endif
