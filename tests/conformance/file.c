/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files: opening, reading, writing, positions, sizes, deleting, moving, attributes. */
#include "harness.h"

static HANDLE file_open(const char *name, DWORD access, DWORD creation, DWORD flags) {
    return CreateFileA(name, access, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, creation, flags, NULL);
}

static void file_make(const char *name, const char *text) {
    HANDLE file = file_open(name, GENERIC_WRITE, CREATE_ALWAYS, 0);
    DWORD n;

    REQUIRE_HANDLE(file);
    CHECK_OK(WriteFile(file, text, (DWORD)strlen(text), &n, NULL));
    CloseHandle(file);
}

TEST(dispositions) {
    HANDLE file;

    enter_own_folder();
    CHECK_BAD_HANDLE(file_open("a", GENERIC_READ, OPEN_EXISTING, 0), ERROR_FILE_NOT_FOUND);
    CHECK_BAD_HANDLE(file_open("a", GENERIC_READ | GENERIC_WRITE, TRUNCATE_EXISTING, 0), ERROR_FILE_NOT_FOUND);
    CHECK_BAD_HANDLE(file_open("none\\a", GENERIC_READ, OPEN_EXISTING, 0), ERROR_PATH_NOT_FOUND);
    SetLastError(POISON);
    file = file_open("a", GENERIC_WRITE, OPEN_ALWAYS, 0);
    CHECK_EQ(GetLastError(), 0);
    CloseHandle(file);
    SetLastError(POISON);
    file = file_open("a", GENERIC_WRITE, OPEN_ALWAYS, 0);
    CHECK_EQ(GetLastError(), ERROR_ALREADY_EXISTS);
    CloseHandle(file);
    CHECK_BAD_HANDLE(file_open("a", GENERIC_WRITE, CREATE_NEW, 0), ERROR_FILE_EXISTS);
    CHECK_BAD_HANDLE(file_open("A", GENERIC_WRITE, CREATE_NEW, 0), ERROR_FILE_EXISTS);
    SetLastError(POISON);
    file = file_open("a", GENERIC_WRITE, CREATE_ALWAYS, 0);
    CHECK_EQ(GetLastError(), ERROR_ALREADY_EXISTS);
    CloseHandle(file);
    CHECK_BAD_HANDLE(file_open("a", GENERIC_READ, TRUNCATE_EXISTING, 0), ERROR_INVALID_PARAMETER);
    CHECK_BAD_HANDLE(file_open("a", GENERIC_READ, 99, 0), ERROR_INVALID_PARAMETER);
    CHECK_BAD_HANDLE(file_open("a*b", GENERIC_READ, CREATE_ALWAYS, 0), ERROR_INVALID_NAME);
    CHECK_BAD_HANDLE(file_open(".", GENERIC_READ, OPEN_EXISTING, 0), ERROR_ACCESS_DENIED);
    CHECK_BAD_HANDLE(file_open("", GENERIC_READ, OPEN_EXISTING, 0), ERROR_PATH_NOT_FOUND);
    CHECK_OK(DeleteFileA("a"));
    leave_own_folder();
}

TEST(read_write_and_position) {
    LARGE_INTEGER to, at;
    char buffer[32];
    HANDLE file;
    DWORD n;
    LONG high = 0;

    enter_own_folder();
    file = file_open("a", GENERIC_READ | GENERIC_WRITE, CREATE_NEW, 0);
    REQUIRE_HANDLE(file);
    CHECK_EQ(GetFileType(file), FILE_TYPE_DISK);
    CHECK_OK(WriteFile(file, "hello world", 11, &n, NULL));
    CHECK_EQ(n, 11);
    CHECK_EQ(SetFilePointer(file, -5, NULL, FILE_END), 6);
    n = POISON;
    CHECK_OK(ReadFile(file, buffer, sizeof buffer, &n, NULL));
    CHECK_EQ(n, 5);
    CHECK_MEM(buffer, "world", 5);
    n = POISON;
    CHECK_OK(ReadFile(file, buffer, sizeof buffer, &n, NULL)); /* the end: success, nothing */
    CHECK_EQ(n, 0);
    CHECK_EQ(SetFilePointer(file, 3, &high, FILE_BEGIN), 3);
    to.QuadPart = 2;
    CHECK_OK(SetFilePointerEx(file, to, &at, FILE_CURRENT));
    CHECK_EQ(at.QuadPart, 5);
    to.QuadPart = -6;
    CHECK_ERROR(SetFilePointerEx(file, to, &at, FILE_CURRENT), ERROR_NEGATIVE_SEEK);
    to.QuadPart = 5;
    CHECK_ERROR(SetFilePointerEx(file, to, &at, 3), ERROR_INVALID_PARAMETER);
    CHECK_OK(SetEndOfFile(file));
    CHECK_EQ(GetFileSize(file, NULL), 5);
    to.QuadPart = 0x100000000;
    CHECK_OK(SetFilePointerEx(file, to, NULL, FILE_BEGIN));
    CHECK_OK(GetFileSizeEx(file, &at));
    CHECK_EQ(at.QuadPart, 5);
    CHECK_OK(FlushFileBuffers(file));
    CloseHandle(file);
    CHECK_ERROR(ReadFile(file, buffer, 1, &n, NULL), ERROR_INVALID_HANDLE);
    CHECK_OK(DeleteFileA("a"));
    leave_own_folder();
}

