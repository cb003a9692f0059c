/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The Windows that programs are told of: here and nowhere else. */
#ifndef WINIPC_NTDLL_VERSION_H
#define WINIPC_NTDLL_VERSION_H

#define VERSION_MAJOR 10
#define VERSION_MINOR 0
#define VERSION_BUILD 19045

#endif
