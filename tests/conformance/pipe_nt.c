/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pipes by ntdll's functions: alertable handles, what a call signals, who is at either end in each state.
 * Sources: https://learn.microsoft.com/en-us/windows/win32/api/winternl/nf-winternl-ntcreatefile
 * (FILE_SYNCHRONOUS_IO_ALERT: "any wait on behalf of the caller is subject to premature termination from alerts"; that
 * a listen ends with STATUS_CANCELLED then was measured on Windows, as public tests report it),
 * https://learn.microsoft.com/en-us/windows/win32/api/minwinbase/ns-minwinbase-overlapped (hEvent).
 */
#include "nt.h"

#define OPEN_IF 3        /* FILE_OPEN_IF */
#define ALERTABLE 0x10   /* FILE_SYNCHRONOUS_IO_ALERT */
#define SYNCHRONOUS 0x20 /* FILE_SYNCHRONOUS_IO_NONALERT */
#define CONTROL_LISTEN 0x110008
#define NT_CANCELLED NT(0xc0000120)
#define NT_NOT_SUPPORTED NT(0xc00000bb)

static NTSTATUS(WINAPI *create_pipe)(HANDLE *, ULONG, OBJECT_ATTRIBUTES *, IO_STATUS_BLOCK *, ULONG, ULONG, ULONG,
    ULONG, ULONG, ULONG, ULONG, ULONG, ULONG, LARGE_INTEGER *);
static NTSTATUS(WINAPI *control)(
    HANDLE, HANDLE, void *, void *, IO_STATUS_BLOCK *, ULONG, void *, ULONG, void *, ULONG);
static NTSTATUS(WINAPI *read_file)(
    HANDLE, HANDLE, void *, void *, IO_STATUS_BLOCK *, void *, ULONG, LARGE_INTEGER *, ULONG *);

static HANDLE server, client;
static char buffer[64];
static DWORD n;

static void server_new(ULONG options) {
    LARGE_INTEGER timeout = {.QuadPart = -500000};
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK iosb;
    WCHAR path[160];
    UNICODE_STRING name = {0, 0, path};
    char text[160];

    find_function(&create_pipe, "ntdll.dll", "NtCreateNamedPipeFile");
    find_function(&control, "ntdll.dll", "NtFsControlFile");
    find_function(&read_file, "ntdll.dll", "NtReadFile");
    snprintf(text, sizeof(text), "\\??\\pipe\\%s", own_name("nt"));
    for (; text[name.Length / 2]; name.Length += 2)
        path[name.Length / 2] = (unsigned char)text[name.Length / 2];
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    CHECK_EQ(create_pipe(&server, GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE, &attributes, &iosb,
                 FILE_SHARE_READ | FILE_SHARE_WRITE, OPEN_IF, options, 0, 0, 0, 1, 512, 512, &timeout),
        NT_OK);
    REQUIRE_HANDLE(server);
}

