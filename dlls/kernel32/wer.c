/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Error reporting (MSDN: werapi.h). There is no reporting service: the flags that a program sets are kept for it to read. */
#include "dlls/kernel32/error.h"
#include "dlls/ntdll/exception.h"

#include <ntstatus.h>

#include <stdatomic.h>
#include <string.h>

static _Atomic DWORD wer_flags;

/**
 * WerGetFlags() - what WerSetFlags set.
 * Return: S_OK; E_INVALIDARG for another process.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/werapi/nf-werapi-wergetflags
 */
HRESULT WINAPI WerGetFlags(HANDLE process, DWORD *flags) {
    if (!flags || GetProcessId(process) != GetCurrentProcessId())
        return E_INVALIDARG;
    *flags = atomic_load_explicit(&wer_flags, memory_order_relaxed);
    return S_OK;
}

HRESULT WINAPI WerSetFlags(DWORD flags) {
    atomic_store_explicit(&wer_flags, flags, memory_order_relaxed);
    return S_OK;
}

/**
 * RaiseFailFastException() - ends the process without asking any handler, reporting the exception.
 * @record: NULL: STATUS_FAIL_FAST_EXCEPTION at the caller. @context: where the reported stack begins; NULL: here.
 * @flags: FAIL_FAST_GENERATE_EXCEPTION_ADDRESS (1): the address is the caller's.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/errhandlingapi/nf-errhandlingapi-raisefailfastexception
 */
void WINAPI RaiseFailFastException(EXCEPTION_RECORD *record, CONTEXT *context, DWORD flags) {
    EXCEPTION_RECORD own = {.ExceptionCode = (DWORD)STATUS_FAIL_FAST_EXCEPTION, .ExceptionFlags = EXCEPTION_NONCONTINUABLE};

    CONTEXT here;

    if (!context)
        RtlCaptureContext(&here);
    if (record)
        own = *record;
    if (!record || (flags & 1))
        own.ExceptionAddress = __builtin_return_address(0);
    exception_fatal(&own, context ? context : &here);
}
