/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The pipe device and the directory of all pipes: listing, names relative to it, pipes without a name, names through
 * the network's. That both refuse reading, writing, peeking and other controls with STATUS_INVALID_PARAMETER is what
 * public tests measured. Source: https://learn.microsoft.com/en-us/windows/win32/devnotes/nt-create-named-pipe-file
 */
#include "nt.h"

#define OPEN 1           /* FILE_OPEN */
#define CREATE 2         /* FILE_CREATE */
#define SYNCHRONOUS 0x20 /* FILE_SYNCHRONOUS_IO_NONALERT */
#define SHARE_BOTH (FILE_SHARE_READ | FILE_SHARE_WRITE)
#define CONTROL_PEEK 0x11400c
#define CONTROL_ATTRIBUTE 0x110030 /* FSCTL_PIPE_GET_CONNECTION_ATTRIBUTE */

#define NT_NAME_INVALID NT(0xc0000033)

static NTSTATUS(WINAPI *create_pipe)(HANDLE *, ULONG, OBJECT_ATTRIBUTES *, IO_STATUS_BLOCK *, ULONG, ULONG, ULONG,
    ULONG, ULONG, ULONG, ULONG, ULONG, ULONG, LARGE_INTEGER *);
static NTSTATUS(WINAPI *open_file)(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, IO_STATUS_BLOCK *, ULONG, ULONG);
static NTSTATUS(WINAPI *control)(
    HANDLE, HANDLE, void *, void *, IO_STATUS_BLOCK *, ULONG, void *, ULONG, void *, ULONG);

static void find_functions(void) {
    find_function(&create_pipe, "ntdll.dll", "NtCreateNamedPipeFile");
    find_function(&open_file, "ntdll.dll", "NtOpenFile");
    find_function(&control, "ntdll.dll", "NtFsControlFile");
}

static NTSTATUS open_relative(HANDLE root, const WCHAR *path, ACCESS_MASK access, HANDLE *handle) {
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK iosb;
    UNICODE_STRING name = {0, 0, (WCHAR *)path};

    while (path[name.Length / 2])
        name.Length += 2;
    name.MaximumLength = name.Length;
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE, root, NULL);
    *handle = NULL;
    return open_file(handle, access | SYNCHRONIZE, &attributes, &iosb, SHARE_BOTH, SYNCHRONOUS);
}

static HANDLE open_root(void) {
    HANDLE root;

    find_functions();
    CHECK_EQ(open_relative(NULL, L"\\Device\\NamedPipe\\", GENERIC_READ, &root), NT_OK);
    REQUIRE_HANDLE(root);
    return root;
}

static NTSTATUS create_relative(HANDLE root, const WCHAR *path, ULONG disposition, HANDLE *handle) {
    LARGE_INTEGER timeout = {.QuadPart = -500000};
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK iosb;
    UNICODE_STRING name = {0, 0, (WCHAR *)path};

    while (path[name.Length / 2])
        name.Length += 2;
    name.MaximumLength = name.Length;
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE, root, NULL);
    *handle = NULL;
    return create_pipe(handle, GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE, &attributes, &iosb, SHARE_BOTH, disposition,
        SYNCHRONOUS, 0, 0, 0, 1, 4096, 4096, &timeout);
}

/* Whether a search for a pattern in \\.\pipe finds a pipe of this run's own; *data is its entry. */
static BOOL find_pipe(const char *pattern, const char *what, WIN32_FIND_DATAA *data) {
    char path[200];
    BOOL found = FALSE;
    HANDLE search;

    snprintf(path, sizeof(path), "\\\\.\\pipe\\%s", pattern);
    search = FindFirstFileA(path, data);
    if (search == INVALID_HANDLE_VALUE)
        return FALSE;
    do
        found = !lstrcmpA(data->cFileName, own_name(what));
    while (!found && FindNextFileA(search, data));
    CHECK_OK(FindClose(search));
    return found;
}

