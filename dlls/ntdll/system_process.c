/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NtQuerySystemInformation's lists: the machine's processes with their threads, and the session's handles.  What the session knows of its
 * own comes from the arena, the rest from /proc.
 */
#define __WINESRC__ /* names the fields of the structures; changes nothing of their layout */
#include "dlls/ntdll/clock.h"
#include "dlls/ntdll/scheduling.h"
#include "dlls/ntdll/system.h"
#include "dlls/ntdll/teb.h"

#include <ntstatus.h>

#include <ctype.h>
#include <dirent.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libs/base/utf.h"

#define NAME_WCHARS 64
#define NORMAL_PRIORITY 8

/* A list that grows. */
struct list {
    uint8_t *bytes;
    size_t len, room;
    bool failed;
};

/* Return: the offset of @size new zero bytes; list->failed when memory ran out. */
static size_t list_add(struct list *list, size_t size) {
    const size_t at = list->len;

    if (at + size > list->room && !list->failed) {
        const size_t room = 2 * (at + size);
        uint8_t *bytes = realloc(list->bytes, room);

        list->failed = !bytes;
        if (bytes) {
            list->bytes = bytes;
            list->room = room;
        }
    }
    if (list->failed)
        return 0;
    memset(list->bytes + at, 0, size);
    list->len += size;
    return at;
}

static NTSTATUS list_answer(struct list *list, void *out, ULONG room, ULONG *returned) {
    const NTSTATUS status = list->failed || list->len > UINT32_MAX ? STATUS_NO_MEMORY
                                                                   : system_answer(out, room, returned, list->bytes, (ULONG)list->len);

    free(list->bytes);
    return status;
}

/* ---- what Linux says ---- */

struct stat_line {
    char name[64];
    char state;
    unsigned parent;
    unsigned long long faults, user, kernel, start; /* times in 100 ns; start since the machine's */
    unsigned long long virtual_bytes, resident_bytes;
};

/* Reads /proc/PID/stat, or a thread's.  Return: false when it is gone. */
static bool stat_read(const char *path, struct stat_line *line) {
    const unsigned long long unit = 10000000ull / (unsigned long long)sysconf(_SC_CLK_TCK);
    char text[1024], *open, *close;
    size_t len;
    FILE *file = fopen(path, "re");

    if (!file)
        return false;
    len = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[len] = 0;
    open = strchr(text, '(');
    close = strrchr(text, ')');
    if (!open || !close ||
        sscanf(close, ") %c %u %*d %*d %*d %*d %*u %llu %*u %*u %*u %llu %llu %*d %*d %*d %*d %*d %*d %llu %llu %llu", &line->state,
            &line->parent, &line->faults, &line->user, &line->kernel, &line->start, &line->virtual_bytes, &line->resident_bytes) != 8)
        return false;
    *close = 0;
    snprintf(line->name, sizeof line->name, "%s", open + 1);
    line->user *= unit;
    line->kernel *= unit;
    line->start *= unit;
    line->resident_bytes *= (unsigned long long)sysconf(_SC_PAGESIZE);
    return true;
}

static void counters_read(unsigned pid, IO_COUNTERS *counters) {
    char path[32], name[32];
    unsigned long long value;
    FILE *file;

    snprintf(path, sizeof path, "/proc/%u/io", pid);
    file = fopen(path, "re");
    while (file && fscanf(file, "%31[^:]: %llu\n", name, &value) == 2) {
        if (!strcmp(name, "rchar"))
            counters->ReadTransferCount = value;
        else if (!strcmp(name, "wchar"))
            counters->WriteTransferCount = value;
        else if (!strcmp(name, "syscr"))
            counters->ReadOperationCount = value;
        else if (!strcmp(name, "syscw"))
            counters->WriteOperationCount = value;
    }
    if (file)
        fclose(file);
}

