/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Waits for a console control event: 'handle' handles it and prints which one, 'plain' leaves it to Windows. */
#include <windows.h>
#include <stdio.h>
#include <string.h>

static HANDLE arrived;

static BOOL WINAPI on_control(DWORD type) {
    printf("event %u\n", (unsigned)type);
    fflush(stdout);
    if (type != CTRL_CLOSE_EVENT) /* which ends the process whatever we answer */
        SetEvent(arrived);
    return TRUE;
}

int main(int argc, char **argv) {
    arrived = CreateEventA(NULL, TRUE, FALSE, NULL);
    if (argc > 1 && !strcmp(argv[1], "handle") && !SetConsoleCtrlHandler(on_control, TRUE))
        return 2;
    printf("ready\n");
    fflush(stdout);
    WaitForSingleObject(arrived, INFINITE);
    return 0;
}
