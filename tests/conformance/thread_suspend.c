/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Threads that are stopped again and again, wherever they happen to be: in malloc, in printf, under a lock of the C library or of the system
 * DLLs, in a wait, in an APC.  Who stopped them does the same things while they stand.  Nobody hangs, and nothing is lost or done twice.
 *
 * Windows itself stops threads inside its DLLs, so that malloc may hang there while another thread stands: the page of SuspendThread warns of it.
 */
#include "harness.h"

#define ROUNDS 150
#define QUANTUM 16 /* how often a worker does its thing between two looks at the others */
#define LINES_MAX 20000

static volatile LONG stop;

/* ---- what the workers do ---- */

struct worker {
    void (*step)(struct worker *self);
    struct worker *partner;
    HANDLE thread, event;
    volatile LONG steps, wrong;
};

/* What two of them share is counted without atomic operations: the locks are what keeps it right. */
static CRITICAL_SECTION section;
static SRWLOCK srw = SRWLOCK_INIT;
static HANDLE mutex;
static LONG in_section, in_srw, in_mutex;
static FILE *file;
static HANDLE pipe_read, pipe_write;
static volatile LONG apcs_run;
static LONG apcs_sent;

static void allocate(struct worker *self) {
    char *blocks[8];

    for (unsigned i = 0; i < 8; i++) {
        const size_t size = 16 + (size_t)((self->steps * 37u + i * 501u) & 4095);

        blocks[i] = i & 1 ? malloc(size) : HeapAlloc(GetProcessHeap(), 0, size);
        memset(blocks[i], (int)i, size);
    }
    for (unsigned i = 0; i < 8; i++) {
        self->wrong += blocks[i][0] != (char)i || blocks[i][15] != (char)i;
        if (i & 1)
            free(blocks[i]);
        else
            HeapFree(GetProcessHeap(), 0, blocks[i]);
    }
}

/* puts, not printf: a compiler's own printf locks the file in the program's code, where one may be stopped. */
static void print(struct worker *self) {
    char line[32];

    if (self->steps >= LINES_MAX) {
        Sleep(0);
        return;
    }
    snprintf(line, sizeof(line), "%08ld %08lx\n", (long)self->steps, (unsigned long)self->steps);
    self->wrong += fputs(line, file) < 0;
}

static void write_and_read(struct worker *self) {
    LONG out = self->steps, in = 0;
    DWORD n = 0;

    self->wrong += !WriteFile(pipe_write, &out, sizeof(out), &n, NULL) || n != sizeof(out);
    self->wrong += !ReadFile(pipe_read, &in, sizeof(in), &n, NULL) || n != sizeof(in) || in != out;
}

static void lock(struct worker *self) {
    (void)self;
    EnterCriticalSection(&section);
    in_section++;
    LeaveCriticalSection(&section);
    AcquireSRWLockExclusive(&srw);
    in_srw++;
    ReleaseSRWLockExclusive(&srw);
    AcquireSRWLockShared(&srw);
    ReleaseSRWLockShared(&srw);
}

static void own_mutex(struct worker *self) {
    self->wrong += WaitForSingleObject(mutex, INFINITE) != WAIT_OBJECT_0;
    in_mutex++;
    self->wrong += !ReleaseMutex(mutex);
}

static void make_handles(struct worker *self) {
    HANDLE event = CreateEventA(NULL, FALSE, TRUE, NULL), same = NULL;

    self->wrong += !DuplicateHandle(GetCurrentProcess(), event, GetCurrentProcess(), &same, 0, FALSE, DUPLICATE_SAME_ACCESS);
    self->wrong += WaitForSingleObject(same, 0) != WAIT_OBJECT_0;
    self->wrong += WaitForSingleObject(event, 0) != WAIT_TIMEOUT;
    self->wrong += !CloseHandle(event) || !CloseHandle(same);
}

/* Two wake each other; a signal that is lost leaves both asleep, one that is taken twice makes the counts differ. */
static void hand_over(struct worker *self) {
    self->wrong += WaitForSingleObject(self->event, INFINITE) != WAIT_OBJECT_0;
    self->wrong += !SetEvent(self->partner->event);
}

static void CALLBACK count_apc(ULONG_PTR unused) {
    (void)unused;
    apcs_run++;
}

static void take_apcs(struct worker *self) {
    const LONG before = apcs_run;
    const DWORD result = SleepEx(1, TRUE);

    self->wrong += result == WAIT_IO_COMPLETION ? apcs_run == before : result != 0 || apcs_run != before;
}

static struct worker workers[] = {{.step = allocate}, {.step = allocate}, {.step = print}, {.step = print}, {.step = write_and_read},
    {.step = lock}, {.step = lock}, {.step = own_mutex}, {.step = own_mutex}, {.step = make_handles}, {.step = hand_over}, {.step = hand_over},
    {.step = take_apcs}};
