/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Starting and controlling services (MSDN: winsvc.h): the test's program is the services'. */
#include "service_test.h"

TEST(a_service_is_started_controlled_and_stopped) {
    struct service service = service_make("plain", SERVICE_WIN32_OWN_PROCESS, NULL);
    SERVICE_STATUS status;
    SERVICE_STATUS_PROCESS ex;
    DWORD need = 0;

    CHECK_OK(QueryServiceStatus(service.handle, &status));
    CHECK_EQ(status.dwCurrentState, SERVICE_STOPPED);
    CHECK_EQ(status.dwServiceType, SERVICE_WIN32_OWN_PROCESS);
    CHECK_EQ(status.dwWin32ExitCode, ERROR_SERVICE_NEVER_STARTED);
    CHECK_ERROR(ControlService(service.handle, SERVICE_CONTROL_STOP, &status), ERROR_SERVICE_NOT_ACTIVE);
    CHECK_EQ(status.dwCurrentState, SERVICE_STOPPED);
    service_begin(&service);
    CHECK_ERROR(StartServiceA(service.handle, 0, NULL), ERROR_SERVICE_ALREADY_RUNNING);
    CHECK_OK(QueryServiceStatusEx(service.handle, SC_STATUS_PROCESS_INFO, (BYTE *)&ex, sizeof ex, &need));
    CHECK_EQ(ex.dwCurrentState, SERVICE_RUNNING);
    CHECK_EQ(ex.dwControlsAccepted, ACCEPTED);
    CHECK_EQ(ex.dwWaitHint, 1); /* its arguments: the name */
    CHECK_EQ(ex.dwServiceFlags, 0);
    CHECK(ex.dwProcessId && ex.dwProcessId != GetCurrentProcessId());
    service_end(&service, TRUE);
    CHECK_OK(QueryServiceStatusEx(service.handle, SC_STATUS_PROCESS_INFO, (BYTE *)&ex, sizeof ex, &need));
    CHECK_EQ(ex.dwProcessId, 0);
    CHECK_EQ(ex.dwWin32ExitCode, NO_ERROR);
    service_begin(&service); /* again, in a new process */
    service_end(&service, TRUE);
    service_remove(&service);
}

TEST(arguments_reach_service_main) {
    struct service service = service_make("arguments", SERVICE_WIN32_OWN_PROCESS, NULL);
    const char *narrow[] = {"one", "two words"};
    const WCHAR *wide[] = {L"one", L"two words"};
    SERVICE_STATUS status;

    CHECK_OK(StartServiceA(service.handle, 2, narrow));
    CHECK_SIGNALLED(service.running);
    CHECK_OK(QueryServiceStatus(service.handle, &status));
    CHECK_EQ(status.dwWaitHint, 3);
    CHECK_EQ(status.dwCheckPoint, 1);
    service_end(&service, TRUE);
    CHECK_OK(StartServiceW(service.handle, 2, wide));
    CHECK_SIGNALLED(service.running);
    CHECK_OK(QueryServiceStatus(service.handle, &status));
    CHECK_EQ(status.dwCheckPoint, 1);
    service_end(&service, TRUE);
    service_remove(&service);
}

TEST(a_service_pauses_and_continues) {
    struct service service = service_make("pause", SERVICE_WIN32_OWN_PROCESS, NULL);
    SERVICE_STATUS status;

    service_begin(&service);
    CHECK_OK(ControlService(service.handle, SERVICE_CONTROL_PAUSE, &status));
    CHECK_EQ(status.dwCurrentState, SERVICE_PAUSED);
    CHECK_EQ(service_state(&service), SERVICE_PAUSED);
    CHECK_OK(ControlService(service.handle, SERVICE_CONTROL_INTERROGATE, &status));
    CHECK_EQ(status.dwWaitHint, SERVICE_CONTROL_INTERROGATE);
    CHECK_EQ(status.dwCurrentState, SERVICE_PAUSED);
    CHECK_OK(ControlService(service.handle, SERVICE_CONTROL_CONTINUE, &status));
    CHECK_EQ(status.dwCurrentState, SERVICE_RUNNING);
    service_end(&service, TRUE);
    service_remove(&service);
}

