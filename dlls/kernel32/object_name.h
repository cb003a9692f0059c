/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Win32's names of objects (event, mutex, semaphore…) as NT's object attributes. */
#ifndef WINIPC_KERNEL32_OBJECT_NAME_H
#define WINIPC_KERNEL32_OBJECT_NAME_H

#include <windows.h>
#include <winternl.h>

struct object_name {
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING name;
    WCHAR path[MAX_PATH + 40];
};

/* object_name_fill() - attributes for Create… (@attributes: OBJ_OPENIF) or Open….
 * @name: NULL, or a name without prefix, with Local\ or with Global\: put under the session's or the global \BaseNamedObjects; or
 * with a private namespace's prefix.
 * Return: STATUS_SUCCESS, STATUS_NAME_TOO_LONG, STATUS_OBJECT_PATH_SYNTAX_BAD (it begins with a backslash), STATUS_ACCESS_VIOLATION. */
NTSTATUS object_name_fill(struct object_name *object, const WCHAR *name, const SECURITY_ATTRIBUTES *security, ULONG attributes);

/* private_namespace() - whether a name begins with a prefix that this process has given to a private namespace.
 * Return: that namespace's directory, with what follows the prefix in *rest; NULL if not. */
HANDLE private_namespace(const WCHAR *name, const WCHAR **rest);

/* object_name_wide() - converts the name of an A function.  Return: @wide, NULL for a NULL name; a name that is too long or not
 * convertible gives a name that object_name_fill refuses. */
const WCHAR *object_name_wide(const char *name, WCHAR wide[MAX_PATH + 1]);

/* object_result() - what a Create… function returns: the handle, with ERROR_ALREADY_EXISTS or ERROR_SUCCESS as last error, or NULL.
 * A name that is another type's is ERROR_INVALID_HANDLE. */
HANDLE object_result(HANDLE handle, NTSTATUS status);
/* object_open_result() - what an Open… function returns: the handle with the last error untouched, or NULL. */
HANDLE object_open_result(HANDLE handle, NTSTATUS status);

/* object_name_open() - the whole of an Open… function; @open: ntdll's. */
HANDLE object_name_open(DWORD access, BOOL inherit, const WCHAR *name,
    NTSTATUS(WINAPI *open)(HANDLE *, ACCESS_MASK, const OBJECT_ATTRIBUTES *));

#endif
