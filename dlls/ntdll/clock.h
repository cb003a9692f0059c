/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Windows' clocks, in units of 100 ns, without a system call. */
#ifndef WINIPC_NTDLL_CLOCK_H
#define WINIPC_NTDLL_CLOCK_H

#include <stdint.h>
#include <windows.h>

#define CLOCK_TICK_100NS 156250  /* the system timer's period: 15.625 ms */
#define CLOCK_SECOND_100NS 10000000
#define CLOCK_OF_1970 116444736000000000 /* the Unix epoch as a FILETIME */

uint64_t clock_system_time(void);    /* FILETIME, UTC */
uint64_t clock_interrupt_time(void); /* since the machine started, sleep included */
uint64_t clock_unbiased_time(void);  /* the same without sleep */
uint64_t clock_performance(void);    /* the performance counter, 10 MHz */

/* The timer's period that this process asked for (timeBeginPeriod), or CLOCK_TICK_100NS. */
uint32_t clock_tick_100ns(void);

/* What stands at 0x7FFE0000, mapped when it is first read; for the handler of page faults. Return: whether it was that. */
BOOL user_shared_data_fault(uintptr_t address);

#endif
