/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What lies at an address (MSDN: dbghelp.h); see symbols.h. */
#include "dlls/dbghelp/symbols.h"

#include "loader/symbol.h"

#include <string.h>

#define TAG_PUBLIC 10 /* SymTagPublicSymbol */

struct place {
    const struct symbol_module *module;
    uint64_t offset; /* from where the function begins */
    char name[MAX_SYM_NAME];
};

/* Return: false with ERROR_INVALID_HANDLE, ERROR_MOD_NOT_FOUND, or ERROR_INVALID_ADDRESS (no symbol). */
static bool place_find(HANDLE process, DWORD64 address, struct place *place) {
    const struct symbols *symbols = symbols_find(process);
    const struct symbol_module *module = symbols ? symbols_module(symbols, address) : NULL;
    uint32_t offset = 0;
    bool found;

    if (!module)
        return false;
    place->module = module;
    if (address - module->base >= module->size) {
        found = winipc_symbol_find_library(address, place->name, sizeof place->name, &place->offset);
    } else {
        const uint8_t *base = symbols->is_own && module->in_process ? (const uint8_t *)(uintptr_t)module->base : NULL;

        found = winipc_symbol_find_file(
            module->path, base, (uint32_t)(address - module->base), place->name, sizeof place->name, &offset);
        place->offset = offset;
    }
    if (!found)
        SetLastError(ERROR_INVALID_ADDRESS);
    return found;
}

/**
 * SymFromAddr() - the function that lies at or before an address.
 * @displacement: receives the distance; may be NULL.
 * @symbol: SizeOfStruct must be that of SYMBOL_INFO, MaxNameLen says how much room Name has.  Sizes and types are not
 * known: 0. Return: TRUE; FALSE with ERROR_INVALID_PARAMETER, ERROR_INVALID_HANDLE (not begun), ERROR_MOD_NOT_FOUND,
 * ERROR_INVALID_ADDRESS (no symbol). Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/dbghelp/nf-dbghelp-symfromaddr
 */
BOOL WINAPI SymFromAddr(HANDLE process, DWORD64 address, DWORD64 *displacement, SYMBOL_INFO *symbol) {
    const ULONG room = symbol ? symbol->MaxNameLen : 0;
    struct place place;

    if (!symbol || symbol->SizeOfStruct < sizeof *symbol) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    if (!place_find(process, address, &place))
        return FALSE;
    memset(&symbol->TypeIndex, 0, offsetof(SYMBOL_INFO, MaxNameLen) - offsetof(SYMBOL_INFO, TypeIndex));
    symbol->ModBase = place.module->base;
    symbol->Address = address - place.offset;
    symbol->Tag = TAG_PUBLIC;
    symbol->NameLen = (ULONG)strlen(place.name);
    if (room)
        lstrcpynA(symbol->Name, place.name, (int)room);
    if (displacement)
        *displacement = place.offset;
    return TRUE;
}

BOOL WINAPI SymFromAddrW(HANDLE process, DWORD64 address, DWORD64 *displacement, SYMBOL_INFOW *symbol) {
    SYMBOL_INFO_PACKAGE narrow = {.si = {.SizeOfStruct = sizeof narrow.si, .MaxNameLen = MAX_SYM_NAME}};
    const ULONG room = symbol ? symbol->MaxNameLen : 0;
    WCHAR name[MAX_SYM_NAME];

    if (!symbol || symbol->SizeOfStruct < sizeof *symbol) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    if (!SymFromAddr(process, address, displacement, &narrow.si))
        return FALSE;
    memcpy(
        &symbol->TypeIndex, &narrow.si.TypeIndex, offsetof(SYMBOL_INFO, MaxNameLen) - offsetof(SYMBOL_INFO, TypeIndex));
    if (!MultiByteToWideChar(CP_ACP, 0, narrow.si.Name, -1, name, MAX_SYM_NAME))
        name[0] = 0;
    symbol->NameLen = (ULONG)lstrlenW(name);
    if (room)
        lstrcpynW(symbol->Name, name, (int)room);
    return TRUE;
}

/** SymGetSymFromAddr64() - the same in an older structure.  Return: as SymFromAddr. */
BOOL WINAPI SymGetSymFromAddr64(HANDLE process, DWORD64 address, DWORD64 *displacement, IMAGEHLP_SYMBOL64 *symbol) {
    struct place place;

    if (!symbol || symbol->SizeOfStruct < sizeof *symbol) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    if (!place_find(process, address, &place))
        return FALSE;
    symbol->Address = address - place.offset;
    symbol->Size = 0;
    symbol->Flags = 0;
    if (symbol->MaxNameLength)
        lstrcpynA(symbol->Name, place.name, (int)symbol->MaxNameLength);
    if (displacement)
        *displacement = place.offset;
    return TRUE;
}

/* No lines are known of any module. */
static BOOL line_fail(HANDLE process, DWORD64 address, DWORD size, size_t needed) {
    const struct symbols *symbols = symbols_find(process);

    if (!symbols)
        return FALSE;
    if (size < needed)
        SetLastError(ERROR_INVALID_PARAMETER);
    else if (symbols_module(symbols, address))
        SetLastError(ERROR_INVALID_ADDRESS);
    return FALSE;
}

/**
 * SymGetLineFromAddr64() - the source line of an address: never known here, as of a module without line information.
 * Return: FALSE with ERROR_INVALID_HANDLE (not begun), ERROR_INVALID_PARAMETER (SizeOfStruct), ERROR_MOD_NOT_FOUND,
 * ERROR_INVALID_ADDRESS (no line). Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/dbghelp/nf-dbghelp-symgetlinefromaddr64
 */
BOOL WINAPI SymGetLineFromAddr64(HANDLE process, DWORD64 address, DWORD *displacement, IMAGEHLP_LINE64 *line) {
    (void)displacement;
    return line_fail(process, address, line->SizeOfStruct, sizeof *line);
}

BOOL WINAPI SymGetLineFromAddrW64(HANDLE process, DWORD64 address, DWORD *displacement, IMAGEHLP_LINEW64 *line) {
    (void)displacement;
    return line_fail(process, address, line->SizeOfStruct, sizeof *line);
}

/**
 * UnDecorateSymbolName() - a C++ name as it was written.  A name that is not decorated is copied; decorated ones cannot
 * be read here.
 * @flags: UNDNAME_*.
 * Return: the length without the NUL; 0 with ERROR_INVALID_PARAMETER, ERROR_NOT_SUPPORTED (a decorated name).
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/dbghelp/nf-dbghelp-undecoratesymbolname
 */
DWORD WINAPI UnDecorateSymbolName(const char *name, char *buffer, DWORD size, DWORD flags) {
    (void)flags;
    if (!name || !buffer || !size || *name == '?') {
        SetLastError(name && buffer && size ? ERROR_NOT_SUPPORTED : ERROR_INVALID_PARAMETER);
        return 0;
    }
    lstrcpynA(buffer, name, (int)size);
    return (DWORD)strlen(buffer);
}

DWORD WINAPI UnDecorateSymbolNameW(const WCHAR *name, WCHAR *buffer, DWORD size, DWORD flags) {
    (void)flags;
    if (!name || !buffer || !size || *name == '?') {
        SetLastError(name && buffer && size ? ERROR_NOT_SUPPORTED : ERROR_INVALID_PARAMETER);
        return 0;
    }
    lstrcpynW(buffer, name, (int)size);
    return (DWORD)lstrlenW(buffer);
}
