/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the unit tests of ntdll and kernel32 share: a TEB for the thread, and main(). */
#ifndef WINIPC_TESTS_UNIT_H
#define WINIPC_TESTS_UNIT_H

#include <asm/prctl.h>
#include <check.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <ntstatus.h>
#define WIN32_NO_STATUS
#include <windows.h>
#include <winternl.h>

/* Gives the calling thread a blank TEB and PEB: enough for the last error, TLS slots and the like. */
static inline void unit_enter_teb(void) {
    TEB *teb = mmap(NULL, 0x4000, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    teb->Tib.Self = &teb->Tib;
    teb->Peb = (PEB *)((char *)teb + 0x2000);
    teb->ClientId.UniqueThread = (HANDLE)(ULONG_PTR)(4 * gettid());
    teb->ClientId.UniqueProcess = (HANDLE)(ULONG_PTR)(4 * getpid());
    syscall(SYS_arch_prctl, ARCH_SET_GS, teb);
}

static inline int unit_run(const char *name, const TTest *const *tests, size_t n_tests) {
    Suite *suite = suite_create(name);
    TCase *tcase = tcase_create(name);
    int failed;

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
