/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Named pipes for traffic.c: one name, an instance a pair, quotas of 64 KiB; the second process is the program again,
 * with a tag as last word. */
#include "traffic.h"
#include <windows.h>
#include <stdio.h>
#include <string.h>

#define QUOTA 65536

struct thread {
    void (*routine)(void *);
    void *context;
};

void fail(const char *what) {
    fprintf(stderr, "%s: error %lu\n", what, GetLastError());
    ExitProcess(1);
}

double now(void) {
    LARGE_INTEGER frequency, ticks;

    QueryPerformanceFrequency(&frequency);
    QueryPerformanceCounter(&ticks);
    return (double)ticks.QuadPart / (double)frequency.QuadPart;
}

static DWORD WINAPI thread_main(void *argument) {
    const struct thread *thread = argument;

    thread->routine(thread->context);
    return 0;
}

void threads_run(int count, void (*routine)(void *), void *const contexts[]) {
    struct thread threads[MAXIMUM_WAIT_OBJECTS];
    HANDLE handles[MAXIMUM_WAIT_OBJECTS] = {NULL};

    for (int i = 0; i < count; i++) {
        threads[i] = (struct thread){routine, contexts[i]};
        handles[i] = CreateThread(NULL, 0, thread_main, &threads[i], 0, NULL);
        if (!handles[i])
            fail("CreateThread");
    }
    if (WaitForMultipleObjects((DWORD)count, handles, TRUE, INFINITE) == WAIT_FAILED)
        fail("WaitForMultipleObjects");
    for (int i = 0; i < count; i++)
        CloseHandle(handles[i]);
}

static DWORD pipe_mode(const struct traffic *traffic) {
    if (!strcmp(traffic->kind, "message"))
        return PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE;
    if (strcmp(traffic->kind, "byte"))
        fail("kinds are byte and message");
    return PIPE_TYPE_BYTE;
}

static const char *pipe_name(char name[64], const char *tag) {
    snprintf(name, 64, "\\\\.\\pipe\\traffic-%s", tag);
    return name;
}

static void second_start(const char *tag) {
    char line[MAX_PATH + 64];
    STARTUPINFOA startup = {.cb = sizeof startup};
    PROCESS_INFORMATION process;

    snprintf(line, sizeof line, "%s %s", GetCommandLineA(), tag);
    if (!CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &process))
        fail("CreateProcess");
    CloseHandle(process.hThread);
    CloseHandle(process.hProcess);
}

void channels_make(const struct traffic *traffic, struct channel *ends) {
    char name[64], tag[16];

    snprintf(tag, sizeof tag, "%lu", GetCurrentProcessId());
    for (int i = 0; i < traffic->pairs; i++) {
        const HANDLE pipe = CreateNamedPipeA(pipe_name(name, tag), PIPE_ACCESS_DUPLEX, pipe_mode(traffic),
            PIPE_UNLIMITED_INSTANCES, QUOTA, QUOTA, 0, NULL);

        if (pipe == INVALID_HANDLE_VALUE)
            fail("CreateNamedPipe");
        ends[i] = (struct channel){(intptr_t)pipe, (intptr_t)pipe};
    }
    second_start(tag);
    for (int i = 0; i < traffic->pairs; i++) {
        if (!ConnectNamedPipe((HANDLE)ends[i].in, NULL) && GetLastError() != ERROR_PIPE_CONNECTED)
            fail("ConnectNamedPipe");
    }
}

int channels_served(const struct traffic *traffic, const char *tag) {
    DWORD read_mode = pipe_mode(traffic) & PIPE_READMODE_MESSAGE;
    struct channel ends[MAXIMUM_WAIT_OBJECTS];
    char name[64];

    if (!tag)
        return 0;
    for (int i = 0; i < traffic->pairs; i++) {
        const HANDLE pipe =
            CreateFileA(pipe_name(name, tag), GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);

        if (pipe == INVALID_HANDLE_VALUE || !SetNamedPipeHandleState(pipe, &read_mode, NULL, NULL))
            fail("CreateFile");
        ends[i] = (struct channel){(intptr_t)pipe, (intptr_t)pipe};
    }
    traffic_serve(traffic, ends);
    return 1;
}

void channel_write(const struct channel *end, const char *buffer, size_t size) {
    DWORD moved;

    if (!WriteFile((HANDLE)end->out, buffer, (DWORD)size, &moved, NULL) || moved != size)
        fail("WriteFile");
}

int channel_read(const struct channel *end, char *buffer, size_t size) {
    for (size_t total = 0, left = size; left; left = size - total) {
        DWORD moved;

        if (!ReadFile((HANDLE)end->in, buffer + total, (DWORD)left, &moved, NULL) || !moved)
            return 0;
        total += moved;
    }
    return 1;
}

void channel_peek(const struct channel *end) {
    DWORD there;

    if (!PeekNamedPipe((HANDLE)end->in, NULL, 0, NULL, &there, NULL) && GetLastError() != ERROR_BROKEN_PIPE)
        fail("PeekNamedPipe");
}
