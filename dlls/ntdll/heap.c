/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Heaps, on glibc's malloc. Before each block lie 16 bytes: the heap it belongs to and the size that was asked for, which
 * HeapSize must give back exactly. Blocks of a private heap have two links before that, so that RtlDestroyHeap frees them
 * all and RtlWalkHeap finds them; the process heap never ends, so its blocks pay for no list and no lock. What is
 * not one of the heap's blocks is told by the first word, which a free clears.
 */
#include "dlls/ntdll/heap.h"
#include "libs/host/guard.h"

#include <ntstatus.h>
#define WIN32_NO_STATUS
#include <windows.h>
#include <winternl.h>

#include <malloc.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define HEAP_MAGIC 0x7065616870697763u
#define HEAP_MAX_BLOCK ((SIZE_T)1 << 47)        /* more than an address space: certainly a mistake */
#define HEAP_FIXED_BLOCK_MAX (0xFF000 - 0x1000) /* a heap with a maximum serves no block of 1 MiB or more */
#define HEAP_KEPT_FLAGS (HEAP_NO_SERIALIZE | HEAP_GENERATE_EXCEPTIONS | HEAP_CREATE_ENABLE_EXECUTE)

struct heap_links {
    struct heap_links *next, *previous;
};

struct heap {
    uint64_t magic;
    ULONG flags;
    bool is_private;
    SIZE_T limit;             /* bytes; 0: grows without limit */
    SIZE_T used;              /* bytes in blocks, under lock */
    pthread_mutex_t lock;     /* recursive: RtlLockHeap holds it across calls */
    struct heap_links blocks; /* a ring, private heaps only, under lock */
    struct heap *next;        /* under heap_list_lock */
};

struct heap_block {
    struct heap *heap;
    SIZE_T size;
};

_Static_assert(sizeof(struct heap_block) == 16 && sizeof(struct heap_links) == 16, "blocks stay 16-byte aligned");

static struct heap heap_the_process = {
    .magic = HEAP_MAGIC,
    .flags = HEAP_GROWABLE,
    .lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP,
};
static pthread_mutex_t heap_list_lock = PTHREAD_MUTEX_INITIALIZER;
static struct heap *heap_list = &heap_the_process;

HANDLE heap_process(void) {
    return &heap_the_process;
}

/* The heap of a handle, or NULL. A handle is an address of the program's choice: it is only trusted if it is ours. */
static struct heap *heap_from(HANDLE handle) {
    struct heap *heap = handle;
    uint64_t magic = 0;

    if (heap == &heap_the_process)
        return heap;
    if (!heap || (uintptr_t)heap % 16 || guard_read64(&heap->magic, &magic) || magic != HEAP_MAGIC)
        return NULL;
    return heap;
}

static struct heap_block *heap_block_of(const void *pointer) {
    return (struct heap_block *)((uintptr_t)pointer - sizeof(struct heap_block));
}

static bool heap_owns(const struct heap *heap, const void *pointer) {
    return (uintptr_t)pointer % 16 == 0 && (uintptr_t)pointer > 4096 && heap_block_of(pointer)->heap == heap;
}

/* As heap_owns, of a pointer that may lead nowhere. */
static bool heap_owns_wild(const struct heap *heap, const void *pointer) {
    uint64_t word = 0;

    if ((uintptr_t)pointer % 16 || guard_read64(&heap_block_of(pointer)->heap, &word))
        return false;
    return word == (uintptr_t)heap;
}

static size_t heap_overhead(const struct heap *heap) {
    return sizeof(struct heap_block) + (heap->is_private ? sizeof(struct heap_links) : 0);
}

static void *heap_base(const struct heap *heap, const void *pointer) {
    return (char *)pointer - heap_overhead(heap);
}

static void heap_link(struct heap *heap, struct heap_links *links) {
    links->next = &heap->blocks;
    links->previous = heap->blocks.previous;
    heap->blocks.previous->next = links;
    heap->blocks.previous = links;
}

static void heap_unlink(struct heap_links *links) {
    links->next->previous = links->previous;
    links->previous->next = links->next;
}

