/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NtAllocateVirtualMemory and its kin, for the calling process; for others: memory_elsewhere.c. */
#include "dlls/ntdll/clock.h"
#include "dlls/ntdll/exception.h"
#include "dlls/ntdll/memory_elsewhere.h"
#include "dlls/ntdll/remote.h"
#include "dlls/ntdll/virtual.h"
#include "dlls/ntdll/virtual_region.h"
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
    region_commit(region, start, end);
    protect |= region->protect & PAGE_NOCACHE;
    region_set(region, start, end, protect);
    return STATUS_SUCCESS;
}

static NTSTATUS memory_reserve(uintptr_t *base, size_t *size, uint64_t limit, ULONG type, ULONG protect) {
    const uintptr_t start = *base & ~(uintptr_t)(VIRTUAL_GRANULE - 1);
    const size_t length = page_up(*base + *size) - start;
    void *const at = !*base && limit < VIRTUAL_LIMIT ? virtual_reserve_below(length, limit)
                                                     : virtual_reserve((void *)start, length);
    struct region *region;
    NTSTATUS status = STATUS_SUCCESS;

    if (!at)
        return *base ? STATUS_CONFLICTING_ADDRESSES : STATUS_NO_MEMORY;
    virtual_enter();
    region = region_add((uintptr_t)at, length, MEM_PRIVATE, protect);
    if (!region)
        status = STATUS_NO_MEMORY;
    else if (type & MEM_COMMIT)
        status = memory_commit(region, (uintptr_t)at, (uintptr_t)at + length, protect);
    if (status && region)
        region_remove(region);
    virtual_leave();
    if (status) {
        munmap(at, length);
        return status;
    }
    *base = (uintptr_t)at;
    *size = length;
    return STATUS_SUCCESS;
}

/* MEM_COMMIT, MEM_RESET or MEM_RESET_UNDO inside a reservation. */
static NTSTATUS memory_change(uintptr_t *base, size_t *size, ULONG type, ULONG protect) {
    const uintptr_t start = page_down(*base), end = page_up(*base + *size);
    struct region *region;
    NTSTATUS status = STATUS_SUCCESS;

    virtual_enter();
    region = region_of(start);
    if (!region || end > region->base + region->size)
        status = STATUS_CONFLICTING_ADDRESSES;
    else if (type & MEM_COMMIT)
        status = memory_commit(region, start, end, protect);
    virtual_leave();
    *base = start;
    *size = end - start;
    return status;
}

static NTSTATUS memory_check_alloc(uintptr_t base, size_t size, ULONG_PTR zero_bits, ULONG type, ULONG protect) {
    if ((zero_bits > 21 && zero_bits < 32) || zero_bits > VIRTUAL_LIMIT)
        return STATUS_INVALID_PARAMETER_3;
    if (!size || size >= VIRTUAL_LIMIT || base >= VIRTUAL_LIMIT || base + size > VIRTUAL_LIMIT)
        return STATUS_INVALID_PARAMETER;
    if ((type & ~(ULONG)MEMORY_TYPES_ALLOC) || !(type & (MEM_COMMIT | MEM_RESERVE | MEM_RESET | MEM_RESET_UNDO)))
        return STATUS_INVALID_PARAMETER_5;
    if (type & (MEM_PHYSICAL | MEM_WRITE_WATCH))
        return STATUS_INVALID_PARAMETER_5;
    if (virtual_linux_protection(protect) < 0 || (protect & (PAGE_WRITECOPY | PAGE_EXECUTE_WRITECOPY)))
        return STATUS_INVALID_PAGE_PROTECTION;
    return type & MEM_LARGE_PAGES ? STATUS_PRIVILEGE_NOT_HELD : STATUS_SUCCESS;
}

/**
 * NtAllocateVirtualMemory() - VirtualAlloc's core: reserves, commits or resets pages.
 * @base: in: where, or NULL; out: where, rounded down to 64 KiB (reserve) or to a page. @size: in and out, bytes.
 * @type: MEM_RESERVE, MEM_COMMIT, MEM_RESET, MEM_TOP_DOWN; write watches and large pages cannot be had.
 * Return: STATUS_CONFLICTING_ADDRESSES when the place is taken, or not reserved; STATUS_NO_MEMORY; STATUS_INVALID_PARAMETER(_n);
 *         STATUS_INVALID_PAGE_PROTECTION; STATUS_PRIVILEGE_NOT_HELD for large pages; STATUS_NOT_SUPPORTED for a native program's process.
 * Source: https://learn.microsoft.com/en-us/windows-hardware/drivers/ddi/ntifs/nf-ntifs-ntallocatevirtualmemory
 */
