/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The devices \Device\NamedPipe and \Device\Mailslot and their root directories, which are the same paths with a
 * backslash.  In the directory the pipes or mailslots lie, by their whole names; the names are read in the arena.
 * Neither can be read or written.
 */
#include "dlls/ntdll/pipe.h"

#include <ntstatus.h>
#include <winioctl.h>

#include <string.h>

#include "dlls/ntdll/directory_scan.h"
#include "dlls/ntdll/suspend.h"
#include "dlls/ntdll/wait.h"
#include "dlls/ntdll/mailslot.h"
#include "libs/arena/name.h"
#include "libs/host/guard.h"
#include "libs/protocol/client.h"

/* What a device's files have in file.private. */
struct device {
    enum cell_type type; /* of what lies in the directory */
};

static const struct device pipe_device = {CELL_PIPE};
static const struct device mailslot_device = {CELL_MAILSLOT};

/* ---- waiting for an instance (FSCTL_PIPE_WAIT) ---- */

static bool wait_is_gone(uint32_t pipe) {
    return !pipe_instances(pipe);
}

bool pipe_has_listener(uint32_t pipe) {
    const uint32_t n = arena_count(&winipc_arena->header.n_cells, ARENA_MAX_CELLS);

    for (uint32_t i = 0; i < n; i++) {
        const struct cell *cell = &winipc_arena->cell[i];

        if (cell_type(cell) == CELL_PIPE_INSTANCE && cell->instance.pipe == pipe + 1 &&
            PIPE_STATE(atomic_load(&cell->instance.status)) == PIPE_LISTENING)
            return true;
    }
    return wait_is_gone(pipe);
}

static bool wait_has_listener(void *context) {
    return io_is_cancelled() || pipe_has_listener(*(const uint32_t *)context);
}

static NTSTATUS wait_for_instance(uint32_t pipe, const LARGE_INTEGER *timeout) {
    const struct wait_object object = {.cell = pipe, .key = PIPE_HAS_LISTENER};
    struct wait_request request = {.objects = &object,
        .n = 1,
        .condition = wait_has_listener,
        .context = &pipe,
        .deadline_ns = wait_deadline(timeout)};
    bool cancelled;
    int result;

    io_begin_synchronous(NULL);
    do /* a wake-up is only a hint: another opener may have been faster */
        result = wait_for(&request);
    while (!suspend_ending() && !io_is_cancelled() && result != WAIT_RESULT_TIMEOUT && result != WAIT_RESULT_CONDITION &&
           !pipe_has_listener(pipe));
    cancelled = io_is_cancelled();
    io_end_synchronous(NULL);
    if (wait_is_gone(pipe))
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if ((!cancelled && result != WAIT_RESULT_TIMEOUT) || pipe_has_listener(pipe))
        return STATUS_SUCCESS;
    return cancelled ? STATUS_CANCELLED : STATUS_IO_TIMEOUT;
}

#define WAIT_NAME_MAX 512u /* units */

/* The pipe's path out of the input of FSCTL_PIPE_WAIT. */
static NTSTATUS wait_path(
    const struct file_io *io, FILE_PIPE_WAIT_FOR_BUFFER *wait, WCHAR path[WAIT_NAME_MAX], uint32_t *n) {
    static const WCHAR device[] = L"\\Device\\NamedPipe\\";
    const uint32_t prefix = sizeof device / sizeof(WCHAR) - 1;

    if (io->input_length < offsetof(FILE_PIPE_WAIT_FOR_BUFFER, Name) ||
        guard_copy_from(wait, io->input, offsetof(FILE_PIPE_WAIT_FOR_BUFFER, Name)))
        return STATUS_INVALID_PARAMETER;
    if (wait->NameLength > io->input_length - offsetof(FILE_PIPE_WAIT_FOR_BUFFER, Name) ||
        wait->NameLength > (WAIT_NAME_MAX - prefix) * sizeof(WCHAR))
        return STATUS_INVALID_PARAMETER;
    memcpy(path, device, prefix * sizeof(WCHAR));
    if (guard_copy_from(
            path + prefix, (const char *)io->input + offsetof(FILE_PIPE_WAIT_FOR_BUFFER, Name), wait->NameLength))
        return STATUS_ACCESS_VIOLATION;
    *n = prefix + wait->NameLength / (uint32_t)sizeof(WCHAR);
    return STATUS_SUCCESS;
}

/* A handle to a pipe that is known: what the server would do. */
static bool wait_handle_known(uint64_t handle, uint32_t pipe, uint64_t state, struct reply_pipe_wait_handle *reply) {
    const struct cell *cell = cell_at(pipe);
    bool pinned;

    intent_begin(pipe);
    pinned = cell_ref(pipe);
    if (pinned && atomic_load(&cell->state) == state) {
        *reply = (struct reply_pipe_wait_handle){.pipe = pipe, .timeout_100ns = cell->pipe.timeout_100ns};
        handle_set(arena_process, handle, pipe, SYNCHRONIZE, 0);
    } else if (pinned) {
        cell_unref(pipe);
        pinned = false;
    }
    intent_end();
    return pinned;
}

