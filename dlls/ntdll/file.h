/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * File objects, the private side.  A handle stands for a cell (CELL_FILE) of the arena; what a process needs to use the file, above all
 * its Linux descriptor, is a struct file in private memory, found by the cell's index and generation.  All handles of this process to
 * one cell share one struct file.
 *
 * Everything that can be done to a file goes through its struct file_ops: files on descriptors (file_fd.c) and pipe ends (pipe.c)
 * differ only there.
 */
#ifndef WINIPC_NTDLL_FILE_H
#define WINIPC_NTDLL_FILE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN /* winsock.h and Linux' socket.h exclude each other */
#endif
#include <windows.h>
#include <winternl.h>

#include "dlls/ntdll/file_native.h"
#include "libs/arena/arena.h"
#include "libs/arena/file_kind.h"

struct file_ops;
struct directory_scan;

struct file {
    _Atomic uint32_t refs; /* 0: in the pool of free ones */
    enum file_kind kind;
    const struct file_ops *ops;
    uint32_t cell;
    uint16_t generation;
    int fd;             /* -1: none */
    _Atomic int lock_fd; /* the same file, for locks (file_lock.c); -1: none */
    ULONG options;      /* FILE_SYNCHRONOUS_IO_*, FILE_WRITE_THROUGH… */
    _Atomic uint32_t synchronous;        /* slot + 1 of a thread of ours that waits in a synchronous operation on it; 0: none */
    pthread_mutex_t lock;                /* synchronous disk I/O, the directory scan */
    struct directory_scan *scan;
    void *private;           /* for other kinds' operations */
    struct file *next_free;
};

/* One operation, as it was asked for. */
struct file_io {
    HANDLE handle;
    ACCESS_MASK access; /* of the handle */
    HANDLE event;
    PIO_APC_ROUTINE apc;
    void *apc_context; /* also the completion key's companion */
    IO_STATUS_BLOCK *iosb;
    void *buffer; /* read: to fill; write: to send; control: the output */
    ULONG length;
    const LARGE_INTEGER *offset; /* read, write: may be NULL */
    ULONG code;                  /* control */
    const void *input;           /* control */
    ULONG input_length;
};

/*
 * Every slot is set.  An operation that goes on after its return answers STATUS_PENDING and calls file_complete later, with a reference
 * of its own; otherwise it answers with its result and sets *information, and the caller completes it.
 */
struct file_ops {
    NTSTATUS (*read)(struct file *file, const struct file_io *io, ULONG_PTR *information);
    NTSTATUS (*write)(struct file *file, const struct file_io *io, ULONG_PTR *information);
    NTSTATUS (*flush)(struct file *file, const struct file_io *io, ULONG_PTR *information);
    NTSTATUS (*fsctl)(struct file *file, const struct file_io *io, ULONG_PTR *information);
    NTSTATUS (*ioctl)(struct file *file, const struct file_io *io, ULONG_PTR *information);
    NTSTATUS (*query)(struct file *file, FILE_INFORMATION_CLASS class, void *data, ULONG size, ULONG_PTR *information);
    NTSTATUS (*set)(struct file *file, FILE_INFORMATION_CLASS class, const void *data, ULONG size);
    NTSTATUS (*query_volume)(struct file *file, FS_INFORMATION_CLASS class, void *data, ULONG size, ULONG_PTR *information);
    NTSTATUS (*query_directory)(struct file *file, FILE_INFORMATION_CLASS class, void *data, ULONG size, const UNICODE_STRING *mask,
        bool single, bool restart, ULONG_PTR *information);
    /* Ends pending operations: that of @iosb, or all if NULL; of thread slot @thread only, unless it is ARENA_MAX_THREADS.
     * Return: STATUS_SUCCESS, or STATUS_NOT_FOUND when there was none. */
    NTSTATUS (*cancel)(struct file *file, IO_STATUS_BLOCK *iosb, uint32_t thread);
    /* The last handle of this process is closed; operations may still hold references. */
    void (*unlink)(struct file *file);
    /* The last reference is gone: gives @private and the like back.  The descriptor is closed by the caller. */
    void (*close)(struct file *file);
};

/* Answers for what a kind cannot do. */
NTSTATUS file_no_io(struct file *file, const struct file_io *io, ULONG_PTR *information); /* STATUS_INVALID_DEVICE_REQUEST */
NTSTATUS file_no_query(struct file *file, FILE_INFORMATION_CLASS class, void *data, ULONG size, ULONG_PTR *information);
NTSTATUS file_no_set(struct file *file, FILE_INFORMATION_CLASS class, const void *data, ULONG size);
NTSTATUS file_no_query_volume(struct file *file, FS_INFORMATION_CLASS class, void *data, ULONG size, ULONG_PTR *information);
NTSTATUS file_no_query_directory(struct file *file, FILE_INFORMATION_CLASS class, void *data, ULONG size, const UNICODE_STRING *mask,
    bool single, bool restart, ULONG_PTR *information);
