/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * WaitOnAddress and the barriers. Waiters stand in lists, one list a bucket of addresses, first come first served; each
 * sleeps on a futex word of its own. The value is compared under the bucket's lock, so that who changes it and then wakes
 * either finds the waiter in the list or was seen by it. A bucket's count of waiters spares wakes without waiters the lock.
 */
#include "dlls/ntdll/wait.h"
#include "dlls/ntdll/suspend.h"
#include "libs/host/futex.h"

#include <ntstatus.h>
#define WIN32_NO_STATUS
#include <windows.h>
#include <winternl.h>

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define ADDRESS_BUCKETS 256

/* On its thread's stack. Under the bucket's lock but for woken, which the waiter reads without it. */
struct address_waiter {
    struct address_waiter *next, *previous;
    const void *address;
    bool listed;
    uint32_t woken;
};

struct address_bucket {
    pthread_mutex_t lock;
    uint32_t n_waiters;
    struct address_waiter *first, *last;
} __attribute__((aligned(64)));

static struct address_bucket address_buckets[ADDRESS_BUCKETS]; /* all zero is PTHREAD_MUTEX_INITIALIZER */

static struct address_bucket *address_bucket_of(const void *address) {
    const uintptr_t key = (uintptr_t)address >> 2;

    return &address_buckets[(key ^ (key >> 8) ^ (key >> 16)) % ADDRESS_BUCKETS];
}

static bool address_equals(const void *address, const void *compare, SIZE_T size) {
    switch (size) {
    case 1: return __atomic_load_n((const uint8_t *)address, __ATOMIC_SEQ_CST) == *(const uint8_t *)compare;
    case 2: return __atomic_load_n((const uint16_t *)address, __ATOMIC_SEQ_CST) == *(const uint16_t *)compare;
    case 4: return __atomic_load_n((const uint32_t *)address, __ATOMIC_SEQ_CST) == *(const uint32_t *)compare;
    default: return __atomic_load_n((const uint64_t *)address, __ATOMIC_SEQ_CST) == *(const uint64_t *)compare;
    }
}

static void address_list(struct address_bucket *bucket, struct address_waiter *waiter) {
    waiter->previous = bucket->last;
    if (bucket->last)
        bucket->last->next = waiter;
    else
        bucket->first = waiter;
    bucket->last = waiter;
    waiter->listed = true;
}

static void address_unlist(struct address_bucket *bucket, struct address_waiter *waiter) {
    if (waiter->previous)
        waiter->previous->next = waiter->next;
    else
        bucket->first = waiter->next;
    if (waiter->next)
        waiter->next->previous = waiter->previous;
    else
        bucket->last = waiter->previous;
    waiter->listed = false;
    __atomic_sub_fetch(&bucket->n_waiters, 1, __ATOMIC_RELAXED);
}

static NTSTATUS address_sleep(struct address_bucket *bucket, struct address_waiter *waiter, uint64_t deadline_ns) {
    NTSTATUS status = STATUS_SUCCESS;

    while (!__atomic_load_n(&waiter->woken, __ATOMIC_ACQUIRE)) {
        const bool late = futex_sleep(&waiter->woken, 0, deadline_ns, FUTEX_ANY) == -ETIMEDOUT, ending = suspend_ending();

        if (!late && !ending)
            continue;
        pthread_mutex_lock(&bucket->lock);
        if (waiter->listed) {
            address_unlist(bucket, waiter);
            status = STATUS_TIMEOUT;
        }
        pthread_mutex_unlock(&bucket->lock);
        if (status && ending)
            suspend_point(); /* nothing of ours is left on the stack */
        if (status)
            return status;
        deadline_ns = FUTEX_FOREVER; /* taken off the list: the wake is under way */
    }
    return status;
}

/**
 * RtlWaitOnAddress() - WaitOnAddress's core: sleeps while the value at address equals the one at compare.
 * @size: 1, 2, 4 or 8 bytes.
 * @timeout: 100 ns units, negative from now; NULL for ever.
 * Return: STATUS_SUCCESS (the value differs, or a wake came); STATUS_TIMEOUT; STATUS_INVALID_PARAMETER.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/synchapi/nf-synchapi-waitonaddress
 */