/* A handle to the pipe, which keeps it while we wait. */
static NTSTATUS wait_handle(struct request_pipe_wait_handle *request, struct reply_pipe_wait_handle *reply) {
    uint32_t pipe;
    uint64_t state;
    NTSTATUS status;

    request->handle = handle_reserve(arena_process);
    if (!request->handle)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (known_name_find(request->name, request->n_name, &pipe, &state) &&
        wait_handle_known(request->handle, pipe, state, reply))
        return STATUS_SUCCESS;
    status = server_pipe_wait_handle(request, reply);
    if (status)
        handle_drop(arena_process, request->handle);
    return status;
}

/*
 * FSCTL_PIPE_WAIT (WaitNamedPipe), the only control that device and root know.
 * Source: https://learn.microsoft.com/en-us/openspecs/windows_protocols/ms-fscc/4d23fdb5-840e-456a-858f-6a238011179f
 */
static NTSTATUS root_fsctl(struct file *file, const struct file_io *io, ULONG_PTR *information) {
    FILE_PIPE_WAIT_FOR_BUFFER wait;
    WCHAR path[WAIT_NAME_MAX];
    struct request_pipe_wait_handle request = {.name = (const uint16_t *)path};
    struct reply_pipe_wait_handle reply;
    LARGE_INTEGER timeout;
    NTSTATUS status;

    if (io->code != FSCTL_PIPE_WAIT || file->private != &pipe_device)
        return STATUS_INVALID_PARAMETER;
    *information = 0;
    status = wait_path(io, &wait, path, &request.n_name);
    if (status)
        return status;
    status = wait_handle(&request, &reply);
    if (status)
        return status;
    timeout.QuadPart = wait.TimeoutSpecified ? wait.Timeout.QuadPart : -(LONGLONG)reply.timeout_100ns;
    status =
        wait_for_instance(reply.pipe, wait.TimeoutSpecified && wait.Timeout.QuadPart == INT64_MIN ? NULL : &timeout);
    handle_close(arena_process, request.handle);
    return status;
}

/* ---- what is in the root ---- */

static bool is_there(const struct cell *cell, enum cell_type type) {
    return cell_type(cell) == type && (type != CELL_MAILSLOT || mailslot_is_open(cell));
}

/* The directory that holds one of them, in which all lie. */
static uint32_t root_directory(enum cell_type type) {
    const uint32_t n = arena_count(&winipc_arena->header.n_cells, ARENA_MAX_CELLS);

    for (uint32_t i = 0; i < n; i++) {
        if (cell_type(&winipc_arena->cell[i]) == type && atomic_load(&winipc_arena->cell[i].name))
            return name_directory(i);
    }
    return NO_CELL;
}

static NTSTATUS root_fill(struct file *file, struct directory_scan *scan) {
    const struct device *device = file->private;
    const uint32_t directory = root_directory(device->type);
    NTSTATUS status = STATUS_SUCCESS;

    for (uint32_t at = 0, cell; !status && directory != NO_CELL && (cell = name_next(directory, at)) != NO_CELL;
         at = cell + 1) {
        uint32_t n = 0;
        const uint16_t *name = name_units(atomic_load(&winipc_arena->cell[cell].name), &n);

        if (name && is_there(&winipc_arena->cell[cell], device->type))
            status = directory_scan_add(scan, (const WCHAR *)name, n, "", cell);
    }
    return status;
}

/* As NPFS tells it: the instances that there are as the size, the most that there may be as the space.  Of mailslots
 * nothing is told but the name. */
static bool root_stat(struct file *file, const struct scan_name *name, struct file_stat *st) {
    const struct cell *cell = &winipc_arena->cell[name->cell];
    const struct device *device = file->private;

    if (!is_there(cell, device->type) || STATE_LIFE(atomic_load(&cell->state)) != LIFE_LIVE)
        return false;
    *st = (struct file_stat){.basic = {.FileAttributes = FILE_ATTRIBUTE_NORMAL}};
    if (device->type == CELL_PIPE) {
        st->size = pipe_instances(name->cell);
        st->allocated = (LONGLONG)cell->pipe.maximum;
    }
    return true;
}

static NTSTATUS root_query_directory(struct file *file, FILE_INFORMATION_CLASS class, void *data, ULONG size,
    const UNICODE_STRING *mask, bool single, bool restart, ULONG_PTR *information) {
    static const struct directory_source names = {root_fill, root_stat};

    if (class != FileDirectoryInformation && class != FileFullDirectoryInformation &&
        class != FileBothDirectoryInformation && class != FileNamesInformation)
        return STATUS_INVALID_INFO_CLASS;
    return directory_query(file, &names, class, data, size, mask, single, restart, information);
}

/* ---- the file objects ---- */

static NTSTATUS root_io(struct file *file, const struct file_io *io, ULONG_PTR *information) {
    (void)file, (void)io, (void)information;
    return STATUS_INVALID_PARAMETER;
}

static NTSTATUS root_set(struct file *file, FILE_INFORMATION_CLASS class, const void *data, ULONG size) {
    (void)file, (void)class, (void)data, (void)size;
    return STATUS_INVALID_PARAMETER;
}

