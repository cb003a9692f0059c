/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NtQueryEvent, NtQueryMutant, NtQuerySemaphore, NtQueryTimer, NtQueryIoCompletion: answers, sizes, rights. */
#include "nt.h"

#define NT_ACCESS_VIOLATION NT(0xc0000005)

typedef NTSTATUS(WINAPI *query_function)(HANDLE, int, void *, ULONG, ULONG *);

static query_function query_of(const char *name) {
    query_function query;

    find_function(&query, "ntdll.dll", name);
    return query;
}

/* What all of them have in common.  @weak: a handle without the right to ask; @other: one of another type. */
static void check_errors(query_function query, HANDLE handle, HANDLE weak, HANDLE other, ULONG size) {
    char data[64];
    ULONG used = POISON;

    CHECK_EQ(query(handle, 99, data, size, &used), NT_INVALID_INFO_CLASS);
    CHECK_EQ(query(handle, 0, data, size - 1, &used), NT_LENGTH_MISMATCH);
    CHECK_EQ(query(handle, 0, data, size + 1, &used), NT_LENGTH_MISMATCH);
    CHECK_EQ(query(handle, 0, data, 0, &used), NT_LENGTH_MISMATCH);
    CHECK_EQ(query(weak, 0, data, size, &used), NT_ACCESS_DENIED);
    CHECK_EQ(query(other, 0, data, size, &used), NT_TYPE_MISMATCH);
    CHECK_EQ(query((HANDLE)(ULONG_PTR)0xdeadbee0, 0, data, size, &used), NT_INVALID_HANDLE);
    CHECK_EQ(query(handle, 0, (void *)8, size, &used), NT_ACCESS_VIOLATION);
    CHECK_EQ(used, POISON);
    CHECK_EQ(query(handle, 0, data, size, &used), NT_OK);
    CHECK_EQ(used, size);
    CHECK_EQ(query(handle, 0, data, size, NULL), NT_OK);
    CloseHandle(weak);
    CloseHandle(other);
}

static HANDLE weaker(HANDLE handle) {
    HANDLE weak = NULL;

    CHECK_OK(DuplicateHandle(GetCurrentProcess(), handle, GetCurrentProcess(), &weak, SYNCHRONIZE, FALSE, 0));
    return weak;
}

TEST(events) {
    query_function query = query_of("NtQueryEvent");
    HANDLE manual = CreateEventA(NULL, TRUE, TRUE, NULL), automatic = CreateEventA(NULL, FALSE, FALSE, NULL);
    struct {
        LONG type, state;
    } info;

    CHECK_EQ(query(manual, 0, &info, sizeof info, NULL), NT_OK);
    CHECK_EQ(info.type, 0);
    CHECK_EQ(info.state, 1);
    CHECK_EQ(query(automatic, 0, &info, sizeof info, NULL), NT_OK);
    CHECK_EQ(info.type, 1);
    CHECK_EQ(info.state, 0);
    check_errors(query, manual, weaker(manual), CreateMutexA(NULL, FALSE, NULL), sizeof info);
    CloseHandle(automatic);
    CloseHandle(manual);
}

static DWORD WINAPI own_and_end(void *mutex) {
    return WaitForSingleObject(mutex, 0);
}

TEST(mutants) {
    query_function query = query_of("NtQueryMutant");
    HANDLE mutex = CreateMutexA(NULL, TRUE, NULL), thread;
    struct {
        LONG count;
        BOOLEAN owned, abandoned;
    } info;

    CHECK_EQ(WaitForSingleObject(mutex, 0), WAIT_OBJECT_0);
    CHECK_EQ(query(mutex, 0, &info, sizeof info, NULL), NT_OK);
    CHECK_EQ(info.count, -1);
    CHECK_EQ(info.owned, 1);
    CHECK_EQ(info.abandoned, 0);
    CHECK_OK(ReleaseMutex(mutex));
    CHECK_OK(ReleaseMutex(mutex));
    CHECK_EQ(query(mutex, 0, &info, sizeof info, NULL), NT_OK);
    CHECK_EQ(info.count, 1);
    CHECK_EQ(info.owned, 0);
    thread = CreateThread(NULL, 0, own_and_end, mutex, 0, NULL);
    CHECK_SIGNALLED(thread);
    CloseHandle(thread);
    CHECK_EQ(query(mutex, 0, &info, sizeof info, NULL), NT_OK);
    CHECK_EQ(info.count, 1);
    CHECK_EQ(info.abandoned, 1);
    check_errors(query, mutex, weaker(mutex), CreateEventA(NULL, TRUE, FALSE, NULL), sizeof info);
    CloseHandle(mutex);
}

