/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The bytes of a pipe instance: a sealed memfd with two rings, one a direction.
 *
 * Who writes what, for one direction:
 *  - head, written: the writer, holding write_lock.  The bytes come first, then `written`, then head by a release store: a reader that sees
 *    head sees them.
 *  - tail, read: the reader, holding read_lock.  tail by a release store, after the bytes were copied out.
 *  - A message begins with its length (LEB128, 1 to 5 bytes).  A reader that takes a part of a message writes the length of the rest into
 *    the bytes that it has just consumed, then moves tail there: one store, and the ring is whole before and after it.
 *  - allocated: bytes of the ring whose space is allocated, by the writer, before it touches them the first time.
 * Both locks are robust (lock.h); a death under one of them leaves nothing to mend, since each change is one store.
 *
 * Everything here is as hostile as the arena: the private struct ring holds the bounds that were checked, positions are copied once and
 * their difference bounded by the size.
 *
 * Quotas are a matter of the instance, not of the ring: it is larger, so that a message above the quota can be read while its writer still
 * waits.  unread = written - read is what the quota is held against.
 */
#ifndef WINIPC_RING_H
#define WINIPC_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RING_MAGIC 0x676e697270697077ull /* "wpipring" */
#define RING_HEADER 4096u
#define RING_CHUNK 16384u /* a long write is published in such pieces, so that the reader copies at the same time */

struct ring_direction {
    _Alignas(64) _Atomic uint64_t head;
    _Atomic uint64_t written;    /* payload bytes */
    _Atomic uint32_t writer_cpu; /* CPU of its last operation, + 1 */
    _Atomic uint32_t write_lock;
    _Atomic uint64_t allocated;
    _Alignas(64) _Atomic uint64_t tail;
    _Atomic uint64_t read;       /* payload bytes */
    _Atomic uint32_t reader_cpu;
    _Atomic uint32_t read_lock;
    _Atomic uint64_t wanted;     /* bytes that reads which wait have asked for, by the readers; the connection's epoch in the high 24 bits */
};
_Static_assert(sizeof(struct ring_direction) == 128, "layout of the rings");

struct ring_memory {
    uint64_t magic;
    uint32_t size[2]; /* bytes of each direction's ring, a power of two; immutable */
    uint32_t reserved[12];
    struct ring_direction direction[2]; /* [0] towards the server, [1] towards the client */
};
_Static_assert(sizeof(struct ring_memory) <= RING_HEADER, "layout of the rings");

/* One direction, as this process uses it. */
struct ring {
    struct ring_direction *shared;
    uint8_t *data;
    uint32_t size; /* checked */
    int fd;        /* to allocate space with; not owned */
    uint64_t offset;
};

struct ring_pair {
    struct ring_memory *memory;
    size_t length;
    struct ring ring[2];
};

/* ring_create() - a memfd for two directions with these quotas; the fd.  Return: fd or -errno. */
int ring_create(const uint32_t quota[2]);
/* ring_map() - maps it, after checking size, seals and header.  Return: 0 or -errno (-EPROTO: not one of ours). */
int ring_map(int fd, struct ring_pair *pair);
void ring_unmap(struct ring_pair *pair);

/* Bytes of payload that were written and not read. */
uint64_t ring_unread(const struct ring *ring);
/* Whether a reader would find something (a zero-length message counts). */
bool ring_readable(const struct ring *ring);
/* ring_messages() - how many messages are unread, the first one perhaps in part; under read_lock. */
uint32_t ring_messages(const struct ring *ring);
/* ring_want() - a read that asks for @bytes begins to wait, in connection @epoch; ring_want_no_more(): it waits no more.  What a reader that
 * died has asked for stays until the next connection. */
void ring_want(struct ring *ring, uint32_t epoch, uint64_t bytes);
void ring_want_no_more(struct ring *ring, uint32_t epoch, uint64_t bytes);
/* ring_credit() - how many of the unread bytes, and of those that would be written next, are as good as read: reads wait for them. */
uint64_t ring_credit(const struct ring *ring, uint32_t epoch);
/* Whether a writer could put @length bytes, with a header of their own where @message, in at once. */
bool ring_room(const struct ring *ring, bool message, uint64_t length);

/* A write in progress: bytes of a message, or of the stream, that are not in the ring yet. */
struct ring_write {
    const uint8_t *data;
    uint64_t length, done;
    bool message, begun;
    uint64_t head, written; /* the ring's before the first byte of it, where begun or done */
};
/* ring_put() - puts in what fits, under the caller's write_lock.  Return: 0: all is in; -EAGAIN: not all fits yet; -errno: there is no memory
 * for the ring. */
int ring_put(struct ring *ring, struct ring_write *write);

/* ring_retract() - takes back what ring_put() has put in, if nobody has read of it and nothing follows, under both locks.
 * Return: whether that was so. */
bool ring_retract(struct ring *ring, const struct ring_write *write);

enum ring_taken { RING_EMPTY, RING_TAKEN, RING_MORE, RING_PART };
/* ring_take() - reads, under the caller's read_lock.
 * @messages: the pipe is of message type; @boundaries: and is read as messages.
 * @taken: receives the bytes copied.  @peek: nothing is consumed, @left receives the rest of the first message.
 * Return: RING_EMPTY; RING_TAKEN: done; RING_MORE: the buffer is full and the message goes on (ERROR_MORE_DATA); RING_PART: @taken bytes
 * of a message whose next ones are not written yet. */
enum ring_taken ring_take(struct ring *ring, void *buffer, uint64_t length, bool messages, bool boundaries, uint64_t *taken);
enum ring_taken ring_peek(struct ring *ring, void *buffer, uint64_t length, bool messages, uint64_t *taken, uint64_t *left);
/* ring_discard() - drops all that is unread, as if it had not been written: `read` still tells what was read; under both locks. */
void ring_discard(struct ring *ring);

#endif
