/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What one step of each way to talk costs: a Windows program that runs under winipc, on Wine and on Windows.
 *
 *     windows.exe CASE MS [STEPS]      repeats CASE for so many milliseconds, or so many steps (the tests do that)
 *     windows.exe nothing              ends at once
 *     windows.exe sleep                says "ready" and sleeps until it is killed
 *
 * Prints CASE, value, unit and the number of steps.  The value is µs a step, MB/s where bytes flow.  The second process is the same
 * program ("peer CASE TAG"); it works until it is ended.  What both name is made before the peer starts, and has the first one's
 * process id in its name, so that any number of runs may go on at once.  bench/run does the rounds and the medians.
 */
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SMALL 64
#define LARGE 65536
#define WARM_UP_STEPS 20
#define BATCH 20
#define MAPPED (1u << 30)
#define PAGE 4096
#define HANDLES 64
#define PACKETS 1000

struct bench {
    const char *name;
    char tag[16]; /* of both processes */
    DWORD ms;
    DWORD max_steps; /* 0: as many as fit */
    DWORD steps;
    DWORD warm_up; /* steps before those that are measured */
    DWORD batch;   /* steps between two looks at the clock */
    double seconds;
    HANDLE peer;
};

struct bench_case {
    const char *name;
    void (*run)(struct bench *bench);
    void (*peer)(const char *tag);
    size_t step_bytes; /* 0: the value is the time of a step */
};

static void __attribute__((noreturn)) fail(const char *what) {
    fprintf(stderr, "%s: error %lu\n", what, GetLastError());
    ExitProcess(1);
}

static void require(int holds, const char *what) {
    if (!holds)
        fail(what);
}

static double now(void) {
    LARGE_INTEGER frequency, ticks;

    QueryPerformanceFrequency(&frequency);
    QueryPerformanceCounter(&ticks);
    return (double)ticks.QuadPart / (double)frequency.QuadPart;
}

static char *named(char name[64], const char *what, const char *tag) {
    snprintf(name, 64, "%s-%s", what, tag);
    return name;
}

/* Starts the program again, with these words; inheritable handles go along. */
static HANDLE start_self(const char *words) {
    char self[MAX_PATH], line[MAX_PATH + 64];
    STARTUPINFOA startup = {.cb = sizeof startup};
    PROCESS_INFORMATION process;

    GetModuleFileNameA(NULL, self, sizeof self);
    snprintf(line, sizeof line, "\"%s\" %s", self, words);
    require(CreateProcessA(self, line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &process), "CreateProcess");
    CloseHandle(process.hThread);
    return process.hProcess;
}

static void peer_start(struct bench *bench) {
    char words[64];

    snprintf(words, sizeof words, "peer %s %s", bench->name, bench->tag);
    bench->peer = start_self(words);
}

static void peer_end(struct bench *bench) {
    TerminateProcess(bench->peer, 0);
    WaitForSingleObject(bench->peer, INFINITE);
    CloseHandle(bench->peer);
}

/* The measurement: a warm-up, then steps until the time is over; `finish` waits for what is still on its way. */
static void measure(struct bench *bench, void (*step)(void *), void (*finish)(void *), void *context) {
    double begin, limit = bench->ms / 1000.0;

    for (DWORD i = 0; i < bench->warm_up; i++)
        step(context);
    if (finish)
        finish(context);
    begin = now();
    do {
        for (DWORD i = 0; i < bench->batch; i++)
            step(context);
        bench->steps += bench->batch;
    } while (bench->max_steps ? bench->steps < bench->max_steps : now() - begin < limit);
    if (finish)
        finish(context);
    bench->seconds = now() - begin;
}

/* ---- named pipes ---- */

struct pipe_end {
    HANDLE handle;
    OVERLAPPED *overlapped; /* NULL: a synchronous handle */
    OVERLAPPED storage;
    char *buffer;
    DWORD size;
};

static void pipe_end_init(struct pipe_end *end, HANDLE handle, int overlapped, DWORD size) {
    *end = (struct pipe_end){.handle = handle, .buffer = calloc(1, size), .size = size};
    if (!overlapped)
        return;
    end->overlapped = &end->storage;
    end->storage.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
}

static HANDLE pipe_create(const char *tag, DWORD flags, DWORD mode) {
    char name[64];
    HANDLE pipe = CreateNamedPipeA(named(name, "\\\\.\\pipe\\bench", tag), PIPE_ACCESS_DUPLEX | flags, mode, 1, LARGE, LARGE, 0, NULL);

    require(pipe != INVALID_HANDLE_VALUE, "CreateNamedPipe");
    return pipe;
}

