/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Nodes by due time; see due_queue.h. */
#include "libs/base/due_queue.h"

#include <stddef.h>

static bool comes_before(const struct due_node *a, const struct due_node *b) {
    return a->due_ns != b->due_ns ? a->due_ns < b->due_ns : a->serial < b->serial;
}

/* Of two heaps without siblings one. */
static struct due_node *join(struct due_node *a, struct due_node *b) {
    struct due_node *const above = !b || (a && comes_before(a, b)) ? a : b, *const below = above == a ? b : a;

    if (!below)
        return above;
    below->next = above->child;
    if (below->next)
        below->next->place = &below->next;
    below->place = &above->child;
    above->child = below;
    return above;
}

/* Of siblings one heap: in pairs, then from the last pair on, which is what keeps the heaps shallow. */
static struct due_node *join_siblings(struct due_node *list) {
    struct due_node *pairs = NULL, *whole = NULL;

    while (list) {
        struct due_node *const a = list, *const b = a->next;

        list = b ? b->next : NULL;
        a->next = NULL;
        if (b)
            b->next = NULL;
        struct due_node *const pair = join(a, b);
        pair->next = pairs;
        pairs = pair;
    }
    while (pairs) {
        struct due_node *const pair = pairs;

        pairs = pair->next;
        pair->next = NULL;
        whole = join(whole, pair);
    }
    return whole;
}

static void put_first(struct due_queue *queue, struct due_node *node) {
    queue->first = node;
    if (node)
        node->place = &queue->first;
}

void due_add(struct due_queue *queue, struct due_node *node, uint64_t due_ns) {
    *node = (struct due_node){.due_ns = due_ns, .serial = queue->n_added++};
    put_first(queue, join(queue->first, node));
}

bool due_remove(struct due_queue *queue, struct due_node *node) {
    struct due_node *children;

    if (!node->place)
        return false;
    children = join_siblings(node->child);
    *node->place = node->next;
    if (node->next)
        node->next->place = node->place;
    put_first(queue, join(queue->first, children));
    node->child = node->next = NULL;
    node->place = NULL;
    return true;
}
