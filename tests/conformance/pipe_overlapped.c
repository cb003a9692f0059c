/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Overlapped pipe operations with events. */
#include "harness.h"

static HANDLE server, client;
static char buffer[1024];
static DWORD n;

static void server_new(DWORD type, DWORD quota) {
    server = CreateNamedPipeA(own_pipe("overlapped"), PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, type, 1, quota, quota, 0, NULL);
    REQUIRE_HANDLE(server);
}

static void client_new(DWORD flags) {
    client = CreateFileA(own_pipe("overlapped"), GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, flags, NULL);
    REQUIRE_HANDLE(client);
}

static OVERLAPPED overlapped_new(BOOL set) {
    OVERLAPPED overlapped = {.hEvent = CreateEventA(NULL, TRUE, set, NULL)};

    REQUIRE_HANDLE(overlapped.hEvent);
    return overlapped;
}

static void write_text(HANDLE pipe, const char *text) {
    DWORD written;

    CHECK_OK(WriteFile(pipe, text, (DWORD)strlen(text), &written, NULL));
}

TEST(connect_pends) {
    server_new(PIPE_TYPE_BYTE, 512);
    OVERLAPPED overlapped = overlapped_new(TRUE);
    CHECK_ERROR(ConnectNamedPipe(server, &overlapped), ERROR_IO_PENDING);
    CHECK_UNSIGNALLED(overlapped.hEvent);
    CHECK_ERROR(GetOverlappedResult(server, &overlapped, &n, FALSE), ERROR_IO_INCOMPLETE);
    client_new(0);
    CHECK_SIGNALLED(overlapped.hEvent);
    CHECK_OK(GetOverlappedResult(server, &overlapped, &n, FALSE));
    CHECK_EQ(n, 0);
}

TEST(connect_after_the_client) {
    server_new(PIPE_TYPE_BYTE, 512);
    client_new(0);
    OVERLAPPED overlapped = overlapped_new(FALSE);
    CHECK_ERROR(ConnectNamedPipe(server, &overlapped), ERROR_PIPE_CONNECTED);
    CHECK_UNSIGNALLED(overlapped.hEvent); /* no completion follows */
}

TEST(read_pends_and_completes) {
    server_new(PIPE_TYPE_BYTE, 512);
    client_new(0);
    OVERLAPPED overlapped = overlapped_new(TRUE);
    CHECK_ERROR(ReadFile(server, buffer, sizeof(buffer), NULL, &overlapped), ERROR_IO_PENDING);
    CHECK_UNSIGNALLED(overlapped.hEvent);
    write_text(client, "hello");
    CHECK_SIGNALLED(overlapped.hEvent);
    CHECK_OK(GetOverlappedResult(server, &overlapped, &n, TRUE));
    CHECK_EQ(n, 5);
    CHECK_MEM(buffer, "hello", 5);
    CHECK_EQ(overlapped.Internal, 0);
    CHECK_EQ(overlapped.InternalHigh, 5);
}

TEST(read_at_once) {
    server_new(PIPE_TYPE_BYTE, 512);
    client_new(0);
    write_text(client, "here already");
    OVERLAPPED overlapped = overlapped_new(FALSE);
    CHECK_OK(ReadFile(server, buffer, sizeof(buffer), &n, &overlapped));
    CHECK_EQ(n, 12);
    CHECK_EQ(WaitForSingleObject(overlapped.hEvent, 0), WAIT_OBJECT_0);
    CHECK_OK(GetOverlappedResult(server, &overlapped, &n, FALSE));
    CHECK_EQ(n, 12);
}

TEST(more_data_at_completion) {
    server_new(PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 512);
    client_new(0);
    OVERLAPPED overlapped = overlapped_new(FALSE);
    CHECK_ERROR(ReadFile(server, buffer, 4, NULL, &overlapped), ERROR_IO_PENDING);
    write_text(client, "0123456789");
    CHECK_SIGNALLED(overlapped.hEvent);
    CHECK_ERROR(GetOverlappedResult(server, &overlapped, &n, FALSE), ERROR_MORE_DATA);
    CHECK_EQ(n, 4);
    CHECK_OK(ReadFile(server, buffer, sizeof(buffer), &n, &overlapped));
    CHECK_EQ(n, 6);
    CHECK_MEM(buffer, "456789", 6);
}

