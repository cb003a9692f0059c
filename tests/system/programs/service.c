/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A service, and what installs, starts, controls and removes it: service run|install|start|control|state|remove NAME
 * [CODE].  Installed with die, its ServiceMain ends the process at once; with stubborn, it does not heed the stop. */
#include <windows.h>
#include <winsvc.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static SERVICE_STATUS_HANDLE handle;
static SERVICE_STATUS status = {
    SERVICE_WIN32_OWN_PROCESS, SERVICE_RUNNING, SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_PAUSE_CONTINUE, 0, 0, 0, 0};

static BOOL is_stubborn, dies;

static void WINAPI handler(DWORD control) {
    if (control == SERVICE_CONTROL_STOP && !is_stubborn)
        status.dwCurrentState = SERVICE_STOPPED;
    if (control == SERVICE_CONTROL_PAUSE)
        status.dwCurrentState = SERVICE_PAUSED;
    if (control == SERVICE_CONTROL_CONTINUE)
        status.dwCurrentState = SERVICE_RUNNING;
    SetServiceStatus(handle, &status);
}

static void WINAPI service_main(DWORD argc, char **argv) {
    (void)argc;
    if (dies)
        ExitProcess(33);
    handle = RegisterServiceCtrlHandlerA(argv[0], handler);
    SetServiceStatus(handle, &status);
}

static int fail(const char *what) {
    printf("%s: error %u\n", what, (unsigned)GetLastError());
    return 1;
}

static int run(char *name) {
    const SERVICE_TABLE_ENTRYA table[] = {{name, service_main}, {NULL, NULL}};

    return StartServiceCtrlDispatcherA(table) ? 0 : fail("dispatcher");
}

static int install(SC_HANDLE manager, const char *name, const char *verb) {
    char program[MAX_PATH], command[MAX_PATH + 64];

    GetModuleFileNameA(NULL, program, sizeof program);
    snprintf(command, sizeof command, "\"%s\" %s %s", program, verb, name);
    if (!CreateServiceA(manager, name, NULL, SERVICE_ALL_ACCESS, SERVICE_WIN32_OWN_PROCESS, SERVICE_DEMAND_START,
            SERVICE_ERROR_NORMAL, command, NULL, NULL, NULL, NULL, NULL))
        return fail("install");
    return 0;
}

/* Starts it and waits until it runs, or has failed to. */
static int start(SC_HANDLE service) {
    SERVICE_STATUS now = {.dwCurrentState = SERVICE_START_PENDING};

    if (!StartServiceA(service, 0, NULL))
        return fail("start");
    while (now.dwCurrentState == SERVICE_START_PENDING && QueryServiceStatus(service, &now))
        Sleep(1);
    SetLastError(now.dwWin32ExitCode);
    return now.dwCurrentState == SERVICE_RUNNING ? 0 : fail("running");
}

static int print_state(SC_HANDLE service) {
    SERVICE_STATUS_PROCESS now;
    DWORD need;

    if (!QueryServiceStatusEx(service, SC_STATUS_PROCESS_INFO, (BYTE *)&now, sizeof now, &need))
        return fail("state");
    printf("state %u process %u exit %u\n", (unsigned)now.dwCurrentState, (unsigned)now.dwProcessId,
        (unsigned)now.dwWin32ExitCode);
    return 0;
}

int main(int argc, char **argv) {
    SC_HANDLE manager, service;
    SERVICE_STATUS now;

    if (argc < 3)
        return 2;
    dies = !strcmp(argv[1], "die");
    is_stubborn = !strcmp(argv[1], "stubborn");
    if (!strcmp(argv[1], "run") || dies || is_stubborn)
        return run(argv[2]);
    if (!strcmp(argv[1], "hang"))
        Sleep(INFINITE);
    manager = OpenSCManagerA(NULL, NULL, SC_MANAGER_ALL_ACCESS);
    if (!manager)
        return fail("manager");
    if (!strcmp(argv[1], "install"))
        return install(manager, argv[2], argc > 3 ? argv[3] : "run");
    service = OpenServiceA(manager, argv[2], SERVICE_ALL_ACCESS);
    if (!service)
        return fail("open");
    if (!strcmp(argv[1], "start"))
        return start(service);
    if (!strcmp(argv[1], "state"))
        return print_state(service);
    if (!strcmp(argv[1], "control"))
        return ControlService(service, (DWORD)atoi(argv[3]), &now) ? 0 : fail("control");
    if (!strcmp(argv[1], "remove"))
        return DeleteService(service) ? 0 : fail("remove");
    return 2;
}
