/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What one process does in another (VirtualAllocEx, CreateRemoteThread, GetThreadContext …) that one does itself: who
 * asks fills a cell of the arena, which is the other's from then on, and sends a signal with its number.  Where winipc
 * runs an .exe, the initial thread takes it: it runs no code of the program, so that it answers whatever the others do,
 * stand still or wait.  Native programs have no such thread and are not asked.
 *
 * An asker that is killed leaves a cell to the other process, whose sweep frees it.
 */
#include "dlls/ntdll/remote.h"

#include <ntstatus.h>

#include <linux/futex.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "dlls/ntdll/object.h"
#include "dlls/ntdll/own_place.h"
#include "dlls/ntdll/thread.h"
#include "libs/base/trace.h"

#define LOOK_AGAIN_NS 20000000
#define LOOKS_MAX 250 /* a process that is stopped is not waited for longer */

/* ---- asking ---- */

static bool process_is_over(uint32_t process, uint32_t pid) {
    const struct process_slot *slot = &winipc_arena->process[process];
    const struct cell *cell = cell_at(atomic_load(&slot->cell) - 1);

    return !cell || atomic_load(&cell->word) & WORD_SIGNALED || atomic_load(&slot->pid) != pid;
}

/* Return: whether it is over. */
static bool call_wait(struct cell *cell, uint32_t process, uint32_t pid) {
    const struct timespec look_again = {.tv_nsec = LOOK_AGAIN_NS};
    uint32_t asked = CALL_ASKED;

    for (int looks = 0;
         looks < LOOKS_MAX && atomic_load(&cell->call.state) == CALL_ASKED && !process_is_over(process, pid); looks++)
        syscall(SYS_futex, &cell->call.state, FUTEX_WAIT, CALL_ASKED, &look_again, NULL, 0);
    return !atomic_compare_exchange_strong(&cell->call.state, &asked, CALL_LEFT);
}

/* A cell with what is asked for, which belongs to process slot @process. */
static struct cell *call_make(uint32_t process, enum remote_operation operation, const uint64_t *argument) {
    struct cell *cell = cell_at(cell_make(CELL_CALL));

    if (!cell)
        return NULL;
    cell->call.operation = operation;
    memcpy(cell->call.argument, argument, sizeof cell->call.argument);
    atomic_store(
        &cell->state, CELL_STATE(CELL_CALL, LIFE_MAKING, STATE_GENERATION(atomic_load(&cell->state)), process));
    return cell;
}

NTSTATUS remote_call(uint32_t process, enum remote_operation operation, uint64_t argument[REMOTE_ARGUMENTS]) {
    const struct process_slot *slot = &winipc_arena->process[process];
    const uint32_t pid = atomic_load(&slot->pid);
    union sigval value;
    struct cell *cell;
    NTSTATUS status;

    if (!pid || process_is_over(process, pid))
        return STATUS_PROCESS_IS_TERMINATING;
    if (atomic_load(&slot->serves) != pid)
        return STATUS_NOT_SUPPORTED;
    cell = call_make(process, operation, argument);
    if (!cell)
        return STATUS_NO_MEMORY;
    value.sival_ptr =
        (void *)(uintptr_t)((uint64_t)STATE_GENERATION(atomic_load(&cell->state)) << 32 | cell_index(cell));
    if (sigqueue((pid_t)pid, CALL_SIGNAL, value)) {
        cell_free(cell_index(cell));
        return STATUS_PROCESS_IS_TERMINATING;
    }
    if (!call_wait(cell, process, pid)) /* the cell is the other's, or its sweep's */
        return process_is_over(process, pid) ? STATUS_PROCESS_IS_TERMINATING : STATUS_UNSUCCESSFUL;
    status = (NTSTATUS)cell->call.status;
    memcpy(argument, cell->call.argument, sizeof cell->call.argument);
    cell_free(cell_index(cell));
    return status;
}

/* ---- being asked ---- */

static NTSTATUS serve_allocate(uint64_t *argument) {
    void *base = (void *)argument[0];
    SIZE_T size = argument[1];
    const NTSTATUS status =
        NtAllocateVirtualMemory(NtCurrentProcess(), &base, argument[2], &size, (ULONG)argument[3], (ULONG)argument[4]);

    argument[0] = (uintptr_t)base;
    argument[1] = size;
    return status;
}

