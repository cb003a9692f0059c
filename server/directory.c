/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The object directory: which names there are.  An index over the cells, by directory and name, 24 bytes a name: the
 * names themselves are in the arena.  The directories and links that Windows always has are objects like any, that
 * nobody can close.
 *
 * The session of the user is number 1: \Sessions\1\BaseNamedObjects is where a name without prefix, or with Local\,
 * leads; \BaseNamedObjects where Global\ leads.  Names are distinguished by case unless the caller says otherwise;
 * pipes' names never are.
 */
#include "server/named.h"

#include "libs/arena/mailslot.h"
#include "libs/arena/name.h"
#include "libs/base/unicode.h"

#include <errno.h>
#include <stdlib.h>

#define BUCKETS (1u << 16)
#define NONE NO_CELL

/* What a cell's name is, as far as no client can change it. */
static struct named {
    uint32_t next; /* cell + 1, in the hash chain */
    uint32_t hash;
    uint32_t name; /* as cell.name; 0: none */
    uint16_t generation;
    uint16_t n; /* units */
    uint16_t n_target;
    uint32_t target; /* of a link: its record */
} named[ARENA_MAX_CELLS];
static uint32_t buckets[BUCKETS]; /* cell + 1 */
static uint32_t n_named;

uint32_t pipe_directory = NONE, mailslot_directory = NONE, root_directory = NONE;

/* ---- the index ---- */

/* Letter case never counts here, so that both kinds of look-up find the chain. */
static uint32_t name_hash(uint32_t directory, const uint16_t *units, uint32_t n) {
    uint32_t hash = 2166136261u ^ directory;

    for (uint32_t i = 0; i < n; i++)
        hash = (hash ^ unicode_upper(units[i])) * 16777619u;
    return hash ^ hash >> 15;
}

static bool name_equal(const uint16_t *a, const uint16_t *b, uint32_t n, bool fold) {
    for (uint32_t i = 0; i < n; i++) {
        if (a[i] != b[i] && (!fold || unicode_upper(a[i]) != unicode_upper(b[i])))
            return false;
    }
    return true;
}

bool named_live(uint32_t index) {
    const struct cell *cell = named[index].name ? cell_at(index) : NULL;
    const uint64_t state = cell ? atomic_load(&cell->state) : 0;

    return STATE_LIFE(state) == LIFE_LIVE && STATE_GENERATION(state) == named[index].generation &&
           (STATE_TYPE(state) != CELL_PIPE || pipe_alive(index)) &&
           (STATE_TYPE(state) != CELL_MAILSLOT || mailslot_is_open(cell));
}

static void index_add(uint32_t cell, uint32_t directory, const uint16_t *units, uint32_t n, uint32_t name) {
    const uint32_t hash = name_hash(directory, units, n);
    uint32_t n_target = 0;

    named[cell] = (struct named){.next = buckets[hash % BUCKETS],
        .hash = hash,
        .name = name,
        .n = (uint16_t)n,
        .generation = STATE_GENERATION(atomic_load(&winipc_arena->cell[cell].state))};
    buckets[hash % BUCKETS] = cell + 1;
    n_named++;
    if (cell_type(&winipc_arena->cell[cell]) == CELL_LINK)
        link_target(cell, &n_target);
    named[cell].target = n_target ? winipc_arena->cell[cell].link.target : 0;
    named[cell].n_target = (uint16_t)n_target;
}

void named_remove(uint32_t cell) {
    uint32_t *link = &buckets[named[cell].hash % BUCKETS];

    if (!named[cell].name)
        return;
    while (*link != cell + 1)
        link = &named[*link - 1].next;
    *link = named[cell].next;
    name_free(named[cell].name, named[cell].n);
    name_free(named[cell].target, named[cell].n_target);
    named[cell].name = 0;
    n_named--;
    pipe_forget(cell);
}

