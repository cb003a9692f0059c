/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The version of Windows, and comparisons with it. */
#include "dlls/ntdll/version.h"

#include <ntstatus.h>
#define WIN32_NO_STATUS
#include <windows.h>
#include <winternl.h>

#include <stdbool.h>
#include <string.h>

#define VERSION_SUITE (VER_SUITE_SINGLEUSERTS | VER_SUITE_TERMINAL)
#define VERSION_CONDITION_BITS 3

/**
 * RtlGetVersion() - fills in the OSVERSIONINFO(EX)W that dwOSVersionInfoSize says it is.
 * Source: https://learn.microsoft.com/en-us/windows-hardware/drivers/ddi/wdm/nf-wdm-rtlgetversion
 */
NTSTATUS WINAPI RtlGetVersion(RTL_OSVERSIONINFOEXW *info) {
    info->dwMajorVersion = VERSION_MAJOR;
    info->dwMinorVersion = VERSION_MINOR;
    info->dwBuildNumber = VERSION_BUILD;
    info->dwPlatformId = VER_PLATFORM_WIN32_NT;
    memset(info->szCSDVersion, 0, sizeof info->szCSDVersion);
    if (info->dwOSVersionInfoSize < sizeof *info)
        return STATUS_SUCCESS;
    info->wServicePackMajor = 0;
    info->wServicePackMinor = 0;
    info->wSuiteMask = VERSION_SUITE;
    info->wProductType = VER_NT_WORKSTATION;
    info->wReserved = 0;
    return STATUS_SUCCESS;
}

/* RtlGetNtVersionNumbers() - the build with 0xF in its top digit, as a released one. */
void WINAPI RtlGetNtVersionNumbers(ULONG *major, ULONG *minor, ULONG *build) {
    if (major)
        *major = VERSION_MAJOR;
    if (minor)
        *minor = VERSION_MINOR;
    if (build)
        *build = 0xF0000000u | VERSION_BUILD;
}

BOOLEAN WINAPI RtlGetProductInfo(DWORD major, DWORD minor, DWORD pack_major, DWORD pack_minor, DWORD *product) {
    (void)minor;
    (void)pack_major;
    (void)pack_minor;
    if (!product || major < 6)
        return FALSE;
    *product = PRODUCT_PROFESSIONAL;
    return TRUE;
}

static unsigned version_bit(ULONG type) {
    return (unsigned)__builtin_ctz(type);
}

/**
 * VerSetConditionMask() - adds a comparison to a mask for VerifyVersionInfo.
 * @types: VER_…, its lowest bit counts; 0 leaves the mask as it is. @condition: VER_EQUAL… or VER_AND, VER_OR.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winnt/nf-winnt-versetconditionmask
 */
ULONGLONG WINAPI VerSetConditionMask(ULONGLONG mask, DWORD types, BYTE condition) {
    if (!(types & 0xFF) || !(condition & 7))
        return mask;
    return mask | (ULONGLONG)(condition & 7) << (version_bit(types) * VERSION_CONDITION_BITS);
}

static unsigned version_condition(ULONGLONG mask, ULONG type) {
    return (unsigned)(mask >> (version_bit(type) * VERSION_CONDITION_BITS)) & 7;
}

/* Whether "ours condition wanted" holds; *decided: whether ours and wanted differ, so that no lower part counts. */
static bool version_compare(ULONG ours, ULONG wanted, unsigned condition, bool *decided) {
    *decided = ours != wanted;
    switch (condition) {
    case VER_EQUAL: return ours == wanted;
    case VER_GREATER: return ours > wanted;
    case VER_GREATER_EQUAL: return ours >= wanted;
    case VER_LESS: return ours < wanted;
    case VER_LESS_EQUAL: return ours <= wanted;
    default: return false;
    }
}

/* Major, minor and service pack are one number: a part that differs decides, by the condition of the highest part that is asked. */
static bool version_check_number(const RTL_OSVERSIONINFOEXW *info, DWORD types, ULONGLONG mask) {
    const struct {
        ULONG type, ours, wanted;
    } parts[] = {
        {VER_MAJORVERSION, VERSION_MAJOR, info->dwMajorVersion},
        {VER_MINORVERSION, VERSION_MINOR, info->dwMinorVersion},
        {VER_SERVICEPACKMAJOR, 0, info->wServicePackMajor},
        {VER_SERVICEPACKMINOR, 0, info->wServicePackMinor},
    };
    unsigned condition = 0;
    bool holds = true, decided = false;

    for (size_t i = 0; i < sizeof parts / sizeof *parts && !decided; i++) {
        if (!(types & parts[i].type))
            continue;
        if (!condition)
            condition = version_condition(mask, parts[i].type);
        holds = version_compare(parts[i].ours, parts[i].wanted, condition, &decided);
    }
    return holds;
}

static bool version_check_suite(WORD wanted, unsigned condition) {
    return condition == VER_OR ? !wanted || (VERSION_SUITE & wanted) : (VERSION_SUITE & wanted) == wanted;
}

/**
 * RtlVerifyVersionInfo() - VerifyVersionInfo's core.
 * Return: STATUS_REVISION_MISMATCH when a condition does not hold; STATUS_INVALID_PARAMETER without types or conditions.
 * Source: https://learn.microsoft.com/en-us/windows-hardware/drivers/ddi/wdm/nf-wdm-rtlverifyversioninfo
 */
NTSTATUS WINAPI RtlVerifyVersionInfo(const RTL_OSVERSIONINFOEXW *info, DWORD types, DWORDLONG mask) {
    bool ignored, holds;

    if (!types || !mask)
        return STATUS_INVALID_PARAMETER;
    holds = version_check_number(info, types, mask);
    if (types & VER_BUILDNUMBER)
        holds &= version_compare(VERSION_BUILD, info->dwBuildNumber, version_condition(mask, VER_BUILDNUMBER), &ignored);
    if (types & VER_PLATFORMID)
        holds &= version_compare(
            VER_PLATFORM_WIN32_NT, info->dwPlatformId, version_condition(mask, VER_PLATFORMID), &ignored);
    if (types & VER_PRODUCT_TYPE)
        holds &= version_compare(
            VER_NT_WORKSTATION, info->wProductType, version_condition(mask, VER_PRODUCT_TYPE), &ignored);
    if (types & VER_SUITENAME)
        holds &= version_check_suite(info->wSuiteMask, version_condition(mask, VER_SUITENAME));
    return holds ? STATUS_SUCCESS : STATUS_REVISION_MISMATCH;
}
