/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pipes (MSDN: namedpipeapi.h): names, flags and errors to NT's calls.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/namedpipeapi/
 */
#include "dlls/kernel32/pipe.h"

#include <winioctl.h>
#include <ntstatus.h>

#include <stdint.h>
#include <string.h>

#include "dlls/kernel32/error.h"
#include "dlls/ntdll/pipe_anonymous.h"

#ifndef PIPE_REJECT_REMOTE_CLIENTS
#define PIPE_REJECT_REMOTE_CLIENTS 8 /* not in the headers */
#endif

/* The event of an OVERLAPPED without the flag in its low bit that keeps a completion port out. */
static HANDLE overlapped_event(const OVERLAPPED *overlapped) {
    return (HANDLE)((ULONG_PTR)overlapped->hEvent & ~(ULONG_PTR)1);
}

static void *overlapped_context(OVERLAPPED *overlapped) {
    return (ULONG_PTR)overlapped->hEvent & 1 ? NULL : overlapped;
}

NTSTATUS pipe_control_and_wait(
    HANDLE pipe, ULONG code, const void *input, DWORD input_length, void *output, DWORD output_length, DWORD *transferred) {
    IO_STATUS_BLOCK iosb = {.Status = STATUS_SUCCESS};
    NTSTATUS status = NtFsControlFile(pipe, NULL, NULL, NULL, &iosb, code, (void *)input, input_length, output, output_length);

    if (status == STATUS_PENDING) {
        NtWaitForSingleObject(pipe, FALSE, NULL);
        status = iosb.Status;
    }
    if (transferred)
        *transferred = (DWORD)iosb.Information;
    return status;
}

/* A control with or without OVERLAPPED.  *transferred: bytes of the output. */
static NTSTATUS pipe_control(HANDLE pipe, OVERLAPPED *overlapped, ULONG code, const void *input, DWORD input_length, void *output,
    DWORD output_length, DWORD *transferred) {
    IO_STATUS_BLOCK *block = (IO_STATUS_BLOCK *)overlapped;
    NTSTATUS status;

    if (!overlapped)
        return pipe_control_and_wait(pipe, code, input, input_length, output, output_length, transferred);
    overlapped->Internal = STATUS_PENDING;
    overlapped->InternalHigh = 0;
    status = NtFsControlFile(pipe, overlapped_event(overlapped), NULL, overlapped_context(overlapped), block, code, (void *)input,
        input_length, output, output_length);
    if (transferred)
        *transferred = status == STATUS_PENDING ? 0 : (DWORD)block->Information;
    return status;
}

/* FALSE with ERROR_IO_PENDING for an operation that goes on. */
static BOOL pipe_result(NTSTATUS status) {
    if (status == STATUS_PENDING) {
        SetLastError(ERROR_IO_PENDING);
        return FALSE;
    }
    return set_nt_error(status);
}

static const WCHAR *pipe_name_wide(const char *name, WCHAR wide[PIPE_NAME_MAX + 16]) {
    if (!name)
        return NULL;
    return MultiByteToWideChar(CP_ACP, 0, name, -1, wide, PIPE_NAME_MAX + 16) ? wide : NULL;
}

/* ---- creating ---- */

static DWORD create_access(DWORD open_mode) {
    const DWORD direction = open_mode & PIPE_ACCESS_DUPLEX;

    return (open_mode & (WRITE_DAC | WRITE_OWNER | ACCESS_SYSTEM_SECURITY)) | SYNCHRONIZE |
           (direction & PIPE_ACCESS_INBOUND ? GENERIC_READ : 0) | (direction & PIPE_ACCESS_OUTBOUND ? GENERIC_WRITE : 0);
}

