/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <windows.h>
#include <winternl.h>

ULONG WINAPI RtlGetLastWin32Error(void) {
    return NtCurrentTeb()->LastErrorValue;
}

void WINAPI RtlSetLastWin32Error(ULONG error) {
    NtCurrentTeb()->LastErrorValue = error;
}
