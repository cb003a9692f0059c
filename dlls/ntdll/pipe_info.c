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

static void fill_standard(const struct pipe_end *end, FILE_STANDARD_INFORMATION *info) {
    const struct cell *instance = pipe_instance(end);

    memset(info, 0, sizeof *info);
    info->AllocationSize.QuadPart = (LONGLONG)instance->instance.quota[0] + instance->instance.quota[1];
    info->EndOfFile.QuadPart = (LONGLONG)ring_unread(end->in);
    info->NumberOfLinks = 1;
    info->DeletePending = TRUE;
}

static NTSTATUS query_all(const struct file *file, const struct pipe_end *end, FILE_ALL_INFORMATION *info, ULONG size, ULONG_PTR *information) {
    const ULONG header = offsetof(FILE_ALL_INFORMATION, NameInformation);
    NTSTATUS status;

    memset(info, 0, header);
    info->BasicInformation.FileAttributes = FILE_ATTRIBUTE_NORMAL;
    fill_standard(end, &info->StandardInformation);
    info->InternalInformation.IndexNumber.QuadPart = end->instance + 1;
    info->ModeInformation.Mode = file->options & (FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT);
    status = object_file_name(pipe_of(end), &info->NameInformation, size - header, information);
    *information += header;
    return status;
}

/*
 * A pipe has neither times nor a position, and goes with its last handle.  What [MS-FSCC] leaves open is as public tests measured it.
 * Source: https://learn.microsoft.com/en-us/openspecs/windows_protocols/ms-fscc/4718fc40-e539-4014-8e33-b675af74e3e1
 */
NTSTATUS pipe_query(struct file *file, FILE_INFORMATION_CLASS class, void *data, ULONG size, ULONG_PTR *information) {
    struct pipe_end *end = file->private;
    FILE_PIPE_INFORMATION *modes = data;
    const NTSTATUS status = pipe_answer(end, pipe_state(end), PIPE_CALL_MODES);

    if (status)
        return status;
    switch ((int)class) {
    case FilePipeInformation:
        modes->ReadMode = pipe_modes(end) & PIPE_MODE_MESSAGE ? FILE_PIPE_MESSAGE_MODE : FILE_PIPE_BYTE_STREAM_MODE;
        modes->CompletionMode = pipe_modes(end) & PIPE_MODE_NOWAIT ? FILE_PIPE_COMPLETE_OPERATION : FILE_PIPE_QUEUE_OPERATION;
        break;
    case FilePipeLocalInformation: local_information(end, data); break;
    case FileBasicInformation: *(FILE_BASIC_INFORMATION *)data = (FILE_BASIC_INFORMATION){.FileAttributes = FILE_ATTRIBUTE_NORMAL}; break;
    case FileStandardInformation: fill_standard(end, data); break;
    case FileInternalInformation: ((FILE_INTERNAL_INFORMATION *)data)->IndexNumber.QuadPart = end->instance + 1; break;
    case FileEaInformation: ((FILE_EA_INFORMATION *)data)->EaSize = 0; break;
    case FilePositionInformation: ((FILE_POSITION_INFORMATION *)data)->CurrentByteOffset.QuadPart = 0; break;
    case FileNameInformation: return object_file_name(pipe_of(end), data, size, information);
    case FileAllInformation: return query_all(file, end, data, size, information);
    default: return STATUS_INVALID_PARAMETER;
    }
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
