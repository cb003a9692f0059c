/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A mini dump's threads: they are stopped for its time, all but the one that makes it. */
#include "dlls/dbghelp/dump.h"

#include <tlhelp32.h>

#include <stdlib.h>
#include <string.h>

#define STACK_MAX (1u << 20) /* of a stack whose bounds are not known */
#define INSTRUCTIONS 128u    /* around where a thread is */

#pragma pack(push, 4)
struct thread_name {
    ULONG32 thread_id;
    RVA64 name;
};
#pragma pack(pop)
_Static_assert(sizeof(struct thread_name) == 12, "packed, as the format says");

static bool thread_is_caller(const struct dump *dump, const struct dump_thread *thread) {
    return dump->caller && thread->id == GetCurrentThreadId();
}

static void thread_find_teb(struct dump_thread *thread) {
    THREAD_BASIC_INFORMATION info;

    if (!NtQueryInformationThread(thread->handle, ThreadBasicInformation, &info, sizeof info, NULL))
        thread->teb = (uintptr_t)info.TebBaseAddress;
}

static void thread_stop(struct dump *dump, struct dump_thread *thread) {
    DWORD count = 0;

    if (thread_is_caller(dump, thread)) {
        thread->context = *dump->caller;
        thread->has_context = true;
        return;
    }
    count = SuspendThread(thread->handle);
    if (count == (DWORD)-1)
        return; /* it has just ended */
    thread->stopped = true;
    thread->suspend_count = count;
    thread->context.ContextFlags = CONTEXT_ALL;
    thread->has_context = GetThreadContext(thread->handle, &thread->context);
    if (!thread->has_context && GetLastError() == ERROR_NOT_SUPPORTED)
        dump_fail(dump, ERROR_NOT_SUPPORTED); /* another process, which is no .exe */
}

/* Where the stack that holds @pointer ends; 0 when nothing is known. */
static uint64_t stack_end(const struct dump *dump, const struct dump_thread *thread, uint64_t pointer) {
    const MEMORY_BASIC_INFORMATION *region;
    NT_TIB tib;
    uint64_t end;

    if (thread->teb && dump_read(dump, thread->teb, &tib, sizeof tib) && pointer >= (uintptr_t)tib.StackLimit &&
        pointer < (uintptr_t)tib.StackBase)
        return (uintptr_t)tib.StackBase;
    region = dump_region(dump, pointer);
    end = region ? (uintptr_t)region->BaseAddress + region->RegionSize : 0;
    return end - pointer > STACK_MAX ? pointer + STACK_MAX : end;
}

static void thread_find_stack(const struct dump *dump, struct dump_thread *thread) {
    uint64_t pointer = thread->context.Rsp & ~(uint64_t)7,
             end = thread->has_context ? stack_end(dump, thread, pointer) : 0;

    /* The filter runs above what crashed on one stack, or on an alternate one. */
    if (dump->crash && thread->id == dump->crash_thread) {
        const uint64_t crash = dump->crash->Rsp & ~(uint64_t)7, crash_end = stack_end(dump, thread, crash);

        if (crash_end && (crash_end != end || crash < pointer)) {
            pointer = crash;
            end = crash_end;
        }
    }
    thread->stack_start = end ? pointer : 0;
    thread->stack_end = end;
}

static void threads_list_one(struct dump *dump, DWORD id) {
    const DWORD access = THREAD_SUSPEND_RESUME | THREAD_GET_CONTEXT | THREAD_QUERY_INFORMATION;
    struct dump_thread thread = {.id = id,
                           .flags = ThreadWriteThread | ThreadWriteStack | ThreadWriteContext |
                                    ThreadWriteBackingStore | ThreadWriteInstructionWindow},
                       *more;

    if (dump->type & MiniDumpWithProcessThreadData)
        thread.flags |= ThreadWriteThreadData;
    if (dump->type & MiniDumpWithThreadInfo)
        thread.flags |= ThreadWriteThreadInfo;
    if (!dump_ask_thread(dump, &thread))
        return;
    thread.handle = OpenThread(access, FALSE, id);
    if (!thread.handle)
        return;
    more = dump_grow(dump, dump->threads, &dump->n_threads, sizeof thread);
    if (!more) {
        CloseHandle(thread.handle);
        return;
    }
    dump->threads = more;
    more[dump->n_threads - 1] = thread;
}

void dump_stop_threads(struct dump *dump) {
    HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0);
    THREADENTRY32 entry = {.dwSize = sizeof entry};

    if (snapshot == INVALID_HANDLE_VALUE) {
        dump_fail(dump, GetLastError());
        return;
    }
    for (BOOL more = Thread32First(snapshot, &entry); more; more = Thread32Next(snapshot, &entry))
        if (entry.th32OwnerProcessID == dump->id)
            threads_list_one(dump, entry.th32ThreadID);
    CloseHandle(snapshot);
    for (size_t i = 0; i < dump->n_threads && SUCCEEDED(dump->error); i++) {
        thread_find_teb(&dump->threads[i]);
        thread_stop(dump, &dump->threads[i]);
    }
}

void dump_resume_threads(struct dump *dump) {
    for (size_t i = 0; i < dump->n_threads; i++) {
        if (dump->threads[i].stopped)
            ResumeThread(dump->threads[i].handle);
        CloseHandle(dump->threads[i].handle);
    }
}

/* ---- streams ---- */

