/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Loading and asking for modules (MSDN: libloaderapi.h). */
#define WIN32_NO_STATUS
#include "loader/module.h"
#undef WIN32_NO_STATUS
#include <ntstatus.h>

#include "dlls/kernel32/error.h"
#include "dlls/ntdll/teb.h"
#include "libs/base/utf.h"

#include <stdlib.h>
#include <string.h>

#define MODULE_LOAD_FLAGS                                                                                                 \
    (DONT_RESOLVE_DLL_REFERENCES | LOAD_LIBRARY_AS_DATAFILE | LOAD_WITH_ALTERED_SEARCH_PATH |                             \
     LOAD_IGNORE_CODE_AUTHZ_LEVEL | LOAD_LIBRARY_AS_IMAGE_RESOURCE | LOAD_LIBRARY_AS_DATAFILE_EXCLUSIVE |                 \
     LOAD_LIBRARY_REQUIRE_SIGNED_TARGET | LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR | LOAD_LIBRARY_SEARCH_APPLICATION_DIR |        \
     LOAD_LIBRARY_SEARCH_USER_DIRS | LOAD_LIBRARY_SEARCH_SYSTEM32 | LOAD_LIBRARY_SEARCH_DEFAULT_DIRS)

/* A malloced wide copy of an A form's string, NULL for NULL; sets the last error and *failed when memory is out. */
static WCHAR *module_wide(const char *text, BOOL *failed) {
    WCHAR *wide = text ? utf16_dup_from_utf8(text) : NULL;

    *failed = text && !wide;
    if (*failed)
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    return wide;
}

/* "name " is "name" to LoadLibrary. */
static void module_trim(WCHAR *name) {
    size_t length = utf16_len(name);

    while (length && name[length - 1] == ' ')
        name[--length] = 0;
}

static HMODULE module_load_trimmed(WCHAR *name, DWORD flags) {
    struct module *module;

    module_trim(name);
    if (!*name) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    if (!set_nt_error(module_load(name, flags, &module)))
        return NULL;
    if (flags & (LOAD_LIBRARY_AS_DATAFILE | LOAD_LIBRARY_AS_DATAFILE_EXCLUSIVE))
        return (HMODULE)((ULONG_PTR)module->ldr.DllBase | 1);
    if (flags & LOAD_LIBRARY_AS_IMAGE_RESOURCE)
        return (HMODULE)((ULONG_PTR)module->ldr.DllBase | 2);
    return module->ldr.DllBase;
}

/**
 * LoadLibraryExW() - maps a DLL and all that it needs, and tells them of the process; one use more if it is loaded already.
 * @file: reserved, NULL.
 * @flags: 0, or how to search and what to leave out.
 * Return: the handle; NULL: ERROR_INVALID_PARAMETER, ERROR_MOD_NOT_FOUND (it, or a DLL that it needs), ERROR_BAD_EXE_FORMAT,
 * ERROR_DLL_INIT_FAILED, ERROR_NOT_ENOUGH_MEMORY.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/libloaderapi/nf-libloaderapi-loadlibraryexw
 */
HMODULE WINAPI LoadLibraryExW(LPCWSTR name, HANDLE file, DWORD flags) {
    HMODULE module;
    WCHAR *copy;

    if (!name || file || (flags & ~(DWORD)MODULE_LOAD_FLAGS)) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    copy = malloc((utf16_len(name) + 1) * sizeof *copy);
    if (!copy) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    memcpy(copy, name, (utf16_len(name) + 1) * sizeof *copy);
    module = module_load_trimmed(copy, flags);
    free(copy);
    return module;
}

HMODULE WINAPI LoadLibraryExA(LPCSTR name, HANDLE file, DWORD flags) {
    BOOL failed;
    WCHAR *wide = module_wide(name, &failed);
    HMODULE module = failed ? NULL : LoadLibraryExW(wide, file, flags);

    free(wide);
    return module;
}

HMODULE WINAPI LoadLibraryW(LPCWSTR name) {
    return LoadLibraryExW(name, NULL, 0);
}

HMODULE WINAPI LoadLibraryA(LPCSTR name) {
    return LoadLibraryExA(name, NULL, 0);
}

