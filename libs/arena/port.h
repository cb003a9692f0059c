/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Completion ports: a queue of packets in the arena, and the threads that take them, the latest first, no more of them
 * at a time than the port's concurrency allows.  A thread works for the port from which it took a packet until it comes
 * back for the next, takes from another port, or ends; while it waits for something else it does not count.
 */
#ifndef WINIPC_ARENA_PORT_H
#define WINIPC_ARENA_PORT_H

#include "libs/arena/wait.h"

/* The key of a wait block that takes a packet; a plain wait for the port's handle has none. */
#define PORT_REMOVE 0x100u

struct port_packet {
    uint64_t key, value, information;
    uint32_t status;
};

/* port_post() - appends a packet to the queue of the port that cell @index was when its state was @state.
 * Return: 0, -ENOENT (the port is gone), -ENOSPC (the arena is full), -EAGAIN in the server. */
int port_post(uint32_t index, uint64_t state, const struct port_packet *packet);
/* A packet in a port's queue. */
struct port_ticket {
    uint32_t port, packet; /* cells */
    uint64_t state;        /* of the packet's cell while it is queued; 0: none */
};
/* port_queue() - the same, and tells which packet that is. */
int port_queue(uint32_t index, uint64_t state, const struct port_packet *packet, struct port_ticket *ticket);
/* port_holds() - whether that packet is still in the queue. */
bool port_holds(const struct port_ticket *ticket);
/* port_withdraw() - takes it out of the queue.  Return: false when somebody has taken it already. */
bool port_withdraw(const struct port_ticket *ticket);
/* port_remove() - takes up to @n packets, waiting for the first one.
 * Return: WAIT_RESULT_TIMEOUT, _APC or _GONE, or how many were taken. */
int port_remove(
    const struct wait_object *port, struct port_packet *packets, uint32_t n, bool alertable, uint64_t deadline_ns);
/* port_depth() - how many packets wait. */
uint32_t port_depth(const struct cell *cell);

/* port_leave() - the calling thread does not work for its port any more.  Return: for port_return, which makes it do so
 * again. */
uint64_t port_leave(void);
void port_return(uint64_t port);

/* port_pause(), port_resume() - the calling thread blocks in something else. */
static inline uint64_t port_pause(void) {
    return atomic_load_explicit(&arena_self.slot->port, memory_order_relaxed) ? port_leave() : 0;
}

static inline void port_resume(uint64_t port) {
    if (port)
        port_return(port);
}

/* ---- for the dispatcher, under the port's lock ---- */

/* port_deliver() - gives packets to waiting threads while there are both and the concurrency allows it. */
void port_deliver(struct cell *cell);
/* port_granted() - the part of a grant that is the port's: the packet leaves the queue, the thread works for the port.
 */
void port_granted(struct cell *cell, uint32_t number);
/* port_recover() - after the death of the lock's owner: mends the queue and counts anew. */
void port_recover(struct cell *cell);
/* port_abandon() - the last handle is closed: who waits for a packet waits no more. */
void port_abandon(struct cell *cell);

/* ---- for the ends of objects and threads ---- */

/* port_end() - drops the packets of a port that nobody refers to any more.  Can be repeated. */
void port_end(uint32_t index);
/* port_thread_gone() - a thread that has ended does not work for a port.  Return: 0, or -EAGAIN in the server. */
int port_thread_gone(struct thread_slot *slot);

#endif
