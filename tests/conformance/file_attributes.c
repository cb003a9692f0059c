/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Attributes and times that a file keeps. */
#include "harness.h"

#define SHARE_ALL (FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)

static HANDLE file_open(const char *name, DWORD access, DWORD creation, DWORD flags) {
    return CreateFileA(name, access, SHARE_ALL, NULL, creation, flags, NULL);
}

static void file_make(const char *name, DWORD attributes) {
    HANDLE file = file_open(name, GENERIC_WRITE, CREATE_NEW, attributes);

    REQUIRE_HANDLE(file);
    CloseHandle(file);
}

static const DWORD kept[] = {FILE_ATTRIBUTE_HIDDEN, FILE_ATTRIBUTE_SYSTEM, FILE_ATTRIBUTE_ARCHIVE, FILE_ATTRIBUTE_TEMPORARY,
    FILE_ATTRIBUTE_NOT_CONTENT_INDEXED, FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM, FILE_ATTRIBUTE_READONLY | FILE_ATTRIBUTE_HIDDEN};

TEST(set_and_read) {
    WIN32_FIND_DATAA found;
    HANDLE find;

    enter_own_folder();
    file_make("a", FILE_ATTRIBUTE_NORMAL);
    CHECK_EQ(GetFileAttributesA("a"), FILE_ATTRIBUTE_ARCHIVE);
    for (unsigned i = 0; i < sizeof kept / sizeof *kept; i++) {
        CHECK_OK(SetFileAttributesA("a", kept[i]));
        CHECK_EQ(GetFileAttributesA("a"), kept[i]);
        find = FindFirstFileA("*", &found);
        CHECK_OK(FindNextFileA(find, &found)); /* after "." */
        CHECK_OK(FindNextFileA(find, &found));
        CHECK_EQ(found.dwFileAttributes, kept[i]);
        FindClose(find);
    }
    CHECK_OK(SetFileAttributesA("a", FILE_ATTRIBUTE_NORMAL));
    CHECK_EQ(GetFileAttributesA("a"), FILE_ATTRIBUTE_NORMAL);
    CHECK_OK(DeleteFileA("a"));
    leave_own_folder();
}

TEST(made_with_them) {
    HANDLE file;

    enter_own_folder();
    file_make("a", FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM);
    CHECK_EQ(GetFileAttributesA("a"), FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM | FILE_ATTRIBUTE_ARCHIVE);
    CHECK_BAD_HANDLE(file_open("a", GENERIC_WRITE, CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL), ERROR_ACCESS_DENIED);
    CHECK_BAD_HANDLE(file_open("a", GENERIC_WRITE, CREATE_ALWAYS, FILE_ATTRIBUTE_HIDDEN), ERROR_ACCESS_DENIED);
    file = file_open("a", GENERIC_WRITE, CREATE_ALWAYS, FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM | FILE_ATTRIBUTE_TEMPORARY);
    CHECK(file != INVALID_HANDLE_VALUE);
    CloseHandle(file);
    CHECK_EQ(GetFileAttributesA("a"), FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM | FILE_ATTRIBUTE_TEMPORARY | FILE_ATTRIBUTE_ARCHIVE);
    CHECK_OK(SetFileAttributesA("a", FILE_ATTRIBUTE_NORMAL));
    file = file_open("a", GENERIC_WRITE, CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL);
    CloseHandle(file);
    CHECK_EQ(GetFileAttributesA("a"), FILE_ATTRIBUTE_ARCHIVE);
    CHECK_OK(DeleteFileA("a"));
    leave_own_folder();
}

TEST(directories) {
    enter_own_folder();
    CHECK_OK(CreateDirectoryA("d", NULL));
    CHECK_EQ(GetFileAttributesA("d"), FILE_ATTRIBUTE_DIRECTORY);
    CHECK_OK(SetFileAttributesA("d", FILE_ATTRIBUTE_HIDDEN));
    CHECK_EQ(GetFileAttributesA("d"), FILE_ATTRIBUTE_DIRECTORY | FILE_ATTRIBUTE_HIDDEN);
    CHECK_OK(SetFileAttributesA("d", FILE_ATTRIBUTE_NORMAL));
    CHECK_EQ(GetFileAttributesA("d"), FILE_ATTRIBUTE_DIRECTORY);
    CHECK_OK(RemoveDirectoryA("d"));
    leave_own_folder();
}

TEST(they_go_along) {
    enter_own_folder();
    file_make("a", FILE_ATTRIBUTE_HIDDEN);
    CHECK_OK(CopyFileA("a", "b", TRUE));
    CHECK_EQ(GetFileAttributesA("b"), FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_ARCHIVE);
    CHECK_OK(MoveFileA("a", "c"));
    CHECK_EQ(GetFileAttributesA("c"), FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_ARCHIVE);
    CHECK_OK(DeleteFileA("b"));
    CHECK_OK(DeleteFileA("c"));
    leave_own_folder();
}

TEST(times) {
    /* 2001-02-03 04:05:06.789, 1999-12-31 and 2010-10-10: creation, access, writing */
    const FILETIME set[3] = {{0x6d9ee250, 0x01c08d98}, {0x1a2b3c40, 0x01bf5300}, {0x55667780, 0x01cb6800}};
    FILETIME got[3];
    HANDLE file;

    enter_own_folder();
    file = file_open("a", GENERIC_READ | GENERIC_WRITE, CREATE_NEW, 0);
    REQUIRE_HANDLE(file);
    CHECK_OK(SetFileTime(file, &set[0], &set[1], &set[2]));
    CHECK_OK(GetFileTime(file, &got[0], &got[1], &got[2]));
    CHECK_MEM(&got, &set, sizeof set);
    CHECK_OK(SetFileAttributesA("a", FILE_ATTRIBUTE_HIDDEN));
    CHECK_OK(GetFileTime(file, &got[0], NULL, NULL));
    CHECK_MEM(&got[0], &set[0], sizeof set[0]);
    CHECK_OK(SetFileTime(file, NULL, NULL, &set[1]));
    CHECK_OK(GetFileTime(file, &got[0], &got[1], &got[2]));
    CHECK_MEM(&got[0], &set[0], sizeof set[0]);
    CHECK_MEM(&got[2], &set[1], sizeof set[0]);
    CloseHandle(file);
    CHECK_EQ(GetFileAttributesA("a"), FILE_ATTRIBUTE_HIDDEN);
    CHECK_OK(DeleteFileA("a"));
    leave_own_folder();
}
