/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The memory of other processes, and threads that are started there. */
#include "harness.h"

#ifdef _WIN32 /* a native program has no thread that answers others */

ROLE(wait_for_end) {
    HANDLE event = OpenEventA(SYNCHRONIZE, FALSE, own_name("end"));

    (void)argc;
    (void)argv;
    CHECK_EQ(WaitForSingleObject(event, WAIT_LIMIT_MS), WAIT_OBJECT_0);
}

ROLE(compute) {
    (void)argc;
    (void)argv;
    for (volatile int i = 0;; i++)
        ;
}

static HANDLE end;

static struct child start(void) {
    end = CreateEventA(NULL, TRUE, FALSE, own_name("end"));
    return spawn_self("wait_for_end", NULL);
}

static void finish(struct child *child) {
    CHECK_OK(SetEvent(end));
    CHECK_EQ(child_exit_code(child), 0);
}

static char *allocate(HANDLE process) {
    char *memory = VirtualAllocEx(process, NULL, 8192, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);

    REQUIRE(memory != NULL);
    return memory;
}

static void check_memory(HANDLE process) {
    char *memory = allocate(process), text[8] = "";
    MEMORY_BASIC_INFORMATION info;
    SIZE_T n = POISON;
    DWORD old = POISON;

    CHECK_OK(WriteProcessMemory(process, memory + 4090, "abcdefg", 8, &n));
    CHECK_EQ(n, 8);
    n = POISON;
    CHECK_OK(ReadProcessMemory(process, memory + 4090, text, 8, &n));
    CHECK_EQ(n, 8);
    CHECK_STR(text, "abcdefg");
    CHECK_OK(VirtualProtectEx(process, memory + 4096, 4096, PAGE_READONLY, &old));
    CHECK_EQ(old, PAGE_READWRITE);
    memset(&info, 0, sizeof(info));
    CHECK_EQ(VirtualQueryEx(process, memory, &info, sizeof(info)), sizeof(info));
    CHECK(info.BaseAddress == memory && info.AllocationBase == memory);
    CHECK_EQ(info.RegionSize, 4096);
    CHECK_EQ(info.State, MEM_COMMIT);
    CHECK_EQ(info.Protect, PAGE_READWRITE);
    CHECK_EQ(VirtualQueryEx(process, memory + 4096, &info, sizeof(info)), sizeof(info));
    CHECK_EQ(info.Protect, PAGE_READONLY);
    CHECK_OK(VirtualFreeEx(process, memory, 8192, MEM_DECOMMIT));
    CHECK_EQ(VirtualQueryEx(process, memory, &info, sizeof(info)), sizeof(info));
    CHECK_EQ(info.RegionSize, 8192);
    CHECK_EQ(info.State, MEM_RESERVE);
    CHECK_ERROR(ReadProcessMemory(process, memory, text, 8, &n), ERROR_PARTIAL_COPY);
    CHECK_ERROR(VirtualFreeEx(process, memory + 4096, 0, MEM_RELEASE), ERROR_INVALID_ADDRESS);
    CHECK_OK(VirtualFreeEx(process, memory, 0, MEM_RELEASE)); /* from now on the process may have something else there */
}

/* Who patches code need not make it writable; what may only be read is not written. */
static void check_protected(HANDLE process) {
    char *memory = allocate(process), text[8] = "";
    MEMORY_BASIC_INFORMATION info;
    SIZE_T n = POISON;
    DWORD old = POISON;

    CHECK_OK(VirtualProtectEx(process, memory, 4096, PAGE_EXECUTE_READ, &old));
    CHECK_OK(WriteProcessMemory(process, memory + 8, "patched", 8, &n));
    CHECK_EQ(n, 8);
    CHECK_OK(ReadProcessMemory(process, memory + 8, text, 8, &n));
    CHECK_STR(text, "patched");
    CHECK_EQ(VirtualQueryEx(process, memory, &info, sizeof(info)), sizeof(info));
    CHECK_EQ(info.Protect, PAGE_EXECUTE_READ);
    CHECK_OK(VirtualProtectEx(process, memory, 4096, PAGE_READONLY, &old));
    CHECK_ERROR(WriteProcessMemory(process, memory + 8, "refused", 8, &n), ERROR_NOACCESS);
    CHECK_OK(ReadProcessMemory(process, memory + 8, text, 8, &n));
    CHECK_STR(text, "patched");
    CHECK_OK(VirtualFreeEx(process, memory, 0, MEM_RELEASE));
}

TEST(code_is_patched_without_a_word) {
    struct child child = start();

    check_protected(GetCurrentProcess());
    check_protected(child.process);
    finish(&child);
}

ROLE(ends_with_three) {
    (void)argc;
    (void)argv;
    ExitProcess(3);
}

