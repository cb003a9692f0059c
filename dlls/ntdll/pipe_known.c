/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pipes that this process has opened before.  A client that comes again, as those do that connect for every request,
 * needs neither the server nor a new mapping: which object the name leads to is known while that object lives, who may
 * open it is told by what the arena keeps, and an instance that listens again has the rings that were mapped the first
 * time.  Pairing is then what it is for the server, too: one change of the instance's state under its lock.  Everything
 * that is not quite so goes to the server.
 */
#include "dlls/ntdll/pipe.h"

#include <string.h>
#include <unistd.h>

#define NAMES 8
#define SPARES 8
#define SPARE_RING_MAX (1u << 20) /* rings above that are not kept mapped */

static struct name {
    uint16_t path[PIPE_PATH_ROOM];
    uint32_t n, pipe;
    uint64_t state; /* of the pipe's cell: another object may be in it by now */
} names[NAMES];

static struct pipe_rings spares[SPARES]; /* memory NULL: none */

static unsigned next_name, next_spare; /* which is given up for the next one */
static pthread_mutex_t known_lock = PTHREAD_MUTEX_INITIALIZER;

static bool cell_is(uint32_t index, uint64_t state) {
    const struct cell *cell = cell_at(index);

    return cell && atomic_load(&cell->state) == state;
}

/* ---- names ---- */

static struct name *name_find(const uint16_t *path, uint32_t n) {
    for (unsigned i = 0; i < NAMES; i++)
        if (names[i].n == n && !memcmp(names[i].path, path, n * sizeof *path))
            return &names[i];
    return NULL;
}

void known_name_note(const uint16_t *path, uint32_t n, uint32_t instance) {
    const struct cell *cell = cell_at(instance), *pipe = cell ? cell_at(cell->instance.pipe - 1) : NULL;
    struct name *name;

    if (!n || n > PIPE_PATH_ROOM || !pipe || cell_type(pipe) != CELL_PIPE)
        return;
    pthread_mutex_lock(&known_lock);
    name = name_find(path, n);
    if (!name)
        name = &names[next_name++ % NAMES];
    memcpy(name->path, path, n * sizeof *path);
    name->n = n;
    name->pipe = cell_index(pipe);
    name->state = atomic_load(&pipe->state);
    pthread_mutex_unlock(&known_lock);
}

bool known_name_find(const uint16_t *path, uint32_t n, uint32_t *pipe, uint64_t *state) {
    const struct name *name;
    bool found;

    pthread_mutex_lock(&known_lock);
    name = n ? name_find(path, n) : NULL;
    found = name && STATE_LIFE(name->state) == LIFE_LIVE && cell_is(name->pipe, name->state);
    if (found) {
        *pipe = name->pipe;
        *state = name->state;
    }
    pthread_mutex_unlock(&known_lock);
    return found;
}

/* ---- rings ---- */

static void rings_free(struct pipe_rings *rings) {
    ring_unmap(&rings->pair);
    close(rings->fd);
}

/* Where rings are kept next: where none are, or of an instance that is gone; else the places take turns. */
static struct pipe_rings *spare_place(void) {
    for (unsigned i = 0; i < SPARES; i++)
        if (!spares[i].pair.memory || !cell_is(spares[i].instance, spares[i].state))
            return &spares[i];
    return &spares[next_spare++ % SPARES];
}

void known_rings_keep(struct pipe_rings *rings) {
    struct pipe_rings *place, old = *rings;

    if (rings->pair.length <= SPARE_RING_MAX && cell_is(rings->instance, rings->state)) {
        pthread_mutex_lock(&known_lock);
        place = spare_place();
        old = *place;
        *place = *rings;
        pthread_mutex_unlock(&known_lock);
    }
    if (old.pair.memory)
        rings_free(&old);
}

static bool rings_serve(const struct pipe_rings *rings, uint32_t pipe) {
    const struct cell *instance = cell_at(rings->instance);

    return rings->pair.memory && cell_is(rings->instance, rings->state) && instance->instance.pipe == pipe + 1 &&
           PIPE_STATE(atomic_load(&instance->instance.status)) == PIPE_LISTENING;
}

bool known_rings_take(uint32_t pipe, struct pipe_rings *rings) {
    bool found = false;

    pthread_mutex_lock(&known_lock);
    for (unsigned i = 0; i < SPARES && !found; i++) {
        found = rings_serve(&spares[i], pipe);
        if (!found)
            continue;
        *rings = spares[i];
        spares[i].pair.memory = NULL;
    }
    pthread_mutex_unlock(&known_lock);
    return found;
}
