/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Parts of reservations: private memory that is released in pieces, and placeholders, which are reservations made to be
 * cut and replaced. Source: https://learn.microsoft.com/en-us/windows/win32/api/memoryapi/nf-memoryapi-virtualalloc2
 */
#include "dlls/ntdll/virtual.h"
#include "dlls/ntdll/virtual_region.h"

#include <ntstatus.h>

#include <sys/mman.h>

#include "libs/host/guard.h"

/* What is committed of [@at, …) of one region is so of the other. */
static bool region_copy_runs(struct region *to, const struct region *from, uintptr_t at) {
    for (size_t i = 0; i < from->n_runs; i++) {
        const struct run *run = &from->runs[i];

        if (run->end <= at)
            continue;
        if (!region_make_room(to))
            return false;
        region_set(to, run->start > at ? run->start : at, run->end, run->protect);
    }
    return true;
}

struct region *region_split(struct region *region, uintptr_t at) {
    const uintptr_t end = region->base + region->size;
    struct region *second;

    region->size = at - region->base; /* the table finds places by where regions end */
    second = region_add(at, end - at, region->type, region->protect);
    if (second && region_copy_runs(second, region, at) && region_make_room(region)) {
        region_set(region, at, end, 0);
        second->placeholder = region->placeholder;
        second->replaced = region->replaced;
        second->watched = region->watched;
        return second;
    }
    if (second)
        region_remove(second);
    region->size = end - region->base;
    return NULL;
}

bool region_join(uintptr_t start, uintptr_t end) {
    struct region *const first = region_of(start);
    uintptr_t at = start;

    while (at < end) {
        const struct region *const region = region_of(at);

        if (!region || region->base != at || !region->placeholder)
            return false;
        at += region->size;
    }
    if (at != end || first->base + first->size == end)
        return false;
    while (first->base + first->size < end) {
        struct region *const next = region_of(first->base + first->size);
        const size_t size = next->size;

        region_remove(next);
        first->size += size;
    }
    return true;
}

bool virtual_placeholder_take(void *base, size_t size) {
    struct region *region;
    bool taken;

    virtual_enter();
    region = region_of((uintptr_t)base);
    taken = region && region->placeholder && region->base == (uintptr_t)base && region->size == size;
    if (taken)
        region_remove(region);
    virtual_leave();
    return taken;
}

bool virtual_placeholder_put(void *base, size_t size) {
    struct region *region = NULL;

    virtual_enter();
    if (mmap(base, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) != MAP_FAILED)
        region = region_add((uintptr_t)base, size, MEM_PRIVATE, PAGE_NOACCESS);
    if (region)
        region->placeholder = true;
    virtual_leave();
    return region != NULL;
}

/* ---- where ---- */

static NTSTATUS range_read_requirements(
    const MEM_ADDRESS_REQUIREMENTS *from, const void *base, struct virtual_range *range) {
    MEM_ADDRESS_REQUIREMENTS wanted;
    uintptr_t high;

    if (guard_copy_from(&wanted, from, sizeof wanted))
        return STATUS_ACCESS_VIOLATION;
    high = (uintptr_t)wanted.HighestEndingAddress;
    if (base && (wanted.LowestStartingAddress || high || wanted.Alignment))
        return STATUS_INVALID_PARAMETER;
    if (wanted.Alignment && (wanted.Alignment & (wanted.Alignment - 1) || wanted.Alignment < VIRTUAL_GRANULE))
        return STATUS_INVALID_PARAMETER;
    if ((uintptr_t)wanted.LowestStartingAddress % VIRTUAL_GRANULE || (high && (high + 1) % VIRTUAL_PAGE))
        return STATUS_INVALID_PARAMETER;
    if (high >= VIRTUAL_LIMIT || (uintptr_t)wanted.LowestStartingAddress >= (high ? high : VIRTUAL_LIMIT))
        return STATUS_INVALID_PARAMETER;
    *range = (struct virtual_range){
        (uintptr_t)wanted.LowestStartingAddress, high ? high + 1 : VIRTUAL_LIMIT, wanted.Alignment};
    return STATUS_SUCCESS;
}

NTSTATUS memory_range_read(
    const MEM_EXTENDED_PARAMETER *parameters, ULONG count, const void *base, struct virtual_range *range) {
    unsigned seen = 0;
    NTSTATUS status = count && !parameters ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;

    for (ULONG i = 0; !status && i < count; i++) {
        MEM_EXTENDED_PARAMETER one;

        if (guard_copy_from(&one, &parameters[i], sizeof one))
            return STATUS_ACCESS_VIOLATION;
        if (one.Type == MemExtendedParameterInvalidType || one.Type >= MemExtendedParameterMax || seen >> one.Type & 1)
            return STATUS_INVALID_PARAMETER;
        seen |= 1u << one.Type;
        if (one.Type == MemExtendedParameterAddressRequirements)
            status = range_read_requirements(one.Pointer, base, range);
        else if (one.Type == MemExtendedParameterPartitionHandle || one.Type == MemExtendedParameterUserPhysicalHandle)
            status = STATUS_NOT_SUPPORTED;
    }
    return status;
}
