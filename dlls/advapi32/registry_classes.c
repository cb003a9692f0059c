/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * HKEY_CLASSES_ROOT: the classes of the user and those of the machine as one.  Where both have a key, the user's is the one that a handle stands for;
 * what that does not have is looked up in the other.
 * Source: https://learn.microsoft.com/en-us/windows/win32/sysinfo/merged-view-of-hkey-classes-root
 */
#include <ntstatus.h>
#define WIN32_NO_STATUS
#include <stdlib.h>
#include <string.h>

#include "dlls/advapi32/registry.h"

#define MACHINE L"\\REGISTRY\\MACHINE\\SOFTWARE\\Classes"
#define USER_TAIL L"\\Software\\Classes"
#define PATH_ROOM 32767u

static BOOL text_begins(const WCHAR *text, size_t len, const WCHAR *prefix) {
    const size_t n = reg_text_len(prefix);

    return len >= n && CompareStringOrdinal(text, (int)n, prefix, (int)n, TRUE) == CSTR_EQUAL && (len == n || text[n] == '\\');
}

/* The path of the user's classes: the room is enough for every SID. */
static BOOL user_classes(WCHAR path[256]) {
    UNICODE_STRING user;

    if (RtlFormatCurrentUserKeyPath(&user))
        return FALSE;
    memcpy(path, user.Buffer, user.Length);
    memcpy(path + user.Length / sizeof(WCHAR), USER_TAIL, sizeof USER_TAIL);
    RtlFreeUnicodeString(&user);
    return TRUE;
}

static NTSTATUS open_path(const WCHAR *path, ULONG options, ACCESS_MASK access, HANDLE *key) {
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING name = reg_string(path);

    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    return NtOpenKeyEx(key, access, &attributes, options);
}

/* From the path of a key of one's classes, @from, to that of @to. */
static BOOL path_move(WCHAR *path, size_t len, const WCHAR *from, const WCHAR *to) {
    const size_t n_from = reg_text_len(from), n_to = reg_text_len(to);

    if (!text_begins(path, len, from) || len - n_from + n_to >= PATH_ROOM)
        return FALSE;
    memmove(path + n_to, path + n_from, (len - n_from) * sizeof(WCHAR));
    memcpy(path, to, n_to * sizeof(WCHAR));
    path[len - n_from + n_to] = 0;
    return TRUE;
}

/* The path of a key, or of its counterpart, for free(). */
static WCHAR *path_of(HANDLE handle, const WCHAR *from, const WCHAR *to) {
    KEY_NAME_INFORMATION *info = malloc(sizeof *info + PATH_ROOM * sizeof(WCHAR));
    WCHAR *path = malloc((PATH_ROOM + 1) * sizeof *path);
    ULONG used;

    if (!info || !path || NtQueryKey(handle, KeyNameInformation, info, sizeof *info + PATH_ROOM * sizeof(WCHAR), &used)) {
        free(path);
        path = NULL;
    } else {
        memcpy(path, info->Name, info->NameLength);
        path[info->NameLength / sizeof(WCHAR)] = 0;
        if (!path_move(path, info->NameLength / sizeof(WCHAR), from, to)) {
            free(path);
            path = NULL;
        }
    }
    free(info);
    return path;
}

BOOL classes_other(HANDLE handle, ACCESS_MASK access, HANDLE *other) {
    WCHAR user[256], *path;
    NTSTATUS status;

    if (!user_classes(user))
        return FALSE;
    path = path_of(handle, user, MACHINE);
    if (!path)
        path = path_of(handle, MACHINE, user);
    status = path ? open_path(path, 0, access, other) : STATUS_NO_MEMORY;
    free(path);
    return !status;
}

NTSTATUS classes_open(HANDLE parent, const WCHAR *path, ULONG options, ACCESS_MASK access, HANDLE *key) {
    UNICODE_STRING name = reg_string(path);
    OBJECT_ATTRIBUTES attributes;
    WCHAR user[256], *own;
    HANDLE other;
    NTSTATUS status = STATUS_OBJECT_NAME_NOT_FOUND;

    /* the user's, wherever the parent lies */
    own = user_classes(user) ? path_of(parent, MACHINE, user) : NULL;
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    if (own && !open_path(own, 0, KEY_READ, &other)) {
        attributes.RootDirectory = other;
        status = NtOpenKeyEx(key, access, &attributes, options);
        NtClose(other);
    }
    free(own);
    attributes.RootDirectory = parent;
    if (status == STATUS_OBJECT_NAME_NOT_FOUND)
        status = NtOpenKeyEx(key, access, &attributes, options);
    if (status == STATUS_OBJECT_NAME_NOT_FOUND && classes_other(parent, KEY_READ, &other)) {
        attributes.RootDirectory = other;
        status = NtOpenKeyEx(key, access, &attributes, options);
        NtClose(other);
    }
    return status;
}

/* ---- enumerating ---- */

typedef NTSTATUS(WINAPI *enumerate_function)(HANDLE handle, ULONG index, ULONG class, void *data, ULONG size, ULONG *used);

