/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Waitable timers' tie to threads. */
#ifndef WINIPC_NTDLL_TIMER_H
#define WINIPC_NTDLL_TIMER_H

/* timer_thread_gone() - the calling thread ends, its APCs are discarded: timers that it has set with a routine are
 * over. */
void timer_thread_gone(void);

#endif
