/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How a client's end is opened: dispositions, lengths of names; and what NT tells of an end and of the volume that
 * pipes are on. What Microsoft's pages leave open is as public tests and reports tell it, and said where it stands;
 * what nobody tells is said, too.
 */
#include "nt.h"

#define CONTROL_SET_CONNECTION_ATTRIBUTE 0x110034
#define CONTROL_GET_HANDLE_ATTRIBUTE 0x110038
#define CONTROL_GET_CONNECTION_ATTRIBUTE 0x110030
#define NT_BUFFER_OVERFLOW NT(0x80000005)
#define NT_BUFFER_TOO_SMALL NT(0xc0000023)
#define NT_NOT_FOUND NT(0xc0000225)

/* ---- dispositions ---- */

static HANDLE server_new(void) {
    HANDLE server = CreateNamedPipeA(own_pipe("open"), PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 1, 512, 512, 0, NULL);

    REQUIRE_HANDLE(server);
    return server;
}

/* A client that opens with this disposition is one like any other. */
static void opens_with(DWORD disposition) {
    HANDLE server = server_new();
    HANDLE client = CreateFileA(own_pipe("open"), GENERIC_READ | GENERIC_WRITE, 0, NULL, disposition, 0, NULL);
    char c = 0;
    DWORD n;

    REQUIRE_HANDLE(client);
    CHECK_OK(WriteFile(client, "x", 1, &n, NULL));
    CHECK_OK(ReadFile(server, &c, 1, &n, NULL));
    CHECK_EQ(c, 'x');
    CHECK_OK(CloseHandle(client));
    CHECK_OK(CloseHandle(server));
}

/* fopen(name, "wb") makes a client of one, as users of Microsoft's C library report: that is CREATE_ALWAYS. */
TEST(create_always_opens) {
    opens_with(CREATE_ALWAYS);
}

/* "If the file exists, the function succeeds and the last-error code is set to ERROR_ALREADY_EXISTS" (CreateFile's
 * page). */
TEST(open_always_opens) {
    HANDLE server, client;

    opens_with(OPEN_ALWAYS);
    server = server_new();
    SetLastError(POISON);
    client = CreateFileA(own_pipe("open"), GENERIC_READ, 0, NULL, OPEN_ALWAYS, 0, NULL);
    CHECK_EQ(GetLastError(), ERROR_ALREADY_EXISTS);
    REQUIRE_HANDLE(client);
    CHECK_OK(CloseHandle(client));
    CHECK_OK(CloseHandle(server));
}

/* [MS-SMB2] 2.2.13 of the disposition: "For opening named pipes, this field can be set to any value by the client and
 * is ignored by the server."  That a pipe opened here is no different is not confirmed. */
TEST(truncate_existing_opens) {
    opens_with(TRUNCATE_EXISTING);
}

/* "If the specified file exists, the function fails" (CreateFile's page); that this is the error for a pipe is not
 * confirmed. */
TEST(create_new_does_not_open) {
    HANDLE server = server_new();

    CHECK_BAD_HANDLE(CreateFileA(own_pipe("open"), GENERIC_READ, 0, NULL, CREATE_NEW, 0, NULL), ERROR_ACCESS_DENIED);
    CHECK_OK(CloseHandle(server));
}

TEST(a_client_makes_no_pipe) {
    static const DWORD dispositions[] = {OPEN_EXISTING, OPEN_ALWAYS, CREATE_ALWAYS, TRUNCATE_EXISTING};

    for (unsigned i = 0; i < sizeof(dispositions) / sizeof(*dispositions); i++)
        CHECK_BAD_HANDLE(CreateFileA(own_pipe("none"), GENERIC_READ | GENERIC_WRITE, 0, NULL, dispositions[i], 0, NULL),
            ERROR_FILE_NOT_FOUND);
    CHECK(CreateFileA(own_pipe("none"), GENERIC_READ, 0, NULL, CREATE_NEW, 0, NULL) == INVALID_HANDLE_VALUE);
}

