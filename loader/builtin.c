/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Our own DLLs: export tables of libwinipc.so itself (ntdll, kernel32, and kernelbase, which is kernel32's table again),
 * or of NAME.so in the folder of libwinipc.so, loaded on first need.
 */
#include "loader/module.h"

#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define BUILTIN_MAX 128
#define BUILTIN_GRANULE 0x10000

/* What was loaded stays; written under the loader's lock. */
static struct builtin {
    const struct export_table *table;
    module_main_fn main;
    char name[32];
} builtin_loaded[BUILTIN_MAX];
static unsigned builtin_n_loaded;

/* Windows' KnownDLLs, as far as they are programs' business: always the system's, never the program's copy. */
static const char *const builtin_known[] = {
    "advapi32", "bcryptprimitives", "combase", "crypt32", "gdi32",   "kernel32", "kernelbase", "msvcrt",  "ntdll",   "ole32",
    "oleaut32", "rpcrt4",           "sechost", "shell32", "shlwapi", "ucrtbase", "user32",     "userenv", "ws2_32",
};

bool builtin_is_known(const char *name) {
    for (size_t i = 0; i < sizeof builtin_known / sizeof *builtin_known; i++)
        if (!strcmp(name, builtin_known[i]))
            return true;
    return false;
}

static bool builtin_name_is_plain(const char *name) {
    const size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-.");

    return length && !name[length] && length < sizeof builtin_loaded[0].name && name[0] != '.';
}

/* The symbol PREFIX_NAME of a library; characters that no C name has are '_' in it. */
static void *builtin_symbol(void *library, const char *prefix, const char *name) {
    char symbol[64];

    snprintf(symbol, sizeof symbol, "%s_%s", prefix, name);
    for (char *c = symbol; *c; c++)
        if (*c == '-' || *c == '.')
            *c = '_';
    return dlsym(library, symbol);
}

static void *builtin_open(const char *name) {
    char path[4096];
    void *library;
    const char *slash;
    Dl_info here;
    int length;

    if (!dladdr(&winipc_exports_ntdll, &here) || !here.dli_fname)
        return NULL;
    slash = strrchr(here.dli_fname, '/');
    length = slash ? (int)(slash - here.dli_fname) : 1;
    length = snprintf(path, sizeof path, "%.*s/%s.so", length, slash ? here.dli_fname : ".", name);
    if (length < 0 || (size_t)length >= sizeof path)
        return NULL;
    if (access(path, F_OK))
        return NULL;
    library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library)
        dprintf(2, "winipc: %s\n", dlerror()); /* a fault of the installation, not of the program */
    return library;
}

static struct builtin *builtin_add(const char *name, const struct export_table *table, module_main_fn main) {
    struct builtin *builtin;

    if (builtin_n_loaded == BUILTIN_MAX)
        return NULL;
    builtin = &builtin_loaded[builtin_n_loaded++];
    builtin->table = table;
    builtin->main = main;
    strcpy(builtin->name, name);
    return builtin;
}

static struct builtin *builtin_get(const char *name) {
    const struct export_table *table;
    module_main_fn main = NULL;
    void *library, *symbol;

    if (!builtin_name_is_plain(name))
        return NULL;
    for (unsigned i = 0; i < builtin_n_loaded; i++)
        if (!strcmp(name, builtin_loaded[i].name))
            return &builtin_loaded[i];
    if (!strcmp(name, "ntdll"))
        return builtin_add(name, &winipc_exports_ntdll, NULL);
    if (!strcmp(name, "kernel32") || !strcmp(name, "kernelbase"))
        return builtin_add(name, &winipc_exports_kernel32, NULL);
    library = builtin_open(name);
    table = library ? builtin_symbol(library, "winipc_exports", name) : NULL;
    if (!table) {
        if (library)
            dlclose(library);
        return NULL;
    }
    symbol = builtin_symbol(library, "winipc_dllmain", name);
    memcpy(&main, &symbol, sizeof main);
    return builtin_add(name, table, main);
}

