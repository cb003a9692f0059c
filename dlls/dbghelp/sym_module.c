/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The modules whose symbols are known (MSDN: dbghelp.h); see symbols.h. */
#include "dlls/dbghelp/symbols.h"

#include <tlhelp32.h>

#include <stdlib.h>
#include <string.h>

#define MODULE_INFO_OLDEST offsetof(IMAGEHLP_MODULEW64, LoadedPdbName)

static BOOL module_fail(DWORD error) {
    SetLastError(error);
    return FALSE;
}

/* ---- headers ---- */

/* @read: copies from @source, at an offset of the image. */
typedef bool header_reader(const void *source, uint64_t at, void *bytes, size_t size);

struct mapped {
    HANDLE process;
    uint64_t base;
};

static bool header_read_mapped(const void *source, uint64_t at, void *bytes, size_t size) {
    const struct mapped *mapped = source;

    return ReadProcessMemory(mapped->process, (void *)(uintptr_t)(mapped->base + at), bytes, size, NULL);
}

static bool header_read_file(const void *source, uint64_t at, void *bytes, size_t size) {
    OVERLAPPED where = {.Offset = (DWORD)at, .OffsetHigh = (DWORD)(at >> 32)};
    DWORD got = 0;

    return ReadFile((HANDLE)(uintptr_t)source, bytes, (DWORD)size, &got, &where) && got == size;
}

static bool module_read_headers(struct symbol_module *module, header_reader *read, const void *source) {
    IMAGE_DOS_HEADER dos;
    IMAGE_NT_HEADERS64 nt;

    if (!read(source, 0, &dos, sizeof dos) || dos.e_magic != IMAGE_DOS_SIGNATURE ||
        !read(source, (uint32_t)dos.e_lfanew, &nt, sizeof nt) || nt.Signature != IMAGE_NT_SIGNATURE ||
        nt.OptionalHeader.Magic != IMAGE_NT_OPTIONAL_HDR64_MAGIC)
        return false;
    module->checksum = nt.OptionalHeader.CheckSum;
    module->timestamp = nt.FileHeader.TimeDateStamp;
    if (!module->base)
        module->base = nt.OptionalHeader.ImageBase;
    if (!module->size)
        module->size = nt.OptionalHeader.SizeOfImage;
    module->type = nt.FileHeader.PointerToSymbolTable                                             ? SymCoff
                   : nt.OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_EXPORT].VirtualAddress ? SymExport
                                                                                                  : SymNone;
    return true;
}

/* ---- the list ---- */

/* The file's name without folder and extension. */
static void module_name(const WCHAR *path, WCHAR *name, int room) {
    const WCHAR *base = path, *end = NULL;

    for (; *path; path++) {
        if (*path == '\\' || *path == '/' || *path == ':')
            base = path + 1;
        if (*path == '.')
            end = path;
    }
    end = end && end > base ? end : path;
    lstrcpynW(name, base, end - base + 1 < room ? (int)(end - base) + 1 : room);
}

static struct symbol_module *module_at_base(const struct symbols *symbols, uint64_t base) {
    for (struct symbol_module *module = symbols->modules; module; module = module->next)
        if (module->base == base)
            return module;
    return NULL;
}

static bool module_add(struct symbols *symbols, const struct symbol_module *module) {
    struct symbol_module *copy = malloc(sizeof *copy);

    if (!copy)
        return module_fail(ERROR_NOT_ENOUGH_MEMORY);
    *copy = *module;
    copy->next = symbols->modules;
    symbols->modules = copy;
    return true;
}

static bool module_add_entry(struct symbols *symbols, const MODULEENTRY32W *entry) {
    struct symbol_module module = {
        .base = (uintptr_t)entry->modBaseAddr, .size = entry->modBaseSize, .in_process = true};
    const struct mapped mapped = {symbols->process, module.base};

    if (module_at_base(symbols, module.base))
        return true;
    lstrcpynW(module.path, entry->szExePath, MAX_PATH);
    module_name(module.path, module.name, sizeof module.name / sizeof *module.name);
    module_read_headers(&module, header_read_mapped, &mapped);
    return module_add(symbols, &module);
}

