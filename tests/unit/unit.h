/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the unit tests of ntdll and kernel32 share: a TEB for the thread, and main(). */
#ifndef WINIPC_TESTS_UNIT_H
#define WINIPC_TESTS_UNIT_H

#include <check.h>
#include <stdlib.h>
#include <stdint.h>

#include <ntstatus.h>
#define WIN32_NO_STATUS
#include <windows.h>
#include <winternl.h>

#include "dlls/ntdll/heap.h"
#include "dlls/ntdll/teb.h"

/* Gives the calling thread a TEB: enough for the last error, TLS slots and the like. */
static inline void unit_enter_teb(void) {
    winipc_peb()->ProcessHeap = heap_process();
    teb_enter(teb_create((void *)(((uintptr_t)__builtin_frame_address(0) & ~(uintptr_t)0xFFF) - 0x10000), 0x20000));
}

static inline int unit_run(const char *name, const TTest *const *tests, size_t n_tests) {
    Suite *suite = suite_create(name);
    TCase *tcase = tcase_create(name);
    int failed;

    tcase_set_timeout(tcase, 60); /* Check's own 4 s are too few for a sanitizer on a busy machine */
    tcase_add_checked_fixture(tcase, unit_enter_teb, NULL);
    for (size_t i = 0; i < n_tests; i++)
        tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#define UNIT_MAIN(name, ...)                                                                                           \
    int main(void) {                                                                                                   \
        const TTest *const tests[] = {__VA_ARGS__};                                                                    \
        return unit_run(name, tests, sizeof tests / sizeof *tests);                                                    \
    }

#endif
