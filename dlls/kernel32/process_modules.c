/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The modules of a process (MSDN: psapi.h), its own or another one's: read out of its memory, by the list that its PEB
 * leads to.  A process that loads or unloads meanwhile, or has not begun, may show a list that cannot be followed:
 * ERROR_PARTIAL_COPY.
 */
#include "dlls/kernel32/process_modules.h"

#include <ntstatus.h>
#define WIN32_NO_STATUS
#include <winternl.h>
#undef WIN32_NO_STATUS
#include <psapi.h>

#include <stdlib.h>
#include <string.h>

#include "dlls/kernel32/error.h"
#include "libs/base/utf.h"
#include "loader/module.h"

#define MODULES_MAX 4096
#define MODULES_32BIT 1u /* LIST_MODULES_*, which the headers lack */
#define MODULES_ALL 3u

static NTSTATUS memory_read(HANDLE process, const void *address, void *buffer, SIZE_T size) {
    return NtReadVirtualMemory(process, address, buffer, size, NULL);
}

/* A terminated copy of a text there. */
static NTSTATUS text_read(HANDLE process, const UNICODE_STRING *there, WCHAR **text) {
    WCHAR *copy = malloc(there->Length + sizeof *copy);
    const NTSTATUS status = copy ? memory_read(process, there->Buffer, copy, there->Length) : STATUS_NO_MEMORY;

    if (status) {
        free(copy);
        return status;
    }
    copy[there->Length / sizeof *copy] = 0;
    *text = copy;
    return STATUS_SUCCESS;
}

static NTSTATUS process_module_read(HANDLE process, const LDR_DATA_TABLE_ENTRY *entry, struct process_module *module) {
    NTSTATUS status;

    *module =
        (struct process_module){.base = entry->DllBase, .entry = entry->EntryPoint, .size_bytes = entry->SizeOfImage};
    status = text_read(process, &entry->BaseDllName, &module->name);
    return status ? status : text_read(process, &entry->FullDllName, &module->path);
}

/* Where the list begins. */
static NTSTATUS list_find(HANDLE process, const LIST_ENTRY **head) {
    PROCESS_BASIC_INFORMATION info;
    PEB_LDR_DATA *loader = NULL;
    NTSTATUS status = NtQueryInformationProcess(process, ProcessBasicInformation, &info, sizeof info, NULL);

    if (!status && !info.PebBaseAddress)
        status = STATUS_PARTIAL_COPY;
    if (!status)
        status = memory_read(process, &info.PebBaseAddress->LdrData, &loader, sizeof loader);
    if (!status && !loader)
        status = STATUS_PARTIAL_COPY;
    if (!status)
        *head = &loader->InLoadOrderModuleList;
    return status;
}

static NTSTATUS modules_read(HANDLE process, struct process_modules *modules) {
    const LIST_ENTRY *head = NULL;
    LDR_DATA_TABLE_ENTRY entry;
    LIST_ENTRY link = {0};
    NTSTATUS status = list_find(process, &head);

    if (!status)
        status = memory_read(process, head, &link, sizeof link);
    while (!status && link.Flink != head) {
        if (modules->n == MODULES_MAX) /* it leads back into itself */
            return STATUS_PARTIAL_COPY;
        status = memory_read(
            process, CONTAINING_RECORD(link.Flink, LDR_DATA_TABLE_ENTRY, InLoadOrderLinks), &entry, sizeof entry);
        if (!status && !(entry.Flags & MODULE_LDR_IS_DATA))
            status = process_module_read(process, &entry, &modules->list[modules->n++]);
        link = entry.InLoadOrderLinks;
    }
    return status;
}

BOOL process_modules_read(HANDLE process, struct process_modules *modules) {
    const BOOL is_own = GetProcessId(process) == GetCurrentProcessId();
    NTSTATUS status;

    *modules = (struct process_modules){.list = calloc(MODULES_MAX, sizeof *modules->list)};
    if (!modules->list)
        return set_nt_error(STATUS_NO_MEMORY);
    if (is_own)
        module_lock();
    status = modules_read(process, modules);
    if (is_own)
        module_unlock();
    if (!status)
        return TRUE;
    process_modules_free(modules);
    return set_nt_error(status);
}

void process_modules_free(struct process_modules *modules) {
    for (size_t i = 0; i < modules->n; i++) {
        free(modules->list[i].name);
        free(modules->list[i].path);
    }
    free(modules->list);
}

/**
 * K32EnumProcessModules() - the handles of a process's modules, in the order of loading.
 * @process: with PROCESS_QUERY_INFORMATION and PROCESS_VM_READ.
 * @size, @needed: in bytes; @needed may be more than @size.
 * Return: FALSE: ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED (rights, or it has ended), ERROR_PARTIAL_COPY (it is about
 * to change them). Source: https://learn.microsoft.com/en-us/windows/win32/api/psapi/nf-psapi-enumprocessmodules
 */
