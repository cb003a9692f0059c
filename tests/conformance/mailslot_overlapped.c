/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads of mailslots that go on after the call: events, routines, completion ports, time-outs, cancelling.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winbase/nf-winbase-createmailslotw (the handle is
 * overlapped), https://learn.microsoft.com/en-us/windows/win32/api/ioapiset/nf-ioapiset-cancelioex
 */
#include "harness.h"

static HANDLE slot, writer;
static char buffer[32];

static const char *slot_name(void) {
    static char name[200];

    snprintf(name, sizeof name, "\\\\.\\mailslot\\%s", own_name("overlapped"));
    return name;
}

static void slot_open(DWORD timeout) {
    slot = CreateMailslotA(slot_name(), 0, timeout, NULL);
    REQUIRE_HANDLE(slot);
    writer = CreateFileA(slot_name(), GENERIC_WRITE, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    REQUIRE_HANDLE(writer);
}

static void post(const char *text) {
    DWORD n;

    CHECK_OK(WriteFile(writer, text, (DWORD)strlen(text), &n, NULL));
    CHECK_EQ(n, strlen(text));
}

static OVERLAPPED overlapped_new(void) {
    OVERLAPPED overlapped = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};

    REQUIRE_HANDLE(overlapped.hEvent);
    return overlapped;
}

static void read_begin(OVERLAPPED *overlapped, DWORD length) {
    CHECK_ERROR(ReadFile(slot, buffer, length, NULL, overlapped), ERROR_IO_PENDING);
}

static void check_result(OVERLAPPED *overlapped, const char *text) {
    DWORD n = POISON;

    CHECK_SIGNALLED(overlapped->hEvent);
    CHECK_OK(GetOverlappedResult(slot, overlapped, &n, FALSE));
    CHECK_EQ(n, strlen(text));
    CHECK_MEM(buffer, text, strlen(text));
}

/* A read without OVERLAPPED waits, an overlapped one pends; CancelIo and CancelIoEx end it; so does the time. */
TEST(pends_until_a_message_comes) {
    OVERLAPPED overlapped;
    DWORD n, begin;

    slot_open(MAILSLOT_WAIT_FOREVER);
    overlapped = overlapped_new();
    read_begin(&overlapped, sizeof buffer);
    CHECK_STILL_WAITING(overlapped.hEvent);
    CHECK_ERROR(GetOverlappedResult(slot, &overlapped, &n, FALSE), ERROR_IO_INCOMPLETE);
    post("hello");
    check_result(&overlapped, "hello");

    read_begin(&overlapped, sizeof buffer);
    CHECK_OK(CancelIoEx(slot, &overlapped));
    CHECK_SIGNALLED(overlapped.hEvent);
    CHECK_ERROR(GetOverlappedResult(slot, &overlapped, &n, FALSE), ERROR_OPERATION_ABORTED);
    CHECK_ERROR(CancelIoEx(slot, &overlapped), ERROR_NOT_FOUND);
    read_begin(&overlapped, sizeof buffer);
    CHECK_OK(CancelIo(slot));
    CHECK_ERROR(GetOverlappedResult(slot, &overlapped, &n, TRUE), ERROR_OPERATION_ABORTED);

    CHECK_OK(SetMailslotInfo(slot, 200));
    begin = GetTickCount();
    read_begin(&overlapped, sizeof buffer);
    CHECK_SIGNALLED(overlapped.hEvent);
    CHECK(GetTickCount() - begin >= 180);
    CHECK_ERROR(GetOverlappedResult(slot, &overlapped, &n, FALSE), ERROR_SEM_TIMEOUT);
    post("still whole");
    CHECK_OK(ReadFile(slot, buffer, sizeof buffer, &n, NULL));
    CHECK_EQ(n, 11);
}

TEST(there_already) {
    OVERLAPPED overlapped;
    DWORD n;

    slot_open(MAILSLOT_WAIT_FOREVER);
    overlapped = overlapped_new();
    post("first");
    post("");
    if (!ReadFile(slot, buffer, sizeof buffer, NULL, &overlapped))
        CHECK_EQ(GetLastError(), ERROR_IO_PENDING);
    check_result(&overlapped, "first");
    CHECK_OK(ReadFile(slot, buffer, sizeof buffer, &n, &overlapped));
    check_result(&overlapped, "");
}

TEST(no_time_given) {
    OVERLAPPED overlapped;

    slot_open(0);
    overlapped = overlapped_new();
    CHECK_ERROR(ReadFile(slot, buffer, sizeof buffer, NULL, &overlapped), ERROR_SEM_TIMEOUT);
}

/* A message that is too long for the read that waits for it ends that read, and stays. */
TEST(too_long_for_who_waits) {
    OVERLAPPED overlapped;
    DWORD n, next;

    slot_open(MAILSLOT_WAIT_FOREVER);
    overlapped = overlapped_new();
    read_begin(&overlapped, 3);
    post("four");
    CHECK_SIGNALLED(overlapped.hEvent);
    CHECK_ERROR(GetOverlappedResult(slot, &overlapped, &n, FALSE), ERROR_INSUFFICIENT_BUFFER);
    CHECK_OK(GetMailslotInfo(slot, NULL, &next, &n, NULL));
    CHECK_EQ(next, 4);
    CHECK_EQ(n, 1);
    CHECK_OK(ReadFile(slot, buffer, sizeof buffer, &n, NULL));
    CHECK_EQ(n, 4);
}

