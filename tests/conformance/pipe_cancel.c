/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pipe operations that are cancelled, completion routines, operations of threads that end. */
#include "harness.h"

static HANDLE server, client;
static char buffer[1024];
static DWORD n;

static void pipe_new(DWORD type, DWORD quota, DWORD client_flags) {
    server =
        CreateNamedPipeA(own_pipe("cancel"), PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, type, 1, quota, quota, 0, NULL);
    REQUIRE_HANDLE(server);
    client = CreateFileA(own_pipe("cancel"), GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, client_flags, NULL);
    REQUIRE_HANDLE(client);
}

static OVERLAPPED overlapped_new(void) {
    OVERLAPPED overlapped = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};

    REQUIRE_HANDLE(overlapped.hEvent);
    return overlapped;
}

static void write_text(HANDLE pipe, const char *text) {
    DWORD written;

    CHECK_OK(WriteFile(pipe, text, (DWORD)strlen(text), &written, NULL));
}

static HANDLE thread_new(DWORD(WINAPI *start)(void *), void *argument) {
    HANDLE thread = CreateThread(NULL, 0, start, argument, 0, NULL);

    REQUIRE_HANDLE(thread);
    return thread;
}

static void check_cancelled(HANDLE pipe, OVERLAPPED *overlapped) {
    CHECK_EQ(WaitForSingleObject(overlapped->hEvent, WAIT_LIMIT_MS), WAIT_OBJECT_0);
    CHECK_ERROR(GetOverlappedResult(pipe, overlapped, &n, FALSE), ERROR_OPERATION_ABORTED);
    CHECK_EQ(n, 0);
}

/* ---- CancelIoEx, CancelIo ---- */

TEST(one_of_several_reads) {
    static char text[3][8];

    pipe_new(PIPE_TYPE_BYTE, 512, 0);
    OVERLAPPED reads[3] = {overlapped_new(), overlapped_new(), overlapped_new()};
    for (int i = 0; i < 3; i++)
        CHECK_ERROR(ReadFile(server, text[i], 2, NULL, &reads[i]), ERROR_IO_PENDING);
    CHECK_OK(CancelIoEx(server, &reads[1]));
    check_cancelled(server, &reads[1]);
    CHECK_ERROR(CancelIoEx(server, &reads[1]), ERROR_NOT_FOUND);
    write_text(client, "abcd");
    CHECK_OK(GetOverlappedResult(server, &reads[0], &n, TRUE));
    CHECK_MEM(text[0], "ab", 2);
    CHECK_OK(GetOverlappedResult(server, &reads[2], &n, TRUE));
    CHECK_MEM(text[2], "cd", 2);
}

TEST(all_of_a_file) {
    static char block[1024];

    pipe_new(PIPE_TYPE_BYTE, 512, 0);
    OVERLAPPED reading = overlapped_new(), writing = overlapped_new();
    CHECK_ERROR(ReadFile(server, buffer, 2, NULL, &reading), ERROR_IO_PENDING);
    CHECK_ERROR(WriteFile(server, block, sizeof(block), NULL, &writing), ERROR_IO_PENDING);
    CHECK_OK(CancelIoEx(server, NULL));
    check_cancelled(server, &reading);
    CHECK_SIGNALLED(writing.hEvent);
    CHECK_ERROR(GetOverlappedResult(server, &writing, &n, FALSE), ERROR_OPERATION_ABORTED);
    CHECK_ERROR(CancelIoEx(server, NULL), ERROR_NOT_FOUND);
}

TEST(a_cancelled_read_has_taken_nothing) {
    pipe_new(PIPE_TYPE_BYTE, 512, 0);
    OVERLAPPED overlapped = overlapped_new();
    for (int i = 0; i < 100; i++) {
        CHECK_ERROR(ReadFile(server, buffer, 8, NULL, &overlapped), ERROR_IO_PENDING);
        CHECK_OK(CancelIoEx(server, &overlapped));
        check_cancelled(server, &overlapped);
    }
    write_text(client, "abc");
    CHECK_OK(ReadFile(server, buffer, 8, &n, &overlapped));
    CHECK_EQ(n, 3);
    CHECK_MEM(buffer, "abc", 3);
}

