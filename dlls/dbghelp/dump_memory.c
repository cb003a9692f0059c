/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A mini dump's memory: which of it is wanted, where in the file it lies, and how it gets there. */
#include "dlls/dbghelp/dump.h"

#include "libs/arena/arena.h"

#include <stdlib.h>
#include <string.h>

#define PAGE 4096u
#define CHUNK 65536u
#define ADDRESS_END 0x7fffffff0000ull

/* ---- the address space ---- */

#pragma pack(push, 4)
struct memory_info_list {
    ULONG size_of_header, size_of_entry;
    ULONG64 n;
};
struct memory_info {
    ULONG64 base, allocation_base;
    ULONG32 allocation_protect, alignment1;
    ULONG64 size;
    ULONG32 state, protect, type, alignment2;
};
#pragma pack(pop)
_Static_assert(sizeof(struct memory_info_list) == 16 && sizeof(struct memory_info) == 48, "as the format says");

void dump_list_regions(struct dump *dump) {
    MEMORY_BASIC_INFORMATION info, *more;

    for (uint64_t at = 0; at < ADDRESS_END; at = (uintptr_t)info.BaseAddress + info.RegionSize) {
        if (!VirtualQueryEx(dump->process, (void *)(uintptr_t)at, &info, sizeof info) || !info.RegionSize)
            return;
        more = dump_grow(dump, dump->regions, &dump->n_regions, sizeof info);
        if (!more)
            return;
        dump->regions = more;
        more[dump->n_regions - 1] = info;
    }
}

static bool region_is_readable(const MEMORY_BASIC_INFORMATION *region) {
    return region->State == MEM_COMMIT && !(region->Protect & (PAGE_NOACCESS | PAGE_GUARD));
}

static int region_compare(const void *key, const void *element) {
    const uint64_t address = *(const uint64_t *)key;
    const MEMORY_BASIC_INFORMATION *region = element;

    return address < (uintptr_t)region->BaseAddress ? -1
                                                    : address >= (uintptr_t)region->BaseAddress + region->RegionSize;
}

const MEMORY_BASIC_INFORMATION *dump_region(const struct dump *dump, uint64_t address) {
    const MEMORY_BASIC_INFORMATION *region =
        dump->n_regions ? bsearch(&address, dump->regions, dump->n_regions, sizeof *region, region_compare) : NULL;

    return region && region_is_readable(region) ? region : NULL;
}

void dump_add_memory_info(struct dump *dump) {
    const struct memory_info_list list = {sizeof list, sizeof(struct memory_info), dump->n_regions};
    const size_t size = sizeof list + dump->n_regions * sizeof(struct memory_info);
    const uint32_t place = dump_add(dump, NULL, size);

    if (FAILED(dump->error))
        return;
    memcpy(dump_at(dump, place), &list, sizeof list);
    for (size_t i = 0; i < dump->n_regions; i++) {
        const MEMORY_BASIC_INFORMATION *region = &dump->regions[i];
        const struct memory_info info = {.base = (uintptr_t)region->BaseAddress,
            .allocation_base = (uintptr_t)region->AllocationBase,
            .allocation_protect = region->AllocationProtect,
            .size = region->RegionSize,
            .state = region->State,
            .protect = region->Protect,
            .type = region->Type};

        memcpy(dump_at(dump, place + (uint32_t)(sizeof list + i * sizeof info)), &info, sizeof info);
    }
    dump_add_stream(dump, MemoryInfoListStream, place, size);
}

/* ---- what is wanted ---- */

/* Adds what of it can be read. */
void dump_want(struct dump *dump, uint64_t start, uint64_t end) {
    while (start < end && SUCCEEDED(dump->error)) {
        const MEMORY_BASIC_INFORMATION *region = dump_region(dump, start);
        const uint64_t region_end =
            region ? (uintptr_t)region->BaseAddress + region->RegionSize : (start & ~(uint64_t)(PAGE - 1)) + PAGE;
        struct dump_range *more;

        if (region) {
            more = dump_grow(dump, dump->ranges, &dump->n_ranges, sizeof *more);
            if (!more)
                return;
            dump->ranges = more;
            more[dump->n_ranges - 1] = (struct dump_range){start, region_end < end ? region_end : end, 0};
        }
        start = region_end;
    }
}

