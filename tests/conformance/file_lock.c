/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Byte-range locks: LockFile(Ex), UnlockFile(Ex), and reads and writes that meet them. */
#include "harness.h"

#ifndef ERROR_INVALID_LOCK_RANGE
#define ERROR_INVALID_LOCK_RANGE 307
#endif
#define SHARE_ALL (FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)
#define EXCLUSIVE LOCKFILE_EXCLUSIVE_LOCK
#define AT_ONCE LOCKFILE_FAIL_IMMEDIATELY

static HANDLE file_open(const char *name, DWORD creation, DWORD flags) {
    return CreateFileA(name, GENERIC_READ | GENERIC_WRITE, SHARE_ALL, NULL, creation, flags, NULL);
}

static BOOL lock(HANDLE file, DWORD flags, ULONGLONG start, ULONGLONG length) {
    OVERLAPPED overlapped = {.Offset = (DWORD)start, .OffsetHigh = (DWORD)(start >> 32)};

    return LockFileEx(file, flags, 0, (DWORD)length, (DWORD)(length >> 32), &overlapped);
}

static BOOL unlock(HANDLE file, ULONGLONG start, ULONGLONG length) {
    return UnlockFile(file, (DWORD)start, (DWORD)(start >> 32), (DWORD)length, (DWORD)(length >> 32));
}

static BOOL read_at(HANDLE file, DWORD start, DWORD length) {
    char text[64];
    DWORD n;

    SetFilePointer(file, (LONG)start, NULL, FILE_BEGIN);
    return ReadFile(file, text, length, &n, NULL);
}

static BOOL write_at(HANDLE file, DWORD start, DWORD length) {
    DWORD n;

    SetFilePointer(file, (LONG)start, NULL, FILE_BEGIN);
    return WriteFile(file, "................................", length, &n, NULL);
}

/* Two handles to a file of 32 bytes. */
static void open_two(HANDLE *first, HANDLE *second) {
    enter_own_folder();
    *first = file_open("a", CREATE_NEW, 0);
    *second = file_open("a", OPEN_EXISTING, 0);
    REQUIRE_HANDLE(*first);
    REQUIRE_HANDLE(*second);
    CHECK_OK(write_at(*first, 0, 32));
}

static void close_two(HANDLE first, HANDLE second) {
    CloseHandle(first);
    CloseHandle(second);
    CHECK_OK(DeleteFileA("a"));
    leave_own_folder();
}

TEST(exclusive) {
    HANDLE first, second;

    open_two(&first, &second);
    CHECK_OK(lock(first, EXCLUSIVE | AT_ONCE, 4, 8));
    CHECK_ERROR(lock(second, EXCLUSIVE | AT_ONCE, 11, 1), ERROR_LOCK_VIOLATION);
    CHECK_ERROR(lock(second, AT_ONCE, 0, 5), ERROR_LOCK_VIOLATION);
    CHECK_ERROR(lock(first, EXCLUSIVE | AT_ONCE, 4, 8), ERROR_LOCK_VIOLATION); /* not even its owner's */
    CHECK_OK(lock(second, EXCLUSIVE | AT_ONCE, 0, 4));
    CHECK_OK(lock(second, EXCLUSIVE | AT_ONCE, 12, 4));
    CHECK_OK(read_at(first, 4, 8));
    CHECK_OK(write_at(first, 4, 8));
    CHECK_ERROR(read_at(second, 4, 8), ERROR_LOCK_VIOLATION);
    CHECK_ERROR(write_at(second, 11, 2), ERROR_LOCK_VIOLATION);
    CHECK_OK(read_at(second, 12, 4));
    CHECK_OK(write_at(second, 16, 4));
    CHECK_OK(unlock(first, 4, 8));
    CHECK_OK(read_at(second, 0, 32));
    close_two(first, second);
}

