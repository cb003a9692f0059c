/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The handles of services and of their manager: what each may, and that an open service is not deleted.  They are the
 * process's own. */
#include <stdlib.h>
#include <string.h>

#include "dlls/advapi32/service.h"

struct handle {
    struct handle *next;
    HANDLE mark; /* while it is there, the service is open; NULL: the manager */
    DWORD access;
    WCHAR name[SERVICE_NAME_CHARS];
};

static struct handle *handles;
static SRWLOCK lock = SRWLOCK_INIT;

static SC_HANDLE handle_add(struct handle *handle) {
    AcquireSRWLockExclusive(&lock);
    handle->next = handles;
    handles = handle;
    ReleaseSRWLockExclusive(&lock);
    return (SC_HANDLE)handle;
}

DWORD service_find_any(SC_HANDLE wanted, DWORD access, struct service_ref *ref) {
    DWORD error = ERROR_INVALID_HANDLE;

    AcquireSRWLockShared(&lock);
    for (const struct handle *handle = handles; handle; handle = handle->next)
        if ((SC_HANDLE)handle == wanted) {
            ref->is_manager = !handle->mark;
            ref->access = handle->access;
            memcpy(ref->name, handle->name, sizeof ref->name);
            error = access & ~handle->access ? ERROR_ACCESS_DENIED : ERROR_SUCCESS;
        }
    ReleaseSRWLockShared(&lock);
    return error;
}

DWORD service_find(SC_HANDLE handle, DWORD access, struct service_ref *ref) {
    const DWORD error = service_find_any(handle, access, ref);

    return error != ERROR_INVALID_HANDLE && ref->is_manager ? ERROR_INVALID_HANDLE : error;
}

DWORD service_find_manager(SC_HANDLE handle, DWORD access) {
    struct service_ref ref;
    const DWORD error = service_find_any(handle, access, &ref);

    return error != ERROR_INVALID_HANDLE && !ref.is_manager ? ERROR_INVALID_HANDLE : error;
}

DWORD service_handle_new(const WCHAR *name, DWORD granted, SC_HANDLE *result) {
    struct handle *handle = calloc(1, sizeof *handle);
    WCHAR mark[SERVICE_NAME_CHARS + 32];

    if (!handle)
        return ERROR_NOT_ENOUGH_MEMORY;
    handle->access = granted;
    if (name) {
        memcpy(handle->name, name, (reg_text_len(name) + 1) * sizeof *name);
        service_mark_name(name, mark);
        handle->mark = CreateEventW(NULL, TRUE, FALSE, mark);
        if (!handle->mark) {
            free(handle);
            return GetLastError();
        }
    }
    *result = handle_add(handle);
    return ERROR_SUCCESS;
}

/* ---- opening ---- */

static BOOL machine_is_this(const WCHAR *machine) {
    WCHAR own[MAX_COMPUTERNAME_LENGTH + 1];
    DWORD size = MAX_COMPUTERNAME_LENGTH + 1;

    if (!machine || !*machine)
        return TRUE;
    if (machine[0] == '\\' && machine[1] == '\\')
        machine += 2;
    return service_same_name(machine, L"localhost") || service_same_name(machine, L"127.0.0.1") ||
           service_same_name(machine, L".") || (GetComputerNameW(own, &size) && service_same_name(machine, own));
}

/**
 * OpenSCManagerW() - a handle to the table of services.
 * @machine: NULL, "" or this machine's name.  @database: NULL or "ServicesActive".
 * Return: NULL: ERROR_INVALID_NAME (@database), ERROR_DATABASE_DOES_NOT_EXIST ("ServicesFailed"),
 * RPC_S_SERVER_UNAVAILABLE (another machine), ERROR_ACCESS_DENIED, ERROR_NOT_ENOUGH_MEMORY. Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/winsvc/nf-winsvc-openscmanagerw
 */
SC_HANDLE WINAPI OpenSCManagerW(const WCHAR *machine, const WCHAR *database, DWORD access) {
    SC_HANDLE handle = NULL;
    DWORD granted, error;

    if (!machine_is_this(machine))
        error = RPC_S_SERVER_UNAVAILABLE;
    else if (database && service_same_name(database, SERVICES_FAILED_DATABASEW))
        error = ERROR_DATABASE_DOES_NOT_EXIST;
    else if (database && !service_same_name(database, SERVICES_ACTIVE_DATABASEW))
        error = ERROR_INVALID_NAME;
    else
        error = service_access(NULL, access, &granted);
    if (!error)
        error = service_handle_new(NULL, granted, &handle);
    service_result(error);
    return handle;
}

SC_HANDLE WINAPI OpenSCManagerA(const char *machine, const char *database, DWORD access) {
    WCHAR *wide_machine = NULL, *wide_database = NULL;
    SC_HANDLE handle = NULL;

    if (reg_wide(machine, &wide_machine) && reg_wide(database, &wide_database))
        handle = OpenSCManagerW(wide_machine, wide_database, access);
    else
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    free(wide_machine);
    free(wide_database);
    return handle;
}

/* Under the table's lock nobody deletes the entry before its handle is there. */
static DWORD open_locked(const WCHAR *name, DWORD access, SC_HANDLE *handle) {
    const HANDLE database = service_database_lock();
    struct service_config config;
    DWORD granted, error;

    if (!database)
        return GetLastError();
    error = service_load(name, &config);
    if (!error) {
        service_config_free(&config);
        error = service_access(name, access, &granted);
    }
    if (!error)
        error = service_handle_new(name, granted, handle);
    service_database_unlock(database);
    return error;
}

