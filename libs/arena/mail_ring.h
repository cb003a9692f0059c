/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The waiting messages of a mailslot: a ring of whole messages in a sealed memfd, with many writers, that grows with
 * what waits in it.
 *
 * Positions count units of 8 bytes and go on for ever; a message is its length (8 bytes) and its bytes, filled up to a
 * unit.  The space of positions is divided into chunks; the memory of each is one of the memfd's pieces, by the map
 * piece[].  A writer that comes to a new chunk takes the piece of the oldest one that is read, or else a new one: so a
 * mailslot takes as much memory as ever waited in it at once, and one that is read in time stays in the cache.
 *
 *  - head: the writers, holding write_lock, by one release store when the whole message is in: it is there or it is
 * not.
 *  - tail: the readers, holding read_lock, by one release store after the bytes were copied out.
 *    Both words hold the number of messages as well, so that how many wait is told by two loads.
 *  - span: the writers: which chunks have memory, first and end in one word.  There are end - first pieces, and the map
 *    tells each of them once: piece[] of a new chunk is written before the one store that takes it in, and leaves the
 *    oldest out where it was its piece.
 * Both locks are robust (lock.h); a death under one of them leaves nothing to mend.
 *
 * Everything here is as hostile as the arena: positions are copied once and their difference bounded.
 */
#ifndef WINIPC_MAIL_RING_H
#define WINIPC_MAIL_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAIL_MAGIC 0x6c69616d70697077ull /* "wpipmail" */
#define MAIL_HEADER 8192u
#define MAIL_PIECE 65536u
#define MAIL_PIECES 1024u
#define MAIL_LIMIT ((uint64_t)(MAIL_PIECES - 1) * MAIL_PIECE) /* bytes that may wait, lengths included */

/* head and tail: position, and above it the number of messages before it */
#define MAIL_POSITION_BITS 40
#define MAIL_POSITION(word) ((word) & ((1ull << MAIL_POSITION_BITS) - 1))
#define MAIL_COUNT(word) ((uint32_t)((word) >> MAIL_POSITION_BITS))

struct mail_memory {
    uint64_t magic;
    uint64_t reserved[7];
    _Alignas(64) _Atomic uint64_t head;
    _Atomic uint64_t span; /* low half: the first chunk that has memory; high half: the one behind the last */
    _Atomic uint32_t write_lock;
    _Atomic uint32_t writer_cpu; /* CPU of the last write, + 1 */
    _Alignas(64) _Atomic uint64_t tail;
    _Atomic uint32_t read_lock;
    _Atomic uint32_t reader_cpu;
    _Alignas(4096) _Atomic uint32_t piece[MAIL_PIECES]; /* by chunk modulo MAIL_PIECES */
};
_Static_assert(sizeof(struct mail_memory) == MAIL_HEADER, "layout of the mailslots' rings");
_Static_assert(offsetof(struct mail_memory, tail) == 128, "layout of the mailslots' rings");

/* One ring, as this process uses it. */
struct mail_ring {
    struct mail_memory *shared;
    uint8_t *data;
    int fd; /* to allocate space with; not owned */
};

/* mail_ring_create() - a memfd for an empty ring.  Return: fd or -errno. */
int mail_ring_create(void);
/* mail_ring_map() - maps it, after checking size, seals and header.  Return: 0 or -errno (-EPROTO: not one of ours). */
int mail_ring_map(int fd, struct mail_ring *ring);
void mail_ring_unmap(struct mail_ring *ring);

/* Whether there is a message (of no bytes, perhaps). */
static inline bool mail_ring_readable(const struct mail_ring *ring) {
    return atomic_load_explicit(&ring->shared->tail, memory_order_relaxed) !=
           atomic_load_explicit(&ring->shared->head, memory_order_acquire);
}

/* mail_ring_put() - one message more, under the caller's write_lock.
 * Return: 0, -ENOBUFS: more may not wait, or -errno: there is no memory. */
int mail_ring_put(struct mail_ring *ring, const void *data, uint32_t length);
/* mail_ring_next() - under the caller's read_lock: the length of the first message.  Return: false if there is none. */
bool mail_ring_next(const struct mail_ring *ring, uint32_t *length);
/* mail_ring_peek() - copies the beginning of that message, @n bytes of it. */
void mail_ring_peek(const struct mail_ring *ring, void *buffer, uint32_t n);
/* mail_ring_drop() - takes that message, of @length bytes, out. */
void mail_ring_drop(struct mail_ring *ring, uint32_t length);
/* mail_ring_count() - how many messages wait; *bytes of them all together with their lengths. */
uint32_t mail_ring_count(const struct mail_ring *ring, uint64_t *bytes);

#endif
