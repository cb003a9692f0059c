/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an end of a mailslot says about it, its time-out, and peeking. */
#include "dlls/ntdll/mailslot.h"

#include <ntstatus.h>
#include <winioctl.h>

#include <string.h>

#include "dlls/ntdll/object.h"
#include "libs/arena/lock.h"
#include "libs/host/guard.h"

#ifndef FSCTL_MAILSLOT_PEEK /* not in the headers */
#define FSCTL_MAILSLOT_PEEK CTL_CODE(FILE_DEVICE_MAILSLOT, 0, METHOD_NEITHER, FILE_READ_DATA)
#endif
#define NO_MESSAGE UINT32_MAX /* MAILSLOT_NO_MESSAGE */

/* What waits, all of it told at one time.  Return: the messages; *bytes of them, *next: of the first, or NO_MESSAGE. */
static uint32_t messages_look(const struct mailslot_end *end, uint64_t *bytes, uint32_t *next) {
    struct mail_memory *shared = end->ring.shared;
    uint32_t count;

    lock_take(&shared->read_lock);
    count = mail_ring_count(&end->ring, bytes);
    if (!count || !mail_ring_next(&end->ring, next)) {
        *next = NO_MESSAGE;
        count = 0;
    }
    lock_give(&shared->read_lock);
    return count;
}

/*
 * FileMailslotQueryInformation (GetMailslotInfo), of either end.
 * Source: https://learn.microsoft.com/en-us/openspecs/windows_protocols/ms-fscc/701a8cf4-99f8-4613-b2f8-3cdab1d568f2
 */
static void query_mailslot(const struct mailslot_end *end, FILE_MAILSLOT_QUERY_INFORMATION *info) {
    const struct cell *mailslot = mailslot_cell(end);
    uint64_t bytes;
    uint32_t next;

    info->MaximumMessageSize = mailslot->mailslot.maximum;
    info->MailslotQuota = mailslot->mailslot.quota;
    info->MessagesAvailable = messages_look(end, &bytes, &next);
    info->NextMessageSize = next;
    info->ReadTimeout.QuadPart = atomic_load(&mailslot->mailslot.timeout_100ns);
}

NTSTATUS mailslot_query(
    struct file *file, FILE_INFORMATION_CLASS class, void *data, ULONG size, ULONG_PTR *information) {
    const struct mailslot_end *end = file->private;
    FILE_STANDARD_INFORMATION *standard = data;
    uint64_t bytes;
    uint32_t next;

    switch ((int)class) {
    case FileMailslotQueryInformation:
        query_mailslot(end, data);
        *information = sizeof(FILE_MAILSLOT_QUERY_INFORMATION);
        return STATUS_SUCCESS;
    case FileStandardInformation:
        messages_look(end, &bytes, &next);
        *standard = (FILE_STANDARD_INFORMATION){
            .AllocationSize.QuadPart = (LONGLONG)MAIL_LIMIT, .EndOfFile.QuadPart = (LONGLONG)bytes, .NumberOfLinks = 1};
        *information = sizeof *standard;
        return STATUS_SUCCESS;
    case FileNameInformation: return object_file_name(end->mailslot, data, size, information);
    case FileModeInformation:
        ((FILE_MODE_INFORMATION *)data)->Mode =
            file->options & (FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT);
        *information = sizeof(FILE_MODE_INFORMATION);
        return STATUS_SUCCESS;
    default: return STATUS_INVALID_PARAMETER;
    }
}

/*
 * FileMailslotSetInformation (SetMailslotInfo), of the reader's end: reads that begin from now on have the new time-out.
 * [MS-FSCC] has it in the structure, ntifs.h a pointer to it in the same eight bytes; no time-out looks like a pointer.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winbase/nf-winbase-setmailslotinfo
 */
NTSTATUS mailslot_set(struct file *file, FILE_INFORMATION_CLASS class, const void *data, ULONG size) {
    const struct mailslot_end *end = file->private;
    int64_t timeout;

    (void)size;
    if (class != FileMailslotSetInformation || !end->reader)
        return STATUS_INVALID_PARAMETER;
    memcpy(&timeout, data, sizeof timeout);
    if (timeout > 0 && guard_copy_from(&timeout, (const void *)(uintptr_t)timeout, sizeof timeout))
        return STATUS_ACCESS_VIOLATION;
    atomic_store(&mailslot_cell(end)->mailslot.timeout_100ns, timeout);
    return STATUS_SUCCESS;
}

NTSTATUS mailslot_query_volume(
    struct file *file, FS_INFORMATION_CLASS class, void *data, ULONG size, ULONG_PTR *information) {
    FILE_FS_DEVICE_INFORMATION *device = data;

    (void)file;
    if (class != FileFsDeviceInformation)
        return STATUS_INVALID_PARAMETER;
    if (size < sizeof *device)
        return STATUS_INFO_LENGTH_MISMATCH;
    *device = (FILE_FS_DEVICE_INFORMATION){.DeviceType = FILE_DEVICE_MAILSLOT};
    *information = sizeof *device;
    return STATUS_SUCCESS;
}

/* ---- peeking ---- */

struct mailslot_peek { /* FILE_MAILSLOT_PEEK_BUFFER */
    ULONG available;   /* bytes of all messages */
    ULONG messages;
    ULONG length; /* of the first; MAILSLOT_NO_MESSAGE: there is none */
};

/*
 * FSCTL_MAILSLOT_PEEK: what waits, nothing is taken.  The control's output is the structure; where there is room behind
 * it, the beginning of the first message follows.
 */
static NTSTATUS mailslot_peek(struct mailslot_end *end, const struct file_io *io, ULONG_PTR *information) {
    struct mail_memory *shared = end->ring.shared;
    struct mailslot_peek *peek = io->buffer;
    uint64_t bytes;
    uint32_t next, room = io->length - (uint32_t)sizeof *peek;

    if (!(io->access & FILE_READ_DATA))
        return STATUS_ACCESS_DENIED;
    if (!end->reader)
        return STATUS_INVALID_PARAMETER;
    if (io->length < sizeof *peek)
        return STATUS_BUFFER_TOO_SMALL;
    if (guard_probe_write(io->buffer, io->length))
        return STATUS_ACCESS_VIOLATION;
    peek->messages = messages_look(end, &bytes, &peek->length);
    peek->available = (ULONG)bytes;
    *information = sizeof *peek;
    if (!peek->messages || !room)
        return STATUS_SUCCESS;
    lock_take(&shared->read_lock);
    if (mail_ring_next(&end->ring, &next)) {
        room = room < next ? room : next;
        mail_ring_peek(&end->ring, peek + 1, room);
        *information += room;
    }
    lock_give(&shared->read_lock);
    return STATUS_SUCCESS;
}

NTSTATUS mailslot_fsctl(struct file *file, const struct file_io *io, ULONG_PTR *information) {
    return io->code == FSCTL_MAILSLOT_PEEK ? mailslot_peek(file->private, io, information)
                                           : STATUS_INVALID_DEVICE_REQUEST;
}
