/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Jobs (MSDN: jobapi.h, jobapi2.h): names, flags and errors; the rules are ntdll's and the server's.
 * Source: https://learn.microsoft.com/en-us/windows/win32/procthread/job-objects
 */
#include <windows.h>
#include <winternl.h>
#include <ntstatus.h>

#include "dlls/kernel32/error.h"
#include "dlls/kernel32/object_name.h"
#include "dlls/kernel32/scheduling.h"
#include "libs/host/guard.h"

/**
 * CreateJobObjectW() - makes a job, or opens the one of that name.
 * Return: a handle, with ERROR_ALREADY_EXISTS if the job was there; NULL with ERROR_INVALID_HANDLE (the name is another
 * type's), ERROR_FILENAME_EXCED_RANGE, ERROR_ACCESS_DENIED. Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/jobapi2/nf-jobapi2-createjobobjectw
 */
HANDLE WINAPI CreateJobObjectW(SECURITY_ATTRIBUTES *security, const WCHAR *name) {
    struct object_name object;
    NTSTATUS status = object_name_fill(&object, name, security, OBJ_OPENIF);
    HANDLE handle = NULL;

    if (!status)
        status = NtCreateJobObject(&handle, JOB_OBJECT_ALL_ACCESS, &object.attributes);
    return object_result(handle, status);
}

HANDLE WINAPI CreateJobObjectA(SECURITY_ATTRIBUTES *security, const char *name) {
    WCHAR wide[MAX_PATH + 1];

    return CreateJobObjectW(security, object_name_wide(name, wide));
}

/**
 * OpenJobObjectW() - opens a job by its name.
 * Return: a handle; NULL with ERROR_FILE_NOT_FOUND, ERROR_INVALID_HANDLE (another type), ERROR_ACCESS_DENIED.
 */
HANDLE WINAPI OpenJobObjectW(DWORD access, BOOL inherit, const WCHAR *name) {
    return object_name_open(access, inherit, name, NtOpenJobObject);
}

HANDLE WINAPI OpenJobObjectA(DWORD access, BOOL inherit, const char *name) {
    WCHAR wide[MAX_PATH + 1];

    return OpenJobObjectW(access, inherit, object_name_wide(name, wide));
}

/**
 * AssignProcessToJobObject() - puts a process into a job.
 * Return: TRUE; FALSE with ERROR_ACCESS_DENIED (rights; or it is in a job in which this one cannot lie),
 * ERROR_INVALID_HANDLE, ERROR_NOT_ENOUGH_QUOTA (one process too many: it is ended). Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/jobapi2/nf-jobapi2-assignprocesstojobobject
 */
BOOL WINAPI AssignProcessToJobObject(HANDLE job, HANDLE process) {
    return set_nt_error(NtAssignProcessToJobObject(job, process));
}

/**
 * IsProcessInJob() - whether a process is in @job, or in any (NULL).
 * Return: TRUE; FALSE with ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/jobapi/nf-jobapi-isprocessinjob
 */
BOOL WINAPI IsProcessInJob(HANDLE process, HANDLE job, BOOL *result) {
    const NTSTATUS status = NtIsProcessInJob(process, job);

    if (status != STATUS_PROCESS_IN_JOB && status != STATUS_PROCESS_NOT_IN_JOB)
        return set_nt_error(status);
    *result = status == STATUS_PROCESS_IN_JOB;
    return TRUE;
}

/**
 * TerminateJobObject() - ends all processes of a job with an exit code.
 * Return: TRUE; FALSE with ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/jobapi2/nf-jobapi2-terminatejobobject
 */
BOOL WINAPI TerminateJobObject(HANDLE job, UINT exit_code) {
    return set_nt_error(NtTerminateJobObject(job, (NTSTATUS)exit_code));
}

/* Whether that is a structure with basic limits, whose priority class NT numbers otherwise. */
static BOOL has_limits(JOBOBJECTINFOCLASS class, DWORD size) {
    return (class == JobObjectBasicLimitInformation && size == sizeof(JOBOBJECT_BASIC_LIMIT_INFORMATION)) ||
           (class == JobObjectExtendedLimitInformation && size == sizeof(JOBOBJECT_EXTENDED_LIMIT_INFORMATION));
}

/**
 * QueryInformationJobObject() - accounting, limits, members.
 * @job: NULL: the job of the caller.
 * Return: TRUE; FALSE with ERROR_MORE_DATA (not all ids fit), ERROR_BAD_LENGTH, ERROR_INVALID_PARAMETER (class),
 * ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED. Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/jobapi2/nf-jobapi2-queryinformationjobobject
 */
BOOL WINAPI QueryInformationJobObject(HANDLE job, JOBOBJECTINFOCLASS class, void *data, DWORD size, DWORD *used) {
    const NTSTATUS status = NtQueryInformationJobObject(job, class, data, size, used);

    if (!status && has_limits(class, size))
        ((JOBOBJECT_BASIC_LIMIT_INFORMATION *)data)->PriorityClass =
            priority_class_from((UCHAR)((JOBOBJECT_BASIC_LIMIT_INFORMATION *)data)->PriorityClass);
    return set_nt_error(status);
}

/**
 * SetInformationJobObject() - limits, completion port, the end of the job's time.
 * Return: TRUE; FALSE with ERROR_INVALID_PARAMETER, ERROR_BAD_LENGTH, ERROR_NOT_SUPPORTED (a limit that is not kept
 * here), ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED. Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/jobapi2/nf-jobapi2-setinformationjobobject
 */
BOOL WINAPI SetInformationJobObject(HANDLE job, JOBOBJECTINFOCLASS class, void *data, DWORD size) {
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION info;

    if (!has_limits(class, size))
        return set_nt_error(NtSetInformationJobObject(job, class, data, size));
    if (guard_copy_from(&info, data, size))
        return set_nt_error(STATUS_ACCESS_VIOLATION);
    info.BasicLimitInformation.PriorityClass = priority_class_of(info.BasicLimitInformation.PriorityClass);
    return set_nt_error(NtSetInformationJobObject(job, class, &info, size));
}
