/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A session under load, for tests that kill or stop something of it.
 *
 *   load keep N SEED     starts N workers, waits for all, looks whether names and counts are right at the end
 *   load work I N SEED   (by keep) opens, creates, waits, pipe traffic, until told to stop
 *   load brief SEED      a few of the same, by a process that has just begun
 *   load stop            tells all to end
 *   load ask             answers each line on stdin with "answer", after a create, an open and a close
 *   load own I           works with names of its own alone, until told to stop
 *   load hold | process PID | mutex | read   one process that holds, and three that sleep until it dies
 *
 * Whatever is not as it must be goes to stdout as "wrong: …", and the program ends with 1.
 */
#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stress.h"

#define TOKENS 5
#define LIMIT_MS 60000 /* whatever takes longer hangs */
#define MESSAGE_MAX 3000
#define CONNECTION_MESSAGES 8

/* ---- how long things take ---- */

static LONG worst_us;

static LONGLONG now_us(void) {
    LARGE_INTEGER now, frequency;

    QueryPerformanceCounter(&now);
    QueryPerformanceFrequency(&frequency);
    return now.QuadPart * 1000000 / frequency.QuadPart;
}

static void took(LONGLONG since_us) {
    const LONG us = (LONG)(now_us() - since_us);

    for (LONG old = worst_us; us > old && InterlockedCompareExchange(&worst_us, us, old) != old; old = worst_us)
        ;
}

/* ---- names ---- */

static void name_round(unsigned *seed, const char *owner) {
    const LONGLONG began = now_us();
    char name[64];
    HANDLE first, second;

    snprintf(name, sizeof name, "load-%s-%u", owner, chance(seed, 1000));
    SetLastError(0);
    first = chance(seed, 2) ? CreateEventA(NULL, TRUE, FALSE, name) : CreateEventA(NULL, FALSE, FALSE, name);
    REQUIRE(first && GetLastError() == ERROR_SUCCESS);
    second = OpenEventA(EVENT_MODIFY_STATE, FALSE, name);
    REQUIRE(second);
    REQUIRE(!CreateMutexA(NULL, FALSE, name) && GetLastError() == ERROR_INVALID_HANDLE);
    REQUIRE(SetEvent(second) && WaitForSingleObject(first, 0) == WAIT_OBJECT_0);
    REQUIRE(CloseHandle(first) && CloseHandle(second));
    REQUIRE(!OpenEventA(SYNCHRONIZE, FALSE, name) && GetLastError() == ERROR_FILE_NOT_FOUND);
    took(began);
}

/* A name that all make and all close: it exists, or it does not, and never are there two. */
static void common_round(void) {
    const LONGLONG began = now_us();
    HANDLE mutex = CreateMutexA(NULL, FALSE, "load-common"), again;

    REQUIRE(mutex);
    again = OpenMutexA(MUTEX_ALL_ACCESS, FALSE, "load-common");
    REQUIRE(again);
    REQUIRE(WaitForSingleObject(mutex, LIMIT_MS) == WAIT_OBJECT_0);
    REQUIRE(WaitForSingleObject(again, 0) == WAIT_OBJECT_0);
    REQUIRE(ReleaseMutex(mutex) && ReleaseMutex(again));
    REQUIRE(!ReleaseMutex(again) && GetLastError() == ERROR_NOT_OWNER);
    REQUIRE(CloseHandle(mutex) && CloseHandle(again));
    took(began);
}

static void token_round(void) {
    HANDLE tokens = OpenSemaphoreA(SEMAPHORE_ALL_ACCESS, FALSE, "load-tokens");

    REQUIRE(tokens);
    REQUIRE(WaitForSingleObject(tokens, LIMIT_MS) == WAIT_OBJECT_0);
    REQUIRE(ReleaseSemaphore(tokens, 1, NULL));
    REQUIRE(CloseHandle(tokens));
}

/* ---- pipes: each worker serves one name, and calls the others ---- */

static LONG served, called;
static HANDLE stop;

static BOOL stopped(void) {
    return WaitForSingleObject(stop, 0) == WAIT_OBJECT_0;
}

/* Echoes one connection. */
static void pipe_serve_one(HANDLE pipe) {
    char message[MESSAGE_MAX];
    DWORD size, written;
    unsigned n = 0;

    while (ReadFile(pipe, message, sizeof message, &size, NULL)) {
        REQUIRE(WriteFile(pipe, message, size, &written, NULL) && written == size);
        n++;
    }
    REQUIRE(GetLastError() == ERROR_BROKEN_PIPE);
    REQUIRE(n == CONNECTION_MESSAGES || n == 0); /* 0: the last call, which asks for the end */
    if (n)
        InterlockedIncrement(&served);
}

static DWORD WINAPI pipe_serve(void *argument) {
    char name[64];

    snprintf(name, sizeof name, "\\\\.\\pipe\\load-%d", (int)(INT_PTR)argument);
    while (!stopped()) {
        HANDLE pipe = CreateNamedPipeA(
            name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 2, 4096, 4096, 0, NULL);

        REQUIRE(pipe != INVALID_HANDLE_VALUE);
        for (int i = 0; i < 4 && !stopped(); i++) {
            REQUIRE(ConnectNamedPipe(pipe, NULL) || GetLastError() == ERROR_PIPE_CONNECTED);
            pipe_serve_one(pipe);
            REQUIRE(DisconnectNamedPipe(pipe));
        }
        REQUIRE(CloseHandle(pipe));
    }
    return 0;
}

