/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Many clients of few pipe instances, again and again: open, transact, close.
 *
 *     swarm serve NAME N     N instances of a message pipe, a thread each, every second one overlapped; gives back what comes, reversed
 *     swarm call NAME N      N clients, a thread each
 *
 * Both obey stdin: "go MS" has the clients call for so long, "count" asks for the connections so far; the end of it ends the program.
 * Whatever is not as it must be is told as "wrong: …", and ends the program with 1.
 */
#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stress.h"

#define QUOTA 2048
#define MESSAGE_MAX 3000 /* some do not fit the quota */
#define LIMIT_MS 30000   /* whatever takes longer hangs */

static char name[256];
static LONG connections;

/* ---- the server ---- */

struct instance {
    HANDLE pipe;
    OVERLAPPED *overlapped; /* NULL: synchronous */
    OVERLAPPED operation;
};

/* Ends what @started says has begun, or not. */
static BOOL finish(struct instance *instance, BOOL started, DWORD *n) {
    if (!instance->overlapped || (!started && GetLastError() != ERROR_IO_PENDING))
        return started;
    return GetOverlappedResult(instance->pipe, instance->overlapped, n, TRUE);
}

static void serve_one(struct instance *instance) {
    char bytes[MESSAGE_MAX], answer[MESSAGE_MAX];
    DWORD n, done, messages = 0;

    while (finish(instance, ReadFile(instance->pipe, bytes, sizeof bytes, &n, instance->overlapped), &n)) {
        for (DWORD i = 0; i < n; i++)
            answer[i] = bytes[n - 1 - i];
        REQUIRE(finish(instance, WriteFile(instance->pipe, answer, n, &done, instance->overlapped), &done) && done == n);
        messages++;
    }
    REQUIRE(GetLastError() == ERROR_BROKEN_PIPE && messages);
    InterlockedIncrement(&connections);
}

static DWORD WINAPI serve(void *argument) {
    struct instance *instance = argument;
    DWORD n;

    for (;;) {
        REQUIRE(finish(instance, ConnectNamedPipe(instance->pipe, instance->overlapped), &n) || GetLastError() == ERROR_PIPE_CONNECTED);
        serve_one(instance);
        REQUIRE(DisconnectNamedPipe(instance->pipe));
    }
    return 0;
}

static void serve_begin(int n) {
    for (int i = 0; i < n; i++) {
        struct instance *instance = calloc(1, sizeof *instance);

        instance->pipe = CreateNamedPipeA(name, PIPE_ACCESS_DUPLEX | (i % 2 ? FILE_FLAG_OVERLAPPED : 0),
            PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, (DWORD)n, QUOTA, QUOTA, 0, NULL);
        instance->operation.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
        instance->overlapped = i % 2 ? &instance->operation : NULL;
        REQUIRE(instance->pipe != INVALID_HANDLE_VALUE && instance->operation.hEvent);
        REQUIRE(CreateThread(NULL, 0, serve, instance, 0, NULL));
    }
}

/* ---- clients ---- */

static ULONGLONG end_ms;

static HANDLE open_pipe(void) {
    const ULONGLONG began = GetTickCount64();
    HANDLE pipe;

    while ((pipe = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL)) == INVALID_HANDLE_VALUE) {
        REQUIRE(GetLastError() == ERROR_PIPE_BUSY && GetTickCount64() - began < LIMIT_MS);
        REQUIRE(WaitNamedPipeA(name, LIMIT_MS));
    }
    return pipe;
}

static DWORD message_make(unsigned *seed, char *message) {
    const DWORD n = 1 + chance(seed, chance(seed, 8) ? 100 : MESSAGE_MAX);

    for (DWORD i = 0; i < n; i++)
        message[i] = (char)chance(seed, 256);
    return n;
}

static void answer_check(const char *message, DWORD n, const char *answer, DWORD got) {
    REQUIRE(got == n);
    for (DWORD i = 0; i < n; i++)
        REQUIRE(answer[i] == message[n - 1 - i]);
}

static void call_by_hand(unsigned *seed) {
    char message[MESSAGE_MAX], answer[MESSAGE_MAX];
    DWORD mode = PIPE_READMODE_MESSAGE, got;
    HANDLE pipe = open_pipe();

    REQUIRE(SetNamedPipeHandleState(pipe, &mode, NULL, NULL));
    for (unsigned i = 1 + chance(seed, 4); i; i--) {
        const DWORD n = message_make(seed, message);

        REQUIRE(TransactNamedPipe(pipe, message, n, answer, sizeof answer, &got, NULL));
        answer_check(message, n, answer, got);
    }
    REQUIRE(CloseHandle(pipe));
}

static void call_at_once(unsigned *seed) {
    char message[MESSAGE_MAX], answer[MESSAGE_MAX];
    const DWORD n = message_make(seed, message);
    DWORD got;

    while (!CallNamedPipeA(name, message, n, answer, sizeof answer, &got, LIMIT_MS))
        REQUIRE(GetLastError() == ERROR_PIPE_BUSY); /* another one took the instance that was waited for */
    answer_check(message, n, answer, got);
}

static DWORD WINAPI call(void *number) {
    unsigned seed = (unsigned)(ULONG_PTR)number * 7919 + GetCurrentProcessId() + (unsigned)connections;

    while (GetTickCount64() < end_ms) {
        if (chance(&seed, 3))
            call_by_hand(&seed);
        else
            call_at_once(&seed);
        InterlockedIncrement(&connections);
    }
    return 0;
}

static void call_for(unsigned ms, int n) {
    HANDLE threads[MAXIMUM_WAIT_OBJECTS];

    end_ms = GetTickCount64() + ms;
    for (int i = 0; i < n; i++)
        REQUIRE((threads[i] = CreateThread(NULL, 0, call, (void *)(ULONG_PTR)i, 0, NULL)) != NULL);
    REQUIRE(WaitForMultipleObjects((DWORD)n, threads, TRUE, ms + LIMIT_MS) == WAIT_OBJECT_0);
    for (int i = 0; i < n; i++)
        CloseHandle(threads[i]);
}

int main(int argc, char **argv) {
    char line[64];
    int n;

    if (argc != 4)
        return 2;
    snprintf(name, sizeof name, "\\\\.\\pipe\\%s", argv[2]);
    n = atoi(argv[3]);
    if (!strcmp(argv[1], "serve"))
        serve_begin(n);
    do {
        printf("%d\n", (int)connections);
        fflush(stdout);
        if (!fgets(line, sizeof line, stdin))
            break;
        if (!strncmp(line, "go ", 3))
            call_for((unsigned)atoi(line + 3), n);
    } while (TRUE);
    fflush(stdout);
    TerminateProcess(GetCurrentProcess(), 0);
    return 0;
}
