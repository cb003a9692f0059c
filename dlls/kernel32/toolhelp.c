/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Snapshots of processes, threads, modules and heaps (MSDN: tlhelp32.h): those of the machine, as /proc shows them; a program of the session appears
 * under its own name; heaps are the calling process's own.  A snapshot handle is an event whose lists are kept here.
 */
#include <windows.h>
#include <tlhelp32.h>

#include <ctype.h>
#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dlls/kernel32/process_modules.h"
#include "dlls/ntdll/scheduling.h"
#include "libs/arena/arena.h"

#ifndef TH32CS_SNAPMODULE32
#define TH32CS_SNAPMODULE32 0x10
#endif

enum snapshot_list { LIST_PROCESSES, LIST_THREADS, LIST_MODULES, LIST_HEAPS, LISTS };

struct list {
    size_t n, room, at;
    size_t size; /* bytes of an entry, which begins with its dwSize */
    char *entries;
};

struct snapshot {
    struct snapshot *next;
    HANDLE handle;
    struct list list[LISTS];
};

static pthread_mutex_t snapshot_lock = PTHREAD_MUTEX_INITIALIZER;
static struct snapshot *snapshots;

static BOOL list_add(struct list *list, const void *entry) {
    if (list->n == list->room) {
        char *more = realloc(list->entries, (2 * list->room + 64) * list->size);

        if (!more) {
            SetLastError(ERROR_NOT_ENOUGH_MEMORY);
            return FALSE;
        }
        list->entries = more;
        list->room = 2 * list->room + 64;
    }
    memcpy(list->entries + list->n++ * list->size, entry, list->size);
    return TRUE;
}

static void snapshot_free(struct snapshot *snapshot) {
    for (int i = 0; i < LISTS; i++)
        free(snapshot->list[i].entries);
    free(snapshot);
}

/* Calls visit for each number that is a name in a folder, until that returns FALSE.  Return: whether it never did. */
static BOOL numbers_visit(const char *folder, BOOL (*visit)(DWORD number, void *context), void *context) {
    DIR *names = opendir(folder);
    struct dirent *name;
    BOOL going = TRUE;

    while (names && going && (name = readdir(names))) {
        if (isdigit((unsigned char)name->d_name[0]))
            going = visit((DWORD)atoi(name->d_name), context);
    }
    if (names)
        closedir(names);
    return going;
}

/* ---- processes ---- */

/* The slot of a process of this session, by its Linux id.  Return: ARENA_MAX_PROCESSES if it is in none. */
static uint32_t session_slot(DWORD id) {
    for (uint32_t i = 0; i < arena_count(&winipc_arena->header.n_processes, ARENA_MAX_PROCESSES); i++) {
        if (SLOT_LIFE(atomic_load(&winipc_arena->process[i].state)) != SLOT_FREE && atomic_load(&winipc_arena->process[i].pid) == id)
            return i;
    }
    return ARENA_MAX_PROCESSES;
}

/* What the session knows better than Linux: whose child it is, and its class. */
static void process_tell(uint32_t slot, PROCESSENTRY32W *entry) {
    const struct cell *cell = slot < ARENA_MAX_PROCESSES ? cell_at(atomic_load(&winipc_arena->process[slot].cell) - 1) : NULL;

    if (!cell)
        return;
    entry->th32ParentProcessID = 4 * cell->process.ppid;
    entry->pcPriClassBase = process_base_priority(slot);
}

