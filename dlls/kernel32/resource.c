/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Resources of a module (MSDN: libloaderapi.h, winbase.h). */
#define WIN32_NO_STATUS
#include "dlls/kernel32/error.h"
#undef WIN32_NO_STATUS
#include <ntstatus.h>

#include "dlls/kernel32/resource.h"
#include "libs/base/utf.h"

#include <stdlib.h>

ULONG_PTR resource_id(LPCWSTR name) {
    ULONG id = 0;

    if (IS_INTRESOURCE(name) || name[0] != '#')
        return (ULONG_PTR)name;
    for (name++; *name >= '0' && *name <= '9' && id < 65536; name++)
        id = 10 * id + (*name - '0');
    return *name || id > 65535 ? 0 : id;
}

static HMODULE resource_module(HMODULE module) {
    return module ? module : GetModuleHandleW(NULL);
}

/**
 * FindResourceExW() - where a module's resource of a type, name and language is described.
 * @module: NULL: the program.
 * @type, @name: text, "#number", or MAKEINTRESOURCE.
 * Return: NULL: ERROR_RESOURCE_DATA_NOT_FOUND, ERROR_RESOURCE_TYPE_NOT_FOUND, ERROR_RESOURCE_NAME_NOT_FOUND.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/libloaderapi/nf-libloaderapi-findresourceexw
 */
HRSRC WINAPI FindResourceExW(HMODULE module, LPCWSTR type, LPCWSTR name, WORD language) {
    const LDR_RESOURCE_INFO info = {resource_id(type), resource_id(name), language};
    const IMAGE_RESOURCE_DATA_ENTRY *entry;

    if (!set_nt_error(LdrFindResource_U(resource_module(module), &info, 3, &entry)))
        return NULL;
    return (HRSRC)entry;
}

HRSRC WINAPI FindResourceW(HMODULE module, LPCWSTR name, LPCWSTR type) {
    return FindResourceExW(module, type, name, MAKELANGID(LANG_NEUTRAL, SUBLANG_NEUTRAL));
}

HRSRC WINAPI FindResourceExA(HMODULE module, LPCSTR type, LPCSTR name, WORD language) {
    WCHAR *wide_type = IS_INTRESOURCE(type) ? NULL : utf16_dup_from_utf8(type);
    WCHAR *wide_name = IS_INTRESOURCE(name) ? NULL : utf16_dup_from_utf8(name);
    HRSRC found = NULL;

    if ((!IS_INTRESOURCE(type) && !wide_type) || (!IS_INTRESOURCE(name) && !wide_name))
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    else
        found = FindResourceExW(module, wide_type ? wide_type : (LPCWSTR)type, wide_name ? wide_name : (LPCWSTR)name, language);
    free(wide_type);
    free(wide_name);
    return found;
}

HRSRC WINAPI FindResourceA(HMODULE module, LPCSTR name, LPCSTR type) {
    return FindResourceExA(module, type, name, MAKELANGID(LANG_NEUTRAL, SUBLANG_NEUTRAL));
}

/**
 * LoadResource() - a handle to a resource's data, for LockResource; in fact its address.
 * Return: NULL: ERROR_RESOURCE_DATA_NOT_FOUND; NULL for NULL, no error.
 */
HGLOBAL WINAPI LoadResource(HMODULE module, HRSRC resource) {
    void *data;

    if (!resource)
        return NULL;
    if (!set_nt_error(LdrAccessResource(resource_module(module), (IMAGE_RESOURCE_DATA_ENTRY *)resource, &data, NULL)))
        return NULL;
    return data;
}

LPVOID WINAPI LockResource(HGLOBAL data) {
    return data;
}

BOOL WINAPI FreeResource(HGLOBAL data) {
    (void)data;
    return FALSE; /* as documented: nothing to free, and FALSE means success */
}

DWORD WINAPI SizeofResource(HMODULE module, HRSRC resource) {
    (void)module;
    return resource ? ((IMAGE_RESOURCE_DATA_ENTRY *)resource)->Size : 0;
}
