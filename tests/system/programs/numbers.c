/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Two ends of a message pipe that exchange numbered messages of many lengths, for ever: 'serve NAME' reads and answers, 'send NAME' writes
 * and awaits the answers.  Each prints "begin" for a connection, and "end COUNT ERROR" when the other end has gone; then it begins again.
 * A message that is torn, out of order or altered is told as "TORN", and ends the program.
 */
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>

#define MESSAGE_MAX 6000
#define QUOTA 4096

struct message {
    unsigned number, len;
    unsigned char bytes[MESSAGE_MAX];
};

static struct message sent, got;

static void message_fill(struct message *message, unsigned number) {
    message->number = number;
    message->len = number * 2654435761u % MESSAGE_MAX;
    for (unsigned i = 0; i < message->len; i++)
        message->bytes[i] = (unsigned char)(number + i * 31);
}

static DWORD message_size(const struct message *message) {
    return (DWORD)(offsetof(struct message, bytes) + message->len);
}

static void message_check(const struct message *message, unsigned number, DWORD size) {
    static struct message expected;

    message_fill(&expected, number);
    if (size == message_size(&expected) && !memcmp(message, &expected, size))
        return;
    printf("TORN expected %u (%lu bytes), got %u, %lu bytes\n", number, message_size(&expected), message->number, size);
    fflush(stdout);
    ExitProcess(1);
}

static void say_end(unsigned count) {
    printf("end %u %lu\n", count, GetLastError());
    fflush(stdout);
}

static void say_begin(void) {
    printf("begin\n");
    fflush(stdout);
}

static void serve(HANDLE pipe) {
    DWORD size, written;
    unsigned number = 0;

    say_begin();
    for (;; number++) {
        if (!ReadFile(pipe, &got, sizeof(got), &size, NULL))
            break;
        message_check(&got, number, size);
        if (!WriteFile(pipe, &got.number, sizeof(got.number), &written, NULL))
            break;
    }
    say_end(number);
}

static void send_all(HANDLE pipe) {
    DWORD size, written;
    unsigned answer, number = 0;

    say_begin();
    for (;; number++) {
        message_fill(&sent, number);
        if (!WriteFile(pipe, &sent, message_size(&sent), &written, NULL) || !ReadFile(pipe, &answer, sizeof(answer), &size, NULL))
            break;
        if (size != sizeof(answer) || answer != number) {
            printf("TORN answer %u to %u\n", answer, number);
            fflush(stdout);
            ExitProcess(1);
        }
    }
    say_end(number);
}

int main(int argc, char **argv) {
    char name[256];

    if (argc != 3)
        return 2;
    snprintf(name, sizeof(name), "\\\\.\\pipe\\%s", argv[2]);
    if (!strcmp(argv[1], "serve")) {
        HANDLE pipe = CreateNamedPipeA(name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 1, QUOTA, QUOTA, 0, NULL);
        while (pipe != INVALID_HANDLE_VALUE && (ConnectNamedPipe(pipe, NULL) || GetLastError() == ERROR_PIPE_CONNECTED || GetLastError() == ERROR_NO_DATA)) {
            if (GetLastError() != ERROR_NO_DATA)
                serve(pipe);
            DisconnectNamedPipe(pipe);
            SetLastError(0);
        }
        printf("FAILED serve %lu\n", GetLastError());
        return 1;
    }
    for (;;) {
        HANDLE pipe = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
        DWORD mode = PIPE_READMODE_MESSAGE;

        if (pipe == INVALID_HANDLE_VALUE) {
            if (GetLastError() != ERROR_FILE_NOT_FOUND && GetLastError() != ERROR_PIPE_BUSY)
                break;
            if (!WaitNamedPipeA(name, 1000))
                Sleep(1);
            continue;
        }
        if (SetNamedPipeHandleState(pipe, &mode, NULL, NULL))
            send_all(pipe);
        CloseHandle(pipe);
    }
    printf("FAILED send %lu\n", GetLastError());
    return 1;
}
