/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The machine and the system's folders (MSDN: sysinfoapi.h, systemtopologyapi.h, wow64apiset.h, winbase.h). */
#include "dlls/kernel32/error.h"
#include "dlls/ntdll/system.h"

#include <ntstatus.h>

#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SYSTEM_HOST_MAX 256

/**
 * GetSystemInfo() - processors, page size, the bounds of a program's addresses.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/sysinfoapi/nf-sysinfoapi-getsysteminfo
 */
void WINAPI GetSystemInfo(SYSTEM_INFO *info) {
    memset(info, 0, sizeof *info);
    info->wProcessorArchitecture = PROCESSOR_ARCHITECTURE_AMD64;
    info->dwPageSize = 0x1000;
    info->lpMinimumApplicationAddress = (void *)0x10000;
    info->lpMaximumApplicationAddress = (void *)0x7FFFFFFEFFFF;
    info->dwActiveProcessorMask = system_processor_mask();
    info->dwNumberOfProcessors = system_processor_count();
    info->dwProcessorType = 8664; /* PROCESSOR_AMD_X8664 */
    info->dwAllocationGranularity = 0x10000;
    info->wProcessorLevel = system_processor_level();
    info->wProcessorRevision = system_processor_revision();
}

void WINAPI GetNativeSystemInfo(SYSTEM_INFO *info) {
    GetSystemInfo(info);
}

BOOL WINAPI IsProcessorFeaturePresent(DWORD feature) {
    return system_processor_feature(feature);
}

/**
 * GlobalMemoryStatusEx() - physical memory, memory and swap ("page file"), addresses.
 * Return: FALSE and ERROR_INVALID_PARAMETER when dwLength is wrong.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/sysinfoapi/nf-sysinfoapi-globalmemorystatusex
 */
BOOL WINAPI GlobalMemoryStatusEx(MEMORYSTATUSEX *status) {
    struct system_memory memory;

    if (status->dwLength != sizeof *status) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    system_memory_read(&memory);
    status->dwMemoryLoad = memory.total ? (DWORD)(100 - memory.available * 100 / memory.total) : 0;
    status->ullTotalPhys = memory.total;
    status->ullAvailPhys = memory.available;
    status->ullTotalPageFile = memory.total + memory.swap_total;
    status->ullAvailPageFile = memory.available + memory.swap_free;
    status->ullTotalVirtual = 0x7FFFFFFE0000;
    status->ullAvailVirtual = 0x7FFFFFFE0000 - (memory.total - memory.available);
    status->ullAvailExtendedVirtual = 0;
    return TRUE;
}

void WINAPI GlobalMemoryStatus(MEMORYSTATUS *status) {
    MEMORYSTATUSEX ex = {.dwLength = sizeof ex};

    GlobalMemoryStatusEx(&ex);
    status->dwLength = sizeof *status;
    status->dwMemoryLoad = ex.dwMemoryLoad;
    status->dwTotalPhys = ex.ullTotalPhys;
    status->dwAvailPhys = ex.ullAvailPhys;
    status->dwTotalPageFile = ex.ullTotalPageFile;
    status->dwAvailPageFile = ex.ullAvailPageFile;
    status->dwTotalVirtual = ex.ullTotalVirtual;
    status->dwAvailVirtual = ex.ullAvailVirtual;
}

BOOL WINAPI GetPhysicallyInstalledSystemMemory(ULONGLONG *kib) {
    struct system_memory memory;

    if (!kib) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    system_memory_read(&memory);
    *kib = memory.total >> 10;
    return TRUE;
}

/**
 * GetLogicalProcessorInformation() - cores, caches, packages, the node.
 * @length: in: bytes of room; out: bytes needed.
 * Return: FALSE and ERROR_INSUFFICIENT_BUFFER, or ERROR_INVALID_PARAMETER.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/sysinfoapi/nf-sysinfoapi-getlogicalprocessorinformation
 */
