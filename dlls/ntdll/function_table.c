/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which RUNTIME_FUNCTION describes an address: .pdata of the loaded images, and the tables that programs add for code that they make
 * (RtlAddFunctionTable and its relatives).
 *
 * Images are looked up on every step of every walk, and by several threads at once: their slots are read without a lock.  A writer, under
 * function_table_lock, fills a free slot and publishes its base last, and clears the base first when the image goes.  Code of an image is never walked
 * through while the image goes away, so a reader that met the base may use the rest.  Dynamic tables are under a read-write lock.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "dlls/ntdll/unwind.h"
#include "libs/host/guard.h"

#define FUNCTION_TABLE_CHUNK 64
#define FUNCTION_INDIRECT 1u

struct image_slot {
    _Atomic(uintptr_t) base; /* 0: free. Release when an image appears, acquire to read the fields below */
    uintptr_t end;
    RUNTIME_FUNCTION *functions; /* sorted by BeginAddress */
    uint32_t n_functions;
};

/* Chunks are only ever added. */
struct image_chunk {
    struct image_slot slots[FUNCTION_TABLE_CHUNK];
    _Atomic(struct image_chunk *) next;
};

enum dynamic_kind { DYNAMIC_TABLE, DYNAMIC_GROWABLE, DYNAMIC_CALLBACK };

struct dynamic_table {
    struct dynamic_table *next;
    enum dynamic_kind kind;
    uint64_t id; /* what it is deleted by: the table's address, or the callback's identifier */
    uint64_t base, low, high;
    RUNTIME_FUNCTION *functions;
    uint32_t n_functions, max_functions;
    bool sorted;
    PGET_RUNTIME_FUNCTION_CALLBACK callback;
    void *callback_context;
};

static struct image_chunk function_table_images;
static pthread_mutex_t function_table_lock = PTHREAD_MUTEX_INITIALIZER;
static struct dynamic_table *function_table_dynamic;
static pthread_rwlock_t function_table_dynamic_lock = PTHREAD_RWLOCK_INITIALIZER;

/*
 * ELF code has no RUNTIME_FUNCTION.  Programs that walk the stack themselves get this one, relative to itself: it covers nothing that they could look up,
 * its unwind information is valid and empty, and RtlVirtualUnwind knows it by its address.
 */
static const uint8_t unwind_elf_info[4] __attribute__((aligned(4))) = {1, 0, 0, 0};
RUNTIME_FUNCTION unwind_elf_function;

static struct image_slot *image_slot_find(uint64_t pc) {
    for (struct image_chunk *chunk = &function_table_images; chunk; chunk = atomic_load_explicit(&chunk->next, memory_order_acquire)) {
        for (unsigned i = 0; i < FUNCTION_TABLE_CHUNK; i++) {
            struct image_slot *slot = &chunk->slots[i];
            uintptr_t base = atomic_load_explicit(&slot->base, memory_order_acquire);
            if (base && pc >= base && pc < slot->end)
                return slot;
        }
    }
    return NULL;
}

static struct image_slot *image_slot_free(void) {
    struct image_chunk *chunk = &function_table_images, *next;

    for (;; chunk = next) {
        for (unsigned i = 0; i < FUNCTION_TABLE_CHUNK; i++)
            if (!atomic_load_explicit(&chunk->slots[i].base, memory_order_relaxed))
                return &chunk->slots[i];
        next = atomic_load_explicit(&chunk->next, memory_order_relaxed);
        if (next)
            continue;
        next = calloc(1, sizeof *next);
        if (!next)
            return NULL;
        atomic_store_explicit(&chunk->next, next, memory_order_release);
    }
}

int unwind_image_add(void *base, size_t size_bytes, RUNTIME_FUNCTION *functions, uint32_t n_functions) {
    int result = -ENOMEM;

    pthread_mutex_lock(&function_table_lock);
    struct image_slot *slot = image_slot_free();
    if (slot) {
        slot->end = (uintptr_t)base + size_bytes;
        slot->functions = functions;
        slot->n_functions = n_functions;
        atomic_store_explicit(&slot->base, (uintptr_t)base, memory_order_release);
        result = 0;
    }
    pthread_mutex_unlock(&function_table_lock);
    return result;
}

void unwind_image_remove(void *base) {
    pthread_mutex_lock(&function_table_lock);
    struct image_slot *slot = image_slot_find((uintptr_t)base);
    if (slot && atomic_load_explicit(&slot->base, memory_order_relaxed) == (uintptr_t)base)
        atomic_store_explicit(&slot->base, 0, memory_order_release);
    pthread_mutex_unlock(&function_table_lock);
}

void *unwind_image_base(uint64_t pc) {
    struct image_slot *slot = image_slot_find(pc);

    return slot ? (void *)atomic_load_explicit(&slot->base, memory_order_relaxed) : NULL;
}

