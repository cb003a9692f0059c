/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Priorities, boosts, affinity and ideal processors, of one's own and of another process.
 * Source: https://learn.microsoft.com/en-us/windows/win32/procthread/scheduling-priorities
 */
#define _WIN32_WINNT 0x0A00
#include "harness.h"

#ifndef ERROR_THREAD_MODE_ALREADY_BACKGROUND
#define ERROR_THREAD_MODE_ALREADY_BACKGROUND 400 /* not in mingw's headers */
#define ERROR_THREAD_MODE_NOT_BACKGROUND 401
#endif
#ifndef THREAD_MODE_BACKGROUND_BEGIN
#define THREAD_MODE_BACKGROUND_BEGIN 0x10000 /* not in Wine's */
#define THREAD_MODE_BACKGROUND_END 0x20000
#endif

WINBASEAPI BOOL WINAPI GetThreadGroupAffinity(HANDLE thread, GROUP_AFFINITY *affinity); /* Wine's lack these */
WINBASEAPI BOOL WINAPI SetThreadGroupAffinity(HANDLE thread, const GROUP_AFFINITY *affinity, GROUP_AFFINITY *previous);
WINBASEAPI BOOL WINAPI GetProcessGroupAffinity(HANDLE process, USHORT *n, USHORT *groups);
WINBASEAPI BOOL WINAPI SetThreadIdealProcessorEx(HANDLE thread, PROCESSOR_NUMBER *processor, PROCESSOR_NUMBER *previous);
WINBASEAPI BOOL WINAPI GetThreadIdealProcessorEx(HANDLE thread, PROCESSOR_NUMBER *processor);

static DWORD_PTR system_mask(void) {
    DWORD_PTR process = 0, all = 0;

    REQUIRE_OK(GetProcessAffinityMask(GetCurrentProcess(), &process, &all));
    CHECK(process && (process & all) == process);
    return all;
}

ROLE(waits) {
    const HANDLE end = CreateEventA(NULL, TRUE, FALSE, own_name("end"));

    (void)argc, (void)argv;
    CHECK_OK(SetEvent(CreateEventA(NULL, TRUE, FALSE, own_name("begun"))));
    CHECK_SIGNALLED(end);
}

/* Its exit code is its own priority class. */
ROLE(tell_class) {
    (void)argc, (void)argv;
    ExitProcess(GetPriorityClass(GetCurrentProcess()));
}

ROLE(tell_affinity) {
    DWORD_PTR process = 0, all = 0;

    (void)argc, (void)argv;
    CHECK_OK(GetProcessAffinityMask(GetCurrentProcess(), &process, &all));
    ExitProcess((DWORD)process);
}

static struct child start_waiter(void) {
    const HANDLE begun = CreateEventA(NULL, TRUE, FALSE, own_name("begun"));
    const struct child child = spawn_self("waits", NULL);

    CHECK_SIGNALLED(begun);
    CloseHandle(begun);
    return child;
}

static void end_waiter(struct child *child) {
    const HANDLE end = CreateEventA(NULL, TRUE, FALSE, own_name("end"));

    CHECK_OK(SetEvent(end));
    CHECK_CHILD(*child);
}