TEST(supersede_opens) {
    NT_FUNCTION(NtCreateFile, HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, IO_STATUS_BLOCK *, LARGE_INTEGER *, ULONG,
        ULONG, ULONG, ULONG, void *, ULONG);
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK iosb;
    WCHAR path[200];
    UNICODE_STRING name = {0, 0, path};
    HANDLE server = server_new(), client = NULL;
    char text[200];

    snprintf(text, sizeof(text), "\\??\\pipe\\%s", own_name("open"));
    for (; text[name.Length / 2]; name.Length += 2)
        path[name.Length / 2] = (unsigned char)text[name.Length / 2];
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    CHECK_EQ(NtCreateFile(&client, GENERIC_READ | SYNCHRONIZE, &attributes, &iosb, NULL, 0, 0, 0 /* FILE_SUPERSEDE */,
                 0x20, NULL, 0),
        NT_OK);
    CHECK_EQ(iosb.Information,
        1); /* FILE_OPENED: nothing was superseded.  Neither is confirmed, as for TRUNCATE_EXISTING. */
    CloseHandle(client);
    CloseHandle(server);
}

/* ---- lengths of names ---- */

/* A name of so many characters in all, \\.\pipe\ among them. */
static void name_of(WCHAR *name, size_t length) {
    const char *own = own_pipe("long");

    for (size_t i = 0; i < length; i++)
        name[i] = *own ? (WCHAR)*own++ : 'n';
    name[length] = 0;
}

