/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * After a death: what the dead process held goes back, step by step, each of which can be done again.  The server calls
 * it for processes that were killed, an exiting process for itself.
 */
#include "libs/arena/arena.h"
#include "libs/arena/fcb.h"
#include "libs/arena/job.h"
#include "libs/arena/lock.h"
#include "libs/arena/object.h"
#include "libs/arena/pipe_state.h"
#include "libs/arena/port.h"
#include "libs/arena/step.h"
#include "libs/arena/wait.h"

#include <errno.h>
#include <linux/futex.h>
#include <time.h>

static uint64_t filetime_now(void) {
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return 116444736000000000ull + (uint64_t)now.tv_sec * 10000000 + (uint64_t)now.tv_nsec / 100;
}

/*
 * What an arena full of garbage asks of the server may be more than it should do at one go: then it serves others and comes back later.
 * Looked at only after steps that are done for good, so that each go gets further.
 */
#define SWEEP_NS 20000000ull

static uint64_t sweep_until_ns;

static void sweep_begin(void) {
    sweep_until_ns = clock_ns() + SWEEP_NS;
}

static bool sweep_is_tired(void) {
    return arena_is_server && clock_ns() > sweep_until_ns;
}

/* ---- counting anew ---- */

static bool process_is_there(uint32_t process) {
    return process < ARENA_MAX_PROCESSES && SLOT_LIFE(atomic_load(&winipc_arena->process[process].state)) != SLOT_FREE;
}

/* By pages, not by processes' directories, several of which might name one page if they are garbage. */
uint32_t cell_handles(uint32_t index) {
    const uint32_t n_pages = arena_count(&winipc_arena->header.n_pages, ARENA_MAX_PAGES);
    uint32_t count = 0;

    for (uint32_t page = 0; page < n_pages; page++) {
        if (!process_is_there(atomic_load(&winipc_arena->page_owner[page]) - 1))
            continue;
        for (uint32_t i = 0; i < ENTRIES_PER_PAGE; i++) {
            const uint64_t entry = atomic_load_explicit(&winipc_arena->page[page].entry[i], memory_order_relaxed);

            count += ENTRY_IN_USE(entry) && ENTRY_CELL(entry) == index;
        }
    }
    return count;
}

/* References that cells hold on cells. */
static uint32_t count_inner(uint32_t index) {
    const uint32_t n = arena_count(&winipc_arena->header.n_cells, ARENA_MAX_CELLS);
    uint32_t count = 0;

    for (uint32_t i = 0; i < n; i++) {
        const struct cell *cell = &winipc_arena->cell[i];

        if (cell_type(cell) == CELL_FILE)
            count += cell->file.instance == index + 1;
        else if (cell_type(cell) == CELL_PIPE_INSTANCE)
            count += (cell->instance.pipe == index + 1) + (atomic_load(&cell->instance.token) == index + 1);
        else if (cell_type(cell) == CELL_JOB)
            count += atomic_load(&cell->job.parent) == index + 1;
    }
    return count;
}

static bool process_is_dead(uint32_t process) {
    return process < ARENA_MAX_PROCESSES && SLOT_LIFE(atomic_load(&winipc_arena->process[process].state)) == SLOT_DEAD;
}

/* All records that refer to cell @index.  Return: their number, or -EAGAIN while a living thread is about to change it.
 */
static int64_t count_references(uint32_t index, uint32_t dead) {
    int64_t count = count_inner(index) + !!(winipc_arena->cell[index].flags & CELL_PERMANENT);

    for (uint32_t t = 0; t < arena_count(&winipc_arena->header.n_threads, ARENA_MAX_THREADS); t++) {
        const struct thread_slot *slot = &winipc_arena->thread[t];
        const uint32_t state = atomic_load(&slot->state);

        if (SLOT_LIFE(state) == SLOT_FREE)
            continue;
        if (atomic_load(&slot->intent) == index + 1 && SLOT_OWNER(state) != dead && !process_is_dead(SLOT_OWNER(state)))
            return -EAGAIN;
        count += (atomic_load(&slot->cell) == index + 1) + (atomic_load(&slot->token) == index + 1);
    }
    for (uint32_t p = 0; p < arena_count(&winipc_arena->header.n_processes, ARENA_MAX_PROCESSES); p++) {
        if (process_is_there(p))
            count += (atomic_load(&winipc_arena->process[p].cell) == index + 1) +
                     (atomic_load(&winipc_arena->process[p].token) == index + 1) +
                     (atomic_load(&winipc_arena->process[p].job) == index + 1);
    }
    return count + cell_handles(index);
}

