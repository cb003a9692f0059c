/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * DuplicateHandle as a table: handles to every kind of object, to another process, out of another one and between two
 * others.  One process makes the objects, one uses them through duplicates, and the maker sees the effects.
 */
#include "harness.h"

enum kind {
    EVENT,
    MUTEX,
    SEMAPHORE,
    TIMER,
    PORT,
    PROCESS,
    THREAD,
    TOKEN,
    MAPPING,
    SERVER,
    CLIENT,
    READER,
    WRITER,
    FOLDER,
    DISK,
    KINDS
};

struct objects {
    DWORD pid, tid; /* of the maker */
    HANDLE handle[KINDS];
};

/* ---- making, using, looking ---- */

static HANDLE disk_file(void) {
    char folder[MAX_PATH], path[MAX_PATH];
    HANDLE file;
    DWORD n = 0;

    REQUIRE(GetTempPathA(sizeof(folder), folder));
    REQUIRE(GetTempFileNameA(folder, "dup", 0, path));
    file = CreateFileA(path, GENERIC_READ | GENERIC_WRITE | DELETE,
        FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING, FILE_FLAG_DELETE_ON_CLOSE, NULL);
    REQUIRE_HANDLE(file);
    REQUIRE(WriteFile(file, "0123456789", 10, &n, NULL) && n == 10);
    REQUIRE(SetFilePointer(file, 4, NULL, FILE_BEGIN) == 4);
    return file;
}

static HANDLE folder(void) {
    char path[MAX_PATH];

    REQUIRE(GetTempPathA(sizeof(path), path));
    return CreateFileA(path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING,
        FILE_FLAG_BACKUP_SEMANTICS, NULL);
}

static BOOL(WINAPI *token_open)(HANDLE, DWORD, HANDLE *);
static BOOL(WINAPI *token_query)(HANDLE, TOKEN_INFORMATION_CLASS, void *, DWORD, DWORD *);

static void advapi32_find(void) {
    const HMODULE advapi32 = LoadLibraryA("advapi32.dll");
    void *open = (void *)(ULONG_PTR)GetProcAddress(advapi32, "OpenProcessToken");
    void *query = (void *)(ULONG_PTR)GetProcAddress(advapi32, "GetTokenInformation");

    REQUIRE(open && query);
    memcpy(&token_open, &open, sizeof(open));
    memcpy(&token_query, &query, sizeof(query));
}

static void objects_make(struct objects *made) {
    HANDLE *handle = made->handle;
    char *view;

    advapi32_find();
    made->pid = GetCurrentProcessId();
    made->tid = GetCurrentThreadId();
    handle[EVENT] = CreateEventA(NULL, TRUE, FALSE, NULL);
    handle[MUTEX] = CreateMutexA(NULL, FALSE, NULL);
    handle[SEMAPHORE] = CreateSemaphoreA(NULL, 0, 5, NULL);
    handle[TIMER] = CreateWaitableTimerA(NULL, TRUE, NULL);
    handle[PORT] = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    handle[PROCESS] = OpenProcess(PROCESS_ALL_ACCESS, FALSE, made->pid);
    handle[THREAD] = OpenThread(THREAD_ALL_ACCESS, FALSE, made->tid);
    REQUIRE_OK(token_open(GetCurrentProcess(), TOKEN_QUERY, &handle[TOKEN]));
    handle[MAPPING] = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 4096, NULL);
    handle[SERVER] = CreateNamedPipeA(own_pipe("data"), PIPE_ACCESS_DUPLEX, 0, 1, 512, 512, 0, NULL);
    handle[CLIENT] = CreateFileA(own_pipe("data"), GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    REQUIRE_OK(CreatePipe(&handle[READER], &handle[WRITER], NULL, 0));
    handle[FOLDER] = folder();
    handle[DISK] = disk_file();
    for (int i = 0; i < KINDS; i++)
        REQUIRE_HANDLE(handle[i]);
    view = MapViewOfFile(handle[MAPPING], FILE_MAP_WRITE, 0, 0, 0);
    REQUIRE(view);
    memcpy(view, "made", 5);
    CHECK_OK(UnmapViewOfFile(view));
}

