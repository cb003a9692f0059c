/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What services there are: the registry's part of the service control manager; see service.h. */
#include <ntstatus.h>
#define WIN32_NO_STATUS
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dlls/advapi32/service.h"

#define TABLE L"System\\CurrentControlSet\\Services"
#define LOCK_NAME L"Global\\winipc service table"

HANDLE service_database_lock(void) {
    const HANDLE mutex = CreateMutexW(NULL, FALSE, LOCK_NAME);
    DWORD waited;

    if (!mutex)
        return NULL;
    waited = WaitForSingleObject(mutex, SERVICE_LIMIT_MS);
    if (waited == WAIT_OBJECT_0 || waited == WAIT_ABANDONED)
        return mutex;
    CloseHandle(mutex);
    SetLastError(ERROR_SERVICE_DATABASE_LOCKED);
    return NULL;
}

void service_database_unlock(HANDLE lock) {
    ReleaseMutex(lock);
    CloseHandle(lock);
}

/* ---- names and lists ---- */

BOOL service_name_is_valid(const WCHAR *name) {
    size_t len = 0;

    while (len < SERVICE_NAME_CHARS && name[len] && name[len] != '/' && name[len] != '\\')
        len++;
    return len && len < SERVICE_NAME_CHARS && !name[len];
}

BOOL service_same_name(const WCHAR *one, const WCHAR *other) {
    const UNICODE_STRING a = reg_string(one), b = reg_string(other);

    return RtlEqualUnicodeString(&a, &b, TRUE);
}

void service_mark_name(const WCHAR *name, WCHAR mark[SERVICE_NAME_CHARS + 32]) {
    static const WCHAR prefix[] = L"Global\\winipc service ";
    size_t i = sizeof prefix / sizeof *prefix - 1;

    memcpy(mark, prefix, sizeof prefix);
    for (; *name; name++)
        mark[i++] = RtlUpcaseUnicodeChar(*name);
    mark[i] = 0;
}

WCHAR *service_copy(const WCHAR *text) {
    const size_t size = (reg_text_len(text) + 1) * sizeof(WCHAR);
    WCHAR *copy = calloc(1, size + sizeof(WCHAR)); /* ends a list as well */

    if (copy && text)
        memcpy(copy, text, size);
    return copy;
}

size_t service_list_chars(const WCHAR *list) {
    size_t chars = 0;

    while (list && list[chars])
        chars += reg_text_len(list + chars) + 1;
    return chars;
}

/* ---- values ---- */

DWORD service_key(const WCHAR *name, REGSAM access, HKEY *key) {
    WCHAR path[SERVICE_NAME_CHARS + sizeof TABLE / sizeof(WCHAR) + 1];
    size_t len = sizeof TABLE / sizeof(WCHAR) - 1;
    LSTATUS error;

    if (!service_name_is_valid(name))
        return ERROR_SERVICE_DOES_NOT_EXIST;
    memcpy(path, TABLE, sizeof TABLE);
    path[len++] = '\\';
    memcpy(path + len, name, (reg_text_len(name) + 1) * sizeof *name);
    error = reg_open(HKEY_LOCAL_MACHINE, path, 0, access, key);
    return error == ERROR_FILE_NOT_FOUND ? ERROR_SERVICE_DOES_NOT_EXIST : (DWORD)error;
}

DWORD service_number(HKEY key, const WCHAR *value, DWORD otherwise) {
    DWORD number = otherwise;
    struct reg_data data;

    if (reg_data_read(key, value, &data))
        return otherwise;
    if (data.type == REG_DWORD && data.size == sizeof number)
        memcpy(&number, data.data, sizeof number);
    reg_data_free(&data);
    return number;
}

WCHAR *service_text(HKEY key, const WCHAR *value) {
    struct reg_data data;
    WCHAR *text;

    if (reg_data_read(key, value, &data))
        return service_copy(NULL);
    text = calloc(1, data.size + 2 * sizeof(WCHAR));
    if (text && reg_type_is_text(data.type))
        memcpy(text, data.data, data.size);
    reg_data_free(&data);
    return text;
}

DWORD service_set_number(HKEY key, const WCHAR *value, DWORD number) {
    return (DWORD)RegSetValueExW(key, value, 0, REG_DWORD, (const BYTE *)&number, sizeof number);
}

static DWORD delete_value(HKEY key, const WCHAR *value) {
    const LSTATUS error = RegDeleteValueW(key, value);

    return error == ERROR_FILE_NOT_FOUND ? ERROR_SUCCESS : (DWORD)error;
}

DWORD service_set_text(HKEY key, const WCHAR *value, DWORD type, const WCHAR *text) {
    if (!text || !*text)
        return delete_value(key, value);
    return (DWORD)RegSetValueExW(
        key, value, 0, type, (const BYTE *)text, (DWORD)((reg_text_len(text) + 1) * sizeof *text));
}

