/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NtAllocateVirtualMemory and its kin, for the calling process; for others: memory_elsewhere.c. */
#include "dlls/ntdll/clock.h"
#include "dlls/ntdll/exception.h"
#include "dlls/ntdll/memory_elsewhere.h"
#include "dlls/ntdll/remote.h"
#include "dlls/ntdll/virtual.h"
#include "dlls/ntdll/virtual_region.h"
#include "dlls/ntdll/write_watch.h"
#include "libs/arena/arena.h"
#include "libs/base/trace.h"
#include "libs/host/guard.h"

#include <ntstatus.h>
#define WIN32_NO_STATUS
#include <winternl.h>

#include <errno.h>
#include <linux/membarrier.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MEMORY_TYPES_ALLOC                                                                                             \
    (MEM_COMMIT | MEM_RESERVE | MEM_TOP_DOWN | MEM_RESET | MEM_RESET_UNDO | MEM_LARGE_PAGES | MEM_PHYSICAL | MEM_WRITE_WATCH)

static uintptr_t page_down(uintptr_t address) {
    return address & ~(uintptr_t)(VIRTUAL_PAGE - 1);
}

static uintptr_t page_up(uintptr_t address) {
    return page_down(address + VIRTUAL_PAGE - 1);
}

#define PLACEHOLDER_TYPES (MEM_RESERVE_PLACEHOLDER | MEM_REPLACE_PLACEHOLDER)

/* An address limit from NtAllocateVirtualMemory's zero_bits: a count of high zero bits of 32, or a mask. */
static uint64_t memory_limit(ULONG_PTR zero_bits) {
    if (!zero_bits)
        return VIRTUAL_LIMIT;
    if (zero_bits < 32)
        return (uint64_t)1 << (32 - zero_bits);
    return ((uint64_t)2 << (63 - __builtin_clzll(zero_bits))) - 1;
}

/* Whether pages of a region may have a protection. Those of a view may not have more than the view was mapped with; one that shares its
 * pages cannot begin to copy them. */
static NTSTATUS memory_protection_fits(const struct region *region, ULONG protect) {
    const ULONG most = region->protect;

    if (region->type == MEM_PRIVATE)
        return protect_copies(protect) ? STATUS_INVALID_PAGE_PROTECTION : STATUS_SUCCESS;
    if (region->type != MEM_MAPPED)
        return STATUS_SUCCESS;
    if ((protect_writes(protect) && !protect_writes(most)) || (protect_copies(protect) && !protect_copies(most)))
        return STATUS_SECTION_PROTECTION;
    return protect_executes(protect) && !protect_executes(most) ? STATUS_SECTION_PROTECTION : STATUS_SUCCESS;
}

/* Commits pages of a region of the program's: its own, or those of a section, then for all its views. Under the lock. */
static NTSTATUS memory_commit(struct region *region, uintptr_t start, uintptr_t end, ULONG protect) {
    if (region->type == MEM_IMAGE)
        return STATUS_CONFLICTING_ADDRESSES;
    if (memory_protection_fits(region, protect))
        return STATUS_SECTION_PROTECTION;
    if (!region_make_room(region))
        return STATUS_NO_MEMORY;
    if (mprotect((void *)start, end - start, virtual_linux_protection(protect)))
        return STATUS_COMMITMENT_LIMIT;
    if (region->watched && !write_watch_commit(region, start, end))
        return STATUS_NO_MEMORY;
    region_commit(region, start, end);
    protect |= region->protect & PAGE_NOCACHE;
    region_set(region, start, end, protect);
    return STATUS_SUCCESS;
}

/* What is asked for; what is given takes its place. */
struct memory_plan {
    uintptr_t base;
    size_t size;
    ULONG type, protect;
    struct virtual_range range; /* for a base of NULL */
};

