/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Empty messages (by which one end tells the other that nothing more comes), reads of nothing, messages longer than the buffer in all four
 * orders, and what the raw peek tells of messages.
 * Sources: https://learn.microsoft.com/en-us/windows/win32/api/fileapi/nf-fileapi-readfile,
 * https://learn.microsoft.com/en-us/windows/win32/ipc/named-pipe-type-read-and-wait-modes,
 * https://learn.microsoft.com/en-us/openspecs/windows_protocols/ms-fscc/6b6c8b8b-c5ac-4fa5-9182-619459fce7c7; what an empty write does to
 * a pipe of bytes was measured on Windows, as public tests report it.
 */
#include "harness.h"

#include <winioctl.h>
#include <winternl.h>

#ifndef FSCTL_PIPE_PEEK
#define FSCTL_PIPE_PEEK CTL_CODE(FILE_DEVICE_NAMED_PIPE, 3, METHOD_BUFFERED, FILE_READ_DATA)
#endif

static HANDLE server, client;
static char buffer[256];
static DWORD n;

/* The server is overlapped; the client reads by @read_mode, with its calls waiting or not by @flags. */
static void pair_new(DWORD type, DWORD read_mode, DWORD flags) {
    server = CreateNamedPipeA(own_pipe("empty"), PIPE_ACCESS_DUPLEX, type, 1, 512, 512, 0, NULL);
    REQUIRE_HANDLE(server);
    client = CreateFileA(own_pipe("empty"), GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, flags, NULL);
    REQUIRE_HANDLE(client);
    REQUIRE_OK(SetNamedPipeHandleState(client, &read_mode, NULL, NULL));
}

static void message_pair(DWORD flags) {
    pair_new(PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, PIPE_READMODE_MESSAGE, flags);
}

static void send_text(HANDLE pipe, const char *text) {
    POISON_OUT(n);
    CHECK_OK(WriteFile(pipe, text, (DWORD)strlen(text), &n, NULL));
    CHECK_EQ(n, strlen(text));
}

static void receive_text(HANDLE pipe, const char *text) {
    POISON_OUT(n);
    CHECK_OK(ReadFile(pipe, buffer, sizeof(buffer), &n, NULL));
    CHECK_EQ(n, strlen(text));
    CHECK_MEM(buffer, text, strlen(text));
}

static void available_is(HANDLE pipe, DWORD expected) {
    DWORD available = POISON;

    CHECK_OK(PeekNamedPipe(pipe, NULL, 0, NULL, &available, NULL));
    CHECK_EQ(available, expected);
}

/* ---- empty messages ---- */

/* That the empty message is a read of its own here, too, is not confirmed on Windows: else a half-close would be lost. */
TEST(an_empty_message_read_as_bytes) {
    pair_new(PIPE_TYPE_MESSAGE, PIPE_READMODE_BYTE, 0);
    send_text(server, "abc");
    send_text(server, "");
    send_text(server, "de");
    send_text(server, "f");
    receive_text(client, "abc");
    receive_text(client, "");
    receive_text(client, "def");
}

TEST(an_empty_write_to_a_pipe_of_bytes_is_dropped) {
    OVERLAPPED reading = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};

    pair_new(PIPE_TYPE_BYTE, PIPE_READMODE_BYTE, FILE_FLAG_OVERLAPPED);
    CHECK_ERROR(ReadFile(client, buffer, sizeof(buffer), NULL, &reading), ERROR_IO_PENDING);
    send_text(server, "");
    CHECK_STILL_WAITING(reading.hEvent);
    send_text(server, "x");
    CHECK_SIGNALLED(reading.hEvent);
    CHECK_OK(GetOverlappedResult(client, &reading, &n, FALSE));
    CHECK_EQ(n, 1);
}

TEST(an_empty_message_ends_one_waiting_read) {
    OVERLAPPED first = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)}, second = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
    char other[8];

    message_pair(FILE_FLAG_OVERLAPPED);
    CHECK_ERROR(ReadFile(client, buffer, sizeof(buffer), NULL, &first), ERROR_IO_PENDING);
    CHECK_ERROR(ReadFile(client, other, sizeof(other), NULL, &second), ERROR_IO_PENDING);
    send_text(server, "");
    CHECK_SIGNALLED(first.hEvent);
    CHECK_OK(GetOverlappedResult(client, &first, &n, FALSE));
    CHECK_EQ(n, 0);
    CHECK_STILL_WAITING(second.hEvent);
}

