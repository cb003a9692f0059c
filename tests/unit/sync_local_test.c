/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Locks and waits inside one process: counters that several threads raise, hand-overs, answers at the edges. */
#include "tests/unit/unit.h"

#include <pthread.h>
#include <stdbool.h>

#define THREADS 4
#define ROUNDS 20000

static void *unit_thread_main(void *body) {
    unit_enter_teb();
    ((void (*)(void))body)();
    return NULL;
}

static void run_threads(void (*body)(void), int n) {
    pthread_t threads[THREADS];

    for (int i = 0; i < n; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, unit_thread_main, body), 0);
    for (int i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
}

static CRITICAL_SECTION section = {(void *)-1, -1, 0, 0, 0, 0};
static SRWLOCK lock = SRWLOCK_INIT;
static CONDITION_VARIABLE filled = CONDITION_VARIABLE_INIT, emptied = CONDITION_VARIABLE_INIT;
static int counter, second_counter, slot;

static void count_in_section(void) {
    for (int i = 0; i < ROUNDS; i++) {
        EnterCriticalSection(&section);
        EnterCriticalSection(&section);
        counter++;
        LeaveCriticalSection(&section);
        LeaveCriticalSection(&section);
    }
}

START_TEST(critical_section_excludes) {
    counter = 0;
    run_threads(count_in_section, THREADS);
    ck_assert_int_eq(counter, THREADS * ROUNDS);
    ck_assert_int_eq(section.LockCount, -1);
    ck_assert_int_eq(section.RecursionCount, 0);
}
END_TEST

static void try_section(void) {
    ck_assert(!TryEnterCriticalSection(&section));
}

START_TEST(critical_section_answers) {
    CRITICAL_SECTION own;

    ck_assert(TryEnterCriticalSection(&section));
    ck_assert(TryEnterCriticalSection(&section));
    ck_assert_int_eq(section.RecursionCount, 2);
    ck_assert_int_eq(section.LockCount, -2);
    run_threads(try_section, 1);
    LeaveCriticalSection(&section);
    LeaveCriticalSection(&section);
    ck_assert(!InitializeCriticalSectionEx(&own, 0x01000000, 0));
    ck_assert(InitializeCriticalSectionEx(&own, 4000, RTL_CRITICAL_SECTION_FLAG_NO_DEBUG_INFO));
    DeleteCriticalSection(&own);
}
END_TEST

static void count_in_lock(void) {
    for (int i = 0; i < ROUNDS; i++) {
        if (i % 4) {
            AcquireSRWLockExclusive(&lock);
            counter++;
            second_counter++;
            ReleaseSRWLockExclusive(&lock);
            continue;
        }
        AcquireSRWLockShared(&lock);
        ck_assert_int_eq(counter, second_counter);
        ReleaseSRWLockShared(&lock);
    }
}

START_TEST(srw_lock_excludes) {
    counter = second_counter = 0;
    run_threads(count_in_lock, THREADS);
    ck_assert_int_eq(counter, THREADS * ROUNDS * 3 / 4);
    ck_assert(TryAcquireSRWLockShared(&lock));
    ck_assert(TryAcquireSRWLockShared(&lock));
    ck_assert(!TryAcquireSRWLockExclusive(&lock));
    ReleaseSRWLockShared(&lock);
    ReleaseSRWLockShared(&lock);
    ck_assert(TryAcquireSRWLockExclusive(&lock));
    ck_assert(!TryAcquireSRWLockShared(&lock));
    ReleaseSRWLockExclusive(&lock);
}
END_TEST

static void produce(void) {
    for (int i = 1; i <= ROUNDS / 10; i++) {
        EnterCriticalSection(&section);
        while (slot)
            ck_assert(SleepConditionVariableCS(&emptied, &section, INFINITE));
        slot = i;
        LeaveCriticalSection(&section);
        WakeConditionVariable(&filled);
    }
}

START_TEST(condition_variable_hands_over) {
    pthread_t producer;

    slot = 0;
    pthread_create(&producer, NULL, unit_thread_main, produce);
    for (int i = 1; i <= ROUNDS / 10; i++) {
        EnterCriticalSection(&section);
        while (!slot)
            ck_assert(SleepConditionVariableCS(&filled, &section, INFINITE));
        ck_assert_int_eq(slot, i);
        slot = 0;
        LeaveCriticalSection(&section);
        WakeAllConditionVariable(&emptied);
    }
    pthread_join(producer, NULL);
    AcquireSRWLockShared(&lock);
    ck_assert(!SleepConditionVariableSRW(&filled, &lock, 1, CONDITION_VARIABLE_LOCKMODE_SHARED));
    ck_assert_uint_eq(GetLastError(), ERROR_TIMEOUT);
    ck_assert(TryAcquireSRWLockShared(&lock));
}
END_TEST

