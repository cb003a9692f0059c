/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The conformance tests' harness (see harness.h). */
#include "harness.h"

#define SKIPPED 77
#define TEST_LIMIT_MS 60000

static struct test *tests, **tests_end = &tests;
static struct role *roles;
static LONG n_failures;
static char test_id[32];

void test_register(struct test *test) {
    *tests_end = test;
    tests_end = &test->next;
}

void role_register(struct role *role) {
    role->next = roles;
    roles = role;
}

static void failure_begin(const char *file, int line, const char *expression) {
    InterlockedIncrement(&n_failures);
    printf("%s:%d: %s: ", file, line, expression);
}

static void failure_end(DWORD last_error) {
    fflush(stdout);
    SetLastError(last_error);
}

int check_true(const char *file, int line, int holds, const char *expression) {
    const DWORD last_error = GetLastError();

    if (holds)
        return 1;
    failure_begin(file, line, expression);
    printf("does not hold (last error %u)\n", (unsigned)last_error);
    failure_end(last_error);
    return 0;
}

int check_equal(const char *file, int line, long long actual, long long expected, const char *expression) {
    const DWORD last_error = GetLastError();

    if (actual == expected)
        return 1;
    failure_begin(file, line, expression);
    printf("actual %lld (0x%llx), expected %lld (0x%llx), last error %u\n", actual, (unsigned long long)actual, expected,
           (unsigned long long)expected, (unsigned)last_error);
    failure_end(last_error);
    return 0;
}

static void print_bytes(const char *what, const void *bytes, size_t len) {
    const unsigned char *byte = bytes;

    printf("  %s", what);
    for (size_t i = 0; i < len && i < 64; i++)
        printf(" %02x", byte[i]);
    printf("%s\n", len > 64 ? " ..." : "");
}

int check_bytes(const char *file, int line, const void *actual, const void *expected, size_t len, const char *expression) {
    const DWORD last_error = GetLastError();

    if (!memcmp(actual, expected, len))
        return 1;
    failure_begin(file, line, expression);
    printf("%u bytes differ\n", (unsigned)len);
    print_bytes("actual  ", actual, len);
    print_bytes("expected", expected, len);
    failure_end(last_error);
    return 0;
}

int check_text(const char *file, int line, const char *actual, const char *expected, const char *expression) {
    const DWORD last_error = GetLastError();

    if (!strcmp(actual, expected))
        return 1;
    failure_begin(file, line, expression);
    printf("actual \"%s\", expected \"%s\"\n", actual, expected);
    failure_end(last_error);
    return 0;
}

int check_success(const char *file, int line, long long result, const char *expression) {
    const DWORD last_error = GetLastError();

    if (result)
        return 1;
    failure_begin(file, line, expression);
    printf("failed with error %u, expected success\n", (unsigned)last_error);
    failure_end(last_error);
    return 0;
}

int check_failure(const char *file, int line, long long result, DWORD expected, const char *expression) {
    const DWORD last_error = GetLastError();

    if (!result && last_error == expected)
        return 1;
    failure_begin(file, line, expression);
    if (result)
        printf("succeeded (%lld), expected error %u\n", result, (unsigned)expected);
    else
        printf("actual error %u, expected error %u\n", (unsigned)last_error, (unsigned)expected);
    failure_end(last_error);
    return 0;
}

int check_untouched(const char *file, int line, const void *object, size_t len, const char *expression) {
    const DWORD last_error = GetLastError();
    const unsigned char *byte = object;

    for (size_t i = 0; i < len; i++)
        if (byte[i] != 0xde) {
            failure_begin(file, line, expression);
            printf("was written to\n");
            print_bytes("actual  ", object, len);
            failure_end(last_error);
            return 0;
        }
    return 1;
}

void require(int holds) {
    if (!holds)
        ExitProcess(1);
}

void test_skip(const char *reason) {
    printf("%s\n", reason);
    fflush(stdout);
    ExitProcess(SKIPPED);
}

const char *own_name(const char *what) {
    static char names[8][128];
    static LONG next;
    char *name = names[InterlockedIncrement(&next) & 7];

    snprintf(name, sizeof(names[0]), "winipc-test-%s-%s", test_id, what);
    return name;
}

const char *own_pipe(const char *what) {
    static char names[8][160];
    static LONG next;
    char *name = names[InterlockedIncrement(&next) & 7];

    snprintf(name, sizeof(names[0]), "\\\\.\\pipe\\%s", own_name(what));
    return name;
}

void enter_own_folder(void) {
    char path[MAX_PATH];

    REQUIRE_OK(GetTempPathA(sizeof(path), path));
    REQUIRE_OK(SetCurrentDirectoryA(path));
    REQUIRE_OK(CreateDirectoryA(own_name("folder"), NULL));
    REQUIRE_OK(SetCurrentDirectoryA(own_name("folder")));
}