/* What the process's environment block leads to. */
static void memory_want_process(struct dump *dump) {
    PROCESS_BASIC_INFORMATION info;
    RTL_USER_PROCESS_PARAMETERS *parameters = NULL;
    PEB_LDR_DATA *loader = NULL;

    if (NtQueryInformationProcess(dump->process, ProcessBasicInformation, &info, sizeof info, NULL))
        return;
    dump_want(dump, (uintptr_t)info.PebBaseAddress, (uintptr_t)info.PebBaseAddress + sizeof(PEB));
    if (dump_read(dump, (uintptr_t)&info.PebBaseAddress->ProcessParameters, &parameters, sizeof parameters))
        dump_want(dump, (uintptr_t)parameters, (uintptr_t)parameters + PAGE);
    if (dump_read(dump, (uintptr_t)&info.PebBaseAddress->LdrData, &loader, sizeof loader))
        dump_want(dump, (uintptr_t)loader, (uintptr_t)loader + sizeof *loader);
}

/* The data that a stack's words point to: a page of each. */
static void memory_want_referenced(struct dump *dump, const struct dump_thread *thread) {
    for (uint64_t at = thread->stack_start; at + sizeof(uint64_t) <= thread->stack_end && SUCCEEDED(dump->error);
         at += sizeof(uint64_t)) {
        const MEMORY_BASIC_INFORMATION *region;
        uint64_t value;

        if (!dump_read(dump, at, &value, sizeof value) || (value >= thread->stack_start && value < thread->stack_end))
            continue;
        region = dump_region(dump, value);
        if (region && region->Type == MEM_PRIVATE)
            dump_want(dump, value & ~(uint64_t)(PAGE - 1), (value & ~(uint64_t)(PAGE - 1)) + PAGE);
    }
}

/* The session's shared memory, hundreds of megabytes that are nearly all empty, is what Windows has in its kernel. */
static bool region_is_session(const MEMORY_BASIC_INFORMATION *region) {
    return region->Type == MEM_MAPPED && region->RegionSize / PAGE == (sizeof(struct arena) + PAGE - 1) / PAGE;
}

static bool region_is_wanted(const struct dump *dump, const MEMORY_BASIC_INFORMATION *region) {
    const DWORD writable = PAGE_READWRITE | PAGE_EXECUTE_READWRITE;

    if (dump->type & MiniDumpWithFullMemory)
        return !region_is_session(region);
    return dump->type & MiniDumpWithPrivateReadWriteMemory && region->Type == MEM_PRIVATE && region->Protect & writable;
}

static int range_compare(const void *a, const void *b) {
    const struct dump_range *one = a, *other = b;

    return one->start < other->start ? -1 : one->start > other->start;
}

static void ranges_merge(struct dump *dump) {
    size_t n = 0;

    if (dump->n_ranges)
        qsort(dump->ranges, dump->n_ranges, sizeof *dump->ranges, range_compare);
    for (size_t i = 0; i < dump->n_ranges; i++) {
        if (n && dump->ranges[i].start <= dump->ranges[n - 1].end) {
            if (dump->ranges[i].end > dump->ranges[n - 1].end)
                dump->ranges[n - 1].end = dump->ranges[i].end;
        } else {
            dump->ranges[n++] = dump->ranges[i];
        }
    }
    dump->n_ranges = n;
}