DWORD service_set_list(HKEY key, const WCHAR *value, const WCHAR *list) {
    const size_t chars = service_list_chars(list);

    if (!chars)
        return delete_value(key, value);
    return (DWORD)RegSetValueExW(key, value, 0, REG_MULTI_SZ, (const BYTE *)list, (DWORD)((chars + 1) * sizeof *list));
}

/* ---- entries ---- */

void service_config_free(struct service_config *config) {
    free(config->path);
    free(config->group);
    free(config->depend);
    free(config->depend_groups);
    free(config->account);
    free(config->display);
}

DWORD service_load(const WCHAR *name, struct service_config *config) {
    HKEY key;
    const DWORD error = service_key(name, KEY_READ, &key);

    if (error)
        return error;
    *config = (struct service_config){.type = service_number(key, L"Type", 0),
        .start = service_number(key, L"Start", SERVICE_DISABLED),
        .error_control = service_number(key, L"ErrorControl", SERVICE_ERROR_IGNORE),
        .tag = service_number(key, L"Tag", 0),
        .deleted = service_number(key, L"DeleteFlag", 0) != 0,
        .path = service_text(key, L"ImagePath"),
        .group = service_text(key, L"Group"),
        .depend = service_text(key, L"DependOnService"),
        .depend_groups = service_text(key, L"DependOnGroup"),
        .account = service_text(key, L"ObjectName"),
        .display = service_text(key, L"DisplayName")};
    reg_close(key);
    if (!config->type) { /* a key that only bears parameters is no service */
        service_config_free(config);
        return ERROR_SERVICE_DOES_NOT_EXIST;
    }
    if (config->display && !*config->display) {
        free(config->display);
        config->display = service_copy(name);
    }
    if (config->path && config->group && config->depend && config->depend_groups && config->account && config->display)
        return ERROR_SUCCESS;
    service_config_free(config);
    return ERROR_NOT_ENOUGH_MEMORY;
}

/* Adds a name to a list that has room for it. */
static size_t list_add(WCHAR *list, size_t at, const WCHAR *name) {
    const size_t chars = reg_text_len(name) + 1;

    memcpy(list + at, name, chars * sizeof *name);
    list[at + chars] = 0;
    return at + chars;
}

static WCHAR *names_in(HKEY table) {
    size_t used = 0, room = 0;
    WCHAR *list = service_copy(NULL), name[SERVICE_NAME_CHARS];

    for (DWORD i = 0; list; i++) {
        DWORD len = SERVICE_NAME_CHARS;
        const LSTATUS error = RegEnumKeyExW(table, i, name, &len, NULL, NULL, NULL, NULL);

        if (error == ERROR_MORE_DATA)
            continue; /* longer than a service's name can be */
        if (error)
            break;
        if (used + len + 2 > room) {
            WCHAR *grown = realloc(list, (room = 2 * room + 1024) * sizeof *list);

            if (!grown)
                free(list);
            list = grown;
        }
        if (list)
            used = list_add(list, used, name);
    }
    return list;
}

WCHAR *service_names(void) {
    WCHAR *list;
    HKEY table;

    if (reg_open(HKEY_LOCAL_MACHINE, TABLE, 0, KEY_READ, &table))
        return service_copy(NULL);
    list = names_in(table);
    reg_close(table);
    for (const WCHAR *name = list; name && *name; name += reg_text_len(name) + 1)
        service_purge(name);
    return list;
}

/* ---- deletion ---- */

static BOOL is_marked(const WCHAR *name) {
    BOOL deleted;
    HKEY key;

    if (service_key(name, KEY_READ, &key))
        return FALSE;
    deleted = service_number(key, L"DeleteFlag", 0) != 0;
    reg_close(key);
    return deleted;
}

static BOOL is_open(const WCHAR *name) {
    WCHAR mark[SERVICE_NAME_CHARS + 32];
    HANDLE event;

    service_mark_name(name, mark);
    event = OpenEventW(SYNCHRONIZE, FALSE, mark);
    if (event)
        CloseHandle(event);
    return event != NULL;
}

void service_purge(const WCHAR *name) {
    struct service_record record;
    HANDLE lock;
    HKEY table;

    if (!is_marked(name))
        return;
    lock = service_database_lock();
    if (!lock)
        return;
    service_record_read(name, &record);
    if (record.status.dwCurrentState == SERVICE_STOPPED && is_marked(name) && !is_open(name) &&
        !reg_open(HKEY_LOCAL_MACHINE, TABLE, 0, KEY_ALL_ACCESS, &table)) {
        RegDeleteTreeW(table, name);
        reg_close(table);
        service_record_delete(name);
    }
    service_database_unlock(lock);
}
