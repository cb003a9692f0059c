/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Message pipes: boundaries, ERROR_MORE_DATA, empty messages, peeking, transactions; bytes beside them. */
#include "harness.h"

static HANDLE server, client;
static char buffer[8192];
static DWORD n;

static void pair_open(DWORD type, DWORD quota) {
    server = CreateNamedPipeA(own_pipe("message"), PIPE_ACCESS_DUPLEX, type, 1, quota, quota, 0, NULL);
    REQUIRE_HANDLE(server);
    client = CreateFileA(own_pipe("message"), GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    REQUIRE_HANDLE(client);
}

static void message_pair(void) {
    DWORD mode = PIPE_READMODE_MESSAGE;

    pair_open(PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 4096);
    REQUIRE_OK(SetNamedPipeHandleState(client, &mode, NULL, NULL));
}

static BOOL send_bytes(HANDLE pipe, const void *bytes, DWORD len) {
    POISON_OUT(n);
    return WriteFile(pipe, bytes, len, &n, NULL) && n == len;
}

static BOOL receive(HANDLE pipe, DWORD len) {
    POISON_OUT(n);
    POISON_OUT(buffer);
    return ReadFile(pipe, buffer, len, &n, NULL);
}

#define CHECK_RECEIVED(pipe, len, text)                                                                                \
    do {                                                                                                               \
        CHECK_OK(receive(pipe, len));                                                                                  \
        CHECK_EQ(n, sizeof(text) - 1);                                                                                 \
        CHECK_MEM(buffer, text, sizeof(text) - 1);                                                                     \
    } while (0)

TEST(boundaries_are_kept) {
    message_pair();
    CHECK_OK(send_bytes(server, "one", 3));
    CHECK_OK(send_bytes(server, "three", 5));
    CHECK_RECEIVED(client, 100, "one");
    CHECK_RECEIVED(client, 5, "three");
}

TEST(more_data) {
    message_pair();
    CHECK_OK(send_bytes(server, "0123456789", 10));
    CHECK_OK(send_bytes(server, "next", 4));
    CHECK_ERROR(receive(client, 4), ERROR_MORE_DATA);
    CHECK_EQ(n, 4);
    CHECK_MEM(buffer, "0123", 4);
    CHECK_EQ((unsigned char)buffer[4], 0xde);
    CHECK_ERROR(receive(client, 4), ERROR_MORE_DATA);
    CHECK_MEM(buffer, "4567", 4);
    CHECK_RECEIVED(client, 4, "89");
    CHECK_RECEIVED(client, 4, "next");
}

TEST(byte_reads_see_no_boundaries) {
    pair_open(PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 4096); /* the client reads bytes */
    CHECK_OK(send_bytes(server, "one", 3));
    CHECK_OK(send_bytes(server, "three", 5));
    CHECK_RECEIVED(client, 4, "onet");
    CHECK_RECEIVED(client, 100, "hree");
}

TEST(an_end_changes_from_bytes_to_messages) {
    DWORD mode = PIPE_READMODE_MESSAGE;

    pair_open(PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 4096);
    CHECK_OK(send_bytes(server, "0123456789", 10));
    CHECK_OK(send_bytes(server, "next", 4));
    CHECK_RECEIVED(client, 3, "012");
    CHECK_OK(SetNamedPipeHandleState(client, &mode, NULL, NULL));
    CHECK_ERROR(receive(client, 4), ERROR_MORE_DATA); /* the rest of the message is one */
    CHECK_MEM(buffer, "3456", 4);
    mode = PIPE_READMODE_BYTE;
    CHECK_OK(SetNamedPipeHandleState(client, &mode, NULL, NULL));
    CHECK_RECEIVED(client, 5, "789ne");
    mode = PIPE_READMODE_MESSAGE;
    CHECK_OK(SetNamedPipeHandleState(client, &mode, NULL, NULL));
    CHECK_RECEIVED(client, 100, "xt");
}

TEST(two_clients_read_in_their_own_way) {
    DWORD mode = PIPE_READMODE_MESSAGE;
    HANDLE servers[2], clients[2];

    for (int i = 0; i < 2; i++) {
        servers[i] = CreateNamedPipeA(own_pipe("two"), PIPE_ACCESS_DUPLEX, PIPE_TYPE_MESSAGE, 2, 64, 64, 0, NULL);
        REQUIRE_HANDLE(servers[i]);
        clients[i] = CreateFileA(own_pipe("two"), GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
        REQUIRE_HANDLE(clients[i]);
        if (i)
            CHECK_OK(SetNamedPipeHandleState(clients[i], &mode, NULL, NULL));
        CHECK_OK(send_bytes(servers[i], "one", 3));
        CHECK_OK(send_bytes(servers[i], "three", 5));
        CHECK_OK(send_bytes(servers[i], "5", 1));
    }
    CHECK_RECEIVED(clients[0], 100, "onethree5");
    CHECK_RECEIVED(clients[1], 100, "one");
    CHECK_RECEIVED(clients[1], 100, "three");
    CHECK_RECEIVED(clients[1], 100, "5");
}

TEST(bytes_run_together) {
    pair_open(PIPE_TYPE_BYTE, 4096);
    CHECK_OK(send_bytes(client, "abc", 3));
    CHECK_OK(send_bytes(client, "def", 3));
    CHECK_RECEIVED(server, 2, "ab");
    CHECK_RECEIVED(server, 100, "cdef");
}

TEST(empty_messages) {
    message_pair();
    CHECK_OK(send_bytes(server, "abc", 3));
    CHECK_OK(send_bytes(server, "", 0));
    CHECK_OK(send_bytes(server, "de", 2));
    CHECK_RECEIVED(client, 100, "abc");
    CHECK_OK(receive(client, 100));
    CHECK_EQ(n, 0);
    CHECK_RECEIVED(client, 100, "de");
    CHECK_OK(send_bytes(server, "", 0));
    CHECK_OK(PeekNamedPipe(client, NULL, 0, NULL, &n, NULL));
    CHECK_EQ(n, 0);
    CloseHandle(server);
    CHECK_OK(receive(client, 100));
    CHECK_EQ(n, 0);
    CHECK_ERROR(receive(client, 100), ERROR_BROKEN_PIPE);
}

TEST(peek) {
    DWORD read, available, left;

    message_pair();
    CHECK_OK(PeekNamedPipe(client, buffer, sizeof(buffer), &read, &available, &left));
    CHECK_EQ(read, 0);
    CHECK_EQ(available, 0);
    CHECK_EQ(left, 0);
    CHECK_OK(send_bytes(server, "0123456789", 10));
    CHECK_OK(send_bytes(server, "xyz", 3));
    POISON_OUT(buffer);
    CHECK_OK(PeekNamedPipe(client, buffer, 4, &read, &available, &left));
    CHECK_EQ(read, 4);
    CHECK_EQ(available, 13);
    CHECK_EQ(left, 6);
    CHECK_MEM(buffer, "0123", 4);
    CHECK_OK(PeekNamedPipe(client, buffer, 100, &read, &available, &left)); /* one message at most */
    CHECK_EQ(read, 10);
    CHECK_EQ(available, 13);
    CHECK_EQ(left, 0);
    CHECK_OK(PeekNamedPipe(client, NULL, 0, NULL, &available, &left));
    CHECK_EQ(available, 13);
    CHECK_EQ(left, 10);
    CHECK_RECEIVED(client, 100, "0123456789");
}

enum { LARGE = 300000 };
static char large[LARGE], got[LARGE];

static void large_fill(void) {
    for (int i = 0; i < LARGE; i++)
        large[i] = (char)(i * 7 + i / 256);
}

ROLE(send_large) {
    (void)argc;
    (void)argv;
    client = CreateFileA(own_pipe("message"), GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    REQUIRE_HANDLE(client);
    large_fill();
    CHECK_OK(send_bytes(client, "x", 1));
    CHECK_OK(send_bytes(client, large, LARGE));
    CHECK_OK(send_bytes(client, "y", 1));
}

TEST(a_message_larger_than_the_quota_arrives_whole) {
    server = CreateNamedPipeA(own_pipe("message"), PIPE_ACCESS_DUPLEX, PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 1, 512, 512, 0, NULL);
    REQUIRE_HANDLE(server);
    struct child child = spawn_self("send_large", NULL);
    CHECK(ConnectNamedPipe(server, NULL) || GetLastError() == ERROR_PIPE_CONNECTED);
    large_fill();
    CHECK_RECEIVED(server, 100, "x");
    CHECK_OK(ReadFile(server, got, LARGE, &n, NULL));
    CHECK_EQ(n, LARGE);
    CHECK_MEM(got, large, LARGE);
    CHECK_RECEIVED(server, 100, "y");
    CHECK_CHILD(child);
}

static DWORD WINAPI answer_upper(void *pipe) {
    char request[64];
    DWORD len, written;

    if (!ReadFile(pipe, request, sizeof(request), &len, NULL))
        return GetLastError();
    for (DWORD i = 0; i < len; i++)
        request[i] = (char)(request[i] - 'a' + 'A');
    return WriteFile(pipe, request, len, &written, NULL) ? 0 : GetLastError();
}

static HANDLE answer_in_thread(void) {
    HANDLE thread = CreateThread(NULL, 0, answer_upper, server, 0, NULL);

    REQUIRE_HANDLE(thread);
    return thread;
}

TEST(transact) {
    message_pair();
    HANDLE thread = answer_in_thread();
    POISON_OUT(buffer);
    CHECK_OK(TransactNamedPipe(client, "abc", 3, buffer, sizeof(buffer), &n, NULL));
    CHECK_EQ(n, 3);
    CHECK_MEM(buffer, "ABC", 3);
    CHECK_SIGNALLED(thread);
}

TEST(transact_with_a_small_buffer_leaves_the_rest) {
    message_pair();
    HANDLE thread = answer_in_thread();
    CHECK_ERROR(TransactNamedPipe(client, "abcdef", 6, buffer, 2, &n, NULL), ERROR_MORE_DATA);
    CHECK_EQ(n, 2);
    CHECK_MEM(buffer, "AB", 2);
    CHECK_RECEIVED(client, 100, "CDEF");
    CHECK_SIGNALLED(thread);
}

TEST(transact_needs_message_reads_and_an_empty_pipe) {
    pair_open(PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 4096);
    CHECK_ERROR(TransactNamedPipe(client, "a", 1, buffer, sizeof(buffer), &n, NULL), ERROR_BAD_PIPE);
    DWORD mode = PIPE_READMODE_MESSAGE;
    CHECK_OK(SetNamedPipeHandleState(client, &mode, NULL, NULL));
    CHECK_OK(send_bytes(server, "unread", 6));
    CHECK_ERROR(TransactNamedPipe(client, "a", 1, buffer, sizeof(buffer), &n, NULL), ERROR_PIPE_BUSY);
    CHECK_OK(PeekNamedPipe(server, NULL, 0, NULL, &n, NULL)); /* nothing was written */
    CHECK_EQ(n, 0);
}

static DWORD WINAPI serve_one(void *pipe) {
    if (!ConnectNamedPipe(pipe, NULL) && GetLastError() != ERROR_PIPE_CONNECTED)
        return GetLastError();
    return answer_upper(pipe);
}

TEST(call) {
    server = CreateNamedPipeA(own_pipe("message"), PIPE_ACCESS_DUPLEX, PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 1, 64, 64, 0, NULL);
    HANDLE thread = CreateThread(NULL, 0, serve_one, server, 0, NULL);
    CHECK_OK(CallNamedPipeA(own_pipe("message"), "abc", 3, buffer, sizeof(buffer), &n, WAIT_LIMIT_MS));
    CHECK_EQ(n, 3);
    CHECK_MEM(buffer, "ABC", 3);
    CHECK_SIGNALLED(thread);
    CHECK_ERROR(CallNamedPipeA(own_pipe("message"), "abc", 3, buffer, sizeof(buffer), &n, 20), ERROR_SEM_TIMEOUT);
    CHECK_OK(DisconnectNamedPipe(server));
    thread = CreateThread(NULL, 0, serve_one, server, 0, NULL);
    CHECK_ERROR(CallNamedPipeA(own_pipe("message"), "abc", 3, buffer, 2, &n, WAIT_LIMIT_MS), ERROR_MORE_DATA);
    CHECK_EQ(n, 2);
    CHECK_SIGNALLED(thread);
    CHECK_ERROR(CallNamedPipeA(own_pipe("nobody"), "abc", 3, buffer, sizeof(buffer), &n, WAIT_LIMIT_MS), ERROR_FILE_NOT_FOUND);
}

static DWORD WINAPI flush(void *pipe) {
    SetLastError(0);
    return FlushFileBuffers(pipe) ? 0 : GetLastError();
}

TEST(flush_waits_for_the_reader) {
    DWORD code = POISON;

    message_pair();
    CHECK_OK(FlushFileBuffers(server));
    CHECK_OK(send_bytes(server, "one", 3));
    CHECK_OK(send_bytes(server, "two", 3));
    HANDLE thread = CreateThread(NULL, 0, flush, server, 0, NULL);
    CHECK_STILL_WAITING(thread);
    CHECK_RECEIVED(client, 100, "one");
    CHECK_STILL_WAITING(thread);
    CHECK_RECEIVED(client, 100, "two");
    CHECK_SIGNALLED(thread);
    CHECK_OK(GetExitCodeThread(thread, &code));
    CHECK_EQ(code, 0);
}

TEST(flush_ends_when_the_reader_goes) {
    DWORD code = 0;

    message_pair();
    CHECK_OK(send_bytes(server, "unread", 6));
    HANDLE thread = CreateThread(NULL, 0, flush, server, 0, NULL);
    CHECK_STILL_WAITING(thread);
    CloseHandle(client);
    CHECK_SIGNALLED(thread);
    CHECK_OK(GetExitCodeThread(thread, &code));
    CHECK_EQ(code, ERROR_BROKEN_PIPE);
}

static DWORD WINAPI write_600(void *pipe) {
    static char block[600];
    DWORD written = 0;

    return WriteFile(pipe, block, sizeof(block), &written, NULL) ? written : 0;
}

TEST(a_write_over_the_quota_waits) {
    DWORD code = 0;

    pair_open(PIPE_TYPE_BYTE, 512);
    HANDLE thread = CreateThread(NULL, 0, write_600, server, 0, NULL);
    CHECK_STILL_WAITING(thread);
    CHECK_OK(receive(client, 50));
    CHECK_STILL_WAITING(thread); /* 550 unread bytes are still over 512 */
    CHECK_OK(receive(client, 38));
    CHECK_SIGNALLED(thread);
    CHECK_OK(GetExitCodeThread(thread, &code));
    CHECK_EQ(code, 600);
    CHECK_OK(receive(client, 1000));
    CHECK_EQ(n, 512);
}
