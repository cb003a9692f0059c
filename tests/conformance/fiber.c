/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fibers and fiber-local storage.
 * Source: https://learn.microsoft.com/en-us/windows/win32/procthread/fibers, …/api/fibersapi/nf-fibersapi-flsalloc
 */
#define _WIN32_WINNT 0x0A00
#include "harness.h"

#pragma GCC diagnostic ignored "-Warray-bounds" /* mingw's headers read the thread's block at address 0 of gs */

#ifndef ERROR_ALREADY_FIBER
#define ERROR_ALREADY_FIBER 1280
#define ERROR_ALREADY_THREAD 1281
#endif

WINBASEAPI BOOL WINAPI IsThreadAFiber(void); /* not in Wine's headers */

/* ---- fibers ---- */

static void *main_fiber;
static int trace[16], n_trace;

static void note(int what) {
    if (n_trace < 16)
        trace[n_trace++] = what;
}

static void WINAPI there_and_back(void *argument) {
    for (int i = 0;; i++) {
        note((int)(INT_PTR)argument + i);
        CHECK(GetFiberData() == argument);
        SwitchToFiber(main_fiber);
    }
}

TEST(fibers_take_turns) {
    static const int expected[] = {10, 20, 11, 21};
    void *first, *second;

    CHECK(!IsThreadAFiber());
    main_fiber = ConvertThreadToFiber((void *)5);
    REQUIRE_HANDLE(main_fiber);
    CHECK(IsThreadAFiber());
    CHECK(GetCurrentFiber() == main_fiber);
    CHECK(GetFiberData() == (void *)5);
    first = CreateFiber(0, there_and_back, (void *)10);
    second = CreateFiberEx(4096, 65536, FIBER_FLAG_FLOAT_SWITCH, there_and_back, (void *)20);
    REQUIRE_HANDLE(first);
    REQUIRE_HANDLE(second);
    for (int i = 0; i < 2; i++) {
        SwitchToFiber(first);
        SwitchToFiber(second);
    }
    CHECK_EQ(n_trace, 4);
    CHECK_MEM(trace, expected, sizeof expected);
    DeleteFiber(first);
    DeleteFiber(second);
    CHECK_OK(ConvertFiberToThread());
    CHECK(!IsThreadAFiber());
}

TEST(a_thread_is_converted_once) {
    CHECK_ERROR(ConvertFiberToThread(), ERROR_ALREADY_THREAD);
    REQUIRE_HANDLE(ConvertThreadToFiberEx(NULL, FIBER_FLAG_FLOAT_SWITCH));
    CHECK_ERROR((INT_PTR)ConvertThreadToFiber(NULL), ERROR_ALREADY_FIBER);
    CHECK_OK(ConvertFiberToThread());
    REQUIRE_HANDLE(ConvertThreadToFiber(NULL));
}

static void WINAPI deletes_itself(void *argument) {
    (void)argument;
    DeleteFiber(GetCurrentFiber()); /* ends the thread */
    note(1);
}

static DWORD WINAPI thread_of_a_fiber(void *argument) {
    (void)argument;
    REQUIRE_HANDLE(ConvertThreadToFiber(NULL));
    SwitchToFiber(CreateFiber(0, deletes_itself, NULL));
    note(2);
    return 0;
}

TEST(who_deletes_itself_ends_the_thread) {
    const HANDLE thread = CreateThread(NULL, 0, thread_of_a_fiber, NULL, 0, NULL);
    DWORD code = POISON;

    CHECK_SIGNALLED(thread);
    CHECK_EQ(n_trace, 0);
    CHECK_OK(GetExitCodeThread(thread, &code));
    CHECK_EQ(code, 1);
}

static void WINAPI returns(void *argument) {
    (void)argument;
}

static DWORD WINAPI thread_of_a_fiber_that_returns(void *argument) {
    (void)argument;
    REQUIRE_HANDLE(ConvertThreadToFiber(NULL));
    SwitchToFiber(CreateFiber(0, returns, NULL));
    note(1);
    return 7;
}

TEST(a_fiber_that_returns_ends_the_thread) {
    const HANDLE thread = CreateThread(NULL, 0, thread_of_a_fiber_that_returns, NULL, 0, NULL);

    CHECK_SIGNALLED(thread);
    CHECK_EQ(n_trace, 0);
}

static void WINAPI keeps_registers(void *argument) {
    volatile double own = *(double *)argument;

    for (;;) {
        register double in_register = own * 2;

        SwitchToFiber(main_fiber);
        CHECK(in_register == own * 2);
        own += 1;
    }
}

TEST(floating_point_values_are_a_fibers_own) {
    double one = 1, two = 1000, here = 0;
    void *first, *second;

    main_fiber = ConvertThreadToFiberEx(NULL, FIBER_FLAG_FLOAT_SWITCH);
    first = CreateFiberEx(0, 0, FIBER_FLAG_FLOAT_SWITCH, keeps_registers, &one);
    second = CreateFiberEx(0, 0, FIBER_FLAG_FLOAT_SWITCH, keeps_registers, &two);
    for (int i = 0; i < 4; i++) {
        here += 0.5;
        SwitchToFiber(first);
        SwitchToFiber(second);
    }
    CHECK(here == 2);
}

