/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Starting services.  Who starts one makes its process, as any program does, and writes its record; when the process's
 * dispatcher listens, it is asked to call ServiceMain.  Services that share a process find it by the program's path.
 */
#include <stdlib.h>
#include <string.h>

#include "dlls/advapi32/service.h"

#define DEPTH_MAX                                                                                                      \
    64 /* of services that need others: only a registry that was written by hand goes round in circles                 \
        */

DWORD service_timeout(void) {
    DWORD limit_ms = SERVICE_LIMIT_MS;
    HKEY key;

    if (!reg_open(HKEY_LOCAL_MACHINE, L"System\\CurrentControlSet\\Control", 0, KEY_READ, &key)) {
        limit_ms = service_number(key, L"ServicesPipeTimeout", limit_ms);
        reg_close(key);
    }
    return limit_ms;
}

/* ---- processes ---- */

/* The process that runs other services of the same program, for CloseHandle(); *record says which it is. */
static HANDLE process_shared(const struct service_config *wanted, struct service_record *record) {
    WCHAR *const list = wanted->type & SERVICE_WIN32_SHARE_PROCESS ? service_record_list() : NULL;
    HANDLE process = NULL;

    for (const WCHAR *name = list; name && *name && !process; name += reg_text_len(name) + 1) {
        struct service_config config;

        service_record_read(name, record);
        if (!record->pid || service_load(name, &config))
            continue;
        if (config.type & SERVICE_WIN32_SHARE_PROCESS && service_same_name(config.path, wanted->path))
            process = service_record_process(record);
        service_config_free(&config);
    }
    free(list);
    return process;
}

static BOOL create_detached(WCHAR *command, DWORD flags, PROCESS_INFORMATION *made) {
    STARTUPINFOW info = {.cb = sizeof info, .dwFlags = STARTF_USESTDHANDLES};
    WCHAR folder[MAX_PATH];

    return CreateProcessW(NULL, command, NULL, NULL, FALSE, DETACHED_PROCESS | flags, NULL,
        GetSystemDirectoryW(folder, MAX_PATH) && GetFileAttributesW(folder) != INVALID_FILE_ATTRIBUTES ? folder : NULL,
        &info, made);
}

/* A service is not to end with the starter's job, where that lets it go. */
static DWORD process_make(const WCHAR *path, HANDLE *process, struct service_record *record) {
    const DWORD size = ExpandEnvironmentStringsW(path, NULL, 0);
    WCHAR *const command = malloc((size_t)size * sizeof *command);
    PROCESS_INFORMATION made;
    FILETIME exit, kernel, user;
    DWORD error = ERROR_SUCCESS;

    if (!command)
        return ERROR_NOT_ENOUGH_MEMORY;
    ExpandEnvironmentStringsW(path, command, size);
    if (!create_detached(command, CREATE_BREAKAWAY_FROM_JOB, &made))
        error = GetLastError() == ERROR_ACCESS_DENIED && create_detached(command, 0, &made) ? ERROR_SUCCESS
                                                                                            : GetLastError();
    free(command);
    if (error)
        return error;
    CloseHandle(made.hThread);
    *process = made.hProcess;
    record->pid = made.dwProcessId;
    GetProcessTimes(made.hProcess, &record->began, &exit, &kernel, &user);
    return ERROR_SUCCESS;
}

/* Waits until a service's process listens. */
static DWORD process_wait_ready(HANDLE process, HANDLE ready) {
    const HANDLE both[] = {ready, process};
    const DWORD waited = WaitForMultipleObjects(2, both, FALSE, service_timeout());

    return waited == WAIT_OBJECT_0 ? ERROR_SUCCESS : ERROR_SERVICE_REQUEST_TIMEOUT;
}

/* ---- one service ---- */

static DWORD start_check(const WCHAR *name, struct service_config *config) {
    struct service_record record;
    DWORD error = service_load(name, config);

    if (error)
        return error;
    service_record_read(name, &record);
    if (config->deleted)
        error = ERROR_SERVICE_MARKED_FOR_DELETE;
    else if (config->start == SERVICE_DISABLED)
        error = ERROR_SERVICE_DISABLED;
    else if (record.status.dwCurrentState != SERVICE_STOPPED)
        error = ERROR_SERVICE_ALREADY_RUNNING;
    else if (!(config->type & SERVICE_WIN32))
        error = ERROR_NOT_SUPPORTED;
    if (error)
        service_config_free(config);
    return error;
}

