/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a child inherits: handles of every kind under the same values, with and without a list of them. */
#include "harness.h"

#ifndef ERROR_OBJECT_NAME_EXISTS
#define ERROR_OBJECT_NAME_EXISTS 698 /* mingw's headers lack it */
#endif

static SECURITY_ATTRIBUTES inheritable = {sizeof(inheritable), NULL, TRUE};

static HANDLE handle_of(const char *text) {
    return (HANDLE)(ULONG_PTR)strtoull(text, NULL, 10);
}

static unsigned value(HANDLE handle) {
    return (unsigned)(ULONG_PTR)handle;
}

/* ---- all kinds ---- */

ROLE(uses_all) {
    char bytes[8] = "", *view;
    DWORD n = 0;
    LONG before = -1;

    REQUIRE(argc == 8);
    CHECK_OK(SetEvent(handle_of(argv[0])));
    CHECK_OK(ReleaseSemaphore(handle_of(argv[1]), 1, &before));
    CHECK_OK(PostQueuedCompletionStatus(handle_of(argv[2]), 1, 2, NULL));
    view = MapViewOfFile(handle_of(argv[3]), FILE_MAP_WRITE, 0, 0, 0);
    if (CHECK(view)) {
        CHECK_STR(view, "made");
        strcpy(view, "used");
    }
    CHECK_OK(ReadFile(handle_of(argv[4]), bytes, 2, &n, NULL));
    CHECK_MEM(bytes, "45", 2);
    CHECK_OK(WriteFile(handle_of(argv[5]), "xyz", 3, &n, NULL));
    CHECK_EQ(GetProcessId(handle_of(argv[6])), strtoul(argv[7], NULL, 10));
}

static HANDLE disk_file(void) {
    char folder[MAX_PATH], path[MAX_PATH];
    HANDLE file;
    DWORD n;

    REQUIRE(GetTempPathA(sizeof(folder), folder));
    REQUIRE(GetTempFileNameA(folder, "inh", 0, path));
    file = CreateFileA(path, GENERIC_READ | GENERIC_WRITE | DELETE, FILE_SHARE_READ | FILE_SHARE_DELETE, &inheritable,
        OPEN_EXISTING, FILE_FLAG_DELETE_ON_CLOSE, NULL);
    REQUIRE_HANDLE(file);
    REQUIRE(WriteFile(file, "0123456789", 10, &n, NULL) && SetFilePointer(file, 4, NULL, FILE_BEGIN) == 4);
    return file;
}

TEST(every_kind) {
    HANDLE event = CreateEventA(&inheritable, TRUE, FALSE, NULL),
           semaphore = CreateSemaphoreA(&inheritable, 0, 1, NULL);
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0), file = disk_file();
    HANDLE mapping = CreateFileMappingA(INVALID_HANDLE_VALUE, &inheritable, PAGE_READWRITE, 0, 4096, NULL);
    HANDLE process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, TRUE, GetCurrentProcessId()), reader, writer;
    char args[128], bytes[8] = "", *view = MapViewOfFile(mapping, FILE_MAP_WRITE, 0, 0, 0);
    OVERLAPPED *overlapped;
    ULONG_PTR key;
    DWORD n;

    REQUIRE(view);
    strcpy(view, "made");
    REQUIRE_OK(CreatePipe(&reader, &writer, &inheritable, 0));
    REQUIRE_OK(SetHandleInformation(port, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT));
    snprintf(args, sizeof(args), "%u %u %u %u %u %u %u %lu", value(event), value(semaphore), value(port),
        value(mapping), value(file), value(writer), value(process), (unsigned long)GetCurrentProcessId());
    struct child child = spawn_inheriting("uses_all", args);
    CHECK_CHILD(child);
    CHECK_SIGNALLED(event);
    CHECK_SIGNALLED(semaphore);
    CHECK_OK(GetQueuedCompletionStatus(port, &n, &key, &overlapped, WAIT_LIMIT_MS));
    CHECK_STR(view, "used");
    CHECK_OK(ReadFile(file, bytes, 2, &n, NULL));
    CHECK_MEM(bytes, "67", 2);
    CHECK_OK(ReadFile(reader, bytes, sizeof(bytes), &n, NULL));
    CHECK_MEM(bytes, "xyz", 3);
    CHECK_OK(CloseHandle(file));
}

/* The inherited handle has the access of the parent's. */
ROLE(has_less_access) {
    REQUIRE(argc == 1);
    CHECK_ERROR(SetEvent(handle_of(argv[0])), ERROR_ACCESS_DENIED);
    CHECK_SIGNALLED(handle_of(argv[0]));
}

TEST(the_same_access) {
    HANDLE event = CreateEventA(NULL, TRUE, TRUE, NULL), less = NULL;
    char args[32];

    REQUIRE_OK(DuplicateHandle(GetCurrentProcess(), event, GetCurrentProcess(), &less, SYNCHRONIZE, TRUE, 0));
    snprintf(args, sizeof(args), "%u", value(less));
    struct child child = spawn_inheriting("has_less_access", args);
    CHECK_CHILD(child);
}

