/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of objects; see object_name.h.
 * Source: https://learn.microsoft.com/en-us/windows/win32/termserv/kernel-object-namespaces */
#include "dlls/kernel32/object_name.h"

#include <ntstatus.h>
#include <string.h>

#include "dlls/kernel32/error.h"

static const WCHAR local_root[] = L"\\Sessions\\1\\BaseNamedObjects\\", global_root[] = L"\\BaseNamedObjects\\";
static const WCHAR local_prefix[] = L"Local\\", global_prefix[] = L"Global\\";

#define LENGTH_OF(text) (sizeof(text) / sizeof(WCHAR) - 1)

static size_t wide_length(const WCHAR *text, size_t limit) {
    size_t n = 0;

    while (n < limit && text[n])
        n++;
    return n;
}

/* The prefixes are case-sensitive. */
static BOOL has_prefix(const WCHAR *name, const WCHAR *prefix, size_t length) {
    return wide_length(name, length) == length && !memcmp(name, prefix, length * sizeof(WCHAR));
}

NTSTATUS object_name_fill(struct object_name *object, const WCHAR *name, const SECURITY_ATTRIBUTES *security, ULONG attributes) {
    const WCHAR *root = local_root;
    size_t root_length = LENGTH_OF(local_root), length;
    HANDLE root_directory;

    if (security && security->bInheritHandle)
        attributes |= OBJ_INHERIT;
    InitializeObjectAttributes(&object->attributes, NULL, attributes, NULL, security ? security->lpSecurityDescriptor : NULL);
    if (!name || !*name)
        return STATUS_SUCCESS;
    root_directory = private_namespace(name, &name);
    if (root_directory) {
        object->attributes.RootDirectory = root_directory;
        root_length = 0;
    } else if (has_prefix(name, local_prefix, LENGTH_OF(local_prefix))) {
        name += LENGTH_OF(local_prefix);
    } else if (has_prefix(name, global_prefix, LENGTH_OF(global_prefix))) {
        name += LENGTH_OF(global_prefix);
        root = global_root;
        root_length = LENGTH_OF(global_root);
    } else if (*name == '\\') {
        return STATUS_OBJECT_PATH_SYNTAX_BAD; /* a name in a directory is no path from the root */
    }
    length = wide_length(name, MAX_PATH + 1);
    if (length > MAX_PATH)
        return STATUS_NAME_TOO_LONG;
    if (!length && root_directory)
        return STATUS_OBJECT_NAME_INVALID;
    memcpy(object->path, root, root_length * sizeof(WCHAR));
    memcpy(object->path + root_length, name, length * sizeof(WCHAR));
    object->name.Buffer = object->path;
    object->name.Length = object->name.MaximumLength = (USHORT)((root_length + length) * sizeof(WCHAR));
    object->attributes.ObjectName = &object->name;
    return STATUS_SUCCESS;
}

const WCHAR *object_name_wide(const char *name, WCHAR wide[MAX_PATH + 1]) {
    static WCHAR too_long[MAX_PATH + 2];

    if (!name)
        return NULL;
    if (MultiByteToWideChar(CP_ACP, 0, name, -1, wide, MAX_PATH + 1))
        return wide;
    for (size_t i = 0; i <= MAX_PATH; i++)
        too_long[i] = 'x';
    return too_long;
}

HANDLE object_result(HANDLE handle, NTSTATUS status) {
    if (status == STATUS_OBJECT_TYPE_MISMATCH)
        status = STATUS_INVALID_HANDLE;
    if (!set_nt_error(status))
        return NULL;
    SetLastError(status == STATUS_OBJECT_NAME_EXISTS ? ERROR_ALREADY_EXISTS : ERROR_SUCCESS);
    return handle;
}

HANDLE object_open_result(HANDLE handle, NTSTATUS status) {
    if (status == STATUS_OBJECT_TYPE_MISMATCH)
        status = STATUS_INVALID_HANDLE;
    return set_nt_error(status) ? handle : NULL;
}

HANDLE object_name_open(DWORD access, BOOL inherit, const WCHAR *name,
    NTSTATUS(WINAPI *open)(HANDLE *, ACCESS_MASK, const OBJECT_ATTRIBUTES *)) {
    struct object_name object;
    NTSTATUS status = name ? object_name_fill(&object, name, NULL, inherit ? OBJ_INHERIT : 0) : STATUS_INVALID_PARAMETER;
    HANDLE handle = NULL;

    if (!status)
        status = open(&handle, access, &object.attributes);
    return object_open_result(handle, status);
}
