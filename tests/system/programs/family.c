/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * family: children that wait, and who ends with whom.
 *
 *     family wait                      waits for ever
 *     family hold NUMBER COMMAND…      starts NUMBER children in a job that kills on close, the commands in turn; prints their ids; at the
 *                                      end of input closes the job and prints how many ms it took until all had ended
 *     family leave FLAGS COMMAND       starts one child that inherits nothing, with those creation flags, prints its id and ends
 *     family pipe FLAGS COMMAND        starts `family leave FLAGS COMMAND` with an output pipe, which it reads to its end; prints the id
 *                                      that it read and the error at the end
 */
#define _WIN32_WINNT 0x0A00
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static HANDLE members[MAXIMUM_WAIT_OBJECTS];

static void fail(const char *what) {
    printf("wrong: %s, error %u\n", what, (unsigned)GetLastError());
    fflush(stdout);
    ExitProcess(1);
}

static PROCESS_INFORMATION start(char *command, DWORD flags, HANDLE output) {
    STARTUPINFOA info = {.cb = sizeof info};
    PROCESS_INFORMATION made;

    if (output) {
        info.dwFlags = STARTF_USESTDHANDLES;
        info.hStdOutput = output;
    }
    if (!CreateProcessA(NULL, command, NULL, NULL, output != NULL, flags, NULL, NULL, &info, &made))
        fail(command);
    return made;
}

static HANDLE make_job(void) {
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE};
    const HANDLE job = CreateJobObjectA(NULL, NULL);

    if (!SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits))
        fail("SetInformationJobObject");
    return job;
}

static int hold(int n, char **commands, int n_commands) {
    const HANDLE job = make_job();
    LARGE_INTEGER begin, end, frequency;

    for (int i = 0; i < n; i++) {
        const PROCESS_INFORMATION made = start(commands[i % n_commands], CREATE_SUSPENDED, NULL);

        if (!AssignProcessToJobObject(job, made.hProcess))
            fail("AssignProcessToJobObject");
        ResumeThread(made.hThread);
        CloseHandle(made.hThread);
        members[i] = made.hProcess;
        printf("%u ", (unsigned)made.dwProcessId);
    }
    printf("\n");
    fflush(stdout);
    while (getchar() != EOF)
        ;
    QueryPerformanceFrequency(&frequency);
    QueryPerformanceCounter(&begin);
    CloseHandle(job);
    if (WaitForMultipleObjects((DWORD)n, members, TRUE, 30000))
        fail("a member lives on");
    QueryPerformanceCounter(&end);
    printf("%.1f\n", 1000.0 * (double)(end.QuadPart - begin.QuadPart) / (double)frequency.QuadPart);
    return 0;
}

static int leave(DWORD flags, char *command) {
    printf("%u\n", (unsigned)start(command, flags, NULL).dwProcessId);
    return 0;
}

static int read_of_child(const char *self, const char *flags, const char *command) {
    SECURITY_ATTRIBUTES inheritable = {sizeof inheritable, NULL, TRUE};
    char words[4 * MAX_PATH], text[64];
    HANDLE reader, writer;
    DWORD n, len = 0;

    if (!CreatePipe(&reader, &writer, &inheritable, 0))
        fail("CreatePipe");
    SetHandleInformation(reader, HANDLE_FLAG_INHERIT, 0);
    snprintf(words, sizeof words, "\"%s\" leave %s \"%s\"", self, flags, command);
    start(words, 0, writer);
    CloseHandle(writer);
    while (len < sizeof text - 1 && ReadFile(reader, text + len, sizeof text - 1 - len, &n, NULL))
        len += n;
    text[len] = 0;
    printf("%d %u\n", atoi(text), (unsigned)GetLastError());
    return 0;
}

int main(int argc, char **argv) {
    const char *what = argc > 1 ? argv[1] : "";

    if (!strcmp(what, "wait"))
        Sleep(INFINITE);
    if (!strcmp(what, "hold") && argc > 3)
        return hold(atoi(argv[2]), argv + 3, argc - 3);
    if (!strcmp(what, "leave") && argc > 3)
        return leave(strtoul(argv[2], NULL, 0), argv[3]);
    if (!strcmp(what, "pipe") && argc > 3)
        return read_of_child(argv[0], argv[2], argv[3]);
    return 2;
}
