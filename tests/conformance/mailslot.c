/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Mailslots of one process: names, limits, what waits, time-outs, sharing, errors.
 * Source: https://learn.microsoft.com/en-us/windows/win32/ipc/mailslots and the pages of its functions
 */
#include "harness.h"

#define REMOTE_MAILSLOTS_DEPRECATED 3025

static const char *slot_name(const char *what) {
    static char name[4][200];
    static unsigned next;
    char *to = name[next++ % 4];

    snprintf(to, sizeof name[0], "\\\\.\\mailslot\\%s", own_name(what));
    return to;
}

static HANDLE slot_new(DWORD maximum, DWORD timeout) {
    HANDLE slot = CreateMailslotA(slot_name("slot"), maximum, timeout, NULL);

    REQUIRE_HANDLE(slot);
    return slot;
}

static HANDLE open_shared(const char *name, DWORD access, DWORD sharing) {
    return CreateFileA(name, access, sharing, NULL, OPEN_EXISTING, 0, NULL);
}

static HANDLE writer_new(void) {
    HANDLE writer = open_shared(slot_name("slot"), GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE);

    REQUIRE_HANDLE(writer);
    return writer;
}

static void post(HANDLE writer, const void *data, DWORD length) {
    DWORD n = POISON;

    CHECK_OK(WriteFile(writer, data, length, &n, NULL));
    CHECK_EQ(n, length);
}

static void check_waiting(HANDLE slot, DWORD next, DWORD count) {
    DWORD got_next = POISON, got_count = POISON;

    CHECK_OK(GetMailslotInfo(slot, NULL, &got_next, &got_count, NULL));
    CHECK_EQ(got_next, next);
    CHECK_EQ(got_count, count);
}

static void check_empty(HANDLE slot) {
    char buffer[16];
    DWORD n = POISON;

    check_waiting(slot, MAILSLOT_NO_MESSAGE, 0);
    CHECK_ERROR(ReadFile(slot, buffer, sizeof buffer, &n, NULL), ERROR_SEM_TIMEOUT);
    CHECK_EQ(n, 0);
}

TEST(names) {
    static const char *const wrong[] = {"blah", "\\\\.\\pipe\\x", "\\\\elsewhere\\mailslot\\x", "\\\\*\\mailslot\\x"};
    char upper[200], lower[200];
    HANDLE slot, writer;

    for (unsigned i = 0; i < 2; i++)
        CHECK_BAD_HANDLE(CreateMailslotA(wrong[i], 0, 0, NULL), ERROR_INVALID_NAME);
    for (unsigned i = 2; i < 4; i++)
        CHECK(CreateMailslotA(wrong[i], 0, 0, NULL) == INVALID_HANDLE_VALUE);
    CHECK_BAD_HANDLE(CreateMailslotA(NULL, 0, 0, NULL), ERROR_PATH_NOT_FOUND);
    CHECK_BAD_HANDLE(CreateMailslotW(NULL, 0, 0, NULL), ERROR_PATH_NOT_FOUND);
    CHECK_BAD_HANDLE(open_shared(slot_name("none"), GENERIC_WRITE, FILE_SHARE_READ), ERROR_FILE_NOT_FOUND);

    snprintf(upper, sizeof upper, "\\\\.\\MAILSLOT\\%s\\Deep\\ER", own_name("folder"));
    snprintf(lower, sizeof lower, "\\\\.\\mailslot\\%s\\deep\\er", own_name("folder"));
    slot = CreateMailslotA(upper, 0, 0, NULL);
    REQUIRE_HANDLE(slot);
    CHECK_BAD_HANDLE(CreateMailslotA(lower, 0, 0, NULL), ERROR_ALREADY_EXISTS);
    writer = open_shared(lower, GENERIC_WRITE, FILE_SHARE_READ);
    REQUIRE_HANDLE(writer);
    post(writer, "x", 1);
    check_waiting(slot, 1, 1);
    CloseHandle(writer);
    CloseHandle(slot);
    slot = CreateMailslotA(lower, 0, 0, NULL);
    REQUIRE_HANDLE(slot);
    check_empty(slot); /* a new one */
    CloseHandle(slot);
    CHECK_BAD_HANDLE(open_shared(lower, GENERIC_WRITE, FILE_SHARE_READ), ERROR_FILE_NOT_FOUND);
}