/* The instance is there; it may be busy with the last client. */
static HANDLE pipe_open(const char *tag, DWORD flags) {
    char name[64];

    named(name, "\\\\.\\pipe\\bench", tag);
    for (;;) {
        HANDLE pipe = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, flags, NULL);

        if (pipe != INVALID_HANDLE_VALUE)
            return pipe;
        require(GetLastError() == ERROR_PIPE_BUSY, "CreateFile");
        WaitNamedPipeA(name, NMPWAIT_WAIT_FOREVER);
    }
}

/* TRUE when the operation that has returned `done` is through, after a wait if need be. */
static BOOL pipe_end_settle(struct pipe_end *end, BOOL done, DWORD *moved) {
    if (!end->overlapped || (!done && GetLastError() != ERROR_IO_PENDING))
        return done;
    return GetOverlappedResult(end->handle, end->overlapped, moved, TRUE);
}

static BOOL pipe_end_write(struct pipe_end *end) {
    DWORD moved = 0;
    const BOOL done = WriteFile(end->handle, end->buffer, end->size, end->overlapped ? NULL : &moved, end->overlapped);

    return pipe_end_settle(end, done, &moved) && moved == end->size;
}

static BOOL pipe_end_read(struct pipe_end *end) {
    for (DWORD total = 0, moved; total < end->size; total += moved) {
        BOOL done;

        moved = 0;
        done = ReadFile(end->handle, end->buffer + total, end->size - total, end->overlapped ? NULL : &moved, end->overlapped);
        if (!pipe_end_settle(end, done, &moved) || !moved)
            return FALSE;
    }
    return TRUE;
}

static void pipe_connect(struct pipe_end *end) {
    DWORD moved;
    const BOOL done = ConnectNamedPipe(end->handle, end->overlapped) || GetLastError() == ERROR_PIPE_CONNECTED;

    if (!done || !end->overlapped)
        require(pipe_end_settle(end, done, &moved), "ConnectNamedPipe");
}

static void pipe_ask(void *context) {
    require(pipe_end_write(context), "WriteFile");
    require(pipe_end_read(context), "ReadFile");
}

static void pipe_send(void *context) {
    require(pipe_end_write(context), "WriteFile");
}

static void pipe_drain(void *context) {
    FlushFileBuffers(((struct pipe_end *)context)->handle);
}

static void pipe_run(struct bench *bench, DWORD flags, DWORD mode, DWORD size, void (*step)(void *), void (*finish)(void *)) {
    struct pipe_end end;

    pipe_end_init(&end, pipe_create(bench->tag, flags, mode), flags != 0, size);
    peer_start(bench);
    pipe_connect(&end);
    measure(bench, step, finish, &end);
}

static void pipe_rtt_run(struct bench *bench) {
    pipe_run(bench, 0, PIPE_TYPE_BYTE, SMALL, pipe_ask, NULL);
}

static void pipe_msg_rtt_run(struct bench *bench) {
    pipe_run(bench, 0, PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, SMALL, pipe_ask, NULL);
}

static void pipe_ovl_rtt_run(struct bench *bench) {
    pipe_run(bench, FILE_FLAG_OVERLAPPED, PIPE_TYPE_BYTE, SMALL, pipe_ask, NULL);
}

static void pipe_tput_run(struct bench *bench) {
    pipe_run(bench, 0, PIPE_TYPE_BYTE, LARGE, pipe_send, pipe_drain);
}

static void pipe_echo(const char *tag, DWORD flags, DWORD read_mode) {
    struct pipe_end end;

    pipe_end_init(&end, pipe_open(tag, flags), flags != 0, SMALL);
    if (read_mode)
        require(SetNamedPipeHandleState(end.handle, &read_mode, NULL, NULL), "SetNamedPipeHandleState");
    while (pipe_end_read(&end) && pipe_end_write(&end))
        ;
}

static void pipe_rtt_peer(const char *tag) {
    pipe_echo(tag, 0, 0);
}

static void pipe_msg_rtt_peer(const char *tag) {
    pipe_echo(tag, 0, PIPE_READMODE_MESSAGE);
}

static void pipe_ovl_rtt_peer(const char *tag) {
    pipe_echo(tag, FILE_FLAG_OVERLAPPED, 0);
}