BOOL WINAPI K32EnumProcessModules(HANDLE process, HMODULE *handles, DWORD size, DWORD *needed) {
    struct process_modules modules;

    if (!process_modules_read(process, &modules))
        return FALSE;
    for (size_t i = 0; i < modules.n && i < size / sizeof *handles; i++)
        handles[i] = modules.list[i].base;
    *needed = (DWORD)(modules.n * sizeof *handles);
    process_modules_free(&modules);
    return TRUE;
}

/** K32EnumProcessModulesEx() - @filter: LIST_MODULES_*; there are none of 32 bits. */
BOOL WINAPI K32EnumProcessModulesEx(HANDLE process, HMODULE *handles, DWORD size, DWORD *needed, DWORD filter) {
    if (filter > MODULES_ALL) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    if (filter != MODULES_32BIT)
        return K32EnumProcessModules(process, handles, size, needed);
    *needed = 0;
    return TRUE;
}

/* The module @handle (NULL: the program); its texts are the caller's then. */
static BOOL process_module_find(HANDLE process, HMODULE handle, struct process_module *found) {
    struct process_modules modules;
    size_t i = 0;

    if (!process_modules_read(process, &modules))
        return FALSE;
    while (handle && i < modules.n && modules.list[i].base != handle)
        i++;
    if (i < modules.n) {
        *found = modules.list[i];
        modules.list[i].name = modules.list[i].path = NULL;
    } else {
        SetLastError(ERROR_INVALID_HANDLE);
    }
    process_modules_free(&modules);
    return i < modules.n;
}

static void process_module_forget(struct process_module *module) {
    free(module->name);
    free(module->path);
}

/** K32GetModuleInformation() - Return: FALSE: ERROR_INSUFFICIENT_BUFFER, or as K32EnumProcessModules. */
BOOL WINAPI K32GetModuleInformation(HANDLE process, HMODULE handle, MODULEINFO *info, DWORD size) {
    struct process_module module;

    if (size < sizeof *info) {
        SetLastError(ERROR_INSUFFICIENT_BUFFER);
        return FALSE;
    }
    if (!process_module_find(process, handle, &module))
        return FALSE;
    info->lpBaseOfDll = module.base;
    info->SizeOfImage = module.size_bytes;
    info->EntryPoint = module.entry;
    process_module_forget(&module);
    return TRUE;
}

/* Return: the length; @size, and ERROR_INSUFFICIENT_BUFFER, when it was cut. */
static DWORD text_give(const WCHAR *text, WCHAR *name, DWORD size) {
    const DWORD length = (DWORD)lstrlenW(text);

    if (length < size) {
        memcpy(name, text, (length + 1) * sizeof *name);
        return length;
    }
    if (size) {
        memcpy(name, text, (size - 1) * sizeof *name);
        name[size - 1] = 0;
    }
    SetLastError(ERROR_INSUFFICIENT_BUFFER);
    return size;
}

static DWORD text_give_a(const WCHAR *text, char *name, DWORD size) {
    const DWORD length = (DWORD)utf16_to_utf8(text, (size_t)lstrlenW(text), name, size, NULL);

    if (length < size) {
        name[length] = 0;
        return length;
    }
    if (size)
        name[size - 1] = 0;
    SetLastError(ERROR_INSUFFICIENT_BUFFER);
    return size;
}

enum module_text { MODULE_NAME, MODULE_PATH };

/* What the four functions below give; @name is WCHAR or, if @is_narrow, char. */
static DWORD module_text(HANDLE process, HMODULE handle, enum module_text which, void *name, DWORD size, bool is_narrow) {
    struct process_module module;
    const WCHAR *text;
    DWORD length;

    if (!process_module_find(process, handle, &module))
        return 0;
    text = which == MODULE_NAME ? module.name : module.path;
    length = is_narrow ? text_give_a(text, name, size) : text_give(text, name, size);
    process_module_forget(&module);
    return length;
}

/**
 * K32GetModuleBaseNameW() - the file name of a module of a process; K32GetModuleFileNameExW() - its path.
 * @handle: NULL: the program.  @size: room in characters.
 * Return: the length; @size with ERROR_INSUFFICIENT_BUFFER when it was cut; 0 with ERROR_INVALID_HANDLE (the process, or the module),
 * ERROR_ACCESS_DENIED.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/psapi/nf-psapi-getmodulebasenamew
 */
DWORD WINAPI K32GetModuleBaseNameW(HANDLE process, HMODULE handle, LPWSTR name, DWORD size) {
    return module_text(process, handle, MODULE_NAME, name, size, false);
}

DWORD WINAPI K32GetModuleBaseNameA(HANDLE process, HMODULE handle, LPSTR name, DWORD size) {
    return module_text(process, handle, MODULE_NAME, name, size, true);
}

DWORD WINAPI K32GetModuleFileNameExW(HANDLE process, HMODULE handle, LPWSTR name, DWORD size) {
    return module_text(process, handle, MODULE_PATH, name, size, false);
}

DWORD WINAPI K32GetModuleFileNameExA(HANDLE process, HMODULE handle, LPSTR name, DWORD size) {
    return module_text(process, handle, MODULE_PATH, name, size, true);
}
