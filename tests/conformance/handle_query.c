/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What handles tell of themselves: NtQueryObject, CompareObjectHandles, the flags. */
#include "harness.h"

#define SUCCESS 0
#define OVERFLOW ((LONG)0x80000005) /* STATUS_BUFFER_OVERFLOW */
#define LENGTH_MISMATCH ((LONG)0xc0000004)
#define BAD_HANDLE ((LONG)0xc0000008)
#define BAD_CLASS ((LONG)0xc0000003)
#define NOT_CLOSABLE ((LONG)0xc0000235)
#define NOT_SAME ((LONG)0xc00001ac)

enum { BASIC, NAME, TYPE, FLAGS = 4 }; /* classes */

struct text { /* UNICODE_STRING */
    USHORT length, maximum;
    WCHAR *buffer;
};

struct basic { /* OBJECT_BASIC_INFORMATION */
    ULONG attributes, access, handles, pointers, reserved[10];
};

static LONG(WINAPI *query)(HANDLE, int, void *, ULONG, ULONG *);
static LONG(WINAPI *set)(HANDLE, int, const void *, ULONG);
static LONG(WINAPI *nt_close)(HANDLE);
static LONG(WINAPI *compare)(HANDLE, HANDLE);

static void find(void *function, const char *name) {
    void *found = (void *)(ULONG_PTR)GetProcAddress(GetModuleHandleA("ntdll"), name);

    REQUIRE(found);
    memcpy(function, &found, sizeof(found));
}

static void functions_find(void) {
    find(&query, "NtQueryObject");
    find(&set, "NtSetInformationObject");
    find(&nt_close, "NtClose");
    find(&compare, "NtCompareObjects");
}

static size_t units(const WCHAR *text) {
    size_t n = 0;

    while (text[n])
        n++;
    return n;
}

static int ends_with(const struct text *text, const WCHAR *end) {
    const size_t n = text->length / sizeof(WCHAR), n_end = units(end);

    return n >= n_end && !memcmp(text->buffer + n - n_end, end, n_end * sizeof(WCHAR));
}

#define CHECK_TYPE(handle, name) check_type(__LINE__, handle, name)
static void check_type(int line, HANDLE handle, const WCHAR *name) {
    union {
        struct text text;
        char bytes[512];
    } type;
    ULONG used = 0;

    CHECK_EQ(query(handle, TYPE, &type, sizeof(type), &used), SUCCESS);
    if (!CHECK(type.text.length == units(name) * sizeof(WCHAR) && !memcmp(type.text.buffer, name, type.text.length)))
        fprintf(stderr, "    of line %d\n", line);
    CHECK(used > type.text.length);
    CHECK_EQ(query(handle, TYPE, &type, 0, &used), LENGTH_MISMATCH);
    CHECK(used >= 0x68 + (units(name) + 1) * sizeof(WCHAR));
    CHECK_EQ(query(handle, TYPE, &type, 0x68, &used), LENGTH_MISMATCH);
}

TEST(types) {
    HANDLE reader, writer;

    functions_find();
    REQUIRE_OK(CreatePipe(&reader, &writer, NULL, 0));
    CHECK_TYPE(CreateEventA(NULL, TRUE, FALSE, NULL), L"Event");
    CHECK_TYPE(CreateMutexA(NULL, TRUE, NULL), L"Mutant");
    CHECK_TYPE(CreateSemaphoreA(NULL, 0, 1, NULL), L"Semaphore");
    CHECK_TYPE(CreateWaitableTimerA(NULL, TRUE, NULL), L"Timer");
    CHECK_TYPE(CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0), L"IoCompletion");
    CHECK_TYPE(CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 1, NULL), L"Section");
    CHECK_TYPE(CreateJobObjectA(NULL, NULL), L"Job");
    CHECK_TYPE(GetCurrentProcess(), L"Process");
    CHECK_TYPE(GetCurrentThread(), L"Thread");
    CHECK_TYPE(reader, L"File");
    CHECK_TYPE(writer, L"File");
}

