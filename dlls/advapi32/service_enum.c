/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Listing services, and those that need one. */
#include <stdlib.h>
#include <string.h>

#include "dlls/advapi32/service.h"

/* ---- which ---- */

struct filter {
    DWORD type, state;
    const WCHAR *group; /* NULL: any */
};

static BOOL filter_is_valid(const struct filter *filter) {
    return filter->type && !(filter->type & ~(DWORD)SERVICE_TYPE_ALL) && filter->state &&
           !(filter->state & ~(DWORD)SERVICE_STATE_ALL);
}

static BOOL filter_takes(
    const struct filter *filter, const struct service_config *config, const SERVICE_STATUS *status) {
    const DWORD state = status->dwCurrentState == SERVICE_STOPPED ? SERVICE_INACTIVE : SERVICE_ACTIVE;

    return filter->type & config->type && filter->state & state &&
           (!filter->group || service_same_name(filter->group, config->group));
}

/* The group that a caller names is one that some service is in. */
static BOOL group_exists(const WCHAR *names, const WCHAR *group) {
    BOOL found = !group || !*group;

    for (const WCHAR *name = names; *name && !found; name += reg_text_len(name) + 1) {
        struct service_config config;

        if (service_load(name, &config))
            continue;
        found = service_same_name(group, config.group);
        service_config_free(&config);
    }
    return found;
}

/* ---- packing ---- */

/* What an enumeration fills. */
struct listing {
    struct service_pack pack;
    BOOL with_process;     /* ENUM_SERVICE_STATUS_PROCESS */
    DWORD n, index, begin; /* entries; of the service that is looked at; where the caller goes on */
    DWORD next;            /* where he goes on after this; 0: nowhere */
};

static void entry_pack(struct listing *listing, const WCHAR *name, const struct service_config *config,
    const struct service_record *record) {
    const size_t size = listing->with_process ? sizeof(ENUM_SERVICE_STATUS_PROCESSW) : sizeof(ENUM_SERVICE_STATUSW);
    ENUM_SERVICE_STATUS_PROCESSW *answer = service_pack_struct(&listing->pack, size), unseen;
    const BOOL was_short = listing->pack.is_short;
    WCHAR *shown_name, *shown_display;

    if (!answer)
        answer = &unseen;
    shown_name = service_pack_text(&listing->pack, name, FALSE);
    shown_display = service_pack_text(&listing->pack, config->display, FALSE);
    if (listing->pack.is_short) {
        if (!was_short) /* the structure fitted, a text did not */
            listing->pack.front = (BYTE *)answer;
        if (!listing->next)
            listing->next = listing->index;
        return;
    }
    answer->lpServiceName = shown_name;
    answer->lpDisplayName = shown_display;
    memcpy(&answer->ServiceStatusProcess, &record->status, sizeof record->status); /* all four begin alike */
    answer->ServiceStatusProcess.dwServiceType = config->type;
    if (listing->with_process) {
        answer->ServiceStatusProcess.dwProcessId = record->pid;
        answer->ServiceStatusProcess.dwServiceFlags = 0;
    }
    listing->n++;
}

static void list_pack(struct listing *listing, const WCHAR *names, const struct filter *filter) {
    listing->index = 0;
    for (const WCHAR *name = names; *name; name += reg_text_len(name) + 1) {
        struct service_config config;
        struct service_record record;

        listing->index++;
        if (listing->index <= listing->begin || service_load(name, &config))
            continue;
        service_record_read(name, &record);
        if (filter_takes(filter, &config, &record.status)) {
            const DWORD before = listing->pack.need;

            entry_pack(listing, name, &config, &record);
            if (!listing->next)
                listing->pack.need = before; /* *need tells of what is left */
        }
        service_config_free(&config);
    }
}

static DWORD enumerate(
    struct listing *listing, const WCHAR *names, const struct filter *filter, DWORD *need, DWORD *n, DWORD *resume) {
    listing->begin = resume && *resume ? *resume - 1 : 0;
    list_pack(listing, names, filter);
    *need = listing->pack.need;
    *n = listing->n;
    if (resume)
        *resume = listing->next;
    return listing->next ? ERROR_MORE_DATA : ERROR_SUCCESS;
}