BOOL WINAPI GetLogicalProcessorInformation(SYSTEM_LOGICAL_PROCESSOR_INFORMATION *info, DWORD *length) {
    NTSTATUS status;

    if (!length) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    status = NtQuerySystemInformation(SystemLogicalProcessorInformation, info, *length, length);
    return set_nt_error(status == STATUS_INFO_LENGTH_MISMATCH ? STATUS_BUFFER_TOO_SMALL : status);
}

#define SYSTEM_EX_HEAD offsetof(SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX, Processor)

static void system_fill_ex(const struct system_topology_entry *entry, SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX *out) {
    const GROUP_AFFINITY group = {.Mask = entry->mask};

    memset(out, 0, sizeof *out);
    out->Relationship = entry->relationship;
    switch (entry->relationship) {
    case RelationCache:
        out->Size = (DWORD)(SYSTEM_EX_HEAD + sizeof out->Cache);
        out->Cache.Level = entry->cache.Level;
        out->Cache.Associativity = entry->cache.Associativity;
        out->Cache.LineSize = entry->cache.LineSize;
        out->Cache.CacheSize = entry->cache.Size;
        out->Cache.Type = entry->cache.Type;
        out->Cache.GroupMask = group;
        break;
    case RelationNumaNode:
        out->Size = (DWORD)(SYSTEM_EX_HEAD + sizeof out->NumaNode);
        out->NumaNode.GroupMask = group;
        break;
    case RelationGroup:
        out->Size = (DWORD)(SYSTEM_EX_HEAD + sizeof out->Group);
        out->Group.MaximumGroupCount = out->Group.ActiveGroupCount = 1;
        out->Group.GroupInfo[0].MaximumProcessorCount = out->Group.GroupInfo[0].ActiveProcessorCount =
            (BYTE)system_processor_count();
        out->Group.GroupInfo[0].ActiveProcessorMask = entry->mask;
        break;
    default:
        out->Size = (DWORD)(SYSTEM_EX_HEAD + sizeof out->Processor);
        out->Processor.Flags = entry->relationship == RelationProcessorCore && (entry->mask & (entry->mask - 1));
        out->Processor.GroupCount = 1;
        out->Processor.GroupMask[0] = group;
        break;
    }
}

/* Appends what fits. Return: the bytes of all that is asked for. */
static DWORD system_list_ex(LOGICAL_PROCESSOR_RELATIONSHIP wanted, char *out, DWORD room) {
    struct system_topology_entry entries[SYSTEM_MAX_PROCESSORS * 6 + 2];
    unsigned n = system_topology_read(entries, SYSTEM_MAX_PROCESSORS * 6 + 1);
    DWORD used = 0;

    n = n < SYSTEM_MAX_PROCESSORS * 6 + 1 ? n : SYSTEM_MAX_PROCESSORS * 6 + 1;
    entries[n++] = (struct system_topology_entry){.relationship = RelationGroup, .mask = system_processor_mask()};
    for (unsigned i = 0; i < n; i++) {
        SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX one;

        if (wanted != RelationAll && entries[i].relationship != wanted)
            continue;
        system_fill_ex(&entries[i], &one);
        if (used + one.Size <= room)
            memcpy(out + used, &one, one.Size);
        used += one.Size;
    }
    return used;
}

/**
 * GetLogicalProcessorInformationEx() - the same, with groups: there is one.
 * Return: FALSE and ERROR_INSUFFICIENT_BUFFER with the bytes needed in *length; ERROR_INVALID_PARAMETER.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/sysinfoapi/nf-sysinfoapi-getlogicalprocessorinformationex
 */
BOOL WINAPI GetLogicalProcessorInformationEx(
    LOGICAL_PROCESSOR_RELATIONSHIP wanted, SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX *info, DWORD *length) {
    DWORD needed, room;

    if (!length || (wanted > RelationGroup && wanted != RelationAll)) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    room = info ? *length : 0;
    needed = system_list_ex(wanted, (char *)info, room);
    *length = needed;
    if (needed <= room)
        return TRUE;
    SetLastError(ERROR_INSUFFICIENT_BUFFER);
    return FALSE;
}

