/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Handles that are stale, of the wrong type, without the right that is needed, pseudo handles in waits; many handles.
 */
#include "harness.h"

enum { EVENT, MUTEX, SEMAPHORE, TIMER, PORT, PROCESS, THREAD, SECTION, FILE_PIPE, KINDS };

static void one_of_each(HANDLE handle[KINDS]) {
    HANDLE writer;

    handle[EVENT] = CreateEventA(NULL, TRUE, FALSE, NULL);
    handle[MUTEX] = CreateMutexA(NULL, FALSE, NULL);
    handle[SEMAPHORE] = CreateSemaphoreA(NULL, 0, 5, NULL);
    handle[TIMER] = CreateWaitableTimerA(NULL, TRUE, NULL);
    handle[PORT] = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    handle[PROCESS] = OpenProcess(PROCESS_ALL_ACCESS, FALSE, GetCurrentProcessId());
    handle[THREAD] = OpenThread(THREAD_ALL_ACCESS, FALSE, GetCurrentThreadId());
    handle[SECTION] = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 1, NULL);
    REQUIRE(CreatePipe(&handle[FILE_PIPE], &writer, NULL, 0));
    for (int i = 0; i < KINDS; i++)
        REQUIRE_HANDLE(handle[i]);
}

/* Each function on each object that is not of its type: STATUS_OBJECT_TYPE_MISMATCH is ERROR_INVALID_HANDLE. */
TEST(the_wrong_type) {
    const LARGE_INTEGER now = {.QuadPart = 0};
    HANDLE handle[KINDS];
    OVERLAPPED *overlapped;
    ULONG_PTR key;
    DWORD n;

    one_of_each(handle);
    for (int i = 0; i < KINDS; i++) {
        if (i != EVENT) {
            CHECK_ERROR(SetEvent(handle[i]), ERROR_INVALID_HANDLE);
            CHECK_ERROR(ResetEvent(handle[i]), ERROR_INVALID_HANDLE);
            CHECK_ERROR(PulseEvent(handle[i]), ERROR_INVALID_HANDLE);
        }
        if (i != MUTEX)
            CHECK_ERROR(ReleaseMutex(handle[i]), ERROR_INVALID_HANDLE);
        if (i != SEMAPHORE)
            CHECK_ERROR(ReleaseSemaphore(handle[i], 1, NULL), ERROR_INVALID_HANDLE);
        if (i != TIMER) {
            CHECK_ERROR(SetWaitableTimer(handle[i], &now, 0, NULL, NULL, FALSE), ERROR_INVALID_HANDLE);
            CHECK_ERROR(CancelWaitableTimer(handle[i]), ERROR_INVALID_HANDLE);
        }
        if (i != PORT) {
            CHECK_ERROR(PostQueuedCompletionStatus(handle[i], 0, 0, NULL), ERROR_INVALID_HANDLE);
            CHECK_ERROR(GetQueuedCompletionStatus(handle[i], &n, &key, &overlapped, 0), ERROR_INVALID_HANDLE);
        }
        if (i != PROCESS) {
            CHECK_ERROR(GetExitCodeProcess(handle[i], &n), ERROR_INVALID_HANDLE);
            CHECK_ERROR(TerminateProcess(handle[i], 1), ERROR_INVALID_HANDLE);
        }
        if (i != THREAD) {
            CHECK_ERROR(GetExitCodeThread(handle[i], &n), ERROR_INVALID_HANDLE);
            CHECK_EQ(ResumeThread(handle[i]), (DWORD)-1);
        }
        if (i != SECTION)
            CHECK_ERROR(MapViewOfFile(handle[i], FILE_MAP_READ, 0, 0, 0), ERROR_INVALID_HANDLE);
        if (i != FILE_PIPE) {
            CHECK_ERROR(ReadFile(handle[i], &n, 1, &n, NULL), ERROR_INVALID_HANDLE);
            CHECK_ERROR(FlushFileBuffers(handle[i]), ERROR_INVALID_HANDLE);
        }
    }
}