/* Whether a private heap may grow from old_size to new_size bytes in a block; under its lock. */
static bool heap_admits(const struct heap *heap, SIZE_T old_size, SIZE_T new_size) {
    if (!heap->limit)
        return true;
    return new_size <= HEAP_FIXED_BLOCK_MAX && heap->used - old_size + new_size <= heap->limit;
}

static void *heap_fail(const struct heap *heap, ULONG flags) {
    if ((heap->flags | flags) & HEAP_GENERATE_EXCEPTIONS)
        RtlRaiseStatus(STATUS_NO_MEMORY);
    RtlSetLastWin32ErrorAndNtStatusFromNtStatus(STATUS_NO_MEMORY);
    return NULL;
}

static void *heap_enter(struct heap *heap, char *base, SIZE_T size) {
    struct heap_block *block = (struct heap_block *)(base + heap_overhead(heap)) - 1;

    block->heap = heap;
    block->size = size;
    return block + 1;
}

static void *heap_alloc_private(struct heap *heap, ULONG flags, SIZE_T size) {
    char *base = NULL;
    void *pointer = NULL;

    pthread_mutex_lock(&heap->lock);
    if (heap_admits(heap, 0, size)) {
        const size_t bytes = size + heap_overhead(heap);

        base = flags & HEAP_ZERO_MEMORY ? calloc(1, bytes) : malloc(bytes);
    }
    if (base) {
        heap->used += size;
        heap_link(heap, (struct heap_links *)base);
        pointer = heap_enter(heap, base, size);
    }
    pthread_mutex_unlock(&heap->lock);
    return pointer;
}

/**
 * RtlAllocateHeap() - HeapAlloc: a block of exactly size bytes, 16-byte aligned.
 * Return: the block; NULL and ERROR_NOT_ENOUGH_MEMORY, or STATUS_NO_MEMORY raised under HEAP_GENERATE_EXCEPTIONS.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/heapapi/nf-heapapi-heapalloc
 */
void *WINAPI RtlAllocateHeap(HANDLE handle, ULONG flags, SIZE_T size) {
    struct heap *const heap = heap_from(handle);
    void *pointer = NULL;

    if (!heap) {
        RtlSetLastWin32ErrorAndNtStatusFromNtStatus(STATUS_INVALID_HANDLE);
        return NULL;
    }
    if (size > HEAP_MAX_BLOCK)
        return heap_fail(heap, flags);
    if (heap->is_private) {
        pointer = heap_alloc_private(heap, flags | heap->flags, size);
    } else {
        const size_t bytes = size + sizeof(struct heap_block);
        char *base = flags & HEAP_ZERO_MEMORY ? calloc(1, bytes) : malloc(bytes);

        if (base)
            pointer = heap_enter(heap, base, size);
    }
    return pointer ? pointer : heap_fail(heap, flags);
}

/**
 * RtlFreeHeap() - HeapFree.
 * @pointer: a block of this heap, or NULL (nothing happens).
 * Return: FALSE and ERROR_INVALID_PARAMETER for what is not a block of this heap.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/heapapi/nf-heapapi-heapfree
 */
BOOLEAN WINAPI RtlFreeHeap(HANDLE handle, ULONG flags, void *pointer) {
    struct heap *const heap = heap_from(handle);

    (void)flags;
    if (!pointer)
        return TRUE;
    if (!heap || !heap_owns(heap, pointer)) {
        RtlSetLastWin32ErrorAndNtStatusFromNtStatus(STATUS_INVALID_PARAMETER);
        return FALSE;
    }
    if (heap->is_private) {
        pthread_mutex_lock(&heap->lock);
        heap->used -= heap_block_of(pointer)->size;
        heap_unlink(heap_base(heap, pointer));
        pthread_mutex_unlock(&heap->lock);
    }
    /* atomic, or the compiler drops the store as dead: a second free must not find the block's mark */
    __atomic_store_n(&heap_block_of(pointer)->heap, NULL, __ATOMIC_RELAXED);
    free(heap_base(heap, pointer));
    return TRUE;
}

