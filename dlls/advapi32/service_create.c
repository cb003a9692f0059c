/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Making, changing and deleting a service's entry. */
#include <stdlib.h>
#include <string.h>

#include "dlls/advapi32/service.h"

/* What CreateService and ChangeServiceConfig are given. */
struct request {
    DWORD type, start, error_control;
    const WCHAR *path, *group, *depend, *account, *password, *display;
    DWORD *tag;
};

/* ---- checks ---- */

#define DRIVERS (SERVICE_KERNEL_DRIVER | SERVICE_FILE_SYSTEM_DRIVER)

static BOOL type_is_valid(DWORD type) {
    const DWORD kind = type & ~(DWORD)SERVICE_INTERACTIVE_PROCESS;

    if (kind == SERVICE_KERNEL_DRIVER || kind == SERVICE_FILE_SYSTEM_DRIVER)
        return kind == type;
    return kind == SERVICE_WIN32_OWN_PROCESS || kind == SERVICE_WIN32_SHARE_PROCESS;
}

/* Drivers alone start with the machine. */
static BOOL start_is_valid(DWORD start, DWORD type) {
    return start <= SERVICE_DISABLED && (start >= SERVICE_AUTO_START || type & DRIVERS);
}

/* Every service runs as the session's user.  The names of the accounts that Windows runs services as are taken for him,
 * and his own. */
static BOOL account_is_known(const WCHAR *account) {
    static const WCHAR *const known[] = {L"LocalSystem", L".\\LocalSystem", L"NT AUTHORITY\\LocalSystem",
        L"NT AUTHORITY\\SYSTEM", L"NT AUTHORITY\\LocalService", L"NT AUTHORITY\\Local Service",
        L"NT AUTHORITY\\NetworkService", L"NT AUTHORITY\\Network Service"};
    WCHAR user[257];
    DWORD size = 257;
    const WCHAR *name = account;

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (service_same_name(account, known[i]))
            return TRUE;
    for (const WCHAR *at = account; *at; at++)
        if (*at == '\\')
            name = at + 1;
    return GetUserNameW(user, &size) && service_same_name(name, user);
}

static DWORD request_check(const struct request *request, DWORD old_type, DWORD old_start) {
    const DWORD type = request->type == SERVICE_NO_CHANGE ? old_type : request->type;
    const DWORD start = request->start == SERVICE_NO_CHANGE ? old_start : request->start;

    if (!type_is_valid(type) || !start_is_valid(start, type))
        return ERROR_INVALID_PARAMETER;
    if (request->error_control != SERVICE_NO_CHANGE && request->error_control > SERVICE_ERROR_CRITICAL)
        return ERROR_INVALID_PARAMETER;
    if (request->tag && (!request->group || !*request->group)) /* a place in a group */
        return ERROR_INVALID_PARAMETER;
    if (request->account && !(type & DRIVERS) && !account_is_known(request->account))
        return ERROR_INVALID_SERVICE_ACCOUNT;
    if (type & SERVICE_INTERACTIVE_PROCESS && request->account && *request->account &&
        !service_same_name(request->account, L"LocalSystem"))
        return ERROR_INVALID_PARAMETER;
    if (request->display && reg_text_len(request->display) >= SERVICE_NAME_CHARS)
        return ERROR_INVALID_NAME;
    return ERROR_SUCCESS;
}

/* Whether another service bears that name for display, or as its own. */
static BOOL display_is_taken(const WCHAR *name, const WCHAR *display) {
    WCHAR *const list = service_names();
    BOOL taken = FALSE;

    for (const WCHAR *other = list; other && *other && !taken; other += reg_text_len(other) + 1) {
        struct service_config config;

        if (service_same_name(other, name) || service_load(other, &config))
            continue;
        taken = service_same_name(config.display, display) || service_same_name(other, display);
        service_config_free(&config);
    }
    free(list);
    return taken;
}

/* Whether what these services need leads to @name. */
static BOOL needs_lead_to(const WCHAR *needs, const WCHAR *name, unsigned depth) {
    BOOL leads = depth > 64;

    for (; needs && *needs && !leads; needs += reg_text_len(needs) + 1) {
        struct service_config config;

        if (*needs == SC_GROUP_IDENTIFIERW)
            continue;
        leads = service_same_name(needs, name);
        if (leads || service_load(needs, &config))
            continue;
        leads = needs_lead_to(config.depend, name, depth + 1);
        service_config_free(&config);
    }
    return leads;
}

static DWORD names_check(const WCHAR *name, const struct request *request) {
    if (request->display && *request->display && !service_same_name(request->display, name) &&
        display_is_taken(name, request->display))
        return ERROR_DUPLICATE_SERVICE_NAME;
    return needs_lead_to(request->depend, name, 0) ? ERROR_CIRCULAR_DEPENDENCY : ERROR_SUCCESS;
}

/* ---- writing ---- */

