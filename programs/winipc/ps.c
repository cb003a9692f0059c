/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * winipc ps: the programs of the session, their threads, what each of these waits for and who can end that wait: the
 * owner of a mutant, the other end of a pipe, the others that hold a handle.  Threads that wait for each other's
 * mutants or ends in a ring are named at the end.
 */
#include "programs/winipc/look.h"

#include "libs/arena/pipe_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NO_THREAD = ARENA_MAX_THREADS, OTHERS_SHOWN = 4 };

static uint32_t thread_count(void) {
    return arena_count(&winipc_arena->header.n_threads, ARENA_MAX_THREADS);
}

/* A thread of a program, and neither a free slot nor a helper of ours. */
static bool is_thread(uint32_t index, uint32_t process) {
    const struct thread_slot *slot = &winipc_arena->thread[index];
    const uint32_t state = atomic_load(&slot->state);
    const enum slot_life life = SLOT_LIFE(state);

    return (life == SLOT_STARTING || life == SLOT_RUNNING) && SLOT_OWNER(state) == process &&
           atomic_load(&slot->cell) && atomic_load(&slot->tid);
}

/* The cell that block @b of a waiting thread stands for, or NO_CELL. */
static uint32_t waited_cell(const struct thread_slot *slot, uint32_t b) {
    return atomic_load(&slot->block[b].cell) - 1;
}

static bool is_waiting(const struct thread_slot *slot) {
    const uint32_t wait = (uint32_t)atomic_load(&slot->wait);

    return !(wait & WAIT_ENDED) && wait & (WAIT_AWAKE | WAIT_ASLEEP);
}

static uint32_t block_count(const struct thread_slot *slot) {
    return arena_count(&slot->n_blocks, WAIT_BLOCKS);
}

/* ---- who can end a wait ---- */

/* The thread that owns a mutant, or that is one. */
static uint32_t thread_in_the_way(uint32_t index) {
    const struct cell *cell = cell_at(index);
    const uint64_t word = cell ? atomic_load(&cell->word) : 0;
    uint32_t slot = NO_THREAD;

    if (!cell)
        return NO_THREAD;
    if (cell_type(cell) == CELL_MUTANT && WORD_OWNER(word))
        slot = THREAD_ID_SLOT(WORD_OWNER(word));
    else if (cell_type(cell) == CELL_THREAD && !(word & WORD_SIGNALED))
        slot = cell->thread.slot;
    return slot < thread_count() ? slot : NO_THREAD;
}

static void others_print(uint32_t cell, uint32_t self) {
    const uint32_t n = arena_count(&winipc_arena->header.n_processes, ARENA_MAX_PROCESSES);
    uint32_t found = 0;

    for (uint32_t slot = 0; slot < n; slot++) {
        const uint32_t pid = slot == self ? 0 : look_process(slot);
        uint64_t handle = 0, entry;
        char program[64];
        bool holds = false;

        for (; pid && !holds && look_next_handle(slot, &handle, &entry); handle += 4)
            holds = ENTRY_CELL(entry) == cell;
        if (!holds || ++found > OTHERS_SHOWN)
            continue;
        look_program(pid, false, program, sizeof program);
        printf("%s%u (%s)", found == 1 ? "; also open in " : ", ", pid, program);
    }
    if (found > OTHERS_SHOWN)
        printf(" and %u more", found - OTHERS_SHOWN);
}

/* ---- waits ---- */

static const char *pipe_condition(uint32_t key) {
    if (key & (PIPE_CAN_READ(0) | PIPE_CAN_READ(1)))
        return key & PIPE_CAN_READ(0) ? "to read, as the server of " : "to read, as a client of ";
    if (key & (PIPE_CAN_WRITE(0) | PIPE_CAN_WRITE(1)))
        return key & PIPE_CAN_WRITE(0) ? "to write, as the server of " : "to write, as a client of ";
    if (key & PIPE_HAS_CLIENT)
        return "for a client of ";
    if (key & PIPE_HAS_LISTENER)
        return "for a free instance of ";
    return "for the other end to read all of ";
}

static void waited_print(const struct thread_slot *slot, uint32_t b, uint32_t process) {
    const uint32_t index = waited_cell(slot, b);
    const struct cell *cell = cell_at(index);
    const enum cell_type type = cell ? cell_type(cell) : CELL_FREE;
    char object[LOOK_TEXT], state[LOOK_TEXT];

    look_object(index, object);
    look_state(index, state);
    fputs(type == CELL_PIPE_INSTANCE || type == CELL_PIPE ? pipe_condition(atomic_load(&slot->block[b].key))
          : type == CELL_MAILSLOT                         ? "for a message in "
                                                          : "for ",
        stdout);
    printf(*state ? "%s (%s)" : "%s", object, state);
    if (type == CELL_EVENT || type == CELL_SEMAPHORE || type == CELL_TIMER)
        others_print(index, process);
    putchar('\n');
}