static void record_stopped(const WCHAR *name, struct service_record *record, DWORD error) {
    record->pid = 0;
    record->status.dwCurrentState = SERVICE_STOPPED;
    record->status.dwWin32ExitCode = error;
    record->status.dwWaitHint = 0;
    service_record_write(name, record);
}

/* What a start that is under way holds. */
struct launch {
    HANDLE process, ready;
    BOOL made; /* the process is new */
    struct service_record record;
};

/* Under the table's lock: finds or makes the process, and writes the record that makes it a service's. */
static DWORD launch_begin(const WCHAR *name, const struct service_config *config, BOOL share, struct launch *launch) {
    struct service_record *record = &launch->record, found;
    DWORD error = ERROR_SUCCESS;

    *launch = (struct launch){.record = {.version = 1}};
    record->status =
        (SERVICE_STATUS){.dwServiceType = config->type, .dwCurrentState = SERVICE_START_PENDING, .dwWaitHint = 2000};
    launch->process = share ? process_shared(config, &found) : NULL;
    if (launch->process) {
        record->pid = found.pid;
        record->began = found.began;
    } else {
        error = process_make(config->path, &launch->process, record);
        launch->made = !error;
    }
    if (!error) {
        launch->ready = service_ready_event(record->pid);
        error = launch->ready ? service_record_write(name, record) : GetLastError();
    }
    if (error)
        record_stopped(name, record, error);
    return error;
}

static void launch_end(struct launch *launch) {
    if (launch->ready)
        CloseHandle(launch->ready);
    if (launch->process)
        CloseHandle(launch->process);
}

/* Whether a process that has just been made, and has not answered, had begun the service: its dispatcher was there, and
 * got the request, but ServiceMain has ended the process meanwhile.  The start has happened, as Windows has it; the
 * record's reader finds ERROR_PROCESS_ABORTED. */
static BOOL ended_by_main(const struct launch *launch, DWORD error) {
    return launch->made && error == ERROR_BROKEN_PIPE &&
           WaitForSingleObject(launch->process, SERVICE_LIMIT_MS) == WAIT_OBJECT_0;
}

/* *shared: in a process that ran already; that has just ended, if the answer is ERROR_SERVICE_NOT_ACTIVE or
 * ERROR_BROKEN_PIPE. */
static DWORD launch_once(const WCHAR *name, BOOL share, DWORD n, const WCHAR *const *arguments, BOOL *shared) {
    const HANDLE lock = service_database_lock();
    struct service_config config;
    struct launch launch;
    DWORD error;

    if (!lock)
        return GetLastError();
    error = start_check(name, &config);
    if (error) {
        service_database_unlock(lock);
        return error;
    }
    error = launch_begin(name, &config, share, &launch);
    service_database_unlock(lock);
    service_config_free(&config);
    *shared = !error && !launch.made;
    if (!error) {
        const DWORD pid = launch.record.pid;

        error = process_wait_ready(launch.process, launch.ready);
        if (!error)
            error = service_request(pid, SERVICE_REQUEST_START, name, n, arguments);
        if (ended_by_main(&launch, error))
            error = ERROR_SUCCESS;
        if (error) {
            if (launch.made)
                TerminateProcess(launch.process, error);
            record_stopped(name, &launch.record, error);
        }
    }
    launch_end(&launch);
    return error;
}

static DWORD service_start(const WCHAR *name, DWORD n, const WCHAR *const *arguments, unsigned depth);

/* ---- what it needs ---- */

static DWORD start_needed(const WCHAR *name, unsigned depth) {
    const DWORD error = service_start(name, 0, NULL, depth + 1);

    if (error == ERROR_SERVICE_DOES_NOT_EXIST)
        return ERROR_SERVICE_DEPENDENCY_DELETED;
    if (error && error != ERROR_SERVICE_ALREADY_RUNNING)
        return error == ERROR_CIRCULAR_DEPENDENCY ? error : ERROR_SERVICE_DEPENDENCY_FAIL;
    return service_wait_running(name);
}

