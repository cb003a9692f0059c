/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The states of a pipe instance; see pipe_state.h.  Transitions happen under the instance's lock. */
#include "libs/arena/pipe_state.h"
#include "libs/arena/step.h"
#include "libs/arena/wait.h"

#include <errno.h>

static struct cell *instance_at(uint32_t index) {
    struct cell *cell = cell_at(index);

    return cell && cell_type(cell) == CELL_PIPE_INSTANCE ? cell : NULL;
}

int pipe_wake(uint32_t index, uint32_t conditions) {
    struct cell *cell = cell_at(index);

    if (!cell)
        return 0;
    if (!cell_lock(cell))
        return -EAGAIN;
    cell_wake_key(cell, conditions);
    cell_unlock(cell);
    return 0;
}

uint32_t pipe_instances(uint32_t pipe) {
    const uint32_t n = arena_count(&winipc_arena->header.n_cells, ARENA_MAX_CELLS);
    uint32_t count = 0;

    for (uint32_t i = 0; i < n; i++) {
        const struct cell *cell = &winipc_arena->cell[i];

        /* one whose server end is closed is a client's to read from, no more */
        count += cell_type(cell) == CELL_PIPE_INSTANCE && cell->instance.pipe == pipe + 1 && atomic_load(&cell->instance.ends) & 1;
    }
    return count;
}

/* Those who wait for an instance of this pipe's name to listen.  They may spin: who listened before will again. */
static void pipe_wake_openers(const struct cell *instance) {
    struct cell *pipe = instance->instance.pipe ? cell_at(instance->instance.pipe - 1) : NULL;

    if (!pipe)
        return;
    atomic_store_explicit(&pipe->cpu, (uint16_t)cpu_number(), memory_order_relaxed);
    if (atomic_load(&pipe->word) & PIPE_HAS_LISTENER)
        pipe_wake(instance->instance.pipe - 1, PIPE_HAS_LISTENER);
}

int pipe_connect(uint32_t instance, uint32_t file, uint32_t client_pid) {
    struct cell *cell = instance_at(instance), *end = cell_at(file);
    uint32_t status;

    if (!cell || !end)
        return -EBUSY;
    if (!cell_lock(cell))
        return -EAGAIN;
    status = atomic_load(&cell->instance.status);
    if (PIPE_STATE(status) != PIPE_LISTENING || !cell_ref(instance)) {
        cell_unlock(cell);
        return -EBUSY;
    }
    end->file.instance = instance + 1;
    end->file.end = 1;
    atomic_store(&end->file.epoch, PIPE_EPOCH(status));
    atomic_store(&cell->instance.pid[1], client_pid);
    atomic_store(&cell->instance.client, 0);
    STEP("pipe_connect: before the state");
    atomic_fetch_or(&cell->instance.ends, 2);
    atomic_store(&cell->instance.status, PIPE_STATUS(PIPE_CONNECTED, PIPE_EPOCH(status)));
    cell_wake_key(cell, PIPE_HAS_CLIENT);
    cell_unlock(cell);
    return 0;
}

int pipe_listen(uint32_t instance) {
    struct cell *cell = instance_at(instance);
    uint32_t status;

    if (!cell)
        return -EINVAL;
    cell_lock(cell);
    status = atomic_load(&cell->instance.status);
    if (PIPE_STATE(status) == PIPE_DISCONNECTED)
        atomic_store(&cell->instance.status, PIPE_STATUS(PIPE_LISTENING, PIPE_EPOCH(status)));
    cell_unlock(cell);
    if (PIPE_STATE(status) != PIPE_DISCONNECTED)
        return -EINVAL;
    pipe_wake_openers(cell);
    return 0;
}

int pipe_disconnect(uint32_t instance) {
    struct cell *cell = instance_at(instance);
    uint32_t status;

    if (!cell)
        return -EINVAL;
    cell_lock(cell);
    status = atomic_load(&cell->instance.status);
    if (PIPE_STATE(status) != PIPE_DISCONNECTED) {
        /* a new epoch: the old client's end, still open, belongs to nothing any more */
        atomic_store(&cell->instance.status, PIPE_STATUS(PIPE_DISCONNECTED, PIPE_EPOCH(status) + 1));
        atomic_fetch_and(&cell->instance.ends, ~2u);
        cell_wake_key(cell, PIPE_ALL);
    }
    cell_unlock(cell);
    record_drop(&cell->instance.token);
    return PIPE_STATE(status) == PIPE_DISCONNECTED ? -EINVAL : 0;
}

int pipe_end_close(uint32_t file) {
    struct cell *end = cell_at(file);
    struct cell *cell = end && end->file.instance ? instance_at(end->file.instance - 1) : NULL;
    uint32_t status, bit;

    if (!cell)
        return 0;
    bit = 1u << (end->file.end & 1);
    if (!cell_lock(cell))
        return -EAGAIN;
    status = atomic_load(&cell->instance.status);
    if (end->file.end == 0 || atomic_load(&end->file.epoch) == PIPE_EPOCH(status)) {
        atomic_fetch_and(&cell->instance.ends, ~bit);
        if (PIPE_STATE(status) == PIPE_CONNECTED)
            atomic_store(&cell->instance.status, PIPE_STATUS(PIPE_CLOSING, PIPE_EPOCH(status)));
        else if (PIPE_STATE(status) == PIPE_LISTENING) /* CLOSING would say that a client came */
            atomic_store(&cell->instance.status, PIPE_STATUS(PIPE_DISCONNECTED, PIPE_EPOCH(status)));
        cell_wake_key(cell, PIPE_ALL);
    }
    cell_unlock(cell);
    return 0;
}
