/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * reopen serve INSTANCES: answers each connection's byte with the next one, a thread an instance, until end of input;
 * then tells how many instances there are. reopen visit [TIMES]: connects, asks, compares, closes, for ever or so
 * often; a line after the tenth visit, one at the end.
 */
#define _WIN32_WINNT 0x0A00
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PIPE "\\\\.\\pipe\\winipc-reopen"
#define LIMIT_MS 30000

static void fail(const char *what) {
    printf("wrong: %s, error %lu\n", what, GetLastError());
    fflush(stdout);
    ExitProcess(1);
}

static void say(const char *text) {
    printf("%s\n", text);
    fflush(stdout);
}

static DWORD WINAPI serve(void *pipe) {
    BYTE byte;
    DWORD n;

    for (;;) {
        if (!ConnectNamedPipe(pipe, NULL) && GetLastError() != ERROR_PIPE_CONNECTED && GetLastError() != ERROR_NO_DATA)
            fail("ConnectNamedPipe");
        if (ReadFile(pipe, &byte, 1, &n, NULL) && n == 1) {
            byte++;
            if (WriteFile(pipe, &byte, 1, &n, NULL))
                FlushFileBuffers(pipe);
        }
        if (!DisconnectNamedPipe(pipe))
            fail("DisconnectNamedPipe");
    }
    return 0;
}

static HANDLE connect_pipe(void) {
    const ULONGLONG limit = GetTickCount64() + LIMIT_MS;
    HANDLE pipe;

    for (;;) {
        pipe = CreateFileA(PIPE, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
        if (pipe != INVALID_HANDLE_VALUE)
            return pipe;
        if (GetLastError() != ERROR_PIPE_BUSY || GetTickCount64() > limit)
            fail("CreateFile");
        WaitNamedPipeA(PIPE, LIMIT_MS);
    }
}

static void visit(BYTE byte) {
    HANDLE pipe = connect_pipe();
    BYTE answer = 0;
    DWORD n;

    if (!WriteFile(pipe, &byte, 1, &n, NULL) || !ReadFile(pipe, &answer, 1, &n, NULL) || n != 1)
        fail("talk");
    if (answer != (BYTE)(byte + 1))
        fail("answer");
    CloseHandle(pipe);
}

int main(int argc, char **argv) {
    HANDLE pipe = NULL;
    DWORD instances = 0;

    if (argc > 2 && !strcmp(argv[1], "serve")) {
        for (int i = 0; i < atoi(argv[2]); i++) {
            pipe =
                CreateNamedPipeA(PIPE, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, PIPE_UNLIMITED_INSTANCES, 64, 64, 0, NULL);
            if (pipe == INVALID_HANDLE_VALUE)
                fail("CreateNamedPipe");
            CloseHandle(CreateThread(NULL, 0, serve, pipe, 0, NULL));
        }
        say("ready");
        while (getchar() != EOF)
            ;
        if (!GetNamedPipeHandleStateA(pipe, NULL, &instances, NULL, NULL, NULL, 0))
            fail("GetNamedPipeHandleState");
        printf("instances %lu\n", instances);
        fflush(stdout);
        ExitProcess(0);
    }
    for (int i = 0, n = argc > 2 ? atoi(argv[2]) : 0; !n || i < n; i++) {
        if (i == 10)
            say("visiting");
        visit((BYTE)i);
    }
    say("done");
    return 0;
}
