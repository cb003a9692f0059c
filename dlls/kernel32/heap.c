/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Heaps (MSDN: heapapi.h): what is not a plain forward to ntdll. */
#include "dlls/kernel32/error.h"
#include "dlls/ntdll/heap.h"

#include <ntstatus.h>

HANDLE WINAPI GetProcessHeap(void) {
    return heap_process();
}

DWORD WINAPI GetProcessHeaps(DWORD count, HANDLE *heaps) {
    return RtlGetProcessHeaps(count, heaps);
}

/**
 * HeapCreate() - a private heap.
 * @initial: bytes to commit at first; ignored but for the check against maximum.
 * @maximum: bytes; 0: the heap grows as it must.
 * Return: the heap; NULL and ERROR_NOT_ENOUGH_MEMORY.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/heapapi/nf-heapapi-heapcreate
 */
HANDLE WINAPI HeapCreate(DWORD options, SIZE_T initial, SIZE_T maximum) {
    HANDLE heap = NULL;

    if (!maximum)
        options |= HEAP_GROWABLE;
    if (!maximum || initial <= maximum)
        heap = RtlCreateHeap(options, NULL, maximum, initial, NULL, NULL);
    if (!heap)
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    return heap;
}

BOOL WINAPI HeapDestroy(HANDLE heap) {
    if (heap && !RtlDestroyHeap(heap))
        return TRUE;
    SetLastError(ERROR_INVALID_HANDLE);
    return FALSE;
}

SIZE_T WINAPI HeapCompact(HANDLE heap, DWORD flags) {
    return RtlCompactHeap(heap, flags);
}

BOOL WINAPI HeapLock(HANDLE heap) {
    return RtlLockHeap(heap);
}

BOOL WINAPI HeapUnlock(HANDLE heap) {
    return RtlUnlockHeap(heap);
}

BOOL WINAPI HeapFree(HANDLE heap, DWORD flags, void *pointer) {
    return RtlFreeHeap(heap, flags, pointer);
}

BOOL WINAPI HeapValidate(HANDLE heap, DWORD flags, const void *pointer) {
    return RtlValidateHeap(heap, flags, pointer);
}

BOOL WINAPI HeapQueryInformation(HANDLE heap, HEAP_INFORMATION_CLASS info_class, void *info, SIZE_T size, SIZE_T *returned) {
    return set_nt_error(RtlQueryHeapInformation(heap, info_class, info, size, returned));
}

BOOL WINAPI HeapSetInformation(HANDLE heap, HEAP_INFORMATION_CLASS info_class, void *info, SIZE_T size) {
    return set_nt_error(RtlSetHeapInformation(heap, info_class, info, size));
}

/**
 * HeapWalk() - the block after entry->lpData (NULL: the first).
 * Return: FALSE and ERROR_NO_MORE_ITEMS after the last.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/heapapi/nf-heapapi-heapwalk
 */
BOOL WINAPI HeapWalk(HANDLE heap, PROCESS_HEAP_ENTRY *entry) {
    return set_nt_error(RtlWalkHeap(heap, entry));
}
