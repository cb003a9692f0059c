/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mailslots between processes: writers and readers elsewhere, inherited and duplicated ends, ends that die. */
#include "harness.h"

static const char *slot_name(void) {
    static char name[200];

    snprintf(name, sizeof name, "\\\\.\\mailslot\\%s", own_name("process"));
    return name;
}

static HANDLE slot_new(SECURITY_ATTRIBUTES *security) {
    HANDLE slot = CreateMailslotA(slot_name(), 0, WAIT_LIMIT_MS, security);

    REQUIRE_HANDLE(slot);
    return slot;
}

static HANDLE writer_new(SECURITY_ATTRIBUTES *security) {
    HANDLE writer = CreateFileA(
        slot_name(), GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, security, OPEN_EXISTING, 0, NULL);

    REQUIRE_HANDLE(writer);
    return writer;
}

struct letter {
    int from, number, check;
    char text[52];
};

/* Two numbers: who writes, and how much. */
ROLE(write) {
    struct letter letter = {.from = argc ? atoi(argv[0]) : 0};
    HANDLE writer = writer_new(NULL);
    DWORD n;

    REQUIRE(argc == 2);
    for (int i = 0; i < atoi(argv[1]); i++) {
        letter.number = i;
        letter.check = ~i ^ letter.from;
        REQUIRE_OK(WriteFile(writer, &letter, sizeof letter, &n, NULL));
    }
}

/* Several processes write at once: each one's messages come whole and in its order. */
TEST(several_writers) {
    enum { WRITERS = 4, EACH = 3000 };
    HANDLE slot = slot_new(NULL);
    struct child children[WRITERS];
    int next[WRITERS] = {0}, wrong = 0;

    for (int i = 0; i < WRITERS; i++) {
        char args[32];

        snprintf(args, sizeof args, "%d %d", i, EACH);
        children[i] = spawn_self("write", args);
    }
    for (int i = 0; i < WRITERS * EACH; i++) {
        struct letter letter = {.from = -1};
        DWORD n = 0;

        REQUIRE_OK(ReadFile(slot, &letter, sizeof letter, &n, NULL));
        REQUIRE(n == sizeof letter && letter.from >= 0 && letter.from < WRITERS);
        wrong += letter.number != next[letter.from]++ || letter.check != (~letter.number ^ letter.from);
    }
    CHECK_EQ(wrong, 0);
    for (int i = 0; i < WRITERS; i++)
        CHECK_CHILD(children[i]);
}

/* Reads from the handle that was told, until a message says "end". */
static void read_all(HANDLE slot, int expected) {
    int got = 0;
    char text[16];
    DWORD n;

    for (;;) {
        REQUIRE_OK(ReadFile(slot, text, sizeof text, &n, NULL));
        if (n == 3 && !memcmp(text, "end", 3))
            break;
        got++;
    }
    CHECK_EQ(got, expected);
}

ROLE(read_handle) {
    REQUIRE(argc == 2);
    read_all((HANDLE)(ULONG_PTR)strtoull(argv[0], NULL, 10), atoi(argv[1]));
}

ROLE(write_handle) {
    HANDLE writer = (HANDLE)(ULONG_PTR)strtoull(argc ? argv[0] : "", NULL, 10);
    DWORD n;

    for (int i = 0; i < 5; i++)
        REQUIRE_OK(WriteFile(writer, "mail", 4, &n, NULL));
    REQUIRE_OK(WriteFile(writer, "end", 3, &n, NULL));
}

/* The end in another process keeps the mailslot, its name and what waits. */
TEST(reader_inherited) {
    SECURITY_ATTRIBUTES inherited = {sizeof inherited, NULL, TRUE};
    HANDLE slot = slot_new(&inherited), writer = writer_new(NULL);
    struct child child;
    char args[64];
    DWORD n;

    CHECK_OK(WriteFile(writer, "before", 6, &n, NULL));
    snprintf(args, sizeof args, "%llu 2", (unsigned long long)(ULONG_PTR)slot);
    child = spawn_inheriting("read_handle", args);
    CloseHandle(slot);
    CHECK_OK(WriteFile(writer, "after", 5, &n, NULL));
    CHECK_BAD_HANDLE(CreateMailslotA(slot_name(), 0, 0, NULL), ERROR_ALREADY_EXISTS);
    CHECK_OK(WriteFile(writer, "end", 3, &n, NULL));
    CHECK_CHILD(child);
    CHECK(!WriteFile(writer, "gone", 4, &n, NULL));
}

TEST(writer_inherited) {
    SECURITY_ATTRIBUTES inherited = {sizeof inherited, NULL, TRUE};
    HANDLE slot = slot_new(NULL), writer = writer_new(&inherited);
    struct child child;
    char args[64];

    snprintf(args, sizeof args, "%llu", (unsigned long long)(ULONG_PTR)writer);
    child = spawn_inheriting("write_handle", args);
    CloseHandle(writer);
    read_all(slot, 5);
    CHECK_CHILD(child);
}

