/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Waiting awake for the other side of shared memory, before one sleeps: pays while that side runs on another CPU.  How
 * long it is tried adapts to how often it was worth it.
 */
#ifndef WINIPC_NTDLL_IO_SPIN_H
#define WINIPC_NTDLL_IO_SPIN_H

#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "libs/arena/wait.h"
#include "libs/host/futex.h"

#define SPIN_MIN 64u
#define SPIN_MAX 2000u
#define YIELDS 2 /* on one CPU: the other end may run at once */
#define YIELD_LONG_NS 100000
#define YIELD_PAUSE_MIN 8
#define YIELD_PAUSE_MAX 1024

struct io_yield {
    uint32_t pause;   /* so many operations do not yield the CPU: others took it for too long */
    uint32_t backoff; /* how many that will be the next time */
};

/*
 * Lets the other end run, which shares our CPU.  Where others want it too, a yield gives them whole time slices, and
 * sleeping is better: the wake-up comes at once.  After one that took so long some operations do not try, and the more
 * the more often it happens.
 */
static inline bool io_yield(struct io_yield *yield) {
    uint64_t begin;

    if (yield->pause) {
        yield->pause--;
        return false;
    }
    begin = futex_now();
    sched_yield();
    if (futex_now() - begin <= YIELD_LONG_NS) {
        yield->backoff -= yield->backoff / 8;
        return true;
    }
    yield->backoff = yield->backoff < YIELD_PAUSE_MIN ? YIELD_PAUSE_MIN : yield->backoff * 2;
    if (yield->backoff > YIELD_PAUSE_MAX)
        yield->backoff = YIELD_PAUSE_MAX;
    yield->pause = yield->backoff;
    return true;
}

/* io_spin() - spins while the other side (CPU + 1 in *peer) runs on another CPU; on the same one, lets it run.
 * @budget: how long it may last, in pauses: adapts; SPIN_MAX / 2 at first.
 * Return: whether @holds does. */
static inline bool io_spin(uint32_t *budget, struct io_yield *yield, const _Atomic uint32_t *peer,
    bool (*holds)(const void *context), const void *context) {
    uint32_t spins = 0, yields = 0;

    while (spins < *budget) {
        if (holds(context)) {
            if (*budget < SPIN_MAX)
                *budget += 64;
            return true;
        }
        if ((spins & 31) == 0 && atomic_load_explicit(peer, memory_order_relaxed) == cpu_number()) {
            if (yields++ == YIELDS || !io_yield(yield))
                return false;
            continue;
        }
        spins++;
        __builtin_ia32_pause();
    }
    *budget = *budget / 2 < SPIN_MIN ? SPIN_MIN : *budget - *budget / 8;
    return false;
}

/* cpu_publish() - tells the other side on which CPU this one runs. */
static inline void cpu_publish(_Atomic uint32_t *place) {
    const uint32_t cpu = cpu_number();

    if (atomic_load_explicit(place, memory_order_relaxed) != cpu)
        atomic_store_explicit(place, cpu, memory_order_relaxed);
}

#endif
