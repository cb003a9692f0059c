/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Virtual memory by place and by use (MSDN: memoryapi.h): address requirements and placeholders, write watches, what is
 * needed soon or no more. Source: https://learn.microsoft.com/en-us/windows/win32/api/memoryapi/
 */
#include "dlls/kernel32/error.h"
#include "dlls/ntdll/virtual.h"

#include <ntstatus.h>

#define PAGE 0x1000u

/* Not in the headers. */
typedef enum {
    VmOfferPriorityVeryLow = 1,
    VmOfferPriorityLow,
    VmOfferPriorityBelowNormal,
    VmOfferPriorityNormal
} OFFER_PRIORITY;
DWORD WINAPI DiscardVirtualMemory(void *address, SIZE_T size);
DWORD WINAPI OfferVirtualMemory(void *address, SIZE_T size, OFFER_PRIORITY priority);
DWORD WINAPI ReclaimVirtualMemory(const void *address, SIZE_T size);

/**
 * VirtualAlloc2() - VirtualAlloc in a part of the address space, and placeholders.
 * @process: NULL: this one.  @type: also MEM_RESERVE_PLACEHOLDER, MEM_REPLACE_PLACEHOLDER.  @parameters, @count:
 * MEM_EXTENDED_PARAMETER. Return: the base; NULL with ERROR_INVALID_PARAMETER, ERROR_INVALID_ADDRESS (taken; no such
 * placeholder), ERROR_NOT_ENOUGH_MEMORY, ERROR_NOT_SUPPORTED (places and placeholders of other processes). Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/memoryapi/nf-memoryapi-virtualalloc2
 */
void *WINAPI VirtualAlloc2(HANDLE process, void *base, SIZE_T size, ULONG type, ULONG protect,
    MEM_EXTENDED_PARAMETER *parameters, ULONG count) {
    if (!process)
        process = NtCurrentProcess();
    return set_nt_error(NtAllocateVirtualMemoryEx(process, &base, &size, type, protect, parameters, count)) ? base
                                                                                                            : NULL;
}

/* Apps of the store may not ask for memory that runs; there are none here. */
void *WINAPI VirtualAlloc2FromApp(HANDLE process, void *base, SIZE_T size, ULONG type, ULONG protect,
    MEM_EXTENDED_PARAMETER *parameters, ULONG count) {
    return VirtualAlloc2(process, base, size, type, protect, parameters, count);
}

void *WINAPI VirtualAllocFromApp(void *base, SIZE_T size, ULONG type, ULONG protect) {
    return VirtualAlloc(base, size, type, protect);
}

BOOL WINAPI VirtualProtectFromApp(void *address, SIZE_T size, ULONG protect, ULONG *old_protect) {
    return VirtualProtect(address, size, protect, (DWORD *)old_protect);
}

/* ---- write watches ---- */

/**
 * GetWriteWatch() - which pages of memory that was allocated with MEM_WRITE_WATCH have been written.
 * @flags: 0 or WRITE_WATCH_FLAG_RESET.  @addresses: room for *@count; receives pages' addresses.  @granularity:
 * receives a page's bytes. Return: 0; not 0 with ERROR_INVALID_PARAMETER. Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/memoryapi/nf-memoryapi-getwritewatch
 */
UINT WINAPI GetWriteWatch(
    DWORD flags, void *base, SIZE_T size, void **addresses, ULONG_PTR *count, DWORD *granularity) {
    return set_nt_error(NtGetWriteWatch(NtCurrentProcess(), flags, base, size, addresses, count, (ULONG *)granularity))
               ? 0
               : ~0u;
}

UINT WINAPI ResetWriteWatch(void *base, SIZE_T size) {
    return set_nt_error(NtResetWriteWatch(NtCurrentProcess(), base, size)) ? 0 : ~0u;
}

/* ---- needed soon, or no more ---- */

