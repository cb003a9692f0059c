/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Mailslots' ends as file objects, reading and writing; see mailslot.h.
 *
 * A write never waits: a message is in the ring, or the write has failed.  Who publishes something looks afterwards,
 * behind a full fence, whether somebody waits for it; who waits notes that in the mailslot's word first and looks at
 * the ring again afterwards. Source: https://learn.microsoft.com/en-us/windows/win32/ipc/mailslots
 */
#include "dlls/ntdll/mailslot.h"

#include <ntstatus.h>

#include <stdlib.h>
#include <unistd.h>

#include "dlls/ntdll/suspend.h"
#include "dlls/ntdll/wait.h"
#include "libs/arena/lock.h"
#include "libs/arena/pipe_state.h"
#include "libs/host/guard.h"

struct mailslot_read {
    struct io_op pending; /* first */
    void *buffer;
    uint32_t length;
};

static const struct io_end_ops mailslot_end_ops;
static const struct file_ops mailslot_ops;

/* ---- life of an end ---- */

static void end_free(struct mailslot_end *end) {
    if (end->ring.shared)
        mail_ring_unmap(&end->ring);
    pthread_mutex_destroy(&end->serial);
    io_end_free(&end->pending);
    free(end);
}

static struct mailslot_end *end_new(uint32_t cell, int fd) {
    const struct cell *mailslot = mailslot_of(cell_at(cell));
    struct mailslot_end *end = mailslot ? calloc(1, sizeof *end) : NULL;

    if (!end)
        return NULL;
    end->mailslot = cell_index(mailslot);
    end->reader = !cell_at(cell)->file.end;
    end->spin = SPIN_MAX / 2;
    pthread_mutex_init(&end->serial, NULL);
    io_end_init(&end->pending, &mailslot_end_ops, end->mailslot);
    if (!mail_ring_map(fd, &end->ring))
        return end;
    end_free(end);
    return NULL;
}

struct file *mailslot_attach(uint32_t cell, int fd) {
    struct mailslot_end *end = end_new(cell, fd);
    struct file *file = end ? file_new(FILE_KIND_MAILSLOT, &mailslot_ops, fd, cell_at(cell)->file.options) : NULL;

    if (!file) {
        if (end)
            end_free(end);
        close(fd);
        return NULL;
    }
    end->pending.file = file;
    file->private = end;
    if (file_install(file, cell))
        return file;
    file_put(file);
    return NULL;
}

static void mailslot_close(struct file *file) {
    if (file->private)
        end_free(file->private);
    file->private = NULL;
}

/* ---- one step of a read ---- */

static NTSTATUS read_step(struct io_end *pending, struct io_op *pending_op, ULONG_PTR *information) {
    struct mailslot_end *end = (struct mailslot_end *)pending;
    const struct mailslot_read *op = (const struct mailslot_read *)pending_op;
    struct mail_memory *shared = end->ring.shared;
    uint32_t length = 0;
    bool found, fits;

    if (!mail_ring_readable(&end->ring))
        return STATUS_PENDING;
    lock_take(&shared->read_lock);
    found = mail_ring_next(&end->ring, &length);
    fits = length <= op->length;
    if (found && fits) {
        mail_ring_peek(&end->ring, op->buffer, length);
        mail_ring_drop(&end->ring, length);
    }
    cpu_publish(&shared->reader_cpu);
    lock_give(&shared->read_lock);
    if (!found)
        return STATUS_PENDING;
    *information = fits ? length : 0;
    return fits ? STATUS_SUCCESS : STATUS_BUFFER_TOO_SMALL; /* the message stays, unlike a pipe's */
}

static NTSTATUS read_cancel(struct io_end *end, struct io_op *op, ULONG_PTR *information) {
    (void)end, (void)op, (void)information;
    return STATUS_CANCELLED;
}

static uint32_t read_condition(const struct io_end *end, const struct io_op *op) {
    (void)end, (void)op;
    return MAILSLOT_HAS_MAIL;
}

static void read_waits(struct io_end *end, struct io_op *op, bool waits) {
    (void)end, (void)op, (void)waits;
}

static uint32_t read_peer_cpu(const struct io_end *end, enum io_queue q) {
    (void)q;
    return atomic_load_explicit(&((const struct mailslot_end *)end)->ring.shared->writer_cpu, memory_order_relaxed);
}

static const struct io_end_ops mailslot_end_ops = {
    .op_size = sizeof(struct mailslot_read),
    .step = read_step,
    .cancel = read_cancel,
    .condition = read_condition,
    .waits = read_waits,
    .peer_cpu = read_peer_cpu,
};

/* ---- reading ---- */