enum { N_WORKERS = sizeof(workers) / sizeof(*workers), FIRST_HANDER = 10, APC_TAKER = 12 };

static DWORD WINAPI work(void *param) {
    struct worker *self = param;

    while (!stop) {
        for (int i = 0; i < QUANTUM && !stop; i++) {
            self->step(self);
            self->steps++;
        }
    }
    if (self->partner) /* who waits for us is not to wait for ever */
        SetEvent(self->partner->event);
    return 0;
}

/* ---- who stops them ---- */

static struct worker stopper;
static CRITICAL_SECTION own_section;
static SRWLOCK own_srw = SRWLOCK_INIT;
static CONTEXT context; /* aligned as Windows wants it */

static void do_the_same(void) {
    HANDLE own = CreateMutexA(NULL, TRUE, NULL);

    allocate(&stopper);
    print(&stopper);
    make_handles(&stopper);
    EnterCriticalSection(&own_section);
    LeaveCriticalSection(&own_section);
    AcquireSRWLockExclusive(&own_srw);
    ReleaseSRWLockExclusive(&own_srw);
    stopper.wrong += !ReleaseMutex(own) || !CloseHandle(own);
    stopper.steps++;
}

static void stop_once(struct worker *worker) {
    const BOOL sends = worker == &workers[APC_TAKER];
    LONG run;

    REQUIRE(SuspendThread(worker->thread) == 0);
    context.ContextFlags = CONTEXT_CONTROL | CONTEXT_INTEGER;
    REQUIRE_OK(GetThreadContext(worker->thread, &context));
    REQUIRE(context.Rip && context.Rsp);
    run = apcs_run;
    if (sends) {
        REQUIRE_OK(QueueUserAPC(count_apc, worker->thread, 0));
        apcs_sent++;
    }
    do_the_same();
    if (sends)
        REQUIRE(apcs_run == run);
    REQUIRE(ResumeThread(worker->thread) == 1);
}

static void prepare(void) {
    InitializeCriticalSection(&section);
    InitializeCriticalSection(&own_section);
    mutex = CreateMutexA(NULL, FALSE, NULL);
    REQUIRE_OK(CreatePipe(&pipe_read, &pipe_write, NULL, 0));
    enter_own_folder();
    file = fopen("printed", "w");
    REQUIRE(file != NULL);
    for (int i = FIRST_HANDER; i < FIRST_HANDER + 2; i++) {
        workers[i].event = CreateEventA(NULL, FALSE, i == FIRST_HANDER, NULL);
        workers[i].partner = &workers[2 * FIRST_HANDER + 1 - i];
    }
    for (int i = 0; i < N_WORKERS; i++) {
        workers[i].thread = CreateThread(NULL, 0, work, &workers[i], 0, NULL);
        REQUIRE_HANDLE(workers[i].thread);
    }
    for (int i = 0; i < N_WORKERS; i++) {
        while (!workers[i].steps)
            Sleep(0);
    }
}

/* Each line is whole. */
static void check_lines(LONG expected) {
    char line[64], digits[64];
    LONG n = 0, wrong = 0;

    CHECK_EQ(fclose(file), 0);
    file = fopen("printed", "r");
    REQUIRE(file != NULL);
    for (; fgets(line, sizeof(line), file); n++) {
        snprintf(digits, sizeof(digits), "%08ld %08lx\n", strtol(line, NULL, 10), (unsigned long)strtol(line, NULL, 10));
        wrong += strcmp(line, digits) != 0;
    }
    fclose(file);
    CHECK_EQ(n, expected);
    CHECK_EQ(wrong, 0);
    CHECK_OK(DeleteFileA("printed"));
    leave_own_folder();
}

static LONG lines_of(const struct worker *worker) {
    return worker->steps < LINES_MAX ? worker->steps : LINES_MAX;
}

TEST(hammered) {
    HANDLE threads[N_WORKERS];

    prepare();
    for (int round = 0; round < ROUNDS; round++)
        stop_once(&workers[round % N_WORKERS]);
    stop = 1;
    for (int i = 0; i < N_WORKERS; i++)
        threads[i] = workers[i].thread;
    REQUIRE(WaitForMultipleObjects(N_WORKERS, threads, TRUE, WAIT_LIMIT_MS) == WAIT_OBJECT_0);
    for (int i = 0; i < N_WORKERS; i++) {
        CHECK(workers[i].steps > 0);
        CHECK_EQ(workers[i].wrong, 0);
    }
    CHECK_EQ(stopper.wrong, 0);
    CHECK_EQ(in_section, workers[5].steps + workers[6].steps);
    CHECK_EQ(in_srw, in_section);
    CHECK_EQ(in_mutex, workers[7].steps + workers[8].steps);
    CHECK_EQ(apcs_run, apcs_sent);
    check_lines(lines_of(&workers[2]) + lines_of(&workers[3]) + stopper.steps);
}
