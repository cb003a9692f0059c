/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Creating and opening pipes.  Names and the pairing of ends are the server's: one request each, which fills the caller's handle entry.
 * An anonymous pipe has no name and needs no request: both ends are made here.
 */
#include "dlls/ntdll/pipe.h"
#include "dlls/ntdll/security.h"

#include <ntstatus.h>
#include <winioctl.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dlls/ntdll/attributes.h"
#include "dlls/ntdll/object.h"
#include "dlls/ntdll/pipe_anonymous.h"
#include "libs/base/trace.h"
#include "libs/base/utf.h"
#include "libs/host/guard.h"
#include "libs/protocol/client.h"

#define DEFAULT_TIMEOUT_100NS 500000 /* 50 ms: what a time-out of 0 given to CreateNamedPipe means */
#define QUOTA_MAX (64u << 20)

static ULONG quota_bounded(ULONG quota) {
    return quota > QUOTA_MAX ? QUOTA_MAX : quota;
}

/* ---- by name ---- */

static NTSTATUS create_validate(ULONG sharing, ULONG disposition, ULONG type, ULONG read_mode, const LARGE_INTEGER *timeout) {
    if (!sharing || sharing & ~(ULONG)(FILE_SHARE_READ | FILE_SHARE_WRITE))
        return STATUS_INVALID_PARAMETER;
    if (disposition != FILE_OPEN && disposition != FILE_CREATE && disposition != FILE_OPEN_IF)
        return STATUS_INVALID_PARAMETER;
    if (read_mode == FILE_PIPE_MESSAGE_MODE && type == FILE_PIPE_TYPE_BYTE)
        return STATUS_INVALID_PARAMETER;
    if (timeout && timeout->QuadPart > 0)
        return STATUS_INVALID_PARAMETER;
    return STATUS_SUCCESS;
}

static ULONG configuration_of(ULONG sharing) {
    switch (sharing) {
    case FILE_SHARE_READ: return FILE_PIPE_OUTBOUND; /* clients may read */
    case FILE_SHARE_WRITE: return FILE_PIPE_INBOUND;
    default: return FILE_PIPE_FULL_DUPLEX;
    }
}