TEST(the_owner_of_a_mutant) {
    query_function query = query_of("NtQueryMutant");
    HANDLE mutex = CreateMutexA(NULL, TRUE, NULL);
    ULONG_PTR owner[2] = {POISON, POISON};

    CHECK_EQ(query(mutex, 1, owner, sizeof owner, NULL), NT_OK);
    CHECK_EQ(owner[0], GetCurrentProcessId());
    CHECK_EQ(owner[1], GetCurrentThreadId());
    CHECK_OK(ReleaseMutex(mutex));
    CHECK_EQ(query(mutex, 1, owner, sizeof owner, NULL), NT_OK);
    CHECK_EQ(owner[0], 0);
    CHECK_EQ(owner[1], 0);
    CHECK_EQ(query(mutex, 1, owner, sizeof owner - 1, NULL), NT_LENGTH_MISMATCH);
    CloseHandle(mutex);
}

TEST(semaphores) {
    query_function query = query_of("NtQuerySemaphore");
    HANDLE semaphore = CreateSemaphoreA(NULL, 3, 7, NULL);
    ULONG info[2];

    CHECK_EQ(query(semaphore, 0, info, sizeof info, NULL), NT_OK);
    CHECK_EQ(info[0], 3);
    CHECK_EQ(info[1], 7);
    check_errors(query, semaphore, weaker(semaphore), CreateEventA(NULL, TRUE, FALSE, NULL), sizeof info);
    CloseHandle(semaphore);
}

TEST(timers) {
    query_function query = query_of("NtQueryTimer");
    HANDLE timer = CreateWaitableTimerA(NULL, TRUE, NULL);
    LARGE_INTEGER due = {.QuadPart = -36000000000ll}, now = {0};
    struct {
        LARGE_INTEGER left;
        BOOLEAN state;
    } info;

    CHECK_OK(SetWaitableTimer(timer, &due, 0, NULL, NULL, FALSE));
    CHECK_EQ(query(timer, 0, &info, sizeof info, NULL), NT_OK);
    CHECK_EQ(info.state, 0);
    CHECK(info.left.QuadPart > 35000000000ll && info.left.QuadPart <= 36000000000ll);
    CHECK_OK(SetWaitableTimer(timer, &now, 0, NULL, NULL, FALSE));
    CHECK_EQ(query(timer, 0, &info, sizeof info, NULL), NT_OK);
    CHECK_EQ(info.state, 1);
    CHECK(info.left.QuadPart <= 0);
    check_errors(query, timer, weaker(timer), CreateEventA(NULL, TRUE, FALSE, NULL), sizeof info);
    CloseHandle(timer);
}

TEST(completion_ports) {
    query_function query = query_of("NtQueryIoCompletion");
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
    LONG depth = (LONG)POISON;

    CHECK_EQ(query(port, 0, &depth, sizeof depth, NULL), NT_OK);
    CHECK_EQ(depth, 0);
    CHECK_OK(PostQueuedCompletionStatus(port, 1, 2, NULL));
    CHECK_OK(PostQueuedCompletionStatus(port, 1, 2, NULL));
    CHECK_EQ(query(port, 0, &depth, sizeof depth, NULL), NT_OK);
    CHECK_EQ(depth, 2);
    check_errors(query, port, weaker(port), CreateEventA(NULL, TRUE, FALSE, NULL), sizeof depth);
    CloseHandle(port);
}