/* Calls @visit for each number that is a name in a folder. */
static void numbers_visit(const char *folder, void (*visit)(unsigned number, void *context), void *context) {
    DIR *names = opendir(folder);
    struct dirent *name;

    while (names && (name = readdir(names))) {
        if (isdigit((unsigned char)name->d_name[0]))
            visit((unsigned)atoi(name->d_name), context);
    }
    if (names)
        closedir(names);
}

/* ---- processes and threads ---- */

struct walk {
    struct list *list;
    size_t process; /* offset of its entry */
    unsigned pid;
    uint32_t slot; /* ARENA_MAX_PROCESSES: not of this session */
};

static SYSTEM_PROCESS_INFORMATION *walk_process(const struct walk *walk) {
    return (SYSTEM_PROCESS_INFORMATION *)(walk->list->bytes + walk->process);
}

static void thread_add(unsigned tid, const struct thread_slot *slot, struct walk *walk) {
    const size_t at = list_add(walk->list, sizeof(SYSTEM_THREAD_INFORMATION));
    SYSTEM_THREAD_INFORMATION *info;
    struct stat_line line = {0};
    char path[48];

    if (walk->list->failed)
        return;
    walk_process(walk)->dwThreadCount++;
    info = (SYSTEM_THREAD_INFORMATION *)(walk->list->bytes + at);
    snprintf(path, sizeof path, "/proc/%u/task/%u/stat", walk->pid, tid);
    stat_read(path, &line);
    info->KernelTime.QuadPart = (LONGLONG)line.kernel;
    info->UserTime.QuadPart = (LONGLONG)line.user;
    info->CreateTime.QuadPart = (LONGLONG)(clock_system_time() - clock_interrupt_time() + line.start);
    info->ClientId.UniqueProcess = teb_id(walk->pid);
    info->ClientId.UniqueThread = teb_id(tid);
    info->dwCurrentPriority = info->dwBasePriority = (DWORD)(slot ? thread_base_priority(slot) : NORMAL_PRIORITY);
    info->dwThreadState = line.state == 'R' ? 2 : 5; /* running, waiting */
    info->dwWaitReason = slot && atomic_load(&slot->suspend) & SUSPEND_COUNT ? 5 : 6; /* suspended, by itself */
}

static void thread_visit(unsigned tid, void *walk) {
    thread_add(tid, NULL, walk);
}

/* Those of the session that run, without threads of ours beside the program's. */
static void threads_of_session(struct walk *walk) {
    for (uint32_t i = 0; i < arena_count(&winipc_arena->header.n_threads, ARENA_MAX_THREADS); i++) {
        const struct thread_slot *slot = &winipc_arena->thread[i];
        const uint32_t state = atomic_load(&slot->state), tid = atomic_load(&slot->tid);

        if (SLOT_LIFE(state) != SLOT_FREE && SLOT_OWNER(state) == walk->slot && atomic_load(&slot->cell) && tid)
            thread_add(tid, slot, walk);
    }
}

static uint32_t session_slot(unsigned pid) {
    for (uint32_t i = 0; i < arena_count(&winipc_arena->header.n_processes, ARENA_MAX_PROCESSES); i++) {
        if (SLOT_LIFE(atomic_load(&winipc_arena->process[i].state)) != SLOT_FREE && atomic_load(&winipc_arena->process[i].pid) == pid)
            return i;
    }
    return ARENA_MAX_PROCESSES;
}

static ULONG handles_count(uint32_t slot) {
    const uint64_t n = (uint64_t)atomic_load(&winipc_arena->process[slot].n_pages) * ENTRIES_PER_PAGE;
    ULONG count = 0;

    for (uint64_t i = 1; i < n; i++) {
        const _Atomic uint64_t *place = handle_entry(slot, i << 2);

        count += place && ENTRY_IN_USE(atomic_load(place));
    }
    return count;
}