TEST(basic_information) {
    SECURITY_ATTRIBUTES inherit = {sizeof(inherit), NULL, TRUE};
    HANDLE event, copy;
    struct basic basic;
    ULONG used = 0;

    functions_find();
    event = CreateEventA(&inherit, TRUE, FALSE, NULL);
    CHECK_EQ(query(event, BASIC, NULL, 0, NULL), LENGTH_MISMATCH);
    CHECK_EQ(query(event, BASIC, &basic, sizeof(basic) - 1, NULL), LENGTH_MISMATCH);
    CHECK_EQ(query(event, BASIC, &basic, sizeof(basic), &used), SUCCESS);
    CHECK_EQ(used, sizeof(basic));
    CHECK_EQ(basic.attributes, 2); /* OBJ_INHERIT */
    CHECK_EQ(basic.access, EVENT_ALL_ACCESS);
    CHECK_EQ(basic.handles, 1);
    CHECK_OK(DuplicateHandle(GetCurrentProcess(), event, GetCurrentProcess(), &copy, SYNCHRONIZE, FALSE, 0));
    CHECK_EQ(query(copy, BASIC, &basic, sizeof(basic), NULL), SUCCESS);
    CHECK_EQ(basic.attributes, 0);
    CHECK_EQ(basic.access, SYNCHRONIZE);
    CHECK_EQ(basic.handles, 2);
    CHECK_EQ(query(GetCurrentProcess(), BASIC, &basic, sizeof(basic), NULL), SUCCESS);
    CHECK_EQ(query(NULL, BASIC, &basic, sizeof(basic), NULL), BAD_HANDLE);
    CHECK_EQ(query(event, 99, &basic, sizeof(basic), NULL), BAD_CLASS);
}

TEST(names_of_objects) {
    HANDLE named, unnamed;
    union {
        struct text text;
        char bytes[1024];
    } name;
    ULONG need = 0, used = 0;

    functions_find();
    named = CreateEventA(NULL, TRUE, FALSE, own_name("x"));
    unnamed = CreateEventA(NULL, TRUE, FALSE, NULL);
    CHECK_EQ(query(unnamed, NAME, &name, sizeof(name), &used), SUCCESS);
    CHECK_EQ(used, sizeof(name.text));
    CHECK_EQ(name.text.length, 0);
    CHECK(!name.text.buffer);
    CHECK_EQ(query(named, NAME, &name, 0, &need), LENGTH_MISMATCH);
    CHECK_EQ(query(named, NAME, &name, sizeof(name.text), &used), LENGTH_MISMATCH);
    CHECK_EQ(used, need);
    CHECK_EQ(query(named, NAME, &name, need - 1, NULL), LENGTH_MISMATCH);
    CHECK_EQ(query(named, NAME, &name, need, &used), SUCCESS);
    CHECK_EQ(used, need);
    CHECK_EQ(sizeof(name.text) + name.text.length + sizeof(WCHAR), need);
    CHECK_EQ(name.text.maximum, name.text.length + sizeof(WCHAR));
    CHECK_EQ(name.text.buffer[name.text.length / sizeof(WCHAR)], 0);
    CHECK(ends_with(&name.text, L"-x"));
    CHECK_EQ(query(GetCurrentProcess(), NAME, &name, sizeof(name), NULL), SUCCESS);
    CHECK_EQ(name.text.length, 0);
}