TEST(a_cancelled_message_does_not_arrive) {
    static char block[1024];

    pipe_new(PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 512, FILE_FLAG_OVERLAPPED);
    OVERLAPPED writing = overlapped_new(), reading = overlapped_new();
    CHECK_ERROR(WriteFile(server, block, sizeof(block), NULL, &writing), ERROR_IO_PENDING);
    CHECK_OK(CancelIoEx(server, &writing));
    CHECK_SIGNALLED(writing.hEvent);
    CHECK_OK(WriteFile(server, "next", 4, &n, &writing));
    CHECK_OK(ReadFile(client, buffer, sizeof(buffer), &n, &reading));
    CHECK_EQ(n, 4);
    CHECK_MEM(buffer, "next", 4);
}

TEST(the_write_behind_a_cancelled_one) {
    static char block[1024];

    pipe_new(PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 512, FILE_FLAG_OVERLAPPED);
    OVERLAPPED first = overlapped_new(), second = overlapped_new(), reading = overlapped_new();
    CHECK_ERROR(WriteFile(server, block, sizeof(block), NULL, &first), ERROR_IO_PENDING);
    CHECK_ERROR(WriteFile(server, "second", 6, NULL, &second), ERROR_IO_PENDING);
    CHECK_OK(CancelIoEx(server, &first));
    CHECK_SIGNALLED(second.hEvent);
    CHECK_OK(ReadFile(client, buffer, sizeof(buffer), &n, &reading));
    CHECK_MEM(buffer, "second", 6);
}

TEST(a_cancelled_listen) {
    server = CreateNamedPipeA(own_pipe("cancel"), PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, 0, 1, 0, 0, 0, NULL);
    OVERLAPPED overlapped = overlapped_new();
    CHECK_ERROR(ConnectNamedPipe(server, &overlapped), ERROR_IO_PENDING);
    CHECK_OK(CancelIo(server));
    check_cancelled(server, &overlapped);
    client =
        CreateFileA(own_pipe("cancel"), GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL); /* it listens all the same */
    CHECK(client != INVALID_HANDLE_VALUE);
    CHECK_ERROR(ConnectNamedPipe(server, &overlapped), ERROR_PIPE_CONNECTED);
}

ROLE(cancel_the_others) {
    REQUIRE(argc == 1);
    CHECK_ERROR(CancelIoEx((HANDLE)(ULONG_PTR)strtoull(argv[0], NULL, 10), NULL), ERROR_NOT_FOUND);
}

/* "all outstanding I/O operations for the file handle in the current process" (CancelIoEx's page). */
TEST(another_processes_handle_cancels_nothing_of_ours) {
    char args[32];

    pipe_new(PIPE_TYPE_BYTE, 512, 0);
    OVERLAPPED overlapped = overlapped_new();
    CHECK_ERROR(ReadFile(server, buffer, 8, NULL, &overlapped), ERROR_IO_PENDING);
    CHECK_OK(SetHandleInformation(server, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT));
    snprintf(args, sizeof(args), "%u", (unsigned)(ULONG_PTR)server);
    struct child child = spawn_inheriting("cancel_the_others", args);
    CHECK_CHILD(child);
    CHECK_UNSIGNALLED(overlapped.hEvent);
    write_text(client, "abc");
    CHECK_OK(GetOverlappedResult(server, &overlapped, &n, TRUE));
    CHECK_EQ(n, 3);
}

static OVERLAPPED thread_read;
static HANDLE started, may_end;

static DWORD WINAPI start_read(void *pipe) {
    CHECK_ERROR(ReadFile(pipe, buffer, 8, NULL, &thread_read), ERROR_IO_PENDING);
    SetEvent(started);
    WaitForSingleObject(may_end, WAIT_LIMIT_MS);
    return 0;
}