void dump_choose_memory(struct dump *dump) {
    uint64_t start;
    uint32_t size;

    if (dump->type & MiniDumpWithProcessThreadData)
        memory_want_process(dump);
    for (size_t i = 0; i < dump->n_threads && dump->type & MiniDumpWithIndirectlyReferencedMemory; i++)
        memory_want_referenced(dump, &dump->threads[i]);
    for (size_t i = 0; i < dump->n_regions; i++)
        if (region_is_readable(&dump->regions[i]) && region_is_wanted(dump, &dump->regions[i]))
            dump_want(dump, (uintptr_t)dump->regions[i].BaseAddress,
                (uintptr_t)dump->regions[i].BaseAddress + dump->regions[i].RegionSize);
    while (!(dump->type & MiniDumpWithFullMemory) && SUCCEEDED(dump->error) && dump_ask_memory(dump, &start, &size))
        dump_want(dump, start, start + size);
    ranges_merge(dump);
}

/* ---- where it lies ---- */

static uint64_t range_place(const struct dump *dump, uint64_t address) {
    for (size_t i = 0; i < dump->n_ranges; i++)
        if (address >= dump->ranges[i].start && address < dump->ranges[i].end)
            return dump->ranges[i].file + (address - dump->ranges[i].start);
    return 0;
}

/* Each range's place; the file's length. */
static uint64_t ranges_place(struct dump *dump) {
    uint64_t at = dump->used;

    for (size_t i = 0; i < dump->n_ranges; i++) {
        dump->ranges[i].file = at;
        at += dump->ranges[i].end - dump->ranges[i].start;
    }
    return at;
}

static uint32_t memory_add_list64(struct dump *dump) {
    const size_t size =
        offsetof(MINIDUMP_MEMORY64_LIST, MemoryRanges) + dump->n_ranges * sizeof(MINIDUMP_MEMORY_DESCRIPTOR64);
    const uint32_t place = dump_add(dump, NULL, size);

    dump_add_stream(dump, Memory64ListStream, place, size);
    return place;
}

static void memory_fill_list64(struct dump *dump, uint32_t place) {
    const MINIDUMP_MEMORY64_LIST head = {.NumberOfMemoryRanges = dump->n_ranges, .BaseRva = dump->used};
    uint8_t *list = dump_at(dump, place);

    memcpy(list, &head, offsetof(MINIDUMP_MEMORY64_LIST, MemoryRanges));
    for (size_t i = 0; i < dump->n_ranges; i++) {
        const MINIDUMP_MEMORY_DESCRIPTOR64 range = {dump->ranges[i].start, dump->ranges[i].end - dump->ranges[i].start};

        memcpy(list + offsetof(MINIDUMP_MEMORY64_LIST, MemoryRanges) + i * sizeof range, &range, sizeof range);
    }
}

static uint32_t memory_add_list(struct dump *dump) {
    const size_t size =
        offsetof(MINIDUMP_MEMORY_LIST, MemoryRanges) + dump->n_ranges * sizeof(MINIDUMP_MEMORY_DESCRIPTOR);
    const uint32_t place = dump_add(dump, NULL, size);

    dump_add_stream(dump, MemoryListStream, place, size);
    return place;
}

static void memory_fill_list(struct dump *dump, uint32_t place) {
    const uint32_t n = (uint32_t)dump->n_ranges;
    uint8_t *list = dump_at(dump, place);

    memcpy(list, &n, sizeof n);
    for (size_t i = 0; i < n; i++) {
        const struct dump_range *range = &dump->ranges[i];
        const MINIDUMP_MEMORY_DESCRIPTOR entry = {
            range->start, {(ULONG32)(range->end - range->start), (RVA)range->file}};

        memcpy(list + offsetof(MINIDUMP_MEMORY_LIST, MemoryRanges) + i * sizeof entry, &entry, sizeof entry);
    }
}

/* The threads' stacks have their own records of where they lie: none where 32 bits do not reach, since the list has
 * them. */
