/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* I/O completion ports: packets, files, waiting threads, ends. */
#include "harness.h"

#ifndef FILE_SKIP_COMPLETION_PORT_ON_SUCCESS /* not in every windows.h */
#define FILE_SKIP_COMPLETION_PORT_ON_SUCCESS 1
#define FILE_SKIP_SET_EVENT_ON_HANDLE 2
#endif

static HANDLE server, client;
static char buffer[1024];

/* What GetQueuedCompletionStatus gives, outputs poisoned before. */
static DWORD bytes;
static ULONG_PTR key;
static OVERLAPPED *taken;

static BOOL take(HANDLE port, DWORD milliseconds) {
    POISON_OUT(bytes);
    POISON_OUT(key);
    POISON_OUT(taken);
    SetLastError(POISON);
    return GetQueuedCompletionStatus(port, &bytes, &key, &taken, milliseconds);
}

/* Nothing is there: no output but the OVERLAPPED is touched. */
static void check_nothing(HANDLE port, DWORD milliseconds) {
    CHECK(!take(port, milliseconds));
    CHECK_EQ(GetLastError(), WAIT_TIMEOUT);
    CHECK(taken == NULL);
    CHECK_UNTOUCHED(bytes);
    CHECK_UNTOUCHED(key);
}

static HANDLE port_new(DWORD threads) {
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, threads);

    REQUIRE_HANDLE(port);
    return port;
}

static void pipe_new(DWORD type, DWORD client_flags) {
    server = CreateNamedPipeA(own_pipe("port"), PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, type, 1, 512, 512, 0, NULL);
    REQUIRE_HANDLE(server);
    client = CreateFileA(own_pipe("port"), GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, client_flags, NULL);
    REQUIRE_HANDLE(client);
}

static void write_text(HANDLE pipe, const char *text) {
    DWORD written;

    CHECK_OK(WriteFile(pipe, text, (DWORD)strlen(text), &written, NULL));
}

static HANDLE thread_new(DWORD(WINAPI *start)(void *), void *argument) {
    HANDLE thread = CreateThread(NULL, 0, start, argument, 0, NULL);

    REQUIRE_HANDLE(thread);
    return thread;
}

static HANDLE event_new(void) {
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL);

    REQUIRE_HANDLE(event);
    return event;
}

/* ---- packets ---- */

TEST(posted_packets_come_in_order) {
    HANDLE port = port_new(0);
    static OVERLAPPED overlapped[3];

    for (int i = 0; i < 3; i++)
        CHECK_OK(PostQueuedCompletionStatus(port, 10 + i, 20 + i, &overlapped[i]));
    for (int i = 0; i < 3; i++) {
        CHECK(take(port, 0));
        CHECK_EQ(bytes, 10 + i);
        CHECK_EQ(key, 20 + i);
        CHECK(taken == &overlapped[i]);
    }
    check_nothing(port, 0);
}

TEST(any_value_is_carried) {
    HANDLE port = port_new(1);

    CHECK_OK(PostQueuedCompletionStatus(
        port, 0xffffffff, (ULONG_PTR)0x123456789abcdef0ull, (OVERLAPPED *)(ULONG_PTR)0xfedcba9876543210ull));
    CHECK(take(port, 0));
    CHECK_EQ(bytes, 0xffffffff);
    CHECK_EQ(key, 0x123456789abcdef0ull);
    CHECK_EQ((ULONG_PTR)taken, 0xfedcba9876543210ull);
    CHECK_OK(PostQueuedCompletionStatus(port, 0, 0, NULL));
    CHECK(take(port, 0));
    CHECK(taken == NULL);
}

TEST(nothing_there) {
    HANDLE port = port_new(0);

    check_nothing(port, 0);
    check_nothing(port, 20);
}

TEST(ten_thousand_packets) {
    HANDLE port = port_new(0);

    for (int i = 0; i < 10000; i++)
        CHECK_OK(PostQueuedCompletionStatus(port, i, 0, NULL));
    for (int i = 0; i < 10000; i++) {
        REQUIRE(take(port, 0));
        REQUIRE(bytes == (DWORD)i);
    }
    check_nothing(port, 0);
}