static NTSTATUS WINAPI enumerate_key(HANDLE handle, ULONG index, ULONG class, void *data, ULONG size, ULONG *used) {
    return NtEnumerateKey(handle, index, class, data, size, used);
}

static NTSTATUS WINAPI enumerate_value(HANDLE handle, ULONG index, ULONG class, void *data, ULONG size, ULONG *used) {
    return NtEnumerateValueKey(handle, index, class, data, size, used);
}

static BOOL key_is_there(HANDLE handle, UNICODE_STRING *name) {
    OBJECT_ATTRIBUTES attributes;
    HANDLE key;

    InitializeObjectAttributes(&attributes, name, OBJ_CASE_INSENSITIVE, handle, NULL);
    if (NtOpenKeyEx(&key, KEY_READ, &attributes, REG_OPTION_OPEN_LINK))
        return FALSE;
    NtClose(key);
    return TRUE;
}

static BOOL value_is_there(HANDLE handle, UNICODE_STRING *name) {
    ULONG used;

    return NtQueryValueKey(handle, name, KeyValuePartialInformation, NULL, 0, &used) == STATUS_BUFFER_TOO_SMALL;
}

/* The name in a KEY_BASIC_INFORMATION or KEY_VALUE_BASIC_INFORMATION. */
static UNICODE_STRING basic_name(void *info, BOOL is_key) {
    KEY_BASIC_INFORMATION *key = info;
    KEY_VALUE_BASIC_INFORMATION *value = info;
    const USHORT size = (USHORT)(is_key ? key->NameLength : value->NameLength);

    return (UNICODE_STRING){size, size, is_key ? key->Name : value->Name};
}

/* The place in the other key of the n-th name that only that one has; how many have been passed comes off *index. */
static NTSTATUS other_place(HANDLE handle, HANDLE other, BOOL is_key, ULONG *index, ULONG *place) {
    const enumerate_function enumerate = is_key ? enumerate_key : enumerate_value;
    const ULONG size = 2 * 16383 + 64;
    void *info = malloc(size);
    NTSTATUS status = info ? STATUS_SUCCESS : STATUS_NO_MEMORY;
    ULONG used;

    for (*place = 0; !status; (*place)++) {
        UNICODE_STRING name;

        status = enumerate(other, *place, 0, info, size, &used); /* 0: Basic, of both */
        name = basic_name(info, is_key);
        if (status || (is_key ? key_is_there(handle, &name) : value_is_there(handle, &name)))
            continue;
        if (!(*index)--)
            break;
    }
    free(info);
    return status;
}

static ULONG count_of(HANDLE handle, BOOL is_key) {
    KEY_CACHED_INFORMATION info = {0};
    ULONG used;

    NtQueryKey(handle, KeyCachedInformation, &info, sizeof info, &used);
    return is_key ? info.SubKeys : info.Values;
}

static NTSTATUS enumerate_both(HANDLE handle, BOOL is_key, ULONG index, ULONG class, void *data, ULONG size, ULONG *used) {
    const enumerate_function enumerate = is_key ? enumerate_key : enumerate_value;
    const ULONG n = count_of(handle, is_key);
    HANDLE other;
    ULONG place;
    NTSTATUS status;

    if (index < n)
        return enumerate(handle, index, class, data, size, used);
    index -= n;
    if (!classes_other(handle, KEY_READ, &other))
        return STATUS_NO_MORE_ENTRIES;
    status = other_place(handle, other, is_key, &index, &place);
    if (!status)
        status = enumerate(other, place, class, data, size, used);
    NtClose(other);
    return status;
}

NTSTATUS classes_enumerate(HANDLE handle, ULONG index, KEY_INFORMATION_CLASS class, void *data, ULONG size, ULONG *used) {
    return enumerate_both(handle, TRUE, index, class, data, size, used);
}

NTSTATUS classes_enumerate_value(HANDLE handle, ULONG index, KEY_VALUE_INFORMATION_CLASS class, void *data, ULONG size, ULONG *used) {
    return enumerate_both(handle, FALSE, index, class, data, size, used);
}

static ULONG count_more(HANDLE handle, HANDLE other, BOOL is_key) {
    ULONG index = MAXDWORD, place;

    other_place(handle, other, is_key, &index, &place);
    return MAXDWORD - index;
}

void classes_count(HANDLE handle, KEY_FULL_INFORMATION *info) {
    KEY_CACHED_INFORMATION more = {0};
    HANDLE other;
    ULONG used;

    if (!classes_other(handle, KEY_READ, &other))
        return;
    NtQueryKey(other, KeyCachedInformation, &more, sizeof more, &used);
    info->SubKeys += count_more(handle, other, TRUE);
    info->Values += count_more(handle, other, FALSE);
    info->MaxNameLen = max(info->MaxNameLen, more.MaxNameLen);
    info->MaxValueNameLen = max(info->MaxValueNameLen, more.MaxValueNameLen);
    info->MaxValueDataLen = max(info->MaxValueDataLen, more.MaxValueDataLen);
    NtClose(other);
}
