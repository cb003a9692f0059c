/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of allocations, for the system calls that change it (memory.c). All of it under virtual_enter(). */
#ifndef WINIPC_NTDLL_VIRTUAL_REGION_H
#define WINIPC_NTDLL_VIRTUAL_REGION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <windows.h>

#include "dlls/ntdll/virtual.h"

/* Committed pages of one protection. */
struct run {
    uintptr_t start, end;
    ULONG protect; /* PAGE_…; never 0 */
};

struct region {
    uintptr_t base;
    size_t size;
    ULONG type;    /* MEM_PRIVATE, MEM_MAPPED, MEM_IMAGE */
    ULONG protect; /* as it was allocated */
    struct run *runs;
    size_t n_runs, runs_room;
    struct virtual_commits commits;
    bool placeholder;
    bool replaced; /* a placeholder was here */
    bool of_file;  /* a view of a file */
    bool watched; /* which of its pages are written is noted (write_watch.c) */
};

void virtual_enter(void);
void virtual_leave(void);

/* The region that an address lies in, or NULL. */
struct region *region_of(uintptr_t address);
struct region *region_add(uintptr_t base, size_t size, ULONG type, ULONG protect);
void region_remove(struct region *region);

/* region_split() - makes two of a region of private memory, the second one from @at on.  Return: that one, or NULL: no memory.
 * region_join() - makes one of the regions from the one at @start to @end, if that is what they cover and all are placeholders.  Return: false: not so. */
struct region *region_split(struct region *region, uintptr_t at);
bool region_join(uintptr_t start, uintptr_t end);

/* The run of committed pages that an address lies in; NULL: reserved, up to *next. */
const struct run *region_run(const struct region *region, uintptr_t address, uintptr_t *next);

/* Notes that [start, end) of a view's section is committed, for all its views. */
void region_commit(const struct region *region, uintptr_t start, uintptr_t end);

/* Makes region_set() certain to succeed once. */
bool region_make_room(struct region *region);
/* Commits [start, end) with a protection; 0 decommits it. */
void region_set(struct region *region, uintptr_t start, uintptr_t end, ULONG protect);

#endif