static DWORD enum_services(
    SC_HANDLE manager, struct listing *listing, const struct filter *filter, DWORD *need, DWORD *n, DWORD *resume) {
    DWORD error = service_find_manager(manager, SC_MANAGER_ENUMERATE_SERVICE);
    WCHAR *names;

    if (!error && (!need || !n))
        error = ERROR_INVALID_ADDRESS;
    if (!error && !filter_is_valid(filter))
        error = ERROR_INVALID_PARAMETER;
    if (error)
        return error;
    names = service_names();
    if (!names)
        return ERROR_NOT_ENOUGH_MEMORY;
    error = group_exists(names, filter->group) ? enumerate(listing, names, filter, need, n, resume)
                                               : ERROR_SERVICE_DOES_NOT_EXIST;
    free(names);
    return error;
}

static BOOL enum_plain(SC_HANDLE manager, DWORD type, DWORD state, void *buffer, DWORD size, DWORD *need, DWORD *n,
    DWORD *resume, BOOL ansi) {
    const struct filter filter = {type, state, NULL};
    struct listing listing = {0};

    if (!resume)
        return service_result(ERROR_INVALID_ADDRESS);
    service_pack_begin(&listing.pack, buffer, size, ansi);
    return service_result(enum_services(manager, &listing, &filter, need, n, resume));
}

/**
 * EnumServicesStatusW() - a list of services with what they do.
 * @type: SERVICE_WIN32, SERVICE_DRIVER, SERVICE_TYPE_ALL or their parts.  @state: SERVICE_ACTIVE, SERVICE_INACTIVE or
 * SERVICE_STATE_ALL.
 * @need: the bytes for those that are left.  @resume: 0, or where the last call stopped.
 * Return: FALSE: ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED, ERROR_INVALID_PARAMETER, ERROR_INVALID_ADDRESS,
 * ERROR_MORE_DATA. Source: https://learn.microsoft.com/en-us/windows/win32/api/winsvc/nf-winsvc-enumservicesstatusw
 */
BOOL WINAPI EnumServicesStatusW(SC_HANDLE manager, DWORD type, DWORD state, ENUM_SERVICE_STATUSW *buffer, DWORD size,
    DWORD *need, DWORD *n, DWORD *resume) {
    return enum_plain(manager, type, state, buffer, size, need, n, resume, FALSE);
}

BOOL WINAPI EnumServicesStatusA(SC_HANDLE manager, DWORD type, DWORD state, ENUM_SERVICE_STATUSA *buffer, DWORD size,
    DWORD *need, DWORD *n, DWORD *resume) {
    return enum_plain(manager, type, state, buffer, size, need, n, resume, TRUE);
}

static BOOL enum_process(SC_HANDLE manager, SC_ENUM_TYPE level, const struct filter *filter, void *buffer, DWORD size,
    DWORD *need, DWORD *n, DWORD *resume, BOOL ansi) {
    struct listing listing = {.with_process = TRUE};

    if (level != SC_ENUM_PROCESS_INFO)
        return service_result(ERROR_INVALID_LEVEL);
    service_pack_begin(&listing.pack, buffer, size, ansi);
    return service_result(enum_services(manager, &listing, filter, need, n, resume));
}

/**
 * EnumServicesStatusExW() - the same with the services' processes.
 * @group: NULL: all; "": those that are in none.
 * Return: also ERROR_INVALID_LEVEL, ERROR_SERVICE_DOES_NOT_EXIST (no service is in that group).
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winsvc/nf-winsvc-enumservicesstatusexw
 */
BOOL WINAPI EnumServicesStatusExW(SC_HANDLE manager, SC_ENUM_TYPE level, DWORD type, DWORD state, BYTE *buffer,
    DWORD size, DWORD *need, DWORD *n, DWORD *resume, const WCHAR *group) {
    const struct filter filter = {type, state, group};

    return enum_process(manager, level, &filter, buffer, size, need, n, resume, FALSE);
}

