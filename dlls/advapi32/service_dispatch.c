/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A service's own side: the thread that calls StartServiceCtrlDispatcher becomes the one that reads requests, starts
 * the services of the process in threads of their own and calls their handlers, until all have stopped.  A process is
 * one of services if a record says that it is being started.
 */
#include <stdlib.h>
#include <string.h>

#include "dlls/advapi32/service_process.h"

struct service_process service_process = {.lock = SRWLOCK_INIT};

/* ---- ServiceMain ---- */

struct start {
    struct service_entry *entry;
    DWORD n;
    void *arguments[]; /* WCHAR * or char *, each for free() */
};

static void start_free(struct start *start) {
    for (DWORD i = 0; i < start->n; i++)
        free(start->arguments[i]);
    free(start);
}

static char *narrow_copy(const WCHAR *text) {
    const int size = WideCharToMultiByte(CP_ACP, 0, text, -1, NULL, 0, NULL, NULL);
    char *copy = malloc((size_t)size);

    if (copy)
        WideCharToMultiByte(CP_ACP, 0, text, -1, copy, size, NULL, NULL);
    return copy;
}

static DWORD WINAPI service_thread(void *parameter) {
    struct start *start = parameter;

    if (start->entry->main_w)
        start->entry->main_w(start->n, (WCHAR **)start->arguments);
    else
        start->entry->main_a(start->n, (char **)start->arguments);
    start_free(start);
    return 0;
}

static DWORD service_begin(struct service_entry *entry, DWORD n, const WCHAR *texts) {
    struct start *start = calloc(1, sizeof *start + n * sizeof start->arguments[0]);
    HANDLE thread;

    for (; start && start->n < n; texts += reg_text_len(texts) + 1) {
        start->arguments[start->n] = entry->main_w ? (void *)service_copy(texts) : narrow_copy(texts);
        if (!start->arguments[start->n++]) {
            start_free(start);
            start = NULL;
        }
    }
    if (!start)
        return ERROR_NOT_ENOUGH_MEMORY;
    start->entry = entry;
    thread = CreateThread(NULL, 0, service_thread, start, 0, NULL);
    if (!thread) {
        start_free(start);
        return ERROR_SERVICE_NO_THREAD;
    }
    CloseHandle(thread);
    return ERROR_SUCCESS;
}

/* ---- requests ---- */

struct service_entry *service_entry_for(const WCHAR *name) {
    for (DWORD i = 0; i < service_process.n; i++)
        if (service_process.is_own || service_same_name(service_process.entries[i].table_name, name))
            return &service_process.entries[i];
    return NULL;
}

static struct service_entry *entry_running(const WCHAR *name) {
    for (DWORD i = 0; i < service_process.n; i++)
        if (service_process.entries[i].running && service_same_name(service_process.entries[i].name, name))
            return &service_process.entries[i];
    return NULL;
}

static DWORD request_start(DWORD n, const WCHAR *texts) {
    struct service_entry *entry = service_entry_for(texts);
    DWORD error;

    if (!entry)
        return ERROR_SERVICE_NOT_IN_EXE;
    AcquireSRWLockExclusive(&service_process.lock);
    if (entry->running || reg_text_len(texts) >= SERVICE_NAME_CHARS) {
        ReleaseSRWLockExclusive(&service_process.lock);
        return ERROR_SERVICE_ALREADY_RUNNING;
    }
    memcpy(entry->name, texts, (reg_text_len(texts) + 1) * sizeof *texts);
    entry->handler = NULL;
    entry->handler_ex = NULL;
    entry->running = TRUE;
    ReleaseSRWLockExclusive(&service_process.lock);
    error = service_begin(entry, n, texts);
    if (error)
        entry->running = FALSE;
    else
        service_process.began = TRUE;
    return error;
}

static DWORD request_control(DWORD control, const WCHAR *name) {
    LPHANDLER_FUNCTION handler = NULL;
    LPHANDLER_FUNCTION_EX handler_ex = NULL;
    void *context = NULL;
    const struct service_entry *entry;

    AcquireSRWLockShared(&service_process.lock);
    entry = entry_running(name);
    if (entry) {
        handler = entry->handler;
        handler_ex = entry->handler_ex;
        context = entry->context;
    }
    ReleaseSRWLockShared(&service_process.lock);
    if (!entry)
        return ERROR_SERVICE_NOT_ACTIVE;
    if (handler_ex)
        return handler_ex(control, 0, NULL, context);
    if (!handler)
        return ERROR_SERVICE_CANNOT_ACCEPT_CTRL;
    handler(control);
    return ERROR_SUCCESS;
}