/* Reads get the messages in the order in which they began to wait. */
TEST(several_wait) {
    enum { READS = 5 };
    OVERLAPPED overlapped[READS];
    char got[READS][8];
    DWORD n;

    slot_open(MAILSLOT_WAIT_FOREVER);
    for (unsigned i = 0; i < READS; i++) {
        overlapped[i] = overlapped_new();
        CHECK_ERROR(ReadFile(slot, got[i], sizeof got[i], NULL, &overlapped[i]), ERROR_IO_PENDING);
    }
    CHECK_OK(CancelIoEx(slot, &overlapped[1]));
    for (unsigned i = 0; i < READS - 1; i++) {
        const char text[2] = {(char)('a' + i), 0};

        post(text);
    }
    for (unsigned i = 0, k = 0; i < READS; i++) {
        CHECK_SIGNALLED(overlapped[i].hEvent);
        if (i == 1) {
            CHECK_ERROR(GetOverlappedResult(slot, &overlapped[i], &n, FALSE), ERROR_OPERATION_ABORTED);
            continue;
        }
        CHECK_OK(GetOverlappedResult(slot, &overlapped[i], &n, FALSE));
        CHECK_EQ(n, 1);
        CHECK_EQ(got[i][0], (char)('a' + k++));
    }
}

/* Each read has the time that was set when it began. */
TEST(different_times) {
    OVERLAPPED longer, shorter;
    char other[8];
    DWORD n;

    slot_open(MAILSLOT_WAIT_FOREVER);
    longer = overlapped_new();
    shorter = overlapped_new();
    read_begin(&longer, sizeof buffer);
    CHECK_OK(SetMailslotInfo(slot, 150));
    CHECK_ERROR(ReadFile(slot, other, sizeof other, NULL, &shorter), ERROR_IO_PENDING);
    CHECK_SIGNALLED(shorter.hEvent);
    CHECK_ERROR(GetOverlappedResult(slot, &shorter, &n, FALSE), ERROR_SEM_TIMEOUT);
    CHECK_UNSIGNALLED(longer.hEvent);
    post("late");
    check_result(&longer, "late");
}

static DWORD routine_error, routine_bytes;
static OVERLAPPED *routine_overlapped;

static void CALLBACK routine(DWORD error, DWORD bytes, OVERLAPPED *overlapped) {
    routine_error = error;
    routine_bytes = bytes;
    routine_overlapped = overlapped;
}

TEST(completion_routine) {
    OVERLAPPED overlapped = {0};

    slot_open(MAILSLOT_WAIT_FOREVER);
    CHECK_OK(ReadFileEx(slot, buffer, sizeof buffer, &overlapped, routine));
    CHECK_EQ(SleepEx(0, TRUE), 0);
    post("routine");
    CHECK_EQ(SleepEx(WAIT_LIMIT_MS, TRUE), WAIT_IO_COMPLETION);
    CHECK(routine_overlapped == &overlapped);
    CHECK_EQ(routine_error, 0);
    CHECK_EQ(routine_bytes, 7);
    CHECK_MEM(buffer, "routine", 7);

    CHECK_OK(SetMailslotInfo(slot, 50));
    CHECK_OK(ReadFileEx(slot, buffer, sizeof buffer, &overlapped, routine));
    CHECK_EQ(SleepEx(WAIT_LIMIT_MS, TRUE), WAIT_IO_COMPLETION);
    CHECK_EQ(routine_error, ERROR_SEM_TIMEOUT);
    CHECK_EQ(routine_bytes, 0);
}

TEST(completion_port) {
    OVERLAPPED overlapped = {0}, *got;
    HANDLE port;
    ULONG_PTR key;
    DWORD n;

    slot_open(MAILSLOT_WAIT_FOREVER);
    port = CreateIoCompletionPort(slot, NULL, 77, 1);
    REQUIRE_HANDLE(port);
    read_begin(&overlapped, sizeof buffer);
    CHECK_ERROR(GetQueuedCompletionStatus(port, &n, &key, &got, 0), WAIT_TIMEOUT);
    post("packet");
    CHECK_OK(GetQueuedCompletionStatus(port, &n, &key, &got, WAIT_LIMIT_MS));
    CHECK_EQ(n, 6);
    CHECK_EQ(key, 77);
    CHECK(got == &overlapped);

    CHECK_OK(SetMailslotInfo(slot, 50));
    read_begin(&overlapped, sizeof buffer);
    got = NULL;
    CHECK_ERROR(GetQueuedCompletionStatus(port, &n, &key, &got, WAIT_LIMIT_MS), ERROR_SEM_TIMEOUT);
    CHECK(got == &overlapped);
}

static DWORD WINAPI read_in_thread(void *result) {
    DWORD n;

    return ReadFile(slot, result, 16, &n, NULL) ? n : 1000 + GetLastError();
}

/* A call without OVERLAPPED waits for its own message, in whatever thread. */
TEST(waits_in_a_thread) {
    char result[16] = "";
    HANDLE thread;
    DWORD code;

    slot_open(MAILSLOT_WAIT_FOREVER);
    thread = CreateThread(NULL, 0, read_in_thread, result, 0, NULL);
    REQUIRE_HANDLE(thread);
    CHECK_STILL_WAITING(thread);
    post("thread");
    CHECK_SIGNALLED(thread);
    CHECK_OK(GetExitCodeThread(thread, &code));
    CHECK_EQ(code, 6);
    CHECK_MEM(result, "thread", 6);
}

/* The last handle's end ends what is pending. */
TEST(closed_while_pending) {
    OVERLAPPED overlapped;

    slot_open(MAILSLOT_WAIT_FOREVER);
    overlapped = overlapped_new();
    read_begin(&overlapped, sizeof buffer);
    CHECK_OK(CloseHandle(slot));
    CHECK_SIGNALLED(overlapped.hEvent);
    CHECK_EQ(overlapped.Internal, 0xc0000120); /* STATUS_CANCELLED */
    CHECK_EQ(overlapped.InternalHigh, 0);
}
