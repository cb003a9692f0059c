/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A mini dump's modules: names, versions and where their debug information is, out of the images themselves. */
#include "dlls/dbghelp/dump.h"

#include <tlhelp32.h>

#include <stdlib.h>
#include <string.h>

#define CODEVIEW_MAX 4096u
#define RESOURCES_MAX 4096u /* names of a directory that are looked at */
#define SECTIONS_MAX 96

static bool module_headers(
    const struct dump *dump, const struct dump_module *module, IMAGE_NT_HEADERS64 *headers, uint64_t *at) {
    IMAGE_DOS_HEADER dos;

    if (!dump_read(dump, module->base, &dos, sizeof dos) || dos.e_magic != IMAGE_DOS_SIGNATURE)
        return false;
    *at = module->base + (uint32_t)dos.e_lfanew;
    return dump_read(dump, *at, headers, sizeof *headers) && headers->Signature == IMAGE_NT_SIGNATURE &&
           headers->OptionalHeader.Magic == IMAGE_NT_OPTIONAL_HDR64_MAGIC;
}

static bool module_codeview_is(
    const struct dump *dump, const struct dump_module *module, const IMAGE_DEBUG_DIRECTORY *entry) {
    return entry->Type == IMAGE_DEBUG_TYPE_CODEVIEW && entry->AddressOfRawData && entry->SizeOfData &&
           entry->SizeOfData <= CODEVIEW_MAX &&
           dump_read(dump, module->base + entry->AddressOfRawData, module->codeview, entry->SizeOfData);
}

static void module_codeview(const struct dump *dump, struct dump_module *module, const IMAGE_DATA_DIRECTORY *where) {
    IMAGE_DEBUG_DIRECTORY entry;

    module->codeview = where->VirtualAddress ? malloc(CODEVIEW_MAX) : NULL;
    for (uint32_t i = 0; module->codeview && i < where->Size / sizeof entry && i < 64; i++) {
        if (!dump_read(dump, module->base + where->VirtualAddress + i * sizeof entry, &entry, sizeof entry))
            return;
        if (!module_codeview_is(dump, module, &entry))
            continue;
        module->codeview_size = entry.SizeOfData;
        return;
    }
}

/* The entry of a resource directory with this id (0: the first one).  Return: its offset; 0 when there is none. */
static uint32_t resource_entry(const struct dump *dump, uint64_t root, uint32_t directory, uint32_t id) {
    IMAGE_RESOURCE_DIRECTORY head;
    IMAGE_RESOURCE_DIRECTORY_ENTRY entry;
    uint32_t n;

    if (!dump_read(dump, root + directory, &head, sizeof head))
        return 0;
    n = head.NumberOfNamedEntries + head.NumberOfIdEntries;
    for (uint32_t i = 0; i < n && i < RESOURCES_MAX; i++) {
        if (!dump_read(dump, root + directory + sizeof head + i * sizeof entry, &entry, sizeof entry))
            return 0;
        if (!id || (!entry.NameIsString && entry.Id == id))
            return entry.OffsetToData & 0x7fffffff;
    }
    return 0;
}

/* VS_VERSIONINFO begins with three words and its name; the fixed part follows at a multiple of four. */
static void module_version(const struct dump *dump, struct dump_module *module, const IMAGE_DATA_DIRECTORY *where) {
    const uint64_t root = module->base + where->VirtualAddress;
    const uint32_t by_name = where->VirtualAddress ? resource_entry(dump, root, 0, (uint32_t)(uintptr_t)RT_VERSION) : 0;
    const uint32_t by_language = by_name ? resource_entry(dump, root, by_name, VS_VERSION_INFO) : 0;
    const uint32_t leaf = by_language ? resource_entry(dump, root, by_language, 0) : 0;
    const uint32_t fixed_at = 3 * sizeof(WORD) + sizeof L"VS_VERSION_INFO" + sizeof(WORD);
    IMAGE_RESOURCE_DATA_ENTRY data;
    VS_FIXEDFILEINFO version;

    if (leaf && dump_read(dump, root + leaf, &data, sizeof data) && data.Size >= fixed_at + sizeof version &&
        dump_read(dump, module->base + data.OffsetToData + fixed_at, &version, sizeof version) &&
        version.dwSignature == VS_FFI_SIGNATURE)
        module->version = version;
}

static void module_look_into(const struct dump *dump, struct dump_module *module) {
    const IMAGE_DATA_DIRECTORY *directories;
    IMAGE_NT_HEADERS64 headers;
    uint64_t at;

    if (!module_headers(dump, module, &headers, &at))
        return;
    directories = headers.OptionalHeader.DataDirectory;
    module->checksum = headers.OptionalHeader.CheckSum;
    module->timestamp = headers.FileHeader.TimeDateStamp;
    module_version(dump, module, &directories[IMAGE_DIRECTORY_ENTRY_RESOURCE]);
    if (module->flags & ModuleWriteCvRecord)
        module_codeview(dump, module, &directories[IMAGE_DIRECTORY_ENTRY_DEBUG]);
}

