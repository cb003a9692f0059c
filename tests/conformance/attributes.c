/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Object attributes that cannot be read: the kernel probes what a program points to, and answers
 * STATUS_ACCESS_VIOLATION. Sources:
 * https://learn.microsoft.com/en-us/windows-hardware/drivers/kernel/user-mode-interactions-guidelines-for-kernel-mode-drivers
 * ("system calls validate all pointers"),
 * https://learn.microsoft.com/en-us/windows/win32/api/ntdef/ns-ntdef-_object_attributes.
 */
#include "nt.h"

#define NT_ACCESS_VIOLATION NT(0xc0000005)
#define OPEN_IF 3 /* FILE_OPEN_IF */
#define WILD ((void *)0x40)

typedef NTSTATUS (*open_function)(HANDLE *handle, OBJECT_ATTRIBUTES *attributes);

/* Each way in which attributes lead nowhere; and a handle that cannot be written. */
static void opens_nothing(const char *what, open_function open) {
    static WCHAR letters[] = {'\\', 'x'};
    UNICODE_STRING name = {sizeof(letters), sizeof(letters), letters}, wild_letters = {4, 4, WILD};
    OBJECT_ATTRIBUTES good, wild_name, wild_buffer;
    HANDLE handle = NULL;

    printf("# %s\n", what);
    InitializeObjectAttributes(&good, &name, 0, NULL, NULL);
    InitializeObjectAttributes(&wild_name, WILD, 0, NULL, NULL);
    InitializeObjectAttributes(&wild_buffer, &wild_letters, 0, NULL, NULL);
    CHECK_EQ(open(&handle, WILD), NT_ACCESS_VIOLATION);
    CHECK_EQ(open(&handle, &wild_name), NT_ACCESS_VIOLATION);
    CHECK_EQ(open(&handle, &wild_buffer), NT_ACCESS_VIOLATION);
    CHECK_EQ(open(WILD, &good), NT_ACCESS_VIOLATION);
    CHECK(handle == NULL);
}

/* ---- files ---- */

static NTSTATUS open_file(HANDLE *handle, OBJECT_ATTRIBUTES *attributes) {
    NT_FUNCTION(NtOpenFile, HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, IO_STATUS_BLOCK *, ULONG, ULONG);
    IO_STATUS_BLOCK iosb;

    return NtOpenFile(handle, FILE_READ_DATA | SYNCHRONIZE, attributes, &iosb, FILE_SHARE_READ, 0);
}

static NTSTATUS create_pipe(HANDLE *handle, OBJECT_ATTRIBUTES *attributes) {
    NT_FUNCTION(NtCreateNamedPipeFile, HANDLE *, ULONG, OBJECT_ATTRIBUTES *, IO_STATUS_BLOCK *, ULONG, ULONG, ULONG,
        ULONG, ULONG, ULONG, ULONG, ULONG, ULONG, LARGE_INTEGER *);
    LARGE_INTEGER timeout = {.QuadPart = -500000};
    IO_STATUS_BLOCK iosb;

    return NtCreateNamedPipeFile(handle, GENERIC_READ | SYNCHRONIZE, attributes, &iosb, FILE_SHARE_WRITE, OPEN_IF, 0, 0,
        0, 0, 1, 64, 64, &timeout);
}

static NTSTATUS create_mailslot(HANDLE *handle, OBJECT_ATTRIBUTES *attributes) {
    NT_FUNCTION(NtCreateMailslotFile, HANDLE *, ULONG, OBJECT_ATTRIBUTES *, IO_STATUS_BLOCK *, ULONG, ULONG, ULONG,
        LARGE_INTEGER *);
    IO_STATUS_BLOCK iosb;

    return NtCreateMailslotFile(handle, GENERIC_READ | SYNCHRONIZE, attributes, &iosb, 0, 0, 0, NULL);
}

TEST(a_file_needs_a_readable_name) {
    opens_nothing("NtOpenFile", open_file);
    opens_nothing("NtCreateNamedPipeFile", create_pipe);
    opens_nothing("NtCreateMailslotFile", create_mailslot);
}

TEST(what_is_asked_by_name_needs_a_readable_name) {
    NT_FUNCTION(NtQueryAttributesFile, const OBJECT_ATTRIBUTES *, void *);
    NT_FUNCTION(NtQueryFullAttributesFile, const OBJECT_ATTRIBUTES *, void *);
    NT_FUNCTION(NtDeleteFile, OBJECT_ATTRIBUTES *);
    UNICODE_STRING wild_letters = {4, 4, WILD};
    OBJECT_ATTRIBUTES wild_name, wild_buffer;
    LARGE_INTEGER info[8];

    InitializeObjectAttributes(&wild_name, WILD, 0, NULL, NULL);
    InitializeObjectAttributes(&wild_buffer, &wild_letters, 0, NULL, NULL);
    CHECK_EQ(NtQueryAttributesFile(WILD, info), NT_ACCESS_VIOLATION);
    CHECK_EQ(NtQueryAttributesFile(&wild_name, info), NT_ACCESS_VIOLATION);
    CHECK_EQ(NtQueryAttributesFile(&wild_buffer, info), NT_ACCESS_VIOLATION);
    CHECK_EQ(NtQueryFullAttributesFile(WILD, info), NT_ACCESS_VIOLATION);
    CHECK_EQ(NtQueryFullAttributesFile(&wild_name, info), NT_ACCESS_VIOLATION);
    CHECK_EQ(NtQueryFullAttributesFile(&wild_buffer, info), NT_ACCESS_VIOLATION);
    CHECK_EQ(NtDeleteFile(WILD), NT_ACCESS_VIOLATION);
    CHECK_EQ(NtDeleteFile(&wild_name), NT_ACCESS_VIOLATION);
    CHECK_EQ(NtDeleteFile(&wild_buffer), NT_ACCESS_VIOLATION);
}

