/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What Linux has under a file handle: for the console and the like, which no Nt call describes. */
#ifndef WINIPC_NTDLL_FILE_NATIVE_H
#define WINIPC_NTDLL_FILE_NATIVE_H

#include <stddef.h>
#include <windows.h>
#include <winternl.h>

/* winipc_fd_of_handle() - the descriptor behind a handle, still the handle's.  Return: -1 with *status if it has none. */
int winipc_fd_of_handle(HANDLE handle, NTSTATUS *status);

/* winipc_console_of_handle() - the same for a terminal only.
 * @input: receives whether it is the console's input side.  Return: -1 if the handle is not a console's. */
int winipc_console_of_handle(HANDLE handle, ACCESS_MASK access, BOOL *input);

/* winipc_dos_path_of_handle() - the path of an open file or directory, as X:\…, malloced and terminated.
 * @n: receives its length in units; may be NULL.  Return: NULL with *status. */
WCHAR *winipc_dos_path_of_handle(HANDLE handle, size_t *n, NTSTATUS *status);

#endif
