/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Named pipes between processes: many clients, ends that die, inherited ends. */
#include "harness.h"

static HANDLE server_new(DWORD type, DWORD instances) {
    HANDLE server = CreateNamedPipeA(own_pipe("process"), PIPE_ACCESS_DUPLEX, type, instances, 4096, 4096, 0, NULL);

    REQUIRE_HANDLE(server);
    return server;
}

static void connect_client(HANDLE server) {
    CHECK(ConnectNamedPipe(server, NULL) || GetLastError() == ERROR_PIPE_CONNECTED);
}

static HANDLE client_new(void) {
    while (!WaitNamedPipeA(own_pipe("process"), WAIT_LIMIT_MS) && GetLastError() != ERROR_FILE_NOT_FOUND)
        ;
    HANDLE client = CreateFileA(own_pipe("process"), GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);

    return client;
}

ROLE(echo_client) {
    const int rounds = argc ? atoi(argv[0]) : 0;
    HANDLE client;
    DWORD mode = PIPE_READMODE_MESSAGE, n;

    do /* another client may take the free instance between the wait and the open */
        client = client_new();
    while (client == INVALID_HANDLE_VALUE && GetLastError() == ERROR_PIPE_BUSY);
    REQUIRE_HANDLE(client);
    REQUIRE_OK(SetNamedPipeHandleState(client, &mode, NULL, NULL));
    for (int i = 0; i < rounds; i++) {
        int sent[2] = {i, ~i}, got[2] = {-1, -1};

        REQUIRE_OK(WriteFile(client, sent, sizeof(sent), &n, NULL));
        REQUIRE_OK(ReadFile(client, got, sizeof(got), &n, NULL));
        REQUIRE(n == sizeof(got) && got[0] == i && got[1] == ~i);
    }
    CloseHandle(client);
}

static DWORD WINAPI echo(void *pipe) {
    char message[64];
    DWORD n, written;

    connect_client(pipe);
    while (ReadFile(pipe, message, sizeof(message), &n, NULL))
        if (!WriteFile(pipe, message, n, &written, NULL))
            return GetLastError();
    return GetLastError();
}

TEST(a_server_and_a_client) {
    HANDLE server = server_new(PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 1);
    struct child child = spawn_self("echo_client", "2000");

    CHECK_EQ(echo(server), ERROR_BROKEN_PIPE);
    CHECK_CHILD(child);
    CloseHandle(server);
}

TEST(several_clients_at_once) {
    enum { COUNT = 6 };
    HANDLE threads[COUNT];
    struct child children[COUNT];

    for (int i = 0; i < COUNT; i++) {
        threads[i] = CreateThread(NULL, 0, echo, server_new(PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, COUNT), 0, NULL);
        REQUIRE_HANDLE(threads[i]);
    }
    for (int i = 0; i < COUNT; i++)
        children[i] = spawn_self("echo_client", "300");
    for (int i = 0; i < COUNT; i++)
        CHECK_CHILD(children[i]);
    CHECK_EQ(WaitForMultipleObjects(COUNT, threads, TRUE, WAIT_LIMIT_MS), WAIT_OBJECT_0);
}

TEST(one_client_after_the_other) {
    HANDLE server = server_new(PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 1);
    struct child children[3];

    for (int i = 0; i < 3; i++)
        children[i] = spawn_self("echo_client", "50");
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(echo(server), ERROR_BROKEN_PIPE);
        CHECK_OK(DisconnectNamedPipe(server));
    }
    for (int i = 0; i < 3; i++)
        CHECK_CHILD(children[i]);
}

ROLE(connect_and_hang) {
    HANDLE client = client_new();
    DWORD n;

    (void)argc;
    (void)argv;
    REQUIRE_HANDLE(client);
    REQUIRE_OK(WriteFile(client, "last words", 10, &n, NULL));
    Sleep(INFINITE);
}

TEST(a_terminated_client_is_a_broken_pipe) {
    HANDLE server = server_new(PIPE_TYPE_BYTE, 1);
    struct child child = spawn_self("connect_and_hang", NULL);
    char buffer[32];
    DWORD n;

    connect_client(server);
    CHECK_OK(ReadFile(server, buffer, 4, &n, NULL));
    CHECK_OK(TerminateProcess(child.process, 3));
    CHECK_OK(ReadFile(server, buffer, sizeof(buffer), &n, NULL)); /* what it wrote is still there */
    CHECK_EQ(n, 6);
    CHECK_ERROR(ReadFile(server, buffer, sizeof(buffer), &n, NULL), ERROR_BROKEN_PIPE);
    CHECK_ERROR(WriteFile(server, "x", 1, &n, NULL), ERROR_NO_DATA);
    CHECK_EQ(child_exit_code(&child), 3);
    CHECK_OK(DisconnectNamedPipe(server));
    CloseHandle(server);
}

ROLE(serve_and_hang) {
    HANDLE server = server_new(PIPE_TYPE_BYTE, 1), ready = OpenEventA(EVENT_ALL_ACCESS, FALSE, own_name("ready"));

    (void)argc;
    (void)argv;
    CHECK_OK(SetEvent(ready));
    connect_client(server);
    Sleep(INFINITE);
}

static DWORD WINAPI read_error(void *pipe) {
    char byte;
    DWORD n;

    return ReadFile(pipe, &byte, 1, &n, NULL) ? 0 : GetLastError();
}

TEST(a_terminated_server_is_a_broken_pipe) {
    HANDLE ready = CreateEventA(NULL, FALSE, FALSE, own_name("ready"));
    struct child child = spawn_self("serve_and_hang", NULL);
    DWORD code = 0, n;

    CHECK_SIGNALLED(ready);
    HANDLE client = client_new();
    REQUIRE_HANDLE(client);
    HANDLE reader = CreateThread(NULL, 0, read_error, client, 0, NULL);
    CHECK_STILL_WAITING(reader);
    CHECK_OK(TerminateProcess(child.process, 0));
    CHECK_SIGNALLED(reader);
    CHECK_OK(GetExitCodeThread(reader, &code));
    CHECK_EQ(code, ERROR_BROKEN_PIPE);
    CHECK_ERROR(WriteFile(client, "x", 1, &n, NULL), ERROR_NO_DATA);
    CHECK_CHILD(child);
    CloseHandle(client);
    CHECK_BAD_HANDLE(CreateFileA(own_pipe("process"), GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL), ERROR_FILE_NOT_FOUND);
}

ROLE(write_inherited) {
    DWORD n;

    REQUIRE(argc == 1);
    HANDLE client = (HANDLE)(ULONG_PTR)strtoull(argv[0], NULL, 10);
    CHECK_OK(WriteFile(client, "from the child", 14, &n, NULL));
}

TEST(an_inherited_end_works) {
    HANDLE server = server_new(PIPE_TYPE_BYTE, 1), client = client_new();
    char args[32], buffer[32];
    DWORD n;

    REQUIRE_HANDLE(client);
    CHECK_OK(SetHandleInformation(client, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT));
    snprintf(args, sizeof(args), "%u", (unsigned)(ULONG_PTR)client);
    struct child child = spawn_inheriting("write_inherited", args);
    CHECK_OK(CloseHandle(client));
    CHECK_OK(ReadFile(server, buffer, sizeof(buffer), &n, NULL));
    CHECK_EQ(n, 14);
    CHECK_MEM(buffer, "from the child", 14);
    CHECK_CHILD(child);
    CHECK_ERROR(ReadFile(server, buffer, sizeof(buffer), &n, NULL), ERROR_BROKEN_PIPE);
    CloseHandle(server);
}
