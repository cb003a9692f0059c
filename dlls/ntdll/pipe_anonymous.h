/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef WINIPC_NTDLL_PIPE_ANONYMOUS_H
#define WINIPC_NTDLL_PIPE_ANONYMOUS_H

#include <windows.h>
#include <winternl.h>

/* pipe_anonymous() - both ends of an anonymous pipe (CreatePipe).  @attributes: OBJ_INHERIT.
 * Return: STATUS_SUCCESS, STATUS_INSUFFICIENT_RESOURCES, STATUS_NO_MEMORY. */
NTSTATUS pipe_anonymous(HANDLE *reader, HANDLE *writer, ULONG quota, ULONG attributes);

#endif
