/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reporting events (MSDN: winbase.h), and what a program that is no service is told. */
#include "harness.h"

TEST(events_are_reported) {
    HANDLE source = RegisterEventSourceA(NULL, "winipc test");
    const char *texts[] = {"one \"text\"", "two\nlines"};
    const WCHAR *wide[] = {L"\x20ac"};

    REQUIRE_HANDLE(source);
    CHECK_OK(ReportEventA(source, EVENTLOG_WARNING_TYPE, 3, 1000, NULL, 2, 4, texts, (void *)"data"));
    CHECK_OK(ReportEventW(source, EVENTLOG_INFORMATION_TYPE, 0, 1, NULL, 1, 0, wide, NULL));
    CHECK_OK(ReportEventA(source, EVENTLOG_SUCCESS, 0, 0, NULL, 0, 0, NULL, NULL));
    CHECK_OK(DeregisterEventSource(source));
    CHECK_ERROR(ReportEventA(source, EVENTLOG_SUCCESS, 0, 0, NULL, 0, 0, NULL, NULL), ERROR_INVALID_HANDLE);
    CHECK_ERROR(DeregisterEventSource(source), ERROR_INVALID_HANDLE);
}

TEST(wrong_sources) {
    CHECK_ERROR(RegisterEventSourceA(NULL, NULL), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(DeregisterEventSource(NULL), ERROR_INVALID_HANDLE);
}

static void WINAPI service_main(DWORD argc, char **argv) {
    (void)argc, (void)argv;
}

TEST(a_program_that_is_no_service) {
    const SERVICE_TABLE_ENTRYA table[] = {{(char *)"winipc test", service_main}, {NULL, NULL}};

    CHECK_ERROR(StartServiceCtrlDispatcherA(table), ERROR_FAILED_SERVICE_CONTROLLER_CONNECT);
}
