/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Named pipes: creation, instances, names, access, information. */
#include "harness.h"

#include <sddl.h>

static HANDLE create(const char *name, DWORD open_mode, DWORD pipe_mode, DWORD max_instances) {
    return CreateNamedPipeA(name, open_mode, pipe_mode, max_instances, 512, 1024, 100, NULL);
}

static HANDLE open_pipe(const char *name, DWORD access) {
    return CreateFileA(name, access, 0, NULL, OPEN_EXISTING, 0, NULL);
}

TEST(parameters_are_checked) {
    const char *name = own_pipe("p");

    CHECK_BAD_HANDLE(create(name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 0), ERROR_INVALID_PARAMETER);
    CHECK_BAD_HANDLE(create(name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 256), ERROR_INVALID_PARAMETER);
    CHECK_BAD_HANDLE(create(name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE | PIPE_READMODE_MESSAGE, 1), ERROR_INVALID_PARAMETER);
    CHECK_BAD_HANDLE(create(name, 0, PIPE_TYPE_BYTE, 1), ERROR_INVALID_PARAMETER);
    CHECK_BAD_HANDLE(create(NULL, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 1), ERROR_PATH_NOT_FOUND);
}

TEST(names_are_checked) {
    CHECK_BAD_HANDLE(create("not-a-pipe-name", PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 1), ERROR_INVALID_NAME);
    CHECK_BAD_HANDLE(open_pipe(own_pipe("nobody"), GENERIC_READ), ERROR_FILE_NOT_FOUND);
}

TEST(names_ignore_case_and_may_hold_slashes) {
    HANDLE server = create(own_pipe("Mixed.Case"), PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 2);
    HANDLE client = open_pipe(own_pipe("mIXED.cASE"), GENERIC_READ | GENERIC_WRITE);

    REQUIRE_HANDLE(server);
    REQUIRE_HANDLE(client);
    CloseHandle(client);
    CloseHandle(server);
    server = create(own_pipe("with/folders\\in it"), PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 1);
    CHECK_OK(WaitNamedPipeA(own_pipe("with/folders/in it"), 1));
    client = open_pipe(own_pipe("with\\folders/in it"), GENERIC_READ);
    REQUIRE_HANDLE(server);
    REQUIRE_HANDLE(client);
    CloseHandle(client);
    CloseHandle(server);
}

TEST(a_name_goes_with_its_last_handle) {
    HANDLE server = create(own_pipe("p"), PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 1);

    REQUIRE_HANDLE(server);
    CHECK_OK(CloseHandle(server));
    CHECK_BAD_HANDLE(open_pipe(own_pipe("p"), GENERIC_READ), ERROR_FILE_NOT_FOUND);
    server = create(own_pipe("p"), PIPE_ACCESS_INBOUND, PIPE_TYPE_MESSAGE, 1); /* nothing of the old one is left */
    REQUIRE_HANDLE(server);
    CloseHandle(server);
}

TEST(a_new_pipe_beside_a_client_of_the_old_one) {
    HANDLE server = create(own_pipe("again"), PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 1);
    HANDLE old = open_pipe(own_pipe("again"), GENERIC_READ);

    REQUIRE_HANDLE(old);
    CHECK_OK(CloseHandle(server));
    CHECK_BAD_HANDLE(open_pipe(own_pipe("again"), GENERIC_READ), ERROR_FILE_NOT_FOUND);
    server = create(own_pipe("again"), PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 1);
    REQUIRE_HANDLE(server);
    HANDLE client = open_pipe(own_pipe("again"), GENERIC_READ);
    REQUIRE_HANDLE(client);
    CloseHandle(client);
    CloseHandle(old);
    CloseHandle(server);
}

