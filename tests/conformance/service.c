/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of services (MSDN: winsvc.h): entries, their parts, lists, handles and rights. */
#include "service_test.h"

#include <accctrl.h>
#include <aclapi.h>

static const char *text_of(const char *text) {
    return text ? text : "(null)";
}

/* The whole configuration, for free(). */
static QUERY_SERVICE_CONFIGA *config_of(SC_HANDLE handle) {
    QUERY_SERVICE_CONFIGA *config;
    DWORD need = 0, size;

    CHECK_ERROR(QueryServiceConfigA(handle, NULL, 0, &need), ERROR_INSUFFICIENT_BUFFER);
    REQUIRE(need > sizeof *config);
    config = calloc(1, need);
    size = need;
    REQUIRE_OK(QueryServiceConfigA(handle, config, size, &need));
    return config;
}

TEST(an_entry_is_as_it_was_made) {
    SC_HANDLE manager = OpenSCManagerA("", "ServicesActive", SC_MANAGER_ALL_ACCESS), handle;
    const char *name = own_name("made");
    QUERY_SERVICE_CONFIGA *config;
    QUERY_SERVICE_CONFIGW *wide;
    DWORD tag = 0, need;
    char display[128];

    REQUIRE_OK(manager != NULL);
    snprintf(display, sizeof display, "%s (shown)", name);
    handle = CreateServiceA(manager, name, display, SERVICE_ALL_ACCESS, SERVICE_WIN32_SHARE_PROCESS, SERVICE_AUTO_START,
        SERVICE_ERROR_SEVERE, "\"C:\\a b\\c.exe\" -x", "winipc group", &tag, "RpcSs\0+Network\0", NULL, NULL);
    REQUIRE_OK(handle != NULL);
    CHECK(tag != 0);
    config = config_of(handle);
    CHECK_EQ(config->dwServiceType, SERVICE_WIN32_SHARE_PROCESS);
    CHECK_EQ(config->dwStartType, SERVICE_AUTO_START);
    CHECK_EQ(config->dwErrorControl, SERVICE_ERROR_SEVERE);
    CHECK_EQ(config->dwTagId, tag);
    CHECK_STR(config->lpBinaryPathName, "\"C:\\a b\\c.exe\" -x");
    CHECK_STR(config->lpLoadOrderGroup, "winipc group");
    CHECK_MEM(config->lpDependencies, "RpcSs\0+Network\0", 16);
    CHECK_STR(config->lpServiceStartName, "LocalSystem");
    CHECK_STR(config->lpDisplayName, display);
    free(config);
    CHECK(!QueryServiceConfigW(handle, NULL, 0, &need));
    wide = calloc(1, need);
    CHECK_OK(QueryServiceConfigW(handle, wide, need, &need));
    CHECK_EQ(memcmp(wide->lpLoadOrderGroup, L"winipc group", 26), 0);
    CHECK_EQ(memcmp(wide->lpDependencies, L"RpcSs\0+Network\0", 32), 0);
    CHECK_ERROR(QueryServiceConfigW(handle, wide, need - 1, &need), ERROR_INSUFFICIENT_BUFFER);
    free(wide);
    CHECK_OK(DeleteService(handle));
    CHECK_OK(CloseServiceHandle(handle));
    CHECK_OK(CloseServiceHandle(manager));
}

TEST(an_entry_lies_in_the_registry) {
    struct service service = service_make("registry", SERVICE_WIN32_OWN_PROCESS, NULL);
    char path[200], text[300];
    DWORD size = sizeof text, type, number;
    HKEY key;

    snprintf(path, sizeof path, "SYSTEM\\CurrentControlSet\\Services\\%s", service.name);
    REQUIRE(!RegOpenKeyExA(HKEY_LOCAL_MACHINE, path, 0, KEY_READ, &key));
    CHECK_EQ(RegQueryValueExA(key, "ObjectName", NULL, &type, (BYTE *)text, &size), 0);
    CHECK_EQ(type, REG_SZ);
    CHECK_STR(text, "LocalSystem");
    size = sizeof number;
    CHECK_EQ(RegQueryValueExA(key, "Start", NULL, &type, (BYTE *)&number, &size), 0);
    CHECK_EQ(number, SERVICE_DEMAND_START);
    size = sizeof number;
    CHECK_EQ(RegQueryValueExA(key, "Type", NULL, &type, (BYTE *)&number, &size), 0);
    CHECK_EQ(number, SERVICE_WIN32_OWN_PROCESS);
    size = 0;
    CHECK_EQ(RegQueryValueExA(key, "ImagePath", NULL, &type, NULL, &size), 0);
    CHECK_EQ(type, REG_EXPAND_SZ);
    RegCloseKey(key);
    service_remove(&service);
    CHECK_EQ(RegOpenKeyExA(HKEY_LOCAL_MACHINE, path, 0, KEY_READ, &key), ERROR_FILE_NOT_FOUND);
}

