/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* User APCs; see apc.h. */
#include "libs/arena/apc.h"

#include "libs/arena/object.h"
#include "libs/arena/step.h"

#include <errno.h>

#define CLOSED UINT32_MAX

static _Thread_local _Atomic uint32_t taken[APC_KINDS]
    __attribute__((tls_model("initial-exec"))); /* cells + 1, the oldest first; only this thread's */

static struct cell *apc_at(uint32_t number) {
    struct cell *cell = number ? cell_at(number - 1) : NULL;

    return cell && cell_type(cell) == CELL_APC ? cell : NULL;
}

/* A process that has ended, its last thread perhaps not yet. */
static bool has_ended(uint32_t process) {
    const struct cell *cell =
        process < ARENA_MAX_PROCESSES ? cell_at(atomic_load(&winipc_arena->process[process].cell) - 1) : NULL;

    return !cell || atomic_load(&cell->word) & WORD_SIGNALED;
}

/* Under the lock of the thread's cell.  Return: its slot, or NULL when it has ended. */
static struct thread_slot *target_slot(const struct cell *cell, uint64_t state) {
    const uint32_t index = cell->thread.slot;
    struct thread_slot *slot;

    if (atomic_load(&cell->state) != state || atomic_load(&cell->word) & WORD_SIGNALED ||
        atomic_load(&cell->thread.apcs[APC_REGULAR]) == CLOSED ||
        index >= arena_count(&winipc_arena->header.n_threads, ARENA_MAX_THREADS))
        return NULL;
    slot = &winipc_arena->thread[index];
    return atomic_load(&slot->cell) == cell_index(cell) + 1 && !has_ended(SLOT_OWNER(atomic_load(&slot->state))) ? slot
                                                                                                                 : NULL;
}

int apc_post(const struct wait_object *thread, const struct apc_call *call) {
    const uint32_t made = cell_make(CELL_APC);
    struct cell *cell = cell_at(thread->cell), *apc = cell_at(made);
    struct thread_slot *slot;

    if (!apc)
        return -ENOSPC;
    apc->apc.function = call->function;
    for (unsigned i = 0; i < 3; i++)
        apc->apc.argument[i] = call->argument[i];
    apc->apc.flags = call->flags;
    cell_lock(cell);
    slot = target_slot(cell, thread->state);
    if (!slot) {
        cell_unlock(cell);
        cell_free(made);
        return -ESRCH;
    }
    atomic_store(&apc->apc.next, atomic_load(&cell->thread.apcs[call->kind]));
    STEP("apc_post: before it is the target's");
    atomic_store(&apc->state, CELL_STATE(CELL_APC, LIFE_MAKING, STATE_GENERATION(atomic_load(&apc->state)),
                                  SLOT_OWNER(atomic_load(&slot->state))));
    STEP("apc_post: before it is queued");
    atomic_store(&cell->thread.apcs[call->kind], made + 1);
    STEP("apc_post: queued");
    atomic_fetch_or(&slot->apcs, 1u << call->kind);
    cell_unlock(cell);
    wait_interrupt(slot);
    return 0;
}

/* What was queued since the last time, in order; from now on only this thread knows of it. */
static uint32_t apc_collect(enum apc_kind kind, uint32_t leave) {
    struct cell *cell = cell_at(atomic_load(&arena_self.slot->cell) - 1), *apc;
    uint32_t chain, next, first = 0, left = ARENA_MAX_CELLS;

    if (!cell)
        return 0;
    cell_lock(cell);
    chain = atomic_load(&cell->thread.apcs[kind]);
    if (chain != CLOSED)
        atomic_store(&cell->thread.apcs[kind], leave);
    if (chain != CLOSED && chain)
        atomic_fetch_or(&arena_self.slot->apcs, (1u | 1u << APC_KINDS) << kind);
    else
        atomic_fetch_and(&arena_self.slot->apcs, ~((1u | 1u << APC_KINDS) << kind));
    cell_unlock(cell);
    for (; (apc = apc_at(chain)) && left--; chain = next) {
        next = atomic_load(&apc->apc.next);
        atomic_store(&apc->apc.next, first);
        first = chain;
    }
    return first;
}

/* Unlinks an APC by one store.  Return: it, or NULL. */
static struct cell *chain_remove(_Atomic uint32_t *place, const struct apc_call *call) {
    uint32_t left = ARENA_MAX_CELLS;
    struct cell *apc;

    for (; (apc = apc_at(atomic_load(place))) && left--; place = &apc->apc.next) {
        if (apc->apc.function != call->function || apc->apc.argument[0] != call->argument[0] ||
            apc->apc.flags != call->flags)
            continue;
        atomic_store(place, atomic_load(&apc->apc.next));
        return apc;
    }
    return NULL;
}

/* Of those that the calling thread has taken to itself. */
static struct cell *taken_remove(const struct wait_object *thread, const struct apc_call *call) {
    struct cell *apc;

    if (thread->cell + 1 != atomic_load(&arena_self.slot->cell))
        return NULL;
    apc = chain_remove(&taken[call->kind], call);
    if (apc && !taken[call->kind])
        taken[call->kind] = apc_collect(call->kind, 0);
    return apc;
}

bool apc_withdraw(const struct wait_object *thread, const struct apc_call *call) {
    struct cell *cell = cell_at(thread->cell), *apc = taken_remove(thread, call);
    struct thread_slot *slot;

    if (!apc) {
        cell_lock(cell);
        slot = target_slot(cell, thread->state);
        apc = slot ? chain_remove(&cell->thread.apcs[call->kind], call) : NULL;
        STEP("apc_withdraw: out of the queue");
        if (apc && !atomic_load(&cell->thread.apcs[call->kind]) &&
            !(atomic_load(&slot->apcs) & 1u << (APC_KINDS + call->kind)))
            atomic_fetch_and(&slot->apcs, ~(1u << call->kind));
        cell_unlock(cell);
    }
    if (apc)
        cell_free(cell_index(apc));
    return apc;
}

bool apc_take(enum apc_kind kind, struct apc_call *call) {
    struct cell *apc = apc_at(taken[kind] ? taken[kind] : (taken[kind] = apc_collect(kind, 0)));

    if (!apc)
        return false;
    *call = (struct apc_call){.function = apc->apc.function,
        .argument = {apc->apc.argument[0], apc->apc.argument[1], apc->apc.argument[2]},
        .flags = apc->apc.flags,
        .kind = kind};
    taken[kind] = atomic_load(&apc->apc.next);
    cell_free(cell_index(apc));
    if (!taken[kind]) /* the routine may not come back: what a wait looks at must be right before it is called */
        taken[kind] = apc_collect(kind, 0);
    return true;
}

static void apcs_free(uint32_t chain) {
    struct cell *apc;

    while ((apc = apc_at(chain))) {
        chain = atomic_load(&apc->apc.next);
        cell_free(cell_index(apc));
    }
}

void apc_close(void) {
    for (enum apc_kind kind = APC_REGULAR; kind < APC_KINDS; kind++) {
        apcs_free(taken[kind]);
        taken[kind] = 0;
        apcs_free(apc_collect(kind, CLOSED));
    }
}
