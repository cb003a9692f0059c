/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * File mappings: names and their life, sizes, rights of handles and of views, reserved pages, what VirtualQuery tells,
 * two processes. Source: https://learn.microsoft.com/en-us/windows/win32/memory/file-mapping and the functions' pages
 */
#include "nt.h"

#define GRANULE 0x10000
#define PAGE 0x1000

static HANDLE memory_section(DWORD protect, DWORD size) {
    HANDLE mapping = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, protect, 0, size, NULL);

    REQUIRE_HANDLE(mapping);
    return mapping;
}

static void *view_of(HANDLE mapping, DWORD access) {
    void *view = MapViewOfFile(mapping, access, 0, 0, 0);

    REQUIRE(view != NULL);
    return view;
}

/* A file of that many bytes, which goes when its handle is closed. */
static HANDLE own_file(DWORD access, DWORD bytes) {
    char folder[MAX_PATH], path[MAX_PATH];
    HANDLE file;

    GetTempPathA(sizeof(folder), folder);
    REQUIRE_OK(GetTempFileNameA(folder, "sec", 0, path));
    file = CreateFileA(path, access | DELETE, 7, NULL, OPEN_EXISTING, FILE_FLAG_DELETE_ON_CLOSE, NULL);
    if (bytes) {
        HANDLE writer = CreateFileA(path, GENERIC_WRITE, 7, NULL, OPEN_EXISTING, 0, NULL);

        REQUIRE_HANDLE(writer);
        CHECK_EQ(SetFilePointer(writer, (LONG)bytes, NULL, FILE_BEGIN), bytes);
        CHECK_OK(SetEndOfFile(writer));
        CHECK_OK(CloseHandle(writer));
    }
    REQUIRE_HANDLE(file);
    return file;
}

static void check_query(const void *at, SIZE_T size, DWORD state, DWORD protect, DWORD first_protect) {
    MEMORY_BASIC_INFORMATION info;

    memset(&info, 0xde, sizeof(info));
    CHECK_EQ(VirtualQuery(at, &info, sizeof(info)), sizeof(info));
    CHECK(info.BaseAddress == at);
    CHECK_EQ(info.RegionSize, size);
    CHECK_EQ(info.State, state);
    CHECK_EQ(info.Protect, protect);
    CHECK_EQ(info.AllocationProtect, first_protect);
    CHECK_EQ(info.Type, MEM_MAPPED);
}

/* ---- names ---- */

TEST(a_name_leads_to_one_section) {
    HANDLE first, second, third;
    char *one, *two;

    SetLastError(POISON);
    first = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 3 * PAGE, own_name("names"));
    CHECK_EQ(GetLastError(), ERROR_SUCCESS);
    REQUIRE_HANDLE(first);
    SetLastError(POISON);
    second = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 7 * PAGE, own_name("names"));
    CHECK_EQ(GetLastError(), ERROR_ALREADY_EXISTS);
    REQUIRE_HANDLE(second);
    SetLastError(POISON);
    third = OpenFileMappingA(FILE_MAP_READ, FALSE, own_name("names"));
    CHECK_EQ(GetLastError(), POISON);
    one = view_of(first, FILE_MAP_WRITE);
    two = view_of(second, FILE_MAP_READ);
    strcpy(one + PAGE, "written in one view");
    CHECK_STR(two + PAGE, "written in one view");
    check_query(two, 3 * PAGE, MEM_COMMIT, PAGE_READONLY, PAGE_READONLY); /* the first one's size counts */
    CHECK_ERROR(MapViewOfFile(second, FILE_MAP_READ, 0, 0, 4 * PAGE), ERROR_ACCESS_DENIED);
    CHECK_OK(UnmapViewOfFile(one));
    CHECK_OK(UnmapViewOfFile(two));
    CHECK_OK(CloseHandle(first));
    CHECK_OK(CloseHandle(second));
    CHECK_OK(CloseHandle(third));
    CHECK_ERROR(OpenFileMappingA(FILE_MAP_READ, FALSE, own_name("names")), ERROR_FILE_NOT_FOUND);
}

TEST(names_are_shared_with_events) {
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, own_name("event")), mapping;

    CHECK_ERROR(CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, PAGE, own_name("event")),
        ERROR_INVALID_HANDLE);
    CHECK_ERROR(OpenFileMappingA(FILE_MAP_READ, FALSE, own_name("event")), ERROR_INVALID_HANDLE);
    mapping = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, PAGE, own_name("mapping"));
    REQUIRE_HANDLE(mapping);
    CHECK_ERROR(CreateEventA(NULL, FALSE, FALSE, own_name("mapping")), ERROR_INVALID_HANDLE);
    CHECK_ERROR(OpenMutexA(SYNCHRONIZE, FALSE, own_name("mapping")), ERROR_INVALID_HANDLE);
    CHECK_ERROR(OpenFileMappingA(FILE_MAP_READ, FALSE, NULL), ERROR_INVALID_PARAMETER);
    CHECK_OK(CloseHandle(mapping));
    CHECK_OK(CloseHandle(event));
}

