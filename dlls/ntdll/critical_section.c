/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Critical sections, in the program's own memory and in Windows' layout, so that sections which a compiler laid out ({0, -1, 0,
 * 0, 0, 0}) work at once. LockCount is the lock and its futex:
 *   bit 0 set: free. Bit 1 clear: a sleeper was woken and has not come yet; who leaves then wakes nobody. The rest counts
 *   sleepers, downwards: ~0 in them is none. So -1 is free and -2 is owned, as on Windows.
 * A sleeper sets bit 1 before it sleeps: a wake that met nobody asleep is then never the last one. RecursionCount and
 * OwningThread belong to the owner.
 */
#include "libs/host/futex.h"

#include <ntstatus.h>
#define WIN32_NO_STATUS
#include <windows.h>
#include <winternl.h>

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <unistd.h>

#define SECTION_FREE 1u
#define SECTION_QUIET 2u /* no wake is under way */
#define SECTION_SLEEPER 4u
#define SECTION_MAX_SPIN 0x00FFFFFF
#define SECTION_SPIN_LIMIT 200u /* longer than this a futex is cheaper */

static LONG section_load(const RTL_CRITICAL_SECTION *section) {
    return __atomic_load_n(&section->LockCount, __ATOMIC_RELAXED);
}

/* Replaces LockCount if it still is *seen, else refreshes *seen. Acquire pairs with section_release's release. */
static bool section_swap(RTL_CRITICAL_SECTION *section, LONG *seen, LONG wanted) {
    return __atomic_compare_exchange_n(&section->LockCount, seen, wanted, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static bool section_try(RTL_CRITICAL_SECTION *section) {
    LONG seen = section_load(section);

    while (seen & (LONG)SECTION_FREE)
        if (section_swap(section, &seen, seen & ~(LONG)SECTION_FREE))
            return true;
    return false;
}

static bool section_spin(RTL_CRITICAL_SECTION *section) {
    ULONG_PTR left = section->SpinCount & SECTION_MAX_SPIN;

    if (left > SECTION_SPIN_LIMIT)
        left = SECTION_SPIN_LIMIT;
    for (; left; left--) {
        if (section_try(section))
            return true;
        futex_relax();
    }
    return false;
}

/* Counts this thread among the sleepers until it has the lock. */
static void section_sleep(RTL_CRITICAL_SECTION *section) {
    LONG seen = __atomic_sub_fetch(&section->LockCount, (LONG)SECTION_SLEEPER, __ATOMIC_RELAXED);

    for (;;) {
        if (seen & (LONG)SECTION_FREE) {
            const LONG owned = ((seen & ~(LONG)SECTION_FREE) | (LONG)SECTION_QUIET) + (LONG)SECTION_SLEEPER;

            if (section_swap(section, &seen, owned))
                return;
            continue;
        }
        if (!(seen & (LONG)SECTION_QUIET) && !section_swap(section, &seen, seen | (LONG)SECTION_QUIET))
            continue;
        futex_wait(&section->LockCount, (uint32_t)(seen | (LONG)SECTION_QUIET), FUTEX_FOREVER, FUTEX_ANY);
        seen = section_load(section);
    }
}

static void section_release(RTL_CRITICAL_SECTION *section) {
    LONG seen = section_load(section), wanted;
    bool wake;

    do {
        wake = (seen & (LONG)SECTION_QUIET) && (seen >> 2) != -1;
        wanted = (seen | (LONG)SECTION_FREE) & ~(wake ? (LONG)SECTION_QUIET : 0);
    } while (!__atomic_compare_exchange_n(
        &section->LockCount, &seen, wanted, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED));
    if (wake)
        futex_wake(&section->LockCount, 1, FUTEX_ANY);
}

static HANDLE section_thread(void) {
    return NtCurrentTeb()->ClientId.UniqueThread;
}

static void section_own(RTL_CRITICAL_SECTION *section) {
    __atomic_store_n(&section->OwningThread, section_thread(), __ATOMIC_RELAXED);
    section->RecursionCount = 1;
}

static bool section_is_own(const RTL_CRITICAL_SECTION *section) {
    return __atomic_load_n(&section->OwningThread, __ATOMIC_RELAXED) == section_thread();
}

/**
 * RtlInitializeCriticalSectionEx() - InitializeCriticalSectionEx.
 * @spin_count: tries before a thread sleeps; nothing on a machine of one processor.
 * @flags: RTL_CRITICAL_SECTION_FLAG_…; there is never debug information.
 * Return: STATUS_SUCCESS; STATUS_INVALID_PARAMETER_2 or _3 for a spin count or flags with reserved bits.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/synchapi/nf-synchapi-initializecriticalsectionex
 */
NTSTATUS WINAPI RtlInitializeCriticalSectionEx(RTL_CRITICAL_SECTION *section, ULONG spin_count, ULONG flags) {
    if (spin_count & ~SECTION_MAX_SPIN)
        return STATUS_INVALID_PARAMETER_2;
    if (flags & ~0x1F000000u)
        return STATUS_INVALID_PARAMETER_3;
    section->DebugInfo = (RTL_CRITICAL_SECTION_DEBUG *)(LONG_PTR)-1;
    section->LockCount = -1;
    section->RecursionCount = 0;
    section->OwningThread = NULL;
    section->LockSemaphore = NULL;
    section->SpinCount = sysconf(_SC_NPROCESSORS_ONLN) > 1 ? spin_count : 0;
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI RtlInitializeCriticalSectionAndSpinCount(RTL_CRITICAL_SECTION *section, ULONG spin_count) {
    return RtlInitializeCriticalSectionEx(section, spin_count & SECTION_MAX_SPIN, 0);
}

NTSTATUS WINAPI RtlInitializeCriticalSection(RTL_CRITICAL_SECTION *section) {
    return RtlInitializeCriticalSectionEx(section, 0, 0);
}

/* RtlSetCriticalSectionSpinCount() - Return: the previous count. */
ULONG WINAPI RtlSetCriticalSectionSpinCount(RTL_CRITICAL_SECTION *section, ULONG spin_count) {
    const ULONG previous = (ULONG)section->SpinCount;

    section->SpinCount = sysconf(_SC_NPROCESSORS_ONLN) > 1 ? spin_count & SECTION_MAX_SPIN : 0;
    return previous;
}

NTSTATUS WINAPI RtlDeleteCriticalSection(RTL_CRITICAL_SECTION *section) {
    section->DebugInfo = NULL;
    section->LockCount = -1;
    section->RecursionCount = 0;
    section->OwningThread = NULL;
    section->LockSemaphore = NULL;
    section->SpinCount = 0;
    return STATUS_SUCCESS;
}

/**
 * RtlEnterCriticalSection() - EnterCriticalSection.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/synchapi/nf-synchapi-entercriticalsection
 */
NTSTATUS WINAPI RtlEnterCriticalSection(RTL_CRITICAL_SECTION *section) {
    if (!section_try(section)) {
        if (section_is_own(section)) {
            section->RecursionCount++;
            return STATUS_SUCCESS;
        }
        if (!section_spin(section))
            section_sleep(section);
    }
    section_own(section);
    return STATUS_SUCCESS;
}

/* RtlTryEnterCriticalSection() - TryEnterCriticalSection: FALSE when another thread owns it. */
BOOL WINAPI RtlTryEnterCriticalSection(RTL_CRITICAL_SECTION *section) {
    if (section_try(section)) {
        section_own(section);
        return TRUE;
    }
    if (!section_is_own(section))
        return FALSE;
    section->RecursionCount++;
    return TRUE;
}

/**
 * RtlLeaveCriticalSection() - LeaveCriticalSection. Leaving a section that is not owned does nothing here (Windows breaks it).
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/synchapi/nf-synchapi-leavecriticalsection
 */
NTSTATUS WINAPI RtlLeaveCriticalSection(RTL_CRITICAL_SECTION *section) {
    if (section_load(section) & (LONG)SECTION_FREE)
        return STATUS_SUCCESS;
    if (--section->RecursionCount > 0)
        return STATUS_SUCCESS;
    section->RecursionCount = 0;
    __atomic_store_n(&section->OwningThread, NULL, __ATOMIC_RELAXED);
    section_release(section);
    return STATUS_SUCCESS;
}

BOOL WINAPI RtlIsCriticalSectionLocked(RTL_CRITICAL_SECTION *section) {
    return section->RecursionCount != 0;
}

BOOL WINAPI RtlIsCriticalSectionLockedByThread(RTL_CRITICAL_SECTION *section) {
    return section->RecursionCount != 0 && section_is_own(section);
}
