/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Heaps, global and local memory, and the NTSTATUS table. */
#include "tests/unit/unit.h"

/* The tests do on purpose what these warn of. */
#pragma GCC diagnostic ignored "-Wuse-after-free"
#pragma GCC diagnostic ignored "-Walloc-size-larger-than="
#pragma GCC diagnostic ignored "-Wmismatched-dealloc"

START_TEST(status_to_error) {
    ck_assert_uint_eq(RtlNtStatusToDosError(STATUS_SUCCESS), 0);
    ck_assert_uint_eq(RtlNtStatusToDosError(STATUS_PENDING), ERROR_IO_PENDING);
    ck_assert_uint_eq(RtlNtStatusToDosError(STATUS_BUFFER_OVERFLOW), ERROR_MORE_DATA);
    ck_assert_uint_eq(RtlNtStatusToDosError(STATUS_OBJECT_NAME_NOT_FOUND), ERROR_FILE_NOT_FOUND);
    ck_assert_uint_eq(RtlNtStatusToDosError(STATUS_PIPE_BROKEN), ERROR_BROKEN_PIPE);
    ck_assert_uint_eq(RtlNtStatusToDosError(STATUS_PIPE_LISTENING), ERROR_PIPE_LISTENING);
    ck_assert_uint_eq(RtlNtStatusToDosError(STATUS_INSTANCE_NOT_AVAILABLE), ERROR_PIPE_BUSY);
    ck_assert_uint_eq(RtlNtStatusToDosError(STATUS_INVALID_PARAMETER_MIX), ERROR_INVALID_PARAMETER);
    ck_assert_uint_eq(RtlNtStatusToDosError((NTSTATUS)0xC0070005), ERROR_ACCESS_DENIED);
    ck_assert_uint_eq(RtlNtStatusToDosError((NTSTATUS)0xE0000001), 0xE0000001);
    ck_assert_uint_eq(RtlNtStatusToDosError((NTSTATUS)0xC000FFFF), ERROR_MR_MID_NOT_FOUND);
    ck_assert_int_eq(RtlGetLastNtStatus(), (NTSTATUS)0xC000FFFF);
}
END_TEST

START_TEST(status_table_is_sorted) {
    struct {
        ULONG status, error;
    } pairs[] = {
#define MAP(status, error) {(ULONG)status, error},
#define SAME(name) MAP(STATUS_##name, ERROR_##name)
#define RPC_S(name) MAP(RPC_NT_##name, RPC_S_##name)
#define RPC_X(name) MAP(RPC_NT_##name, RPC_X_##name)
#include "dlls/ntdll/error_table.h"
    };

    for (size_t i = 1; i < sizeof pairs / sizeof *pairs; i++)
        ck_assert_uint_lt(pairs[i - 1].status, pairs[i].status);
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        ck_assert_uint_eq(RtlNtStatusToDosErrorNoTeb((NTSTATUS)pairs[i].status), pairs[i].error);
}
END_TEST

START_TEST(process_heap) {
    HANDLE heap = GetProcessHeap();
    unsigned char *p = HeapAlloc(heap, HEAP_ZERO_MEMORY, 13);

    ck_assert_ptr_nonnull(p);
    ck_assert_uint_eq((uintptr_t)p % 16, 0);
    ck_assert_uint_eq(HeapSize(heap, 0, p), 13);
    p[12] = 7;
    p = HeapReAlloc(heap, HEAP_ZERO_MEMORY, p, 5000);
    ck_assert_uint_eq(HeapSize(heap, 0, p), 5000);
    ck_assert_uint_eq(p[12], 7);
    for (int i = 13; i < 5000; i++)
        ck_assert_uint_eq(p[i], 0);
    ck_assert_ptr_eq(HeapReAlloc(heap, HEAP_REALLOC_IN_PLACE_ONLY, p, 100), p);
    ck_assert_uint_eq(HeapSize(heap, 0, p), 100);
    ck_assert_ptr_null(HeapReAlloc(heap, HEAP_REALLOC_IN_PLACE_ONLY, p, 1 << 26));
    ck_assert_uint_eq(GetLastError(), ERROR_NOT_ENOUGH_MEMORY);
    ck_assert(HeapValidate(heap, 0, p));
    ck_assert(HeapFree(heap, 0, p));
    ck_assert(HeapFree(heap, 0, NULL));
    ck_assert_ptr_null(HeapAlloc(heap, 0, (SIZE_T)-1));
    p = HeapAlloc(heap, 0, 0);
    ck_assert_ptr_nonnull(p);
    ck_assert_uint_eq(HeapSize(heap, 0, p), 0);
    ck_assert(HeapFree(heap, 0, p));
}
END_TEST

