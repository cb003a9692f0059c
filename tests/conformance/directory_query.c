/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Listing a directory with NtQueryDirectoryFile: buffers of every size, one entry at a time, masks, beginning anew. */
#include "harness.h"

#define SUCCESS 0
#define OVERFLOW ((LONG)0x80000005) /* STATUS_BUFFER_OVERFLOW */
#define NO_MORE_FILES ((LONG)0x80000006)
#define LENGTH_MISMATCH ((LONG)0xc0000004)
#define NO_SUCH_FILE ((LONG)0xc000000f)

enum { NAMES = 12 }; /* FileNamesInformation */
enum { N_FILES = 30 };

struct entry { /* FILE_NAMES_INFORMATION */
    ULONG next, index, length;
    WCHAR name[1];
};
#define HEAD offsetof(struct entry, name)

struct text { /* UNICODE_STRING */
    USHORT length, maximum;
    const WCHAR *buffer;
};

static LONG(WINAPI *query)(
    HANDLE, HANDLE, void *, void *, ULONG_PTR *, void *, ULONG, int, BOOLEAN, struct text *, BOOLEAN);
static ULONG_PTR iosb[2];
static union {
    struct entry entry;
    BYTE bytes[8192];
} data;

/* Files f00 … f29, each with a longer name than the one before. */
static void name_make(char *name, int i) {
    const char head[4] = {'f', (char)('0' + i / 10), (char)('0' + i % 10), '-'};

    memcpy(name, head, sizeof(head));
    memset(name + sizeof(head), 'x', (size_t)i);
    name[sizeof(head) + i] = 0;
}

static HANDLE folder_open(void) {
    void *found = (void *)(ULONG_PTR)GetProcAddress(GetModuleHandleA("ntdll"), "NtQueryDirectoryFile");
    HANDLE folder = CreateFileA(
        ".", GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);

    REQUIRE_HANDLE(folder);
    REQUIRE(found);
    memcpy(&query, &found, sizeof(query));
    return folder;
}

static HANDLE folder_fill(void) {
    enter_own_folder();
    for (int i = 0; i < N_FILES; i++) {
        char name[64];
        HANDLE file;

        name_make(name, i);
        file = CreateFileA(name, GENERIC_WRITE, 0, NULL, CREATE_NEW, 0, NULL);
        REQUIRE_HANDLE(file);
        CloseHandle(file);
    }
    return folder_open();
}

static void folder_empty(HANDLE folder) {
    CloseHandle(folder);
    for (int i = 0; i < N_FILES; i++) {
        char name[64];

        name_make(name, i);
        CHECK_OK(DeleteFileA(name));
    }
    leave_own_folder();
}

static LONG next(HANDLE folder, ULONG size, BOOLEAN single, BOOLEAN restart) {
    memset(&data, 0xde, sizeof(data));
    iosb[0] = iosb[1] = POISON;
    return query(folder, NULL, NULL, NULL, iosb, &data, size, NAMES, single, NULL, restart);
}

/* Counts the entries in the buffer, whose names must follow those seen before. */
static int entries_check(int seen, ULONG_PTR used) {
    const struct entry *entry = &data.entry;
    int n = 0;

    for (;;) {
        const int index = seen + n - 2; /* . and .. come first */
        char expected[64];
        ULONG_PTR end = (ULONG_PTR)((const BYTE *)entry - data.bytes) + HEAD + entry->length;

        if (index >= 0) {
            name_make(expected, index);
            REQUIRE(entry->length == strlen(expected) * sizeof(WCHAR));
            for (size_t i = 0; expected[i]; i++)
                REQUIRE(entry->name[i] == (WCHAR)expected[i]);
        }
        n++;
        CHECK(end <= used);
        if (!entry->next)
            return n;
        CHECK_EQ(entry->next % 8, 0);
        entry = (const struct entry *)((const BYTE *)entry + entry->next);
    }
}

