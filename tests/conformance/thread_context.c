/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The registers of threads that have not begun yet, and of other processes' threads. */
#include "harness.h"

static CONTEXT context; /* aligned as Windows wants it */

static DWORD64 user_thread_start(void) {
    return (DWORD64)(ULONG_PTR)(void *)GetProcAddress(GetModuleHandleA("ntdll"), "RtlUserThreadStart");
}

static DWORD WINAPI add_one(void *number) {
    return (DWORD)(ULONG_PTR)number + 1;
}

static DWORD WINAPI add_hundred(void *number) {
    return (DWORD)(ULONG_PTR)number + 100;
}

static void WINAPI end_with(ULONG_PTR code) {
    ExitThread((DWORD)code);
}

static HANDLE suspended(void) {
    HANDLE thread = CreateThread(NULL, 0, add_one, (void *)(ULONG_PTR)41, CREATE_SUSPENDED, NULL);

    REQUIRE_HANDLE(thread);
    memset(&context, 0, sizeof(context));
    context.ContextFlags = CONTEXT_CONTROL | CONTEXT_INTEGER;
    REQUIRE_OK(GetThreadContext(thread, &context));
    return thread;
}

static DWORD run_to_end(HANDLE thread) {
    DWORD code = POISON;

    CHECK_EQ(ResumeThread(thread), 1);
    CHECK_SIGNALLED(thread);
    CHECK_OK(GetExitCodeThread(thread, &code));
    return code;
}

TEST(where_a_thread_is_before_it_begins) {
    HANDLE thread = suspended();
    MEMORY_BASIC_INFORMATION stack;

    CHECK_EQ(context.Rip, user_thread_start());
    CHECK_EQ(context.Rcx, (ULONG_PTR)add_one);
    CHECK_EQ(context.Rdx, 41);
    CHECK(VirtualQuery((void *)(ULONG_PTR)context.Rsp, &stack, sizeof(stack)) && stack.State == MEM_COMMIT);
    CHECK_EQ(run_to_end(thread), 42);
}

TEST(another_argument) {
    HANDLE thread = suspended();

    context.Rdx = 7;
    CHECK_OK(SetThreadContext(thread, &context));
    CHECK_EQ(run_to_end(thread), 8);
}

TEST(another_start) {
    HANDLE thread = suspended();

    context.Rcx = (ULONG_PTR)add_hundred;
    CHECK_OK(SetThreadContext(thread, &context));
    memset(&context, 0, sizeof(context));
    context.ContextFlags = CONTEXT_INTEGER;
    CHECK_OK(GetThreadContext(thread, &context));
    CHECK_EQ(context.Rcx, (ULONG_PTR)add_hundred);
    CHECK_EQ(run_to_end(thread), 141);
}

TEST(another_instruction) {
    HANDLE thread = suspended();

    context.Rip = (ULONG_PTR)end_with;
    context.Rcx = 77;
    CHECK_OK(SetThreadContext(thread, &context));
    CHECK_EQ(run_to_end(thread), 77);
}

TEST(set_while_it_is_suspended_twice) {
    HANDLE thread = suspended();

    CHECK_EQ(SuspendThread(thread), 1);
    context.Rdx = 1;
    CHECK_OK(SetThreadContext(thread, &context));
    CHECK_EQ(ResumeThread(thread), 2);
    context.Rdx = 2;
    CHECK_OK(SetThreadContext(thread, &context));
    CHECK_EQ(run_to_end(thread), 3);
}

/* Whoever collects garbage stops threads that have just been made. */
TEST(a_thread_that_has_just_been_made) {
    for (int i = 0; i < 200; i++) {
        HANDLE thread = CreateThread(NULL, 0, add_one, (void *)(ULONG_PTR)41, 0, NULL);
        BOOL known;

        REQUIRE_HANDLE(thread);
        if (SuspendThread(thread) == (DWORD)-1) { /* it has ended already */
            CHECK_SIGNALLED(thread);
            CloseHandle(thread);
            continue;
        }
        context.ContextFlags = CONTEXT_CONTROL;
        context.Rip = 0;
        known = GetThreadContext(thread, &context);
        ResumeThread(thread);
        CHECK(known ? context.Rip != 0 : WaitForSingleObject(thread, WAIT_LIMIT_MS) == WAIT_OBJECT_0);
        CHECK_SIGNALLED(thread);
        CloseHandle(thread);
    }
}