/* One process out of /proc/ID/stat.  Return: FALSE when it is gone. */
static BOOL process_read(DWORD id, PROCESSENTRY32W *entry) {
    char path[32], line[1024], *open, *close;
    unsigned parent = 0;
    long threads = 0, priority = 0;
    FILE *file;

    snprintf(path, sizeof path, "/proc/%u/stat", (unsigned)id);
    file = fopen(path, "re");
    if (!file)
        return FALSE;
    line[0] = 0;
    if (!fgets(line, sizeof line, file))
        line[0] = 0;
    fclose(file);
    open = strchr(line, '(');
    close = strrchr(line, ')');
    if (!open || !close || sscanf(close, ") %*c %u %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %ld %*d %ld", &parent, &priority, &threads) < 1)
        return FALSE;
    *close = 0;
    memset(entry, 0, sizeof *entry);
    entry->dwSize = sizeof *entry;
    entry->th32ProcessID = 4 * id;
    entry->th32ParentProcessID = 4 * parent;
    entry->cntThreads = (DWORD)(threads > 0 ? threads : 1);
    entry->pcPriClassBase = 8;
    process_tell(session_slot(id), entry);
    MultiByteToWideChar(CP_UTF8, 0, open + 1, -1, entry->szExeFile, MAX_PATH);
    return TRUE;
}

static BOOL process_add(DWORD id, void *list) {
    PROCESSENTRY32W entry;

    return !process_read(id, &entry) || list_add(list, &entry);
}

/* ---- threads ---- */

struct thread_walk {
    struct list *list;
    DWORD process; /* Linux id */
    LONG priority;
};

static BOOL thread_add(DWORD id, void *context) {
    const struct thread_walk *walk = context;
    const THREADENTRY32 entry = {
        .dwSize = sizeof entry, .th32ThreadID = 4 * id, .th32OwnerProcessID = 4 * walk->process, .tpBasePri = walk->priority};

    return list_add(walk->list, &entry);
}

/* Those of the session that run, without threads of ours beside the program's. */
static BOOL threads_of_session(struct thread_walk *walk) {
    BOOL going = TRUE;

    for (uint32_t i = 0; i < atomic_load(&winipc_arena->header.n_threads) && going; i++) {
        const struct thread_slot *slot = &winipc_arena->thread[i];
        const uint32_t state = atomic_load(&slot->state), tid = atomic_load(&slot->tid);

        if (SLOT_LIFE(state) == SLOT_FREE || !atomic_load(&slot->cell) || !tid || SLOT_OWNER(state) >= ARENA_MAX_PROCESSES)
            continue;
        walk->process = atomic_load(&winipc_arena->process[SLOT_OWNER(state)].pid);
        walk->priority = thread_base_priority(slot);
        going = thread_add(tid, walk);
    }
    return going;
}

static BOOL is_in_session(DWORD id) {
    return session_slot(id) < ARENA_MAX_PROCESSES;
}

static BOOL threads_of_process(DWORD id, void *context) {
    struct thread_walk *walk = context;
    char folder[32];

    if (is_in_session(id))
        return TRUE;
    walk->process = id;
    snprintf(folder, sizeof folder, "/proc/%u/task", (unsigned)id);
    return numbers_visit(folder, thread_add, walk);
}

static BOOL threads_fill(struct list *list) {
    struct thread_walk walk = {.list = list, .priority = 8};

    return threads_of_session(&walk) && numbers_visit("/proc", threads_of_process, &walk);
}

/* ---- modules ---- */

static BOOL module_add(struct list *list, DWORD process, const struct process_module *module) {
    MODULEENTRY32W entry = {.dwSize = sizeof entry,
        .th32ModuleID = 1,
        .th32ProcessID = process,
        .GlblcntUsage = 0xffff,
        .ProccntUsage = 0xffff,
        .modBaseAddr = (BYTE *)module->base,
        .modBaseSize = module->size_bytes,
        .hModule = module->base};

    lstrcpynW(entry.szModule, module->name, MAX_MODULE_NAME32 + 1);
    lstrcpynW(entry.szExePath, module->path, MAX_PATH);
    return list_add(list, &entry);
}

