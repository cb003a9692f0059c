/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keys of the registry: each call is a request to the server, which has the tree. */
#ifndef WINIPC_NTDLL_KEY_H
#define WINIPC_NTDLL_KEY_H

#include <windows.h>
#include <winternl.h>

#include <stdbool.h>

/* key_answer() - gives a structure of @full bytes to the caller, as much of it as fits.
 * @fixed: what must fit at least.  @used: receives @full.
 * Return: STATUS_SUCCESS, STATUS_BUFFER_TOO_SMALL (nothing is written), STATUS_BUFFER_OVERFLOW (a part is), STATUS_ACCESS_VIOLATION. */
NTSTATUS key_answer(const void *info, ULONG full, ULONG fixed, void *data, ULONG size, ULONG *used);

/* key_thread_gone() - the calling thread ends: notifications that it has asked for are over. */
void key_thread_gone(void);

#endif
