/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The task allocator (MSDN: combaseapi.h): the process heap. */
#define INITGUID
#include <windows.h>
#include <winternl.h>
#include <objbase.h>

/** CoTaskMemAlloc() - memory that one component allocates and another frees. Return: NULL when there is none. */
void *WINAPI CoTaskMemAlloc(SIZE_T size) {
    return RtlAllocateHeap(GetProcessHeap(), 0, size);
}

/** CoTaskMemRealloc() - as realloc: NULL allocates, size 0 frees. */
void *WINAPI CoTaskMemRealloc(void *memory, SIZE_T size) {
    if (!memory)
        return CoTaskMemAlloc(size);
    if (!size) {
        CoTaskMemFree(memory);
        return NULL;
    }
    return RtlReAllocateHeap(GetProcessHeap(), 0, memory, size);
}

void WINAPI CoTaskMemFree(void *memory) {
    if (memory)
        RtlFreeHeap(GetProcessHeap(), 0, memory);
}

/* The same as an object: IMalloc. It has no state, so its references are not counted. */
static HRESULT WINAPI malloc_query(IMalloc *self, REFIID id, void **object) {
    *object = NULL;
    if (!IsEqualIID(id, &IID_IUnknown) && !IsEqualIID(id, &IID_IMalloc))
        return E_NOINTERFACE;
    *object = self;
    return S_OK;
}

static ULONG WINAPI malloc_ref(IMalloc *self) {
    (void)self;
    return 1;
}

static void *WINAPI malloc_alloc(IMalloc *self, SIZE_T size) {
    (void)self;
    return CoTaskMemAlloc(size);
}

static void *WINAPI malloc_realloc(IMalloc *self, void *memory, SIZE_T size) {
    (void)self;
    return CoTaskMemRealloc(memory, size);
}

static void WINAPI malloc_free(IMalloc *self, void *memory) {
    (void)self;
    CoTaskMemFree(memory);
}

static SIZE_T WINAPI malloc_size(IMalloc *self, void *memory) {
    (void)self;
    return memory ? RtlSizeHeap(GetProcessHeap(), 0, memory) : (SIZE_T)-1;
}

static int WINAPI malloc_did_alloc(IMalloc *self, void *memory) {
    (void)self, (void)memory;
    return -1; /* "cannot tell", which the interface allows */
}

static void WINAPI malloc_minimize(IMalloc *self) {
    (void)self;
}

/**
 * CoGetMalloc() - the task allocator as an object.
 * @context: 1.
 * Return: S_OK, E_INVALIDARG.
 */
HRESULT WINAPI CoGetMalloc(DWORD context, IMalloc **object) {
    static IMallocVtbl functions = {
        .QueryInterface = malloc_query,
        .AddRef = malloc_ref,
        .Release = malloc_ref,
        .Alloc = malloc_alloc,
        .Realloc = malloc_realloc,
        .Free = malloc_free,
        .GetSize = malloc_size,
        .DidAlloc = malloc_did_alloc,
        .HeapMinimize = malloc_minimize,
    };
    static IMalloc allocator = {&functions};
    *object = context == 1 ? &allocator : NULL;
    return context == 1 ? S_OK : E_INVALIDARG;
}