START_TEST(private_heap) {
    HANDLE heap = HeapCreate(0, 0, 0), other = HeapCreate(0, 0, 0x10000), heaps[8];
    PROCESS_HEAP_ENTRY entry = {0};
    int n = 0;

    ck_assert_uint_eq(GetProcessHeaps(8, heaps), 3);
    for (int i = 1; i <= 10; i++)
        ck_assert_ptr_nonnull(HeapAlloc(heap, 0, i));
    while (HeapWalk(heap, &entry))
        ck_assert_uint_eq(entry.cbData, ++n);
    ck_assert_int_eq(n, 10);
    ck_assert_uint_eq(GetLastError(), ERROR_NO_MORE_ITEMS);
    void *p = HeapAlloc(heap, 0, 5);
    ck_assert(!HeapFree(other, 0, p));
    ck_assert_uint_eq(HeapSize(other, 0, p), (SIZE_T)-1);
    ck_assert(HeapValidate(heap, 0, NULL));
    ck_assert(!HeapValidate(other, 0, p));
    ck_assert_ptr_nonnull(HeapAlloc(other, 0, 0x8000));
    ck_assert_ptr_null(HeapAlloc(other, 0, 0x9000));
    ck_assert(HeapDestroy(heap));
    ck_assert(!HeapDestroy(heap));
    ck_assert(!HeapDestroy(GetProcessHeap()));
    ck_assert_uint_eq(GetLastError(), ERROR_INVALID_HANDLE);
    ck_assert(HeapDestroy(other));
}
END_TEST

START_TEST(global_moveable) {
    HGLOBAL h = GlobalAlloc(GMEM_MOVEABLE | GMEM_ZEROINIT, 100);
    char *p = GlobalLock(h);

    ck_assert_ptr_ne(p, h);
    ck_assert_ptr_eq(GlobalHandle(p), h);
    ck_assert_uint_eq(GlobalFlags(h), 1);
    ck_assert_uint_eq(GlobalSize(h), 100);
    ck_assert(!GlobalUnlock(h));
    ck_assert_uint_eq(GetLastError(), NO_ERROR);
    ck_assert(!GlobalUnlock(h));
    ck_assert_uint_eq(GetLastError(), ERROR_NOT_LOCKED);
    ck_assert_ptr_eq(GlobalReAlloc(h, 0, GMEM_MOVEABLE), h);
    ck_assert_uint_eq(GlobalFlags(h), GMEM_DISCARDED);
    ck_assert_ptr_null(GlobalLock(h));
    ck_assert_uint_eq(GetLastError(), ERROR_DISCARDED);
    ck_assert_ptr_null(GlobalFree(h));
    ck_assert_ptr_eq(GlobalFree(h), h);
    ck_assert_uint_eq(GetLastError(), ERROR_INVALID_HANDLE);
    for (int i = 0; i < 1000; i++)
        ck_assert_uint_eq((uintptr_t)GlobalAlloc(GMEM_MOVEABLE, 1) % 16, 8);
}
END_TEST

START_TEST(global_fixed) {
    HLOCAL p = LocalAlloc(LMEM_FIXED, 10);

    ck_assert_ptr_eq(LocalLock(p), p);
    ck_assert(!LocalUnlock(p));
    ck_assert_uint_eq(GetLastError(), ERROR_NOT_LOCKED);
    ck_assert_ptr_eq(LocalHandle(p), p);
    ck_assert_uint_eq(LocalSize(p), 10);
    p = LocalReAlloc(p, 100000, LMEM_MOVEABLE);
    ck_assert_uint_eq(LocalSize(p), 100000);
    ck_assert_ptr_null(LocalFree(p));
    ck_assert_ptr_null(LocalFree(NULL));
}
END_TEST

UNIT_MAIN("heap", status_to_error, status_table_is_sorted, process_heap, private_heap, global_moveable, global_fixed)
