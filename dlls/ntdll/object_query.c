/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a handle stands for (NtQueryObject): basic information, name, type, flags. */
#include "dlls/ntdll/object.h"

#include <ntstatus.h>

#include <stdlib.h>

#include "dlls/ntdll/file.h"
#include "dlls/ntdll/unix_path.h"
#include "libs/arena/file_kind.h"
#include "libs/arena/name.h"
#include "libs/security/access.h"

#define NAME_ROOM (UNIX_PATH_MAX_LEN + 64) /* of a file's NT path, in units */

/* ---- names ---- */

/* Lays a name out behind its UNICODE_STRING; an empty one has none.  @too_small: the answer when it does not fit. */
static NTSTATUS name_answer(
    const WCHAR *name, size_t n, NTSTATUS too_small, OBJECT_NAME_INFORMATION *info, ULONG size, ULONG *used) {
    const ULONG need = (ULONG)(sizeof *info + (n ? (n + 1) * sizeof(WCHAR) : 0));

    if (used)
        *used = need;
    if (size < need)
        return size < sizeof *info ? STATUS_INFO_LENGTH_MISMATCH : too_small;
    memset(info, 0, sizeof *info);
    if (!n)
        return STATUS_SUCCESS;
    info->Name.Buffer = (WCHAR *)(info + 1);
    info->Name.Length = (USHORT)(n * sizeof(WCHAR));
    info->Name.MaximumLength = info->Name.Length + sizeof(WCHAR);
    memcpy(info->Name.Buffer, name, n * sizeof(WCHAR));
    info->Name.Buffer[n] = 0;
    return STATUS_SUCCESS;
}

/* The name that cell @index bears in the object directory. */
static NTSTATUS name_of_object(uint32_t index, NTSTATUS too_small, void *data, ULONG size, ULONG *used) {
    const struct cell *cell = cell_at(index);
    const bool named = cell && (atomic_load(&cell->name) || index == winipc_arena->header.root);
    const uint32_t n = named ? name_path(index, NULL, 0) : 0;
    WCHAR *name = malloc((n + 1) * sizeof *name);
    NTSTATUS status;

    if (!name)
        return STATUS_NO_MEMORY;
    if (n)
        name_path(index, (uint16_t *)name, n);
    status = name_answer(name, n, too_small, data, size, used);
    free(name);
    return status;
}

static size_t name_copy(const WCHAR *text, WCHAR *name) {
    size_t n = 0;

    for (; text[n]; n++)
        name[n] = text[n];
    return n;
}

/* The NT path of a file on a Linux descriptor.  Return: its length; 0: it has none. */
static size_t name_of_fd(const struct file *file, WCHAR *name) {
    char path[UNIX_PATH_MAX_LEN];

    switch (file->kind) {
    case FILE_KIND_DISK:
    case FILE_KIND_DIRECTORY: {
        const size_t n = unix_path_of_fd(file->fd, path, sizeof path) ? 0 : nt_path_from_unix(path, name, NAME_ROOM);

        return n < NAME_ROOM ? n : 0;
    }
    case FILE_KIND_NULL: return name_copy(L"\\Device\\Null", name);
    case FILE_KIND_CONSOLE_IN:
    case FILE_KIND_CONSOLE_OUT: return name_copy(L"\\Device\\ConDrv", name);
    case FILE_KIND_FIFO: return name_copy(L"\\Device\\NamedPipe", name);
    default: return 0;
    }
}

