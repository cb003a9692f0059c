/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* idle_waiters N: N threads wait; prints "waiting" when all are about to, and ends when its input ends. */
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>

static HANDLE never;
static volatile LONG started;

static DWORD WINAPI wait_long(void *all_started) {
    if (InterlockedDecrement(&started) == 0)
        SetEvent(all_started);
    return WaitForSingleObject(never, INFINITE);
}

int main(int argc, char **argv) {
    const int n = argc > 1 ? atoi(argv[1]) : 1;
    HANDLE all_started = CreateEventA(NULL, TRUE, FALSE, NULL);

    never = CreateEventA(NULL, TRUE, FALSE, NULL);
    started = n;
    for (int i = 0; i < n; i++)
        CreateThread(NULL, 0, wait_long, all_started, 0, NULL);
    WaitForSingleObject(all_started, INFINITE);
    puts("waiting");
    fflush(stdout);
    getchar();
    return 0;
}
