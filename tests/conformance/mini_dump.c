/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mini dumps: what MiniDumpWriteDump puts into a file, read by a parser of the test's own that believes no offset. */
#include "harness.h"

#include <dbghelp.h>

#include <stdlib.h>

#define THREAD_NAMES 24
#define MEMORY_INFO 16
#define THREAD_INFO 17
#define USER_STREAM 0x10007

typedef BOOL(WINAPI *write_fn)(HANDLE, DWORD, HANDLE, MINIDUMP_TYPE, MINIDUMP_EXCEPTION_INFORMATION *,
    MINIDUMP_USER_STREAM_INFORMATION *, MINIDUMP_CALLBACK_INFORMATION *);

static char *file_bytes;
static DWORD64 file_size;

static write_fn write_function(const char *dll) {
    HMODULE module = LoadLibraryA(dll);
    void *function;

    REQUIRE(module != NULL);
    function = (void *)GetProcAddress(module, "MiniDumpWriteDump");
    REQUIRE(function != NULL);
    return (write_fn)function;
}

static HANDLE dump_file(void) {
    HANDLE file = CreateFileA(
        "test.dmp", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, CREATE_ALWAYS, 0, NULL);

    REQUIRE_HANDLE(file);
    return file;
}

/* ---- the parser ---- */

static const void *at(DWORD64 offset, DWORD64 size) {
    REQUIRE(offset <= file_size && size <= file_size - offset);
    return file_bytes + offset;
}

static DWORD long_at(DWORD64 offset) {
    DWORD value;

    memcpy(&value, at(offset, sizeof(value)), sizeof(value));
    return value;
}

static DWORD64 long64_at(DWORD64 offset) {
    DWORD64 value;

    memcpy(&value, at(offset, sizeof(value)), sizeof(value));
    return value;
}

/* The stream's offset, 0 when there is none; its size is looked at, too. */
static DWORD stream(DWORD type, DWORD *size) {
    const DWORD n = long_at(8), directory = long_at(12);

    for (DWORD i = 0; i < n; i++) {
        const DWORD place = directory + 12 * i;

        if (long_at(place) != type)
            continue;
        at(long_at(place + 8), long_at(place + 4));
        if (size)
            *size = long_at(place + 4);
        return long_at(place + 8);
    }
    return 0;
}

/* A MINIDUMP_STRING as ASCII. */
static const char *text_at(DWORD offset) {
    static char text[1024];
    const DWORD length = long_at(offset) / 2;
    const WCHAR *wide = at(offset + 4, 2 * ((DWORD64)length + 1));
    DWORD i;

    for (i = 0; i < length && i < sizeof(text) - 1; i++)
        text[i] = (char)wide[i];
    text[i] = 0;
    CHECK_EQ(wide[length], 0);
    return text;
}

static void load(HANDLE file) {
    DWORD got = 0;

    free(file_bytes);
    file_size = SetFilePointer(file, 0, NULL, FILE_END);
    file_bytes = malloc(file_size);
    SetFilePointer(file, 0, NULL, FILE_BEGIN);
    REQUIRE_OK(ReadFile(file, file_bytes, (DWORD)file_size, &got, NULL));
    REQUIRE(got == file_size);
    CHECK_EQ(long_at(0), 0x504d444d);
    CHECK_EQ(long_at(4) & 0xffff, MINIDUMP_VERSION);
    for (DWORD i = 0; i < long_at(8); i++)
        at(long_at(long_at(12) + 12 * i + 8), long_at(long_at(12) + 12 * i + 4));
}