TEST(more_data_at_once) {
    server_new(PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 512);
    client_new(0);
    write_text(client, "0123456789");
    OVERLAPPED overlapped = overlapped_new(FALSE);
    CHECK_ERROR(ReadFile(server, buffer, 4, &n, &overlapped), ERROR_MORE_DATA);
    CHECK_SIGNALLED(overlapped.hEvent);
    CHECK_ERROR(GetOverlappedResult(server, &overlapped, &n, TRUE), ERROR_MORE_DATA);
    CHECK_EQ(n, 4);
}

TEST(reads_complete_in_order) {
    static char first[16], second[16];

    server_new(PIPE_TYPE_BYTE, 512);
    client_new(0);
    OVERLAPPED a = overlapped_new(FALSE), b = overlapped_new(FALSE);
    CHECK_ERROR(ReadFile(server, first, 2, NULL, &a), ERROR_IO_PENDING);
    CHECK_ERROR(ReadFile(server, second, 2, NULL, &b), ERROR_IO_PENDING);
    write_text(client, "ab");
    CHECK_OK(GetOverlappedResult(server, &a, &n, TRUE));
    CHECK_MEM(first, "ab", 2);
    CHECK_UNSIGNALLED(b.hEvent);
    write_text(client, "cd");
    CHECK_OK(GetOverlappedResult(server, &b, &n, TRUE));
    CHECK_MEM(second, "cd", 2);
}

TEST(write_over_the_quota_pends) {
    static char block[513];

    server_new(PIPE_TYPE_BYTE, 512);
    client_new(0);
    OVERLAPPED overlapped = overlapped_new(FALSE);
    CHECK_ERROR(WriteFile(server, block, 513, NULL, &overlapped), ERROR_IO_PENDING);
    CHECK_UNSIGNALLED(overlapped.hEvent);
    CHECK_OK(ReadFile(client, buffer, 1, &n, NULL));
    CHECK_SIGNALLED(overlapped.hEvent);
    CHECK_OK(GetOverlappedResult(server, &overlapped, &n, FALSE));
    CHECK_EQ(n, 513);
}

TEST(write_that_fits_completes_at_once) {
    server_new(PIPE_TYPE_BYTE, 512);
    client_new(0);
    OVERLAPPED overlapped = overlapped_new(FALSE);
    CHECK_OK(WriteFile(server, "abc", 3, &n, &overlapped));
    CHECK_EQ(n, 3);
    CHECK_EQ(WaitForSingleObject(overlapped.hEvent, 0), WAIT_OBJECT_0);
}

TEST(peer_goes_while_a_read_pends) {
    server_new(PIPE_TYPE_BYTE, 512);
    client_new(0);
    OVERLAPPED overlapped = overlapped_new(FALSE);
    CHECK_ERROR(ReadFile(server, buffer, sizeof(buffer), NULL, &overlapped), ERROR_IO_PENDING);
    CloseHandle(client);
    CHECK_SIGNALLED(overlapped.hEvent);
    CHECK_ERROR(GetOverlappedResult(server, &overlapped, &n, TRUE), ERROR_BROKEN_PIPE);
}

TEST(disconnect_while_the_client_reads) {
    server_new(PIPE_TYPE_BYTE, 512);
    client_new(FILE_FLAG_OVERLAPPED);
    OVERLAPPED overlapped = overlapped_new(FALSE);
    CHECK_ERROR(ReadFile(client, buffer, sizeof(buffer), NULL, &overlapped), ERROR_IO_PENDING);
    CHECK_OK(DisconnectNamedPipe(server));
    CHECK_SIGNALLED(overlapped.hEvent);
    CHECK_ERROR(GetOverlappedResult(client, &overlapped, &n, TRUE), ERROR_PIPE_NOT_CONNECTED);
}

TEST(the_handle_itself_is_signalled) {
    server_new(PIPE_TYPE_BYTE, 512);
    client_new(0);
    OVERLAPPED overlapped = {0};
    CHECK_ERROR(ReadFile(server, buffer, sizeof(buffer), NULL, &overlapped), ERROR_IO_PENDING);
    CHECK_UNSIGNALLED(server);
    write_text(client, "x");
    CHECK_SIGNALLED(server);
    CHECK_OK(GetOverlappedResult(server, &overlapped, &n, TRUE));
    CHECK_EQ(n, 1);
}

