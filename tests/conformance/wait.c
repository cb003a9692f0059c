/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Waits: any and all, their parameters, alertable waits and APCs, SignalObjectAndWait. */
#include "harness.h"

static HANDLE event_new(BOOL manual, BOOL set) {
    HANDLE event = CreateEventA(NULL, manual, set, NULL);

    REQUIRE_HANDLE(event);
    return event;
}

TEST(any_takes_the_first_only) {
    HANDLE handles[3] = {event_new(FALSE, FALSE), event_new(FALSE, TRUE), event_new(FALSE, TRUE)};

    CHECK_EQ(WaitForMultipleObjects(3, handles, FALSE, 0), WAIT_OBJECT_0 + 1);
    CHECK_UNSIGNALLED(handles[1]);
    CHECK_EQ(WaitForMultipleObjects(3, handles, FALSE, 0), WAIT_OBJECT_0 + 2);
    CHECK_EQ(WaitForMultipleObjects(3, handles, FALSE, 0), WAIT_TIMEOUT);
    CHECK_EQ(WaitForMultipleObjects(3, handles, FALSE, 20), WAIT_TIMEOUT);
}

TEST(all_takes_all_or_nothing) {
    HANDLE handles[3] = {event_new(FALSE, TRUE), event_new(FALSE, FALSE), CreateSemaphoreA(NULL, 1, 1, NULL)};

    CHECK_EQ(WaitForMultipleObjects(3, handles, TRUE, 0), WAIT_TIMEOUT);
    CHECK_EQ(WaitForMultipleObjects(3, handles, TRUE, 20), WAIT_TIMEOUT);
    CHECK_OK(SetEvent(handles[1]));
    CHECK_EQ(WaitForMultipleObjects(3, handles, TRUE, 0), WAIT_OBJECT_0);
    for (int i = 0; i < 3; i++)
        CHECK_UNSIGNALLED(handles[i]);
}

struct wait_all {
    HANDLE handles[3], started;
    DWORD count;
};

static DWORD WINAPI wait_for_all(void *param) {
    struct wait_all *wait = param;

    SetEvent(wait->started);
    return WaitForMultipleObjects(wait->count, wait->handles, TRUE, WAIT_LIMIT_MS);
}

static DWORD thread_result(HANDLE thread) {
    DWORD code = POISON;

    CHECK_SIGNALLED(thread);
    CHECK_OK(GetExitCodeThread(thread, &code));
    return code;
}

TEST(a_wait_for_all_leaves_the_objects_to_others_until_it_ends) {
    struct wait_all wait = {{event_new(FALSE, TRUE), event_new(FALSE, FALSE)}, event_new(TRUE, FALSE), 2};
    HANDLE thread = CreateThread(NULL, 0, wait_for_all, &wait, 0, NULL);

    CHECK_SIGNALLED(wait.started);
    CHECK_EQ(WaitForSingleObject(wait.handles[0], 0), WAIT_OBJECT_0);
    CHECK_OK(SetEvent(wait.handles[1]));
    CHECK_EQ(WaitForSingleObject(thread, SHORT_WAIT_MS), WAIT_TIMEOUT);
    CHECK_EQ(WaitForSingleObject(wait.handles[1], 0), WAIT_OBJECT_0);
    CHECK_OK(SetEvent(wait.handles[0]));
    CHECK_OK(SetEvent(wait.handles[1]));
    CHECK_EQ(thread_result(thread), WAIT_OBJECT_0);
    CHECK_UNSIGNALLED(wait.handles[0]);
    CHECK_UNSIGNALLED(wait.handles[1]);
}

TEST(a_wait_for_all_takes_one_from_each) {
    HANDLE semaphore = CreateSemaphoreA(NULL, 5, 5, NULL), mutex = CreateMutexA(NULL, TRUE, NULL), manual = event_new(TRUE, TRUE);
    HANDLE handles[3] = {semaphore, mutex, manual};
    LONG before = POISON;

    CHECK_EQ(WaitForMultipleObjects(3, handles, TRUE, 0), WAIT_OBJECT_0);
    CHECK_OK(ReleaseSemaphore(semaphore, 1, &before));
    CHECK_EQ(before, 4);
    CHECK_SIGNALLED(manual);
    /* owned twice now */
    CHECK_OK(ReleaseMutex(mutex));
    CHECK_OK(ReleaseMutex(mutex));
    CHECK_ERROR(ReleaseMutex(mutex), ERROR_NOT_OWNER);
}

static DWORD WINAPI take_and_end(void *mutex) {
    return WaitForSingleObject(mutex, WAIT_LIMIT_MS);
}

TEST(a_wait_for_all_tells_of_an_abandoned_mutex) {
    HANDLE handles[2] = {event_new(FALSE, TRUE), CreateMutexA(NULL, FALSE, NULL)};

    CHECK_EQ(thread_result(CreateThread(NULL, 0, take_and_end, handles[1], 0, NULL)), WAIT_OBJECT_0);
    CHECK_EQ(WaitForMultipleObjects(2, handles, TRUE, WAIT_LIMIT_MS), WAIT_ABANDONED_0);
    CHECK_UNSIGNALLED(handles[0]);
    CHECK_OK(ReleaseMutex(handles[1]));
    CHECK_OK(SetEvent(handles[0]));
    CHECK_EQ(WaitForMultipleObjects(2, handles, TRUE, WAIT_LIMIT_MS), WAIT_OBJECT_0);
}

