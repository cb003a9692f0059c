/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * CreateProcess (MSDN: processthreadsapi.h): finding the program, the start-up information, the flags; the work is ntdll's process_create.
 * The attribute list is in process_attributes.c.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/processthreadsapi/nf-processthreadsapi-createprocessw
 */
#include <windows.h>
#include <winternl.h>
#include <ntstatus.h>

#include <stdlib.h>
#include <string.h>

#include "dlls/kernel32/error.h"
#include "dlls/kernel32/process_attributes.h"
#include "dlls/kernel32/scheduling.h"
#include "dlls/ntdll/process.h"
#include "dlls/ntdll/unix_path.h"
#include "libs/base/utf.h"

#define PATH_MAX_WCHARS 32768

static size_t wide_length(const WCHAR *text) {
    size_t n = 0;

    while (text[n])
        n++;
    return n;
}

static WCHAR *wide_copy(const WCHAR *text) {
    const size_t bytes = text ? (wide_length(text) + 1) * sizeof(WCHAR) : 0;
    WCHAR *copy = text ? malloc(bytes) : NULL;

    if (copy)
        memcpy(copy, text, bytes);
    return copy;
}

/* ---- finding the program ---- */

static BOOL is_file(const WCHAR *path) {
    const DWORD attributes = GetFileAttributesW(path);

    return attributes != INVALID_FILE_ATTRIBUTES && !(attributes & FILE_ATTRIBUTE_DIRECTORY);
}

/* Looks a command's first word up, with .exe if it has no extension, then, for Linux programs, as it is.  @full: PATH_MAX_WCHARS. */
static BOOL command_find(const WCHAR *word, WCHAR *full) {
    static const WCHAR *const extensions[] = {L".exe", NULL};

    for (int i = 0; i < 2; i++) {
        const DWORD n = SearchPathW(NULL, word, extensions[i], PATH_MAX_WCHARS, full, NULL);

        if (n && n < PATH_MAX_WCHARS && is_file(full))
            return TRUE;
    }
    return FALSE;
}

/*
 * The program of a command line without an application name: the first word if it is quoted; else the shortest beginning, cut at a space,
 * that names a file.  Return: malloced full path, or NULL with the last error set.
 */
static WCHAR *command_program(const WCHAR *command) {
    WCHAR *word = wide_copy(command), *full = malloc(PATH_MAX_WCHARS * sizeof(WCHAR));
    size_t end = 0;

    if (!word || !full)
        goto fail;
    if (*command == '"') {
        while (command[end + 1] && command[end + 1] != '"')
            end++;
        memcpy(word, command + 1, end * sizeof(WCHAR));
        word[end] = 0;
        if (command_find(word, full))
            goto found;
        goto missing;
    }
    do {
        while (command[end] && command[end] != ' ' && command[end] != '\t')
            end++;
        memcpy(word, command, end * sizeof(WCHAR));
        word[end] = 0;
        if (end && command_find(word, full))
            goto found;
    } while (command[end++]);
missing:
    SetLastError(ERROR_FILE_NOT_FOUND);
fail:
    free(word);
    free(full);
    return NULL;
found:
    free(word);
    return full;
}

static WCHAR *full_path(const WCHAR *path) {
    WCHAR *full = malloc(PATH_MAX_WCHARS * sizeof(WCHAR));
    const DWORD n = full ? GetFullPathNameW(path, PATH_MAX_WCHARS, full, NULL) : 0;

    if (n && n < PATH_MAX_WCHARS)
        return full;
    free(full);
    return NULL;
}

