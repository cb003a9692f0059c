/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* orphan_timer: a periodic timer whose setter, another process, ends at once.  Counts it to 3 after each line of input. */
#include <windows.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv) {
    HANDLE timer = CreateWaitableTimerA(NULL, FALSE, "orphan-timer");
    LARGE_INTEGER due = {.QuadPart = -500000};
    char command[MAX_PATH + 16], line[64];
    STARTUPINFOA info = {.cb = sizeof info};
    PROCESS_INFORMATION made;

    if (argc > 1)
        return !SetWaitableTimer(timer, &due, 50, NULL, NULL, FALSE);
    snprintf(command, sizeof command, "\"%s\" set", argv[0]);
    if (!timer || !CreateProcessA(NULL, command, NULL, NULL, FALSE, 0, NULL, NULL, &info, &made))
        return 1;
    WaitForSingleObject(made.hProcess, INFINITE);
    printf("set\n");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin)) {
        for (int i = 0; i < 3; i++) {
            if (WaitForSingleObject(timer, 10000)) {
                printf("wrong: it does not come\n");
                return 1;
            }
        }
        printf("came\n");
        fflush(stdout);
    }
    return 0;
}
