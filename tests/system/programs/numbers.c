/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Two ends of a pipe that exchange numbered messages of many lengths, for ever: 'serve NAME' reads and answers, 'send NAME' writes
 * and awaits the answers.  Each prints "begin" for a connection, and "end COUNT ERROR" when the other end has gone; then it begins again.
 * A message that is torn, out of order or altered is told as "TORN", and ends the program.
 *
 * With 'overlapped' the handle and all operations are; with 'tell' each 100th message prints "at COUNT". With 'flow' there are no answers, so that
 * much is on its way; with 'bytes' it is a byte pipe, whose last message may be there in part when its writer has died.
 */
#include <windows.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGE_MAX 6000
#define LONG_MESSAGE 150000 /* now and then: more than the pipe has room for */
#define QUOTA 4096

struct message {
    unsigned number, len;
    unsigned char bytes[LONG_MESSAGE];
};

static struct message sent, got;
static OVERLAPPED overlapped; /* one operation at a time */
static BOOL is_overlapped, tells, flows, is_bytes;

static void message_fill(struct message *message, unsigned number) {
    message->number = number;
    message->len = number % 64 == 63 ? LONG_MESSAGE : number * 2654435761u % MESSAGE_MAX;
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
    printf("TORN expected %u (%u bytes), got %u, %u bytes\n", number, (unsigned)message_size(&expected), message->number, (unsigned)size);
    fflush(stdout);
    ExitProcess(1);
}

static void say_end(unsigned count) {
    printf("end %u %u\n", count, (unsigned)GetLastError());
    fflush(stdout);
}

static void say_begin(void) {
    printf("begin\n");
    fflush(stdout);
}

static void say_at(unsigned count) {
    if (!tells || count % 100)
        return;
    printf("at %u\n", count);
    fflush(stdout);
}

/* ---- operations, of both kinds ---- */

/* Ends what @started says has begun, or not. */
static BOOL finish(HANDLE pipe, BOOL started, DWORD *size) {
    if (!is_overlapped)
        return started;
    if (!started && GetLastError() != ERROR_IO_PENDING)
        return FALSE;
    return GetOverlappedResult(pipe, &overlapped, size, TRUE);
}

static BOOL receive(HANDLE pipe, void *buffer, DWORD room, DWORD *size) {
    return finish(pipe, ReadFile(pipe, buffer, room, size, is_overlapped ? &overlapped : NULL), size);
}

/* Of a byte pipe: exactly that many. */
static BOOL receive_all(HANDLE pipe, void *buffer, DWORD size) {
    DWORD n;

    for (char *at = buffer; size; at += n, size -= n)
        if (!receive(pipe, at, size, &n))
            return FALSE;
    return TRUE;
}

static BOOL receive_message(HANDLE pipe, struct message *message, DWORD *size) {
    if (!is_bytes)
        return receive(pipe, message, sizeof(*message), size);
    if (!receive_all(pipe, message, offsetof(struct message, bytes)))
        return FALSE;
    *size = message->len > LONG_MESSAGE ? 0 : message_size(message); /* none: it is torn */
    return !*size || receive_all(pipe, message->bytes, message->len);
}

static BOOL receive_answer(HANDLE pipe, unsigned *answer) {
    DWORD size = sizeof(*answer);

    return is_bytes ? receive_all(pipe, answer, size) : receive(pipe, answer, sizeof(*answer), &size) && size == sizeof(*answer);
}

static BOOL transmit(HANDLE pipe, const void *buffer, DWORD size) {
    DWORD written;

    return finish(pipe, WriteFile(pipe, buffer, size, &written, is_overlapped ? &overlapped : NULL), &written);
}

static BOOL meet(HANDLE pipe) {
    DWORD none;

    return finish(pipe, ConnectNamedPipe(pipe, is_overlapped ? &overlapped : NULL), &none);
}

/* ---- the two roles ---- */

static void serve(HANDLE pipe) {
    DWORD size;
    unsigned number = 0;

    say_begin();
    for (;; number++) {
        if (!receive_message(pipe, &got, &size))
            break;
        message_check(&got, number, size);
        if (!flows && !transmit(pipe, &got.number, sizeof(got.number)))
            break;
        say_at(number);
    }
    say_end(number);
}

static void send_all(HANDLE pipe) {
    unsigned answer, number = 0;

    say_begin();
    for (;; number++) {
        message_fill(&sent, number);
        answer = number;
        if (!transmit(pipe, &sent, message_size(&sent)) || (!flows && !receive_answer(pipe, &answer)))
            break;
        if (answer != number) {
            printf("TORN answer %u to %u\n", answer, number);
            fflush(stdout);
            ExitProcess(1);
        }
        say_at(number);
    }
    say_end(number);
}

static int run_server(const char *name, DWORD flags) {
    HANDLE pipe = CreateNamedPipeA(name, PIPE_ACCESS_DUPLEX | FILE_FLAG_FIRST_PIPE_INSTANCE | flags,
        is_bytes ? PIPE_TYPE_BYTE : PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 1, QUOTA, QUOTA, 0, NULL);

    while (pipe != INVALID_HANDLE_VALUE) {
        if (meet(pipe) || GetLastError() == ERROR_PIPE_CONNECTED)
            serve(pipe);
        else if (GetLastError() != ERROR_NO_DATA) /* it came and went */
            break;
        DisconnectNamedPipe(pipe);
    }
    printf("FAILED serve %u\n", (unsigned)GetLastError());
    return 1;
}

static int run_client(const char *name, DWORD flags) {
    for (;;) {
        HANDLE pipe = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, flags, NULL);
        DWORD mode = is_bytes ? PIPE_READMODE_BYTE : PIPE_READMODE_MESSAGE;

        if (pipe == INVALID_HANDLE_VALUE) {
            if (GetLastError() != ERROR_FILE_NOT_FOUND && GetLastError() != ERROR_PIPE_BUSY)
                break;
            if (!WaitNamedPipeA(name, 1000))
                Sleep(1); /* a name that is not there cannot be waited for */
            continue;
        }
        if (SetNamedPipeHandleState(pipe, &mode, NULL, NULL))
            send_all(pipe);
        CloseHandle(pipe);
    }
    printf("FAILED send %u\n", (unsigned)GetLastError());
    return 1;
}

int main(int argc, char **argv) {
    char name[256];

    if (argc < 3)
        return 2;
    for (int i = 3; i < argc; i++) {
        is_overlapped |= !strcmp(argv[i], "overlapped");
        tells |= !strcmp(argv[i], "tell");
        flows |= !strcmp(argv[i], "flow");
        is_bytes |= !strcmp(argv[i], "bytes");
    }
    overlapped.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
    snprintf(name, sizeof(name), "\\\\.\\pipe\\%s", argv[2]);
    return (strcmp(argv[1], "serve") ? run_client : run_server)(name, is_overlapped ? FILE_FLAG_OVERLAPPED : 0);
}
