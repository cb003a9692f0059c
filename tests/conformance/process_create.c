/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * CreateProcess' flags and attributes.
 * Source: https://learn.microsoft.com/en-us/windows/win32/procthread/process-creation-flags
 */
#define _WIN32_WINNT 0x0A00
#include "harness.h"

#include <tlhelp32.h>

#ifndef ERROR_OBJECT_NAME_EXISTS
#define ERROR_OBJECT_NAME_EXISTS 698 /* not in the headers */
#endif
#ifndef PROC_THREAD_ATTRIBUTE_JOB_LIST
#define PROC_THREAD_ATTRIBUTE_JOB_LIST 0x2000d
#endif
#ifndef PROC_THREAD_ATTRIBUTE_PSEUDOCONSOLE
#define PROC_THREAD_ATTRIBUTE_PSEUDOCONSOLE 0x20016
#endif

ROLE(waits) {
    const HANDLE end = CreateEventA(NULL, TRUE, FALSE, own_name("end"));

    (void)argc, (void)argv;
    CHECK_OK(SetEvent(CreateEventA(NULL, TRUE, FALSE, own_name("begun"))));
    CHECK_SIGNALLED(end);
}

static DWORD parent_of(DWORD pid) {
    PROCESSENTRY32 entry = {.dwSize = sizeof entry};
    const HANDLE all = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
    DWORD parent = 0;

    for (BOOL more = Process32First(all, &entry); more; more = Process32Next(all, &entry))
        if (entry.th32ProcessID == pid)
            parent = entry.th32ParentProcessID;
    CloseHandle(all);
    return parent;
}

/* Its exit code: the number in its first word when that is the handle of an event, which it sets; else 0. */
ROLE(set_it) {
    const HANDLE event = (HANDLE)(ULONG_PTR)strtoul(argv[0], NULL, 10);

    (void)argc;
    ExitProcess(SetEvent(event) ? 1 : 0);
}

ROLE(parent_and_affinity) {
    DWORD_PTR process = 0, all = 0;

    (void)argc, (void)argv;
    GetProcessAffinityMask(GetCurrentProcess(), &process, &all);
    ExitProcess((DWORD)process << 16 | (parent_of(GetCurrentProcessId()) & 0xffff));
}

ROLE(does_nothing) {
    (void)argc, (void)argv;
}

static BOOL create(const char *role, const char *words, BOOL inherit, DWORD flags, LPPROC_THREAD_ATTRIBUTE_LIST list, struct child *child) {
    STARTUPINFOEXA info = {.StartupInfo.cb = list ? sizeof info : sizeof info.StartupInfo, .lpAttributeList = list};
    PROCESS_INFORMATION made = {0};
    char command[MAX_PATH + 128];
    BOOL done;

    own_command(command, sizeof command, role, words);
    done = CreateProcessA(
        NULL, command, NULL, NULL, inherit, flags | (list ? EXTENDED_STARTUPINFO_PRESENT : 0), NULL, NULL, &info.StartupInfo, &made);
    *child = (struct child){made.hProcess, made.hThread, made.dwProcessId};
    return done;
}

static LPPROC_THREAD_ATTRIBUTE_LIST list_of(DWORD_PTR attribute, void *value, SIZE_T size) {
    LPPROC_THREAD_ATTRIBUTE_LIST list;
    SIZE_T need = 0;

    CHECK_ERROR(InitializeProcThreadAttributeList(NULL, 2, 0, &need), ERROR_INSUFFICIENT_BUFFER);
    list = malloc(need);
    REQUIRE_OK(InitializeProcThreadAttributeList(list, 2, 0, &need));
    REQUIRE_OK(UpdateProcThreadAttribute(list, 0, attribute, value, size, NULL, NULL));
    return list;
}

/* ---- flags ---- */

TEST(flags_that_change_nothing_here) {
    static const DWORD flags[] = {CREATE_NEW_CONSOLE, CREATE_NO_WINDOW, DETACHED_PROCESS, CREATE_NEW_PROCESS_GROUP,
        CREATE_DEFAULT_ERROR_MODE, CREATE_SEPARATE_WOW_VDM, CREATE_SHARED_WOW_VDM, INHERIT_PARENT_AFFINITY, CREATE_BREAKAWAY_FROM_JOB,
        IDLE_PRIORITY_CLASS, BELOW_NORMAL_PRIORITY_CLASS, NORMAL_PRIORITY_CLASS, ABOVE_NORMAL_PRIORITY_CLASS, HIGH_PRIORITY_CLASS,
        REALTIME_PRIORITY_CLASS, CREATE_NO_WINDOW | CREATE_NEW_CONSOLE, CREATE_NO_WINDOW | DETACHED_PROCESS,
        CREATE_NEW_PROCESS_GROUP | CREATE_NEW_CONSOLE};
    struct child child;

    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        REQUIRE_OK(create("does_nothing", NULL, FALSE, flags[i], NULL, &child));
        CHECK_CHILD(child);
    }
}

