/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Threads: creation, ends, suspension, thread-local storage. */
#include "harness.h"

static DWORD WINAPI return_param(void *param) {
    return (DWORD)(ULONG_PTR)param;
}

TEST(exit_code_is_what_it_returns) {
    DWORD id = 0, code = POISON;
    HANDLE thread = CreateThread(NULL, 0, return_param, (void *)(ULONG_PTR)0x87654321, 0, &id);

    REQUIRE_HANDLE(thread);
    CHECK(id != 0 && id != GetCurrentThreadId());
    CHECK_EQ(id & 3, 0);
    CHECK_EQ(GetThreadId(thread), id);
    CHECK_SIGNALLED(thread);
    CHECK_SIGNALLED(thread);
    CHECK_OK(GetExitCodeThread(thread, &code));
    CHECK_EQ(code, 0x87654321);
    CHECK_OK(CloseHandle(thread));
}

static DWORD WINAPI exit_early(void *param) {
    ExitThread((DWORD)(ULONG_PTR)param);
}

TEST(exit_thread) {
    DWORD code = POISON;
    HANDLE thread = CreateThread(NULL, 0, exit_early, (void *)99, 0, NULL);

    CHECK_SIGNALLED(thread);
    CHECK_OK(GetExitCodeThread(thread, &code));
    CHECK_EQ(code, 99);
    CloseHandle(thread);
}

static DWORD WINAPI wait_for(void *event) {
    return WaitForSingleObject(event, INFINITE);
}

TEST(still_active) {
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL), thread = CreateThread(NULL, 0, wait_for, event, 0, NULL);
    DWORD code = POISON;

    CHECK_UNSIGNALLED(thread);
    CHECK_OK(GetExitCodeThread(thread, &code));
    CHECK_EQ(code, STILL_ACTIVE);
    CHECK_OK(SetEvent(event));
    CHECK_SIGNALLED(thread);
    CHECK_OK(GetExitCodeThread(thread, &code));
    CHECK_EQ(code, 0);
}

TEST(suspended_at_creation) {
    HANDLE thread = CreateThread(NULL, 0, return_param, NULL, CREATE_SUSPENDED, NULL);

    REQUIRE_HANDLE(thread);
    CHECK_STILL_WAITING(thread);
    CHECK_EQ(SuspendThread(thread), 1);
    CHECK_EQ(ResumeThread(thread), 2);
    CHECK_STILL_WAITING(thread);
    CHECK_EQ(ResumeThread(thread), 1);
    CHECK_SIGNALLED(thread);
    CloseHandle(thread);
}

TEST(terminate_a_waiting_thread) {
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL), thread = CreateThread(NULL, 0, wait_for, event, 0, NULL);
    DWORD code = POISON;

    CHECK_UNSIGNALLED(thread);
    CHECK_OK(TerminateThread(thread, 0x123));
    CHECK_SIGNALLED(thread);
    CHECK_OK(GetExitCodeThread(thread, &code));
    CHECK_EQ(code, 0x123);
    CHECK_OK(SetEvent(event));
}

static DWORD tls_index;

static DWORD WINAPI check_tls(void *param) {
    CHECK(TlsGetValue(tls_index) == NULL);
    CHECK_OK(TlsSetValue(tls_index, param));
    return TlsGetValue(tls_index) == param;
}

TEST(tls_is_the_threads_own) {
    tls_index = TlsAlloc();
    REQUIRE(tls_index != TLS_OUT_OF_INDEXES);
    CHECK_OK(TlsSetValue(tls_index, &tls_index));
    HANDLE thread = CreateThread(NULL, 0, check_tls, (void *)5, 0, NULL);
    CHECK_SIGNALLED(thread);
    SetLastError(POISON);
    CHECK(TlsGetValue(tls_index) == &tls_index);
    CHECK_EQ(GetLastError(), ERROR_SUCCESS);
    CHECK_OK(TlsFree(tls_index));
    CHECK_ERROR(TlsFree(tls_index), ERROR_INVALID_PARAMETER);
}