TEST(codes_of_its_own) {
    struct service service = service_make("codes", SERVICE_WIN32_OWN_PROCESS, NULL);
    SERVICE_STATUS status;

    service_begin(&service);
    CHECK_OK(ControlService(service.handle, 128, &status));
    CHECK_EQ(status.dwWaitHint, 128);
    CHECK_OK(ControlService(service.handle, 255, &status));
    CHECK_EQ(status.dwWaitHint, 255);
    service_end(&service, TRUE);
    service_remove(&service);
}

TEST(what_a_handler_returns_is_the_error) {
    struct service service = service_make("refuses", SERVICE_WIN32_OWN_PROCESS, NULL);
    SERVICE_STATUS status;

    service_begin(&service);
    CHECK_ERROR(ControlService(service.handle, CODE_REFUSED, &status), ERROR_CALL_NOT_IMPLEMENTED);
    service_end(&service, TRUE);
    service_remove(&service);
}

TEST(what_is_not_accepted) {
    struct service service = service_make("accept", SERVICE_WIN32_OWN_PROCESS, NULL);
    SERVICE_STATUS status;
    HANDLE process;

    service_begin(&service);
    POISON_OUT(status);
    CHECK_ERROR(ControlService(service.handle, SERVICE_CONTROL_PARAMCHANGE, &status), ERROR_INVALID_SERVICE_CONTROL);
    CHECK_EQ(status.dwCurrentState, SERVICE_RUNNING);
    CHECK_ERROR(ControlService(service.handle, SERVICE_CONTROL_NETBINDADD, &status), ERROR_INVALID_SERVICE_CONTROL);
    POISON_OUT(status);
    CHECK_ERROR(ControlService(service.handle, 0, &status), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(ControlService(service.handle, 127, &status), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(ControlService(service.handle, 256, &status), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(ControlService(service.handle, SERVICE_CONTROL_SHUTDOWN, &status), ERROR_INVALID_PARAMETER);
    CHECK_UNTOUCHED(status);
    process = service_process(&service);
    CHECK_OK(ControlService(service.handle, CODE_PEND, &status));
    CHECK_EQ(status.dwCurrentState, SERVICE_STOP_PENDING);
    POISON_OUT(status);
    CHECK_ERROR(ControlService(service.handle, SERVICE_CONTROL_STOP, &status), ERROR_SERVICE_CANNOT_ACCEPT_CTRL);
    CHECK_EQ(status.dwCurrentState, SERVICE_STOP_PENDING);
    CHECK_OK(TerminateProcess(process, 1));
    CHECK_SIGNALLED(process);
    CloseHandle(process);
    service_remove(&service);
}

TEST(a_service_stops_with_a_code_of_its_own) {
    struct service service = service_make("fails", SERVICE_WIN32_OWN_PROCESS, NULL);
    SERVICE_STATUS status;
    HANDLE process;

    service_begin(&service);
    process = service_process(&service);
    CHECK_OK(ControlService(service.handle, CODE_FAIL, &status));
    CHECK_SIGNALLED(process);
    CHECK_OK(QueryServiceStatus(service.handle, &status));
    CHECK_EQ(status.dwCurrentState, SERVICE_STOPPED);
    CHECK_EQ(status.dwWin32ExitCode, ERROR_SERVICE_SPECIFIC_ERROR);
    CHECK_EQ(status.dwServiceSpecificExitCode, 42);
    CloseHandle(process);
    service_remove(&service);
}

TEST(a_service_whose_process_is_killed_has_stopped) {
    struct service service = service_make("killed", SERVICE_WIN32_OWN_PROCESS, NULL);
    SERVICE_STATUS status;
    HANDLE process;

    service_begin(&service);
    process = service_process(&service);
    CHECK_OK(TerminateProcess(process, 7));
    CHECK_SIGNALLED(process);
    CloseHandle(process);
    CHECK_OK(QueryServiceStatus(service.handle, &status));
    CHECK_EQ(status.dwCurrentState, SERVICE_STOPPED);
    CHECK_EQ(status.dwWin32ExitCode, ERROR_PROCESS_ABORTED);
    CHECK_EQ(status.dwControlsAccepted, 0);
    CHECK_ERROR(ControlService(service.handle, SERVICE_CONTROL_STOP, &status), ERROR_SERVICE_NOT_ACTIVE);
    service_begin(&service);
    service_end(&service, TRUE);
    service_remove(&service);
}

TEST(a_process_that_ends_in_its_handler) {
    struct service service = service_make("dies", SERVICE_WIN32_OWN_PROCESS, NULL);
    SERVICE_STATUS status;
    HANDLE process;

    service_begin(&service);
    process = service_process(&service);
    SetLastError(POISON);
    CHECK(!ControlService(service.handle, CODE_DIE, &status));
    CHECK_SIGNALLED(process);
    CloseHandle(process);
    CHECK_EQ(service_state(&service), SERVICE_STOPPED);
    service_remove(&service);
}

TEST(two_services_share_a_process) {
    struct service first = service_make("first", SERVICE_WIN32_SHARE_PROCESS, NULL);
    struct service second = service_make("second", SERVICE_WIN32_SHARE_PROCESS, NULL);
    HANDLE process;

    service_begin(&first);
    service_begin(&second);
    process = service_process(&first);
    {
        HANDLE other = service_process(&second);

        CHECK_EQ(GetProcessId(process), GetProcessId(other));
        CloseHandle(other);
    }
    service_end(&first, FALSE);
    CHECK_EQ(service_state(&first), SERVICE_STOPPED);
    CHECK_EQ(service_state(&second), SERVICE_RUNNING);
    CHECK_UNSIGNALLED(process);
    service_begin(&first); /* again in the same */
    service_end(&first, FALSE);
    service_end(&second, TRUE);
    CHECK_SIGNALLED(process);
    CloseHandle(process);
    service_remove(&first);
    service_remove(&second);
}

TEST(what_a_service_needs_is_started_before_it) {
    struct service base = service_make("base", SERVICE_WIN32_OWN_PROCESS, NULL);
    char list[128] = {0};
    struct service top;
    SERVICE_STATUS status;

    strcpy(list, base.name);
    top = service_make("top", SERVICE_WIN32_OWN_PROCESS, list);
    service_begin(&top);
    CHECK_EQ(service_state(&base), SERVICE_RUNNING);
    CHECK_ERROR(ControlService(base.handle, SERVICE_CONTROL_STOP, &status), ERROR_DEPENDENT_SERVICES_RUNNING);
    service_end(&top, TRUE);
    service_end(&base, TRUE);
    service_remove(&top);
    service_remove(&base);
}

TEST(what_a_service_needs_and_is_not_there) {
    char list[160] = {0};
    struct service top;
    struct service disabled = service_make("disabled", SERVICE_WIN32_OWN_PROCESS, NULL);

    CHECK_OK(ChangeServiceConfigA(disabled.handle, SERVICE_NO_CHANGE, SERVICE_DISABLED, SERVICE_NO_CHANGE, NULL, NULL,
        NULL, NULL, NULL, NULL, NULL));
    CHECK_ERROR(StartServiceA(disabled.handle, 0, NULL), ERROR_SERVICE_DISABLED);
    strcpy(list, own_name("nobody"));
    top = service_make("top", SERVICE_WIN32_OWN_PROCESS, list);
    CHECK_ERROR(StartServiceA(top.handle, 0, NULL), ERROR_SERVICE_DEPENDENCY_DELETED);
    memset(list, 0, sizeof list);
    strcpy(list, disabled.name);
    CHECK_OK(ChangeServiceConfigA(
        top.handle, SERVICE_NO_CHANGE, SERVICE_NO_CHANGE, SERVICE_NO_CHANGE, NULL, NULL, NULL, list, NULL, NULL, NULL));
    CHECK_ERROR(StartServiceA(top.handle, 0, NULL), ERROR_SERVICE_DEPENDENCY_FAIL);
    CHECK_EQ(service_state(&top), SERVICE_STOPPED);
    service_remove(&top);
    service_remove(&disabled);
}

/* A program that is no service: it returns at once. */
ROLE(no_service) {
    (void)argc, (void)argv;
}

TEST(a_program_that_is_no_service) {
    struct service service = service_make("none", SERVICE_WIN32_OWN_PROCESS, NULL);
    char command[1024];

    own_command(command, sizeof command, "no_service", NULL);
    CHECK_OK(ChangeServiceConfigA(service.handle, SERVICE_NO_CHANGE, SERVICE_NO_CHANGE, SERVICE_NO_CHANGE, command,
        NULL, NULL, NULL, NULL, NULL, NULL));
    CHECK_ERROR(StartServiceA(service.handle, 0, NULL), ERROR_SERVICE_REQUEST_TIMEOUT);
    CHECK_EQ(service_state(&service), SERVICE_STOPPED);
    CHECK_OK(ChangeServiceConfigA(service.handle, SERVICE_NO_CHANGE, SERVICE_NO_CHANGE, SERVICE_NO_CHANGE,
        "C:\\windows\\winipc-none.exe", NULL, NULL, NULL, NULL, NULL, NULL));
    CHECK_ERROR(StartServiceA(service.handle, 0, NULL), ERROR_FILE_NOT_FOUND);
    service_remove(&service);
}

static void WINAPI never_called(DWORD argc, char **argv) {
    (void)argc, (void)argv;
}

TEST(a_program_that_was_not_started_as_one) {
    SERVICE_TABLE_ENTRYA table[] = {{(char *)"winipc test", never_called}, {NULL, NULL}};
    const SERVICE_TABLE_ENTRYA empty[] = {{NULL, NULL}};

    CHECK_ERROR(StartServiceCtrlDispatcherA(empty), ERROR_INVALID_DATA);
    table[0].lpServiceProc = NULL;
    CHECK_ERROR(StartServiceCtrlDispatcherA(table), ERROR_INVALID_DATA);
    table[0].lpServiceProc = never_called;
    CHECK_ERROR(StartServiceCtrlDispatcherA(table), ERROR_FAILED_SERVICE_CONTROLLER_CONNECT);
    CHECK_ERROR(RegisterServiceCtrlHandlerExA("winipc test", service_handler, NULL), ERROR_SERVICE_NOT_IN_EXE);
    CHECK_ERROR(RegisterServiceCtrlHandlerExA(NULL, service_handler, NULL), ERROR_INVALID_NAME);
}

TEST(a_status_that_is_none) {
    SERVICE_STATUS status = {SERVICE_WIN32_OWN_PROCESS, SERVICE_RUNNING, 0, 0, 0, 0, 0};

    CHECK_ERROR(SetServiceStatus(NULL, &status), ERROR_INVALID_HANDLE);
}

/* Looks at a service that another process controls. */
ROLE(stopper) {
    SC_HANDLE manager = OpenSCManagerA(NULL, NULL, SC_MANAGER_CONNECT), service;
    SERVICE_STATUS status;

    REQUIRE_OK(manager != NULL);
    service = OpenServiceA(manager, argv[0], SERVICE_STOP);
    REQUIRE_OK(argc == 1 && service != NULL);
    CHECK_OK(ControlService(service, SERVICE_CONTROL_STOP, &status));
    CHECK_EQ(status.dwCurrentState, SERVICE_STOPPED);
    CHECK_OK(CloseServiceHandle(service));
    CHECK_OK(CloseServiceHandle(manager));
}

TEST(another_process_stops_it) {
    struct service service = service_make("other", SERVICE_WIN32_OWN_PROCESS, NULL);
    struct child child;
    HANDLE process;

    service_begin(&service);
    process = service_process(&service);
    child = spawn_self("stopper", service.name);
    CHECK_CHILD(child);
    CHECK_SIGNALLED(process);
    CloseHandle(process);
    CHECK_EQ(service_state(&service), SERVICE_STOPPED);
    service_remove(&service);
}

/* Starts a service and ends: the service goes on. */
ROLE(starter) {
    SC_HANDLE manager = OpenSCManagerA(NULL, NULL, SC_MANAGER_CONNECT), service;

    REQUIRE_OK(manager != NULL);
    service = OpenServiceA(manager, argv[0], SERVICE_START);
    REQUIRE_OK(argc == 1 && service != NULL);
    CHECK_OK(StartServiceA(service, 0, NULL));
}

TEST(a_service_outlives_who_started_it) {
    struct service service = service_make("outlives", SERVICE_WIN32_OWN_PROCESS, NULL);
    struct child child = spawn_self("starter", service.name);

    CHECK_CHILD(child);
    REQUIRE(CHECK_SIGNALLED(service.running));
    CHECK_EQ(service_state(&service), SERVICE_RUNNING);
    service_end(&service, TRUE);
    service_remove(&service);
}

/* Starts a service at the same moment as others do: ends with 3 if it came too late. */
ROLE(racer) {
    SC_HANDLE manager = OpenSCManagerA(NULL, NULL, SC_MANAGER_CONNECT), service;
    HANDLE go = OpenEventA(SYNCHRONIZE, FALSE, argv[1]), ready = OpenSemaphoreA(SEMAPHORE_MODIFY_STATE, FALSE, argv[2]);

    REQUIRE_OK(argc == 3 && manager != NULL);
    service = OpenServiceA(manager, argv[0], SERVICE_START);
    REQUIRE_OK(service != NULL);
    CHECK_OK(ReleaseSemaphore(ready, 1, NULL));
    CHECK_SIGNALLED(go);
    SetLastError(POISON);
    if (StartServiceA(service, 0, NULL))
        return;
    ExitProcess(GetLastError() == ERROR_SERVICE_ALREADY_RUNNING ? 3 : 4);
}

/* Four processes in a role do the same to a service at one moment: one is to succeed, the others are to be told that
 * they are late. */
static void race(const struct service *service, const char *role) {
    char go_name[128], ready_name[128], args[400];
    struct child children[4];
    HANDLE go, ready;
    int n_first = 0, n_late = 0;

    snprintf(go_name, sizeof go_name, "%s-%s", own_name("go"), role);
    snprintf(ready_name, sizeof ready_name, "%s-%s", own_name("ready"), role);
    go = CreateEventA(NULL, TRUE, FALSE, go_name);
    ready = CreateSemaphoreA(NULL, 0, 4, ready_name);
    snprintf(args, sizeof args, "%s %s %s", service->name, go_name, ready_name);
    for (int i = 0; i < 4; i++)
        children[i] = spawn_self(role, args);
    for (int i = 0; i < 4; i++)
        REQUIRE(CHECK_SIGNALLED(ready));
    CHECK_OK(SetEvent(go));
    for (int i = 0; i < 4; i++) {
        const DWORD code = child_exit_code(&children[i]);

        n_first += code == 0;
        n_late += code == 3;
    }
    CHECK_EQ(n_first, 1);
    CHECK_EQ(n_late, 3);
    CloseHandle(go);
    CloseHandle(ready);
}

/* Stops a service at the same moment as others do: ends with 3 if it came too late. */
ROLE(stop_racer) {
    SC_HANDLE manager = OpenSCManagerA(NULL, NULL, SC_MANAGER_CONNECT), service;
    HANDLE go = OpenEventA(SYNCHRONIZE, FALSE, argv[1]), ready = OpenSemaphoreA(SEMAPHORE_MODIFY_STATE, FALSE, argv[2]);
    SERVICE_STATUS status;

    REQUIRE_OK(argc == 3 && manager != NULL);
    service = OpenServiceA(manager, argv[0], SERVICE_STOP);
    REQUIRE_OK(service != NULL);
    CHECK_OK(ReleaseSemaphore(ready, 1, NULL));
    CHECK_SIGNALLED(go);
    SetLastError(POISON);
    if (ControlService(service, SERVICE_CONTROL_STOP, &status))
        return;
    ExitProcess(GetLastError() == ERROR_SERVICE_NOT_ACTIVE ? 3 : 4);
}

TEST(one_of_several_starters_starts_it_and_one_stops_it) {
    struct service service = service_make("race", SERVICE_WIN32_OWN_PROCESS, NULL);
    HANDLE process;

    race(&service, "racer");
    REQUIRE(CHECK_SIGNALLED(service.running));
    process = service_process(&service);
    race(&service, "stop_racer");
    CHECK_SIGNALLED(process);
    CloseHandle(process);
    service_remove(&service);
}

struct told {
    SERVICE_NOTIFYW notify;
    int n;
};

static void CALLBACK notified(void *parameter) {
    struct told *told = ((SERVICE_NOTIFYW *)parameter)->pContext;

    told->n++;
}

typedef DWORD(WINAPI *notify_function)(SC_HANDLE, DWORD, SERVICE_NOTIFYW *);

TEST(changes_are_told_of) {
    struct service service = service_make("told", SERVICE_WIN32_OWN_PROCESS, NULL);
    struct told told = {.notify = {.dwVersion = SERVICE_NOTIFY_STATUS_CHANGE, .pfnNotifyCallback = notified}};
    const notify_function notify =
        (notify_function)(void *)GetProcAddress(GetModuleHandleA("advapi32.dll"), "NotifyServiceStatusChangeW");
    HANDLE process;

    if (!notify)
        test_skip("NotifyServiceStatusChange is not there");
    told.notify.pContext = &told;
    CHECK_EQ(notify(service.handle, SERVICE_NOTIFY_STOPPED, &told.notify), ERROR_SUCCESS); /* it is so already */
    CHECK_EQ(SleepEx(WAIT_LIMIT_MS, TRUE), WAIT_IO_COMPLETION);
    CHECK_EQ(told.n, 1);
    CHECK_EQ(told.notify.dwNotificationStatus, ERROR_SUCCESS);
    CHECK_EQ(told.notify.ServiceStatus.dwCurrentState, SERVICE_STOPPED);
    CHECK_EQ(notify(service.handle, SERVICE_NOTIFY_RUNNING, &told.notify), ERROR_SUCCESS);
    service_begin(&service);
    CHECK_EQ(SleepEx(WAIT_LIMIT_MS, TRUE), WAIT_IO_COMPLETION);
    CHECK_EQ(told.n, 2);
    CHECK_EQ(told.notify.ServiceStatus.dwCurrentState, SERVICE_RUNNING);
    CHECK(told.notify.ServiceStatus.dwProcessId);
    CHECK_EQ(notify(service.handle, SERVICE_NOTIFY_STOPPED, &told.notify), ERROR_SUCCESS);
    process = service_process(&service);
    CHECK_OK(TerminateProcess(process, 1)); /* without a word */
    CHECK_EQ(SleepEx(WAIT_LIMIT_MS, TRUE), WAIT_IO_COMPLETION);
    CHECK_EQ(told.n, 3);
    CHECK_EQ(told.notify.ServiceStatus.dwCurrentState, SERVICE_STOPPED);
    CHECK_SIGNALLED(process);
    CloseHandle(process);
    CHECK_EQ(notify(service.handle, SERVICE_NOTIFY_RUNNING, &told.notify), ERROR_SUCCESS);
    service_remove(&service); /* calls it off */
    CHECK_EQ(SleepEx(SHORT_WAIT_MS, TRUE), 0);
}