static void dispatcher_use(const struct objects *objects) {
    const HANDLE *handle = objects->handle;
    const LARGE_INTEGER at_once = {.QuadPart = 0};
    LONG before = -1;

    CHECK_OK(SetEvent(handle[EVENT]));
    CHECK_SIGNALLED(handle[MUTEX]);
    CHECK_OK(ReleaseMutex(handle[MUTEX]));
    CHECK_OK(ReleaseSemaphore(handle[SEMAPHORE], 2, &before));
    CHECK_EQ(before, 0);
    CHECK_OK(SetWaitableTimer(handle[TIMER], &at_once, 0, NULL, NULL, FALSE));
    CHECK_OK(PostQueuedCompletionStatus(handle[PORT], 7, 8, NULL));
    CHECK_EQ(GetProcessId(handle[PROCESS]), objects->pid);
    CHECK_EQ(GetThreadId(handle[THREAD]), objects->tid);
}

static void bytes_use(const HANDLE *handle) {
    char bytes[8] = "", *view;
    BY_HANDLE_FILE_INFORMATION about;
    DWORD n = 0;

    view = MapViewOfFile(handle[MAPPING], FILE_MAP_WRITE, 0, 0, 0);
    if (CHECK(view)) {
        CHECK_STR(view, "made");
        memcpy(view, "used", 5);
        CHECK_OK(UnmapViewOfFile(view));
    }
    CHECK_OK(WriteFile(handle[CLIENT], "abc", 3, &n, NULL));
    CHECK_OK(ReadFile(handle[SERVER], bytes, sizeof(bytes), &n, NULL));
    CHECK_EQ(n, 3);
    CHECK_MEM(bytes, "abc", 3);
    CHECK_OK(WriteFile(handle[SERVER], "def", 3, &n, NULL));
    CHECK_OK(WriteFile(handle[WRITER], "xyz", 3, &n, NULL));
    CHECK_OK(GetFileInformationByHandle(handle[FOLDER], &about));
    CHECK(about.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY);
    CHECK_OK(ReadFile(handle[DISK], bytes, 2, &n, NULL));
    CHECK_MEM(bytes, "45", 2);
}

static void objects_use(const struct objects *objects) {
    BYTE user[128];
    DWORD n = 0;

    advapi32_find();
    dispatcher_use(objects);
    CHECK_OK(token_query(objects->handle[TOKEN], TokenUser, user, sizeof(user), &n));
    bytes_use(objects->handle);
}

static void bytes_look(const HANDLE *handle) {
    char bytes[8] = "", *view;
    DWORD n = 0;

    view = MapViewOfFile(handle[MAPPING], FILE_MAP_READ, 0, 0, 0);
    if (CHECK(view)) {
        CHECK_STR(view, "used");
        CHECK_OK(UnmapViewOfFile(view));
    }
    CHECK_OK(ReadFile(handle[CLIENT], bytes, sizeof(bytes), &n, NULL));
    CHECK_MEM(bytes, "def", 3);
    CHECK_OK(ReadFile(handle[READER], bytes, sizeof(bytes), &n, NULL));
    CHECK_MEM(bytes, "xyz", 3);
    CHECK_OK(ReadFile(handle[DISK], bytes, 2, &n, NULL)); /* both have one position */
    CHECK_MEM(bytes, "67", 2);
}

static void objects_look(const struct objects *objects) {
    const HANDLE *handle = objects->handle;
    OVERLAPPED *overlapped;
    ULONG_PTR key = 0;
    DWORD n = 0;

    CHECK_SIGNALLED(handle[EVENT]);
    CHECK_SIGNALLED(handle[MUTEX]);
    CHECK_OK(ReleaseMutex(handle[MUTEX]));
    CHECK_EQ(WaitForSingleObject(handle[SEMAPHORE], 0), WAIT_OBJECT_0);
    CHECK_EQ(WaitForSingleObject(handle[SEMAPHORE], 0), WAIT_OBJECT_0);
    CHECK_UNSIGNALLED(handle[SEMAPHORE]);
    CHECK_SIGNALLED(handle[TIMER]);
    CHECK_OK(GetQueuedCompletionStatus(handle[PORT], &n, &key, &overlapped, WAIT_LIMIT_MS));
    CHECK_EQ(n, 7);
    CHECK_EQ(key, 8);
    bytes_look(handle);
}