/* An entry may stand for another one. */
static RUNTIME_FUNCTION *function_resolve(RUNTIME_FUNCTION *function, uint64_t base) {
    RUNTIME_FUNCTION copy;

    if (guard_copy_from(&copy, function, sizeof copy))
        return NULL;
    return copy.UnwindData & FUNCTION_INDIRECT ? (RUNTIME_FUNCTION *)(base + (copy.UnwindData & ~FUNCTION_INDIRECT)) : function;
}

static RUNTIME_FUNCTION *function_search(RUNTIME_FUNCTION *functions, uint32_t n, uint64_t base, uint64_t pc) {
    uint64_t rva = pc - base;
    uint32_t low = 0, high = n;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        RUNTIME_FUNCTION f;
        if (guard_copy_from(&f, &functions[middle], sizeof f))
            return NULL;
        if (rva < f.BeginAddress)
            high = middle;
        else if (rva >= f.EndAddress)
            low = middle + 1;
        else
            return function_resolve(&functions[middle], base);
    }
    return NULL;
}

static RUNTIME_FUNCTION *function_scan(RUNTIME_FUNCTION *functions, uint32_t n, uint64_t base, uint64_t pc) {
    for (uint32_t i = 0; i < n; i++)
        if (pc - base >= functions[i].BeginAddress && pc - base < functions[i].EndAddress)
            return function_resolve(&functions[i], base);
    return NULL;
}

/* The callback is the program's: it runs with no lock held. */
static RUNTIME_FUNCTION *dynamic_find(uint64_t pc, uint64_t *image_base) {
    PGET_RUNTIME_FUNCTION_CALLBACK callback = NULL;
    RUNTIME_FUNCTION *function = NULL;
    void *callback_context = NULL;

    pthread_rwlock_rdlock(&function_table_dynamic_lock);
    for (struct dynamic_table *t = function_table_dynamic; t && !function && !callback; t = t->next) {
        if (pc < t->low || pc >= t->high)
            continue;
        *image_base = t->base;
        callback = t->callback;
        callback_context = t->callback_context;
        if (t->kind != DYNAMIC_CALLBACK)
            function = (t->sorted ? function_search : function_scan)(t->functions, t->n_functions, t->base, pc);
    }
    pthread_rwlock_unlock(&function_table_dynamic_lock);
    return callback ? callback(pc, callback_context) : function;
}

RUNTIME_FUNCTION *unwind_function_find(uint64_t pc, uint64_t *image_base) {
    struct image_slot *slot = image_slot_find(pc);

    if (slot) {
        *image_base = atomic_load_explicit(&slot->base, memory_order_relaxed);
        return function_search(slot->functions, slot->n_functions, *image_base, pc);
    }
    *image_base = 0;
    /* Unlocked peek: whoever runs code of a table has seen it added. */
    return __atomic_load_n(&function_table_dynamic, __ATOMIC_ACQUIRE) ? dynamic_find(pc, image_base) : NULL;
}

static struct dynamic_table *dynamic_add(const struct dynamic_table *values) {
    struct dynamic_table *t = malloc(sizeof *t);

    if (!t)
        return NULL;
    *t = *values;
    pthread_rwlock_wrlock(&function_table_dynamic_lock);
    t->next = function_table_dynamic;
    __atomic_store_n(&function_table_dynamic, t, __ATOMIC_RELEASE);
    pthread_rwlock_unlock(&function_table_dynamic_lock);
    return t;
}

static bool dynamic_delete(uint64_t id, enum dynamic_kind kind_a, enum dynamic_kind kind_b) {
    struct dynamic_table *found = NULL;

    pthread_rwlock_wrlock(&function_table_dynamic_lock);
    for (struct dynamic_table **at = &function_table_dynamic; *at; at = &(*at)->next) {
        if ((*at)->id == id && ((*at)->kind == kind_a || (*at)->kind == kind_b)) {
            found = *at;
            __atomic_store_n(at, found->next, __ATOMIC_RELEASE);
            break;
        }
    }
    pthread_rwlock_unlock(&function_table_dynamic_lock);
    free(found);
    return found != NULL;
}

/**
 * RtlAddFunctionTable() - describes code that the program made.
 * @functions: entries in any order; they stay the program's and must live until RtlDeleteFunctionTable().
 * @n_functions: their number.
 * @base: what their addresses are relative to.
 * Return: FALSE if there is no memory.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winnt/nf-winnt-rtladdfunctiontable
 */
BOOLEAN CDECL RtlAddFunctionTable(RUNTIME_FUNCTION *functions, DWORD n_functions, DWORD_PTR base) {
    struct dynamic_table t = {.kind = DYNAMIC_TABLE, .id = (uintptr_t)functions, .base = base, .low = UINT64_MAX, .sorted = true};

    t.functions = functions;
    t.n_functions = t.max_functions = n_functions;
    for (DWORD i = 0; i < n_functions; i++) {
        if (i && functions[i].BeginAddress < functions[i - 1].BeginAddress)
            t.sorted = false;
        if (base + functions[i].BeginAddress < t.low)
            t.low = base + functions[i].BeginAddress;
        if (base + functions[i].EndAddress > t.high)
            t.high = base + functions[i].EndAddress;
    }
    return dynamic_add(&t) != NULL;
}

