/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rings of whole messages, for mailslots; see mail_ring.h. */
#include "libs/arena/mail_ring.h"

#include "libs/arena/memfd.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#define UNIT 8u
#define LENGTH_UNITS 1u
#define CHUNK_UNITS (MAIL_PIECE / UNIT)
#define CHUNKS (1u << 27) /* numbers of chunks begin again there: positions do */
#define MAIL_SIZE ((size_t)MAIL_HEADER + (size_t)MAIL_PIECES * MAIL_PIECE)
_Static_assert((uint64_t)CHUNKS *CHUNK_UNITS == 1ull << MAIL_POSITION_BITS, "positions are whole chunks");

#define SPAN(first, end) ((uint64_t)(first) | (uint64_t)(end) << 32)
#define SPAN_FIRST(span) ((uint32_t)(span) & (CHUNKS - 1))
#define SPAN_END(span) ((uint32_t)((span) >> 32) & (CHUNKS - 1))

int mail_ring_create(void) {
    const struct { uint64_t magic; } header = {MAIL_MAGIC};

    return memfd_sealed("winipc-mailslot", MAIL_SIZE, &header, sizeof header);
}

int mail_ring_map(int fd, struct mail_ring *ring) {
    size_t length;
    void *memory;
    const int error = memfd_map(fd, MAIL_SIZE, &memory, &length);

    if (error)
        return error;
    *ring = (struct mail_ring){.shared = memory, .data = (uint8_t *)memory + MAIL_HEADER, .fd = fd};
    if (length == MAIL_SIZE && ring->shared->magic == MAIL_MAGIC)
        return 0;
    munmap(memory, length);
    ring->shared = NULL;
    return -EPROTO;
}

void mail_ring_unmap(struct mail_ring *ring) {
    munmap(ring->shared, MAIL_SIZE);
    ring->shared = NULL;
}

/* ---- positions ---- */

static uint64_t position_add(uint64_t position, uint64_t units) {
    return MAIL_POSITION(position + units);
}

static uint32_t chunk_of(uint64_t position) {
    return (uint32_t)(position / CHUNK_UNITS);
}

/* Units that a message of @length bytes takes. */
static uint64_t message_units(uint32_t length) {
    return LENGTH_UNITS + ((uint64_t)length + UNIT - 1) / UNIT;
}

/* A word of head's or tail's behind one message more. */
static uint64_t word_behind(uint64_t word, uint64_t units) {
    return position_add(word, units) | (uint64_t)(MAIL_COUNT(word) + 1) << MAIL_POSITION_BITS;
}

/* Units between tail and head, bounded. */
static uint64_t units_used(uint64_t tail, uint64_t head) {
    const uint64_t used = MAIL_POSITION(head - tail);

    return used > MAIL_LIMIT / UNIT ? 0 : used;
}

static uint8_t *unit_at(const struct mail_ring *ring, uint64_t position) {
    const uint32_t piece =
        atomic_load_explicit(&ring->shared->piece[chunk_of(position) % MAIL_PIECES], memory_order_relaxed) %
        MAIL_PIECES;

    return ring->data + (size_t)piece * MAIL_PIECE + (size_t)(position % CHUNK_UNITS) * UNIT;
}

/* The bytes of a message lie in as many pieces as it has chunks.  Return: how many of @n are together at @position. */
static uint32_t together(uint64_t position, uint32_t n) {
    const uint32_t room = (uint32_t)(CHUNK_UNITS - position % CHUNK_UNITS) * UNIT;

    return n < room ? n : room;
}

static void copy_in(struct mail_ring *ring, uint64_t position, const uint8_t *data, uint32_t length) {
    for (uint32_t n; length; data += n, length -= n) {
        n = together(position, length);
        memcpy(unit_at(ring, position), data, n);
        position = position_add(position, n / UNIT); /* what is no whole unit is the last */
    }
}

static void copy_out(const struct mail_ring *ring, uint64_t position, uint8_t *data, uint32_t length) {
    for (uint32_t n; length; data += n, length -= n) {
        n = together(position, length);
        memcpy(data, unit_at(ring, position), n);
        position = position_add(position, n / UNIT);
    }
}

/* ---- writing ---- */

