/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef WINIPC_WS2_32_STARTUP_H
#define WINIPC_WS2_32_STARTUP_H

#include <windef.h>

/* Whether WSAStartup() was called; if not the last error is WSANOTINITIALISED. */
BOOL startup_is_on(void);

#endif
