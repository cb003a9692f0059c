/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * jobs: a job with two members that wait, one inside a nested job, and, where LINUX-PROGRAM is given, that one as a third.  Prints the ids of
 * the members; after each line of input what is in the job; at the end of input closes the job, which kills them, and prints their ends.
 */
#define _WIN32_WINNT 0x0A00
#include <windows.h>
#include <stdio.h>
#include <string.h>

#define MEMBERS 3

static HANDLE outer, inner, members[MEMBERS];
static int n_members;

static void fail(const char *what) {
    printf("wrong: %s, error %lu\n", what, GetLastError());
    fflush(stdout);
    ExitProcess(1);
}

static void start(HANDLE job, char *command) {
    STARTUPINFOA info = {.cb = sizeof info};
    PROCESS_INFORMATION made;

    if (!CreateProcessA(NULL, command, NULL, NULL, FALSE, CREATE_SUSPENDED, NULL, NULL, &info, &made))
        fail("CreateProcess");
    if (!AssignProcessToJobObject(job, made.hProcess))
        fail("AssignProcessToJobObject");
    ResumeThread(made.hThread);
    members[n_members++] = made.hProcess;
    printf("%lu ", made.dwProcessId);
}

static void tell(void) {
    JOBOBJECT_BASIC_ACCOUNTING_INFORMATION info;
    BOOL in_outer, in_inner;

    if (!QueryInformationJobObject(outer, JobObjectBasicAccountingInformation, &info, sizeof info, NULL))
        fail("QueryInformationJobObject");
    printf("active %lu total %lu", info.ActiveProcesses, info.TotalProcesses);
    for (int i = 0; i < n_members; i++) {
        if (!IsProcessInJob(members[i], outer, &in_outer) || !IsProcessInJob(members[i], inner, &in_inner))
            fail("IsProcessInJob");
        printf(" %d%d", in_outer, in_inner);
    }
    printf("\n");
    fflush(stdout);
}

int main(int argc, char **argv) {
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE};
    char command[MAX_PATH + 16], line[64];
    DWORD code;

    if (argc > 1 && !strcmp(argv[1], "wait"))
        Sleep(INFINITE);
    outer = CreateJobObjectA(NULL, NULL);
    inner = CreateJobObjectA(NULL, NULL);
    if (!SetInformationJobObject(outer, JobObjectExtendedLimitInformation, &limits, sizeof limits))
        fail("SetInformationJobObject");
    snprintf(command, sizeof command, "\"%s\" wait", argv[0]);
    start(outer, command);
    start(outer, command);
    if (!AssignProcessToJobObject(inner, members[1]))
        fail("nesting");
    if (argc > 1)
        start(outer, argv[1]);
    printf("\n");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin))
        tell();
    CloseHandle(outer);
    CloseHandle(inner);
    printf("closed\n");
    fflush(stdout);
    for (int i = 0; i < n_members; i++) {
        if (WaitForSingleObject(members[i], 10000) || !GetExitCodeProcess(members[i], &code))
            fail("a member lives on");
        printf("%lu ", code);
    }
    printf("\n");
    return 0;
}
