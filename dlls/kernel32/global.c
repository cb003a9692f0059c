/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Global and local memory (MSDN: winbase.h, GlobalAlloc and its kin). Fixed memory is a block of the process heap, and its
 * handle is its address. A moveable object's handle is the address of an entry in a table, eight bytes off a multiple
 * of 16, which no heap block ever is; the entry's first word is the object's address, as old programs expect. Global
 * and local objects are the same here; their functions differ in a few answers only.
 */
#include "dlls/kernel32/error.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#define GLOBAL_CHUNK_ENTRIES 255
#define GLOBAL_MAX_CHUNKS 256 /* about the 65,536 handles that Windows has */
#define GLOBAL_MAX_LOCKS 0xFF

struct global_entry {
    void *block;   /* NULL: discarded */
    uint8_t used;  /* 0: free, and next_free counts */
    uint8_t locks; /* sticks at GLOBAL_MAX_LOCKS, as Windows' */
    uint16_t flags;
    uint32_t next_free; /* 1 + chunk * GLOBAL_CHUNK_ENTRIES + index; 0: none */
};

struct global_chunk {
    uint64_t padding; /* entries lie at 8 modulo 16 */
    struct global_entry entries[GLOBAL_CHUNK_ENTRIES];
};

_Static_assert(sizeof(struct global_entry) == 16 && offsetof(struct global_chunk, entries) == 8, "a handle's low digit is 8");

static pthread_mutex_t global_lock = PTHREAD_MUTEX_INITIALIZER;
static struct global_chunk *global_chunks[GLOBAL_MAX_CHUNKS]; /* all under global_lock */
static uint32_t global_n_chunks, global_first_free;

static struct global_entry *global_entry_at(uint32_t number) {
    return &global_chunks[(number - 1) / GLOBAL_CHUNK_ENTRIES]->entries[(number - 1) % GLOBAL_CHUNK_ENTRIES];
}

static bool global_grow(void) {
    struct global_chunk *chunk;

    if (global_n_chunks == GLOBAL_MAX_CHUNKS)
        return false;
    chunk = aligned_alloc(16, (sizeof *chunk + 15) & ~(size_t)15);
    if (!chunk)
        return false;
    global_chunks[global_n_chunks++] = chunk;
    for (uint32_t i = GLOBAL_CHUNK_ENTRIES; i > 0; i--) {
        chunk->entries[i - 1] = (struct global_entry){.next_free = global_first_free};
        global_first_free = (global_n_chunks - 1) * GLOBAL_CHUNK_ENTRIES + i;
    }
    return true;
}

/* Whether a handle has the form of a moveable object's; the others are addresses of fixed memory. */
static bool global_is_moveable(HGLOBAL handle) {
    return (uintptr_t)handle % 16 == 8;
}

/* The live entry of a handle, or NULL, and its number. Under the lock. */
static struct global_entry *global_entry_of(HGLOBAL handle, uint32_t *number) {
    for (uint32_t i = 0; i < global_n_chunks; i++) {
        struct global_entry *const entries = global_chunks[i]->entries;
        const uintptr_t offset = (uintptr_t)handle - (uintptr_t)entries;

        if (offset >= sizeof global_chunks[i]->entries)
            continue;
        *number = i * GLOBAL_CHUNK_ENTRIES + (uint32_t)(offset / sizeof *entries) + 1;
        return offset % sizeof *entries == 0 && entries[offset / sizeof *entries].used ? handle : NULL;
    }
    return NULL;
}

static bool global_is_fixed(const void *pointer) {
    return pointer && HeapValidate(GetProcessHeap(), 0, pointer);
}

static void *global_fail(DWORD error) {
    SetLastError(error);
    return NULL;
}

static HGLOBAL global_alloc_moveable(UINT flags, SIZE_T size) {
    struct global_entry *entry = NULL;
    void *block = NULL;

    if (size) {
        block = HeapAlloc(GetProcessHeap(), flags & GMEM_ZEROINIT ? HEAP_ZERO_MEMORY : 0, size);
        if (!block)
            return NULL;
    }
    pthread_mutex_lock(&global_lock);
    if (global_first_free || global_grow()) {
        entry = global_entry_at(global_first_free);
        global_first_free = entry->next_free;
        *entry = (struct global_entry){.block = block, .used = 1, .flags = flags & (GMEM_DISCARDABLE | GMEM_DDESHARE)};
    }
    pthread_mutex_unlock(&global_lock);
    if (entry)
        return entry;
    HeapFree(GetProcessHeap(), 0, block);
    return global_fail(ERROR_NOT_ENOUGH_MEMORY);
}

/**
 * GlobalAlloc() - memory by address (GMEM_FIXED) or by handle (GMEM_MOVEABLE).
 * @size: bytes; 0 with GMEM_MOVEABLE gives a discarded object.
 * Return: the handle; NULL and ERROR_NOT_ENOUGH_MEMORY.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winbase/nf-winbase-globalalloc
 */