BOOL symbols_add_modules(struct symbols *symbols) {
    HANDLE snapshot;
    MODULEENTRY32W entry = {.dwSize = sizeof entry};
    const DWORD id = GetProcessId(symbols->process);
    BOOL good = TRUE;

    snapshot = id ? CreateToolhelp32Snapshot(TH32CS_SNAPMODULE, id) : INVALID_HANDLE_VALUE;
    if (snapshot == INVALID_HANDLE_VALUE)
        return FALSE;
    for (BOOL more = Module32FirstW(snapshot, &entry); more && good; more = Module32NextW(snapshot, &entry))
        good = module_add_entry(symbols, &entry);
    CloseHandle(snapshot);
    return good;
}

void symbols_free_modules(struct symbols *symbols) {
    while (symbols->modules) {
        struct symbol_module *module = symbols->modules;

        symbols->modules = module->next;
        free(module);
    }
}

const struct symbol_module *symbols_module(const struct symbols *symbols, uint64_t address) {
    const DWORD flags = GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT;
    const struct symbol_module *module;
    HMODULE handle;

    for (module = symbols->modules; module; module = module->next)
        if (address - module->base < module->size)
            return module;
    /* our DLLs' code lies elsewhere than their headers */
    if (symbols->is_own && GetModuleHandleExW(flags, (const WCHAR *)(uintptr_t)address, &handle) &&
        (module = module_at_base(symbols, (uintptr_t)handle)))
        return module;
    SetLastError(ERROR_MOD_NOT_FOUND);
    return NULL;
}

/* ---- exports ---- */

/**
 * SymLoadModuleExW() - adds a module.
 * @file: the file, open for reading; NULL: @image names it.
 * @base, @size: where it is mapped; 0: what its headers say.  @data, @flags: SLMFLAG_NO_SYMBOLS has no effect;
 * SLMFLAG_VIRTUAL and data are refused. Return: the base; 0 with ERROR_SUCCESS where it was added before,
 * ERROR_INVALID_HANDLE (not begun), ERROR_INVALID_PARAMETER, the error of opening the file, ERROR_BAD_EXE_FORMAT,
 * ERROR_NOT_SUPPORTED, ERROR_NOT_ENOUGH_MEMORY. Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/dbghelp/nf-dbghelp-symloadmoduleexw
 */
DWORD64 WINAPI SymLoadModuleExW(HANDLE process, HANDLE file, const WCHAR *image, const WCHAR *name, DWORD64 base,
    DWORD size, MODLOAD_DATA *data, DWORD flags) {
    struct symbols *symbols = symbols_find(process);
    struct symbol_module module = {.base = base, .size = size};
    HANDLE opened = file;
    bool known;

    if (!symbols)
        return 0;
    if (data || flags & SLMFLAG_VIRTUAL)
        return (DWORD64)module_fail(ERROR_NOT_SUPPORTED);
    if (!file && !image)
        return (DWORD64)module_fail(ERROR_INVALID_PARAMETER);
    if (!file)
        opened = CreateFileW(
            image, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING, 0, NULL);
    if (opened == INVALID_HANDLE_VALUE)
        return 0;
    known = module_read_headers(&module, header_read_file, opened);
    if (image)
        lstrcpynW(module.path, image, MAX_PATH);
    else
        GetFinalPathNameByHandleW(file, module.path, MAX_PATH, 0);
    if (!file)
        CloseHandle(opened);
    if (!known)
        return (DWORD64)module_fail(ERROR_BAD_EXE_FORMAT);
    if (name)
        lstrcpynW(module.name, name, sizeof module.name / sizeof *module.name);
    else
        module_name(module.path, module.name, sizeof module.name / sizeof *module.name);
    if (module_at_base(symbols, module.base))
        return (DWORD64)module_fail(ERROR_SUCCESS);
    return module_add(symbols, &module) ? module.base : 0;
}

