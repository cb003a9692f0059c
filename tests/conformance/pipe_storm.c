/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads that are cancelled at random moments, while another process writes a stream whose every byte and boundary is known: none is lost,
 * none comes twice, and a cancelled read has taken nothing.  LONG=1: 100,000 cancelled reads in each test.
 */
#include "harness.h"

#define QUOTA 512
#define DEPTH 4 /* reads that are pending at once */
#define ROOM 300000
#define LIMIT_MS 60000 /* whatever takes longer hangs */

/* ---- the stream: both sides make it up from the same numbers ---- */

struct stream {
    BOOL messages;
    unsigned seed, pace;
    unsigned long long at; /* bytes so far */
    DWORD left;            /* of the message that has begun */
};

static unsigned chance(unsigned *seed, unsigned n) {
    *seed = *seed * 1664525u + 1013904223u;
    return (*seed >> 8) % n;
}

static unsigned char stream_byte(unsigned long long at) {
    return (unsigned char)((at * 0x9e3779b97f4a7c15ull) >> 56);
}

/* The length of the next write: mostly small, some above the quota, a few above what any ring has room for; empty ones in messages. */
static DWORD stream_next(struct stream *stream) {
    switch (chance(&stream->seed, 256)) {
    case 0: return 70000 + chance(&stream->seed, 130000);
    case 1 ... 15: return 1 + chance(&stream->seed, 3000);
    case 16 ... 31: return !stream->messages;
    default: return 1 + chance(&stream->seed, 64);
    }
}

/* A while that is short mostly, and some microseconds long now and then. */
static void pause_some(unsigned *seed) {
    for (volatile unsigned i = chance(seed, 1u << chance(seed, 16)); i; i--)
        ;
    if (!chance(seed, 64))
        SwitchToThread();
}