/* A place of the address space, inaccessible. */
static NTSTATUS memory_find_place(struct memory_plan *plan) {
    const uintptr_t start = plan->base & ~(uintptr_t)(VIRTUAL_GRANULE - 1);
    const bool anywhere = plan->range.low <= VIRTUAL_GRANULE && plan->range.limit >= VIRTUAL_LIMIT &&
                          plan->range.align <= VIRTUAL_GRANULE;
    void *at;

    if (plan->type & MEM_REPLACE_PLACEHOLDER)
        return plan->base && virtual_placeholder_take((void *)plan->base, plan->size) ? STATUS_SUCCESS
                                                                                     : STATUS_CONFLICTING_ADDRESSES;
    plan->size = page_up(plan->base + plan->size) - start;
    at = plan->base || anywhere ? virtual_reserve((void *)start, plan->size) : virtual_reserve_within(plan->size, &plan->range);
    if (!at)
        return plan->base ? STATUS_CONFLICTING_ADDRESSES : STATUS_NO_MEMORY;
    plan->base = (uintptr_t)at;
    return STATUS_SUCCESS;
}

/* Tells the table of a new allocation in its place. */
static NTSTATUS memory_enter(const struct memory_plan *plan) {
    struct region *region;
    NTSTATUS status = STATUS_SUCCESS;

    virtual_enter();
    region = region_add(plan->base, plan->size, MEM_PRIVATE, plan->protect);
    if (!region)
        status = STATUS_NO_MEMORY;
    else if (plan->type & MEM_WRITE_WATCH && !(region->watched = write_watch_add(plan->base, plan->base + plan->size)))
        status = STATUS_NOT_SUPPORTED;
    else if (plan->type & MEM_COMMIT)
        status = memory_commit(region, plan->base, plan->base + plan->size, plan->protect);
    if (status && region)
        region_remove(region);
    if (!status) {
        region->placeholder = plan->type & MEM_RESERVE_PLACEHOLDER;
        region->replaced = plan->type & MEM_REPLACE_PLACEHOLDER;
    }
    virtual_leave();
    return status;
}

static NTSTATUS memory_reserve(struct memory_plan *plan) {
    NTSTATUS status = memory_find_place(plan);

    if (status)
        return status;
    status = memory_enter(plan);
    if (status && plan->type & MEM_REPLACE_PLACEHOLDER)
        virtual_placeholder_put((void *)plan->base, plan->size);
    else if (status)
        munmap((void *)plan->base, plan->size);
    return status;
}

/* MEM_COMMIT, MEM_RESET or MEM_RESET_UNDO inside a reservation. */
static NTSTATUS memory_change(struct memory_plan *plan) {
    const uintptr_t start = page_down(plan->base), end = page_up(plan->base + plan->size);
    struct region *region;
    NTSTATUS status = STATUS_SUCCESS;

    virtual_enter();
    region = region_of(start);
    if (!region || end > region->base + region->size || region->placeholder)
        status = STATUS_CONFLICTING_ADDRESSES;
    else if (plan->type & MEM_COMMIT)
        status = memory_commit(region, start, end, plan->protect);
    virtual_leave();
    plan->base = start;
    plan->size = end - start;
    return status;
}

static NTSTATUS memory_check_alloc(const struct memory_plan *plan) {
    const uintptr_t base = plan->base;
    const size_t size = plan->size;
    const ULONG type = plan->type, protect = plan->protect;

    if (!size || size >= VIRTUAL_LIMIT || base >= VIRTUAL_LIMIT || base + size > VIRTUAL_LIMIT)
        return STATUS_INVALID_PARAMETER;
    if ((type & ~(ULONG)(MEMORY_TYPES_ALLOC | PLACEHOLDER_TYPES)) || !(type & (MEM_COMMIT | MEM_RESERVE | MEM_RESET | MEM_RESET_UNDO)))
        return STATUS_INVALID_PARAMETER_5;
    if (type & (MEM_RESET | MEM_RESET_UNDO) && type & (type - 1)) /* with nothing else */
        return STATUS_INVALID_PARAMETER_5;
    if (type & MEM_PHYSICAL || (type & MEM_WRITE_WATCH && (!(type & MEM_RESERVE) || type & PLACEHOLDER_TYPES)))
        return STATUS_INVALID_PARAMETER_5;
    if (virtual_linux_protection(protect) < 0 || (protect & (PAGE_WRITECOPY | PAGE_EXECUTE_WRITECOPY)))
        return STATUS_INVALID_PAGE_PROTECTION;
    return type & MEM_LARGE_PAGES ? STATUS_PRIVILEGE_NOT_HELD : STATUS_SUCCESS;
}

