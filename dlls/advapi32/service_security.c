/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who may do what with services.  A service's descriptor stands where Windows keeps it, in the value Security of its
 * subkey Security; of one that nobody gave any, and of the manager, it is made up: what Windows gives, and everything
 * for the session's user, for it is his session.
 */
#include "dlls/advapi32/security.h"
#include "dlls/advapi32/service.h"

#include <sddl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ntstatus.h>

const GENERIC_MAPPING service_mapping = {STANDARD_RIGHTS_READ | SERVICE_QUERY_CONFIG | SERVICE_QUERY_STATUS |
                                             SERVICE_INTERROGATE | SERVICE_ENUMERATE_DEPENDENTS,
    STANDARD_RIGHTS_WRITE | SERVICE_CHANGE_CONFIG,
    STANDARD_RIGHTS_EXECUTE | SERVICE_START | SERVICE_STOP | SERVICE_PAUSE_CONTINUE | SERVICE_USER_DEFINED_CONTROL,
    SERVICE_ALL_ACCESS};
static const GENERIC_MAPPING manager_mapping = {
    STANDARD_RIGHTS_READ | SC_MANAGER_ENUMERATE_SERVICE | SC_MANAGER_QUERY_LOCK_STATUS,
    STANDARD_RIGHTS_WRITE | SC_MANAGER_CREATE_SERVICE | SC_MANAGER_MODIFY_BOOT_CONFIG,
    STANDARD_RIGHTS_EXECUTE | SC_MANAGER_CONNECT | SC_MANAGER_LOCK, SC_MANAGER_ALL_ACCESS};

/* The SID of this process's user, as text for LocalFree(). */
static char *user_text(void) {
    BYTE bytes[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
    char *text = NULL;
    HANDLE token;
    DWORD size;

    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
        return NULL;
    if (!GetTokenInformation(token, TokenUser, bytes, sizeof bytes, &size) ||
        !ConvertSidToStringSidA(((TOKEN_USER *)bytes)->User.Sid, &text))
        text = NULL;
    CloseHandle(token);
    return text;
}

/* For LocalFree(); NULL: last error. */
static PSECURITY_DESCRIPTOR descriptor_default(BOOL is_manager) {
    PSECURITY_DESCRIPTOR descriptor = NULL;
    char text[512], *user = user_text();

    if (!user)
        return NULL;
    snprintf(text, sizeof text,
        is_manager ? "O:SYG:SYD:(A;;CC;;;AU)(A;;CCLCRPRC;;;IU)(A;;CCDCLCSWRPWPSDRCWDWO;;;BA)(A;;CCDCLCSWRPWPSDRCWDWO;;;"
                     "SY)(A;;CCDCLCSWRPWPSDRCWDWO;;;%s)"
                   : "O:SYG:SYD:(A;;CCLCSWLOCRRC;;;AU)(A;;CCDCLCSWRPWPDTLOCRSDRCWDWO;;;BA)(A;;"
                     "CCDCLCSWRPWPDTLOCRSDRCWDWO;;;SY)(A;;CCDCLCSWRPWPDTLOCRSDRCWDWO;;;%s)",
        user);
    LocalFree(user);
    if (!ConvertStringSecurityDescriptorToSecurityDescriptorA(text, SDDL_REVISION_1, &descriptor, NULL))
        return NULL;
    return descriptor;
}

/* A service's, or the manager's (NULL); for LocalFree(). */
static PSECURITY_DESCRIPTOR descriptor_of(const WCHAR *name) {
    PSECURITY_DESCRIPTOR descriptor = NULL;
    struct reg_data data;
    HKEY key, below;

    if (!name || service_key(name, KEY_READ, &key))
        return descriptor_default(!name);
    if (!reg_open(key, L"Security", 0, KEY_READ, &below)) {
        if (!reg_data_read(below, L"Security", &data)) {
            descriptor = data.size >= SECURITY_DESCRIPTOR_MIN_LENGTH ? LocalAlloc(LMEM_FIXED, data.size) : NULL;
            if (descriptor)
                memcpy(descriptor, data.data, data.size);
            if (descriptor && !RtlValidRelativeSecurityDescriptor(descriptor, data.size, 0)) {
                LocalFree(descriptor);
                descriptor = NULL;
            }
            reg_data_free(&data);
        }
        reg_close(below);
    }
    reg_close(key);
    return descriptor ? descriptor : descriptor_default(FALSE);
}

/* The calling thread's token, as one that can be checked. */
static HANDLE token_of_caller(void) {
    HANDLE token = NULL, copy = NULL;

    if (OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token))
        return token;
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY | TOKEN_DUPLICATE, &token))
        return NULL;
    if (!DuplicateToken(token, SecurityIdentification, &copy))
        copy = NULL;
    CloseHandle(token);
    return copy;
}

