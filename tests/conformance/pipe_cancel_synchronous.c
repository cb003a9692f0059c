/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Threads that wait in a call on a pipe without OVERLAPPED, and are let out by CancelSynchronousIo, or by CancelIoEx on the handle.
 * Sources: https://learn.microsoft.com/en-us/windows/win32/fileio/cancelsynchronousio-func,
 * https://learn.microsoft.com/en-us/windows/win32/fileio/canceling-pending-i-o-operations
 */
#include "harness.h"

static HANDLE server, client, started;
static char buffer[1024];
static DWORD n;

static void server_new(void) {
    server = CreateNamedPipeA(
        own_pipe("cancel"), PIPE_ACCESS_DUPLEX, PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 1, 512, 512, 0, NULL);
    REQUIRE_HANDLE(server);
    started = CreateEventA(NULL, FALSE, FALSE, NULL);
}

static void pipe_new(void) {
    DWORD mode = PIPE_READMODE_MESSAGE;

    server_new();
    client = CreateFileA(own_pipe("cancel"), GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    REQUIRE_HANDLE(client);
    REQUIRE_OK(SetNamedPipeHandleState(client, &mode, NULL, NULL));
}

#define WAITING_CALL(name, call)                                                                                       \
    static DWORD WINAPI name(void *pipe) {                                                                             \
        DWORD done = 0;                                                                                                \
                                                                                                                       \
        (void)pipe;                                                                                                    \
        (void)done;                                                                                                    \
        SetEvent(started);                                                                                             \
        return call ? 0 : GetLastError();                                                                              \
    }

WAITING_CALL(read_some, ReadFile(pipe, buffer, 8, &done, NULL))
WAITING_CALL(write_too_much, WriteFile(pipe, buffer, sizeof(buffer), &done, NULL))
WAITING_CALL(transact, TransactNamedPipe(pipe, "ask", 3, buffer, sizeof(buffer), &done, NULL))
WAITING_CALL(flush, FlushFileBuffers(pipe))
WAITING_CALL(connect_pipe, ConnectNamedPipe(pipe, NULL))
WAITING_CALL(wait_pipe, WaitNamedPipeA(own_pipe("cancel"), NMPWAIT_WAIT_FOREVER))

static BOOL by_thread(HANDLE thread, HANDLE pipe) {
    (void)pipe;
    return CancelSynchronousIo(thread);
}

static BOOL by_handle(HANDLE thread, HANDLE pipe) {
    (void)thread;
    return CancelIoEx(pipe, NULL);
}

/* Lets a thread out of @call, in which it waits. */
static void is_let_out_by(BOOL (*cancel)(HANDLE, HANDLE), DWORD(WINAPI *call)(void *), HANDLE pipe) {
    HANDLE thread = CreateThread(NULL, 0, call, pipe, 0, NULL);
    DWORD error = POISON;

    REQUIRE_HANDLE(thread);
    CHECK_SIGNALLED(started);
    CHECK_STILL_WAITING(thread);
    CHECK_OK(cancel(thread, pipe));
    CHECK_SIGNALLED(thread);
    CHECK_OK(GetExitCodeThread(thread, &error));
    CHECK_EQ(error, ERROR_OPERATION_ABORTED);
    CloseHandle(thread);
}

static void is_let_out(DWORD(WINAPI *call)(void *), HANDLE pipe) {
    is_let_out_by(by_thread, call, pipe);
}

static void message_arrives(HANDLE from, HANDLE to, const char *text) {
    CHECK_OK(WriteFile(from, text, (DWORD)strlen(text), &n, NULL));
    POISON_OUT(n);
    CHECK_OK(ReadFile(to, buffer, sizeof(buffer), &n, NULL));
    CHECK_EQ(n, strlen(text));
    CHECK_MEM(buffer, text, strlen(text));
}

TEST(a_read) {
    pipe_new();
    is_let_out(read_some, client);
    message_arrives(server, client, "nothing was taken");
}

TEST(a_write) {
    pipe_new();
    is_let_out(write_too_much, client);
    message_arrives(client, server, "of the other nothing came");
}

TEST(a_transaction) {
    pipe_new();
    is_let_out(transact, client);
    POISON_OUT(n);
    CHECK_OK(ReadFile(server, buffer, sizeof(buffer), &n, NULL)); /* its first half is done */
    CHECK_EQ(n, 3);
    message_arrives(server, client, "no answer");
}

TEST(a_flush) {
    pipe_new();
    CHECK_OK(WriteFile(server, "unread", 6, &n, NULL));
    is_let_out(flush, server);
    POISON_OUT(n);
    CHECK_OK(ReadFile(client, buffer, sizeof(buffer), &n, NULL));
    CHECK_EQ(n, 6);
    CHECK_OK(FlushFileBuffers(server));
}

TEST(a_flush_on_an_overlapped_handle) {
    OVERLAPPED overlapped = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};

    started = CreateEventA(NULL, FALSE, FALSE, NULL);
    server = CreateNamedPipeA(own_pipe("cancel"), PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, 0, 1, 512, 512, 0, NULL);
    REQUIRE_HANDLE(server);
    client = CreateFileA(own_pipe("cancel"), GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    REQUIRE_HANDLE(client);
    CHECK_OK(WriteFile(server, "unread", 6, &n, &overlapped));
    is_let_out(flush, server);
}

TEST(a_connect) {
    server_new();
    is_let_out(connect_pipe, server);
    client = CreateFileA(own_pipe("cancel"), GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    CHECK(client != INVALID_HANDLE_VALUE); /* it listens all the same */
    CHECK_ERROR(ConnectNamedPipe(server, NULL), ERROR_PIPE_CONNECTED);
}

/* CancelIoEx: "regardless of which thread created the I/O operation". */
TEST(by_the_handle) {
    pipe_new();
    is_let_out_by(by_handle, read_some, client);
    is_let_out_by(by_handle, read_some, server);
    is_let_out_by(by_handle, write_too_much, client);
    is_let_out_by(by_handle, transact, server);
    CHECK_ERROR(CancelIoEx(client, NULL), ERROR_NOT_FOUND);
    CHECK_OK(ReadFile(client, buffer, sizeof(buffer), &n, NULL));
    message_arrives(client, server, "still whole");
    CHECK_OK(WriteFile(server, "unread", 6, &n, NULL));
    is_let_out_by(by_handle, flush, server);
}

TEST(a_connect_by_the_handle) {
    server_new();
    is_let_out_by(by_handle, connect_pipe, server);
}

TEST(an_anonymous_pipe_by_the_handle) {
    HANDLE reader, writer;

    started = CreateEventA(NULL, FALSE, FALSE, NULL);
    REQUIRE_OK(CreatePipe(&reader, &writer, NULL, 100));
    is_let_out_by(by_handle, read_some, reader);
    is_let_out_by(by_handle, write_too_much, writer);
    CloseHandle(reader);
    CloseHandle(writer);
}

TEST(a_wait_for_an_instance) {
    pipe_new();
    is_let_out(wait_pipe, NULL);
}

ROLE(read_and_be_let_out) {
    (void)argc;
    (void)argv;
    client = CreateFileA(own_pipe("cancel"), GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    REQUIRE_HANDLE(client);
    CHECK_OK(WriteFile(client, "here", 4, &n, NULL));
    CHECK_ERROR(ReadFile(client, buffer, 8, &n, NULL), ERROR_OPERATION_ABORTED);
}

TEST(a_thread_of_another_process) {
    server_new();
    struct child child = spawn_self("read_and_be_let_out", NULL);
    CHECK(ConnectNamedPipe(server, NULL) || GetLastError() == ERROR_PIPE_CONNECTED);
    CHECK_OK(ReadFile(server, buffer, sizeof(buffer), &n, NULL));
    CHECK_STILL_WAITING(child.thread);
    CHECK_OK(CancelSynchronousIo(child.thread));
    CHECK_CHILD(child);
}

TEST(none_is_there) {
    CHECK_ERROR(CancelSynchronousIo(GetCurrentThread()), ERROR_NOT_FOUND);
    CHECK_ERROR(CancelSynchronousIo(NULL), ERROR_INVALID_HANDLE);
}

/* THREAD_TERMINATE is needed. */
TEST(the_right_to_do_it) {
    HANDLE weak = OpenThread(THREAD_QUERY_INFORMATION | SYNCHRONIZE, FALSE, GetCurrentThreadId());

    REQUIRE_HANDLE(weak);
    CHECK_ERROR(CancelSynchronousIo(weak), ERROR_ACCESS_DENIED);
    CloseHandle(weak);
}