/* A handle's values are multiples of 4; the low two bits are the program's own. */
TEST(the_low_bits_do_not_count) {
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    DWORD flags;

    CHECK_EQ((ULONG_PTR)event % 4, 0);
    for (ULONG_PTR tag = 1; tag < 4; tag++) {
        const HANDLE tagged = (HANDLE)((ULONG_PTR)event | tag);

        CHECK_OK(SetEvent(tagged));
        CHECK_EQ(WaitForSingleObject(tagged, 0), WAIT_OBJECT_0);
        CHECK_OK(ResetEvent(event));
        CHECK_OK(GetHandleInformation(tagged, &flags));
    }
    CHECK_OK(CloseHandle((HANDLE)((ULONG_PTR)event | 3)));
    CHECK_ERROR(SetEvent(event), ERROR_INVALID_HANDLE);
}

TEST(what_is_no_handle) {
    const HANDLE none[] = {NULL, (HANDLE)(ULONG_PTR)0x7ffffffc, (HANDLE)(LONG_PTR)-1000};
    HANDLE pair[2] = {CreateEventA(NULL, TRUE, TRUE, NULL)};

    for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++) {
        SetLastError(POISON);
        CHECK_EQ(WaitForSingleObject(none[i], 0), WAIT_FAILED);
        CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
        pair[1] = none[i];
        SetLastError(POISON);
        CHECK_EQ(WaitForMultipleObjects(2, pair, FALSE, 0), WAIT_FAILED);
        CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
        CHECK_ERROR(SetEvent(none[i]), ERROR_INVALID_HANDLE);
    }
}

/* What was closed in another thread, or long ago: another object may have the value by now, but it is never the old
 * one. */
TEST(a_stale_handle) {
    HANDLE stale = CreateMutexA(NULL, FALSE, NULL), event;

    CHECK_OK(CloseHandle(stale));
    CHECK_ERROR(ReleaseMutex(stale), ERROR_INVALID_HANDLE);
    SetLastError(POISON);
    CHECK_EQ(WaitForSingleObject(stale, 0), WAIT_FAILED);
    CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
    event = CreateEventA(NULL, TRUE, FALSE, NULL);
    CHECK_ERROR(ReleaseMutex(stale), ERROR_INVALID_HANDLE); /* also when it is the event's value now */
    CHECK_OK(CloseHandle(event));
}

static HANDLE less(HANDLE handle, DWORD access) {
    HANDLE copy = NULL;

    REQUIRE_OK(DuplicateHandle(GetCurrentProcess(), handle, GetCurrentProcess(), &copy, access, FALSE, 0));
    return copy;
}

#define CHECK_WAIT_DENIED(handle)                                                                                      \
    (SetLastError(POISON), CHECK_EQ(WaitForSingleObject(handle, 0), WAIT_FAILED),                                      \
        CHECK_EQ(GetLastError(), ERROR_ACCESS_DENIED))

