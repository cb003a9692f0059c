/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Threads' and processes' scheduling: affinity, priorities, boosts, ideal processors, stack guarantee (MSDN: processthreadsapi.h, winbase.h,
 * processtopologyapi.h).  What they do is in dlls/ntdll/scheduling.c.
 */
#include "dlls/kernel32/scheduling.h"

#include <winternl.h>
#include <ntstatus.h>

#include "dlls/kernel32/error.h"
#include "dlls/ntdll/exception.h"
#include "dlls/ntdll/process.h"
#include "dlls/ntdll/scheduling.h"
#include "dlls/ntdll/system.h"

/* ---- affinity ---- */

/**
 * GetProcessAffinityMask() - the processors that a process may run on, and those that there are.
 * @process: with PROCESS_QUERY_LIMITED_INFORMATION.
 * Return: TRUE; FALSE with ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winbase/nf-winbase-getprocessaffinitymask
 */
BOOL WINAPI GetProcessAffinityMask(HANDLE process, DWORD_PTR *process_mask, DWORD_PTR *system) {
    struct process_basic_information info;

    if (!set_nt_error(NtQueryInformationProcess(process, ProcessBasicInformation, &info, sizeof info, NULL)))
        return FALSE;
    *process_mask = info.affinity_mask;
    *system = system_processor_mask();
    return TRUE;
}

/**
 * SetProcessAffinityMask() - lets all threads of a process run on these processors, and those that are made later.
 * @process: with PROCESS_SET_INFORMATION.
 * Return: TRUE; FALSE with ERROR_INVALID_PARAMETER (none, or one that is not there), ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winbase/nf-winbase-setprocessaffinitymask
 */
BOOL WINAPI SetProcessAffinityMask(HANDLE process, DWORD_PTR mask) {
    return set_nt_error(NtSetInformationProcess(process, ProcessAffinityMask, &mask, sizeof mask));
}

/**
 * SetThreadAffinityMask() - lets a thread run on these of its process's processors only.
 * Return: the mask before; 0 with ERROR_INVALID_PARAMETER, ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winbase/nf-winbase-setthreadaffinitymask
 */
DWORD_PTR WINAPI SetThreadAffinityMask(HANDLE thread, DWORD_PTR mask) {
    THREAD_BASIC_INFORMATION info;

    if (!set_nt_error(NtQueryInformationThread(thread, ThreadBasicInformation, &info, sizeof info, NULL)) ||
        !set_nt_error(NtSetInformationThread(thread, ThreadAffinityMask, &mask, sizeof mask)))
        return 0;
    return info.AffinityMask;
}

/** GetThreadGroupAffinity() - there is one group of processors.  Return: TRUE; FALSE with ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED. */
BOOL WINAPI GetThreadGroupAffinity(HANDLE thread, GROUP_AFFINITY *affinity) {
    return set_nt_error(NtQueryInformationThread(thread, ThreadGroupInformation, affinity, sizeof *affinity, NULL));
}

/** SetThreadGroupAffinity() - SetThreadAffinityMask for the group that there is.  Return: as that; ERROR_INVALID_PARAMETER: another group. */
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

/**
 * GetProcessGroupAffinity() - the groups of processors in which a process has threads: group 0.
 * @n: in: how many @groups has room for; out: how many there are.
 * Return: TRUE; FALSE with ERROR_INSUFFICIENT_BUFFER, ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/processtopologyapi/nf-processtopologyapi-getprocessgroupaffinity
 */
BOOL WINAPI GetProcessGroupAffinity(HANDLE process, USHORT *n, USHORT *groups) {
    struct process_basic_information info;
    const USHORT room = *n;

    if (!set_nt_error(NtQueryInformationProcess(process, ProcessBasicInformation, &info, sizeof info, NULL)))
        return FALSE;
    *n = 1;
    if (!room) {
        SetLastError(ERROR_INSUFFICIENT_BUFFER);
        return FALSE;
    }
    groups[0] = 0;
    return TRUE;
}

/* ---- ideal processors: wishes, which a system may leave unheard ---- */

