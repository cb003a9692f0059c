/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sparse files, zeroed ranges, symbolic links by their reparse data. */
#include "harness.h"
#include <winioctl.h>

#ifndef ERROR_NOT_A_REPARSE_POINT
#define ERROR_NOT_A_REPARSE_POINT 4390
#endif
#ifndef FSCTL_SET_SPARSE
#define FSCTL_SET_SPARSE 0x900c4
#endif
#ifndef FSCTL_SET_ZERO_DATA
#define FSCTL_SET_ZERO_DATA 0x980c8
#endif
#ifndef FSCTL_QUERY_ALLOCATED_RANGES
#define FSCTL_QUERY_ALLOCATED_RANGES 0x940cf
#endif
#ifndef FSCTL_GET_REPARSE_POINT
#define FSCTL_GET_REPARSE_POINT 0x900a8
#endif
#define PIECE (1 << 20)

struct range {
    LARGE_INTEGER start, other; /* length, or end */
};

static HANDLE file_make(void) {
    HANDLE file;

    enter_own_folder();
    file = CreateFileA("a", GENERIC_READ | GENERIC_WRITE, 7, NULL, CREATE_NEW, 0, NULL);
    REQUIRE_HANDLE(file);
    return file;
}

static void file_end(HANDLE file) {
    CloseHandle(file);
    CHECK_OK(DeleteFileA("a"));
    leave_own_folder();
}

static void put(HANDLE file, LONGLONG at) {
    static char data[PIECE];
    OVERLAPPED place = {.Offset = (DWORD)at, .OffsetHigh = (DWORD)(at >> 32)};
    DWORD n;

    memset(data, 'x', sizeof data);
    CHECK_OK(WriteFile(file, data, sizeof data, &n, &place));
}

static BOOL control(HANDLE file, DWORD code, LONGLONG first, LONGLONG second, struct range *out, DWORD room, DWORD *n) {
    struct range in;

    in.start.QuadPart = first;
    in.other.QuadPart = second;
    return DeviceIoControl(file, code, &in, sizeof in, out, room * (DWORD)sizeof *out, n, NULL);
}

TEST(ranges) {
    struct range found[4];
    HANDLE file = file_make();
    DWORD n;

    CHECK_OK(DeviceIoControl(file, FSCTL_SET_SPARSE, NULL, 0, NULL, 0, &n, NULL));
    CHECK_EQ(GetFileAttributesA("a") & FILE_ATTRIBUTE_SPARSE_FILE, FILE_ATTRIBUTE_SPARSE_FILE);
    put(file, 0);
    put(file, 8 * PIECE);
    CHECK_OK(control(file, FSCTL_QUERY_ALLOCATED_RANGES, 0, 100 * PIECE, found, 4, &n));
    if (CHECK_EQ(n, 2 * sizeof *found)) {
        CHECK_EQ(found[0].start.QuadPart, 0);
        CHECK_EQ(found[0].other.QuadPart, PIECE);
        CHECK_EQ(found[1].start.QuadPart, 8 * PIECE);
        CHECK_EQ(found[1].other.QuadPart, PIECE);
    }
    CHECK_ERROR(control(file, FSCTL_QUERY_ALLOCATED_RANGES, 0, 100 * PIECE, found, 1, &n), ERROR_MORE_DATA);
    CHECK_EQ(n, sizeof *found);
    CHECK_ERROR(control(file, FSCTL_QUERY_ALLOCATED_RANGES, -1, 5, found, 4, &n), ERROR_INVALID_PARAMETER);
    CHECK_OK(control(file, FSCTL_SET_ZERO_DATA, 8 * PIECE, 9 * PIECE, NULL, 0, &n));
    CHECK_EQ(GetFileSize(file, NULL), 9 * PIECE);
    CHECK_OK(control(file, FSCTL_QUERY_ALLOCATED_RANGES, 0, 100 * PIECE, found, 4, &n));
    CHECK_EQ(n, sizeof *found);
    CHECK_OK(SetFileAttributesA("a", FILE_ATTRIBUTE_HIDDEN)); /* which does not make it another kind of file */
    CHECK_EQ(GetFileAttributesA("a"), FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SPARSE_FILE);
    file_end(file);
}