static void objects_close(const struct objects *objects) {
    for (int i = 0; i < KINDS; i++)
        CHECK_OK(CloseHandle(objects->handle[i]));
}

static void objects_duplicate(HANDLE from, const struct objects *source, HANDLE to, struct objects *target) {
    *target = *source;
    for (int i = 0; i < KINDS; i++) {
        target->handle[i] = NULL;
        if (!CHECK_OK(
                DuplicateHandle(from, source->handle[i], to, &target->handle[i], 0, FALSE, DUPLICATE_SAME_ACCESS)))
            fprintf(stderr, "    kind %d\n", i);
    }
}

/* ---- the other processes; a pipe each, over which handles' values go ---- */

static HANDLE control_listen(const char *name) {
    HANDLE pipe = CreateNamedPipeA(
        own_pipe(name), PIPE_ACCESS_DUPLEX, PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 1, 512, 512, 0, NULL);

    REQUIRE_HANDLE(pipe);
    return pipe;
}

static void control_accept(HANDLE pipe) {
    REQUIRE(ConnectNamedPipe(pipe, NULL) || GetLastError() == ERROR_PIPE_CONNECTED);
}

static HANDLE control_open(const char *name) {
    HANDLE pipe = CreateFileA(own_pipe(name), GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);

    REQUIRE_HANDLE(pipe);
    return pipe;
}

static void control_send(HANDLE pipe, const struct objects *objects) {
    DWORD n = 0;

    REQUIRE(WriteFile(pipe, objects, sizeof(*objects), &n, NULL) && n == sizeof(*objects));
}

static void control_receive(HANDLE pipe, struct objects *objects) {
    DWORD n = 0;

    REQUIRE_OK(ReadFile(pipe, objects, sizeof(*objects), &n, NULL));
    REQUIRE(n == sizeof(*objects));
}

ROLE(user) {
    HANDLE pipe = control_open("user");
    struct objects objects;

    (void)argc, (void)argv;
    control_receive(pipe, &objects);
    objects_use(&objects);
    objects_close(&objects);
    control_send(pipe, &objects);
}

ROLE(maker) {
    HANDLE pipe = control_open("maker");
    struct objects objects, word;

    (void)argc, (void)argv;
    objects_make(&objects);
    control_send(pipe, &objects);
    control_receive(pipe, &word);
    if (word.pid == 0) /* the maker goes before its objects are used */
        return;
    objects_look(&objects);
    objects_close(&objects);
}

/* ---- the table ---- */

TEST(inside_the_process) {
    struct objects made, copies;

    objects_make(&made);
    objects_duplicate(GetCurrentProcess(), &made, GetCurrentProcess(), &copies);
    objects_use(&copies);
    objects_close(&copies);
    objects_look(&made);
    objects_close(&made);
}

TEST(into_another_process) {
    HANDLE pipe = control_listen("user");
    struct child user = spawn_self("user", NULL);
    struct objects made, there;

    control_accept(pipe);
    objects_make(&made);
    objects_duplicate(GetCurrentProcess(), &made, user.process, &there);
    control_send(pipe, &there);
    control_receive(pipe, &there);
    CHECK_CHILD(user);
    objects_look(&made);
    objects_close(&made);
    CloseHandle(pipe);
}

TEST(out_of_another_process) {
    HANDLE pipe = control_listen("maker");
    struct child maker = spawn_self("maker", NULL);
    struct objects there, here;

    control_accept(pipe);
    control_receive(pipe, &there);
    objects_duplicate(maker.process, &there, GetCurrentProcess(), &here);
    objects_use(&here);
    objects_close(&here);
    control_send(pipe, &here);
    CHECK_CHILD(maker);
    CloseHandle(pipe);
}

TEST(out_of_a_process_that_ends_then) {
    HANDLE pipe = control_listen("maker");
    struct child maker = spawn_self("maker", NULL);
    struct objects there, here, word = {0};

    control_accept(pipe);
    control_receive(pipe, &there);
    objects_duplicate(maker.process, &there, GetCurrentProcess(), &here);
    control_send(pipe, &word);
    CHECK_CHILD(maker);
    objects_use(&here);
    objects_look(&here);
    CHECK_SIGNALLED(here.handle[PROCESS]);
    CHECK_SIGNALLED(here.handle[THREAD]);
    objects_close(&here);
    CloseHandle(pipe);
}

