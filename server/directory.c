/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The object directory: canonical NT paths to cells, in one hash table.  The directories that Windows always has are fixed; others are
 * objects like any, and hold what lies below them only by its path.
 *
 * The session of the user is number 1: \Sessions\1\BaseNamedObjects is where a name without prefix, or with Local\, leads;
 * \BaseNamedObjects where Global\ leads.  Names are distinguished by case unless the caller says otherwise; pipes' names never are.
 */
#include "server/named.h"

#include "libs/base/unicode.h"

#include <stdlib.h>

#define BUCKETS (1u << 14)
#define NAME_UNITS 17 /* of a CELL_NAME */

#define GLOBAL_OBJECTS u"\\BaseNamedObjects"
#define SESSION_OBJECTS u"\\Sessions\\1\\BaseNamedObjects"
#define PIPES u"\\Device\\NamedPipe\\"

static struct named *buckets[BUCKETS];
static struct named *by_cell[ARENA_MAX_CELLS];

static const uint16_t *const fixed_directories[] = {
    u"\\BaseNamedObjects", u"\\Sessions", u"\\Sessions\\1", SESSION_OBJECTS, u"\\KernelObjects", u"\\RPC Control", u"\\Security"};
#define N_FIXED (sizeof fixed_directories / sizeof fixed_directories[0])

/* ---- text ---- */

static bool text_equal(const uint16_t *a, const uint16_t *b, uint32_t n, bool fold) {
    for (uint32_t i = 0; i < n; i++) {
        if (a[i] != b[i] && (!fold || unicode_upper(a[i]) != unicode_upper(b[i])))
            return false;
    }
    return true;
}

static uint32_t text_len(const uint16_t *text) {
    uint32_t n = 0;

    while (text[n])
        n++;
    return n;
}

/* Return: how many units of @text are the prefix, 0 if it does not begin so. */
static uint32_t text_prefix(const uint16_t *text, uint32_t n, const uint16_t *prefix, bool fold) {
    const uint32_t length = text_len(prefix);

    return n >= length && text_equal(text, prefix, length, fold) ? length : 0;
}

static bool text_is(const uint16_t *text, uint32_t n, const uint16_t *other, bool fold) {
    return n == text_len(other) && text_equal(text, other, n, fold);
}

static uint32_t text_hash(const uint16_t *text, uint32_t n) {
    uint32_t hash = 2166136261u;

    for (uint32_t i = 0; i < n; i++)
        hash = (hash ^ unicode_upper(text[i])) * 16777619u;
    return hash;
}

/* ---- paths ---- */

static NTSTATUS path_append(struct path *path, const uint16_t *text, uint32_t n) {
    if (n > sizeof path->units / sizeof path->units[0] - path->n)
        return STATUS_NAME_TOO_LONG;
    memcpy(path->units + path->n, text, n * sizeof *text);
    path->n += n;
    return STATUS_SUCCESS;
}

bool path_is_fixed(const struct path *path, bool fold) {
    for (size_t i = 0; i < N_FIXED; i++) {
        if (text_is(path->units, path->n, fixed_directories[i], fold))
            return true;
    }
    return path->n == 1;
}

/* Puts the path of the directory behind the caller's handle @root in front. */
static NTSTATUS path_begin(struct path *path, const struct client *client, uint64_t root) {
    const _Atomic uint64_t *place = handle_entry(client->process->slot, root);
    const uint64_t entry = place ? atomic_load(place) : 0;
    const struct named *named;
    NTSTATUS status;

    if (!ENTRY_IN_USE(entry) || !cell_at(ENTRY_CELL(entry)))
        return STATUS_INVALID_HANDLE;
    named = named_find_cell(ENTRY_CELL(entry));
    if (!named || STATE_TYPE(named->state) != CELL_DIRECTORY)
        return STATUS_OBJECT_TYPE_MISMATCH;
    status = path_append(path, named->path, named->n_path);
    if (status || (path->n == 1 && path->units[0] == '\\'))
        return status;
    return path_append(path, u"\\", 1);
}

/* What a symbolic link in the directories of named objects stands for.  @text: what follows that directory's name and a backslash.
 * Return: the directory, with *used the units that named it; NULL if this is no link; *used 0: a link that leads nowhere. */
