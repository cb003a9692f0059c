/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The last error: a value of each thread. */
#include "harness.h"

TEST(last_error_is_kept) {
    SetLastError(0);
    CHECK_EQ(GetLastError(), 0);
    SetLastError(0xfffffffe);
    CHECK_EQ(GetLastError(), 0xfffffffe);
}

static DWORD WINAPI other_thread(void *param) {
    *(DWORD *)param = GetLastError();
    SetLastError(2);
    return 0;
}

TEST(last_error_is_the_threads_own) {
    DWORD seen = POISON;

    SetLastError(1);
    HANDLE thread = CreateThread(NULL, 0, other_thread, &seen, 0, NULL);
    REQUIRE_HANDLE(thread);
    SetLastError(1);
    CHECK_SIGNALLED(thread);
    CHECK_EQ(GetLastError(), 1);
    CHECK_EQ(seen, 0);
    CloseHandle(thread);
}
