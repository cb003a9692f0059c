/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Starting programs (MSDN: _spawn, _exec, system, _popen).  The child is told of our descriptors by the block of
 * STARTUPINFO's lpReserved2.  Arguments are joined by blanks without quoting, as on Windows, where that is the caller's
 * task.
 */
#include <pthread.h>
#include <stdlib.h>

#include "dlls/msvcrt/crt_functions.h"
#include "dlls/msvcrt/environ.h"
#include "dlls/msvcrt/fd.h"
#include "dlls/msvcrt/stream.h"

enum { SPAWN_WAIT, SPAWN_NOWAIT, SPAWN_OVERLAY, SPAWN_NOWAITO, SPAWN_DETACH };

int CDECL _getpid(void) {
    return GetCurrentProcessId();
}

/* Joins by a separator; a block of environment strings ends with one more terminator. */
static WCHAR *join_words(const WCHAR *const *words, WCHAR separator) {
    size_t length = 2;
    for (const WCHAR *const *word = words; *word; word++)
        length += crt_wcslen(*word) + 1;
    WCHAR *joined = calloc(length, sizeof(WCHAR)), *end = joined;
    if (!joined)
        return crt_errno_set(ENOMEM), NULL;
    for (const WCHAR *const *word = words; *word; word++) {
        const size_t n = crt_wcslen(*word);
        memcpy(end, *word, n * sizeof(WCHAR));
        end += n;
        if (word[1] || !separator)
            *end++ = separator;
    }
    return joined;
}

static bool start(const WCHAR *path, WCHAR *line, WCHAR *environment, int mode, PROCESS_INFORMATION *process) {
    STARTUPINFOW info = {.cb = sizeof(info)};
    info.lpReserved2 = fd_inherit_block(&info.cbReserved2, mode == SPAWN_DETACH);
    const DWORD flags = CREATE_UNICODE_ENVIRONMENT | (mode == SPAWN_DETACH ? DETACHED_PROCESS : 0);
    const BOOL started =
        info.lpReserved2 && CreateProcessW(path, line, NULL, NULL, TRUE, flags, environment, NULL, &info, process);
    if (!started)
        crt_fail_last();
    free(info.lpReserved2);
    return started;
}

/* Runs the program whose file is path; the child's exit code, its handle, or -1. */
static intptr_t run(int mode, const WCHAR *path, WCHAR *line, WCHAR *environment) {
    PROCESS_INFORMATION process;
    msvcrt_fflush(NULL);
    if (!start(path, line, environment, mode, &process))
        return -1;
    CloseHandle(process.hThread);
    if (mode == SPAWN_OVERLAY)
        crt_exit_now(0);
    if (mode == SPAWN_NOWAIT || mode == SPAWN_NOWAITO)
        return (intptr_t)process.hProcess;
    DWORD code = 0;
    if (mode == SPAWN_WAIT) {
        WaitForSingleObject(process.hProcess, INFINITE);
        GetExitCodeProcess(process.hProcess, &code);
    }
    CloseHandle(process.hProcess);
    return (int)code;
}

static bool file_there(const WCHAR *path) {
    const DWORD attributes = GetFileAttributesW(path);
    return attributes != INVALID_FILE_ATTRIBUTES && !(attributes & FILE_ATTRIBUTE_DIRECTORY);
}

