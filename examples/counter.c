/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Counts in shared memory, and tells by an event that it has.  counter_watch, a Linux program that knows nothing of
 * Windows, looks on.
 *
 *     counter [COUNT [PAUSE_MS]]
 *
 * Plain Windows C.
 */
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is in the section, for both programs. */
struct counter {
    LONG count;
    char text[60];
};

static int fail(const char *what) {
    fprintf(stderr, "counter: %s: error %u\n", what, (unsigned)GetLastError());
    return 1;
}

int main(int argc, char **argv) {
    const int count = argc > 1 ? atoi(argv[1]) : 5, pause_ms = argc > 2 ? atoi(argv[2]) : 200;
    HANDLE section =
        CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, sizeof(struct counter), "winipc-counter");
    HANDLE changed = CreateEventA(NULL, FALSE, FALSE, "winipc-counter-changed");
    HANDLE mutex = CreateMutexA(NULL, FALSE, "winipc-counter-mutex");
    struct counter *counter = section ? MapViewOfFile(section, FILE_MAP_ALL_ACCESS, 0, 0, 0) : NULL;

    if (!counter || !changed || !mutex)
        return fail("making the objects");
    for (int i = 0; i < count; i++) {
        WaitForSingleObject(mutex, INFINITE);
        counter->count++;
        snprintf(counter->text, sizeof counter->text, "counted by process %u", (unsigned)GetCurrentProcessId());
        ReleaseMutex(mutex);
        SetEvent(changed);
        Sleep(pause_ms);
    }
    printf("counted to %d\n", (int)counter->count);
    return 0;
}
