/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pages that threads need while they run (TEB, signal stack), kept for the next thread: to unmap them stops every processor that runs
 * a thread of the process, which costs more than all else of a thread's life.
 */
#pragma once

#include <pthread.h>
#include <stddef.h>

struct page_cache {
    const size_t bytes; /* of a block, whole pages */
    pthread_mutex_t lock;
    struct page_block *spare;
    unsigned n_spare;
};

#define PAGE_CACHE(BYTES) {.bytes = (BYTES), .lock = PTHREAD_MUTEX_INITIALIZER}

/* Return: a block, whose bytes may be anything; NULL: no memory. */
void *page_cache_take(struct page_cache *cache);

/* Gives a block back. */
void page_cache_give(struct page_cache *cache, void *block);
