/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* VirtualAlloc and its kin: states and protections as VirtualQuery tells them, edges and errors. */
#include "tests/unit/unit.h"

#include "dlls/ntdll/virtual.h"

#include <string.h>

static void check_page(void *address, void *allocation, SIZE_T size, DWORD state, DWORD protect) {
    MEMORY_BASIC_INFORMATION info;

    ck_assert_uint_eq(VirtualQuery(address, &info, sizeof info), sizeof info);
    ck_assert_ptr_eq(info.BaseAddress, (void *)((uintptr_t)address & ~(uintptr_t)0xFFF));
    ck_assert_ptr_eq(info.AllocationBase, allocation);
    ck_assert_uint_eq(info.RegionSize, size);
    ck_assert_uint_eq(info.State, state);
    ck_assert_uint_eq(info.Protect, protect);
}

START_TEST(reserve_and_commit) {
    char *base = VirtualAlloc(NULL, 0x100000, MEM_RESERVE, PAGE_NOACCESS);

    ck_assert_ptr_nonnull(base);
    ck_assert_uint_eq((uintptr_t)base % 0x10000, 0);
    check_page(base, base, 0x100000, MEM_RESERVE, 0);
    ck_assert_ptr_eq(VirtualAlloc(base + 0x3001, 0x1000, MEM_COMMIT, PAGE_READWRITE), base + 0x3000);
    check_page(base + 0x3800, base, 0x2000, MEM_COMMIT, PAGE_READWRITE);
    check_page(base, base, 0x3000, MEM_RESERVE, 0);
    check_page(base + 0x5000, base, 0xFB000, MEM_RESERVE, 0);
    memset(base + 0x3000, 1, 0x2000);
    ck_assert_ptr_eq(VirtualAlloc(base + 0x3000, 0x1000, MEM_COMMIT, PAGE_READONLY), base + 0x3000);
    ck_assert_int_eq(base[0x3000], 1);
    check_page(base + 0x3000, base, 0x1000, MEM_COMMIT, PAGE_READONLY);
    ck_assert(VirtualFree(base + 0x4000, 0x1000, MEM_DECOMMIT));
    check_page(base + 0x4000, base, 0xFC000, MEM_RESERVE, 0);
    ck_assert_ptr_nonnull(VirtualAlloc(base + 0x4000, 0x1000, MEM_COMMIT, PAGE_READWRITE));
    ck_assert_int_eq(base[0x4000], 0);
    ck_assert(!VirtualFree(base + 0x10000, 0, MEM_RELEASE));
    ck_assert_uint_eq(GetLastError(), ERROR_INVALID_ADDRESS);
    ck_assert(!VirtualFree(base, 0x100000, MEM_RELEASE));
    ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
    ck_assert(VirtualFree(base, 0, MEM_RELEASE));
    ck_assert(!VirtualFree(base, 0, MEM_RELEASE));
    ck_assert_uint_eq(GetLastError(), ERROR_INVALID_ADDRESS);
}
END_TEST

