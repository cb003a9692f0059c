/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * hostile serve NAME                    a server that does all there is to do with a pipe's end, several threads at once, with one client
 *                                       after the other
 * hostile garble NAME ROUNDS N SEED     (a Linux program) a client that writes nonsense over what it shares with the server, N times a
 *                                       connection: positions, lengths, bytes and locks of the rings, and the instance's state
 *
 * The server may get any error, and any bytes: but none outside of its buffers, and each operation ends, at the latest when it is cancelled or the
 * connection is over.  It prints how many operations it has done when a client writes "end".
 */
#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stress.h"

#ifndef _WIN32
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

#include "libs/arena/arena.h"
#include "libs/arena/pipe_state.h"
#include "libs/arena/ring.h"
#endif

#define QUOTA 4096
#define ROOM 100000 /* more than a ring has */
#define FENCE 64    /* bytes around each buffer */
#define LIMIT_MS 20000 /* whatever takes longer hangs */

static char name[256];
static HANDLE round_over; /* the client has done its worst with this connection */

/* ---- the server ---- */

static HANDLE server;
static LONG over, operations;

struct buffer {
    unsigned char bytes[FENCE + ROOM + FENCE];
};

static struct buffer *buffer_new(void) {
    struct buffer *buffer = malloc(sizeof *buffer);

    memset(buffer, 0xa5, sizeof *buffer);
    return buffer;
}

/* @n bytes whose end is at the fence. */
static void *buffer_end(struct buffer *buffer, DWORD n) {
    return buffer->bytes + FENCE + ROOM - n;
}

static void buffer_check(const struct buffer *buffer, DWORD n) {
    for (int i = 0; i < FENCE; i++)
        REQUIRE(buffer->bytes[FENCE + ROOM - n - 1 - i] == 0xa5 && buffer->bytes[FENCE + ROOM + i] == 0xa5);
}

/* What has begun ends by itself or, after a while, because it is cancelled. */
static DWORD finish(OVERLAPPED *overlapped, BOOL started, unsigned *seed) {
    DWORD n = 0;

    if (!started && GetLastError() != ERROR_IO_PENDING && GetLastError() != ERROR_MORE_DATA)
        return 0;
    if (WaitForSingleObject(overlapped->hEvent, chance(seed, 3)) == WAIT_TIMEOUT)
        CancelIoEx(server, overlapped);
    /* a message that its reader has begun with cannot be cancelled: it ends with the connection */
    while (WaitForSingleObject(overlapped->hEvent, LIMIT_MS) == WAIT_TIMEOUT)
        REQUIRE(!over);
    GetOverlappedResult(server, overlapped, &n, FALSE);
    InterlockedIncrement(&operations);
    return n;
}

static DWORD WINAPI do_operations(void *argument) {
    const unsigned kind = (unsigned)(ULONG_PTR)argument % 4;
    OVERLAPPED overlapped = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
    unsigned seed = (unsigned)(ULONG_PTR)argument + 1;
    struct buffer *buffer = buffer_new(), *sent = buffer_new();
    DWORD available, left, mode, n, got;

    while (!over) {
        const DWORD room = chance(&seed, chance(&seed, 2) ? 64 : ROOM - FENCE);

        switch (kind) {
        case 0:
            got = finish(&overlapped, ReadFile(server, buffer_end(buffer, room), room, NULL, &overlapped), &seed);
            REQUIRE(got <= room);
            break;
        case 1: finish(&overlapped, WriteFile(server, buffer_end(sent, room), room, NULL, &overlapped), &seed); break;
        case 2:
            got = 0;
            if (PeekNamedPipe(server, buffer_end(buffer, room), room, &got, &available, &left))
                REQUIRE(got <= room);
            mode = chance(&seed, 2) ? PIPE_READMODE_MESSAGE : PIPE_READMODE_BYTE;
            SetNamedPipeHandleState(server, &mode, NULL, NULL);
            GetNamedPipeHandleStateA(server, &mode, &n, NULL, NULL, NULL, 0);
            GetNamedPipeInfo(server, &mode, NULL, NULL, NULL);
            GetNamedPipeClientProcessId(server, &n);
            InterlockedIncrement(&operations);
            break;
        default:
            got = finish(&overlapped,
                TransactNamedPipe(server, buffer_end(sent, 100), 100, buffer_end(buffer, room), room, NULL, &overlapped), &seed);
            REQUIRE(got <= room);
        }
        buffer_check(buffer, room);
        memset(buffer_end(buffer, room), 0xa5, room);
    }
    CloseHandle(overlapped.hEvent);
    free(buffer);
    free(sent);
    return 0;
}