TEST(shared) {
    HANDLE first, second;

    open_two(&first, &second);
    CHECK_OK(lock(first, AT_ONCE, 0, 8));
    CHECK_OK(lock(second, AT_ONCE, 4, 8));
    CHECK_OK(lock(first, AT_ONCE, 0, 8)); /* again, a lock of its own */
    CHECK_ERROR(lock(second, EXCLUSIVE | AT_ONCE, 0, 1), ERROR_LOCK_VIOLATION);
    CHECK_ERROR(lock(first, EXCLUSIVE | AT_ONCE, 0, 1), ERROR_LOCK_VIOLATION);
    CHECK_OK(read_at(first, 0, 16));
    CHECK_OK(read_at(second, 0, 16));
    CHECK_ERROR(write_at(second, 0, 1), ERROR_LOCK_VIOLATION);
    CHECK_ERROR(write_at(first, 0, 1), ERROR_LOCK_VIOLATION); /* "including the process that first locks the region" */
    CHECK_OK(unlock(first, 0, 8));
    CHECK_ERROR(write_at(second, 0, 1), ERROR_LOCK_VIOLATION);
    CHECK_OK(unlock(first, 0, 8));
    CHECK_OK(write_at(second, 0, 1));
    CHECK_OK(unlock(second, 4, 8));
    close_two(first, second);
}

/* "If the same range is locked with an exclusive and a shared lock, two unlock operations are necessary; the first one unlocks the exclusive lock." */
TEST(exclusive_and_shared) {
    HANDLE first, second;

    open_two(&first, &second);
    CHECK_OK(lock(first, EXCLUSIVE | AT_ONCE, 0, 8));
    CHECK_OK(lock(first, AT_ONCE, 0, 8));
    CHECK_ERROR(read_at(second, 0, 8), ERROR_LOCK_VIOLATION);
    CHECK_OK(unlock(first, 0, 8));
    CHECK_OK(read_at(second, 0, 8));
    CHECK_ERROR(write_at(second, 0, 8), ERROR_LOCK_VIOLATION);
    CHECK_OK(lock(second, AT_ONCE, 0, 8));
    CHECK_OK(unlock(first, 0, 8));
    CHECK_ERROR(unlock(first, 0, 8), ERROR_NOT_LOCKED);
    close_two(first, second);
}

TEST(unlocked_exactly) {
    HANDLE first, second;

    open_two(&first, &second);
    CHECK_OK(lock(first, EXCLUSIVE | AT_ONCE, 0, 8));
    CHECK_OK(lock(first, EXCLUSIVE | AT_ONCE, 8, 8)); /* neighbours are not joined */
    CHECK_ERROR(unlock(first, 0, 16), ERROR_NOT_LOCKED);
    CHECK_ERROR(unlock(first, 0, 4), ERROR_NOT_LOCKED);
    CHECK_ERROR(unlock(second, 0, 8), ERROR_NOT_LOCKED);
    CHECK_OK(unlock(first, 0, 8));
    CHECK_OK(lock(second, EXCLUSIVE | AT_ONCE, 0, 8));
    CHECK_ERROR(lock(second, EXCLUSIVE | AT_ONCE, 8, 1), ERROR_LOCK_VIOLATION);
    close_two(first, second);
}

TEST(far_ranges) {
    HANDLE first, second;

    open_two(&first, &second);
    CHECK_OK(lock(first, EXCLUSIVE | AT_ONCE, 1ull << 40, 10)); /* beyond the end */
    CHECK_ERROR(lock(second, AT_ONCE, (1ull << 40) + 9, 1), ERROR_LOCK_VIOLATION);
    CHECK_OK(lock(first, EXCLUSIVE | AT_ONCE, 1ull << 63, ~0ull >> 1));
    CHECK_ERROR(lock(second, AT_ONCE, ~0ull - 5, 1), ERROR_LOCK_VIOLATION);
    CHECK_OK(unlock(first, 1ull << 63, ~0ull >> 1));
    CHECK_OK(lock(second, AT_ONCE, ~0ull - 5, 1));
    CHECK_ERROR(lock(first, AT_ONCE, ~0ull - 5, 10), ERROR_INVALID_LOCK_RANGE);
    CHECK_OK(unlock(second, ~0ull - 5, 1));
    CHECK_OK(unlock(first, 1ull << 40, 10));
    CHECK_OK(lock(first, EXCLUSIVE | AT_ONCE, 0, ~0ull));
    CHECK_ERROR(read_at(second, 0, 1), ERROR_LOCK_VIOLATION);
    close_two(first, second);
}

