/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pipe ends, the private side (NPFS's part that runs in the client).  The instance's state is a cell of the arena, its bytes are two rings;
 * what a process needs to use one end is a struct pipe_end, the private part of a struct file.
 *
 *  pipe.c        ends, and synchronous operations
 *  pipe_step.c   one step of an operation: what can be done now, and the answer of each state
 *  pipe_queue.c  operations that are pending, for io_queue.c
 *  pipe_open.c   creating and opening
 *  pipe_root.c   the device and the directory of all pipes: listing them, waiting for instances
 *  pipe_info.c   queries, modes, peeking
 *  pipe_client.c who is at the other end, and acting as it
 */
#ifndef WINIPC_NTDLL_PIPE_H
#define WINIPC_NTDLL_PIPE_H

#include <pthread.h>

#include "dlls/ntdll/io_queue.h"
#include "dlls/ntdll/io_spin.h"
#include "libs/arena/pipe_state.h"
#include "libs/arena/ring.h"

enum pipe_operation { PIPE_READ, PIPE_WRITE, PIPE_LISTEN, PIPE_FLUSH, PIPE_TRANSCEIVE };

/* An operation in progress. */
struct pipe_op {
    struct io_op pending; /* first: pipe_queue.c finds us by it */
    enum pipe_operation operation;
    struct ring_write write; /* write, and the write part of transceive */
    uint64_t end;            /* ring position (payload) behind the write */
    uint64_t credit;         /* what waiting reads asked for when it began */
    bool written;
    bool waited; /* of a write: it has waited for the reader, whose end ends it with another status */
    uint32_t epoch; /* of a read that waits: the connection in which it is counted; of a write: that in which it was put in */
    void *buffer; /* read */
    uint64_t length, done;
    ULONG_PTR information;
};

#ifndef FSCTL_PIPE_GET_PIPE_ATTRIBUTE /* not in the headers */
#define FSCTL_PIPE_GET_PIPE_ATTRIBUTE CTL_CODE(FILE_DEVICE_NAMED_PIPE, 10, METHOD_BUFFERED, FILE_ANY_ACCESS)
#endif
#ifndef FSCTL_PIPE_GET_HANDLE_ATTRIBUTE
#define FSCTL_PIPE_GET_HANDLE_ATTRIBUTE CTL_CODE(FILE_DEVICE_NAMED_PIPE, 14, METHOD_BUFFERED, FILE_ANY_ACCESS)
#endif

#define PIPE_PATH_ROOM 512u /* units of a pipe's whole path */

/* An instance's rings as this process has them mapped. */
struct pipe_rings {
    struct ring_pair pair;
    int fd;
    uint32_t instance; /* cell */
    uint64_t state;    /* of that cell when they were mapped */
};

struct pipe_end {
    struct io_end pending; /* first: pipe_queue.c finds us by it */
    uint32_t cell, instance; /* cells */
    uint64_t instance_state; /* of the instance's cell */
    unsigned end;            /* 0: server, 1: client */
    bool messages;           /* the pipe is of message type */
    struct ring_pair rings;
    struct ring *in, *out;
    uint32_t quota_out;
    uint32_t read_spin, write_spin, listen_spin; /* budgets of synchronous operations (io_spin.h) */
    struct io_yield yield;
    pthread_mutex_t serial; /* synchronous operations are one after the other */
};

static inline struct cell *pipe_instance(const struct pipe_end *end) {
    return &winipc_arena->cell[end->instance];
}

static inline uint32_t pipe_modes(const struct pipe_end *end) {
    return atomic_load_explicit(&winipc_arena->cell[end->cell].file.modes, memory_order_relaxed);
}

/* cell.file.modes */
#define PIPE_MODE_MESSAGE 1u /* FILE_PIPE_MESSAGE_MODE */
#define PIPE_MODE_NOWAIT 2u  /* FILE_PIPE_COMPLETE_OPERATION */

/* ---- pipe_step.c ---- */

/* pipe_state() - the instance's state as this end sees it: a client of an earlier connection is disconnected. */
enum pipe_state pipe_state(const struct pipe_end *end);
enum pipe_call {
    PIPE_CALL_READ,
    PIPE_CALL_WRITE,
    PIPE_CALL_PEEK,
    PIPE_CALL_TRANSCEIVE,
    PIPE_CALL_FLUSH,
    PIPE_CALL_LISTEN,
    PIPE_CALL_DISCONNECT,
    PIPE_CALL_IMPERSONATE,
    PIPE_CALL_MODES, /* asking what the end is, and setting its modes */
    PIPE_CALLS
};
/* pipe_answer() - what @call answers to this end in @state before anything else is looked at.  Return: STATUS_SUCCESS:
 * it goes on. */
NTSTATUS pipe_answer(const struct pipe_end *end, enum pipe_state state, enum pipe_call call);
/* pipe_step() - does what can be done of @op now.  Return: its result, or STATUS_PENDING when it must wait for pipe_op_condition(). */
NTSTATUS pipe_step(struct pipe_end *end, struct pipe_op *op);
/* Whether what is unread up to the end of write @op, which is in the ring, fits the quota: its writer need not wait then. */
bool pipe_write_fits(const struct pipe_end *end, const struct pipe_op *op);
/* pipe_write_quota() - how much may be written without waiting, less what reads of the other end wait for. */
uint32_t pipe_write_quota(const struct pipe_end *end);
/* pipe_step_cancel() - undoes what can be undone of a pending operation, so that it can end.
 * Return: STATUS_CANCELLED; the operation's own result, if it has one (a read that has taken a part of a message); STATUS_PENDING: it cannot
 * be cancelled (a message that its reader has begun to read while it is written). */
NTSTATUS pipe_step_cancel(struct pipe_end *end, struct pipe_op *op);
/* The conditions (PIPE_CAN_*…) under which a pending operation may go on. */
uint32_t pipe_op_condition(const struct pipe_end *end, const struct pipe_op *op);

/* The connection that an end belongs to. */
static inline uint32_t pipe_epoch(const struct pipe_end *end) {
    return end->end ? atomic_load_explicit(&winipc_arena->cell[end->cell].file.epoch, memory_order_relaxed)
                    : PIPE_EPOCH(atomic_load_explicit(&pipe_instance(end)->instance.status, memory_order_relaxed));
}

/* What a pending operation asks of the other end's writes: counted while it waits. */
static inline void pipe_op_wants(const struct pipe_end *end, struct pipe_op *op, bool waits) {
    if (op->operation != PIPE_READ && op->operation != PIPE_TRANSCEIVE)
        return;
    if (waits) {
        op->epoch = pipe_epoch(end);
        ring_want(end->in, op->epoch, op->length);
    } else {
        ring_want_no_more(end->in, op->epoch, op->length);
    }
}

/* ---- pipe_queue.c ---- */

extern const struct io_end_ops pipe_end_ops;
/* pipe_start() - starts an overlapped operation.  Return: its result, or STATUS_PENDING. */
NTSTATUS pipe_start(struct pipe_end *end, struct pipe_op *op, const struct file_io *io, ULONG_PTR *information);

/* ---- pipe.c ---- */

extern const struct file_ops pipe_ops;

/* pipe_attach() - the struct file of pipe end @cell, whose rings are in @ring_fd (owned from now on, also on failure); installed in the
 * table, with one reference for the caller.  Return: NULL when out of memory or when the rings are not ours. */
struct file *pipe_attach(uint32_t cell, int ring_fd);
/* pipe_attach_rings() - the same with rings that are mapped already. */
struct file *pipe_attach_rings(uint32_t cell, const struct pipe_rings *rings);
/* pipe_ring_fd() - the rings of a pipe's or a mailslot's end @cell, which came from another process, if the server knows them.  Return: -1 if not. */
int pipe_ring_fd(uint32_t cell);

/* ---- pipe_info.c ---- */

NTSTATUS pipe_query(struct file *file, FILE_INFORMATION_CLASS class, void *data, ULONG size, ULONG_PTR *information);
NTSTATUS pipe_set(struct file *file, FILE_INFORMATION_CLASS class, const void *data, ULONG size);
NTSTATUS pipe_query_volume(struct file *file, FS_INFORMATION_CLASS class, void *data, ULONG size, ULONG_PTR *information);
NTSTATUS pipe_peek(struct pipe_end *end, const struct file_io *io, ULONG_PTR *information);

/* ---- pipe_client.c ---- */

/* pipe_impersonate() - the calling thread acts as the client.  Return: STATUS_SUCCESS, STATUS_CANNOT_IMPERSONATE,
 * STATUS_ILLEGAL_FUNCTION (a client's end), STATUS_PIPE_DISCONNECTED, STATUS_BAD_IMPERSONATION_LEVEL, STATUS_NO_MEMORY,
 * STATUS_INSUFFICIENT_RESOURCES. */
NTSTATUS pipe_impersonate(const struct pipe_end *end);
/* pipe_client_writes() - a client's end is about to write: with dynamic tracking the server may act as who does that now. */
void pipe_client_writes(const struct pipe_end *end);
NTSTATUS pipe_attribute(struct pipe_end *end, const struct file_io *io, ULONG_PTR *information);

/* ---- pipe_known.c ---- */

/* known_name_note() - the server has led a path to the pipe of @instance.
 * known_name_find() - Return: whether that pipe, *pipe in *state, lives still. */
void known_name_note(const uint16_t *path, uint32_t n, uint32_t instance);
bool known_name_find(const uint16_t *path, uint32_t n, uint32_t *pipe, uint64_t *state);
/* known_rings_keep() - takes the rings of a client end that closes.
 * known_rings_take() - gives those of an instance of @pipe that listens.  Return: false: none is known. */
void known_rings_keep(struct pipe_rings *rings);
bool known_rings_take(uint32_t pipe, struct pipe_rings *rings);

/* ---- pipe_root.c ---- */

/* pipe_has_listener() - whether an instance of the pipe listens now, or the pipe is gone. */
bool pipe_has_listener(uint32_t pipe);

/* What a handle that names are relative to may be. */
enum pipe_place { PIPE_PLACE_NONE, PIPE_PLACE_DEVICE, PIPE_PLACE_ROOT, PIPE_PLACE_END };
enum pipe_place pipe_place(HANDLE handle);
/* pipe_open_root() - opens the pipe device, or the directory of all pipes. */
NTSTATUS pipe_open_root(HANDLE *handle, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes, IO_STATUS_BLOCK *iosb, bool root,
    ULONG disposition, ULONG options);

#endif