/* Where the dump has a byte of the process; NULL when it has not. */
static const void *memory_at(DWORD64 address) {
    const DWORD list = stream(MemoryListStream, NULL), list64 = stream(Memory64ListStream, NULL);
    DWORD64 place = list64 ? long64_at(list64 + 8) : 0;

    for (DWORD i = 0; list && i < long_at(list); i++) {
        const DWORD64 start = long64_at(list + 4 + 16 * i);
        const DWORD size = long_at(list + 12 + 16 * i);
        const char *bytes = at(long_at(list + 16 + 16 * i), size);

        if (address - start < size)
            return bytes + (address - start);
    }
    for (DWORD i = 0; list64 && i < long64_at(list64); i++) {
        const DWORD64 start = long64_at(list64 + 16 + 16 * i), size = long64_at(list64 + 24 + 16 * i);
        const char *bytes = at(place, size);

        if (address - start < size)
            return bytes + (address - start);
        place += size;
    }
    return NULL;
}

/* A thread's MINIDUMP_THREAD (48 bytes), 0 when it is not there. */
static DWORD thread_at(DWORD id) {
    const DWORD list = stream(ThreadListStream, NULL);
    DWORD found = 0;

    for (DWORD i = 0; list && i < long_at(list); i++) {
        const DWORD place = list + 4 + 48 * i;

        at(long_at(place + 36), long_at(place + 32)); /* the stack */
        CHECK_EQ(long_at(place + 40), sizeof(CONTEXT));
        at(long_at(place + 44), long_at(place + 40));
        if (long_at(place) == id)
            found = place;
    }
    return found;
}

/* A module's MINIDUMP_MODULE (108 bytes), 0 when it is not there. */
static DWORD module_at(const void *base) {
    const DWORD list = stream(ModuleListStream, NULL);
    DWORD found = 0;

    for (DWORD i = 0; list && i < long_at(list); i++) {
        const DWORD place = list + 4 + 108 * i;

        text_at(long_at(place + 20));
        at(long_at(place + 80), long_at(place + 76)); /* CodeView */
        at(long_at(place + 88), long_at(place + 84));
        if (long64_at(place) == (DWORD64)(ULONG_PTR)base)
            found = place;
    }
    return found;
}

static const CONTEXT *context_at(DWORD offset) {
    static CONTEXT context;

    memcpy(&context, at(offset, sizeof(context)), sizeof(context));
    return &context;
}

/* ---- a second thread ---- */

static HANDLE is_ready, may_end;

static DWORD WINAPI second_thread(void *where) {
    volatile DWORD64 marker = 0x1122334455667788;

    *(DWORD64 *)where = (DWORD64)(ULONG_PTR)&marker;
    SetEvent(is_ready);
    return WaitForSingleObject(may_end, WAIT_LIMIT_MS) + (marker == 0);
}

static HANDLE start_second_thread(DWORD *id, DWORD64 *marker) {
    HANDLE thread;

    is_ready = CreateEventA(NULL, FALSE, FALSE, NULL);
    may_end = CreateEventA(NULL, FALSE, FALSE, NULL);
    thread = CreateThread(NULL, 0, second_thread, marker, 0, id);
    REQUIRE_HANDLE(thread);
    CHECK_SIGNALLED(is_ready);
    return thread;
}

static void end_second_thread(HANDLE thread) {
    DWORD code = POISON;

    CHECK_OK(SetEvent(may_end));
    CHECK_SIGNALLED(thread);
    CHECK_OK(GetExitCodeThread(thread, &code));
    CHECK_EQ(code, 0);
    CloseHandle(thread);
}

static void remove_file(HANDLE file) {
    CloseHandle(file);
    CHECK_OK(DeleteFileA("test.dmp"));
    leave_own_folder();
}

/* ---- the tests ---- */