void leave_own_folder(void) {
    REQUIRE_OK(SetCurrentDirectoryA(".."));
    CHECK_OK(RemoveDirectoryA(own_name("folder")));
}

/* Under WINIPC_TEST_MIXED, which the runner sets, a Linux program's second process is the .exe of the same test, and the other way round. */
static void other_program(char program[MAX_PATH]) {
    char *ending = strrchr(program, '.'), mixed[2];

    if (ending && GetEnvironmentVariableA("WINIPC_TEST_MIXED", mixed, sizeof(mixed)))
        strcpy(ending, strcmp(ending, ".exe") ? ".exe" : ".elf");
}

static struct child spawn(const char *arguments, BOOL inherit, DWORD flags) {
    char program[MAX_PATH], command[1024];
    STARTUPINFOA startup = {.cb = sizeof(startup)};
    PROCESS_INFORMATION information;

    REQUIRE_OK(GetModuleFileNameA(NULL, program, sizeof(program)));
    other_program(program);
    snprintf(command, sizeof(command), "\"%s\" %s", program, arguments);
    REQUIRE_OK(CreateProcessA(program, command, NULL, NULL, inherit, flags, NULL, NULL, &startup, &information));
    return (struct child){information.hProcess, information.hThread, information.dwProcessId};
}

static struct child spawn_role(const char *role, const char *args, BOOL inherit, DWORD flags) {
    char arguments[768];

    snprintf(arguments, sizeof(arguments), "--role %s %s %s", test_id, role, args ? args : "");
    return spawn(arguments, inherit, flags);
}

void own_command(char *command, size_t size, const char *role, const char *args) {
    char program[MAX_PATH];

    REQUIRE_OK(GetModuleFileNameA(NULL, program, sizeof(program)));
    snprintf(command, size, "\"%s\" --role %s %s %s", program, test_id, role, args ? args : "");
}

struct child spawn_self(const char *role, const char *args) {
    return spawn_role(role, args, FALSE, 0);
}

struct child spawn_inheriting(const char *role, const char *args) {
    return spawn_role(role, args, TRUE, 0);
}

struct child spawn_suspended(const char *role, const char *args) {
    return spawn_role(role, args, FALSE, CREATE_SUSPENDED);
}

DWORD child_exit_code(struct child *child) {
    DWORD code = POISON;

    if (!CHECK_SIGNALLED(child->process))
        TerminateProcess(child->process, POISON);
    CHECK_OK(GetExitCodeProcess(child->process, &code));
    CloseHandle(child->thread);
    CloseHandle(child->process);
    return code;
}

static int test_run(const char *name) {
    for (const struct test *test = tests; test; test = test->next)
        if (!strcmp(test->name, name)) {
            snprintf(test_id, sizeof(test_id), "%u-%lx", (unsigned)GetCurrentProcessId(), (unsigned long)GetTickCount());
            test->run();
            return n_failures != 0;
        }
    fprintf(stderr, "no test '%s' here\n", name);
    return 2;
}

static int role_run(const char *id, const char *name, int argc, char **argv) {
    snprintf(test_id, sizeof(test_id), "%s", id);
    for (const struct role *role = roles; role; role = role->next)
        if (!strcmp(role->name, name)) {
            role->run(argc, argv);
            return n_failures != 0;
        }
    fprintf(stderr, "no role '%s' here\n", name);
    return 2;
}

/* All tests, each in its own process: for a run by hand, where run.py is not. */
static int run_all(void) {
    int failed = 0;

    for (const struct test *test = tests; test; test = test->next) {
        char arguments[128];
        DWORD code = POISON;

        snprintf(arguments, sizeof(arguments), "--run %s", test->name);
        struct child child = spawn(arguments, FALSE, 0);
        if (WaitForSingleObject(child.process, TEST_LIMIT_MS) != WAIT_OBJECT_0)
            TerminateProcess(child.process, 1);
        WaitForSingleObject(child.process, INFINITE);
        GetExitCodeProcess(child.process, &code);
        printf("%s\t%s\n", test->name, code == 0 ? "passed" : code == SKIPPED ? "skipped" : "failed");
        fflush(stdout);
        failed |= code != 0 && code != SKIPPED;
    }
    return failed;
}

int main(int argc, char **argv) {
    if (argc == 1)
        return run_all();
    if (!strcmp(argv[1], "--list")) {
        for (const struct test *test = tests; test; test = test->next)
            printf("%s\n", test->name);
        return 0;
    }
    if (argc == 3 && !strcmp(argv[1], "--run"))
        return test_run(argv[2]);
    if (argc >= 4 && !strcmp(argv[1], "--role"))
        return role_run(argv[2], argv[3], argc - 4, argv + 4);
    fprintf(stderr, "usage: %s [--list | --run NAME]\n", argv[0]);
    return 2;
}