/* Computes, in no function of Windows, until somebody writes into its mapping. */
ROLE(computes) {
    HANDLE pipe = control_open("maker");
    struct objects objects;
    volatile char *view;

    (void)argc, (void)argv;
    objects_make(&objects);
    view = MapViewOfFile(objects.handle[MAPPING], FILE_MAP_WRITE, 0, 0, 0);
    REQUIRE(view);
    control_send(pipe, &objects);
    while (!view[100])
        ;
    objects_look(&objects);
}

TEST(out_of_a_suspended_process) {
    HANDLE pipe = control_listen("maker");
    struct child child = spawn_self("computes", NULL);
    struct objects there, here;
    char *view;

    control_accept(pipe);
    control_receive(pipe, &there);
    CHECK_EQ(SuspendThread(child.thread), 0);
    objects_duplicate(child.process, &there, GetCurrentProcess(), &here);
    objects_use(&here);
    view = MapViewOfFile(here.handle[MAPPING], FILE_MAP_WRITE, 0, 0, 0);
    if (CHECK(view))
        view[100] = 1;
    CHECK_EQ(ResumeThread(child.thread), 1);
    CHECK_CHILD(child);
    CloseHandle(pipe);
}

TEST(between_two_others) {
    HANDLE makers = control_listen("maker"), users = control_listen("user");
    struct child maker = spawn_self("maker", NULL), user = spawn_self("user", NULL);
    struct objects made, copies;

    control_accept(makers);
    control_accept(users);
    control_receive(makers, &made);
    objects_duplicate(maker.process, &made, user.process, &copies);
    control_send(users, &copies);
    control_receive(users, &copies);
    control_send(makers, &made);
    CHECK_CHILD(user);
    CHECK_CHILD(maker);
    CloseHandle(makers);
    CloseHandle(users);
}

TEST(into_a_process_that_has_not_begun) {
    HANDLE pipe = control_listen("user");
    struct child user = spawn_suspended("user", NULL);
    struct objects made, there;

    objects_make(&made);
    objects_duplicate(GetCurrentProcess(), &made, user.process, &there);
    CHECK_EQ(ResumeThread(user.thread), 1);
    control_accept(pipe);
    control_send(pipe, &there);
    control_receive(pipe, &there);
    CHECK_CHILD(user);
    objects_look(&made);
    objects_close(&made);
    CloseHandle(pipe);
}

/* The giver's own handles are closed before the other one has used its own. */
TEST(moved_into_another_process) {
    HANDLE pipe = control_listen("user");
    struct child user = spawn_self("user", NULL);
    struct objects made, there, none = {0};

    control_accept(pipe);
    objects_make(&made);
    there = made;
    for (int i = 0; i < KINDS; i++)
        CHECK_OK(DuplicateHandle(GetCurrentProcess(), made.handle[i], user.process, &there.handle[i], 0, FALSE,
            DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE));
    for (int i = 0; i < KINDS; i++)
        CHECK_ERROR(GetHandleInformation(made.handle[i], &none.pid), ERROR_INVALID_HANDLE);
    control_send(pipe, &there);
    control_receive(pipe, &there);
    CHECK_CHILD(user);
    CloseHandle(pipe);
}

ROLE(standard_output) {
    HANDLE pipe = control_open("maker");
    struct objects objects = {.handle = {GetStdHandle(STD_OUTPUT_HANDLE)}};

    (void)argc, (void)argv;
    control_send(pipe, &objects);
    control_receive(pipe, &objects);
}

/* Whatever it is, file, pipe or terminal: the duplicate is the same. */
TEST(a_standard_handle_of_another_process) {
    HANDLE pipe = control_listen("maker"), copy = NULL;
    struct child child = spawn_self("standard_output", NULL);
    struct objects there;
    DWORD n = 0;

    control_accept(pipe);
    control_receive(pipe, &there);
    CHECK_OK(
        DuplicateHandle(child.process, there.handle[0], GetCurrentProcess(), &copy, 0, FALSE, DUPLICATE_SAME_ACCESS));
    CHECK_EQ(GetFileType(copy), GetFileType(GetStdHandle(STD_OUTPUT_HANDLE)));
    CHECK_OK(WriteFile(copy, "\n", 1, &n, NULL));
    CHECK_OK(CloseHandle(copy));
    control_send(pipe, &there);
    CHECK_CHILD(child);
    CloseHandle(pipe);
}

