/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Threads that special user APCs interrupt again and again, wherever they happen to be: each APC runs once, and none of
 * them disturbs what it interrupts.
 */
#include "harness.h"

#define SPECIAL 1 /* QUEUE_USER_APC_FLAGS_SPECIAL_USER_APC */
#define N_SENDERS 2
#define ROUNDS 400

struct worker {
    void (*step)(struct worker *self);
    HANDLE thread;
    volatile LONG steps, wrong, sent, ran;
};

static BOOL(WINAPI *queue_apc2)(PAPCFUNC, HANDLE, ULONG_PTR, DWORD);
static volatile LONG stop;

/* It spoils what a routine may: registers, last error apart. */
static void CALLBACK run(ULONG_PTR worker) {
    volatile double a = 1.25, b = 3.5;

    for (int i = 0; i < 8; i++)
        a = a * b + i;
    InterlockedIncrement(&((struct worker *)worker)->ran);
}

/* Integers and floating-point numbers together; the result is known. */
static ULONGLONG mix(void) {
    ULONGLONG x = 88172645463325252ull;
    double d = 1, e = 2;

    for (int i = 0; i < 20000; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        d = d * 1.0000001 + (double)(x & 7);
        e = e * 0.999 + d;
    }
    return x ^ (ULONGLONG)d ^ (ULONGLONG)e;
}

static ULONGLONG mixed;

static void compute(struct worker *self) {
    self->wrong += mix() != mixed;
}

static void allocate(struct worker *self) {
    char *blocks[8];

    for (unsigned i = 0; i < 8; i++) {
        const size_t size = 16 + (size_t)((self->steps * 37u + i * 501u) & 4095);

        blocks[i] = HeapAlloc(GetProcessHeap(), 0, size);
        memset(blocks[i], (int)i, size);
    }
    for (unsigned i = 0; i < 8; i++) {
        self->wrong += blocks[i][0] != (char)i || blocks[i][15] != (char)i;
        HeapFree(GetProcessHeap(), 0, blocks[i]);
    }
}

static HANDLE pipe_read, pipe_write;

static void write_and_read(struct worker *self) {
    LONG out = self->steps, in = 0;
    DWORD n = 0;

    self->wrong += !WriteFile(pipe_write, &out, sizeof(out), &n, NULL) || n != sizeof(out);
    self->wrong += !ReadFile(pipe_read, &in, sizeof(in), &n, NULL) || n != sizeof(in) || in != out;
}

static HANDLE event;

static void wait_briefly(struct worker *self) {
    self->wrong += WaitForSingleObject(event, 1) != WAIT_TIMEOUT;
}

static void sleep_alertably(struct worker *self) {
    const DWORD result = SleepEx(1, TRUE);

    self->wrong += result != 0 && result != WAIT_IO_COMPLETION;
}

static int compare(const void *a, const void *b) {
    return *(const int *)a - *(const int *)b;
}

static void sort(struct worker *self) {
    int numbers[64];

    for (int i = 0; i < 64; i++)
        numbers[i] = (i * 37 + self->steps) & 63;
    qsort(numbers, 64, sizeof(*numbers), compare);
    for (int i = 0; i < 64; i++)
        self->wrong += numbers[i] != i;
}

static void *fibers[2];

static void WINAPI other_fiber(void *unused) {
    (void)unused;
    for (;;)
        SwitchToFiber(fibers[0]);
}

static void switch_fibers(struct worker *self) {
    if (!fibers[0]) {
        fibers[0] = ConvertThreadToFiber(NULL);
        fibers[1] = CreateFiber(0, other_fiber, NULL);
    }
    self->wrong += !fibers[0] || !fibers[1];
    SwitchToFiber(fibers[1]);
}

static volatile LONG handled;

static LONG CALLBACK handle(EXCEPTION_POINTERS *exception) {
    if (exception->ExceptionRecord->ExceptionCode != 0xe1234567)
        return EXCEPTION_CONTINUE_SEARCH;
    handled++;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static void raise_exception(struct worker *self) {
    const LONG before = handled;

    RaiseException(0xe1234567, 0, 0, NULL);
    self->wrong += handled != before + 1;
}

static struct worker workers[] = {{.step = compute}, {.step = allocate}, {.step = write_and_read},
    {.step = wait_briefly}, {.step = sleep_alertably}, {.step = sort}, {.step = switch_fibers},
    {.step = raise_exception}};
enum { N_WORKERS = sizeof(workers) / sizeof(*workers) };

static DWORD WINAPI work(void *param) {
    struct worker *self = param;

    while (!stop) {
        self->step(self);
        self->steps++;
    }
    return 0;
}

static DWORD WINAPI send_all(void *unused) {
    (void)unused;
    for (int i = 0; i < ROUNDS * N_WORKERS; i++) {
        struct worker *worker = &workers[i % N_WORKERS];

        if (!queue_apc2(run, worker->thread, (ULONG_PTR)worker, SPECIAL))
            return 1;
        InterlockedIncrement(&worker->sent);
    }
    return 0;
}

static void start_all(HANDLE *threads) {
    for (int i = 0; i < N_WORKERS; i++) {
        threads[i] = workers[i].thread = CreateThread(NULL, 0, work, &workers[i], 0, NULL);
        REQUIRE_HANDLE(threads[i]);
    }
    for (int i = 0; i < N_WORKERS; i++) {
        while (!workers[i].steps)
            Sleep(0);
    }
}

TEST(hammered) {
    HANDLE threads[N_WORKERS], senders[N_SENDERS];

    queue_apc2 = (BOOL(WINAPI *)(PAPCFUNC, HANDLE, ULONG_PTR, DWORD))(void *)GetProcAddress(
        GetModuleHandleA("kernel32"), "QueueUserAPC2");
    if (!queue_apc2)
        test_skip("no QueueUserAPC2");
    mixed = mix();
    event = CreateEventA(NULL, FALSE, FALSE, NULL);
    REQUIRE_OK(CreatePipe(&pipe_read, &pipe_write, NULL, 0));
    AddVectoredExceptionHandler(1, handle);
    start_all(threads);
    for (int i = 0; i < N_SENDERS; i++)
        senders[i] = CreateThread(NULL, 0, send_all, NULL, 0, NULL);
    for (int i = 0; i < N_SENDERS; i++) {
        DWORD code = POISON;

        CHECK_EQ(WaitForSingleObject(senders[i], 3 * WAIT_LIMIT_MS), WAIT_OBJECT_0);
        CHECK_OK(GetExitCodeThread(senders[i], &code));
        CHECK_EQ(code, 0);
    }
    stop = 1;
    REQUIRE(WaitForMultipleObjects(N_WORKERS, threads, TRUE, WAIT_LIMIT_MS) == WAIT_OBJECT_0);
    for (int i = 0; i < N_WORKERS; i++) {
        CHECK(workers[i].steps > 0);
        CHECK_EQ(workers[i].wrong, 0);
        CHECK_EQ(workers[i].sent, ROUNDS * N_SENDERS);
        if (!CHECK_EQ(workers[i].ran, workers[i].sent))
            printf("worker %d\n", i);
    }
    CHECK_EQ(handled, workers[N_WORKERS - 1].steps);
}