HGLOBAL WINAPI GlobalAlloc(UINT flags, SIZE_T size) {
    if (flags & GMEM_MOVEABLE)
        return global_alloc_moveable(flags, size);
    return HeapAlloc(GetProcessHeap(), flags & GMEM_ZEROINIT ? HEAP_ZERO_MEMORY : 0, size);
}

/**
 * GlobalFree() - frees an object, locked or not.
 * Return: NULL; the handle itself and ERROR_INVALID_HANDLE if it is none.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winbase/nf-winbase-globalfree
 */
HGLOBAL WINAPI GlobalFree(HGLOBAL handle) {
    struct global_entry *entry;
    uint32_t number = 0;
    void *block = handle;

    if (!handle)
        return NULL;
    if (global_is_moveable(handle)) {
        pthread_mutex_lock(&global_lock);
        entry = global_entry_of(handle, &number);
        if (entry) {
            block = entry->block;
            *entry = (struct global_entry){.next_free = global_first_free};
            global_first_free = number;
        }
        pthread_mutex_unlock(&global_lock);
    } else {
        entry = global_is_fixed(handle) ? handle : NULL;
    }
    if (entry) {
        HeapFree(GetProcessHeap(), 0, block);
        return NULL;
    }
    SetLastError(ERROR_INVALID_HANDLE);
    return handle;
}

/**
 * GlobalLock() - the address of an object, and one lock more on a moveable one.
 * Return: NULL and ERROR_INVALID_HANDLE, or ERROR_DISCARDED.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winbase/nf-winbase-globallock
 */
void *WINAPI GlobalLock(HGLOBAL handle) {
    struct global_entry *entry;
    uint32_t number;
    void *block = NULL;

    if (!global_is_moveable(handle))
        return global_is_fixed(handle) ? handle : global_fail(ERROR_INVALID_HANDLE);
    pthread_mutex_lock(&global_lock);
    entry = global_entry_of(handle, &number);
    if (entry) {
        block = entry->block;
        if (block && entry->locks < GLOBAL_MAX_LOCKS)
            entry->locks++;
    }
    pthread_mutex_unlock(&global_lock);
    if (block)
        return block;
    return global_fail(entry ? ERROR_DISCARDED : ERROR_INVALID_HANDLE);
}

/* One lock less on a moveable object: how many are left, or -1 and the last error. */
static int global_unlock(HGLOBAL handle) {
    struct global_entry *entry;
    uint32_t number;
    int left = -1;

    pthread_mutex_lock(&global_lock);
    entry = global_entry_of(handle, &number);
    if (entry && entry->locks)
        left = entry->locks < GLOBAL_MAX_LOCKS ? --entry->locks : entry->locks;
    pthread_mutex_unlock(&global_lock);
    if (left < 0)
        SetLastError(entry ? ERROR_NOT_LOCKED : ERROR_INVALID_HANDLE);
    else if (left == 0)
        SetLastError(NO_ERROR);
    return left;
}

/**
 * GlobalUnlock() - one lock less.
 * Return: TRUE while locks are left, and for fixed memory; FALSE and NO_ERROR at the last one; FALSE and ERROR_NOT_LOCKED
 *         or ERROR_INVALID_HANDLE.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winbase/nf-winbase-globalunlock
 */
BOOL WINAPI GlobalUnlock(HGLOBAL handle) {
    if (!global_is_moveable(handle))
        return TRUE;
    return global_unlock(handle) > 0;
}

/**
 * LocalUnlock() - as GlobalUnlock, but FALSE and ERROR_NOT_LOCKED for fixed memory.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winbase/nf-winbase-localunlock
 */
BOOL WINAPI LocalUnlock(HLOCAL handle) {
    if (global_is_moveable(handle))
        return global_unlock(handle) > 0;
    SetLastError(ERROR_NOT_LOCKED);
    return FALSE;
}

/**
 * GlobalSize() - the bytes of an object; 0 for a discarded one; 0 and ERROR_INVALID_HANDLE.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winbase/nf-winbase-globalsize
 */
SIZE_T WINAPI GlobalSize(HGLOBAL handle) {
    const struct global_entry *entry;
    uint32_t number;
    void *block = handle;

    if (global_is_moveable(handle)) {
        pthread_mutex_lock(&global_lock);
        entry = global_entry_of(handle, &number);
        block = entry ? entry->block : NULL;
        pthread_mutex_unlock(&global_lock);
        if (entry && !block)
            return 0;
    }
    if (global_is_fixed(block))
        return HeapSize(GetProcessHeap(), 0, block);
    SetLastError(ERROR_INVALID_HANDLE);
    return 0;
}

/**
 * GlobalFlags() - lock count (low byte), GMEM_DISCARDABLE, GMEM_DISCARDED.
 * Return: GMEM_INVALID_HANDLE and ERROR_INVALID_HANDLE.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winbase/nf-winbase-globalflags
 */