TEST(instances_are_limited) {
    const char *name = own_pipe("limited");
    HANDLE first = create(name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 2), second = create(name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 2);

    REQUIRE_HANDLE(first);
    REQUIRE_HANDLE(second);
    CHECK_BAD_HANDLE(create(name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 2), ERROR_PIPE_BUSY);
    CHECK_OK(CloseHandle(first));
    first = create(name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 2);
    REQUIRE_HANDLE(first);
    CloseHandle(first);
    CloseHandle(second);
}

TEST(first_instance_flag) {
    const char *name = own_pipe("first");
    HANDLE first = create(name, PIPE_ACCESS_DUPLEX | FILE_FLAG_FIRST_PIPE_INSTANCE, PIPE_TYPE_BYTE, 2);

    REQUIRE_HANDLE(first);
    CHECK_BAD_HANDLE(create(name, PIPE_ACCESS_DUPLEX | FILE_FLAG_FIRST_PIPE_INSTANCE, PIPE_TYPE_BYTE, 2), ERROR_ACCESS_DENIED);
    HANDLE second = create(name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 2);
    REQUIRE_HANDLE(second);
    CloseHandle(first);
    CloseHandle(second);
}

TEST(instances_must_match) {
    const char *name = own_pipe("match");
    HANDLE first = create(name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 5);

    REQUIRE_HANDLE(first);
    CHECK_BAD_HANDLE(create(name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_MESSAGE, 5), ERROR_ACCESS_DENIED);
    CHECK_BAD_HANDLE(create(name, PIPE_ACCESS_INBOUND, PIPE_TYPE_BYTE, 5), ERROR_ACCESS_DENIED);
    CHECK_BAD_HANDLE(create(name, PIPE_ACCESS_OUTBOUND, PIPE_TYPE_BYTE, 5), ERROR_ACCESS_DENIED);
    CloseHandle(first);
}

/* "All instances of a named pipe must specify the same pipe type …, pipe access …, instance count, and time-out value";
 * that the time-out counts is not confirmed on Windows, and not asked for here. */
TEST(instances_must_have_one_limit) {
    const char *name = own_pipe("limit");
    HANDLE first = create(name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 5);

    REQUIRE_HANDLE(first);
    CHECK_BAD_HANDLE(create(name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 6), ERROR_ACCESS_DENIED);
    CHECK_BAD_HANDLE(
        create(name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, PIPE_UNLIMITED_INSTANCES), ERROR_ACCESS_DENIED);
    HANDLE second = create(name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 5);
    REQUIRE_HANDLE(second);
    CloseHandle(first);
    CloseHandle(second);
}

TEST(read_mode_and_wait_mode_are_the_ends) {
    const char *name = own_pipe("modes");
    HANDLE first = create(name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 2);
    HANDLE second = create(name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, PIPE_TYPE_MESSAGE | PIPE_NOWAIT, 2);

    REQUIRE_HANDLE(first);
    REQUIRE_HANDLE(second); /* "can be different for each instance" */
    CloseHandle(first);
    CloseHandle(second);
}

static HANDLE create_secured(const char *name, const char *sddl) {
    SECURITY_ATTRIBUTES security = {.nLength = sizeof(security)};
    HANDLE pipe;

    REQUIRE_OK(ConvertStringSecurityDescriptorToSecurityDescriptorA(sddl, 1, &security.lpSecurityDescriptor, NULL));
    pipe = CreateNamedPipeA(name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 5, 512, 1024, 100, &security);
    LocalFree(security.lpSecurityDescriptor);
    return pipe;
}

/* "the user must have FILE_CREATE_PIPE_INSTANCE access to the named pipe object": by the first one's descriptor. */
TEST(who_may_make_a_second_instance) {
    const char *name = own_pipe("secured");
    HANDLE first = create_secured(name, "D:(A;;0x12019b;;;WD)"); /* reads and writes, but FILE_CREATE_PIPE_INSTANCE (4) */

    REQUIRE_HANDLE(first);
    CHECK_BAD_HANDLE(create(name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 5), ERROR_ACCESS_DENIED);
    CHECK_BAD_HANDLE(create_secured(name, "D:(A;;GA;;;WD)"), ERROR_ACCESS_DENIED);
    HANDLE client = open_pipe(name, FILE_READ_DATA | FILE_WRITE_DATA);
    REQUIRE_HANDLE(client);
    CloseHandle(client);
    CloseHandle(first);
    first = create_secured(name, "D:(A;;GA;;;WD)");
    REQUIRE_HANDLE(first);
    HANDLE second = create(name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 5);
    REQUIRE_HANDLE(second);
    CloseHandle(first);
    CloseHandle(second);
}

