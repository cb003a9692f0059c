/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Futexes inside one process (futex.h). */
#include "libs/host/futex.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define FUTEX_NS_PER_S 1000000000u

uint64_t (*futex_before_sleep)(void);
void (*futex_after_sleep)(uint64_t);

uint64_t futex_now(void) {
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * FUTEX_NS_PER_S + (uint64_t)now.tv_nsec;
}

static int futex_call(const void *word, int op, uint32_t value, const struct timespec *deadline, uint32_t mask) {
    const int saved = errno;
    const long result = syscall(SYS_futex, word, op | FUTEX_PRIVATE_FLAG, value, deadline, NULL, mask);
    const int error = errno;

    errno = saved;
    return result < 0 ? -error : (int)result;
}

void (*futex_interrupted)(void);

int futex_sleep(const void *word, uint32_t expected, uint64_t deadline_ns, uint32_t mask) {
    const struct timespec deadline = {
        .tv_sec = (time_t)(deadline_ns / FUTEX_NS_PER_S),
        .tv_nsec = (long)(deadline_ns % FUTEX_NS_PER_S),
    };

    const uint64_t token = futex_before_sleep ? futex_before_sleep() : 0;
    const int result =
        futex_call(word, FUTEX_WAIT_BITSET, expected, deadline_ns == FUTEX_FOREVER ? NULL : &deadline, mask);

    if (futex_after_sleep)
        futex_after_sleep(token);
    return result;
}

int futex_wait(const void *word, uint32_t expected, uint64_t deadline_ns, uint32_t mask) {
    const int result = futex_sleep(word, expected, deadline_ns, mask);

    if (result == -EINTR && futex_interrupted)
        futex_interrupted();
    return result;
}

int futex_wake(const void *word, int n, uint32_t mask) {
    return futex_call(word, FUTEX_WAKE_BITSET, (uint32_t)n, NULL, mask);
}
