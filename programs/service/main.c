/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* winipc service: lists, starts, controls, adds and deletes services.  A Windows program: it uses the functions that
 * all have. */
#include <windows.h>
#include <winsvc.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "programs/output.h"

#define STOP_MS 5000
#define LOOK_MS 10

enum { SERVICE_OK = 0, SERVICE_FAILED = 1, SERVICE_WRONG_USE = 109 };

static const char usage[] = "usage: winipc service list\n"
                            "       winipc service start NAME [ARGUMENT]...\n"
                            "       winipc service stop | pause | continue NAME\n"
                            "       winipc service control NAME CODE\n"
                            "       winipc service create NAME COMMAND\n"
                            "       winipc service delete NAME\n";

static const struct {
    DWORD error;
    const char *text;
} reasons[] = {{ERROR_ACCESS_DENIED, "its descriptor does not let you"},
    {ERROR_FILE_NOT_FOUND, "its program is not there"},
    {ERROR_SERVICE_DOES_NOT_EXIST, "there is none; see winipc service list"}, {ERROR_SERVICE_EXISTS, "there is one"},
    {ERROR_DUPLICATE_SERVICE_NAME, "another service is shown by that name"},
    {ERROR_INVALID_NAME, "a name has up to 256 characters and no slash"}, {ERROR_SERVICE_ALREADY_RUNNING, "it runs"},
    {ERROR_SERVICE_DISABLED, "it is disabled"}, {ERROR_SERVICE_NOT_ACTIVE, "it does not run"},
    {ERROR_SERVICE_REQUEST_TIMEOUT, "its program did not answer in time, or is no service"},
    {ERROR_SERVICE_MARKED_FOR_DELETE, "it is marked for deletion: a program still has it open"},
    {ERROR_INVALID_SERVICE_CONTROL, "it does not accept that"},
    {ERROR_SERVICE_CANNOT_ACCEPT_CTRL, "it is starting or stopping"},
    {ERROR_INVALID_PARAMETER, "there is no such control"},
    {ERROR_DEPENDENT_SERVICES_RUNNING, "other services need it; stop these first"},
    {ERROR_SERVICE_DEPENDENCY_FAIL, "a service that it needs does not start"},
    {ERROR_SERVICE_DEPENDENCY_DELETED, "a service that it needs is not there"}};

static int fail(const char *what) {
    const DWORD error = GetLastError();

    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        if (reasons[i].error == error) {
            fprintf(stderr, "winipc service: %s: %s\n", what, reasons[i].text);
            return SERVICE_FAILED;
        }
    fprintf(stderr, "winipc service: %s: error %u\n", what, (unsigned)error);
    return SERVICE_FAILED;
}

static const char *state_name(DWORD state) {
    static const char *const names[] = {
        "?", "stopped", "starting", "stopping", "running", "continuing", "pausing", "paused"};

    return names[state < sizeof names / sizeof names[0] ? state : 0];
}

/* Linux' process id, as winipc ps shows it; or how it ended. */
static void status_print(const char *name, const SERVICE_STATUS_PROCESS *status) {
    printf("%s  %s", name, state_name(status->dwCurrentState));
    if (status->dwProcessId)
        printf("  process %u", (unsigned)status->dwProcessId / 4);
    else if (status->dwWin32ExitCode == ERROR_SERVICE_SPECIFIC_ERROR)
        printf("  exit code %u of its own", (unsigned)status->dwServiceSpecificExitCode);
    else if (status->dwWin32ExitCode && status->dwWin32ExitCode != ERROR_SERVICE_NEVER_STARTED)
        printf("  error %u", (unsigned)status->dwWin32ExitCode);
    putchar('\n');
}

static int list(SC_HANDLE manager) {
    DWORD size = 65536, need = 0, n = 0;
    ENUM_SERVICE_STATUS_PROCESSA *services = NULL;
    BOOL done = FALSE;

    while (!done) {
        free(services);
        services = malloc(size += need);
        if (!services)
            return SERVICE_FAILED;
        done = EnumServicesStatusExA(manager, SC_ENUM_PROCESS_INFO, SERVICE_WIN32, SERVICE_STATE_ALL, (BYTE *)services,
            size, &need, &n, NULL, NULL);
        if (!done && GetLastError() != ERROR_MORE_DATA) {
            free(services);
            return fail("list");
        }
    }
    for (DWORD i = 0; i < n; i++)
        status_print(services[i].lpServiceName, &services[i].ServiceStatusProcess);
    free(services);
    return SERVICE_OK;
}