/* Both read by one handle, which is signalled by either: the waits end all the same. */
TEST(two_reads_without_events) {
    OVERLAPPED first = {0}, second = {0};

    server_new(PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 512);
    client_new(0);
    CHECK_ERROR(ReadFile(server, buffer, 8, NULL, &first), ERROR_IO_PENDING);
    CHECK_ERROR(ReadFile(server, buffer + 8, 8, NULL, &second), ERROR_IO_PENDING);
    write_text(client, "one");
    write_text(client, "two");
    while (!GetOverlappedResult(server, &first, &n, TRUE))
        REQUIRE(GetLastError() == ERROR_IO_INCOMPLETE);
    CHECK_EQ(n, 3);
    while (!GetOverlappedResult(server, &second, &n, TRUE))
        REQUIRE(GetLastError() == ERROR_IO_INCOMPLETE);
    CHECK_EQ(n, 3);
    CHECK_MEM(buffer, "one", 3);
    CHECK_MEM(buffer + 8, "two", 3);
}

/* "the buffer is full" does not mean that there is more. */
static void exact_fill(DWORD mode) {
    DWORD available = POISON, left = POISON;

    server_new(mode, 8);
    client_new(0);
    OVERLAPPED overlapped = overlapped_new(FALSE);
    CHECK_ERROR(ReadFile(server, buffer, 4, NULL, &overlapped), ERROR_IO_PENDING);
    write_text(client, "head");
    CHECK_OK(GetOverlappedResult(server, &overlapped, &n, TRUE));
    CHECK_EQ(n, 4);
    CHECK_OK(PeekNamedPipe(server, NULL, 0, NULL, &available, &left));
    CHECK_EQ(available, 0);
    CHECK_EQ(left, 0);
    write_text(client, "the body"); /* the quota to the last byte */
    CHECK_OK(PeekNamedPipe(server, NULL, 0, NULL, &available, &left));
    CHECK_EQ(available, 8);
    CHECK_OK(ReadFile(server, buffer, 8, &n, &overlapped));
    CHECK_EQ(n, 8);
    CHECK_OK(PeekNamedPipe(server, NULL, 0, NULL, &available, &left));
    CHECK_EQ(available, 0);
    CHECK_EQ(left, 0);
    CHECK_ERROR(ReadFile(server, buffer, 4, NULL, &overlapped), ERROR_IO_PENDING);
    CHECK_OK(CancelIo(server));
    CHECK_ERROR(GetOverlappedResult(server, &overlapped, &n, TRUE), ERROR_OPERATION_ABORTED);
}

TEST(nothing_is_left_after_an_exact_fill_of_bytes) {
    exact_fill(PIPE_TYPE_BYTE);
}

TEST(nothing_is_left_after_an_exact_fill_of_messages) {
    exact_fill(PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE);
}

TEST(a_client_that_came_first_leaves_no_packet) {
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    OVERLAPPED overlapped = {0}, *done = NULL;
    ULONG_PTR key = 0;

    server_new(PIPE_TYPE_BYTE, 512);
    REQUIRE_HANDLE(CreateIoCompletionPort(server, port, 7, 0));
    client_new(0);
    CHECK_ERROR(ConnectNamedPipe(server, &overlapped), ERROR_PIPE_CONNECTED);
    CHECK_ERROR(GetQueuedCompletionStatus(port, &n, &key, &done, SHORT_WAIT_MS), WAIT_TIMEOUT);
    CHECK(done == NULL);
    write_text(client, "x"); /* the connection is good */
    CHECK_OK(ReadFile(server, buffer, 1, &n, &overlapped));
    CHECK_OK(GetQueuedCompletionStatus(port, &n, &key, &done, WAIT_LIMIT_MS));
    CHECK_EQ(key, 7);
    CHECK_EQ(n, 1);
}

