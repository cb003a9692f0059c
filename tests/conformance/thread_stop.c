/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Threads that others stop: suspension while they run, wait or hold locks, their registers, termination. */
#include "harness.h"

static volatile LONG ticks;
static volatile LONG stop;
static volatile ULONG_PTR thread_stack;

static DWORD WINAPI spin(void *param) {
    char here;

    (void)param;
    thread_stack = (ULONG_PTR)&here;
    while (!stop)
        ticks++;
    return 5;
}

static HANDLE start(LPTHREAD_START_ROUTINE routine, void *param) {
    HANDLE thread = CreateThread(NULL, 0, routine, param, 0, NULL);

    REQUIRE_HANDLE(thread);
    return thread;
}

static HANDLE start_spinning(void) {
    HANDLE thread = start(spin, NULL);

    while (!ticks)
        Sleep(0);
    return thread;
}

static void watch(void) {
    HANDLE never = CreateEventA(NULL, TRUE, FALSE, NULL);

    CHECK_STILL_WAITING(never);
    CloseHandle(never);
}

static BOOL goes_on(void) {
    const LONG before = ticks;

    for (int i = 0; i < 100000 && ticks == before; i++)
        Sleep(0);
    return ticks != before;
}

TEST(a_running_thread_stands_still) {
    HANDLE thread = start_spinning();

    CHECK_EQ(SuspendThread(thread), 0);
    const LONG before = ticks;
    watch();
    CHECK_EQ(ticks, before);
    CHECK_EQ(SuspendThread(thread), 1);
    CHECK_EQ(ResumeThread(thread), 2);
    watch();
    CHECK_EQ(ticks, before);
    CHECK_EQ(ResumeThread(thread), 1);
    CHECK(goes_on());
    CHECK_EQ(ResumeThread(thread), 0);
    stop = 1;
    CHECK_SIGNALLED(thread);
    CHECK_EQ(SuspendThread(thread), (DWORD)-1);
    CloseHandle(thread);
}

TEST(the_count_ends_at_127) {
    HANDLE thread = CreateThread(NULL, 0, spin, NULL, CREATE_SUSPENDED, NULL);

    REQUIRE_HANDLE(thread);
    for (DWORD i = 1; i < 127; i++)
        REQUIRE(SuspendThread(thread) == i);
    SetLastError(POISON);
    CHECK_EQ(SuspendThread(thread), (DWORD)-1);
    CHECK_EQ(GetLastError(), ERROR_SIGNAL_REFUSED);
    stop = 1;
    for (DWORD i = 127; i > 0; i--)
        REQUIRE(ResumeThread(thread) == i);
    CHECK_SIGNALLED(thread);
    CloseHandle(thread);
}

static DWORD WINAPI suspend_self(void *param) {
    (void)param;
    return SuspendThread(GetCurrentThread());
}

TEST(a_thread_suspends_itself) {
    HANDLE thread = start(suspend_self, NULL);
    DWORD code = POISON, count;

    while (!(count = ResumeThread(thread)) && WaitForSingleObject(thread, 0) == WAIT_TIMEOUT)
        Sleep(0);
    CHECK_EQ(count, 1);
    CHECK_SIGNALLED(thread);
    CHECK_OK(GetExitCodeThread(thread, &code));
    CHECK_EQ(code, 0);
    CloseHandle(thread);
}

static HANDLE about_to_wait;

static DWORD WINAPI wait_for_event(void *event) {
    return SignalObjectAndWait(about_to_wait, event, INFINITE, FALSE);
}

TEST(a_suspended_waiter_takes_nothing) {
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL);

    about_to_wait = CreateEventA(NULL, FALSE, FALSE, NULL);
    HANDLE thread = start(wait_for_event, event);
    CHECK_SIGNALLED(about_to_wait);
    CHECK_EQ(SuspendThread(thread), 0);
    CHECK_OK(SetEvent(event));
    CHECK_STILL_WAITING(thread);
    CHECK_EQ(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
    CHECK_EQ(ResumeThread(thread), 1);
    CHECK_STILL_WAITING(thread);
    CHECK_OK(SetEvent(event));
    CHECK_SIGNALLED(thread);
    CloseHandle(thread);
    CloseHandle(event);
}

static volatile LONG apcs;

