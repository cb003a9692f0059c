/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Write watches, for the system calls that reserve and commit (memory.c).  All of it under virtual_enter(). */
#ifndef WINIPC_NTDLL_WRITE_WATCH_H
#define WINIPC_NTDLL_WRITE_WATCH_H

#include "dlls/ntdll/virtual_region.h"

/* write_watch_add() - what is written in [start, end), which is reserved, will be noted.  Return: false: the kernel cannot do it. */
bool write_watch_add(uintptr_t start, uintptr_t end);
/* write_watch_commit() - [start, end) of a watched region is being committed: what is so for the first time has not been written.
 * Return: false: no memory. */
bool write_watch_commit(const struct region *region, uintptr_t start, uintptr_t end);

#endif