/* The file that a name stands for: itself, or with .com, .exe, .bat, .cmd; from malloc; NULL: none. */
static WCHAR *with_extension(const WCHAR *folder, size_t folder_len, const WCHAR *name) {
    static const WCHAR *const extensions[] = {L"", L".com", L".exe", L".bat", L".cmd"};
    const size_t name_len = crt_wcslen(name);
    WCHAR *path = malloc((folder_len + name_len + 8) * sizeof(WCHAR));
    if (!path)
        return NULL;
    memcpy(path, folder, folder_len * sizeof(WCHAR));
    if (folder_len && folder[folder_len - 1] != '\\' && folder[folder_len - 1] != '/')
        path[folder_len++] = '\\';
    memcpy(path + folder_len, name, (name_len + 1) * sizeof(WCHAR));
    const WCHAR *dot = msvcrt_wcsrchr(name, '.');
    const bool dotted = dot && !crt_wcschr(dot, '\\') && !crt_wcschr(dot, '/');
    for (int i = dotted ? 0 : 1; i < (dotted ? 1 : 5); i++) {
        msvcrt_wcscpy(path + folder_len + name_len, extensions[i]);
        if (file_there(path))
            return path;
    }
    free(path);
    return NULL;
}

static WCHAR *find_program(const WCHAR *name, bool search) {
    WCHAR *path = with_extension(L"", 0, name);
    if (path || !search || crt_wcschr(name, '\\') || crt_wcschr(name, '/') || crt_wcschr(name, ':'))
        return path;
    for (const WCHAR *folder = _wgetenv(L"PATH"); folder && *folder && !path;) {
        size_t length = 0;
        while (folder[length] && folder[length] != ';')
            length++;
        if (length)
            path = with_extension(folder, length, name);
        folder += length + (folder[length] == ';');
    }
    return path;
}

static intptr_t spawn(
    int mode, const WCHAR *name, const WCHAR *const *words, const WCHAR *const *environment, bool search) {
    if (!name || !*name || !words || !words[0] || mode < SPAWN_WAIT || mode > SPAWN_DETACH)
        return crt_invalid_parameter(EINVAL), -1;
    WCHAR *path = find_program(name, search);
    if (!path)
        return crt_errno_set(ENOENT), -1;
    WCHAR *line = join_words(words, ' '), *block = environment ? join_words(environment, 0) : NULL;
    const intptr_t result = line && (!environment || block) ? run(mode, path, line, block) : -1;
    free(block);
    free(line);
    free(path);
    return result;
}

static void words_free(WCHAR **words) {
    for (WCHAR **word = words; word && *word; word++)
        free(*word);
    free(words);
}

static WCHAR **words_widen(const char *const *words) {
    size_t n = 0;
    while (words[n])
        n++;
    WCHAR **wide = calloc(n + 1, sizeof(*wide));
    for (size_t i = 0; wide && i < n; i++)
        if (!(wide[i] = crt_wide_from_ansi(words[i]))) {
            words_free(wide);
            return NULL;
        }
    return wide;
}

static intptr_t spawn_narrow(
    int mode, const char *name, const char *const *words, const char *const *environment, bool search) {
    if (!name || !words)
        return crt_invalid_parameter(EINVAL), -1;
    WCHAR *wide_name = crt_wide_from_ansi(name), **wide_words = words_widen(words);
    WCHAR **wide_environment = environment ? words_widen(environment) : NULL;
    intptr_t result = -1;
    if (wide_name && wide_words && (!environment || wide_environment))
        result =
            spawn(mode, wide_name, (const WCHAR *const *)wide_words, (const WCHAR *const *)wide_environment, search);
    free(wide_name);
    words_free(wide_words);
    words_free(wide_environment);
    return result;
}

typedef const char *const *words_t;
typedef const WCHAR *const *wide_words_t;

