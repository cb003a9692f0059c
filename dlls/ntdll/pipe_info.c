/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a pipe end says about itself, its modes, and peeking. */
#include "dlls/ntdll/pipe.h"

#include <ntstatus.h>
#include <winioctl.h>

#include <string.h>

#include "dlls/ntdll/object.h"
#include "libs/arena/lock.h"
#include "libs/host/guard.h"

/* ---- modes ---- */

/*
 * FilePipeInformation (SetNamedPipeHandleState): needs FILE_WRITE_ATTRIBUTES, which the caller checks.
 * Source: https://learn.microsoft.com/en-us/windows/win32/ipc/named-pipe-type-read-and-wait-modes
 */
NTSTATUS pipe_set(struct file *file, FILE_INFORMATION_CLASS class, const void *data, ULONG size) {
    const FILE_PIPE_INFORMATION *info = data;
    struct pipe_end *end = file->private;
    NTSTATUS status;

    if (class != FilePipeInformation)
        return STATUS_INVALID_PARAMETER;
    if (size < sizeof *info)
        return STATUS_INFO_LENGTH_MISMATCH;
    if (info->ReadMode > FILE_PIPE_MESSAGE_MODE || info->CompletionMode > FILE_PIPE_COMPLETE_OPERATION)
        return STATUS_INVALID_PARAMETER;
    if (info->ReadMode == FILE_PIPE_MESSAGE_MODE && !end->messages)
        return STATUS_INVALID_PARAMETER;
    status = pipe_answer(end, pipe_state(end), PIPE_CALL_MODES);
    if (status)
        return status;
    atomic_store(&cell_at(end->cell)->file.modes,
        (info->ReadMode ? PIPE_MODE_MESSAGE : 0) | (info->CompletionMode ? PIPE_MODE_NOWAIT : 0));
    return STATUS_SUCCESS;
}

static void local_information(struct pipe_end *end, FILE_PIPE_LOCAL_INFORMATION *info) {
    const struct cell *instance = pipe_instance(end);
    const struct cell *pipe = instance->instance.pipe ? cell_at(instance->instance.pipe - 1) : NULL;

    info->NamedPipeType = instance->instance.type;
    info->NamedPipeConfiguration = instance->instance.configuration;
    info->MaximumInstances = pipe ? pipe->pipe.maximum : 1;
    info->CurrentInstances = pipe ? pipe_instances(instance->instance.pipe - 1) : 1;
    info->InboundQuota = instance->instance.quota[0];
    info->OutboundQuota = instance->instance.quota[1];
    info->ReadDataAvailable = (ULONG)ring_unread(end->in);
    info->WriteQuotaAvailable = pipe_write_quota(end);
    info->NamedPipeState = pipe_state(end);
    info->NamedPipeEnd = end->end ? FILE_PIPE_CLIENT_END : FILE_PIPE_SERVER_END;
}

/* The pipe whose instance it is.  Return: NO_CELL: an anonymous one. */
static uint32_t pipe_of(const struct pipe_end *end) {
    return pipe_instance(end)->instance.pipe - 1;
}

