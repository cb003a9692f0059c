/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Addresses in our library (ntdll, kernel32), which lies elsewhere in each process: they travel as their place in it.
 */
#ifndef WINIPC_NTDLL_OWN_PLACE_H
#define WINIPC_NTDLL_OWN_PLACE_H

#include <stdbool.h>
#include <stdint.h>

extern const char __ehdr_start[] __attribute__((visibility("hidden"))), _end[] __attribute__((visibility("hidden")));

/* own_place_encode() - Return: whether @address is one of ours: it is its place then. */
static inline bool own_place_encode(uint64_t *address) {
    if (*address < (uintptr_t)__ehdr_start || *address >= (uintptr_t)_end)
        return false;
    *address -= (uintptr_t)__ehdr_start;
    return true;
}

static inline uint64_t own_place_decode(uint64_t place) {
    return place + (uintptr_t)__ehdr_start;
}

#endif
