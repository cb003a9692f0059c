/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Predefined keys: what they stand for, and changing that. */
#include <ntstatus.h>
#define WIN32_NO_STATUS
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "dlls/advapi32/registry.h"

#define FIRST 0x80000000u

/* By the number of the handle.  NULL: the user's root. */
static const WCHAR *const root_paths[] = {L"\\Registry\\Machine\\Software\\Classes", NULL, L"\\Registry\\Machine", L"\\Registry\\User", NULL,
    L"\\Registry\\Machine\\System\\CurrentControlSet\\Hardware Profiles\\Current"};
#define N_ROOTS (sizeof root_paths / sizeof *root_paths)
#define ROOT_CLASSES 0u
#define ROOT_USER 1u
#define ROOT_PERFORMANCE 4u

static _Atomic(HANDLE) roots[N_ROOTS];
static atomic_bool classes_overridden;

LSTATUS reg_error(NTSTATUS status) {
    return status ? (LSTATUS)RtlNtStatusToDosError(status) : ERROR_SUCCESS;
}

/* The number of a predefined key; N_ROOTS: it is none. */
static unsigned root_number(HKEY key) {
    const ULONG_PTR value = (ULONG_PTR)key;
    const DWORD number = (DWORD)value - FIRST;

    if (number >= N_ROOTS || number == ROOT_PERFORMANCE || (value >> 32 && (LONG)(value >> 32) != -1))
        return N_ROOTS;
    return number;
}

BOOL reg_is_predefined(HKEY key) {
    return root_number(key) < N_ROOTS;
}

static NTSTATUS root_open(unsigned number, ACCESS_MASK access, HANDLE *handle) {
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING path;

    if (number == ROOT_USER)
        return RtlOpenCurrentUser(access, handle);
    RtlInitUnicodeString(&path, root_paths[number]);
    InitializeObjectAttributes(&attributes, &path, OBJ_CASE_INSENSITIVE, NULL, NULL);
    return NtOpenKey(handle, access, &attributes);
}

/* Opens a predefined key the first time; two threads at once agree on one handle. */
static LSTATUS root_handle(unsigned number, HANDLE *handle) {
    HANDLE mine, there = NULL;
    NTSTATUS status;

    *handle = atomic_load(&roots[number]);
    if (*handle)
        return ERROR_SUCCESS;
    status = root_open(number, MAXIMUM_ALLOWED, &mine);
    if (status)
        return reg_error(status);
    if (atomic_compare_exchange_strong(&roots[number], &there, mine)) {
        *handle = mine;
    } else {
        NtClose(mine);
        *handle = there;
    }
    return ERROR_SUCCESS;
}

LSTATUS reg_key_of(HKEY key, struct reg_key *of) {
    const unsigned number = root_number(key);

    if (number < N_ROOTS) {
        of->is_classes = number == ROOT_CLASSES && !atomic_load(&classes_overridden);
        return root_handle(number, &of->handle);
    }
    if (!key || (LONG_PTR)key < 0 || (ULONG_PTR)key >> 32)
        return ERROR_INVALID_HANDLE;
    of->is_classes = ((ULONG_PTR)key & CLASSES_TAG) != 0;
    of->handle = (HANDLE)((ULONG_PTR)key & ~(ULONG_PTR)3);
    return ERROR_SUCCESS;
}

/**
 * RegCloseKey() - closes a key; a predefined one stays.
 * Return: ERROR_SUCCESS, ERROR_INVALID_HANDLE.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winreg/nf-winreg-regclosekey
 */
LSTATUS WINAPI RegCloseKey(HKEY key) {
    struct reg_key of;

    if (reg_is_predefined(key))
        return ERROR_SUCCESS;
    return reg_key_of(key, &of) ? ERROR_INVALID_HANDLE : reg_error(NtClose(of.handle));
}

/**
 * RegOpenCurrentUser() - the user's root key.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winreg/nf-winreg-regopencurrentuser
 */
LSTATUS WINAPI RegOpenCurrentUser(REGSAM access, HKEY *key) {
    HANDLE handle;
    const NTSTATUS status = key ? RtlOpenCurrentUser(access, &handle) : STATUS_INVALID_PARAMETER;

    if (!status)
        *key = handle;
    return reg_error(status);
}

/**
 * RegOpenUserClassesRoot() - the classes that the user of a token sees.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winreg/nf-winreg-regopenuserclassesroot
 */
LSTATUS WINAPI RegOpenUserClassesRoot(HANDLE token, DWORD options, REGSAM access, HKEY *key) {
    TOKEN_TYPE type;
    ULONG used;
    NTSTATUS status;

    if (!key || options)
        return ERROR_INVALID_PARAMETER;
    status = NtQueryInformationToken(token, TokenType, &type, sizeof type, &used);
    return status ? reg_error(status) : reg_open(HKEY_CLASSES_ROOT, NULL, 0, access, key);
}

/**
 * RegOverridePredefKey() - lets a predefined key stand for another one, in this process.
 * @other: NULL: for what it stood for at first.
 * Return: ERROR_SUCCESS, ERROR_INVALID_HANDLE, ERROR_INVALID_PARAMETER.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winreg/nf-winreg-regoverridepredefkey
 */
LSTATUS WINAPI RegOverridePredefKey(HKEY key, HKEY other) {
    const unsigned number = root_number(key);
    HKEY copy = NULL;
    HANDLE old;

    if (number >= N_ROOTS)
        return ERROR_INVALID_HANDLE;
    if (other) {
        const LSTATUS status = reg_open(other, NULL, 0, MAXIMUM_ALLOWED, &copy);

        if (status)
            return status;
    }
    if (number == ROOT_CLASSES)
        atomic_store(&classes_overridden, copy != NULL);
    old = atomic_exchange(&roots[number], (HANDLE)((ULONG_PTR)copy & ~(ULONG_PTR)3));
    if (old)
        NtClose(old);
    return ERROR_SUCCESS;
}

/* Predefined keys are opened for the process's own user, who is the only one: what these want holds already. */
LSTATUS WINAPI RegDisablePredefinedCache(void) {
    return ERROR_SUCCESS;
}

LSTATUS WINAPI RegDisablePredefinedCacheEx(void) {
    return ERROR_SUCCESS;
}

/**
 * RegConnectRegistryW() - a predefined key of a machine: this one alone.
 * @machine: NULL, "", or the machine's name, with or without two backslashes.
 * Return: ERROR_SUCCESS, ERROR_BAD_NETPATH (another machine), ERROR_INVALID_HANDLE (no key that other machines show).
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winreg/nf-winreg-regconnectregistryw
 */
LSTATUS WINAPI RegConnectRegistryW(const WCHAR *machine, HKEY key, HKEY *result) {
    WCHAR name[MAX_COMPUTERNAME_LENGTH + 1];
    DWORD len = MAX_COMPUTERNAME_LENGTH + 1;

    if (!result)
        return ERROR_INVALID_PARAMETER;
    if (machine && machine[0] == '\\' && machine[1] == '\\')
        machine += 2;
    if (machine && *machine && (!GetComputerNameW(name, &len) || CompareStringOrdinal(machine, -1, name, -1, TRUE) != CSTR_EQUAL))
        return ERROR_BAD_NETPATH;
    if (key != HKEY_LOCAL_MACHINE && key != HKEY_USERS && key != HKEY_CURRENT_USER && key != HKEY_CLASSES_ROOT &&
        key != HKEY_CURRENT_CONFIG)
        return ERROR_INVALID_HANDLE;
    return reg_open(key, NULL, 0, MAXIMUM_ALLOWED, result);
}
