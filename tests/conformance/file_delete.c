/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Deleting files that are open: delete-on-close, deletions that wait for the last handle, names that are replaced. */
#include "harness.h"

#define SHARE_ALL (FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)

static HANDLE file_open(const char *name, DWORD access, DWORD sharing, DWORD creation, DWORD flags) {
    return CreateFileA(name, access, sharing, NULL, creation, flags, NULL);
}

static void file_make(const char *name, const char *text) {
    HANDLE file = file_open(name, GENERIC_WRITE, SHARE_ALL, CREATE_ALWAYS, 0);
    DWORD n;

    REQUIRE_HANDLE(file);
    CHECK_OK(WriteFile(file, text, (DWORD)strlen(text), &n, NULL));
    CloseHandle(file);
}

/* FileDispositionInfo on an open handle: the documented deletion, which waits for the last handle. */
static BOOL dispose(HANDLE file, BOOLEAN delete_it) {
    FILE_DISPOSITION_INFO info = {delete_it};

    return SetFileInformationByHandle(file, FileDispositionInfo, &info, sizeof info);
}

static int is_there(const char *name) {
    return GetFileAttributesA(name) != INVALID_FILE_ATTRIBUTES;
}

TEST(delete_pending) {
    FILE_STANDARD_INFO standard;
    HANDLE first, second;
    char text[8];
    DWORD n;

    enter_own_folder();
    file_make("a", "hello");
    first = file_open("a", GENERIC_READ, SHARE_ALL, OPEN_EXISTING, 0);
    second = file_open("a", DELETE, SHARE_ALL, OPEN_EXISTING, 0);
    REQUIRE_HANDLE(first);
    REQUIRE_HANDLE(second);
    CHECK_OK(dispose(second, TRUE));
    CHECK_BAD_HANDLE(file_open("a", GENERIC_READ, SHARE_ALL, OPEN_EXISTING, 0), ERROR_ACCESS_DENIED);
    CHECK_BAD_HANDLE(file_open("a", 0, SHARE_ALL, OPEN_EXISTING, 0), ERROR_ACCESS_DENIED);
    CHECK_BAD_HANDLE(file_open("a", GENERIC_WRITE, SHARE_ALL, CREATE_ALWAYS, 0), ERROR_ACCESS_DENIED);
    CHECK_OK(GetFileInformationByHandleEx(first, FileStandardInfo, &standard, sizeof standard));
    CHECK_EQ(standard.DeletePending, TRUE);
    CHECK_EQ(standard.NumberOfLinks, 0);
    CloseHandle(second);
    CHECK_BAD_HANDLE(file_open("a", GENERIC_READ, SHARE_ALL, OPEN_EXISTING, 0), ERROR_ACCESS_DENIED);
    CHECK_OK(ReadFile(first, text, sizeof text, &n, NULL)); /* who has it open goes on */
    CHECK_EQ(n, 5);
    CloseHandle(first);
    CHECK_BAD_HANDLE(file_open("a", GENERIC_READ, SHARE_ALL, OPEN_EXISTING, 0), ERROR_FILE_NOT_FOUND);
    leave_own_folder();
}

TEST(taken_back) {
    HANDLE first, second;

    enter_own_folder();
    file_make("a", "hello");
    first = file_open("a", DELETE, SHARE_ALL, OPEN_EXISTING, 0);
    second = file_open("a", DELETE, SHARE_ALL, OPEN_EXISTING, 0);
    CHECK_OK(dispose(first, TRUE));
    CloseHandle(first);
    CHECK_OK(dispose(second, FALSE)); /* it is the file's state, not the handle's */
    first = file_open("a", GENERIC_READ, SHARE_ALL, OPEN_EXISTING, 0);
    CHECK(first != INVALID_HANDLE_VALUE);
    CloseHandle(first);
    CloseHandle(second);
    CHECK(is_there("a"));
    CHECK_OK(DeleteFileA("a"));
    leave_own_folder();
}

TEST(delete_on_close) {
    HANDLE file, other;

    enter_own_folder();
    file = file_open("a", GENERIC_WRITE, SHARE_ALL, CREATE_NEW, FILE_FLAG_DELETE_ON_CLOSE);
    REQUIRE_HANDLE(file);
    CHECK_BAD_HANDLE(file_open("a", GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, OPEN_EXISTING, 0), ERROR_SHARING_VIOLATION);
    other = file_open("a", GENERIC_READ, SHARE_ALL, OPEN_EXISTING, 0);
    REQUIRE_HANDLE(other); /* it is not being deleted yet */
    CloseHandle(file);
    CHECK_BAD_HANDLE(file_open("a", GENERIC_READ, SHARE_ALL, OPEN_EXISTING, 0), ERROR_ACCESS_DENIED);
    CloseHandle(other);
    CHECK(!is_there("a"));
    leave_own_folder();
}