TEST(access_that_is_needed) {
    const LARGE_INTEGER now = {.QuadPart = 0};
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL), mutex = CreateMutexA(NULL, TRUE, NULL);
    HANDLE semaphore = CreateSemaphoreA(NULL, 0, 5, NULL), timer = CreateWaitableTimerA(NULL, TRUE, NULL);
    HANDLE pair[2];
    DWORD n;

    CHECK_ERROR(SetEvent(less(event, SYNCHRONIZE)), ERROR_ACCESS_DENIED);
    CHECK_ERROR(ResetEvent(less(event, SYNCHRONIZE)), ERROR_ACCESS_DENIED);
    CHECK_ERROR(PulseEvent(less(event, SYNCHRONIZE)), ERROR_ACCESS_DENIED);
    CHECK_OK(SetEvent(less(event, EVENT_MODIFY_STATE)));
    CHECK_WAIT_DENIED(less(event, EVENT_MODIFY_STATE));
    CHECK_ERROR(ReleaseSemaphore(less(semaphore, SYNCHRONIZE), 1, NULL), ERROR_ACCESS_DENIED);
    CHECK_OK(ReleaseSemaphore(less(semaphore, SEMAPHORE_MODIFY_STATE), 1, NULL));
    CHECK_WAIT_DENIED(less(semaphore, SEMAPHORE_MODIFY_STATE));
    CHECK_ERROR(SetWaitableTimer(less(timer, SYNCHRONIZE), &now, 0, NULL, NULL, FALSE), ERROR_ACCESS_DENIED);
    CHECK_ERROR(CancelWaitableTimer(less(timer, SYNCHRONIZE)), ERROR_ACCESS_DENIED);
    CHECK_WAIT_DENIED(less(timer, TIMER_MODIFY_STATE));
    /* to own a mutex is the right to release it */
    CHECK_WAIT_DENIED(less(mutex, MUTEX_MODIFY_STATE));
    CHECK_OK(ReleaseMutex(less(mutex, SYNCHRONIZE)));
    pair[0] = event;
    pair[1] = less(semaphore, SEMAPHORE_MODIFY_STATE);
    SetLastError(POISON);
    CHECK_EQ(WaitForMultipleObjects(2, pair, FALSE, 0), WAIT_FAILED);
    CHECK_EQ(GetLastError(), ERROR_ACCESS_DENIED);
    CHECK_ERROR(GetExitCodeProcess(less(GetCurrentProcess(), SYNCHRONIZE), &n), ERROR_ACCESS_DENIED);
    CHECK_ERROR(TerminateProcess(less(GetCurrentProcess(), SYNCHRONIZE), 1), ERROR_ACCESS_DENIED);
    CHECK_ERROR(GetExitCodeThread(less(GetCurrentThread(), SYNCHRONIZE), &n), ERROR_ACCESS_DENIED);
}

TEST(signal_and_wait_needs_rights_on_both) {
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL), done = CreateEventA(NULL, TRUE, TRUE, NULL);

    SetLastError(POISON);
    CHECK_EQ(SignalObjectAndWait(less(event, SYNCHRONIZE), done, 0, FALSE), WAIT_FAILED);
    CHECK_EQ(GetLastError(), ERROR_ACCESS_DENIED);
    CHECK_UNSIGNALLED(event);
    SetLastError(POISON);
    CHECK_EQ(SignalObjectAndWait(event, less(done, EVENT_MODIFY_STATE), 0, FALSE), WAIT_FAILED);
    CHECK_EQ(GetLastError(), ERROR_ACCESS_DENIED);
    SetLastError(POISON);
    CHECK_EQ(SignalObjectAndWait(GetCurrentProcess(), done, 0, FALSE), WAIT_FAILED);
    CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
}

/* GetCurrentProcess() and GetCurrentThread() are waited on like any handle, alone and among others. */
TEST(pseudo_handles_in_waits) {
    HANDLE handles[3] = {GetCurrentProcess(), GetCurrentThread(), CreateEventA(NULL, FALSE, FALSE, NULL)};

    CHECK_UNSIGNALLED(GetCurrentProcess());
    CHECK_UNSIGNALLED(GetCurrentThread());
    CHECK_EQ(WaitForMultipleObjects(3, handles, FALSE, 0), WAIT_TIMEOUT);
    CHECK_EQ(WaitForMultipleObjects(3, handles, TRUE, 0), WAIT_TIMEOUT);
    CHECK_OK(SetEvent(handles[2]));
    CHECK_EQ(WaitForMultipleObjects(3, handles, FALSE, WAIT_LIMIT_MS), WAIT_OBJECT_0 + 2);
    CHECK_EQ(WaitForMultipleObjects(3, handles, TRUE, 0), WAIT_TIMEOUT);
}

