/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The states of a pipe instance (listening, connected, closing, disconnected), and what each call answers in each. */
#include "harness.h"

#define BOTH (GENERIC_READ | GENERIC_WRITE)

static char buffer[64];
static DWORD n;

static HANDLE server_new(DWORD pipe_mode) {
    HANDLE server = CreateNamedPipeA(own_pipe("state"), PIPE_ACCESS_DUPLEX, pipe_mode, 1, 4096, 4096, 0, NULL);

    REQUIRE_HANDLE(server);
    return server;
}

static HANDLE client_new(void) {
    HANDLE client = CreateFileA(own_pipe("state"), BOTH, 0, NULL, OPEN_EXISTING, 0, NULL);

    REQUIRE_HANDLE(client);
    return client;
}

static BOOL write_text(HANDLE pipe, const char *text) {
    POISON_OUT(n);
    return WriteFile(pipe, text, (DWORD)strlen(text), &n, NULL);
}

static BOOL read_some(HANDLE pipe) {
    POISON_OUT(n);
    POISON_OUT(buffer);
    return ReadFile(pipe, buffer, sizeof(buffer), &n, NULL);
}

TEST(listening) {
    HANDLE server = server_new(PIPE_TYPE_BYTE);

    CHECK_ERROR(read_some(server), ERROR_PIPE_LISTENING);
    CHECK_ERROR(write_text(server, "x"), ERROR_PIPE_LISTENING);
    CHECK_ERROR(PeekNamedPipe(server, NULL, 0, NULL, &n, NULL), ERROR_BAD_PIPE);
    CloseHandle(server);
}

TEST(connected_before_connect) {
    HANDLE server = server_new(PIPE_TYPE_BYTE), client = client_new();

    CHECK_ERROR(ConnectNamedPipe(server, NULL), ERROR_PIPE_CONNECTED);
    CHECK_ERROR(ConnectNamedPipe(server, NULL), ERROR_PIPE_CONNECTED);
    CHECK_OK(write_text(server, "to client"));
    CHECK_OK(write_text(client, "to server"));
    CHECK_OK(read_some(server));
    CHECK_MEM(buffer, "to server", 9);
    CHECK_OK(read_some(client));
    CHECK_MEM(buffer, "to client", 9);
    CloseHandle(client);
    CloseHandle(server);
}

TEST(client_has_closed) {
    HANDLE server = server_new(PIPE_TYPE_BYTE), client = client_new();

    CHECK_OK(write_text(client, "left behind"));
    CloseHandle(client);
    CHECK_ERROR(ConnectNamedPipe(server, NULL), ERROR_NO_DATA);
    CHECK_ERROR(write_text(server, "x"), ERROR_NO_DATA);
    CHECK_OK(PeekNamedPipe(server, NULL, 0, NULL, &n, NULL));
    CHECK_EQ(n, 11);
    CHECK_OK(read_some(server));
    CHECK_EQ(n, 11);
    CHECK_ERROR(read_some(server), ERROR_BROKEN_PIPE);
    CHECK_EQ(n, 0);
    CHECK_ERROR(PeekNamedPipe(server, NULL, 0, NULL, NULL, NULL), ERROR_BROKEN_PIPE);
    CHECK_ERROR(ConnectNamedPipe(server, NULL), ERROR_NO_DATA);
    CHECK_OK(DisconnectNamedPipe(server));
    CloseHandle(server);
}

TEST(server_has_closed) {
    HANDLE server = server_new(PIPE_TYPE_BYTE), client = client_new();

    CHECK_OK(write_text(server, "left behind"));
    CloseHandle(server);
    CHECK_ERROR(write_text(client, "x"), ERROR_NO_DATA);
    CHECK_OK(read_some(client));
    CHECK_EQ(n, 11);
    CHECK_ERROR(read_some(client), ERROR_BROKEN_PIPE);
    CHECK_ERROR(write_text(client, "x"), ERROR_NO_DATA);
    CloseHandle(client);
}

TEST(peek_of_a_broken_pipe_leaves_its_outputs) {
    HANDLE server = server_new(PIPE_TYPE_BYTE), client = client_new();
    DWORD read, available, left;

    CloseHandle(server);
    POISON_OUT(read);
    POISON_OUT(available);
    POISON_OUT(left);
    CHECK_ERROR(PeekNamedPipe(client, buffer, sizeof(buffer), &read, &available, &left), ERROR_BROKEN_PIPE);
    CHECK_UNTOUCHED(read);
    CHECK_UNTOUCHED(available);
    CHECK_UNTOUCHED(left);
    CloseHandle(client);
}

TEST(disconnected) {
    HANDLE server = server_new(PIPE_TYPE_BYTE), client = client_new();

    CHECK_OK(write_text(server, "thrown away"));
    CHECK_OK(write_text(client, "this too"));
    CHECK_OK(DisconnectNamedPipe(server));
    CHECK_ERROR(read_some(server), ERROR_PIPE_NOT_CONNECTED);
    CHECK_ERROR(write_text(server, "x"), ERROR_PIPE_NOT_CONNECTED);
    CHECK(!PeekNamedPipe(server, NULL, 0, NULL, &n, NULL));
    CHECK_ERROR(read_some(client), ERROR_PIPE_NOT_CONNECTED);
    CHECK_ERROR(write_text(client, "x"), ERROR_PIPE_NOT_CONNECTED);
    CHECK_ERROR(DisconnectNamedPipe(server), ERROR_PIPE_NOT_CONNECTED);
    CloseHandle(client);
    CloseHandle(server);
}

