/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* All threads of a process are suspended or resumed, one after the other. */
#include <windows.h>
#include <winternl.h>
#include <ntstatus.h>

#include "dlls/ntdll/object.h"
#include "dlls/ntdll/remote.h"
#include "dlls/ntdll/thread.h"

/* The calling thread would not come to the others: it is the last. */
static NTSTATUS threads_change(uint32_t process, NTSTATUS(WINAPI *change)(HANDLE thread, ULONG *previous)) {
    const uint32_t n = arena_count(&winipc_arena->header.n_threads, ARENA_MAX_THREADS);
    NTSTATUS status = STATUS_SUCCESS;

    for (uint32_t i = 0; i < n && !status; i++) {
        const struct thread_slot *slot = &winipc_arena->thread[i];
        const uint32_t state = atomic_load(&slot->state), cell = atomic_load(&slot->cell);
        HANDLE thread;

        if (SLOT_LIFE(state) == SLOT_FREE || SLOT_OWNER(state) != process || !cell || slot == arena_self.slot)
            continue;
        if (object_share(cell - 1, THREAD_SUSPEND_RESUME, NULL, &thread))
            continue; /* it ends meanwhile */
        status = change(thread, NULL);
        NtClose(thread);
        if (status == STATUS_THREAD_IS_TERMINATING)
            status = STATUS_SUCCESS;
    }
    return status || process != arena_process ? status : change(NtCurrentThread(), NULL);
}

/**
 * NtSuspendProcess() - suspends each thread of a process.
 * @handle: with PROCESS_SUSPEND_RESUME.
 * Return: STATUS_SUCCESS, STATUS_INVALID_HANDLE, STATUS_ACCESS_DENIED, STATUS_OBJECT_TYPE_MISMATCH, STATUS_PROCESS_IS_TERMINATING,
 * STATUS_SUSPEND_COUNT_EXCEEDED (of one of its threads; those before it are suspended).
 */
NTSTATUS WINAPI NtSuspendProcess(HANDLE handle) {
    uint32_t process;
    const NTSTATUS status = process_slot_of(handle, PROCESS_SUSPEND_RESUME, &process);

    return status ? status : threads_change(process, NtSuspendThread);
}

/** NtResumeProcess() - resumes each thread of a process.  Return: as NtSuspendProcess(). */
NTSTATUS WINAPI NtResumeProcess(HANDLE handle) {
    uint32_t process;
    const NTSTATUS status = process_slot_of(handle, PROCESS_SUSPEND_RESUME, &process);

    return status ? status : threads_change(process, NtResumeThread);
}