TEST(the_first_instance_flag_wants_to_be_first) {
    const char *name = own_pipe("first");
    HANDLE first = create(name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 1);

    REQUIRE_HANDLE(first);
    CHECK_BAD_HANDLE(create(name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 1), ERROR_PIPE_BUSY);
    CHECK_BAD_HANDLE(
        create(name, PIPE_ACCESS_DUPLEX | FILE_FLAG_FIRST_PIPE_INSTANCE, PIPE_TYPE_BYTE, 1), ERROR_ACCESS_DENIED);
    CloseHandle(first);
    first = create(name, PIPE_ACCESS_DUPLEX | FILE_FLAG_FIRST_PIPE_INSTANCE, PIPE_TYPE_BYTE, 1);
    REQUIRE_HANDLE(first);
    CloseHandle(first);
}

/* "The pipename part of the name can include any character other than a backslash, including numbers and special
 * characters." */
TEST(special_characters) {
    static const char *const names[] = {"a b", "*?", "<x>|\"y\"", "con", "a:b", "dot.", "#%&{}", "\xc3\xa4"};

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        HANDLE server = create(own_pipe(names[i]), PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 1);
        HANDLE client = open_pipe(own_pipe(names[i]), GENERIC_READ | GENERIC_WRITE);

        CHECK(server != INVALID_HANDLE_VALUE);
        CHECK(client != INVALID_HANDLE_VALUE);
        CloseHandle(client);
        CloseHandle(server);
    }
}

TEST(direction_limits_the_client) {
    HANDLE inbound = create(own_pipe("in"), PIPE_ACCESS_INBOUND, PIPE_TYPE_BYTE, 1);
    HANDLE outbound = create(own_pipe("out"), PIPE_ACCESS_OUTBOUND, PIPE_TYPE_BYTE, 1);
    char byte = 'x';
    DWORD n;

    CHECK_BAD_HANDLE(open_pipe(own_pipe("in"), GENERIC_READ | GENERIC_WRITE), ERROR_ACCESS_DENIED);
    CHECK_BAD_HANDLE(open_pipe(own_pipe("in"), GENERIC_READ), ERROR_ACCESS_DENIED);
    CHECK_BAD_HANDLE(open_pipe(own_pipe("out"), GENERIC_WRITE), ERROR_ACCESS_DENIED);
    HANDLE writer = open_pipe(own_pipe("in"), GENERIC_WRITE), reader = open_pipe(own_pipe("out"), GENERIC_READ);
    REQUIRE_HANDLE(writer);
    REQUIRE_HANDLE(reader);
    CHECK_OK(WriteFile(writer, &byte, 1, &n, NULL));
    CHECK_OK(ReadFile(inbound, &byte, 1, &n, NULL));
    CHECK_OK(WriteFile(outbound, &byte, 1, &n, NULL));
    CHECK_OK(ReadFile(reader, &byte, 1, &n, NULL));
    CHECK_ERROR(ReadFile(writer, &byte, 1, &n, NULL), ERROR_ACCESS_DENIED);
    CHECK_ERROR(WriteFile(reader, &byte, 1, &n, NULL), ERROR_ACCESS_DENIED);
    CHECK_ERROR(WriteFile(inbound, &byte, 1, &n, NULL), ERROR_ACCESS_DENIED);
    CHECK_ERROR(ReadFile(outbound, &byte, 1, &n, NULL), ERROR_ACCESS_DENIED);
    CloseHandle(writer);
    CloseHandle(reader);
    CloseHandle(inbound);
    CloseHandle(outbound);
}

