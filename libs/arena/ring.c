/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rings of bytes and messages between two processes; see ring.h. */
#include "libs/arena/ring.h"

#include "libs/arena/memfd.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#define RING_MIN 65536u
#define RING_MAX (64u << 20)
#define LENGTH_MAX 5 /* bytes of a message's length */

/* Twice the quota holds any mix of messages of one byte and more together with their lengths. */
static uint32_t ring_size(uint32_t quota) {
    uint32_t size = RING_MIN;

    while (size < RING_MAX && size / 2 < quota)
        size *= 2;
    return size;
}

int ring_create(const uint32_t quota[2]) {
    const uint32_t size[2] = {ring_size(quota[0]), ring_size(quota[1])};
    const struct ring_memory header = {.magic = RING_MAGIC, .size = {size[0], size[1]}};

    return memfd_sealed("winipc-pipe", (size_t)RING_HEADER + size[0] + size[1], &header, sizeof header);
}

static bool size_is_valid(uint32_t size) {
    return size >= RING_MIN && size <= RING_MAX && !(size & (size - 1));
}

int ring_map(int fd, struct ring_pair *pair) {
    uint32_t size[2];
    void *memory;
    const int error = memfd_map(fd, RING_HEADER, &memory, &pair->length);

    if (error)
        return error;
    pair->memory = memory;
    size[0] = pair->memory->size[0];
    size[1] = pair->memory->size[1];
    if (pair->memory->magic != RING_MAGIC || !size_is_valid(size[0]) || !size_is_valid(size[1]) ||
        pair->length != (size_t)RING_HEADER + size[0] + size[1]) {
        ring_unmap(pair);
        return -EPROTO;
    }
    for (unsigned i = 0; i < 2; i++)
        pair->ring[i] = (struct ring){.shared = &pair->memory->direction[i], .size = size[i], .fd = fd,
            .offset = RING_HEADER + (i ? size[0] : 0), .data = (uint8_t *)memory + RING_HEADER + (i ? size[0] : 0)};
    return 0;
}

void ring_unmap(struct ring_pair *pair) {
    munmap(pair->memory, pair->length);
    pair->memory = NULL;
}

uint64_t ring_unread(const struct ring *ring) {
    const uint64_t read = atomic_load_explicit(&ring->shared->read, memory_order_acquire);

    return atomic_load_explicit(&ring->shared->written, memory_order_acquire) - read;
}

/* ---- reads that wait ---- */

#define WANTED_BITS 40
#define WANTED_BYTES ((1ull << WANTED_BITS) - 1)
#define WANTED(epoch, bytes) ((uint64_t)(epoch) << WANTED_BITS | ((bytes)&WANTED_BYTES))

void ring_want(struct ring *ring, uint32_t epoch, uint64_t bytes) {
    uint64_t old = atomic_load(&ring->shared->wanted), new;

    do
        new = old >> WANTED_BITS == (epoch & 0xffffff) ? WANTED(epoch, (old & WANTED_BYTES) + bytes) : WANTED(epoch, bytes);
    while (!atomic_compare_exchange_weak(&ring->shared->wanted, &old, new));
}

void ring_want_no_more(struct ring *ring, uint32_t epoch, uint64_t bytes) {
    uint64_t old = atomic_load(&ring->shared->wanted), left;

    do {
        left = (old & WANTED_BYTES) > bytes ? (old & WANTED_BYTES) - bytes : 0;
        if (old >> WANTED_BITS != (epoch & 0xffffff))
            return; /* of a connection that is over */
    } while (!atomic_compare_exchange_weak(&ring->shared->wanted, &old, WANTED(epoch, left)));
}

/* A read that finds anything ends: what is unread is its, and no more comes to it. */
uint64_t ring_credit(const struct ring *ring, uint32_t epoch) {
    const uint64_t all = atomic_load_explicit(&ring->shared->wanted, memory_order_acquire), unread = ring_unread(ring);
    const uint64_t wanted = all >> WANTED_BITS == (epoch & 0xffffff) ? all & WANTED_BYTES : 0;

    return unread && unread < wanted ? unread : wanted;
}

/* Bytes between tail and head, bounded. */
static uint32_t ring_used(const struct ring *ring, uint64_t *tail, uint64_t *head) {
    *tail = atomic_load_explicit(&ring->shared->tail, memory_order_acquire);
    *head = atomic_load_explicit(&ring->shared->head, memory_order_acquire);
    return *head - *tail > ring->size ? ring->size : (uint32_t)(*head - *tail);
}

bool ring_readable(const struct ring *ring) {
    return atomic_load_explicit(&ring->shared->tail, memory_order_relaxed) !=
           atomic_load_explicit(&ring->shared->head, memory_order_acquire);
}