/* Waits in the kernel until all is read, which is perhaps never. */
static DWORD WINAPI flush(void *unused) {
    (void)unused;
    while (!over && FlushFileBuffers(server))
        SwitchToThread();
    return 0;
}

static void serve_one(BOOL messages) {
    enum { THREADS = 5 };
    HANDLE threads[THREADS];
    OVERLAPPED overlapped = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
    DWORD n;

    server = CreateNamedPipeA(name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED,
        messages ? PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE : PIPE_TYPE_BYTE, 4, QUOTA, QUOTA, 0, NULL);
    if (server == INVALID_HANDLE_VALUE) { /* the client was there at once, and the rings are none any more */
        REQUIRE(WaitForSingleObject(round_over, 3 * LIMIT_MS) == WAIT_OBJECT_0);
        CloseHandle(overlapped.hEvent);
        return;
    }
    if (!ConnectNamedPipe(server, &overlapped) && GetLastError() == ERROR_IO_PENDING)
        GetOverlappedResult(server, &overlapped, &n, TRUE); /* the state is garbled already, perhaps */
    over = FALSE;
    for (int i = 0; i < THREADS - 1; i++)
        threads[i] = CreateThread(NULL, 0, do_operations, (void *)(ULONG_PTR)i, 0, NULL);
    threads[THREADS - 1] = CreateThread(NULL, 0, flush, NULL, 0, NULL);
    REQUIRE(WaitForSingleObject(round_over, 3 * LIMIT_MS) == WAIT_OBJECT_0);
    InterlockedExchange(&over, TRUE);
    DisconnectNamedPipe(server);
    CancelIoEx(server, NULL);
    if (operations % 2)
        ConnectNamedPipe(server, &overlapped);
    CloseHandle(server);
    REQUIRE(WaitForMultipleObjects(THREADS, threads, TRUE, LIMIT_MS) == WAIT_OBJECT_0);
    for (int i = 0; i < THREADS; i++)
        CloseHandle(threads[i]);
    CloseHandle(overlapped.hEvent);
}

static int serve(void) {
    char event[300];
    HANDLE end;

    snprintf(event, sizeof event, "%s end", name + 9);
    end = CreateEventA(NULL, TRUE, FALSE, event);
    printf("ready\n");
    fflush(stdout);
    for (unsigned i = 0; WaitForSingleObject(end, 0) == WAIT_TIMEOUT; i++)
        serve_one(i % 2);
    printf("%d operations\n", (int)operations);
    return 0;
}

/* ---- the client ---- */

#ifndef _WIN32

static struct arena *arena;
static struct cell *instance, *file;
static struct ring_memory *rings;
static uint32_t size[2];

/* Where a memfd of that name is mapped; of that inode, if it is not 0. */
static void *mapping_find(const char *what, unsigned long long inode) {
    FILE *maps = fopen("/proc/self/maps", "r");
    unsigned long long begin, found = 0, number;
    char line[512];

    while (!found && fgets(line, sizeof line, maps))
        if (strstr(line, what) && sscanf(line, "%llx-%*x %*s %*x %*s %llu", &begin, &number) == 2 && (!inode || number == inode))
            found = begin;
    fclose(maps);
    REQUIRE(found);
    return (void *)(uintptr_t)found;
}

static void victims_find(void) {
    const uint32_t n = atomic_load(&arena->header.n_cells);

    instance = file = NULL;
    for (uint32_t i = 0; i < n; i++) {
        struct cell *cell = &arena->cell[i];

        if (STATE_LIFE(atomic_load(&cell->state)) != LIFE_LIVE)
            continue;
        if (STATE_TYPE(atomic_load(&cell->state)) == CELL_PIPE_INSTANCE && PIPE_STATE(atomic_load(&cell->instance.status)) == PIPE_CONNECTED &&
            atomic_load(&cell->instance.pid[1]) == (uint32_t)getpid())
            instance = cell;
    }
    REQUIRE(instance);
    for (uint32_t i = 0; i < n; i++)
        if (STATE_TYPE(atomic_load(&arena->cell[i].state)) == CELL_FILE && STATE_LIFE(atomic_load(&arena->cell[i].state)) == LIFE_LIVE &&
            arena->cell[i].file.end == 0 && arena->cell[i].file.instance == (uint32_t)(instance - arena->cell) + 1)
            file = &arena->cell[i];
    rings = mapping_find("memfd:winipc-pipe", instance->instance.ring);
    if (!size[0]) { /* the first ones: all are alike, and those of an instance that is met again are nonsense by now */
        size[0] = rings->size[0];
        size[1] = rings->size[1];
    }
}