TEST(a_thread_keeps_its_priority) {
    static const int valid[] = {-15, -2, -1, 0, 1, 2, 15}, wrong[] = {-16, -14, -3, 3, 14, 16, 31};

    CHECK_EQ(GetThreadPriority(GetCurrentThread()), THREAD_PRIORITY_NORMAL);
    for (size_t i = 0; i < sizeof valid / sizeof *valid; i++) {
        CHECK_OK(SetThreadPriority(GetCurrentThread(), valid[i]));
        CHECK_EQ(GetThreadPriority(GetCurrentThread()), valid[i]);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CHECK_ERROR(SetThreadPriority(GetCurrentThread(), wrong[i]), ERROR_INVALID_PARAMETER);
    CHECK_EQ(GetThreadPriority(GetCurrentThread()), 15);
}

TEST(a_thread_goes_into_the_background_once) {
    CHECK_ERROR(SetThreadPriority(GetCurrentThread(), THREAD_MODE_BACKGROUND_END), ERROR_THREAD_MODE_NOT_BACKGROUND);
    CHECK_OK(SetThreadPriority(GetCurrentThread(), THREAD_MODE_BACKGROUND_BEGIN));
    CHECK_ERROR(SetThreadPriority(GetCurrentThread(), THREAD_MODE_BACKGROUND_BEGIN), ERROR_THREAD_MODE_ALREADY_BACKGROUND);
    CHECK_OK(SetThreadPriority(GetCurrentThread(), THREAD_MODE_BACKGROUND_END));
}

TEST(priority_of_a_thread_of_another_process) {
    struct child child = start_waiter();
    HANDLE thread;

    CHECK_EQ(GetThreadPriority(child.thread), 0);
    CHECK_OK(SetThreadPriority(child.thread, THREAD_PRIORITY_HIGHEST));
    CHECK_EQ(GetThreadPriority(child.thread), THREAD_PRIORITY_HIGHEST);
    thread = OpenThread(THREAD_QUERY_LIMITED_INFORMATION, FALSE, GetThreadId(child.thread));
    REQUIRE_HANDLE(thread);
    CHECK_EQ(GetThreadPriority(thread), THREAD_PRIORITY_HIGHEST);
    CHECK_ERROR(SetThreadPriority(thread, 0), ERROR_ACCESS_DENIED);
    CloseHandle(thread);
    end_waiter(&child);
}

TEST(priorities_need_a_thread) {
    SetLastError(POISON);
    CHECK_EQ(GetThreadPriority((HANDLE)(ULONG_PTR)0x7ffc), THREAD_PRIORITY_ERROR_RETURN);
    CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
    CHECK_ERROR(SetThreadPriority(GetCurrentProcess(), 0), ERROR_INVALID_HANDLE);
}

TEST(a_process_keeps_its_class) {
    static const DWORD classes[] = {IDLE_PRIORITY_CLASS, BELOW_NORMAL_PRIORITY_CLASS, ABOVE_NORMAL_PRIORITY_CLASS, HIGH_PRIORITY_CLASS,
        NORMAL_PRIORITY_CLASS};

    CHECK_EQ(GetPriorityClass(GetCurrentProcess()), NORMAL_PRIORITY_CLASS);
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        CHECK_OK(SetPriorityClass(GetCurrentProcess(), classes[i]));
        CHECK_EQ(GetPriorityClass(GetCurrentProcess()), classes[i]);
    }
    CHECK_ERROR(SetPriorityClass(GetCurrentProcess(), 0), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(SetPriorityClass(GetCurrentProcess(), 0x60), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(SetPriorityClass((HANDLE)(ULONG_PTR)0x7ffc, NORMAL_PRIORITY_CLASS), ERROR_INVALID_HANDLE);
    CHECK_ERROR(GetPriorityClass((HANDLE)(ULONG_PTR)0x7ffc), ERROR_INVALID_HANDLE);
}

TEST(class_of_another_process) {
    struct child child = start_waiter();
    const HANDLE limited = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, child.pid);

    CHECK_OK(SetPriorityClass(child.process, BELOW_NORMAL_PRIORITY_CLASS));
    CHECK_EQ(GetPriorityClass(limited), BELOW_NORMAL_PRIORITY_CLASS);
    CHECK_EQ(GetPriorityClass(GetCurrentProcess()), NORMAL_PRIORITY_CLASS);
    CHECK_ERROR(SetPriorityClass(limited, NORMAL_PRIORITY_CLASS), ERROR_ACCESS_DENIED);
    end_waiter(&child);
}

static DWORD start_with(const char *role, DWORD flags) {
    STARTUPINFOA info = {.cb = sizeof info};
    PROCESS_INFORMATION made;
    struct child child;
    char command[MAX_PATH + 128];

    own_command(command, sizeof command, role, NULL);
    REQUIRE_OK(CreateProcessA(NULL, command, NULL, NULL, FALSE, flags, NULL, NULL, &info, &made));
    child = (struct child){made.hProcess, made.hThread, made.dwProcessId};
    return child_exit_code(&child);
}

TEST(class_of_a_child) {
    CHECK_EQ(start_with("tell_class", 0), NORMAL_PRIORITY_CLASS);
    CHECK_EQ(start_with("tell_class", HIGH_PRIORITY_CLASS), HIGH_PRIORITY_CLASS);
    CHECK_OK(SetPriorityClass(GetCurrentProcess(), ABOVE_NORMAL_PRIORITY_CLASS));
    CHECK_EQ(start_with("tell_class", 0), NORMAL_PRIORITY_CLASS);
    CHECK_OK(SetPriorityClass(GetCurrentProcess(), BELOW_NORMAL_PRIORITY_CLASS));
    CHECK_EQ(start_with("tell_class", 0), BELOW_NORMAL_PRIORITY_CLASS);
    CHECK_OK(SetPriorityClass(GetCurrentProcess(), IDLE_PRIORITY_CLASS));
    CHECK_EQ(start_with("tell_class", 0), IDLE_PRIORITY_CLASS);
    CHECK_EQ(start_with("tell_class", NORMAL_PRIORITY_CLASS), NORMAL_PRIORITY_CLASS);
}

TEST(boosts_are_switched) {
    BOOL disabled = 5;

    CHECK_OK(GetProcessPriorityBoost(GetCurrentProcess(), &disabled));
    CHECK_EQ(disabled, FALSE);
    CHECK_OK(SetProcessPriorityBoost(GetCurrentProcess(), TRUE));
    CHECK_OK(GetProcessPriorityBoost(GetCurrentProcess(), &disabled));
    CHECK_EQ(disabled, TRUE);
    CHECK_OK(SetThreadPriorityBoost(GetCurrentThread(), TRUE));
    CHECK_OK(GetThreadPriorityBoost(GetCurrentThread(), &disabled));
    CHECK_EQ(disabled, TRUE);
    CHECK_OK(SetThreadPriorityBoost(GetCurrentThread(), FALSE));
    CHECK_OK(GetThreadPriorityBoost(GetCurrentThread(), &disabled));
    CHECK_EQ(disabled, FALSE);
}

TEST(affinity_of_a_thread) {
    const DWORD_PTR all = system_mask();
    GROUP_AFFINITY group = {0}, before;

    CHECK_EQ(SetThreadAffinityMask(GetCurrentThread(), 1), all);
    CHECK_EQ(GetCurrentProcessorNumber(), 0);
    CHECK_EQ(SetThreadAffinityMask(GetCurrentThread(), all), 1);
    CHECK_ERROR(SetThreadAffinityMask(GetCurrentThread(), 0), ERROR_INVALID_PARAMETER);
    if (all != ~(DWORD_PTR)0)
        CHECK_ERROR(SetThreadAffinityMask(GetCurrentThread(), ~all), ERROR_INVALID_PARAMETER);
    CHECK_OK(GetThreadGroupAffinity(GetCurrentThread(), &group));
    CHECK_EQ(group.Mask, all);
    CHECK_EQ(group.Group, 0);
    group.Mask = 1;
    CHECK_OK(SetThreadGroupAffinity(GetCurrentThread(), &group, &before));
    CHECK_EQ(before.Mask, all);
    group.Group = 1;
    CHECK_ERROR(SetThreadGroupAffinity(GetCurrentThread(), &group, NULL), ERROR_INVALID_PARAMETER);
}

static DWORD WINAPI thread_of_affinity(void *argument) {
    (void)argument;
    return (DWORD)SetThreadAffinityMask(GetCurrentThread(), 1);
}

TEST(a_new_thread_has_its_processs_affinity) {
    const DWORD_PTR all = system_mask();
    HANDLE thread;
    DWORD code = 0;

    CHECK_OK(SetThreadAffinityMask(GetCurrentThread(), 1));
    thread = CreateThread(NULL, 0, thread_of_affinity, NULL, 0, NULL);
    CHECK_SIGNALLED(thread);
    CHECK_OK(GetExitCodeThread(thread, &code));
    CHECK_EQ(code, (DWORD)all);
    CloseHandle(thread);
}

TEST(affinity_of_a_process) {
    const DWORD_PTR all = system_mask();
    DWORD_PTR process = 0, whole = 0;
    struct child child = start_waiter();

    CHECK_OK(SetProcessAffinityMask(child.process, 1));
    CHECK_OK(GetProcessAffinityMask(child.process, &process, &whole));
    CHECK_EQ(process, 1);
    CHECK_EQ(whole, all);
    CHECK_EQ(SetThreadAffinityMask(child.thread, 1), 1);
    if (all > 1)
        CHECK_ERROR(SetThreadAffinityMask(child.thread, 2), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(SetProcessAffinityMask(child.process, 0), ERROR_INVALID_PARAMETER);
    if (all != ~(DWORD_PTR)0)
        CHECK_ERROR(SetProcessAffinityMask(child.process, ~(DWORD_PTR)0), ERROR_INVALID_PARAMETER);
    end_waiter(&child);
}

TEST(a_child_has_its_parents_affinity) {
    CHECK_OK(SetProcessAffinityMask(GetCurrentProcess(), 1));
    CHECK_EQ(start_with("tell_affinity", 0), 1);
}

TEST(a_threads_affinity_is_not_its_childs) {
    const DWORD_PTR all = system_mask();

    CHECK_OK(SetThreadAffinityMask(GetCurrentThread(), 1));
    CHECK_EQ(start_with("tell_affinity", 0), (DWORD)all);
}

TEST(groups_of_a_process) {
    USHORT groups[2] = {7, 7}, n = 0;

    CHECK_ERROR(GetProcessGroupAffinity(GetCurrentProcess(), &n, groups), ERROR_INSUFFICIENT_BUFFER);
    CHECK_EQ(n, 1);
    n = 2;
    CHECK_OK(GetProcessGroupAffinity(GetCurrentProcess(), &n, groups));
    CHECK_EQ(n, 1);
    CHECK_EQ(groups[0], 0);
    CHECK_EQ(groups[1], 7);
}

TEST(an_ideal_processor) {
    PROCESSOR_NUMBER ideal = {0}, before = {0};

    CHECK(SetThreadIdealProcessor(GetCurrentThread(), 0) != (DWORD)-1);
    CHECK_EQ(SetThreadIdealProcessor(GetCurrentThread(), MAXIMUM_PROCESSORS), 0);
    SetLastError(POISON);
    CHECK_EQ(SetThreadIdealProcessor(GetCurrentThread(), MAXIMUM_PROCESSORS + 1), (DWORD)-1);
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    CHECK_OK(SetThreadIdealProcessorEx(GetCurrentThread(), &ideal, &before));
    CHECK_EQ(before.Number, 0);
    CHECK_OK(GetThreadIdealProcessorEx(GetCurrentThread(), &ideal));
    CHECK_EQ(ideal.Group, 0);
    CHECK_EQ(ideal.Number, 0);
    ideal.Group = 1;
    CHECK_ERROR(SetThreadIdealProcessorEx(GetCurrentThread(), &ideal, NULL), ERROR_INVALID_PARAMETER);
}
