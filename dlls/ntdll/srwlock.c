/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Slim reader/writer locks, and the condition variables that go with them and with critical sections.
 *
 * A lock is one word, of which the low half is used:
 *   bits 0–29  how many hold it shared; SRW_EXCLUSIVE: one holds it alone
 *   bit 30     threads that want it shared may sleep
 *   bit 31     threads that want it alone may sleep; new shared holders stay out meanwhile, so that writers come in at all
 * Both kinds sleep on this word, with different wake masks. A release that leaves no holder clears a bit and wakes its
 * sleepers: one writer first, else all readers. A woken writer sets bit 31 again, for others may sleep still; if the wake
 * found none, the readers' turn has come. Zero is a free lock.
 *
 * A condition variable is a count of wakes (low half), on which waiters sleep, and a count of waiters (high half), so that a
 * wake without waiters is no system call.
 */
#include "dlls/ntdll/wait.h"
#include "libs/host/futex.h"

#include <ntstatus.h>
#define WIN32_NO_STATUS
#include <windows.h>
#include <winternl.h>

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#define SRW_EXCLUSIVE 0x3FFFFFFFu
#define SRW_HOLDERS 0x3FFFFFFFu
#define SRW_SHARED_SLEEP 0x40000000u
#define SRW_EXCLUSIVE_SLEEP 0x80000000u
#define SRW_SHARED_MASK 1u
#define SRW_EXCLUSIVE_MASK 2u
#define SRW_SPINS 50

struct condition {
    uint32_t wakes;
    uint32_t waiters;
};

_Static_assert(sizeof(RTL_SRWLOCK) == 8 && sizeof(struct condition) == sizeof(RTL_CONDITION_VARIABLE), "one word each");

static uint32_t *srw_word(RTL_SRWLOCK *lock) {
    return (uint32_t *)&lock->Ptr;
}

