/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Descriptors on their way.  A handle to a file or a section that goes to another process is an entry in its table at
 * once, but the Linux descriptor behind it can only be sent to somebody who asks.  So the one who gives the handle
 * leaves the descriptor here, and the other one takes it when it first uses the handle, whatever has become of the
 * giver.  It is kept until the object is gone.
 *
 * A server that is killed takes them along: then the descriptor is asked of those who have it
 * (dlls/ntdll/descriptor.c).
 */
#include "server/named.h"
#include "server/shm_view.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "libs/base/shm_view.h"

#define N_CHAINS 256u
#define SPARE_FDS 512u /* for connections */

struct left {
    struct left *next;
    uint32_t cell;
    uint64_t state; /* of the cell, by which it is told from a later one there */
    int fd;
    bool shown; /* in /dev/shm */
};

static struct left *chains[N_CHAINS];
static unsigned n_left;

static struct left **left_place(uint32_t cell) {
    struct left **place = &chains[cell % N_CHAINS];

    while (*place && (*place)->cell != cell)
        place = &(*place)->next;
    return place;
}

void descriptor_gone(uint32_t cell) {
    struct left **place = left_place(cell), *left = *place;

    if (!left || cell_same(cell, left->state))
        return;
    *place = left->next;
    if (left->shown)
        shm_view_gone(left->fd);
    close(left->fd);
    free(left);
    n_left--;
}

/* Those whose end nobody told. */
static void descriptors_prune(void) {
    for (unsigned i = 0; i < N_CHAINS; i++) {
        struct left *next;

        for (struct left *left = chains[i]; left; left = next) {
            next = left->next;
            descriptor_gone(left->cell);
        }
    }
}

static bool there_is_room(void) {
    static unsigned room; /* the limit is set when the server starts */
    struct rlimit limit;

    if (!room && !getrlimit(RLIMIT_NOFILE, &limit))
        room = limit.rlim_cur > UINT32_MAX ? UINT32_MAX : (unsigned)limit.rlim_cur;
    if (n_left + SPARE_FDS + clients_count() * 2 >= room)
        descriptors_prune();
    return n_left + SPARE_FDS + clients_count() * 2 < room;
}

/* The file or section behind a handle of the client.  Return: its cell, or NO_CELL. */
static uint32_t cell_behind(const struct client *client, uint64_t handle, uint64_t *state) {
    const uint64_t entry = client_entry(client, handle);
    const struct cell *cell = entry ? cell_at(ENTRY_CELL(entry)) : NULL;

    *state = cell ? atomic_load(&cell->state) : 0;
    if (STATE_LIFE(*state) != LIFE_LIVE || (STATE_TYPE(*state) != CELL_FILE && STATE_TYPE(*state) != CELL_SECTION))
        return NO_CELL;
    return ENTRY_CELL(entry);
}

bool descriptor_keep(uint32_t cell, int *fd) {
    struct left *left;

    descriptor_gone(cell);
    if (*left_place(cell))
        return true;
    left = there_is_room() ? malloc(sizeof *left) : NULL;
    if (!left)
        return false;
    *left = (struct left){chains[cell % N_CHAINS], cell, atomic_load(&cell_at(cell)->state), *fd, false};
    left->shown = STATE_TYPE(left->state) == CELL_SECTION && cell_at(cell)->section.flags & SHM_VIEW_FLAG;
    *fd = -1;
    chains[cell % N_CHAINS] = left;
    n_left++;
    atomic_fetch_or(&winipc_arena->cell[cell].flags, CELL_LEFT);
    return true;
}

int descriptor_kept(uint32_t cell) {
    descriptor_gone(cell);
    return *left_place(cell) ? (*left_place(cell))->fd : -1;
}

int32_t handle_descriptor_leave(
    struct client *client, struct request_descriptor_leave *request, struct reply_descriptor_leave *reply) {
    uint64_t state;
    const uint32_t cell = cell_behind(client, request->handle, &state);

    (void)reply;
    if (cell == NO_CELL)
        return STATUS_INVALID_HANDLE;
    return descriptor_keep(cell, &request->fd) ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

int32_t handle_descriptor_take(
    struct client *client, struct request_descriptor_take *request, struct reply_descriptor_take *reply) {
    uint64_t state;
    const uint32_t cell = cell_behind(client, request->handle, &state);

    if (cell == NO_CELL)
        return STATUS_INVALID_HANDLE;
    reply->fd = descriptor_kept(cell);
    return reply->fd < 0 ? STATUS_NOT_FOUND : STATUS_SUCCESS;
}