/* Mends the count of a cell that a thread of @dead was about to change.  Return: 0 or -EAGAIN. */
static int cell_recount(uint32_t index, uint32_t dead) {
    struct cell *cell = cell_at(index);
    uint64_t before = cell ? atomic_load(&cell->refs) : 0;
    int64_t count;

    if (!cell || STATE_LIFE(atomic_load(&cell->state)) != LIFE_LIVE)
        return 0;
    count = count_references(index, dead);
    if (count < 0)
        return -EAGAIN;
    /* one more for ourselves, given up at once: the last reference destroys */
    if (!atomic_compare_exchange_strong(
            &cell->refs, &before, (before & ~0xffffffffull) + (1ull << 32) + (uint64_t)count + 1))
        return -EAGAIN;
    cell_unref(index);
    return 0;
}

/* ---- the steps ---- */

static int sweep_handles(uint32_t process) {
    struct process_slot *slot = &winipc_arena->process[process];
    const uint32_t n_pages = arena_count(&slot->n_pages, DIRECTORY_PAGES);

    for (uint64_t i = 1; i < (uint64_t)n_pages * ENTRIES_PER_PAGE; i++) {
        _Atomic uint64_t *place = handle_entry(process, i << 2);
        const uint64_t entry = place ? atomic_load(place) : 0;

        if (!entry)
            continue;
        if (ENTRY_IN_USE(entry))
            intent_begin(ENTRY_CELL(entry));
        atomic_store(place, 0);
        STEP("sweep_handles");
        if (ENTRY_IN_USE(entry))
            cell_unref(ENTRY_CELL(entry));
        intent_end();
        if (sweep_is_tired())
            return -EAGAIN;
    }
    return 0;
}

static int sweep_waits(struct thread_slot *slot) {
    const uint32_t index = (uint32_t)(slot - winipc_arena->thread);

    for (uint32_t b = 0; b < WAIT_BLOCKS; b++) {
        if (atomic_load(&slot->block[b].cell) && wait_block_leave(index * WAIT_BLOCKS + b))
            return -EAGAIN;
    }
    return 0;
}

static int sweep_mutants(uint32_t id) {
    const uint32_t n = arena_count(&winipc_arena->header.n_cells, ARENA_MAX_CELLS);

    for (uint32_t i = 0; i < n; i++) {
        struct cell *cell = &winipc_arena->cell[i];
        const uint64_t word = atomic_load_explicit(&cell->word, memory_order_relaxed);

        if (WORD_TYPE(word) == CELL_MUTANT && WORD_OWNER(word) == id && mutant_abandon(cell, id))
            return -EAGAIN;
    }
    return 0;
}

int thread_sweep(uint32_t index, uint32_t exit_code) {
    struct thread_slot *slot = &winipc_arena->thread[index];
    const uint32_t cell = atomic_load(&slot->cell) - 1, intent = atomic_load(&slot->intent);
    const uint32_t state = atomic_load(&slot->state), id = THREAD_ID(index, SLOT_GENERATION(state));
    struct cell *object = cell_at(cell);

    if (sweep_waits(slot) || port_thread_gone(slot))
        return -EAGAIN;
    if ((slot != arena_self.slot || !mutants_are_known()) && sweep_mutants(id)) /* a look at every cell */
        return -EAGAIN;
    if (slot != arena_self.slot && intent && cell_recount(intent - 1, SLOT_OWNER(state)))
        return -EAGAIN;
    record_drop(&slot->token);
    if (object) {
        if (!atomic_load(&object->thread.exited_100ns)) {
            atomic_store(&object->thread.exit_code, exit_code);
            atomic_store(&object->thread.exited_100ns, filetime_now());
        }
        if (object_signal(object) < 0)
            return -EAGAIN;
        intent_begin(cell);
        atomic_store(&slot->cell, 0);
        STEP("thread_sweep: object");
        cell_unref(cell);
        intent_end();
    }
    thread_slot_release(index);
    return 0;
}

static int sweep_threads(uint32_t process, uint32_t exit_code) {
    for (uint32_t t = 0; t < arena_count(&winipc_arena->header.n_threads, ARENA_MAX_THREADS); t++) {
        struct thread_slot *slot = &winipc_arena->thread[t];
        const uint32_t state = atomic_load(&slot->state);

        if (SLOT_LIFE(state) == SLOT_FREE || SLOT_OWNER(state) != process)
            continue;
        if (slot != arena_self.slot && (thread_sweep(t, exit_code) || sweep_is_tired()))
            return -EAGAIN;
    }
    return 0;
}

/* Locks that the dead process held: whoever takes one finishes what it began, and somebody must, for others may sleep
 * meanwhile. */
