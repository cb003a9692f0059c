/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Operations that are pending on a file object whose bytes are in shared memory: an end of a pipe or of a mailslot.
 * What such an operation is, and when it can go on, its kind says (struct io_end_ops); that it goes on, ends once, is
 * cancelled and is in time, is the matter of io_queue.c and io_deadline.c.
 */
#ifndef WINIPC_NTDLL_IO_QUEUE_H
#define WINIPC_NTDLL_IO_QUEUE_H

#include "dlls/ntdll/file.h"
#include "libs/arena/wait.h"
#include "libs/base/due_queue.h"

enum io_queue { IO_QUEUE_READ, IO_QUEUE_WRITE, IO_QUEUE_CONTROL, IO_QUEUES };

struct io_end;

/* What begins every kind's operation; filled when it becomes pending. */
struct io_op {
    struct due_node due; /* first, see io_deadline.c; only where it has a deadline */
    struct io_op *next;
    struct io_end *end;
    struct file_io io;
    uint32_t thread;
    uint64_t deadline_ns; /* by the kind, before: 0: none; IO_AT_ONCE: it is not to become pending */
};
#define IO_AT_ONCE 1u

struct io_end_ops {
    size_t op_size; /* of the kind's operation */
    /* One step, under end->lock.  Return: its result, or STATUS_PENDING when it must wait for condition(). */
    NTSTATUS (*step)(struct io_end *end, struct io_op *op, ULONG_PTR *information);
    /* Undoes what can be undone, so that it can end.  Return: its result, or STATUS_PENDING: it cannot be cancelled. */
    NTSTATUS (*cancel)(struct io_end *end, struct io_op *op, ULONG_PTR *information);
    /* The conditions of the object's cell under which it may go on. */
    uint32_t (*condition)(const struct io_end *end, const struct io_op *op);
    /* It begins to wait, or waits no more. */
    void (*waits)(struct io_end *end, struct io_op *op, bool waits);
    /* CPU + 1 of who makes it go on. */
    uint32_t (*peer_cpu)(const struct io_end *end, enum io_queue q);
};

/* The private side of a file object on which operations can be pending. */
struct io_end {
    const struct io_end_ops *ops;
    struct file *file;
    uint32_t object;      /* cell whose conditions are waited for */
    pthread_mutex_t lock; /* the queues */
    struct io_op *queue[IO_QUEUES], **queue_tail[IO_QUEUES];
    bool closed;    /* under lock: the process has closed its last handle */
    uint32_t block; /* wait block of a notifier slot + 1; 0: none yet */
};

void io_end_init(struct io_end *end, const struct io_end_ops *ops, uint32_t object);
void io_end_free(struct io_end *end);

/* io_start() - starts an operation that may go on after the call.  Return: its result, or STATUS_PENDING. */
NTSTATUS io_start(
    struct io_end *end, enum io_queue q, struct io_op *op, const struct file_io *io, ULONG_PTR *information);
/* io_end_cancel(), io_end_unlink() - file_ops.cancel and .unlink of files whose private side begins with a struct io_end. */
NTSTATUS io_end_cancel(struct file *file, IO_STATUS_BLOCK *iosb, uint32_t thread);
void io_end_unlink(struct file *file);
/* io_cancel_thread() - the calling thread ends: what it has pending is cancelled, but on files that have a completion
 * port. */
void io_cancel_thread(void);

/* ---- between io_queue.c and io_deadline.c ---- */

/* io_deadline_set(), io_deadline_drop() - around the time in which an operation with a deadline is pending. */
void io_deadline_set(struct io_op *op);
void io_deadline_drop(struct io_op *op);
/* io_expire() - the time of the operation with that number (due.serial) is over, if it is still pending: it ends with
 * STATUS_IO_TIMEOUT, unless it can end well. */
void io_expire(struct io_end *end, uint64_t serial);

#endif