UINT WINAPI GlobalFlags(HGLOBAL handle) {
    const struct global_entry *entry = NULL;
    uint32_t number;
    UINT flags = GMEM_INVALID_HANDLE;

    if (global_is_fixed(handle))
        return 0;
    if (global_is_moveable(handle)) {
        pthread_mutex_lock(&global_lock);
        entry = global_entry_of(handle, &number);
        if (entry)
            flags = entry->locks | entry->flags | (entry->block ? 0 : GMEM_DISCARDED);
        pthread_mutex_unlock(&global_lock);
    }
    if (!entry)
        SetLastError(ERROR_INVALID_HANDLE);
    return flags;
}

/**
 * GlobalHandle() - the handle of an object's address.
 * Return: NULL and ERROR_INVALID_HANDLE.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winbase/nf-winbase-globalhandle
 */
HGLOBAL WINAPI GlobalHandle(const void *pointer) {
    HGLOBAL handle = NULL;

    pthread_mutex_lock(&global_lock);
    for (uint32_t i = 1; pointer && !handle && i <= global_n_chunks * GLOBAL_CHUNK_ENTRIES; i++)
        if (global_entry_at(i)->used && global_entry_at(i)->block == pointer)
            handle = global_entry_at(i);
    pthread_mutex_unlock(&global_lock);
    if (handle)
        return handle;
    return global_is_fixed(pointer) ? (HGLOBAL)pointer : global_fail(ERROR_INVALID_HANDLE);
}

/* The size of a moveable object's block changes; under the lock. Return: a Win32 error. */
static DWORD global_resize(struct global_entry *entry, SIZE_T size, DWORD heap_flags, bool may_move) {
    void *block;

    if (!size) {
        if (entry->locks)
            return ERROR_NOT_ENOUGH_MEMORY;
        HeapFree(GetProcessHeap(), 0, entry->block);
        entry->block = NULL;
        return ERROR_SUCCESS;
    }
    if (entry->block && entry->locks && !may_move)
        heap_flags |= HEAP_REALLOC_IN_PLACE_ONLY;
    block = entry->block ? HeapReAlloc(GetProcessHeap(), heap_flags, entry->block, size)
                         : HeapAlloc(GetProcessHeap(), heap_flags, size);
    if (!block)
        return ERROR_NOT_ENOUGH_MEMORY;
    entry->block = block;
    return ERROR_SUCCESS;
}

static HGLOBAL global_realloc_moveable(HGLOBAL handle, SIZE_T size, UINT flags) {
    const DWORD heap_flags = flags & GMEM_ZEROINIT ? HEAP_ZERO_MEMORY : 0;
    struct global_entry *entry;
    uint32_t number;
    DWORD error = ERROR_SUCCESS;

    pthread_mutex_lock(&global_lock);
    entry = global_entry_of(handle, &number);
    if (!entry)
        error = ERROR_INVALID_HANDLE;
    else if (flags & GMEM_MODIFY)
        entry->flags = (entry->flags & ~GMEM_DISCARDABLE) | (flags & GMEM_DISCARDABLE);
    else
        error = global_resize(entry, size, heap_flags, flags & GMEM_MOVEABLE);
    pthread_mutex_unlock(&global_lock);
    return error ? global_fail(error) : handle;
}

/**
 * GlobalReAlloc() - changes an object's size, or with GMEM_MODIFY its attributes.
 * @size: 0 discards a moveable object that is not locked.
 * @flags: without GMEM_MOVEABLE, fixed or locked memory does not move.
 * Return: the handle (of fixed memory: the address, maybe a new one); NULL and ERROR_NOT_ENOUGH_MEMORY, the object stays;
 *         ERROR_INVALID_HANDLE.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winbase/nf-winbase-globalrealloc
 */
HGLOBAL WINAPI GlobalReAlloc(HGLOBAL handle, SIZE_T size, UINT flags) {
    DWORD heap_flags = flags & GMEM_ZEROINIT ? HEAP_ZERO_MEMORY : 0;

    if (global_is_moveable(handle))
        return global_realloc_moveable(handle, size, flags);
    if (!global_is_fixed(handle))
        return global_fail(ERROR_INVALID_HANDLE);
    if (flags & GMEM_MODIFY)
        return handle;
    if (!(flags & GMEM_MOVEABLE))
        heap_flags |= HEAP_REALLOC_IN_PLACE_ONLY;
    return HeapReAlloc(GetProcessHeap(), heap_flags, handle, size);
}

HLOCAL WINAPI LocalAlloc(UINT flags, SIZE_T size) {
    return GlobalAlloc(flags, size);
}

HLOCAL WINAPI LocalFree(HLOCAL handle) {
    return GlobalFree(handle);
}

void *WINAPI LocalLock(HLOCAL handle) {
    return GlobalLock(handle);
}

SIZE_T WINAPI LocalSize(HLOCAL handle) {
    return GlobalSize(handle);
}

UINT WINAPI LocalFlags(HLOCAL handle) {
    return GlobalFlags(handle);
}

HLOCAL WINAPI LocalHandle(const void *pointer) {
    return GlobalHandle(pointer);
}

HLOCAL WINAPI LocalReAlloc(HLOCAL handle, SIZE_T size, UINT flags) {
    return GlobalReAlloc(handle, size, flags);
}
