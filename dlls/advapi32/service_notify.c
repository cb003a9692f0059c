/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Notices of what services do: a thread for each that is awaited reads the service's record whenever a record, the
 * service's entry or its process changes, and queues the caller an APC when the state is one that he asked for.
 */
#include <stdlib.h>
#include <string.h>

#include "dlls/advapi32/service.h"

struct notice {
    struct notice *next;
    SC_HANDLE handle;
    DWORD mask;
    HANDLE target; /* the thread that asked */
    HANDLE changed, cancelled;
    SERVICE_NOTIFYW *buffer; /* NULL: cancelled, or given; changes under the lock */
    DWORD told;              /* the state that this handle was last told of */
    BOOL done, orphan;       /* the thread has ended; nobody but the thread knows it */
    HKEY records, entry;
    WCHAR name[SERVICE_NAME_CHARS];
};

static struct notice *notices; /* one a handle; kept until that is closed, for what it was told */
static SRWLOCK lock = SRWLOCK_INIT;

static void CALLBACK notice_apc(ULONG_PTR parameter) {
    SERVICE_NOTIFYW *buffer = (SERVICE_NOTIFYW *)parameter;

    buffer->pfnNotifyCallback(buffer);
}

/* Tells the caller, if he still wants it. */
static void notice_give(struct notice *notice, DWORD what, const struct service_record *record) {
    AcquireSRWLockExclusive(&lock);
    if (notice->buffer) {
        SERVICE_NOTIFYW *buffer = notice->buffer;

        notice->buffer = NULL;
        notice->told = record->status.dwCurrentState;
        buffer->dwNotificationStatus = ERROR_SUCCESS;
        buffer->dwNotificationTriggered = what;
        buffer->pszServiceNames = NULL;
        memset(&buffer->ServiceStatus, 0, sizeof buffer->ServiceStatus);
        memcpy(&buffer->ServiceStatus, &record->status, sizeof record->status);
        buffer->ServiceStatus.dwProcessId = record->pid;
        QueueUserAPC(notice_apc, notice->target, (ULONG_PTR)buffer);
    }
    ReleaseSRWLockExclusive(&lock);
}

/* Looks once.  Return: whether it is over. */
static BOOL notice_look(struct notice *notice, HANDLE *process) {
    struct service_record record;
    struct service_config config;
    BOOL deleted = TRUE;
    DWORD what;

    if (!service_load(notice->name, &config)) {
        deleted = config.deleted;
        service_config_free(&config);
    }
    service_record_read(notice->name, &record);
    what = (1u << (record.status.dwCurrentState - 1)) & 0x7f;
    what = record.status.dwCurrentState == notice->told ? 0 : what & notice->mask;
    if (deleted)
        what |= SERVICE_NOTIFY_DELETE_PENDING & notice->mask;
    if (what) {
        notice_give(notice, what, &record);
        return TRUE;
    }
    if (record.status.dwCurrentState != notice->told)
        notice->told = 0; /* it has been something else since */
    *process = service_record_process(&record);
    return FALSE;
}

static void notice_free(struct notice *notice) {
    if (notice->records)
        reg_close(notice->records);
    if (notice->entry)
        reg_close(notice->entry);
    if (notice->target)
        CloseHandle(notice->target);
    if (notice->changed)
        CloseHandle(notice->changed);
    if (notice->cancelled)
        CloseHandle(notice->cancelled);
    free(notice);
}

static DWORD WINAPI notice_thread(void *parameter) {
    struct notice *notice = parameter;
    DWORD waited = WAIT_TIMEOUT;
    BOOL over = FALSE;

    while (!over && waited != WAIT_OBJECT_0) {
        HANDLE all[] = {notice->cancelled, notice->changed, NULL};

        if (service_watch(notice->changed, &notice->records) ||
            RegNotifyChangeKeyValue(
                notice->entry, FALSE, REG_NOTIFY_CHANGE_LAST_SET | REG_NOTIFY_THREAD_AGNOSTIC, notice->changed, TRUE))
            break; /* the entry is gone: then its handles are, too */
        over = notice_look(notice, &all[2]);
        if (!over)
            waited = WaitForMultipleObjects(all[2] ? 3 : 2, all, FALSE, INFINITE);
        if (all[2])
            CloseHandle(all[2]);
    }
    AcquireSRWLockExclusive(&lock);
    notice->done = TRUE;
    over = notice->orphan;
    ReleaseSRWLockExclusive(&lock);
    if (over)
        notice_free(notice);
    return 0;
}

/* Under the lock: takes a notice out of the list; a thread that still works at it frees it.  Return: whether the caller
 * has to. */
static BOOL notice_drop(struct notice *notice) {
    struct notice **place = &notices;

    while (*place != notice)
        place = &(*place)->next;
    *place = notice->next;
    if (notice->done)
        return TRUE;
    notice->orphan = TRUE;
    notice->buffer = NULL;
    SetEvent(notice->cancelled);
    return FALSE;
}

static struct notice *notice_of(SC_HANDLE handle) {
    struct notice *notice = notices;

    while (notice && notice->handle != handle)
        notice = notice->next;
    return notice;
}