static DWORD WINAPI read_blocking(void *pipe) {
    DWORD got = POISON;

    return ReadFile(pipe, buffer, sizeof(buffer), &got, NULL) ? got : POISON;
}

TEST(an_empty_message_wakes_a_reader_with_success) {
    DWORD got = POISON;

    message_pair(0);
    HANDLE thread = CreateThread(NULL, 0, read_blocking, client, 0, NULL);
    CHECK_STILL_WAITING(thread);
    send_text(server, "");
    CHECK_SIGNALLED(thread);
    CHECK_OK(GetExitCodeThread(thread, &got));
    CHECK_EQ(got, 0);
}

TEST(both_ends_say_that_they_are_done) {
    message_pair(0);
    send_text(server, "");
    send_text(client, "");
    available_is(client, 0);
    available_is(server, 0);
    receive_text(client, "");
    receive_text(server, "");
    CloseHandle(server);
    CHECK_ERROR(ReadFile(client, buffer, sizeof(buffer), &n, NULL), ERROR_BROKEN_PIPE);
}

TEST(an_empty_write_to_an_anonymous_pipe_is_dropped) {
    DWORD got = POISON;

    CHECK_OK(CreatePipe(&client, &server, NULL, 0));
    HANDLE thread = CreateThread(NULL, 0, read_blocking, client, 0, NULL);
    CHECK_STILL_WAITING(thread);
    send_text(server, "");
    CHECK_STILL_WAITING(thread);
    send_text(server, "x");
    CHECK_SIGNALLED(thread);
    CHECK_OK(GetExitCodeThread(thread, &got));
    CHECK_EQ(got, 1);
}

/* ---- reads of nothing ---- */

TEST(a_read_of_nothing_waits_for_data) {
    OVERLAPPED reading = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};

    pair_new(PIPE_TYPE_BYTE, PIPE_READMODE_BYTE, FILE_FLAG_OVERLAPPED);
    CHECK_ERROR(ReadFile(client, buffer, 0, NULL, &reading), ERROR_IO_PENDING);
    CHECK_STILL_WAITING(reading.hEvent);
    send_text(server, "data");
    CHECK_SIGNALLED(reading.hEvent);
    CHECK_OK(GetOverlappedResult(client, &reading, &n, FALSE));
    CHECK_EQ(n, 0);
    available_is(client, 4);
    CHECK_OK(ReadFile(client, buffer, 0, NULL, &reading));
    available_is(client, 4);
}

TEST(a_read_of_nothing_of_a_message) {
    message_pair(0);
    send_text(server, "data");
    POISON_OUT(n);
    CHECK_ERROR(ReadFile(client, buffer, 0, &n, NULL), ERROR_MORE_DATA);
    CHECK_EQ(n, 0);
    receive_text(client, "data");
}

/* ---- longer than the buffer ---- */

static DWORD WINAPI read_four(void *pipe) {
    DWORD got = POISON;

    SetLastError(0);
    return ReadFile(pipe, buffer, 4, &got, NULL) || got != 4 ? 0 : GetLastError();
}

TEST(more_data_of_a_synchronous_read_that_waits) {
    DWORD code = POISON;

    message_pair(0);
    HANDLE thread = CreateThread(NULL, 0, read_four, client, 0, NULL);
    CHECK_STILL_WAITING(thread);
    send_text(server, "0123456789");
    CHECK_SIGNALLED(thread);
    CHECK_OK(GetExitCodeThread(thread, &code));
    CHECK_EQ(code, ERROR_MORE_DATA);
    CHECK_MEM(buffer, "0123", 4);
    receive_text(client, "456789");
}

static DWORD routine_error, routine_bytes;

static void CALLBACK routine(DWORD error, DWORD bytes, OVERLAPPED *overlapped) {
    (void)overlapped;
    routine_error = error;
    routine_bytes = bytes;
}