/**
 * SetThreadIdealProcessor() - where a thread would best run.
 * @processor: MAXIMUM_PROCESSORS: only asks.
 * Return: the one before; (DWORD)-1 with ERROR_INVALID_PARAMETER, ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/processthreadsapi/nf-processthreadsapi-setthreadidealprocessor
 */
DWORD WINAPI SetThreadIdealProcessor(HANDLE thread, DWORD processor) {
    const NTSTATUS status = NtSetInformationThread(thread, ThreadIdealProcessor, &processor, sizeof processor);

    return status >= 0 ? (DWORD)status : set_nt_error(status) ? 0 : (DWORD)-1;
}

BOOL WINAPI GetThreadIdealProcessorEx(HANDLE thread, PROCESSOR_NUMBER *processor) {
    return set_nt_error(NtQueryInformationThread(thread, ThreadIdealProcessorEx, processor, sizeof *processor, NULL));
}

/** SetThreadIdealProcessorEx() - Return: TRUE; FALSE with ERROR_INVALID_PARAMETER (no such processor), ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED. */
BOOL WINAPI SetThreadIdealProcessorEx(HANDLE thread, PROCESSOR_NUMBER *processor, PROCESSOR_NUMBER *previous) {
    DWORD before;

    if (processor->Group || processor->Reserved || processor->Number >= system_processor_count()) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    before = SetThreadIdealProcessor(thread, processor->Number);
    if (before == (DWORD)-1)
        return FALSE;
    if (previous)
        *previous = (PROCESSOR_NUMBER){.Number = (BYTE)before};
    return TRUE;
}

/* ---- priorities ---- */

#define IO_PRIORITY_VERY_LOW 0
#define IO_PRIORITY_NORMAL 2
#ifndef THREAD_MODE_BACKGROUND_BEGIN
#define THREAD_MODE_BACKGROUND_BEGIN 0x10000 /* not in the headers */
#define THREAD_MODE_BACKGROUND_END 0x20000
#endif

/* Background mode, which a thread can only give itself: it shows in the priority of its input and output. */
static BOOL thread_set_background(HANDLE thread, BOOL begin) {
    const ULONG wanted = begin ? IO_PRIORITY_VERY_LOW : IO_PRIORITY_NORMAL;
    ULONG now;

    if (GetThreadId(thread) != GetCurrentThreadId()) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    if (!set_nt_error(NtQueryInformationThread(thread, ThreadIoPriority, &now, sizeof now, NULL)))
        return FALSE;
    if (begin == (now == IO_PRIORITY_VERY_LOW)) {
        SetLastError(begin ? ERROR_THREAD_MODE_ALREADY_BACKGROUND : ERROR_THREAD_MODE_NOT_BACKGROUND);
        return FALSE;
    }
    return set_nt_error(NtSetInformationThread(thread, ThreadIoPriority, &wanted, sizeof wanted));
}

/**
 * SetThreadPriority() - keeps a priority, which has no effect here.
 * @thread: with THREAD_SET_LIMITED_INFORMATION.
 * Return: TRUE; FALSE with ERROR_INVALID_PARAMETER, ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED, ERROR_THREAD_MODE_ALREADY_BACKGROUND,
 * ERROR_THREAD_MODE_NOT_BACKGROUND.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/processthreadsapi/nf-processthreadsapi-setthreadpriority
 */
BOOL WINAPI SetThreadPriority(HANDLE thread, int priority) {
    LONG increment = priority;

    if (priority == THREAD_MODE_BACKGROUND_BEGIN || priority == THREAD_MODE_BACKGROUND_END)
        return thread_set_background(thread, priority == THREAD_MODE_BACKGROUND_BEGIN);
    if (priority == THREAD_PRIORITY_TIME_CRITICAL)
        increment = INCREMENT_SATURATED;
    else if (priority == THREAD_PRIORITY_IDLE)
        increment = -INCREMENT_SATURATED;
    else if (priority == INCREMENT_SATURATED || priority == -INCREMENT_SATURATED)
        increment = INT16_MAX; /* no name of a priority */
    return set_nt_error(NtSetInformationThread(thread, ThreadBasePriority, &increment, sizeof increment));
}

