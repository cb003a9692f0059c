/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The queue of what is due: order, equals, removal. */
#include "tests/unit/unit.h"

#include "libs/base/due_queue.h"

#define N 2000

static struct due_node nodes[N];

static uint32_t next_random(void) {
    static uint32_t state = 1;

    return (state = state * 1103515245u + 12345u) >> 8;
}

/* Takes all out.  Return: how many; the order is checked. */
static unsigned drain(struct due_queue *queue) {
    const struct due_node *last = NULL;
    unsigned n = 0;

    while (queue->first) {
        struct due_node *node = queue->first;

        ck_assert(due_is_queued(node));
        ck_assert(!last || last->due_ns < node->due_ns || (last->due_ns == node->due_ns && last->serial < node->serial));
        ck_assert(due_remove(queue, node));
        ck_assert(!due_is_queued(node));
        last = node;
        n++;
    }
    return n;
}

START_TEST(the_earliest_is_first_and_equals_stay_in_order) {
    struct due_queue queue = {0};

    for (unsigned i = 0; i < N; i++)
        due_add(&queue, &nodes[i], next_random() % 100);
    ck_assert_uint_eq(drain(&queue), N);
}
END_TEST

START_TEST(any_can_be_removed) {
    struct due_queue queue = {0};
    unsigned removed = 0;

    for (unsigned i = 0; i < N; i++)
        due_add(&queue, &nodes[i], next_random());
    for (unsigned i = 0; i < N / 4; i++)
        due_remove(&queue, queue.first); /* heaps of heaps come about */
    for (unsigned i = 0; i < N; i += 3)
        removed += due_remove(&queue, &nodes[i]);
    ck_assert(!due_remove(&queue, &nodes[0]));
    ck_assert_uint_eq(drain(&queue), N - N / 4 - removed);
}
END_TEST

START_TEST(what_was_missed_is_left_out) {
    ck_assert_uint_eq(due_again(100, 10, 100), 110);
    ck_assert_uint_eq(due_again(100, 10, 109), 110);
    ck_assert_uint_eq(due_again(100, 10, 110), 120);
    ck_assert_uint_eq(due_again(100, 10, 1234), 1240);
}
END_TEST

UNIT_MAIN("due queue", the_earliest_is_first_and_equals_stay_in_order, any_can_be_removed, what_was_missed_is_left_out)
