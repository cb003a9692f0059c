/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What each call on a pipe answers in each state, on either end, with PIPE_WAIT and PIPE_NOWAIT: one table.  The pipe is of message
 * type and both ends read messages.
 * Sources, by the letter at the end of a row:
 * C https://learn.microsoft.com/en-us/windows/win32/api/namedpipeapi/nf-namedpipeapi-connectnamedpipe
 * D https://learn.microsoft.com/en-us/windows/win32/api/namedpipeapi/nf-namedpipeapi-disconnectnamedpipe
 * M https://learn.microsoft.com/en-us/windows/win32/ipc/named-pipe-type-read-and-wait-modes (the wait mode is of ReadFile, WriteFile and
 *   ConnectNamedPipe)
 * P https://learn.microsoft.com/en-us/openspecs/windows_protocols/ms-fscc/6b6c8b8b-c5ac-4fa5-9182-619459fce7c7 (FSCTL_PIPE_PEEK)
 * T https://learn.microsoft.com/en-us/openspecs/windows_protocols/ms-fscc/f48cecf1-98d8-48dc-926f-2f3a48f07cf6 (FSCTL_PIPE_TRANSCEIVE)
 * m measured on Windows, as public tests report it
 * u unconfirmed: nothing says it; it follows from the other rows.  So is what a client's end answers to a call that is a server's
 */
#include "harness.h"

enum state { LISTENING, CONNECTED, CLOSING_DATA, CLOSING_EMPTY, DISCONNECTED };
enum column { SERVER_WAIT, SERVER_NOWAIT, CLIENT_WAIT, CLIENT_NOWAIT, COLUMNS };

#define NONE 0xffffffffu /* there is no client in that state */
#define PENDS ERROR_IO_PENDING

static HANDLE server, client;
static char buffer[64];

/* ---- the states ---- */

static void set_modes(HANDLE pipe, DWORD wait_mode) {
    DWORD mode = PIPE_READMODE_MESSAGE | wait_mode;

    REQUIRE_OK(SetNamedPipeHandleState(pipe, &mode, NULL, NULL));
}

static void close_ends(void) {
    if (server)
        CloseHandle(server);
    if (client)
        CloseHandle(client);
    server = client = NULL;
}

static void close_one(HANDLE *end, BOOL leave_data) {
    DWORD n;

    if (leave_data)
        REQUIRE_OK(WriteFile(*end, "left", 4, &n, NULL));
    CloseHandle(*end);
    *end = NULL;
}

/* Brings a new pipe into @state.  Return: the end that @column is about, NULL if there is none. */
static HANDLE end_in(enum state state, enum column column) {
    const BOOL of_client = column >= CLIENT_WAIT;
    const DWORD wait_mode = column == SERVER_NOWAIT || column == CLIENT_NOWAIT ? PIPE_NOWAIT : PIPE_WAIT;

    server = CreateNamedPipeA(own_pipe("table"), PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED,
        PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE | (of_client ? PIPE_WAIT : wait_mode), 1, 512, 512, 0, NULL);
    REQUIRE_HANDLE(server);
    if (state == LISTENING)
        return of_client ? NULL : server;
    client = CreateFileA(own_pipe("table"), GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
    REQUIRE_HANDLE(client);
    set_modes(client, of_client ? wait_mode : PIPE_WAIT);
    if (state == CLOSING_DATA || state == CLOSING_EMPTY)
        close_one(of_client ? &server : &client, state == CLOSING_DATA);
    if (state == DISCONNECTED)
        REQUIRE_OK(DisconnectNamedPipe(server));
    return of_client ? client : server;
}

/* ---- the calls ---- */

/* The error of a call; of one that pends, which is cancelled, ERROR_IO_PENDING. */
static DWORD answer(BOOL done, HANDLE pipe, OVERLAPPED *overlapped) {
    const DWORD error = done ? 0 : GetLastError();
    DWORD n;

    if (error == ERROR_IO_PENDING) {
        CancelIo(pipe);
        CHECK_SIGNALLED(overlapped->hEvent);
        GetOverlappedResult(pipe, overlapped, &n, FALSE);
    }
    CloseHandle(overlapped->hEvent);
    return error;
}

#define OVERLAPPED_CALL(name, call)                                                                                                 \
    static DWORD name(HANDLE pipe) {                                                                                                \
        OVERLAPPED overlapped = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};                                                  \
                                                                                                                                    \
        return answer(call, pipe, &overlapped);                                                                                     \
    }