TEST(zeros) {
    HANDLE file = file_make();
    OVERLAPPED at = {.Offset = 998};
    char text[4];
    DWORD n;

    put(file, 0);
    CHECK_OK(control(file, FSCTL_SET_ZERO_DATA, 1000, 2000, NULL, 0, &n));
    CHECK_OK(ReadFile(file, text, 4, &n, &at));
    CHECK_MEM(text, "xx\0\0", 4);
    at.Offset = 1998;
    CHECK_OK(ReadFile(file, text, 4, &n, &at));
    CHECK_MEM(text, "\0\0xx", 4);
    CHECK_OK(control(file, FSCTL_SET_ZERO_DATA, PIECE - 10, PIECE + 10, NULL, 0, &n));
    CHECK_EQ(GetFileSize(file, NULL), PIECE);
    CHECK_ERROR(control(file, FSCTL_SET_ZERO_DATA, 10, 5, NULL, 0, &n), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(control(file, FSCTL_SET_ZERO_DATA, -10, 5, NULL, 0, &n), ERROR_INVALID_PARAMETER);
    file_end(file);
}

TEST(no_reparse_point) {
    HANDLE file = file_make();
    char data[1024];
    DWORD n;

    CHECK_ERROR(DeviceIoControl(file, FSCTL_GET_REPARSE_POINT, NULL, 0, data, sizeof data, &n, NULL), ERROR_NOT_A_REPARSE_POINT);
    file_end(file);
}

static void make_link(const char *name, const char *target, DWORD flags) {
    if (CreateSymbolicLinkA(name, target, flags | 2))
        return;
    if (GetLastError() == ERROR_PRIVILEGE_NOT_HELD || GetLastError() == ERROR_INVALID_PARAMETER)
        test_skip("this account may not make symbolic links");
    CHECK_EQ(GetLastError(), 0);
}

static void check_found(const char *name, DWORD attributes) {
    WIN32_FIND_DATAA data;
    HANDLE search = FindFirstFileA(name, &data);

    REQUIRE_HANDLE(search);
    CHECK_EQ(data.dwFileAttributes & 0x410, attributes & 0x410);
    CHECK_EQ(data.dwReserved0, IO_REPARSE_TAG_SYMLINK);
    FindClose(search);
}

/* Who deletes a tree by these functions does not touch what its links lead to. */
TEST(links_stand_for_themselves) {
    enter_own_folder();
    CHECK_OK(CreateDirectoryA("folder", NULL));
    CloseHandle(CreateFileA("folder\\file", GENERIC_WRITE, 0, NULL, CREATE_NEW, 0, NULL));
    make_link("to_folder", "folder", SYMBOLIC_LINK_FLAG_DIRECTORY);
    make_link("to_file", "folder\\file", 0);
    CHECK_EQ(GetFileAttributesA("to_folder") & 0x410, FILE_ATTRIBUTE_REPARSE_POINT | FILE_ATTRIBUTE_DIRECTORY);
    CHECK_EQ(GetFileAttributesA("to_file") & 0x410, FILE_ATTRIBUTE_REPARSE_POINT);
    check_found("to_folder", FILE_ATTRIBUTE_REPARSE_POINT | FILE_ATTRIBUTE_DIRECTORY);
    check_found("to_file", FILE_ATTRIBUTE_REPARSE_POINT);
    CHECK_EQ(GetFileAttributesA("to_folder\\file") & 0x410, 0); /* on the way, links lead on */
    CHECK_ERROR(DeleteFileA("to_folder"), ERROR_ACCESS_DENIED);
    CHECK_ERROR(RemoveDirectoryA("to_file"), ERROR_DIRECTORY);
    CHECK_OK(RemoveDirectoryA("to_folder"));
    CHECK_OK(DeleteFileA("to_file"));
    CHECK_EQ(GetFileAttributesA("folder") & 0x410, FILE_ATTRIBUTE_DIRECTORY);
    CHECK_OK(DeleteFileA("folder\\file"));
    CHECK_OK(RemoveDirectoryA("folder"));
    leave_own_folder();
}

TEST(a_symbolic_link) {
    struct {
        DWORD tag;
        WORD length, reserved, substitute_offset, substitute_length, print_offset, print_length;
        DWORD flags;
        WCHAR text[500];
    } data;
    HANDLE file = file_make(), link;
    DWORD n;

    if (!CreateSymbolicLinkA("l", "a", 2)) {
        CloseHandle(file);
        DeleteFileA("a");
        leave_own_folder();
        test_skip("this account may not make symbolic links");
    }
    link = CreateFileA("l", 0, 7, NULL, OPEN_EXISTING, FILE_FLAG_OPEN_REPARSE_POINT | FILE_FLAG_BACKUP_SEMANTICS, NULL);
    REQUIRE_HANDLE(link);
    CHECK_OK(DeviceIoControl(link, FSCTL_GET_REPARSE_POINT, NULL, 0, &data, sizeof data, &n, NULL));
    CHECK_EQ(data.tag, IO_REPARSE_TAG_SYMLINK);
    CHECK_EQ(data.length + 8, n);
    CHECK_EQ(data.flags, 1);
    CHECK_EQ(data.print_length, 2);
    CHECK_EQ(data.text[data.print_offset / 2], 'a');
    CHECK_EQ(data.substitute_length, 2);
    CHECK_EQ(data.text[data.substitute_offset / 2], 'a');
    CloseHandle(link);
    CHECK_OK(DeleteFileA("l"));
    file_end(file);
}

TEST(streams_and_compression) {
    struct {
        DWORD next, name_length;
        LARGE_INTEGER size, allocated;
        WCHAR name[20];
    } stream;
    HANDLE file = file_make();

    put(file, 0);
    CHECK_OK(GetFileInformationByHandleEx(file, FileStreamInfo, &stream, sizeof stream));
    CHECK_EQ(stream.next, 0);
    CHECK_EQ(stream.size.QuadPart, PIECE);
    CHECK_EQ(stream.name_length, 14);
    CHECK_MEM(stream.name, L"::$DATA", 14);
    file_end(file);
}
