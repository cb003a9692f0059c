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

#ifdef _WIN32 /* a native program has no thread that answers others */

/* ---- other processes ---- */

ROLE(do_nothing) {
    (void)argc;
    (void)argv;
}

ROLE(compute_for_ever) {
    HANDLE event = OpenEventA(EVENT_MODIFY_STATE, FALSE, own_name("computes"));

    (void)argc;
    (void)argv;
    REQUIRE_OK(SetEvent(event));
    for (volatile int i = 0;; i++)
        ;
}

TEST(the_first_thread_of_a_suspended_process) {
    struct child child = spawn_suspended("do_nothing", NULL);

    memset(&context, 0, sizeof(context));
    context.ContextFlags = CONTEXT_FULL;
    CHECK_OK(GetThreadContext(child.thread, &context));
    CHECK_EQ(context.Rip, user_thread_start());
    CHECK(context.Rcx && context.Rdx && context.Rsp);
    CHECK_EQ(ResumeThread(child.thread), 1);
    CHECK_CHILD(child);
}

/* kernel32 lies at the same place in all processes. */
TEST(its_start_is_changed) {
    struct child child = spawn_suspended("do_nothing", NULL);

    context.ContextFlags = CONTEXT_CONTROL | CONTEXT_INTEGER;
    CHECK_OK(GetThreadContext(child.thread, &context));
    context.Rcx = (ULONG_PTR)(void *)GetProcAddress(GetModuleHandleA("kernel32"), "ExitProcess");
    context.Rdx = 42; /* ExitProcess is called with what is in rcx: the argument */
    CHECK_OK(SetThreadContext(child.thread, &context));
    CHECK_EQ(ResumeThread(child.thread), 1);
    CHECK_EQ(child_exit_code(&child), 42);
}

TEST(a_process_that_computes) {
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, own_name("computes"));
    struct child child = spawn_self("compute_for_ever", NULL);
    DWORD64 rip, rsp;

    CHECK_SIGNALLED(event);
    CHECK_EQ(SuspendThread(child.thread), 0);
    context.ContextFlags = CONTEXT_CONTROL;
    CHECK_OK(GetThreadContext(child.thread, &context));
    rip = context.Rip;
    rsp = context.Rsp;
    CHECK_OK(GetThreadContext(child.thread, &context));
    CHECK(rip && rsp);
    CHECK_EQ(context.Rip, rip);
    CHECK_EQ(context.Rsp, rsp);
    CHECK_OK(SetThreadContext(child.thread, &context));
    CHECK_EQ(ResumeThread(child.thread), 1);
    CHECK_STILL_WAITING(child.process);
    CHECK_OK(TerminateProcess(child.process, 7));
    CHECK_EQ(child_exit_code(&child), 7);
}

TEST(a_process_that_has_ended) {
    struct child child = spawn_self("do_nothing", NULL);

    CHECK_SIGNALLED(child.process);
    context.ContextFlags = CONTEXT_CONTROL;
    CHECK(!GetThreadContext(child.thread, &context));
    CHECK_CHILD(child);
}

#endif
