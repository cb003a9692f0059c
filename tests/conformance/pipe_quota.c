/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Quotas: what a write waits for, what PIPE_NOWAIT writes, and what is said about it.
 * Sources: https://learn.microsoft.com/en-us/windows/win32/ipc/named-pipe-type-read-and-wait-modes (PIPE_NOWAIT), and what was measured on
 * Windows of writes that do not fit, with and without a read that waits.
 */
#include "harness.h"

#include <winternl.h>

enum { QUOTA = 512 };

static HANDLE server, client;
static OVERLAPPED reading, writing;
static char block[QUOTA + 100], buffer[QUOTA + 100];

static void pair_new(DWORD mode, DWORD quota) {
    DWORD read_mode = mode & PIPE_READMODE_MESSAGE;

    server = CreateNamedPipeA(own_pipe("quota"), PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, mode, 1, quota, quota, 0, NULL);
    REQUIRE_HANDLE(server);
    client = CreateFileA(own_pipe("quota"), GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
    REQUIRE_HANDLE(client);
    REQUIRE_OK(SetNamedPipeHandleState(client, &read_mode, NULL, NULL));
    reading.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
    writing.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
}

static DWORD transferred(HANDLE pipe, OVERLAPPED *overlapped) {
    DWORD n = POISON;

    CHECK_SIGNALLED(overlapped->hEvent);
    return GetOverlappedResult(pipe, overlapped, &n, FALSE) || GetLastError() == ERROR_MORE_DATA ? n : POISON;
}

/* Of a read that there is something for. */
static DWORD read_now(HANDLE pipe, DWORD size) {
    DWORD n = POISON;

    return ReadFile(pipe, buffer, size, NULL, &reading) || GetLastError() == ERROR_MORE_DATA ||
                   GetLastError() == ERROR_IO_PENDING
               ? transferred(pipe, &reading)
               : n;
}

/* Of a write that does not wait. */
static DWORD write_now(HANDLE pipe, DWORD size) {
    CHECK_OK(WriteFile(pipe, block, size, NULL, &writing));
    return transferred(pipe, &writing);
}

typedef NTSTATUS(WINAPI *query_function)(HANDLE, IO_STATUS_BLOCK *, void *, ULONG, FILE_INFORMATION_CLASS);

static FILE_PIPE_LOCAL_INFORMATION local_information(HANDLE pipe) {
    query_function query = (query_function)(void *)GetProcAddress(GetModuleHandleA("ntdll.dll"), "NtQueryInformationFile");
    FILE_PIPE_LOCAL_INFORMATION info = {0};
    IO_STATUS_BLOCK iosb;

    REQUIRE(query != NULL);
    CHECK_EQ(query(pipe, &iosb, &info, sizeof(info), FilePipeLocalInformation), 0);
    return info;
}

static ULONG write_quota(HANDLE pipe) {
    return local_information(pipe).WriteQuotaAvailable;
}

static void available_is(HANDLE pipe, DWORD expected) {
    DWORD available = POISON;

    CHECK_OK(PeekNamedPipe(pipe, NULL, 0, NULL, &available, NULL));
    CHECK_EQ(available, expected);
}

TEST(no_quota_is_a_rendezvous) {
    pair_new(PIPE_TYPE_BYTE, 0);
    CHECK_ERROR(WriteFile(client, "x", 1, NULL, &writing), ERROR_IO_PENDING);
    CHECK_STILL_WAITING(writing.hEvent);
    available_is(server, 1);
    CHECK_EQ(read_now(server, 1), 1);
    CHECK_EQ(transferred(client, &writing), 1);
}

TEST(no_quota_and_a_read_that_waits) {
    pair_new(PIPE_TYPE_BYTE, 0);
    CHECK_ERROR(ReadFile(server, buffer, 8, NULL, &reading), ERROR_IO_PENDING);
    CHECK_EQ(write_now(client, 8), 8);
    CHECK_EQ(transferred(server, &reading), 8);
}

TEST(a_write_ends_when_the_unread_rest_fits) {
    pair_new(PIPE_TYPE_BYTE, QUOTA);
    CHECK_ERROR(WriteFile(client, block, QUOTA + 1, NULL, &writing), ERROR_IO_PENDING);
    CHECK_STILL_WAITING(writing.hEvent);
    CHECK_EQ(read_now(server, 1), 1);
    CHECK_EQ(transferred(client, &writing), QUOTA + 1);
    available_is(server, QUOTA);
}

/* A reader that has read all may go at once: the write was done when it was read. */
static void read_and_closed(DWORD type) {
    for (int i = 0; i < 200; i++) {
        pair_new(type, QUOTA);
        CHECK_ERROR(WriteFile(server, block, QUOTA + 100, NULL, &writing), ERROR_IO_PENDING);
        CHECK_EQ(read_now(client, sizeof(buffer)), QUOTA + 100);
        CHECK_OK(CloseHandle(client));
        REQUIRE(transferred(server, &writing) == QUOTA + 100);
        CHECK_OK(CloseHandle(server));
    }
}

TEST(a_reader_that_goes_after_all_bytes) {
    read_and_closed(PIPE_TYPE_BYTE);
}

TEST(a_reader_that_goes_after_a_message) {
    read_and_closed(PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE);
}

TEST(a_server_that_disconnects_after_all_bytes) {
    for (int i = 0; i < 200; i++) {
        pair_new(PIPE_TYPE_BYTE, QUOTA);
        CHECK_ERROR(WriteFile(client, block, QUOTA + 100, NULL, &writing), ERROR_IO_PENDING);
        CHECK_EQ(read_now(server, sizeof(buffer)), QUOTA + 100);
        CHECK_OK(DisconnectNamedPipe(server));
        REQUIRE(transferred(client, &writing) == QUOTA + 100);
        CHECK_OK(CloseHandle(client));
        CHECK_OK(CloseHandle(server));
    }
}

TEST(a_server_that_disconnects_before_the_rest) {
    DWORD n = POISON;

    pair_new(PIPE_TYPE_BYTE, QUOTA);
    CHECK_ERROR(WriteFile(client, block, QUOTA + 100, NULL, &writing), ERROR_IO_PENDING);
    CHECK_EQ(read_now(server, 10), 10);
    CHECK_OK(DisconnectNamedPipe(server));
    CHECK_SIGNALLED(writing.hEvent);
    CHECK_ERROR(GetOverlappedResult(client, &writing, &n, FALSE), ERROR_PIPE_NOT_CONNECTED);
}

static DWORD WINAPI write_waiting(void *pipe) {
    DWORD n = 0;

    return WriteFile(pipe, block, QUOTA + 100, &n, NULL) && n == QUOTA + 100 ? ERROR_SUCCESS : GetLastError();
}

TEST(a_reader_that_goes_and_a_thread_that_waits) {
    for (int i = 0; i < 200; i++) {
        DWORD code = POISON;

        server = CreateNamedPipeA(own_pipe("quota"), PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 1, QUOTA, QUOTA, 0, NULL);
        client = CreateFileA(own_pipe("quota"), GENERIC_READ, 0, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
        reading.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
        HANDLE thread = CreateThread(NULL, 0, write_waiting, server, 0, NULL);
        CHECK_EQ(read_now(client, sizeof(buffer)), QUOTA + 100);
        CHECK_OK(CloseHandle(client));
        CHECK_SIGNALLED(thread);
        CHECK_OK(GetExitCodeThread(thread, &code));
        CHECK_EQ(code, ERROR_SUCCESS);
        REQUIRE(code == ERROR_SUCCESS);
        CHECK_OK(CloseHandle(server));
    }
}

TEST(an_empty_message_waits_for_no_quota) {
    pair_new(PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, QUOTA);
    CHECK_EQ(write_now(client, QUOTA), QUOTA);
    CHECK_EQ(write_now(client, 0), 0);
    CHECK_EQ(read_now(server, sizeof(buffer)), QUOTA);
    CHECK_EQ(read_now(server, sizeof(buffer)), 0);
}

static void nowait_pair(DWORD type) {
    DWORD mode = type == PIPE_TYPE_MESSAGE ? PIPE_READMODE_MESSAGE | PIPE_NOWAIT : PIPE_NOWAIT;

    pair_new(type | (type == PIPE_TYPE_MESSAGE ? PIPE_READMODE_MESSAGE : 0), QUOTA);
    REQUIRE_OK(SetNamedPipeHandleState(client, &mode, NULL, NULL));
}

/* The documentation says that a pipe of bytes takes what fits; measured, neither type takes anything when nobody reads. */
static void nobody_reads(DWORD type) {
    nowait_pair(type);
    CHECK_EQ(write_now(client, QUOTA + 1), 0);
    CHECK_EQ(write_now(client, QUOTA), QUOTA);
    CHECK_EQ(write_now(client, 1), 0);
    available_is(server, QUOTA);
}

TEST(nowait_nobody_reads_bytes) {
    nobody_reads(PIPE_TYPE_BYTE);
}

TEST(nowait_nobody_reads_messages) {
    nobody_reads(PIPE_TYPE_MESSAGE);
}

static void a_big_read_waits(DWORD type) {
    nowait_pair(type);
    CHECK_ERROR(ReadFile(server, buffer, sizeof(buffer), NULL, &reading), ERROR_IO_PENDING);
    CHECK_EQ(write_now(client, QUOTA + 1), QUOTA + 1);
    CHECK_EQ(transferred(server, &reading), QUOTA + 1);
    available_is(server, 0);
}

TEST(nowait_a_big_read_waits_for_bytes) {
    a_big_read_waits(PIPE_TYPE_BYTE);
}

TEST(nowait_a_big_read_waits_for_a_message) {
    a_big_read_waits(PIPE_TYPE_MESSAGE);
}

/* One byte is the reader's, the rest fits. */
static void a_small_read_waits(DWORD type) {
    nowait_pair(type);
    CHECK_ERROR(ReadFile(server, buffer, 1, NULL, &reading), ERROR_IO_PENDING);
    CHECK_EQ(write_now(client, QUOTA + 1), QUOTA + 1);
    CHECK_EQ(transferred(server, &reading), 1);
    available_is(server, QUOTA);
}

TEST(nowait_a_small_read_and_the_rest_fits_bytes) {
    a_small_read_waits(PIPE_TYPE_BYTE);
}

TEST(nowait_a_small_read_and_the_rest_fits_messages) {
    a_small_read_waits(PIPE_TYPE_MESSAGE);
}

TEST(nowait_a_small_read_and_the_rest_does_not_fit_bytes) {
    nowait_pair(PIPE_TYPE_BYTE);
    CHECK_ERROR(ReadFile(server, buffer, 1, NULL, &reading), ERROR_IO_PENDING);
    CHECK_EQ(write_now(client, QUOTA + 2), 1);
    CHECK_EQ(transferred(server, &reading), 1);
    available_is(server, 0);
}

TEST(nowait_a_small_read_and_the_rest_does_not_fit_messages) {
    nowait_pair(PIPE_TYPE_MESSAGE);
    CHECK_ERROR(ReadFile(server, buffer, 1, NULL, &reading), ERROR_IO_PENDING);
    CHECK_EQ(write_now(client, QUOTA + 2), 0);
    CHECK_STILL_WAITING(reading.hEvent); /* it has got nothing */
    CHECK_EQ(write_now(client, 1), 1);
    CHECK_EQ(transferred(server, &reading), 1);
}

TEST(what_is_unread_is_charged) {
    pair_new(PIPE_TYPE_BYTE, QUOTA);
    CHECK_EQ(write_quota(client), QUOTA);
    CHECK_EQ(write_quota(server), QUOTA);
    CHECK_EQ(write_now(client, 100), 100);
    CHECK_EQ(write_quota(client), QUOTA - 100);
    CHECK_EQ(write_quota(server), QUOTA);
    CHECK_EQ(read_now(server, 60), 60);
    CHECK_EQ(write_quota(client), QUOTA - 40);
}

TEST(reads_that_wait_are_charged) {
    pair_new(PIPE_TYPE_BYTE, QUOTA);
    CHECK_ERROR(ReadFile(server, buffer, 100, NULL, &reading), ERROR_IO_PENDING);
    CHECK_EQ(write_quota(client), QUOTA - 100);
    CHECK_EQ(write_quota(server), QUOTA);
    CHECK_OK(CancelIo(server));
    CHECK_SIGNALLED(reading.hEvent);
    CHECK_EQ(write_quota(client), QUOTA);
    CHECK_ERROR(ReadFile(server, buffer, sizeof(buffer), NULL, &reading), ERROR_IO_PENDING);
    CHECK_EQ(write_quota(client), 0);
    CHECK_EQ(write_now(client, 10), 10);
    CHECK_EQ(transferred(server, &reading), 10);
    CHECK_EQ(write_quota(client), QUOTA);
}

TEST(an_anonymous_pipe_has_the_quota_asked_for) {
    CHECK_OK(CreatePipe(&server, &client, NULL, 1));
    CHECK_EQ(local_information(server).InboundQuota, 1);
    CHECK_EQ(local_information(server).OutboundQuota, 1);
    CHECK_EQ(write_quota(client), 1);
}

static DWORD WINAPI flush(void *pipe) {
    SetLastError(0);
    return FlushFileBuffers(pipe) ? 0 : GetLastError();
}

TEST(a_client_flushes_too) {
    DWORD code = POISON;

    pair_new(PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, QUOTA);
    CHECK_OK(FlushFileBuffers(client));
    CHECK_EQ(write_now(client, 0), 0); /* that is something to be read as well */
    HANDLE thread = CreateThread(NULL, 0, flush, client, 0, NULL);
    CHECK_STILL_WAITING(thread);
    CHECK_EQ(read_now(server, sizeof(buffer)), 0);
    CHECK_SIGNALLED(thread);
    CHECK_OK(GetExitCodeThread(thread, &code));
    CHECK_EQ(code, 0);
}

/* ---- the reader goes ---- */

static DWORD WINAPI write_and_wait(void *pipe) {
    static char bytes[2000];
    DWORD n = 0;

    return WriteFile(pipe, bytes, sizeof bytes, &n, NULL) ? 0 : GetLastError();
}

/* What waits is broken off; what comes later finds nobody. */
TEST(a_waiting_write_whose_reader_goes) {
    HANDLE reader, writer, thread;
    DWORD error = POISON, n;

    REQUIRE_OK(CreatePipe(&reader, &writer, NULL, 100));
    thread = CreateThread(NULL, 0, write_and_wait, writer, 0, NULL);
    CHECK_STILL_WAITING(thread);
    CHECK_OK(CloseHandle(reader));
    CHECK_SIGNALLED(thread);
    CHECK_OK(GetExitCodeThread(thread, &error));
    CHECK_EQ(error, ERROR_BROKEN_PIPE);
    CHECK_ERROR(WriteFile(writer, "x", 1, &n, NULL), ERROR_NO_DATA);
    CloseHandle(thread);
    CloseHandle(writer);
}

static void pending_write_ends(BOOL disconnects, DWORD expected) {
    OVERLAPPED overlapped = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
    HANDLE server, client;
    char bytes[250] = {0};
    DWORD n = POISON;

    server = CreateNamedPipeA(own_pipe("goes"), PIPE_ACCESS_DUPLEX, 0, 1, 100, 100, 0, NULL);
    REQUIRE_HANDLE(server);
    client = CreateFileA(own_pipe("goes"), GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
    REQUIRE_HANDLE(client);
    CHECK_ERROR(WriteFile(client, bytes, sizeof bytes, NULL, &overlapped), ERROR_IO_PENDING);
    if (disconnects)
        CHECK_OK(DisconnectNamedPipe(server));
    CHECK_OK(CloseHandle(server));
    CHECK_SIGNALLED(overlapped.hEvent);
    CHECK_ERROR(GetOverlappedResult(client, &overlapped, &n, FALSE), expected);
    CHECK_EQ(n, 0);
    CloseHandle(overlapped.hEvent);
    CloseHandle(client);
}

TEST(a_pending_write_whose_reader_closes) {
    pending_write_ends(FALSE, ERROR_BROKEN_PIPE);
}

TEST(a_pending_write_whose_server_disconnects) {
    pending_write_ends(TRUE, ERROR_PIPE_NOT_CONNECTED);
}