/* Acquire pairs with the release of srw_release. */
static bool srw_swap(uint32_t *word, uint32_t *seen, uint32_t wanted) {
    return __atomic_compare_exchange_n(word, seen, wanted, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static bool srw_admits_shared(uint32_t seen) {
    return (seen & SRW_HOLDERS) < SRW_EXCLUSIVE - 1 && !(seen & SRW_EXCLUSIVE_SLEEP);
}

static bool srw_try_shared(uint32_t *word) {
    uint32_t seen = __atomic_load_n(word, __ATOMIC_RELAXED);

    while (srw_admits_shared(seen))
        if (srw_swap(word, &seen, seen + 1))
            return true;
    return false;
}

/* @also: SRW_EXCLUSIVE_SLEEP when others of the kind may sleep. */
static bool srw_try_exclusive(uint32_t *word, uint32_t also) {
    uint32_t seen = __atomic_load_n(word, __ATOMIC_RELAXED);

    while (!(seen & SRW_HOLDERS))
        if (srw_swap(word, &seen, seen | SRW_EXCLUSIVE | also))
            return true;
    return false;
}

/* No holder is left: hands the turn to those who sleep. */
static void srw_wake(uint32_t *word) {
    uint32_t seen = __atomic_load_n(word, __ATOMIC_RELAXED);

    while (!(seen & SRW_HOLDERS) && (seen & (SRW_SHARED_SLEEP | SRW_EXCLUSIVE_SLEEP))) {
        if (seen & SRW_EXCLUSIVE_SLEEP) {
            if (!srw_swap(word, &seen, seen & ~SRW_EXCLUSIVE_SLEEP))
                continue;
            if (futex_wake(word, 1, SRW_EXCLUSIVE_MASK) > 0)
                return;
            seen &= ~SRW_EXCLUSIVE_SLEEP;
            continue;
        }
        if (!srw_swap(word, &seen, seen & ~SRW_SHARED_SLEEP))
            continue;
        futex_wake(word, INT_MAX, SRW_SHARED_MASK);
        return;
    }
}

/* Takes away holders (1, or SRW_EXCLUSIVE). */
static void srw_release(uint32_t *word, uint32_t holders) {
    const uint32_t left = __atomic_sub_fetch(word, holders, __ATOMIC_RELEASE);

    if (!(left & SRW_HOLDERS) && left)
        srw_wake(word);
}

static void srw_sleep_shared(uint32_t *word) {
    while (!srw_try_shared(word)) {
        uint32_t seen = __atomic_load_n(word, __ATOMIC_RELAXED);

        if (srw_admits_shared(seen))
            continue;
        if (!(seen & SRW_SHARED_SLEEP) && !srw_swap(word, &seen, seen | SRW_SHARED_SLEEP))
            continue;
        futex_wait(word, seen | SRW_SHARED_SLEEP, FUTEX_FOREVER, SRW_SHARED_MASK);
    }
}

static void srw_sleep_exclusive(uint32_t *word) {
    uint32_t also = 0;

    while (!srw_try_exclusive(word, also)) {
        uint32_t seen = __atomic_load_n(word, __ATOMIC_RELAXED);

        if (!(seen & SRW_HOLDERS))
            continue;
        if (!(seen & SRW_EXCLUSIVE_SLEEP) && !srw_swap(word, &seen, seen | SRW_EXCLUSIVE_SLEEP))
            continue;
        futex_wait(word, seen | SRW_EXCLUSIVE_SLEEP, FUTEX_FOREVER, SRW_EXCLUSIVE_MASK);
        also = SRW_EXCLUSIVE_SLEEP;
    }
}

void WINAPI RtlInitializeSRWLock(RTL_SRWLOCK *lock) {
    lock->Ptr = NULL;
}

/**
 * RtlAcquireSRWLockExclusive() - AcquireSRWLockExclusive; not recursive.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/synchapi/nf-synchapi-acquiresrwlockexclusive
 */
void WINAPI RtlAcquireSRWLockExclusive(RTL_SRWLOCK *lock) {
    for (int i = 0; i < SRW_SPINS; i++) {
        if (srw_try_exclusive(srw_word(lock), 0))
            return;
        futex_relax();
    }
    srw_sleep_exclusive(srw_word(lock));
}

void WINAPI RtlAcquireSRWLockShared(RTL_SRWLOCK *lock) {
    for (int i = 0; i < SRW_SPINS; i++) {
        if (srw_try_shared(srw_word(lock)))
            return;
        futex_relax();
    }
    srw_sleep_shared(srw_word(lock));
}

BOOLEAN WINAPI RtlTryAcquireSRWLockExclusive(RTL_SRWLOCK *lock) {
    return srw_try_exclusive(srw_word(lock), 0);
}

BOOLEAN WINAPI RtlTryAcquireSRWLockShared(RTL_SRWLOCK *lock) {
    return srw_try_shared(srw_word(lock));
}

void WINAPI RtlReleaseSRWLockExclusive(RTL_SRWLOCK *lock) {
    srw_release(srw_word(lock), SRW_EXCLUSIVE);
}

void WINAPI RtlReleaseSRWLockShared(RTL_SRWLOCK *lock) {
    srw_release(srw_word(lock), 1);
}

static struct condition *condition_of(RTL_CONDITION_VARIABLE *variable) {
    return (struct condition *)variable;
}

/* Announces a waiter, while the lock is held. Return: the count of wakes to sleep on. */
static uint32_t condition_enter(struct condition *condition) {
    __atomic_add_fetch(&condition->waiters, 1, __ATOMIC_SEQ_CST);
    return __atomic_load_n(&condition->wakes, __ATOMIC_SEQ_CST);
}

static NTSTATUS condition_sleep(struct condition *condition, uint32_t wakes, const LARGE_INTEGER *timeout) {
    const int error = futex_wait(&condition->wakes, wakes, wait_deadline(timeout), FUTEX_ANY);

    __atomic_sub_fetch(&condition->waiters, 1, __ATOMIC_RELAXED);
    return error == -ETIMEDOUT ? STATUS_TIMEOUT : STATUS_SUCCESS;
}

static void condition_wake(struct condition *condition, int n) {
    /* the waiter counted itself before it gave up the lock; whoever changed the condition held that lock after */
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (!__atomic_load_n(&condition->waiters, __ATOMIC_SEQ_CST))
        return;
    __atomic_add_fetch(&condition->wakes, 1, __ATOMIC_SEQ_CST);
    futex_wake(&condition->wakes, n, FUTEX_ANY);
}

void WINAPI RtlInitializeConditionVariable(RTL_CONDITION_VARIABLE *variable) {
    variable->Ptr = NULL;
}

void WINAPI RtlWakeConditionVariable(RTL_CONDITION_VARIABLE *variable) {
    condition_wake(condition_of(variable), 1);
}

void WINAPI RtlWakeAllConditionVariable(RTL_CONDITION_VARIABLE *variable) {
    condition_wake(condition_of(variable), INT_MAX);
}

/**
 * RtlSleepConditionVariableCS() - SleepConditionVariableCS's core; wakes may be spurious.
 * @timeout: 100 ns units, negative from now; NULL for ever.
 * Return: STATUS_SUCCESS or STATUS_TIMEOUT, the section owned again in both cases.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/synchapi/nf-synchapi-sleepconditionvariablecs
 */
NTSTATUS WINAPI RtlSleepConditionVariableCS(
    RTL_CONDITION_VARIABLE *variable, RTL_CRITICAL_SECTION *section, const LARGE_INTEGER *timeout) {
    const uint32_t wakes = condition_enter(condition_of(variable));
    NTSTATUS status;

    RtlLeaveCriticalSection(section);
    status = condition_sleep(condition_of(variable), wakes, timeout);
    RtlEnterCriticalSection(section);
    return status;
}

/**
 * RtlSleepConditionVariableSRW() - the same with an SRW lock.
 * @flags: RTL_CONDITION_VARIABLE_LOCKMODE_SHARED when the lock is held shared.
 * Return: as above; STATUS_INVALID_PARAMETER_2 for other flags.
 */
NTSTATUS WINAPI RtlSleepConditionVariableSRW(
    RTL_CONDITION_VARIABLE *variable, RTL_SRWLOCK *lock, const LARGE_INTEGER *timeout, ULONG flags) {
    const bool shared = flags & RTL_CONDITION_VARIABLE_LOCKMODE_SHARED;
    uint32_t wakes;
    NTSTATUS status;

    if (flags & ~(ULONG)RTL_CONDITION_VARIABLE_LOCKMODE_SHARED)
        return STATUS_INVALID_PARAMETER_2;
    wakes = condition_enter(condition_of(variable));
    srw_release(srw_word(lock), shared ? 1 : SRW_EXCLUSIVE);
    status = condition_sleep(condition_of(variable), wakes, timeout);
    if (shared)
        RtlAcquireSRWLockShared(lock);
    else
        RtlAcquireSRWLockExclusive(lock);
    return status;
}
