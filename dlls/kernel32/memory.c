/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Virtual memory (MSDN: memoryapi.h). */
#include "dlls/kernel32/error.h"

#include <ntstatus.h>

/**
 * VirtualAllocEx() - reserves or commits pages.
 * Return: the base; NULL and ERROR_INVALID_ADDRESS (taken, or not reserved), ERROR_NOT_ENOUGH_MEMORY, ERROR_INVALID_PARAMETER,
 *         ERROR_PRIVILEGE_NOT_HELD (large pages), ERROR_NOT_SUPPORTED (a native program's process).
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/memoryapi/nf-memoryapi-virtualallocex
 */
void *WINAPI VirtualAllocEx(HANDLE process, void *address, SIZE_T size, DWORD type, DWORD protect) {
    void *base = address;

    if (address && (ULONG_PTR)address < 0x10000) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    return set_nt_error(NtAllocateVirtualMemory(process, &base, 0, &size, type, protect)) ? base : NULL;
}

void *WINAPI VirtualAlloc(void *address, SIZE_T size, DWORD type, DWORD protect) {
    return VirtualAllocEx(NtCurrentProcess(), address, size, type, protect);
}

/* There is one NUMA node. */
void *WINAPI VirtualAllocExNuma(HANDLE process, void *address, SIZE_T size, DWORD type, DWORD protect, DWORD node) {
    (void)node;
    return VirtualAllocEx(process, address, size, type, protect);
}

/**
 * VirtualFreeEx() - decommits pages, releases an allocation, cuts placeholders or puts them together.
 * @size: 0 with MEM_RELEASE alone, or ERROR_INVALID_PARAMETER.
 * Return: FALSE and ERROR_INVALID_ADDRESS for what is not allocated, or not at its base.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/memoryapi/nf-memoryapi-virtualfreeex
 */
BOOL WINAPI VirtualFreeEx(HANDLE process, void *address, SIZE_T size, DWORD type) {
    if (type == MEM_RELEASE && size) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    return set_nt_error(NtFreeVirtualMemory(process, &address, &size, type));
}

BOOL WINAPI VirtualFree(void *address, SIZE_T size, DWORD type) {
    return VirtualFreeEx(NtCurrentProcess(), address, size, type);
}

BOOL WINAPI VirtualProtectEx(HANDLE process, void *address, SIZE_T size, DWORD protect, DWORD *old_protect) {
    return set_nt_error(NtProtectVirtualMemory(process, &address, &size, protect, old_protect));
}

BOOL WINAPI VirtualProtect(void *address, SIZE_T size, DWORD protect, DWORD *old_protect) {
    return VirtualProtectEx(NtCurrentProcess(), address, size, protect, old_protect);
}

/**
 * VirtualQueryEx() - the run of pages with the same answers that starts at the page of address.
 * Return: bytes written; 0 and ERROR_BAD_LENGTH, or ERROR_INVALID_PARAMETER for an address above the program's.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/memoryapi/nf-memoryapi-virtualqueryex
 */
SIZE_T WINAPI VirtualQueryEx(HANDLE process, const void *address, MEMORY_BASIC_INFORMATION *info, SIZE_T length) {
    SIZE_T returned = 0;

    if (!set_nt_error(NtQueryVirtualMemory(process, address, MemoryBasicInformation, info, length, &returned)))
        return 0;
    return returned;
}

SIZE_T WINAPI VirtualQuery(const void *address, MEMORY_BASIC_INFORMATION *info, SIZE_T length) {
    return VirtualQueryEx(NtCurrentProcess(), address, info, length);
}

BOOL WINAPI VirtualLock(void *address, SIZE_T size) {
    return set_nt_error(NtLockVirtualMemory(NtCurrentProcess(), &address, &size, 1));
}

BOOL WINAPI VirtualUnlock(void *address, SIZE_T size) {
    return set_nt_error(NtUnlockVirtualMemory(NtCurrentProcess(), &address, &size, 1));
}

BOOL WINAPI FlushInstructionCache(HANDLE process, const void *base, SIZE_T size) {
    return set_nt_error(NtFlushInstructionCache(process, base, size));
}

SIZE_T WINAPI GetLargePageMinimum(void) {
    return 0x200000;
}

/**
 * ReadProcessMemory() - Return: FALSE and ERROR_PARTIAL_COPY when not all can be read.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/memoryapi/nf-memoryapi-readprocessmemory
 */
BOOL WINAPI ReadProcessMemory(HANDLE process, const void *address, void *buffer, SIZE_T size, SIZE_T *transferred) {
    return set_nt_error(NtReadVirtualMemory(process, address, buffer, size, transferred));
}

/* Code is made writable for as long as it takes: who patches a program relies on it. */
static NTSTATUS write_code(HANDLE process, void *address, const void *buffer, SIZE_T size, SIZE_T *transferred) {
    void *base = address;
    SIZE_T length = size;
    ULONG before, ignored;
    NTSTATUS status = NtProtectVirtualMemory(process, &base, &length, PAGE_EXECUTE_READWRITE, &before);

    if (status)
        return STATUS_PARTIAL_COPY;
    status = NtWriteVirtualMemory(process, address, buffer, size, transferred);
    NtProtectVirtualMemory(process, &base, &length, before, &ignored);
    NtFlushInstructionCache(process, address, size);
    return status;
}

/**
 * WriteProcessMemory() - copies into a process; also into code that may not be written.
 * Return: FALSE and ERROR_PARTIAL_COPY when not all of it is there, ERROR_NOACCESS for pages that may only be read, ERROR_ACCESS_DENIED,
 * ERROR_INVALID_HANDLE.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/memoryapi/nf-memoryapi-writeprocessmemory; what it does about protections is
 * what debuggers and programs that patch code rely on.
 */
BOOL WINAPI WriteProcessMemory(HANDLE process, void *address, const void *buffer, SIZE_T size, SIZE_T *transferred) {
    NTSTATUS status = NtWriteVirtualMemory(process, address, buffer, size, transferred);
    MEMORY_BASIC_INFORMATION info;

    if (status == STATUS_PARTIAL_COPY &&
        !NtQueryVirtualMemory(process, address, MemoryBasicInformation, &info, sizeof info, NULL) && info.State == MEM_COMMIT) {
        if (info.Protect & (PAGE_EXECUTE | PAGE_EXECUTE_READ))
            status = write_code(process, address, buffer, size, transferred);
        else if (info.Protect & (PAGE_NOACCESS | PAGE_READONLY))
            status = STATUS_ACCESS_VIOLATION;
    }
    return set_nt_error(status);
}
