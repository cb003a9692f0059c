/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* TODO: goes away: the least that a program without a run-time needs, until files and processes are there. */
#include <windows.h>
#include <winternl.h>

#include "dlls/ntdll/session.h"
#include "loader/loader.h"

void WINAPI ExitProcess(UINT code) {
    winipc_module_end_process();
    session_exit(code);
}