static HANDLE reading_thread(void) {
    started = CreateEventA(NULL, FALSE, FALSE, NULL);
    may_end = CreateEventA(NULL, FALSE, FALSE, NULL);
    thread_read = overlapped_new();
    HANDLE thread = thread_new(start_read, server);
    CHECK_SIGNALLED(started);
    return thread;
}

TEST(cancel_io_is_for_the_calling_thread) {
    pipe_new(PIPE_TYPE_BYTE, 512, 0);
    HANDLE thread = reading_thread();
    CHECK_OK(CancelIo(server)); /* nothing of this thread: no failure */
    CHECK_UNSIGNALLED(thread_read.hEvent);
    CHECK_OK(CancelIoEx(server, NULL)); /* any thread's */
    check_cancelled(server, &thread_read);
    SetEvent(may_end);
    CHECK_SIGNALLED(thread);
}

TEST(a_thread_that_ends_cancels_its_own) {
    pipe_new(PIPE_TYPE_BYTE, 512, 0);
    OVERLAPPED mine = overlapped_new();
    HANDLE thread = reading_thread();
    CHECK_ERROR(ReadFile(server, buffer + 100, 8, NULL, &mine), ERROR_IO_PENDING);
    SetEvent(may_end);
    CHECK_SIGNALLED(thread);
    check_cancelled(server, &thread_read);
    CHECK_UNSIGNALLED(mine.hEvent);
    write_text(client, "abc");
    CHECK_OK(GetOverlappedResult(server, &mine, &n, TRUE));
    CHECK_MEM(buffer + 100, "abc", 3);
}

TEST(closing_cancels) {
    pipe_new(PIPE_TYPE_BYTE, 512, 0);
    OVERLAPPED overlapped = overlapped_new();
    CHECK_ERROR(ReadFile(server, buffer, 8, NULL, &overlapped), ERROR_IO_PENDING);
    CHECK_OK(CloseHandle(server));
    CHECK_SIGNALLED(overlapped.hEvent);
    CHECK_EQ((DWORD)overlapped.Internal, 0xc0000120); /* STATUS_CANCELLED */
}

#define CLOSES 40

static HANDLE listening_pipe(void) {
    HANDLE pipe = CreateNamedPipeA(own_pipe("listen"), PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, 0, 1, 512, 512, 0, NULL);

    REQUIRE_HANDLE(pipe);
    return pipe;
}

/* No client came, so it is no success.  Unconfirmed: Windows may say ERROR_BROKEN_PIPE here. */
TEST(closing_cancels_listening) {
    OVERLAPPED overlapped = overlapped_new();

    for (unsigned i = 0; i < CLOSES; i++) {
        HANDLE pipe = listening_pipe();

        CHECK_ERROR(ConnectNamedPipe(pipe, &overlapped), ERROR_IO_PENDING);
        CHECK_OK(CloseHandle(pipe));
        CHECK_SIGNALLED(overlapped.hEvent);
        CHECK_EQ((DWORD)overlapped.Internal, 0xc0000120); /* STATUS_CANCELLED */
    }
}

TEST(closing_cancels_listening_with_a_port) {
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    OVERLAPPED overlapped = {0};

    for (unsigned i = 0; i < CLOSES; i++) {
        HANDLE pipe = listening_pipe();
        OVERLAPPED *done = NULL;
        ULONG_PTR key = POISON;

        REQUIRE_HANDLE(CreateIoCompletionPort(pipe, port, i, 0));
        CHECK_ERROR(ConnectNamedPipe(pipe, &overlapped), ERROR_IO_PENDING);
        CHECK_OK(CloseHandle(pipe));
        CHECK_ERROR(GetQueuedCompletionStatus(port, &n, &key, &done, WAIT_LIMIT_MS), ERROR_OPERATION_ABORTED);
        CHECK_EQ(key, i);
        CHECK(done == &overlapped);
        CHECK_EQ((DWORD)overlapped.Internal, 0xc0000120); /* not told of until here is what public tests say of Windows */
    }
}