/**
 * FreeLibrary() - one use of a DLL less; after the last one it is told and unmapped.
 * Return: FALSE: ERROR_INVALID_HANDLE (NULL), ERROR_MOD_NOT_FOUND (no module's handle).
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/libloaderapi/nf-libloaderapi-freelibrary
 */
BOOL WINAPI FreeLibrary(HMODULE module) {
    if (!module) {
        SetLastError(ERROR_INVALID_HANDLE);
        return FALSE;
    }
    return set_nt_error(LdrUnloadDll(module));
}

void WINAPI DECLSPEC_NORETURN FreeLibraryAndExitThread(HMODULE module, DWORD exit_code) {
    FreeLibrary(module);
    thread_exit(exit_code);
}

/**
 * GetModuleHandleExW() - the handle of a module that is loaded.
 * @flags: GET_MODULE_HANDLE_EX_FLAG_PIN, _UNCHANGED_REFCOUNT (not both), _FROM_ADDRESS (name is an address in the module).
 * @name: NULL: the program.
 * @module: receives the handle, or NULL.
 * Return: FALSE: ERROR_INVALID_PARAMETER, ERROR_MOD_NOT_FOUND.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/libloaderapi/nf-libloaderapi-getmodulehandleexw
 */
BOOL WINAPI GetModuleHandleExW(DWORD flags, LPCWSTR name, HMODULE *module) {
    const DWORD keep = GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT, pin = GET_MODULE_HANDLE_EX_FLAG_PIN;
    struct module *found;

    if (!module) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    *module = NULL;
    if ((flags & ~(keep | pin | GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS)) || (flags & (keep | pin)) == (keep | pin) ||
        ((flags & GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS) && !name)) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    module_lock();
    found = !name                                           ? module_from_handle(NULL)
            : flags & GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS ? module_from_address(name)
                                                            : module_find_loaded(name);
    if (found && (flags & pin))
        module_pin(found);
    else if (found && !(flags & keep))
        module_ref(found);
    *module = found ? found->ldr.DllBase : NULL;
    module_unlock();
    if (!found)
        SetLastError(ERROR_MOD_NOT_FOUND);
    return found != NULL;
}

BOOL WINAPI GetModuleHandleExA(DWORD flags, LPCSTR name, HMODULE *module) {
    BOOL failed, ok;
    WCHAR *wide;

    if (flags & GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS)
        return GetModuleHandleExW(flags, (LPCWSTR)name, module);
    wide = module_wide(name, &failed);
    ok = !failed && GetModuleHandleExW(flags, wide, module);
    free(wide);
    return ok;
}

/**
 * GetModuleHandleW() - the handle of a module that is loaded, uncounted.
 * @name: NULL: the program.
 * Return: NULL: ERROR_MOD_NOT_FOUND.
 */
HMODULE WINAPI GetModuleHandleW(LPCWSTR name) {
    HMODULE module;

    return GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT, name, &module) ? module : NULL;
}

HMODULE WINAPI GetModuleHandleA(LPCSTR name) {
    HMODULE module;

    return GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT, name, &module) ? module : NULL;
}

/* Copies a module's path or base name; the length, or size when it was cut. */
static DWORD module_copy_name(const UNICODE_STRING *from, WCHAR *name, DWORD size) {
    const DWORD length = from->Length / sizeof(WCHAR);

    if (length < size) {
        memcpy(name, from->Buffer, (length + 1) * sizeof(WCHAR));
        return length;
    }
    if (size) {
        memcpy(name, from->Buffer, (size - 1) * sizeof(WCHAR));
        name[size - 1] = 0;
    }
    SetLastError(ERROR_INSUFFICIENT_BUFFER);
    return size;
}

static DWORD module_copy_name_a(const UNICODE_STRING *from, char *name, DWORD size) {
    const DWORD units = from->Length / sizeof(WCHAR), length = utf16_to_utf8(from->Buffer, units, name, size, NULL);

    if (length < size) {
        name[length] = 0;
        return length;
    }
    if (size)
        name[size - 1] = 0;
    SetLastError(ERROR_INSUFFICIENT_BUFFER);
    return size;
}

