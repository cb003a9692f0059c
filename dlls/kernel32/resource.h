/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of resources (resource.c). */
#ifndef WINIPC_KERNEL32_RESOURCE_H
#define WINIPC_KERNEL32_RESOURCE_H

#include <windows.h>

/* resource_id() - a name of the forms MAKEINTRESOURCE(n), "#n" or text as resource entries have it. */
ULONG_PTR resource_id(LPCWSTR name);

#endif
