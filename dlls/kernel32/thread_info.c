/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Threads' and processes' scheduling: affinity, priorities, stack guarantee (MSDN: processthreadsapi.h, winbase.h).
 *
 * Affinity is Linux's own.  A priority is kept and given back; Linux gives an ordinary user no say in it, so it has no other effect.
 */
#include <windows.h>
#include <winternl.h>
#include <ntstatus.h>

#include <errno.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dlls/kernel32/error.h"
#include "dlls/ntdll/exception.h"
#include "dlls/ntdll/process.h"

/* The Linux id of a thread or process handle; 0 with the last error set. */
static pid_t linux_thread(HANDLE thread) {
    return (pid_t)(GetThreadId(thread) / 4);
}

static DWORD_PTR mask_of(const cpu_set_t *set) {
    DWORD_PTR mask = 0;

    for (int i = 0; i < 64; i++)
        mask |= CPU_ISSET(i, set) ? (DWORD_PTR)1 << i : 0;
    return mask;
}

static DWORD_PTR system_mask(void) {
    const long n = sysconf(_SC_NPROCESSORS_CONF);

    return n >= 64 ? ~(DWORD_PTR)0 : ((DWORD_PTR)1 << n) - 1;
}

/* Return: the mask before, 0 with the last error set. */
static DWORD_PTR affinity_set(pid_t id, DWORD_PTR mask) {
    cpu_set_t before, set;

    CPU_ZERO(&set);
    for (int i = 0; i < 64; i++)
        if (mask >> i & 1)
            CPU_SET(i, &set);
    if (!(mask & system_mask()) || sched_getaffinity(id, sizeof before, &before) || sched_setaffinity(id, sizeof set, &set)) {
        SetLastError(errno == EPERM ? ERROR_ACCESS_DENIED : ERROR_INVALID_PARAMETER);
        return 0;
    }
    return mask_of(&before);
}

/**
 * GetProcessAffinityMask() - the CPUs that a process may run on, and those that there are.
 * Return: TRUE; FALSE with ERROR_INVALID_HANDLE.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winbase/nf-winbase-getprocessaffinitymask
 */
BOOL WINAPI GetProcessAffinityMask(HANDLE process, DWORD_PTR *process_mask, DWORD_PTR *system) {
    const DWORD id = GetProcessId(process);
    cpu_set_t set;

    if (!id)
        return FALSE;
    if (sched_getaffinity((pid_t)(id / 4), sizeof set, &set)) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    *process_mask = mask_of(&set);
    *system = system_mask();
    return TRUE;
}

/** SetProcessAffinityMask() - of the calling process's main thread and those that are made later.  Return: TRUE or FALSE. */
BOOL WINAPI SetProcessAffinityMask(HANDLE process, DWORD_PTR mask) {
    const DWORD id = GetProcessId(process);

    return id && affinity_set((pid_t)(id / 4), mask);
}

/** SetThreadAffinityMask() - Return: the mask before; 0 with ERROR_INVALID_PARAMETER, ERROR_INVALID_HANDLE. */
DWORD_PTR WINAPI SetThreadAffinityMask(HANDLE thread, DWORD_PTR mask) {
    const pid_t id = linux_thread(thread);

    return id ? affinity_set(id, mask) : 0;
}

DWORD WINAPI SetThreadIdealProcessor(HANDLE thread, DWORD processor) {
    if (!linux_thread(thread))
        return (DWORD)-1;
    if (processor > MAXIMUM_PROCESSORS) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return (DWORD)-1;
    }
    return 0; /* a wish, which a system may leave unheard */
}

/* ---- priorities ---- */

#define PRIORITIES 1024 /* kept by thread id, as a hint may be: a clash shows another thread's */

static struct {
    _Atomic DWORD id;
    _Atomic int priority;
} priorities[PRIORITIES];
static _Atomic DWORD priority_class = NORMAL_PRIORITY_CLASS;

