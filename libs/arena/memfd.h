/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Memory of a session, found without its server: its processes hold it, in descriptors of theirs, which /proc shows to
 * the same user.  So it is found without their doing, also while they compute, sleep or are stopped.
 */
#ifndef WINIPC_MEMFD_H
#define WINIPC_MEMFD_H

#include "libs/arena/arena.h"

/* The file "arena" of the session's folder: written by the server alone, mapped, so that what is written stays when it
 * is killed. */
struct arena_record {
    uint64_t inode; /* of the arena's memfd; 0: none */
    uint32_t version;
    uint32_t server;                   /* Linux id of the server, once it serves */
    uint32_t pid[ARENA_MAX_PROCESSES]; /* by slot; 0: none */
};

/* memfd_find() - opens a memfd of ours that process @pid holds.  @mode: O_RDWR or O_RDONLY.  Return: a descriptor, or
 * -1. */
int memfd_find(uint32_t pid, uint64_t inode, int mode);
/* memfd_sealed() - a memfd of @size bytes that can neither shrink nor grow, nothing of it allocated but @header.
 * Return: fd or -errno. */
int memfd_sealed(const char *name, size_t size, const void *header, size_t n);
/* memfd_map() - maps one of those, of at least @least bytes.  Return: 0 or -errno (-EPROTO: it is none). */
int memfd_map(int fd, size_t least, void **memory, size_t *length);
/* arena_record_find() - opens the arena of a session.  Return: a descriptor, or -1 when nobody has it any more. */
int arena_record_find(const struct arena_record *record, int mode);

#endif
