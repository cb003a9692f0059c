/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Threads of ours beside the program's (helper_thread.c). */
#ifndef WINIPC_NTDLL_HELPER_THREAD_H
#define WINIPC_NTDLL_HELPER_THREAD_H

#include <stdbool.h>

/* helper_thread_start() - starts a thread that runs @run, which does not return, with a place in the arena.  It takes
 * no signals, runs no code of the program, and nobody waits for its end.  Return: false when there is no room for it.
 */
bool helper_thread_start(void (*run)(void));

/* helper_thread_start_outside() - the same without a place in the arena: for what may be asked for before the process
 * has one.  */
bool helper_thread_start_outside(void (*run)(void));

#endif
