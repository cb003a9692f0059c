/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Descriptors part by part (MSDN: aclapi.h), and those of files by name (securitybaseapi.h).  Objects by name are
 * files, keys of the registry, services and named kernel objects; printers, shares and windows have none here.
 */
#include "dlls/advapi32/registry.h"
#include "dlls/advapi32/security.h"

#include <accctrl.h>
#include <aclapi.h>
#include <winsvc.h>
#include <string.h>

#include <ntstatus.h>

/* Wine's headers lack these. */
#define LABEL 0x10 /* LABEL_SECURITY_INFORMATION */
#define PROTECTED_DACL 0x80000000
#define PROTECTED_SACL 0x40000000

/* ---- by handle ---- */

static BOOL type_is_known(SE_OBJECT_TYPE type) {
    return type == SE_FILE_OBJECT || type == SE_KERNEL_OBJECT || type == SE_REGISTRY_KEY || type == SE_SERVICE;
}

/* What a handle stands for: a predefined key is none. */
static LSTATUS handle_plain(HANDLE *handle, SE_OBJECT_TYPE type) {
    struct reg_key of;
    LSTATUS error;

    if (type != SE_REGISTRY_KEY)
        return ERROR_SUCCESS;
    error = reg_key_of(*handle, &of);
    *handle = of.handle;
    return error;
}

/* Services are no objects of ntdll's. */
static DWORD descriptor_read(
    HANDLE handle, SE_OBJECT_TYPE type, SECURITY_INFORMATION what, PSECURITY_DESCRIPTOR made, ULONG size, ULONG *need) {
    if (type == SE_SERVICE)
        return QueryServiceObjectSecurity((SC_HANDLE)handle, what, made, size, need) ? ERROR_SUCCESS : GetLastError();
    return RtlNtStatusToDosError(NtQuerySecurityObject(handle, what, made, size, need));
}

static DWORD descriptor_write(
    HANDLE handle, SE_OBJECT_TYPE type, SECURITY_INFORMATION what, PSECURITY_DESCRIPTOR descriptor) {
    if (type == SE_SERVICE)
        return SetServiceObjectSecurity((SC_HANDLE)handle, what, descriptor) ? ERROR_SUCCESS : GetLastError();
    return RtlNtStatusToDosError(NtSetSecurityObject(handle, what, descriptor));
}

/**
 * GetSecurityInfo() - an object's owner, group and lists.
 * @descriptor: receives memory for LocalFree, into which the others point.
 * Return: ERROR_SUCCESS, ERROR_INVALID_PARAMETER, ERROR_NOT_SUPPORTED (another kind of object), ERROR_ACCESS_DENIED,
 * ERROR_INVALID_HANDLE, ERROR_NOT_ENOUGH_MEMORY.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/aclapi/nf-aclapi-getsecurityinfo
 */
DWORD WINAPI GetSecurityInfo(HANDLE handle, SE_OBJECT_TYPE type, SECURITY_INFORMATION what, PSID *owner, PSID *group,
    ACL **dacl, ACL **sacl, PSECURITY_DESCRIPTOR *descriptor) {
    PSECURITY_DESCRIPTOR made = NULL;
    BOOLEAN present, defaulted;
    ULONG size = 0;
    DWORD error;

    if (!descriptor ||
        ((owner && !(what & OWNER_SECURITY_INFORMATION)) || (group && !(what & GROUP_SECURITY_INFORMATION))))
        return ERROR_INVALID_PARAMETER;
    if (!type_is_known(type))
        return ERROR_NOT_SUPPORTED;
    if (handle_plain(&handle, type))
        return ERROR_INVALID_HANDLE;
    error = descriptor_read(handle, type, what, NULL, 0, &size);
    while (error == ERROR_INSUFFICIENT_BUFFER) {
        LocalFree(made);
        made = LocalAlloc(LMEM_FIXED, size);
        error = made ? descriptor_read(handle, type, what, made, size, &size) : ERROR_NOT_ENOUGH_MEMORY;
    }
    if (error) {
        LocalFree(made);
        return error;
    }
    if (owner)
        RtlGetOwnerSecurityDescriptor(made, owner, &defaulted);
    if (group)
        RtlGetGroupSecurityDescriptor(made, group, &defaulted);
    if (dacl && (RtlGetDaclSecurityDescriptor(made, &present, dacl, &defaulted) || !present))
        *dacl = NULL;
    if (sacl && (RtlGetSaclSecurityDescriptor(made, &present, sacl, &defaulted) || !present))
        *sacl = NULL;
    *descriptor = made;
    return ERROR_SUCCESS;
}

/**
 * SetSecurityInfo() - changes them.
 * @dacl: NULL with DACL_SECURITY_INFORMATION: everybody everything.
 * Return: ERROR_SUCCESS, ERROR_NOT_SUPPORTED, ERROR_ACCESS_DENIED, ERROR_INVALID_HANDLE, ERROR_INVALID_OWNER…
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/aclapi/nf-aclapi-setsecurityinfo
 */