static INIT_ONCE once = INIT_ONCE_STATIC_INIT;
static int once_runs;

static BOOL CALLBACK once_function(INIT_ONCE *self, void *parameter, void **context) {
    (void)self;
    __atomic_add_fetch(&once_runs, 1, __ATOMIC_RELAXED);
    sched_yield();
    *context = parameter;
    return once_runs > 1; /* fails the first time */
}

static void once_body(void) {
    void *context = NULL;

    while (!InitOnceExecuteOnce(&once, once_function, (void *)64, &context))
        ;
    ck_assert_ptr_eq(context, (void *)64);
}

START_TEST(init_once) {
    BOOL pending = 77;
    void *context = NULL;
    INIT_ONCE other = INIT_ONCE_STATIC_INIT;

    run_threads(once_body, THREADS);
    ck_assert_int_eq(once_runs, 2);
    ck_assert(!InitOnceBeginInitialize(&other, INIT_ONCE_CHECK_ONLY, &pending, &context));
    ck_assert_uint_eq(GetLastError(), ERROR_GEN_FAILURE);
    ck_assert_int_eq(pending, 77);
    ck_assert(InitOnceBeginInitialize(&other, INIT_ONCE_ASYNC, &pending, &context));
    ck_assert(pending);
    ck_assert(!InitOnceBeginInitialize(&other, 0, &pending, &context));
    ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
    ck_assert(InitOnceComplete(&other, INIT_ONCE_ASYNC, (void *)8));
    ck_assert(!InitOnceComplete(&other, INIT_ONCE_ASYNC, (void *)16));
    ck_assert_uint_eq(GetLastError(), ERROR_ALREADY_EXISTS);
    ck_assert(InitOnceBeginInitialize(&other, INIT_ONCE_CHECK_ONLY, &pending, &context));
    ck_assert(!pending);
    ck_assert_ptr_eq(context, (void *)8);
    ck_assert(!InitOnceComplete(&other, 0, (void *)3));
    ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
}
END_TEST

static volatile uint16_t turn;

static void take_odd_turns(void) {
    for (uint16_t i = 1; i < 2000; i += 2) {
        for (uint16_t seen = turn; seen != i; seen = turn)
            ck_assert(WaitOnAddress(&turn, &seen, sizeof seen, INFINITE));
        turn = (uint16_t)(i + 1);
        WakeByAddressSingle((void *)&turn);
    }
}

START_TEST(wait_on_address) {
    uint64_t value = 5, same = 5, other = 6;
    pthread_t thread;

    ck_assert(WaitOnAddress(&value, &other, 8, INFINITE));
    ck_assert(!WaitOnAddress(&value, &same, 8, 1));
    ck_assert_uint_eq(GetLastError(), ERROR_TIMEOUT);
    ck_assert(!WaitOnAddress(&value, &same, 3, 1));
    ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
    pthread_create(&thread, NULL, unit_thread_main, take_odd_turns);
    for (uint16_t i = 0; i < 2000; i += 2) {
        for (uint16_t seen = turn; seen != i; seen = turn)
            ck_assert(WaitOnAddress(&turn, &seen, sizeof seen, INFINITE));
        turn = (uint16_t)(i + 1);
        WakeByAddressAll((void *)&turn);
    }
    pthread_join(thread, NULL);
    ck_assert_uint_eq(turn, 2000);
}
END_TEST

static SLIST_HEADER list;
static SLIST_ENTRY entries[64];

static void churn_list(void) {
    for (int i = 0; i < ROUNDS; i++) {
        SLIST_ENTRY *entry = InterlockedPopEntrySList(&list);

        if (entry)
            InterlockedPushEntrySList(&list, entry);
    }
}

START_TEST(slist) {
    InitializeSListHead(&list);
    ck_assert_ptr_null(InterlockedPopEntrySList(&list));
    ck_assert_ptr_null(InterlockedPushEntrySList(&list, &entries[0]));
    for (int i = 1; i < 64; i++)
        ck_assert_ptr_eq(InterlockedPushEntrySList(&list, &entries[i]), &entries[i - 1]);
    ck_assert_uint_eq(QueryDepthSList(&list), 64);
    run_threads(churn_list, THREADS);
    ck_assert_uint_eq(QueryDepthSList(&list), 64);
    int n = 0;
    for (SLIST_ENTRY *entry = InterlockedFlushSList(&list); entry; entry = entry->Next)
        n++;
    ck_assert_int_eq(n, 64);
    ck_assert_uint_eq(QueryDepthSList(&list), 0);
}
END_TEST

UNIT_MAIN("sync_local", critical_section_excludes, critical_section_answers, srw_lock_excludes, condition_variable_hands_over,
    init_once, wait_on_address, slist)