TEST(access_is_checked) {
    char buffer[4];
    HANDLE file;
    DWORD n;

    enter_own_folder();
    file_make("a", "text");
    file = file_open("a", GENERIC_READ, OPEN_EXISTING, 0);
    CHECK_ERROR(WriteFile(file, "x", 1, &n, NULL), ERROR_ACCESS_DENIED);
    CHECK_ERROR(SetEndOfFile(file), ERROR_ACCESS_DENIED);
    CHECK_ERROR(FlushFileBuffers(file), ERROR_ACCESS_DENIED);
    CHECK_ERROR(ReadFile(file, (void *)8, 4, &n, NULL), ERROR_NOACCESS);
    CloseHandle(file);
    file = file_open("a", GENERIC_WRITE, OPEN_EXISTING, 0);
    CHECK_ERROR(ReadFile(file, buffer, 1, &n, NULL), ERROR_ACCESS_DENIED);
    CHECK_ERROR(WriteFile(file, (void *)8, 4, &n, NULL), ERROR_NOACCESS);
    CloseHandle(file);
    file = file_open("a", 0, OPEN_EXISTING, 0);
    CHECK_ERROR(ReadFile(file, buffer, 1, &n, NULL), ERROR_ACCESS_DENIED);
    CHECK_EQ(GetFileSize(file, NULL), 4);
    CloseHandle(file);
    CHECK_OK(DeleteFileA("a"));
    leave_own_folder();
}

TEST(append_only) {
    char buffer[16];
    HANDLE file;
    DWORD n;

    enter_own_folder();
    file_make("a", "one");
    file = file_open("a", FILE_APPEND_DATA, OPEN_EXISTING, 0);
    REQUIRE_HANDLE(file);
    CHECK_OK(WriteFile(file, "two", 3, &n, NULL));
    CloseHandle(file);
    file = file_open("a", GENERIC_READ, OPEN_EXISTING, 0);
    CHECK_OK(ReadFile(file, buffer, sizeof buffer, &n, NULL));
    CHECK_EQ(n, 6);
    CHECK_MEM(buffer, "onetwo", 6);
    CloseHandle(file);
    CHECK_OK(DeleteFileA("a"));
    leave_own_folder();
}

TEST(overlapped_offsets) {
    OVERLAPPED overlapped = {0};
    char buffer[16];
    HANDLE file;
    DWORD n;

    enter_own_folder();
    file_make("a", "0123456789");
    file = file_open("a", GENERIC_READ, OPEN_EXISTING, FILE_FLAG_OVERLAPPED);
    REQUIRE_HANDLE(file);
    overlapped.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
    overlapped.Offset = 4;
    if (!ReadFile(file, buffer, 3, NULL, &overlapped))
        CHECK_EQ(GetLastError(), ERROR_IO_PENDING);
    CHECK_OK(GetOverlappedResult(file, &overlapped, &n, TRUE));
    CHECK_EQ(n, 3);
    CHECK_MEM(buffer, "456", 3);
    CHECK_SIGNALLED(overlapped.hEvent);
    overlapped.Offset = 10;
    if (!ReadFile(file, buffer, 3, NULL, &overlapped) && GetLastError() == ERROR_IO_PENDING)
        CHECK_ERROR(GetOverlappedResult(file, &overlapped, &n, TRUE), ERROR_HANDLE_EOF);
    else
        CHECK_EQ(GetLastError(), ERROR_HANDLE_EOF);
    CHECK_ERROR(ReadFile(file, buffer, 3, &n, NULL), ERROR_INVALID_PARAMETER); /* where? */
    CloseHandle(overlapped.hEvent);
    CloseHandle(file);
    CHECK_OK(DeleteFileA("a"));
    leave_own_folder();
}