TEST(normal_dump) {
    const write_fn write = write_function("dbghelp.dll");
    DWORD64 marker = 0;
    volatile DWORD64 own_marker = 0x8877665544332211;
    DWORD id, place, system, misc;
    HANDLE thread = start_second_thread(&id, &marker), file;

    enter_own_folder();
    file = dump_file();
    CHECK_OK(write(GetCurrentProcess(), GetCurrentProcessId(), file, MiniDumpNormal, NULL, NULL, NULL));
    load(file);
    system = stream(SystemInfoStream, NULL);
    REQUIRE(system != 0);
    CHECK_EQ(long_at(system) & 0xffff, PROCESSOR_ARCHITECTURE_AMD64);
    CHECK_EQ(long_at(system + 20), VER_PLATFORM_WIN32_NT);
    misc = stream(MiscInfoStream, NULL);
    REQUIRE(misc != 0);
    CHECK(long_at(misc + 4) & MINIDUMP_MISC1_PROCESS_ID);
    CHECK_EQ(long_at(misc + 8), GetCurrentProcessId());
    CHECK_EQ(stream(ExceptionStream, NULL), 0);
    CHECK_EQ(stream(Memory64ListStream, NULL), 0);
    place = thread_at(id);
    REQUIRE(place != 0);
    CHECK_EQ(long_at(place + 4), 0); /* not suspended but for the dump */
    CHECK(context_at(long_at(place + 44))->Rsp >= long64_at(place + 24) - 8);
    REQUIRE(memory_at(marker) != NULL);
    CHECK_MEM(memory_at(marker), (const void *)(ULONG_PTR)marker, 8);
    place = thread_at(GetCurrentThreadId());
    REQUIRE(place != 0);
    REQUIRE(memory_at((DWORD64)(ULONG_PTR)&own_marker) != NULL);
    CHECK_MEM(memory_at((DWORD64)(ULONG_PTR)&own_marker), (const void *)&own_marker, 8);
    end_second_thread(thread); /* it goes on */
    remove_file(file);
}

TEST(modules_with_names_and_versions) {
    const write_fn write = write_function("dbghelp.dll");
    char path[MAX_PATH];
    DWORD place;
    HANDLE file;

    enter_own_folder();
    file = dump_file();
    CHECK_OK(write(GetCurrentProcess(), GetCurrentProcessId(), file, MiniDumpNormal, NULL, NULL, NULL));
    load(file);
    place = module_at(GetModuleHandleA(NULL));
    REQUIRE(place != 0);
    REQUIRE_OK(GetModuleFileNameA(NULL, path, sizeof(path)));
    CHECK_STR(text_at(long_at(place + 20)), path);
    CHECK(long_at(place + 8) > 0);
    place = module_at(GetModuleHandleA("kernel32.dll"));
    REQUIRE(place != 0);
    CHECK(strlen(text_at(long_at(place + 20))) > strlen("kernel32.dll"));
    CHECK(long_at(place + 24) == VS_FFI_SIGNATURE || long_at(place + 24) == 0);
    remove_file(file);
}

TEST(dbgcore_has_it_too) {
    const write_fn write = write_function("dbgcore.dll");
    HANDLE file;

    enter_own_folder();
    file = dump_file();
    CHECK_OK(write(GetCurrentProcess(), GetCurrentProcessId(), file, MiniDumpFilterModulePaths, NULL, NULL, NULL));
    load(file);
    CHECK(strchr(text_at(long_at(module_at(GetModuleHandleA(NULL)) + 20)), '\\') == NULL);
    remove_file(file);
}

TEST(threads_have_names) {
    const write_fn write = write_function("dbghelp.dll");
    HRESULT(WINAPI *const name)
    (HANDLE, const WCHAR *) = (HRESULT(WINAPI *)(HANDLE, const WCHAR *))(void *)GetProcAddress(
        GetModuleHandleA("kernel32"), "SetThreadDescription");
    DWORD64 marker;
    DWORD id, list, found = 0;
    HANDLE thread = start_second_thread(&id, &marker), file;

    REQUIRE(name != NULL);
    CHECK(SUCCEEDED(name(thread, L"the second one")));
    enter_own_folder();
    file = dump_file();
    CHECK_OK(write(GetCurrentProcess(), GetCurrentProcessId(), file, MiniDumpNormal, NULL, NULL, NULL));
    load(file);
    list = stream(THREAD_NAMES, NULL);
    REQUIRE(list != 0);
    for (DWORD i = 0; i < long_at(list); i++) {
        if (long_at(list + 4 + 12 * i) != id)
            continue;
        CHECK_STR(text_at((DWORD)long64_at(list + 8 + 12 * i)), "the second one");
        found++;
    }
    CHECK_EQ(found, 1);
    end_second_thread(thread);
    remove_file(file);
}

