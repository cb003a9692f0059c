/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Waits for objects or input, in a thread to which no input comes. */
#include "harness.h"

static HANDLE event_new(BOOL set) {
    HANDLE event = CreateEventA(NULL, FALSE, set, NULL);

    REQUIRE_HANDLE(event);
    return event;
}

TEST(an_object_ends_the_wait) {
    HANDLE handles[2] = {event_new(FALSE), event_new(TRUE)};

    CHECK_EQ(MsgWaitForMultipleObjects(2, handles, FALSE, 0, QS_ALLINPUT), WAIT_OBJECT_0 + 1);
    CHECK_EQ(MsgWaitForMultipleObjects(2, handles, FALSE, 0, QS_ALLINPUT), WAIT_TIMEOUT);
    CHECK_OK(SetEvent(handles[0]));
    CHECK_EQ(MsgWaitForMultipleObjectsEx(2, handles, INFINITE, QS_ALLINPUT, MWMO_INPUTAVAILABLE), WAIT_OBJECT_0);
}

TEST(without_input_it_waits_for_the_whole_time) {
    const ULONGLONG before = GetTickCount64();

    CHECK_EQ(MsgWaitForMultipleObjects(0, NULL, FALSE, 60, QS_ALLINPUT), WAIT_TIMEOUT);
    CHECK(GetTickCount64() - before >= 30); /* a clock of 15.6 ms, and half of what was asked for */
    CHECK_EQ(MsgWaitForMultipleObjectsEx(0, NULL, 0, QS_ALLINPUT, 0), WAIT_TIMEOUT);
}

TEST(all_means_input_too_and_takes_nothing_without_it) {
    HANDLE handles[2] = {event_new(TRUE), event_new(TRUE)};

    CHECK_EQ(MsgWaitForMultipleObjects(2, handles, TRUE, 10, QS_ALLINPUT), WAIT_TIMEOUT);
    CHECK_EQ(MsgWaitForMultipleObjectsEx(2, handles, 10, QS_ALLINPUT, MWMO_WAITALL), WAIT_TIMEOUT);
    CHECK_SIGNALLED(handles[0]);
    CHECK_SIGNALLED(handles[1]);
}

static void CALLBACK note(ULONG_PTR flag) {
    *(DWORD *)flag += 1;
}

TEST(an_apc_ends_an_alertable_wait_only) {
    DWORD noted = 0;

    CHECK(QueueUserAPC(note, GetCurrentThread(), (ULONG_PTR)&noted));
    CHECK_EQ(MsgWaitForMultipleObjectsEx(0, NULL, 0, QS_ALLINPUT, 0), WAIT_TIMEOUT);
    CHECK_EQ(noted, 0);
    CHECK_EQ(MsgWaitForMultipleObjectsEx(0, NULL, INFINITE, QS_ALLINPUT, MWMO_ALERTABLE), WAIT_IO_COMPLETION);
    CHECK_EQ(noted, 1);
}

static DWORD WINAPI own_and_end(void *mutex) {
    return WaitForSingleObject(mutex, INFINITE);
}

TEST(an_abandoned_mutex_is_reported) {
    HANDLE mutex = CreateMutexA(NULL, FALSE, NULL), thread;

    thread = CreateThread(NULL, 0, own_and_end, mutex, 0, NULL);
    REQUIRE_HANDLE(thread);
    CHECK_SIGNALLED(thread);
    CHECK_EQ(MsgWaitForMultipleObjects(1, &mutex, FALSE, 0, QS_ALLINPUT), WAIT_ABANDONED_0);
    CHECK_OK(ReleaseMutex(mutex));
}

TEST(bad_parameters) {
    HANDLE handles[MAXIMUM_WAIT_OBJECTS], closed = event_new(FALSE);

    for (int i = 0; i < MAXIMUM_WAIT_OBJECTS; i++)
        handles[i] = event_new(i == MAXIMUM_WAIT_OBJECTS - 2);
    CHECK_EQ(MsgWaitForMultipleObjects(MAXIMUM_WAIT_OBJECTS - 1, handles, FALSE, 0, QS_ALLINPUT), WAIT_OBJECT_0 + MAXIMUM_WAIT_OBJECTS - 2);
    CHECK_ERROR(MsgWaitForMultipleObjects(MAXIMUM_WAIT_OBJECTS, handles, FALSE, 0, QS_ALLINPUT) != WAIT_FAILED, ERROR_INVALID_PARAMETER);
    CHECK_OK(CloseHandle(closed));
    CHECK_ERROR(MsgWaitForMultipleObjects(1, &closed, FALSE, 0, QS_ALLINPUT) != WAIT_FAILED, ERROR_INVALID_HANDLE);
}