DWORD WINAPI GetActiveProcessorCount(WORD group) {
    if (group == 0 || group == ALL_PROCESSOR_GROUPS)
        return system_processor_count();
    SetLastError(ERROR_INVALID_PARAMETER);
    return 0;
}

DWORD WINAPI GetMaximumProcessorCount(WORD group) {
    return GetActiveProcessorCount(group);
}

WORD WINAPI GetActiveProcessorGroupCount(void) {
    return 1;
}

WORD WINAPI GetMaximumProcessorGroupCount(void) {
    return 1;
}

void WINAPI GetCurrentProcessorNumberEx(PROCESSOR_NUMBER *number) {
    *number = (PROCESSOR_NUMBER){.Number = (BYTE)NtGetCurrentProcessorNumber()};
}

BOOL WINAPI GetNumaHighestNodeNumber(ULONG *highest) {
    *highest = 0;
    return TRUE;
}

BOOL WINAPI GetNumaNodeProcessorMaskEx(USHORT node, GROUP_AFFINITY *affinity) {
    if (node) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    *affinity = (GROUP_AFFINITY){.Mask = system_processor_mask()};
    return TRUE;
}

BOOL WINAPI GetNumaProcessorNodeEx(PROCESSOR_NUMBER *processor, USHORT *node) {
    const bool known = processor->Group == 0 && processor->Number < system_processor_count();

    *node = known ? 0 : 0xFFFF;
    if (!known)
        SetLastError(ERROR_INVALID_PARAMETER);
    return known;
}

/**
 * GetSystemTimes() - idle, kernel (idle included) and user time of all processors; each may be NULL.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/processthreadsapi/nf-processthreadsapi-getsystemtimes
 */
BOOL WINAPI GetSystemTimes(FILETIME *idle, FILETIME *kernel, FILETIME *user) {
    struct system_cpu_times times;

    if (!system_cpu_times_read(-1, &times)) {
        SetLastError(ERROR_GEN_FAILURE);
        return FALSE;
    }
    times.kernel += times.idle;
    if (idle)
        *idle = (FILETIME){(DWORD)times.idle, (DWORD)(times.idle >> 32)};
    if (kernel)
        *kernel = (FILETIME){(DWORD)times.kernel, (DWORD)(times.kernel >> 32)};
    if (user)
        *user = (FILETIME){(DWORD)times.user, (DWORD)(times.user >> 32)};
    return TRUE;
}

/* Copies a string of ASCII; Return: its length, or with the terminator if it does not fit. */
static UINT system_copy(const char *text, WCHAR *out, UINT room) {
    const UINT length = (UINT)strlen(text);

    if (!out || room <= length)
        return length + 1;
    for (UINT i = 0; i <= length; i++)
        out[i] = (unsigned char)text[i];
    return length;
}

static UINT system_copy_a(const char *text, char *out, UINT room) {
    const UINT length = (UINT)strlen(text);

    if (!out || room <= length)
        return length + 1;
    memcpy(out, text, length + 1);
    return length;
}

/**
 * GetSystemDirectoryW() - Return: the length; if room is too small, the room needed with the terminator.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/sysinfoapi/nf-sysinfoapi-getsystemdirectoryw
 */
UINT WINAPI GetSystemDirectoryW(WCHAR *out, UINT room) {
    return system_copy("C:\\Windows\\system32", out, room);
}

UINT WINAPI GetSystemDirectoryA(char *out, UINT room) {
    return system_copy_a("C:\\Windows\\system32", out, room);
}

UINT WINAPI GetWindowsDirectoryW(WCHAR *out, UINT room) {
    return system_copy("C:\\Windows", out, room);
}

UINT WINAPI GetWindowsDirectoryA(char *out, UINT room) {
    return system_copy_a("C:\\Windows", out, room);
}

UINT WINAPI GetSystemWindowsDirectoryW(WCHAR *out, UINT room) {
    return GetWindowsDirectoryW(out, room);
}

UINT WINAPI GetSystemWindowsDirectoryA(char *out, UINT room) {
    return GetWindowsDirectoryA(out, room);
}