TEST(delete_and_move) {
    HANDLE file;

    enter_own_folder();
    CHECK_ERROR(DeleteFileA("a"), ERROR_FILE_NOT_FOUND);
    file_make("a", "1");
    file_make("b", "22");
    CHECK_ERROR(MoveFileA("a", "b"), ERROR_ALREADY_EXISTS);
    CHECK_ERROR(MoveFileA("x", "y"), ERROR_FILE_NOT_FOUND);
    CHECK_OK(MoveFileExA("a", "b", MOVEFILE_REPLACE_EXISTING));
    file = file_open("b", GENERIC_READ, OPEN_EXISTING, 0);
    CHECK_EQ(GetFileSize(file, NULL), 1);
    CloseHandle(file);
    CHECK_OK(MoveFileA("b", "B"));
    CHECK_OK(CopyFileA("B", "c", TRUE));
    CHECK_ERROR(CopyFileA("B", "c", TRUE), ERROR_FILE_EXISTS);
    CHECK_OK(CopyFileA("B", "c", FALSE));
    CHECK_OK(DeleteFileA("c"));
    CHECK_OK(DeleteFileA("b"));
    CHECK_OK(CreateDirectoryA("d", NULL));
    CHECK_ERROR(DeleteFileA("d"), ERROR_ACCESS_DENIED);
    CHECK_OK(MoveFileA("d", "e"));
    CHECK_OK(RemoveDirectoryA("e"));
    file = file_open("t", GENERIC_WRITE, CREATE_NEW, FILE_FLAG_DELETE_ON_CLOSE);
    REQUIRE_HANDLE(file);
    CloseHandle(file);
    CHECK_EQ(GetFileAttributesA("t"), INVALID_FILE_ATTRIBUTES);
    leave_own_folder();
}

ROLE(leave_open) {
    HANDLE file = file_open(argc ? argv[argc - 1] : "?", GENERIC_WRITE, CREATE_NEW, FILE_FLAG_DELETE_ON_CLOSE);

    CHECK(file != INVALID_HANDLE_VALUE);
}

TEST(delete_on_close_at_the_end_of_the_process) {
    struct child child;

    enter_own_folder();
    child = spawn_self("leave_open", "left");
    CHECK_CHILD(child);
    CHECK_EQ(GetFileAttributesA("left"), INVALID_FILE_ATTRIBUTES);
    leave_own_folder();
}

TEST(attributes_and_times) {
    FILETIME time = {0x12345600, 0x01d00000}, seen;
    BY_HANDLE_FILE_INFORMATION info;
    HANDLE file;

    enter_own_folder();
    file_make("a", "xyz");
    CHECK_EQ(GetFileAttributesA("a"), FILE_ATTRIBUTE_ARCHIVE);
    CHECK_EQ(GetFileAttributesA(".") & FILE_ATTRIBUTE_DIRECTORY, FILE_ATTRIBUTE_DIRECTORY);
    CHECK_OK(SetFileAttributesA("a", FILE_ATTRIBUTE_READONLY));
    CHECK_EQ(GetFileAttributesA("a") & FILE_ATTRIBUTE_READONLY, FILE_ATTRIBUTE_READONLY);
    CHECK_BAD_HANDLE(file_open("a", GENERIC_WRITE, OPEN_EXISTING, 0), ERROR_ACCESS_DENIED);
    CHECK_BAD_HANDLE(file_open("a", GENERIC_WRITE, CREATE_ALWAYS, 0), ERROR_ACCESS_DENIED);
    CHECK_ERROR(DeleteFileA("a"), ERROR_ACCESS_DENIED);
    CHECK_OK(SetFileAttributesA("a", FILE_ATTRIBUTE_NORMAL));
    file = file_open("a", GENERIC_READ | FILE_WRITE_ATTRIBUTES, OPEN_EXISTING, 0);
    REQUIRE_HANDLE(file);
    CHECK_OK(SetFileTime(file, NULL, NULL, &time));
    CHECK_OK(GetFileTime(file, NULL, NULL, &seen));
    CHECK_MEM(&seen, &time, sizeof time);
    CHECK_OK(GetFileInformationByHandle(file, &info));
    CHECK_EQ(info.nFileSizeLow, 3);
    CHECK_EQ(info.nNumberOfLinks, 1);
    CHECK_EQ(info.ftLastWriteTime.dwHighDateTime, time.dwHighDateTime);
    CloseHandle(file);
    CHECK_OK(DeleteFileA("a"));
    leave_own_folder();
}