static NTSTATUS device_query(
    struct file *file, FILE_INFORMATION_CLASS class, void *data, ULONG size, ULONG_PTR *information) {
    (void)file, (void)class, (void)data, (void)size, (void)information;
    return STATUS_INVALID_PARAMETER;
}

static NTSTATUS root_query_name(FILE_NAME_INFORMATION *info, ULONG size, ULONG_PTR *information) {
    if (size < sizeof *info)
        return STATUS_INFO_LENGTH_MISMATCH;
    info->FileNameLength = sizeof(WCHAR);
    info->FileName[0] = '\\';
    *information = offsetof(FILE_NAME_INFORMATION, FileName) + sizeof(WCHAR);
    return STATUS_SUCCESS;
}

static NTSTATUS root_query(
    struct file *file, FILE_INFORMATION_CLASS class, void *data, ULONG size, ULONG_PTR *information) {
    FILE_STANDARD_INFORMATION *standard = data;
    FILE_BASIC_INFORMATION *basic = data;

    (void)file;
    switch ((int)class) {
    case FileNameInformation: return root_query_name(data, size, information);
    case FileBasicInformation:
        if (size < sizeof *basic)
            return STATUS_INFO_LENGTH_MISMATCH;
        *basic = (FILE_BASIC_INFORMATION){.FileAttributes = FILE_ATTRIBUTE_DIRECTORY};
        *information = sizeof *basic;
        return STATUS_SUCCESS;
    case FileStandardInformation:
        if (size < sizeof *standard)
            return STATUS_INFO_LENGTH_MISMATCH;
        *standard = (FILE_STANDARD_INFORMATION){.NumberOfLinks = 1, .Directory = TRUE};
        *information = sizeof *standard;
        return STATUS_SUCCESS;
    default: return STATUS_INVALID_PARAMETER;
    }
}

static NTSTATUS root_query_volume(
    struct file *file, FS_INFORMATION_CLASS class, void *data, ULONG size, ULONG_PTR *information) {
    return file->private == &pipe_device ? pipe_query_volume(file, class, data, size, information)
                                         : mailslot_query_volume(file, class, data, size, information);
}

#define ROOT_OPERATIONS                                                                                                \
    .read = root_io, .write = root_io, .flush = root_io, .fsctl = root_fsctl, .ioctl = file_no_io, .set = root_set,    \
    .query_volume = root_query_volume, .cancel = file_no_cancel, .unlink = file_no_close, .close = file_no_close

static const struct file_ops device_ops = {
    ROOT_OPERATIONS, .query = device_query, .query_directory = file_no_query_directory};
static const struct file_ops root_ops = {ROOT_OPERATIONS, .query = root_query, .query_directory = root_query_directory};

enum pipe_place pipe_place(HANDLE handle) {
    NTSTATUS status;
    struct file *file = file_from_handle(handle, 0, NULL, &status);
    enum pipe_place place = PIPE_PLACE_NONE;

    if (!file)
        return PIPE_PLACE_NONE;
    if (file->ops == &device_ops && file->private == &pipe_device)
        place = PIPE_PLACE_DEVICE;
    else if (file->ops == &root_ops && file->private == &pipe_device)
        place = PIPE_PLACE_ROOT;
    else if (file->kind == FILE_KIND_PIPE_END)
        place = PIPE_PLACE_END;
    file_put(file);
    return place;
}

static NTSTATUS open_root(const struct device *device, HANDLE *handle, ACCESS_MASK access,
    const OBJECT_ATTRIBUTES *attributes, IO_STATUS_BLOCK *iosb, bool root, ULONG disposition, ULONG options) {
    struct file *file;
    NTSTATUS status;

    if (disposition != FILE_OPEN && disposition != FILE_OPEN_IF)
        return disposition == FILE_CREATE ? STATUS_OBJECT_NAME_COLLISION : STATUS_OBJECT_NAME_INVALID;
    if (root && options & FILE_NON_DIRECTORY_FILE)
        return STATUS_FILE_IS_A_DIRECTORY;
    if (!root && options & FILE_DIRECTORY_FILE)
        return STATUS_NOT_A_DIRECTORY;
    file = file_new(FILE_KIND_NULL, root ? &root_ops : &device_ops, -1, options);
    if (!file)
        return STATUS_NO_MEMORY;
    file->private = (void *)device;
    status = file_create_handle(file, access, attributes->Attributes, handle);
    if (!status) {
        iosb->Information = FILE_OPENED;
        iosb->Status = status;
    }
    return status;
}

NTSTATUS pipe_open_root(HANDLE *handle, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes, IO_STATUS_BLOCK *iosb,
    bool root, ULONG disposition, ULONG options) {
    return open_root(&pipe_device, handle, access, attributes, iosb, root, disposition, options);
}

NTSTATUS mailslot_open_root(HANDLE *handle, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes,
    IO_STATUS_BLOCK *iosb, bool root, ULONG disposition, ULONG options) {
    return open_root(&mailslot_device, handle, access, attributes, iosb, root, disposition, options);
}