static void routine_sees_more_data(BOOL write_first) {
    OVERLAPPED reading = {0};

    message_pair(FILE_FLAG_OVERLAPPED);
    if (write_first)
        send_text(server, "0123456789");
    CHECK_OK(ReadFileEx(client, buffer, 4, &reading, routine));
    if (!write_first)
        send_text(server, "0123456789");
    routine_error = POISON;
    CHECK_EQ(SleepEx(WAIT_LIMIT_MS, TRUE), WAIT_IO_COMPLETION);
    CHECK_EQ(routine_error, ERROR_MORE_DATA);
    CHECK_EQ(routine_bytes, 4);
    available_is(client, 6);
}

TEST(a_routine_sees_more_data_of_a_message_that_was_there) {
    routine_sees_more_data(TRUE);
}

TEST(a_routine_sees_more_data_of_a_message_that_comes) {
    routine_sees_more_data(FALSE);
}

/* ---- peeking ---- */

typedef NTSTATUS(WINAPI *control_function)(HANDLE, HANDLE, void *, void *, IO_STATUS_BLOCK *, ULONG, void *, ULONG, void *, ULONG);

struct peek { /* FILE_PIPE_PEEK_BUFFER, which not all headers have */
    ULONG NamedPipeState, ReadDataAvailable, NumberOfMessages, MessageLength;
    char Data[128];
};

static struct peek *peek_raw(HANDLE pipe) {
    static struct peek peek;
    control_function control = (control_function)(void *)GetProcAddress(GetModuleHandleA("ntdll.dll"), "NtFsControlFile");
    IO_STATUS_BLOCK iosb;

    REQUIRE(control != NULL);
    POISON_OUT(peek);
    CHECK(control(pipe, NULL, NULL, NULL, &iosb, FSCTL_PIPE_PEEK, NULL, 0, &peek, sizeof(peek)) != STATUS_PENDING);
    return &peek;
}

TEST(the_number_of_messages) {
    message_pair(0);
    CHECK_EQ(peek_raw(client)->NumberOfMessages, 0);
    send_text(server, "one");
    send_text(server, "three");
    CHECK_EQ(peek_raw(client)->NumberOfMessages, 2);
    CHECK_EQ(peek_raw(client)->MessageLength, 3);
    CHECK_EQ(peek_raw(client)->ReadDataAvailable, 8);
    CHECK_ERROR(ReadFile(client, buffer, 1, &n, NULL), ERROR_MORE_DATA);
    CHECK_EQ(peek_raw(client)->NumberOfMessages, 2); /* a part of one is left */
    CHECK_EQ(peek_raw(client)->MessageLength, 2);
}

TEST(a_pipe_of_bytes_has_no_messages) {
    pair_new(PIPE_TYPE_BYTE, PIPE_READMODE_BYTE, 0);
    send_text(server, "bytes");
    CHECK_EQ(peek_raw(client)->NumberOfMessages, 0);
    CHECK_EQ(peek_raw(client)->MessageLength, 0);
    CHECK_EQ(peek_raw(client)->ReadDataAvailable, 5);
}

/* ---- a long one ---- */

enum { LENGTH = 64 << 20 };

static DWORD WINAPI write_long(void *data) {
    DWORD written = 0;

    return WriteFile(server, data, LENGTH, &written, NULL) ? written : 0;
}

TEST(a_message_of_64_mib) {
    unsigned char *data = VirtualAlloc(NULL, LENGTH, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
    unsigned char *got = VirtualAlloc(NULL, LENGTH, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
    DWORD written = 0;

    REQUIRE(data && got);
    for (DWORD i = 0; i < LENGTH; i += 4093)
        data[i] = (unsigned char)(i >> 8);
    message_pair(0);
    HANDLE thread = CreateThread(NULL, 0, write_long, data, 0, NULL);
    CHECK_OK(ReadFile(client, got, LENGTH, &n, NULL));
    CHECK_EQ(n, LENGTH);
    CHECK(!memcmp(data, got, LENGTH));
    CHECK_SIGNALLED(thread);
    CHECK_OK(GetExitCodeThread(thread, &written));
    CHECK_EQ(written, LENGTH);
}