static BOOL modules_fill(struct list *list, DWORD process) {
    HANDLE handle = OpenProcess(PROCESS_QUERY_INFORMATION | PROCESS_VM_READ, FALSE, process);
    struct process_modules modules;
    BOOL good = handle && process_modules_read(handle, &modules);

    if (handle)
        CloseHandle(handle);
    if (!good)
        return FALSE;
    for (size_t i = 0; i < modules.n && good; i++)
        good = module_add(list, process, &modules.list[i]);
    process_modules_free(&modules);
    return good;
}

/* ---- heaps ---- */

static BOOL heaps_fill(struct list *list) {
    DWORD room = 0, n = GetProcessHeaps(0, NULL);
    HANDLE *heaps = NULL;
    BOOL good = TRUE;

    while (n > room) {
        HANDLE *more = realloc(heaps, n * sizeof *heaps);

        if (!more) {
            free(heaps);
            SetLastError(ERROR_NOT_ENOUGH_MEMORY);
            return FALSE;
        }
        heaps = more;
        room = n;
        n = GetProcessHeaps(room, heaps);
    }
    for (DWORD i = 0; i < n && good; i++) {
        const HEAPLIST32 entry = {.dwSize = sizeof entry,
            .th32ProcessID = GetCurrentProcessId(),
            .th32HeapID = (ULONG_PTR)heaps[i],
            .dwFlags = heaps[i] == GetProcessHeap() ? HF32_DEFAULT : 0};

        good = list_add(list, &entry);
    }
    free(heaps);
    return good;
}

/* ---- snapshots ---- */

/* Lists whose handle was closed, or closed and used for something new, are given back. */
static void snapshots_clean(HANDLE fresh) {
    for (struct snapshot **place = &snapshots; *place;) {
        struct snapshot *old = *place;
        DWORD flags;

        if (old->handle != fresh && GetHandleInformation(old->handle, &flags)) {
            place = &old->next;
            continue;
        }
        *place = old->next;
        snapshot_free(old);
    }
}

static BOOL is_own(DWORD process) {
    return !process || process == GetCurrentProcessId();
}

static BOOL snapshot_fill(struct snapshot *snapshot, DWORD flags, DWORD process) {
    struct list *list = snapshot->list;

    list[LIST_PROCESSES].size = sizeof(PROCESSENTRY32W);
    list[LIST_THREADS].size = sizeof(THREADENTRY32);
    list[LIST_MODULES].size = sizeof(MODULEENTRY32W);
    list[LIST_HEAPS].size = sizeof(HEAPLIST32);
    return (!(flags & TH32CS_SNAPHEAPLIST) || !is_own(process) || heaps_fill(&list[LIST_HEAPS])) &&
           (!(flags & TH32CS_SNAPPROCESS) || numbers_visit("/proc", process_add, &list[LIST_PROCESSES])) &&
           (!(flags & TH32CS_SNAPTHREAD) || threads_fill(&list[LIST_THREADS])) &&
           (!(flags & TH32CS_SNAPMODULE) || modules_fill(&list[LIST_MODULES], process ? process : GetCurrentProcessId()));
}

static HANDLE snapshot_publish(struct snapshot *snapshot, BOOL inherit) {
    SECURITY_ATTRIBUTES security = {sizeof security, NULL, inherit};

    snapshot->handle = CreateEventW(&security, TRUE, FALSE, NULL);
    if (!snapshot->handle)
        return NULL;
    pthread_mutex_lock(&snapshot_lock);
    snapshots_clean(snapshot->handle);
    snapshot->next = snapshots;
    snapshots = snapshot;
    pthread_mutex_unlock(&snapshot_lock);
    return snapshot->handle;
}

/**
 * CreateToolhelp32Snapshot() - a snapshot of all processes, of all threads, and of one process's modules and heaps.
 * @flags: TH32CS_SNAPPROCESS, TH32CS_SNAPTHREAD, TH32CS_SNAPMODULE (TH32CS_SNAPMODULE32 adds nothing), TH32CS_SNAPHEAPLIST, TH32CS_INHERIT.
 * @process: whose modules and heaps; 0: the calling one's. The heaps of another process cannot be had: beside other lists there is none of them.
 * Return: a handle; INVALID_HANDLE_VALUE with ERROR_INVALID_PARAMETER (flags; no such process), ERROR_NOT_SUPPORTED (only the heaps of another
 * process), ERROR_NOT_ENOUGH_MEMORY, ERROR_PARTIAL_COPY (it loads or unloads modules).
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/tlhelp32/nf-tlhelp32-createtoolhelp32snapshot
 */