TEST(a_name_lives_as_long_as_a_handle) {
    HANDLE mapping = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, PAGE, own_name("life"));
    char *old, *new;

    REQUIRE_HANDLE(mapping);
    old = view_of(mapping, FILE_MAP_WRITE);
    strcpy(old, "old");
    CHECK_OK(CloseHandle(mapping));
    check_query(old, PAGE, MEM_COMMIT, PAGE_READWRITE, PAGE_READWRITE);
    CHECK_ERROR(OpenFileMappingA(FILE_MAP_READ, FALSE, own_name("life")), ERROR_FILE_NOT_FOUND);
    SetLastError(POISON);
    mapping = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, PAGE, own_name("life"));
    CHECK_EQ(GetLastError(), ERROR_SUCCESS);
    new = view_of(mapping, FILE_MAP_WRITE);
    CHECK_EQ(*new, 0);
    CHECK_STR(old, "old");
    CHECK_OK(UnmapViewOfFile(old));
    CHECK_OK(UnmapViewOfFile(new));
    CHECK_OK(CloseHandle(mapping));
}

TEST(names_of_the_wide_form) {
    HANDLE mapping = CreateFileMappingW(
               INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, PAGE, L"Local\\winipc-test-\x00e4\x4e2d"),
           again;

    REQUIRE_HANDLE(mapping);
    CHECK_ERROR(OpenFileMappingW(FILE_MAP_ALL_ACCESS, FALSE, L"winipc-test-\x00c4\x4e2d"),
        ERROR_FILE_NOT_FOUND); /* case counts */
    again = OpenFileMappingW(FILE_MAP_READ | FILE_MAP_WRITE, FALSE, L"winipc-test-\x00e4\x4e2d");
    CHECK(again != NULL);
    CHECK_OK(CloseHandle(again));
    CHECK_OK(CloseHandle(mapping));
    CHECK_ERROR(
        CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, PAGE, L"Local\\a\\b"), ERROR_PATH_NOT_FOUND);
}

/* ---- creation ---- */

TEST(what_cannot_be_made) {
    HANDLE empty = own_file(GENERIC_READ | GENERIC_WRITE, 0), reader = own_file(GENERIC_READ, PAGE);
    HANDLE nothing = own_file(FILE_READ_ATTRIBUTES, PAGE);

    CHECK_ERROR(CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 0, NULL), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_NOACCESS, 0, PAGE, NULL), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, 0, 0, PAGE, NULL), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(
        CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE | SEC_COMMIT | SEC_RESERVE, 0, PAGE, NULL),
        ERROR_INVALID_PARAMETER);
    CHECK_ERROR(CreateFileMappingA(empty, NULL, PAGE_READWRITE, 0, 0, NULL), ERROR_FILE_INVALID);
    CHECK_ERROR(CreateFileMappingA(empty, NULL, PAGE_READONLY, 0, PAGE, NULL), ERROR_NOT_ENOUGH_MEMORY);
    CHECK_ERROR(CreateFileMappingA(reader, NULL, PAGE_READWRITE, 0, 0, NULL), ERROR_ACCESS_DENIED);
    CHECK_ERROR(CreateFileMappingA(nothing, NULL, PAGE_READONLY, 0, 0, NULL), ERROR_ACCESS_DENIED);
    CHECK_ERROR(CreateFileMappingA(nothing, NULL, PAGE_WRITECOPY, 0, 0, NULL), ERROR_ACCESS_DENIED);
    CHECK_ERROR(
        CreateFileMappingA((HANDLE)(ULONG_PTR)0x7ffffffc, NULL, PAGE_READONLY, 0, 0, NULL), ERROR_INVALID_HANDLE);
    CHECK_ERROR(
        CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0x100000, 0, NULL), ERROR_COMMITMENT_LIMIT);
    CHECK_OK(CloseHandle(empty));
    CHECK_OK(CloseHandle(reader));
    CHECK_OK(CloseHandle(nothing));
}

TEST(a_writable_file_grows_to_its_mapping) {
    HANDLE file = own_file(GENERIC_READ | GENERIC_WRITE, 10), mapping;
    char *view, text[4] = "";
    DWORD n;

    mapping = CreateFileMappingA(file, NULL, PAGE_READWRITE, 0, 5000, NULL);
    REQUIRE_HANDLE(mapping);
    CHECK_EQ(GetFileSize(file, NULL), 5000);
    view = view_of(mapping, FILE_MAP_ALL_ACCESS);
    check_query(view, 2 * PAGE, MEM_COMMIT, PAGE_READWRITE, PAGE_READWRITE);
    strcpy(view + 4990, "end");
    CHECK_OK(FlushViewOfFile(view, 0));
    CHECK_OK(FlushViewOfFile(view + 4990, 4));
    CHECK_EQ(SetFilePointer(file, 4990, NULL, FILE_BEGIN), 4990);
    CHECK_OK(ReadFile(file, text, 4, &n, NULL));
    CHECK_STR(text, "end");
    CHECK_OK(CloseHandle(file));
    CHECK_OK(CloseHandle(mapping));
    CHECK_STR(view + 4990, "end"); /* the view keeps the file */
    CHECK_OK(UnmapViewOfFile(view));
}

TEST(two_sections_of_one_file_agree) {
    HANDLE file = own_file(GENERIC_READ | GENERIC_WRITE, PAGE);
    HANDLE one = CreateFileMappingA(file, NULL, PAGE_READWRITE, 0, 0, NULL),
           two = CreateFileMappingA(file, NULL, PAGE_READONLY, 0, 0, NULL);
    HANDLE copy = CreateFileMappingA(file, NULL, PAGE_WRITECOPY, 0, 0, NULL);
    char *write = view_of(one, FILE_MAP_WRITE), *read = view_of(two, FILE_MAP_READ),
         *own = view_of(copy, FILE_MAP_COPY);

    strcpy(write, "shared");
    CHECK_STR(read, "shared");
    CHECK_STR(own, "shared");
    strcpy(own, "my own");
    CHECK_STR(read, "shared");
    CHECK_OK(UnmapViewOfFile(own));
    own = view_of(copy, FILE_MAP_COPY);
    CHECK_STR(own, "shared");
    UnmapViewOfFile(own);
    UnmapViewOfFile(read);
    UnmapViewOfFile(write);
    CloseHandle(copy);
    CloseHandle(two);
    CloseHandle(one);
    CloseHandle(file);
}