static DWORD64 in_data = 0x0123456789abcdef;

TEST(memory_by_type) {
#ifdef __SANITIZE_ADDRESS__
    test_skip("the address sanitizer's own memory is larger than a dump may be");
#else
    const write_fn write = write_function("dbghelp.dll");
    const DWORD64 data = (DWORD64)(ULONG_PTR)&in_data;
    DWORD64 *pages = VirtualAlloc(NULL, 65536, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
    DWORD size = 0, list;
    HANDLE file;

    pages[4096] = 0xfedcba9876543210;
    enter_own_folder();
    file = dump_file();
    CHECK_OK(write(GetCurrentProcess(), GetCurrentProcessId(), file,
        MiniDumpWithPrivateReadWriteMemory | MiniDumpWithFullMemoryInfo | MiniDumpWithThreadInfo |
            MiniDumpWithProcessThreadData,
        NULL, NULL, NULL));
    load(file);
    REQUIRE(memory_at((DWORD64)(ULONG_PTR)&pages[4096]) != NULL);
    CHECK_MEM(memory_at((DWORD64)(ULONG_PTR)&pages[4096]), &pages[4096], 8);
    CHECK(memory_at(long64_at(thread_at(GetCurrentThreadId()) + 16)) != NULL); /* the TEB */
    list = stream(MEMORY_INFO, &size);
    REQUIRE(list != 0);
    CHECK_EQ(long_at(list), 16);
    CHECK_EQ(long_at(list + 4), 48);
    CHECK_EQ(size, 16 + 48 * long64_at(list + 8));
    list = stream(THREAD_INFO, &size);
    REQUIRE(list != 0);
    CHECK_EQ(long_at(list), 12);
    CHECK_EQ(long_at(list + 4), 64);
    CHECK_EQ(size, 12 + 64 * long_at(list + 8));
    CloseHandle(file);
    file = dump_file();
    CHECK_OK(write(GetCurrentProcess(), GetCurrentProcessId(), file, MiniDumpWithFullMemory, NULL, NULL, NULL));
    load(file);
    CHECK(stream(Memory64ListStream, NULL) != 0);
    CHECK_EQ(stream(MemoryListStream, NULL), 0);
    REQUIRE(memory_at(data) != NULL);
    CHECK_MEM(memory_at(data), &in_data, 8);
    REQUIRE(memory_at((DWORD64)(ULONG_PTR)&pages[4096]) != NULL);
    CHECK_MEM(memory_at((DWORD64)(ULONG_PTR)&pages[4096]), &pages[4096], 8);
    remove_file(file);
#endif
}

TEST(handles) {
    const write_fn write = write_function("dbghelp.dll");
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, own_name("event")), file;
    DWORD list, found = 0;

    enter_own_folder();
    file = dump_file();
    CHECK_OK(write(GetCurrentProcess(), GetCurrentProcessId(), file, MiniDumpWithHandleData, NULL, NULL, NULL));
    load(file);
    list = stream(HandleDataStream, NULL);
    REQUIRE(list != 0);
    for (DWORD i = 0; i < long_at(list + 8); i++) {
        const DWORD place = list + long_at(list) + long_at(list + 4) * i;

        if (long64_at(place) != (DWORD64)(ULONG_PTR)event)
            continue;
        found++;
        CHECK_STR(text_at(long_at(place + 8)), "Event");
        CHECK(strstr(text_at(long_at(place + 12)), own_name("event")) != NULL);
        CHECK_EQ(long_at(place + 20), EVENT_ALL_ACCESS);
    }
    CHECK_EQ(found, 1);
    CloseHandle(event);
    remove_file(file);
}