TEST(one_client_an_instance) {
    HANDLE server = create(own_pipe("busy"), PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 1);
    HANDLE client = open_pipe(own_pipe("busy"), GENERIC_READ | GENERIC_WRITE); /* no ConnectNamedPipe is needed */

    REQUIRE_HANDLE(client);
    CHECK_BAD_HANDLE(open_pipe(own_pipe("busy"), GENERIC_READ | GENERIC_WRITE), ERROR_PIPE_BUSY);
    CloseHandle(client);
    CHECK_BAD_HANDLE(open_pipe(own_pipe("busy"), GENERIC_READ | GENERIC_WRITE), ERROR_PIPE_BUSY); /* until the server disconnects */
    CHECK_OK(DisconnectNamedPipe(server));
    CHECK_BAD_HANDLE(open_pipe(own_pipe("busy"), GENERIC_READ | GENERIC_WRITE), ERROR_PIPE_BUSY);
    CloseHandle(server);
}

TEST(info_of_both_ends) {
    HANDLE server = create(own_pipe("info"), PIPE_ACCESS_DUPLEX, PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 3);
    HANDLE client = open_pipe(own_pipe("info"), GENERIC_READ | GENERIC_WRITE);
    DWORD flags, out_size, in_size, instances;

    REQUIRE_HANDLE(client);
    CHECK_OK(GetNamedPipeInfo(server, &flags, &out_size, &in_size, &instances));
    CHECK_EQ(flags, PIPE_SERVER_END | PIPE_TYPE_MESSAGE);
    CHECK_EQ(out_size, 512);
    CHECK_EQ(in_size, 1024);
    CHECK_EQ(instances, 3);
    CHECK_OK(GetNamedPipeInfo(client, &flags, NULL, NULL, NULL));
    CHECK_EQ(flags, PIPE_CLIENT_END | PIPE_TYPE_MESSAGE);
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    CHECK(!GetNamedPipeInfo(event, &flags, NULL, NULL, NULL));
    CHECK_EQ(GetFileType(server), FILE_TYPE_PIPE);
    CHECK_EQ(GetFileType(client), FILE_TYPE_PIPE);
    CloseHandle(event);
    CloseHandle(client);
    CloseHandle(server);
}

TEST(unlimited_instances_read_as_255) {
    HANDLE server = create(own_pipe("unlimited"), PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, PIPE_UNLIMITED_INSTANCES);
    DWORD instances;

    CHECK_OK(GetNamedPipeInfo(server, NULL, NULL, NULL, &instances));
    CHECK_EQ(instances, PIPE_UNLIMITED_INSTANCES);
    CloseHandle(server);
}

TEST(handle_state) {
    HANDLE server = create(own_pipe("state"), PIPE_ACCESS_DUPLEX, PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 3);
    HANDLE second = create(own_pipe("state"), PIPE_ACCESS_DUPLEX, PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 3);
    HANDLE client = open_pipe(own_pipe("state"), GENERIC_READ | GENERIC_WRITE);
    DWORD state, instances, mode = PIPE_READMODE_MESSAGE | PIPE_NOWAIT;

    CHECK_OK(GetNamedPipeHandleStateA(server, &state, &instances, NULL, NULL, NULL, 0));
    CHECK_EQ(state, PIPE_READMODE_MESSAGE | PIPE_WAIT);
    CHECK_EQ(instances, 2);
    CHECK_OK(GetNamedPipeHandleStateA(client, &state, NULL, NULL, NULL, NULL, 0));
    CHECK_EQ(state, PIPE_READMODE_BYTE | PIPE_WAIT);
    CHECK_OK(SetNamedPipeHandleState(client, &mode, NULL, NULL));
    CHECK_OK(GetNamedPipeHandleStateA(client, &state, NULL, NULL, NULL, NULL, 0));
    CHECK_EQ(state, PIPE_READMODE_MESSAGE | PIPE_NOWAIT);
    CHECK_OK(GetNamedPipeHandleStateA(server, &state, NULL, NULL, NULL, NULL, 0));
    CHECK_EQ(state, PIPE_READMODE_MESSAGE | PIPE_WAIT); /* each end has its own */
    CloseHandle(client);
    CloseHandle(second);
    CloseHandle(server);
}

