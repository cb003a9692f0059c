/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The blocks of a heap (MSDN: tlhelp32.h): of this process's private heaps, which alone keep lists of their blocks. */
#include <windows.h>
#include <tlhelp32.h>

#include <stdlib.h>

#ifndef LF32_FIXED /* the headers lack it */
#define LF32_FIXED 1
#endif

static BOOL heap_fail(DWORD error) {
    SetLastError(error);
    return FALSE;
}

static BOOL heap_exists(HANDLE heap) {
    HANDLE heaps[256];
    DWORD n = GetProcessHeaps(sizeof heaps / sizeof *heaps, heaps);

    if (n > sizeof heaps / sizeof *heaps)
        return TRUE; /* HeapWalk looks at it, too */
    while (n > 0 && heaps[n - 1] != heap)
        n--;
    return n > 0;
}

/* The block after @at (NULL: the first). */
static BOOL heap_step(HEAPENTRY32 *entry, void *at) {
    PROCESS_HEAP_ENTRY block = {.lpData = at};

    if (!HeapWalk((HANDLE)entry->th32HeapID, &block)) {
        if (GetLastError() == ERROR_NO_MORE_ITEMS)
            return heap_fail(ERROR_NO_MORE_FILES);
        return GetLastError() == ERROR_NOT_SUPPORTED ? FALSE : heap_fail(ERROR_INVALID_DATA);
    }
    entry->hHandle = block.lpData;
    entry->dwAddress = (ULONG_PTR)block.lpData;
    entry->dwBlockSize = block.cbData;
    entry->dwFlags = LF32_FIXED;
    entry->dwLockCount = entry->dwResvd = 0;
    return TRUE;
}

/**
 * Heap32First() - the first block of a heap, all of which are in use: free memory belongs to none.
 * Return: TRUE; FALSE with ERROR_NO_MORE_FILES (no such heap, or no block), ERROR_BAD_LENGTH (dwSize),
 * ERROR_NOT_SUPPORTED (the process heap, or one of another process). Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/tlhelp32/nf-tlhelp32-heap32first
 */
BOOL WINAPI Heap32First(HEAPENTRY32 *entry, DWORD process, ULONG_PTR heap) {
    if (entry->dwSize < sizeof *entry)
        return heap_fail(ERROR_BAD_LENGTH);
    if (process && process != GetCurrentProcessId())
        return heap_fail(ERROR_NOT_SUPPORTED);
    if (!heap_exists((HANDLE)heap))
        return heap_fail(ERROR_NO_MORE_FILES);
    entry->th32ProcessID = GetCurrentProcessId();
    entry->th32HeapID = heap;
    return heap_step(entry, NULL);
}

/**
 * Heap32Next() - the block after the one in @entry.
 * Return: TRUE; FALSE with ERROR_NO_MORE_FILES, ERROR_BAD_LENGTH, ERROR_INVALID_DATA (that block is there no more).
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/tlhelp32/nf-tlhelp32-heap32next
 */
BOOL WINAPI Heap32Next(HEAPENTRY32 *entry) {
    if (entry->dwSize < sizeof *entry)
        return heap_fail(ERROR_BAD_LENGTH);
    return heap_step(entry, (void *)entry->dwAddress);
}