/* Whether @cell bears that name.  The record is the arena's: its length is believed only if it is what we wrote. */
static bool named_is(uint32_t cell, const struct path *path, bool fold) {
    uint32_t n;
    const struct name_record *record = name_record_at(named[cell].name, &n);

    return record && n == path->n && record->directory == path->directory &&
           name_equal(record->units, path->units, n, fold);
}

uint32_t named_find(const struct path *path, bool fold) {
    const uint32_t hash = name_hash(path->directory, path->units, path->n);
    uint32_t next;

    if (path->directory == NONE)
        return root_directory;
    for (uint32_t at = buckets[hash % BUCKETS]; at; at = next) {
        const uint32_t cell = at - 1;

        next = named[cell].next;
        if (named[cell].hash != hash || named[cell].n != path->n || !named_is(cell, path, fold))
            continue;
        if (named_live(cell))
            return cell;
        named_remove(cell);
    }
    return NONE;
}

void named_gone(uint32_t cell) {
    if (cell >= ARENA_MAX_CELLS)
        return;
    if (named[cell].name && !named_live(cell))
        named_remove(cell);
    pipe_instance_gone(cell);
    descriptor_gone(cell);
}

void named_prune(void) {
    const uint32_t n = n_named ? arena_count(&winipc_arena->header.n_cells, ARENA_MAX_CELLS) : 0;

    for (uint32_t i = 0; i < n; i++) {
        if (named[i].name &&
            STATE_LIFE(atomic_load_explicit(&winipc_arena->cell[i].state, memory_order_relaxed)) != LIFE_MAKING)
            named_gone(i);
    }
}

bool named_add(const struct path *path, uint32_t index) {
    struct cell *cell = &winipc_arena->cell[index];
    uint32_t name;

    named_remove(index); /* of an object that went without a word */
    name = name_write(index, path->directory, path->units, path->n);
    if (!name)
        return false;
    STEP("named_add: record");
    atomic_store(&cell->name, name);
    STEP("named_add: cell");
    cell->flags |= CELL_NAMED;
    index_add(index, path->directory, path->units, path->n, name);
    return true;
}

void named_retry(void) {
    pipes_retry();
}

void named_dump(void) {
    for (uint32_t i = 0; i < ARENA_MAX_CELLS; i++) {
        uint16_t units[256];
        char text[256];
        uint32_t n;

        if (!named[i].name || !named_live(i) || winipc_arena->cell[i].flags & CELL_PERMANENT)
            continue;
        n = name_path(i, units, 256);
        for (uint32_t k = 0; k < n && k < sizeof text; k++)
            text[k] = units[k] >= ' ' && units[k] < 0x7f ? (char)units[k] : '?';
        TRACE(TRACE_SERVER, "left: cell %u, type %d, %.*s", i, (int)cell_type(&winipc_arena->cell[i]),
            (int)(n < 256 ? n : 255), text);
    }
}

/* ---- links, and what is always there ---- */

const uint16_t *link_target(uint32_t cell, uint32_t *n) {
    return name_units(winipc_arena->cell[cell].link.target, n);
}

/* In the order of their making: a directory before what lies in it. */
static const struct fixed {
    const uint16_t *path, *target; /* target: of a link */
} fixed[] = {
    {u"\\BaseNamedObjects", NULL},
    {u"\\Device", NULL},
    {u"\\Device\\Mailslot", NULL},
    {u"\\Device\\NamedPipe", NULL},
    {u"\\GLOBAL??", NULL},
    {u"\\KernelObjects", NULL},
    {u"\\PrivateNamespaces", NULL}, /* by their boundaries: dlls/kernel32/private_namespace.c */
    {u"\\RPC Control", NULL},
    {u"\\Security", NULL},
    {u"\\Sessions", NULL},
    {u"\\Sessions\\0", NULL},
    {u"\\Sessions\\0\\BaseNamedObjects", u"\\BaseNamedObjects"},
    {u"\\Sessions\\1", NULL},
    {u"\\Sessions\\1\\BaseNamedObjects", NULL},
    {u"\\Sessions\\BNOLINKS", NULL},
    {u"\\Sessions\\BNOLINKS\\0", u"\\BaseNamedObjects"},
    {u"\\Sessions\\BNOLINKS\\1", u"\\Sessions\\1\\BaseNamedObjects"},
    {u"\\BaseNamedObjects\\Local", u"\\BaseNamedObjects"},
    {u"\\BaseNamedObjects\\Global", u"\\BaseNamedObjects"},
    {u"\\BaseNamedObjects\\Session", u"\\Sessions\\BNOLINKS"},
    {u"\\Sessions\\1\\BaseNamedObjects\\Local", u"\\Sessions\\1\\BaseNamedObjects"},
    {u"\\Sessions\\1\\BaseNamedObjects\\Global", u"\\BaseNamedObjects"},
    {u"\\Sessions\\1\\BaseNamedObjects\\Session", u"\\Sessions\\BNOLINKS"},
    {u"\\??", u"\\GLOBAL??"},
    {u"\\DosDevices", u"\\GLOBAL??"},
};

