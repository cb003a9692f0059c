/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The thread's last error and last status, and the Win32 error of an NTSTATUS. Every NTSTATUS that ntdll returns becomes
 * a Win32 error here and nowhere else.
 */
#include <ntstatus.h>
#define WIN32_NO_STATUS
#include <windows.h>
#include <winternl.h>

struct error_pair {
    ULONG status;
    ULONG error;
};

#define MAP(status, error) {(ULONG)status, error},
#define SAME(name) MAP(STATUS_##name, ERROR_##name)
#define RPC_S(name) MAP(RPC_NT_##name, RPC_S_##name)
#define RPC_X(name) MAP(RPC_NT_##name, RPC_X_##name)
static const struct error_pair error_pairs[] = {
#include "dlls/ntdll/error_table.h"
};
#undef MAP

#define ERROR_CUSTOMER_BIT 0x20000000u

static ULONG error_find(ULONG status) {
    size_t low = 0, high = sizeof(error_pairs) / sizeof(*error_pairs);

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (error_pairs[middle].status == status)
            return error_pairs[middle].error;
        if (error_pairs[middle].status < status)
            low = middle + 1;
        else
            high = middle;
    }
    return ERROR_MR_MID_NOT_FOUND;
}

/**
 * RtlNtStatusToDosErrorNoTeb() - the Win32 error of an NTSTATUS; touches nothing of the thread.
 * Return: the error; a status that wraps a Win32 error (facility 7) gives that error, one of a customer's is returned
 *         as it is, ERROR_MR_MID_NOT_FOUND stands for a status that has none.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winternl/nf-winternl-rtlntstatustodoserror
 */
ULONG WINAPI RtlNtStatusToDosErrorNoTeb(NTSTATUS status) {
    const ULONG code = (ULONG)status;

    if (code == 0 || (code & ERROR_CUSTOMER_BIT))
        return code;
    if (code >> 16 == 0x8007 || code >> 16 == 0xC007 || code >> 16 == 0xC001)
        return code & 0xFFFF;
    return error_find(code);
}

/**
 * RtlNtStatusToDosError() - as RtlNtStatusToDosErrorNoTeb, and keeps the status for RtlGetLastNtStatus.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winternl/nf-winternl-rtlntstatustodoserror
 */
ULONG WINAPI RtlNtStatusToDosError(NTSTATUS status) {
    TEB *const teb = NtCurrentTeb();

    if (teb)
        teb->LastStatusValue = (ULONG)status;
    return RtlNtStatusToDosErrorNoTeb(status);
}

NTSTATUS WINAPI RtlGetLastNtStatus(void) {
    return (NTSTATUS)NtCurrentTeb()->LastStatusValue;
}

ULONG WINAPI RtlGetLastWin32Error(void) {
    return NtCurrentTeb()->LastErrorValue;
}

void WINAPI RtlSetLastWin32Error(ULONG error) {
    NtCurrentTeb()->LastErrorValue = error;
}

void WINAPI RtlSetLastWin32ErrorAndNtStatusFromNtStatus(NTSTATUS status) {
    NtCurrentTeb()->LastErrorValue = RtlNtStatusToDosError(status);
}
