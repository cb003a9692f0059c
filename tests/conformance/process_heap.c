/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Heaps by tool help.
 * Source: https://learn.microsoft.com/en-us/windows/win32/toolhelp/traversing-the-heap-list
 */
#include "harness.h"

#include <tlhelp32.h>

#ifndef LF32_FIXED /* the headers lack it */
#define LF32_FIXED 1
#endif

static HANDLE heaps_of(DWORD flags, DWORD pid) {
    const HANDLE snapshot = CreateToolhelp32Snapshot(flags, pid);

    REQUIRE_HANDLE(snapshot);
    return snapshot;
}

TEST(own_heaps) {
    const HANDLE second = HeapCreate(0, 0, 0), snapshot = heaps_of(TH32CS_SNAPHEAPLIST, 0);
    HEAPLIST32 list = {.dwSize = sizeof list};
    int n = 0, n_default = 0, n_second = 0;

    for (BOOL more = Heap32ListFirst(snapshot, &list); more; more = Heap32ListNext(snapshot, &list)) {
        n++;
        CHECK_EQ(list.dwSize, sizeof list);
        CHECK_EQ(list.th32ProcessID, GetCurrentProcessId());
        n_default += list.th32HeapID == (ULONG_PTR)GetProcessHeap() && (list.dwFlags & HF32_DEFAULT);
        n_second += list.th32HeapID == (ULONG_PTR)second && !(list.dwFlags & HF32_DEFAULT);
    }
    CHECK_EQ(GetLastError(), ERROR_NO_MORE_FILES);
    CHECK(n >= 2);
    CHECK_EQ(n_default, 1);
    CHECK_EQ(n_second, 1);
    CHECK_OK(CloseHandle(snapshot));
    CHECK_OK(HeapDestroy(second));
}

TEST(blocks_of_a_heap) {
    const HANDLE heap = HeapCreate(0, 0, 0);
    char *blocks[8];
    HEAPENTRY32 entry = {.dwSize = sizeof entry};
    int found = 0;

    for (int i = 0; i < 8; i++)
        blocks[i] = HeapAlloc(heap, 0, 1000 * (i + 1));
    CHECK_OK(HeapFree(heap, 0, blocks[3]));
    CHECK_OK(Heap32First(&entry, GetCurrentProcessId(), (ULONG_PTR)heap));
    do {
        CHECK_EQ(entry.dwSize, sizeof entry);
        CHECK_EQ(entry.th32ProcessID, GetCurrentProcessId());
        CHECK_EQ(entry.th32HeapID, (ULONG_PTR)heap);
        for (int i = 0; i < 8; i++) /* a block begins at its data, or at what the heap keeps before them */
            if (i != 3 && entry.dwFlags == LF32_FIXED && (ULONG_PTR)blocks[i] - entry.dwAddress <= 64 &&
                entry.dwBlockSize >= 1000u * (i + 1) && entry.dwBlockSize < 1000u * (i + 1) + 100)
                found |= 1 << i;
    } while (Heap32Next(&entry));
    CHECK_EQ(GetLastError(), ERROR_NO_MORE_FILES);
    CHECK_EQ(found, 0xff & ~(1 << 3));
    CHECK_OK(HeapDestroy(heap));
}

TEST(nothing_of_that_snapshot) {
    HEAPLIST32 list = {.dwSize = sizeof list};
    HANDLE snapshot = heaps_of(TH32CS_SNAPTHREAD, 0);

    CHECK_ERROR(Heap32ListFirst(snapshot, &list), ERROR_NO_MORE_FILES);
    CHECK_OK(CloseHandle(snapshot));
    snapshot = heaps_of(TH32CS_SNAPALL, 0);
    CHECK_OK(Heap32ListFirst(snapshot, &list));
    list.dwSize = sizeof list - 1;
    CHECK_ERROR(Heap32ListFirst(snapshot, &list), ERROR_BAD_LENGTH);
    CHECK_OK(CloseHandle(snapshot));
}

TEST(a_wrong_heap) {
    HEAPENTRY32 entry = {.dwSize = sizeof entry - 1};

    CHECK_ERROR(Heap32First(&entry, GetCurrentProcessId(), (ULONG_PTR)GetProcessHeap()), ERROR_BAD_LENGTH);
}