/* Placeholders are whole pages, without access, and nothing but reserved. */
static NTSTATUS memory_check_placeholder(const struct memory_plan *plan) {
    const ULONG type = plan->type;

    if (!(type & PLACEHOLDER_TYPES))
        return STATUS_SUCCESS;
    if (!(type & MEM_RESERVE) || (type & PLACEHOLDER_TYPES) == PLACEHOLDER_TYPES)
        return STATUS_INVALID_PARAMETER;
    if (plan->size % VIRTUAL_PAGE || plan->base % VIRTUAL_PAGE)
        return STATUS_INVALID_PARAMETER;
    if (type & MEM_RESERVE_PLACEHOLDER)
        return type & MEM_COMMIT || plan->protect != PAGE_NOACCESS ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
    return STATUS_SUCCESS;
}

static NTSTATUS memory_allocate(struct memory_plan *plan) {
    const NTSTATUS status = plan->type & MEM_RESERVE || (!plan->base && plan->type & MEM_COMMIT) ? memory_reserve(plan) : memory_change(plan);

    TRACE(TRACE_MEMORY, "allocate %p, 0x%zx bytes, type 0x%x, protection 0x%x: status 0x%08x", (void *)plan->base, plan->size,
        (unsigned)plan->type, (unsigned)plan->protect, (unsigned)status);
    return status;
}

/**
 * NtAllocateVirtualMemory() - VirtualAlloc's core: reserves, commits or resets pages.
 * @base: in: where, or NULL; out: where, rounded down to 64 KiB (reserve) or to a page. @size: in and out, bytes.
 * @type: MEM_RESERVE, MEM_COMMIT, MEM_RESET, MEM_TOP_DOWN, MEM_WRITE_WATCH (with MEM_RESERVE); large pages cannot be had.
 * Return: STATUS_CONFLICTING_ADDRESSES when the place is taken, or not reserved; STATUS_NO_MEMORY; STATUS_INVALID_PARAMETER(_n);
 *         STATUS_INVALID_PAGE_PROTECTION; STATUS_PRIVILEGE_NOT_HELD for large pages; STATUS_NOT_SUPPORTED for a native program's process,
 *         and for write watches where Linux has none.
 * Source: https://learn.microsoft.com/en-us/windows-hardware/drivers/ddi/ntifs/nf-ntifs-ntallocatevirtualmemory
 */
NTSTATUS WINAPI NtAllocateVirtualMemory(
    HANDLE process, void **base, ULONG_PTR zero_bits, SIZE_T *size, ULONG type, ULONG protect) {
    struct memory_plan plan = {(uintptr_t)*base, *size, type, protect, {.limit = memory_limit(zero_bits)}};
    uint32_t target = arena_process;
    NTSTATUS status;

    if ((zero_bits > 21 && zero_bits < 32) || zero_bits > VIRTUAL_LIMIT)
        return STATUS_INVALID_PARAMETER_3;
    status = type & PLACEHOLDER_TYPES ? STATUS_INVALID_PARAMETER_5 : memory_check_alloc(&plan);
    if (!status)
        status = process_slot_of(process, PROCESS_VM_OPERATION, &target);
    if (status)
        return status;
    if (target != arena_process)
        return memory_allocate_elsewhere(target, base, zero_bits, size, type, protect);
    status = memory_allocate(&plan);
    if (status)
        return status;
    *base = (void *)plan.base;
    *size = plan.size;
    return STATUS_SUCCESS;
}

/**
 * NtAllocateVirtualMemoryEx() - the same, and placeholders, and places by address and alignment.
 * @type: also MEM_RESERVE_PLACEHOLDER, and MEM_REPLACE_PLACEHOLDER (with MEM_RESERVE): @base and @size are a placeholder's.
 * @parameters: address requirements (without @base), NUMA node (any), attributes (none).
 * Return: as NtAllocateVirtualMemory; STATUS_CONFLICTING_ADDRESSES (no such placeholder), STATUS_INVALID_PARAMETER (parameters that
 * contradict each other, an alignment that is none), STATUS_NOT_SUPPORTED (such parameters for another process).
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/memoryapi/nf-memoryapi-virtualalloc2
 */