/* The host's name up to its first dot, or the domain after it, or both. */
static void system_host(COMPUTER_NAME_FORMAT format, char name[SYSTEM_HOST_MAX]) {
    char host[SYSTEM_HOST_MAX] = "", *dot;

    gethostname(host, sizeof host - 1);
    dot = strchr(host, '.');
    name[0] = 0;
    switch (format) {
    case ComputerNameNetBIOS:
    case ComputerNamePhysicalNetBIOS:
        snprintf(name, SYSTEM_HOST_MAX, "%.15s", host);
        name[strcspn(name, ".")] = 0;
        for (char *c = name; *c; c++)
            *c = *c >= 'a' && *c <= 'z' ? (char)(*c - 32) : *c;
        break;
    case ComputerNameDnsHostname:
    case ComputerNamePhysicalDnsHostname:
        strcpy(name, host);
        name[strcspn(name, ".")] = 0;
        break;
    case ComputerNameDnsDomain:
    case ComputerNamePhysicalDnsDomain:
        if (dot)
            strcpy(name, dot + 1);
        break;
    default: strcpy(name, host); break;
    }
}

/* @error: what it is when *size, in characters, is too small; *size is what is needed then. */
static BOOL system_name(COMPUTER_NAME_FORMAT format, WCHAR *wide, char *narrow, DWORD *size, DWORD error) {
    char name[SYSTEM_HOST_MAX];
    UINT length;

    system_host(format, name);
    length = wide || !narrow ? system_copy(name, wide, *size) : system_copy_a(name, narrow, *size);
    *size = length;
    if (length == strlen(name))
        return TRUE;
    SetLastError(error);
    return FALSE;
}

/**
 * GetComputerNameW() - the host's name in capitals, 15 characters at most.
 * @size: in: characters of room; out: length, or the room needed.
 * Return: FALSE and ERROR_BUFFER_OVERFLOW.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winbase/nf-winbase-getcomputernamew
 */
BOOL WINAPI GetComputerNameW(WCHAR *name, DWORD *size) {
    return system_name(ComputerNameNetBIOS, name, NULL, size, ERROR_BUFFER_OVERFLOW);
}

BOOL WINAPI GetComputerNameA(char *name, DWORD *size) {
    return system_name(ComputerNameNetBIOS, NULL, name, size, ERROR_BUFFER_OVERFLOW);
}

BOOL WINAPI GetComputerNameExW(COMPUTER_NAME_FORMAT format, WCHAR *name, DWORD *size) {
    if (format < ComputerNameMax)
        return system_name(format, name, NULL, size, ERROR_MORE_DATA);
    SetLastError(ERROR_INVALID_PARAMETER);
    return FALSE;
}

BOOL WINAPI GetComputerNameExA(COMPUTER_NAME_FORMAT format, char *name, DWORD *size) {
    if (format < ComputerNameMax)
        return system_name(format, NULL, name, size, ERROR_MORE_DATA);
    SetLastError(ERROR_INVALID_PARAMETER);
    return FALSE;
}

/* There are no 32-bit programs. */
BOOL WINAPI IsWow64Process(HANDLE process, BOOL *wow64) {
    (void)process;
    *wow64 = FALSE;
    return TRUE;
}

BOOL WINAPI IsWow64Process2(HANDLE process, USHORT *machine, USHORT *native) {
    (void)process;
    *machine = IMAGE_FILE_MACHINE_UNKNOWN;
    if (native)
        *native = IMAGE_FILE_MACHINE_AMD64;
    return TRUE;
}

/* GetSystemPowerStatus() - mains, no battery. */
BOOL WINAPI GetSystemPowerStatus(SYSTEM_POWER_STATUS *status) {
    *status = (SYSTEM_POWER_STATUS){
        .ACLineStatus = 1,
        .BatteryFlag = 128,
        .BatteryLifePercent = 255,
        .BatteryLifeTime = (DWORD)-1,
        .BatteryFullLifeTime = (DWORD)-1,
    };
    return TRUE;
}
