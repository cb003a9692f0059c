/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How a request reaches a service's process: by a pipe that its dispatcher reads, one request a connection.  Both sides
 * wait for 30 s at most, so that neither a stopped service nor a stopped controller holds the other one up for longer.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dlls/advapi32/service.h"

static void name_with_number(WCHAR *name, const char *format, DWORD number) {
    char text[64];
    const int len = snprintf(text, sizeof text, format, (unsigned)number);

    for (int i = 0; i <= len; i++)
        name[i] = (WCHAR)text[i];
}

void service_pipe_name(DWORD pid, WCHAR name[64]) {
    name_with_number(name, "\\\\.\\pipe\\net\\NtControlPipe%u", pid);
}

HANDLE service_ready_event(DWORD pid) {
    WCHAR name[64];

    name_with_number(name, "Global\\winipc service process %u", pid);
    return CreateEventW(NULL, TRUE, FALSE, name);
}

/* Once.  *done: how much. */
static DWORD transfer_some(
    HANDLE pipe, BOOL write, BYTE *bytes, DWORD size, DWORD limit_ms, HANDLE event, DWORD *done) {
    OVERLAPPED overlapped = {.hEvent = event};
    DWORD error = ERROR_SUCCESS;

    if (!(write ? WriteFile(pipe, bytes, size, NULL, &overlapped) : ReadFile(pipe, bytes, size, NULL, &overlapped)))
        error = GetLastError();
    if (error && error != ERROR_IO_PENDING)
        return error;
    if (error && WaitForSingleObject(event, limit_ms) == WAIT_TIMEOUT) {
        CancelIoEx(pipe, &overlapped);
        if (!GetOverlappedResult(pipe, &overlapped, done, TRUE))
            return GetLastError() == ERROR_OPERATION_ABORTED ? ERROR_SERVICE_REQUEST_TIMEOUT : GetLastError();
        return ERROR_SUCCESS;
    }
    return GetOverlappedResult(pipe, &overlapped, done, TRUE) ? ERROR_SUCCESS : GetLastError();
}

DWORD service_transfer(HANDLE pipe, BOOL write, void *bytes, DWORD size, DWORD limit_ms) {
    const HANDLE event = CreateEventW(NULL, TRUE, FALSE, NULL);
    DWORD error = event ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY, done;

    for (DWORD at = 0; !error && at < size; at += done) {
        done = 0;
        error = transfer_some(pipe, write, (BYTE *)bytes + at, size - at, limit_ms, event, &done);
    }
    if (event)
        CloseHandle(event);
    return error;
}

/* ---- asking ---- */

static DWORD pipe_open(DWORD pid, HANDLE *pipe) {
    const ULONGLONG limit = GetTickCount64() + SERVICE_LIMIT_MS;
    WCHAR name[64];

    service_pipe_name(pid, name);
    for (;;) {
        const ULONGLONG now = GetTickCount64();

        *pipe = CreateFileW(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
        if (*pipe != INVALID_HANDLE_VALUE)
            return ERROR_SUCCESS;
        if (GetLastError() != ERROR_PIPE_BUSY)
            return ERROR_SERVICE_NOT_ACTIVE;
        if (now >= limit)
            return ERROR_SERVICE_REQUEST_TIMEOUT;
        WaitNamedPipeW(name, (DWORD)(limit - now)); /* else asked again: the pipe has gone, or it is late */
    }
}

/* The request and its texts in one piece, for free(). */
static void *request_make(DWORD control, const WCHAR *name, DWORD n, const WCHAR *const *texts, DWORD *size) {
    struct service_request *request;
    size_t chars = reg_text_len(name) + 1;
    WCHAR *place;

    for (DWORD i = 0; i < n; i++)
        chars += reg_text_len(texts[i]) + 1;
    if (chars > SERVICE_TEXT_MAX)
        return NULL;
    *size = (DWORD)(sizeof *request + chars * sizeof *place);
    request = malloc(*size);
    if (!request)
        return NULL;
    *request = (struct service_request){control, n + 1, (DWORD)chars};
    place = (WCHAR *)(request + 1);
    for (DWORD i = 0; i <= n; i++) {
        const WCHAR *text = i ? texts[i - 1] : name;
        const size_t len = reg_text_len(text);

        memcpy(place, text ? text : L"", len * sizeof *text);
        place[len] = 0;
        place += len + 1;
    }
    return request;
}

DWORD service_request(DWORD pid, DWORD control, const WCHAR *name, DWORD n, const WCHAR *const *texts) {
    DWORD size, answer, error;
    void *request = request_make(control, name, n, texts, &size);
    HANDLE pipe;

    if (!request)
        return ERROR_NOT_ENOUGH_MEMORY;
    error = pipe_open(pid, &pipe);
    if (!error) {
        error = service_transfer(pipe, TRUE, request, size, SERVICE_LIMIT_MS);
        if (!error)
            error = service_transfer(pipe, FALSE, &answer, sizeof answer, SERVICE_LIMIT_MS);
        CloseHandle(pipe);
    }
    free(request);
    if (error == ERROR_PIPE_NOT_CONNECTED || error == ERROR_NO_DATA)
        return ERROR_BROKEN_PIPE;
    return error ? error : answer;
}