BOOL WINAPI EnumServicesStatusExA(SC_HANDLE manager, SC_ENUM_TYPE level, DWORD type, DWORD state, BYTE *buffer,
    DWORD size, DWORD *need, DWORD *n, DWORD *resume, const char *group) {
    struct filter filter = {type, state, NULL};
    WCHAR *wide;
    BOOL done;

    if (!reg_wide(group, &wide))
        return service_result(ERROR_NOT_ENOUGH_MEMORY);
    filter.group = wide;
    done = enum_process(manager, level, &filter, buffer, size, need, n, resume, TRUE);
    free(wide);
    return done;
}

/* ---- those that need one ---- */

static BOOL list_has(const WCHAR *list, const WCHAR *name) {
    for (; *list; list += reg_text_len(list) + 1)
        if (service_same_name(list, name))
            return TRUE;
    return FALSE;
}

/* Adds to @found those of @names that need @name, after those that need them.  @found has room for all. */
static void dependents_add(const WCHAR *names, const WCHAR *name, WCHAR *found, unsigned depth) {
    for (const WCHAR *other = names; *other && depth < 64; other += reg_text_len(other) + 1) {
        struct service_config config;
        BOOL needs;

        if (list_has(found, other) || service_load(other, &config))
            continue;
        needs = list_has(config.depend, name);
        service_config_free(&config);
        if (!needs)
            continue;
        dependents_add(names, other, found, depth + 1);
        if (!list_has(found, other)) {
            const size_t used = service_list_chars(found), chars = reg_text_len(other) + 1;

            memcpy(found + used, other, chars * sizeof *found);
            found[used + chars] = 0;
        }
    }
}

WCHAR *service_dependents(const WCHAR *name) {
    WCHAR *const names = service_names();
    WCHAR *const found = names ? calloc(service_list_chars(names) + 2, sizeof *found) : NULL;

    if (found)
        dependents_add(names, name, found, 0);
    free(names);
    return found;
}

static BOOL enum_dependents(SC_HANDLE handle, DWORD state, void *buffer, DWORD size, DWORD *need, DWORD *n, BOOL ansi) {
    const struct filter filter = {SERVICE_TYPE_ALL, state, NULL};
    struct listing listing = {0};
    struct service_ref ref;
    WCHAR *names;
    DWORD error = service_find(handle, SERVICE_ENUMERATE_DEPENDENTS, &ref);

    if (!error && (!need || !n))
        error = ERROR_INVALID_ADDRESS;
    if (!error && !filter_is_valid(&filter))
        error = ERROR_INVALID_PARAMETER;
    if (error)
        return service_result(error);
    names = service_dependents(ref.name);
    if (!names)
        return service_result(ERROR_NOT_ENOUGH_MEMORY);
    service_pack_begin(&listing.pack, buffer, size, ansi);
    error = enumerate(&listing, names, &filter, need, n, NULL);
    free(names);
    return service_result(error);
}

/**
 * EnumDependentServicesW() - the services that need this one to run, those first that are to be stopped first.
 * Return: FALSE: ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED, ERROR_INVALID_PARAMETER, ERROR_INVALID_ADDRESS,
 * ERROR_MORE_DATA (*need: the bytes for those that are left). Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/winsvc/nf-winsvc-enumdependentservicesw
 */
BOOL WINAPI EnumDependentServicesW(
    SC_HANDLE handle, DWORD state, ENUM_SERVICE_STATUSW *buffer, DWORD size, DWORD *need, DWORD *n) {
    return enum_dependents(handle, state, buffer, size, need, n, FALSE);
}

BOOL WINAPI EnumDependentServicesA(
    SC_HANDLE handle, DWORD state, ENUM_SERVICE_STATUSA *buffer, DWORD size, DWORD *need, DWORD *n) {
    return enum_dependents(handle, state, buffer, size, need, n, TRUE);
}
