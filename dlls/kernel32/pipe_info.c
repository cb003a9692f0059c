/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a pipe's end is, its modes, and who is at the other end (MSDN: namedpipeapi.h).
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/namedpipeapi/
 */
#include "dlls/kernel32/pipe.h"

#include <lmcons.h>
#include <ntstatus.h>
#include <winioctl.h>

#include <string.h>

#include "dlls/kernel32/error.h"
#include "dlls/ntdll/user_name.h"

/* ---- modes ---- */

/**
 * SetNamedPipeHandleState() - the read and wait mode of this end.
 * @mode: PIPE_READMODE_* and PIPE_WAIT or PIPE_NOWAIT; may be NULL.  @collect_count, @collect_timeout: for remote
 * pipes. Return: TRUE; FALSE with ERROR_INVALID_PARAMETER (message mode on a byte pipe; collection on a local pipe),
 * ERROR_ACCESS_DENIED (no FILE_WRITE_ATTRIBUTES), ERROR_INVALID_HANDLE. Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/namedpipeapi/nf-namedpipeapi-setnamedpipehandlestate
 */
BOOL WINAPI SetNamedPipeHandleState(HANDLE pipe, DWORD *mode, DWORD *collect_count, DWORD *collect_timeout) {
    FILE_PIPE_INFORMATION info;
    IO_STATUS_BLOCK iosb;

    if (collect_count || collect_timeout)
        return set_nt_error(STATUS_INVALID_PARAMETER);
    if (!mode)
        return TRUE;
    if (*mode & ~(DWORD)(PIPE_READMODE_MESSAGE | PIPE_NOWAIT))
        return set_nt_error(STATUS_INVALID_PARAMETER);
    info.ReadMode = *mode & PIPE_READMODE_MESSAGE ? FILE_PIPE_MESSAGE_MODE : FILE_PIPE_BYTE_STREAM_MODE;
    info.CompletionMode = *mode & PIPE_NOWAIT ? FILE_PIPE_COMPLETE_OPERATION : FILE_PIPE_QUEUE_OPERATION;
    return set_nt_error(NtSetInformationFile(pipe, &iosb, &info, sizeof info, FilePipeInformation));
}

static NTSTATUS local_info(HANDLE pipe, FILE_PIPE_LOCAL_INFORMATION *info) {
    IO_STATUS_BLOCK iosb;

    return NtQueryInformationFile(pipe, &iosb, info, sizeof *info, FilePipeLocalInformation);
}

static DWORD instances_shown(ULONG instances) {
    return instances >= PIPE_UNLIMITED_INSTANCES ? PIPE_UNLIMITED_INSTANCES : instances;
}

/**
 * GetNamedPipeInfo() - type, end, quotas and limit of a pipe.
 * @out, @in: quotas as this end sees them: what it may send, what it may receive.  All may be NULL.
 * Return: TRUE; FALSE with ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/namedpipeapi/nf-namedpipeapi-getnamedpipeinfo
 */
BOOL WINAPI GetNamedPipeInfo(HANDLE pipe, DWORD *flags, DWORD *out, DWORD *in, DWORD *maximum) {
    FILE_PIPE_LOCAL_INFORMATION info;

    if (!set_nt_error(local_info(pipe, &info)))
        return FALSE;
    if (flags)
        *flags = (info.NamedPipeEnd == FILE_PIPE_SERVER_END ? PIPE_SERVER_END : PIPE_CLIENT_END) |
                 (info.NamedPipeType == FILE_PIPE_TYPE_MESSAGE ? PIPE_TYPE_MESSAGE : PIPE_TYPE_BYTE);
    if (out)
        *out = info.OutboundQuota;
    if (in)
        *in = info.InboundQuota;
    if (maximum)
        *maximum = instances_shown(info.MaximumInstances);
    return TRUE;
}

/* ---- who is at the other end ---- */

/* Whether the server's end @pipe may know whom it serves: by acting as the client for a moment. */
static NTSTATUS client_is_known(HANDLE pipe) {
    HANDLE before = NULL, token;
    NTSTATUS status = NtOpenThreadToken(NtCurrentThread(), TOKEN_IMPERSONATE, TRUE, &before);

    if (status && status != STATUS_NO_TOKEN)
        return status;
    status = pipe_control_and_wait(pipe, FSCTL_PIPE_IMPERSONATE, NULL, 0, NULL, 0, NULL);
    if (!status) {
        status = NtOpenThreadToken(NtCurrentThread(), TOKEN_QUERY, TRUE, &token);
        if (!status)
            NtClose(token);
        NtSetInformationThread(NtCurrentThread(), ThreadImpersonationToken, &before, sizeof before);
    }
    if (before)
        NtClose(before);
    return status;
}

/* The client's user is ours: all processes of a session are one user's. */
static NTSTATUS client_name(HANDLE pipe, WCHAR *user, DWORD size) {
    WCHAR name[UNLEN + 1];
    const DWORD need = (DWORD)MultiByteToWideChar(CP_UTF8, 0, winipc_user_name(), -1, name, UNLEN + 1);
    const NTSTATUS status = client_is_known(pipe);

    if (status)
        return status;
    if (size < need)
        return STATUS_BUFFER_TOO_SMALL;
    memcpy(user, name, need * sizeof(WCHAR));
    return STATUS_SUCCESS;
}