/* ---- views ---- */

TEST(where_a_view_may_lie) {
    HANDLE mapping = memory_section(PAGE_READWRITE, 3 * GRANULE);
    char *view = MapViewOfFile(mapping, FILE_MAP_WRITE, 0, GRANULE, PAGE + 1), *other;

    REQUIRE(view != NULL);
    check_query(view, 2 * PAGE, MEM_COMMIT, PAGE_READWRITE, PAGE_READWRITE);
    CHECK_EQ((ULONG_PTR)view % GRANULE, 0);
    CHECK_ERROR(MapViewOfFile(mapping, FILE_MAP_WRITE, 0, PAGE, 0), ERROR_MAPPED_ALIGNMENT);
    /* No page says it: STATUS_INVALID_VIEW_SIZE, which is ERROR_ACCESS_DENIED. */
    CHECK_ERROR(MapViewOfFile(mapping, FILE_MAP_WRITE, 0, 3 * GRANULE, 0), ERROR_ACCESS_DENIED);
    CHECK_ERROR(MapViewOfFile(mapping, FILE_MAP_WRITE, 1, 0, 0), ERROR_ACCESS_DENIED);
    CHECK_ERROR(MapViewOfFile(mapping, FILE_MAP_WRITE, 0, 2 * GRANULE, GRANULE + 1), ERROR_ACCESS_DENIED);
    CHECK_ERROR(MapViewOfFileEx(mapping, FILE_MAP_WRITE, 0, 0, 0, view), ERROR_INVALID_ADDRESS);
    CHECK_ERROR(MapViewOfFileEx(mapping, FILE_MAP_WRITE, 0, 0, 0, view + PAGE), ERROR_MAPPED_ALIGNMENT);
    CHECK_OK(UnmapViewOfFile(view));
    other = MapViewOfFileEx(mapping, FILE_MAP_READ, 0, 0, 2 * PAGE, view);
    CHECK(other == view);
    CHECK_OK(UnmapViewOfFile(other + PAGE + 17)); /* any address in it */
    CHECK_ERROR(UnmapViewOfFile(other), ERROR_INVALID_ADDRESS);
    CHECK_ERROR(FlushViewOfFile(other, 0), ERROR_INVALID_ADDRESS); /* not confirmed by a page */
    CHECK_OK(CloseHandle(mapping));
    CHECK_ERROR(MapViewOfFile(mapping, FILE_MAP_READ, 0, 0, 0), ERROR_INVALID_HANDLE);
    CHECK_ERROR(MapViewOfFile(NULL, FILE_MAP_READ, 0, 0, 0), ERROR_INVALID_HANDLE);
    mapping = CreateEventA(NULL, FALSE, FALSE, NULL);
    CHECK_ERROR(MapViewOfFile(mapping, FILE_MAP_READ, 0, 0, 0), ERROR_INVALID_HANDLE);
    CloseHandle(mapping);
}

