/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Controlling services, and asking what they do. */
#include <stdlib.h>
#include <string.h>

#include "dlls/advapi32/service.h"

/* ---- status ---- */

/* The status that programs see, with the entry's type where the service was never started. */
static DWORD status_read(const WCHAR *name, struct service_record *record) {
    struct service_config config;
    const DWORD error = service_load(name, &config);

    if (error)
        return error;
    service_record_read(name, record);
    if (record->status.dwCurrentState == SERVICE_STOPPED)
        record->status.dwServiceType = config.type;
    service_config_free(&config);
    return ERROR_SUCCESS;
}

/**
 * QueryServiceStatus() - what a service does.
 * Return: FALSE: ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED, ERROR_INVALID_ADDRESS.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winsvc/nf-winsvc-queryservicestatus
 */
BOOL WINAPI QueryServiceStatus(SC_HANDLE handle, SERVICE_STATUS *status) {
    struct service_record record;
    struct service_ref ref;
    DWORD error = status ? service_find(handle, SERVICE_QUERY_STATUS, &ref) : ERROR_INVALID_ADDRESS;

    if (!error)
        error = status_read(ref.name, &record);
    if (!error)
        *status = record.status;
    return service_result(error);
}

/**
 * QueryServiceStatusEx() - that, and the process that does it.
 * Return: FALSE: ERROR_INVALID_LEVEL, ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED, ERROR_INSUFFICIENT_BUFFER (*need),
 * ERROR_INVALID_ADDRESS. Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/winsvc/nf-winsvc-queryservicestatusex
 */
BOOL WINAPI QueryServiceStatusEx(SC_HANDLE handle, SC_STATUS_TYPE level, BYTE *buffer, DWORD size, DWORD *need) {
    SERVICE_STATUS_PROCESS answer = {0};
    struct service_record record;
    struct service_ref ref;
    DWORD error = level != SC_STATUS_PROCESS_INFO ? ERROR_INVALID_LEVEL : !need ? ERROR_INVALID_ADDRESS : ERROR_SUCCESS;

    if (!error)
        error = service_find(handle, SERVICE_QUERY_STATUS, &ref);
    if (!error) {
        *need = sizeof answer;
        error = size < sizeof answer ? ERROR_INSUFFICIENT_BUFFER
                : buffer             ? status_read(ref.name, &record)
                                     : ERROR_INVALID_ADDRESS;
    }
    if (error)
        return service_result(error);
    memcpy(&answer, &record.status, sizeof record.status); /* begins alike */
    answer.dwProcessId = record.pid;
    memcpy(buffer, &answer, sizeof answer);
    return TRUE;
}

/* ---- controls ---- */

/* The right that a control needs, and what the service must accept (0: nothing).  Return: ERROR_INVALID_PARAMETER:
 * there is no such control, or programs may not send it. */
static DWORD control_needs(DWORD control, DWORD *access, DWORD *accept) {
    *accept = 0;
    *access = SERVICE_PAUSE_CONTINUE;
    if (control >= 128 && control <= 255) {
        *access = SERVICE_USER_DEFINED_CONTROL;
        return ERROR_SUCCESS;
    }
    switch (control) {
    case SERVICE_CONTROL_STOP:
        *access = SERVICE_STOP;
        *accept = SERVICE_ACCEPT_STOP;
        return ERROR_SUCCESS;
    case SERVICE_CONTROL_INTERROGATE: *access = SERVICE_INTERROGATE; return ERROR_SUCCESS;
    case SERVICE_CONTROL_PAUSE:
    case SERVICE_CONTROL_CONTINUE: *accept = SERVICE_ACCEPT_PAUSE_CONTINUE; return ERROR_SUCCESS;
    case SERVICE_CONTROL_PARAMCHANGE: *accept = SERVICE_ACCEPT_PARAMCHANGE; return ERROR_SUCCESS;
    case SERVICE_CONTROL_NETBINDADD:
    case SERVICE_CONTROL_NETBINDREMOVE:
    case SERVICE_CONTROL_NETBINDENABLE:
    case SERVICE_CONTROL_NETBINDDISABLE: *accept = SERVICE_ACCEPT_NETBINDCHANGE; return ERROR_SUCCESS;
    default: return ERROR_INVALID_PARAMETER;
    }
}

static BOOL dependents_run(const WCHAR *name) {
    WCHAR *const list = service_dependents(name);
    struct service_record record;
    BOOL runs = FALSE;

    for (const WCHAR *other = list; other && *other && !runs; other += reg_text_len(other) + 1) {
        service_record_read(other, &record);
        runs = record.status.dwCurrentState != SERVICE_STOPPED;
    }
    free(list);
    return runs;
}

static DWORD control_check(const WCHAR *name, const SERVICE_STATUS *status, DWORD control, DWORD accept) {
    switch (status->dwCurrentState) {
    case SERVICE_STOPPED: return ERROR_SERVICE_NOT_ACTIVE;
    case SERVICE_START_PENDING:
    case SERVICE_STOP_PENDING: return ERROR_SERVICE_CANNOT_ACCEPT_CTRL;
    default: break;
    }
    if (accept & ~status->dwControlsAccepted)
        return ERROR_INVALID_SERVICE_CONTROL;
    if (control == SERVICE_CONTROL_STOP && dependents_run(name))
        return ERROR_DEPENDENT_SERVICES_RUNNING;
    return ERROR_SUCCESS;
}

