/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Symbols (MSDN: dbghelp.h): what a program has begun with SymInitialize.  As the page says, all of dbghelp is for one
 * thread at a time: nothing here takes a lock.
 *
 * Names come from where loader/symbol.h finds them: the symbol table that MinGW's linker leaves, or the exports; of our
 * own DLLs, from their ELF files.  Lines, types and PDB files are not read.
 */
#ifndef WINIPC_DBGHELP_SYMBOLS_H
#define WINIPC_DBGHELP_SYMBOLS_H

#include <windows.h>
#include <winternl.h>
#include <dbghelp.h>

#include <stdbool.h>
#include <stdint.h>

struct symbol_module {
    struct symbol_module *next;
    uint64_t base;
    uint32_t size, checksum, timestamp;
    SYM_TYPE type;
    bool in_process; /* mapped there; false: SymLoadModuleEx named a file */
    WCHAR path[MAX_PATH];
    WCHAR name[32]; /* without folder and extension */
};

struct symbols {
    struct symbols *next;
    HANDLE process; /* any number, if the caller did not want its modules */
    bool is_own;
    WCHAR *search_path;
    struct symbol_module *modules;
};

/* sym_session.c.  NULL with ERROR_INVALID_HANDLE. */
struct symbols *symbols_find(HANDLE process);

/* sym_module.c.  Those of the process that are not in the list yet. */
BOOL symbols_add_modules(struct symbols *symbols);
void symbols_free_modules(struct symbols *symbols);
/* The module that holds an address; of our own DLLs' code in ELF libraries too.  NULL with ERROR_MOD_NOT_FOUND. */
const struct symbol_module *symbols_module(const struct symbols *symbols, uint64_t address);

/* A malloced copy in the other width; NULL for NULL, and with ERROR_NOT_ENOUGH_MEMORY. */
WCHAR *symbols_wide(const char *text);
/* Copies with an end, cut to the room. */
void symbols_narrow(const WCHAR *text, char *narrow, int room);

#endif
