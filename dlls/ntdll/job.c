/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Jobs (NT).  The server writes what a job is and who is in it; what is asked is read from the arena
 * (libs/arena/job.h). Source: https://learn.microsoft.com/en-us/windows/win32/procthread/job-objects
 */
#include <ntstatus.h>
#define WIN32_NO_STATUS
#include <windows.h>
#include <winternl.h>

#include <stddef.h>
#include <string.h>

#include "dlls/ntdll/object.h"
#include "dlls/ntdll/process.h"
#include "libs/arena/job.h"
#include "libs/host/guard.h"
#include "libs/protocol/client.h"

#ifndef JOB_OBJECT_POST_AT_END_OF_JOB
#define JOB_OBJECT_POST_AT_END_OF_JOB 1
#endif

/**
 * NtCreateJobObject() - makes (or, with OBJ_OPENIF, opens) a job.
 * Return: STATUS_SUCCESS, STATUS_OBJECT_NAME_EXISTS, STATUS_OBJECT_TYPE_MISMATCH, STATUS_OBJECT_NAME_COLLISION,
 * STATUS_INSUFFICIENT_RESOURCES.
 */
NTSTATUS WINAPI NtCreateJobObject(HANDLE *handle, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes) {
    const struct object_plan plan = {.type = CELL_JOB, .word = WORD_MANUAL};

    return object_create(handle, access, attributes, &plan);
}

NTSTATUS WINAPI NtOpenJobObject(HANDLE *handle, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes) {
    return object_open(handle, access, attributes, CELL_JOB);
}

/**
 * NtAssignProcessToJobObject() - puts a process into a job; it never leaves it again.  A process that is in a job
 * already can go into one that lies in it, or into an empty one, which lies in it from then on.
 * @process: with PROCESS_SET_QUOTA and PROCESS_TERMINATE.
 * Return: STATUS_SUCCESS, STATUS_INVALID_HANDLE, STATUS_ACCESS_DENIED (rights; or the job cannot lie in the process's),
 * STATUS_OBJECT_TYPE_MISMATCH, STATUS_PROCESS_IS_TERMINATING, STATUS_QUOTA_EXCEEDED (one process too many: it is
 * ended).
 */
NTSTATUS WINAPI NtAssignProcessToJobObject(HANDLE job, HANDLE process) {
    const struct request_job_assign request = {.job = (ULONG_PTR)job, .process = (ULONG_PTR)process};
    struct reply_job_assign reply;

    return server_job_assign(&request, &reply);
}

/**
 * NtIsProcessInJob() - whether a process is in a job, or in any.
 * @job: NULL: any.
 * Return: STATUS_PROCESS_IN_JOB, STATUS_PROCESS_NOT_IN_JOB, STATUS_INVALID_HANDLE, STATUS_ACCESS_DENIED,
 * STATUS_OBJECT_TYPE_MISMATCH.
 */
NTSTATUS WINAPI NtIsProcessInJob(HANDLE process, HANDLE job) {
    struct wait_object member, object = {0};
    NTSTATUS status = object_lookup(process, CELL_PROCESS, PROCESS_QUERY_LIMITED_INFORMATION, &member);
    uint32_t slot, number;

    if (!status && job)
        status = object_lookup(job, CELL_JOB, JOB_OBJECT_QUERY, &object);
    if (status)
        return status;
    slot = cell_at(member.cell)->process.slot;
    if (slot >= ARENA_MAX_PROCESSES || atomic_load(&winipc_arena->process[slot].cell) != member.cell + 1)
        return STATUS_PROCESS_NOT_IN_JOB;
    number = job_of(slot);
    return number && (!job || job_is_within(number, object.cell + 1)) ? STATUS_PROCESS_IN_JOB
                                                                      : STATUS_PROCESS_NOT_IN_JOB;
}

/**
 * NtTerminateJobObject() - ends all processes of a job and of those that lie in it.
 * Return: STATUS_SUCCESS, STATUS_INVALID_HANDLE, STATUS_ACCESS_DENIED, STATUS_OBJECT_TYPE_MISMATCH.
 */
NTSTATUS WINAPI NtTerminateJobObject(HANDLE job, NTSTATUS exit_code) {
    const struct request_job_terminate request = {.job = (ULONG_PTR)job, .exit_code = (uint32_t)exit_code};
    struct reply_job_terminate reply;

    return server_job_terminate(&request, &reply);
}

/* ---- asking ---- */

