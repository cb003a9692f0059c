/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The registry's tree: keys by name, whatever its case, and by number; their values.  See registry.h. */
#include "server/registry.h"

#include "libs/base/unicode.h"

#include <stdlib.h>
#include <time.h>

#define BUCKETS 4096u

struct key *key_root;
uint64_t registry_bytes;
static struct key *ids[BUCKETS];

uint64_t registry_now(void) {
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return 116444736000000000ull + (uint64_t)now.tv_sec * 10000000 + (uint64_t)now.tv_nsec / 100;
}

/* ---- names ---- */

static int name_compare(const uint16_t *a, uint32_t n_a, const uint16_t *b, uint32_t n_b) {
    for (uint32_t i = 0; i < n_a && i < n_b; i++) {
        const int difference = unicode_upper(a[i]) - unicode_upper(b[i]);

        if (difference)
            return difference;
    }
    return n_a < n_b ? -1 : n_a > n_b;
}

bool names_equal(const uint16_t *a, uint32_t n_a, const uint16_t *b, uint32_t n_b) {
    return n_a == n_b && !name_compare(a, n_a, b, n_b);
}

/* A copy for free(), with a NUL that nobody counts: so a name of no units has one too. */
static uint16_t *name_copy(const uint16_t *name, uint32_t n) {
    uint16_t *copy = calloc(n + 1, sizeof *copy);

    if (copy && n)
        memcpy(copy, name, n * sizeof *copy);
    return copy;
}