TEST(only_views_are_unmapped) {
    char *memory = VirtualAlloc(NULL, PAGE, MEM_COMMIT, PAGE_READWRITE);

    REQUIRE(memory != NULL);
    CHECK_ERROR(UnmapViewOfFile(memory), ERROR_INVALID_ADDRESS);
    CHECK_ERROR(UnmapViewOfFile((void *)0xdeadbeef), ERROR_INVALID_ADDRESS);
    CHECK_ERROR(UnmapViewOfFile(NULL), ERROR_INVALID_ADDRESS);
    CHECK_OK(VirtualFree(memory, 0, MEM_RELEASE));
    memory = view_of(memory_section(PAGE_READWRITE, PAGE), FILE_MAP_WRITE);
    CHECK_ERROR(VirtualFree(memory, 0, MEM_RELEASE), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(VirtualFree(memory, PAGE, MEM_DECOMMIT), ERROR_INVALID_PARAMETER);
    CHECK_OK(UnmapViewOfFile(memory));
}

/* What each access gives, by the mapping's protection: the view's PAGE_…, or the error. */
struct view_case {
    DWORD protect, access, expected;
    BOOL refused;
};

TEST(what_a_view_may) {
    static const struct view_case cases[] = {
        {PAGE_READWRITE, FILE_MAP_READ, PAGE_READONLY, FALSE},
        {PAGE_READWRITE, FILE_MAP_WRITE, PAGE_READWRITE, FALSE},
        {PAGE_READWRITE, FILE_MAP_READ | FILE_MAP_WRITE, PAGE_READWRITE, FALSE},
        {PAGE_READWRITE, FILE_MAP_ALL_ACCESS, PAGE_READWRITE, FALSE},
        {PAGE_READWRITE, FILE_MAP_COPY, PAGE_WRITECOPY, FALSE},
        {PAGE_READWRITE, 0, PAGE_NOACCESS, FALSE},
        {PAGE_READONLY, FILE_MAP_READ, PAGE_READONLY, FALSE},
        {PAGE_READONLY, FILE_MAP_COPY, PAGE_WRITECOPY, FALSE},
        {PAGE_READONLY, FILE_MAP_WRITE, ERROR_ACCESS_DENIED, TRUE},
        {PAGE_READONLY, FILE_MAP_ALL_ACCESS, ERROR_ACCESS_DENIED, TRUE},
        {PAGE_READONLY, FILE_MAP_READ | FILE_MAP_EXECUTE, ERROR_ACCESS_DENIED, TRUE},
        {PAGE_WRITECOPY, FILE_MAP_READ, PAGE_READONLY, FALSE},
        {PAGE_WRITECOPY, FILE_MAP_COPY, PAGE_WRITECOPY, FALSE},
        {PAGE_WRITECOPY, FILE_MAP_WRITE, ERROR_ACCESS_DENIED, TRUE},
        {PAGE_EXECUTE_READ, FILE_MAP_READ | FILE_MAP_EXECUTE, PAGE_EXECUTE_READ, FALSE},
        {PAGE_EXECUTE_READWRITE, FILE_MAP_WRITE | FILE_MAP_EXECUTE, PAGE_EXECUTE_READWRITE, FALSE},
        {PAGE_EXECUTE_READWRITE, FILE_MAP_COPY | FILE_MAP_EXECUTE, PAGE_EXECUTE_WRITECOPY, FALSE},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const struct view_case *row = &cases[i];
        HANDLE mapping = memory_section(row->protect, PAGE);
        void *view;

        SetLastError(POISON);
        view = MapViewOfFile(mapping, row->access, 0, 0, 0);
        if (!CHECK(!view == !!row->refused) || (!view && !CHECK_EQ(GetLastError(), row->expected)))
            printf("  in row %u\n", (unsigned)i);
        if (view) {
            check_query(view, PAGE, MEM_COMMIT, row->expected, row->expected);
            CHECK_OK(UnmapViewOfFile(view));
        }
        CHECK_OK(CloseHandle(mapping));
    }
}

TEST(a_handle_gives_no_more_than_it_has) {
    HANDLE mapping = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 4090, own_name("rights"));
    HANDLE reader = OpenFileMappingA(FILE_MAP_READ, FALSE, own_name("rights"));
    HANDLE writer = OpenFileMappingA(FILE_MAP_WRITE, FALSE, own_name("rights"));
    void *view;

    REQUIRE_HANDLE(mapping);
    REQUIRE_HANDLE(reader);
    REQUIRE_HANDLE(writer);
    CHECK_ERROR(MapViewOfFile(reader, FILE_MAP_WRITE, 0, 0, 0), ERROR_ACCESS_DENIED);
    CHECK_ERROR(MapViewOfFile(writer, FILE_MAP_READ, 0, 0, 0), ERROR_ACCESS_DENIED);
    view = view_of(writer, FILE_MAP_WRITE);
    check_query(view, PAGE, MEM_COMMIT, PAGE_READWRITE, PAGE_READWRITE);
    CHECK_OK(UnmapViewOfFile(view));
    CHECK_OK(CloseHandle(reader));
    CHECK_OK(CloseHandle(writer));
    CHECK_OK(CloseHandle(mapping));
}