TEST(names_of_files) {
    char folder[MAX_PATH], path[MAX_PATH + 16];
    union {
        struct text text;
        char bytes[2048];
    } name;
    HANDLE file, pipe, null;
    ULONG need = 0, used = 0;

    functions_find();
    REQUIRE(GetTempPathA(sizeof(folder), folder));
    strcat(strcpy(path, folder), "Named.File");
    file = CreateFileA(path, GENERIC_WRITE | DELETE, 0, NULL, CREATE_ALWAYS, FILE_FLAG_DELETE_ON_CLOSE, NULL);
    REQUIRE_HANDLE(file);
    CHECK_EQ(query(file, NAME, &name, 0, &need), LENGTH_MISMATCH);
    CHECK_EQ(query(file, NAME, &name, sizeof(name.text), &used), OVERFLOW);
    CHECK_EQ(used, need);
    CHECK_EQ(query(file, NAME, &name, sizeof(name), &used), SUCCESS);
    CHECK_EQ(used, need);
    CHECK_EQ(sizeof(name.text) + name.text.length + sizeof(WCHAR), used);
    CHECK(!memcmp(name.text.buffer, L"\\Device\\", 8 * sizeof(WCHAR)));
    CHECK(ends_with(&name.text, L"\\Named.File"));
    CHECK_OK(CloseHandle(file));
    pipe = CreateNamedPipeA(own_pipe("named"), PIPE_ACCESS_DUPLEX, 0, 1, 512, 512, 0, NULL);
    CHECK_EQ(query(pipe, NAME, &name, sizeof(name), NULL), SUCCESS);
    CHECK(!memcmp(name.text.buffer, L"\\Device\\NamedPipe\\", 18 * sizeof(WCHAR)));
    CHECK(ends_with(&name.text, L"-named"));
    CHECK_OK(CloseHandle(pipe));
    null = CreateFileA("NUL", GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    CHECK_EQ(query(null, NAME, &name, sizeof(name), NULL), SUCCESS);
    CHECK(ends_with(&name.text, L"\\Device\\Null"));
    CHECK_OK(CloseHandle(null));
}

/* The name that a file's handle tells opens the file. */
TEST(a_file_opens_by_its_nt_name) {
    char folder[MAX_PATH], path[MAX_PATH + 16];
    struct {
        ULONG length;
        HANDLE root;
        struct text *name;
        ULONG attributes;
        void *security, *quality;
    } attributes = {.length = sizeof(attributes), .attributes = 0x40 /* OBJ_CASE_INSENSITIVE */};
    union {
        struct text text;
        char bytes[2048];
    } name;
    HANDLE file, again = NULL;
    ULONG_PTR iosb[2];
    LONG(WINAPI * open)(HANDLE *, ULONG, void *, void *, ULONG, ULONG);

    functions_find();
    find(&open, "NtOpenFile");
    REQUIRE(GetTempPathA(sizeof(folder), folder));
    strcat(strcpy(path, folder), "Named.File");
    file = CreateFileA(path, GENERIC_WRITE | DELETE, FILE_SHARE_READ | FILE_SHARE_DELETE, NULL, CREATE_ALWAYS,
        FILE_FLAG_DELETE_ON_CLOSE, NULL);
    REQUIRE_HANDLE(file);
    REQUIRE(query(file, NAME, &name, sizeof(name), NULL) == SUCCESS);
    attributes.name = &name.text;
    CHECK_EQ(open(&again, FILE_READ_ATTRIBUTES, &attributes, iosb,
                 FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, 0),
        SUCCESS);
    CHECK_OK(CloseHandle(again));
    CHECK_OK(CloseHandle(file));
}

TEST(flags) {
    HANDLE event;
    BOOLEAN flags[2] = {TRUE, TRUE};
    DWORD win32_flags = POISON;
    ULONG used = 0;

    functions_find();
    event = CreateEventA(NULL, TRUE, FALSE, NULL);
    CHECK_EQ(set(event, FLAGS, flags, sizeof(flags)), SUCCESS);
    flags[0] = flags[1] = 7;
    CHECK_EQ(query(event, FLAGS, flags, sizeof(flags), &used), SUCCESS);
    CHECK_EQ(used, 2);
    CHECK(flags[0] == TRUE && flags[1] == TRUE);
    CHECK(query(event, FLAGS, flags, 1, NULL) < 0);
    CHECK(set(event, FLAGS, flags, 1) < 0);
    CHECK_EQ(set(event, BASIC, flags, sizeof(flags)), BAD_CLASS);
    CHECK_EQ(nt_close(event), NOT_CLOSABLE);
    CHECK_OK(GetHandleInformation(event, &win32_flags));
    CHECK_EQ(win32_flags, HANDLE_FLAG_INHERIT | HANDLE_FLAG_PROTECT_FROM_CLOSE);
    CHECK_OK(SetHandleInformation(event, HANDLE_FLAG_PROTECT_FROM_CLOSE, 0));
    CHECK_OK(SetEvent(event));
    CHECK_OK(CloseHandle(event));
    CHECK_EQ(set(event, FLAGS, flags, sizeof(flags)), BAD_HANDLE);
    CHECK_EQ(nt_close(event), BAD_HANDLE);
}

TEST(two_handles_to_one_object) {
    HANDLE event, other, copy, process, thread;
    BOOL(WINAPI * same)(HANDLE, HANDLE);
    void *found = (void *)(ULONG_PTR)GetProcAddress(GetModuleHandleA("kernelbase"), "CompareObjectHandles");

    functions_find();
    REQUIRE(found);
    memcpy(&same, &found, sizeof(same));
    event = CreateEventA(NULL, TRUE, FALSE, NULL);
    other = CreateEventA(NULL, TRUE, FALSE, NULL);
    REQUIRE_OK(DuplicateHandle(GetCurrentProcess(), event, GetCurrentProcess(), &copy, 0, FALSE, 0));
    CHECK(same(event, copy));
    CHECK(same(event, event));
    CHECK(!same(event, other));
    CHECK_EQ(compare(event, copy), SUCCESS);
    CHECK_EQ(compare(event, other), NOT_SAME);
    process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, GetCurrentProcessId());
    thread = OpenThread(SYNCHRONIZE, FALSE, GetCurrentThreadId());
    CHECK(same(process, GetCurrentProcess()));
    CHECK(same(GetCurrentThread(), thread));
    CHECK(!same(GetCurrentProcess(), GetCurrentThread()));
    CHECK_OK(CloseHandle(copy));
    CHECK(!same(event, copy));
    CHECK_EQ(compare(event, copy), BAD_HANDLE);
    CHECK_EQ(compare(NULL, event), BAD_HANDLE);
}