/** GetThreadPriority() - Return: what was set; THREAD_PRIORITY_ERROR_RETURN with ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED. */
int WINAPI GetThreadPriority(HANDLE thread) {
    THREAD_BASIC_INFORMATION info;

    if (!set_nt_error(NtQueryInformationThread(thread, ThreadBasicInformation, &info, sizeof info, NULL)))
        return THREAD_PRIORITY_ERROR_RETURN;
    if (info.BasePriority == INCREMENT_SATURATED)
        return THREAD_PRIORITY_TIME_CRITICAL;
    return info.BasePriority == -INCREMENT_SATURATED ? THREAD_PRIORITY_IDLE : info.BasePriority;
}

/* Linux' scheduler has no boosts: what is said of them is kept. */
BOOL WINAPI SetThreadPriorityBoost(HANDLE thread, BOOL disable) {
    return set_nt_error(NtSetInformationThread(thread, ThreadPriorityBoost, &disable, sizeof disable));
}

BOOL WINAPI GetThreadPriorityBoost(HANDLE thread, BOOL *disabled) {
    return set_nt_error(NtQueryInformationThread(thread, ThreadPriorityBoost, disabled, sizeof *disabled, NULL));
}

BOOL WINAPI SetProcessPriorityBoost(HANDLE process, BOOL disable) {
    return set_nt_error(NtSetInformationProcess(process, ProcessPriorityBoost, &disable, sizeof disable));
}

BOOL WINAPI GetProcessPriorityBoost(HANDLE process, BOOL *disabled) {
    return set_nt_error(NtQueryInformationProcess(process, ProcessPriorityBoost, disabled, sizeof *disabled, NULL));
}

static const DWORD classes[] = {[PROCESS_PRIOCLASS_IDLE] = IDLE_PRIORITY_CLASS, [PROCESS_PRIOCLASS_NORMAL] = NORMAL_PRIORITY_CLASS,
    [PROCESS_PRIOCLASS_HIGH] = HIGH_PRIORITY_CLASS, [PROCESS_PRIOCLASS_REALTIME] = REALTIME_PRIORITY_CLASS,
    [PROCESS_PRIOCLASS_BELOW_NORMAL] = BELOW_NORMAL_PRIORITY_CLASS, [PROCESS_PRIOCLASS_ABOVE_NORMAL] = ABOVE_NORMAL_PRIORITY_CLASS};

UCHAR priority_class_of(DWORD class) {
    if (class == REALTIME_PRIORITY_CLASS)
        class = HIGH_PRIORITY_CLASS; /* nobody here has the privilege */
    for (UCHAR i = PROCESS_PRIOCLASS_IDLE; class && i < sizeof classes / sizeof *classes; i++) {
        if (classes[i] == class)
            return i;
    }
    return 0;
}

DWORD priority_class_from(UCHAR class) {
    return class < sizeof classes / sizeof *classes ? classes[class] : 0;
}

/**
 * SetPriorityClass() - keeps a class, which has no effect but for what children begin with; none at all in a job that has one.
 * @process: with PROCESS_SET_INFORMATION.
 * Return: TRUE; FALSE with ERROR_INVALID_PARAMETER, ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/processthreadsapi/nf-processthreadsapi-setpriorityclass
 */
BOOL WINAPI SetPriorityClass(HANDLE process, DWORD class) {
    PROCESS_PRIORITY_CLASS info = {.PriorityClass = priority_class_of(class)};

    return set_nt_error(NtSetInformationProcess(process, ProcessPriorityClass, &info, sizeof info));
}

/** GetPriorityClass() - Return: 0 with ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED. */
DWORD WINAPI GetPriorityClass(HANDLE process) {
    PROCESS_PRIORITY_CLASS info;

    if (!set_nt_error(NtQueryInformationProcess(process, ProcessPriorityClass, &info, sizeof info, NULL)))
        return 0;
    return priority_class_from(info.PriorityClass);
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
