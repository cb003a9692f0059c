/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Special user APCs: QueueUserAPC2 with QUEUE_USER_APC_FLAGS_SPECIAL_USER_APC, to threads of this process and of
 * others. */
#include "harness.h"

#define SPECIAL 1         /* QUEUE_USER_APC_FLAGS_SPECIAL_USER_APC */
#define WITH_DATA 0x10000 /* QUEUE_USER_APC_CALLBACK_DATA_CONTEXT */

struct callback_data { /* APC_CALLBACK_DATA */
    ULONG_PTR parameter;
    CONTEXT *context;
    ULONG_PTR reserved[2];
};

static BOOL(WINAPI *queue_apc2)(PAPCFUNC, HANDLE, ULONG_PTR, DWORD);
static volatile LONG noted;
static HANDLE started, go;

static void CALLBACK note(ULONG_PTR letter) {
    noted = noted << 8 | (LONG)letter;
}

static BOOL send_flagged(PAPCFUNC function, HANDLE thread, ULONG_PTR argument, DWORD flags) {
    if (!queue_apc2)
        queue_apc2 = (BOOL(WINAPI *)(PAPCFUNC, HANDLE, ULONG_PTR, DWORD))(void *)GetProcAddress(
            GetModuleHandleA("kernel32"), "QueueUserAPC2");
    if (!queue_apc2)
        test_skip("no QueueUserAPC2");
    return queue_apc2(function, thread, argument, flags);
}

static BOOL send_special(PAPCFUNC function, HANDLE thread, ULONG_PTR argument) {
    return send_flagged(function, thread, argument, SPECIAL);
}

static HANDLE start(DWORD(WINAPI *function)(void *), void *argument) {
    HANDLE thread;

    started = CreateEventA(NULL, FALSE, FALSE, NULL);
    go = CreateEventA(NULL, FALSE, FALSE, NULL);
    thread = CreateThread(NULL, 0, function, argument, 0, NULL);
    REQUIRE_HANDLE(thread);
    CHECK_SIGNALLED(started);
    return thread;
}

#define CHECK_THREAD(thread, code)                                                                                     \
    do {                                                                                                               \
        DWORD exit_code;                                                                                               \
        CHECK_SIGNALLED(thread);                                                                                       \
        CHECK_OK(GetExitCodeThread(thread, &exit_code));                                                               \
        CHECK_EQ(exit_code, code);                                                                                     \
    } while (0)

/* ---- where it finds its thread ---- */

static DWORD WINAPI compute_until_noted(void *unused) {
    (void)unused;
    SetEvent(started);
    while (!noted)
        ;
    return (DWORD)noted;
}

TEST(code_that_computes_is_interrupted) {
    HANDLE thread = start(compute_until_noted, NULL);

    CHECK_OK(send_special(note, thread, 'a'));
    CHECK_THREAD(thread, 'a');
}

static DWORD WINAPI wait_for_go(void *unused) {
    DWORD result;

    (void)unused;
    SetEvent(started);
    result = WaitForSingleObject(go, WAIT_LIMIT_MS);
    return result == WAIT_OBJECT_0 ? (DWORD)noted : POISON;
}

TEST(a_wait_is_not_interrupted_and_it_runs_behind) {
    HANDLE thread = start(wait_for_go, NULL);

    CHECK_STILL_WAITING(thread);
    CHECK_OK(send_special(note, thread, 'a'));
    CHECK_OK(send_special(note, thread, 'b'));
    CHECK_STILL_WAITING(thread);
    CHECK_EQ(noted, 0);
    CHECK_OK(SetEvent(go));
    CHECK_THREAD(thread, 'a' << 8 | 'b');
}

static DWORD WINAPI sleep_alertably(void *unused) {
    (void)unused;
    SetEvent(started);
    return SleepEx(WAIT_LIMIT_MS, TRUE) == WAIT_IO_COMPLETION ? (DWORD)noted : POISON;
}

TEST(an_alertable_wait_is_interrupted) {
    HANDLE thread = start(sleep_alertably, NULL);

    CHECK_STILL_WAITING(thread);
    CHECK_OK(send_special(note, thread, 'a'));
    CHECK_THREAD(thread, 'a');
}

static HANDLE pipe_read, pipe_write;

static DWORD WINAPI read_pipe(void *unused) {
    char byte = 0;
    DWORD n = 0;

    (void)unused;
    SetEvent(started);
    if (!ReadFile(pipe_read, &byte, 1, &n, NULL) || n != 1)
        return POISON;
    return (DWORD)noted << 8 | (unsigned char)byte;
}

TEST(a_read_is_not_interrupted) {
    HANDLE thread;
    DWORD n;

    REQUIRE_OK(CreatePipe(&pipe_read, &pipe_write, NULL, 0));
    thread = start(read_pipe, NULL);
    CHECK_STILL_WAITING(thread);
    CHECK_OK(send_special(note, thread, 'a'));
    CHECK_STILL_WAITING(thread);
    CHECK_EQ(noted, 0);
    CHECK_OK(WriteFile(pipe_write, "x", 1, &n, NULL));
    CHECK_THREAD(thread, 'a' << 8 | 'x');
}