NTSTATUS WINAPI NtAllocateVirtualMemoryEx(HANDLE process, void **base, SIZE_T *size, ULONG type, ULONG protect,
    MEM_EXTENDED_PARAMETER *parameters, ULONG count) {
    struct memory_plan plan = {(uintptr_t)*base, *size, type, protect, {.limit = VIRTUAL_LIMIT}};
    uint32_t target = arena_process;
    NTSTATUS status = memory_range_read(parameters, count, *base, &plan.range);

    if (!status)
        status = memory_check_alloc(&plan);
    if (!status)
        status = memory_check_placeholder(&plan);
    if (!status)
        status = process_slot_of(process, PROCESS_VM_OPERATION, &target);
    if (status)
        return status;
    if (target != arena_process)
        return count || type & PLACEHOLDER_TYPES ? STATUS_NOT_SUPPORTED
                                                 : memory_allocate_elsewhere(target, base, 0, size, type, protect);
    status = memory_allocate(&plan);
    if (status)
        return status;
    *base = (void *)plan.base;
    *size = plan.size;
    return STATUS_SUCCESS;
}

/* Makes [start, end), a part of a region of private memory, a region of its own.  Under the lock.  Return: it, or NULL: no memory. */
static struct region *memory_part(struct region *region, uintptr_t start, uintptr_t end) {
    if (end < region->base + region->size && !region_split(region, end))
        return NULL;
    return start > region->base ? region_split(region, start) : region;
}

/* Under the lock. */
static NTSTATUS memory_release(struct region *region, uintptr_t start, uintptr_t end) {
    if (region->type != MEM_PRIVATE)
        return STATUS_INVALID_PARAMETER;
    if (end > region->base + region->size)
        return STATUS_UNABLE_TO_FREE_VM;
    region = memory_part(region, start, end);
    if (!region)
        return STATUS_NO_MEMORY;
    munmap((void *)region->base, region->size);
    region_remove(region);
    return STATUS_SUCCESS;
}

/* MEM_PRESERVE_PLACEHOLDER: cuts a placeholder out of a larger one, or makes one of what has replaced it.  Under the lock. */
static NTSTATUS memory_preserve(struct region *region, uintptr_t start, uintptr_t end) {
    if (region->type != MEM_PRIVATE || end > region->base + region->size)
        return STATUS_CONFLICTING_ADDRESSES;
    if (region->placeholder) {
        if (start == region->base && end == region->base + region->size)
            return STATUS_CONFLICTING_ADDRESSES;
        return memory_part(region, start, end) ? STATUS_SUCCESS : STATUS_NO_MEMORY;
    }
    if (start != region->base || end != region->base + region->size || !region->replaced)
        return STATUS_CONFLICTING_ADDRESSES;
    if (mmap((void *)start, end - start, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) == MAP_FAILED)
        return STATUS_NO_MEMORY;
    region_set(region, start, end, 0);
    region->protect = PAGE_NOACCESS;
    region->placeholder = true;
    return STATUS_SUCCESS;
}

/* Under the lock. */
static NTSTATUS memory_decommit(struct region *region, uintptr_t start, uintptr_t end) {
    if (region->type != MEM_PRIVATE)
        return STATUS_INVALID_PARAMETER;
    if (end > region->base + region->size)
        return STATUS_UNABLE_TO_FREE_VM;
    if (!region_make_room(region))
        return STATUS_NO_MEMORY;
    if (mmap((void *)start, end - start, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) ==
        MAP_FAILED)
        return STATUS_NO_MEMORY;
    region_set(region, start, end, 0);
    return region->watched && !write_watch_add(start, end) ? STATUS_NO_MEMORY : STATUS_SUCCESS;
}

/* Under the lock. */
static NTSTATUS memory_free(struct region *region, uintptr_t start, uintptr_t end, ULONG type) {
    switch (type) {
    case MEM_RELEASE: return memory_release(region, start, end);
    case MEM_RELEASE | MEM_PRESERVE_PLACEHOLDER: return memory_preserve(region, start, end);
    case MEM_RELEASE | MEM_COALESCE_PLACEHOLDERS: return region_join(start, end) ? STATUS_SUCCESS : STATUS_CONFLICTING_ADDRESSES;
    default: return region->placeholder ? STATUS_CONFLICTING_ADDRESSES : memory_decommit(region, start, end);
    }
}