NTSTATUS object_file_name(uint32_t index, FILE_NAME_INFORMATION *info, ULONG size, ULONG_PTR *information) {
    const ULONG header = offsetof(FILE_NAME_INFORMATION, FileName), room = size - header;
    const struct cell *cell = cell_at(index);
    uint32_t n = 0;
    const uint16_t *name = cell ? name_units(atomic_load(&cell->name), &n) : NULL;

    if (size < sizeof *info)
        return STATUS_INFO_LENGTH_MISMATCH;
    info->FileNameLength = name ? (n + 1) * (ULONG)sizeof(WCHAR) : 0;
    for (uint32_t i = 0; name && i <= n && (i + 1) * sizeof(WCHAR) <= room; i++)
        info->FileName[i] = i ? name[i - 1] : '\\';
    *information = info->FileNameLength > room ? size : header + info->FileNameLength;
    return info->FileNameLength > room ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

static NTSTATUS name_of_file(HANDLE handle, const struct cell *cell, void *data, ULONG size, ULONG *used) {
    const struct cell *instance = cell->file.instance ? cell_at(cell->file.instance - 1) : NULL;
    struct file *file;
    WCHAR *name;
    NTSTATUS status;

    if (cell->file.kind == FILE_KIND_MAILSLOT)
        return name_of_object(cell->file.instance - 1, STATUS_BUFFER_OVERFLOW, data, size, used);
    if (cell->file.kind == FILE_KIND_PIPE_END) /* it bears the pipe's name */
        return name_of_object(
            instance && cell_type(instance) == CELL_PIPE_INSTANCE ? instance->instance.pipe - 1 : NO_CELL,
            STATUS_BUFFER_OVERFLOW, data, size, used);
    file = file_from_handle(handle, 0, NULL, &status);
    if (!file)
        return status;
    name = malloc(NAME_ROOM * sizeof *name);
    status =
        name ? name_answer(name, name_of_fd(file, name), STATUS_BUFFER_OVERFLOW, data, size, used) : STATUS_NO_MEMORY;
    free(name);
    file_put(file);
    return status;
}

/* ---- the rest ---- */

static NTSTATUS query_type(enum cell_type type, void *data, ULONG size, ULONG *used) {
    const WCHAR *name = object_type_name(type);
    OBJECT_TYPE_INFORMATION *info = data;
    ULONG length = 0, need;

    while (name[length])
        length++;
    need = (ULONG)sizeof *info + (length + 1) * sizeof(WCHAR);
    if (used)
        *used = need;
    if (size < need)
        return STATUS_INFO_LENGTH_MISMATCH;
    memset(info, 0, sizeof *info);
    info->TypeName.Buffer = (WCHAR *)(info + 1);
    info->TypeName.Length = (USHORT)(length * sizeof(WCHAR));
    info->TypeName.MaximumLength = info->TypeName.Length + sizeof(WCHAR);
    info->GenericMapping = *access_mapping(type);
    info->ValidAccessMask = info->GenericMapping.GenericAll | STANDARD_RIGHTS_ALL;
    info->TypeIndex = (UCHAR)type;
    memcpy(info + 1, name, (length + 1) * sizeof(WCHAR));
    return STATUS_SUCCESS;
}

static NTSTATUS query_basic(
    uint64_t entry, const struct cell *cell, OBJECT_BASIC_INFORMATION *basic, ULONG size, ULONG *used) {
    if (size != sizeof *basic)
        return STATUS_INFO_LENGTH_MISMATCH;
    memset(basic, 0, sizeof *basic);
    if (ENTRY_FLAGS(entry) & HANDLE_INHERIT)
        basic->Attributes |= OBJ_INHERIT;
    if (ENTRY_FLAGS(entry) & HANDLE_PROTECT)
        basic->Attributes |= 1; /* OBJ_PROTECT_CLOSE */
    basic->GrantedAccess = ENTRY_ACCESS(entry);
    basic->HandleCount = basic->PointerCount = (uint32_t)atomic_load(&cell->refs);
    if (used)
        *used = sizeof *basic;
    return STATUS_SUCCESS;
}

static NTSTATUS query_flags(uint64_t entry, OBJECT_DATA_INFORMATION *flags, ULONG size, ULONG *used) {
    if (size != sizeof *flags)
        return STATUS_INFO_LENGTH_MISMATCH;
    flags->InheritHandle = (ENTRY_FLAGS(entry) & HANDLE_INHERIT) != 0;
    flags->ProtectFromClose = (ENTRY_FLAGS(entry) & HANDLE_PROTECT) != 0;
    if (used)
        *used = sizeof *flags;
    return STATUS_SUCCESS;
}

/**
 * NtQueryObject() - what a handle stands for: basic information, name, type, flags.
 * @used: receives the bytes that were written, or of a name or type that does not fit those that are needed; may be
 * NULL. Return: STATUS_SUCCESS, STATUS_INVALID_HANDLE, STATUS_INFO_LENGTH_MISMATCH (too too_small, or of another size
 * than the class's), STATUS_BUFFER_OVERFLOW (the name of a file, when the buffer holds a UNICODE_STRING at least),
 * STATUS_INVALID_INFO_CLASS. Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/winternl/nf-winternl-ntqueryobject
 */
NTSTATUS WINAPI NtQueryObject(HANDLE handle, OBJECT_INFORMATION_CLASS class, void *data, ULONG size, ULONG *used) {
    const uint64_t entry = object_entry(handle);
    const struct cell *cell = entry ? cell_at(ENTRY_CELL(entry)) : NULL;

    if (!cell)
        return STATUS_INVALID_HANDLE;
    switch ((int)class) {
    case ObjectBasicInformation: return query_basic(entry, cell, data, size, used);
    case ObjectNameInformation:
        return cell_type(cell) == CELL_FILE
                   ? name_of_file(handle, cell, data, size, used)
                   : name_of_object(ENTRY_CELL(entry), STATUS_INFO_LENGTH_MISMATCH, data, size, used);
    case ObjectTypeInformation: return query_type(cell_type(cell), data, size, used);
    case ObjectDataInformation: return query_flags(entry, data, size, used);
    default: return STATUS_INVALID_INFO_CLASS;
    }
}
