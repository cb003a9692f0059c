/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A process whose symbols are asked for (MSDN: dbghelp.h): beginning, end, options, search path; see symbols.h. */
#include "dlls/dbghelp/symbols.h"

#include <stdlib.h>
#include <string.h>

static struct symbols *symbols_list;
static DWORD symbols_options = SYMOPT_UNDNAME;

static BOOL symbols_fail(DWORD error) {
    SetLastError(error);
    return FALSE;
}

struct symbols *symbols_find(HANDLE process) {
    for (struct symbols *symbols = symbols_list; symbols; symbols = symbols->next)
        if (symbols->process == process)
            return symbols;
    SetLastError(ERROR_INVALID_HANDLE);
    return NULL;
}

WCHAR *symbols_wide(const char *text) {
    const int n = text ? MultiByteToWideChar(CP_ACP, 0, text, -1, NULL, 0) : 0;
    WCHAR *wide = n ? malloc((size_t)n * sizeof *wide) : NULL;

    if (wide)
        MultiByteToWideChar(CP_ACP, 0, text, -1, wide, n);
    else if (text)
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    return wide;
}

void symbols_narrow(const WCHAR *text, char *narrow, int room) {
    if (room <= 0)
        return;
    if (!WideCharToMultiByte(CP_ACP, 0, text, -1, narrow, room, NULL, NULL))
        narrow[room - 1] = 0;
}

/* The path that holds where the caller names none: the current folder, then what two variables say. */
static WCHAR *search_path_default(void) {
    static const WCHAR *const variables[] = {L"_NT_SYMBOL_PATH", L"_NT_ALTERNATE_SYMBOL_PATH"};
    WCHAR *path = calloc(2 * 32768, sizeof *path);

    if (!path)
        return NULL;
    path[0] = '.';
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        const int used = lstrlenW(path);

        if (GetEnvironmentVariableW(variables[i], path + used + 1, 32767))
            path[used] = ';';
    }
    return path;
}

static BOOL search_path_set(struct symbols *symbols, const WCHAR *path) {
    const size_t size = path ? ((size_t)lstrlenW(path) + 1) * sizeof *path : 0;
    WCHAR *copy = path ? malloc(size) : search_path_default();

    if (!copy)
        return symbols_fail(ERROR_NOT_ENOUGH_MEMORY);
    if (path)
        memcpy(copy, path, size);
    free(symbols->search_path);
    symbols->search_path = copy;
    return TRUE;
}

static void symbols_free(struct symbols *symbols) {
    symbols_free_modules(symbols);
    free(symbols->search_path);
    free(symbols);
}

/**
 * SymInitializeW() - begins with a process's symbols.
 * @process: a process; any number that is not 0 when @invade is FALSE.
 * @search_path: kept and given back, not searched; NULL: the default one.
 * @invade: whether the process's modules are listed now, as SymLoadModuleEx would do.
 * Return: TRUE; FALSE with ERROR_INVALID_PARAMETER (0; begun already), ERROR_NOT_ENOUGH_MEMORY, and where the modules
 * are listed the errors of that. Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/dbghelp/nf-dbghelp-syminitializew
 */
BOOL WINAPI SymInitializeW(HANDLE process, const WCHAR *search_path, BOOL invade) {
    struct symbols *symbols;

    if (!process || symbols_find(process))
        return symbols_fail(ERROR_INVALID_PARAMETER);
    symbols = calloc(1, sizeof *symbols);
    if (!symbols)
        return symbols_fail(ERROR_NOT_ENOUGH_MEMORY);
    symbols->process = process;
    symbols->is_own = GetProcessId(process) == GetCurrentProcessId();
    if (!search_path_set(symbols, search_path) || (invade && !symbols_add_modules(symbols))) {
        symbols_free(symbols);
        return FALSE;
    }
    symbols->next = symbols_list;
    symbols_list = symbols;
    return TRUE;
}

BOOL WINAPI SymInitialize(HANDLE process, const char *search_path, BOOL invade) {
    WCHAR *wide = symbols_wide(search_path);
    const BOOL done = (wide || !search_path) && SymInitializeW(process, wide, invade);

    free(wide);
    return done;
}

/** SymCleanup() - Return: TRUE; FALSE with ERROR_INVALID_HANDLE (not begun). */
BOOL WINAPI SymCleanup(HANDLE process) {
    for (struct symbols **place = &symbols_list; *place; place = &(*place)->next) {
        struct symbols *symbols = *place;

        if (symbols->process != process)
            continue;
        *place = symbols->next;
        symbols_free(symbols);
        return TRUE;
    }
    return symbols_fail(ERROR_INVALID_HANDLE);
}

/** SymRefreshModuleList() - adds the modules that the process has loaded meanwhile.  Return: as SymInitializeW, and
 * ERROR_INVALID_HANDLE. */
BOOL WINAPI SymRefreshModuleList(HANDLE process) {
    struct symbols *symbols = symbols_find(process);

    return symbols && symbols_add_modules(symbols);
}

/**
 * SymSetOptions() - sets SYMOPT_* flags.  They are kept; only SYMOPT_DEFERRED_LOADS has an effect, on the type of
 * symbols that a module says it has. Return: the flags. Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/dbghelp/nf-dbghelp-symsetoptions
 */
DWORD WINAPI SymSetOptions(DWORD options) {
    return symbols_options = options;
}

DWORD WINAPI SymGetOptions(void) {
    return symbols_options;
}

/** SymSetSearchPathW() - Return: TRUE; FALSE with ERROR_INVALID_HANDLE, ERROR_NOT_ENOUGH_MEMORY. */
BOOL WINAPI SymSetSearchPathW(HANDLE process, const WCHAR *path) {
    struct symbols *symbols = symbols_find(process);

    return symbols && search_path_set(symbols, path);
}

BOOL WINAPI SymSetSearchPath(HANDLE process, const char *path) {
    WCHAR *wide = symbols_wide(path);
    const BOOL done = (wide || !path) && SymSetSearchPathW(process, wide);

    free(wide);
    return done;
}

/** SymGetSearchPathW() - @size: room in characters.  Return: TRUE; FALSE with ERROR_INVALID_HANDLE,
 * ERROR_INVALID_PARAMETER, ERROR_INSUFFICIENT_BUFFER. */
BOOL WINAPI SymGetSearchPathW(HANDLE process, WCHAR *path, DWORD size) {
    const struct symbols *symbols = symbols_find(process);

    if (!symbols)
        return FALSE;
    if (!path || !size)
        return symbols_fail(ERROR_INVALID_PARAMETER);
    lstrcpynW(path, symbols->search_path, (int)size);
    return (DWORD)lstrlenW(symbols->search_path) < size || symbols_fail(ERROR_INSUFFICIENT_BUFFER);
}

BOOL WINAPI SymGetSearchPath(HANDLE process, char *path, DWORD size) {
    const struct symbols *symbols = symbols_find(process);

    if (!symbols)
        return FALSE;
    if (!path || !size)
        return symbols_fail(ERROR_INVALID_PARAMETER);
    symbols_narrow(symbols->search_path, path, (int)size);
    return WideCharToMultiByte(CP_ACP, 0, symbols->search_path, -1, NULL, 0, NULL, NULL) <= (int)size ||
           symbols_fail(ERROR_INSUFFICIENT_BUFFER);
}
