/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The loader's functions that ntdll exports: NT's names for what loader/module.c does. */
#define WIN32_NO_STATUS
#include "loader/module.h"
#undef WIN32_NO_STATUS
#include <ntstatus.h>

#include "loader/loader.h"

#include <stdlib.h>
#include <string.h>

#define LDR_NAME_MAX 32768

/* A terminated copy of a counted name; NULL: no memory. */
static WCHAR *ldr_name(const UNICODE_STRING *name) {
    WCHAR *copy = malloc(name->Length + sizeof *copy);

    if (!copy)
        return NULL;
    memcpy(copy, name->Buffer, name->Length);
    copy[name->Length / sizeof *copy] = 0;
    return copy;
}

/**
 * LdrLoadDll() - loads a DLL, or counts one more use of it.
 * @path: search path, ignored: the process's own order holds.
 * @flags: ignored.
 * @name: file name, with or without path.
 * @module: receives the handle.
 * Return: STATUS_SUCCESS, STATUS_DLL_NOT_FOUND, STATUS_INVALID_IMAGE_FORMAT, STATUS_DLL_INIT_FAILED, STATUS_NO_MEMORY.
 */
NTSTATUS WINAPI LdrLoadDll(LPCWSTR path, DWORD flags, const UNICODE_STRING *name, HMODULE *module) {
    WCHAR *copy = ldr_name(name);
    struct module *loaded;
    NTSTATUS status;

    (void)path;
    (void)flags;
    if (!copy)
        return STATUS_NO_MEMORY;
    status = module_load(copy, 0, &loaded);
    free(copy);
    *module = status ? NULL : loaded->ldr.DllBase;
    return status;
}

/**
 * LdrUnloadDll() - one use of a DLL less; after the last it is told and unmapped.
 * Return: STATUS_SUCCESS, STATUS_DLL_NOT_FOUND when the handle is no module's.
 */
NTSTATUS WINAPI LdrUnloadDll(HMODULE handle) {
    struct module *module;
    NTSTATUS status = STATUS_DLL_NOT_FOUND;

    module_lock();
    module = handle ? module_from_handle(handle) : NULL;
    if (module)
        status = module_free(module);
    module_unlock();
    return status;
}

/**
 * LdrGetDllHandleEx() - the handle of a module that is loaded.
 * @flags: LDR_GET_DLL_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT, or _PIN; else one use more.
 * @name: base name or full path.
 * Return: STATUS_SUCCESS, STATUS_DLL_NOT_FOUND, STATUS_INVALID_PARAMETER, STATUS_NO_MEMORY.
 */
NTSTATUS WINAPI LdrGetDllHandleEx(ULONG flags, LPCWSTR path, ULONG *characteristics, const UNICODE_STRING *name, HMODULE *handle) {
    const ULONG known = LDR_GET_DLL_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT | LDR_GET_DLL_HANDLE_EX_FLAG_PIN;
    struct module *module;
    WCHAR *copy;

    (void)path;
    (void)characteristics;
    if ((flags & ~known) || flags == known)
        return STATUS_INVALID_PARAMETER;
    copy = ldr_name(name);
    if (!copy)
        return STATUS_NO_MEMORY;
    module_lock();
    module = module_find_loaded(copy);
    if (module && (flags & LDR_GET_DLL_HANDLE_EX_FLAG_PIN))
        module_pin(module);
    else if (module && !(flags & LDR_GET_DLL_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT))
        module_ref(module);
    if (handle)
        *handle = module ? module->ldr.DllBase : NULL;
    module_unlock();
    free(copy);
    return module ? STATUS_SUCCESS : STATUS_DLL_NOT_FOUND;
}

NTSTATUS WINAPI LdrGetDllHandle(LPCWSTR path, ULONG flags, const UNICODE_STRING *name, HMODULE *handle) {
    (void)flags;
    return LdrGetDllHandleEx(LDR_GET_DLL_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT, path, NULL, name, handle);
}

/**
 * LdrAddRefDll() - one use of a module more, or (LDR_ADDREF_DLL_PIN) for ever.
 * Return: STATUS_SUCCESS, STATUS_INVALID_PARAMETER.
 */
