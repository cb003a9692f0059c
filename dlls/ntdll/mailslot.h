/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Ends of mailslots, the private side (MSFS's part that runs in the client).  The mailslot's state is a cell of the
 * arena, its messages are in a ring; what a process needs to use one end is a struct mailslot_end, the private part of
 * a struct file.
 *
 *  mailslot.c       ends, reading and writing
 *  mailslot_open.c  creating and opening, and what remote ones answer
 *  mailslot_info.c  queries, the time-out, peeking
 *  pipe_root.c      the device and the directory of all mailslots
 */
#ifndef WINIPC_NTDLL_MAILSLOT_H
#define WINIPC_NTDLL_MAILSLOT_H

#include "dlls/ntdll/io_queue.h"
#include "dlls/ntdll/io_spin.h"
#include "libs/arena/mail_ring.h"
#include "libs/arena/mailslot.h"

struct mailslot_end {
    struct io_end pending; /* first: reads find us by it */
    uint32_t mailslot;     /* cell */
    bool reader;
    struct mail_ring ring;
    uint32_t spin; /* budget of reads (io_spin.h) */
    struct io_yield yield;
    pthread_mutex_t serial; /* synchronous reads are one after the other */
};

static inline struct cell *mailslot_cell(const struct mailslot_end *end) {
    return &winipc_arena->cell[end->mailslot];
}

/* ---- mailslot.c ---- */

/* mailslot_attach() - the struct file of end @cell, whose ring is in @fd (owned from now on, also on failure);
 * installed in the table, with one reference for the caller.  Return: NULL when out of memory or when the ring is not
 * ours. */
struct file *mailslot_attach(uint32_t cell, int fd);

/* ---- mailslot_info.c ---- */

NTSTATUS mailslot_query(
    struct file *file, FILE_INFORMATION_CLASS class, void *data, ULONG size, ULONG_PTR *information);
NTSTATUS mailslot_set(struct file *file, FILE_INFORMATION_CLASS class, const void *data, ULONG size);
NTSTATUS mailslot_query_volume(
    struct file *file, FS_INFORMATION_CLASS class, void *data, ULONG size, ULONG_PTR *information);
NTSTATUS mailslot_fsctl(struct file *file, const struct file_io *io, ULONG_PTR *information);

/* ---- mailslot_open.c ---- */

/* mailslot_open() - NtCreateFile of a writer's end, or of the mailslot device.  @name: what follows \??\mailslot or
 * \Device\Mailslot, from the backslash on; empty for the device. */
NTSTATUS mailslot_open(HANDLE *handle, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes, IO_STATUS_BLOCK *iosb,
    const UNICODE_STRING *name, ULONG sharing, ULONG disposition, ULONG options);
/* mailslot_open_root() - opens the mailslot device, or the directory of all mailslots (pipe_root.c). */
NTSTATUS mailslot_open_root(HANDLE *handle, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes,
    IO_STATUS_BLOCK *iosb, bool root, ULONG disposition, ULONG options);
/* mailslot_open_remote() - the same for one of another machine, or of all machines (*), or of a domain's. */
NTSTATUS mailslot_open_remote(void);

#endif
