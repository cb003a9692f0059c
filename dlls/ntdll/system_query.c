/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NtQuerySystemInformation: the classes that programs ask for. */
#define __WINESRC__ /* names the fields of the structures; changes nothing of their layout */
#include "dlls/ntdll/clock.h"
#include "dlls/ntdll/system.h"
#include "libs/host/guard.h"

#include <ntstatus.h>
#define WIN32_NO_STATUS
#include <winternl.h>

#include <sched.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <time.h>
#include <unistd.h>

#define SYSTEM_PAGE 4096
#define SYSTEM_MAX_TOPOLOGY (SYSTEM_MAX_PROCESSORS * 6 + 1)

static void system_fill_basic(SYSTEM_BASIC_INFORMATION *info) {
    *info = (SYSTEM_BASIC_INFORMATION){
        .KeMaximumIncrement = CLOCK_TICK_100NS,
        .PageSize = SYSTEM_PAGE,
        .MmNumberOfPhysicalPages = (ULONG)sysconf(_SC_PHYS_PAGES),
        .MmLowestPhysicalPage = 1,
        .MmHighestPhysicalPage = (ULONG)sysconf(_SC_PHYS_PAGES),
        .AllocationGranularity = 0x10000,
        .LowestUserAddress = (void *)0x10000,
        .HighestUserAddress = (void *)0x7FFFFFFEFFFF,
        .ActiveProcessorsAffinityMask = system_processor_mask(),
        .NumberOfProcessors = (BYTE)system_processor_count(),
    };
}

static void system_fill_cpu(SYSTEM_CPU_INFORMATION *info) {
    *info = (SYSTEM_CPU_INFORMATION){
        .ProcessorArchitecture = PROCESSOR_ARCHITECTURE_AMD64,
        .ProcessorLevel = system_processor_level(),
        .ProcessorRevision = system_processor_revision(),
        .MaximumProcessors = (USHORT)system_processor_count(),
    };
}

static void system_fill_performance(SYSTEM_PERFORMANCE_INFORMATION *info) {
    struct system_memory memory;
    struct system_cpu_times times = {0};

    system_memory_read(&memory);
    system_cpu_times_read(-1, &times);
    memset(info, 0, sizeof *info);
    info->IdleTime.QuadPart = (LONGLONG)times.idle;
    info->AvailablePages = (ULONG)(memory.available / SYSTEM_PAGE);
    info->TotalCommitLimit = (ULONG)((memory.total + memory.swap_total) / SYSTEM_PAGE);
    info->TotalCommittedPages =
        (ULONG)((memory.total - memory.available + memory.swap_total - memory.swap_free) / SYSTEM_PAGE);
    info->PeakCommitment = info->TotalCommittedPages;
}

static void system_fill_time(SYSTEM_TIMEOFDAY_INFORMATION *info) {
    const uint64_t now = clock_system_time();
    const time_t seconds = (time_t)((now - CLOCK_OF_1970) / CLOCK_SECOND_100NS);
    struct tm local;

    localtime_r(&seconds, &local);
    memset(info, 0, sizeof *info);
    info->SystemTime.QuadPart = (LONGLONG)now;
    info->BootTime.QuadPart = (LONGLONG)(now - clock_interrupt_time());
    info->TimeZoneBias.QuadPart = -(LONGLONG)local.tm_gmtoff * CLOCK_SECOND_100NS;
    info->TimeZoneId = local.tm_isdst > 0 ? TIME_ZONE_ID_DAYLIGHT : TIME_ZONE_ID_STANDARD;
}

NTSTATUS system_answer(void *out, ULONG room, ULONG *returned, const void *info, ULONG size) {
    if (returned && guard_copy_to(returned, &size, sizeof size))
        return STATUS_ACCESS_VIOLATION;
    if (room < size)
        return STATUS_INFO_LENGTH_MISMATCH;
    return guard_copy_to(out, info, size) ? STATUS_ACCESS_VIOLATION : STATUS_SUCCESS;
}

static NTSTATUS system_query_processor_times(void *out, ULONG room, ULONG *returned) {
    SYSTEM_PROCESSOR_PERFORMANCE_INFORMATION info[SYSTEM_MAX_PROCESSORS] = {0};
    const unsigned n = system_processor_count();

    for (unsigned i = 0; i < n; i++) {
        struct system_cpu_times times = {0};

        system_cpu_times_read((int)i, &times);
        info[i].IdleTime.QuadPart = (LONGLONG)times.idle;
        info[i].KernelTime.QuadPart = (LONGLONG)(times.kernel + times.idle); /* Windows counts idle as kernel time */
        info[i].UserTime.QuadPart = (LONGLONG)times.user;
    }
    return system_answer(out, room, returned, info, n * (ULONG)sizeof *info);
}

/* Of the machine's counters Linux keeps no division by processors: the first has them. */
static NTSTATUS system_query_interrupts(void *out, ULONG room, ULONG *returned) {
    SYSTEM_INTERRUPT_INFORMATION info[SYSTEM_MAX_PROCESSORS] = {0};
    const unsigned n = system_processor_count();

    info[0].ContextSwitches = (ULONG)system_counter_read("ctxt");
    info[0].DpcCount = (ULONG)system_counter_read("softirq");
    for (unsigned i = 0; i < n; i++)
        info[i].TimeIncrement = CLOCK_TICK_100NS;
    return system_answer(out, room, returned, info, n * (ULONG)sizeof *info);
}

