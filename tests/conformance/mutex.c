/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mutexes: ownership, recursion, abandonment by threads and processes. */
#include "harness.h"

static DWORD WINAPI take_and_end(void *mutex) {
    return WaitForSingleObject(mutex, WAIT_LIMIT_MS);
}

static DWORD WINAPI try_take(void *mutex) {
    const DWORD result = WaitForSingleObject(mutex, 0);

    if (result == WAIT_OBJECT_0)
        ReleaseMutex(mutex);
    return result;
}

static DWORD WINAPI try_release(void *mutex) {
    SetLastError(POISON);
    return ReleaseMutex(mutex) ? 0 : GetLastError();
}

/* Runs a function in a thread of its own and returns what it returned. */
static DWORD in_thread(LPTHREAD_START_ROUTINE run, void *param) {
    DWORD code = POISON;
    HANDLE thread = CreateThread(NULL, 0, run, param, 0, NULL);

    REQUIRE_HANDLE(thread);
    CHECK_SIGNALLED(thread);
    CHECK_OK(GetExitCodeThread(thread, &code));
    CloseHandle(thread);
    return code;
}

TEST(owner_may_take_it_again) {
    HANDLE mutex = CreateMutexW(NULL, TRUE, NULL);

    REQUIRE_HANDLE(mutex);
    CHECK_EQ(WaitForSingleObject(mutex, 0), WAIT_OBJECT_0);
    CHECK_OK(ReleaseMutex(mutex));
    CHECK_EQ(in_thread(try_take, mutex), WAIT_TIMEOUT);
    CHECK_OK(ReleaseMutex(mutex));
    CHECK_EQ(in_thread(try_take, mutex), WAIT_OBJECT_0);
    CHECK_ERROR(ReleaseMutex(mutex), ERROR_NOT_OWNER);
    CloseHandle(mutex);
}

TEST(only_the_owner_releases) {
    HANDLE mutex = CreateMutexA(NULL, TRUE, NULL);

    CHECK_EQ(in_thread(try_release, mutex), ERROR_NOT_OWNER);
    CHECK_OK(ReleaseMutex(mutex));
    CloseHandle(mutex);
}

TEST(abandoned_by_a_thread_once) {
    HANDLE mutex = CreateMutexA(NULL, FALSE, NULL);

    CHECK_EQ(in_thread(take_and_end, mutex), WAIT_OBJECT_0);
    CHECK_EQ(WaitForSingleObject(mutex, WAIT_LIMIT_MS), WAIT_ABANDONED);
    CHECK_EQ(WaitForSingleObject(mutex, 0), WAIT_OBJECT_0);
    CHECK_OK(ReleaseMutex(mutex));
    CHECK_OK(ReleaseMutex(mutex));
    CHECK_EQ(WaitForSingleObject(mutex, 0), WAIT_OBJECT_0);
    CloseHandle(mutex);
}

TEST(abandoned_among_several) {
    HANDLE handles[3] = {
        CreateEventA(NULL, TRUE, FALSE, NULL), CreateMutexA(NULL, FALSE, NULL), CreateEventA(NULL, TRUE, FALSE, NULL)};

    CHECK_EQ(in_thread(take_and_end, handles[1]), WAIT_OBJECT_0);
    CHECK_EQ(WaitForMultipleObjects(3, handles, FALSE, WAIT_LIMIT_MS), WAIT_ABANDONED_0 + 1);
    for (int i = 0; i < 3; i++)
        CloseHandle(handles[i]);
}

TEST(names_and_initial_owner) {
    HANDLE mutex = CreateMutexA(NULL, FALSE, own_name("mutex"));

    REQUIRE_HANDLE(mutex);
    SetLastError(POISON);
    HANDLE again = CreateMutexA(NULL, TRUE, own_name("mutex")); /* exists: the caller does not become its owner */
    CHECK_EQ(GetLastError(), ERROR_ALREADY_EXISTS);
    CHECK_ERROR(ReleaseMutex(again), ERROR_NOT_OWNER);
    CHECK_ERROR(OpenMutexA(MUTEX_ALL_ACCESS, FALSE, own_name("other")), ERROR_FILE_NOT_FOUND);
    CloseHandle(again);
    CloseHandle(mutex);
}

TEST(create_ex) {
    HANDLE mutex = CreateMutexExW(NULL, NULL, CREATE_MUTEX_INITIAL_OWNER, MUTEX_ALL_ACCESS);

    REQUIRE_HANDLE(mutex);
    CHECK_OK(ReleaseMutex(mutex));
    CHECK_ERROR(ReleaseMutex(mutex), ERROR_NOT_OWNER);
    CloseHandle(mutex);
}

TEST(bad_handles) {
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);

    CHECK_ERROR(ReleaseMutex(NULL), ERROR_INVALID_HANDLE);
    CHECK_ERROR(ReleaseMutex(event), ERROR_INVALID_HANDLE);
    CloseHandle(event);
}