/* What was duplicated into a process that never used it goes on to its child. */
ROLE(passes_on) {
    HANDLE pipe = CreateFileA(own_pipe("value"), GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    char text[32] = "";
    DWORD n = 0;

    (void)argc, (void)argv;
    REQUIRE_HANDLE(pipe);
    REQUIRE_OK(ReadFile(pipe, text, sizeof(text) - 1, &n, NULL));
    struct child child = spawn_inheriting("writes_to", text);
    CHECK_CHILD(child);
}

ROLE(writes_to) {
    DWORD n = 0;

    REQUIRE(argc == 1);
    CHECK_OK(WriteFile(handle_of(argv[0]), "passed", 6, &n, NULL));
}

TEST(what_was_duplicated_is_inherited) {
    HANDLE pipe = CreateNamedPipeA(own_pipe("value"), PIPE_ACCESS_OUTBOUND, 0, 1, 512, 512, 0, NULL),
           file = disk_file(), there = NULL;
    struct child child = spawn_self("passes_on", NULL);
    char text[32], bytes[8] = "";
    DWORD n;

    CHECK_OK(DuplicateHandle(GetCurrentProcess(), file, child.process, &there, 0, TRUE, DUPLICATE_SAME_ACCESS));
    snprintf(text, sizeof(text), "%u", value(there));
    REQUIRE(ConnectNamedPipe(pipe, NULL) || GetLastError() == ERROR_PIPE_CONNECTED);
    CHECK_OK(WriteFile(pipe, text, (DWORD)strlen(text), &n, NULL));
    CHECK_CHILD(child);
    CHECK_EQ(SetFilePointer(file, 4, NULL, FILE_BEGIN), 4);
    CHECK_OK(ReadFile(file, bytes, 6, &n, NULL));
    CHECK_MEM(bytes, "passed", 6);
    CHECK_OK(CloseHandle(file));
}

/* ---- lists ---- */

struct list {
    union {
        BYTE bytes[512];
        void *align;
    } memory;
    STARTUPINFOEXA startup;
};

static void list_init(struct list *list) {
    SIZE_T size = sizeof(list->memory);

    memset(list, 0, sizeof(*list));
    list->startup.StartupInfo.cb = sizeof(list->startup);
    list->startup.lpAttributeList = (void *)&list->memory;
    REQUIRE_OK(InitializeProcThreadAttributeList(list->startup.lpAttributeList, 1, 0, &size));
}

static BOOL list_start(struct list *list, BOOL inherit, const char *role, const char *args, struct child *child) {
    PROCESS_INFORMATION information;
    char command[1024];

    own_command(command, sizeof(command), role, args);
    if (!CreateProcessA(NULL, command, NULL, NULL, inherit, EXTENDED_STARTUPINFO_PRESENT, NULL, NULL,
            &list->startup.StartupInfo, &information))
        return FALSE;
    *child = (struct child){information.hProcess, information.hThread, information.dwProcessId};
    return TRUE;
}

static BOOL list_set(struct list *list, HANDLE *handles, SIZE_T size) {
    return UpdateProcThreadAttribute(
        list->startup.lpAttributeList, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, handles, size, NULL, NULL);
}

ROLE(has_the_first) {
    REQUIRE(argc == 2);
    CHECK_OK(SetEvent(handle_of(argv[0])));
    CHECK_ERROR(SetEvent(handle_of(argv[1])), ERROR_INVALID_HANDLE);
}

TEST(only_what_is_listed) {
    HANDLE events[2] = {CreateEventA(&inheritable, TRUE, FALSE, NULL), CreateEventA(&inheritable, TRUE, FALSE, NULL)};
    struct child child;
    struct list list;
    char args[64];

    list_init(&list);
    CHECK_OK(list_set(&list, events, sizeof(events[0])));
    snprintf(args, sizeof(args), "%u %u", value(events[0]), value(events[1]));
    REQUIRE_OK(list_start(&list, TRUE, "has_the_first", args, &child));
    CHECK_CHILD(child);
    CHECK_SIGNALLED(events[0]);
    CHECK_UNSIGNALLED(events[1]);
}

/* "you must pass in a value of TRUE for the bInheritHandles parameter"; the error is unconfirmed. */
TEST(a_list_needs_inheritance) {
    HANDLE event = CreateEventA(&inheritable, TRUE, FALSE, NULL);
    struct child child;
    struct list list;

    list_init(&list);
    REQUIRE_OK(list_set(&list, &event, sizeof(event)));
    CHECK_ERROR(list_start(&list, FALSE, "has_the_first", "4 4", &child), ERROR_INVALID_PARAMETER);
    CHECK_UNSIGNALLED(event);
}

/* "These handles must be created as inheritable handles and must not include pseudo handles" */
TEST(lists_that_cannot_be) {
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL), process = GetCurrentProcess();
    struct child child;
    struct list list;

    list_init(&list);
    CHECK_ERROR(list_set(&list, &event, 0), ERROR_BAD_LENGTH);
    CHECK_ERROR(list_set(&list, &event, sizeof(event) / 2), ERROR_BAD_LENGTH);
    CHECK_OK(list_set(&list, &event, sizeof(event)));
    CHECK_ERROR(list_set(&list, &event, sizeof(event)), ERROR_OBJECT_NAME_EXISTS);
    CHECK_ERROR(list_set(&list, &event, 0), ERROR_BAD_LENGTH);
    CHECK_ERROR(list_start(&list, TRUE, "has_the_first", "4 4", &child), ERROR_INVALID_PARAMETER);
    list_init(&list);
    CHECK_OK(list_set(&list, &process, sizeof(process)));
    CHECK(!list_start(&list, TRUE, "has_the_first", "4 4", &child));
}
