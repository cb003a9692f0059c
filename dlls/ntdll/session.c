/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Joining and leaving the session; see session.h. */
#include "dlls/ntdll/session.h"

#include <fcntl.h>
#include <ntstatus.h>
#include <winternl.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/times.h>
#include <time.h>
#include <unistd.h>

#include "dlls/ntdll/file.h"
#include "dlls/ntdll/object.h"
#include "dlls/ntdll/thread.h"
#include "libs/arena/arena.h"
#include "libs/arena/object.h"
#include "libs/arena/port.h"
#include "libs/base/trace.h"
#include "libs/host/futex.h"
#include "libs/protocol/client.h"
#include "loader/status.h"
#include "loader/loader.h"
#include "loader/pump.h"

uint64_t session_filetime(void) {
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return 116444736000000000ull + (uint64_t)now.tv_sec * 10000000 + (uint64_t)now.tv_nsec / 100;
}

static void session_fail(const char *what, int error) {
    fprintf(stderr, "winipc: cannot join the session: %s: %s\n", what, strerror(-error));
    _exit(WINIPC_NO_SESSION);
}

static uint64_t session_before_sleep(void) {
    return arena_self.slot ? port_pause() : 0;
}

static void session_attach(const struct session_ticket *ticket) {
    int error;

    object_gone = server_cell_gone;
    futex_before_sleep = session_before_sleep; /* a thread that sleeps in a critical section does not work for its port */
    futex_after_sleep = port_resume;
    wait_server_died = server_revive;
    if (!ticket || ticket->arena_fd < 0) {
        if (server_enter(ticket ? ticket->process : ARENA_MAX_PROCESSES))
            _exit(WINIPC_NO_SESSION); /* why stands on stderr */
        return;
    }
    fcntl(ticket->arena_fd, F_SETFD, FD_CLOEXEC); /* ours alone from now on */
    error = arena_attach(ticket->arena_fd);
    if (error)
        session_fail("the shared memory cannot be mapped", error);
    arena_process = ticket->process;
}

/* The process object; a parent that started us has made it already. */
static void session_make_object(void) {
    struct process_slot *slot = &winipc_arena->process[arena_process];
    uint32_t cell = atomic_load(&slot->cell);

    if (!cell) {
        cell = cell_make(CELL_PROCESS);
        if (cell == NO_CELL)
            session_fail("the arena is full", -12);
        process_object_init(cell, arena_process);
        atomic_store(&slot->cell, cell + 1);
        cell_live(cell++);
    }
    atomic_store(&cell_at(cell - 1)->process.pid, (uint32_t)getpid());
    process_slot_set_pid(arena_process, (uint32_t)getpid());
    atomic_store(&slot->state, SLOT_MOVED(atomic_load(&slot->state), SLOT_RUNNING));
}

void process_object_init(uint32_t index, uint32_t slot) {
    struct cell *cell = cell_at(index);

    atomic_store(&cell->word, WORD_OF(CELL_PROCESS) | WORD_MANUAL);
    cell->process.slot = slot;
    cell->process.ppid = (uint32_t)getppid();
    atomic_store(&cell->process.exit_code, STILL_ACTIVE);
    atomic_store(&cell->process.created_100ns, session_filetime());
}

uint32_t session_enter(const struct session_ticket *ticket) {
    uint32_t helper, main_thread;

    session_attach(ticket);
    helper = thread_slot_claim(arena_process);
    if (arena_process == ARENA_MAX_PROCESSES || helper == ARENA_MAX_THREADS)
        session_fail("the arena is full", -12);
    arena_thread_enter(helper);
    session_make_object();
    main_thread = ticket && ticket->thread < ARENA_MAX_THREADS ? ticket->thread : thread_object_make(arena_process);
    if (main_thread == ARENA_MAX_THREADS)
        session_fail("the arena is full", -12);
    return main_thread;
}

/* What this process has used, for those who ask after its end. */
static void session_note_times(struct cell *cell) {
    const uint64_t tick_100ns = 10000000 / (uint64_t)sysconf(_SC_CLK_TCK);
    struct tms used; /* not a struct rusage: Windows' timeval lies in that one where its header came first */

    times(&used);
    atomic_store(&cell->process.user_100ns, (uint64_t)used.tms_utime * tick_100ns);
    atomic_store(&cell->process.kernel_100ns, (uint64_t)used.tms_stime * tick_100ns);
}

/* The calling thread is over before its process is, whose exit code stands by then. */
static void session_end_thread(DWORD exit_code) {
    struct cell *thread = arena_self.slot ? cell_at(atomic_load(&arena_self.slot->cell) - 1) : NULL;

    if (!thread || atomic_load(&thread->thread.exited_100ns))
        return;
    atomic_store(&thread->thread.exit_code, exit_code);
    atomic_store(&thread->thread.exited_100ns, session_filetime());
    object_signal(thread);
}

void session_leave(DWORD exit_code) {
    struct cell *cell = cell_at(atomic_load(&winipc_arena->process[arena_process].cell) - 1);

    if (cell)
        session_note_times(cell);
    if (cell && !atomic_load(&cell->process.exited_100ns)) {
        atomic_store(&cell->process.exit_code, exit_code);
        atomic_store(&cell->process.exited_100ns, session_filetime());
    }
    /* other threads still run until _exit ends them: then the server sweeps; who waits for this one must not go on before */
    if (thread_count() <= 1 && arena_self.slot) {
        session_end_thread(exit_code);
        process_sweep(arena_process, exit_code);
    }
}

void session_announce_end(DWORD exit_code) {
    struct cell *process = cell_at(atomic_load(&winipc_arena->process[arena_process].cell) - 1);

    atomic_store(&process->process.exit_code, exit_code);
    atomic_store(&process->process.exited_100ns, session_filetime());
    session_end_thread(exit_code);
    object_signal(process);
}

void session_exit(DWORD exit_code) {
    TRACE(TRACE_PROCESS, "exit, code 0x%08x", (unsigned)exit_code);
    pumps_flush();
    file_end_locks();
    session_leave(exit_code);
    winipc_process_report_exit(exit_code);
    _exit((int)(exit_code & 0xff));
}