/* Whether a handle is overlapped is said once, of the file object: duplicates are as the first. */
TEST(a_duplicate_is_overlapped_too) {
    HANDLE copy;

    server_new(PIPE_TYPE_BYTE, 512);
    client_new(0);
    CHECK_OK(DuplicateHandle(GetCurrentProcess(), server, GetCurrentProcess(), &copy, 0, FALSE, DUPLICATE_SAME_ACCESS));
    CHECK_OK(CloseHandle(server));
    OVERLAPPED overlapped = overlapped_new(FALSE);
    CHECK_ERROR(ReadFile(copy, buffer, 8, NULL, &overlapped), ERROR_IO_PENDING);
    write_text(client, "abc");
    CHECK_OK(GetOverlappedResult(copy, &overlapped, &n, TRUE));
    CHECK_EQ(n, 3);
}

static DWORD WINAPI read_sync(void *pipe) {
    DWORD got;
    char byte;

    return ReadFile(pipe, &byte, 1, &got, NULL);
}

static DWORD WINAPI write_sync(void *pipe) {
    DWORD written;

    return WriteFile(pipe, "x", 1, &written, NULL);
}

TEST(a_synchronous_handle_does_one_thing_at_a_time) {
    server_new(PIPE_TYPE_BYTE, 512);
    client_new(0);
    HANDLE reader = CreateThread(NULL, 0, read_sync, client, 0, NULL);
    CHECK_STILL_WAITING(reader);
    HANDLE writer = CreateThread(NULL, 0, write_sync, client, 0, NULL);
    CHECK_STILL_WAITING(writer); /* behind the read */
    OVERLAPPED overlapped = overlapped_new(FALSE);
    CHECK_OK(WriteFile(server, "y", 1, &n, &overlapped));
    CHECK_SIGNALLED(reader);
    CHECK_SIGNALLED(writer);
}

TEST(an_overlapped_handle_reads_and_writes_at_once) {
    server_new(PIPE_TYPE_BYTE, 512);
    client_new(FILE_FLAG_OVERLAPPED);
    OVERLAPPED reading = overlapped_new(FALSE), writing = overlapped_new(FALSE), serving = overlapped_new(FALSE);
    CHECK_ERROR(ReadFile(client, buffer, 1, NULL, &reading), ERROR_IO_PENDING);
    CHECK_OK(WriteFile(client, "q", 1, &n, &writing));
    CHECK_OK(ReadFile(server, buffer + 1, 1, &n, &serving));
    CHECK_OK(WriteFile(server, "a", 1, &n, &serving));
    CHECK_OK(GetOverlappedResult(client, &reading, &n, TRUE));
    CHECK_MEM(buffer, "aq", 2);
}

ROLE(overlapped_echo) {
    (void)argc;
    (void)argv;
    client_new(FILE_FLAG_OVERLAPPED);
    OVERLAPPED overlapped = overlapped_new(FALSE);
    for (;;) {
        DWORD len = 0;

        if (!ReadFile(client, buffer, sizeof(buffer), NULL, &overlapped) && GetLastError() != ERROR_IO_PENDING)
            break;
        if (!GetOverlappedResult(client, &overlapped, &len, TRUE))
            break;
        CHECK(WriteFile(client, buffer, len, NULL, &overlapped) || GetLastError() == ERROR_IO_PENDING);
        CHECK_OK(GetOverlappedResult(client, &overlapped, &len, TRUE));
    }
    CHECK_EQ(GetLastError(), ERROR_BROKEN_PIPE);
}

TEST(two_processes) {
    server_new(PIPE_TYPE_BYTE, 512);
    OVERLAPPED overlapped = overlapped_new(FALSE);
    CHECK_ERROR(ConnectNamedPipe(server, &overlapped), ERROR_IO_PENDING);
    struct child child = spawn_self("overlapped_echo", NULL);
    CHECK_OK(GetOverlappedResult(server, &overlapped, &n, TRUE));
    for (int i = 0; i < 1000; i++) {
        int answer = -1;

        CHECK(WriteFile(server, &i, sizeof(i), NULL, &overlapped) || GetLastError() == ERROR_IO_PENDING);
        CHECK_OK(GetOverlappedResult(server, &overlapped, &n, TRUE));
        CHECK(ReadFile(server, &answer, sizeof(answer), NULL, &overlapped) || GetLastError() == ERROR_IO_PENDING);
        CHECK_OK(GetOverlappedResult(server, &overlapped, &n, TRUE));
        REQUIRE(answer == i);
    }
    CloseHandle(server);
    CHECK_CHILD(child);
}
