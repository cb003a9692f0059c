/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How a process is born.  Its maker does all the work in the arena, without a request: it claims the child's process and thread slots,
 * makes their objects, copies the handles that are inherited, and packs the rest into a memfd, which the child finds by WINIPC_STARTUP_FD
 * (process_spawn.c).  Then it tells the server the child's pidfd, one way.  Should the parent be killed in between, the server finds
 * slots that are STARTING and belong to it.
 *
 * Children have no exit signal, so that the wait() of a native program does not see them; a reaper thread takes their remains.
 */
#include "dlls/ntdll/helper_thread.h"
#include "dlls/ntdll/process.h"

#include <ntstatus.h>

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dlls/ntdll/file.h"
#include "dlls/ntdll/object.h"
#include "dlls/ntdll/remote.h"
#include "dlls/ntdll/scheduling.h"
#include "dlls/ntdll/security.h"
#include "dlls/ntdll/session.h"
#include "dlls/ntdll/thread.h"
#include "dlls/ntdll/token.h"
#include "libs/arena/job.h"
#include "libs/base/trace.h"
#include "libs/protocol/client.h"

/* ---- reaping ---- */

static pthread_once_t reaper_once = PTHREAD_ONCE_INIT;
static _Atomic uint32_t reaper_births; /* futex: rises with each child */

static void reaper_main(void) {
    for (;;) {
        const uint32_t births = atomic_load(&reaper_births);

        while (waitpid(-1, NULL, __WCLONE) > 0 || errno == EINTR)
            ;
        syscall(SYS_futex, &reaper_births, FUTEX_WAIT_PRIVATE, births, NULL, NULL, 0);
    }
}

static void reaper_start(void) {
    helper_thread_start_outside(reaper_main);
}