/* Unconfirmed: DisconnectNamedPipe's page does not speak of an instance that listens. */
TEST(disconnecting_ends_listening) {
    HANDLE pipe = listening_pipe();
    OVERLAPPED overlapped = overlapped_new();

    CHECK_ERROR(ConnectNamedPipe(pipe, &overlapped), ERROR_IO_PENDING);
    CHECK_OK(DisconnectNamedPipe(pipe));
    CHECK_SIGNALLED(overlapped.hEvent);
    CHECK_ERROR(GetOverlappedResult(pipe, &overlapped, &n, FALSE), ERROR_PIPE_NOT_CONNECTED);
    CloseHandle(pipe);
}

TEST(closing_signals_no_other_object) {
    HANDLE events[16];

    for (int round = 0; round < 100; round++) {
        OVERLAPPED read = {0};

        pipe_new(PIPE_TYPE_BYTE, 512, 0);
        CHECK_ERROR(ReadFile(server, buffer, sizeof buffer, NULL, &read), ERROR_IO_PENDING);
        CHECK_OK(CloseHandle(server));
        for (int i = 0; i < 16; i++)
            events[i] = CreateEventA(NULL, TRUE, FALSE, NULL);
        while (*(volatile ULONG_PTR *)&read.Internal == (ULONG)STATUS_PENDING)
            Sleep(0);
        for (int i = 0; i < 16; i++) {
            CHECK_UNSIGNALLED(events[i]);
            CHECK_OK(CloseHandle(events[i]));
        }
        CHECK_OK(CloseHandle(client));
    }
}

TEST(wrong_handles) {
    OVERLAPPED overlapped = {0};

    CHECK_ERROR(CancelIoEx(NULL, &overlapped), ERROR_INVALID_HANDLE);
    CHECK_ERROR(CancelIo(NULL), ERROR_INVALID_HANDLE);
}

/* ---- completion routines ---- */

static int calls;
static DWORD call_error[4], call_bytes[4];
static OVERLAPPED *call_overlapped[4];

static void CALLBACK routine(DWORD error, DWORD bytes, OVERLAPPED *overlapped) {
    call_error[calls] = error;
    call_bytes[calls] = bytes;
    call_overlapped[calls++] = overlapped;
}

TEST(routines_run_in_order) {
    static char text[2][4];
    static OVERLAPPED reads[2];

    pipe_new(PIPE_TYPE_BYTE, 512, 0);
    for (int i = 0; i < 2; i++)
        CHECK_OK(ReadFileEx(server, text[i], 2, &reads[i], routine));
    write_text(client, "abcd");
    CHECK_EQ(WaitForSingleObject(GetCurrentThread(), 0), WAIT_TIMEOUT); /* not alertable */
    CHECK_EQ(calls, 0);
    while (calls < 2)
        REQUIRE(SleepEx(WAIT_LIMIT_MS, TRUE) == WAIT_IO_COMPLETION);
    CHECK(call_overlapped[0] == &reads[0] && call_overlapped[1] == &reads[1]);
    CHECK_EQ(call_error[0], 0);
    CHECK_EQ(call_bytes[0], 2);
    CHECK_MEM(text[0], "ab", 2);
    CHECK_MEM(text[1], "cd", 2);
}

TEST(a_routine_after_a_result_at_once) {
    static OVERLAPPED overlapped;

    pipe_new(PIPE_TYPE_BYTE, 512, 0);
    CHECK_OK(WriteFileEx(server, "abc", 3, &overlapped, routine));
    CHECK_EQ(calls, 0);
    CHECK_EQ(SleepEx(0, TRUE), WAIT_IO_COMPLETION);
    CHECK_EQ(calls, 1);
    CHECK_EQ(call_bytes[0], 3);
}