/* Of a group one service at least must run. */
static DWORD start_group(const WCHAR *group, unsigned depth) {
    WCHAR *const list = service_names();
    DWORD error = ERROR_SERVICE_DEPENDENCY_FAIL;

    for (const WCHAR *name = list; name && *name; name += reg_text_len(name) + 1) {
        struct service_config config;

        if (service_load(name, &config))
            continue;
        if (service_same_name(config.group, group) && !start_needed(name, depth))
            error = ERROR_SUCCESS;
        service_config_free(&config);
    }
    free(list);
    return error;
}

static DWORD start_all_needed(const struct service_config *config, unsigned depth) {
    DWORD error = depth < DEPTH_MAX ? ERROR_SUCCESS : ERROR_CIRCULAR_DEPENDENCY;

    for (const WCHAR *name = config->depend; !error && *name; name += reg_text_len(name) + 1)
        error = start_needed(name, depth);
    for (const WCHAR *group = config->depend_groups; !error && *group; group += reg_text_len(group) + 1)
        error = start_group(group, depth);
    return error;
}

static BOOL is_end(DWORD error) {
    return error == ERROR_SERVICE_NOT_ACTIVE || error == ERROR_BROKEN_PIPE;
}

static DWORD service_start(const WCHAR *name, DWORD n, const WCHAR *const *arguments, unsigned depth) {
    struct service_config config;
    DWORD error = start_check(name, &config);
    BOOL shared = FALSE;

    if (error)
        return error;
    error = start_all_needed(&config, depth);
    service_config_free(&config);
    if (error)
        return error;
    error = launch_once(name, TRUE, n, arguments, &shared);
    if (shared && is_end(error))
        error = launch_once(name, FALSE, n, arguments, &shared);
    return is_end(error) ? ERROR_SERVICE_REQUEST_TIMEOUT : error;
}

/**
 * StartServiceW() - starts a service, after those that it needs; returns when the thread of its ServiceMain has been
 * made.
 * @arguments: follow the service's name among those of ServiceMain.
 * A ServiceMain that ends its process at once was started: the service has then stopped with ERROR_PROCESS_ABORTED.
 * Return: FALSE: ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED, ERROR_SERVICE_ALREADY_RUNNING, ERROR_SERVICE_DISABLED,
 * ERROR_SERVICE_MARKED_FOR_DELETE, ERROR_SERVICE_DEPENDENCY_FAIL, ERROR_SERVICE_DEPENDENCY_DELETED,
 * ERROR_CIRCULAR_DEPENDENCY, ERROR_SERVICE_REQUEST_TIMEOUT (its process ended, or was ended after 30 s, or what
 * HKLM\SYSTEM\CurrentControlSet\Control says in ServicesPipeTimeout, without having called StartServiceCtrlDispatcher),
 * ERROR_SERVICE_NOT_IN_EXE, ERROR_SERVICE_NO_THREAD, ERROR_SERVICE_DATABASE_LOCKED, ERROR_NOT_SUPPORTED (a driver),
 * ERROR_FILE_NOT_FOUND, ERROR_PATH_NOT_FOUND and the others of CreateProcess.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winsvc/nf-winsvc-startservicew
 */
BOOL WINAPI StartServiceW(SC_HANDLE handle, DWORD n, const WCHAR **arguments) {
    struct service_ref ref;
    DWORD error = service_find(handle, SERVICE_START, &ref);

    if (!error && n && !arguments)
        error = ERROR_INVALID_ADDRESS;
    if (!error)
        error = service_start(ref.name, n, arguments, 0);
    return service_result(error);
}

BOOL WINAPI StartServiceA(SC_HANDLE handle, DWORD n, const char **arguments) {
    WCHAR **wide = arguments && n ? calloc(n, sizeof *wide) : NULL;
    BOOL good = !n || wide || !arguments, done = FALSE;

    for (DWORD i = 0; wide && good && i < n; i++)
        good = reg_wide(arguments[i], &wide[i]);
    if (good)
        done = StartServiceW(handle, n, (const WCHAR **)wide);
    else
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    for (DWORD i = 0; wide && i < n; i++)
        free(wide[i]);
    free(wide);
    return done;
}
