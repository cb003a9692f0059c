/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Turns Linux' argv, environ and folder into what a Windows process starts with, and lays it out at
 * PEB->ProcessParameters: one block, strings behind the structure, the environment in memory of its own.
 */
#include "loader/startup.h"

#include "libs/base/utf.h"
#include "loader/drives.h"
#include "loader/name.h"

#include <errno.h>
#include <limits.h>
#include <pwd.h>
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

/* --- the environment --- */

struct params_environment {
    WCHAR **strings;
    size_t n, room;
    bool failed;
};

static void params_add_wide(struct params_environment *environment, WCHAR *string) {
    if (environment->n == environment->room) {
        const size_t room = environment->room ? 2 * environment->room : 64;
        WCHAR **strings = realloc(environment->strings, room * sizeof *strings);

        if (!strings) {
            free(string);
            environment->failed = true;
            return;
        }
        environment->strings = strings;
        environment->room = room;
    }
    if (!string)
        environment->failed = true;
    else
        environment->strings[environment->n++] = string;
}

static bool params_same_name(const WCHAR *string, const char *name) {
    while (*name && name_lower(*string) == name_lower((unsigned char)*name)) {
        string++;
        name++;
    }
    return !*name && *string == '=';
}

/* Adds NAME=value unless the name is there already. */
static void params_add(struct params_environment *environment, const char *name, const char *value) {
    char *text;

    for (size_t i = 0; i < environment->n; i++)
        if (params_same_name(environment->strings[i], name))
            return;
    if (asprintf(&text, "%s=%s", name, value) < 0) {
        environment->failed = true;
        return;
    }
    params_add_wide(environment, utf16_dup_from_utf8(text));
    free(text);
}

static void params_add_dos(struct params_environment *environment, const char *name, const char *unix_path) {
    WCHAR *dos = drive_unix_to_dos(unix_path);
    char *text = dos ? utf8_dup_from_utf16(dos) : NULL;

    if (text)
        params_add(environment, name, text);
    else
        environment->failed = true;
    free(dos);
    free(text);
}

/* PATH's folders as DOS paths, behind the system's own. */
static void params_add_path(struct params_environment *environment, const char *unix_path) {
    char *rest = strdup(unix_path), *save = NULL, *path = strdup("C:\\windows\\system32;C:\\windows");

    for (char *folder = rest ? strtok_r(rest, ":", &save) : NULL; folder && path; folder = strtok_r(NULL, ":", &save)) {
        WCHAR *dos = folder[0] == '/' ? drive_unix_to_dos(folder) : NULL;
        char *text = dos ? utf8_dup_from_utf16(dos) : NULL, *longer = NULL;

        if (text && asprintf(&longer, "%s;%s", path, text) >= 0) {
            free(path);
            path = longer;
        }
        free(dos);
        free(text);
    }
    if (path)
        params_add(environment, "PATH", path);
    free(rest);
    free(path);
}

/* What a Windows that has booted has, and programs rely on. */
static void params_add_system(struct params_environment *environment) {
    static const char *const fixed[][2] = {
        {"ALLUSERSPROFILE", "C:\\ProgramData"},
        {"ComSpec", "C:\\windows\\system32\\cmd.exe"},
        {"OS", "Windows_NT"},
        {"PATHEXT", ".COM;.EXE;.BAT;.CMD"},
        {"PROCESSOR_ARCHITECTURE", "AMD64"},
        {"ProgramData", "C:\\ProgramData"},
        {"ProgramFiles", "C:\\Program Files"},
        {"ProgramW6432", "C:\\Program Files"},
        {"PUBLIC", "C:\\users\\Public"},
        {"SystemDrive", "C:"},
        {"SystemRoot", "C:\\windows"},
        {"windir", "C:\\windows"},
    };
    char number[16];

    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        params_add(environment, fixed[i][0], fixed[i][1]);
    snprintf(number, sizeof number, "%ld", sysconf(_SC_NPROCESSORS_ONLN));
    params_add(environment, "NUMBER_OF_PROCESSORS", number);
}

static const char *params_user(void) {
    const char *user = getenv("USER");
    const struct passwd *entry;

    if (user && *user && !strpbrk(user, "/\\:\"<>|*?"))
        return user;
    entry = getpwuid(getuid());
    return entry && entry->pw_name ? entry->pw_name : "user";
}