/**
 * NtFreeVirtualMemory() - VirtualFree's core.
 * @size: 0: the whole allocation, base being its base; with MEM_RELEASE else a part, the rest being allocations of their own then.
 * @type: MEM_DECOMMIT or MEM_RELEASE; with MEM_PRESERVE_PLACEHOLDER: a part of a placeholder becomes one of its own, or what has replaced one
 *         becomes it again; with MEM_COALESCE_PLACEHOLDERS: several become one.
 * Return: STATUS_MEMORY_NOT_ALLOCATED; STATUS_FREE_VM_NOT_AT_BASE; STATUS_UNABLE_TO_FREE_VM for more than the allocation;
 *         STATUS_CONFLICTING_ADDRESSES for what are no such placeholders; STATUS_INVALID_PARAMETER(_n).
 * Source: https://learn.microsoft.com/en-us/windows-hardware/drivers/ddi/ntifs/nf-ntifs-ntfreevirtualmemory
 */
NTSTATUS WINAPI NtFreeVirtualMemory(HANDLE process, void **base, SIZE_T *size, ULONG type) {
    const uintptr_t start = page_down((uintptr_t)*base);
    struct region *region;
    uint32_t target;
    NTSTATUS status = process_slot_of(process, PROCESS_VM_OPERATION, &target);
    uintptr_t end = page_up((uintptr_t)*base + *size);

    if (status)
        return status;
    if (target != arena_process)
        return memory_free_elsewhere(target, base, size, type);
    if (type != MEM_DECOMMIT && (type & ~(ULONG)(MEM_PRESERVE_PLACEHOLDER | MEM_COALESCE_PLACEHOLDERS)) != MEM_RELEASE)
        return STATUS_INVALID_PARAMETER_4;
    if (type & MEM_PRESERVE_PLACEHOLDER && type & MEM_COALESCE_PLACEHOLDERS)
        return STATUS_INVALID_PARAMETER_4;
    if (type & (MEM_PRESERVE_PLACEHOLDER | MEM_COALESCE_PLACEHOLDERS) && !*size)
        return STATUS_INVALID_PARAMETER_3;
    virtual_enter();
    region = region_of(start);
    if (!region) {
        status = STATUS_MEMORY_NOT_ALLOCATED;
    } else if (!*size && start != region->base) {
        status = STATUS_FREE_VM_NOT_AT_BASE;
    } else {
        if (!*size)
            end = start + region->size;
        status = memory_free(region, start, end, type);
    }
    virtual_leave();
    TRACE(TRACE_MEMORY, "free %p, type 0x%x: status 0x%08x", (void *)start, (unsigned)type, (unsigned)status);
    if (status)
        return status;
    *base = (void *)start;
    *size = end - start;
    return STATUS_SUCCESS;
}

/* Whether all of [start, end) is committed; the first page's protection. Under the lock. */
static bool memory_committed(const struct region *region, uintptr_t start, uintptr_t end, ULONG *first) {
    for (uintptr_t at = start; at < end;) {
        uintptr_t next;
        const struct run *const run = region_run(region, at, &next);

        if (!run)
            return false;
        if (at == start)
            *first = run->protect;
        at = run->end;
    }
    return true;
}

/* Under the lock. */
static NTSTATUS memory_protect_own(struct region *region, uintptr_t start, uintptr_t end, ULONG protect, ULONG *old) {
    const NTSTATUS status = memory_protection_fits(region, protect);

    if (end > region->base + region->size)
        return STATUS_CONFLICTING_ADDRESSES;
    if (status)
        return status;
    if (!memory_committed(region, start, end, old))
        return STATUS_NOT_COMMITTED;
    if (!region_make_room(region))
        return STATUS_NO_MEMORY;
    if (mprotect((void *)start, end - start, virtual_linux_protection(protect)))
        return errno == EACCES ? STATUS_SECTION_PROTECTION : STATUS_NO_MEMORY;
    region_set(region, start, end, protect);
    return STATUS_SUCCESS;
}

static NTSTATUS memory_protect_foreign(uintptr_t start, uintptr_t end, ULONG protect, ULONG *old) {
    MEMORY_BASIC_INFORMATION info;

    virtual_query_foreign(start, &info);
    if (info.State == MEM_FREE)
        return STATUS_INVALID_ADDRESS;
    if (info.State != MEM_COMMIT)
        return STATUS_NOT_COMMITTED;
    *old = info.Protect;
    return mprotect((void *)start, end - start, virtual_linux_protection(protect)) ? STATUS_ACCESS_DENIED : STATUS_SUCCESS;
}

