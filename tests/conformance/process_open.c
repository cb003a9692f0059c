/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What NtOpenProcess and NtOpenThread refuse.
 * Source: https://learn.microsoft.com/en-us/windows-hardware/drivers/ddi/ntddk/nf-ntddk-ntopenprocess
 */
#include "nt.h"

#define NT_INVALID_PARAMETER_MIX NT(0xc0000030)
#define NT_INVALID_CID NT(0xc000000b)

typedef NTSTATUS WINAPI open_function(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, CLIENT_ID *);

static open_function *open_process, *open_thread;
static OBJECT_ATTRIBUTES plain;

static void prepare(void) {
    find_function(&open_process, "ntdll.dll", "NtOpenProcess");
    find_function(&open_thread, "ntdll.dll", "NtOpenThread");
    InitializeObjectAttributes(&plain, NULL, 0, NULL, NULL);
}

ROLE(waits) {
    (void)argc, (void)argv;
    CHECK_SIGNALLED(CreateEventA(NULL, TRUE, FALSE, own_name("end")));
}

static CLIENT_ID ids(ULONG_PTR pid, ULONG_PTR tid) {
    return (CLIENT_ID){(HANDLE)pid, (HANDLE)tid};
}

static NTSTATUS process_of(ULONG_PTR pid, ULONG_PTR tid, HANDLE *process) {
    CLIENT_ID id = ids(pid, tid);

    return open_process(process, PROCESS_QUERY_LIMITED_INFORMATION, &plain, &id);
}

static NTSTATUS thread_of(ULONG_PTR pid, ULONG_PTR tid, HANDLE *thread) {
    CLIENT_ID id = ids(pid, tid);

    return open_thread(thread, THREAD_QUERY_LIMITED_INFORMATION, &plain, &id);
}

TEST(no_id_or_a_name) {
    CLIENT_ID id = ids(GetCurrentProcessId(), GetCurrentThreadId());
    HANDLE handle;

    prepare();
    CHECK_EQ(open_process(&handle, PROCESS_QUERY_INFORMATION, &plain, NULL), NT_INVALID_PARAMETER_MIX);
    CHECK_EQ(open_process(&handle, PROCESS_QUERY_INFORMATION, nt_named("process", 0), &id), NT_INVALID_PARAMETER_MIX);
    CHECK_EQ(open_thread(&handle, THREAD_QUERY_INFORMATION, &plain, NULL), NT_INVALID_PARAMETER_MIX);
    CHECK_EQ(open_thread(&handle, THREAD_QUERY_INFORMATION, nt_named("thread", 0), &id), NT_INVALID_PARAMETER_MIX);
}

TEST(ids_of_nothing) {
    HANDLE handle;

    prepare();
    CHECK_EQ(process_of(0x7ffffffc, 0, &handle), NT_INVALID_CID);
    CHECK_EQ(process_of(GetCurrentProcessId() | (ULONG_PTR)1 << 32, 0, &handle), NT_INVALID_CID);
    CHECK_EQ(process_of(GetCurrentProcessId(), 0x7ffffffc, &handle), NT_INVALID_CID);
    CHECK_EQ(thread_of(0, 0x7ffffffc, &handle), NT_INVALID_CID);
    CHECK_EQ(thread_of(0, 0, &handle), NT_INVALID_CID);
    CHECK_ERROR(OpenProcess(PROCESS_QUERY_INFORMATION, FALSE, 0), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(OpenThread(THREAD_QUERY_INFORMATION, FALSE, 0), ERROR_INVALID_PARAMETER);
}

TEST(a_thread_of_another_process) {
    struct child child = spawn_self("waits", NULL);
    const DWORD thread = GetThreadId(child.thread);
    HANDLE handle;

    prepare();
    CHECK_EQ(process_of(child.pid, thread, &handle), NT_OK);
    CHECK_EQ(GetProcessId(handle), child.pid);
    CloseHandle(handle);
    CHECK_EQ(process_of(GetCurrentProcessId(), thread, &handle), NT_INVALID_CID);
    CHECK_EQ(thread_of(child.pid, thread, &handle), NT_OK);
    CHECK_EQ(GetThreadId(handle), thread);
    CloseHandle(handle);
    CHECK_EQ(thread_of(GetCurrentProcessId(), thread, &handle), NT_INVALID_CID);
    CHECK_OK(SetEvent(CreateEventA(NULL, TRUE, FALSE, own_name("end"))));
    CHECK_CHILD(child);
}

TEST(the_two_lowest_bits_do_not_count) {
    HANDLE handle;

    prepare();
    for (ULONG_PTR i = 0; i < 4; i++) {
        CHECK_EQ(process_of(GetCurrentProcessId() + i, 0, &handle), NT_OK);
        CHECK_EQ(GetProcessId(handle), GetCurrentProcessId());
        CloseHandle(handle);
        CHECK_EQ(thread_of(0, GetCurrentThreadId() + i, &handle), NT_OK);
        CHECK_EQ(GetThreadId(handle), GetCurrentThreadId());
        CloseHandle(handle);
    }
}

TEST(inherited_if_the_attributes_say_so) {
    CLIENT_ID id = ids(GetCurrentProcessId(), 0);
    OBJECT_ATTRIBUTES inherits = {.Length = sizeof inherits, .Attributes = 2 /* OBJ_INHERIT */};
    DWORD flags = POISON;
    HANDLE handle;

    prepare();
    CHECK_EQ(open_process(&handle, PROCESS_QUERY_INFORMATION, &inherits, &id), NT_OK);
    CHECK_OK(GetHandleInformation(handle, &flags));
    CHECK_EQ(flags, HANDLE_FLAG_INHERIT);
    CHECK_OK(CloseHandle(handle));
    CHECK_EQ(open_process(&handle, PROCESS_QUERY_INFORMATION, &plain, &id), NT_OK);
    CHECK_OK(GetHandleInformation(handle, &flags));
    CHECK_EQ(flags, 0);
    CHECK_OK(CloseHandle(handle));
}
