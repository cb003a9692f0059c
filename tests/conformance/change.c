/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Change notifications: FindFirstChangeNotification, ReadDirectoryChangesW. */
#include "nt.h"

#include <stdbool.h>

#define NAMES (FILE_NOTIFY_CHANGE_FILE_NAME | FILE_NOTIFY_CHANGE_DIR_NAME)

static void make_file(const char *path, const char *text) {
    HANDLE file = CreateFileA(path, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    DWORD n;

    REQUIRE_HANDLE(file);
    if (*text)
        CHECK_OK(WriteFile(file, text, (DWORD)strlen(text), &n, NULL));
    CloseHandle(file);
}

static HANDLE open_folder(DWORD flags) {
    HANDLE folder = CreateFileA(".", FILE_LIST_DIRECTORY, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
        OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS | flags, NULL);

    REQUIRE_HANDLE(folder);
    return folder;
}

/* Compares records with "1 name\n3 other\n". */
static void check_records(const void *buffer, DWORD n, const char *expected) {
    char text[1024] = "";
    DWORD at = 0;

    while (n) {
        const FILE_NOTIFY_INFORMATION *record = (const void *)((const char *)buffer + at);
        size_t end = strlen(text);

        end += (size_t)snprintf(text + end, sizeof text - end, "%lu ", (unsigned long)record->Action);
        for (DWORD i = 0; i < record->FileNameLength / 2 && end < sizeof text - 2; i++)
            text[end++] = (char)record->FileName[i];
        text[end++] = '\n';
        text[end] = 0;
        if (!record->NextEntryOffset)
            break;
        CHECK_EQ(record->NextEntryOffset & 3, 0);
        at += record->NextEntryOffset;
    }
    CHECK_STR(text, expected);
}

/* ---- handles ---- */

static void check_change(DWORD filter, BOOL subtree, void (*change)(void), BOOL comes) {
    HANDLE handle = FindFirstChangeNotificationA(".", subtree, filter);

    REQUIRE_HANDLE(handle);
    CHECK_UNSIGNALLED(handle);
    change();
    if (comes)
        CHECK_SIGNALLED(handle);
    else
        CHECK_STILL_WAITING(handle);
    CHECK_OK(FindCloseChangeNotification(handle));
}

static void add_a_file(void) {
    make_file("file", "");
}

static void rename_a_file(void) {
    CHECK_OK(MoveFileA("file", "other"));
}

static void write_a_file(void) {
    make_file("other", "text");
}

static void remove_a_file(void) {
    CHECK_OK(DeleteFileA("other"));
}

static void add_a_folder(void) {
    CHECK_OK(CreateDirectoryA("folder", NULL));
}

static void add_below(void) {
    make_file("folder\\below", "");
}

static void remove_below(void) {
    CHECK_OK(DeleteFileA("folder\\below"));
}

static void remove_a_folder(void) {
    CHECK_OK(RemoveDirectoryA("folder"));
}

TEST(what_a_handle_is_signalled_for) {
    enter_own_folder();
    check_change(FILE_NOTIFY_CHANGE_FILE_NAME, FALSE, add_a_file, TRUE);
    check_change(FILE_NOTIFY_CHANGE_FILE_NAME, FALSE, rename_a_file, TRUE);
    check_change(FILE_NOTIFY_CHANGE_SIZE, FALSE, write_a_file, TRUE);
    check_change(FILE_NOTIFY_CHANGE_LAST_WRITE, FALSE, write_a_file, TRUE);
    check_change(FILE_NOTIFY_CHANGE_DIR_NAME, FALSE, remove_a_file, FALSE);
    check_change(FILE_NOTIFY_CHANGE_FILE_NAME, FALSE, add_a_folder, FALSE);
    check_change(FILE_NOTIFY_CHANGE_FILE_NAME, TRUE, add_below, TRUE);
    check_change(FILE_NOTIFY_CHANGE_FILE_NAME, FALSE, remove_below, FALSE);
    check_change(FILE_NOTIFY_CHANGE_DIR_NAME, FALSE, remove_a_folder, TRUE);
    leave_own_folder();
}

TEST(the_next_change) {
    HANDLE handle;

    enter_own_folder();
    handle = FindFirstChangeNotificationA(".", FALSE, NAMES);
    REQUIRE_HANDLE(handle);
    make_file("one", "");
    CHECK_SIGNALLED(handle);
    CHECK_OK(FindNextChangeNotification(handle));
    CHECK_STILL_WAITING(handle);
    make_file("two", "");
    CHECK_SIGNALLED(handle);
    make_file("three", ""); /* between a signal and the next call */
    CHECK_OK(FindNextChangeNotification(handle));
    CHECK_SIGNALLED(handle);
    CHECK_OK(FindCloseChangeNotification(handle));
    CHECK_OK(DeleteFileA("one"));
    CHECK_OK(DeleteFileA("two"));
    CHECK_OK(DeleteFileA("three"));
    leave_own_folder();
}

TEST(errors_of_handles) {
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);

    enter_own_folder();
    CHECK_BAD_HANDLE(FindFirstChangeNotificationA("missing", FALSE, NAMES), ERROR_FILE_NOT_FOUND);
    CHECK_BAD_HANDLE(FindFirstChangeNotificationA(".", FALSE, 0), ERROR_INVALID_PARAMETER);
    CHECK_BAD_HANDLE(FindFirstChangeNotificationA(".", FALSE, 0x80000000), ERROR_INVALID_PARAMETER);
    make_file("file", "");
    CHECK_BAD_HANDLE(FindFirstChangeNotificationA("file", FALSE, NAMES), ERROR_DIRECTORY);
    CHECK_OK(DeleteFileA("file"));
    CHECK_ERROR(FindNextChangeNotification(event), ERROR_INVALID_HANDLE);
    CHECK_ERROR(FindNextChangeNotification(NULL), ERROR_INVALID_HANDLE);
    CloseHandle(event);
    leave_own_folder();
}