DWORD service_access(const WCHAR *name, DWORD desired, DWORD *granted) {
    GENERIC_MAPPING mapping = name ? service_mapping : manager_mapping;
    const PSECURITY_DESCRIPTOR descriptor = descriptor_of(name);
    const HANDLE token = descriptor ? token_of_caller() : NULL;
    BYTE bytes[256];
    DWORD size = sizeof bytes, error = ERROR_SUCCESS;
    BOOL allowed = FALSE;

    RtlMapGenericMask(&desired, &mapping);
    *granted = 0;
    if (!name)
        desired |= SC_MANAGER_CONNECT;
    if (!desired) /* a handle that may nothing */
        allowed = TRUE;
    else if (!token ||
             !AccessCheck(descriptor, token, desired, &mapping, (PRIVILEGE_SET *)bytes, &size, granted, &allowed) ||
             !allowed)
        error = GetLastError();
    if (token)
        CloseHandle(token);
    LocalFree(descriptor);
    return error;
}

/* ---- the descriptor itself ---- */

/* The parts that were asked for, absolute: they point into @all. */
static void descriptor_part(PSECURITY_DESCRIPTOR all, SECURITY_INFORMATION what, SECURITY_DESCRIPTOR *part) {
    BOOL present, defaulted;
    ACL *list;
    PSID sid;

    InitializeSecurityDescriptor(part, SECURITY_DESCRIPTOR_REVISION);
    if (what & OWNER_SECURITY_INFORMATION && GetSecurityDescriptorOwner(all, &sid, &defaulted))
        SetSecurityDescriptorOwner(part, sid, defaulted);
    if (what & GROUP_SECURITY_INFORMATION && GetSecurityDescriptorGroup(all, &sid, &defaulted))
        SetSecurityDescriptorGroup(part, sid, defaulted);
    if (what & DACL_SECURITY_INFORMATION && GetSecurityDescriptorDacl(all, &present, &list, &defaulted) && present)
        SetSecurityDescriptorDacl(part, TRUE, list, defaulted);
    if (what & SACL_SECURITY_INFORMATION && GetSecurityDescriptorSacl(all, &present, &list, &defaulted) && present)
        SetSecurityDescriptorSacl(part, TRUE, list, defaulted);
}

static DWORD rights_to_read(SECURITY_INFORMATION what) {
    return (what & (OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION) ? READ_CONTROL
                                                                                                         : 0) |
           (what & SACL_SECURITY_INFORMATION ? ACCESS_SYSTEM_SECURITY : 0);
}

static DWORD rights_to_write(SECURITY_INFORMATION what) {
    return (what & (OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION) ? WRITE_OWNER : 0) |
           (what & DACL_SECURITY_INFORMATION ? WRITE_DAC : 0) |
           (what & SACL_SECURITY_INFORMATION ? ACCESS_SYSTEM_SECURITY : 0);
}

#define PARTS                                                                                                          \
    (OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION | SACL_SECURITY_INFORMATION)

/**
 * QueryServiceObjectSecurity() - parts of the descriptor of a service or of the manager, self-relative.
 * Return: FALSE: ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED, ERROR_INSUFFICIENT_BUFFER (*need), ERROR_INVALID_PARAMETER,
 * ERROR_INVALID_ADDRESS.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winsvc/nf-winsvc-queryserviceobjectsecurity
 */
