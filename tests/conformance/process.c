/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Processes: creation, exit codes, command line, environment, ids, ends. */
#include "harness.h"

ROLE(exit_with) {
    ExitProcess(argc ? (DWORD)strtoul(argv[0], NULL, 0) : 0);
}

TEST(exit_code_has_32_bits) {
    struct child child = spawn_self("exit_with", "0xC0FFEE99");

    CHECK_EQ(child_exit_code(&child), 0xC0FFEE99);
    child = spawn_self("exit_with", "0");
    CHECK_EQ(child_exit_code(&child), 0);
}

ROLE(wait_for_go) {
    HANDLE go = OpenEventA(EVENT_ALL_ACCESS, FALSE, own_name("go"));

    (void)argc;
    (void)argv;
    REQUIRE_HANDLE(go);
    CHECK_SIGNALLED(go);
}

TEST(still_active) {
    HANDLE go = CreateEventA(NULL, TRUE, FALSE, own_name("go"));
    struct child child = spawn_self("wait_for_go", NULL);
    DWORD code = POISON;

    CHECK_UNSIGNALLED(child.process);
    CHECK_OK(GetExitCodeProcess(child.process, &code));
    CHECK_EQ(code, STILL_ACTIVE);
    CHECK_OK(SetEvent(go));
    CHECK_CHILD(child);
}

TEST(terminate) {
    HANDLE go = CreateEventA(NULL, TRUE, FALSE, own_name("go"));
    struct child child = spawn_self("wait_for_go", NULL);

    CHECK_OK(TerminateProcess(child.process, 0x80000001));
    CHECK_EQ(child_exit_code(&child), 0x80000001);
    CloseHandle(go);
}

/* An id is not used again, and is found, as long as somebody has a handle to what has it. */
TEST(open_a_dead_one_by_id) {
    HANDLE go = CreateEventA(NULL, TRUE, FALSE, own_name("go")), process, thread;
    struct child child = spawn_self("wait_for_go", NULL);
    const DWORD tid = GetThreadId(child.thread);

    CHECK_OK(TerminateProcess(child.process, 7));
    CHECK_SIGNALLED(child.process);
    CHECK_SIGNALLED(child.thread);
    process = OpenProcess(SYNCHRONIZE | PROCESS_QUERY_LIMITED_INFORMATION, FALSE, child.pid);
    thread = OpenThread(SYNCHRONIZE | THREAD_QUERY_LIMITED_INFORMATION, FALSE, tid);
    REQUIRE_HANDLE(process);
    REQUIRE_HANDLE(thread);
    CHECK_SIGNALLED(process);
    CHECK_SIGNALLED(thread);
    CHECK_EQ(GetProcessId(process), child.pid);
    CHECK_EQ(GetThreadId(thread), tid);
    CHECK_EQ(child_exit_code(&child), 7);
    CloseHandle(thread);
    CloseHandle(process);
    CloseHandle(go);
}

