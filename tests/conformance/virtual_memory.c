/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Virtual memory: places, parts of allocations, placeholders, write watches, advice about use.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/memoryapi/ and the functions' pages
 */
#include "nt.h"

#define GRANULE 0x10000ull
#define PAGE 0x1000ull

#ifndef MEM_RESERVE_PLACEHOLDER
#define MEM_RESERVE_PLACEHOLDER 0x40000
#define MEM_REPLACE_PLACEHOLDER 0x4000
#define MEM_COALESCE_PLACEHOLDERS 1
#define MEM_PRESERVE_PLACEHOLDER 2
#endif

/* Functions of kernelbase.dll, which no import library has under kernel32's name. */
#define BASE_FUNCTION(type, name, ...)                                                                                 \
    type(WINAPI *name)(__VA_ARGS__);                                                                                   \
    find_function(&name, "kernelbase.dll", #name)
#define ALLOC2                                                                                                         \
    BASE_FUNCTION(void *, VirtualAlloc2, HANDLE, void *, SIZE_T, ULONG, ULONG, MEM_EXTENDED_PARAMETER *, ULONG)
#define MAP3                                                                                                           \
    BASE_FUNCTION(void *, MapViewOfFile3, HANDLE, HANDLE, void *, ULONG64, SIZE_T, ULONG, ULONG,                       \
        MEM_EXTENDED_PARAMETER *, ULONG)
#define UNMAP2 BASE_FUNCTION(BOOL, UnmapViewOfFile2, HANDLE, void *, ULONG)

static void check_at(const void *at, const void *base, SIZE_T size, DWORD state, DWORD type) {
    MEMORY_BASIC_INFORMATION info;

    CHECK_EQ(VirtualQuery(at, &info, sizeof info), sizeof info);
    CHECK(info.BaseAddress == at);
    CHECK_EQ(info.State, state);
    if (state == MEM_FREE)
        return;
    CHECK(info.AllocationBase == base);
    CHECK_EQ(info.RegionSize, size);
    CHECK_EQ(info.Type, type);
}

/* ---- parts of allocations ---- */

static NTSTATUS release(void *at, SIZE_T size) {
    NT_FUNCTION(NtFreeVirtualMemory, HANDLE, void **, SIZE_T *, ULONG);

    return NtFreeVirtualMemory(GetCurrentProcess(), &at, &size, MEM_RELEASE);
}

TEST(a_part_is_released) {
    char *base = VirtualAlloc(NULL, 8 * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);

    REQUIRE(base != NULL);
    base[0] = 'a';
    base[7 * PAGE] = 'z';
    CHECK_EQ(release(base + 3 * PAGE, 2 * PAGE), NT_OK);
    check_at(base, base, 3 * PAGE, MEM_COMMIT, MEM_PRIVATE);
    check_at(base + 3 * PAGE, NULL, 0, MEM_FREE, 0);
    check_at(base + 5 * PAGE, base + 5 * PAGE, 3 * PAGE, MEM_COMMIT, MEM_PRIVATE);
    CHECK_EQ(base[0], 'a');
    CHECK_EQ(base[7 * PAGE], 'z');
    CHECK_EQ(release(base, PAGE), NT_OK);
    check_at(base + PAGE, base + PAGE, 2 * PAGE, MEM_COMMIT, MEM_PRIVATE);
    CHECK_EQ(release(base + PAGE, 3 * PAGE), NT(0xc000001a)); /* STATUS_UNABLE_TO_FREE_VM */
    CHECK_OK(VirtualFree(base + PAGE, 0, MEM_RELEASE));
    CHECK_OK(VirtualFree(base + 5 * PAGE, 0, MEM_RELEASE));
    check_at(base, NULL, 0, MEM_FREE, 0);
}

TEST(a_part_keeps_what_is_committed) {
    char *base = VirtualAlloc(NULL, 16 * PAGE, MEM_RESERVE, PAGE_NOACCESS);

    REQUIRE(base != NULL);
    CHECK(VirtualAlloc(base + 2 * PAGE, 8 * PAGE, MEM_COMMIT, PAGE_READWRITE) == base + 2 * PAGE);
    CHECK_EQ(release(base + 4 * PAGE, PAGE), NT_OK);
    check_at(base, base, 2 * PAGE, MEM_RESERVE, MEM_PRIVATE);
    check_at(base + 2 * PAGE, base, 2 * PAGE, MEM_COMMIT, MEM_PRIVATE);
    check_at(base + 5 * PAGE, base + 5 * PAGE, 5 * PAGE, MEM_COMMIT, MEM_PRIVATE);
    check_at(base + 10 * PAGE, base + 5 * PAGE, 6 * PAGE, MEM_RESERVE, MEM_PRIVATE);
    CHECK_OK(VirtualFree(base, 0, MEM_RELEASE));
    CHECK_OK(VirtualFree(base + 5 * PAGE, 0, MEM_RELEASE));
}

/* ---- places ---- */

static void *alloc_within(void *low, void *high, SIZE_T align, SIZE_T size) {
    MEM_ADDRESS_REQUIREMENTS wanted = {low, high, align};
    MEM_EXTENDED_PARAMETER parameter;
    ALLOC2;

    memset(&parameter, 0, sizeof parameter);
    parameter.Type = MemExtendedParameterAddressRequirements;
    parameter.Pointer = &wanted;
    return VirtualAlloc2(NULL, NULL, size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE, &parameter, 1);
}

TEST(address_requirements) {
    char *at = alloc_within(NULL, NULL, 0x1000000, GRANULE);

    CHECK(at != NULL);
    CHECK_EQ((ULONG_PTR)at % 0x1000000, 0);
    CHECK_OK(VirtualFree(at, 0, MEM_RELEASE));
    at = alloc_within((void *)0x40000000, (void *)0x7fffffff, 0, GRANULE);
    CHECK(at >= (char *)0x40000000 && at + GRANULE <= (char *)0x80000000);
    CHECK_OK(VirtualFree(at, 0, MEM_RELEASE));
    at = alloc_within((void *)0x200000000, NULL, 0x200000, GRANULE);
    CHECK(at >= (char *)0x200000000);
    CHECK_EQ((ULONG_PTR)at % 0x200000, 0);
    CHECK_OK(VirtualFree(at, 0, MEM_RELEASE));
    CHECK_ERROR(alloc_within(NULL, NULL, 0x1000, PAGE), ERROR_INVALID_PARAMETER);  /* less than 64 KiB */
    CHECK_ERROR(alloc_within(NULL, NULL, 0x30000, PAGE), ERROR_INVALID_PARAMETER); /* no power of two */
    CHECK_ERROR(alloc_within((void *)0x1000, NULL, 0, PAGE), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(alloc_within(NULL, (void *)0x7ffffffe, 0, PAGE), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(alloc_within((void *)0x80000000, (void *)0x7fffffff, 0, PAGE), ERROR_INVALID_PARAMETER);
}

TEST(requirements_and_a_base_contradict_each_other) {
    MEM_ADDRESS_REQUIREMENTS wanted = {NULL, NULL, 0x100000};
    MEM_EXTENDED_PARAMETER parameters[2];
    ALLOC2;

    memset(parameters, 0, sizeof parameters);
    parameters[0].Type = parameters[1].Type = MemExtendedParameterAddressRequirements;
    parameters[0].Pointer = parameters[1].Pointer = &wanted;
    CHECK_ERROR(VirtualAlloc2(NULL, (void *)0x50000000, PAGE, MEM_RESERVE, PAGE_NOACCESS, parameters, 1),
        ERROR_INVALID_PARAMETER);
    CHECK_ERROR(VirtualAlloc2(NULL, NULL, PAGE, MEM_RESERVE, PAGE_NOACCESS, parameters, 2), ERROR_INVALID_PARAMETER);
    parameters[0].Type = 100;
    CHECK_ERROR(VirtualAlloc2(NULL, NULL, PAGE, MEM_RESERVE, PAGE_NOACCESS, parameters, 1), ERROR_INVALID_PARAMETER);
}

/* ---- placeholders ---- */

static char *placeholder(SIZE_T size) {
    char *base;
    ALLOC2;

    base = VirtualAlloc2(NULL, NULL, size, MEM_RESERVE | MEM_RESERVE_PLACEHOLDER, PAGE_NOACCESS, NULL, 0);
    REQUIRE(base != NULL);
    return base;
}

TEST(a_placeholder_is_cut_and_put_together) {
    char *base = placeholder(4 * GRANULE);

    check_at(base, base, 4 * GRANULE, MEM_RESERVE, MEM_PRIVATE);
    CHECK_ERROR(VirtualAlloc(base, PAGE, MEM_COMMIT, PAGE_READWRITE), ERROR_INVALID_ADDRESS);
    CHECK_OK(VirtualFree(base + GRANULE, GRANULE, MEM_RELEASE | MEM_PRESERVE_PLACEHOLDER));
    check_at(base, base, GRANULE, MEM_RESERVE, MEM_PRIVATE);
    check_at(base + GRANULE, base + GRANULE, GRANULE, MEM_RESERVE, MEM_PRIVATE);
    check_at(base + 2 * GRANULE, base + 2 * GRANULE, 2 * GRANULE, MEM_RESERVE, MEM_PRIVATE);
    CHECK_ERROR(VirtualFree(base + GRANULE, GRANULE, MEM_RELEASE | MEM_PRESERVE_PLACEHOLDER), ERROR_INVALID_ADDRESS);
    CHECK_ERROR(VirtualFree(base, 3 * GRANULE, MEM_RELEASE | MEM_COALESCE_PLACEHOLDERS), ERROR_INVALID_ADDRESS);
    CHECK_OK(VirtualFree(base, 2 * GRANULE, MEM_RELEASE | MEM_COALESCE_PLACEHOLDERS));
    check_at(base, base, 2 * GRANULE, MEM_RESERVE, MEM_PRIVATE);
    CHECK_OK(VirtualFree(base, 4 * GRANULE, MEM_RELEASE | MEM_COALESCE_PLACEHOLDERS));
    check_at(base, base, 4 * GRANULE, MEM_RESERVE, MEM_PRIVATE);
    CHECK_OK(VirtualFree(base, 0, MEM_RELEASE));
    check_at(base, NULL, 0, MEM_FREE, 0);
}

TEST(a_placeholder_is_replaced) {
    char *base = placeholder(3 * GRANULE);
    ALLOC2;

    CHECK_OK(VirtualFree(base, GRANULE, MEM_RELEASE | MEM_PRESERVE_PLACEHOLDER));
    CHECK_ERROR(VirtualAlloc2(NULL, base + GRANULE, GRANULE, MEM_RESERVE | MEM_COMMIT | MEM_REPLACE_PLACEHOLDER,
                    PAGE_READWRITE, NULL, 0),
        ERROR_INVALID_ADDRESS); /* not all of it */
    CHECK_ERROR(VirtualAlloc2(NULL, base, PAGE, MEM_RESERVE, PAGE_NOACCESS, NULL, 0), ERROR_INVALID_ADDRESS);
    CHECK(VirtualAlloc2(NULL, base, GRANULE, MEM_RESERVE | MEM_COMMIT | MEM_REPLACE_PLACEHOLDER, PAGE_READWRITE, NULL,
              0) == base);
    check_at(base, base, GRANULE, MEM_COMMIT, MEM_PRIVATE);
    base[5] = 5;
    CHECK_OK(VirtualFree(base, GRANULE, MEM_RELEASE | MEM_PRESERVE_PLACEHOLDER));
    check_at(base, base, GRANULE, MEM_RESERVE, MEM_PRIVATE);
    CHECK(VirtualAlloc2(NULL, base, GRANULE, MEM_RESERVE | MEM_COMMIT | MEM_REPLACE_PLACEHOLDER, PAGE_READWRITE, NULL,
              0) == base);
    CHECK_EQ(base[5], 0);
    CHECK_OK(VirtualFree(base, 0, MEM_RELEASE));
    CHECK_OK(VirtualFree(base + GRANULE, 0, MEM_RELEASE));
}

TEST(what_placeholders_are_not) {
    char *base = VirtualAlloc(NULL, GRANULE, MEM_RESERVE, PAGE_NOACCESS);
    ALLOC2;

    REQUIRE(base != NULL);
    CHECK_ERROR(VirtualAlloc2(NULL, NULL, GRANULE, MEM_RESERVE | MEM_RESERVE_PLACEHOLDER, PAGE_READWRITE, NULL, 0),
        ERROR_INVALID_PARAMETER);
    CHECK_ERROR(
        VirtualAlloc2(NULL, NULL, GRANULE, MEM_RESERVE | MEM_COMMIT | MEM_RESERVE_PLACEHOLDER, PAGE_NOACCESS, NULL, 0),
        ERROR_INVALID_PARAMETER);
    CHECK_ERROR(VirtualAlloc2(NULL, base, GRANULE, MEM_RESERVE | MEM_REPLACE_PLACEHOLDER, PAGE_READWRITE, NULL, 0),
        ERROR_INVALID_ADDRESS);
    CHECK_ERROR(VirtualFree(base, GRANULE, MEM_RELEASE | MEM_PRESERVE_PLACEHOLDER), ERROR_INVALID_ADDRESS);
    CHECK_ERROR(VirtualFree(base, GRANULE, MEM_RELEASE | MEM_COALESCE_PLACEHOLDERS), ERROR_INVALID_ADDRESS);
    CHECK_ERROR(VirtualFree(base, GRANULE, MEM_DECOMMIT | MEM_PRESERVE_PLACEHOLDER), ERROR_INVALID_PARAMETER);
    CHECK_OK(VirtualFree(base, 0, MEM_RELEASE));
}

/* What placeholders are for: one buffer twice in a row, so that what goes over its end goes on at its beginning. */
TEST(views_side_by_side) {
    HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, GRANULE, NULL);
    char *base = placeholder(2 * GRANULE);
    MAP3;
    UNMAP2;

    REQUIRE_HANDLE(section);
    CHECK_OK(VirtualFree(base, GRANULE, MEM_RELEASE | MEM_PRESERVE_PLACEHOLDER));
    CHECK(MapViewOfFile3(section, NULL, base, 0, GRANULE, MEM_REPLACE_PLACEHOLDER, PAGE_READWRITE, NULL, 0) == base);
    CHECK_ERROR(MapViewOfFile3(section, NULL, base, 0, GRANULE, MEM_REPLACE_PLACEHOLDER, PAGE_READWRITE, NULL, 0),
        ERROR_INVALID_ADDRESS);
    CHECK(MapViewOfFile3(section, NULL, base + GRANULE, 0, GRANULE, MEM_REPLACE_PLACEHOLDER, PAGE_READWRITE, NULL, 0) ==
          base + GRANULE);
    memcpy(base + GRANULE - 3, "around", 7);
    CHECK_STR(base, "und");
    check_at(base, base, GRANULE, MEM_COMMIT, MEM_MAPPED);
    CHECK_OK(UnmapViewOfFile2(GetCurrentProcess(), base, MEM_PRESERVE_PLACEHOLDER));
    check_at(base, base, GRANULE, MEM_RESERVE, MEM_PRIVATE);
    CHECK_OK(UnmapViewOfFile(base + GRANULE));
    check_at(base + GRANULE, NULL, 0, MEM_FREE, 0);
    CHECK_OK(VirtualFree(base, 0, MEM_RELEASE));
    CHECK_OK(CloseHandle(section));
}

TEST(a_view_within_limits) {
    HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, GRANULE, NULL);
    MEM_ADDRESS_REQUIREMENTS wanted = {(void *)0x30000000, (void *)0x3fffffff, 0x100000};
    MEM_EXTENDED_PARAMETER parameter;
    char *view;
    MAP3;

    REQUIRE_HANDLE(section);
    memset(&parameter, 0, sizeof parameter);
    parameter.Type = MemExtendedParameterAddressRequirements;
    parameter.Pointer = &wanted;
    view = MapViewOfFile3(section, NULL, NULL, 0, 0, 0, PAGE_READONLY, &parameter, 1);
    CHECK(view >= (char *)0x30000000 && view < (char *)0x40000000);
    CHECK_EQ((ULONG_PTR)view % 0x100000, 0);
    CHECK_OK(UnmapViewOfFile(view));
    CHECK_OK(CloseHandle(section));
}

/* ---- write watches ---- */

static char *watched(SIZE_T size) {
    char *base = VirtualAlloc(NULL, size, MEM_RESERVE | MEM_COMMIT | MEM_WRITE_WATCH, PAGE_READWRITE);

    if (!base && GetLastError() == ERROR_NOT_SUPPORTED)
        test_skip("this kernel keeps no account of what is written");
    REQUIRE(base != NULL);
    return base;
}

/* Which of the first 64 pages from base on have been written, a bit a page. */
static unsigned long long written(char *base, SIZE_T size, DWORD flags) {
    void *pages[64];
    ULONG_PTR count = 64;
    DWORD granularity = 0;
    unsigned long long bits = 0;

    CHECK_EQ(GetWriteWatch(flags, base, size, pages, &count, &granularity), 0);
    CHECK_EQ(granularity, PAGE);
    for (ULONG_PTR i = 0; i < count; i++)
        bits |= 1ull << ((char *)pages[i] - base) / PAGE;
    return bits;
}

TEST(written_pages_are_told) {
    char *base = watched(16 * PAGE);

    CHECK_EQ(written(base, 16 * PAGE, 0), 0);
    base[3 * PAGE] = 1;
    base[9 * PAGE + 100] = 1;
    CHECK_EQ(base[5 * PAGE], 0); /* read */
    CHECK_EQ(written(base, 16 * PAGE, 0), 1 << 3 | 1 << 9);
    CHECK_EQ(written(base, 16 * PAGE, WRITE_WATCH_FLAG_RESET), 1 << 3 | 1 << 9);
    CHECK_EQ(written(base, 16 * PAGE, 0), 0);
    base[3 * PAGE] = 2;
    CHECK_EQ(written(base, 4 * PAGE, 0), 1 << 3);
    CHECK_EQ(written(base, 3 * PAGE, 0), 0);
    CHECK_EQ(ResetWriteWatch(base, 16 * PAGE), 0);
    CHECK_EQ(written(base, 16 * PAGE, 0), 0);
    CHECK_EQ(base[3 * PAGE], 2);
    CHECK_OK(VirtualFree(base, 0, MEM_RELEASE));
}

/* Also by the system. */
TEST(what_is_read_into_it_is_written) {
    char *base = watched(4 * PAGE);
    HANDLE reader, writer;
    DWORD n = 0;

    REQUIRE_OK(CreatePipe(&reader, &writer, NULL, 0));
    CHECK_OK(WriteFile(writer, "bytes", 5, &n, NULL));
    CHECK_OK(ReadFile(reader, base + 2 * PAGE, 5, &n, NULL));
    CHECK_EQ(written(base, 4 * PAGE, 0), 1 << 2);
    CHECK_OK(CloseHandle(reader));
    CHECK_OK(CloseHandle(writer));
    CHECK_OK(VirtualFree(base, 0, MEM_RELEASE));
}

TEST(a_short_list_of_written_pages) {
    char *base = watched(8 * PAGE);
    void *pages[2] = {NULL, NULL};
    ULONG_PTR count = 2;
    DWORD granularity;

    for (unsigned i = 0; i < 8; i++)
        base[i * PAGE] = 1;
    CHECK_EQ(GetWriteWatch(WRITE_WATCH_FLAG_RESET, base, 8 * PAGE, pages, &count, &granularity), 0);
    CHECK_EQ(count, 2);
    CHECK(pages[0] == base && pages[1] == base + PAGE);
    CHECK_EQ(written(base, 8 * PAGE, 0), 0xfc); /* what was not told stays */
    CHECK_OK(VirtualFree(base, 0, MEM_RELEASE));
}

TEST(committed_and_decommitted_under_watch) {
    char *base = VirtualAlloc(NULL, 8 * PAGE, MEM_RESERVE | MEM_WRITE_WATCH, PAGE_NOACCESS);

    if (!base && GetLastError() == ERROR_NOT_SUPPORTED)
        test_skip("this kernel keeps no account of what is written");
    REQUIRE(base != NULL);
    CHECK(VirtualAlloc(base + PAGE, 4 * PAGE, MEM_COMMIT, PAGE_READWRITE) != NULL);
    CHECK_EQ(written(base, 8 * PAGE, 0), 0);
    base[2 * PAGE] = 1;
    CHECK_EQ(written(base, 8 * PAGE, 0), 1 << 2);
    CHECK(VirtualAlloc(base, 8 * PAGE, MEM_COMMIT, PAGE_READWRITE) != NULL);
    CHECK_EQ(written(base, 8 * PAGE, 0), 1 << 2);
    CHECK_OK(VirtualFree(base, 4 * PAGE, MEM_DECOMMIT));
    CHECK(VirtualAlloc(base, 4 * PAGE, MEM_COMMIT, PAGE_READWRITE) != NULL);
    base[6 * PAGE] = 1;
    CHECK_EQ(written(base, 8 * PAGE, 0) & ~4ull, 1 << 6); /* whether page 2 still counts is nowhere told */
    CHECK_OK(VirtualFree(base, 0, MEM_RELEASE));
}

TEST(no_watch) {
    char *base = VirtualAlloc(NULL, PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    void *page;
    ULONG_PTR count = 1;
    DWORD granularity;

    SetLastError(POISON);
    CHECK(GetWriteWatch(0, base, PAGE, &page, &count, &granularity) != 0);
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    SetLastError(POISON);
    CHECK(GetWriteWatch(2, base, PAGE, &page, &count, &granularity) != 0);
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    SetLastError(POISON);
    CHECK(ResetWriteWatch(base, PAGE) != 0);
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(VirtualAlloc(base, PAGE, MEM_COMMIT | MEM_WRITE_WATCH, PAGE_READWRITE), ERROR_INVALID_PARAMETER);
    CHECK_OK(VirtualFree(base, 0, MEM_RELEASE));
}

/* ---- advice, and what is told ---- */

TEST(reset_goes_with_nothing_else) {
    char *base = VirtualAlloc(NULL, 2 * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);

    REQUIRE(base != NULL);
    base[0] = 3;
    CHECK(VirtualAlloc(base, PAGE, MEM_RESET, PAGE_READWRITE) == base);
    CHECK_ERROR(VirtualAlloc(base, PAGE, MEM_RESET | MEM_COMMIT, PAGE_READWRITE), ERROR_INVALID_PARAMETER);
    base[0] = 4; /* it is needed after all */
    CHECK_EQ(base[0], 4);
    CHECK_OK(VirtualFree(base, 0, MEM_RELEASE));
}

TEST(discarded_offered_reclaimed) {
    char *base = VirtualAlloc(NULL, 4 * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    BASE_FUNCTION(DWORD, DiscardVirtualMemory, void *, SIZE_T);
    BASE_FUNCTION(DWORD, OfferVirtualMemory, void *, SIZE_T, int);
    BASE_FUNCTION(DWORD, ReclaimVirtualMemory, const void *, SIZE_T);

    base[PAGE] = 7;
    CHECK_EQ(DiscardVirtualMemory(base, PAGE), ERROR_SUCCESS);
    base[0] = 1; /* still there */
    CHECK_EQ(base[PAGE], 7);
    CHECK_EQ(DiscardVirtualMemory(base + 1, PAGE), ERROR_INVALID_PARAMETER);
    CHECK_EQ(DiscardVirtualMemory(base, 100), ERROR_INVALID_PARAMETER);
    CHECK_EQ(OfferVirtualMemory(base, PAGE, 5), ERROR_INVALID_PARAMETER);
    CHECK_EQ(OfferVirtualMemory(base, PAGE, 4), ERROR_SUCCESS);
    CHECK_EQ(ReclaimVirtualMemory(base, PAGE), ERROR_SUCCESS);
    CHECK_OK(VirtualFree(base, 0, MEM_RELEASE));
}

TEST(the_whole_allocation) {
    char *base = VirtualAlloc(NULL, 16 * PAGE, MEM_RESERVE, PAGE_NOACCESS);
    struct {
        void *base;
        ULONG protect, flags;
        SIZE_T size, committed;
    } info;
    SIZE_T n = 0;
    HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 2 * PAGE, NULL);
    char *view = MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0);
    BASE_FUNCTION(BOOL, QueryVirtualMemoryInformation, HANDLE, const void *, int, void *, SIZE_T, SIZE_T *);

    REQUIRE(base != NULL && view != NULL);
    CHECK(VirtualAlloc(base + 2 * PAGE, 2 * PAGE, MEM_COMMIT, PAGE_READWRITE) != NULL);
    CHECK(VirtualAlloc(base + 7 * PAGE, PAGE, MEM_COMMIT, PAGE_READONLY) != NULL);
    CHECK_OK(QueryVirtualMemoryInformation(GetCurrentProcess(), base + 5 * PAGE, 0, &info, sizeof info, &n));
    CHECK_EQ(n, sizeof info);
    CHECK(info.base == base);
    CHECK_EQ(info.protect, PAGE_NOACCESS);
    CHECK_EQ(info.flags, 1); /* private */
    CHECK_EQ(info.size, 16 * PAGE);
    CHECK_EQ(info.committed, 3 * PAGE);
    CHECK_OK(QueryVirtualMemoryInformation(GetCurrentProcess(), view, 0, &info, sizeof info, &n));
    CHECK_EQ(info.flags, 8); /* a page file's */
    CHECK_EQ(info.size, 2 * PAGE);
    CHECK_ERROR(
        QueryVirtualMemoryInformation(GetCurrentProcess(), view, 1, &info, sizeof info, &n), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(QueryVirtualMemoryInformation(GetCurrentProcess(), view, 0, &info, 8, &n), ERROR_BAD_LENGTH);
    CHECK_OK(UnmapViewOfFile(view));
    CHECK_OK(CloseHandle(section));
    CHECK_OK(VirtualFree(base, 0, MEM_RELEASE));
}

TEST(pages_in_memory) {
    char *base = VirtualAlloc(NULL, 4 * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    struct {
        void *address;
        ULONG_PTR flags;
    } pages[2] = {{base, 0}, {base + 2 * PAGE, 0}};
    BASE_FUNCTION(BOOL, K32QueryWorkingSetEx, HANDLE, void *, DWORD);

    base[0] = 1;
    CHECK_OK(K32QueryWorkingSetEx(GetCurrentProcess(), pages, sizeof pages));
    CHECK_EQ(pages[0].flags & 1, 1);
    CHECK_EQ(pages[0].flags >> 4 & 0x7ff, PAGE_READWRITE);
    CHECK_EQ(pages[0].flags >> 15 & 1, 0); /* not shared */
    CHECK_EQ(pages[1].flags & 1, 0);       /* never touched */
    CHECK_ERROR(K32QueryWorkingSetEx(GetCurrentProcess(), pages, 8), ERROR_BAD_LENGTH);
    CHECK_OK(VirtualFree(base, 0, MEM_RELEASE));
}

TEST(limits_of_the_working_set) {
    SIZE_T minimum = 0, maximum = 0;
    HANDLE self = GetCurrentProcess();

    CHECK_OK(GetProcessWorkingSetSize(self, &minimum, &maximum));
    CHECK_EQ(minimum, 50 * PAGE);
    CHECK_EQ(maximum, 345 * PAGE);
    CHECK_OK(SetProcessWorkingSetSize(self, 100 * PAGE, 1000 * PAGE));
    CHECK_OK(GetProcessWorkingSetSize(self, &minimum, &maximum));
    CHECK_EQ(minimum, 100 * PAGE);
    CHECK_EQ(maximum, 1000 * PAGE);
    CHECK_OK(SetProcessWorkingSetSize(self, (SIZE_T)-1, (SIZE_T)-1));
    CHECK_OK(GetProcessWorkingSetSize(self, &minimum, &maximum));
    CHECK_EQ(minimum, 100 * PAGE);
    CHECK_ERROR(SetProcessWorkingSetSize(self, 1000 * PAGE, 100 * PAGE), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(SetProcessWorkingSetSize(self, 0, 100 * PAGE), ERROR_INVALID_PARAMETER);
}
