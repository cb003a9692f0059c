/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Threads of C programs: _beginthreadex, thread-local variables, critical sections, events. */
#include <process.h>
#include <stdio.h>
#include <windows.h>

#define COUNT 8

static __thread int own = 5;
static CRITICAL_SECTION section;
static int sum;

static unsigned __stdcall work(void *param) {
    const int number = (int)(INT_PTR)param;

    own += number;
    for (int i = 0; i < 1000; i++) {
        EnterCriticalSection(&section);
        sum += own;
        LeaveCriticalSection(&section);
    }
    if (number % 2)
        _endthreadex((unsigned)own);
    return (unsigned)own;
}

int main(void) {
    HANDLE threads[COUNT];
    DWORD code, total = 0;

    InitializeCriticalSection(&section);
    for (int i = 0; i < COUNT; i++)
        threads[i] = (HANDLE)_beginthreadex(NULL, 0, work, (void *)(INT_PTR)i, 0, NULL);
    WaitForMultipleObjects(COUNT, threads, TRUE, INFINITE);
    for (int i = 0; i < COUNT; i++) {
        GetExitCodeThread(threads[i], &code);
        total += code;
        CloseHandle(threads[i]);
    }
    printf("sum %d, codes %lu, own %d\n", sum, total, own);
    return 3;
}