DWORD WINAPI SetSecurityInfo(
    HANDLE handle, SE_OBJECT_TYPE type, SECURITY_INFORMATION what, PSID owner, PSID group, ACL *dacl, ACL *sacl) {
    SECURITY_DESCRIPTOR descriptor;
    SECURITY_DESCRIPTOR_CONTROL control = 0;
    const SECURITY_INFORMATION parts = what & 0x1f;

    if (!type_is_known(type))
        return ERROR_NOT_SUPPORTED;
    if (handle_plain(&handle, type))
        return ERROR_INVALID_HANDLE;
    RtlCreateSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION);
    if (what & OWNER_SECURITY_INFORMATION)
        RtlSetOwnerSecurityDescriptor(&descriptor, owner, FALSE);
    if (what & GROUP_SECURITY_INFORMATION)
        RtlSetGroupSecurityDescriptor(&descriptor, group, FALSE);
    if (what & DACL_SECURITY_INFORMATION)
        RtlSetDaclSecurityDescriptor(&descriptor, TRUE, dacl, FALSE);
    if (what & (SACL_SECURITY_INFORMATION | LABEL))
        RtlSetSaclSecurityDescriptor(&descriptor, TRUE, sacl, FALSE);
    control |= what & PROTECTED_DACL ? SE_DACL_PROTECTED : 0;
    control |= what & PROTECTED_SACL ? SE_SACL_PROTECTED : 0;
    RtlSetControlSecurityDescriptor(&descriptor, SE_DACL_PROTECTED | SE_SACL_PROTECTED, control);
    return descriptor_write(handle, type, parts, &descriptor);
}

/* ---- by name ---- */

/* What a handle needs to read or change these parts. */
static DWORD rights_for(SECURITY_INFORMATION what, BOOL write) {
    DWORD rights = what & SACL_SECURITY_INFORMATION ? ACCESS_SYSTEM_SECURITY : 0;

    if (!write)
        return rights | READ_CONTROL;
    if (what & (OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | LABEL))
        rights |= WRITE_OWNER;
    if (what & DACL_SECURITY_INFORMATION)
        rights |= WRITE_DAC;
    return rights | READ_CONTROL;
}

static HANDLE object_open_named(const WCHAR *name, DWORD rights) {
    static HANDLE (*WINAPI const open[])(DWORD, BOOL, const WCHAR *) = {
        OpenEventW, OpenMutexW, OpenSemaphoreW, OpenWaitableTimerW, OpenJobObjectW, OpenFileMappingW};
    HANDLE handle = NULL;

    /* a name belongs to one type: that of another one is told by ERROR_INVALID_HANDLE */
    for (size_t i = 0; i < sizeof open / sizeof open[0] && !handle; i++) {
        handle = open[i](rights, FALSE, name);
        if (!handle && GetLastError() != ERROR_INVALID_HANDLE)
            break;
    }
    return handle;
}

/* A key by a name as these functions have it: "MACHINE\\Software". */
static HANDLE key_open_named(const WCHAR *name, DWORD rights) {
    static const struct {
        const WCHAR *name;
        int length;
        HKEY key;
    } roots[] = {{L"CLASSES_ROOT", 12, HKEY_CLASSES_ROOT}, {L"CURRENT_USER", 12, HKEY_CURRENT_USER},
        {L"MACHINE", 7, HKEY_LOCAL_MACHINE}, {L"USERS", 5, HKEY_USERS}};
    LSTATUS error = ERROR_INVALID_NAME;
    HKEY key = NULL;

    for (size_t i = 0; i < sizeof roots / sizeof *roots; i++) {
        const WCHAR end = (int)reg_text_len(name) >= roots[i].length ? name[roots[i].length] : 1;

        if ((end && end != '\\') ||
            CompareStringOrdinal(name, roots[i].length, roots[i].name, roots[i].length, TRUE) != CSTR_EQUAL)
            continue;
        error = reg_open(roots[i].key, end ? name + roots[i].length + 1 : L"", 0, rights, &key);
        break;
    }
    SetLastError((DWORD)error);
    return error ? NULL : key;
}

static HANDLE service_open_named(const WCHAR *name, DWORD rights) {
    const SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
    const SC_HANDLE service = manager ? OpenServiceW(manager, name, rights) : NULL;
    const DWORD error = GetLastError();

    if (manager)
        CloseServiceHandle(manager);
    SetLastError(error);
    return (HANDLE)service;
}

/* Return: a handle with these rights, or NULL with the last error set. */
static HANDLE named_open(const WCHAR *name, SE_OBJECT_TYPE type, DWORD rights) {
    HANDLE handle;

    if (!name || !type_is_known(type)) {
        SetLastError(name ? ERROR_NOT_SUPPORTED : ERROR_INVALID_PARAMETER);
        return NULL;
    }
    if (type == SE_KERNEL_OBJECT)
        return object_open_named(name, rights);
    if (type == SE_REGISTRY_KEY)
        return key_open_named(name, rights);
    if (type == SE_SERVICE)
        return service_open_named(name, rights);
    handle = CreateFileW(name, rights, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING,
        FILE_FLAG_BACKUP_SEMANTICS, NULL);
    return handle == INVALID_HANDLE_VALUE ? NULL : handle;
}