/* As those do who put a DLL into a program before it begins. */
TEST(a_thread_in_a_process_that_has_not_begun) {
    struct child child = spawn_suspended("ends_with_three", NULL);
    HANDLE thread = CreateRemoteThread(child.process, NULL, 0,
        (LPTHREAD_START_ROUTINE)(void *)GetProcAddress(GetModuleHandleA("kernel32"), "GetCurrentProcessId"), NULL, 0, NULL);
    DWORD code = POISON;

    REQUIRE_HANDLE(thread);
    CHECK_SIGNALLED(thread);
    CHECK_OK(GetExitCodeThread(thread, &code));
    CHECK_EQ(code, child.pid);
    CHECK_UNSIGNALLED(child.process);
    CHECK_EQ(ResumeThread(child.thread), 1);
    CHECK_EQ(child_exit_code(&child), 3);
    CloseHandle(thread);
}

TEST(memory_of_a_process_that_waits) {
    struct child child = start();

    check_memory(child.process);
    finish(&child);
}

TEST(memory_of_a_process_that_computes) {
    struct child child = spawn_self("compute", NULL);

    check_memory(child.process);
    CHECK_OK(TerminateProcess(child.process, 7));
    CHECK_EQ(child_exit_code(&child), 7);
}

TEST(memory_of_a_suspended_process) {
    end = CreateEventA(NULL, TRUE, TRUE, own_name("end"));
    struct child child = spawn_suspended("wait_for_end", NULL);

    check_memory(child.process);
    CHECK_EQ(ResumeThread(child.thread), 1);
    finish(&child);
}

TEST(rights_are_needed) {
    struct child child = start();
    HANDLE weak = OpenProcess(PROCESS_QUERY_INFORMATION, FALSE, child.pid),
           reads = OpenProcess(PROCESS_VM_READ, FALSE, child.pid);
    char *memory = allocate(child.process), byte;
    DWORD old;
    SIZE_T n;

    CHECK_ERROR(VirtualAllocEx(weak, NULL, 4096, MEM_COMMIT, PAGE_READWRITE), ERROR_ACCESS_DENIED);
    CHECK_ERROR(VirtualFreeEx(weak, memory, 0, MEM_RELEASE), ERROR_ACCESS_DENIED);
    CHECK_ERROR(VirtualProtectEx(weak, memory, 4096, PAGE_READONLY, &old), ERROR_ACCESS_DENIED);
    CHECK_ERROR(ReadProcessMemory(weak, memory, &byte, 1, &n), ERROR_ACCESS_DENIED);
    CHECK_ERROR(WriteProcessMemory(reads, memory, "x", 1, &n), ERROR_ACCESS_DENIED);
    CHECK_OK(ReadProcessMemory(reads, memory, &byte, 1, &n));
    CHECK_ERROR(
        CreateRemoteThread(weak, NULL, 0, (LPTHREAD_START_ROUTINE)(void *)memory, NULL, 0, NULL), ERROR_ACCESS_DENIED);
    CloseHandle(weak);
    CloseHandle(reads);
    finish(&child);
}

/* ---- threads ---- */

/* mov eax, ecx; add eax, 1; ret */
static const unsigned char add_one[] = {0x89, 0xc8, 0x83, 0xc0, 0x01, 0xc3};

static LPTHREAD_START_ROUTINE put_code(HANDLE process) {
    char *code = VirtualAllocEx(process, NULL, 4096, MEM_COMMIT, PAGE_EXECUTE_READWRITE);
    SIZE_T n;

    REQUIRE(code != NULL);
    REQUIRE_OK(WriteProcessMemory(process, code, add_one, sizeof(add_one), &n));
    return (LPTHREAD_START_ROUTINE)(void *)code;
}

TEST(a_thread_there) {
    struct child child = start();
    DWORD id = 0, code = POISON;
    HANDLE thread = CreateRemoteThread(child.process, NULL, 0, put_code(child.process), (void *)(ULONG_PTR)41, 0, &id);

    REQUIRE_HANDLE(thread);
    CHECK_SIGNALLED(thread);
    CHECK_OK(GetExitCodeThread(thread, &code));
    CHECK_EQ(code, 42);
    CHECK_EQ(GetThreadId(thread), id);
    CHECK_EQ(GetProcessIdOfThread(thread), child.pid);
    finish(&child);
}

TEST(a_suspended_thread_there) {
    struct child child = start();
    DWORD code = POISON;
    HANDLE thread = CreateRemoteThread(
        child.process, NULL, 0, put_code(child.process), (void *)(ULONG_PTR)1, CREATE_SUSPENDED, NULL);

    REQUIRE_HANDLE(thread);
    CHECK_STILL_WAITING(thread);
    CHECK_EQ(ResumeThread(thread), 1);
    CHECK_SIGNALLED(thread);
    CHECK_OK(GetExitCodeThread(thread, &code));
    CHECK_EQ(code, 2);
    finish(&child);
}