/**
 * GetModuleFileNameW() - the path of a module's file.
 * @module: NULL: the program's.
 * @size: room in units.
 * Return: the length; @size when it was cut (ERROR_INSUFFICIENT_BUFFER, terminated); 0: ERROR_MOD_NOT_FOUND.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/libloaderapi/nf-libloaderapi-getmodulefilenamew
 */
DWORD WINAPI GetModuleFileNameW(HMODULE module, LPWSTR name, DWORD size) {
    struct module *found;
    DWORD length = 0;

    module_lock();
    found = module_from_handle(module);
    if (found)
        length = module_copy_name(&found->ldr.FullDllName, name, size);
    else
        SetLastError(ERROR_MOD_NOT_FOUND);
    module_unlock();
    return length;
}

DWORD WINAPI GetModuleFileNameA(HMODULE module, LPSTR name, DWORD size) {
    struct module *found;
    DWORD length = 0;

    module_lock();
    found = module_from_handle(module);
    if (found)
        length = module_copy_name_a(&found->ldr.FullDllName, name, size);
    else
        SetLastError(ERROR_MOD_NOT_FOUND);
    module_unlock();
    return length;
}

/**
 * GetProcAddress() - the address of an export.
 * @module: NULL: the program's.
 * @name: a name, or an ordinal below 65536.
 * Return: NULL: ERROR_MOD_NOT_FOUND (no module's handle), ERROR_PROC_NOT_FOUND, ERROR_INVALID_ORDINAL.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/libloaderapi/nf-libloaderapi-getprocaddress
 */
FARPROC WINAPI GetProcAddress(HMODULE module, LPCSTR name) {
    const BOOL by_ordinal = IS_INTRESOURCE(name);
    struct module *found = module_from_handle(module);
    FARPROC function;
    void *address;

    if (!found) {
        SetLastError(ERROR_MOD_NOT_FOUND);
        return NULL;
    }
    address = module_export_attached(found, by_ordinal ? NULL : name, by_ordinal ? (DWORD)(ULONG_PTR)name : 0);
    if (!address)
        SetLastError(by_ordinal ? ERROR_INVALID_ORDINAL : ERROR_PROC_NOT_FOUND);
    memcpy(&function, &address, sizeof function);
    return function;
}

/**
 * DisableThreadLibraryCalls() - the DLL hears no more of threads.
 * Return: FALSE: ERROR_MOD_NOT_FOUND (no module, or one with static TLS, which goes on hearing).
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/libloaderapi/nf-libloaderapi-disablethreadlibrarycalls
 */
BOOL WINAPI DisableThreadLibraryCalls(HMODULE module) {
    return set_nt_error(LdrDisableThreadCalloutsForDll(module));
}

/* --- search folders --- */

/**
 * SetDllDirectoryW() - a folder that DLLs are looked for in, behind the program's own; the current folder is then left out.
 * @folder: "": none, and the current folder left out; NULL: the usual order again.
 */
BOOL WINAPI SetDllDirectoryW(LPCWSTR folder) {
    if (search_set_folder(folder))
        return TRUE;
    SetLastError(ERROR_INVALID_PARAMETER);
    return FALSE;
}

BOOL WINAPI SetDllDirectoryA(LPCSTR folder) {
    BOOL failed, ok;
    WCHAR *wide = module_wide(folder, &failed);

    ok = !failed && SetDllDirectoryW(wide);
    free(wide);
    return ok;
}

DLL_DIRECTORY_COOKIE WINAPI AddDllDirectory(PCWSTR folder) {
    void *cookie = folder && *folder ? search_add_folder(folder) : NULL;

    if (!cookie)
        SetLastError(ERROR_INVALID_PARAMETER);
    return cookie;
}

BOOL WINAPI RemoveDllDirectory(DLL_DIRECTORY_COOKIE cookie) {
    return set_nt_error(LdrRemoveDllDirectory(cookie));
}

BOOL WINAPI SetDefaultDllDirectories(DWORD flags) {
    return set_nt_error(LdrSetDefaultDllDirectories(flags));
}