/* Where a name stands among a key's children, or would. */
static uint32_t child_place(const struct key *parent, const uint16_t *name, uint32_t n, bool *is_there) {
    uint32_t low = 0, high = parent->n_children;

    *is_there = false;
    while (low < high) {
        const uint32_t middle = (low + high) / 2;
        const int order = name_compare(parent->child[middle]->name, parent->child[middle]->n_name, name, n);

        if (!order) {
            *is_there = true;
            return middle;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct key *key_find(const struct key *parent, const uint16_t *name, uint32_t n) {
    bool is_there;
    const uint32_t at = child_place(parent, name, n, &is_there);

    return is_there ? parent->child[at] : NULL;
}

/* ---- numbers ---- */

struct key *key_find_id(uint64_t id) {
    struct key *key = id ? ids[id % BUCKETS] : NULL;

    while (key && key->id != id)
        key = key->next;
    return key;
}

static void id_remove(struct key *key) {
    struct key **link = &ids[key->id % BUCKETS];

    if (!key->id)
        return;
    while (*link != key)
        link = &(*link)->next;
    *link = key->next;
    key->id = 0;
}

bool key_set_id(struct key *key, uint64_t id) {
    if (key->id == id)
        return true;
    if (key_find_id(id))
        return false;
    id_remove(key);
    key->id = id;
    if (id) {
        key->next = ids[id % BUCKETS];
        ids[id % BUCKETS] = key;
    }
    return true;
}

/* ---- keys ---- */

static uint64_t key_bytes(const struct key *key) {
    return sizeof *key + 2ull * (key->n_name + key->n_class) + key->security_size;
}

static bool child_room(struct key *parent) {
    const uint32_t want = parent->max_children ? 2 * parent->max_children : 4;
    struct key **more;

    if (parent->n_children < parent->max_children)
        return true;
    more = realloc(parent->child, want * sizeof *more);
    if (!more)
        return false;
    parent->child = more;
    parent->max_children = want;
    return true;
}

static void child_add(struct key *parent, struct key *key) {
    bool is_there;
    const uint32_t at = child_place(parent, key->name, key->n_name, &is_there);

    memmove(parent->child + at + 1, parent->child + at, (parent->n_children - at) * sizeof *parent->child);
    parent->child[at] = key;
    parent->n_children++;
}

static void child_remove(struct key *key) {
    struct key *parent = key->parent;
    uint32_t at = 0;

    while (parent->child[at] != key)
        at++;
    memmove(parent->child + at, parent->child + at + 1, (--parent->n_children - at) * sizeof *parent->child);
}

struct key *key_make(struct key *parent, const uint16_t *name, uint32_t n, uint64_t id) {
    struct key *key = calloc(1, sizeof *key);
    uint16_t *copy = key ? name_copy(name, n) : NULL;

    if (!copy || (parent && !child_room(parent))) {
        free(copy);
        free(key);
        return NULL;
    }
    key->name = copy;
    key->n_name = n;
    key->parent = parent;
    key->hive = parent ? parent->hive : NULL;
    if (parent)
        child_add(parent, key);
    key_set_id(key, id);
    registry_bytes += key_bytes(key);
    return key;
}

void key_free(struct key *key) {
    while (key->n_values)
        value_remove(key, key->value[key->n_values - 1]);
    registry_bytes -= key_bytes(key);
    id_remove(key);
    if (key->parent)
        child_remove(key);
    free(key->child);
    free(key->value);
    free(key->name);
    free(key->class);
    free(key->security);
    free(key);
}

void key_free_all(void) {
    for (struct key *key = key_root, *parent; key; key = parent) {
        while (key->n_children)
            key = key->child[key->n_children - 1];
        parent = key->parent;
        watchers_drop(key);
        key_free(key);
    }
    key_root = NULL;
}

bool key_set_class(struct key *key, const uint16_t *class, uint32_t n) {
    uint16_t *copy = n ? name_copy(class, n) : NULL;

    if (n && !copy)
        return false;
    registry_bytes += 2ull * n - 2ull * key->n_class;
    free(key->class);
    key->class = copy;
    key->n_class = n;
    return true;
}

bool key_set_name(struct key *key, const uint16_t *name, uint32_t n) {
    uint16_t *copy = name_copy(name, n);

    if (!copy)
        return false;
    registry_bytes += 2ull * n - 2ull * key->n_name;
    child_remove(key);
    free(key->name);
    key->name = copy;
    key->n_name = n;
    child_add(key->parent, key);
    return true;
}

uint32_t key_path(const struct key *key, uint16_t *to, uint32_t room) {
    uint32_t n = 0;

    for (const struct key *at = key; at; at = at->parent)
        n += 1 + at->n_name;
    if (n > room)
        return 0;
    room = n;
    for (const struct key *at = key; at; at = at->parent) {
        room -= at->n_name;
        memcpy(to + room, at->name, at->n_name * sizeof *to);
        to[--room] = '\\';
    }
    return n;
}

uint32_t key_depth(const struct key *key) {
    uint32_t depth = 0;

    for (; key; key = key->parent)
        depth++;
    return depth;
}

/* ---- values ---- */

static uint64_t value_bytes(const struct value *value) {
    return sizeof *value + 2ull * value->n_name + value->size;
}

static uint32_t value_place(const struct key *key, const uint16_t *name, uint32_t n) {
    uint32_t at = 0;

    while (at < key->n_values && !names_equal(key->value[at]->name, key->value[at]->n_name, name, n))
        at++;
    return at;
}

struct value *value_find(const struct key *key, const uint16_t *name, uint32_t n) {
    const uint32_t at = value_place(key, name, n);

    return at < key->n_values ? key->value[at] : NULL;
}

struct value *value_make(const uint16_t *name, uint32_t n, uint32_t type, uint32_t size) {
    struct value *value = malloc(sizeof *value + n * sizeof *name + size);

    if (!value)
        return NULL;
    *value = (struct value){.type = type, .size = size, .n_name = n, .name = (uint16_t *)(value + 1)};
    value->data = (uint8_t *)(value->name + n);
    if (n)
        memcpy(value->name, name, n * sizeof *name);
    return value;
}

void value_free(struct value *value) {
    free(value);
}

bool value_room(struct key *key) {
    const uint32_t want = key->max_values ? 2 * key->max_values : 4;
    struct value **more;

    if (key->n_values < key->max_values)
        return true;
    more = realloc(key->value, want * sizeof *more);
    if (!more)
        return false;
    key->value = more;
    key->max_values = want;
    return true;
}

void value_put(struct key *key, struct value *value) {
    const uint32_t at = value_place(key, value->name, value->n_name);

    if (at < key->n_values) {
        registry_bytes -= value_bytes(key->value[at]);
        value_free(key->value[at]);
    } else {
        key->n_values++;
    }
    key->value[at] = value;
    registry_bytes += value_bytes(value);
}

void value_remove(struct key *key, struct value *value) {
    uint32_t at = 0;

    while (key->value[at] != value)
        at++;
    memmove(key->value + at, key->value + at + 1, (--key->n_values - at) * sizeof *key->value);
    registry_bytes -= value_bytes(value);
    value_free(value);
}