static uint32_t text_len(const uint16_t *text) {
    uint32_t n = 0;

    while (text[n])
        n++;
    return n;
}

static int fixed_make(const struct path *path, const uint16_t *target) {
    const uint32_t index = cell_make(target ? CELL_LINK : CELL_DIRECTORY);
    struct cell *cell = cell_at(index);

    if (!cell)
        return -ENOSPC;
    cell->flags = CELL_PERMANENT;
    if (target)
        cell->link.target = name_write(index, NONE, target, text_len(target));
    if (path->directory == NONE)
        root_directory = winipc_arena->header.root = index;
    else if ((target && !cell->link.target) || !named_add(path, index))
        return -ENOSPC;
    cell_live(index);
    return 0;
}

/* Makes what is not there: all of it at first, later only what somebody has garbled. */
static int fixed_make_all(void) {
    struct path path = {.directory = NONE};
    const struct cell *root = cell_at(winipc_arena->header.root);
    int error = 0;

    root_directory = winipc_arena->header.root;
    if (!root || cell_type(root) != CELL_DIRECTORY || STATE_LIFE(atomic_load(&root->state)) != LIFE_LIVE || atomic_load(&root->name))
        error = fixed_make(&path, NULL);
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0] && !error; i++) {
        if (path_parse(&path, NULL, 0, fixed[i].path, text_len(fixed[i].path), false, true) == STATUS_SUCCESS &&
            named_find(&path, false) == NONE)
            error = fixed_make(&path, fixed[i].target);
    }
    return error;
}

static uint32_t fixed_find(const uint16_t *name) {
    struct path path;

    return path_parse(&path, NULL, 0, name, text_len(name), false, false) == STATUS_SUCCESS ? named_find(&path, false) : NONE;
}

/* The names that live cells bear; no more than there is room for, whatever the arena says. */
static void names_collect(void) {
    const uint32_t end = arena_count(&winipc_arena->header.n_cells, ARENA_MAX_CELLS);
    uint32_t left = arena_count(&winipc_arena->header.n_grains, ARENA_MAX_GRAINS);

    for (uint32_t i = 0; i < end; i++) {
        const struct cell *cell = &winipc_arena->cell[i];
        const uint32_t name = atomic_load(&cell->name);
        uint32_t n;
        const struct name_record *record = name_record_at(name, &n);

        if (!record || record->cell != i || STATE_LIFE(atomic_load(&cell->state)) != LIFE_LIVE || name_grains(n) > left)
            continue;
        left -= name_grains(n);
        index_add(i, record->directory, record->units, n, name);
    }
}

int directory_open(void) {
    int error = name_store_collect();

    if (error)
        return error;
    names_collect();
    error = fixed_make_all();
    if (error)
        return error;
    pipe_directory = fixed_find(u"\\Device\\NamedPipe");
    mailslot_directory = fixed_find(u"\\Device\\Mailslot");
    return pipe_directory == NONE || mailslot_directory == NONE ? -EPROTO : 0;
}
