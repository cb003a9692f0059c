/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What wrong paths, and the wrong type of what is there, answer. */
#include "harness.h"

static HANDLE file_open(const char *path, DWORD disposition, DWORD flags) {
    return CreateFileA(path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, disposition, flags, NULL);
}

static void folder_fill(void) {
    HANDLE file;

    enter_own_folder();
    file = CreateFileA("f", GENERIC_WRITE, 0, NULL, CREATE_NEW, 0, NULL);
    REQUIRE_HANDLE(file);
    CloseHandle(file);
    REQUIRE_OK(CreateDirectoryA("d", NULL));
}

static void folder_empty(void) {
    CHECK_OK(DeleteFileA("f"));
    CHECK_OK(RemoveDirectoryA("d"));
    leave_own_folder();
}

/* STATUS_FILE_IS_A_DIRECTORY is ERROR_ACCESS_DENIED; FILE_FLAG_BACKUP_SEMANTICS opens it. */
TEST(a_directory_is_no_file) {
    HANDLE folder;

    folder_fill();
    CHECK_BAD_HANDLE(file_open("d", OPEN_EXISTING, 0), ERROR_ACCESS_DENIED);
    CHECK_BAD_HANDLE(file_open("d", OPEN_ALWAYS, 0), ERROR_ACCESS_DENIED);
    CHECK_BAD_HANDLE(file_open("d", CREATE_NEW, 0), ERROR_FILE_EXISTS);
    CHECK_ERROR(DeleteFileA("d"), ERROR_ACCESS_DENIED);
    folder = file_open("d", OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS);
    CHECK_OK(folder != INVALID_HANDLE_VALUE);
    CHECK_OK(CloseHandle(folder));
    folder = file_open("d\\", OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS);
    CHECK_OK(folder != INVALID_HANDLE_VALUE);
    CHECK_OK(CloseHandle(folder));
    folder_empty();
}

TEST(a_file_is_no_directory) {
    WIN32_FIND_DATAA found;

    folder_fill();
    CHECK_BAD_HANDLE(file_open("f\\x", OPEN_EXISTING, 0), ERROR_PATH_NOT_FOUND);
    CHECK_BAD_HANDLE(file_open("f\\x", CREATE_ALWAYS, 0), ERROR_PATH_NOT_FOUND);
    CHECK_BAD_HANDLE(file_open("f\\x\\y", OPEN_EXISTING, 0), ERROR_PATH_NOT_FOUND);
    CHECK_BAD_HANDLE(file_open("f\\", OPEN_EXISTING, 0), ERROR_INVALID_NAME);
    CHECK_ERROR(DeleteFileA("f\\x"), ERROR_PATH_NOT_FOUND);
    CHECK_ERROR(CreateDirectoryA("f\\x", NULL), ERROR_PATH_NOT_FOUND);
    CHECK_ERROR(RemoveDirectoryA("f\\x"), ERROR_PATH_NOT_FOUND);
    CHECK_EQ(GetFileAttributesA("f\\x"), INVALID_FILE_ATTRIBUTES);
    CHECK_EQ(GetLastError(), ERROR_PATH_NOT_FOUND);
    CHECK_ERROR(MoveFileA("f\\x", "y"), ERROR_PATH_NOT_FOUND);
    CHECK_ERROR(MoveFileA("f", "f\\y"), ERROR_PATH_NOT_FOUND);
    CHECK_BAD_HANDLE(FindFirstFileA("f\\x\\*", &found), ERROR_PATH_NOT_FOUND);
    folder_empty();
}

TEST(what_is_not_there) {
    folder_fill();
    CHECK_BAD_HANDLE(file_open("none", OPEN_EXISTING, 0), ERROR_FILE_NOT_FOUND);
    CHECK_BAD_HANDLE(file_open("none\\x", OPEN_EXISTING, 0), ERROR_PATH_NOT_FOUND);
    CHECK_BAD_HANDLE(file_open("d\\none", OPEN_EXISTING, 0), ERROR_FILE_NOT_FOUND);
    CHECK_BAD_HANDLE(file_open("Q:\\none", OPEN_EXISTING, 0), ERROR_PATH_NOT_FOUND);
    CHECK_BAD_HANDLE(file_open("", OPEN_EXISTING, 0), ERROR_PATH_NOT_FOUND);
    CHECK_ERROR(DeleteFileA("none"), ERROR_FILE_NOT_FOUND);
    CHECK_ERROR(DeleteFileA("none\\x"), ERROR_PATH_NOT_FOUND);
    CHECK_ERROR(MoveFileA("none", "y"), ERROR_FILE_NOT_FOUND);
    CHECK_ERROR(CopyFileA("none", "y", TRUE), ERROR_FILE_NOT_FOUND);
    folder_empty();
}