static void file_holds(const char *name, const char *text) {
    char buffer[64] = {0};
    HANDLE file = file_open(name, GENERIC_READ, OPEN_EXISTING, 0);
    DWORD n = 0;

    REQUIRE_HANDLE(file);
    CHECK_OK(ReadFile(file, buffer, sizeof buffer - 1, &n, NULL));
    CHECK_STR(buffer, text);
    CloseHandle(file);
}

TEST(replaced) {
    FILETIME made = {0x12345678, 0x01d00000}, now;
    HANDLE file;

    enter_own_folder();
    file_make("a", "old");
    file_make("b", "new");
    file = file_open("a", FILE_WRITE_ATTRIBUTES, OPEN_EXISTING, 0);
    CHECK_OK(SetFileTime(file, &made, NULL, NULL));
    CloseHandle(file);
    CHECK_OK(ReplaceFileA("a", "b", "c", 0, NULL, NULL));
    file_holds("a", "new");
    file_holds("c", "old");
    CHECK_EQ(GetFileAttributesA("b"), INVALID_FILE_ATTRIBUTES);
    file = file_open("a", GENERIC_READ, OPEN_EXISTING, 0);
    CHECK_OK(GetFileTime(file, &now, NULL, NULL));
    CHECK_EQ(now.dwHighDateTime, made.dwHighDateTime);
    CHECK_EQ(now.dwLowDateTime, made.dwLowDateTime);
    CloseHandle(file);
    file_make("b", "newer");
    CHECK_OK(ReplaceFileA("a", "b", NULL, 0, NULL, NULL));
    file_holds("a", "newer");
    CHECK_OK(DeleteFileA("a"));
    CHECK_OK(DeleteFileA("c"));
    leave_own_folder();
}