TEST(the_same_handle_twice) {
    HANDLE handles[3] = {CreateEventA(NULL, FALSE, FALSE, NULL)};

    handles[1] = handles[0];
    REQUIRE_OK(DuplicateHandle(
        GetCurrentProcess(), handles[0], GetCurrentProcess(), &handles[2], 0, FALSE, DUPLICATE_SAME_ACCESS));
    CHECK_EQ(WaitForMultipleObjects(3, handles, FALSE, 0), WAIT_TIMEOUT);
    CHECK_OK(SetEvent(handles[2]));
    CHECK_EQ(WaitForMultipleObjects(3, handles, FALSE, 0), WAIT_OBJECT_0);
    CHECK_UNSIGNALLED(handles[0]);
    SetLastError(POISON);
    CHECK_EQ(WaitForMultipleObjects(2, handles, TRUE, 0), WAIT_FAILED);
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
}

TEST(at_most_64) {
    HANDLE handles[65];

    for (int i = 0; i < 65; i++)
        handles[i] = CreateEventA(NULL, FALSE, i == 63, NULL);
    CHECK_EQ(WaitForMultipleObjects(64, handles, FALSE, 0), WAIT_OBJECT_0 + 63);
    CHECK_EQ(WaitForMultipleObjects(64, handles, TRUE, 0), WAIT_TIMEOUT);
    SetLastError(POISON);
    CHECK_EQ(WaitForMultipleObjects(65, handles, FALSE, 0), WAIT_FAILED);
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    SetLastError(POISON);
    CHECK_EQ(WaitForMultipleObjects(0, handles, FALSE, 0), WAIT_FAILED);
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
}

/* ---- 100,000 ---- */

#define MANY 100000

ROLE(has_many) {
    HANDLE ready = OpenEventA(EVENT_ALL_ACCESS, FALSE, own_name("ready")),
           go = OpenEventA(EVENT_ALL_ACCESS, FALSE, own_name("go"));

    (void)argc, (void)argv;
    CHECK_OK(SetEvent(ready));
    CHECK_SIGNALLED(go);
}

static DWORD WINAPI nothing(void *context) {
    (void)context;
    return 0;
}

TEST(a_hundred_thousand) {
    static HANDLE here[MANY], there[MANY];
    HANDLE ready = CreateEventA(NULL, FALSE, FALSE, own_name("ready")),
           go = CreateEventA(NULL, FALSE, FALSE, own_name("go"));
    struct child child = spawn_self("has_many", NULL);
    const ULONGLONG before_ms = GetTickCount64();
    HANDLE thread;

    CHECK_SIGNALLED(ready);
    for (int i = 0; i < MANY; i++) {
        here[i] = CreateEventA(NULL, TRUE, i % 100 == 99, NULL);
        REQUIRE_HANDLE(here[i]);
    }
    for (int i = 0; i + 64 <= MANY; i += 10000)
        REQUIRE(WaitForMultipleObjects(64, here + i + 40, FALSE, 0) == WAIT_OBJECT_0 + 59);
    for (int i = 0; i < MANY; i++)
        REQUIRE(
            DuplicateHandle(GetCurrentProcess(), here[i], child.process, &there[i], 0, FALSE, DUPLICATE_SAME_ACCESS));
    for (int i = 0; i < 100; i++) { /* a thread's end looks after its mutexes among all objects */
        thread = CreateThread(NULL, 0, nothing, NULL, 0, NULL);
        REQUIRE(WaitForSingleObject(thread, WAIT_LIMIT_MS) == WAIT_OBJECT_0);
        CloseHandle(thread);
    }
    for (int i = 0; i < MANY; i++) {
        REQUIRE(CloseHandle(here[i]));
        if (i % 2)
            REQUIRE(DuplicateHandle(child.process, there[i], NULL, NULL, 0, FALSE, DUPLICATE_CLOSE_SOURCE));
    }
    CHECK_OK(SetEvent(go));
    CHECK_CHILD(child);
    CHECK(GetTickCount64() - before_ms < 20000);
}