TEST(pipes_are_listed) {
    HANDLE one = CreateNamedPipeA(own_pipe("One"), PIPE_ACCESS_DUPLEX, 0, 3, 64, 64, 0, NULL);
    HANDLE again = CreateNamedPipeA(own_pipe("One"), PIPE_ACCESS_DUPLEX, 0, 3, 64, 64, 0, NULL);
    HANDLE two = CreateNamedPipeA(own_pipe("two"), PIPE_ACCESS_DUPLEX, 0, PIPE_UNLIMITED_INSTANCES, 64, 64, 0, NULL);
    WIN32_FIND_DATAA data;
    char pattern[160];

    REQUIRE_HANDLE(again);
    REQUIRE_HANDLE(two);
    CHECK(find_pipe("*", "One", &data));
    CHECK_EQ(data.nFileSizeLow, 2); /* instances */
    CHECK_EQ(data.dwFileAttributes, FILE_ATTRIBUTE_NORMAL);
    CHECK(find_pipe("*", "two", &data));
    CHECK(find_pipe(own_name("one"), "One", &data)); /* case does not count, nor does it change */
    snprintf(pattern, sizeof(pattern), "%s*", own_name("o"));
    CHECK(find_pipe(pattern, "One", &data));
    CHECK(!find_pipe(pattern, "two", &data));
    CHECK_OK(CloseHandle(one));
    CHECK_OK(CloseHandle(again));
    CHECK(!find_pipe("*", "One", &data));
    CHECK_OK(CloseHandle(two));
}

TEST(nothing_found) {
    WIN32_FIND_DATAA data;

    CHECK_BAD_HANDLE(FindFirstFileA("\\\\.\\pipe\\winipc-no-such-pipe*", &data), ERROR_FILE_NOT_FOUND);
}

TEST(what_device_and_root_refuse) {
    HANDLE root = open_root(), device, both[2];
    IO_STATUS_BLOCK iosb;
    char buffer[64];
    DWORD n;

    CHECK_EQ(open_relative(NULL, L"\\Device\\NamedPipe", GENERIC_READ, &device), NT_OK);
    both[0] = root;
    both[1] = device;
    for (int i = 0; i < 2; i++) {
        CHECK_ERROR(ReadFile(both[i], buffer, 1, &n, NULL), ERROR_INVALID_PARAMETER);
        CHECK_EQ(control(both[i], NULL, NULL, NULL, &iosb, CONTROL_PEEK, NULL, 0, buffer, sizeof(buffer)),
            NT_INVALID_PARAMETER);
        CHECK_EQ(
            control(both[i], NULL, NULL, NULL, &iosb, CONTROL_ATTRIBUTE, "ClientProcessId", 16, buffer, sizeof(buffer)),
            NT_INVALID_PARAMETER);
        CHECK_OK(CloseHandle(both[i]));
    }
}

