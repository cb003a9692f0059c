/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The clocks and the timer's resolution. */
#include "dlls/ntdll/clock.h"

#include "libs/host/guard.h"

#include <ntstatus.h>
#define WIN32_NO_STATUS
#include <winternl.h>

#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>

#define CLOCK_FINEST_100NS 5000 /* 0.5 ms */
#define CLOCK_COARSEST_100NS CLOCK_TICK_100NS

static _Atomic uint32_t clock_wanted; /* 0: nobody asked */

static uint64_t clock_read(clockid_t id) {
    struct timespec now;

    clock_gettime(id, &now);
    return (uint64_t)now.tv_sec * CLOCK_SECOND_100NS + (uint64_t)now.tv_nsec / 100;
}

uint64_t clock_system_time(void) {
    return clock_read(CLOCK_REALTIME) + CLOCK_OF_1970;
}

uint64_t clock_interrupt_time(void) {
    return clock_read(CLOCK_BOOTTIME);
}

uint64_t clock_unbiased_time(void) {
    return clock_read(CLOCK_MONOTONIC);
}

uint64_t clock_performance(void) {
    return clock_read(CLOCK_MONOTONIC);
}

uint32_t clock_tick_100ns(void) {
    const uint32_t wanted = atomic_load_explicit(&clock_wanted, memory_order_relaxed);

    return wanted ? wanted : CLOCK_TICK_100NS;
}

NTSTATUS WINAPI NtQuerySystemTime(LARGE_INTEGER *time) {
    const uint64_t now = clock_system_time();

    return guard_copy_to(time, &now, sizeof now) ? STATUS_ACCESS_VIOLATION : STATUS_SUCCESS;
}

LONGLONG WINAPI RtlGetSystemTimePrecise(void) {
    return (LONGLONG)clock_system_time();
}

/**
 * NtQueryPerformanceCounter() - the counter and, unless frequency is NULL, its frequency.
 * Return: STATUS_ACCESS_VIOLATION.
 * Source: https://learn.microsoft.com/en-us/windows-hardware/drivers/ddi/ntifs/nf-ntifs-kequeryperformancecounter
 */
NTSTATUS WINAPI NtQueryPerformanceCounter(LARGE_INTEGER *counter, LARGE_INTEGER *frequency) {
    const uint64_t now = clock_performance(), per_second = CLOCK_SECOND_100NS;

    if (guard_copy_to(counter, &now, sizeof now))
        return STATUS_ACCESS_VIOLATION;
    if (frequency && guard_copy_to(frequency, &per_second, sizeof per_second))
        return STATUS_ACCESS_VIOLATION;
    return STATUS_SUCCESS;
}

/* RtlQueryPerformanceCounter() - QueryPerformanceCounter: never fails; 10 MHz as on Windows 10. */
BOOL WINAPI RtlQueryPerformanceCounter(LARGE_INTEGER *counter) {
    counter->QuadPart = (LONGLONG)clock_performance();
    return TRUE;
}

BOOL WINAPI RtlQueryPerformanceFrequency(LARGE_INTEGER *frequency) {
    frequency->QuadPart = CLOCK_SECOND_100NS;
    return TRUE;
}

BOOL WINAPI RtlQueryUnbiasedInterruptTime(ULONGLONG *time) {
    if (!time)
        return FALSE;
    *time = clock_unbiased_time();
    return TRUE;
}

ULONG WINAPI NtGetTickCount(void) {
    return (ULONG)(clock_interrupt_time() / 10000);
}

/**
 * NtQueryTimerResolution() - the coarsest, the finest and the present period of the timer, in 100 ns.
 * Source: http://undocumented.ntinternals.net (NtQueryTimerResolution); observed values of Windows 10
 */
NTSTATUS WINAPI NtQueryTimerResolution(ULONG *coarsest, ULONG *finest, ULONG *present) {
    const ULONG values[3] = {CLOCK_COARSEST_100NS, CLOCK_FINEST_100NS, clock_tick_100ns()};

    if (guard_copy_to(coarsest, &values[0], sizeof(ULONG)) || guard_copy_to(finest, &values[1], sizeof(ULONG)) ||
        guard_copy_to(present, &values[2], sizeof(ULONG)))
        return STATUS_ACCESS_VIOLATION;
    return STATUS_SUCCESS;
}

/**
 * NtSetTimerResolution() - asks for a period (set), or takes the wish back. Waits are exact here in any case; the period only tells
 * how often the times at 0x7FFE0000 move.
 * Return: STATUS_TIMER_RESOLUTION_NOT_SET when there was no wish to take back.
 */
NTSTATUS WINAPI NtSetTimerResolution(ULONG period_100ns, BOOLEAN set, ULONG *present) {
    uint32_t wanted = 0, before;
    ULONG now;

    if (set) {
        wanted = period_100ns < CLOCK_FINEST_100NS ? CLOCK_FINEST_100NS : period_100ns;
        if (wanted > CLOCK_COARSEST_100NS)
            wanted = CLOCK_COARSEST_100NS;
    }
    before = atomic_exchange_explicit(&clock_wanted, wanted, memory_order_relaxed);
    now = clock_tick_100ns();
    if (guard_copy_to(present, &now, sizeof now))
        return STATUS_ACCESS_VIOLATION;
    return set || before ? STATUS_SUCCESS : STATUS_TIMER_RESOLUTION_NOT_SET;
}