static uint64_t nonsense(unsigned *seed) {
    switch (chance(seed, 7)) {
    case 0: return 0;
    case 1: return ~0ull;
    case 2: return chance(seed, 200000);
    case 3: return (uint64_t)chance(seed, 1u << 24) << 40 | chance(seed, 1u << 24);
    case 4: return 1ull << chance(seed, 64);
    case 5: return chance(seed, 6) | chance(seed, 4) << 8;
    default: return chance(seed, 1u << 24);
    }
}

static void garble_instance(unsigned *seed, uint64_t word) {
    switch (chance(seed, 6)) {
    case 0: atomic_store(&instance->instance.ends, (uint32_t)word); return;
    case 1: atomic_store(&instance->instance.client, (uint32_t)word); return;
    case 2: atomic_store(&instance->instance.pid[chance(seed, 2)], (uint32_t)word); return;
    case 3:
        if (file)
            atomic_store(&file->file.modes, (uint32_t)word);
        return;
    default: atomic_store(&instance->instance.status, (uint32_t)(chance(seed, 2) ? PIPE_STATUS(PIPE_CONNECTED, 0) : word));
    }
}

static void garble_ring(unsigned *seed, uint64_t word) {
    const unsigned which = chance(seed, 2);
    struct ring_direction *ring = &rings->direction[which];
    _Atomic uint64_t *const words[] = {&ring->head, &ring->written, &ring->allocated, &ring->tail, &ring->read, &ring->wanted};
    uint8_t *data = (uint8_t *)rings + RING_HEADER + (which ? size[0] : 0);

    switch (chance(seed, 3)) {
    case 0: atomic_store(words[chance(seed, 6)], word); return;
    case 1: atomic_store(&ring->head, atomic_load(&ring->tail) + chance(seed, 100000)); return; /* as in use */
    default: memset(data + chance(seed, size[which] - 16), (int)word, 16); /* lengths, too */
    }
}

static void garble_once(unsigned *seed) {
    const uint64_t word = nonsense(seed);

    if (!chance(seed, 10000)) /* a lock is found to be nobody's after a second */
        atomic_store(chance(seed, 2) ? &rings->direction[0].read_lock : &rings->direction[1].write_lock, (uint32_t)word);
    else if (!chance(seed, 20000))
        memset(rings, (int)word, RING_HEADER); /* sizes, too */
    else if (!chance(seed, 20))
        garble_instance(seed, word);
    else
        garble_ring(seed, word);
    for (volatile unsigned i = chance(seed, 1u << chance(seed, 12)); i; i--)
        ;
}

static HANDLE open_pipe(void) {
    HANDLE client;

    while ((client = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL)) ==
           INVALID_HANDLE_VALUE) {
        REQUIRE(GetLastError() == ERROR_PIPE_BUSY || GetLastError() == ERROR_FILE_NOT_FOUND);
        if (!WaitNamedPipeA(name, LIMIT_MS))
            Sleep(1); /* a name that is not there cannot be waited for */
    }
    return client;
}

static int garble(int rounds, int n, unsigned seed) {
    char event[300];
    HANDLE end;

    snprintf(event, sizeof event, "%s end", name + 9);
    end = OpenEventA(EVENT_MODIFY_STATE, FALSE, event);
    REQUIRE(end);
    arena = mapping_find("memfd:winipc-arena", 0);
    for (int round = 0; round < rounds; round++) {
        HANDLE client = open_pipe();

        victims_find();
        for (int i = 0; i < n; i++)
            garble_once(&seed);
        atomic_store(&instance->instance.pid[1], 0); /* not to be found again */
        if (round == rounds - 1)
            SetEvent(end);
        SetEvent(round_over);
        if (round == rounds - 1)
            TerminateProcess(GetCurrentProcess(), 0); /* with the end open */
        CloseHandle(client);
    }
    return 0;
}

#endif

int main(int argc, char **argv) {
    char event[300];

    if (argc < 3)
        return 2;
    snprintf(name, sizeof name, "\\\\.\\pipe\\%s", argv[2]);
    snprintf(event, sizeof event, "%s over", argv[2]);
    round_over = CreateEventA(NULL, FALSE, FALSE, event);
    if (!strcmp(argv[1], "serve"))
        return serve();
#ifndef _WIN32
    if (argc == 6)
        return garble(atoi(argv[3]), atoi(argv[4]), (unsigned)atoi(argv[5]));
#endif
    return 2;
}
