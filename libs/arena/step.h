/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Labelled steps of the arena's operations.  In a test build (ARENA_STEPS) each is a place where the kill test can end the process;
 * elsewhere it is nothing.
 */
#ifndef WINIPC_ARENA_STEP_H
#define WINIPC_ARENA_STEP_H

#ifdef ARENA_STEPS
extern void (*arena_step)(const char *label);
#define STEP(label)                                                                                                              \
    do {                                                                                                                         \
        if (arena_step)                                                                                                          \
            arena_step(label);                                                                                                   \
    } while (0)
#else
#define STEP(label) ((void)0)
#endif

#endif