/**
 * GetNamedPipeHandleStateW() - modes of this end, number of instances, the client's user.
 * @user: only of a server's end; @user_size: room in characters.
 * Return: TRUE; FALSE with ERROR_INVALID_HANDLE, ERROR_INVALID_PARAMETER (collection on a local pipe),
 * ERROR_PIPE_NOT_CONNECTED, ERROR_INSUFFICIENT_BUFFER, and for the name as ImpersonateNamedPipeClient,
 * ERROR_CANT_OPEN_ANONYMOUS. Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/namedpipeapi/nf-namedpipeapi-getnamedpipehandlestatew
 */
BOOL WINAPI GetNamedPipeHandleStateW(HANDLE pipe, DWORD *state, DWORD *instances, DWORD *collect_count,
    DWORD *collect_timeout, WCHAR *user, DWORD user_size) {
    FILE_PIPE_LOCAL_INFORMATION local;
    FILE_PIPE_INFORMATION modes;
    IO_STATUS_BLOCK iosb;

    if (collect_count || collect_timeout)
        return set_nt_error(STATUS_INVALID_PARAMETER);
    if (!set_nt_error(NtQueryInformationFile(pipe, &iosb, &modes, sizeof modes, FilePipeInformation)) ||
        !set_nt_error(local_info(pipe, &local)))
        return FALSE;
    if (state)
        *state = (modes.ReadMode == FILE_PIPE_MESSAGE_MODE ? PIPE_READMODE_MESSAGE : 0) |
                 (modes.CompletionMode == FILE_PIPE_COMPLETE_OPERATION ? PIPE_NOWAIT : 0);
    if (instances)
        *instances = instances_shown(local.CurrentInstances);
    return !user || set_nt_error(client_name(pipe, user, user_size));
}

BOOL WINAPI GetNamedPipeHandleStateA(HANDLE pipe, DWORD *state, DWORD *instances, DWORD *collect_count,
    DWORD *collect_timeout, char *user, DWORD user_size) {
    WCHAR wide[UNLEN + 1];

    if (!GetNamedPipeHandleStateW(
            pipe, state, instances, collect_count, collect_timeout, user ? wide : NULL, UNLEN + 1))
        return FALSE;
    return !user || WideCharToMultiByte(CP_ACP, 0, wide, -1, user, (int)user_size, NULL, NULL);
}

/**
 * GetNamedPipeClientComputerNameW() - the machine that the client is on, of a client that came by the network: none
 * does. Return: FALSE with ERROR_PIPE_LOCAL, ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED. Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/namedpipeapi/nf-namedpipeapi-getnamedpipeclientcomputernamew
 */
BOOL WINAPI GetNamedPipeClientComputerNameW(HANDLE pipe, WCHAR *name, ULONG size) {
    FILE_PIPE_LOCAL_INFORMATION info;

    (void)name;
    (void)size;
    if (!set_nt_error(local_info(pipe, &info)))
        return FALSE;
    SetLastError(ERROR_PIPE_LOCAL);
    return FALSE;
}

/** GetNamedPipeClientComputerNameA() - see GetNamedPipeClientComputerNameW(). */
BOOL WINAPI GetNamedPipeClientComputerNameA(HANDLE pipe, char *name, ULONG size) {
    (void)name;
    return GetNamedPipeClientComputerNameW(pipe, NULL, size);
}

static BOOL connection_attribute(HANDLE pipe, const char *name, ULONG *value) {
    DWORD read;

    return set_nt_error(pipe_control_and_wait(
        pipe, FSCTL_PIPE_GET_CONNECTION_ATTRIBUTE, name, (DWORD)strlen(name) + 1, value, sizeof *value, &read));
}

/**
 * GetNamedPipeClientProcessId() - the process that opened the client end.
 * Return: TRUE; FALSE with ERROR_NOT_FOUND (there is no client), ERROR_PIPE_NOT_CONNECTED (a client that was
 * disconnected), ERROR_INVALID_HANDLE.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winbase/nf-winbase-getnamedpipeclientprocessid
 */
BOOL WINAPI GetNamedPipeClientProcessId(HANDLE pipe, ULONG *id) {
    return connection_attribute(pipe, "ClientProcessId", id);
}

BOOL WINAPI GetNamedPipeServerProcessId(HANDLE pipe, ULONG *id) {
    return connection_attribute(pipe, "ServerProcessId", id);
}

BOOL WINAPI GetNamedPipeClientSessionId(HANDLE pipe, ULONG *id) {
    return connection_attribute(pipe, "ClientSessionId", id);
}

BOOL WINAPI GetNamedPipeServerSessionId(HANDLE pipe, ULONG *id) {
    return connection_attribute(pipe, "ServerSessionId", id);
}
