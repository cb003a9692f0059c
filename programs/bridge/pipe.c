/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The bridge's side of pipes. */
#include "programs/bridge/bridge.h"

#include <sddl.h>

#include <stdio.h>
#include <string.h>

#ifndef PIPE_REJECT_REMOTE_CLIENTS /* Wine's headers lack it */
#define PIPE_REJECT_REMOTE_CLIENTS 8
#endif
#define BUSY_LOOK_MS 500 /* how often one who waits for a free instance looks whether its client still does */

/* ---- serving ---- */

/* A descriptor that lets the user in and nobody else.  Return: NULL, with the last error; else for LocalFree. */
static SECURITY_DESCRIPTOR *user_descriptor(void) {
    union {
        TOKEN_USER user;
        char bytes[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
    } who;
    SECURITY_DESCRIPTOR *descriptor = NULL;
    char text[256], *sid = NULL;
    HANDLE token;
    DWORD size;

    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
        return NULL;
    if (GetTokenInformation(token, TokenUser, &who, sizeof who, &size) &&
        ConvertSidToStringSidA(who.user.User.Sid, &sid)) {
        snprintf(text, sizeof text, "O:%sD:P(A;;GA;;;%s)", sid, sid);
        ConvertStringSecurityDescriptorToSecurityDescriptorA(
            text, SDDL_REVISION_1, (PSECURITY_DESCRIPTOR *)&descriptor, NULL);
        LocalFree(sid);
    }
    CloseHandle(token);
    return descriptor;
}

HANDLE pipe_listen(const struct bridge *bridge, bool is_first) {
    SECURITY_ATTRIBUTES security = {sizeof security, user_descriptor(), FALSE};
    HANDLE instance;

    if (!security.lpSecurityDescriptor)
        return NULL;
    instance = CreateNamedPipeA(bridge->pipe,
        PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED | (is_first ? FILE_FLAG_FIRST_PIPE_INSTANCE : 0),
        (bridge->messages ? PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE : PIPE_TYPE_BYTE) | PIPE_REJECT_REMOTE_CLIENTS,
        PIPE_UNLIMITED_INSTANCES, BRIDGE_BUFFER, BRIDGE_BUFFER, 0, &security);
    LocalFree(security.lpSecurityDescriptor);
    return instance == INVALID_HANDLE_VALUE ? NULL : instance;
}

bool pipe_accept(HANDLE instance) {
    OVERLAPPED connect = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
    DWORD n;
    bool done = ConnectNamedPipe(instance, &connect);

    if (!done && GetLastError() == ERROR_IO_PENDING)
        done = GetOverlappedResult(instance, &connect, &n, TRUE);
    /* a client that has come and gone may have left bytes */
    if (!done)
        done = GetLastError() == ERROR_PIPE_CONNECTED || GetLastError() == ERROR_NO_DATA;
    CloseHandle(connect.hEvent);
    return done;
}

/* ---- being a client ---- */

static const char *reason(DWORD error, char text[32]) {
    if (error == ERROR_FILE_NOT_FOUND)
        return "no program serves it";
    if (error == ERROR_ACCESS_DENIED)
        return "its descriptor does not let you, or it goes one way only";
    snprintf(text, 32, "error %u", (unsigned)error);
    return text;
}

/* Return: whether it is worth another look, after @error. */
static bool wait_for_pipe(const struct link *link, DWORD error, ULONGLONG deadline) {
    if (socket_has_gone(link->socket, false))
        return false;
    if (error == ERROR_PIPE_BUSY) {
        WaitNamedPipeA(link->bridge->pipe, BUSY_LOOK_MS);
        return true;
    }
    if (error != ERROR_FILE_NOT_FOUND || GetTickCount64() >= deadline)
        return false;
    Sleep(BRIDGE_RETRY_MS);
    return true;
}

/* Return: what makes the open pipe unusable for the link, or NULL. */
static const char *pipe_use(struct link *link) {
    DWORD flags, mode = PIPE_READMODE_MESSAGE;

    if (!GetNamedPipeInfo(link->pipe, &flags, NULL, NULL, NULL))
        return "it is no pipe";
    link->messages = flags & PIPE_TYPE_MESSAGE;
    if (link->bridge->packets && !link->messages)
        return "it is a byte pipe, which has no packets";
    if (link->messages && !SetNamedPipeHandleState(link->pipe, &mode, NULL, NULL))
        return "its read mode cannot be set";
    return NULL;
}

bool pipe_open(struct link *link) {
    const struct bridge *bridge = link->bridge;
    const ULONGLONG deadline = GetTickCount64() + bridge->wait_ms;
    const char *wrong;
    char text[32];
    DWORD error = 0;

    do {
        link->pipe =
            CreateFileA(bridge->pipe, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
        if (link->pipe != INVALID_HANDLE_VALUE)
            break;
        link->pipe = NULL;
        error = GetLastError();
    } while (wait_for_pipe(link, error, deadline));
    if (!link->pipe && socket_has_gone(link->socket, false))
        return false; /* there is nobody to refuse */
    wrong = link->pipe ? pipe_use(link) : reason(error, text);
    if (wrong)
        bridge_say("%s: %s: a client of %s is refused", bridge->pipe, wrong, bridge->socket.sun_path);
    return !wrong;
}

/* ---- the conversation ---- */

DWORD pipe_read(const struct link *link, char *buffer, size_t room, size_t *n) {
    OVERLAPPED read = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
    const HANDLE either[] = {read.hEvent, link->over};
    DWORD error = ReadFile(link->pipe, buffer, (DWORD)room, NULL, &read) ? 0 : GetLastError(), done = 0;

    if (error == ERROR_IO_PENDING && WaitForMultipleObjects(2, either, FALSE, INFINITE) != WAIT_OBJECT_0)
        CancelIoEx(link->pipe, &read);
    if (!error || error == ERROR_IO_PENDING || error == ERROR_MORE_DATA)
        error = GetOverlappedResult(link->pipe, &read, &done, TRUE) ? 0 : GetLastError();
    CloseHandle(read.hEvent);
    *n = done;
    return error;
}

DWORD pipe_write(const struct link *link, const char *bytes, size_t n) {
    OVERLAPPED write = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
    DWORD error = WriteFile(link->pipe, bytes, (DWORD)n, NULL, &write) ? 0 : GetLastError(), done;

    if (error == ERROR_IO_PENDING)
        error = GetOverlappedResult(link->pipe, &write, &done, TRUE) ? 0 : GetLastError();
    CloseHandle(write.hEvent);
    return error;
}
