/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The table of allocations: regions by address, each with the runs of its committed pages, by address too; what lies between the
 * runs is reserved. So a reservation of terabytes costs one entry, and a mapping that Linux does not count (MAP_NORESERVE).
 * One lock guards all of it; no memory of the program is touched under it, so that the handler of SIGSEGV may take it.
 */
#include "dlls/ntdll/virtual.h"

#include <ntstatus.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "dlls/ntdll/virtual_region.h"

static pthread_mutex_t virtual_lock = PTHREAD_MUTEX_INITIALIZER;
static struct region **regions; /* by base */
static size_t n_regions, regions_room;

#define VIRTUAL_MODIFIERS (PAGE_GUARD | PAGE_NOCACHE | PAGE_WRITECOMBINE)

int virtual_linux_protection(ULONG protect) {
    if ((protect & PAGE_GUARD) && (protect & PAGE_NOACCESS))
        return -1;
    switch (protect & ~(ULONG)VIRTUAL_MODIFIERS) {
    case PAGE_NOACCESS: return PROT_NONE;
    case PAGE_READONLY: return protect & PAGE_GUARD ? PROT_NONE : PROT_READ;
    case PAGE_READWRITE:
    case PAGE_WRITECOPY: return protect & PAGE_GUARD ? PROT_NONE : PROT_READ | PROT_WRITE;
    case PAGE_EXECUTE:
    case PAGE_EXECUTE_READ: return protect & PAGE_GUARD ? PROT_NONE : PROT_READ | PROT_EXEC;
    case PAGE_EXECUTE_READWRITE:
    case PAGE_EXECUTE_WRITECOPY: return protect & PAGE_GUARD ? PROT_NONE : PROT_READ | PROT_WRITE | PROT_EXEC;
    default: return -1;
    }
}

/* Whether this thread holds the lock: if it faults then, its handler must not ask for it. */
static __thread bool virtual_inside;

void virtual_enter(void) {
    pthread_mutex_lock(&virtual_lock);
    virtual_inside = true;
}

void virtual_leave(void) {
    virtual_inside = false;
    pthread_mutex_unlock(&virtual_lock);
}