HANDLE WINAPI CreateToolhelp32Snapshot(DWORD flags, DWORD process) {
    const DWORD known = TH32CS_SNAPALL | TH32CS_SNAPMODULE32;
    struct snapshot *snapshot;
    HANDLE handle;

    if (!(flags & known) || flags & ~(known | TH32CS_INHERIT)) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return INVALID_HANDLE_VALUE;
    }
    if ((flags & known) == TH32CS_SNAPHEAPLIST && !is_own(process)) {
        SetLastError(ERROR_NOT_SUPPORTED);
        return INVALID_HANDLE_VALUE;
    }
    snapshot = calloc(1, sizeof *snapshot);
    if (!snapshot) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return INVALID_HANDLE_VALUE;
    }
    handle = snapshot_fill(snapshot, flags, process) ? snapshot_publish(snapshot, (flags & TH32CS_INHERIT) != 0) : NULL;
    if (handle)
        return handle;
    snapshot_free(snapshot);
    return INVALID_HANDLE_VALUE;
}

/* The next entry of a list into @entry, whose dwSize says how much of it there is. */
static BOOL snapshot_next(HANDLE handle, enum snapshot_list which, void *entry, BOOL first) {
    BOOL found = FALSE;

    SetLastError(ERROR_INVALID_HANDLE);
    pthread_mutex_lock(&snapshot_lock);
    for (struct snapshot *snapshot = snapshots; snapshot; snapshot = snapshot->next) {
        struct list *list = &snapshot->list[which];

        if (snapshot->handle != handle)
            continue;
        if (first)
            list->at = 0;
        found = list->at < list->n;
        if (found)
            memcpy(entry, list->entries + list->at++ * list->size, list->size);
        else
            SetLastError(ERROR_NO_MORE_FILES);
        break;
    }
    pthread_mutex_unlock(&snapshot_lock);
    return found;
}

static BOOL has_size(DWORD size, size_t needed) {
    if (size >= needed)
        return TRUE;
    SetLastError(ERROR_BAD_LENGTH);
    return FALSE;
}

/** Process32FirstW() - Return: TRUE; FALSE with ERROR_NO_MORE_FILES, ERROR_BAD_LENGTH (dwSize), ERROR_INVALID_HANDLE. */
BOOL WINAPI Process32FirstW(HANDLE snapshot, PROCESSENTRY32W *entry) {
    return has_size(entry->dwSize, sizeof *entry) && snapshot_next(snapshot, LIST_PROCESSES, entry, TRUE);
}

BOOL WINAPI Process32NextW(HANDLE snapshot, PROCESSENTRY32W *entry) {
    return has_size(entry->dwSize, sizeof *entry) && snapshot_next(snapshot, LIST_PROCESSES, entry, FALSE);
}

static BOOL process_next_narrow(HANDLE snapshot, PROCESSENTRY32 *entry, BOOL first) {
    PROCESSENTRY32W wide;

    if (!has_size(entry->dwSize, sizeof *entry) || !snapshot_next(snapshot, LIST_PROCESSES, &wide, first))
        return FALSE;
    memcpy(&entry->cntUsage, &wide.cntUsage, offsetof(PROCESSENTRY32, szExeFile) - offsetof(PROCESSENTRY32, cntUsage));
    WideCharToMultiByte(CP_ACP, 0, wide.szExeFile, -1, entry->szExeFile, MAX_PATH, NULL, NULL);
    return TRUE;
}