/* Whether a process that has ended without an answer did what it was told. */
static DWORD control_after_end(const WCHAR *name, DWORD control) {
    struct service_record record;

    service_record_read(name, &record);
    if (control == SERVICE_CONTROL_STOP && record.status.dwCurrentState == SERVICE_STOPPED &&
        record.status.dwWin32ExitCode != ERROR_PROCESS_ABORTED)
        return ERROR_SUCCESS;
    return ERROR_PROCESS_ABORTED;
}

static BOOL control_tells_status(DWORD error) {
    return !error || error == ERROR_INVALID_SERVICE_CONTROL || error == ERROR_SERVICE_CANNOT_ACCEPT_CTRL ||
           error == ERROR_SERVICE_NOT_ACTIVE;
}

static DWORD control_send(SC_HANDLE handle, DWORD control, struct service_record *record) {
    struct service_ref ref;
    DWORD access, accept, error = service_find(handle, 0, &ref);

    if (!error)
        error = control_needs(control, &access, &accept);
    if (!error && access & ~ref.access)
        error = ERROR_ACCESS_DENIED;
    if (!error)
        error = status_read(ref.name, record);
    if (error)
        return error;
    error = control_check(ref.name, &record->status, control, accept);
    if (error)
        return error;
    error = service_request(record->pid, control, ref.name, 0, NULL);
    if (error == ERROR_BROKEN_PIPE)
        error = control_after_end(ref.name, control);
    status_read(
        ref.name, record); /* a service that was marked for deletion may be gone: it then says what it did before */
    return error;
}

/**
 * ControlService() - has a service's handler called, in its process, and waits for it.
 * @status: is filled in on success and with ERROR_INVALID_SERVICE_CONTROL, ERROR_SERVICE_CANNOT_ACCEPT_CTRL and
 * ERROR_SERVICE_NOT_ACTIVE. Return: FALSE: ERROR_INVALID_HANDLE, ERROR_INVALID_PARAMETER (no control that programs
 * send), ERROR_ACCESS_DENIED, ERROR_SERVICE_NOT_ACTIVE, ERROR_SERVICE_CANNOT_ACCEPT_CTRL (it is starting or stopping),
 * ERROR_INVALID_SERVICE_CONTROL (it does not accept that), ERROR_DEPENDENT_SERVICES_RUNNING,
 * ERROR_SERVICE_REQUEST_TIMEOUT (the handler did not return within 30 s), ERROR_PROCESS_ABORTED (the process has ended
 * meanwhile), what a HandlerEx returns. Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/winsvc/nf-winsvc-controlservice
 */
BOOL WINAPI ControlService(SC_HANDLE handle, DWORD control, SERVICE_STATUS *status) {
    struct service_record record;
    const DWORD error = status ? control_send(handle, control, &record) : ERROR_INVALID_ADDRESS;

    if (status && control_tells_status(error))
        *status = record.status;
    return service_result(error);
}

/* Windows' SERVICE_CONTROL_STATUS_REASON_PARAMS, which Wine's headers lack; the comment's width is the only difference
 * of A and W. */
struct reason_params {
    DWORD reason;
    void *comment;
    SERVICE_STATUS_PROCESS status;
};

/* A reason has a kind (planned, unplanned, custom), a major and a minor part. */
static BOOL reason_is_valid(DWORD reason) {
    const DWORD kind = reason >> 28, major = reason >> 16 & 0xff, minor = reason & 0xffff;

    if ((kind != 1 && kind != 2 && kind != 4) || !major || !minor)
        return FALSE;
    return (major <= 5 || major >= 0x40) && (minor <= 0x18 || minor >= 0x100);
}

static BOOL control_ex(SC_HANDLE handle, DWORD control, DWORD level, struct reason_params *params) {
    struct service_record record;
    DWORD error = level != 1 ? ERROR_INVALID_LEVEL : !params ? ERROR_INVALID_ADDRESS : ERROR_SUCCESS;

    if (!error && control == SERVICE_CONTROL_STOP && params->reason && !reason_is_valid(params->reason))
        error = ERROR_INVALID_PARAMETER;
    if (!error) {
        error = control_send(handle, control, &record);
        if (control_tells_status(error)) {
            memset(&params->status, 0, sizeof params->status);
            memcpy(&params->status, &record.status, sizeof record.status);
            params->status.dwProcessId = record.pid;
        }
    }
    return service_result(error);
}

/**
 * ControlServiceExW() - the same with a reason, which is checked and then nobody's.
 * @level: SERVICE_CONTROL_STATUS_REASON_INFO (1).
 * Return: as ControlService; also ERROR_INVALID_LEVEL, and ERROR_INVALID_PARAMETER for a reason that has no sense.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winsvc/nf-winsvc-controlserviceexw
 */
BOOL WINAPI ControlServiceExW(SC_HANDLE handle, DWORD control, DWORD level, void *params) {
    return control_ex(handle, control, level, params);
}

BOOL WINAPI ControlServiceExA(SC_HANDLE handle, DWORD control, DWORD level, void *params) {
    return control_ex(handle, control, level, params);
}