ROLE(take_and_die) {
    HANDLE mutex = OpenMutexA(MUTEX_ALL_ACCESS, FALSE, own_name("mutex"));
    HANDLE taken = OpenEventA(EVENT_ALL_ACCESS, FALSE, own_name("taken"));

    REQUIRE_HANDLE(mutex);
    CHECK_EQ(WaitForSingleObject(mutex, WAIT_LIMIT_MS), WAIT_OBJECT_0);
    CHECK_OK(SetEvent(taken));
    if (argc && !strcmp(argv[0], "exit"))
        ExitProcess(0);
    Sleep(INFINITE);
}

TEST(abandoned_by_an_ended_process) {
    HANDLE mutex = CreateMutexA(NULL, FALSE, own_name("mutex"));
    HANDLE taken = CreateEventA(NULL, FALSE, FALSE, own_name("taken"));
    struct child child = spawn_self("take_and_die", "exit");

    CHECK_SIGNALLED(taken);
    CHECK_EQ(WaitForSingleObject(mutex, WAIT_LIMIT_MS), WAIT_ABANDONED);
    CHECK_OK(ReleaseMutex(mutex));
    CHECK_CHILD(child);
    CloseHandle(mutex);
    CloseHandle(taken);
}

TEST(abandoned_by_a_terminated_process) {
    HANDLE mutex = CreateMutexA(NULL, FALSE, own_name("mutex"));
    HANDLE taken = CreateEventA(NULL, FALSE, FALSE, own_name("taken"));
    struct child child = spawn_self("take_and_die", NULL);

    CHECK_SIGNALLED(taken);
    CHECK_UNSIGNALLED(mutex);
    CHECK_OK(TerminateProcess(child.process, 7));
    CHECK_EQ(WaitForSingleObject(mutex, WAIT_LIMIT_MS), WAIT_ABANDONED);
    CHECK_EQ(child_exit_code(&child), 7);
    CloseHandle(mutex);
    CloseHandle(taken);
}

ROLE(count_under_mutex) {
    HANDLE mutex = OpenMutexA(MUTEX_ALL_ACCESS, FALSE, own_name("mutex"));
    HANDLE inside = OpenSemaphoreA(SEMAPHORE_ALL_ACCESS, FALSE, own_name("inside"));

    (void)argc;
    (void)argv;
    REQUIRE_HANDLE(mutex);
    REQUIRE_HANDLE(inside);
    for (int i = 0; i < 500; i++) {
        REQUIRE(WaitForSingleObject(mutex, WAIT_LIMIT_MS) == WAIT_OBJECT_0);
        REQUIRE(WaitForSingleObject(inside, 0) == WAIT_OBJECT_0); /* nobody else is inside */
        REQUIRE(ReleaseSemaphore(inside, 1, NULL));
        REQUIRE(ReleaseMutex(mutex));
    }
}

TEST(excludes_between_processes) {
    HANDLE mutex = CreateMutexA(NULL, FALSE, own_name("mutex"));
    HANDLE inside = CreateSemaphoreA(NULL, 1, 1, own_name("inside"));
    struct child children[3];

    for (int i = 0; i < 3; i++)
        children[i] = spawn_self("count_under_mutex", NULL);
    for (int i = 0; i < 3; i++)
        CHECK_CHILD(children[i]);
    CloseHandle(mutex);
    CloseHandle(inside);
}

/* Makes, opens and closes one name over and over.  If there were ever two objects of that name, two would get in at
 * once. */
ROLE(make_open_close) {
    HANDLE inside = OpenSemaphoreA(SEMAPHORE_ALL_ACCESS, FALSE, own_name("inside"));
    const int rounds = argc > 0 ? atoi(argv[0]) : 0;

    REQUIRE_HANDLE(inside);
    for (int i = 0; i < rounds; i++) {
        HANDLE made = CreateMutexA(NULL, FALSE, own_name("name")), opened;

        REQUIRE_HANDLE(made);
        REQUIRE(WaitForSingleObject(made, WAIT_LIMIT_MS) == WAIT_OBJECT_0);
        REQUIRE(WaitForSingleObject(inside, 0) == WAIT_OBJECT_0);
        opened = OpenMutexA(MUTEX_ALL_ACCESS, FALSE, own_name("NAME"));
        REQUIRE(opened == NULL && GetLastError() == ERROR_FILE_NOT_FOUND); /* case matters */
        opened = OpenMutexA(MUTEX_ALL_ACCESS, FALSE, own_name("name"));
        REQUIRE_HANDLE(opened);
        REQUIRE(ReleaseSemaphore(inside, 1, NULL));
        REQUIRE(ReleaseMutex(opened));
        REQUIRE(CloseHandle(opened));
        REQUIRE(CloseHandle(made));
    }
}

TEST(one_name_is_one_object_among_many_makers) {
    HANDLE inside = CreateSemaphoreA(NULL, 1, 1, own_name("inside"));
    const char *rounds = getenv("LONG") ? "1250" : "100"; /* 10,000 among the eight */
    struct child children[8];

    for (int i = 0; i < 8; i++)
        children[i] = spawn_self("make_open_close", rounds);
    for (int i = 0; i < 8; i++)
        CHECK_CHILD(children[i]);
    CHECK_ERROR(OpenMutexA(SYNCHRONIZE, FALSE, own_name("name")), ERROR_FILE_NOT_FOUND);
    CloseHandle(inside);
}