DWORD64 WINAPI SymLoadModuleEx(HANDLE process, HANDLE file, const char *image, const char *name, DWORD64 base,
    DWORD size, MODLOAD_DATA *data, DWORD flags) {
    WCHAR *wide_image = symbols_wide(image), *wide_name = symbols_wide(name);
    DWORD64 loaded = 0;

    if ((wide_image || !image) && (wide_name || !name))
        loaded = SymLoadModuleExW(process, file, wide_image, wide_name, base, size, data, flags);
    free(wide_image);
    free(wide_name);
    return loaded;
}

DWORD64 WINAPI SymLoadModule64(
    HANDLE process, HANDLE file, const char *image, const char *name, DWORD64 base, DWORD size) {
    return SymLoadModuleEx(process, file, image, name, base, size, NULL, 0);
}

/** SymUnloadModule64() - Return: TRUE; FALSE with ERROR_INVALID_HANDLE (not begun), ERROR_MOD_NOT_FOUND. */
BOOL WINAPI SymUnloadModule64(HANDLE process, DWORD64 base) {
    struct symbols *symbols = symbols_find(process);

    for (struct symbol_module **place = symbols ? &symbols->modules : NULL; place && *place; place = &(*place)->next) {
        struct symbol_module *module = *place;

        if (module->base != base)
            continue;
        *place = module->next;
        free(module);
        return TRUE;
    }
    return symbols ? module_fail(ERROR_MOD_NOT_FOUND) : FALSE;
}

/** SymGetModuleBase64() - Return: the base of the module that holds an address; 0 with ERROR_INVALID_HANDLE,
 * ERROR_MOD_NOT_FOUND. */
DWORD64 WINAPI SymGetModuleBase64(HANDLE process, DWORD64 address) {
    const struct symbols *symbols = symbols_find(process);
    const struct symbol_module *module = symbols ? symbols_module(symbols, address) : NULL;

    return module ? module->base : 0;
}

static const struct symbol_module *module_for_info(
    HANDLE process, DWORD64 address, DWORD size, size_t least, size_t most) {
    const struct symbols *symbols = symbols_find(process);

    if (!symbols)
        return NULL;
    if (size >= least && size <= most)
        return symbols_module(symbols, address);
    SetLastError(ERROR_INVALID_PARAMETER);
    return NULL;
}

static SYM_TYPE module_type(const struct symbol_module *module) {
    return SymGetOptions() & SYMOPT_DEFERRED_LOADS ? SymDeferred : module->type;
}

/**
 * SymGetModuleInfoW64() - describes the module that holds an address.
 * @info: SizeOfStruct says how much of it there is, an older one's length included.
 * Return: TRUE; FALSE with ERROR_INVALID_HANDLE (not begun), ERROR_INVALID_PARAMETER (SizeOfStruct),
 * ERROR_MOD_NOT_FOUND. Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/dbghelp/nf-dbghelp-symgetmoduleinfow64
 */
BOOL WINAPI SymGetModuleInfoW64(HANDLE process, DWORD64 address, IMAGEHLP_MODULEW64 *info) {
    const struct symbol_module *module =
        module_for_info(process, address, info->SizeOfStruct, MODULE_INFO_OLDEST, sizeof *info);
    IMAGEHLP_MODULEW64 all = {.SizeOfStruct = info->SizeOfStruct, .MachineType = IMAGE_FILE_MACHINE_AMD64};

    if (!module)
        return FALSE;
    all.BaseOfImage = module->base;
    all.ImageSize = module->size;
    all.TimeDateStamp = module->timestamp;
    all.CheckSum = module->checksum;
    all.SymType = module_type(module);
    all.Publics = all.GlobalSymbols = module->type != SymNone;
    lstrcpynW(all.ModuleName, module->name, sizeof all.ModuleName / sizeof(WCHAR));
    lstrcpynW(all.ImageName, module->path, sizeof all.ImageName / sizeof(WCHAR));
    lstrcpynW(all.LoadedImageName, module->path, sizeof all.LoadedImageName / sizeof(WCHAR));
    memcpy(info, &all, info->SizeOfStruct);
    return TRUE;
}