/* ---- keys and other objects ---- */

static NTSTATUS open_key(HANDLE *handle, OBJECT_ATTRIBUTES *attributes) {
    NT_FUNCTION(NtOpenKey, HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *);

    return NtOpenKey(handle, KEY_READ, attributes);
}

static NTSTATUS create_key(HANDLE *handle, OBJECT_ATTRIBUTES *attributes) {
    NT_FUNCTION(NtCreateKey, HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, ULONG, const UNICODE_STRING *, ULONG, ULONG *);

    return NtCreateKey(handle, KEY_READ, attributes, 0, NULL, 0, NULL);
}

TEST(a_key_needs_a_readable_name) {
    opens_nothing("NtOpenKey", open_key);
    opens_nothing("NtCreateKey", create_key);
}

static NTSTATUS create_event(HANDLE *handle, OBJECT_ATTRIBUTES *attributes) {
    NT_FUNCTION(NtCreateEvent, HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, int, BOOLEAN);

    return NtCreateEvent(handle, SYNCHRONIZE, attributes, 0, FALSE);
}

static NTSTATUS open_event(HANDLE *handle, OBJECT_ATTRIBUTES *attributes) {
    NT_FUNCTION(NtOpenEvent, HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *);

    return NtOpenEvent(handle, SYNCHRONIZE, attributes);
}

static NTSTATUS open_mutant(HANDLE *handle, OBJECT_ATTRIBUTES *attributes) {
    NT_FUNCTION(NtOpenMutant, HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *);

    return NtOpenMutant(handle, SYNCHRONIZE, attributes);
}

static NTSTATUS open_directory(HANDLE *handle, OBJECT_ATTRIBUTES *attributes) {
    NT_FUNCTION(NtOpenDirectoryObject, HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *);

    return NtOpenDirectoryObject(handle, 1, attributes);
}

static NTSTATUS create_section(HANDLE *handle, OBJECT_ATTRIBUTES *attributes) {
    NT_FUNCTION(NtCreateSection, HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, LARGE_INTEGER *, ULONG, ULONG, HANDLE);
    LARGE_INTEGER size = {.QuadPart = 4096};

    return NtCreateSection(handle, SECTION_MAP_READ, attributes, &size, PAGE_READWRITE, SEC_COMMIT, NULL);
}

static NTSTATUS open_section(HANDLE *handle, OBJECT_ATTRIBUTES *attributes) {
    NT_FUNCTION(NtOpenSection, HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *);

    return NtOpenSection(handle, SECTION_MAP_READ, attributes);
}

static NTSTATUS duplicate_token(HANDLE *handle, OBJECT_ATTRIBUTES *attributes) {
    NT_FUNCTION(NtDuplicateToken, HANDLE, ACCESS_MASK, OBJECT_ATTRIBUTES *, BOOLEAN, int, HANDLE *);
    HANDLE token;
    NTSTATUS status;

    REQUIRE_OK(OpenProcessToken(GetCurrentProcess(), TOKEN_DUPLICATE, &token));
    status = NtDuplicateToken(token, TOKEN_QUERY, attributes, FALSE, 1, handle);
    CloseHandle(token);
    return status;
}

TEST(a_named_object_needs_a_readable_name) {
    opens_nothing("NtCreateEvent", create_event);
    opens_nothing("NtOpenEvent", open_event);
    opens_nothing("NtOpenMutant", open_mutant);
    opens_nothing("NtOpenDirectoryObject", open_directory);
    opens_nothing("NtCreateSection", create_section);
    opens_nothing("NtOpenSection", open_section);
    opens_nothing("NtDuplicateToken", duplicate_token);
}

/* ---- through kernel32 ---- */

TEST(a_named_object_of_that_name_is_still_made) {
    NT_FUNCTION(NtCreateEvent, HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, int, BOOLEAN);
    HANDLE made = NULL, opened = NULL;

    CHECK_EQ(NtCreateEvent(&made, EVENT_ALL_ACCESS, nt_named("event", 0), 0, FALSE), NT_OK);
    CHECK_EQ(open_event(&opened, nt_named("event", 0)), NT_OK);
    CHECK_OK(CloseHandle(made));
    CHECK_OK(CloseHandle(opened));
}