static BOOL create_modes_valid(DWORD open_mode, DWORD pipe_mode, DWORD maximum) {
    const DWORD open_flags = PIPE_ACCESS_DUPLEX | FILE_FLAG_FIRST_PIPE_INSTANCE | FILE_FLAG_WRITE_THROUGH | FILE_FLAG_OVERLAPPED |
                             WRITE_DAC | WRITE_OWNER | ACCESS_SYSTEM_SECURITY;
    const DWORD mode_flags = PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE | PIPE_NOWAIT | PIPE_REJECT_REMOTE_CLIENTS;

    return open_mode & PIPE_ACCESS_DUPLEX && !(open_mode & ~open_flags) && !(pipe_mode & ~mode_flags) && maximum >= 1 &&
           maximum <= PIPE_UNLIMITED_INSTANCES && (pipe_mode & PIPE_TYPE_MESSAGE || !(pipe_mode & PIPE_READMODE_MESSAGE));
}

static NTSTATUS create_check(
    const WCHAR *name, DWORD open_mode, DWORD pipe_mode, DWORD maximum, struct pipe_path *path) {
    NTSTATUS status;

    if (!name)
        return STATUS_OBJECT_PATH_NOT_FOUND;
    status = pipe_path_parse(name, path);
    if (status)
        return status;
    if (!path->own || path->name.Length > PIPE_NAME_MAX * sizeof(WCHAR))
        status = STATUS_OBJECT_NAME_INVALID;
    else if (!create_modes_valid(open_mode, pipe_mode, maximum))
        status = STATUS_INVALID_PARAMETER;
    if (status)
        pipe_path_free(path);
    return status;
}

/**
 * CreateNamedPipeW() - makes an instance of a named pipe.
 * @name: \\.\pipe\NAME, at most 256 characters.
 * @open_mode: PIPE_ACCESS_*, FILE_FLAG_FIRST_PIPE_INSTANCE, FILE_FLAG_OVERLAPPED, FILE_FLAG_WRITE_THROUGH, WRITE_DAC…
 * @pipe_mode: PIPE_TYPE_*, PIPE_READMODE_*, PIPE_WAIT or PIPE_NOWAIT, PIPE_REJECT_REMOTE_CLIENTS.
 * @maximum: 1 to PIPE_UNLIMITED_INSTANCES.  @out, @in: quotas in bytes.  @timeout_ms: default of WaitNamedPipe; 0: 50.
 * Return: a handle; INVALID_HANDLE_VALUE with ERROR_INVALID_PARAMETER, ERROR_INVALID_NAME, ERROR_PIPE_BUSY (all instances are there),
 * ERROR_ACCESS_DENIED (FIRST_PIPE_INSTANCE and it is there; another type or direction), ERROR_PATH_NOT_FOUND.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/namedpipeapi/nf-namedpipeapi-createnamedpipew
 */
HANDLE WINAPI CreateNamedPipeW(const WCHAR *name, DWORD open_mode, DWORD pipe_mode, DWORD maximum, DWORD out, DWORD in,
    DWORD timeout_ms, SECURITY_ATTRIBUTES *security) {
    struct pipe_path path;
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK iosb;
    LARGE_INTEGER timeout;
    HANDLE handle = INVALID_HANDLE_VALUE;
    NTSTATUS status = create_check(name, open_mode, pipe_mode, maximum, &path);

    if (!set_nt_error(status))
        return INVALID_HANDLE_VALUE;
    InitializeObjectAttributes(&attributes, &path.nt,
        OBJ_CASE_INSENSITIVE | (security && security->bInheritHandle ? OBJ_INHERIT : 0), NULL,
        security ? security->lpSecurityDescriptor : NULL);
    timeout.QuadPart = -(LONGLONG)(timeout_ms ? timeout_ms : 50) * 10000;
    if (timeout_ms == NMPWAIT_WAIT_FOREVER)
        timeout.QuadPart = INT64_MIN + 1;
    status = NtCreateNamedPipeFile(&handle, create_access(open_mode), &attributes, &iosb,
        (open_mode & PIPE_ACCESS_INBOUND ? FILE_SHARE_WRITE : 0) | (open_mode & PIPE_ACCESS_OUTBOUND ? FILE_SHARE_READ : 0),
        open_mode & FILE_FLAG_FIRST_PIPE_INSTANCE ? FILE_CREATE : FILE_OPEN_IF,
        (open_mode & FILE_FLAG_OVERLAPPED ? 0 : FILE_SYNCHRONOUS_IO_NONALERT) |
            (open_mode & FILE_FLAG_WRITE_THROUGH ? FILE_WRITE_THROUGH : 0),
        pipe_mode & PIPE_TYPE_MESSAGE ? FILE_PIPE_TYPE_MESSAGE : FILE_PIPE_TYPE_BYTE,
        pipe_mode & PIPE_READMODE_MESSAGE ? FILE_PIPE_MESSAGE_MODE : FILE_PIPE_BYTE_STREAM_MODE,
        pipe_mode & PIPE_NOWAIT ? FILE_PIPE_COMPLETE_OPERATION : FILE_PIPE_QUEUE_OPERATION,
        maximum == PIPE_UNLIMITED_INSTANCES ? ~0u : maximum, in, out, &timeout);
    pipe_path_free(&path);
    if (!set_nt_error(status))
        return INVALID_HANDLE_VALUE;
    SetLastError(ERROR_SUCCESS);
    return handle;
}