static void waits_print(const struct thread_slot *slot, uint32_t process) {
    const uint32_t n = block_count(slot);
    const char *alertable = (uint32_t)atomic_load(&slot->wait) & WAIT_ALERTABLE ? ", alertably" : "";

    if (!n) {
        printf("sleeps%s\n", alertable);
        return;
    }
    if (n == 1) {
        printf("waits%s ", alertable);
        waited_print(slot, 0, process);
        return;
    }
    printf("waits%s for %s of %u:\n", alertable, atomic_load(&slot->flags) & THREAD_WAIT_ALL ? "all" : "any", n);
    for (uint32_t b = 0; b < n; b++) {
        fputs("                  ", stdout);
        waited_print(slot, b, process);
    }
}

/* What the kernel says of a thread that does not wait here: 'R' for running, 'S' for sleeping… */
static char thread_kernel_state(uint32_t pid, uint32_t tid) {
    char path[64], line[512];
    const char *end = NULL;
    FILE *file;

    snprintf(path, sizeof path, "/proc/%u/task/%u/stat", pid, tid);
    file = fopen(path, "re");
    if (file && fgets(line, sizeof line, file))
        end = strrchr(line, ')');
    if (file)
        fclose(file);
    return end && end[1] == ' ' ? end[2] : '?';
}

static void thread_print(uint32_t index, uint32_t process, uint32_t pid) {
    const struct thread_slot *slot = &winipc_arena->thread[index];
    const uint32_t tid = atomic_load(&slot->tid), suspended = atomic_load(&slot->suspend) & SUSPEND_COUNT;

    printf("%16u  ", tid);
    if (suspended)
        printf("suspended, count %u; ", suspended);
    if (is_waiting(slot)) {
        waits_print(slot, process);
        return;
    }
    switch (thread_kernel_state(pid, tid)) {
    case 'R': puts("runs"); break;
    case 'T':
    case 't': puts("stopped by a signal or a debugger"); break;
    case '?': puts("has ended"); break;
    default: puts("sleeps in a lock of its own process or in a Linux call");
    }
}

static void process_print(uint32_t slot, uint32_t pid) {
    uint32_t threads = 0, handles = 0;
    uint64_t handle = 0, entry;
    char program[LOOK_TEXT];

    look_program(pid, true, program, sizeof program);
    for (; look_next_handle(slot, &handle, &entry); handle += 4)
        handles++;
    for (uint32_t i = 0; i < thread_count(); i++)
        threads += is_thread(i, slot);
    printf("%8u  %s  (threads: %u, handles: %u)\n", pid, program, threads, handles);
    for (uint32_t i = 0; i < thread_count(); i++) {
        if (is_thread(i, slot))
            thread_print(i, slot, pid);
    }
}

/* ---- rings ---- */

/* The thread for which thread @index waits and without which it cannot go on.  Return: NO_THREAD if there is no single
 * one. */
static uint32_t thread_waits_for(uint32_t index) {
    const struct thread_slot *slot = &winipc_arena->thread[index];
    const uint32_t n = block_count(slot);

    if (!is_waiting(slot) || (n != 1 && !(atomic_load(&slot->flags) & THREAD_WAIT_ALL)))
        return NO_THREAD;
    for (uint32_t b = 0; b < n; b++) {
        const uint32_t other = thread_in_the_way(waited_cell(slot, b));

        if (other != NO_THREAD && other != index)
            return other;
    }
    return NO_THREAD;
}

static void ring_print(uint32_t first) {
    uint32_t index = first;

    fputs("deadlock: ", stdout);
    do {
        const uint32_t pid = look_process(SLOT_OWNER(atomic_load(&winipc_arena->thread[index].state)));
        char program[64];

        look_program(pid, false, program, sizeof program);
        printf("thread %u of %u (%s) waits for ", atomic_load(&winipc_arena->thread[index].tid), pid, program);
        index = thread_waits_for(index);
    } while (index != first && index != NO_THREAD);
    printf("thread %u\n", atomic_load(&winipc_arena->thread[first].tid));
}

/* Follows the waits from each thread; a ring is told once, by its thread with the lowest slot. */
static void rings_print(void) {
    for (uint32_t first = 0; first < thread_count(); first++) {
        uint32_t at = thread_waits_for(first), steps = 0;

        while (at != NO_THREAD && at > first && ++steps < ARENA_MAX_THREADS)
            at = thread_waits_for(at);
        if (at == first)
            ring_print(first);
    }
}

int ps_main(int argc, char **argv) {
    uint32_t n, server;

    (void)argv;
    if (argc != 1)
        return look_usage("ps");
    if (!look_open())
        return LOOK_NO_SESSION;
    n = arena_count(&winipc_arena->header.n_processes, ARENA_MAX_PROCESSES);
    server = atomic_load(&winipc_arena->header.server_pid);
    puts("     PID    THREAD");
    for (uint32_t slot = 0; slot < n; slot++) {
        const uint32_t pid = look_process(slot);

        if (pid)
            process_print(slot, pid);
    }
    printf("%8u  winipcd, the session's server\n", server);
    rings_print();
    return 0;
}