TEST(user_streams) {
    const write_fn write = write_function("dbghelp.dll");
    MINIDUMP_USER_STREAM own = {USER_STREAM, 11, "our stream"};
    MINIDUMP_USER_STREAM_INFORMATION streams = {1, &own};
    DWORD size = 0, place;
    HANDLE file;

    enter_own_folder();
    file = dump_file();
    CHECK_OK(write(GetCurrentProcess(), GetCurrentProcessId(), file, MiniDumpNormal, NULL, &streams, NULL));
    load(file);
    place = stream(USER_STREAM, &size);
    REQUIRE(place != 0);
    CHECK_EQ(size, 11);
    CHECK_STR(at(place, size), "our stream");
    remove_file(file);
}

/* ---- callbacks ---- */

struct asked {
    DWORD other_thread, threads, included, modules, included_modules, memory;
    DWORD64 extra;
};

static BOOL CALLBACK callback(void *context, MINIDUMP_CALLBACK_INPUT *const input, MINIDUMP_CALLBACK_OUTPUT *output) {
    struct asked *asked = context;

    switch (input->CallbackType) {
    case IncludeThreadCallback: asked->included++; return input->IncludeThread.ThreadId != asked->other_thread;
    case IncludeModuleCallback:
        asked->included_modules++;
        return input->IncludeModule.BaseOfImage != (DWORD64)(ULONG_PTR)GetModuleHandleA("kernel32.dll");
    case ThreadCallback:
        asked->threads++;
        CHECK(input->Thread.ThreadId != asked->other_thread);
        return TRUE;
    case ModuleCallback:
        asked->modules++;
        CHECK(input->Module.FullPath != NULL && input->Module.SizeOfImage > 0);
        return TRUE;
    case MemoryCallback:
        if (asked->memory++)
            return FALSE;
        output->MemoryBase = asked->extra;
        output->MemorySize = sizeof(DWORD64);
        return TRUE;
    default: return FALSE;
    }
}

TEST(callback_chooses) {
    const write_fn write = write_function("dbghelp.dll");
    struct asked asked = {.extra = (DWORD64)(ULONG_PTR)&in_data};
    MINIDUMP_CALLBACK_INFORMATION information = {(MINIDUMP_CALLBACK_ROUTINE)callback, &asked};
    DWORD64 marker;
    HANDLE thread = start_second_thread(&asked.other_thread, &marker), file;

    enter_own_folder();
    file = dump_file();
    CHECK_OK(write(GetCurrentProcess(), GetCurrentProcessId(), file, MiniDumpNormal, NULL, NULL, &information));
    load(file);
    CHECK(asked.included >= 2 && asked.threads >= 1 && asked.threads < asked.included);
    CHECK(asked.modules >= 2 && asked.modules < asked.included_modules);
    CHECK_EQ(asked.memory, 2);
    CHECK_EQ(thread_at(asked.other_thread), 0);
    CHECK(thread_at(GetCurrentThreadId()) != 0);
    CHECK_EQ(module_at(GetModuleHandleA("kernel32.dll")), 0);
    CHECK(module_at(GetModuleHandleA(NULL)) != 0);
    REQUIRE(memory_at(asked.extra) != NULL);
    CHECK_MEM(memory_at(asked.extra), &in_data, 8);
    end_second_thread(thread);
    remove_file(file);
}

/* MINIDUMP_CALLBACK_OUTPUT's CheckCancel and Cancel, which older headers lack. */
static BOOL CALLBACK cancel(void *context, MINIDUMP_CALLBACK_INPUT *const input, MINIDUMP_CALLBACK_OUTPUT *output) {
    BOOL answer[2] = {TRUE, TRUE};

    (void)context;
    if (input->CallbackType == 6)
        memcpy(output, answer, sizeof(answer));
    return TRUE;
}