static void process_fill(SYSTEM_PROCESS_INFORMATION *info, const struct walk *walk, const struct stat_line *line) {
    const bool is_ours = walk->slot < ARENA_MAX_PROCESSES;
    const struct cell *cell = is_ours ? cell_at(atomic_load(&winipc_arena->process[walk->slot].cell) - 1) : NULL;

    info->CreationTime.QuadPart = (LONGLONG)(cell ? atomic_load(&cell->process.created_100ns)
                                                  : clock_system_time() - clock_interrupt_time() + line->start);
    info->UserTime.QuadPart = (LONGLONG)line->user;
    info->KernelTime.QuadPart = (LONGLONG)line->kernel;
    info->dwBasePriority = (DWORD)(is_ours ? process_base_priority(walk->slot) : NORMAL_PRIORITY);
    info->UniqueProcessId = teb_id(walk->pid);
    info->ParentProcessId = teb_id(cell ? cell->process.ppid : line->parent);
    info->HandleCount = is_ours ? handles_count(walk->slot) : 0;
    info->SessionId = is_ours;
    info->vmCounters.PageFaultCount = (ULONG)line->faults;
    info->vmCounters.VirtualSize = info->vmCounters.PeakVirtualSize = line->virtual_bytes;
    info->vmCounters.WorkingSetSize = info->vmCounters.PeakWorkingSetSize = line->resident_bytes;
    info->vmCounters.PagefileUsage = info->vmCounters.PeakPagefileUsage = info->vmCounters.PrivateUsage = line->resident_bytes;
    counters_read(walk->pid, &info->ioCounters);
}

/* The name lies behind the threads; its buffer is an offset until the whole stands in the caller's memory. */
static void process_name(struct walk *walk, const char *name) {
    WCHAR wide[NAME_WCHARS];
    const size_t n = utf8_to_utf16(name, strlen(name), wide, NAME_WCHARS - 1, NULL), bytes = n * sizeof *wide;
    const size_t at = list_add(walk->list, (bytes + sizeof(WCHAR) + 7) & ~(size_t)7);

    if (walk->list->failed)
        return;
    memcpy(walk->list->bytes + at, wide, bytes);
    walk_process(walk)->ProcessName = (UNICODE_STRING){(USHORT)bytes, (USHORT)(bytes + sizeof(WCHAR)), (WCHAR *)at};
}

static void process_visit(unsigned pid, void *context) {
    struct walk *walk = context;
    struct stat_line line;
    char path[48];

    snprintf(path, sizeof path, "/proc/%u/stat", pid);
    if (walk->list->failed || !stat_read(path, &line))
        return;
    walk->pid = pid;
    walk->slot = session_slot(pid);
    walk->process = list_add(walk->list, offsetof(SYSTEM_PROCESS_INFORMATION, ti));
    if (walk->list->failed)
        return;
    process_fill(walk_process(walk), walk, &line);
    snprintf(path, sizeof path, "/proc/%u/task", pid);
    if (walk->slot < ARENA_MAX_PROCESSES)
        threads_of_session(walk);
    else
        numbers_visit(path, thread_visit, walk);
    process_name(walk, line.name);
    if (!walk->list->failed)
        walk_process(walk)->NextEntryOffset = (ULONG)(walk->list->len - walk->process);
}

NTSTATUS system_query_processes(void *out, ULONG room, ULONG *returned) {
    struct list list = {0};
    struct walk walk = {.list = &list};

    numbers_visit("/proc", process_visit, &walk);
    for (size_t at = 0; !list.failed && at < list.len;) {
        SYSTEM_PROCESS_INFORMATION *info = (SYSTEM_PROCESS_INFORMATION *)(list.bytes + at);

        at += info->NextEntryOffset;
        info->ProcessName.Buffer = (WCHAR *)((uint8_t *)out + (uintptr_t)info->ProcessName.Buffer);
        if (at >= list.len)
            info->NextEntryOffset = 0;
    }
    return list_answer(&list, out, room, returned);
}

/* ---- handles ---- */

