/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* CommandLineToArgvW (MSDN: shellapi.h). */
#include <string.h>
#include <windows.h>
#include <shellapi.h>
#include <winternl.h>

#include "loader/command_line.h"

static WCHAR **argv_of_this_program(int *argc) {
    const UNICODE_STRING *path = &NtCurrentTeb()->Peb->ProcessParameters->ImagePathName;
    WCHAR **argv = LocalAlloc(LMEM_FIXED, 2 * sizeof *argv + path->Length + sizeof(WCHAR));
    if (!argv)
        return NULL;
    argv[0] = memcpy(argv + 2, path->Buffer, path->Length);
    argv[0][path->Length / sizeof(WCHAR)] = 0;
    argv[1] = NULL;
    *argc = 1;
    return argv;
}

/**
 * CommandLineToArgvW() - splits a command line.
 * @line: an empty one gives the path of this program.
 * @argc: receives the number of arguments; the array ends with a NULL beyond it.
 * Return: one block for LocalFree(); NULL with ERROR_INVALID_PARAMETER (no @line or @argc), ERROR_NOT_ENOUGH_MEMORY.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/shellapi/nf-shellapi-commandlinetoargvw
 */
WCHAR **WINAPI CommandLineToArgvW(const WCHAR *line, int *argc) {
    if (!line || !argc) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    if (!*line)
        return argv_of_this_program(argc);
    WCHAR **argv = LocalAlloc(LMEM_FIXED, winipc_command_line_room(line));
    if (!argv) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    *argc = winipc_command_line_split(line, argv);
    return argv;
}
