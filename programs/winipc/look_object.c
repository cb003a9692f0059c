/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Objects in words; see look.h. */
#include "programs/winipc/look.h"

#include "libs/arena/file_kind.h"
#include "libs/arena/mailslot.h"
#include "libs/arena/name.h"
#include "libs/arena/pipe_state.h"
#include "libs/base/utf.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static const char *const types[CELL_TYPE_MAX] = {
    [CELL_EVENT] = "Event",
    [CELL_MUTANT] = "Mutant",
    [CELL_SEMAPHORE] = "Semaphore",
    [CELL_TIMER] = "Timer",
    [CELL_PROCESS] = "Process",
    [CELL_THREAD] = "Thread",
    [CELL_FILE] = "File",
    [CELL_PIPE_INSTANCE] = "PipeInstance",
    [CELL_PIPE] = "Pipe",
    [CELL_LINK] = "SymbolicLink",
    [CELL_SECTION] = "Section",
    [CELL_KEY] = "Key",
    [CELL_TOKEN] = "Token",
    [CELL_COMPLETION] = "IoCompletion",
    [CELL_PACKET] = "Packet",
    [CELL_DIRECTORY] = "Directory",
    [CELL_KEYED_EVENT] = "KeyedEvent",
    [CELL_JOB] = "Job",
    [CELL_WAIT_PACKET] = "WaitCompletionPacket",
    [CELL_FCB] = "OpenFile",
    [CELL_FILE_LOCK] = "FileLock",
    [CELL_MAILSLOT] = "Mailslot",
};

static const char *const file_kinds[] = {
    [FILE_KIND_DISK] = "on a disk",
    [FILE_KIND_DIRECTORY] = "directory",
    [FILE_KIND_FIFO] = "Linux pipe or socket",
    [FILE_KIND_CONSOLE_IN] = "console input",
    [FILE_KIND_CONSOLE_OUT] = "console output",
    [FILE_KIND_NULL] = "character device",
    [FILE_KIND_SOCKET] = "socket",
};

size_t look_path(uint32_t cell, char to[LOOK_TEXT]) {
    uint16_t units[LOOK_TEXT / 3];
    const uint32_t n = name_path(cell, units, LOOK_TEXT / 3);
    const size_t length = n ? utf16_to_utf8(units, n < LOOK_TEXT / 3 ? n : LOOK_TEXT / 3, to, LOOK_TEXT - 1, NULL) : 0;

    to[length] = 0;
    for (char *at = to; *at; at++) {
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            *at = '?';
    }
    return length;
}

const char *look_type(uint32_t index) {
    const struct cell *cell = cell_at(index);
    const enum cell_type type = cell ? cell_type(cell) : CELL_FREE;

    return type < CELL_TYPE_MAX && types[type] ? types[type] : "Object";
}

/* ---- which ---- */

static void describe_process(uint32_t pid, char to[LOOK_TEXT]) {
    char program[64];

    look_program(pid, false, program, sizeof program);
    if (*program)
        snprintf(to, LOOK_TEXT, "%u (%s)", pid, program);
    else
        snprintf(to, LOOK_TEXT, "%u", pid);
}

static void describe_thread(const struct cell *cell, char to[LOOK_TEXT]) {
    char process[LOOK_TEXT];

    describe_process(atomic_load(&cell->thread.pid), process);
    snprintf(to, LOOK_TEXT, "%u of process %.900s", atomic_load(&cell->thread.tid), process);
}

static void describe_instance(const struct cell *cell, char to[LOOK_TEXT]) {
    const uint32_t pipe = cell->instance.pipe;

    if (!pipe || !look_path(pipe - 1, to))
        snprintf(to, LOOK_TEXT, "(no name)");
}

static void describe_file(const struct cell *cell, char to[LOOK_TEXT]) {
    const uint32_t kind = cell->file.kind;
    const struct cell *instance = cell_at(cell->file.instance - 1);
    char name[LOOK_TEXT];

    if (kind == FILE_KIND_MAILSLOT && instance && look_path(cell_index(instance), name)) {
        snprintf(to, LOOK_TEXT, "%s end of mailslot %.900s", cell->file.end ? "writer's" : "reader's", name);
    } else if (kind == FILE_KIND_PIPE_END && instance) {
        describe_instance(instance, name);
        snprintf(to, LOOK_TEXT, "%s end of pipe %.1000s", cell->file.end ? "client" : "server", name);
    } else {
        snprintf(to, LOOK_TEXT, "(%s)",
            kind < sizeof file_kinds / sizeof *file_kinds && file_kinds[kind] ? file_kinds[kind] : "no name");
    }
}

void look_object(uint32_t index, char to[LOOK_TEXT]) {
    const struct cell *cell = cell_at(index);
    char which[LOOK_TEXT] = "";

    if (!cell) {
        snprintf(to, LOOK_TEXT, "an object that is gone");
        return;
    }
    switch (cell_type(cell)) {
    case CELL_PROCESS: describe_process(atomic_load(&cell->process.pid), which); break;
    case CELL_THREAD: describe_thread(cell, which); break;
    case CELL_PIPE_INSTANCE: describe_instance(cell, which); break;
    case CELL_FILE: describe_file(cell, which); break;
    default:
        if (!look_path(index, which))
            snprintf(which, sizeof which, "(no name)");
    }
    snprintf(to, LOOK_TEXT, "%s %.1000s", look_type(index), which);
}

/* ---- how ---- */

