/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Named objects that this process has made or opened before: which object a path leads to is known while that object
 * lives and bears its name in a directory that is always there.  Who opens it again needs the server no more: it takes
 * its reference and asks the object's security itself, as for everything that is in the arena.
 */
#include "dlls/ntdll/named.h"

#include <ntstatus.h>

#include <pthread.h>
#include <string.h>

#include "dlls/ntdll/security.h"
#include "libs/arena/name.h"
#include "libs/arena/object.h"

#define KNOWN 16
#define PATH_ROOM 128u /* units; longer ones are the server's */

static struct known {
    WCHAR path[PATH_ROOM];
    uint32_t n, cell, name;
    uint64_t state; /* of the cell: another object may be in it by now */
} known[KNOWN];

static unsigned next; /* which is given up for the next one */
static pthread_mutex_t known_lock = PTHREAD_MUTEX_INITIALIZER;

static bool path_is_known_form(const OBJECT_ATTRIBUTES *attributes) {
    return !attributes->RootDirectory && attributes->ObjectName->Length &&
           attributes->ObjectName->Length <= PATH_ROOM * sizeof(WCHAR);
}

/* Under the lock. */
static struct known *known_find(const UNICODE_STRING *path) {
    for (unsigned i = 0; i < KNOWN; i++)
        if (known[i].n * sizeof(WCHAR) == path->Length && !memcmp(known[i].path, path->Buffer, path->Length))
            return &known[i];
    return NULL;
}

void named_note(const OBJECT_ATTRIBUTES *attributes, uint32_t index) {
    const struct cell *cell = cell_at(index), *directory = cell ? cell_at(name_directory(index)) : NULL;
    struct known *place;

    if (!path_is_known_form(attributes) || !directory || !(directory->flags & CELL_PERMANENT))
        return;
    pthread_mutex_lock(&known_lock);
    place = known_find(attributes->ObjectName);
    if (!place)
        place = &known[next++ % KNOWN];
    memcpy(place->path, attributes->ObjectName->Buffer, attributes->ObjectName->Length);
    place->n = attributes->ObjectName->Length / (uint32_t)sizeof(WCHAR);
    place->cell = index;
    place->name = atomic_load(&cell->name);
    place->state = atomic_load(&cell->state);
    pthread_mutex_unlock(&known_lock);
}

static bool known_get(const OBJECT_ATTRIBUTES *attributes, struct known *copy) {
    const struct known *place;

    if (!path_is_known_form(attributes))
        return false;
    pthread_mutex_lock(&known_lock);
    place = known_find(attributes->ObjectName);
    if (place)
        *copy = *place;
    pthread_mutex_unlock(&known_lock);
    return place != NULL;
}

static bool known_lives(const struct known *is, enum cell_type type) {
    const struct cell *cell = cell_at(is->cell);

    return cell && atomic_load(&cell->state) == is->state && STATE_LIFE(is->state) == LIFE_LIVE &&
           STATE_TYPE(is->state) == type && is->name && atomic_load(&cell->name) == is->name;
}

bool named_open_known(
    HANDLE *handle, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes, enum cell_type type, uint32_t *cell) {
    struct known is;
    ACCESS_MASK granted;
    uint64_t value;
    bool opened;

    if (!known_get(attributes, &is) || !known_lives(&is, type) || security_check(is.cell, access, &granted))
        return false; /* the server says why not */
    value = handle_reserve(arena_process);
    if (!value)
        return false;
    intent_begin(is.cell);
    opened = cell_ref(is.cell);
    if (opened && known_lives(&is, type)) {
        handle_set(arena_process, value, is.cell, granted, attributes->Attributes & OBJ_INHERIT ? HANDLE_INHERIT : 0);
    } else if (opened) {
        cell_unref(is.cell);
        opened = false;
    }
    intent_end();
    if (!opened) {
        handle_drop(arena_process, value);
        return false;
    }
    *handle = object_handle(value);
    *cell = is.cell;
    return true;
}
