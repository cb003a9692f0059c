/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Completion ports; see port.h.  A packet is a cell of its own:
 *  - MAKING, its maker's, until it is in the queue; LIVE in the queue; DYING, its taker's, until the taker has copied
 * it.  The sweep frees those that belong to a dead process, after it has mended the locks that the dead one held.
 *  - The queue is a chain from port.first.  One store adds a packet (to the last one's next, or to first), one store
 * takes the first one off: whoever finds the lock's owner dead walks the chain and makes everything else again
 * (port_recover).
 *
 * A packet is given to a waiting thread by a grant (wait.c): the wait block's packet is written before the grant is
 * decided, and the packet leaves the queue in the grant's third step.
 */
#include "libs/arena/port.h"
#include "libs/arena/dispatch.h"
#include "libs/arena/step.h"

#include <errno.h>

/* ---- the queue ---- */

/* The packet with number @at - 1, if it is one of @cell's. */
static struct cell *packet_at(const struct cell *cell, uint32_t at) {
    struct cell *packet = at ? cell_at(at - 1) : NULL;

    return packet && cell_type(packet) == CELL_PACKET && packet->packet.port == cell_index(cell) + 1 ? packet : NULL;
}

static void packet_set_life(struct cell *packet, enum cell_life life, uint32_t owner) {
    const uint64_t state = atomic_load(&packet->state);

    atomic_store(&packet->state, CELL_STATE(CELL_PACKET, life, STATE_GENERATION(state), owner));
}

static void queue_push(struct cell *cell, struct cell *packet) {
    struct cell *last = packet_at(cell, atomic_load(&cell->port.last));

    STEP("port: before push");
    if (atomic_load(&cell->port.first) && last)
        atomic_store(&last->packet.next, cell_index(packet) + 1);
    else
        atomic_store(&cell->port.first, cell_index(packet) + 1);
    STEP("port: pushed");
    packet_set_life(packet, LIFE_LIVE, 0);
    atomic_store(&cell->port.last, cell_index(packet) + 1);
    atomic_fetch_add(&cell->port.depth, 1);
    atomic_fetch_or(&cell->word, WORD_SIGNALED);
}

/* Takes the first packet off for process slot @taker. */
static struct cell *queue_pop(struct cell *cell, uint32_t taker) {
    struct cell *packet = packet_at(cell, atomic_load(&cell->port.first));

    if (!packet) {
        atomic_store(&cell->port.first, 0);
        return NULL;
    }
    packet_set_life(packet, LIFE_DYING, taker);
    STEP("port: before pop");
    atomic_store(&cell->port.first, atomic_load(&packet->packet.next));
    STEP("port: popped");
    atomic_fetch_sub(&cell->port.depth, 1);
    if (!atomic_load(&cell->port.first))
        atomic_fetch_and(&cell->word, ~WORD_SIGNALED);
    return packet;
}

static void packet_copy(struct cell *packet, struct port_packet *copy) {
    *copy = (struct port_packet){.key = packet->packet.key,
        .value = packet->packet.value,
        .information = packet->packet.information,
        .status = packet->packet.status};
    STEP("port: packet copied");
    cell_free(cell_index(packet));
}

uint32_t port_depth(const struct cell *cell) {
    return atomic_load(&cell->port.depth);
}

/* ---- threads ---- */

static void thread_join(struct cell *cell, struct thread_slot *slot) {
    atomic_store(&slot->port, cell_index(cell) + 1);
    STEP("port: joined");
    atomic_fetch_add(&cell->port.active, 1);
}

/* Return: whether the thread worked for this port. */
static bool thread_part(struct cell *cell, struct thread_slot *slot) {
    if (atomic_load(&slot->port) != cell_index(cell) + 1)
        return false;
    atomic_store(&slot->port, 0);
    STEP("port: parted");
    atomic_fetch_sub(&cell->port.active, 1);
    return true;
}

static bool port_has_room(const struct cell *cell) {
    return atomic_load(&cell->port.active) < cell->port.concurrency;
}

uint64_t port_leave(void) {
    struct cell *cell = cell_at(atomic_load(&arena_self.slot->port) - 1);
    uint64_t port = 0;

    if (!cell)
        return 0;
    cell_lock(cell);
    if (thread_part(cell, arena_self.slot)) {
        port = cell_index(cell) + 1 + ((uint64_t)STATE_GENERATION(atomic_load(&cell->state)) << 32);
        cell_satisfy(cell, SATISFY_UNCLAIMED);
    }
    cell_unlock(cell);
    return port;
}

void port_return(uint64_t port) {
    struct cell *cell = cell_at((uint32_t)port - 1);
    uint64_t state;

    if (!cell)
        return;
    cell_lock(cell);
    state = atomic_load(&cell->state);
    if (STATE_TYPE(state) == CELL_COMPLETION && STATE_LIFE(state) == LIFE_LIVE && STATE_GENERATION(state) == port >> 32)
        thread_join(cell, arena_self.slot);
    cell_unlock(cell);
}

int port_thread_gone(struct thread_slot *slot) {
    struct cell *cell = cell_at(atomic_load(&slot->port) - 1);

    if (!cell)
        return 0;
    if (!cell_lock(cell))
        return -EAGAIN;
    if (thread_part(cell, slot))
        cell_satisfy(cell, SATISFY_UNCLAIMED);
    cell_unlock(cell);
    return 0;
}

/* ---- giving packets out ---- */

void port_granted(struct cell *cell, uint32_t number) {
    struct thread_slot *slot = &winipc_arena->thread[number / WAIT_BLOCKS];
    const uint32_t packet = atomic_load(&wait_block_at(number)->packet);

    if (packet && atomic_load(&cell->port.first) == packet)
        queue_pop(cell, SLOT_OWNER(atomic_load(&slot->state)));
    if (atomic_load(&slot->port) != cell_index(cell) + 1)
        thread_join(cell, slot);
}

void port_deliver(struct cell *cell) {
    uint32_t left = ARENA_MAX_THREADS, before;

    for (uint32_t at = atomic_load(&cell->tail); at && left--; at = before) {
        struct wait_block *block = wait_block_at(at - 1);
        const uint32_t first = atomic_load(&cell->port.first);

        if (!block || !packet_at(cell, first) || !port_has_room(cell))
            return;
        before = atomic_load(&block->prev);
        if (atomic_load(&block->key) != PORT_REMOVE)
            continue;
        atomic_store(&block->packet, first);
        wait_grant(cell, at - 1, atomic_load(&cell->word) & ~WORD_WAITERS, 0);
    }
}

int port_post(uint32_t index, uint64_t state, const struct port_packet *packet) {
    struct port_ticket unused;

    return port_queue(index, state, packet, &unused);
}

int port_queue(uint32_t index, uint64_t state, const struct port_packet *packet, struct port_ticket *ticket) {
    const uint32_t made = cell_make(CELL_PACKET);
    struct cell *cell = cell_at(index), *entry = cell_at(made);

    if (!entry)
        return -ENOSPC;
    entry->packet.key = packet->key;
    entry->packet.value = packet->value;
    entry->packet.information = packet->information;
    entry->packet.status = packet->status;
    entry->packet.port = index + 1;
    atomic_store_explicit(&cell->cpu, (uint16_t)cpu_number(), memory_order_relaxed);
    if (!cell_lock(cell)) {
        cell_free(made);
        return -EAGAIN;
    }
    if (atomic_load(&cell->state) != state) {
        cell_unlock(cell);
        cell_free(made);
        return -ENOENT;
    }
    queue_push(cell, entry);
    *ticket = (struct port_ticket){index, made, atomic_load(&entry->state)};
    if (atomic_load(&cell->head))
        cell_satisfy(cell, SATISFY_UNCLAIMED);
    cell_unlock(cell);
    return 0;
}

bool port_holds(const struct port_ticket *ticket) {
    const struct cell *packet = ticket->state ? cell_at(ticket->packet) : NULL;

    return packet && atomic_load(&packet->state) == ticket->state;
}

bool port_withdraw(const struct port_ticket *ticket) {
    struct cell *cell = cell_at(ticket->port), *packet = cell_at(ticket->packet), *before = NULL, *at;
    uint32_t left = ARENA_MAX_CELLS;

    cell_lock(cell);
    if (!port_holds(ticket) || packet->packet.port != ticket->port + 1) {
        cell_unlock(cell);
        return false;
    }
    for (at = packet_at(cell, atomic_load(&cell->port.first)); at && at != packet && left--;
         at = packet_at(cell, atomic_load(&at->packet.next)))
        before = at;
    packet_set_life(packet, LIFE_DYING, arena_process);
    STEP("port: before withdrawal");
    atomic_store(before ? &before->packet.next : &cell->port.first, atomic_load(&packet->packet.next));
    STEP("port: withdrawn");
    if (atomic_load(&cell->port.last) == ticket->packet + 1)
        atomic_store(&cell->port.last, before ? cell_index(before) + 1 : 0);
    atomic_fetch_sub(&cell->port.depth, 1);
    if (!atomic_load(&cell->port.first))
        atomic_fetch_and(&cell->word, ~WORD_SIGNALED);
    cell_free(ticket->packet);
    cell_unlock(cell);
    return true;
}

/* Takes what is there, as the thread that works for the port from now on.  Return: how many. */
static uint32_t port_take(struct cell *cell, struct cell **packets, uint32_t n) {
    uint32_t taken = 0;

    while (taken < n && (packets[taken] = queue_pop(cell, arena_process)))
        taken++;
    return taken;
}

#define TAKE_MAX 64u /* packets under one lock */

/* The first attempt, without a wait.  The thread has come back: it does not count while the port is looked at. */
static int port_try(const struct wait_object *port, struct port_packet *packets, uint32_t n) {
    struct cell *cell = cell_at(port->cell), *taken[TAKE_MAX];
    uint32_t count = 0;

    cell_lock(cell);
    if (atomic_load(&cell->state) != port->state) {
        cell_unlock(cell);
        return WAIT_RESULT_GONE;
    }
    thread_part(cell, arena_self.slot);
    if (port_has_room(cell) && (count = port_take(cell, taken, n < TAKE_MAX ? n : TAKE_MAX)))
        thread_join(cell, arena_self.slot);
    cell_unlock(cell);
    for (uint32_t i = 0; i < count; i++)
        packet_copy(taken[i], &packets[i]);
    return (int)count;
}

/* What a grant has given, and what else is there by now. */
static int port_collect(const struct wait_object *port, struct port_packet *packets, uint32_t n) {
    struct cell *cell = cell_at(port->cell), *taken[TAKE_MAX];
    struct cell *packet = cell_at(atomic_load(&arena_self.slot->block[0].packet) - 1);
    uint32_t count = 0;

    if (!packet || cell_type(packet) != CELL_PACKET)
        return WAIT_RESULT_GONE;
    packet_copy(packet, packets);
    if (n == 1)
        return 1;
    cell_lock(cell);
    if (atomic_load(&cell->state) == port->state)
        count = port_take(cell, taken, n - 1 < TAKE_MAX ? n - 1 : TAKE_MAX);
    cell_unlock(cell);
    for (uint32_t i = 0; i < count; i++)
        packet_copy(taken[i], &packets[1 + i]);
    return (int)count + 1;
}

int port_remove(
    const struct wait_object *port, struct port_packet *packets, uint32_t n, bool alertable, uint64_t deadline_ns) {
    const struct wait_object object = {.cell = port->cell, .key = PORT_REMOVE, .state = port->state};
    const struct wait_request request = {
        .objects = &object, .n = 1, .alertable = alertable, .deadline_ns = deadline_ns};
    const uint32_t own = atomic_load(&arena_self.slot->port);
    int result;

    if (own && own != port->cell + 1)
        port_leave();
    result = port_try(port, packets, n);
    if (result)
        return result;
    result = wait_for(&request);
    if (!result)
        return port_collect(port, packets, n);
    if (result != WAIT_RESULT_GONE)
        port_return(port->cell + 1 + ((uint64_t)STATE_GENERATION(port->state) << 32));
    return result;
}

/* ---- deaths and ends ---- */

static void recount_active(struct cell *cell) {
    const uint32_t n_threads = arena_count(&winipc_arena->header.n_threads, ARENA_MAX_THREADS);
    uint32_t active = 0;

    for (uint32_t t = 0; t < n_threads; t++)
        active += atomic_load(&winipc_arena->thread[t].port) == cell_index(cell) + 1;
    atomic_store(&cell->port.active, active);
}

void port_recover(struct cell *cell) {
    uint32_t depth = 0, last = 0, next;
    struct cell *packet;

    for (uint32_t at = atomic_load(&cell->port.first); depth < ARENA_MAX_CELLS && (packet = packet_at(cell, at));
         at = next) {
        next = atomic_load(&packet->packet.next);
        packet_set_life(packet, LIFE_LIVE, 0);
        last = at;
        depth++;
    }
    if (!depth)
        atomic_store(&cell->port.first, 0);
    atomic_store(&cell->port.last, last);
    atomic_store(&cell->port.depth, depth);
    if (depth)
        atomic_fetch_or(&cell->word, WORD_SIGNALED);
    else
        atomic_fetch_and(&cell->word, ~WORD_SIGNALED);
    recount_active(cell);
}

void port_abandon(struct cell *cell) {
    uint32_t left = ARENA_MAX_THREADS;
    struct wait_block *block;

    for (uint32_t at = atomic_load(&cell->head); at && left-- && (block = wait_block_at(at - 1));
         at = atomic_load(&block->next)) {
        if (atomic_load(&block->key) == PORT_REMOVE)
            wait_end_other(&winipc_arena->thread[(at - 1) / WAIT_BLOCKS], WAIT_ENDED_GONE, false);
    }
}

void port_end(uint32_t index) {
    struct cell *cell = &winipc_arena->cell[index];
    const uint32_t n_cells = arena_count(&winipc_arena->header.n_cells, ARENA_MAX_CELLS);
    const uint32_t n_threads = arena_count(&winipc_arena->header.n_threads, ARENA_MAX_THREADS);

    for (uint32_t t = 0; atomic_load(&cell->port.active) && t < n_threads; t++) {
        uint32_t own = index + 1;

        atomic_compare_exchange_strong(&winipc_arena->thread[t].port, &own, 0);
    }
    /* by a look at all cells, not by the chain: so it can be done again when we are killed in it */
    for (uint32_t c = 0; atomic_load(&cell->port.first) && c < n_cells; c++) {
        struct cell *packet = packet_at(cell, c + 1);

        if (packet && STATE_LIFE(atomic_load(&packet->state)) == LIFE_LIVE)
            cell_free(c);
    }
}
