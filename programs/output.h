/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The end of a command: what it has printed is written, or its status says that it is not. */
#ifndef WINIPC_OUTPUT_H
#define WINIPC_OUTPUT_H

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* output_end() - Return: @status; @failed, after a line on stderr that begins with @command, if stdout could not be
 * written though @status is 0. */
static inline int output_end(const char *command, int status, int failed) {
    const int error = fflush(stdout) ? errno : 0;

    if (status || (!error && !ferror(stdout)))
        return status;
    fprintf(stderr, "%s: output: %s\n", command, error ? strerror(error) : "it could not all be written");
    return failed;
}

#endif