/* Return: the client's end, or NULL once there is no such pipe and we are to stop. */
static HANDLE pipe_open(int worker) {
    const LONGLONG began = now_us();
    char name[64];
    HANDLE pipe;

    snprintf(name, sizeof name, "\\\\.\\pipe\\load-%d", worker);
    for (;;) {
        pipe = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
        if (pipe != INVALID_HANDLE_VALUE)
            return pipe;
        REQUIRE(GetLastError() == ERROR_PIPE_BUSY || GetLastError() == ERROR_FILE_NOT_FOUND);
        if (GetLastError() == ERROR_FILE_NOT_FOUND && stopped())
            return NULL;
        if (!WaitNamedPipeA(name, 1000))
            REQUIRE(GetLastError() == ERROR_SEM_TIMEOUT || GetLastError() == ERROR_FILE_NOT_FOUND);
        REQUIRE(now_us() - began < LIMIT_MS * 1000ll);
    }
}

static void pipe_call(unsigned *seed, int worker) {
    char message[MESSAGE_MAX], answer[MESSAGE_MAX];
    DWORD mode = PIPE_READMODE_MESSAGE, size, n, answered;
    HANDLE pipe = pipe_open(worker);

    if (!pipe)
        return;
    REQUIRE(SetNamedPipeHandleState(pipe, &mode, NULL, NULL));
    for (int i = 0; i < CONNECTION_MESSAGES; i++) {
        size = 1 + chance(seed, MESSAGE_MAX);
        for (DWORD b = 0; b < size; b++)
            message[b] = (char)(b * 7 + size + (DWORD)i);
        if (!WriteFile(pipe, message, size, &n, NULL) || !ReadFile(pipe, answer, sizeof answer, &answered, NULL)) {
            /* who is told to stop closes an instance that nobody has served yet */
            REQUIRE((GetLastError() == ERROR_BROKEN_PIPE || GetLastError() == ERROR_NO_DATA) && i == 0 && stopped());
            CloseHandle(pipe);
            return;
        }
        REQUIRE(n == size && answered == size && !memcmp(message, answer, size));
    }
    REQUIRE(CloseHandle(pipe));
    InterlockedIncrement(&called);
}

/* ---- the roles ---- */

static int work(int me, int n, unsigned seed) {
    char owner[32];
    HANDLE server, last;
    LONG rounds = 0;

    seed += (unsigned)me * 7919;
    snprintf(owner, sizeof owner, "%d", me);
    stop = OpenEventA(SYNCHRONIZE, FALSE, "load-stop");
    REQUIRE(stop);
    server = CreateThread(NULL, 0, pipe_serve, (void *)(INT_PTR)me, 0, NULL);
    REQUIRE(server);
    for (; !stopped(); rounds++) {
        switch (chance(&seed, 4)) {
        case 0: name_round(&seed, owner); break;
        case 1: common_round(); break;
        case 2: token_round(); break;
        default: pipe_call(&seed, (int)chance(&seed, (unsigned)n)); break;
        }
    }
    /* the server thread waits in ConnectNamedPipe, perhaps: call it a last time, as often as it takes */
    while (WaitForSingleObject(server, 1) == WAIT_TIMEOUT) {
        last = pipe_open(me);
        if (last)
            CloseHandle(last);
    }
    printf("worked %d rounds, %d served, %d called, %d us\n", (int)rounds, (int)served, (int)called, (int)worst_us);
    return 0;
}

static void start(HANDLE *process, const char *program, int i, int n, const char *seed) {
    STARTUPINFOA startup = {.cb = sizeof startup};
    PROCESS_INFORMATION info;
    char line[512];

    snprintf(line, sizeof line, "\"%s\" work %d %d %s", program, i, n, seed);
    REQUIRE(CreateProcessA(NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &info));
    CloseHandle(info.hThread);
    *process = info.hProcess;
}

