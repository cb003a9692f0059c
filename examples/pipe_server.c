/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A message-mode named-pipe server that serves many clients at once, a thread and a pipe instance for each.
 *
 *     pipe_server [CLIENTS]      ends after so many clients (default: never)
 *
 * Plain Windows C: the same source is an .exe (x86_64-w64-mingw32-gcc) and a Linux program (pkg-config winipc).
 */
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>

#define PIPE_NAME "\\\\.\\pipe\\winipc-example"
#define MESSAGE_MAX 512

static LONG now_connected;

static DWORD WINAPI client_serve(void *param) {
    HANDLE pipe = param;
    char message[MESSAGE_MAX], answer[MESSAGE_MAX + 64];
    DWORD len, written;

    InterlockedIncrement(&now_connected);
    while (ReadFile(pipe, message, sizeof(message) - 1, &len, NULL)) {
        message[len] = '\0';
        printf("got \"%s\"\n", message);
        fflush(stdout);
        const int answer_len = snprintf(answer, sizeof(answer), "\"%s\" received, %d of you here", message, (int)now_connected);
        if (!WriteFile(pipe, answer, (DWORD)answer_len, &written, NULL))
            break;
    }
    InterlockedDecrement(&now_connected);
    if (GetLastError() != ERROR_BROKEN_PIPE)
        fprintf(stderr, "pipe_server: error %u\n", (unsigned)GetLastError());
    DisconnectNamedPipe(pipe);
    CloseHandle(pipe);
    return 0;
}

static int fail(const char *what) {
    fprintf(stderr, "pipe_server: %s: error %u\n", what, (unsigned)GetLastError());
    return 1;
}

int main(int argc, char **argv) {
    const int n_clients = argc > 1 ? atoi(argv[1]) : 0;
    HANDLE threads[MAXIMUM_WAIT_OBJECTS];
    int served = 0;

    while (n_clients == 0 || served < n_clients) {
        HANDLE pipe = CreateNamedPipeA(PIPE_NAME, PIPE_ACCESS_DUPLEX, PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE | PIPE_WAIT,
                                       PIPE_UNLIMITED_INSTANCES, 4096, 4096, 0, NULL);
        if (pipe == INVALID_HANDLE_VALUE)
            return fail("CreateNamedPipe");
        if (served == 0) {
            printf("listening on %s\n", PIPE_NAME);
            fflush(stdout);
        }
        if (!ConnectNamedPipe(pipe, NULL) && GetLastError() != ERROR_PIPE_CONNECTED)
            return fail("ConnectNamedPipe");
        HANDLE thread = CreateThread(NULL, 0, client_serve, pipe, 0, NULL);
        if (!thread)
            return fail("CreateThread");
        if (served < n_clients && served < MAXIMUM_WAIT_OBJECTS)
            threads[served] = thread;
        else
            CloseHandle(thread);
        served++;
    }
    WaitForMultipleObjects((DWORD)(served < MAXIMUM_WAIT_OBJECTS ? served : MAXIMUM_WAIT_OBJECTS), threads, TRUE, INFINITE);
    printf("served %d clients\n", served);
    return 0;
}
