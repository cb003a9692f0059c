/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The further parts of a service's entry (QueryServiceConfig2, ChangeServiceConfig2), under Windows' names in its key.
 * They are kept and shown; nothing here acts on them: no service is started again after a failure, and nothing starts
 * by itself.
 */
#include <stdlib.h>
#include <string.h>

#include "dlls/advapi32/service.h"

#define PRESHUTDOWN_DEFAULT_MS 10000
#define ACTIONS_MAX 1024

/* The value FailureActions: this, then the actions; where pointers stood when it was laid out, are numbers. */
struct failure_actions {
    DWORD reset_seconds, has_message, has_command, n, actions_at;
};

/* The levels that are one number each. */
static const struct number_level {
    DWORD level;
    const WCHAR *value;
    DWORD otherwise, max;
} number_levels[] = {{SERVICE_CONFIG_DELAYED_AUTO_START_INFO, L"DelayedAutostart", 0, 0xffffffff},
    {SERVICE_CONFIG_FAILURE_ACTIONS_FLAG, L"FailureActionsOnNonCrashFailures", 0, 0xffffffff},
    {SERVICE_CONFIG_SERVICE_SID_INFO, L"ServiceSidType", 0, 3},
    {SERVICE_CONFIG_PRESHUTDOWN_INFO, L"PreshutdownTimeout", PRESHUTDOWN_DEFAULT_MS, 0xffffffff}};

static const struct number_level *number_level(DWORD level) {
    for (size_t i = 0; i < sizeof number_levels / sizeof number_levels[0]; i++)
        if (number_levels[i].level == level)
            return &number_levels[i];
    return NULL;
}

static BOOL level_is_known(DWORD level) {
    return level == SERVICE_CONFIG_DESCRIPTION || level == SERVICE_CONFIG_FAILURE_ACTIONS ||
           level == SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO || number_level(level);
}

/* ---- asking ---- */

/* A structure that is one pointer to a text or list. */
static DWORD pack_text(struct service_pack *pack, HKEY key, const WCHAR *value, BOOL list) {
    void **answer = service_pack_struct(pack, sizeof *answer);
    WCHAR *text = service_text(key, value);
    void *place;

    if (!text)
        return ERROR_NOT_ENOUGH_MEMORY;
    place = *text ? service_pack_text(pack, text, list) : NULL;
    if (answer)
        *answer = place;
    free(text);
    return ERROR_SUCCESS;
}

/* The actions that a value holds, those that it says and has. */
static void pack_actions(struct service_pack *pack, HKEY key, SERVICE_FAILURE_ACTIONSW *answer) {
    struct failure_actions head;
    struct reg_data data;

    answer->dwResetPeriod = answer->cActions = 0;
    answer->lpsaActions = NULL;
    if (reg_data_read(key, L"FailureActions", &data))
        return;
    if (data.size >= sizeof head) {
        memcpy(&head, data.data, sizeof head);
        if (head.n <= (data.size - sizeof head) / sizeof(SC_ACTION)) {
            answer->dwResetPeriod = head.reset_seconds;
            answer->cActions = head.n;
            if (head.n)
                answer->lpsaActions = service_pack_bytes(pack, data.data + sizeof head, head.n * sizeof(SC_ACTION));
        }
    }
    reg_data_free(&data);
}

static DWORD pack_failure(struct service_pack *pack, HKEY key) {
    SERVICE_FAILURE_ACTIONSW *answer = service_pack_struct(pack, sizeof *answer), unseen;
    WCHAR *message = service_text(key, L"RebootMessage"), *command = service_text(key, L"FailureCommand");
    const BOOL good = message && command;

    if (!answer)
        answer = &unseen;
    pack_actions(pack, key, answer);
    answer->lpRebootMsg = good ? service_pack_text(pack, message, FALSE) : NULL;
    answer->lpCommand = good ? service_pack_text(pack, command, FALSE) : NULL;
    free(message);
    free(command);
    return good ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
}

