/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the console's parts share.  The console is the terminal behind a handle; a handle to anything else is ERROR_INVALID_HANDLE. */
#ifndef WINIPC_KERNEL32_CONSOLE_H
#define WINIPC_KERNEL32_CONSOLE_H

#include <stddef.h>
#include <windows.h>

/* console_fd() - the terminal behind a handle of the wanted side.  Return: -1 with ERROR_INVALID_HANDLE or ERROR_ACCESS_DENIED. */
int console_fd(HANDLE handle, BOOL input);

/* console_put() - writes bytes to the terminal, all of them.  Return: FALSE with the last error. */
BOOL console_put(int fd, const char *text, size_t len);

/* console_write_wide() - writes UTF-16; half a surrogate pair is kept for the next call. */
BOOL console_write_wide(int fd, const WCHAR *text, size_t n);

#endif