/* The block's new address, or NULL and nothing changed. A private heap's lock is held. */
static void *heap_resize(struct heap *heap, ULONG flags, void *pointer, SIZE_T size) {
    char *base = heap_base(heap, pointer);
    const size_t room = malloc_usable_size(base) - heap_overhead(heap);

    if (size <= room && (flags & HEAP_REALLOC_IN_PLACE_ONLY))
        return heap_enter(heap, base, size);
    if (flags & HEAP_REALLOC_IN_PLACE_ONLY)
        return NULL;
    if (heap->is_private)
        heap_unlink((struct heap_links *)base);
    char *const moved = realloc(base, size + heap_overhead(heap));
    if (heap->is_private)
        heap_link(heap, (struct heap_links *)(moved ? moved : base));
    return moved ? heap_enter(heap, moved, size) : NULL;
}

/**
 * RtlReAllocateHeap() - HeapReAlloc: changes a block's size, keeping its contents.
 * Return: the block, possibly elsewhere; NULL and ERROR_NOT_ENOUGH_MEMORY (the old block stays) when there is no memory, or,
 *         under HEAP_REALLOC_IN_PLACE_ONLY, no room; NULL for what is not a block of this heap.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/heapapi/nf-heapapi-heaprealloc
 */
void *WINAPI RtlReAllocateHeap(HANDLE handle, ULONG flags, void *pointer, SIZE_T size) {
    struct heap *const heap = heap_from(handle);
    void *result = NULL;

    if (!pointer)
        return NULL;
    if (!heap || !heap_owns(heap, pointer)) {
        RtlSetLastWin32ErrorAndNtStatusFromNtStatus(STATUS_INVALID_PARAMETER);
        return NULL;
    }
    const SIZE_T old_size = heap_block_of(pointer)->size;
    if (size > HEAP_MAX_BLOCK)
        return heap_fail(heap, flags);
    if (heap->is_private)
        pthread_mutex_lock(&heap->lock);
    if (!heap->is_private || heap_admits(heap, old_size, size))
        result = heap_resize(heap, flags, pointer, size);
    if (heap->is_private) {
        if (result)
            heap->used += size - old_size;
        pthread_mutex_unlock(&heap->lock);
    }
    if (!result)
        return heap_fail(heap, flags);
    if (((flags | heap->flags) & HEAP_ZERO_MEMORY) && size > old_size)
        memset((char *)result + old_size, 0, size - old_size);
    return result;
}

/**
 * RtlSizeHeap() - HeapSize: the size that was asked for.
 * Return: (SIZE_T)-1 and ERROR_INVALID_PARAMETER for what is not a block of this heap.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/heapapi/nf-heapapi-heapsize
 */
SIZE_T WINAPI RtlSizeHeap(HANDLE handle, ULONG flags, const void *pointer) {
    const struct heap *const heap = heap_from(handle);

    (void)flags;
    if (heap && pointer && heap_owns_wild(heap, pointer))
        return heap_block_of(pointer)->size;
    RtlSetLastWin32ErrorAndNtStatusFromNtStatus(STATUS_INVALID_PARAMETER);
    return (SIZE_T)-1;
}

/**
 * RtlCreateHeap() - HeapCreate's core.
 * @base, @lock, @parameters: heaps at a caller's address or with a caller's lock are not there: NULL.
 * @reserve: the maximum size, unless HEAP_GROWABLE.
 * Return: the heap, or NULL.
 * Source: https://learn.microsoft.com/en-us/windows-hardware/drivers/ddi/ntifs/nf-ntifs-rtlcreateheap
 */
