/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * malloc and its family, C++'s new and delete.  glibc's heap serves them, whose blocks are aligned as Windows' are;
 * _msize may report up to a few bytes more than were asked for.
 */
#include <malloc.h>
#include <stdlib.h>

#include "dlls/msvcrt/crt_functions.h"
#include "dlls/msvcrt/msvcrt.h"

typedef int(CDECL *new_handler)(size_t);
static _Atomic(new_handler) new_handler_call;
static _Atomic int new_mode; /* 1: malloc asks the handler too */

/* Asks the program's handler to make room; false when there is none or it gave up. */
static bool room_made(size_t size, bool is_new) {
    const new_handler handler = new_handler_call;
    return (is_new || new_mode) && handler && handler(size);
}

static void *failed(void) {
    crt_errno_set(ENOMEM);
    return NULL;
}

void *CDECL msvcrt_malloc(size_t size) {
    void *block;
    while (!(block = malloc(size)))
        if (!room_made(size, false))
            return failed();
    return block;
}

void *CDECL msvcrt_calloc(size_t n, size_t size) {
    void *block;
    while (!(block = calloc(n, size)))
        if (!room_made(n * size, false))
            return failed();
    return block;
}

/* realloc() - as in C, but a size of 0 frees the block and returns NULL. */
void *CDECL msvcrt_realloc(void *block, size_t size) {
    if (block && !size)
        return free(block), NULL;
    void *moved;
    while (!(moved = realloc(block, size)))
        if (!room_made(size, false))
            return failed();
    return moved;
}

void CDECL msvcrt_free(void *block) {
    free(block);
}

void *CDECL _recalloc(void *block, size_t n, size_t size) {
    size_t wanted;
    if (__builtin_mul_overflow(n, size, &wanted))
        return failed();
    const size_t old = block ? malloc_usable_size(block) : 0;
    void *moved = msvcrt_realloc(block, wanted);
    if (moved && wanted > old)
        memset((char *)moved + old, 0, wanted - old);
    return moved;
}

size_t CDECL _msize(void *block) {
    if (!block)
        return crt_invalid_parameter(EINVAL), (size_t)-1;
    return malloc_usable_size(block);
}

/* _expand() - the same block if it holds size bytes already; glibc's blocks do not grow in place. */
void *CDECL _expand(void *block, size_t size) {
    return block && size <= malloc_usable_size(block) ? block : failed();
}

int CDECL _heapchk(void) {
    return -2; /* _HEAPOK */
}
int CDECL _heapmin(void) {
    return malloc_trim(0), 0;
}
intptr_t CDECL _get_heap_handle(void) {
    return (intptr_t)GetProcessHeap();
}

int CDECL _callnewh(size_t size) {
    return room_made(size, true);
}

void *CDECL _set_new_handler(void *handler) {
    return __atomic_exchange_n((void **)&new_handler_call, handler, __ATOMIC_SEQ_CST);
}

void *CDECL _query_new_handler(void) {
    return (void *)new_handler_call;
}
int CDECL _set_new_mode(int mode) {
    return __atomic_exchange_n((int *)&new_mode, mode, __ATOMIC_SEQ_CST);
}
int CDECL _query_new_mode(void) {
    return new_mode;
}

/* operator new: NULL when memory is out, as in the old msvcrt.dll, which threw nothing. */
void *CDECL crt_operator_new(size_t size) {
    void *block;
    while (!(block = malloc(size)))
        if (!room_made(size, true))
            return failed();
    return block;
}

void CDECL crt_operator_delete(void *block) {
    free(block);
}

/*
 * Aligned blocks: the address that malloc gave and the size asked for lie before the block.  Only _aligned_free may
 * free them, as documented.
 */
struct aligned_head {
    void *start;
    size_t size;
};

static struct aligned_head *aligned_head(void *block) {
    return (struct aligned_head *)block - 1;
}

void *CDECL _aligned_offset_malloc(size_t size, size_t alignment, size_t offset) {
    if (!alignment || (alignment & (alignment - 1)) || (offset && offset >= size))
        return crt_invalid_parameter(EINVAL), NULL;
    if (alignment < sizeof(void *))
        alignment = sizeof(void *);
    size_t whole;
    if (__builtin_add_overflow(size, alignment + sizeof(struct aligned_head) + sizeof(void *), &whole))
        return failed();
    char *start = msvcrt_malloc(whole);
    if (!start)
        return NULL;
    const uintptr_t wanted = ((uintptr_t)start + sizeof(struct aligned_head) + offset + alignment - 1) & -alignment;
    char *block = (char *)(wanted - offset);
    const struct aligned_head head = {start, size};
    memcpy(block - sizeof(head), &head, sizeof(head));
    return block;
}

void *CDECL _aligned_malloc(size_t size, size_t alignment) {
    return _aligned_offset_malloc(size, alignment, 0);
}

void CDECL _aligned_free(void *block) {
    if (!block)
        return;
    struct aligned_head head;
    memcpy(&head, aligned_head(block), sizeof(head));
    free(head.start);
}

void *CDECL _aligned_offset_realloc(void *block, size_t size, size_t alignment, size_t offset) {
    if (!block)
        return _aligned_offset_malloc(size, alignment, offset);
    if (!size)
        return _aligned_free(block), NULL;
    struct aligned_head head;
    memcpy(&head, aligned_head(block), sizeof(head));
    void *moved = _aligned_offset_malloc(size, alignment, offset);
    if (!moved)
        return NULL;
    memcpy(moved, block, size < head.size ? size : head.size);
    free(head.start);
    return moved;
}

void *CDECL _aligned_realloc(void *block, size_t size, size_t alignment) {
    return _aligned_offset_realloc(block, size, alignment, 0);
}

size_t CDECL _aligned_msize(void *block, size_t alignment, size_t offset) {
    (void)alignment;
    (void)offset;
    if (!block)
        return crt_invalid_parameter(EINVAL), (size_t)-1;
    struct aligned_head head;
    memcpy(&head, aligned_head(block), sizeof(head));
    return head.size;
}