ROLE(loses_its_writer) {
    HANDLE pipe = control_open("maker"), reader, writer, event;
    struct objects objects = {0};
    char byte;
    DWORD n;

    (void)argc, (void)argv;
    REQUIRE_OK(CreatePipe(&reader, &writer, NULL, 0));
    objects.handle[WRITER] = writer;
    objects.handle[DISK] = disk_file();
    control_send(pipe, &objects);
    CHECK_ERROR(ReadFile(reader, &byte, 1, &n, NULL), ERROR_BROKEN_PIPE); /* when the writer's last handle is gone */
    control_receive(pipe, &objects);
    CHECK_ERROR(WriteFile(writer, "x", 1, &n, NULL), ERROR_INVALID_HANDLE);
    CHECK_ERROR(WriteFile(objects.handle[DISK], "x", 1, &n, NULL), ERROR_INVALID_HANDLE);
    event = CreateEventA(NULL, TRUE, FALSE, NULL);
    CHECK_OK(CloseHandle(event));
    CHECK_OK(CloseHandle(disk_file()));
    control_send(pipe, &objects);
}

/* Another process closes the last handle: the pipe is broken, the file's handle is none any more. */
TEST(files_closed_from_without) {
    HANDLE pipe = control_listen("maker");
    struct child child = spawn_self("loses_its_writer", NULL);
    struct objects there;

    control_accept(pipe);
    control_receive(pipe, &there);
    CHECK_OK(DuplicateHandle(child.process, there.handle[WRITER], NULL, NULL, 0, FALSE, DUPLICATE_CLOSE_SOURCE));
    CHECK_OK(DuplicateHandle(child.process, there.handle[DISK], NULL, NULL, 0, FALSE, DUPLICATE_CLOSE_SOURCE));
    control_send(pipe, &there);
    control_receive(pipe, &there);
    CHECK_CHILD(child);
    CloseHandle(pipe);
}

/* ---- access and options ---- */

static ACCESS_MASK granted(HANDLE handle) {
    struct {
        ULONG attributes, access, handles, pointers, reserved[10];
    } basic;
    LONG(WINAPI * query)(HANDLE, int, void *, ULONG, ULONG *);
    void *found = (void *)(ULONG_PTR)GetProcAddress(GetModuleHandleA("ntdll"), "NtQueryObject");

    memcpy(&query, &found, sizeof(query));
    REQUIRE(query && query(handle, 0, &basic, sizeof(basic), NULL) == 0);
    return basic.access;
}

TEST(access_of_the_duplicate) {
    static const struct {
        DWORD access, options, expected;
    } cases[] = {
        {SYNCHRONIZE, 0, SYNCHRONIZE}, {EVENT_MODIFY_STATE, DUPLICATE_SAME_ACCESS, EVENT_ALL_ACCESS},
        {GENERIC_READ, 0, READ_CONTROL | 1}, {GENERIC_WRITE, 0, READ_CONTROL | EVENT_MODIFY_STATE},
        {GENERIC_EXECUTE, 0, READ_CONTROL | SYNCHRONIZE}, {GENERIC_ALL, 0, EVENT_ALL_ACCESS}, {0, 0, 0},
        {SYNCHRONIZE | 0x80, 0, SYNCHRONIZE}, /* a bit that events do not have */
    };
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL), copy, less, more;

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        REQUIRE_OK(DuplicateHandle(
            GetCurrentProcess(), event, GetCurrentProcess(), &copy, cases[i].access, FALSE, cases[i].options));
        CHECK_EQ(granted(copy), cases[i].expected);
        CloseHandle(copy);
    }
    /* the object's security decides, not the source's access: "the new handle can have more access rights than the
     * original handle" */
    REQUIRE_OK(DuplicateHandle(GetCurrentProcess(), event, GetCurrentProcess(), &less, SYNCHRONIZE, FALSE, 0));
    CHECK_OK(DuplicateHandle(GetCurrentProcess(), less, GetCurrentProcess(), &more, EVENT_ALL_ACCESS, FALSE, 0));
    CHECK_EQ(granted(more), EVENT_ALL_ACCESS);
    CloseHandle(more);
    CloseHandle(less);
    CloseHandle(event);
}