intptr_t CDECL _spawnv(int mode, const char *name, words_t words) {
    return spawn_narrow(mode, name, words, NULL, false);
}
intptr_t CDECL _spawnve(int mode, const char *name, words_t words, words_t env) {
    return spawn_narrow(mode, name, words, env, false);
}
intptr_t CDECL _spawnvp(int mode, const char *name, words_t words) {
    return spawn_narrow(mode, name, words, NULL, true);
}
intptr_t CDECL _spawnvpe(int mode, const char *name, words_t words, words_t env) {
    return spawn_narrow(mode, name, words, env, true);
}
intptr_t CDECL _wspawnv(int mode, const WCHAR *name, wide_words_t words) {
    return spawn(mode, name, words, NULL, false);
}
intptr_t CDECL _wspawnve(int mode, const WCHAR *name, wide_words_t words, wide_words_t env) {
    return spawn(mode, name, words, env, false);
}
intptr_t CDECL _wspawnvp(int mode, const WCHAR *name, wide_words_t words) {
    return spawn(mode, name, words, NULL, true);
}
intptr_t CDECL _wspawnvpe(int mode, const WCHAR *name, wide_words_t words, wide_words_t env) {
    return spawn(mode, name, words, env, true);
}
intptr_t CDECL _execv(const char *name, words_t words) {
    return _spawnv(SPAWN_OVERLAY, name, words);
}
intptr_t CDECL _execve(const char *name, words_t words, words_t env) {
    return _spawnve(SPAWN_OVERLAY, name, words, env);
}
intptr_t CDECL _execvp(const char *name, words_t words) {
    return _spawnvp(SPAWN_OVERLAY, name, words);
}
intptr_t CDECL _execvpe(const char *name, words_t words, words_t env) {
    return _spawnvpe(SPAWN_OVERLAY, name, words, env);
}
intptr_t CDECL _wexecv(const WCHAR *name, wide_words_t words) {
    return _wspawnv(SPAWN_OVERLAY, name, words);
}
intptr_t CDECL _wexecvp(const WCHAR *name, wide_words_t words) {
    return _wspawnvp(SPAWN_OVERLAY, name, words);
}

/* The l-forms: arguments in varargs up to NULL, gathered into an array. */
#define MAX_LISTED 512
#define GATHER(first)                                                                                                  \
    const char *words[MAX_LISTED + 1] = {first};                                                                       \
    __builtin_ms_va_list args;                                                                                         \
    __builtin_ms_va_start(args, first);                                                                                \
    for (int i = 1; words[i - 1] && i < MAX_LISTED; i++)                                                               \
        words[i] = __builtin_va_arg(args, const char *);                                                               \
    __builtin_ms_va_end(args)

intptr_t CDECL _spawnl(int mode, const char *name, const char *first, ...) {
    GATHER(first);
    return _spawnv(mode, name, words);
}

intptr_t CDECL _spawnlp(int mode, const char *name, const char *first, ...) {
    GATHER(first);
    return _spawnvp(mode, name, words);
}

intptr_t CDECL _execl(const char *name, const char *first, ...) {
    GATHER(first);
    return _execv(name, words);
}

intptr_t CDECL _execlp(const char *name, const char *first, ...) {
    GATHER(first);
    return _execvp(name, words);
}

intptr_t CDECL _cwait(int *status, intptr_t process, int action) {
    (void)action;
    DWORD code;
    if (WaitForSingleObject((HANDLE)process, INFINITE) || !GetExitCodeProcess((HANDLE)process, &code)) {
        crt_fail_last();
        return crt_errno_set(ECHILD), -1;
    }
    CloseHandle((HANDLE)process);
    if (status)
        *status = code;
    return process;
}

/* "COMSPEC /c command" in memory of its own. */
static WCHAR *shell_line(const WCHAR *shell, const WCHAR *command) {
    return join_words((const WCHAR *const[]){shell, L"/c", command, NULL}, ' ');
}

static const WCHAR *shell_name(void) {
    const WCHAR *shell = _wgetenv(L"COMSPEC");
    return shell ? shell : L"cmd.exe";
}

/* _wsystem() - NULL asks whether there is a command processor. */
int CDECL _wsystem(const WCHAR *command) {
    WCHAR *path = find_program(shell_name(), true);
    if (!command || !path) {
        const int there = path != NULL;
        free(path);
        return command ? crt_errno_set(ENOENT), -1 : there;
    }
    WCHAR *line = shell_line(path, command);
    const int result = line ? run(SPAWN_WAIT, path, line, NULL) : -1;
    free(line);
    free(path);
    return result;
}

