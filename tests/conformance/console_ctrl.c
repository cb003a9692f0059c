/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Ctrl-Break and Ctrl-C in process groups.
 * Source: https://learn.microsoft.com/en-us/windows/console/generateconsolectrlevent
 */
#include "harness.h"

static HANDLE named_event(const char *what) {
    const HANDLE event = CreateEventA(NULL, TRUE, FALSE, own_name(what));

    REQUIRE_HANDLE(event);
    return event;
}

static const char *member;

/* Tells which event came, by an event that bears the member's name. */
static BOOL WINAPI on_control(DWORD type) {
    char name[64];

    snprintf(name, sizeof name, "%s-%s", member, type == CTRL_C_EVENT ? "c" : type == CTRL_BREAK_EVENT ? "break" : "other");
    SetEvent(named_event(name));
    return TRUE;
}

/* member NAME [NAME]: listens, starts a second one in the same group, says that it is ready and waits for the end. */
ROLE(member) {
    struct child second;
    char ready[64];

    member = argv[0];
    snprintf(ready, sizeof ready, "%s-life", member);
    REQUIRE_HANDLE(CreateMutexA(NULL, TRUE, own_name(ready))); /* abandoned when this process is gone */
    CHECK_OK(SetConsoleCtrlHandler(on_control, TRUE));
    if (argc > 1)
        second = spawn_self("member", argv[1]);
    snprintf(ready, sizeof ready, "%s-ready", member);
    CHECK_OK(SetEvent(named_event(ready)));
    if (!strcmp(member, "leaves")) {
        CHECK_SIGNALLED(named_event("second-ready"));
        return;
    }
    CHECK_SIGNALLED(named_event("end"));
    if (argc > 1)
        CHECK_CHILD(second);
}

static struct child start_group(const char *members) {
    STARTUPINFOA info = {.cb = sizeof info};
    PROCESS_INFORMATION made;
    char command[MAX_PATH + 128];

    own_command(command, sizeof command, "member", members);
    REQUIRE_OK(CreateProcessA(NULL, command, NULL, NULL, FALSE, CREATE_NEW_PROCESS_GROUP, NULL, NULL, &info, &made));
    return (struct child){made.hProcess, made.hThread, made.dwProcessId};
}

TEST(ctrl_break_reaches_all_of_a_group) {
    const HANDLE end = named_event("end"), first = named_event("first-break"), second = named_event("second-break");
    struct child child = start_group("first second");

    CHECK_SIGNALLED(named_event("first-ready"));
    CHECK_SIGNALLED(named_event("second-ready"));
    CHECK_OK(GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, child.pid));
    CHECK_SIGNALLED(first);
    CHECK_SIGNALLED(second);
    SetEvent(end);
    CHECK_CHILD(child);
}

TEST(a_group_outlives_its_first_process) {
    const HANDLE end = named_event("end"), second = named_event("second-break");
    struct child child = start_group("leaves second");
    const DWORD group = child.pid;
    HANDLE life;

    CHECK_SIGNALLED(named_event("second-ready"));
    CHECK_CHILD(child);
    life = OpenMutexA(SYNCHRONIZE, FALSE, own_name("second-life"));
    CHECK_OK(GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, group));
    CHECK_SIGNALLED(second);
    SetEvent(end);
    CHECK_EQ(WaitForSingleObject(life, WAIT_LIMIT_MS), WAIT_ABANDONED);
}

TEST(a_new_group_ignores_ctrl_c) {
    const HANDLE end = named_event("end"), first = named_event("first-c"), second = named_event("second-c");
    struct child child = start_group("first second");

    CHECK_SIGNALLED(named_event("first-ready"));
    CHECK_SIGNALLED(named_event("second-ready"));
    CHECK_OK(GenerateConsoleCtrlEvent(CTRL_C_EVENT, child.pid));
    CHECK_OK(GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, child.pid));
    CHECK_SIGNALLED(named_event("first-break"));
    CHECK_SIGNALLED(named_event("second-break"));
    CHECK_UNSIGNALLED(first);
    CHECK_UNSIGNALLED(second);
    SetEvent(end);
    CHECK_CHILD(child);
}

TEST(other_events_and_groups_are_refused) {
    CHECK_ERROR(GenerateConsoleCtrlEvent(CTRL_CLOSE_EVENT, 0), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, 0x7ffffff0), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(SetConsoleCtrlHandler(on_control, FALSE), ERROR_INVALID_PARAMETER);
}
