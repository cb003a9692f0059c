/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The environment's arrays (environ.c). */
#ifndef WINIPC_MSVCRT_ENVIRON_H
#define WINIPC_MSVCRT_ENVIRON_H

#include "dlls/msvcrt/msvcrt.h"

extern char **crt_environ, **crt_initenv;
extern WCHAR **crt_wenviron, **crt_winitenv;

/* Makes the arrays from the process's block, once. */
void environ_init(void);

#endif