/* "The entire pipe name string can be up to 256 characters long." */
TEST(a_name_of_256_characters) {
    WCHAR name[300], other[300];
    HANDLE server, client;

    name_of(name, 256);
    name_of(other, 256);
    other[255] = 'm';
    server = CreateNamedPipeW(name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 1, 512, 512, 0, NULL);
    REQUIRE_HANDLE(server);
    CHECK_OK(WaitNamedPipeW(name, WAIT_LIMIT_MS));
    CHECK_BAD_HANDLE(
        CreateFileW(other, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL), ERROR_FILE_NOT_FOUND); /* all of it counts */
    client = CreateFileW(name, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    REQUIRE_HANDLE(client);
    CHECK_OK(CloseHandle(client));
    CHECK_OK(CloseHandle(server));
}

/* No page tells an error for a longer name: either it is refused as a name, or it is one like any other, and never cut
 * off. */
TEST(a_name_of_257_characters) {
    WCHAR name[300];
    HANDLE server, client;

    name_of(name, 257);
    SetLastError(POISON);
    server = CreateNamedPipeW(name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 1, 512, 512, 0, NULL);
    if (server == INVALID_HANDLE_VALUE) {
        CHECK_EQ(GetLastError(), ERROR_INVALID_NAME);
        return;
    }
    client = CreateFileW(name, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    REQUIRE_HANDLE(client);
    CHECK_OK(CloseHandle(client));
    name[256] = 0;
    CHECK_BAD_HANDLE(CreateFileW(name, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL), ERROR_FILE_NOT_FOUND);
    CHECK_OK(CloseHandle(server));
}

/* ---- what is told of an end: as public tests measured it on Windows ---- */

struct about {
    LARGE_INTEGER times[4];
    ULONG attributes, pad;
};

TEST(an_end_as_a_file) {
    NT_FUNCTION(NtQueryInformationFile, HANDLE, IO_STATUS_BLOCK *, void *, ULONG, ULONG);
    HANDLE server = server_new();
    IO_STATUS_BLOCK iosb;
    LARGE_INTEGER number;
    struct about about;
    ULONG size;

    POISON_OUT(about);
    CHECK_EQ(NtQueryInformationFile(server, &iosb, &about, sizeof(about), 4 /* FileBasicInformation */), NT_OK);
    for (int i = 0; i < 4; i++)
        CHECK_EQ(about.times[i].QuadPart, 0);
    CHECK_EQ(about.attributes, FILE_ATTRIBUTE_NORMAL);
    number.QuadPart = 0;
    CHECK_EQ(NtQueryInformationFile(server, &iosb, &number, sizeof(number), 6 /* FileInternalInformation */), NT_OK);
    CHECK(number.QuadPart != 0);
    CHECK_EQ(NtQueryInformationFile(server, &iosb, &size, sizeof(size), 7 /* FileEaInformation */), NT_OK);
    CHECK_EQ(size, 0);
    CHECK_EQ(NtQueryInformationFile(server, &iosb, &number, sizeof(number), 14 /* FilePositionInformation */), NT_OK);
    CHECK_EQ(number.QuadPart, 0);
    CHECK_OK(CloseHandle(server));
}

TEST(all_of_an_end) {
    NT_FUNCTION(NtQueryInformationFile, HANDLE, IO_STATUS_BLOCK *, void *, ULONG, ULONG);
    struct {
        struct about basic;
        LARGE_INTEGER allocated, size;
        ULONG links;
        BOOLEAN goes, directory;
        LARGE_INTEGER number;
        ULONG ea, access;
        LARGE_INTEGER position;
        ULONG mode, alignment, length;
        WCHAR name[200];
    } all;
    const char *own = own_name("open");
    HANDLE server = server_new();
    IO_STATUS_BLOCK iosb;

    POISON_OUT(all);
    CHECK_EQ(NtQueryInformationFile(server, &iosb, &all, sizeof(all), 18 /* FileAllInformation */), NT_OK);
    CHECK_EQ(all.basic.attributes, FILE_ATTRIBUTE_NORMAL);
    CHECK_EQ(all.allocated.QuadPart, 1024);
    CHECK_EQ(all.size.QuadPart, 0);
    CHECK_EQ(all.links, 1);
    CHECK_EQ(all.goes, TRUE);
    CHECK_EQ(all.directory, FALSE);
    CHECK(all.number.QuadPart != 0);
    CHECK_EQ(all.ea, 0);
    CHECK_EQ(all.access & (FILE_READ_DATA | FILE_WRITE_DATA), FILE_READ_DATA | FILE_WRITE_DATA);
    CHECK_EQ(all.position.QuadPart, 0);
    CHECK_EQ(all.mode, 0x20); /* FILE_SYNCHRONOUS_IO_NONALERT */
    CHECK_EQ(all.length, 2 * (strlen(own) + 1));
    CHECK_EQ(all.name[0], '\\');
    CHECK_EQ(all.name[1], own[0]);
    CHECK_EQ(iosb.Information, (char *)all.name - (char *)&all + all.length);
    CHECK_EQ(NtQueryInformationFile(server, &iosb, &all, (ULONG)((char *)&all.name[6] - (char *)&all), 18),
        NT_BUFFER_OVERFLOW);
    CHECK_EQ(all.length, 2 * (strlen(own) + 1));
    CHECK_OK(CloseHandle(server));
}

/* ---- what is told of the volume: likewise ---- */

static NTSTATUS(WINAPI *query_volume)(HANDLE, IO_STATUS_BLOCK *, void *, ULONG, ULONG);

static void volume_is_that_of_pipes(HANDLE handle) {
    struct {
        LARGE_INTEGER created;
        ULONG serial, length;
        BOOLEAN objects;
        WCHAR label[16];
    } volume;
    struct {
        ULONG flags;
        LONG name_max;
        ULONG length;
        WCHAR name[8];
    } attribute;
    struct {
        LARGE_INTEGER total, available;
        ULONG sectors, bytes;
    } sizes;
    ULONG device[2];
    IO_STATUS_BLOCK iosb;

    CHECK_EQ(query_volume(handle, &iosb, device, sizeof(device), 4 /* FileFsDeviceInformation */), NT_OK);
    CHECK_EQ(device[0], FILE_DEVICE_NAMED_PIPE);
    CHECK_EQ(device[1] & ~0x20000u, 0); /* but FILE_DEVICE_ALLOW_APPCONTAINER_TRAVERSAL, which newer versions say */
    POISON_OUT(volume);
    CHECK_EQ(query_volume(handle, &iosb, &volume, sizeof(volume), 1 /* FileFsVolumeInformation */), NT_OK);
    CHECK_EQ(volume.created.QuadPart, 0);
    CHECK_EQ(volume.serial, 0);
    CHECK_EQ(volume.length, 18);
    CHECK_EQ(volume.objects, FALSE);
    CHECK_MEM(volume.label, L"NamedPipe", 18);
    CHECK_EQ(iosb.Information, (char *)volume.label - (char *)&volume + 18);
    POISON_OUT(attribute);
    CHECK_EQ(query_volume(handle, &iosb, &attribute, sizeof(attribute), 5 /* FileFsAttributeInformation */), NT_OK);
    CHECK_EQ(attribute.flags, FILE_CASE_PRESERVED_NAMES);
    CHECK_EQ(attribute.name_max, -1);
    CHECK_EQ(attribute.length, 8);
    CHECK_MEM(attribute.name, L"NPFS", 8);
    CHECK_EQ(iosb.Information, 20);
    CHECK_EQ(query_volume(handle, &iosb, &sizes, sizeof(sizes), 3 /* FileFsSizeInformation */), NT_OK);
    CHECK_EQ(sizes.total.QuadPart, 0);
    CHECK_EQ(sizes.available.QuadPart, 0);
    CHECK_EQ(sizes.sectors, 1);
    CHECK_EQ(sizes.bytes, 1);
    POISON_OUT(volume);
    CHECK_EQ(query_volume(handle, &iosb, &volume, 28, 1), NT_BUFFER_OVERFLOW); /* five characters fit */
    CHECK_EQ(volume.length, 18);
    CHECK_MEM(volume.label, L"Named", 10);
    CHECK_EQ(volume.label[5], 0xdede);
    CHECK_EQ(iosb.Information, 28);
    CHECK_EQ(query_volume(handle, &iosb, &volume, 8, 1), NT_LENGTH_MISMATCH);
}

TEST(the_volume_of_both_ends) {
    HANDLE server = server_new();
    HANDLE client = CreateFileA(own_pipe("open"), GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);

    REQUIRE_HANDLE(client);
    find_function(&query_volume, "ntdll.dll", "NtQueryVolumeInformationFile");
    volume_is_that_of_pipes(server);
    volume_is_that_of_pipes(client);
    CHECK_OK(CloseHandle(client));
    CHECK_OK(CloseHandle(server));
}

/* Of these the tests tell nothing: they are taken to be on the same volume. */
TEST(the_volume_of_device_and_root) {
    NT_FUNCTION(NtOpenFile, HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, IO_STATUS_BLOCK *, ULONG, ULONG);
    static const WCHAR path[] = L"\\Device\\NamedPipe\\";
    UNICODE_STRING name = {sizeof(path) - 2, sizeof(path), (WCHAR *)path};
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK iosb;
    HANDLE handle = NULL;

    find_function(&query_volume, "ntdll.dll", "NtQueryVolumeInformationFile");
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    for (int i = 0; i < 2; i++, name.Length -= 2) {
        CHECK_EQ(NtOpenFile(&handle, GENERIC_READ | SYNCHRONIZE, &attributes, &iosb, 3, 0x20), NT_OK);
        volume_is_that_of_pipes(handle);
        CHECK_OK(CloseHandle(handle));
    }
}

/* ---- attributes: the first three as public tests measured them ---- */

TEST(attributes_are_asked_for_by_name) {
    NT_FUNCTION(
        NtFsControlFile, HANDLE, HANDLE, void *, void *, IO_STATUS_BLOCK *, ULONG, void *, ULONG, void *, ULONG);
    HANDLE server = server_new();
    HANDLE client = CreateFileA(own_pipe("open"), GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    IO_STATUS_BLOCK iosb;
    ULONG id = 0;

    REQUIRE_HANDLE(client);
#define ATTRIBUTE(code, name, n, out, size)                                                                            \
    NtFsControlFile(server, NULL, NULL, NULL, &iosb, code, (void *)name, n, out, size)
    CHECK_EQ(ATTRIBUTE(CONTROL_GET_CONNECTION_ATTRIBUTE, "ClientProcessId", 16, &id, sizeof(id)), NT_OK);
    CHECK_EQ(iosb.Information, sizeof(id));
    CHECK_EQ(id, GetCurrentProcessId());
    CHECK_EQ(ATTRIBUTE(CONTROL_GET_CONNECTION_ATTRIBUTE, "CLIENTPROCESSID", 16, &id, sizeof(id)),
        NT_NOT_FOUND); /* case counts */
    CHECK_EQ(ATTRIBUTE(CONTROL_GET_CONNECTION_ATTRIBUTE, NULL, 0, &id, sizeof(id)), NT_INVALID_PARAMETER);
    CHECK_EQ(ATTRIBUTE(CONTROL_GET_CONNECTION_ATTRIBUTE, "ClientProcessId", 16, &id, 1), NT_BUFFER_TOO_SMALL);
    CHECK_EQ(ATTRIBUTE(
                 CONTROL_GET_CONNECTION_ATTRIBUTE, "a name that is longer than any that there is", 45, &id, sizeof(id)),
        NT_NOT_FOUND);
    CHECK_EQ(ATTRIBUTE(CONTROL_GET_HANDLE_ATTRIBUTE, "ClientProcessId", 16, &id, sizeof(id)),
        NT_NOT_FOUND); /* not of the handle: not confirmed */
    CHECK_OK(CloseHandle(client));
    CHECK_OK(CloseHandle(server));
}
