/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a program's end treats what it registered with atexit: exit, _exit, abort.  An .exe's matter: a Linux program's is glibc's. */
#include "harness.h"

#ifndef _WIN32
TEST(the_end_is_glibc_s_here) {
    test_skip("a native program has glibc's exit");
}
#else
#include <process.h>
#include <signal.h>

enum { CODE_REGISTERED = 9, CODE_GIVEN = 5 };

static void __cdecl registered(void) {
    TerminateProcess(GetCurrentProcess(), CODE_REGISTERED);
}

ROLE(end) {
    REQUIRE(argc == 1 && atexit(registered) == 0);
    switch (argv[0][0]) {
    case 'e': exit(CODE_GIVEN);
    case '_': _exit(CODE_GIVEN);
    case 'a': abort();
    case 'r': raise(SIGABRT); break;
    case 'c': _cexit(); break;
    }
}

static DWORD end_code(const char *how) {
    struct child child = spawn_self("end", how);

    return child_exit_code(&child);
}

TEST(exit_calls_what_is_registered) {
    CHECK_EQ(end_code("exit"), CODE_REGISTERED);
    CHECK_EQ(end_code("cexit"), CODE_REGISTERED);
}

TEST(quick_ends_do_not) {
    CHECK_EQ(end_code("_exit"), CODE_GIVEN);
    CHECK_EQ(end_code("abort"), 3);
    CHECK_EQ(end_code("raise"), 3);
}
#endif