START_TEST(places) {
    char *base = VirtualAlloc(NULL, 0x20000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    MEMORY_BASIC_INFORMATION info;

    ck_assert_ptr_null(VirtualAlloc(base, 0x1000, MEM_RESERVE, PAGE_NOACCESS));
    ck_assert_uint_eq(GetLastError(), ERROR_INVALID_ADDRESS);
    ck_assert(VirtualFree(base, 0, MEM_RELEASE));
    ck_assert_ptr_eq(VirtualAlloc(base + 0x1234, 0x1000, MEM_RESERVE, PAGE_NOACCESS), base);
    check_page(base, base, 0x3000, MEM_RESERVE, 0);
    ck_assert_ptr_null(VirtualAlloc(base + 0x10000, 0x1000, MEM_COMMIT, PAGE_READWRITE));
    ck_assert_uint_eq(GetLastError(), ERROR_INVALID_ADDRESS);
    ck_assert(VirtualFree(base, 0, MEM_RELEASE));
    ck_assert_uint_eq(VirtualQuery(base, &info, sizeof info), sizeof info);
    ck_assert_uint_eq(info.State, MEM_FREE);
    ck_assert_uint_eq(info.Protect, PAGE_NOACCESS);
    ck_assert_ptr_null(info.AllocationBase);
    char *huge = VirtualAlloc(NULL, (SIZE_T)4 << 40, MEM_RESERVE, PAGE_NOACCESS);
    ck_assert_ptr_nonnull(huge);
    ck_assert_ptr_nonnull(VirtualAlloc(huge + ((SIZE_T)3 << 40), 0x1000, MEM_COMMIT, PAGE_READWRITE));
    huge[(SIZE_T)3 << 40] = 1;
    ck_assert(VirtualFree(huge, 0, MEM_RELEASE));
    void *low = NULL;
    SIZE_T size = 0x10000;
    ck_assert_int_eq(NtAllocateVirtualMemory(NtCurrentProcess(), &low, 1, &size, MEM_RESERVE, PAGE_NOACCESS), STATUS_SUCCESS);
    ck_assert_uint_lt((uintptr_t)low, 0x80000000u);
}
END_TEST

START_TEST(refusals) {
    MEMORY_BASIC_INFORMATION info;

    ck_assert_ptr_null(VirtualAlloc(NULL, 0, MEM_COMMIT, PAGE_READWRITE));
    ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
    ck_assert_ptr_null(VirtualAlloc(NULL, 0x1000, MEM_COMMIT, 0));
    ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
    ck_assert_ptr_null(VirtualAlloc(NULL, 0x1000, MEM_COMMIT, PAGE_READWRITE | PAGE_READONLY));
    ck_assert_ptr_null(VirtualAlloc(NULL, 0x200000, MEM_COMMIT | MEM_RESERVE | MEM_LARGE_PAGES, PAGE_READWRITE));
    ck_assert_uint_eq(GetLastError(), ERROR_PRIVILEGE_NOT_HELD);
    ck_assert_ptr_null(VirtualAlloc((void *)0x1000, 0x1000, MEM_COMMIT, PAGE_READWRITE));
    ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
    ck_assert_uint_eq(VirtualQuery((void *)0x7FFFFFFF0000, &info, sizeof info), 0);
    ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
    ck_assert_uint_eq(VirtualQuery(&info, &info, 8), 0);
    ck_assert_uint_eq(GetLastError(), ERROR_BAD_LENGTH);
}
END_TEST

START_TEST(protections) {
    char *base = VirtualAlloc(NULL, 0x4000, MEM_COMMIT, PAGE_READWRITE);
    DWORD old = 99;

    ck_assert(VirtualProtect(base + 0x1000, 0x1001, PAGE_READWRITE | PAGE_GUARD, &old));
    ck_assert_uint_eq(old, PAGE_READWRITE);
    check_page(base + 0x1000, base, 0x2000, MEM_COMMIT, PAGE_READWRITE | PAGE_GUARD);
    ck_assert(virtual_guard_hit(base + 0x2010));
    ck_assert(!virtual_guard_hit(base + 0x2010));
    base[0x2010] = 1;
    check_page(base + 0x2000, base, 0x2000, MEM_COMMIT, PAGE_READWRITE);
    ck_assert(virtual_guard_hit(base + 0x1000));
    check_page(base, base, 0x4000, MEM_COMMIT, PAGE_READWRITE);
    ck_assert(VirtualFree(base + 0x3000, 0x1000, MEM_DECOMMIT));
    ck_assert(!VirtualProtect(base, 0x4000, PAGE_READONLY, &old));
    ck_assert_uint_eq(GetLastError(), ERROR_INVALID_ADDRESS);
    ck_assert(VirtualProtect(base, 1, PAGE_EXECUTE_READ, &old));
    ck_assert(!VirtualProtect(base, 1, 3, &old));
    ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
}
END_TEST

static const char constant[0x1000] = "read me";
static char variable[0x1000] = "write me";

START_TEST(foreign) {
    MEMORY_BASIC_INFORMATION info;
    DWORD old;
    uintptr_t at = 0;
    int n = 0;

    ck_assert_uint_eq(VirtualQuery(constant, &info, sizeof info), sizeof info);
    ck_assert_uint_eq(info.Protect, PAGE_READONLY);
    ck_assert_uint_eq(info.Type, MEM_IMAGE);
    VirtualQuery(variable, &info, sizeof info);
    ck_assert_uint_eq(info.Protect, PAGE_READWRITE);
    VirtualQuery(&info, &info, sizeof info);
    ck_assert_uint_eq(info.State, MEM_COMMIT);
    ck_assert_ptr_eq(info.AllocationBase, NtCurrentTeb()->DeallocationStack);
    ck_assert(VirtualProtect((void *)constant, 1, PAGE_READWRITE, &old));
    ck_assert_uint_eq(old, PAGE_READONLY);
    for (; VirtualQuery((void *)at, &info, sizeof info); at += info.RegionSize, n++) {
        ck_assert_uint_ge(info.RegionSize, 0x1000);
        ck_assert_ptr_eq(info.BaseAddress, (void *)at);
    }
    ck_assert_int_gt(n, 10);
    ck_assert_uint_ge(at, 0x7FFFFFFF0000);
}
END_TEST

START_TEST(registered) {
    char *base = virtual_reserve(NULL, 0x8000);

    ck_assert_int_eq(virtual_register(base, 0x7800, MEM_IMAGE, PAGE_EXECUTE_WRITECOPY), STATUS_SUCCESS);
    virtual_note_protect(base + 0x1000, 0x1800, PAGE_EXECUTE_READ);
    check_page(base + 0x1000, base, 0x2000, MEM_COMMIT, PAGE_EXECUTE_READ);
    ck_assert(!VirtualFree(base, 0, MEM_RELEASE));
    ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
    virtual_unregister(base);
}
END_TEST

START_TEST(process_memory) {
    char from[] = "hello", to[8] = "";
    SIZE_T n = 99;
    char *base = VirtualAlloc(NULL, 0x2000, MEM_RESERVE, PAGE_NOACCESS);

    ck_assert(ReadProcessMemory(NtCurrentProcess(), from, to, 6, &n));
    ck_assert_uint_eq(n, 6);
    ck_assert_str_eq(to, "hello");
    ck_assert(!ReadProcessMemory(NtCurrentProcess(), base, to, 6, &n));
    ck_assert_uint_eq(GetLastError(), ERROR_PARTIAL_COPY);
    ck_assert_uint_eq(n, 0);
}
END_TEST

UNIT_MAIN("virtual", reserve_and_commit, places, refusals, protections, foreign, registered, process_memory)