TEST(the_protection_of_a_view_changes_within_its_section_s) {
    HANDLE mapping = memory_section(PAGE_READWRITE, 2 * PAGE), fixed = memory_section(PAGE_READONLY, PAGE);
    char *view = view_of(mapping, FILE_MAP_WRITE), *read = view_of(fixed, FILE_MAP_READ);
    DWORD old = POISON;

    CHECK_OK(VirtualProtect(view, PAGE, PAGE_READONLY, &old));
    CHECK_EQ(old, PAGE_READWRITE);
    check_query(view, PAGE, MEM_COMMIT, PAGE_READONLY, PAGE_READWRITE);
    check_query(view + PAGE, PAGE, MEM_COMMIT, PAGE_READWRITE, PAGE_READWRITE);
    CHECK_OK(VirtualAlloc(view, PAGE, MEM_COMMIT, PAGE_READWRITE) ==
             view); /* committed already: only the protection changes */
    check_query(view, 2 * PAGE, MEM_COMMIT, PAGE_READWRITE, PAGE_READWRITE);
    CHECK_ERROR(VirtualProtect(read, PAGE, PAGE_READWRITE, &old), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(VirtualProtect(read, PAGE, PAGE_EXECUTE_READ, &old), ERROR_INVALID_PARAMETER);
    CHECK_STR(read, "");
    UnmapViewOfFile(view);
    UnmapViewOfFile(read);
    CloseHandle(mapping);
    CloseHandle(fixed);
}

/* ---- reserved pages ---- */

ROLE(committer) {
    HANDLE mapping = OpenFileMappingA(FILE_MAP_ALL_ACCESS, FALSE, own_name("reserved"));
    char *view = view_of(mapping, FILE_MAP_WRITE);

    (void)argc;
    (void)argv;
    check_query(view + 2 * GRANULE, GRANULE, MEM_COMMIT, PAGE_READWRITE, PAGE_READWRITE);
    CHECK_STR(view + 2 * GRANULE, "from the first");
    CHECK_OK(VirtualAlloc(view + 5 * GRANULE, PAGE, MEM_COMMIT, PAGE_READWRITE));
    strcpy(view + 5 * GRANULE, "from the second");
}

TEST(a_page_committed_in_one_view_is_so_in_all) {
    HANDLE mapping = CreateFileMappingA(
        INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE | SEC_RESERVE, 0, 8 * GRANULE, own_name("reserved"));
    char *one, *two;
    struct child child;

    REQUIRE_HANDLE(mapping);
    one = view_of(mapping, FILE_MAP_WRITE);
    two = MapViewOfFile(mapping, FILE_MAP_WRITE, 0, GRANULE, 0);
    REQUIRE(two != NULL);
    check_query(one, 8 * GRANULE, MEM_RESERVE, 0, PAGE_READWRITE);
    check_query(two, 7 * GRANULE, MEM_RESERVE, 0, PAGE_READWRITE);
    CHECK(IsBadReadPtr(one, 1));
    CHECK(VirtualAlloc(one + 2 * GRANULE, GRANULE, MEM_COMMIT, PAGE_READWRITE) == one + 2 * GRANULE);
    strcpy(one + 2 * GRANULE, "from the first");
    CHECK_STR(two + GRANULE, "from the first"); /* by a fault, without a query */
    check_query(two, GRANULE, MEM_RESERVE, 0, PAGE_READWRITE);
    check_query(two + GRANULE, GRANULE, MEM_COMMIT, PAGE_READWRITE, PAGE_READWRITE);
    check_query(two + 2 * GRANULE, 5 * GRANULE, MEM_RESERVE, 0, PAGE_READWRITE);
    child = spawn_self("committer", NULL);
    CHECK_CHILD(child);
    CHECK_STR(two + 4 * GRANULE, "from the second");
    check_query(one + 5 * GRANULE, PAGE, MEM_COMMIT, PAGE_READWRITE, PAGE_READWRITE);
    CHECK_ERROR(VirtualFree(one + 2 * GRANULE, PAGE, MEM_DECOMMIT), ERROR_INVALID_PARAMETER);
    CHECK(IsBadWritePtr(one + 6 * GRANULE, 1));
    CHECK_OK(UnmapViewOfFile(one));
    CHECK_OK(UnmapViewOfFile(two));
    CHECK_OK(CloseHandle(mapping));
}

/* ---- two processes ---- */

ROLE(counter) {
    HANDLE mapping = OpenFileMappingA(FILE_MAP_WRITE, FALSE, own_name("count"));
    volatile LONG *count = view_of(mapping, FILE_MAP_WRITE);

    (void)argc;
    (void)argv;
    CHECK_OK(CloseHandle(mapping));
    for (int i = 0; i < 10000; i++)
        InterlockedIncrement(count);
}

TEST(processes_count_together) {
    HANDLE mapping = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, PAGE, own_name("count"));
    volatile LONG *count = view_of(mapping, FILE_MAP_WRITE);
    struct child child[3];

    for (int i = 0; i < 3; i++)
        child[i] = spawn_self("counter", NULL);
    for (int i = 0; i < 3; i++)
        CHECK_CHILD(child[i]);
    CHECK_EQ(*count, 30000);
    UnmapViewOfFile((void *)count);
    CloseHandle(mapping);
}

ROLE(owner) {
    HANDLE mapping = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, PAGE, own_name("survive"));
    HANDLE ready = OpenEventA(EVENT_MODIFY_STATE, FALSE, own_name("ready"));
    HANDLE never = CreateEventA(NULL, TRUE, FALSE, NULL);

    (void)argc;
    (void)argv;
    strcpy(view_of(mapping, FILE_MAP_WRITE), "still here");
    CHECK_OK(SetEvent(ready));
    WaitForSingleObject(never, WAIT_LIMIT_MS);
}

TEST(a_section_survives_the_death_of_its_maker) {
    HANDLE ready = CreateEventA(NULL, TRUE, FALSE, own_name("ready")), mapping;
    struct child child = spawn_self("owner", NULL);
    char *view;

    CHECK_SIGNALLED(ready);
    mapping = OpenFileMappingA(FILE_MAP_READ, FALSE, own_name("survive")); /* and nothing is mapped before the death */
    REQUIRE_HANDLE(mapping);
    CHECK_OK(TerminateProcess(child.process, 9));
    CHECK_EQ(child_exit_code(&child), 9);
    view = view_of(mapping, FILE_MAP_READ);
    CHECK_STR(view, "still here");
    CHECK_OK(CloseHandle(mapping));
    CHECK_ERROR(OpenFileMappingA(FILE_MAP_READ, FALSE, own_name("survive")), ERROR_FILE_NOT_FOUND);
    CHECK_STR(view, "still here");
    UnmapViewOfFile(view);
    CloseHandle(ready);
}

ROLE(inheritor) {
    HANDLE mapping = (HANDLE)(ULONG_PTR)strtoull(argc ? argv[0] : "0", NULL, 16);

    CHECK_STR(view_of(mapping, FILE_MAP_READ), "inherited");
}

TEST(a_handle_is_inherited) {
    SECURITY_ATTRIBUTES inheritable = {sizeof(inheritable), NULL, TRUE};
    HANDLE mapping = CreateFileMappingA(INVALID_HANDLE_VALUE, &inheritable, PAGE_READWRITE, 0, PAGE, NULL);
    char args[32];
    struct child child;

    strcpy(view_of(mapping, FILE_MAP_WRITE), "inherited");
    snprintf(args, sizeof(args), "%llx", (unsigned long long)(ULONG_PTR)mapping);
    child = spawn_inheriting("inheritor", args);
    CHECK_CHILD(child);
    CloseHandle(mapping);
}