static int keep(int n, const char *seed) {
    HANDLE process[MAXIMUM_WAIT_OBJECTS], tokens = CreateSemaphoreA(NULL, TOKENS, TOKENS, "load-tokens");
    char program[MAX_PATH];
    DWORD code;

    stop = CreateEventA(NULL, TRUE, FALSE, "load-stop");
    REQUIRE(stop && tokens && GetLastError() == ERROR_SUCCESS && n <= MAXIMUM_WAIT_OBJECTS);
    GetModuleFileNameA(NULL, program, sizeof program);
    for (int i = 0; i < n; i++)
        start(&process[i], program, i, n, seed);
    printf("ready\n");
    fflush(stdout);
    REQUIRE(WaitForSingleObject(stop, INFINITE) == WAIT_OBJECT_0);
    REQUIRE(WaitForMultipleObjects((DWORD)n, process, TRUE, LIMIT_MS) == WAIT_OBJECT_0);
    for (int i = 0; i < n; i++) {
        REQUIRE(GetExitCodeProcess(process[i], &code));
        if (code)
            printf("worker %d, process %u, ended with 0x%08x\n", i, (unsigned)GetProcessId(process[i]), (unsigned)code);
        REQUIRE(code == 0);
        CloseHandle(process[i]);
    }
    for (int i = 0; i < TOKENS; i++)
        REQUIRE(WaitForSingleObject(tokens, 0) == WAIT_OBJECT_0);
    REQUIRE(WaitForSingleObject(tokens, 0) == WAIT_TIMEOUT);
    REQUIRE(!OpenMutexA(SYNCHRONIZE, FALSE, "load-common") && GetLastError() == ERROR_FILE_NOT_FOUND);
    for (int i = 0; i < n; i++) {
        char name[64];

        snprintf(name, sizeof name, "\\\\.\\pipe\\load-%d", i);
        REQUIRE(!WaitNamedPipeA(name, 1) && GetLastError() == ERROR_FILE_NOT_FOUND);
    }
    printf("right\n");
    return 0;
}

static int brief(unsigned seed) {
    char owner[32];

    snprintf(owner, sizeof owner, "brief%u", (unsigned)GetCurrentProcessId());
    for (int i = 0; i < 3; i++) {
        name_round(&seed, owner);
        common_round();
        token_round();
    }
    return 0;
}

static int ask(void) {
    unsigned seed = 1;
    char line[64];

    while (fgets(line, sizeof line, stdin)) {
        name_round(&seed, "ask");
        printf("answer\n");
        fflush(stdout);
    }
    return 0;
}

static int own(const char *owner) {
    unsigned seed = 1;
    LONG rounds = 0;

    stop = OpenEventA(SYNCHRONIZE, FALSE, "load-stop");
    REQUIRE(stop);
    for (; !stopped(); rounds++)
        name_round(&seed, owner);
    printf("worked %d rounds, 0 served, 0 called, %d us\n", (int)rounds, (int)worst_us);
    return 0;
}

/* ---- one dies while all sleep ---- */

static void say(const char *what) {
    printf("%s\n", what);
    fflush(stdout);
}

static int hold(void) {
    HANDLE mutex = CreateMutexA(NULL, TRUE, "load-held"), pipe;

    pipe = CreateNamedPipeA("\\\\.\\pipe\\load-held", PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 1, 0, 0, 0, NULL);
    REQUIRE(mutex && pipe != INVALID_HANDLE_VALUE);
    printf("%u\n", (unsigned)GetCurrentProcessId());
    fflush(stdout);
    REQUIRE(ConnectNamedPipe(pipe, NULL) || GetLastError() == ERROR_PIPE_CONNECTED);
    Sleep(INFINITE);
    return 0;
}

static int wait_process(DWORD pid) {
    HANDLE process = OpenProcess(SYNCHRONIZE, FALSE, pid);

    REQUIRE(process);
    say("waiting");
    REQUIRE(WaitForSingleObject(process, INFINITE) == WAIT_OBJECT_0);
    say("told");
    return 0;
}

static int wait_mutex(void) {
    HANDLE mutex = OpenMutexA(SYNCHRONIZE | MUTEX_MODIFY_STATE, FALSE, "load-held");

    REQUIRE(mutex);
    say("waiting");
    REQUIRE(WaitForSingleObject(mutex, INFINITE) == WAIT_ABANDONED);
    REQUIRE(ReleaseMutex(mutex));
    say("told");
    return 0;
}

static int wait_pipe(void) {
    HANDLE pipe = CreateFileA("\\\\.\\pipe\\load-held", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    DWORD n;
    char byte;

    REQUIRE(pipe != INVALID_HANDLE_VALUE);
    say("waiting");
    REQUIRE(!ReadFile(pipe, &byte, 1, &n, NULL) && GetLastError() == ERROR_BROKEN_PIPE);
    say("told");
    return 0;
}

int main(int argc, char **argv) {
    const char *role = argc > 1 ? argv[1] : "", *first = argc > 2 ? argv[2] : "1";

    if (!strcmp(role, "keep"))
        return keep(atoi(first), argc > 3 ? argv[3] : "1");
    if (!strcmp(role, "work"))
        return work(atoi(first), atoi(argv[3]), (unsigned)atoi(argv[4]));
    if (!strcmp(role, "brief"))
        return brief((unsigned)atoi(first));
    if (!strcmp(role, "ask"))
        return ask();
    if (!strcmp(role, "own"))
        return own(first);
    if (!strcmp(role, "hold"))
        return hold();
    if (!strcmp(role, "process"))
        return wait_process((DWORD)atoi(first));
    if (!strcmp(role, "mutex"))
        return wait_mutex();
    if (!strcmp(role, "read"))
        return wait_pipe();
    if (strcmp(role, "stop"))
        return 2;
    stop = OpenEventA(EVENT_MODIFY_STATE, FALSE, "load-stop");
    REQUIRE(stop && SetEvent(stop));
    return 0;
}