static void WINAPI count_apc(ULONG_PTR param) {
    apcs += (LONG)param;
}

static DWORD WINAPI wait_alertably(void *event) {
    return SignalObjectAndWait(about_to_wait, event, INFINITE, TRUE);
}

TEST(an_apc_waits_for_the_resumption) {
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL);
    DWORD code = POISON;

    about_to_wait = CreateEventA(NULL, FALSE, FALSE, NULL);
    HANDLE thread = start(wait_alertably, event);
    CHECK_SIGNALLED(about_to_wait);
    CHECK_EQ(SuspendThread(thread), 0);
    CHECK_OK(QueueUserAPC(count_apc, thread, 1));
    CHECK_OK(QueueUserAPC(count_apc, thread, 2));
    CHECK_STILL_WAITING(thread);
    CHECK_EQ(apcs, 0);
    CHECK_EQ(ResumeThread(thread), 1);
    CHECK_SIGNALLED(thread);
    CHECK_EQ(apcs, 3);
    CHECK_OK(GetExitCodeThread(thread, &code));
    CHECK_EQ(code, WAIT_IO_COMPLETION);
    CloseHandle(thread);
    CloseHandle(event);
}

/* Threads that are in the heap, in the handle table, in a file or in a wait all the time are stopped there, and all goes on without them. */
static DWORD WINAPI use_all(void *event) {
    for (ticks++; !stop; ticks++) {
        void *block = HeapAlloc(GetProcessHeap(), 0, 100 + (SIZE_T)(ticks & 1023));
        HANDLE handle = CreateEventA(NULL, FALSE, FALSE, NULL);
        char path[MAX_PATH];

        GetTempPathA(sizeof(path), path);
        free(malloc(1000));
        WaitForSingleObject(event, 0);
        CloseHandle(handle);
        HeapFree(GetProcessHeap(), 0, block);
    }
    return 0;
}

TEST(nobody_deadlocks_on_a_stopped_thread) {
    HANDLE event = CreateEventA(NULL, TRUE, TRUE, NULL), threads[3];

    for (int i = 0; i < 3; i++)
        threads[i] = start(use_all, event);
    while (ticks < 3)
        Sleep(0);
    for (int round = 0; round < 300; round++) {
        REQUIRE(SuspendThread(threads[round % 3]) == 0);
        for (int i = 0; i < 20; i++) {
            char path[MAX_PATH];
            HANDLE handle = CreateEventA(NULL, FALSE, TRUE, NULL);

            GetTempPathA(sizeof(path), path);
            free(malloc(1000));
            HeapFree(GetProcessHeap(), 0, HeapAlloc(GetProcessHeap(), 0, 500));
            WaitForSingleObject(handle, 0);
            CloseHandle(handle);
        }
        REQUIRE(ResumeThread(threads[round % 3]) == 1);
    }
    stop = 1;
    CHECK_EQ(WaitForMultipleObjects(3, threads, TRUE, WAIT_LIMIT_MS), WAIT_OBJECT_0);
}

static volatile LONG diverted;

static DWORD WINAPI elsewhere(void *param) {
    (void)param;
    diverted = 1;
    ExitThread(77);
}

static CONTEXT context; /* aligned as Windows wants it */

TEST(registers_of_a_running_thread) {
    HANDLE thread = start_spinning();
    DWORD code = POISON;

    CHECK_EQ(SuspendThread(thread), 0);
    memset(&context, 0, sizeof(context));
    context.ContextFlags = CONTEXT_CONTROL | CONTEXT_INTEGER;
    CHECK_OK(GetThreadContext(thread, &context));
    CHECK_EQ(context.ContextFlags, CONTEXT_CONTROL | CONTEXT_INTEGER);
    CHECK(context.Rsp <= thread_stack + 256 && context.Rsp > thread_stack - 65536);
    CHECK((char *)context.Rip >= (char *)(ULONG_PTR)spin && (char *)context.Rip < (char *)(ULONG_PTR)spin + 256);
    context.Rip = (ULONG_PTR)elsewhere;
    context.Rsp = ((context.Rsp - 4096) & ~(ULONG_PTR)15) - 8;
    context.ContextFlags = CONTEXT_CONTROL;
    CHECK_OK(SetThreadContext(thread, &context));
    CHECK_EQ(diverted, 0);
    CHECK_EQ(ResumeThread(thread), 1);
    CHECK_SIGNALLED(thread);
    CHECK_EQ(diverted, 1);
    CHECK_OK(GetExitCodeThread(thread, &code));
    CHECK_EQ(code, 77);
    CloseHandle(thread);
}

