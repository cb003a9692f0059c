/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NtQuerySystemInformation.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winternl/nf-winternl-ntquerysysteminformation
 */
#include "nt.h"

#ifndef _WIN32 /* Wine's headers lack it */
BOOL WINAPI GetSystemTimes(FILETIME *idle, FILETIME *kernel, FILETIME *user);
#endif

/* The documented parts of the structures, whatever the headers call their fields. */
struct system_thread {
    LARGE_INTEGER kernel, user, created;
    ULONG wait_time;
    void *start;
    HANDLE process, thread;
    LONG priority, base_priority;
    ULONG switches, state, reason;
};

struct system_process {
    ULONG next, n_threads;
    BYTE reserved[24];
    LARGE_INTEGER created, user, kernel;
    UNICODE_STRING name;
    LONG base_priority;
    HANDLE pid, parent;
    ULONG n_handles, session;
    ULONG_PTR key;
    SIZE_T peak_virtual, virtual_size;
    ULONG faults;
    SIZE_T peak_working_set, working_set, pools[4], pagefile, peak_pagefile, private_bytes;
    LARGE_INTEGER io[6];
    struct system_thread thread[];
};

struct system_handle {
    void *object;
    ULONG_PTR pid, handle;
    ULONG access;
    USHORT trace, type;
    ULONG attributes, reserved;
};

struct system_handles {
    ULONG_PTR n, reserved;
    struct system_handle handle[];
};

/* A whole list, malloced: its size changes under way. */
static void *list_of(ULONG class) {
    NT_FUNCTION(NtQuerySystemInformation, ULONG, void *, ULONG, ULONG *);
    ULONG size = 0, need = 0;
    void *data = NULL;
    NTSTATUS status;

    status = NtQuerySystemInformation(class, data, 0, &need);
    CHECK_EQ(status, NT_LENGTH_MISMATCH);
    CHECK(need > 0);
    while (status == NT_LENGTH_MISMATCH) {
        size = need + 65536;
        data = realloc(data, size);
        status = NtQuerySystemInformation(class, data, size, &need);
    }
    REQUIRE(status == NT_OK);
    CHECK(need <= size);
    return data;
}

ROLE(waits) {
    const HANDLE end = CreateEventA(NULL, TRUE, FALSE, own_name("end"));

    (void)argc, (void)argv;
    CHECK_OK(SetEvent(CreateEventA(NULL, TRUE, FALSE, own_name("begun"))));
    CHECK_SIGNALLED(end);
}

static const struct system_process *find_process(const void *list, DWORD pid) {
    const BYTE *at = list;

    for (;;) {
        const struct system_process *process = (const void *)at;

        if (process->pid == (HANDLE)(ULONG_PTR)pid)
            return process;
        if (!process->next)
            return NULL;
        at += process->next;
    }
}

TEST(processes_with_their_threads) {
    const HANDLE begun = CreateEventA(NULL, TRUE, FALSE, own_name("begun")), end = CreateEventA(NULL, TRUE, FALSE, own_name("end"));
    struct child child = spawn_self("waits", NULL);
    const struct system_process *own, *other;
    FILETIME created, rest;
    void *list;
    ULONG i;

    CHECK_SIGNALLED(begun);
    CHECK_OK(SetPriorityClass(child.process, BELOW_NORMAL_PRIORITY_CLASS));
    list = list_of(5);
    own = find_process(list, GetCurrentProcessId());
    other = find_process(list, child.pid);
    REQUIRE(own && other);
    CHECK(own->n_threads >= 1);
    CHECK_EQ((ULONG_PTR)other->parent, GetCurrentProcessId());
    CHECK_EQ(own->base_priority, 8);
    CHECK_EQ(other->base_priority, 6);
    CHECK(own->name.Length > 0 && own->name.Length < own->name.MaximumLength);
    CHECK(own->working_set > 0 && own->virtual_size >= own->working_set);
    CHECK(own->n_handles > 0);
    CHECK_OK(GetProcessTimes(child.process, &created, &rest, &rest, &rest));
    CHECK_MEM(&other->created, &created, sizeof created);
    for (i = 0; i < other->n_threads && other->thread[i].thread != (HANDLE)(ULONG_PTR)GetThreadId(child.thread);)
        i++;
    REQUIRE(i < other->n_threads);
    CHECK_EQ((ULONG_PTR)other->thread[i].process, child.pid);
    CHECK_EQ(other->thread[i].state, 5);
    SetEvent(end);
    CHECK_CHILD(child);
    free(list);
}

static const struct system_handle *find_handle(const struct system_handles *list, HANDLE handle) {
    for (ULONG_PTR i = 0; i < list->n; i++)
        if (list->handle[i].pid == GetCurrentProcessId() && list->handle[i].handle == (ULONG_PTR)handle)
            return &list->handle[i];
    return NULL;
}