TEST(an_entry_is_changed) {
    struct service service = service_make("changed", SERVICE_WIN32_OWN_PROCESS, NULL);
    QUERY_SERVICE_CONFIGA *config;

    CHECK_OK(ChangeServiceConfigA(service.handle, SERVICE_WIN32_SHARE_PROCESS, SERVICE_DISABLED, SERVICE_ERROR_IGNORE,
        "C:\\x.exe", NULL, NULL, "a\0b\0", NULL, NULL, own_name("new")));
    config = config_of(service.handle);
    CHECK_EQ(config->dwServiceType, SERVICE_WIN32_SHARE_PROCESS);
    CHECK_EQ(config->dwStartType, SERVICE_DISABLED);
    CHECK_EQ(config->dwErrorControl, SERVICE_ERROR_IGNORE);
    CHECK_STR(config->lpBinaryPathName, "C:\\x.exe");
    CHECK_MEM(config->lpDependencies, "a\0b\0", 5);
    CHECK_STR(config->lpDisplayName, own_name("new"));
    free(config);
    CHECK_OK(ChangeServiceConfigW(service.handle, SERVICE_NO_CHANGE, SERVICE_DEMAND_START, SERVICE_NO_CHANGE, NULL,
        NULL, NULL, L"", NULL, NULL, NULL));
    config = config_of(service.handle);
    CHECK_EQ(config->dwServiceType, SERVICE_WIN32_SHARE_PROCESS);
    CHECK_EQ(config->dwStartType, SERVICE_DEMAND_START);
    CHECK_STR(config->lpBinaryPathName, "C:\\x.exe");
    CHECK_STR(text_of(config->lpDependencies), "");
    free(config);
    CHECK_ERROR(ChangeServiceConfigA(
                    service.handle, SERVICE_NO_CHANGE, 5, SERVICE_NO_CHANGE, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
        ERROR_INVALID_PARAMETER);
    CHECK_ERROR(ChangeServiceConfigA(service.handle, 0x30, SERVICE_NO_CHANGE, SERVICE_NO_CHANGE, NULL, NULL, NULL, NULL,
                    NULL, NULL, NULL),
        ERROR_INVALID_PARAMETER);
    service_remove(&service);
}

TEST(what_create_refuses) {
    struct service service = service_make("taken", SERVICE_WIN32_OWN_PROCESS, NULL);
    const SC_HANDLE manager = service.manager;
    char long_name[300], list[128] = {0};

    memset(long_name, 'n', sizeof long_name);
    long_name[257] = 0;
#define CREATE(name, display, type, start, path, tag, depend, account)                                                 \
    CreateServiceA(manager, name, display, SERVICE_ALL_ACCESS, type, start, SERVICE_ERROR_NORMAL, path, NULL, tag,     \
        depend, account, NULL)
#define OWN SERVICE_WIN32_OWN_PROCESS
#define DEMAND SERVICE_DEMAND_START
    CHECK_ERROR(CREATE(service.name, NULL, OWN, DEMAND, "x.exe", NULL, NULL, NULL), ERROR_SERVICE_EXISTS);
    CHECK_ERROR(
        CREATE(own_name("b"), service.name, OWN, DEMAND, "x.exe", NULL, NULL, NULL), ERROR_DUPLICATE_SERVICE_NAME);
    CHECK_ERROR(CREATE("winipc/test", NULL, OWN, DEMAND, "x.exe", NULL, NULL, NULL), ERROR_INVALID_NAME);
    CHECK_ERROR(CREATE("winipc\\test", NULL, OWN, DEMAND, "x.exe", NULL, NULL, NULL), ERROR_INVALID_NAME);
    CHECK_ERROR(CREATE("", NULL, OWN, DEMAND, "x.exe", NULL, NULL, NULL), ERROR_INVALID_NAME);
    CHECK_ERROR(CREATE(long_name, NULL, OWN, DEMAND, "x.exe", NULL, NULL, NULL), ERROR_INVALID_NAME);
    CHECK_ERROR(CREATE(own_name("c"), long_name, OWN, DEMAND, "x.exe", NULL, NULL, NULL), ERROR_INVALID_NAME);
    CHECK_ERROR(CREATE(own_name("d"), NULL, 0, DEMAND, "x.exe", NULL, NULL, NULL), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(CREATE(own_name("d"), NULL, SERVICE_WIN32, DEMAND, "x.exe", NULL, NULL, NULL), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(
        CREATE(own_name("d"), NULL, OWN, SERVICE_BOOT_START, "x.exe", NULL, NULL, NULL), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(CREATE(own_name("d"), NULL, OWN, 5, "x.exe", NULL, NULL, NULL), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(CREATE(own_name("d"), NULL, OWN, DEMAND, "", NULL, NULL, NULL), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(CREATE(own_name("e"), NULL, OWN, DEMAND, "x.exe", NULL, NULL, "winipc-nobody\\at-all"),
        ERROR_INVALID_SERVICE_ACCOUNT);
    strcpy(list, own_name("f"));
    CHECK_ERROR(CREATE(own_name("f"), NULL, OWN, DEMAND, "x.exe", NULL, list, NULL), ERROR_CIRCULAR_DEPENDENCY);
    service_remove(&service);
}

TEST(a_marked_service_goes_with_its_last_handle) {
    struct service service = service_make("marked", SERVICE_WIN32_OWN_PROCESS, NULL);
    SC_HANDLE other = OpenServiceA(service.manager, service.name, SERVICE_QUERY_CONFIG | DELETE);
    SERVICE_STATUS status;

    REQUIRE_OK(other != NULL);
    CHECK_OK(DeleteService(service.handle));
    CHECK_ERROR(DeleteService(other), ERROR_SERVICE_MARKED_FOR_DELETE);
    CHECK_ERROR(StartServiceA(service.handle, 0, NULL), ERROR_SERVICE_MARKED_FOR_DELETE);
    CHECK_ERROR(ChangeServiceConfigA(service.handle, SERVICE_NO_CHANGE, SERVICE_NO_CHANGE, SERVICE_NO_CHANGE, "x.exe",
                    NULL, NULL, NULL, NULL, NULL, NULL),
        ERROR_SERVICE_MARKED_FOR_DELETE);
    CHECK_ERROR(CreateServiceA(service.manager, service.name, NULL, SERVICE_ALL_ACCESS, OWN, DEMAND, 0, "x.exe", NULL,
                    NULL, NULL, NULL, NULL),
        ERROR_SERVICE_MARKED_FOR_DELETE);
    CHECK_OK(QueryServiceStatus(service.handle, &status));
    CHECK_OK(CloseServiceHandle(service.handle));
    service.handle = OpenServiceA(service.manager, service.name, SERVICE_ALL_ACCESS); /* the other one is open */
    CHECK(service.handle != NULL);
    CHECK_OK(CloseServiceHandle(other));
    CHECK_OK(CloseServiceHandle(service.handle));
    CHECK_ERROR(OpenServiceA(service.manager, service.name, SERVICE_ALL_ACCESS), ERROR_SERVICE_DOES_NOT_EXIST);
    CHECK_OK(CloseServiceHandle(service.manager));
    CloseHandle(service.running);
}

TEST(a_marked_service_that_runs_goes_when_it_stops) {
    struct service service = service_make("runs", SERVICE_WIN32_OWN_PROCESS, NULL);

    service_begin(&service);
    CHECK_OK(DeleteService(service.handle));
    CHECK_OK(CloseServiceHandle(service.handle));
    service.handle = OpenServiceA(service.manager, service.name, SERVICE_ALL_ACCESS);
    REQUIRE_OK(service.handle != NULL);
    service_end(&service, TRUE);
    CHECK_OK(CloseServiceHandle(service.handle));
    CHECK_ERROR(OpenServiceA(service.manager, service.name, SERVICE_ALL_ACCESS), ERROR_SERVICE_DOES_NOT_EXIST);
    CHECK_OK(CloseServiceHandle(service.manager));
    CloseHandle(service.running);
}

/* Holds a service open until it is killed. */
ROLE(holder) {
    SC_HANDLE manager = OpenSCManagerA(NULL, NULL, SC_MANAGER_CONNECT), service;
    HANDLE ready = OpenEventA(EVENT_MODIFY_STATE, FALSE, argv[1]);

    REQUIRE_OK(manager != NULL);
    service = OpenServiceA(manager, argv[0], SERVICE_QUERY_STATUS);
    REQUIRE_OK(argc == 2 && service != NULL);
    CHECK_OK(SetEvent(ready));
    Sleep(INFINITE);
}

TEST(a_marked_service_goes_with_a_killed_process) {
    struct service service = service_make("held", SERVICE_WIN32_OWN_PROCESS, NULL);
    char ready_name[128], args[300];
    struct child child;
    HANDLE ready;

    snprintf(ready_name, sizeof ready_name, "%s", own_name("ready"));
    ready = CreateEventA(NULL, FALSE, FALSE, ready_name);
    snprintf(args, sizeof args, "%s %s", service.name, ready_name);
    child = spawn_self("holder", args);
    REQUIRE(CHECK_SIGNALLED(ready));
    CHECK_OK(DeleteService(service.handle));
    CHECK_OK(CloseServiceHandle(service.handle));
    CHECK_ERROR(CreateServiceA(service.manager, service.name, NULL, SERVICE_ALL_ACCESS, OWN, DEMAND, 0, "x.exe", NULL,
                    NULL, NULL, NULL, NULL),
        ERROR_SERVICE_MARKED_FOR_DELETE);
    CHECK_OK(TerminateProcess(child.process, 9));
    CHECK_EQ(child_exit_code(&child), 9);
    CHECK_ERROR(OpenServiceA(service.manager, service.name, SERVICE_ALL_ACCESS), ERROR_SERVICE_DOES_NOT_EXIST);
    CHECK_OK(CloseServiceHandle(service.manager));
    CloseHandle(service.running);
    CloseHandle(ready);
}

TEST(wrong_handles) {
    struct service service = service_make("handles", SERVICE_WIN32_OWN_PROCESS, NULL);
    SERVICE_STATUS status;
    SC_HANDLE closed;
    DWORD need, n, resume = 0;

    CHECK_ERROR(CloseServiceHandle(NULL), ERROR_INVALID_HANDLE);
    CHECK_ERROR(QueryServiceStatus(NULL, &status), ERROR_INVALID_HANDLE);
    CHECK_ERROR(QueryServiceStatus(service.manager, &status), ERROR_INVALID_HANDLE);
    CHECK_ERROR(StartServiceA(service.manager, 0, NULL), ERROR_INVALID_HANDLE);
    CHECK_ERROR(OpenServiceA(service.handle, service.name, SERVICE_ALL_ACCESS), ERROR_INVALID_HANDLE);
    CHECK_ERROR(OpenServiceA(NULL, service.name, SERVICE_ALL_ACCESS), ERROR_INVALID_HANDLE);
    CHECK_ERROR(EnumServicesStatusA(service.handle, SERVICE_WIN32, SERVICE_STATE_ALL, NULL, 0, &need, &n, &resume),
        ERROR_INVALID_HANDLE);
    CHECK_ERROR(DeleteService(NULL), ERROR_INVALID_HANDLE);
    CHECK_ERROR(ControlService(NULL, SERVICE_CONTROL_STOP, &status), ERROR_INVALID_HANDLE);
    closed = OpenServiceA(service.manager, service.name, SERVICE_ALL_ACCESS);
    CHECK_OK(CloseServiceHandle(closed));
    CHECK_ERROR(CloseServiceHandle(closed), ERROR_INVALID_HANDLE);
    CHECK_ERROR(OpenServiceA(service.manager, own_name("none"), SERVICE_ALL_ACCESS), ERROR_SERVICE_DOES_NOT_EXIST);
    CHECK_ERROR(OpenServiceA(service.manager, "a/b", SERVICE_ALL_ACCESS), ERROR_INVALID_NAME);
    CHECK_ERROR(OpenSCManagerA(NULL, "winipc", SC_MANAGER_CONNECT), ERROR_INVALID_NAME);
    CHECK_ERROR(OpenSCManagerA(NULL, "ServicesFailed", SC_MANAGER_CONNECT), ERROR_DATABASE_DOES_NOT_EXIST);
    service_remove(&service);
}

TEST(handles_may_what_they_were_opened_for) {
    struct service service = service_make("rights", SERVICE_WIN32_OWN_PROCESS, NULL);
    SC_HANDLE handle = OpenServiceA(service.manager, service.name, SERVICE_QUERY_STATUS),
              manager = OpenSCManagerA(NULL, NULL, SC_MANAGER_CONNECT);
    SERVICE_STATUS status;
    DWORD need, n, resume = 0;

    CHECK_OK(QueryServiceStatus(handle, &status));
    CHECK_ERROR(QueryServiceConfigA(handle, NULL, 0, &need), ERROR_ACCESS_DENIED);
    CHECK_ERROR(StartServiceA(handle, 0, NULL), ERROR_ACCESS_DENIED);
    CHECK_ERROR(ControlService(handle, SERVICE_CONTROL_STOP, &status), ERROR_ACCESS_DENIED);
    CHECK_ERROR(ControlService(handle, SERVICE_CONTROL_PAUSE, &status), ERROR_ACCESS_DENIED);
    CHECK_ERROR(ControlService(handle, SERVICE_CONTROL_INTERROGATE, &status), ERROR_ACCESS_DENIED);
    CHECK_ERROR(ControlService(handle, 200, &status), ERROR_ACCESS_DENIED);
    CHECK_ERROR(DeleteService(handle), ERROR_ACCESS_DENIED);
    CHECK_ERROR(ChangeServiceConfigA(handle, SERVICE_NO_CHANGE, SERVICE_NO_CHANGE, SERVICE_NO_CHANGE, "x.exe", NULL,
                    NULL, NULL, NULL, NULL, NULL),
        ERROR_ACCESS_DENIED);
    CHECK_ERROR(EnumDependentServicesA(handle, SERVICE_STATE_ALL, NULL, 0, &need, &n), ERROR_ACCESS_DENIED);
    CHECK_ERROR(EnumServicesStatusA(manager, SERVICE_WIN32, SERVICE_STATE_ALL, NULL, 0, &need, &n, &resume),
        ERROR_ACCESS_DENIED);
    CHECK_ERROR(CreateServiceA(manager, own_name("no"), NULL, 0, OWN, DEMAND, 0, "x.exe", NULL, NULL, NULL, NULL, NULL),
        ERROR_ACCESS_DENIED);
    CHECK_OK(CloseServiceHandle(handle));
    handle = OpenServiceA(manager, service.name, GENERIC_READ);
    CHECK(handle != NULL);
    CHECK_ERROR(QueryServiceConfigA(handle, NULL, 0, &need), ERROR_INSUFFICIENT_BUFFER);
    CHECK_OK(CloseServiceHandle(handle));
    CHECK_OK(CloseServiceHandle(manager));
    service_remove(&service);
}

TEST(a_descriptor_decides_who_opens) {
    struct service service = service_make("secured", SERVICE_WIN32_OWN_PROCESS, NULL);
    BYTE bytes[512], empty_list[64];
    SECURITY_DESCRIPTOR descriptor;
    DWORD need = 0;
    BOOL present = FALSE, defaulted;
    ACL *list = NULL;

    CHECK_ERROR(QueryServiceObjectSecurity(service.handle, DACL_SECURITY_INFORMATION, bytes, 0, &need),
        ERROR_INSUFFICIENT_BUFFER);
    CHECK(need > sizeof(SECURITY_DESCRIPTOR_RELATIVE) && need <= sizeof bytes);
    CHECK_OK(QueryServiceObjectSecurity(service.handle, DACL_SECURITY_INFORMATION, bytes, sizeof bytes, &need));
    CHECK_OK(GetSecurityDescriptorDacl(bytes, &present, &list, &defaulted));
    CHECK(present && list && list->AceCount > 1);
    InitializeSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION);
    InitializeAcl((ACL *)empty_list, sizeof empty_list, ACL_REVISION);
    SetSecurityDescriptorDacl(&descriptor, TRUE, (ACL *)empty_list, FALSE); /* nobody may anything */
    CHECK_OK(SetServiceObjectSecurity(service.handle, DACL_SECURITY_INFORMATION, &descriptor));
    CHECK_ERROR(OpenServiceA(service.manager, service.name, SERVICE_START), ERROR_ACCESS_DENIED);
    SetSecurityDescriptorDacl(&descriptor, TRUE, NULL, FALSE);
    CHECK_OK(SetServiceObjectSecurity(service.handle, DACL_SECURITY_INFORMATION, &descriptor));
    {
        SC_HANDLE handle = OpenServiceA(service.manager, service.name, SERVICE_START);

        CHECK(handle != NULL);
        CHECK_OK(CloseServiceHandle(handle));
    }
    CHECK_ERROR(SetServiceObjectSecurity(service.handle, 0, &descriptor), ERROR_INVALID_PARAMETER);
    service_remove(&service);
}

TEST(a_descriptor_by_name) {
    struct service service = service_make("named", SERVICE_WIN32_OWN_PROCESS, NULL);
    PSECURITY_DESCRIPTOR descriptor = NULL;
    BYTE list_bytes[64];
    ACL *list = NULL;

    CHECK_EQ(GetNamedSecurityInfoA(
                 service.name, SE_SERVICE, DACL_SECURITY_INFORMATION, NULL, NULL, &list, NULL, &descriptor),
        ERROR_SUCCESS);
    CHECK(list && list->AceCount > 1);
    LocalFree(descriptor);
    InitializeAcl((ACL *)list_bytes, sizeof list_bytes, ACL_REVISION);
    CHECK_EQ(SetSecurityInfo(
                 (HANDLE)service.handle, SE_SERVICE, DACL_SECURITY_INFORMATION, NULL, NULL, (ACL *)list_bytes, NULL),
        ERROR_SUCCESS);
    CHECK_ERROR(OpenServiceA(service.manager, service.name, SERVICE_START), ERROR_ACCESS_DENIED);
    CHECK_EQ(GetSecurityInfo(
                 (HANDLE)service.handle, SE_SERVICE, DACL_SECURITY_INFORMATION, NULL, NULL, &list, NULL, &descriptor),
        ERROR_SUCCESS);
    CHECK_EQ(list ? list->AceCount : 99, 0);
    LocalFree(descriptor);
    CHECK_EQ(GetNamedSecurityInfoA(
                 (char *)"winipc-nobody", SE_SERVICE, DACL_SECURITY_INFORMATION, NULL, NULL, &list, NULL, &descriptor),
        ERROR_SERVICE_DOES_NOT_EXIST);
    service_remove(&service);
}

TEST(descriptions_and_failure_actions) {
    struct service service = service_make("parts", SERVICE_WIN32_OWN_PROCESS, NULL);
    SERVICE_DESCRIPTIONA description = {(char *)"What it does \xe2\x82\xac"};
    SC_ACTION actions[] = {{SC_ACTION_RESTART, 1000}, {SC_ACTION_NONE, 0}};
    SERVICE_FAILURE_ACTIONSA failure = {3600, NULL, (char *)"C:\\run.exe", 2, actions};
    SERVICE_DELAYED_AUTO_START_INFO delayed = {TRUE};
    BYTE buffer[1024];
    DWORD need = 0;

    CHECK_OK(QueryServiceConfig2A(service.handle, SERVICE_CONFIG_DESCRIPTION, buffer, sizeof buffer, &need));
    CHECK(!((SERVICE_DESCRIPTIONA *)buffer)->lpDescription);
    CHECK_OK(ChangeServiceConfig2A(service.handle, SERVICE_CONFIG_DESCRIPTION, &description));
    CHECK_ERROR(
        QueryServiceConfig2A(service.handle, SERVICE_CONFIG_DESCRIPTION, NULL, 0, &need), ERROR_INSUFFICIENT_BUFFER);
    CHECK(need > sizeof(SERVICE_DESCRIPTIONA));
    CHECK_OK(QueryServiceConfig2A(service.handle, SERVICE_CONFIG_DESCRIPTION, buffer, sizeof buffer, &need));
    CHECK_STR(((SERVICE_DESCRIPTIONA *)buffer)->lpDescription, description.lpDescription);
    description.lpDescription = (char *)"";
    CHECK_OK(ChangeServiceConfig2A(service.handle, SERVICE_CONFIG_DESCRIPTION, &description));
    CHECK_OK(QueryServiceConfig2W(service.handle, SERVICE_CONFIG_DESCRIPTION, buffer, sizeof buffer, &need));
    CHECK(!((SERVICE_DESCRIPTIONW *)buffer)->lpDescription);
    CHECK_OK(ChangeServiceConfig2A(service.handle, SERVICE_CONFIG_FAILURE_ACTIONS, &failure));
    CHECK_OK(QueryServiceConfig2A(service.handle, SERVICE_CONFIG_FAILURE_ACTIONS, buffer, sizeof buffer, &need));
    {
        const SERVICE_FAILURE_ACTIONSA *answer = (SERVICE_FAILURE_ACTIONSA *)buffer;

        CHECK_EQ(answer->dwResetPeriod, 3600);
        CHECK_EQ(answer->cActions, 2);
        CHECK_MEM(answer->lpsaActions, actions, sizeof actions);
        CHECK_STR(text_of(answer->lpCommand), "C:\\run.exe");
    }
    CHECK_ERROR(ChangeServiceConfig2A(service.handle, SERVICE_CONFIG_DELAYED_AUTO_START_INFO, &delayed),
        ERROR_INVALID_PARAMETER);
    CHECK_OK(ChangeServiceConfigA(service.handle, SERVICE_NO_CHANGE, SERVICE_AUTO_START, SERVICE_NO_CHANGE, NULL, NULL,
        NULL, NULL, NULL, NULL, NULL));
    CHECK_OK(ChangeServiceConfig2A(service.handle, SERVICE_CONFIG_DELAYED_AUTO_START_INFO, &delayed));
    CHECK_OK(
        QueryServiceConfig2A(service.handle, SERVICE_CONFIG_DELAYED_AUTO_START_INFO, buffer, sizeof buffer, &need));
    CHECK_EQ(((SERVICE_DELAYED_AUTO_START_INFO *)buffer)->fDelayedAutostart, TRUE);
    CHECK_OK(QueryServiceConfig2A(service.handle, SERVICE_CONFIG_PRESHUTDOWN_INFO, buffer, sizeof buffer, &need));
    CHECK_EQ(((SERVICE_PRESHUTDOWN_INFO *)buffer)->dwPreshutdownTimeout, 10000);
    CHECK_ERROR(QueryServiceConfig2A(service.handle, 0, buffer, sizeof buffer, &need), ERROR_INVALID_LEVEL);
    CHECK_ERROR(ChangeServiceConfig2A(service.handle, 0xff, buffer), ERROR_INVALID_LEVEL);
    service_remove(&service);
}

/* Where a service stands in a list of all, or -1. */
static int find_in(const ENUM_SERVICE_STATUS_PROCESSA *list, DWORD n, const char *name) {
    for (DWORD i = 0; i < n; i++)
        if (!strcmp(list[i].lpServiceName, name))
            return (int)i;
    return -1;
}

TEST(services_are_listed) {
    struct service one = service_make("one", SERVICE_WIN32_OWN_PROCESS, NULL),
                   two = service_make("two", SERVICE_WIN32_OWN_PROCESS, NULL);
    ENUM_SERVICE_STATUS_PROCESSA *list;
    DWORD need = 0, n = 0, resume = 0, size;
    int at;

    CHECK_ERROR(EnumServicesStatusExA(one.manager, SC_ENUM_PROCESS_INFO, SERVICE_WIN32, SERVICE_STATE_ALL, NULL, 0,
                    &need, &n, &resume, NULL),
        ERROR_MORE_DATA);
    CHECK_EQ(n, 0);
    list = calloc(1, need);
    size = need;
    resume = 0;
    CHECK_OK(EnumServicesStatusExA(one.manager, SC_ENUM_PROCESS_INFO, SERVICE_WIN32, SERVICE_STATE_ALL, (BYTE *)list,
        size, &need, &n, &resume, NULL));
    CHECK_EQ(need, 0);
    CHECK_EQ(resume, 0);
    at = find_in(list, n, one.name);
    CHECK(at >= 0 && find_in(list, n, two.name) >= 0);
    if (at >= 0) {
        CHECK_STR(list[at].lpDisplayName, one.name);
        CHECK_EQ(list[at].ServiceStatusProcess.dwCurrentState, SERVICE_STOPPED);
        CHECK_EQ(list[at].ServiceStatusProcess.dwProcessId, 0);
    }
    service_begin(&one);
    CHECK_OK(EnumServicesStatusExA(
        one.manager, SC_ENUM_PROCESS_INFO, SERVICE_WIN32, SERVICE_ACTIVE, (BYTE *)list, size, &need, &n, NULL, NULL));
    at = find_in(list, n, one.name);
    CHECK(at >= 0 && find_in(list, n, two.name) < 0);
    if (at >= 0)
        CHECK(list[at].ServiceStatusProcess.dwProcessId != 0);
    CHECK_ERROR(EnumServicesStatusExA(
                    one.manager, SC_ENUM_PROCESS_INFO, SERVICE_WIN32, 0, (BYTE *)list, size, &need, &n, &resume, NULL),
        ERROR_INVALID_PARAMETER);
    CHECK_ERROR(EnumServicesStatusExA(one.manager, SC_ENUM_PROCESS_INFO, 0, SERVICE_STATE_ALL, (BYTE *)list, size,
                    &need, &n, &resume, NULL),
        ERROR_INVALID_PARAMETER);
    CHECK_ERROR(EnumServicesStatusExA(
                    one.manager, 1, SERVICE_WIN32, SERVICE_STATE_ALL, (BYTE *)list, size, &need, &n, &resume, NULL),
        ERROR_INVALID_LEVEL);
    CHECK_ERROR(EnumServicesStatusExA(one.manager, SC_ENUM_PROCESS_INFO, SERVICE_WIN32, SERVICE_STATE_ALL, (BYTE *)list,
                    size, &need, &n, &resume, own_name("group")),
        ERROR_SERVICE_DOES_NOT_EXIST);
    free(list);
    service_end(&one, TRUE);
    service_remove(&one);
    service_remove(&two);
}

TEST(a_list_goes_on_where_it_stopped) {
    struct service one = service_make("one", SERVICE_WIN32_OWN_PROCESS, NULL),
                   two = service_make("two", SERVICE_WIN32_OWN_PROCESS, NULL);
    ENUM_SERVICE_STATUSW buffer[20]; /* room for a few at a time */
    DWORD need, n, resume = 0, all = 0, rounds = 0, whole = 0;
    BOOL done;

    CHECK(!EnumServicesStatusExW(
        one.manager, SC_ENUM_PROCESS_INFO, SERVICE_WIN32, SERVICE_STATE_ALL, NULL, 0, &need, &n, &whole, NULL));
    do {
        done = EnumServicesStatusW(one.manager, SERVICE_WIN32, SERVICE_STATE_ALL, buffer, 300, &need, &n, &resume);
        CHECK(done || GetLastError() == ERROR_MORE_DATA);
        CHECK(done == !resume);
        REQUIRE(done || n);
        all += n;
    } while (!done && ++rounds < 10000);
    CHECK(all >= 2);
    service_remove(&one);
    service_remove(&two);
}

TEST(dependents_are_listed) {
    struct service base = service_make("base", SERVICE_WIN32_OWN_PROCESS, NULL), middle, top;
    ENUM_SERVICE_STATUSA buffer[16];
    char list[128] = {0};
    DWORD need = 0, n = 0;

    strcpy(list, base.name);
    middle = service_make("middle", SERVICE_WIN32_OWN_PROCESS, list);
    memset(list, 0, sizeof list);
    strcpy(list, middle.name);
    top = service_make("top", SERVICE_WIN32_OWN_PROCESS, list);
    CHECK_ERROR(EnumDependentServicesA(base.handle, SERVICE_STATE_ALL, NULL, 0, &need, &n), ERROR_MORE_DATA);
    CHECK(need > 2 * sizeof buffer[0] && need <= sizeof buffer);
    CHECK_OK(EnumDependentServicesA(base.handle, SERVICE_STATE_ALL, buffer, sizeof buffer, &need, &n));
    CHECK_EQ(n, 2);
    CHECK_STR(buffer[0].lpServiceName, top.name); /* to be stopped first */
    CHECK_STR(buffer[1].lpServiceName, middle.name);
    CHECK_OK(EnumDependentServicesA(base.handle, SERVICE_ACTIVE, buffer, sizeof buffer, &need, &n));
    CHECK_EQ(n, 0);
    service_remove(&top);
    service_remove(&middle);
    service_remove(&base);
}

TEST(names_and_shown_names) {
    struct service service = service_make("named", SERVICE_WIN32_OWN_PROCESS, NULL);
    char shown[128], buffer[200];
    WCHAR wide[200];
    DWORD chars = sizeof buffer;

    snprintf(shown, sizeof shown, "%s shown", service.name);
    CHECK_OK(ChangeServiceConfigA(service.handle, SERVICE_NO_CHANGE, SERVICE_NO_CHANGE, SERVICE_NO_CHANGE, NULL, NULL,
        NULL, NULL, NULL, NULL, shown));
    CHECK_OK(GetServiceDisplayNameA(service.manager, service.name, buffer, &chars));
    CHECK_STR(buffer, shown);
    CHECK_EQ(chars, strlen(shown));
    chars = sizeof buffer;
    CHECK_OK(GetServiceKeyNameA(service.manager, shown, buffer, &chars));
    CHECK_STR(buffer, service.name);
    chars = (DWORD)strlen(service.name); /* no room for the NUL */
    CHECK_ERROR(GetServiceKeyNameA(service.manager, shown, buffer, &chars), ERROR_INSUFFICIENT_BUFFER);
    chars = 200;
    CHECK_ERROR(GetServiceKeyNameA(service.manager, own_name("nobody"), buffer, &chars), ERROR_SERVICE_DOES_NOT_EXIST);
    chars = 200;
    CHECK_ERROR(GetServiceDisplayNameW(service.manager, L"winipc-nobody", wide, &chars), ERROR_SERVICE_DOES_NOT_EXIST);
    service_remove(&service);
}

TEST(small_buffers_for_the_status) {
    struct service service = service_make("small", SERVICE_WIN32_OWN_PROCESS, NULL);
    SERVICE_STATUS_PROCESS status;
    DWORD need = 0;

    POISON_OUT(status);
    CHECK_ERROR(QueryServiceStatusEx(service.handle, SC_STATUS_PROCESS_INFO, (BYTE *)&status, sizeof status - 1, &need),
        ERROR_INSUFFICIENT_BUFFER);
    CHECK_EQ(need, sizeof status);
    CHECK_UNTOUCHED(status);
    CHECK_ERROR(QueryServiceStatusEx(service.handle, 1, (BYTE *)&status, sizeof status, &need), ERROR_INVALID_LEVEL);
    service_remove(&service);
}

TEST(the_database_lock_does_nothing) {
    SC_HANDLE manager = OpenSCManagerA(NULL, NULL, SC_MANAGER_ALL_ACCESS);
    BYTE buffer[256];
    SC_LOCK lock;
    DWORD need = 0;

    REQUIRE_OK(manager != NULL);
    lock = LockServiceDatabase(manager);
    CHECK(lock != NULL);
    CHECK_OK(UnlockServiceDatabase(lock));
    CHECK_OK(QueryServiceLockStatusA(manager, (QUERY_SERVICE_LOCK_STATUSA *)buffer, sizeof buffer, &need));
    CHECK_EQ(((QUERY_SERVICE_LOCK_STATUSA *)buffer)->fIsLocked, 0);
    CHECK_ERROR(QueryServiceLockStatusA(manager, NULL, 0, &need), ERROR_INSUFFICIENT_BUFFER);
    CHECK_OK(CloseServiceHandle(manager));
}

typedef SC_HANDLE(WINAPI *open_function)(const WCHAR *, const WCHAR *, DWORD);

TEST(sechost_has_them_too) {
    const HMODULE module = LoadLibraryA("sechost.dll");
    open_function open;
    SC_HANDLE manager;

    REQUIRE_OK(module != NULL);
    open = (open_function)(void *)GetProcAddress(module, "OpenSCManagerW");
    REQUIRE_OK(open != NULL);
    manager = open(NULL, NULL, SC_MANAGER_CONNECT);
    CHECK(manager != NULL);
    CHECK_OK(CloseServiceHandle(manager));
}