TEST(open_by_id) {
    HANDLE go = CreateEventA(NULL, TRUE, FALSE, own_name("go"));
    struct child child = spawn_self("wait_for_go", NULL);
    HANDLE opened = OpenProcess(SYNCHRONIZE | PROCESS_QUERY_LIMITED_INFORMATION, FALSE, child.pid);

    CHECK_EQ(child.pid & 3, 0);
    CHECK_EQ(GetProcessId(child.process), child.pid);
    REQUIRE_HANDLE(opened);
    CHECK_UNSIGNALLED(opened);
    CHECK_ERROR(TerminateProcess(opened, 1), ERROR_ACCESS_DENIED);
    CHECK_OK(SetEvent(go));
    CHECK_SIGNALLED(opened);
    CHECK_CHILD(child);
    CHECK_ERROR(OpenProcess(SYNCHRONIZE, FALSE, 0x7ffffffc), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(OpenProcess(SYNCHRONIZE, FALSE, 0), ERROR_INVALID_PARAMETER);
    CloseHandle(opened);
}

ROLE(check_arguments) {
    static const char *const expected[] = {"plain", "two words", "", "a\"b", "back\\slash\\", "end of words\\", "*.c", "100%"};

    CHECK_EQ(argc, 8);
    for (int i = 0; i < argc && i < 8; i++)
        CHECK_STR(argv[i], expected[i]);
}

TEST(arguments_arrive_as_quoted) {
    struct child child =
        spawn_self("check_arguments", "plain \"two words\" \"\" a\\\"b back\\slash\\ \"end of words\\\\\" \"*.c\" 100%");

    CHECK_CHILD(child);
}

ROLE(check_environment) {
    char value[64];

    (void)argc;
    (void)argv;
    POISON_OUT(value);
    CHECK_EQ(GetEnvironmentVariableA("WINIPC_TEST_SET", value, sizeof(value)), 7);
    CHECK_STR(value, "a value");
    CHECK_EQ(GetEnvironmentVariableA("winipc_test_set", value, sizeof(value)), 7);
    CHECK_ERROR(GetEnvironmentVariableA("WINIPC_TEST_UNSET", value, sizeof(value)), ERROR_ENVVAR_NOT_FOUND);
}

TEST(environment_is_inherited) {
    CHECK_OK(SetEnvironmentVariableA("WINIPC_TEST_SET", "a value"));
    CHECK_OK(SetEnvironmentVariableA("WINIPC_TEST_UNSET", "x"));
    CHECK_OK(SetEnvironmentVariableA("WINIPC_TEST_UNSET", NULL));
    struct child child = spawn_self("check_environment", NULL);
    CHECK_CHILD(child);
}

TEST(missing_program) {
    STARTUPINFOA startup = {.cb = sizeof(startup)};
    PROCESS_INFORMATION information;
    char command[] = "no-such-program-anywhere.exe argument";

    CHECK_ERROR(CreateProcessA(NULL, command, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &information), ERROR_FILE_NOT_FOUND);
    CHECK_ERROR(CreateProcessA("C:\\no\\such\\folder\\x.exe", NULL, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &information),
                ERROR_PATH_NOT_FOUND);
}

ROLE(print_id) {
    HANDLE parent = OpenProcess(SYNCHRONIZE, FALSE, (DWORD)strtoul(argv[0], NULL, 10));

    (void)argc;
    REQUIRE_HANDLE(parent);
    CHECK_UNSIGNALLED(parent);
    ExitProcess(GetCurrentProcessId());
}

TEST(ids_agree) {
    char args[32];

    snprintf(args, sizeof(args), "%u", (unsigned)GetCurrentProcessId());
    struct child child = spawn_self("print_id", args);
    const DWORD pid = child.pid;
    CHECK_EQ(child_exit_code(&child), pid);
}

TEST(suspended_at_creation) {
    char program[MAX_PATH], command[512];
    STARTUPINFOA startup = {.cb = sizeof(startup)};
    PROCESS_INFORMATION information;

    REQUIRE_OK(GetModuleFileNameA(NULL, program, sizeof(program)));
    snprintf(command, sizeof(command), "\"%s\" --role 0 exit_with 5", program);
    REQUIRE_OK(CreateProcessA(NULL, command, NULL, NULL, FALSE, CREATE_SUSPENDED, NULL, NULL, &startup, &information));
    CHECK_STILL_WAITING(information.hProcess);
    CHECK_EQ(ResumeThread(information.hThread), 1);
    struct child child = {information.hProcess, information.hThread, information.dwProcessId};
    CHECK_EQ(child_exit_code(&child), 5);
}

static DWORD WINAPI exit_process(void *param) {
    ExitProcess((DWORD)(ULONG_PTR)param);
}

ROLE(exit_from_a_thread) {
    (void)argc;
    (void)argv;
    HANDLE thread = CreateThread(NULL, 0, exit_process, (void *)77, 0, NULL);
    WaitForSingleObject(thread, INFINITE);
    Sleep(INFINITE);
}

TEST(any_thread_ends_the_process) {
    struct child child = spawn_self("exit_from_a_thread", NULL);

    CHECK_EQ(child_exit_code(&child), 77);
}

ROLE(crash) {
    (void)argc;
    (void)argv;
    SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX);
    RaiseException(0xE0001234, 0, 0, NULL);
}

