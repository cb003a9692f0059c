/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The version of Windows (MSDN: sysinfoapi.h, winbase.h). */
#include "dlls/kernel32/error.h"
#include "dlls/ntdll/version.h"

#include <ntstatus.h>

#include <stddef.h>
#include <string.h>

/* GetVersion() - major in the low byte, minor in the next, the build in the high word. */
DWORD WINAPI GetVersion(void) {
    return VERSION_MAJOR | VERSION_MINOR << 8 | (DWORD)VERSION_BUILD << 16;
}

/**
 * GetVersionExW() - the version, whatever the program's manifest says.
 * @info: an OSVERSIONINFOW or OSVERSIONINFOEXW, its size in dwOSVersionInfoSize.
 * Return: FALSE and ERROR_INSUFFICIENT_BUFFER for another size.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/sysinfoapi/nf-sysinfoapi-getversionexw
 */
BOOL WINAPI GetVersionExW(OSVERSIONINFOW *info) {
    if (info->dwOSVersionInfoSize != sizeof(OSVERSIONINFOW) && info->dwOSVersionInfoSize != sizeof(OSVERSIONINFOEXW)) {
        SetLastError(ERROR_INSUFFICIENT_BUFFER);
        return FALSE;
    }
    return set_nt_error(RtlGetVersion((RTL_OSVERSIONINFOEXW *)info));
}

BOOL WINAPI GetVersionExA(OSVERSIONINFOA *info) {
    OSVERSIONINFOEXW wide = {.dwOSVersionInfoSize = sizeof wide};
    OSVERSIONINFOEXA *const ex = (OSVERSIONINFOEXA *)info;

    if (info->dwOSVersionInfoSize != sizeof(OSVERSIONINFOA) && info->dwOSVersionInfoSize != sizeof(OSVERSIONINFOEXA)) {
        SetLastError(ERROR_INSUFFICIENT_BUFFER);
        return FALSE;
    }
    GetVersionExW((OSVERSIONINFOW *)&wide);
    info->dwMajorVersion = wide.dwMajorVersion;
    info->dwMinorVersion = wide.dwMinorVersion;
    info->dwBuildNumber = wide.dwBuildNumber;
    info->dwPlatformId = wide.dwPlatformId;
    memset(info->szCSDVersion, 0, sizeof info->szCSDVersion);
    if (info->dwOSVersionInfoSize == sizeof(OSVERSIONINFOEXA)) {
        ex->wServicePackMajor = wide.wServicePackMajor;
        ex->wServicePackMinor = wide.wServicePackMinor;
        ex->wSuiteMask = wide.wSuiteMask;
        ex->wProductType = wide.wProductType;
        ex->wReserved = 0;
    }
    return TRUE;
}

/**
 * VerifyVersionInfoW() - whether the conditions of mask hold.
 * Return: FALSE and ERROR_OLD_WIN_VERSION when one does not; ERROR_BAD_ARGUMENTS.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winbase/nf-winbase-verifyversioninfow
 */
BOOL WINAPI VerifyVersionInfoW(OSVERSIONINFOEXW *info, DWORD types, DWORDLONG mask) {
    switch (RtlVerifyVersionInfo((const RTL_OSVERSIONINFOEXW *)info, types, mask)) {
    case STATUS_SUCCESS: return TRUE;
    case STATUS_REVISION_MISMATCH: SetLastError(ERROR_OLD_WIN_VERSION); return FALSE;
    default: SetLastError(ERROR_BAD_ARGUMENTS); return FALSE;
    }
}

BOOL WINAPI VerifyVersionInfoA(OSVERSIONINFOEXA *info, DWORD types, DWORDLONG mask) {
    OSVERSIONINFOEXW wide = {
        .dwOSVersionInfoSize = sizeof wide,
        .dwMajorVersion = info->dwMajorVersion,
        .dwMinorVersion = info->dwMinorVersion,
        .dwBuildNumber = info->dwBuildNumber,
        .dwPlatformId = info->dwPlatformId,
        .wServicePackMajor = info->wServicePackMajor,
        .wServicePackMinor = info->wServicePackMinor,
        .wSuiteMask = info->wSuiteMask,
        .wProductType = info->wProductType,
    };

    return VerifyVersionInfoW(&wide, types, mask);
}

/* GetProductInfo() - Windows Pro. Return: FALSE for a version before 6.0. */
BOOL WINAPI GetProductInfo(DWORD major, DWORD minor, DWORD pack_major, DWORD pack_minor, DWORD *product) {
    return RtlGetProductInfo(major, minor, pack_major, pack_minor, product);
}