/* Whether [@address, @address + @size) are whole pages, committed, private and writable. */
static DWORD range_check(const void *address, SIZE_T size) {
    const uintptr_t end = (uintptr_t)address + size;
    MEMORY_BASIC_INFORMATION info;

    if (!size || (uintptr_t)address % PAGE || size % PAGE || end < size)
        return ERROR_INVALID_PARAMETER;
    for (uintptr_t at = (uintptr_t)address; at < end; at = (uintptr_t)info.BaseAddress + info.RegionSize)
        if (NtQueryVirtualMemory(NtCurrentProcess(), (void *)at, MemoryBasicInformation, &info, sizeof info, NULL) ||
            info.State != MEM_COMMIT || info.Type != MEM_PRIVATE ||
            info.Protect & (PAGE_NOACCESS | PAGE_READONLY | PAGE_EXECUTE | PAGE_EXECUTE_READ))
            return ERROR_INVALID_PARAMETER;
    return ERROR_SUCCESS;
}

/**
 * DiscardVirtualMemory() - what the pages hold is needed no more; they stay committed.
 * @address, @size: whole pages of private memory that may be written.
 * Return: ERROR_SUCCESS or ERROR_INVALID_PARAMETER.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/memoryapi/nf-memoryapi-discardvirtualmemory
 */
DWORD WINAPI DiscardVirtualMemory(void *address, SIZE_T size) {
    const DWORD error = range_check(address, size);

    return error || virtual_discard(address, size) ? error : ERROR_INVALID_PARAMETER;
}

/**
 * OfferVirtualMemory() - the pages may be taken if memory runs out, until they are reclaimed.  None ever is: Linux has
 * nothing that tells afterwards whether it has taken them.
 * @priority: 1 to 4.  Return: ERROR_SUCCESS or ERROR_INVALID_PARAMETER.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/memoryapi/nf-memoryapi-offervirtualmemory
 */
DWORD WINAPI OfferVirtualMemory(void *address, SIZE_T size, OFFER_PRIORITY priority) {
    return priority < VmOfferPriorityVeryLow || priority > VmOfferPriorityNormal ? ERROR_INVALID_PARAMETER
                                                                                 : range_check(address, size);
}

/** ReclaimVirtualMemory() - the pages are needed again.  Return: ERROR_SUCCESS: they hold what they held;
 * ERROR_INVALID_PARAMETER. */
DWORD WINAPI ReclaimVirtualMemory(const void *address, SIZE_T size) {
    return range_check(address, size);
}

/**
 * PrefetchVirtualMemory() - what a mapped file holds there is needed soon.  Linux reads ahead.
 * @flags: 0.  Return: TRUE; FALSE with ERROR_INVALID_PARAMETER, ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/memoryapi/nf-memoryapi-prefetchvirtualmemory
 */
BOOL WINAPI PrefetchVirtualMemory(HANDLE process, ULONG_PTR count, WIN32_MEMORY_RANGE_ENTRY *ranges, ULONG flags) {
    return set_nt_error(NtSetInformationVirtualMemory(
        process, VmPrefetchInformation, count, (MEMORY_RANGE_ENTRY *)ranges, &flags, sizeof flags));
}

/**
 * QueryVirtualMemoryInformation() - the whole allocation that an address lies in.
 * @class: MemoryRegionInfo, the only one.
 * Return: TRUE; FALSE with ERROR_INVALID_PARAMETER, ERROR_BAD_LENGTH, ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/memoryapi/nf-memoryapi-queryvirtualmemoryinformation
 */
BOOL WINAPI QueryVirtualMemoryInformation(HANDLE process, const void *address, WIN32_MEMORY_INFORMATION_CLASS class,
    void *data, SIZE_T size, SIZE_T *returned) {
    if (class != MemoryRegionInfo) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    return set_nt_error(NtQueryVirtualMemory(process, address, MemoryRegionInformation, data, size, returned));
}