/* Ends with how many bytes it has written. */
ROLE(write_stream) {
    struct stream stream = {.messages = atoi(argv[0]), .seed = (unsigned)atoi(argv[1]), .pace = 7};
    HANDLE stop = OpenEventA(SYNCHRONIZE, FALSE, own_name("stop")), pipe;
    char *bytes = malloc(ROOM);
    DWORD size, n;

    REQUIRE(argc == 2 && stop && bytes);
    pipe = CreateFileA(own_pipe("storm"), GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    REQUIRE_HANDLE(pipe);
    while (WaitForSingleObject(stop, 0) == WAIT_TIMEOUT) {
        size = stream_next(&stream);
        for (DWORD i = 0; i < size; i++)
            bytes[i] = (char)stream_byte(stream.at + i);
        REQUIRE_OK(WriteFile(pipe, bytes, size, &n, NULL));
        REQUIRE(n == size);
        stream.at += size;
        pause_some(&stream.pace);
    }
    CloseHandle(pipe);
    ExitProcess((DWORD)stream.at);
}

/* ---- the reader ---- */

static struct stream expected;
static struct child writer;
static HANDLE server, stop;
static unsigned wanted, cancelled, taken; /* at least so many cancelled reads, and so many that took something */
static char storage[DEPTH][ROOM];

static void storm_begin(BOOL messages, DWORD flags) {
    char args[32];

    wanted = getenv("LONG") ? 100000 : 2000;
    expected = (struct stream){.messages = messages, .seed = 20260101, .pace = 3};
    stop = CreateEventA(NULL, TRUE, FALSE, own_name("stop"));
    server = CreateNamedPipeA(own_pipe("storm"), PIPE_ACCESS_INBOUND | flags,
        messages ? PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE : PIPE_TYPE_BYTE, 1, QUOTA, QUOTA, 0, NULL);
    REQUIRE_HANDLE(server);
    snprintf(args, sizeof(args), "%d %u", messages, expected.seed);
    writer = spawn_self("write_stream", args);
    if (messages)
        expected.left = stream_next(&expected);
}

/* What a read gave: the bytes that follow, and of messages as much as there is of one. */
static void check_read(const char *bytes, DWORD n, DWORD error) {
    for (DWORD i = 0; i < n; i++) {
        if ((unsigned char)bytes[i] != stream_byte(expected.at + i)) {
            printf("byte %llu is not what was written there\n", expected.at + i);
            REQUIRE(FALSE);
        }
    }
    expected.at += n;
    if (!expected.messages) {
        REQUIRE(error == ERROR_SUCCESS && n);
        return;
    }
    REQUIRE(n <= expected.left);
    expected.left -= n;
    CHECK_EQ(error, expected.left ? ERROR_MORE_DATA : ERROR_SUCCESS);
    REQUIRE(error == (expected.left ? ERROR_MORE_DATA : ERROR_SUCCESS));
    if (!expected.left)
        expected.left = stream_next(&expected);
}

/* Return: whether there may be more. */
static BOOL read_ended(const char *bytes, DWORD n, DWORD error) {
    if (error == ERROR_BROKEN_PIPE)
        return FALSE;
    if (error == ERROR_OPERATION_ABORTED) {
        REQUIRE(n == 0);
        cancelled++;
    } else {
        check_read(bytes, n, error);
        taken++;
    }
    if (cancelled >= wanted && taken >= wanted)
        SetEvent(stop);
    return TRUE;
}

static BOOL storming(void) {
    return WaitForSingleObject(stop, 0) == WAIT_TIMEOUT;
}

static void storm_end(void) {
    printf("%u reads were cancelled, %u not\n", cancelled, taken);
    CHECK_EQ(child_exit_code(&writer), (DWORD)expected.at);
    CloseHandle(server);
}

static DWORD some_room(unsigned *seed) {
    return chance(seed, 8) ? 1 + chance(seed, 2000) : ROOM;
}

/* ---- overlapped reads, DEPTH of them; who cancels which is the tests' matter ---- */

struct pending {
    OVERLAPPED overlapped;
    DWORD error; /* of the call */
};

static struct pending reads[DEPTH];

static void read_begin(unsigned i, unsigned *seed) {
    const BOOL done = ReadFile(server, storage[i], some_room(seed), NULL, &reads[i].overlapped);

    reads[i].error = done ? ERROR_SUCCESS : GetLastError();
}

static BOOL read_finish(unsigned i) {
    DWORD n = 0, error = reads[i].error;

    if (error == ERROR_SUCCESS || error == ERROR_IO_PENDING || error == ERROR_MORE_DATA) {
        REQUIRE(error != ERROR_IO_PENDING || WaitForSingleObject(reads[i].overlapped.hEvent, LIMIT_MS) == WAIT_OBJECT_0);
        error = GetOverlappedResult(server, &reads[i].overlapped, &n, FALSE) ? ERROR_SUCCESS : GetLastError();
    }
    return read_ended(storage[i], n, error);
}

static void accept_writer(void) {
    OVERLAPPED overlapped = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
    DWORD n;

    if (!ConnectNamedPipe(server, &overlapped) && GetLastError() == ERROR_IO_PENDING)
        REQUIRE_OK(GetOverlappedResult(server, &overlapped, &n, TRUE));
    CloseHandle(overlapped.hEvent);
}

/* @begin starts reads[0] to reads[depth - 1], and has some of them cancelled. */
static void storm_overlapped(BOOL messages, void (*begin)(unsigned depth, unsigned *seed)) {
    unsigned seed = 1;
    BOOL more = TRUE;

    storm_begin(messages, FILE_FLAG_OVERLAPPED);
    accept_writer();
    for (unsigned i = 0; i < DEPTH; i++)
        reads[i].overlapped.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
    while (more) {
        const unsigned depth = 1 + chance(&seed, DEPTH);

        begin(depth, &seed);
        for (unsigned i = 0; i < depth; i++)
            more = read_finish(i);
    }
    storm_end();
}

static void reads_begin(unsigned depth, unsigned *seed) {
    for (unsigned i = 0; i < depth; i++)
        read_begin(i, seed);
    pause_some(seed);
}

static void cancel_one_of_them(unsigned depth, unsigned *seed) {
    reads_begin(depth, seed);
    if (storming() && !CancelIoEx(server, &reads[chance(seed, depth)].overlapped))
        REQUIRE(GetLastError() == ERROR_NOT_FOUND);
}

TEST(cancel_io_ex_bytes) {
    storm_overlapped(FALSE, cancel_one_of_them);
}

TEST(cancel_io_ex_messages) {
    storm_overlapped(TRUE, cancel_one_of_them);
}

static void cancel_the_threads(unsigned depth, unsigned *seed) {
    reads_begin(depth, seed);
    if (storming())
        CHECK_OK(CancelIo(server));
}

TEST(cancel_io_bytes) {
    storm_overlapped(FALSE, cancel_the_threads);
}

TEST(cancel_io_messages) {
    storm_overlapped(TRUE, cancel_the_threads);
}

/* ---- another thread cancels ---- */

static DWORD WINAPI cancel_all_the_time(void *unused) {
    unsigned seed = 5;

    (void)unused;
    for (; storming(); pause_some(&seed))
        if (!CancelIoEx(server, NULL))
            REQUIRE(GetLastError() == ERROR_NOT_FOUND);
    return 0;
}

static HANDLE canceller;

static void while_another_cancels(unsigned depth, unsigned *seed) {
    if (!canceller)
        canceller = CreateThread(NULL, 0, cancel_all_the_time, NULL, 0, NULL);
    reads_begin(depth, seed);
}

TEST(another_thread_bytes) {
    storm_overlapped(FALSE, while_another_cancels);
    CHECK_SIGNALLED(canceller);
}

TEST(another_thread_messages) {
    storm_overlapped(TRUE, while_another_cancels);
    CHECK_SIGNALLED(canceller);
}

/* ---- the end of the thread that has asked ---- */

static unsigned thread_depth;

static DWORD WINAPI begin_and_end(void *seed) {
    reads_begin(thread_depth, seed);
    return 0;
}

static void by_a_thread_that_ends(unsigned depth, unsigned *seed) {
    HANDLE thread;

    if (!thread_depth)
        wanted /= 4; /* a thread each takes its time */
    thread_depth = depth;
    if (!storming()) {
        reads_begin(depth, seed);
        return;
    }
    thread = CreateThread(NULL, 0, begin_and_end, seed, 0, NULL);
    REQUIRE_HANDLE(thread);
    CHECK_SIGNALLED(thread);
    CloseHandle(thread);
}

TEST(thread_ends_bytes) {
    storm_overlapped(FALSE, by_a_thread_that_ends);
}

TEST(thread_ends_messages) {
    storm_overlapped(TRUE, by_a_thread_that_ends);
}

/* ---- CancelSynchronousIo ---- */

static DWORD WINAPI read_all(void *unused) {
    unsigned seed = 11;
    DWORD n, error;

    (void)unused;
    do {
        n = 0;
        error = ReadFile(server, storage[0], some_room(&seed), &n, NULL) ? ERROR_SUCCESS : GetLastError();
    } while (read_ended(storage[0], n, error));
    return 0;
}

static void storm_synchronous(BOOL messages) {
    unsigned seed = 13;
    HANDLE reader;

    storm_begin(messages, 0);
    REQUIRE(ConnectNamedPipe(server, NULL) || GetLastError() == ERROR_PIPE_CONNECTED);
    reader = CreateThread(NULL, 0, read_all, NULL, 0, NULL);
    REQUIRE_HANDLE(reader);
    for (; storming(); pause_some(&seed))
        if (!CancelSynchronousIo(reader))
            REQUIRE(GetLastError() == ERROR_NOT_FOUND);
    REQUIRE(WaitForSingleObject(reader, LIMIT_MS) == WAIT_OBJECT_0);
    storm_end();
}

TEST(cancel_synchronous_io_bytes) {
    storm_synchronous(FALSE);
}

TEST(cancel_synchronous_io_messages) {
    storm_synchronous(TRUE);
}