TEST(message_reads_need_a_message_pipe) {
    HANDLE server = create(own_pipe("bytes"), PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 1);
    HANDLE client = open_pipe(own_pipe("bytes"), GENERIC_READ | GENERIC_WRITE);
    DWORD mode = PIPE_READMODE_MESSAGE;

    CHECK_ERROR(SetNamedPipeHandleState(client, &mode, NULL, NULL), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(SetNamedPipeHandleState(server, &mode, NULL, NULL), ERROR_INVALID_PARAMETER);
    mode = 0xff00;
    CHECK_ERROR(SetNamedPipeHandleState(server, &mode, NULL, NULL), ERROR_INVALID_PARAMETER);
    CloseHandle(client);
    CloseHandle(server);
}

TEST(changing_the_mode_needs_access) {
    HANDLE server = create(own_pipe("access"), PIPE_ACCESS_DUPLEX, PIPE_TYPE_MESSAGE, 2);
    HANDLE second = create(own_pipe("access"), PIPE_ACCESS_DUPLEX, PIPE_TYPE_MESSAGE, 2);
    HANDLE read_only = open_pipe(own_pipe("access"), GENERIC_READ);
    HANDLE allowed = open_pipe(own_pipe("access"), GENERIC_READ | FILE_WRITE_ATTRIBUTES);
    DWORD mode = PIPE_READMODE_MESSAGE;

    REQUIRE_HANDLE(read_only);
    REQUIRE_HANDLE(allowed);
    CHECK_ERROR(SetNamedPipeHandleState(read_only, &mode, NULL, NULL), ERROR_ACCESS_DENIED);
    CHECK_OK(SetNamedPipeHandleState(allowed, &mode, NULL, NULL));
    CloseHandle(read_only);
    CloseHandle(allowed);
    CloseHandle(server);
    CloseHandle(second);
}

TEST(process_ids_of_both_ends) {
    HANDLE server = create(own_pipe("ids"), PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 1);
    HANDLE client = open_pipe(own_pipe("ids"), GENERIC_READ | GENERIC_WRITE);
    ULONG id = 0;

    CHECK_OK(GetNamedPipeClientProcessId(server, &id));
    CHECK_EQ(id, GetCurrentProcessId());
    id = 0;
    CHECK_OK(GetNamedPipeServerProcessId(client, &id));
    CHECK_EQ(id, GetCurrentProcessId());
    CloseHandle(client);
    CloseHandle(server);
}

TEST(many_instances) {
    enum { COUNT = 300 };
    static HANDLE servers[COUNT], clients[COUNT];
    DWORD n;

    for (int i = 0; i < COUNT; i++) {
        servers[i] = create(own_pipe("many"), PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, PIPE_UNLIMITED_INSTANCES);
        REQUIRE_HANDLE(servers[i]);
        clients[i] = open_pipe(own_pipe("many"), GENERIC_READ | GENERIC_WRITE);
        REQUIRE_HANDLE(clients[i]);
        REQUIRE_OK(WriteFile(clients[i], &i, sizeof(i), &n, NULL));
    }
    for (int i = 0; i < COUNT; i++) {
        int number = -1;

        REQUIRE_OK(ReadFile(servers[i], &number, sizeof(number), &n, NULL));
        CHECK_EQ(number, i);
        CloseHandle(clients[i]);
        CloseHandle(servers[i]);
    }
}