static DWORD WINAPI wait_then_alertably(void *unused) {
    DWORD before;

    (void)unused;
    SetEvent(started);
    if (WaitForSingleObject(go, WAIT_LIMIT_MS) != WAIT_OBJECT_0)
        return POISON;
    before = (DWORD)noted;
    return SleepEx(0, TRUE) == WAIT_IO_COMPLETION ? before << 16 | (DWORD)noted : POISON;
}

TEST(regular_ones_stay_for_an_alertable_wait) {
    HANDLE thread = start(wait_then_alertably, NULL);

    CHECK_OK(send_flagged(note, thread, 'r', 0));
    CHECK_OK(send_special(note, thread, 's'));
    CHECK_OK(SetEvent(go));
    CHECK_THREAD(thread, 's' << 16 | 's' << 8 | 'r');
}

static DWORD WINAPI note_start(void *unused) {
    (void)unused;
    note('t');
    return (DWORD)noted;
}

TEST(before_the_thread_begins) {
    HANDLE thread = CreateThread(NULL, 0, note_start, NULL, CREATE_SUSPENDED, NULL);

    CHECK_OK(send_special(note, thread, 'a'));
    CHECK_EQ(noted, 0);
    CHECK_EQ(ResumeThread(thread), 1);
    CHECK_THREAD(thread, 'a' << 8 | 't');
}

TEST(a_suspended_thread_runs_it_when_it_is_resumed) {
    HANDLE thread = start(compute_until_noted, NULL);

    CHECK_EQ(SuspendThread(thread), 0);
    CHECK_OK(send_special(note, thread, 'a'));
    CHECK_STILL_WAITING(thread);
    CHECK_EQ(noted, 0);
    CHECK_EQ(ResumeThread(thread), 1);
    CHECK_THREAD(thread, 'a');
}

TEST(the_thread_itself) {
    CHECK_OK(send_special(note, GetCurrentThread(), 'a'));
    CHECK_EQ(noted, 'a');
    CHECK_EQ(SleepEx(0, TRUE), 0);
}

static volatile LONG inner;
static HANDLE apc_began;

static void CALLBACK compute_inside(ULONG_PTR unused) {
    (void)unused;
    SetEvent(apc_began);
    while (!inner)
        ;
    note('o');
}

static void CALLBACK end_inner(ULONG_PTR letter) {
    note(letter);
    inner = 1;
}

TEST(one_interrupts_another) {
    HANDLE thread = start(compute_until_noted, NULL);

    apc_began = CreateEventA(NULL, FALSE, FALSE, NULL);
    CHECK_OK(send_special(compute_inside, thread, 0));
    CHECK_SIGNALLED(apc_began);
    CHECK_OK(send_special(end_inner, thread, 'i'));
    CHECK_THREAD(thread, 'i' << 8 | 'o');
}

static DWORD WINAPI end_at_once(void *unused) {
    (void)unused;
    return 0;
}

TEST(a_thread_that_has_ended) {
    HANDLE thread = CreateThread(NULL, 0, end_at_once, NULL, 0, NULL);

    CHECK_SIGNALLED(thread);
    CHECK_ERROR(send_special(note, thread, 'a'), ERROR_GEN_FAILURE);
}

/* ---- the interrupted registers ---- */

static struct callback_data seen;
static DWORD64 seen_rip, seen_rsp;

static void CALLBACK look_at_data(ULONG_PTR argument) {
    seen = *(const struct callback_data *)argument;
    seen_rip = seen.context->Rip;
    seen_rsp = seen.context->Rsp;
    noted = 1;
}

static char *stack_top;

static DWORD WINAPI compute_on_known_stack(void *unused) {
    char here;

    (void)unused;
    stack_top = &here;
    return compute_until_noted(NULL);
}

TEST(callback_data) {
    HANDLE thread = start(compute_on_known_stack, NULL);
    MEMORY_BASIC_INFORMATION code, own;

    CHECK_OK(send_flagged(look_at_data, thread, 0x1234567890, SPECIAL | WITH_DATA));
    CHECK_THREAD(thread, 1);
    CHECK_EQ(seen.parameter, 0x1234567890);
    CHECK(seen_rsp <= (DWORD64)(ULONG_PTR)stack_top && seen_rsp > (DWORD64)(ULONG_PTR)stack_top - 4096);
    CHECK(VirtualQuery((void *)(ULONG_PTR)seen_rip, &code, sizeof(code)) &&
          VirtualQuery((void *)compute_until_noted, &own, sizeof(own)));
    CHECK(code.AllocationBase == own.AllocationBase);
}