HANDLE WINAPI CreateNamedPipeA(const char *name, DWORD open_mode, DWORD pipe_mode, DWORD maximum, DWORD out, DWORD in, DWORD timeout_ms,
    SECURITY_ATTRIBUTES *security) {
    WCHAR wide[PIPE_NAME_MAX + 16];
    const WCHAR *converted = pipe_name_wide(name, wide);

    if (name && !converted) {
        SetLastError(ERROR_INVALID_NAME);
        return INVALID_HANDLE_VALUE;
    }
    return CreateNamedPipeW(converted, open_mode, pipe_mode, maximum, out, in, timeout_ms, security);
}

/**
 * CreatePipe() - makes an anonymous pipe: byte type, one direction, synchronous.
 * @size: quota in bytes; 0: 4096.
 * Return: TRUE; FALSE with ERROR_INVALID_PARAMETER, ERROR_NO_SYSTEM_RESOURCES.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/namedpipeapi/nf-namedpipeapi-createpipe
 */
BOOL WINAPI CreatePipe(HANDLE *read_pipe, HANDLE *write_pipe, SECURITY_ATTRIBUTES *security, DWORD size) {
    return set_nt_error(
        pipe_anonymous(read_pipe, write_pipe, size ? size : 4096, security && security->bInheritHandle ? OBJ_INHERIT : 0));
}

/* ---- connecting ---- */

/**
 * ConnectNamedPipe() - waits until a client opens this instance.
 * Return: TRUE when a client came (or, with PIPE_NOWAIT, the instance begins to listen); FALSE with ERROR_PIPE_CONNECTED (it came before:
 * the connection is good), ERROR_IO_PENDING, ERROR_NO_DATA (the last client has closed), ERROR_PIPE_LISTENING (PIPE_NOWAIT),
 * ERROR_INVALID_FUNCTION (a client's handle), ERROR_INVALID_HANDLE.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/namedpipeapi/nf-namedpipeapi-connectnamedpipe
 */
BOOL WINAPI ConnectNamedPipe(HANDLE pipe, OVERLAPPED *overlapped) {
    return pipe_result(pipe_control(pipe, overlapped, FSCTL_PIPE_LISTEN, NULL, 0, NULL, 0, NULL));
}

/**
 * DisconnectNamedPipe() - ends the connection; what the client has not read is lost, its handle answers ERROR_PIPE_NOT_CONNECTED.
 * Return: TRUE; FALSE with ERROR_PIPE_NOT_CONNECTED, ERROR_INVALID_FUNCTION, ERROR_INVALID_HANDLE.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/namedpipeapi/nf-namedpipeapi-disconnectnamedpipe
 */
BOOL WINAPI DisconnectNamedPipe(HANDLE pipe) {
    return set_nt_error(pipe_control(pipe, NULL, FSCTL_PIPE_DISCONNECT, NULL, 0, NULL, 0, NULL));
}

