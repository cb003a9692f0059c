/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is due at some time, the earliest first and equals as they came: a pairing heap of nodes that lie in their
 * owners, so that adding needs no memory and takes the same time however many there are.
 */
#ifndef WINIPC_BASE_DUE_QUEUE_H
#define WINIPC_BASE_DUE_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

struct due_node {
    uint64_t due_ns, serial;
    struct due_node *child, *next, **place; /* place: what points to this one; NULL: in no queue */
};

struct due_queue {
    struct due_node *first;
    uint64_t n_added;
};

/* due_add() - @node, which is in no queue, is to come at @due_ns. */
void due_add(struct due_queue *queue, struct due_node *node, uint64_t due_ns);
/* due_remove() - Return: whether it was in the queue. */
bool due_remove(struct due_queue *queue, struct due_node *node);

static inline bool due_is_queued(const struct due_node *node) {
    return node->place;
}

/* due_again() - when what was due at @due_ns comes next, each @period_ns: in time with the first, and after @now_ns.
 * What was missed meanwhile is not made up for. */
static inline uint64_t due_again(uint64_t due_ns, uint64_t period_ns, uint64_t now_ns) {
    return due_ns > now_ns ? due_ns : due_ns + ((now_ns - due_ns) / period_ns + 1) * period_ns;
}

#endif