static void state_mutant(const struct cell *cell, uint64_t word, char to[LOOK_TEXT]) {
    const uint32_t slot = THREAD_ID_SLOT(WORD_OWNER(word));
    const uint32_t n = arena_count(&winipc_arena->header.n_threads, ARENA_MAX_THREADS);
    const struct cell *thread;
    char owner[LOOK_TEXT];

    if (!WORD_OWNER(word)) {
        snprintf(to, LOOK_TEXT, "%s", word & WORD_ABANDONED ? "free, abandoned" : "free");
        return;
    }
    thread = slot < n ? cell_at(atomic_load(&winipc_arena->thread[slot].cell) - 1) : NULL;
    if (thread)
        describe_thread(thread, owner);
    else
        snprintf(owner, sizeof owner, "that is gone");
    if (atomic_load(&cell->mutant.recursion) > 1)
        snprintf(to, LOOK_TEXT, "owned by thread %.900s, taken %u times", owner, atomic_load(&cell->mutant.recursion));
    else
        snprintf(to, LOOK_TEXT, "owned by thread %.900s", owner);
}

static void state_timer(const struct cell *cell, uint64_t word, char to[LOOK_TEXT]) {
    const uint64_t due = atomic_load(&cell->timer.due_ns);
    struct timespec now;
    double left;

    clock_gettime(CLOCK_MONOTONIC, &now);
    left = due ? (double)(int64_t)(due - (uint64_t)now.tv_sec * 1000000000u - (uint64_t)now.tv_nsec) / 1e9 : 0;
    if (due)
        snprintf(to, LOOK_TEXT, "due in %.3f s%s", left > 0 ? left : 0, word & WORD_SIGNALED ? ", signalled" : "");
    else
        snprintf(to, LOOK_TEXT, "%s", word & WORD_SIGNALED ? "signalled" : "not set");
}

static void state_instance(const struct cell *cell, char to[LOOK_TEXT]) {
    static const char *const states[] = {"", "disconnected", "listening", "connected", "closing"};
    const enum pipe_state state = PIPE_STATE(atomic_load(&cell->instance.status));
    char server[LOOK_TEXT], client[LOOK_TEXT];

    describe_process(atomic_load(&cell->instance.pid[0]), server);
    describe_process(atomic_load(&cell->instance.pid[1]), client);
    if (state == PIPE_CONNECTED || state == PIPE_CLOSING)
        snprintf(to, LOOK_TEXT, "%s, server %.400s, client %.400s", states[state], server, client);
    else
        snprintf(to, LOOK_TEXT, "%s, server %.400s", state <= PIPE_CLOSING ? states[state] : "", server);
}

/* How many instances a pipe has: counted anew, for whoever looks. */
static uint32_t instances_of(uint32_t pipe) {
    const uint32_t n = arena_count(&winipc_arena->header.n_cells, ARENA_MAX_CELLS);
    uint32_t count = 0;

    for (uint32_t i = 0; i < n; i++) {
        const uint64_t state = atomic_load(&winipc_arena->cell[i].state);

        count += STATE_TYPE(state) == CELL_PIPE_INSTANCE && STATE_LIFE(state) == LIFE_LIVE &&
                 winipc_arena->cell[i].instance.pipe == pipe + 1;
    }
    return count;
}

static void state_pipe(uint32_t index, const struct cell *cell, char to[LOOK_TEXT]) {
    const uint32_t maximum = cell->pipe.maximum;

    if (maximum == UINT32_MAX)
        snprintf(to, LOOK_TEXT, "instances: %u", instances_of(index));
    else
        snprintf(to, LOOK_TEXT, "instances: %u of %u", instances_of(index), maximum);
}

static void state_mailslot(const struct cell *cell, char to[LOOK_TEXT]) {
    char reader[LOOK_TEXT];

    describe_process(cell->mailslot.pid, reader);
    if (mailslot_is_open(cell))
        snprintf(to, LOOK_TEXT, "made by %.400s", reader);
    else
        snprintf(to, LOOK_TEXT, "closed by its reader");
}

static void state_end(uint64_t word, uint32_t exit_code, char to[LOOK_TEXT]) {
    if (word & WORD_SIGNALED)
        snprintf(to, LOOK_TEXT, "ended, exit code %u", exit_code);
    else
        snprintf(to, LOOK_TEXT, "lives");
}

void look_state(uint32_t index, char to[LOOK_TEXT]) {
    const struct cell *cell = cell_at(index);
    const uint64_t word = cell ? atomic_load(&cell->word) : 0;

    *to = 0;
    if (!cell)
        return;
    switch (cell_type(cell)) {
    case CELL_EVENT:
        snprintf(to, LOOK_TEXT, "%s, %s reset", word & WORD_SIGNALED ? "signalled" : "not signalled",
            word & WORD_MANUAL ? "manual" : "auto");
        break;
    case CELL_SEMAPHORE: snprintf(to, LOOK_TEXT, "count %u of %u", WORD_COUNT(word), cell->semaphore.maximum); break;
    case CELL_MUTANT: state_mutant(cell, word, to); break;
    case CELL_TIMER: state_timer(cell, word, to); break;
    case CELL_PROCESS: state_end(word, atomic_load(&cell->process.exit_code), to); break;
    case CELL_THREAD: state_end(word, atomic_load(&cell->thread.exit_code), to); break;
    case CELL_PIPE_INSTANCE: state_instance(cell, to); break;
    case CELL_PIPE: state_pipe(index, cell, to); break;
    case CELL_MAILSLOT: state_mailslot(cell, to); break;
    case CELL_COMPLETION: snprintf(to, LOOK_TEXT, "packets: %u", atomic_load(&cell->port.depth)); break;
    case CELL_JOB: snprintf(to, LOOK_TEXT, "processes so far: %u", atomic_load(&cell->job.n_processes)); break;
    default: break;
    }
}
