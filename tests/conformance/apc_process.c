/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* User APCs to threads of other processes, and what else reaches into their threads' waits. */
#include "harness.h"

static volatile DWORD noted;

static void CALLBACK note(ULONG_PTR letter) {
    noted = noted << 8 | (DWORD)letter;
}

static HANDLE address_pipe(void) {
    HANDLE pipe = CreateNamedPipeA(own_pipe("address"), PIPE_ACCESS_INBOUND, PIPE_TYPE_BYTE, 1, 0, 4096, 0, NULL);

    REQUIRE_HANDLE(pipe);
    return pipe;
}

/* What a child says: where its routine lies. */
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

ROLE(take_three) {
    (void)argc;
    (void)argv;
    address_tell();
    while (noted < 0x10000)
        REQUIRE(SleepEx(WAIT_LIMIT_MS, TRUE) == WAIT_IO_COMPLETION);
    ExitProcess(noted);
}

TEST(in_order) {
    HANDLE pipe = address_pipe();
    struct child child = spawn_self("take_three", NULL);
    const PAPCFUNC routine = address_read(pipe);

    for (ULONG_PTR letter = 'a'; letter <= 'c'; letter++)
        CHECK_OK(QueueUserAPC(routine, child.thread, letter));
    CHECK_EQ(child_exit_code(&child), 'a' << 16 | 'b' << 8 | 'c');
}

ROLE(wait_unalertably) {
    HANDLE go = OpenEventA(SYNCHRONIZE, FALSE, own_name("go"));

    (void)argc;
    (void)argv;
    address_tell();
    CHECK_EQ(WaitForSingleObject(go, WAIT_LIMIT_MS), WAIT_OBJECT_0);
    CHECK_EQ(noted, 0);
    CHECK_EQ(WaitForSingleObjectEx(go, 0, TRUE), WAIT_IO_COMPLETION);
    CHECK_EQ(noted, 'x');
    CHECK_EQ(SleepEx(0, TRUE), 0);
}

TEST(not_while_it_waits_otherwise) {
    HANDLE pipe = address_pipe(), go = CreateEventA(NULL, FALSE, FALSE, own_name("go"));
    struct child child = spawn_self("wait_unalertably", NULL);
    const PAPCFUNC routine = address_read(pipe);

    CHECK_OK(QueueUserAPC(routine, child.thread, 'x'));
    CHECK_OK(SetEvent(go));
    CHECK_CHILD(child);
}

ROLE(do_nothing) {
    (void)argc;
    (void)argv;
}

TEST(before_the_process_begins) {
    char command[1024];
    STARTUPINFOA startup = {.cb = sizeof(startup)};
    PROCESS_INFORMATION information;
    struct child child;

    own_command(command, sizeof(command), "do_nothing", NULL);
    REQUIRE_OK(CreateProcessA(NULL, command, NULL, NULL, FALSE, CREATE_SUSPENDED, NULL, NULL, &startup, &information));
    child = (struct child){information.hProcess, information.hThread, information.dwProcessId};
    /* kernel32 lies at the same place in all processes */
    CHECK_OK(
        QueueUserAPC((PAPCFUNC)(void *)GetProcAddress(GetModuleHandleA("kernel32"), "ExitProcess"), child.thread, 42));
    CHECK_EQ(ResumeThread(child.thread), 1);
    CHECK_EQ(child_exit_code(&child), 42);
}

TEST(a_process_that_has_ended) {
    struct child child = spawn_self("do_nothing", NULL);

    CHECK_SIGNALLED(child.process);
    CHECK_ERROR(QueueUserAPC(note, child.thread, 'a'), ERROR_GEN_FAILURE);
    CHECK_CHILD(child);
}

TEST(access_is_needed) {
    HANDLE pipe = address_pipe();
    struct child child = spawn_self("take_three", NULL);
    const PAPCFUNC routine = address_read(pipe);
    HANDLE weak = OpenThread(THREAD_QUERY_INFORMATION | THREAD_TERMINATE, FALSE, GetThreadId(child.thread));

    REQUIRE_HANDLE(weak);
    CHECK_ERROR(QueueUserAPC(routine, weak, 'a'), ERROR_ACCESS_DENIED);
    CloseHandle(weak);
    CHECK_OK(TerminateProcess(child.process, 7));
    CHECK_EQ(child_exit_code(&child), 7);
}

ROLE(count_them) {
    (void)argc;
    (void)argv;
    address_tell();
    while (noted != 0x7a7a7a7a)
        REQUIRE(SleepEx(WAIT_LIMIT_MS, TRUE) == WAIT_IO_COMPLETION);
}

