/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finding files by a pattern. */
#include "harness.h"

static void enter_filled_folder(void) {
    static const char *const names[] = {"A.txt", "b.TXT", "noext", "two.dots.c", "abc.dat"};

    enter_own_folder();
    for (int i = 0; i < 5; i++) {
        HANDLE file = CreateFileA(names[i], GENERIC_WRITE, 0, NULL, CREATE_NEW, 0, NULL);

        REQUIRE_HANDLE(file);
        CloseHandle(file);
    }
    REQUIRE_OK(CreateDirectoryA("dir", NULL));
}

static void leave_filled_folder(void) {
    static const char *const names[] = {"a.txt", "B.txt", "noext", "two.dots.c", "abc.dat"};

    for (int i = 0; i < 5; i++)
        CHECK_OK(DeleteFileA(names[i]));
    CHECK_OK(RemoveDirectoryA("dir"));
    leave_own_folder();
}

/* The names that a pattern finds, in their order, each with a blank behind it. */
static const char *found(const char *pattern) {
    static char list[1024];
    WIN32_FIND_DATAA data;
    HANDLE find = FindFirstFileA(pattern, &data);

    list[0] = 0;
    if (find == INVALID_HANDLE_VALUE)
        return GetLastError() == ERROR_FILE_NOT_FOUND ? "nothing" : "error";
    do {
        strcat(list, data.cFileName);
        strcat(list, " ");
    } while (FindNextFileA(find, &data));
    CHECK_EQ(GetLastError(), ERROR_NO_MORE_FILES);
    CHECK_OK(FindClose(find));
    return list;
}

TEST(patterns) {
    enter_filled_folder();
    CHECK_STR(found("*"), ". .. A.txt abc.dat b.TXT dir noext two.dots.c ");
    CHECK_STR(found("*.*"), ". .. A.txt abc.dat b.TXT dir noext two.dots.c ");
    CHECK_STR(found("*.txt"), "A.txt b.TXT ");
    CHECK_STR(found("*."), ". .. dir noext ");
    CHECK_STR(found("?.txt"), "A.txt b.TXT ");
    CHECK_STR(found("???.dat"), "abc.dat ");
    CHECK_STR(found("????.dat"), "abc.dat ");
    CHECK_STR(found("*.c"), "two.dots.c ");
    CHECK_STR(found("two*"), "two.dots.c ");
    CHECK_STR(found("NOEXT"), "noext ");
    CHECK_STR(found("noext.*"), "noext ");
    CHECK_STR(found("*.zzz"), "nothing");
    CHECK_STR(found("dir\\*"), ". .. ");
    leave_filled_folder();
}

TEST(errors) {
    WIN32_FIND_DATAA data;
    HANDLE find;

    enter_filled_folder();
    CHECK_BAD_HANDLE(FindFirstFileA("none\\*", &data), ERROR_PATH_NOT_FOUND);
    CHECK_BAD_HANDLE(FindFirstFileA("none", &data), ERROR_FILE_NOT_FOUND);
    CHECK_BAD_HANDLE(FindFirstFileA("noext\\*", &data), ERROR_DIRECTORY);
    CHECK_BAD_HANDLE(FindFirstFileA("dir\\", &data), ERROR_FILE_NOT_FOUND);
    find = FindFirstFileA("dir", &data);
    REQUIRE_HANDLE(find);
    CHECK_EQ(data.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY, FILE_ATTRIBUTE_DIRECTORY);
    CHECK_ERROR(FindNextFileA(find, &data), ERROR_NO_MORE_FILES);
    CHECK_OK(FindClose(find));
    CHECK_ERROR(FindClose(INVALID_HANDLE_VALUE), ERROR_INVALID_HANDLE);
    leave_filled_folder();
}