TEST(open_a_dead_one_by_id) {
    DWORD id = 0;
    HANDLE event = CreateEventA(NULL, TRUE, TRUE, NULL), thread = CreateThread(NULL, 0, wait_for, event, 0, &id), opened;

    CHECK_SIGNALLED(thread);
    opened = OpenThread(SYNCHRONIZE | THREAD_QUERY_LIMITED_INFORMATION, FALSE, id);
    REQUIRE_HANDLE(opened);
    CHECK_SIGNALLED(opened);
    CHECK_EQ(GetThreadId(opened), id);
    CloseHandle(opened);
    CloseHandle(thread);
    CloseHandle(event);
}

TEST(open_by_id) {
    DWORD id = 0;
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL), thread = CreateThread(NULL, 0, wait_for, event, 0, &id);
    HANDLE opened = OpenThread(THREAD_ALL_ACCESS, FALSE, id);

    REQUIRE_HANDLE(opened);
    CHECK_EQ(GetThreadId(opened), id);
    CHECK_UNSIGNALLED(opened);
    CHECK_OK(SetEvent(event));
    CHECK_SIGNALLED(opened);
    CloseHandle(thread);
    CloseHandle(opened);
    CHECK_ERROR(OpenThread(THREAD_ALL_ACCESS, FALSE, 0x7ffffffc), ERROR_INVALID_PARAMETER);
}

TEST(many_threads) {
    enum { COUNT = 200 };
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    static HANDLE threads[COUNT];

    for (int i = 0; i < COUNT; i++) {
        threads[i] = CreateThread(NULL, 65536, wait_for, event, 0, NULL);
        REQUIRE_HANDLE(threads[i]);
    }
    CHECK_OK(SetEvent(event));
    for (int i = 0; i < COUNT; i++) {
        CHECK_SIGNALLED(threads[i]);
        CloseHandle(threads[i]);
    }
}

static LONG counter;

static DWORD WINAPI count_up(void *param) {
    for (int i = 0; i < 10000; i++) {
        EnterCriticalSection(param);
        counter++;
        LeaveCriticalSection(param);
    }
    return 0;
}

TEST(critical_section_excludes) {
    CRITICAL_SECTION section;
    HANDLE threads[4];

    InitializeCriticalSection(&section);
    for (int i = 0; i < 4; i++)
        threads[i] = CreateThread(NULL, 0, count_up, &section, 0, NULL);
    CHECK_EQ(WaitForMultipleObjects(4, threads, TRUE, WAIT_LIMIT_MS), WAIT_OBJECT_0);
    CHECK_EQ(counter, 40000);
    DeleteCriticalSection(&section);
}

#ifndef _WIN32 /* Wine's headers lack it */
void WINAPI GetCurrentThreadStackLimits(ULONG_PTR *low, ULONG_PTR *high);
#endif

static DWORD WINAPI stack_bytes(void *unused) {
    ULONG_PTR low = 0, high = 0;

    (void)unused;
    GetCurrentThreadStackLimits(&low, &high);
    return (DWORD)(high - low);
}

static DWORD stack_of(SIZE_T size, DWORD flags) {
    HANDLE thread = CreateThread(NULL, size, stack_bytes, NULL, flags, NULL);
    DWORD bytes = 0;

    CHECK_SIGNALLED(thread);
    CHECK_OK(GetExitCodeThread(thread, &bytes));
    CloseHandle(thread);
    return bytes;
}

TEST(a_stack_size_is_what_is_committed_unless_it_is_the_reserve) {
    const DWORD usual = stack_of(0, 0);

    CHECK(usual >= 0x100000);
    CHECK_EQ(stack_of(0x10000, 0), usual);
    CHECK_EQ(stack_of(usual + 1, 0), (usual + 0x100000) & ~0xfffffu);
    CHECK_EQ(stack_of(0x310000, STACK_SIZE_PARAM_IS_A_RESERVATION), 0x310000);
}
