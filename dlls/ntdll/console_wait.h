/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Console input as something to wait for. */
#ifndef WINIPC_NTDLL_CONSOLE_WAIT_H
#define WINIPC_NTDLL_CONSOLE_WAIT_H

#include "dlls/ntdll/file.h"

/* console_wait_begin() - somebody is about to wait for the console input behind @handle, whose cell is @cell. */
void console_wait_begin(HANDLE handle, struct cell *cell);

#endif
