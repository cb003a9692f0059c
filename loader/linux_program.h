/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Linux programs that a program of ours starts (linux_program.c). */
#ifndef WINIPC_LOADER_LINUX_PROGRAM_H
#define WINIPC_LOADER_LINUX_PROGRAM_H

#include "loader/startup.h"

/* This process stands for the Linux program of @startup in the session: starts it, and ends as it ends. */
void linux_program_start(struct startup *startup) __attribute__((noreturn));

#endif
