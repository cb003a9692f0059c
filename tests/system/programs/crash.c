/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* crash HOW: ends by an exception that nobody handles; its functions are the frames that the report on stderr has to name. */
#include <windows.h>
#include <process.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#pragma GCC optimize("no-optimize-sibling-calls") /* each function a frame */
#define NOINLINE __attribute__((noinline))

static volatile int *volatile nowhere;
static volatile int depth;

static NOINLINE int crash_here(void) {
    return *nowhere + depth;
}

/* A callback that our qsort calls. */
static NOINLINE int compare_and_crash(const void *a, const void *b) {
    return crash_here() + *(const int *)a - *(const int *)b;
}

static NOINLINE int sort_numbers(void) {
    int numbers[] = {3, 1, 2};

    qsort(numbers, 3, sizeof *numbers, compare_and_crash);
    return numbers[0];
}

static NOINLINE int recurse_for_ever(int n) {
    volatile char room[512];

    room[n % 512] = (char)n;
    depth = n;
    return depth < 0 ? 0 : recurse_for_ever(n + 1) + room[n % 512];
}

static NOINLINE int raise_own(void) {
    RaiseException(0xe0001234, 0, 0, NULL);
    return 0;
}

static unsigned __stdcall thread_crash(void *argument) {
    (void)argument;
    return (unsigned)crash_here();
}

static NOINLINE int crash_in_thread(void) {
    const HANDLE thread = (HANDLE)_beginthreadex(NULL, 0, thread_crash, NULL, 0, NULL);

    return thread ? (int)WaitForSingleObject(thread, INFINITE) : 99;
}

static NOINLINE int call_nowhere(void) {
    int (*volatile function)(void) = NULL;

    return function() + depth;
}

static NOINLINE int sleep_here(void) {
    puts("asleep");
    fflush(stdout);
    Sleep(INFINITE);
    return 0;
}

int main(int argc, char **argv) {
    static const struct {
        const char *name;
        int (*function)(void);
    } ways[] = {{"callback", sort_numbers}, {"raise", raise_own}, {"thread", crash_in_thread}, {"call", call_nowhere}, {"sleep", sleep_here}};

    for (size_t i = 0; argc > 1 && i < sizeof ways / sizeof *ways; i++) {
        if (!strcmp(argv[1], ways[i].name))
            return ways[i].function();
    }
    return argc > 1 && !strcmp(argv[1], "overflow") ? recurse_for_ever(0) : 99;
}