static NTSTATUS wait_on_device(HANDLE device, const UNICODE_STRING *name, DWORD timeout_ms) {
    union {
        FILE_PIPE_WAIT_FOR_BUFFER wait;
        char room[sizeof(FILE_PIPE_WAIT_FOR_BUFFER) + PIPE_NAME_MAX * sizeof(WCHAR)];
    } buffer;

    memset(&buffer.wait, 0, sizeof buffer.wait);
    buffer.wait.NameLength = name->Length;
    buffer.wait.TimeoutSpecified = timeout_ms != NMPWAIT_USE_DEFAULT_WAIT;
    buffer.wait.Timeout.QuadPart = timeout_ms == NMPWAIT_WAIT_FOREVER ? INT64_MIN : -(LONGLONG)timeout_ms * 10000;
    memcpy(buffer.wait.Name, name->Buffer, name->Length);
    return pipe_control_and_wait(device, FSCTL_PIPE_WAIT, &buffer.wait,
        (DWORD)(offsetof(FILE_PIPE_WAIT_FOR_BUFFER, Name) + name->Length), NULL, 0, NULL);
}

/**
 * WaitNamedPipeW() - waits until an instance of the pipe can be opened; reserves nothing.
 * @timeout_ms: NMPWAIT_USE_DEFAULT_WAIT (0), NMPWAIT_WAIT_FOREVER, or milliseconds.
 * Return: TRUE; FALSE with ERROR_FILE_NOT_FOUND (no such pipe, at once), ERROR_SEM_TIMEOUT, ERROR_BAD_PATHNAME, ERROR_BAD_NETPATH (another
 * machine).
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/namedpipeapi/nf-namedpipeapi-waitnamedpipew
 */
BOOL WINAPI WaitNamedPipeW(const WCHAR *name, DWORD timeout_ms) {
    struct pipe_path path;
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK iosb;
    HANDLE device;
    NTSTATUS status;

    if (pipe_path_parse(name, &path)) {
        SetLastError(ERROR_BAD_PATHNAME);
        return FALSE;
    }
    InitializeObjectAttributes(&attributes, &path.root, OBJ_CASE_INSENSITIVE, NULL, NULL);
    status = path.name.Length > PIPE_NAME_MAX * sizeof(WCHAR)
                 ? STATUS_OBJECT_NAME_INVALID
                 : NtOpenFile(&device, FILE_READ_ATTRIBUTES | SYNCHRONIZE, &attributes, &iosb,
                       FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_SYNCHRONOUS_IO_NONALERT);
    if (!status) {
        status = wait_on_device(device, &path.name, timeout_ms);
        NtClose(device);
    }
    pipe_path_free(&path);
    return set_nt_error(status);
}

BOOL WINAPI WaitNamedPipeA(const char *name, DWORD timeout_ms) {
    WCHAR wide[PIPE_NAME_MAX + 16];

    return WaitNamedPipeW(pipe_name_wide(name, wide), timeout_ms);
}

/* ---- peeking and transacting ---- */

/**
 * PeekNamedPipe() - looks at what can be read, without taking it.
 * @available: receives all bytes that are unread.  @left: bytes of the first message beyond those that were copied.  All may be NULL.
 * Return: TRUE; FALSE with ERROR_BROKEN_PIPE (the other end is closed and all is read), ERROR_BAD_PIPE, ERROR_PIPE_NOT_CONNECTED,
 * ERROR_ACCESS_DENIED, ERROR_INVALID_HANDLE; then no output is touched.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/namedpipeapi/nf-namedpipeapi-peeknamedpipe
 */
