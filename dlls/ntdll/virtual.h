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
 * virtual_register() - tells of memory that is mapped already: an image (MEM_IMAGE).
 * @protect: PAGE_…, of all its pages for now, and what AllocationProtect tells.
 * virtual_note_protect() - tells that a part of it has another protection now.
 * virtual_unregister() - forgets it; who registered it unmaps it.
 */
NTSTATUS virtual_register(void *base, size_t size, ULONG type, ULONG protect);
void virtual_note_protect(void *start, size_t size, ULONG protect);
void virtual_unregister(void *base);

/* The pages of a section of reserved ones that are committed, for all its views in all processes: a bit a page, set by whoever commits it
 * (NtAllocateVirtualMemory), never cleared.  The others' views learn of it by a fault or when they are asked. */
struct virtual_commits {
    _Atomic uint64_t *bits; /* NULL: all are committed */
    size_t size;            /* bytes of the mapping */
    uint64_t first_page;    /* the view's first page in the section */
};

enum { VIEW_REPLACED = 1 /* in a placeholder's place */, VIEW_OF_FILE = 2 };

/**
 * virtual_register_view() - virtual_register() of a view of a section, MEM_MAPPED; @commits is kept until it is unregistered.  @kind: VIEW_…
 * virtual_unregister_view() - forgets the view that an address lies in; the caller unmaps it, and its commits. @replaced: only if it
 * lies in a placeholder's place.  Return: false: none does.
 * virtual_find_view() - where that view begins and ends. Return: false: none does.
 */
NTSTATUS virtual_register_view(void *base, size_t size, ULONG protect, const struct virtual_commits *commits, unsigned kind);
bool virtual_unregister_view(void *address, bool replaced, void **base, size_t *size, struct virtual_commits *commits);
bool virtual_find_view(uintptr_t address, uintptr_t *base, uintptr_t *end);
/* virtual_view_is_file() - whether the view that begins at @base is one of a file. */
bool virtual_view_is_file(uintptr_t base);
/* virtual_image_is_view() - the image that is registered at @base is a view of a section: virtual_unregister_view() knows it. */
void virtual_image_is_view(void *base);
/* virtual_discard() - what these pages hold is needed no more. */
bool virtual_discard(void *address, size_t size);

/* Reserves address space, inaccessible, on a 64 KiB boundary: at address, or anywhere when it is NULL. NULL: no room. */
void *virtual_reserve(void *address, size_t size);
/* What a place must be like. */
struct virtual_range {
    uintptr_t low, limit; /* from where on, and below where it must end */
    uintptr_t align;      /* a power of two; less than 64 KiB is 64 KiB */
};
/* Anywhere there.  NULL: no room. */
void *virtual_reserve_within(size_t size, const struct virtual_range *range);

/* memory_range_read() - what extended parameters say about the place of an allocation or view at @base, NULL: anywhere.
 * Return: STATUS_SUCCESS, STATUS_INVALID_PARAMETER, STATUS_ACCESS_VIOLATION, STATUS_NOT_SUPPORTED (partitions, physical pages). */
NTSTATUS memory_range_read(const MEM_EXTENDED_PARAMETER *parameters, ULONG count, const void *base, struct virtual_range *range);

/**
 * Placeholders: reservations that can be split, put together again, and replaced by allocations and views of exactly their size.
 * virtual_placeholder_take() - the placeholder that is [@base, @base + @size) is one no more, but its addresses stay reserved, for who replaces it.
 * Return: false: there is none.
 * virtual_placeholder_put() - makes [@base, @base + @size), whatever is mapped there and nobody's any more, a placeholder.  Return: false: no memory.
 */
bool virtual_placeholder_take(void *base, size_t size);
bool virtual_placeholder_put(void *base, size_t size);

/* What a PAGE_… value allows: to write, to run, to write pages of one's own. */
static inline bool protect_writes(ULONG protect) {
    return protect & (PAGE_READWRITE | PAGE_EXECUTE_READWRITE);
}

static inline bool protect_executes(ULONG protect) {
    return protect & (PAGE_EXECUTE | PAGE_EXECUTE_READ | PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY);
}

static inline bool protect_copies(ULONG protect) {
    return protect & (PAGE_WRITECOPY | PAGE_EXECUTE_WRITECOPY);
}

/* PROT_… of a PAGE_… value, guard pages as PROT_NONE; -1 for an invalid value. */
int virtual_linux_protection(ULONG protect);

/**
 * virtual_guard_hit() - for the handler of SIGSEGV: whether the address lies in a guard page. If so, it is one no more, and the
 * handler raises STATUS_GUARD_PAGE_VIOLATION.
 */
bool virtual_guard_hit(void *address);
/* virtual_commit_hit() - the same for a page that another view's owner has committed. If so, it is accessible now. */
bool virtual_commit_hit(void *address);

/* Fills info for the page of an address of a registered or allocated region; false: it lies in none. */
bool virtual_query_own(uintptr_t address, MEMORY_BASIC_INFORMATION *info);
/* The start of the first own region above address, or VIRTUAL_LIMIT. */
uintptr_t virtual_next_own(uintptr_t address);
/* The same answers for memory that is not ours: ELF libraries, stacks, glibc's heap, and free space. */
void virtual_query_foreign(uintptr_t address, MEMORY_BASIC_INFORMATION *info);

#endif