TEST(flags_that_exclude_each_other) {
    struct child child;

    CHECK_ERROR(create("does_nothing", NULL, FALSE, DETACHED_PROCESS | CREATE_NEW_CONSOLE, NULL, &child), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(
        create("does_nothing", NULL, FALSE, CREATE_SEPARATE_WOW_VDM | CREATE_SHARED_WOW_VDM, NULL, &child), ERROR_INVALID_PARAMETER);
}

/* ---- attributes ---- */

TEST(an_attribute_has_a_size) {
    HANDLE value[4] = {0};
    LPPROC_THREAD_ATTRIBUTE_LIST list = list_of(PROC_THREAD_ATTRIBUTE_PARENT_PROCESS, value, sizeof *value);

    CHECK_ERROR(UpdateProcThreadAttribute(list, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, value, 0, NULL, NULL), ERROR_BAD_LENGTH);
    CHECK_ERROR(UpdateProcThreadAttribute(list, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, value, 7, NULL, NULL), ERROR_BAD_LENGTH);
    CHECK_ERROR(UpdateProcThreadAttribute(list, 0, PROC_THREAD_ATTRIBUTE_PREFERRED_NODE, value, 8, NULL, NULL), ERROR_BAD_LENGTH);
    CHECK_ERROR(UpdateProcThreadAttribute(list, 0, PROC_THREAD_ATTRIBUTE_MITIGATION_POLICY, value, 5, NULL, NULL), ERROR_BAD_LENGTH);
    CHECK_ERROR(UpdateProcThreadAttribute(list, 0, PROC_THREAD_ATTRIBUTE_PARENT_PROCESS, value, 8, NULL, NULL), ERROR_OBJECT_NAME_EXISTS);
    CHECK_ERROR(UpdateProcThreadAttribute(list, 0, 0x2fff0, value, 8, NULL, NULL), ERROR_NOT_SUPPORTED);
    CHECK_ERROR(UpdateProcThreadAttribute(list, 1, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, value, 8, NULL, NULL), ERROR_INVALID_PARAMETER);
    CHECK_OK(UpdateProcThreadAttribute(list, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, value, 8, NULL, NULL));
    CHECK_ERROR(UpdateProcThreadAttribute(list, 0, PROC_THREAD_ATTRIBUTE_JOB_LIST, value, 8, NULL, NULL), ERROR_GEN_FAILURE);
    free(list);
}

TEST(a_list_of_handles_is_for_heirs) {
    SECURITY_ATTRIBUTES inheritable = {sizeof inheritable, NULL, TRUE};
    HANDLE event = CreateEventA(&inheritable, TRUE, FALSE, NULL), other = CreateEventA(NULL, TRUE, FALSE, NULL);
    struct child child;

    CHECK_ERROR(create("does_nothing", NULL, FALSE, 0, list_of(PROC_THREAD_ATTRIBUTE_HANDLE_LIST, &event, sizeof event), &child),
        ERROR_INVALID_PARAMETER);
    CHECK_ERROR(create("does_nothing", NULL, TRUE, 0, list_of(PROC_THREAD_ATTRIBUTE_HANDLE_LIST, &other, sizeof other), &child),
        ERROR_INVALID_PARAMETER);
}

static struct child start_parent(void) {
    const HANDLE begun = CreateEventA(NULL, TRUE, FALSE, own_name("begun"));
    const struct child parent = spawn_self("waits", NULL);

    CHECK_SIGNALLED(begun);
    CloseHandle(begun);
    return parent;
}

static void end_parent(struct child *parent) {
    CHECK_OK(SetEvent(CreateEventA(NULL, TRUE, FALSE, own_name("end"))));
    CHECK_CHILD(*parent);
}

TEST(another_parent) {
    struct child parent = start_parent(), child;
    LPPROC_THREAD_ATTRIBUTE_LIST list = list_of(PROC_THREAD_ATTRIBUTE_PARENT_PROCESS, &parent.process, sizeof parent.process);
    DWORD code;

    CHECK_OK(SetProcessAffinityMask(parent.process, 1));
    REQUIRE_OK(create("parent_and_affinity", NULL, FALSE, 0, list, &child));
    code = child_exit_code(&child);
    CHECK_EQ(code & 0xffff, parent.pid & 0xffff);
    CHECK_EQ(code >> 16, 1);
    end_parent(&parent);
}

TEST(handles_of_another_parent) {
    struct child parent = start_parent(), child;
    LPPROC_THREAD_ATTRIBUTE_LIST list = list_of(PROC_THREAD_ATTRIBUTE_PARENT_PROCESS, &parent.process, sizeof parent.process);
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL), there = NULL;
    char word[32];

    REQUIRE_OK(DuplicateHandle(GetCurrentProcess(), event, parent.process, &there, 0, TRUE, DUPLICATE_SAME_ACCESS));
    snprintf(word, sizeof word, "%u", (unsigned)(ULONG_PTR)there);
    REQUIRE_OK(create("set_it", word, TRUE, 0, list, &child));
    CHECK_EQ(child_exit_code(&child), 1);
    CHECK_SIGNALLED(event);
    end_parent(&parent);
}