NTSTATUS WINAPI RtlWaitOnAddress(const void *address, const void *compare, SIZE_T size, const LARGE_INTEGER *timeout) {
    struct address_bucket *const bucket = address_bucket_of(address);
    struct address_waiter waiter = {.address = address};

    if (size != 1 && size != 2 && size != 4 && size != 8)
        return STATUS_INVALID_PARAMETER;
    /* once without the lock: a fault belongs to the program */
    if (!address_equals(address, compare, size))
        return STATUS_SUCCESS;
    pthread_mutex_lock(&bucket->lock);
    __atomic_add_fetch(&bucket->n_waiters, 1, __ATOMIC_SEQ_CST);
    if (!address_equals(address, compare, size)) {
        __atomic_sub_fetch(&bucket->n_waiters, 1, __ATOMIC_RELAXED);
        pthread_mutex_unlock(&bucket->lock);
        return STATUS_SUCCESS;
    }
    address_list(bucket, &waiter);
    pthread_mutex_unlock(&bucket->lock);
    return address_sleep(bucket, &waiter, wait_deadline(timeout));
}

/*
 * A waiter's memory is gone once woken is set, so the futex call may meet another use of that stack: at worst a spurious
 * wake there, which every sleeper of ours expects.
 */
static void address_wake(const void *address, int n) {
    struct address_bucket *const bucket = address_bucket_of(address);
    struct address_waiter *next;

    __atomic_thread_fence(__ATOMIC_SEQ_CST); /* the program's store, then the look at the count */
    if (!__atomic_load_n(&bucket->n_waiters, __ATOMIC_SEQ_CST))
        return;
    pthread_mutex_lock(&bucket->lock);
    for (struct address_waiter *waiter = bucket->first; waiter && n > 0; waiter = next) {
        uint32_t *const word = &waiter->woken;

        next = waiter->next;
        if (waiter->address != address)
            continue;
        address_unlist(bucket, waiter);
        __atomic_store_n(word, 1, __ATOMIC_RELEASE);
        futex_wake(word, 1, FUTEX_ANY);
        n--;
    }
    pthread_mutex_unlock(&bucket->lock);
}

void WINAPI RtlWakeAddressSingle(const void *address) {
    address_wake(address, 1);
}

void WINAPI RtlWakeAddressAll(const void *address) {
    address_wake(address, INT_MAX);
}

/* SYNCHRONIZATION_BARRIER, as the SDK lays it out, and what we keep in it. */
struct barrier {
    DWORD total;
    DWORD missing;
    ULONG_PTR reserved[2];
    DWORD generation; /* the futex */
    DWORD inside;     /* threads that have not left RtlBarrier */
};

/**
 * RtlInitBarrier() - InitializeSynchronizationBarrier's core.
 * @threads: how many must come; the spin count only tells how long to poll, and we do not.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/synchapi/nf-synchapi-initializesynchronizationbarrier
 */
NTSTATUS WINAPI RtlInitBarrier(struct barrier *barrier, LONG threads, LONG spin_count) {
    if (!barrier || threads < 1 || spin_count < -1)
        return STATUS_INVALID_PARAMETER;
    memset(barrier, 0, sizeof *barrier);
    barrier->total = barrier->missing = (DWORD)threads;
    return STATUS_SUCCESS;
}

/* RtlBarrier() - EnterSynchronizationBarrier: waits for all; TRUE in the thread that came last. */
BOOLEAN WINAPI RtlBarrier(struct barrier *barrier, ULONG flags) {
    const DWORD generation = __atomic_load_n(&barrier->generation, __ATOMIC_SEQ_CST);
    bool last;

    (void)flags;
    __atomic_add_fetch(&barrier->inside, 1, __ATOMIC_SEQ_CST);
    last = __atomic_sub_fetch(&barrier->missing, 1, __ATOMIC_ACQ_REL) == 0;
    if (last) {
        __atomic_store_n(&barrier->missing, barrier->total, __ATOMIC_RELAXED);
        __atomic_add_fetch(&barrier->generation, 1, __ATOMIC_SEQ_CST);
        futex_wake(&barrier->generation, INT_MAX, FUTEX_ANY);
    }
    while (!last && __atomic_load_n(&barrier->generation, __ATOMIC_ACQUIRE) == generation)
        futex_wait(&barrier->generation, generation, FUTEX_FOREVER, FUTEX_ANY);
    if (__atomic_sub_fetch(&barrier->inside, 1, __ATOMIC_SEQ_CST) == 0)
        futex_wake(&barrier->inside, INT_MAX, FUTEX_ANY);
    return last;
}

/* RtlDeleteBarrier() - waits until all who passed have left. */
NTSTATUS WINAPI RtlDeleteBarrier(struct barrier *barrier) {
    DWORD inside;

    while ((inside = __atomic_load_n(&barrier->inside, __ATOMIC_SEQ_CST)) != 0)
        futex_wait(&barrier->inside, inside, FUTEX_FOREVER, FUTEX_ANY);
    return STATUS_SUCCESS;
}