TEST(several_packets_at_once) {
    HANDLE port = port_new(0);
    OVERLAPPED_ENTRY entries[4];
    ULONG n;

    for (int i = 0; i < 6; i++)
        CHECK_OK(PostQueuedCompletionStatus(port, 10 + i, i, (OVERLAPPED *)(ULONG_PTR)(100 + i)));
    POISON_OUT(entries);
    CHECK_OK(GetQueuedCompletionStatusEx(port, entries, 4, &n, INFINITE, FALSE));
    CHECK_EQ(n, 4);
    for (int i = 0; i < 4; i++) {
        CHECK_EQ(entries[i].dwNumberOfBytesTransferred, 10 + i);
        CHECK_EQ(entries[i].lpCompletionKey, i);
        CHECK_EQ((ULONG_PTR)entries[i].lpOverlapped, 100 + i);
        CHECK_EQ((DWORD)entries[i].Internal, 0);
    }
    POISON_OUT(entries[2]);
    CHECK_OK(GetQueuedCompletionStatusEx(port, entries, 4, &n, 0, FALSE));
    CHECK_EQ(n, 2);
    CHECK_UNTOUCHED(entries[2]);
    CHECK_ERROR(GetQueuedCompletionStatusEx(port, entries, 4, &n, 0, FALSE), WAIT_TIMEOUT);
    CHECK_ERROR(GetQueuedCompletionStatusEx(port, entries, 0, &n, 0, FALSE), ERROR_INVALID_PARAMETER);
}

static int apcs;

static void CALLBACK apc(ULONG_PTR value) {
    apcs += (int)value;
}

TEST(an_apc_ends_an_alertable_wait) {
    HANDLE port = port_new(0);
    OVERLAPPED_ENTRY entry;
    ULONG n;

    CHECK_OK(QueueUserAPC(apc, GetCurrentThread(), 1));
    check_nothing(port, 0); /* not alertable */
    CHECK_EQ(apcs, 0);
    CHECK_ERROR(GetQueuedCompletionStatusEx(port, &entry, 1, &n, WAIT_LIMIT_MS, TRUE), WAIT_IO_COMPLETION);
    CHECK_EQ(apcs, 1);
}

TEST(a_packet_comes_before_an_apc) {
    HANDLE port = port_new(0);
    OVERLAPPED_ENTRY entry;
    ULONG n;

    CHECK_OK(PostQueuedCompletionStatus(port, 1, 2, NULL));
    CHECK_OK(QueueUserAPC(apc, GetCurrentThread(), 1));
    CHECK_OK(GetQueuedCompletionStatusEx(port, &entry, 1, &n, WAIT_LIMIT_MS, TRUE));
    CHECK_EQ(entry.lpCompletionKey, 2);
    CHECK_EQ(apcs, 0);
}

/* ---- errors ---- */

TEST(wrong_handles) {
    HANDLE event = event_new(), port = port_new(0);

    CHECK_ERROR(PostQueuedCompletionStatus(NULL, 0, 0, NULL), ERROR_INVALID_HANDLE);
    CHECK_ERROR(PostQueuedCompletionStatus(event, 0, 0, NULL), ERROR_INVALID_HANDLE);
    CHECK(!take(event, 0));
    CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
    CHECK(taken == NULL);
    CHECK(!take(NULL, 0));
    CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
    CHECK_ERROR(CreateIoCompletionPort(event, NULL, 0, 0), ERROR_INVALID_HANDLE);
    CHECK_ERROR(CreateIoCompletionPort(NULL, port, 0, 0), ERROR_INVALID_HANDLE);
    CHECK_ERROR(CreateIoCompletionPort(INVALID_HANDLE_VALUE, port, 0, 0), ERROR_INVALID_PARAMETER);
    pipe_new(PIPE_TYPE_BYTE, 0);
    CHECK_ERROR(CreateIoCompletionPort(server, event, 0, 0), ERROR_INVALID_HANDLE);
    CHECK_OK(CreateIoCompletionPort(server, port, 0, 0) == port); /* the failures left nothing behind */
}

