/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dlls/ntdll/page_cache.h"

#include <sys/mman.h>

enum { MOST_SPARE = 8 };

struct page_block {
    struct page_block *next;
};

void *page_cache_take(struct page_cache *cache) {
    struct page_block *block;

    pthread_mutex_lock(&cache->lock);
    block = cache->spare;
    if (block) {
        cache->spare = block->next;
        cache->n_spare--;
    }
    pthread_mutex_unlock(&cache->lock);
    if (block)
        return block;
    block = mmap(NULL, cache->bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return block == MAP_FAILED ? NULL : block;
}

void page_cache_give(struct page_cache *cache, void *block) {
    struct page_block *const spare = block;

    pthread_mutex_lock(&cache->lock);
    if (cache->n_spare < MOST_SPARE) {
        spare->next = cache->spare;
        cache->spare = spare;
        cache->n_spare++;
        block = NULL;
    }
    pthread_mutex_unlock(&cache->lock);
    if (block)
        munmap(block, cache->bytes);
}