/* The index of the first region whose end lies above address. */
static size_t region_index(uintptr_t address) {
    size_t low = 0, high = n_regions;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (regions[middle]->base + regions[middle]->size <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct region *region_of(uintptr_t address) {
    const size_t i = region_index(address);

    return i < n_regions && regions[i]->base <= address ? regions[i] : NULL;
}

struct region *region_add(uintptr_t base, size_t size, ULONG type, ULONG protect) {
    const size_t i = region_index(base);
    struct region *region;

    if (n_regions == regions_room) {
        const size_t room = regions_room ? 2 * regions_room : 64;
        struct region **const grown = realloc(regions, room * sizeof *grown);

        if (!grown)
            return NULL;
        regions = grown;
        regions_room = room;
    }
    region = calloc(1, sizeof *region);
    if (!region)
        return NULL;
    *region = (struct region){.base = base, .size = size, .type = type, .protect = protect};
    memmove(&regions[i + 1], &regions[i], (n_regions - i) * sizeof *regions);
    regions[i] = region;
    n_regions++;
    return region;
}

void region_remove(struct region *region) {
    const size_t i = region_index(region->base);

    memmove(&regions[i], &regions[i + 1], (n_regions - i - 1) * sizeof *regions);
    n_regions--;
    free(region->runs);
    free(region);
}

/* The index of the first run that ends above address. */
static size_t run_index(const struct region *region, uintptr_t address) {
    size_t low = 0, high = region->n_runs;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (region->runs[middle].end <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct run *region_run(const struct region *region, uintptr_t address, uintptr_t *next) {
    const size_t i = run_index(region, address);

    *next = region->base + region->size;
    if (i == region->n_runs)
        return NULL;
    if (region->runs[i].start > address) {
        *next = region->runs[i].start;
        return NULL;
    }
    return &region->runs[i];
}

bool region_make_room(struct region *region) {
    size_t room;
    struct run *grown;

    if (region->n_runs + 2 <= region->runs_room)
        return true;
    room = region->runs_room ? 2 * region->runs_room : 4;
    grown = realloc(region->runs, room * sizeof *grown);
    if (!grown)
        return false;
    region->runs = grown;
    region->runs_room = room;
    return true;
}

/* Puts a run at index i; there is room. */
static void run_insert(struct region *region, size_t i, struct run run) {
    memmove(&region->runs[i + 1], &region->runs[i], (region->n_runs - i) * sizeof run);
    region->runs[i] = run;
    region->n_runs++;
}

static void run_remove(struct region *region, size_t i) {
    memmove(&region->runs[i], &region->runs[i + 1], (region->n_runs - i - 1) * sizeof *region->runs);
    region->n_runs--;
}

/* Cuts [start, end) out of the runs. Return: the index at which a run for it belongs. */
static size_t run_cut(struct region *region, uintptr_t start, uintptr_t end) {
    size_t i = run_index(region, start);

    if (i < region->n_runs && region->runs[i].start < start) {
        struct run *const run = &region->runs[i];
        const struct run rest = {end, run->end, run->protect};
        const bool split = run->end > end;

        run->end = start;
        i++;
        if (split) {
            run_insert(region, i, rest);
            return i;
        }
    }
    while (i < region->n_runs && region->runs[i].end <= end)
        run_remove(region, i);
    if (i < region->n_runs && region->runs[i].start < end)
        region->runs[i].start = end;
    return i;
}

static bool run_joins(const struct run *left, const struct run *right) {
    return left->end == right->start && left->protect == right->protect;
}

void region_set(struct region *region, uintptr_t start, uintptr_t end, ULONG protect) {
    const size_t i = run_cut(region, start, end);

    if (!protect)
        return;
    run_insert(region, i, (struct run){start, end, protect});
    if (i + 1 < region->n_runs && run_joins(&region->runs[i], &region->runs[i + 1])) {
        region->runs[i].end = region->runs[i + 1].end;
        run_remove(region, i + 1);
    }
    if (i > 0 && run_joins(&region->runs[i - 1], &region->runs[i])) {
        region->runs[i - 1].end = region->runs[i].end;
        run_remove(region, i);
    }
}

static uintptr_t page_up(uintptr_t address) {
    return (address + VIRTUAL_PAGE - 1) & ~(uintptr_t)(VIRTUAL_PAGE - 1);
}

NTSTATUS virtual_register(void *base, size_t size, ULONG type, ULONG protect) {
    const uintptr_t start = (uintptr_t)base;
    struct region *region;
    bool whole;

    virtual_enter();
    region = region_add(start, page_up(size), type, protect);
    whole = region && region_make_room(region);
    if (whole)
        region_set(region, start, start + page_up(size), protect);
    else if (region)
        region_remove(region);
    virtual_leave();
    return whole ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

void virtual_note_protect(void *start, size_t size, ULONG protect) {
    const uintptr_t from = (uintptr_t)start & ~(uintptr_t)(VIRTUAL_PAGE - 1), to = page_up((uintptr_t)start + size);
    struct region *region;

    virtual_enter();
    region = region_of(from);
    if (region && to <= region->base + region->size && region_make_room(region))
        region_set(region, from, to, protect);
    virtual_leave();
}

void virtual_unregister(void *base) {
    struct region *region;

    virtual_enter();
    region = region_of((uintptr_t)base);
    if (region && region->base == (uintptr_t)base)
        region_remove(region);
    virtual_leave();
}

/* ---- views ---- */

NTSTATUS virtual_register_view(void *base, size_t size, ULONG protect, const struct virtual_commits *commits, unsigned kind) {
    const uintptr_t start = (uintptr_t)base;
    struct region *region;
    bool whole;

    virtual_enter();
    region = region_add(start, size, MEM_MAPPED, protect);
    whole = region && region_make_room(region);
    if (whole && !commits->bits)
        region_set(region, start, start + size, protect);
    if (whole) {
        region->commits = *commits;
        region->replaced = kind & VIEW_REPLACED;
        region->of_file = kind & VIEW_OF_FILE;
    } else if (region) {
        region_remove(region);
    }
    virtual_leave();
    return whole ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

bool virtual_unregister_view(void *address, bool replaced, void **base, size_t *size, struct virtual_commits *commits) {
    struct region *region;

    virtual_enter();
    region = region_of((uintptr_t)address);
    if (region && ((region->type != MEM_MAPPED && !region->of_file) || (replaced && !region->replaced)))
        region = NULL;
    if (region) {
        *base = (void *)region->base;
        *size = region->size;
        *commits = region->commits;
        region_remove(region);
    }
    virtual_leave();
    return region != NULL;
}

bool virtual_find_view(uintptr_t address, uintptr_t *base, uintptr_t *end) {
    const struct region *region;
    bool found;

    virtual_enter();
    region = region_of(address);
    found = region && region->type == MEM_MAPPED;
    if (found) {
        *base = region->base;
        *end = region->base + region->size;
    }
    virtual_leave();
    return found;
}

void virtual_image_is_view(void *base) {
    struct region *region;

    virtual_enter();
    region = region_of((uintptr_t)base);
    if (region)
        region->of_file = true;
    virtual_leave();
}

bool virtual_view_is_file(uintptr_t base) {
    const struct region *region;
    bool is_file;

    virtual_enter();
    region = region_of(base);
    is_file = region && region->of_file;
    virtual_leave();
    return is_file;
}

static uint64_t commit_page(const struct region *region, uintptr_t address) {
    return region->commits.first_page + (address - region->base) / VIRTUAL_PAGE;
}

void region_commit(const struct region *region, uintptr_t start, uintptr_t end) {
    const uint64_t last = commit_page(region, end);

    for (uint64_t page = commit_page(region, start); region->commits.bits && page < last; page++)
        atomic_fetch_or(&region->commits.bits[page / 64], 1ull << page % 64);
}

/* The end of the pages from @start on that are committed, or are not, as its own is. */
static uintptr_t commit_extent(const struct region *region, uintptr_t start, bool *committed) {
    const uint64_t first = commit_page(region, start), last = commit_page(region, region->base + region->size);
    uint64_t page = first;

    *committed = atomic_load(&region->commits.bits[page / 64]) >> page % 64 & 1;
    while (page < last) {
        const uint64_t word = atomic_load(&region->commits.bits[page / 64]) ^ (*committed ? ~0ull : 0);
        const uint64_t rest = word >> page % 64; /* of which a set bit is the other state */

        if (rest) {
            page += (unsigned)__builtin_ctzll(rest);
            break;
        }
        page = (page / 64 + 1) * 64;
    }
    return start + (uintptr_t)((page < last ? page : last) - first) * VIRTUAL_PAGE;
}

/* Makes pages from @page on accessible that other views have committed meanwhile.  Return: whether @page is one. */
static bool region_learn(struct region *region, uintptr_t page) {
    uintptr_t next, end;
    bool committed;

    if (!region->commits.bits || region_run(region, page, &next))
        return false;
    end = commit_extent(region, page, &committed);
    if (!committed || !region_make_room(region))
        return false;
    if (end > next)
        end = next;
    if (mprotect((void *)page, end - page, virtual_linux_protection(region->protect)))
        return false;
    region_set(region, page, end, region->protect);
    return true;
}

bool virtual_commit_hit(void *address) {
    const uintptr_t page = (uintptr_t)address & ~(uintptr_t)(VIRTUAL_PAGE - 1);
    struct region *region;
    bool hit;

    if (virtual_inside)
        return false;
    virtual_enter();
    region = region_of(page);
    hit = region && region_learn(region, page);
    virtual_leave();
    return hit;
}

bool virtual_guard_hit(void *address) {
    const uintptr_t page = (uintptr_t)address & ~(uintptr_t)(VIRTUAL_PAGE - 1);
    struct region *region;
    uintptr_t next;
    bool hit = false;

    if (virtual_inside)
        return false;
    virtual_enter();
    region = region_of(page);
    if (region) {
        const struct run *const run = region_run(region, page, &next);
        const ULONG protect = run ? run->protect & ~(ULONG)PAGE_GUARD : 0;

        if (run && (run->protect & PAGE_GUARD) && region_make_room(region)) {
            region_set(region, page, page + VIRTUAL_PAGE, protect);
            mprotect((void *)page, VIRTUAL_PAGE, virtual_linux_protection(protect));
            hit = true;
        }
    }
    virtual_leave();
    return hit;
}

bool virtual_query_own(uintptr_t address, MEMORY_BASIC_INFORMATION *info) {
    const uintptr_t page = address & ~(uintptr_t)(VIRTUAL_PAGE - 1);
    struct region *region;

    virtual_enter();
    region = region_of(page);
    if (region) {
        region_learn(region, page);
        uintptr_t next;
        const struct run *const run = region_run(region, page, &next);

        *info = (MEMORY_BASIC_INFORMATION){
            .BaseAddress = (void *)page,
            .AllocationBase = (void *)region->base,
            .AllocationProtect = region->protect,
            .RegionSize = (run ? run->end : next) - page,
            .State = run ? MEM_COMMIT : MEM_RESERVE,
            .Protect = run ? run->protect : 0,
            .Type = region->type,
        };
    }
    virtual_leave();
    return region != NULL;
}

uintptr_t virtual_next_own(uintptr_t address) {
    uintptr_t next = VIRTUAL_LIMIT;
    size_t i;

    virtual_enter();
    i = region_index(address);
    if (i < n_regions)
        next = regions[i]->base;
    virtual_leave();
    return next;
}