TEST(thousands) {
    HANDLE pipe = address_pipe();
    struct child child = spawn_self("count_them", NULL);
    const PAPCFUNC routine = address_read(pipe);

    for (int i = 0; i < 5000; i++)
        REQUIRE_OK(QueueUserAPC(routine, child.thread, 'a'));
    for (int i = 0; i < 4; i++)
        CHECK_OK(QueueUserAPC(routine, child.thread, 'z'));
    CHECK_CHILD(child);
}

/* ---- NT's forms ---- */

static void CALLBACK note_three(ULONG_PTR first, ULONG_PTR second, ULONG_PTR third) {
    noted = (DWORD)(first << 16 | second << 8 | third);
}

TEST(three_arguments) {
    typedef LONG(WINAPI * queue2)(HANDLE, HANDLE, ULONG, void *, ULONG_PTR, ULONG_PTR, ULONG_PTR);
    typedef LONG(WINAPI * queue)(HANDLE, void *, ULONG_PTR, ULONG_PTR, ULONG_PTR);
    HMODULE ntdll = GetModuleHandleA("ntdll");
    const queue plain = (queue)(void *)GetProcAddress(ntdll, "NtQueueApcThread");
    const queue2 second = (queue2)(void *)GetProcAddress(ntdll, "NtQueueApcThreadEx2");

    CHECK_EQ(plain(GetCurrentThread(), (void *)note_three, 1, 2, 3), 0);
    CHECK_EQ(SleepEx(0, TRUE), WAIT_IO_COMPLETION);
    CHECK_EQ(noted, 0x010203);
    if (!second) /* since Windows 10 */
        return;
    CHECK_EQ(second(GetCurrentThread(), NULL, 0, (void *)note_three, 4, 5, 6), 0);
    CHECK_EQ(noted, 0x010203);
    CHECK_EQ(SleepEx(0, TRUE), WAIT_IO_COMPLETION);
    CHECK_EQ(noted, 0x040506);
    CHECK_EQ(second(GetCurrentThread(), NULL, 1, (void *)note_three, 7, 8, 9), 0);
    CHECK_EQ(noted, 0x070809);
}

/* ---- its place in a queue ---- */

static HANDLE contended, ran;

static void CALLBACK tell(ULONG_PTR unused) {
    (void)unused;
    SetEvent(ran);
}

static DWORD WINAPI wait_again_after_apcs(void *unused) {
    DWORD result;

    (void)unused;
    while ((result = WaitForSingleObjectEx(contended, WAIT_LIMIT_MS, TRUE)) == WAIT_IO_COMPLETION)
        ;
    return result;
}

TEST(an_apc_puts_a_waiter_behind_the_others) {
    contended = CreateEventA(NULL, FALSE, FALSE, NULL);
    ran = CreateEventA(NULL, FALSE, FALSE, NULL);
    HANDLE first = CreateThread(NULL, 0, wait_again_after_apcs, NULL, 0, NULL);
    CHECK_STILL_WAITING(first);
    HANDLE second = CreateThread(NULL, 0, wait_again_after_apcs, NULL, 0, NULL);
    CHECK_STILL_WAITING(second);
    CHECK_OK(QueueUserAPC(tell, first, 0));
    CHECK_SIGNALLED(ran);
    CHECK_STILL_WAITING(first);
    CHECK_OK(SetEvent(contended));
    CHECK_SIGNALLED(second);
    CHECK_STILL_WAITING(first);
    CHECK_OK(SetEvent(contended));
    CHECK_SIGNALLED(first);
}

/* ---- CancelSynchronousIo ---- */

ROLE(read_for_ever) {
    HANDLE pipe = CreateFileA(own_pipe("silent"), GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    char byte;
    DWORD n;

    (void)argc;
    (void)argv;
    REQUIRE_HANDLE(pipe);
    CHECK_ERROR(ReadFile(pipe, &byte, 1, &n, NULL), ERROR_OPERATION_ABORTED);
}

TEST(a_read_of_another_process_is_cancelled) {
    HANDLE pipe = CreateNamedPipeA(own_pipe("silent"), PIPE_ACCESS_OUTBOUND, PIPE_TYPE_BYTE, 1, 4096, 0, 0, NULL);
    struct child child = spawn_self("read_for_ever", NULL);

    REQUIRE_HANDLE(pipe);
    CHECK(ConnectNamedPipe(pipe, NULL) || GetLastError() == ERROR_PIPE_CONNECTED);
    while (!CancelSynchronousIo(child.thread) && WaitForSingleObject(child.process, 0) == WAIT_TIMEOUT) {
        REQUIRE(GetLastError() == ERROR_NOT_FOUND); /* it does not read yet */
        Sleep(0);
    }
    CHECK_CHILD(child);
}