static DWORD WINAPI wait_deep(void *event) {
    char here;

    thread_stack = (ULONG_PTR)&here;
    return SignalObjectAndWait(about_to_wait, event, INFINITE, FALSE);
}

TEST(registers_of_a_waiting_thread) {
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL);

    about_to_wait = CreateEventA(NULL, FALSE, FALSE, NULL);
    HANDLE thread = start(wait_deep, event);
    CHECK_SIGNALLED(about_to_wait);
    CHECK_EQ(SuspendThread(thread), 0);
    memset(&context, 0, sizeof(context));
    context.ContextFlags = CONTEXT_FULL;
    CHECK_OK(GetThreadContext(thread, &context));
    CHECK(context.Rsp <= thread_stack + 256 && context.Rsp > thread_stack - 65536);
    CHECK(context.Rip != 0);
    CHECK_OK(SetThreadContext(thread, &context)); /* nothing has changed */
    CHECK_EQ(ResumeThread(thread), 1);
    CHECK_OK(SetEvent(event));
    CHECK_SIGNALLED(thread);
    CloseHandle(thread);
}

TEST(contexts_need_access) {
    HANDLE thread = start_spinning(), weak = NULL;

    CHECK_OK(DuplicateHandle(GetCurrentProcess(), thread, GetCurrentProcess(), &weak, SYNCHRONIZE, FALSE, 0));
    context.ContextFlags = CONTEXT_CONTROL;
    CHECK_ERROR(GetThreadContext(weak, &context), ERROR_ACCESS_DENIED);
    CHECK_ERROR(SetThreadContext(weak, &context), ERROR_ACCESS_DENIED);
    CHECK_ERROR(TerminateThread(weak, 1), ERROR_ACCESS_DENIED);
    SetLastError(POISON);
    CHECK_EQ(SuspendThread(weak), (DWORD)-1);
    CHECK_EQ(GetLastError(), ERROR_ACCESS_DENIED);
    CHECK_ERROR(GetThreadContext(NULL, &context), ERROR_INVALID_HANDLE);
    stop = 1;
    CHECK_SIGNALLED(thread);
    CloseHandle(thread);
    CloseHandle(weak);
}

/* ---- TerminateThread ---- */

static void check_terminated(HANDLE thread) {
    DWORD code = POISON;

    CHECK_OK(TerminateThread(thread, 0x8765));
    CHECK_SIGNALLED(thread);
    CHECK_OK(GetExitCodeThread(thread, &code));
    CHECK_EQ(code, 0x8765);
    CloseHandle(thread);
}

TEST(terminate_a_running_thread) {
    check_terminated(start_spinning());
    const LONG before = ticks;
    watch();
    CHECK_EQ(ticks, before);
}

TEST(terminate_a_suspended_thread) {
    HANDLE thread = start_spinning();

    CHECK_EQ(SuspendThread(thread), 0);
    check_terminated(thread);
}

TEST(terminate_a_thread_that_never_began) {
    HANDLE thread = CreateThread(NULL, 0, spin, NULL, CREATE_SUSPENDED, NULL);

    check_terminated(thread);
    CHECK_EQ(ticks, 0);
}

static CRITICAL_SECTION section;

static DWORD WINAPI enter_section(void *event) {
    SetEvent(event);
    EnterCriticalSection(&section);
    return 1;
}

TEST(terminate_in_a_critical_sections_queue) {
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL);

    InitializeCriticalSection(&section);
    EnterCriticalSection(&section);
    HANDLE thread = start(enter_section, event);
    CHECK_SIGNALLED(event);
    check_terminated(thread);
    LeaveCriticalSection(&section);
    CloseHandle(event);
}

static DWORD WINAPI sleep_long(void *event) {
    SetEvent(event);
    Sleep(INFINITE);
    return 1;
}

TEST(terminate_a_sleeping_thread) {
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL);
    HANDLE thread = start(sleep_long, event);

    CHECK_SIGNALLED(event);
    check_terminated(thread);
    CloseHandle(event);
}