/* ---- NT ---- */

struct section_basic {
    void *BaseAddress;
    ULONG Attributes;
    LARGE_INTEGER Size;
};
#define SECTION_BASIC 0
#ifndef SEC_FILE
#define SEC_FILE 0x800000
#endif

#define MAP_FUNCTIONS                                                                                                  \
    NT_FUNCTION(                                                                                                       \
        NtMapViewOfSection, HANDLE, HANDLE, void **, ULONG_PTR, SIZE_T, LARGE_INTEGER *, SIZE_T *, int, ULONG, ULONG); \
    NT_FUNCTION(NtUnmapViewOfSection, HANDLE, void *)

TEST(what_nt_tells_of_a_section) {
    HANDLE mapping = memory_section(PAGE_READWRITE, 4090),
           reserved = memory_section(PAGE_READWRITE | SEC_RESERVE, 3 * PAGE);
    HANDLE file = own_file(GENERIC_READ, 5000), of_file = CreateFileMappingA(file, NULL, PAGE_READONLY, 0, 0, NULL),
           weak;
    struct section_basic basic;
    SIZE_T size = POISON;
    NT_FUNCTION(NtQuerySection, HANDLE, int, void *, SIZE_T, SIZE_T *);

    memset(&basic, 0xde, sizeof(basic));
    CHECK_EQ(NtQuerySection(mapping, SECTION_BASIC, &basic, sizeof(basic), &size), NT_OK);
    CHECK_EQ(size, sizeof(basic));
    CHECK(basic.BaseAddress == NULL);
    CHECK_EQ(basic.Attributes, SEC_COMMIT);
    CHECK_EQ(basic.Size.QuadPart, PAGE);
    CHECK_EQ(NtQuerySection(reserved, SECTION_BASIC, &basic, sizeof(basic), NULL), NT_OK);
    CHECK_EQ(basic.Attributes, SEC_RESERVE);
    CHECK_EQ(NtQuerySection(of_file, SECTION_BASIC, &basic, sizeof(basic), NULL), NT_OK);
    CHECK_EQ(basic.Attributes, SEC_FILE);
    CHECK_EQ(basic.Size.QuadPart, 5000);
    CHECK_EQ(NtQuerySection(mapping, SECTION_BASIC, &basic, sizeof(basic) - 1, NULL), NT_LENGTH_MISMATCH);
    CHECK_EQ(NtQuerySection(mapping, SECTION_BASIC, (void *)16, sizeof(basic), NULL), NT(0xc0000005));
    CHECK_OK(DuplicateHandle(GetCurrentProcess(), mapping, GetCurrentProcess(), &weak, SECTION_MAP_READ, FALSE, 0));
    CHECK_EQ(NtQuerySection(weak, SECTION_BASIC, &basic, sizeof(basic), NULL), NT_ACCESS_DENIED);
    CloseHandle(weak);
    CloseHandle(of_file);
    CloseHandle(file);
    CloseHandle(reserved);
    CloseHandle(mapping);
}

TEST(what_nt_refuses_to_map) {
    HANDLE mapping = memory_section(PAGE_READWRITE, PAGE);
    LARGE_INTEGER offset = {.QuadPart = 0};
    SIZE_T size = 0;
    void *base = NULL;
    MAP_FUNCTIONS;

    CHECK_EQ(NtMapViewOfSection(mapping, GetCurrentProcess(), &base, 0, 0, &offset, &size, 0, 0, PAGE_READWRITE),
        NT(0xc00000f6));
    CHECK_EQ(
        NtMapViewOfSection(mapping, GetCurrentProcess(), &base, 0, 0, &offset, &size, 1, 0, 0x1234), NT(0xc0000045));
    CHECK_EQ(NtMapViewOfSection(mapping, GetCurrentProcess(), &base, 25, 0, &offset, &size, 1, 0, PAGE_READWRITE),
        NT_INVALID_PARAMETER_4);
    CHECK_EQ(
        NtMapViewOfSection(mapping, GetCurrentProcess(), &base, 0, 0, &offset, &size, 1, 0, PAGE_READWRITE), NT_OK);
    CHECK_EQ(size, PAGE);
    CHECK_EQ(NtUnmapViewOfSection(GetCurrentProcess(), base), NT_OK);
    CHECK_EQ(NtUnmapViewOfSection(GetCurrentProcess(), base), NT(0xc0000019));
    CloseHandle(mapping);
}

#ifdef _WIN32 /* a native program has no thread that maps for others */

ROLE(host) {
    HANDLE done = OpenEventA(SYNCHRONIZE, FALSE, own_name("done"));

    (void)argc;
    (void)argv;
    WaitForSingleObject(done, WAIT_LIMIT_MS);
}

