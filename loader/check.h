/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef WINIPC_LOADER_CHECK_H
#define WINIPC_LOADER_CHECK_H

/* winipc --check: prints what the program and its own DLLs import and nobody has; a status of status.h. */
int check_program(const char *path);

#endif
