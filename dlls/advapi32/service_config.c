/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a service's entry says (QueryServiceConfig), and the names by which services are known. */
#include <stdlib.h>
#include <string.h>

#include "dlls/advapi32/service.h"

/* Services and, with a sign before them, groups; for free(). */
static WCHAR *depend_all(const struct service_config *config) {
    size_t n_groups = 0, used = service_list_chars(config->depend);
    WCHAR *all;

    for (const WCHAR *group = config->depend_groups; *group; group += reg_text_len(group) + 1)
        n_groups++;
    all = calloc(used + service_list_chars(config->depend_groups) + n_groups + 2, sizeof *all);
    if (!all)
        return NULL;
    memcpy(all, config->depend, used * sizeof *all);
    for (const WCHAR *group = config->depend_groups; *group; group += reg_text_len(group) + 1) {
        all[used++] = SC_GROUP_IDENTIFIERW;
        memcpy(all + used, group, (reg_text_len(group) + 1) * sizeof *group);
        used += reg_text_len(group) + 1;
    }
    return all;
}

static void config_pack(struct service_pack *pack, const struct service_config *config, const WCHAR *depend) {
    QUERY_SERVICE_CONFIGW *answer = service_pack_struct(pack, sizeof *answer), unseen;

    if (!answer)
        answer = &unseen; /* the texts are counted */
    *answer = (QUERY_SERVICE_CONFIGW){.dwServiceType = config->type,
        .dwStartType = config->start,
        .dwErrorControl = config->error_control,
        .dwTagId = config->tag};
    answer->lpDisplayName = service_pack_text(pack, config->display, FALSE);
    answer->lpServiceStartName = service_pack_text(pack, config->account, FALSE);
    answer->lpDependencies = service_pack_text(pack, depend, TRUE);
    answer->lpLoadOrderGroup = service_pack_text(pack, config->group, FALSE);
    answer->lpBinaryPathName = service_pack_text(pack, config->path, FALSE);
}

static BOOL query_config(SC_HANDLE handle, void *buffer, DWORD size, DWORD *need, BOOL ansi) {
    struct service_config config;
    struct service_pack pack;
    struct service_ref ref;
    WCHAR *depend;
    DWORD error = service_find(handle, SERVICE_QUERY_CONFIG, &ref);

    if (!error && !need)
        error = ERROR_INVALID_ADDRESS;
    if (!error)
        error = service_load(ref.name, &config);
    if (error)
        return service_result(error);
    service_pack_begin(&pack, buffer, size, ansi);
    depend = depend_all(&config);
    if (depend)
        config_pack(&pack, &config, depend);
    else
        error = ERROR_NOT_ENOUGH_MEMORY;
    free(depend);
    service_config_free(&config);
    *need = pack.need;
    return service_result(error ? error : pack.is_short ? ERROR_INSUFFICIENT_BUFFER : ERROR_SUCCESS);
}

/**
 * QueryServiceConfigW() - a service's entry.
 * @need: the bytes that it takes, on success and failure.
 * Return: FALSE: ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED, ERROR_INSUFFICIENT_BUFFER, ERROR_INVALID_ADDRESS,
 * ERROR_NOT_ENOUGH_MEMORY. Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/winsvc/nf-winsvc-queryserviceconfigw
 */
BOOL WINAPI QueryServiceConfigW(SC_HANDLE handle, QUERY_SERVICE_CONFIGW *config, DWORD size, DWORD *need) {
    return query_config(handle, config, size, need, FALSE);
}

BOOL WINAPI QueryServiceConfigA(SC_HANDLE handle, QUERY_SERVICE_CONFIGA *config, DWORD size, DWORD *need) {
    return query_config(handle, config, size, need, TRUE);
}

/* ---- names ---- */

