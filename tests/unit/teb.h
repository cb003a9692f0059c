/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A thread block of a unit test's own: enough for the last error and the process parameters, without the loader. */
#ifndef WINIPC_TESTS_UNIT_TEB_H
#define WINIPC_TESTS_UNIT_TEB_H

#include <asm/prctl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <windows.h>
#include <winternl.h>

static RTL_USER_PROCESS_PARAMETERS test_params;
static PEB test_peb = {.ProcessParameters = &test_params};
static TEB test_teb = {.Peb = &test_peb};

static inline void teb_for_test(void) {
    test_teb.Tib.Self = (NT_TIB *)&test_teb;
    if (syscall(SYS_arch_prctl, ARCH_SET_GS, &test_teb))
        abort();
}

#endif