#define PLAIN_CALL(name, call)                                                                                                      \
    static DWORD name(HANDLE pipe) {                                                                                                \
        return call ? 0 : GetLastError();                                                                                           \
    }

OVERLAPPED_CALL(connect_pipe, ConnectNamedPipe(pipe, &overlapped))
OVERLAPPED_CALL(read_some, ReadFile(pipe, buffer, sizeof(buffer), NULL, &overlapped))
OVERLAPPED_CALL(read_nothing, ReadFile(pipe, buffer, 0, NULL, &overlapped))
OVERLAPPED_CALL(write_some, WriteFile(pipe, "text", 4, NULL, &overlapped))
OVERLAPPED_CALL(write_nothing, WriteFile(pipe, "", 0, NULL, &overlapped))
OVERLAPPED_CALL(transact, TransactNamedPipe(pipe, "ask", 3, buffer, sizeof(buffer), NULL, &overlapped))
PLAIN_CALL(disconnect, DisconnectNamedPipe(pipe))
PLAIN_CALL(peek, PeekNamedPipe(pipe, buffer, sizeof(buffer), NULL, NULL, NULL))
PLAIN_CALL(flush, FlushFileBuffers(pipe))
PLAIN_CALL(get_info, GetNamedPipeInfo(pipe, NULL, NULL, NULL, NULL))
PLAIN_CALL(get_state, GetNamedPipeHandleStateA(pipe, &(DWORD){0}, NULL, NULL, NULL, NULL, 0))
PLAIN_CALL(set_state, SetNamedPipeHandleState(pipe, &(DWORD){PIPE_READMODE_MESSAGE}, NULL, NULL))

/* ---- the table ---- */

#define GONE ERROR_PIPE_NOT_CONNECTED
#define FOREIGN ERROR_INVALID_FUNCTION /* a client's end is asked for what a server's does */