static NTSTATUS serve_free(uint64_t *argument) {
    void *base = (void *)argument[0];
    SIZE_T size = argument[1];
    const NTSTATUS status = NtFreeVirtualMemory(NtCurrentProcess(), &base, &size, (ULONG)argument[2]);

    argument[0] = (uintptr_t)base;
    argument[1] = size;
    return status;
}

static NTSTATUS serve_protect(uint64_t *argument) {
    void *base = (void *)argument[0];
    SIZE_T size = argument[1];
    ULONG old = 0;
    const NTSTATUS status = NtProtectVirtualMemory(NtCurrentProcess(), &base, &size, (ULONG)argument[2], &old);

    argument[0] = (uintptr_t)base;
    argument[1] = size;
    argument[3] = old;
    return status;
}

static NTSTATUS serve_query(uint64_t *argument) {
    MEMORY_BASIC_INFORMATION info;
    const NTSTATUS status =
        NtQueryVirtualMemory(NtCurrentProcess(), (void *)argument[0], MemoryBasicInformation, &info, sizeof info, NULL);

    _Static_assert(sizeof info == REMOTE_ARGUMENTS * sizeof *argument, "the answer is as long as the arguments");
    if (!status)
        memcpy(argument, &info, sizeof info);
    return status;
}

static NTSTATUS serve_map(uint64_t *argument) {
    void *base = (void *)argument[1];
    const LARGE_INTEGER offset = {.QuadPart = (LONGLONG)argument[2]};
    SIZE_T size = argument[3];
    const NTSTATUS status = NtMapViewOfSection(
        (HANDLE)argument[0], NtCurrentProcess(), &base, 0, 0, &offset, &size, ViewUnmap, 0, (ULONG)argument[4]);

    argument[1] = (uintptr_t)base;
    argument[3] = size;
    return status;
}

static NTSTATUS serve_create_thread(uint64_t *argument) {
    const uint64_t start = argument[5] ? own_place_decode(argument[0]) : argument[0];
    struct thread_request request = {.argument = (void *)argument[1],
        .suspended = (uint32_t)argument[2],
        .stack_commit = argument[3],
        .stack_reserve = argument[4]};
    uint32_t slot = ARENA_MAX_THREADS;
    CLIENT_ID id = {0};
    NTSTATUS status;

    memcpy(&request.start, &start, sizeof start);
    status = thread_make(&request, &slot, &id);
    argument[0] = slot;
    argument[1] = HandleToULong(id.UniqueThread);
    return status;
}

static NTSTATUS serve(enum remote_operation operation, uint64_t *argument) {
    switch (operation) {
    case REMOTE_ALLOCATE: return serve_allocate(argument);
    case REMOTE_FREE: return serve_free(argument);
    case REMOTE_PROTECT: return serve_protect(argument);
    case REMOTE_QUERY: return serve_query(argument);
    case REMOTE_MAP: return serve_map(argument);
    case REMOTE_UNMAP: return NtUnmapViewOfSection(NtCurrentProcess(), (void *)argument[0]);
    case REMOTE_CREATE_THREAD: return serve_create_thread(argument);
    case REMOTE_GET_CONTEXT: return thread_context_serve(argument, false);
    case REMOTE_SET_CONTEXT: return thread_context_serve(argument, true);
    default: return STATUS_NOT_IMPLEMENTED;
    }
}

void remote_serve(uint64_t value) {
    struct cell *cell = cell_at((uint32_t)value);
    const uint64_t state = cell ? atomic_load(&cell->state) : 0;
    uint64_t argument[REMOTE_ARGUMENTS];
    uint32_t asked = CALL_ASKED;

    if (!cell || state != CELL_STATE(CELL_CALL, LIFE_MAKING, value >> 32, arena_process))
        return;
    memcpy(argument, cell->call.argument, sizeof argument);
    cell->call.status = (uint32_t)serve(cell->call.operation, argument);
    memcpy(cell->call.argument, argument, sizeof argument);
    TRACE(TRACE_PROCESS, "another process asked for operation %u: status 0x%08x", (unsigned)cell->call.operation,
        (unsigned)cell->call.status);
    if (atomic_compare_exchange_strong(&cell->call.state, &asked, CALL_OVER))
        syscall(SYS_futex, &cell->call.state, FUTEX_WAKE, 1, NULL, NULL, 0);
    else
        cell_free(cell_index(cell));
}

void remote_init(void) {
    atomic_store(&winipc_arena->process[arena_process].serves, (uint32_t)getpid());
}
