/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Waits for console control events: 'handle' handles and prints the first one, 'plain' leaves them to Windows. */
#include <windows.h>
#include <stdio.h>

static HANDLE arrived;
static DWORD event_type;

static BOOL WINAPI on_control(DWORD type) {
    event_type = type;
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
    printf("event %lu\n", event_type);
    return 0;
}