/* The texts that belong to a request, for free(); NULL: they are not what it says. */
static WCHAR *request_texts(HANDLE pipe, const struct service_request *request) {
    WCHAR *texts;
    DWORD n = 0;

    if (!request->n_texts || !request->text_chars || request->text_chars > SERVICE_TEXT_MAX)
        return NULL;
    texts = malloc(request->text_chars * sizeof *texts);
    if (!texts)
        return NULL;
    if (!service_transfer(pipe, FALSE, texts, request->text_chars * sizeof *texts, SERVICE_LIMIT_MS) &&
        !texts[request->text_chars - 1]) {
        for (DWORD i = 0; i < request->text_chars; i++)
            n += !texts[i];
        if (n == request->n_texts)
            return texts;
    }
    free(texts);
    return NULL;
}

static void request_serve(HANDLE pipe) {
    struct service_request request;
    WCHAR *texts;
    DWORD answer;
    BYTE rest;

    if (service_transfer(pipe, FALSE, &request, sizeof request, SERVICE_LIMIT_MS))
        return;
    texts = request_texts(pipe, &request);
    if (!texts)
        return;
    answer = request.control == SERVICE_REQUEST_START ? request_start(request.n_texts, texts)
                                                      : request_control(request.control, texts);
    free(texts);
    if (!service_transfer(pipe, TRUE, &answer, sizeof answer, SERVICE_LIMIT_MS))
        service_transfer(pipe, FALSE, &rest, 1, SERVICE_LIMIT_MS); /* until it is read and the other side has closed */
}

/* ---- the dispatcher ---- */

static BOOL any_runs(void) {
    BOOL runs = FALSE;

    AcquireSRWLockShared(&service_process.lock);
    for (DWORD i = 0; i < service_process.n; i++)
        runs |= service_process.entries[i].running;
    ReleaseSRWLockShared(&service_process.lock);
    return runs;
}

/* Waits for the next request.  Return: FALSE: for none, but a service has stopped, or the time is over. */
static BOOL wait_for_request(HANDLE pipe, HANDLE event, DWORD limit_ms) {
    OVERLAPPED overlapped = {.hEvent = event};
    const HANDLE both[] = {event, service_process.stopped};
    DWORD error, done;

    ResetEvent(event);
    error = ConnectNamedPipe(pipe, &overlapped) ? ERROR_PIPE_CONNECTED : GetLastError();
    if (error != ERROR_IO_PENDING)
        return error == ERROR_PIPE_CONNECTED;
    if (WaitForMultipleObjects(2, both, FALSE, limit_ms) != WAIT_OBJECT_0)
        CancelIoEx(pipe, &overlapped);
    return GetOverlappedResult(pipe, &overlapped, &done, TRUE);
}

/* Until all have stopped.  Who was to start the first one may have been killed: that one is not waited for for ever. */
static void serve(HANDLE pipe, HANDLE event) {
    DWORD limit_ms = service_timeout();
    BOOL asked, runs;

    do {
        asked = wait_for_request(pipe, event, limit_ms);
        if (asked)
            request_serve(pipe);
        DisconnectNamedPipe(pipe);
        runs = any_runs();
        if (runs || service_process.began)
            limit_ms = INFINITE;
    } while (runs || (asked && !service_process.began));
}

/* Whether a service of this process is being started. */
static BOOL is_service_process(void) {
    const HANDLE lock = service_database_lock(); /* who starts it has written the record when it gives this back */
    struct service_record record;
    BOOL found = FALSE;
    WCHAR *list;

    if (!lock)
        return FALSE;
    list = service_record_list();
    for (const WCHAR *name = list; name && *name && !found; name += reg_text_len(name) + 1) {
        service_record_read(name, &record);
        found = record.status.dwCurrentState == SERVICE_START_PENDING && service_record_is_own(&record);
        service_process.is_own = (record.status.dwServiceType & SERVICE_WIN32_OWN_PROCESS) != 0;
    }
    free(list);
    service_database_unlock(lock);
    return found;
}

