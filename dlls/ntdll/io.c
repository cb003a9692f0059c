/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NT's I/O calls: they find the file object, hand the operation to its kind, and publish the result.  Where an operation fails at once
 * nothing is signalled and no APC is queued, as in NT; the status block is written for the ends of data that callers look for there.
 */
#include "dlls/ntdll/file.h"

#include <ntstatus.h>

#include "dlls/ntdll/apc.h"
#include "dlls/ntdll/object.h"
#include "libs/arena/object.h"
#include "libs/base/trace.h"
#include "libs/host/guard.h"

NTSTATUS file_begin(struct file *file, const struct file_io *io) {
    struct cell *cell = file_cell(file);

    if (io->event) {
        const NTSTATUS status = NtResetEvent(io->event, NULL);

        if (status)
            return status;
    }
    if (cell && !file_is_synchronous(file))
        object_reset(cell);
    return STATUS_SUCCESS;
}

static void io_publish(IO_STATUS_BLOCK *iosb, NTSTATUS status, ULONG_PTR information) {
    if (!iosb || guard_copy_to(&iosb->Information, &information, sizeof information))
        return;
    atomic_thread_fence(memory_order_release); /* who polls Status finds the rest in place */
    guard_copy_to(&iosb->Status, &status, sizeof status);
}

/* An APC that calls a completion routine of NT's form. */
static void WINAPI io_apc_call(ULONG_PTR routine, ULONG_PTR context, ULONG_PTR iosb) {
    const PIO_APC_ROUTINE call = (PIO_APC_ROUTINE)(void *)routine;

    call((void *)context, (IO_STATUS_BLOCK *)iosb, 0);
}

void file_complete(
    struct file *file, const struct file_io *io, NTSTATUS status, ULONG_PTR information, uint32_t thread, bool at_once) {
    struct cell *cell = file_cell(file);
    const uint32_t modes = cell ? atomic_load_explicit(&cell->file.notification, memory_order_relaxed) : 0;

    io_publish(io->iosb, status, information);
    if (io->event)
        NtSetEvent(io->event, NULL);
    if (cell && (!io->event || file_is_synchronous(file)) && !(modes & FILE_SKIP_SET_EVENT_ON_HANDLE))
        object_signal(cell);
    if (io->apc)
        apc_queue(thread, io_apc_call, (ULONG_PTR)(void *)io->apc, (ULONG_PTR)io->apc_context, (ULONG_PTR)io->iosb);
    else if (cell && !(at_once && NT_SUCCESS(status) && modes & FILE_SKIP_COMPLETION_PORT_ON_SUCCESS))
        completion_post(cell, io, status, information);
}

/* An operation of such a file ends in a packet: it cannot have a routine too. */
static bool file_has_port(const struct file *file) {
    const struct cell *cell = file_cell(file);

    return cell && atomic_load_explicit(&cell->file.port, memory_order_relaxed);
}

typedef NTSTATUS io_operation(struct file *file, const struct file_io *io, ULONG_PTR *information);

/* @what: the operation's name, for the trace. */
static NTSTATUS io_run(struct file *file, const struct file_io *io, io_operation *operation, const char *what) {
    const enum trace_category category = file_kind_is_shared(file->kind) ? TRACE_PIPE : TRACE_FILE;
    const bool alertable = file->options & FILE_SYNCHRONOUS_IO_ALERT;
    ULONG_PTR information = 0;
    NTSTATUS status = io->apc && file_has_port(file) ? STATUS_INVALID_PARAMETER : file_begin(file, io);

    if (io->code)
        TRACE(category, "%s 0x%x on handle %p", what, (unsigned)io->code, io->handle);
    if (!status) {
        status = operation(file, io, &information);
        if (status != STATUS_PENDING && !NT_ERROR(status))
            file_complete(file, io, status, information, arena_self.index, true);
        else if (status == STATUS_END_OF_FILE || status == STATUS_PIPE_BROKEN)
            io_publish(io->iosb, status, information);
    }
    file_put(file);
    TRACE(category, "%s on handle %p, %u bytes: status 0x%08x, %llu", what, io->handle, (unsigned)io->length, (unsigned)status,
        (unsigned long long)information);
    if (alertable && status == STATUS_CANCELLED)
        apc_run(); /* one of them has ended it */
    return status;
}

/**
 * NtReadFile() - reads from a file, pipe or device.
 * @offset: byte offset; NULL or FILE_USE_FILE_POINTER_POSITION on a synchronous file: where the last operation ended.
 * Return: STATUS_SUCCESS, STATUS_PENDING, STATUS_BUFFER_OVERFLOW (part of a message), STATUS_END_OF_FILE, STATUS_PIPE_BROKEN,
 * STATUS_INVALID_HANDLE, STATUS_ACCESS_DENIED, STATUS_ACCESS_VIOLATION, STATUS_INVALID_PARAMETER, STATUS_FILE_LOCK_CONFLICT.
 * Source: https://learn.microsoft.com/en-us/windows-hardware/drivers/ddi/ntifs/nf-ntifs-ntreadfile
 */