TEST(with_the_handle) {
    HANDLE first, second, third;

    open_two(&first, &second);
    CHECK_OK(DuplicateHandle(GetCurrentProcess(), first, GetCurrentProcess(), &third, 0, FALSE, DUPLICATE_SAME_ACCESS));
    CHECK_OK(lock(first, EXCLUSIVE | AT_ONCE, 0, 8));
    CHECK_OK(read_at(third, 0, 8)); /* the same file object */
    CloseHandle(first);
    CHECK_ERROR(read_at(second, 0, 8), ERROR_LOCK_VIOLATION);
    CloseHandle(third);
    CHECK_OK(read_at(second, 0, 8));
    CHECK_OK(lock(second, EXCLUSIVE | AT_ONCE, 0, 8));
    first = file_open("a", OPEN_EXISTING, 0);
    close_two(first, second);
}

static DWORD WINAPI lock_waiting(void *handle) {
    return lock(handle, EXCLUSIVE, 0, 8) ? 0 : GetLastError();
}

TEST(waiting) {
    HANDLE first, second, thread;
    DWORD code;

    open_two(&first, &second);
    CHECK_OK(lock(first, EXCLUSIVE | AT_ONCE, 0, 8));
    thread = CreateThread(NULL, 0, lock_waiting, second, 0, NULL);
    CHECK_STILL_WAITING(thread);
    CHECK_OK(unlock(first, 0, 8));
    CHECK_SIGNALLED(thread);
    CHECK_OK(GetExitCodeThread(thread, &code));
    CHECK_EQ(code, 0);
    CHECK_ERROR(read_at(first, 0, 8), ERROR_LOCK_VIOLATION);
    CloseHandle(thread);
    close_two(first, second);
}

TEST(overlapped_with_an_event) {
    OVERLAPPED overlapped = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)}, free_one = {.Offset = 20};
    HANDLE first, second, third;
    DWORD n;

    open_two(&first, &second);
    third = file_open("a", OPEN_EXISTING, FILE_FLAG_OVERLAPPED);
    CHECK_OK(LockFileEx(third, EXCLUSIVE, 0, 4, 0, &free_one)); /* at once */
    CHECK_OK(lock(first, EXCLUSIVE | AT_ONCE, 0, 8));
    CHECK_ERROR(LockFileEx(third, EXCLUSIVE | AT_ONCE, 0, 8, 0, &overlapped), ERROR_LOCK_VIOLATION);
    CHECK_ERROR(LockFileEx(third, EXCLUSIVE, 0, 8, 0, &overlapped), ERROR_IO_PENDING);
    CHECK_UNSIGNALLED(overlapped.hEvent);
    CHECK_OK(unlock(first, 0, 8));
    CHECK_SIGNALLED(overlapped.hEvent);
    CHECK_OK(GetOverlappedResult(third, &overlapped, &n, FALSE));
    CHECK_ERROR(lock(first, EXCLUSIVE | AT_ONCE, 0, 8), ERROR_LOCK_VIOLATION);
    CloseHandle(third);
    CHECK_OK(lock(first, EXCLUSIVE | AT_ONCE, 0, 8));
    CloseHandle(overlapped.hEvent);
    close_two(first, second);
}

TEST(overlapped_with_a_port) {
    OVERLAPPED overlapped = {.hEvent = NULL}, *got = NULL;
    HANDLE first, second, third, port;
    ULONG_PTR key = 0;
    DWORD n;

    open_two(&first, &second);
    third = file_open("a", OPEN_EXISTING, FILE_FLAG_OVERLAPPED);
    port = CreateIoCompletionPort(third, NULL, 77, 0);
    REQUIRE_HANDLE(port);
    CHECK_OK(lock(first, EXCLUSIVE | AT_ONCE, 0, 8));
    CHECK_ERROR(LockFileEx(third, EXCLUSIVE, 0, 8, 0, &overlapped), ERROR_IO_PENDING);
    CHECK_ERROR(GetQueuedCompletionStatus(port, &n, &key, &got, 0), WAIT_TIMEOUT);
    CHECK_OK(unlock(first, 0, 8));
    CHECK_OK(GetQueuedCompletionStatus(port, &n, &key, &got, WAIT_LIMIT_MS));
    CHECK_EQ(key, 77);
    CHECK(got == &overlapped);
    CloseHandle(third);
    CloseHandle(port);
    close_two(first, second);
}

