/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Mailslots by NT's calls: making them synchronous, queries, peeking, the directory of all mailslots.
 * Sources: [MS-FSCC] 2.4.28, https://learn.microsoft.com/en-us/windows-hardware/drivers/ddi/ntifs/
 */
#include "nt.h"

#define NT_BUFFER_TOO_SMALL NT(0xc0000023)
#define NT_IO_TIMEOUT NT(0xc00000b5)
#define MAILSLOT_QUERY 26
#define MAILSLOT_SET 27
#define VOLUME_DEVICE 4
#define DEVICE_MAILSLOT 12
#define SYNCHRONOUS_NONALERT 0x20
#define MAILSLOT_PEEK 0xc4003

struct query {
    ULONG maximum, quota, next, count;
    LARGE_INTEGER timeout;
};

static OBJECT_ATTRIBUTES *slot_attributes(const char *format, const char *what) {
    static WCHAR path[200];
    static UNICODE_STRING name;
    static OBJECT_ATTRIBUTES attributes;
    char text[200];
    const int n = snprintf(text, sizeof text, format, what);

    for (int i = 0; i <= n; i++)
        path[i] = (unsigned char)text[i];
    name = (UNICODE_STRING){(USHORT)(n * 2), (USHORT)(n * 2 + 2), path};
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    return &attributes;
}

static NTSTATUS create(HANDLE *slot, const char *format, const char *what, ULONG options, ULONG maximum, LONGLONG timeout) {
    NT_FUNCTION(NtCreateMailslotFile, HANDLE *, ULONG, OBJECT_ATTRIBUTES *, IO_STATUS_BLOCK *, ULONG, ULONG, ULONG, LARGE_INTEGER *);
    LARGE_INTEGER time = {.QuadPart = timeout};
    IO_STATUS_BLOCK iosb;

    return NtCreateMailslotFile(
        slot, GENERIC_READ | SYNCHRONIZE, slot_attributes(format, what), &iosb, options, 77, maximum, &time);
}

static HANDLE writer_new(const char *what) {
    char name[200];
    HANDLE writer;

    snprintf(name, sizeof name, "\\\\.\\mailslot\\%s", what);
    writer = CreateFileA(name, GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL);
    REQUIRE_HANDLE(writer);
    return writer;
}

TEST(names) {
    HANDLE slot, other;

    CHECK_EQ(create(&slot, "\\??\\mailslot\\%s", own_name("nt"), 0, 0, -1), NT_OK);
    CHECK_EQ(create(&other, "\\Device\\Mailslot\\%s", own_name("nt"), 0, 0, -1), NT_NAME_COLLISION);
    CloseHandle(slot);
    CHECK_EQ(create(&slot, "\\Device\\Mailslot\\%s", own_name("nt"), 0, 0, -1), NT_OK);
    CloseHandle(writer_new(own_name("nt")));
    CloseHandle(slot);
    CHECK(create(&slot, "\\Device\\Mailslot%s", "", 0, 0, -1) < 0);
}

TEST(query_and_set) {
    NT_FUNCTION(NtQueryInformationFile, HANDLE, IO_STATUS_BLOCK *, void *, ULONG, int);
    NT_FUNCTION(NtQueryVolumeInformationFile, HANDLE, IO_STATUS_BLOCK *, void *, ULONG, int);
    struct {
        ULONG type, characteristics;
    } device = {0, 0};
    struct query query;
    IO_STATUS_BLOCK iosb;
    HANDLE slot, writer;
    DWORD n;

    CHECK_EQ(create(&slot, "\\??\\mailslot\\%s", own_name("nt"), 0, 1000, -50000), NT_OK);
    writer = writer_new(own_name("nt"));
    CHECK_OK(WriteFile(writer, "four", 4, &n, NULL));
    CHECK_OK(WriteFile(writer, "more", 4, &n, NULL));
    CHECK_EQ(NtQueryInformationFile(slot, &iosb, &query, sizeof query, MAILSLOT_QUERY), NT_OK);
    CHECK_EQ(iosb.Information, sizeof query);
    CHECK_EQ(query.maximum, 1000);
    CHECK_EQ(query.next, 4);
    CHECK_EQ(query.count, 2);
    CHECK_EQ(query.timeout.QuadPart, -50000);
    CHECK_EQ(NtQueryInformationFile(slot, &iosb, &query, sizeof query - 1, MAILSLOT_QUERY), NT_LENGTH_MISMATCH);
    CHECK_EQ(NtQueryInformationFile(writer, &iosb, &query, sizeof query, MAILSLOT_QUERY), NT_OK);
    CHECK_EQ(query.maximum, 1000);
    CHECK_EQ(NtQueryVolumeInformationFile(slot, &iosb, &device, sizeof device, VOLUME_DEVICE), NT_OK);
    CHECK_EQ(device.type, DEVICE_MAILSLOT);
    CHECK_EQ(NtQueryVolumeInformationFile(writer, &iosb, &device, sizeof device, VOLUME_DEVICE), NT_OK);
    CHECK_EQ(device.type, DEVICE_MAILSLOT);
}

