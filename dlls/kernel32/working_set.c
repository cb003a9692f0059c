/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The working set (MSDN: psapi.h, memoryapi.h): which pages are in memory, and how many a process would like to have
 * there. */
#include "dlls/kernel32/error.h"
#include "dlls/ntdll/remote.h"
#include "libs/arena/arena.h"

#include <ntstatus.h>
#include <pthread.h>

#define PAGE 4096u

/**
 * K32QueryWorkingSetEx() - of each address whether its page is in memory, and its protection.
 * @data: PSAPI_WORKING_SET_EX_INFORMATION.  @size: bytes of them all.
 * Return: TRUE; FALSE with ERROR_BAD_LENGTH, ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED, ERROR_NOT_SUPPORTED (another
 * process). Source: https://learn.microsoft.com/en-us/windows/win32/api/psapi/nf-psapi-queryworkingsetex
 */
BOOL WINAPI K32QueryWorkingSetEx(HANDLE process, void *data, DWORD size) {
    return set_nt_error(NtQueryVirtualMemory(process, NULL, MemoryWorkingSetExInformation, data, size, NULL));
}

/**
 * K32EmptyWorkingSet() - the process can do without its pages for now.  Linux has its own opinion of that, and is not
 * told. Return: TRUE; FALSE with ERROR_INVALID_HANDLE or ERROR_ACCESS_DENIED. Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/psapi/nf-psapi-emptyworkingset
 */
BOOL WINAPI K32EmptyWorkingSet(HANDLE process) {
    uint32_t slot;

    return set_nt_error(process_slot_of(process, PROCESS_SET_QUOTA, &slot));
}

/* ---- limits: kept and told; Linux decides by itself what stays in memory ---- */

#define LIMIT_FLAGS                                                                                                    \
    (QUOTA_LIMITS_HARDWS_MIN_ENABLE | QUOTA_LIMITS_HARDWS_MIN_DISABLE | QUOTA_LIMITS_HARDWS_MAX_ENABLE |               \
        QUOTA_LIMITS_HARDWS_MAX_DISABLE)

static struct {
    pthread_mutex_t lock;
    SIZE_T minimum, maximum;
    DWORD flags;
} limits = {PTHREAD_MUTEX_INITIALIZER, 50 * PAGE, 345 * PAGE,
    QUOTA_LIMITS_HARDWS_MIN_DISABLE | QUOTA_LIMITS_HARDWS_MAX_DISABLE};

/* Those of other processes are not known here. */
static NTSTATUS limits_of(HANDLE process, ACCESS_MASK access) {
    uint32_t slot;
    const NTSTATUS status = process_slot_of(process, access, &slot);

    return status ? status : slot == arena_process ? STATUS_SUCCESS : STATUS_NOT_SUPPORTED;
}

/* A limit is enabled, disabled or left as it is. */
static BOOL limit_flags_fit(DWORD flags) {
    return !(flags & ~(DWORD)LIMIT_FLAGS) && (flags & 3) != 3 && (flags & 12) != 12;
}

/**
 * SetProcessWorkingSetSizeEx() - how many bytes of a process are to be in memory at least and at most.
 * @minimum, @maximum: bytes; both -1: the process can do without its pages for now.  @flags: QUOTA_LIMITS_HARDWS_*.
 * Return: TRUE; FALSE with ERROR_INVALID_PARAMETER, ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED, ERROR_NOT_SUPPORTED
 * (another process). Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/memoryapi/nf-memoryapi-setprocessworkingsetsizeex
 */
BOOL WINAPI SetProcessWorkingSetSizeEx(HANDLE process, SIZE_T minimum, SIZE_T maximum, DWORD flags) {
    const NTSTATUS status = limits_of(process, PROCESS_SET_QUOTA);

    if (status)
        return set_nt_error(status);
    if (!limit_flags_fit(flags) || (minimum != (SIZE_T)-1 && (!minimum || minimum > maximum)) ||
        (minimum == (SIZE_T)-1) != (maximum == (SIZE_T)-1))
        return set_nt_error(STATUS_INVALID_PARAMETER);
    if (minimum == (SIZE_T)-1)
        return TRUE;
    pthread_mutex_lock(&limits.lock);
    limits.minimum = minimum;
    limits.maximum = maximum;
    if (flags & 3)
        limits.flags = (limits.flags & ~3u) | (flags & 3);
    if (flags & 12)
        limits.flags = (limits.flags & ~12u) | (flags & 12);
    pthread_mutex_unlock(&limits.lock);
    return TRUE;
}

BOOL WINAPI SetProcessWorkingSetSize(HANDLE process, SIZE_T minimum, SIZE_T maximum) {
    return SetProcessWorkingSetSizeEx(process, minimum, maximum, 0);
}

/**
 * GetProcessWorkingSetSizeEx() - what was set, or else 50 and 345 pages.
 * Return: TRUE; FALSE with ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED, ERROR_NOT_SUPPORTED (another process).
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/memoryapi/nf-memoryapi-getprocessworkingsetsizeex
 */
BOOL WINAPI GetProcessWorkingSetSizeEx(HANDLE process, SIZE_T *minimum, SIZE_T *maximum, DWORD *flags) {
    const NTSTATUS status = limits_of(process, PROCESS_QUERY_LIMITED_INFORMATION);

    if (status)
        return set_nt_error(status);
    pthread_mutex_lock(&limits.lock);
    *minimum = limits.minimum;
    *maximum = limits.maximum;
    *flags = limits.flags;
    pthread_mutex_unlock(&limits.lock);
    return TRUE;
}

BOOL WINAPI GetProcessWorkingSetSize(HANDLE process, SIZE_T *minimum, SIZE_T *maximum) {
    DWORD flags;

    return GetProcessWorkingSetSizeEx(process, minimum, maximum, &flags);
}