/* The services, or the groups without their sign, of a list; for free(). */
static WCHAR *depend_part(const WCHAR *list, BOOL groups) {
    WCHAR *part = calloc(service_list_chars(list) + 2, sizeof *part), *at = part;

    for (; part && *list; list += reg_text_len(list) + 1)
        if ((*list == SC_GROUP_IDENTIFIERW) == groups) {
            const WCHAR *text = list + groups;

            memcpy(at, text, (reg_text_len(text) + 1) * sizeof *text);
            at += reg_text_len(text) + 1;
        }
    return part;
}

static DWORD depend_write(HKEY key, const WCHAR *list) {
    static const WCHAR *const values[] = {L"DependOnService", L"DependOnGroup"};
    DWORD error = ERROR_SUCCESS;

    for (int groups = 0; groups < 2 && !error; groups++) {
        WCHAR *part = depend_part(list, groups);

        error = part ? service_set_list(key, values[groups], part) : ERROR_NOT_ENOUGH_MEMORY;
        free(part);
    }
    return error;
}

/* The next number in a group. */
static DWORD tag_next(const WCHAR *group) {
    WCHAR *const list = service_names();
    DWORD tag = 0;

    for (const WCHAR *name = list; name && *name; name += reg_text_len(name) + 1) {
        struct service_config config;

        if (service_load(name, &config))
            continue;
        if (service_same_name(config.group, group) && config.tag > tag)
            tag = config.tag;
        service_config_free(&config);
    }
    free(list);
    return tag + 1;
}

static DWORD request_write(HKEY key, const struct request *request) {
    const struct {
        const WCHAR *value;
        DWORD number;
    } numbers[] = {{L"Start", request->start}, {L"ErrorControl", request->error_control}, {L"Type", request->type}};
    DWORD error = ERROR_SUCCESS;

    if (request->path)
        error = service_set_text(key, L"ImagePath", REG_EXPAND_SZ, request->path);
    if (!error && request->group)
        error = service_set_text(key, L"Group", REG_SZ, request->group);
    if (!error && request->depend)
        error = depend_write(key, request->depend);
    if (!error && request->account)
        error = service_set_text(key, L"ObjectName", REG_SZ, request->account);
    if (!error && request->display)
        error = service_set_text(key, L"DisplayName", REG_SZ, request->display);
    if (!error && request->tag) {
        *request->tag = tag_next(request->group);
        error = service_set_number(key, L"Tag", *request->tag);
    }
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0] && !error;
         i++) /* the type last: it makes the key a service's */
        if (numbers[i].number != SERVICE_NO_CHANGE)
            error = service_set_number(key, numbers[i].value, numbers[i].number);
    return error;
}

/* Under the table's lock. */
static DWORD entry_make(const WCHAR *name, const struct request *request) {
    struct service_config old;
    HKEY table, key;
    DWORD error = service_load(name, &old);

    if (!error) {
        error = old.deleted ? ERROR_SERVICE_MARKED_FOR_DELETE : ERROR_SERVICE_EXISTS;
        service_config_free(&old);
        return error;
    }
    if (error == ERROR_SERVICE_DOES_NOT_EXIST)
        error = names_check(name, request);
    if (!error)
        error = (DWORD)RegCreateKeyExW(HKEY_LOCAL_MACHINE, L"System\\CurrentControlSet\\Services", 0, NULL, 0,
            KEY_CREATE_SUB_KEY, NULL, &table, NULL);
    if (error)
        return error;
    error = (DWORD)RegCreateKeyExW(table, name, 0, NULL, 0, KEY_READ | KEY_WRITE, NULL, &key, NULL);
    reg_close(table);
    if (error)
        return error;
    error = request_write(key, request);
    reg_close(key);
    return error;
}

static DWORD service_create(const WCHAR *name, const struct request *request, DWORD access, SC_HANDLE *handle) {
    HANDLE lock;
    DWORD error;

    service_purge(name);
    lock = service_database_lock();
    if (!lock)
        return GetLastError();
    error = entry_make(name, request);
    if (!error) {
        service_record_delete(name); /* of one that was deleted by hand */
        error = service_handle_new(name, access, handle);
    }
    service_database_unlock(lock);
    return error;
}

/* What the maker of a service may: he is its owner. */
static DWORD creator_access(DWORD desired) {
    GENERIC_MAPPING mapping = service_mapping;

    MapGenericMask(&desired, &mapping);
    return desired & MAXIMUM_ALLOWED ? SERVICE_ALL_ACCESS : desired & (SERVICE_ALL_ACCESS | ACCESS_SYSTEM_SECURITY);
}

/**
 * CreateServiceW() - adds a service to the table.
 * @path: its command line, with variables of the environment in %.  @depend: a list of services, and of groups with a
 * plus sign before them.
 * @account, @password: see ERROR_INVALID_SERVICE_ACCOUNT; every service runs as the session's user.  @tag: receives a
 * number within @group. Return: NULL: ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED, ERROR_INVALID_NAME,
 * ERROR_INVALID_PARAMETER, ERROR_INVALID_ADDRESS (no name or path), ERROR_INVALID_SERVICE_ACCOUNT (neither one of
 * Windows' accounts for services nor the session's user), ERROR_SERVICE_EXISTS, ERROR_SERVICE_MARKED_FOR_DELETE,
 * ERROR_DUPLICATE_SERVICE_NAME, ERROR_CIRCULAR_DEPENDENCY, ERROR_SERVICE_DATABASE_LOCKED, ERROR_NOT_ENOUGH_MEMORY.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winsvc/nf-winsvc-createservicew
 */