TEST(a_file_has_one_port_for_ever) {
    HANDLE port = port_new(0), other = port_new(0);

    pipe_new(PIPE_TYPE_BYTE, 0);
    CHECK_OK(CreateIoCompletionPort(server, port, 7, 0) == port);
    CHECK_ERROR(CreateIoCompletionPort(server, port, 7, 0), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(CreateIoCompletionPort(server, other, 7, 0), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(CreateIoCompletionPort(server, NULL, 7, 0), ERROR_INVALID_PARAMETER);
    CloseHandle(port);
    CHECK_ERROR(CreateIoCompletionPort(server, other, 7, 0), ERROR_INVALID_PARAMETER);
}

TEST(a_synchronous_file_has_none) {
    HANDLE port = port_new(0);

    pipe_new(PIPE_TYPE_BYTE, 0);
    CHECK_ERROR(CreateIoCompletionPort(client, port, 0, 0), ERROR_INVALID_PARAMETER);
}

TEST(no_routine_beside_a_port) {
    static OVERLAPPED overlapped;
    HANDLE port = port_new(0);

    pipe_new(PIPE_TYPE_BYTE, 0);
    CHECK_OK(CreateIoCompletionPort(server, port, 0, 0) == port);
    CHECK_ERROR(ReadFileEx(server, buffer, 1, &overlapped, (LPOVERLAPPED_COMPLETION_ROUTINE)(void *)apc),
        ERROR_INVALID_PARAMETER);
}

/* ---- files ---- */

TEST(make_and_associate_in_one_call) {
    static OVERLAPPED overlapped;

    pipe_new(PIPE_TYPE_BYTE, 0);
    HANDLE port = CreateIoCompletionPort(server, NULL, 77, 0);
    REQUIRE_HANDLE(port);
    CHECK_ERROR(ReadFile(server, buffer, sizeof(buffer), NULL, &overlapped), ERROR_IO_PENDING);
    check_nothing(port, 0);
    write_text(client, "hello");
    CHECK(take(port, WAIT_LIMIT_MS));
    CHECK_EQ(bytes, 5);
    CHECK_EQ(key, 77);
    CHECK(taken == &overlapped);
    CHECK_EQ(overlapped.Internal, 0);
    CHECK_EQ(overlapped.InternalHigh, 5);
    CHECK_MEM(buffer, "hello", 5);
}

TEST(a_result_at_once_is_queued_too) {
    static OVERLAPPED reading, writing;
    DWORD n;

    pipe_new(PIPE_TYPE_BYTE, 0);
    HANDLE port = CreateIoCompletionPort(server, NULL, 1, 0);
    write_text(client, "abc");
    CHECK_OK(ReadFile(server, buffer, 3, &n, &reading));
    CHECK_OK(WriteFile(server, "x", 1, &n, &writing));
    CHECK(take(port, 0));
    CHECK(taken == &reading);
    CHECK_EQ(bytes, 3);
    CHECK(take(port, 0));
    CHECK(taken == &writing);
    CHECK_EQ(bytes, 1);
    check_nothing(port, 0);
}

TEST(skip_on_success) {
    static OVERLAPPED overlapped;
    DWORD n;

    pipe_new(PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 0);
    HANDLE port = CreateIoCompletionPort(server, NULL, 1, 0);
    CHECK_OK(SetFileCompletionNotificationModes(server, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS));
    CHECK_OK(WriteFile(server, "x", 1, &n, &overlapped));
    check_nothing(port, 0);
    CHECK_ERROR(ReadFile(server, buffer, 8, NULL, &overlapped), ERROR_IO_PENDING);
    write_text(client, "abc");
    CHECK(take(port, WAIT_LIMIT_MS)); /* it was pending: the packet comes */
    CHECK_EQ(bytes, 3);
    CHECK_OK(SetFileCompletionNotificationModes(server, 0)); /* takes nothing back */
    CHECK_OK(WriteFile(server, "x", 1, &n, &overlapped));
    check_nothing(port, 0);
}

TEST(skip_the_event_of_the_handle) {
    static OVERLAPPED overlapped;

    pipe_new(PIPE_TYPE_BYTE, 0);
    HANDLE port = CreateIoCompletionPort(server, NULL, 1, 0);
    CHECK_OK(SetFileCompletionNotificationModes(server, FILE_SKIP_SET_EVENT_ON_HANDLE));
    CHECK_ERROR(ReadFile(server, buffer, 8, NULL, &overlapped), ERROR_IO_PENDING);
    write_text(client, "abc");
    CHECK(take(port, WAIT_LIMIT_MS));
    CHECK_UNSIGNALLED(server);
    overlapped.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL); /* an event of one's own is set all the same */
    CHECK_ERROR(ReadFile(server, buffer, 8, NULL, &overlapped), ERROR_IO_PENDING);
    write_text(client, "abc");
    CHECK(take(port, WAIT_LIMIT_MS));
    CHECK_SIGNALLED(overlapped.hEvent);
}

TEST(notification_modes_are_checked) {
    pipe_new(PIPE_TYPE_BYTE, 0);
    CHECK_ERROR(
        SetFileCompletionNotificationModes(client, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(SetFileCompletionNotificationModes(NULL, 1), ERROR_INVALID_HANDLE);
}

TEST(an_event_with_the_low_bit_keeps_it_out) {
    static OVERLAPPED overlapped;
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);

    pipe_new(PIPE_TYPE_BYTE, 0);
    HANDLE port = CreateIoCompletionPort(server, NULL, 1, 0);
    overlapped.hEvent = (HANDLE)((ULONG_PTR)event | 1);
    CHECK_ERROR(ReadFile(server, buffer, 8, NULL, &overlapped), ERROR_IO_PENDING);
    write_text(client, "abc");
    CHECK_SIGNALLED(event);
    check_nothing(port, 0);
}

TEST(a_failed_operation) {
    static OVERLAPPED overlapped;

    pipe_new(PIPE_TYPE_BYTE, 0);
    HANDLE port = CreateIoCompletionPort(server, NULL, 9, 0);
    CHECK_ERROR(ReadFile(server, buffer, 8, NULL, &overlapped), ERROR_IO_PENDING);
    CloseHandle(client);
    CHECK(!take(port, WAIT_LIMIT_MS));
    CHECK_EQ(GetLastError(), ERROR_BROKEN_PIPE);
    CHECK(taken == &overlapped);
    CHECK_EQ(key, 9);
    CHECK_EQ(bytes, 0);
    /* one that fails at once leaves no packet */
    CHECK_ERROR(ReadFile(server, buffer, 8, NULL, &overlapped), ERROR_BROKEN_PIPE);
    check_nothing(port, 0);
}

TEST(a_cancelled_operation) {
    static OVERLAPPED overlapped;

    pipe_new(PIPE_TYPE_BYTE, 0);
    HANDLE port = CreateIoCompletionPort(server, NULL, 9, 0);
    CHECK_ERROR(ReadFile(server, buffer, 8, NULL, &overlapped), ERROR_IO_PENDING);
    CHECK_OK(CancelIoEx(server, &overlapped));
    CHECK(!take(port, WAIT_LIMIT_MS));
    CHECK_EQ(GetLastError(), ERROR_OPERATION_ABORTED);
    CHECK(taken == &overlapped);
}

TEST(a_closed_file_leaves_its_packet) {
    static OVERLAPPED overlapped;

    pipe_new(PIPE_TYPE_BYTE, 0);
    HANDLE port = CreateIoCompletionPort(server, NULL, 9, 0);
    CHECK_ERROR(ReadFile(server, buffer, 8, NULL, &overlapped), ERROR_IO_PENDING);
    CloseHandle(server);
    CHECK(!take(port, WAIT_LIMIT_MS));
    CHECK_EQ(GetLastError(), ERROR_OPERATION_ABORTED);
    CHECK(taken == &overlapped);
}

TEST(part_of_a_message) {
    static OVERLAPPED overlapped;

    pipe_new(PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 0);
    HANDLE port = CreateIoCompletionPort(server, NULL, 9, 0);
    CHECK_ERROR(ReadFile(server, buffer, 4, NULL, &overlapped), ERROR_IO_PENDING);
    write_text(client, "0123456789");
    CHECK(!take(port, WAIT_LIMIT_MS));
    CHECK_EQ(GetLastError(), ERROR_MORE_DATA);
    CHECK(taken == &overlapped);
    CHECK_EQ(bytes, 4);
    CHECK_ERROR(
        ReadFile(server, buffer, 4, NULL, &overlapped), ERROR_MORE_DATA); /* at once, and a packet all the same */
    CHECK(!take(port, WAIT_LIMIT_MS));
    CHECK_EQ(GetLastError(), ERROR_MORE_DATA);
    CHECK_EQ(bytes, 4);
}

TEST(a_client_comes) {
    static OVERLAPPED overlapped;

    server = CreateNamedPipeA(own_pipe("port"), PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, 0, 1, 512, 512, 0, NULL);
    HANDLE port = CreateIoCompletionPort(server, NULL, 5, 0);
    CHECK_ERROR(ConnectNamedPipe(server, &overlapped), ERROR_IO_PENDING);
    client = CreateFileA(own_pipe("port"), GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    CHECK(take(port, WAIT_LIMIT_MS));
    CHECK(taken == &overlapped);
    CHECK_EQ(key, 5);
    CHECK_EQ(bytes, 0);
}

TEST(two_files_one_port) {
    static OVERLAPPED overlapped[2];
    HANDLE pipes[2], clients[2], port = port_new(0);

    for (int i = 0; i < 2; i++) {
        pipes[i] = CreateNamedPipeA(
            own_pipe(i ? "one" : "two"), PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, 0, 1, 512, 512, 0, NULL);
        REQUIRE_HANDLE(pipes[i]);
        clients[i] = CreateFileA(own_pipe(i ? "one" : "two"), GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
        CHECK_OK(CreateIoCompletionPort(pipes[i], port, 100 + i, 0) == port);
        CHECK_ERROR(ReadFile(pipes[i], buffer + i, 1, NULL, &overlapped[i]), ERROR_IO_PENDING);
    }
    write_text(clients[1], "b");
    CHECK(take(port, WAIT_LIMIT_MS));
    CHECK_EQ(key, 101);
    write_text(clients[0], "a");
    CHECK(take(port, WAIT_LIMIT_MS));
    CHECK_EQ(key, 100);
    CHECK_MEM(buffer, "ab", 2);
}

/* ---- waiting threads ---- */

static HANDLE shared_port, arrived, go_on;
static DWORD last_error;

static DWORD WINAPI take_one(void *milliseconds) {
    DWORD n;
    ULONG_PTR got = 0;
    OVERLAPPED *overlapped;

    if (!GetQueuedCompletionStatus(shared_port, &n, &got, &overlapped, (DWORD)(ULONG_PTR)milliseconds)) {
        last_error = GetLastError();
        return 0;
    }
    return (DWORD)got;
}

TEST(a_post_wakes_a_waiting_thread) {
    DWORD got;

    shared_port = port_new(0);
    HANDLE thread = thread_new(take_one, (void *)(ULONG_PTR)INFINITE);
    CHECK_STILL_WAITING(thread);
    CHECK_OK(PostQueuedCompletionStatus(shared_port, 0, 55, NULL));
    CHECK_SIGNALLED(thread);
    CHECK_OK(GetExitCodeThread(thread, &got));
    CHECK_EQ(got, 55);
    check_nothing(shared_port, 0);
}

TEST(each_packet_wakes_one) {
    HANDLE threads[4];
    DWORD sum = 0, got;

    shared_port = port_new(4);
    for (int i = 0; i < 4; i++)
        threads[i] = thread_new(take_one, (void *)(ULONG_PTR)WAIT_LIMIT_MS);
    for (int i = 0; i < 4; i++)
        CHECK_OK(PostQueuedCompletionStatus(shared_port, 0, 1u << i, NULL));
    CHECK_EQ(WaitForMultipleObjects(4, threads, TRUE, WAIT_LIMIT_MS), WAIT_OBJECT_0);
    for (int i = 0; i < 4; i++) {
        CHECK_OK(GetExitCodeThread(threads[i], &got));
        sum += got;
    }
    CHECK_EQ(sum, 15);
}

TEST(the_latest_waiter_is_first) {
    HANDLE first, second;

    shared_port = port_new(2);
    first = thread_new(take_one, (void *)(ULONG_PTR)WAIT_LIMIT_MS);
    CHECK_STILL_WAITING(first);
    second = thread_new(take_one, (void *)(ULONG_PTR)WAIT_LIMIT_MS);
    CHECK_STILL_WAITING(second);
    CHECK_OK(PostQueuedCompletionStatus(shared_port, 0, 1, NULL));
    CHECK_SIGNALLED(second);
    CHECK_STILL_WAITING(first);
    CHECK_OK(PostQueuedCompletionStatus(shared_port, 0, 1, NULL));
    CHECK_SIGNALLED(first);
}

/* Takes packets and works on each until it is told to go on: by spinning, so that it counts as running. */
static volatile LONG spinning, spin_end;

static DWORD WINAPI take_and_spin(void *unused) {
    (void)unused;
    if (!take_one((void *)(ULONG_PTR)WAIT_LIMIT_MS))
        return 1;
    InterlockedIncrement(&spinning);
    SetEvent(arrived);
    while (!spin_end)
        YieldProcessor();
    return 0;
}

TEST(concurrency_holds_threads_back) {
    HANDLE threads[2];

    shared_port = port_new(1);
    arrived = event_new();
    for (int i = 0; i < 2; i++)
        threads[i] = thread_new(take_and_spin, NULL);
    for (int i = 0; i < 2; i++)
        CHECK_OK(PostQueuedCompletionStatus(shared_port, 0, 1, NULL));
    CHECK_SIGNALLED(arrived);
    CHECK_STILL_WAITING(arrived); /* the second packet waits while the first thread works */
    CHECK_EQ(spinning, 1);
    spin_end = 1;
    CHECK_SIGNALLED(arrived); /* until it ends */
    CHECK_EQ(WaitForMultipleObjects(2, threads, TRUE, WAIT_LIMIT_MS), WAIT_OBJECT_0);
}

static DWORD WINAPI take_and_wait(void *unused) {
    (void)unused;
    if (!take_one((void *)(ULONG_PTR)WAIT_LIMIT_MS))
        return 1;
    SetEvent(arrived);
    return WaitForSingleObject(go_on, WAIT_LIMIT_MS);
}

TEST(a_thread_that_waits_does_not_count) {
    HANDLE threads[2];

    shared_port = port_new(1);
    arrived = event_new();
    go_on = CreateEventA(NULL, TRUE, FALSE, NULL);
    for (int i = 0; i < 2; i++)
        threads[i] = thread_new(take_and_wait, NULL);
    for (int i = 0; i < 2; i++) {
        CHECK_OK(PostQueuedCompletionStatus(shared_port, 0, 1, NULL));
        CHECK_SIGNALLED(arrived);
    }
    SetEvent(go_on);
    CHECK_EQ(WaitForMultipleObjects(2, threads, TRUE, WAIT_LIMIT_MS), WAIT_OBJECT_0);
}

static CRITICAL_SECTION section;

static DWORD WINAPI take_and_enter(void *unused) {
    (void)unused;
    if (!take_one((void *)(ULONG_PTR)WAIT_LIMIT_MS))
        return 1;
    SetEvent(arrived);
    EnterCriticalSection(&section);
    LeaveCriticalSection(&section);
    return 0;
}

TEST(a_thread_before_a_critical_section_does_not_count) {
    HANDLE threads[2];

    shared_port = port_new(1);
    arrived = event_new();
    InitializeCriticalSection(&section);
    EnterCriticalSection(&section);
    for (int i = 0; i < 2; i++)
        threads[i] = thread_new(take_and_enter, NULL);
    for (int i = 0; i < 2; i++) {
        CHECK_OK(PostQueuedCompletionStatus(shared_port, 0, 1, NULL));
        CHECK_SIGNALLED(arrived);
    }
    LeaveCriticalSection(&section);
    CHECK_EQ(WaitForMultipleObjects(2, threads, TRUE, WAIT_LIMIT_MS), WAIT_OBJECT_0);
}

TEST(closed_while_waited_on) {
    shared_port = port_new(0);
    HANDLE thread = thread_new(take_one, (void *)(ULONG_PTR)INFINITE);
    CHECK_STILL_WAITING(thread);
    CHECK_OK(CloseHandle(shared_port));
    CHECK_SIGNALLED(thread);
    CHECK_EQ(last_error, ERROR_ABANDONED_WAIT_0);
}

TEST(the_last_handle_counts) {
    HANDLE other;

    shared_port = port_new(0);
    CHECK_OK(DuplicateHandle(
        GetCurrentProcess(), shared_port, GetCurrentProcess(), &other, 0, FALSE, DUPLICATE_SAME_ACCESS));
    HANDLE thread = thread_new(take_one, (void *)(ULONG_PTR)INFINITE);
    CHECK_STILL_WAITING(thread);
    CHECK_OK(CloseHandle(shared_port));
    CHECK_STILL_WAITING(thread);
    CHECK_OK(PostQueuedCompletionStatus(other, 0, 3, NULL));
    CHECK_SIGNALLED(thread);
}

TEST(the_handle_is_signalled_while_packets_wait) {
    HANDLE port = port_new(0);

    CHECK_UNSIGNALLED(port);
    CHECK_OK(PostQueuedCompletionStatus(port, 0, 1, NULL));
    CHECK_EQ(WaitForSingleObject(port, 0), WAIT_OBJECT_0);
    CHECK_EQ(WaitForSingleObject(port, 0), WAIT_OBJECT_0); /* a wait takes nothing */
    CHECK(take(port, 0));
    CHECK_UNSIGNALLED(port);
}

static DWORD WINAPI post_later(void *port) {
    return WaitForSingleObject(go_on, WAIT_LIMIT_MS) == WAIT_OBJECT_0 && PostQueuedCompletionStatus(port, 0, 1, NULL);
}

TEST(a_wait_for_the_handle_ends) {
    HANDLE port = port_new(0), never = event_new();

    go_on = event_new();
    HANDLE thread = thread_new(post_later, port), both[2] = {never, port};
    SetEvent(go_on);
    CHECK_EQ(WaitForMultipleObjects(2, both, FALSE, WAIT_LIMIT_MS), WAIT_OBJECT_0 + 1);
    CHECK(take(port, 0));
    CHECK_SIGNALLED(thread);
}

/* ---- other processes ---- */

ROLE(post_to_inherited) {
    HANDLE port = (HANDLE)(ULONG_PTR)strtoull(argv[0], NULL, 10);

    (void)argc;
    for (int i = 1; i <= 3; i++)
        CHECK_OK(PostQueuedCompletionStatus(port, i, GetCurrentProcessId(), NULL));
}

TEST(an_inherited_port) {
    char text[32];
    HANDLE port = port_new(0);

    CHECK_OK(SetHandleInformation(port, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT));
    snprintf(text, sizeof(text), "%llu", (unsigned long long)(ULONG_PTR)port);
    struct child child = spawn_inheriting("post_to_inherited", text);
    for (DWORD i = 1; i <= 3; i++) {
        CHECK(take(port, WAIT_LIMIT_MS));
        CHECK_EQ(bytes, i);
        CHECK_EQ(key, child.pid);
    }
    CHECK_CHILD(child);
}

ROLE(take_and_answer) {
    HANDLE port = (HANDLE)(ULONG_PTR)strtoull(argv[0], NULL, 10);
    HANDLE answers = (HANDLE)(ULONG_PTR)strtoull(argv[1], NULL, 10);

    (void)argc;
    for (;;) {
        REQUIRE(take(port, WAIT_LIMIT_MS));
        if (key == 0)
            ExitProcess(0);
        CHECK_OK(PostQueuedCompletionStatus(answers, 0, key, NULL));
    }
}

TEST(a_terminated_taker_loses_nobody_elses_packets) {
    char text[64];
    HANDLE port = port_new(0), answers = port_new(0);

    CHECK_OK(SetHandleInformation(port, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT));
    CHECK_OK(SetHandleInformation(answers, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT));
    snprintf(
        text, sizeof(text), "%llu %llu", (unsigned long long)(ULONG_PTR)port, (unsigned long long)(ULONG_PTR)answers);
    struct child first = spawn_inheriting("take_and_answer", text);
    CHECK_OK(PostQueuedCompletionStatus(port, 0, 5, NULL));
    CHECK(take(answers, WAIT_LIMIT_MS));
    CHECK_OK(TerminateProcess(first.process, 9));
    CHECK_EQ(child_exit_code(&first), 9);
    CHECK_OK(PostQueuedCompletionStatus(port, 0, 6, NULL));
    struct child second = spawn_inheriting("take_and_answer", text);
    CHECK(take(answers, WAIT_LIMIT_MS));
    CHECK_EQ(key, 6);
    CHECK_OK(PostQueuedCompletionStatus(port, 0, 0, NULL));
    CHECK_CHILD(second);
}

/* ---- many ---- */

static volatile LONG done;

static DWORD WINAPI worker(void *unused) {
    DWORD n;
    ULONG_PTR got;
    OVERLAPPED *overlapped;

    (void)unused;
    while (GetQueuedCompletionStatus(shared_port, &n, &got, &overlapped, WAIT_LIMIT_MS) && got)
        InterlockedIncrement(&done);
    return 0;
}

TEST(four_threads_forty_thousand_packets) {
    HANDLE threads[4];

    shared_port = port_new(2);
    for (int i = 0; i < 4; i++)
        threads[i] = thread_new(worker, NULL);
    for (int i = 0; i < 40000; i++)
        REQUIRE_OK(PostQueuedCompletionStatus(shared_port, 0, 1, NULL));
    for (int i = 0; i < 4; i++)
        CHECK_OK(PostQueuedCompletionStatus(shared_port, 0, 0, NULL));
    CHECK_EQ(WaitForMultipleObjects(4, threads, TRUE, WAIT_LIMIT_MS), WAIT_OBJECT_0);
    CHECK_EQ(done, 40000);
}
