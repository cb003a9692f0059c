/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The process's address space as Windows tells it: allocations on 64 KiB boundaries, whose pages are reserved or committed, each
 * with a protection. VirtualAlloc makes private ones; the loader and the views of sections register theirs.
 */
#ifndef WINIPC_NTDLL_VIRTUAL_H
#define WINIPC_NTDLL_VIRTUAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <windows.h>

#define VIRTUAL_PAGE 0x1000u
#define VIRTUAL_GRANULE 0x10000u
#define VIRTUAL_LIMIT 0x7FFFFFFF0000u /* the first address that is no program's on Windows */

/**
 * virtual_register() - tells of memory that is mapped already: an image (MEM_IMAGE) or a view (MEM_MAPPED).
 * @protect: PAGE_…, of all its pages for now, and what AllocationProtect tells.
 * virtual_note_protect() - tells that a part of it has another protection now.
 * virtual_unregister() - forgets it; who registered it unmaps it.
 */
NTSTATUS virtual_register(void *base, size_t size, ULONG type, ULONG protect);
void virtual_note_protect(void *start, size_t size, ULONG protect);
void virtual_unregister(void *base);

/* Reserves address space, inaccessible, on a 64 KiB boundary: at address, or anywhere when it is NULL. NULL: no room. */
void *virtual_reserve(void *address, size_t size);
/* Anywhere below limit (exclusive). */
void *virtual_reserve_below(size_t size, uint64_t limit);

/* PROT_… of a PAGE_… value, guard pages as PROT_NONE; -1 for an invalid value. */
int virtual_linux_protection(ULONG protect);

/**
 * virtual_guard_hit() - for the handler of SIGSEGV: whether the address lies in a guard page. If so, it is one no more, and the
 * handler raises STATUS_GUARD_PAGE_VIOLATION.
 */
bool virtual_guard_hit(void *address);

/* Fills info for the page of an address of a registered or allocated region; false: it lies in none. */
bool virtual_query_own(uintptr_t address, MEMORY_BASIC_INFORMATION *info);
/* The start of the first own region above address, or VIRTUAL_LIMIT. */
uintptr_t virtual_next_own(uintptr_t address);
/* The same answers for memory that is not ours: ELF libraries, stacks, glibc's heap, and free space. */
void virtual_query_foreign(uintptr_t address, MEMORY_BASIC_INFORMATION *info);

#endif