/**
 * NtProtectVirtualMemory() - VirtualProtect's core: all pages lie in one allocation and are committed.
 * @old_protect: the first page's protection before.
 * Return: STATUS_NOT_COMMITTED; STATUS_CONFLICTING_ADDRESSES; STATUS_INVALID_PAGE_PROTECTION; STATUS_ACCESS_VIOLATION.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/memoryapi/nf-memoryapi-virtualprotect
 */
NTSTATUS WINAPI NtProtectVirtualMemory(HANDLE process, void **base, SIZE_T *size, ULONG protect, ULONG *old_protect) {
    const uintptr_t start = page_down((uintptr_t)*base), end = page_up((uintptr_t)*base + *size);
    struct region *region;
    ULONG old = 0;
    uint32_t target;
    NTSTATUS status = process_slot_of(process, PROCESS_VM_OPERATION, &target);

    if (status)
        return status;
    if (virtual_linux_protection(protect) < 0)
        return STATUS_INVALID_PAGE_PROTECTION;
    if (!old_protect || guard_probe_write(old_protect, sizeof *old_protect))
        return STATUS_ACCESS_VIOLATION;
    if (!*size || end <= start)
        return STATUS_INVALID_PARAMETER;
    if (target != arena_process)
        return memory_protect_elsewhere(target, base, size, protect, old_protect);
    virtual_enter();
    region = region_of(start);
    if (region)
        status = memory_protect_own(region, start, end, protect, &old);
    virtual_leave();
    if (!region)
        status = memory_protect_foreign(start, end, protect, &old);
    if (status)
        return status;
    *old_protect = old;
    *base = (void *)start;
    *size = end - start;
    return STATUS_SUCCESS;
}

static NTSTATUS memory_lock(HANDLE process, void **base, SIZE_T *size, int (*act)(const void *, size_t), NTSTATUS failure) {
    const uintptr_t start = page_down((uintptr_t)*base), end = page_up((uintptr_t)*base + *size);
    uint32_t target;
    const NTSTATUS status = process_slot_of(process, PROCESS_VM_OPERATION, &target);

    if (status || target != arena_process)
        return status ? status : STATUS_NOT_SUPPORTED;
    if (act((const void *)start, end - start))
        return errno == ENOMEM && guard_probe_read((const void *)start, end - start) ? STATUS_ACCESS_VIOLATION : failure;
    *base = (void *)start;
    *size = end - start;
    return STATUS_SUCCESS;
}

/* NtLockVirtualMemory() - VirtualLock; Return: STATUS_WORKING_SET_QUOTA when RLIMIT_MEMLOCK forbids it. */
NTSTATUS WINAPI NtLockVirtualMemory(HANDLE process, void **base, SIZE_T *size, ULONG type) {
    (void)type;
    return memory_lock(process, base, size, mlock, STATUS_WORKING_SET_QUOTA);
}

NTSTATUS WINAPI NtUnlockVirtualMemory(HANDLE process, void **base, SIZE_T *size, ULONG type) {
    (void)type;
    return memory_lock(process, base, size, munlock, STATUS_NOT_LOCKED);
}

/* FlushProcessWriteBuffers: when it returns, each processor that runs this process has passed a barrier. */
void WINAPI NtFlushProcessWriteBuffers(void) {
    if (syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) == 0)
        return;
    syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0);
    if (syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0))
        syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
}

/* x86-64 keeps its instruction cache coherent by itself. */
NTSTATUS WINAPI NtFlushInstructionCache(HANDLE process, const void *base, SIZE_T size) {
    (void)process;
    (void)base;
    (void)size;
    return STATUS_SUCCESS;
}

/* What the handler of SIGSEGV asks first (exception.h): the page at 0x7FFE0000 appears when it is read. */
static NTSTATUS memory_page_fault(uintptr_t address, unsigned access) {
    return access == EXCEPTION_READ_FAULT && user_shared_data_fault(address) ? STATUS_SUCCESS : STATUS_ACCESS_VIOLATION;
}

static __attribute__((constructor)) void memory_answer_page_faults(void) {
    exception_set_page_fault(memory_page_fault);
}
