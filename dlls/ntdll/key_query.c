/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is known of a key and of its subkeys. */
#include <windows.h>
#include <winternl.h>
#include <ntstatus.h>

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "dlls/ntdll/key.h"
#include "dlls/ntdll/object.h"
#include "libs/host/guard.h"
#include "libs/protocol/client.h"

#define ITSELF UINT32_MAX
#define NO_CLASS 0xffffffffu

NTSTATUS key_answer(const void *info, ULONG full, ULONG fixed, void *data, ULONG size, ULONG *used) {
    if (used && guard_copy_to(used, &full, sizeof full))
        return STATUS_ACCESS_VIOLATION;
    if (size < fixed)
        return STATUS_BUFFER_TOO_SMALL;
    if (guard_copy_to(data, info, size < full ? size : full))
        return STATUS_ACCESS_VIOLATION;
    return size < full ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

/* A structure while it is made; then the place behind its fixed part. */
struct answer {
    union {
        KEY_BASIC_INFORMATION basic;
        KEY_NODE_INFORMATION node;
        KEY_FULL_INFORMATION full;
        KEY_NAME_INFORMATION name;
        KEY_CACHED_INFORMATION cached;
        ULONG flags[3];
        BYTE bytes[2 * 32767 + 2 * 1023 + 64];
    };
    ULONG fixed, size;
};

static void put(struct answer *answer, const uint16_t *text, ULONG n) {
    if (n)
        memcpy(answer->bytes + answer->size, text, n * sizeof *text);
    answer->size += n * (ULONG)sizeof *text;
}

/* Where the class lies when it comes next; there may be none. */
static ULONG class_offset(struct answer *answer, const struct reply_key_query *reply) {
    if (!reply->n_class)
        return NO_CLASS;
    answer->size = (answer->size + 3) & ~3u;
    return answer->size;
}

static void answer_node(struct answer *answer, const struct reply_key_query *reply) {
    answer->size = answer->fixed = offsetof(KEY_NODE_INFORMATION, Name);
    answer->node.LastWriteTime.QuadPart = (LONGLONG)reply->written_100ns;
    answer->node.NameLength = reply->n_name * (ULONG)sizeof(WCHAR);
    answer->node.ClassLength = reply->n_class * (ULONG)sizeof(WCHAR);
    put(answer, reply->name, reply->n_name);
    answer->node.ClassOffset = class_offset(answer, reply);
    put(answer, reply->class, reply->n_class);
}

static void answer_full(struct answer *answer, const struct reply_key_query *reply) {
    answer->size = answer->fixed = offsetof(KEY_FULL_INFORMATION, Class);
    answer->full = (KEY_FULL_INFORMATION){.LastWriteTime.QuadPart = (LONGLONG)reply->written_100ns,
        .ClassOffset = class_offset(answer, reply),
        .ClassLength = reply->n_class * (ULONG)sizeof(WCHAR),
        .SubKeys = reply->subkeys,
        .MaxNameLen = reply->max_name * (ULONG)sizeof(WCHAR),
        .MaxClassLen = reply->max_class * (ULONG)sizeof(WCHAR),
        .Values = reply->values,
        .MaxValueNameLen = reply->max_value_name * (ULONG)sizeof(WCHAR),
        .MaxValueDataLen = reply->max_data};
    put(answer, reply->class, reply->n_class);
}

static void answer_cached(struct answer *answer, const struct reply_key_query *reply) {
    answer->size = answer->fixed = sizeof answer->cached;
    answer->cached = (KEY_CACHED_INFORMATION){.LastWriteTime.QuadPart = (LONGLONG)reply->written_100ns,
        .SubKeys = reply->subkeys,
        .MaxNameLen = reply->max_name * (ULONG)sizeof(WCHAR),
        .Values = reply->values,
        .MaxValueNameLen = reply->max_value_name * (ULONG)sizeof(WCHAR),
        .MaxValueDataLen = reply->max_data,
        .NameLength = reply->n_name * (ULONG)sizeof(WCHAR)};
}

static void answer_flags(struct answer *answer, const struct reply_key_query *reply) {
    answer->size = answer->fixed = sizeof answer->flags;
    answer->flags[1] = (reply->options & REG_OPTION_VOLATILE ? 1 : 0) | (reply->options & REG_OPTION_CREATE_LINK ? 2 : 0);
}

/* Return: false: the class is none that is there. */
static bool answer_make(struct answer *answer, KEY_INFORMATION_CLASS class, const struct reply_key_query *reply) {
    switch (class) {
    case KeyBasicInformation:
        answer->size = answer->fixed = offsetof(KEY_BASIC_INFORMATION, Name);
        answer->basic.LastWriteTime.QuadPart = (LONGLONG)reply->written_100ns;
        answer->basic.NameLength = reply->n_name * (ULONG)sizeof(WCHAR);
        put(answer, reply->name, reply->n_name);
        return true;
    case KeyNameInformation:
        answer->size = answer->fixed = offsetof(KEY_NAME_INFORMATION, Name);
        answer->name.NameLength = reply->n_name * (ULONG)sizeof(WCHAR);
        put(answer, reply->name, reply->n_name);
        return true;
    case KeyNodeInformation: answer_node(answer, reply); return true;
    case KeyFullInformation: answer_full(answer, reply); return true;
    case KeyCachedInformation: answer_cached(answer, reply); return true;
    case KeyFlagsInformation: answer_flags(answer, reply); return true;
    case KeyHandleTagsInformation: answer->size = answer->fixed = sizeof(ULONG); return true;
    default: return false;
    }
}

/* All but its name's class tell the last part of a key's own name. */
static void last_name(struct reply_key_query *reply) {
    uint32_t at = reply->n_name;

    while (at && reply->name[at - 1] != '\\')
        at--;
    reply->name += at;
    reply->n_name -= at;
}

static NTSTATUS query(HANDLE handle, ULONG index, KEY_INFORMATION_CLASS class, void *data, ULONG size, ULONG *used) {
    const struct request_key_query request = {.key = (ULONG_PTR)handle, .index = index};
    struct reply_room *room = malloc(sizeof *room);
    struct answer *answer = calloc(1, sizeof *answer);
    struct reply_key_query reply;
    NTSTATUS status = room && answer ? server_key_query(&request, &reply, room) : STATUS_NO_MEMORY;

    if (!status && index == ITSELF && class != KeyNameInformation)
        last_name(&reply);
    if (!status)
        status = answer_make(answer, class, &reply) ? key_answer(answer->bytes, answer->size, answer->fixed, data, size, used)
                                                    : STATUS_INVALID_PARAMETER;
    free(room);
    free(answer);
    return status;
}

/**
 * NtQueryKey() - what is known of a key.
 * @class: KeyBasicInformation, KeyNodeInformation, KeyFullInformation, KeyNameInformation, KeyCachedInformation, KeyFlagsInformation,
 * KeyHandleTagsInformation.
 * Return: STATUS_SUCCESS, STATUS_BUFFER_TOO_SMALL, STATUS_BUFFER_OVERFLOW, STATUS_INVALID_PARAMETER, STATUS_ACCESS_DENIED, STATUS_KEY_DELETED,
 * STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH, STATUS_ACCESS_VIOLATION.
 * Source: https://learn.microsoft.com/en-us/windows-hardware/drivers/ddi/wdm/nf-wdm-zwquerykey
 */
NTSTATUS WINAPI NtQueryKey(HANDLE handle, KEY_INFORMATION_CLASS class, void *data, DWORD size, DWORD *used) {
    struct wait_object object;
    const bool any_right = class == KeyNameInformation || class == KeyFlagsInformation || class == KeyHandleTagsInformation;
    const NTSTATUS status = object_lookup(handle, CELL_KEY, any_right ? 0 : KEY_QUERY_VALUE, &object);

    return status ? status : query(handle, ITSELF, class, data, size, used);
}

/**
 * NtEnumerateKey() - the same of the n-th subkey; they are in the order of their names.
 * Return: those of NtQueryKey(), and STATUS_NO_MORE_ENTRIES.
 * Source: https://learn.microsoft.com/en-us/windows-hardware/drivers/ddi/wdm/nf-wdm-zwenumeratekey
 */
NTSTATUS WINAPI NtEnumerateKey(HANDLE handle, ULONG index, KEY_INFORMATION_CLASS class, void *data, DWORD size, DWORD *used) {
    return index == ITSELF ? STATUS_NO_MORE_ENTRIES : query(handle, index, class, data, size, used);
}