static int sweep_locks(uint32_t process) {
    const uint32_t n = arena_count(&winipc_arena->header.n_cells, ARENA_MAX_CELLS);

    for (uint32_t i = 0; i < n; i++) {
        struct cell *cell = &winipc_arena->cell[i];

        lock_sweep(&cell->lock, process);
        if (!(atomic_load_explicit(&cell->lock, memory_order_relaxed) & FUTEX_OWNER_DIED))
            continue;
        if (!cell_lock(cell))
            return -EAGAIN;
        cell_unlock(cell);
        if (sweep_is_tired())
            return -EAGAIN;
    }
    return fcb_sweep();
}

/* A packet that the dead process was posting or taking.  Whoever gave it out to the dead one may die as well, before it
 * has left the queue: then the port's next owner keeps it there, which is all that decides. */
static int sweep_packet(uint32_t index, uint64_t state) {
    struct cell *cell = &winipc_arena->cell[index], *port = cell_at(cell->packet.port - 1);

    if (!port || cell_type(port) != CELL_COMPLETION) {
        cell_free(index);
        return 0;
    }
    if (!cell_lock(port))
        return -EAGAIN;
    if (atomic_load(&cell->state) == state)
        cell_free(index);
    cell_unlock(port);
    return 0;
}

static int sweep_cell(uint32_t index, uint64_t state) {
    if (STATE_TYPE(state) == CELL_PACKET)
        return sweep_packet(index, state);
    if (STATE_LIFE(state) != LIFE_MAKING)
        return WORD_TYPE(atomic_load(&winipc_arena->cell[index].word)) == CELL_FREE ? object_destroy_finish(index)
                                                                                    : object_destroy(index);
    if (STATE_TYPE(state) == CELL_FILE && (winipc_arena->cell[index].file.instance || winipc_arena->cell[index].file.fcb))
        return object_destroy_finish(index); /* a pipe's end that was connected already, a file that was open */
    cell_free(index);
    return 0;
}

/* Cells that the dead process was making or ending. */
static int sweep_cells(uint32_t process) {
    const uint32_t n = arena_count(&winipc_arena->header.n_cells, ARENA_MAX_CELLS);

    for (uint32_t i = 0; i < n; i++) {
        const uint64_t state = atomic_load(&winipc_arena->cell[i].state);

        if (STATE_OWNER(state) != process || STATE_LIFE(state) == LIFE_LIVE || STATE_LIFE(state) == LIFE_FREE)
            continue;
        if (sweep_cell(i, state) || sweep_is_tired())
            return -EAGAIN;
    }
    return 0;
}

static int sweep_object(struct process_slot *slot, uint32_t exit_code) {
    const uint32_t cell = atomic_load(&slot->cell) - 1;
    struct cell *object = cell_at(cell);

    record_drop(&slot->token);
    if (!object)
        return 0;
    if (!atomic_load(&object->process.exited_100ns)) { /* else the process itself has said it */
        atomic_store(&object->process.exit_code, exit_code);
        atomic_store(&object->process.exited_100ns, filetime_now());
    }
    STEP("sweep_object");
    if (object_signal(object) < 0)
        return -EAGAIN;
    intent_begin(cell);
    atomic_store(&slot->cell, 0);
    cell_unref(cell);
    intent_end();
    return 0;
}

static void sweep_pages(uint32_t process) {
    struct process_slot *slot = &winipc_arena->process[process];

    for (uint32_t p = 0; p < DIRECTORY_PAGES; p++)
        atomic_store(&slot->directory[p], 0);
    atomic_store(&slot->n_pages, 0);
    for (uint32_t p = 0; p < arena_count(&winipc_arena->header.n_pages, ARENA_MAX_PAGES); p++) {
        if (atomic_load(&winipc_arena->page_owner[p]) == process + 1)
            atomic_store(&winipc_arena->page_owner[p], 0);
    }
}

int process_sweep(uint32_t process, uint32_t exit_code) {
    struct process_slot *slot = &winipc_arena->process[process];
    const uint32_t state = atomic_load(&slot->state);

    if (SLOT_LIFE(state) == SLOT_FREE)
        return 0;
    sweep_begin();
    if (process != arena_process)
        atomic_store(&slot->state, SLOT_MOVED(state, SLOT_DEAD));
    /* mutants before handles: abandoned, not destroyed; the process's own object last: who waits for it finds all else
     * done */
    if (process != arena_process && sweep_locks(process))
        return -EAGAIN;
    if (file_locks_drop(NO_CELL, process)) /* before the slot is another process's; those of its own files go with them */
        return -EAGAIN;
    if (sweep_threads(process, exit_code))
        return -EAGAIN;
    if (sweep_handles(process))
        return -EAGAIN;
    /* its own thread still stands on its slot, and what a killed thread has left takes a look at every cell: the
     * server's part */
    if (process == arena_process)
        return sweep_object(slot, exit_code);
    if (sweep_cells(process) || (arena_is_server && sweep_cells(arena_process)) || sweep_object(slot, exit_code))
        return -EAGAIN;
    sweep_pages(process);
    job_set(process, 0);
    atomic_store(&slot->doomed, 0);
    atomic_store(&slot->priority, 0);
    atomic_store(&slot->affinity, 0);
    atomic_store(&slot->answer.serial, 0);
    atomic_store(&slot->pid, 0);
    atomic_store(&slot->state, SLOT_MOVED(state, SLOT_FREE));
    return 0;
}