HANDLE WINAPI RtlCreateHeap(
    ULONG flags, void *base, SIZE_T reserve, SIZE_T commit, void *lock, RTL_HEAP_DEFINITION *parameters) {
    pthread_mutexattr_t recursive;
    struct heap *heap;

    (void)commit;
    (void)parameters;
    if (base || lock)
        return NULL;
    heap = calloc(1, sizeof *heap);
    if (!heap)
        return NULL;
    pthread_mutexattr_init(&recursive);
    pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&heap->lock, &recursive);
    pthread_mutexattr_destroy(&recursive);
    heap->magic = HEAP_MAGIC;
    heap->flags = flags & HEAP_KEPT_FLAGS;
    heap->is_private = true;
    heap->limit = flags & HEAP_GROWABLE ? 0 : reserve;
    heap->blocks.next = heap->blocks.previous = &heap->blocks;
    pthread_mutex_lock(&heap_list_lock);
    heap->next = heap_the_process.next;
    heap_the_process.next = heap;
    pthread_mutex_unlock(&heap_list_lock);
    return heap;
}

static bool heap_take_off(struct heap *heap) {
    bool found = false;

    pthread_mutex_lock(&heap_list_lock);
    for (struct heap **link = &heap_list; *link && !found; link = &(*link)->next) {
        if (*link != heap)
            continue;
        *link = heap->next;
        found = true;
        break;
    }
    pthread_mutex_unlock(&heap_list_lock);
    return found;
}

/**
 * RtlDestroyHeap() - frees a private heap and all its blocks.
 * Return: NULL; the handle itself if it is the process heap or no heap.
 * Source: https://learn.microsoft.com/en-us/windows-hardware/drivers/ddi/ntifs/nf-ntifs-rtldestroyheap
 */
HANDLE WINAPI RtlDestroyHeap(HANDLE handle) {
    struct heap *const heap = heap_from(handle);

    if (!heap || heap == &heap_the_process || !heap_take_off(heap))
        return handle;
    for (struct heap_links *links = heap->blocks.next; links != &heap->blocks;) {
        struct heap_links *const next = links->next;

        __atomic_store_n(&((struct heap_block *)(links + 1))->heap, NULL, __ATOMIC_RELAXED);
        free(links);
        links = next;
    }
    heap->magic = 0;
    pthread_mutex_destroy(&heap->lock);
    free(heap);
    return NULL;
}

static bool heap_check(struct heap *heap) {
    bool sound = true;

    if (!heap->is_private)
        return true;
    pthread_mutex_lock(&heap->lock);
    for (struct heap_links *links = heap->blocks.next; links != &heap->blocks && sound; links = links->next)
        sound = ((struct heap_block *)(links + 1))->heap == heap && links->next->previous == links;
    pthread_mutex_unlock(&heap->lock);
    return sound;
}

/**
 * RtlValidateHeap() - HeapValidate: whether a block, or with NULL all of a private heap, is sound.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/heapapi/nf-heapapi-heapvalidate
 */
BOOLEAN WINAPI RtlValidateHeap(HANDLE handle, ULONG flags, const void *pointer) {
    struct heap *const heap = heap_from(handle);

    (void)flags;
    if (!heap)
        return FALSE;
    return pointer ? heap_owns_wild(heap, pointer) : heap_check(heap);
}

/* RtlLockHeap() - HeapLock: on a private heap it keeps all others out; on the process heap, those who lock it. */
BOOLEAN WINAPI RtlLockHeap(HANDLE handle) {
    struct heap *const heap = heap_from(handle);

    return heap && !(heap->flags & HEAP_NO_SERIALIZE) && pthread_mutex_lock(&heap->lock) == 0;
}

BOOLEAN WINAPI RtlUnlockHeap(HANDLE handle) {
    struct heap *const heap = heap_from(handle);

    return heap && !(heap->flags & HEAP_NO_SERIALIZE) && pthread_mutex_unlock(&heap->lock) == 0;
}

/* RtlCompactHeap() - HeapCompact: gives free memory back; Return: the largest block that is certainly to be had. */
ULONG WINAPI RtlCompactHeap(HANDLE handle, ULONG flags) {
    (void)flags;
    if (!heap_from(handle))
        return 0;
    malloc_trim(0);
    return 0x100000;
}

/**
 * RtlGetProcessHeaps() - GetProcessHeaps.
 * Return: how many heaps there are; if more than count, none is stored.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/heapapi/nf-heapapi-getprocessheaps
 */