NTSTATUS WINAPI NtReadFile(HANDLE handle, HANDLE event, PIO_APC_ROUTINE apc, void *apc_context, IO_STATUS_BLOCK *iosb, void *buffer,
    ULONG length, LARGE_INTEGER *offset, ULONG *key) {
    struct file_io io = {.handle = handle, .event = event, .apc = apc, .apc_context = apc_context, .iosb = iosb, .buffer = buffer,
        .length = length, .offset = offset};
    NTSTATUS status;
    struct file *file;

    (void)key;
    if (!iosb)
        return STATUS_ACCESS_VIOLATION;
    file = file_from_handle(handle, FILE_READ_DATA, &io.access, &status);
    return file ? io_run(file, &io, file->ops->read, "read") : status;
}

/**
 * NtWriteFile() - writes to a file, pipe or device.
 * @offset: as for NtReadFile; FILE_WRITE_TO_END_OF_FILE (-1) appends.
 * Return: STATUS_SUCCESS, STATUS_PENDING, STATUS_PIPE_CLOSING (nobody reads any more), STATUS_DISK_FULL, and as NtReadFile.
 * Source: https://learn.microsoft.com/en-us/windows-hardware/drivers/ddi/ntifs/nf-ntifs-ntwritefile
 */
NTSTATUS WINAPI NtWriteFile(HANDLE handle, HANDLE event, PIO_APC_ROUTINE apc, void *apc_context, IO_STATUS_BLOCK *iosb,
    const void *buffer, ULONG length, LARGE_INTEGER *offset, ULONG *key) {
    struct file_io io = {.handle = handle, .event = event, .apc = apc, .apc_context = apc_context, .iosb = iosb,
        .buffer = (void *)buffer, .length = length, .offset = offset};
    NTSTATUS status;
    struct file *file;

    (void)key;
    if (!iosb)
        return STATUS_ACCESS_VIOLATION;
    file = file_from_handle(handle, FILE_WRITE_DATA | FILE_APPEND_DATA, &io.access, &status);
    return file ? io_run(file, &io, file->ops->write, "write") : status;
}

/**
 * NtFlushBuffersFile() - writes a file's data to the disk; on a pipe, waits until the other end has read all.
 * Return: STATUS_SUCCESS, STATUS_INVALID_HANDLE, STATUS_ACCESS_DENIED, STATUS_PIPE_BROKEN.
 */
NTSTATUS WINAPI NtFlushBuffersFile(HANDLE handle, IO_STATUS_BLOCK *iosb) {
    struct file_io io = {.handle = handle, .iosb = iosb};
    ULONG_PTR information = 0;
    NTSTATUS status;
    struct file *file = file_from_handle(handle, FILE_WRITE_DATA | FILE_APPEND_DATA, &io.access, &status);

    if (!file)
        return status;
    status = file->ops->flush(file, &io, &information);
    if (!NT_ERROR(status))
        io_publish(iosb, status, information);
    file_put(file);
    return status;
}

static NTSTATUS io_control(struct file_io *io, bool device) {
    NTSTATUS status;
    struct file *file = file_from_handle(io->handle, 0, &io->access, &status);

    if (!file)
        return status;
    return io_run(file, io, device ? file->ops->ioctl : file->ops->fsctl, "control");
}

/**
 * NtFsControlFile() - a file system's control: pipes' listen, peek, transceive and the like.
 * Return: what the control answers; STATUS_INVALID_DEVICE_REQUEST when the file does not know it.
 */
NTSTATUS WINAPI NtFsControlFile(HANDLE handle, HANDLE event, PIO_APC_ROUTINE apc, void *apc_context, IO_STATUS_BLOCK *iosb,
    ULONG code, void *input, ULONG input_length, void *output, ULONG output_length) {
    struct file_io io = {.handle = handle, .event = event, .apc = apc, .apc_context = apc_context, .iosb = iosb, .code = code,
        .input = input, .input_length = input_length, .buffer = output, .length = output_length};

    return iosb ? io_control(&io, false) : STATUS_INVALID_PARAMETER;
}

NTSTATUS WINAPI NtDeviceIoControlFile(HANDLE handle, HANDLE event, PIO_APC_ROUTINE apc, void *apc_context, IO_STATUS_BLOCK *iosb,
    ULONG code, void *input, ULONG input_length, void *output, ULONG output_length) {
    struct file_io io = {.handle = handle, .event = event, .apc = apc, .apc_context = apc_context, .iosb = iosb, .code = code,
        .input = input, .input_length = input_length, .buffer = output, .length = output_length};

    return iosb ? io_control(&io, true) : STATUS_INVALID_PARAMETER;
}