static DWORD dispatch(void) {
    WCHAR name[64];
    HANDLE pipe, event, ready;
    DWORD error = ERROR_SUCCESS;

    if (!is_service_process())
        return ERROR_FAILED_SERVICE_CONTROLLER_CONNECT;
    service_pipe_name(GetCurrentProcessId(), name);
    pipe = CreateNamedPipeW(name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED | FILE_FLAG_FIRST_PIPE_INSTANCE,
        PIPE_TYPE_BYTE | PIPE_READMODE_BYTE, 1, 4096, 4096, 0, NULL);
    if (pipe == INVALID_HANDLE_VALUE)
        return GetLastError();
    ready = service_ready_event(GetCurrentProcessId());
    event = CreateEventW(NULL, TRUE, FALSE, NULL);
    service_process.stopped = CreateEventW(NULL, FALSE, FALSE, NULL);
    if (ready && event && service_process.stopped) {
        SetEvent(ready);
        serve(pipe, event);
    } else {
        error = GetLastError();
    }
    CloseHandle(pipe);
    if (ready)
        CloseHandle(ready);
    if (event)
        CloseHandle(event);
    return error;
}

/* Notes a table.  Return: FALSE with the last error. */
static DWORD entries_note(struct service_entry *entries, DWORD n) {
    DWORD error = ERROR_SUCCESS;

    AcquireSRWLockExclusive(&service_process.lock);
    if (service_process.entries) {
        error = ERROR_SERVICE_ALREADY_RUNNING;
    } else {
        service_process.entries = entries;
        service_process.n = n;
    }
    ReleaseSRWLockExclusive(&service_process.lock);
    return error;
}

static void entries_free(struct service_entry *entries, DWORD n) {
    for (DWORD i = 0; i < n; i++)
        free(entries[i].table_name);
    free(entries);
}

/* Takes the entries over. */
static BOOL dispatch_entries(struct service_entry *entries, DWORD n) {
    DWORD error = ERROR_SUCCESS;

    for (DWORD i = 0; i < n; i++)
        if (!entries[i].table_name)
            error = ERROR_NOT_ENOUGH_MEMORY;
    if (!error)
        error = entries_note(entries, n);
    if (error) {
        entries_free(entries, n);
        return service_result(error);
    }
    error = dispatch();
    if (error) { /* it was none: the program may ask again */
        AcquireSRWLockExclusive(&service_process.lock);
        service_process.entries = NULL;
        service_process.n = 0;
        ReleaseSRWLockExclusive(&service_process.lock);
        entries_free(entries, n);
    }
    return service_result(error);
}

/* A table of either form: only what the pointers lead to differs. */
static BOOL dispatch_table(const SERVICE_TABLE_ENTRYW *table, BOOL wide) {
    struct service_entry *entries;
    DWORD n = 0;

    while (table && table[n].lpServiceName && table[n].lpServiceProc)
        n++;
    if (!n || table[n].lpServiceName)
        return service_result(ERROR_INVALID_DATA);
    entries = calloc(n, sizeof *entries);
    if (!entries)
        return service_result(ERROR_NOT_ENOUGH_MEMORY);
    for (DWORD i = 0; i < n; i++) {
        if (wide) {
            entries[i].main_w = table[i].lpServiceProc;
            entries[i].table_name = service_copy(table[i].lpServiceName);
        } else {
            entries[i].main_a = (LPSERVICE_MAIN_FUNCTIONA)table[i].lpServiceProc;
            reg_wide((const char *)table[i].lpServiceName, &entries[i].table_name);
        }
    }
    return dispatch_entries(entries, n);
}

/**
 * StartServiceCtrlDispatcherW() - makes this thread the dispatcher of the process's services; returns when all of them
 * have stopped.
 * @table: for a service with a process of its own the first entry counts, whatever its name.
 * Return: FALSE: ERROR_FAILED_SERVICE_CONTROLLER_CONNECT (the program was not started as a service), ERROR_INVALID_DATA
 * (the table has no entry, or one without a function), ERROR_SERVICE_ALREADY_RUNNING (the process has a dispatcher),
 * ERROR_NOT_ENOUGH_MEMORY. Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/winsvc/nf-winsvc-startservicectrldispatcherw
 */
BOOL WINAPI StartServiceCtrlDispatcherW(const SERVICE_TABLE_ENTRYW *table) {
    return dispatch_table(table, TRUE);
}

BOOL WINAPI StartServiceCtrlDispatcherA(const SERVICE_TABLE_ENTRYA *table) {
    return dispatch_table((const SERVICE_TABLE_ENTRYW *)table, FALSE);
}