/* A synchronous handle: the call returns with the result. */
TEST(synchronous) {
    NT_FUNCTION(NtReadFile, HANDLE, HANDLE, void *, void *, IO_STATUS_BLOCK *, void *, ULONG, LARGE_INTEGER *, ULONG *);
    IO_STATUS_BLOCK iosb;
    HANDLE slot, writer;
    char text[16];
    DWORD n, begin;

    CHECK_EQ(create(&slot, "\\??\\mailslot\\%s", own_name("nt"), SYNCHRONOUS_NONALERT, 0, -2000000), NT_OK);
    writer = writer_new(own_name("nt"));
    begin = GetTickCount();
    CHECK_EQ(NtReadFile(slot, NULL, NULL, NULL, &iosb, text, sizeof text, NULL, NULL), NT_IO_TIMEOUT);
    CHECK(GetTickCount() - begin >= 180);
    CHECK_OK(WriteFile(writer, "four", 4, &n, NULL));
    CHECK_EQ(NtReadFile(slot, NULL, NULL, NULL, &iosb, text, 3, NULL, NULL), NT_BUFFER_TOO_SMALL);
    CHECK_EQ(NtReadFile(slot, NULL, NULL, NULL, &iosb, text, 4, NULL, NULL), NT_OK);
    CHECK_EQ(iosb.Information, 4);
    CHECK_OK(SetMailslotInfo(slot, 0));
    CHECK_EQ(NtReadFile(slot, NULL, NULL, NULL, &iosb, text, 4, NULL, NULL), NT_IO_TIMEOUT);
}

TEST(peek) {
    NT_FUNCTION(NtFsControlFile, HANDLE, HANDLE, void *, void *, IO_STATUS_BLOCK *, ULONG, void *, ULONG, void *, ULONG);
    struct {
        ULONG available, messages, length;
    } peek;
    IO_STATUS_BLOCK iosb;
    HANDLE slot, writer;
    DWORD n;

    CHECK_EQ(create(&slot, "\\??\\mailslot\\%s", own_name("nt"), 0, 0, 0), NT_OK);
    writer = writer_new(own_name("nt"));
    CHECK_OK(WriteFile(writer, "four", 4, &n, NULL));
    CHECK_OK(WriteFile(writer, "a", 1, &n, NULL));
    CHECK_EQ(NtFsControlFile(slot, NULL, NULL, NULL, &iosb, MAILSLOT_PEEK, NULL, 0, &peek, sizeof peek), NT_OK);
    CHECK_EQ(peek.messages, 2);
    CHECK_EQ(peek.length, 4);
    CHECK(NtFsControlFile(writer, NULL, NULL, NULL, &iosb, MAILSLOT_PEEK, NULL, 0, &peek, sizeof peek) < 0);
}

/* Whether the directory of all mailslots holds the name. */
static int listed(const char *what) {
    NT_FUNCTION(NtOpenFile, HANDLE *, ULONG, OBJECT_ATTRIBUTES *, IO_STATUS_BLOCK *, ULONG, ULONG);
    NT_FUNCTION(NtQueryDirectoryFile, HANDLE, HANDLE, void *, void *, IO_STATUS_BLOCK *, void *, ULONG, int, BOOLEAN,
        UNICODE_STRING *, BOOLEAN);
    union {
        struct {
            ULONG next, index;
            LARGE_INTEGER times[4], size, space;
            ULONG attributes, length;
            WCHAR name[1];
        } entry;
        char room[1024];
    } buffer;
    IO_STATUS_BLOCK iosb;
    HANDLE root;
    int found = 0;

    CHECK_EQ(NtOpenFile(&root, FILE_LIST_DIRECTORY | SYNCHRONIZE, slot_attributes("\\Device\\Mailslot%s", "\\"), &iosb,
                 FILE_SHARE_READ | FILE_SHARE_WRITE, SYNCHRONOUS_NONALERT),
        NT_OK);
    for (BOOLEAN first = TRUE;; first = FALSE) {
        unsigned same = 0;

        if (NtQueryDirectoryFile(root, NULL, NULL, NULL, &iosb, &buffer, sizeof buffer, 1, TRUE, NULL, first))
            break;
        while (what[same] && same < buffer.entry.length / 2 && buffer.entry.name[same] == (unsigned char)what[same])
            same++;
        found += !what[same] && same == buffer.entry.length / 2;
    }
    CloseHandle(root);
    return found;
}

TEST(listing) {
    HANDLE slot, writer;

    CHECK_EQ(create(&slot, "\\??\\mailslot\\%s", own_name("listed"), 0, 0, 0), NT_OK);
    CHECK_EQ(listed(own_name("listed")), 1);
    CHECK_EQ(listed(own_name("other")), 0);
    writer = writer_new(own_name("listed"));
    CloseHandle(slot);
    CHECK_EQ(listed(own_name("listed")), 0);
    CloseHandle(writer);
}
