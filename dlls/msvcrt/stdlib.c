/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sorting, searching, random numbers, integer arithmetic (MSDN: searching and sorting, math support).  Sorting calls
 * the program's function, which may leave by an exception or longjmp: so it holds no lock and no memory while it does.
 */
#include <stdlib.h>
#include <sys/random.h>

#include "dlls/msvcrt/crt_functions.h"
#include "dlls/msvcrt/msvcrt.h"

typedef int(CDECL *compare_call)(const void *, const void *);
typedef int(CDECL *compare_s_call)(void *, const void *, const void *);

/* One call for both kinds of comparison: with and without the program's context. */
struct order {
    compare_call plain;
    compare_s_call with_context;
    void *context;
};

static inline int order_of(const struct order *order, const void *a, const void *b) {
    return order->with_context ? order->with_context(order->context, a, b) : order->plain(a, b);
}

static void swap_items(char *a, char *b, size_t size) {
    char block[64];
    while (size) {
        const size_t part = size < sizeof(block) ? size : sizeof(block);
        memcpy(block, a, part);
        memcpy(a, b, part);
        memcpy(b, block, part);
        a += part;
        b += part;
        size -= part;
    }
}

static void insertion_sort(char *base, size_t n, size_t size, const struct order *order) {
    for (size_t i = 1; i < n; i++)
        for (char *at = base + i * size; at > base && order_of(order, at - size, at) > 0; at -= size)
            swap_items(at - size, at, size);
}

static void heap_sift(char *base, size_t root, size_t n, size_t size, const struct order *order) {
    for (size_t child; (child = 2 * root + 1) < n; root = child) {
        if (child + 1 < n && order_of(order, base + child * size, base + (child + 1) * size) < 0)
            child++;
        if (order_of(order, base + root * size, base + child * size) >= 0)
            return;
        swap_items(base + root * size, base + child * size, size);
    }
}

static void heap_sort(char *base, size_t n, size_t size, const struct order *order) {
    for (size_t i = n / 2; i-- > 0;)
        heap_sift(base, i, n, size, order);
    for (size_t i = n; i-- > 1;) {
        swap_items(base, base + i * size, size);
        heap_sift(base, 0, i, size, order);
    }
}

/* Brings the median of first, middle and last to the front, then splits; returns the pivot's final index. */
static size_t partition(char *base, size_t n, size_t size, const struct order *order) {
    char *middle = base + n / 2 * size, *last = base + (n - 1) * size;
    if (order_of(order, middle, base) < 0)
        swap_items(middle, base, size);
    if (order_of(order, last, middle) < 0) {
        swap_items(last, middle, size);
        if (order_of(order, middle, base) < 0)
            swap_items(middle, base, size);
    }
    swap_items(base, middle, size);
    size_t low = 0, high = n;
    for (;;) {
        while (++low < n && order_of(order, base + low * size, base) < 0)
            ;
        while (--high > 0 && order_of(order, base, base + high * size) < 0)
            ;
        if (low >= high)
            break;
        swap_items(base + low * size, base + high * size, size);
    }
    swap_items(base, base + high * size, size);
    return high;
}

/* Quicksort that turns to heapsort when the splits are bad, so that no input is quadratic and the stack stays small. */
static void intro_sort(char *base, size_t n, size_t size, const struct order *order, unsigned depth) {
    while (n > 12) {
        if (!depth--) {
            heap_sort(base, n, size, order);
            return;
        }
        const size_t pivot = partition(base, n, size, order);
        char *right = base + (pivot + 1) * size;
        const size_t n_right = n - pivot - 1;
        if (pivot < n_right) {
            intro_sort(base, pivot, size, order, depth);
            base = right;
            n = n_right;
        } else {
            intro_sort(right, n_right, size, order, depth);
            n = pivot;
        }
    }
    insertion_sort(base, n, size, order);
}

static void sort(void *base, size_t n, size_t size, const struct order *order) {
    if (n < 2 || !size)
        return;
    intro_sort(base, n, size, order, 2 * (64 - __builtin_clzll(n)));
}

