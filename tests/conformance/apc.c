/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* User APCs. */
#include "harness.h"

static char order[16];

static void CALLBACK note(ULONG_PTR letter) {
    order[strlen(order)] = (char)letter;
}

TEST(in_order_and_only_when_alertable) {
    for (int i = 0; i < 3; i++)
        CHECK_OK(QueueUserAPC(note, GetCurrentThread(), 'a' + i));
    Sleep(0);
    CHECK_EQ(WaitForSingleObject(GetCurrentThread(), 0), WAIT_TIMEOUT);
    CHECK_STR(order, "");
    CHECK_EQ(SleepEx(0, TRUE), WAIT_IO_COMPLETION);
    CHECK_STR(order, "abc");
    CHECK_EQ(SleepEx(0, TRUE), 0);
}

TEST(each_alertable_wait_runs_them) {
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL), other = CreateEventA(NULL, TRUE, FALSE, NULL),
           both[2] = {event, other};

    CHECK_OK(QueueUserAPC(note, GetCurrentThread(), 'a'));
    CHECK_EQ(WaitForSingleObjectEx(event, WAIT_LIMIT_MS, TRUE), WAIT_IO_COMPLETION);
    CHECK_OK(QueueUserAPC(note, GetCurrentThread(), 'b'));
    CHECK_EQ(WaitForMultipleObjectsEx(2, both, FALSE, WAIT_LIMIT_MS, TRUE), WAIT_IO_COMPLETION);
    CHECK_OK(QueueUserAPC(note, GetCurrentThread(), 'c'));
    CHECK_EQ(WaitForMultipleObjectsEx(2, both, TRUE, WAIT_LIMIT_MS, TRUE), WAIT_IO_COMPLETION);
    CHECK_OK(QueueUserAPC(note, GetCurrentThread(), 'd'));
    CHECK_EQ(SignalObjectAndWait(event, other, WAIT_LIMIT_MS, TRUE), WAIT_IO_COMPLETION);
    CHECK_STR(order, "abcd");
    CHECK_EQ(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
}

TEST(a_signalled_object_comes_first) {
    HANDLE event = CreateEventA(NULL, TRUE, TRUE, NULL);

    CHECK_OK(QueueUserAPC(note, GetCurrentThread(), 'a'));
    CHECK_EQ(WaitForSingleObjectEx(event, WAIT_LIMIT_MS, TRUE), WAIT_OBJECT_0);
    CHECK_STR(order, "");
}

static void CALLBACK note_and_queue(ULONG_PTR letter) {
    note(letter);
    CHECK_OK(QueueUserAPC(note, GetCurrentThread(), letter + 1));
}

TEST(one_that_an_apc_queues) {
    CHECK_OK(QueueUserAPC(note_and_queue, GetCurrentThread(), 'a'));
    CHECK_EQ(SleepEx(0, TRUE), WAIT_IO_COMPLETION);
    CHECK_STR(order, "ab");
}

static void CALLBACK nested(ULONG_PTR letter) {
    note(letter);
    CHECK_EQ(SleepEx(0, TRUE), WAIT_IO_COMPLETION);
    note(letter + 1);
}

TEST(an_alertable_wait_inside_an_apc) {
    CHECK_OK(QueueUserAPC(nested, GetCurrentThread(), 'a'));
    CHECK_OK(QueueUserAPC(note, GetCurrentThread(), 'x'));
    CHECK_EQ(SleepEx(0, TRUE), WAIT_IO_COMPLETION);
    CHECK_STR(order, "axb");
}

static DWORD WINAPI sleep_alertably(void *event) {
    if (event)
        SetEvent(event);
    return SleepEx(WAIT_LIMIT_MS, TRUE);
}

TEST(another_thread_is_woken) {
    HANDLE started = CreateEventA(NULL, FALSE, FALSE, NULL),
           thread = CreateThread(NULL, 0, sleep_alertably, started, 0, NULL);
    DWORD code;

    CHECK_SIGNALLED(started);
    CHECK_STILL_WAITING(thread);
    CHECK_OK(QueueUserAPC(note, thread, 'a'));
    CHECK_SIGNALLED(thread);
    CHECK_OK(GetExitCodeThread(thread, &code));
    CHECK_EQ(code, WAIT_IO_COMPLETION);
    CHECK_STR(order, "a");
}

static DWORD WINAPI note_start(void *unused) {
    (void)unused;
    note('s');
    return 0;
}

TEST(before_the_thread_begins) {
    HANDLE thread = CreateThread(NULL, 0, note_start, NULL, CREATE_SUSPENDED, NULL);

    CHECK_OK(QueueUserAPC(note, thread, 'a'));
    CHECK_OK(QueueUserAPC(note, thread, 'b'));
    CHECK_EQ(ResumeThread(thread), 1);
    CHECK_SIGNALLED(thread);
    CHECK_STR(order, "abs");
}

TEST(a_thread_that_has_ended) {
    HANDLE thread = CreateThread(NULL, 0, note_start, NULL, 0, NULL);

    CHECK_SIGNALLED(thread);
    CHECK_ERROR(QueueUserAPC(note, thread, 'a'), ERROR_GEN_FAILURE);
    CHECK_STR(order, "s");
}

TEST(wrong_handles) {
    HANDLE event = CreateEventA(NULL, TRUE, TRUE, NULL);

    CHECK_ERROR(QueueUserAPC(note, NULL, 0), ERROR_INVALID_HANDLE);
    CHECK_ERROR(QueueUserAPC(note, event, 0), ERROR_INVALID_HANDLE);
}

static volatile LONG count;

static void CALLBACK count_one(ULONG_PTR unused) {
    (void)unused;
    count++;
}

static DWORD WINAPI take_ten_thousand(void *unused) {
    (void)unused;
    while (count < 10000)
        if (SleepEx(WAIT_LIMIT_MS, TRUE) != WAIT_IO_COMPLETION)
            return 1;
    return 0;
}

TEST(ten_thousand) {
    HANDLE thread = CreateThread(NULL, 0, take_ten_thousand, NULL, 0, NULL);
    DWORD code;

    for (int i = 0; i < 10000; i++)
        REQUIRE_OK(QueueUserAPC(count_one, thread, 0));
    CHECK_SIGNALLED(thread);
    CHECK_OK(GetExitCodeThread(thread, &code));
    CHECK_EQ(code, 0);
}