const struct export_table *builtin_find(const char *name, module_main_fn *main) {
    const struct builtin *builtin = builtin_get(name);

    if (!builtin)
        return NULL;
    *main = builtin->main;
    return builtin->table;
}

/* True when address lies between the table's lowest and highest function. */
static bool builtin_spans(const struct export_table *table, const void *address) {
    const struct export_entry *entries = export_entries(table);
    uintptr_t low = UINTPTR_MAX, high = 0;

    for (uint32_t i = 0; i < table->n_entries; i++) {
        const uintptr_t code = (uintptr_t)export_at(table, entries[i].target);

        if (entries[i].kind != EXPORT_CODE)
            continue;
        low = code < low ? code : low;
        high = code > high ? code : high;
    }
    return (uintptr_t)address >= low && (uintptr_t)address <= high;
}

const struct export_table *builtin_table_at(const void *address) {
    Dl_info of_address, of_table;

    if (!dladdr(address, &of_address))
        return NULL;
    for (unsigned i = 0; i < builtin_n_loaded; i++) {
        const struct export_table *table = builtin_loaded[i].table;

        if (!dladdr(table, &of_table) || of_table.dli_fbase != of_address.dli_fbase)
            continue;
        if (table != &winipc_exports_ntdll && table != &winipc_exports_kernel32)
            return table;
        if (builtin_spans(table, address))
            return table;
    }
    return NULL;
}

/* A page on a 64 KiB boundary, as module handles are; they are cut from one reservation. */
static uint8_t *builtin_page(void) {
    static uint8_t *next, *end;
    const size_t size = (BUILTIN_MAX + 1) * BUILTIN_GRANULE;
    uint8_t *page;

    if (next == end) {
        uint8_t *area = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

        if (area == MAP_FAILED)
            return NULL;
        next = (uint8_t *)(((uintptr_t)area + BUILTIN_GRANULE - 1) & ~(uintptr_t)(BUILTIN_GRANULE - 1));
        end = next + BUILTIN_MAX * BUILTIN_GRANULE;
    }
    page = next;
    next += BUILTIN_GRANULE;
    return page;
}

uint8_t *builtin_header(struct image_info *info) {
    const IMAGE_DOS_HEADER dos = {.e_magic = IMAGE_DOS_SIGNATURE, .e_lfanew = sizeof dos};
    IMAGE_NT_HEADERS64 nt = {.Signature = IMAGE_NT_SIGNATURE};
    uint8_t *page = builtin_page();

    if (!page)
        return NULL;
    nt.FileHeader.Machine = IMAGE_FILE_MACHINE_AMD64;
    nt.FileHeader.SizeOfOptionalHeader = sizeof nt.OptionalHeader;
    nt.FileHeader.Characteristics = IMAGE_FILE_EXECUTABLE_IMAGE | IMAGE_FILE_DLL | IMAGE_FILE_LARGE_ADDRESS_AWARE;
    nt.OptionalHeader.Magic = IMAGE_NT_OPTIONAL_HDR64_MAGIC;
    nt.OptionalHeader.ImageBase = (uintptr_t)page;
    nt.OptionalHeader.SectionAlignment = nt.OptionalHeader.FileAlignment = IMAGE_PAGE;
    nt.OptionalHeader.MajorOperatingSystemVersion = nt.OptionalHeader.MajorSubsystemVersion = 10;
    nt.OptionalHeader.SizeOfImage = nt.OptionalHeader.SizeOfHeaders = IMAGE_PAGE;
    nt.OptionalHeader.Subsystem = IMAGE_SUBSYSTEM_WINDOWS_CUI;
    nt.OptionalHeader.NumberOfRvaAndSizes = IMAGE_NUMBEROF_DIRECTORY_ENTRIES;
    memcpy(page, &dos, sizeof dos);
    memcpy(page + sizeof dos, &nt, sizeof nt);
    mprotect(page, IMAGE_PAGE, PROT_READ);
    image_parse(page, IMAGE_PAGE, IMAGE_PAGE, info);
    return page;
}
