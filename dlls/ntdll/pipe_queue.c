/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What io_queue.c needs to know of pipes' operations that are pending. */
#include "dlls/ntdll/pipe.h"

#include <ntstatus.h>

static struct pipe_end *pipe_end_from(const struct io_end *end) {
    return (struct pipe_end *)end;
}

static struct pipe_op *pipe_op_from(const struct io_op *op) {
    return (struct pipe_op *)op;
}

static NTSTATUS queue_step(struct io_end *end, struct io_op *pending, ULONG_PTR *information) {
    struct pipe_op *op = pipe_op_from(pending);
    const NTSTATUS status = pipe_step(pipe_end_from(end), op);

    *information = op->information;
    return status;
}

static NTSTATUS queue_cancel(struct io_end *end, struct io_op *pending, ULONG_PTR *information) {
    struct pipe_op *op = pipe_op_from(pending);
    const NTSTATUS status = pipe_step_cancel(pipe_end_from(end), op);

    *information = op->information;
    return status;
}

static uint32_t queue_condition(const struct io_end *end, const struct io_op *op) {
    return pipe_op_condition(pipe_end_from(end), pipe_op_from(op));
}

static void queue_waits(struct io_end *end, struct io_op *op, bool waits) {
    pipe_op_wants(pipe_end_from(end), pipe_op_from(op), waits);
}

static uint32_t queue_peer_cpu(const struct io_end *pending, enum io_queue q) {
    const struct pipe_end *end = pipe_end_from(pending);
    const _Atomic uint32_t *cpu = q == IO_QUEUE_WRITE ? &end->out->shared->reader_cpu : &end->in->shared->writer_cpu;

    return atomic_load_explicit(cpu, memory_order_relaxed);
}

const struct io_end_ops pipe_end_ops = {
    .op_size = sizeof(struct pipe_op),
    .step = queue_step,
    .cancel = queue_cancel,
    .condition = queue_condition,
    .waits = queue_waits,
    .peer_cpu = queue_peer_cpu,
};

static enum io_queue queue_of(enum pipe_operation operation) {
    switch (operation) {
    case PIPE_WRITE: return IO_QUEUE_WRITE;
    case PIPE_READ:
    case PIPE_TRANSCEIVE: return IO_QUEUE_READ;
    default: return IO_QUEUE_CONTROL;
    }
}

NTSTATUS pipe_start(struct pipe_end *end, struct pipe_op *op, const struct file_io *io, ULONG_PTR *information) {
    *information = 0;
    return io_start(&end->pending, queue_of(op->operation), &op->pending, io, information);
}