static const uint16_t *link_target(const uint16_t *text, uint32_t n, bool fold, uint32_t *used) {
    uint32_t length = 0;

    while (length < n && text[length] != '\\')
        length++;
    *used = length;
    if (text_is(text, length, u"Local", fold))
        return SESSION_OBJECTS;
    if (text_is(text, length, u"Global", fold))
        return GLOBAL_OBJECTS;
    if (!text_is(text, length, u"Session", fold) || length + 1 >= n)
        return NULL;
    *used = length + 2;
    if (n > length + 2 && text[length + 2] != '\\')
        *used = 0;
    if (text[length + 1] == '0')
        return GLOBAL_OBJECTS;
    if (text[length + 1] != '1')
        *used = 0;
    return SESSION_OBJECTS;
}

/* Replaces links behind \BaseNamedObjects and \Sessions\1\BaseNamedObjects by what they stand for, as often as there are some. */
static NTSTATUS path_resolve(struct path *path, bool fold) {
    for (unsigned depth = 0; depth < 32; depth++) {
        static struct path rest;
        uint32_t at = text_prefix(path->units, path->n, SESSION_OBJECTS u"\\", fold), used;
        const uint16_t *target;

        if (!at)
            at = text_prefix(path->units, path->n, GLOBAL_OBJECTS u"\\", fold);
        target = at ? link_target(path->units + at, path->n - at, fold, &used) : NULL;
        if (!target)
            return STATUS_SUCCESS;
        if (!used)
            return STATUS_OBJECT_PATH_NOT_FOUND;
        rest.n = 0;
        path_append(&rest, path->units + at + used, path->n - at - used);
        path->n = 0;
        path_append(path, target, text_len(target));
        if (path_append(path, rest.units, rest.n))
            return STATUS_NAME_TOO_LONG;
    }
    return STATUS_OBJECT_PATH_NOT_FOUND;
}

/* Whether the directory that the path lies in is there. */
static NTSTATUS path_check_parent(struct path *path, bool fold) {
    const uint32_t n = path->n;
    const struct named *named;
    bool there;

    if (n == 1)
        return STATUS_SUCCESS;
    while (path->n > 1 && path->units[path->n - 1] != '\\')
        path->n--;
    if (path->n == n)
        there = false; /* a backslash at the end */
    else {
        path->n -= path->n > 1;
        named = path_is_fixed(path, fold) ? NULL : named_find(path, fold);
        there = path_is_fixed(path, fold) || (named && STATE_TYPE(named->state) == CELL_DIRECTORY);
    }
    path->n = n;
    if (path->units[n - 1] == '\\')
        return STATUS_OBJECT_NAME_INVALID;
    return there ? STATUS_SUCCESS : STATUS_OBJECT_PATH_NOT_FOUND;
}

static bool name_has_zero(const uint16_t *name, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        if (!name[i])
            return true;
    }
    return false;
}

NTSTATUS path_parse(struct path *path, const struct client *client, uint64_t root, const uint16_t *name, uint32_t n, bool fold) {
    NTSTATUS status;

    path->n = 0;
    if (!n || (name[0] == '\\') == (root != 0))
        return STATUS_OBJECT_PATH_SYNTAX_BAD;
    if (name_has_zero(name, n))
        return STATUS_OBJECT_NAME_INVALID;
    status = root ? path_begin(path, client, root) : STATUS_SUCCESS;
    if (!status)
        status = path_append(path, name, n);
    if (!status)
        status = path_resolve(path, fold);
    return status ? status : path_check_parent(path, fold);
}

NTSTATUS path_parse_pipe(struct path *path, const uint16_t *name, uint32_t n) {
    static const uint16_t *const prefixes[] = {PIPES, u"\\??\\pipe\\", u"\\DosDevices\\pipe\\", u"\\GLOBAL??\\pipe\\"};
    uint32_t length = 0;

    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0] && !length; i++)
        length = text_prefix(name, n, prefixes[i], true);
    if (!length || length == n || name_has_zero(name, n))
        return STATUS_OBJECT_NAME_INVALID;
    path->n = 0;
    path_append(path, PIPES, text_len(PIPES));
    return path_append(path, name + length, n - length);
}