TEST(a_view_in_another_process) {
    HANDLE done = CreateEventA(NULL, TRUE, FALSE, own_name("done")),
           mapping = memory_section(PAGE_READWRITE, 2 * GRANULE);
    struct child child = spawn_self("host", NULL);
    LARGE_INTEGER offset = {.QuadPart = GRANULE};
    char *view = view_of(mapping, FILE_MAP_WRITE), text[8] = "";
    SIZE_T size = 0, n;
    void *base = NULL;
    MAP_FUNCTIONS;

    strcpy(view + GRANULE, "far");
    CHECK_EQ(NtMapViewOfSection(mapping, child.process, &base, 0, 0, &offset, &size, 2, 0, PAGE_READWRITE), NT_OK);
    CHECK_EQ(size, GRANULE);
    CHECK_OK(ReadProcessMemory(child.process, base, text, 4, &n));
    CHECK_STR(text, "far");
    CHECK_OK(WriteProcessMemory(child.process, (char *)base + 8, "away", 5, &n));
    CHECK_STR(view + GRANULE + 8, "away");
    CHECK_EQ(NtUnmapViewOfSection(child.process, base), NT_OK);
    CHECK_EQ(NtUnmapViewOfSection(child.process, base), NT(0xc0000019));
    SetEvent(done);
    CHECK_CHILD(child);
    UnmapViewOfFile(view);
    CloseHandle(mapping);
    CloseHandle(done);
}

#endif

/* ---- images ---- */

#ifndef SEC_IMAGE_NO_EXECUTE
#define SEC_IMAGE_NO_EXECUTE 0x11000000
#endif
#define IMAGE_BASE_WANTED 0x5f0000000ull

/* The headers of a DLL of one page of code and one of data, and what these hold. */
static void fill_image(char *file) {
    IMAGE_DOS_HEADER *dos = (IMAGE_DOS_HEADER *)file;
    IMAGE_NT_HEADERS64 *nt = (IMAGE_NT_HEADERS64 *)(file + 0x40);
    IMAGE_SECTION_HEADER *sections = (IMAGE_SECTION_HEADER *)(nt + 1);

    dos->e_magic = IMAGE_DOS_SIGNATURE;
    dos->e_lfanew = 0x40;
    nt->Signature = IMAGE_NT_SIGNATURE;
    nt->FileHeader = (IMAGE_FILE_HEADER){.Machine = IMAGE_FILE_MACHINE_AMD64,
        .NumberOfSections = 2,
        .SizeOfOptionalHeader = sizeof nt->OptionalHeader,
        .Characteristics = IMAGE_FILE_EXECUTABLE_IMAGE | IMAGE_FILE_LARGE_ADDRESS_AWARE | IMAGE_FILE_DLL};
    nt->OptionalHeader = (IMAGE_OPTIONAL_HEADER64){.Magic = IMAGE_NT_OPTIONAL_HDR64_MAGIC,
        .AddressOfEntryPoint = 0x1010,
        .SizeOfCode = 0x200,
        .BaseOfCode = 0x1000,
        .ImageBase = IMAGE_BASE_WANTED,
        .SectionAlignment = 0x1000,
        .FileAlignment = 0x200,
        .MajorOperatingSystemVersion = 6,
        .MajorSubsystemVersion = 6,
        .SizeOfImage = 0x3000,
        .SizeOfHeaders = 0x400,
        .Subsystem = IMAGE_SUBSYSTEM_WINDOWS_CUI,
        .SizeOfStackReserve = 0x100000,
        .SizeOfStackCommit = 0x1000,
        .DllCharacteristics = IMAGE_DLLCHARACTERISTICS_NX_COMPAT | IMAGE_DLLCHARACTERISTICS_DYNAMIC_BASE,
        .NumberOfRvaAndSizes = 16};
    sections[0] = (IMAGE_SECTION_HEADER){.Name = ".text",
        .Misc.VirtualSize = 0x100,
        .VirtualAddress = 0x1000,
        .SizeOfRawData = 0x200,
        .PointerToRawData = 0x400,
        .Characteristics = IMAGE_SCN_CNT_CODE | IMAGE_SCN_MEM_EXECUTE | IMAGE_SCN_MEM_READ};
    sections[1] = (IMAGE_SECTION_HEADER){.Name = ".data",
        .Misc.VirtualSize = 0x100,
        .VirtualAddress = 0x2000,
        .SizeOfRawData = 0x200,
        .PointerToRawData = 0x600,
        .Characteristics = IMAGE_SCN_CNT_INITIALIZED_DATA | IMAGE_SCN_MEM_READ | IMAGE_SCN_MEM_WRITE};
    memcpy(file + 0x400, "code", 5);
    memcpy(file + 0x600, "data", 5);
}

static HANDLE image_file(void) {
    char bytes[0x800] = {0};
    HANDLE file = own_file(GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE, 0);
    DWORD n = 0;

    fill_image(bytes);
    CHECK_OK(WriteFile(file, bytes, sizeof bytes, &n, NULL));
    return file;
}

static void check_image_part(const char *at, DWORD protect, const char *text) {
    MEMORY_BASIC_INFORMATION info;

    CHECK_EQ(VirtualQuery(at, &info, sizeof(info)), sizeof(info));
    CHECK_EQ(info.Type, MEM_IMAGE);
    CHECK_EQ(info.State, MEM_COMMIT);
    CHECK_EQ(info.Protect, protect);
    CHECK_STR(at, text);
}