ROLE(make_one) {
    (void)argc;
    make_file(argv[0], "");
}

TEST(another_process_changes_it) {
    HANDLE handle;
    struct child child;

    enter_own_folder();
    handle = FindFirstChangeNotificationW(L".", FALSE, NAMES);
    REQUIRE_HANDLE(handle);
    child = spawn_self("make_one", "theirs");
    CHECK_SIGNALLED(handle);
    CHECK_CHILD(child);
    CHECK_OK(FindCloseChangeNotification(handle));
    CHECK_OK(DeleteFileA("theirs"));
    leave_own_folder();
}

TEST(among_other_handles) {
    HANDLE handles[2] = {CreateEventA(NULL, TRUE, FALSE, NULL), NULL};

    enter_own_folder();
    handles[1] = FindFirstChangeNotificationA(".", FALSE, NAMES);
    REQUIRE_HANDLE(handles[1]);
    make_file("file", "");
    CHECK_EQ(WaitForMultipleObjects(2, handles, FALSE, WAIT_LIMIT_MS), WAIT_OBJECT_0 + 1);
    CHECK_OK(FindCloseChangeNotification(handles[1]));
    CHECK_OK(DeleteFileA("file"));
    CloseHandle(handles[0]);
    leave_own_folder();
}

/* ---- records ---- */

struct reading {
    HANDLE folder;
    OVERLAPPED overlapped;
    DWORD buffer[1024];
};

static void begin(struct reading *reading, DWORD size, BOOL subtree, DWORD filter) {
    DWORD returned = POISON;

    CHECK_OK(ReadDirectoryChangesW(
        reading->folder, reading->buffer, size, subtree, filter, &returned, &reading->overlapped, NULL));
}

static DWORD finish(struct reading *reading) {
    DWORD n = POISON;

    CHECK_OK(GetOverlappedResult(reading->folder, &reading->overlapped, &n, TRUE));
    return n;
}

/* Reads until as many records have come as expected has lines: how they are parcelled out is open. */
static void check_changes(
    struct reading *reading, BOOL subtree, DWORD filter, void (*change)(void), const char *expected) {
    char text[1024] = "";
    size_t lines = 0, want = 0;

    for (const char *at = expected; *at; at++)
        want += *at == '\n';
    begin(reading, sizeof reading->buffer, subtree, filter);
    change();
    while (lines < want) {
        const DWORD n = finish(reading);
        DWORD at = 0;

        for (bool more = n > 0; more; lines++) {
            const FILE_NOTIFY_INFORMATION *record = (const void *)((const char *)reading->buffer + at);
            size_t end = strlen(text);

            end += (size_t)snprintf(text + end, sizeof text - end, "%lu ", (unsigned long)record->Action);
            for (DWORD i = 0; i < record->FileNameLength / 2 && end < sizeof text - 2; i++)
                text[end++] = (char)record->FileName[i];
            text[end++] = '\n';
            text[end] = 0;
            at += record->NextEntryOffset;
            more = record->NextEntryOffset != 0;
        }
        if (!n || lines >= want)
            break;
        begin(reading, sizeof reading->buffer, subtree, filter);
    }
    CHECK_STR(text, expected);
}