static void reaper_expect(void) {
    pthread_once(&reaper_once, reaper_start);
    atomic_fetch_add(&reaper_births, 1);
    syscall(SYS_futex, &reaper_births, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

/* ---- the child's place in the arena ---- */

/* Claims the slots and makes the objects.  Return: false when the arena is full (process_abandon gives back what there is). */
static bool process_place(struct process_plan *plan) {
    const uint32_t slot = process_slot_claim();
    uint32_t cell;

    plan->startup.ticket = (struct session_ticket){.arena_fd = winipc_arena_fd, .process = slot, .thread = ARENA_MAX_THREADS};
    if (slot == ARENA_MAX_PROCESSES)
        return false;
    cell = cell_make(CELL_PROCESS);
    if (cell == NO_CELL)
        return false;
    process_object_init(cell, slot);
    cell_at(cell)->process.ppid = atomic_load(&winipc_arena->process[plan->parent_slot].pid);
    atomic_store(&winipc_arena->process[slot].cell, cell + 1);
    cell_live(cell);
    plan->startup.ticket.thread = thread_object_make(slot);
    if (plan->startup.ticket.thread == ARENA_MAX_THREADS)
        return false;
    process_schedule_child(slot, plan->parent_slot, plan->priority_class, plan->affinity);
    atomic_store(&winipc_arena->thread[plan->startup.ticket.thread].suspend, plan->suspended ? 1 : 0);
    return true;
}

/* A handle of the parent's.  Return: the whole entry, 0 if there is none. */
static uint64_t parent_handle(const struct process_plan *plan, uint64_t handle) {
    const _Atomic uint64_t *place = handle_entry(plan->parent_slot, handle);
    const uint64_t entry = place ? atomic_load(place) : 0;

    return ENTRY_IN_USE(entry) ? entry : 0;
}

static bool handle_is_listed(const struct process_plan *plan, uint64_t handle) {
    for (size_t i = 0; i < plan->n_handles; i++) {
        if ((ULONG_PTR)plan->handles[i] == handle)
            return true;
    }
    return plan->inherit && !plan->handles;
}

/* Copies one entry to the same place of the child's table. */
static bool handle_inherit(uint32_t child, uint64_t handle, uint64_t entry) {
    if (!handle_reserve_at(child, handle))
        return false;
    intent_begin(ENTRY_CELL(entry));
    if (cell_ref(ENTRY_CELL(entry)))
        handle_set(child, handle, ENTRY_CELL(entry), ENTRY_ACCESS(entry), ENTRY_FLAGS(entry));
    else
        handle_drop(child, handle);
    intent_end();
    return true;
}

/* Copies what the child inherits.  Return: false when memory ran out. */
static bool handles_inherit(const struct process_plan *plan) {
    const struct process_slot *process = &winipc_arena->process[plan->parent_slot];
    const uint64_t n = (uint64_t)atomic_load(&process->n_pages) * ENTRIES_PER_PAGE;

    for (uint64_t i = 1; i < n; i++) {
        const uint64_t entry = parent_handle(plan, i << 2);

        if (entry && ENTRY_FLAGS(entry) & HANDLE_INHERIT && handle_is_listed(plan, i << 2) &&
            !handle_inherit(plan->startup.ticket.process, i << 2, entry))
            return false;
    }
    return true;
}

/* The standard handles of a program that is not told others are its parent's. */
static void handles_std(const struct process_plan *plan) {
    for (unsigned i = 0; plan->duplicate_std && i < 3; i++) {
        const uint64_t entry = handle_get(plan->startup.std_handles[i]);
        const _Atomic uint64_t *there = handle_entry(plan->startup.ticket.process, plan->startup.std_handles[i]);

        if (entry && !(there && atomic_load(there)))
            handle_inherit(plan->startup.ticket.process, plan->startup.std_handles[i], entry);
    }
}

static bool child_has_cell(uint32_t child, uint32_t cell) {
    const uint32_t n_pages = atomic_load(&winipc_arena->process[child].n_pages);

    for (uint64_t i = 1; i < (uint64_t)n_pages * ENTRIES_PER_PAGE; i++) {
        const _Atomic uint64_t *place = handle_entry(child, i << 2);

        if (place && ENTRY_IN_USE(atomic_load(place)) && ENTRY_CELL(atomic_load(place)) == cell)
            return true;
    }
    return false;
}

/* The descriptors behind the child's file objects.  Return: false when out of memory. */
static bool files_collect(struct process_plan *plan) {
    size_t room = file_open_list(NULL, 0), n, kept = 0;
    struct file_inherited *list = malloc((room + 1) * sizeof *list);

    if (!list)
        return false;
    n = file_open_list(list, room);
    for (size_t i = 0; i < n && i < room; i++) {
        if (child_has_cell(plan->startup.ticket.process, list[i].cell))
            list[kept++] = list[i];
    }
    plan->startup.inherited = list;
    plan->startup.inherited_len = (uint32_t)(kept * sizeof *list);
    return true;
}

/* ---- jobs ---- */

/* The child joins what its parent is in, and what it is told to, before it runs.  @process: our handle to it. */
static NTSTATUS jobs_join(const struct process_plan *plan, HANDLE process) {
    const struct request_job_enter request = {
        .slot = plan->startup.ticket.process, .breakaway = plan->breakaway != 0, .parent = (ULONG_PTR)plan->parent};
    struct reply_job_enter reply;
    NTSTATUS status = job_of(plan->parent_slot) ? server_job_enter(&request, &reply) : STATUS_SUCCESS;

    for (size_t i = 0; i < plan->n_jobs && !status; i++)
        status = NtAssignProcessToJobObject(plan->jobs[i], process);
    return status;
}

/* ---- all together ---- */

/* What became of a child that did not start. */
static void process_abandon(const struct process_plan *plan) {
    if (plan->startup.ticket.process < ARENA_MAX_PROCESSES)
        process_sweep(plan->startup.ticket.process, (uint32_t)STATUS_UNSUCCESSFUL);
}

static NTSTATUS spawn_status(int error) {
    switch (error) {
    case ENOENT: return STATUS_OBJECT_NAME_NOT_FOUND;
    case EACCES:
    case EPERM: return STATUS_ACCESS_DENIED;
    case ENOEXEC:
    case ELIBBAD: return STATUS_INVALID_IMAGE_FORMAT;
    default: return STATUS_INSUFFICIENT_RESOURCES;
    }
}

static NTSTATUS process_launch(struct process_plan *plan, enum program_kind kind, struct process_result *result, uint32_t process_cell,
    uint32_t thread_cell) {
    struct request_process_created created = {.slot = plan->startup.ticket.process};
    int pidfd = -1;
    const int pid = process_spawn(plan, kind, &pidfd);

    if (pid < 0)
        return spawn_status(-pid);
    reaper_expect();
    atomic_store(&cell_at(process_cell)->process.pid, (uint32_t)pid);
    process_slot_set_pid(plan->startup.ticket.process, (uint32_t)pid);
    created.pid = (uint32_t)pid;
    created.fd = pidfd;
    server_process_created(&created);
    close(pidfd);
    result->id.UniqueProcess = ULongToHandle(4 * (ULONG)pid);
    result->id.UniqueThread = ULongToHandle(4 * thread_wait_born(thread_cell, process_cell));
    TRACE(TRACE_PROCESS, "started %s, pid %d, %zu handles listed", plan->startup.unix_image, (int)pid, plan->n_handles);
    return STATUS_SUCCESS;
}

NTSTATUS process_create(struct process_plan *plan, struct process_result *result) {
    enum program_kind kind;
    NTSTATUS status = program_inspect(plan->startup.unix_image, &kind);
    uint32_t process_cell, thread_cell;

    memset(result, 0, sizeof *result);
    if (status)
        return status;
    plan->startup.is_linux = kind == PROGRAM_LINUX;
    status = process_slot_of(plan->parent ? plan->parent : NtCurrentProcess(), PROCESS_CREATE_PROCESS, &plan->parent_slot);
    if (status)
        return status;
    for (size_t i = 0; i < plan->n_handles; i++) {
        if (!(ENTRY_FLAGS(parent_handle(plan, (ULONG_PTR)plan->handles[i])) & HANDLE_INHERIT))
            return STATUS_INVALID_PARAMETER;
    }
    if (!process_place(plan) || !handles_inherit(plan)) {
        process_abandon(plan);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    handles_std(plan);
    process_cell = atomic_load(&winipc_arena->process[plan->startup.ticket.process].cell) - 1;
    thread_cell = atomic_load(&winipc_arena->thread[plan->startup.ticket.thread].cell) - 1;
    /* our handles first: the child may be gone before we look again */
    status = object_share(process_cell, PROCESS_ALL_ACCESS, plan->process_attributes, &result->process);
    if (!status)
        status = object_share(thread_cell, THREAD_ALL_ACCESS, plan->thread_attributes, &result->thread);
    if (!status)
        status = security_keep_new(process_cell, plan->process_attributes);
    if (!status)
        status = security_keep_new(thread_cell, plan->thread_attributes);
    if (!status)
        status = token_for_child(plan->startup.ticket.process, plan->parent_slot, plan->token);
    if (!status)
        status = jobs_join(plan, result->process);
    if (!status)
        status = files_collect(plan) ? process_launch(plan, kind, result, process_cell, thread_cell) : STATUS_NO_MEMORY;
    free(plan->startup.inherited);
    plan->startup.inherited = NULL;
    if (!status)
        return STATUS_SUCCESS;
    if (result->process)
        NtClose(result->process);
    if (result->thread)
        NtClose(result->thread);
    process_abandon(plan);
    return status;
}