TEST(an_image_lies_as_it_runs) {
    HANDLE file = image_file(), mapping = CreateFileMappingA(file, NULL, PAGE_READONLY | SEC_IMAGE, 0, 0, NULL);
    char *view, *second;

    REQUIRE_HANDLE(mapping);
    view = view_of(mapping, FILE_MAP_READ);
    CHECK_EQ(((IMAGE_DOS_HEADER *)view)->e_magic, IMAGE_DOS_SIGNATURE);
    check_image_part(view + 0x1000, PAGE_EXECUTE_READ, "code");
    CHECK_STR(view + 0x2000, "data");
    view[0x2000] = 'D'; /* the view's own */
    second = view_of(mapping, FILE_MAP_READ);
    CHECK(second != view);
    CHECK_STR(second + 0x2000, "data");
    CHECK_OK(UnmapViewOfFile(second + 0x2fff));
    CHECK_OK(UnmapViewOfFile(view));
    CHECK_ERROR(UnmapViewOfFile(view), ERROR_INVALID_ADDRESS);
    CHECK_ERROR(MapViewOfFile(mapping, FILE_MAP_WRITE, 0, 0, 0), ERROR_ACCESS_DENIED);
    CHECK_OK(CloseHandle(mapping));
    CHECK_OK(CloseHandle(file));
}

TEST(an_image_that_is_not_run) {
    HANDLE file = image_file(),
           mapping = CreateFileMappingA(file, NULL, PAGE_READONLY | SEC_IMAGE_NO_EXECUTE, 0, 0, NULL);
    char *view;

    REQUIRE_HANDLE(mapping);
    view = view_of(mapping, FILE_MAP_READ);
    check_image_part(view + 0x1000, PAGE_READONLY, "code");
    CHECK_OK(UnmapViewOfFile(view));
    CHECK_OK(CloseHandle(mapping));
    CHECK_OK(CloseHandle(file));
}

TEST(what_is_no_image) {
    HANDLE empty = own_file(GENERIC_READ, 0), file = own_file(GENERIC_READ, PAGE);

    CHECK_ERROR(CreateFileMappingA(file, NULL, PAGE_READONLY | SEC_IMAGE, 0, 0, NULL), ERROR_BAD_EXE_FORMAT);
    CHECK_ERROR(CreateFileMappingA(empty, NULL, PAGE_READONLY | SEC_IMAGE, 0, 0, NULL), ERROR_FILE_INVALID);
    CHECK_ERROR(
        CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READONLY | SEC_IMAGE, 0, PAGE, NULL), ERROR_BAD_EXE_FORMAT);
    CHECK_OK(CloseHandle(file));
    CHECK_OK(CloseHandle(empty));
}

TEST(what_an_image_says_of_itself) {
    HANDLE file = image_file(), mapping = CreateFileMappingA(file, NULL, PAGE_READONLY | SEC_IMAGE, 0, 0, NULL);
    HANDLE plain = memory_section(PAGE_READWRITE, PAGE);
    struct {
        void *entry;
        ULONG zero_bits, unused;
        SIZE_T stack_most, stack_first;
        ULONG subsystem;
        USHORT minor, major, system_major, system_minor, characteristics, dll_characteristics, machine;
        UCHAR has_code, flags;
        ULONG loader_flags, file_size, checksum;
    } image;
    SIZE_T n = 0;
    NT_FUNCTION(NtQuerySection, HANDLE, int, void *, SIZE_T, SIZE_T *);

    CHECK_EQ(sizeof image, 64);
    CHECK_EQ(NtQuerySection(mapping, 1, &image, sizeof image, &n), NT_OK);
    CHECK_EQ(n, sizeof image);
    CHECK_EQ((ULONG_PTR)image.entry & 0xffff, 0x1010);
    CHECK_EQ(image.stack_most, 0x100000);
    CHECK_EQ(image.subsystem, IMAGE_SUBSYSTEM_WINDOWS_CUI);
    CHECK_EQ(image.major, 6);
    CHECK_EQ(image.machine, IMAGE_FILE_MACHINE_AMD64);
    CHECK_EQ(image.has_code, 1);
    CHECK_EQ(NtQuerySection(plain, 1, &image, sizeof image, &n), NT(0xc0000049)); /* STATUS_SECTION_NOT_IMAGE */
    CHECK_EQ(NtQuerySection(mapping, 1, &image, sizeof image - 1, &n), NT_LENGTH_MISMATCH);
    CHECK_OK(CloseHandle(plain));
    CHECK_OK(CloseHandle(mapping));
    CHECK_OK(CloseHandle(file));
}

/* ---- larger files, shorter files ---- */

TEST(a_file_section_is_extended) {
    HANDLE file = own_file(GENERIC_READ | GENERIC_WRITE, PAGE),
           mapping = CreateFileMappingA(file, NULL, PAGE_READWRITE, 0, 0, NULL);
    HANDLE memory = memory_section(PAGE_READWRITE, PAGE);
    LARGE_INTEGER size = {.QuadPart = 3 * PAGE};
    char *view;
    NT_FUNCTION(NtExtendSection, HANDLE, LARGE_INTEGER *);

    REQUIRE_HANDLE(mapping);
    CHECK_EQ(NtExtendSection(mapping, &size), NT_OK);
    CHECK_EQ(size.QuadPart, 3 * PAGE);
    CHECK_EQ(GetFileSize(file, NULL), 3 * PAGE);
    view = view_of(mapping, FILE_MAP_WRITE);
    view[3 * PAGE - 1] = 1;
    size.QuadPart = PAGE;
    CHECK_EQ(NtExtendSection(mapping, &size), NT_OK); /* never smaller */
    CHECK_EQ(size.QuadPart, 3 * PAGE);
    CHECK_EQ(NtExtendSection(memory, &size), NT(0xc0000087)); /* STATUS_SECTION_NOT_EXTENDED */
    CHECK_OK(UnmapViewOfFile(view));
    CHECK_OK(CloseHandle(memory));
    CHECK_OK(CloseHandle(mapping));
    CHECK_OK(CloseHandle(file));
}