/* The Linux file of a DOS path.  Return: an NTSTATUS; *result is malloced. */
static NTSTATUS unix_file(const WCHAR *path, char **result) {
    struct unix_path *unix_path = malloc(sizeof *unix_path);
    UNICODE_STRING nt_path;
    NTSTATUS status;

    if (!unix_path)
        return STATUS_NO_MEMORY;
    status = RtlDosPathNameToNtPathName_U_WithStatus(path, &nt_path, NULL, NULL);
    if (!status) {
        status = nt_name_to_unix(&nt_path, unix_path);
        RtlFreeHeap(GetProcessHeap(), 0, nt_path.Buffer);
    }
    if (!status && unix_path->target != NT_FILE)
        status = STATUS_OBJECT_NAME_NOT_FOUND;
    *result = status ? NULL : strdup(unix_path->path);
    free(unix_path);
    return status ? status : *result ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

/* ---- the plan ---- */

static void plan_startup_info(struct process_plan *plan, const STARTUPINFOW *info) {
    struct startup *startup = &plan->startup;

    startup->title = wide_copy(info->lpTitle);
    startup->desktop = wide_copy(info->lpDesktop);
    startup->x = info->dwX;
    startup->y = info->dwY;
    startup->x_size = info->dwXSize;
    startup->y_size = info->dwYSize;
    startup->x_chars = info->dwXCountChars;
    startup->y_chars = info->dwYCountChars;
    startup->fill = info->dwFillAttribute;
    startup->flags = info->dwFlags;
    startup->show_window = info->wShowWindow;
    if (info->cbReserved2 && info->lpReserved2 && (startup->runtime_info = malloc(info->cbReserved2))) {
        memcpy(startup->runtime_info, info->lpReserved2, info->cbReserved2);
        startup->runtime_info_len = info->cbReserved2;
    }
}

/* What becomes standard handle i: those that the caller names, those of the console that is shared, those of the one that nobody sees
 * (@null), or none: a child of another parent has no use for our numbers. */
static void plan_std_handles(struct process_plan *plan, const STARTUPINFOW *info, HANDLE null) {
    const RTL_USER_PROCESS_PARAMETERS *own = NtCurrentTeb()->Peb->ProcessParameters;
    const HANDLE told[3] = {info->hStdInput, info->hStdOutput, info->hStdError};
    const HANDLE shared[3] = {own->hStdInput, own->hStdOutput, own->hStdError};
    const bool is_told = info->dwFlags & STARTF_USESTDHANDLES, is_shared = plan->console == CONSOLE_SHARED;

    plan->duplicate_std = !is_told && plan->console != CONSOLE_NONE && !plan->parent;
    for (int i = 0; i < 3 && (is_told || plan->duplicate_std); i++)
        plan->startup.std_handles[i] = (ULONG_PTR)(is_told ? told[i] : is_shared ? shared[i] : null);
}

/* Which console a child has and whether Ctrl-C reaches it.  A new console is our own, too: there is only the terminal. */
static void plan_console(struct process_plan *plan, DWORD flags) {
    const bool is_new = flags & (DETACHED_PROCESS | CREATE_NO_WINDOW | CREATE_NEW_CONSOLE);

    if (flags & DETACHED_PROCESS)
        plan->console = CONSOLE_NONE;
    else if (flags & CREATE_NO_WINDOW && !(flags & CREATE_NEW_CONSOLE))
        plan->console = CONSOLE_HIDDEN;
    plan->new_group = flags & CREATE_NEW_PROCESS_GROUP || plan->console != CONSOLE_SHARED;
    plan->startup.console_flags = is_new ? 0 : NtCurrentTeb()->Peb->ProcessParameters->ConsoleFlags;
    if (flags & CREATE_NEW_PROCESS_GROUP && !is_new)
        plan->startup.console_flags |= CONSOLE_IGNORES_CTRL_C;
}

/* A handle to what a hidden console's input and output are; NULL: none is needed, or it could not be made. */
static HANDLE hidden_console(const struct process_plan *plan, const STARTUPINFOW *info) {
    HANDLE null;

    if (plan->console != CONSOLE_HIDDEN || info->dwFlags & STARTF_USESTDHANDLES)
        return NULL;
    null = CreateFileW(L"NUL", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL);
    return null == INVALID_HANDLE_VALUE ? NULL : null;
}

/* The child's environment as a block of WCHARs: the caller's own, one in either form, or a copy of ours. */
static WCHAR *plan_environment(const void *environment, DWORD flags) {
    const WCHAR *wide = environment;
    const char *narrow = environment;
    WCHAR *copy;
    size_t n = 0;
    int length;

    if (!environment)
        wide = NtCurrentTeb()->Peb->ProcessParameters->Environment;
    if (!environment || flags & CREATE_UNICODE_ENVIRONMENT) {
        while (wide[n] || wide[n + 1])
            n++;
        copy = malloc((n + 2) * sizeof(WCHAR));
        if (copy)
            memcpy(copy, wide, (n + 2) * sizeof(WCHAR));
        return copy;
    }
    while (narrow[n] || narrow[n + 1])
        n++;
    length = MultiByteToWideChar(CP_ACP, 0, narrow, (int)n + 2, NULL, 0);
    copy = length > 0 ? malloc((size_t)length * sizeof(WCHAR)) : NULL;
    if (copy)
        MultiByteToWideChar(CP_ACP, 0, narrow, (int)n + 2, copy, length);
    return copy;
}

static void plan_free(struct process_plan *plan) {
    free(plan->startup.unix_image);
    free(plan->startup.image_path);
    free(plan->startup.command_line);
    free(plan->startup.current_directory);
    free(plan->startup.environment);
    free(plan->startup.title);
    free(plan->startup.desktop);
    free(plan->startup.runtime_info);
}

/* Image, command line, folder.  Return: FALSE with the last error set. */
static BOOL plan_program(struct process_plan *plan, const WCHAR *application, const WCHAR *command, const WCHAR *directory) {
    struct startup *startup = &plan->startup;

    if (command && utf16_len(command) > COMMAND_LINE_MAX) {
        SetLastError(ERROR_FILENAME_EXCED_RANGE);
        return FALSE;
    }
    startup->image_path = application ? full_path(application) : command_program(command);
    if (!startup->image_path)
        return FALSE;
    if (!set_nt_error(unix_file(startup->image_path, &startup->unix_image)))
        return FALSE;
    startup->command_line = wide_copy(command ? command : application);
    if (directory) {
        const DWORD attributes = GetFileAttributesW(directory);

        if (attributes == INVALID_FILE_ATTRIBUTES || !(attributes & FILE_ATTRIBUTE_DIRECTORY)) {
            SetLastError(ERROR_DIRECTORY);
            return FALSE;
        }
        startup->current_directory = full_path(directory);
    } else {
        startup->current_directory = malloc(PATH_MAX_WCHARS * sizeof(WCHAR));
        if (startup->current_directory)
            GetCurrentDirectoryW(PATH_MAX_WCHARS, startup->current_directory);
    }
    if (startup->command_line && startup->current_directory)
        return TRUE;
    SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    return FALSE;
}

/* The class that the flags name: the lowest of several, 0 for none. */
static UCHAR plan_priority_class(DWORD flags) {
    static const DWORD classes[] = {IDLE_PRIORITY_CLASS, BELOW_NORMAL_PRIORITY_CLASS, NORMAL_PRIORITY_CLASS, ABOVE_NORMAL_PRIORITY_CLASS,
        HIGH_PRIORITY_CLASS, REALTIME_PRIORITY_CLASS};

    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        if (flags & classes[i])
            return priority_class_of(classes[i]);
    }
    return 0;
}

