/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The conformance tests' harness.  One source a topic holds many TEST(name) { … }; it is built as a Linux program (ELF) and as an .exe,
 * which runs under winipc, on Wine and on Windows.  Each test runs in its own process:
 *
 *     topic --list          names the tests
 *     topic --run NAME      runs one: exit status 0 passed, 1 failed, 77 skipped
 *     topic                 runs each in a process of its own and prints a table (on Windows, by hand)
 *
 * A test's second process is the same program in a ROLE(name) { … }, started by spawn_self.  Checks print expression, actual and expected
 * value with file and line and go on; the REQUIRE forms end the process.  Nothing here sleeps: processes meet at events and handles.
 */
#ifndef WINIPC_CONFORMANCE_HARNESS_H
#define WINIPC_CONFORMANCE_HARNESS_H

#define __USE_MINGW_ANSI_STDIO 1
#include <winsock2.h>
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POISON 0xdeadbeefu
#define WAIT_LIMIT_MS 10000 /* what should happen, happens long before; a wait that reaches it has failed */
#define SHORT_WAIT_MS 100   /* how long a wait that must not end is watched */

struct test {
    const char *name;
    void (*run)(void);
    struct test *next;
};

struct role {
    const char *name;
    void (*run)(int argc, char **argv);
    struct role *next;
};

void test_register(struct test *test);
void role_register(struct role *role);

#define TEST(test_name)                                                                                                \
    static void test_##test_name(void);                                                                                \
    __attribute__((constructor)) static void register_##test_name(void) {                                              \
        static struct test test = {#test_name, test_##test_name, NULL};                                                \
        test_register(&test);                                                                                          \
    }                                                                                                                  \
    static void test_##test_name(void)

/* What a child process does; argv holds the words that spawn_self was given.  The process ends with 0, or 1 when a check failed. */
#define ROLE(role_name)                                                                                                \
    static void role_##role_name(int argc, char **argv);                                                               \
    __attribute__((constructor)) static void register_role_##role_name(void) {                                         \
        static struct role role = {#role_name, role_##role_name, NULL};                                                \
        role_register(&role);                                                                                          \
    }                                                                                                                  \
    static void role_##role_name(int argc, char **argv)

/* Each returns whether the check held. */
int check_true(const char *file, int line, int holds, const char *expression);
int check_equal(const char *file, int line, long long actual, long long expected, const char *expression);
int check_bytes(const char *file, int line, const void *actual, const void *expected, size_t len, const char *expression);
int check_text(const char *file, int line, const char *actual, const char *expected, const char *expression);
int check_success(const char *file, int line, long long result, const char *expression);
int check_failure(const char *file, int line, long long result, DWORD expected, const char *expression);
void require(int holds);

#define CHECK(expression) check_true(__FILE__, __LINE__, !!(expression), #expression)
#define CHECK_EQ(actual, expected) check_equal(__FILE__, __LINE__, (long long)(actual), (long long)(expected), #actual)
#define CHECK_MEM(actual, expected, len) check_bytes(__FILE__, __LINE__, actual, expected, len, #actual)
#define CHECK_STR(actual, expected) check_text(__FILE__, __LINE__, actual, expected, #actual)
/* A call that returns TRUE or non-zero: the last error is printed when it does not. */
#define CHECK_OK(call) check_success(__FILE__, __LINE__, (SetLastError(POISON), (long long)(call)), #call)
/* A call that returns FALSE, 0 or NULL and sets this last error. */
#define CHECK_ERROR(call, error) check_failure(__FILE__, __LINE__, (SetLastError(POISON), (long long)(call)), error, #call)
/* A call that returns INVALID_HANDLE_VALUE and sets this last error. */
#define CHECK_BAD_HANDLE(call, error)                                                                                  \
    check_failure(__FILE__, __LINE__, (SetLastError(POISON), (call) != INVALID_HANDLE_VALUE), error, #call)
#define REQUIRE(expression) require(CHECK(expression))
#define REQUIRE_OK(call) require(CHECK_OK(call))
#define REQUIRE_HANDLE(handle) require(check_success(__FILE__, __LINE__, (handle) && (handle) != INVALID_HANDLE_VALUE, #handle))

/* Fills an output with 0xde…, so that a test sees what a call wrote and what it left alone. */
#define POISON_OUT(object) memset(&(object), 0xde, sizeof(object))
#define POISONED_DWORD 0xdedededeu
#define CHECK_UNTOUCHED(object) check_untouched(__FILE__, __LINE__, &(object), sizeof(object), #object)
int check_untouched(const char *file, int line, const void *object, size_t len, const char *expression);

/* Ends the process as skipped, with a reason. */
void test_skip(const char *reason) __attribute__((noreturn));

/* An object's name that is this test run's own: "winipc-test-<process and time of the test>-what"; the same in its children. */
const char *own_name(const char *what);
/* "\\.\pipe\" and such a name. */
const char *own_pipe(const char *what);
/* A folder of this run's own under the temporary one: made and made current; left again and removed, which must find it empty. */
void enter_own_folder(void);
void leave_own_folder(void);

struct child {
    HANDLE process;
    HANDLE thread;
    DWORD pid;
};

/* Starts this program in a role; args (may be NULL) is what follows on the command line.  spawn_inheriting lets it inherit handles. */
struct child spawn_self(const char *role, const char *args);
struct child spawn_inheriting(const char *role, const char *args);
/* The command line of this program in a role, for a test that starts it in its own way. */
void own_command(char *command, size_t size, const char *role, const char *args);
/* The same with CREATE_SUSPENDED. */
struct child spawn_suspended(const char *role, const char *args);
/* Waits for a child's end, closes its handles and returns its exit code. */
DWORD child_exit_code(struct child *child);
#define CHECK_CHILD(child) CHECK_EQ(child_exit_code(&(child)), 0)

/* Waits that must end, and waits that must not. */
#define CHECK_SIGNALLED(handle) CHECK_EQ(WaitForSingleObject(handle, WAIT_LIMIT_MS), WAIT_OBJECT_0)
#define CHECK_UNSIGNALLED(handle) CHECK_EQ(WaitForSingleObject(handle, 0), WAIT_TIMEOUT)
#define CHECK_STILL_WAITING(handle) CHECK_EQ(WaitForSingleObject(handle, SHORT_WAIT_MS), WAIT_TIMEOUT)

#endif
