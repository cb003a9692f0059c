/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bytes that belong to an object and do not fit into its cell: its security descriptor, a token's body.  As names
 * (name.h) they lie in grains, which the server alone gives out and writes; a record is never changed, only replaced by
 * one store into the cell.
 */
#ifndef WINIPC_ARENA_DATA_H
#define WINIPC_ARENA_DATA_H

#include "libs/arena/arena.h"

#define DATA_MAX 65535u

struct data_record {
    _Atomic uint32_t cell; /* whose it is */
    uint32_t length;
    uint8_t bytes[];
};
_Static_assert(sizeof(struct data_record) == 8, "layout of the arena");

static inline uint32_t data_grains(uint32_t length) {
    return (uint32_t)(sizeof(struct data_record) + length + 7) / 8;
}

enum data_kind { DATA_DESCRIPTOR, DATA_TOKEN, DATA_KINDS };

/* data_place() - the word of @cell that names its record of @kind.  Return: NULL if it has none. */
_Atomic uint32_t *data_place(uint32_t cell, enum data_kind kind);
/* data_record_at() - bounds what such a word says.  Return: the record with its length in *length, or NULL. */
struct data_record *data_record_at(uint32_t data, uint32_t *length);
/* data_read() - a copy of the bytes of the object in @cell, whole whatever the server does meanwhile.
 * Return: how many; 0: there are none, or more than @room. */
uint32_t data_read(uint32_t cell, enum data_kind kind, void *to, uint32_t room);

#endif
