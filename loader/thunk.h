/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Thunks: small pieces of code that put the address of a record of their own into a register and jump on.  A page of
 * them is written once and then executable; they are for ever.  Under the loader's lock.
 */
#ifndef WINIPC_LOADER_THUNK_H
#define WINIPC_LOADER_THUNK_H

#include <stddef.h>
#include <stdint.h>

enum thunk_register { THUNK_RCX, THUNK_R11 };

struct thunk_kind {
    enum thunk_register reg; /* that gets the record's address; rax is lost */
    size_t record_size;      /* bytes */
    void (*target)(void);
    uint8_t *code; /* the page being filled, and its records, both NULL at first */
    char *records;
    unsigned used;
};

/* thunk_new() - the next thunk of a kind.  @record: receives its record, all zeros.
 * Return: the code, or NULL: no memory. */
void *thunk_new(struct thunk_kind *kind, void **record);

#endif