/* Documented as opaque, a seed that cannot be foreseen: the machine's interrupts. */
static void system_fill_exceptions(SYSTEM_EXCEPTION_INFORMATION *info) {
    const uint64_t counters[] = {system_counter_read("intr"), system_counter_read("ctxt")};

    _Static_assert(sizeof counters == sizeof *info, "the structure has 16 bytes");
    memcpy(info, counters, sizeof *info);
}

/* The caller says its structure's length in it.  No option is on: nothing here checks signatures of code. */
static NTSTATUS system_query_integrity(void *out, ULONG room, ULONG *returned) {
    SYSTEM_CODEINTEGRITY_INFORMATION info = {.Length = sizeof info};
    ULONG length;

    if (room == sizeof info && guard_copy_from(&length, out, sizeof length))
        return STATUS_ACCESS_VIOLATION;
    if (room != sizeof info || length != sizeof info) {
        system_answer(NULL, 0, returned, NULL, sizeof info);
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    return system_answer(out, room, returned, &info, sizeof info);
}

static NTSTATUS system_query_topology(void *out, ULONG room, ULONG *returned) {
    struct system_topology_entry entries[SYSTEM_MAX_TOPOLOGY];
    SYSTEM_LOGICAL_PROCESSOR_INFORMATION info[SYSTEM_MAX_TOPOLOGY] = {0};
    unsigned n = system_topology_read(entries, SYSTEM_MAX_TOPOLOGY);

    n = n < SYSTEM_MAX_TOPOLOGY ? n : SYSTEM_MAX_TOPOLOGY;
    for (unsigned i = 0; i < n; i++) {
        info[i].ProcessorMask = entries[i].mask;
        info[i].Relationship = entries[i].relationship;
        if (entries[i].relationship == RelationCache)
            info[i].Cache = entries[i].cache;
        if (entries[i].relationship == RelationProcessorCore)
            info[i].ProcessorCore.Flags = __builtin_popcountll(entries[i].mask) > 1;
    }
    return system_answer(out, room, returned, info, n * (ULONG)sizeof *info);
}

/**
 * NtQuerySystemInformation() - basic, processor, performance, time-of-day, time-zone, processor-times, interrupt, exception, time-adjustment,
 * kernel-debugger, code-integrity and logical-processor information; the lists of processes and of handles.
 * Return: STATUS_INFO_LENGTH_MISMATCH when room is too small; STATUS_INVALID_INFO_CLASS; STATUS_ACCESS_VIOLATION.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winternl/nf-winternl-ntquerysysteminformation
 */
NTSTATUS WINAPI NtQuerySystemInformation(SYSTEM_INFORMATION_CLASS info_class, void *out, ULONG room, ULONG *returned) {
    union {
        SYSTEM_BASIC_INFORMATION basic;
        SYSTEM_CPU_INFORMATION cpu;
        SYSTEM_PERFORMANCE_INFORMATION performance;
        SYSTEM_TIMEOFDAY_INFORMATION time;
        SYSTEM_TIME_ADJUSTMENT_QUERY adjustment;
        SYSTEM_EXCEPTION_INFORMATION exceptions;
        RTL_TIME_ZONE_INFORMATION zone;
        BOOLEAN debugger[2];
    } info;

    switch (info_class) {
    case SystemBasicInformation: system_fill_basic(&info.basic); return system_answer(out, room, returned, &info, sizeof info.basic);
    case SystemCpuInformation: system_fill_cpu(&info.cpu); return system_answer(out, room, returned, &info, sizeof info.cpu);
    case SystemPerformanceInformation:
        system_fill_performance(&info.performance);
        return system_answer(out, room, returned, &info, sizeof info.performance);
    case SystemTimeOfDayInformation: system_fill_time(&info.time); return system_answer(out, room, returned, &info, sizeof info.time);
    case SystemProcessorPerformanceInformation: return system_query_processor_times(out, room, returned);
    case SystemTimeAdjustmentInformation:
        info.adjustment = (SYSTEM_TIME_ADJUSTMENT_QUERY){CLOCK_TICK_100NS, CLOCK_TICK_100NS, TRUE};
        return system_answer(out, room, returned, &info, sizeof info.adjustment);
    case SystemKernelDebuggerInformation:
        info.debugger[0] = FALSE; /* enabled */
        info.debugger[1] = TRUE;  /* not present */
        return system_answer(out, room, returned, &info, sizeof info.debugger);
    case SystemInterruptInformation: return system_query_interrupts(out, room, returned);
    case SystemExceptionInformation:
        system_fill_exceptions(&info.exceptions);
        return system_answer(out, room, returned, &info, sizeof info.exceptions);
    case SystemCurrentTimeZoneInformation:
        RtlQueryTimeZoneInformation(&info.zone);
        return system_answer(out, room, returned, &info, sizeof info.zone);
    case SystemCodeIntegrityInformation: return system_query_integrity(out, room, returned);
    case SystemProcessInformation: return system_query_processes(out, room, returned);
    case SystemHandleInformation: return system_query_old_handles(out, room, returned);
    case SystemExtendedHandleInformation: return system_query_handles(out, room, returned);
    case SystemLogicalProcessorInformation: return system_query_topology(out, room, returned);
    default: return STATUS_INVALID_INFO_CLASS;
    }
}

ULONG WINAPI NtGetCurrentProcessorNumber(void) {
    const int processor = sched_getcpu();

    return processor < 0 ? 0 : (ULONG)processor % SYSTEM_MAX_PROCESSORS;
}

BOOLEAN WINAPI RtlIsProcessorFeaturePresent(UINT feature) {
    return system_processor_feature(feature);
}