BOOL WINAPI PeekNamedPipe(HANDLE pipe, void *data, DWORD size, DWORD *read, DWORD *available, DWORD *left) {
    const DWORD header = offsetof(FILE_PIPE_PEEK_BUFFER, Data), room = header + (data ? size : 0);
    char on_stack[256];
    FILE_PIPE_PEEK_BUFFER *peek =
        room <= sizeof on_stack ? (FILE_PIPE_PEEK_BUFFER *)on_stack : RtlAllocateHeap(GetProcessHeap(), 0, room);
    IO_STATUS_BLOCK iosb = {.Status = 0};
    NTSTATUS status;
    DWORD copied;

    if (!peek) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return FALSE;
    }
    status = NtFsControlFile(pipe, NULL, NULL, NULL, &iosb, FSCTL_PIPE_PEEK, NULL, 0, peek, room);
    if (!NT_ERROR(status)) { /* STATUS_BUFFER_OVERFLOW: there is more, which is no failure here */
        copied = (DWORD)iosb.Information > header ? (DWORD)iosb.Information - header : 0;
        if (data)
            memcpy(data, peek->Data, copied);
        if (read)
            *read = copied;
        if (available)
            *available = peek->ReadDataAvailable;
        if (left)
            *left = peek->MessageLength > copied ? peek->MessageLength - copied : 0;
        status = STATUS_SUCCESS;
    }
    if ((char *)peek != on_stack)
        RtlFreeHeap(GetProcessHeap(), 0, peek);
    return set_nt_error(status);
}

/**
 * TransactNamedPipe() - writes a message and reads the answer.
 * Return: TRUE; FALSE with ERROR_MORE_DATA (the buffer is full, the rest of the message stays), ERROR_BAD_PIPE (not duplex, or not in
 * message-read mode), ERROR_PIPE_BUSY (something is unread), ERROR_IO_PENDING, ERROR_BROKEN_PIPE, ERROR_PIPE_NOT_CONNECTED.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/namedpipeapi/nf-namedpipeapi-transactnamedpipe
 */
BOOL WINAPI TransactNamedPipe(
    HANDLE pipe, void *input, DWORD input_length, void *output, DWORD output_length, DWORD *read, OVERLAPPED *overlapped) {
    return pipe_result(
        pipe_control(pipe, overlapped, FSCTL_PIPE_TRANSCEIVE, input, input_length, output, output_length, read));
}

/* Opens the client end for CallNamedPipe, waiting for an instance while all are busy. */
static HANDLE call_open(const WCHAR *name, DWORD timeout_ms) {
    for (;;) {
        const HANDLE pipe = CreateFileW(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);

        if (pipe != INVALID_HANDLE_VALUE || GetLastError() != ERROR_PIPE_BUSY)
            return pipe;
        if (timeout_ms == NMPWAIT_NOWAIT) {
            SetLastError(ERROR_PIPE_BUSY);
            return INVALID_HANDLE_VALUE;
        }
        if (!WaitNamedPipeW(name, timeout_ms))
            return INVALID_HANDLE_VALUE;
    }
}

/**
 * CallNamedPipeW() - opens a message pipe, transacts, closes.
 * Return: TRUE; FALSE with ERROR_MORE_DATA (the rest of the answer is lost), ERROR_FILE_NOT_FOUND, ERROR_PIPE_BUSY (NMPWAIT_NOWAIT),
 * ERROR_SEM_TIMEOUT, and as TransactNamedPipe.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/namedpipeapi/nf-namedpipeapi-callnamedpipew
 */
BOOL WINAPI CallNamedPipeW(
    const WCHAR *name, void *input, DWORD input_length, void *output, DWORD output_length, DWORD *read, DWORD timeout_ms) {
    const HANDLE pipe = call_open(name, timeout_ms);
    DWORD mode = PIPE_READMODE_MESSAGE, error;
    BOOL done;

    if (pipe == INVALID_HANDLE_VALUE)
        return FALSE;
    done = SetNamedPipeHandleState(pipe, &mode, NULL, NULL) &&
           TransactNamedPipe(pipe, input, input_length, output, output_length, read, NULL);
    error = GetLastError();
    NtClose(pipe);
    if (!done)
        SetLastError(error);
    return done;
}

BOOL WINAPI CallNamedPipeA(
    const char *name, void *input, DWORD input_length, void *output, DWORD output_length, DWORD *read, DWORD timeout_ms) {
    WCHAR wide[PIPE_NAME_MAX + 16];
    const WCHAR *converted = pipe_name_wide(name, wide);

    if (!converted) {
        SetLastError(ERROR_INVALID_NAME);
        return FALSE;
    }
    return CallNamedPipeW(converted, input, input_length, output, output_length, read, timeout_ms);
}