/* A number that equal objects share, in the shape of an address of the kernel's. */
static void *object_address(uint32_t cell) {
    return (void *)(0xffff800000000000ull + (uint64_t)cell * sizeof(struct cell));
}

static void handle_add(struct list *list, unsigned pid, uint64_t handle, uint64_t entry) {
    const size_t at = list_add(list, sizeof(SYSTEM_HANDLE_TABLE_ENTRY_INFO_EX));
    const struct cell *cell = cell_at(ENTRY_CELL(entry));

    if (list->failed)
        return;
    *(SYSTEM_HANDLE_TABLE_ENTRY_INFO_EX *)(list->bytes + at) = (SYSTEM_HANDLE_TABLE_ENTRY_INFO_EX){
        .Object = object_address(ENTRY_CELL(entry)), .UniqueProcessId = 4 * (ULONG_PTR)pid, .HandleValue = handle,
        .GrantedAccess = ENTRY_ACCESS(entry), .ObjectTypeIndex = cell ? cell_type(cell) : 0,
        .HandleAttributes = (ENTRY_FLAGS(entry) & HANDLE_INHERIT ? OBJ_INHERIT : 0) | (ENTRY_FLAGS(entry) & HANDLE_PROTECT ? 1 : 0)};
    ((SYSTEM_HANDLE_INFORMATION_EX *)list->bytes)->NumberOfHandles++;
}

/* All handles of the session, as the newer of the two classes has them. */
static void handles_collect(struct list *list) {
    list_add(list, offsetof(SYSTEM_HANDLE_INFORMATION_EX, Handles));
    for (uint32_t p = 0; p < arena_count(&winipc_arena->header.n_processes, ARENA_MAX_PROCESSES); p++) {
        const unsigned pid = atomic_load(&winipc_arena->process[p].pid);
        const uint64_t n = (uint64_t)atomic_load(&winipc_arena->process[p].n_pages) * ENTRIES_PER_PAGE;

        for (uint64_t i = 1; pid && i < n; i++) {
            const _Atomic uint64_t *place = handle_entry(p, i << 2);
            const uint64_t entry = place ? atomic_load(place) : 0;

            if (ENTRY_IN_USE(entry))
                handle_add(list, pid, i << 2, entry);
        }
    }
}

NTSTATUS system_query_handles(void *out, ULONG room, ULONG *returned) {
    struct list list = {0};

    handles_collect(&list);
    return list_answer(&list, out, room, returned);
}

/* The older class: what does not fit into its 16 bits is cut off. */
NTSTATUS system_query_old_handles(void *out, ULONG room, ULONG *returned) {
    struct list list = {0}, old = {0};
    const SYSTEM_HANDLE_INFORMATION_EX *all;

    handles_collect(&list);
    list_add(&old, offsetof(SYSTEM_HANDLE_INFORMATION, Handle));
    all = (const SYSTEM_HANDLE_INFORMATION_EX *)list.bytes;
    for (ULONG_PTR i = 0; !list.failed && !old.failed && i < all->NumberOfHandles; i++) {
        const SYSTEM_HANDLE_TABLE_ENTRY_INFO_EX *from = &all->Handles[i];
        const size_t at = list_add(&old, sizeof(SYSTEM_HANDLE_ENTRY));

        if (old.failed)
            break;
        *(SYSTEM_HANDLE_ENTRY *)(old.bytes + at) = (SYSTEM_HANDLE_ENTRY){.OwnerPid = (ULONG)from->UniqueProcessId,
            .ObjectType = (BYTE)from->ObjectTypeIndex, .HandleFlags = (BYTE)from->HandleAttributes,
            .HandleValue = (USHORT)from->HandleValue, .ObjectPointer = from->Object, .AccessMask = from->GrantedAccess};
        ((SYSTEM_HANDLE_INFORMATION *)old.bytes)->Count++;
    }
    old.failed |= list.failed;
    free(list.bytes);
    return list_answer(&old, out, room, returned);
}
