/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* WaitNamedPipe: free, busy and missing pipes, time-outs. */
#include "harness.h"

static HANDLE create(DWORD default_timeout_ms) {
    HANDLE server = CreateNamedPipeA(own_pipe("wait"), PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 1, 64, 64, default_timeout_ms, NULL);

    REQUIRE_HANDLE(server);
    return server;
}

static HANDLE open_pipe(void) {
    return CreateFileA(own_pipe("wait"), GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
}

TEST(missing) {
    CHECK_ERROR(WaitNamedPipeA(own_pipe("wait"), WAIT_LIMIT_MS), ERROR_FILE_NOT_FOUND);
    CHECK_ERROR(WaitNamedPipeA(own_pipe("wait"), NMPWAIT_WAIT_FOREVER), ERROR_FILE_NOT_FOUND);
    CHECK_ERROR(WaitNamedPipeA(own_pipe("wait"), NMPWAIT_NOWAIT), ERROR_FILE_NOT_FOUND);
}

TEST(free_at_once) {
    HANDLE server = create(0);

    CHECK_OK(WaitNamedPipeA(own_pipe("wait"), NMPWAIT_WAIT_FOREVER));
    CHECK_OK(WaitNamedPipeA(own_pipe("wait"), NMPWAIT_NOWAIT));
    HANDLE client = open_pipe(); /* the wait reserved nothing, and took nothing */
    REQUIRE_HANDLE(client);
    CloseHandle(client);
    CloseHandle(server);
}

TEST(times_out) {
    HANDLE server = create(30), client = open_pipe();

    REQUIRE_HANDLE(client);
    CHECK_ERROR(WaitNamedPipeA(own_pipe("wait"), NMPWAIT_NOWAIT), ERROR_SEM_TIMEOUT);
    CHECK_ERROR(WaitNamedPipeA(own_pipe("wait"), 20), ERROR_SEM_TIMEOUT);
    CHECK_ERROR(WaitNamedPipeA(own_pipe("wait"), NMPWAIT_USE_DEFAULT_WAIT), ERROR_SEM_TIMEOUT);
    CloseHandle(client);
    CloseHandle(server);
}

static DWORD WINAPI wait_pipe(void *name) {
    SetLastError(0);
    return WaitNamedPipeA(name, WAIT_LIMIT_MS) ? 0 : GetLastError();
}

static DWORD WINAPI connect_pipe(void *server) {
    SetLastError(0);
    return ConnectNamedPipe(server, NULL) ? 0 : GetLastError();
}

TEST(woken_when_the_server_listens_again) {
    HANDLE server = create(0), client = open_pipe();
    HANDLE waiter = CreateThread(NULL, 0, wait_pipe, (void *)own_pipe("wait"), 0, NULL);
    DWORD code = POISON;

    CHECK_STILL_WAITING(waiter);
    CHECK_OK(DisconnectNamedPipe(server));
    CHECK_STILL_WAITING(waiter); /* disconnected is not listening */
    HANDLE connect = CreateThread(NULL, 0, connect_pipe, server, 0, NULL);
    CHECK_SIGNALLED(waiter);
    CHECK_OK(GetExitCodeThread(waiter, &code));
    CHECK_EQ(code, 0);
    CloseHandle(client);
    client = open_pipe();
    REQUIRE_HANDLE(client);
    CHECK_SIGNALLED(connect);
    CloseHandle(client);
    CloseHandle(server);
}

TEST(woken_by_another_instance) {
    HANDLE server = CreateNamedPipeA(own_pipe("wait"), PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 2, 64, 64, 0, NULL), client = open_pipe();
    HANDLE waiter = CreateThread(NULL, 0, wait_pipe, (void *)own_pipe("wait"), 0, NULL);
    DWORD code = POISON;

    CHECK_STILL_WAITING(waiter);
    HANDLE second = CreateNamedPipeA(own_pipe("wait"), PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 2, 64, 64, 0, NULL);
    CHECK_SIGNALLED(waiter);
    CHECK_OK(GetExitCodeThread(waiter, &code));
    CHECK_EQ(code, 0);
    CloseHandle(client);
    CloseHandle(server);
    CloseHandle(second);
}

/* "A return value of TRUE indicates that there is at least one instance of the pipe available": at that time. */
TEST(two_wait_for_one_instance) {
    HANDLE server = create(0), client = open_pipe(), waiters[2];
    DWORD code;

    for (int i = 0; i < 2; i++)
        waiters[i] = CreateThread(NULL, 0, wait_pipe, (void *)own_pipe("wait"), 0, NULL);
    CHECK_STILL_WAITING(waiters[0]);
    CHECK_STILL_WAITING(waiters[1]);
    CloseHandle(client);
    CHECK_OK(DisconnectNamedPipe(server));
    HANDLE connect = CreateThread(NULL, 0, connect_pipe, server, 0, NULL);
    for (int i = 0; i < 2; i++) {
        CHECK_SIGNALLED(waiters[i]);
        CHECK_OK(GetExitCodeThread(waiters[i], &code));
        CHECK_EQ(code, 0);
    }
    client = open_pipe();
    REQUIRE_HANDLE(client);
    CHECK_BAD_HANDLE(open_pipe(), ERROR_PIPE_BUSY);
    CHECK_SIGNALLED(connect);
    CloseHandle(client);
    CloseHandle(server);
}

TEST(the_pipe_goes_while_somebody_waits) {
    HANDLE server = create(0), client = open_pipe();
    HANDLE waiter = CreateThread(NULL, 0, wait_pipe, (void *)own_pipe("wait"), 0, NULL);
    DWORD code = 0;

    CHECK_STILL_WAITING(waiter);
    CloseHandle(client);
    CloseHandle(server);
    CHECK_SIGNALLED(waiter);
    CHECK_OK(GetExitCodeThread(waiter, &code));
    CHECK_EQ(code, ERROR_FILE_NOT_FOUND);
}
