/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What processes and threads have used (MSDN: psapi.h, realtimeapiset.h, winbase.h), from /proc. */
#include "dlls/kernel32/error.h"
#include "dlls/ntdll/system.h"

#include <ntstatus.h>
#include <psapi.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define USAGE_LINE 256
#define USAGE_PAGE 4096

/* PROCESS_MEMORY_COUNTERS_EX, which the headers lack. */
struct usage_memory {
    PROCESS_MEMORY_COUNTERS counters;
    SIZE_T private_bytes;
};

/* Reads "Name: 123" lines of a file of a process; values of kB become bytes. Return: whether the file is there. */
struct usage_field {
    const char *name;
    uint64_t *value;
};

static bool usage_read(DWORD process_id, const char *file_name, const struct usage_field *fields, size_t n_fields) {
    char path[64], line[USAGE_LINE], name[64], unit[8];
    unsigned long long value;
    FILE *file;

    snprintf(path, sizeof path, "/proc/%u/%s", (unsigned)(process_id / 4), file_name);
    file = fopen(path, "re");
    if (!file)
        return false;
    while (fgets(line, sizeof line, file)) {
        const int n = sscanf(line, "%63[^:]: %llu %7s", name, &value, unit);

        for (size_t i = 0; i < n_fields && n >= 2; i++)
            if (!strcmp(fields[i].name, name))
                *fields[i].value = n == 3 && !strcmp(unit, "kB") ? value << 10 : value;
    }
    fclose(file);
    return true;
}

/**
 * K32GetProcessMemoryInfo() - resident and private memory of a process; quotas of the kernel's pools are 0.
 * @size: of a PROCESS_MEMORY_COUNTERS or PROCESS_MEMORY_COUNTERS_EX.
 * Return: FALSE and ERROR_INSUFFICIENT_BUFFER, or ERROR_INVALID_HANDLE.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/psapi/nf-psapi-getprocessmemoryinfo
 */
BOOL WINAPI K32GetProcessMemoryInfo(HANDLE process, PROCESS_MEMORY_COUNTERS *counters, DWORD size) {
    uint64_t resident = 0, peak = 0, data = 0, swap = 0;
    const struct usage_field fields[] = {{"VmRSS", &resident}, {"VmHWM", &peak}, {"RssAnon", &data}, {"VmSwap", &swap}};
    const DWORD id = GetProcessId(process);
    struct usage_memory ex = {0};

    if (size < sizeof *counters) {
        SetLastError(ERROR_INSUFFICIENT_BUFFER);
        return FALSE;
    }
    if (!id)
        return FALSE;
    if (!usage_read(id, "status", fields, sizeof fields / sizeof *fields)) {
        SetLastError(ERROR_INVALID_HANDLE);
        return FALSE;
    }
    size = size < sizeof ex ? (DWORD)sizeof *counters : (DWORD)sizeof ex;
    ex.counters.cb = size;
    ex.counters.WorkingSetSize = resident;
    ex.counters.PeakWorkingSetSize = peak;
    ex.counters.PagefileUsage = ex.counters.PeakPagefileUsage = ex.private_bytes = data + swap;
    memcpy(counters, &ex, size);
    return TRUE;
}

/**
 * K32GetPerformanceInfo() - memory of the machine, in pages.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/psapi/nf-psapi-getperformanceinfo
 */
BOOL WINAPI K32GetPerformanceInfo(PERFORMANCE_INFORMATION *info, DWORD size) {
    struct system_memory memory;

    if (size < sizeof *info) {
        SetLastError(ERROR_BAD_LENGTH);
        return FALSE;
    }
    system_memory_read(&memory);
    *info = (PERFORMANCE_INFORMATION){
        .cb = sizeof *info,
        .CommitTotal = (memory.total - memory.available + memory.swap_total - memory.swap_free) / USAGE_PAGE,
        .CommitLimit = (memory.total + memory.swap_total) / USAGE_PAGE,
        .PhysicalTotal = memory.total / USAGE_PAGE,
        .PhysicalAvailable = memory.available / USAGE_PAGE,
        .PageSize = USAGE_PAGE,
    };
    info->CommitPeak = info->CommitTotal;
    return TRUE;
}

/**
 * GetProcessIoCounters() - operations and bytes read and written by a process.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winbase/nf-winbase-getprocessiocounters
 */
BOOL WINAPI GetProcessIoCounters(HANDLE process, IO_COUNTERS *counters) {
    uint64_t reads = 0, writes = 0, bytes_read = 0, bytes_written = 0;
    const struct usage_field fields[] = {{"syscr", &reads}, {"syscw", &writes}, {"rchar", &bytes_read}, {"wchar", &bytes_written}};
    const DWORD id = GetProcessId(process);

    if (!id)
        return FALSE;
    if (!usage_read(id, "io", fields, sizeof fields / sizeof *fields)) {
        SetLastError(ERROR_ACCESS_DENIED);
        return FALSE;
    }
    *counters = (IO_COUNTERS){
        .ReadOperationCount = reads,
        .WriteOperationCount = writes,
        .ReadTransferCount = bytes_read,
        .WriteTransferCount = bytes_written,
    };
    return TRUE;
}

/* The kernel's clock of a thread's, or a process's, processor time (pthread_getcpuclockid's form). */
static BOOL usage_cpu_time(DWORD id, bool thread, ULONG64 *time) {
    const clockid_t clock = (clockid_t)((~(unsigned)(id / 4)) << 3 | (thread ? 4u : 0u) | 2u);
    struct timespec used;

    if (!id)
        return FALSE;
    if (clock_gettime(clock, &used)) {
        SetLastError(ERROR_INVALID_HANDLE);
        return FALSE;
    }
    *time = (ULONG64)used.tv_sec * 1000000000u + (ULONG64)used.tv_nsec;
    return TRUE;
}

/**
 * QueryThreadCycleTime() - processor time of a thread, in nanoseconds: Windows leaves open how long a cycle is.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/realtimeapiset/nf-realtimeapiset-querythreadcycletime
 */
BOOL WINAPI QueryThreadCycleTime(HANDLE thread, ULONG64 *time) {
    return usage_cpu_time(GetThreadId(thread), true, time);
}

BOOL WINAPI QueryProcessCycleTime(HANDLE process, ULONG64 *time) {
    return usage_cpu_time(GetProcessId(process), false, time);
}