bool ring_room(const struct ring *ring, bool message, uint64_t length) {
    uint64_t tail, head;

    return ring->size - ring_used(ring, &tail, &head) >= length + (message ? LENGTH_MAX : 0);
}

/* ---- copying around the end ---- */

static void ring_copy_in(struct ring *ring, uint64_t at, const uint8_t *data, uint32_t n) {
    const uint32_t start = (uint32_t)at & (ring->size - 1), first = n < ring->size - start ? n : ring->size - start;

    memcpy(ring->data + start, data, first);
    memcpy(ring->data, data + first, n - first);
}

static void ring_copy_out(const struct ring *ring, uint64_t at, uint8_t *data, uint32_t n) {
    const uint32_t start = (uint32_t)at & (ring->size - 1), first = n < ring->size - start ? n : ring->size - start;

    memcpy(data, ring->data + start, first);
    memcpy(data + first, ring->data, n - first);
}

/* Allocates the space up to position @end, the first time round.  Return: 0 or -errno. */
static int ring_allocate(struct ring *ring, uint64_t end) {
    uint64_t have = atomic_load_explicit(&ring->shared->allocated, memory_order_relaxed), want;

    if (have >= ring->size || end <= have)
        return 0;
    want = (end + RING_MIN - 1) & ~(uint64_t)(RING_MIN - 1);
    if (want > ring->size)
        want = ring->size;
    if (fallocate(ring->fd, 0, (off_t)(ring->offset + have), (off_t)(want - have)))
        return -errno;
    atomic_store_explicit(&ring->shared->allocated, want, memory_order_relaxed);
    return 0;
}

/* ---- lengths ---- */

static uint32_t length_encode(uint64_t length, uint8_t text[LENGTH_MAX]) {
    uint32_t n = 0;

    do {
        text[n] = (uint8_t)((length & 0x7f) | (length > 0x7f ? 0x80 : 0));
        length >>= 7;
        n++;
    } while (length && n < LENGTH_MAX);
    return n;
}

/* Return: the bytes that the length takes, 0 when it is not whole (or garbage). */
static uint32_t length_decode(const struct ring *ring, uint64_t at, uint32_t used, uint64_t *length) {
    *length = 0;
    for (uint32_t n = 0; n < used && n < LENGTH_MAX; n++) {
        const uint8_t byte = ring->data[(at + n) & (ring->size - 1)];

        *length |= (uint64_t)(byte & 0x7f) << 7 * n;
        if (!(byte & 0x80))
            return n + 1;
    }
    return 0;
}

uint32_t ring_messages(const struct ring *ring) {
    uint64_t tail, head, length;
    uint32_t used = ring_used(ring, &tail, &head), count = 0, n;

    while (used && (n = length_decode(ring, tail, used, &length))) {
        count++;
        if (length >= used - n)
            break;
        tail += n + length;
        used -= n + (uint32_t)length;
    }
    return count;
}

/* ---- writing ---- */

int ring_put(struct ring *ring, struct ring_write *write) {
    struct ring_direction *shared = ring->shared;
    const uint64_t wanted = write->length - write->done;
    uint64_t tail, head;
    uint32_t room = ring->size - ring_used(ring, &tail, &head);
    /* for all of it at once: nothing of a write that fails for want of memory has been seen by the reader */
    const int error = ring_allocate(ring, head + LENGTH_MAX + (wanted < ring->size ? wanted : ring->size));

    if (!write->begun && !write->done) {
        write->head = head;
        write->written = atomic_load_explicit(&shared->written, memory_order_relaxed);
    }
    if (error)
        return error;
    if (write->message && !write->begun) {
        uint8_t text[LENGTH_MAX];
        const uint32_t n = length_encode(write->length, text);

        /* a message that can be whole in the ring goes in whole; of others, some of it with the length, which is published with it */
        if (room < n + (write->length < ring->size - 8 ? write->length : 1))
            return -EAGAIN;
        ring_copy_in(ring, head, text, n);
        head += n;
        room -= n;
        write->begun = true;
        if (!write->length)
            atomic_store_explicit(&shared->head, head, memory_order_release);
    }
    while (write->done < write->length) {
        const uint64_t left = write->length - write->done;
        uint32_t n = left < RING_CHUNK ? (uint32_t)left : RING_CHUNK;

        if (n > room)
            n = room;
        if (!n)
            return -EAGAIN;
        ring_copy_in(ring, head, write->data + write->done, n);
        head += n;
        room -= n;
        write->done += n;
        atomic_store_explicit(
            &shared->written, atomic_load_explicit(&shared->written, memory_order_relaxed) + n, memory_order_release);
        atomic_store_explicit(&shared->head, head, memory_order_release);
    }
    return 0;
}

