/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Raising exceptions, the top-level exception filter and error modes (MSDN: errhandlingapi.h). What handles them is ntdll's. */
#include <string.h>

#include <windows.h>
#include <winternl.h>

#include "dlls/ntdll/exception.h"

/* TEB.HardErrorDisabled holds the thread's error mode in the bits of RtlSetThreadErrorMode. */
#define ERROR_MODE_VALID (SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX | SEM_NOALIGNMENTFAULTEXCEPT | SEM_NOOPENFILEERRORBOX)
#define THREAD_ERROR_MODE_VALID (SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX | SEM_NOOPENFILEERRORBOX)

static LPTOP_LEVEL_EXCEPTION_FILTER exception_top_filter;
static UINT exception_error_mode;

/**
 * RaiseException() - raises an exception in the calling thread.
 * @code: bit 28 is cleared.
 * @flags: EXCEPTION_NONCONTINUABLE or 0.
 * @n_arguments: how many of @arguments go along, at most EXCEPTION_MAXIMUM_PARAMETERS; ignored if @arguments is NULL.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/errhandlingapi/nf-errhandlingapi-raiseexception
 */
void WINAPI RaiseException(DWORD code, DWORD flags, DWORD n_arguments, const ULONG_PTR *arguments) {
    EXCEPTION_RECORD record = {.ExceptionCode = code & ~0x10000000u, .ExceptionFlags = flags & EXCEPTION_NONCONTINUABLE};

    if (arguments) {
        record.NumberParameters = n_arguments < EXCEPTION_MAXIMUM_PARAMETERS ? n_arguments : EXCEPTION_MAXIMUM_PARAMETERS;
        memcpy(record.ExceptionInformation, arguments, record.NumberParameters * sizeof *arguments);
    }
    RtlRaiseException(&record);
}

/**
 * UnhandledExceptionFilter() - what happens to an exception that no handler took.
 * Return: what the program's top-level filter says, if there is one and it decides; else the exception is told of on stderr, and
 *   EXCEPTION_EXECUTE_HANDLER: the process is to end.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/errhandlingapi/nf-errhandlingapi-unhandledexceptionfilter
 */
LONG WINAPI UnhandledExceptionFilter(EXCEPTION_POINTERS *pointers) {
    LPTOP_LEVEL_EXCEPTION_FILTER filter = __atomic_load_n(&exception_top_filter, __ATOMIC_ACQUIRE);

    if (filter) {
        LONG answer = filter(pointers);
        if (answer != EXCEPTION_CONTINUE_SEARCH)
            return answer;
    }
    exception_report(pointers->ExceptionRecord, pointers->ContextRecord);
    return EXCEPTION_EXECUTE_HANDLER;
}

/**
 * SetUnhandledExceptionFilter() - sets the program's top-level filter.
 * @filter: NULL: none.
 * Return: the one before.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/errhandlingapi/nf-errhandlingapi-setunhandledexceptionfilter
 */
LPTOP_LEVEL_EXCEPTION_FILTER WINAPI SetUnhandledExceptionFilter(LPTOP_LEVEL_EXCEPTION_FILTER filter) {
    LPTOP_LEVEL_EXCEPTION_FILTER before = __atomic_exchange_n(&exception_top_filter, filter, __ATOMIC_ACQ_REL);

    RtlSetUnhandledExceptionFilter(UnhandledExceptionFilter);
    return before;
}

/* SetErrorMode() - sets the process's error mode. Return: the one before. No box ever appears here. */
UINT WINAPI SetErrorMode(UINT mode) {
    return __atomic_exchange_n(&exception_error_mode, mode & ERROR_MODE_VALID, __ATOMIC_RELAXED);
}

UINT WINAPI GetErrorMode(void) {
    return __atomic_load_n(&exception_error_mode, __ATOMIC_RELAXED);
}

/**
 * SetThreadErrorMode() - sets the calling thread's error mode.
 * @before: receives the one before; may be NULL.
 * Return: FALSE with ERROR_INVALID_PARAMETER for other bits.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/errhandlingapi/nf-errhandlingapi-setthreaderrormode
 */
BOOL WINAPI SetThreadErrorMode(DWORD mode, LPDWORD before) {
    TEB *teb = NtCurrentTeb();

    if (mode & ~(DWORD)THREAD_ERROR_MODE_VALID) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    if (before)
        *before = teb->HardErrorDisabled;
    teb->HardErrorDisabled = mode;
    return TRUE;
}

DWORD WINAPI GetThreadErrorMode(void) {
    return NtCurrentTeb()->HardErrorDisabled;
}

/**
 * GetCurrentThreadStackLimits() - the bounds of the calling thread's stack.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/processthreadsapi/nf-processthreadsapi-getcurrentthreadstacklimits
 */
void WINAPI GetCurrentThreadStackLimits(PULONG_PTR low, PULONG_PTR high) {
    TEB *teb = NtCurrentTeb();

    *low = (ULONG_PTR)teb->DeallocationStack;
    *high = (ULONG_PTR)teb->Tib.StackBase;
}