#define FLAGS_KNOWN                                                                                                              \
    (CREATE_SUSPENDED | CREATE_NEW_PROCESS_GROUP | CREATE_UNICODE_ENVIRONMENT | DETACHED_PROCESS | CREATE_NEW_CONSOLE |           \
        CREATE_NO_WINDOW | CREATE_DEFAULT_ERROR_MODE | EXTENDED_STARTUPINFO_PRESENT | NORMAL_PRIORITY_CLASS |                    \
        REALTIME_PRIORITY_CLASS | CREATE_SEPARATE_WOW_VDM | CREATE_SHARED_WOW_VDM | CREATE_FORCEDOS | INHERIT_PARENT_AFFINITY |   \
        IDLE_PRIORITY_CLASS | HIGH_PRIORITY_CLASS | BELOW_NORMAL_PRIORITY_CLASS | ABOVE_NORMAL_PRIORITY_CLASS |                  \
        CREATE_BREAKAWAY_FROM_JOB | CREATE_PRESERVE_CODE_AUTHZ_LEVEL | PROFILE_USER)

/* Whether the flags are there and go together.  Nobody debugs here. */
static BOOL flags_check(DWORD flags) {
    const DWORD consoles = DETACHED_PROCESS | CREATE_NEW_CONSOLE, machines = CREATE_SEPARATE_WOW_VDM | CREATE_SHARED_WOW_VDM;

    if (flags & (DEBUG_PROCESS | DEBUG_ONLY_THIS_PROCESS)) {
        SetLastError(ERROR_NOT_SUPPORTED);
        return FALSE;
    }
    if (flags & ~(DWORD)FLAGS_KNOWN || (flags & consoles) == consoles || (flags & machines) == machines) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    return TRUE;
}

