/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sharing modes: who may open a file beside whom, in one process and in two. */
#include "harness.h"

#define SHARE_ALL (FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)

static HANDLE file_open(const char *name, DWORD access, DWORD sharing, DWORD creation) {
    return CreateFileA(name, access, sharing, NULL, creation, FILE_ATTRIBUTE_NORMAL, NULL);
}

static void file_make(const char *name, const char *text) {
    HANDLE file = file_open(name, GENERIC_WRITE, SHARE_ALL, CREATE_ALWAYS);
    DWORD n;

    REQUIRE_HANDLE(file);
    CHECK_OK(WriteFile(file, text, (DWORD)strlen(text), &n, NULL));
    CloseHandle(file);
}

static const DWORD rights[] = {GENERIC_READ, GENERIC_WRITE, DELETE, FILE_EXECUTE, FILE_APPEND_DATA, FILE_READ_ATTRIBUTES};

/* The sharing that somebody who has such rights needs of the others. */
static DWORD needed(DWORD right) {
    switch (right) {
    case GENERIC_READ:
    case FILE_EXECUTE: return FILE_SHARE_READ;
    case GENERIC_WRITE:
    case FILE_APPEND_DATA: return FILE_SHARE_WRITE;
    case DELETE: return FILE_SHARE_DELETE;
    default: return 0;
    }
}

/* "Sharing modes" in "Creating and Opening Files": both must let the other do what it does; who does nothing of the three is not asked. */
static BOOL get_along(DWORD first, DWORD first_lets, DWORD second, DWORD second_lets) {
    if (!needed(first) || !needed(second))
        return TRUE;
    return (needed(second) & ~first_lets) == 0 && (needed(first) & ~second_lets) == 0;
}

TEST(all_pairs) {
    enter_own_folder();
    file_make("a", "x");
    for (unsigned i = 0; i < sizeof rights / sizeof *rights; i++)
        for (DWORD lets = 0; lets < 8; lets++) {
            HANDLE first = file_open("a", rights[i], lets, OPEN_EXISTING);

            REQUIRE_HANDLE(first);
            for (unsigned k = 0; k < sizeof rights / sizeof *rights; k++)
                for (DWORD other = 0; other < 8; other++) {
                    HANDLE second;

                    SetLastError(POISON);
                    second = file_open("a", rights[k], other, OPEN_EXISTING);
                    if (second != INVALID_HANDLE_VALUE)
                        CloseHandle(second);
                    if (!CHECK_EQ(second == INVALID_HANDLE_VALUE ? GetLastError() : 0,
                            get_along(rights[i], lets, rights[k], other) ? 0 : ERROR_SHARING_VIOLATION))
                        printf("first 0x%x lets %u, second 0x%x lets %u\n", (unsigned)rights[i], (unsigned)lets, (unsigned)rights[k], (unsigned)other);
                }
            CloseHandle(first);
        }
    CHECK_OK(DeleteFileA("a"));
    leave_own_folder();
}

TEST(a_refused_open_changes_nothing) {
    HANDLE file;
    char text[8];
    DWORD n;

    enter_own_folder();
    file_make("a", "hello");
    file = file_open("a", GENERIC_READ, FILE_SHARE_READ, OPEN_EXISTING);
    REQUIRE_HANDLE(file);
    CHECK_BAD_HANDLE(file_open("a", GENERIC_WRITE, SHARE_ALL, CREATE_ALWAYS), ERROR_SHARING_VIOLATION);
    CHECK_BAD_HANDLE(file_open("a", GENERIC_WRITE, SHARE_ALL, TRUNCATE_EXISTING), ERROR_SHARING_VIOLATION);
    CHECK_BAD_HANDLE(file_open("a", GENERIC_READ, SHARE_ALL, CREATE_ALWAYS), ERROR_SHARING_VIOLATION); /* it would be emptied */
    CHECK_BAD_HANDLE(file_open("a", 0, SHARE_ALL, CREATE_ALWAYS), ERROR_SHARING_VIOLATION);
    CHECK_OK(ReadFile(file, text, sizeof text, &n, NULL));
    CHECK_EQ(n, 5);
    CHECK_ERROR(DeleteFileA("a"), ERROR_SHARING_VIOLATION);
    CHECK_ERROR(MoveFileA("a", "b"), ERROR_SHARING_VIOLATION);
    CHECK_EQ(GetFileAttributesA("a") == INVALID_FILE_ATTRIBUTES, FALSE);
    CHECK_ERROR(CopyFileA("a", "a", FALSE), ERROR_SHARING_VIOLATION);
    CloseHandle(file);
    CHECK_OK(DeleteFileA("a"));
    leave_own_folder();
}

TEST(other_names_of_the_file) {
    HANDLE file;

    enter_own_folder();
    file_make("a", "hello");
    CHECK_OK(CreateHardLinkA("b", "a", NULL));
    file = file_open("a", GENERIC_READ, 0, OPEN_EXISTING);
    REQUIRE_HANDLE(file);
    CHECK_BAD_HANDLE(file_open("b", GENERIC_READ, SHARE_ALL, OPEN_EXISTING), ERROR_SHARING_VIOLATION);
    CHECK_BAD_HANDLE(file_open("A", GENERIC_READ, SHARE_ALL, OPEN_EXISTING), ERROR_SHARING_VIOLATION);
    CloseHandle(file);
    CHECK_OK(DeleteFileA("a"));
    CHECK_OK(DeleteFileA("b"));
    leave_own_folder();
}