/* As those do who load a DLL into another process: kernel32 lies at the same place in all processes. */
TEST(a_function_of_kernel32_there) {
    struct child child = start();
    LPTHREAD_START_ROUTINE load =
        (LPTHREAD_START_ROUTINE)(void *)GetProcAddress(GetModuleHandleA("kernel32"), "LoadLibraryA");
    char *name = allocate(child.process);
    HANDLE thread;
    DWORD code = 0;
    SIZE_T n;

    CHECK_OK(WriteProcessMemory(child.process, name, "version.dll", 12, &n));
    thread = CreateRemoteThread(child.process, NULL, 0, load, name, 0, NULL);
    REQUIRE_HANDLE(thread);
    CHECK_SIGNALLED(thread);
    CHECK_OK(GetExitCodeThread(thread, &code));
    CHECK(code != 0);
    finish(&child);
}

TEST(many_at_once) {
    struct child child = start();
    LPTHREAD_START_ROUTINE code = put_code(child.process);
    HANDLE threads[32];

    for (int i = 0; i < 32; i++) {
        threads[i] = CreateRemoteThread(child.process, NULL, 0, code, (void *)(ULONG_PTR)i, 0, NULL);
        REQUIRE_HANDLE(threads[i]);
    }
    REQUIRE(WaitForMultipleObjects(32, threads, TRUE, WAIT_LIMIT_MS) == WAIT_OBJECT_0);
    for (int i = 0; i < 32; i++) {
        DWORD result = POISON;

        CHECK_OK(GetExitCodeThread(threads[i], &result));
        CHECK_EQ(result, i + 1);
    }
    finish(&child);
}

/* ---- ends ---- */

TEST(a_process_that_has_ended) {
    struct child child = spawn_self("wait_for_end", NULL);
    char byte;
    SIZE_T n;

    CHECK_OK(TerminateProcess(child.process, 7));
    CHECK_SIGNALLED(child.process);
    CHECK_ERROR(VirtualAllocEx(child.process, NULL, 4096, MEM_COMMIT, PAGE_READWRITE), ERROR_ACCESS_DENIED);
    CHECK_ERROR(CreateRemoteThread(child.process, NULL, 0, (LPTHREAD_START_ROUTINE)(void *)&byte, NULL, 0, NULL),
        ERROR_ACCESS_DENIED);
    CHECK(!ReadProcessMemory(child.process, &byte, &byte, 1, &n));
    CHECK_EQ(child_exit_code(&child), 7);
}

ROLE(ask_for_ever) {
    HANDLE process = OpenProcess(PROCESS_ALL_ACCESS, FALSE, (DWORD)strtoul(argv[0], NULL, 10)),
           began = OpenEventA(EVENT_MODIFY_STATE, FALSE, own_name("began"));

    (void)argc;
    REQUIRE_HANDLE(process);
    for (;;) {
        REQUIRE_OK(VirtualFreeEx(process, allocate(process), 0, MEM_RELEASE));
        SetEvent(began);
    }
}

/* Who asks is killed in the middle of it: others are answered. */
TEST(an_asker_that_is_ended) {
    struct child child = start(), asker;
    HANDLE began = CreateEventA(NULL, FALSE, FALSE, own_name("began"));
    char arguments[32];

    snprintf(arguments, sizeof(arguments), "%lu", (unsigned long)child.pid);
    for (int round = 0; round < 5; round++) {
        asker = spawn_self("ask_for_ever", arguments);
        CHECK_SIGNALLED(began);
        CHECK_OK(TerminateProcess(asker.process, 7));
        CHECK_EQ(child_exit_code(&asker), 7);
        check_memory(child.process);
    }
    finish(&child);
}

/* Who is asked is killed in the middle of it. */
TEST(an_asked_process_that_is_ended) {
    for (int round = 0; round < 5; round++) {
        struct child child = start();
        HANDLE thread = CreateRemoteThread(child.process, NULL, 0,
            (LPTHREAD_START_ROUTINE)(void *)GetProcAddress(GetModuleHandleA("kernel32"), "ExitProcess"),
            (void *)(ULONG_PTR)9, 0, NULL);
        void *memory;

        REQUIRE_HANDLE(thread);
        do
            memory = VirtualAllocEx(child.process, NULL, 4096, MEM_COMMIT, PAGE_READWRITE);
        while (memory);
        CHECK_EQ(GetLastError(), ERROR_ACCESS_DENIED);
        CHECK_EQ(child_exit_code(&child), 9);
        CloseHandle(thread);
    }
}

