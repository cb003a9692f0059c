/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The user's time zone, from TZ and the zone files, in Windows' form. */
#ifndef WINIPC_NTDLL_TIMEZONE_H
#define WINIPC_NTDLL_TIMEZONE_H

#include <stdbool.h>
#include <stdint.h>
#include <windows.h>

/* The zone's rules in a year. StandardDate.wMonth is 0 where no clock is changed. */
void timezone_for_year(int year, DYNAMIC_TIME_ZONE_INFORMATION *zone);

/* TIME_ZONE_ID_UNKNOWN, _STANDARD or _DAYLIGHT for now. */
DWORD timezone_state(const DYNAMIC_TIME_ZONE_INFORMATION *zone);

/* What is added to UTC now, in 100 ns. */
int64_t timezone_offset_now(void);

#endif