/* The file's name alone, for MiniDumpFilterModulePaths. */
static const WCHAR *module_base_name(const WCHAR *path) {
    const WCHAR *name = path;

    for (; *path; path++)
        if (*path == '\\' || *path == '/')
            name = path + 1;
    return name;
}

static void module_list_one(struct dump *dump, const MODULEENTRY32W *entry) {
    struct dump_module module = {.base = (uintptr_t)entry->modBaseAddr,
                           .size = entry->modBaseSize,
                           .flags = ModuleWriteModule | ModuleWriteMiscRecord | ModuleWriteCvRecord},
                       *more;

    if (dump->type & MiniDumpWithDataSegs)
        module.flags |= ModuleWriteDataSeg;
    if (dump->type & MiniDumpWithCodeSegs)
        module.flags |= ModuleWriteCodeSegs;
    if (!dump_ask_module(dump, &module))
        return;
    lstrcpynW(module.path,
        dump->type & MiniDumpFilterModulePaths ? module_base_name(entry->szExePath) : entry->szExePath, MAX_PATH);
    more = dump_grow(dump, dump->modules, &dump->n_modules, sizeof module);
    if (!more)
        return;
    dump->modules = more;
    module_look_into(dump, &module);
    more[dump->n_modules - 1] = module;
}

void dump_list_modules(struct dump *dump) {
    HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPMODULE, dump->id);
    MODULEENTRY32W entry = {.dwSize = sizeof entry};

    if (snapshot == INVALID_HANDLE_VALUE) {
        dump_fail(dump, GetLastError());
        return;
    }
    for (BOOL more = Module32FirstW(snapshot, &entry); more; more = Module32NextW(snapshot, &entry))
        module_list_one(dump, &entry);
    CloseHandle(snapshot);
}

/* Its data and its code, as the flags say. */
static void module_want_sections(struct dump *dump, const struct dump_module *module) {
    IMAGE_NT_HEADERS64 headers;
    IMAGE_SECTION_HEADER section;
    uint64_t at;

    if (!(module->flags & (ModuleWriteDataSeg | ModuleWriteCodeSegs)) || !module_headers(dump, module, &headers, &at))
        return;
    at += offsetof(IMAGE_NT_HEADERS64, OptionalHeader) + headers.FileHeader.SizeOfOptionalHeader;
    for (unsigned i = 0; i < headers.FileHeader.NumberOfSections && i < SECTIONS_MAX; i++) {
        if (!dump_read(dump, at + i * sizeof section, &section, sizeof section))
            return;
        if ((module->flags & ModuleWriteDataSeg && section.Characteristics & IMAGE_SCN_MEM_WRITE) ||
            (module->flags & ModuleWriteCodeSegs && section.Characteristics & IMAGE_SCN_MEM_EXECUTE))
            dump_want(dump, module->base + section.VirtualAddress,
                module->base + section.VirtualAddress + section.Misc.VirtualSize);
    }
}

static MINIDUMP_MODULE module_entry(struct dump *dump, const struct dump_module *module) {
    MINIDUMP_MODULE entry = {.BaseOfImage = module->base,
        .SizeOfImage = module->size,
        .CheckSum = module->checksum,
        .TimeDateStamp = module->timestamp,
        .VersionInfo = module->version};

    entry.ModuleNameRva = dump_add_text(dump, module->path, (size_t)lstrlenW(module->path));
    if (module->codeview_size && module->flags & ModuleWriteCvRecord)
        entry.CvRecord = (MINIDUMP_LOCATION_DESCRIPTOR){
            module->codeview_size, dump_add(dump, module->codeview, module->codeview_size)};
    return entry;
}

void dump_add_modules(struct dump *dump) {
    const size_t head = offsetof(MINIDUMP_MODULE_LIST, Modules),
                 room = head + dump->n_modules * sizeof(MINIDUMP_MODULE);
    const uint32_t place = dump_add(dump, NULL, room);
    uint32_t n = 0;

    for (size_t i = 0; i < dump->n_modules && SUCCEEDED(dump->error); i++) {
        struct dump_module *module = &dump->modules[i];
        MINIDUMP_MODULE entry;

        if (!dump_ask_about_module(dump, module))
            continue;
        module_want_sections(dump, module);
        entry = module_entry(dump, module);
        if (SUCCEEDED(dump->error))
            memcpy(dump_at(dump, place + (uint32_t)(head + n++ * sizeof entry)), &entry, sizeof entry);
    }
    if (FAILED(dump->error))
        return;
    memcpy(dump_at(dump, place), &n, sizeof n);
    dump_add_stream(dump, ModuleListStream, place, head + n * sizeof(MINIDUMP_MODULE));
}