/* clang-format off */
static const struct row {
    DWORD (*call)(HANDLE);
    enum state state;
    DWORD expected[COLUMNS];
    char source;
} rows[] = {
    /*                            server: PIPE_WAIT,    PIPE_NOWAIT            client: PIPE_WAIT,  PIPE_NOWAIT */
    {connect_pipe,  LISTENING,    {PENDS,                ERROR_PIPE_LISTENING,  NONE,               NONE}, 'C'},
    {connect_pipe,  CONNECTED,    {ERROR_PIPE_CONNECTED, ERROR_PIPE_CONNECTED,  FOREIGN,            FOREIGN}, 'C'},
    {connect_pipe,  CLOSING_DATA, {ERROR_NO_DATA,        ERROR_NO_DATA,         FOREIGN,            FOREIGN}, 'C'},
    {connect_pipe,  CLOSING_EMPTY,{ERROR_NO_DATA,        ERROR_NO_DATA,         FOREIGN,            FOREIGN}, 'C'},
    {connect_pipe,  DISCONNECTED, {PENDS,                0,                     GONE,               GONE}, 'C'},

    {disconnect,    LISTENING,    {0,                    0,                     NONE,               NONE}, 'u'},
    {disconnect,    CONNECTED,    {0,                    0,                     FOREIGN,            FOREIGN}, 'D'},
    {disconnect,    CLOSING_DATA, {0,                    0,                     FOREIGN,            FOREIGN}, 'D'},
    {disconnect,    CLOSING_EMPTY,{0,                    0,                     FOREIGN,            FOREIGN}, 'D'},
    {disconnect,    DISCONNECTED, {GONE,                 GONE,                  GONE,               GONE}, 'D'},

    {read_some,     LISTENING,    {ERROR_PIPE_LISTENING, ERROR_PIPE_LISTENING,  NONE,               NONE}, 'C'},
    {read_some,     CONNECTED,    {PENDS,                ERROR_NO_DATA,         PENDS,              ERROR_NO_DATA}, 'M'},
    {read_some,     CLOSING_DATA, {0,                    0,                     0,                  0}, 'P'},
    {read_some,     CLOSING_EMPTY,{ERROR_BROKEN_PIPE,    ERROR_BROKEN_PIPE,     ERROR_BROKEN_PIPE,  ERROR_BROKEN_PIPE}, 'm'},
    {read_some,     DISCONNECTED, {GONE,                 GONE,                  GONE,               GONE}, 'D'},

    {read_nothing,  LISTENING,    {ERROR_PIPE_LISTENING, ERROR_PIPE_LISTENING,  NONE,               NONE}, 'u'},
    {read_nothing,  CONNECTED,    {PENDS,                ERROR_NO_DATA,         PENDS,              ERROR_NO_DATA}, 'm'},
    {read_nothing,  CLOSING_DATA, {ERROR_MORE_DATA,      ERROR_MORE_DATA,       ERROR_MORE_DATA,    ERROR_MORE_DATA}, 'm'},
    {read_nothing,  CLOSING_EMPTY,{ERROR_BROKEN_PIPE,    ERROR_BROKEN_PIPE,     ERROR_BROKEN_PIPE,  ERROR_BROKEN_PIPE}, 'm'},
    {read_nothing,  DISCONNECTED, {GONE,                 GONE,                  GONE,               GONE}, 'D'},

    {write_some,    LISTENING,    {ERROR_PIPE_LISTENING, ERROR_PIPE_LISTENING,  NONE,               NONE}, 'C'},
    {write_some,    CONNECTED,    {0,                    0,                     0,                  0}, 'M'},
    {write_some,    CLOSING_DATA, {ERROR_NO_DATA,        ERROR_NO_DATA,         ERROR_NO_DATA,      ERROR_NO_DATA}, 'm'},
    {write_some,    CLOSING_EMPTY,{ERROR_NO_DATA,        ERROR_NO_DATA,         ERROR_NO_DATA,      ERROR_NO_DATA}, 'm'},
    {write_some,    DISCONNECTED, {GONE,                 GONE,                  GONE,               GONE}, 'D'},

    {write_nothing, LISTENING,    {ERROR_PIPE_LISTENING, ERROR_PIPE_LISTENING,  NONE,               NONE}, 'u'},
    {write_nothing, CONNECTED,    {0,                    0,                     0,                  0}, 'm'},
    {write_nothing, CLOSING_DATA, {ERROR_NO_DATA,        ERROR_NO_DATA,         ERROR_NO_DATA,      ERROR_NO_DATA}, 'u'},
    {write_nothing, CLOSING_EMPTY,{ERROR_NO_DATA,        ERROR_NO_DATA,         ERROR_NO_DATA,      ERROR_NO_DATA}, 'u'},
    {write_nothing, DISCONNECTED, {GONE,                 GONE,                  GONE,               GONE}, 'D'},

    {peek,          LISTENING,    {ERROR_BAD_PIPE,       ERROR_BAD_PIPE,        NONE,               NONE}, 'P'},
    {peek,          CONNECTED,    {0,                    0,                     0,                  0}, 'P'},
    {peek,          CLOSING_DATA, {0,                    0,                     0,                  0}, 'P'},
    {peek,          CLOSING_EMPTY,{ERROR_BROKEN_PIPE,    ERROR_BROKEN_PIPE,     ERROR_BROKEN_PIPE,  ERROR_BROKEN_PIPE}, 'm'},
    {peek,          DISCONNECTED, {ERROR_BAD_PIPE,       ERROR_BAD_PIPE,        GONE,               GONE}, 'P'},

    {transact,      LISTENING,    {ERROR_BAD_PIPE,       ERROR_BAD_PIPE,        NONE,               NONE}, 'T'},
    {transact,      CONNECTED,    {PENDS,                PENDS,                 PENDS,              PENDS}, 'M'},
    {transact,      CLOSING_DATA, {ERROR_BAD_PIPE,       ERROR_BAD_PIPE,        ERROR_BAD_PIPE,     ERROR_BAD_PIPE}, 'T'},
    {transact,      CLOSING_EMPTY,{ERROR_BAD_PIPE,       ERROR_BAD_PIPE,        ERROR_BAD_PIPE,     ERROR_BAD_PIPE}, 'T'},
    {transact,      DISCONNECTED, {GONE,                 GONE,                  GONE,               GONE}, 'T'},

    {flush,         LISTENING,    {0,                    0,                     NONE,               NONE}, 'u'},
    {flush,         CONNECTED,    {0,                    0,                     0,                  0}, 'u'},
    {flush,         CLOSING_DATA, {0,                    0,                     0,                  0}, 'u'},
    {flush,         CLOSING_EMPTY,{0,                    0,                     0,                  0}, 'u'},
    {flush,         DISCONNECTED, {0,                    0,                     GONE,               GONE}, 'u'},

    {get_info,      LISTENING,    {0,                    0,                     NONE,               NONE}, 'u'},
    {get_info,      CONNECTED,    {0,                    0,                     0,                  0}, 'u'},
    {get_info,      CLOSING_DATA, {0,                    0,                     0,                  0}, 'u'},
    {get_info,      CLOSING_EMPTY,{0,                    0,                     0,                  0}, 'u'},
    {get_info,      DISCONNECTED, {0,                    0,                     GONE,               GONE}, 'D'},

    {get_state,     LISTENING,    {0,                    0,                     NONE,               NONE}, 'u'},
    {get_state,     CONNECTED,    {0,                    0,                     0,                  0}, 'u'},
    {get_state,     CLOSING_DATA, {0,                    0,                     0,                  0}, 'u'},
    {get_state,     CLOSING_EMPTY,{0,                    0,                     0,                  0}, 'u'},
    {get_state,     DISCONNECTED, {0,                    0,                     GONE,               GONE}, 'D'},

    {set_state,     LISTENING,    {0,                    0,                     NONE,               NONE}, 'u'},
    {set_state,     CONNECTED,    {0,                    0,                     0,                  0}, 'M'},
    {set_state,     CLOSING_DATA, {0,                    0,                     0,                  0}, 'u'},
    {set_state,     CLOSING_EMPTY,{0,                    0,                     0,                  0}, 'u'},
    {set_state,     DISCONNECTED, {0,                    0,                     GONE,               GONE}, 'D'},
};
/* clang-format on */

