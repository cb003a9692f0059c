/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bridge_end VERB NAME …: the pipe's side of what tests/system/bridge.test carries through a bridge.
 *
 *     echo NAME bytes|messages   serves for ever, gives back what comes: bytes, or whole messages, those of no bytes
 * too count NAME                 a message pipe, one client: reads up to a message of no bytes, says how many bytes
 * came, ends with such a message flood NAME                 one client: writes until a write takes longer than a
 * second, says how many bytes are written drop NAME                  one client: writes "goodbye" and closes talk NAME
 * SIZE             a client: sends SIZE bytes while it reads as many, compares tell NAME SIZE…            a client:
 * sends messages, reads one for each, compares hold NAME                  a client: prints "connected", reads to the
 * end, prints the error who NAME                   a client: prints the pipe's descriptor
 */
#include <windows.h>
#include <sddl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PART 65536u
#define MESSAGE_MAX (16u << 20)
#define STUCK_MS 1000

static int fail(const char *what) {
    printf("%s: error %u\n", what, (unsigned)GetLastError());
    fflush(stdout);
    return 1;
}

static void say(const char *text) {
    puts(text);
    fflush(stdout);
}

/* Each call waits for its own operation: reads and writes of two threads go on at once. */
static DWORD carry(HANDLE pipe, BOOL is_write, char *bytes, DWORD n, DWORD *done) {
    OVERLAPPED operation = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
    const BOOL begun =
        is_write ? WriteFile(pipe, bytes, n, NULL, &operation) : ReadFile(pipe, bytes, n, NULL, &operation);
    DWORD error = begun ? 0 : GetLastError();

    *done = 0;
    if (!error || error == ERROR_IO_PENDING || error == ERROR_MORE_DATA)
        error = GetOverlappedResult(pipe, &operation, done, TRUE) ? 0 : GetLastError();
    CloseHandle(operation.hEvent);
    return error;
}

/* A whole message, or what bytes there are. */
static DWORD receive(HANDLE pipe, char *bytes, DWORD room, DWORD *n) {
    DWORD part, error = ERROR_MORE_DATA;

    for (*n = 0; error == ERROR_MORE_DATA && *n < room; *n += part)
        error = carry(pipe, FALSE, bytes + *n, room - *n < PART ? room - *n : PART, &part);
    return error;
}

static void send_all(HANDLE pipe, char *bytes, DWORD n) {
    DWORD done;

    if (carry(pipe, TRUE, bytes, n, &done) || done != n)
        ExitProcess((UINT)fail("write"));
}

/* ---- servers ---- */

static HANDLE listen_at(const char *name, BOOL messages) {
    const HANDLE pipe = CreateNamedPipeA(name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED,
        messages ? PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE : PIPE_TYPE_BYTE, PIPE_UNLIMITED_INSTANCES, PART, PART, 0,
        NULL);

    if (pipe == INVALID_HANDLE_VALUE)
        ExitProcess((UINT)fail("CreateNamedPipe"));
    return pipe;
}

static void accept_at(HANDLE pipe) {
    OVERLAPPED operation = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
    DWORD n;

    if (!ConnectNamedPipe(pipe, &operation) && GetLastError() == ERROR_IO_PENDING)
        GetOverlappedResult(pipe, &operation, &n, TRUE);
    CloseHandle(operation.hEvent);
}

static HANDLE one_client(const char *name, BOOL messages) {
    const HANDLE pipe = listen_at(name, messages);

    say("listening");
    accept_at(pipe);
    return pipe;
}

static DWORD WINAPI echo_one(void *pipe) {
    char *bytes = malloc(MESSAGE_MAX);
    DWORD flags = 0, n, done;

    GetNamedPipeInfo(pipe, &flags, NULL, NULL, NULL);
    while (!receive(pipe, bytes, flags & PIPE_TYPE_MESSAGE ? MESSAGE_MAX : PART, &n) &&
           !carry(pipe, TRUE, bytes, n, &done))
        ;
    free(bytes);
    CloseHandle(pipe);
    return 0;
}

static void echo(const char *name, BOOL messages) {
    HANDLE pipe = listen_at(name, messages);

    for (say("listening");; pipe = listen_at(name, messages)) {
        accept_at(pipe);
        CloseHandle(CreateThread(NULL, 0, echo_one, pipe, 0, NULL));
    }
}

static int count(const char *name) {
    const HANDLE pipe = one_client(name, TRUE);
    char *bytes = malloc(MESSAGE_MAX), text[64];
    DWORD n, total = 0, error;

    while (!(error = receive(pipe, bytes, MESSAGE_MAX, &n)) && n)
        total += n;
    printf("%s after %u bytes\n", error ? "error" : "end", (unsigned)total);
    fflush(stdout);
    send_all(pipe, text, (DWORD)sprintf(text, "%u bytes", (unsigned)total));
    send_all(pipe, text, 0);
    error = receive(pipe, bytes, MESSAGE_MAX, &n);
    printf("then error %u\n", (unsigned)error);
    return 0;
}

static int flood(const char *name) {
    const HANDLE pipe = one_client(name, FALSE);
    char *bytes = calloc(1, PART);
    OVERLAPPED operation = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
    DWORD n;

    for (unsigned written = 0;; written += PART) {
        if (!WriteFile(pipe, bytes, PART, NULL, &operation) && GetLastError() != ERROR_IO_PENDING)
            return fail("write");
        if (WaitForSingleObject(operation.hEvent, STUCK_MS)) {
            printf("%u\n", written + PART);
            fflush(stdout);
            return GetOverlappedResult(pipe, &operation, &n, TRUE) ? 0 : fail("write");
        }
    }
}

