/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What services do: a value a service in the volatile key HKLM\SYSTEM\CurrentControlSet\Control\ServiceCurrent,
 * replaced whole.  So it can be read at any time, outlives the server, and its changes can be waited for as those of
 * any key.
 */
#include <ntstatus.h>
#define WIN32_NO_STATUS
#include <stdlib.h>
#include <string.h>

#include "dlls/advapi32/service.h"

#define RECORDS L"System\\CurrentControlSet\\Control\\ServiceCurrent"
#define RECORD_VERSION 1

/* The key is made by who writes into it first, or by who wants to be told when that happens. */
static DWORD records_make(REGSAM access, HKEY *key) {
    return (DWORD)RegCreateKeyExW(HKEY_LOCAL_MACHINE, RECORDS, 0, NULL, REG_OPTION_VOLATILE, access, NULL, key, NULL);
}

static DWORD records_open(HKEY *key) {
    return (DWORD)reg_open(HKEY_LOCAL_MACHINE, RECORDS, 0, KEY_READ, key);
}

/* ---- processes ---- */

static BOOL process_began(HANDLE process, FILETIME *began) {
    FILETIME exit, kernel, user;

    return GetProcessTimes(process, began, &exit, &kernel, &user);
}

void service_record_self(struct service_record *record) {
    record->version = RECORD_VERSION;
    record->pid = GetCurrentProcessId();
    process_began(GetCurrentProcess(), &record->began);
}

BOOL service_record_is_own(const struct service_record *record) {
    struct service_record own;

    service_record_self(&own);
    return record->pid == own.pid && !memcmp(&record->began, &own.began, sizeof own.began);
}

HANDLE service_record_process(const struct service_record *record) {
    const HANDLE process =
        record->pid
            ? OpenProcess(SYNCHRONIZE | PROCESS_QUERY_LIMITED_INFORMATION | PROCESS_TERMINATE, FALSE, record->pid)
            : NULL;
    FILETIME began;

    if (!process)
        return NULL;
    if (process_began(process, &began) && !memcmp(&began, &record->began, sizeof began) &&
        WaitForSingleObject(process, 0) == WAIT_TIMEOUT)
        return process;
    CloseHandle(process);
    return NULL;
}

/* ---- records ---- */

static void record_stop(struct service_record *record, DWORD error) {
    record->pid = 0;
    record->status.dwCurrentState = SERVICE_STOPPED;
    record->status.dwControlsAccepted = 0;
    record->status.dwWin32ExitCode = error;
    record->status.dwServiceSpecificExitCode = 0;
    record->status.dwCheckPoint = record->status.dwWaitHint = 0;
}

static BOOL record_find(const WCHAR *name, struct service_record *record) {
    struct reg_data data;
    BOOL found = FALSE;
    HKEY key;

    if (records_open(&key))
        return FALSE;
    if (!reg_data_read(key, name, &data)) {
        if (data.size == sizeof *record) {
            memcpy(record, data.data, sizeof *record);
            found = record->version == RECORD_VERSION;
        }
        reg_data_free(&data);
    }
    reg_close(key);
    return found;
}

void service_record_read(const WCHAR *name, struct service_record *record) {
    HANDLE process;

    memset(record, 0, sizeof *record);
    if (!record_find(name, record)) {
        memset(record, 0, sizeof *record);
        record_stop(record, ERROR_SERVICE_NEVER_STARTED);
    }
    if (record->status.dwCurrentState == SERVICE_STOPPED)
        record->pid = 0;
    if (!record->pid)
        return;
    process = service_record_process(record);
    if (process)
        CloseHandle(process);
    else if (record_find(name, record) &&
             record->status.dwCurrentState != SERVICE_STOPPED) /* its last word may have come just before its end */
        record_stop(record, ERROR_PROCESS_ABORTED);
    else
        record->pid = 0;
}

DWORD service_record_write(const WCHAR *name, const struct service_record *record) {
    HKEY key;
    DWORD error = records_make(KEY_SET_VALUE, &key);

    if (error)
        return error;
    error = (DWORD)RegSetValueExW(key, name, 0, REG_BINARY, (const BYTE *)record, sizeof *record);
    reg_close(key);
    return error;
}

void service_record_delete(const WCHAR *name) {
    HKEY key;

    if (records_make(KEY_SET_VALUE, &key))
        return;
    RegDeleteValueW(key, name);
    reg_close(key);
}

WCHAR *service_record_list(void) {
    WCHAR *list = service_copy(NULL), name[SERVICE_NAME_CHARS];
    size_t used = 0;
    HKEY key;

    if (records_open(&key))
        return list;
    for (DWORD i = 0, len = SERVICE_NAME_CHARS; list && !RegEnumValueW(key, i, name, &len, NULL, NULL, NULL, NULL);
         i++, len = SERVICE_NAME_CHARS) {
        WCHAR *grown = realloc(list, (used + len + 2) * sizeof *list);

        if (!grown)
            break;
        list = grown;
        memcpy(list + used, name, (len + 1) * sizeof *list);
        used += len + 1;
        list[used] = 0;
    }
    reg_close(key);
    return list;
}

/* ---- waiting for changes ---- */

DWORD service_watch(HANDLE event, HKEY *key) {
    DWORD error = *key ? ERROR_SUCCESS : records_open(key);

    if (error == ERROR_FILE_NOT_FOUND)
        error = records_make(KEY_READ, key);
    if (!error)
        error = (DWORD)RegNotifyChangeKeyValue(
            *key, FALSE, REG_NOTIFY_CHANGE_LAST_SET | REG_NOTIFY_THREAD_AGNOSTIC, event, TRUE);
    return error;
}

/* A service that is to run within a time, which begins anew with each sign that it gets on. */
struct start_wait {
    DWORD check_point;
    ULONGLONG limit; /* 0: it has not been looked at */
};

/* Return: ERROR_IO_PENDING: it is not decided yet. */
static DWORD running_look(const WCHAR *name, HANDLE event, struct start_wait *wait) {
    const ULONGLONG now = GetTickCount64();
    struct service_record record;
    HANDLE both[2];
    DWORD waited;

    service_record_read(name, &record);
    if (record.status.dwCurrentState == SERVICE_RUNNING)
        return ERROR_SUCCESS;
    if (!wait->limit || record.status.dwCheckPoint != wait->check_point)
        *wait = (struct start_wait){record.status.dwCheckPoint, now + SERVICE_LIMIT_MS};
    if (record.status.dwCurrentState != SERVICE_START_PENDING || now >= wait->limit)
        return ERROR_SERVICE_DEPENDENCY_FAIL;
    both[0] = event;
    both[1] = service_record_process(&record);
    if (!both[1]) /* it has just ended: the record says so now */
        return ERROR_IO_PENDING;
    waited = WaitForMultipleObjects(2, both, FALSE, (DWORD)(wait->limit - now));
    CloseHandle(both[1]);
    return waited == WAIT_TIMEOUT ? ERROR_SERVICE_DEPENDENCY_FAIL : ERROR_IO_PENDING;
}

DWORD service_wait_running(const WCHAR *name) {
    const HANDLE event = CreateEventW(NULL, FALSE, FALSE, NULL);
    DWORD error = event ? ERROR_IO_PENDING : ERROR_NOT_ENOUGH_MEMORY;
    struct start_wait wait = {0, 0};
    HKEY key = NULL;

    while (error == ERROR_IO_PENDING)
        error = service_watch(event, &key) ? ERROR_SERVICE_DEPENDENCY_FAIL : running_look(name, event, &wait);
    if (key)
        reg_close(key);
    if (event)
        CloseHandle(event);
    return error;
}
