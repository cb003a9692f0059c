/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Delay imports by the system's resolver: the first call of such a function goes to a helper in its image, which asks
 * here for the address and jumps to it. Tables of the program's own image are trusted: whoever can write them runs in
 * this process.
 */
#define WIN32_NO_STATUS
#include "loader/module.h"
#undef WIN32_NO_STATUS
#include <ntstatus.h>

#include "libs/host/guard.h"

#include <delayloadhandler.h>

#include <stdatomic.h>
#include <string.h>

/* The DLL of a descriptor, loaded by the first who asks, who leaves its handle there. */
static NTSTATUS delay_dll(char *base, const IMAGE_DELAYLOAD_DESCRIPTOR *descriptor, struct module **module) {
    _Atomic(HMODULE) *const place = (void *)(base + descriptor->ModuleHandleRVA);
    const char *name = base + descriptor->DllNameRVA;
    WCHAR wide[MAX_PATH];
    HMODULE none = NULL;
    size_t length = strlen(name);
    NTSTATUS status;

    *module = *place ? module_from_handle(*place) : NULL;
    if (*module)
        return STATUS_SUCCESS;
    if (length >= MAX_PATH)
        return STATUS_DLL_NOT_FOUND;
    for (size_t i = 0; i <= length; i++)
        wide[i] = (unsigned char)name[i];
    status = module_load(wide, 0, module);
    if (!status && !atomic_compare_exchange_strong(place, &none, (*module)->ldr.DllBase))
        LdrUnloadDll((*module)->ldr.DllBase); /* another thread was first, and its use counts */
    return status;
}

/* Address tables may lie in read-only pages; the loader's lock keeps two threads from each other's protections. */
static void thunk_write(IMAGE_THUNK_DATA *thunk, void *function) {
    void *page = thunk;
    SIZE_T size = sizeof *thunk;
    ULONG old;

    module_lock();
    if (guard_copy_to(&thunk->u1.Function, &function, sizeof function) &&
        !NtProtectVirtualMemory(NtCurrentProcess(), &page, &size, PAGE_READWRITE, &old)) {
        thunk->u1.Function = (ULONG_PTR)function;
        NtProtectVirtualMemory(NtCurrentProcess(), &page, &size, old, &old);
    }
    module_unlock();
}

static void function_describe(const char *base, const IMAGE_THUNK_DATA *name, DELAYLOAD_PROC_DESCRIPTOR *function) {
    function->ImportDescribedByName = !IMAGE_SNAP_BY_ORDINAL(name->u1.Ordinal);
    if (function->ImportDescribedByName)
        function->Description.Name =
            (const char *)((const IMAGE_IMPORT_BY_NAME *)(base + name->u1.AddressOfData))->Name;
    else
        function->Description.Ordinal = IMAGE_ORDINAL(name->u1.Ordinal);
}

/**
 * LdrResolveDelayLoadedAPI() - kernel32's ResolveDelayLoadedAPI: the address of a delay-loaded function, which is
 * written to its thunk as well.
 * @base: of the image that imports it.
 * @thunk: its place in the import address table.
 * @dll_hook: asked first when DLL or function are not there; what it returns is the function. NULL: none.
 * @system_hook: asked when that is NULL, with the names of both (or the ordinal). NULL: none.
 * @flags: 0; not looked at.
 * Return: the address; NULL when it is not there and no hook brings one. The thunk is written on success alone, so the
 * next call asks again. Source: https://learn.microsoft.com/en-us/windows/win32/devnotes/resolvedelayloadedapi
 */
void *WINAPI LdrResolveDelayLoadedAPI(void *base, const IMAGE_DELAYLOAD_DESCRIPTOR *descriptor,
    PDELAYLOAD_FAILURE_DLL_CALLBACK dll_hook, PDELAYLOAD_FAILURE_SYSTEM_ROUTINE system_hook, IMAGE_THUNK_DATA *thunk,
    ULONG flags) {
    const IMAGE_THUNK_DATA *first = (void *)((char *)base + descriptor->ImportAddressTableRVA);
    const IMAGE_THUNK_DATA *names = (void *)((char *)base + descriptor->ImportNameTableRVA);
    DELAYLOAD_INFO info = {sizeof info, descriptor, thunk, (char *)base + descriptor->DllNameRVA, .Unused = NULL};
    DELAYLOAD_PROC_DESCRIPTOR *const function = &info.TargetApiDescriptor;
    const char *name;
    struct module *module = NULL;
    void *found = NULL;
    NTSTATUS status;

    (void)flags;
    function_describe(base, &names[thunk - first], function);
    name = function->ImportDescribedByName ? function->Description.Name : NULL;
    status = delay_dll(base, descriptor, &module);
    if (!status) {
        info.TargetModuleBase = module->ldr.DllBase;
        found = module_export_attached(module, name, name ? 0 : function->Description.Ordinal);
        status = name ? STATUS_ENTRYPOINT_NOT_FOUND : STATUS_ORDINAL_NOT_FOUND;
    }
    if (found) {
        thunk_write(thunk, found);
        return found;
    }
    info.LastError = RtlNtStatusToDosError(status);
    if (dll_hook)
        found = dll_hook(DELAYLOAD_GPA_FAILURE, &info);
    if (!found && system_hook)
        found = system_hook(info.TargetDllName, name ? name : MAKEINTRESOURCEA(function->Description.Ordinal));
    return found;
}
