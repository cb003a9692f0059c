/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a service's own code calls: it names its handler, and tells what it does. */
#include <stdlib.h>
#include <string.h>

#include "dlls/advapi32/service_process.h"

static SERVICE_STATUS_HANDLE handler_set(
    const WCHAR *name, LPHANDLER_FUNCTION handler, LPHANDLER_FUNCTION_EX handler_ex, void *context) {
    struct service_entry *entry = NULL;

    if (!name || (!handler && !handler_ex)) {
        SetLastError(name ? ERROR_INVALID_PARAMETER : ERROR_INVALID_NAME);
        return NULL;
    }
    AcquireSRWLockExclusive(&service_process.lock);
    entry = service_entry_for(name);
    if (entry) {
        entry->handler = handler;
        entry->handler_ex = handler_ex;
        entry->context = context;
    }
    ReleaseSRWLockExclusive(&service_process.lock);
    if (!entry)
        SetLastError(ERROR_SERVICE_NOT_IN_EXE);
    return (SERVICE_STATUS_HANDLE)entry;
}

/**
 * RegisterServiceCtrlHandlerW() - names the function that controls are given to, and gives the handle for
 * SetServiceStatus.
 * @name: the service; of no meaning where it has a process of its own.
 * Return: NULL: ERROR_SERVICE_NOT_IN_EXE (no such entry, or no dispatcher), ERROR_INVALID_NAME (none),
 * ERROR_INVALID_PARAMETER (no function). Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/winsvc/nf-winsvc-registerservicectrlhandlerw
 */
SERVICE_STATUS_HANDLE WINAPI RegisterServiceCtrlHandlerW(const WCHAR *name, LPHANDLER_FUNCTION handler) {
    return handler_set(name, handler, NULL, NULL);
}

/**
 * RegisterServiceCtrlHandlerExW() - likewise, with a context.  What the function returns is what ControlService fails
 * with. Source: https://learn.microsoft.com/en-us/windows/win32/api/winsvc/nf-winsvc-registerservicectrlhandlerexw
 */
SERVICE_STATUS_HANDLE WINAPI RegisterServiceCtrlHandlerExW(
    const WCHAR *name, LPHANDLER_FUNCTION_EX handler, void *context) {
    return handler_set(name, NULL, handler, context);
}

static SERVICE_STATUS_HANDLE handler_set_narrow(
    const char *name, LPHANDLER_FUNCTION handler, LPHANDLER_FUNCTION_EX handler_ex, void *context) {
    SERVICE_STATUS_HANDLE handle = NULL;
    WCHAR *wide;

    if (reg_wide(name, &wide))
        handle = handler_set(wide, handler, handler_ex, context);
    else
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    free(wide);
    return handle;
}

SERVICE_STATUS_HANDLE WINAPI RegisterServiceCtrlHandlerA(const char *name, LPHANDLER_FUNCTION handler) {
    return handler_set_narrow(name, handler, NULL, NULL);
}

SERVICE_STATUS_HANDLE WINAPI RegisterServiceCtrlHandlerExA(
    const char *name, LPHANDLER_FUNCTION_EX handler, void *context) {
    return handler_set_narrow(name, NULL, handler, context);
}

/* ---- status ---- */

#define ACCEPT_KNOWN 0x7ffu
#define TYPES_KNOWN                                                                                                    \
    (SERVICE_WIN32 | SERVICE_INTERACTIVE_PROCESS | 0xc0u) /* with SERVICE_USER_SERVICE and its instances */

static BOOL status_is_valid(const SERVICE_STATUS *status) {
    return status->dwCurrentState >= SERVICE_STOPPED && status->dwCurrentState <= SERVICE_PAUSED &&
           status->dwServiceType & SERVICE_WIN32 && !(status->dwServiceType & ~TYPES_KNOWN) &&
           !(status->dwControlsAccepted & ~ACCEPT_KNOWN);
}

/* Under the lock: the words of two threads do not mix. */
static DWORD status_write(struct service_entry *entry, const SERVICE_STATUS *status, BOOL *stops) {
    struct service_record record;
    DWORD type, error;

    service_record_read(entry->name, &record);
    if (!service_record_is_own(&record) && (!entry->running || record.pid))
        return ERROR_INVALID_HANDLE; /* it has stopped, and may run in another process by now */
    type = record.status.dwServiceType ? record.status.dwServiceType : status->dwServiceType;
    service_record_self(&record);
    record.status = *status;
    record.status.dwServiceType = type;
    error = service_record_write(entry->name, &record);
    *stops = !error && status->dwCurrentState == SERVICE_STOPPED && entry->running;
    if (*stops)
        entry->running = FALSE;
    return error;
}

/**
 * SetServiceStatus() - tells what the service does.
 * Return: FALSE: ERROR_INVALID_HANDLE, ERROR_INVALID_DATA (a state, type or control that there is not),
 * ERROR_INVALID_ADDRESS, those of writing a value of the registry. Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/winsvc/nf-winsvc-setservicestatus
 */
BOOL WINAPI SetServiceStatus(SERVICE_STATUS_HANDLE handle, SERVICE_STATUS *status) {
    struct service_entry *entry = (struct service_entry *)handle;
    WCHAR name[SERVICE_NAME_CHARS];
    BOOL stops = FALSE;
    DWORD error = ERROR_INVALID_HANDLE;

    if (!status)
        return service_result(ERROR_INVALID_ADDRESS);
    AcquireSRWLockExclusive(&service_process.lock);
    for (DWORD i = 0; i < service_process.n; i++)
        if (entry == &service_process.entries[i])
            error = status_is_valid(status) ? ERROR_SUCCESS : ERROR_INVALID_DATA;
    if (!error)
        error = status_write(entry, status, &stops);
    if (stops)
        memcpy(name, entry->name, sizeof name);
    ReleaseSRWLockExclusive(&service_process.lock);
    if (stops) {
        service_purge(name);
        SetEvent(service_process.stopped);
    }
    return service_result(error);
}