/* Sends the request; on success the handle entry is filled, and the end is attached to its rings here. */
static NTSTATUS create_request(struct request_pipe_create *request, HANDLE *handle, ULONG_PTR *information) {
    const uint32_t quota[2] = {request->quota_in, request->quota_out};
    struct reply_pipe_create reply;
    struct file *file;
    NTSTATUS status;
    int ring_fd = ring_create(quota);

    if (ring_fd < 0)
        return STATUS_INSUFFICIENT_RESOURCES;
    request->handle = handle_reserve(arena_process);
    if (!request->handle) {
        close(ring_fd);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    request->fd = ring_fd;
    status = server_pipe_create(request, &reply);
    if (status) {
        handle_drop(arena_process, request->handle);
        close(ring_fd);
        return status;
    }
    file = pipe_attach(reply.file, ring_fd);
    if (!file) {
        handle_close(arena_process, request->handle);
        return STATUS_NO_MEMORY;
    }
    file_put(file);
    *handle = object_handle(request->handle);
    *information = reply.information;
    return STATUS_SUCCESS;
}

static void pipe_trace_open(const char *what, const uint16_t *name, uint32_t n_name, HANDLE handle, NTSTATUS status) {
    char text[512];
    size_t length;

    if (!(trace_enabled & TRACE_PIPE))
        return;
    length = utf16_to_utf8(name, n_name, text, sizeof text, NULL);
    TRACE(TRACE_PIPE, "%s %.*s: status 0x%08x, handle %p", what, (int)(length < sizeof text ? length : sizeof text), text, (unsigned)status,
        handle);
}

/* \Device\NamedPipe and what follows it.  Return: its length in units, 0 when it is too long. */
static uint32_t device_path(const WCHAR *slash, const UNICODE_STRING *name, WCHAR path[PIPE_PATH_ROOM]) {
    static const WCHAR device[] = L"\\Device\\NamedPipe";
    const size_t prefix = sizeof device / sizeof(WCHAR) - 1, n = name->Length / sizeof(WCHAR), n_slash = slash ? 1 : 0;

    if (prefix + n_slash + n > PIPE_PATH_ROOM)
        return 0;
    memcpy(path, device, prefix * sizeof(WCHAR));
    if (slash)
        path[prefix] = *slash;
    memcpy(path + prefix + n_slash, name->Buffer, n * sizeof(WCHAR));
    return (uint32_t)(prefix + n_slash + n);
}

/* The name of a new pipe: absolute, relative to the directory of all pipes, or none there. */
static NTSTATUS create_name(const OBJECT_ATTRIBUTES *attributes, WCHAR path[PIPE_PATH_ROOM], struct request_pipe_create *request) {
    static const WCHAR slash = '\\';
    const UNICODE_STRING *name = attributes->ObjectName;

    if (!attributes->RootDirectory) {
        if (!name)
            return STATUS_OBJECT_PATH_SYNTAX_BAD;
        request->name = (const uint16_t *)name->Buffer;
        request->n_name = name->Length / sizeof(WCHAR);
        return request->n_name ? STATUS_SUCCESS : STATUS_OBJECT_PATH_SYNTAX_BAD;
    }
    if (pipe_place(attributes->RootDirectory) != PIPE_PLACE_ROOT)
        return STATUS_OBJECT_NAME_INVALID;
    request->name = (const uint16_t *)path;
    if (!name || !name->Length)
        return STATUS_SUCCESS;
    if (name->Buffer[0] == '\\')
        return STATUS_OBJECT_NAME_INVALID;
    request->n_name = device_path(&slash, name, path);
    return request->n_name ? STATUS_SUCCESS : STATUS_OBJECT_NAME_INVALID;
}

/**
 * NtCreateNamedPipeFile() - makes an instance of a named pipe, and a handle to its server end.
 * @sharing: FILE_SHARE_READ: clients may read (outbound), FILE_SHARE_WRITE: they may write (inbound), both: duplex.
 * @disposition: FILE_CREATE: only as the first instance; FILE_OPEN: only as a further one; FILE_OPEN_IF.
 * @timeout: default of WaitNamedPipe, relative (negative), in 100 ns.
 * Return: STATUS_SUCCESS, STATUS_INVALID_PARAMETER, STATUS_OBJECT_NAME_INVALID, STATUS_ACCESS_DENIED (FILE_CREATE and it is there; another
 * type or direction), STATUS_INSTANCE_NOT_AVAILABLE (all instances are in use), STATUS_INSUFFICIENT_RESOURCES.
 * Source: https://learn.microsoft.com/en-us/windows/win32/devnotes/nt-create-named-pipe-file
 */
NTSTATUS WINAPI NtCreateNamedPipeFile(HANDLE *handle, ULONG access, OBJECT_ATTRIBUTES *attributes, IO_STATUS_BLOCK *iosb, ULONG sharing,
    ULONG disposition, ULONG options, ULONG type, ULONG read_mode, ULONG completion_mode, ULONG maximum, ULONG quota_in, ULONG quota_out,
    LARGE_INTEGER *timeout) {
    NTSTATUS status = create_validate(sharing, disposition, type & FILE_PIPE_TYPE_MESSAGE, read_mode, timeout);
    struct request_pipe_create request = {.timeout_100ns = timeout ? -(uint64_t)timeout->QuadPart : DEFAULT_TIMEOUT_100NS,
        .type = type & FILE_PIPE_TYPE_MESSAGE, .configuration = configuration_of(sharing), .maximum = maximum,
        .quota_in = quota_bounded(quota_in), .quota_out = quota_bounded(quota_out), .disposition = disposition, .options = options,
        .modes = (read_mode ? PIPE_MODE_MESSAGE : 0) | (completion_mode ? PIPE_MODE_NOWAIT : 0),
        .access = object_access_asked(CELL_FILE, access), .thread = arena_self.index};
    const OBJECT_ATTRIBUTES *is = attributes;
    struct attributes copy;
    ULONG_PTR information = 0;
    void *descriptor = NULL;
    WCHAR path[PIPE_PATH_ROOM];

    if (attributes_capture_for(handle, &copy, &is) || guard_probe_write(iosb, sizeof *iosb))
        return STATUS_ACCESS_VIOLATION;
    if (!status)
        status = is ? create_name(is, path, &request) : STATUS_OBJECT_PATH_SYNTAX_BAD;
    if (status)
        return status;
    request.attributes = is->Attributes;
    status = security_new(CELL_PIPE, is, &descriptor, &request.descriptor_len);
    request.descriptor = descriptor;
    if (!status)
        status = create_request(&request, handle, &information);
    free(descriptor);
    pipe_trace_open("create", request.name, request.n_name, *handle, status);
    if (!status) {
        iosb->Information = information;
        iosb->Status = status;
    }
    return status;
}

/* ---- opening again, without the server ---- */

#define LISTENERS_SOUGHT 2048u /* cells to look through; where there are more, the server knows sooner */

/* Connects a new file object to an instance that listened just now.  Return: whether it still did. */
static bool connect_known(uint32_t file, const struct pipe_rings *rings) {
    bool connected = false;

    intent_begin(rings->instance);
    if (cell_ref(rings->instance)) { /* from now on it is not another one */
        connected = atomic_load(&cell_at(rings->instance)->state) == rings->state &&
                    !pipe_connect(rings->instance, file, own_pid());
        cell_unref(rings->instance);
    }
    intent_end();
    return connected;
}

/* The client end with its handle.  @rings are used up, unless the answer is STATUS_RETRY. */
static NTSTATUS open_known(
    const struct request_pipe_open *request, ACCESS_MASK granted, const struct pipe_rings *rings, HANDLE *handle) {
    const uint32_t index = cell_make(CELL_FILE);
    struct cell *cell = index == NO_CELL ? NULL : cell_at(index);
    const uint64_t value = cell ? handle_reserve(arena_process) : 0;
    struct file *file;

    if (value) {
        cell->file.kind = FILE_KIND_PIPE_END;
        cell->file.options = request->options;
        cell->file.pid = own_pid();
        atomic_store(&cell->word, WORD_OF(CELL_FILE) | WORD_MANUAL);
    }
    if (!value || !connect_known(index, rings)) {
        if (value)
            handle_drop(arena_process, value);
        if (cell)
            cell_free(index);
        return STATUS_RETRY;
    }
    handle_set(arena_process, value, index, granted, request->attributes & OBJ_INHERIT ? HANDLE_INHERIT : 0);
    cell_live(index);
    file = pipe_attach_rings(index, rings);
    if (!file) {
        handle_close(arena_process, value);
        return STATUS_NO_MEMORY;
    }
    file_put(file);
    *handle = object_handle(value);
    return STATUS_SUCCESS;
}

/* Opens a pipe that this process has opened before.  Return: STATUS_SUCCESS, STATUS_PIPE_NOT_AVAILABLE, STATUS_NO_MEMORY, STATUS_RETRY: the
 * server is to be asked. */
static NTSTATUS open_again(const struct request_pipe_open *request, HANDLE *handle) {
    struct pipe_rings rings;
    ACCESS_MASK granted;
    uint32_t pipe;
    uint64_t state;
    NTSTATUS status;

    if (!known_name_find(request->name, request->n_name, &pipe, &state) || request->access & MAXIMUM_ALLOWED)
        return STATUS_RETRY;
    if (security_check(pipe, request->access, &granted) || granted & pipe_withholds(cell_at(pipe)->pipe.configuration))
        return STATUS_RETRY; /* the server says why not */
    if (!known_rings_take(pipe, &rings)) {
        if (atomic_load(&winipc_arena->header.n_cells) > LISTENERS_SOUGHT || pipe_has_listener(pipe))
            return STATUS_RETRY;
        return STATUS_PIPE_NOT_AVAILABLE;
    }
    status = open_known(request, granted, &rings, handle);
    if (status == STATUS_RETRY)
        known_rings_keep(&rings);
    return status;
}

static NTSTATUS open_result(IO_STATUS_BLOCK *iosb, NTSTATUS status) {
    if (!status) {
        iosb->Information = FILE_OPENED;
        iosb->Status = status;
    }
    return status;
}

/*
 * Sends the request; on success the handle entry is filled, and the end is attached to its rings here.  A client makes no pipe, and
 * there is nothing in one to overwrite: all dispositions but FILE_CREATE open what is there (fopen(…, "wb") does so on Windows).
 */
static NTSTATUS open_request(struct request_pipe_open *request, ULONG disposition, HANDLE *handle, IO_STATUS_BLOCK *iosb) {
    struct reply_pipe_open reply = {.fd = -1};
    struct file *file;
    NTSTATUS status;

    if (disposition == FILE_CREATE)
        return STATUS_ACCESS_DENIED;
    status = open_again(request, handle);
    if (status != STATUS_RETRY)
        return open_result(iosb, status);
    request->handle = handle_reserve(arena_process);
    if (!request->handle)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = server_pipe_open(request, &reply);
    pipe_trace_open("open", request->name, request->n_name, object_handle(request->handle), status);
    if (status) {
        handle_drop(arena_process, request->handle);
        return status;
    }
    file = pipe_attach(reply.file, reply.fd);
    if (!file) {
        handle_close(arena_process, request->handle);
        return STATUS_NO_MEMORY;
    }
    file_put(file);
    known_name_note(request->name, request->n_name, reply.instance);
    *handle = object_handle(request->handle);
    return open_result(iosb, STATUS_SUCCESS);
}

NTSTATUS pipe_open(HANDLE *handle, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes, IO_STATUS_BLOCK *iosb,
    const UNICODE_STRING *name, ULONG sharing, ULONG disposition, ULONG options) {
    WCHAR path[PIPE_PATH_ROOM];
    struct request_pipe_open request = {.access = access, .share = sharing, .options = options, .attributes = attributes->Attributes,
        .thread = arena_self.index, .name = (const uint16_t *)path};
    const bool root = name->Length == sizeof(WCHAR) && name->Buffer[0] == '\\';

    if (!name->Length || root)
        return pipe_open_root(handle, access, attributes, iosb, root, disposition, options);
    request.n_name = device_path(NULL, name, path);
    return request.n_name ? open_request(&request, disposition, handle, iosb) : STATUS_OBJECT_NAME_INVALID;
}

NTSTATUS pipe_open_relative(HANDLE *handle, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes, IO_STATUS_BLOCK *iosb, ULONG sharing,
    ULONG disposition, ULONG options, bool *is_pipe) {
    static const WCHAR slash = '\\';
    const enum pipe_place place = attributes->RootDirectory ? pipe_place(attributes->RootDirectory) : PIPE_PLACE_NONE;
    const UNICODE_STRING *name = attributes->ObjectName;
    WCHAR path[PIPE_PATH_ROOM];
    struct request_pipe_open request = {.access = access, .share = sharing, .options = options, .attributes = attributes->Attributes,
        .thread = arena_self.index, .root = (ULONG_PTR)attributes->RootDirectory, .name = (const uint16_t *)path};

    *is_pipe = place != PIPE_PLACE_NONE;
    if (!*is_pipe)
        return STATUS_SUCCESS;
    if (place == PIPE_PLACE_END)
        return name && name->Length ? STATUS_OBJECT_NAME_INVALID : open_request(&request, disposition, handle, iosb);
    if (!name || !name->Length)
        return pipe_open_root(handle, access, attributes, iosb, place == PIPE_PLACE_ROOT, disposition, options);
    if (place == PIPE_PLACE_DEVICE || name->Buffer[0] == '\\')
        return STATUS_OBJECT_NAME_INVALID;
    request.root = 0;
    request.n_name = device_path(&slash, name, path);
    return request.n_name ? open_request(&request, disposition, handle, iosb) : STATUS_OBJECT_NAME_INVALID;
}

/* ---- anonymous ---- */

/* One end's file object, with its handle.  Takes one reference on the instance. */
static NTSTATUS anonymous_end(uint32_t instance, unsigned end, int ring_fd, ACCESS_MASK access, ULONG attributes, HANDLE *handle) {
    const OBJECT_ATTRIBUTES object_attributes = {.Attributes = attributes};
    const uint32_t index = cell_make(CELL_FILE);
    struct cell *cell = index == NO_CELL ? NULL : cell_at(index);
    struct file *file;
    NTSTATUS status;
    int fd;

    if (!cell)
        return STATUS_INSUFFICIENT_RESOURCES;
    intent_begin(instance);
    if (!cell_ref(instance)) {
        intent_end();
        cell_free(index);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    cell->file.instance = instance + 1;
    intent_end();
    cell->file.kind = FILE_KIND_PIPE_END;
    cell->file.end = end;
    cell->file.options = FILE_SYNCHRONOUS_IO_NONALERT;
    cell->file.pid = own_pid();
    atomic_store(&cell->word, WORD_OF(CELL_FILE) | WORD_MANUAL);
    status = object_insert(index, access, &object_attributes, handle);
    if (status) { /* the cell is freed, but not what it refers to */
        intent_begin(instance);
        cell_unref(instance);
        intent_end();
        return status;
    }
    fd = fcntl(ring_fd, F_DUPFD_CLOEXEC, 3);
    file = fd < 0 ? NULL : pipe_attach(index, fd);
    if (!file) {
        NtClose(*handle);
        return STATUS_NO_MEMORY;
    }
    file_put(file);
    return STATUS_SUCCESS;
}

static uint32_t anonymous_instance(uint32_t quota) {
    const uint32_t index = cell_make(CELL_PIPE_INSTANCE);
    struct cell *cell = index == NO_CELL ? NULL : cell_at(index);

    if (!cell)
        return NO_CELL;
    cell->instance.configuration = FILE_PIPE_INBOUND;
    cell->instance.quota[0] = cell->instance.quota[1] = quota;
    atomic_store(&cell->instance.pid[0], own_pid());
    atomic_store(&cell->instance.pid[1], own_pid());
    atomic_store(&cell->instance.ends, 3);
    atomic_store(&cell->instance.status, PIPE_STATUS(PIPE_CONNECTED, 0));
    return index;
}

NTSTATUS pipe_anonymous(HANDLE *reader, HANDLE *writer, ULONG quota, ULONG attributes) {
    const uint32_t size = quota_bounded(quota), quotas[2] = {size, size};
    const int ring_fd = ring_create(quotas);
    uint32_t instance;
    NTSTATUS status;

    if (ring_fd < 0)
        return STATUS_INSUFFICIENT_RESOURCES;
    instance = anonymous_instance(size);
    if (instance == NO_CELL) {
        close(ring_fd);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    cell_live(instance);
    status = anonymous_end(instance, 0, ring_fd, FILE_GENERIC_READ | FILE_WRITE_ATTRIBUTES, attributes, reader);
    if (!status) {
        status = anonymous_end(instance, 1, ring_fd, FILE_GENERIC_WRITE | FILE_READ_ATTRIBUTES, attributes, writer);
        if (status)
            NtClose(*reader);
    }
    close(ring_fd);
    cell_unref(instance); /* from now on the ends hold it */
    return status;
}

/* ---- ends that came from elsewhere ---- */

/* The server knows the rings of named pipes, and of mailslots. */
int pipe_ring_fd(uint32_t cell) {
    const struct request_pipe_ring request = {.instance = cell_at(cell)->file.instance - 1};
    struct reply_pipe_ring reply = {.fd = -1};

    return server_pipe_ring(&request, &reply) ? -1 : reply.fd;
}