static DWORD WINAPI connect_pipe(void *server) {
    SetLastError(0);
    return ConnectNamedPipe(server, NULL) ? 0 : GetLastError();
}

TEST(listens_again_after_a_disconnect) {
    HANDLE server = server_new(PIPE_TYPE_BYTE), first = client_new();
    DWORD code = POISON;

    CHECK_OK(write_text(first, "old"));
    CHECK_OK(DisconnectNamedPipe(server));
    HANDLE thread = CreateThread(NULL, 0, connect_pipe, server, 0, NULL);
    CHECK_OK(WaitNamedPipeA(own_pipe("state"), WAIT_LIMIT_MS) || GetLastError() == ERROR_SEM_TIMEOUT);
    HANDLE second = client_new();
    CHECK_SIGNALLED(thread);
    CHECK_OK(GetExitCodeThread(thread, &code));
    CHECK_EQ(code, 0);
    CHECK_OK(write_text(second, "new"));
    CHECK_OK(read_some(server));
    CHECK_MEM(buffer, "new", 3);
    CHECK_ERROR(write_text(first, "x"), ERROR_PIPE_NOT_CONNECTED); /* the old client stays disconnected */
    CloseHandle(first);
    CHECK_OK(write_text(second, "more"));
    CHECK_OK(read_some(server));
    CHECK_MEM(buffer, "more", 4);
    CloseHandle(second);
    CloseHandle(server);
}

TEST(nowait_connect_tells_the_state) {
    HANDLE server = server_new(PIPE_TYPE_BYTE | PIPE_NOWAIT);

    CHECK_ERROR(ConnectNamedPipe(server, NULL), ERROR_PIPE_LISTENING);
    CHECK_ERROR(ConnectNamedPipe(server, NULL), ERROR_PIPE_LISTENING);
    HANDLE client = client_new();
    CHECK_ERROR(ConnectNamedPipe(server, NULL), ERROR_PIPE_CONNECTED);
    CloseHandle(client);
    CHECK_ERROR(ConnectNamedPipe(server, NULL), ERROR_NO_DATA);
    CHECK_OK(DisconnectNamedPipe(server));
    CHECK_OK(ConnectNamedPipe(server, NULL)); /* TRUE once after a disconnect */
    CHECK_ERROR(ConnectNamedPipe(server, NULL), ERROR_PIPE_LISTENING);
    client = client_new();
    CHECK_ERROR(ConnectNamedPipe(server, NULL), ERROR_PIPE_CONNECTED);
    CloseHandle(client);
    CloseHandle(server);
}

TEST(nowait_read_of_nothing) {
    HANDLE server = server_new(PIPE_TYPE_BYTE | PIPE_NOWAIT), client = client_new();

    CHECK_ERROR(read_some(server), ERROR_NO_DATA);
    CHECK_OK(write_text(client, "x"));
    CHECK_OK(read_some(server));
    CHECK_EQ(n, 1);
    CHECK_ERROR(read_some(server), ERROR_NO_DATA);
    CloseHandle(client);
    CloseHandle(server);
}

/* The documentation says that a byte pipe takes what fits; measured on Windows, neither type takes anything when nobody reads. */
static void nowait_write_check(DWORD type) {
    static char block[513];
    HANDLE server = CreateNamedPipeA(own_pipe("state"), PIPE_ACCESS_DUPLEX, type | PIPE_NOWAIT, 1, 512, 512, 0, NULL);
    HANDLE client = client_new();

    POISON_OUT(n);
    CHECK_OK(WriteFile(server, block, 513, &n, NULL));
    CHECK_EQ(n, 0);
    CHECK_OK(WriteFile(server, block, 512, &n, NULL));
    CHECK_EQ(n, 512);
    CHECK_OK(WriteFile(server, block, 1, &n, NULL));
    CHECK_EQ(n, 0);
    CloseHandle(client);
    CloseHandle(server);
}

TEST(nowait_write_that_does_not_fit_byte) {
    nowait_write_check(PIPE_TYPE_BYTE);
}

TEST(nowait_write_that_does_not_fit_message) {
    nowait_write_check(PIPE_TYPE_MESSAGE);
}

TEST(calls_of_the_wrong_end) {
    HANDLE server = server_new(PIPE_TYPE_BYTE), client = client_new(), event = CreateEventA(NULL, TRUE, FALSE, NULL);

    CHECK(!ConnectNamedPipe(client, NULL));
    CHECK(!DisconnectNamedPipe(client));
    CHECK_ERROR(DisconnectNamedPipe(NULL), ERROR_INVALID_HANDLE);
    CHECK_ERROR(ConnectNamedPipe(NULL, NULL), ERROR_INVALID_HANDLE);
    CHECK_ERROR(ConnectNamedPipe(event, NULL), ERROR_INVALID_HANDLE);
    CHECK_OK(write_text(client, "still there"));
    CHECK_OK(read_some(server));
    CloseHandle(client);
    CloseHandle(server);
    CloseHandle(event);
}

TEST(bad_pointers) {
    HANDLE server = server_new(PIPE_TYPE_BYTE), client = client_new();

    CHECK_OK(write_text(client, "stays"));
    CHECK_ERROR(ReadFile(server, (void *)(ULONG_PTR)16, 8, &n, NULL), ERROR_NOACCESS);
    CHECK_ERROR(WriteFile(server, (void *)(ULONG_PTR)16, 8, &n, NULL), ERROR_NOACCESS);
    CHECK_OK(read_some(server));
    CHECK_EQ(n, 5);
    CloseHandle(client);
    CloseHandle(server);
}