/**
 * RtlInstallFunctionTableCallback() - has a callback describe code that the program makes.
 * @id: identifies it for RtlDeleteFunctionTable(); the two low bits must be set.
 * @base: start of the region; @length: its length in bytes.
 * Return: FALSE if the identifier is not of that form, or there is no memory.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winnt/nf-winnt-rtlinstallfunctiontablecallback
 */
BOOLEAN CDECL RtlInstallFunctionTableCallback(DWORD_PTR id, DWORD_PTR base, DWORD length, PGET_RUNTIME_FUNCTION_CALLBACK callback, PVOID context,
                                              PCWSTR dll) {
    struct dynamic_table t = {.kind = DYNAMIC_CALLBACK, .id = id, .base = base, .low = base, .high = base + length};

    (void)dll; /* for debuggers in another process */
    if ((id & 3) != 3)
        return FALSE;
    t.callback = callback;
    t.callback_context = context;
    return dynamic_add(&t) != NULL;
}

/* RtlDeleteFunctionTable() - undoes one of the two above. Return: FALSE if there is no such table. */
BOOLEAN CDECL RtlDeleteFunctionTable(RUNTIME_FUNCTION *functions) {
    return dynamic_delete((uintptr_t)functions, DYNAMIC_TABLE, DYNAMIC_CALLBACK);
}

/**
 * RtlAddGrowableFunctionTable() - describes code that the program goes on making.
 * @table: receives what RtlGrowFunctionTable() and RtlDeleteGrowableFunctionTable() take.
 * @functions: sorted entries, of which n_functions are valid now and max_functions in the end.
 * Return: STATUS_SUCCESS or STATUS_NO_MEMORY.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winnt/nf-winnt-rtladdgrowablefunctiontable
 */
DWORD WINAPI RtlAddGrowableFunctionTable(void **table, PRUNTIME_FUNCTION functions, DWORD n_functions, DWORD max_functions, ULONG_PTR base,
                                         ULONG_PTR end) {
    struct dynamic_table t = {.kind = DYNAMIC_GROWABLE, .base = base, .low = base, .high = end, .sorted = true}, *added;

    t.functions = functions;
    t.n_functions = n_functions;
    t.max_functions = max_functions;
    added = dynamic_add(&t);
    if (!added)
        return (DWORD)STATUS_NO_MEMORY;
    added->id = (uintptr_t)added;
    *table = added;
    return STATUS_SUCCESS;
}

void WINAPI RtlGrowFunctionTable(void *table, DWORD n_functions) {
    struct dynamic_table *t = table;

    pthread_rwlock_wrlock(&function_table_dynamic_lock);
    if (n_functions > t->n_functions && n_functions <= t->max_functions)
        t->n_functions = n_functions;
    pthread_rwlock_unlock(&function_table_dynamic_lock);
}

void WINAPI RtlDeleteGrowableFunctionTable(void *table) {
    dynamic_delete((uintptr_t)table, DYNAMIC_GROWABLE, DYNAMIC_GROWABLE);
}

/**
 * RtlLookupFunctionEntry() - the entry that describes the function around an address.
 * @pc: the address.
 * @base: receives the start of its image.
 * @history: a cache of the caller's; not needed here.
 * Return: the entry, or NULL for a leaf function. For code of ours it is an entry that only RtlVirtualUnwind() understands.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winnt/nf-winnt-rtllookupfunctionentry
 */
PRUNTIME_FUNCTION WINAPI RtlLookupFunctionEntry(DWORD_PTR pc, DWORD_PTR *base, UNWIND_HISTORY_TABLE *history) {
    uint64_t image_base;
    RUNTIME_FUNCTION *function = unwind_function_find(pc, &image_base);

    (void)history;
    if (!function && !image_base && unwind_elf_contains(pc)) {
        function = &unwind_elf_function;
        image_base = (uintptr_t)&unwind_elf_info;
    }
    *base = image_base;
    return function;
}

/**
 * RtlLookupFunctionTable() - the .pdata of the image around an address.
 * @base: receives the image's start; @size: the table's size in bytes.
 * Return: the table, or NULL.
 */
PRUNTIME_FUNCTION WINAPI RtlLookupFunctionTable(DWORD_PTR pc, DWORD_PTR *base, ULONG *size) {
    struct image_slot *slot = image_slot_find(pc);

    if (!slot)
        return NULL;
    *base = atomic_load_explicit(&slot->base, memory_order_relaxed);
    *size = slot->n_functions * (ULONG)sizeof(RUNTIME_FUNCTION);
    return slot->functions;
}

/**
 * RtlPcToFileHeader() - the image that an address lies in.
 * @base: receives its start, or NULL.
 * Return: the same.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winnt/nf-winnt-rtlpctofileheader
 */
PVOID WINAPI RtlPcToFileHeader(PVOID pc, PVOID *base) {
    *base = unwind_image_base((uintptr_t)pc);
    return *base;
}
