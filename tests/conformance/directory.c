/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Directories, the current one, full paths. */
#include "harness.h"

static void file_make(const char *name) {
    HANDLE file = CreateFileA(name, GENERIC_WRITE, 0, NULL, CREATE_NEW, 0, NULL);

    REQUIRE_HANDLE(file);
    CloseHandle(file);
}

TEST(create_and_remove) {
    enter_own_folder();
    CHECK_OK(CreateDirectoryA("d", NULL));
    CHECK_ERROR(CreateDirectoryA("d", NULL), ERROR_ALREADY_EXISTS);
    CHECK_ERROR(CreateDirectoryA("D\\", NULL), ERROR_ALREADY_EXISTS);
    CHECK_ERROR(CreateDirectoryA("x\\y", NULL), ERROR_PATH_NOT_FOUND);
    CHECK_ERROR(CreateDirectoryA("a?", NULL), ERROR_INVALID_NAME);
    file_make("d\\f");
    CHECK_ERROR(CreateDirectoryA("d\\f", NULL), ERROR_ALREADY_EXISTS);
    CHECK_ERROR(RemoveDirectoryA("d"), ERROR_DIR_NOT_EMPTY);
    CHECK_ERROR(RemoveDirectoryA("d\\f"), ERROR_DIRECTORY);
    CHECK_ERROR(RemoveDirectoryA("none"), ERROR_FILE_NOT_FOUND);
    CHECK_OK(DeleteFileA("d\\f"));
    CHECK_OK(RemoveDirectoryA("d"));
    leave_own_folder();
}

TEST(current_directory) {
    char before[MAX_PATH], after[MAX_PATH], expected[MAX_PATH + 8];

    enter_own_folder();
    REQUIRE_OK(GetCurrentDirectoryA(sizeof before, before));
    CHECK_EQ(GetCurrentDirectoryA(0, NULL), strlen(before) + 1);
    CHECK_EQ(GetCurrentDirectoryA(3, after), strlen(before) + 1);
    CHECK_OK(CreateDirectoryA("sub", NULL));
    CHECK_OK(SetCurrentDirectoryA("sub\\"));
    REQUIRE_OK(GetCurrentDirectoryA(sizeof after, after));
    sprintf(expected, "%s\\sub", before);
    CHECK_STR(after, expected);
    CHECK_ERROR(SetCurrentDirectoryA("none"), ERROR_FILE_NOT_FOUND);
    CHECK_ERROR(SetCurrentDirectoryA("none\\none"), ERROR_PATH_NOT_FOUND);
    CHECK_OK(SetCurrentDirectoryA(".."));
    file_make("f");
    CHECK_ERROR(SetCurrentDirectoryA("f"), ERROR_DIRECTORY);
    CHECK_OK(DeleteFileA("f"));
    CHECK_OK(RemoveDirectoryA("sub"));
    leave_own_folder();
}

static void check_full(const char *path, const char *expected, const char *part) {
    char buffer[MAX_PATH], *file = NULL;

    CHECK_EQ(GetFullPathNameA(path, sizeof buffer, buffer, &file), strlen(expected));
    CHECK_STR(buffer, expected);
    CHECK_STR(file ? file : "(none)", part);
}

TEST(full_paths) {
    char buffer[8];

    check_full("C:\\a\\b.txt", "C:\\a\\b.txt", "b.txt");
    check_full("C:/a//b/../c", "C:\\a\\c", "c");
    check_full("C:\\a\\b\\", "C:\\a\\b\\", "(none)");
    check_full("C:\\..\\..", "C:\\", "(none)");
    check_full("C:\\a\\b. . .", "C:\\a\\b", "b");
    check_full("\\\\.\\pipe\\x", "\\\\.\\pipe\\x", "x");
    check_full("\\\\server\\share\\..\\a", "\\\\server\\share\\a", "a");
    CHECK_EQ(GetFullPathNameA("C:\\abcdefgh", sizeof buffer, buffer, NULL), 12);
    CHECK_EQ(GetFullPathNameA("", 0, NULL, NULL), 0);
}

TEST(temporary_names) {
    char path[MAX_PATH], name[MAX_PATH];

    enter_own_folder();
    CHECK_OK(GetTempFileNameA(".", "abcd", 0, name));
    CHECK_EQ(GetFileAttributesA(name), FILE_ATTRIBUTE_ARCHIVE);
    CHECK_EQ(strncmp(name, ".\\abc", 5), 0);
    CHECK_OK(DeleteFileA(name));
    CHECK_EQ(GetTempFileNameA(".", "x", 0x1ab, name), 0x1ab);
    CHECK_STR(name, ".\\x1AB.tmp");
    CHECK_EQ(GetFileAttributesA(name), INVALID_FILE_ATTRIBUTES);
    CHECK_ERROR(GetTempFileNameA("none", "x", 0, name), ERROR_DIRECTORY);
    CHECK_OK(GetTempPathA(sizeof path, path));
    CHECK_EQ(path[strlen(path) - 1], '\\');
    leave_own_folder();
}

TEST(drives) {
    DWORD serial = POISON;
    WCHAR system[32];
    ULARGE_INTEGER total = {.QuadPart = 0};

    CHECK_EQ(GetDriveTypeA("C:\\"), DRIVE_FIXED);
    CHECK_EQ(GetLogicalDrives() >> 2 & 1, 1);
    CHECK_OK(GetVolumeInformationW(L"C:\\", NULL, 0, &serial, NULL, NULL, system, 32));
    CHECK_OK(GetDiskFreeSpaceExA("C:\\", NULL, &total, NULL));
    CHECK(total.QuadPart > 0);
}
