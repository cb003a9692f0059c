/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Waitable timers whose setter has died while others still hold them.  What they are stands in their cells; here is a
 * list of those that are still to come.  One with an APC ends with the thread that it is for.
 */
#include "server/server.h"

#include "libs/arena/object.h"
#include "libs/arena/wait.h"

#include <stdlib.h>

static struct orphan {
    struct orphan *next;
    uint32_t cell, setting;
    uint64_t state; /* of the cell: another one means that the timer is gone */
} * orphans;

static bool setter_is_dead(uint32_t setter) {
    const uint32_t slot = PROCESS_ID_SLOT(setter);
    const uint32_t state = slot < ARENA_MAX_PROCESSES ? atomic_load(&winipc_arena->process[slot].state) : 0;

    return SLOT_GENERATION(state) != setter >> 16 ||
           (SLOT_LIFE(state) != SLOT_RUNNING && SLOT_LIFE(state) != SLOT_STARTING);
}

/* Whether a timer is still what it was when it came to us. */
static bool orphan_holds(const struct orphan *orphan) {
    const struct cell *cell = cell_at(orphan->cell);

    return cell && atomic_load(&cell->state) == orphan->state && atomic_load(&cell->timer.setting) == orphan->setting &&
           atomic_load(&cell->timer.due_ns);
}

static bool is_listed(uint32_t cell) {
    for (const struct orphan *orphan = orphans; orphan; orphan = orphan->next) {
        if (orphan->cell == cell && orphan_holds(orphan))
            return true;
    }
    return false;
}

static void timer_take(uint32_t index, struct cell *cell) {
    struct orphan *orphan;

    if (atomic_load(&cell->timer.has_apc)) {
        atomic_store(&cell->timer.due_ns, 0);
        return;
    }
    orphan = is_listed(index) ? NULL : malloc(sizeof *orphan);
    if (!orphan)
        return;
    *orphan = (struct orphan){orphans, index, atomic_load(&cell->timer.setting), atomic_load(&cell->state)};
    orphans = orphan;
}

/* @slot: whose timers; ARENA_MAX_PROCESSES: those of all that are dead. */
static void timers_look(uint32_t slot) {
    const uint32_t n = arena_count(&winipc_arena->header.n_cells, ARENA_MAX_CELLS);

    for (uint32_t i = 0; i < n; i++) {
        struct cell *cell = &winipc_arena->cell[i];
        const uint32_t setter = cell_type(cell) == CELL_TIMER ? atomic_load(&cell->timer.setter) : 0;

        if (!setter || !atomic_load(&cell->timer.due_ns) || STATE_LIFE(atomic_load(&cell->state)) != LIFE_LIVE)
            continue;
        if (slot == ARENA_MAX_PROCESSES
                ? setter_is_dead(setter)
                : setter == PROCESS_ID(slot, SLOT_GENERATION(atomic_load(&winipc_arena->process[slot].state))))
            timer_take(i, cell);
    }
}

void timers_adopt(uint32_t slot) {
    timers_look(slot);
}

void timers_collect(void) {
    timers_look(ARENA_MAX_PROCESSES);
}

int timers_ms(void) {
    uint64_t first = UINT64_MAX;
    const uint64_t now = clock_ns();

    for (const struct orphan *orphan = orphans; orphan; orphan = orphan->next) {
        const uint64_t due = orphan_holds(orphan) ? atomic_load(&cell_at(orphan->cell)->timer.due_ns) : 0;

        if (due < first) /* what does not hold any more is dropped in the next turn */
            first = due;
    }
    if (first == UINT64_MAX)
        return -1;
    if (first <= now)
        return 0;
    return (first - now) / 1000000 >= INT32_MAX ? INT32_MAX : (int)((first - now + 999999) / 1000000);
}

/* A timer is due.  Return: whether it comes again, or could not be signalled yet. */
static bool timer_fire(struct cell *cell) {
    const uint64_t due = atomic_load(&cell->timer.due_ns),
                   period_ns = (uint64_t)atomic_load(&cell->timer.period_ms) * 1000000;

    if (due > clock_ns())
        return true;
    if (object_signal(cell) < 0) {
        server_later(); /* somebody holds its lock */
        return true;
    }
    /* what was missed meanwhile is not made up for: a timer has no count */
    atomic_store(&cell->timer.due_ns, period_ns ? due + ((clock_ns() - due) / period_ns + 1) * period_ns : 0);
    return period_ns;
}

void timers_turn(void) {
    for (struct orphan **place = &orphans; *place;) {
        struct orphan *orphan = *place;

        if (orphan_holds(orphan) && timer_fire(cell_at(orphan->cell))) {
            place = &orphan->next;
            continue;
        }
        *place = orphan->next;
        free(orphan);
    }
}