TEST(handles_of_all) {
    SECURITY_ATTRIBUTES inheritable = {sizeof inheritable, NULL, TRUE};
    HANDLE event = CreateEventA(&inheritable, TRUE, FALSE, NULL), same = NULL, other = CreateEventA(NULL, TRUE, FALSE, NULL);
    const struct system_handle *first, *second, *third;
    struct system_handles *list;

    CHECK_OK(DuplicateHandle(GetCurrentProcess(), event, GetCurrentProcess(), &same, SYNCHRONIZE, FALSE, 0));
    list = list_of(64);
    first = find_handle(list, event);
    second = find_handle(list, same);
    third = find_handle(list, other);
    REQUIRE(first && second && third);
    CHECK(first->type == second->type && second->type == third->type);
    CHECK_EQ(first->access, EVENT_ALL_ACCESS);
    CHECK_EQ(second->access, SYNCHRONIZE);
    CHECK_EQ(first->attributes, 2); /* OBJ_INHERIT */
    CHECK_EQ(second->attributes, 0);
    free(list);
}

TEST(the_older_list_of_handles) {
    const HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    struct {
        ULONG n;
        struct {
            USHORT pid, trace;
            BYTE type, flags;
            USHORT handle;
            void *object;
            ULONG access;
        } handle[];
    } *list = list_of(16);
    ULONG i;

    for (i = 0; i < list->n && (list->handle[i].pid != (USHORT)GetCurrentProcessId() || list->handle[i].handle != (USHORT)(ULONG_PTR)event);)
        i++;
    REQUIRE(i < list->n);
    CHECK_EQ(list->handle[i].access, EVENT_ALL_ACCESS);
    free(list);
}

TEST(lengths_and_classes) {
    static const struct {
        ULONG class, size;
    } rows[] = {{0, 64}, {1, 12}, {3, 48}, {33, 16}, {35, 2}, {44, 172}};
    NT_FUNCTION(NtQuerySystemInformation, ULONG, void *, ULONG, ULONG *);
    BYTE data[1024];
    ULONG need;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CHECK_EQ(NtQuerySystemInformation(rows[i].class, data, rows[i].size, &need), NT_OK);
        CHECK_EQ(need, rows[i].size);
        if (rows[i].class != 3) /* of that any length is right */
            CHECK_EQ(NtQuerySystemInformation(rows[i].class, data, rows[i].size - 1, &need), NT_LENGTH_MISMATCH);
    }
    CHECK_EQ(NtQuerySystemInformation(0x7fff, data, sizeof data, &need), NT_INVALID_INFO_CLASS);
}

TEST(two_answers_agree) {
    struct {
        ULONG reserved, resolution, page_size, pages, lowest, highest, granularity;
        void *low, *high;
        ULONG_PTR mask;
        CHAR n;
    } basic;
    NT_FUNCTION(NtQuerySystemInformation, ULONG, void *, ULONG, ULONG *);
    MEMORYSTATUSEX memory = {.dwLength = sizeof memory};
    SYSTEM_INFO info;

    CHECK_EQ(NtQuerySystemInformation(0, &basic, sizeof basic, NULL), NT_OK);
    GetSystemInfo(&info);
    CHECK_EQ(basic.n, info.dwNumberOfProcessors);
    CHECK_EQ(basic.mask, info.dwActiveProcessorMask);
    CHECK_EQ(basic.page_size, info.dwPageSize);
    CHECK_EQ(basic.granularity, info.dwAllocationGranularity);
    CHECK_OK(GlobalMemoryStatusEx(&memory));
    CHECK(memory.ullTotalPhys && memory.ullAvailPhys <= memory.ullTotalPhys);
    CHECK(memory.ullTotalPageFile >= memory.ullTotalPhys);
    CHECK(memory.dwMemoryLoad <= 100);
}

TEST(one_for_each_processor) {
    static const struct {
        ULONG class, size;
    } rows[] = {{8, 48}, {23, 24}};
    NT_FUNCTION(NtQuerySystemInformation, ULONG, void *, ULONG, ULONG *);
    static BYTE data[64 * 48];
    SYSTEM_INFO info;
    ULONG need;

    GetSystemInfo(&info);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CHECK_EQ(NtQuerySystemInformation(rows[i].class, data, sizeof data, &need), NT_OK);
        CHECK_EQ(need, info.dwNumberOfProcessors * rows[i].size);
    }
}

TEST(the_time_zone) {
    TIME_ZONE_INFORMATION zone, answer;
    NT_FUNCTION(NtQuerySystemInformation, ULONG, void *, ULONG, ULONG *);

    CHECK(GetTimeZoneInformation(&zone) != TIME_ZONE_ID_INVALID);
    CHECK_EQ(NtQuerySystemInformation(44, &answer, sizeof answer, NULL), NT_OK);
    CHECK_EQ(answer.Bias, zone.Bias);
    CHECK_EQ(answer.DaylightBias, zone.DaylightBias);
    CHECK_MEM(&answer.StandardDate, &zone.StandardDate, sizeof zone.StandardDate);
}