NTSTATUS WINAPI LdrAddRefDll(ULONG flags, HMODULE handle) {
    struct module *module;

    if (flags & ~(ULONG)LDR_ADDREF_DLL_PIN)
        return STATUS_INVALID_PARAMETER;
    module_lock();
    module = handle ? module_from_handle(handle) : NULL;
    if (module && (flags & LDR_ADDREF_DLL_PIN))
        module_pin(module);
    else if (module)
        module_ref(module);
    module_unlock();
    return module ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

/**
 * LdrGetProcedureAddress() - the address of an export.
 * @name: NULL: by @ordinal.
 * Return: STATUS_SUCCESS, STATUS_DLL_NOT_FOUND, STATUS_ENTRYPOINT_NOT_FOUND, STATUS_ORDINAL_NOT_FOUND.
 */
NTSTATUS WINAPI LdrGetProcedureAddress(HMODULE handle, const ANSI_STRING *name, ULONG ordinal, void **address) {
    struct module *module = module_from_handle(handle);
    char *copy = NULL;

    *address = NULL;
    if (!module)
        return STATUS_DLL_NOT_FOUND;
    if (name) {
        copy = strndup(name->Buffer, name->Length);
        if (!copy)
            return STATUS_NO_MEMORY;
    }
    *address = module_export_attached(module, copy, ordinal);
    free(copy);
    if (*address)
        return STATUS_SUCCESS;
    return name ? STATUS_ENTRYPOINT_NOT_FOUND : STATUS_ORDINAL_NOT_FOUND;
}

/**
 * LdrDisableThreadCalloutsForDll() - the DLL hears no more of threads.
 * Return: STATUS_SUCCESS, STATUS_DLL_NOT_FOUND (no module; or it has static TLS, and goes on hearing).
 */
NTSTATUS WINAPI LdrDisableThreadCalloutsForDll(HMODULE handle) {
    struct module *module;

    module_lock();
    module = handle ? module_from_handle(handle) : NULL;
    if (module && module->tls_slot)
        module = NULL;
    if (module)
        module->no_thread_calls = true;
    module_unlock();
    return module ? STATUS_SUCCESS : STATUS_DLL_NOT_FOUND;
}

/**
 * LdrFindEntryForAddress() - the loader's entry of the module that an address lies in.
 * Return: STATUS_SUCCESS, STATUS_NO_MORE_ENTRIES.
 */
NTSTATUS WINAPI LdrFindEntryForAddress(const void *address, PLDR_DATA_TABLE_ENTRY *entry) {
    struct module *module = module_from_address(address);

    if (!module)
        return STATUS_NO_MORE_ENTRIES;
    *entry = &module->ldr;
    return STATUS_SUCCESS;
}

/**
 * LdrGetDllFullName() - the path of a module.
 * Return: STATUS_SUCCESS, STATUS_BUFFER_TOO_SMALL (what fits is there), STATUS_DLL_NOT_FOUND.
 */
NTSTATUS WINAPI LdrGetDllFullName(HMODULE handle, UNICODE_STRING *name) {
    struct module *module;
    NTSTATUS status = STATUS_DLL_NOT_FOUND;

    module_lock();
    module = module_from_handle(handle);
    if (module) {
        const UNICODE_STRING *full = &module->ldr.FullDllName;

        name->Length = full->Length < name->MaximumLength ? full->Length : name->MaximumLength;
        memcpy(name->Buffer, full->Buffer, name->Length);
        if (name->Length + sizeof(WCHAR) <= name->MaximumLength)
            name->Buffer[name->Length / sizeof(WCHAR)] = 0;
        status = full->Length < name->MaximumLength ? STATUS_SUCCESS : STATUS_BUFFER_TOO_SMALL;
    }
    module_unlock();
    return status;
}

/**
 * LdrLockLoaderLock() - takes the loader's lock.
 * @flags: 0 only, or 2 (do not wait) when the lock is free.
 * Return: STATUS_SUCCESS, STATUS_INVALID_PARAMETER_1, STATUS_INVALID_PARAMETER_3.
 */
NTSTATUS WINAPI LdrLockLoaderLock(ULONG flags, ULONG *result, ULONG_PTR *cookie) {
    if (flags & ~3u)
        return STATUS_INVALID_PARAMETER_1;
    if (!cookie)
        return STATUS_INVALID_PARAMETER_3;
    module_lock();
    *cookie = (ULONG_PTR)NtCurrentTeb()->ClientId.UniqueThread;
    if (result)
        *result = 1;
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI LdrUnlockLoaderLock(ULONG flags, ULONG_PTR cookie) {
    if (flags & ~1u)
        return STATUS_INVALID_PARAMETER_1;
    if (cookie != (ULONG_PTR)NtCurrentTeb()->ClientId.UniqueThread)
        return STATUS_INVALID_PARAMETER_2;
    module_unlock();
    return STATUS_SUCCESS;
}

/* --- search folders --- */

NTSTATUS WINAPI LdrSetDllDirectory(const UNICODE_STRING *folder) {
    WCHAR *copy = folder->Buffer ? ldr_name(folder) : NULL;
    const bool ok = search_set_folder(copy);

    free(copy);
    return ok ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

NTSTATUS WINAPI LdrAddDllDirectory(const UNICODE_STRING *folder, void **cookie) {
    WCHAR *copy = ldr_name(folder);

    *cookie = copy ? search_add_folder(copy) : NULL;
    free(copy);
    return *cookie ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

NTSTATUS WINAPI LdrRemoveDllDirectory(void *cookie) {
    return search_remove_folder(cookie) ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

NTSTATUS WINAPI LdrSetDefaultDllDirectories(ULONG flags) {
    const ULONG known = LOAD_LIBRARY_SEARCH_APPLICATION_DIR | LOAD_LIBRARY_SEARCH_DEFAULT_DIRS | LOAD_LIBRARY_SEARCH_SYSTEM32 |
                        LOAD_LIBRARY_SEARCH_USER_DIRS;

    if (!flags || (flags & ~known))
        return STATUS_INVALID_PARAMETER;
    search_set_default_flags(flags);
    return STATUS_SUCCESS;
}

/* --- the end --- */

void WINAPI LdrShutdownProcess(void) {
    winipc_module_end_process();
}