/* "a file handle created with the GENERIC_READ access right cannot be duplicated so that it has both" */
TEST(a_file_gets_no_more_access) {
    HANDLE file = disk_file(), reader, more = (HANDLE)POISON;

    REQUIRE_OK(DuplicateHandle(GetCurrentProcess(), file, GetCurrentProcess(), &reader, GENERIC_READ, FALSE, 0));
    CHECK_ERROR(DuplicateHandle(
                    GetCurrentProcess(), reader, GetCurrentProcess(), &more, GENERIC_READ | GENERIC_WRITE, FALSE, 0),
        ERROR_ACCESS_DENIED);
    CHECK_OK(CloseHandle(reader));
    CHECK_OK(CloseHandle(file));
}

TEST(inheritance_is_said_anew) {
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL), copy;
    DWORD flags = POISON;

    REQUIRE_OK(SetHandleInformation(event, HANDLE_FLAG_INHERIT | HANDLE_FLAG_PROTECT_FROM_CLOSE,
        HANDLE_FLAG_INHERIT | HANDLE_FLAG_PROTECT_FROM_CLOSE));
    REQUIRE_OK(
        DuplicateHandle(GetCurrentProcess(), event, GetCurrentProcess(), &copy, 0, FALSE, DUPLICATE_SAME_ACCESS));
    CHECK_OK(GetHandleInformation(copy, &flags));
    CHECK_EQ(flags, 0);
    CHECK_OK(CloseHandle(copy));
    REQUIRE_OK(DuplicateHandle(GetCurrentProcess(), event, GetCurrentProcess(), &copy, 0, TRUE, DUPLICATE_SAME_ACCESS));
    CHECK_OK(GetHandleInformation(copy, &flags));
    CHECK_EQ(flags, HANDLE_FLAG_INHERIT);
    CHECK_OK(CloseHandle(copy));
}

TEST(a_protected_source_stays) {
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL), copy = NULL;
    DWORD flags = POISON;

    REQUIRE_OK(SetHandleInformation(event, HANDLE_FLAG_PROTECT_FROM_CLOSE, HANDLE_FLAG_PROTECT_FROM_CLOSE));
    DuplicateHandle(GetCurrentProcess(), event, GetCurrentProcess(), &copy, 0, FALSE,
        DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE);
    CHECK_OK(GetHandleInformation(event, &flags));
    CHECK_EQ(flags, HANDLE_FLAG_PROTECT_FROM_CLOSE);
    CHECK_OK(SetEvent(event));
}

/* "DUPLICATE_CLOSE_SOURCE: closes the source handle. This occurs regardless of any error status returned." */
TEST(the_source_is_closed_also_on_failure) {
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL), copy = NULL;
    DWORD flags;

    CHECK_ERROR(DuplicateHandle(
                    GetCurrentProcess(), event, event, &copy, 0, FALSE, DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE),
        ERROR_INVALID_HANDLE);
    CHECK_ERROR(GetHandleInformation(event, &flags), ERROR_INVALID_HANDLE);
}

/* "In this case, the target process and lpTargetHandle are NULL": closes a handle of another process. */
TEST(only_closing_the_source) {
    HANDLE ready = CreateEventA(NULL, FALSE, FALSE, own_name("ready")),
           go = CreateEventA(NULL, FALSE, FALSE, own_name("go"));
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL), there = NULL, back;
    struct child child = spawn_self("stays", NULL);

    CHECK_SIGNALLED(ready);
    CHECK_OK(DuplicateHandle(GetCurrentProcess(), event, child.process, &there, 0, FALSE, DUPLICATE_SAME_ACCESS));
    CHECK_OK(DuplicateHandle(child.process, there, NULL, NULL, 0, FALSE, DUPLICATE_CLOSE_SOURCE));
    CHECK_ERROR(DuplicateHandle(child.process, there, GetCurrentProcess(), &back, 0, FALSE, DUPLICATE_SAME_ACCESS),
        ERROR_INVALID_HANDLE);
    CHECK_OK(SetEvent(go));
    CHECK_CHILD(child);
    CHECK_OK(CloseHandle(event));
}