SC_HANDLE WINAPI CreateServiceW(SC_HANDLE manager, const WCHAR *name, const WCHAR *display, DWORD access, DWORD type,
    DWORD start, DWORD error_control, const WCHAR *path, const WCHAR *group, DWORD *tag, const WCHAR *depend,
    const WCHAR *account, const WCHAR *password) {
    struct request request = {type, start, error_control, path, group, depend, account, password, display, tag};
    SC_HANDLE handle = NULL;
    DWORD error = service_find_manager(manager, SC_MANAGER_CREATE_SERVICE);

    if (!error && (!name || !path))
        error = ERROR_INVALID_ADDRESS;
    if (!error && !service_name_is_valid(name))
        error = ERROR_INVALID_NAME;
    if (!error &&
        (!*path || type == SERVICE_NO_CHANGE || start == SERVICE_NO_CHANGE || error_control == SERVICE_NO_CHANGE))
        error = ERROR_INVALID_PARAMETER;
    if (!error)
        error = request_check(&request, type, start);
    if (!request.account && !(type & DRIVERS))
        request.account = L"LocalSystem";
    if (!request.display || !*request.display)
        request.display = name;
    if (!error)
        error = service_create(name, &request, creator_access(access), &handle);
    service_result(error);
    return handle;
}

/* Under the table's lock. */
static DWORD entry_change(const WCHAR *name, const struct request *request) {
    struct service_config old;
    HKEY key;
    DWORD error = service_load(name, &old);

    if (error)
        return error;
    error = old.deleted ? ERROR_SERVICE_MARKED_FOR_DELETE : request_check(request, old.type, old.start);
    service_config_free(&old);
    if (!error)
        error = names_check(name, request);
    if (!error)
        error = service_key(name, KEY_READ | KEY_WRITE, &key);
    if (error)
        return error;
    error = request_write(key, request);
    reg_close(key);
    return error;
}

static BOOL service_change(SC_HANDLE handle, const struct request *request) {
    struct service_ref ref;
    HANDLE lock;
    DWORD error = service_find(handle, SERVICE_CHANGE_CONFIG, &ref);

    if (error)
        return service_result(error);
    lock = service_database_lock();
    if (!lock)
        return FALSE;
    error = entry_change(ref.name, request);
    service_database_unlock(lock);
    return service_result(error);
}

/**
 * ChangeServiceConfigW() - changes a service's entry; a service that runs goes on as before.
 * NULL and SERVICE_NO_CHANGE leave a part as it is, an empty text or list takes it away.
 * Return: FALSE: ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED, ERROR_SERVICE_MARKED_FOR_DELETE, and those of
 * CreateService. Source: https://learn.microsoft.com/en-us/windows/win32/api/winsvc/nf-winsvc-changeserviceconfigw
 */
BOOL WINAPI ChangeServiceConfigW(SC_HANDLE handle, DWORD type, DWORD start, DWORD error_control, const WCHAR *path,
    const WCHAR *group, DWORD *tag, const WCHAR *depend, const WCHAR *account, const WCHAR *password,
    const WCHAR *display) {
    const struct request request = {type, start, error_control, path, group, depend, account, password, display, tag};

    return service_change(handle, &request);
}

/* ---- deleting ---- */

/* Under the table's lock. */
static DWORD entry_mark(const WCHAR *name) {
    HKEY key;
    DWORD error = service_key(name, KEY_READ | KEY_WRITE, &key);

    if (error)
        return error;
    error = service_number(key, L"DeleteFlag", 0) ? ERROR_SERVICE_MARKED_FOR_DELETE
                                                  : service_set_number(key, L"DeleteFlag", 1);
    if (!error)
        error = service_set_number(key, L"Start", SERVICE_DISABLED);
    reg_close(key);
    return error;
}

/**
 * DeleteService() - marks a service for deletion: it goes when its last handle, in any process, is closed and it has
 * stopped. Return: FALSE: ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED, ERROR_SERVICE_MARKED_FOR_DELETE,
 * ERROR_SERVICE_DATABASE_LOCKED. Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/winsvc/nf-winsvc-deleteservice
 */
BOOL WINAPI DeleteService(SC_HANDLE handle) {
    struct service_ref ref;
    HANDLE lock;
    DWORD error = service_find(handle, DELETE, &ref);

    if (error)
        return service_result(error);
    lock = service_database_lock();
    if (!lock)
        return FALSE;
    error = entry_mark(ref.name);
    service_database_unlock(lock);
    return service_result(error);
}
