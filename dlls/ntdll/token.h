/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files about tokens share. */
#ifndef WINIPC_NTDLL_TOKEN_H
#define WINIPC_NTDLL_TOKEN_H

#include "dlls/ntdll/object.h"
#include "dlls/ntdll/security.h"

/* What a handle's token says at present. */
struct token {
    uint32_t cell;      /* NO_CELL: the user's account, of which there is no object yet */
    uint32_t data;      /* what token.body was */
    ACCESS_MASK access; /* of the handle */
    const struct token_body *body;
    struct access_scratch *scratch;
};

/* token_get() - reads the token behind a handle, pseudo handles included (-4: the process's, -5: what the thread
 * impersonates, -6: what decides).
 * Return: STATUS_SUCCESS, STATUS_NO_TOKEN, STATUS_NO_MEMORY, those of object_lookup. */
NTSTATUS token_get(HANDLE handle, ACCESS_MASK access, struct token *token);
/* token_get_cell() - the same for a token object. */
NTSTATUS token_get_cell(uint32_t cell, struct token *token);
void token_put(struct token *token);

/* token_store() - has the token behind a handle say something else.  Return: STATUS_RETRY: it has changed meanwhile. */
NTSTATUS token_store(HANDLE handle, const struct token *token, struct token_body *body);

/* token_make() - a new token object that says what @body does, which gets a new id.
 * Return: STATUS_SUCCESS, STATUS_INSUFFICIENT_RESOURCES, STATUS_NO_MEMORY. */
NTSTATUS token_make(struct token_body *body, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes, HANDLE *handle);

/* token_copy() - a body for free() with room for other entries and another DACL, which are those of @from at first.
 * @n_groups, @n_restricting: how many it is to have; @dacl_size: bytes. */
struct token_body *token_copy(
    const struct token_body *from, uint32_t n_groups, uint32_t n_restricting, uint32_t dacl_size);

/* token_luid_new() - an identifier that no other token has. */
uint64_t token_luid_new(void);

/* token_for_child() - the process in slot @child begins with the token behind @token, or with what that of slot @parent says. */
NTSTATUS token_for_child(uint32_t child, uint32_t parent, HANDLE token);

/* token_give() - makes the token in @cell that of a record (of a slot, of a pipe's instance), if it has none.  Return: whether it is. */
bool token_give(_Atomic uint32_t *place, uint32_t cell);
/* token_of_record() - one more handle to the token of a record.  Return: STATUS_SUCCESS, STATUS_NO_TOKEN, STATUS_INSUFFICIENT_RESOURCES. */
NTSTATUS token_of_record(_Atomic uint32_t *place, HANDLE *handle);
/* token_duplicate_cell() - a new token that says what the one in @cell (NO_CELL: the user's account) does at present.
 * Return: STATUS_SUCCESS, STATUS_NO_MEMORY, STATUS_INSUFFICIENT_RESOURCES. */
NTSTATUS token_duplicate_cell(uint32_t cell, HANDLE *made);
/* token_impersonate() - the thread in slot @thread acts as the token in @cell from now on; NO_CELL: as itself. */
void token_impersonate(uint32_t thread, uint32_t cell);
/* token_act_as() - the calling thread acts as what the token in @cell (NO_CELL: the user's account) says at present, at that level.
 * Return: STATUS_SUCCESS, STATUS_BAD_IMPERSONATION_LEVEL, STATUS_NO_MEMORY, STATUS_INSUFFICIENT_RESOURCES. */
NTSTATUS token_act_as(uint32_t cell, SECURITY_IMPERSONATION_LEVEL level, bool effective);

#endif
