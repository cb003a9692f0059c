/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Jobs: who is in one; see job.h. */
#include "libs/arena/job.h"

struct cell *job_at(uint32_t number) {
    struct cell *cell = number ? cell_at(number - 1) : NULL;
    const uint64_t state = cell ? atomic_load(&cell->state) : 0;

    return STATE_TYPE(state) == CELL_JOB && STATE_LIFE(state) == LIFE_LIVE ? cell : NULL;
}

uint32_t job_parent(uint32_t number) {
    const struct cell *cell = job_at(number);

    return cell ? atomic_load(&cell->job.parent) : 0;
}

bool job_is_within(uint32_t number, uint32_t job) {
    for (unsigned depth = 0; number && depth < JOB_DEPTH; depth++, number = job_parent(number)) {
        if (number == job)
            return true;
    }
    return false;
}

uint32_t job_of(uint32_t process) {
    return atomic_load(&winipc_arena->process[process].job);
}

static bool process_has_ended(uint32_t process) {
    const struct process_slot *slot = &winipc_arena->process[process];
    const enum slot_life life = SLOT_LIFE(atomic_load(&slot->state));
    const struct cell *cell = cell_at(atomic_load(&slot->cell) - 1);

    return (life != SLOT_STARTING && life != SLOT_RUNNING) || !cell || atomic_load(&cell->word) & WORD_SIGNALED;
}

bool job_member(uint32_t job, uint32_t process) {
    const uint32_t number = job_of(process);

    return number && job_is_within(number, job) && !process_has_ended(process);
}

uint32_t job_count(uint32_t job) {
    const uint32_t n = arena_count(&winipc_arena->header.n_processes, ARENA_MAX_PROCESSES);
    uint32_t count = 0;

    for (uint32_t process = 0; process < n; process++)
        count += job_member(job, process);
    return count;
}

bool job_set(uint32_t process, uint32_t number) {
    struct process_slot *slot = &winipc_arena->process[process];
    const uint32_t before = atomic_load(&slot->job);

    if (number) {
        intent_begin(number - 1);
        if (!cell_ref(number - 1)) {
            intent_end();
            return false;
        }
    }
    atomic_store(&slot->job, number);
    intent_end();
    if (before) { /* a server that is killed in between leaves it to the next one, which counts all jobs anew */
        intent_begin(before - 1);
        cell_unref(before - 1);
        intent_end();
    }
    return true;
}