BOOL WINAPI QueryServiceObjectSecurity(
    SC_HANDLE handle, SECURITY_INFORMATION what, PSECURITY_DESCRIPTOR descriptor, DWORD size, DWORD *need) {
    SECURITY_DESCRIPTOR part;
    struct service_ref ref;
    PSECURITY_DESCRIPTOR all;
    DWORD error =
        !what || what & ~(DWORD)PARTS ? ERROR_INVALID_PARAMETER : service_find_any(handle, rights_to_read(what), &ref);

    if (!error && (!need || (size && !descriptor)))
        error = ERROR_INVALID_ADDRESS;
    if (error)
        return service_result(error);
    all = descriptor_of(ref.is_manager ? NULL : ref.name);
    if (!all)
        return FALSE;
    descriptor_part(all, what, &part);
    *need = size;
    if (!MakeSelfRelativeSD(&part, descriptor, need))
        error = GetLastError();
    else
        *need = GetSecurityDescriptorLength(descriptor);
    LocalFree(all);
    return service_result(error);
}

/* Writes a service's descriptor with the new parts. */
static DWORD descriptor_replace(const WCHAR *name, SECURITY_INFORMATION what, PSECURITY_DESCRIPTOR new) {
    const PSECURITY_DESCRIPTOR old = descriptor_of(name);
    SECURITY_DESCRIPTOR kept, added;
    BYTE *bytes = NULL;
    HKEY key, below;
    DWORD size = 0, error;

    if (!old)
        return GetLastError();
    descriptor_part(old, PARTS & ~what, &kept);
    descriptor_part(new, what, &added);
    kept.Control |= added.Control;
    kept.Owner = added.Owner ? added.Owner : kept.Owner;
    kept.Group = added.Group ? added.Group : kept.Group;
    kept.Dacl = what & DACL_SECURITY_INFORMATION ? added.Dacl : kept.Dacl;
    kept.Sacl = what & SACL_SECURITY_INFORMATION ? added.Sacl : kept.Sacl;
    MakeSelfRelativeSD(&kept, NULL, &size);
    bytes = malloc(size);
    error = !bytes                                    ? ERROR_NOT_ENOUGH_MEMORY
            : MakeSelfRelativeSD(&kept, bytes, &size) ? service_key(name, KEY_ALL_ACCESS, &key)
                                                      : GetLastError();
    if (!error) {
        error = (DWORD)RegCreateKeyExW(key, L"Security", 0, NULL, 0, KEY_SET_VALUE, NULL, &below, NULL);
        if (!error) {
            error = (DWORD)RegSetValueExW(below, L"Security", 0, REG_BINARY, bytes, size);
            reg_close(below);
        }
        reg_close(key);
    }
    free(bytes);
    LocalFree(old);
    return error;
}

/**
 * SetServiceObjectSecurity() - changes parts of a service's descriptor.
 * Return: FALSE: ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED, ERROR_INVALID_PARAMETER (no valid descriptor; the owner or
 * group is missing), ERROR_SERVICE_MARKED_FOR_DELETE, ERROR_NOT_SUPPORTED (the manager's). Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/winsvc/nf-winsvc-setserviceobjectsecurity
 */
BOOL WINAPI SetServiceObjectSecurity(SC_HANDLE handle, SECURITY_INFORMATION what, PSECURITY_DESCRIPTOR descriptor) {
    struct service_config config;
    struct service_ref ref;
    PSID owner = NULL, group = NULL;
    BOOL defaulted;
    DWORD error = !what || what & ~(DWORD)PARTS || !IsValidSecurityDescriptor(descriptor) ? ERROR_INVALID_PARAMETER
                                                                                          : ERROR_SUCCESS;

    if (!error)
        error = service_find_any(handle, rights_to_write(what), &ref);
    if (!error && ref.is_manager)
        error = ERROR_NOT_SUPPORTED;
    if (!error) {
        GetSecurityDescriptorOwner(descriptor, &owner, &defaulted);
        GetSecurityDescriptorGroup(descriptor, &group, &defaulted);
        if ((what & OWNER_SECURITY_INFORMATION && !owner) || (what & GROUP_SECURITY_INFORMATION && !group))
            error = ERROR_INVALID_PARAMETER;
    }
    if (!error)
        error = service_load(ref.name, &config);
    if (error)
        return service_result(error);
    error = config.deleted ? ERROR_SERVICE_MARKED_FOR_DELETE : descriptor_replace(ref.name, what, descriptor);
    service_config_free(&config);
    return service_result(error);
}
