/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of functions; see symbol.h. */
#include "loader/symbol.h"

#include "libs/host/guard.h"
#include "loader/drives.h"

#include <windows.h>

#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define EXPORTS_MAX 65536u

struct best {
    uint32_t rva; /* 0: none yet */
    char *name;
    size_t size;
};

/* ---- the file's symbol table ---- */

struct file_view {
    const uint8_t *bytes;
    uint64_t size;
};

/* Return: NULL when the range is not in the file. */
static const void *view_at(const struct file_view *file, uint64_t at, uint64_t size) {
    return at <= file->size && size <= file->size - at ? file->bytes + at : NULL;
}

static bool view_open(const char *path, struct file_view *file) {
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat status;
    void *bytes = MAP_FAILED;

    if (fd >= 0 && !fstat(fd, &status) && S_ISREG(status.st_mode) && status.st_size > 0)
        bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (fd >= 0)
        close(fd);
    if (bytes == MAP_FAILED)
        return false;
    file->bytes = bytes;
    file->size = (uint64_t)status.st_size;
    return true;
}

static void symbol_name(const struct file_view *file, const IMAGE_SYMBOL *symbol, uint64_t strings, const struct best *best) {
    const char *text = view_at(file, strings + symbol->N.Name.Long, 1);

    if (symbol->N.Name.Short)
        snprintf(best->name, best->size, "%.8s", (const char *)symbol->N.ShortName);
    else if (text)
        snprintf(best->name, best->size, "%.*s", (int)strnlen(text, file->size - (size_t)((const uint8_t *)text - file->bytes)), text);
}

static uint32_t symbol_rva(const struct file_view *file, const IMAGE_NT_HEADERS64 *nt, uint64_t sections, const IMAGE_SYMBOL *symbol) {
    const IMAGE_SECTION_HEADER *section;

    if (symbol->SectionNumber < 1 || symbol->SectionNumber > nt->FileHeader.NumberOfSections)
        return 0;
    section = view_at(file, sections + (uint64_t)(symbol->SectionNumber - 1) * sizeof *section, sizeof *section);
    return section && section->Characteristics & IMAGE_SCN_CNT_CODE ? section->VirtualAddress + symbol->Value : 0;
}

static bool file_symbol(const struct file_view *file, uint32_t rva, struct best *best) {
    const IMAGE_DOS_HEADER *dos = view_at(file, 0, sizeof *dos);
    const IMAGE_NT_HEADERS64 *nt = dos ? view_at(file, (uint32_t)dos->e_lfanew, sizeof *nt) : NULL;
    uint64_t table, strings, sections;

    if (!nt || !nt->FileHeader.PointerToSymbolTable)
        return false;
    table = nt->FileHeader.PointerToSymbolTable;
    strings = table + (uint64_t)nt->FileHeader.NumberOfSymbols * sizeof(IMAGE_SYMBOL);
    sections = (uint32_t)dos->e_lfanew + offsetof(IMAGE_NT_HEADERS64, OptionalHeader) + nt->FileHeader.SizeOfOptionalHeader;
    for (uint64_t i = 0; i < nt->FileHeader.NumberOfSymbols; i++) {
        const IMAGE_SYMBOL *symbol = view_at(file, table + i * sizeof *symbol, sizeof *symbol);
        uint32_t at;

        if (!symbol)
            break;
        i += symbol->NumberOfAuxSymbols;
        if (symbol->StorageClass != IMAGE_SYM_CLASS_EXTERNAL && !ISFCN(symbol->Type)) /* no sections, no files */
            continue;
        at = symbol_rva(file, nt, sections, symbol);
        if (!at || at > rva || at < best->rva)
            continue;
        best->rva = at;
        symbol_name(file, symbol, strings, best);
    }
    return best->rva != 0;
}

/* ---- the image's exports ---- */

static bool image_read(const uint8_t *base, uint32_t rva, void *to, size_t size) {
    return !guard_copy_from(to, base + rva, size);
}

static bool export_directory(const uint8_t *base, IMAGE_EXPORT_DIRECTORY *directory) {
    IMAGE_DOS_HEADER dos;
    IMAGE_NT_HEADERS64 nt;

    if (!image_read(base, 0, &dos, sizeof dos) || !image_read(base, (uint32_t)dos.e_lfanew, &nt, sizeof nt))
        return false;
    return nt.OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_EXPORT].VirtualAddress &&
           image_read(base, nt.OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_EXPORT].VirtualAddress, directory, sizeof *directory);
}