static DWORD pack_level(struct service_pack *pack, HKEY key, DWORD level) {
    const struct number_level *number = number_level(level);
    DWORD *answer;

    if (level == SERVICE_CONFIG_DESCRIPTION)
        return pack_text(pack, key, L"Description", FALSE);
    if (level == SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO)
        return pack_text(pack, key, L"RequiredPrivileges", TRUE);
    if (level == SERVICE_CONFIG_FAILURE_ACTIONS)
        return pack_failure(pack, key);
    answer = service_pack_struct(pack, sizeof *answer);
    if (answer)
        *answer = service_number(key, number->value, number->otherwise);
    return ERROR_SUCCESS;
}

static BOOL query_config2(SC_HANDLE handle, DWORD level, void *buffer, DWORD size, DWORD *need, BOOL ansi) {
    struct service_pack pack;
    struct service_ref ref;
    HKEY key;
    DWORD error = level_is_known(level) ? service_find(handle, SERVICE_QUERY_CONFIG, &ref) : ERROR_INVALID_LEVEL;

    if (!error && !need)
        error = ERROR_INVALID_ADDRESS;
    if (!error)
        error = service_key(ref.name, KEY_READ, &key);
    if (error)
        return service_result(error);
    service_pack_begin(&pack, buffer, size, ansi);
    error = pack_level(&pack, key, level);
    reg_close(key);
    *need = pack.need;
    return service_result(error ? error : pack.is_short ? ERROR_INSUFFICIENT_BUFFER : ERROR_SUCCESS);
}

/**
 * QueryServiceConfig2W() - a further part of a service's entry.
 * @level: SERVICE_CONFIG_DESCRIPTION, _FAILURE_ACTIONS, _DELAYED_AUTO_START_INFO, _FAILURE_ACTIONS_FLAG,
 * _SERVICE_SID_INFO, _REQUIRED_PRIVILEGES_INFO, _PRESHUTDOWN_INFO. Return: FALSE: ERROR_INVALID_LEVEL,
 * ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED, ERROR_INSUFFICIENT_BUFFER (*need), ERROR_INVALID_ADDRESS,
 * ERROR_NOT_ENOUGH_MEMORY.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winsvc/nf-winsvc-queryserviceconfig2w
 */
BOOL WINAPI QueryServiceConfig2W(SC_HANDLE handle, DWORD level, BYTE *buffer, DWORD size, DWORD *need) {
    return query_config2(handle, level, buffer, size, need, FALSE);
}

BOOL WINAPI QueryServiceConfig2A(SC_HANDLE handle, DWORD level, BYTE *buffer, DWORD size, DWORD *need) {
    return query_config2(handle, level, buffer, size, need, TRUE);
}

/* ---- changing ---- */

static DWORD change_actions(HKEY key, const SERVICE_FAILURE_ACTIONSW *info, DWORD access) {
    const size_t size = sizeof(struct failure_actions) + info->cActions * sizeof(SC_ACTION);
    struct failure_actions *value;
    DWORD error;

    if (info->cActions > ACTIONS_MAX)
        return ERROR_INVALID_PARAMETER;
    for (DWORD i = 0; i < info->cActions; i++)
        if ((unsigned)info->lpsaActions[i].Type > SC_ACTION_RUN_COMMAND)
            return ERROR_INVALID_PARAMETER;
        else if (info->lpsaActions[i].Type == SC_ACTION_RESTART && !(access & SERVICE_START))
            return ERROR_ACCESS_DENIED;
    if (!info->cActions)
        return service_set_text(key, L"FailureActions", REG_BINARY, NULL);
    value = malloc(size);
    if (!value)
        return ERROR_NOT_ENOUGH_MEMORY;
    *value = (struct failure_actions){info->dwResetPeriod, 0, 0, info->cActions, sizeof *value};
    memcpy(value + 1, info->lpsaActions, size - sizeof *value);
    error = (DWORD)RegSetValueExW(key, L"FailureActions", 0, REG_BINARY, (const BYTE *)value, (DWORD)size);
    free(value);
    return error;
}

