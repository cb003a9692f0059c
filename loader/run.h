/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Starting a program in this process, and its end (run.c). */
#ifndef WINIPC_LOADER_RUN_H
#define WINIPC_LOADER_RUN_H

#include "loader/startup.h"

/*
 * This process becomes the program that startup describes: opens and maps the image, joins the session, starts the program on
 * a thread of its own.  Does not return: an image that cannot be started is one line on stderr and a status of status.h.
 */
void winipc_process_start(struct startup *startup) __attribute__((noreturn));

/* Opens a program's file and reads its headers; what is no program for us ends the process as above.  The descriptor. */
struct image_info;
int run_inspect(const char *path, struct image_info *info);

/* Fills the PEB and its process parameters, makes the standard handles; the session has been entered.  0 or -ENOMEM. */
int run_publish(struct startup *startup, const struct image_info *info);

#endif