/* Gives memory to the chunk behind the last that has some.  @tail: the readers'.  Return: 0 or -errno. */
static int span_extend(struct mail_ring *ring, uint64_t span, uint64_t tail) {
    struct mail_memory *shared = ring->shared;
    const uint32_t first = SPAN_FIRST(span), end = SPAN_END(span), n = (end - first) & (CHUNKS - 1);
    const bool is_read = n && ((chunk_of(MAIL_POSITION(tail)) - first) & (CHUNKS - 1)) - 1 < n;
    uint32_t piece = n;

    if (!is_read && n >= MAIL_PIECES)
        return -ENOBUFS;
    if (is_read)
        piece = atomic_load_explicit(&shared->piece[first % MAIL_PIECES], memory_order_relaxed);
    else if (fallocate(ring->fd, 0, (off_t)MAIL_HEADER + (off_t)piece * MAIL_PIECE, MAIL_PIECE))
        return -errno;
    atomic_store_explicit(&shared->piece[end % MAIL_PIECES], piece, memory_order_relaxed);
    atomic_store_explicit(
        &shared->span, SPAN((first + is_read) & (CHUNKS - 1), (end + 1) & (CHUNKS - 1)), memory_order_release);
    return 0;
}

/* Sees to memory for @units from @head on. */
static int space_take(struct mail_ring *ring, uint64_t head, uint64_t units, uint64_t tail) {
    const uint32_t behind = (chunk_of(position_add(head, units - 1)) + 1) & (CHUNKS - 1);
    int error = 0;

    for (unsigned i = 0; i <= MAIL_PIECES && !error; i++) {
        const uint64_t span = atomic_load_explicit(&ring->shared->span, memory_order_relaxed);
        const uint32_t have = (SPAN_END(span) - behind) & (CHUNKS - 1);

        if (have < CHUNKS / 2) /* the chunks before SPAN_END have memory: it is not before @behind */
            return 0;
        error = span_extend(ring, span, tail);
    }
    return error ? error : -EPROTO;
}

int mail_ring_put(struct mail_ring *ring, const void *data, uint32_t length) {
    struct mail_memory *shared = ring->shared;
    const uint64_t tail = atomic_load_explicit(&shared->tail, memory_order_acquire);
    const uint64_t head = atomic_load_explicit(&shared->head, memory_order_relaxed), units = message_units(length);
    const uint64_t first = MAIL_POSITION(head), size = length;
    int error;

    if (units_used(tail, head) + units > MAIL_LIMIT / UNIT)
        return -ENOBUFS;
    error = space_take(ring, first, units, tail);
    if (error)
        return error;
    memcpy(unit_at(ring, first), &size, sizeof size);
    copy_in(ring, position_add(first, LENGTH_UNITS), data, length);
    atomic_store_explicit(&shared->head, word_behind(head, units), memory_order_release);
    return 0;
}

/* ---- reading ---- */

bool mail_ring_next(const struct mail_ring *ring, uint32_t *length) {
    struct mail_memory *shared = ring->shared;
    const uint64_t tail = atomic_load_explicit(&shared->tail, memory_order_relaxed);
    const uint64_t head = atomic_load_explicit(&shared->head, memory_order_acquire);
    uint64_t size;

    if (tail == head)
        return false;
    memcpy(&size, unit_at(ring, MAIL_POSITION(tail)), sizeof size);
    *length = (uint32_t)size;
    if (message_units(*length) <= units_used(tail, head))
        return true;
    atomic_store_explicit(&shared->tail, head, memory_order_release); /* garbage: all of it is dropped */
    return false;
}

void mail_ring_peek(const struct mail_ring *ring, void *buffer, uint32_t n) {
    const uint64_t tail = atomic_load_explicit(&ring->shared->tail, memory_order_relaxed);

    copy_out(ring, position_add(tail, LENGTH_UNITS), buffer, n);
}

void mail_ring_drop(struct mail_ring *ring, uint32_t length) {
    const uint64_t tail = atomic_load_explicit(&ring->shared->tail, memory_order_relaxed);

    atomic_store_explicit(&ring->shared->tail, word_behind(tail, message_units(length)), memory_order_release);
}

uint32_t mail_ring_count(const struct mail_ring *ring, uint64_t *bytes) {
    const uint64_t tail = atomic_load_explicit(&ring->shared->tail, memory_order_acquire);
    const uint64_t head = atomic_load_explicit(&ring->shared->head, memory_order_acquire);

    *bytes = units_used(tail, head) * UNIT;
    return (MAIL_COUNT(head) - MAIL_COUNT(tail)) & (uint32_t)((1ull << (64 - MAIL_POSITION_BITS)) - 1);
}