ULONG WINAPI RtlGetProcessHeaps(ULONG count, HANDLE *heaps) {
    ULONG total = 0, stored = 0;

    pthread_mutex_lock(&heap_list_lock);
    for (const struct heap *heap = heap_list; heap; heap = heap->next)
        total++;
    for (struct heap *heap = heap_list; heap && total <= count; heap = heap->next)
        heaps[stored++] = heap;
    pthread_mutex_unlock(&heap_list_lock);
    return total;
}

/**
 * RtlQueryHeapInformation() - HeapQueryInformation: HeapCompatibilityInformation is 2, the low-fragmentation heap.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/heapapi/nf-heapapi-heapqueryinformation
 */
NTSTATUS WINAPI RtlQueryHeapInformation(
    HANDLE handle, HEAP_INFORMATION_CLASS info_class, void *info, SIZE_T size, SIZE_T *returned) {
    if (info_class != HeapCompatibilityInformation)
        return STATUS_UNSUCCESSFUL;
    if (!heap_from(handle))
        return STATUS_INVALID_PARAMETER;
    if (returned)
        *returned = sizeof(ULONG);
    if (size < sizeof(ULONG))
        return STATUS_BUFFER_TOO_SMALL;
    *(ULONG *)info = 2;
    return STATUS_SUCCESS;
}

/**
 * RtlSetHeapInformation() - HeapSetInformation. Terminating on corruption (class 1), low fragmentation (0) and the hint to
 * trim (3) ask for nothing that this heap does not do by itself.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/heapapi/nf-heapapi-heapsetinformation
 */
NTSTATUS WINAPI RtlSetHeapInformation(HANDLE handle, HEAP_INFORMATION_CLASS info_class, void *info, SIZE_T size) {
    (void)handle;
    if (info_class == HeapCompatibilityInformation) {
        if (size < sizeof(ULONG) || !info)
            return STATUS_BUFFER_TOO_SMALL;
        return *(const ULONG *)info <= 2 ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
    }
    return (int)info_class == 1 || (int)info_class == 3 ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

/* The block after data (NULL: the first), or NULL; false: data is not one of the heap's. Under the lock. */
static bool heap_next(struct heap *heap, const void *data, struct heap_links **next) {
    *next = heap->blocks.next;
    if (data) {
        if (!heap_owns_wild(heap, data))
            return false;
        *next = ((struct heap_links *)heap_base(heap, data))->next;
    }
    if (*next == &heap->blocks)
        *next = NULL;
    return true;
}

/**
 * RtlWalkHeap() - the next block of a private heap, each a busy one; the process heap keeps no list: STATUS_NOT_SUPPORTED.
 * @context: a PROCESS_HEAP_ENTRY here: HeapWalk is its only caller with documentation.
 * Return: STATUS_NO_MORE_ENTRIES after the last.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/heapapi/nf-heapapi-heapwalk
 */
NTSTATUS WINAPI RtlWalkHeap(HANDLE handle, void *context) {
    struct heap *const heap = heap_from(handle);
    PROCESS_HEAP_ENTRY *const entry = context;
    struct heap_links *next = NULL;
    bool found;

    if (!heap || !entry)
        return STATUS_INVALID_PARAMETER;
    if (!heap->is_private)
        return STATUS_NOT_SUPPORTED;
    pthread_mutex_lock(&heap->lock);
    found = heap_next(heap, entry->lpData, &next);
    if (found && next) {
        const struct heap_block *const block = (struct heap_block *)(next + 1);

        memset(entry, 0, sizeof *entry);
        entry->lpData = (void *)(block + 1);
        entry->cbData = (DWORD)block->size;
        entry->cbOverhead = (BYTE)heap_overhead(heap);
        entry->wFlags = PROCESS_HEAP_ENTRY_BUSY;
    }
    pthread_mutex_unlock(&heap->lock);
    if (!found)
        return STATUS_INVALID_PARAMETER;
    return next ? STATUS_SUCCESS : STATUS_NO_MORE_ENTRIES;
}
