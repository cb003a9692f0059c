/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Interlocked singly linked lists. The header's 16 bytes, depth and a sequence number and the first entry, change in one
 * cmpxchg16b; the sequence number tells a head that went and came back. A pop reads the next entry of a head that another
 * thread may have freed meanwhile: a guarded read, whose value counts only if the header has not changed.
 */
#include "libs/host/guard.h"

#include <windows.h>
#include <winternl.h>

#include <stdbool.h>
#include <stdint.h>

struct slist_head {
    uint64_t depth_sequence; /* depth: 16 bits; sequence: 48 */
    uint64_t first;          /* an address, a multiple of 16 */
};

_Static_assert(sizeof(SLIST_HEADER) == sizeof(struct slist_head), "SLIST_HEADER is 16 bytes");

#define SLIST_SEQUENCE 0x10000u

static struct slist_head slist_load(const SLIST_HEADER *list) {
    const struct slist_head *const head = (const struct slist_head *)list;
    struct slist_head seen;

    seen.depth_sequence = __atomic_load_n(&head->depth_sequence, __ATOMIC_ACQUIRE);
    seen.first = __atomic_load_n(&head->first, __ATOMIC_ACQUIRE);
    return seen;
}

static bool slist_swap(SLIST_HEADER *list, struct slist_head *seen, struct slist_head wanted) {
    bool done;

    __asm__ __volatile__("lock cmpxchg16b %1"
                         : "=@ccz"(done), "+m"(*(struct slist_head *)list), "+a"(seen->depth_sequence), "+d"(seen->first)
                         : "b"(wanted.depth_sequence), "c"(wanted.first)
                         : "memory");
    return done;
}

/* The header with another first entry, and by as much deeper. */
static struct slist_head slist_with(struct slist_head seen, const void *first, uint16_t deeper) {
    const uint16_t depth = (uint16_t)(seen.depth_sequence + deeper);

    return (struct slist_head){
        .depth_sequence = ((seen.depth_sequence & ~(uint64_t)0xFFFF) + SLIST_SEQUENCE) | depth,
        .first = (uint64_t)(uintptr_t)first,
    };
}

/**
 * RtlInitializeSListHead() - InitializeSListHead: an empty list.
 * @list: 16-byte aligned.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/interlockedapi/nf-interlockedapi-initializeslisthead
 */
void WINAPI RtlInitializeSListHead(SLIST_HEADER *list) {
    *(struct slist_head *)list = (struct slist_head){0};
}

SLIST_ENTRY *WINAPI RtlFirstEntrySList(const SLIST_HEADER *list) {
    return (SLIST_ENTRY *)(uintptr_t)slist_load(list).first;
}

WORD WINAPI RtlQueryDepthSList(SLIST_HEADER *list) {
    return (WORD)slist_load(list).depth_sequence;
}

/* InterlockedPushListSListEx: puts a chain of count entries, first to last, in front. Return: the former first entry. */
SLIST_ENTRY *WINAPI RtlInterlockedPushListSListEx(SLIST_HEADER *list, SLIST_ENTRY *first, SLIST_ENTRY *last, ULONG count) {
    struct slist_head seen = slist_load(list);

    do {
        /* who pops at the same time may read it; the swap then refuses him */
        __atomic_store_n(&last->Next, (SLIST_ENTRY *)(uintptr_t)seen.first, __ATOMIC_RELAXED);
    } while (!slist_swap(list, &seen, slist_with(seen, first, (uint16_t)count)));
    return (SLIST_ENTRY *)(uintptr_t)seen.first;
}

SLIST_ENTRY *WINAPI RtlInterlockedPushEntrySList(SLIST_HEADER *list, SLIST_ENTRY *entry) {
    return RtlInterlockedPushListSListEx(list, entry, entry, 1);
}

/* InterlockedPopEntrySList. Return: the entry that was first, or NULL. */
SLIST_ENTRY *WINAPI RtlInterlockedPopEntrySList(SLIST_HEADER *list) {
    struct slist_head seen = slist_load(list);

    while (seen.first) {
        uint64_t next;

        if (guard_read64(&((const SLIST_ENTRY *)(uintptr_t)seen.first)->Next, &next)) {
            const struct slist_head now = slist_load(list);

            if (now.first == seen.first && now.depth_sequence == seen.depth_sequence)
                return *(SLIST_ENTRY *volatile *)(uintptr_t)seen.first; /* a broken list: fault as the program's own */
            seen = now;
            continue;
        }
        if (slist_swap(list, &seen, slist_with(seen, (const void *)(uintptr_t)next, (uint16_t)-1)))
            return (SLIST_ENTRY *)(uintptr_t)seen.first;
    }
    return NULL;
}

/* InterlockedFlushSList. Return: the chain of all entries. */
SLIST_ENTRY *WINAPI RtlInterlockedFlushSList(SLIST_HEADER *list) {
    struct slist_head seen = slist_load(list);

    while (seen.first)
        if (slist_swap(list, &seen, slist_with(seen, NULL, (uint16_t)-(uint16_t)seen.depth_sequence)))
            return (SLIST_ENTRY *)(uintptr_t)seen.first;
    return NULL;
}
