/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Waitable timers' ties to threads and handles. */
#ifndef WINIPC_NTDLL_TIMER_H
#define WINIPC_NTDLL_TIMER_H

#include <stdint.h>

/* timer_thread_gone() - the calling thread ends, its APCs are discarded: timers that it has set with a routine are
 * over. */
void timer_thread_gone(void);
/* timer_handle_closed() - a handle of the timer that was in cell @cell when its state was @state has been closed; if it was the
 * last one, the timer is over and its APC does not run. */
void timer_handle_closed(uint32_t cell, uint64_t state);

#endif