static BOOL priority_is_valid(int priority) {
    return (priority >= THREAD_PRIORITY_LOWEST && priority <= THREAD_PRIORITY_HIGHEST) || priority == THREAD_PRIORITY_IDLE ||
           priority == THREAD_PRIORITY_TIME_CRITICAL || priority == 0x10000 /* THREAD_MODE_BACKGROUND_BEGIN */ ||
           priority == 0x20000 /* THREAD_MODE_BACKGROUND_END */;
}

/** SetThreadPriority() - Return: TRUE; FALSE with ERROR_INVALID_PARAMETER, ERROR_INVALID_HANDLE. */
BOOL WINAPI SetThreadPriority(HANDLE thread, int priority) {
    const DWORD id = GetThreadId(thread);

    if (!id)
        return FALSE;
    if (!priority_is_valid(priority)) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    atomic_store(&priorities[id / 4 % PRIORITIES].id, id);
    atomic_store(&priorities[id / 4 % PRIORITIES].priority, priority);
    return TRUE;
}

int WINAPI GetThreadPriority(HANDLE thread) {
    const DWORD id = GetThreadId(thread);

    if (!id)
        return THREAD_PRIORITY_ERROR_RETURN;
    return atomic_load(&priorities[id / 4 % PRIORITIES].id) == id ? atomic_load(&priorities[id / 4 % PRIORITIES].priority)
                                                                  : THREAD_PRIORITY_NORMAL;
}

BOOL WINAPI SetThreadPriorityBoost(HANDLE thread, BOOL disable) {
    (void)disable;
    return linux_thread(thread) != 0;
}

/** SetPriorityClass() - of the calling process so far.  Return: TRUE; FALSE with ERROR_INVALID_HANDLE, ERROR_NOT_SUPPORTED. */
BOOL WINAPI SetPriorityClass(HANDLE process, DWORD class) {
    const DWORD id = GetProcessId(process);

    if (!id)
        return FALSE;
    if (id != GetCurrentProcessId()) {
        SetLastError(ERROR_NOT_SUPPORTED);
        return FALSE;
    }
    atomic_store(&priority_class, class);
    return TRUE;
}

DWORD WINAPI GetPriorityClass(HANDLE process) {
    if (!GetProcessId(process))
        return 0;
    return process == GetCurrentProcess() ? atomic_load(&priority_class) : NORMAL_PRIORITY_CLASS;
}

/* ---- stack ---- */

/**
 * SetThreadStackGuarantee() - how much stack a stack-overflow handler of the calling thread shall find.
 * @size: in: bytes, 0 asks; out: the value before.
 * Return: TRUE; FALSE with ERROR_INVALID_PARAMETER, also if the stack has no room for it.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/processthreadsapi/nf-processthreadsapi-setthreadstackguarantee
 */
BOOL WINAPI SetThreadStackGuarantee(ULONG *size) {
    TEB *teb = NtCurrentTeb();
    const ULONG before = teb->GuaranteedStackBytes;

    if (!size || (*size > before && !exception_stack_guarantee(*size))) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    if (*size > before)
        teb->GuaranteedStackBytes = (*size + 0xfff) & ~0xfffu;
    *size = before;
    return TRUE;
}

/** SetProcessPriorityBoost() - Linux' scheduler has no boosts: there is nothing to switch. */
BOOL WINAPI SetProcessPriorityBoost(HANDLE process, BOOL disable) {
    (void)disable;
    return GetProcessId(process) != 0;
}

/** SetThreadGroupAffinity() - SetThreadAffinityMask: there is one group of processors. */
BOOL WINAPI SetThreadGroupAffinity(HANDLE thread, const GROUP_AFFINITY *affinity, GROUP_AFFINITY *previous) {
    DWORD_PTR before;

    if (affinity->Group) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    before = SetThreadAffinityMask(thread, affinity->Mask);
    if (before && previous)
        *previous = (GROUP_AFFINITY){.Mask = before};
    return before != 0;
}
