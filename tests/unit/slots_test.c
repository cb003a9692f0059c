/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* TLS, FLS and fibers. */
#include "tests/unit/unit.h"

#include "dlls/ntdll/slots.h"

#include <pthread.h>
#include <semaphore.h>

static DWORD inline_index, far_index;
static sem_t values_set, index_freed;

static void *tls_thread(void *unused) {
    (void)unused;
    unit_enter_teb();
    ck_assert_ptr_null(TlsGetValue(inline_index));
    ck_assert(TlsSetValue(inline_index, (void *)1));
    ck_assert(TlsSetValue(far_index, (void *)2));
    sem_post(&values_set);
    sem_wait(&index_freed);
    ck_assert_ptr_null(TlsGetValue(inline_index));
    ck_assert_ptr_null(TlsGetValue(far_index));
    tls_thread_exit();
    return NULL;
}

START_TEST(tls) {
    pthread_t thread;

    sem_init(&values_set, 0, 0);
    sem_init(&index_freed, 0, 0);
    inline_index = TlsAlloc();
    ck_assert_uint_lt(inline_index, 64);
    do
        far_index = TlsAlloc();
    while (far_index < 64);
    ck_assert(TlsSetValue(far_index, (void *)5));
    SetLastError(77);
    ck_assert_ptr_eq(TlsGetValue(far_index), (void *)5);
    ck_assert_uint_eq(GetLastError(), 0);
    pthread_create(&thread, NULL, tls_thread, NULL);
    sem_wait(&values_set);
    ck_assert_ptr_eq(TlsGetValue(far_index), (void *)5);
    ck_assert(TlsFree(inline_index));
    ck_assert(TlsFree(far_index));
    sem_post(&index_freed);
    pthread_join(thread, NULL);
    ck_assert(!TlsFree(far_index));
    ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
    ck_assert(!TlsSetValue(1088, NULL));
    ck_assert_ptr_null(TlsGetValue(1088));
    ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
}
END_TEST

START_TEST(tls_runs_out) {
    int n = 0;

    while (TlsAlloc() != TLS_OUT_OF_INDEXES)
        n++;
    ck_assert_int_ge(n, 1080);
    ck_assert_uint_eq(GetLastError(), ERROR_NO_MORE_ITEMS);
}
END_TEST

static uintptr_t fls_sum;

static void CALLBACK fls_callback(void *value) {
    fls_sum += (uintptr_t)value;
}

static void *fls_thread(void *index) {
    unit_enter_teb();
    ck_assert_ptr_null(FlsGetValue((DWORD)(uintptr_t)index));
    ck_assert(FlsSetValue((DWORD)(uintptr_t)index, (void *)100));
    fls_run_callbacks();
    fls_thread_exit();
    return NULL;
}

START_TEST(fls) {
    DWORD index = FlsAlloc(fls_callback), high = 0;
    pthread_t thread;

    ck_assert(FlsSetValue(index, (void *)1));
    pthread_create(&thread, NULL, fls_thread, (void *)(uintptr_t)index);
    pthread_join(thread, NULL);
    ck_assert_uint_eq(fls_sum, 100);
    ck_assert_ptr_eq(FlsGetValue(index), (void *)1);
    ck_assert(FlsFree(index));
    ck_assert_uint_eq(fls_sum, 101);
    ck_assert(!FlsSetValue(index, NULL));
    ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
    for (int i = 0; i < 200; i++)
        high = FlsAlloc(NULL);
    ck_assert(FlsSetValue(high, (void *)9));
    ck_assert_ptr_eq(FlsGetValue(high), (void *)9);
    ck_assert_ptr_null(FlsGetValue(0));
    ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
}
END_TEST

BOOL WINAPI IsThreadAFiber(void); /* not in the headers */

static void *main_fiber, *fibers[2];
static int fiber_steps;
static DWORD fiber_index;

static void WINAPI fiber_body(void *parameter) {
    double mine = (double)(uintptr_t)parameter;

    ck_assert_ptr_eq(GetFiberData(), parameter);
    ck_assert_ptr_null(FlsGetValue(fiber_index));
    ck_assert(FlsSetValue(fiber_index, parameter));
    for (int i = 0; i < 100; i++) {
        const TEB *const teb = NtCurrentTeb();

        ck_assert((void *)&mine > teb->Tib.StackLimit && (void *)&mine < teb->Tib.StackBase);
        ck_assert_ptr_eq(FlsGetValue(fiber_index), parameter);
        fiber_steps++;
        mine *= 2;
        SwitchToFiber(i % 2 ? main_fiber : fibers[GetCurrentFiber() == fibers[0]]);
    }
}

START_TEST(fiber) {
    fls_sum = 0;
    fiber_index = FlsAlloc(fls_callback);
    ck_assert(!IsThreadAFiber());
    main_fiber = ConvertThreadToFiber((void *)7);
    ck_assert_ptr_eq(GetFiberData(), (void *)7);
    ck_assert_ptr_null(ConvertThreadToFiber(NULL));
    ck_assert_uint_eq(GetLastError(), ERROR_ALREADY_FIBER);
    for (int i = 0; i < 2; i++)
        fibers[i] = CreateFiber(0x10000, fiber_body, (void *)(uintptr_t)(i + 1));
    for (int i = 0; i < 20; i++)
        SwitchToFiber(fibers[i % 2]);
    ck_assert_int_eq(fiber_steps, 40);
    DeleteFiber(fibers[0]);
    DeleteFiber(fibers[1]);
    ck_assert_uint_eq(fls_sum, 3);
    ck_assert(ConvertFiberToThread());
    ck_assert(!ConvertFiberToThread());
    ck_assert_uint_eq(GetLastError(), ERROR_ALREADY_THREAD);
}
END_TEST

START_TEST(encoded_pointer) {
    ck_assert_ptr_eq(DecodePointer(EncodePointer(main_fiber)), main_fiber);
    ck_assert_ptr_eq(DecodePointer(EncodePointer((void *)0x123456789)), (void *)0x123456789);
    ck_assert_ptr_ne(EncodePointer((void *)0x123456789), (void *)0x123456789);
}
END_TEST

UNIT_MAIN("slots", tls, tls_runs_out, fls, fiber, encoded_pointer)