static void *thrower;

static LONG CALLBACK go_back(EXCEPTION_POINTERS *info) {
    if (info->ExceptionRecord->ExceptionCode != 0xe0000001)
        return EXCEPTION_CONTINUE_SEARCH;
    note(100);
    SwitchToFiber(main_fiber); /* out of the handler, and into it again later */
    note(101);
    return EXCEPTION_CONTINUE_EXECUTION;
}

static void WINAPI raises(void *argument) {
    (void)argument;
    RaiseException(0xe0000001, 0, 0, NULL);
    note(102);
    SwitchToFiber(main_fiber);
}

TEST(a_switch_out_of_an_exceptions_handler) {
    static const int expected[] = {100, 7, 101, 102};

    AddVectoredExceptionHandler(1, go_back);
    main_fiber = ConvertThreadToFiber(NULL);
    thrower = CreateFiber(0, raises, NULL);
    SwitchToFiber(thrower);
    note(7);
    SwitchToFiber(thrower);
    CHECK_EQ(n_trace, 4);
    CHECK_MEM(trace, expected, sizeof expected);
}

/* ---- fiber-local storage ---- */

static void WINAPI on_value(void *value) {
    note((int)(INT_PTR)value);
}

static DWORD slot;

static DWORD WINAPI sets_a_value(void *argument) {
    CHECK(FlsGetValue(slot) == NULL);
    CHECK_OK(FlsSetValue(slot, argument));
    CHECK(FlsGetValue(slot) == argument);
    return 0;
}

TEST(a_callback_at_a_threads_end) {
    HANDLE thread;

    slot = FlsAlloc(on_value);
    CHECK(slot != FLS_OUT_OF_INDEXES);
    thread = CreateThread(NULL, 0, sets_a_value, (void *)3, 0, NULL);
    CHECK_SIGNALLED(thread);
    CHECK_EQ(n_trace, 1);
    CHECK_EQ(trace[0], 3);
    CHECK_OK(FlsFree(slot));
    CHECK_EQ(n_trace, 1);
}

TEST(callbacks_when_an_index_is_freed) {
    slot = FlsAlloc(on_value);
    CHECK_OK(FlsSetValue(slot, (void *)4));
    CHECK_OK(FlsFree(slot));
    CHECK_EQ(n_trace, 1);
    CHECK_EQ(trace[0], 4);
    CHECK_ERROR(FlsFree(slot), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(FlsSetValue(slot, (void *)4), ERROR_INVALID_PARAMETER);
}

static void WINAPI sets_a_fibers_value(void *argument) {
    CHECK(FlsGetValue(slot) == NULL);
    CHECK_OK(FlsSetValue(slot, argument));
    SwitchToFiber(main_fiber);
}

TEST(values_are_a_fibers_own) {
    void *fiber;

    slot = FlsAlloc(on_value);
    main_fiber = ConvertThreadToFiber(NULL);
    CHECK_OK(FlsSetValue(slot, (void *)1));
    fiber = CreateFiber(0, sets_a_fibers_value, (void *)2);
    SwitchToFiber(fiber);
    CHECK(FlsGetValue(slot) == (void *)1);
    DeleteFiber(fiber);
    CHECK_EQ(n_trace, 1);
    CHECK_EQ(trace[0], 2);
}

static void WINAPI on_end(void *value) {
    SetEvent(CreateEventA(NULL, TRUE, FALSE, own_name((const char *)value)));
}

ROLE(ends_with_values) {
    (void)argc;
    CHECK_OK(FlsSetValue(FlsAlloc(on_end), (void *)"first"));
    if (!strcmp(argv[0], "exit"))
        ExitProcess(0);
    TerminateProcess(GetCurrentProcess(), 0);
}

TEST(callbacks_at_the_processs_end) {
    const HANDLE called = CreateEventA(NULL, TRUE, FALSE, own_name("first"));
    struct child child = spawn_self("ends_with_values", "exit");

    CHECK_CHILD(child);
    CHECK_SIGNALLED(called);
}

TEST(no_callbacks_when_it_is_terminated) {
    const HANDLE called = CreateEventA(NULL, TRUE, FALSE, own_name("first"));
    struct child child = spawn_self("ends_with_values", "terminate");

    CHECK_CHILD(child);
    CHECK_UNSIGNALLED(called);
}

TEST(wrong_indices) {
    CHECK_ERROR((INT_PTR)FlsGetValue(FLS_OUT_OF_INDEXES), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(FlsSetValue(FLS_OUT_OF_INDEXES, NULL), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(FlsFree(FLS_OUT_OF_INDEXES), ERROR_INVALID_PARAMETER);
    slot = FlsAlloc(NULL);
    CHECK_OK(FlsSetValue(slot, NULL));
    SetLastError(POISON);
    CHECK(FlsGetValue(slot) == NULL);
    CHECK_EQ(GetLastError(), ERROR_SUCCESS);
}