TEST(a_name_relative_to_the_root) {
    HANDLE root = open_root(), server, client;
    DWORD n;
    char c = 0;

    CHECK_EQ(create_relative(root, L"winipc-test-relative", CREATE, &server), NT_OK);
    REQUIRE_HANDLE(server);
    client =
        CreateFileA("\\\\.\\pipe\\winipc-test-relative", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    REQUIRE_HANDLE(client);
    CHECK_OK(CloseHandle(client));
    CHECK_OK(CloseHandle(server));
    CHECK_EQ(create_relative(root, L"winipc-test-relative", CREATE, &server), NT_OK);
    CHECK_EQ(open_relative(root, L"winipc-test-relative", GENERIC_READ | GENERIC_WRITE, &client), NT_OK);
    CHECK_OK(WriteFile(client, "x", 1, &n, NULL));
    CHECK_OK(ReadFile(server, &c, 1, &n, NULL));
    CHECK_EQ(c, 'x');
    CHECK_EQ(open_relative(root, L"\\winipc-test-relative", GENERIC_READ, &client), NT_NAME_INVALID);
    CloseHandle(client);
    CloseHandle(server);
    CloseHandle(root);
}

TEST(a_pipe_without_a_name) {
    HANDLE root = open_root(), server, client, second;
    DWORD n;
    char text[8] = "";

    CHECK_EQ(create_relative(root, L"", CREATE, &server), NT_OK);
    REQUIRE_HANDLE(server);
    CHECK_EQ(open_relative(server, L"", GENERIC_READ | GENERIC_WRITE, &client), NT_OK);
    REQUIRE_HANDLE(client);
    CHECK_EQ(open_relative(server, L"", GENERIC_READ | GENERIC_WRITE, &second),
        NT(0xc00000ac)); /* STATUS_PIPE_NOT_AVAILABLE */
    CHECK_OK(WriteFile(client, "hidden", 7, &n, NULL));
    CHECK_OK(ReadFile(server, text, 7, &n, NULL));
    CHECK_STR(text, "hidden");
    CHECK_OK(CloseHandle(server));
    CHECK_ERROR(ReadFile(client, text, 7, &n, NULL), ERROR_BROKEN_PIPE);
    CHECK_OK(CloseHandle(client));
    CHECK_OK(CloseHandle(root));
}

TEST(no_pipe_relative_to_the_device) {
    HANDLE device, server;

    find_functions();
    CHECK_EQ(open_relative(NULL, L"\\Device\\NamedPipe", GENERIC_READ, &device), NT_OK);
    CHECK_EQ(create_relative(device, L"", CREATE, &server), NT_NAME_INVALID);
    CHECK_EQ(create_relative(device, L"winipc-test-device", CREATE, &server), NT_NAME_INVALID);
    CHECK_OK(CloseHandle(device));
}

TEST(names_by_way_of_the_network) {
    char name[200], computer[64];
    DWORD n = sizeof(computer);
    HANDLE server = CreateNamedPipeA(own_pipe("net"), PIPE_ACCESS_DUPLEX, 0, 1, 64, 64, 0, NULL), client;
    const char *hosts[] = {"localhost", "127.0.0.1", "LOCALHOST", computer, "."};

    CHECK_OK(GetComputerNameA(computer, &n));
    for (unsigned i = 0; i < sizeof(hosts) / sizeof(*hosts); i++) {
        snprintf(name, sizeof(name), "\\\\%s\\PIPE\\%s", hosts[i], own_name("net"));
        CHECK_OK(WaitNamedPipeA(name, 1000));
        client = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
        REQUIRE_HANDLE(client);
        CHECK_OK(CloseHandle(client));
        CHECK_OK(CloseHandle(server));
        server = CreateNamedPipeA(own_pipe("net"), PIPE_ACCESS_DUPLEX, 0, 1, 64, 64, 0, NULL);
        REQUIRE_HANDLE(server);
    }
    CHECK_ERROR(WaitNamedPipeA(own_pipe("none"), 1), ERROR_FILE_NOT_FOUND);
    CHECK_BAD_HANDLE(
        CreateNamedPipeA("\\\\localhost\\pipe\\x", PIPE_ACCESS_DUPLEX, 0, 1, 64, 64, 0, NULL), ERROR_INVALID_NAME);
    CHECK_OK(CloseHandle(server));
}

TEST(the_length_of_a_name) {
    char name[300] = "\\\\.\\pipe\\";
    const size_t prefix = strlen(name);
    HANDLE server, client;

    memset(name + prefix, 'n', 256);
    snprintf(name + prefix, 40, "%s", own_name("long"));
    name[prefix + strlen(own_name("long"))] = 'n';
    name[256] = 0; /* 256 characters in all */
    server = CreateNamedPipeA(name, PIPE_ACCESS_DUPLEX, 0, 1, 64, 64, 0, NULL);
    REQUIRE_HANDLE(server);
    client = CreateFileA(name, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    REQUIRE_HANDLE(client);
    CHECK_OK(CloseHandle(client));
    CHECK_OK(CloseHandle(server));
}
