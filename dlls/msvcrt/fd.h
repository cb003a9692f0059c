/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The table of the run-time library's file descriptors (fd.c).  Programs reach into it through __pioinfo, so struct
 * crt_fd has msvcrt.dll's layout; what only we need lies beside it.
 */
#ifndef WINIPC_MSVCRT_FD_H
#define WINIPC_MSVCRT_FD_H

#include "dlls/msvcrt/msvcrt.h"

enum fd_flag { /* also the bytes that a parent hands over in STARTUPINFO's lpReserved2 */
    FD_OPEN = 0x01,
    FD_EOF = 0x02, /* Ctrl-Z was read in text mode */
    FD_PIPE = 0x08,
    FD_NO_INHERIT = 0x10,
    FD_APPEND = 0x20,
    FD_DEVICE = 0x40,
    FD_TEXT = 0x80,
};

enum open_flag {
    OPEN_WRONLY = 0x1,
    OPEN_RDWR = 0x2,
    OPEN_APPEND = 0x8,
    OPEN_RANDOM = 0x10,
    OPEN_SEQUENTIAL = 0x20,
    OPEN_TEMPORARY = 0x40,
    OPEN_NOINHERIT = 0x80,
    OPEN_CREAT = 0x100,
    OPEN_TRUNC = 0x200,
    OPEN_EXCL = 0x400,
    OPEN_SHORT_LIVED = 0x1000,
    OPEN_OBTAIN_DIR = 0x2000,
    OPEN_TEXT = 0x4000,
    OPEN_BINARY = 0x8000,
    OPEN_UNICODE = 0x70000, /* WTEXT, U16TEXT, U8TEXT: not supported */
};

#define FD_BLOCK 32
#define FD_MAX 2048
#define FD_NO_LOOKAHEAD '\n'

struct crt_fd {
    intptr_t handle;
    uint8_t flags;
    char lookahead; /* the byte read behind a CR from a pipe or device; '\n': none */
    int lock_ready;
    uint8_t lock[40];
};
_Static_assert(sizeof(struct crt_fd) == 56, "programs index the table by this size");

/* The entry of an open descriptor, locked; NULL with errno EBADF.  fd_unlock lets it go. */
struct crt_fd *fd_lock(int fd);
void fd_unlock(int fd);

/* The same without the lock, for a glance. */
struct crt_fd *fd_get(int fd);

/* Takes the lowest free descriptor for the handle; -1 with errno EMFILE. */
int fd_new(HANDLE handle, uint8_t flags);

/* Gives the descriptor another handle; 0 to 2 are the process's standard handles too. */
void fd_set_handle(int fd, HANDLE handle);
void fd_free(int fd);
/* An entry whether or not it is open, locked; for _dup2. NULL with EBADF out of range. */
struct crt_fd *fd_lock_any(int fd);

/* FD_PIPE or FD_DEVICE for a handle that is one; -1 when it is no file at all. */
int fd_kind_flags(HANDLE handle);

/* Makes the block that tells a child of our descriptors; from malloc; its size in *size. */
void *fd_inherit_block(WORD *size, bool without_std);

/* How many bytes of the file the last read in text mode took (fd_io.c), for ftell. */
uint32_t fd_last_raw(int fd);
void fd_set_last_raw(int fd, uint32_t n);

/* Reads and writes without the text translation's rules for the caller: fd is locked. */
int fd_read_locked(int fd, struct crt_fd *entry, void *buffer, unsigned n);
int fd_write_locked(int fd, struct crt_fd *entry, const void *buffer, unsigned n);

#endif