/* ---- the server's death ---- */

static bool is_making(const struct cell *cell) {
    const uint64_t state = atomic_load_explicit(&cell->state, memory_order_relaxed);

    return STATE_LIFE(state) == LIFE_MAKING && STATE_OWNER(state) == ARENA_MAX_PROCESSES;
}

/* Whether @cell is the client end to which its instance is connected already. */
static bool is_connected(const struct cell *cell) {
    const struct cell *instance = cell->file.instance ? cell_at(cell->file.instance - 1) : NULL;
    const uint32_t status = instance ? atomic_load(&instance->instance.status) : 0;

    return instance && cell_type(instance) == CELL_PIPE_INSTANCE && PIPE_STATE(status) == PIPE_CONNECTED &&
           atomic_load(&instance->instance.ends) & 2 && atomic_load(&cell->file.epoch) == PIPE_EPOCH(status) &&
           cell->file.end == 1;
}

/* A client end that was connected and not handed over yet: what its server end has seen must stay true. */
static void finish_connection(void) {
    const uint32_t process = atomic_load(&winipc_arena->header.server_client) - 1;
    const struct process_answer *answer;
    const struct cell *cell;
    _Atomic uint64_t *place;
    uint64_t busy = ENTRY_BUSY;

    if (process >= ARENA_MAX_PROCESSES || !atomic_load(&winipc_arena->process[process].answer.serial))
        return;
    answer = &winipc_arena->process[process].answer;
    cell = cell_at(ENTRY_CELL(answer->entry));
    place = handle_entry(process, (uint64_t)answer->handle << 2);
    if (cell && place && ENTRY_IN_USE(answer->entry) && is_making(cell) && cell_type(cell) == CELL_FILE &&
        is_connected(cell))
        atomic_compare_exchange_strong(place, &busy, answer->entry);
}

#define SETTLE_MAX 4 /* one request makes fewer; more are garbage, and not worth a count each */

static void settle_type(const uint32_t *cells, uint32_t n, enum cell_type type, enum cell_type last) {
    for (uint32_t i = 0; i < n; i++) {
        const struct cell *cell = &winipc_arena->cell[cells[i]];

        if (!is_making(cell) || cell_type(cell) < type || cell_type(cell) > last)
            continue;
        if (count_references(cells[i], ARENA_MAX_PROCESSES) != 0)
            cell_live(cells[i]);
        else
            cell_free(cells[i]);
    }
}

/* What the server was making is there if a handle, or something that is there, refers to it. */
static void settle_cells(void) {
    const uint32_t end = arena_count(&winipc_arena->header.n_cells, ARENA_MAX_CELLS);
    uint32_t cells[SETTLE_MAX], n = 0;

    for (uint32_t i = 0; i < end; i++) {
        if (!is_making(&winipc_arena->cell[i]))
            continue;
        if (n < SETTLE_MAX)
            cells[n++] = i;
        else
            cell_free(i);
    }
    settle_type(cells, n, CELL_FILE, CELL_FILE); /* what refers before what is referred to */
    settle_type(cells, n, CELL_PIPE_INSTANCE, CELL_PIPE_INSTANCE);
    settle_type(cells, n, CELL_FREE, CELL_TYPE_MAX);
}

/* A process that changes its job does so in two steps (job_set). */
static int recount_jobs(void) {
    static uint32_t next; /* where the last go ended */
    const uint32_t n = arena_count(&winipc_arena->header.n_cells, ARENA_MAX_CELLS);

    while (next < n) {
        const bool is_job = cell_type(&winipc_arena->cell[next]) == CELL_JOB;

        if (is_job && cell_recount(next, ARENA_MAX_PROCESSES))
            return -EAGAIN;
        next++;
        if (is_job && sweep_is_tired())
            return -EAGAIN;
    }
    return 0;
}

int server_sweep(void) {
    static uint32_t intent; /* of the dead one, until its cell is counted */

    sweep_begin();
    if (!intent)
        intent = atomic_exchange(&winipc_arena->header.server_intent, 0);
    finish_connection();
    atomic_store(&winipc_arena->header.server_client, 0);
    settle_cells();
    if (intent && cell_recount(intent - 1, ARENA_MAX_PROCESSES))
        return -EAGAIN;
    intent = 0;
    return sweep_locks(ARENA_MAX_PROCESSES) || sweep_cells(ARENA_MAX_PROCESSES) || recount_jobs() ? -EAGAIN : 0;
}