TEST(delete_on_close_with_the_last_duplicate) {
    HANDLE file, other;

    enter_own_folder();
    file = file_open("a", GENERIC_WRITE, SHARE_ALL, CREATE_NEW, FILE_FLAG_DELETE_ON_CLOSE);
    CHECK_OK(DuplicateHandle(GetCurrentProcess(), file, GetCurrentProcess(), &other, 0, FALSE, DUPLICATE_SAME_ACCESS));
    CloseHandle(file);
    CHECK(is_there("a"));
    CloseHandle(other);
    CHECK(!is_there("a"));
    leave_own_folder();
}

TEST(renamed_before_it_goes) {
    HANDLE file, other;

    enter_own_folder();
    file = file_open("a", GENERIC_WRITE, SHARE_ALL, CREATE_NEW, FILE_FLAG_DELETE_ON_CLOSE);
    REQUIRE_HANDLE(file);
    CHECK_OK(MoveFileA("a", "b"));
    file_make("a", "another one");
    CloseHandle(file);
    CHECK(!is_there("b"));
    CHECK(is_there("a"));
    other = file_open("a", DELETE, SHARE_ALL, OPEN_EXISTING, FILE_FLAG_DELETE_ON_CLOSE);
    CloseHandle(other);
    CHECK(!is_there("a"));
    leave_own_folder();
}

TEST(directories_wait_too) {
    HANDLE folder;

    enter_own_folder();
    CHECK_OK(CreateDirectoryA("d", NULL));
    folder = file_open("d", FILE_LIST_DIRECTORY | DELETE, SHARE_ALL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS);
    REQUIRE_HANDLE(folder);
    CHECK_OK(dispose(folder, TRUE));
    CHECK_BAD_HANDLE(file_open("d", GENERIC_READ, SHARE_ALL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS), ERROR_ACCESS_DENIED);
    CloseHandle(folder);
    CHECK(!is_there("d"));
    CHECK_OK(CreateDirectoryA("d", NULL));
    file_make("d\\a", "x");
    folder = file_open("d", DELETE, SHARE_ALL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS);
    CHECK_ERROR(dispose(folder, TRUE), ERROR_DIR_NOT_EMPTY);
    CloseHandle(folder);
    CHECK_OK(DeleteFileA("d\\a"));
    CHECK_OK(RemoveDirectoryA("d"));
    leave_own_folder();
}

TEST(read_only) {
    HANDLE file;

    enter_own_folder();
    file_make("a", "x");
    CHECK_OK(SetFileAttributesA("a", FILE_ATTRIBUTE_READONLY));
    CHECK_ERROR(DeleteFileA("a"), ERROR_ACCESS_DENIED);
    CHECK_BAD_HANDLE(file_open("a", GENERIC_READ, SHARE_ALL, OPEN_EXISTING, FILE_FLAG_DELETE_ON_CLOSE), ERROR_ACCESS_DENIED);
    file = file_open("a", DELETE, SHARE_ALL, OPEN_EXISTING, 0);
    CHECK_ERROR(dispose(file, TRUE), ERROR_ACCESS_DENIED);
    CloseHandle(file);
    CHECK_OK(SetFileAttributesA("a", FILE_ATTRIBUTE_NORMAL));
    CHECK_OK(DeleteFileA("a"));
    leave_own_folder();
}

struct disposition_ex {
    DWORD flags;
};

/* FILE_DISPOSITION_POSIX_SEMANTICS: the name is gone with this handle, whoever else has the file open. */
TEST(posix_semantics) {
    struct disposition_ex info = {1 | 2};
    HANDLE first, second;
    char text[8];
    DWORD n;

    enter_own_folder();
    file_make("a", "hello");
    first = file_open("a", GENERIC_READ, SHARE_ALL, OPEN_EXISTING, 0);
    second = file_open("a", DELETE, SHARE_ALL, OPEN_EXISTING, 0);
    if (!SetFileInformationByHandle(second, (FILE_INFO_BY_HANDLE_CLASS)21, &info, sizeof info) && GetLastError() == ERROR_INVALID_PARAMETER)
        test_skip("no FileDispositionInfoEx");
    CloseHandle(second);
    CHECK_BAD_HANDLE(file_open("a", GENERIC_READ, SHARE_ALL, OPEN_EXISTING, 0), ERROR_FILE_NOT_FOUND);
    file_make("a", "again");
    CHECK_OK(ReadFile(first, text, sizeof text, &n, NULL));
    CHECK_EQ(n, 5);
    CHECK_MEM(text, "hello", 5);
    CloseHandle(first);
    CHECK(is_there("a"));
    CHECK_OK(DeleteFileA("a"));
    leave_own_folder();
}

TEST(other_links_stay) {
    HANDLE file;

    enter_own_folder();
    file_make("a", "hello");
    CHECK_OK(CreateHardLinkA("b", "a", NULL));
    CHECK_OK(DeleteFileA("a"));
    CHECK(!is_there("a"));
    file = file_open("b", GENERIC_READ, 0, OPEN_EXISTING, FILE_FLAG_DELETE_ON_CLOSE);
    REQUIRE_HANDLE(file);
    CloseHandle(file);
    CHECK(!is_there("b"));
    leave_own_folder();
}