static void params_add_user(struct params_environment *environment) {
    const char *user = params_user(), *temp = getenv("TMPDIR");
    char host[HOST_NAME_MAX + 1] = "localhost", path[PATH_MAX];

    gethostname(host, sizeof host - 1);
    host[strcspn(host, ".")] = 0;
    for (char *c = host; *c; c++)
        if (*c >= 'a' && *c <= 'z')
            *c -= 'a' - 'A';
    params_add(environment, "COMPUTERNAME", host);
    params_add(environment, "USERNAME", user);
    params_add(environment, "USERDOMAIN", host);
    params_add(environment, "HOMEDRIVE", "C:");
    snprintf(path, sizeof path, "\\users\\%s", user);
    params_add(environment, "HOMEPATH", path);
    snprintf(path, sizeof path, "C:\\users\\%s", user);
    params_add(environment, "USERPROFILE", path);
    snprintf(path, sizeof path, "C:\\users\\%s\\AppData\\Roaming", user);
    params_add(environment, "APPDATA", path);
    snprintf(path, sizeof path, "C:\\users\\%s\\AppData\\Local", user);
    params_add(environment, "LOCALAPPDATA", path);
    params_add_dos(environment, "TEMP", temp && temp[0] == '/' ? temp : "/tmp");
    params_add_dos(environment, "TMP", temp && temp[0] == '/' ? temp : "/tmp");
}

static int params_compare(const void *a, const void *b) {
    const WCHAR *x = *(WCHAR *const *)a, *y = *(WCHAR *const *)b;

    for (;; x++, y++) { /* names in upper case, as Windows sorts them */
        const int c = *x >= 'a' && *x <= 'z' ? *x - 32 : *x, d = *y >= 'a' && *y <= 'z' ? *y - 32 : *y;

        if (c == '=' || d == '=' || c != d)
            return (c == '=' ? 0 : c) - (d == '=' ? 0 : d);
    }
}

static WCHAR *params_join(struct params_environment *environment) {
    size_t room = 2;
    WCHAR *block, *end;

    for (size_t i = 0; i < environment->n; i++)
        room += utf16_len(environment->strings[i]) + 1;
    block = end = malloc(room * sizeof *block);
    for (size_t i = 0; i < environment->n; i++) {
        const size_t length = utf16_len(environment->strings[i]) + 1;

        if (block)
            end = (WCHAR *)memcpy(end, environment->strings[i], length * sizeof *end) + length;
        free(environment->strings[i]);
    }
    free(environment->strings);
    if (block)
        end[0] = end[1] = 0;
    return block;
}

/* Variables that mean something else to a Windows program, or nothing. */
static bool params_is_private(const char *variable) {
    static const char *const names[] = {"_=", "TMPDIR=", "TEMP=", "TMP=", "PATH=", STARTUP_FD_VARIABLE "="};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strncmp(variable, names[i], strlen(names[i])))
            return true;
    return !strchr(variable, '=') || variable[0] == '=';
}

WCHAR *startup_environment(char **variables) {
    struct params_environment environment = {0};
    const char *path = getenv("PATH");

    params_add_path(&environment, path ? path : "/usr/bin:/bin");
    for (; *variables; variables++) {
        const char *equals = strchr(*variables, '=');
        char name[256];

        if (params_is_private(*variables) || (size_t)(equals - *variables) >= sizeof name)
            continue;
        snprintf(name, sizeof name, "%.*s", (int)(equals - *variables), *variables);
        params_add(&environment, name, equals + 1);
    }
    params_add_system(&environment);
    params_add_user(&environment);
    qsort(environment.strings, environment.n, sizeof *environment.strings, params_compare);
    return params_join(&environment);
}

/* --- the whole --- */

int startup_from_arguments(struct startup *startup, int argc, char **argv, char **environment) {
    char *folder = getcwd(NULL, 0);

    memset(startup, 0, sizeof *startup);
    startup->ticket.arena_fd = -1;
    startup->unix_image = realpath(argv[0], NULL);
    if (startup->unix_image)
        startup->image_path = drive_unix_to_dos(startup->unix_image);
    if (startup->image_path)
        startup->command_line = params_command_line(startup->image_path, argc, argv);
    startup->current_directory = drive_unix_to_dos(folder ? folder : "/");
    free(folder);
    startup->environment = startup_environment(environment);
    if (!startup->command_line || !startup->current_directory || !startup->environment)
        return -ENOMEM;
    return 0;
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

static size_t params_environment_bytes(const WCHAR *block) {
    size_t n = 0;

    while (block[n] || (n && block[n - 1]))
        n++;
    return (n + 1) * sizeof *block;
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
    const size_t environment_bytes = params_environment_bytes(startup->environment);
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