static void thread_want_memory(struct dump *dump, const struct dump_thread *thread) {
    const uint64_t pc = thread->context.Rip;

    if (thread->flags & ThreadWriteStack)
        dump_want(dump, thread->stack_start, thread->stack_end);
    if (thread->flags & ThreadWriteInstructionWindow && thread->has_context && pc > INSTRUCTIONS)
        dump_want(dump, pc - INSTRUCTIONS, pc + INSTRUCTIONS);
    if (thread->flags & ThreadWriteThreadData && thread->teb)
        dump_want(dump, thread->teb, thread->teb + sizeof(TEB));
}

static MINIDUMP_THREAD thread_entry(struct dump *dump, const struct dump_thread *thread) {
    MINIDUMP_THREAD entry = {.ThreadId = thread->id,
        .SuspendCount = thread->suspend_count,
        .PriorityClass = GetPriorityClass(dump->process),
        .Priority = (ULONG32)GetThreadPriority(thread->handle),
        .Teb = thread->teb};

    if (thread->flags & ThreadWriteStack)
        entry.Stack.StartOfMemoryRange = thread->stack_start; /* the rest when the memory has its place */
    if (thread->has_context && thread->flags & ThreadWriteContext)
        entry.ThreadContext = (MINIDUMP_LOCATION_DESCRIPTOR){
            sizeof thread->context, dump_add(dump, &thread->context, sizeof thread->context)};
    return entry;
}

static void threads_add_list(struct dump *dump) {
    const size_t head = offsetof(MINIDUMP_THREAD_LIST, Threads),
                 size = head + dump->n_threads * sizeof(MINIDUMP_THREAD);
    const uint32_t place = dump_add(dump, NULL, size), n = (uint32_t)dump->n_threads;

    for (size_t i = 0; i < n && SUCCEEDED(dump->error); i++) {
        const MINIDUMP_THREAD entry = thread_entry(dump, &dump->threads[i]);

        if (SUCCEEDED(dump->error))
            memcpy(dump_at(dump, place + (uint32_t)(head + i * sizeof entry)), &entry, sizeof entry);
        thread_want_memory(dump, &dump->threads[i]);
    }
    if (FAILED(dump->error))
        return;
    memcpy(dump_at(dump, place), &n, sizeof n);
    dump->thread_list = place + (uint32_t)head;
    dump_add_stream(dump, ThreadListStream, place, size);
}

static void threads_add_names(struct dump *dump) {
    const size_t room = sizeof(ULONG32) + dump->n_threads * sizeof(struct thread_name);
    const uint32_t place = dump_add(dump, NULL, room);
    uint32_t n = 0;

    for (size_t i = 0; i < dump->n_threads && SUCCEEDED(dump->error); i++) {
        struct thread_name name = {.thread_id = dump->threads[i].id};
        WCHAR *text = NULL;

        if (FAILED(GetThreadDescription(dump->threads[i].handle, &text)))
            continue;
        if (*text) {
            name.name = dump_add_text(dump, text, (size_t)lstrlenW(text));
            if (SUCCEEDED(dump->error))
                memcpy(dump_at(dump, place + (uint32_t)(sizeof n + n * sizeof name)), &name, sizeof name);
            n++;
        }
        LocalFree(text);
    }
    if (FAILED(dump->error) || !n)
        return;
    memcpy(dump_at(dump, place), &n, sizeof n);
    dump_add_stream(dump, ThreadNamesStream, place, sizeof n + n * sizeof(struct thread_name));
}

static MINIDUMP_THREAD_INFO thread_info(const struct dump_thread *thread) {
    MINIDUMP_THREAD_INFO info = {.ThreadId = thread->id, .ExitStatus = STILL_ACTIVE};
    THREAD_BASIC_INFORMATION basic;
    FILETIME times[4];
    void *start = NULL;

    if (GetThreadTimes(thread->handle, &times[0], &times[1], &times[2], &times[3]))
        memcpy(&info.CreateTime, times, sizeof times);
    if (!NtQueryInformationThread(thread->handle, ThreadQuerySetWin32StartAddress, &start, sizeof start, NULL))
        info.StartAddress = (uintptr_t)start;
    if (!NtQueryInformationThread(thread->handle, ThreadBasicInformation, &basic, sizeof basic, NULL))
        info.Affinity = basic.AffinityMask;
    return info;
}

static void threads_add_info(struct dump *dump) {
    const MINIDUMP_THREAD_INFO_LIST list = {sizeof list, sizeof(MINIDUMP_THREAD_INFO), (ULONG)dump->n_threads};
    const size_t size = sizeof list + dump->n_threads * sizeof(MINIDUMP_THREAD_INFO);
    const uint32_t place = dump_add(dump, NULL, size);

    if (FAILED(dump->error))
        return;
    memcpy(dump_at(dump, place), &list, sizeof list);
    for (size_t i = 0; i < dump->n_threads; i++) {
        const MINIDUMP_THREAD_INFO info = thread_info(&dump->threads[i]);

        memcpy(dump_at(dump, place + (uint32_t)(sizeof list + i * sizeof info)), &info, sizeof info);
    }
    dump_add_stream(dump, ThreadInfoListStream, place, size);
}

void dump_add_threads(struct dump *dump) {
    size_t kept = 0;

    for (size_t i = 0; i < dump->n_threads; i++)
        thread_find_stack(dump, &dump->threads[i]);
    for (size_t i = 0; i < dump->n_threads; i++) { /* those that stay go first; the others are still to be resumed */
        struct dump_thread thread = dump->threads[i];

        if (!dump_ask_about_thread(dump, &thread))
            continue;
        dump->threads[i] = dump->threads[kept];
        dump->threads[kept++] = thread;
    }
    const size_t all = dump->n_threads;

    dump->n_threads = kept;
    threads_add_list(dump);
    threads_add_names(dump);
    if (dump->type & MiniDumpWithThreadInfo)
        threads_add_info(dump);
    dump->n_threads = all;
}
