/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Semaphores: counts, limits, names. */
#include "harness.h"

TEST(counts_down_and_up) {
    HANDLE semaphore = CreateSemaphoreW(NULL, 2, 3, NULL);
    LONG previous;

    REQUIRE_HANDLE(semaphore);
    CHECK_EQ(WaitForSingleObject(semaphore, 0), WAIT_OBJECT_0);
    CHECK_EQ(WaitForSingleObject(semaphore, 0), WAIT_OBJECT_0);
    CHECK_UNSIGNALLED(semaphore);
    POISON_OUT(previous);
    CHECK_OK(ReleaseSemaphore(semaphore, 3, &previous));
    CHECK_EQ(previous, 0);
    CHECK_OK(WaitForSingleObject(semaphore, 0) == WAIT_OBJECT_0);
    CHECK_OK(ReleaseSemaphore(semaphore, 1, &previous));
    CHECK_EQ(previous, 2);
    CloseHandle(semaphore);
}

TEST(never_over_its_maximum) {
    HANDLE semaphore = CreateSemaphoreA(NULL, 2, 3, NULL);
    LONG previous;

    POISON_OUT(previous);
    CHECK_ERROR(ReleaseSemaphore(semaphore, 2, &previous), ERROR_TOO_MANY_POSTS);
    CHECK_UNTOUCHED(previous);
    CHECK_ERROR(ReleaseSemaphore(semaphore, 0x7fffffff, NULL), ERROR_TOO_MANY_POSTS);
    CHECK_OK(ReleaseSemaphore(semaphore, 1, &previous));
    CHECK_EQ(previous, 2);
    CloseHandle(semaphore);
}

TEST(bad_parameters) {
    HANDLE semaphore = CreateSemaphoreA(NULL, 0, 1, NULL);

    CHECK_ERROR(CreateSemaphoreA(NULL, 2, 1, NULL), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(CreateSemaphoreA(NULL, 0, 0, NULL), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(CreateSemaphoreA(NULL, -1, 1, NULL), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(CreateSemaphoreA(NULL, 0, -1, NULL), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(ReleaseSemaphore(semaphore, 0, NULL), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(ReleaseSemaphore(semaphore, -1, NULL), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(ReleaseSemaphore(NULL, 1, NULL), ERROR_INVALID_HANDLE);
    CloseHandle(semaphore);
}

TEST(names) {
    HANDLE semaphore = CreateSemaphoreA(NULL, 1, 5, own_name("semaphore"));

    REQUIRE_HANDLE(semaphore);
    SetLastError(POISON);
    HANDLE again = CreateSemaphoreA(NULL, 0, 1, own_name("semaphore"));
    CHECK_EQ(GetLastError(), ERROR_ALREADY_EXISTS);
    CHECK_EQ(WaitForSingleObject(again, 0), WAIT_OBJECT_0);
    CHECK_UNSIGNALLED(semaphore);
    HANDLE no_release = OpenSemaphoreA(SYNCHRONIZE, FALSE, own_name("semaphore"));
    REQUIRE_HANDLE(no_release);
    CHECK_ERROR(ReleaseSemaphore(no_release, 1, NULL), ERROR_ACCESS_DENIED);
    CloseHandle(no_release);
    CloseHandle(again);
    CloseHandle(semaphore);
}

static DWORD WINAPI wait_one(void *semaphore) {
    return WaitForSingleObject(semaphore, WAIT_LIMIT_MS);
}

TEST(release_of_many_wakes_many) {
    HANDLE semaphore = CreateSemaphoreA(NULL, 0, 8, NULL), threads[8];

    for (int i = 0; i < 8; i++) {
        threads[i] = CreateThread(NULL, 0, wait_one, semaphore, 0, NULL);
        REQUIRE_HANDLE(threads[i]);
    }
    CHECK_OK(ReleaseSemaphore(semaphore, 8, NULL));
    CHECK_EQ(WaitForMultipleObjects(8, threads, TRUE, WAIT_LIMIT_MS), WAIT_OBJECT_0);
    for (int i = 0; i < 8; i++) {
        DWORD code = POISON;

        CHECK_OK(GetExitCodeThread(threads[i], &code));
        CHECK_EQ(code, WAIT_OBJECT_0);
        CloseHandle(threads[i]);
    }
    CHECK_UNSIGNALLED(semaphore);
    CloseHandle(semaphore);
}