static void pipe_tput_peer(const char *tag) {
    struct pipe_end end;

    pipe_end_init(&end, pipe_open(tag, 0), 0, LARGE);
    while (pipe_end_read(&end))
        ;
}

/* A client's life: open, a byte, close. */
static void pipe_conn_step(void *context) {
    const HANDLE pipe = pipe_open(context, 0);
    DWORD moved;

    require(WriteFile(pipe, "x", 1, &moved, NULL), "WriteFile");
    CloseHandle(pipe);
}

static void pipe_conn_run(struct bench *bench) {
    char name[64];
    const HANDLE ready = CreateEventA(NULL, FALSE, FALSE, named(name, "bench-ready", bench->tag));

    peer_start(bench);
    WaitForSingleObject(ready, INFINITE);
    measure(bench, pipe_conn_step, NULL, bench->tag);
}

static void pipe_conn_peer(const char *tag) {
    struct pipe_end end;
    char name[64];

    pipe_end_init(&end, pipe_create(tag, 0, PIPE_TYPE_BYTE), 0, 1);
    SetEvent(OpenEventA(EVENT_ALL_ACCESS, FALSE, named(name, "bench-ready", tag)));
    for (;;) {
        if (!ConnectNamedPipe(end.handle, NULL) && GetLastError() != ERROR_PIPE_CONNECTED)
            require(GetLastError() == ERROR_NO_DATA, "ConnectNamedPipe"); /* come and gone: its byte is there */
        while (pipe_end_read(&end))
            ;
        DisconnectNamedPipe(end.handle);
    }
}

/* ---- anonymous pipes: the reader is the peer's standard input ---- */

static void anon_tput_run(struct bench *bench) {
    SECURITY_ATTRIBUTES inherited = {sizeof inherited, NULL, TRUE};
    struct pipe_end end;
    HANDLE reader, writer;

    require(CreatePipe(&reader, &writer, &inherited, LARGE), "CreatePipe");
    SetHandleInformation(writer, HANDLE_FLAG_INHERIT, 0);
    SetStdHandle(STD_INPUT_HANDLE, reader);
    pipe_end_init(&end, writer, 0, LARGE);
    peer_start(bench);
    CloseHandle(reader);
    measure(bench, pipe_send, NULL, &end); /* at most one write is still on its way at the end */
}

static void anon_tput_peer(const char *tag) {
    struct pipe_end end;

    (void)tag;
    pipe_end_init(&end, GetStdHandle(STD_INPUT_HANDLE), 0, LARGE);
    while (pipe_end_read(&end))
        ;
}

/* ---- events, mutexes ---- */

struct signals {
    HANDLE there, back;
    DWORD count; /* of what is waited for; the last is `back` */
    HANDLE any[HANDLES];
};

static HANDLE event_named(const char *what, const char *tag) {
    char name[64];
    const HANDLE event = CreateEventA(NULL, FALSE, FALSE, named(name, what, tag));

    require(event != NULL, "CreateEvent");
    return event;
}

static void event_step(void *context) {
    struct signals *signals = context;

    SetEvent(signals->there);
    if (signals->count == 1)
        WaitForSingleObject(signals->back, INFINITE);
    else
        WaitForMultipleObjects(signals->count, signals->any, FALSE, INFINITE);
}

static void event_run(struct bench *bench, DWORD count) {
    struct signals signals = {.there = event_named("bench-there", bench->tag), .back = event_named("bench-back", bench->tag), .count = count};

    for (DWORD i = 0; i + 1 < count; i++) {
        char what[32];

        snprintf(what, sizeof what, "bench-%lu", i);
        signals.any[i] = event_named(what, bench->tag);
    }
    signals.any[count - 1] = signals.back;
    peer_start(bench);
    measure(bench, event_step, NULL, &signals);
}

static void event_pp_run(struct bench *bench) {
    event_run(bench, 1);
}

static void waitany64_run(struct bench *bench) {
    event_run(bench, HANDLES);
}

static void event_peer(const char *tag) {
    const HANDLE there = event_named("bench-there", tag), back = event_named("bench-back", tag);

    while (WaitForSingleObject(there, INFINITE) == WAIT_OBJECT_0)
        SetEvent(back);
}

static void mutex_unc_step(void *context) {
    WaitForSingleObject(context, INFINITE);
    ReleaseMutex(context);
}

static void mutex_unc_run(struct bench *bench) {
    char name[64];

    measure(bench, mutex_unc_step, NULL, CreateMutexA(NULL, FALSE, named(name, "bench-mutex", bench->tag)));
}

