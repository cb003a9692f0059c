/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a process starts with: image, command line, folder, environment, standard handles.  It comes from argv and environ
 * (winipc prog.exe), or from a parent of ours, which packs it into a memfd and names its descriptor in WINIPC_STARTUP_FD.
 */
#ifndef WINIPC_LOADER_STARTUP_H
#define WINIPC_LOADER_STARTUP_H

#include "dlls/ntdll/session.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <windows.h>
#include <winternl.h>

#define STARTUP_FD_VARIABLE "WINIPC_STARTUP_FD"

/* In console_flags, the process parameters' ConsoleFlags: Ctrl-C is ignored; children inherit it. */
#define CONSOLE_IGNORES_CTRL_C 1u

/* All strings and blobs are malloced, NULL for none. */
/* Characters of a command line, without the end: with it they are the most that a UNICODE_STRING holds. */
#define COMMAND_LINE_MAX 32766

struct startup {
    char *unix_image;         /* the file to run */
    WCHAR *image_path;        /* its DOS path */
    WCHAR *command_line;
    WCHAR *current_directory; /* DOS path */
    WCHAR *environment;       /* NAME=value strings, then an empty one */
    WCHAR *title, *desktop, *shell_info;
    void *runtime_info;       /* STARTUPINFO's lpReserved2, runtime_info_len bytes */
    void *inherited;          /* for the file layer: which descriptor belongs to which handle; inherited_len bytes */
    uint32_t runtime_info_len, inherited_len;
    bool from_parent;         /* a parent of ours filled this in: handles are valid, the ticket is a process slot */
    uint32_t is_linux;        /* a Linux program that knows nothing of us */
    struct session_ticket ticket;
    uint64_t std_handles[3];
    uint64_t console_handle;
    uint32_t console_flags, process_group;
    uint32_t x, y, x_size, y_size, x_chars, y_chars, fill, flags, show_window; /* STARTUPINFO's */
};

/* From the words of a command (argv[0] is the program's file as the user wrote it) and environ; 0 or -errno. */
int startup_from_arguments(struct startup *startup, int argc, char **argv, char **environment);

/* Into a sealed memfd that a child inherits / back again, every length checked; the descriptor, or 0, or -errno. */
int startup_pack(const struct startup *startup);
int startup_unpack(struct startup *startup, int fd);

/* Appends one argument as CreateProcess callers quote it, so that CommandLineToArgvW gives it back; returns the end. */
WCHAR *startup_quote(WCHAR *out, const WCHAR *argument);

/* Fills PEB->ProcessParameters; 0 or -ENOMEM. */
int startup_publish(const struct startup *startup, PEB *peb);

#endif