static void named_close(HANDLE handle, SE_OBJECT_TYPE type) {
    if (type == SE_SERVICE)
        CloseServiceHandle((SC_HANDLE)handle);
    else
        CloseHandle(handle);
}

/** GetNamedSecurityInfoW() - GetSecurityInfo() by name.  Return: also ERROR_FILE_NOT_FOUND and its like.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/aclapi/nf-aclapi-getnamedsecurityinfow */
DWORD WINAPI GetNamedSecurityInfoW(WCHAR *name, SE_OBJECT_TYPE type, SECURITY_INFORMATION what, PSID *owner,
    PSID *group, ACL **dacl, ACL **sacl, PSECURITY_DESCRIPTOR *descriptor) {
    HANDLE handle = named_open(name, type, rights_for(what, FALSE));
    DWORD error;

    if (!handle)
        return GetLastError();
    error = GetSecurityInfo(handle, type, what, owner, group, dacl, sacl, descriptor);
    named_close(handle, type);
    return error;
}

/** SetNamedSecurityInfoW() - SetSecurityInfo() by name. */
DWORD WINAPI SetNamedSecurityInfoW(
    WCHAR *name, SE_OBJECT_TYPE type, SECURITY_INFORMATION what, PSID owner, PSID group, ACL *dacl, ACL *sacl) {
    HANDLE handle = named_open(name, type, rights_for(what, TRUE));
    DWORD error;

    if (!handle)
        return GetLastError();
    error = SetSecurityInfo(handle, type, what, owner, group, dacl, sacl);
    named_close(handle, type);
    return error;
}

/* An A function's name.  Return: memory for LocalFree, or NULL. */
static WCHAR *wide_of(const char *text) {
    const int n = text ? MultiByteToWideChar(CP_ACP, 0, text, -1, NULL, 0) : 0;
    WCHAR *wide = n ? LocalAlloc(LMEM_FIXED, n * sizeof *wide) : NULL;

    if (wide)
        MultiByteToWideChar(CP_ACP, 0, text, -1, wide, n);
    return wide;
}

DWORD WINAPI GetNamedSecurityInfoA(char *name, SE_OBJECT_TYPE type, SECURITY_INFORMATION what, PSID *owner, PSID *group,
    ACL **dacl, ACL **sacl, PSECURITY_DESCRIPTOR *descriptor) {
    WCHAR *wide = wide_of(name);
    const DWORD error = GetNamedSecurityInfoW(wide, type, what, owner, group, dacl, sacl, descriptor);

    LocalFree(wide);
    return error;
}

DWORD WINAPI SetNamedSecurityInfoA(
    char *name, SE_OBJECT_TYPE type, SECURITY_INFORMATION what, PSID owner, PSID group, ACL *dacl, ACL *sacl) {
    WCHAR *wide = wide_of(name);
    const DWORD error = SetNamedSecurityInfoW(wide, type, what, owner, group, dacl, sacl);

    LocalFree(wide);
    return error;
}

/**
 * GetFileSecurityW() - parts of a file's descriptor, which is told from its owner, group and mode.
 * Return: FALSE with ERROR_INSUFFICIENT_BUFFER (*need), ERROR_FILE_NOT_FOUND, ERROR_ACCESS_DENIED…
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/securitybaseapi/nf-securitybaseapi-getfilesecurityw
 */
BOOL WINAPI GetFileSecurityW(
    const WCHAR *name, SECURITY_INFORMATION what, PSECURITY_DESCRIPTOR descriptor, DWORD size, DWORD *need) {
    HANDLE handle = named_open(name, SE_FILE_OBJECT, rights_for(what, FALSE));
    NTSTATUS status;

    if (!handle)
        return FALSE;
    status = NtQuerySecurityObject(handle, what, descriptor, size, need);
    CloseHandle(handle);
    return nt_result(status);
}

/** SetFileSecurityW() - changes owner, group and mode of a file.  Return: also FALSE with ERROR_NOT_SUPPORTED: Linux
 * cannot keep what is asked for. */
BOOL WINAPI SetFileSecurityW(const WCHAR *name, SECURITY_INFORMATION what, PSECURITY_DESCRIPTOR descriptor) {
    HANDLE handle = named_open(name, SE_FILE_OBJECT, rights_for(what, TRUE));
    NTSTATUS status;

    if (!handle)
        return FALSE;
    status = NtSetSecurityObject(handle, what, descriptor);
    CloseHandle(handle);
    return nt_result(status);
}

BOOL WINAPI GetFileSecurityA(
    const char *name, SECURITY_INFORMATION what, PSECURITY_DESCRIPTOR descriptor, DWORD size, DWORD *need) {
    WCHAR *wide = wide_of(name);
    const BOOL done = GetFileSecurityW(wide, what, descriptor, size, need);

    LocalFree(wide);
    return done;
}

BOOL WINAPI SetFileSecurityA(const char *name, SECURITY_INFORMATION what, PSECURITY_DESCRIPTOR descriptor) {
    WCHAR *wide = wide_of(name);
    const BOOL done = SetFileSecurityW(wide, what, descriptor);

    LocalFree(wide);
    return done;
}