TEST(code_integrity) {
    struct {
        ULONG length, options;
    } info = {.length = 8, .options = POISON};
    NT_FUNCTION(NtQuerySystemInformation, ULONG, void *, ULONG, ULONG *);
    ULONG need;

    CHECK_EQ(NtQuerySystemInformation(103, &info, sizeof info, &need), NT_OK);
    CHECK_EQ(info.length, 8);
    CHECK(info.options != POISON);
    CHECK_EQ(need, 8);
    info.length = 4;
    CHECK_EQ(NtQuerySystemInformation(103, &info, sizeof info, NULL), NT_LENGTH_MISMATCH);
}

TEST(one_version_everywhere) {
    OSVERSIONINFOEXW rtl = {.dwOSVersionInfoSize = sizeof rtl};
    OSVERSIONINFOEXA old = {.dwOSVersionInfoSize = sizeof old};
    NT_FUNCTION(RtlGetVersion, OSVERSIONINFOEXW *);
    void(WINAPI *numbers)(DWORD *, DWORD *, DWORD *);
    DWORD major = 0, minor = 0, build = 0, product = 0;
    const BYTE *shared = (const BYTE *)0x7ffe0000;
    DWORDLONG mask;

    find_function(&numbers, "ntdll.dll", "RtlGetNtVersionNumbers");
    CHECK_EQ(RtlGetVersion(&rtl), NT_OK);
    CHECK_EQ(rtl.dwMajorVersion, 10);
    CHECK_EQ(rtl.dwMinorVersion, 0);
    CHECK_EQ(rtl.dwPlatformId, VER_PLATFORM_WIN32_NT);
    CHECK_EQ(rtl.wProductType, VER_NT_WORKSTATION);
    numbers(&major, &minor, &build);
    CHECK_EQ(major, 10);
    CHECK_EQ(minor, 0);
    CHECK_EQ(build & 0x0fffffff, rtl.dwBuildNumber);
    CHECK_EQ(build >> 28, 15);
    CHECK_EQ(*(const DWORD *)(shared + 0x26c), 10); /* NtMajorVersion, NtMinorVersion and NtBuildNumber of KUSER_SHARED_DATA */
    CHECK_EQ(*(const DWORD *)(shared + 0x270), 0);
    CHECK_EQ(*(const DWORD *)(shared + 0x260), rtl.dwBuildNumber);
    CHECK_OK(GetVersionExA((OSVERSIONINFOA *)&old));
    CHECK(old.dwMajorVersion == 10 || old.dwMajorVersion == 6); /* 6.2 to a program whose manifest does not know Windows 10 */
    old.dwOSVersionInfoSize = 20;
    CHECK_ERROR(GetVersionExA((OSVERSIONINFOA *)&old), ERROR_INSUFFICIENT_BUFFER);
    CHECK_OK(GetProductInfo(10, 0, 0, 0, &product));
    CHECK(product != 0);
    mask = VerSetConditionMask(0, VER_MAJORVERSION, VER_GREATER_EQUAL);
    old = (OSVERSIONINFOEXA){.dwOSVersionInfoSize = sizeof old, .dwMajorVersion = 6};
    CHECK_OK(VerifyVersionInfoA(&old, VER_MAJORVERSION, mask));
    old.dwMajorVersion = 11;
    CHECK_ERROR(VerifyVersionInfoA(&old, VER_MAJORVERSION, mask), ERROR_OLD_WIN_VERSION);
    CHECK_ERROR(VerifyVersionInfoA(&old, VER_MAJORVERSION, 0), ERROR_BAD_ARGUMENTS);
}

TEST(memory_and_times_of_the_machine) {
    MEMORYSTATUSEX memory = {.dwLength = sizeof memory - 1};
    FILETIME idle, kernel, user;
    DWORD size = 0;

    CHECK_ERROR(GlobalMemoryStatusEx(&memory), ERROR_INVALID_PARAMETER);
    CHECK_OK(GetSystemTimes(&idle, &kernel, &user));
    CHECK(CompareFileTime(&kernel, &idle) >= 0); /* idle is part of it */
    CHECK_OK(GetSystemTimes(NULL, NULL, &user));
    CHECK_ERROR(GetLogicalProcessorInformation(NULL, &size), ERROR_INSUFFICIENT_BUFFER);
    CHECK(size > 0 && size % 32 == 0);
    CHECK_OK(GetLogicalProcessorInformation(malloc(size), &size));
    size = 0;
    CHECK_ERROR(GetLogicalProcessorInformationEx(RelationAll, NULL, &size), ERROR_INSUFFICIENT_BUFFER);
    CHECK(size > 0);
    CHECK_OK(GetLogicalProcessorInformationEx(RelationAll, malloc(size), &size));
    CHECK_ERROR(GetLogicalProcessorInformationEx((LOGICAL_PROCESSOR_RELATIONSHIP)77, NULL, &size), ERROR_INVALID_PARAMETER);
}
