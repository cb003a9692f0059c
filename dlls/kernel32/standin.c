/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* TODO: goes away: the least that a program without a run-time needs, until files and processes are there. */
#include <windows.h>
#include <winternl.h>

#include <unistd.h>

#include "dlls/ntdll/session.h"
#include "loader/loader.h"

HANDLE WINAPI GetStdHandle(DWORD which) {
    const RTL_USER_PROCESS_PARAMETERS *params = NtCurrentTeb()->Peb->ProcessParameters;

    return which == STD_INPUT_HANDLE    ? params->hStdInput
           : which == STD_OUTPUT_HANDLE ? params->hStdOutput
           : which == STD_ERROR_HANDLE  ? params->hStdError
                                        : INVALID_HANDLE_VALUE;
}

BOOL WINAPI WriteFile(HANDLE file, const void *data, DWORD length, DWORD *written, OVERLAPPED *overlapped) {
    const ssize_t n = write(file == GetStdHandle(STD_ERROR_HANDLE) ? 2 : 1, data, length);

    (void)overlapped;
    *written = n < 0 ? 0 : n;
    return n >= 0;
}

void WINAPI ExitProcess(UINT code) {
    winipc_module_end_process();
    session_exit(code);
}