TEST(duplicates_keep_it) {
    HANDLE file, other;

    enter_own_folder();
    file_make("a", "hello");
    file = file_open("a", GENERIC_READ, 0, OPEN_EXISTING);
    REQUIRE_HANDLE(file);
    CHECK_OK(DuplicateHandle(GetCurrentProcess(), file, GetCurrentProcess(), &other, 0, FALSE, DUPLICATE_SAME_ACCESS));
    CloseHandle(file);
    CHECK_BAD_HANDLE(file_open("a", GENERIC_READ, SHARE_ALL, OPEN_EXISTING), ERROR_SHARING_VIOLATION);
    CloseHandle(other);
    file = file_open("a", GENERIC_READ, 0, OPEN_EXISTING);
    CHECK(file != INVALID_HANDLE_VALUE);
    CloseHandle(file);
    CHECK_OK(DeleteFileA("a"));
    leave_own_folder();
}

TEST(directories) {
    HANDLE folder;

    enter_own_folder();
    CHECK_OK(CreateDirectoryA("d", NULL));
    folder = CreateFileA("d", FILE_LIST_DIRECTORY, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
    REQUIRE_HANDLE(folder);
    CHECK_ERROR(RemoveDirectoryA("d"), ERROR_SHARING_VIOLATION);
    CHECK_ERROR(MoveFileA("d", "e"), ERROR_SHARING_VIOLATION);
    CloseHandle(folder);
    CHECK_OK(MoveFileA("d", "e"));
    CHECK_OK(RemoveDirectoryA("e"));
    leave_own_folder();
}

/* ---- two processes ---- */

/* Opens "a" exclusively, says so by one event and waits for the other. */
ROLE(holder) {
    HANDLE ready = OpenEventA(EVENT_ALL_ACCESS, FALSE, own_name("ready")), go = OpenEventA(EVENT_ALL_ACCESS, FALSE, own_name("go"));
    HANDLE file = file_open("a", GENERIC_READ | GENERIC_WRITE, 0, OPEN_EXISTING);

    (void)argc, (void)argv;
    REQUIRE_HANDLE(file);
    SetEvent(ready);
    WaitForSingleObject(go, WAIT_LIMIT_MS);
}

static struct child start_holder(HANDLE *ready, HANDLE *go) {
    struct child child;

    *ready = CreateEventA(NULL, FALSE, FALSE, own_name("ready"));
    *go = CreateEventA(NULL, FALSE, FALSE, own_name("go"));
    child = spawn_self("holder", NULL);
    CHECK_SIGNALLED(*ready);
    CHECK_BAD_HANDLE(file_open("a", GENERIC_READ, SHARE_ALL, OPEN_EXISTING), ERROR_SHARING_VIOLATION);
    CHECK_BAD_HANDLE(file_open("a", GENERIC_WRITE, SHARE_ALL, CREATE_ALWAYS), ERROR_SHARING_VIOLATION);
    CHECK_ERROR(DeleteFileA("a"), ERROR_SHARING_VIOLATION);
    return child;
}

TEST(another_process) {
    struct child child;
    HANDLE ready, go;

    enter_own_folder();
    file_make("a", "hello");
    child = start_holder(&ready, &go);
    SetEvent(go);
    CHECK_CHILD(child);
    CHECK_OK(DeleteFileA("a"));
    CloseHandle(ready);
    CloseHandle(go);
    leave_own_folder();
}

TEST(another_process_is_killed) {
    struct child child;
    HANDLE ready, go;

    enter_own_folder();
    file_make("a", "hello");
    child = start_holder(&ready, &go);
    CHECK_OK(TerminateProcess(child.process, 5));
    CHECK_EQ(child_exit_code(&child), 5);
    CHECK_OK(DeleteFileA("a"));
    CloseHandle(ready);
    CloseHandle(go);
    leave_own_folder();
}

ROLE(inheritor) {
    HANDLE file = (HANDLE)(ULONG_PTR)strtoul(argv[0], NULL, 0);
    HANDLE ready = OpenEventA(EVENT_ALL_ACCESS, FALSE, own_name("ready")), go = OpenEventA(EVENT_ALL_ACCESS, FALSE, own_name("go"));

    (void)argc;
    CHECK_EQ(GetFileType(file), FILE_TYPE_DISK);
    SetEvent(ready);
    WaitForSingleObject(go, WAIT_LIMIT_MS);
}

TEST(an_inherited_handle_keeps_it) {
    SECURITY_ATTRIBUTES inherit = {sizeof inherit, NULL, TRUE};
    HANDLE file, ready = CreateEventA(NULL, FALSE, FALSE, own_name("ready")), go = CreateEventA(NULL, FALSE, FALSE, own_name("go"));
    struct child child;
    char args[32];

    enter_own_folder();
    file_make("a", "hello");
    file = CreateFileA("a", GENERIC_READ, 0, &inherit, OPEN_EXISTING, 0, NULL);
    REQUIRE_HANDLE(file);
    sprintf(args, "%u", (unsigned)(ULONG_PTR)file);
    child = spawn_inheriting("inheritor", args);
    CHECK_SIGNALLED(ready);
    CloseHandle(file);
    CHECK_BAD_HANDLE(file_open("a", GENERIC_READ, SHARE_ALL, OPEN_EXISTING), ERROR_SHARING_VIOLATION);
    SetEvent(go);
    CHECK_CHILD(child);
    CHECK_OK(DeleteFileA("a"));
    CloseHandle(ready);
    CloseHandle(go);
    leave_own_folder();
}

TEST(no_other_share_modes) {
    enter_own_folder();
    CHECK_BAD_HANDLE(CreateFileA("a", GENERIC_WRITE, 8, NULL, CREATE_ALWAYS, 0, NULL), ERROR_INVALID_PARAMETER);
    leave_own_folder();
}