/* ---- clients ---- */

static HANDLE connect_to(const char *name) {
    DWORD flags = 0, mode = PIPE_READMODE_MESSAGE;
    HANDLE pipe;

    while ((pipe = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED,
                NULL)) == INVALID_HANDLE_VALUE)
        if (GetLastError() != ERROR_PIPE_BUSY || (!WaitNamedPipeA(name, 20000) && GetLastError() != ERROR_SEM_TIMEOUT))
            ExitProcess((UINT)fail("open"));
    if (GetNamedPipeInfo(pipe, &flags, NULL, NULL, NULL) && flags & PIPE_TYPE_MESSAGE)
        SetNamedPipeHandleState(pipe, &mode, NULL, NULL);
    return pipe;
}

static char *random_bytes(DWORD n) {
    unsigned state = GetCurrentProcessId() * 2654435761u + n;
    char *bytes = malloc(n + 1);

    for (DWORD i = 0; i < n; i++)
        bytes[i] = (char)((state = state * 1664525u + 1013904223u) >> 24);
    return bytes;
}

struct sent {
    HANDLE pipe;
    char *bytes;
    DWORD n;
};

static DWORD WINAPI send_parts(void *argument) {
    const struct sent *sent = argument;

    for (DWORD i = 0; i < sent->n; i += PART)
        send_all(sent->pipe, sent->bytes + i, sent->n - i < PART ? sent->n - i : PART);
    return 0;
}

static int talk(const char *name, DWORD size) {
    struct sent sent = {connect_to(name), random_bytes(size), size};
    const HANDLE sender = CreateThread(NULL, 0, send_parts, &sent, 0, NULL);
    char *got = malloc(size + 1);
    DWORD n;

    for (DWORD i = 0; i < size; i += n)
        if (carry(sent.pipe, FALSE, got + i, size - i, &n))
            return fail("read");
    WaitForSingleObject(sender, INFINITE);
    say(memcmp(got, sent.bytes, size) ? "different" : "equal");
    return 0;
}

static int tell(const char *name, char **sizes, int n_sizes) {
    const HANDLE pipe = connect_to(name);
    char *got = malloc(MESSAGE_MAX);
    DWORD n;

    for (int i = 0; i < n_sizes; i++) {
        const DWORD size = (DWORD)atoi(sizes[i]);
        char *bytes = random_bytes(size);

        send_all(pipe, bytes, size);
        if (receive(pipe, got, MESSAGE_MAX, &n))
            return fail("read");
        if (n != size || memcmp(got, bytes, n)) {
            printf("a message of %u bytes came back with %u\n", (unsigned)size, (unsigned)n);
            return 1;
        }
        free(bytes);
    }
    say("equal");
    return 0;
}

static int end(const char *name, DWORD size) {
    const HANDLE pipe = connect_to(name);
    char text[256];
    DWORD n, error;

    send_all(pipe, random_bytes(size), size);
    send_all(pipe, text, 0);
    while (!(error = receive(pipe, text, sizeof text - 1, &n)) && n)
        printf("%.*s, ", (int)n, text);
    puts(error ? "error" : "end");
    return 0;
}

static int hold(const char *name) {
    const HANDLE pipe = connect_to(name);
    char bytes[256];
    DWORD n, error;

    say("connected");
    while (!(error = receive(pipe, bytes, sizeof bytes - 1, &n))) {
        bytes[n] = 0;
        printf("got \"%s\"\n", bytes);
        fflush(stdout);
    }
    printf("error %u\n", (unsigned)error);
    return 0;
}

static int who(const char *name) {
    const HANDLE pipe = connect_to(name);
    union {
        SECURITY_DESCRIPTOR descriptor;
        char room[1024];
    } kept;
    char *text;
    DWORD size;

    if (!GetKernelObjectSecurity(pipe, DACL_SECURITY_INFORMATION, &kept.descriptor, sizeof kept, &size) ||
        !ConvertSecurityDescriptorToStringSecurityDescriptorA(
            &kept.descriptor, SDDL_REVISION_1, DACL_SECURITY_INFORMATION, &text, NULL))
        return fail("descriptor");
    say(text);
    return 0;
}

int main(int argc, char **argv) {
    const char *verb = argc > 2 ? argv[1] : "", *name = argc > 2 ? argv[2] : "";

    if (!strcmp(verb, "echo") && argc == 4)
        echo(name, !strcmp(argv[3], "messages"));
    if (!strcmp(verb, "count"))
        return count(name);
    if (!strcmp(verb, "flood"))
        return flood(name);
    if (!strcmp(verb, "drop")) {
        send_all(one_client(name, FALSE), "goodbye", 7);
        return 0;
    }
    if (!strcmp(verb, "talk") && argc == 4)
        return talk(name, (DWORD)atoi(argv[3]));
    if (!strcmp(verb, "tell"))
        return tell(name, argv + 3, argc - 3);
    if (!strcmp(verb, "end") && argc == 4)
        return end(name, (DWORD)atoi(argv[3]));
    if (!strcmp(verb, "hold"))
        return hold(name);
    return !strcmp(verb, "who") ? who(name) : 2;
}
