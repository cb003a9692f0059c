/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a call says of the object that it is about, taken from the program's memory once. */
#ifndef WINIPC_NTDLL_ATTRIBUTES_H
#define WINIPC_NTDLL_ATTRIBUTES_H

#include <windows.h>
#include <winternl.h>

struct attributes {
    OBJECT_ATTRIBUTES object;
    UNICODE_STRING name;
};

/* attributes_capture() - has *@attributes be a copy of what the program's pointer leads to, with the name's length and place in it; the
 * characters stay where they are, and are read after that look at them.  NULL stays NULL: the call says what that means to it.
 * @copy: lives as long as *@attributes is used.
 * Return: STATUS_SUCCESS, STATUS_ACCESS_VIOLATION (the attributes, the name or the quality of service cannot be read). */
NTSTATUS attributes_capture(struct attributes *copy, const OBJECT_ATTRIBUTES **attributes);

/* attributes_capture_for() - the same for a call that answers with a handle.
 * Return: STATUS_SUCCESS with *@handle NULL; STATUS_ACCESS_VIOLATION also where it cannot be written. */
NTSTATUS attributes_capture_for(HANDLE *handle, struct attributes *copy, const OBJECT_ATTRIBUTES **attributes);

#endif