static void client_new(void) {
    client = CreateFileA(own_pipe("nt"), GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    REQUIRE_HANDLE(client);
}

/* ---- alerts ---- */

static int apcs;

static void CALLBACK apc(ULONG_PTR argument) {
    apcs += (int)argument;
}

static NTSTATUS listen_pipe(void) {
    IO_STATUS_BLOCK iosb;

    return control(server, NULL, NULL, NULL, &iosb, CONTROL_LISTEN, NULL, 0, NULL, 0);
}

TEST(an_apc_that_is_there_ends_a_listen) {
    server_new(ALERTABLE);
    CHECK_OK(QueueUserAPC(apc, GetCurrentThread(), 1));
    CHECK_EQ(listen_pipe(), NT_CANCELLED);
    CHECK_EQ(apcs, 1);
    client_new(); /* it listens all the same */
    CHECK_ERROR(ConnectNamedPipe(server, NULL), ERROR_PIPE_CONNECTED);
}

static HANDLE started;

static DWORD WINAPI listening_thread(void *unused) {
    (void)unused;
    SetEvent(started);
    return (DWORD)listen_pipe();
}

TEST(an_apc_that_comes_ends_a_listen) {
    DWORD status = POISON;

    server_new(ALERTABLE);
    started = CreateEventA(NULL, FALSE, FALSE, NULL);
    HANDLE thread = CreateThread(NULL, 0, listening_thread, NULL, 0, NULL);
    CHECK_SIGNALLED(started);
    CHECK_STILL_WAITING(thread);
    CHECK_OK(QueueUserAPC(apc, thread, 2));
    CHECK_SIGNALLED(thread);
    CHECK_OK(GetExitCodeThread(thread, &status));
    CHECK_EQ((NTSTATUS)status, NT_CANCELLED);
    CHECK_EQ(apcs, 2);
}

TEST(an_apc_ends_a_read) {
    IO_STATUS_BLOCK iosb;

    server_new(ALERTABLE);
    client_new();
    CHECK_OK(QueueUserAPC(apc, GetCurrentThread(), 1));
    CHECK_EQ(read_file(server, NULL, NULL, NULL, &iosb, buffer, 4, NULL, NULL), NT_CANCELLED);
    CHECK_EQ(apcs, 1);
    CHECK_OK(WriteFile(client, "x", 1, &n, NULL));
    CHECK_OK(QueueUserAPC(apc, GetCurrentThread(), 1));
    CHECK_OK(ReadFile(server, buffer, 4, &n, NULL)); /* it did not wait */
    CHECK_EQ(n, 1);
    CHECK_EQ(apcs, 1);
}

TEST(other_handles_are_not_alertable) {
    server_new(SYNCHRONOUS);
    client_new();
    CHECK_OK(QueueUserAPC(apc, GetCurrentThread(), 1));
    CHECK_OK(WriteFile(client, "x", 1, &n, NULL));
    CHECK_OK(ReadFile(server, buffer, 4, &n, NULL));
    CHECK_EQ(apcs, 0);
    CHECK_EQ(SleepEx(0, TRUE), WAIT_IO_COMPLETION);
}

/* ---- what is signalled ---- */

TEST(an_event_beside_a_synchronous_handle) {
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    IO_STATUS_BLOCK iosb;

    server_new(SYNCHRONOUS);
    client_new();
    CHECK_OK(WriteFile(client, "x", 1, &n, NULL));
    CHECK_EQ(read_file(server, event, NULL, NULL, &iosb, buffer, 4, NULL, NULL), NT_OK);
    CHECK_EQ(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
    CHECK_EQ(WaitForSingleObject(server, 0), WAIT_OBJECT_0); /* the handle as well */
}

TEST(an_event_in_the_place_of_an_overlapped_handle) {
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    IO_STATUS_BLOCK iosb;

    server_new(0);
    client_new();
    CHECK_EQ(read_file(server, event, NULL, NULL, &iosb, buffer, 4, NULL, NULL), NT_PENDING);
    CHECK_OK(WriteFile(client, "x", 1, &n, NULL));
    CHECK_SIGNALLED(event);
    CHECK_UNSIGNALLED(server);
    CHECK_EQ(iosb.Status, NT_OK);
    CHECK_EQ(iosb.Information, 1);
}

/* ---- who is there ---- */

static DWORD own_session(void) {
    DWORD id = POISON;

    CHECK_OK(ProcessIdToSessionId(GetCurrentProcessId(), &id));
    return id;
}

static void both_are_known(HANDLE pipe) {
    ULONG id = POISON;

    CHECK_OK(GetNamedPipeClientProcessId(pipe, &id));
    CHECK_EQ(id, GetCurrentProcessId());
    CHECK_OK(GetNamedPipeServerProcessId(pipe, &id));
    CHECK_EQ(id, GetCurrentProcessId());
    CHECK_OK(GetNamedPipeClientSessionId(pipe, &id));
    CHECK_EQ(id, own_session());
    CHECK_OK(GetNamedPipeServerSessionId(pipe, &id));
    CHECK_EQ(id, own_session());
}

/* No page tells the error where there is no client; public tests see this one. */
static void server_alone_is_known(void) {
    ULONG id = POISON;

    CHECK_ERROR(GetNamedPipeClientProcessId(server, &id), ERROR_NOT_FOUND);
    CHECK_ERROR(GetNamedPipeClientSessionId(server, &id), ERROR_NOT_FOUND);
    CHECK_EQ(id, POISON);
    CHECK_OK(GetNamedPipeServerProcessId(server, &id));
    CHECK_EQ(id, GetCurrentProcessId());
    CHECK_OK(GetNamedPipeServerSessionId(server, &id));
    CHECK_EQ(id, own_session());
}

TEST(identities_in_every_state) {
    ULONG id = POISON;

    server_new(SYNCHRONOUS);
    server_alone_is_known();
    client_new();
    both_are_known(server);
    both_are_known(client);
    CHECK_OK(DisconnectNamedPipe(server));
    server_alone_is_known();
    CHECK(!GetNamedPipeServerProcessId(client, &id));
    CloseHandle(client);
    CHECK_EQ(id, POISON);
}

TEST(identities_when_one_end_has_closed) {
    server_new(SYNCHRONOUS);
    client_new();
    CloseHandle(client);
    both_are_known(server);
    CHECK_OK(CloseHandle(server));
    server_new(SYNCHRONOUS);
    client_new();
    CloseHandle(server);
    both_are_known(client);
}

ROLE(connect_and_tell) {
    ULONG id = POISON;

    REQUIRE(argc == 1);
    client_new();
    CHECK_OK(GetNamedPipeClientProcessId(client, &id));
    CHECK_EQ(id, GetCurrentProcessId());
    CHECK_OK(GetNamedPipeServerProcessId(client, &id));
    CHECK_EQ(id, strtoul(argv[0], NULL, 10));
    CHECK_OK(WriteFile(client, "x", 1, &n, NULL));
    CHECK_OK(ReadFile(client, buffer, 1, &n, NULL));
}

TEST(identities_of_two_processes) {
    char args[32];
    ULONG id = POISON;

    server_new(SYNCHRONOUS);
    snprintf(args, sizeof(args), "%u", (unsigned)GetCurrentProcessId());
    struct child child = spawn_self("connect_and_tell", args);
    const DWORD pid = child.pid;
    CHECK(ConnectNamedPipe(server, NULL) || GetLastError() == ERROR_PIPE_CONNECTED);
    CHECK_OK(ReadFile(server, buffer, 1, &n, NULL));
    CHECK_OK(GetNamedPipeClientProcessId(server, &id));
    CHECK_EQ(id, pid);
    CHECK_OK(WriteFile(server, "y", 1, &n, NULL));
    CHECK_CHILD(child);
    CHECK_OK(GetNamedPipeClientProcessId(server, &id)); /* it has ended */
    CHECK_EQ(id, pid);
}

/* ---- controls ---- */

TEST(a_control_that_is_none) {
    IO_STATUS_BLOCK iosb;

    server_new(SYNCHRONOUS);
    client_new();
    CHECK_EQ(control(server, NULL, NULL, NULL, &iosb, 0x110ff0, NULL, 0, NULL, 0), NT_NOT_SUPPORTED);
    CHECK_EQ(control(client, NULL, NULL, NULL, &iosb, 0x110ff0, NULL, 0, NULL, 0), NT_NOT_SUPPORTED);
}

/* Windows has these.  No page says what they do, nor what they answer without their input: this is not confirmed. */
TEST(controls_that_no_page_describes) {
    static const ULONG codes[] = {
        0x110000 /* FSCTL_PIPE_ASSIGN_EVENT */, 0x110010 /* _QUERY_EVENT */, 0x110020 /* _SET_CLIENT_PROCESS */,
        0x110024 /* _QUERY_CLIENT_PROCESS */};
    IO_STATUS_BLOCK iosb;

    server_new(SYNCHRONOUS);
    for (unsigned i = 0; i < sizeof(codes) / sizeof(*codes); i++)
        CHECK_EQ(control(server, NULL, NULL, NULL, &iosb, codes[i], NULL, 0, NULL, 0), NT_NOT_SUPPORTED);
}

/* As public tests measured it on Windows. */
TEST(an_attribute_that_is_none) {
    IO_STATUS_BLOCK iosb;

    server_new(SYNCHRONOUS);
    client_new();
    CHECK_EQ(control(server, NULL, NULL, NULL, &iosb, 0x110030, "no such", 8, buffer, sizeof(buffer)), NT(0xc0000225));
}