static DWORD change_failure(HKEY key, const SERVICE_FAILURE_ACTIONSW *info, DWORD access) {
    DWORD error = info->lpsaActions ? change_actions(key, info, access) : ERROR_SUCCESS;

    if (!error && info->lpRebootMsg)
        error = service_set_text(key, L"RebootMessage", REG_SZ, info->lpRebootMsg);
    if (!error && info->lpCommand)
        error = service_set_text(key, L"FailureCommand", REG_SZ, info->lpCommand);
    return error;
}

static DWORD change_number(
    HKEY key, const struct number_level *level, DWORD number, const struct service_config *config) {
    if (number > level->max || (level->level == SERVICE_CONFIG_SERVICE_SID_INFO && number == 2))
        return ERROR_INVALID_PARAMETER;
    if (level->level == SERVICE_CONFIG_DELAYED_AUTO_START_INFO && number && config->start != SERVICE_AUTO_START)
        return ERROR_INVALID_PARAMETER;
    return service_set_number(key, level->value, number);
}

static DWORD change_level(HKEY key, DWORD level, const void *info, DWORD access, const struct service_config *config) {
    const WCHAR *text;
    DWORD number;

    if (level == SERVICE_CONFIG_FAILURE_ACTIONS)
        return change_failure(key, info, access);
    if (number_level(level)) {
        memcpy(&number, info, sizeof number);
        return change_number(key, number_level(level), number, config);
    }
    text = *(WCHAR *const *)info;
    if (!text) /* stays as it is */
        return ERROR_SUCCESS;
    if (level == SERVICE_CONFIG_DESCRIPTION)
        return service_set_text(key, L"Description", REG_SZ, text);
    return service_set_list(key, L"RequiredPrivileges", text);
}

/**
 * ChangeServiceConfig2W() - changes such a part.
 * @info: the level's structure; NULL changes nothing.
 * Return: FALSE: ERROR_INVALID_LEVEL, ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED (also: a restart as action without
 * SERVICE_START), ERROR_INVALID_PARAMETER, ERROR_SERVICE_MARKED_FOR_DELETE, ERROR_NOT_ENOUGH_MEMORY. Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/winsvc/nf-winsvc-changeserviceconfig2w
 */
BOOL WINAPI ChangeServiceConfig2W(SC_HANDLE handle, DWORD level, void *info) {
    struct service_config config;
    struct service_ref ref;
    HKEY key;
    DWORD error = level_is_known(level) ? service_find(handle, SERVICE_CHANGE_CONFIG, &ref) : ERROR_INVALID_LEVEL;

    if (!error)
        error = service_load(ref.name, &config);
    if (error)
        return service_result(error);
    error = config.deleted ? ERROR_SERVICE_MARKED_FOR_DELETE : ERROR_SUCCESS;
    if (!error && info)
        error = service_key(ref.name, KEY_READ | KEY_WRITE, &key);
    if (!error && info) {
        error = change_level(key, level, info, ref.access, &config);
        reg_close(key);
    }
    service_config_free(&config);
    return service_result(error);
}

BOOL WINAPI ChangeServiceConfig2A(SC_HANDLE handle, DWORD level, void *info) {
    const SERVICE_FAILURE_ACTIONSA *narrow = info;
    WCHAR *one = NULL, *other = NULL;
    SERVICE_FAILURE_ACTIONSW failure;
    BOOL good, done = FALSE;

    if (!info || (level != SERVICE_CONFIG_DESCRIPTION && level != SERVICE_CONFIG_FAILURE_ACTIONS &&
                     level != SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO))
        return ChangeServiceConfig2W(handle, level, info);
    if (level == SERVICE_CONFIG_FAILURE_ACTIONS) {
        good = reg_wide(narrow->lpRebootMsg, &one) && reg_wide(narrow->lpCommand, &other);
        failure = (SERVICE_FAILURE_ACTIONSW){narrow->dwResetPeriod, one, other, narrow->cActions, narrow->lpsaActions};
        info = &failure;
    } else {
        const char *text = *(char *const *)info;

        good = level == SERVICE_CONFIG_DESCRIPTION ? reg_wide(text, &one) : service_wide_list(text, &one);
        info = &one;
    }
    if (good)
        done = ChangeServiceConfig2W(handle, level, info);
    else
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    free(one);
    free(other);
    return done;
}
