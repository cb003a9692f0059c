/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Turns Linux' argv, environ and folder into what a Windows process starts with, and lays it out at
 * PEB->ProcessParameters: one block, strings behind the structure, the environment in memory of its own.
 */
#include "loader/startup.h"

#include "libs/base/utf.h"
#include "dlls/ntdll/env.h"
#include "loader/drives.h"
#include "loader/name.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PARAMS_CURRENT_DIRECTORY_BYTES (MAX_PATH * 2 * sizeof(WCHAR)) /* room, since SetCurrentDirectory writes there */

/* --- the command line --- */

static bool params_needs_quotes(const WCHAR *argument) {
    if (!*argument)
        return true;
    for (; *argument; argument++)
        if (*argument == ' ' || *argument == '\t' || *argument == '"' || *argument == '\n' || *argument == '\v')
            return true;
    return false;
}

WCHAR *startup_quote(WCHAR *out, const WCHAR *argument) {
    size_t n_backslashes = 0;

    if (!params_needs_quotes(argument)) {
        while (*argument)
            *out++ = *argument++;
        return out;
    }
    *out++ = '"';
    for (; *argument; argument++) {
        if (*argument == '"') /* backslashes before a quote are doubled, and the quote gets one */
            for (size_t i = 0; i <= n_backslashes; i++)
                *out++ = '\\';
        n_backslashes = *argument == '\\' ? n_backslashes + 1 : 0;
        *out++ = *argument;
    }
    while (n_backslashes--)
        *out++ = '\\';
    *out++ = '"';
    return out;
}

/* The program's path is quoted without escapes, as it cannot hold a quote. */
static WCHAR *params_command_line(const WCHAR *image_path, int argc, char **argv) {
    size_t room = utf16_len(image_path) + 4;
    WCHAR *line, *end;

    for (int i = 1; i < argc; i++)
        room += 2 * strlen(argv[i]) + 4;
    line = end = malloc(room * sizeof *line);
    if (!line)
        return NULL;
    end = startup_quote(end, image_path);
    for (int i = 1; i < argc; i++) {
        WCHAR *argument = utf16_dup_from_utf8(argv[i]);

        if (!argument) {
            free(line);
            return NULL;
        }
        *end++ = ' ';
        end = startup_quote(end, argument);
        free(argument);
    }
    *end = 0;
    return line;
}

/* --- the whole --- */

int startup_from_arguments(struct startup *startup, int argc, char **argv, char **environment) {
    char *folder;
    size_t environment_bytes;

    memset(startup, 0, sizeof *startup);
    startup->ticket.arena_fd = -1;
    startup->unix_image = realpath(argv[0], NULL);
    if (!startup->unix_image)
        return -errno;
    folder = getcwd(NULL, 0); /* none if it was removed */
    startup->image_path = drive_unix_to_dos(startup->unix_image);
    if (startup->image_path)
        startup->command_line = params_command_line(startup->image_path, argc, argv);
    startup->current_directory = drive_unix_to_dos(folder ? folder : "/");
    free(folder);
    startup->environment = env_from_unix(environment, &environment_bytes);
    if (!startup->command_line || !startup->current_directory || !startup->environment)
        return -ENOMEM;
    return utf16_len(startup->command_line) > COMMAND_LINE_MAX ? -E2BIG : 0;
}

static char *params_place(UNICODE_STRING *to, char *at, const WCHAR *text, size_t room) {
    const size_t length = text ? utf16_len(text) * sizeof *text : 0;

    to->Buffer = (WCHAR *)at;
    to->Length = length;
    to->MaximumLength = room > length + 2 ? room : length + 2;
    if (text)
        memcpy(at, text, length + 2);
    return at + ((to->MaximumLength + 7u) & ~7u);
}

static void params_numbers(const struct startup *startup, RTL_USER_PROCESS_PARAMETERS *params) {
    params->Flags = PROCESS_PARAMS_FLAG_NORMALIZED;
    params->ConsoleHandle = (HANDLE)(ULONG_PTR)startup->console_handle;
    params->ConsoleFlags = startup->console_flags;
    params->hStdInput = (HANDLE)(ULONG_PTR)startup->std_handles[0];
    params->hStdOutput = (HANDLE)(ULONG_PTR)startup->std_handles[1];
    params->hStdError = (HANDLE)(ULONG_PTR)startup->std_handles[2];
    params->dwX = startup->x;
    params->dwY = startup->y;
    params->dwXSize = startup->x_size;
    params->dwYSize = startup->y_size;
    params->dwXCountChars = startup->x_chars;
    params->dwYCountChars = startup->y_chars;
    params->dwFillAttribute = startup->fill;
    params->dwFlags = startup->flags;
    params->wShowWindow = startup->show_window;
    params->ProcessGroupId = startup->process_group;
}

/* The folder with a backslash at its end, as Windows keeps it; malloced. */
static WCHAR *params_folder(const WCHAR *folder) {
    const size_t length = utf16_len(folder);
    WCHAR *copy = malloc((length + 2) * sizeof *copy);

    if (!copy)
        return NULL;
    memcpy(copy, folder, (length + 1) * sizeof *copy);
    if (length && copy[length - 1] != '\\')
        memcpy(copy + length, L"\\", sizeof L"\\");
    return copy;
}

int startup_publish(const struct startup *startup, PEB *peb) {
    const WCHAR *texts[] = {startup->image_path, startup->command_line, startup->title, startup->desktop, startup->shell_info};
    size_t size = sizeof(RTL_USER_PROCESS_PARAMETERS) + PARAMS_CURRENT_DIRECTORY_BYTES + startup->runtime_info_len + 64;
    RTL_USER_PROCESS_PARAMETERS *params;
    const size_t environment_bytes = env_block_len(startup->environment) * sizeof(WCHAR);
    WCHAR *folder = params_folder(startup->current_directory ? startup->current_directory : L"Z:\\");
    char *at;

    size += folder ? utf16_len(folder) * sizeof(WCHAR) : 0;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        size += (texts[i] ? utf16_len(texts[i]) * sizeof(WCHAR) : 0) + 16;
    params = calloc(1, size);
    if (!params || !folder)
        return -ENOMEM;
    params->Environment = malloc(environment_bytes);
    if (!params->Environment)
        return -ENOMEM;
    memcpy(params->Environment, startup->environment, environment_bytes);
    params->EnvironmentSize = environment_bytes;
    params->AllocationSize = params->Size = size;
    params_numbers(startup, params);
    at = params_place(&params->CurrentDirectory.DosPath, (char *)(params + 1), folder, PARAMS_CURRENT_DIRECTORY_BYTES);
    at = params_place(&params->ImagePathName, at, startup->image_path, 0);
    at = params_place(&params->CommandLine, at, startup->command_line, 0);
    at = params_place(&params->WindowTitle, at, startup->title ? startup->title : startup->image_path, 0);
    at = params_place(&params->Desktop, at, startup->desktop, 0);
    at = params_place(&params->ShellInfo, at, startup->shell_info, 0);
    if (startup->runtime_info_len && startup->runtime_info_len < 0x10000) {
        params->RuntimeInfo = (UNICODE_STRING){startup->runtime_info_len, startup->runtime_info_len, (WCHAR *)at};
        memcpy(at, startup->runtime_info, startup->runtime_info_len);
    }
    free(folder);
    peb->ProcessParameters = params;
    return 0;
}
