/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* names N: makes N named events and keeps them.  Prints how long an open takes without them and with them, in ns; then, on a line from stdin
 * each: closes them, and ends. */
#include <windows.h>

#include <stdio.h>
#include <stdlib.h>

#define OPENS 2000

static long long now_ns(void) {
    LARGE_INTEGER now, frequency;

    QueryPerformanceCounter(&now);
    QueryPerformanceFrequency(&frequency);
    return now.QuadPart * 1000000000 / frequency.QuadPart;
}

static int by_time(const void *a, const void *b) {
    const long long first = *(const long long *)a, second = *(const long long *)b;

    return first < second ? -1 : first > second;
}

/* The median: what else runs on the machine does not count. */
static long long open_ns(const char *name) {
    static long long times[OPENS];

    for (int i = 0; i < OPENS; i++) {
        const long long began = now_ns();
        HANDLE event = OpenEventA(SYNCHRONIZE, FALSE, name);

        times[i] = now_ns() - began;
        if (!event)
            exit(1);
        CloseHandle(event);
    }
    qsort(times, OPENS, sizeof times[0], by_time);
    return times[OPENS / 2];
}

static void wait_line(void) {
    char line[16];

    fflush(stdout);
    if (!fgets(line, sizeof line, stdin))
        exit(1);
}

int main(int argc, char **argv) {
    const int n = argc > 1 ? atoi(argv[1]) : 1000;
    HANDLE *events = calloc((size_t)n, sizeof *events);
    long long empty, full;
    char name[64];

    if (!events || !CreateEventA(NULL, TRUE, FALSE, "names-first"))
        return 1;
    empty = open_ns("names-first");
    printf("ready\n");
    wait_line();
    for (int i = 0; i < n; i++) {
        snprintf(name, sizeof name, "object-%06d", i);
        SetLastError(0);
        events[i] = CreateEventA(NULL, TRUE, FALSE, name);
        if (!events[i] || GetLastError()) {
            printf("object %d: error %u\n", i, (unsigned)GetLastError());
            return 1;
        }
    }
    snprintf(name, sizeof name, "object-%06d", n / 2);
    full = open_ns(name);
    printf("made %lld %lld\n", empty, full);
    wait_line();
    for (int i = 0; i < n; i++) {
        snprintf(name, sizeof name, "object-%06d", i);
        if (!CloseHandle(events[i]))
            return 1;
        if (i % 1000 == 0 && (OpenEventA(SYNCHRONIZE, FALSE, name) || GetLastError() != ERROR_FILE_NOT_FOUND))
            return 1;
    }
    printf("closed\n");
    wait_line();
    return 0;
}
