/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a file object in the arena stands for: cell.file.kind. */
#ifndef WINIPC_FILE_KIND_H
#define WINIPC_FILE_KIND_H

#include <stdbool.h>

enum file_kind {
    FILE_KIND_NONE = 0,
    FILE_KIND_DISK, /* a regular file, or a block device */
    FILE_KIND_DIRECTORY,
    FILE_KIND_FIFO,     /* a Linux pipe or socket, most often one of the standard three */
    FILE_KIND_CONSOLE_IN, /* a terminal: its two sides are two kinds of file to Windows */
    FILE_KIND_CONSOLE_OUT,
    FILE_KIND_NULL,     /* /dev/null and other character devices */
    FILE_KIND_PIPE_END, /* one end of a pipe instance of the session */
    FILE_KIND_SOCKET,   /* a socket that ws2_32 made */
    FILE_KIND_MAILSLOT  /* the reader's or a writer's end of a mailslot of the session */
};

/* file_kind_is_shared() - whether the descriptor is that of shared memory, of no use to a Linux program. */
static inline bool file_kind_is_shared(enum file_kind kind) {
    return kind == FILE_KIND_PIPE_END || kind == FILE_KIND_MAILSLOT;
}

#endif