static void list_with(HANDLE folder, ULONG size, BOOLEAN single) {
    int seen = 0;
    LONG status = next(folder, size, single, TRUE);

    for (; status == SUCCESS; status = next(folder, size, single, FALSE)) {
        const int n = entries_check(seen, iosb[1]);

        CHECK(iosb[1] <= size);
        CHECK(!single || n == 1);
        seen += n;
    }
    CHECK_EQ(status, NO_MORE_FILES);
    if (!CHECK_EQ(seen, N_FILES + 2))
        fprintf(stderr, "    with %u bytes\n", (unsigned)size);
}

TEST(buffers_of_every_size) {
    static const ULONG longest = HEAD + (4 + N_FILES) * sizeof(WCHAR);
    HANDLE folder = folder_fill();

    for (ULONG size = longest; size < longest + 160; size += 2)
        list_with(folder, size, FALSE);
    list_with(folder, 1000, FALSE);
    list_with(folder, sizeof(data), FALSE);
    list_with(folder, longest, TRUE);
    list_with(folder, sizeof(data), TRUE);
    folder_empty(folder);
}

/* A name that does not fit is cut, its whole length told, and it is not lost. */
TEST(too_small_for_the_first_entry) {
    HANDLE folder = folder_fill();
    const ULONG size = HEAD + 2 * sizeof(WCHAR);
    const WCHAR *const name = data.entry.name;

    CHECK(next(folder, HEAD - 4, FALSE, TRUE) == LENGTH_MISMATCH);
    CHECK_EQ(next(folder, size, FALSE, TRUE), SUCCESS);  /* . */
    CHECK_EQ(next(folder, size, FALSE, FALSE), SUCCESS); /* .. */
    CHECK_EQ(next(folder, size, FALSE, FALSE), OVERFLOW);
    CHECK_EQ((LONG)iosb[0], OVERFLOW);
    CHECK_EQ(data.entry.length, 4 * sizeof(WCHAR));
    CHECK_EQ(data.entry.next, 0);
    CHECK(name[0] == 'f' && name[1] == '0');
    CHECK_EQ(name[2], (WCHAR)0xdede);
    CHECK_EQ(next(folder, sizeof(data), TRUE, FALSE), SUCCESS);
    CHECK_EQ(entries_check(2, iosb[1]), 1);
    CHECK_EQ(next(folder, sizeof(data), FALSE, FALSE), SUCCESS);
    CHECK_EQ(entries_check(3, iosb[1]), N_FILES - 1);
    CHECK_EQ(next(folder, sizeof(data), FALSE, FALSE), NO_MORE_FILES);
    folder_empty(folder);
}

TEST(beginning_anew) {
    HANDLE folder = folder_fill();

    CHECK_EQ(next(folder, 200, FALSE, FALSE), SUCCESS);
    CHECK_EQ(next(folder, 200, FALSE, FALSE), SUCCESS);
    list_with(folder, sizeof(data), FALSE); /* begins anew */
    CHECK_EQ(next(folder, sizeof(data), FALSE, FALSE), NO_MORE_FILES);
    CHECK_EQ(next(folder, sizeof(data), FALSE, TRUE), SUCCESS);
    CHECK_EQ(entries_check(0, iosb[1]), N_FILES + 2);
    folder_empty(folder);
}

/* The first call's mask is the handle's. */
TEST(masks) {
    struct text ten = {6, 6, L"f1*"}, none = {6, 6, L"x1*"}, other = {6, 6, L"f2*"};
    HANDLE folder = folder_fill();
    int n = 0;

    CHECK_EQ(query(folder, NULL, NULL, NULL, iosb, &data, sizeof(data), NAMES, TRUE, &ten, FALSE), SUCCESS);
    do
        n++;
    while (query(folder, NULL, NULL, NULL, iosb, &data, sizeof(data), NAMES, TRUE, &other, FALSE) == SUCCESS);
    CHECK_EQ(n, 10);
    CloseHandle(folder);
    folder = folder_open();
    CHECK_EQ(query(folder, NULL, NULL, NULL, iosb, &data, sizeof(data), NAMES, FALSE, &none, FALSE), NO_SUCH_FILE);
    CHECK_EQ(query(folder, NULL, NULL, NULL, iosb, &data, sizeof(data), NAMES, FALSE, &none, FALSE), NO_MORE_FILES);
    folder_empty(folder);
}