TEST(duplicated_into_another_process) {
    HANDLE slot = slot_new(NULL), writer = writer_new(NULL), theirs, go = CreateEventA(NULL, TRUE, FALSE, own_name("go"));
    struct child child = spawn_self("use_duplicate", NULL);
    char line[32];
    DWORD n;

    REQUIRE_HANDLE(go);
    CHECK_OK(DuplicateHandle(GetCurrentProcess(), slot, child.process, &theirs, 0, FALSE, DUPLICATE_SAME_ACCESS));
    CHECK_OK(CloseHandle(slot));
    snprintf(line, sizeof line, "%llu", (unsigned long long)(ULONG_PTR)theirs);
    CHECK_OK(WriteFile(writer, line, (DWORD)strlen(line) + 1, &n, NULL));
    /* who reads the number of the handle from it has it: the number comes by a section */
    HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 64, own_name("number"));
    char *view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    REQUIRE(view != NULL);
    strcpy(view, line);
    CHECK_OK(SetEvent(go));
    CHECK_CHILD(child);
}

ROLE(use_duplicate) {
    HANDLE go = NULL, section, slot;
    const char *view;
    char text[32], expected[32];
    DWORD n;

    (void)argc, (void)argv;
    go = CreateEventA(NULL, TRUE, FALSE, own_name("go"));
    REQUIRE_HANDLE(go);
    CHECK_SIGNALLED(go);
    section = OpenFileMappingA(FILE_MAP_READ, FALSE, own_name("number"));
    REQUIRE_HANDLE(section);
    view = MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0);
    REQUIRE(view != NULL);
    strcpy(expected, view);
    slot = (HANDLE)(ULONG_PTR)strtoull(view, NULL, 10);
    CHECK_OK(ReadFile(slot, text, sizeof text, &n, NULL));
    CHECK_EQ(n, strlen(expected) + 1);
    CHECK_STR(text, expected);
}

ROLE(hold_slot) {
    HANDLE ready = OpenEventA(EVENT_MODIFY_STATE, FALSE, own_name("ready"));
    char text[8];
    DWORD n;

    (void)argc, (void)argv;
    REQUIRE_HANDLE(ready);
    HANDLE slot = CreateMailslotA(slot_name(), 0, MAILSLOT_WAIT_FOREVER, NULL);
    REQUIRE_HANDLE(slot);
    SetEvent(ready);
    ReadFile(slot, text, sizeof text, &n, NULL); /* for ever */
}

/* Its reader's death ends a mailslot as closing does. */
TEST(reader_dies) {
    HANDLE ready = CreateEventA(NULL, TRUE, FALSE, own_name("ready")), writer, slot;
    struct child child = spawn_self("hold_slot", NULL);
    DWORD n;

    REQUIRE_HANDLE(ready);
    CHECK_SIGNALLED(ready);
    writer = writer_new(NULL);
    CHECK_OK(TerminateProcess(child.process, 9));
    CHECK_EQ(child_exit_code(&child), 9);
    CHECK(!WriteFile(writer, "x", 1, &n, NULL));
    CHECK_BAD_HANDLE(CreateFileA(slot_name(), GENERIC_WRITE, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL), ERROR_FILE_NOT_FOUND);
    slot = slot_new(NULL);
    CloseHandle(slot);
}

ROLE(hold_writer) {
    HANDLE ready = OpenEventA(EVENT_MODIFY_STATE, FALSE, own_name("ready"));
    HANDLE writer = CreateFileA(slot_name(), GENERIC_WRITE, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    DWORD n;

    (void)argc, (void)argv;
    REQUIRE_HANDLE(ready);
    REQUIRE_HANDLE(writer);
    REQUIRE_OK(WriteFile(writer, "last words", 10, &n, NULL));
    SetEvent(ready);
    WaitForSingleObject(GetCurrentProcess(), INFINITE);
}

/* What a dead writer has written can be read, and others may write. */
TEST(writer_dies) {
    HANDLE ready = CreateEventA(NULL, TRUE, FALSE, own_name("ready")), slot = slot_new(NULL);
    struct child child = spawn_self("hold_writer", NULL);
    char text[16];
    DWORD n;

    REQUIRE_HANDLE(ready);
    CHECK_SIGNALLED(ready);
    CHECK_BAD_HANDLE(CreateFileA(slot_name(), GENERIC_WRITE, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL), ERROR_SHARING_VIOLATION);
    CHECK_OK(TerminateProcess(child.process, 9));
    CHECK_EQ(child_exit_code(&child), 9);
    CloseHandle(CreateFileA(slot_name(), GENERIC_WRITE, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL));
    CHECK_OK(ReadFile(slot, text, sizeof text, &n, NULL));
    CHECK_EQ(n, 10);
    CHECK_MEM(text, "last words", 10);
}