TEST(callback_cancels) {
    const write_fn write = write_function("dbghelp.dll");
    MINIDUMP_CALLBACK_INFORMATION information = {(MINIDUMP_CALLBACK_ROUTINE)cancel, NULL};
    HANDLE file;

    enter_own_folder();
    file = dump_file();
    CHECK_ERROR(
        write(GetCurrentProcess(), GetCurrentProcessId(), file, MiniDumpWithFullMemory, NULL, NULL, &information),
        (DWORD)HRESULT_FROM_WIN32(ERROR_CANCELLED));
    remove_file(file);
}

/* ---- an exception ---- */

static LONG WINAPI dump_it(EXCEPTION_POINTERS *pointers) {
    MINIDUMP_EXCEPTION_INFORMATION information = {GetCurrentThreadId(), pointers, FALSE};
    HANDLE file = dump_file();

    CHECK_OK(write_function("dbghelp.dll")(
        GetCurrentProcess(), GetCurrentProcessId(), file, MiniDumpNormal, &information, NULL, NULL));
    CloseHandle(file);
    return EXCEPTION_EXECUTE_HANDLER;
}

static DWORD WINAPI crash(void *argument) {
    volatile DWORD64 marker = 0x1020304050607080;

    *(volatile int *)argument = (int)marker;
    return 0;
}

ROLE(crash_with_a_dump) {
    HANDLE thread;

    (void)argc;
    (void)argv;
    SetUnhandledExceptionFilter(dump_it);
    thread = CreateThread(NULL, 0, crash, (void *)0x10, 0, NULL);
    WaitForSingleObject(thread, WAIT_LIMIT_MS);
}