static void threads_fill_stacks(struct dump *dump) {
    const uint32_t n =
        dump->thread_list ? *(uint32_t *)dump_at(dump, dump->thread_list - (uint32_t)sizeof(uint32_t)) : 0;

    for (uint32_t i = 0; i < n; i++) {
        MINIDUMP_THREAD *entry = dump_at(dump, dump->thread_list + i * (uint32_t)sizeof *entry);
        const struct dump_thread *thread = &dump->threads[i];
        const uint64_t size = thread->stack_end - thread->stack_start, place = range_place(dump, thread->stack_start);

        if (entry->Stack.StartOfMemoryRange && place && place + size <= UINT32_MAX)
            entry->Stack.Memory = (MINIDUMP_LOCATION_DESCRIPTOR){(ULONG32)size, (RVA)place};
    }
}

void dump_place_memory(struct dump *dump) {
    const bool full = dump->type & MiniDumpWithFullMemory;
    const uint32_t place = full ? memory_add_list64(dump) : memory_add_list(dump),
                   directory = dump_add(dump, NULL, dump->n_streams * sizeof *dump->directory);
    uint64_t length;

    if (FAILED(dump->error))
        return;
    length = ranges_place(dump);
    if (!full && length > UINT32_MAX) {
        dump_fail(dump, ERROR_FILE_TOO_LARGE);
        return;
    }
    if (full)
        memory_fill_list64(dump, place);
    else
        memory_fill_list(dump, place);
    threads_fill_stacks(dump);
    memcpy(dump_at(dump, directory), dump->directory, dump->n_streams * sizeof *dump->directory);
    ((MINIDUMP_HEADER *)dump->bytes)->StreamDirectoryRva = directory;
    ((MINIDUMP_HEADER *)dump->bytes)->NumberOfStreams = (ULONG32)dump->n_streams;
}

/* ---- on its way ---- */

static bool memory_is_module(const struct dump *dump, uint64_t value) {
    for (size_t i = 0; i < dump->n_modules; i++)
        if (value - dump->modules[i].base < dump->modules[i].size)
            return true;
    return false;
}

/* MiniDumpFilterMemory: of a stack only what makes up its frames, pointers into modules and into itself. */
static void memory_filter(const struct dump *dump, uint64_t address, uint8_t *bytes, size_t size) {
    for (size_t i = 0; i < dump->n_threads; i++) {
        const struct dump_thread *thread = &dump->threads[i];

        for (size_t at = 0; at + sizeof(uint64_t) <= size; at += sizeof(uint64_t)) {
            uint64_t value;

            if (address + at < thread->stack_start || address + at >= thread->stack_end)
                continue;
            memcpy(&value, bytes + at, sizeof value);
            if (!memory_is_module(dump, value) && (value < thread->stack_start || value >= thread->stack_end))
                memset(bytes + at, 0, sizeof value);
        }
    }
}

/* A page that has gone meanwhile is zeros: the lists stand already. */
static void memory_read(const struct dump *dump, uint64_t address, uint8_t *bytes, size_t size) {
    if (dump_read(dump, address, bytes, size))
        return;
    for (size_t at = 0, n; at < size; at += n) {
        n = PAGE - (address + at) % PAGE;
        n = n < size - at ? n : size - at;
        if (!dump_read(dump, address + at, bytes + at, n))
            memset(bytes + at, 0, n);
    }
}

void dump_write_memory(struct dump *dump) {
    uint8_t *bytes = malloc(CHUNK);

    if (!bytes)
        dump_fail(dump, ERROR_NOT_ENOUGH_MEMORY);
    for (size_t i = 0; i < dump->n_ranges; i++) {
        const struct dump_range *range = &dump->ranges[i];

        for (uint64_t at = range->start, n; at < range->end && SUCCEEDED(dump->error); at += n) {
            n = range->end - at < CHUNK ? range->end - at : CHUNK;
            memory_read(dump, at, bytes, n);
            if (dump->type & MiniDumpFilterMemory)
                memory_filter(dump, at, bytes, n);
            dump_write(dump, range->file + (at - range->start), bytes, n);
        }
        dump_ask_cancel(dump);
    }
    free(bytes);
}