NTSTATUS file_no_cancel(struct file *file, IO_STATUS_BLOCK *iosb, uint32_t thread);
void file_no_close(struct file *file);

/* ---- life ---- */

/* file_new() - a struct file with one reference and no handle yet; owns @fd from now on.  Return: NULL when out of memory. */
struct file *file_new(enum file_kind kind, const struct file_ops *ops, int fd, ULONG options);
/* file_ref(), file_put() - references beside those of the handles. */
void file_ref(struct file *file);
void file_put(struct file *file);

/* file_create_handle() - makes the cell of @file and the first handle to it.  Takes over the caller's reference, also on failure.
 * @access: specific rights; @attributes: OBJ_INHERIT counts. */
NTSTATUS file_create_handle(struct file *file, ACCESS_MASK access, ULONG attributes, HANDLE *handle);
/* file_create_handle_with() - the same; before the handle is there @prepare does what may still fail, with the cell made. */
NTSTATUS file_create_handle_with(struct file *file, ACCESS_MASK access, ULONG attributes, HANDLE *handle,
    NTSTATUS (*prepare)(struct file *file, void *context), void *context);
/* file_install() - makes @file the struct file of a cell that lives already or is being made; takes a reference of its own. */
bool file_install(struct file *file, uint32_t cell);

/* file_from_handle() - the file behind a handle, with a reference (file_put it).
 * @access: the handle must have at least one of these rights; 0: none is needed.
 * @granted: receives all rights of the handle; may be NULL.
 * Return: NULL with *status: STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH, STATUS_ACCESS_DENIED. */
struct file *file_from_handle(HANDLE handle, ACCESS_MASK access, ACCESS_MASK *granted, NTSTATUS *status);

/* file_handle_closed() - NtClose has closed a handle to the file object @cell of generation @generation. */
void file_handle_closed(uint32_t cell, uint16_t generation);

/* file_closed_from_without() - another process has closed a file handle of this one: what no handle names any more is given back by the
 * next file_new or file_handle_closed.  For a signal handler. */
void file_closed_from_without(void);

/* file_end_locks() - the process ends: what it has locked is free before anybody is told so. */
void file_end_locks(void);

/* file_adopt() - at the start of a process: descriptor @fd, inherited from the parent, belongs to file object @cell. */
NTSTATUS file_adopt(uint32_t cell, int fd);
/* The same for the whole list that the parent sent (file_open_list); what is not there any more is left out. */
void file_adopt_list(const void *list, size_t len);
/* file_open_list() - the file objects that this process has handles to and that have a descriptor.
 * Return: how many; the first @room of them are in @list. */
struct file_inherited {
    uint32_t cell;
    int32_t fd;
};
/* The child gets the descriptors under the same numbers. */
size_t file_open_list(struct file_inherited *list, size_t room);

/* section_adopt() - in section.c: the same for a section. */
NTSTATUS section_adopt(uint32_t cell, int fd);

/* file_of_cell() - what this process has installed for a cell in that state, with a reference.  Return: NULL if there is none. */
struct file *file_of_cell(uint32_t cell, uint64_t state);
/* file_materialise() - the same for an object that came from another process and has not been used yet: fetches its descriptor.
 * Return: NULL when nobody has that any more. */
struct file *file_materialise(HANDLE handle, uint32_t cell);
/* file_duplicate_descriptor() - a duplicate of the descriptor behind @cell, and the state in which that was; for a signal handler.
 * Return: -1 if there is none. */
int file_duplicate_descriptor(uint32_t cell, uint64_t *state);

/* pipe_open() - in pipe.c: NtCreateFile of a pipe's client end, or of the pipe device.  @name: what follows \??\pipe or \Device\NamedPipe,
 * from the backslash on; empty for the device. */
NTSTATUS pipe_open(HANDLE *handle, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes, IO_STATUS_BLOCK *iosb,
    const UNICODE_STRING *name, ULONG sharing, ULONG disposition, ULONG options);

/* pipe_open_relative() - the same for a name relative to a handle of a pipe's, of the device's or of the directory's. *is_pipe: whether it is. */
NTSTATUS pipe_open_relative(HANDLE *handle, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes, IO_STATUS_BLOCK *iosb, ULONG sharing,
    ULONG disposition, ULONG options, bool *is_pipe);