TEST(not_replaced) {
    HANDLE file;

    enter_own_folder();
    file_make("a", "old");
    file_make("b", "new");
    CHECK_ERROR(ReplaceFileA("a", "none", "c", 0, NULL, NULL), ERROR_FILE_NOT_FOUND);
    CHECK_ERROR(ReplaceFileA("none", "b", "c", 0, NULL, NULL), ERROR_FILE_NOT_FOUND);
    file = file_open("b", GENERIC_READ, OPEN_EXISTING, 0);
    CHECK_ERROR(ReplaceFileA("a", "b", "c", 0, NULL, NULL), ERROR_SHARING_VIOLATION);
    CloseHandle(file);
    file = CreateFileA("a", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    CHECK_ERROR(ReplaceFileA("a", "b", "c", 0, NULL, NULL), ERROR_SHARING_VIOLATION);
    CloseHandle(file);
    file_holds("a", "old");
    file_holds("b", "new");
    CHECK_EQ(GetFileAttributesA("c"), INVALID_FILE_ATTRIBUTES);
    CHECK_OK(DeleteFileA("a"));
    CHECK_OK(DeleteFileA("b"));
    leave_own_folder();
}

TEST(locks) {
    OVERLAPPED overlapped = {0};
    HANDLE first, second;

    enter_own_folder();
    file_make("a", "0123456789");
    first = file_open("a", GENERIC_READ | GENERIC_WRITE, OPEN_EXISTING, 0);
    second = file_open("a", GENERIC_READ | GENERIC_WRITE, OPEN_EXISTING, 0);
    CHECK_OK(LockFile(first, 2, 0, 4, 0));
    CHECK_ERROR(LockFile(second, 5, 0, 1, 0), ERROR_LOCK_VIOLATION);
    CHECK_OK(LockFile(second, 6, 0, 2, 0));
    CHECK_OK(UnlockFile(first, 2, 0, 4, 0));
    CHECK_OK(LockFileEx(first, LOCKFILE_FAIL_IMMEDIATELY, 0, 4, 0, &overlapped));
    CHECK_OK(LockFileEx(second, LOCKFILE_FAIL_IMMEDIATELY, 0, 4, 0, &overlapped));
    CloseHandle(first);
    CloseHandle(second);
    CHECK_OK(DeleteFileA("a"));
    leave_own_folder();
}

/* Opens or makes the file; who finds it going may be refused, but nobody is told that it is there, or is not. */
static DWORD WINAPI open_always(void *unused) {
    (void)unused;
    for (int i = 0; i < 1000; i++) {
        HANDLE file = file_open("a", GENERIC_READ | GENERIC_WRITE, i % 2 ? OPEN_ALWAYS : CREATE_ALWAYS, 0);

        if (file != INVALID_HANDLE_VALUE)
            CloseHandle(file);
        else
            CHECK_EQ(GetLastError(), ERROR_ACCESS_DENIED);
        if (i % 2 && !DeleteFileA("a"))
            CHECK(GetLastError() == ERROR_FILE_NOT_FOUND || GetLastError() == ERROR_ACCESS_DENIED);
    }
    return 0;
}

TEST(made_and_deleted_at_once) {
    HANDLE threads[4];

    enter_own_folder();
    for (int i = 0; i < 4; i++)
        threads[i] = CreateThread(NULL, 0, open_always, NULL, 0, NULL);
    for (int i = 0; i < 4; i++) {
        CHECK_SIGNALLED(threads[i]);
        CloseHandle(threads[i]);
    }
    DeleteFileA("a");
    leave_own_folder();
}

TEST(nul_device) {
    HANDLE file = file_open("NUL", GENERIC_READ | GENERIC_WRITE, OPEN_EXISTING, 0);
    char byte;
    DWORD n;

    REQUIRE_HANDLE(file);
    CHECK_EQ(GetFileType(file), FILE_TYPE_CHAR);
    CHECK_OK(ReadFile(file, &byte, 1, &n, NULL));
    CHECK_EQ(n, 0);
    CHECK_OK(WriteFile(file, "abc", 3, &n, NULL));
    CHECK_EQ(n, 3);
    CHECK_ERROR(GetConsoleMode(file, &n), ERROR_INVALID_HANDLE);
    CloseHandle(file);
}

/* VOLUME_NAME_DOS, _NT and _NONE end alike. */
TEST(final_path_forms) {
    char dos[MAX_PATH], nt[MAX_PATH], none[MAX_PATH];
    HANDLE file;
    DWORD n;

    enter_own_folder();
    file_make("a", "x");
    file = file_open("A", GENERIC_READ, OPEN_EXISTING, 0);
    REQUIRE_HANDLE(file);
    n = GetFinalPathNameByHandleA(file, none, sizeof none, VOLUME_NAME_NONE);
    CHECK_EQ(n, strlen(none));
    CHECK_STR(none + n - 2, "\\a");
    CHECK_EQ(GetFinalPathNameByHandleA(file, dos, sizeof dos, VOLUME_NAME_DOS), 6 + n);
    CHECK_EQ(strncmp(dos, "\\\\?\\", 4), 0);
    CHECK_STR(dos + 6, none);
    CHECK(GetFinalPathNameByHandleA(file, nt, sizeof nt, VOLUME_NAME_NT) > n);
    CHECK_EQ(strncmp(nt, "\\Device\\", 8), 0);
    CHECK_STR(nt + strlen(nt) - n, none);
    CloseHandle(file);
    CHECK_OK(DeleteFileA("a"));
    leave_own_folder();
}

/* ---- opened again ---- */

/* Source: https://learn.microsoft.com/en-us/windows/win32/api/winbase/nf-winbase-reopenfile */
TEST(a_file_is_opened_again_with_other_rights) {
    HANDLE reader, writer;
    char text[4] = "";
    DWORD n;

    enter_own_folder();
    file_make("a", "abc");
    reader = file_open("a", GENERIC_READ, OPEN_EXISTING, 0);
    REQUIRE_HANDLE(reader);
    CHECK_OK(ReadFile(reader, text, 1, &n, NULL));
    writer = ReOpenFile(reader, GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, 0);
    REQUIRE_HANDLE(writer);
    CHECK_OK(WriteFile(writer, "xyz", 3, &n, NULL)); /* from the beginning: its position is its own */
    CHECK_ERROR(ReadFile(writer, text, 1, &n, NULL), ERROR_ACCESS_DENIED);
    CHECK_ERROR(WriteFile(reader, "x", 1, &n, NULL), ERROR_ACCESS_DENIED);
    CHECK_OK(ReadFile(reader, text, 2, &n, NULL));
    CHECK_EQ(n, 2);
    CHECK_MEM(text, "yz", 2);
    CloseHandle(reader);
    CloseHandle(writer);
    CHECK_OK(DeleteFileA("a"));
    leave_own_folder();
}

TEST(a_file_is_opened_again_under_its_new_name) {
    HANDLE file, again;
    char text[4] = "";
    DWORD n;

    enter_own_folder();
    file_make("a", "one");
    file = CreateFileA("a", GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE, NULL, OPEN_EXISTING, 0, NULL);
    REQUIRE_HANDLE(file);
    CHECK_OK(MoveFileA("a", "b"));
    file_make("a", "two");
    again = ReOpenFile(file, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE, 0);
    REQUIRE_HANDLE(again);
    CHECK_OK(ReadFile(again, text, 3, &n, NULL));
    CHECK_STR(text, "one");
    CloseHandle(again);
    CloseHandle(file);
    CHECK_OK(DeleteFileA("a"));
    CHECK_OK(DeleteFileA("b"));
    leave_own_folder();
}

TEST(a_file_is_opened_again_as_it_is_shared) {
    HANDLE file;

    enter_own_folder();
    file_make("a", "x");
    file = CreateFileA("a", GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    REQUIRE_HANDLE(file);
    CHECK_BAD_HANDLE(ReOpenFile(file, GENERIC_WRITE, FILE_SHARE_READ, 0), ERROR_SHARING_VIOLATION);
    CHECK_BAD_HANDLE(ReOpenFile(file, GENERIC_READ, 0, 0), ERROR_SHARING_VIOLATION);
    CHECK_BAD_HANDLE(ReOpenFile(INVALID_HANDLE_VALUE, GENERIC_READ, 0, 0), ERROR_INVALID_HANDLE);
    CHECK_BAD_HANDLE(ReOpenFile(file, GENERIC_READ, FILE_SHARE_READ, FILE_ATTRIBUTE_HIDDEN), ERROR_INVALID_PARAMETER);
    CloseHandle(file);
    CHECK_BAD_HANDLE(ReOpenFile(file, GENERIC_READ, FILE_SHARE_READ, 0), ERROR_INVALID_HANDLE);
    CHECK_OK(DeleteFileA("a"));
    leave_own_folder();
}

TEST(a_pipes_server_opened_again_is_its_client) {
    HANDLE server = CreateNamedPipeA(own_pipe("again"), PIPE_ACCESS_DUPLEX, 0, 1, 64, 64, 0, NULL), client;
    char text[4] = "";
    DWORD n;

    REQUIRE_HANDLE(server);
    client = ReOpenFile(server, GENERIC_READ | GENERIC_WRITE, 0, 0);
    REQUIRE_HANDLE(client);
    CHECK_ERROR(ConnectNamedPipe(server, NULL), ERROR_PIPE_CONNECTED);
    CHECK_OK(WriteFile(client, "abc", 3, &n, NULL));
    CHECK_OK(ReadFile(server, text, 3, &n, NULL));
    CHECK_STR(text, "abc");
    CHECK_BAD_HANDLE(ReOpenFile(server, GENERIC_READ, 0, 0), ERROR_PIPE_BUSY);
    CloseHandle(client);
    CloseHandle(server);
}

TEST(a_pipe_has_no_path_on_a_drive) {
    HANDLE pipe = CreateNamedPipeA(own_pipe("path"), PIPE_ACCESS_DUPLEX, 0, 1, 64, 64, 0, NULL);
    char path[MAX_PATH] = "", wanted[MAX_PATH];

    REQUIRE_HANDLE(pipe);
    CHECK_EQ(GetFinalPathNameByHandleA(pipe, path, sizeof path, VOLUME_NAME_DOS), 0);
    snprintf(wanted, sizeof wanted, "\\Device\\NamedPipe\\%s", own_name("path"));
    CHECK_EQ(GetFinalPathNameByHandleA(pipe, path, sizeof path, VOLUME_NAME_NT), strlen(wanted));
    CHECK_STR(path, wanted);
    CloseHandle(pipe);
}