TEST(wide_names) {
    static const WCHAR prefix[] = {'\\', '\\', '.', '\\', 'm', 'a', 'i', 'l', 's', 'l', 'o', 't', '\\'};
    WCHAR name[200];
    const char *own = own_name("wide");
    unsigned n = sizeof prefix / sizeof *prefix;
    HANDLE slot, writer;

    memcpy(name, prefix, sizeof prefix);
    while (*own)
        name[n++] = (unsigned char)*own++;
    name[n++] = 0x4f60;
    name[n] = 0;
    slot = CreateMailslotW(name, 0, 0, NULL);
    REQUIRE_HANDLE(slot);
    writer = CreateFileW(name, GENERIC_WRITE, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    REQUIRE_HANDLE(writer);
    post(writer, "wide", 4);
    check_waiting(slot, 4, 1);
    CloseHandle(writer);
    CloseHandle(slot);
}

/* The message's sizes and their number, also behind the first one, and messages of no bytes. */
TEST(what_waits) {
    char buffer[16] = "";
    HANDLE slot = slot_new(0, 0), writer = writer_new(), second = writer_new();
    DWORD n;

    check_empty(slot);
    post(writer, "a", 1);
    check_waiting(slot, 1, 1);
    post(second, "bc", 2);
    check_waiting(slot, 1, 2);
    post(second, buffer, 0);
    check_waiting(slot, 1, 3);
    CHECK_OK(ReadFile(slot, buffer, sizeof buffer, &n, NULL));
    CHECK_EQ(n, 1);
    CHECK_EQ(buffer[0], 'a');
    check_waiting(slot, 2, 2);
    CHECK_OK(ReadFile(slot, buffer, sizeof buffer, &n, NULL));
    CHECK_EQ(n, 2);
    CHECK_MEM(buffer, "bc", 2);
    check_waiting(slot, 0, 1);
    n = POISON;
    CHECK_OK(ReadFile(slot, buffer, sizeof buffer, &n, NULL));
    CHECK_EQ(n, 0);
    check_empty(slot);
}

TEST(limits_are_told) {
    DWORD maximum, next, count, timeout;
    HANDLE slot = CreateMailslotA(slot_name("slot"), (DWORD)-1, MAILSLOT_WAIT_FOREVER, NULL), writer;

    REQUIRE_HANDLE(slot);
    CHECK_OK(GetMailslotInfo(slot, &maximum, &next, &count, &timeout));
    CHECK_EQ(maximum, (DWORD)-1);
    CHECK_EQ(next, MAILSLOT_NO_MESSAGE);
    CHECK_EQ(count, 0);
    CHECK_EQ(timeout, MAILSLOT_WAIT_FOREVER);
    CHECK_OK(GetMailslotInfo(slot, NULL, NULL, NULL, NULL));
    CHECK_OK(SetMailslotInfo(slot, 1234));
    CHECK_OK(GetMailslotInfo(slot, NULL, NULL, NULL, &timeout));
    CHECK_EQ(timeout, 1234);
    CHECK_OK(SetMailslotInfo(slot, 0));
    CHECK_OK(GetMailslotInfo(slot, NULL, NULL, NULL, &timeout));
    CHECK_EQ(timeout, 0);
    CHECK_OK(SetMailslotInfo(slot, MAILSLOT_WAIT_FOREVER));
    writer = writer_new();
    CHECK_OK(GetMailslotInfo(writer, &maximum, &next, &count, &timeout)); /* from Windows 8 on */
    CHECK_EQ(maximum, (DWORD)-1);
    CHECK_EQ(next, MAILSLOT_NO_MESSAGE);
    CHECK_EQ(timeout, MAILSLOT_WAIT_FOREVER);
    CHECK(!SetMailslotInfo(writer, 5));
    CHECK_ERROR(GetMailslotInfo(INVALID_HANDLE_VALUE, &maximum, NULL, NULL, NULL), ERROR_INVALID_HANDLE);
    CHECK_ERROR(SetMailslotInfo(INVALID_HANDLE_VALUE, 0), ERROR_INVALID_HANDLE);
    CloseHandle(writer);
    CloseHandle(slot);
}

/* The error is not documented; that the message is refused is. */
TEST(larger_than_allowed) {
    char message[11] = {0};
    HANDLE slot = slot_new(10, 0), writer = writer_new();
    DWORD n, maximum;

    CHECK_OK(GetMailslotInfo(slot, &maximum, NULL, NULL, NULL));
    CHECK_EQ(maximum, 10);
    CHECK(!WriteFile(writer, message, 11, &n, NULL));
    check_empty(slot);
    post(writer, message, 10);
    check_waiting(slot, 10, 1);
}

TEST(buffer_too_small) {
    char buffer[8] = "1234567";
    HANDLE slot = slot_new(0, 0), writer = writer_new();
    DWORD n = POISON;

    post(writer, "message", 7);
    CHECK_ERROR(ReadFile(slot, buffer, 6, &n, NULL), ERROR_INSUFFICIENT_BUFFER);
    CHECK_EQ(n, 0);
    CHECK_ERROR(ReadFile(slot, buffer, 0, &n, NULL), ERROR_INSUFFICIENT_BUFFER);
    CHECK_MEM(buffer, "1234567", 8);
    check_waiting(slot, 7, 1);
    CHECK_OK(ReadFile(slot, buffer, 7, &n, NULL));
    CHECK_EQ(n, 7);
    CHECK_MEM(buffer, "message", 7);
    check_empty(slot);
}

TEST(nothing_comes) {
    char buffer[8];
    HANDLE slot = slot_new(0, 0);
    DWORD n = POISON, begin;

    CHECK_ERROR(ReadFile(slot, buffer, sizeof buffer, &n, NULL), ERROR_SEM_TIMEOUT);
    CHECK_EQ(n, 0);
    CHECK_ERROR(ReadFile(slot, buffer, 0, &n, NULL), ERROR_SEM_TIMEOUT);
    CHECK_OK(SetMailslotInfo(slot, 300));
    begin = GetTickCount();
    CHECK_ERROR(ReadFile(slot, buffer, sizeof buffer, &n, NULL), ERROR_SEM_TIMEOUT);
    CHECK(GetTickCount() - begin >= 280);
    CHECK_EQ(n, 0);
}

/* Only who made it reads, the others write. */
TEST(directions) {
    char buffer[8];
    HANDLE slot = slot_new(0, 0);
    HANDLE writer = open_shared(slot_name("slot"), GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ);
    DWORD n;

    REQUIRE_HANDLE(writer);
    CHECK_ERROR(WriteFile(slot, "x", 1, &n, NULL), ERROR_ACCESS_DENIED);
    CHECK_ERROR(ReadFile(writer, buffer, sizeof buffer, &n, NULL), ERROR_INVALID_PARAMETER);
    post(writer, "x", 1);
    CHECK_ERROR(ReadFile(writer, buffer, sizeof buffer, &n, NULL), ERROR_INVALID_PARAMETER);
    CHECK_OK(ReadFile(slot, buffer, sizeof buffer, &n, NULL));
    CloseHandle(writer);
    writer = open_shared(slot_name("slot"), GENERIC_WRITE, FILE_SHARE_READ);
    REQUIRE_HANDLE(writer);
    CHECK_ERROR(ReadFile(writer, buffer, sizeof buffer, &n, NULL), ERROR_ACCESS_DENIED);
}

/* As the documentation has it; newer versions of Windows let more pass. */
TEST(sharing) {
    HANDLE slot = slot_new(0, 0), first, second;

    CHECK_BAD_HANDLE(open_shared(slot_name("slot"), GENERIC_WRITE, 0), ERROR_SHARING_VIOLATION);
    CHECK_BAD_HANDLE(open_shared(slot_name("slot"), GENERIC_WRITE, FILE_SHARE_WRITE), ERROR_SHARING_VIOLATION);
    first = open_shared(slot_name("slot"), GENERIC_WRITE, FILE_SHARE_READ);
    REQUIRE_HANDLE(first);
    CHECK_BAD_HANDLE(open_shared(slot_name("slot"), GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE), ERROR_SHARING_VIOLATION);
    CloseHandle(first);
    first = open_shared(slot_name("slot"), GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE);
    REQUIRE_HANDLE(first);
    CHECK_BAD_HANDLE(open_shared(slot_name("slot"), GENERIC_WRITE, FILE_SHARE_READ), ERROR_SHARING_VIOLATION);
    second = open_shared(slot_name("slot"), GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE);
    REQUIRE_HANDLE(second);
    CloseHandle(second);
    CloseHandle(first);
    CloseHandle(slot);
}

TEST(local_by_other_names) {
    char computer[64], name[300];
    DWORD length = sizeof computer;
    HANDLE slot = slot_new(0, 0), writer;

    snprintf(name, sizeof name, "\\\\localhost\\mailslot\\%s", own_name("slot"));
    writer = open_shared(name, GENERIC_WRITE, FILE_SHARE_READ);
    REQUIRE_HANDLE(writer);
    post(writer, "1", 1);
    CloseHandle(writer);
    CHECK_OK(GetComputerNameA(computer, &length));
    snprintf(name, sizeof name, "\\\\%s\\mailslot\\%s", computer, own_name("slot"));
    writer = open_shared(name, GENERIC_WRITE, FILE_SHARE_READ);
    REQUIRE_HANDLE(writer);
    post(writer, "22", 2);
    check_waiting(slot, 1, 2);
}

/* As current Windows answers where nobody has enabled them. */
TEST(remote) {
    CHECK_BAD_HANDLE(open_shared("\\\\*\\mailslot\\x", GENERIC_WRITE, FILE_SHARE_READ), REMOTE_MAILSLOTS_DEPRECATED);
    CHECK_BAD_HANDLE(open_shared("\\\\some-machine\\mailslot\\x", GENERIC_WRITE, FILE_SHARE_READ), REMOTE_MAILSLOTS_DEPRECATED);
    CHECK_BAD_HANDLE(open_shared("\\\\SOMEDOMAIN\\mailslot\\a\\b", GENERIC_WRITE, FILE_SHARE_READ), REMOTE_MAILSLOTS_DEPRECATED);
}

TEST(kinds_of_handles) {
    BY_HANDLE_FILE_INFORMATION info;
    HANDLE slot = slot_new(0, 0), writer = writer_new(), pipe, other;
    DWORD n;

    CHECK_EQ(GetFileType(slot), FILE_TYPE_PIPE);
    CHECK_EQ(GetFileType(writer), FILE_TYPE_PIPE);
    CHECK(!GetFileInformationByHandle(slot, &info));
    CHECK_ERROR(FlushFileBuffers(slot), ERROR_ACCESS_DENIED);
    CHECK(CreatePipe(&pipe, &other, NULL, 0));
    CHECK(!GetMailslotInfo(pipe, NULL, NULL, NULL, NULL));
    CHECK(!SetMailslotInfo(pipe, 0));
    CHECK(!PeekNamedPipe(slot, NULL, 0, NULL, &n, NULL));
}

/* 100,000 messages wait, whole, counted and in order. */
TEST(many_wait) {
    enum { COUNT = 100000 };
    HANDLE slot = slot_new(0, 0), writer = writer_new();
    unsigned message[16] = {0}, wrong = 0;
    DWORD n;

    for (unsigned i = 0; i < COUNT; i++) {
        message[0] = message[15] = i;
        if (!WriteFile(writer, message, sizeof message, &n, NULL) || n != sizeof message)
            wrong++;
    }
    CHECK_EQ(wrong, 0);
    check_waiting(slot, sizeof message, COUNT);
    for (unsigned i = 0; i < COUNT; i++)
        wrong += !ReadFile(slot, message, sizeof message, &n, NULL) || n != sizeof message || message[0] != i || message[15] != i;
    CHECK_EQ(wrong, 0);
    check_empty(slot);
}

TEST(large_messages) {
    enum { SIZE = 3 << 20 };
    HANDLE slot = slot_new(0, 0), writer = writer_new();
    unsigned char *data = malloc(SIZE), *got = malloc(SIZE);
    DWORD n;

    for (unsigned i = 0; i < SIZE; i++)
        data[i] = (unsigned char)(i * 7 + i / 4096);
    for (unsigned i = 1; i <= 3; i++)
        post(writer, data, SIZE / i);
    check_waiting(slot, SIZE, 3);
    for (unsigned i = 1; i <= 3; i++) {
        memset(got, 0, SIZE);
        CHECK_OK(ReadFile(slot, got, SIZE, &n, NULL));
        CHECK_EQ(n, SIZE / i);
        CHECK_MEM(got, data, SIZE / i);
    }
    free(data);
    free(got);
}

/* The name goes with the reader, whatever writers are there; what they write then has nobody to read it. */
TEST(reader_closes) {
    HANDLE slot = slot_new(0, 0), writer = writer_new(), again;
    DWORD n;

    post(writer, "lost", 4);
    CloseHandle(slot);
    CHECK(!WriteFile(writer, "x", 1, &n, NULL));
    CHECK_BAD_HANDLE(open_shared(slot_name("slot"), GENERIC_WRITE, FILE_SHARE_READ), ERROR_FILE_NOT_FOUND);
    again = slot_new(0, 0);
    check_empty(again);
    CHECK(!WriteFile(writer, "x", 1, &n, NULL));
    check_empty(again);
    CloseHandle(writer);
    check_empty(again);
}

TEST(bad_pointers) {
    HANDLE slot = slot_new(0, 0), writer = writer_new();
    DWORD n;

    CHECK_ERROR(WriteFile(writer, (void *)16, 100, &n, NULL), ERROR_NOACCESS);
    check_empty(slot);
    post(writer, "whole", 5);
    CHECK_ERROR(ReadFile(slot, (void *)16, 100, &n, NULL), ERROR_NOACCESS);
    check_waiting(slot, 5, 1);
}

/* The descriptor decides who writes; the maker's handle is good whatever it says. */
TEST(access_is_checked) {
    SECURITY_DESCRIPTOR descriptor;
    SECURITY_ATTRIBUTES security = {sizeof security, &descriptor, FALSE};
    ACL none;
    HANDLE slot, writer;
    DWORD n;

    CHECK_OK(InitializeSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION));
    CHECK_OK(InitializeAcl(&none, sizeof none, ACL_REVISION));
    CHECK_OK(SetSecurityDescriptorDacl(&descriptor, TRUE, &none, FALSE));
    slot = CreateMailslotA(slot_name("slot"), 0, 0, &security);
    REQUIRE_HANDLE(slot);
    CHECK_BAD_HANDLE(open_shared(slot_name("slot"), GENERIC_WRITE, FILE_SHARE_READ), ERROR_ACCESS_DENIED);
    check_empty(slot);
    CloseHandle(slot);
    CHECK_OK(SetSecurityDescriptorDacl(&descriptor, TRUE, NULL, FALSE));
    slot = CreateMailslotA(slot_name("slot"), 0, 0, &security);
    REQUIRE_HANDLE(slot);
    writer = writer_new();
    CHECK_OK(WriteFile(writer, "x", 1, &n, NULL));
    check_waiting(slot, 1, 1);
}
