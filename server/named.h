/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The name space (directory.c) and what the handlers of named objects share.
 *
 * A name is its canonical NT path; an entry says which cell it stands for.  Names vanish with their objects' last handles, which are
 * closed without a request: so an entry is believed only while its cell is live and still of the same generation.
 */
#ifndef WINIPC_NAMED_H
#define WINIPC_NAMED_H

#include "server/server.h"

struct pipe_instance {
    struct pipe_instance *next;
    struct named *pipe;
    uint64_t state; /* of the cell, when it was made */
    uint32_t cell;
    int ring_fd;
};

struct named {
    struct named *next; /* in the hash chain */
    uint32_t hash;
    uint32_t cell;
    uint64_t state;                  /* of the cell, when it was made */
    struct pipe_instance *instances; /* of a pipe, in the order of their making */
    uint32_t n_path;                 /* units */
    uint16_t path[];
};

/* ---- directory.c ---- */

/* A path, made canonical. */
struct path {
    uint32_t n;
    uint16_t units[32768 + 64];
};

/* path_parse() - makes the path of an object of type @type canonical: prefixes of sessions, Local\ and Global\, \??\pipe\.
 * @root: the caller's handle of a directory, or 0.  Return: an NTSTATUS. */
NTSTATUS path_parse(struct path *path, const struct client *client, uint64_t root, const uint16_t *name, uint32_t n, bool fold);
/* path_parse_pipe() - the same for the name of a pipe: STATUS_OBJECT_NAME_INVALID for another path. */
NTSTATUS path_parse_pipe(struct path *path, const uint16_t *name, uint32_t n);

/* path_is_fixed() - whether it is a directory that is always there. */
bool path_is_fixed(const struct path *path, bool fold);

/* named_find() - the entry of a live object.  @fold: letter case does not count.  Return: NULL if there is none. */
struct named *named_find(const struct path *path, bool fold);
/* named_find_cell() - the entry of an object that is in @cell. */
struct named *named_find_cell(uint32_t cell);
/* named_add() - a new entry for @cell, whose name is written into the arena too.  Return: NULL when memory ran out. */
struct named *named_add(const struct path *path, uint32_t cell);
/* named_remove() - forgets an entry; the object itself is not touched. */
void named_remove(struct named *named);
/* named_gone() - the object in @cell is ending: for object_gone. */
void named_gone(uint32_t cell);
void named_retry(void);
void named_dump(void);

/* ---- object.c: handles of a client ---- */

/* cell_same() - whether the object that was in @cell at @state still is. */
bool cell_same(uint32_t cell, uint64_t state);
/* grant_check() - whether @handle is reserved in the client's table. */
bool grant_check(const struct client *client, uint64_t handle);
/* grant_new() - fills the reserved handle with a cell made here; its one reference passes over.  Return: false if it is not reserved. */
bool grant_new(const struct client *client, uint64_t handle, uint32_t cell, uint32_t access, uint32_t attributes);
/* grant_existing() - the same with one reference more, if the object is still the same.
 * Return: STATUS_SUCCESS, STATUS_INVALID_HANDLE (not reserved), STATUS_OBJECT_NAME_NOT_FOUND (gone). */
NTSTATUS grant_existing(
    const struct client *client, uint64_t handle, uint32_t cell, uint64_t state, uint32_t access, uint32_t attributes);

/* ---- named_pipe.c ---- */

void pipe_instance_gone(uint32_t cell);
/* pipe_alive() - whether a pipe has an instance whose server end is open. */
bool pipe_alive(struct named *named);
void pipe_forget(struct named *named);
void pipes_retry(void);

#endif