NTSTATUS WINAPI NtAllocateVirtualMemory(
    HANDLE process, void **base, ULONG_PTR zero_bits, SIZE_T *size, ULONG type, ULONG protect) {
    uintptr_t start = (uintptr_t)*base;
    size_t length = *size;
    NTSTATUS status = memory_check_alloc(start, length, zero_bits, type, protect);
    uint32_t target = arena_process;

    if (!status)
        status = process_slot_of(process, PROCESS_VM_OPERATION, &target);
    if (status)
        return status;
    if (target != arena_process)
        return memory_allocate_elsewhere(target, base, zero_bits, size, type, protect);
    if ((type & MEM_RESERVE) || (!start && (type & MEM_COMMIT)))
        status = memory_reserve(&start, &length, memory_limit(zero_bits), type, protect);
    else
        status = memory_change(&start, &length, type, protect);
    TRACE(TRACE_MEMORY, "allocate %p, 0x%zx bytes, type 0x%x, protection 0x%x: status 0x%08x", (void *)start, length, (unsigned)type,
        (unsigned)protect, (unsigned)status);
    if (status)
        return status;
    *base = (void *)start;
    *size = length;
    return STATUS_SUCCESS;
}

/* Under the lock. */
static NTSTATUS memory_release(struct region *region, uintptr_t start, size_t size) {
    if (region->type != MEM_PRIVATE)
        return STATUS_INVALID_PARAMETER;
    if (start != region->base)
        return STATUS_FREE_VM_NOT_AT_BASE;
    if (size && page_up(size) != region->size)
        return STATUS_NOT_SUPPORTED; /* TODO: a part of an allocation; Windows splits it */
    munmap((void *)region->base, region->size);
    region_remove(region);
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
    return STATUS_SUCCESS;
}

/**
 * NtFreeVirtualMemory() - VirtualFree's core.
 * @size: 0: the whole allocation, base being its base.
 * @type: MEM_DECOMMIT or MEM_RELEASE.
 * Return: STATUS_MEMORY_NOT_ALLOCATED; STATUS_FREE_VM_NOT_AT_BASE; STATUS_UNABLE_TO_FREE_VM for more than the allocation;
 *         STATUS_INVALID_PARAMETER(_4).
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
    if (type != MEM_DECOMMIT && type != MEM_RELEASE)
        return STATUS_INVALID_PARAMETER_4;
    virtual_enter();
    region = region_of(start);
    if (!region) {
        status = STATUS_MEMORY_NOT_ALLOCATED;
    } else if (!*size && start != region->base) {
        status = STATUS_FREE_VM_NOT_AT_BASE;
    } else {
        if (!*size)
            end = start + region->size;
        status = type == MEM_RELEASE ? memory_release(region, start, *size) : memory_decommit(region, start, end);
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

/**
 * NtQueryVirtualMemory() - VirtualQuery's core; MemoryBasicInformation is what there is.
 * Return: STATUS_INVALID_PARAMETER for an address that is no program's; STATUS_INFO_LENGTH_MISMATCH; STATUS_INVALID_INFO_CLASS.
 * Source: https://learn.microsoft.com/en-us/windows-hardware/drivers/ddi/ntifs/nf-ntifs-ntqueryvirtualmemory
 */
NTSTATUS WINAPI NtQueryVirtualMemory(
    HANDLE process, const void *address, MEMORY_INFORMATION_CLASS info_class, void *info, SIZE_T size, SIZE_T *returned) {
    MEMORY_BASIC_INFORMATION basic;
    uint32_t target;
    NTSTATUS status = process_slot_of(process, PROCESS_QUERY_INFORMATION, &target);

    if (info_class != MemoryBasicInformation)
        return STATUS_INVALID_INFO_CLASS;
    if (size < sizeof basic)
        return STATUS_INFO_LENGTH_MISMATCH;
    if (status)
        return status;
    if ((uintptr_t)address >= VIRTUAL_LIMIT)
        return STATUS_INVALID_PARAMETER;
    if (target != arena_process)
        status = memory_query_elsewhere(target, address, &basic);
    else if (!virtual_query_own((uintptr_t)address, &basic))
        virtual_query_foreign((uintptr_t)address, &basic);
    if (status)
        return status;
    if (guard_copy_to(info, &basic, sizeof basic))
        return STATUS_ACCESS_VIOLATION;
    if (returned)
        *returned = sizeof basic;
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