/**
 * OpenServiceW() - a handle to a service.
 * Return: NULL: ERROR_INVALID_HANDLE, ERROR_INVALID_NAME, ERROR_SERVICE_DOES_NOT_EXIST, ERROR_ACCESS_DENIED,
 * ERROR_INVALID_ADDRESS (no name), ERROR_NOT_ENOUGH_MEMORY. Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/winsvc/nf-winsvc-openservicew
 */
SC_HANDLE WINAPI OpenServiceW(SC_HANDLE manager, const WCHAR *name, DWORD access) {
    SC_HANDLE handle = NULL;
    DWORD error = service_find_manager(manager, SC_MANAGER_CONNECT);

    if (!error && !name)
        error = ERROR_INVALID_ADDRESS;
    if (!error && !service_name_is_valid(name))
        error = ERROR_INVALID_NAME;
    if (!error) {
        service_purge(name);
        error = open_locked(name, access, &handle);
    }
    service_result(error);
    return handle;
}

SC_HANDLE WINAPI OpenServiceA(SC_HANDLE manager, const char *name, DWORD access) {
    SC_HANDLE handle = NULL;
    WCHAR *wide;

    if (reg_wide(name, &wide))
        handle = OpenServiceW(manager, wide, access);
    else
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    free(wide);
    return handle;
}

/**
 * CloseServiceHandle() - closes either kind.  The last handle of a service that is marked for deletion, and does not
 * run, deletes it. Return: FALSE: ERROR_INVALID_HANDLE. Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/winsvc/nf-winsvc-closeservicehandle
 */
BOOL WINAPI CloseServiceHandle(SC_HANDLE wanted) {
    struct handle **place = &handles, *handle;

    AcquireSRWLockExclusive(&lock);
    while (*place && (SC_HANDLE)*place != wanted)
        place = &(*place)->next;
    handle = *place;
    if (handle)
        *place = handle->next;
    ReleaseSRWLockExclusive(&lock);
    if (!handle)
        return service_result(ERROR_INVALID_HANDLE);
    service_notify_cancel(wanted);
    if (handle->mark) {
        CloseHandle(handle->mark);
        service_purge(handle->name);
    }
    free(handle);
    return TRUE;
}

/* ---- the table's lock, which since Windows Vista locks nothing ---- */

#define LOCK_TAG 1

/**
 * LockServiceDatabase() - for programs that lock the table.  As in Windows since Vista, it has no effect.
 * Return: NULL: ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED (the handle lacks SC_MANAGER_LOCK), ERROR_NOT_ENOUGH_MEMORY.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winsvc/nf-winsvc-lockservicedatabase
 */
SC_LOCK WINAPI LockServiceDatabase(SC_HANDLE manager) {
    struct handle *handle;
    const DWORD error = service_find_manager(manager, SC_MANAGER_LOCK);

    if (!service_result(error))
        return NULL;
    handle = calloc(1, sizeof *handle);
    if (!handle) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    return (SC_LOCK)((ULONG_PTR)handle_add(handle) | LOCK_TAG);
}

/** UnlockServiceDatabase() - gives that back.  Return: FALSE: ERROR_INVALID_SERVICE_LOCK. */
BOOL WINAPI UnlockServiceDatabase(SC_LOCK wanted) {
    const ULONG_PTR value = (ULONG_PTR)wanted;

    if (value & LOCK_TAG && CloseServiceHandle((SC_HANDLE)(value & ~(ULONG_PTR)LOCK_TAG)))
        return TRUE;
    return service_result(ERROR_INVALID_SERVICE_LOCK);
}

static BOOL query_lock(SC_HANDLE manager, void *status, DWORD size, DWORD *need, BOOL ansi) {
    DWORD error = service_find_manager(manager, SC_MANAGER_QUERY_LOCK_STATUS);
    struct service_pack pack;
    QUERY_SERVICE_LOCK_STATUSW *answer;

    if (!error && !need)
        error = ERROR_INVALID_ADDRESS;
    if (error)
        return service_result(error);
    service_pack_begin(&pack, status, size, ansi);
    answer = service_pack_struct(&pack, sizeof *answer);
    if (answer)
        *answer = (QUERY_SERVICE_LOCK_STATUSW){.lpLockOwner = service_pack_text(&pack, L"", FALSE)};
    else
        service_pack_text(&pack, L"", FALSE);
    *need = pack.need;
    return service_result(pack.is_short ? ERROR_INSUFFICIENT_BUFFER : ERROR_SUCCESS);
}

/**
 * QueryServiceLockStatusW() - whether the table is locked: it never is.
 * Return: FALSE: ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED, ERROR_INSUFFICIENT_BUFFER (*need).
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winsvc/nf-winsvc-queryservicelockstatusw
 */
BOOL WINAPI QueryServiceLockStatusW(SC_HANDLE manager, QUERY_SERVICE_LOCK_STATUSW *status, DWORD size, DWORD *need) {
    return query_lock(manager, status, size, need, FALSE);
}

BOOL WINAPI QueryServiceLockStatusA(SC_HANDLE manager, QUERY_SERVICE_LOCK_STATUSA *status, DWORD size, DWORD *need) {
    return query_lock(manager, status, size, need, TRUE);
}