static struct reading *reading_new(void) {
    static struct reading reading;

    memset(&reading, 0, sizeof reading);
    reading.folder = open_folder(FILE_FLAG_OVERLAPPED);
    reading.overlapped.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
    return &reading;
}

static void reading_end(struct reading *reading) {
    CloseHandle(reading->folder);
    CloseHandle(reading->overlapped.hEvent);
}

TEST(names_of_what_changes) {
    struct reading *reading;

    enter_own_folder();
    reading = reading_new();
    check_changes(reading, FALSE, NAMES, add_a_file, "1 file\n");
    check_changes(reading, FALSE, NAMES, rename_a_file, "4 file\n5 other\n");
    check_changes(reading, FALSE, NAMES, remove_a_file, "2 other\n");
    check_changes(reading, FALSE, NAMES, add_a_folder, "1 folder\n");
    check_changes(reading, FALSE, NAMES, remove_a_folder, "2 folder\n");
    reading_end(reading);
    leave_own_folder();
}

TEST(a_whole_tree) {
    struct reading *reading;

    enter_own_folder();
    reading = reading_new();
    check_changes(reading, TRUE, NAMES, add_a_folder, "1 folder\n");
    check_changes(reading, TRUE, NAMES, add_below, "1 folder\\below\n");
    check_changes(reading, TRUE, NAMES, remove_below, "2 folder\\below\n");
    check_changes(reading, TRUE, NAMES, remove_a_folder, "2 folder\n");
    reading_end(reading);
    leave_own_folder();
}

TEST(more_than_the_buffer_holds) {
    struct reading *reading;

    enter_own_folder();
    reading = reading_new();
    begin(reading, 16, FALSE, NAMES); /* room for two letters */
    add_a_file();
    CHECK_EQ(finish(reading), 0);
    CHECK_EQ((DWORD)reading->overlapped.Internal, 0x10c); /* STATUS_NOTIFY_ENUM_DIR */
    begin(reading, 16, FALSE, NAMES);
    CHECK_EQ(WaitForSingleObject(reading->overlapped.hEvent, SHORT_WAIT_MS), WAIT_TIMEOUT);
    make_file("x", "");
    CHECK_EQ(finish(reading), 14);
    check_records(reading->buffer, 14, "1 x\n");
    CHECK_OK(DeleteFileA("x"));
    CHECK_OK(DeleteFileA("file"));
    reading_end(reading);
    leave_own_folder();
}

TEST(cancelled) {
    struct reading *reading;
    DWORD n;

    enter_own_folder();
    reading = reading_new();
    begin(reading, sizeof reading->buffer, FALSE, NAMES);
    CHECK_ERROR(GetOverlappedResult(reading->folder, &reading->overlapped, &n, FALSE), ERROR_IO_INCOMPLETE);
    CHECK_OK(CancelIo(reading->folder));
    CHECK_ERROR(GetOverlappedResult(reading->folder, &reading->overlapped, &n, TRUE), ERROR_OPERATION_ABORTED);
    begin(reading, sizeof reading->buffer, FALSE, NAMES);
    CHECK_OK(CancelIoEx(reading->folder, &reading->overlapped));
    CHECK_ERROR(GetOverlappedResult(reading->folder, &reading->overlapped, &n, TRUE), ERROR_OPERATION_ABORTED);
    CHECK_ERROR(CancelIoEx(reading->folder, NULL), ERROR_NOT_FOUND);
    reading_end(reading);
    leave_own_folder();
}

TEST(closed_while_pending) {
    struct reading *reading;

    enter_own_folder();
    reading = reading_new();
    begin(reading, sizeof reading->buffer, FALSE, NAMES);
    CloseHandle(reading->folder);
    CHECK_SIGNALLED(reading->overlapped.hEvent);
    CHECK_EQ((DWORD)reading->overlapped.Internal, 0x10b); /* STATUS_NOTIFY_CLEANUP */
    CHECK_EQ(reading->overlapped.InternalHigh, 0);
    CloseHandle(reading->overlapped.hEvent);
    leave_own_folder();
}