static void check_region(HANDLE process, void *at, DWORD state, DWORD protect, DWORD type) {
    MEMORY_BASIC_INFORMATION info;

    POISON_OUT(info);
    CHECK_EQ(VirtualQueryEx(process, at, &info, sizeof(info)), sizeof(info));
    CHECK_EQ(info.State, state);
    if (state == MEM_COMMIT)
        CHECK_EQ(info.Protect, protect);
    CHECK_EQ(info.Type, type);
    CHECK(info.RegionSize > 0 && info.RegionSize % 4096 == 0);
    if (state == MEM_FREE)
        CHECK(info.AllocationBase == NULL && info.Protect == PAGE_NOACCESS);
}

TEST(kinds_of_regions_there) {
    typedef LONG WINAPI map_function(HANDLE, HANDLE, void **, ULONG_PTR, SIZE_T, LARGE_INTEGER *, SIZE_T *, ULONG, ULONG, ULONG);
    struct child child = start();
    HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 65536, NULL);
    map_function *map = (map_function *)(void *)GetProcAddress(GetModuleHandleA("ntdll"), "NtMapViewOfSection");
    char *memory = VirtualAllocEx(child.process, NULL, 1 << 20, MEM_RESERVE, PAGE_READWRITE);
    MEMORY_BASIC_INFORMATION info;
    void *view = NULL;
    SIZE_T size = 0;

    REQUIRE(memory && section && map);
    CHECK(VirtualAllocEx(child.process, memory + 8192, 4096, MEM_COMMIT, PAGE_EXECUTE_READ) == memory + 8192);
    check_region(child.process, NULL, MEM_FREE, 0, 0);
    check_region(child.process, memory, MEM_RESERVE, 0, MEM_PRIVATE);
    check_region(child.process, memory + 8192 + 123, MEM_COMMIT, PAGE_EXECUTE_READ, MEM_PRIVATE);
    check_region(child.process, memory + 12288, MEM_RESERVE, 0, MEM_PRIVATE);
    CHECK_EQ(VirtualQueryEx(child.process, memory + 12288, &info, sizeof(info)), sizeof(info));
    CHECK(info.AllocationBase == memory && info.BaseAddress == memory + 12288);
    CHECK_EQ(info.RegionSize, (1 << 20) - 12288);
    CHECK_EQ(info.AllocationProtect, PAGE_READWRITE);
    CHECK_EQ(map(section, child.process, &view, 0, 0, NULL, &size, 1, 0, PAGE_READONLY), 0);
    check_region(child.process, view, MEM_COMMIT, PAGE_READONLY, MEM_MAPPED);
    CHECK_OK(VirtualFreeEx(child.process, memory, 0, MEM_RELEASE));
    CHECK_EQ(VirtualQueryEx(child.process, (void *)(ULONG_PTR)-1, &info, sizeof(info)), 0);
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(VirtualQueryEx(child.process, memory, &info, sizeof(info) - 1), ERROR_BAD_LENGTH);
    finish(&child);
}

ROLE(says_that_it_runs) {
    (void)argc;
    (void)argv;
    CHECK_OK(SetEvent(CreateEventA(NULL, TRUE, FALSE, own_name("runs"))));
    CHECK_EQ(WaitForSingleObject(CreateEventA(NULL, TRUE, FALSE, own_name("end")), WAIT_LIMIT_MS), WAIT_OBJECT_0);
}

TEST(an_image_there) {
    HANDLE runs = CreateEventA(NULL, TRUE, FALSE, own_name("runs"));
    struct child child = spawn_self("says_that_it_runs", NULL);
    char *program = (char *)GetModuleHandleA(NULL); /* of one program in two processes at one place */
    MEMORY_BASIC_INFORMATION own, other;

    end = CreateEventA(NULL, TRUE, FALSE, own_name("end"));
    CHECK_SIGNALLED(runs); /* before that its loader still has it open to writing */
    CHECK_EQ(VirtualQuery(program, &own, sizeof(own)), sizeof(own));
    CHECK_EQ(VirtualQueryEx(child.process, program, &other, sizeof(other)), sizeof(other));
    CHECK_EQ(own.Type, MEM_IMAGE);
    CHECK(other.BaseAddress == own.BaseAddress && other.AllocationBase == own.AllocationBase);
    CHECK_EQ(other.AllocationProtect, own.AllocationProtect);
    CHECK_EQ(other.RegionSize, own.RegionSize);
    CHECK_EQ(other.Protect, own.Protect);
    CHECK_EQ(other.Type, own.Type);
    program = (char *)(ULONG_PTR)check_region;
    check_region(child.process, program, MEM_COMMIT, PAGE_EXECUTE_READ, MEM_IMAGE);
    finish(&child);
}

#endif
