/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where in the address space an allocation or a view finds its place: Linux' own search, on Windows' boundaries. */
#include "dlls/ntdll/virtual.h"

#include <stdatomic.h>
#include <sys/mman.h>

#define VIRTUAL_RESERVE_FLAGS (MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE)
#define VIRTUAL_STEP 0x100000u

static void *virtual_reserve_at(uintptr_t address, size_t size) {
    void *const at = mmap((void *)address, size, PROT_NONE, VIRTUAL_RESERVE_FLAGS | MAP_FIXED_NOREPLACE, -1, 0);

    if (at == MAP_FAILED)
        return NULL;
    if ((uintptr_t)at == address)
        return at;
    munmap(at, size); /* a kernel before MAP_FIXED_NOREPLACE */
    return NULL;
}

/* Where room was found the last time there often is again: one call instead of three. */
static _Atomic uintptr_t virtual_last;

static void *virtual_reserve_again(size_t size) {
    const uintptr_t last = atomic_load_explicit(&virtual_last, memory_order_relaxed);

    return last ? virtual_reserve_at(last, size) : NULL;
}

/* Anywhere, on a boundary of @align. */
static void *virtual_reserve_aligned(size_t size, size_t align) {
    void *const at = mmap(NULL, size + align, PROT_NONE, VIRTUAL_RESERVE_FLAGS, -1, 0);
    const uintptr_t start = (uintptr_t)at, begin = (start + align - 1) & ~(uintptr_t)(align - 1);

    if (at == MAP_FAILED)
        return NULL;
    if (begin > start)
        munmap(at, begin - start);
    if (start + align > begin)
        munmap((void *)(begin + size), start + align - begin);
    return (void *)begin;
}

void *virtual_reserve(void *address, size_t size) {
    void *at;

    if (address)
        return virtual_reserve_at((uintptr_t)address, size);
    at = virtual_reserve_again(size);
    if (at)
        return at;
    at = virtual_reserve_aligned(size, VIRTUAL_GRANULE);
    if (at)
        atomic_store_explicit(&virtual_last, (uintptr_t)at, memory_order_relaxed);
    return at;
}

void *virtual_reserve_within(size_t size, const struct virtual_range *range) {
    const uintptr_t align = range->align > VIRTUAL_GRANULE ? range->align : VIRTUAL_GRANULE;
    const uintptr_t low = range->low > VIRTUAL_GRANULE ? range->low : VIRTUAL_GRANULE;
    const uintptr_t least = size > VIRTUAL_STEP ? (size + align - 1) & ~(align - 1) : VIRTUAL_STEP;
    const uintptr_t step = least > align ? least & ~(align - 1) : align;

    if (range->low <= VIRTUAL_GRANULE && range->limit >= VIRTUAL_LIMIT)
        return virtual_reserve_aligned(size, align);
    /* Small steps first: what is asked for with a limit is often a small piece of low memory. */
    for (uintptr_t at = (low + align - 1) & ~(align - 1); at < VIRTUAL_LIMIT && at + size <= range->limit;
         at += at - low < VIRTUAL_STEP ? align : step) {
        void *const found = virtual_reserve_at(at, size);

        if (found)
            return found;
    }
    return NULL;
}