int CDECL msvcrt_system(const char *command) {
    WCHAR *wide = command ? crt_wide_from_ansi(command) : NULL;
    const int result = command && !wide ? -1 : _wsystem(wide);
    free(wide);
    return result;
}

/* Streams that _popen made, with their processes. */
struct pipe_process {
    struct crt_file *file;
    HANDLE process;
    struct pipe_process *next;
};
static struct pipe_process *pipe_processes;
static pthread_mutex_t pipe_lock = PTHREAD_MUTEX_INITIALIZER;

/* Starts the shell with one end of a pipe as its standard input or output. */
static HANDLE shell_start(const WCHAR *command, int child_fd, int std_fd) {
    WCHAR *path = find_program(shell_name(), true), *line = path ? shell_line(path, command) : NULL;
    PROCESS_INFORMATION process = {0};
    const int kept = line ? _dup(std_fd) : -1;
    if (!path)
        crt_errno_set(ENOENT);
    if (kept >= 0 && !_dup2(child_fd, std_fd)) {
        msvcrt_fflush(NULL);
        STARTUPINFOW info = {.cb = sizeof(info), .dwFlags = STARTF_USESTDHANDLES};
        info.hStdInput = (HANDLE)_get_osfhandle(0);
        info.hStdOutput = (HANDLE)_get_osfhandle(1);
        info.hStdError = (HANDLE)_get_osfhandle(2);
        if (!CreateProcessW(path, line, NULL, NULL, TRUE, 0, NULL, NULL, &info, &process))
            crt_fail_last();
        else
            CloseHandle(process.hThread);
        _dup2(kept, std_fd);
    }
    if (kept >= 0)
        _close(kept);
    free(line);
    free(path);
    return process.hProcess;
}

struct crt_file *CDECL _wpopen(const WCHAR *command, const WCHAR *mode) {
    if (!command || !mode || (*mode != 'r' && *mode != 'w'))
        return crt_invalid_parameter(EINVAL), NULL;
    const bool reading = *mode == 'r';
    const int flags = OPEN_NOINHERIT | (crt_wcschr(mode, 'b') ? OPEN_BINARY : OPEN_TEXT);
    int ends[2];
    struct pipe_process *entry = malloc(sizeof(*entry));
    if (!entry || _pipe(ends, 1024, flags))
        return free(entry), NULL;
    const int ours = ends[reading ? 0 : 1], theirs = ends[reading ? 1 : 0];
    entry->process = shell_start(command, theirs, reading ? 1 : 0);
    _close(theirs);
    entry->file = entry->process ? _wfdopen(ours, mode) : NULL;
    if (!entry->file) {
        _close(ours);
        if (entry->process)
            CloseHandle(entry->process);
        return free(entry), NULL;
    }
    pthread_mutex_lock(&pipe_lock);
    entry->next = pipe_processes;
    pipe_processes = entry;
    pthread_mutex_unlock(&pipe_lock);
    return entry->file;
}

struct crt_file *CDECL _popen(const char *command, const char *mode) {
    WCHAR *wide_command = command ? crt_wide_from_ansi(command) : NULL,
          *wide_mode = mode ? crt_wide_from_ansi(mode) : NULL;
    struct crt_file *file = _wpopen(wide_command, wide_mode);
    free(wide_command);
    free(wide_mode);
    return file;
}

int CDECL _pclose(struct crt_file *file) {
    pthread_mutex_lock(&pipe_lock);
    struct pipe_process **at = &pipe_processes;
    while (*at && (*at)->file != file)
        at = &(*at)->next;
    struct pipe_process *entry = *at;
    if (entry)
        *at = entry->next;
    pthread_mutex_unlock(&pipe_lock);
    if (!entry)
        return crt_errno_set(EBADF), -1;
    int status = -1;
    msvcrt_fclose(file);
    _cwait(&status, (intptr_t)entry->process, 0);
    free(entry);
    return status;
}