TEST(a_completion_port) {
    struct reading *reading;
    HANDLE port;
    OVERLAPPED *got = NULL;
    ULONG_PTR key = POISON;
    DWORD n = POISON;

    enter_own_folder();
    reading = reading_new();
    CloseHandle(reading->overlapped.hEvent);
    reading->overlapped.hEvent = NULL;
    port = CreateIoCompletionPort(reading->folder, NULL, 77, 1);
    REQUIRE_HANDLE(port);
    begin(reading, sizeof reading->buffer, FALSE, NAMES);
    CHECK(!GetQueuedCompletionStatus(port, &n, &key, &got, 0));
    add_a_file();
    CHECK_OK(GetQueuedCompletionStatus(port, &n, &key, &got, WAIT_LIMIT_MS));
    CHECK(got == &reading->overlapped);
    CHECK_EQ(key, 77);
    check_records(reading->buffer, n, "1 file\n");
    CHECK_OK(DeleteFileA("file"));
    CloseHandle(port);
    CloseHandle(reading->folder);
    leave_own_folder();
}

static DWORD routine_bytes = POISON, routine_error = POISON;
static OVERLAPPED *routine_overlapped;

static void CALLBACK routine(DWORD error, DWORD n, OVERLAPPED *overlapped) {
    routine_error = error;
    routine_bytes = n;
    routine_overlapped = overlapped;
}

TEST(a_completion_routine) {
    struct reading *reading;

    enter_own_folder();
    reading = reading_new();
    CHECK_OK(ReadDirectoryChangesW(
        reading->folder, reading->buffer, sizeof reading->buffer, FALSE, NAMES, NULL, &reading->overlapped, routine));
    CHECK_EQ(SleepEx(0, TRUE), 0);
    add_a_file();
    CHECK_EQ(SleepEx(WAIT_LIMIT_MS, TRUE), WAIT_IO_COMPLETION);
    CHECK_EQ(routine_error, 0);
    CHECK(routine_overlapped == &reading->overlapped);
    check_records(reading->buffer, routine_bytes, "1 file\n");
    CHECK_OK(DeleteFileA("file"));
    reading_end(reading);
    leave_own_folder();
}

static DWORD WINAPI read_synchronously(void *folder) {
    static DWORD buffer[256];
    DWORD n = POISON;

    CHECK_OK(ReadDirectoryChangesW(folder, buffer, sizeof buffer, FALSE, NAMES, &n, NULL, NULL));
    check_records(buffer, n, "1 file\n");
    return 0;
}

TEST(a_synchronous_handle_waits) {
    HANDLE folder, thread;

    enter_own_folder();
    folder = open_folder(0);
    thread = CreateThread(NULL, 0, read_synchronously, folder, 0, NULL);
    CHECK_STILL_WAITING(thread);
    add_a_file();
    CHECK_SIGNALLED(thread);
    CHECK_OK(DeleteFileA("file"));
    CloseHandle(thread);
    CloseHandle(folder);
    leave_own_folder();
}

TEST(errors_of_reading) {
    struct reading *reading;
    HANDLE file;
    DWORD n;

    enter_own_folder();
    reading = reading_new();
    CHECK_ERROR(ReadDirectoryChangesW(reading->folder, reading->buffer, 64, FALSE, 0, &n, &reading->overlapped, NULL),
        ERROR_INVALID_PARAMETER);
    CHECK_ERROR(ReadDirectoryChangesW(NULL, reading->buffer, 64, FALSE, NAMES, &n, &reading->overlapped, NULL),
        ERROR_INVALID_HANDLE);
    CHECK_ERROR(ReadDirectoryChangesW(reading->folder, (void *)8, 64, FALSE, NAMES, &n, &reading->overlapped, NULL),
        ERROR_NOACCESS);
    file = CreateFileA("file", GENERIC_READ | GENERIC_WRITE, 7, NULL, CREATE_ALWAYS, FILE_FLAG_OVERLAPPED, NULL);
    CHECK_ERROR(ReadDirectoryChangesW(file, reading->buffer, 64, FALSE, NAMES, &n, &reading->overlapped, NULL),
        ERROR_INVALID_PARAMETER);
    CloseHandle(file);
    CHECK_OK(DeleteFileA("file"));
    reading_end(reading);
    leave_own_folder();
}

static DWORD WINAPI begin_and_end(void *reading) {
    begin(reading, 1024, FALSE, NAMES);
    return 0;
}

TEST(the_thread_that_asked_ends) {
    struct reading *reading;
    HANDLE thread;
    DWORD n;

    enter_own_folder();
    reading = reading_new();
    thread = CreateThread(NULL, 0, begin_and_end, reading, 0, NULL);
    CHECK_SIGNALLED(thread);
    CHECK_SIGNALLED(reading->overlapped.hEvent);
    CHECK_ERROR(GetOverlappedResult(reading->folder, &reading->overlapped, &n, FALSE), ERROR_OPERATION_ABORTED);
    reading_end(reading);
    leave_own_folder();
}