/* Wildcards and characters that no name has. */
TEST(names_that_cannot_be) {
    static const char *const names[] = {"a*b", "a?b", "a<b", "a>b", "a|b", "a\"b", "a\tb"};

    folder_fill();
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        char inside[16];

        snprintf(inside, sizeof(inside), "d\\%s", names[i]);
        CHECK_BAD_HANDLE(file_open(names[i], OPEN_EXISTING, 0), ERROR_INVALID_NAME);
        CHECK_BAD_HANDLE(file_open(inside, CREATE_NEW, 0), ERROR_INVALID_NAME);
        CHECK_EQ(GetFileAttributesA(names[i]), INVALID_FILE_ATTRIBUTES);
        CHECK_EQ(GetLastError(), ERROR_INVALID_NAME);
    }
    CHECK_ERROR(CreateDirectoryA("a*b", NULL), ERROR_INVALID_NAME);
    CHECK_ERROR(DeleteFileA("*"), ERROR_INVALID_NAME);
    CHECK_ERROR(MoveFileA("f", "g?"), ERROR_INVALID_NAME);
    folder_empty();
}

/* One name has at most 255 characters. */
TEST(names_that_are_too_long) {
    char path[2 * MAX_PATH + 300], folder[MAX_PATH];
    size_t n;
    HANDLE file;

    enter_own_folder();
    REQUIRE_OK(GetCurrentDirectoryA(sizeof(folder), folder));
    n = (size_t)snprintf(path, sizeof(path), "\\\\?\\%s\\", folder);
    memset(path + n, 'x', 256);
    path[n + 256] = 0;
    CHECK_BAD_HANDLE(file_open(path, OPEN_EXISTING, 0), ERROR_INVALID_NAME);
    CHECK_BAD_HANDLE(file_open(path, CREATE_NEW, 0), ERROR_INVALID_NAME);
    path[n + 255] = 0;
    CHECK_BAD_HANDLE(file_open(path, OPEN_EXISTING, 0), ERROR_FILE_NOT_FOUND);
    file = CreateFileA(path, GENERIC_WRITE, 0, NULL, CREATE_NEW, 0, NULL);
    CHECK_OK(file != INVALID_HANDLE_VALUE);
    CHECK_OK(CloseHandle(file));
    CHECK_OK(DeleteFileA(path));
    leave_own_folder();
}

/* One name, one type: also for pipes, whose names are others. */
TEST(objects_of_another_type) {
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, own_name("typed"));

    CHECK_ERROR(OpenMutexA(SYNCHRONIZE, FALSE, own_name("typed")), ERROR_INVALID_HANDLE);
    CHECK_ERROR(OpenSemaphoreA(SYNCHRONIZE, FALSE, own_name("typed")), ERROR_INVALID_HANDLE);
    CHECK_ERROR(OpenWaitableTimerA(SYNCHRONIZE, FALSE, own_name("typed")), ERROR_INVALID_HANDLE);
    CHECK_ERROR(CreateMutexA(NULL, FALSE, own_name("typed")), ERROR_INVALID_HANDLE);
    CHECK_ERROR(CreateSemaphoreA(NULL, 0, 1, own_name("typed")), ERROR_INVALID_HANDLE);
    CHECK_ERROR(CreateWaitableTimerA(NULL, FALSE, own_name("typed")), ERROR_INVALID_HANDLE);
    CHECK_ERROR(OpenEventA(SYNCHRONIZE, FALSE, own_name("untyped")), ERROR_FILE_NOT_FOUND);
    CHECK_ERROR(OpenEventA(SYNCHRONIZE, FALSE, NULL), ERROR_INVALID_PARAMETER);
    CHECK_BAD_HANDLE(file_open(own_pipe("typed"), OPEN_EXISTING, 0), ERROR_FILE_NOT_FOUND);
    CHECK_OK(CloseHandle(event));
}