/* Four processes want it all the time; the value is what one of them pays for its turn. */
static void mutex_4p_run(struct bench *bench) {
    HANDLE others[3];
    char words[64], name[64];

    for (int i = 0; i < 3; i++) {
        snprintf(words, sizeof words, "peer %s %s", bench->name, bench->tag);
        others[i] = start_self(words);
        WaitForSingleObject(event_named("bench-ready", bench->tag), INFINITE);
    }
    measure(bench, mutex_unc_step, NULL, CreateMutexA(NULL, FALSE, named(name, "bench-mutex", bench->tag)));
    for (int i = 0; i < 3; i++)
        TerminateProcess(others[i], 0);
    WaitForMultipleObjects(3, others, TRUE, INFINITE);
}

static void mutex_4p_peer(const char *tag) {
    char name[64];
    const HANDLE mutex = CreateMutexA(NULL, FALSE, named(name, "bench-mutex", tag));

    SetEvent(event_named("bench-ready", tag));
    for (;;)
        mutex_unc_step(mutex);
}

static void create_close_step(void *context) {
    (void)context;
    CloseHandle(CreateEventA(NULL, TRUE, FALSE, NULL));
}

static void create_close_run(struct bench *bench) {
    measure(bench, create_close_step, NULL, NULL);
}

struct duplicate {
    HANDLE event, peer;
};

/* A handle into another process, and out of it again; it is closed there. */
static void duplicate_step(void *context) {
    const struct duplicate *ends = context;
    const HANDLE self = GetCurrentProcess();
    HANDLE there = NULL, back = NULL;

    DuplicateHandle(self, ends->event, ends->peer, &there, 0, FALSE, DUPLICATE_SAME_ACCESS);
    DuplicateHandle(ends->peer, there, self, &back, 0, FALSE, DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE);
    require(back != NULL, "DuplicateHandle");
    CloseHandle(back);
}

static void duplicate_run(struct bench *bench) {
    struct duplicate ends = {.event = CreateEventA(NULL, TRUE, FALSE, NULL)};

    peer_start(bench);
    ends.peer = bench->peer;
    measure(bench, duplicate_step, NULL, &ends);
}

static void duplicate_peer(const char *tag) {
    (void)tag;
    Sleep(INFINITE);
}

/* ---- completion ports, APCs, threads ---- */

struct port {
    HANDLE port, done;
    volatile LONG left;
};

/* A worker, which counts down what is taken from the port. */
static DWORD WINAPI port_worker(void *argument) {
    struct port *port = argument;
    OVERLAPPED *overlapped;
    ULONG_PTR key;
    DWORD bytes;

    while (GetQueuedCompletionStatus(port->port, &bytes, &key, &overlapped, INFINITE)) {
        if (!InterlockedDecrement(&port->left))
            SetEvent(port->done);
    }
    return 0;
}

/* As many packets as make the wait for the last one small beside them. */
static void port_4t_step(void *context) {
    struct port *port = context;

    port->left = PACKETS;
    for (int i = 0; i < PACKETS; i++)
        PostQueuedCompletionStatus(port->port, 1, 2, NULL);
    WaitForSingleObject(port->done, INFINITE);
}

static void port_4t_run(struct bench *bench) {
    struct port port = {.port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0), .done = CreateEventA(NULL, FALSE, FALSE, NULL)};

    for (int i = 0; i < 4; i++)
        CloseHandle(CreateThread(NULL, 0, port_worker, &port, 0, NULL));
    measure(bench, port_4t_step, NULL, &port);
}

struct apc_ends {
    HANDLE here, there;
    volatile LONG back;
};

static void CALLBACK apc_back(ULONG_PTR argument) {
    ((struct apc_ends *)argument)->back = 1;
}

static void CALLBACK apc_there(ULONG_PTR argument) {
    QueueUserAPC(apc_back, ((struct apc_ends *)argument)->here, argument);
}

static DWORD WINAPI apc_sleeper(void *unused) {
    (void)unused;
    while (SleepEx(INFINITE, TRUE) == WAIT_IO_COMPLETION)
        ;
    return 0;
}

static void apc_rtt_step(void *context) {
    struct apc_ends *ends = context;

    ends->back = 0;
    QueueUserAPC(apc_there, ends->there, (ULONG_PTR)ends);
    while (!ends->back)
        SleepEx(INFINITE, TRUE);
}