/* Gives a text; *chars: in: room with the NUL, out: length without it. */
static DWORD name_give(const WCHAR *text, void *buffer, DWORD *chars, BOOL ansi) {
    const DWORD room = buffer ? *chars : 0;
    const DWORD len =
        ansi ? (DWORD)WideCharToMultiByte(CP_ACP, 0, text, -1, NULL, 0, NULL, NULL) - 1 : (DWORD)reg_text_len(text);

    *chars = len;
    if (room <= len) {
        if (room)
            memset(buffer, 0, ansi ? 1 : sizeof(WCHAR));
        return ERROR_INSUFFICIENT_BUFFER;
    }
    if (ansi)
        WideCharToMultiByte(CP_ACP, 0, text, -1, buffer, (int)room, NULL, NULL);
    else
        memcpy(buffer, text, (len + 1) * sizeof *text);
    return ERROR_SUCCESS;
}

static DWORD display_name(SC_HANDLE manager, const WCHAR *name, void *buffer, DWORD *chars, BOOL ansi) {
    struct service_config config;
    DWORD error = service_find_manager(manager, 0);

    if (!error && (!name || !chars))
        error = ERROR_INVALID_ADDRESS;
    if (!error && !service_name_is_valid(name))
        error = ERROR_INVALID_NAME;
    if (!error)
        error = service_load(name, &config);
    if (error)
        return error;
    error = name_give(config.display, buffer, chars, ansi);
    service_config_free(&config);
    return error;
}

static DWORD key_name(SC_HANDLE manager, const WCHAR *display, void *buffer, DWORD *chars, BOOL ansi) {
    DWORD error = service_find_manager(manager, 0);
    WCHAR *list;

    if (!error && (!display || !chars))
        error = ERROR_INVALID_ADDRESS;
    if (!error && !*display)
        error = ERROR_INVALID_NAME;
    if (error)
        return error;
    list = service_names();
    error = list ? ERROR_SERVICE_DOES_NOT_EXIST : ERROR_NOT_ENOUGH_MEMORY;
    for (const WCHAR *name = list; name && *name && error == ERROR_SERVICE_DOES_NOT_EXIST;
         name += reg_text_len(name) + 1) {
        struct service_config config;

        if (service_load(name, &config))
            continue;
        if (service_same_name(config.display, display))
            error = name_give(name, buffer, chars, ansi);
        service_config_free(&config);
    }
    free(list);
    return error;
}

/**
 * GetServiceDisplayNameW() - the name of a service that people see.
 * @chars: in: the room, with the NUL; out: the length, without it.
 * Return: FALSE: ERROR_INVALID_HANDLE, ERROR_INVALID_NAME, ERROR_SERVICE_DOES_NOT_EXIST, ERROR_INSUFFICIENT_BUFFER,
 * ERROR_INVALID_ADDRESS. Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/winsvc/nf-winsvc-getservicedisplaynamew
 */
BOOL WINAPI GetServiceDisplayNameW(SC_HANDLE manager, const WCHAR *name, WCHAR *buffer, DWORD *chars) {
    return service_result(display_name(manager, name, buffer, chars, FALSE));
}

BOOL WINAPI GetServiceDisplayNameA(SC_HANDLE manager, const char *name, char *buffer, DWORD *bytes) {
    WCHAR *wide;
    const DWORD error =
        reg_wide(name, &wide) ? display_name(manager, wide, buffer, bytes, TRUE) : ERROR_NOT_ENOUGH_MEMORY;

    free(wide);
    return service_result(error);
}

/**
 * GetServiceKeyNameW() - the service that people see by that name.
 * Return: as GetServiceDisplayName.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winsvc/nf-winsvc-getservicekeynamew
 */
BOOL WINAPI GetServiceKeyNameW(SC_HANDLE manager, const WCHAR *display, WCHAR *buffer, DWORD *chars) {
    return service_result(key_name(manager, display, buffer, chars, FALSE));
}

BOOL WINAPI GetServiceKeyNameA(SC_HANDLE manager, const char *display, char *buffer, DWORD *bytes) {
    WCHAR *wide;
    const DWORD error =
        reg_wide(display, &wide) ? key_name(manager, wide, buffer, bytes, TRUE) : ERROR_NOT_ENOUGH_MEMORY;

    free(wide);
    return service_result(error);
}