/**
 * CreateProcessW() - starts a program: a Windows one, a Linux one that is built with winipc, or any other Linux program or script.
 * @application: the program's file, or NULL: the first word of @command, looked for as SearchPath does, with .exe and without.
 * @flags: CREATE_SUSPENDED, CREATE_NEW_PROCESS_GROUP, CREATE_BREAKAWAY_FROM_JOB, CREATE_UNICODE_ENVIRONMENT, EXTENDED_STARTUPINFO_PRESENT,
 * DETACHED_PROCESS and CREATE_NO_WINDOW, a priority class.  CREATE_NEW_CONSOLE gives the console that there is; those about 16-bit programs
 * mean nothing, CREATE_DEFAULT_ERROR_MODE neither: no mode is inherited.
 * Return: TRUE; FALSE with ERROR_FILE_NOT_FOUND, ERROR_PATH_NOT_FOUND, ERROR_ACCESS_DENIED, ERROR_BAD_EXE_FORMAT, ERROR_DIRECTORY,
 * ERROR_FILENAME_EXCED_RANGE (a command line of more than COMMAND_LINE_MAX characters), ERROR_INVALID_PARAMETER, ERROR_NOT_ENOUGH_MEMORY,
 * ERROR_NO_SYSTEM_RESOURCES, ERROR_NOT_ENOUGH_QUOTA (a job's limit of processes), ERROR_NOT_SUPPORTED (to debug it; a mitigation).
 */
BOOL WINAPI CreateProcessW(const WCHAR *application, WCHAR *command, SECURITY_ATTRIBUTES *process_security,
    SECURITY_ATTRIBUTES *thread_security, BOOL inherit, DWORD flags, void *environment, const WCHAR *directory, STARTUPINFOW *info,
    PROCESS_INFORMATION *result) {
    return CreateProcessAsUserW(
        NULL, application, command, process_security, thread_security, inherit, flags, environment, directory, info, result);
}

/* Whether a child may begin with that token: one's own, or one restricted from it. */
static BOOL token_check(HANDLE token) {
    TOKEN_STATISTICS statistics;
    ULONG size;
    const NTSTATUS status = NtQueryInformationToken(token, TokenStatistics, &statistics, sizeof statistics, &size);

    if (!status && statistics.TokenType != TokenPrimary)
        return set_nt_error(STATUS_BAD_TOKEN_TYPE);
    return set_nt_error(status);
}

/**
 * CreateProcessAsUserW() - CreateProcess, with a token that the child begins with.
 * @token: a primary token, opened for TOKEN_QUERY, TOKEN_DUPLICATE and TOKEN_ASSIGN_PRIMARY; every token here is the
 * user's own. NULL: what the caller's says.
 * Return: as CreateProcess; also ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED, ERROR_BAD_TOKEN_TYPE.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/processthreadsapi/nf-processthreadsapi-createprocessasuserw
 */