static void apc_rtt_run(struct bench *bench) {
    struct apc_ends ends = {.there = CreateThread(NULL, 0, apc_sleeper, NULL, 0, NULL)};

    require(DuplicateHandle(GetCurrentProcess(), GetCurrentThread(), GetCurrentProcess(), &ends.here, 0, FALSE, DUPLICATE_SAME_ACCESS),
        "DuplicateHandle");
    measure(bench, apc_rtt_step, NULL, &ends);
}

static DWORD WINAPI thread_nothing(void *unused) {
    (void)unused;
    return 0;
}

static void thread_step(void *context) {
    const HANDLE thread = CreateThread(NULL, 0, thread_nothing, NULL, 0, NULL);

    (void)context;
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
}

static void thread_run(struct bench *bench) {
    measure(bench, thread_step, NULL, NULL);
}

/* ---- processes ---- */

static void spawn_step(void *context) {
    const HANDLE process = start_self("nothing");

    (void)context;
    WaitForSingleObject(process, INFINITE);
    CloseHandle(process);
}

static void spawn_run(struct bench *bench) {
    measure(bench, spawn_step, NULL, NULL);
}

/* ---- files ---- */

#define FILE_NAMES 10000
#define FILE_NAMES_QUICK 100
#define FILE_BLOCKS 1024 /* 64 MiB */

static char file_folder[MAX_PATH];
static unsigned n_file_names;

/* A folder of its own, current. */
static void file_enter(struct bench *bench) {
    char temporary[MAX_PATH];

    GetTempPathA(sizeof temporary, temporary);
    snprintf(file_folder, sizeof file_folder, "%s\\bench-%s", temporary, bench->tag);
    n_file_names = bench->max_steps ? FILE_NAMES_QUICK : FILE_NAMES;
    require(CreateDirectoryA(file_folder, NULL) && SetCurrentDirectoryA(file_folder), "CreateDirectory");
}

static void file_leave(void) {
    SetCurrentDirectoryA("\\");
    RemoveDirectoryA(file_folder);
}

static void file_names(int make) {
    char name[32];

    for (unsigned i = 0; i < n_file_names; i++) {
        snprintf(name, sizeof name, "Name-%05u.txt", i);
        if (make)
            CloseHandle(CreateFileA(name, GENERIC_WRITE, 7, NULL, CREATE_NEW, 0, NULL));
        else
            DeleteFileA(name);
    }
}

struct file_work {
    const char *form; /* of a name */
    HANDLE file;
    char *buffer;
    unsigned i;
    BOOL write_it;
};

static void file_open_step(void *context) {
    struct file_work *work = context;
    char name[32];
    HANDLE file;

    snprintf(name, sizeof name, work->form, work->i++ * 7919 % n_file_names);
    file = CreateFileA(name, GENERIC_READ, 7, NULL, OPEN_EXISTING, 0, NULL);
    require(file != INVALID_HANDLE_VALUE, "CreateFile");
    CloseHandle(file);
}

static void file_open_all(struct bench *bench, const char *form) {
    struct file_work work = {.form = form};

    file_enter(bench);
    file_names(1);
    measure(bench, file_open_step, NULL, &work);
    file_names(0);
    file_leave();
}

static void file_open_run(struct bench *bench) {
    file_open_all(bench, "Name-%05u.txt");
}

static void file_open_case_run(struct bench *bench) {
    file_open_all(bench, "NAME-%05u.TXT");
}

static void file_list_step(void *unused) {
    WIN32_FIND_DATAA found;
    HANDLE find = FindFirstFileA("*", &found);
    unsigned n = 1;

    (void)unused;
    while (FindNextFileA(find, &found))
        n++;
    FindClose(find);
    require(n == n_file_names + 2, "FindNextFile");
}

static void file_list_run(struct bench *bench) {
    file_enter(bench);
    file_names(1);
    measure(bench, file_list_step, NULL, NULL);
    file_names(0);
    file_leave();
}

static void file_transfer_step(void *context) {
    struct file_work *work = context;
    OVERLAPPED at = {.Offset = work->i++ % FILE_BLOCKS * LARGE};
    DWORD n;

    require(work->write_it ? WriteFile(work->file, work->buffer, LARGE, &n, &at) : ReadFile(work->file, work->buffer, LARGE, &n, &at),
        "ReadFile, WriteFile");
}

