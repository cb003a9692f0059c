/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The values of keys. */
#include <windows.h>
#include <winternl.h>
#include <ntstatus.h>

#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dlls/ntdll/key.h"
#include "dlls/ntdll/object.h"
#include "libs/host/guard.h"
#include "libs/protocol/client.h"

#define INLINE_MAX 32768u /* as requests.list says: more data travel in a memfd */
#define BY_NAME UINT32_MAX
#define VALUE_NAME_MAX 16383u

static NTSTATUS value_name(const UNICODE_STRING *string, const uint16_t **name, uint32_t *n) {
    UNICODE_STRING copy;

    if (guard_copy_from(&copy, string, sizeof copy) || (copy.Length && guard_probe_read(copy.Buffer, copy.Length)))
        return STATUS_ACCESS_VIOLATION;
    if (copy.Length % sizeof(WCHAR) || copy.Length / sizeof(WCHAR) > VALUE_NAME_MAX)
        return STATUS_INVALID_PARAMETER;
    *name = (const uint16_t *)(copy.Length ? copy.Buffer : L"");
    *n = copy.Length / sizeof(WCHAR);
    return STATUS_SUCCESS;
}

/* ---- writing ---- */

/* Return: a memfd with the data, or -1. */
static int memfd_of(const void *data, ULONG size) {
    const int fd = memfd_create("winipc-value", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    ULONG done = 0;

    while (fd >= 0 && done < size) {
        const ssize_t n = write(fd, (const char *)data + done, size - done);

        if (n <= 0) {
            close(fd);
            return -1;
        }
        done += (ULONG)n;
    }
    return fd;
}

/**
 * NtSetValueKey() - sets a value of a key.
 * Return: STATUS_SUCCESS, STATUS_ACCESS_DENIED, STATUS_KEY_DELETED, STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH,
 * STATUS_INVALID_PARAMETER (a name of more than 16383 characters), STATUS_INSUFFICIENT_RESOURCES (more than 8 MiB of data, or of 256 MiB in all),
 * STATUS_DISK_FULL, STATUS_REGISTRY_IO_FAILED, STATUS_NO_MEMORY, STATUS_ACCESS_VIOLATION.
 * Source: https://learn.microsoft.com/en-us/windows-hardware/drivers/ddi/wdm/nf-wdm-zwsetvaluekey
 */
NTSTATUS WINAPI NtSetValueKey(HANDLE handle, const UNICODE_STRING *name, ULONG title, ULONG type, const void *data, ULONG size) {
    struct request_key_set_value request = {.key = (ULONG_PTR)handle, .type = type, .size = size, .fd = -1, .data = (const uint8_t *)L""};
    struct reply_key_set_value reply;
    NTSTATUS status = value_name(name, &request.name, &request.n_name);

    (void)title;
    if (status)
        return status;
    if (size && guard_probe_read(data, size))
        return STATUS_ACCESS_VIOLATION;
    if (size > INLINE_MAX) {
        request.fd = memfd_of(data, size);
        if (request.fd < 0)
            return STATUS_NO_MEMORY;
    } else if (size) {
        request.data = data;
        request.data_len = size;
    }
    status = server_key_set_value(&request, &reply);
    if (request.fd >= 0)
        close(request.fd);
    return status;
}

/**
 * NtDeleteValueKey() - deletes a value of a key.
 * Return: STATUS_SUCCESS, STATUS_OBJECT_NAME_NOT_FOUND, STATUS_ACCESS_DENIED, STATUS_KEY_DELETED, STATUS_INVALID_HANDLE,
 * STATUS_OBJECT_TYPE_MISMATCH, STATUS_DISK_FULL, STATUS_REGISTRY_IO_FAILED, STATUS_ACCESS_VIOLATION.
 * Source: https://learn.microsoft.com/en-us/windows/win32/devnotes/zwdeletevaluekey
 */
NTSTATUS WINAPI NtDeleteValueKey(HANDLE handle, const UNICODE_STRING *name) {
    struct request_key_delete_value request = {.key = (ULONG_PTR)handle};
    struct reply_key_delete_value reply;
    const NTSTATUS status = value_name(name, &request.name, &request.n_name);

    return status ? status : server_key_delete_value(&request, &reply);
}

/* ---- reading ---- */

/* Where the parts of a class's structure lie. */
struct layout {
    ULONG fixed;
    ULONG type, length;  /* offsets of the fields */
    ULONG data_offset;   /* of the field that tells where the data lie; 0: they follow the fixed part */
    ULONG name_length;   /* 0: no name */
    ULONG align;         /* of the data; 0: none */
};

static const struct layout layouts[] = {
    [KeyValueBasicInformation] = {offsetof(KEY_VALUE_BASIC_INFORMATION, Name), 4, 0, 0, 8, 0},
    [KeyValueFullInformation] = {offsetof(KEY_VALUE_FULL_INFORMATION, Name), 4, 12, 8, 16, 4},
    [KeyValuePartialInformation] = {offsetof(KEY_VALUE_PARTIAL_INFORMATION, Data), 4, 8, 0, 0, 4},
    [KeyValueFullInformationAlign64] = {offsetof(KEY_VALUE_FULL_INFORMATION, Name), 4, 12, 8, 16, 8},
    [KeyValuePartialInformationAlign64] = {8, 0, 4, 0, 0, 4},
};

static void put_number(BYTE *info, ULONG offset, ULONG number) {
    memcpy(info + offset, &number, sizeof number);
}

/* The data, from the reply or the memfd that came with it; not there when there was no room for them. */
static NTSTATUS put_data(BYTE *to, const struct reply_key_value *reply) {
    ULONG done = 0;

    if (reply->data_len == reply->size) {
        memcpy(to, reply->data, reply->size);
        return STATUS_SUCCESS;
    }
    while (reply->fd >= 0 && done < reply->size) {
        const ssize_t n = pread(reply->fd, to + done, reply->size - done, done);

        if (n <= 0)
            return STATUS_REGISTRY_IO_FAILED;
        done += (ULONG)n;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS value_answer(const struct layout *layout, const struct reply_key_value *reply, void *data, ULONG size, ULONG *used) {
    const ULONG name = layout->name_length ? reply->n_name * (ULONG)sizeof(WCHAR) : 0;
    ULONG at = layout->fixed + name, full;
    NTSTATUS status = STATUS_SUCCESS;
    BYTE *info;

    if (layout->align && layout->name_length)
        at = (at + layout->align - 1) & ~(layout->align - 1);
    full = at + (layout->align ? reply->size : 0);
    info = calloc(1, full + sizeof(ULONG));
    if (!info)
        return STATUS_NO_MEMORY;
    put_number(info, layout->type, reply->type);
    if (layout->name_length) {
        put_number(info, layout->name_length, name);
        memcpy(info + layout->fixed, reply->name, name);
    }
    if (layout->align) {
        put_number(info, layout->length, reply->size);
        if (layout->data_offset)
            put_number(info, layout->data_offset, at);
        status = put_data(info + at, reply);
    }
    if (!status)
        status = key_answer(info, full, layout->fixed, data, size, used);
    free(info);
    return status;
}

static NTSTATUS query(struct request_key_value *request, KEY_VALUE_INFORMATION_CLASS class, void *data, ULONG size, ULONG *used) {
    struct reply_key_value reply = {.fd = -1};
    struct reply_room *room;
    NTSTATUS status;

    if ((unsigned)class >= sizeof layouts / sizeof *layouts)
        return STATUS_INVALID_PARAMETER;
    room = malloc(sizeof *room);
    if (!room)
        return STATUS_NO_MEMORY;
    request->room = layouts[class].align && size > layouts[class].fixed ? UINT32_MAX : 0;
    status = server_key_value(request, &reply, room);
    if (!status)
        status = value_answer(&layouts[class], &reply, data, size, used);
    if (reply.fd >= 0)
        close(reply.fd);
    free(room);
    return status;
}

/**
 * NtQueryValueKey() - a value of a key.
 * @class: KeyValueBasicInformation, KeyValueFullInformation, KeyValuePartialInformation and the two Align64.
 * Return: STATUS_SUCCESS, STATUS_BUFFER_TOO_SMALL, STATUS_BUFFER_OVERFLOW, STATUS_OBJECT_NAME_NOT_FOUND, STATUS_INVALID_PARAMETER,
 * STATUS_ACCESS_DENIED, STATUS_KEY_DELETED, STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH, STATUS_NO_MEMORY, STATUS_ACCESS_VIOLATION.
 * Source: https://learn.microsoft.com/en-us/windows-hardware/drivers/ddi/wdm/nf-wdm-zwqueryvaluekey
 */
NTSTATUS WINAPI NtQueryValueKey(
    HANDLE handle, const UNICODE_STRING *name, KEY_VALUE_INFORMATION_CLASS class, void *data, DWORD size, DWORD *used) {
    struct request_key_value request = {.key = (ULONG_PTR)handle, .index = BY_NAME};
    const NTSTATUS status = value_name(name, &request.name, &request.n_name);

    return status ? status : query(&request, class, data, size, used);
}

/**
 * NtEnumerateValueKey() - the n-th value of a key; they are in the order in which they were made.
 * Return: those of NtQueryValueKey(), and STATUS_NO_MORE_ENTRIES.
 * Source: https://learn.microsoft.com/en-us/windows-hardware/drivers/ddi/wdm/nf-wdm-zwenumeratevaluekey
 */
NTSTATUS WINAPI NtEnumerateValueKey(
    HANDLE handle, ULONG index, KEY_VALUE_INFORMATION_CLASS class, void *data, ULONG size, ULONG *used) {
    struct request_key_value request = {.key = (ULONG_PTR)handle, .index = index, .name = (const uint16_t *)L""};

    return index == BY_NAME ? STATUS_NO_MORE_ENTRIES : query(&request, class, data, size, used);
}
