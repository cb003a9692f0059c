/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the programs share that stress something until it breaks: they end at what is wrong, and make up their own chance. */
#ifndef WINIPC_TEST_STRESS_H
#define WINIPC_TEST_STRESS_H

#include <windows.h>
#include <stdio.h>

#define REQUIRE(condition)                                                                                             \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            wrong(#condition, __LINE__);                                                                               \
    } while (0)

/* Says so, and ends the process at once. */
static inline void wrong(const char *what, int line) {
    const DWORD error = GetLastError();

    printf("wrong: line %d, process %u: %s, error %u\n", line, (unsigned)GetCurrentProcessId(), what, (unsigned)error);
    fflush(stdout);
    TerminateProcess(GetCurrentProcess(), 1);
}

/* A number below @n. */
static inline unsigned chance(unsigned *seed, unsigned n) {
    *seed = *seed * 1664525u + 1013904223u;
    return (*seed >> 8) % n;
}

#endif
