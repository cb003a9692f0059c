/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Handle tables: one word an entry, in pages of the arena that belong to one process. */
#include "libs/arena/arena.h"
#include "libs/arena/object.h"
#include "libs/arena/step.h"

#include <errno.h>

#define CACHE 16

/* Entries that this thread closed lately, of its own process: like Windows, the next handle has the value of the last one closed. */
static _Thread_local struct {
    uint32_t n;
    uint32_t index[CACHE];
} free_entries __attribute__((tls_model("initial-exec")));

/* Takes a page of the arena for @process.  Return: its number + 1, or 0. */
static uint32_t page_claim(uint32_t process) {
    struct arena_header *header = &winipc_arena->header;
    const uint32_t start = atomic_load_explicit(&header->free_page, memory_order_relaxed);

    for (uint32_t i = 0;; i++) {
        uint32_t n = arena_count(&header->n_pages, ARENA_MAX_PAGES), none = 0;
        uint32_t page;

        if (i >= n) {
            if (arena_grow(&header->n_pages, ARENA_MAX_PAGES, 1, offsetof(struct arena, page), sizeof(struct handle_page)))
                return 0;
            page = n;
        } else {
            page = (start + i) % n;
        }
        if (!atomic_compare_exchange_strong(&winipc_arena->page_owner[page], &none, process + 1))
            continue;
        atomic_store_explicit(&header->free_page, page + 1, memory_order_relaxed);
        return page + 1;
    }
}

/* Makes the table of @process one page longer.  Return: whether it is at least @pages pages now. */
static bool table_extend(uint32_t process, uint32_t pages) {
    struct process_slot *slot = &winipc_arena->process[process];
    uint32_t none = 0, page, n = pages - 1;

    if (pages > DIRECTORY_PAGES)
        return false;
    if (pages == 1)
        atomic_store_explicit(&slot->first_free, 1, memory_order_relaxed); /* the slot's earlier life left it */
    page = page_claim(process);
    if (!page)
        return false;
    STEP("table_extend: page claimed");
    if (!atomic_compare_exchange_strong(&slot->directory[pages - 1], &none, page))
        atomic_store(&winipc_arena->page_owner[page - 1], 0); /* another thread was first */
    atomic_compare_exchange_strong(&slot->n_pages, &n, pages);
    return true;
}

static _Atomic uint64_t *entry_at(struct process_slot *slot, uint64_t index) {
    uint32_t page;

    if (index / ENTRIES_PER_PAGE >= DIRECTORY_PAGES)
        return NULL;
    page = atomic_load_explicit(&slot->directory[index / ENTRIES_PER_PAGE], memory_order_acquire) - 1;
    if (page >= ARENA_MAX_PAGES)
        return NULL;
    return &winipc_arena->page[page].entry[index % ENTRIES_PER_PAGE];
}

_Atomic uint64_t *handle_entry(uint32_t process, uint64_t handle) {
    return handle >> 2 ? entry_at(&winipc_arena->process[process], handle >> 2) : NULL;
}

static bool entry_claim(struct process_slot *slot, uint64_t index) {
    _Atomic uint64_t *entry = entry_at(slot, index);
    uint64_t none = 0;

    return entry && atomic_load_explicit(entry, memory_order_relaxed) == 0 &&
           atomic_compare_exchange_strong(entry, &none, ENTRY_BUSY);
}

uint64_t handle_reserve(uint32_t process) {
    struct process_slot *slot = &winipc_arena->process[process];
    const bool own = process == arena_process;
    uint32_t index = atomic_load_explicit(&slot->first_free, memory_order_relaxed);

    while (own && free_entries.n) {
        const uint32_t cached = free_entries.index[--free_entries.n];

        if (entry_claim(slot, cached))
            return (uint64_t)cached << 2;
    }
    if (!index)
        index = 1;
    for (bool again = index > 1;; index++) {
        const uint32_t pages = arena_count(&slot->n_pages, DIRECTORY_PAGES);

        if (index >= pages * ENTRIES_PER_PAGE && again) {
            again = false; /* the hint was beyond free ones: a look at all before the table grows */
            index = 1;
        }
        if (index >= pages * ENTRIES_PER_PAGE && !table_extend(process, pages + 1))
            return 0;
        if (!entry_claim(slot, index))
            continue;
        atomic_store_explicit(&slot->first_free, index + 1, memory_order_relaxed);
        return (uint64_t)index << 2;
    }
}

bool handle_reserve_at(uint32_t process, uint64_t handle) {
    struct process_slot *slot = &winipc_arena->process[process];
    const uint64_t index = handle >> 2;

    if (!index || index / ENTRIES_PER_PAGE >= DIRECTORY_PAGES)
        return false;
    while (atomic_load(&slot->n_pages) <= index / ENTRIES_PER_PAGE) {
        if (!table_extend(process, atomic_load(&slot->n_pages) + 1))
            return false;
    }
    return entry_claim(slot, index);
}

void handle_set(uint32_t process, uint64_t handle, uint32_t cell, uint32_t access, uint32_t flags) {
    STEP("handle_set");
    atomic_store_explicit(handle_entry(process, handle), ENTRY(cell, access, flags), memory_order_release);
}

bool handle_fill(uint32_t process, uint64_t handle, uint32_t cell, uint32_t access, uint32_t flags) {
    _Atomic uint64_t *place = handle_entry(process, handle);
    uint64_t busy = ENTRY_BUSY;

    STEP("handle_fill");
    return place && atomic_compare_exchange_strong(place, &busy, ENTRY(cell, access, flags));
}

static void entry_freed(uint32_t process, uint32_t index) {
    _Atomic uint32_t *first_free = &winipc_arena->process[process].first_free;
    uint32_t hint = atomic_load_explicit(first_free, memory_order_relaxed);

    if (process == arena_process && free_entries.n < CACHE)
        free_entries.index[free_entries.n++] = index;
    else if (index < hint)
        atomic_compare_exchange_strong(first_free, &hint, index);
}

void handle_drop(uint32_t process, uint64_t handle) {
    atomic_store_explicit(handle_entry(process, handle), 0, memory_order_release);
    entry_freed(process, (uint32_t)(handle >> 2));
}

uint64_t handle_find(uint32_t process, uint32_t cell) {
    struct process_slot *slot = &winipc_arena->process[process];
    const uint32_t n_pages = arena_count(&slot->n_pages, DIRECTORY_PAGES);

    for (uint64_t i = 1; i < (uint64_t)n_pages * ENTRIES_PER_PAGE; i++) {
        const _Atomic uint64_t *place = entry_at(slot, i);
        const uint64_t entry = place ? atomic_load_explicit(place, memory_order_relaxed) : 0;

        if (ENTRY_IN_USE(entry) && ENTRY_CELL(entry) == cell)
            return i << 2;
    }
    return 0;
}

int handle_close(uint32_t process, uint64_t handle) {
    _Atomic uint64_t *place = handle_entry(process, handle);
    uint64_t entry = place ? atomic_load(place) : 0;

    do {
        if (!ENTRY_IN_USE(entry))
            return -EBADF;
        if (ENTRY_FLAGS(entry) & HANDLE_PROTECT)
            return -EPERM;
        intent_begin(ENTRY_CELL(entry));
    } while (!atomic_compare_exchange_strong(place, &entry, 0));
    STEP("handle_close: entry free");
    cell_unref(ENTRY_CELL(entry));
    intent_end();
    entry_freed(process, (uint32_t)(handle >> 2));
    return 0;
}