static int show(SC_HANDLE service, const char *name) {
    SERVICE_STATUS_PROCESS status;
    DWORD need;

    if (!QueryServiceStatusEx(service, SC_STATUS_PROCESS_INFO, (BYTE *)&status, sizeof status, &need))
        return fail(name);
    status_print(name, &status);
    return SERVICE_OK;
}

/* A service may tell that it stops after its handler has returned, or never. */
static int stop_await(SC_HANDLE service, const char *name) {
    const ULONGLONG end = GetTickCount64() + STOP_MS;
    SERVICE_STATUS status;

    do {
        if (!QueryServiceStatus(service, &status))
            return fail(name);
        if (status.dwCurrentState == SERVICE_STOPPED || status.dwCurrentState == SERVICE_STOP_PENDING)
            return show(service, name);
        Sleep(LOOK_MS);
    } while (GetTickCount64() < end);
    fprintf(stderr, "winipc service: %s: it has not stopped: it was told to, and is still %s\n", name,
        state_name(status.dwCurrentState));
    return SERVICE_FAILED;
}

static int create(SC_HANDLE manager, const char *name, const char *command) {
    const SC_HANDLE service = CreateServiceA(manager, name, NULL, SERVICE_QUERY_STATUS, SERVICE_WIN32_OWN_PROCESS,
        SERVICE_DEMAND_START, SERVICE_ERROR_NORMAL, command, NULL, NULL, NULL, NULL, NULL);

    if (!service)
        return fail(name);
    CloseServiceHandle(service);
    return SERVICE_OK;
}

static const struct verb {
    const char *name;
    DWORD access, control;
} verbs[] = {{"start", SERVICE_START, 0}, {"stop", SERVICE_STOP, SERVICE_CONTROL_STOP},
    {"pause", SERVICE_PAUSE_CONTINUE, SERVICE_CONTROL_PAUSE},
    {"continue", SERVICE_PAUSE_CONTINUE, SERVICE_CONTROL_CONTINUE}, {"control", SERVICE_USER_DEFINED_CONTROL, 0},
    {"delete", DELETE, 0}};

static const struct verb *verb_named(const char *name) {
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        if (!strcmp(verbs[i].name, name))
            return &verbs[i];
    return NULL;
}

/* @argv: the service's name and what follows. */
static int apply(SC_HANDLE manager, const struct verb *verb, int argc, char **argv) {
    const SC_HANDLE service = OpenServiceA(manager, argv[0], verb->access | SERVICE_QUERY_STATUS);
    const DWORD control =
        verb->access == SERVICE_USER_DEFINED_CONTROL ? (DWORD)strtoul(argv[1], NULL, 0) : verb->control;
    SERVICE_STATUS status;
    BOOL done;
    int result;

    if (!service)
        return fail(argv[0]);
    if (verb->access == SERVICE_START)
        done = StartServiceA(service, (DWORD)argc - 1, (const char **)argv + 1);
    else
        done = verb->access == DELETE ? DeleteService(service) : ControlService(service, control, &status);
    result = !done                                   ? fail(argv[0])
             : verb->access == DELETE                ? SERVICE_OK
             : verb->control == SERVICE_CONTROL_STOP ? stop_await(service, argv[0])
                                                     : show(service, argv[0]);
    CloseServiceHandle(service);
    return result;
}

/* Whether a verb has as many words behind it as it needs. */
static BOOL words_fit(const struct verb *verb, int n) {
    if (verb->access == SERVICE_START)
        return n >= 1;
    return n == (verb->access == SERVICE_USER_DEFINED_CONTROL ? 2 : 1);
}

static int run(int argc, char **argv) {
    const struct verb *verb = argc > 1 ? verb_named(argv[1]) : NULL;
    const BOOL is_create = argc == 4 && !strcmp(argv[1], "create"), is_list = argc == 2 && !strcmp(argv[1], "list");
    SC_HANDLE manager;
    int result;

    if (!is_create && !is_list && !(verb && words_fit(verb, argc - 2))) {
        fputs(usage, stderr);
        return SERVICE_WRONG_USE;
    }
    manager = OpenSCManagerA(NULL, NULL,
        SC_MANAGER_CONNECT | (is_create    ? SC_MANAGER_CREATE_SERVICE
                                 : is_list ? SC_MANAGER_ENUMERATE_SERVICE
                                           : 0));
    if (!manager)
        return fail("services");
    result = is_list     ? list(manager)
             : is_create ? create(manager, argv[2], argv[3])
                         : apply(manager, verb, argc - 2, argv + 2);
    CloseServiceHandle(manager);
    return result;
}

int main(int argc, char **argv) {
    return output_end("winipc service", run(argc, argv), SERVICE_FAILED);
}
