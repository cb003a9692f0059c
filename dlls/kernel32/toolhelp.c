/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Snapshots of processes (MSDN: tlhelp32.h): those of the machine, as /proc shows them; a program of the session appears under its own name.
 * A snapshot handle is an event whose list is kept here.
 */
#include <windows.h>
#include <tlhelp32.h>

#include <ctype.h>
#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct snapshot {
    struct snapshot *next;
    HANDLE handle;
    size_t n, at;
    PROCESSENTRY32W *entries;
};

static pthread_mutex_t snapshot_lock = PTHREAD_MUTEX_INITIALIZER;
static struct snapshot *snapshots;

/* One process out of /proc/ID/stat.  Return: FALSE when it is gone. */
static BOOL entry_read(const char *id, PROCESSENTRY32W *entry) {
    char path[300], line[1024], *open, *close;
    unsigned parent = 0;
    long threads = 0, priority = 0;
    FILE *file;

    snprintf(path, sizeof path, "/proc/%s/stat", id);
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
    entry->th32ProcessID = 4 * (DWORD)atoi(id);
    entry->th32ParentProcessID = 4 * parent;
    entry->cntThreads = (DWORD)(threads > 0 ? threads : 1);
    entry->pcPriClassBase = 8;
    MultiByteToWideChar(CP_UTF8, 0, open + 1, -1, entry->szExeFile, MAX_PATH);
    return TRUE;
}

static void snapshot_fill(struct snapshot *snapshot) {
    DIR *proc = opendir("/proc");
    struct dirent *name;
    size_t room = 0;

    while (proc && (name = readdir(proc))) {
        if (!isdigit((unsigned char)name->d_name[0]))
            continue;
        if (snapshot->n == room) {
            PROCESSENTRY32W *more = realloc(snapshot->entries, (room = 2 * room + 64) * sizeof *more);

            if (!more)
                break;
            snapshot->entries = more;
        }
        snapshot->n += (size_t)entry_read(name->d_name, &snapshot->entries[snapshot->n]);
    }
    if (proc)
        closedir(proc);
}

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
        free(old->entries);
        free(old);
    }
}

/**
 * CreateToolhelp32Snapshot() - a snapshot of all processes.
 * @flags: TH32CS_SNAPPROCESS; the lists of threads, modules and heaps are not there yet.
 * Return: a handle; INVALID_HANDLE_VALUE with ERROR_INVALID_PARAMETER, ERROR_NOT_SUPPORTED, ERROR_NOT_ENOUGH_MEMORY.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/tlhelp32/nf-tlhelp32-createtoolhelp32snapshot
 */
HANDLE WINAPI CreateToolhelp32Snapshot(DWORD flags, DWORD process) {
    SECURITY_ATTRIBUTES security = {sizeof security, NULL, (flags & TH32CS_INHERIT) != 0};
    struct snapshot *snapshot;

    (void)process;
    if (!(flags & TH32CS_SNAPPROCESS) || flags & ~(DWORD)(TH32CS_SNAPPROCESS | TH32CS_INHERIT)) {
        SetLastError(flags & TH32CS_SNAPALL ? ERROR_NOT_SUPPORTED : ERROR_INVALID_PARAMETER);
        return INVALID_HANDLE_VALUE;
    }
    snapshot = calloc(1, sizeof *snapshot);
    if (!snapshot) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return INVALID_HANDLE_VALUE;
    }
    snapshot->handle = CreateEventW(&security, TRUE, FALSE, NULL);
    if (!snapshot->handle) {
        free(snapshot);
        return INVALID_HANDLE_VALUE;
    }
    snapshot_fill(snapshot);
    pthread_mutex_lock(&snapshot_lock);
    snapshots_clean(snapshot->handle);
    snapshot->next = snapshots;
    snapshots = snapshot;
    pthread_mutex_unlock(&snapshot_lock);
    return snapshot->handle;
}

static BOOL snapshot_next(HANDLE handle, PROCESSENTRY32W *entry, BOOL first) {
    BOOL found = FALSE;

    if (entry->dwSize < sizeof *entry) {
        SetLastError(ERROR_BAD_LENGTH);
        return FALSE;
    }
    SetLastError(ERROR_INVALID_HANDLE);
    pthread_mutex_lock(&snapshot_lock);
    for (struct snapshot *snapshot = snapshots; snapshot; snapshot = snapshot->next) {
        if (snapshot->handle != handle)
            continue;
        if (first)
            snapshot->at = 0;
        found = snapshot->at < snapshot->n;
        if (found)
            *entry = snapshot->entries[snapshot->at++];
        else
            SetLastError(ERROR_NO_MORE_FILES);
        break;
    }
    pthread_mutex_unlock(&snapshot_lock);
    return found;
}

/** Process32FirstW() - Return: TRUE; FALSE with ERROR_NO_MORE_FILES, ERROR_BAD_LENGTH (dwSize), ERROR_INVALID_HANDLE. */
BOOL WINAPI Process32FirstW(HANDLE snapshot, PROCESSENTRY32W *entry) {
    return snapshot_next(snapshot, entry, TRUE);
}

BOOL WINAPI Process32NextW(HANDLE snapshot, PROCESSENTRY32W *entry) {
    return snapshot_next(snapshot, entry, FALSE);
}

static BOOL snapshot_next_narrow(HANDLE snapshot, PROCESSENTRY32 *entry, BOOL first) {
    PROCESSENTRY32W wide = {.dwSize = sizeof wide};

    if (entry->dwSize < sizeof *entry) {
        SetLastError(ERROR_BAD_LENGTH);
        return FALSE;
    }
    if (!snapshot_next(snapshot, &wide, first))
        return FALSE;
    memcpy(&entry->cntUsage, &wide.cntUsage, offsetof(PROCESSENTRY32, szExeFile) - offsetof(PROCESSENTRY32, cntUsage));
    WideCharToMultiByte(CP_ACP, 0, wide.szExeFile, -1, entry->szExeFile, MAX_PATH, NULL, NULL);
    return TRUE;
}

BOOL WINAPI Process32First(HANDLE snapshot, PROCESSENTRY32 *entry) {
    return snapshot_next_narrow(snapshot, entry, TRUE);
}

BOOL WINAPI Process32Next(HANDLE snapshot, PROCESSENTRY32 *entry) {
    return snapshot_next_narrow(snapshot, entry, FALSE);
}