ROLE(stays) {
    HANDLE ready = OpenEventA(EVENT_ALL_ACCESS, FALSE, own_name("ready")),
           go = OpenEventA(EVENT_ALL_ACCESS, FALSE, own_name("go"));

    (void)argc, (void)argv;
    CHECK_OK(SetEvent(ready));
    CHECK_SIGNALLED(go);
}

/* ---- processes as source and target ---- */

TEST(the_right_to_duplicate) {
    HANDLE ready = CreateEventA(NULL, FALSE, FALSE, own_name("ready")),
           go = CreateEventA(NULL, FALSE, FALSE, own_name("go"));
    struct child child = spawn_self("stays", NULL);
    HANDLE may = OpenProcess(PROCESS_DUP_HANDLE, FALSE, child.pid);
    HANDLE may_not = OpenProcess(PROCESS_ALL_ACCESS & ~PROCESS_DUP_HANDLE, FALSE, child.pid);
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL), there = NULL, back = NULL;

    REQUIRE(may && may_not);
    CHECK_SIGNALLED(ready);
    CHECK_ERROR(DuplicateHandle(GetCurrentProcess(), event, may_not, &there, 0, FALSE, DUPLICATE_SAME_ACCESS),
        ERROR_ACCESS_DENIED);
    CHECK_OK(DuplicateHandle(GetCurrentProcess(), event, may, &there, 0, FALSE, DUPLICATE_SAME_ACCESS));
    CHECK_ERROR(DuplicateHandle(may_not, there, GetCurrentProcess(), &back, 0, FALSE, DUPLICATE_SAME_ACCESS),
        ERROR_ACCESS_DENIED);
    CHECK_OK(DuplicateHandle(may, there, GetCurrentProcess(), &back, 0, FALSE, DUPLICATE_SAME_ACCESS));
    CHECK_OK(CloseHandle(back));
    /* another process's pseudo handle is that process (PROCESS_DUP_HANDLE's page warns of it) */
    CHECK_OK(DuplicateHandle(may, GetCurrentProcess(), GetCurrentProcess(), &back, 0, FALSE, DUPLICATE_SAME_ACCESS));
    CHECK_EQ(GetProcessId(back), child.pid);
    CHECK_OK(CloseHandle(back));
    CHECK_OK(SetEvent(go));
    CHECK_CHILD(child);
    CloseHandle(may);
    CloseHandle(may_not);
}

TEST(a_process_that_has_ended) {
    HANDLE ready = CreateEventA(NULL, FALSE, FALSE, own_name("ready")),
           go = CreateEventA(NULL, FALSE, TRUE, own_name("go"));
    struct child child = spawn_self("stays", NULL);
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL), there = (HANDLE)(ULONG_PTR)POISON;

    CHECK_SIGNALLED(child.process);
    CHECK_ERROR(DuplicateHandle(GetCurrentProcess(), event, child.process, &there, 0, FALSE, DUPLICATE_SAME_ACCESS),
        ERROR_ACCESS_DENIED);
    CHECK(!DuplicateHandle(child.process, (HANDLE)4, GetCurrentProcess(), &there, 0, FALSE, DUPLICATE_SAME_ACCESS));
    CHECK_CHILD(child);
    CloseHandle(ready);
    CloseHandle(go);
}

TEST(what_is_no_process) {
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL), copy = NULL;

    CHECK_ERROR(DuplicateHandle(event, event, GetCurrentProcess(), &copy, 0, FALSE, DUPLICATE_SAME_ACCESS),
        ERROR_INVALID_HANDLE);
    CHECK_ERROR(DuplicateHandle(GetCurrentProcess(), event, event, &copy, 0, FALSE, DUPLICATE_SAME_ACCESS),
        ERROR_INVALID_HANDLE);
    CHECK_ERROR(DuplicateHandle(NULL, event, GetCurrentProcess(), &copy, 0, FALSE, DUPLICATE_SAME_ACCESS),
        ERROR_INVALID_HANDLE);
    CHECK_OK(CloseHandle(event));
}