BOOL WINAPI SymGetModuleInfo64(HANDLE process, DWORD64 address, IMAGEHLP_MODULE64 *info) {
    IMAGEHLP_MODULEW64 wide = {.SizeOfStruct = sizeof wide};
    IMAGEHLP_MODULE64 all = {.SizeOfStruct = info->SizeOfStruct, .MachineType = IMAGE_FILE_MACHINE_AMD64};

    if (!module_for_info(
            process, address, info->SizeOfStruct, offsetof(IMAGEHLP_MODULE64, LoadedPdbName), sizeof *info) ||
        !SymGetModuleInfoW64(process, address, &wide))
        return FALSE;
    memcpy(&all.BaseOfImage, &wide.BaseOfImage,
        offsetof(IMAGEHLP_MODULE64, ModuleName) - offsetof(IMAGEHLP_MODULE64, BaseOfImage));
    all.Publics = all.GlobalSymbols = wide.Publics;
    symbols_narrow(wide.ModuleName, all.ModuleName, sizeof all.ModuleName);
    symbols_narrow(wide.ImageName, all.ImageName, sizeof all.ImageName);
    symbols_narrow(wide.LoadedImageName, all.LoadedImageName, sizeof all.LoadedImageName);
    memcpy(info, &all, info->SizeOfStruct);
    return TRUE;
}

/** SymEnumerateModulesW64() - calls back with each module's name and base until that returns FALSE.  Return: FALSE with
 * ERROR_INVALID_HANDLE. */
BOOL WINAPI SymEnumerateModulesW64(HANDLE process, PSYM_ENUMMODULES_CALLBACKW64 callback, void *context) {
    const struct symbols *symbols = symbols_find(process);

    for (const struct symbol_module *module = symbols ? symbols->modules : NULL, *next; module; module = next) {
        next = module->next;
        if (!callback(module->name, module->base, context))
            break;
    }
    return symbols != NULL;
}

BOOL WINAPI SymEnumerateModules64(HANDLE process, PSYM_ENUMMODULES_CALLBACK64 callback, void *context) {
    const struct symbols *symbols = symbols_find(process);
    char name[128];

    for (const struct symbol_module *module = symbols ? symbols->modules : NULL, *next; module; module = next) {
        next = module->next;
        symbols_narrow(module->name, name, sizeof name);
        if (!callback(name, module->base, context))
            break;
    }
    return symbols != NULL;
}

/* Calls back with each module of a process that is there now. */
static BOOL loaded_each(
    HANDLE process, PENUMLOADED_MODULES_CALLBACKW64 wide, PENUMLOADED_MODULES_CALLBACK64 narrow, void *context) {
    struct symbols now = {.process = process};
    BOOL good = symbols_add_modules(&now), going = good;
    char path[4 * MAX_PATH];

    for (const struct symbol_module *module = now.modules; module && going; module = module->next) {
        symbols_narrow(module->path, path, sizeof path);
        going = wide ? wide(module->path, module->base, module->size, context)
                     : narrow(path, module->base, module->size, context);
    }
    symbols_free_modules(&now);
    return good;
}

/**
 * EnumerateLoadedModulesW64() - calls back with path, base and size of each module of a process until that returns
 * FALSE. Return: TRUE; FALSE with ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED, ERROR_PARTIAL_COPY,
 * ERROR_NOT_ENOUGH_MEMORY. Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/dbghelp/nf-dbghelp-enumerateloadedmodulesw64
 */
BOOL WINAPI EnumerateLoadedModulesW64(HANDLE process, PENUMLOADED_MODULES_CALLBACKW64 callback, void *context) {
    return loaded_each(process, callback, NULL, context);
}

BOOL WINAPI EnumerateLoadedModules64(HANDLE process, PENUMLOADED_MODULES_CALLBACK64 callback, void *context) {
    return loaded_each(process, NULL, callback, context);
}
