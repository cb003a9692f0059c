/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What NtQueryVirtualMemory tells of addresses, and what programs tell of their use of them. */
#include "dlls/ntdll/memory_elsewhere.h"
#include "dlls/ntdll/remote.h"
#include "dlls/ntdll/virtual.h"
#include "dlls/ntdll/virtual_region.h"
#include "libs/arena/arena.h"
#include "libs/host/guard.h"

#include <ntstatus.h>
#define WIN32_NO_STATUS
#include <winternl.h>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGEMAP_PRESENT (1ull << 63)
#define PAGEMAP_SHARED (1ull << 61) /* a file's page, or shared memory's */

/* ---- allocations ---- */

static void memory_query_basic(uintptr_t address, MEMORY_BASIC_INFORMATION *info) {
    if (!virtual_query_own(address, info))
        virtual_query_foreign(address, info);
}

/* The whole allocation: the runs of pages with one base, one after the other. */
static NTSTATUS memory_query_region(uintptr_t address, MEMORY_REGION_INFORMATION *region) {
    MEMORY_BASIC_INFORMATION part;
    uintptr_t base, at;

    memory_query_basic(address, &part);
    if (part.State == MEM_FREE)
        return STATUS_INVALID_ADDRESS;
    base = at = (uintptr_t)part.AllocationBase;
    *region =
        (MEMORY_REGION_INFORMATION){.AllocationBase = part.AllocationBase, .AllocationProtect = part.AllocationProtect};
    region->Private = part.Type == MEM_PRIVATE;
    region->MappedImage = part.Type == MEM_IMAGE;
    region->MappedPageFile = part.Type == MEM_MAPPED && !virtual_view_is_file(base);
    region->MappedDataFile = part.Type == MEM_MAPPED && !region->MappedPageFile;
    for (memory_query_basic(at, &part); part.State != MEM_FREE && (uintptr_t)part.AllocationBase == base;
         memory_query_basic(at, &part)) {
        if (part.State == MEM_COMMIT)
            region->CommitSize += part.RegionSize;
        at = (uintptr_t)part.BaseAddress + part.RegionSize;
    }
    region->RegionSize = at - base;
    return STATUS_SUCCESS;
}

/* ---- the working set ---- */

/* One page, by what Linux tells of it. */
static NTSTATUS memory_query_page(int pages, MEMORY_WORKING_SET_EX_INFORMATION *page) {
    const uintptr_t address = (uintptr_t)page->VirtualAddress;
    MEMORY_BASIC_INFORMATION info;
    uint64_t entry = 0;

    page->VirtualAttributes.Flags = 0;
    if (address >= VIRTUAL_LIMIT)
        return STATUS_SUCCESS;
    if (pread(pages, &entry, sizeof entry, (off_t)(address / VIRTUAL_PAGE * sizeof entry)) != sizeof entry ||
        !(entry & PAGEMAP_PRESENT))
        return STATUS_SUCCESS;
    memory_query_basic(address, &info);
    if (info.State != MEM_COMMIT)
        return STATUS_SUCCESS;
    page->VirtualAttributes.Valid = 1;
    page->VirtualAttributes.ShareCount = 1;
    page->VirtualAttributes.Win32Protection = info.Protect & 0x7ff;
    page->VirtualAttributes.Shared = entry & PAGEMAP_SHARED && info.Type != MEM_PRIVATE;
    return STATUS_SUCCESS;
}

static NTSTATUS memory_query_pages(MEMORY_WORKING_SET_EX_INFORMATION *pages, SIZE_T size) {
    const int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    NTSTATUS status = fd < 0 ? STATUS_NOT_SUPPORTED : STATUS_SUCCESS;

    for (SIZE_T i = 0; !status && i < size / sizeof *pages; i++) {
        MEMORY_WORKING_SET_EX_INFORMATION page;

        if (guard_copy_from(&page, &pages[i], sizeof page))
            status = STATUS_ACCESS_VIOLATION;
        else if (!(status = memory_query_page(fd, &page)) && guard_copy_to(&pages[i], &page, sizeof page))
            status = STATUS_ACCESS_VIOLATION;
    }
    if (fd >= 0)
        close(fd);
    return status;
}

/* ---- the calls ---- */

/* What a class's answer takes at least; 0: there is no such class. */
static SIZE_T memory_query_size(MEMORY_INFORMATION_CLASS class) {
    switch (class) {
    case MemoryBasicInformation: return sizeof(MEMORY_BASIC_INFORMATION);
    case MemoryRegionInformation: return offsetof(MEMORY_REGION_INFORMATION, PartitionId);
    case MemoryRegionInformationEx: return sizeof(MEMORY_REGION_INFORMATION);
    case MemoryWorkingSetExInformation: return sizeof(MEMORY_WORKING_SET_EX_INFORMATION);
    default: return 0;
    }
}