BOOL WINAPI CreateProcessAsUserW(HANDLE token, const WCHAR *application, WCHAR *command, SECURITY_ATTRIBUTES *process_security,
    SECURITY_ATTRIBUTES *thread_security, BOOL inherit, DWORD flags, void *environment, const WCHAR *directory, STARTUPINFOW *info,
    PROCESS_INFORMATION *result) {
    struct process_plan plan = {.token = token, .inherit = inherit, .suspended = (flags & CREATE_SUSPENDED) != 0,
        .breakaway = (flags & CREATE_BREAKAWAY_FROM_JOB) != 0};
    OBJECT_ATTRIBUTES process_attributes, thread_attributes;
    struct process_result made;
    NTSTATUS status;
    HANDLE hidden;

    if (!info || !result || (!application && (!command || !*command))) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    if (!flags_check(flags))
        return FALSE;
    if (token && !token_check(token))
        return FALSE;
    InitializeObjectAttributes(&process_attributes, NULL, process_security && process_security->bInheritHandle ? OBJ_INHERIT : 0, NULL,
        process_security ? process_security->lpSecurityDescriptor : NULL);
    InitializeObjectAttributes(&thread_attributes, NULL, thread_security && thread_security->bInheritHandle ? OBJ_INHERIT : 0, NULL,
        thread_security ? thread_security->lpSecurityDescriptor : NULL);
    plan.process_attributes = &process_attributes;
    plan.thread_attributes = &thread_attributes;
    if (flags & EXTENDED_STARTUPINFO_PRESENT && !plan_attributes(&plan, (const STARTUPINFOEXW *)info))
        return FALSE;
    if (!plan_program(&plan, application, command, directory)) {
        plan_free(&plan);
        return FALSE;
    }
    plan.priority_class = plan_priority_class(flags);
    plan_startup_info(&plan, info);
    plan_console(&plan, flags);
    hidden = hidden_console(&plan, info);
    plan_std_handles(&plan, info, hidden);
    plan.startup.environment = plan_environment(environment, flags);
    status = plan.startup.environment ? process_create(&plan, &made) : STATUS_NO_MEMORY;
    plan_free(&plan);
    if (hidden)
        CloseHandle(hidden);
    if (status == STATUS_INVALID_IMAGE_NOT_MZ || status == STATUS_INVALID_IMAGE_FORMAT || status == STATUS_INVALID_IMAGE_WIN_64) {
        SetLastError(ERROR_BAD_EXE_FORMAT);
        return FALSE;
    }
    if (!set_nt_error(status))
        return FALSE;
    result->hProcess = made.process;
    result->hThread = made.thread;
    result->dwProcessId = HandleToULong(made.id.UniqueProcess);
    result->dwThreadId = HandleToULong(made.id.UniqueThread);
    return TRUE;
}

/* ---- the A form ---- */

static BOOL narrow_to_wide(const char *text, WCHAR **wide) {
    const int n = text ? MultiByteToWideChar(CP_ACP, 0, text, -1, NULL, 0) : 0;

    *wide = NULL;
    if (!text)
        return TRUE;
    *wide = n ? malloc((size_t)n * sizeof(WCHAR)) : NULL;
    return *wide && MultiByteToWideChar(CP_ACP, 0, text, -1, *wide, n);
}

BOOL WINAPI CreateProcessA(const char *application, char *command, SECURITY_ATTRIBUTES *process_security,
    SECURITY_ATTRIBUTES *thread_security, BOOL inherit, DWORD flags, void *environment, const char *directory, STARTUPINFOA *info,
    PROCESS_INFORMATION *result) {
    return CreateProcessAsUserA(
        NULL, application, command, process_security, thread_security, inherit, flags, environment, directory, info, result);
}

BOOL WINAPI CreateProcessAsUserA(HANDLE token, const char *application, char *command, SECURITY_ATTRIBUTES *process_security,
    SECURITY_ATTRIBUTES *thread_security, BOOL inherit, DWORD flags, void *environment, const char *directory, STARTUPINFOA *info,
    PROCESS_INFORMATION *result) {
    WCHAR *wide_application, *wide_command, *wide_directory, *title, *desktop;
    STARTUPINFOEXW wide = {0};
    BOOL done = FALSE;

    if (!info) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    memcpy(&wide.StartupInfo, info, sizeof wide.StartupInfo); /* the same layout but for the kind of its strings */
    if (flags & EXTENDED_STARTUPINFO_PRESENT)
        wide.lpAttributeList = ((const STARTUPINFOEXA *)info)->lpAttributeList;
    if ((narrow_to_wide(application, &wide_application) & narrow_to_wide(command, &wide_command) &
            narrow_to_wide(directory, &wide_directory) & narrow_to_wide(info->lpTitle, &title) &
            narrow_to_wide(info->lpDesktop, &desktop))) {
        wide.StartupInfo.lpTitle = title;
        wide.StartupInfo.lpDesktop = desktop;
        wide.StartupInfo.lpReserved = NULL;
        done = CreateProcessAsUserW(token, wide_application, wide_command, process_security, thread_security, inherit, flags,
            environment, wide_directory, &wide.StartupInfo, result);
    } else {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    }
    free(wide_application);
    free(wide_command);
    free(wide_directory);
    free(title);
    free(desktop);
    return done;
}