static DWORD WINAPI read_pipe(void *param) {
    HANDLE *handles = param;
    char byte;
    DWORD n;

    SetEvent(handles[2]);
    return ReadFile(handles[0], &byte, 1, &n, NULL);
}

TEST(terminate_a_reader_of_a_pipe) {
    HANDLE handles[3];
    DWORD n;

    REQUIRE_OK(CreatePipe(&handles[0], &handles[1], NULL, 0));
    handles[2] = CreateEventA(NULL, FALSE, FALSE, NULL);
    HANDLE thread = start(read_pipe, handles);
    CHECK_SIGNALLED(handles[2]);
    check_terminated(thread);
    /* the pipe is none the worse for it */
    CHECK_OK(WriteFile(handles[1], "x", 1, &n, NULL));
    char byte = 0;
    CHECK_OK(ReadFile(handles[0], &byte, 1, &n, NULL));
    CHECK_EQ(byte, 'x');
    CHECK_OK(CloseHandle(handles[0]));
    CHECK_ERROR(WriteFile(handles[1], "x", 1, &n, NULL), ERROR_NO_DATA);
    CloseHandle(handles[1]);
    CloseHandle(handles[2]);
}

static DWORD WINAPI hold_mutex(void *param) {
    HANDLE *handles = param;

    WaitForSingleObject(handles[0], INFINITE);
    SetEvent(handles[1]);
    Sleep(INFINITE);
    return 1;
}

TEST(its_mutexes_are_abandoned) {
    HANDLE handles[2] = {CreateMutexA(NULL, FALSE, NULL), CreateEventA(NULL, FALSE, FALSE, NULL)};
    HANDLE thread = start(hold_mutex, handles);

    CHECK_SIGNALLED(handles[1]);
    check_terminated(thread);
    CHECK_EQ(WaitForSingleObject(handles[0], WAIT_LIMIT_MS), WAIT_ABANDONED);
    CHECK_OK(ReleaseMutex(handles[0]));
    CloseHandle(handles[0]);
    CloseHandle(handles[1]);
}

static volatile LONG told;

static void WINAPI fls_told(void *data) {
    (void)data;
    told++;
}

static DWORD WINAPI set_fls(void *event) {
    static DWORD slot;

    slot = FlsAlloc(fls_told);
    FlsSetValue(slot, &slot);
    SetEvent(event);
    Sleep(INFINITE);
    return 1;
}

TEST(fiber_local_storage_hears_nothing) {
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL);
    HANDLE thread = start(set_fls, event);

    CHECK_SIGNALLED(event);
    check_terminated(thread);
    CHECK_EQ(told, 0);
    CloseHandle(event);
}

/* ---- another process's thread ---- */

ROLE(spin_until_told) {
    HANDLE ready = OpenEventA(EVENT_ALL_ACCESS, FALSE, own_name("ready"));
    HANDLE tick = OpenSemaphoreA(SEMAPHORE_ALL_ACCESS, FALSE, own_name("tick"));
    HANDLE done = OpenEventA(EVENT_ALL_ACCESS, FALSE, own_name("done"));

    (void)argc;
    (void)argv;
    CHECK_OK(SetEvent(ready));
    while (WaitForSingleObject(done, 0) == WAIT_TIMEOUT)
        ReleaseSemaphore(tick, 1, NULL);
}

TEST(a_thread_of_another_process) {
    HANDLE ready = CreateEventA(NULL, FALSE, FALSE, own_name("ready")), done = CreateEventA(NULL, TRUE, FALSE, own_name("done"));
    HANDLE tick = CreateSemaphoreA(NULL, 0, 0x7fffffff, own_name("tick"));
    struct child child = spawn_self("spin_until_told", NULL);

    CHECK_SIGNALLED(ready);
    CHECK_SIGNALLED(tick);
    CHECK_EQ(SuspendThread(child.thread), 0);
    while (WaitForSingleObject(tick, SHORT_WAIT_MS) == WAIT_OBJECT_0)
        ; /* the last may be of the call that was under way */
    CHECK_EQ(ResumeThread(child.thread), 1);
    CHECK_SIGNALLED(tick);
    CHECK_OK(SetEvent(done));
    CHECK_CHILD(child);
    CloseHandle(tick);
    CloseHandle(ready);
    CloseHandle(done);
}