static bool image_symbol(const uint8_t *base, uint32_t rva, struct best *best) {
    IMAGE_EXPORT_DIRECTORY directory;

    if (!export_directory(base, &directory))
        return false;
    for (uint32_t i = 0; i < directory.NumberOfNames && i < EXPORTS_MAX; i++) {
        uint32_t name, at;
        uint16_t index;
        ssize_t length;

        if (!image_read(base, directory.AddressOfNameOrdinals + 2 * i, &index, sizeof index) ||
            !image_read(base, directory.AddressOfFunctions + 4u * index, &at, sizeof at) ||
            !image_read(base, directory.AddressOfNames + 4 * i, &name, sizeof name))
            return false;
        if (at > rva || at < best->rva)
            continue;
        length = guard_strlen((const char *)base + name, best->size - 1);
        if (length < 0 || guard_copy_from(best->name, base + name, (size_t)length))
            continue;
        best->name[length] = 0;
        best->rva = at;
    }
    return best->rva != 0;
}

bool symbol_find(const char *unix_path, const uint8_t *base, uint32_t rva, char *name, size_t size, uint32_t *offset) {
    struct best best = {.name = name, .size = size};
    struct file_view file;
    bool found = false;

    *name = 0;
    if (unix_path && view_open(unix_path, &file)) {
        found = file_symbol(&file, rva, &best);
        munmap((void *)(uintptr_t)file.bytes, file.size);
    }
    if (!found)
        found = image_symbol(base, rva, &best);
    *offset = rva - best.rva;
    return found;
}

/* ---- ELF files ---- */

static const Elf64_Shdr *elf_section(const struct file_view *file, const Elf64_Ehdr *header, uint32_t index) {
    return view_at(file, header->e_shoff + (uint64_t)index * sizeof(Elf64_Shdr), sizeof(Elf64_Shdr));
}

static bool elf_symbol(const struct file_view *file, const Elf64_Shdr *table, const Elf64_Shdr *strings, uint64_t at, char *name, size_t size,
                       uint64_t *offset) {
    for (uint64_t i = 0; i < table->sh_size / sizeof(Elf64_Sym); i++) {
        const Elf64_Sym *symbol = view_at(file, table->sh_offset + i * sizeof *symbol, sizeof *symbol);
        const char *text = symbol ? view_at(file, strings->sh_offset + symbol->st_name, 1) : NULL;

        if (!text || ELF64_ST_TYPE(symbol->st_info) != STT_FUNC || at < symbol->st_value || at - symbol->st_value >= symbol->st_size)
            continue;
        snprintf(name, size, "%.*s", (int)strnlen(text, file->size - (size_t)((const uint8_t *)text - file->bytes)), text);
        *offset = at - symbol->st_value;
        return true;
    }
    return false;
}

bool symbol_find_elf(const char *unix_path, uint64_t at, char *name, size_t size, uint64_t *offset) {
    struct file_view file;
    const Elf64_Ehdr *header;
    bool found = false;

    if (!view_open(unix_path, &file))
        return false;
    header = view_at(&file, 0, sizeof *header);
    for (uint32_t i = 0; header && !memcmp(header->e_ident, ELFMAG, SELFMAG) && i < header->e_shnum && !found; i++) {
        const Elf64_Shdr *table = elf_section(&file, header, i), *strings = table ? elf_section(&file, header, table->sh_link) : NULL;

        if (strings && table->sh_type == SHT_SYMTAB)
            found = elf_symbol(&file, table, strings, at, name, size, offset);
    }
    munmap((void *)(uintptr_t)file.bytes, file.size);
    return found;
}

bool winipc_symbol_find_library(uint64_t address, char *name, size_t size, uint64_t *offset) {
    Dl_info info;

    if (!dladdr((void *)(uintptr_t)address, &info) || !info.dli_fname)
        return false;
    if (symbol_find_elf(info.dli_fname, address - (uintptr_t)info.dli_fbase, name, size, offset))
        return true;
    if (!info.dli_sname)
        return false;
    snprintf(name, size, "%s", info.dli_sname); /* one that it exports */
    *offset = address - (uintptr_t)info.dli_saddr;
    return true;
}

bool winipc_symbol_find_file(const uint16_t *dos_path, const uint8_t *base, uint32_t rva, char *name, size_t size, uint32_t *offset) {
    char *unix_path = drive_dos_to_unix((const WCHAR *)dos_path);
    const bool found = symbol_find(unix_path, base, rva, name, size, offset);

    free(unix_path);
    return found;
}