TEST(cancelled) {
    OVERLAPPED overlapped = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
    HANDLE first, second, third;
    DWORD n;

    open_two(&first, &second);
    third = file_open("a", OPEN_EXISTING, FILE_FLAG_OVERLAPPED);
    CHECK_OK(lock(first, EXCLUSIVE | AT_ONCE, 0, 8));
    CHECK_ERROR(LockFileEx(third, EXCLUSIVE, 0, 8, 0, &overlapped), ERROR_IO_PENDING);
    CHECK_OK(CancelIoEx(third, &overlapped));
    CHECK_SIGNALLED(overlapped.hEvent);
    CHECK_ERROR(GetOverlappedResult(third, &overlapped, &n, FALSE), ERROR_OPERATION_ABORTED);
    CHECK_ERROR(CancelIoEx(third, &overlapped), ERROR_NOT_FOUND);
    CHECK_OK(unlock(first, 0, 8));
    CHECK_OK(lock(second, EXCLUSIVE | AT_ONCE, 0, 8));
    CloseHandle(third);
    CloseHandle(overlapped.hEvent);
    close_two(first, second);
}

/* ---- two processes ---- */

ROLE(holder) {
    HANDLE ready = OpenEventA(EVENT_ALL_ACCESS, FALSE, own_name("ready")), go = OpenEventA(EVENT_ALL_ACCESS, FALSE, own_name("go"));
    HANDLE file = file_open("a", OPEN_EXISTING, 0);

    (void)argc, (void)argv;
    REQUIRE_HANDLE(file);
    CHECK_OK(lock(file, EXCLUSIVE | AT_ONCE, 0, 8));
    SetEvent(ready);
    WaitForSingleObject(go, WAIT_LIMIT_MS);
    if (argc && argv[0][0] == 'u')
        CHECK_OK(unlock(file, 0, 8));
}

static void hold_and_wait(const char *how, BOOL killed) {
    HANDLE ready = CreateEventA(NULL, FALSE, FALSE, own_name("ready")), go = CreateEventA(NULL, FALSE, FALSE, own_name("go"));
    struct child child;
    HANDLE first, second, thread;

    open_two(&first, &second);
    child = spawn_self("holder", how);
    CHECK_SIGNALLED(ready);
    CHECK_ERROR(lock(first, EXCLUSIVE | AT_ONCE, 7, 1), ERROR_LOCK_VIOLATION);
    CHECK_ERROR(read_at(first, 0, 8), ERROR_LOCK_VIOLATION);
    thread = CreateThread(NULL, 0, lock_waiting, second, 0, NULL);
    CHECK_STILL_WAITING(thread);
    if (killed)
        TerminateProcess(child.process, 3);
    else
        SetEvent(go);
    CHECK_SIGNALLED(thread);
    CHECK_EQ(child_exit_code(&child), killed ? 3 : 0);
    CHECK_ERROR(read_at(first, 0, 8), ERROR_LOCK_VIOLATION);
    CloseHandle(thread);
    CloseHandle(ready);
    CloseHandle(go);
    close_two(first, second);
}

TEST(another_process_unlocks) {
    hold_and_wait("unlock", FALSE);
}

TEST(another_process_ends) {
    hold_and_wait("end", FALSE);
}

TEST(another_process_is_killed) {
    hold_and_wait("end", TRUE);
}

/* "Locks are not inherited": a child has the file object, not what its parent has locked. */
ROLE(inheritor) {
    HANDLE file = (HANDLE)(ULONG_PTR)strtoul(argv[0], NULL, 0);

    (void)argc;
    CHECK_ERROR(read_at(file, 0, 8), ERROR_LOCK_VIOLATION);
    CHECK_ERROR(unlock(file, 0, 8), ERROR_NOT_LOCKED);
    CHECK_OK(lock(file, EXCLUSIVE | AT_ONCE, 16, 4)); /* goes with this process */
}

TEST(a_child_with_the_handle) {
    SECURITY_ATTRIBUTES inherit = {sizeof inherit, NULL, TRUE};
    HANDLE first, second, third;
    struct child child;
    char args[32];

    open_two(&first, &second);
    third = CreateFileA("a", GENERIC_READ | GENERIC_WRITE, SHARE_ALL, &inherit, OPEN_EXISTING, 0, NULL);
    CHECK_OK(lock(third, EXCLUSIVE | AT_ONCE, 0, 8));
    sprintf(args, "%u", (unsigned)(ULONG_PTR)third);
    child = spawn_inheriting("inheritor", args);
    CHECK_CHILD(child);
    CHECK_OK(lock(second, EXCLUSIVE | AT_ONCE, 16, 4));
    CHECK_OK(unlock(third, 0, 8));
    CloseHandle(third);
    close_two(first, second);
}