TEST(callback_data_of_a_regular_one) {
    CHECK_OK(send_flagged(look_at_data, GetCurrentThread(), 7, WITH_DATA));
    CHECK_EQ(noted, 0);
    CHECK_EQ(SleepEx(0, TRUE), WAIT_IO_COMPLETION);
    CHECK_EQ(noted, 1);
    CHECK_EQ(seen.parameter, 7);
    CHECK(seen_rip && seen_rsp);
}

/* ---- other processes ---- */

static HANDLE address_pipe(void) {
    HANDLE pipe = CreateNamedPipeA(own_pipe("address"), PIPE_ACCESS_INBOUND, PIPE_TYPE_BYTE, 1, 0, 4096, 0, NULL);

    REQUIRE_HANDLE(pipe);
    return pipe;
}

static PAPCFUNC address_read(HANDLE pipe) {
    void *address = NULL;
    DWORD n = 0;

    CHECK(ConnectNamedPipe(pipe, NULL) || GetLastError() == ERROR_PIPE_CONNECTED);
    REQUIRE_OK(ReadFile(pipe, &address, sizeof(address), &n, NULL));
    REQUIRE(n == sizeof(address));
    return (PAPCFUNC)address;
}

static void address_tell(void) {
    HANDLE pipe = CreateFileA(own_pipe("address"), GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    void *address = (void *)note;
    DWORD n;

    REQUIRE_HANDLE(pipe);
    REQUIRE_OK(WriteFile(pipe, &address, sizeof(address), &n, NULL));
}

ROLE(compute) {
    (void)argc;
    (void)argv;
    address_tell();
    while (noted < 0x10000)
        ;
    ExitProcess((UINT)noted);
}

TEST(another_process_that_computes) {
    HANDLE pipe = address_pipe();
    struct child child = spawn_self("compute", NULL);
    const PAPCFUNC routine = address_read(pipe);

    for (ULONG_PTR letter = 'a'; letter <= 'c'; letter++)
        CHECK_OK(send_special(routine, child.thread, letter));
    CHECK_EQ(child_exit_code(&child), 'a' << 16 | 'b' << 8 | 'c');
}

ROLE(wait_for_event) {
    HANDLE event = OpenEventA(SYNCHRONIZE, FALSE, own_name("go"));

    (void)argc;
    (void)argv;
    address_tell();
    CHECK_EQ(WaitForSingleObject(event, WAIT_LIMIT_MS), WAIT_OBJECT_0);
    CHECK_EQ(noted, 'x');
}

TEST(another_process_that_waits) {
    HANDLE pipe = address_pipe(), event = CreateEventA(NULL, FALSE, FALSE, own_name("go"));
    struct child child = spawn_self("wait_for_event", NULL);
    const PAPCFUNC routine = address_read(pipe);

    CHECK_OK(send_special(routine, child.thread, 'x'));
    CHECK_STILL_WAITING(child.process);
    CHECK_OK(SetEvent(event));
    CHECK_CHILD(child);
}

TEST(a_process_that_is_ended_meanwhile) {
    HANDLE pipe = address_pipe();
    struct child child = spawn_self("compute", NULL);
    const PAPCFUNC routine = address_read(pipe);
    BOOL sent = TRUE;

    CHECK_EQ(SuspendThread(child.thread), 0);
    for (int i = 0; i < 100; i++)
        CHECK_OK(send_special(routine, child.thread, 0));
    CHECK_OK(TerminateProcess(child.process, 7));
    while (sent)
        sent = send_special(routine, child.thread, 0);
    CHECK_EQ(GetLastError(), ERROR_GEN_FAILURE);
    CHECK_EQ(child_exit_code(&child), 7);
}

static volatile LONG counted;

static void CALLBACK count(ULONG_PTR unused) {
    (void)unused;
    InterlockedIncrement(&counted);
}

ROLE(flood) {
    HANDLE thread = OpenThread(THREAD_SET_CONTEXT, FALSE, (DWORD)strtoul(argv[0], NULL, 10));

    (void)argc;
    REQUIRE_HANDLE(thread);
    for (;;) {
        for (int i = 0; i < 16; i++)
            REQUIRE_OK(send_special((PAPCFUNC)(void *)(ULONG_PTR)strtoull(argv[1], NULL, 10), thread, 0));
        SwitchToThread(); /* on one processor, too, the other is to come to it */
    }
}

/* Who sends is killed in the middle of it: its like goes on. */
TEST(a_sender_that_is_ended) {
    char arguments[64];
    struct child child;

    CHECK_OK(send_special(count, GetCurrentThread(), 0));
    snprintf(arguments, sizeof(arguments), "%lu %llu", (unsigned long)GetCurrentThreadId(),
        (unsigned long long)(ULONG_PTR)count);
    for (int round = 0; round < 5; round++) {
        const LONG before = counted;

        child = spawn_self("flood", arguments);
        while (counted < before + 100 && WaitForSingleObject(child.process, 0) == WAIT_TIMEOUT)
            ;
        CHECK_OK(TerminateProcess(child.process, 7));
        CHECK_EQ(child_exit_code(&child), 7);
    }
    CHECK(counted > 500);
}
