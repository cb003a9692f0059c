/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the tests of services share: the test program is the service's program, too, in the role "service".  What a
 * service has seen it tells by its status, in the fields that no one else looks at; that it runs, by an event.
 */
#ifndef WINIPC_CONFORMANCE_SERVICE_TEST_H
#define WINIPC_CONFORMANCE_SERVICE_TEST_H

#include "harness.h"

#include <winsvc.h>

/* Codes that the test's service knows. */
#define CODE_REFUSED 130 /* its handler returns ERROR_CALL_NOT_IMPLEMENTED */
#define CODE_DIE 131     /* ends its process */
#define CODE_PEND 132    /* says that it is stopping, and does not */
#define CODE_FAIL 133    /* stops with an exit code of its own */

#define MAYBE static __attribute__((unused)) /* not every topic uses all */

#define ACCEPTED (SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_PAUSE_CONTINUE)

struct service {
    SC_HANDLE manager, handle;
    HANDLE running; /* set by each of its starts */
    char name[96];
};

/* ---- the service ---- */

struct running {
    SERVICE_STATUS_HANDLE handle;
    SERVICE_STATUS status;
};

static void state_set(struct running *running, DWORD state) {
    running->status.dwCurrentState = state;
    SetServiceStatus(running->handle, &running->status);
}

static DWORD WINAPI service_handler(DWORD control, DWORD type, void *data, void *context) {
    struct running *running = context;

    (void)type, (void)data;
    running->status.dwWaitHint = control;
    switch (control) {
    case SERVICE_CONTROL_STOP: state_set(running, SERVICE_STOPPED); return NO_ERROR;
    case SERVICE_CONTROL_PAUSE: state_set(running, SERVICE_PAUSED); return NO_ERROR;
    case SERVICE_CONTROL_CONTINUE: state_set(running, SERVICE_RUNNING); return NO_ERROR;
    case CODE_REFUSED: return ERROR_CALL_NOT_IMPLEMENTED;
    case CODE_DIE: TerminateProcess(GetCurrentProcess(), 5); return NO_ERROR;
    case CODE_PEND: state_set(running, SERVICE_STOP_PENDING); return NO_ERROR;
    case CODE_FAIL:
        running->status.dwWin32ExitCode = ERROR_SERVICE_SPECIFIC_ERROR;
        running->status.dwServiceSpecificExitCode = 42;
        state_set(running, SERVICE_STOPPED);
        return NO_ERROR;
    default: state_set(running, running->status.dwCurrentState); return NO_ERROR;
    }
}

/* Tells of its arguments by wait hint (how many) and check point (a bit for each that is as expected). */
static void WINAPI service_main(DWORD argc, char **argv) {
    static struct running all[2];
    static LONG n;
    struct running *running = &all[(InterlockedIncrement(&n) - 1) & 1];
    char event_name[160];
    HANDLE event;

    running->handle = RegisterServiceCtrlHandlerExA(argv[0], service_handler, running);
    running->status = (SERVICE_STATUS){SERVICE_WIN32_OWN_PROCESS, SERVICE_RUNNING, ACCEPTED, NO_ERROR, 0, 0, argc};
    running->status.dwCheckPoint = argc == 3 && !strcmp(argv[1], "one") && !strcmp(argv[2], "two words");
    SetServiceStatus(running->handle, &running->status);
    snprintf(event_name, sizeof event_name, "Global\\%s-running", argv[0]);
    event = OpenEventA(EVENT_MODIFY_STATE, FALSE, event_name);
    if (event)
        SetEvent(event);
    CloseHandle(event);
}

/* service NAME [NAME]: is one, or two. */
ROLE(service) {
    SERVICE_TABLE_ENTRYA table[3] = {{NULL, NULL}};

    for (int i = 0; i < argc && i < 2; i++)
        table[i] = (SERVICE_TABLE_ENTRYA){argv[i], service_main};
    CHECK_OK(StartServiceCtrlDispatcherA(table));
}

/* ---- what tests do with it ---- */

/* service_make() - adds one that the test's program is; REQUIREs all.  @type: SERVICE_WIN32_OWN_PROCESS…  @depend: NULL
 * or a list. */
MAYBE struct service service_make(const char *what, DWORD type, const char *depend) {
    struct service service;
    char command[1024], event_name[160], args[300];

    snprintf(service.name, sizeof service.name, "%s", own_name(what));
    snprintf(event_name, sizeof event_name, "Global\\%s-running", service.name);
    service.running = CreateEventA(NULL, FALSE, FALSE, event_name);
    REQUIRE_HANDLE(service.running);
    service.manager = OpenSCManagerA(NULL, NULL, SC_MANAGER_ALL_ACCESS);
    REQUIRE_OK(service.manager != NULL);
    if (type & SERVICE_WIN32_SHARE_PROCESS) /* both have one command line */
        snprintf(args, sizeof args, "%s %s", own_name("first"), own_name("second"));
    else
        snprintf(args, sizeof args, "%s", service.name);
    own_command(command, sizeof command, "service", args);
    SetLastError(POISON);
    service.handle = CreateServiceA(service.manager, service.name, NULL, SERVICE_ALL_ACCESS, type, SERVICE_DEMAND_START,
        SERVICE_ERROR_NORMAL, command, NULL, NULL, depend, NULL, NULL);
    REQUIRE_OK(service.handle != NULL);
    return service;
}

/* service_begin() - starts it and waits until it runs. */
MAYBE void service_begin(struct service *service) {
    REQUIRE_OK(StartServiceA(service->handle, 0, NULL));
    REQUIRE(CHECK_SIGNALLED(service->running));
}

/* service_process() - its process, for CloseHandle(). */
MAYBE HANDLE service_process(const struct service *service) {
    SERVICE_STATUS_PROCESS status;
    HANDLE process;
    DWORD need;

    REQUIRE_OK(QueryServiceStatusEx(service->handle, SC_STATUS_PROCESS_INFO, (BYTE *)&status, sizeof status, &need));
    process =
        OpenProcess(SYNCHRONIZE | PROCESS_TERMINATE | PROCESS_QUERY_LIMITED_INFORMATION, FALSE, status.dwProcessId);
    REQUIRE_HANDLE(process);
    return process;
}

MAYBE DWORD service_state(const struct service *service) {
    SERVICE_STATUS status;

    POISON_OUT(status);
    CHECK_OK(QueryServiceStatus(service->handle, &status));
    return status.dwCurrentState;
}

/* service_end() - stops it; waits for its process unless others share it. */
MAYBE void service_end(struct service *service, BOOL process_ends) {
    HANDLE process = service_process(service);
    SERVICE_STATUS status;

    CHECK_OK(ControlService(service->handle, SERVICE_CONTROL_STOP, &status));
    CHECK_EQ(status.dwCurrentState, SERVICE_STOPPED);
    if (process_ends)
        CHECK_SIGNALLED(process);
    CloseHandle(process);
}

/* service_remove() - deletes it and closes all. */
MAYBE void service_remove(struct service *service) {
    CHECK_OK(DeleteService(service->handle));
    CHECK_OK(CloseServiceHandle(service->handle));
    CHECK_OK(CloseServiceHandle(service->manager));
    CloseHandle(service->running);
}

#endif