TEST(crash_in_a_thread) {
    struct child child;
    DWORD place, thread, context;
    DWORD64 start, found = 0;
    HANDLE file;

    enter_own_folder();
    child = spawn_self("crash_with_a_dump", NULL);
    CHECK_EQ(child_exit_code(&child), STATUS_ACCESS_VIOLATION);
    file = CreateFileA("test.dmp", GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    REQUIRE_HANDLE(file);
    load(file);
    place = stream(ExceptionStream, NULL);
    REQUIRE(place != 0);
    CHECK_EQ(long_at(place + 8), STATUS_ACCESS_VIOLATION);
    CHECK_EQ(long_at(place + 32), 2);
    CHECK_EQ(long64_at(place + 40), 1);    /* a write */
    CHECK_EQ(long64_at(place + 48), 0x10); /* there */
    CHECK_EQ(long_at(place + 160), sizeof(CONTEXT));
    context = long_at(place + 164);
    CHECK_EQ(context_at(context)->Rip, long64_at(place + 24));
    CHECK(memory_at(long64_at(place + 24)) != NULL); /* the instruction */
    thread = thread_at(long_at(place));
    REQUIRE(thread != 0);
    start = long64_at(thread + 24);
    CHECK(context_at(context)->Rsp >= start && context_at(context)->Rsp < start + long_at(thread + 32));
    for (DWORD i = 0; i + 8 <= long_at(thread + 32); i += 8) /* what lay on the stack when it crashed */
        found += long64_at(long_at(thread + 36) + i) == 0x1020304050607080;
    CHECK(found >= 1);
    remove_file(file);
}

/* ---- another process ---- */

ROLE(wait_for_the_end) {
    HANDLE ready = OpenEventA(EVENT_MODIFY_STATE, FALSE, own_name("ready")),
           end = OpenEventA(SYNCHRONIZE, FALSE, own_name("end"));
    volatile DWORD64 marker = 0x2233445566778899;

    (void)argc;
    (void)argv;
    CHECK_OK(SetEvent(ready));
    CHECK_SIGNALLED(end);
    CHECK(marker != 0);
}

TEST(another_process) {
    const write_fn write = write_function("dbghelp.dll");
    HANDLE ready = CreateEventA(NULL, FALSE, FALSE, own_name("ready")),
           end = CreateEventA(NULL, FALSE, FALSE, own_name("end")), file;
    struct child child;
    DWORD thread, found = 0;
    BOOL written;

    enter_own_folder();
    file = dump_file();
    child = spawn_self("wait_for_the_end", NULL);
    CHECK_SIGNALLED(ready);
    written = write(child.process, child.pid, file, MiniDumpWithHandleData, NULL, NULL, NULL);
    if (!written && GetLastError() == (DWORD)HRESULT_FROM_WIN32(ERROR_NOT_SUPPORTED)) {
        CHECK_OK(SetEvent(end));
        CHECK_CHILD(child);
        remove_file(file);
        test_skip("a native program's threads cannot be looked at");
    }
    CHECK(written);
    load(file);
    CHECK_EQ(long_at(stream(MiscInfoStream, NULL) + 8), child.pid);
    thread = thread_at(GetThreadId(child.thread));
    REQUIRE(thread != 0);
    for (DWORD i = 0; i + 8 <= long_at(thread + 32); i += 8)
        found += long64_at(long_at(thread + 36) + i) == 0x2233445566778899;
    CHECK(found >= 1);
    CHECK(stream(HandleDataStream, NULL) != 0);
    CHECK_OK(SetEvent(end)); /* it goes on */
    CHECK_CHILD(child);
    remove_file(file);
}

/* ---- errors ---- */

TEST(wrong_arguments) {
    const write_fn write = write_function("dbghelp.dll");
    HANDLE file;

    enter_own_folder();
    file = dump_file();
    CHECK_ERROR(write(GetCurrentProcess(), GetCurrentProcessId(), file, 0x7f000000, NULL, NULL, NULL),
        (DWORD)HRESULT_FROM_WIN32(ERROR_INVALID_PARAMETER));
    CHECK_ERROR(
        write(GetCurrentProcess(), GetCurrentProcessId(), INVALID_HANDLE_VALUE, MiniDumpNormal, NULL, NULL, NULL),
        (DWORD)HRESULT_FROM_WIN32(ERROR_INVALID_HANDLE));
    CHECK_ERROR(write((HANDLE)(ULONG_PTR)0x3f3f3c, 0, file, MiniDumpNormal, NULL, NULL, NULL),
        (DWORD)HRESULT_FROM_WIN32(ERROR_INVALID_HANDLE));
    remove_file(file);
}

TEST(reading_a_stream) {
    const write_fn write = write_function("dbghelp.dll");
    BOOL(WINAPI *const read)
    (void *, ULONG, MINIDUMP_DIRECTORY **, void **, ULONG *) = (BOOL(WINAPI *)(void *, ULONG, MINIDUMP_DIRECTORY **,
        void **, ULONG *))(void *)GetProcAddress(GetModuleHandleA("dbghelp.dll"), "MiniDumpReadDumpStream");
    MINIDUMP_DIRECTORY *directory = NULL;
    void *where = NULL;
    ULONG size = 0;
    HANDLE file;

    enter_own_folder();
    file = dump_file();
    CHECK_OK(write(GetCurrentProcess(), GetCurrentProcessId(), file, MiniDumpNormal, NULL, NULL, NULL));
    load(file);
    REQUIRE(read != NULL);
    CHECK_OK(read(file_bytes, SystemInfoStream, &directory, &where, &size));
    CHECK_EQ(directory->StreamType, SystemInfoStream);
    CHECK(where == file_bytes + stream(SystemInfoStream, NULL));
    CHECK_EQ(size, 56);
    CHECK(!read(file_bytes, USER_STREAM, &directory, &where, &size));
    remove_file(file);
}