static NTSTATUS memory_query_answer(void *info, SIZE_T size, SIZE_T *returned, const void *answer) {
    if (guard_copy_to(info, answer, size))
        return STATUS_ACCESS_VIOLATION;
    return returned && guard_copy_to(returned, &size, sizeof size) ? STATUS_ACCESS_VIOLATION : STATUS_SUCCESS;
}

/**
 * NtQueryVirtualMemory() - VirtualQuery's core.
 * @info_class: MemoryBasicInformation: the pages from @address on that are alike; MemoryRegionInformation(Ex): the
 * whole allocation; MemoryWorkingSetExInformation: of each address that @info holds, whether its page is in memory. The
 * last two of this process alone. Return: STATUS_INVALID_PARAMETER for an address that is no program's;
 * STATUS_INVALID_ADDRESS (nothing is allocated there); STATUS_INFO_LENGTH_MISMATCH; STATUS_INVALID_INFO_CLASS;
 * STATUS_NOT_SUPPORTED; STATUS_ACCESS_VIOLATION. Source:
 * https://learn.microsoft.com/en-us/windows-hardware/drivers/ddi/ntifs/nf-ntifs-ntqueryvirtualmemory
 */
NTSTATUS WINAPI NtQueryVirtualMemory(HANDLE process, const void *address, MEMORY_INFORMATION_CLASS info_class,
    void *info, SIZE_T size, SIZE_T *returned) {
    const SIZE_T length = memory_query_size(info_class);
    MEMORY_REGION_INFORMATION region;
    MEMORY_BASIC_INFORMATION basic;
    uint32_t target;
    NTSTATUS status = process_slot_of(process, PROCESS_QUERY_INFORMATION, &target);

    if (!length)
        return STATUS_INVALID_INFO_CLASS;
    if (size < length)
        return STATUS_INFO_LENGTH_MISMATCH;
    if (status)
        return status;
    if (info_class != MemoryWorkingSetExInformation && (uintptr_t)address >= VIRTUAL_LIMIT)
        return STATUS_INVALID_PARAMETER;
    if (target != arena_process && info_class != MemoryBasicInformation)
        return STATUS_NOT_SUPPORTED;
    switch (info_class) {
    case MemoryBasicInformation:
        if (target == arena_process)
            memory_query_basic((uintptr_t)address, &basic);
        else
            status = memory_query_elsewhere(target, address, &basic);
        return status ? status : memory_query_answer(info, length, returned, &basic);
    case MemoryWorkingSetExInformation:
        status = memory_query_pages(info, size);
        return status || !returned ? status : memory_query_answer(returned, sizeof size, NULL, &size);
    default:
        status = memory_query_region((uintptr_t)address, &region);
        return status ? status : memory_query_answer(info, length, returned, &region);
    }
}

/**
 * NtSetInformationVirtualMemory() - says of parts of memory how they will be used.
 * @class: VmPrefetchInformation: soon.  @ranges: @count of them.  @data: ULONG, 0.
 * Return: STATUS_SUCCESS, STATUS_INVALID_PARAMETER_n, STATUS_ACCESS_VIOLATION, STATUS_NOT_SUPPORTED (another process).
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/memoryapi/nf-memoryapi-prefetchvirtualmemory
 */
NTSTATUS WINAPI NtSetInformationVirtualMemory(HANDLE process, VIRTUAL_MEMORY_INFORMATION_CLASS class, ULONG_PTR count,
    MEMORY_RANGE_ENTRY *ranges, void *data, ULONG size) {
    uint32_t target;
    ULONG flags;
    NTSTATUS status;

    if (class != VmPrefetchInformation)
        return STATUS_INVALID_PARAMETER_2;
    if (!count)
        return STATUS_INVALID_PARAMETER_3;
    if (size != sizeof flags)
        return STATUS_INVALID_PARAMETER_6;
    if (guard_copy_from(&flags, data, sizeof flags))
        return STATUS_ACCESS_VIOLATION;
    if (flags)
        return STATUS_INVALID_PARAMETER_5;
    status = process_slot_of(process, PROCESS_SET_INFORMATION, &target);
    if (!status && target != arena_process)
        status = STATUS_NOT_SUPPORTED;
    for (ULONG_PTR i = 0; !status && i < count; i++) {
        MEMORY_RANGE_ENTRY range;
        uintptr_t start;

        if (guard_copy_from(&range, &ranges[i], sizeof range))
            return STATUS_ACCESS_VIOLATION;
        start = (uintptr_t)range.VirtualAddress & ~(uintptr_t)(VIRTUAL_PAGE - 1);
        if (!range.NumberOfBytes)
            return STATUS_INVALID_PARAMETER_4;
        madvise((void *)start, (uintptr_t)range.VirtualAddress + range.NumberOfBytes - start,
            MADV_WILLNEED); /* advice: whatever comes of it */
    }
    return status;
}

bool virtual_discard(void *address, size_t size) {
    return !madvise(address, size, MADV_DONTNEED);
}