TEST(replacing_an_open_file) {
    HANDLE target;

    enter_own_folder();
    file_make("a", "new");
    file_make("b", "old");
    target = file_open("b", GENERIC_READ, SHARE_ALL, OPEN_EXISTING, 0);
    REQUIRE_HANDLE(target);
    CHECK_ERROR(MoveFileA("a", "b"), ERROR_ALREADY_EXISTS);
    CHECK_ERROR(MoveFileExA("a", "b", MOVEFILE_REPLACE_EXISTING), ERROR_ACCESS_DENIED);
    CloseHandle(target);
    CHECK_OK(MoveFileExA("a", "b", MOVEFILE_REPLACE_EXISTING));
    CHECK(!is_there("a"));
    target = file_open("b", GENERIC_READ, SHARE_ALL, OPEN_EXISTING, 0);
    CHECK_OK(MoveFileA("b", "c")); /* what is renamed may be open, if it lets itself be deleted */
    CloseHandle(target);
    CHECK_OK(DeleteFileA("c"));
    leave_own_folder();
}

/* ---- two processes ---- */

ROLE(owner) {
    HANDLE ready = OpenEventA(EVENT_ALL_ACCESS, FALSE, own_name("ready")), go = OpenEventA(EVENT_ALL_ACCESS, FALSE, own_name("go"));
    HANDLE file = argv[0][0] == 'c' ? file_open("a", GENERIC_WRITE, SHARE_ALL, CREATE_NEW, FILE_FLAG_DELETE_ON_CLOSE)
                                    : file_open("a", DELETE, SHARE_ALL, OPEN_EXISTING, 0);

    (void)argc;
    REQUIRE_HANDLE(file);
    if (argv[0][0] == 'd')
        CHECK_OK(dispose(file, TRUE));
    SetEvent(ready);
    WaitForSingleObject(go, WAIT_LIMIT_MS);
}

static struct child start_owner(const char *how, HANDLE *ready, HANDLE *go) {
    struct child child;

    *ready = CreateEventA(NULL, FALSE, FALSE, own_name("ready"));
    *go = CreateEventA(NULL, FALSE, FALSE, own_name("go"));
    child = spawn_self("owner", how);
    CHECK_SIGNALLED(*ready);
    return child;
}

static void end_owner(struct child *child, HANDLE ready, HANDLE go, BOOL killed) {
    if (killed)
        TerminateProcess(child->process, 3);
    else
        SetEvent(go);
    CHECK_EQ(child_exit_code(child), killed ? 3 : 0);
    CloseHandle(ready);
    CloseHandle(go);
}

TEST(with_its_process) {
    struct child child;
    HANDLE ready, go;

    enter_own_folder();
    for (BOOL killed = FALSE; killed <= TRUE; killed++) {
        child = start_owner("close", &ready, &go);
        CHECK(is_there("a"));
        end_owner(&child, ready, go, killed);
        CHECK(!is_there("a"));
    }
    leave_own_folder();
}

TEST(pending_with_its_process) {
    struct child child;
    HANDLE ready, go, mine;

    enter_own_folder();
    for (BOOL killed = FALSE; killed <= TRUE; killed++) {
        file_make("a", "hello");
        mine = file_open("a", GENERIC_READ, SHARE_ALL, OPEN_EXISTING, 0);
        REQUIRE_HANDLE(mine);
        child = start_owner("dispose", &ready, &go);
        CHECK_BAD_HANDLE(file_open("a", GENERIC_READ, SHARE_ALL, OPEN_EXISTING, 0), ERROR_ACCESS_DENIED);
        end_owner(&child, ready, go, killed);
        CHECK_BAD_HANDLE(file_open("a", GENERIC_READ, SHARE_ALL, OPEN_EXISTING, 0), ERROR_ACCESS_DENIED);
        CloseHandle(mine);
        CHECK(!is_there("a"));
    }
    leave_own_folder();
}

TEST(the_other_process_is_last) {
    struct child child;
    HANDLE ready, go, mine;

    enter_own_folder();
    for (BOOL killed = FALSE; killed <= TRUE; killed++) {
        file_make("a", "hello");
        child = start_owner("open", &ready, &go);
        mine = file_open("a", DELETE, SHARE_ALL, OPEN_EXISTING, 0);
        REQUIRE_HANDLE(mine);
        CHECK_OK(dispose(mine, TRUE));
        CloseHandle(mine);
        CHECK_BAD_HANDLE(file_open("a", GENERIC_READ, SHARE_ALL, OPEN_EXISTING, 0), ERROR_ACCESS_DENIED);
        end_owner(&child, ready, go, killed);
        CHECK_BAD_HANDLE(file_open("a", GENERIC_READ, SHARE_ALL, OPEN_EXISTING, 0), ERROR_FILE_NOT_FOUND);
    }
    leave_own_folder();
}
