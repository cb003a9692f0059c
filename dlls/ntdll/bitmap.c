/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* RTL_BITMAP: bits in 32-bit words, the lowest first. */
#include <windows.h>
#include <winternl.h>

#include <stdbool.h>
#include <string.h>

#define BITMAP_NONE (~0u)

static bool bitmap_get(const RTL_BITMAP *map, ULONG bit) {
    return map->Buffer[bit / 32] >> (bit % 32) & 1;
}

static bool bitmap_fits(const RTL_BITMAP *map, ULONG start, ULONG count) {
    return count && start < map->SizeOfBitMap && count <= map->SizeOfBitMap - start;
}

static void bitmap_fill(RTL_BITMAP *map, ULONG start, ULONG count, bool set) {
    if (!bitmap_fits(map, start, count))
        return;
    for (ULONG bit = start; bit < start + count; bit++) {
        if (set)
            map->Buffer[bit / 32] |= 1u << (bit % 32);
        else
            map->Buffer[bit / 32] &= ~(1u << (bit % 32));
    }
}

static bool bitmap_is(const RTL_BITMAP *map, ULONG start, ULONG count, bool set) {
    if (!bitmap_fits(map, start, count))
        return false;
    for (ULONG bit = start; bit < start + count; bit++)
        if (bitmap_get(map, bit) != set)
            return false;
    return true;
}

/* The first run of count such bits in [from, to), wholly inside the map; BITMAP_NONE. */
static ULONG bitmap_search(const RTL_BITMAP *map, ULONG count, ULONG from, ULONG to, bool set) {
    ULONG found = 0;

    for (ULONG bit = from; bit < to; bit++) {
        found = bitmap_get(map, bit) == set ? found + 1 : 0;
        if (found == count)
            return bit + 1 - count;
    }
    return BITMAP_NONE;
}

/* From the hint's word to the end, then from the start. */
static ULONG bitmap_find(const RTL_BITMAP *map, ULONG count, ULONG hint, bool set) {
    ULONG found;

    if (!count || count > map->SizeOfBitMap)
        return count ? BITMAP_NONE : hint & ~7u;
    if (hint >= map->SizeOfBitMap)
        hint = 0;
    hint &= ~7u;
    found = bitmap_search(map, count, hint, map->SizeOfBitMap, set);
    if (found != BITMAP_NONE || !hint)
        return found;
    return bitmap_search(map, count, 0, hint + count < map->SizeOfBitMap ? hint + count : map->SizeOfBitMap, set);
}

static ULONG bitmap_count(const RTL_BITMAP *map, bool set) {
    ULONG n = 0;

    for (ULONG bit = 0; bit < map->SizeOfBitMap; bit++)
        n += bitmap_get(map, bit) == set;
    return n;
}

void WINAPI RtlInitializeBitMap(RTL_BITMAP *map, ULONG *buffer, ULONG bits) {
    map->SizeOfBitMap = bits;
    map->Buffer = buffer;
}

void WINAPI RtlSetAllBits(RTL_BITMAP *map) {
    memset(map->Buffer, 0xFF, (map->SizeOfBitMap + 31) / 32 * 4);
}

void WINAPI RtlClearAllBits(RTL_BITMAP *map) {
    memset(map->Buffer, 0, (map->SizeOfBitMap + 31) / 32 * 4);
}

void WINAPI RtlSetBits(RTL_BITMAP *map, ULONG start, ULONG count) {
    bitmap_fill(map, start, count, true);
}

void WINAPI RtlClearBits(RTL_BITMAP *map, ULONG start, ULONG count) {
    bitmap_fill(map, start, count, false);
}

BOOLEAN WINAPI RtlAreBitsSet(const RTL_BITMAP *map, ULONG start, ULONG count) {
    return bitmap_is(map, start, count, true);
}

BOOLEAN WINAPI RtlAreBitsClear(const RTL_BITMAP *map, ULONG start, ULONG count) {
    return bitmap_is(map, start, count, false);
}

BOOLEAN WINAPI RtlTestBit(const RTL_BITMAP *map, ULONG bit) {
    return bit < map->SizeOfBitMap && bitmap_get(map, bit);
}

/* RtlFindSetBits() - Return: the index of a run of count set bits, at or after hint if there is one; ~0: there is none. */
ULONG WINAPI RtlFindSetBits(const RTL_BITMAP *map, ULONG count, ULONG hint) {
    return bitmap_find(map, count, hint, true);
}

ULONG WINAPI RtlFindClearBits(const RTL_BITMAP *map, ULONG count, ULONG hint) {
    return bitmap_find(map, count, hint, false);
}

ULONG WINAPI RtlFindSetBitsAndClear(RTL_BITMAP *map, ULONG count, ULONG hint) {
    const ULONG found = bitmap_find(map, count, hint, true);

    if (found != BITMAP_NONE)
        bitmap_fill(map, found, count, false);
    return found;
}

ULONG WINAPI RtlFindClearBitsAndSet(RTL_BITMAP *map, ULONG count, ULONG hint) {
    const ULONG found = bitmap_find(map, count, hint, false);

    if (found != BITMAP_NONE)
        bitmap_fill(map, found, count, true);
    return found;
}

ULONG WINAPI RtlNumberOfSetBits(const RTL_BITMAP *map) {
    return bitmap_count(map, true);
}

ULONG WINAPI RtlNumberOfClearBits(const RTL_BITMAP *map) {
    return bitmap_count(map, false);
}