NTSTATUS pipe_query(struct file *file, FILE_INFORMATION_CLASS class, void *data, ULONG size, ULONG_PTR *information) {
    struct pipe_end *end = file->private;
    FILE_PIPE_INFORMATION *modes = data;
    FILE_STANDARD_INFORMATION *standard = data;
    const NTSTATUS status = pipe_answer(end, pipe_state(end), PIPE_CALL_MODES);

    if (status)
        return status;
    switch ((int)class) {
    case FilePipeInformation:
        if (size < sizeof *modes)
            return STATUS_INFO_LENGTH_MISMATCH;
        modes->ReadMode = pipe_modes(end) & PIPE_MODE_MESSAGE ? FILE_PIPE_MESSAGE_MODE : FILE_PIPE_BYTE_STREAM_MODE;
        modes->CompletionMode = pipe_modes(end) & PIPE_MODE_NOWAIT ? FILE_PIPE_COMPLETE_OPERATION : FILE_PIPE_QUEUE_OPERATION;
        *information = sizeof *modes;
        return STATUS_SUCCESS;
    case FilePipeLocalInformation:
        if (size < sizeof(FILE_PIPE_LOCAL_INFORMATION))
            return STATUS_INFO_LENGTH_MISMATCH;
        local_information(end, data);
        *information = sizeof(FILE_PIPE_LOCAL_INFORMATION);
        return STATUS_SUCCESS;
    case FileStandardInformation:
        if (size < sizeof *standard)
            return STATUS_INFO_LENGTH_MISMATCH;
        memset(standard, 0, sizeof *standard);
        standard->AllocationSize.QuadPart = pipe_instance(end)->instance.quota[0] + pipe_instance(end)->instance.quota[1];
        standard->EndOfFile.QuadPart = (LONGLONG)ring_unread(end->in);
        standard->NumberOfLinks = 1;
        standard->DeletePending = TRUE;
        *information = sizeof *standard;
        return STATUS_SUCCESS;
    case FileNameInformation: return object_file_name(pipe_of(end), data, size, information);
    case FileModeInformation:
        if (size < sizeof(FILE_MODE_INFORMATION))
            return STATUS_INFO_LENGTH_MISMATCH;
        ((FILE_MODE_INFORMATION *)data)->Mode = file->options & (FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT);
        *information = sizeof(FILE_MODE_INFORMATION);
        return STATUS_SUCCESS;
    default: return STATUS_INVALID_PARAMETER;
    }
}

NTSTATUS pipe_query_volume(struct file *file, FS_INFORMATION_CLASS class, void *data, ULONG size, ULONG_PTR *information) {
    FILE_FS_DEVICE_INFORMATION *device = data;

    (void)file;
    if (class != FileFsDeviceInformation)
        return STATUS_INVALID_PARAMETER;
    if (size < sizeof *device)
        return STATUS_INFO_LENGTH_MISMATCH;
    device->DeviceType = FILE_DEVICE_NAMED_PIPE;
    device->Characteristics = FILE_DEVICE_ALLOW_APPCONTAINER_TRAVERSAL;
    *information = sizeof *device;
    return STATUS_SUCCESS;
}

/* ---- peeking ---- */

/*
 * FSCTL_PIPE_PEEK (PeekNamedPipe): never waits for data; nothing is consumed.
 * Source: https://learn.microsoft.com/en-us/openspecs/windows_protocols/ms-fscc/6b6c8b8b-c5ac-4fa5-9182-619459fce7c7
 */
NTSTATUS pipe_peek(struct pipe_end *end, const struct file_io *io, ULONG_PTR *information) {
    const ULONG header = offsetof(FILE_PIPE_PEEK_BUFFER, Data);
    FILE_PIPE_PEEK_BUFFER *peek = io->buffer;
    enum ring_taken taken = RING_EMPTY;
    uint64_t copied = 0, left = 0;
    uint32_t messages = 0;
    enum pipe_state state;
    NTSTATUS status;

    if (!(io->access & FILE_READ_DATA))
        return STATUS_ACCESS_DENIED;
    if (io->length < header)
        return STATUS_INVALID_PARAMETER;
    if (guard_probe_write(io->buffer, io->length))
        return STATUS_ACCESS_VIOLATION;
    lock_take(&end->in->shared->read_lock);
    state = pipe_state(end);
    status = pipe_answer(end, state, PIPE_CALL_PEEK);
    if (!status)
        taken = ring_peek(end->in, peek->Data, io->length - header, end->messages, &copied, &left);
    if (taken != RING_EMPTY && end->messages)
        messages = ring_messages(end->in);
    lock_give(&end->in->shared->read_lock);
    if (status)
        return status;
    if (taken == RING_EMPTY && state == PIPE_CLOSING)
        return STATUS_PIPE_BROKEN;
    peek->NamedPipeState = state;
    peek->ReadDataAvailable = (ULONG)ring_unread(end->in);
    peek->NumberOfMessages = messages;
    peek->MessageLength = end->messages ? (ULONG)(copied + left) : 0;
    *information = header + copied;
    return end->messages ? (left ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS)
                         : (ring_unread(end->in) > copied ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS);
}