BOOL WINAPI Process32First(HANDLE snapshot, PROCESSENTRY32 *entry) {
    return process_next_narrow(snapshot, entry, TRUE);
}

BOOL WINAPI Process32Next(HANDLE snapshot, PROCESSENTRY32 *entry) {
    return process_next_narrow(snapshot, entry, FALSE);
}

/** Thread32First() - Return: as Process32FirstW. */
BOOL WINAPI Thread32First(HANDLE snapshot, THREADENTRY32 *entry) {
    return has_size(entry->dwSize, sizeof *entry) && snapshot_next(snapshot, LIST_THREADS, entry, TRUE);
}

BOOL WINAPI Thread32Next(HANDLE snapshot, THREADENTRY32 *entry) {
    return has_size(entry->dwSize, sizeof *entry) && snapshot_next(snapshot, LIST_THREADS, entry, FALSE);
}

/** Module32FirstW() - Return: as Process32FirstW. */
BOOL WINAPI Module32FirstW(HANDLE snapshot, MODULEENTRY32W *entry) {
    return has_size(entry->dwSize, sizeof *entry) && snapshot_next(snapshot, LIST_MODULES, entry, TRUE);
}

BOOL WINAPI Module32NextW(HANDLE snapshot, MODULEENTRY32W *entry) {
    return has_size(entry->dwSize, sizeof *entry) && snapshot_next(snapshot, LIST_MODULES, entry, FALSE);
}

static BOOL module_next_narrow(HANDLE snapshot, MODULEENTRY32 *entry, BOOL first) {
    MODULEENTRY32W wide;

    if (!has_size(entry->dwSize, sizeof *entry) || !snapshot_next(snapshot, LIST_MODULES, &wide, first))
        return FALSE;
    memcpy(&entry->th32ModuleID, &wide.th32ModuleID, offsetof(MODULEENTRY32, szModule) - offsetof(MODULEENTRY32, th32ModuleID));
    WideCharToMultiByte(CP_ACP, 0, wide.szModule, -1, entry->szModule, sizeof entry->szModule, NULL, NULL);
    WideCharToMultiByte(CP_ACP, 0, wide.szExePath, -1, entry->szExePath, sizeof entry->szExePath, NULL, NULL);
    return TRUE;
}

BOOL WINAPI Module32First(HANDLE snapshot, MODULEENTRY32 *entry) {
    return module_next_narrow(snapshot, entry, TRUE);
}

BOOL WINAPI Module32Next(HANDLE snapshot, MODULEENTRY32 *entry) {
    return module_next_narrow(snapshot, entry, FALSE);
}

/** Heap32ListFirst() - Return: as Process32FirstW. */
BOOL WINAPI Heap32ListFirst(HANDLE snapshot, HEAPLIST32 *entry) {
    return has_size((DWORD)entry->dwSize, sizeof *entry) && snapshot_next(snapshot, LIST_HEAPS, entry, TRUE);
}

BOOL WINAPI Heap32ListNext(HANDLE snapshot, HEAPLIST32 *entry) {
    return has_size((DWORD)entry->dwSize, sizeof *entry) && snapshot_next(snapshot, LIST_HEAPS, entry, FALSE);
}

struct id_list {
    DWORD *ids, room, n;
};

static BOOL id_add(DWORD id, void *context) {
    struct id_list *list = context;

    if (list->n < list->room)
        list->ids[list->n++] = 4 * id;
    return list->n < list->room;
}

/**
 * K32EnumProcesses() - the ids of all processes, as many as there is room for.
 * @size, @given: in bytes.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/psapi/nf-psapi-enumprocesses
 */
BOOL WINAPI K32EnumProcesses(DWORD *ids, DWORD size, DWORD *given) {
    struct id_list list = {.ids = ids, .room = size / sizeof *ids};

    numbers_visit("/proc", id_add, &list);
    *given = list.n * (DWORD)sizeof *ids;
    return TRUE;
}