static void row_check(const struct row *row, enum column column) {
    static const char *const states[] = {"listening", "connected", "closing with data", "closing", "disconnected"};
    static const char *const columns[] = {"server, PIPE_WAIT", "server, PIPE_NOWAIT", "client, PIPE_WAIT", "client, PIPE_NOWAIT"};
    const HANDLE pipe = end_in(row->state, column);
    DWORD error;

    if (pipe) {
        error = row->call(pipe);
        if (error != row->expected[column])
            printf("%s, %s (%c):\n", states[row->state], columns[column], row->source);
        CHECK_EQ(error, row->expected[column]);
    } else {
        CHECK_EQ(row->expected[column], NONE);
    }
    close_ends();
}

static void call_check(DWORD (*call)(HANDLE)) {
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        for (unsigned column = 0; rows[i].call == call && column < COLUMNS; column++)
            row_check(&rows[i], (enum column)column);
}

TEST(connecting) {
    call_check(connect_pipe);
}

TEST(disconnecting) {
    call_check(disconnect);
}

TEST(reading) {
    call_check(read_some);
}

TEST(reading_nothing) {
    call_check(read_nothing);
}

TEST(writing) {
    call_check(write_some);
}

TEST(writing_nothing) {
    call_check(write_nothing);
}

TEST(peeking) {
    call_check(peek);
}

TEST(transacting) {
    call_check(transact);
}

TEST(flushing) {
    call_check(flush);
}

TEST(asking_for_the_pipe) {
    call_check(get_info);
}

TEST(asking_for_the_modes) {
    call_check(get_state);
}

TEST(setting_the_modes) {
    call_check(set_state);
}