void service_notify_cancel(SC_HANDLE handle) {
    struct notice *notice;
    BOOL ours = FALSE;

    AcquireSRWLockExclusive(&lock);
    notice = notice_of(handle);
    if (notice)
        ours = notice_drop(notice);
    ReleaseSRWLockExclusive(&lock);
    if (ours)
        notice_free(notice);
}

/* Puts it into the list, in place of the handle's last one, whose thread has nothing more to do. */
static DWORD notice_enter(struct notice *notice) {
    struct notice *old;
    BOOL ours = FALSE;

    AcquireSRWLockExclusive(&lock);
    old = notice_of(notice->handle);
    if (old && old->buffer) {
        ReleaseSRWLockExclusive(&lock);
        return ERROR_ALREADY_REGISTERED;
    }
    if (old) {
        notice->told = old->told;
        ours = notice_drop(old);
    }
    notice->next = notices;
    notices = notice;
    ReleaseSRWLockExclusive(&lock);
    if (ours)
        notice_free(old);
    return ERROR_SUCCESS;
}

static DWORD notice_begin(SC_HANDLE handle, const WCHAR *name, DWORD mask, SERVICE_NOTIFYW *buffer) {
    struct notice *notice = calloc(1, sizeof *notice);
    HANDLE thread;
    DWORD error;

    if (!notice)
        return ERROR_NOT_ENOUGH_MEMORY;
    notice->handle = handle;
    notice->mask = mask;
    notice->buffer = buffer;
    memcpy(notice->name, name, (reg_text_len(name) + 1) * sizeof *name);
    notice->changed = CreateEventW(NULL, FALSE, FALSE, NULL);
    notice->cancelled = CreateEventW(NULL, TRUE, FALSE, NULL);
    error = service_key(name, KEY_READ, &notice->entry);
    if (!error && (!notice->changed || !notice->cancelled ||
                      !DuplicateHandle(GetCurrentProcess(), GetCurrentThread(), GetCurrentProcess(), &notice->target, 0,
                          FALSE, DUPLICATE_SAME_ACCESS)))
        error = GetLastError();
    if (!error)
        error = notice_enter(notice);
    if (error) {
        notice_free(notice);
        return error;
    }
    thread = CreateThread(NULL, 0, notice_thread, notice, 0, NULL);
    if (!thread) {
        error = GetLastError();
        notice->done = TRUE;
        service_notify_cancel(handle);
        return error;
    }
    CloseHandle(thread);
    return ERROR_SUCCESS;
}

#define STATES 0x7fu /* SERVICE_NOTIFY_STOPPED to SERVICE_NOTIFY_PAUSED */

/**
 * NotifyServiceStatusChangeW() - queues this thread an APC once a service is in one of the states asked for, at once
 * where it is, unless this handle was told of that before.
 * @buffer: is the caller's until the call or until the handle is closed, which calls it off.
 * Return: ERROR_SUCCESS, ERROR_INVALID_PARAMETER, ERROR_INVALID_ADDRESS, ERROR_INVALID_LEVEL (dwVersion),
 * ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED, ERROR_ALREADY_REGISTERED (one is awaited by that handle),
 * ERROR_SERVICE_MARKED_FOR_DELETE, ERROR_NOT_SUPPORTED (made and deleted services, of the manager's handle),
 * ERROR_NOT_ENOUGH_MEMORY. Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/winsvc/nf-winsvc-notifyservicestatuschangew
 */
DWORD WINAPI NotifyServiceStatusChangeW(SC_HANDLE handle, DWORD mask, SERVICE_NOTIFYW *buffer) {
    struct service_config config;
    struct service_ref ref;
    BOOL deleted;
    DWORD error = service_find_any(handle, 0, &ref);

    if (error)
        return error;
    if (!buffer)
        return ERROR_INVALID_ADDRESS;
    if (!buffer->dwVersion || buffer->dwVersion > SERVICE_NOTIFY_STATUS_CHANGE)
        return ERROR_INVALID_LEVEL;
    if (!buffer->pfnNotifyCallback || !mask)
        return ERROR_INVALID_PARAMETER;
    if (ref.is_manager)
        return mask & ~(DWORD)(SERVICE_NOTIFY_CREATED | SERVICE_NOTIFY_DELETED) ? ERROR_INVALID_PARAMETER
                                                                                : ERROR_NOT_SUPPORTED;
    if (mask & ~(DWORD)(STATES | SERVICE_NOTIFY_DELETE_PENDING))
        return ERROR_INVALID_PARAMETER;
    if (!(ref.access & SERVICE_QUERY_STATUS))
        return ERROR_ACCESS_DENIED;
    error = service_load(ref.name, &config);
    if (error)
        return error;
    deleted = config.deleted;
    service_config_free(&config);
    return deleted ? ERROR_SERVICE_MARKED_FOR_DELETE : notice_begin(handle, ref.name, mask, buffer);
}

DWORD WINAPI NotifyServiceStatusChangeA(SC_HANDLE handle, DWORD mask, SERVICE_NOTIFYA *buffer) {
    return NotifyServiceStatusChangeW(handle, mask, (SERVICE_NOTIFYW *)buffer); /* its one text is NULL here */
}