/* Page faults are not counted; a period's kernel time is the whole. */
static void query_accounting(uint32_t number, JOBOBJECT_BASIC_ACCOUNTING_INFORMATION *info) {
    const struct cell *job = job_at(number);
    LARGE_INTEGER user, kernel;

    memset(info, 0, sizeof *info);
    if (!job)
        return;
    info->TotalUserTime.QuadPart = (LONGLONG)atomic_load(&job->job.user_ticks) * JOB_TICK_100NS;
    info->TotalKernelTime.QuadPart = (LONGLONG)atomic_load(&job->job.kernel_ticks) * JOB_TICK_100NS;
    for (uint32_t p = 0; p < arena_count(&winipc_arena->header.n_processes, ARENA_MAX_PROCESSES); p++) {
        if (!job_member(number, p))
            continue;
        info->ActiveProcesses++;
        process_times(atomic_load(&winipc_arena->process[p].pid), &user, &kernel);
        info->TotalUserTime.QuadPart += user.QuadPart;
        info->TotalKernelTime.QuadPart += kernel.QuadPart;
    }
    info->ThisPeriodTotalKernelTime = info->TotalKernelTime;
    info->ThisPeriodTotalUserTime.QuadPart =
        info->TotalUserTime.QuadPart - (LONGLONG)atomic_load(&job->job.period_ticks) * JOB_TICK_100NS;
    info->TotalProcesses = atomic_load(&job->job.n_processes);
    info->TotalTerminatedProcesses = atomic_load(&job->job.n_limited);
}

static void query_limits(uint32_t number, JOBOBJECT_BASIC_LIMIT_INFORMATION *info) {
    const struct cell *job = job_at(number);

    memset(info, 0, sizeof *info);
    if (!job)
        return;
    info->LimitFlags = JOB_LIMITS(atomic_load(&job->job.limits));
    info->PriorityClass = JOB_CLASS(atomic_load(&job->job.limits));
    info->PerProcessUserTimeLimit.QuadPart = (LONGLONG)atomic_load(&job->job.process_100ns);
    info->PerJobUserTimeLimit.QuadPart = (LONGLONG)atomic_load(&job->job.job_100ns);
    info->ActiveProcessLimit = atomic_load(&job->job.active);
}