/* pipe_client_say() - how far the server may act as the client that has opened @handle; NULL: what a client gets that does not say.
 * Does nothing for other handles (pipe_client.c). */
void pipe_client_say(HANDLE handle, const SECURITY_QUALITY_OF_SERVICE *quality);

/* ---- operations ---- */

/* file_cell() - the file object's cell.  Return: NULL when its last handle is closed and the cell may be another object's by now. */
struct cell *file_cell(const struct file *file);

static inline bool file_is_synchronous(const struct file *file) {
    return file->options & (FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT);
}

/* file_begin() - checks the event and resets it and the file object, before an operation starts. */
NTSTATUS file_begin(struct file *file, const struct file_io *io);
/* file_complete() - publishes the result: status block, event or file object, APC or completion packet.  @thread: slot of the thread that
 * asked.  @at_once: the call that asked returns with the result.  The buffer must be filled before. */
void file_complete(
    struct file *file, const struct file_io *io, NTSTATUS status, ULONG_PTR information, uint32_t thread, bool at_once);

/* io_begin_synchronous(), io_end_synchronous() - around an operation of the calling thread that NtCancelSynchronousIoFile can end, and
 * NtCancelIoFileEx if it is one on @file (or NULL);
 * io_is_cancelled() - whether it has been called meanwhile. */
void io_begin_synchronous(struct file *file);
void io_end_synchronous(struct file *file);
bool io_is_cancelled(void);

/* ---- completion ports (completion.c) ---- */

/* completion_post() - the packet of an operation, if a port is tied to the file and @io wants one. */
void completion_post(const struct cell *file, const struct file_io *io, NTSTATUS status, ULONG_PTR information);
/* completion_associate() - ties a file object to a port, once (FileCompletionInformation). */
NTSTATUS completion_associate(struct file *file, const FILE_COMPLETION_INFORMATION *info);
/* completion_modes() - sets FILE_SKIP_* flags; none is ever taken back. */
NTSTATUS completion_modes(struct file *file, ULONG flags);

/* ---- files on descriptors ---- */

extern const struct file_ops file_fd_ops;

/* file_kind_of_fd() - what a descriptor is. */
enum file_kind file_kind_of_fd(int fd);
/* file_from_fd() - wraps a descriptor that is open already and gives a handle to it; owns @fd, also on failure.
 * @kind: FILE_KIND_NONE: look at it. */
NTSTATUS file_from_fd(int fd, enum file_kind kind, ACCESS_MASK access, ULONG options, ULONG attributes, HANDLE *handle);
/* std_handles_init() - handles to the descriptors 0, 1 and 2; NULL for one that is closed. */
void std_handles_init(HANDLE handles[3]);
/* file_ignore_signals() - a write to a pipe that nobody reads, or beyond a limit, is an error code in Windows, not the end of the process. */
void file_ignore_signals(void);
/* status_from_errno() - @error as a file system would say it. */
NTSTATUS status_from_errno(int error);

/* file_console_read() - from a terminal: lines end in \r\n while the terminal gives lines.  Return: bytes, 0 at the end, or -errno. */
ssize_t file_console_read(int fd, char *buffer, size_t size);

NTSTATUS file_fd_query(struct file *file, FILE_INFORMATION_CLASS class, void *data, ULONG size, ULONG_PTR *information);
NTSTATUS file_fd_set(struct file *file, FILE_INFORMATION_CLASS class, const void *data, ULONG size);
NTSTATUS file_fd_query_volume(struct file *file, FS_INFORMATION_CLASS class, void *data, ULONG size, ULONG_PTR *information);
NTSTATUS file_fd_query_directory(struct file *file, FILE_INFORMATION_CLASS class, void *data, ULONG size, const UNICODE_STRING *mask,
    bool single, bool restart, ULONG_PTR *information);
void directory_scan_free(struct directory_scan *scan);
bool directory_is_empty(const char *path);

/* file_peek() - what a Linux pipe or socket holds now, for PeekNamedPipe: copies up to @size bytes to @data without taking them.
 * Return: STATUS_SUCCESS, STATUS_PIPE_BROKEN (writer gone, nothing left), STATUS_INVALID_DEVICE_REQUEST. */
NTSTATUS file_fd_peek(struct file *file, void *data, ULONG size, ULONG *copied, ULONG *available);

/* getpid(), without asking Linux each time. */
static inline uint32_t own_pid(void) {
    return atomic_load_explicit(&winipc_arena->process[arena_process].pid, memory_order_relaxed);
}

#endif
