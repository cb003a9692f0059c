/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names of functions, for reports of crashes.  In PE files: from the symbol table that MinGW's linker leaves in a file that was not stripped, or else
 * from what the image exports.  Nothing here allocates, takes a lock, or trusts the image, which may be what has crashed.
 */
#ifndef WINIPC_LOADER_SYMBOL_H
#define WINIPC_LOADER_SYMBOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* symbol_find() - the function that lies at or before @rva of the image at @base, whose file is @unix_path (may be NULL).
 * @offset: receives the distance.  Return: false when nothing is known. */
bool symbol_find(const char *unix_path, const uint8_t *base, uint32_t rva, char *name, size_t size, uint32_t *offset);
/* symbol_find_elf() - the same for an ELF file whose symbol table was not stripped; @at: relative to where it is loaded. */
bool symbol_find_elf(const char *unix_path, uint64_t at, char *name, size_t size, uint64_t *offset);
/* winipc_symbol_find_library() - the same for an address in one of this process's ELF libraries. */
bool winipc_symbol_find_library(uint64_t address, char *name, size_t size, uint64_t *offset);
/* winipc_symbol_find_file() - symbol_find() where the file's name is Windows' (it allocates).  @base: NULL when the image does not lie in this process. */
bool winipc_symbol_find_file(const uint16_t *dos_path, const uint8_t *base, uint32_t rva, char *name, size_t size, uint32_t *offset);

#endif
