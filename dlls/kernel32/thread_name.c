/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Threads' descriptions (MSDN: processthreadsapi.h): kept here in full, by thread slot; the first 15 bytes are the
 * thread's name in Linux, as ps and gdb show it.
 */
#include <windows.h>
#include <winternl.h>
#include <ntstatus.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dlls/kernel32/error.h"
#include "dlls/ntdll/thread.h"

#define LINUX_NAME_MAX 15

struct description {
    uint32_t tid; /* the thread's Linux id: a slot serves many, one after another */
    WCHAR *text;
};

static pthread_mutex_t description_lock = PTHREAD_MUTEX_INITIALIZER;
static struct description *descriptions[ARENA_MAX_THREADS];

/* The slot of a thread of this process. */
static HRESULT thread_find(HANDLE thread, ACCESS_MASK access, uint32_t *slot, struct cell **cell) {
    struct thread_slot *found;
    const NTSTATUS status = thread_slot_of(thread, access, &found, cell);

    if (status)
        return HRESULT_FROM_WIN32(RtlNtStatusToDosError(status));
    *slot = (uint32_t)(found - winipc_arena->thread);
    return SLOT_OWNER(atomic_load(&found->state)) == arena_process ? S_OK : E_NOTIMPL;
}

static void linux_name_set(uint32_t tid, const WCHAR *text) {
    char path[48], name[4 * LINUX_NAME_MAX] = "";
    int fd;

    WideCharToMultiByte(CP_UTF8, 0, text, lstrlenW(text) < LINUX_NAME_MAX ? lstrlenW(text) : LINUX_NAME_MAX, name,
        sizeof name - 1, NULL, NULL);
    snprintf(path, sizeof path, "/proc/self/task/%u/comm", (unsigned)tid);
    fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    (void)!write(fd, name, strnlen(name, LINUX_NAME_MAX));
    close(fd);
}

/* Under the lock.  Return: false when out of memory. */
static bool description_set(uint32_t slot, uint32_t tid, WCHAR *copy) {
    if (!descriptions[slot])
        descriptions[slot] = calloc(1, sizeof **descriptions);
    if (!descriptions[slot])
        return false;
    free(descriptions[slot]->text);
    *descriptions[slot] = (struct description){tid, copy};
    return true;
}

/**
 * SetThreadDescription() - names a thread of this process.
 * Return: S_OK; E_NOTIMPL (another process's), E_OUTOFMEMORY, or an HRESULT of ERROR_INVALID_HANDLE,
 * ERROR_ACCESS_DENIED. Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/processthreadsapi/nf-processthreadsapi-setthreaddescription
 */
HRESULT WINAPI SetThreadDescription(HANDLE thread, const WCHAR *text) {
    const size_t size = (size_t)(lstrlenW(text) + 1) * sizeof *text;
    WCHAR *copy;
    struct cell *cell;
    uint32_t slot;
    HRESULT result = thread_find(thread, THREAD_SET_LIMITED_INFORMATION, &slot, &cell);

    if (FAILED(result))
        return result;
    copy = malloc(size);
    if (!copy)
        return E_OUTOFMEMORY;
    memcpy(copy, text, size);
    pthread_mutex_lock(&description_lock);
    if (!description_set(slot, atomic_load(&cell->thread.tid), copy))
        result = E_OUTOFMEMORY;
    pthread_mutex_unlock(&description_lock);
    if (FAILED(result))
        free(copy);
    else
        linux_name_set(atomic_load(&cell->thread.tid), text);
    return result;
}

/* A copy to be freed by LocalFree; of nothing: an empty one. */
static WCHAR *text_copy(const WCHAR *text) {
    const size_t size = (size_t)(lstrlenW(text) + 1) * sizeof *text;
    WCHAR *copy = LocalAlloc(LMEM_FIXED, size);

    return copy ? memcpy(copy, text, size) : NULL;
}

/**
 * GetThreadDescription() - the name that a thread of this process was given.
 * @text: receives a copy, to be freed by LocalFree; it is empty when it was given none.
 * Return: as SetThreadDescription.
 * Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/processthreadsapi/nf-processthreadsapi-getthreaddescription
 */
HRESULT WINAPI GetThreadDescription(HANDLE thread, WCHAR **text) {
    const struct description *description;
    struct cell *cell;
    uint32_t slot;
    const HRESULT result = thread_find(thread, THREAD_QUERY_LIMITED_INFORMATION, &slot, &cell);

    *text = NULL;
    if (FAILED(result))
        return result;
    pthread_mutex_lock(&description_lock);
    description = descriptions[slot];
    *text = text_copy(description && description->tid == atomic_load(&cell->thread.tid) ? description->text : L"");
    pthread_mutex_unlock(&description_lock);
    return *text ? S_OK : E_OUTOFMEMORY;
}