void CDECL msvcrt_qsort(void *base, size_t n, size_t size, compare_call compare) {
    sort(base, n, size, &(struct order){.plain = compare});
}

void CDECL qsort_s(void *base, size_t n, size_t size, compare_s_call compare, void *context) {
    if ((!base && n) || !size || !compare) {
        crt_invalid_parameter(EINVAL);
        return;
    }
    sort(base, n, size, &(struct order){.with_context = compare, .context = context});
}

static void *search(const void *key, const void *base, size_t n, size_t size, const struct order *order) {
    const char *low = base;
    while (n) {
        const char *middle = low + n / 2 * size;
        const int where = order_of(order, key, middle);
        if (!where)
            return (void *)middle;
        if (where > 0) {
            low = middle + size;
            n--;
        }
        n /= 2;
    }
    return NULL;
}

void *CDECL msvcrt_bsearch(const void *key, const void *base, size_t n, size_t size, compare_call compare) {
    return search(key, base, n, size, &(struct order){.plain = compare});
}

void *CDECL bsearch_s(const void *key, const void *base, size_t n, size_t size, compare_s_call compare, void *context) {
    return search(key, base, n, size, &(struct order){.with_context = compare, .context = context});
}

void *CDECL _lfind(const void *key, const void *base, unsigned *n, unsigned size, compare_call compare) {
    const char *at = base;
    for (unsigned i = 0; i < *n; i++, at += size)
        if (!compare(key, at))
            return (void *)at;
    return NULL;
}

void *CDECL _lsearch(const void *key, void *base, unsigned *n, unsigned size, compare_call compare) {
    void *found = _lfind(key, base, n, size, compare);
    if (found)
        return found;
    char *end = (char *)base + (size_t)*n * size;
    memcpy(end, key, size);
    ++*n;
    return end;
}

/* The sequence is documented by use: programs print "random" tables that they expect to see again. */
int CDECL msvcrt_rand(void) {
    crt_thread.random = (crt_thread.random + 1) * 214013 + 2531011 - 1;
    return ((crt_thread.random + 1) >> 16) & 0x7fff;
}

void CDECL msvcrt_srand(unsigned seed) {
    crt_thread.random = seed - 1;
}

/* rand_s() - 32 bits that nobody can foresee. */
int CDECL rand_s(unsigned *value) {
    if (!value)
        return crt_invalid_parameter(EINVAL), EINVAL;
    *value = 0;
    return getentropy(value, sizeof(*value)) ? crt_fail(ENOMEM) : 0;
}

struct crt_div {
    int quot, rem;
};

struct crt_div CDECL msvcrt_div(int a, int b) {
    return (struct crt_div){a / b, a % b};
}
struct crt_div CDECL msvcrt_ldiv(int a, int b) {
    return (struct crt_div){a / b, a % b};
}
int CDECL msvcrt_abs(int value) {
    return value < 0 ? (int)-(unsigned)value : value;
}
int CDECL msvcrt_labs(int value) {
    return value < 0 ? (int)-(unsigned)value : value;
}
int64_t CDECL _abs64(int64_t value) {
    return value < 0 ? (int64_t) - (uint64_t)value : value;
}
unsigned CDECL _rotl(unsigned value, int n) {
    return n &= 31, value << n | value >> (-n & 31);
}
unsigned CDECL _rotr(unsigned value, int n) {
    return n &= 31, value >> n | value << (-n & 31);
}
unsigned CDECL _lrotl(unsigned value, int n) {
    return _rotl(value, n);
}
unsigned CDECL _lrotr(unsigned value, int n) {
    return _rotr(value, n);
}
uint64_t CDECL _rotl64(uint64_t value, int n) {
    return n &= 63, value << n | value >> (-n & 63);
}
uint64_t CDECL _rotr64(uint64_t value, int n) {
    return n &= 63, value >> n | value << (-n & 63);
}
uint16_t CDECL _byteswap_ushort(uint16_t value) {
    return __builtin_bswap16(value);
}
unsigned CDECL _byteswap_ulong(unsigned value) {
    return __builtin_bswap32(value);
}
uint64_t CDECL _byteswap_uint64(uint64_t value) {
    return __builtin_bswap64(value);
}