/* ---- entries ---- */

static bool named_valid(struct named *named) {
    return cell_same(named->cell, named->state) && (STATE_TYPE(named->state) != CELL_PIPE || pipe_alive(named));
}

void named_remove(struct named *named) {
    struct named **link = &buckets[named->hash % BUCKETS];

    while (*link != named)
        link = &(*link)->next;
    *link = named->next;
    by_cell[named->cell] = NULL;
    pipe_forget(named);
    free(named);
}

struct named *named_find(const struct path *path, bool fold) {
    const uint32_t hash = text_hash(path->units, path->n);
    struct named *next, *found = NULL;

    for (struct named *named = buckets[hash % BUCKETS]; named && !found; named = next) {
        next = named->next;
        if (named->hash != hash || named->n_path != path->n || !text_equal(named->path, path->units, path->n, fold))
            continue;
        if (named_valid(named))
            found = named;
        else
            named_remove(named);
    }
    return found;
}

struct named *named_find_cell(uint32_t cell) {
    struct named *named = cell < ARENA_MAX_CELLS ? by_cell[cell] : NULL;

    return named && cell_same(cell, named->state) ? named : NULL;
}

void named_gone(uint32_t cell) {
    struct named *named = cell < ARENA_MAX_CELLS ? by_cell[cell] : NULL;

    if (named && !cell_same(cell, named->state))
        named_remove(named);
    pipe_instance_gone(cell);
}

/* Writes the name into the arena, from its end on, so that each piece is whole before another refers to it.  Return: the first
 * piece + 1, or 0 when the arena is full. */
static uint32_t name_write(const struct path *path) {
    uint32_t first = 0;

    for (uint32_t at = (path->n - 1) / NAME_UNITS * NAME_UNITS + NAME_UNITS; at; at -= NAME_UNITS) {
        const uint32_t begin = at - NAME_UNITS, n = path->n - begin < NAME_UNITS ? path->n - begin : NAME_UNITS;
        const uint32_t index = cell_make(CELL_NAME);
        struct cell *cell = cell_at(index);

        if (!cell) {
            while (first && (cell = cell_at(first - 1))) {
                const uint32_t gone = first - 1;

                first = cell->text.next;
                cell_free(gone);
            }
            return 0;
        }
        cell->text.next = first;
        cell->text.length = (uint16_t)n;
        memcpy(cell->text.chars, path->units + begin, n * sizeof(uint16_t));
        cell_live(index);
        first = index + 1;
    }
    return first;
}

struct named *named_add(const struct path *path, uint32_t index) {
    struct cell *cell = &winipc_arena->cell[index];
    struct named *named = malloc(sizeof *named + path->n * sizeof(uint16_t));
    const uint32_t name = named ? name_write(path) : 0;

    if (!name) {
        free(named);
        return NULL;
    }
    if (by_cell[index])
        named_remove(by_cell[index]); /* of an object that went without a word */
    atomic_store(&cell->name, name);
    cell->flags |= CELL_NAMED;
    *named = (struct named){.hash = text_hash(path->units, path->n),
        .cell = index,
        .state = atomic_load(&cell->state),
        .n_path = path->n};
    memcpy(named->path, path->units, path->n * sizeof(uint16_t));
    named->next = buckets[named->hash % BUCKETS];
    buckets[named->hash % BUCKETS] = named;
    by_cell[index] = named;
    return named;
}

void named_retry(void) {
    pipes_retry();
}

void named_dump(void) {
    for (uint32_t i = 0; i < BUCKETS; i++) {
        for (struct named *named = buckets[i]; named; named = named->next) {
            char text[256];
            uint32_t n = 0;

            for (; n < named->n_path && n < sizeof text - 1; n++)
                text[n] = named->path[n] >= ' ' && named->path[n] < 0x7f ? (char)named->path[n] : '?';
            text[n] = 0;
            if (named_valid(named))
                TRACE(TRACE_SERVER, "left: cell %u, type %d, %s", named->cell, (int)STATE_TYPE(named->state), text);
        }
    }
}
