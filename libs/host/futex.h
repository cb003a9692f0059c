/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Futexes inside one process. Deadlines are absolute, in nanoseconds of CLOCK_MONOTONIC; FUTEX_FOREVER is none. Each
 * function returns 0 (or a count), or -errno; errno itself stays as it was.
 */
#ifndef WINIPC_FUTEX_H
#define WINIPC_FUTEX_H

#include <stdint.h>

#define FUTEX_FOREVER UINT64_MAX
#define FUTEX_ANY 0xFFFFFFFFu

/* The clock of the deadlines. */
uint64_t futex_now(void);

/**
 * futex_wait() - sleeps while *word is expected, until a wake whose mask shares a bit with this one, or the deadline.
 * Return: 0 after a wake (or spuriously), -EAGAIN when *word differs, -ETIMEDOUT, -EINTR.
 */
int futex_wait(const void *word, uint32_t expected, uint64_t deadline_ns, uint32_t mask);

/* Called around each sleep of futex_wait, the second with what the first returned; NULL: nobody wants to know. */
extern uint64_t (*futex_before_sleep)(void);
extern void (*futex_after_sleep)(uint64_t);

/* Called by futex_wait where a signal ended it; may not return. */
extern void (*futex_interrupted)(void);
/* futex_sleep() - futex_wait for those who must come back: their stack is in somebody's list. */
int futex_sleep(const void *word, uint32_t expected, uint64_t deadline_ns, uint32_t mask);

/* Wakes up to n sleepers whose mask shares a bit with this one. Return: how many. */
int futex_wake(const void *word, int n, uint32_t mask);

/* Tells the processor that this is a loop which waits. */
static inline void futex_relax(void) {
    __builtin_ia32_pause();
}

#endif