TEST(unhandled_exception_is_the_exit_code) {
    struct child child = spawn_self("crash", NULL);

    CHECK_EQ(child_exit_code(&child), 0xE0001234);
}

TEST(many_children_at_once) {
    struct child children[8];

    for (int i = 0; i < 8; i++) {
        char args[16];

        snprintf(args, sizeof(args), "%d", i + 100);
        children[i] = spawn_self("exit_with", args);
    }
    for (int i = 0; i < 8; i++)
        CHECK_EQ(child_exit_code(&children[i]), i + 100);
}

ROLE(check_list) {
    REQUIRE(argc == 2);
    CHECK_OK(SetEvent((HANDLE)(ULONG_PTR)strtoull(argv[0], NULL, 10)));
    CHECK_ERROR(SetEvent((HANDLE)(ULONG_PTR)strtoull(argv[1], NULL, 10)), ERROR_INVALID_HANDLE);
}

TEST(handle_list_limits_inheritance) {
    SECURITY_ATTRIBUTES inherit = {sizeof(inherit), NULL, TRUE};
    HANDLE listed = CreateEventA(&inherit, TRUE, FALSE, NULL), unlisted = CreateEventA(&inherit, TRUE, FALSE, NULL);
    STARTUPINFOEXA startup = {.StartupInfo.cb = sizeof(startup)};
    PROCESS_INFORMATION information;
    char program[MAX_PATH], command[512];
    SIZE_T size = 0;

    CHECK_ERROR(InitializeProcThreadAttributeList(NULL, 1, 0, &size), ERROR_INSUFFICIENT_BUFFER);
    startup.lpAttributeList = malloc(size);
    REQUIRE_OK(InitializeProcThreadAttributeList(startup.lpAttributeList, 1, 0, &size));
    REQUIRE_OK(UpdateProcThreadAttribute(startup.lpAttributeList, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, &listed, sizeof(listed), NULL, NULL));
    REQUIRE_OK(GetModuleFileNameA(NULL, program, sizeof(program)));
    snprintf(command, sizeof(command), "\"%s\" --role 0 check_list %u %u", program, (unsigned)(ULONG_PTR)listed, (unsigned)(ULONG_PTR)unlisted);
    REQUIRE_OK(CreateProcessA(NULL, command, NULL, NULL, TRUE, EXTENDED_STARTUPINFO_PRESENT, NULL, NULL, &startup.StartupInfo, &information));
    DeleteProcThreadAttributeList(startup.lpAttributeList);
    struct child child = {information.hProcess, information.hThread, information.dwProcessId};
    CHECK_CHILD(child);
    CHECK_EQ(WaitForSingleObject(listed, 0), WAIT_OBJECT_0);
}

TEST(a_command_line_has_32766_characters) {
    STARTUPINFOA startup = {.cb = sizeof(startup)};
    PROCESS_INFORMATION information;
    char program[MAX_PATH], *command = malloc(32768);
    DWORD code = POISON;
    int n;

    REQUIRE_OK(GetModuleFileNameA(NULL, program, sizeof(program)));
    n = snprintf(command, 32768, "\"%s\" --role 0 no_such_role ", program);
    memset(command + n, 'x', (size_t)(32767 - n));
    command[32767] = 0;
    CHECK_ERROR(CreateProcessA(NULL, command, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &information), ERROR_FILENAME_EXCED_RANGE);
    command[32766] = 0;
    REQUIRE_OK(CreateProcessA(NULL, command, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &information));
    CHECK_SIGNALLED(information.hProcess);
    CHECK_OK(GetExitCodeProcess(information.hProcess, &code));
    CHECK_EQ(code, 2); /* no such role: it has run */
    CloseHandle(information.hThread);
    CloseHandle(information.hProcess);
    free(command);
}

