/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A client of pipe_server: sends messages and prints the answers.
 *
 *     pipe_client [WHO [COUNT [PAUSE_MS]]]      so many messages, with a pause between them
 *
 * Plain Windows C: the same source is an .exe (x86_64-w64-mingw32-gcc) and a Linux program (pkg-config winipc).
 */
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>

#define PIPE_NAME "\\\\.\\pipe\\winipc-example"
#define TRIES 200

static int fail(const char *what) {
    fprintf(stderr, "pipe_client: %s: error %u\n", what, (unsigned)GetLastError());
    return 1;
}

/* Opens the pipe: waits for a free instance, and a while for a server that is still starting. */
static HANDLE pipe_open(void) {
    for (int i = 0; i < TRIES; i++) {
        HANDLE pipe = CreateFileA(PIPE_NAME, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
        if (pipe != INVALID_HANDLE_VALUE)
            return pipe;
        if (GetLastError() == ERROR_PIPE_BUSY)
            WaitNamedPipeA(PIPE_NAME, NMPWAIT_WAIT_FOREVER);
        else if (GetLastError() == ERROR_FILE_NOT_FOUND)
            Sleep(50);
        else
            break;
    }
    return INVALID_HANDLE_VALUE;
}

int main(int argc, char **argv) {
    const char *who = argc > 1 ? argv[1] : "somebody";
    const int count = argc > 2 ? atoi(argv[2]) : 1;
    const int pause_ms = argc > 3 ? atoi(argv[3]) : 0;
    DWORD mode = PIPE_READMODE_MESSAGE;
    HANDLE pipe = pipe_open();

    if (pipe == INVALID_HANDLE_VALUE)
        return fail("CreateFile");
    if (!SetNamedPipeHandleState(pipe, &mode, NULL, NULL))
        return fail("SetNamedPipeHandleState");
    for (int i = 1; i <= count; i++) {
        char message[256], answer[1024];
        DWORD len;
        const int message_len = snprintf(message, sizeof(message), "message %d from %s", i, who);

        if (!TransactNamedPipe(pipe, message, (DWORD)message_len, answer, sizeof(answer) - 1, &len, NULL))
            return fail("TransactNamedPipe");
        answer[len] = '\0';
        printf("%s\n", answer);
        fflush(stdout);
        if (i < count)
            Sleep((DWORD)pause_ms);
    }
    CloseHandle(pipe);
    return 0;
}