TEST(job_of_another_parent) {
    struct child parent = start_parent(), child;
    LPPROC_THREAD_ATTRIBUTE_LIST list = list_of(PROC_THREAD_ATTRIBUTE_PARENT_PROCESS, &parent.process, sizeof parent.process);
    const HANDLE job = CreateJobObjectA(NULL, NULL);
    BOOL in = 5;

    CHECK_OK(AssignProcessToJobObject(job, parent.process));
    REQUIRE_OK(create("does_nothing", NULL, FALSE, CREATE_SUSPENDED, list, &child));
    CHECK_OK(IsProcessInJob(child.process, job, &in));
    CHECK_EQ(in, TRUE);
    CHECK_EQ(ResumeThread(child.thread), 1);
    CHECK_CHILD(child);
    end_parent(&parent);
}

TEST(a_parent_needs_rights) {
    struct child parent = start_parent(), child;
    HANDLE limited = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, parent.pid), wrong = (HANDLE)(ULONG_PTR)0x7ffc;

    CHECK_ERROR(create("does_nothing", NULL, FALSE, 0, list_of(PROC_THREAD_ATTRIBUTE_PARENT_PROCESS, &limited, sizeof limited), &child),
        ERROR_ACCESS_DENIED);
    CHECK_ERROR(create("does_nothing", NULL, FALSE, 0, list_of(PROC_THREAD_ATTRIBUTE_PARENT_PROCESS, &wrong, sizeof wrong), &child),
        ERROR_INVALID_HANDLE);
    end_parent(&parent);
}

TEST(affinity_of_the_first_thread) {
    GROUP_AFFINITY affinity = {.Mask = 1}, wrong = {.Mask = 1, .Group = 7};
    struct child child;

    REQUIRE_OK(create("does_nothing", NULL, FALSE, CREATE_SUSPENDED,
        list_of(PROC_THREAD_ATTRIBUTE_GROUP_AFFINITY, &affinity, sizeof affinity), &child));
    CHECK_EQ(SetThreadAffinityMask(child.thread, 1), 1);
    CHECK_EQ(ResumeThread(child.thread), 1);
    CHECK_CHILD(child);
    CHECK_ERROR(create("does_nothing", NULL, FALSE, 0, list_of(PROC_THREAD_ATTRIBUTE_GROUP_AFFINITY, &wrong, sizeof wrong), &child),
        ERROR_INVALID_PARAMETER);
}

TEST(hints) {
    PROCESSOR_NUMBER processor = {0};
    DWORD64 mitigations = 1; /* data execution prevention */
    USHORT node = 0;
    struct child child;

    REQUIRE_OK(create("does_nothing", NULL, FALSE, 0, list_of(PROC_THREAD_ATTRIBUTE_IDEAL_PROCESSOR, &processor, sizeof processor), &child));
    CHECK_CHILD(child);
    REQUIRE_OK(create("does_nothing", NULL, FALSE, 0, list_of(PROC_THREAD_ATTRIBUTE_PREFERRED_NODE, &node, sizeof node), &child));
    CHECK_CHILD(child);
    REQUIRE_OK(
        create("does_nothing", NULL, FALSE, 0, list_of(PROC_THREAD_ATTRIBUTE_MITIGATION_POLICY, &mitigations, sizeof mitigations), &child));
    CHECK_CHILD(child);
}
