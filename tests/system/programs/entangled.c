/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Programs that wait for each other, for whoever looks at them:
 *
 *     entangled mutex 1|2     two of these: each owns a mutex and wants the other's
 *     entangled writer        writes more into a pipe than goes in, to
 *     entangled reader        who waits for an event that the writer would set afterwards
 */
#include <windows.h>
#include <stdio.h>
#include <string.h>

static HANDLE event_of(const char *name) {
    return CreateEventA(NULL, TRUE, FALSE, name);
}

static int mutexes(int mine) {
    const char *names[2] = {"entangled-1", "entangled-2"};
    HANDLE own = CreateMutexA(NULL, TRUE, names[mine]), both[2] = {event_of("owned-1"), event_of("owned-2")};

    SetEvent(both[mine]);
    WaitForMultipleObjects(2, both, TRUE, INFINITE);
    WaitForSingleObject(CreateMutexA(NULL, FALSE, names[!mine]), INFINITE);
    ReleaseMutex(own);
    return 1;
}

static int writer(void) {
    static char much[1 << 20];
    HANDLE pipe =
        CreateNamedPipeA("\\\\.\\pipe\\entangled", PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 1, 4096, 4096, 0, NULL);
    const HANDLE written = event_of("written");
    DWORD moved;

    if (pipe == INVALID_HANDLE_VALUE)
        return 2;
    SetEvent(event_of("there"));
    ConnectNamedPipe(pipe, NULL);
    WriteFile(pipe, much, sizeof much, &moved, NULL);
    SetEvent(written);
    return 1;
}

static int reader(void) {
    HANDLE pipe;

    WaitForSingleObject(event_of("there"), INFINITE);
    pipe = CreateFileA("\\\\.\\pipe\\entangled", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    if (pipe == INVALID_HANDLE_VALUE)
        return 2;
    WaitForSingleObject(event_of("written"), INFINITE);
    return 1;
}

int main(int argc, char **argv) {
    if (argc == 3 && !strcmp(argv[1], "mutex"))
        return mutexes(argv[2][0] == '2');
    if (argc == 2 && !strcmp(argv[1], "writer"))
        return writer();
    if (argc == 2 && !strcmp(argv[1], "reader"))
        return reader();
    return 3;
}