TEST(a_routine_of_a_cancelled_read) {
    static OVERLAPPED overlapped;

    pipe_new(PIPE_TYPE_BYTE, 512, 0);
    CHECK_OK(ReadFileEx(server, buffer, 3, &overlapped, routine));
    CHECK_OK(CancelIo(server));
    CHECK_EQ(SleepEx(WAIT_LIMIT_MS, TRUE), WAIT_IO_COMPLETION);
    CHECK_EQ(calls, 1);
    CHECK_EQ(call_error[0], ERROR_OPERATION_ABORTED);
    CHECK_EQ(call_bytes[0], 0);
}

TEST(a_routine_of_what_closing_ends) {
    static OVERLAPPED overlapped;

    pipe_new(PIPE_TYPE_BYTE, 512, 0);
    CHECK_OK(ReadFileEx(server, buffer, 3, &overlapped, routine));
    CHECK_OK(CloseHandle(server));
    CHECK_EQ(SleepEx(WAIT_LIMIT_MS, TRUE), WAIT_IO_COMPLETION);
    CHECK_EQ(calls, 1);
    CHECK_EQ(call_error[0], ERROR_OPERATION_ABORTED);
}

TEST(a_routine_of_a_part_of_a_message) {
    static OVERLAPPED overlapped;

    pipe_new(PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 512, 0);
    CHECK_OK(ReadFileEx(server, buffer, 2, &overlapped, routine));
    write_text(client, "abcd");
    CHECK_EQ(SleepEx(WAIT_LIMIT_MS, TRUE), WAIT_IO_COMPLETION);
    CHECK_EQ(call_error[0], ERROR_MORE_DATA);
    CHECK_EQ(call_bytes[0], 2);
}

TEST(result_ex_waits_alertably) {
    static OVERLAPPED first;

    pipe_new(PIPE_TYPE_BYTE, 512, 0);
    OVERLAPPED second = overlapped_new();
    CHECK_OK(ReadFileEx(server, buffer, 2, &first, routine));
    CHECK_ERROR(ReadFile(server, buffer + 2, 2, NULL, &second), ERROR_IO_PENDING);
    CHECK_ERROR(GetOverlappedResultEx(server, &second, &n, 0, FALSE), ERROR_IO_INCOMPLETE);
    CHECK_ERROR(GetOverlappedResultEx(server, &second, &n, 20, FALSE), WAIT_TIMEOUT);
    write_text(client, "ab");
    CHECK_ERROR(GetOverlappedResultEx(server, &second, &n, WAIT_LIMIT_MS, TRUE), WAIT_IO_COMPLETION);
    CHECK_EQ(calls, 1);
    write_text(client, "cd");
    CHECK_OK(GetOverlappedResultEx(server, &second, &n, WAIT_LIMIT_MS, TRUE));
    CHECK_EQ(n, 2);
}

/* ---- a storm ---- */

#define NUMBERS 4000 /* pipe_storm.c does it at length */

static DWORD WINAPI write_numbers(void *pipe) {
    for (int i = 0; i < NUMBERS; i++) {
        DWORD written;

        if (!WriteFile(pipe, &i, sizeof(i), &written, NULL) || written != sizeof(i))
            return 1;
    }
    return 0;
}

TEST(reads_cancelled_at_any_moment_lose_nothing) {
    DWORD code = 9;

    pipe_new(PIPE_TYPE_BYTE, 512, 0);
    OVERLAPPED overlapped = overlapped_new();
    HANDLE thread = thread_new(write_numbers, client);
    for (int next = 0, cancelled = 0; next < NUMBERS;) {
        int number = -1;

        if (!ReadFile(server, &number, sizeof(number), NULL, &overlapped)) {
            REQUIRE(GetLastError() == ERROR_IO_PENDING);
            if (cancelled++ % 2)
                CancelIoEx(server, &overlapped);
        }
        if (!GetOverlappedResult(server, &overlapped, &n, TRUE)) {
            REQUIRE(GetLastError() == ERROR_OPERATION_ABORTED);
            continue;
        }
        REQUIRE(n == sizeof(number));
        REQUIRE(number == next);
        next++;
    }
    CHECK_SIGNALLED(thread);
    CHECK_OK(GetExitCodeThread(thread, &code));
    CHECK_EQ(code, 0);
}
