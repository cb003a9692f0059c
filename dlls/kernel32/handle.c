/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Handles (MSDN: handleapi.h). */
#include <windows.h>
#include <winternl.h>
#include <ntstatus.h>

#include "dlls/kernel32/error.h"

/**
 * CloseHandle() - closes a handle.
 * Return: TRUE; FALSE with ERROR_INVALID_HANDLE (also for one that is protected from close).
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/handleapi/nf-handleapi-closehandle
 */
BOOL WINAPI CloseHandle(HANDLE handle) {
    switch ((DWORD)(ULONG_PTR)handle) {
    case STD_INPUT_HANDLE:
    case STD_OUTPUT_HANDLE:
    case STD_ERROR_HANDLE: handle = GetStdHandle((DWORD)(ULONG_PTR)handle); break;
    }
    return set_nt_error(NtClose(handle));
}

/**
 * DuplicateHandle() - another handle to the same object, in this or another process.
 * @options: DUPLICATE_SAME_ACCESS, DUPLICATE_CLOSE_SOURCE (closes the source even when the call fails).
 * Return: TRUE; FALSE with ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/handleapi/nf-handleapi-duplicatehandle
 */
BOOL WINAPI DuplicateHandle(HANDLE source_process, HANDLE source, HANDLE target_process, HANDLE *target, DWORD access, BOOL inherit,
    DWORD options) {
    return set_nt_error(
        NtDuplicateObject(source_process, source, target_process, target, access, inherit ? OBJ_INHERIT : 0, options));
}

/**
 * GetHandleInformation() - HANDLE_FLAG_INHERIT and HANDLE_FLAG_PROTECT_FROM_CLOSE.
 * Return: TRUE; FALSE with ERROR_INVALID_HANDLE.
 */
BOOL WINAPI GetHandleInformation(HANDLE handle, DWORD *flags) {
    OBJECT_DATA_INFORMATION info;

    if (!set_nt_error(NtQueryObject(handle, ObjectDataInformation, &info, sizeof info, NULL)))
        return FALSE;
    *flags = (info.InheritHandle ? HANDLE_FLAG_INHERIT : 0) | (info.ProtectFromClose ? HANDLE_FLAG_PROTECT_FROM_CLOSE : 0);
    return TRUE;
}

/**
 * SetHandleInformation() - changes the flags that @mask names.
 * Return: TRUE; FALSE with ERROR_INVALID_HANDLE, ERROR_INVALID_PARAMETER.
 */
BOOL WINAPI SetHandleInformation(HANDLE handle, DWORD mask, DWORD flags) {
    OBJECT_DATA_INFORMATION info;

    if (mask & ~(DWORD)(HANDLE_FLAG_INHERIT | HANDLE_FLAG_PROTECT_FROM_CLOSE))
        return set_nt_error(STATUS_INVALID_PARAMETER);
    if (!set_nt_error(NtQueryObject(handle, ObjectDataInformation, &info, sizeof info, NULL)))
        return FALSE;
    if (mask & HANDLE_FLAG_INHERIT)
        info.InheritHandle = (flags & HANDLE_FLAG_INHERIT) != 0;
    if (mask & HANDLE_FLAG_PROTECT_FROM_CLOSE)
        info.ProtectFromClose = (flags & HANDLE_FLAG_PROTECT_FROM_CLOSE) != 0;
    return set_nt_error(NtSetInformationObject(handle, ObjectDataInformation, &info, sizeof info));
}

/**
 * CompareObjectHandles() - whether two handles stand for one object.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/handleapi/nf-handleapi-compareobjecthandles
 */
BOOL WINAPI CompareObjectHandles(HANDLE first, HANDLE second) {
    return NtCompareObjects(first, second) == STATUS_SUCCESS;
}
