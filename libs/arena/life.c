/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The server's life: a robust word that bears its thread id.  All that sleep watch it beside their own words; when the
 * server dies the kernel marks it and wakes one of them, which takes the word as it would a lock, starts the next
 * server, and goes to sleep again. If it is killed meanwhile the kernel marks the word again and wakes the next one.
 * The new server puts its own id there.
 */
#include "libs/arena/lock.h"
#include "libs/arena/wait.h"

#include <linux/futex.h>
#include <time.h>

#define PATIENCE_MS 5000
#define FIRST_MS 1 /* the killed one takes a moment to be gone, and who comes while it still answers starts none */
#define RETRY_MS 5

void (*wait_server_died)(unsigned missing_ms);

void arena_life_hold(void) {
    struct robust_list_head *robust = arena_self.robust;
    struct robust_list *node = (struct robust_list *)((char *)&winipc_arena->header.life - robust->futex_offset);

    node->next = &robust->list;
    robust->list.next = node;
    atomic_store(&winipc_arena->header.life, arena_self.tid | FUTEX_WAITERS);
}

/* Starts the next server, in the place of the word's owner. */
static void life_renew(_Atomic uint32_t *life, uint32_t mine) {
    const struct timespec pause = {.tv_nsec = 1000000};

    for (unsigned i = 0; i < PATIENCE_MS && atomic_load(life) == mine; i++) {
        if (i % RETRY_MS == FIRST_MS)
            wait_server_died(i);
        else
            nanosleep(&pause, NULL);
    }
    atomic_compare_exchange_strong(life, &mine, 0); /* there is none, and none to be had */
}

uint32_t life_watch(void) {
    _Atomic uint32_t *life = &winipc_arena->header.life;
    uint32_t word = atomic_load_explicit(life, memory_order_relaxed);
    const uint32_t mine = arena_self.tid | FUTEX_WAITERS;

    if (word & FUTEX_OWNER_DIED && wait_server_died) {
        lock_announce(life);
        if (atomic_compare_exchange_strong(life, &word, mine))
            life_renew(life, mine);
        lock_retract();
        word = atomic_load(life);
    }
    return word & FUTEX_TID_MASK ? word : 0;
}