/* ---- cancelling ---- */

/* Cancels the synchronous operation of the thread in a slot.  Return: false: it is in none. */
static bool io_cancel_thread_in(uint32_t thread) {
    uint32_t runs = THREAD_IO_RUNS;

    if (!atomic_compare_exchange_strong(&winipc_arena->thread[thread].io, &runs, THREAD_IO_CANCELLED))
        return false;
    wait_look_again(&winipc_arena->thread[thread]);
    return true;
}

/* Cancels that in which a thread of this process waits on @file.  Return: false: none does. */
static bool io_cancel_synchronous(struct file *file) {
    const uint32_t thread = atomic_load(&file->synchronous);
    uint32_t cancelled = THREAD_IO_CANCELLED;

    if (!thread || !io_cancel_thread_in(thread - 1))
        return false;
    if (atomic_load(&file->synchronous) == thread)
        return true;
    /* it had left, and is in another operation, perhaps */
    atomic_compare_exchange_strong(&winipc_arena->thread[thread - 1].io, &cancelled, THREAD_IO_RUNS);
    return false;
}

static NTSTATUS io_cancel(HANDLE handle, IO_STATUS_BLOCK *only, uint32_t thread, IO_STATUS_BLOCK *iosb) {
    NTSTATUS status;
    bool waited;
    struct file *file = file_from_handle(handle, 0, NULL, &status);

    if (!file)
        return status;
    waited = !only && thread == ARENA_MAX_THREADS && io_cancel_synchronous(file);
    status = file->ops->cancel(file, only, thread);
    if (status == STATUS_NOT_FOUND && waited)
        status = STATUS_SUCCESS;
    io_publish(iosb, status, 0);
    file_put(file);
    return status;
}

/**
 * NtCancelIoFile() - cancels what the calling thread has pending on a file.
 * Return: STATUS_SUCCESS (also when there was nothing), STATUS_INVALID_HANDLE.
 */
NTSTATUS WINAPI NtCancelIoFile(HANDLE handle, IO_STATUS_BLOCK *iosb) {
    const NTSTATUS status = io_cancel(handle, NULL, arena_self.index, iosb);

    if (status != STATUS_NOT_FOUND)
        return status;
    io_publish(iosb, STATUS_SUCCESS, 0);
    return STATUS_SUCCESS;
}

/**
 * NtCancelIoFileEx() - cancels the operation whose status block is @only, or all that this process has pending on the file, a synchronous one
 * in which another thread waits included.
 * Return: STATUS_SUCCESS, STATUS_NOT_FOUND, STATUS_INVALID_HANDLE.
 */
NTSTATUS WINAPI NtCancelIoFileEx(HANDLE handle, IO_STATUS_BLOCK *only, IO_STATUS_BLOCK *iosb) {
    return io_cancel(handle, only, ARENA_MAX_THREADS, iosb);
}

void io_begin_synchronous(struct file *file) {
    atomic_store(&arena_self.slot->io, THREAD_IO_RUNS);
    if (file)
        atomic_store(&file->synchronous, arena_self.index + 1);
}

void io_end_synchronous(struct file *file) {
    uint32_t self = arena_self.index + 1;

    if (file)
        atomic_compare_exchange_strong(&file->synchronous, &self, 0);
    atomic_store(&arena_self.slot->io, THREAD_IO_NONE);
}

bool io_is_cancelled(void) {
    return atomic_load(&arena_self.slot->io) == THREAD_IO_CANCELLED;
}

/**
 * NtCancelSynchronousIoFile() - cancels the synchronous operation in which another thread waits, of any process.
 * @only: must be NULL here: the status block of a synchronous operation is its thread's own.
 * Return: STATUS_SUCCESS, STATUS_NOT_FOUND (it is in none), STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH,
 * STATUS_ACCESS_DENIED.
 */
NTSTATUS WINAPI NtCancelSynchronousIoFile(HANDLE thread, IO_STATUS_BLOCK *only, IO_STATUS_BLOCK *iosb) {
    struct wait_object object;
    NTSTATUS status = object_lookup(thread, CELL_THREAD, THREAD_TERMINATE, &object);
    uint32_t slot;

    (void)only;
    if (status)
        return status;
    slot = cell_at(object.cell)->thread.slot;
    if (slot >= ARENA_MAX_THREADS || atomic_load(&winipc_arena->thread[slot].cell) != object.cell + 1 || !io_cancel_thread_in(slot))
        status = STATUS_NOT_FOUND;
    io_publish(iosb, status, 0);
    return status;
}