static void file_transfer(struct bench *bench, BOOL write_it) {
    struct file_work work = {.buffer = calloc(1, LARGE), .write_it = TRUE};

    file_enter(bench);
    work.file = CreateFileA("data", GENERIC_READ | GENERIC_WRITE | DELETE, 0, NULL, CREATE_NEW, FILE_FLAG_DELETE_ON_CLOSE, NULL);
    for (unsigned k = 0; k < FILE_BLOCKS; k++)
        file_transfer_step(&work);
    work.write_it = write_it;
    measure(bench, file_transfer_step, NULL, &work);
    CloseHandle(work.file);
    file_leave();
}

static void file_read_run(struct bench *bench) {
    file_transfer(bench, FALSE);
}

static void file_write_run(struct bench *bench) {
    file_transfer(bench, TRUE);
}

/* ---- sections ---- */

static void map_1g_step(void *unused) {
    const HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, MAPPED, NULL);
    volatile char *view = MapViewOfFile(section, FILE_MAP_ALL_ACCESS, 0, 0, 0);

    (void)unused;
    require(view != NULL, "MapViewOfFile");
    for (size_t i = 0; i < MAPPED; i += PAGE)
        view[i] = 1;
    UnmapViewOfFile((void *)view);
    CloseHandle(section);
}

static void map_1g_run(struct bench *bench) {
    bench->warm_up = 0; /* a step may take seconds */
    bench->batch = 1;
    measure(bench, map_1g_step, NULL, NULL);
}

/* ---- the program ---- */

static const struct bench_case cases[] = {
    {"pipe_rtt", pipe_rtt_run, pipe_rtt_peer, 0},
    {"pipe_msg_rtt", pipe_msg_rtt_run, pipe_msg_rtt_peer, 0},
    {"pipe_ovl_rtt", pipe_ovl_rtt_run, pipe_ovl_rtt_peer, 0},
    {"pipe_tput", pipe_tput_run, pipe_tput_peer, LARGE},
    {"anon_tput", anon_tput_run, anon_tput_peer, LARGE},
    {"pipe_conn", pipe_conn_run, pipe_conn_peer, 0},
    {"event_pp", event_pp_run, event_peer, 0},
    {"waitany64", waitany64_run, event_peer, 0},
    {"mutex_unc", mutex_unc_run, NULL, 0},
    {"mutex_4p", mutex_4p_run, mutex_4p_peer, 0},
    {"create_close", create_close_run, NULL, 0},
    {"duplicate", duplicate_run, duplicate_peer, 0},
    {"port_4t", port_4t_run, NULL, 0},
    {"apc_rtt", apc_rtt_run, NULL, 0},
    {"thread", thread_run, NULL, 0},
    {"spawn", spawn_run, NULL, 0},
    {"map_1g", map_1g_run, NULL, 0},
    {"file_open", file_open_run, NULL, 0},
    {"file_open_case", file_open_case_run, NULL, 0},
    {"file_list", file_list_run, NULL, 0},
    {"file_read_tput", file_read_run, NULL, LARGE},
    {"file_write_tput", file_write_run, NULL, LARGE},
};

static const struct bench_case *case_named(const char *name) {
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (!strcmp(cases[i].name, name))
            return &cases[i];
    }
    fprintf(stderr, "no case %s\n", name);
    ExitProcess(2);
}

static void report(const struct bench *bench, size_t step_bytes) {
    if (step_bytes)
        printf("%s\t%.3f\tMB/s\t%lu\n", bench->name, (double)step_bytes * bench->steps / bench->seconds / 1e6, bench->steps);
    else
        printf("%s\t%.3f\tus\t%lu\n", bench->name, bench->seconds * 1e6 / bench->steps, bench->steps);
}

int main(int argc, char **argv) {
    struct bench bench = {.name = argc > 1 ? argv[1] : "", .ms = argc > 2 ? (DWORD)atoi(argv[2]) : 500,
        .max_steps = argc > 3 ? (DWORD)atoi(argv[3]) : 0};
    const struct bench_case *chosen;

    if (!strcmp(bench.name, "nothing"))
        return 0;
    if (!strcmp(bench.name, "sleep")) {
        puts("ready");
        fflush(stdout);
        Sleep(INFINITE);
    }
    if (!strcmp(bench.name, "peer") && argc == 4) {
        case_named(argv[2])->peer(argv[3]);
        return 0;
    }
    bench.warm_up = WARM_UP_STEPS;
    bench.batch = bench.ms < 100 ? 1 : BATCH;
    chosen = case_named(bench.name);
    snprintf(bench.tag, sizeof bench.tag, "%lu", GetCurrentProcessId());
    chosen->run(&bench);
    if (bench.peer)
        peer_end(&bench);
    report(&bench, chosen->step_bytes);
    return 0;
}