bool ring_retract(struct ring *ring, const struct ring_write *write) {
    struct ring_direction *shared = ring->shared;
    const uint64_t tail = atomic_load_explicit(&shared->tail, memory_order_relaxed);

    if ((int64_t)(tail - write->head) > 0 ||
        atomic_load_explicit(&shared->written, memory_order_relaxed) != write->written + write->done)
        return false;
    atomic_store_explicit(&shared->written, write->written, memory_order_relaxed);
    atomic_store_explicit(&shared->head, write->head, memory_order_release);
    return true;
}

/* ---- reading ---- */

/* Moves tail behind @n bytes of payload that end at @at; @rest bytes of the message stay, with their length before them. */
static void ring_consume(struct ring *ring, uint64_t at, uint64_t n, uint64_t rest) {
    struct ring_direction *shared = ring->shared;

    if (rest) {
        uint8_t text[LENGTH_MAX];
        const uint32_t length = length_encode(rest, text);

        at -= length;
        ring_copy_in(ring, at, text, length);
    }
    atomic_store_explicit(&shared->read, atomic_load_explicit(&shared->read, memory_order_relaxed) + n, memory_order_release);
    atomic_store_explicit(&shared->tail, at, memory_order_release);
}

/* Takes from the first message only. */
static enum ring_taken take_message(struct ring *ring, uint8_t *buffer, uint64_t length, bool keep, uint64_t *taken, uint64_t *rest) {
    uint64_t tail, head, message;
    uint32_t used = ring_used(ring, &tail, &head), n = used ? length_decode(ring, tail, used, &message) : 0, here;

    *taken = *rest = 0;
    if (!n)
        return RING_EMPTY;
    here = used - n;
    if (here > message)
        here = (uint32_t)message;
    if (here > length)
        here = (uint32_t)length;
    *rest = message;
    if (!keep && !message)
        ring_consume(ring, tail + n, 0, 0);
    /* in pieces, each given back at once: the writer copies at the same time */
    while (*taken < here) {
        const uint32_t left = here - (uint32_t)*taken, piece = left < RING_CHUNK ? left : RING_CHUNK;

        ring_copy_out(ring, tail + n + *taken, buffer + *taken, piece);
        *taken += piece;
        *rest -= piece;
        if (!keep)
            ring_consume(ring, tail + n + *taken, piece, *rest);
    }
    if (!*rest)
        return RING_TAKEN;
    return here == length ? RING_MORE : RING_PART;
}

static enum ring_taken take_bytes(struct ring *ring, uint8_t *buffer, uint64_t length, bool keep, uint64_t *taken) {
    uint64_t tail, head;
    uint32_t used = ring_used(ring, &tail, &head);

    *taken = 0;
    if (!used)
        return RING_EMPTY;
    /* in pieces, each given back at once: the writer copies at the same time */
    while (*taken < length && used) {
        uint32_t n = used < RING_CHUNK ? used : RING_CHUNK;

        if (n > length - *taken)
            n = (uint32_t)(length - *taken);
        ring_copy_out(ring, tail, buffer + *taken, n);
        tail += n;
        used -= n;
        *taken += n;
        if (!keep)
            ring_consume(ring, tail, n, 0);
    }
    return RING_TAKEN;
}

static bool ring_next_is_empty(const struct ring *ring) {
    uint64_t tail, head, length;
    const uint32_t used = ring_used(ring, &tail, &head);

    return used && length_decode(ring, tail, used, &length) && !length;
}

enum ring_taken ring_take(struct ring *ring, void *buffer, uint64_t length, bool messages, bool boundaries, uint64_t *taken) {
    uint8_t *at = buffer;
    uint64_t n, rest;
    enum ring_taken result;

    if (!messages)
        return take_bytes(ring, at, length, false, taken);
    if (boundaries)
        return take_message(ring, at, length, false, taken, &rest);
    /* byte-read mode: messages one after the other; a zero-length one is a read of its own, so that a half-close by one is not lost */
    *taken = 0;
    result = RING_EMPTY;
    while ((*taken < length || !length) && !(*taken && ring_next_is_empty(ring))) {
        enum ring_taken next = take_message(ring, at + *taken, length - *taken, false, &n, &rest);

        if (next == RING_EMPTY)
            break;
        result = RING_TAKEN;
        *taken += n;
        if (next != RING_TAKEN || !n)
            break;
    }
    return result;
}

enum ring_taken ring_peek(struct ring *ring, void *buffer, uint64_t length, bool messages, uint64_t *taken, uint64_t *left) {
    *left = 0;
    if (messages)
        return take_message(ring, buffer, length, true, taken, left);
    return take_bytes(ring, buffer, length, true, taken);
}

void ring_discard(struct ring *ring) {
    struct ring_direction *shared = ring->shared;

    atomic_store(&shared->written, atomic_load(&shared->read));
    atomic_store(&shared->head, atomic_load(&shared->tail));
}
