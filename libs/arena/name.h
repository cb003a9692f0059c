/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names of objects, in the arena: the server alone writes them, everybody reads.  A record is whole before its cell
 * refers to it and names its cell in turn, so that the names of a session can be collected again from its live cells.
 *
 * A record holds one name and the directory that it lies in, not a path: sixteen letters and all that belongs to them
 * are 48 bytes.
 */
#ifndef WINIPC_ARENA_NAME_H
#define WINIPC_ARENA_NAME_H

#include "libs/arena/arena.h"

#define NAME_GRAIN 8u
#define NAME_MAX_UNITS 32767u

struct name_record {
    _Atomic uint32_t cell; /* whose name it is */
    uint32_t directory;    /* cell of the directory; NO_CELL: none */
    uint16_t generation;   /* of the directory: another one may be in its cell by now, and this name in none */
    uint16_t n;            /* units */
    uint16_t units[];
};
_Static_assert(offsetof(struct name_record, units) == 12, "layout of the arena");

static inline uint32_t name_grains(uint32_t n) {
    return (uint32_t)(offsetof(struct name_record, units) + n * sizeof(uint16_t) + NAME_GRAIN - 1) / NAME_GRAIN;
}

/* name_record_at() - bounds @name (as in cell.name: the record's first grain + 1) and the length that stands there.
 * Return: the record with its length in *n, or NULL. */
struct name_record *name_record_at(uint32_t name, uint32_t *n);
/* name_units() - Return: the name alone, or NULL. */
const uint16_t *name_units(uint32_t name, uint32_t *n);
/* name_path() - the whole path of the object in @cell.
 * @room: units that @to has room for; what does not fit is left out.
 * Return: the path's length in units, 0 if the object has no name. */
uint32_t name_path(uint32_t cell, uint16_t *to, uint32_t room);
/* name_directory() - the directory that the object in @cell lies in.  Return: its cell, or NO_CELL. */
uint32_t name_directory(uint32_t cell);
/* name_next() - the next live object, from cell @from on, whose name lies in @directory.  Return: its cell, or NO_CELL. */
uint32_t name_next(uint32_t directory, uint32_t from);

#endif