/* When a read that begins now gives up: IO_AT_ONCE, a time, or 0: never. */
static uint64_t read_deadline(const struct mailslot_end *end) {
    const LARGE_INTEGER timeout = {.QuadPart = atomic_load(&mailslot_cell(end)->mailslot.timeout_100ns)};
    const uint64_t deadline = timeout.QuadPart == -1 ? WAIT_FOREVER : wait_deadline(&timeout);

    return deadline == WAIT_FOREVER ? 0 : deadline ? deadline : IO_AT_ONCE;
}

static bool read_may_go_on(const void *end) {
    return mail_ring_readable(&((const struct mailslot_end *)end)->ring);
}

static bool read_spin(struct mailslot_end *end) {
    return io_spin(&end->spin, &end->yield, &end->ring.shared->writer_cpu, read_may_go_on, end);
}

static bool read_condition_holds(void *end) {
    return read_may_go_on(end) || io_is_cancelled();
}

static int read_sleep(struct mailslot_end *end, uint64_t deadline_ns) {
    const struct wait_object object = {.cell = end->mailslot, .key = MAILSLOT_HAS_MAIL};
    const struct wait_request request = {.objects = &object,
        .n = 1,
        .deadline_ns = deadline_ns ? deadline_ns : WAIT_FOREVER,
        .condition = read_condition_holds,
        .context = end};

    return wait_for(&request);
}

static NTSTATUS read_synchronous(struct mailslot_end *end, struct mailslot_read *op, ULONG_PTR *information) {
    const uint64_t deadline_ns = op->pending.deadline_ns;
    NTSTATUS status;
    int result = 0;

    pthread_mutex_lock(&end->serial);
    io_begin_synchronous(end->pending.file);
    while ((status = read_step(&end->pending, &op->pending, information)) == STATUS_PENDING) {
        if (io_is_cancelled() || suspend_ending())
            status = STATUS_CANCELLED;
        else if (deadline_ns == IO_AT_ONCE || result == WAIT_RESULT_TIMEOUT)
            status = STATUS_IO_TIMEOUT;
        if (status != STATUS_PENDING)
            break;
        if (!read_spin(end))
            result = read_sleep(end, deadline_ns);
    }
    io_end_synchronous(end->pending.file);
    pthread_mutex_unlock(&end->serial);
    return status;
}

/* Whoever gives neither event nor routine nor context can only wait for the end, on the handle: a moment awake first.
 */
static bool read_is_waited_for(const struct file_io *io, const struct mailslot_read *op) {
    return !io->event && !io->apc && !io->apc_context && op->pending.deadline_ns != IO_AT_ONCE;
}

static NTSTATUS mailslot_read(struct file *file, const struct file_io *io, ULONG_PTR *information) {
    struct mailslot_end *end = file->private;
    struct mailslot_read op = {.buffer = io->buffer, .length = io->length};

    if (!end->reader)
        return STATUS_INVALID_PARAMETER;
    if (guard_probe_write(io->buffer, io->length))
        return STATUS_ACCESS_VIOLATION;
    op.pending.deadline_ns = read_deadline(end);
    if (file_is_synchronous(file))
        return read_synchronous(end, &op, information);
    if (read_is_waited_for(io, &op))
        read_spin(end);
    return io_start(&end->pending, IO_QUEUE_READ, &op.pending, io, information);
}

/* ---- writing ---- */

static NTSTATUS mailslot_write(struct file *file, const struct file_io *io, ULONG_PTR *information) {
    struct mailslot_end *end = file->private;
    const struct cell *mailslot = mailslot_cell(end);
    struct mail_memory *shared = end->ring.shared;
    int error;

    if (end->reader || (mailslot->mailslot.maximum && io->length > mailslot->mailslot.maximum))
        return STATUS_INVALID_PARAMETER;
    if (guard_probe_read(io->buffer, io->length))
        return STATUS_ACCESS_VIOLATION;
    if (!mailslot_is_open(mailslot))
        return STATUS_FILE_FORCED_CLOSED;
    lock_take(&shared->write_lock);
    error = mail_ring_put(&end->ring, io->buffer, io->length);
    cpu_publish(&shared->writer_cpu);
    lock_give(&shared->write_lock);
    if (error)
        return STATUS_INSUFFICIENT_RESOURCES;
    atomic_thread_fence(memory_order_seq_cst);
    if (atomic_load_explicit(&mailslot->word, memory_order_relaxed) & MAILSLOT_HAS_MAIL)
        pipe_wake(end->mailslot, MAILSLOT_HAS_MAIL);
    *information = io->length;
    return STATUS_SUCCESS;
}

static const struct file_ops mailslot_ops = {
    .read = mailslot_read,
    .write = mailslot_write,
    .flush = file_no_io,
    .fsctl = mailslot_fsctl,
    .ioctl = file_no_io,
    .query = mailslot_query,
    .set = mailslot_set,
    .query_volume = mailslot_query_volume,
    .query_directory = file_no_query_directory,
    .cancel = io_end_cancel,
    .unlink = io_end_unlink,
    .close = mailslot_close,
};