/* ---- what is seldom asked ---- */

TEST(all_threads_of_a_process_stand_still) {
    NTSTATUS(WINAPI * suspend)(HANDLE), (WINAPI * resume)(HANDLE);
    FARPROC function = GetProcAddress(GetModuleHandleA("ntdll.dll"), "NtSuspendProcess");
    struct child child = spawn_suspended("exit_with", "5");
    HANDLE limited = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, child.pid);

    REQUIRE(function != NULL);
    memcpy(&suspend, &function, sizeof suspend);
    function = GetProcAddress(GetModuleHandleA("ntdll.dll"), "NtResumeProcess");
    REQUIRE(function != NULL);
    memcpy(&resume, &function, sizeof resume);
    CHECK_EQ(suspend(child.process), 0);
    CHECK_EQ(suspend(limited), (NTSTATUS)0xc0000022);
    CHECK_EQ(ResumeThread(child.thread), 2);
    CHECK_STILL_WAITING(child.process);
    CHECK_EQ(resume(child.process), 0);
    CHECK_EQ(child_exit_code(&child), 5);
}

TEST(winexec) {
    const HANDLE began = CreateEventA(NULL, TRUE, FALSE, own_name("winexec"));
    char command[MAX_PATH + 64];

    CHECK_EQ(WinExec("no-such-program-anywhere.exe", SW_HIDE), ERROR_FILE_NOT_FOUND);
    own_command(command, sizeof command, "tell_that_it_runs", NULL);
    CHECK(WinExec(command, SW_HIDE) > 31);
    CHECK_SIGNALLED(began);
}

ROLE(tell_that_it_runs) {
    (void)argc, (void)argv;
    CHECK_OK(SetEvent(CreateEventA(NULL, TRUE, FALSE, own_name("winexec"))));
}

TEST(order_of_the_shutdown) {
    DWORD level = 0, flags = POISON;

    CHECK_OK(GetProcessShutdownParameters(&level, &flags));
    CHECK_EQ(level, 0x280);
    CHECK_EQ(flags, 0);
    CHECK_OK(SetProcessShutdownParameters(0x100, SHUTDOWN_NORETRY));
    CHECK_OK(GetProcessShutdownParameters(&level, &flags));
    CHECK_EQ(level, 0x100);
    CHECK_EQ(flags, SHUTDOWN_NORETRY);
}

TEST(version_of_the_program) {
    struct child child = spawn_suspended("exit_with", "0");
    const DWORD own = GetProcessVersion(0);

    CHECK(HIWORD(own) >= 4);
    CHECK_EQ(GetProcessVersion(GetCurrentProcessId()), own);
    CHECK_ERROR(GetProcessVersion(3), ERROR_INVALID_PARAMETER);
    CHECK_EQ(ResumeThread(child.thread), 1);
    CHECK_CHILD(child);
}

ROLE(ends_at_once) {
    (void)argc;
    ExitProcess((UINT)strtoul(argv[0], NULL, 16));
}

/* Source: https://learn.microsoft.com/en-us/windows/win32/api/processthreadsapi/nf-processthreadsapi-getexitcodethread */
TEST(the_first_thread_ends_with_its_process) {
    struct child child = spawn_self("ends_at_once", "1234");
    DWORD code = POISON;

    CHECK_SIGNALLED(child.process);
    CHECK_EQ(WaitForSingleObject(child.thread, 0), WAIT_OBJECT_0);
    CHECK_OK(GetExitCodeThread(child.thread, &code));
    CHECK_EQ(code, 0x1234);
    CHECK_EQ(child_exit_code(&child), 0x1234);
}