TEST(bad_parameters) {
    HANDLE handles[65];

    for (int i = 0; i < 65; i++)
        handles[i] = event_new(TRUE, TRUE);
    SetLastError(POISON);
    CHECK_EQ(WaitForMultipleObjects(0, handles, FALSE, 0), WAIT_FAILED);
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    SetLastError(POISON);
    CHECK_EQ(WaitForMultipleObjects(65, handles, FALSE, 0), WAIT_FAILED);
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    CHECK_EQ(WaitForMultipleObjects(64, handles, TRUE, 0), WAIT_OBJECT_0);
    handles[1] = handles[0];
    SetLastError(POISON);
    CHECK_EQ(WaitForMultipleObjects(2, handles, TRUE, 0), WAIT_FAILED);
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    CHECK_EQ(WaitForMultipleObjects(2, handles, FALSE, 0), WAIT_OBJECT_0);
    handles[1] = NULL;
    SetLastError(POISON);
    CHECK_EQ(WaitForMultipleObjects(2, handles, FALSE, 0), WAIT_FAILED);
    CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
}

static DWORD WINAPI set_event(void *event) {
    return SetEvent(event);
}

TEST(the_last_of_64_wakes) {
    HANDLE handles[64];

    for (int i = 0; i < 64; i++)
        handles[i] = event_new(FALSE, FALSE);
    HANDLE thread = CreateThread(NULL, 0, set_event, handles[63], 0, NULL);
    CHECK_EQ(WaitForMultipleObjects(64, handles, FALSE, WAIT_LIMIT_MS), WAIT_OBJECT_0 + 63);
    CHECK_SIGNALLED(thread);
}

static LONG apcs_run;

static void CALLBACK count_apc(ULONG_PTR param) {
    apcs_run += (LONG)param;
}

TEST(apcs_run_in_alertable_waits_only) {
    HANDLE event = event_new(TRUE, FALSE);

    CHECK_OK(QueueUserAPC(count_apc, GetCurrentThread(), 1));
    CHECK_OK(QueueUserAPC(count_apc, GetCurrentThread(), 10));
    CHECK_EQ(WaitForSingleObject(event, 0), WAIT_TIMEOUT);
    CHECK_EQ(apcs_run, 0);
    CHECK_EQ(WaitForSingleObjectEx(event, WAIT_LIMIT_MS, TRUE), WAIT_IO_COMPLETION);
    CHECK_EQ(apcs_run, 11);
    CHECK_EQ(SleepEx(0, TRUE), 0);
    CHECK_OK(QueueUserAPC(count_apc, GetCurrentThread(), 100));
    CHECK_EQ(SleepEx(INFINITE, TRUE), WAIT_IO_COMPLETION);
    CHECK_EQ(apcs_run, 111);
}

static DWORD WINAPI sleep_alertably(void *started) {
    SetEvent(started);
    return SleepEx(WAIT_LIMIT_MS, TRUE);
}

TEST(an_apc_wakes_another_thread) {
    HANDLE started = event_new(TRUE, FALSE);
    HANDLE thread = CreateThread(NULL, 0, sleep_alertably, started, 0, NULL);
    DWORD code = POISON;

    CHECK_SIGNALLED(started);
    CHECK_OK(QueueUserAPC(count_apc, thread, 5));
    CHECK_SIGNALLED(thread);
    CHECK_OK(GetExitCodeThread(thread, &code));
    CHECK_EQ(code, WAIT_IO_COMPLETION);
    CHECK_EQ(apcs_run, 5);
}

TEST(signal_and_wait) {
    HANDLE first = event_new(TRUE, FALSE), second = event_new(TRUE, TRUE), mutex = CreateMutexA(NULL, FALSE, NULL);
    HANDLE full = CreateSemaphoreA(NULL, 1, 1, NULL);

    CHECK_EQ(SignalObjectAndWait(first, second, 0, FALSE), WAIT_OBJECT_0);
    CHECK_EQ(WaitForSingleObject(first, 0), WAIT_OBJECT_0);
    CHECK_OK(ResetEvent(second));
    CHECK_EQ(SignalObjectAndWait(first, second, 0, FALSE), WAIT_TIMEOUT);
    SetLastError(POISON);
    CHECK_EQ(SignalObjectAndWait(mutex, second, 0, FALSE), WAIT_FAILED);
    CHECK_EQ(GetLastError(), ERROR_NOT_OWNER);
    SetLastError(POISON);
    CHECK_EQ(SignalObjectAndWait(full, second, 0, FALSE), WAIT_FAILED);
    CHECK_EQ(GetLastError(), ERROR_TOO_MANY_POSTS);
}

struct ping_pong {
    HANDLE ping, pong;
    int rounds;
};

static DWORD WINAPI ping_pong_answer(void *param) {
    struct ping_pong *game = param;

    for (int i = 0; i < game->rounds; i++) {
        if (WaitForSingleObject(game->ping, WAIT_LIMIT_MS) != WAIT_OBJECT_0)
            return 1;
        SetEvent(game->pong);
    }
    return 0;
}

TEST(two_threads_take_turns) {
    struct ping_pong game = {event_new(FALSE, FALSE), event_new(FALSE, FALSE), 5000};
    HANDLE thread = CreateThread(NULL, 0, ping_pong_answer, &game, 0, NULL);

    for (int i = 0; i < game.rounds; i++) {
        CHECK_OK(SetEvent(game.ping));
        REQUIRE(WaitForSingleObject(game.pong, WAIT_LIMIT_MS) == WAIT_OBJECT_0);
    }
    CHECK_SIGNALLED(thread);
}