/* As many ids as fit.  Return: STATUS_SUCCESS or STATUS_BUFFER_OVERFLOW. */
static NTSTATUS query_ids(uint32_t number, JOBOBJECT_BASIC_PROCESS_ID_LIST *list, ULONG size, ULONG *used) {
    const ULONG head = offsetof(JOBOBJECT_BASIC_PROCESS_ID_LIST, ProcessIdList);
    const ULONG room = (size - head) / (ULONG)sizeof list->ProcessIdList[0];

    list->NumberOfAssignedProcesses = list->NumberOfProcessIdsInList = 0;
    for (uint32_t p = 0; p < arena_count(&winipc_arena->header.n_processes, ARENA_MAX_PROCESSES); p++) {
        const uint32_t pid = atomic_load(&winipc_arena->process[p].pid);

        if (!pid || !job_member(number, p))
            continue;
        if (list->NumberOfAssignedProcesses++ < room)
            list->ProcessIdList[list->NumberOfProcessIdsInList++] = 4 * (ULONG_PTR)pid;
    }
    *used = head + list->NumberOfProcessIdsInList * (ULONG)sizeof list->ProcessIdList[0];
    return list->NumberOfAssignedProcesses > room ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

/* The job that a query means.  NULL: that of the caller. */
static NTSTATUS query_job(HANDLE handle, uint32_t *number) {
    struct wait_object object;
    NTSTATUS status = STATUS_SUCCESS;

    if (handle) {
        status = object_lookup(handle, CELL_JOB, JOB_OBJECT_QUERY, &object);
        *number = object.cell + 1;
    } else {
        *number = job_of(arena_process);
        if (!*number)
            status = STATUS_ACCESS_DENIED;
    }
    return status;
}

/* What a class needs; 0: it is not there. */
static ULONG class_size(JOBOBJECTINFOCLASS class) {
    switch (class) {
    case JobObjectBasicAccountingInformation: return sizeof(JOBOBJECT_BASIC_ACCOUNTING_INFORMATION);
    case JobObjectBasicLimitInformation: return sizeof(JOBOBJECT_BASIC_LIMIT_INFORMATION);
    case JobObjectBasicProcessIdList: return sizeof(JOBOBJECT_BASIC_PROCESS_ID_LIST);
    case JobObjectBasicUIRestrictions: return sizeof(JOBOBJECT_BASIC_UI_RESTRICTIONS);
    case JobObjectEndOfJobTimeInformation: return sizeof(JOBOBJECT_END_OF_JOB_TIME_INFORMATION);
    case JobObjectAssociateCompletionPortInformation: return sizeof(JOBOBJECT_ASSOCIATE_COMPLETION_PORT);
    case JobObjectExtendedLimitInformation: return sizeof(JOBOBJECT_EXTENDED_LIMIT_INFORMATION);
    default: return 0;
    }
}

/**
 * NtQueryInformationJobObject() - accounting, limits, members.
 * @handle: NULL: the innermost job of the caller.
 * Return: STATUS_SUCCESS, STATUS_BUFFER_OVERFLOW (not all ids fit), STATUS_INFO_LENGTH_MISMATCH,
 * STATUS_INVALID_INFO_CLASS, STATUS_INVALID_HANDLE, STATUS_ACCESS_DENIED (rights; or no handle and no job),
 * STATUS_ACCESS_VIOLATION.
 */
NTSTATUS WINAPI NtQueryInformationJobObject(
    HANDLE handle, JOBOBJECTINFOCLASS class, void *data, ULONG size, ULONG *used) {
    ULONG need = class_size(class);
    uint32_t number;
    NTSTATUS status;

    if (!need || class == JobObjectAssociateCompletionPortInformation)
        return STATUS_INVALID_INFO_CLASS;
    if (class == JobObjectBasicProcessIdList ? size < need : size != need)
        return STATUS_INFO_LENGTH_MISMATCH;
    status = query_job(handle, &number);
    if (status)
        return status;
    if (guard_probe_write(data, size) || (used && guard_probe_write(used, sizeof *used)))
        return STATUS_ACCESS_VIOLATION;
    switch (class) {
    case JobObjectBasicAccountingInformation: query_accounting(number, data); break;
    case JobObjectBasicLimitInformation: query_limits(number, data); break;
    case JobObjectBasicProcessIdList: status = query_ids(number, data, size, &need); break;
    case JobObjectExtendedLimitInformation:
        memset(data, 0, size);
        query_limits(number, data);
        break;
    case JobObjectEndOfJobTimeInformation:
        *(DWORD *)data = job_at(number) && atomic_load(&job_at(number)->job.port_state) & JOB_POST_AT_END
                             ? JOB_OBJECT_POST_AT_END_OF_JOB
                             : 0;
        break;
    default: memset(data, 0, size); break; /* no restrictions of the user interface: none can be set */
    }
    if (used)
        *used = need;
    return status;
}

/* ---- setting ---- */

static NTSTATUS set_limits(HANDLE handle, const JOBOBJECT_BASIC_LIMIT_INFORMATION *info, uint32_t valid) {
    const struct request_job_set_limits request = {.job = (ULONG_PTR)handle,
        .process_100ns = (uint64_t)info->PerProcessUserTimeLimit.QuadPart,
        .job_100ns = (uint64_t)info->PerJobUserTimeLimit.QuadPart,
        .limits = info->LimitFlags,
        .active = info->ActiveProcessLimit,
        .priority_class = info->PriorityClass};
    struct reply_job_set_limits reply;

    if (info->LimitFlags & ~valid)
        return STATUS_INVALID_PARAMETER;
    return server_job_set_limits(&request, &reply);
}

static NTSTATUS set_port(HANDLE handle, const JOBOBJECT_ASSOCIATE_COMPLETION_PORT *info) {
    const struct request_job_set_port request = {
        .job = (ULONG_PTR)handle, .port = (ULONG_PTR)info->CompletionPort, .key = (ULONG_PTR)info->CompletionKey};
    struct reply_job_set_port reply;

    return server_job_set_port(&request, &reply);
}

static NTSTATUS set_end(HANDLE handle, DWORD action) {
    const struct request_job_set_end request = {.job = (ULONG_PTR)handle, .action = action};
    struct reply_job_set_end reply;

    return server_job_set_end(&request, &reply);
}

static NTSTATUS set_ui(HANDLE handle, DWORD restrictions) {
    struct wait_object object;
    const NTSTATUS status = object_lookup(handle, CELL_JOB, JOB_OBJECT_SET_ATTRIBUTES, &object);

    return status ? status : restrictions ? STATUS_NOT_SUPPORTED : STATUS_SUCCESS;
}

/**
 * NtSetInformationJobObject() - limits, completion port, what happens when the job's time is up.
 * Return: STATUS_SUCCESS, STATUS_INVALID_INFO_CLASS, STATUS_INFO_LENGTH_MISMATCH, STATUS_INVALID_PARAMETER (flags; a
 * port where there is one), STATUS_NOT_SUPPORTED (limits of memory, working set, affinity, scheduling;
 * restrictions of the user interface), STATUS_INVALID_HANDLE, STATUS_ACCESS_DENIED, STATUS_ACCESS_VIOLATION.
 */
NTSTATUS WINAPI NtSetInformationJobObject(HANDLE handle, JOBOBJECTINFOCLASS class, void *data, ULONG size) {
    union {
        JOBOBJECT_BASIC_LIMIT_INFORMATION basic;
        JOBOBJECT_EXTENDED_LIMIT_INFORMATION extended;
        JOBOBJECT_ASSOCIATE_COMPLETION_PORT port;
        DWORD number;
    } info;

    if (!class_size(class) || class == JobObjectBasicAccountingInformation || class == JobObjectBasicProcessIdList)
        return STATUS_INVALID_INFO_CLASS;
    if (size != class_size(class))
        return STATUS_INFO_LENGTH_MISMATCH;
    if (guard_copy_from(&info, data, size))
        return STATUS_ACCESS_VIOLATION;
    switch (class) {
    case JobObjectBasicLimitInformation: return set_limits(handle, &info.basic, JOB_OBJECT_BASIC_LIMIT_VALID_FLAGS);
    case JobObjectExtendedLimitInformation:
        return set_limits(handle, &info.extended.BasicLimitInformation, JOB_OBJECT_EXTENDED_LIMIT_VALID_FLAGS);
    case JobObjectAssociateCompletionPortInformation: return set_port(handle, &info.port);
    case JobObjectEndOfJobTimeInformation: return set_end(handle, info.number);
    default: return set_ui(handle, info.number);
    }
}
